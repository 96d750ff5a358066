//! Clients that ask for much and do not read it, while something is taken from them: what a talk cannot show.
#![expect(
    unused_crate_dependencies,
    reason = "the library that this drives uses them"
)]
#![expect(clippy::unwrap_used, reason = "a test ends where it fails")]

use testkit::{Client, Cluster, Heard, Stage, World, in_world};

/// What Bo asks for is many times what sockets hold.
const MESSAGE_BYTES: usize = 1 << 20;
const DOUBLINGS: usize = 6;
const ALL_BYTES: usize = MESSAGE_BYTES << DOUBLINGS;
/// What Ada asks for while Bo reads one message.
const NOOPS_PER_MESSAGE: usize = 10;

/// Ada and Bo on two nodes, and a mailbox of which Bo has begun to fetch everything.
async fn slow_reader(stage: &mut Stage) -> (Client, Client) {
    stage
        .given("mailbox Team/Orders\nada may lria on Team/Orders\nbo may lrs on Team/Orders")
        .await
        .unwrap();
    let mut ada = stage.log_in("ada", 1).await.unwrap();
    let message = vec![b'x'; MESSAGE_BYTES];
    let append = format!("APPEND Team/Orders {{{MESSAGE_BYTES}+}}\r\n");
    ada.ask_ok([append.as_bytes(), &message].concat())
        .await
        .unwrap();
    ada.ask_ok("SELECT Team/Orders").await.unwrap();
    for _ in 0..DOUBLINGS {
        ada.ask_ok("COPY 1:* Team/Orders").await.unwrap();
    }
    let mut bo = stage.log_in("bo", 2).await.unwrap();
    bo.ask_ok("NOTIFY SET (SELECTED (MessageNew (UID BODY.PEEK[]) MessageExpunge))")
        .await
        .unwrap();
    bo.ask_ok("SELECT Team/Orders").await.unwrap();
    bo.say(b"slow FETCH 1:* BODY.PEEK[]\r\n").await;
    // The first response is here, so the rest is on its way.
    assert!(matches!(bo.hear().await, Heard::Response(_)));
    (ada, bo)
}

/// Reads on, slowly, until the server has closed, and returns everything that came.
async fn read_on(ada: &mut Client, bo: &mut Client) -> Vec<u8> {
    let mut all = Vec::new();
    while let Heard::Response(response) = bo.hear().await {
        all.extend(response);
        for _ in 0..NOOPS_PER_MESSAGE {
            ada.ask_ok("NOOP").await.unwrap();
        }
    }
    all
}

fn holds(all: &[u8], text: &[u8]) -> bool {
    all.windows(text.len()).any(|window| window == text)
}

#[test]
fn mail_that_arrives_after_a_withdrawal_is_not_told_and_the_rest_is_not_either() {
    let cluster = Cluster::start().unwrap();
    in_world(&cluster, World::TwoNodes, async |stage: &mut Stage| {
        let (mut ada, mut bo) = slow_reader(stage).await;
        ada.ask_ok("DELETEACL Team/Orders bo").await.unwrap();
        ada.ask_ok("APPEND Team/Orders {6+}\r\nsecret")
            .await
            .unwrap();
        let all = read_on(&mut ada, &mut bo).await;
        assert!(!holds(&all, b"secret"));
        assert!(!holds(&all, b"slow OK"));
        assert!(all.len() < ALL_BYTES / 2, "{} bytes", all.len());
    })
    .unwrap();
}

#[test]
fn a_login_that_ends_stops_a_command_that_runs() {
    for ending in ["bo is disabled", "bo has another password", "bo is deleted"] {
        let cluster = Cluster::start().unwrap();
        in_world(&cluster, World::TwoNodes, async |stage: &mut Stage| {
            let (mut ada, mut bo) = slow_reader(stage).await;
            stage.given(ending).await.unwrap();
            let all = read_on(&mut ada, &mut bo).await;
            assert!(!holds(&all, b"slow OK"), "{ending}");
            assert!(all.len() < ALL_BYTES / 2, "{ending}: {} bytes", all.len());
        })
        .unwrap();
    }
}
