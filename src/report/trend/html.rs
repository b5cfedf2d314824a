//! Drift over time as a page.

use maud::{Markup, PreEscaped, html};

use crate::report::html::shell::page;
use crate::report::line::clean;
use crate::report::plan::count;
use crate::trend::{Drift, Trend};

use super::{counts, ended, lasting, minute, plot, since, span, why_silent};

/// So many steps are drawn.
const DRAWN: usize = 20;

/// Writes the page.
pub fn render(trend: &Trend) -> String {
    let title = format!("Drift of {}", count(trend.orgs.len(), "org"));
    let drawn = &trend.steps[..trend.steps.len().min(DRAWN)];
    let body = html! {
        main {
            h1 { (title) }
            p class="summary" { (counts(trend)) ". " (span(trend)) "." }
            @if let Some(svg) = plot::days(&trend.days) {
                h2 { "Day by day" }
                (figure(&svg, "How many orgs had drifted and how many gave no answer, by day"))
                ul class="legend" {
                    li { span class="swatch differs" { "~" } " orgs with drift" }
                    li { span class="swatch not-observed" { "?" } " orgs without an answer" }
                }
            }
            (open(trend))
            (silent(trend))
            @if let Some(svg) = plot::steps(drawn) {
                h2 { "Steps that drift most" }
                (figure(&svg, "How often each step drifted, by its number in the table"))
                (steps(trend))
            }
            (left(trend))
            (over(trend))
            footer { p {
                "Times are in UTC, and those of looks: what a look found had begun at some time "
                "since the look before. What was not observed, and an org without an answer, "
                "neither begins nor ends a drift."
            } }
        }
    };
    page(&title, &body, false)
}

fn figure(svg: &str, words: &str) -> Markup {
    // Numbers and days alone stand in it, and no markup of anybody else's.
    html! { div class="plot" role="img" aria-label=(words) { (PreEscaped(svg)) } }
}

/// A table in which a row is wide.
fn table(words: &str, heads: &[&str], rows: &Markup) -> Markup {
    html! {
        // It is wider than a small screen, and so must be reached by who has no mouse.
        div class="matrix" tabindex="0" role="region" aria-label=(words) { table class="list" {
            thead { tr { @for head in heads { th scope="col" { (head) } } } }
            tbody { (rows) }
        } }
    }
}

fn step(trend: &Trend, drift: &Drift) -> Markup {
    html! { (clean(trend.title(&drift.step))) " " small { code { (clean(&drift.step)) } } }
}

fn open(trend: &Trend) -> Markup {
    let open = trend.open();
    let rows = html! {
        @for drift in &open {
            tr {
                th scope="row" { (clean(&drift.org)) }
                td class="step" { (step(trend, drift)) }
                td class="at" { (since(drift)) }
                td class="at" { (lasting(drift.last.duration_since(drift.found))) }
                td class="at" { (minute(drift.last)) }
            }
        }
    };
    html! {
        h2 { "Not as wanted" }
        @if open.is_empty() { p { "Nothing." } } @else {
            (table("Not as wanted", &["Org", "Step", "Since", "For", "Last seen"], &rows))
        }
    }
}

fn silent(trend: &Trend) -> Markup {
    let rows = html! {
        @for org in trend.silent() {
            tr {
                th scope="row" { (clean(&org.name)) }
                td class="at" { (org.answered.map_or_else(|| "never".to_owned(), minute)) }
                td class="at" { (minute(org.last)) }
                td class="step" { (clean(&org.silent.as_ref().map(why_silent).unwrap_or_default())) }
            }
        }
    };
    html! {
        @if trend.silent().next().is_some() {
            h2 { "Without an answer" }
            (table("Without an answer", &["Org", "Answered last", "Asked last", "Why"], &rows))
        }
    }
}

fn left(trend: &Trend) -> Markup {
    let rows = html! {
        @for org in trend.left() {
            tr {
                th scope="row" { (clean(&org.name)) }
                td class="at" { (minute(org.last)) }
                td { (org.open) }
            }
        }
    };
    html! {
        @if trend.left().next().is_some() {
            h2 { "Not asked any more" }
            (table("Not asked any more", &["Org", "Asked last", "Steps not as wanted then"], &rows))
        }
    }
}

fn steps(trend: &Trend) -> Markup {
    let rows = html! {
        @for (at, total) in trend.steps.iter().enumerate() {
            tr {
                th scope="row" { (at + 1) }
                td class="step" { (clean(&total.title)) " " small { code { (clean(&total.id)) } } }
                td { (total.drifts) }
                td { (total.orgs) }
                td { (total.open) }
                td { (total.fixed) }
                td class="at" { (total.median.map(lasting).unwrap_or_default()) }
                td class="at" { (total.longest.map(lasting).unwrap_or_default()) }
            }
        }
    };
    let heads = ["", "Step", "Drifts", "Orgs", "Open", "Fixed", "Median", "Longest"];
    table("Steps", &heads, &rows)
}

fn over(trend: &Trend) -> Markup {
    let over = trend.ended();
    let rows = html! {
        @for (drift, at) in &over {
            tr {
                th scope="row" { (clean(&drift.org)) }
                td class="step" { (step(trend, drift)) }
                td class="at" { (since(drift)) }
                td { (ended(trend, drift, *at)) }
            }
        }
    };
    html! {
        @if !over.is_empty() {
            h2 { "Fixed or waived" }
            (table("Fixed or waived", &["Org", "Step", "Since", "Ended"], &rows))
        }
    }
}
