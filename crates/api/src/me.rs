//! Who the token lets in.

use acl::{AccessMode, domain_of};
use serde::Serialize;
use utoipa::ToSchema;

use crate::answer::Answer;
use crate::asker::Asker;
use crate::conditions::Conditions;
use crate::problem::Problem;

/// Whose token it is, and what it is good for.
#[derive(Debug, Serialize, ToSchema)]
struct Me {
    /// The account's name.
    user: String,
    /// Of which domain the account is; null for the site's own.
    domain: Option<String>,
    /// Whether this is a site administrator.
    administrator: bool,
    /// As the owner calls the token; null for a token of an identity provider.
    token: Option<String>,
    /// Whether the token only reads.
    read_only: bool,
    /// How the names of shared mailboxes begin.
    #[schema(example = "Shared Folders/")]
    shared: String,
}

/// Say whose token it is, and what it is good for.
#[utoipa::path(get, path = "/me", tag = "me", responses((status = 200, body = Me)))]
pub(crate) async fn show_me(asker: Asker, conditions: Conditions) -> Result<Answer, Problem> {
    let mode = asker.token.as_ref().map(|token| token.mode);
    let me = Me {
        user: asker.account.name.clone(),
        domain: domain_of(&asker.account.name).map(str::to_owned),
        administrator: asker.account.is_admin,
        token: asker.token.as_ref().map(|token| token.name.clone()),
        read_only: mode == Some(AccessMode::ReadOnly),
        shared: asker.site().namespaces.shared().to_owned(),
    };
    Answer::shown(&me, &conditions)
}
