//! A report for a person at a terminal: what was compared, a block for each step or component, the
//! counts at the end.
//!
//! The marks at the head of a line carry the meaning (`=` in sync, `~` differs, `+` missing, `-` there
//! and not wanted, `!` by hand, `?` not observed); colour only repeats it. Colour is always written here and taken out by
//! `cli::ui` where it is not wanted.

use std::cell::RefCell;

use owo_colors::OwoColorize as _;

use crate::diff::{Diff, Finding, Origin, State};
use crate::snapshot::folded;

use super::line::{Look, clean, line, paragraph};
use super::words::blocks;
use super::{Failure, OrgReport, Report, baseline, steps, summary, unseen};

/// What stands in a file in the place of a report that could not be made.
pub fn failed(failure: &Failure) -> String {
    let mut out = String::new();
    let message = format!("{} ({})", failure.message, failure.code);
    paragraph(&mut out, 0, "There is no answer: ", &message);
    if let Some(hint) = &failure.hint {
        paragraph(&mut out, 0, "hint: ", hint);
    }
    out
}

/// Writes a report as text; `full` unfolds long lists.
pub fn render(report: &Report<'_>, full: bool) -> String {
    let mut out = String::new();
    for (index, org) in report.orgs.iter().enumerate() {
        if index > 0 {
            out.push('\n');
        }
        heading(&mut out, report, org);
        match &org.outcome {
            Ok(diff) => {
                let instance_url = org.instance_url.as_deref();
                let look = Look { instance_url, full, told: RefCell::default() };
                body(&mut out, diff, &look, report.templates.len() > 1);
                notes(&mut out, diff, full);
                left_out(&mut out, report);
                counts(&mut out, diff);
            }
            Err(failure) => {
                line(
                    &mut out,
                    &format!("error: {} ({})", clean(&failure.message), clean(&failure.code)),
                );
            }
        }
    }
    out
}

fn heading(out: &mut String, report: &Report<'_>, org: &OrgReport<'_>) {
    let what: Vec<String> = report
        .templates
        .iter()
        .map(|template| format!("{} ({} {})", template.title, template.name, template.version))
        .collect();
    let what = what.join(", ");
    let baseline = org.outcome.as_ref().ok().and_then(|diff| diff.baseline.as_ref());
    let heading = match baseline {
        Some(baseline) => {
            format!("{} against the baseline `{}`", clean(&org.name), clean(&baseline.name))
        }
        None => format!("{} against {}", clean(&what), clean(&org.name)),
    };
    line(out, &heading.bold().to_string());
    if let (Some(id), Some(source)) = (&org.id, &org.source) {
        let address = org.instance_url.as_deref().unwrap_or_default();
        line(
            out,
            &format!("org {} at {}, from: {}", clean(id), clean(address), clean(source))
                .dimmed()
                .to_string(),
        );
    }
    for template in &report.templates {
        let reading = template.reading().map_or_else(String::new, |words| format!("; {words}"));
        line(
            out,
            &format!("after {}, read {}{reading}", clean(&template.source), template.reviewed)
                .dimmed()
                .to_string(),
        );
        if let Some(age) = template.age(&report.today) {
            paragraph(out, 0, "note: ", &age);
        }
    }
    out.push('\n');
}

/// The blocks; with several templates each gets a heading.
fn body(out: &mut String, diff: &Diff<'_>, look: &Look<'_>, are_several: bool) {
    let blocks: Vec<_> = blocks(diff).collect();
    if blocks.iter().any(|block| matches!(block[0].origin, Origin::Baseline { .. })) {
        baseline::body(out, &blocks, look);
        return;
    }
    // Steps that could not be seen for one reason and follow one another stand together.
    let is_alike = |one: &&[Finding<'_>], other: &&[Finding<'_>]| {
        is_unseen(one)
            && is_unseen(other)
            && of_template(one) == of_template(other)
            && unseen::only_reason(one).is_some_and(|why| unseen::only_reason(other) == Some(why))
    };
    let mut template = None;
    for together in blocks.chunk_by(is_alike) {
        let now = of_template(together[0]);
        if are_several
            && template != now
            && let Some(wanted) = together[0][0].wanted()
        {
            template = now;
            if !out.ends_with("\n\n") {
                out.push('\n');
            }
            let (title, name) = (clean(&wanted.template.title), &wanted.template.name);
            line(out, &format!("{title} ({name})").bold().underline().to_string());
        }
        steps::together(out, together, look);
    }
}

/// The template that asks for a block.
fn of_template<'f>(block: &'f [Finding<'_>]) -> Option<&'f str> {
    block[0].wanted().map(|wanted| wanted.template.name.as_str())
}

fn is_unseen(block: &[Finding<'_>]) -> bool {
    steps::worst(block) == State::NotObserved
}

/// What the reader should know of what was compared.
fn notes(out: &mut String, diff: &Diff<'_>, full: bool) {
    if diff.notes().next().is_some() && !out.ends_with("\n\n") {
        out.push('\n');
    }
    for note in diff.notes() {
        let note = if full { note.to_owned() } else { folded(note) };
        line(out, &format!("{} {}", "note:".bold(), clean(&note)));
    }
}

/// What a template leaves out of the one that it builds on is said, so that nobody takes it for
/// checked.
fn left_out(out: &mut String, report: &Report<'_>) {
    for dropped in report.templates.iter().flat_map(|template| &template.dropped) {
        line(
            out,
            &format!("- left out: {} ({})", clean(&dropped.title), clean(&dropped.reason))
                .dimmed()
                .to_string(),
        );
    }
    if !out.ends_with("\n\n") {
        out.push('\n');
    }
}

fn counts(out: &mut String, diff: &Diff<'_>) {
    let silence = diff.silence();
    if let Some(silence) = &silence {
        let headline = format!("There is no answer: {}.", silence.words());
        line(out, &headline.red().bold().to_string());
    } else if !diff.has_drift() {
        let but = if diff.count(State::Waived) > 0 { " but what is waived" } else { "" };
        let seen = if diff.count(State::NotObserved) > 0 { " that could be seen" } else { "" };
        line(out, &format!("Nothing{seen} differs{but}.").green().bold().to_string());
    }
    let counts = format!("{}.", summary(diff));
    let counts = if diff.has_drift() || silence.is_some() {
        counts.red().bold().to_string()
    } else {
        counts.green().bold().to_string()
    };
    line(out, &counts);
}
