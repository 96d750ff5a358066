//! What a FETCH response says of a message, whoever asked for it: FETCH itself, NOTIFY or UPDATE.

pub(crate) mod needs;
pub(crate) mod section;
pub(crate) mod writer;
