//! Drift over time for a person at a terminal.

use jiff::SignedDuration;
use owo_colors::OwoColorize as _;

use crate::report::fleet::name_column;
use crate::report::line::{clean, line, paragraph};
use crate::report::plan::count;
use crate::trend::{Drift, End, Trend};

use super::{counts, lasting, minute, since, span, why_silent};

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
            let label = format!("{}  ", clean(&org.name));
            paragraph(&mut out, 2, &label, &format!("{answered}; {}: {why}", minute(org.last)));
        }
        more(&mut out, silent.len(), full);
    }
    let ended = trend.ended();
    let rows = ended.iter().map(|(drift, at)| {
        let how = match drift.end {
            End::Waived(_) => format!("waived {}", minute(*at)),
            _ => {
                let at_least = if drift.before.is_some() { "" } else { "at least " };
                let took = lasting(at.duration_since(drift.found));
                format!("fixed {} after {at_least}{took}", minute(*at))
            }
        };
        (drift.org.as_str(), how, *drift)
    });
    section(&mut out, trend, "As wanted again", rows.collect(), full);
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
    let (width, names) = name_column(shown.iter().map(|(org, _, _)| *org));
    let mut before = None;
    for (name, (org, told, drift)) in names.iter().zip(shown) {
        // Of several steps of an org its name stands once.
        let label = match before.replace(org) == Some(org) {
            true => " ".repeat(width + 2),
            false => format!("{name}  "),
        };
        let step = format!("{} ({})", trend.title(&drift.step), drift.step);
        paragraph(out, 2, &label, &format!("{told}: {step}"));
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
            None => ", none fixed".to_owned(),
        };
        let told = format!(
            "{} in {}, {} open{fixed}: {} ({})",
            count(total.drifts, "drift"),
            count(total.orgs, "org"),
            total.open,
            total.title,
            total.id
        );
        paragraph(out, 2, "", &told);
    }
    more(out, trend.steps.len(), full);
}
