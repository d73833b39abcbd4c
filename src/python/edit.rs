//! A wish about a call to the bytes that fulfil it: where an argument goes so that comments and layout stay.
//!
//! Comes in: a parsed text and the changes that rules ask for. Goes out: replacements, or nothing where the change
//! cannot be made by itself. The engine calls this for texts that have findings.

use ruff_python_ast::token::{Token, TokenKind};
use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{ArgOrKeyword, Arguments, Expr, ExprCall, Stmt};
use ruff_text_size::Ranged;
use rustc_hash::FxHashMap;

use super::parse::{Syntax, region};
use super::values::callee_leaf;
use crate::fact::{CallChange, ChangeKind, Replacement};
use crate::text::Region;

/// The replacements for each change, in the order of the changes; `None` where it cannot be made.
///
/// Must run on a stack as large as parsing wants.
pub fn replacements(syntax: &Syntax, text: &str, changes: &[&CallChange]) -> Vec<Option<Vec<Replacement>>> {
    if changes.is_empty() {
        return Vec::new();
    }
    let mut calls = Calls::default();
    calls.wanted.extend(changes.iter().map(|change| (change.call, None)));
    calls.visit_body(&syntax.module().body);
    let writer = |call, in_string| Writer { text, tokens: syntax.tokens(), imports: &calls.imports, call, in_string };
    let one = |change: &&CallChange| {
        let (call, in_string) = calls.wanted.get(&change.call).copied().flatten()?;
        let made = writer(call, in_string).change(change)?;
        // Inside a string, quotes and line breaks of our own could end it.
        let harmless = |made: &Replacement| !made.text.contains(['"', '\'', '\\', '\n', '\r']);
        (!in_string || made.iter().all(harmless)).then_some(made)
    };
    changes.iter().map(one).collect()
}

/// Finds the wanted calls, and what plain imports bind.
#[derive(Default)]
struct Calls<'a> {
    wanted: FxHashMap<Region, Option<(&'a ExprCall, bool)>>,
    /// `y` to `yaml` by `import yaml as y`; a name bound twice to different modules to nothing.
    imports: FxHashMap<&'a str, Option<&'a str>>,
    strings: usize,
}

impl<'a> Calls<'a> {
    fn bind(&mut self, name: &'a str, module: &'a str) {
        let bound = self.imports.entry(name).or_insert(Some(module));
        if *bound != Some(module) {
            *bound = None;
        }
    }
}

impl<'a> Visitor<'a> for Calls<'a> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        if let Stmt::Import(import) = stmt {
            for alias in &import.names {
                let module = alias.name.as_str();
                let root = module.split('.').next().unwrap_or(module);
                match &alias.asname {
                    Some(name) => self.bind(name.as_str(), module),
                    None => self.bind(root, root),
                }
            }
        }
        walk_stmt(self, stmt);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        let is_string = matches!(expr, Expr::FString(_) | Expr::TString(_));
        self.strings += usize::from(is_string);
        if let Expr::Call(call) = expr
            && let Some(found) = self.wanted.get_mut(&region(call))
        {
            *found = Some((call, self.strings > 0));
        }
        walk_expr(self, expr);
        self.strings -= usize::from(is_string);
    }
}

/// Writes into one call.
struct Writer<'a> {
    text: &'a str,
    tokens: &'a [Token],
    imports: &'a FxHashMap<&'a str, Option<&'a str>>,
    call: &'a ExprCall,
    in_string: bool,
}

fn put(at: u32, text: impl Into<String>) -> Replacement {
    Replacement { region: Region::new(at, at), text: text.into() }
}

impl<'a> Writer<'a> {
    fn change(&self, change: &CallChange) -> Option<Vec<Replacement>> {
        // A call that the parser had to mend may have no closing bracket.
        if !self.slice(region(&self.call.arguments)).ends_with(')') {
            return None;
        }
        // The arguments of `methodcaller("load", p)(torch)` stand in the maker.
        if matches!(&*self.call.func, Expr::Call(maker) if callee_leaf(&maker.func) == Some("methodcaller")) {
            return None;
        }
        let function = match change.skipped {
            0 => &*self.call.func,
            skipped => self.call.arguments.args.get(skipped - 1)?,
        };
        match &change.kind {
            ChangeKind::Rename { to } => {
                self.module(function, &change.function)?;
                let Expr::Attribute(attribute) = function else { return None };
                Some(vec![Replacement { region: region(&attribute.attr), text: to.clone() }])
            }
            ChangeKind::Argument { name, position, value } => {
                let value = match value.contains("{module}") {
                    true => value.replace("{module}", self.module(function, &change.function)?),
                    false => value.clone(),
                };
                self.argument(name, position.map(|position| position + change.skipped), &value)
            }
        }
    }

    /// `y` of `y.load`, if the file imports that name as the module of `function`.
    fn module(&self, callee: &'a Expr, function: &str) -> Option<&'a str> {
        let Expr::Attribute(attribute) = callee else { return None };
        let (module, name) = function.rsplit_once('.')?;
        if attribute.attr.as_str() != name {
            return None;
        }
        let mut parts = Vec::new();
        let mut base = &*attribute.value;
        while let Expr::Attribute(inner) = base {
            parts.push(inner.attr.as_str());
            base = &inner.value;
        }
        let Expr::Name(root) = base else { return None };
        let imported = self.imports.get(root.id.as_str()).copied().flatten()?;
        let meant = std::iter::once(imported).chain(parts.into_iter().rev()).collect::<Vec<_>>().join(".");
        let written = self.slice(region(&*attribute.value));
        (meant == module && !written.contains(char::is_whitespace)).then_some(written)
    }

    fn argument(&self, name: &str, position: Option<usize>, value: &str) -> Option<Vec<Replacement>> {
        let arguments = &self.call.arguments;
        if let Some(keyword) = arguments.keywords.iter().find(|keyword| keyword.arg.as_deref() == Some(name)) {
            return self.replaced(&keyword.value, value);
        }
        if let Some(given) = position.and_then(|position| arguments.args.get(position)) {
            let before = &arguments.args[..=position?];
            return match before.iter().any(Expr::is_starred_expr) {
                true => None,
                false => self.replaced(given, value),
            };
        }
        self.added(arguments, &format!("{name}={value}"))
    }

    fn replaced(&self, old: &Expr, value: &str) -> Option<Vec<Replacement>> {
        let region = region(old);
        let has_comment = self.between(region).iter().any(|token| token.kind() == TokenKind::Comment);
        (!has_comment).then(|| vec![Replacement { region, text: value.to_owned() }])
    }

    fn added(&self, arguments: &'a Arguments, keyword: &str) -> Option<Vec<Replacement>> {
        let list = region(arguments);
        let Some(last) = arguments.iter_source_order().last() else {
            return Some(vec![put(list.start + 1, keyword)]);
        };
        if let ArgOrKeyword::Arg(Expr::Generator(generator)) = last
            && !generator.parenthesized
        {
            let own = region(generator);
            // The brackets of the call may count as the generator's.
            let inner = if own == list { Region::new(own.start + 1, own.end - 1) } else { own };
            return Some(vec![put(inner.start, "("), put(inner.end, format!("), {keyword}"))]);
        }
        let last = match last {
            ArgOrKeyword::Arg(argument) => region(argument),
            ArgOrKeyword::Keyword(keyword) => region(keyword),
        };
        Some(self.behind(last, list.end - 1, keyword))
    }

    /// Puts `keyword` behind the last argument, whose list closes at `close`.
    fn behind(&self, last: Region, close: u32, keyword: &str) -> Vec<Replacement> {
        let rest = self.between(Region::new(last.end, close));
        // Brackets around the argument belong to it.
        let brackets = rest.iter().filter(|token| token.kind() == TokenKind::Rpar);
        let end = brackets.map(|token| region(token).end).max().unwrap_or(last.end);
        let comma = rest.iter().find(|token| token.kind() == TokenKind::Comma).map(|token| region(token).end);
        let (end, comma_text, tail) = match comma {
            Some(comma) => (comma, "", ","),
            None => (end, ",", ""),
        };
        let line_end = self.line_end(end);
        let breaks = line_end < close && !self.in_string;
        if let (true, Some(indent)) = (breaks, self.indent_of(last.start)) {
            let line = put(line_end, format!("{}{indent}{keyword}{tail}", self.line_break(line_end)));
            // The comma stands before a comment that may follow the argument, the new line behind it.
            return match comma_text {
                "" => vec![line],
                comma if end == line_end => vec![put(end, format!("{comma}{}", line.text))],
                comma => vec![put(end, comma), line],
            };
        }
        vec![put(end, format!("{comma_text} {keyword}{}", if breaks { tail } else { "" }))]
    }

    fn between(&self, region: Region) -> &'a [Token] {
        let start = self.tokens.partition_point(|token| token.start().to_u32() < region.start);
        let end = self.tokens.partition_point(|token| token.start().to_u32() < region.end);
        self.tokens.get(start..end).unwrap_or_default()
    }

    fn slice(&self, region: Region) -> &'a str {
        self.text.get(region.range()).unwrap_or_default()
    }

    fn line_end(&self, at: u32) -> u32 {
        let rest = self.text.get(at as usize..).unwrap_or_default();
        at + rest.find(['\n', '\r']).unwrap_or(rest.len()) as u32
    }

    fn line_break(&self, at: u32) -> &'static str {
        let rest = self.text.get(at as usize..).unwrap_or_default();
        ["\r\n", "\r"].into_iter().find(|end| rest.starts_with(end)).unwrap_or("\n")
    }

    /// The blanks before `at`, if nothing else stands before it on its line.
    fn indent_of(&self, at: u32) -> Option<&'a str> {
        let before = self.text.get(..at as usize)?;
        let indent = &before[before.rfind(['\n', '\r']).map_or(0, |end| end + 1)..];
        indent.chars().all(|c| c == ' ' || c == '\t').then_some(indent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::python::source::SourceKind;

    /// The text with the change made to the call that starts at the first `load` (or `partial`).
    fn changed(text: &str, function: &str, skipped: usize, kind: ChangeKind) -> Option<String> {
        let syntax = Syntax::parse(text, SourceKind::Module);
        let mut calls = AllCalls::default();
        calls.visit_body(&syntax.module().body);
        let wanted = |call: &&Region| text[call.range()].contains("load");
        let call = calls.0.iter().find(wanted).copied().expect("a call");
        let change = CallChange { call, function: function.into(), skipped, kind };
        let mut made = replacements(&syntax, text, &[&change]).remove(0)?;
        made.sort_by_key(|made| std::cmp::Reverse(made.region));
        let mut text = text.to_owned();
        made.iter().for_each(|made| text.replace_range(made.region.range(), &made.text));
        assert_eq!(Syntax::parse(&text, SourceKind::Module).problem(), None, "{text}");
        Some(text)
    }

    #[derive(Default)]
    struct AllCalls(Vec<Region>);

    impl<'a> Visitor<'a> for AllCalls {
        fn visit_expr(&mut self, expr: &'a Expr) {
            if let Expr::Call(call) = expr {
                self.0.push(region(call));
            }
            walk_expr(self, expr);
        }
    }

    fn safe(text: &str) -> Option<String> {
        let kind = ChangeKind::Argument { name: "safe".into(), position: Some(2), value: "True".into() };
        changed(text, "m.load", 0, kind)
    }

    #[test]
    fn an_argument_is_added_where_its_line_has_room() {
        for (before, after) in [
            ("load()", "load(safe=True)"),
            ("load(p)", "load(p, safe=True)"),
            ("load(p,)", "load(p, safe=True)"),
            ("load((p))", "load((p), safe=True)"),
            ("load(((p)) , )", "load(((p)) , safe=True )"),
            ("load(lambda: x)", "load(lambda: x, safe=True)"),
            ("load(x for x in y)", "load((x for x in y), safe=True)"),
            ("load(\n    x for x in y  # all\n)", "load(\n    (x for x in y), safe=True  # all\n)"),
            ("load(*p)", "load(*p, safe=True)"),
            ("load(p, **{'a': 1})", "load(p, **{'a': 1}, safe=True)"),
            ("load(  # why\n)", "load(safe=True  # why\n)"),
            ("load(p, a=1)  # why", "load(p, a=1, safe=True)  # why"),
            ("f'{load(p)}'", "f'{load(p, safe=True)}'"),
        ] {
            assert_eq!(safe(before).as_deref(), Some(after));
        }
    }

    #[test]
    fn a_list_with_a_line_for_each_argument_gets_another_line() {
        for (before, after) in [
            ("load(\n    p,\n)", "load(\n    p,\n    safe=True,\n)"),
            ("load(\n\tp,  # a\n\ta=1  # b\n)", "load(\n\tp,  # a\n\ta=1,  # b\n\tsafe=True\n)"),
            ("load(\r\n    p,  # a\r\n)", "load(\r\n    p,  # a\r\n    safe=True,\r\n)"),
            ("load(\n    p\n    # more\n)", "load(\n    p,\n    safe=True\n    # more\n)"),
            ("load(p,\n     a=1)", "load(p,\n     a=1, safe=True)"),
            ("load(p, a,\n)", "load(p, a, safe=True,\n)"),
            ("load(\n    p, a  # x\n)", "load(\n    p, a, safe=True  # x\n)"),
        ] {
            assert_eq!(safe(before).as_deref(), Some(after));
        }
    }

    #[test]
    fn an_argument_that_stands_there_gets_the_value() {
        for (before, after) in [
            ("load(p, safe=False)", "load(p, safe=True)"),
            ("load(p, safe=(not  x), b=2)", "load(p, safe=(True), b=2)"),
            ("load(p, None, 0)", "load(p, None, True)"),
        ] {
            assert_eq!(safe(before).as_deref(), Some(after));
        }
        assert_eq!(safe("load(*p, None, 0)"), None, "nobody knows which one it is");
        assert_eq!(safe("load(p, safe=(a or  # why\n b))"), None, "a comment would be lost");
    }

    #[test]
    fn a_partial_has_its_function_before_the_arguments() {
        let kind = ChangeKind::Argument { name: "safe".into(), position: Some(1), value: "True".into() };
        let partial = |text| changed(text, "m.load", 1, kind.clone());
        assert_eq!(partial("partial(load, p, 0)").as_deref(), Some("partial(load, p, True)"));
        assert_eq!(partial("partial(load)").as_deref(), Some("partial(load, safe=True)"));
    }

    #[test]
    fn names_of_the_module_are_written_as_the_file_imports_it() {
        let kind =
            || ChangeKind::Argument { name: "Loader".into(), position: Some(1), value: "{module}.SafeLoader".into() };
        let rename = || ChangeKind::Rename { to: "safe_load".into() };
        let of = |text: &str, kind| changed(text, "yaml.load", 0, kind);
        let import = "import yaml as y\n";
        let after = |text: &str, kind| of(&format!("{import}{text}"), kind).map(|text| text[import.len()..].to_owned());
        assert_eq!(after("y.load(s)", kind()).as_deref(), Some("y.load(s, Loader=y.SafeLoader)"));
        assert_eq!(after("y.load(s, y.Loader)", kind()).as_deref(), Some("y.load(s, y.SafeLoader)"));
        assert_eq!(after("y.load(s)", rename()).as_deref(), Some("y.safe_load(s)"));
        assert_eq!(of("from yaml import load\nload(s)", kind()), None);
        assert_eq!(of("class n:\n    from yaml import load\nn.load(s)", rename()), None);
        assert_eq!(of("import json as y, yaml as y\ny.load(s)", rename()), None, "which one is not clear");
    }

    #[test]
    fn inside_a_string_nothing_is_written_that_could_end_it() {
        let kind = ChangeKind::Argument { name: "revision".into(), position: None, value: "\"?\"".into() };
        assert_eq!(changed("f'{load(p)}'", "m.load", 0, kind), None);
    }
}
