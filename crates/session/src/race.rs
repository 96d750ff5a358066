//! Waiting for the first of two things. Pure: no timer and no task.
//!
//! The connection loop is the one place with a `select!`; what has to wait for two things below it does so here.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

/// What came first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum First<A, B> {
    One(A),
    Other(B),
}

/// Waits for `one` or `other`; `one` wins when both are ready. Neither is dropped, so the one that lost can be waited
/// for again.
///
/// Both are pinned by the caller: a future that is handed on by value takes its room twice, in every idle session.
pub(crate) fn first<A, B>(
    mut one: Pin<&mut (impl Future<Output = A> + ?Sized)>,
    mut other: Pin<&mut (impl Future<Output = B> + ?Sized)>,
) -> impl Future<Output = First<A, B>> {
    poll_fn(move |cx| match one.as_mut().poll(cx) {
        Poll::Ready(done) => Poll::Ready(First::One(done)),
        Poll::Pending => other.as_mut().poll(cx).map(First::Other),
    })
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::{First, first};

    fn poll<T>(work: impl Future<Output = T>) -> Poll<T> {
        pin!(work).poll(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn the_first_to_be_ready_wins_and_the_one_before_the_other() {
        assert_eq!(
            poll(first(pin!(ready(1)), pin!(ready('b')))),
            Poll::Ready(First::One(1))
        );
        assert_eq!(
            poll(first(pin!(pending::<u8>()), pin!(ready('b')))),
            Poll::Ready(First::Other('b'))
        );
        assert_eq!(
            poll(first(pin!(pending::<u8>()), pin!(pending::<char>()))),
            Poll::Pending
        );
    }

    #[test]
    fn what_lost_can_be_waited_for_again() {
        let mut is_late = true;
        let mut late = pin!(std::future::poll_fn(move |_| {
            if std::mem::take(&mut is_late) {
                Poll::Pending
            } else {
                Poll::Ready(2)
            }
        }));
        assert_eq!(
            poll(first(late.as_mut(), pin!(ready(())))),
            Poll::Ready(First::Other(()))
        );
        assert_eq!(
            poll(first(late.as_mut(), pin!(pending::<()>()))),
            Poll::Ready(First::One(2))
        );
    }
}
