//! Groups, as a directory keeps them: what lists of rights name behind `group:`.

use scim::{GroupResource, ResourceKind};
use serde_json::{Map, Value, json};
use store::{Fault, NewScimGroup, ScimGroup, ScimQuery, Store};

use super::answer::{Meta, Resource};
use super::kept::Kept;
use super::problem::ScimProblem;

impl Kept for ScimGroup {
    type Said = GroupResource;

    const KIND: ResourceKind = ResourceKind::Group;
    const NAME: &'static str = "displayName";
    const TAKEN: &'static str = "There is a group of that name, which is kept in another way or is another one of the directory.";
    const IS_TOLD_AFTER_PATCH: bool = false;

    fn read(body: &Value) -> Result<GroupResource, ScimProblem> {
        Ok(GroupResource::read(body)?)
    }

    fn fields(said: &GroupResource) -> Map<String, Value> {
        said.fields()
    }

    fn name(said: &GroupResource) -> &str {
        &said.display_name
    }

    fn said(&self) -> GroupResource {
        let mut members: Vec<String> = self.members.iter().map(|(id, _)| id.clone()).collect();
        members.sort_unstable();
        GroupResource {
            display_name: self.display_name.clone(),
            external_id: self.external_id.clone(),
            members,
        }
    }

    fn resource(&self) -> Resource {
        let mut fields = self.said().fields();
        let member = |(id, name): &(String, String)| json!({"value": id, "$ref": ResourceKind::User.location(id), "display": name, "type": "User"});
        let members = self.members.iter().map(member).collect();
        fields.insert("members".to_owned(), Value::Array(members));
        let meta = Meta {
            id: &self.id,
            created: &self.created_at,
            changed: &self.changed_at,
        };
        Resource::new(Self::KIND, Value::Object(fields), &meta)
    }

    fn completed(new: GroupResource, _: &GroupResource) -> GroupResource {
        new
    }

    async fn count(store: &Store) -> Result<i64, Fault> {
        store.count_scim_groups().await
    }

    async fn find(store: &Store, query: ScimQuery<'_>) -> Result<Vec<Self>, Fault> {
        store.scim_groups(query).await
    }

    async fn enter(store: &Store, new: &GroupResource) -> Result<(), Fault> {
        store.keep_scim_group(None, &record(new)).await
    }

    async fn change(&self, store: &Store, new: &GroupResource) -> Result<(), Fault> {
        store.keep_scim_group(Some(self), &record(new)).await
    }

    async fn delete(&self, store: &Store) -> Result<(), Fault> {
        store.delete_scim_group(self).await
    }
}

fn record(group: &GroupResource) -> NewScimGroup<'_> {
    NewScimGroup {
        display_name: &group.display_name,
        external_id: group.external_id.as_deref(),
        members: &group.members,
    }
}
