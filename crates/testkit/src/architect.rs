//! Sets up the given state by means of the store: accounts, groups, mailboxes, lists of rights, messages.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use acl::{AccessMode, Identifier, Modification, Operation, Permit, Rights, Subject};
use auth::Token;
use mail::{
    AccountId, EmailAddress, Flag, FlagBits, InternalDate, MailboxId, MailboxName, NaiveDate,
    Namespaces, Place,
};
use store::{
    Background, Compute, Fault, Found, Letters, Listed, NewMessage, NewTarget, NewToken, Options,
    Posting, Readable, Recipients, Services, Store,
};

use crate::client::PASSWORD;
use crate::error::TestError;
use crate::given::{AccountChange, Given, TokenKind};
use crate::pattern::Names;

/// Sets up the given state as a site administrator whom no page and no list of rights names.
#[derive(Debug)]
pub struct Architect {
    store: Store,
    id: AccountId,
    accounts: BTreeMap<String, AccountId>,
    /// Those that have logged in.
    admitted: BTreeSet<AccountId>,
    namespaces: Namespaces,
}

/// The names of talks are short, and without spaces that would have to be quoted.
pub(crate) const SHARED: &str = "Team";
/// The first level of the names of other users' mailboxes.
pub(crate) const OTHERS: &str = "People";

/// What is between a local part and its subaddress.
const SEPARATOR: &str = "+";
/// The account's name; nobody logs in by it.
const NAME: &str = "architect";
/// One hash serves all accounts, because it takes long to make.
static PASSWORD_HASH: LazyLock<Option<String>> = LazyLock::new(|| {
    auth::Hasher::new()
        .hash(PASSWORD.as_bytes(), b"salt of the test")
        .ok()
});

impl Architect {
    /// Begins in the migrated, empty database at `url`.
    ///
    /// # Errors
    ///
    /// [`TestError::Store`].
    pub async fn enter_at(url: &str) -> Result<Self, TestError> {
        let options = Options {
            url: url.to_owned(),
            connections: 2,
            standby_url: None,
            application_name: NAME.to_owned(),
            letters: Letters::None,
        };
        let store = Store::connect(options, background()).await?;
        let namespaces = Namespaces::new(OTHERS, SHARED);
        let namespaces = namespaces.map_err(|bad| TestError::Sentence(bad.to_string()))?;
        let id = store.create_account(NAME, None, true).await?;
        Ok(Self {
            store,
            id,
            accounts: BTreeMap::new(),
            admitted: BTreeSet::new(),
            namespaces,
        })
    }

    /// Its own connection to the database.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// All accounts that may be able to see a mailbox.
    pub fn accounts(&self) -> impl Iterator<Item = AccountId> {
        self.accounts.values().copied().chain([self.id])
    }

    /// Makes a sentence true. `names` gains the UIDs of messages.
    ///
    /// # Errors
    ///
    /// [`TestError`] when it cannot be made true.
    pub async fn make(&mut self, given: &Given, names: &mut Names) -> Result<(), TestError> {
        match given {
            Given::TwoNodes | Given::Setting { .. } | Given::Seats(_) => Ok(()),
            Given::Account(name) => self.account(name).await.map(drop),
            Given::Administrator(name) => self.create_account(name, true).await.map(drop),
            Given::Mailbox { name, messages } => {
                self.mailbox(name).await?;
                for (index, uid) in messages.iter().enumerate() {
                    let bytes = format!("Subject: {name} {}\r\n\r\nHello.\r\n", index + 1);
                    self.message(name, uid, &[], bytes.as_bytes(), names)
                        .await?;
                }
                Ok(())
            }
            Given::Message {
                uid,
                mailbox,
                flags,
                bytes,
            } => {
                self.mailbox(mailbox).await?;
                self.message(mailbox, uid, flags, bytes, names).await
            }
            Given::Rights {
                identifier,
                rights,
                mailbox,
            } => self.rights(identifier, rights, mailbox).await,
            Given::Token {
                account,
                name,
                kind,
                mailbox,
            } => {
                let account = self.account(account).await?;
                let token = self.token(account, name, *kind, mailbox.as_deref()).await?;
                names.extend([(name.clone(), token.as_str().to_owned())]);
                Ok(())
            }
            Given::TokenLost { account, name } => {
                let account = self.account(account).await?;
                Ok(self.store.remove_token(account, name).await?)
            }
            Given::Address { address, target } => self.address(address, target).await,
            Given::Group { name, members } => {
                self.store.create_group(name).await?;
                for member in members {
                    self.join(member, name).await?;
                }
                Ok(())
            }
            Given::Joins { member, group } => self.join(member, group).await,
            Given::Leaves { member, group } => self.leave(member, group).await,
            Given::Changed { account, change } => {
                let id = self.account(account).await?;
                match change {
                    AccountChange::Disabled => self.store.disable_account(id).await?,
                    AccountChange::Enabled => self.store.enable_account(id).await?,
                    AccountChange::Password => self.store.set_password(id, None).await?,
                    AccountChange::Deleted => {
                        self.accounts.remove(account);
                        self.store.delete_account(id).await?;
                    }
                }
                Ok(())
            }
        }
    }

    /// Each name makes the same token in every world, so that a page can have it in base64.
    async fn token(
        &mut self,
        account: AccountId,
        name: &str,
        kind: TokenKind,
        mailbox: Option<&str>,
    ) -> Result<Token, TestError> {
        let mut bytes = [b'.'; 16];
        bytes
            .iter_mut()
            .zip(name.bytes())
            .for_each(|(byte, sign)| *byte = sign);
        let token = Token::from_random(&bytes);
        let mailbox = match mailbox {
            Some(mailbox) => {
                let (asker, place) = self.locate(mailbox).await?;
                Some(self.find(asker, &place).await?.id)
            }
            None => None,
        };
        let new = NewToken {
            name,
            hash: token.hash(),
            mailbox,
            services: Services {
                imap: !matches!(
                    kind,
                    TokenKind::Sending | TokenKind::Api(_) | TokenKind::Scim
                ),
                submission: !matches!(
                    kind,
                    TokenKind::Reading | TokenKind::Api(_) | TokenKind::Scim
                ),
                api: matches!(kind, TokenKind::Api(_)),
                scim: kind == TokenKind::Scim,
            },
            mode: match kind {
                TokenKind::Reading | TokenKind::Api(AccessMode::ReadOnly) => AccessMode::ReadOnly,
                TokenKind::Plain
                | TokenKind::Sending
                | TokenKind::Expired
                | TokenKind::Brief
                | TokenKind::Scim
                | TokenKind::Api(AccessMode::ReadWrite) => AccessMode::ReadWrite,
            },
            expires_at: match kind {
                TokenKind::Expired => Some(0),
                TokenKind::Brief => Some(unix_seconds() + 2),
                TokenKind::Plain
                | TokenKind::Reading
                | TokenKind::Sending
                | TokenKind::Api(_)
                | TokenKind::Scim => None,
            },
        };
        self.store.add_token(account, &new).await?;
        Ok(token)
    }

    async fn join(&mut self, member: &str, group: &str) -> Result<(), TestError> {
        if let Some(inner) = member.strip_prefix("group:") {
            return Ok(self.store.add_group(group, inner).await?);
        }
        let account = self.account(member).await?;
        Ok(self.store.add_member(group, account).await?)
    }

    async fn leave(&mut self, member: &str, group: &str) -> Result<(), TestError> {
        if let Some(inner) = member.strip_prefix("group:") {
            return Ok(self.store.remove_group(group, inner).await?);
        }
        let account = self.account(member).await?;
        Ok(self.store.remove_member(group, account).await?)
    }

    /// The account of this name, which is about to log in. The first time, some session of it was told of all messages
    /// that are there: they are not recent.
    ///
    /// # Errors
    ///
    /// [`TestError::Store`].
    pub async fn admit(&mut self, name: &str) -> Result<(), TestError> {
        let account = self.account(name).await?;
        if !self.admitted.insert(account) {
            return Ok(());
        }
        let visible = self.store.visible(account).await?;
        let permit = |listed: &Listed| acl::permit(&listed.access(account), Operation::Read).ok();
        let permits: HashMap<MailboxId, Permit> = visible
            .iter()
            .filter_map(|listed| Some((listed.id, permit(listed)?)))
            .collect();
        let judged = permits.values().map(|permit| Readable {
            mailbox: permit.mailbox(),
            rights_version: permit.version(),
        });
        let judged: Vec<Readable> = judged.collect();
        for (mailbox, status) in self.store.status(account, &judged).await? {
            if let Some(permit) = permits.get(&mailbox).filter(|_| status.messages > 0) {
                self.store.claim_recent(permit, status.uid_next).await?;
            }
        }
        Ok(())
    }

    /// The account of this name, made when it is first heard of.
    ///
    /// # Errors
    ///
    /// [`TestError::Store`].
    pub async fn account(&mut self, name: &str) -> Result<AccountId, TestError> {
        if let Some(&account) = self.accounts.get(name) {
            return Ok(account);
        }
        // One that a directory has made.
        match self.store.find_account(name).await? {
            Some(account) => {
                self.accounts.insert(name.to_owned(), account.id);
                Ok(account.id)
            }
            None => self.create_account(name, false).await,
        }
    }

    async fn create_account(&mut self, name: &str, is_admin: bool) -> Result<AccountId, TestError> {
        let hash = PASSWORD_HASH.as_deref();
        let account = self.store.create_account(name, hash, is_admin).await?;
        self.accounts.insert(name.to_owned(), account);
        Ok(account)
    }

    /// The account that may do everything there, and the place as that account names it.
    async fn locate(&mut self, name: &str) -> Result<(AccountId, Place), TestError> {
        let parsed = MailboxName::parse(name).ok();
        match parsed.and_then(|name| self.namespaces.place(&name)) {
            Some(Place::Theirs { owner, path }) => {
                Ok((self.account(&owner).await?, Place::Mine(path)))
            }
            Some(place @ Place::Shared(_)) => Ok((self.id, place)),
            Some(Place::Mine(_)) | None => Err(TestError::Sentence(format!(
                "{name} is in nobody's tree: begin with {} or {}",
                self.namespaces.shared(),
                self.namespaces.others(),
            ))),
        }
    }

    async fn find(&self, asker: AccountId, place: &Place) -> Result<Found, TestError> {
        Ok(self.store.resolve(asker, place).await?.ok_or(Fault::Gone)?)
    }

    async fn leave_to_administer(
        &self,
        asker: AccountId,
        place: &Place,
    ) -> Result<Permit, TestError> {
        let found = self.find(asker, place).await?;
        acl::permit(&found.access, Operation::Administer).map_err(denied)
    }

    /// Creates it unless it is there, with a list of its own. That of a shared one is empty.
    async fn mailbox(&mut self, name: &str) -> Result<(), TestError> {
        let (builder, place) = self.locate(name).await?;
        if self.store.resolve(builder, &place).await?.is_some() {
            return Ok(());
        }
        let create_permit = self.store.create_permit(builder, &place, None).await?;
        let create_permit = create_permit.map_err(denied)?;
        self.store
            .create_mailbox(&create_permit, &place, None)
            .await?;
        let permit = self.leave_to_administer(builder, &place).await?;
        let architect = Subject {
            identifier: Identifier::User(NAME.to_owned()),
            is_negative: false,
        };
        self.store.delete_rights(&permit, &architect).await?;
        if !matches!(place, Place::Shared(_)) {
            return Ok(());
        }
        let mailbox = self.find(builder, &place).await?.id;
        for entry in self.store.access_list(mailbox).await? {
            let subject = Subject {
                identifier: entry.identifier,
                is_negative: entry.is_negative,
            };
            self.store.delete_rights(&permit, &subject).await?;
        }
        Ok(())
    }

    async fn rights(&mut self, text: &str, letters: &str, name: &str) -> Result<(), TestError> {
        let not_understood =
            |what: String| TestError::Sentence(format!("{text} {letters}: {what}"));
        let subject = Subject::parse(text).map_err(|bad| not_understood(bad.to_string()))?;
        // No rights are no entry (RFC 4314, 3.1).
        let letters = if letters == "nothing" { "" } else { letters };
        let rights = Rights::parse(letters).map_err(|bad| not_understood(bad.to_string()))?;
        if let Identifier::User(account) = &subject.identifier {
            self.account(account).await?;
        }
        let (builder, place) = self.locate(name).await?;
        let permit = self.leave_to_administer(builder, &place).await?;
        Ok(self
            .store
            .set_rights(&permit, &subject, Modification::Replace(rights))
            .await?)
    }

    async fn address(&mut self, address: &str, target: &str) -> Result<(), TestError> {
        let parse = |text: &str| {
            EmailAddress::parse(text).map_err(|bad| TestError::Sentence(format!("{text}: {bad}")))
        };
        let recipients = Recipients::Address(parse(address)?);
        let (administrator, target) = if target.contains('@') {
            (self.id, NewTarget::Alias(parse(target)?))
        } else {
            let (builder, place) = self.locate(target).await?;
            let permit = self.leave_to_administer(builder, &place).await?;
            (builder, NewTarget::Mailbox(permit, Posting::Open))
        };
        let adding = self
            .store
            .add_address(administrator, &recipients, &target, SEPARATOR);
        Ok(adding.await?)
    }

    /// Appends, whatever the list says, and leaves the list as it was.
    async fn message(
        &mut self,
        mailbox: &str,
        uid: &str,
        flags: &[String],
        bytes: &[u8],
        names: &mut Names,
    ) -> Result<(), TestError> {
        let (builder, place) = self.locate(mailbox).await?;
        let own_entry = (builder == self.id).then(|| Subject {
            identifier: Identifier::User(NAME.to_owned()),
            is_negative: false,
        });
        if let Some(subject) = &own_entry {
            let permit = self.leave_to_administer(builder, &place).await?;
            let all = Modification::Replace(Rights::ALL);
            self.store.set_rights(&permit, subject, all).await?;
        }
        let found = self.find(builder, &place).await?;
        let permit =
            acl::permit(&found.access, Operation::Insert(FlagBits::ALL)).map_err(denied)?;
        let message = self.prepare(&permit, flags, bytes).await?;
        let appended = self.store.append(&permit, vec![message]).await?;
        names.extend(
            appended
                .uids
                .first()
                .map(|given| (uid.to_owned(), given.to_string())),
        );
        if let Some(subject) = &own_entry {
            let permit = self.leave_to_administer(builder, &place).await?;
            self.store.delete_rights(&permit, subject).await?;
        }
        Ok(())
    }

    async fn prepare(
        &self,
        permit: &Permit,
        flags: &[String],
        bytes: &[u8],
    ) -> Result<NewMessage, TestError> {
        let flags: Result<Vec<Flag>, _> = flags.iter().map(|flag| Flag::parse(flag)).collect();
        let flags = flags.map_err(|bad| TestError::Sentence(bad.to_string()))?;
        let keywords: Vec<_> = flags
            .iter()
            .filter_map(|flag| match flag {
                Flag::Keyword(keyword) => Some(keyword.clone()),
                Flag::Answered | Flag::Flagged | Flag::Deleted | Flag::Seen | Flag::Draft => None,
            })
            .collect();
        let keywords = self.store.number_keywords(permit, &keywords).await?;
        Ok(NewMessage {
            prepared: store::prepare(bytes, arrival()?),
            shared: keywords.find_all(&flags),
            private: FlagBits::NONE,
        })
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a world is the outside of the rooms in it"
)]
fn unix_seconds() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| {
        i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
    })
}

/// The arrival time of all given messages.
fn arrival() -> Result<InternalDate, TestError> {
    NaiveDate::from_ymd(2023, 11, 14)
        .and_then(|day| InternalDate::from_parts(day, (12, 0, 0), 0))
        .ok_or_else(|| TestError::Sentence("no such day".to_owned()))
}

fn denied(denied: acl::Denied) -> TestError {
    TestError::Sentence(format!("the architect may not: {denied}"))
}

#[expect(
    clippy::disallowed_methods,
    reason = "a world is the outside of the rooms in it"
)]
fn background() -> Background {
    Background {
        spawn: Arc::new(|task| drop(tokio::spawn(task))),
        sleep: Arc::new(|time| Box::pin(tokio::time::sleep(time))),
        clock: Arc::new(Duration::default),
        compute: Compute::new(1, Arc::new(|work| work())),
    }
}
