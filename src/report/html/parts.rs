//! The parts of which a checklist and a plan's page are made: what to do, the picture of the whole,
//! pages of Setup, boxes to tick, files on demand.

use maud::{Markup, html};

use crate::diff::State;
use crate::report::guide::Page;
use crate::report::line::is_page;
use crate::report::plan::FileChange;
use crate::report::words::{mark, quoted, word};

use super::shell::link;

/// A state as a mark and a word, in its colour.
pub(in crate::report) fn badge(state: State) -> Markup {
    html! {
        span class={ "badge " (state.name()) } {
            span aria-hidden="true" { (mark(state)) } " " (word(state))
        }
    }
}

/// Running text, in which what stands between back quotes is code.
pub(in crate::report) fn prose(text: &str) -> Markup {
    html! {
        @for (index, piece) in quoted(text).into_iter().enumerate() {
            @if index % 2 == 1 { code { (piece) } } @else { (piece) }
        }
    }
}

/// How wide the picture is in its own units.
const WIDTH: usize = 1000;

/// The counts as a bar with a legend, which says the same in words.
pub(super) fn bar(counts: &[(State, usize)], summary: &str) -> Markup {
    let total: usize = counts.iter().map(|(_, count)| count).sum();
    if total == 0 {
        return html! {};
    }
    let mut before = 0;
    let places = counts.iter().map(|(state, count)| {
        let start = before * WIDTH / total;
        before += count;
        (state, start, before * WIDTH / total - start)
    });
    let places: Vec<(&State, usize, usize)> = places.collect();
    html! {
        svg class="bar" viewBox={ "0 0 " (WIDTH) " 24" } preserveAspectRatio="none" role="img"
            aria-label=(summary) {
            @for (state, start, width) in places {
                rect class=(state.name()) x=(start) y="0" width=(width) height="24" {}
            }
        }
        ul class="legend" {
            @for (state, count) in counts {
                li { span class={ "swatch " (state.name()) } aria-hidden="true" { (mark(*state)) }
                    " " (word(*state)) ": " (count) }
            }
        }
    }
}

/// What to do now.
pub(super) fn next(sentences: &[impl AsRef<str>]) -> Markup {
    html! {
        @if !sentences.is_empty() {
            p class="lead" { "What to do now:" }
            ul class="next" { @for one in sentences { li { (prose(one.as_ref())) } } }
        }
    }
}

/// A box to tick, and how many are. Only a script can keep what was ticked.
pub(super) fn tick(key: &str, title: &str) -> Markup {
    html! {
        label class="tick" {
            input type="checkbox" data-key=(key);
            " Done" span class="unseen" { ": " (title) }
        }
    }
}

/// How much is ticked; the script says it.
pub(in crate::report) fn progress() -> Markup {
    html! { p class="progress" role="status" hidden {} }
}

/// The pages of Setup where it is done.
pub(super) fn pages(pages: &[Page]) -> Markup {
    html! {
        @for page in pages {
            p class="where" {
                "In Setup: Quick Find " span class="find" { (page.quick_find) }
                @if let Some(address) = &page.address {
                    " "
                    @if is_page(address) {
                        (link(&format!("Open {}", page.quick_find), address))
                    } @else {
                        code { (address) }
                    }
                }
            }
        }
    }
}

/// A label and running text, where there is any.
pub(super) fn labelled(label: &str, text: Option<&String>) -> Markup {
    html! {
        @if let Some(text) = text { p { span class="label" { (label) ":" } " " (prose(text)) } }
    }
}

/// Each file on demand.
pub(super) fn files(files: &[FileChange]) -> Markup {
    html! {
        @for file in files {
            details class="file" {
                summary { code { (file.path) } }
                pre tabindex="0" role="group" aria-label=(file.path) { code {
                    @for line in file.text.lines() { (changed(line)) "\n" }
                } }
            }
        }
    }
}

/// A line of a unified diff; its sign says what its colour repeats.
fn changed(line: &str) -> Markup {
    html! {
        @match line.as_bytes().first() {
            Some(b'+') => ins { (line) },
            Some(b'-') => del { (line) },
            _ => (line),
        }
    }
}
