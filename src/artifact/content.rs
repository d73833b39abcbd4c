//! Bytes to the reader of their format.

use crate::bytes::{Bytes, Window};
use crate::fact::artifact::{ByteRegion, Format, GapKind, ObservationKind};

use super::container::zip::{self, Front};
use super::container::{ar, compressed, seven_zip, tar};
use super::disguise::{broken_promise, disguise, source_disguise};
use super::examination::Examination;
use super::sniff::{beside_program, closed, closed_by_name, extension, is_script};
use super::{
    arrow, base64, config, gguf, hdf5, lfs, lines, mangled, npy, onnx, pickle, python_bytecode, requirements, runners,
    safetensors, sqlite, tensorflow, tflite, trees, values, xml,
};

/// Looks at the file or member that `x` stands in.
pub(super) fn examine(content: &Window, x: &mut Examination<'_>) {
    x.member_once(content, |x| whatever_it_is(content, x));
}

fn whatever_it_is(content: &Window, x: &mut Examination<'_>) {
    let (mut format, head) = match x.look(content) {
        Ok(found) => found,
        Err(error) => return x.unreadable(&error),
    };
    if matches!(format, Format::Unknown | Format::Text) {
        if hdf5_start(content, x).is_some() {
            format = Format::Hdf5;
        } else if pickle::is_pickle_at(content) {
            format = Format::Pickle;
        } else if config::shows_itself_behind(format, &head, content, x) {
            format = Format::Configuration;
        }
    }
    x.is_of(format);
    x.member_is(format, content.len(), content.len());
    let is_usual = says_its_holder(format, x) || is_checkpoint_called_archive(format, &head, x);
    if let Some(contradiction) = disguise(format, is_script(&head), x.name()).filter(|_| !is_usual) {
        let kind = match format {
            Format::Executable => ObservationKind::ExecutableContent,
            _ => ObservationKind::DisguisedContent,
        };
        x.observe(kind, ByteRegion::new(0, 0), contradiction);
    }
    if matches!(
        format,
        Format::Text | Format::Pickle | Format::Configuration | Format::Safetensors | Format::Hdf5 | Format::Npy
    ) && let Some(contradiction) = source_disguise(&head, x.name())
    {
        x.observe(ObservationKind::DisguisedContent, ByteRegion::new(0, 0), contradiction);
    }
    if format == Format::ClosedArchive {
        let what = closed(&head).or_else(|| closed_by_name(x.name())).unwrap_or("a closed archive");
        let all = ByteRegion::new(0, content.len());
        x.observe(ObservationKind::UnsupportedContainer, all, what);
        x.gap(GapKind::Closed, all, format!("{what} cannot be looked into"));
    }
    // What could not be unpacked is told as such.
    let is_missing = content.is_empty() && x.is_in_trouble();
    if !is_missing && let Some(promised) = broken_promise(format, &head, content.len(), x.name()) {
        x.gap(GapKind::Damaged, ByteRegion::new(0, content.len()), promised);
    }
    if content.is_empty() && config::is_needed(x) {
        x.gap(GapKind::Damaged, ByteRegion::default(), "is empty");
    } else if content.is_empty() && extension(x.name()) == "json" && x.member().depth() == 0 {
        x.gap(GapKind::Loose, ByteRegion::default(), "is empty");
    }
    if format == Format::Text && extension(x.name()) == "pth" {
        start_up_lines(content, x);
    }
    if format == Format::Text && matches!(&*extension(x.name()), "xml" | "pmml") {
        outer_entity(content, x);
    }
    if matches!(format, Format::Text | Format::Unknown | Format::Configuration) {
        // What a name promises and content breaks was told.
        if x.member().depth() == 0
            && !x.has_gap_here()
            && let Some(fault) = mangled::fault(&head, content, &extension(x.name()))
        {
            x.gap(GapKind::Loose, ByteRegion::new(0, content.len()), fault);
        }
        trees::examine(&head, content, x);
        tensorflow::index::examine(content, x);
    }
    if format == Format::Text {
        runners::examine(content, x);
        // Beside a model it says what its loader installs; elsewhere it is somebody's own.
        if x.member().depth() == 0 && requirements::is_list(x.name()) {
            requirements::examine(content, x);
        }
        pickle_in_base64(&head, content, x);
    }
    read(format, content, x);
    if format == Format::Executable {
        read_beside(&head, content, x);
    }
    // The name of its first member can spell the magic of other formats, but no other header has its checksum.
    if format != Format::Tar && tar::is_tar(&head) {
        x.observe(ObservationKind::DisguisedContent, ByteRegion::new(0, 0), "it is a tar file too");
        tar::examine(content, x);
    }
    hdf5_behind(format, content, x);
    if let Some(front) = front(format, content, x) {
        zip::examine_behind(content, front, x);
    }
    // A pickle can begin with the magic of another format, inside of a text that it drops again.
    // Not so a zip file: its `P` asks for a persistent id, which no plain unpickler has, and those that have one know zip
    // files. Behind the first line end of a numpy archive there may well stand a pickle.
    let is_pickle = matches!(format, Format::Pickle | Format::Joblib | Format::TorchLegacy);
    if !is_pickle && !head.starts_with(b"PK") && pickle::runs_as_pickle(content) {
        x.observe(ObservationKind::DisguisedContent, ByteRegion::new(0, 0), "it is a pickle too");
        pickle::examine(content, x);
    }
}

/// Whether a pickle has the name of the archive that it stands in, which pandas gives it: `frame.pkl.tar.gz`.
fn says_its_holder(format: Format, x: &Examination<'_>) -> bool {
    const PACKED: [&str; 11] = ["gz", "bz2", "xz", "zst", "lzma", "tgz", "tbz2", "txz", "zip", "tar", "lz4"];
    format == Format::Pickle && PACKED.contains(&&*extension(x.name())) && x.is_named_like_its_holder()
}

/// Whether this is what training scripts call `checkpoint.pth.tar`, though `torch.save` has not written tar files since 0.1.
fn is_checkpoint_called_archive(format: Format, head: &[u8], x: &Examination<'_>) -> bool {
    format == Format::Pickle && extension(x.name()) == "tar" && pickle::is_legacy_checkpoint(head)
}

/// Looks at `content` as `format`.
pub(super) fn read(format: Format, content: &Window, x: &mut Examination<'_>) {
    match format {
        Format::Pickle | Format::Joblib | Format::TorchLegacy => pickle::examine(content, x),
        Format::Zip
        | Format::TorchZip
        | Format::TorchScript
        | Format::TorchExport
        | Format::TorchPackage
        | Format::Npz
        | Format::Keras
        | Format::Skops
        | Format::TorchServe => zip::examine(content, x),
        Format::Tar | Format::TorchTar | Format::Nemo => tar::examine(content, x),
        Format::Ar => ar::examine(content, x),
        Format::SevenZip => seven_zip::examine(content, x),
        Format::Compressed => compressed::examine(content, x),
        Format::Npy => npy::examine(content, x),
        Format::Safetensors => safetensors::examine(content, x),
        Format::Hdf5 => hdf5::examine(content, x),
        Format::Onnx => onnx::examine(content, x),
        Format::Gguf => gguf::examine(content, x),
        Format::TensorFlow => tensorflow::examine(content, x),
        Format::TfLite => tflite::examine(content, x),
        Format::MessagePack | Format::Ubjson | Format::Matlab => values::examine(format, content, x),
        Format::Configuration | Format::Template => config::examine(content, x),
        Format::LfsPointer => lfs::examine(content, x),
        Format::Bytecode => python_bytecode::examine(content, x),
        Format::Arrow => arrow::examine(content, x),
        Format::Sqlite => sqlite::examine(content, x),
        Format::ClosedArchive | Format::Executable | Format::Text | Format::Unknown => {}
    }
}

/// Looks at a program as what others read it as, who do not run it.
fn read_beside(head: &[u8], content: &Window, x: &mut Examination<'_>) {
    let Some((format, at)) = beside_program(head, content.len(), x.name()) else { return };
    if at > 0 {
        let subject = format!("it is {} too, behind its first {at} bytes", format.as_str());
        x.observe(ObservationKind::DisguisedContent, ByteRegion::new(0, at), subject);
    }
    read(format, &content.tail(at), x);
}

/// As what a zip file could stand behind `content`, if it is worth a read of the end: readers that start there find an
/// archive in anything.
fn front(format: Format, content: &Window, x: &Examination<'_>) -> Option<Front> {
    let front = match format {
        Format::Zip
        | Format::TorchZip
        | Format::TorchScript
        | Format::TorchExport
        | Format::TorchPackage
        | Format::Npz
        | Format::Keras
        | Format::Skops
        | Format::TorchServe => return None,
        // Its last member may be a zip file, and what stands behind the archive is looked at there.
        Format::Tar | Format::TorchTar | Format::Nemo | Format::Ar | Format::SevenZip => return None,
        // Programs unpack themselves; TensorFlow Lite puts its metadata's files behind the model.
        Format::Executable if disguise(format, false, x.name()).is_none() => Front::Holder,
        Format::TfLite => Front::Holder,
        // Members that nobody reads as anything: the end of each tensor is not worth a read.
        Format::Unknown | Format::Text if x.member().depth() > 0 && content.in_memory().is_none() => return None,
        _ => Front::Other,
    };
    (content.is_cheap_anywhere() && !zip::is_too_short(content.len())).then_some(front)
}

/// Looks at the HDF5 file behind what is of another format: readers search for its signature whatever stands before it.
fn hdf5_behind(format: Format, content: &Window, x: &mut Examination<'_>) {
    let holds_members = matches!(
        format,
        Format::Tar
            | Format::TorchTar
            | Format::Nemo
            | Format::Ar
            | Format::SevenZip
            | Format::Zip
            | Format::TorchZip
            | Format::Npz
    );
    if format == Format::Hdf5 || holds_members && !is_named_hdf5(x) {
        return;
    }
    let Some(at) = hdf5_start(content, x).filter(|at| *at > 0) else { return };
    if is_named_hdf5(x) {
        let subject = format!("an HDF5 file starts at byte {at}, behind what looks like {}", format.as_str());
        x.observe(ObservationKind::DisguisedContent, ByteRegion::new(0, at), subject);
    }
    hdf5::examine_from(at, content, x);
}

fn is_named_hdf5(x: &Examination<'_>) -> bool {
    matches!(&*extension(x.name()), "h5" | "hdf5" | "keras")
}

/// Where HDF5 starts, if it is worth the reads.
fn hdf5_start(content: &Window, x: &Examination<'_>) -> Option<u64> {
    let is_candidate = (is_named_hdf5(x) || x.member().depth() == 0) && content.is_cheap_anywhere();
    if is_candidate { hdf5::start(content).ok().flatten() } else { None }
}

/// Looks at the pickle that a text is in Base64 from its first byte on.
fn pickle_in_base64(head: &[u8], content: &Window, x: &mut Examination<'_>) {
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_' | b'=');
    // `\x80` and a protocol from 2 to 5, or the `c` before a name.
    let begins = matches!(head, [b'g', b'A', b'I'..=b'X', ..] | [b'Y', b'2' | b'1', ..]);
    let limit = x.limits.max_text_bytes.min(content.len());
    if !begins || head.len() < 16 || !head.iter().all(|byte| is_letter(byte) || byte.is_ascii_whitespace()) {
        return;
    }
    if content.len() > limit {
        x.limit_once("max-text-bytes", limit, "the rest of a text in Base64 was not looked at");
    }
    let text = match content.read(0, usize::try_from(limit).unwrap_or(usize::MAX)) {
        Ok(text) => text,
        Err(error) => return x.unreadable(&error),
    };
    let decoded: Option<Window> = str::from_utf8(&text).ok().and_then(base64::decode).map(Window::from);
    if let Some(decoded) = decoded.filter(pickle::is_pickle_at) {
        x.idle(0, &decoded);
    }
}

/// The lines of a `.pth` file that Python runs whenever it starts, once the file is installed. Which characters end a line
/// depends on the version of Python (`site.py`, `addpackage`).
fn start_up_lines(content: &Window, x: &mut Examination<'_>) {
    let limit = x.limits.max_source_bytes;
    if content.len() > limit {
        x.limit_once(
            "max-source-bytes",
            limit,
            "the rest of a file that Python reads when it starts was not looked at",
        );
    }
    let bytes = match content.read(0, usize::try_from(limit).unwrap_or(usize::MAX)) {
        Ok(bytes) => bytes,
        Err(error) => return x.unreadable(&error),
    };
    let text = String::from_utf8_lossy(&bytes);
    let lines = lines::of(text.trim_start_matches('\u{FEFF}'));
    let run: Vec<&str> = lines.filter(|line| line.starts_with("import ") || line.starts_with("import\t")).collect();
    if !run.is_empty() {
        x.source("Python's start-up", run.join("\n"));
    }
}

/// An entity of a PMML or OpenVINO model that stands for another file or address: XML readers that follow it read that.
fn outer_entity(content: &Window, x: &mut Examination<'_>) {
    const FEW_BYTES: usize = 64 << 10;
    let limit = x.limits.max_text_bytes;
    let mut bytes = Bytes::default();
    for length in [FEW_BYTES, usize::try_from(limit).unwrap_or(usize::MAX)] {
        bytes = match content.read(0, length) {
            Ok(bytes) => bytes,
            Err(error) => return x.unreadable(&error),
        };
        if xml::prolog(&bytes).root.is_some() {
            break;
        }
    }
    let xml::Prolog { outer_entity, root } = xml::prolog(&bytes);
    if root.is_none() && content.len() > limit {
        x.limit_once("max-text-bytes", limit, "what stands before the first element of a model is too long");
    }
    let is_model = root.is_some_and(|root| matches!(root, b"PMML" | b"net") || root.ends_with(b":PMML"));
    if let Some(entity) = outer_entity.filter(|_| is_model) {
        let address = String::from_utf8_lossy(entity.address);
        let subject = format!("`{}` (an entity of XML)", address.chars().take(200).collect::<String>());
        let region = ByteRegion::new(entity.start as u64, entity.end as u64);
        x.observe(ObservationKind::ExternalDataEscape, region, subject);
    }
}

#[cfg(test)]
mod tests {
    use crate::artifact::{Detail, examine};
    use crate::fact::artifact::{ArtifactFacts, ObservationKind, Seen};
    use crate::limits::Limits;

    fn look(name: &str, text: &str) -> ArtifactFacts {
        examine(&text.as_bytes().to_vec().into(), name, &Limits::default(), Detail::Findings)
    }

    /// The first line of a script is a comment of YAML and text of a template.
    #[test]
    fn scripts_are_read_by_their_names_too() {
        for (name, text) in [
            ("conf.yaml", "a: !!python/object/apply:os.system [echo loadlint-test]\n"),
            ("config", "a: !!python/object/apply:os.system [echo loadlint-test]\n"),
            ("hyperparams.yaml", "a: !new:os.system [echo loadlint-test]\n"),
            ("chat_template.jinja", "{{ messages.__globals__ }}"),
            ("graph.pbtxt", "node {\n  name: \"a\"\n  op: \"PyFunc\"\n}\n"),
        ] {
            let plain = look(name, &format!("# words\n{text}"));
            let script = look(name, &format!("#!/bin/sh\n{text}"));
            assert!(!plain.facts.is_empty(), "{name}");
            assert_eq!((plain.facts.len(), plain.gaps.len()), (script.facts.len(), script.gaps.len()), "{name}");
        }
        for (name, text) in [
            ("run.sh", "#!/bin/sh\necho loadlint-test\n"),
            ("run", "#!/bin/sh\npython -m serve \\\n  --trust_remote_code\n"),
            ("tool", "#!/usr/bin/env python3\nimport os\ntrust_remote_code = True\n"),
            ("play.yml", "#!/usr/bin/env ansible-playbook\n- hosts: all\n  tasks: []\n"),
            ("deploy.yaml", "#!/bin/sh\nif true; then echo 'a: b'; fi\n"),
        ] {
            let found = look(name, text);
            assert_eq!((found.facts.len(), found.gaps.len()), (0, 0), "{name} {found:?}");
        }
    }

    /// `#` opens a group that nobody knows, which readers of protobuf pass over, and `M` begins four bytes of that kind.
    #[test]
    fn models_behind_what_begins_like_a_program_are_read() {
        let location = b"\x0A\x08location\x12\x10../../etc/passwd";
        let tensor = [&b"\x08\x01\x10\x01\x42\x01w\x6A"[..], &[location.len() as u8], location, b"\x70\x01"].concat();
        let graph = [&b"\x0A\x06\x22\x04Relu\x2A"[..], &[tensor.len() as u8], &tensor].concat();
        let model = [&b"\x08\x08\x3A"[..], &[graph.len() as u8], &graph, b"\x42\x04\x0A\x00\x10\x11"].concat();
        for start in [&b"#!/bin/sh\n$"[..], b"#!/bin/sh\n\x9A\x01\x03abc$"] {
            let bytes = [start, &model].concat();
            let found = examine(&bytes.into(), "model", &Limits::default(), Detail::Findings);
            let kinds: Vec<_> = found
                .facts
                .iter()
                .filter_map(|fact| match &fact.seen {
                    Seen::Observation(seen) => Some(seen.kind),
                    _ => None,
                })
                .collect();
            assert!(kinds.contains(&ObservationKind::DisguisedContent), "{kinds:?}");
            assert!(kinds.contains(&ObservationKind::ExternalDataEscape), "{kinds:?}");
        }
    }

    #[test]
    fn entities_of_xml_that_stand_for_files() {
        let model = |entity: &str| format!("<?xml version=\"1.0\"?><!DOCTYPE PMML [{entity}]><PMML/>");
        let found = look("a.pmml", &model("<!ENTITY x SYSTEM \"file:///etc/passwd\">"));
        assert!(
            matches!(&found.facts[..], [fact] if matches!(&fact.seen, Seen::Observation(seen)
                if seen.kind == ObservationKind::ExternalDataEscape && seen.subject.contains("`file:///etc/passwd`"))),
            "{found:?}"
        );
        assert_eq!(look("a.pmml", &model("<!ENTITY x \"y\">")).facts.len(), 0);
        let page = "<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0\" \"http://www.w3.org/TR/x.dtd\"><html/>";
        assert_eq!(look("a.xml", page).facts.len(), 0);
    }

    #[test]
    fn checkpoints_may_be_called_tar() {
        let told = |pickle: &[u8]| {
            let found = examine(&pickle.to_vec().into(), "model_best.pth.tar", &Limits::default(), Detail::Findings);
            let is_disguise =
                |seen: &Seen| matches!(seen, Seen::Observation(seen) if seen.kind == ObservationKind::DisguisedContent);
            found.facts.iter().any(|fact| is_disguise(&fact.seen))
        };
        assert!(!told(b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.\x80\x02}.\x80\x02}.\x80\x02]."));
        assert!(told(b"\x80\x02}q\x00X\x01\0\0\0aq\x01K\x01s."));
    }

    #[test]
    fn entities_behind_anything_that_may_stand_before_a_model() {
        let entity = "<!ENTITY x PUBLIC '-' 'file:///etc/passwd'>";
        let note = format!("<!-- <PMML> \" {} -->", "words ".repeat(1_000));
        for start in [
            format!("{note}<!DOCTYPE PMML [{entity}]>"),
            format!("<!DOCTYPE PMML [{note}{entity}]>"),
            format!("<!DOCTYPE PMML [<!ENTITY a \"<PMML>'\"><!ENTITY % b '\"'>{entity}]>"),
            format!("<?xml version=\"1.0\"?><?words <PMML '?><!DOCTYPE PMML [{entity}]>"),
        ] {
            assert_eq!(look("a.pmml", &format!("{start}<PMML/>")).facts.len(), 1, "{start}");
            assert_eq!(look("a.xml", &format!("{start}<net name='x'/>")).facts.len(), 1, "{start}");
            assert_eq!(look("a.xml", &format!("{start}<html/>")).facts.len(), 0, "{start}");
        }
        let commented = format!("<!DOCTYPE PMML [<!-- {entity} -->]><PMML>{entity}</PMML>");
        assert_eq!(look("a.pmml", &commented).facts.len(), 0);
        for open in ["<!ENTITY ", "<!--", "<?", "<!ENTITY a \"", "<", "'"] {
            look("a.pmml", &open.repeat(200_000));
        }
    }

    #[test]
    fn all_lines_are_looked_at_that_python_runs_when_it_starts() {
        let sources = |text: &str| {
            let found = look("evil.pth", text);
            found.facts.into_iter().filter(|fact| matches!(fact.seen, Seen::Source(_))).count()
        };
        let line = "import os; os.system('echo loadlint-test')";
        for start in ["", "./x\n", "\u{FEFF}", "./x\r", "./x\u{2028}", &"./x\n".repeat(1_200)] {
            assert_eq!(sources(&format!("{start}{line}\n")), 1, "{}", start.len());
        }
        assert_eq!(sources(&format!("./x {line}\n")), 0);
    }

    #[test]
    fn a_text_that_is_a_pickle_in_base64() {
        use base64ct::Encoding as _;
        let calls = |name: &str, text: &str| {
            let found = look(name, text);
            found.facts.iter().filter(|fact| matches!(fact.seen, Seen::Call(_))).count()
        };
        for pickle in [&b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x02id\x85R."[..], b"cos\nsystem\n(S'id'\ntR."] {
            let text = base64ct::Base64::encode_string(pickle);
            assert_eq!(calls("model.b64", &text), 1);
            assert_eq!(calls("model", &format!("{}\n{}\n", &text[..12], &text[12..])), 1);
            assert_eq!(calls("notes.txt", &format!("{text} and more. Words!")), 0);
        }
        assert_eq!(calls("words.txt", "gAMbling is a word and this is none\n"), 0);
    }
}
