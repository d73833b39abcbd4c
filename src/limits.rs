//! Every ceiling in one value. Reaching one is a notice that names it, never a crash and never silence.

/// What a run may spend on one input. Sizes are bytes, depths are levels, the rest are counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// A Python file larger than this is not parsed. The largest of 31,688 real files had 757 kB.
    pub max_source_bytes: u64,
    /// A notebook may carry pictures, so its file may be larger than its code.
    pub max_notebook_bytes: u64,
    /// Brackets (and format specs) nested deeper are not parsed; real code has 76 at most, CPython refuses 200.
    pub max_bracket_depth: u32,
    /// Operators, attributes, calls and keywords chained deeper than this are not parsed: dropping such a tree recurses,
    /// and the parser takes 1 to 4 kB for each. 100,000 drop on a quarter of the 256 MiB stack.
    pub max_chain_length: u32,
    /// Expressions and statements nested deeper are not looked into.
    pub max_tree_depth: u32,
    /// Steps of name and value resolution for one file.
    pub max_resolution_steps: u32,
    /// How many different things one name or value may be before it counts as unknown.
    pub max_alternatives: usize,
    /// Findings kept for one file.
    pub max_findings_per_file: usize,
    /// Bytes of a model file that comes through standard input, which is held in memory.
    pub max_stream_bytes: u64,
    /// Containers inside containers: a zip in a tar in a gzip is 3 deep.
    pub max_artifact_depth: u32,
    /// Members of all containers of one artifact together.
    pub max_members: u64,
    /// Unpacked bytes of one member that are held at once.
    pub max_member_bytes: u64,
    /// Unpacked bytes of one artifact in all.
    pub max_unpacked_bytes: u64,
    /// How many times its packed size a stream may unpack to, from 16 MiB on. Models reach a tenth of this.
    pub max_unpack_ratio: u64,
    /// Operations of all pickle streams of one artifact.
    pub max_pickle_operations: u64,
    /// Bytes of a text that is read whole: a JSON header, a configuration, a template, embedded source.
    pub max_text_bytes: u64,
    /// Facts kept of one artifact.
    pub max_artifact_facts: usize,
    /// Bytes of a manifest or signature. One of 100,000 files has 25 MB.
    pub max_manifest_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_source_bytes: 10 << 20,
            max_notebook_bytes: 100 << 20,
            max_bracket_depth: 500,
            max_chain_length: 100_000,
            max_tree_depth: 1_000,
            max_resolution_steps: 5_000_000,
            max_alternatives: 32,
            max_findings_per_file: 10_000,
            max_stream_bytes: 2 << 30,
            max_artifact_depth: 8,
            max_members: 1_000_000,
            max_member_bytes: 64 << 20,
            max_unpacked_bytes: 1 << 30,
            max_unpack_ratio: 200,
            max_pickle_operations: 50_000_000,
            max_text_bytes: 32 << 20,
            max_artifact_facts: 100_000,
            max_manifest_bytes: 64 << 20,
        }
    }
}

/// Where one limit is kept.
enum Slot<'l> {
    Small(&'l mut u32),
    Large(&'l mut u64),
    Size(&'l mut usize),
}

impl Limits {
    /// The keys of all limits, as the configuration and notices name them.
    pub const KEYS: [&'static str; 18] = [
        "max-source-bytes",
        "max-notebook-bytes",
        "max-bracket-depth",
        "max-chain-length",
        "max-tree-depth",
        "max-resolution-steps",
        "max-alternatives",
        "max-findings-per-file",
        "max-stream-bytes",
        "max-artifact-depth",
        "max-members",
        "max-member-bytes",
        "max-unpacked-bytes",
        "max-unpack-ratio",
        "max-pickle-operations",
        "max-text-bytes",
        "max-artifact-facts",
        "max-manifest-bytes",
    ];

    fn slot(&mut self, key: &str) -> Option<Slot<'_>> {
        Some(match key {
            "max-source-bytes" => Slot::Large(&mut self.max_source_bytes),
            "max-notebook-bytes" => Slot::Large(&mut self.max_notebook_bytes),
            "max-bracket-depth" => Slot::Small(&mut self.max_bracket_depth),
            "max-chain-length" => Slot::Small(&mut self.max_chain_length),
            "max-tree-depth" => Slot::Small(&mut self.max_tree_depth),
            "max-resolution-steps" => Slot::Small(&mut self.max_resolution_steps),
            "max-alternatives" => Slot::Size(&mut self.max_alternatives),
            "max-findings-per-file" => Slot::Size(&mut self.max_findings_per_file),
            "max-stream-bytes" => Slot::Large(&mut self.max_stream_bytes),
            "max-artifact-depth" => Slot::Small(&mut self.max_artifact_depth),
            "max-members" => Slot::Large(&mut self.max_members),
            "max-member-bytes" => Slot::Large(&mut self.max_member_bytes),
            "max-unpacked-bytes" => Slot::Large(&mut self.max_unpacked_bytes),
            "max-unpack-ratio" => Slot::Large(&mut self.max_unpack_ratio),
            "max-pickle-operations" => Slot::Large(&mut self.max_pickle_operations),
            "max-text-bytes" => Slot::Large(&mut self.max_text_bytes),
            "max-artifact-facts" => Slot::Size(&mut self.max_artifact_facts),
            "max-manifest-bytes" => Slot::Large(&mut self.max_manifest_bytes),
            _ => return None,
        })
    }

    /// Sets the limit with this key.
    ///
    /// # Errors
    /// The highest possible value if `value` is higher; 0 if there is no such key.
    pub fn set(&mut self, key: &str, value: u64) -> Result<(), u64> {
        match self.slot(key).ok_or(0_u64)? {
            Slot::Small(slot) => *slot = u32::try_from(value).map_err(|_| u64::from(u32::MAX))?,
            Slot::Large(slot) => *slot = value,
            Slot::Size(slot) => *slot = u32::try_from(value).map_err(|_| u64::from(u32::MAX))? as usize,
        }
        Ok(())
    }

    /// The limit with this key; 0 if there is none.
    pub fn get(&self, key: &str) -> u64 {
        match self.clone().slot(key) {
            Some(Slot::Small(value)) => u64::from(*value),
            Some(Slot::Large(value)) => *value,
            Some(Slot::Size(value)) => *value as u64,
            None => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_sets_and_gets_its_own_limit() {
        for key in Limits::KEYS {
            let mut limits = Limits::default();
            limits.set(key, 17).expect("a key");
            assert_eq!(limits.get(key), 17);
            let others = Limits::KEYS.iter().filter(|other| **other != key);
            assert!(others.into_iter().all(|other| limits.get(other) == Limits::default().get(other)));
        }
        assert_eq!(Limits::default().set("max-nothing", 1), Err(0));
        assert_eq!(Limits::default().set("max-tree-depth", u64::MAX), Err(u64::from(u32::MAX)));
    }
}
