//! The values of a condition: which a field takes, and in which words an org refuses the others.

use super::super::id::is_id;
use super::super::refusal::{Refusal, refuse};
use super::super::soql::{Literal, Operator};
use super::super::time::{parse, period};

/// A value that a field's is compared with.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Wanted {
    Value(Literal),
    /// From a millisecond to the first after the period.
    Period(u64, u64),
}

/// Reads a value for a field of a type; `place` says where in the query the field stands.
pub(super) fn wanted(
    literal: &Literal,
    (field, kind): (&str, &str),
    operator: Operator,
    now: u64,
    place: &str,
) -> Result<Wanted, Refusal> {
    let wrong = |quotes: &str, word: &str| {
        Err(refuse(
            "INVALID_FIELD",
            format!(
                "{place}value of filter criterion for field '{field}' must be of type {word} and \
                 should {quotes}be enclosed in quotes"
            ),
        ))
    };
    if *literal == Literal::Null {
        return Ok(Wanted::Value(Literal::Null));
    }
    match (kind, literal) {
        ("id" | "reference", _) if operator == Operator::Like => Err(refuse(
            "INVALID_QUERY_FILTER_OPERATOR",
            format!("{place}invalid operator on id field"),
        )),
        ("id" | "reference", Literal::Text(id)) if !id.is_empty() && !is_id(id) => {
            Err(refuse("INVALID_QUERY_FILTER_OPERATOR", format!("{place}invalid ID field: {id}")))
        }
        ("id" | "reference" | "string", Literal::Text(_))
        | ("boolean", Literal::Flag(_))
        | ("int", Literal::Number(_)) => Ok(Wanted::Value(literal.clone())),
        ("datetime", Literal::Time(text)) => match parse(text) {
            Some(time) => Ok(Wanted::Period(time, time + 1)),
            None => wrong("not ", "dateTime"),
        },
        ("datetime", Literal::Period(word)) => match period(word, now) {
            Some((start, end)) => Ok(Wanted::Period(start, end)),
            None => wrong("not ", "dateTime"),
        },
        ("id" | "reference" | "string", _) => wrong("", "string"),
        ("datetime", _) => wrong("not ", "dateTime"),
        ("boolean" | "int", _) => wrong("not ", kind),
        _ => Ok(Wanted::Value(literal.clone())),
    }
}
