//! What verbs need to work on mail: a store, and the account on whose behalf they ask.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use ::acl::{CreatePermit, Denied, Everybody, Operation, Permit, Rights, Subject, Who};
use mail::{MailboxId, MailboxName, Namespaces, Place};
use store::{Account, Fault, Found, Letters, Options, Store};
use tokio::time::timeout;

use super::failure::Failure;
use super::terminal::Terminal;
use crate::config::{Config, Verifiers};
use crate::database::Database;
use crate::environment;

/// How many connections a verb uses.
const CONNECTIONS: u32 = 2;

/// After so long a verb says that it is still at work.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long a verb waits for somebody who migrates: so many times this.
const MIGRATION_ASKED_MAX: usize = 60;
const MIGRATION_ASKED_EVERY: Duration = Duration::from_millis(500);

/// An open store for one verb.
pub(super) struct AdminContext {
    pub(super) store: Store,
    /// What is between the local part of an address and its subaddress.
    pub(super) separator: String,
    /// Whether something is kept by which passwords can be proved.
    pub(super) verifiers: Verifiers,
    namespaces: Namespaces,
    everybody: Everybody,
    database: Database,
}

/// Says so on standard error, again and again, when `work` takes long: a database may have whoever writes wait without end.
pub(super) async fn with_a_word<T>(work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    loop {
        match timeout(PATIENCE, work.as_mut()).await {
            Ok(done) => return done,
            Err(_) => Terminal::mention(
                "not done yet; `postroom doctor` says whether the database is well",
            ),
        }
    }
}

/// The account that asks: verbs pass the same checks as a session of it.
pub(super) struct Operator {
    pub(super) account: Account,
    pub(super) who: Who,
}

/// The store, on behalf of somebody: what he may do is done, and names are those that he sees.
pub(super) struct Acting<'c> {
    pub(super) context: &'c AdminContext,
    pub(super) who: Operator,
}

impl Acting<'_> {
    /// A mailbox by its name, and leave for `operation` there.
    pub(super) async fn permit(
        &self,
        name: &str,
        operation: Operation,
    ) -> Result<(Place, Found, Permit), Failure> {
        let place = self.context.place(name)?;
        let found = self.context.find(&self.who, &place).await?;
        let permit = self.context.permit(&found, &place, operation)?;
        Ok((place, found, permit))
    }
}

impl AdminContext {
    /// The same on behalf of the named user, or of the first site administrator.
    pub(super) async fn acting(&self, named: Option<&str>) -> Result<Acting<'_>, Failure> {
        let who = self.operator(named).await?;
        Ok(Acting { context: self, who })
    }

    /// Runs `verb` on an open store. In the end the other nodes are told what was done, and the
    /// database is given back, whatever became of it.
    pub(super) async fn with(
        config: &Config,
        verb: impl AsyncFnOnce(&Self) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let context = Self::open(config).await?;
        let done = with_a_word(verb(&context)).await;
        let closed = context.close().await;
        done?;
        closed
    }

    /// For a verb that goes on without a database, too: all others are run [`with`](Self::with) one.
    pub(super) async fn open(config: &Config) -> Result<Self, Failure> {
        let state_dir = &config.node.state_dir;
        std::fs::create_dir_all(state_dir).map_err(|cause| {
            Failure::failed(format!("cannot make {}: {cause}", state_dir.display()))
        })?;
        let database = Database::reach(config).await?;
        match Self::connect(&database, config.letters.access).await {
            Ok(store) => Ok(Self {
                store,
                separator: config.address_separator.clone(),
                verifiers: config.login.verifiers(),
                namespaces: config.namespaces.clone(),
                everybody: config.acl.everybody,
                database,
            }),
            Err(failure) => {
                database.stop().await;
                Err(failure)
            }
        }
    }

    /// Tells the other nodes what was done, and gives the database back.
    pub(super) async fn close(self) -> Result<(), Failure> {
        let drained = self.store.drain().await;
        self.database.stop().await;
        Ok(drained?)
    }

    async fn connect(database: &Database, letters: Letters) -> Result<Store, Failure> {
        if database.pid().is_some() {
            // A private PostgreSQL is migrated by whoever starts it.
            Store::migrate(database.url()).await?;
        } else {
            wait_until_migrated(database.url()).await?;
        }
        let options = Options {
            url: database.url().to_owned(),
            connections: CONNECTIONS,
            standby_url: None,
            application_name: "postroom command line".to_owned(),
            letters,
        };
        Ok(Store::connect(options, environment::background(&Arc::default())).await?)
    }

    pub(super) async fn find_account(&self, name: &str) -> Result<Account, Failure> {
        let account = self.store.find_account(name).await?;
        account.ok_or_else(|| Failure::no_user(name))
    }

    /// The named user, or the first site administrator.
    pub(super) async fn operator(&self, named: Option<&str>) -> Result<Operator, Failure> {
        let account = match named {
            Some(name) => self.find_account(name).await?,
            None => {
                let accounts = self.store.accounts().await?;
                let admin = accounts.into_iter().find(|account| account.is_admin);
                admin.ok_or_else(|| {
                    Failure::failed(
                        "there is no site administrator yet; make one: \
                         postroom user add NAME --admin --password-file FILE",
                    )
                })?
            }
        };
        let who = self.store.who(account.id).await?;
        Ok(Operator { account, who })
    }

    /// The place of `name`, as the operator sees names.
    pub(super) fn place(&self, name: &str) -> Result<Place, Failure> {
        let parsed = parse_name(name)?;
        self.namespaces
            .place(&parsed)
            .ok_or_else(|| Failure::usage(format!("{name} is where names begin, not a mailbox")))
    }

    pub(super) const fn namespaces(&self) -> &Namespaces {
        &self.namespaces
    }

    /// The number of a mailbox that is named, or written `#17` because it has no name any more.
    pub(super) async fn mailbox_id(&self, name: &str) -> Result<MailboxId, Failure> {
        let number = name
            .strip_prefix('#')
            .and_then(|number| number.parse().ok());
        if let Some(number) = number {
            return Ok(MailboxId(number));
        }
        let operator = self.operator(None).await?;
        let found = self.find(&operator, &self.place(name)?).await?;
        Ok(found.id)
    }

    pub(super) fn name(&self, place: &Place) -> MailboxName {
        self.namespaces.name(place)
    }

    /// The mailbox, as far as the operator may know of it.
    pub(super) async fn find(&self, who: &Operator, place: &Place) -> Result<Found, Failure> {
        let found = self.store.resolve(who.account.id, place).await?;
        found.ok_or_else(|| self.no_such(place))
    }

    /// The name of the mailbox above whose list this one has; `None` when it has one of its own.
    pub(super) async fn list_of(
        &self,
        who: &Operator,
        found: &Found,
    ) -> Result<Option<String>, Failure> {
        let Some(above) = self.store.list_of(found.id).await? else {
            return Ok(None);
        };
        let place = self.store.place_of(who.account.id, above).await?;
        Ok(place.map(|place| self.name(&place).to_string()))
    }

    /// A permit for `operation`, from the same function that sessions ask.
    pub(super) fn permit(
        &self,
        found: &Found,
        place: &Place,
        operation: Operation,
    ) -> Result<Permit, Failure> {
        ::acl::permit(&found.access, operation).map_err(|denied| self.denied(denied, place))
    }

    /// Whether the operator may give `rights` to `subject`, as SETACL would decide.
    pub(super) fn may_grant(
        &self,
        who: &Operator,
        subject: &Subject,
        rights: Rights,
    ) -> Result<(), Failure> {
        if ::acl::grantable(subject, &who.who, self.everybody).contains(rights) {
            Ok(())
        } else {
            Err(Failure::failed(format!(
                "only site administrators may give rights to {subject}"
            )))
        }
    }

    /// Leave to create `place`, from the same function that sessions ask.
    pub(super) async fn create_permit(
        &self,
        who: &Operator,
        place: &Place,
    ) -> Result<CreatePermit, Failure> {
        let asked = self
            .store
            .create_permit(who.account.id, place, None)
            .await?;
        asked.map_err(|denied| self.denied(denied, place))
    }

    fn denied(&self, denied: Denied, place: &Place) -> Failure {
        match denied {
            Denied::Hidden => self.no_such(place),
            Denied::NoPermission => Failure::no_right(self.name(place).as_str()),
        }
    }

    fn no_such(&self, place: &Place) -> Failure {
        let name = self.name(place);
        Failure::failed(match place {
            Place::Mine(path) => {
                let shared = self.name(&Place::Shared(path.clone()));
                format!("no mailbox {name} of the operator's own; a shared one would be {shared}")
            }
            Place::Shared(_) | Place::Theirs { .. } => return Failure::no_mailbox(name.as_str()),
        })
    }
}

pub(super) fn parse_name(name: &str) -> Result<MailboxName, Failure> {
    MailboxName::parse(name).map_err(|cause| Failure::usage(format!("{name}: {cause}")))
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::failed(fault.to_string())
    }
}

/// A frontend that was started a moment ago may be about to migrate.
async fn wait_until_migrated(url: &str) -> Result<(), Failure> {
    for asked in 0..MIGRATION_ASKED_MAX {
        if Store::pending_migrations(url).await?.is_empty() {
            return Ok(());
        }
        if asked == 0 {
            Terminal::mention(
                "the database is not up to date: waiting for a `postroom serve` or `postroom migrate` that makes it so",
            );
        }
        tokio::time::sleep(MIGRATION_ASKED_EVERY).await;
    }
    let missing = Store::pending_migrations(url).await?.join(", ");
    Err(Failure::failed(format!(
        "the database is not up to date, which `postroom serve` and `postroom migrate` make it: missing are {missing}"
    )))
}
