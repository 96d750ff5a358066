//! By what somebody proves that he knows a password without telling it. What a verifier says is a text here.

use mail::AccountId;

use crate::account::Row;
use crate::fold::fold;
use crate::{Account, Fault, Store};

/// Somebody who wants to prove that he knows a password.
#[derive(Clone, Debug)]
pub struct Prover {
    /// The account of the name; `None` where there is none.
    pub account: Option<Account>,
    /// What was kept for it by [`Store::keep_verifier`].
    pub verifier: Option<String>,
    /// That of a verifier, and of a challenge where there is none: the same for a name each time, on every node, so that nobody
    /// is told which names there are.
    pub salt: [u8; 16],
}

impl Store {
    /// Who is called so, in any case, and by what he proves it.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.find_prover", skip_all)]
    pub async fn find_prover(&self, name: &str) -> Result<Prover, Fault> {
        let name = fold(name).unwrap_or_else(|| name.to_owned());
        let row = sqlx::query_file!("queries/find_prover.sql", name)
            .fetch_one(&mut *self.kept().await?)
            .await?;
        let account = match (row.id, row.name, row.password_version) {
            (Some(id), Some(name), Some(password_version)) => Some(Row {
                id,
                name,
                password_hash: row.password_hash,
                password_version,
                is_admin: row.is_admin.unwrap_or_default(),
                is_disabled: row.is_disabled.unwrap_or_default(),
            }),
            _ => None,
        };
        Ok(Prover {
            account: account.map(Account::from),
            verifier: row.scram_verifier,
            salt: row.salt.try_into().unwrap_or_default(),
        })
    }

    /// Keeps what was made of the password behind `hash`, unless the account has another by now. It goes with the password.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.keep_verifier", skip_all)]
    pub async fn keep_verifier(
        &self,
        account: AccountId,
        hash: &str,
        verifier: &str,
    ) -> Result<(), Fault> {
        sqlx::query!(
            "update account
                set scram_verifier = $3
              where id = $1
                and password_hash = $2",
            account.0,
            hash,
            verifier
        )
        .execute(&mut *self.connection().await?)
        .await?;
        Ok(())
    }
}
