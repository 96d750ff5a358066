//! Letters that tell people of a shared mailbox that they were given (docs/adr/0098-a-letter-tells-of-a-mailbox.md): who is to get
//! one, and how it comes to an INBOX. What it says is written elsewhere.

use std::time::Duration;

use acl::Rights;
use mail::limits::DUPLICATE_WINDOW_DAYS_MAX;
use mail::{AccountId, EmailAddress, InternalDate, MailboxId, Place};

use crate::delivery::{Addressee, Letter, Recognition};
use crate::keeping::{count, interval, limit};
use crate::letters::Letters;
use crate::pace::Pace;
use crate::{Cause, Fault, Store, Target, TargetMailbox};

/// A letter that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessLetter {
    /// Whom it is for.
    pub account: AccountId,
    /// Their name.
    pub name: String,
    /// An address that leads to their INBOX.
    pub address: Option<String>,
    /// The language of the pages where they signed in last, as BCP 47 tags it.
    pub language: Option<String>,
    /// Which mailbox they were given.
    pub mailbox: MailboxId,
    /// Where it is, in the tree that nobody owns.
    pub path: String,
    /// What they may do there now: without [`Rights::LOOKUP`] there is nothing to tell any more.
    pub rights: Rights,
    /// Who gave it, as far as they may know.
    pub giver: Option<String>,
    /// Whether they have unsubscribed from what had its name.
    pub is_unwanted: bool,
    /// Since when, in microseconds since 1970: with account and mailbox it tells this letter from all others.
    pub since: i64,
    inbox: TargetMailbox,
}

/// What became of a letter.
#[derive(Clone, Debug)]
pub enum LetterEnd {
    /// It is in their INBOX.
    Delivered,
    /// Not this time; it is tried again later.
    Postponed(Fault),
    /// It was tried often enough.
    GivenUp(Fault),
}

/// So many letters are read at once.
const LETTERS_AT_ONCE: i64 = 50;
/// So often a letter is tried; after each time that failed it waits for so much longer.
const TRIES_MAX: i16 = 5;
const TRY_PAUSE: Duration = Duration::from_secs(10 * 60);

impl Store {
    /// As [`set_rights`](Self::set_rights); whether it is told by a letter is said here, whatever is usual.
    ///
    /// # Errors
    ///
    /// As [`set_rights`](Self::set_rights).
    #[tracing::instrument(name = "db.set_rights_telling", skip_all)]
    pub async fn set_rights_telling(
        &self,
        letters: Letters,
        permit: &acl::Permit,
        subject: &acl::Subject,
        modification: acl::Modification,
    ) -> Result<(), Fault> {
        self.change_list(permit, subject, modification, Some(letters.word()))
            .await
    }

    /// Finds who is to be told of what was given longer ago than this, part by part. Returns how many people and changes were
    /// looked at.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away; who was found until then stays so.
    #[tracing::instrument(name = "db.find_letters", skip_all)]
    pub async fn find_letters(&self, older_than: Duration) -> Result<u64, Fault> {
        let (mut pace, mut looked_at) = (Pace::new(self), 0);
        loop {
            let part = sqlx::query_scalar!(
                r#"select find_letters(_older_than => $1, _accounts_max => $2) as "looked_at!""#,
                interval(older_than),
                limit(pace.rows())
            )
            .fetch_one(&mut *self.connection().await?)
            .await?;
            if part == 0 {
                return Ok(looked_at);
            }
            looked_at += count(part.into());
            pace.rest().await;
        }
    }

    /// The next letters that are due, the oldest first.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.due_letters", skip_all)]
    pub async fn due_letters(&self) -> Result<Vec<AccessLetter>, Fault> {
        let rows = sqlx::query_file!("queries/due_letters.sql", LETTERS_AT_ONCE)
            .fetch_all(&mut *self.connection().await?)
            .await?;
        let letters = rows.into_iter().map(|row| AccessLetter {
            account: AccountId(row.account),
            address: row.address,
            language: row.language,
            mailbox: MailboxId(row.mailbox),
            path: row.path,
            rights: Rights::from_i16(row.rights),
            giver: row.giver,
            is_unwanted: row.is_unwanted.unwrap_or(false),
            since: row.since,
            inbox: TargetMailbox {
                id: MailboxId(row.inbox),
                place: Place::Theirs {
                    owner: row.name.clone(),
                    path: "INBOX".to_owned(),
                },
                rights_version: row.inbox_version,
            },
            name: row.name,
        });
        Ok(letters.collect())
    }

    /// Delivers a letter, whose words are `message`, as any letter that its reader posts there: with quota, recorded, told to whoever
    /// has the INBOX open. It comes once, also where it was delivered and nobody learned of that.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away, [`Fault::Broken`]: it is tried again.
    #[tracing::instrument(name = "db.deliver_access_letter", skip_all)]
    pub async fn deliver_access_letter(
        &self,
        letter: &AccessLetter,
        message: &[u8],
        date: InternalDate,
    ) -> Result<LetterEnd, Fault> {
        let AccessLetter {
            account,
            mailbox,
            since,
            ..
        } = letter;
        let window = Duration::from_hours(24 * DUPLICATE_WINDOW_DAYS_MAX);
        let sign = format!("access letter {account} {mailbox} {since}");
        let posted = Letter {
            prepared: self.prepare(message, date).await?,
            submitter: Some(*account),
            queue_id: None,
            client: "the mail server".to_owned(),
            recognition: Some(Recognition::by_bytes(sign.as_bytes(), window)),
            is_junk: false,
        };
        let addressee = Addressee {
            recipient: recipient(letter)?,
            target: Target {
                mailbox: letter.inbox.clone(),
                subfolder: None,
                junk: None,
                sent: None,
            },
        };
        let outcome = self.deliver(posted, &[addressee]).await.pop();
        match outcome.unwrap_or_else(|| Err(Fault::Broken(Cause::new("a letter without an end")))) {
            Ok(_) => {
                self.forget_letter(letter).await?;
                Ok(LetterEnd::Delivered)
            }
            Err(fault @ (Fault::Unavailable(_) | Fault::Broken(_))) => Err(fault),
            Err(fault) => self.postpone(letter, fault).await,
        }
    }

    /// There is nothing to tell any more.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.forget_letter", skip_all)]
    pub async fn forget_letter(&self, letter: &AccessLetter) -> Result<(), Fault> {
        sqlx::query!(
            "delete from access_letter where account = $1 and mailbox = $2",
            letter.account.0,
            letter.mailbox.0
        )
        .execute(&mut *self.connection().await?)
        .await?;
        Ok(())
    }

    async fn postpone(&self, letter: &AccessLetter, fault: Fault) -> Result<LetterEnd, Fault> {
        let tries = sqlx::query_scalar!(
            "update access_letter
                set tries = tries + 1, next_at = now() + (tries + 1) * $3::interval
              where account = $1 and mailbox = $2
             returning tries",
            letter.account.0,
            letter.mailbox.0,
            interval(TRY_PAUSE)
        )
        .fetch_optional(&mut *self.connection().await?)
        .await?;
        if tries.is_some_and(|tries| tries < TRIES_MAX) {
            return Ok(LetterEnd::Postponed(fault));
        }
        self.forget_letter(letter).await?;
        Ok(LetterEnd::GivenUp(fault))
    }

    /// Keeps in which language somebody reads, as BCP 47 tags it.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.note_language", skip_all)]
    pub async fn note_language(&self, account: AccountId, language: &str) -> Result<(), Fault> {
        sqlx::query!(
            "update account set language = $2 where id = $1 and language is distinct from $2",
            account.0,
            language
        )
        .execute(&mut *self.connection().await?)
        .await?;
        Ok(())
    }
}

/// For the record of activity. Who has no address is named by a domain in which there is none (RFC 2606).
fn recipient(letter: &AccessLetter) -> Result<EmailAddress, Fault> {
    let known = letter.address.as_deref().map(EmailAddress::parse);
    let known = known.or_else(|| Some(EmailAddress::parse(&letter.name)));
    if let Some(Ok(address)) = known {
        return Ok(address);
    }
    let address = format!("account-{}@postroom.invalid", letter.account);
    EmailAddress::parse(&address).map_err(|bad| Fault::Broken(Cause::new(bad)))
}
