//! Accounts, for site administrators.

use serde::{Deserialize, Serialize};
use store::{Account, Store, Unchanged};
use tracing::info;
use utoipa::ToSchema;

use crate::answer::{Answer, location, tag};
use crate::asker::Asker;
use crate::conditions::Conditions;
use crate::input::{Input, Named};
use crate::paging::{Page, PageQuery};
use crate::problem::{Problem, ProblemDetails, sentence};
use crate::site::{BadPassword, HashedPassword};

/// An account.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = User)]
struct UserView {
    /// Its number, which no other account ever has.
    id: i64,
    /// By which somebody logs in.
    #[schema(example = "ada@example.org")]
    name: String,
    /// Whether this is a site administrator.
    administrator: bool,
    /// Whether nobody may log in to it now.
    disabled: bool,
    /// Whether it has a password of this site.
    password: bool,
}

/// An account that shall be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewUser {
    /// By which somebody will log in, in any case.
    #[schema(example = "ada@example.org", min_length = 1)]
    name: String,
    /// Without one nobody logs in by a password.
    #[schema(min_length = 1)]
    password: Option<String>,
    /// Whether it shall be a site administrator.
    #[serde(default)]
    administrator: bool,
    /// With Sent, Drafts, Trash, Archive and Junk.
    #[serde(default)]
    folders: bool,
}

/// What shall become of an account.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UserChange {
    /// Whether nobody may log in to it from now on. Sessions that are open end within a second.
    disabled: bool,
}

/// Another password.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPassword {
    /// At most 1024 bytes.
    #[schema(min_length = 1)]
    password: String,
}

impl From<&Account> for UserView {
    fn from(account: &Account) -> Self {
        Self {
            id: account.id.0,
            name: account.name.clone(),
            administrator: account.is_admin,
            disabled: account.is_disabled,
            password: account.password_hash.is_some(),
        }
    }
}

async fn find(asker: &Asker, name: &str) -> Result<Account, Problem> {
    asker.check_administrator()?;
    let account = asker.store.find_account(name).await?;
    account.ok_or(Problem::NotFound)
}

/// The same, and the store by which to change it. What ends one's own login would end this request, too.
async fn find_another(
    asker: &Asker,
    name: &str,
    conditions: &Conditions,
) -> Result<(Account, Store), Problem> {
    let account = find(asker, name).await?;
    conditions.check(Some(&tag(&UserView::from(&account))?))?;
    if account.id == asker.account.id {
        return Err(Problem::Conflict("That is the account of this token."));
    }
    let store = conditions.guard(&asker.store, Unchanged::from(&account))?;
    Ok((account, store))
}

async fn hash(asker: &Asker, password: &str) -> Result<HashedPassword, Problem> {
    let hashed = asker.site().password_hashing.hash(password).await;
    hashed.map_err(|bad| match bad {
        BadPassword::Unfit(words) => Problem::Unfit(sentence(&words)),
        BadPassword::NotHashed => Problem::Unavailable,
    })
}

/// List all accounts, by name.
#[utoipa::path(
    get,
    path = "/users",
    tag = "users",
    params(PageQuery),
    responses((status = 200, body = Page<UserView>)),
)]
pub(crate) async fn list_users(
    asker: Asker,
    page: PageQuery,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    asker.check_administrator()?;
    let after = page.after.as_deref();
    let accounts = asker.store.accounts_after(after, page.one_more()).await?;
    let views = accounts.iter().map(UserView::from).collect();
    let page = page.page(views, |view: &UserView| view.name.clone());
    Answer::shown(&page, &conditions)
}

/// Make an account, with an INBOX.
#[utoipa::path(
    post,
    path = "/users",
    tag = "users",
    request_body = NewUser,
    responses((status = 201, body = UserView), (status = 409, body = ProblemDetails)),
)]
pub(crate) async fn create_user(
    asker: Asker,
    Input(new): Input<NewUser>,
) -> Result<Answer, Problem> {
    asker.check_administrator()?;
    let hashed = match &new.password {
        Some(password) => Some(hash(&asker, password).await?),
        None => None,
    };
    let text = hashed.as_ref().map(|hashed| hashed.0.as_str());
    let (store, name) = (&asker.store, new.name.as_str());
    let created = if new.folders {
        store
            .create_account_with_folders(name, text, new.administrator)
            .await
    } else {
        store.create_account(name, text, new.administrator).await
    };
    let id = created?;
    if let Some((hashed, password)) = hashed.as_ref().zip(new.password.as_ref()) {
        let hashing = &asker.site().password_hashing;
        hashing.keep_verifier(id, name, password, hashed).await?;
    }
    info!(user.id = %asker.account.id, "created an account");
    let view = UserView::from(&find(&asker, name).await?);
    let there = location(&[("users", &view.name)]);
    Answer::made(&view, there)
}

/// Say what there is to know of an account.
#[utoipa::path(
    get,
    path = "/users/{user}",
    tag = "users",
    params(("user" = String, Path, description = "Its name, in any case.")),
    responses((status = 200, body = UserView)),
)]
pub(crate) async fn show_user(
    asker: Asker,
    Named(name): Named<String>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let account = find(&asker, &name).await?;
    Answer::shown(&UserView::from(&account), &conditions)
}

/// Let nobody log in to an account, or let it log in again.
#[utoipa::path(
    patch,
    path = "/users/{user}",
    tag = "users",
    params(("user" = String, Path, description = "Its name, in any case.")),
    request_body = UserChange,
    responses((status = 200, body = UserView), (status = 409, body = ProblemDetails)),
)]
pub(crate) async fn change_user(
    asker: Asker,
    Named(name): Named<String>,
    conditions: Conditions,
    Input(change): Input<UserChange>,
) -> Result<Answer, Problem> {
    let (account, store) = find_another(&asker, &name, &conditions).await?;
    conditions.judge(if change.disabled {
        store.disable_account(account.id).await
    } else {
        store.enable_account(account.id).await
    })?;
    info!(user.id = %asker.account.id, "disabled or enabled an account");
    let account = find(&asker, &name).await?;
    Answer::changed(&UserView::from(&account))
}

/// Delete an account with its mailboxes and all mail in them.
#[utoipa::path(
    delete,
    path = "/users/{user}",
    tag = "users",
    params(("user" = String, Path, description = "Its name, in any case.")),
    responses((status = 204), (status = 409, body = ProblemDetails)),
)]
pub(crate) async fn delete_user(
    asker: Asker,
    Named(name): Named<String>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let (account, store) = find_another(&asker, &name, &conditions).await?;
    conditions.judge(store.delete_account(account.id).await)?;
    info!(user.id = %asker.account.id, "deleted an account");
    Ok(Answer::done())
}

/// Give an account another password. Its open sessions end.
#[utoipa::path(
    put,
    path = "/users/{user}/password",
    tag = "users",
    params(("user" = String, Path, description = "Its name, in any case.")),
    request_body = NewPassword,
    responses((status = 204), (status = 409, body = ProblemDetails)),
)]
pub(crate) async fn set_password(
    asker: Asker,
    Named(name): Named<String>,
    conditions: Conditions,
    Input(new): Input<NewPassword>,
) -> Result<Answer, Problem> {
    let (account, store) = find_another(&asker, &name, &conditions).await?;
    let hashed = hash(&asker, &new.password).await?;
    conditions.judge(store.set_password(account.id, Some(&hashed.0)).await)?;
    let hashing = &asker.site().password_hashing;
    hashing
        .keep_verifier(account.id, &account.name, &new.password, &hashed)
        .await?;
    info!(user.id = %asker.account.id, "changed the password of an account");
    Ok(Answer::done())
}

/// Take the password of an account away: nobody logs in by one any more. Its open sessions end.
#[utoipa::path(
    delete,
    path = "/users/{user}/password",
    tag = "users",
    params(("user" = String, Path, description = "Its name, in any case.")),
    responses((status = 204), (status = 409, body = ProblemDetails)),
)]
pub(crate) async fn remove_password(
    asker: Asker,
    Named(name): Named<String>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let (account, store) = find_another(&asker, &name, &conditions).await?;
    conditions.judge(store.set_password(account.id, None).await)?;
    info!(user.id = %asker.account.id, "took the password of an account");
    Ok(Answer::done())
}
