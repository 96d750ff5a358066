//! NOTIFY (RFC 5465, 8).

use mail::limits::NOTIFY_WORDS_MAX;

use crate::command::{Body, EventGroup, MessageEvents, Notify, NotifyEvents, SelectedEvents};
use crate::lex::{Bad, Cursor, Lexed};
use crate::parse::fetch;
use crate::parse::filter::filter;

/// `notify = "NOTIFY" SP (notify-set / notify-none)`
pub(super) fn notify(cursor: &mut Cursor<'_>) -> Lexed<Body> {
    cursor.space()?;
    match cursor.word().as_str() {
        "NONE" => Ok(Body::Notify(Notify::None)),
        "SET" => set(cursor).map(Body::Notify),
        _ => Err(Bad::Expected("SET or NONE")),
    }
}

/// `notify-set = "SET" [status-indicator] SP event-groups`
fn set(cursor: &mut Cursor<'_>) -> Lexed<Notify> {
    cursor.space()?;
    let tells_status = cursor.peek() != Some(b'(');
    if tells_status {
        if cursor.word() != "STATUS" {
            return Err(Bad::Expected("STATUS or a group of events"));
        }
        cursor.space()?;
    }
    let mut groups = Groups::default();
    loop {
        groups.read_one(cursor)?;
        if !cursor.eat(b' ') {
            break;
        }
    }
    Ok(if groups.has_unknown {
        Notify::Unsupported
    } else {
        Notify::Set {
            tells_status,
            selected: groups.selected.flatten(),
            groups: groups.others,
        }
    })
}

#[derive(Default)]
struct Groups {
    /// Whether there was one for the selected mailbox, and what it asked for.
    selected: Option<Option<SelectedEvents>>,
    others: Vec<EventGroup>,
    /// An event that is none of ours was named: NO, whatever else there is (RFC 5465, 3.1).
    has_unknown: bool,
    words: usize,
}

/// The events of one group, as far as they are known.
#[derive(Default)]
struct Events {
    arrivals: bool,
    losses: bool,
    flags: bool,
    attributes: Option<Vec<crate::command::FetchItem>>,
    others: NotifyEvents,
    has_unknown: bool,
}

impl Groups {
    /// `event-group = "(" filter-mailboxes SP events ")"`
    fn read_one(&mut self, cursor: &mut Cursor<'_>) -> Lexed<()> {
        self.count(1)?;
        cursor.expect(b'(', "a group of events")?;
        let word = cursor.word();
        match word.as_str() {
            "SELECTED" => return self.read_selected(cursor, false),
            "SELECTED-DELAYED" => return self.read_selected(cursor, true),
            _ => {}
        }
        let Some(filter) = filter(cursor, &word)? else {
            return Err(Bad::Expected("which mailboxes to watch"));
        };
        self.count(filter.names().len())?;
        let events = self.events(cursor)?;
        if events.attributes.is_some() {
            return Err(Bad::Wrong("fetch attributes are for the selected mailbox"));
        }
        let messages = events.messages()?;
        self.others.push(EventGroup {
            filter,
            events: NotifyEvents {
                messages,
                ..events.others
            },
        });
        Ok(())
    }

    fn read_selected(&mut self, cursor: &mut Cursor<'_>, is_delayed: bool) -> Lexed<()> {
        let events = self.events(cursor)?;
        if self.selected.is_some() {
            return Err(Bad::Wrong("the selected mailbox is named twice"));
        }
        if events.others != NotifyEvents::default() {
            return Err(Bad::Wrong(
                "the selected mailbox has events of messages only",
            ));
        }
        let has_flags = match events.messages()? {
            None => {
                self.selected = Some(None);
                return Ok(());
            }
            Some(MessageEvents { has_flags }) => has_flags,
        };
        self.selected = Some(Some(SelectedEvents {
            is_delayed,
            has_flags,
            attributes: events.attributes.unwrap_or_default(),
        }));
        Ok(())
    }

    /// From the space before the events to the end of their group. The examples of the RFC leave out
    /// the parentheses that its grammar has around events; both are understood.
    fn events(&mut self, cursor: &mut Cursor<'_>) -> Lexed<Events> {
        cursor.space()?;
        let mut events = Events::default();
        if cursor.eat_text("NONE)") {
            return Ok(events);
        }
        let is_list = cursor.eat(b'(');
        loop {
            self.count(1)?;
            events.read_one(cursor)?;
            if !cursor.eat(b' ') {
                break;
            }
        }
        if is_list {
            cursor.expect(b')', "the end of a list")?;
        }
        cursor.expect(b')', "the end of a group")?;
        self.has_unknown |= events.has_unknown;
        Ok(events)
    }

    fn count(&mut self, words: usize) -> Lexed<()> {
        self.words += words;
        if self.words > NOTIFY_WORDS_MAX {
            return Err(Bad::TooMany("groups, events and names", NOTIFY_WORDS_MAX));
        }
        Ok(())
    }
}

impl Events {
    /// `event`
    fn read_one(&mut self, cursor: &mut Cursor<'_>) -> Lexed<()> {
        let name = cursor.atom()?.to_ascii_uppercase();
        match name.as_str() {
            "MESSAGENEW" => {
                self.arrivals = true;
                if cursor.eat_text(" (") {
                    self.attributes = Some(fetch::more_items(cursor)?);
                }
            }
            "MESSAGEEXPUNGE" => self.losses = true,
            "FLAGCHANGE" => self.flags = true,
            "MAILBOXNAME" => self.others.names = true,
            "SUBSCRIPTIONCHANGE" => self.others.subscriptions = true,
            "MAILBOXMETADATACHANGE" => self.others.metadata = true,
            "SERVERMETADATACHANGE" => self.others.server_metadata = true,
            _ => self.has_unknown = true,
        }
        Ok(())
    }

    /// New and expunged messages go together, and flags with both (RFC 5465, 5).
    fn messages(&self) -> Lexed<Option<MessageEvents>> {
        match (self.arrivals, self.losses, self.flags) {
            _ if self.has_unknown => Ok(None),
            (true, true, has_flags) => Ok(Some(MessageEvents { has_flags })),
            (false, false, false) => Ok(None),
            _ => Err(Bad::Wrong(
                "MessageNew and MessageExpunge go together, and FlagChange with both",
            )),
        }
    }
}
