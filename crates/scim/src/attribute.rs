//! Names of attributes.

use serde_json::{Map, Value};

/// `userName`, `name.givenName`, or one with its schema before it (RFC 7644, 3.10).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttributePath {
    /// Without its schema, as it was written.
    pub name: String,
    /// What stands behind the point.
    pub sub: Option<String>,
    /// Whether it is of a schema that we do not have.
    pub is_foreign: bool,
}

/// The schemas whose attributes need not say so.
const CORE: [&str; 2] = [
    "urn:ietf:params:scim:schemas:core:2.0:user",
    "urn:ietf:params:scim:schemas:core:2.0:group",
];

/// Attributes that have several values (RFC 7643, 4).
const MULTIPLE: [&str; 11] = [
    "addresses",
    "emails",
    "entitlements",
    "groups",
    "ims",
    "members",
    "phonenumbers",
    "photos",
    "roles",
    "schemas",
    "x509certificates",
];

/// What only we say.
const READ_ONLY: [&str; 4] = ["id", "meta", "groups", "schemas"];

impl AttributePath {
    /// `None` for what is no name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_urn = text
            .get(..4)
            .is_some_and(|start| start.eq_ignore_ascii_case("urn:"));
        let (schema, path) = if is_urn {
            text.rsplit_once(':')?
        } else {
            ("", text)
        };
        let is_known = schema.is_empty() || CORE.contains(&schema.to_ascii_lowercase().as_str());
        let (name, sub) = match path.split_once('.') {
            // The last part of an extension's own name: `…:enterprise:2.0:User`.
            Some(_) if !is_known => (path, None),
            Some((name, sub)) => (name, Some(sub)),
            None => (path, None),
        };
        let are_names = is_name(name) && sub.is_none_or(is_name);
        (are_names || (!is_known && !path.is_empty())).then(|| Self {
            name: name.to_owned(),
            sub: sub.map(str::to_owned),
            is_foreign: !is_known,
        })
    }

    /// Whether this is the attribute of this name.
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        !self.is_foreign && self.name.eq_ignore_ascii_case(name)
    }

    pub(crate) fn is_multiple(&self) -> bool {
        is_one_of(&self.name, &MULTIPLE)
    }

    pub(crate) fn is_read_only(&self) -> bool {
        is_one_of(&self.name, &READ_ONLY)
    }

    /// As a table has it: in lower case, with what stands behind the point.
    pub(crate) fn folded(&self) -> String {
        let name = self.name.to_ascii_lowercase();
        match &self.sub {
            Some(sub) => format!("{name}.{}", sub.to_ascii_lowercase()),
            None => name,
        }
    }
}

fn is_one_of(name: &str, names: &[&str]) -> bool {
    names.iter().any(|one| one.eq_ignore_ascii_case(name))
}

/// RFC 7644, 3.4.2.2: a letter first. `$ref` is one by RFC 7643, 2.4.
fn is_name(name: &str) -> bool {
    let rest = name.strip_prefix('$').unwrap_or(name);
    rest.starts_with(|sign: char| sign.is_ascii_alphabetic())
        && rest
            .chars()
            .all(|sign| sign.is_ascii_alphanumeric() || sign == '-' || sign == '_')
}

/// The value of an attribute, in whatever case its name is written.
pub(crate) fn get<'v>(object: &'v Map<String, Value>, name: &str) -> Option<&'v Value> {
    let known = object.get(name);
    known.or_else(|| {
        let mut fields = object.iter();
        fields.find_map(|(key, value)| key.eq_ignore_ascii_case(name).then_some(value))
    })
}

/// As the object writes the name already, or else as it is written here.
pub(crate) fn key(object: &Map<String, Value>, name: &str) -> String {
    let known = object.keys().find(|key| key.eq_ignore_ascii_case(name));
    known.cloned().unwrap_or_else(|| name.to_owned())
}
