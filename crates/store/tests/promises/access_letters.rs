//! Whoever comes to know of a shared mailbox is told once, by whichever way that came, and nobody else is.

use std::collections::BTreeSet;
use std::time::Duration;

use acl::{Identifier, Modification, Operation, Rights, Subject};
use mail::{AccountId, InternalDate, MailboxId, QuotaLimits, QuotaRoot, Resource};
use store::{Fault, LetterEnd, Letters, Store, Team, Trial};

use crate::world::{World, connect_telling, inbox, message, permit};

const AT_ONCE: Duration = Duration::ZERO;
const DATE: InternalDate = InternalDate {
    unix_seconds: 0,
    offset_minutes: 0,
};

/// A site on which grants by hand are told: its administrator, ada, bo and cleo, and `support`, which ada administers.
struct Site {
    world: World,
    store: Store,
    root: AccountId,
    ada: AccountId,
    bo: AccountId,
    cleo: AccountId,
    support: MailboxId,
}

impl Site {
    async fn new() -> Self {
        let world = World::new().await;
        let support = world.shared("support", &[("ada", "lra")]).await;
        let root = world.store.find_account("root").await.unwrap().unwrap().id;
        let ada = world.account("ada").await;
        let (bo, cleo) = (world.account("bo").await, world.account("cleo").await);
        let store = connect_telling(&world.url, Letters::ByHand).await;
        Self {
            world,
            store,
            root,
            ada,
            bo,
            cleo,
            support,
        }
    }

    async fn set(&self, who: AccountId, mailbox: MailboxId, subject: &str, rights: &str) {
        set(&self.store, who, mailbox, subject, rights).await;
    }

    /// Who is to be told of what, and who gave it.
    async fn due(&self) -> BTreeSet<String> {
        self.due_after(AT_ONCE).await
    }

    async fn due_after(&self, age: Duration) -> BTreeSet<String> {
        self.store.find_letters(age).await.unwrap();
        let due = self.store.due_letters().await.unwrap();
        due.iter()
            .map(|letter| {
                let giver = letter.giver.as_deref().unwrap_or("somebody");
                format!(
                    "{}: {} {} by {giver}",
                    letter.name, letter.path, letter.rights
                )
            })
            .collect()
    }

    /// The same, and all of it is told by now.
    async fn told(&self) -> BTreeSet<String> {
        let due = self.due().await;
        for letter in self.store.due_letters().await.unwrap() {
            self.store.forget_letter(&letter).await.unwrap();
        }
        due
    }
}

async fn set(store: &Store, who: AccountId, mailbox: MailboxId, subject: &str, rights: &str) {
    let permit = permit(store, who, mailbox, Operation::Administer).await;
    let subject = Subject::parse(subject).unwrap();
    let modification = Modification::parse(rights).unwrap();
    store
        .set_rights(&permit, &subject, modification)
        .await
        .unwrap();
}

fn names<const N: usize>(names: [&str; N]) -> BTreeSet<String> {
    names.into_iter().map(str::to_owned).collect()
}

#[tokio::test]
async fn who_is_given_a_mailbox_is_told_once_however_many_letters_change() {
    let site = Site::new().await;
    site.set(site.ada, site.support, "bo", "lr").await;
    site.set(site.ada, site.support, "bo", "+swi").await;
    // Not before its time.
    assert_eq!(site.due_after(Duration::from_secs(60)).await, names([]));
    assert_eq!(site.due().await, names(["bo: support lrswi by ada"]));
    assert_eq!(site.told().await, names(["bo: support lrswi by ada"]));
    site.set(site.root, site.support, "bo", "+te").await;
    assert_eq!(site.due().await, names([]));
    // Rights without `l` give nothing that could be opened; nobody writes to himself, nor to all.
    for (who, rights) in [
        ("cleo", "r"),
        ("ada", "lrsa"),
        ("anyone", "lp"),
        ("nobody", "lr"),
    ] {
        site.set(site.root, site.support, who, rights).await;
    }
    assert_eq!(site.due().await, names([]));
    // Whoever knows of it by another way is told nothing.
    site.set(site.ada, site.support, "cleo", "lr").await;
    assert_eq!(site.due().await, names([]));
}

#[tokio::test]
async fn what_is_withdrawn_soon_is_not_told() {
    let site = Site::new().await;
    site.set(site.ada, site.support, "bo", "lr").await;
    site.set(site.ada, site.support, "bo", "").await;
    assert_eq!(site.due().await, names([]));
    // Found, but not written yet.
    site.set(site.ada, site.support, "bo", "lr").await;
    assert_eq!(site.due().await, names(["bo: support lr by ada"]));
    site.set(site.ada, site.support, "bo", "").await;
    assert_eq!(site.due().await, names(["bo: support  by ada"]));
    assert_eq!(site.told().await.len(), 1);
    // What somebody had a moment ago is nothing new, whichever entry gives it now.
    site.set(site.ada, site.support, "cleo", "lr").await;
    assert_eq!(site.told().await, names(["cleo: support lr by ada"]));
    site.store.create_group("staff").await.unwrap();
    site.store.add_member("staff", site.cleo).await.unwrap();
    site.set(site.ada, site.support, "cleo", "").await;
    site.set(site.ada, site.support, "group:staff", "lr").await;
    assert_eq!(site.due().await, names([]));
    // One entry that took it away goes, and gives it.
    site.set(site.ada, site.support, "-cleo", "l").await;
    assert_eq!(site.due().await, names([]));
}

#[tokio::test]
async fn who_comes_to_a_group_is_told_of_its_mailboxes() {
    let site = Site::new().await;
    let store = &site.store;
    let sales = site.world.shared("sales", &[]).await;
    for group in ["staff", "night", "others"] {
        store.create_group(group).await.unwrap();
    }
    store.add_member("staff", site.cleo).await.unwrap();
    site.set(site.root, sales, "group:staff", "lrs").await;
    site.set(site.root, site.support, "group:staff", "lrs")
        .await;
    let told = names(["cleo: sales lrs by root", "cleo: support lrs by root"]);
    assert_eq!(site.told().await, told);
    store.add_member("night", site.bo).await.unwrap();
    store.add_member("others", site.bo).await.unwrap();
    assert_eq!(site.told().await, names([]));
    store.add_group("staff", "night").await.unwrap();
    let told = names(["bo: sales lrs by somebody", "bo: support lrs by somebody"]);
    assert_eq!(site.told().await, told);
    // By another way as well, and then by that alone.
    store.add_member("staff", site.bo).await.unwrap();
    store.remove_group("staff", "night").await.unwrap();
    assert_eq!(site.told().await, names([]));
    // A directory is not told of by letters here, and elsewhere it is.
    let others = site.world.account("dora").await;
    store.keep_group("directory", [others]).await.unwrap();
    site.set(site.root, sales, "group:directory", "lr").await;
    assert_eq!(site.told().await, names(["dora: sales lr by root"]));
    store
        .keep_group("directory", [others, site.ada])
        .await
        .unwrap();
    assert_eq!(site.told().await, names([]));
    let telling = connect_telling(&site.world.url, Letters::All).await;
    telling.keep_group("directory", [others]).await.unwrap();
    site.world.change("delete from member_change").await;
    telling
        .keep_group("directory", [others, site.ada])
        .await
        .unwrap();
    assert_eq!(site.told().await, names(["ada: sales lr by somebody"]));
}

#[tokio::test]
async fn of_a_tree_the_uppermost_mailbox_is_told() {
    let site = Site::new().await;
    let contracts = site
        .world
        .shared("support/Contracts", &[("ada", "lra")])
        .await;
    site.set(site.ada, contracts, "bo", "lr").await;
    assert_eq!(
        site.told().await,
        names(["bo: support/Contracts lr by ada"])
    );
    site.set(site.ada, contracts, "cleo", "lr").await;
    site.set(site.ada, site.support, "cleo", "lrs").await;
    assert_eq!(site.told().await, names(["cleo: support lrs by ada"]));
    // The whole is more than what bo had of it. A new folder belongs to it.
    site.set(site.ada, site.support, "bo", "lr").await;
    site.world.shared("support/Sent", &[]).await;
    assert_eq!(site.told().await, names(["bo: support lr by ada"]));
    // What somebody owns is no team's mailbox.
    let own = inbox(&site.store, site.ada).await;
    site.set(site.ada, own, "bo", "lr").await;
    assert_eq!(site.told().await, names([]));
}

#[tokio::test]
async fn quiet_grants_are_not_told_and_others_are_whatever_is_usual() {
    let site = Site::new().await;
    let give = async |store: &Store, letters, name: &str| {
        let permit = permit(store, site.ada, site.support, Operation::Administer).await;
        let subject = Subject::parse(name).unwrap();
        let rights = Modification::Replace(Rights::parse("lr").unwrap());
        let given = store.set_rights_telling(letters, &permit, &subject, rights);
        given.await.unwrap();
    };
    give(&site.store, Letters::None, "bo").await;
    give(&site.world.store, Letters::All, "cleo").await;
    set(&site.world.store, site.root, site.support, "dora", "lr").await;
    assert_eq!(site.told().await, names(["cleo: support lr by ada"]));
    let team = Team {
        path: "sales".into(),
        entries: vec![(
            Identifier::parse("bo").unwrap(),
            Rights::parse("lr").unwrap(),
        )],
        addresses: Vec::new(),
    };
    let who = site.store.who(site.root).await.unwrap();
    let create = acl::shared_root(&who).unwrap();
    for trial in [Trial::Dry, Trial::Real] {
        site.store
            .set_up_team(&create, &team, "+", trial)
            .await
            .unwrap();
    }
    assert_eq!(site.told().await, names(["bo: sales lr by root"]));
}

#[tokio::test]
async fn a_name_stays_the_persons_and_is_told_within_the_domain() {
    let site = Site::new().await;
    let eve = site.world.account("eve@example.org").await;
    site.set(site.ada, site.support, "eve@example.org", "lr")
        .await;
    site.set(site.ada, site.support, "bo", "lr").await;
    site.world
        .change("select count(*) from rename_account((select a.id from account a where a.name = 'bo'), 'bob')")
        .await;
    let told = names([
        "bob: support lr by ada",
        "eve@example.org: support lr by somebody",
    ]);
    assert_eq!(site.due().await, told);
    // Who cannot log in reads nothing.
    site.store.disable_account(eve).await.unwrap();
    let due = site.store.due_letters().await.unwrap();
    let [eve, bo] = &due[..] else {
        panic!("{due:?}")
    };
    assert!(
        bo.rights.contains(Rights::LOOKUP) && eve.rights.is_empty(),
        "{due:?}"
    );
    site.store.delete_account(site.bo).await.unwrap();
    assert_eq!(
        site.told().await,
        names(["eve@example.org: support  by somebody"])
    );
}

#[tokio::test]
async fn a_letter_comes_once_and_waits_where_there_is_no_room() {
    let site = Site::new().await;
    let store = &site.store;
    site.set(site.ada, site.support, "bo", "lr").await;
    site.due().await;
    let due = store.due_letters().await.unwrap();
    let [letter] = &due[..] else {
        panic!("{due:?}")
    };
    let text = message("given");
    let deliver = async || {
        store
            .deliver_access_letter(letter, &text, DATE)
            .await
            .unwrap()
    };
    // A frontend died after the delivery, before it could say so.
    for _ in 0..2 {
        assert!(matches!(deliver().await, LetterEnd::Delivered));
    }
    assert!(store.due_letters().await.unwrap().is_empty());
    let letters = "select count(*)
           from entry e
           join mailbox_name n on n.mailbox = e.mailbox and n.path = 'INBOX'
           join account a on a.id = n.owner and a.name in ('bo', 'cleo')";
    assert_eq!(site.world.count(letters).await, 1);

    site.set(site.ada, site.support, "cleo", "lr").await;
    site.due().await;
    let root = QuotaRoot::parse("user/cleo").unwrap();
    let limits: QuotaLimits = [(Resource::Message, 0)].into_iter().collect();
    store.set_quota(site.root, &root, limits).await.unwrap();
    let deliver_next = async || {
        let due = store.due_letters().await.unwrap();
        let [letter] = &due[..] else {
            panic!("{due:?}")
        };
        store
            .deliver_access_letter(letter, &text, DATE)
            .await
            .unwrap()
    };
    for _ in 0..4 {
        let end = deliver_next().await;
        assert!(
            matches!(end, LetterEnd::Postponed(Fault::OverQuota)),
            "{end:?}"
        );
        assert!(store.due_letters().await.unwrap().is_empty());
        site.world
            .change("update access_letter set next_at = now()")
            .await;
    }
    let end = deliver_next().await;
    assert!(
        matches!(end, LetterEnd::GivenUp(Fault::OverQuota)),
        "{end:?}"
    );
    assert!(store.due_letters().await.unwrap().is_empty());
    assert_eq!(site.world.count(letters).await, 1);
}

#[tokio::test]
async fn at_the_same_time_from_two_nodes_each_is_told_once() {
    let site = Site::new().await;
    let another = connect_telling(&site.world.url, Letters::ByHand).await;
    site.store.create_group("staff").await.unwrap();
    site.store.add_member("staff", site.bo).await.unwrap();
    let ((), (), ()) = tokio::join!(
        site.set(site.ada, site.support, "bo", "lr"),
        set(&another, site.root, site.support, "group:staff", "lrs"),
        async {
            another.add_member("staff", site.cleo).await.unwrap();
        }
    );
    let (one, two) = tokio::join!(
        site.store.find_letters(AT_ONCE),
        another.find_letters(AT_ONCE)
    );
    one.unwrap();
    two.unwrap();
    let due = site.store.due_letters().await.unwrap();
    let mut whom: Vec<_> = due.iter().map(|letter| letter.name.as_str()).collect();
    whom.sort_unstable();
    assert_eq!(whom, ["bo", "cleo"]);
}

#[tokio::test]
async fn a_group_of_many_is_told_part_by_part() {
    let site = Site::new().await;
    site.world
        .change(
            "insert into account (name) select 'person' || n from generate_series(1, 2500) n;
             select make_mailbox(row(a.id, null, '{}')::actor, row(0, null)::create_permit, a.id, 'INBOX', null)
               from account a where a.name like 'person%';
             insert into user_group (name) values ('all');
             insert into user_group_member (account, user_group)
             select a.id, g.id from account a, user_group g where a.name like 'person%' and g.name = 'all';
             select refresh_effective_members(array_agg(a.id)) from account a",
        )
        .await;
    site.set(site.ada, site.support, "group:all", "lr").await;
    assert!(site.store.find_letters(AT_ONCE).await.unwrap() >= 2500);
    assert_eq!(
        site.world.count("select count(*) from access_letter").await,
        2500
    );
    assert_eq!(
        site.world.count("select count(*) from entry_change").await,
        0
    );
    assert_eq!(site.store.due_letters().await.unwrap().len(), 50);
}
