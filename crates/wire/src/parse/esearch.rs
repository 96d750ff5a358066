//! ESEARCH (RFC 7377, 4).

use mail::limits::NOTIFY_WORDS_MAX;

use crate::command::{Body, Esearch, Sources};
use crate::lex::{Bad, Cursor, Lexed};
use crate::parse::filter::filter;
use crate::parse::search::{program_with_charset, returns};

/// `esearch = "ESEARCH" [SP esearch-source-opts] [SP search-return-opts] SP search-program`
pub(super) fn esearch(cursor: &mut Cursor<'_>) -> Lexed<Body> {
    let sources = if cursor.eat_text(" IN ") {
        Some(sources(cursor)?)
    } else {
        None
    };
    // Nothing arrives among results that are not kept up to date.
    let returns = returns(cursor)?.options;
    Ok(Body::Esearch(Esearch {
        sources,
        returns,
        key: program_with_charset(cursor, returns)?,
    }))
}

/// ```abnf
/// esearch-source-opts = "IN" SP "(" source-mbox [SP "(" scope-options ")"] ")"
/// source-mbox         = filter-mailboxes *(SP filter-mailboxes)
/// ```
///
/// There is no scope option so far.
fn sources(cursor: &mut Cursor<'_>) -> Lexed<Sources> {
    let mut sources = Sources::default();
    let mut words = 0;
    cursor.list(|cursor| {
        let word = cursor.word();
        if word == "SELECTED" {
            sources.selected = true;
            return Ok(());
        }
        let Some(filter) = filter(cursor, &word)? else {
            return Err(Bad::Expected("which mailboxes to search"));
        };
        words += 1 + filter.names().len();
        if words > NOTIFY_WORDS_MAX {
            return Err(Bad::TooMany(
                "filters and names of mailboxes",
                NOTIFY_WORDS_MAX,
            ));
        }
        sources.filters.push(filter);
        Ok(())
    })?;
    Ok(sources)
}
