//! What Keras must find in an HDF5 file to load a model or weights: groups and attributes with fixed names.
//!
//! Comes in: the attributes and links of one object. Goes out: what lacks. Called by the walk. Source: Keras 3.15
//! `keras/src/legacy/saving/legacy_h5_format.py`.

use std::collections::HashSet;

use super::attribute::Attribute;
use super::group::Link;

/// What was seen of one object.
#[derive(Debug, Default)]
pub(super) struct Parts {
    is_keras: bool,
    has_config: bool,
    /// Names of layers, if the attribute for them is there, which is cut in several if it is long.
    layers: Option<Vec<String>>,
    links: HashSet<String>,
    is_partial: bool,
}

impl Parts {
    pub(super) fn attribute(&mut self, attribute: &Attribute) {
        let name = attribute.name.as_str();
        self.is_keras |= name == "keras_version";
        self.has_config |= name.starts_with("model_config");
        if name.starts_with("layer_names") {
            let texts = attribute.values.iter().map(|(text, _)| String::from_utf8_lossy(text));
            let names = texts.map(|text| text.trim_end_matches('\0').to_owned()).filter(|name| !name.is_empty());
            self.layers.get_or_insert_default().extend(names);
        }
    }

    /// `is_scanned`: links found by their shape may not be all.
    pub(super) fn links(&mut self, links: &[Link], is_scanned: bool) {
        self.is_partial |= is_scanned;
        self.links.extend(links.iter().map(|link| link.name.clone()));
    }

    /// What lacks in the object called `name`, whose root is called nothing.
    pub(super) fn lack(&self, name: &str) -> Option<String> {
        const WEIGHTS: &str = "model_weights";
        if !self.is_keras || self.is_partial {
            return None;
        }
        let has_weights = self.links.contains(WEIGHTS);
        if name.is_empty() && (self.has_config || has_weights) {
            return match (self.has_config, has_weights) {
                (true, false) => Some(format!("a Keras model without its `{WEIGHTS}`")),
                (false, true) => Some("a Keras model without its `model_config`".to_owned()),
                _ => None,
            };
        }
        let Some(layers) = &self.layers else { return Some("weights of Keras without their `layer_names`".to_owned()) };
        let missing = layers.iter().find(|layer| !self.links.contains(*layer))?;
        Some(format!("the group of the layer `{}` is not in the file", missing.escape_debug()))
    }
}
