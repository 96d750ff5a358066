//! Keywords and their numbers.

use acl::Permit;
use mail::{Keyword, Keywords};

use crate::argument::{ActorRow, PermitRow};
use crate::{Cause, Fault, Store};

impl Store {
    /// Gives each of `keywords` a number in the mailbox, unless it has one, and returns all that the
    /// mailbox has. One for which there is no room is not among them: neither a message nor its other flags are refused
    /// for that.
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
        let names = sqlx::query_scalar!(
            r#"select number_keywords(_actor => $1, _permit => $2, _names => $3) as "names!""#,
            self.actor(permit.account()) as ActorRow,
            PermitRow::from(permit) as PermitRow,
            &names,
        )
        .fetch_one(&mut *self.connection().await?)
        .await?;
        read(&names)
    }
}

/// From their names, in order.
pub(crate) fn read(names: &[String]) -> Result<Keywords, Fault> {
    let keywords: Result<Vec<_>, _> = names.iter().map(|name| Keyword::parse(name)).collect();
    keywords
        .map(Keywords::new)
        .map_err(|bad| Fault::Broken(Cause::new(bad)))
}
