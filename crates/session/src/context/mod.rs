//! Searches whose results are kept up to date (RFC 5267, 4.3).

pub(crate) mod frozen;
pub(crate) mod kept;
#[cfg(test)]
mod model;
pub(crate) mod results;
pub(crate) mod revise;
