//! Which mailboxes an ESEARCH looks through (RFC 7377, 2.2).

use std::collections::BTreeMap;

use acl::{Operation, Rights};
use mail::{MailboxId, MailboxName};
use store::Readable;
use wire::{MailboxArg, MailboxFilter, Sources};

use crate::conversation::session::Session;
use crate::conversation::state::AllowedIn;
use crate::ending::{Ending, Refused};
use crate::names::filter::NameFilter;
use crate::names::named::Missing;
use crate::names::tree::load_tree;

impl Session {
    /// The mailboxes that `sources` mean and this user may read, each once, by name. To be found by a filter a mailbox
    /// has to be one that this user may look up, too; a name that is written out needs only be read.
    pub(crate) async fn search_in(
        &self,
        sources: &Sources,
    ) -> Result<BTreeMap<MailboxName, Readable>, Ending> {
        let tree = load_tree(self).await?;
        let filters: Vec<NameFilter> = sources.filters.iter().map(NameFilter::from).collect();
        let mut meant = BTreeMap::new();
        for (name, node) in tree.nodes() {
            let candidate = self.candidate(name, node.is_subscribed);
            if let Some(mailbox) = &node.mailbox
                && mailbox.rights.contains(Rights::READ)
                && filters.iter().any(|filter| filter.means(candidate))
            {
                meant.insert(name.clone(), mailbox.judged());
            }
        }
        let is_listed = |arg: &&MailboxArg| {
            let name = arg.name().ok();
            let node = name.and_then(|name| tree.node(&name));
            node.is_some_and(|node| node.mailbox.is_some())
        };
        let named = sources.filters.iter().filter_map(names_written_out);
        for arg in named.flatten().filter(|arg| !is_listed(arg)) {
            match self.permit(arg, Operation::Read, Missing::Mailbox).await {
                Ok((named, permit)) => drop(meant.insert(named.name, Readable::from(&permit))),
                // Neither what is not there nor what may not be read is told of.
                Err(Ending::Refused(_)) => {}
                Err(ending) => return Err(ending),
            }
        }
        if sources.selected {
            let (name, mailbox) = self.selected_name().await?;
            let selected = self.selected.as_deref();
            let judged = Readable {
                mailbox,
                rights_version: selected.map_or(0, |selected| selected.found.access.version),
            };
            meant.insert(name, judged);
        }
        Ok(meant)
    }

    /// The current name of the selected mailbox.
    pub(crate) async fn selected_name(&self) -> Result<(MailboxName, MailboxId), Ending> {
        let account = self.logged_in()?.id;
        let Some(mailbox) = self.mailbox() else {
            return Err(Ending::wrong_state(AllowedIn::Selected, self.state()));
        };
        let place = self.store.place_of(account, mailbox).await?;
        let name = place.and_then(|place| self.name(&place));
        let name = name.ok_or(Refused::NoSuchMailbox)?;
        Ok((name, mailbox))
    }
}

fn names_written_out(filter: &MailboxFilter) -> Option<&[MailboxArg]> {
    match filter {
        MailboxFilter::Mailboxes(names) => Some(names),
        MailboxFilter::Personal
        | MailboxFilter::Subscribed
        | MailboxFilter::Subtree(_)
        | MailboxFilter::SubtreeOne(_) => None,
    }
}
