//! What a directory keeps by SCIM is changed as it was seen last, or not at all; lists follow the names of its groups.

use store::{
    Fault, NewScimGroup, NewScimUser, NewToken, ScimGroup, ScimQuery, ScimUser, Services, Store,
};

use crate::world::World;

const fn user(user_name: &str) -> NewScimUser<'_> {
    NewScimUser {
        user_name,
        external_id: None,
        is_active: true,
        profile: "{}",
    }
}

const fn group<'a>(display_name: &'a str, members: &'a [String]) -> NewScimGroup<'a> {
    NewScimGroup {
        display_name,
        external_id: None,
        members,
    }
}

async fn users(store: &Store) -> Vec<ScimUser> {
    store.scim_users(ScimQuery::default()).await.unwrap()
}

async fn groups(store: &Store) -> Vec<ScimGroup> {
    store.scim_groups(ScimQuery::default()).await.unwrap()
}

#[tokio::test]
async fn of_two_changes_at_once_one_is_done_anew() {
    let world = World::new().await;
    let (store, other) = (&world.store, world.another_node().await);
    store.enter_scim_user(&user("eve")).await.unwrap();
    let seen = users(store).await.remove(0);
    let (one, two) = (user("eve.b"), user("eve.c"));
    let (one, two) = tokio::join!(
        store.change_scim_user(&seen, &one),
        other.change_scim_user(&seen, &two)
    );
    let lost: Vec<_> = [one, two].into_iter().filter_map(Result::err).collect();
    assert!(matches!(lost.as_slice(), [Fault::Stale]), "{lost:?}");

    let eve = [users(store).await.remove(0).id];
    store
        .keep_scim_group(None, &group("Staff", &[]))
        .await
        .unwrap();
    let seen = groups(store).await.remove(0);
    let (one, two) = (group("Staff", &eve), group("Clerks", &[]));
    let (one, two) = tokio::join!(
        store.keep_scim_group(Some(&seen), &one),
        other.keep_scim_group(Some(&seen), &two)
    );
    let lost: Vec<_> = [one, two].into_iter().filter_map(Result::err).collect();
    assert!(matches!(lost.as_slice(), [Fault::Stale]), "{lost:?}");
}

#[tokio::test]
async fn a_group_is_renamed_in_lists_and_deleted_with_nobody_in_it() {
    let world = World::new().await;
    let store = &world.store;
    let account = store.enter_scim_user(&user("eve")).await.unwrap();
    let eve = [users(store).await.remove(0).id];
    let team = world
        .shared("team", &[("group:staff", "lr"), ("group:clerks", "l")])
        .await;
    store
        .keep_scim_group(None, &group("Staff", &eve))
        .await
        .unwrap();
    assert_eq!(store.who(account).await.unwrap().groups, ["staff"]);
    let names = async || {
        let list = store.access_list(team).await.unwrap();
        format!("{list:?}")
    };
    assert!(names().await.contains("staff"));
    let seen = groups(store).await.remove(0);
    store
        .keep_scim_group(Some(&seen), &group("Clerks", &eve))
        .await
        .unwrap();
    let listed = names().await;
    assert!(
        listed.contains("clerks") && !listed.contains("staff"),
        "{listed}"
    );
    assert_eq!(store.who(account).await.unwrap().groups, ["clerks"]);

    // By hand it is not changed, and not deleted while somebody is in it.
    for refused in [
        store.remove_member("clerks", account).await,
        store.delete_group("clerks").await,
    ] {
        assert!(matches!(refused, Err(Fault::Limit(_))), "{refused:?}");
    }
    let seen = groups(store).await.remove(0);
    store.delete_scim_group(&seen).await.unwrap();
    assert!(groups(store).await.is_empty());
    assert!(store.who(account).await.unwrap().groups.is_empty());
    assert!(names().await.contains("clerks"));
    store.delete_group("clerks").await.unwrap();
    assert!(!names().await.contains("clerks"));
}

#[tokio::test]
async fn who_is_deleted_is_still_there_and_in_no_group() {
    let world = World::new().await;
    let store = &world.store;
    let account = store.enter_scim_user(&user("eve")).await.unwrap();
    store.create_group("by-hand").await.unwrap();
    store.add_member("by-hand", account).await.unwrap();
    let eve = [users(store).await.remove(0).id];
    store
        .keep_scim_group(None, &group("staff", &eve))
        .await
        .unwrap();
    let seen = users(store).await.remove(0);
    store.delete_scim_user(&seen).await.unwrap();
    let gone = store.delete_scim_user(&seen).await;
    assert!(matches!(gone, Err(Fault::Gone)), "{gone:?}");
    let kept = store.find_account("eve").await.unwrap().unwrap();
    assert!(kept.is_disabled && kept.id == account);
    assert_eq!(store.who(account).await.unwrap().groups, ["by-hand"]);
    let stranger = store.keep_scim_group(None, &group("others", &eve)).await;
    assert!(matches!(stranger, Err(Fault::Limit(_))), "{stranger:?}");
    assert_eq!(groups(store).await.len(), 1);
    // An administrator may delete what is left.
    store.delete_account(account).await.unwrap();
    store.enter_scim_user(&user("eve")).await.unwrap();
}

#[tokio::test]
async fn a_token_for_scim_is_for_nothing_else() {
    let world = World::new().await;
    let store = &world.store;
    let ada = world.account("ada").await;
    let token = NewToken {
        name: "directory",
        hash: [1; 32],
        mailbox: None,
        services: Services::SCIM,
        mode: acl::AccessMode::ReadWrite,
        expires_at: None,
    };
    for more in [
        Services {
            api: true,
            ..Services::SCIM
        },
        Services {
            imap: true,
            ..Services::SCIM
        },
    ] {
        let refused = store
            .add_token(
                ada,
                &NewToken {
                    services: more,
                    ..token
                },
            )
            .await;
        assert!(matches!(refused, Err(Fault::Limit(_))), "{refused:?}");
    }
    store.add_token(ada, &token).await.unwrap();
    let (_, found) = store.find_token(&[1; 32]).await.unwrap().unwrap();
    assert_eq!(found.services, Services::SCIM);
}
