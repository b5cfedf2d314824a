//! A plan as a page: what it changes, component by component, then what is left to a person.

use maud::{Markup, html};

use crate::plan::left::LeftKind;
use crate::report::sheet::{LeftGroup, Planned, PlannedSetting, Sheet};

use super::parts::{files, next, pages, progress, prose, tick};
use super::shell::{link, page};

/// How many settings of a component are shown before the rest is on demand.
const LISTED: usize = 40;

/// Writes the page.
pub(super) fn render(sheet: &Sheet) -> String {
    let body = html! {
        main {
            h1 { (sheet.title) }
            p class="sum" { (sheet.verdict) }
            (next(&sheet.next))
            (progress())
            (body(sheet))
        }
    };
    page(&sheet.title, &body, true)
}

/// Writes what it changes and what it leaves.
pub(in crate::report) fn body(sheet: &Sheet) -> Markup {
    html! {
        @if !sheet.components.is_empty() || !sheet.assignments.is_empty() {
            h2 { "What changes" }
            @for component in &sheet.components { (planned(component)) }
            (list(None, &sheet.assignments))
        }
        (list(
            Some("Administrator's rights that come along, by copying or because others need them"),
            &sheet.rights,
        ))
        (list(Some("What has no way back"), &sheet.doors))
        (left(&sheet.left))
        (list(Some("To be known"), &sheet.notes))
        @if !sheet.files.is_empty() { h2 { "File by file" } (files(&sheet.files)) }
    }
}

fn list(heading: Option<&str>, texts: &[String]) -> Markup {
    html! {
        @if !texts.is_empty() {
            @if let Some(heading) = heading { h2 { (heading) } }
            ul { @for text in texts { li { (prose(text)) } } }
        }
    }
}

fn planned(component: &Planned) -> Markup {
    let (class, word) = match component.sign {
        '+' => ("made", "is made"),
        '-' => ("deleted", "is deleted"),
        _ => ("changed", "is changed"),
    };
    let (shown, rest) = component.settings.split_at(component.settings.len().min(LISTED));
    html! {
        article class={ "item " (class) } {
            h3 {
                span class={ "badge " (class) } {
                    span aria-hidden="true" { (component.sign) } " " (word)
                }
                " " (component.title)
            }
            @if !component.fate.is_empty() && component.fate != word {
                p { "It " (component.fate) "." }
            }
            @if !shown.is_empty() {
                ul class="rows" { @for one in shown { (setting(one)) } }
            }
            @if !rest.is_empty() {
                details {
                    summary { "and " (rest.len()) " more" }
                    ul class="rows" { @for one in rest { (setting(one)) } }
                }
            }
            @if !component.copied.is_empty() {
                details {
                    summary { (component.copied.len()) " settings come by copying" }
                    ul { @for path in &component.copied { li { code { (path) } } } }
                }
            }
        }
    }
}

fn setting(setting: &PlannedSetting) -> Markup {
    let value = |value: Option<&String>, term: &str| {
        html! {
            div {
                dt { (term) }
                dd {
                    @match value {
                        Some(value) => code { (value) },
                        None => "nothing",
                    }
                }
            }
        }
    };
    html! {
        li {
            p class="setting" {
                code { (setting.setting) }
                @if setting.is_blind { " " small { "what is there was not seen" } }
                @if let Some(cause) = &setting.cause { " " small { (cause) } }
            }
            dl class="pair" {
                @if !setting.is_blind { (value(setting.from.as_ref(), "Now")) }
                (value(setting.to.as_ref(), "Then"))
            }
            @if let Some(cost) = setting.cost { p { span class="label" { "Security:" } " " (cost) } }
        }
    }
}

/// What is left, under the heading of its kind.
fn left(all: &[LeftGroup]) -> Markup {
    html! {
        @for groups in all.chunk_by(|one, other| one.kind == other.kind) {
            h2 { (groups[0].heading()) }
            @for group in groups {
                article class="item" {
                    @let title = match group.kind {
                        LeftKind::Manual => group.subjects.join("; "),
                        LeftKind::Open | LeftKind::NotObserved | LeftKind::InSync => {
                            group.reason.clone()
                        },
                    };
                    div class="top" {
                        h3 { (prose(&title)) }
                        @if group.is_to_do() { (tick(&group.key, &title)) }
                    }
                    @if group.kind == LeftKind::Manual {
                        p class="hand" { (prose(&group.reason)) }
                    } @else {
                        ul { @for subject in &group.subjects { li { (subject) } } }
                    }
                    (pages(&group.pages))
                    @for docs in &group.docs {
                        p class="docs" { (link(docs, docs)) }
                    }
                }
            }
        }
    }
}
