//! ESEARCH (RFC 7377): a search of many mailboxes, or of the selected one with its name in the answer.

use std::collections::HashMap;

use mail::limits::SEARCH_MAILBOXES_MAX;
use mail::{MailboxId, MailboxName, UidValidity};
use store::{Outline, Readable};
use wire::say::{Correlator, MailboxCorrelator};
use wire::{Esearch, Numbering, SearchReturn, Sources, Speech, Tag};

use crate::context::kept::say_no_update;
use crate::conversation::selected::Selected;
use crate::conversation::session::Session;
use crate::ending::{Done, Ending, Outcome, Refused};
use crate::held::hold;
use crate::node::Now;
use crate::out::Out;
use crate::search::finding::Finding;
use crate::search::of_selected::{admit_relevancy, find};
use crate::search::searcher::{Progress, Searcher};
use crate::search::target::SearchTarget;
use crate::view::View;

/// The most messages that are searched together, unless a single mailbox has more.
const MESSAGES_TOGETHER_MAX: u64 = 50_000;
/// The most mailboxes that are searched together.
const MAILBOXES_TOGETHER_MAX: usize = 250;

pub(crate) async fn run(
    session: &mut Session,
    tag: &Tag,
    mut asked: Esearch,
    now: Now,
    out: &mut Out<'_>,
) -> Outcome {
    check(session, &asked)?;
    let answer = Answer {
        tag,
        speech: session.speech(),
        returns: asked.returns.unwrap_or_default(),
    };
    if answer.returns.update {
        // RFC 5267, 4.3.1.
        let text = "Results of ESEARCH are not kept up to date";
        say_no_update(&mut out.buffer, tag, text);
    }
    session
        .put_in_filters(&mut asked.key, asked.returns)
        .await?;
    admit_relevancy(asked.returns, &[], &asked.key)?;
    if let Some(sources) = asked.sources.as_ref().filter(|_| !asked.is_of_selected()) {
        let searcher = session.searcher(&asked.key, now, &mut out.buffer);
        search_all(session, &searcher, sources, answer, out).await?;
        return Ok(Done::completed());
    }
    let found = find(session, tag, &asked.key, now, out).await;
    session.save(asked.returns, &found);
    let found = found?;
    let uid_validity = session.selected()?.watch.mailbox().uid_validity();
    let (name, _) = session.selected_name().await?;
    answer.say(&found, &name, uid_validity, out);
    Ok(Done::completed())
}

/// What is BAD whatever would be found (RFC 7377, 2.2).
fn check(session: &mut Session, asked: &Esearch) -> Result<(), Ending> {
    let returns = asked.returns.unwrap_or_default();
    if returns.save && !asked.is_of_selected() {
        return Err(Ending::malformed("SAVE is for the selected mailbox alone"));
    }
    let names_selected = asked.sources.as_ref().is_none_or(|it| it.selected);
    if names_selected || returns.update {
        session.selected()?;
    }
    Ok(())
}

/// A mailbox to be searched.
struct Target {
    name: MailboxName,
    judged: Readable,
    outline: Outline,
}

/// How what is found is told.
#[derive(Clone, Copy)]
struct Answer<'a> {
    tag: &'a Tag,
    speech: Speech,
    returns: SearchReturn,
}

async fn search_all(
    session: &Session,
    searcher: &Searcher<'_>,
    sources: &Sources,
    answer: Answer<'_>,
    out: &mut Out<'_>,
) -> Result<(), Ending> {
    out.end_with_client();
    let targets = targets(session, sources).await?;
    let messages: u64 = targets.iter().map(|target| target.outline.messages).sum();
    let mut progress = Progress {
        tag: answer.tag,
        out,
        done: 0,
        goal: usize::try_from(messages).unwrap_or(usize::MAX),
    };
    for group in groups(&targets) {
        progress.tell().await?;
        let account = session.logged_in()?.id;
        let messages: u64 = group.iter().map(|target| target.outline.messages).sum();
        let messages = usize::try_from(messages).unwrap_or(usize::MAX);
        let bytes = searcher.bytes_to_hold(messages);
        let holding = hold(&*session.node.message_memory, account, bytes);
        let _held = progress.out.wait_for(answer.tag, holding).await?;
        let found = search_group(session, searcher, group, &mut progress).await?;
        let judged: Vec<Readable> = group.iter().map(|target| target.judged).collect();
        // Nobody has these open here, so nothing told this session when a right was withdrawn while it searched.
        let readable = session.store.still_readable(account, &judged).await?;
        for (target, found) in found {
            if !readable.contains(&target.judged.mailbox) {
                continue;
            }
            let uid_validity = target.outline.uid_validity;
            answer.say(&found, &target.name, uid_validity, progress.out);
            progress.out.breathe().await?;
        }
    }
    Ok(())
}

/// The mailboxes in which something may be found, by name.
async fn targets(session: &Session, sources: &Sources) -> Result<Vec<Target>, Ending> {
    let meant = session.search_in(sources).await?;
    if meant.len() > SEARCH_MAILBOXES_MAX {
        let text = format!("More than {SEARCH_MAILBOXES_MAX} mailboxes are not searched at once");
        return Err(Refused::Limit(text.into()).into());
    }
    let account = session.logged_in()?.id;
    let ids: Vec<MailboxId> = meant.values().map(|judged| judged.mailbox).collect();
    let mut names = meant.into_iter();
    let mut targets = Vec::new();
    for outline in session.store.outlines(account, &ids).await? {
        let name = names.find(|(_, judged)| judged.mailbox == outline.id);
        // What the client was not yet told of may still be there for it.
        let is_empty = outline.messages == 0 && session.mailbox() != Some(outline.id);
        if let Some((name, judged)) = name.filter(|_| !is_empty) {
            targets.push(Target {
                name,
                judged,
                outline,
            });
        }
    }
    Ok(targets)
}

/// Neighbours in groups that are searched together.
fn groups(targets: &[Target]) -> impl Iterator<Item = &[Target]> {
    let mut rest = targets;
    std::iter::from_fn(move || {
        let mut messages = 0;
        let fitting = rest
            .iter()
            .take(MAILBOXES_TOGETHER_MAX)
            .take_while(|target| {
                messages += target.outline.messages;
                messages <= MESSAGES_TOGETHER_MAX
            });
        let (group, after) = rest.split_at_checked(fitting.count().max(1))?;
        rest = after;
        Some(group)
    })
}

/// The selected mailbox is searched as its client knows it, others as they are.
async fn search_group<'t>(
    session: &Session,
    searcher: &Searcher<'_>,
    group: &'t [Target],
    progress: &mut Progress<'_, '_>,
) -> Result<Vec<(&'t Target, Finding)>, Ending> {
    let account = session.logged_in()?.id;
    let outlines = group.iter().map(|target| &target.outline);
    let others: Vec<&Outline> = outlines
        .filter(|outline| session.mailbox() != Some(outline.id))
        .collect();
    let live = &session.node.live;
    let mailbox_states = live
        .load_states(account, &others, searcher.stamps())
        .await?;
    let view = |outline: &&Outline| {
        let mailbox_state = mailbox_states.get(&outline.id)?.clone();
        let view = View::new(account, outline.private_flags, mailbox_state);
        Some((outline.id, view))
    };
    let views: HashMap<MailboxId, View> = others.iter().filter_map(view).collect();
    let search_target = |target: &'t Target| {
        let id = target.outline.id;
        let other = views.get(&id).map(|view| SearchTarget::new(id, view));
        let selected = session.selected.as_deref();
        let selected = selected.filter(|selected| selected.found.id == id);
        Some((target, other.or(selected.map(Selected::search_target))?))
    };
    let (searched, search_targets): (Vec<_>, Vec<_>) =
        group.iter().filter_map(search_target).unzip();
    let found = Box::pin(searcher.find(&search_targets, progress)).await?;
    Ok(searched.into_iter().zip(found).collect())
}

impl Answer<'_> {
    /// Says what was found, and nothing where nothing was found (RFC 7377, 2.1).
    fn say(
        &self,
        found: &Finding,
        name: &MailboxName,
        uid_validity: UidValidity,
        out: &mut Out<'_>,
    ) {
        if found.messages.is_empty() {
            return;
        }
        let correlator = Correlator {
            tag: self.tag,
            mailbox: Some(MailboxCorrelator {
                name: name.as_str(),
                speech: self.speech,
                uid_validity,
            }),
        };
        found.say_extended(correlator, Numbering::Uid, self.returns, &mut out.buffer);
    }
}
