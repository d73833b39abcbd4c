//! Signatures of OpenSSF Model Signing with a key pair: a Sigstore bundle around an in-toto statement that lists digests.
//!
//! Comes in: digests of files and a key as PEM; or a bundle. Goes out: a bundle; or its statement, and whether the key made
//! the signature. Nothing of a private key ever leaves this module but signatures.
//!
//! Source: github.com/sigstore/model-transparency (the client `model-signing` 1.1), github.com/secure-systems-lab/dsse,
//! github.com/sigstore/protobuf-specs. `tests/integration/manifest` holds both against the real client.

mod bundle;
mod check;
mod key;
mod statement;

pub use bundle::{Bundle, BundleError, SignatureFault};
pub use check::check_manifest;
pub use key::{KeyError, PrivateKey, PublicKey};
pub use statement::{ALWAYS_IGNORED, Statement, StatementError};
