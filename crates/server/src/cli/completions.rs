//! `postroom completions`: what a shell needs to complete these commands.

use clap::Command;
use clap_complete::{Shell, generate};

use super::failure::Failure;
use super::terminal::Terminal;

pub(super) const HELP: &str = "For this session of bash:\n  . <(postroom completions bash)\n\
    For all of a machine:\n  postroom completions bash > /usr/share/bash-completion/completions/postroom";

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Which shell.
    shell: Shell,
}

/// `commands` is all that there is.
pub(super) fn run(args: &Args, commands: &mut Command, terminal: &Terminal) -> Result<(), Failure> {
    terminal.print(script(args.shell, commands).trim_end())
}

fn script(shell: Shell, commands: &mut Command) -> String {
    let mut script = Vec::new();
    generate(shell, commands, "postroom", &mut script);
    String::from_utf8_lossy(&script).into_owned()
}

#[cfg(test)]
mod tests {
    use clap::{Command, ValueEnum as _};
    use clap_complete::Shell;

    use super::script;

    #[test]
    fn every_shell_learns_of_every_verb() {
        let mut commands = Command::new("postroom")
            .subcommand(Command::new("serve"))
            .subcommand(Command::new("mailbox").subcommand(Command::new("rename")));
        for shell in Shell::value_variants() {
            let script = script(*shell, &mut commands);
            for verb in ["serve", "mailbox", "rename"] {
                assert!(script.contains(verb), "{shell} {verb}");
            }
        }
    }
}
