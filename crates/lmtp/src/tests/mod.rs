//! What is said and answered, as tables.

mod additions;
mod conversations;
mod dots;
mod replies;

use crate::{Conversation, MailTransaction, Reply, Step, Terms};

/// A size that tests reach.
const MESSAGE_BYTES_MAX: usize = 100;

fn terms() -> Terms {
    Terms {
        node: "node1".to_owned(),
        message_bytes_max: MESSAGE_BYTES_MAX,
        names_submitters: false,
        may_start_tls: false,
    }
}

/// What was heard, and what was to be delivered.
#[derive(Debug, Default, PartialEq, Eq)]
struct Played {
    replies: String,
    letters: Vec<MailTransaction<()>>,
    is_closed: bool,
}

impl Played {
    /// The codes of the replies, without the greeting; of a reply in several lines the last.
    fn codes(&self) -> Vec<&str> {
        let lines = self.replies.lines().skip(1);
        let last = lines.filter(|line| line.as_bytes().get(3) == Some(&b' '));
        last.filter_map(|line| line.get(..3)).collect()
    }
}

/// Plays what a client says, in pieces of so many bytes. Whoever is called `nobody` does not exist, and letters to
/// `full` are refused.
fn play_in_pieces(terms: Terms, said: &[u8], piece_bytes: usize) -> Played {
    let mut out = Vec::new();
    let mut played = Played::default();
    let mut conversation = Conversation::new(terms, &mut out);
    let mut pieces = said.chunks(piece_bytes);
    loop {
        match conversation.step(&mut out) {
            Step::Hungry => match pieces.next() {
                Some(piece) => conversation.feed(piece),
                None => break,
            },
            Step::Recipient(path) if path.starts_with("nobody") => {
                conversation.recipient(Err(Reply::UnknownRecipient), &mut out);
            }
            Step::Recipient(_) => conversation.recipient(Ok(()), &mut out),
            Step::Deliver(transaction) => {
                let replies: Vec<Reply> = transaction
                    .recipients
                    .iter()
                    .map(|recipient| match recipient.path.starts_with("full") {
                        true => Reply::OverQuota,
                        false => Reply::Delivered,
                    })
                    .collect();
                conversation.delivered(&replies, &mut out);
                played.letters.push(transaction);
            }
            Step::StartTls => conversation.tls_begins(),
            Step::Close => {
                played.is_closed = true;
                break;
            }
        }
    }
    played.replies = String::from_utf8(out).unwrap();
    played
}

/// Plays what a client says, cut in all ways that matter.
fn play(terms: &Terms, said: &[u8]) -> Played {
    let whole = play_in_pieces(terms.clone(), said, usize::MAX);
    for piece_bytes in [1, 2, 3, 7] {
        let cut = play_in_pieces(terms.clone(), said, piece_bytes);
        assert_eq!(whole, cut, "in pieces of {piece_bytes}");
    }
    whole
}
