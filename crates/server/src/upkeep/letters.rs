//! Letters of the server's own, by the frontend that does what is done for all: they tell people of shared mailboxes that they were
//! given (docs/adr/0098-a-letter-tells-of-a-mailbox.md).

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use acl::Rights;
use futures_util::future::{Either, select};
use mail::{EmailAddress, InternalDate, Namespaces, Place};
use session::SubscribeOnGrant;
use store::{AccessLetter, Fault, LetterEnd, Store};
use tokio::time::sleep;
use tracing::{info, warn};
use web::{Language, LetterHead, MailboxGiven, access_letter};

use super::Leadership;
use crate::config::{Config, LettersConfig};
use crate::environment;
use crate::failures::Failures;
use crate::metrics::Metrics;

/// The longest pause between two looks for what was given.
const LOOK_PAUSE: Duration = Duration::from_secs(5);
/// The pause between two handfuls of letters: where a group of thousands is told, others shall not notice.
const HANDFUL_PAUSE: Duration = Duration::from_millis(100);
/// What fails again and again is said at first and about each ten minutes.
const FAILURES_PER_WARNING: u32 = 120;

/// What writes them.
#[derive(Clone, Debug)]
pub(crate) struct LetterWriter {
    store: Store,
    metrics: Arc<Metrics>,
    config: LettersConfig,
    namespaces: Namespaces,
    subscribes: SubscribeOnGrant,
    /// Where the pages are.
    page: Option<String>,
}

impl LetterWriter {
    pub(crate) fn new(config: &Config, store: &Store, metrics: &Arc<Metrics>) -> Self {
        let pages = config.web.pages.as_ref().map(|(host, port)| match port {
            443 => format!("https://{host}"),
            port => format!("https://{host}:{port}"),
        });
        Self {
            store: store.clone(),
            metrics: Arc::clone(metrics),
            config: config.letters.clone(),
            namespaces: config.namespaces.clone(),
            subscribes: config.subscribe_on_grant,
            page: pages,
        }
    }

    /// Writes what is due while this frontend is the one, without end.
    pub(crate) async fn follow(self, leadership: Arc<Leadership>) {
        let pause = self.config.access_after.min(LOOK_PAUSE);
        let mut failures = Failures::default();
        loop {
            leadership.gained().await;
            {
                let lost = pin!(leadership.lost());
                let written = pin!(self.write_due());
                match select(written, lost).await {
                    Either::Left((Err(cause), _)) if failures.add(FAILURES_PER_WARNING) => {
                        warn!(%cause, "letters to those who were given a mailbox could not be written");
                    }
                    Either::Left((Err(_), _)) | Either::Right(_) => {}
                    Either::Left((Ok(()), _)) => drop(failures.end()),
                }
            }
            sleep(pause).await;
        }
    }

    async fn write_due(&self) -> Result<(), Fault> {
        self.store.find_letters(self.config.access_after).await?;
        loop {
            let due = self.store.due_letters().await?;
            if due.is_empty() {
                return Ok(());
            }
            for letter in &due {
                let written = self.write(letter).await;
                // What was taken back meanwhile is no letter.
                if let Some(result) = written.as_ref().map_or(Some("failed"), |written| *written) {
                    self.metrics.count_access_letter(result);
                }
                written?;
            }
            sleep(HANDFUL_PAUSE).await;
        }
    }

    /// What became of it, as metrics call that.
    async fn write(&self, letter: &AccessLetter) -> Result<Option<&'static str>, Fault> {
        if !letter.rights.contains(Rights::LOOKUP) {
            self.store.forget_letter(letter).await?;
            return Ok(None);
        }
        let date = InternalDate {
            unix_seconds: environment::unix_seconds(),
            offset_minutes: 0,
        };
        let message = self.message(letter, date);
        let (account, mailbox) = (letter.account, letter.mailbox);
        let delivered = self.store.deliver_access_letter(letter, &message, date);
        Ok(Some(match delivered.await? {
            LetterEnd::Delivered => {
                info!(user.id = %account, mailbox.id = %mailbox, "a letter tells of a mailbox");
                "delivered"
            }
            LetterEnd::Postponed(cause) => {
                info!(user.id = %account, mailbox.id = %mailbox, %cause, "a letter that tells of a mailbox has to wait");
                "postponed"
            }
            LetterEnd::GivenUp(cause) => {
                warn!(user.id = %account, mailbox.id = %mailbox, %cause, "a letter that tells of a mailbox could not be delivered");
                "given_up"
            }
        }))
    }

    fn message(&self, letter: &AccessLetter, date: InternalDate) -> Vec<u8> {
        let address = letter.address.as_deref().unwrap_or(&letter.name);
        let address = EmailAddress::parse(address);
        let mailbox = self.namespaces.name(&Place::Shared(letter.path.clone()));
        let is_subscribed = self.subscribes == SubscribeOnGrant::Always
            && letter.rights.contains(Rights::READ)
            && !letter.is_unwanted;
        let language = letter.language.as_deref().and_then(Language::of_tag);
        let head = LetterHead {
            to: address.as_ref().map_err(|_| letter.name.as_str()),
            from: self.config.sender.as_ref(),
            date,
            id: &format!(
                "access.{}.{}.{}",
                letter.account, letter.mailbox, letter.since
            ),
        };
        let given = MailboxGiven {
            mailbox: mailbox.as_str(),
            rights: letter.rights,
            giver: letter.giver.as_deref(),
            is_shown: is_subscribed,
            page: self.page.as_deref(),
        };
        access_letter(&head, &given, language.unwrap_or(self.config.language))
    }
}
