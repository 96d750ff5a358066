//! Accounts, as a directory keeps them.

use scim::{ResourceKind, UserResource};
use serde_json::{Map, Value, json};
use store::{Fault, NewScimUser, ScimQuery, ScimUser, Store};

use super::answer::{Meta, Resource};
use super::kept::Kept;
use super::problem::ScimProblem;

impl Kept for ScimUser {
    type Said = UserResource;

    const KIND: ResourceKind = ResourceKind::User;
    const NAME: &'static str = "userName";
    const TAKEN: &'static str = "The name is taken: by another user, by a site administrator, or by an account that is disabled. Who was \
                                 deleted comes back with the same externalId alone.";
    const IS_TOLD_AFTER_PATCH: bool = true;

    fn read(body: &Value) -> Result<UserResource, ScimProblem> {
        Ok(UserResource::read(body)?)
    }

    fn fields(said: &UserResource) -> Map<String, Value> {
        said.fields()
    }

    fn name(said: &UserResource) -> &str {
        &said.user_name
    }

    fn said(&self) -> UserResource {
        UserResource {
            user_name: self.user_name.clone(),
            external_id: self.external_id.clone(),
            is_active: Some(!self.is_disabled),
            // It was JSON when it came.
            profile: serde_json::from_str(&self.profile).unwrap_or_default(),
        }
    }

    fn resource(&self) -> Resource {
        let mut fields = self.said().fields();
        if !self.groups.is_empty() {
            let group = |(id, name): &(String, String)| json!({"value": id, "$ref": ResourceKind::Group.location(id), "display": name, "type": "direct"});
            let groups = self.groups.iter().map(group).collect();
            fields.insert("groups".to_owned(), Value::Array(groups));
        }
        let meta = Meta {
            id: &self.id,
            created: &self.created_at,
            changed: &self.changed_at,
        };
        Resource::new(Self::KIND, Value::Object(fields), &meta)
    }

    fn completed(mut new: UserResource, known: &UserResource) -> UserResource {
        new.is_active = new.is_active.or(known.is_active);
        new
    }

    async fn count(store: &Store) -> Result<i64, Fault> {
        store.count_scim_users().await
    }

    async fn find(store: &Store, query: ScimQuery<'_>) -> Result<Vec<Self>, Fault> {
        store.scim_users(query).await
    }

    async fn enter(store: &Store, new: &UserResource) -> Result<(), Fault> {
        let profile = profile(new);
        let entered = store.enter_scim_user(&record(new, &profile)).await;
        entered.map(drop)
    }

    async fn change(&self, store: &Store, new: &UserResource) -> Result<(), Fault> {
        let profile = profile(new);
        store.change_scim_user(self, &record(new, &profile)).await
    }

    async fn delete(&self, store: &Store) -> Result<(), Fault> {
        store.delete_scim_user(self).await
    }
}

fn profile(user: &UserResource) -> String {
    Value::Object(user.profile.clone()).to_string()
}

fn record<'u>(user: &'u UserResource, profile: &'u str) -> NewScimUser<'u> {
    NewScimUser {
        user_name: &user.user_name,
        external_id: user.external_id.as_deref(),
        is_active: user.is_active.unwrap_or(true),
        profile,
    }
}
