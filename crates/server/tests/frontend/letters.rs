//! Letters of the server's own: whoever is given a shared mailbox reads so in the INBOX, on whichever frontend.

use std::time::Duration;

use acl::{Modification, Operation, Subject};
use mail::Place;
use server::Frontend;
use server::config::{Config, Sources, Surroundings};
use store::Store;
use tokio::time::timeout;

use crate::client::{Client, get};
use crate::world::{World, ada};

const SETTINGS: [(&str, &str); 2] = [
    ("LETTERS__ACCESS_AFTER", "20ms"),
    ("WEB__PAGES", "mail.example.org:443"),
];

/// How long a count may take that follows a letter.
const PATIENCE: Duration = Duration::from_secs(30);

/// `support`, which ada administers, and bo, who has the password `pass`.
async fn team(store: &Store) {
    let hash = auth::Hasher::new().hash(b"pass", &[7; 16]).unwrap();
    store
        .create_account("bo", Some(&hash), false)
        .await
        .unwrap();
    let root = store.create_account("root", None, true).await.unwrap();
    let create = acl::shared_root(&store.who(root).await.unwrap()).unwrap();
    let place = Place::Shared("support".to_owned());
    let support = store.create_mailbox(&create, &place, None).await.unwrap();
    let found = store.access(root, support).await.unwrap().unwrap();
    let permit = acl::permit(&found.access, Operation::Administer).unwrap();
    let ada = Subject::parse("ada").unwrap();
    let rights = Modification::parse("lra").unwrap();
    store.set_rights(&permit, &ada, rights).await.unwrap();
}

async fn another_node(world: &World) -> Frontend {
    let mut variables = world.settings(&SETTINGS);
    variables.insert("POSTROOM_NODE__NAME".to_owned(), "another".to_owned());
    let sources = Sources {
        file: None,
        variables,
        surroundings: Surroundings::default(),
    };
    Frontend::start(&Config::load(&sources).unwrap())
        .await
        .unwrap()
}

async fn bo(frontend: &Frontend) -> Client {
    let mut bo = Client::connect(frontend.addresses().imap[0]).await;
    bo.greeting().await;
    bo.ok("LOGIN bo pass").await;
    bo.ok("SELECT INBOX").await;
    bo
}

/// Idles until there are so many messages.
async fn until_exists(client: &mut Client, count: usize) {
    client.say("i IDLE").await;
    let expected = format!("* {count} EXISTS");
    loop {
        let line = client.line().await;
        assert!(!line.is_empty(), "the server has hung up");
        if line == expected {
            break;
        }
    }
    client.say("DONE").await;
    while !client.line().await.starts_with("i OK") {}
}

/// Asks whoever has written them until there are so many letters of this result.
async fn until_counted(frontends: [&Frontend; 2], result: &str, count: u32) {
    let row = format!("postroom_access_letters_total{{result=\"{result}\"}} ");
    loop {
        let mut sum = 0;
        for frontend in frontends {
            let page = get(frontend.addresses().http[0], "/metrics").await;
            let value = page.lines().find_map(|line| line.strip_prefix(&row));
            sum += value.unwrap().trim().parse::<u32>().unwrap();
        }
        if sum == count {
            return;
        }
    }
}

async fn search(client: &mut Client, criteria: &str) -> String {
    let said = client.ask(&format!("SEARCH {criteria}")).await;
    said[0].clone()
}

#[test]
fn an_idling_person_is_told_of_a_mailbox_that_was_given_on_another_node() {
    World::play(&SETTINGS, async |world, near| {
        let store = world.store().await;
        team(&store).await;
        let far = another_node(world).await;
        let (mut ada, mut bo) = (ada(near).await, bo(&far).await);
        ada.ok("SETACL \"Shared Folders/support\" bo lrswi").await;
        until_exists(&mut bo, 1).await;
        let said = bo.ask("FETCH 1 (FLAGS ENVELOPE)").await.join("\n");
        for part in [
            "\"You may use the mailbox Shared Folders/support\"",
            "((\"Postroom\" NIL \"postmaster\" \"postroom.invalid\"))",
            "FLAGS (\\Recent)",
        ] {
            assert!(said.contains(part), "{part} in {said}");
        }
        for criteria in [
            "HEADER Auto-Submitted auto-generated",
            "BODY \"ada has given you access to the mailbox Shared Folders/support.\"",
            "BODY \"You may: see the mailbox, read messages, keep read marks,\"",
            "BODY \"https://mail.example.org/devices\"",
            "BODY \"https://mail.example.org/decline?name=Shared+Folders%2Fsupport\"",
        ] {
            assert_eq!(search(&mut bo, criteria).await, "* SEARCH 1", "{criteria}");
        }
        // More of it is no news; another mailbox is.
        ada.ok("SETACL \"Shared Folders/support\" bo +te").await;
        let id = store.find_account("bo").await.unwrap().unwrap().id;
        store.note_language(id, "de").await.unwrap();
        let root = store.find_account("root").await.unwrap().unwrap();
        let create = acl::shared_root(&store.who(root.id).await.unwrap()).unwrap();
        let place = Place::Shared("Büro".to_owned());
        let office = store.create_mailbox(&create, &place, None).await.unwrap();
        let found = store.access(root.id, office).await.unwrap().unwrap();
        let permit = acl::permit(&found.access, Operation::Administer).unwrap();
        let rights = Modification::parse("lrs").unwrap();
        let subject = Subject::parse("bo").unwrap();
        store
            .set_rights_telling(store::Letters::All, &permit, &subject, rights)
            .await
            .unwrap();
        until_exists(&mut bo, 2).await;
        for criteria in [
            "BODY \"hat Ihnen Zugang zum Postfach\"",
            "SUBJECT \"Sie\" HEADER Content-Language de",
        ] {
            assert_eq!(search(&mut bo, criteria).await, "* SEARCH 2", "{criteria}");
        }
        let counted = timeout(PATIENCE, until_counted([near, &far], "delivered", 2));
        counted.await.unwrap();
        far.stop().await;
    });
}
