//! What a team answered is marked so for all of it, in the commit that files the answer.

use acl::Operation;
use image::Overlay;
use mail::{AccountId, FlagBits, InternalDate, MailboxId, Place};
use store::{
    ActivityKind, ActivityQuery, Addressee, Delivered, Fault, Letter, LoadedDelta, NewMessage,
    Store,
};

use tokio::task::JoinSet;

use crate::addresses::{add, address};
use crate::world::{World, append, found, image, inbox, judged, news, overlay, permit, uid, uids};

const DATE: InternalDate = InternalDate {
    unix_seconds: 1_700_000_000,
    offset_minutes: 60,
};

fn mail(fields: &str) -> NewMessage {
    let text = format!("From: eve@example.net\r\n{fields}\r\n\r\nText\r\n");
    NewMessage {
        prepared: store::prepare(text, DATE),
        shared: FlagBits::NONE.into(),
        private: FlagBits::NONE,
    }
}

async fn file(store: &Store, who: AccountId, mailbox: MailboxId, fields: &str) {
    let permit = permit(store, who, mailbox, Operation::Insert(FlagBits::NONE)).await;
    store.append(&permit, vec![mail(fields)]).await.unwrap();
}

/// With `\\Seen` for oneself, for all or for nobody.
async fn file_read(
    store: &Store,
    who: AccountId,
    mailbox: MailboxId,
    fields: &str,
    [shared, private]: [FlagBits; 2],
) {
    let operation = Operation::Insert(if shared == private {
        FlagBits::NONE
    } else {
        FlagBits::SEEN
    });
    let permit = permit(store, who, mailbox, operation).await;
    let message = NewMessage {
        shared: shared.into(),
        private,
        ..mail(fields)
    };
    store.append(&permit, vec![message]).await.unwrap();
}

async fn answered(store: &Store, mailbox: MailboxId) -> Vec<u32> {
    let image = image(store, mailbox).await;
    let answered = image
        .iter()
        .filter(|(_, message)| message.flags.contains(FlagBits::ANSWERED));
    answered.map(|(_, message)| message.uid.get()).collect()
}

/// A team with a Sent, where ada may do everything.
struct Team {
    world: World,
    root: AccountId,
    ada: AccountId,
    support: MailboxId,
    sent: MailboxId,
}

impl Team {
    async fn new() -> Self {
        let world = World::new().await;
        let root = world.admin().await;
        let ada = world.account("ada").await;
        let support = world.shared("support", &[("ada", "lrswitekp")]).await;
        let sent = special(&world.store, root, support, "support/Sent", "\\Sent").await;
        Self {
            world,
            root,
            ada,
            support,
            sent,
        }
    }
}

async fn special(
    store: &Store,
    who: AccountId,
    above: MailboxId,
    path: &str,
    attribute: &str,
) -> MailboxId {
    let found = found(store, who, above).await;
    let may = acl::special_below(&found.access).unwrap();
    let place = Place::Shared(path.into());
    let created = store.create_mailbox(&may, &place, Some(attribute)).await;
    created.unwrap()
}

#[tokio::test]
async fn an_answer_in_the_sent_of_a_team_marks_what_it_answers() {
    let team = Team::new().await;
    let store = &team.world.store;
    let orders = team.world.shared("support/orders", &[]).await;
    let drafts = special(store, team.root, team.support, "support/Drafts", "\\Drafts").await;
    let elsewhere = team.world.shared("supporters", &[("ada", "lrswi")]).await;
    for n in 1..=3 {
        let fields = format!("Message-ID: <{n}@example.net>");
        for mailbox in [team.support, elsewhere, drafts, team.sent] {
            file(store, team.root, mailbox, &fields).await;
        }
        if n == 3 {
            file(store, team.root, orders, &fields).await;
        }
    }
    let before = image(store, team.support).await.modseq();
    file(store, team.ada, team.sent, "In-Reply-To: <1@example.net>").await;
    assert_eq!(answered(store, team.support).await, [1]);
    file(
        store,
        team.ada,
        team.sent,
        "Message-ID: <4@example.org>\r\nReferences: <1@example.net> <3@example.net> <9@example.net>",
    )
    .await;
    assert_eq!(answered(store, team.support).await, [1, 3]);
    assert_eq!(answered(store, orders).await, [1]);
    for mailbox in [elsewhere, drafts, team.sent] {
        assert!(answered(store, mailbox).await.is_empty());
    }
    // It is news like any other.
    let news = store
        .load_delta(team.support, before, 0, &[])
        .await
        .unwrap();
    assert!(matches!(news, LoadedDelta::News(_)));
    let mut query = ActivityQuery::newest_on(team.support, 10);
    query.kind = Some(ActivityKind::Answer);
    let told = store.activity(&query).await.unwrap();
    let told: Vec<_> = told
        .into_iter()
        .map(|row| (row.actor, row.uids, row.other_place))
        .collect();
    let (ada, sent) = (Some("ada".to_owned()), Place::Shared("support/Sent".into()));
    assert_eq!(
        told,
        [
            (ada.clone(), uids([1]), Some(sent.clone())),
            (ada, uids([1, 3]), Some(sent)),
        ]
    );
}

#[tokio::test]
async fn what_is_put_elsewhere_answers_nothing() {
    let team = Team::new().await;
    let store = &team.world.store;
    file(store, team.ada, team.support, "Message-ID: <1@example.net>").await;
    file(
        store,
        team.ada,
        team.support,
        "In-Reply-To: <1@example.net>",
    )
    .await;
    file(store, team.ada, team.sent, "In-Reply-To: <2@example.net>").await;
    file(store, team.ada, team.sent, "Subject: no answer").await;
    assert!(answered(store, team.support).await.is_empty());
    // Where each has that flag apart nobody's is changed.
    team.world
        .make_private(team.root, team.support, "\\Answered")
        .await;
    file(store, team.ada, team.sent, "In-Reply-To: <1@example.net>").await;
    assert!(answered(store, team.support).await.is_empty());
    let rows = store
        .activity(&ActivityQuery::newest_on(team.support, 1))
        .await
        .unwrap();
    assert_eq!(rows[0].kind, ActivityKind::Answer);
}

#[tokio::test]
async fn a_letter_and_a_replacement_answer_too() {
    let team = Team::new().await;
    let store = &team.world.store;
    for n in 1..=2 {
        let fields = format!("Message-ID: <{n}@example.net>");
        file(store, team.ada, team.support, &fields).await;
    }
    add(store, team.root, "sent@example.org", team.sent).await;
    let recipient = address("sent@example.org");
    let route = store.route(&recipient, "+").await.unwrap();
    let letter = Letter {
        prepared: mail("In-Reply-To: <1@example.net>").prepared,
        submitter: Some(team.ada),
        queue_id: None,
        client: "mta".into(),
        recognition: None,
        is_junk: false,
    };
    let to = [Addressee {
        recipient,
        target: route.targets[0].clone(),
    }];
    store.deliver(letter, &to).await.remove(0).unwrap();
    assert_eq!(answered(store, team.support).await, [1]);
    let draft = append(store, team.ada, team.support, &["draft"]).await.uids[0];
    let from = permit(store, team.ada, team.support, Operation::MoveFrom).await;
    let into = permit(
        store,
        team.ada,
        team.sent,
        Operation::Insert(FlagBits::NONE),
    )
    .await;
    store
        .replace(&from, &into, draft, mail("In-Reply-To: <2@example.net>"))
        .await
        .unwrap();
    assert_eq!(answered(store, team.support).await, [1, 2]);
    let rows = store
        .activity(&ActivityQuery::newest_on(team.support, 10))
        .await
        .unwrap();
    let by_ada = rows
        .iter()
        .filter(|row| row.kind == ActivityKind::Answer && row.actor.as_deref() == Some("ada"));
    assert_eq!(by_ada.count(), 2);
}

/// While messages move about in the tree, and are deleted, answers come; nobody waits for ever or is refused.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn answers_and_moves_do_not_fail_each_other() {
    let team = Team::new().await;
    let store = team.world.store.clone();
    let node = team.world.another_node().await;
    let orders = team.world.shared("support/orders", &[]).await;
    for n in 1..=20 {
        let fields = format!("Message-ID: <{n}@example.net>");
        file(&store, team.root, team.support, &fields).await;
    }
    let root = team.root;
    let (support, sent) = (team.support, team.sent);
    let mut mover = JoinSet::new();
    mover.spawn(async move {
        for round in 0..20 {
            let (a, b) = if round % 2 == 0 {
                (support, orders)
            } else {
                (orders, support)
            };
            let from = permit(&node, root, a, Operation::MoveFrom).await;
            let into = permit(&node, root, b, Operation::Insert(FlagBits::ALL)).await;
            let all = uids(1..=1000);
            node.move_messages(&from, &into, &all, FlagBits::ALL)
                .await
                .unwrap();
        }
    });
    for n in 1..=20 {
        let fields = format!("In-Reply-To: <{n}@example.net>");
        file(&store, root, sent, &fields).await;
    }
    mover.join_all().await;
    let count = answered(&store, support).await.len() + answered(&store, orders).await.len();
    assert_eq!(count, 20);
    assert_eq!(image(&store, sent).await.uid_next(), uid(21));
}

#[tokio::test]
async fn a_message_has_a_story_wherever_it_went() {
    let team = Team::new().await;
    let store = &team.world.store;
    let orders = team
        .world
        .shared("support/orders", &[("ada", "lrswite")])
        .await;
    for n in 1..=3 {
        let fields = format!("Message-ID: <{n}@example.net>");
        file(store, team.ada, team.support, &fields).await;
    }
    file(store, team.ada, team.sent, "In-Reply-To: <2@example.net>").await;
    let from = permit(store, team.ada, team.support, Operation::MoveFrom).await;
    let into = permit(store, team.ada, orders, Operation::Insert(FlagBits::ALL)).await;
    store
        .move_messages(&from, &into, &uids([2]), FlagBits::ALL)
        .await
        .unwrap();
    for (message, expected) in [
        ("<2@example.net>", &["append", "answer", "move", "move"][..]),
        ("2@example.net", &["append", "answer", "move", "move"]),
        ("1@example.net", &["append"]),
        ("4@example.net", &[]),
    ] {
        let query = ActivityQuery {
            mailbox: None,
            message: Some(message.into()),
            ..ActivityQuery::newest_on(team.support, 10)
        };
        let rows = store.activity(&query).await.unwrap();
        let kinds: Vec<_> = rows.iter().map(|row| row.kind.word()).collect();
        assert_eq!(kinds, expected, "{message}");
    }
}

/// A letter that ada sent as the team, on its way to the team's Sent.
async fn copy(
    store: &Store,
    submitter: Option<AccountId>,
    fields: &str,
) -> Result<Delivered, Fault> {
    let sender = address("support@example.org");
    let recipient = store
        .sent_copy_address(&sender, "+")
        .await
        .unwrap()
        .unwrap();
    let route = store.route(&recipient, "+").await.unwrap();
    let letter = Letter {
        prepared: mail(fields).prepared,
        submitter,
        queue_id: None,
        client: "mta".into(),
        recognition: None,
        is_junk: false,
    };
    let to = [Addressee {
        recipient,
        target: route.targets[0].clone(),
    }];
    store.deliver(letter, &to).await.remove(0)
}

async fn uids_of(store: &Store, mailbox: MailboxId) -> Vec<u32> {
    let image = image(store, mailbox).await;
    image.iter().map(|(_, message)| message.uid.get()).collect()
}

#[tokio::test]
async fn a_copy_of_what_was_sent_is_in_the_sent_and_read_by_everybody() {
    let team = Team::new().await;
    let store = &team.world.store;
    add(store, team.root, "support@example.org", team.support).await;
    file(store, team.ada, team.support, "Message-ID: <1@example.net>").await;
    let before = image(store, team.sent).await.modseq();
    let sent = copy(store, Some(team.ada), "In-Reply-To: <1@example.net>").await;
    assert!(
        matches!(sent, Ok(Delivered::Filed { mailbox, .. }) if mailbox == team.sent),
        "{sent:?}"
    );
    assert_eq!(answered(store, team.support).await, [1]);
    // To who begins now, to who was there, and in numbers.
    let own = overlay(store, team.ada, team.sent).await;
    assert!(own.flags(uid(1)).contains(FlagBits::SEEN));
    let news = news(store, team.sent, before, &[team.ada]).await;
    let (_, told) = &news.private[0];
    assert!(
        Overlay::default()
            .apply(told)
            .flags(uid(1))
            .contains(FlagBits::SEEN)
    );
    let status = store.status(team.ada, &[judged(team.sent)]).await.unwrap();
    assert_eq!(status[0].1.unseen, 0);
    // Also where \\Seen is everybody's.
    team.world.make_private(team.root, team.sent, "").await;
    copy(store, None, "Subject: two").await.unwrap();
    let image = image(store, team.sent).await;
    let seen = image
        .iter()
        .filter(|(_, message)| message.flags.contains(FlagBits::SEEN));
    assert_eq!(seen.count(), 2);
    let status = store.status(team.ada, &[judged(team.sent)]).await.unwrap();
    assert_eq!(status[0].1.unseen, 0);
}

#[tokio::test]
async fn what_the_client_files_itself_takes_the_place_of_the_copy() {
    let team = Team::new().await;
    let store = &team.world.store;
    add(store, team.root, "support@example.org", team.support).await;
    // The copy comes first, and goes in the commit of the APPEND.
    copy(store, None, "Message-ID: <1@example.org>")
        .await
        .unwrap();
    assert_eq!(uids_of(store, team.sent).await, [1]);
    file(store, team.ada, team.sent, "Message-ID: <1@example.org>").await;
    assert_eq!(uids_of(store, team.sent).await, [2]);
    // Once: who files it again has it twice.
    file(store, team.ada, team.sent, "Message-ID: <1@example.org>").await;
    assert_eq!(uids_of(store, team.sent).await, [2, 3]);
    // The copy comes afterwards, and is suppressed.
    file(store, team.ada, team.sent, "Message-ID: <2@example.org>").await;
    let late = copy(store, None, "Message-ID: <2@example.org>").await;
    assert!(matches!(late, Ok(Delivered::Duplicate)), "{late:?}");
    assert_eq!(uids_of(store, team.sent).await, [2, 3, 4]);
    // What has no Message-ID is no other's double.
    copy(store, None, "Subject: x").await.unwrap();
    copy(store, None, "Subject: x").await.unwrap();
    file(store, team.ada, team.sent, "Subject: x").await;
    assert_eq!(uids_of(store, team.sent).await, [2, 3, 4, 5, 6, 7]);
}

/// The copy was read for everybody, and what takes its place is no news to a colleague either.
#[tokio::test]
async fn what_takes_the_place_of_a_copy_is_read_by_everybody() {
    let team = Team::new().await;
    let store = &team.world.store;
    let bo = team.world.account("bo").await;
    add(store, team.root, "support@example.org", team.support).await;
    for (n, flags) in [(1, FlagBits::SEEN), (2, FlagBits::NONE)] {
        let fields = format!("Message-ID: <{n}@example.org>");
        let before = image(store, team.sent).await.modseq();
        copy(store, None, &fields).await.unwrap();
        file_read(store, team.ada, team.sent, &fields, [FlagBits::NONE, flags]).await;
        let filed = uid(2 * n);
        for who in [team.ada, bo] {
            let own = overlay(store, who, team.sent).await;
            assert!(own.flags(filed).contains(FlagBits::SEEN), "{who:?}, {n}");
            let news = news(store, team.sent, before, &[who]).await;
            let (_, told) = &news.private[0];
            let told = Overlay::default().apply(told);
            assert!(told.flags(filed).contains(FlagBits::SEEN), "{who:?}, {n}");
        }
    }
    // Also where \\Seen is everybody's.
    team.world.make_private(team.root, team.sent, "").await;
    for (n, flags) in [(3, FlagBits::SEEN), (4, FlagBits::NONE)] {
        let fields = format!("Message-ID: <{n}@example.org>");
        copy(store, None, &fields).await.unwrap();
        file_read(store, team.ada, team.sent, &fields, [flags, FlagBits::NONE]).await;
    }
    let image = image(store, team.sent).await;
    let seen = image
        .iter()
        .filter(|(_, message)| message.flags.contains(FlagBits::SEEN));
    assert_eq!(seen.count(), 4);
    let status = store.status(team.ada, &[judged(team.sent)]).await.unwrap();
    assert_eq!(status[0].1.unseen, 0);
}

/// Whichever comes first, in one batch or in two, on one node or on two: one is there, and it is the client's.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn copy_and_append_at_once_leave_one() {
    let team = Team::new().await;
    let store = team.world.store.clone();
    let nodes = [store.clone(), team.world.another_node().await];
    add(&store, team.root, "support@example.org", team.support).await;
    for n in 0..20 {
        let fields = format!("Message-ID: <{n}@example.org>");
        let (first, second) = (nodes[n % 2].clone(), nodes[n / 2 % 2].clone());
        let (copied, ()) = tokio::join!(
            copy(&first, None, &fields),
            file(&second, team.ada, team.sent, &fields)
        );
        copied.unwrap();
        assert_eq!(uids_of(&store, team.sent).await.len(), n + 1);
    }
}

#[tokio::test]
async fn nobody_files_copies_who_may_not_send_as_the_team() {
    let team = Team::new().await;
    let store = &team.world.store;
    add(store, team.root, "support@example.org", team.support).await;
    let bo = team.world.account("bo").await;
    let refused = copy(store, Some(bo), "Subject: x").await;
    assert!(matches!(refused, Err(Fault::Denied)), "{refused:?}");
    // Whether or not anyone may post there.
    team.world
        .grant(team.root, team.support, "anyone", "")
        .await;
    copy(store, Some(team.ada), "Subject: x").await.unwrap();
    team.world.grant(team.root, team.support, "ada", "-p").await;
    let refused = copy(store, Some(team.ada), "Subject: x").await;
    assert!(matches!(refused, Err(Fault::Denied)), "{refused:?}");
    // The address cannot be guessed, and there is none for who is no team.
    let sender = address("support@example.org");
    let real = store
        .sent_copy_address(&sender, "+")
        .await
        .unwrap()
        .unwrap();
    let guessed = real
        .to_string()
        .replace('-', "-0")
        .replace("-0of-0", "-of-");
    for guess in [&guessed, "sent-of-1@postroom.invalid", "x@postroom.invalid"] {
        let route = store.route(&address(guess), "+").await.unwrap();
        assert!(route.targets.is_empty(), "{guess}");
    }
    let home = inbox(store, bo).await;
    add(store, team.root, "bo@example.org", home).await;
    for none in ["bo@example.org", "x@example.org"] {
        let copy = store.sent_copy_address(&address(none), "+").await.unwrap();
        assert_eq!(copy, None, "{none}");
    }
}
