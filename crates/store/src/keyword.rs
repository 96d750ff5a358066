//! Keywords and their numbers.

use acl::Permit;
use mail::{Keyword, Keywords};

use crate::argument::{ActorRow, PermitRow};
use crate::{Cause, Fault, Store, wake};

impl Store {
    /// Gives each of `keywords` a number in the mailbox, unless it has one, and returns all that the
    /// mailbox has. Where all numbers are given, those of keywords that nobody uses get other names. One for which there is
    /// no room is not among them: neither a message nor its other flags are refused for that.
    ///
    /// # Errors
    ///
    /// [`Fault::Gone`], [`Fault::Denied`], [`Fault::Unavailable`].
    #[tracing::instrument(name = "db.number_keywords", skip_all)]
    pub async fn number_keywords(
        &self,
        permit: &Permit,
        keywords: &[Keyword],
    ) -> Result<Keywords, Fault> {
        let names: Vec<String> = keywords
            .iter()
            .map(|keyword| keyword.as_str().into())
            .collect();
        let row = sqlx::query!(
            r#"select names as "names!", modseq
                 from name_keywords(_actor => $1, _permit => $2, _names => $3)"#,
            self.actor(permit.account()) as ActorRow,
            PermitRow::from(permit) as PermitRow,
            &names,
        )
        .fetch_one(&mut *self.connection().await?)
        .await?;
        self.wake(row.modseq.map(|modseq| wake::Row {
            mailbox: permit.mailbox().0,
            modseq,
        }));
        read(&row.names)
    }
}

/// From their names, in order.
pub(crate) fn read(names: &[String]) -> Result<Keywords, Fault> {
    let keywords: Result<Vec<_>, _> = names.iter().map(|name| Keyword::parse(name)).collect();
    keywords
        .map(Keywords::new)
        .map_err(|bad| Fault::Broken(Cause::new(bad)))
}
