//! What there is, as files of `postroom apply` say it, and the transactions in which it becomes otherwise (ADR 0094).

use acl::{CreatePermit, Rights, Subject};
use desired::{
    AliasStep, AliasesChange, CurrentAccount, CurrentGroup, CurrentMailbox, CurrentState,
    GroupsChange, NewAccount, Source, TreeChange, TreeName, TreeStep,
};
use mail::{AccountId, FlagPolicy, MailboxName, QuotaLimits, QuotaRoot, Resource};

use crate::argument::{ActorRow, CreatePermitRow};
use crate::quota::quota_told;
use crate::team::default_folders;
use crate::{Cause, Fault, Store, wake};

/// Which mailboxes may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deletion {
    /// Those without mail in them.
    OfEmpty,
    /// All, with their mail.
    WithMail,
}

/// The owner of what nobody owns.
const NOBODY: i64 = 0;

impl Store {
    /// Accounts, groups and shared mailboxes as files say them: four queries, however much there is.
    ///
    /// # Errors
    ///
    /// [`Fault::Unavailable`] when the database is away.
    #[tracing::instrument(name = "db.current_state", skip_all)]
    pub async fn current_state(&self) -> Result<CurrentState, Fault> {
        let mut state = CurrentState::default();
        let mut connection = self.connection().await?;
        let accounts = sqlx::query!(
            r#"select a.name, a.is_admin, a.is_disabled,
                      a.directory_id is not null
                        or exists (select from scim_user s where s.account = a.id) as "is_of_directory!"
                 from account a"#
        )
        .fetch_all(&mut *connection)
        .await?;
        state.accounts = accounts
            .into_iter()
            .map(|row| {
                let account = CurrentAccount {
                    source: source(row.is_of_directory),
                    is_admin: row.is_admin,
                    is_disabled: row.is_disabled,
                    ..CurrentAccount::default()
                };
                (row.name, account)
            })
            .collect();
        let groups = sqlx::query!(
            r#"select groups_version() as "version!", g.name as "name?",
                      coalesce(g.is_of_directory, false)
                        or exists (select from scim_group s where s.user_group = g.id) as "is_of_directory!",
                      array(select a.name
                              from user_group_member m
                              join account a on a.id = m.account
                             where m.user_group = g.id) as "members!",
                      array(select 'group:' || i.name
                              from user_group_nesting n
                              join user_group i on i.id = n.inner_group
                             where n.outer_group = g.id) as "groups!"
                 from (select) as once
                 left join user_group g on true"#
        )
        .fetch_all(&mut *connection)
        .await?;
        for row in groups {
            state.groups_version = row.version;
            if let Some(name) = row.name {
                let group = CurrentGroup {
                    source: source(row.is_of_directory),
                    members: row.members.into_iter().chain(row.groups).collect(),
                };
                state.groups.insert(name, group);
            }
        }
        let aliases = sqlx::query!(
            r#"select aliases_version() as "version!", l.address as "address?", l.spelling as "spelling?",
                      l.target as "target?", l.target_spelling as "target_spelling?"
                 from (select) as once
                 left join (select coalesce(a.local, '') || '@' || a.domain as address, a.spelling,
                                   a.alias_local || '@' || a.alias_domain as target, a.alias_spelling as target_spelling
                              from address a
                             where a.alias_local is not null
                             union all
                            select '@' || d.domain, '@' || d.domain, '@' || d.target, '@' || d.target
                              from domain_alias d) l on true"#
        )
        .fetch_all(&mut *connection)
        .await?;
        for row in aliases {
            state.aliases_version = row.version;
            if let (Some(address), Some(spelling)) = (row.address, row.spelling) {
                let alias = state.aliases.entry(address).or_default();
                alias.spelling = spelling;
                alias.targets.extend(row.target.zip(row.target_spelling));
            }
        }
        let rows = sqlx::query_file_as!(Row, "queries/current_trees.sql")
            .fetch_all(&mut *connection)
            .await?;
        // Mailboxes are there before what is said of them.
        let (mailboxes, others): (Vec<Row>, Vec<Row>) =
            rows.into_iter().partition(|row| row.kind == "mailbox");
        for row in mailboxes.into_iter().chain(others) {
            row.read(&mut state)?;
        }
        Ok(state)
    }

    /// Makes accounts, all of them or none.
    ///
    /// # Errors
    ///
    /// [`Fault::Exists`] where somebody has made one of them meanwhile; [`Fault::Unavailable`].
    #[tracing::instrument(name = "db.make_accounts", skip_all)]
    pub async fn make_accounts(&self, accounts: &[NewAccount]) -> Result<(), Fault> {
        let names: Vec<&str> = accounts
            .iter()
            .map(|account| account.name.as_str())
            .collect();
        let hashes: Vec<Option<&str>> = accounts
            .iter()
            .map(|account| account.hash.as_deref())
            .collect();
        let are_admins: Vec<bool> = accounts.iter().map(|account| account.is_admin).collect();
        let have_folders: Vec<bool> = accounts.iter().map(|account| account.has_folders).collect();
        let (folders, uses) = default_folders();
        sqlx::query!(
            "select make_accounts(
                      _names => $1, _password_hashes => $2, _are_admins => $3, _have_folders => $4, _folders => $5, _uses => $6)",
            &names as &[&str],
            &hashes as &[Option<&str>],
            &are_admins,
            &have_folders,
            &folders as &[&str],
            &uses as &[&str],
        )
        .execute(&mut *self.connection().await?)
        .await?;
        self.wake_directory();
        Ok(())
    }

    /// Changes groups, all of it or nothing. Open sessions hear of it.
    ///
    /// # Errors
    ///
    /// [`Fault::Stale`] where groups were changed since the change was planned; [`Fault::Gone`] where a member is not there;
    /// [`Fault::Limit`] for a group that a directory keeps, or that would be in itself; [`Fault::Unavailable`].
    #[tracing::instrument(name = "db.apply_groups", skip_all)]
    pub async fn apply_groups(
        &self,
        administrator: AccountId,
        change: &GroupsChange,
    ) -> Result<(), Fault> {
        let actor = self.recorded_actor(administrator).await?;
        let memberships = || change.memberships.iter();
        let groups: Vec<&str> = memberships()
            .map(|membership| membership.group.as_str())
            .collect();
        let members: Vec<&str> = memberships()
            .map(|membership| membership.member.as_str())
            .collect();
        let are_in: Vec<bool> = memberships().map(|membership| membership.is_in).collect();
        let woken = sqlx::query_as!(
            wake::Row,
            r#"select mailbox as "mailbox!", modseq as "modseq!"
                 from apply_groups(_actor => $1, _version => $2, _made => $3, _groups => $4, _members => $5, _are_in => $6)"#,
            actor as ActorRow,
            change.version,
            &change.made,
            &groups as &[&str],
            &members as &[&str],
            &are_in,
        )
        .fetch_all(&mut *self.connection().await?)
        .await?;
        self.wake(woken);
        self.until_noted(None).await
    }

    /// Changes aliases, all of it or nothing.
    ///
    /// # Errors
    ///
    /// [`Fault::Stale`] where aliases were changed since the change was planned; [`Fault::Gone`] for one that would lead nowhere;
    /// [`Fault::Limit`] where too many would lead on; [`Fault::Denied`], [`Fault::Unavailable`].
    #[tracing::instrument(name = "db.apply_aliases", skip_all)]
    pub async fn apply_aliases(
        &self,
        administrator: AccountId,
        change: &AliasesChange,
        separator: &str,
    ) -> Result<(), Fault> {
        let actor = self.recorded_actor(administrator).await?;
        let texts = |of: fn(&AliasStep) -> &str| change.steps.iter().map(of).collect::<Vec<&str>>();
        let lead: Vec<bool> = change.steps.iter().map(|step| step.leads).collect();
        sqlx::query!(
            "select apply_aliases(
                      _actor => $1, _version => $2, _separator => $3, _addresses => $4, _spellings => $5, _targets => $6,
                      _target_spellings => $7, _lead => $8)",
            actor as ActorRow,
            change.version,
            separator,
            &texts(|step| &step.address) as &[&str],
            &texts(|step| &step.spelling) as &[&str],
            &texts(|step| &step.target) as &[&str],
            &texts(|step| &step.target_spelling) as &[&str],
            &lead,
        )
        .execute(&mut *self.connection().await?)
        .await?;
        self.wake_directory();
        Ok(())
    }

    /// Changes a tree, all of it or nothing. Open sessions hear of it. The permit is that of a site administrator
    /// ([`acl::shared_root`]).
    ///
    /// # Errors
    ///
    /// [`Fault::Stale`] where the tree was changed since the change was planned, or a letter has come to a mailbox that was to go;
    /// [`Fault::Gone`] where the account is not there; [`Fault::Denied`], [`Fault::OverQuota`], [`Fault::Limit`],
    /// [`Fault::Unavailable`].
    #[tracing::instrument(name = "db.apply_tree", skip_all)]
    pub async fn apply_tree(
        &self,
        permit: &CreatePermit,
        change: &TreeChange,
        separator: &str,
        deletion: Deletion,
    ) -> Result<(), Fault> {
        let actor = self.recorded_actor(permit.account()).await?;
        let (owner, top) = match &change.tree {
            TreeName::Shared(top) => (NOBODY, top.as_str()),
            TreeName::Account(name) => {
                let account = self.find_account(name).await?.ok_or(Fault::Gone)?;
                (account.id.0, MailboxName::INBOX)
            }
        };
        let steps: Vec<StepRow> = change
            .steps
            .iter()
            .map(|step| StepRow::of(step, &change.tree))
            .collect();
        let texts =
            |of: fn(&StepRow) -> Option<&str>| steps.iter().map(of).collect::<Vec<Option<&str>>>();
        let numbers: Vec<Option<i64>> = steps.iter().map(|step| step.number).collect();
        let woken = sqlx::query_as!(
            wake::Row,
            r#"select mailbox as "mailbox!", modseq as "modseq!"
                 from apply_tree(
                        _actor => $1, _create => $2, _owner => $3, _top => $4, _version => $5, _separator => $6,
                        _with_mail => $7, _kinds => $8, _paths => $9, _names => $10, _values => $11, _numbers => $12)"#,
            actor as ActorRow,
            CreatePermitRow::from(permit) as CreatePermitRow,
            owner,
            top,
            change.version,
            separator,
            deletion == Deletion::WithMail,
            &texts(|step| Some(step.kind)) as &[Option<&str>],
            &texts(|step| Some(&step.path)) as &[Option<&str>],
            &texts(|step| step.name.as_deref()) as &[Option<&str>],
            &texts(|step| step.value.as_deref()) as &[Option<&str>],
            &numbers as &[Option<i64>],
        )
        .fetch_all(&mut *self.connection().await?)
        .await?;
        self.wake(woken);
        self.wake_directory();
        self.clear_deleted_later();
        self.until_noted(None).await
    }
}

fn source(is_of_directory: bool) -> Source {
    if is_of_directory {
        Source::Directory
    } else {
        Source::Hand
    }
}

/// A row of `tree_rows`, of a tree's version, or of the count of messages.
struct Row {
    /// `None` in the tree that nobody owns.
    account: Option<String>,
    top: String,
    path: String,
    kind: String,
    name: Option<String>,
    value: Option<String>,
    number: Option<i64>,
}

impl Row {
    fn read(self, state: &mut CurrentState) -> Result<(), Fault> {
        let broken = |words: &'static str| Fault::Broken(Cause::new(words));
        let name = self.name.unwrap_or_default();
        let value = self.value.unwrap_or_default();
        if self.kind == "version" {
            let tree = self
                .account
                .map_or(TreeName::Shared(self.top), TreeName::Account);
            if !value.is_empty() {
                state.versions.insert(tree, value);
            }
            return Ok(());
        }
        if self.kind == "quota" {
            let limits = match &self.account {
                Some(account) => state
                    .accounts
                    .get_mut(account)
                    .map(|account| &mut account.quota),
                None => Some(state.quotas.entry(self.path).or_default()),
            };
            if let Some(limits) = limits {
                limit(limits, &name, self.number);
            }
            return Ok(());
        }
        if let Some(account) = self.account {
            if let Some(account) = state.accounts.get_mut(&account) {
                account.addresses.insert(value, name);
            }
            return Ok(());
        }
        if self.kind == "mailbox" {
            let mailbox = CurrentMailbox {
                special_use: Some(name).filter(|name| !name.is_empty()),
                private: FlagPolicy::parse(&value)
                    .map_err(|_| broken("a policy of no flags"))?
                    .in_order(),
                ..CurrentMailbox::default()
            };
            state.mailboxes.insert(self.path, mailbox);
            return Ok(());
        }
        let mailbox = state.mailboxes.get_mut(&self.path);
        let mailbox = mailbox.ok_or_else(|| broken("something is said of no mailbox"))?;
        match self.kind.as_str() {
            "list" => {
                mailbox.list.get_or_insert_default();
            }
            "entry" => {
                let subject = Subject::parse(&name).map_err(|_| broken("a list of nobody"))?;
                let rights = self.number.and_then(|number| i16::try_from(number).ok());
                let rights = Rights::from_i16(rights.unwrap_or_default());
                mailbox.list.get_or_insert_default().insert(subject, rights);
            }
            "address" => drop(mailbox.addresses.insert(value, name)),
            _ => {
                mailbox.message_count = self
                    .number
                    .and_then(|count| count.try_into().ok())
                    .unwrap_or_default();
            }
        }
        Ok(())
    }
}

fn limit(limits: &mut QuotaLimits, name: &str, number: Option<i64>) {
    let number = number.and_then(|number| number.try_into().ok());
    match name {
        "storage" => limits.storage = number,
        "messages" => limits.message = number,
        _ => limits.mailbox = number,
    }
}

/// A step, as `apply_tree` takes it.
struct StepRow {
    kind: &'static str,
    path: String,
    name: Option<String>,
    value: Option<String>,
    number: Option<i64>,
}

impl StepRow {
    fn of(step: &TreeStep, tree: &TreeName) -> Self {
        let (kind, path, name, value) = match step {
            TreeStep::Delete { path, .. } => ("delete", path, None, None),
            TreeStep::Quota { path, limits, .. } => {
                let root = match tree {
                    TreeName::Account(name) => QuotaRoot::User(name.clone()),
                    TreeName::Shared(_) => QuotaRoot::Shared(path.clone()),
                };
                (
                    "quota",
                    path,
                    Some(quota_told(&root, limits)),
                    Some(limits_in(limits)),
                )
            }
            TreeStep::Make { path, special_use } => ("make", path, special_use.clone(), None),
            TreeStep::SpecialUse {
                path, special_use, ..
            } => ("use", path, special_use.clone(), None),
            TreeStep::OwnList { path } => ("own", path, None, None),
            TreeStep::InheritList { path, .. } => ("inherit", path, None, None),
            TreeStep::Entry {
                path,
                subject,
                rights,
                ..
            } => (
                "entry",
                path,
                Some(subject.to_string()),
                Some(format!("{subject} {rights}")),
            ),
            TreeStep::Policy { path, private, .. } => {
                ("policy", path, Some(private.to_string()), None)
            }
            TreeStep::Address {
                path,
                address,
                spelling,
                leads,
            } => {
                let kind = if *leads { "address" } else { "no_address" };
                (kind, path, Some(spelling.clone()), Some(address.clone()))
            }
        };
        let number = match step {
            TreeStep::Entry { rights, .. } => Some(i64::from(rights.to_i16())),
            TreeStep::Delete { .. }
            | TreeStep::Quota { .. }
            | TreeStep::Make { .. }
            | TreeStep::SpecialUse { .. }
            | TreeStep::OwnList { .. }
            | TreeStep::InheritList { .. }
            | TreeStep::Policy { .. }
            | TreeStep::Address { .. } => None,
        };
        Self {
            kind,
            path: path.clone(),
            name,
            value,
            number,
        }
    }
}

/// Three limits with spaces between them, as `apply_tree` reads them.
fn limits_in(limits: &QuotaLimits) -> String {
    let limits = Resource::ALL.map(|resource| {
        limits
            .of(resource)
            .map_or("-".to_owned(), |limit| limit.to_string())
    });
    limits.join(" ")
}
