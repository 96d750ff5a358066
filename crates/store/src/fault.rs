//! How the store says no, and where PostgreSQL's errors end.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use tracing::trace;

/// The target of the event that a call of the store failed; its field `fault` says how.
pub const FAULTS: &str = "store::fault";

/// Why something was not done. Nothing of it happened.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Fault {
    /// No such mailbox, account or group any more.
    #[error("it does not exist any more")]
    Gone,
    /// The message that was to go is gone already.
    #[error("the message does not exist any more")]
    Expunged,
    /// The rights, read again inside the transaction, did not suffice.
    #[error("the rights do not suffice any more")]
    Denied,
    /// The name is taken.
    #[error("it exists already")]
    Exists,
    /// What was decided by has changed: which flags are private since a permit was made, or a tree since a change of it was
    /// planned. Ask anew.
    #[error("it was changed meanwhile")]
    Stale,
    /// There are mailboxes below it that the account can see.
    #[error("there are mailboxes below it")]
    HasChildren,
    /// A mailbox, the server or a user has as many annotations as there may be.
    #[error("there are too many annotations")]
    Annotations,
    /// The same letter was delivered to the mailbox before.
    #[error("the letter was delivered already")]
    Delivered,
    /// A limit of the mailbox's quota root would be passed.
    #[error("the quota would be exceeded")]
    OverQuota,
    /// A bound was reached, or a name breaks the rules; the text is for the client.
    #[error("{0}")]
    Limit(&'static str),
    /// The database is away or overloaded: the client may try again.
    #[error("the database is not available: {0}")]
    Unavailable(Cause),
    /// Our trouble, for the log.
    #[error("the database did not do as asked: {0}")]
    Broken(Cause),
}

impl Fault {
    /// One word for what it is, for whoever counts faults.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::Expunged => "expunged",
            Self::Denied => "denied",
            Self::Exists => "exists",
            Self::Stale => "stale",
            Self::HasChildren => "has_children",
            Self::Annotations => "annotations",
            Self::Delivered => "delivered",
            Self::OverQuota => "over_quota",
            Self::Limit(_) => "limit",
            Self::Unavailable(_) => "unavailable",
            Self::Broken(_) => "broken",
        }
    }

    /// Tells whoever measures the calls of the store that the one that is under way failed. It is one event for each
    /// fault, so that a call that succeeds costs nothing.
    pub(crate) fn noted(self) -> Self {
        trace!(target: FAULTS, fault = self.word(), "a call of the store failed");
        self
    }

    /// No connection could be opened. Whatever the database says of that, as of a password or that there is no such database: it
    /// is not there for us, and may be in a moment, when somebody has put that right.
    pub(crate) fn of_opening(error: sqlx::Error) -> Self {
        Self::Unavailable(Cause::new(error)).noted()
    }

    /// What was to be done panicked. Where it did is in the log already.
    #[must_use]
    pub fn of_panic() -> Self {
        Self::Broken(Cause::new("a panic"))
    }
}

/// What lies behind a fault, for the log and never for a client.
#[derive(Clone, Debug)]
pub struct Cause(Arc<dyn Error + Send + Sync>);

impl Cause {
    pub(crate) fn new(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self(Arc::from(cause.into()))
    }
}

/// SQLSTATE: the role may not do that.
const INSUFFICIENT_PRIVILEGE: &str = "42501";
/// What is said besides then.
const GRANTS: &str = " (what a role needs is in deploy/postgres/roles.sql; `postroom migrate` runs as the one that owns the tables)";

impl fmt::Display for Cause {
    /// In PostgreSQL's words, without the line of its own source, which readers take for one of theirs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.downcast_ref() {
            Some(sqlx::Error::Database(database)) => {
                f.write_str(database.message())?;
                if database.code().as_deref() == Some(INSUFFICIENT_PRIVILEGE) {
                    f.write_str(GRANTS)?;
                }
                Ok(())
            }
            Some(_) | None => self.0.fmt(f),
        }
    }
}

/// A fault of a call that several waiters share.
pub(crate) enum BatchFault {
    /// The writes at these places, from 0, may not be done: login, rights or policy changed, or they were done before. Without them the call may
    /// be made again.
    Refused(Vec<usize>, Fault),
    /// All of them fail.
    All(Fault),
}

/// By how much a call was over quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Excess {
    bytes: i64,
    messages: i64,
}

impl Excess {
    /// As `check_quota` raises it.
    pub(crate) fn of(error: &sqlx::Error) -> Option<Self> {
        let database = error.as_database_error()?;
        if database.code()?.as_ref() != "PR009" {
            return None;
        }
        let (bytes, messages) = detail(database)?.split_once(' ')?;
        Some(Self {
            bytes: bytes.parse().ok()?,
            messages: messages.parse().ok()?,
        })
    }

    /// The places of those for whom there was no room left; `sizes` are the bytes and messages of all.
    pub(crate) fn refused(self, sizes: &[(i64, i64)]) -> Vec<usize> {
        let all = |of: fn(&(i64, i64)) -> i64| sizes.iter().map(of).sum::<i64>();
        let mut room = (
            all(|size| size.0) - self.bytes,
            all(|size| size.1) - self.messages,
        );
        let mut refused = Vec::new();
        for (place, &(bytes, messages)) in sizes.iter().enumerate() {
            // What is not over has room enough for all.
            let fits =
                (self.bytes <= 0 || bytes <= room.0) && (self.messages <= 0 || messages <= room.1);
            if fits {
                room = (room.0 - bytes, room.1 - messages);
            } else {
                refused.push(place);
            }
        }
        refused
    }
}

impl From<sqlx::Error> for Fault {
    fn from(error: sqlx::Error) -> Self {
        Self::of(error).noted()
    }
}

impl Fault {
    fn of(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(database) => {
                let code = database.code().unwrap_or_default().into_owned();
                from_sqlstate(&code).unwrap_or_else(|| {
                    if is_passing(&code) {
                        Self::Unavailable(Cause::new(error))
                    } else {
                        Self::Broken(Cause::new(error))
                    }
                })
            }
            sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::WorkerCrashed => Self::Unavailable(Cause::new(error)),
            // Foreign and non-exhaustive: whatever else there is, it is ours to look into.
            _ => Self::Broken(Cause::new(error)),
        }
    }
}

impl From<Fault> for BatchFault {
    fn from(fault: Fault) -> Self {
        Self::All(fault)
    }
}

impl From<sqlx::Error> for BatchFault {
    fn from(error: sqlx::Error) -> Self {
        match refused_places(&error) {
            Some(places) => Self::Refused(places, error.into()),
            None => Self::All(error.into()),
        }
    }
}

/// Our own codes, as `functions/` raises them, and the breach of a unique name.
fn from_sqlstate(code: &str) -> Option<Fault> {
    match code {
        "PR001" => Some(Fault::Gone),
        "PR002" => Some(Fault::Denied),
        "PR003" | "23505" => Some(Fault::Exists),
        "PR005" => Some(Fault::HasChildren),
        "PR007" => Some(Fault::Stale),
        "PR008" | "PR011" => Some(Fault::Expunged),
        "PR010" => Some(Fault::Delivered),
        "PR009" => Some(Fault::OverQuota),
        "PR006" => Some(Fault::Annotations),
        _ => limit_text(code).map(Fault::Limit),
    }
}

/// What a client reads of a limit. The messages of the database are for our log.
fn limit_text(code: &str) -> Option<&'static str> {
    Some(match code {
        "PR041" => "the mailbox has no UID left",
        "PR042" => "the mailbox has no room for another keyword",
        "PR043" => "the access control list is full",
        "PR044" => "a mailbox cannot be moved below itself",
        "PR045" => "a name below it would become too long",
        "PR046" => "a group cannot be in itself",
        "PR047" => "too many aliases lead to one another, or one to itself",
        "PR048" => "an address leads to too many places",
        "PR049" => "only the first 57 keywords of a mailbox can be private",
        "PR050" => "the account has as many access tokens as there may be",
        "PR051" => "the directory says who is in this group: change it there",
        "PR052" => "the directory has the password of this account: change it there",
        "PR053" => "a member of the group is no user that the directory has",
        _ => return None,
    })
}

/// Connection trouble, too many connections, shutdown, fail-over to a read-only server, a deadlock,
/// a lock that others held for too long, or a cancelled statement: the transaction is gone, and another may succeed.
fn is_passing(code: &str) -> bool {
    let class = code.get(..2).unwrap_or_default();
    matches!(class, "08" | "53" | "57") || matches!(code, "25006" | "40001" | "40P01" | "55P03")
}

/// Which permits were refused, from 0; the functions name them from 1.
fn refused_places(error: &sqlx::Error) -> Option<Vec<usize>> {
    let database = error.as_database_error()?;
    if !matches!(
        database.code()?.as_ref(),
        "PR002" | "PR007" | "PR010" | "PR011"
    ) {
        return None;
    }
    detail(database)?
        .split(',')
        .map(|place| place.parse::<usize>().ok()?.checked_sub(1))
        .collect()
}

fn detail(error: &dyn sqlx::error::DatabaseError) -> Option<&str> {
    error
        .try_downcast_ref::<sqlx::postgres::PgDatabaseError>()?
        .detail()
}

#[cfg(test)]
mod tests {
    use super::Excess;

    #[test]
    fn those_who_fit_stay_in_their_order() {
        for (bytes, messages, sizes, refused) in [
            (10, 0, &[(10, 1)][..], &[0][..]),
            (10, 0, &[(10, 1), (20, 1)], &[1]),
            (5, 0, &[(10, 1), (20, 1), (10, 1)], &[2]),
            (20, 0, &[(10, 1), (20, 1), (5, 1)], &[1]),
            (0, 1, &[(10, 1), (10, 2), (10, 1)], &[2]),
            (0, 3, &[(10, 1), (10, 6), (10, 1)], &[1]),
            (1, 1, &[(10, 1), (10, 1)], &[1]),
        ] {
            let excess = Excess { bytes, messages };
            assert_eq!(excess.refused(sizes), refused, "{excess:?} of {sizes:?}");
        }
    }
}
