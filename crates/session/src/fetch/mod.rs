//! What a FETCH response says of a message, for FETCH itself and for NOTIFY and UPDATE.

pub(crate) mod needs;
pub(crate) mod section;
pub(crate) mod writer;
