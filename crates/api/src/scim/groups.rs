//! Groups, as a directory keeps them: what lists of rights name behind `group:`.

use axum::response::Response;
use scim::{GroupResource, Patch, ResourceKind};
use serde_json::{Value, json};
use store::{Fault, NewScimGroup, ScimGroup, ScimQuery};
use tracing::info;

use super::answer::{self, Meta, Resource};
use super::directory::Directory;
use super::input::{Body, Id};
use super::listed::Listed;
use super::problem::ScimProblem;
use super::users::TRIES;
use crate::conditions::Conditions;
use crate::problem::Problem;

const KIND: ResourceKind = ResourceKind::Group;

const TAKEN: &str = "There is a group of that name, which is kept in another way or is another one of the directory.";

pub(super) async fn list(directory: Directory, listed: Listed) -> Result<Response, ScimProblem> {
    listed.check(KIND)?;
    let store = directory.store();
    let total = match listed.has_filter() {
        true => 0,
        false => store.count_scim_groups().await?,
    };
    let groups = store.scim_groups(listed.query("displayName")).await?;
    let found = groups.iter().map(|group| resource(group).into_value());
    let (total, part) = listed.cut(found.collect(), total);
    answer::list(&listed, total, part)
}

pub(super) async fn create(
    directory: Directory,
    listed: Listed,
    Body(body): Body,
) -> Result<Response, ScimProblem> {
    let new = GroupResource::read(&body)?;
    let kept = directory.store().keep_scim_group(None, &record(&new)).await;
    kept.map_err(taken)?;
    info!(user.id = directory.account(), "a directory brought a group");
    let query = ScimQuery {
        name: Some(&new.display_name),
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
    let group = find(&directory, &id).await?;
    resource(&group).shown(&listed.shape, &conditions)
}

pub(super) async fn replace(
    directory: Directory,
    Id(id): Id,
    listed: Listed,
    conditions: Conditions,
    Body(body): Body,
) -> Result<Response, ScimProblem> {
    let new = GroupResource::read(&body)?;
    let group = change(&directory, &id, &conditions, |_| Ok(new.clone())).await?;
    resource(&group).changed(&listed.shape)
}

/// It is not told who is in it now: that may be long, and directories do not read it (RFC 7644, 3.5.2).
pub(super) async fn patch(
    directory: Directory,
    Id(id): Id,
    conditions: Conditions,
    Body(body): Body,
) -> Result<Response, ScimProblem> {
    let patch = Patch::read(&body)?;
    let patched = |known: &GroupResource| {
        let mut fields = known.fields();
        patch.apply(&mut fields)?;
        Ok(GroupResource::read(&Value::Object(fields))?)
    };
    change(&directory, &id, &conditions, patched).await?;
    answer::done()
}

pub(super) async fn delete(
    directory: Directory,
    Id(id): Id,
    conditions: Conditions,
) -> Result<Response, ScimProblem> {
    let group = find(&directory, &id).await?;
    conditions.check(Some(&resource(&group).tag))?;
    directory.store().delete_scim_group(&group).await?;
    info!(user.id = directory.account(), "a directory deleted a group");
    answer::done()
}

/// Makes of a group what `changed` says, and returns what is there then.
async fn change(
    directory: &Directory,
    id: &str,
    conditions: &Conditions,
    changed: impl Fn(&GroupResource) -> Result<GroupResource, ScimProblem>,
) -> Result<ScimGroup, ScimProblem> {
    for _ in 0..TRIES {
        let group = find(directory, id).await?;
        conditions.check(Some(&resource(&group).tag))?;
        let known = said(&group);
        let new = changed(&known)?;
        if new == known {
            return Ok(group);
        }
        let store = directory.store();
        match store.keep_scim_group(Some(&group), &record(&new)).await {
            Err(Fault::Stale) => {}
            Err(fault) => return Err(taken(fault)),
            Ok(()) => {
                info!(user.id = directory.account(), "a directory changed a group");
                return find(directory, id).await;
            }
        }
    }
    Err(Problem::Unavailable.into())
}

async fn find(directory: &Directory, id: &str) -> Result<ScimGroup, ScimProblem> {
    let query = ScimQuery {
        id: Some(id),
        ..ScimQuery::default()
    };
    first(directory, query).await
}

async fn first(directory: &Directory, query: ScimQuery<'_>) -> Result<ScimGroup, ScimProblem> {
    let mut groups = directory.store().scim_groups(query).await?;
    Ok(groups.pop().ok_or(Problem::NotFound)?)
}

fn taken(fault: Fault) -> ScimProblem {
    match fault {
        Fault::Exists => ScimProblem::taken(TAKEN),
        fault => fault.into(),
    }
}

fn record(group: &GroupResource) -> NewScimGroup<'_> {
    NewScimGroup {
        display_name: &group.display_name,
        external_id: group.external_id.as_deref(),
        members: &group.members,
    }
}

/// What the directory said last, with what became of it.
fn said(group: &ScimGroup) -> GroupResource {
    let mut members: Vec<String> = group.members.iter().map(|(id, _)| id.clone()).collect();
    members.sort_unstable();
    GroupResource {
        display_name: group.display_name.clone(),
        external_id: group.external_id.clone(),
        members,
    }
}

fn resource(group: &ScimGroup) -> Resource {
    let mut fields = said(group).fields();
    let member = |(id, name): &(String, String)| json!({"value": id, "$ref": ResourceKind::User.location(id), "display": name, "type": "User"});
    let members = group.members.iter().map(member).collect();
    fields.insert("members".to_owned(), Value::Array(members));
    let meta = Meta {
        id: &group.id,
        created: &group.created_at,
        changed: &group.changed_at,
    };
    Resource::new(KIND, Value::Object(fields), &meta)
}
