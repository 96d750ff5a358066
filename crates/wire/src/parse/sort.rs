//! SORT (RFC 5256) with RETURN (RFC 5267), and THREAD (RFC 5256).

use crate::command::{
    Body, Direction, Numbering, SearchKey, SearchReturn, Sort, SortCriterion, SortKey,
    ThreadAlgorithm,
};
use crate::lex::{Bad, Cursor, Lexed};
use crate::parse::search::{Returns, charset, program, returns};

/// ```abnf
/// sort = "SORT" [SP "RETURN" SP "(" [search-return-opt *(SP search-return-opt)] ")"]
///        SP "(" sort-criterion *(SP sort-criterion) ")" SP search-criteria
/// ```
pub(super) fn sort(cursor: &mut Cursor<'_>, numbering: Numbering) -> Lexed<Body> {
    let Returns {
        options,
        attributes,
    } = returns(cursor)?;
    cursor.space()?;
    let criteria = cursor.list(criterion)?;
    Ok(Body::Sort(Sort {
        numbering,
        returns: options,
        attributes,
        criteria,
        key: search_criteria(cursor, options)?,
    }))
}

/// `thread = "THREAD" SP thread-alg SP search-criteria`
pub(super) fn thread(cursor: &mut Cursor<'_>, numbering: Numbering) -> Lexed<Body> {
    cursor.space()?;
    let algorithm = match cursor.word().as_str() {
        "ORDEREDSUBJECT" => ThreadAlgorithm::OrderedSubject,
        "REFERENCES" => ThreadAlgorithm::References,
        "REFS" => ThreadAlgorithm::Refs,
        _ => return Err(Bad::Expected("a way of threading that is offered")),
    };
    Ok(Body::Thread {
        numbering,
        algorithm,
        key: search_criteria(cursor, None)?,
    })
}

/// `search-criteria = charset 1*(SP search-key)`
fn search_criteria(cursor: &mut Cursor<'_>, returns: Option<SearchReturn>) -> Lexed<SearchKey> {
    cursor.space()?;
    charset(cursor, returns)?;
    program(cursor)
}

/// `sort-criterion = ["REVERSE" SP] sort-key`
fn criterion(cursor: &mut Cursor<'_>) -> Lexed<SortCriterion> {
    let mut word = cursor.word();
    let mut direction = Direction::Ascending;
    if word == "REVERSE" {
        direction = Direction::Descending;
        cursor.space()?;
        word = cursor.word();
    }
    let key = match word.as_str() {
        "ARRIVAL" => SortKey::Arrival,
        "CC" => SortKey::Cc,
        "DATE" => SortKey::Date,
        "DISPLAYFROM" => SortKey::DisplayFrom,
        "DISPLAYTO" => SortKey::DisplayTo,
        "FROM" => SortKey::From,
        "RELEVANCY" => SortKey::Relevancy,
        "SIZE" => SortKey::Size,
        "SUBJECT" => SortKey::Subject,
        "TO" => SortKey::To,
        _ => return Err(Bad::Expected("a sort key")),
    };
    Ok(SortCriterion { direction, key })
}
