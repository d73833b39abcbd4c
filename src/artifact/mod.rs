//! Bytes of a model file to facts, without running or unpickling anything.
//!
//! Comes in: a [`Window`] and the file's name. Goes out: [`ArtifactFacts`]. Called by `engine::scan`.
//!
//! What a file is follows from its bytes (`sniff`), never from its name alone. `content` hands it to the reader of its
//! format; a reader of a container hands each member back to `content` through [`Examination::nested`].

mod archive;
mod arrow;
mod base64;
mod code_words;
mod config;
mod container;
mod content;
mod disguise;
mod examination;
mod gguf;
mod hdf5;
mod hidden;
mod inert;
mod json;
mod keras;
mod lfs;
mod lines;
mod mangled;
mod npy;
mod onnx;
pub mod pickle;
mod protobuf;
mod python_bytecode;
mod requirements;
mod runners;
mod safetensors;
mod sniff;
mod sqlite;
mod structure;
mod tensorflow;
mod tflite;
mod torch_script;
mod trees;
mod values;
mod xml;

pub use examination::{Detail, Examination};
pub use lfs::LfsPointer;

use crate::bytes::Window;
use crate::fact::artifact::{ArtifactFacts, Format};
use crate::limits::Limits;

/// Looks at one artifact. `name` is its file name; it only serves to notice content that contradicts it, and to tell
/// apart what bytes alone cannot.
pub fn examine(content: &Window, name: &str, limits: &Limits, detail: Detail) -> ArtifactFacts {
    let mut examination = Examination::new(name, content.len(), limits, detail);
    content::examine(content, &mut examination);
    examination.finish()
}

/// Writes each operation of the pickles that `content` is or holds, a line each, with the machine's view beside it.
pub fn disassemble(content: &Window, name: &str, limits: &Limits, put: &mut dyn FnMut(&str)) {
    let mut examination = Examination::new(name, content.len(), limits, Detail::Inventory);
    content::examine(content, &mut examination);
    let pickles = examination.take_pickles();
    for (member, pickle) in &pickles {
        if member.depth() > 0 {
            put(&format!("{member}:"));
        }
        pickle::disassemble(pickle, limits, put);
    }
    if pickles.is_empty() {
        put("no pickle is in it");
    }
}

pub use self::tensorflow::index::crc32c;

/// Why nobody can say what is in a file: it is of no kind that is known here, not even as none of models, or it is empty
/// and no text.
///
/// # Errors
/// If it cannot be read.
pub fn why_unknown(content: &Window, name: &str) -> std::io::Result<Option<&'static str>> {
    let (format, head) = sniff::look(content, name)?;
    Ok(match format {
        _ if head.is_empty() => (!inert::may_be_empty(name)).then_some("it is empty"),
        Format::Unknown if !inert::is_known(&head, content, name) => {
            Some("its content is of no kind that loadlint knows")
        }
        _ => None,
    })
}

/// What the bytes are, without looking further; the first few thousand are read.
///
/// # Errors
/// If they cannot be read.
pub fn format_of(content: &Window, name: &str) -> std::io::Result<Format> {
    sniff::look(content, name).map(|(format, _)| format)
}
