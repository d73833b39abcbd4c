//! What an expression of a template gives, as far as names can be put together from it.

/// The longest text that is put together; names are short.
const MAX_TEXT: usize = 4096;
/// The most items of a list that are kept.
const MAX_ITEMS: usize = 256;

/// A value, abstractly.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) enum Value {
    /// This text.
    Text(String),
    /// This number.
    Int(i64),
    /// These items: a list, a tuple, the keys of a dictionary.
    List(Vec<Value>),
    /// A text with parts that are not known.
    Assembled,
    /// Characters of what an object looks like when printed, or of a request: no honest source of a name.
    Foreign,
    /// Anything else.
    #[default]
    Unknown,
}

impl Value {
    /// This text, if it is not too long to be kept.
    pub(super) fn text(text: impl Into<String> + AsRef<str>) -> Self {
        if text.as_ref().len() > MAX_TEXT { Self::Assembled } else { Self::Text(text.into()) }
    }

    fn character(c: char) -> Self {
        Self::Text(c.to_string())
    }

    /// A list of texts and numbers; what else stands in it is not kept, nor is too much of them. In the place of items that
    /// are left out stands one of which nobody knows what it says: no name comes honestly from so many.
    pub(super) fn list(items: impl IntoIterator<Item = Self>) -> Self {
        let mut items: Vec<Self> = items.into_iter().take(MAX_ITEMS + 1).collect();
        if let Some(first_left_out) = items.get_mut(MAX_ITEMS) {
            *first_left_out = Self::Foreign;
        }
        let mut weight = 0;
        for item in &mut items {
            weight += item.weight();
            if weight > MAX_TEXT {
                *item = Self::Foreign;
            } else if matches!(item, Self::List(_)) {
                *item = Self::Unknown;
            }
        }
        Self::List(items)
    }

    /// How many bytes a copy of it takes, roughly.
    pub(super) fn weight(&self) -> usize {
        match self {
            Self::Text(text) => 8 + text.len(),
            Self::List(items) => 8 + items.iter().map(Self::weight).sum::<usize>(),
            Self::Int(_) | Self::Assembled | Self::Foreign | Self::Unknown => 1,
        }
    }

    /// As a part of a longer text.
    fn printed(&self) -> Self {
        match self {
            Self::Int(value) => Self::Text(value.to_string()),
            Self::Text(text) => Self::Text(text.clone()),
            Self::Foreign => Self::Foreign,
            Self::List(_) | Self::Assembled | Self::Unknown => Self::Assembled,
        }
    }

    /// `self ~ other`.
    pub(super) fn concatenated(&self, other: &Self) -> Self {
        match (self.printed(), other.printed()) {
            (Self::Text(left), Self::Text(right)) => Self::text(left + &right),
            (Self::Foreign, _) | (_, Self::Foreign) => Self::Foreign,
            _ => Self::Assembled,
        }
    }

    /// `self + other`.
    pub(super) fn added(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Int(left), Self::Int(right)) => left.checked_add(*right).map_or(Self::Unknown, Self::Int),
            (Self::List(left), Self::List(right)) => Self::list(left.iter().chain(right).cloned()),
            (Self::Text(_) | Self::Foreign | Self::Assembled, _)
            | (_, Self::Text(_) | Self::Foreign | Self::Assembled) => self.concatenated(other),
            _ => Self::Unknown,
        }
    }

    /// `self * other`.
    pub(super) fn repeated(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::Int(left), Self::Int(right)) => left.checked_mul(*right).map_or(Self::Unknown, Self::Int),
            (Self::Text(text), Self::Int(count)) | (Self::Int(count), Self::Text(text)) => {
                let count = usize::try_from(*count).unwrap_or(0);
                match text.len().checked_mul(count) {
                    Some(length) if length <= MAX_TEXT => Self::Text(text.repeat(count)),
                    _ => Self::Assembled,
                }
            }
            (Self::Foreign, _) | (_, Self::Foreign) => Self::Foreign,
            _ => Self::Unknown,
        }
    }

    /// `self % other`, and the filter `format`.
    pub(super) fn formatted(&self, arguments: &[Self]) -> Self {
        let Self::Text(pattern) = self else {
            return if *self == Self::Foreign { Self::Foreign } else { Self::Unknown };
        };
        let mut result = Self::Text(String::new());
        let mut arguments = arguments.iter();
        let mut rest = pattern.as_str();
        while let Some(at) = rest.find('%') {
            let spec = &rest[at + 1..];
            let letter = spec.find(|c: char| c == '%' || c.is_ascii_alphabetic()).unwrap_or(spec.len());
            result = result.concatenated(&Self::text(&rest[..at]));
            let piece = match spec.as_bytes().get(letter) {
                Some(b'%') => Self::Text("%".into()),
                Some(b'c') => arguments.next().map_or(Self::Assembled, character),
                Some(b's' | b'd' | b'i') => arguments.next().map_or(Self::Assembled, Self::printed),
                _ => Self::Assembled,
            };
            result = result.concatenated(&piece);
            rest = spec.get(letter + 1..).unwrap_or_default();
        }
        result.concatenated(&Self::text(rest))
    }

    /// `self.format(…)`: `{}` and `{0}`.
    fn braced(&self, arguments: &[Self]) -> Self {
        let Self::Text(pattern) = self else { return Self::Unknown };
        let mut result = Self::Text(String::new());
        let mut rest = pattern.as_str();
        let mut next = 0;
        while let Some(at) = rest.find('{') {
            let Some(end) = rest[at..].find('}') else { break };
            let spec = &rest[at + 1..at + end];
            let index = spec.split([':', '!']).next().unwrap_or_default().parse().unwrap_or(next);
            next += 1;
            let argument = arguments.get(index);
            let piece = if spec.ends_with('c') { argument.map(character) } else { argument.map(Self::printed) };
            result = result.concatenated(&Self::text(&rest[..at])).concatenated(&piece.unwrap_or(Self::Assembled));
            rest = &rest[at + end + 1..];
        }
        result.concatenated(&Self::text(rest))
    }

    /// `separator.join(self)`, and the filter `join`.
    pub(super) fn joined(&self, separator: &Self) -> Self {
        match self {
            Self::List(items) => {
                let mut result = Self::Text(String::new());
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        result = result.concatenated(separator);
                    }
                    result = result.concatenated(item);
                }
                result
            }
            Self::Text(text) => Self::list(text.chars().map(Self::character)).joined(separator),
            Self::Foreign => Self::Foreign,
            Self::Int(_) | Self::Assembled | Self::Unknown => Self::Assembled,
        }
    }

    /// `self[key]`.
    pub(super) fn item(&self, key: &Self) -> Self {
        let Self::Int(index) = key else {
            return if *self == Self::Foreign { Self::Foreign } else { Self::Unknown };
        };
        let at = |length: usize| {
            let length = i64::try_from(length).unwrap_or(i64::MAX);
            usize::try_from(if *index < 0 { index.saturating_add(length) } else { *index }).ok()
        };
        match self {
            Self::Text(text) => {
                let found = at(text.chars().count()).and_then(|at| text.chars().nth(at));
                found.map_or(Self::Unknown, Self::character)
            }
            // Nobody knows how many were left out.
            Self::List(items) if items.len() > MAX_ITEMS && *index < 0 => Self::Foreign,
            Self::List(items) => {
                let beyond = if items.len() > MAX_ITEMS { Self::Foreign } else { Self::Unknown };
                at(items.len()).and_then(|at| items.get(at)).cloned().unwrap_or(beyond)
            }
            // A letter picked from a text that nobody knows, such as what an object looks like when printed.
            Self::Foreign | Self::Assembled => Self::Foreign,
            Self::Int(_) | Self::Unknown => Self::Unknown,
        }
    }

    /// `self[start:end:step]`.
    pub(super) fn sliced(&self, bounds: &[Option<Self>; 3]) -> Self {
        let number = |index: usize| match &bounds[index] {
            None => Some(None),
            Some(Self::Int(value)) => Some(Some(*value)),
            Some(_) => None,
        };
        let (Some(start), Some(end), Some(step)) = (number(0), number(1), number(2)) else {
            return self.part();
        };
        match self {
            Self::Text(text) => {
                let chars: Vec<char> = text.chars().collect();
                let picked = indices(chars.len(), start, end, step.unwrap_or(1));
                Self::Text(picked.into_iter().map(|at| chars[at]).collect())
            }
            // Whatever is picked may be what was left out.
            Self::List(items) if items.len() > MAX_ITEMS => Self::List(vec![Self::Foreign; 2]),
            Self::List(items) => {
                let picked = indices(items.len(), start, end, step.unwrap_or(1));
                Self::List(picked.into_iter().map(|at| items[at].clone()).collect())
            }
            _ => self.part(),
        }
    }

    fn part(&self) -> Self {
        match self {
            Self::Text(_) => Self::Assembled,
            Self::Foreign | Self::Assembled => Self::Foreign,
            Self::Int(_) | Self::List(_) | Self::Unknown => Self::Unknown,
        }
    }

    /// `self|filter(arguments)`.
    pub(super) fn filtered(&self, filter: &str, arguments: &[Self]) -> Self {
        let first = arguments.first();
        match (filter, self) {
            ("format", _) => self.formatted(arguments),
            ("join", _) => self.joined(first.unwrap_or(&Self::Text(String::new()))),
            ("list", Self::Text(text)) => Self::list(text.chars().map(Self::character)),
            ("reverse", Self::List(items)) => Self::List(items.iter().rev().cloned().collect()),
            ("reverse", Self::Text(text)) => Self::Text(text.chars().rev().collect()),
            ("list" | "reverse", Self::Assembled) => Self::Foreign,
            ("list" | "reverse" | "sort" | "unique", _) => self.clone(),
            ("first", _) => self.item(&Self::Int(0)),
            ("last", _) => self.item(&Self::Int(-1)),
            ("string", Self::Unknown | Self::List(_)) => Self::Assembled,
            ("string" | "safe" | "escape" | "e" | "forceescape" | "default" | "d", _) => self.clone(),
            ("select" | "reject" | "map" | "selectattr" | "rejectattr", Self::List(_) | Self::Text(_)) => Self::Unknown,
            _ => self.changed(filter, arguments),
        }
    }

    /// What a method of a text gives.
    pub(super) fn called(&self, method: &str, arguments: &[Self]) -> Self {
        match (method, self, arguments.first()) {
            ("join", _, Some(items)) => items.joined(self),
            ("format", _, _) => self.braced(arguments),
            _ => self.changed(method, arguments),
        }
    }

    /// Filters and methods that have one name and meaning.
    fn changed(&self, operation: &str, arguments: &[Self]) -> Self {
        let Self::Text(text) = self else {
            return if *self == Self::Foreign { Self::Foreign } else { Self::Unknown };
        };
        let argument = |index: usize| match arguments.get(index) {
            Some(Self::Text(text)) => Some(text.as_str()),
            _ => None,
        };
        match operation {
            "lower" | "casefold" => Self::text(text.to_lowercase()),
            "upper" => Self::text(text.to_uppercase()),
            "swapcase" => Self::text(text.chars().map(swapped).collect::<String>()),
            "trim" | "strip" | "lstrip" | "rstrip" => match argument(0) {
                Some(chars) => Self::text(text.trim_matches(|c| chars.contains(c))),
                None => Self::text(text.trim()),
            },
            "replace" => match (argument(0), argument(1)) {
                (Some(""), _) | (None, _) | (_, None) => Self::Assembled,
                (Some(from), Some(to)) if text.matches(from).count() * to.len() > MAX_TEXT => Self::Assembled,
                (Some(from), Some(to)) => Self::text(text.replace(from, to)),
            },
            "removeprefix" => argument(0).map_or(Self::Assembled, |p| Self::text(text.strip_prefix(p).unwrap_or(text))),
            "removesuffix" => argument(0).map_or(Self::Assembled, |p| Self::text(text.strip_suffix(p).unwrap_or(text))),
            "split" => match argument(0).filter(|separator| !separator.is_empty()) {
                Some(separator) => Self::list(text.split(separator).map(Self::text)),
                None => Self::list(text.split_whitespace().map(Self::text)),
            },
            "capitalize" | "title" | "center" | "encode" | "decode" | "translate" | "urlencode" => Self::Assembled,
            _ => Self::Unknown,
        }
    }
}

fn character(value: &Value) -> Value {
    match value {
        Value::Int(code) => {
            let c = u32::try_from(*code).ok().and_then(char::from_u32);
            c.map_or(Value::Assembled, Value::character)
        }
        other => other.printed(),
    }
}

fn swapped(c: char) -> char {
    if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() }
}

/// The places that a Python slice of `length` items takes.
fn indices(length: usize, start: Option<i64>, end: Option<i64>, step: i64) -> Vec<usize> {
    let length = i64::try_from(length).unwrap_or(i64::MAX);
    let (low, high) = if step < 0 { (-1, length - 1) } else { (0, length) };
    let bound = |value: i64| (if value < 0 { value.saturating_add(length) } else { value }).clamp(low, high);
    let mut at = start.map_or(if step < 0 { high } else { low }, bound);
    let end = end.map_or(if step < 0 { low } else { high }, bound);
    let mut places = Vec::new();
    while step != 0 && ((step > 0 && at < end) || (step < 0 && at > end)) {
        places.extend(usize::try_from(at));
        at = at.saturating_add(step);
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Value {
        Value::Text(text.into())
    }

    #[test]
    fn slices_are_pythons() {
        let all = text("abcdef");
        let slice = |start: Option<i64>, end: Option<i64>, step: Option<i64>| {
            all.sliced(&[start.map(Value::Int), end.map(Value::Int), step.map(Value::Int)])
        };
        assert_eq!(slice(None, None, Some(-1)), text("fedcba"));
        assert_eq!(slice(Some(1), Some(-1), Some(2)), text("bd"));
        assert_eq!(slice(Some(-2), None, None), text("ef"));
        assert_eq!(slice(Some(4), Some(1), Some(-2)), text("ec"));
        assert_eq!(slice(Some(i64::MIN), Some(i64::MAX), Some(0)), text(""));
    }

    #[test]
    fn texts_are_put_together_as_jinja_does() {
        assert_eq!(text("%s%cx%%").formatted(&[text("__"), Value::Int(95)]), text("___x%"));
        assert_eq!(text("{1}{0}c").called("format", &[text("a"), text("b")]), text("bac"));
        assert_eq!(Value::List(vec![text("a"), Value::Int(1)]).joined(&text("-")), text("a-1"));
        assert_eq!(text("x").repeated(&Value::Int(1 << 40)), Value::Assembled);
        assert_eq!(text("a").concatenated(&Value::Unknown), Value::Assembled);
        assert_eq!(text("a").added(&Value::Foreign), Value::Foreign);
    }
}
