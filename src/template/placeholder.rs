//! The `{names}` in patterns: which parameter each stands for, and which part of its value.

use crate::metadata::change_event::{change_event, member_name};
use crate::metadata::value::Value;

/// Finds the `{names}` in a pattern, each with its offset.
pub(crate) fn placeholders(pattern: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(open) = pattern[at..].find('{').map(|offset| at + offset) {
        let Some(length) = pattern[open..].find('}') else {
            break;
        };
        found.push((open, &pattern[open + 1..open + length]));
        at = open + length + 1;
    }
    found
}

/// Puts a word in place of every placeholder, so that a pattern can be read as the path or fact
/// that it will be.
pub(crate) fn fill(pattern: &str, word: &str) -> String {
    let mut text = String::with_capacity(pattern.len());
    let mut at = 0;
    for (open, name) in placeholders(pattern) {
        text.push_str(&pattern[at..open]);
        text.push_str(word);
        at = open + name.len() + 2;
    }
    text.push_str(&pattern[at..]);
    text
}

/// The parameter of a placeholder, and the part of its value that is meant, where it is a part.
pub(crate) fn part_of(placeholder: &str) -> Option<(&str, Part)> {
    let (name, part) = placeholder.rsplit_once('.')?;
    let part = Part::ALL.into_iter().find(|(_, known)| *known == part)?.0;
    Some((name, part))
}

/// The parameter of a placeholder, be it its whole value or a part of it.
pub(crate) fn parameter_of(placeholder: &str) -> &str {
    part_of(placeholder).map_or(placeholder, |(name, _)| name)
}

/// A part of what a parameter holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Of a component its full name: `{holder.name}`.
    Name,
    /// Of a component its type: `{holder.type}`.
    Type,
    /// Of an object the event of its changes: `{objects.event}`.
    Event,
    /// Of an object the name of that event in the name of a channel's member: `{objects.member}`.
    Member,
}

impl Part {
    /// Every part with its name.
    const ALL: [(Self, &'static str); 4] = [
        (Self::Name, "name"),
        (Self::Type, "type"),
        (Self::Event, "event"),
        (Self::Member, "member"),
    ];

    /// Says whether it is a part of a component, and not of an object's name.
    pub(crate) fn is_of_component(self) -> bool {
        matches!(self, Self::Name | Self::Type)
    }

    /// Takes the part out of a value; out of each element of a list. None where it has no such.
    pub(super) fn of(self, value: &Value) -> Option<Value> {
        match value {
            Value::List(elements) => {
                elements.iter().map(|one| self.of_text(one)).collect::<Option<_>>().map(Value::List)
            }
            value => self.of_text(value.to_string().trim()).map(Value::Text),
        }
    }

    fn of_text(self, text: &str) -> Option<String> {
        let of_component = || text.split_once(':');
        match self {
            Self::Name => of_component().map(|(_, full_name)| full_name.to_owned()),
            Self::Type => of_component().map(|(type_name, _)| type_name.to_owned()),
            // Nothing has no event.
            Self::Event | Self::Member if text.is_empty() => Some(String::new()),
            Self::Event => Some(change_event(text)),
            Self::Member => Some(member_name(text)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_placeholder_names_a_parameter_or_a_part_of_one() {
        assert_eq!(part_of("holder.name"), Some(("holder", Part::Name)));
        assert_eq!(part_of("objects.event"), Some(("objects", Part::Event)));
        assert_eq!((part_of("objects.size"), part_of("objects")), (None, None));
        assert_eq!((parameter_of("objects.member"), parameter_of("x")), ("objects", "x"));
        let list = Value::List(vec!["Account".to_owned(), "Invoice__c".to_owned()]);
        let texts = |part: Part| part.of(&list).map(|list| list.elements());
        assert_eq!(
            texts(Part::Event),
            Some(vec!["AccountChangeEvent".to_owned(), "Invoice__ChangeEvent".to_owned()])
        );
        assert_eq!(
            texts(Part::Member),
            Some(vec!["AccountChangeEvent".to_owned(), "Invoice_ChangeEvent".to_owned()])
        );
        assert_eq!(texts(Part::Name), None);
        assert_eq!(Part::Event.of(&" ".into()), Some("".into()));
    }
}
