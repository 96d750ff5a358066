//! When messages came into their mailbox (RFC 8514).

use std::collections::HashMap;

use mail::{InternalDate, MailboxId, Uid, UidSet};

use crate::{Fault, Store, multirange};

impl Store {
    /// When each of these came into its mailbox, in UTC; who left has none. What came before save
    /// dates were kept has its internal date.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.save_dates", skip_all)]
    pub async fn save_dates(
        &self,
        messages: &[(MailboxId, UidSet)],
    ) -> Result<HashMap<(MailboxId, Uid), InternalDate>, Fault> {
        let (mailboxes, uids): (Vec<i64>, Vec<String>) = messages
            .iter()
            .map(|(mailbox, uids)| (mailbox.0, multirange::print(uids)))
            .unzip();
        let rows = sqlx::query!(
            r#"select asked.mailbox as "mailbox!", e.uid as "uid!",
                      coalesce(extract(epoch from e.saved_at)::bigint, e.internal_date >> 12) as "seconds!"
                 from unnest($1::bigint[], $2::text[]) as asked (mailbox, uids)
                cross join lateral unnest(asked.uids::int8multirange) r
                cross join lateral (
                      select e.uid, e.saved_at, e.internal_date
                        from entry e
                       where e.mailbox = asked.mailbox and e.uid >= lower(r) and e.uid < upper(r)
                      offset 0) e"#,
            &mailboxes,
            &uids,
        )
        .fetch_all(&mut *self.connection().await?)
        .await?;
        let date = |unix_seconds| InternalDate {
            unix_seconds,
            offset_minutes: 0,
        };
        Ok(rows
            .into_iter()
            .filter_map(|row| {
                let message = (MailboxId(row.mailbox), Uid::from_i64(row.uid)?);
                Some((message, date(row.seconds)))
            })
            .collect())
    }
}
