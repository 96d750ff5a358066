//! Whether those who come to a shared mailbox by a verb are told by a letter.

use store::Letters;

use super::failure::Failure;
use crate::config::Config;

#[derive(Clone, Copy, Debug, clap::Args)]
pub(super) struct LetterChoice {
    /// Tell those who come to a shared mailbox by a letter in their INBOX, whatever letters.access says.
    #[arg(long)]
    letter: bool,
    /// Tell nobody by a letter.
    #[arg(long, conflicts_with = "letter")]
    quiet: bool,
}

impl LetterChoice {
    /// The configuration with what was chosen.
    pub(super) fn over(self, config: &Config) -> Config {
        let mut config = config.clone();
        config.letters.access = match (self.letter, self.quiet) {
            (true, _) => Letters::All,
            (false, true) => Letters::None,
            (false, false) => config.letters.access,
        };
        config
    }

    /// The API has no word for it: there it is as the server's configuration has it.
    pub(super) fn check_remote(self) -> Result<(), Failure> {
        if self.letter || self.quiet {
            return Err(Failure::only_here("--letter and --quiet"));
        }
        Ok(())
    }

    /// The same for what somebody else has decided: by hand it is not.
    pub(super) fn over_many(self, config: &Config) -> Config {
        let mut config = self.over(config);
        if config.letters.access == Letters::ByHand {
            config.letters.access = Letters::None;
        }
        config
    }
}
