//! Words for what was found: the blanks of a rule's message filled.

use super::evaluate::find;
use super::model::ArgumentCondition;
use crate::fact::{Alternative, Argument, Atom, Call, Target, Value};
use crate::text::Region;

const MAX_QUOTE: usize = 50;

/// What a message speaks of.
pub(super) struct Words<'w> {
    pub(super) call: &'w Call,
    pub(super) target: &'w Target,
    /// The conditions of the clause: they tell at which position a named argument may stand.
    pub(super) conditions: &'w [ArgumentCondition],
    pub(super) text: &'w str,
}

/// What an environment variable's value switches on; an unknown value does.
pub(super) fn switches_on(value: &Value) -> bool {
    value.alternatives.iter().any(|alt| match &alt.atom {
        Atom::Text(text) => matches!(text.trim().to_lowercase().as_str(), "1" | "true" | "yes" | "y" | "on" | "t"),
        Atom::Absent | Atom::None => false,
        _ => true,
    })
}

impl Words<'_> {
    /// Puts words into the blanks; of arguments only what `caller` decided, if one did.
    pub(super) fn fill(&self, message: &str, caller: Option<Region>) -> String {
        let mut filled = String::with_capacity(message.len() + 40);
        let mut rest = message;
        while let Some((before, after)) = rest.split_once('{') {
            filled.push_str(before);
            let Some((blank, next)) = after.split_once('}') else {
                filled.push('{');
                rest = after;
                continue;
            };
            match blank.split_once(':') {
                Some(("argument", name)) => filled.push_str(&self.argument(name, caller)),
                Some(("source", name)) => filled.push_str(&self.source(name)),
                _ => filled.push_str(&self.blank(blank)),
            }
            rest = next;
        }
        filled.push_str(rest);
        filled
    }

    fn quote(&self, region: Region) -> String {
        let source = self.text.get(region.range()).unwrap_or_default();
        let line = source.split_whitespace().collect::<Vec<_>>().join(" ");
        if line.chars().count() > MAX_QUOTE { line.chars().take(MAX_QUOTE - 1).chain(['…']).collect() } else { line }
    }

    /// The blanks that are not arguments.
    fn blank(&self, blank: &str) -> String {
        match blank {
            "function" => self.target.name.to_string(),
            "written" => self.quote(self.call.callee),
            "subclass" => match &self.call.subclass {
                Some(class) => class.name.to_string(),
                None => self.target.name.to_string(),
            },
            _ => self.as_input(self.first()),
        }
    }

    fn as_input(&self, argument: Option<&Argument>) -> String {
        match argument {
            Some(argument) if argument.spread => format!("what `**{}` holds", self.quote(argument.region)),
            Some(argument) => format!("`{}`", self.quote(argument.region)),
            None => "its input".to_owned(),
        }
    }

    /// An argument as it is written.
    fn source(&self, name: &str) -> String {
        self.as_input(find(&self.condition(name), self.call))
    }

    /// The first argument: by its position, or by the name the clause gives to it.
    fn first(&self) -> Option<&Argument> {
        let own = |argument: &&Argument| !argument.spread;
        let by_position = self.call.arguments.iter().filter(own).find(|argument| argument.position == Some(0));
        by_position.or_else(|| {
            let mut named =
                self.conditions.iter().filter(|condition| condition.position == Some(0) && condition.name.is_some());
            named.find_map(|condition| find(condition, self.call)).filter(own)
        })
    }

    /// The condition that finds an argument by its name, or its position.
    fn condition(&self, name: &str) -> ArgumentCondition {
        let position = name.parse().ok();
        let known = self.conditions.iter().find(|condition| condition.name.as_deref() == Some(name));
        ArgumentCondition {
            name: position.is_none().then(|| name.to_owned()),
            position: position.or(known.and_then(|condition| condition.position)),
            ..ArgumentCondition::default()
        }
    }

    /// What an argument is: its source, and its value where the source does not say it.
    fn argument(&self, name: &str, caller: Option<Region>) -> String {
        match (find(&self.condition(name), self.call), self.call.forwarded) {
            (Some(argument), _) => self.described(argument, caller),
            (None, _) if self.call.open_ended => "not known".to_owned(),
            (None, Some(spread)) => format!("not given, unless by `{}`", self.quote(spread)),
            (None, None) => "not given".to_owned(),
        }
    }

    fn described(&self, argument: &Argument, caller: Option<Region>) -> String {
        let source = self.quote(argument.region);
        let source = if argument.spread { format!("**{source}") } else { source };
        let all = &argument.value.alternatives;
        let told = |alt: &&Alternative| caller.is_none() || alt.decided_at == caller;
        let mut words: Vec<String> = all.iter().filter(told).map(|alt| word(&alt.atom)).collect();
        if words.is_empty() {
            words = all.iter().map(|alt| word(&alt.atom)).collect();
        }
        // Each once; what nothing is known of comes last.
        let mut seen = Vec::new();
        words.retain(|word| {
            let is_new = !seen.contains(word);
            seen.push(word.clone());
            is_new
        });
        words.sort_by_key(|word| word == "not known");
        // An entry of a dictionary has no source of its own.
        if argument.name.as_deref().is_some_and(|name| name.contains('.')) {
            return format!(
                "{} in `{source}`",
                words.iter().take(3).map(String::as_str).collect::<Vec<_>>().join(" or ")
            );
        }
        match words.as_slice() {
            [only] if *only == format!("`{source}`") => only.clone(),
            [only] if only == "not known" => format!("`{source}`, whose value is not known here"),
            [only] => format!("`{source}`, which is {only}"),
            many => {
                let known: Vec<_> = many.iter().take(3).map(String::as_str).collect();
                format!("`{source}`, which may be {}", known.join(" or "))
            }
        }
    }
}

fn word(atom: &Atom) -> String {
    match atom {
        Atom::Absent => "not given".to_owned(),
        Atom::None => "`None`".to_owned(),
        Atom::Bool(true) => "`True`".to_owned(),
        Atom::Bool(false) => "`False`".to_owned(),
        Atom::Text(text) => format!("`\"{text}\"`"),
        // Of an attribute of a result nothing is known.
        Atom::Named(name) if name.contains("().") || name.starts_with("__unknown__") => "not known".to_owned(),
        Atom::Named(name) => format!("`{name}`"),
        Atom::Class { name, .. } => format!("the class `{name}`"),
        Atom::LocalPath { .. } => "a local path".to_owned(),
        Atom::UnknownOf { truth: true } => "true".to_owned(),
        Atom::UnknownOf { truth: false } => "false".to_owned(),
        _ => "not known".to_owned(),
    }
}
