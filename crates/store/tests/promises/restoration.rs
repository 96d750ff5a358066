//! After a restore nothing is given out a second time, and counts are right (ADR 0089).

use acl::Operation;
use mail::{FlagBits, MailboxId, QuotaLimits, QuotaRoot, Resource, UidValidity};
use store::Recount;

use crate::world::{World, adding, all_deleted, append, found, permit, uid, uids};

async fn uid_validity(world: &World, mailbox: MailboxId) -> UidValidity {
    let root = world.store.find_account("root").await.unwrap().unwrap().id;
    found(&world.store, root, mailbox).await.uid_validity
}

#[tokio::test]
async fn every_mailbox_begins_anew_once() {
    let world = World::new().await;
    let store = &world.store;
    let ada = world.account("ada").await;
    let team = world.shared("team", &[("ada", "lrswite")]).await;
    append(store, ada, team, &["a"]).await;
    let before = uid_validity(&world, team).await;
    let left = store.restoration().await.unwrap();
    assert_eq!(left.mailboxes, left.outdated);
    assert!(left.mailboxes >= 2, "the INBOX of Ada, and the team");

    assert_eq!(store.begin_uids_anew().await.unwrap(), left.mailboxes);
    let after = uid_validity(&world, team).await;
    assert!(after > before);
    assert_eq!(store.restoration().await.unwrap().outdated, 0);
    assert_eq!(store.begin_uids_anew().await.unwrap(), 0);
    assert_eq!(uid_validity(&world, team).await, after);
    // What is there keeps its UID.
    let next = append(store, ada, team, &["b"]).await;
    assert_eq!(next.uids, [uid(2)]);
}

#[tokio::test]
async fn what_was_interrupted_goes_on() {
    let world = World::new().await;
    world.admin().await;
    for name in ["a", "b", "c"] {
        world.shared(name, &[]).await;
    }
    let all = world.store.restoration().await.unwrap().mailboxes;
    world.store.begin_uids_anew().await.unwrap();
    // As if two had not had their turn.
    world.change("update mailbox set uid_validity = 1 where id in (select id from mailbox order by id desc limit 2)").await;
    assert_eq!(world.store.restoration().await.unwrap().outdated, 2);
    assert_eq!(world.store.begin_uids_anew().await.unwrap(), 2);
    assert!(all > 2);
}

/// Each of these is a database in which somebody did all this before the moment of the backup.
#[tokio::test]
async fn the_next_restore_begins_everything_anew_again() {
    for copied in [
        // A dump: the rows are written by another transaction.
        "create temporary table copy as table restoration; delete from restoration;
         insert into restoration (at, started_at, xid, uid_validity)
         select at, started_at, xid, uid_validity from copy",
        // Files: another PostgreSQL serves them.
        "update restoration set started_at = started_at - interval '1 hour', xid = pg_current_xact_id()::text::bigint",
    ] {
        let world = World::new().await;
        world.admin().await;
        let team = world.shared("team", &[]).await;
        world.store.begin_uids_anew().await.unwrap();
        let before = uid_validity(&world, team).await;
        world.change(copied).await;
        let left = world.store.restoration().await.unwrap();
        assert_eq!(left.outdated, left.mailboxes, "{copied}");
        assert_eq!(
            world.store.begin_uids_anew().await.unwrap(),
            left.mailboxes,
            "{copied}"
        );
        assert!(uid_validity(&world, team).await > before, "{copied}");
    }
}

#[tokio::test]
async fn of_two_restores_of_one_backup_the_later_one_has_higher_uid_validities() {
    let world = World::new().await;
    world.admin().await;
    let team = world.shared("team", &[]).await;
    // A backup of shortly after a restore, when numbers were ahead of the clock.
    world.store.begin_uids_anew().await.unwrap();
    world
        .change("select setval('uid_validity', last_value + 1000000) from uid_validity")
        .await;
    world
        .change("create table backup as select last_value from uid_validity")
        .await;
    let restore_after = async |seconds: i32| {
        world
            .change("select setval('uid_validity', last_value) from backup")
            .await;
        world.change(&format!(
            "update restoration set at = now() - interval '{seconds} s', started_at = '-infinity'"
        )).await;
        world.store.begin_uids_anew().await.unwrap();
        // The row of this one is lost with what came after the backup.
        world
            .change("delete from restoration where started_at <> '-infinity'")
            .await;
        uid_validity(&world, team).await
    };
    let first = restore_after(60).await;
    let second = restore_after(120).await;
    assert!(second > first, "{second:?} {first:?}");
}

#[tokio::test]
async fn no_identifier_of_a_message_or_mailbox_is_given_out_again() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let team = world.shared("team", &[("ada", "lrswite")]).await;
    append(&world.store, ada, team, &["a"]).await;
    // Clients may know a thousand of each that are lost.
    let lost_mailbox = world.count("select last_value from mailbox_id_seq").await + 1000;
    let lost_content = world.count("select last_value from content_id_seq").await + 1000;
    world.store.begin_uids_anew().await.unwrap();
    let later = world.shared("later", &[("ada", "lrswite")]).await;
    append(&world.store, ada, later, &["b"]).await;
    assert!(later.0 > lost_mailbox);
    assert!(world.count("select max(content) from entry").await > lost_content);
}

#[tokio::test]
async fn counts_are_right_whatever_was_done_and_are_put_right_where_they_are_wrong() {
    let world = World::new().await;
    let store = &world.store;
    let ada = world.account("ada").await;
    let root = world.admin().await;
    let team = world.shared("team", &[("ada", "lrswitek")]).await;
    let gone = world.shared("gone", &[("ada", "lrswitekx")]).await;
    for name in ["shared/team", "shared/gone"] {
        let limits: QuotaLimits = [(Resource::Message, 100)].into_iter().collect();
        let name = QuotaRoot::parse(name).unwrap();
        store.set_quota(root, &name, limits).await.unwrap();
    }
    append(store, ada, team, &["a", "b", "c", "d"]).await;
    append(store, ada, gone, &["e"]).await;
    let change = permit(store, ada, gone, Operation::ChangeFlags(FlagBits::DELETED)).await;
    let deleting = adding(&uids([1]), FlagBits::DELETED);
    store.edit_flags(&change, deleting).await.unwrap();
    for (flag, of) in [(FlagBits::SEEN, [1, 2]), (FlagBits::DELETED, [2, 3])] {
        let change = permit(store, ada, team, Operation::ChangeFlags(flag)).await;
        store
            .edit_flags(&change, adding(&uids(of), flag))
            .await
            .unwrap();
    }
    for mailbox in [team, gone] {
        let expunge = permit(store, ada, mailbox, Operation::Expunge).await;
        store.expunge(&expunge, all_deleted()).await.unwrap();
    }
    let delete = permit(store, ada, gone, Operation::DeleteMailbox).await;
    store.delete_mailbox(&delete).await.unwrap();
    assert_eq!(store.recount().await.unwrap(), Recount::default());

    let counts = "select sum(message_count + byte_count + unseen_count + deleted_count + removed_bytes)::bigint from mailbox";
    let right = world.count(counts).await;
    world.change("update mailbox set message_count = 7, byte_count = 7, unseen_count = 7, deleted_count = 7, removed_bytes = 7 where message_count > 0").await;
    world
        .change("update quota_root set removed_bytes = 7 where removed_bytes > 0")
        .await;
    let wrong = Recount {
        mailboxes: 1,
        quota_roots: 1,
    };
    assert_eq!(store.recount().await.unwrap(), wrong);
    assert_eq!(store.recount().await.unwrap(), Recount::default());
    assert_eq!(world.count(counts).await, right);
}
