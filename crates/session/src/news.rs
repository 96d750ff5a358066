//! When a client is told what is new in its selected mailbox, and in which order.

use std::sync::Arc;

use image::Message;
use mail::SeqNum;
use tracing::warn;
use wire::FetchItem;

use crate::context::revise::{Revised, revise};
use crate::conversation::session::Session;
use crate::fetch::writer::tell_arrivals;
use crate::out::Out;
use crate::search::target::SearchTarget;
use crate::view::{ExpungeTiming, ResponseOptions};

impl Session {
    /// Says what is new in the selected mailbox, if this moment allows it.
    pub(crate) async fn tell_news(&mut self, timing: ExpungeTiming, out: &mut Out<'_>) {
        self.tell_in(self.options(), timing, out).await;
        if let (true, Some(selected)) = (self.enabled.qresync, &mut self.selected) {
            selected.tell_if_behind(&mut out.buffer);
        }
    }

    /// As [`tell_news`](Self::tell_news) between commands: only what the client wants to hear then.
    pub(crate) async fn tell_unsolicited(&mut self, out: &mut Out<'_>) {
        let (timing, withholds_flags) = match self.notified.selected() {
            None => (ExpungeTiming::Safe, false),
            // During IDLE too, only what NOTIFY asked for is told (RFC 5465, 4).
            Some(None) => return,
            Some(Some(selected)) if selected.is_delayed && !self.is_idling() => {
                (ExpungeTiming::Pinned, !selected.has_flags)
            }
            Some(Some(selected)) => (ExpungeTiming::Safe, !selected.has_flags),
        };
        let options = ResponseOptions {
            withholds_flags,
            ..self.options()
        };
        self.tell_in(options, timing, out).await;
    }

    async fn tell_in(
        &mut self,
        options: ResponseOptions,
        timing: ExpungeTiming,
        out: &mut Out<'_>,
    ) {
        let Some(selected) = &mut self.selected else {
            return;
        };
        selected
            .contexts
            .tell_losses(&selected.view, &mut out.buffer);
        let before = selected.view.known().clone();
        let bytes = selected.view.bytes_to_tell();
        let telling = || selected.tell(timing, options, &mut out.buffer);
        let arrived = self.store.compute().run(bytes, telling).await;
        let is_news = !Arc::ptr_eq(&before, selected.view.known());
        let revised = if is_news && !selected.contexts.is_empty() {
            let search_target =
                SearchTarget::of_selected(selected.found.id, &selected.view, &selected.saved);
            let contexts = &mut selected.contexts;
            // On the heap: few sessions have a context, and the others shall not be larger for it.
            Box::pin(revise(
                &self.store,
                &self.node.live,
                contexts,
                search_target,
                &before,
            ))
            .await
        } else {
            Revised::default()
        };
        // ADDTO comes before what NOTIFY wants to be told of a message (RFC 5465, 5.2), and after what
        // only UPDATE wants (section 7).
        if self.notified.attributes().is_empty() {
            self.tell_arrivals(&arrived, &revised, options, out).await;
            out.buffer.extend_from_slice(&revised.said);
        } else {
            out.buffer.extend_from_slice(&revised.said);
            self.tell_arrivals(&arrived, &revised, options, out).await;
        }
    }

    /// What NOTIFY and UPDATE want to be told of messages that have arrived, in one response for each.
    async fn tell_arrivals(
        &self,
        arrived: &[(SeqNum, Message)],
        revised: &Revised,
        options: ResponseOptions,
        out: &mut Out<'_>,
    ) {
        let Some(selected) = &self.selected else {
            return;
        };
        let attributes = |message: &Message| {
            let mut attributes: Vec<FetchItem> = self.notified.attributes().to_vec();
            for item in revised.attributes(message.uid) {
                if !attributes.contains(item) {
                    attributes.push(item.clone());
                }
            }
            attributes
        };
        let (store, node) = (&self.store, &*self.node);
        for run in arrived.chunk_by(|(_, one), (_, next)| attributes(one) == attributes(next)) {
            let attributes = run.first().map(|(_, message)| attributes(message));
            let attributes = attributes.unwrap_or_default();
            if attributes.is_empty() {
                continue;
            }
            let told = tell_arrivals(store, node, selected, run, &attributes, options, out);
            // The client knows that they are there, and can ask for them itself.
            if let Err(ending) = Box::pin(told).await {
                warn!(cause = ?ending, "could not tell of messages that arrived");
            }
        }
    }
}
