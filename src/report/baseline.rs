//! What differs from a baseline, for a person: a block for each component, long lists folded, and
//! at the end what nobody could see.
//!
//! The signs are a template's: `+` is in the baseline, so it is wanted; `-` is there and not in the
//! baseline.

use owo_colors::OwoColorize as _;

use crate::diff::{Finding, Origin, Outcome, State, Subject};
use crate::metadata::full_name::api_full_name;
use crate::metadata::value::Value;

use super::line::{Look, at, clean, line, mark, paragraph};
use super::unseen::{self, Group};
use super::words::Labels;

/// So many settings of one list are listed; more are counted.
const LISTED: usize = 8;

/// The list whose every entry is a right of its own, so that all of them are named.
pub(super) const RIGHTS: &str = "userPermissions";

/// So many components of one type that one side alone has are listed; more are counted.
const COMPONENTS: usize = 20;

/// A setting that is told in more columns takes a line for each side.
const ONE_LINE: usize = 96;

/// Writes the blocks of components.
pub(super) fn body(out: &mut String, blocks: &[&[Finding<'_>]], look: &Look<'_>) {
    let is_unseen =
        |block: &&&[Finding<'_>]| block.iter().all(|finding| finding.state() == State::NotObserved);
    let (unseen, seen): (Vec<&&[Finding<'_>]>, Vec<_>) = blocks.iter().partition(is_unseen);
    if !seen.is_empty() {
        let signs = "- is there now, + is in the baseline";
        line(out, &signs.dimmed().to_string());
        out.push('\n');
    }
    for alike in seen.chunk_by(|one, other| side(one).is_some() && side(one) == side(other)) {
        let listed = if look.full { alike.len() } else { alike.len().min(COMPONENTS) };
        alike[..listed].iter().for_each(|block| component(out, block, look));
        if listed < alike.len() {
            let more = alike.len() - listed;
            line(out, &format!("  and {more} more of these; --full lists them"));
        }
        out.push('\n');
    }
    not_observed(out, &unseen, look);
}

/// The type of a component that one side alone has, and whether it is there now.
fn side<'f>(block: &'f [Finding<'_>]) -> Option<(&'f str, bool)> {
    let [finding] = block else { return None };
    let Subject::Component(id) = &finding.subject else { return None };
    Some((&id.type_name, finding.actual.is_some()))
}

/// Writes the components of which nothing could be seen, by its reason.
fn not_observed(out: &mut String, blocks: &[&&[Finding<'_>]], look: &Look<'_>) {
    // One reason each, or the block stands alone.
    let mut alike: Vec<(Option<String>, Vec<&[Finding<'_>]>)> = Vec::new();
    for block in blocks {
        let reason = unseen::only_reason(block);
        match alike.iter_mut().find(|(known, _)| reason.is_some() && *known == reason) {
            Some((_, members)) => members.push(block),
            None => alike.push((reason, vec![block])),
        }
    }
    for (_, blocks) in alike {
        let listed = if look.full { blocks.len() } else { blocks.len().min(LISTED) };
        for block in &blocks[..listed] {
            line(out, &format!("{} {}", mark(State::NotObserved), head(block)));
        }
        if listed < blocks.len() {
            let more = blocks.len() - listed;
            line(out, &format!("  and {more} more components; --full lists them"));
        }
        let all = blocks.iter().copied().flatten();
        let (whole, rest): (Vec<_>, Vec<_>) = all.partition(|finding| is_whole(finding));
        for group in unseen::groups(whole) {
            paragraph(out, 6, "", &group.reason());
        }
        let is_one = blocks.len() == 1;
        unseen::groups(rest).iter().for_each(|group| group.write(out, is_one, look));
        out.push('\n');
    }
}

fn is_whole(finding: &Finding<'_>) -> bool {
    matches!(finding.subject, Subject::Component(_))
}

/// A component's name, and who changed it.
fn head(block: &[Finding<'_>]) -> String {
    let component = block[0].subject.component();
    let name = component.map(|id| format!("{} {}", id.type_name, clean(&api_full_name(id)).bold()));
    let changed = match &block[0].origin {
        Origin::Baseline { changed: Some(changed), .. } => {
            format!("  changed by {}", clean(changed)).dimmed().to_string()
        }
        _ => String::new(),
    };
    let place = block.iter().find(|finding| is_whole(finding));
    let place = at(place.and_then(|finding| finding.place.as_ref()));
    format!("{}{changed}{place}", name.unwrap_or_default())
}

/// Writes what differs of a component.
fn component(out: &mut String, findings: &[Finding<'_>], look: &Look<'_>) {
    let head = head(findings);
    match findings.iter().find(|finding| is_whole(finding)) {
        Some(whole) => {
            let (sign, words) = match (whole.state(), whole.actual.is_some()) {
                (State::NotObserved, _) => (mark(State::NotObserved), ""),
                (State::Waived, true) => (mark(State::Waived), "  is not in the baseline"),
                (State::Waived, false) => (mark(State::Waived), "  is in the baseline alone"),
                (_, true) => ("-".red().bold().to_string(), "  is not in the baseline"),
                (_, false) => ("+".green().bold().to_string(), "  is in the baseline alone"),
            };
            line(out, &format!("{sign} {head}{words}"));
            waived(out, whole);
            if let Some(unseen) = whole.unseen() {
                paragraph(out, 6, "", &unseen.words);
            }
        }
        None => {
            let is_waived = findings.iter().all(|finding| finding.state() == State::Waived);
            let state = if is_waived { State::Waived } else { State::Differs };
            line(out, &format!("{} {head}", mark(state)));
        }
    }
    let is_seen = |finding: &&Finding<'_>| finding.state() != State::NotObserved;
    let rest = findings.iter().filter(|finding| !is_whole(finding));
    let (seen, unseen): (Vec<&Finding<'_>>, Vec<_>) = rest.partition(is_seen);
    for list in seen.chunk_by(|one, other| section(one) == section(other)) {
        // A list is not folded for a line or two.
        let is_long = list.len() > LISTED + 2 && !look.full;
        let listed = if is_long { LISTED } else { list.len() };
        list[..listed].iter().for_each(|finding| setting(out, finding));
        if is_long {
            folded(out, section(list[0]), &list[listed..]);
        }
    }
    unseen::groups(unseen).iter().for_each(|group: &Group<'_, '_>| group.write(out, true, look));
}

/// Why something may be otherwise.
fn waived(out: &mut String, finding: &Finding<'_>) {
    if let Outcome::Waived(waiver) = &finding.outcome {
        paragraph(out, 8, "waived: ", &waiver.to_string());
    }
}

/// The list that a setting is in, or its own name.
pub(super) fn section<'f>(finding: &'f Finding<'_>) -> &'f str {
    finding.subject.path().map(|path| path.segments()[0].name.as_str()).unwrap_or_default()
}

/// Counts the rest of a list, each sign for itself.
fn folded(out: &mut String, section: &str, rest: &[&Finding<'_>]) {
    let of = |is_it: &dyn Fn(&Finding<'_>) -> bool| -> Vec<&Finding<'_>> {
        rest.iter().copied().filter(|one| is_it(one)).collect()
    };
    let is_waived = |one: &Finding<'_>| one.state() == State::Waived;
    let signs = [
        ("+", of(&|one| !is_waived(one) && one.actual.is_none())),
        ("-", of(&|one| !is_waived(one) && one.then().is_none())),
        ("~", of(&|one| !is_waived(one) && one.actual.is_some() && one.then().is_some())),
        ("w", of(&is_waived)),
    ];
    let signs: Vec<_> = signs.iter().filter(|(_, findings)| !findings.is_empty()).collect();
    let counts: Vec<String> =
        signs.iter().map(|(sign, findings)| format!("{} {sign}", findings.len())).collect();
    let (count, counts) = (rest.len(), counts.join(", "));
    let shown = clean(section);
    line(out, &format!("      and {count} more in {shown} ({counts}); --full lists them"));
    if section != RIGHTS {
        return;
    }
    for (sign, findings) in signs {
        let paths = findings.iter().filter_map(|finding| finding.subject.path());
        let names =
            paths.map(|path| path.segments()[0].key.clone().unwrap_or_else(|| path.to_string()));
        paragraph(out, 8, &format!("{sign} "), &names.collect::<Vec<_>>().join(", "));
    }
}

fn setting(out: &mut String, finding: &Finding<'_>) {
    let Some(path) = finding.subject.path() else { return };
    let path = clean(&path.to_string());
    let place = at(finding.place.as_ref());
    let labels = Labels::of(finding);
    let then = finding.then().map(|value| words(value, labels.desired));
    let now = finding.actual.as_ref().map(|value| words(value, labels.actual));
    let (minus, plus) = ("-".red().bold().to_string(), "+".green().bold().to_string());
    let is_waived = finding.state() == State::Waived;
    let lead = if is_waived { format!("{} ", mark(State::Waived)) } else { String::new() };
    let head = match (&then, &now) {
        (Some(then), Some(now)) => {
            let sign = if is_waived { State::Waived } else { State::Differs };
            let head = format!("    {} {path}", mark(sign));
            if 6 + path.chars().count() + then.chars().count() + now.chars().count() + 8 > ONE_LINE
            {
                line(out, &format!("{head}{place}"));
                line(out, &format!("        {minus} {now}"));
                line(out, &format!("        {plus} {then}"));
                waived(out, finding);
                return;
            }
            format!("{head}  {minus} {now}  {plus} {then}")
        }
        (None, Some(now)) => format!("    {lead}{minus} {path}  {now}"),
        (Some(then), None) => format!("    {lead}{plus} {path}  {then}"),
        (None, None) => format!("    {lead}{path}"),
    };
    line(out, &format!("{head}{place}"));
    waived(out, finding);
}

/// A value with Setup's words for it.
pub(super) fn words(value: &Value, label: Option<String>) -> String {
    match label {
        Some(label) => format!("{} ({})", clean(&value.to_string()), clean(&label)),
        None => clean(&value.to_string()),
    }
}
