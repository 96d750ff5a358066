//! Access tokens, by the API.

use ::acl::AccessMode;
use hyper::StatusCode;
use serde_json::json;

use super::client::{ApiPath, Remote};
use crate::cli::failure::Failure;
use crate::cli::token::{
    ListedToken, MadeToken, Tokens, WantedToken, no_token, token_exists, words,
};
use crate::environment;

fn tokens_of(user: &str) -> ApiPath {
    ApiPath::new("users").name(user).part("tokens")
}

impl Tokens for Remote {
    async fn add_token(&self, wanted: &WantedToken<'_>) -> Result<MadeToken, Failure> {
        let WantedToken {
            user,
            name,
            mailbox,
            ..
        } = *wanted;
        let now = environment::unix_seconds();
        let body = json!({
            "name": name,
            "services": words(wanted.services),
            "mailbox": mailbox,
            "read_only": wanted.mode == AccessMode::ReadOnly,
            "expires_in": wanted.expires_at.map(|at| at.saturating_sub(now).max(1)),
        });
        match self.post(&tokens_of(user), &body).await {
            Ok(made) => Ok(made.read()?),
            Err(refusal) if refusal.is(StatusCode::NOT_FOUND) => {
                let has_user = self.has(&ApiPath::new("users").name(user)).await?;
                Err(match mailbox {
                    Some(mailbox) if has_user => Failure::no_mailbox(mailbox),
                    Some(_) | None => Failure::no_user(user),
                })
            }
            Err(refusal) => Err(refusal
                .or(StatusCode::CONFLICT, || token_exists(user, name))
                .into()),
        }
    }

    async fn list_tokens(&self, user: Option<&str>) -> Result<Vec<ListedToken>, Failure> {
        let Some(user) = user else {
            return Ok(self.list(&ApiPath::new("tokens"), usize::MAX).await?);
        };
        let listed = self.list(&tokens_of(user), usize::MAX).await;
        Ok(listed.map_err(|refusal| refusal.or_none(|| Failure::no_user(user)))?)
    }

    async fn remove_token(&self, user: &str, name: &str) -> Result<(), Failure> {
        match self.delete(&tokens_of(user).name(name)).await {
            Err(refusal) if refusal.is(StatusCode::NOT_FOUND) => {
                // Of whom nothing may be known there is no token either.
                let listed = self.list::<ListedToken>(&tokens_of(user), 1).await;
                listed.map_err(|refusal| refusal.or_none(|| Failure::no_user(user)))?;
                Err(no_token(user, name))
            }
            done => Ok(done?),
        }
    }
}
