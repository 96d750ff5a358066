//! TOML with the place of everything, so that whoever wrote a file is told where it is wrong.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use crate::key::{DesiredKey, Section};

/// What is wrong in a file, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{line}:{column}: {words}")]
pub struct Mistake {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// In one line.
    pub words: String,
}

impl Mistake {
    pub(crate) fn at(text: &str, place: &Range<usize>, words: impl Into<String>) -> Self {
        let before = text.get(..place.start).unwrap_or(text);
        let line = before.rsplit('\n').next().unwrap_or_default();
        Self {
            line: before.matches('\n').count() + 1,
            column: line.chars().count() + 1,
            words: words.into().replace('\n', "; "),
        }
    }
}

/// Remembers what is wrong, and goes on.
pub(crate) fn keep<T>(read: Result<T, Mistake>, mistakes: &mut Vec<Mistake>) -> Option<T> {
    read.map_err(|mistake| mistakes.push(mistake)).ok()
}

/// A table of a file: that of one account, one group or one mailbox.
pub(crate) struct Table<'d> {
    text: &'d str,
    /// The place of its name.
    pub(crate) at: Range<usize>,
    values: &'d DeTable<'d>,
}

/// A text in a file, with its place.
pub(crate) type Placed<'d> = (&'d str, Range<usize>);

/// What the file says: a table whose values are of the kind `T`.
pub(crate) fn parse(text: &str) -> Result<Spanned<DeTable<'_>>, Mistake> {
    DeTable::parse(text).map_err(|bad| {
        let place = bad.span().unwrap_or(0..0);
        Mistake::at(text, &place, bad.message())
    })
}

/// A key with its value.
type Pair<'d> = (&'d Spanned<DeString<'d>>, &'d Spanned<DeValue<'d>>);

/// As they stand in the file, so that the first mistake is told first.
pub(crate) fn in_order<'d>(values: &'d DeTable<'d>) -> Vec<Pair<'d>> {
    let mut pairs: Vec<Pair<'d>> = values.iter().collect();
    pairs.sort_by_key(|(key, _)| key.span().start);
    pairs
}

/// The tables in one part of a file, without those that have a key too many.
pub(crate) fn tables<'d>(
    text: &'d str,
    section: Section,
    value: &'d Spanned<DeValue<'d>>,
    mistakes: &mut Vec<Mistake>,
) -> Vec<(&'d str, Table<'d>)> {
    let word = section.table();
    let form = || {
        Mistake::at(
            text,
            &value.span(),
            format!("{word} is a table for each: [{word}.NAME]"),
        )
    };
    let Some(named) = keep(value.get_ref().as_table().ok_or_else(form), mistakes) else {
        return Vec::new();
    };
    let tables = in_order(named).into_iter().map(|(name, value)| {
        let values = value.get_ref().as_table().ok_or_else(form)?;
        let table = Table {
            text,
            at: name.span(),
            values,
        };
        let known: Vec<&str> = DesiredKey::of(section).map(|key| key.name).collect();
        table.check_keys(&known, word)?;
        Ok((name.get_ref().as_ref(), table))
    });
    tables.filter_map(|read| keep(read, mistakes)).collect()
}

impl<'d> Table<'d> {
    /// All of a file.
    pub(crate) fn of(text: &'d str, document: &'d Spanned<DeTable<'d>>) -> Self {
        Self {
            text,
            at: document.span(),
            values: document.get_ref(),
        }
    }

    fn check_keys(&self, known: &[&str], whose: &str) -> Result<(), Mistake> {
        let unknown = in_order(self.values)
            .into_iter()
            .find(|(key, _)| !known.contains(&key.get_ref().as_ref()));
        match unknown {
            None => Ok(()),
            Some((key, _)) => {
                let name = key.get_ref();
                let known = known.join(", ");
                Err(self.mistake(
                    &key.span(),
                    format!("unknown key {name}: {whose} has {known}"),
                ))
            }
        }
    }

    pub(crate) fn mistake(&self, place: &Range<usize>, words: impl Into<String>) -> Mistake {
        Mistake::at(self.text, place, words)
    }

    /// The place of a key that is there.
    pub(crate) fn place_of(&self, key: &str) -> Option<Range<usize>> {
        let mut keys = self.values.keys();
        keys.find(|name| name.get_ref() == key).map(Spanned::span)
    }

    pub(crate) fn value(&self, key: &str) -> Option<&'d Spanned<DeValue<'d>>> {
        let mut values = self.values.iter();
        values
            .find(|(name, _)| name.get_ref() == key)
            .map(|(_, value)| value)
    }

    pub(crate) fn text(&self, key: &str) -> Result<Option<Placed<'d>>, Mistake> {
        let Some(value) = self.value(key) else {
            return Ok(None);
        };
        self.text_of(value, key).map(Some)
    }

    fn text_of(&self, value: &'d Spanned<DeValue<'d>>, key: &str) -> Result<Placed<'d>, Mistake> {
        match value.get_ref().as_str() {
            Some(text) => Ok((text, value.span())),
            None => Err(self.mistake(&value.span(), format!("{key} is a text in quotes"))),
        }
    }

    pub(crate) fn truth(&self, key: &str) -> Result<Option<bool>, Mistake> {
        let Some(value) = self.value(key) else {
            return Ok(None);
        };
        match value.get_ref().as_bool() {
            Some(truth) => Ok(Some(truth)),
            None => Err(self.mistake(&value.span(), format!("{key} is true or false"))),
        }
    }

    pub(crate) fn texts(&self, key: &str) -> Result<Option<Vec<Placed<'d>>>, Mistake> {
        let Some(value) = self.value(key) else {
            return Ok(None);
        };
        let Some(values) = value.get_ref().as_array() else {
            return Err(self.mistake(
                &value.span(),
                format!("{key} is a list of texts, in brackets"),
            ));
        };
        let texts = values.iter().map(|value| self.text_of(value, key));
        texts.collect::<Result<_, _>>().map(Some)
    }

    /// Names with a text each.
    pub(crate) fn pairs(&self, key: &str) -> Result<Vec<(Placed<'d>, Placed<'d>)>, Mistake> {
        let inner = self.inner(key)?;
        let pairs = inner
            .iter()
            .flat_map(|inner| in_order(inner.values))
            .map(|(name, value)| {
                let text = self.text_of(value, name.get_ref())?;
                Ok(((name.get_ref().as_ref(), name.span()), text))
            });
        pairs.collect()
    }

    /// Names with a number each.
    pub(crate) fn numbers(
        &self,
        key: &str,
        known: &[&str],
    ) -> Result<Option<Vec<(&'d str, u64)>>, Mistake> {
        let Some(inner) = self.inner(key)? else {
            return Ok(None);
        };
        inner.check_keys(known, key)?;
        let numbers = inner.values.iter().map(|(name, value)| {
            let number = value.get_ref().as_integer();
            let number =
                number.and_then(|number| u64::from_str_radix(number.as_str(), number.radix()).ok());
            // 63 bits (RFC 9208, 3.1.2).
            match number.filter(|number| i64::try_from(*number).is_ok()) {
                Some(number) => Ok((name.get_ref().as_ref(), number)),
                None => Err(self.mistake(
                    &value.span(),
                    format!("{} is a number, 0 or more", name.get_ref()),
                )),
            }
        });
        numbers.collect::<Result<_, _>>().map(Some)
    }

    /// All keys, each with its place.
    pub(crate) fn names(&self) -> impl Iterator<Item = Placed<'d>> {
        let pairs = in_order(self.values).into_iter();
        pairs.map(|(name, _)| (name.get_ref().as_ref(), name.span()))
    }

    pub(crate) fn inner(&self, key: &str) -> Result<Option<Self>, Mistake> {
        let Some(value) = self.value(key) else {
            return Ok(None);
        };
        let Some(values) = value.get_ref().as_table() else {
            return Err(self.mistake(&value.span(), format!("{key} is a table, in braces")));
        };
        Ok(Some(Self {
            text: self.text,
            at: value.span(),
            values,
        }))
    }
}
