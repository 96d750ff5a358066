//! What the link in a letter leads to that tells of a mailbox.

use testkit::PASSWORD;

use crate::browser::{self, Browser};
use crate::{TEAM, play};

#[test]
fn who_was_given_a_mailbox_declines_it_and_has_it_back() {
    play(async |stage| {
        stage.given("bo may lr on Team/support").await.unwrap();
        let mut bo = Browser::new(stage.web(1).unwrap());
        bo.sign_in("bo", PASSWORD).await;
        let account = stage.store().find_account("bo").await.unwrap().unwrap();
        let is_shown = async || {
            let subscribed = stage.store().subscriptions(account.id).await.unwrap();
            subscribed.iter().all(|one| one.is_wanted)
        };
        let link = browser::url("/decline", &[("name", TEAM)]);
        let page = bo.get(&link).await;
        assert!(page.has("No longer show Team/support?"), "{page:?}");
        assert!(is_shown().await, "it was only asked");
        let page = bo.submit_form_of(&page, "/decline").await;
        assert!(page.has("Team/support is no longer shown"), "{page:?}");
        assert!(!is_shown().await);
        let page = bo.submit_form_of(&page, "/decline").await;
        assert!(page.has("No longer show Team/support?"), "{page:?}");
        assert!(is_shown().await);
        // What is hidden from him is as what is not there; so is what is nobody's to decline.
        for name in ["Team/board", "Team/nothing", "INBOX", "Team/support/x", ""] {
            let fields = [("name", name)];
            let page = bo.get(&browser::url("/decline", &fields)).await;
            assert_eq!(page.status, 404, "{name} {page:?}");
            let page = bo.submit("/decline", &fields).await;
            assert_eq!(page.status, 404, "{name} {page:?}");
        }
        let page = bo.post_with("/decline", &[("name", TEAM)], "").await;
        assert_eq!(page.status, 403, "{page:?}");
    });
}
