//! Which content an expression stands for: what a digest covers whole, and what a load reads.
//!
//! In comes an expression; out goes a list of [`Content`]s, by which two expressions can be told to have the same bytes.
//! The two sides differ in what they may leave out: a load may take a part of what was compared, a digest may not. The
//! digest of a path's name, of a head of the data, or of data fetched anew says nothing of the bytes that are loaded.
//! Here is the side of the digest; `loaded.rs` has that of the load. `digest.rs` asks both.

use std::rc::Rc;

use ruff_python_ast::{self as ast, Expr, ExprCall};

use super::super::bounds::identifiers;
use super::super::model::{CallSite, ClassId, DefId, DefKind, FunctionId, SetId};
use super::super::parse::region;
use super::super::thing::Thing;
use super::super::values::Resolver;

/// What of a thing is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::python) enum Of {
    /// Its own bytes: of data, a buffer, an open file.
    Bytes,
    /// The bytes of the file that it is the path of.
    File,
    /// Its letters, as bytes.
    Text,
    /// What `bytes` makes of it: the same bytes if it is data, its letters if it is a path.
    Copy,
    /// What a name holds in all rounds of a loop, one after the other.
    Chunks,
}

/// What it is known by.
#[derive(Debug, Clone)]
pub(super) enum Key<'a> {
    /// A name, by the defs that reach it.
    Name(Rc<[DefId]>),
    /// Anything else as it is written, with the same meaning of all names in it.
    Written(&'a Expr),
}

/// Some bytes.
#[derive(Debug, Clone)]
pub(in crate::python) struct Content<'a> {
    pub(super) of: Of,
    pub(super) key: Key<'a>,
}

/// What was found so far.
#[derive(Default)]
pub(super) struct Found<'a> {
    pub(super) contents: Vec<Content<'a>>,
    /// The call of `update` whose argument is looked at.
    pub(super) update: Option<CallSite<'a>>,
}

pub(super) const MAX_DEPTH: u32 = 16;
/// So many defs of one name are looked at.
const MOST_DEFS: usize = 128;
/// Expressions longer than this, in bytes, are not compared with others.
const LONGEST: u32 = 512;

const COPIES_BYTES: [&str; 2] = ["builtins.bytes", "builtins.bytearray"];
const WRAPS_BYTES: [&str; 3] = ["builtins.memoryview", "io.BytesIO", "io.BufferedReader"];
const OPENS: [&str; 6] = ["builtins.open", "io.open", "gzip.open", "bz2.open", "lzma.open", "io.FileIO"];
const SAME_PATH: [&str; 9] = [
    "pathlib.Path",
    "pathlib.PurePath",
    "pathlib.PosixPath",
    "builtins.str",
    "os.fspath",
    "os.path.abspath",
    "os.path.realpath",
    "os.path.expanduser",
    "os.path.normpath",
];

impl<'a> Resolver<'a, '_> {
    /// Whether both are the same bytes.
    pub(super) fn is_same_content(&self, a: &Content<'a>, b: &Content<'a>) -> bool {
        a.of == b.of
            && match (&a.key, &b.key) {
                (Key::Name(a), Key::Name(b)) => a == b,
                (Key::Written(a), Key::Written(b)) => self.is_written_the_same(a, b),
                (Key::Name(_), Key::Written(_)) | (Key::Written(_), Key::Name(_)) => false,
            }
    }

    fn is_written_the_same(&self, a: &'a Expr, b: &'a Expr) -> bool {
        let (at, other) = (region(a), region(b));
        let set = |start: u32| self.model.uses.get(&start).copied();
        let means_the_same = |start: u32| match (set(start), set(other.start + (start - at.start))) {
            (Some(a), Some(b)) => a == b || self.is_same_object(a, b),
            (a, b) => a == b,
        };
        at == other
            || (at.end - at.start <= LONGEST
                && self.text[at.range()] == self.text[other.range()]
                && self.spend(1)
                && identifiers(self.text, at).all(means_the_same))
    }

    /// Whether two names are one object; `self` is in all methods of a class (see `given_by`).
    fn is_same_object(&self, a: SetId, b: SetId) -> bool {
        let (Some(a), Some(b)) = (self.roots(a), self.roots(b)) else { return false };
        a == b || matches!((self.class_of_self(&a), self.class_of_self(&b)), (Some(a), Some(b)) if a == b)
    }

    /// The class of whose methods a name is the `self`.
    fn class_of_self(&self, roots: &[DefId]) -> Option<ClassId> {
        let [only] = roots else { return None };
        match self.model.defs[*only as usize].kind {
            DefKind::Parameter { function, index: 0 } => {
                let of = &self.model.functions[function as usize];
                of.class.filter(|_| !of.is_static)
            }
            _ => None,
        }
    }

    /// The defs that gave a name its object: without tests and calls that leave the object in place.
    pub(super) fn roots(&self, set: SetId) -> Option<Rc<[DefId]>> {
        let mut roots: Vec<DefId> = Vec::new();
        let mut seen: Vec<SetId> = vec![set];
        let mut next = 0;
        let mut looked = 0;
        while let Some(&set) = seen.get(next) {
            next += 1;
            for id in self.model.sets.defs(set) {
                looked += 1;
                if looked > MOST_DEFS || !self.spend_one_of_many() {
                    return None;
                }
                match &self.model.defs[id as usize].kind {
                    DefKind::Refined { previous, .. }
                    | DefKind::HasItem { previous, .. }
                    | DefKind::Escaped { previous, .. } => {
                        if !seen.contains(previous) {
                            seen.push(*previous);
                        }
                    }
                    _ => roots.push(id),
                }
            }
        }
        roots.sort_unstable();
        roots.dedup();
        (!roots.is_empty()).then(|| roots.into())
    }

    pub(super) fn roots_of(&self, name: &ast::ExprName) -> Option<Rc<[DefId]>> {
        self.model.uses.get(&region(name).start).and_then(|set| self.roots(*set))
    }

    /// The parameter of `function` that a content is.
    pub(super) fn parameter_of(&self, content: &Content<'a>, function: FunctionId) -> Option<(usize, Of)> {
        let Key::Name(roots) = &content.key else { return None };
        let [only] = &**roots else { return None };
        match self.model.defs[*only as usize].kind {
            DefKind::Parameter { function: of, index } if of == function => Some((index, content.of)),
            _ => None,
        }
    }

    /// What is covered whole by the bytes of `expr`, or by what else of it `of` says.
    pub(super) fn covered(&self, expr: &'a Expr, of: Of, found: &mut Found<'a>, depth: u32) {
        if depth > MAX_DEPTH || !self.spend(1) {
            return;
        }
        match expr {
            Expr::Name(name) => self.covered_by_name(name, of, found, depth),
            Expr::Attribute(attribute) => {
                let is_text = of == Of::Text && attribute.attr.as_str() == "text";
                let of = if is_text { Of::Bytes } else { of };
                self.covered_as_written(expr, of, found);
            }
            Expr::Call(call) => self.covered_by_call(call, expr, of, found, depth),
            Expr::Subscript(subscript) => match &*subscript.slice {
                Expr::Slice(slice) => self.covered_by_slice(&subscript.value, slice, of, found, depth),
                _ => self.covered_as_written(expr, of, found),
            },
            Expr::StringLiteral(_) if of == Of::File => found.contents.push(Content { of, key: Key::Written(expr) }),
            Expr::BinOp(_) | Expr::FString(_) => self.covered_as_written(expr, of, found),
            Expr::Named(named) => self.covered(&named.value, of, found, depth + 1),
            Expr::Await(inner) => self.covered(&inner.value, of, found, depth + 1),
            _ => {}
        }
    }

    /// What is written the same means the same path; the same bytes only if nothing is called for them: what is fetched
    /// once more may be something else.
    fn covered_as_written(&self, expr: &'a Expr, of: Of, found: &mut Found<'a>) {
        if of == Of::File || !self.written(expr).contains('(') {
            found.contents.push(Content { of, key: Key::Written(expr) });
        }
    }

    fn covered_by_name(&self, name: &'a ast::ExprName, of: Of, found: &mut Found<'a>, depth: u32) {
        let Some(roots) = self.roots_of(name) else { return };
        found.contents.push(Content { of, key: Key::Name(Rc::clone(&roots)) });
        if let (Of::Bytes, Some(from)) = (of, self.chunks_of(&roots, name, found.update.as_ref())) {
            found.contents.push(Content { of: Of::Chunks, key: Key::Name(roots) });
            self.covered(from, Of::Bytes, found, depth + 1);
            return;
        }
        if let Some(value) = self.made_from(&roots) {
            self.covered(value, of, found, depth + 1);
        }
    }

    /// The file of `mmap(file.fileno(), 0)`: all of it.
    fn mapped_file(&self, call: &'a ExprCall) -> Option<&'a Expr> {
        let [Expr::Call(number), Expr::NumberLiteral(length), ..] = &*call.arguments.args else { return None };
        let is_whole = length.value.as_int().is_some_and(|int| int.as_u64() == Some(0));
        match &*number.func {
            Expr::Attribute(attribute)
                if is_whole && attribute.attr.as_str() == "fileno" && self.is_call_of(call, &["mmap.mmap"]) =>
            {
                Some(&attribute.value)
            }
            _ => None,
        }
    }

    /// What the only def of a name holds, as it is.
    pub(super) fn made_from(&self, roots: &[DefId]) -> Option<&'a Expr> {
        let [only] = roots else { return None };
        match &self.model.defs[*only as usize].kind {
            DefKind::Value { value, unpack } | DefKind::Entered { value, unpack } if unpack.is_empty() => Some(value),
            _ => None,
        }
    }

    fn covered_by_call(&self, call: &'a ExprCall, expr: &'a Expr, of: Of, found: &mut Found<'a>, depth: u32) {
        if self.path_in(call).is_some() || of == Of::File {
            if of == Of::File {
                found.contents.push(Content { of, key: Key::Written(expr) });
                if let Some(path) = self.path_in(call) {
                    self.covered(path, of, found, depth + 1);
                }
            }
            return;
        }
        match &*call.arguments.args {
            [inner] if self.is_call_of(call, &COPIES_BYTES) => return self.covered(inner, Of::Copy, found, depth + 1),
            [inner] if self.is_call_of(call, &WRAPS_BYTES) => return self.covered(inner, of, found, depth + 1),
            _ => {}
        }
        if let Some(file) = self.mapped_file(call) {
            return self.covered(file, Of::Bytes, found, depth + 1);
        }
        if let Some(path) = self.opened_path(call) {
            return self.covered(path, Of::File, found, depth + 1);
        }
        if let Some(id) = self.only_function(call) {
            let contents = self.contents_through(call, id, depth + 1, &|value, found, depth| {
                self.covered(value, of, found, depth);
            });
            found.contents.extend(contents);
            return;
        }
        let Expr::Attribute(attribute) = &*call.func else { return };
        let receiver = &*attribute.value;
        match (attribute.attr.as_str(), has_no_size(call)) {
            ("read" | "readall", true) if self.is_at_start(receiver, call) => {
                self.covered(receiver, Of::Bytes, found, depth + 1);
            }
            ("read_bytes" | "read_text", _) => self.covered(receiver, Of::File, found, depth + 1),
            ("getvalue" | "getbuffer" | "tobytes" | "copy" | "toreadonly" | "decode", _) => {
                self.covered(receiver, Of::Bytes, found, depth + 1);
            }
            // Letters of a path are no content; letters that were read are.
            ("encode", _) => self.covered(receiver, Of::Text, found, depth + 1),
            _ => {}
        }
    }

    /// `data[:]`, and `buffer[:n]` in a loop with `n = file.readinto(buffer)`.
    fn covered_by_slice(
        &self,
        of_what: &'a Expr,
        slice: &'a ast::ExprSlice,
        of: Of,
        found: &mut Found<'a>,
        depth: u32,
    ) {
        match (&slice.lower, &slice.upper, &slice.step) {
            (None, None, None) => self.covered(of_what, of, found, depth + 1),
            (None, Some(upper), None) => {
                if let (Expr::Name(count), Some(update)) = (&**upper, found.update)
                    && let Some(file) = self.read_into(of_what, count, &update)
                {
                    self.covered(file, Of::Bytes, found, depth + 1);
                }
            }
            _ => {}
        }
    }

    /// The path in `Path(path)`, `str(path)`, `path.resolve()`.
    pub(super) fn path_in(&self, call: &'a ExprCall) -> Option<&'a Expr> {
        if let Expr::Attribute(attribute) = &*call.func
            && matches!(attribute.attr.as_str(), "resolve" | "absolute" | "expanduser" | "as_posix")
        {
            return Some(&attribute.value);
        }
        let [path] = &*call.arguments.args else { return None };
        self.is_call_of(call, &SAME_PATH).then_some(path)
    }

    /// The path, or the open file, that a call makes a file of.
    pub(super) fn opened_path(&self, call: &'a ExprCall) -> Option<&'a Expr> {
        match &*call.func {
            Expr::Attribute(attribute)
                if attribute.attr.as_str() == "open"
                    && !self.is_call_of(call, &OPENS)
                    && self.names(&call.func).iter().all(|name| name.ends_with("().open")) =>
            {
                Some(&attribute.value)
            }
            _ if self.is_call_of(call, &OPENS) => call.arguments.find_argument_value("file", 0),
            _ => None,
        }
    }

    /// Whether everything that `call` can call stands in `names`.
    pub(super) fn is_call_of(&self, call: &'a ExprCall, names: &[&str]) -> bool {
        let called = self.names(&call.func);
        !called.is_empty() && called.iter().all(|name| names.contains(&&**name))
    }

    /// The function of the file that is called, if nothing else can be.
    pub(super) fn only_function(&self, call: &'a ExprCall) -> Option<FunctionId> {
        let callee = self.eval(&call.func);
        match &*callee {
            [only] => match only.thing {
                Thing::Function(id) | Thing::Method(id) => Some(id),
                _ => None,
            },
            _ => None,
        }
    }

    /// What `ask` finds in each value that a function of the file returns, told of the arguments of `call`.
    pub(super) fn contents_through(
        &self,
        call: &'a ExprCall,
        id: FunctionId,
        depth: u32,
        ask: &dyn Fn(&'a Expr, &mut Found<'a>, u32),
    ) -> Vec<Content<'a>> {
        let of = &self.model.functions[id as usize];
        if depth > MAX_DEPTH / 2 || of.is_generator {
            return Vec::new();
        }
        let each = of.returns.iter().map(|value| {
            let mut found = Found::default();
            ask(value, &mut found, depth + 1);
            found.contents
        });
        let common = each.reduce(|all, one| self.common(all, &one)).unwrap_or_default();
        self.given_by(call, id, &common, depth)
    }

    /// What is in both lists.
    pub(super) fn common(&self, mut a: Vec<Content<'a>>, b: &[Content<'a>]) -> Vec<Content<'a>> {
        a.retain(|one| self.metered(b.iter()).any(|other| self.is_same_content(one, other)));
        a
    }

    /// Contents of parameters, told of the arguments of a call.
    pub(super) fn given_by(
        &self,
        call: &'a ExprCall,
        id: FunctionId,
        contents: &[Content<'a>],
        depth: u32,
    ) -> Vec<Content<'a>> {
        let mut found = Found::default();
        // `self._verify()` tells of the `self.path` of the same object.
        let is_own = match &*call.func {
            Expr::Attribute(attribute) => attribute.value.as_name_expr().is_some_and(|name| {
                let class = self.roots_of(name).and_then(|roots| self.class_of_self(&roots));
                class.is_some() && class == self.model.functions[id as usize].class
            }),
            _ => false,
        };
        for content in contents {
            if let (Key::Written(Expr::Attribute(attribute)), true) = (&content.key, is_own)
                && let Some(roots) = attribute.value.as_name_expr().and_then(|name| self.roots_of(name))
                && self.class_of_self(&roots).is_some()
            {
                found.contents.push(content.clone());
            }
            let Some((index, of)) = self.parameter_of(content, id) else { continue };
            let Some(argument) = self.argument_of(call, id, index) else { continue };
            self.covered(argument, of, &mut found, depth + 1);
        }
        found.contents
    }

    /// Whether `file.read()` gives all there is: no part of it was read in the same function before.
    fn is_at_start(&self, file: &'a Expr, read: &'a ExprCall) -> bool {
        let Expr::Name(name) = file else { return true };
        let Some(roots) = self.roots_of(name) else { return true };
        let Some(scope) = roots.last().map(|id| self.model.defs[*id as usize].scope) else { return true };
        let at = region(read).start;
        let mut is_at_start = true;
        for site in self.calls_in_scope(scope).take_while(|site| region(site.call).start < at) {
            let Expr::Attribute(attribute) = &*site.call.func else { continue };
            if !matches!(&*attribute.value, Expr::Name(other) if other.id == name.id) {
                continue;
            }
            is_at_start = match (attribute.attr.as_str(), &*site.call.arguments.args) {
                ("seek", [Expr::NumberLiteral(number)]) => {
                    number.value.as_int().is_some_and(|int| int.as_u64() == Some(0))
                }
                ("seek" | "readline" | "readinto", _) => false,
                ("read", _) if !has_no_size(site.call) => false,
                _ => is_at_start,
            };
        }
        is_at_start
    }
}

/// `read()`, `read(-1)`
fn has_no_size(call: &ExprCall) -> bool {
    match &*call.arguments.args {
        [] => call.arguments.keywords.is_empty(),
        [Expr::NoneLiteral(_)] => true,
        [Expr::UnaryOp(unary)] => unary.op == ast::UnaryOp::USub && unary.operand.is_number_literal_expr(),
        _ => false,
    }
}
