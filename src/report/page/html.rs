//! A template's page as one HTML file: no script, nothing that is loaded from elsewhere, every name
//! escaped.

use maud::{Markup, html};

use crate::report::html::shell::{self, link};
use crate::report::line::clean;

use super::{Ask, COMMANDS, OWNED, Page, PageStep, made_with};

/// Writes a page.
pub fn render(page: &Page<'_>) -> String {
    let template = page.template;
    let title = format!("{}: setting up Salesforce", clean(&template.title));
    let body = html! {
        main {
            h1 { (title) }
            p class="source" {
                "After " (link(&template.source, &template.source))
                @if let Some(revision) = &template.revision { ", revision " (clean(revision)) }
                ", read " (clean(&template.reviewed)) ". Template "
                code { (clean(&template.name)) } " " (clean(&template.version)) "."
            }
            @if let Some(words) = page.signs_in() { p { (words) } }
            @for warning in &page.warnings { p class="warning" { (clean(warning)) } }
            @if !page.values.is_empty() {
                h2 { "This page is for" }
                dl {
                    @for (name, value) in &page.values {
                        dt { code { (clean(name)) } } dd { (clean(value)) }
                    }
                }
            }
            @if !page.parameters.is_empty() {
                h2 { "What to know beforehand" }
                dl {
                    @for (name, title, kind) in &page.parameters {
                        dt { code { (clean(name)) } }
                        dd { (clean(title)) " " small { (clean(kind)) } }
                    }
                }
            }
            h2 { "Steps" }
            @for (index, one) in page.steps.iter().enumerate() { (step(index + 1, one)) }
            @for dropped in &template.dropped {
                p { "Left out: " (clean(&dropped.title)) " (" (clean(&dropped.reason)) ")" }
            }
            (by_hand(&page.by_hand()))
            h2 { "Check it, and set it right" }
            p { (COMMANDS) }
            ul { @for command in &page.commands { li { code { (clean(command)) } } } }
            @if !page.owned.is_empty() {
                p { (OWNED) }
                ul {
                    @for (component, parts) in &page.owned {
                        li { code { (clean(component)) } ": " (clean(parts)) }
                    }
                }
            }
        }
    };
    shell::page(&title, &body, false)
}

fn by_hand(steps: &[(usize, &str)]) -> Markup {
    html! {
        @if !steps.is_empty() {
            h2 { "What no deploy can do, in whole or in part" }
            ul {
                @for (number, title) in steps {
                    li { a href={ "#step-" (number) } { (number) ". " (clean(title)) } }
                }
            }
        }
    }
}

fn step(number: usize, one: &PageStep<'_>) -> Markup {
    let step = one.step;
    html! {
        section id={ "step-" (number) } {
            h3 {
                (number) ". " (clean(&step.title))
                @if one.is_recommended { " " em { "recommended" } }
                " " small { code { (clean(&step.id)) } }
            }
            @if let Some(why) = &step.why { p { (clean(why)) } }
            @if let Some(when) = &one.when { p class="when" { "Only when " (clean(when)) "." } }
            ul {
                @for ask in &one.asks { (asked(ask)) }
                @if let Some(create) = &step.create {
                    li {
                        "where " code { (clean(&create.component)) } " does not exist, it is made"
                        @if let Some(from) = &create.from { ", from " code { (clean(from)) } }
                        @for (index, with) in made_with(create).iter().enumerate() {
                            (if index == 0 { ": " } else { ", " }) code { (clean(with)) }
                        }
                    }
                }
            }
            dl {
                @if !one.setup.is_empty() {
                    dt { "Where" }
                    dd {
                        "Setup, Quick Find "
                        @for (index, page) in one.setup.iter().enumerate() {
                            @if index > 0 { " or " }
                            "“" (page.quick_find) "”"
                            @if let Some(path) = page.path { " " code { (path) } }
                        }
                    }
                }
                dt { "Who" } dd { (one.doers.join("; or ")) }
                @if let Some(docs) = &step.docs {
                    dt { "Asked by" } dd { (link(step.paragraph.as_ref().unwrap_or(docs), docs)) }
                }
                @if let Some(note) = &step.note { dt { "Note" } dd { (clean(note)) } }
            }
        }
    }
}

fn asked(ask: &Ask) -> Markup {
    html! {
        @match ask {
            Ask::Setting { words, setting, wanted, label } => li {
                @if let Some(words) = words { (clean(words)) ": " }
                code { (clean(setting)) } " " strong { (clean(wanted)) }
                @if let Some(label) = label { " (“" (clean(label)) "”)" }
            },
            Ask::Fact { words, wanted } => li {
                (clean(words)) ": " strong { (clean(wanted)) }
            },
            Ask::Hand { text, done } => li class="hand" {
                "By hand: " (clean(text))
                @if !done.is_empty() {
                    " " small { "done once:" }
                    ul { @for one in done { (asked(one)) } }
                }
            },
            Ask::Any(asks) => li { "one of:" ul { @for one in asks { (asked(one)) } } },
        }
    }
}
