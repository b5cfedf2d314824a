//! What one revision of a template asks that another did not: parameters, steps, wants.

use std::fmt::Write as _;

use owo_colors::OwoColorize as _;
use serde_json::{Value as Json, json};

use crate::template::{Level, Parameter, Step, Template, Want};

use super::line::{clean, line, paragraph};
use super::markdown::escape;
use super::template::want_in_words;
use super::wants::{kind_in_words, when_in_words};

/// How something differs between two revisions.
#[derive(Debug)]
enum Change {
    /// Only the newer has it.
    Added,
    /// Only the older has it.
    Removed,
    /// Both have it; what they say of it, line by line: gone, come.
    Changed(Vec<String>, Vec<String>),
}

/// Two revisions side by side.
#[derive(Debug)]
pub struct Revision<'t> {
    old: &'t Template,
    new: &'t Template,
    parameters: Vec<(&'t str, Change)>,
    steps: Vec<(&'t Step, Change)>,
}

impl<'t> Revision<'t> {
    /// Compares two revisions; steps and parameters are told by their ids and names.
    pub fn of(old: &'t Template, new: &'t Template) -> Self {
        Self { old, new, parameters: parameters(old, new), steps: steps(old, new) }
    }

    /// Says whether both ask the same.
    pub fn is_same(&self) -> bool {
        self.parameters.is_empty() && self.steps.is_empty()
    }
}

fn parameters<'t>(old: &'t Template, new: &'t Template) -> Vec<(&'t str, Change)> {
    let find = |all: &'t [Parameter], name: &str| all.iter().find(|one| one.name == name);
    let lines = |one: &Parameter| vec![one.title.clone(), kind_in_words(one)];
    let mut changes = Vec::new();
    for one in &new.parameters {
        match find(&old.parameters, &one.name) {
            None => changes.push((one.name.as_str(), Change::Added)),
            Some(before) => {
                if let Some(change) = changed(&lines(before), &lines(one)) {
                    changes.push((&one.name, change));
                }
            }
        }
    }
    let gone = old.parameters.iter().filter(|one| find(&new.parameters, &one.name).is_none());
    changes.extend(gone.map(|one| (one.name.as_str(), Change::Removed)));
    changes
}

fn steps<'t>(old: &'t Template, new: &'t Template) -> Vec<(&'t Step, Change)> {
    let find = |all: &'t [Step], id: &str| all.iter().find(|step| step.id == id);
    let mut changes = Vec::new();
    for step in &new.steps {
        match find(&old.steps, &step.id) {
            None => changes.push((step, Change::Added)),
            Some(before) => {
                if let Some(change) = changed(&said(before), &said(step)) {
                    changes.push((step, change));
                }
            }
        }
    }
    let gone = old.steps.iter().filter(|step| find(&new.steps, &step.id).is_none());
    changes.extend(gone.map(|step| (step, Change::Removed)));
    changes
}

/// What differs of two lists of lines, each line once.
fn changed(old: &[String], new: &[String]) -> Option<Change> {
    let without = |some: &[String], others: &[String]| -> Vec<String> {
        some.iter().filter(|line| !others.contains(line)).cloned().collect()
    };
    let (gone, come) = (without(old, new), without(new, old));
    (!gone.is_empty() || !come.is_empty()).then_some(Change::Changed(gone, come))
}

/// All that a step asks, line by line; its reasons are no requirement.
fn said(step: &Step) -> Vec<String> {
    let mut lines = vec![format!("title: {}", step.title)];
    if step.level == Level::Recommended {
        lines.push("recommended".to_owned());
    }
    lines.extend(when_in_words(step).map(|when| format!("when {when}")));
    lines.extend(step.wants.iter().map(said_by_want));
    if let Some(create) = &step.create {
        let from = create.from.as_ref().map_or_else(String::new, |from| format!(" from {from}"));
        lines.push(format!("makes {}{from}", create.component));
        lines.extend(create.set.iter().map(|(path, value)| format!("sets {path} = {value}")));
        lines.extend(create.except.iter().map(|pattern| format!("copies without {pattern}")));
    }
    lines.extend(step.note.as_ref().map(|note| format!("note: {note}")));
    lines
}

/// A want in one line, so that a group changes as a whole.
fn said_by_want(want: &Want) -> String {
    let mut text = String::new();
    want_in_words(want, 0, &mut text);
    text.lines().map(str::trim).collect::<Vec<_>>().join(" ")
}

/// Writes what the newer asks in Markdown, as a vendor publishes it.
pub fn markdown(revision: &Revision<'_>) -> String {
    let Revision { old, new, .. } = revision;
    let of = |template: &Template| {
        let revision = template.revision.as_ref().map(|revision| format!(" ({revision})"));
        escape::text(&format!("{}{}", template.version, revision.unwrap_or_default()))
    };
    let title = escape::text(&new.title);
    let mut out = format!("# {title}: what {} asks that {} did not\n", of(new), of(old));
    if revision.is_same() {
        out.push_str("\nBoth ask the same.\n");
    }
    let parameters = revision.parameters.iter();
    let parameters = parameters
        .map(|(name, change)| (format!("Parameter {}", escape::code(name)), change, Vec::new()));
    let steps = revision.steps.iter().map(|(step, change)| {
        let head = format!("{} ({})", escape::text(&step.title), escape::code(&step.id));
        (head, change, said(step).split_off(1))
    });
    for (head, change, all) in parameters.chain(steps) {
        let (what, gone, come): (&str, &[String], &[String]) = match change {
            Change::Added => ("new", &[], &all),
            Change::Removed => ("no more", &[], &[]),
            Change::Changed(gone, come) => ("changed", gone, come),
        };
        let _ = write!(out, "\n## {head}: {what}\n");
        if !gone.is_empty() || !come.is_empty() {
            out.push('\n');
        }
        gone.iter().for_each(|line| {
            let _ = writeln!(out, "- no more: {}", escape::text(line.trim_start_matches("- ")));
        });
        come.iter().for_each(|line| {
            let _ = writeln!(out, "- {}", escape::text(line.trim_start_matches("- ")));
        });
    }
    out
}

/// Shows what the newer asks; `today` is the day on which it is read.
pub fn text(revision: &Revision<'_>, today: &str) -> String {
    let mut out = String::new();
    let Revision { old, new, .. } = revision;
    let of = |template: &Template| {
        let revision = template.revision.as_deref().unwrap_or("no revision named");
        format!("{} {} ({revision}), read {}", template.name, template.version, template.reviewed)
    };
    line(&mut out, &format!("{} {}", "-".red().bold(), clean(&of(old))));
    line(&mut out, &format!("{} {}", "+".green().bold(), clean(&of(new))));
    if let Some(age) = new.age(today) {
        paragraph(&mut out, 0, "note: ", &age);
    }
    line(&mut out, "");
    if revision.is_same() {
        line(&mut out, "Both ask the same.");
        return out;
    }
    for (name, change) in &revision.parameters {
        block(&mut out, &format!("parameter {}", clean(name)), change, &[]);
    }
    for (step, change) in &revision.steps {
        let head = format!("step {}: {}", clean(&step.id), clean(&step.title));
        let all = said(step);
        block(&mut out, &head, change, &all[1..]);
    }
    let told = |count: usize, [one, more]: [&str; 2]| {
        format!("{count}{}", if count == 1 { one } else { more })
    };
    let count = |is: fn(&Change) -> bool| revision.steps.iter().filter(|(_, one)| is(one)).count();
    line(
        &mut out,
        &format!(
            "\n{}, {}, {}.",
            told(count(|one| matches!(one, Change::Added)), [" step comes", " steps come"]),
            told(count(|one| matches!(one, Change::Removed)), [" goes", " go"]),
            told(count(|one| matches!(one, Change::Changed(..))), [" changes", " change"])
        )
        .bold()
        .to_string(),
    );
    out
}

/// One thing that differs, under its head.
fn block(out: &mut String, head: &str, change: &Change, all: &[String]) {
    let added = "+".green().bold().to_string();
    let removed = "-".red().bold().to_string();
    match change {
        Change::Added => {
            line(out, &format!("{added} {head}"));
            all.iter().for_each(|one| line(out, &format!("    {added} {}", clean(one))));
        }
        Change::Removed => line(out, &format!("{removed} {head}")),
        Change::Changed(gone, come) => {
            line(out, &format!("{} {head}", "~".yellow().bold()));
            gone.iter().for_each(|one| line(out, &format!("    {removed} {}", clean(one))));
            come.iter().for_each(|one| line(out, &format!("    {added} {}", clean(one))));
        }
    }
}

/// Shows what the newer asks for programs: what `sfsetup.template-diff/1` holds.
pub fn json(revision: &Revision<'_>, today: &str) -> Json {
    let head = |template: &Template| {
        json!({
            "name": template.name,
            "version": template.version,
            "revision": template.revision,
            "reviewed": template.reviewed,
            "review_overdue": template.age(today).is_some(),
        })
    };
    let row = |key: &str, name: &str, change: &Change| {
        let (state, gone, come) = match change {
            Change::Added => ("added", Vec::new(), Vec::new()),
            Change::Removed => ("removed", Vec::new(), Vec::new()),
            Change::Changed(gone, come) => ("changed", gone.clone(), come.clone()),
        };
        json!({key: name, "change": state, "gone": gone, "come": come})
    };
    let parameters: Vec<Json> =
        revision.parameters.iter().map(|(name, change)| row("name", name, change)).collect();
    let steps: Vec<Json> =
        revision.steps.iter().map(|(step, change)| row("id", &step.id, change)).collect();
    json!({
        "old": head(revision.old),
        "new": head(revision.new),
        "parameters": parameters,
        "steps": steps,
    })
}
