//! Models built field by field.

use proptest::prelude::*;

use super::super::protobuf::build::{bytes, number};
use super::*;
use crate::artifact::{Detail, examine as examine_artifact};
use crate::fact::artifact::{ArtifactFacts, Seen};
use crate::limits::Limits;

/// A model with this graph.
fn model(graph: &[Vec<u8>], more: &[Vec<u8>]) -> Vec<u8> {
    let opset = bytes(8, [bytes(1, ""), number(2, 17)].concat());
    [&number(1, 8)[..], &bytes(2, "test"), &opset, &bytes(7, graph.concat()), &more.concat()].concat()
}

fn node(operator: &str, domain: &str, attributes: &[Vec<u8>]) -> Vec<u8> {
    let attributes = attributes.concat();
    bytes(1, [&bytes(3, "n")[..], &bytes(4, operator), &bytes(7, domain), &attributes].concat())
}

/// The body of a tensor of two floats whose data is at `path`.
fn external(path: &str) -> Vec<u8> {
    let entry = bytes(13, [bytes(1, "location"), bytes(2, path)].concat());
    [number(1, 2), number(2, 1), bytes(8, "w"), entry, number(14, 1)].concat()
}

fn read(bytes: Vec<u8>) -> ArtifactFacts {
    examine_artifact(&bytes.into(), "a.onnx", &Limits::default(), Detail::Inventory)
}

fn told(facts: &ArtifactFacts) -> Vec<(ObservationKind, &str)> {
    let mut told = Vec::new();
    for fact in &facts.facts {
        if let Seen::Observation(seen) = &fact.seen {
            told.push((seen.kind, seen.subject.as_str()));
        }
    }
    told
}

#[test]
fn a_plain_model_is_quiet_and_its_tensors_are_listed() {
    let weights = [number(1, 2), number(2, 1), bytes(8, "w"), bytes(9, [0; 8])].concat();
    let beside = bytes(5, external("model.onnx.data"));
    let facts = read(model(&[node("Conv", "", &[]), bytes(5, weights), beside], &[]));
    assert_eq!(told(&facts), []);
    assert!(facts.gaps.is_empty(), "{facts:?}");
    assert_eq!((facts.tensors[0].name.as_str(), &facts.tensors[0].shape[..]), ("w", &[2][..]));
}

#[test]
fn a_model_says_which_operators_it_uses() {
    let gaps = |version: u64| {
        let bare = [number(1, version), bytes(7, node("Relu", "", &[]))].concat();
        read(bare).gaps.into_iter().map(|gap| gap.message).collect::<Vec<_>>()
    };
    assert_eq!(gaps(2), [""; 0]);
    assert_eq!(gaps(8), ["the model does not say which version of operators it uses"]);
    let gaps = |domain: &str, said: &[&str]| {
        let sets = said.iter().flat_map(|name| bytes(8, [bytes(1, *name), number(2, 17)].concat())).collect::<Vec<_>>();
        let facts = read([&number(1, 8)[..], &sets, &bytes(7, node("Relu", domain, &[]))].concat());
        facts.gaps.into_iter().map(|gap| gap.message).collect::<Vec<_>>()
    };
    assert_eq!(gaps("ai.onnx.ml", &["", "ai.onnx.ml"]), [""; 0]);
    assert_eq!(gaps("", &["ai.onnx"]), [""; 0]);
    assert_eq!(gaps("", &["ai.onnx.ml"]), ["the version of the operators of `` is not said"]);
}

/// CVE-2022-25882, CVE-2024-27318.
#[test]
fn external_data_elsewhere_is_found_wherever_a_tensor_can_be() {
    let path = "../../../etc/passwd";
    let tensor = |field| bytes(field, external(path));
    let subgraph = node("If", "", &[bytes(5, bytes(6, tensor(5)))]);
    let constant = node("Constant", "", &[bytes(5, tensor(5))]);
    let sparse = bytes(15, tensor(1));
    let training = bytes(20, bytes(2, tensor(5)));
    let function = bytes(25, [bytes(1, "f"), bytes(7, bytes(5, tensor(5)))].concat());
    for (graph, more) in [
        (vec![tensor(5)], vec![]),
        (vec![subgraph], vec![]),
        (vec![constant], vec![]),
        (vec![sparse], vec![]),
        (vec![], vec![training]),
        (vec![], vec![function]),
    ] {
        let facts = read(model(&graph, &more));
        assert_eq!(told(&facts), [(ObservationKind::ExternalDataEscape, "`../../../etc/passwd` (data of tensor `w`)")]);
    }
}

#[test]
fn paths_that_leave_the_folder() {
    for path in ["/etc/passwd", "a/../../b", "C:\\x", "\\\\host\\share", "https://example.com/x", "~/x"] {
        assert!(is_outside(path), "{path}");
    }
    for path in ["model.onnx_data", "weights/w0.bin", "./data", "a..b"] {
        assert!(!is_outside(path), "{path}");
    }
}

#[test]
fn operators_from_elsewhere_are_told_unless_the_model_defines_them() {
    let custom = node("Fancy", "my.domain", &[]);
    let facts = read(model(&[custom.clone(), custom.clone()], &[]));
    let expected = "`Fancy` of domain `my.domain` of node `n`: a native library must be loaded for it";
    assert_eq!(told(&facts), [(ObservationKind::CustomOperator, expected)]);
    let function = bytes(25, [bytes(1, "Fancy"), bytes(10, "my.domain")].concat());
    assert_eq!(told(&read(model(&[custom], &[function]))), []);
}

#[test]
fn files_that_operators_read_are_told_when_they_lie_elsewhere() {
    let text = |name: &str, value: &str| bytes(5, [bytes(1, name), bytes(4, value)].concat());
    let context = node("EPContext", "com.microsoft", &[text("ep_cache_context", "/etc/passwd")]);
    let expected = "`/etc/passwd` (attribute `ep_cache_context`)";
    assert_eq!(told(&read(model(&[context], &[]))), [(ObservationKind::ExternalDataEscape, expected)]);
    let beside = node("EPContext", "com.microsoft", &[text("ep_cache_context", "model_ctx.bin")]);
    let formula = node("Einsum", "", &[text("equation", "...ij,...jk->...ik"), text("mode", "/")]);
    assert_eq!(told(&read(model(&[beside, formula], &[]))), []);
}

#[test]
fn a_function_that_comes_to_call_itself_is_told() {
    let function = |name: &str, callee: &str| {
        let call = bytes(7, [bytes(4, callee), bytes(7, "own")].concat());
        bytes(25, [&bytes(1, name)[..], &call, &call, &bytes(10, "own")].concat())
    };
    let of = |functions: &[Vec<u8>]| read(model(&[node("A", "own", &[])], functions));
    let told_kinds = |facts: &ArtifactFacts| told(facts).iter().map(|(kind, _)| *kind).collect::<Vec<_>>();
    assert_eq!(told_kinds(&of(&[function("A", "A")])), [ObservationKind::InvalidHeader]);
    assert_eq!(told_kinds(&of(&[function("A", "B"), function("B", "A")])), [ObservationKind::InvalidHeader]);
    let plain = of(&[function("A", "B"), function("B", "Relu")]);
    assert!(told(&plain).iter().all(|(kind, _)| *kind != ObservationKind::InvalidHeader), "{plain:?}");
}

#[test]
fn code_in_metadata_is_told() {
    let entry = bytes(14, [bytes(1, "names"), bytes(2, "__import__('os').system('echo loadlint-test')")].concat());
    let facts = read(model(&[], &[entry]));
    assert_eq!(
        told(&facts),
        [(ObservationKind::PythonSource, "the metadata `names` holds Python code: `__import__(`")]
    );
}

#[test]
fn damage_is_told() {
    let tensor = [number(1, 3), number(2, 1), bytes(8, "w"), bytes(9, [0; 8])].concat();
    let whole = model(&[node("Conv", "", &[]), bytes(5, tensor)], &[]);
    assert_eq!(
        told(&read(whole.clone())),
        [(ObservationKind::InvalidHeader, "tensor `w` holds 8 bytes instead of 12")]
    );
    let cut = read(whole[..whole.len() - 3].to_vec());
    assert_eq!(cut.gaps.iter().map(|gap| gap.kind).collect::<Vec<_>>(), [GapKind::Damaged]);
    let mut deep = Vec::new();
    for _ in 0..200 {
        deep = node("If", "", &[bytes(5, bytes(6, deep))]);
    }
    assert_eq!(read(model(&[deep], &[])).gaps.iter().map(|gap| gap.kind).collect::<Vec<_>>(), [GapKind::Limit]);
}

proptest! {
    #[test]
    fn damaged_models_are_read_to_an_end(
        changes in prop::collection::vec((0_usize..120, any::<u8>()), 1..5), end in 10_usize..120
    ) {
        let mut bytes = model(&[node("If", "x", &[bytes(5, bytes(6, bytes(5, external("/x"))))])], &[]);
        for (at, byte) in changes {
            let at = at % bytes.len();
            bytes[at] = byte;
        }
        bytes.truncate(end);
        prop_assert!(read(bytes).parts > 0);
    }
}

#[test]
fn operators_of_pytorch_that_touch_files() {
    let call = |operator: &str| {
        let attribute = bytes(5, [bytes(1, "operator"), bytes(4, operator)].concat());
        read(model(&[node("ATen", "org.pytorch.aten", &[attribute])], &[]))
    };
    assert_eq!(told(&call("native_layer_norm")), []);
    let facts = call("from_file");
    let expected = "`from_file` of PyTorch, called by node `n`: it reads or writes files";
    assert_eq!(told(&facts), [(ObservationKind::CustomOperator, expected)]);
}

#[test]
fn external_data_starts_somewhere_in_its_file() {
    let at = |offset: &str| {
        let entry = bytes(13, [bytes(1, "offset"), bytes(2, offset)].concat());
        let tensor = [external("weights.bin"), entry].concat();
        read(model(&[node("Relu", "", &[]), bytes(5, tensor)], &[]))
    };
    let inside = at("4096");
    assert_eq!(told(&inside), []);
    assert_eq!(inside.companions.files, [("weights.bin".to_owned(), 4096)].into());
    assert!(!inside.companions.may_lack_all);
    let facts = at("-8");
    let expected = "the offset of the external data of tensor `w` is `-8`";
    assert_eq!(told(&facts), [(ObservationKind::InvalidHeader, expected)]);
}

#[test]
fn pickles_in_metadata_are_looked_at() {
    let with = |value: &str| {
        let entry = bytes(14, [bytes(1, "key"), bytes(2, value)].concat());
        let facts = read(model(&[node("Relu", "", &[])], &[entry]));
        facts.facts.into_iter().filter(|fact| matches!(fact.seen, Seen::Call(_))).count()
    };
    assert_eq!(with("cos\nsystem\n(S'echo loadlint-test'\ntR."), 1);
    // The same in protocol 2.
    assert_eq!(with("gAJjb3MKc3lzdGVtCihTJ2VjaG8gbG9hZGxpbnQtdGVzdCcKdFIu"), 1);
    assert_eq!((with("classes: a, b"), with("gAMe")), (0, 0));
}

#[test]
fn many_texts_of_one_attribute_are_walked_once() {
    // Vocabularies of text models. A walk of all for each of them would not end.
    let texts = bytes(9, "../word").repeat(100_000);
    let attribute = bytes(5, [texts, bytes(1, "pool_strings")].concat());
    let facts = read(model(&[node("TfIdfVectorizer", "", &[attribute])], &[]));
    assert_eq!(told(&facts).len(), 1, "{facts:?}");
}

/// A node that takes and gives these names.
fn wired(takes: &[&str], gives: &[&str], more: &[u8]) -> Vec<u8> {
    let names = |field, names: &[&str]| names.iter().flat_map(|name| bytes(field, name)).collect::<Vec<_>>();
    bytes(1, [&names(1, takes)[..], &names(2, gives), &bytes(4, "Add"), more].concat())
}

/// An input (11) or output (12) of floats.
fn value(field: u64, name: &str) -> Vec<u8> {
    let tensor = bytes(1, number(1, 1));
    bytes(field, [bytes(1, name), bytes(2, tensor)].concat())
}

#[test]
fn graphs_that_nothing_can_run_are_told() {
    let gaps = |graph: &[Vec<u8>]| read(model(graph, &[])).gaps.into_iter().map(|gap| gap.message).collect::<Vec<_>>();
    let sound = [value(11, "x"), wired(&["x", ""], &["y"], &[]), wired(&["y"], &["z"], &[]), value(12, "z")];
    assert_eq!(gaps(&sound), [""; 0]);
    // The order of nodes is for the runtime to find.
    assert_eq!(gaps(&[value(11, "x"), wired(&["y"], &["z"], &[]), wired(&["x"], &["y"], &[])]), [""; 0]);
    let untyped = bytes(11, bytes(1, "x"));
    let weights = |code: u64| bytes(5, [number(1, 0), number(2, code), bytes(8, "w")].concat());
    for (graph, fault) in [
        (vec![wired(&["x"], &["y"], &[])], "`x` is taken, and nothing gives it"),
        (vec![value(12, "y")], "`y` is taken, and nothing gives it"),
        (vec![untyped, wired(&["x"], &["y"], &[])], "the input or output `x` has no type"),
        (vec![value(11, "x"), wired(&["x"], &["x"], &[])], "`x` is given twice"),
        (vec![wired(&["b"], &["a"], &[]), wired(&["a"], &["b"], &[])], "nodes wait for what they give each other"),
        (vec![bytes(1, bytes(2, "y"))], "a node without an operator"),
        (vec![weights(99)], "the tensor `w` has elements of the unknown type 99"),
        (vec![wired(&[], &["y"], &bytes(5, bytes(1, "axis")))], "the attribute `axis` has no type"),
    ] {
        assert_eq!(gaps(&graph), [fault]);
    }
}

#[test]
fn graphs_in_nodes_take_names_from_around_them() {
    let inner = |takes: &str| {
        let graph = [wired(&[takes], &["out"], &[]), value(12, "out")].concat();
        bytes(5, [bytes(1, "body"), number(20, 5), bytes(6, graph)].concat())
    };
    let gaps = |graph: &[Vec<u8>]| read(model(graph, &[])).gaps.into_iter().map(|gap| gap.message).collect::<Vec<_>>();
    assert_eq!(gaps(&[value(11, "x"), wired(&[], &["y"], &inner("x"))]), [""; 0]);
    assert_eq!(gaps(&[wired(&[], &["y"], &inner("x"))]), ["`x` is taken, and nothing gives it"]);
    // A node cannot wait for itself.
    assert_eq!(gaps(&[wired(&[], &["y"], &inner("y"))]), ["nodes wait for what they give each other"]);
}

#[test]
fn functions_take_what_they_are_given() {
    let function = |takes: &str| {
        let parts = [bytes(1, "F"), bytes(4, "x"), bytes(5, "y"), wired_in_function(takes), bytes(10, "own")];
        bytes(25, parts.concat())
    };
    let gaps = |takes: &str| read(model(&[], &[function(takes)])).gaps.len();
    assert_eq!((gaps("x"), gaps("z")), (0, 1));
}

fn wired_in_function(takes: &str) -> Vec<u8> {
    bytes(7, [bytes(1, takes), bytes(2, "y"), bytes(4, "Relu")].concat())
}

#[test]
fn a_path_is_judged_to_its_end() {
    let told = |path: &str| !told(&read(model(&[bytes(5, external(path))], &[]))).is_empty();
    assert!(told(&format!("{}../../etc/passwd", "./".repeat(101))));
    assert!(told(&"a/".repeat(3000)), "longer than any system takes");
    assert!(!told(&format!("{}weights.bin", "./".repeat(101))));
}

#[test]
fn groups_before_a_field_hide_nothing() {
    let operator = [&[10 << 3 | 3, 10 << 3 | 4][..], &bytes(4, "PyOp"), &bytes(7, "ai.onnx.contrib")].concat();
    let facts = read(model(&[bytes(1, operator)], &[]));
    assert_eq!(told(&facts).len(), 1, "{facts:?}");
}

#[test]
fn what_is_hidden_in_bytes_is_looked_at() {
    const CALL: &[u8] = b"\x80\x02cos\nsystem\nX\x12\0\0\0echo loadlint-test\x85R.";
    let tensor = |code: u64, raw: &[u8]| {
        let length = raw.len() as u64;
        bytes(5, [number(1, length), number(2, code), bytes(8, "w"), bytes(9, raw)].concat())
    };
    let members = |more: &[u8], graph: &[Vec<u8>]| {
        let facts = read([model(graph, &[]), more.to_vec()].concat());
        facts
            .members
            .iter()
            .filter(|member| member.path.depth() > 0)
            .map(|member| member.path.to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(members(b"", &[tensor(2, CALL)]), ["tensor `w`"]);
    assert_eq!(members(&bytes(99, CALL), &[]), ["field 99"]);
    assert_eq!(members(&bytes(99, b"words, not a pickle"), &[tensor(2, &[1; 16])]), [""; 0]);
}
