//! A deleted mailbox is gone at once, and emptied afterwards, whoever dies meanwhile.

use std::time::Duration;

use acl::Operation;
use mail::{AccountId, FlagBits, MailboxId, QuotaLimits, QuotaRoot, Resource};
use store::{Recount, Store};

use crate::world::{World, adding, all_deleted, append, image, permit, privately, uids};

const MANY: [&str; 500] = ["x"; 500];
const MESSAGES: i64 = 2000;

/// More messages than go at once, some of which were expunged, flags and a log.
async fn large(world: &World, who: AccountId, path: &str) -> MailboxId {
    let store = &world.store;
    let mailbox = world.shared(path, &[("ada", "lrswitekx")]).await;
    for _ in 0..4 {
        append(store, who, mailbox, &MANY).await;
    }
    append(store, who, mailbox, &["expunged"; 3]).await;
    let may = permit(store, who, mailbox, Operation::ChangeFlags(FlagBits::ALL)).await;
    let seen = privately(adding(&uids(1..1000), FlagBits::SEEN));
    store.edit_flags(&may, seen).await.unwrap();
    let last = uids(2001..=2003);
    let delete = adding(&last, FlagBits::DELETED);
    store.edit_flags(&may, delete).await.unwrap();
    let may = permit(store, who, mailbox, Operation::Expunge).await;
    store.expunge(&may, all_deleted()).await.unwrap();
    mailbox
}

/// As DELETE does, of which no node empties anything.
async fn erase(world: &World, mailbox: MailboxId) {
    let erase =
        format!("select erase_mailboxes(array[{mailbox}::bigint], row(null, null, null)::actor)");
    world.change(&erase).await;
}

async fn entries(world: &World) -> i64 {
    world.count("select count(*) from entry").await
}

async fn removed(world: &World) -> i64 {
    world.count("select count(*) from garbage").await
}

/// Rows of mailboxes that are gone, of whatever kind.
async fn left(world: &World) -> i64 {
    world
        .count(
            "select (select count(*) from erased_mailbox)
                    + (select count(*)
                         from (select mailbox from entry union all select mailbox from entry_keyword
                               union all select mailbox from change union all select mailbox from user_flags
                               union all select mailbox from tombstone union all select mailbox from snapshot
                               union all select mailbox from digest) r
                        where not exists (select from mailbox m where m.id = r.mailbox))",
        )
        .await
}

#[tokio::test]
async fn whatever_is_in_it_deleting_a_mailbox_reads_and_writes_little() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let mailbox = large(&world, ada, "large").await;
    let (read, written) = (world.rows_read("entry").await, world.rows_written().await);
    erase(&world, mailbox).await;
    let written = world.rows_written().await - written;
    assert!(written < 20, "{written} rows were written");
    assert_eq!(world.rows_read("entry").await, read);
    assert_eq!(
        (entries(&world).await, removed(&world).await),
        (MESSAGES, 3)
    );
    let node = world.another_node().await;
    assert!(node.load_image(mailbox).await.unwrap().is_none());
}

#[tokio::test]
async fn what_little_is_in_it_goes_at_once() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let mailbox = world.shared("small", &[("ada", "lrswitekx")]).await;
    append(&world.store, ada, mailbox, &MANY).await;
    erase(&world, mailbox).await;
    assert_eq!((removed(&world).await, left(&world).await), (500, 0));
}

#[tokio::test]
async fn who_deletes_a_mailbox_empties_it() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let mailbox = large(&world, ada, "large").await;
    let may = permit(&world.store, ada, mailbox, Operation::DeleteMailbox).await;
    world.store.delete_mailbox(&may).await.unwrap();
    // Both work at it; whoever is second waits for each part of the first.
    world.store.clear_deleted_mailboxes().await.unwrap();
    assert_eq!(
        (removed(&world).await, left(&world).await),
        (MESSAGES + 3, 0)
    );
    let by_ada = "select count(*)
                    from garbage g
                    join account a on a.id = g.account
                   where a.name = 'ada'
                     and g.at <= (select t.at from activity t where t.kind = 8)";
    assert_eq!(world.count(by_ada).await, MESSAGES + 3);
}

/// What becomes of each message is one commit, so whoever counts finds each once.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn each_message_is_there_once_while_nodes_die_that_empty_its_mailbox() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let mailbox = large(&world, ada, "large").await;
    let copies = world.shared("copies", &[("ada", "lrswitekx")]).await;
    let source = permit(&world.store, ada, mailbox, Operation::Read).await;
    let target = permit(&world.store, ada, copies, Operation::Insert(FlagBits::NONE)).await;
    let copied = uids(500..600);
    world
        .store
        .copy(&source, &target, &copied, FlagBits::NONE)
        .await
        .unwrap();
    erase(&world, mailbox).await;
    let counting = async {
        let mut before = 0;
        while left(&world).await > 0 {
            let there = world
                .count("select (select count(*) from entry) + (select count(*) from garbage)")
                .await;
            assert_eq!(there, MESSAGES + 3 + 100);
            let gone = removed(&world).await;
            assert!(gone >= before, "{gone} after {before}");
            before = gone;
        }
    };
    let nodes = [world.another_node().await, world.another_node().await];
    let clearing = async |store: &Store| {
        // Whoever is cut off begins again, as another leader does.
        while left(&world).await > 0 {
            drop(store.clear_deleted_mailboxes().await);
        }
    };
    let cutting = async {
        for _ in 0..20 {
            if left(&world).await == 0 {
                break;
            }
            cut_nodes(&world).await;
        }
    };
    tokio::join!(counting, clearing(&nodes[0]), clearing(&nodes[1]), cutting);
    let store = world.another_node().await;
    store.collect_garbage(Duration::ZERO).await.unwrap();
    assert_eq!(removed(&world).await, 0);
    let kept: Vec<_> = image(&store, copies)
        .await
        .iter()
        .map(|(_, message)| message.content)
        .collect();
    assert_eq!(store.load_messages(&kept).await.unwrap().len(), 100);
    assert_eq!(world.count("select count(*) from content").await, 100);
}

/// Ends the connections of the nodes, but not those of the test itself.
async fn cut_nodes(world: &World) {
    world
        .change(
            "select pg_terminate_backend(pid)
               from pg_stat_activity
              where datname = current_database() and application_name = 'promises'",
        )
        .await;
}

#[tokio::test]
async fn what_is_not_emptied_yet_is_not_collected() {
    let world = World::new().await;
    let store = &world.store;
    let ada = world.account("ada").await;
    let mailbox = large(&world, ada, "large").await;
    let contents: Vec<_> = image(store, mailbox)
        .await
        .iter()
        .map(|(_, message)| message.content)
        .collect();
    erase(&world, mailbox).await;
    // The three that were expunged before.
    assert_eq!(store.collect_garbage(Duration::ZERO).await.unwrap(), 3);
    let some: Vec<_> = contents.iter().copied().step_by(100).collect();
    assert_eq!(store.load_messages(&some).await.unwrap().len(), 20);
    store.clear_deleted_mailboxes().await.unwrap();
    assert_eq!(store.load_messages(&some).await.unwrap().len(), 20);
    store.collect_garbage(Duration::ZERO).await.unwrap();
    assert_eq!(store.load_messages(&some).await.unwrap().len(), 0);
}

#[tokio::test]
async fn what_it_held_is_removed_mail_of_its_root_from_the_first_moment() {
    let world = World::new().await;
    let store = &world.store;
    let ada = world.account("ada").await;
    world.shared("team", &[("ada", "lrswitekx")]).await;
    let root = QuotaRoot::parse("shared/team").unwrap();
    let limits: QuotaLimits = [(Resource::Storage, 100_000)].into_iter().collect();
    store.set_quota(ada, &root, limits).await.unwrap();
    let mailbox = large(&world, ada, "team/large").await;
    let room = async || {
        world
            .count("select sum(removed_bytes)::bigint from quota_root")
            .await
    };
    let all = world
        .count(
            "select (select sum(room_of_removed(size)) from entry)::bigint
                    + (select sum(room_of_removed(size)) from garbage)::bigint",
        )
        .await;
    erase(&world, mailbox).await;
    assert_eq!(room().await, all);
    assert_eq!(recounted(store).await, Recount::default());
    world
        .change("select clear_erased_mailbox(mailbox, 700) from erased_mailbox")
        .await;
    assert_eq!(removed(&world).await, 703);
    assert_eq!(room().await, all);
    assert_eq!(recounted(store).await, Recount::default());
    store.clear_deleted_mailboxes().await.unwrap();
    assert_eq!(room().await, all);
    store.collect_garbage(Duration::ZERO).await.unwrap();
    assert_eq!(room().await, 0);
    assert_eq!(recounted(store).await, Recount::default());
}

async fn recounted(store: &Store) -> Recount {
    store.recount().await.unwrap()
}
