//! The targets of fuzzing, and what must hold of each for any input.

mod agents;
mod autodiscover;
#[path = "../../../web/src/setup/autodiscover_request.rs"]
mod autodiscover_request;
mod commands;
mod encodings;
#[path = "../../../server/src/proxied/header.rs"]
mod header;
mod lmtp;
mod messages;
mod names;
#[path = "../../../mime/src/tests/pieces.rs"]
mod pieces;
mod proxied;
mod sasl;
mod scim;
mod threads;

use crate::target::Target;

pub(crate) const TARGETS: &[Target] = &[
    commands::TARGET,
    messages::TARGET,
    names::TARGET,
    encodings::TARGET,
    threads::TARGET,
    agents::TARGET,
    autodiscover::TARGET,
    lmtp::TARGET,
    proxied::TARGET,
    sasl::TARGET,
    scim::TARGET,
];
