//! Which names an account wants LSUB to show. They need not exist.

use mail::{AccountId, Place};

use crate::argument::{ActorRow, PlaceRow};
use crate::place::place;
use crate::{Fault, Store};

/// What an account said of a name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subscription {
    /// The name; nothing need be there.
    pub place: Place,
    /// Whether to show it; otherwise it is not shown by default either.
    pub is_wanted: bool,
}

impl Store {
    /// What `asker` said, by owner and path.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.subscriptions", skip_all)]
    pub async fn subscriptions(&self, asker: AccountId) -> Result<Vec<Subscription>, Fault> {
        let rows = sqlx::query!(
            r#"select s.owner, s.path, s.is_wanted, a.name as "owner_name?"
                 from subscription s
                 left join account a on a.id = s.owner
                where s.account = $1
                order by s.owner, s.path"#,
            asker.0
        )
        .fetch_all(&mut *self.connection().await?)
        .await?;
        Ok(rows
            .into_iter()
            .filter_map(|row| {
                Some(Subscription {
                    place: place(asker, row.owner, row.owner_name, row.path)?,
                    is_wanted: row.is_wanted,
                })
            })
            .collect())
    }

    /// What is subscribed already stays so.
    ///
    /// # Errors
    ///
    /// [`Fault::Gone`] for the tree of an account that does not exist.
    #[tracing::instrument(name = "db.subscribe", skip_all)]
    pub async fn subscribe(&self, asker: AccountId, place: &Place) -> Result<(), Fault> {
        sqlx::query!(
            "select subscribe(_actor => $1, _place => $2)",
            self.actor(asker) as ActorRow,
            PlaceRow::from(place) as PlaceRow,
        )
        .execute(&mut *self.connection().await?)
        .await?;
        self.wake_directory();
        Ok(())
    }

    /// What is not subscribed stays so, whatever is shown by default.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.unsubscribe", skip_all)]
    pub async fn unsubscribe(&self, asker: AccountId, place: &Place) -> Result<(), Fault> {
        sqlx::query!(
            "select unsubscribe(_actor => $1, _place => $2)",
            self.actor(asker) as ActorRow,
            PlaceRow::from(place) as PlaceRow,
        )
        .execute(&mut *self.connection().await?)
        .await?;
        self.wake_directory();
        Ok(())
    }
}
