//! Whether a signature speaks of a manifest.

use super::{Bundle, Statement};
use crate::manifest::Sha256;

/// Whether `bundle` was made over the file `name` with the content `manifest`. Says nothing of its key.
///
/// # Errors
/// Why not; a sentence without its full stop.
pub fn check_manifest(bundle: &Bundle, name: &str, manifest: &[u8]) -> Result<(), String> {
    let statement = Statement::parse(bundle.payload()).map_err(|error| error.to_string())?;
    match statement.digest_of(name) {
        Some(signed) if *signed == Sha256::of(manifest) => Ok(()),
        Some(_) => Err("the manifest was changed after it was signed".to_owned()),
        None => Err(format!("it is a signature of other files, `{name}` is not among them")),
    }
}
