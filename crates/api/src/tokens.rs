//! Access tokens: one's own, and to site administrators everybody's.

use acl::{AccessMode, Operation};
use auth::Token;
use mail::{AccountId, Place};
use serde::{Deserialize, Serialize};
use store::{Account, Fault, ListedToken, NewToken, Services};
use tracing::info;
use utoipa::ToSchema;

use crate::answer::{Answer, location, tag};
use crate::asker::Asker;
use crate::conditions::Conditions;
use crate::input::{Input, Named};
use crate::paging::{Page, PageQuery, unknown_page};
use crate::problem::{Problem, ProblemDetails};

/// A token. What it was made of is not known.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Token)]
struct TokenView {
    /// Its number, which no other token ever has.
    id: i64,
    /// Whose it is.
    user: String,
    /// As its owner calls it.
    #[schema(example = "Ada's iPhone")]
    name: String,
    /// The mailbox that it opens; null for the whole account.
    mailbox: Option<String>,
    /// What it is good for.
    services: Vec<Service>,
    /// Whether it changes nothing.
    read_only: bool,
    /// When it was made (RFC 3339).
    created: String,
    /// When it ends by itself.
    expires: Option<String>,
    /// Whether that was before now.
    expired: bool,
    /// When it was used last, to a minute.
    used: Option<String>,
    /// From where.
    address: Option<String>,
    /// With which program, as far as it said so.
    client: Option<String>,
    /// How many sessions of IMAP are open by it.
    sessions: i64,
}

/// Something that a token is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum Service {
    /// To read and file mail.
    Imap,
    /// To send mail.
    Submission,
    /// To use this API. Such a token is for nothing else.
    Api,
    /// For a directory, to keep accounts and groups by SCIM. Such a token is for nothing else.
    Scim,
}

/// A token that shall be.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WantedToken {
    /// Another one than the account's other tokens have.
    #[schema(example = "Ada's iPhone", min_length = 1)]
    name: String,
    /// What it is good for.
    #[schema(min_items = 1)]
    services: Vec<Service>,
    /// The shared mailbox that it opens, with what is below it; without one the whole account.
    mailbox: Option<String>,
    /// Whether it shall change nothing.
    #[serde(default)]
    read_only: bool,
    /// In how many seconds it ends by itself; without it never.
    #[schema(minimum = 1, maximum = 3155760000_i64)]
    expires_in: Option<i64>,
}

/// A token that was made.
#[derive(Debug, Serialize, ToSchema)]
struct MadeToken {
    /// What is given in place of the password. It is told here once, and never again.
    #[schema(example = "prtok_…")]
    token: String,
    /// Whose it is.
    user: String,
    /// As its owner calls it.
    name: String,
    /// Its number.
    id: i64,
    /// By which user names it is used: the account's, or those of the seat at the mailbox that it opens.
    user_names: Vec<String>,
}

/// A hundred years, in seconds.
const EXPIRES_IN_MAX: i64 = 3_155_760_000;

impl TokenView {
    fn new(asker: &Asker, token: ListedToken) -> Self {
        let Services {
            imap,
            submission,
            api,
            scim,
        } = token.services;
        let services = [
            imap.then_some(Service::Imap),
            submission.then_some(Service::Submission),
            api.then_some(Service::Api),
            scim.then_some(Service::Scim),
        ];
        // Of a mailbox that is somebody's by now the token opens nothing.
        let shared = token
            .mailbox
            .filter(|place| matches!(place, Place::Shared(_)));
        Self {
            id: token.id.0,
            mailbox: shared.map(|place| asker.name(&place).to_string()),
            services: services.into_iter().flatten().collect(),
            read_only: token.mode == AccessMode::ReadOnly,
            user: token.account_name,
            name: token.name,
            created: token.created_at,
            expires: token.expires_at,
            expired: token.is_expired,
            used: token.used_at,
            address: token.used_address,
            client: token.used_client,
            sessions: token.sessions,
        }
    }
}

impl WantedToken {
    fn services(&self) -> Services {
        Services {
            imap: self.services.contains(&Service::Imap),
            submission: self.services.contains(&Service::Submission),
            api: self.services.contains(&Service::Api),
            scim: self.services.contains(&Service::Scim),
        }
    }
}

/// The account whose tokens are meant: one's own, or any to a site administrator. Who else there is is told to nobody else.
async fn owner(asker: &Asker, name: &str) -> Result<Account, Problem> {
    if asker.account.is_called(name) {
        return Ok(asker.account.clone());
    }
    asker.check_administrator()?;
    let account = asker.store.find_account(name).await?;
    account.ok_or(Problem::NotFound)
}

/// List the tokens of a user, by name. Everybody may see the own ones.
#[utoipa::path(
    get,
    path = "/users/{user}/tokens",
    tag = "tokens",
    params(("user" = String, Path, description = "The account's name."), PageQuery),
    responses((status = 200, body = Page<TokenView>)),
)]
pub(crate) async fn list_tokens(
    asker: Asker,
    Named(name): Named<String>,
    page: PageQuery,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let owner = owner(&asker, &name).await?;
    let page = listed(&asker, Some(owner.id), &page).await?;
    Answer::shown(&page, &conditions)
}

/// List the tokens of everybody, by user and name; for site administrators.
#[utoipa::path(
    get,
    path = "/tokens",
    tag = "tokens",
    params(PageQuery),
    responses((status = 200, body = Page<TokenView>)),
)]
pub(crate) async fn list_all_tokens(
    asker: Asker,
    page: PageQuery,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    asker.check_administrator()?;
    let page = listed(&asker, None, &page).await?;
    Answer::shown(&page, &conditions)
}

/// Make a token, for site administrators. Others make theirs at the web page, which asks for the password: whoever has one token shall
/// not make another.
#[utoipa::path(
    post,
    path = "/users/{user}/tokens",
    tag = "tokens",
    params(("user" = String, Path, description = "The account's name.")),
    request_body = WantedToken,
    responses((status = 201, body = MadeToken), (status = 409, body = ProblemDetails)),
)]
pub(crate) async fn create_token(
    asker: Asker,
    Named(name): Named<String>,
    Input(wanted): Input<WantedToken>,
) -> Result<Answer, Problem> {
    asker.check_administrator()?;
    let owner = owner(&asker, &name).await?;
    let services = wanted.services();
    let mode = if wanted.read_only {
        AccessMode::ReadOnly
    } else {
        AccessMode::ReadWrite
    };
    if services.is_nothing() {
        return Err(Problem::Unfit("A token is good for something.".to_owned()));
    }
    if services.submission && wanted.read_only {
        return Err(Problem::Unfit(
            "A token that only reads sends no mail.".to_owned(),
        ));
    }
    let now = asker.caller.unix_seconds;
    let expires_at = match wanted.expires_in {
        Some(seconds) if !(1..=EXPIRES_IN_MAX).contains(&seconds) => {
            let words = format!("expires_in: from 1 to {EXPIRES_IN_MAX}.");
            return Err(Problem::Unfit(words));
        }
        seconds => seconds.map(|seconds| now.saturating_add(seconds)),
    };
    let seat = match &wanted.mailbox {
        Some(name) => {
            let (mailbox, _) = asker.permit(name, Operation::ReadMyRights).await?;
            let Place::Shared(path) = mailbox.place else {
                let words = "A token opens a shared mailbox, or the whole account.".to_owned();
                return Err(Problem::Unfit(words));
            };
            Some((mailbox.found.id, path))
        }
        None => None,
    };
    let random = (asker.site().random)().ok_or(Problem::Broken)?;
    let (random, _) = random.split_first_chunk().ok_or(Problem::Broken)?;
    let token = Token::from_random(random);
    let new = NewToken {
        name: &wanted.name,
        hash: token.hash(),
        mailbox: seat.as_ref().map(|(mailbox, _)| *mailbox),
        services,
        mode,
        expires_at,
    };
    let added = asker.store.add_token(owner.id, &new).await;
    let id = added.map_err(|fault| match fault {
        Fault::Denied if seat.is_some() => {
            Problem::Unfit("The account may see nothing of the mailbox.".to_owned())
        }
        fault => fault.into(),
    })?;
    info!(user.id = %asker.account.id, "made an access token");
    let there = location(&[("users", &owner.name), ("tokens", &wanted.name)]);
    let user_names = match &seat {
        Some((mailbox, path)) => {
            let store = &asker.store;
            store.seat_user_names(&owner.name, *mailbox, path).await?
        }
        None => vec![owner.name.clone()],
    };
    let made = MadeToken {
        id: id.0,
        user_names,
        token: token.as_str().to_owned(),
        user: owner.name,
        name: wanted.name,
    };
    Answer::made(&made, there)
}

/// Say what there is to know of a token.
#[utoipa::path(
    get,
    path = "/users/{user}/tokens/{token}",
    tag = "tokens",
    params(
        ("user" = String, Path, description = "The account's name."),
        ("token" = String, Path, description = "As its owner calls it."),
    ),
    responses((status = 200, body = TokenView)),
)]
pub(crate) async fn show_token(
    asker: Asker,
    Named((user, name)): Named<(String, String)>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let owner = owner(&asker, &user).await?;
    Answer::shown(&find(&asker, &owner, &name).await?, &conditions)
}

/// Withdraw a token. Sessions that are open by it end within a second.
#[utoipa::path(
    delete,
    path = "/users/{user}/tokens/{token}",
    tag = "tokens",
    params(
        ("user" = String, Path, description = "The account's name."),
        ("token" = String, Path, description = "As its owner calls it."),
    ),
    responses((status = 204)),
)]
pub(crate) async fn delete_token(
    asker: Asker,
    Named((user, name)): Named<(String, String)>,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let owner = owner(&asker, &user).await?;
    let view = find(&asker, &owner, &name).await?;
    conditions.check(Some(&tag(&view)?))?;
    asker.store.remove_token(owner.id, &name).await?;
    info!(user.id = %asker.account.id, "withdrew an access token");
    Ok(Answer::done())
}

async fn listed(
    asker: &Asker,
    owner: Option<AccountId>,
    page: &PageQuery,
) -> Result<Page<TokenView>, Problem> {
    let after = match page.after.as_deref().map(|key| key.split_once('\n')) {
        None => None,
        Some(None) => return Err(unknown_page()),
        Some(after) => after,
    };
    let tokens = asker.store.tokens_after(owner, after, page.one_more());
    let views = tokens.await?.into_iter();
    let views = views.map(|token| TokenView::new(asker, token)).collect();
    Ok(page.page(views, |view: &TokenView| {
        format!("{}\n{}", view.user, view.name)
    }))
}

async fn find(asker: &Asker, owner: &Account, name: &str) -> Result<TokenView, Problem> {
    let tokens = asker.store.tokens(Some(owner.id)).await?;
    let token = tokens.into_iter().find(|token| token.name == name);
    Ok(TokenView::new(asker, token.ok_or(Problem::NotFound)?))
}
