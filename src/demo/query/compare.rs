//! Values held against one another: equal, before, like.

use std::cmp::Ordering;

use serde_json::{Value, json};

use super::super::id::same_id;
use super::super::soql::{Literal, Operator, Order};
use super::super::time;
use super::literal::Wanted;

/// Which of two values comes first.
pub(super) fn sorted(order: &Order, one: &Value, other: &Value) -> Ordering {
    match (one.is_null(), other.is_null()) {
        (true, true) => Ordering::Equal,
        (true, false) if order.nulls_last => Ordering::Greater,
        (true, false) => Ordering::Less,
        (false, true) if order.nulls_last => Ordering::Less,
        (false, true) => Ordering::Greater,
        (false, false) => {
            let ordering = compare(one, other);
            if order.descending { ordering.reverse() } else { ordering }
        }
    }
}

/// Whether a value is as a condition wants it.
pub(super) fn satisfies(value: &Value, operator: Operator, wanted: &Wanted) -> bool {
    let literal = match wanted {
        Wanted::Value(literal) => literal,
        Wanted::Period(start, end) => {
            let time = value.as_str().and_then(time::parse);
            return match (operator, time) {
                (Operator::NotEqual, None) => true,
                (_, None) | (Operator::Like, _) => false,
                (Operator::Equal, Some(time)) => (*start..*end).contains(&time),
                (Operator::NotEqual, Some(time)) => !(*start..*end).contains(&time),
                (Operator::Less, Some(time)) => time < *start,
                (Operator::LessOrEqual, Some(time)) => time < *end,
                (Operator::Greater, Some(time)) => time >= *end,
                (Operator::GreaterOrEqual, Some(time)) => time >= *start,
            };
        }
    };
    let other = match literal {
        Literal::Null => Value::Null,
        Literal::Flag(flag) => (*flag).into(),
        Literal::Number(number) => json!(number),
        Literal::Text(text) | Literal::Time(text) | Literal::Period(text) => text.clone().into(),
    };
    match operator {
        Operator::Equal => equal(value, &other),
        Operator::NotEqual => !equal(value, &other),
        Operator::Like => match (value, literal) {
            (Value::String(text), Literal::Text(pattern)) => like(text, pattern),
            _ => false,
        },
        // Nothing is less or greater than null.
        _ if value.is_null() || other.is_null() => false,
        Operator::Less => compare(value, &other).is_lt(),
        Operator::LessOrEqual => compare(value, &other).is_le(),
        Operator::Greater => compare(value, &other).is_gt(),
        Operator::GreaterOrEqual => compare(value, &other).is_ge(),
    }
}

/// Text is compared without case, ids of 15 and 18 characters as one.
pub(super) fn equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::String(one), Value::String(other)) => {
            one.eq_ignore_ascii_case(other) || (one.len() == 18 && same_id(one, other))
        }
        (Value::Number(one), Value::Number(other)) => one.as_f64() == other.as_f64(),
        _ => one == other,
    }
}

pub(super) fn compare(one: &Value, other: &Value) -> Ordering {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            one.as_f64().partial_cmp(&other.as_f64()).unwrap_or(Ordering::Equal)
        }
        (Value::Bool(one), Value::Bool(other)) => one.cmp(other),
        _ => text_of(one).cmp(&text_of(other)),
    }
}

fn text_of(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// `%` is any text, `_` one character, a backslash takes their meaning away; case does not count.
pub(super) fn like(text: &str, pattern: &str) -> bool {
    let mut items = Vec::new();
    let mut characters = pattern.chars();
    while let Some(character) = characters.next() {
        items.push(match character {
            '%' => Glob::Any,
            '_' => Glob::One,
            '\\' => Glob::Exactly(characters.next().unwrap_or('\\')),
            other => Glob::Exactly(other),
        });
    }
    let text: Vec<char> = text.chars().collect();
    // Row by row: which beginnings of the text does the pattern so far match?
    let mut reach = vec![false; text.len() + 1];
    reach[0] = true;
    for item in items {
        let mut next = vec![false; text.len() + 1];
        match item {
            Glob::Any => {
                let mut open = false;
                for (at, slot) in next.iter_mut().enumerate() {
                    open |= reach[at];
                    *slot = open;
                }
            }
            Glob::One | Glob::Exactly(_) => {
                for at in 0..text.len() {
                    let fits = match item {
                        Glob::Exactly(wanted) => text[at].to_lowercase().eq(wanted.to_lowercase()),
                        Glob::One | Glob::Any => true,
                    };
                    next[at + 1] = reach[at] && fits;
                }
            }
        }
        reach = next;
    }
    reach[text.len()]
}

enum Glob {
    Any,
    One,
    Exactly(char),
}
