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
    /// Operations of all pickle streams of one artifact.
    pub max_pickle_operations: u64,
    /// Bytes of a text that is read whole: a JSON header, a configuration, a template, embedded source.
    pub max_text_bytes: u64,
    /// Facts kept of one artifact.
    pub max_artifact_facts: usize,
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
            max_pickle_operations: 50_000_000,
            max_text_bytes: 32 << 20,
            max_artifact_facts: 100_000,
        }
    }
}
