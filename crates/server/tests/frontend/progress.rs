//! What a client hears while its command lasts (RFC 9585).

use crate::client::Client;
use crate::world::{World, ada};

/// Asks until `progress` was told before the end. The pause is a millisecond here, so that there is hardly a command
/// that does not last; one that was faster is asked again.
async fn ask_until_told(client: &mut Client, command: &str, progress: &str) {
    let line = format!("* OK [INPROGRESS (\"t\" {progress})] Still at work");
    loop {
        let lines = client.ask(command).await;
        assert!(lines.last().unwrap().starts_with("t OK "), "{lines:?}");
        if lines.contains(&line) {
            return;
        }
    }
}

#[test]
fn a_command_that_lasts_tells_that_it_goes_on() {
    World::play(&[("TIMEOUTS__PROGRESS", "1ms")], async |_, frontend| {
        let mut client = ada(frontend).await;
        client.ok("CREATE Saved").await;
        let letters = " {1+}\r\nx".repeat(150);
        for _ in 0..3 {
            client.ok(&format!("APPEND INBOX{letters}")).await;
        }
        client.ok("SELECT INBOX").await;
        let unknown = "NIL NIL";
        ask_until_told(&mut client, "COPY 1:* Saved", unknown).await;
        ask_until_told(
            &mut client,
            "UID STORE 1:* FLAGS.SILENT (\\Flagged)",
            unknown,
        )
        .await;
        ask_until_told(&mut client, "EXPUNGE", unknown).await;
        // Texts are read two hundred at a time.
        ask_until_told(&mut client, "SEARCH BODY y", "200 450").await;
    });
}

#[test]
fn a_command_that_is_soon_done_tells_nothing_of_it() {
    World::play(&[], async |_, frontend| {
        let mut client = ada(frontend).await;
        client.ok("APPEND INBOX {1+}\r\nx").await;
        client.ok("SELECT INBOX").await;
        let lines = client.ask("STORE 1 +FLAGS.SILENT (\\Flagged)").await;
        assert_eq!(lines.len(), 1, "{lines:?}");
    });
}
