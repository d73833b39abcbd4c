//! TorchScript code: which operators it calls that reach beyond tensors. Called for each source of such an archive.
//!
//! The text is what PyTorch printed or someone wrote: operators of ATen stand as `torch.name(…)` or `ops.aten.name(…)`,
//! those of others as `ops.namespace.name(…)`.

use crate::bytes::Window;
use crate::fact::artifact::{ByteRegion, ObservationKind};

use super::Examination;

/// Operators that open, map or write files, or load code; of ATen unless a namespace is given.
const UNSAFE: [&str; 19] = [
    "from_file",
    "save",
    "load",
    "load_library",
    "load_libraries",
    "image::read_file",
    "image::write_file",
    "torchvision::read_file",
    "torchvision::write_file",
    "torchaudio::sox_io_load_audio_file",
    "torchaudio::sox_io_save_audio_file",
    "torchaudio::ffmpeg_load",
    "prim::PythonOp",
    "prim::ForkClosure",
    "aten::wait_file",
    "caffe2::_load",
    "inductor::_load_library",
    "profiler::_save",
    "rpc::remote",
];

/// Namespaces that come with PyTorch and its libraries.
const KNOWN: [&str; 34] = [
    "aten",
    "prim",
    "prims",
    "quantized",
    "_quantized",
    "quantized_decomposed",
    "mkldnn",
    "mkldnn_prepacked",
    "mkl",
    "onednn",
    "sparse",
    "xnnpack",
    "prepacked",
    "metal",
    "metal_prepacked",
    "vulkan",
    "vulkan_prepacked",
    "cuda",
    "cudnn",
    "c10",
    "c10d",
    "c10d_functional",
    "_c10d_functional",
    "symm_mem",
    "profiler",
    "inductor",
    "rngprims",
    "image",
    "torchvision",
    "torchaudio",
    "torchtext",
    "static_runtime",
    "tensorexpr",
    "nvprims",
];

/// Operators of each kind that are told of one source.
const MOST_TOLD: usize = 64;

/// Observes the operators called in `code`, each once.
pub(super) fn examine(code: &str, x: &mut Examination<'_>) {
    let (mut told_unsafe, mut told_custom) = (Vec::new(), Vec::new());
    for (at, namespace, operator) in calls(code) {
        let name = format!("{namespace}::{operator}");
        let unsafe_one = UNSAFE.contains(&name.as_str()) || (namespace == "aten" && UNSAFE.contains(&operator));
        // Those of one kind keep none of the other from being told.
        let (kind, told) = match (unsafe_one || operator.contains("load_library"), KNOWN.contains(&namespace)) {
            (true, _) => (ObservationKind::TorchScriptUnsafe, &mut told_unsafe),
            (false, false) => (ObservationKind::CustomOperator, &mut told_custom),
            (false, true) => continue,
        };
        if told.len() < MOST_TOLD && !told.contains(&name) {
            x.observe(kind, ByteRegion::new(at as u64, (at + operator.len()) as u64), name.as_str());
            told.push(name);
        }
    }
}

/// Where a statement of `code` begins as none does: with two names side by side, of which neither is a word of the
/// language.
pub(super) fn fault(code: &str) -> Option<usize> {
    const WORDS: [&str; 26] = [
        "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif", "else", "for",
        "from", "global", "if", "import", "in", "is", "not", "or", "pass", "raise", "return", "while", "with",
    ];
    let is_name = |word: &str| !word.starts_with(|c: char| c.is_ascii_digit()) && !WORDS.contains(&word);
    let mut at = 0;
    for line in code.split_inclusive('\n') {
        let statement = line.trim_start_matches([' ', '\t']);
        if let Some((first, rest)) = word(statement)
            && rest.starts_with(' ')
            && let Some((second, _)) = word(rest.trim_start_matches(' '))
            && is_name(first)
            && is_name(second)
        {
            return Some(at + line.len() - statement.len());
        }
        at += line.len();
    }
    None
}

/// Observes the operators whose names stand in `bytecode.pkl`, which PyTorch for mobile runs in the place of the sources.
/// Its unpickler puts no texts together.
pub(super) fn examine_bytecode(content: &Window, x: &mut Examination<'_>) {
    let limit = x.limits.max_text_bytes;
    if content.len() > limit {
        return x.limit_once("max-text-bytes", limit, "operators of a program for mobile were not looked at");
    }
    let bytes = match content.read(0, usize::try_from(limit).unwrap_or(usize::MAX)) {
        Ok(bytes) => bytes,
        Err(error) => return x.unreadable(&error),
    };
    for operator in UNSAFE {
        let name = if operator.contains("::") { operator.to_owned() } else { format!("aten::{operator}") };
        // Texts of a pickle stand behind their length.
        let length = name.len() as u64;
        let is_whole = |at: &usize| {
            let before = &bytes[..*at];
            [1, 4, 8].iter().any(|width| before.ends_with(&length.to_le_bytes()[..*width]))
        };
        if let Some(at) = memchr::memmem::find_iter(&bytes, &name).find(is_whole) {
            let region = ByteRegion::new(at as u64, at as u64 + length);
            x.observe(ObservationKind::TorchScriptUnsafe, region, name);
        }
    }
}

/// Where an operator is called, its namespace and name.
fn calls(code: &str) -> impl Iterator<Item = (usize, &str, &str)> {
    let written = starts(code, "ops").filter_map(|(at, rest)| {
        let (namespace, rest) = part(rest)?;
        let (operator, _) = part(rest)?;
        Some((at, namespace, operator))
    });
    let short = starts(code, "torch").filter_map(|(at, rest)| {
        let (operator, rest) = part(rest)?;
        without_blanks(rest).starts_with('(').then_some((at, "aten", operator))
    });
    written.chain(short)
}

/// Where this name stands that a dotted one begins with, and what follows it.
fn starts<'c>(code: &'c str, name: &'static str) -> impl Iterator<Item = (usize, &'c str)> {
    let is_start = |before: &str| {
        let is_cut = before.chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_');
        // A module of the program itself may be called so.
        let holder = before.trim_end_matches(is_blank).strip_suffix('.');
        !is_cut && !holder.is_some_and(|holder| holder.trim_end_matches(is_blank).ends_with("__torch__"))
    };
    let found = code.match_indices(name).filter(move |(at, _)| is_start(&code[..*at]));
    found.map(move |(at, _)| (at, &code[at + name.len()..]))
}

/// The name behind a dot, and what follows it. Between them may stand blanks, which PyTorch passes over.
fn part(text: &str) -> Option<(&str, &str)> {
    word(without_blanks(without_blanks(text).strip_prefix('.')?))
}

fn without_blanks(text: &str) -> &str {
    text.trim_start_matches(is_blank)
}

/// White space, and the backslash before a line end.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || c == '\\'
}

fn word(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

/// Whether the operator of ATen with this name opens, maps or writes files, or loads code.
pub(super) fn is_unsafe(operator: &str) -> bool {
    UNSAFE.contains(&operator.strip_prefix("aten::").unwrap_or(operator))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_are_found_by_both_spellings() {
        let code = "_0 = torch.from_file(\"x\", True)\n_1 = ops.image.write_file(a, b)\n_2 = __torch__.ops.my.f(x)\n\
                    _3 = torch.add(a, ops.mine.f(b))";
        let found: Vec<_> = calls(code).map(|(_, namespace, operator)| (namespace, operator)).collect();
        assert_eq!(found, [("image", "write_file"), ("mine", "f"), ("aten", "from_file"), ("aten", "add")]);
    }

    #[test]
    fn statements_begin_with_a_word_of_the_language_or_one_name() {
        let code = "class Net(Module):\n  weight : Tensor\n  def forward(self: Net,\n    x: Tensor) -> Tensor:\n    a = \\\n\
                    b if c else d\n    return a\n";
        assert_eq!(fault(code), None);
        assert_eq!(fault(&code.replace("def forward", "dgf forward")), Some(39));
        assert_eq!(fault(&code.replace("class Net", "clas Net")), Some(0));
        assert_eq!(fault("1 if a else b\nx  is not y\n"), None);
    }

    #[test]
    fn blanks_between_the_parts_hide_nothing() {
        for (code, expected) in [
            ("torch.from_file (x)", Some(("aten", "from_file"))),
            ("torch\t. \\\nfrom_file\n(x)", Some(("aten", "from_file"))),
            ("ops . aten .from_file(x)", Some(("aten", "from_file"))),
            ("torch.ops.aten.from_file(x)", Some(("aten", "from_file"))),
            ("__torch__ . ops.my.f(x)", None),
            ("x.torch_from.file(x)", None),
        ] {
            let found = calls(code).map(|(_, namespace, operator)| (namespace, operator)).next();
            assert_eq!(found, expected, "{code}");
        }
        for many in ["ops ", "torch ", "ops.", "torch.a ", "__torch__."] {
            assert_eq!(calls(&many.repeat(200_000)).filter(|(_, namespace, _)| *namespace == "x").count(), 0);
        }
    }

    #[test]
    fn operators_of_ones_own_keep_no_other_from_being_told() {
        let own: String = (0..100).map(|index| format!("_{index} = ops.own.f{index}(x)\n")).collect();
        let limits = crate::limits::Limits::default();
        let mut x = Examination::new("m.py", 0, &limits, super::super::Detail::Findings);
        examine(&format!("{own}_ = torch.from_file(\"x\", True, 9)\n"), &mut x);
        let found = x.finish().facts;
        assert_eq!(found.len(), MOST_TOLD + 1);
        assert!(format!("{:?}", found[MOST_TOLD].seen).contains("aten::from_file"));
    }

    #[test]
    fn operators_are_found_in_bytecode() {
        let limits = crate::limits::Limits::default();
        let mut x = Examination::new("bytecode.pkl", 0, &limits, super::super::Detail::Findings);
        let name = |name: &str| [b"X", &(name.len() as u32).to_le_bytes()[..], name.as_bytes(), b"q\x01"].concat();
        let content = [name("aten::add"), name("aten::save_for_later"), name("aten::from_file")].concat();
        examine_bytecode(&content.into(), &mut x);
        let found = x.finish().facts;
        assert!(matches!(&found[..], [fact] if format!("{:?}", fact.seen).contains("aten::from_file")), "{found:?}");
    }
}
