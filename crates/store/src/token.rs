//! Access tokens: passwords that were made for one program each (docs/adr/0081-access-tokens.md). Of a token only its hash
//! comes here.

use std::collections::HashSet;
use std::net::IpAddr;

use acl::AccessMode;
use mail::limits::TOKEN_NAME_BYTES_MAX;
use mail::{AccountId, MailboxId, Place, TokenId};

use crate::activity::place;
use crate::argument::ActorRow;
use crate::keeping::interval;
use crate::wrong_password::{FORGET_AFTER, failures};
use crate::{Account, Failures, Fault, Login, Store, TokenUse, account};

/// A token that lets somebody in now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessToken {
    /// For as long as the token lives.
    pub id: TokenId,
    /// As its owner calls it.
    pub name: String,
    /// Rises when the mailbox gets another name: whoever logged in before has to do it again.
    pub version: i64,
    /// What it is good for.
    pub services: Services,
    /// What its sessions may do of what the account may.
    pub mode: AccessMode,
    /// What it opens.
    pub scope: TokenScope,
}

/// What a token opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenScope {
    /// All that the account can see.
    Account,
    /// A shared tree as an account of its own.
    Tree {
        /// Where its topmost mailbox is now, in the tree that nobody owns.
        path: String,
        /// What a mail transfer agent knows the login by: `ada/support`.
        login: String,
    },
}

/// What a token is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Services {
    /// To log in by IMAP.
    pub imap: bool,
    /// To submit mail, by a mail transfer agent that asks us.
    pub submission: bool,
    /// To use the HTTP API, and then for nothing else.
    pub api: bool,
    /// To keep accounts and groups by SCIM, and then for nothing else.
    pub scim: bool,
}

/// A token that is to be.
#[derive(Clone, Copy, Debug)]
pub struct NewToken<'t> {
    /// Another one than the account's other tokens have.
    pub name: &'t str,
    /// SHA-256 of what is shown once.
    pub hash: [u8; 32],
    /// The mailbox, in the tree that nobody owns, that it opens with what is below it; `None` for the whole account.
    pub mailbox: Option<MailboxId>,
    /// What it is good for.
    pub services: Services,
    /// What its sessions may do.
    pub mode: AccessMode,
    /// When it ends by itself, in seconds since 1970.
    pub expires_at: Option<i64>,
}

/// A token as it is listed. What it was made of is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedToken {
    /// For as long as the token lives.
    pub id: TokenId,
    /// Whose it is.
    pub account_name: String,
    /// As its owner calls it.
    pub name: String,
    /// The mailbox that it opens; `None` for the whole account. No tree is the reader's own.
    pub mailbox: Option<Place>,
    /// What it is good for.
    pub services: Services,
    /// What its sessions may do.
    pub mode: AccessMode,
    /// When it was made, as RFC 3339 writes it, in UTC.
    pub created_at: String,
    /// When it ends by itself.
    pub expires_at: Option<String>,
    /// Whether that was before now.
    pub is_expired: bool,
    /// When somebody logged in by it last, to a minute.
    pub used_at: Option<String>,
    /// From where.
    pub used_address: Option<String>,
    /// With which program, as far as it said so.
    pub used_client: Option<String>,
    /// How many sessions are open by it.
    pub sessions: i64,
}

/// The version of a login that holds, and when that ends by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoginVersion {
    /// As in [`Login::version`].
    pub version: i64,
    /// In seconds since 1970.
    pub expires_at: Option<i64>,
}

const NO_NAME: Fault = Fault::Limit(
    "the name of an access token has 1 to 100 bytes and no control characters or spaces around it",
);

const ALONE: Fault = Fault::Limit(
    "an access token for the API or for SCIM is for the whole account, and for nothing else",
);

impl Store {
    /// Gives an account another token.
    ///
    /// # Errors
    ///
    /// [`Fault::Exists`] for a name that another token of the account has; [`Fault::Denied`] where the account sees nothing of
    /// the mailbox, or the login of this handle has ended; [`Fault::Gone`] without the account; [`Fault::Limit`] for a name that is none, for too many tokens,
    /// and for one for the API or for SCIM that shall be for something else, too.
    #[tracing::instrument(name = "db.add_token", skip_all)]
    pub async fn add_token(
        &self,
        account: AccountId,
        token: &NewToken<'_>,
    ) -> Result<TokenId, Fault> {
        let name = token.name;
        let is_name = !name.is_empty()
            && name.len() <= TOKEN_NAME_BYTES_MAX
            && name.trim() == name
            && !name.contains(char::is_control);
        if !is_name {
            return Err(NO_NAME);
        }
        if token.services.wants_to_be_alone()
            && (!token.services.is_alone() || token.mailbox.is_some())
        {
            return Err(ALONE);
        }
        let actor = self.recorded_actor(self.acting_for(account)).await?;
        let id = sqlx::query_scalar!(
            r#"select make_token(
                        _actor => $1, _account => $2, _name => $3, _hash => $4, _mailbox => $5, _services => $6,
                        _is_read_only => $7, _expires_at => to_timestamp($8::bigint)) as "id!""#,
            actor as ActorRow,
            account.0,
            name,
            &token.hash[..],
            token.mailbox.map(|mailbox| mailbox.0),
            token.services.number(),
            token.mode == AccessMode::ReadOnly,
            token.expires_at,
        )
        .fetch_one(&mut *self.connection().await?)
        .await?;
        Ok(TokenId(id))
    }

    /// Takes a token away by its name. Sessions that logged in by it end, on every node, and write nothing from now on.
    ///
    /// # Errors
    ///
    /// [`Fault::Gone`] when there is no such token; [`Fault::Denied`] where the login of this handle has ended.
    #[tracing::instrument(name = "db.remove_token", skip_all)]
    pub async fn remove_token(&self, account: AccountId, name: &str) -> Result<(), Fault> {
        let actor = self.recorded_actor(self.acting_for(account)).await?;
        sqlx::query_scalar!(
            "select take_token(_actor => $1, _account => $2, _name => $3)",
            actor as ActorRow,
            account.0,
            name
        )
        .fetch_one(&mut *self.connection().await?)
        .await?;
        self.wake_account(account).await;
        self.until_noted(None).await
    }

    /// All tokens, or those of one account, by account and name.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.tokens", skip_all)]
    pub async fn tokens(&self, account: Option<AccountId>) -> Result<Vec<ListedToken>, Fault> {
        self.tokens_after(account, None, u32::MAX).await
    }

    /// The same that come after this account and name; the first so many.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.tokens_after", skip_all)]
    pub async fn tokens_after(
        &self,
        account: Option<AccountId>,
        after: Option<(&str, &str)>,
        count_max: u32,
    ) -> Result<Vec<ListedToken>, Fault> {
        let account = account.map(|account| account.0);
        let (after_account, after_name) = after.unzip();
        let rows = sqlx::query_file!(
            "queries/tokens.sql",
            account,
            after_account,
            after_name,
            i64::from(count_max)
        )
        .fetch_all(&mut *self.connection().await?)
        .await?;
        let listed = rows.into_iter().map(|row| ListedToken {
            id: TokenId(row.id),
            account_name: row.account_name,
            name: row.name,
            mailbox: place(row.owner, row.owner_name, row.path),
            services: Services::of(row.services),
            mode: mode(row.is_read_only),
            created_at: row.created_at,
            expires_at: row.expires_at,
            is_expired: row.is_expired,
            used_at: row.used_at,
            used_address: row.used_address,
            used_client: row.used_client,
            sessions: row.sessions,
        });
        Ok(listed.collect())
    }

    /// By which user names a token of `user` opens a seat at a shared mailbox: the addresses that lead to it alone, then its name.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    pub async fn seat_user_names(
        &self,
        user: &str,
        mailbox: MailboxId,
        path: &str,
    ) -> Result<Vec<String>, Fault> {
        let addresses = self.addresses_of(mailbox).await?.into_iter();
        let alone = addresses.filter(|it| it.is_alone && !it.address.starts_with('@'));
        let mut names: Vec<String> = alone.map(|it| it.address).collect();
        names.push(path.to_owned());
        names.push(format!("{user}/{path}"));
        Ok(names)
    }

    /// The token of this hash, and its account, while it lets somebody in.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.find_token", skip_all)]
    pub async fn find_token(
        &self,
        hash: &[u8; 32],
    ) -> Result<Option<(Account, AccessToken)>, Fault> {
        let row = sqlx::query_file!("queries/find_token.sql", &hash[..])
            .fetch_optional(&mut *self.kept().await?)
            .await?;
        Ok(row.map(|row| {
            let scope = match (row.path, row.login) {
                (Some(path), Some(login)) => TokenScope::Tree { path, login },
                _ => TokenScope::Account,
            };
            let token = AccessToken {
                id: TokenId(row.token),
                name: row.token_name,
                version: row.version,
                services: Services::of(row.services),
                mode: mode(row.is_read_only),
                scope,
            };
            let account = account::Row {
                id: row.id,
                name: row.name,
                password_hash: row.password_hash,
                password_version: row.password_version,
                is_admin: row.is_admin,
                is_disabled: false,
            };
            (Account::from(account), token)
        }))
    }

    /// The versions of these logins, whatever they are of now. Missing is who may not be logged in any more: by an account that is
    /// gone or disabled, by a token that is gone or has expired, or opens a tree of which nothing may be known.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.login_versions", skip_all)]
    pub async fn login_versions(
        &self,
        logins: &[(AccountId, Option<TokenId>)],
    ) -> Result<Vec<(AccountId, Option<TokenId>, LoginVersion)>, Fault> {
        let accounts = logins.iter().filter(|(_, token)| token.is_none());
        let accounts: Vec<i64> = accounts.map(|(account, _)| account.0).collect();
        let tokens: Vec<i64> = logins
            .iter()
            .filter_map(|(_, token)| Some(token.as_ref()?.0))
            .collect();
        let rows = sqlx::query_file!("queries/login_versions.sql", &accounts, &tokens)
            .fetch_all(&mut *self.kept().await?)
            .await?;
        let held = rows.into_iter().map(|row| {
            let version = LoginVersion {
                version: row.version,
                expires_at: row.expires_at,
            };
            (AccountId(row.account), row.token.map(TokenId), version)
        });
        Ok(held.collect())
    }

    /// Of these tokens, those whose tree a change of rights in this mailbox may concern.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.tokens_concerned", skip_all)]
    pub async fn tokens_concerned(
        &self,
        mailbox: MailboxId,
        tokens: &[TokenId],
    ) -> Result<HashSet<TokenId>, Fault> {
        let tokens: Vec<i64> = tokens.iter().map(|token| token.0).collect();
        let rows = sqlx::query_file_scalar!("queries/tokens_concerned.sql", mailbox.0, &tokens)
            .fetch_all(&mut *self.kept().await?)
            .await?;
        Ok(rows.into_iter().map(TokenId).collect())
    }

    /// The wrong tokens that came from this network so far, to any frontend.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.wrong_tokens", skip_all)]
    pub async fn wrong_tokens(&self, network: IpAddr) -> Result<Failures, Fault> {
        let row = sqlx::query!(
            r#"select w.failures, extract(epoch from now() - w.failed_at)::float8 as since_last
                 from wrong_password w
                where w.network = $1
                  and w.user_hash = user_hash(E'\ntoken')
                  and w.failed_at > now() - $2::interval"#,
            network.to_string(),
            interval(FORGET_AFTER),
        )
        .fetch_optional(&mut *self.kept().await?)
        .await?;
        Ok(row.map_or_else(Failures::default, |row| {
            failures(Some(row.failures), row.since_last)
        }))
    }

    /// Counts one more; returns how many there are now.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.count_wrong_token", skip_all)]
    pub async fn count_wrong_token(&self, network: IpAddr) -> Result<Failures, Fault> {
        let count = sqlx::query_scalar!(
            "select count_wrong_token(_network => $1, _forget_after => $2)",
            network.to_string(),
            interval(FORGET_AFTER),
        )
        .fetch_one(&mut *self.kept().await?)
        .await?;
        Ok(failures(count, None))
    }
}

impl AccessToken {
    /// What the token lets its account in by.
    #[must_use]
    pub const fn login(&self, account: AccountId) -> Login {
        Login {
            account,
            token: Some(self.id),
            version: self.version,
        }
    }

    /// What a session remembers of it.
    #[must_use]
    pub fn usage(&self) -> TokenUse {
        TokenUse {
            id: self.id,
            name: self.name.clone(),
            mode: self.mode,
        }
    }
}

impl Services {
    /// For the HTTP API.
    pub const API: Self = Self {
        imap: false,
        submission: false,
        api: true,
        scim: false,
    };

    /// For SCIM.
    pub const SCIM: Self = Self {
        api: false,
        scim: true,
        ..Self::API
    };

    /// Whether it is for what a token may be for alone.
    const fn wants_to_be_alone(self) -> bool {
        self.api || self.scim
    }

    const fn is_alone(self) -> bool {
        matches!(self.number(), Self::API_BIT | Self::SCIM_BIT)
    }

    /// Whether the token would be good for nothing.
    #[must_use]
    pub const fn is_nothing(self) -> bool {
        self.number() == 0
    }

    const IMAP_BIT: i16 = 1;
    const SUBMISSION_BIT: i16 = 2;
    const API_BIT: i16 = 4;
    const SCIM_BIT: i16 = 8;

    const fn of(number: i16) -> Self {
        Self {
            imap: number & Self::IMAP_BIT != 0,
            submission: number & Self::SUBMISSION_BIT != 0,
            api: number & Self::API_BIT != 0,
            scim: number & Self::SCIM_BIT != 0,
        }
    }

    const fn number(self) -> i16 {
        let imap = if self.imap { Self::IMAP_BIT } else { 0 };
        let submission = if self.submission {
            Self::SUBMISSION_BIT
        } else {
            0
        };
        let api = if self.api { Self::API_BIT } else { 0 };
        let scim = if self.scim { Self::SCIM_BIT } else { 0 };
        imap | submission | api | scim
    }
}

const fn mode(is_read_only: bool) -> AccessMode {
    if is_read_only {
        AccessMode::ReadOnly
    } else {
        AccessMode::ReadWrite
    }
}
