//! What a mail transfer agent asks of us beside delivering: where addresses lead ([`socketmap`]), and whether a password
//! is right ([`auth_protocol`]).
//!
//! Both are conversations without their sockets: bytes in, questions and answers out. No look-up and no comparison of
//! passwords is done here. What is said by LMTP is in the room `lmtp`.

pub mod auth_protocol;
pub mod socketmap;
