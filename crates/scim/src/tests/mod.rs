//! Tables of what directories send.

mod filters;
mod patches;
mod resources;
