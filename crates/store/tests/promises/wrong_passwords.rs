//! Wrong passwords count on all nodes, and a right one forgives its own.

use std::net::IpAddr;

use mail::limits::KNOWN_NETWORKS_MAX;

use crate::world::World;

fn network(number: u8) -> IpAddr {
    IpAddr::from([192, 0, 2, number])
}

#[tokio::test]
async fn a_right_password_forgives_its_user_and_network_and_no_others() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let (north, south) = (&world.store, world.another_node().await);
    for (user, from) in [
        ("ada", 1),
        ("Ada", 1),
        ("ada", 2),
        ("bo", 1),
        ("hunter2/", 1),
    ] {
        north
            .count_wrong_password(user, network(from))
            .await
            .unwrap();
    }
    let counts = async |user: &str, from: u8| {
        let wrong = south.wrong_passwords(Some(ada), user, network(from)).await;
        let wrong = wrong.unwrap();
        let counts = [wrong.by_both, wrong.by_network, wrong.by_user];
        (counts.map(|failures| failures.count), wrong.is_known)
    };
    assert_eq!(counts("ada", 1).await, ([2, 4, 3], false));
    assert_eq!(counts("ada", 2).await, ([1, 1, 3], false));
    south
        .forgive_wrong_passwords(ada, "ada", network(1))
        .await
        .unwrap();
    assert_eq!(counts("ada", 1).await, ([0, 2, 1], true));
    assert_eq!(counts("ada", 2).await, ([1, 1, 1], false));
    assert_eq!(counts("bo", 1).await.0, [1, 2, 1]);
}

#[tokio::test]
async fn only_so_many_networks_are_known() {
    let world = World::new().await;
    let ada = world.account("ada").await;
    let store = &world.store;
    let last = u8::try_from(KNOWN_NETWORKS_MAX).unwrap();
    for number in 0..=last {
        store
            .forgive_wrong_passwords(ada, "ada", network(number))
            .await
            .unwrap();
    }
    let mut known = 0;
    for number in 0..=last {
        let wrong = store
            .wrong_passwords(Some(ada), "ada", network(number))
            .await;
        known += i32::from(wrong.unwrap().is_known);
    }
    assert_eq!(known, KNOWN_NETWORKS_MAX);
}
