//! Who asks: a directory, by a site administrator's token that is for SCIM.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use store::Store;

use super::problem::ScimProblem;
use crate::asker::{Asker, Door, Shared};

/// A directory that was let in for this one request.
#[derive(Debug)]
pub(crate) struct Directory(Asker);

const DOOR: Door = Door {
    is_opened_by: |services| services.scim,
    takes_bearers: false,
    name: "SCIM",
};

impl FromRequestParts<Arc<Shared>> for Directory {
    type Rejection = ScimProblem;

    async fn from_request_parts(
        parts: &mut Parts,
        shared: &Arc<Shared>,
    ) -> Result<Self, ScimProblem> {
        let asker = Asker::enter(parts, shared, DOOR).await?;
        asker.check_administrator()?;
        Ok(Self(asker))
    }
}

impl Directory {
    /// By which it reads and writes.
    pub(super) const fn store(&self) -> &Store {
        &self.0.store
    }

    /// For the log.
    pub(super) const fn account(&self) -> i64 {
        self.0.account.id.0
    }
}
