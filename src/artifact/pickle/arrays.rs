//! joblib writes arrays between the opcodes: after the `BUILD` of an array wrapper the raw elements follow, and only then
//! the next opcode.
//!
//! Comes in: the wrapper and its state. Goes out: the stream goes on behind the elements. Called by `machine` at `BUILD`.
//! Source: joblib 1.5 `numpy_pickle.py`, numpy 2 `descriptor.c` for the texts and states of dtypes.

use crate::fact::artifact::ObservationKind;
use crate::fact::pickle::Route;

use super::machine::{Machine, Reading};
use super::operand::Halt;
use super::store::{Value, is_text};

/// More files for one pickle are not kept in mind.
const MOST_FILES: usize = 10_000;

/// What the elements of an array are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Element {
    /// So many bytes each.
    Bytes(u64),
    /// Objects: a pickle of its own follows.
    Objects,
}

impl Machine<'_> {
    /// Whether an object is one of joblib's array wrappers.
    pub(super) fn is_array_wrapper(&self, value: Value) -> bool {
        let class = self.class_of(value).or(match value {
            Value::Object { callee, .. } => Some(callee),
            _ => None,
        });
        class.is_some_and(|class| {
            let callee = &self.names.get(class).callee;
            let is_joblib = callee.module().split('.').any(|part| part == "joblib");
            is_joblib && matches!(callee.attribute(), "NumpyArrayWrapper" | "NDArrayWrapper" | "ZNDArrayWrapper")
        })
    }

    /// Goes on behind the elements of the array whose wrapper was built; the array itself.
    pub(super) fn array_behind(&mut self, wrapper: Value, state: Value) -> Result<Value, Halt> {
        self.arrays += 1;
        let class = match wrapper {
            Value::Object { callee, .. } => self.class_of(wrapper).unwrap_or(callee),
            _ => return Ok(wrapper),
        };
        let is_inline = self.names.get(class).callee.attribute() == "NumpyArrayWrapper";
        let array = Value::Object {
            callee: self.names.number("numpy", "ndarray", Route::Literal, || None),
            node: self.store.node(super::store::Origin::New, super::store::NO_ITEMS, Value::None),
        };
        if !is_inline {
            self.separate_file(state);
            return Ok(array);
        }
        match self.state_item(state, "dtype").and_then(|dtype| self.element(dtype)) {
            Some(Element::Objects) => self.inline_pickle()?,
            Some(Element::Bytes(size)) => self.skip_elements(state, size)?,
            None => {
                self.observe(
                    ObservationKind::PickleAmbiguous,
                    "an array of unknown size between the opcodes".to_owned(),
                );
            }
        }
        Ok(array)
    }

    /// Old wrappers name a file beside the pickle.
    fn separate_file(&mut self, state: Value) {
        let Some(name) = self.state_item(state, "filename").and_then(|name| self.name_text(name)) else { return };
        let is_absolute = name.starts_with(['/', '\\']) || name.get(1..2) == Some(":");
        if is_absolute || name.split(['/', '\\']).any(|part| part == "..") {
            self.observe(ObservationKind::ExternalDataEscape, format!("`{name}`"));
        }
        if self.array_files.len() < MOST_FILES {
            self.array_files.insert(name);
        }
    }

    fn state_item(&mut self, state: Value, name: &str) -> Option<Value> {
        let Value::Dict(_) = state else { return None };
        self.keyword(state, name)
    }

    fn skip_elements(&mut self, state: Value, size: u64) -> Result<(), Halt> {
        if self.state_item(state, "numpy_array_alignment_bytes").is_some_and(|bytes| bytes != Value::None) {
            let [padding] = self.input.take::<1>().ok_or(Halt::Truncated)?;
            self.input.payload(padding.into(), true).ok_or(Halt::Truncated)?;
        }
        let count = self.count_of(state).ok_or(Halt::Invalid("an array without a shape"))?;
        let bytes = count.checked_mul(size).ok_or(Halt::Invalid("an array of impossible size"))?;
        if self.input.payload(bytes, true).is_none() {
            self.ends_in_array = true;
            return Err(Halt::Truncated);
        }
        Ok(())
    }

    fn count_of(&mut self, state: Value) -> Option<u64> {
        let shape = self.state_item(state, "shape")?;
        self.product(shape)
    }

    fn product(&self, shape: Value) -> Option<u64> {
        let lengths = self.store.all_items(shape)?;
        lengths.iter().try_fold(1_u64, |count, length| match length {
            Value::Int(length) => count.checked_mul(u64::try_from(*length).ok()?),
            _ => None,
        })
    }

    /// Says so if an array of numpy is given other bytes than its shape and type ask for, which numpy refuses: the state is
    /// (version, shape, dtype, order, bytes).
    pub(super) fn check_array(&mut self, target: Value, state: Value) {
        let Value::Object { callee, .. } = target else { return };
        let made_by = &self.names.get(self.class_of(target).unwrap_or(callee)).callee;
        let is_array =
            made_by.module().starts_with("numpy") && matches!(made_by.attribute(), "ndarray" | "_reconstruct");
        if !is_array || !matches!(state, Value::Tuple { length: 5, .. }) {
            return;
        }
        let Some((&[_, shape, dtype, _, Value::Bytes { length, .. }], _)) = self.store.items(state) else { return };
        let count = self.product(shape);
        if let (Some(count), Some(Element::Bytes(size))) = (count, self.element(dtype))
            && count.checked_mul(size) != Some(length.into())
            && length < u32::MAX
        {
            self.fault(self.region.start, "an array has other bytes than its shape asks for");
        }
    }

    fn element(&self, dtype: Value) -> Option<Element> {
        let Value::Object { node, .. } = dtype else { return None };
        let node = self.store.node_at(node).copied()?;
        let text = self.store.items(node.arguments)?.0.first().copied().filter(|text| is_text(*text))?;
        let text = self.name_text(text)?;
        let details = self.store.items(node.state).map_or(Vec::new(), |(items, _)| items.to_vec());
        // (version, byte order, subdtype, names, fields, size, alignment, flags, …); flag 1: has objects.
        if text.starts_with('O') || matches!(details.get(7), Some(Value::Int(flags)) if flags & 1 == 1) {
            return Some(Element::Objects);
        }
        let stated = match details.get(5) {
            Some(Value::Int(size)) if *size >= 0 => u64::try_from(*size).ok(),
            _ => None,
        };
        stated.or_else(|| element_bytes(&text)).map(Element::Bytes)
    }

    /// An array of objects is a pickle in the pickle, read by plain `pickle.load`.
    fn inline_pickle(&mut self) -> Result<(), Halt> {
        let at = self.input.position();
        let reading = Reading { arrays: false, ..self.reading };
        let window = self.input.whole();
        let inner = Machine::new(window, at, reading).run(self.most_operations.saturating_sub(self.operations));
        self.operations += inner.stream.operations;
        self.calls += inner.calls;
        self.plausible_calls += inner.plausible_calls;
        self.facts.extend(inner.facts);
        self.inner.extend(inner.inner);
        for (own, other) in self.opcodes.iter_mut().zip(inner.stream.opcodes) {
            *own |= other;
        }
        for callee in &inner.stream.imports {
            let number =
                self.names.number(callee.module(), callee.attribute(), callee.route, || callee.spelled.clone());
            let name = self.names.get_mut(number);
            (name.imported, name.import_told) = (true, true);
        }
        match inner.fault {
            None => {
                self.input.seek(inner.end);
                Ok(())
            }
            Some(fault) => Err(Halt::Invalid(fault)),
        }
    }
}

/// How many bytes an element of this dtype takes: `f8`, `U5` (characters of four bytes), `V16`.
fn element_bytes(text: &str) -> Option<u64> {
    let text = text.trim_start_matches(['<', '>', '|', '=']);
    let kind = text.chars().next()?;
    let number: u64 = text.get(kind.len_utf8()..)?.split('[').next()?.parse().ok()?;
    match kind {
        'U' => number.checked_mul(4),
        'b' | 'i' | 'u' | 'f' | 'c' | 'm' | 'M' | 'S' | 'V' | 'a' => Some(number),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dtype_says_how_many_bytes_an_element_takes() {
        for (text, bytes) in
            [("f8", Some(8)), ("<U5", Some(20)), ("S3", Some(3)), ("M8[ns]", Some(8)), ("x4", None), ("", None)]
        {
            assert_eq!(element_bytes(text), bytes, "{text}");
        }
    }
}
