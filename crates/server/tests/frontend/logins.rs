//! Who is let in, and who is not any more.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};

use crate::client::Client;
use crate::world::{World, ada, add_ada};

/// What the machine may hold for a client that reads slowly, of what it was sent before its login ended.
const UNREAD_BYTES_MAX: usize = 1024 * 1024;

#[test]
fn an_account_that_was_made_anew_has_its_new_password_only() {
    World::play(&[], async |world, frontend| {
        // The frontend has verified this password, and remembers it.
        ada(frontend).await.ok("NOOP").await;
        let store = world.store().await;
        let old = store.find_account("ada").await.unwrap().unwrap();
        store.delete_account(old.id).await.unwrap();
        add_ada(&store, b"another").await;

        let mut client = Client::connect(frontend.addresses().imap[0]).await;
        client.greeting().await;
        let lines = client.ask("LOGIN ada pass").await;
        assert!(
            lines[0].starts_with("t NO [AUTHENTICATIONFAILED]"),
            "{lines:?}"
        );
        client.ok("LOGIN ada another").await;
    });
}

/// What a client is sent and has not read yet cannot be taken back, so it must not be much.
#[test]
fn who_reads_slowly_gets_little_after_the_login_has_ended() {
    World::play(&[], async |world, frontend| {
        let mut writer = ada(frontend).await;
        let message = format!("Subject: x\r\n\r\n{}", "0123456789abcde\n".repeat(500_000));
        let append = format!("APPEND INBOX {{{}+}}\r\n{message}", message.len());
        writer.ok(&append).await;
        let store = world.store().await;
        let account = store.find_account("ada").await.unwrap().unwrap();

        let mut slow = small_window(frontend).await;
        let fetches = "t FETCH 1 BODY.PEEK[]\r\n".repeat(3);
        let words = format!("t LOGIN ada pass\r\nt SELECT INBOX\r\n{fetches}");
        slow.write_all(words.as_bytes()).await.unwrap();
        let mut read = vec![0; 4 * 1024 * 1024];
        slow.read_exact(&mut read).await.unwrap();
        store.disable_account(account.id).await.unwrap();
        let mut rest = Vec::new();
        // It may end with a reset.
        let _ended = slow.read_to_end(&mut rest).await;
        assert!(rest.len() < UNREAD_BYTES_MAX, "{} bytes", rest.len());
    });
}

/// A connection whose own side holds little.
async fn small_window(frontend: &server::Frontend) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(64 * 1024).unwrap();
    let address = frontend.addresses().imap[0];
    socket.connect(address).await.unwrap()
}
