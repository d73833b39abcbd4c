//! A bundle of OpenSSF Model Signing as a manifest: the resources that its statement lists. Whether the signature holds is
//! asked in `sign`.

use super::{Collector, Form, ManifestError, Pins};
use crate::manifest::sign::{Bundle, Statement};
use crate::text::Region;

pub(super) fn read(text: &str) -> Result<Pins, ManifestError> {
    let broken = |error: &dyn std::error::Error| ManifestError::Broken(error.to_string());
    let bundle = Bundle::parse(text).map_err(|error| broken(&error))?;
    let statement = Statement::parse(bundle.payload()).map_err(|error| broken(&error))?;
    let mut collector = Collector::new();
    for (name, sha256) in statement.resources() {
        collector.pin(name, *sha256, None, Region::default());
    }
    Ok(Pins { ignored: statement.ignored().to_vec(), ..collector.finish(Form::ModelSigning) })
}
