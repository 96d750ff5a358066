//! A database of its own for each test, and short ways to say who does what.

use std::future::pending;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use acl::{EffectiveAccess, Modification, Operation, Permit, Rights, Subject};
use image::{Image, Overlay};
use mail::{
    AccountId, FlagBits, FlagPolicy, Flags, InternalDate, Keywords, MailboxId, ModSeq, Place, Uid,
    UidSet,
};
use private_pg::{Options as PgOptions, PgError, PrivatePg, Tuning};
use sqlx::{Connection, Executor, PgConnection};
use store::{
    Appended, Background, Clock, Compute, Doomed, Fault, FlagEdit, Found, Letters, LoadedDelta,
    Masks, NewMessage, News, Options, RareEdit, Readable, Store,
};
use tokio::time::timeout;

/// One database, and a node or two that work on it.
pub(crate) struct World {
    pub(crate) url: String,
    pub(crate) store: Store,
}

/// The one server of this process. Its directory is used again by the next run.
struct Server {
    postgres: PrivatePg,
    /// Databases are cloned one at a time: the template must have no other user.
    cloning: tokio::sync::Mutex<bool>,
}

const TEMPLATE: &str = "template_of_promises";

static SERVER: OnceLock<Server> = OnceLock::new();
static DATABASES: AtomicU32 = AtomicU32::new(0);

impl World {
    pub(crate) async fn new() -> Self {
        let server = tokio::task::spawn_blocking(|| SERVER.get_or_init(Server::start))
            .await
            .unwrap();
        let url = server.clone_template().await;
        let store = connect(&url).await;
        Self { url, store }
    }

    /// Another node on the same database.
    pub(crate) async fn another_node(&self) -> Store {
        connect(&self.url).await
    }

    /// Ends every connection of every node in the midst of whatever it does.
    pub(crate) async fn cut_connections(&self) {
        let mut admin = PgConnection::connect(&self.url).await.unwrap();
        admin
            .execute(
                "select pg_terminate_backend(pid)
                   from pg_stat_activity
                  where datname = current_database() and pid <> pg_backend_pid()",
            )
            .await
            .unwrap();
        admin.close().await.unwrap();
    }

    /// All messages are as if they had come before save dates were kept.
    pub(crate) async fn forget_save_dates(&self) {
        let mut admin = PgConnection::connect(&self.url).await.unwrap();
        admin
            .execute("update entry set saved_at = null")
            .await
            .unwrap();
        admin.close().await.unwrap();
    }

    /// Something that `account` does and that is not committed until it is told to be.
    pub(crate) async fn subscribe_without_commit(&self, account: AccountId) -> Late {
        let mut connection = PgConnection::connect(&self.url).await.unwrap();
        let statement = format!(
            "begin; insert into subscription (account, owner, path) values ({account}, 0, 'late')"
        );
        connection
            .execute(sqlx::AssertSqlSafe(statement))
            .await
            .unwrap();
        Late(connection)
    }

    /// Does what no function of the store does.
    pub(crate) async fn change(&self, statements: &str) {
        let mut admin = PgConnection::connect(&self.url).await.unwrap();
        let statements = sqlx::AssertSqlSafe(statements.to_owned());
        admin.execute(statements).await.unwrap();
        admin.close().await.unwrap();
    }

    /// Rows of the directory's log as a dump brings them from another cluster, where transactions had the numbers that those
    /// which come next have here.
    pub(crate) async fn bring_log_of_another_cluster(&self, subscriber: AccountId) {
        let mut admin = PgConnection::connect(&self.url).await.unwrap();
        let rows = sqlx::query(
            "insert into directory_change (xid, kind, account, cluster)
             select next, 2, $1, 1
               from (select pg_current_xact_id()::text::bigint as here) now,
                    generate_series(here + 1, here + 1000) as next",
        );
        rows.bind(subscriber.0).execute(&mut admin).await.unwrap();
        admin.close().await.unwrap();
    }

    /// The next connections are to a database in another history.
    pub(crate) async fn begin_another_history(&self) {
        self.change(
            "create or replace function database_history() returns text
             language sql as $$ select 'another' $$",
        )
        .await;
        self.cut_connections().await;
    }

    /// Rows that were read so far of the tables whose names begin like this. Ends all connections, which
    /// is when they report it.
    pub(crate) async fn rows_read(&self, tables: &str) -> i64 {
        let mut admin = PgConnection::connect(&self.url).await.unwrap();
        let mut others = 1_i64;
        // Who still had something to send comes back once.
        while others > 0 {
            others = sqlx::query_scalar(
                "select count(pg_terminate_backend(pid))
                   from pg_stat_activity
                  where datname = current_database() and pid <> pg_backend_pid()",
            )
            .fetch_one(&mut admin)
            .await
            .unwrap();
        }
        let read = sqlx::query_scalar(
            "select sum(seq_tup_read + idx_tup_fetch)::bigint
               from pg_stat_user_tables
              where starts_with(relname::text, $1)",
        );
        let read = read.bind(tables).fetch_one(&mut admin).await.unwrap();
        admin.close().await.unwrap();
        read
    }

    /// Rows that were written so far. Ends all connections.
    pub(crate) async fn rows_written(&self) -> i64 {
        self.rows_read("").await;
        self.count(
            "select sum(n_tup_ins + n_tup_upd + n_tup_del)::bigint
               from pg_stat_user_tables",
        )
        .await
    }

    /// From here on, whoever connects is counted by the functions that are called.
    pub(crate) async fn count_calls(&self) {
        self.change(
            "do $$ begin
               execute format('alter database %I set track_functions = pl', current_database());
             end $$",
        )
        .await;
    }

    /// How often functions whose names begin with `apply_` or `make_accounts` were called. Ends all connections.
    pub(crate) async fn changes_applied(&self) -> i64 {
        self.rows_read("").await;
        self.count(
            "select coalesce(sum(calls), 0)::bigint
               from pg_stat_user_functions
              where starts_with(funcname, 'apply_') or funcname = 'make_accounts'",
        )
        .await
    }

    /// Lets the planner know what is in the tables.
    pub(crate) async fn analyze(&self) {
        let mut admin = PgConnection::connect(&self.url).await.unwrap();
        admin.execute("analyze").await.unwrap();
        admin.close().await.unwrap();
    }

    /// How often tables whose names begin like this were looked into so far. Ends all connections.
    pub(crate) async fn scans(&self, tables: &str) -> i64 {
        self.rows_read(tables).await;
        let scans = sqlx::query_scalar(
            "select sum(coalesce(seq_scan, 0) + coalesce(idx_scan, 0))::bigint
               from pg_stat_user_tables
              where starts_with(relname::text, $1)",
        );
        let mut admin = PgConnection::connect(&self.url).await.unwrap();
        let scans = scans.bind(tables).fetch_one(&mut admin).await.unwrap();
        admin.close().await.unwrap();
        scans
    }

    /// How many keywords without a bit are on messages.
    pub(crate) async fn rare_keywords(&self) -> i64 {
        self.count("select count(*) from entry_keyword").await
    }

    /// Keywords without a bit of no message, and messages, removed ones too, whose flags say wrongly whether there are any.
    pub(crate) async fn misplaced_keywords(&self) -> i64 {
        self.count(
            "select (select count(*)
                       from entry e
                       full join entry_keyword k using (mailbox, uid)
                      where (k.uid is not null) is distinct from (e.flags & 32 <> 0))
                    + (select count(*)
                         from garbage g
                        where (g.keywords is not null) is distinct from (g.flags & 32 <> 0))",
        )
        .await
    }

    /// Replaces the flags of all messages by `\Draft`, as a release does that knows no keywords without a bit.
    pub(crate) async fn replace_flags_as_before(&self, mailbox: MailboxId) {
        let edit = "select change_flags($1, array[row(1, 4294967295, 0, 16)::flag_edit], '{}')";
        let mut admin = PgConnection::connect(&self.url).await.unwrap();
        let edit = sqlx::query(edit).bind(mailbox.0);
        edit.execute(&mut admin).await.unwrap();
        admin.close().await.unwrap();
    }

    pub(crate) async fn count(&self, statement: &'static str) -> i64 {
        let mut admin = PgConnection::connect(&self.url).await.unwrap();
        let counted = sqlx::query_scalar(statement)
            .fetch_one(&mut admin)
            .await
            .unwrap();
        admin.close().await.unwrap();
        counted
    }

    /// Mailboxes whose list is neither their own nor that of what is above them, and entries of lists that hold nowhere.
    pub(crate) async fn misplaced_lists(&self) -> i64 {
        let mut admin = PgConnection::connect(&self.url).await.unwrap();
        let misplaced = sqlx::query_scalar(
            "select count(*)
               from mailbox_name n
              where n.list_of <> n.mailbox
                and (n.list_of is distinct from list_above(n.owner, n.path)
                     or exists (select from acl_entry e where e.mailbox = n.mailbox))",
        );
        let misplaced = misplaced.fetch_one(&mut admin).await.unwrap();
        admin.close().await.unwrap();
        misplaced
    }

    pub(crate) async fn account(&self, name: &str) -> AccountId {
        self.store.create_account(name, None, false).await.unwrap()
    }

    pub(crate) async fn admin(&self) -> AccountId {
        self.store.create_account("root", None, true).await.unwrap()
    }

    /// A shared mailbox on which each of `may` holds these rights.
    pub(crate) async fn shared(&self, path: &str, may: &[(&str, &str)]) -> MailboxId {
        let root = match self.store.find_account("root").await.unwrap() {
            Some(root) => root.id,
            None => self.admin().await,
        };
        let who = self.store.who(root).await.unwrap();
        let create_permit = acl::shared_root(&who).unwrap();
        let place = Place::Shared(path.into());
        let mailbox = self
            .store
            .create_mailbox(&create_permit, &place, None)
            .await
            .unwrap();
        for (subject, rights) in may {
            self.grant(root, mailbox, subject, rights).await;
        }
        mailbox
    }

    pub(crate) async fn grant(
        &self,
        admin: AccountId,
        mailbox: MailboxId,
        subject: &str,
        rights: &str,
    ) {
        let permit = permit(&self.store, admin, mailbox, Operation::Administer).await;
        let subject = Subject::parse(subject).unwrap();
        let modification = Modification::parse(rights).unwrap();
        self.store
            .set_rights(&permit, &subject, modification)
            .await
            .unwrap();
    }

    /// Makes these flags private in the mailbox, and all others everybody's.
    pub(crate) async fn make_private(&self, admin: AccountId, mailbox: MailboxId, flags: &str) {
        let permit = permit(&self.store, admin, mailbox, Operation::Administer).await;
        let policy = FlagPolicy::parse(flags).unwrap();
        self.store.set_flag_policy(&permit, &policy).await.unwrap();
    }
}

/// A transaction that is still running.
pub(crate) struct Late(PgConnection);

impl Late {
    pub(crate) async fn commit(mut self) -> Result<(), sqlx::Error> {
        self.0.execute("commit").await?;
        self.0.close().await
    }
}

impl Server {
    fn start() -> Self {
        // Other processes run other tests at the same time; each takes a directory that is free.
        let start = |slot| {
            let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("promises-{slot}"));
            PrivatePg::start(&PgOptions::new(dir, Tuning::Scratch))
        };
        let postgres = (0..)
            .map(start)
            .find(|started| !matches!(started, Err(PgError::InUse(_))))
            .unwrap()
            .unwrap();
        Self {
            postgres,
            cloning: tokio::sync::Mutex::new(false),
        }
    }

    async fn clone_template(&self) -> String {
        let mut has_template = self.cloning.lock().await;
        let mut admin = PgConnection::connect(&self.postgres.url()).await.unwrap();
        let mut run = async |statement: String| {
            admin.execute(sqlx::AssertSqlSafe(statement)).await.unwrap();
        };
        if !*has_template {
            run(format!("drop database if exists {TEMPLATE}")).await;
            run(format!("create database {TEMPLATE}")).await;
            Store::migrate(&self.postgres.url_of(TEMPLATE))
                .await
                .unwrap();
            *has_template = true;
        }
        let name = format!("world_{}", DATABASES.fetch_add(1, Ordering::Relaxed));
        run(format!("drop database if exists {name}")).await;
        run(format!("create database {name} template {TEMPLATE}")).await;
        admin.close().await.unwrap();
        self.postgres.url_of(&name)
    }
}

pub(crate) async fn connect(url: &str) -> Store {
    connect_with_standby(url, None, Arc::new(Duration::default)).await
}

/// A node by which such grants are told by letters.
pub(crate) async fn connect_telling(url: &str, letters: Letters) -> Store {
    connect_as(url, None, Arc::new(Duration::default), letters).await
}

/// A node that reads contents from a standby.
pub(crate) async fn connect_with_standby(
    url: &str,
    standby_url: Option<String>,
    clock: Clock,
) -> Store {
    connect_as(url, standby_url, clock, Letters::None).await
}

async fn connect_as(
    url: &str,
    standby_url: Option<String>,
    clock: Clock,
    letters: Letters,
) -> Store {
    let options = Options {
        url: url.into(),
        connections: 8,
        standby_url,
        application_name: "promises".into(),
        letters,
    };
    #[expect(clippy::disallowed_methods, reason = "a test is its own server")]
    let background = Background {
        spawn: Arc::new(|task| drop(tokio::spawn(task))),
        sleep: Arc::new(|time| {
            // What the store waits for, not what the test does.
            Box::pin(async move { drop(timeout(time, pending::<()>()).await) })
        }),
        clock,
        compute: Compute::new(1, Arc::new(|work| work())),
    };
    Store::connect(options, background).await.unwrap()
}

pub(crate) async fn found(store: &Store, asker: AccountId, mailbox: MailboxId) -> Found {
    store.access(asker, mailbox).await.unwrap().unwrap()
}

pub(crate) async fn permit(
    store: &Store,
    asker: AccountId,
    mailbox: MailboxId,
    operation: Operation,
) -> Permit {
    acl::permit(&found(store, asker, mailbox).await.access, operation).unwrap()
}

/// A permit that claims everything as of a version that never was, so that the store has to ask.
pub(crate) fn claim(account: AccountId, mailbox: MailboxId, operation: Operation) -> Permit {
    let access = EffectiveAccess {
        account,
        mailbox,
        rights: Rights::ALL,
        version: 0,
    };
    acl::permit(&access, operation).unwrap()
}

pub(crate) async fn inbox(store: &Store, account: AccountId) -> MailboxId {
    let place = Place::Mine("INBOX".into());
    store.resolve(account, &place).await.unwrap().unwrap().id
}

pub(crate) fn message(subject: &str) -> Vec<u8> {
    format!("From: ada@example.org\r\nSubject: {subject}\r\n\r\nDear Bo,\r\n{subject}\r\n").into()
}

pub(crate) fn new_message(
    subject: &str,
    shared: impl Into<Flags>,
    private: FlagBits,
) -> NewMessage {
    let date = InternalDate {
        unix_seconds: 1_700_000_000,
        offset_minutes: 60,
    };
    NewMessage {
        prepared: store::prepare(message(subject), date),
        shared: shared.into(),
        private,
    }
}

/// Appends as many messages as there are subjects, in one go.
pub(crate) async fn append(
    store: &Store,
    asker: AccountId,
    mailbox: MailboxId,
    subjects: &[&str],
) -> Appended {
    let permit = permit(store, asker, mailbox, Operation::Insert(FlagBits::NONE)).await;
    let messages = subjects
        .iter()
        .map(|subject| new_message(subject, FlagBits::NONE, FlagBits::NONE))
        .collect();
    store.append(&permit, messages).await.unwrap()
}

pub(crate) fn adding(uids: &UidSet, flags: impl Into<Flags>) -> FlagEdit {
    let flags = flags.into();
    FlagEdit {
        uids: uids.clone(),
        shared: Masks {
            keep: FlagBits::ALL,
            add: flags.bits(),
        },
        rare: RareEdit {
            set: flags.rare().clone(),
            ..RareEdit::default()
        },
        private: Masks::IDENTITY,
        unchanged_since: None,
    }
}

pub(crate) fn removing(uids: &UidSet, flags: impl Into<Flags>) -> FlagEdit {
    let flags = flags.into();
    FlagEdit {
        shared: Masks {
            keep: FlagBits::ALL.without(flags.bits()),
            add: FlagBits::NONE,
        },
        rare: RareEdit {
            cleared: flags.rare().clone(),
            ..RareEdit::default()
        },
        ..adding(uids, FlagBits::NONE)
    }
}

/// The same for the flags that the account has for itself.
pub(crate) fn privately(edit: FlagEdit) -> FlagEdit {
    FlagEdit {
        shared: Masks::IDENTITY,
        private: edit.shared,
        ..edit
    }
}

/// All that carry `\Deleted`, none of which the caller knows.
pub(crate) fn all_deleted() -> Doomed {
    Doomed::AllDeleted(UidSet::default())
}

pub(crate) fn uids(numbers: impl IntoIterator<Item = u32>) -> UidSet {
    numbers.into_iter().filter_map(Uid::new).collect()
}

pub(crate) fn uid(number: u32) -> Uid {
    Uid::new(number).unwrap()
}

pub(crate) async fn image(store: &Store, mailbox: MailboxId) -> Image {
    store.load_image(mailbox).await.unwrap().unwrap().image
}

pub(crate) async fn overlay(store: &Store, account: AccountId, mailbox: MailboxId) -> Overlay {
    store.load_overlay(account, mailbox).await.unwrap()
}

pub(crate) async fn news(
    store: &Store,
    mailbox: MailboxId,
    since: ModSeq,
    watching: &[AccountId],
) -> News {
    match store.load_delta(mailbox, since, 0, watching).await.unwrap() {
        LoadedDelta::News(news) => news,
        other @ (LoadedDelta::Gone | LoadedDelta::TooOld) => panic!("no news but {other:?}"),
    }
}

/// All that an image says, to compare two.
pub(crate) fn contents(image: &Image) -> (ModSeq, Uid, Vec<image::Message>) {
    let messages = image.iter().map(|(_, message)| message).collect();
    (image.modseq(), image.uid_next(), messages)
}

pub(crate) fn is_denied<T: std::fmt::Debug>(outcome: &Result<T, Fault>) -> bool {
    matches!(outcome, Err(Fault::Denied))
}

/// The same numbers in every run.
pub(crate) struct Random(Mutex<u64>);

impl Random {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(Mutex::new(seed))
    }

    pub(crate) fn below(&self, bound: u32) -> u32 {
        let mut state = self.0.lock().unwrap();
        *state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        u32::try_from((*state >> 33) % u64::from(bound)).unwrap()
    }

    pub(crate) fn uids(&self, highest: u32) -> UidSet {
        let count = self.below(6) + 1;
        uids((0..count).map(|_| self.below(highest) + 1))
    }

    pub(crate) fn masks(&self) -> Masks {
        let bits = |bits: u32| FlagBits::from_i64(bits.into());
        Masks {
            keep: bits(self.below(32)).union(bits(self.below(32))),
            add: bits(self.below(32)),
        }
    }
}

/// As if it had been judged before its rights changed, so that they are judged again.
pub(crate) fn judged(mailbox: MailboxId) -> Readable {
    Readable {
        mailbox,
        rights_version: 0,
    }
}

pub(crate) fn names_of(keywords: &Keywords, flags: &Flags) -> Vec<String> {
    keywords.names(flags).map(str::to_owned).collect()
}
