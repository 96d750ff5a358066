//! What a mail transaction is made of.

/// A letter and whom it is for. `R` is what whoever looked a recipient up wants to know again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailTransaction<R> {
    /// The reverse-path without its brackets; empty for notifications.
    pub sender: String,
    /// Whether MAIL said SMTPUTF8.
    pub is_utf8: bool,
    /// Who submitted the letter, from a client that is trusted to say so: the login of an account.
    pub submitter: Option<String>,
    /// What the sending side calls the letter, by XFORWARD or ENVID.
    pub queue_id: Option<String>,
    /// From whom the sending side has it, by XFORWARD: an address or a name.
    pub origin: Option<String>,
    /// The name that the sending side has given itself.
    pub client: String,
    /// The recipients that were accepted, in their order.
    pub recipients: Vec<AcceptedRecipient<R>>,
    /// The letter byte for byte, without the dots that DATA adds.
    pub letter: Vec<u8>,
}

/// A recipient that was accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceptedRecipient<R> {
    /// The forward-path as it was given, without its brackets.
    pub path: String,
    /// Where it leads.
    pub route: R,
}
