//! A diagnosis as a page.

use maud::{Markup, html};

use super::{Block, Told, Why, picture, words};
use crate::diagnose::MomentKind;
use crate::report::html::parts::prose;
use crate::report::html::shell::{link, page};
use crate::report::line::clean;

/// Writes the page.
pub fn render(why: &Why<'_>) -> String {
    let told = Told::of(why);
    let title = match &why.org {
        Some(org) => format!("Why it stopped: {}", clean(&org.name)),
        None => "Why it stopped".to_owned(),
    };
    let body = html! {
        main {
            h1 { (title) }
            p class="sum" { (words_of(&told.headline)) }
            @if !told.about.is_empty() { p class="source" { (words_of(&told.about)) } }
            @for one in &told.error { p { (words_of(one)) } }
            (list("What to do now", &told.next))
            @if let Some(diagnosis) = why.diagnosis() { (picture::picture(why, diagnosis)) }
            (blocks(told.found_heading, &told.found, "missing"))
            (list("Of what it seldom comes", &told.rare))
            (list("Ruled out", &told.ruled_out))
            (blocks("In its way too", &told.in_the_way, "differs"))
            (blocks("Also wrong, and not what stopped it", &told.also, "differs"))
            (list("Steps of the template that are not so besides", &told.steps))
            @if let Some(fix) = &told.fix { p { "By package: " code { (clean(fix)) } } }
            (list("What could not be seen", &told.unseen))
            @if !told.moments.is_empty() {
                h2 { "What happened" }
                ul class="rows" {
                    @for one in &told.moments {
                        li {
                            span class={ "badge " (class(one.kind)) } { (words::of_kind(one.kind)) }
                            " " small { (clean(&one.at)) }
                            p { (words_of(&one.words)) }
                        }
                    }
                }
            }
        }
    };
    page(&title, &body, false)
}

/// Running text, clean.
fn words_of(text: &str) -> Markup {
    prose(&clean(text))
}

fn class(kind: MomentKind) -> &'static str {
    match kind {
        MomentKind::SignedIn | MomentKind::Called => "in-sync",
        MomentKind::Failed | MomentKind::Refused => "missing",
        MomentKind::Changed | MomentKind::Began | MomentKind::Drift => "differs",
        MomentKind::Granted => "manual",
    }
}

fn list(heading: &str, texts: &[String]) -> Markup {
    html! {
        @if !texts.is_empty() {
            h2 { (heading) }
            ul { @for one in texts { li { (words_of(one)) } } }
        }
    }
}

fn blocks(heading: &str, all: &[Block], class: &str) -> Markup {
    html! {
        @if !all.is_empty() {
            h2 { (heading) }
            @for one in all {
                div class={ "item " (class) } {
                    h3 { (words_of(&one.title)) }
                    @for (label, text) in one.rows() { (row(&words::capital(label), text)) }
                    @for way in &one.ways {
                        (row(&words::capital(way.label), &way.words))
                        @if let Some((quick_find, url)) = &way.page {
                            p class="where" {
                                "In Setup: Quick Find " span class="find" { (quick_find) }
                                @if let Some(url) = url.as_deref().filter(|url| is_whole(url)) {
                                    " " (link(&format!("Open {quick_find}"), url))
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Says whether an address has a host: without an org there is none to link to.
fn is_whole(url: &str) -> bool {
    url.contains("://")
}

fn row(label: &str, text: &str) -> Markup {
    html! { p { span class="label" { (label) ":" } " " (words_of(text)) } }
}
