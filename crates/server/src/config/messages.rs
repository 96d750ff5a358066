//! How many messages one command may be about (RFC 9738), in `[limits]`.

use session::MessageLimit;

use super::form::Form;

pub(super) fn fill_message_limit(form: &mut Form) -> MessageLimit {
    let enforced: Option<u32> = form.take(
        "limits.messages_per_command",
        "",
        "Messages that one FETCH, SEARCH, STORE, MOVE, COPY, APPEND or UID EXPUNGE may be about. A client is \
         told where it was cut short (RFC 9738); one that does not understand sees the newest messages only. \
         Without it there is no bound.",
    );
    let announced: Option<u32> = form.take(
        "limits.messages_announced",
        "",
        "What is told as MESSAGELIMIT, if that is less than limits.messages_per_command: clients that \
         understand it ask for less, and the others notice nothing. At least 1000 is usual.",
    );
    let per_copy: Option<u32> = form.take(
        "limits.messages_per_copy",
        "",
        "Messages that one COPY or APPEND may be about, told as SAVELIMIT (RFC 9738), where nothing else is \
         bounded.",
    );
    for (key, limit) in [
        ("limits.messages_per_command", enforced),
        ("limits.messages_announced", announced),
        ("limits.messages_per_copy", per_copy),
    ] {
        form.check(limit != Some(0), key, "must be at least 1");
    }
    form.check(
        announced.is_none() || enforced.is_none() || announced <= enforced,
        "limits.messages_announced",
        "must not be above limits.messages_per_command",
    );
    let bounds_all = announced.or(enforced);
    form.check(
        bounds_all.is_none() || per_copy.is_none(),
        "limits.messages_per_copy",
        "stands where limits.messages_per_command and limits.messages_announced do not",
    );
    match (bounds_all, per_copy) {
        (Some(announced), _) => MessageLimit::Every {
            announced,
            enforced,
        },
        (None, Some(limit)) => MessageLimit::Saving(limit),
        (None, None) => MessageLimit::None,
    }
}
