//! Accounts, by the API.

use hyper::StatusCode;
use serde_json::json;

use super::client::{ApiPath, Remote};
use crate::cli::failure::Failure;
use crate::cli::user::{ListedUser, NewUser, Users, user_exists};

fn user(name: &str) -> ApiPath {
    ApiPath::new("users").name(name)
}

impl Remote {
    async fn set_disabled(&self, name: &str, is_disabled: bool) -> Result<(), Failure> {
        let change = json!({ "disabled": is_disabled });
        let changed = self.patch(&user(name), &change).await;
        Ok(changed.map_err(|refusal| refusal.or_none(|| Failure::no_user(name)))?)
    }
}

impl Users for Remote {
    /// The server judges it, and hashes it.
    type Password = String;

    fn new_password(&self, text: String) -> Result<String, Failure> {
        Ok(text)
    }

    async fn add_user(&self, new: &NewUser<'_, String>) -> Result<(), Failure> {
        let wanted = json!({
            "name": new.name,
            "password": new.password,
            "administrator": new.is_admin,
            "folders": new.with_folders,
        });
        let added = self.post(&ApiPath::new("users"), &wanted).await;
        added.map_err(|refusal| refusal.or(StatusCode::CONFLICT, || user_exists(new.name)))?;
        Ok(())
    }

    async fn set_password(&self, name: &str, password: Option<&String>) -> Result<(), Failure> {
        let path = user(name).part("password");
        let set = match password {
            Some(password) => {
                self.put(&path, Some(&json!({ "password": password })))
                    .await
            }
            None => self.delete(&path).await,
        };
        Ok(set.map_err(|refusal| refusal.or_none(|| Failure::no_user(name)))?)
    }

    async fn disable_user(&self, name: &str) -> Result<(), Failure> {
        self.set_disabled(name, true).await
    }

    async fn enable_user(&self, name: &str) -> Result<(), Failure> {
        self.set_disabled(name, false).await
    }

    async fn delete_user(&self, name: &str) -> Result<(), Failure> {
        let deleted = self.delete(&user(name)).await;
        Ok(deleted.map_err(|refusal| refusal.or_none(|| Failure::no_user(name)))?)
    }

    async fn list_users(&self) -> Result<Vec<ListedUser>, Failure> {
        Ok(self.list(&ApiPath::new("users"), usize::MAX).await?)
    }
}
