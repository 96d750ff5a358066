//! What a directory says of a user and of a group (RFC 7643, 4.1 and 4.2), as far as we keep it.

use mail::limits::SCIM_PROFILE_BYTES_MAX;
use serde_json::{Map, Value};

use crate::attribute::get;

/// What a directory says of somebody.
#[derive(Clone, Debug, PartialEq)]
pub struct UserResource {
    /// By which somebody is known; it becomes the account's name.
    pub user_name: String,
    /// What the directory itself knows the user by.
    pub external_id: Option<String>,
    /// Whether the account may be used, where it says so.
    pub is_active: Option<bool>,
    /// What is kept to be told again, and means nothing here: `name`, `displayName`, `emails`.
    pub profile: Map<String, Value>,
}

/// What a directory says of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupResource {
    /// It becomes the group's name.
    pub display_name: String,
    /// What the directory itself knows the group by.
    pub external_id: Option<String>,
    /// The ids of users that are in it, each once.
    pub members: Vec<String>,
}

/// Why this is no user or group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadResource {
    /// It is no object.
    #[error("the body must be an object")]
    NoObject,
    /// What every one has is missing, or is of another kind.
    #[error("{0} is missing, or of another kind")]
    Attribute(&'static str),
    /// Groups are in no groups here.
    #[error("members must be users")]
    GroupInGroup,
    /// More is said of somebody than is kept.
    #[error("the user has too many attributes")]
    TooMuch,
}

const NAME_PARTS: [&str; 6] = [
    "formatted",
    "familyName",
    "givenName",
    "middleName",
    "honorificPrefix",
    "honorificSuffix",
];
const EMAIL_PARTS: [&str; 4] = ["value", "display", "type", "primary"];

impl UserResource {
    /// Reads a user.
    ///
    /// # Errors
    ///
    /// [`BadResource`] says what is wrong.
    pub fn read(body: &Value) -> Result<Self, BadResource> {
        let fields = body.as_object().ok_or(BadResource::NoObject)?;
        let user = Self {
            user_name: required(fields, "userName")?,
            external_id: optional(fields, "externalId")?,
            is_active: match get(fields, "active") {
                None | Some(Value::Null) => None,
                Some(value) => Some(boolean(value).ok_or(BadResource::Attribute("active"))?),
            },
            profile: profile(fields)?,
        };
        // A map of texts always becomes JSON.
        let bytes = serde_json::to_vec(&user.profile).map_or(0, |text| text.len());
        if bytes > SCIM_PROFILE_BYTES_MAX {
            return Err(BadResource::TooMuch);
        }
        Ok(user)
    }

    /// As it is told again.
    #[must_use]
    pub fn fields(&self) -> Map<String, Value> {
        let mut fields = self.profile.clone();
        fields.insert("userName".to_owned(), self.user_name.clone().into());
        if let Some(is_active) = self.is_active {
            fields.insert("active".to_owned(), is_active.into());
        }
        if let Some(id) = &self.external_id {
            fields.insert("externalId".to_owned(), id.clone().into());
        }
        fields
    }
}

impl GroupResource {
    /// Reads a group.
    ///
    /// # Errors
    ///
    /// [`BadResource`] says what is wrong.
    pub fn read(body: &Value) -> Result<Self, BadResource> {
        const MEMBERS: BadResource = BadResource::Attribute("members");
        let fields = body.as_object().ok_or(BadResource::NoObject)?;
        let listed = match get(fields, "members") {
            None | Some(Value::Null) => &[],
            Some(Value::Array(listed)) => listed.as_slice(),
            Some(_) => return Err(MEMBERS),
        };
        let mut members = Vec::with_capacity(listed.len());
        for member in listed {
            let parts = member.as_object();
            let kind = parts.and_then(|parts| get(parts, "type"));
            let kind = kind.and_then(Value::as_str).unwrap_or("User");
            if !kind.eq_ignore_ascii_case("User") {
                return Err(BadResource::GroupInGroup);
            }
            let id = parts.map_or(Some(member), |parts| get(parts, "value"));
            members.push(id.and_then(Value::as_str).ok_or(MEMBERS)?.to_owned());
        }
        members.sort_unstable();
        members.dedup();
        Ok(Self {
            display_name: required(fields, "displayName")?,
            external_id: optional(fields, "externalId")?,
            members,
        })
    }

    /// As it is patched: members with their ids alone.
    #[must_use]
    pub fn fields(&self) -> Map<String, Value> {
        let mut fields = Map::new();
        fields.insert("displayName".to_owned(), self.display_name.clone().into());
        if let Some(id) = &self.external_id {
            fields.insert("externalId".to_owned(), id.clone().into());
        }
        let member =
            |id: &String| Value::Object(Map::from_iter([("value".into(), id.as_str().into())]));
        let members = self.members.iter().map(member).collect();
        fields.insert("members".to_owned(), Value::Array(members));
        fields
    }
}

/// What is kept of somebody beyond the name.
fn profile(fields: &Map<String, Value>) -> Result<Map<String, Value>, BadResource> {
    let mut profile = Map::new();
    if let Some(name) = optional(fields, "displayName")? {
        profile.insert("displayName".to_owned(), name.into());
    }
    match get(fields, "name") {
        None | Some(Value::Null) => {}
        Some(Value::Object(name)) => {
            let parts = texts(name, &NAME_PARTS);
            if !parts.is_empty() {
                profile.insert("name".to_owned(), Value::Object(parts));
            }
        }
        Some(_) => return Err(BadResource::Attribute("name")),
    }
    match get(fields, "emails") {
        None | Some(Value::Null) => {}
        Some(Value::Array(listed)) => {
            let emails = listed.iter().map(email).collect::<Result<Vec<_>, _>>()?;
            if !emails.is_empty() {
                profile.insert("emails".to_owned(), Value::Array(emails));
            }
        }
        Some(_) => return Err(BadResource::Attribute("emails")),
    }
    Ok(profile)
}

fn email(value: &Value) -> Result<Value, BadResource> {
    const EMAILS: BadResource = BadResource::Attribute("emails");
    let fields = value.as_object().ok_or(EMAILS)?;
    let mut parts = texts(fields, &EMAIL_PARTS);
    if let Some(is_first) = get(fields, "primary").and_then(boolean) {
        parts.insert("primary".to_owned(), is_first.into());
    }
    Ok(Value::Object(parts))
}

/// Those of these that are texts, under the names that we write.
fn texts(fields: &Map<String, Value>, names: &[&str]) -> Map<String, Value> {
    let text = |name: &&str| {
        let value = get(fields, name)?.as_str()?;
        Some(((*name).to_owned(), value.into()))
    };
    names.iter().filter_map(text).collect()
}

fn required(fields: &Map<String, Value>, name: &'static str) -> Result<String, BadResource> {
    let text = optional(fields, name)?.filter(|text| !text.is_empty());
    text.ok_or(BadResource::Attribute(name))
}

fn optional(
    fields: &Map<String, Value>,
    name: &'static str,
) -> Result<Option<String>, BadResource> {
    match get(fields, name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err(BadResource::Attribute(name)),
    }
}

/// Entra ID writes `"False"`.
fn boolean(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(is_so) => Some(*is_so),
        Value::String(text) if text.eq_ignore_ascii_case("true") => Some(true),
        Value::String(text) if text.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}
