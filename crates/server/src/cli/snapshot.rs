//! `postroom snapshot`: what there is, as a file that `postroom apply` takes.

use mail::{MailboxName, Place};
use serde_json::json;

use super::admin_context::AdminContext;
use super::failure::Failure;
use super::terminal::Terminal;
use crate::config::Config;

pub(super) const HELP: &str = "Passwords, tokens and what is in people's own mailboxes are not in it. The same state gives the same file.\n\n\
    Examples:\n  \
    postroom snapshot > site.toml\n  \
    postroom snapshot support";

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A shared mailbox at the top: it and all below it; else accounts, groups and all shared mailboxes.
    #[arg(value_name = "MAILBOX")]
    tree: Option<String>,
}

pub(super) async fn run(args: &Args, config: &Config, terminal: &Terminal) -> Result<(), Failure> {
    AdminContext::with(config, async |context| {
        let tree = args
            .tree
            .as_deref()
            .map(|name| top(context, name))
            .transpose()?;
        let state = context.store.current_state().await?;
        if let Some(tree) = tree
            .as_deref()
            .filter(|tree| !state.mailboxes.keys().any(|path| is_in(path, tree)))
        {
            return Err(Failure::failed(format!("no shared mailbox {tree}")));
        }
        let page = desired::snapshot(&state, tree.as_deref());
        terminal.show(&json!({ "toml": page }), || page.clone())
    })
    .await
}

fn is_in(path: &str, tree: &str) -> bool {
    path.strip_prefix(tree)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// With or without the shared prefix.
fn top(context: &AdminContext, name: &str) -> Result<String, Failure> {
    let parsed =
        MailboxName::parse(name).map_err(|cause| Failure::usage(format!("{name}: {cause}")))?;
    let path = match context.namespaces().place(&parsed) {
        Some(Place::Shared(path) | Place::Mine(path)) => path,
        Some(Place::Theirs { .. }) | None => {
            return Err(Failure::usage(format!("{name} is no shared mailbox")));
        }
    };
    if path.contains(MailboxName::SEPARATOR) {
        return Err(Failure::usage(format!(
            "{name} is below another: name the one at the top"
        )));
    }
    Ok(path)
}
