//! A comment that never grows beyond what a comment may hold: what does not fit is counted, and the
//! end says how much that is.

use super::escape::quiet_in_html;

/// GitHub takes 65,536 characters; bytes are never fewer than these, and a pipeline may set a line or
/// two above.
pub(super) const LIMIT: usize = 65_000;

/// What the end may need: the tags that close what is open, and how much there is more.
const RESERVED: usize = 300;

/// So long may a text be before the first finding; orgs and templates are named there.
const HEAD: usize = 400;

/// A comment while it is written.
#[derive(Debug, Default)]
pub(in crate::report) struct Comment {
    text: String,
    /// Findings that did not fit.
    left_out: usize,
    /// Whether something did not fit: then nothing after it is written, so that the order holds.
    is_full: bool,
}

impl Comment {
    /// Writes a block if there is room.
    pub(in crate::report) fn push(&mut self, block: &str) -> bool {
        if self.is_full || self.text.len() + block.len() > LIMIT - RESERVED {
            self.is_full = true;
            return false;
        }
        self.text.push_str(block);
        true
    }

    /// Writes folded details: what is shown of them, and findings of which as many as there is room
    /// for are written whole. Each stands for so many as it says.
    pub(in crate::report) fn fold(&mut self, summary: &str, parts: &[(usize, String)]) {
        let head = format!("<details><summary>{}</summary>\n\n", quiet_in_html(&short(summary)));
        let first = parts.first().map_or(0, |(_, part)| part.len());
        let all = || parts.iter().map(|(count, _)| count).sum::<usize>();
        let is_room = self.text.len() + head.len() + first <= LIMIT - RESERVED;
        if self.is_full || !is_room {
            self.is_full = true;
            self.left_out += all();
            return;
        }
        self.text.push_str(&head);
        for (count, part) in parts {
            if !self.push(part) {
                self.left_out += count;
            }
        }
        // Within what is reserved.
        self.text.push_str("\n</details>\n\n");
    }

    /// Ends it, and says what is not in it.
    pub(in crate::report) fn end(mut self) -> String {
        if self.is_full {
            let more = match self.left_out {
                0 => "What follows does not fit into a comment".to_owned(),
                1 => "1 more finding does not fit into a comment".to_owned(),
                count => format!("{count} more findings do not fit into a comment"),
            };
            self.text.push_str(&more);
            self.text.push_str("; `--format html` or `json` has all of it.\n");
        }
        let end = self.text.trim_end().len();
        self.text.truncate(end);
        self.text.push('\n');
        self.text
    }
}

/// A text of the head, cut short where it is very long.
pub(super) fn short(text: &str) -> String {
    if text.chars().count() <= HEAD {
        return text.to_owned();
    }
    text.chars().take(HEAD).chain([' ', '.', '.']).collect()
}
