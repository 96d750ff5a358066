//! Responses on their way out, with back-pressure.

use std::fmt;
use std::pin::pin;

use mail::limits::OUTPUT_BYTES_MAX;
use wire::{Code, Tag, Verdict, say};

use crate::node::BoxFuture;
use crate::race::{First, first};

/// The client is gone; nothing more can be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hangup;

/// What a full buffer is written to. Implemented by the connection.
pub trait Sink: Send {
    /// Writes all of `bytes` and empties it, waiting for as long as the client needs.
    fn write<'a>(&'a mut self, bytes: &'a mut Vec<u8>) -> BoxFuture<'a, Result<(), Hangup>>;

    /// Lets everybody else go on first: whoever waits to be run, and whoever has sent something.
    fn rest(&self) -> BoxFuture<'static, ()>;

    /// Lets the command end, whatever it waits for, once the client has hung up: nobody misses what it would have done.
    fn end_with_client(&self);

    /// Whether the client has heard nothing for so long that it should be told how far its command is.
    fn is_progress_due(&self) -> bool;

    /// Resolves when it is. May be dropped at any time.
    fn progress_due(&self) -> BoxFuture<'static, ()>;
}

/// The responses of one command. Handlers append; what is left at the end the connection writes.
pub struct Out<'a> {
    /// What is not written yet.
    pub buffer: Vec<u8>,
    sink: &'a mut dyn Sink,
    /// A write has begun and not ended: what the client has read may end anywhere.
    is_torn: bool,
    /// A part of a response was written, and the rest was not.
    is_within: bool,
    /// What was said, and looked at, since others went on.
    turn: Turn,
}

/// What one command did since others went on.
#[derive(Debug, Default)]
struct Turn {
    parts: usize,
    /// How much was waiting to be written when it began, in bytes.
    buffered_before: usize,
}

/// Parts of a long response, or messages that are passed over, before others go on: about a millisecond of work.
const PARTS_PER_TURN: usize = 256;
/// What is said before others go on, in bytes.
const BYTES_PER_TURN: usize = 32 * 1024;
/// Messages that are looked at before others go on, where nothing is said of them.
const LOOKS_PER_TURN: usize = 8 * 1024;

impl<'a> Out<'a> {
    /// Begins with a buffer that may be reused from the last command.
    pub fn new(buffer: Vec<u8>, sink: &'a mut dyn Sink) -> Self {
        Self {
            buffer,
            sink,
            is_torn: false,
            is_within: false,
            turn: Turn::default(),
        }
    }

    /// Writes the buffer out if much is waiting, and lets others go on now and then: a client that reads as fast as it is
    /// written to would keep a thread for itself. Called between the parts of a long response.
    ///
    /// # Errors
    ///
    /// [`Hangup`] when the client does not read any more.
    pub async fn breathe(&mut self) -> Result<(), Hangup> {
        if self.buffer.len() >= OUTPUT_BYTES_MAX {
            return self.write().await;
        }
        self.step().await;
        Ok(())
    }

    /// Lets the command end once the client has hung up. For commands that compute for long, change nothing, and say
    /// nothing until they are done: others notice by what they write.
    pub(crate) fn end_with_client(&self) {
        self.sink.end_with_client();
    }

    /// Takes note of a part of long work, said or passed over, and lets others go on now and then. Writes nothing.
    pub(crate) async fn step(&mut self) {
        self.turn.parts += 1;
        let said = self.buffer.len().saturating_sub(self.turn.buffered_before);
        if self.turn.parts >= PARTS_PER_TURN || said >= BYTES_PER_TURN {
            self.rest().await;
        }
    }

    /// Collects what there is among `items`, and lets others go on now and then.
    pub(crate) async fn collect<T>(
        &mut self,
        mut items: impl Iterator<Item = Option<T>>,
    ) -> Vec<T> {
        let mut collected = Vec::new();
        loop {
            let mut looks = 0;
            let slice = items.by_ref().take(LOOKS_PER_TURN);
            collected.extend(slice.inspect(|_| looks += 1).flatten());
            if looks < LOOKS_PER_TURN {
                return collected;
            }
            self.rest().await;
        }
    }

    /// As [`breathe`](Self::breathe), in the midst of a response: until [`finish`](Self::finish) nothing else can be said.
    pub(crate) async fn breathe_within(&mut self) -> Result<(), Hangup> {
        if self.buffer.len() < OUTPUT_BYTES_MAX {
            return Ok(());
        }
        self.is_within = true;
        self.write().await
    }

    /// Says octets in the midst of a response, however many there are.
    pub(crate) async fn say_within(&mut self, octets: &[u8]) -> Result<(), Hangup> {
        for octets in octets.chunks(OUTPUT_BYTES_MAX) {
            self.breathe_within().await?;
            self.buffer.extend_from_slice(octets);
        }
        self.breathe_within().await
    }

    /// The response is said: what is left of one that was written in part is written.
    pub(crate) async fn finish(&mut self) -> Result<(), Hangup> {
        if self.is_within {
            self.write().await?;
            self.is_within = false;
        }
        self.breathe().await
    }

    /// Whether a write or a response was given up, so that nothing more can be said.
    #[must_use]
    pub fn is_torn(&self) -> bool {
        self.is_torn || self.is_within
    }

    async fn write(&mut self) -> Result<(), Hangup> {
        self.is_torn = true;
        self.sink.write(&mut self.buffer).await?;
        self.is_torn = false;
        self.rest().await;
        Ok(())
    }

    async fn rest(&mut self) {
        self.turn = Turn {
            parts: 0,
            buffered_before: self.buffer.len(),
        };
        self.sink.rest().await;
    }

    /// Says how far the command has come, if the client has waited for long (RFC 9585). Called between
    /// the parts of long work that says nothing by itself, with `done` below `goal`.
    ///
    /// # Errors
    ///
    /// [`Hangup`] when the client does not read any more.
    pub(crate) async fn progress(
        &mut self,
        tag: &Tag,
        done: usize,
        goal: usize,
    ) -> Result<(), Hangup> {
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let (done, goal) = (number(done), number(goal));
        if done >= goal || !self.sink.is_progress_due() {
            return Ok(());
        }
        self.say_progress(tag, Some((done, goal))).await
    }

    /// Waits for `work` that cannot tell how far it is, and says that it goes on as often as that is due
    /// (RFC 9585). The work is done whether or not the client goes on to listen.
    pub(crate) async fn wait_for<T>(&mut self, tag: &Tag, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        loop {
            let mut due = self.sink.progress_due();
            if let First::One(done) = first(work.as_mut(), due.as_mut()).await {
                return done;
            }
            if self.say_progress(tag, None).await == Err(Hangup) {
                return work.await;
            }
        }
    }

    async fn say_progress(&mut self, tag: &Tag, of: Option<(u32, u32)>) -> Result<(), Hangup> {
        let code = Some(Code::InProgress(tag, of));
        say::untagged(&mut self.buffer, Verdict::Ok, code, "Still at work");
        self.write().await
    }
}

impl fmt::Debug for Out<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Out")
            .field("waiting_bytes", &self.buffer.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::future::{pending, poll_fn, ready};
    use std::pin::pin;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Context, Poll, Waker};

    use mail::limits::OUTPUT_BYTES_MAX;
    use wire::Tag;

    use super::{BYTES_PER_TURN, Hangup, LOOKS_PER_TURN, Out, PARTS_PER_TURN, Sink};
    use crate::node::BoxFuture;

    /// Keeps what was written.
    struct Page {
        written: Vec<u8>,
        is_progress_due: bool,
        is_gone: bool,
    }

    impl Sink for Page {
        fn write<'a>(&'a mut self, bytes: &'a mut Vec<u8>) -> BoxFuture<'a, Result<(), Hangup>> {
            self.written.append(bytes);
            Box::pin(ready(if self.is_gone { Err(Hangup) } else { Ok(()) }))
        }

        fn rest(&self) -> BoxFuture<'static, ()> {
            Box::pin(ready(()))
        }

        fn end_with_client(&self) {}

        fn is_progress_due(&self) -> bool {
            self.is_progress_due
        }

        fn progress_due(&self) -> BoxFuture<'static, ()> {
            if self.is_progress_due {
                Box::pin(ready(()))
            } else {
                Box::pin(pending())
            }
        }
    }

    #[test]
    fn a_long_response_is_written_in_parts_that_are_bounded() {
        let mut pages = Pages::default();
        let mut out = Out::new(Vec::new(), &mut pages);
        let octets = vec![b'x'; 10 * OUTPUT_BYTES_MAX + 1];
        let mut saying = Box::pin(async {
            for _ in 0..3 {
                out.say_within(&octets).await.unwrap();
                assert!(out.is_torn());
            }
            out.finish().await.unwrap();
            assert!(!out.is_torn());
        });
        let mut cx = Context::from_waker(Waker::noop());
        assert!(saying.as_mut().poll(&mut cx).is_ready());
        drop(saying);
        assert_eq!(pages.bytes, 3 * octets.len());
        assert!(pages.largest <= 2 * OUTPUT_BYTES_MAX);
    }

    #[test]
    fn a_short_response_waits_for_others() {
        let mut pages = Pages::default();
        let mut out = Out::new(Vec::new(), &mut pages);
        let mut saying = Box::pin(async {
            out.say_within(b"* 1 FETCH (UID 7)\r\n").await.unwrap();
            assert!(!out.is_torn());
            out.finish().await.unwrap();
        });
        let mut cx = Context::from_waker(Waker::noop());
        assert!(saying.as_mut().poll(&mut cx).is_ready());
        drop(saying);
        assert_eq!(pages.bytes, 0);
    }

    /// What is done between two rests: parts, and bytes that are said.
    fn work_of_a_turn(part: &[u8], parts: usize) -> (usize, usize) {
        let mut pages = Pages::default();
        let rests = Arc::clone(&pages.rests);
        let mut out = Out::new(Vec::new(), &mut pages);
        let mut most = (0_usize, 0_usize);
        let mut saying = Box::pin(async {
            let (mut since, mut seen) = ((0, 0), 0);
            for _ in 0..parts {
                out.buffer.extend_from_slice(part);
                since = (since.0 + 1, since.1 + part.len());
                most = (most.0.max(since.0), most.1.max(since.1));
                out.breathe().await.unwrap();
                if rests.load(Ordering::Relaxed) != seen {
                    seen = rests.load(Ordering::Relaxed);
                    since = (0, 0);
                }
            }
        });
        let mut cx = Context::from_waker(Waker::noop());
        assert!(saying.as_mut().poll(&mut cx).is_ready());
        drop(saying);
        most
    }

    #[test]
    fn a_client_that_reads_as_fast_as_it_is_written_to_lets_others_go_on() {
        let line = b"* 100000 FETCH (UID 100000 FLAGS () EMAILID (E0123456789))\r\n";
        for (part, parts) in [
            (&line[..], 200_000),
            (&b""[..], 200_000),
            (&[b'x'; 10_000][..], 2000),
        ] {
            let (parts, bytes) = work_of_a_turn(part, parts);
            assert!(parts <= PARTS_PER_TURN, "{parts} parts");
            assert!(bytes < BYTES_PER_TURN + part.len(), "{bytes} bytes");
        }
    }

    #[test]
    fn what_is_looked_at_lets_others_go_on_wherever_little_is_found() {
        for every in [1, 7, usize::MAX] {
            let mut pages = Pages::default();
            let rests = Arc::clone(&pages.rests);
            let mut out = Out::new(Vec::new(), &mut pages);
            let looks = 10 * LOOKS_PER_TURN + 1;
            let items = (0..looks).map(|item| (item % every == 0).then_some(item));
            let expected: Vec<usize> = items.clone().flatten().collect();
            let collecting = pin!(out.collect(items));
            let mut cx = Context::from_waker(Waker::noop());
            assert_eq!(collecting.poll(&mut cx), Poll::Ready(expected));
            assert_eq!(rests.load(Ordering::Relaxed), 10);
        }
    }

    /// Counts what was written, and how often others went on.
    #[derive(Default)]
    struct Pages {
        bytes: usize,
        largest: usize,
        rests: Arc<AtomicUsize>,
    }

    impl Sink for Pages {
        fn write<'a>(&'a mut self, bytes: &'a mut Vec<u8>) -> BoxFuture<'a, Result<(), Hangup>> {
            self.bytes += bytes.len();
            self.largest = self.largest.max(bytes.len());
            bytes.clear();
            Box::pin(ready(Ok(())))
        }

        fn rest(&self) -> BoxFuture<'static, ()> {
            self.rests.fetch_add(1, Ordering::Relaxed);
            Box::pin(ready(()))
        }

        fn end_with_client(&self) {}

        fn is_progress_due(&self) -> bool {
            false
        }

        fn progress_due(&self) -> BoxFuture<'static, ()> {
            Box::pin(pending())
        }
    }

    /// What a client hears that has waited for long, or not.
    fn heard(is_progress_due: bool, tag: &str, done: usize, goal: usize) -> String {
        let mut page = Page {
            written: Vec::new(),
            is_progress_due,
            is_gone: false,
        };
        let mut out = Out::new(Vec::new(), &mut page);
        let tag = Tag::parse(tag.as_bytes()).unwrap();
        let said =
            pin!(out.progress(&tag, done, goal)).poll(&mut Context::from_waker(Waker::noop()));
        assert_eq!(said, Poll::Ready(Ok(())));
        String::from_utf8(page.written).unwrap()
    }

    /// What a client hears while work takes three looks, and whether it is done at the end.
    fn heard_while_waiting(is_progress_due: bool, is_gone: bool) -> (String, bool) {
        let mut page = Page {
            written: Vec::new(),
            is_progress_due,
            is_gone,
        };
        let mut out = Out::new(Vec::new(), &mut page);
        let tag = Tag::parse(b"a1").unwrap();
        let looks = Cell::new(0);
        let work = poll_fn(|_| {
            looks.set(looks.get() + 1);
            if looks.get() < 3 {
                Poll::Pending
            } else {
                Poll::Ready(())
            }
        });
        let mut waiting = Box::pin(out.wait_for(&tag, work));
        let mut cx = Context::from_waker(Waker::noop());
        let is_done = (0..3).any(|_| waiting.as_mut().poll(&mut cx).is_ready());
        drop(waiting);
        (String::from_utf8(page.written).unwrap(), is_done)
    }

    #[test]
    fn work_that_lasts_is_told_to_go_on_and_is_always_done() {
        let line = "* OK [INPROGRESS (\"a1\" NIL NIL)] Still at work\r\n";
        for (is_due, is_gone, expected) in [
            (true, false, line.repeat(2)),
            (true, true, line.to_owned()),
            (false, false, String::new()),
        ] {
            assert_eq!(heard_while_waiting(is_due, is_gone), (expected, true));
        }
    }

    #[test]
    fn progress_is_told_to_whom_it_is_due() {
        let line = |of| format!("* OK [INPROGRESS ({of})] Still at work\r\n");
        for (is_due, tag, done, goal, expected) in [
            (true, "A142", 454, 1000, line("\"A142\" 454 1000")),
            (true, "a]1", 0, 1, line("NIL 0 1")),
            (false, "A142", 454, 1000, String::new()),
            (true, "A142", 1000, 1000, String::new()),
            (true, "A142", 0, 0, String::new()),
        ] {
            assert_eq!(heard(is_due, tag, done, goal), expected);
        }
    }
}
