//! A hidden mailbox is answered byte for byte like one that does not exist (RFC 4314, 6).
#![expect(
    unused_crate_dependencies,
    reason = "the library that this drives uses them"
)]
#![expect(clippy::unwrap_used, reason = "a test ends where it fails")]

use testkit::{Cluster, Stage, World, in_world};

/// Every command that takes a mailbox name; `@` stands for the name.
const COMMANDS: &[&str] = &[
    "SELECT @",
    "EXAMINE @",
    "SELECT @ (CONDSTORE)",
    "CREATE @",
    "CREATE @/Below",
    "DELETE @",
    "RENAME @ Elsewhere",
    "RENAME @/Below Elsewhere",
    "RENAME Mine @",
    "RENAME Mine @/Below",
    "SUBSCRIBE @",
    "UNSUBSCRIBE @",
    "LIST \"\" @",
    "LIST \"\" @*",
    "LIST \"\" @ RETURN (STATUS (MESSAGES MAILBOXID APPENDLIMIT DELETED-STORAGE) MYRIGHTS METADATA (/shared/comment) CHILDREN)",
    "LSUB \"\" @",
    "STATUS @ (MESSAGES UIDNEXT UIDVALIDITY UNSEEN HIGHESTMODSEQ)",
    "STATUS @/Below (MESSAGES)",
    "APPEND @ {1+}\r\nx",
    "APPEND @ {1}",
    "REPLACE 1 @ {1+}\r\nx",
    "UID REPLACE 1 @ {1}",
    "GETQUOTAROOT @",
    "COPY 1 @",
    "UID COPY 1 @",
    "MOVE 1 @",
    "UID MOVE 1 @",
    "SETACL @ ada lr",
    "SETACL @ ada nonsense",
    "DELETEACL @ ada",
    "GETACL @",
    "LISTRIGHTS @ ada",
    "MYRIGHTS @",
    "GETMETADATA @ /shared/comment",
    "GETMETADATA @ (DEPTH infinity) (/shared /private)",
    "GETMETADATA @/Below /shared/comment",
    "GETMETADATA @ /shared/vendor/postroom/activity",
    "SETMETADATA @ (/shared/comment NIL)",
    "SETMETADATA @ (/shared/vendor/postroom/activity NIL)",
    "SETMETADATA @ (/private/comment \"x\")",
    "SETMETADATA @ (/private/specialuse \"\\\\Sent\")",
    "NOTIFY SET STATUS (mailboxes @ (MessageNew MessageExpunge FlagChange MailboxName))",
    "NOTIFY SET STATUS (subtree (@ @/Below) (MessageNew MessageExpunge MailboxMetadataChange))",
    "NOTIFY SET (mailboxes @ (SubscriptionChange))",
    "ESEARCH IN (mailboxes @) RETURN (ALL) ALL",
    "ESEARCH IN (mailboxes (@/Below @)) TEXT x",
    "ESEARCH IN (subtree @ selected) UNSEEN",
    "ESEARCH IN (subtree-one @ personal subscribed) RETURN (COUNT) ALL",
];

#[test]
fn hidden_and_missing_answer_alike() {
    let cluster = Cluster::start().unwrap();
    in_world(&cluster, World::OneNode, async |stage: &mut Stage| {
        furnish(stage).await;
        compare(stage, 1, "NOOP").await;
    })
    .unwrap();
}

/// The same in IMAP4rev2, with the hidden mailbox open on the other node.
#[test]
fn and_so_they_do_in_imap4rev2_on_another_node() {
    let cluster = Cluster::start().unwrap();
    in_world(&cluster, World::TwoNodes, async |stage: &mut Stage| {
        furnish(stage).await;
        let mut bo = stage.log_in("bo", 1).await.unwrap();
        bo.ask_ok("SELECT Team/Hidden").await.unwrap();
        compare(stage, 2, "ENABLE IMAP4rev2").await;
    })
    .unwrap();
}

/// RENAME of a name that only leads on to visible mailboxes: a hidden mailbox of that name, beside
/// the visible ones, above or below, changes neither the answer nor the list afterwards.
#[test]
fn names_that_lead_on_are_renamed_alike_whatever_is_hidden() {
    let cluster = Cluster::start().unwrap();
    in_world(&cluster, World::TwoNodes, async |stage: &mut Stage| {
        furnish(stage).await;
        for (number, (command, rights)) in RENAMES.iter().enumerate() {
            let mut expected = None;
            for (name, hidden) in SECRETS {
                let name = format!("Team/Orders/{name}-{number}");
                lead_on(stage, &name, rights, hidden).await;
                let mut heard = Vec::new();
                for command in [command, "LIST \"\" @*", "LIST \"\" *@*", "DELETE @"] {
                    let node = 1 + number % 2;
                    heard.push(ask(stage, node, "NOOP", command, &name).await);
                }
                let expected = expected.get_or_insert_with(|| heard.clone());
                assert_eq!(heard, *expected, "{command} on {name}");
            }
        }
    })
    .unwrap();
}

/// `@` is the name that leads on, to mailboxes with these rights.
const RENAMES: &[(&str, &str)] = &[
    ("RENAME @ @-new", "lrx"),
    ("RENAME @ @-new", "lr"),
    ("RENAME @ Mine/@", "lxa"),
    ("RENAME @ Mine/@", "lx"),
    ("RENAME @/Deep @-new", "lx"),
    ("RENAME @/Deep Mine", "lxa"),
    ("RENAME @ @/Below", "lx"),
    ("RENAME @ @", "lx"),
    ("RENAME @ Team/New-@", "lx"),
    ("RENAME @ Mine", "lx"),
];

/// The hidden mailboxes of each case, by names of equal length.
const SECRETS: [(&str, &[&str]); 5] = [
    ("plain", &[]),
    ("named", &["@"]),
    ("aside", &["@/Secret", "@/Open/Secret"]),
    ("above", &["@/Deep"]),
    ("every", &["@", "@/Secret", "@/Deep", "@/Deep/Two/Secret"]),
];

async fn lead_on(stage: &mut Stage, name: &str, rights: &str, hidden: &[&str]) {
    let seen = ["@/Open", "@/Deep/Two"]
        .map(|seen| format!("mailbox {seen}\nada may {rights} on {seen}\n"))
        .concat();
    let hidden: String = hidden
        .iter()
        .map(|hidden| format!("mailbox {hidden}\nada may nothing on {hidden}\n"))
        .collect();
    let world = (seen + &hidden).replace('@', name);
    stage.given(&world).await.unwrap();
}

async fn furnish(stage: &mut Stage) {
    stage
        .given(
            "mailbox Team/Hidden with messages $1
             mailbox Team/Orders
             mailbox Team/Orders/Hidden with messages $2
             mailbox People/bo/Hidden with messages $3
             mailbox People/ada/Mine
             mailbox People/ada with messages $4
             ada may lrswitek on Team/Orders
             bo may lr on Team/Hidden",
        )
        .await
        .unwrap();
}

/// Sends every command on `node`, for a hidden and for a missing mailbox with names of equal
/// length, in all three places where a hidden mailbox can be.
async fn compare(stage: &mut Stage, node: usize, way: &str) {
    for (hidden, missing) in [
        ("Team/Hidden", "Team/NotYet"),
        ("People/bo/Hidden", "People/bo/NotYet"),
        ("People/bo", "People/no"),
    ] {
        for command in COMMANDS {
            let heard = ask(stage, node, way, command, hidden).await;
            let expected = ask(stage, node, way, command, missing).await;
            assert_eq!(heard, expected, "{command} on {hidden} and {missing}");
        }
    }
}

/// The responses in a new session, without the name.
async fn ask(stage: &mut Stage, node: usize, way: &str, command: &str, name: &str) -> Vec<String> {
    let mut client = stage.log_in("ada", node).await.unwrap();
    client.ask_ok(way).await.unwrap();
    client.ask_ok("SELECT INBOX").await.unwrap();
    let responses = client.ask(command.replace('@', name)).await;
    let texts = responses
        .iter()
        .map(|response| String::from_utf8_lossy(response).into_owned());
    texts.map(|text| text.replace(name, "@")).collect()
}
