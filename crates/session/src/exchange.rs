//! How far a client has come that authenticates (RFC 4422, 3).

use auth::{Mechanism, ScramExchange};

use crate::node::{Challenged, LoginVerdict};

/// What the client's next answer is.
#[derive(Debug)]
pub(crate) enum Exchange {
    /// The first: it was not sent with the command.
    First(Mechanism),
    /// A part of user and password.
    Password(auth::Exchange),
    /// The proof that it knows the password.
    Proof {
        claim: Claim,
        challenged: Challenged,
        exchange: ScramExchange,
    },
    /// That it knows now that the server knows the password, too.
    Acknowledgement { claim: Claim, verdict: LoginVerdict },
    /// That it knows now why its token was refused.
    Regret(Claim),
}

/// Who a client says that it is.
#[derive(Debug)]
pub(crate) struct Claim {
    pub(crate) user: String,
    /// The authorization identity: whom the user wants to act as.
    pub(crate) identity: Option<String>,
}
