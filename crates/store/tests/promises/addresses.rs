//! An address leads to the mailboxes that it was added for, and nothing else does.

use acl::{Identifier, Operation, Rights};
use mail::{AccountId, EmailAddress, MailboxId, Place};
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection};
use store::{Fault, LeadsTo, NewTarget, OldTarget, Posting, Recipients, Route, RouteStep, Store};

use crate::world::{World, inbox, permit};

pub(crate) fn address(text: &str) -> EmailAddress {
    EmailAddress::parse(text).unwrap()
}

pub(crate) async fn add(store: &Store, admin: AccountId, text: &str, mailbox: MailboxId) {
    let permit = permit(store, admin, mailbox, Operation::Administer).await;
    let target = NewTarget::Mailbox(permit, Posting::Open);
    store
        .add_address(admin, &recipients(text), &target, "+")
        .await
        .unwrap();
}

pub(crate) async fn alias(
    store: &Store,
    admin: AccountId,
    text: &str,
    to: &str,
) -> Result<(), Fault> {
    let target = NewTarget::Alias(address(to));
    store
        .add_address(admin, &recipients(text), &target, "+")
        .await
}

pub(crate) fn recipients(text: &str) -> Recipients {
    match text.strip_prefix('@') {
        Some(domain) => Recipients::Domain(EmailAddress::parse_domain(domain).unwrap()),
        None => Recipients::Address(address(text)),
    }
}

pub(crate) async fn route(store: &Store, text: &str) -> Route {
    store.route(&address(text), "+").await.unwrap()
}

/// The mailboxes that a letter to it is for, or the ones that its subaddress names.
pub(crate) async fn reached(store: &Store, text: &str) -> Vec<MailboxId> {
    let targets = route(store, text).await.targets.into_iter();
    targets
        .map(|target| target.subfolder.unwrap_or(target.mailbox).id)
        .collect()
}

#[tokio::test]
async fn a_letter_goes_where_its_address_leads() {
    let world = World::new().await;
    let store = &world.store;
    let root = world.admin().await;
    let ada = world.account("ada").await;
    let ada = inbox(store, ada).await;
    let support = world.shared("support", &[]).await;
    let invoices = world.shared("support/Invoices", &[]).await;
    let rest = world.shared("rest", &[]).await;
    add(store, root, "Support@Example.org", support).await;
    add(store, root, "all@example.org", support).await;
    add(store, root, "all@example.org", ada).await;
    add(store, root, "plus+sign@example.org", ada).await;
    add(store, root, "info@bücher.example", ada).await;
    add(store, root, "@caught.example", rest).await;
    add(store, root, "known@caught.example", ada).await;
    add(store, root, "postmaster", rest).await;
    alias(store, root, "help@example.org", "support@example.org")
        .await
        .unwrap();
    alias(
        store,
        root,
        "bills@example.org",
        "support+invoices@example.org",
    )
    .await
    .unwrap();
    alias(store, root, "everybody@example.org", "all@example.org")
        .await
        .unwrap();
    alias(store, root, "everybody@example.org", "help@example.org")
        .await
        .unwrap();
    for (domain, target) in [
        ("old.example", "example.org"),
        ("older.example", "old.example"),
    ] {
        assert!(
            store
                .set_domain_alias(root, domain, Some(target))
                .await
                .unwrap()
        );
    }
    let nobody: &[MailboxId] = &[];
    for (text, expected) in [
        ("support@example.org", &[support][..]),
        ("SUPPORT@EXAMPLE.ORG", &[support]),
        ("\"support\"@example.org", &[support]),
        ("all@example.org", &[support, ada]),
        ("support+invoices@example.org", &[invoices]),
        ("support+INVOICES@example.org", &[invoices]),
        ("support+orders@example.org", &[support]),
        ("support+@example.org", &[support]),
        ("plus+sign@example.org", &[ada]),
        ("plus@example.org", nobody),
        ("+support@example.org", nobody),
        ("info@xn--bcher-kva.example", &[ada]),
        ("INFO@BÜCHER.example", &[ada]),
        ("help@example.org", &[support]),
        ("help+invoices@example.org", &[invoices]),
        ("bills@example.org", &[invoices]),
        // Each once, whichever way it is reached first.
        ("everybody@example.org", &[support, ada]),
        ("support@old.example", &[support]),
        ("help+invoices@older.example", &[invoices]),
        ("nobody@old.example", nobody),
        ("whoever@caught.example", &[rest]),
        ("known@caught.example", &[ada]),
        ("known+x@caught.example", &[ada]),
        ("postmaster", &[rest]),
        ("postmaster@example.org", nobody),
        ("nobody@example.org", nobody),
        ("support@elsewhere.example", nobody),
    ] {
        assert_eq!(reached(store, text).await, expected, "{text}");
    }
}

#[tokio::test]
async fn the_steps_of_a_route_say_why() {
    let world = World::new().await;
    let store = &world.store;
    let root = world.admin().await;
    let support = world.shared("support", &[]).await;
    world.shared("support/Invoices", &[]).await;
    add(store, root, "support@example.org", support).await;
    alias(
        store,
        root,
        "Bills@example.org",
        "support+invoices@example.org",
    )
    .await
    .unwrap();
    store
        .set_domain_alias(root, "old.example", Some("example.org"))
        .await
        .unwrap();
    let steps = route(store, "bills@old.example").await.steps;
    let place = |path: &str| Place::Shared(path.into());
    assert_eq!(
        steps,
        [
            RouteStep::DomainAlias {
                domain: "old.example".into(),
                target: "example.org".into(),
            },
            RouteStep::Known("bills@old.example".into()),
            RouteStep::Alias {
                address: "Bills@example.org".into(),
                target: "support+invoices@example.org".into(),
            },
            RouteStep::Subaddress {
                address: "support+invoices@example.org".into(),
                known: "support@example.org".into(),
            },
            RouteStep::Mailbox(place("support")),
            RouteStep::Subfolder(place("support/Invoices")),
        ]
    );
    let unknown = route(store, "x@example.org").await;
    assert_eq!(unknown.steps, [RouteStep::Unknown("x@example.org".into())]);
}

#[tokio::test]
async fn a_subaddress_names_what_is_below_and_has_no_special_use() {
    let world = World::new().await;
    let store = &world.store;
    let root = world.admin().await;
    let ada = world.account("ada").await;
    let home = inbox(store, ada).await;
    let mut made = Vec::new();
    for (path, special_use) in [
        ("Work", None),
        ("INBOX/Work", None),
        ("Lists", None),
        ("Sent", Some("\\Sent")),
        ("Spam", Some("\\Junk")),
    ] {
        let place = Place::Mine(path.into());
        let may = acl::own_tree(&store.who(ada).await.unwrap());
        made.push(
            store
                .create_mailbox(&may, &place, special_use)
                .await
                .unwrap(),
        );
    }
    add(store, root, "ada@example.org", home).await;
    for (text, expected) in [
        ("ada+work@example.org", made[1]),
        ("ada+lists@example.org", made[2]),
        ("ada+sent@example.org", home),
        ("ada+spam@example.org", home),
        ("ada+inbox@example.org", home),
    ] {
        assert_eq!(reached(store, text).await, [expected], "{text}");
    }
    let route = route(store, "ada@example.org").await;
    assert_eq!(route.targets[0].junk, Some(made[4]));
}

#[tokio::test]
async fn aliases_have_a_bound_and_no_loops() {
    let world = World::new().await;
    let store = &world.store;
    let root = world.admin().await;
    let support = world.shared("support", &[]).await;
    add(store, root, "a0@example.org", support).await;
    for n in 0..10 {
        let (from, to) = (
            format!("a{}@example.org", n + 1),
            format!("a{n}@example.org"),
        );
        alias(store, root, &from, &to).await.unwrap();
    }
    assert_eq!(reached(store, "a10@example.org").await, [support]);
    let refused = alias(store, root, "a11@example.org", "a10@example.org").await;
    assert!(matches!(refused, Err(Fault::Limit(_))), "{refused:?}");
    // Nor from below: the way of a10 would become too long.
    add(store, root, "b@example.org", support).await;
    alias(store, root, "c@example.org", "b@example.org")
        .await
        .unwrap();
    let refused = alias(store, root, "a0@example.org", "c@example.org").await;
    assert!(matches!(refused, Err(Fault::Limit(_))), "{refused:?}");
    // A loop reaches each of its addresses once.
    alias(store, root, "b@example.org", "c@example.org")
        .await
        .unwrap();
    assert_eq!(reached(store, "c@example.org").await, [support]);

    let nowhere = alias(store, root, "x@example.org", "typo@example.org").await;
    assert!(matches!(nowhere, Err(Fault::Gone)), "{nowhere:?}");
    store
        .set_domain_alias(root, "a.example", Some("b.example"))
        .await
        .unwrap();
    let loops = store
        .set_domain_alias(root, "b.example", Some("a.example"))
        .await;
    assert!(matches!(loops, Err(Fault::Limit(_))), "{loops:?}");
}

#[tokio::test]
async fn one_address_leads_to_so_many_and_no_more() {
    let world = World::new().await;
    let store = &world.store;
    let root = world.admin().await;
    for n in 0..99 {
        let mailbox = world.shared(&format!("m{n}"), &[]).await;
        add(store, root, "all@example.org", mailbox).await;
    }
    assert_eq!(reached(store, "all@example.org").await.len(), 99);
    let one_more = world.shared("m99", &[]).await;
    let permit = permit(store, root, one_more, Operation::Administer).await;
    let target = NewTarget::Mailbox(permit, Posting::Open);
    let refused = store
        .add_address(root, &recipients("all@example.org"), &target, "+")
        .await;
    assert!(matches!(refused, Err(Fault::Limit(_))), "{refused:?}");
    assert_eq!(reached(store, "all@example.org").await.len(), 99);
}

#[tokio::test]
async fn a_mailbox_with_an_address_is_open_to_anyone_unless_its_list_says_otherwise() {
    let world = World::new().await;
    let store = &world.store;
    let root = world.admin().await;
    for (path, list, expected) in [
        ("silent", &[][..], "p"),
        ("readable", &[("anyone", "lr")], "lrp"),
        ("closed", &[("-anyone", "p")], ""),
        ("open", &[("anyone", "lp")], "lp"),
    ] {
        let mailbox = world.shared(path, list).await;
        add(store, root, &format!("{path}@example.org"), mailbox).await;
        let list = store.access_list(mailbox).await.unwrap();
        let entry = list
            .iter()
            .find(|entry| entry.identifier == Identifier::Anyone && !entry.is_negative);
        let rights = entry.map_or(Rights::NONE, |entry| entry.rights);
        assert_eq!(rights, Rights::parse(expected).unwrap(), "{path}");
    }
    // Where a list comes from above, it becomes the mailbox's own: nothing else is opened.
    let above = world.shared("above", &[("ada", "lr")]).await;
    let below = world.shared("above/below", &[]).await;
    add(store, root, "below@example.org", below).await;
    let has_anyone = async |mailbox| {
        let list = store.access_list(mailbox).await.unwrap();
        assert!(
            list.iter()
                .any(|entry| entry.identifier.to_string() == "ada")
        );
        list.iter()
            .any(|entry| entry.identifier == Identifier::Anyone)
    };
    assert!(!has_anyone(above).await);
    assert!(has_anyone(below).await);
    // Or it stays as it is.
    let mailbox = world.shared("as it is", &[]).await;
    let permit = permit(store, root, mailbox, Operation::Administer).await;
    let target = NewTarget::Mailbox(permit, Posting::AsListed);
    let added = recipients("as-it-is@example.org");
    store.add_address(root, &added, &target, "+").await.unwrap();
    assert!(
        store
            .access_list(mailbox)
            .await
            .unwrap()
            .iter()
            .all(|entry| entry.identifier != Identifier::Anyone)
    );
}

#[tokio::test]
async fn addresses_are_listed_and_removed_and_go_with_their_mailbox() {
    let world = World::new().await;
    let store = &world.store;
    let root = world.admin().await;
    let (support, other) = (
        world.shared("support", &[]).await,
        world.shared("other", &[]).await,
    );
    add(store, root, "Support@example.org", support).await;
    add(store, root, "support@EXAMPLE.org", support).await;
    add(store, root, "support@example.org", other).await;
    alias(store, root, "help@example.org", "support@example.org")
        .await
        .unwrap();
    store
        .set_domain_alias(root, "old.example", Some("example.org"))
        .await
        .unwrap();
    let listed = store.addresses().await.unwrap();
    let listed: Vec<_> = listed
        .into_iter()
        .map(|listed| (listed.address, listed.leads_to))
        .collect();
    let mailbox = |path: &str| LeadsTo::Mailbox(Place::Shared(path.into()));
    assert_eq!(
        listed,
        [
            (
                "help@example.org".into(),
                LeadsTo::Address("support@example.org".into())
            ),
            ("Support@example.org".into(), mailbox("support")),
            ("support@example.org".into(), mailbox("other")),
            ("@old.example".into(), LeadsTo::Domain("example.org".into())),
        ]
    );

    let support_address = recipients("support@example.org");
    let remove = async |target: &OldTarget| {
        let removed = store.remove_address(root, &support_address, target).await;
        removed.unwrap()
    };
    assert!(remove(&OldTarget::Mailbox(support)).await);
    assert!(!remove(&OldTarget::Mailbox(support)).await);
    assert_eq!(reached(store, "support@old.example").await, [other]);
    let delete = permit(store, root, other, Operation::DeleteMailbox).await;
    store.delete_mailbox(&delete).await.unwrap();
    assert!(reached(store, "support@example.org").await.is_empty());
    assert!(!remove(&OldTarget::All).await);
    assert!(
        store
            .set_domain_alias(root, "old.example", None)
            .await
            .unwrap()
    );
}

#[tokio::test]
async fn who_sends_as_an_address_may_as_all_that_it_leads_to() {
    let world = World::new().await;
    let store = &world.store;
    let root = world.admin().await;
    let (ada, bo) = (world.account("ada").await, world.account("bo").await);
    let home = inbox(store, ada).await;
    let support = world
        .shared("support", &[("ada", "lrp"), ("bo", "lrp")])
        .await;
    let sales = world.shared("sales", &[("bo", "p")]).await;
    add(store, root, "support@example.org", support).await;
    add(store, root, "both@example.org", support).await;
    add(store, root, "both@example.org", sales).await;
    add(store, root, "ada@example.org", home).await;
    add(store, root, "@example.org", support).await;
    alias(store, root, "help@example.org", "support@example.org")
        .await
        .unwrap();
    for (text, senders) in [
        ("support@example.org", &["ada", "bo", "root"][..]),
        ("support+orders@example.org", &["ada", "bo", "root"]),
        ("help@example.org", &["ada", "bo", "root"]),
        ("both@example.org", &["bo", "root"]),
        ("ada@example.org", &["ada"]),
        ("whoever@example.org", &[]),
        ("x@elsewhere.example", &[]),
    ] {
        assert_eq!(
            store.senders_of(&address(text), "+").await.unwrap(),
            senders,
            "{text}"
        );
        for (who, name) in [(ada, "ada"), (bo, "bo"), (root, "root")] {
            let may = store.may_send_as(who, &address(text), "+").await.unwrap();
            assert_eq!(may, senders.contains(&name), "{name} as {text}");
        }
    }
    world.grant(root, support, "ada", "-p").await;
    let may = store
        .may_send_as(ada, &address("support@example.org"), "+")
        .await;
    assert!(!may.unwrap());
}

/// What operators paste to let Postfix read our views.
const ROLE: &str = include_str!("../../../../deploy/postfix/sql/role.sql");

#[tokio::test]
async fn a_mail_transfer_agent_reads_addresses_by_sql_and_nothing_else() {
    let world = World::new().await;
    let store = &world.store;
    let root = world.admin().await;
    for name in ["ada", "bo", "cy"] {
        world.account(name).await;
    }
    let support = world
        .shared("support", &[("ada", "lrp"), ("bo", "lrp")])
        .await;
    let sales = world.shared("sales", &[("bo", "p")]).await;
    add(store, root, "Support@example.org", support).await;
    add(store, root, "both@example.org", support).await;
    add(store, root, "both@example.org", sales).await;
    add(store, root, "\"a@b\"@example.org", sales).await;
    add(store, root, "@caught.example", sales).await;
    add(store, root, "postmaster", sales).await;
    alias(store, root, "help@bücher.example", "support@example.org")
        .await
        .unwrap();
    for (domain, target) in [
        ("old.example", "example.org"),
        ("older.example", "old.example"),
    ] {
        store
            .set_domain_alias(root, domain, Some(target))
            .await
            .unwrap();
    }
    world.grant(root, support, "cy", "-p").await;

    // Roles belong to all databases of the server.
    let role = format!("postfix_{}", std::process::id());
    let mut admin = PgConnection::connect(&world.url).await.unwrap();
    let pasted = ROLE.replace("role postfix", &format!("role {role}"));
    let pasted = pasted.replace("to postfix", &format!("to {role}"));
    admin
        .execute(sqlx::raw_sql(AssertSqlSafe(pasted)))
        .await
        .unwrap();
    admin
        .execute(sqlx::raw_sql(AssertSqlSafe(format!(
            "set session authorization {role}"
        ))))
        .await
        .unwrap();
    let mut ask = async |query: &'static str, keys: &[&str]| -> Vec<String> {
        let mut query = sqlx::query_scalar(query);
        for key in keys {
            query = query.bind(key.to_string());
        }
        query.fetch_all(&mut admin).await.unwrap()
    };

    const DOMAINS: &str = "select domain from mta_domains where domain = $1";
    for (domain, is_known) in [
        ("example.org", true),
        ("older.example", true),
        ("caught.example", true),
        ("xn--bcher-kva.example", true),
        ("elsewhere.example", false),
        ("", false),
    ] {
        assert_eq!(
            ask(DOMAINS, &[domain]).await.len(),
            usize::from(is_known),
            "{domain}"
        );
    }

    const RECIPIENTS: &str =
        "select address from mta_recipients where domain = $1 and address = $2";
    for (domain, key, is_known) in [
        ("example.org", "support@example.org", true),
        ("example.org", "both@example.org", true),
        ("older.example", "support@older.example", true),
        ("caught.example", "@caught.example", true),
        ("caught.example", "whoever@caught.example", false),
        ("example.org", "nobody@example.org", false),
        ("example.org", "@example.org", false),
    ] {
        assert_eq!(
            ask(RECIPIENTS, &[domain, key]).await.len(),
            usize::from(is_known),
            "{key}"
        );
    }

    const SENDERS: &str =
        "select login from mta_senders where domain = $1 and address = $2 order by login";
    for (domain, key, senders) in [
        (
            "example.org",
            "support@example.org",
            &["ada", "bo", "root"][..],
        ),
        ("old.example", "support@old.example", &["ada", "bo", "root"]),
        (
            "xn--bcher-kva.example",
            "help@xn--bcher-kva.example",
            &["ada", "bo", "root"],
        ),
        ("example.org", "both@example.org", &["bo", "root"]),
        ("example.org", "a@b@example.org", &["bo", "root"]),
        ("caught.example", "@caught.example", &[]),
        ("example.org", "nobody@example.org", &[]),
    ] {
        assert_eq!(ask(SENDERS, &[domain, key]).await, senders, "{key}");
    }

    for refused in [
        "select name from account",
        "select local from address",
        "insert into domain_alias values ('a.example', 'b.example')",
        "select add_address(null, null, null, null, null, null, null, null, null, null)",
    ] {
        let outcome = admin.execute(refused).await;
        let said = outcome.unwrap_err().to_string();
        assert!(said.contains("permission denied"), "{refused}: {said}");
    }
    admin
        .execute(sqlx::raw_sql(AssertSqlSafe(format!(
            "reset session authorization; drop owned by {role}; drop role {role}"
        ))))
        .await
        .unwrap();
}
