//! Text laid out for a terminal: wrapped at its width, addresses made links.
//!
//! Renderers write for the widest reader. What they broke as running text is marked, and is broken
//! anew here; any other line is broken only where the terminal would break it, under its own text.
//! What a person copies (a command, a name in quotes, a path, an address) is never broken.

use std::borrow::Cow;

use textwrap::core::{Word, display_width};
use textwrap::wrap_algorithms::wrap_first_fit;

use super::line::{BROKEN, WHOLE};

/// What stands on a narrower terminal is wrapped as if it were this wide.
const NARROWEST: usize = 40;

/// The longest label, or first column, below whose text a line goes on.
const LABEL: usize = 32;

/// The longest text between quotes that stays together.
const QUOTED: usize = 60;

const RESET: &str = "\u{1b}[0m";

/// Lays text out at a width, in columns; where there is none, running text stays as wide as it was
/// written, and no other line is broken.
pub fn fitted(text: &str, width: Option<usize>) -> Cow<'_, str> {
    let Some(width) = width else {
        let is_marked = text.contains(BROKEN) || text.contains(WHOLE);
        return if is_marked {
            text.replace(BROKEN, "").replace(WHOLE, "").into()
        } else {
            text.into()
        };
    };
    let width = width.max(NARROWEST);
    let mut out = String::with_capacity(text.len());
    let mut lines = text.split('\n').peekable();
    while let Some(first) = lines.next() {
        if let Some(whole) = first.strip_prefix(WHOLE) {
            out.push_str(whole);
            out.push_str(if lines.peek().is_some() { "\n" } else { "" });
            continue;
        }
        let mut written = vec![first];
        while written.last().is_some_and(|line| line.ends_with(BROKEN)) {
            let Some(next) = lines.next() else { break };
            written.push(next);
        }
        let written: Vec<&str> =
            written.iter().map(|line| line.strip_suffix(BROKEN).unwrap_or(line)).collect();
        if written.iter().all(|line| display_width(line) <= width) {
            out.push_str(&written.join("\n"));
        } else {
            let hang = written.get(1).map_or_else(|| hang(first), |next| indent(next));
            let whole: Vec<&str> = std::iter::once(written[0])
                .chain(written[1..].iter().map(|line| line.trim_start()))
                .collect();
            broken(&mut out, &whole.join(" "), hang.min(width / 2), width);
        }
        if lines.peek().is_some() {
            out.push('\n');
        }
    }
    out.into()
}

/// How many rows of a terminal text takes.
pub fn rows(text: &str, width: usize) -> usize {
    text.lines().map(|line| display_width(line).div_ceil(width.max(1)).max(1)).sum()
}

/// Makes each address that stands in text a link to itself (OSC 8): also one that a terminal broke
/// is followed whole then. Nothing else becomes one, so that nobody is led elsewhere than they read.
pub fn linked(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = address(rest) {
        let (before, from) = rest.split_at(start);
        let is_of_it = |c: char| c.is_ascii_graphic() && !"\"<>`'\\^{|}".contains(c);
        let end = from.find(|c| !is_of_it(c)).unwrap_or(from.len());
        let url = from[..end].trim_end_matches(['.', ',', ';', ':', ')', '!', '?']);
        out.push_str(before);
        out.push_str("\u{1b}]8;;");
        out.push_str(url);
        out.push_str("\u{1b}\\");
        out.push_str(url);
        out.push_str("\u{1b}]8;;\u{1b}\\");
        rest = &from[url.len()..];
    }
    out.push_str(rest);
    out
}

/// Where the next address begins.
fn address(text: &str) -> Option<usize> {
    let starts = ["https://", "http://"].map(|scheme| text.find(scheme));
    starts.into_iter().flatten().min()
}

/// Writes a line over several, all but the first under `hang` columns.
fn broken(out: &mut String, line: &str, hang: usize, width: usize) {
    let words = words(line);
    let mut open = String::new();
    let widths = [width as f64, (width - hang) as f64];
    for (index, row) in wrap_first_fit(&words, &widths).into_iter().enumerate() {
        if index > 0 {
            // A pager begins each line without colour.
            out.push_str(if open.is_empty() { "" } else { RESET });
            out.push('\n');
            out.push_str(&" ".repeat(hang));
            out.push_str(&open);
        }
        let mut row = row.iter().peekable();
        while let Some(word) = row.next() {
            out.push_str(word.word);
            if row.peek().is_some() {
                out.push_str(word.whitespace);
            }
            note_colours(&mut open, word.word);
        }
    }
    // The answer to a question is not typed into its last word.
    out.push_str(words.last().map_or("", |word| word.whitespace));
}

/// Keeps in `open` the colours that are on after a piece of text.
fn note_colours(open: &mut String, text: &str) {
    let mut rest = text;
    while let Some(start) = rest.find('\u{1b}') {
        let end = rest[start..].find('m').map_or(rest.len(), |end| start + end + 1);
        match &rest[start..end] {
            RESET => open.clear(),
            colour => open.push_str(colour),
        }
        rest = &rest[end..];
    }
}

/// The pieces of a line between which it may be broken, each with the spaces behind it.
fn words(line: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let (mut start, mut word) = (0, 0);
    let mut at = 0;
    while let Some(character) = line[at..].chars().next() {
        let next = at + character.len_utf8();
        match character {
            '\u{1b}' => {
                at = line[at..].find('m').map_or(line.len(), |end| at + end + 1);
                continue;
            }
            ' ' => {
                let end = next + line[next..].bytes().take_while(|byte| *byte == b' ').count();
                let is_label = start == 0 && plain(&line[..at]).ends_with(':');
                if !is_label && may_break_after(&line[start..at], &line[word..at]) {
                    words.push(Word::from(&line[start..end]));
                    start = end;
                }
                word = end;
                at = end;
                continue;
            }
            '`' | '"' | '[' => {
                if let Some(length) = together(character, &line[word..at], &line[next..]) {
                    at = next + length;
                    continue;
                }
            }
            _ => {}
        }
        at = next;
    }
    if start < line.len() {
        words.push(Word::from(&line[start..]));
    }
    words
}

/// How far what was opened by a sign stays together; none where it does not.
fn together(sign: char, before: &str, rest: &str) -> Option<usize> {
    let before = plain(before);
    match sign {
        '`' => rest.find('`').map(|end| end + 1),
        '"' => rest.find('"').map(|end| end + 1).filter(|length| *length <= QUOTED),
        // The key of an entry in a path.
        _ if before.ends_with(|c: char| c.is_alphanumeric()) => rest.find(']').map(|end| end + 1),
        _ => None,
    }
}

/// Says whether a line may end here: not before its first word, nor between a sign and what it is
/// the sign of.
fn may_break_after(piece: &str, word: &str) -> bool {
    let word = plain(word);
    !plain(piece).trim().is_empty() && !is_mark(&word) && word != "->"
}

/// Says whether a word is one of the marks that carry a state.
fn is_mark(word: &str) -> bool {
    matches!(word, "=" | "~" | "+" | "-" | "!" | "?" | "w")
}

fn plain(text: &str) -> Cow<'_, str> {
    if text.contains('\u{1b}') {
        anstream::adapter::strip_str(text).to_string().into()
    } else {
        text.into()
    }
}

fn indent(line: &str) -> usize {
    let line = plain(line);
    line.len() - line.trim_start_matches(' ').len()
}

/// The column under which a line goes on: that of its text, behind a mark, a number, a label or a
/// first column.
fn hang(line: &str) -> usize {
    let line = plain(line);
    let indent = indent(&line);
    let text = &line[indent..];
    let first = text.split(' ').next().unwrap_or_default();
    let is_number =
        |word: &str| word.strip_suffix('.').is_some_and(|digits| digits.parse::<u32>().is_ok());
    if is_mark(first) {
        return indent + if indent == 0 { 2 } else { 4 };
    }
    if is_number(first) {
        return indent + first.len() + 1;
    }
    let label = text.find(": ").filter(|end| {
        *end < LABEL && text[..*end].chars().all(|c| c.is_ascii_lowercase() || c == ' ')
    });
    if let Some(end) = label {
        return indent + end + 2;
    }
    let column = text.find("  ").map(|gap| text[..gap].chars().count() + leading(&text[gap..]));
    match column.filter(|column| indent > 0 && *column <= LABEL) {
        Some(column) => indent + column,
        None if indent > 0 => indent + 2,
        None => 0,
    }
}

fn leading(text: &str) -> usize {
    text.len() - text.trim_start_matches(' ').len()
}

#[cfg(test)]
mod tests;
