//! The world of these tests, and the programs of those who are in it.

use std::time::Duration;

use testkit::{Cluster, Names, Stage, World, in_world};

use crate::client::{ApiClient, mailbox, segment};

/// Ada leads a team and bo works there; zoe administers the site, and dora is of another domain.
pub(crate) const WORLD: &str = "mailbox Team/support with messages $1\nmailbox Team/support/2026\nmailbox Team/board\n\
                     ada may lrswipkxtean on Team/support\nbo may lrs on Team/support\nada may nothing on Team/board\n\
                     cleo is known\ndora@else.test is known\nzoe administers\n\
                     ada has managing token $ada\nbo has managing token $bo\nzoe has managing token $zoe\n\
                     ada has looking token $look\nada has token $phone\nada has expired token $old";
pub(crate) const SUPPORT: &str = "Team/support";

/// Between two looks at what nodes report, and for how long it is looked at.
pub(crate) const GLANCE: Duration = Duration::from_millis(200);
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Under what a request can be made.
pub(crate) const CONDITIONS: [&str; 5] = [
    "",
    "If-Match: *\r\n",
    "If-Match: \"00\"\r\n",
    "If-None-Match: *\r\n",
    "If-None-Match: \"00\"\r\n",
];

/// The world, and what the tokens in it are.
pub(crate) struct Scene<'s> {
    pub(crate) stage: &'s mut Stage,
    pub(crate) names: Names,
}

impl Scene<'_> {
    pub(crate) fn program(&self, token: &str, node: usize) -> ApiClient {
        ApiClient::new(self.stage.web(node).unwrap(), &self.names[token])
    }

    pub(crate) async fn given(&mut self, sentence: &str) {
        self.stage.given(sentence).await.unwrap();
    }
}

pub(crate) fn play(act: impl AsyncFnOnce(&mut Scene<'_>)) {
    let cluster = Cluster::start().unwrap();
    in_world(&cluster, World::TwoNodes, async |stage: &mut Stage| {
        let names = stage.given(WORLD).await.unwrap();
        act(&mut Scene { stage, names }).await;
    })
    .unwrap();
}

pub(crate) fn entry(who: &str) -> String {
    mailbox(SUPPORT, &format!("/acl/{}", segment(who)))
}
