//! `postroom config`: the reference of all settings.

use super::failure::Failure;
use super::terminal::Terminal;
use crate::config::reference;

pub(super) fn run(terminal: &Terminal) -> Result<(), Failure> {
    terminal.print(reference().trim_end())
}
