//! What a request expects to be there (RFC 9110, 13): a reader who has it already, or a writer who has seen it.

use std::convert::Infallible;
use std::fmt::Write as _;

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::header::{HeaderName, IF_MATCH, IF_NONE_MATCH};
use axum::http::request::Parts;
use sha2::{Digest as _, Sha256};
use store::{Fault, Store, Unchanged};

use crate::problem::Problem;

/// Enough of the hash that no two bodies ever meet.
const TAG_BYTES: usize = 16;

/// The name of one state of a resource: it is the hash of what is told of it, so that it tells nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct EntityTag(String);

impl EntityTag {
    pub(crate) fn of(body: &[u8]) -> Self {
        let mut text = String::with_capacity(2 + 2 * TAG_BYTES);
        text.push('"');
        for byte in Sha256::digest(body).iter().take(TAG_BYTES) {
            // A string takes everything.
            let _infallible = write!(text, "{byte:02x}");
        }
        text.push('"');
        Self(text)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// The conditions of a request; without any it is done whatever is there.
#[derive(Clone, Debug, Default)]
pub(crate) struct Conditions {
    if_match: Option<Vec<String>>,
    if_none_match: Option<Vec<String>>,
}

impl Conditions {
    fn read(headers: &HeaderMap) -> Self {
        Self {
            if_match: tags(headers, IF_MATCH),
            if_none_match: tags(headers, IF_NONE_MATCH),
        }
    }

    /// Whether something may be changed; `present` is what is there. A weak tag never matches here (RFC 9110, 13.1.1).
    pub(crate) fn check(&self, present: Option<&EntityTag>) -> Result<(), Problem> {
        let is_met = match (&self.if_match, present) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(wanted), Some(tag)) => wanted.iter().any(|one| one == "*" || one == tag.as_str()),
        };
        if is_met && !self.has_seen(present) {
            Ok(())
        } else {
            Err(Problem::Changed)
        }
    }

    /// Whether whoever reads has this state already (RFC 9110, 13.1.2).
    pub(crate) fn has_seen(&self, present: Option<&EntityTag>) -> bool {
        let Some((known, tag)) = self.if_none_match.as_ref().zip(present) else {
            return false;
        };
        let is_it = |one: &String| one == "*" || one.trim_start_matches("W/") == tag.as_str();
        known.iter().any(is_it)
    }

    /// The store by which what was compared with these is changed: where there are any, only if it is still so.
    pub(crate) fn guard(&self, store: &Store, seen: Unchanged) -> Result<Store, Problem> {
        if self.are_for_changes() {
            store.while_unchanged(seen).ok_or(Problem::Broken)
        } else {
            Ok(store.clone())
        }
    }

    /// What became of a change that was guarded.
    pub(crate) fn judge<T>(&self, done: Result<T, Fault>) -> Result<T, Problem> {
        done.map_err(|fault| match fault {
            Fault::Stale if self.are_for_changes() => Problem::Changed,
            fault => fault.into(),
        })
    }

    /// Whether a change depends on what is there.
    pub(crate) const fn are_for_changes(&self) -> bool {
        self.if_match.is_some() || self.if_none_match.is_some()
    }
}

/// What a header lists, in all of its lines. No tag of ours has a comma in it.
fn tags(headers: &HeaderMap, name: HeaderName) -> Option<Vec<String>> {
    let mut lines = headers.get_all(name).iter().peekable();
    lines.peek()?;
    let texts = lines.filter_map(|line| line.to_str().ok());
    let tags = texts.flat_map(|line| line.split(','));
    Some(tags.map(|tag| tag.trim().to_owned()).collect())
}

impl<S: Sync> FromRequestParts<S> for Conditions {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::read(&parts.headers))
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderMap, HeaderName, HeaderValue};

    use super::{Conditions, EntityTag};

    fn conditions(lines: &[(&'static str, &str)]) -> Conditions {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            let name = HeaderName::from_static(name);
            headers.append(name, HeaderValue::from_str(value).unwrap());
        }
        Conditions::read(&headers)
    }

    #[test]
    fn a_change_is_made_where_its_conditions_hold() {
        let tag = EntityTag::of(b"{}");
        let own = tag.as_str();
        let weak = format!("W/{own}");
        let listed = format!("\"other\", {own}");
        for (lines, on_present, on_absent) in [
            (&[][..], true, true),
            (&[("if-match", own)], true, false),
            (&[("if-match", "*")], true, false),
            (&[("if-match", "\"other\"")], false, false),
            (&[("if-match", "\"other\""), ("if-match", own)], true, false),
            (&[("if-match", listed.as_str())], true, false),
            (&[("if-match", weak.as_str())], false, false),
            (&[("if-match", "")], false, false),
            (&[("if-none-match", "*")], false, true),
            (&[("if-none-match", own)], false, true),
            (&[("if-none-match", "\"other\"")], true, true),
        ] {
            let conditions = conditions(lines);
            let present = conditions.check(Some(&tag)).is_ok();
            assert_eq!(present, on_present, "{lines:?}");
            assert_eq!(conditions.check(None).is_ok(), on_absent, "{lines:?}");
            assert_eq!(conditions.are_for_changes(), !lines.is_empty());
        }
    }

    #[test]
    fn whoever_has_it_is_not_told_again() {
        let tag = EntityTag::of(b"{}");
        let own = tag.as_str();
        let weak = format!("W/{own}");
        for (value, expected) in [
            (own, true),
            (weak.as_str(), true),
            ("*", true),
            ("x", false),
        ] {
            let conditions = conditions(&[("if-none-match", value)]);
            assert_eq!(conditions.has_seen(Some(&tag)), expected, "{value}");
        }
        assert!(!conditions(&[]).has_seen(Some(&tag)));
        assert_ne!(EntityTag::of(b"{}"), EntityTag::of(b"[]"));
    }
}
