//! What a deploy would change, for a person who is about to say yes: component by component, what
//! each change is for, and what is left.

use std::fmt::Write as _;

use owo_colors::OwoColorize as _;

use crate::metadata::ComponentId;
use crate::metadata::layout::{api_full_name, profile_label};
use crate::metadata::registry;
use crate::metadata::value::Value;
use crate::package::{Cause, Change, Package, Target};
use crate::plan::fix::Assignment;

use super::terminal::{clean, line};

/// What is shown of a plan.
#[derive(Debug)]
pub struct PlanView<'v> {
    /// The heading.
    pub title: String,
    /// What changes.
    pub changes: &'v [Change],
    /// Permission sets that are given.
    pub assign: &'v [Assignment],
    /// Permission sets that are taken back, as user and set.
    pub unassign: Vec<(String, String)>,
    /// What is left for a person: title, reason, address in Setup.
    pub left: Vec<(String, String, Option<String>)>,
    /// What should be known beforehand.
    pub notes: &'v [String],
}

/// How many settings of one component are listed before the rest is counted; `full` lists all.
const LISTED: usize = 40;

/// How many things that are left for one reason are listed.
const LEFT: usize = 5;

/// Writes the plan; `full` unfolds long lists.
pub fn render(view: &PlanView<'_>, full: bool) -> String {
    let mut out = String::new();
    line(&mut out, &clean(&view.title).bold().to_string());
    out.push('\n');
    let mut rest = view.changes.to_vec();
    rest.sort_by(|one, other| {
        (&one.id, one.path.is_some()).cmp(&(&other.id, other.path.is_some()))
    });
    let mut changes = rest.as_slice();
    while let Some(first) = changes.first() {
        let length = changes.iter().take_while(|change| change.id == first.id).count();
        let (of_component, tail) = changes.split_at(length);
        component(&mut out, &first.id, of_component, full);
        changes = tail;
    }
    for one in view.assign {
        let text = format!(
            "give the permission set {} to {}",
            clean(&one.permission_set),
            clean(&one.user)
        );
        line(&mut out, &format!("{} {text}", "+".green().bold()));
    }
    for (user, set) in &view.unassign {
        line(
            &mut out,
            &format!(
                "{} take the permission set {} from {}",
                "-".red().bold(),
                clean(set),
                clean(user)
            ),
        );
    }
    if !(view.assign.is_empty() && view.unassign.is_empty()) {
        out.push('\n');
    }
    for note in view.notes {
        line(&mut out, &format!("{} {}", "note:".bold(), clean(note)));
    }
    if !view.notes.is_empty() {
        out.push('\n');
    }
    if !view.left.is_empty() {
        line(&mut out, &"Left, because no package can do it:".bold().to_string());
        let mut reasons: Vec<&str> = Vec::new();
        for (_, reason, _) in &view.left {
            if !reasons.contains(&reason.as_str()) {
                reasons.push(reason);
            }
        }
        for reason in reasons {
            left(&mut out, view, reason, full);
        }
        out.push('\n');
    }
    let _ = writeln!(out, "{}", summary(view).bold());
    out
}

/// What is left for one reason.
fn left(out: &mut String, view: &PlanView<'_>, reason: &str, full: bool) {
    let of_reason: Vec<_> = view.left.iter().filter(|(_, one, _)| one == reason).collect();
    line(out, &format!("  {} {}", "!".magenta().bold(), clean(reason)));
    let listed = if full { of_reason.len() } else { LEFT };
    for (title, _, _) in of_reason.iter().take(listed) {
        line(out, &format!("      {}", clean(title)));
    }
    if of_reason.len() > listed {
        line(
            out,
            &format!("      .. and {} more (--full lists them)", of_reason.len() - listed)
                .dimmed()
                .to_string(),
        );
    }
    if let Some(address) = of_reason.iter().find_map(|(_, _, address)| address.as_ref()) {
        line(out, &format!("      in: {}", clean(address)));
    }
}

fn summary(view: &PlanView<'_>) -> String {
    let mut components: Vec<&ComponentId> = view.changes.iter().map(|change| &change.id).collect();
    components.sort();
    components.dedup();
    let settings = view.changes.iter().filter(|change| change.path.is_some()).count();
    let mut parts = vec![format!(
        "{} to change in {}",
        count(settings, "setting"),
        count(components.len(), "component")
    )];
    let rest = view.assign.len() + view.unassign.len();
    if rest > 0 {
        parts.push(count(rest, "assignment"));
    }
    if !view.left.is_empty() {
        parts.push(format!("{} left", view.left.len()));
    }
    format!("{}.", parts.join(", "))
}

/// Writes a number with its noun: `1 setting`, `2 settings`.
pub fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

fn component(out: &mut String, id: &ComponentId, changes: &[Change], full: bool) {
    let whole = changes.iter().find(|change| change.path.is_none());
    let (mark, words) = match whole {
        Some(Change { to: Some(to), .. }) => {
            ("+".green().bold().to_string(), format!("  is made: {to}"))
        }
        Some(_) => ("-".red().bold().to_string(), "  is deleted".to_owned()),
        None => ("~".yellow().bold().to_string(), String::new()),
    };
    let name = api_full_name(id);
    let shown = if id.type_name == "Profile" && profile_label(&id.full_name) != id.full_name {
        format!("{name} ({})", profile_label(&id.full_name))
    } else {
        name
    };
    line(out, &format!("{mark} {} {}{}", id.type_name, clean(&shown).bold(), clean(&words)));
    let settings: Vec<&Change> = changes.iter().filter(|change| change.path.is_some()).collect();
    let listed = if full { settings.len() } else { LISTED };
    let width = settings
        .iter()
        .take(listed)
        .filter_map(|change| Some(change.path.as_ref()?.to_string().len()))
        .max()
        .unwrap_or(0)
        .min(64);
    for change in settings.iter().take(listed) {
        setting(out, change, width);
    }
    if settings.len() > listed {
        line(
            out,
            &format!("    .. and {} more (--full lists them)", settings.len() - listed)
                .dimmed()
                .to_string(),
        );
    }
    out.push('\n');
}

fn setting(out: &mut String, change: &Change, width: usize) {
    let Some(path) = &change.path else { return };
    let mark = match (&change.from, &change.to) {
        (None, _) => "+".green().bold().to_string(),
        (_, None) => "-".red().bold().to_string(),
        _ => "~".yellow().bold().to_string(),
    };
    let from = change.from.as_ref().map(|value| label(change, value));
    let to = change.to.as_ref().map(|value| label(change, value));
    let values = match (from, to) {
        (Some(from), Some(to)) => format!("{from} -> {to}"),
        (None, Some(to)) => to,
        (Some(from), None) => format!("{from} -> nothing"),
        (None, None) => String::new(),
    };
    let cause = match &change.cause {
        Cause::Step(step) => format!("  ({step})"),
        Cause::Needed(by) => format!("  (needed by {by})"),
        Cause::Creation | Cause::State => String::new(),
    };
    line(
        out,
        &format!(
            "    {mark} {:width$}  {}{}",
            clean(&path.to_string()),
            clean(&values),
            clean(&cause).dimmed()
        ),
    );
}

/// A value with Setup's words for it.
fn label(change: &Change, value: &Value) -> String {
    let row = registry::find_component(&change.id.type_name, &change.id.full_name);
    let resolved =
        row.zip(change.path.as_ref()).and_then(|(row, path)| row.resolve(path).ok().flatten());
    let words = resolved.and_then(|resolved| resolved.field.label_of(value));
    match (value, words) {
        (Value::List(list), _) if list.is_empty() => "(empty)".to_owned(),
        (_, Some(words)) => format!("{value} ({words})"),
        _ => value.to_string(),
    }
}

/// Writes each file before and after as a unified diff with three lines of context; a profile's
/// with what the org would hold, not what is sent.
pub fn files(targets: &[Target], package: &Package) -> String {
    let mut out = String::new();
    for target in targets {
        let before = target
            .before
            .as_ref()
            .map(|document| String::from_utf8_lossy(document.bytes()).into_owned())
            .unwrap_or_default();
        let after = target
            .after
            .as_ref()
            .map(|document| String::from_utf8_lossy(document.bytes()).into_owned())
            .unwrap_or_default();
        let path =
            package.components.get(&target.id).cloned().unwrap_or_else(|| target.id.to_string());
        let diff = similar::TextDiff::from_lines(&before, &after);
        let text = diff
            .unified_diff()
            .context_radius(3)
            .header(&format!("a/{path}"), &format!("b/{path}"))
            .to_string();
        for row in text.lines() {
            let row = clean(row);
            let shown = match row.as_bytes().first() {
                Some(b'+') => row.green().to_string(),
                Some(b'-') => row.red().to_string(),
                Some(b'@') => row.cyan().to_string(),
                _ => row,
            };
            line(&mut out, &shown);
        }
    }
    out
}
