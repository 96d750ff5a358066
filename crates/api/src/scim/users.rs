//! Accounts, as a directory keeps them.

use axum::response::Response;
use scim::{Patch, ResourceKind, UserResource};
use serde_json::{Map, Value, json};
use store::{Fault, NewScimUser, ScimQuery, ScimUser};
use tracing::info;

use super::answer::{self, Meta, Resource};
use super::directory::Directory;
use super::input::{Body, Id};
use super::listed::Listed;
use super::problem::ScimProblem;
use crate::conditions::Conditions;
use crate::problem::Problem;

const KIND: ResourceKind = ResourceKind::User;

const TAKEN: &str = "The name is taken: by another user, by a site administrator, or by an account that is disabled. Who was \
                     deleted comes back with the same externalId alone.";

/// As often something is done anew that somebody else was faster with.
pub(super) const TRIES: usize = 5;

pub(super) async fn list(directory: Directory, listed: Listed) -> Result<Response, ScimProblem> {
    listed.check(KIND)?;
    let store = directory.store();
    let total = match listed.has_filter() {
        true => 0,
        false => store.count_scim_users().await?,
    };
    let users = store.scim_users(listed.query("userName")).await?;
    let found = users.iter().map(|user| resource(user).into_value());
    let (total, part) = listed.cut(found.collect(), total);
    answer::list(&listed, total, part)
}

pub(super) async fn create(
    directory: Directory,
    listed: Listed,
    Body(body): Body,
) -> Result<Response, ScimProblem> {
    let new = UserResource::read(&body)?;
    let profile = Value::Object(new.profile.clone()).to_string();
    let store = directory.store();
    let entered = store.enter_scim_user(&record(&new, &profile)).await;
    entered.map_err(taken)?;
    info!(user.id = directory.account(), "a directory brought a user");
    let query = ScimQuery {
        name: Some(&new.user_name),
        ..ScimQuery::default()
    };
    resource(&first(&directory, query).await?).made(&listed.shape)
}

pub(super) async fn show(
    directory: Directory,
    Id(id): Id,
    listed: Listed,
    conditions: Conditions,
) -> Result<Response, ScimProblem> {
    let user = find(&directory, &id).await?;
    resource(&user).shown(&listed.shape, &conditions)
}

pub(super) async fn replace(
    directory: Directory,
    Id(id): Id,
    listed: Listed,
    conditions: Conditions,
    Body(body): Body,
) -> Result<Response, ScimProblem> {
    let new = UserResource::read(&body)?;
    let user = change(&directory, &id, &conditions, |_| Ok(new.clone())).await?;
    resource(&user).changed(&listed.shape)
}

pub(super) async fn patch(
    directory: Directory,
    Id(id): Id,
    listed: Listed,
    conditions: Conditions,
    Body(body): Body,
) -> Result<Response, ScimProblem> {
    let patch = Patch::read(&body)?;
    let patched = |known: &UserResource| {
        let mut fields = known.fields();
        patch.apply(&mut fields)?;
        Ok(UserResource::read(&Value::Object(fields))?)
    };
    let user = change(&directory, &id, &conditions, patched).await?;
    resource(&user).changed(&listed.shape)
}

pub(super) async fn delete(
    directory: Directory,
    Id(id): Id,
    conditions: Conditions,
) -> Result<Response, ScimProblem> {
    let user = find(&directory, &id).await?;
    conditions.check(Some(&resource(&user).tag))?;
    directory.store().delete_scim_user(&user).await?;
    info!(user.id = directory.account(), "a directory deleted a user");
    answer::done()
}

/// Makes of a user what `changed` says, and returns what is there then.
async fn change(
    directory: &Directory,
    id: &str,
    conditions: &Conditions,
    changed: impl Fn(&UserResource) -> Result<UserResource, ScimProblem>,
) -> Result<ScimUser, ScimProblem> {
    for _ in 0..TRIES {
        let user = find(directory, id).await?;
        conditions.check(Some(&resource(&user).tag))?;
        let known = said(&user);
        let mut new = changed(&known)?;
        // Who says nothing of it leaves it as it is.
        new.is_active = new.is_active.or(known.is_active);
        if new == known {
            return Ok(user);
        }
        let profile = Value::Object(new.profile.clone()).to_string();
        let store = directory.store();
        match store.change_scim_user(&user, &record(&new, &profile)).await {
            Err(Fault::Stale) => {}
            Err(fault) => return Err(taken(fault)),
            Ok(()) => {
                info!(user.id = directory.account(), "a directory changed a user");
                return find(directory, id).await;
            }
        }
    }
    Err(Problem::Unavailable.into())
}

async fn find(directory: &Directory, id: &str) -> Result<ScimUser, ScimProblem> {
    let query = ScimQuery {
        id: Some(id),
        ..ScimQuery::default()
    };
    first(directory, query).await
}

async fn first(directory: &Directory, query: ScimQuery<'_>) -> Result<ScimUser, ScimProblem> {
    let mut users = directory.store().scim_users(query).await?;
    Ok(users.pop().ok_or(Problem::NotFound)?)
}

fn taken(fault: Fault) -> ScimProblem {
    match fault {
        Fault::Exists => ScimProblem::taken(TAKEN),
        fault => fault.into(),
    }
}

fn record<'u>(user: &'u UserResource, profile: &'u str) -> NewScimUser<'u> {
    NewScimUser {
        user_name: &user.user_name,
        external_id: user.external_id.as_deref(),
        is_active: user.is_active.unwrap_or(true),
        profile,
    }
}

/// What the directory said last, with what became of it.
fn said(user: &ScimUser) -> UserResource {
    // It was JSON when it came.
    let profile: Map<String, Value> = serde_json::from_str(&user.profile).unwrap_or_default();
    UserResource {
        user_name: user.user_name.clone(),
        external_id: user.external_id.clone(),
        is_active: Some(!user.is_disabled),
        profile,
    }
}

fn resource(user: &ScimUser) -> Resource {
    let mut fields = said(user).fields();
    if !user.groups.is_empty() {
        let group = |(id, name): &(String, String)| json!({"value": id, "$ref": ResourceKind::Group.location(id), "display": name, "type": "direct"});
        let groups = user.groups.iter().map(group).collect();
        fields.insert("groups".to_owned(), Value::Array(groups));
    }
    let meta = Meta {
        id: &user.id,
        created: &user.created_at,
        changed: &user.changed_at,
    };
    Resource::new(KIND, Value::Object(fields), &meta)
}
