//! Lines and paragraphs for a person at a terminal, without what could steer it.

use std::fmt::Write as _;

use owo_colors::OwoColorize as _;

/// How wide the running text is, in characters.
const WIDTH: usize = 100;

pub(super) fn line(out: &mut String, text: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{text}");
}

/// Takes out what could steer a terminal: an org's labels are somebody else's text. Lines are
/// joined by a space.
pub fn clean(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' | '\r' | '\t' if cleaned.is_empty() || cleaned.ends_with(' ') => {}
            '\n' | '\r' | '\t' => cleaned.push(' '),
            character if character.is_control() => cleaned.push('\u{fffd}'),
            character => cleaned.push(character),
        }
    }
    cleaned
}

/// Writes running text below its label, wrapped.
pub(super) fn paragraph(out: &mut String, indent: usize, label: &str, text: &str) {
    let margin = " ".repeat(indent);
    let mut current = String::new();
    let mut is_first = true;
    let mut flush = |current: &mut String| {
        let head = if is_first { label.dimmed().to_string() } else { " ".repeat(label.len()) };
        let head = if label.is_empty() { String::new() } else { head };
        line(out, &format!("{margin}{head}{current}"));
        is_first = false;
        current.clear();
    };
    for word in clean(text).split_whitespace() {
        let length = indent + label.len() + current.chars().count() + 1 + word.chars().count();
        if !current.is_empty() && length > WIDTH {
            flush(&mut current);
        }
        if !current.is_empty() {
            current.push(' ');
        }
        current.push_str(word);
    }
    if !current.is_empty() {
        flush(&mut current);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_escape_sequence_in_a_label_is_shown_not_obeyed() {
        assert_eq!(clean("a\u{1b}[2Jb"), "a\u{fffd}[2Jb");
    }

    #[test]
    fn lines_of_an_orgs_message_are_joined() {
        assert_eq!(clean("first\r\n\tsecond \nthird"), "first second third");
    }

    #[test]
    fn paragraphs_wrap_under_their_label() {
        let mut out = String::new();
        paragraph(&mut out, 2, "", &"word ".repeat(40));
        assert!(out.lines().count() > 1);
        assert!(out.lines().all(|line| line.starts_with("  word") && line.len() <= WIDTH));
    }
}
