//! Teams and accounts with all that they need, made at once.

use acl::{CreatePermit, Identifier, Rights};
use mail::{AccountId, EmailAddress};
use sqlx::Connection as _;

use crate::argument::{ActorRow, CreatePermitRow};
use crate::fold::{account_name, fold_identifier};
use crate::{Fault, Store, wake};

/// What a team shall have.
#[derive(Clone, Debug)]
pub struct Team {
    /// Its mailbox, in the tree that nobody owns.
    pub path: String,
    /// Who may do what there, and in its folders.
    pub entries: Vec<(Identifier, Rights)>,
    /// What comes to these goes to its mailbox.
    pub addresses: Vec<EmailAddress>,
}

/// Something that was done for a team.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TeamStep {
    /// Its mailbox was made.
    Mailbox(String),
    /// A folder was made, or has a special use now.
    Folder(String),
    /// An entry came to its list, or grew.
    Right(String),
    /// An address leads to it.
    Address(String),
    /// An account is subscribed to it.
    Subscription(String),
}

/// Whether something is done, or only said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trial {
    /// It is done.
    Real,
    /// It is said what would be done.
    Dry,
}

/// The folders of a team and of a person, each with its special use (RFC 6154).
pub const DEFAULT_FOLDERS: [(&str, &str); 5] = [
    ("Sent", "\\Sent"),
    ("Drafts", "\\Drafts"),
    ("Trash", "\\Trash"),
    ("Archive", "\\Archive"),
    ("Junk", "\\Junk"),
];

impl Store {
    /// Makes what a team needs and has not yet, all of it or nothing: its mailbox, the [`DEFAULT_FOLDERS`], entries in its
    /// list, addresses, subscriptions of its members. What is there already stays as it is. Returns what was done.
    ///
    /// # Errors
    ///
    /// [`Fault::Denied`], [`Fault::OverQuota`], [`Fault::Limit`], [`Fault::Unavailable`].
    #[tracing::instrument(name = "db.set_up_team", skip_all)]
    pub async fn set_up_team(
        &self,
        create_permit: &CreatePermit,
        team: &Team,
        separator: &str,
        trial: Trial,
    ) -> Result<Vec<TeamStep>, Fault> {
        let actor = self.recorded_actor(create_permit.account()).await?;
        let (folders, uses) = default_folders();
        let identifiers: Vec<String> = team
            .entries
            .iter()
            .map(|(identifier, _)| fold_identifier(identifier).to_string())
            .collect();
        let rights: Vec<i16> = team
            .entries
            .iter()
            .map(|(_, rights)| rights.to_i16())
            .collect();
        let details: Vec<String> = team
            .entries
            .iter()
            .map(|(identifier, rights)| format!("{} +{rights}", fold_identifier(identifier)))
            .collect();
        let addresses = || team.addresses.iter();
        let locals: Vec<&str> = addresses().map(EmailAddress::folded_local).collect();
        let domains: Vec<&str> = addresses().map(EmailAddress::domain).collect();
        let spellings: Vec<String> = addresses().map(ToString::to_string).collect();
        let mut connection = self.connection().await?;
        let mut transaction = connection.apart().begin().await?;
        let rows = sqlx::query!(
            r#"select step as "step!", name, mailbox, modseq
                 from set_up_team(
                        _actor => $1, _create => $2, _path => $3, _folders => $4, _uses => $5, _identifiers => $6,
                        _rights => $7, _details => $8, _locals => $9, _domains => $10, _spellings => $11,
                        _separator => $12)"#,
            actor as ActorRow,
            CreatePermitRow::from(create_permit) as CreatePermitRow,
            team.path,
            &folders as &[&str],
            &uses as &[&str],
            &identifiers,
            &rights,
            &details,
            &locals as &[&str],
            &domains as &[&str],
            &spellings,
            separator,
        )
        .fetch_all(&mut *transaction)
        .await?;
        match trial {
            Trial::Real => transaction.commit().await?,
            Trial::Dry => transaction.rollback().await?,
        }
        connection.end_apart();
        let (mut steps, mut woken) = (Vec::new(), Vec::new());
        for row in rows {
            let name = row.name.unwrap_or_default();
            match (row.step.as_str(), row.mailbox, row.modseq) {
                ("wake", Some(mailbox), Some(modseq)) => woken.push(wake::Row { mailbox, modseq }),
                ("mailbox", ..) => steps.push(TeamStep::Mailbox(name)),
                ("folder", ..) => steps.push(TeamStep::Folder(name)),
                ("right", ..) => steps.push(TeamStep::Right(name)),
                ("address", ..) => steps.push(TeamStep::Address(name)),
                _ => steps.push(TeamStep::Subscription(name)),
            }
        }
        if trial == Trial::Real {
            self.wake(woken);
            self.wake_directory();
        }
        Ok(steps)
    }

    /// As [`create_account`](Self::create_account), with the [`DEFAULT_FOLDERS`]: all of it or nothing.
    ///
    /// # Errors
    ///
    /// [`Fault::Exists`] for a name that is taken in any case; [`Fault::Limit`] for what is no name.
    #[tracing::instrument(name = "db.create_account_with_folders", skip_all)]
    pub async fn create_account_with_folders(
        &self,
        name: &str,
        password_hash: Option<&str>,
        is_admin: bool,
    ) -> Result<AccountId, Fault> {
        let name = account_name(name)?;
        let (folders, uses) = default_folders();
        let mut administration = self.administer().await?;
        let id = sqlx::query_scalar!(
            r#"select create_account_with_folders(
                        _name => $1, _password_hash => $2, _is_admin => $3, _folders => $4, _uses => $5) as "id!""#,
            name,
            password_hash,
            is_admin,
            &folders as &[&str],
            &uses as &[&str],
        )
        .fetch_one(administration.executor())
        .await?;
        administration.finish().await?;
        self.wake_directory();
        Ok(AccountId(id))
    }
}

pub(crate) fn default_folders() -> (Vec<&'static str>, Vec<&'static str>) {
    DEFAULT_FOLDERS.into_iter().unzip()
}
