//! A report for a person at a terminal: a line for each step that is well, a block for each that is
//! not, the counts at the end.
//!
//! The marks at the head of a line carry the meaning (`=` in sync, `~` differs, `+` missing, `!` by
//! hand, `?` not observed); colour only repeats it. Colour is always written here and taken out by
//! `cli::ui` where it is not wanted.

use owo_colors::OwoColorize as _;

use crate::diff::{Diff, Finding, State};
use crate::metadata::ComponentId;
use crate::template::Level;

use super::terminal::{clean, line, paragraph};
use super::{Findings, OrgReport, Report, baseline, summary};

/// How many paths of one kind a step lists before it says how many more there are; `full` lists
/// all.
const LISTED: usize = 12;

/// Writes a report as text; `full` unfolds long lists.
pub fn render(report: &Report<'_>, full: bool) -> String {
    let mut out = String::new();
    for (index, org) in report.orgs.iter().enumerate() {
        if index > 0 {
            out.push('\n');
        }
        heading(&mut out, report, org);
        match &org.outcome {
            Ok(findings) => {
                match findings {
                    Findings::Template(diff) => {
                        let look = Look {
                            instance_url: org.instance_url.as_deref(),
                            full,
                            is_one: report.templates.len() == 1,
                        };
                        body(&mut out, diff, &look);
                        left_out(&mut out, report);
                    }
                    Findings::Baseline(drifts) => baseline::body(&mut out, drifts, full),
                }
                counts(&mut out, findings);
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

/// What all steps of an org are shown with.
struct Look<'r> {
    instance_url: Option<&'r str>,
    full: bool,
    /// Whether there is one template; each of several gets a heading.
    is_one: bool,
}

fn heading(out: &mut String, report: &Report<'_>, org: &OrgReport<'_>) {
    let what: Vec<String> = report
        .templates
        .iter()
        .map(|template| format!("{} ({} {})", template.title, template.name, template.version))
        .collect();
    let what = what.join(", ");
    let heading = match &org.outcome {
        Ok(Findings::Baseline(drifts)) => {
            format!("{} against the baseline {}", clean(&org.name), clean(&drifts.baseline))
        }
        _ => format!("{} against {}", clean(&what), clean(&org.name)),
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
        line(
            out,
            &format!("after {}, read {}", clean(&template.source), template.reviewed)
                .dimmed()
                .to_string(),
        );
    }
    out.push('\n');
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

fn body(out: &mut String, diff: &Diff<'_>, look: &Look<'_>) {
    let mut rest = diff.findings.as_slice();
    let mut template = "";
    while let Some(first) = rest.first() {
        if !look.is_one && first.template.name != template {
            template = &first.template.name;
            if !out.ends_with("\n\n") {
                out.push('\n');
            }
            line(
                out,
                &format!("{} ({template})", clean(&first.template.title))
                    .bold()
                    .underline()
                    .to_string(),
            );
        }
        let same_step = |finding: &Finding<'_>| std::ptr::eq(finding.step, first.step);
        let length = rest.iter().take_while(|finding| same_step(finding)).count();
        let (of_step, tail) = rest.split_at(length);
        step(out, first, of_step, look);
        rest = tail;
    }
    if !out.ends_with("\n\n") {
        out.push('\n');
    }
}

fn counts(out: &mut String, findings: &Findings<'_>) {
    if !findings.has_drift() {
        line(out, &"Nothing differs.".green().bold().to_string());
    }
    let counts = format!("{}.", summary(findings));
    let counts = if findings.has_drift() {
        counts.red().bold().to_string()
    } else {
        counts.green().bold().to_string()
    };
    line(out, &counts);
}

/// The state that a step's line shows: the one that asks most of the reader.
fn worst(findings: &[Finding<'_>]) -> State {
    [State::Missing, State::Differs, State::Manual, State::NotObserved, State::Waived]
        .into_iter()
        .find(|state| findings.iter().any(|finding| finding.state == *state))
        .unwrap_or(State::InSync)
}

fn mark(state: State) -> String {
    match state {
        State::InSync => "=".green().to_string(),
        State::Differs => "~".yellow().bold().to_string(),
        State::Missing => "+".yellow().bold().to_string(),
        State::NotObserved => "?".cyan().to_string(),
        State::Manual => "!".magenta().bold().to_string(),
        State::Waived => "w".dimmed().to_string(),
    }
}

fn step(out: &mut String, first: &Finding<'_>, findings: &[Finding<'_>], look: &Look<'_>) {
    let step = first.step;
    let state = worst(findings);
    if state != State::InSync && !out.ends_with("\n\n") {
        out.push('\n');
    }
    let in_sync = findings.iter().filter(|finding| finding.state == State::InSync).count();
    let mut tail = String::new();
    if findings.len() > 1 {
        tail = format!("  {in_sync} of {} in sync", findings.len()).dimmed().to_string();
    }
    if step.level == Level::Recommended && state != State::InSync {
        tail.push_str(&"  (recommended)".dimmed().to_string());
    }
    let title = clean(&step.title);
    let title = if state == State::InSync { title } else { title.bold().to_string() };
    line(out, &format!("{} {title}{tail}", mark(state)));
    let mut sources: Vec<&str> =
        findings.iter().filter_map(|finding| finding.access_from.as_deref()).collect();
    sources.sort_unstable();
    sources.dedup();
    for source in sources {
        line(out, &format!("    {}", format!("from the {}", clean(source)).dimmed()));
    }
    if state == State::InSync {
        return;
    }
    missing(out, findings, look.full);
    differing(out, findings, look.full);
    not_observed(out, findings, look.full);
    for finding in findings.iter().filter(|finding| finding.state == State::Manual) {
        paragraph(out, 6, "", finding.manual.as_deref().unwrap_or_default());
    }
    // What nobody could see asks nothing of the reader yet.
    if state != State::NotObserved {
        for (label, text) in [("why: ", &step.why), ("note: ", &step.note)] {
            if let Some(text) = text {
                paragraph(out, 6, label, text);
            }
        }
        if let Some(page) = step.setup {
            let address =
                page.url(look.instance_url).map_or_else(String::new, |url| format!("  {url}"));
            line(
                out,
                &format!(
                    "      {}Setup, Quick Find \"{}\"{address}",
                    "in: ".dimmed(),
                    page.quick_find
                ),
            );
        }
        if let Some(docs) = step.docs.as_ref().filter(|docs| **docs != first.template.source) {
            line(out, &format!("      {}{}", "docs: ".dimmed(), clean(docs)));
        }
    }
    out.push('\n');
}

/// A component that does not exist is said once a step, however many settings are wanted on it.
fn missing(out: &mut String, findings: &[Finding<'_>], full: bool) {
    for (component, wanted) in grouped(findings, State::Missing) {
        line(
            out,
            &format!(
                "    {} {} does not exist; wanted on it:",
                mark(State::Missing),
                clean(&component)
            ),
        );
        let listed = if full { wanted.len() } else { wanted.len().min(LISTED) };
        for finding in &wanted[..listed] {
            let path = finding.path.as_ref().map(ToString::to_string).unwrap_or_default();
            line(
                out,
                &format!(
                    "        {}  {} {}",
                    clean(&path),
                    "+".green(),
                    clean(&desired_in_words(finding))
                ),
            );
        }
        if listed < wanted.len() {
            line(out, &format!("      and {} more; --full lists them", wanted.len() - listed));
        }
    }
}

/// What would satisfy a want; of several values either one of them or all.
fn desired_in_words(finding: &Finding<'_>) -> String {
    if finding.desired.is_empty() {
        return "(not set)".to_owned();
    }
    let between = if finding.comparison == Some("one-of") { " | " } else { ", " };
    finding.desired.iter().map(ToString::to_string).collect::<Vec<_>>().join(between)
}

fn differing(out: &mut String, findings: &[Finding<'_>], full: bool) {
    for (component, wanted) in grouped(findings, State::Differs) {
        if !component.is_empty() {
            line(out, &format!("    {}", clean(&component)));
        }
        let listed = if full { wanted.len() } else { wanted.len().min(LISTED) };
        for finding in &wanted[..listed] {
            let place = match (&finding.path, &finding.fact) {
                (Some(path), _) => path.to_string(),
                (None, Some(fact)) => format!("{} ({fact})", fact.title()),
                (None, None) => String::new(),
            };
            let nothing = || "(not set)".to_owned();
            let actual = finding.actual.as_ref().map_or_else(nothing, ToString::to_string);
            let desired = desired_in_words(finding);
            let comparison = match finding.comparison {
                Some("equals" | "one-of" | "absent") | None => String::new(),
                Some(other) => format!("{} ", other.replace('-', " ")),
            };
            let (minus, plus) = ("-".red().to_string(), "+".green().to_string());
            let head = format!("    {} {}", mark(State::Differs), clean(&place));
            let (actual_label, desired_label) =
                (finding.actual_label.as_deref(), finding.desired_label.as_deref());
            if actual_label.is_none()
                && desired_label.is_none()
                && actual.len() + desired.len() < 24
            {
                line(
                    out,
                    &format!(
                        "{head}  {minus} {}  {plus} {comparison}{}",
                        clean(&actual),
                        clean(&desired)
                    ),
                );
            } else {
                line(out, &head);
                value_line(out, &minus, "", &actual, actual_label);
                value_line(out, &plus, &comparison, &desired, desired_label);
            }
            for alternative in &finding.alternatives {
                line(out, &format!("          or {}", clean(alternative)));
            }
        }
        if listed < wanted.len() {
            line(out, &format!("      and {} more; --full lists them", wanted.len() - listed));
        }
    }
}

fn value_line(out: &mut String, sign: &str, comparison: &str, value: &str, label: Option<&str>) {
    let label = label
        .filter(|label| *label != value)
        .map_or_else(String::new, |label| format!("  \"{}\"", clean(label)));
    line(out, &format!("        {sign} {comparison}{}{label}", clean(value)));
}

/// What could not be seen is grouped by its reason, which is what the reader can do something
/// about.
fn not_observed(out: &mut String, findings: &[Finding<'_>], full: bool) {
    let mut reasons: Vec<(&str, Vec<String>)> = Vec::new();
    for finding in findings.iter().filter(|finding| finding.state == State::NotObserved) {
        let reason = finding.reason.as_deref().unwrap_or("no reason is known");
        let place = match (&finding.component, &finding.path, &finding.fact, &finding.manual) {
            (Some(component), Some(path), _, _) => format!("{component} {path}"),
            (_, _, Some(fact), _) => fact.to_string(),
            (_, _, _, Some(manual)) => manual.clone(),
            (_, _, None, None) => String::new(),
        };
        match reasons.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, places)) => places.push(place),
            None => reasons.push((reason, vec![place])),
        }
    }
    for (reason, places) in reasons {
        let listed = if full { places.len() } else { places.len().min(LISTED) };
        for place in &places[..listed] {
            line(out, &format!("    {} {}", mark(State::NotObserved), clean(place)));
        }
        if listed < places.len() {
            line(out, &format!("      and {} more; --full lists them", places.len() - listed));
        }
        paragraph(out, 8, "not observed: ", reason);
    }
}

/// The findings of one state by component, in the order in which the template names them; facts
/// come under no component.
fn grouped<'f, 't>(
    findings: &'f [Finding<'t>],
    state: State,
) -> Vec<(String, Vec<&'f Finding<'t>>)> {
    let mut groups: Vec<(String, Vec<&Finding<'_>>)> = Vec::new();
    for finding in findings.iter().filter(|finding| finding.state == state) {
        let component = finding.component.as_ref().map_or_else(String::new, ComponentId::to_string);
        match groups.iter_mut().find(|(known, _)| *known == component) {
            Some((_, members)) => members.push(finding),
            None => groups.push((component, vec![finding])),
        }
    }
    groups
}
