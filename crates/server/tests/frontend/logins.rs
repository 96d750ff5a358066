//! Who is let in, and who is not any more.

use crate::client::Client;
use crate::world::{World, ada, add_ada};

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
