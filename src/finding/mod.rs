//! What we tell: findings, notices and where they stand. No judgement is made here.

mod fingerprint;
mod fix;
mod location;
mod notice;
mod suppression;

use std::sync::Arc;

pub use fix::{Applicability, Edit, Fix};
pub use location::{BinaryPlace, CellPosition, Excerpt, InputName, Location};
pub use notice::{Notice, NoticeKind};
pub use suppression::{Citation, Suppression, SuppressionKind, SuppressionStatus};

/// How much a finding matters. SARIF's words; ordered from least to most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Worth knowing.
    Note,
    /// Should be changed or justified.
    Warning,
    /// Runs code from the loaded file.
    Error,
}

impl Level {
    /// The word for output and configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One step of the reasoning: a place in the code and what was learnt there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlowStep {
    /// Where.
    pub location: Location,
    /// What happens there, a sentence without its full stop.
    pub message: String,
}

/// The way a value took, from its source to the place that loads it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CodeFlow {
    /// In the order of the way: source first, sink last.
    pub steps: Vec<FlowStep>,
}

/// Something in the user's code or model that would run code when loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// `LL101`.
    pub rule_id: Arc<str>,
    /// `torch-load-unpickles`.
    pub rule_name: Arc<str>,
    /// The level after the configuration was applied.
    pub level: Level,
    /// What happens at load time.
    pub message: String,
    /// What to do instead.
    pub help: String,
    /// Where; the first location.
    pub location: Location,
    /// How names were resolved: which import made `t` be `torch`, which assignment made the flag false.
    pub reasons: Vec<FlowStep>,
    /// From where the loaded data comes, if that is known.
    pub code_flow: Option<CodeFlow>,
    /// What excuses it, if something does.
    pub suppression: Option<Suppression>,
    /// Ways to end it, the best first.
    pub fixes: Vec<Fix>,
}

/// All that is said of one input.
#[derive(Debug, Clone, Default)]
pub struct InputOutcome {
    /// In the order of their places, then rule ids.
    pub findings: Vec<Finding>,
    /// What could not be looked at.
    pub notices: Vec<Notice>,
    /// What was looked at.
    pub coverage: Coverage,
    /// Model files that the code reads by name, or gives the digest of; a manifest is held against them.
    pub loads: Vec<Load>,
    /// What rests on the threat register, in the order of their places.
    pub citations: Vec<Citation>,
}

/// Code that names a model file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Load {
    /// The call.
    pub location: Location,
    /// Every path it can be, as the code says it.
    pub paths: Vec<String>,
    /// The SHA-256 that the code expects, in hexadecimal digits, if it says one.
    pub sha256: Option<String>,
    /// What excuses what is to be said of it, if something does.
    pub suppression: Option<Suppression>,
}

/// How far one input was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Coverage {
    /// A source text.
    #[default]
    Source,
    /// A model file, or something that could be one.
    Artifact(ArtifactCoverage),
    /// A file of no kind that matters; it is not counted.
    NotOurs,
}

/// How far an artifact was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArtifactCoverage {
    /// Which input.
    pub input: InputName,
    /// What it is: `torch-zip`, `pickle`, `unknown`.
    pub format: &'static str,
    /// Its size.
    pub bytes: u64,
    /// The file itself and the members of all containers in it.
    pub parts: u64,
    /// How many of them could not be looked at to their end.
    pub parts_not_read: u64,
}

/// All that is said in one run, ready for a report.
#[derive(Debug, Clone, Default)]
pub struct Outcome {
    /// Findings that count, ordered by input name, place and rule id.
    pub findings: Vec<Finding>,
    /// Findings that are excused, in the same order.
    pub suppressed: Vec<Finding>,
    /// What could not be looked at, ordered by input name.
    pub notices: Vec<Notice>,
    /// How many inputs were read.
    pub inputs: usize,
    /// The artifacts among them, ordered by input name.
    pub artifacts: Vec<ArtifactCoverage>,
    /// How many of them a scan took for no artifact.
    pub others: usize,
    /// What rests on the threat register, ordered by input name and place.
    pub citations: Vec<Citation>,
    /// What a baseline says of it, if one was compared.
    pub baseline: Option<BaselineNews>,
}

/// How a run differs from a baseline.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BaselineNews {
    /// How many findings it has too; they are among the suppressed.
    pub known: usize,
    /// What it has and the run has no more.
    pub gone: Vec<Gone>,
}

/// Findings of a baseline that are no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gone {
    /// The file, from the root of the project, with `/`.
    pub path: String,
    /// `LL101`.
    pub rule: String,
    /// How many.
    pub count: usize,
}

impl Finding {
    /// The order of all reports: by input, place and rule.
    pub fn order(&self, other: &Self) -> std::cmp::Ordering {
        fn place(finding: &Finding) -> (Option<&BinaryPlace>, u32, u32) {
            let Location { binary, region, .. } = &finding.location;
            (binary.as_ref(), region.start, region.end)
        }
        let inputs = self.location.input.cmp(&other.location.input);
        inputs.then_with(|| place(self).cmp(&place(other))).then_with(|| self.rule_id.cmp(&other.rule_id))
    }
}

impl Outcome {
    /// Puts what is said of an input now in the place of what was said of it.
    pub fn replace(&mut self, name: &InputName, now: InputOutcome) {
        let other = |finding: &Finding| finding.location.input != *name;
        self.findings.retain(other);
        self.suppressed.retain(other);
        self.notices.retain(|notice| notice.input != *name);
        let holds = |finding: &Finding| finding.suppression.as_ref().is_some_and(Suppression::holds);
        let (suppressed, findings): (Vec<_>, Vec<_>) = now.findings.into_iter().partition(holds);
        self.findings.extend(findings);
        self.suppressed.extend(suppressed);
        self.notices.extend(now.notices);
    }

    /// Puts everything in its order: by input, place and rule, whatever the order it was found in.
    pub fn sort(&mut self) {
        self.findings.sort_by(Finding::order);
        self.suppressed.sort_by(Finding::order);
        self.notices.sort_by(|a, b| {
            let start = |notice: &Notice| notice.location.as_ref().map_or(0, |location| location.region.start);
            (&a.input, start(a), a.kind, &a.message).cmp(&(&b.input, start(b), b.kind, &b.message))
        });
        self.citations.sort_by(|a, b| {
            let place = |one: &Citation| (one.location.binary.clone(), one.location.region);
            a.location.input.cmp(&b.location.input).then_with(|| place(a).cmp(&place(b)))
        });
        self.artifacts.sort_by(|a, b| a.input.cmp(&b.input));
    }
}
