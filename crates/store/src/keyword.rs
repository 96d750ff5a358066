//! Keywords and their numbers.

use acl::Permit;
use mail::{Keyword, Keywords};

use crate::{Cause, Fault, Store};

impl Store {
    /// Gives each of `keywords` a number in the mailbox, unless it has one, and returns all that the
    /// mailbox has.
    ///
    /// # Errors
    ///
    /// [`Fault::Limit`] when one is left without a number; none is new then.
    #[tracing::instrument(name = "db.number_keywords", skip_all)]
    pub async fn number_keywords(
        &self,
        permit: &Permit,
        keywords: &[Keyword],
    ) -> Result<Keywords, Fault> {
        let logins = self.logins();
        let names: Vec<String> = keywords
            .iter()
            .map(|keyword| keyword.as_str().into())
            .collect();
        let names = sqlx::query_scalar!(
            r#"select number_keywords(
                        $1, while_logged_in($2::bigint, $6, $7, $8), $3, $4, $5) as "names!""#,
            permit.mailbox().0,
            permit.account().0,
            permit.version(),
            permit.needed().to_i16(),
            &names,
            &logins.places,
            &logins.accounts,
            &logins.password_versions,
        )
        .fetch_one(self.pool())
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
