//! Who is logged in by IMAP, and ending that: one's own sessions, and to site administrators everybody's.

use acl::Operation;
use mail::{Place, SessionId};
use serde::{Deserialize, Serialize};
use store::{OpenSession, SessionQuery};
use tracing::info;
use utoipa::ToSchema;

use crate::answer::Answer;
use crate::asker::Asker;
use crate::conditions::Conditions;
use crate::input::{Fields, Named};
use crate::paging::{Page, PageQuery};
use crate::problem::Problem;

/// A session that is open somewhere. What nodes report is some seconds old.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Session)]
struct SessionView {
    /// Its number.
    session: String,
    /// Who is logged in.
    user: String,
    /// On which frontend.
    node: String,
    /// The client's.
    address: String,
    /// As the client calls itself.
    client: Option<String>,
    /// Since when (RFC 3339).
    since: String,
    /// What it has selected, as whoever asks calls it.
    mailbox: Option<String>,
}

/// Which sessions are meant.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct SessionFilter {
    /// Only those of this user. Whoever does not administer the site sees the own ones alone.
    user: Option<String>,
    /// Only those that have this mailbox selected.
    mailbox: Option<String>,
}

impl SessionView {
    fn new(asker: &Asker, session: OpenSession) -> Self {
        let place = session.place.map(|place| asker.own(place));
        Self {
            session: session.session.to_string(),
            user: session.account_name,
            node: session.node,
            address: session.address,
            client: session.client,
            since: session.since,
            mailbox: place.map(|place| asker.name(&place).to_string()),
        }
    }
}

impl Asker {
    /// The place as whoever asks names it, of one where no tree is the reader's own.
    pub(crate) fn own(&self, place: Place) -> Place {
        match place {
            Place::Theirs { owner, path } if owner == self.account.name => Place::Mine(path),
            place => place,
        }
    }
}

/// Whose sessions are meant of those that are asked for.
fn account(asker: &Asker, user: Option<String>) -> Result<Option<String>, Problem> {
    if asker.account.is_admin {
        return Ok(user);
    }
    match user {
        Some(user) if !asker.account.is_called(&user) => Err(Problem::NotAllowed),
        Some(_) | None => Ok(Some(asker.account.name.clone())),
    }
}

/// List open sessions, by number.
#[utoipa::path(
    get,
    path = "/sessions",
    tag = "sessions",
    params(SessionFilter, PageQuery),
    responses((status = 200, body = Page<SessionView>)),
)]
pub(crate) async fn list_sessions(
    asker: Asker,
    Fields(filter): Fields<SessionFilter>,
    page: PageQuery,
    conditions: Conditions,
) -> Result<Answer, Problem> {
    let mailbox = match &filter.mailbox {
        Some(name) => {
            let (mailbox, _) = asker.permit(name, Operation::ReadMyRights).await?;
            Some(mailbox.found.id)
        }
        None => None,
    };
    let query = SessionQuery {
        session: None,
        account: account(&asker, filter.user)?,
        mailbox,
    };
    let sessions = asker.store.open_sessions(&query).await?.into_iter();
    let mut views: Vec<_> = sessions
        .map(|session| SessionView::new(&asker, session))
        .collect();
    views.sort_by(|one, other| one.session.cmp(&other.session));
    let page = page.cut(views, |view| view.session.clone());
    Answer::shown(&page, &conditions)
}

/// End a session. Its node does so within a second.
#[utoipa::path(
    delete,
    path = "/sessions/{session}",
    tag = "sessions",
    params(("session" = String, Path, description = "Its number.")),
    responses((status = 204)),
)]
pub(crate) async fn end_session(
    asker: Asker,
    Named(number): Named<String>,
) -> Result<Answer, Problem> {
    let query = SessionQuery {
        session: Some(SessionId::parse(&number).ok_or(Problem::NotFound)?),
        account: account(&asker, None)?,
        mailbox: None,
    };
    let open = asker.store.open_sessions(&query).await?;
    let sessions: Vec<_> = open.iter().map(|open| open.session).collect();
    if sessions.is_empty() {
        return Err(Problem::NotFound);
    }
    asker.store.end_sessions(&sessions).await?;
    info!(user.id = %asker.account.id, "ended a session");
    Ok(Answer::done())
}
