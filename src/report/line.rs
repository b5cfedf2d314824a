//! Lines of text for a terminal: wrapped, marked, and cleared of what could steer it.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt::Write as _;

use owo_colors::OwoColorize as _;

use crate::diff::{Place, State};
use crate::template::setup::SetupPage;

use super::words;

/// How wide the running text is, in characters.
const WIDTH: usize = 100;

/// Ends a line at which running text was broken, so that `fit` may break it elsewhere. It is a
/// colour that changes nothing: what takes out colours takes it out too.
pub(super) const BROKEN: &str = "\u{1b}[10m";

/// Begins a line that is never broken: one of a file.
pub(super) const WHOLE: &str = "\u{1b}[10;10m";

/// What an answer is shown with.
pub(super) struct Look<'r> {
    pub(super) instance_url: Option<&'r str>,
    pub(super) full: bool,
    /// What was said, so that it is said once.
    pub(super) told: RefCell<BTreeSet<String>>,
}

impl Look<'_> {
    /// Says whether something was not said yet, and notes that it is now.
    pub(super) fn is_first(&self, text: &str) -> bool {
        self.told.borrow_mut().insert(text.to_owned())
    }
}

/// Writes one line.
pub(super) fn line(out: &mut String, text: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(out, "{text}");
}

/// Writes running text under a label.
pub(super) fn paragraph(out: &mut String, indent: usize, label: &str, text: &str) {
    let shown = if label.is_empty() { String::new() } else { label.dimmed().to_string() };
    hanging(out, indent, (&shown, label.len()), text);
}

/// Writes running text behind the mark of a state.
pub(super) fn marked(out: &mut String, indent: usize, state: State, text: &str) {
    hanging(out, indent, (&format!("{} ", mark(state)), 2), text);
}

/// Writes running text behind a head that takes so many columns.
fn hanging(out: &mut String, indent: usize, (head, width): (&str, usize), text: &str) {
    let margin = " ".repeat(indent);
    let mut current = String::new();
    let mut is_first = true;
    let mut flush = |current: &mut String, end: &str| {
        let head = if is_first { head.to_owned() } else { " ".repeat(width) };
        line(out, &format!("{margin}{head}{current}{end}"));
        is_first = false;
        current.clear();
    };
    for word in clean(text).split_whitespace() {
        let length = indent + width + current.chars().count() + 1 + word.chars().count();
        if !current.is_empty() && length > WIDTH {
            flush(&mut current, BROKEN);
        }
        if !current.is_empty() {
            current.push(' ');
        }
        current.push_str(word);
    }
    if !current.is_empty() {
        flush(&mut current, "");
    }
}

/// Writes the page of Setup on which a person sees or sets something. `instance_url` is where the
/// org lives.
pub(super) fn in_setup(out: &mut String, page: &SetupPage, instance_url: Option<&str>) {
    let url = page.url(instance_url).map_or_else(String::new, |url| format!("  {url}"));
    let words = format!("Setup, Quick Find \"{}\"{}", page.quick_find, clean(&url));
    line(out, &format!("      {}{words}", "in: ".dimmed()));
}

/// The mark of a state, which carries its meaning; colour only repeats it.
pub(super) fn mark(state: State) -> String {
    let mark = words::mark(state);
    match state {
        State::InSync => mark.green().to_string(),
        State::Differs | State::Missing => mark.yellow().bold().to_string(),
        State::NotObserved => mark.cyan().to_string(),
        State::Manual => mark.magenta().bold().to_string(),
        State::Waived => mark.dimmed().to_string(),
    }
}

/// Where something stands in a file, as the end of its line; nothing where nobody has looked.
pub(super) fn at(place: Option<&Place>) -> String {
    place.map(|place| format!("  {}", clean(&place.to_string()).dimmed())).unwrap_or_default()
}

/// Says whether a character turns the text around it: one can make a name read as another.
fn turns_text(character: char) -> bool {
    matches!(
        character,
        '\u{61c}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{2028}'
            | '\u{2029}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
    )
}

/// Writes what could steer a terminal, or make text read as another, as `\u` and its number, in
/// whatever way it came into an answer; colours and lines stay. In JSON, where such characters
/// stand in strings alone, the value is the same.
pub fn harmless(text: &str) -> Cow<'_, str> {
    let is_plain = |c: char| c == '\n' || c == '\t' || !(c.is_control() || turns_text(c));
    if text.chars().all(is_plain) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(character) = rest.chars().next() {
        let kept = kept(rest);
        if kept > 0 {
            out.push_str(&rest[..kept]);
            rest = &rest[kept..];
            continue;
        }
        if is_plain(character) {
            out.push(character);
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "\\u{:04x}", u32::from(character));
        }
        rest = &rest[character.len_utf8()..];
    }
    Cow::Owned(out)
}

/// The same for text of which nothing is this program's own: not even a colour stays, and a line
/// ends in one way.
pub(super) fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.replace("\r\n", "\n").chars() {
        if character == '\n'
            || character == '\t'
            || !(character.is_control() || turns_text(character))
        {
            out.push(character);
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "\\u{:04x}", u32::from(character));
        }
    }
    out
}

/// How many bytes at the beginning of a text are this program's own: a colour (`ESC [ .. m`), or
/// the end of a line as Windows has it.
fn kept(text: &str) -> usize {
    if text.starts_with("\r\n") {
        return 2;
    }
    let Some(colour) = text.strip_prefix("\u{1b}[") else { return 0 };
    let digits = colour.bytes().take_while(|byte| byte.is_ascii_digit() || *byte == b';').count();
    if colour[digits..].starts_with('m') { 2 + digits + 1 } else { 0 }
}

/// Takes out what could steer a terminal: an org's labels are somebody else's text. Lines are
/// joined by a space.
pub fn clean(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' | '\r' | '\t' if cleaned.is_empty() || cleaned.ends_with(' ') => {}
            '\n' | '\r' | '\t' => cleaned.push(' '),
            character if character.is_control() || turns_text(character) => {
                cleaned.push('\u{fffd}');
            }
            character => cleaned.push(character),
        }
    }
    cleaned
}

/// Says whether an address may be a link: one that a browser opens as a page, and nothing else.
pub(super) fn is_page(address: &str) -> bool {
    address.starts_with("https://") || address.starts_with("http://")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_escape_sequence_in_a_label_is_shown_not_obeyed() {
        assert_eq!(clean("a\u{1b}[2Jb"), "a\u{fffd}[2Jb");
    }

    #[test]
    fn what_steers_or_turns_text_is_shown_as_its_number() {
        let text = "a\u{9b}2Jb \u{202e}evil\u{2069} \u{1b}]0;x\u{7}";
        assert_eq!(harmless(text), "a\\u009b2Jb \\u202eevil\\u2069 \\u001b]0;x\\u0007");
        assert_eq!(clean("a\u{9b}b\u{202e}c"), "a\u{fffd}b\u{fffd}c");
        for own in ["\u{1b}[1;31mred\u{1b}[0m\nline\tx\r\n", "Größe, 東京, é"] {
            assert_eq!(harmless(own), own);
        }
        // The value of a JSON string is the same.
        let value = serde_json::json!({ "a\u{202e}": "b\u{9b}" });
        let text = value.to_string();
        assert_ne!(harmless(&text), text);
        assert_eq!(serde_json::from_str::<serde_json::Value>(&harmless(&text)).unwrap(), value);
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
        let out = anstream::adapter::strip_str(&out).to_string();
        assert!(out.lines().all(|line| line.starts_with("  word") && line.len() <= WIDTH));
    }
}
