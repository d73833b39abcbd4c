//! The values of keys in objects of any size, for readers that follow many names through one document.
//!
//! Comes in: objects of a tree and keys. Goes out: the value of a key, as [`Json::get`] gives it. Called by `targets`.
//! `get` goes through the whole object each time; what is asked for again and again is asked for here.

use std::collections::HashMap;

use rustc_hash::FxHashMap;

use super::super::json::Json;

/// Objects with fewer entries are searched one by one.
const FEW: usize = 16;

/// The keys of the larger objects that were asked for.
#[derive(Debug, Default)]
pub(super) struct Lookup<'j, 't> {
    /// By the object's place in memory: aliases of YAML put copies of one region into a tree.
    /// Of the keys, which the text chooses, the standard hasher keeps some from all falling together.
    objects: FxHashMap<*const Json<'t>, HashMap<&'j str, &'j Json<'t>>>,
}

impl<'j, 't> Lookup<'j, 't> {
    /// The value of `key`, the last if there are several.
    pub(super) fn get(&mut self, object: &'j Json<'t>, key: &str) -> Option<&'j Json<'t>> {
        if object.entries().len() < FEW {
            return object.get(key);
        }
        let keys = self.objects.entry(std::ptr::from_ref(object)).or_insert_with(|| {
            // Later entries replace earlier ones.
            object.entries().iter().map(|entry| (entry.key.as_ref(), &entry.value)).collect()
        });
        keys.get(key).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::json;

    #[test]
    fn objects_of_any_size_give_the_last_value() {
        for count in [1, FEW - 2, FEW, 100] {
            let others: String = (0..count).map(|index| format!(r#""k{index}": {index}, "#)).collect();
            let text = format!(r#"{{"a": 1, {others}"a": 2}}"#);
            let tree = json::parse(&text, 9).expect("JSON");
            let mut lookup = Lookup::default();
            for _ in 0..2 {
                assert_eq!(lookup.get(&tree, "a").and_then(Json::as_u64), Some(2));
                assert_eq!(lookup.get(&tree, "k0").and_then(Json::as_u64), Some(0));
                assert_eq!(lookup.get(&tree, "b"), None);
            }
        }
    }
}
