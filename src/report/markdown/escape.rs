//! Text in Markdown that stays text: nothing in it is markup, and where GitHub reads it nothing
//! mentions anybody, refers to anything or becomes a link.

use std::fmt::Write as _;

use crate::report::line::{clean, is_page};
use crate::report::words::quoted;

/// Text in which nothing is markup.
pub(in crate::report) fn text(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    clean(raw).chars().for_each(|character| escaped(&mut out, character));
    out
}

fn escaped(out: &mut String, character: char) {
    match character {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '!' => {
            out.extend(['\\', character]);
        }
        other => out.push(other),
    }
}

/// Text in which nothing is markup, and that stays text where GitHub reads it.
pub(in crate::report) fn quiet(raw: &str) -> String {
    broken(raw, true, escaped)
}

/// The same of running text, in which what stands between back quotes is code.
pub(in crate::report) fn prose(raw: &str) -> String {
    let cleaned = clean(raw);
    let pieces = quoted(&cleaned).into_iter().enumerate();
    pieces.map(|(index, piece)| if index % 2 == 1 { code(piece) } else { quiet(piece) }).collect()
}

/// The same inside of an HTML tag's content, where Markdown is not read.
pub(super) fn quiet_in_html(raw: &str) -> String {
    broken(raw, false, |out, character| match character {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '"' => out.push_str("&quot;"),
        '`' => out.push_str("&#96;"),
        other => out.push(other),
    })
}

/// A space of no width: what GitHub would take for a name, a number or an address is two words.
const BREAK: &str = "&#8203;";

/// So many hexadecimal digits in a row may be a commit's.
const COMMIT: usize = 7;

/// `is_block` says whether it may stand at the beginning of a block of Markdown.
fn broken(raw: &str, is_block: bool, escape: impl Fn(&mut String, char)) -> String {
    let cleaned = clean(raw);
    let characters: Vec<char> = cleaned.chars().collect();
    let mut out = String::with_capacity(cleaned.len());
    let mut digits = 0;
    for (index, character) in characters.iter().copied().enumerate() {
        let before = index.checked_sub(1).map_or(' ', |at| characters[at]);
        let after = characters.get(index + 1).copied().unwrap_or(' ');
        digits = if character.is_ascii_hexdigit() { digits + 1 } else { 0 };
        if digits == COMMIT {
            out.push_str(BREAK);
            digits = 1;
        }
        let is_first = || characters[..index].iter().all(char::is_ascii_digit);
        match character {
            // Mathematics begin and end so.
            '$' => out.push_str("<span>$</span>"),
            // At the beginning of a block these make a list, a heading, a line.
            '-' | '+' | '=' if is_block && index == 0 => number(&mut out, character),
            '.' | ')' if is_block && index > 0 && is_first() => number(&mut out, character),
            other => escape(&mut out, other),
        }
        let is_broken = match character {
            // A person or an address of mail; an address, or `:sign:`.
            '@' | ':' => !after.is_whitespace(),
            // An issue, here or elsewhere.
            '#' => after.is_ascii_digit(),
            // `GH-1`, and other trackers' numbers.
            '-' => before.is_alphabetic() && after.is_ascii_digit(),
            'w' | 'W' => after == '.' && before.eq_ignore_ascii_case(&'w'),
            _ => false,
        };
        if is_broken {
            out.push_str(BREAK);
        }
    }
    out
}

/// A character by its number, so that it is text.
fn number(out: &mut String, character: char) {
    // Writing to a String cannot fail.
    let _ = write!(out, "&#{};", u32::from(character));
}

/// Text as code; the fence is longer than any in it.
pub(in crate::report) fn code(raw: &str) -> String {
    let raw = clean(raw);
    if raw.trim().is_empty() {
        return "(empty)".to_owned();
    }
    let fence = "`".repeat(longest_fence(&raw) + 1);
    let space = if fence.len() > 1 { " " } else { "" };
    format!("{fence}{space}{raw}{space}{fence}")
}

/// The lines of a file as a block of code.
pub(super) fn block(language: &str, lines: &str) -> String {
    let fence = "`".repeat(longest_fence(lines).max(2) + 1);
    format!("{fence}{language}\n{}\n{fence}\n", lines.trim_end_matches('\n'))
}

/// How many back quotes stand in a row at most.
fn longest_fence(raw: &str) -> usize {
    let (mut longest, mut run) = (0, 0);
    for character in raw.chars() {
        run = if character == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

/// A link where the address is a page's, else text.
pub(in crate::report) fn link(name: &str, address: &str) -> String {
    let is_plain = |character: char| !(character.is_whitespace() || "<>()\\`$".contains(character));
    if is_page(address) && clean(address) == address && address.chars().all(is_plain) {
        format!("[{}](<{address}>)", text(name))
    } else {
        text(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_stands_in_a_name_is_markup() {
        assert_eq!(
            text("<b>*a*_b_ [x](y) `c` | # &"),
            "&lt;b&gt;\\*a\\*\\_b\\_ \\[x\\](y) \\`c\\` \\| \\# &amp;"
        );
        assert_eq!(code("a`b``c"), "``` a`b``c ```");
        assert_eq!(code("plain"), "`plain`");
        assert_eq!(code(""), "(empty)");
        assert_eq!(link("a", "javascript:alert(1)"), "a");
        assert_eq!(link("a", "https://x.example/)("), "a");
        assert_eq!(link("a", "https://x.example/y#z"), "[a](<https://x.example/y#z>)");
        assert_eq!(block("xml", "a\n```\nb\n"), "````xml\na\n```\nb\n````\n");
    }

    #[test]
    fn what_github_makes_a_link_of_is_broken() {
        for (raw, shown) in [
            ("by @octocat", "by @&#8203;octocat"),
            ("fixes #1, a/b#12, GH-7", "fixes \\#&#8203;1, a/b\\#&#8203;12, GH-&#8203;7"),
            ("http://x.example", "http:&#8203;//x.example"),
            ("www.x.example", "www&#8203;.x.example"),
            ("it@x.example", "it@&#8203;x.example"),
            ("0123456789abcdef", "012345&#8203;678 9abcdef"),
            (":tada:", ":&#8203;tada:"),
            ("$x$", "<span>$</span>x<span>$</span>"),
            ("- a", "&#45; a"),
            ("1. a", "1&#46; a"),
            ("a - b, 2 * 3.", "a - b, 2 \\* 3."),
        ] {
            let shown = shown.replace("678 9abcdef", "6789ab&#8203;cdef");
            assert_eq!(quiet(raw), shown);
        }
        assert_eq!(prose("run `a @b` by @c"), "run `a @b` by @&#8203;c");
        assert_eq!(quiet_in_html("<b>*_@a\"</b>"), "&lt;b&gt;*_@&#8203;a&quot;&lt;/b&gt;");
    }
}
