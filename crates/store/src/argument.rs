//! What the functions of the schema take together, as PostgreSQL's composite types have it
//! (`migrations/0009_functions.sql`). Two lists of these cannot be exchanged, as two lists of numbers can.

use acl::{CreatePermit, CreateScope, Permit};
use mail::{AccountId, FlagBits, Place};

use crate::Prepared;
use crate::masks::Masks;
use crate::origin::{Login, SessionOrigin};
use crate::place::Tree;

/// A login that must hold at the commit. An access token has its number below zero in place of the account's.
#[derive(sqlx::Type)]
#[sqlx(type_name = "login")]
pub(crate) struct LoginRow {
    account: i64,
    password_version: i64,
}

/// Who writes.
#[derive(sqlx::Type)]
#[sqlx(type_name = "actor")]
pub(crate) struct ActorRow {
    pub(crate) account: i64,
    /// For the record of activity.
    pub(crate) session: Option<i64>,
    logins: Vec<LoginRow>,
}

/// Permission to do something in a mailbox, which the database checks again.
#[derive(sqlx::Type)]
#[sqlx(type_name = "permit")]
pub(crate) struct PermitRow {
    mailbox: i64,
    rights_version: i64,
    needed: i16,
}

/// Permission to give a name to a mailbox.
#[derive(sqlx::Type)]
#[sqlx(type_name = "create_permit")]
pub(crate) struct CreatePermitRow {
    scope: i16,
    below: Option<PermitRow>,
}

/// Where a mailbox is, as somebody names it.
#[derive(sqlx::Type)]
#[sqlx(type_name = "place")]
pub(crate) struct PlaceRow {
    kind: i16,
    owner_name: Option<String>,
    path: String,
}

/// What a mailbox's counters grow by.
#[derive(Default, sqlx::Type)]
#[sqlx(type_name = "growth")]
pub(crate) struct GrowthRow {
    messages: i64,
    bytes: i64,
    unseen: i64,
    deleted: i64,
}

/// A message that comes, without what it consists of.
#[derive(sqlx::Type)]
#[sqlx(type_name = "new_message")]
pub(crate) struct NewMessageRow {
    size: i32,
    sent: Option<i32>,
    internal_date: i64,
    flags: i64,
}

/// Flags that only `account` sees set on the new message at `place`, from 0.
#[derive(sqlx::Type)]
#[sqlx(type_name = "private_mark")]
pub(crate) struct PrivateMarkRow {
    pub(crate) account: i64,
    pub(crate) place: i64,
    pub(crate) flags: i64,
}

/// What a delivery has that an APPEND has not (`migrations/0022_addresses.sql`).
#[derive(sqlx::Type)]
#[sqlx(type_name = "delivery")]
pub(crate) struct DeliveryRow {
    pub(crate) place: i64,
    pub(crate) mark: Option<Vec<u8>>,
    pub(crate) window_seconds: Option<i64>,
    pub(crate) detail: String,
}

/// That the letter at `place` is the copy of one that was sent as the addresses of a mailbox (`migrations/0025_answers.sql`).
#[derive(sqlx::Type)]
#[sqlx(type_name = "sent_copy")]
pub(crate) struct SentCopyRow {
    pub(crate) place: i64,
    pub(crate) sends_as: i64,
    pub(crate) window_seconds: i64,
}

/// That the message at `place` answers those of this Message-ID (`migrations/0023_message_ids.sql`).
#[derive(sqlx::Type)]
#[sqlx(type_name = "answer")]
pub(crate) struct AnswerRow {
    place: i64,
    message_id: i64,
}

/// What becomes of the flags of a range of UIDs.
#[derive(sqlx::Type)]
#[sqlx(type_name = "flag_edit")]
pub(crate) struct FlagEditRow {
    low: i64,
    high: i64,
    keep: i64,
    add: i64,
}

/// What becomes of the flags that only one account sees.
#[derive(sqlx::Type)]
#[sqlx(type_name = "private_flag_edit")]
pub(crate) struct PrivateFlagEditRow {
    account: i64,
    low: i64,
    high: i64,
    keep: i64,
    add: i64,
}

/// What an edit asked for, for the record of activity.
#[derive(sqlx::Type)]
#[sqlx(type_name = "flag_request")]
pub(crate) struct FlagRequestRow {
    /// As [`multirange::print`](crate::multirange::print) has them.
    pub(crate) uids: String,
    pub(crate) flags_set: i64,
    pub(crate) flags_cleared: i64,
}

impl ActorRow {
    /// `account`, in the session and by the logins of `origin`.
    pub(crate) fn of(account: AccountId, origin: Option<&SessionOrigin>) -> Self {
        let logins = origin.map_or(&[][..], SessionOrigin::logins);
        Self {
            account: account.0,
            session: origin.map(SessionOrigin::session),
            logins: logins.iter().map(LoginRow::from).collect(),
        }
    }
}

impl From<&Login> for LoginRow {
    fn from(login: &Login) -> Self {
        Self {
            account: login.token.map_or(login.account.0, |token| -token.0),
            password_version: login.version,
        }
    }
}

impl From<&Permit> for PermitRow {
    fn from(permit: &Permit) -> Self {
        Self {
            mailbox: permit.mailbox().0,
            rights_version: permit.version(),
            needed: permit.needed().to_i16(),
        }
    }
}

impl From<&CreatePermit> for CreatePermitRow {
    fn from(permit: &CreatePermit) -> Self {
        let (scope, below) = match permit.scope() {
            CreateScope::OwnTree => (0, None),
            CreateScope::Below(permit) => (1, Some(PermitRow::from(&permit))),
            CreateScope::SharedTree => (2, None),
        };
        Self { scope, below }
    }
}

impl From<&Place> for PlaceRow {
    fn from(place: &Place) -> Self {
        let Tree {
            kind,
            owner_name,
            path,
        } = Tree::from(place);
        Self {
            kind,
            owner_name,
            path: path.to_owned(),
        }
    }
}

impl NewMessageRow {
    /// With flags that everybody sees.
    pub(crate) fn new(prepared: &Prepared, shared: FlagBits) -> Self {
        Self {
            size: prepared.size,
            sent: prepared.sent,
            internal_date: prepared.date.packed(),
            flags: shared.to_i64(),
        }
    }
}

impl AnswerRow {
    /// Those of the message at `place`.
    pub(crate) fn of(prepared: &Prepared, place: i64) -> Vec<Self> {
        let answers = prepared.answers.iter();
        answers
            .map(|&message_id| Self { place, message_id })
            .collect()
    }
}

impl GrowthRow {
    pub(crate) fn add(&mut self, prepared: &Prepared, shared: FlagBits) {
        self.messages += 1;
        self.bytes += i64::from(prepared.size);
        self.unseen += i64::from(!shared.contains(FlagBits::SEEN));
        self.deleted += i64::from(shared.contains(FlagBits::DELETED));
    }
}

impl FlagEditRow {
    pub(crate) fn new(low: u32, high: u32, masks: Masks) -> Self {
        Self {
            low: i64::from(low),
            high: i64::from(high),
            keep: masks.keep.to_i64(),
            add: masks.add_stored(),
        }
    }

    /// The same, for what only `account` sees.
    pub(crate) fn private_to(self, account: i64) -> PrivateFlagEditRow {
        PrivateFlagEditRow {
            account,
            low: self.low,
            high: self.high,
            keep: self.keep,
            // Keywords without a bit are never private.
            add: self.add & !FlagBits::RARE.to_i64(),
        }
    }
}
