//! What tagged responses say to people, where it matters: a talk compares codes only.
#![expect(
    unused_crate_dependencies,
    reason = "the library that this drives uses them"
)]
#![expect(clippy::unwrap_used, reason = "a test ends where it fails")]

use testkit::{Client, Cluster, Stage, World, in_world};

/// RFC 4314, 3.1: an identifier need not be somebody's yet. Within one's own domain the text says so, where a name may
/// be misspelt; who is there elsewhere is not told.
#[test]
fn setacl_for_nobody_is_told_within_the_domain() {
    let cluster = Cluster::start().unwrap();
    in_world(&cluster, World::OneNode, async |stage: &mut Stage| {
        stage
            .given("mailbox Team/Orders\nada may la on Team/Orders\nbo is known\ngroup staff of bo")
            .await
            .unwrap();
        let mut ada = stage.log_in("ada", 1).await.unwrap();
        for (identifier, rights, text) in [
            ("bo", "lr", "OK Completed"),
            ("boo", "lr", "OK Completed, but nobody has that name yet"),
            ("boo", "\"\"", "OK Completed"),
            ("eve@else.org", "lr", "OK Completed"),
            ("group:staff", "lr", "OK Completed"),
            (
                "group:none",
                "lr",
                "OK Completed, but nobody has that name yet",
            ),
            ("group:none@else.org", "lr", "OK Completed"),
        ] {
            let command = format!("SETACL Team/Orders {identifier} {rights}");
            assert_eq!(text_of(&mut ada, &command).await, text, "{command}");
        }
    })
    .unwrap();
}

/// RFC 9208, 3.2: the name of a root is the server's, and none begins as the mailbox's name does.
#[test]
fn setquota_of_a_root_with_the_prefix_tells_the_right_name() {
    let cluster = Cluster::start().unwrap();
    in_world(&cluster, World::OneNode, async |stage: &mut Stage| {
        stage
            .given("mailbox Team/Support\nzoe administers")
            .await
            .unwrap();
        let mut zoe = stage.log_in("zoe", 1).await.unwrap();
        let told = text_of(&mut zoe, "SETQUOTA shared/Team/Support (STORAGE 10)").await;
        assert_eq!(told, "NO [CANNOT] This quota root is called shared/Support");
    })
    .unwrap();
}

/// Mail programs show the text of a NO to people word for word: it says what is missing where, and whom to ask where the
/// reader knows him. Of what is hidden it says nothing.
#[test]
fn a_refusal_says_what_is_missing_and_whom_to_ask() {
    let cluster = Cluster::start().unwrap();
    in_world(&cluster, World::OneNode, async |stage: &mut Stage| {
        stage
            .given(
                "mailbox Team/Orders with messages $1\nmailbox Team/Secret\nmailbox People/bo/Work
                 ada may lr on Team/Orders\nada may lri on People/bo/Work\nbo may la on Team/Orders",
            )
            .await
            .unwrap();
        let mut ada = stage.log_in("ada", 1).await.unwrap();
        let mut bo = stage.log_in("bo", 1).await.unwrap();
        for (command, text) in [
            (
                "DELETE Team/Orders",
                "NO [NOPERM] In Team/Orders you may read, but not delete or rename the mailbox; \
                 whoever administers it can change that",
            ),
            (
                "GETACL People/bo/Work",
                "NO [NOPERM] In People/bo/Work you may read and add messages, but not see or change \
                 who may do what; bo, whose mailbox it is, can change that",
            ),
            (
                "CREATE Team/Orders/New",
                "NO [NOPERM] You may not create that there; whoever administers what is above it can \
                 change that",
            ),
            ("DELETE Team/Secret", "NO [NONEXISTENT] No such mailbox"),
            ("DELETE Team/Nothing", "NO [NONEXISTENT] No such mailbox"),
            ("SELECT Team/Orders", "OK [READ-ONLY] Completed"),
            (
                "STORE 1 +FLAGS (\\Deleted)",
                "NO [NOPERM] Here you may read, but not change these flags; whoever administers it can \
                 change that",
            ),
        ] {
            assert_eq!(text_of(&mut ada, command).await, text, "{command}");
        }
        assert_eq!(
            text_of(&mut bo, "SELECT Team/Orders").await,
            "NO [NOPERM] In Team/Orders you may not read; as you administer it, you can give yourself \
             that right"
        );
    })
    .unwrap();
}

/// The tagged response, without its tag.
async fn text_of(client: &mut Client, command: &str) -> String {
    let told = client.ask(command).await;
    let last = String::from_utf8_lossy(told.last().unwrap()).into_owned();
    last.trim_end().split_once(' ').unwrap().1.to_owned()
}
