//! Wrong passwords, counted for all frontends together, and the networks from which accounts log in.

use std::net::IpAddr;
use std::time::Duration;

use mail::AccountId;
use mail::limits::KNOWN_NETWORKS_MAX;

use crate::fold::fold;
use crate::keeping::interval;
use crate::{Fault, Store};

/// Wrong passwords that concern a login, as of now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WrongPasswords {
    /// For its user, from its network.
    pub by_both: Failures,
    /// From its network.
    pub by_network: Failures,
    /// For its user.
    pub by_user: Failures,
    /// Whether its user logged in from its network lately.
    pub is_known: bool,
}

/// How many passwords were wrong. None is left an hour after the last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Failures {
    /// How many.
    pub count: u32,
    /// How long ago the last was; zero where there is none.
    pub since_last: Duration,
}

/// Without a failure for so long, all are forgotten.
pub(crate) const FORGET_AFTER: Duration = Duration::from_secs(60 * 60);
/// For how long a network stays known after a login.
const KNOWN_FOR: Duration = Duration::from_secs(30 * 24 * 60 * 60);

impl Store {
    /// The wrong passwords so far, on any frontend. Names that no account can have count as one.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.wrong_passwords", skip_all)]
    pub async fn wrong_passwords(
        &self,
        account: Option<AccountId>,
        user: &str,
        network: IpAddr,
    ) -> Result<WrongPasswords, Fault> {
        let row = sqlx::query_file!(
            "queries/wrong_passwords.sql",
            account.map(|account| account.0),
            fold(user).unwrap_or_default(),
            network.to_string(),
            interval(FORGET_AFTER),
            interval(KNOWN_FOR),
        )
        .fetch_one(&mut *self.kept().await?)
        .await?;
        Ok(WrongPasswords {
            by_both: failures(row.by_both, row.since_by_both),
            by_network: failures(row.by_network, row.since_by_network),
            by_user: failures(row.by_user, row.since_by_user),
            is_known: row.is_known,
        })
    }

    /// Counts one more; returns all that there are now.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.count_wrong_password", skip_all)]
    pub async fn count_wrong_password(
        &self,
        user: &str,
        network: IpAddr,
    ) -> Result<WrongPasswords, Fault> {
        let row = sqlx::query!(
            r#"select by_network as "by_network!", by_user as "by_user!", by_both as "by_both!"
                 from count_wrong_password(_name => $1, _network => $2, _forget_after => $3)"#,
            fold(user).unwrap_or_default(),
            network.to_string(),
            interval(FORGET_AFTER),
        )
        .fetch_one(&mut *self.kept().await?)
        .await?;
        Ok(WrongPasswords {
            by_both: failures(Some(row.by_both), None),
            by_network: failures(Some(row.by_network), None),
            by_user: failures(Some(row.by_user), None),
            is_known: false,
        })
    }

    /// Forgets the wrong passwords for this user from this network, and no others; the network is known from now on.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.forgive_wrong_passwords", skip_all)]
    pub async fn forgive_wrong_passwords(
        &self,
        account: AccountId,
        user: &str,
        network: IpAddr,
    ) -> Result<(), Fault> {
        sqlx::query!(
            "select forgive_wrong_passwords(_account => $1, _name => $2, _network => $3, _networks_max => $4)",
            account.0,
            fold(user).unwrap_or_default(),
            network.to_string(),
            KNOWN_NETWORKS_MAX,
        )
        .execute(&mut *self.kept().await?)
        .await?;
        Ok(())
    }

    /// Deletes what is forgotten.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.trim_wrong_passwords", skip_all)]
    pub async fn trim_wrong_passwords(&self) -> Result<u64, Fault> {
        let networks = ("known_network", "seen_at", KNOWN_FOR);
        self.trim_old_rows(&[("wrong_password", "failed_at", FORGET_AFTER), networks])
            .await
    }
}

pub(crate) fn failures(count: Option<i32>, since_last: Option<f64>) -> Failures {
    let seconds = since_last.unwrap_or_default();
    Failures {
        count: count
            .and_then(|count| u32::try_from(count).ok())
            .unwrap_or_default(),
        // Below zero when it is of a transaction that began later.
        since_last: Duration::try_from_secs_f64(seconds).unwrap_or_default(),
    }
}
