//! What a deploy would change, for a person who is about to say yes: component by component, what
//! each change is for, and what is left.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use owo_colors::OwoColorize as _;

use crate::metadata::ComponentId;
use crate::metadata::document::Document;
use crate::metadata::full_name::{api_full_name, profile_label};
use crate::metadata::layout::component_of;
use crate::metadata::registry;
use crate::metadata::value::Value;
use crate::package::{Cause, Change, Package, Target, showable};
use crate::plan::Plan;
use crate::plan::assignment::{Assigned, Assignment};
use crate::snapshot::folded;

use super::left;
use super::line::{WHOLE, clean, line};

/// How many entries of a list that a copy has from its source are named.
const COPIED: usize = 4;

/// How many settings of one component are listed before the rest is counted; `full` lists all.
const LISTED: usize = 40;

/// Writes a plan under a title; `full` unfolds long lists. `instance_url` is where the org lives,
/// for addresses in Setup.
pub fn render(plan: &Plan<'_>, title: &str, instance_url: Option<&str>, full: bool) -> String {
    let mut out = String::new();
    line(&mut out, &clean(title).bold().to_string());
    out.push('\n');
    let sorted = by_component(plan);
    for changes in sorted.chunk_by(|one, other| one.id == other.id) {
        component(&mut out, plan, &changes[0].id, changes, full);
    }
    for one in &plan.assignments {
        let (what, user) = given(one);
        line(&mut out, &format!("{} give {what} to {user}", "+".green().bold()));
    }
    for Assigned { of, .. } in &plan.withdrawals {
        let (what, user) = given(of);
        line(&mut out, &format!("{} take {what} from {user}", "-".red().bold()));
    }
    if !(plan.assignments.is_empty() && plan.withdrawals.is_empty()) {
        out.push('\n');
    }
    let rights = plan.admin_rights();
    if !rights.is_empty() {
        let text =
            "Administrator's rights that come along, by copying or because others need them:";
        line(&mut out, &text.bold().to_string());
        for change in rights {
            let path = change.path.as_ref().map(ToString::to_string).unwrap_or_default();
            line(
                &mut out,
                &format!(
                    "  {} {} {}",
                    "+".green().bold(),
                    clean(&change.id.to_string()),
                    clean(&path)
                ),
            );
        }
        out.push('\n');
    }
    for note in &plan.notes {
        let note = if full { note.clone() } else { folded(note) };
        line(&mut out, &format!("{} {}", "note:".bold(), clean(&note)));
    }
    for door in &plan.doors {
        line(&mut out, &format!("{} {}", "one way:".bold(), clean(door)));
    }
    if !(plan.notes.is_empty() && plan.doors.is_empty()) {
        out.push('\n');
    }
    out.push_str(&left::render(&plan.left, instance_url, full));
    if let Some(summary) = counted(plan) {
        let _ = writeln!(out, "{}", summary.bold());
    }
    out
}

/// What is given, and to whom.
pub(super) fn given(Assignment { user, what }: &Assignment) -> (String, String) {
    (format!("the {} {}", what.sort(), clean(what.name())), clean(user))
}

/// The changes in order of their components, each with what becomes of it as a whole first.
pub(super) fn by_component<'p>(plan: &'p Plan<'_>) -> Vec<&'p Change> {
    let mut changes: Vec<&Change> = plan.changes.iter().collect();
    changes.sort_by_key(|change| (&change.id, change.path.is_some()));
    changes
}

/// What is to change, counted; none where there is nothing to say.
pub(super) fn counted(plan: &Plan<'_>) -> Option<String> {
    let mut components: Vec<&ComponentId> = plan.changes.iter().map(|change| &change.id).collect();
    components.sort();
    components.dedup();
    let settings = plan.changes.iter().filter(|change| change.path.is_some());
    let (copied, settings): (Vec<&Change>, Vec<&Change>) =
        settings.partition(|change| matches!(change.cause, Cause::Copied(_)));
    // A diff knows nothing of these.
    let needed = settings.iter().filter(|change| matches!(change.cause, Cause::Needed(_))).count();
    let needed = match needed {
        0 => String::new(),
        count => format!(" ({count} of them needed by another)"),
    };
    let mut parts = vec![format!(
        "{} to change in {}{needed}",
        count(settings.len(), "setting"),
        count(components.len(), "component")
    )];
    if !copied.is_empty() {
        parts.push(format!("{} by copying", count(copied.len(), "setting")));
    }
    let rest = plan.assignments.len() + plan.withdrawals.len();
    if rest > 0 {
        parts.push(count(rest, "assignment"));
    }
    parts.extend(left::summary(&plan.left));
    (!plan.is_empty() || !plan.left.is_empty()).then(|| format!("{}.", parts.join(", ")))
}

/// Writes a number with its noun: `1 setting`, `2 settings`.
pub fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// What becomes of a component: its sign (`+` is made, `-` is deleted, `~` is changed), and where it
/// is not merely changed how in words.
pub(super) fn fate(plan: &Plan<'_>, id: &ComponentId, changes: &[&Change]) -> (char, String) {
    let Some(whole) = changes.iter().find(|change| change.path.is_none()) else {
        return ('~', String::new());
    };
    if whole.to.is_none() {
        return ('-', "is deleted".to_owned());
    }
    let words = match (plan.copies.get(id), &whole.cause) {
        (Some(from), _) => format!("is made: a copy of {from}"),
        (None, Cause::State) => match plan.package.lacking.get(id) {
            Some(lacking) => {
                let names: Vec<&str> = lacking.iter().copied().collect();
                format!("is made as it was, but for {}", names.join(", "))
            }
            None => "is made as it was".to_owned(),
        },
        (None, _) => "is made".to_owned(),
    };
    ('+', words)
}

/// A component's name, with a profile's label where that is another.
pub(super) fn shown_name(id: &ComponentId) -> String {
    let name = api_full_name(id);
    if id.type_name == "Profile" && profile_label(&id.full_name) != id.full_name {
        format!("{name} ({})", profile_label(&id.full_name))
    } else {
        name
    }
}

fn component(out: &mut String, plan: &Plan<'_>, id: &ComponentId, changes: &[&Change], full: bool) {
    let (sign, words) = fate(plan, id, changes);
    let mark = match sign {
        '+' => "+".green().bold().to_string(),
        '-' => "-".red().bold().to_string(),
        _ => "~".yellow().bold().to_string(),
    };
    let words = if words.is_empty() { words } else { format!("  {words}") };
    let shown = shown_name(id);
    line(out, &format!("{mark} {} {}{}", id.type_name, clean(&shown).bold(), clean(&words)));
    let is_copied = |change: &&&Change| matches!(change.cause, Cause::Copied(_)) && !full;
    let settings = changes.iter().filter(|change| change.path.is_some());
    let (copies, settings): (Vec<&&Change>, Vec<&&Change>) = settings.partition(is_copied);
    let listed = if full { settings.len() } else { LISTED };
    let width = settings
        .iter()
        .take(listed)
        .filter_map(|change| Some(change.path.as_ref()?.to_string().len()))
        .max()
        .unwrap_or(0)
        .min(64);
    for change in settings.iter().take(listed) {
        setting(out, change, width, plan.is_blind(change));
    }
    if settings.len() > listed {
        line(
            out,
            &format!("    .. and {} more (--full lists them)", settings.len() - listed)
                .dimmed()
                .to_string(),
        );
    }
    copied(out, &copies);
    out.push('\n');
}

/// What a copy has from its source, folded: by list and flag.
fn copied(out: &mut String, copies: &[&&Change]) {
    if copies.is_empty() {
        return;
    }
    let mut groups: BTreeMap<(&str, String), Vec<&str>> = BTreeMap::new();
    for path in copies.iter().filter_map(|change| change.path.as_ref()) {
        let [first, rest @ ..] = path.segments() else { continue };
        let rest: String = rest.iter().map(|segment| format!(".{}", segment.name)).collect();
        groups.entry((&first.name, rest)).or_default().extend(first.key.as_deref());
    }
    let mark = "+".green().bold().to_string();
    let settings = count(copies.len(), "more setting");
    line(out, &format!("    {mark} brings {settings} by copying (--full lists each):"));
    for ((list, rest), keys) in groups {
        let named = keys[..keys.len().min(COPIED)].join(", ");
        let more = match keys.len().saturating_sub(COPIED) {
            0 => String::new(),
            more => format!(" .. and {more} more"),
        };
        let keys = if keys.is_empty() { String::new() } else { format!("[{named}{more}]") };
        line(out, &format!("        {}", clean(&format!("{list}{keys}{rest}"))));
    }
}

fn setting(out: &mut String, change: &Change, width: usize, is_blind: bool) {
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
    let cause = match cause_in_words(&change.cause) {
        Some(words) => format!("  ({words})"),
        None => String::new(),
    };
    let cause = if is_blind { format!("  blind{cause}") } else { cause };
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

/// Who asks for a change; none where the component's own fate says it.
pub(super) fn cause_in_words(cause: &Cause) -> Option<String> {
    match cause {
        Cause::Step(step) => Some(step.clone()),
        Cause::Needed(by) => Some(format!("needed by {by}")),
        Cause::Resting(on) => Some(format!("needs {on}")),
        Cause::Copied(from) => Some(format!("copied from {from}")),
        Cause::Creation | Cause::State => None,
    }
}

/// A value with Setup's words for it.
pub(super) fn label(change: &Change, value: &Value) -> String {
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

/// A file as a plan changes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileChange {
    /// Its path in the package.
    pub path: String,
    /// What changes in it as a unified diff, or all that is sent of it.
    pub text: String,
}

impl FileChange {
    /// The same, with each line clean.
    pub(super) fn clean(&self) -> Self {
        // Spaces stay at the beginning of a line, and tabs would not.
        let lines = self.text.lines().map(|line| line.replace('\t', "    "));
        let text = lines.map(|line| format!("{}\n", clean(&line))).collect();
        Self { path: clean(&self.path), text }
    }
}

/// Returns each file before and after as a unified diff with three lines of context; a profile's
/// with what the org would hold, not what is sent.
pub fn changes(targets: &[Target], package: &Package) -> Vec<FileChange> {
    let of = |target: &Target| {
        // Nobody is shown a key or a secret, be it in a comment.
        let text = |document: Option<&Document>| {
            let document = document.map(|document| showable(&target.id, document));
            document.map(|one| String::from_utf8_lossy(one.bytes()).into_owned())
        };
        let before = text(target.before.as_ref()).unwrap_or_default();
        let after = text(target.after.as_ref()).unwrap_or_default();
        let path =
            package.components.get(&target.id).cloned().unwrap_or_else(|| target.id.to_string());
        let diff = similar::TextDiff::from_lines(&before, &after);
        let text = diff
            .unified_diff()
            .context_radius(3)
            .header(&format!("a/{path}"), &format!("b/{path}"))
            .to_string();
        FileChange { path, text }
    };
    targets.iter().map(of).collect()
}

/// Returns the files of a saved plan as they are sent.
pub fn sent(package: &BTreeMap<String, String>) -> Vec<FileChange> {
    let of = |(path, text): (&String, &String)| {
        let text = match (component_of(path), Document::parse(text.as_bytes().to_vec())) {
            // Nobody is shown a key or a secret, be it in a comment.
            (Some(id), Ok(document)) => {
                String::from_utf8_lossy(showable(&id, &document).bytes()).into_owned()
            }
            // The list of what is in the package.
            (None, Ok(_)) => text.clone(),
            (_, Err(_)) => "what it holds cannot be read, and so is not shown".to_owned(),
        };
        FileChange { path: path.clone(), text }
    };
    package.iter().map(of).collect()
}

/// Writes what changes in each file.
pub fn files(changes: &[FileChange]) -> String {
    let mut out = String::new();
    for row in changes.iter().flat_map(|change| change.text.lines()) {
        let row = clean(row);
        let shown = match row.as_bytes().first() {
            Some(b'+') => row.green().to_string(),
            Some(b'-') => row.red().to_string(),
            Some(b'@') => row.cyan().to_string(),
            _ => row,
        };
        line(&mut out, &format!("{WHOLE}{shown}"));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn administrators_rights_that_come_along_are_named_apart() {
        let change = |name: &str, cause: Cause| Change {
            id: ComponentId::new("Profile", "Acme"),
            path: Some(format!("userPermissions[{name}].enabled").parse().unwrap()),
            from: Some(Value::Bool(false)),
            to: Some(Value::Bool(true)),
            cause,
        };
        let mut plan = Plan::default();
        plan.changes = vec![
            change("ManageUsers", Cause::Step("users".to_owned())),
            change("ManageRoles", Cause::Needed("ManageUsers".to_owned())),
            change("RunReports", Cause::Needed("EditReports".to_owned())),
        ];
        let text = render(&plan, "Plan", None, true);
        let apart = text.split("Administrator's rights that come along").nth(1).unwrap();
        assert!(apart.contains("userPermissions[ManageRoles].enabled"), "{text}");
        assert!(!apart.contains("RunReports") && !apart.contains("[ManageUsers]"), "{text}");
        plan.changes.remove(1);
        assert!(!render(&plan, "Plan", None, true).contains("Administrator's rights"));
    }
}
