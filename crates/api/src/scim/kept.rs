//! What is done with users and groups alike (RFC 7644, 3.3 to 3.6).

use axum::response::Response;
use scim::{Patch, ResourceKind};
use serde_json::{Map, Value};
use store::{Fault, ScimQuery, Store};
use tracing::info;

use super::answer::{self, Resource};
use super::directory::Directory;
use super::input::{Body, Id};
use super::listed::Listed;
use super::problem::ScimProblem;
use crate::conditions::Conditions;
use crate::problem::Problem;

/// As often something is done anew that somebody else was faster with.
const TRIES: usize = 5;

/// A user or a group that a directory keeps, as the database has it.
pub(super) trait Kept: Sized + Send + Sync {
    /// What the directory says of one.
    type Said: Clone + PartialEq + Send + Sync;

    const KIND: ResourceKind;
    /// The attribute that names it.
    const NAME: &'static str;
    /// Why somebody else's name cannot be had.
    const TAKEN: &'static str;
    /// Whether what a PATCH has made of it is told: it may be long, and directories need not read it (RFC 7644, 3.5.2).
    const IS_TOLD_AFTER_PATCH: bool;

    fn read(body: &Value) -> Result<Self::Said, ScimProblem>;
    fn fields(said: &Self::Said) -> Map<String, Value>;
    fn name(said: &Self::Said) -> &str;
    /// What the directory said last, with what became of it.
    fn said(&self) -> Self::Said;
    fn resource(&self) -> Resource;
    /// With what stays as it is where nothing is said of it.
    fn completed(new: Self::Said, known: &Self::Said) -> Self::Said;

    fn count(store: &Store) -> impl Future<Output = Result<i64, Fault>> + Send;
    fn find(
        store: &Store,
        query: ScimQuery<'_>,
    ) -> impl Future<Output = Result<Vec<Self>, Fault>> + Send;
    fn enter(store: &Store, new: &Self::Said) -> impl Future<Output = Result<(), Fault>> + Send;
    fn change(
        &self,
        store: &Store,
        new: &Self::Said,
    ) -> impl Future<Output = Result<(), Fault>> + Send;
    fn delete(&self, store: &Store) -> impl Future<Output = Result<(), Fault>> + Send;
}

pub(super) async fn list<K: Kept>(
    directory: Directory,
    listed: Listed,
) -> Result<Response, ScimProblem> {
    listed.check(K::KIND)?;
    let store = directory.store();
    let total = if listed.has_filter() {
        0
    } else {
        K::count(store).await?
    };
    let kept = K::find(store, listed.query(K::NAME)).await?;
    let found = kept.iter().map(|one| one.resource().into_value());
    let (total, part) = listed.cut(found.collect(), total);
    answer::list(&listed, total, part)
}

pub(super) async fn create<K: Kept>(
    directory: Directory,
    listed: Listed,
    Body(body): Body,
) -> Result<Response, ScimProblem> {
    let new = K::read(&body)?;
    let entered = K::enter(directory.store(), &new).await;
    entered.map_err(taken::<K>)?;
    note::<K>(&directory, "a directory brought somebody");
    let query = ScimQuery {
        name: Some(K::name(&new)),
        ..ScimQuery::default()
    };
    let made: K = first(&directory, query).await?;
    made.resource().made(&listed.shape)
}

pub(super) async fn show<K: Kept>(
    directory: Directory,
    Id(id): Id,
    listed: Listed,
    conditions: Conditions,
) -> Result<Response, ScimProblem> {
    let kept: K = find(&directory, &id).await?;
    kept.resource().shown(&listed.shape, &conditions)
}

pub(super) async fn replace<K: Kept>(
    directory: Directory,
    Id(id): Id,
    listed: Listed,
    conditions: Conditions,
    Body(body): Body,
) -> Result<Response, ScimProblem> {
    let new = K::read(&body)?;
    let kept: K = change(&directory, &id, &conditions, |_| Ok(new.clone())).await?;
    kept.resource().changed(&listed.shape)
}

pub(super) async fn patch<K: Kept>(
    directory: Directory,
    Id(id): Id,
    listed: Listed,
    conditions: Conditions,
    Body(body): Body,
) -> Result<Response, ScimProblem> {
    let patch = Patch::read(&body)?;
    let patched = |known: &K::Said| {
        let mut fields = K::fields(known);
        patch.apply(&mut fields)?;
        K::read(&Value::Object(fields))
    };
    let kept: K = change(&directory, &id, &conditions, patched).await?;
    if K::IS_TOLD_AFTER_PATCH {
        kept.resource().changed(&listed.shape)
    } else {
        answer::done()
    }
}

pub(super) async fn delete<K: Kept>(
    directory: Directory,
    Id(id): Id,
    conditions: Conditions,
) -> Result<Response, ScimProblem> {
    let kept: K = find(&directory, &id).await?;
    conditions.check(Some(&kept.resource().tag))?;
    kept.delete(directory.store()).await?;
    note::<K>(&directory, "a directory deleted somebody");
    answer::done()
}

/// Makes of it what `changed` says, and returns what is there then.
async fn change<K: Kept>(
    directory: &Directory,
    id: &str,
    conditions: &Conditions,
    changed: impl Fn(&K::Said) -> Result<K::Said, ScimProblem>,
) -> Result<K, ScimProblem> {
    for _ in 0..TRIES {
        let kept: K = find(directory, id).await?;
        conditions.check(Some(&kept.resource().tag))?;
        let known = kept.said();
        let new = K::completed(changed(&known)?, &known);
        if new == known {
            return Ok(kept);
        }
        match kept.change(directory.store(), &new).await {
            Err(Fault::Stale) => {}
            Err(fault) => return Err(taken::<K>(fault)),
            Ok(()) => {
                note::<K>(directory, "a directory changed somebody");
                return find(directory, id).await;
            }
        }
    }
    Err(Problem::Unavailable.into())
}

fn note<K: Kept>(directory: &Directory, words: &str) {
    info!(
        user.id = directory.account(),
        resource = K::KIND.name(),
        "{words}"
    );
}

async fn find<K: Kept>(directory: &Directory, id: &str) -> Result<K, ScimProblem> {
    let query = ScimQuery {
        id: Some(id),
        ..ScimQuery::default()
    };
    first(directory, query).await
}

async fn first<K: Kept>(directory: &Directory, query: ScimQuery<'_>) -> Result<K, ScimProblem> {
    let mut kept = K::find(directory.store(), query).await?;
    Ok(kept.pop().ok_or(Problem::NotFound)?)
}

fn taken<K: Kept>(fault: Fault) -> ScimProblem {
    match fault {
        Fault::Exists => ScimProblem::taken(K::TAKEN),
        fault => fault.into(),
    }
}
