//! Groups, by the API.

use hyper::StatusCode;
use serde::Deserialize;
use serde_json::json;

use super::client::{ApiPath, Remote};
use super::refusal::Refusal;
use crate::cli::failure::Failure;
use crate::cli::group::{Groups, ListedGroup, group_exists, inner_group, no_group};

/// A group as the API tells it: groups are among its members.
#[derive(Debug, Deserialize)]
struct ApiGroup {
    name: String,
    members: Vec<String>,
}

fn group(name: &str) -> ApiPath {
    ApiPath::new("groups").name(name)
}

impl Remote {
    /// What was not there: the group, or who should be in it.
    async fn not_there(&self, refusal: Refusal, name: &str, member: &str) -> Failure {
        if !refusal.is(StatusCode::NOT_FOUND) {
            return refusal.into();
        }
        match self.has(&group(name)).await {
            Ok(true) if inner_group(member).is_none() => Failure::no_user(member),
            Ok(_) => no_group(name),
            Err(refusal) => refusal.into(),
        }
    }
}

impl Groups for Remote {
    async fn add_group(&self, name: &str) -> Result<(), Failure> {
        let added = self
            .post(&ApiPath::new("groups"), &json!({ "name": name }))
            .await;
        added.map_err(|refusal| refusal.or(StatusCode::CONFLICT, || group_exists(name)))?;
        Ok(())
    }

    async fn delete_group(&self, name: &str) -> Result<(), Failure> {
        let deleted = self.delete(&group(name)).await;
        Ok(deleted.map_err(|refusal| refusal.or_none(|| no_group(name)))?)
    }

    async fn list_groups(&self) -> Result<Vec<ListedGroup>, Failure> {
        let groups: Vec<ApiGroup> = self.list(&ApiPath::new("groups"), usize::MAX).await?;
        let listed = groups.into_iter().map(|ApiGroup { name, members }| {
            let is_group = |member: &String| inner_group(member).is_some();
            let (groups, members): (Vec<_>, Vec<_>) = members.into_iter().partition(is_group);
            ListedGroup {
                name,
                members,
                groups: groups.iter().filter_map(|it| inner_group(it)).collect(),
            }
        });
        Ok(listed.collect())
    }

    async fn add_member(&self, name: &str, member: &str) -> Result<(), Failure> {
        let path = group(name).part("members").name(member);
        match self.put(&path, None).await {
            Ok(()) => Ok(()),
            Err(refusal) => Err(self.not_there(refusal, name, member).await),
        }
    }

    async fn remove_member(&self, name: &str, member: &str) -> Result<(), Failure> {
        let path = group(name).part("members").name(member);
        match self.delete(&path).await {
            Ok(()) => Ok(()),
            Err(refusal) => Err(self.not_there(refusal, name, member).await),
        }
    }
}
