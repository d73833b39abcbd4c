//! The tensors of PyTorch files, told from the calls of their pickles: for an inventory.
//!
//! `torch._utils._rebuild_tensor_v2(storage, offset, shape, stride, …)` makes a tensor from a storage that a persistent
//! id names: `("storage", torch.FloatStorage, key, device, elements)`. In zip files the storage is the member `data/key`.
//! Names of tensors are keys of dictionaries around the calls, which are not kept.

use crate::fact::artifact::{ArtifactFact, ByteRegion, MemberPath, Place, Seen, TensorHeader};
use crate::fact::pickle::{Datum, PickleCall};

/// The tensors that the pickles among `facts` rebuild, in order.
pub(super) fn tensors(facts: &[ArtifactFact]) -> Vec<TensorHeader> {
    let tensor = |fact: &ArtifactFact| match &fact.seen {
        Seen::Call(call) if call.callee.name.starts_with("torch._utils._rebuild_tensor") => {
            header(call, &fact.place.member)
        }
        _ => None,
    };
    facts.iter().filter_map(tensor).collect()
}

fn header(call: &PickleCall, pickle: &MemberPath) -> Option<TensorHeader> {
    let [Datum::Persistent(id), Datum::Int(offset), Datum::Tuple(axes), ..] = &call.arguments[..] else { return None };
    let Datum::Tuple(id) = &**id else { return None };
    let [_, Datum::Global(storage), Datum::Text { start: key, .. }, ..] = &id[..] else { return None };
    let shape: Vec<u64> = axes.iter().map(number).collect::<Option<_>>()?;
    let dtype = storage.name.trim_start_matches("torch.").trim_end_matches("Storage");
    let size = item_bytes(dtype);
    let start = u64::try_from(*offset).ok()?.saturating_mul(size);
    let bytes = shape.iter().fold(size, |product, axis| product.saturating_mul(*axis));
    let region = ByteRegion::new(start, start.saturating_add(bytes));
    Some(TensorHeader {
        name: String::new(),
        dtype: dtype.to_owned(),
        shape,
        place: Place { member: storage_member(pickle, key), region },
    })
}

fn number(axis: &Datum) -> Option<u64> {
    match axis {
        Datum::Int(axis) => u64::try_from(*axis).ok(),
        _ => None,
    }
}

/// Bytes of one element; 1 for what is not known.
fn item_bytes(dtype: &str) -> u64 {
    match dtype {
        "Double" | "Long" | "ComplexFloat" => 8,
        "Float" | "Int" | "QInt32" => 4,
        "Half" | "BFloat16" | "Short" => 2,
        "ComplexDouble" => 16,
        _ => 1,
    }
}

/// `archive/data/0` beside `archive/data.pkl`; a file without members holds its storages itself.
fn storage_member(pickle: &MemberPath, key: &str) -> MemberPath {
    match pickle.parts().last().and_then(|name| name.strip_suffix("data.pkl")) {
        Some(folder) => {
            let outer = pickle.parts()[..pickle.depth() - 1].iter();
            outer.fold(MemberPath::default(), |path, part| path.inside(part)).inside(&format!("{folder}data/{key}"))
        }
        None => pickle.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::pickle::{CallOpcode, Callee, Route};

    #[test]
    fn a_tensor_is_told_from_its_call() {
        let name = |name: &str, module_length| Callee {
            name: name.to_owned(),
            module_length,
            spelled: None,
            route: Route::Literal,
        };
        let text = |text: &str| Datum::Text { start: text.to_owned(), length: text.len() as u64 };
        let id =
            vec![text("storage"), Datum::Global(name("torch.HalfStorage", 5)), text("7"), text("cpu"), Datum::Int(9)];
        let call = PickleCall {
            callee: name("torch._utils._rebuild_tensor_v2", 12),
            opcode: CallOpcode::Reduce,
            arguments: vec![
                Datum::Persistent(Box::new(Datum::Tuple(id))),
                Datum::Int(3),
                Datum::Tuple(vec![Datum::Int(2), Datum::Int(3)]),
            ],
            keywords: Vec::new(),
            texts: Vec::new(),
        };
        let member = MemberPath::default().inside("archive/data.pkl");
        let fact = ArtifactFact { place: Place { member, ..Place::default() }, seen: Seen::Call(call) };
        let tensors = tensors(&[fact]);
        assert_eq!((&*tensors[0].dtype, &tensors[0].shape[..]), ("Half", &[2, 3][..]));
        assert_eq!(tensors[0].place.member.to_string(), "archive/data/7");
        assert_eq!(tensors[0].place.region, ByteRegion::new(6, 18));
    }
}
