//! The arguments of `manifest`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use crate::cli::args::SourceArguments;

const EXAMPLES: &str = "\
Examples:
  loadlint manifest create                  pin every model file below the current folder
  loadlint manifest verify                  in CI, in a Dockerfile, before a training run
  loadlint manifest sign --key key.pem      so that a rewritten manifest is told

Exit codes:
  0  all is as pinned; written; signed
  1  something differs, is missing, is not listed, or the signature does not hold
  2  something could not be read, or the run could not start";

const CREATE_EXAMPLES: &str = "\
Examples:
  loadlint manifest create                                  MANIFEST.json here, of everything below
  loadlint manifest create models assets/vocab.txt          of these, whatever a named file is
  loadlint manifest create --update models                  entries of other files stay as they are
  loadlint manifest create --format sha256sums              SHA256SUMS, for `sha256sum -c`
  loadlint manifest create --format bagit bag               tag files around bag/data
  loadlint manifest create --format cyclonedx --output -    a bill of materials, to standard output

SOURCE_DATE_EPOCH, in seconds, is the date that is written instead of now.

Exit codes:
  0  written
  2  something could not be read (what could is written), or the run could not start";

const VERIFY_EXAMPLES: &str = "\
Examples:
  loadlint manifest verify                                  the manifest of the current folder
  loadlint manifest verify models/SHA256SUMS
  loadlint manifest verify --public-key pub.pem             its signature too
  loadlint manifest verify --public-key pub.pem model.sig   an OpenSSF model signature
  loadlint manifest verify --require-content                Git-LFS pointers are not enough
  loadlint manifest verify --output-format json

Exit codes:
  0  every file is as pinned, and nothing is there that is not listed
  1  something differs, is missing, is not listed, or the signature does not hold
  2  something could not be read or changed meanwhile, or the run could not start";

const SIGN_EXAMPLES: &str = "\
Examples:
  openssl ecparam -name prime256v1 -genkey -noout -out key.pem && chmod 600 key.pem
  openssl ec -in key.pem -pubout -out pub.pem
  loadlint manifest sign --key key.pem                      what MANIFEST.json pins, and itself
  loadlint manifest sign --key key.pem models/net           a folder, to models/net/model.sig
  model_signing verify key models/net --public_key pub.pem --signature models/net/model.sig

Exit codes:
  0  signed
  1  a file is not as the manifest pins it, so nothing was signed
  2  something could not be read, or the run could not start";

#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, arg_required_else_help = true)]
pub(in crate::cli) struct ManifestArguments {
    #[command(subcommand)]
    pub(super) command: ManifestCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum ManifestCommand {
    /// Pin model files by their SHA-256.
    Create(CreateArguments),
    /// Tell whether every file is the one that is pinned.
    Verify(VerifyArguments),
    /// Sign a manifest and what it pins, or a whole folder, as OpenSSF Model Signing does.
    Sign(SignArguments),
}

#[derive(Debug, Args)]
#[command(after_help = CREATE_EXAMPLES)]
pub(in crate::cli) struct CreateArguments {
    /// Files and folders; of folders the model files, found by content [default: .]
    pub(super) paths: Vec<PathBuf>,
    /// Bring the file up to date: what people wrote into it stays, and so do entries outside of PATHS
    #[arg(long)]
    pub(super) update: bool,
    /// What is written
    #[arg(long, value_name = "FORMAT", default_value = "json")]
    pub(super) format: ManifestFormat,
    /// Write to this file, from whose folder paths count; `-` is standard output
    #[arg(long, short, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    /// List symbolic links to files below the folder like files
    #[arg(long)]
    pub(super) follow_links: bool,
    /// List files too that git ignores
    #[arg(long)]
    pub(in crate::cli) no_respect_gitignore: bool,
    /// Leave these out
    #[arg(long, value_delimiter = ',', value_name = "GLOB")]
    pub(in crate::cli) exclude: Option<Vec<String>>,
    /// Hash every file anew, also those that did not change since they were hashed last
    #[arg(long)]
    pub(super) no_cache: bool,
    #[command(flatten)]
    pub(super) run: ManifestRun,
    #[command(flatten)]
    pub(in crate::cli) source: SourceArguments,
}

#[derive(Debug, Args)]
#[command(after_help = VERIFY_EXAMPLES)]
pub(in crate::cli) struct VerifyArguments {
    /// The manifest, or the folder it is in [default: .]
    pub(super) file: Option<PathBuf>,
    /// The public key (PEM, P-256, P-384 or P-521) that has to have signed it
    #[arg(long, value_name = "KEY")]
    pub(super) public_key: Option<PathBuf>,
    /// The signature, if it is not the manifest's name with `.sig`
    #[arg(long, value_name = "FILE")]
    pub(super) signature: Option<PathBuf>,
    /// Do not ask for files that are there and not listed
    #[arg(long)]
    pub(super) ignore_extra: bool,
    /// A Git-LFS pointer is not enough: the content has to be there
    #[arg(long)]
    pub(super) require_content: bool,
    /// Symbolic links to files below the folder count like files
    #[arg(long)]
    pub(super) follow_links: bool,
    /// Look at files too that git ignores when asking what is not listed
    #[arg(long)]
    pub(in crate::cli) no_respect_gitignore: bool,
    /// Trust the digests of earlier runs for files that did not change since
    #[arg(long, overrides_with = "no_cache")]
    pub(super) cache: bool,
    /// Hash every file, which is the default
    #[arg(long)]
    pub(super) no_cache: bool,
    /// How the verdicts are written
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(super) output_format: VerdictFormat,
    #[command(flatten)]
    pub(super) run: ManifestRun,
    #[command(flatten)]
    pub(in crate::cli) source: SourceArguments,
}

#[derive(Debug, Args)]
#[command(after_help = SIGN_EXAMPLES)]
pub(super) struct SignArguments {
    /// The manifest, or a folder of which every file is signed [default: the manifest here]
    pub(super) target: Option<PathBuf>,
    /// The private key (PEM, P-256, P-384 or P-521, not encrypted)
    #[arg(long, value_name = "KEY")]
    pub(super) key: PathBuf,
    /// Write the signature to this file [default: the manifest's name with `.sig`, `model.sig` in a folder]
    #[arg(long, value_name = "FILE")]
    pub(super) signature: Option<PathBuf>,
    #[command(flatten)]
    pub(super) run: ManifestRun,
}

/// How the run goes.
#[derive(Debug, Args)]
pub(super) struct ManifestRun {
    /// Hash so many files at once; 0 is one for each processor
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub(super) threads: usize,
    /// Say only what is wrong
    #[arg(long, short)]
    pub(super) quiet: bool,
    /// Show no progress
    #[arg(long)]
    pub(super) no_progress: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ManifestFormat {
    /// MANIFEST.json; see docs/manifest.schema.json
    Json,
    /// The lines of sha256sum
    Sha256sums,
    /// The tag files of a BagIt bag; PATHS is the bag's folder, with `data` in it
    Bagit,
    /// A CycloneDX 1.6 bill of materials
    Cyclonedx,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum VerdictFormat {
    /// A line for each file that is not as pinned
    Text,
    /// For programs: a verdict for each file
    Json,
}
