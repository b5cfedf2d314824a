//! Drift over time for a person at a terminal.

use jiff::SignedDuration;
use owo_colors::OwoColorize as _;

use crate::report::fleet::name_column;
use crate::report::line::{clean, line};
use crate::report::plan::count;
use crate::trend::{Drift, Trend};

use super::{counts, ended, lasting, minute, since, span, why_silent};

/// So many rows of a section are told.
const LISTED: usize = 20;

/// Writes it; with `full` each row.
pub fn render(trend: &Trend, full: bool) -> String {
    let mut out = String::new();
    let title = format!("{}, {}", count(trend.orgs.len(), "org"), span(trend));
    line(&mut out, &title.bold().to_string());
    let open = trend.open();
    let rows = open.iter().map(|drift| {
        let lasted = match drift.last.duration_since(drift.found) {
            // It was seen once.
            SignedDuration::ZERO => String::new(),
            lasted => format!(" ({})", lasting(lasted)),
        };
        let seen = last_seen(trend, drift);
        (drift.org.as_str(), format!("since {}{lasted}{seen}", since(drift)), *drift)
    });
    section(&mut out, trend, "Not as wanted", rows.collect(), full);
    let silent: Vec<_> = trend.silent().collect();
    if !silent.is_empty() {
        heading(&mut out, "Without an answer");
        for org in listed(&silent, full) {
            let answered = match org.answered {
                Some(at) => format!("answered last {}", minute(at)),
                None => "never answered".to_owned(),
            };
            let why = org.silent.as_ref().map(why_silent).unwrap_or_default();
            let name = clean(&org.name);
            line(&mut out, &format!("  {name}  {answered}; {}: {}", minute(org.last), clean(&why)));
        }
        more(&mut out, silent.len(), full);
    }
    let left: Vec<_> = trend.left().collect();
    if !left.is_empty() {
        heading(&mut out, "Not asked any more");
        for org in listed(&left, full) {
            let open = match org.open {
                0 => String::new(),
                open => format!(", with {} not as wanted", count(open, "step")),
            };
            line(&mut out, &format!("  {}  last {}{open}", clean(&org.name), minute(org.last)));
        }
        more(&mut out, left.len(), full);
    }
    let over = trend.ended();
    let rows =
        over.iter().map(|(drift, at)| (drift.org.as_str(), ended(trend, drift, *at), *drift));
    section(&mut out, trend, "Fixed or waived", rows.collect(), full);
    steps(&mut out, trend, full);
    out.push('\n');
    let is_well = open.is_empty() && silent.is_empty();
    let said = format!("{}.", counts(trend));
    let said =
        if is_well { said.green().bold().to_string() } else { said.red().bold().to_string() };
    line(&mut out, &said);
    out
}

/// Where the org was looked at later, and nothing was seen of this step.
fn last_seen(trend: &Trend, drift: &Drift) -> String {
    let org = trend.orgs.iter().find(|org| org.name == drift.org);
    match org.and_then(|org| org.answered) {
        Some(answered) if answered > drift.last => {
            format!(" (not observed, or not asked, since {})", minute(drift.last))
        }
        _ => String::new(),
    }
}

fn heading(out: &mut String, text: &str) {
    out.push('\n');
    line(out, &text.bold().to_string());
}

fn listed<T>(all: &[T], full: bool) -> &[T] {
    if full { all } else { &all[..all.len().min(LISTED)] }
}

fn more(out: &mut String, all: usize, full: bool) {
    if !full && all > LISTED {
        line(out, &format!("  and {} more; `--full` lists them", all - LISTED));
    }
}

/// Rows of an org, what is told of it, and the step.
fn section(
    out: &mut String,
    trend: &Trend,
    title: &str,
    rows: Vec<(&str, String, &Drift)>,
    full: bool,
) {
    if rows.is_empty() {
        return;
    }
    heading(out, title);
    let shown = listed(&rows, full);
    let (_, names) = name_column(shown.iter().map(|(org, _, _)| *org));
    for (name, (_, told, drift)) in names.iter().zip(shown) {
        let title = clean(trend.title(&drift.step));
        line(out, &format!("  {name}  {told}: {title} ({})", clean(&drift.step)));
    }
    more(out, rows.len(), full);
}

/// The steps that drift most.
fn steps(out: &mut String, trend: &Trend, full: bool) {
    if trend.steps.is_empty() {
        return;
    }
    heading(out, "Steps that drift most");
    for total in listed(&trend.steps, full) {
        let fixed = match total.median {
            Some(median) => {
                format!(", {} fixed after {} in the median", total.fixed, lasting(median))
            }
            None => format!(", {} fixed", total.fixed),
        };
        let told = format!(
            "{} in {}, {} open{fixed}: {} ({})",
            count(total.drifts, "drift"),
            count(total.orgs, "org"),
            total.open,
            total.title,
            total.id
        );
        line(out, &format!("  {}", clean(&told)));
    }
    more(out, trend.steps.len(), full);
}
