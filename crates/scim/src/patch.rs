//! PATCH (RFC 7644, 3.5.2), as directories send it: with names of operations in any case, booleans in quotes, and values by a path or
//! without one.

use std::collections::HashSet;

use mail::limits::SCIM_PATCH_OPERATIONS_MAX;
use serde_json::{Map, Value};

use crate::attribute::{AttributePath, get, key};
use crate::filter::Filter;

/// What shall be done with a resource, one after the other.
#[derive(Clone, Debug, PartialEq)]
pub struct Patch(Vec<Operation>);

/// Why a patch is none, or changes nothing here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadPatch {
    /// It is not written as RFC 7644 has it.
    #[error("{0}")]
    Syntax(&'static str),
    /// A path is none.
    #[error("the path cannot be read")]
    Path,
    /// What shall be changed is not there.
    #[error("nothing is there that the path means")]
    NoTarget,
    /// Only we say that.
    #[error("the attribute is not for writing")]
    ReadOnly,
    /// A value is missing, or is of another kind.
    #[error("the value does not fit the attribute")]
    Value,
}

#[derive(Clone, Debug, PartialEq)]
struct Operation {
    kind: Kind,
    /// `None` for all that the value names.
    path: Option<PatchPath>,
    value: Option<Value>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Add,
    Remove,
    Replace,
}

/// `active`, `name.givenName`, `members[value eq "…"]`, `emails[type eq "work"].value`.
#[derive(Clone, Debug, PartialEq)]
struct PatchPath {
    attribute: AttributePath,
    filter: Option<Filter>,
}

const NO_OPERATIONS: BadPatch = BadPatch::Syntax("Operations must list what is to be done");

impl Patch {
    /// Reads the body of a PATCH.
    ///
    /// # Errors
    ///
    /// [`BadPatch`] says what is wrong.
    pub fn read(body: &Value) -> Result<Self, BadPatch> {
        let fields = body.as_object().ok_or(NO_OPERATIONS)?;
        let operations = get(fields, "Operations").and_then(Value::as_array);
        let operations = operations.ok_or(NO_OPERATIONS)?;
        if operations.len() > SCIM_PATCH_OPERATIONS_MAX {
            return Err(BadPatch::Syntax("there are too many operations"));
        }
        operations
            .iter()
            .map(Operation::read)
            .collect::<Result<_, _>>()
            .map(Self)
    }

    /// Changes a resource; where it fails, the resource is of no use any more.
    ///
    /// # Errors
    ///
    /// [`BadPatch`] says why the whole patch is not done.
    pub fn apply(&self, resource: &mut Map<String, Value>) -> Result<(), BadPatch> {
        for operation in &self.0 {
            operation.apply(resource)?;
        }
        Ok(())
    }
}

impl Operation {
    fn read(value: &Value) -> Result<Self, BadPatch> {
        let fields = value.as_object().ok_or(NO_OPERATIONS)?;
        let name = get(fields, "op").and_then(Value::as_str);
        let kind = match name.map(str::to_ascii_lowercase).as_deref() {
            Some("add") => Kind::Add,
            Some("remove") => Kind::Remove,
            Some("replace") => Kind::Replace,
            _ => return Err(BadPatch::Syntax("op is add, remove or replace")),
        };
        let path = match get(fields, "path") {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) if text.trim().is_empty() => None,
            Some(Value::String(text)) => Some(PatchPath::parse(text)?),
            Some(_) => return Err(BadPatch::Path),
        };
        let value = get(fields, "value").cloned();
        match (kind, &path, &value) {
            (Kind::Remove, None, _) => Err(BadPatch::NoTarget),
            (Kind::Add | Kind::Replace, _, None) => Err(BadPatch::Value),
            _ => Ok(Self { kind, path, value }),
        }
    }

    fn apply(&self, resource: &mut Map<String, Value>) -> Result<(), BadPatch> {
        let value = self.value.as_ref();
        let Some(path) = &self.path else {
            return self.apply_all(resource);
        };
        if path.attribute.is_foreign {
            return Ok(());
        }
        if path.attribute.is_read_only() {
            return Err(BadPatch::ReadOnly);
        }
        match &path.filter {
            Some(filter) => change_elements(resource, path, filter, self.kind, value),
            None => change(resource, &path.attribute, self.kind, value),
        }
    }

    /// The value names the attributes itself, some by a path. What only we say is read over: directories send it back to us.
    fn apply_all(&self, resource: &mut Map<String, Value>) -> Result<(), BadPatch> {
        let fields = self.value.as_ref().and_then(Value::as_object);
        for (name, value) in fields.ok_or(BadPatch::Value)? {
            let Ok(path) = PatchPath::parse(name) else {
                continue;
            };
            if path.attribute.is_foreign || path.attribute.is_read_only() {
                continue;
            }
            match &path.filter {
                Some(filter) => change_elements(resource, &path, filter, self.kind, Some(value))?,
                None => change(resource, &path.attribute, self.kind, Some(value))?,
            }
        }
        Ok(())
    }
}

impl PatchPath {
    fn parse(text: &str) -> Result<Self, BadPatch> {
        let text = text.trim();
        let (name, filter, sub) = match text.split_once('[') {
            None => (text, None, None),
            Some((name, rest)) => {
                let (filter, behind) = rest.rsplit_once(']').ok_or(BadPatch::Path)?;
                let filter = Filter::parse(filter).map_err(|_| BadPatch::Path)?;
                let sub = match behind {
                    "" => None,
                    behind => Some(behind.strip_prefix('.').ok_or(BadPatch::Path)?),
                };
                (name, Some(filter), sub)
            }
        };
        let whole = sub.map_or_else(|| name.to_owned(), |sub| format!("{name}.{sub}"));
        let attribute = AttributePath::parse(&whole).ok_or(BadPatch::Path)?;
        if filter.is_some() && !attribute.is_foreign && !attribute.is_multiple() {
            return Err(BadPatch::Path);
        }
        Ok(Self { attribute, filter })
    }
}

/// Of an attribute as a whole, or of one part of it.
fn change(
    resource: &mut Map<String, Value>,
    attribute: &AttributePath,
    kind: Kind,
    value: Option<&Value>,
) -> Result<(), BadPatch> {
    let key = key(resource, &attribute.name);
    let is_nothing = value.is_none_or(Value::is_null);
    match (&attribute.sub, attribute.is_multiple()) {
        (None, true) => change_list(resource, &key, kind, value)?,
        (Some(sub), true) => {
            let elements = resource.get_mut(&key).and_then(Value::as_array_mut);
            for element in elements.into_iter().flatten() {
                set_part(element, sub, kind, value)?;
            }
        }
        (Some(sub), false) => {
            let whole = resource
                .entry(key)
                .or_insert_with(|| Value::Object(Map::new()));
            if !whole.is_object() {
                *whole = Value::Object(Map::new());
            }
            set_part(whole, sub, kind, value)?;
        }
        (None, false) if kind == Kind::Remove || is_nothing => {
            resource.remove(&key);
        }
        (None, false) => {
            let value = value.cloned().unwrap_or_default();
            match (resource.get_mut(&key), value) {
                // What is not named stays (RFC 7644, 3.5.2.3).
                (Some(Value::Object(fields)), Value::Object(new)) => fields.extend(new),
                (_, value) => {
                    resource.insert(key, value);
                }
            }
        }
    }
    Ok(())
}

/// Of all values of an attribute that has several.
fn change_list(
    resource: &mut Map<String, Value>,
    key: &str,
    kind: Kind,
    value: Option<&Value>,
) -> Result<(), BadPatch> {
    let named: Vec<Value> = match value {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(elements)) => elements.clone(),
        Some(element) => vec![element.clone()],
    };
    let is_element = |value: &Value| value.is_object() || value.is_string();
    if !named.iter().all(is_element) {
        return Err(BadPatch::Value);
    }
    let kept = match resource.remove(key) {
        Some(Value::Array(elements)) => elements,
        Some(_) | None => Vec::new(),
    };
    let changed = match kind {
        Kind::Replace => named,
        Kind::Add => {
            let mut known: HashSet<String> = kept.iter().map(identity).collect();
            let new = named
                .into_iter()
                .filter(|value| known.insert(identity(value)));
            let new: Vec<Value> = new.collect();
            kept.into_iter().chain(new).collect()
        }
        // Without values, all.
        Kind::Remove if named.is_empty() => Vec::new(),
        Kind::Remove => {
            let gone: HashSet<String> = named.iter().map(identity).collect();
            let stays = |value: &Value| !gone.contains(&identity(value));
            kept.into_iter().filter(stays).collect()
        }
    };
    resource.insert(key.to_owned(), Value::Array(changed));
    Ok(())
}

/// What makes two values of an attribute the same: `value`, whatever else is said of them.
fn identity(element: &Value) -> String {
    let value = element.as_object().and_then(|fields| get(fields, "value"));
    match value.unwrap_or(element) {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Of the values that a filter means.
fn change_elements(
    resource: &mut Map<String, Value>,
    path: &PatchPath,
    filter: &Filter,
    kind: Kind,
    value: Option<&Value>,
) -> Result<(), BadPatch> {
    let key = key(resource, &path.attribute.name);
    let elements = resource.entry(key).or_insert_with(|| Value::Array(vec![]));
    let Value::Array(elements) = elements else {
        return Err(BadPatch::NoTarget);
    };
    let sub = path.attribute.sub.as_deref();
    if kind == Kind::Remove && sub.is_none() {
        elements.retain(|element| !filter.holds(element));
        return Ok(());
    }
    let mut is_there = false;
    for element in elements.iter_mut().filter(|element| filter.holds(element)) {
        is_there = true;
        change_element(element, sub, kind, value)?;
    }
    if is_there || kind == Kind::Remove {
        return Ok(());
    }
    // Directories set the address for work where there is none.
    let mut new = Value::Object(filter.described().ok_or(BadPatch::NoTarget)?);
    change_element(&mut new, sub, kind, value)?;
    elements.push(new);
    Ok(())
}

fn change_element(
    element: &mut Value,
    sub: Option<&str>,
    kind: Kind,
    value: Option<&Value>,
) -> Result<(), BadPatch> {
    if let Some(sub) = sub {
        return set_part(element, sub, kind, value);
    }
    let fields = element.as_object_mut().ok_or(BadPatch::NoTarget)?;
    let new = value.and_then(Value::as_object).ok_or(BadPatch::Value)?;
    fields.extend(new.clone());
    Ok(())
}

fn set_part(
    whole: &mut Value,
    sub: &str,
    kind: Kind,
    value: Option<&Value>,
) -> Result<(), BadPatch> {
    let fields = whole.as_object_mut().ok_or(BadPatch::NoTarget)?;
    let key = key(fields, sub);
    match value.filter(|value| !value.is_null() && kind != Kind::Remove) {
        Some(value) => fields.insert(key, value.clone()),
        None => fields.remove(&key),
    };
    Ok(())
}
