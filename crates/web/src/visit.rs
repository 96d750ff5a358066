//! Who asks: a browser, and the account that it is signed in as.

use std::net::IpAddr;

use acl::{Operation, Permit};
use auth::BrowserSecret;
use mail::{MailboxName, Place, SessionId};
use store::{Account, Found, Origin, SignedInBy, Store};

use crate::language::Language;
use crate::problem::Problem;
use crate::request::{Fields, WebRequest};
use crate::site::Site;
use crate::texts::Texts;

/// A request, with what it is answered by.
pub(crate) struct Visit<'v> {
    pub(crate) site: &'v Site,
    pub(crate) request: &'v WebRequest,
    pub(crate) language: Language,
    pub(crate) query: Fields,
    pub(crate) form: Fields,
    /// What the browser keeps for us.
    pub(crate) secret: Option<BrowserSecret>,
}

/// A visit by somebody who has signed in.
pub(crate) struct SignedIn<'v> {
    pub(crate) visit: Visit<'v>,
    pub(crate) account: Account,
    /// What is written by this is recorded as this person's, and denied once the login has ended.
    pub(crate) store: Store,
    pub(crate) secret: BrowserSecret,
    /// How this person signed in.
    pub(crate) by: SignedInBy,
}

/// A mailbox that somebody administers.
pub(crate) struct Administered {
    pub(crate) name: MailboxName,
    pub(crate) found: Found,
    pub(crate) permit: Permit,
}

/// How the record of activity calls the program.
const CLIENT: &str = "web page";

/// The session of the pages, as the record of activity knows it.
pub(crate) fn origin(site: &Site, account: &Account, session: SessionId, from: IpAddr) -> Origin {
    Origin {
        session,
        account: account.id,
        account_name: account.name.clone(),
        login_name: None,
        token: None,
        logins: vec![account.login()],
        node: site.node_name.clone(),
        address: Some(from.to_canonical()),
        client: Some(CLIENT.to_owned()),
    }
}

impl<'v> Visit<'v> {
    pub(crate) fn new(site: &'v Site, request: &'v WebRequest) -> Self {
        Self {
            site,
            request,
            language: Language::preferred(&request.languages),
            query: Fields::parse(request.query.as_bytes()),
            form: Fields::parse(request.form()),
            secret: request.secret(),
        }
    }

    pub(crate) fn texts(&self) -> &'static Texts {
        self.language.texts()
    }

    /// The same visit by the account of its session, if that holds.
    pub(crate) async fn signed_in(self) -> Result<Result<SignedIn<'v>, Self>, Problem> {
        let Some(secret) = self.secret.clone() else {
            return Ok(Err(self));
        };
        let found = self.site.store.use_web_session(&secret.hash()).await?;
        let Some(found) = found else {
            return Ok(Err(self));
        };
        let origin = origin(
            self.site,
            &found.account,
            found.session,
            self.request.address,
        );
        Ok(Ok(SignedIn {
            store: self.site.store.from_origin(origin),
            account: found.account,
            by: found.by,
            secret,
            visit: self,
        }))
    }

    /// Refuses a form that is not of a page that this browser was shown.
    pub(crate) fn check_form(&self) -> Result<(), Problem> {
        let token = self.form.text(FORM_TOKEN);
        let is_ours = self
            .secret
            .as_ref()
            .is_some_and(|secret| secret.is_form_token(token));
        if is_ours {
            Ok(())
        } else {
            Err(Problem::OldForm)
        }
    }
}

/// The field that every form has.
pub(crate) const FORM_TOKEN: &str = "token";

impl SignedIn<'_> {
    pub(crate) fn texts(&self) -> &'static Texts {
        self.visit.texts()
    }

    pub(crate) fn language(&self) -> Language {
        self.visit.language
    }

    pub(crate) fn site(&self) -> &Site {
        self.visit.site
    }

    /// The team mailbox of this name, which is as good as not there unless this person may know it.
    pub(crate) async fn administered(&self, name: &str) -> Result<Administered, Problem> {
        let name = MailboxName::parse(name).map_err(|_| Problem::NotFound)?;
        let place = self.site().namespaces.place(&name);
        let place = place.ok_or(Problem::NotFound)?;
        let Place::Shared(_) = place else {
            return Err(Problem::NotFound);
        };
        let found = self.store.resolve(self.account.id, &place).await?;
        let found = found.ok_or(Problem::NotFound)?;
        let permit = acl::permit(&found.access, Operation::Administer)?;
        Ok(Administered {
            name: self.site().namespaces.name(&place),
            found,
            permit,
        })
    }

    /// The name of a mailbox of the shared tree; `None` for every other.
    pub(crate) fn team_name(&self, place: &Place) -> Option<MailboxName> {
        match place {
            Place::Shared(_) => Some(self.site().namespaces.name(place)),
            Place::Mine(_) | Place::Theirs { .. } => None,
        }
    }
}
