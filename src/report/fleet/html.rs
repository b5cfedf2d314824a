//! Many orgs as one page: the matrix, then each org folded, with what is not in sync in it.

use maud::{Markup, html};

use crate::diff::State;
use crate::report::guide::WORST_FIRST;
use crate::report::html::parts::{badge, prose};
use crate::report::html::shell::{link, page};
use crate::report::json::FindingRow;
use crate::report::line::clean;
use crate::report::words::{mark, word};

use super::part::Part;
use super::{Ended, Kept, Matrix, counts, looked_on, run_words, state, templates, title};

/// Writes the page. Where no org says when it was looked at, it was on this `day`.
pub fn render(part: &Part, orgs: &[Kept], day: &str) -> String {
    let title = title(orgs);
    let matrix = Matrix::of(orgs);
    let body = html! {
        main {
            h1 { (title) }
            p class="summary" {
                (counts(orgs)) ". "
                @if let Some(run) = run_words(part, orgs, day) { (run) "." }
                @else { "Looked at on " (looked_on(orgs, day)) "." }
            }
            (table(orgs, &matrix))
            (filters(orgs, &matrix))
            @for (index, org) in orgs.iter().enumerate() { (section(org, index)) }
            footer {
                @for one in templates(orgs) {
                    p {
                        "Template " code { (clean(&one.name)) } ", after "
                        (link(&one.source, &one.source)) ", read " (clean(&one.reviewed)) "."
                    }
                }
            }
        }
    };
    page(&title, &body, true)
}

/// Orgs by steps, each cell with its mark and its words.
fn table(orgs: &[Kept], matrix: &Matrix) -> Markup {
    html! {
        div class="matrix" { table {
            thead { tr {
                th scope="col" { "Org" }
                @for (at, column) in matrix.columns.iter().enumerate() {
                    th scope="col" title=(clean(&column.title)) { (at + 1) }
                }
            } }
            tbody {
                @for (index, (org, row)) in orgs.iter().zip(&matrix.rows).enumerate() {
                    tr {
                        th scope="row" { a href={ "#org-" (index) } { (clean(org.name())) } }
                        @if org.ended() == Ended::Failed {
                            td colspan=(matrix.columns.len().max(1)) { (clean(&org.verdict())) }
                        } @else {
                            @for (state, column) in row.iter().zip(&matrix.columns) {
                                @match state {
                                    Some(state) => td class=(state.name())
                                        title={ (clean(&column.title)) ": " (word(*state)) }
                                        { (mark(*state)) },
                                    None => td {},
                                }
                            }
                        }
                    }
                }
            }
        } }
        ol class="steps" {
            @for (at, column) in matrix.columns.iter().enumerate() {
                li {
                    (clean(&column.title)) " " small { code { (clean(&column.id)) } }
                    @for state in WORST_FIRST {
                        @let count = matrix.count(at, state);
                        @if count > 0 && state != State::InSync {
                            " " (badge(state)) " " (count)
                        }
                    }
                }
            }
        }
    }
}

/// What chooses what is shown; without a script all is.
fn filters(orgs: &[Kept], matrix: &Matrix) -> Markup {
    let has = |state: &State| matrix.rows.iter().flatten().any(|one| *one == Some(*state));
    html! {
        form class="filters" hidden {
            fieldset {
                legend { "Show what is" }
                @for state in WORST_FIRST.into_iter().filter(has).filter(|one| *one != State::InSync) {
                    label {
                        input type="checkbox" name="state" value=(state.name()) checked;
                        " " (word(state))
                    }
                }
            }
            label {
                "Org "
                select name="org" {
                    option value="" { "all" }
                    @for (index, org) in orgs.iter().enumerate() {
                        option value=(index) { (clean(org.name())) }
                    }
                }
            }
            label {
                "Step or setting "
                input type="search" name="step" list="steps" autocomplete="off";
            }
            datalist id="steps" {
                @for column in &matrix.columns { option value=(clean(&column.title)) {} }
            }
            p class="shown" role="status" {}
        }
    }
}

fn section(org: &Kept, index: usize) -> Markup {
    let is_open = |row: &&FindingRow<'static>| state(&row.state) != State::InSync;
    html! {
        section class="org" id={ "org-" (index) } data-org=(index) {
            h2 class=(if org.ended() == Ended::Well { "verdict well" } else { "verdict" }) {
                (clean(org.name())) ": " (clean(&org.verdict()))
            }
            @if let Some(hint) = org.org.error.as_ref().and_then(|error| error.hint.as_ref()) {
                p { (prose(&clean(hint))) }
            }
            @if org.findings().any(|row| is_open(&row)) {
                details {
                    summary { "What is not in sync" }
                    @for block in org.blocks().filter(|block| block.iter().any(|row| is_open(&row))) {
                        (item(block))
                    }
                }
            }
            @if !org.org.notes.is_empty() {
                details {
                    summary { "To be known" }
                    ul class="notes" { @for note in &org.org.notes { li { (prose(&clean(note))) } } }
                }
            }
            p class="about" {
                @if let Some(id) = org.id() { "Org " (clean(id)) }
                @if let Some(address) = &org.org.org.instance_url { ", " (link(address, address)) }
            }
        }
    }
}

/// A step with what is not in sync of it.
fn item(block: &[FindingRow<'static>]) -> Markup {
    let open: Vec<_> = block.iter().filter(|row| state(&row.state) != State::InSync).collect();
    let has = |state: &State| open.iter().any(|row| row.state == state.name());
    let states: Vec<State> = WORST_FIRST.into_iter().filter(has).collect();
    let worst = states.first().copied().unwrap_or(State::InSync);
    let names: Vec<&str> = states.iter().map(|state| state.name()).collect();
    let (_, title) = block[0].rule();
    let page = open.iter().find_map(|row| row.setup_url.as_deref());
    html! {
        article class={ "item " (worst.name()) } data-states=(names.join(" ")) {
            h3 { (badge(worst)) " " (clean(&title)) }
            ul class="rows" {
                @for row in &open {
                    li { (prose(&clean(row.told.as_deref().unwrap_or(&row.title)))) }
                }
            }
            @if let Some(page) = page { p { (link("Open in Setup", page)) } }
            @if let Some(docs) = &block[0].docs {
                p class="docs" { span class="label" { "Asked by:" } " " (link(docs, docs)) }
            }
        }
    }
}
