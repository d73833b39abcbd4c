//! Reads the expressions of one block, follows what texts they put together, and notes where they reach for Python's
//! internals.
//!
//! Comes in: a block's tokens and the variables set so far. Goes out: values and [`Reached`] places. Called by
//! `template`. Nothing is refused: what Jinja would not parse is passed over token by token.

use std::collections::HashMap;

use super::lexer::{Token, Word};
use super::value::Value;
use super::words::{self, Reach};

/// A place where a template reaches for internals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reached {
    /// The byte of the token there.
    pub(super) at: usize,
    /// How far.
    pub(super) reach: Reach,
    /// In words: what is reached.
    pub(super) what: String,
}

/// What is shared by the blocks of a template.
#[derive(Debug, Default)]
pub(super) struct Scope {
    /// What `set`, `for`, `with` and `macro` have named.
    pub(super) variables: HashMap<String, Value>,
    /// Places found.
    pub(super) reached: Vec<Reached>,
    /// Bytes of text that were put together.
    spent: usize,
    /// Whether something was too deep or too much to follow.
    pub(super) incomplete: bool,
}

impl Scope {
    fn spend(&mut self, bytes: usize) {
        self.spent = self.spent.saturating_add(bytes);
        self.incomplete |= self.is_spent();
    }

    /// Whether no more texts are put together.
    fn is_spent(&self) -> bool {
        self.spent > MAX_SPENT
    }
}

/// Deeper brackets are not followed; Jinja's own parser gives up earlier.
const MAX_DEPTH: u32 = 200;
/// Text put together in one template.
const MAX_SPENT: usize = 16 << 20;
/// Places kept of one template.
const MAX_REACHED: usize = 64;

/// Reads tokens.
pub(super) struct Expressions<'t> {
    tokens: &'t [Token],
    at: usize,
    depth: u32,
    scope: &'t mut Scope,
}

impl<'t> Expressions<'t> {
    pub(super) fn new(tokens: &'t [Token], scope: &'t mut Scope) -> Self {
        Self { tokens, at: 0, depth: 0, scope }
    }

    pub(super) fn peek(&self) -> Option<&'t Token> {
        self.tokens.get(self.at)
    }

    pub(super) fn advance(&mut self) {
        self.at += 1;
    }

    fn next_is(&self, ahead: usize, sign: u8) -> bool {
        self.tokens.get(self.at + ahead).is_some_and(|token| token.is_sign(sign))
    }

    /// Takes this sign if it comes next.
    pub(super) fn takes(&mut self, sign: u8) -> bool {
        let taken = self.next_is(0, sign);
        self.at += usize::from(taken);
        taken
    }

    /// Takes this word if it comes next.
    pub(super) fn takes_word(&mut self, word: &str) -> bool {
        let taken = self.peek().is_some_and(|token| token.is(word));
        self.at += usize::from(taken);
        taken
    }

    /// Takes a name if one comes next.
    pub(super) fn name(&mut self) -> Option<&'t str> {
        let Some(Token { what: Word::Name(name), .. }) = self.peek() else { return None };
        self.advance();
        Some(name)
    }

    /// Names a variable.
    pub(super) fn bind(&mut self, name: &str, value: Value) {
        self.scope.variables.insert(name.to_owned(), value);
    }

    /// What the filters that follow make of `value`.
    pub(super) fn piped(&mut self, value: Value) -> Value {
        self.postfix(value)
    }

    /// Reads all that is left; the value of the last expression.
    pub(super) fn rest(&mut self) -> Value {
        let mut value = Value::Unknown;
        while self.peek().is_some() {
            let before = self.at;
            value = self.expression();
            if self.at == before {
                self.advance();
            }
        }
        value
    }

    /// One expression, with conditions and tuples without brackets.
    pub(super) fn expression(&mut self) -> Value {
        if self.depth >= MAX_DEPTH {
            self.scope.incomplete = true;
            self.advance();
            return Value::Unknown;
        }
        self.depth += 1;
        let mut value = self.operation(0);
        if self.takes_word("if") {
            self.operation(0);
            let otherwise = if self.takes_word("else") { self.expression() } else { Value::Unknown };
            if value == Value::Unknown {
                value = otherwise;
            }
        }
        self.depth -= 1;
        value
    }

    /// Operators that bind at least as tightly as `level`, and their operands.
    fn operation(&mut self, level: u8) -> Value {
        let mut left = self.unary();
        while let Some((operator, binds)) = self.operator().filter(|(_, binds)| *binds >= level) {
            let at = self.peek().map_or(0, |token| token.start);
            self.advance();
            if operator == b'i' {
                self.takes_word("not");
            }
            let right = self.operation(binds + 1);
            left = match operator {
                _ if self.scope.is_spent() => Value::Unknown,
                b'~' => left.concatenated(&right),
                b'+' => left.added(&right),
                b'*' => left.repeated(&right),
                b'%' => left.formatted(&arguments_of(right)),
                _ => Value::Unknown,
            };
            self.assembled(at, &left);
        }
        left
    }

    /// The operator that comes next, as one byte, and how tightly it binds.
    fn operator(&self) -> Option<(u8, u8)> {
        match &self.peek()?.what {
            Word::Sign(sign @ (b'+' | b'-'), false) => Some((*sign, 2)),
            Word::Sign(b'~', false) => Some((b'~', 3)),
            Word::Sign(sign @ (b'*' | b'%'), false) => Some((*sign, 4)),
            Word::Sign(b'/', _) | Word::Sign(b'*', true) => Some((b'/', 4)),
            Word::Sign(b'<' | b'>', _) | Word::Sign(b'=' | b'!', true) => Some((b'<', 1)),
            Word::Name(name) => match name.as_str() {
                "and" | "or" => Some((b'&', 0)),
                "in" | "not" | "is" => Some((b'i', 1)),
                _ => None,
            },
            _ => None,
        }
    }

    fn unary(&mut self) -> Value {
        let mut sign = 1;
        loop {
            if self.takes(b'-') {
                sign = -sign;
            } else if !self.takes(b'+') && !self.takes_word("not") {
                break;
            }
        }
        let value = self.primary();
        let value = self.postfix(value);
        match value {
            Value::Int(number) if sign < 0 => Value::Int(number.saturating_neg()),
            other => other,
        }
    }

    fn primary(&mut self) -> Value {
        let Some(token) = self.peek() else { return Value::Unknown };
        match &token.what {
            Word::Text(..) => self.literal(),
            Word::Int(number) => {
                self.advance();
                Value::Int(*number)
            }
            Word::Number => {
                self.advance();
                Value::Unknown
            }
            Word::Name(name) => {
                self.advance();
                self.variable(token.start, name)
            }
            Word::Sign(b'(', false) => self.bracket(b')'),
            Word::Sign(b'[', false) => self.bracket(b']'),
            Word::Sign(b'{', false) => self.bracket(b'}'),
            Word::Sign(..) => Value::Unknown,
        }
    }

    /// String literals side by side are one.
    fn literal(&mut self) -> Value {
        let start = self.peek().map_or(0, |token| token.start);
        let mut whole = String::new();
        let (mut parts, mut any_escaped) = (0, false);
        while let Some(Token { start, what: Word::Text(text, escaped) }) = self.peek() {
            self.advance();
            parts += 1;
            any_escaped |= *escaped;
            if let Some((Reach::Out, name)) = words::text(text) {
                self.reach(*start, Reach::Out, format!("`{name}` in a string"));
            }
            whole.push_str(text);
        }
        let whole = Value::text(whole);
        if parts > 1 || any_escaped {
            self.assembled(start, &whole);
        }
        whole
    }

    fn variable(&mut self, at: usize, name: &str) -> Value {
        if let Some(value) = self.scope.variables.get(name) {
            let weight = value.weight();
            self.scope.spend(weight);
            return self.scope.variables.get(name).filter(|_| !self.scope.is_spent()).cloned().unwrap_or_default();
        }
        let called = self.next_is(0, b'(');
        if words::is_template_global(name) && !called {
            self.reach(at, Reach::Out, format!("the attributes of `{name}`"));
        }
        if words::is_python_function(name) && called {
            self.reach(at, Reach::Out, format!("Python's `{name}`"));
        }
        match name {
            "request" => Value::Foreign,
            _ => Value::Unknown,
        }
    }

    /// A tuple, list, dictionary or what stands in parentheses.
    fn bracket(&mut self, close: u8) -> Value {
        self.advance();
        let mut items = Vec::new();
        let mut is_list = close != b')';
        while self.peek().is_some() && !self.takes(close) {
            let before = self.at;
            let item = self.expression();
            items.push(item);
            if self.takes(b':') {
                self.expression();
            }
            is_list |= self.takes(b',');
            if self.at == before {
                self.advance();
            }
        }
        match items.len() {
            1 if !is_list => items.pop().unwrap_or_default(),
            1.. if close == b'}' => Value::Unknown,
            _ => Value::list(items),
        }
    }

    fn postfix(&mut self, mut value: Value) -> Value {
        let mut method: Option<(Value, &str)> = None;
        while let Some(token) = self.peek() {
            let Word::Sign(sign @ (b'.' | b'[' | b'(' | b'|'), false) = token.what else { break };
            self.advance();
            let start = self.peek().map_or(token.start, |next| next.start);
            let base = if self.scope.is_spent() { Value::Unknown } else { std::mem::take(&mut value) };
            let called = method.take();
            value = match sign {
                b'.' => {
                    let Some(name) = self.name() else { break };
                    self.attribute(start, name);
                    let result = if base == Value::Foreign { Value::Foreign } else { Value::Unknown };
                    method = Some((base, name));
                    result
                }
                b'[' => self.subscript(start, &base),
                b'(' => {
                    let (arguments, keys) = self.arguments();
                    match called {
                        Some((object, method)) => object.called(method, &arguments),
                        None if base == Value::Foreign => base,
                        // `dict(a=1)|join` is a way to spell names without quotes.
                        None if arguments.is_empty() && !keys.is_empty() => Value::list(keys),
                        None => Value::Unknown,
                    }
                }
                _ => self.filter(start, &base),
            };
            self.assembled(start, &value);
        }
        value
    }

    /// Judges `.name`.
    fn attribute(&mut self, at: usize, name: &str) {
        if let Some(reach) = words::attribute(name) {
            self.reach(at, reach, format!("`{name}`"));
        } else if let Some(reach) = words::method(name)
            && self.next_is(0, b'(')
        {
            self.reach(at, reach, format!("`{name}()`"));
        }
    }

    /// `base[…]`, behind the bracket.
    fn subscript(&mut self, at: usize, base: &Value) -> Value {
        let mut bounds = [None, None, None];
        let mut part = 0;
        while self.peek().is_some() && !self.takes(b']') {
            let before = self.at;
            if self.takes(b':') {
                part += 1;
            } else {
                let value = self.expression();
                if let Some(bound) = bounds.get_mut(part) {
                    *bound = Some(value);
                }
                self.takes(b',');
            }
            if self.at == before {
                self.advance();
            }
        }
        if part > 0 {
            return base.sliced(&bounds);
        }
        let key = bounds[0].take().unwrap_or_default();
        self.key(at, base, &key);
        base.item(&key)
    }

    /// Judges a key: a name in text form reaches attributes too.
    fn key(&mut self, at: usize, base: &Value, key: &Value) {
        match key {
            Value::Text(text) => {
                if let Some((reach, name)) = words::text(text) {
                    self.reach(at, reach, format!("`{name}`"));
                }
            }
            Value::Foreign => self.reach(at, Reach::Out, "a name from letters of something else".into()),
            Value::Assembled if matches!(base, Value::Text(_) | Value::List(_)) => {
                self.reach(at, Reach::Out, "an attribute whose name is put together".into());
            }
            Value::Assembled | Value::Int(_) | Value::List(_) | Value::Unknown => {}
        }
    }

    /// `base|name(…)`, behind the bar.
    fn filter(&mut self, at: usize, base: &Value) -> Value {
        let Some(name) = self.name() else { return Value::Unknown };
        let mut name = name;
        while self.next_is(0, b'.') {
            self.advance();
            name = self.name().unwrap_or(name);
        }
        let (arguments, _) = if self.takes(b'(') { self.arguments() } else { (Vec::new(), Vec::new()) };
        if name != "attr" {
            return base.filtered(name, &arguments);
        }
        match arguments.first() {
            Some(Value::Text(text)) => {
                let found = words::text(text).or(words::attribute(text).map(|reach| (reach, text.as_str())));
                if let Some((reach, name)) = found {
                    self.reach(at, reach, format!("`{name}`"));
                }
            }
            Some(_) => self.reach(at, Reach::Out, "an attribute whose name is put together".into()),
            None => {}
        }
        if *base == Value::Foreign { Value::Foreign } else { Value::Unknown }
    }

    /// The arguments of a call, behind its bracket: positional values, and the names of the others.
    fn arguments(&mut self) -> (Vec<Value>, Vec<Value>) {
        let (mut values, mut keys) = (Vec::new(), Vec::new());
        while self.peek().is_some() && !self.takes(b')') {
            let before = self.at;
            while self.peek().is_some_and(|token| matches!(token.what, Word::Sign(b'*', _))) {
                self.advance();
            }
            let name = self.peek().filter(|_| self.next_is(1, b'='));
            if let Some(Token { start, what: Word::Name(name) }) = name {
                self.at += 2;
                if let Some((reach, name)) = words::text(name) {
                    self.reach(*start, reach, format!("`{name}`"));
                }
                keys.push(Value::Text(name.clone()));
                // `map(attribute=…)`, `sort(attribute=…)` follow a dotted name.
                let value = self.expression();
                if name == "attribute" {
                    self.key(*start, &Value::Unknown, &value);
                }
            } else {
                let value = self.expression();
                values.push(value);
            }
            self.takes(b',');
            if self.at == before {
                self.advance();
            }
        }
        (values, keys)
    }

    /// Judges a text that was put together: what it spells was hidden.
    fn assembled(&mut self, at: usize, value: &Value) {
        self.scope.spend(value.weight());
        let Value::Text(text) = value else { return };
        if let Some((_, name)) = words::text(text) {
            let what = format!("`{name}`, put together from parts");
            self.reach(at, Reach::Out, what);
        }
    }

    pub(super) fn reach(&mut self, at: usize, reach: Reach, what: String) {
        if self.scope.reached.len() < MAX_REACHED {
            self.scope.reached.push(Reached { at, reach, what });
        }
    }
}

/// What stands right of `%`: a tuple's items or one value.
fn arguments_of(value: Value) -> Vec<Value> {
    match value {
        Value::List(items) => items,
        other => vec![other],
    }
}
