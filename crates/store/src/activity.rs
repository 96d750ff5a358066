//! The record of who did what, for those who ask afterwards.
//!
//! Rows are written by the same statement as what they tell of; only logins are written later (see
//! `login_recorder`). Reading is all that happens here, and forgetting.

use mail::{FlagBits, Flags, Keyword, Keywords, MailboxId, Place, SessionId, UidSet};

use crate::fold::fold;
use crate::prepared::number_of_text;
use crate::{Cause, Fault, Store, multirange, rare};

/// Something that somebody did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Activity {
    /// Its number: of a mailbox later ones have higher numbers.
    pub number: i64,
    /// To the millisecond, as RFC 3339 writes it, in UTC.
    pub at: String,
    /// What.
    pub kind: ActivityKind,
    /// Who, as the account was called then; `None` where that is not known.
    pub actor: Option<String>,
    /// Who gave the password, where that was another account.
    pub login: Option<String>,
    /// By which access token, as it was called then, where one was given instead of a password.
    pub token: Option<String>,
    /// In which session, where it was one.
    pub session: Option<SessionId>,
    /// On which frontend.
    pub node: Option<String>,
    /// From which address.
    pub address: Option<String>,
    /// With which program, as far as it said so.
    pub client: Option<String>,
    /// On which mailbox.
    pub mailbox: Option<MailboxId>,
    /// What the mailbox was called then. No tree is the reader's own.
    pub place: Option<Place>,
    /// The old name; of a copy or a move the other mailbox.
    pub other_place: Option<Place>,
    /// Which messages.
    pub uids: UidSet,
    /// The flags that were set.
    pub flags_set: Vec<String>,
    /// The flags that were cleared where they were set.
    pub flags_cleared: Vec<String>,
    /// Whatever else there is to say.
    pub detail: Option<String>,
}

/// What somebody did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ActivityKind {
    /// Messages were put in by a client.
    Append,
    /// Flags were changed.
    Flags,
    /// Messages were removed for good.
    Expunge,
    /// Messages were copied to this mailbox.
    Copy,
    /// Messages were moved, to this mailbox or away from it.
    Move,
    /// The mailbox was created.
    Create,
    /// It got another name.
    Rename,
    /// It was deleted.
    Delete,
    /// Its access control list was changed.
    Rights,
    /// Its annotations were changed.
    Metadata,
    /// A session began.
    Login,
    /// Somebody was not let in.
    Refused,
    /// A session began in which somebody acts as another.
    ActAs,
    /// Messages were delivered.
    Delivery,
    /// Messages were answered by one that came into their team's Sent.
    Answer,
    /// A group was created or deleted, or has other members.
    Group,
    /// An account was created, disabled, enabled or deleted, or has another password.
    Account,
}

/// Which rows are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActivityQuery {
    /// Only on this mailbox.
    pub mailbox: Option<MailboxId>,
    /// Only by this account, in any case.
    pub account: Option<String>,
    /// Only of this kind.
    pub kind: Option<ActivityKind>,
    /// Only with the message of this Message-ID, wherever it is or was; with or without its brackets.
    pub message: Option<String>,
    /// Not before this, in seconds since 1970.
    pub since: i64,
    /// Before this.
    pub until: i64,
    /// Of lower numbers than this alone: what is older than what was read before.
    pub below: Option<i64>,
    /// The newest, at most so many.
    pub count_max: u32,
}

impl ActivityQuery {
    /// After every row.
    pub const END_OF_TIME: i64 = 1 << 37;

    /// The newest of all that was done on a mailbox.
    #[must_use]
    pub fn newest_on(mailbox: MailboxId, count_max: u32) -> Self {
        Self {
            mailbox: Some(mailbox),
            account: None,
            kind: None,
            message: None,
            since: 0,
            until: Self::END_OF_TIME,
            below: None,
            count_max,
        }
    }
}

impl ActivityKind {
    /// Each with its number in the database and its word.
    const ALL: [(Self, i16, &'static str); 17] = [
        (Self::Append, 1, "append"),
        (Self::Flags, 2, "flags"),
        (Self::Expunge, 3, "expunge"),
        (Self::Copy, 4, "copy"),
        (Self::Move, 5, "move"),
        (Self::Create, 6, "create"),
        (Self::Rename, 7, "rename"),
        (Self::Delete, 8, "delete"),
        (Self::Rights, 9, "rights"),
        (Self::Metadata, 10, "metadata"),
        (Self::Login, 11, "login"),
        (Self::Refused, 12, "refused"),
        (Self::ActAs, 13, "act-as"),
        (Self::Delivery, 14, "delivery"),
        (Self::Group, 15, "group"),
        (Self::Account, 16, "account"),
        (Self::Answer, 17, "answer"),
    ];

    /// All words, for whoever must choose one.
    pub fn words() -> impl Iterator<Item = &'static str> {
        Self::ALL.into_iter().map(|(_, _, word)| word)
    }

    /// The kind of this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|(_, _, known)| *known == word)
            .map(|(kind, _, _)| kind)
    }

    /// In one word.
    #[must_use]
    pub fn word(self) -> &'static str {
        self.row().2
    }

    pub(crate) fn number(self) -> i16 {
        self.row().1
    }

    fn row(self) -> (Self, i16, &'static str) {
        let mut all = Self::ALL.into_iter();
        all.find(|(kind, _, _)| *kind == self)
            .unwrap_or((self, 0, ""))
    }

    fn from_number(number: i16) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|(_, known, _)| *known == number)
            .map(|(kind, _, _)| kind)
    }
}

impl Store {
    /// What was done, oldest first: of more rows than `count_max` the newest.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.activity", skip_all)]
    pub async fn activity(&self, query: &ActivityQuery) -> Result<Vec<Activity>, Fault> {
        // A name that nobody can have did nothing.
        let account = query.account.as_ref();
        let account = account.map(|name| fold(name).unwrap_or_default());
        let rows = sqlx::query_file_as!(
            Row,
            "queries/read_activity.sql",
            query.mailbox.map(|mailbox| mailbox.0),
            account,
            query.kind.map(ActivityKind::number),
            query.since,
            query.until,
            i64::from(query.count_max),
            query.message.as_deref().map(number_of_text),
            query.below,
        )
        .fetch_all(&mut *self.connection().await?)
        .await?;
        rows.into_iter().map(Row::read).collect()
    }
}

struct Row {
    number: i64,
    at: String,
    kind: i16,
    session: Option<i64>,
    actor: Option<String>,
    login_name: Option<String>,
    token_name: Option<String>,
    node: Option<String>,
    address: Option<String>,
    client: Option<String>,
    mailbox: Option<i64>,
    owner: Option<i64>,
    owner_name: Option<String>,
    path: Option<String>,
    other_owner: Option<i64>,
    other_owner_name: Option<String>,
    other_path: Option<String>,
    uids: Option<String>,
    flags_set: Option<i64>,
    flags_cleared: Option<i64>,
    keywords_set: Option<Vec<i16>>,
    keywords_cleared: Option<Vec<i16>>,
    keywords: Vec<String>,
    detail: Option<String>,
}

impl Row {
    fn read(self) -> Result<Activity, Fault> {
        let kind = ActivityKind::from_number(self.kind)
            .ok_or_else(|| Fault::Broken(Cause::new("an unknown kind of activity")))?;
        let keywords: Result<Vec<Keyword>, _> = self
            .keywords
            .iter()
            .map(|word| Keyword::parse(word))
            .collect();
        let keywords = Keywords::new(keywords.map_err(|bad| Fault::Broken(Cause::new(bad)))?);
        let of = |numbers: Option<Vec<i16>>| rare::of_numbers(&numbers.unwrap_or_default());
        let set = FlagBits::from_i64(self.flags_set.unwrap_or_default());
        let set = Flags::new(set, of(self.keywords_set));
        let cleared = FlagBits::from_i64(self.flags_cleared.unwrap_or_default());
        let mut flags_cleared = names(&keywords, &keywords.all_in(cleared).difference(&set));
        let single = Flags::new(FlagBits::NONE, of(self.keywords_cleared));
        flags_cleared.extend(names(&keywords, &single));
        Ok(Activity {
            number: self.number,
            kind,
            session: self.session.and_then(SessionId::from_i64),
            mailbox: self.mailbox.map(MailboxId),
            place: place(self.owner, self.owner_name, self.path),
            other_place: place(self.other_owner, self.other_owner_name, self.other_path),
            uids: match self.uids {
                Some(uids) => multirange::parse(&uids)?,
                None => UidSet::new(),
            },
            flags_set: names(&keywords, &set),
            flags_cleared,
            at: self.at,
            actor: self.actor,
            login: self.login_name,
            token: self.token_name,
            node: self.node,
            address: self.address,
            client: self.client,
            detail: self.detail,
        })
    }
}

fn names(keywords: &Keywords, flags: &Flags) -> Vec<String> {
    keywords.names(flags).map(str::to_owned).collect()
}

/// The tree of an account that is gone is called by its number.
pub(crate) fn place(
    owner: Option<i64>,
    owner_name: Option<String>,
    path: Option<String>,
) -> Option<Place> {
    let (owner, path) = (owner?, path?);
    Some(match owner {
        0 => Place::Shared(path),
        owner => Place::Theirs {
            owner: owner_name.unwrap_or_else(|| format!("#{owner}")),
            path,
        },
    })
}
