//! Filters (RFC 7644, 3.4.2.2): which resources are meant, or which values of one.

use mail::limits::SCIM_FILTER_DEPTH_MAX;
use serde_json::{Map, Value};

use crate::attribute::{AttributePath, get};

/// Which resources are meant.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    /// An attribute is there and not empty.
    Present(AttributePath),
    /// One value of an attribute stands so to this one.
    Compare(AttributePath, Comparison, Value),
    /// One value of an attribute is such.
    Within(AttributePath, Box<Self>),
    /// Both.
    And(Box<Self>, Box<Self>),
    /// One or both.
    Or(Box<Self>, Box<Self>),
    /// The opposite.
    Not(Box<Self>),
}

/// How a value stands to another. What puts values in an order is not offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `eq`
    Equal,
    /// `ne`
    Unequal,
    /// `co`
    Contains,
    /// `sw`
    StartsWith,
    /// `ew`
    EndsWith,
}

/// Why a text is no filter that is answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadFilter {
    /// It is not written as RFC 7644 has it.
    #[error("the filter cannot be read: {0}")]
    Syntax(&'static str),
    /// It asks by what is not known.
    #[error("nothing is found by {0}")]
    Attribute(String),
    /// It is nested too deeply.
    #[error("the filter is nested too deeply")]
    TooDeep,
}

/// Attributes in whose values upper and lower case differ (RFC 7643, 3.1 and 4).
const EXACT: [&str; 2] = ["id", "externalid"];

impl Filter {
    /// Reads a filter.
    ///
    /// # Errors
    ///
    /// [`BadFilter`] says what is wrong.
    pub fn parse(text: &str) -> Result<Self, BadFilter> {
        let mut reader = Reader {
            rest: text,
            depth: 0,
        };
        let filter = reader.any_of()?;
        match reader.peek() {
            None => Ok(filter),
            Some(_) => Err(BadFilter::Syntax("there is more behind it")),
        }
    }

    /// Refuses what asks by other attributes than these, in lower case with what stands behind the point.
    ///
    /// # Errors
    ///
    /// [`BadFilter::Attribute`] names the first.
    pub fn check(&self, known: &[&str]) -> Result<(), BadFilter> {
        self.check_below("", known)
    }

    fn check_below(&self, above: &str, known: &[&str]) -> Result<(), BadFilter> {
        match self {
            Self::Present(path) | Self::Compare(path, ..) => {
                let name = format!("{above}{}", path.folded());
                if !path.is_foreign && known.contains(&name.as_str()) {
                    Ok(())
                } else {
                    Err(BadFilter::Attribute(path.name.clone()))
                }
            }
            Self::Within(path, inner) => {
                if above.is_empty() && !path.is_foreign && path.sub.is_none() {
                    inner.check_below(&format!("{}.", path.folded()), known)
                } else {
                    Err(BadFilter::Attribute(path.name.clone()))
                }
            }
            Self::And(one, other) | Self::Or(one, other) => {
                one.check_below(above, known)?;
                other.check_below(above, known)
            }
            Self::Not(inner) => inner.check_below(above, known),
        }
    }

    /// Whether a resource, or one value of an attribute, is meant.
    #[must_use]
    pub fn holds(&self, resource: &Value) -> bool {
        match self {
            Self::Present(path) => values(path, resource).into_iter().any(is_something),
            Self::Compare(path, comparison, wanted) => {
                let is_exact = EXACT.contains(&path.folded().as_str());
                compare(&values(path, resource), *comparison, wanted, is_exact)
            }
            Self::Within(path, inner) => elements(path, resource)
                .iter()
                .any(|value| inner.holds(value)),
            Self::And(one, other) => one.holds(resource) && other.holds(resource),
            Self::Or(one, other) => one.holds(resource) || other.holds(resource),
            Self::Not(inner) => !inner.holds(resource),
        }
    }

    /// What an attribute must be for the filter to hold, where it says so.
    #[must_use]
    pub fn required(&self, name: &str) -> Option<&str> {
        match self {
            Self::Compare(path, Comparison::Equal, Value::String(text))
                if path.is(name) && path.sub.is_none() =>
            {
                Some(text)
            }
            Self::And(one, other) => one.required(name).or_else(|| other.required(name)),
            Self::Present(_)
            | Self::Compare(..)
            | Self::Within(..)
            | Self::Or(..)
            | Self::Not(_) => None,
        }
    }

    /// The value that it describes by `eq` alone, such as `type eq "work"`.
    pub(crate) fn described(&self) -> Option<Map<String, Value>> {
        match self {
            Self::Compare(path, Comparison::Equal, value)
                if path.is("type") || path.is("primary") =>
            {
                Some(Map::from_iter([(
                    path.name.to_ascii_lowercase(),
                    value.clone(),
                )]))
            }
            Self::And(one, other) => {
                let mut described = one.described()?;
                described.extend(other.described()?);
                Some(described)
            }
            Self::Present(_)
            | Self::Compare(..)
            | Self::Within(..)
            | Self::Or(..)
            | Self::Not(_) => None,
        }
    }
}

/// The values of an attribute; of one with several, each. Of a value with parts it is `value` that is compared (RFC 7643, 2.4).
fn values<'v>(path: &AttributePath, resource: &'v Value) -> Vec<&'v Value> {
    let part = path.sub.as_deref();
    let of_element = |element: &'v Value| match (element, part) {
        (Value::Object(fields), part) => get(fields, part.unwrap_or("value")),
        (simple, None) => Some(simple),
        (_, Some(_)) => None,
    };
    elements(path, resource)
        .into_iter()
        .filter_map(of_element)
        .collect()
}

fn elements<'v>(path: &AttributePath, resource: &'v Value) -> Vec<&'v Value> {
    let fields = resource.as_object();
    match fields.and_then(|fields| get(fields, &path.name)) {
        Some(Value::Array(elements)) => elements.iter().collect(),
        Some(value) => vec![value],
        None => Vec::new(),
    }
}

fn is_something(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(values) => !values.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        Value::Bool(_) | Value::Number(_) => true,
    }
}

fn compare(found: &[&Value], comparison: Comparison, wanted: &Value, is_exact: bool) -> bool {
    let is_equal = |value: &&Value| is_equal(value, wanted, is_exact);
    let text = |test: fn(&str, &str) -> bool| {
        let Value::String(wanted) = wanted else {
            return false;
        };
        let wanted = folded(wanted, is_exact);
        let mut texts = found.iter().filter_map(|value| value.as_str());
        texts.any(|text| test(&folded(text, is_exact), &wanted))
    };
    match comparison {
        Comparison::Equal if wanted.is_null() => !found.iter().any(|value| is_something(value)),
        Comparison::Unequal if wanted.is_null() => found.iter().any(|value| is_something(value)),
        Comparison::Equal => found.iter().any(is_equal),
        Comparison::Unequal => !found.iter().any(is_equal),
        Comparison::Contains => text(|text, wanted| text.contains(wanted)),
        Comparison::StartsWith => text(|text, wanted| text.starts_with(wanted)),
        Comparison::EndsWith => text(|text, wanted| text.ends_with(wanted)),
    }
}

fn is_equal(value: &Value, wanted: &Value, is_exact: bool) -> bool {
    match (value, wanted) {
        (Value::String(text), Value::String(wanted)) => {
            folded(text, is_exact) == folded(wanted, is_exact)
        }
        // Entra ID has its booleans in quotes.
        (Value::Bool(is_so), Value::String(wanted)) => {
            wanted.eq_ignore_ascii_case(if *is_so { "true" } else { "false" })
        }
        (value, wanted) => value == wanted,
    }
}

fn folded(text: &str, is_exact: bool) -> String {
    if is_exact {
        text.to_owned()
    } else {
        text.to_lowercase()
    }
}

/// What is not read yet.
struct Reader<'t> {
    rest: &'t str,
    depth: usize,
}

impl<'t> Reader<'t> {
    /// `or` binds less than `and`, and `and` less than `not`.
    fn any_of(&mut self) -> Result<Filter, BadFilter> {
        self.depth += 1;
        if self.depth > SCIM_FILTER_DEPTH_MAX {
            return Err(BadFilter::TooDeep);
        }
        let mut filter = self.all_of()?;
        while self.take_word("or") {
            filter = Filter::Or(Box::new(filter), Box::new(self.all_of()?));
            self.count()?;
        }
        Ok(filter)
    }

    fn all_of(&mut self) -> Result<Filter, BadFilter> {
        let mut filter = self.one()?;
        while self.take_word("and") {
            filter = Filter::And(Box::new(filter), Box::new(self.one()?));
            self.count()?;
        }
        Ok(filter)
    }

    /// Each `and` and `or` makes what is read a step deeper, so that whoever walks it has a bound; parentheses do, too.
    fn count(&mut self) -> Result<(), BadFilter> {
        self.depth += 1;
        if self.depth > SCIM_FILTER_DEPTH_MAX {
            return Err(BadFilter::TooDeep);
        }
        Ok(())
    }

    fn one(&mut self) -> Result<Filter, BadFilter> {
        if self.take_sign('(') {
            return self.closed_by(')');
        }
        if self.is_word("not") && self.rest_behind_word().trim_start().starts_with('(') {
            self.word();
            self.take_sign('(');
            return Ok(Filter::Not(Box::new(self.closed_by(')')?)));
        }
        let name = self.word();
        let path = AttributePath::parse(name);
        let path = path.ok_or(BadFilter::Syntax("an attribute is missing"))?;
        if self.take_sign('[') {
            return Ok(Filter::Within(path, Box::new(self.closed_by(']')?)));
        }
        let operator = self.word().to_ascii_lowercase();
        let comparison = match operator.as_str() {
            "pr" => return Ok(Filter::Present(path)),
            "eq" => Comparison::Equal,
            "ne" => Comparison::Unequal,
            "co" => Comparison::Contains,
            "sw" => Comparison::StartsWith,
            "ew" => Comparison::EndsWith,
            "gt" | "ge" | "lt" | "le" => {
                return Err(BadFilter::Syntax("values are not put in an order here"));
            }
            _ => {
                return Err(BadFilter::Syntax(
                    "behind an attribute comes eq, ne, co, sw, ew or pr",
                ));
            }
        };
        Ok(Filter::Compare(path, comparison, self.value()?))
    }

    fn closed_by(&mut self, sign: char) -> Result<Filter, BadFilter> {
        let inner = self.any_of()?;
        if self.take_sign(sign) {
            Ok(inner)
        } else {
            Err(BadFilter::Syntax("a parenthesis is not closed"))
        }
    }

    /// A string, number, boolean or null, as JSON has them (RFC 7644, figure 1).
    fn value(&mut self) -> Result<Value, BadFilter> {
        const MISSING: BadFilter = BadFilter::Syntax("a value is missing: \"text\", true or 1");
        let rest = self.rest.trim_start();
        let text = if rest.starts_with('"') {
            let end = string_end(rest).ok_or(MISSING)?;
            self.rest = rest.get(end..).unwrap_or_default();
            rest.get(..end).unwrap_or_default()
        } else {
            self.word()
        };
        let lower = text.to_ascii_lowercase();
        let text = match lower.as_str() {
            "true" | "false" | "null" => lower.as_str(),
            _ => text,
        };
        let value: Value = serde_json::from_str(text).map_err(|_| MISSING)?;
        let has_parts = value.is_array() || value.is_object();
        if has_parts { Err(MISSING) } else { Ok(value) }
    }

    fn peek(&self) -> Option<char> {
        self.rest.trim_start().chars().next()
    }

    fn take_sign(&mut self, sign: char) -> bool {
        let rest = self.rest.trim_start().strip_prefix(sign);
        if let Some(rest) = rest {
            self.rest = rest;
        }
        rest.is_some()
    }

    /// Up to a blank or a parenthesis.
    fn word(&mut self) -> &'t str {
        let rest = self.rest.trim_start();
        let end = rest.find(|sign: char| sign.is_whitespace() || "()[]\"".contains(sign));
        let (word, rest) = rest.split_at(end.unwrap_or(rest.len()));
        self.rest = rest;
        word
    }

    fn is_word(&self, word: &str) -> bool {
        let mut ahead = Reader { ..*self };
        ahead.word().eq_ignore_ascii_case(word)
    }

    fn rest_behind_word(&self) -> &'t str {
        let mut ahead = Reader { ..*self };
        ahead.word();
        ahead.rest
    }

    fn take_word(&mut self, word: &str) -> bool {
        let is_it = self.is_word(word);
        if is_it {
            self.word();
        }
        is_it
    }
}

/// Where the string ends that the text begins with.
fn string_end(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    for (place, sign) in text.char_indices().skip(1) {
        match sign {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => return Some(place + 1),
            _ => {}
        }
    }
    None
}
