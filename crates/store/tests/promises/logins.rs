//! What a session writes, it writes while its login holds.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use acl::{Identifier, Modification, Operation, Permit, Rights, Subject};
use mail::{AccountId, EntryName, FlagBits, Keyword, MailboxId, Place, SessionId};
use store::{Account, ActivityQuery, Fault, FlagEdit, Login, Origin, Store};
use tokio::sync::{Barrier, mpsc};
use tokio::task::JoinSet;

use crate::world::{
    World, adding, all_deleted, append, contents, image, inbox, is_denied, new_message, permit,
    uid, uids,
};

const NONE: FlagBits = FlagBits::NONE;

async fn account(store: &Store, name: &str) -> Account {
    store.find_account(name).await.unwrap().unwrap()
}

/// The store of a new session of `name`, whose password `actor` may have given instead.
pub(crate) async fn session(store: &Store, name: &str, actor: Option<&str>) -> Store {
    static SESSIONS: AtomicU64 = AtomicU64::new(1);
    let [.., a, b, c, d, e, f] = SESSIONS.fetch_add(1, Ordering::Relaxed).to_be_bytes();
    let login = account(store, name).await;
    let mut logins: Vec<Login> = vec![login.login()];
    if let Some(actor) = actor {
        logins.push(account(store, actor).await.login());
    }
    store.from_origin(Origin {
        session: SessionId::from_random([a, b, c, d, e, f]),
        account: login.id,
        account_name: login.name,
        login_name: actor.map(str::to_owned),
        token: None,
        logins,
        node: "north".to_owned(),
        address: None,
        client: None,
    })
}

/// Leave for everything, on a mailbox and on one's own.
pub(crate) struct Leave {
    read: Permit,
    pub(crate) insert: Permit,
    change: Permit,
    expunge: Permit,
    take: Permit,
    administer: Permit,
    delete: Permit,
    to_own: Permit,
}

impl Leave {
    pub(crate) async fn of(store: &Store, who: AccountId, mailbox: MailboxId) -> Self {
        let own = inbox(store, who).await;
        let permit = async |operation| permit(store, who, mailbox, operation).await;
        Self {
            read: permit(Operation::Read).await,
            insert: permit(Operation::Insert(NONE)).await,
            change: permit(Operation::ChangeFlags(FlagBits::ALL)).await,
            expunge: permit(Operation::Expunge).await,
            take: permit(Operation::MoveFrom).await,
            administer: permit(Operation::Administer).await,
            delete: permit(Operation::DeleteMailbox).await,
            to_own: crate::world::permit(store, who, own, Operation::Insert(NONE)).await,
        }
    }

    /// Whether each kind of write is refused, by name.
    pub(crate) async fn refusals(&self, store: &Store) -> Vec<(&'static str, bool)> {
        let who = self.insert.account();
        let one = uids([1]);
        let flagged = adding(&one, FlagBits::FLAGGED);
        let exact = FlagEdit {
            unchanged_since: Some(image(store, self.insert.mailbox()).await.modseq()),
            ..flagged.clone()
        };
        let message = || new_message("late", NONE, NONE);
        let everybody = Subject {
            identifier: Identifier::Anyone,
            is_negative: false,
        };
        let lookup = Modification::Add(Rights::LOOKUP);
        let keyword = [Keyword::parse("Late").unwrap()];
        let comment = EntryName::parse("/private/comment").unwrap();
        let note = [(comment, Some(b"late".to_vec()))];
        let (old, new) = (Place::Mine("x".into()), Place::Mine("y".into()));
        let create_permit = acl::own_tree(&store.who(who).await.unwrap());
        vec![
            (
                "append",
                is_denied(&store.append(&self.insert, vec![message()]).await),
            ),
            (
                "flags",
                is_denied(&store.edit_flags(&self.change, flagged).await),
            ),
            (
                "exact flags",
                is_denied(&store.edit_flags(&self.change, exact).await),
            ),
            (
                "expunge",
                is_denied(&store.expunge(&self.expunge, all_deleted()).await),
            ),
            (
                "copy",
                is_denied(&store.copy(&self.read, &self.to_own, &one, NONE).await),
            ),
            (
                "replace",
                is_denied(
                    &store
                        .replace(&self.take, &self.insert, uid(1), message())
                        .await,
                ),
            ),
            (
                "move",
                is_denied(
                    &store
                        .move_messages(&self.take, &self.to_own, &one, NONE)
                        .await,
                ),
            ),
            (
                "recent",
                is_denied(&store.claim_recent(&self.read, uid(1_000)).await),
            ),
            (
                "keyword",
                is_denied(&store.number_keywords(&self.change, &keyword).await),
            ),
            (
                "rights",
                is_denied(&store.set_rights(&self.administer, &everybody, lookup).await),
            ),
            (
                "annotation",
                is_denied(&store.set_metadata(&self.change, &note).await),
            ),
            (
                "server annotation",
                is_denied(&store.set_server_metadata(who, &note).await),
            ),
            ("subscribe", is_denied(&store.subscribe(who, &old).await)),
            (
                "unsubscribe",
                is_denied(&store.unsubscribe(who, &old).await),
            ),
            (
                "create",
                is_denied(&store.create_mailbox(&create_permit, &new, None).await),
            ),
            (
                "rename",
                is_denied(
                    &store
                        .rename_mailbox(&self.delete, &create_permit, &old, &new)
                        .await,
                ),
            ),
            (
                "rename of a name",
                is_denied(
                    &store
                        .rename_branch(&[self.delete], &create_permit, &old, &new)
                        .await,
                ),
            ),
            (
                "delete",
                is_denied(&store.delete_mailbox(&self.delete).await),
            ),
        ]
    }
}

/// How many messages the account appended to the mailbox.
async fn appended_by(store: &Store, name: &str, mailbox: MailboxId) -> u64 {
    let query = ActivityQuery {
        account: Some(name.to_owned()),
        ..ActivityQuery::newest_on(mailbox, 100_000)
    };
    let rows = store.activity(&query).await.unwrap();
    rows.iter().map(|row| row.uids.len()).sum()
}

/// What ends a login of bo's sessions in which root may have given the password.
const ENDS: [&str; 5] = [
    "bo disabled",
    "bo's password",
    "bo deleted",
    "root disabled",
    "root's password",
];

async fn end(store: &Store, how: &str) {
    let name = if how.starts_with("bo") { "bo" } else { "root" };
    let id = account(store, name).await.id;
    match how.split_whitespace().next_back() {
        Some("disabled") => store.disable_account(id).await.unwrap(),
        Some("deleted") => store.delete_account(id).await.unwrap(),
        _ => store.set_password(id, Some("another")).await.unwrap(),
    }
}

/// On a mailbox that neither names bo nor a group of bo's.
#[tokio::test]
async fn an_ended_login_stops_every_kind_of_write() {
    for how in ENDS {
        let world = World::new().await;
        let root = world.admin().await;
        let bo = world.account("bo").await;
        let mailbox = world.shared("open", &[("anyone", "lrswitexka")]).await;
        append(&world.store, root, mailbox, &["a"]).await;
        let store = session(&world.store, "bo", Some("root")).await;
        let leave = Leave::of(&store, bo, mailbox).await;
        let marks = adding(&uids([1]), FlagBits::DELETED);
        store.edit_flags(&leave.change, marks).await.unwrap();
        let before = contents(&image(&store, mailbox).await);

        end(&world.store, how).await;

        if how == "bo deleted" {
            let late = vec![new_message("late", NONE, NONE)];
            assert!(is_denied(&store.append(&leave.insert, late).await));
        } else {
            for (write, is_refused) in leave.refusals(&store).await {
                assert!(is_refused, "{how}: {write}");
            }
        }
        assert_eq!(contents(&image(&store, mailbox).await), before, "{how}");
    }
}

#[tokio::test]
async fn a_login_that_holds_writes_what_rights_allow() {
    let world = World::new().await;
    let bo = world.account("bo").await;
    let mailbox = world.shared("open", &[("anyone", "lrswitexka")]).await;
    let permit = permit(&world.store, bo, mailbox, Operation::Insert(NONE)).await;
    let write = async |store: &Store| store.number_keywords(&permit, &[]).await;
    let old = session(&world.store, "bo", None).await;
    write(&old).await.unwrap();
    world.store.set_password(bo, Some("new")).await.unwrap();
    assert!(is_denied(&write(&old).await));
    // The password decides, and not the hash that a login renews.
    let new = session(&world.store, "bo", None).await;
    let as_read = account(&world.store, "bo").await;
    world.store.renew_hash(&as_read, "renewed").await.unwrap();
    write(&new).await.unwrap();

    world.store.disable_account(bo).await.unwrap();
    assert!(account(&world.store, "bo").await.is_disabled);
    assert!(
        world
            .store
            .login_versions(&[(bo, None)])
            .await
            .unwrap()
            .is_empty()
    );
    world.store.enable_account(bo).await.unwrap();
    assert!(is_denied(&write(&new).await), "everybody logs in anew");
    let newest = session(&world.store, "bo", None).await;
    // What is so already ends nothing.
    world.store.enable_account(bo).await.unwrap();
    write(&newest).await.unwrap();
    let nobody = AccountId(i64::MAX);
    for outcome in [
        world.store.enable_account(nobody).await,
        world.store.set_password(nobody, None).await,
    ] {
        assert!(matches!(outcome, Err(Fault::Gone)));
    }
}

/// Two nodes write as fast as they can, bo together with colleagues in the same batches.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_of_an_ended_login_is_written_later_and_nobody_else_is_refused() {
    for round in 0..10 {
        let world = World::new().await;
        let (ada, bo) = (world.account("ada").await, world.account("bo").await);
        let mailbox = world.shared("open", &[("anyone", "lri")]).await;
        let is_over = Arc::new(AtomicBool::new(false));
        let has_begun = Arc::new(Barrier::new(7));
        let (done, mut writes) = mpsc::channel(1024);
        let mut writers = JoinSet::new();
        for node in [world.store.clone(), world.another_node().await] {
            for (name, who) in [("ada", ada), ("bo", bo), ("bo", bo)] {
                let store = session(&node, name, None).await;
                let permit = permit(&store, who, mailbox, Operation::Insert(NONE)).await;
                let (is_over, has_begun) = (Arc::clone(&is_over), Arc::clone(&has_begun));
                let done = done.clone();
                writers.spawn(async move {
                    let write = || store.append(&permit, vec![new_message(name, NONE, NONE)]);
                    write().await.unwrap();
                    has_begun.wait().await;
                    let mut written = 1;
                    while !is_over.load(Ordering::Relaxed) {
                        match write().await {
                            Ok(_) => {
                                written += 1;
                                done.send(()).await.unwrap();
                            }
                            Err(Fault::Denied) if name == "bo" => break,
                            Err(other) => panic!("{name}: {other:?}"),
                        }
                    }
                    (name, written)
                });
            }
        }
        has_begun.wait().await;
        let mut hear_writes = async |count: usize| {
            for _ in 0..count {
                writes.recv().await.unwrap();
            }
        };
        hear_writes(3 * round).await;
        match round % 2 {
            0 => world.store.disable_account(bo).await.unwrap(),
            _ => world.store.set_password(bo, None).await.unwrap(),
        }
        let of_bo = async || appended_by(&world.store, "bo", mailbox).await;
        let then = of_bo().await;
        hear_writes(20).await;
        is_over.store(true, Ordering::Relaxed);
        let mut told = 0;
        while let Some(outcome) = writers.join_next().await {
            let (name, written) = outcome.unwrap();
            told += if name == "bo" { written } else { 0 };
        }
        assert_eq!(of_bo().await, then);
        assert_eq!(then, told, "what was answered is there, and nothing else");
    }
}
