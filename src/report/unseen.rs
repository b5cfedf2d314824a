//! What nobody could see, for a person: by its reason, since that is what a reader can do something
//! about, and each reason whole once.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::diff::{Finding, State, Subject};

use super::line::{Look, at, clean, line, marked, paragraph};

/// So many things that could not be seen for one reason are listed; more are counted and some named.
const LISTED: usize = 6;

/// So many lists of components are told of, and so many things that are none.
const LISTS: usize = 3;

/// So many entries of a list are named.
const NAMED: usize = 6;

/// A reason with a head (`not requested: ..`) that is longer than this, in characters, is told by
/// its head where it was told whole before.
const SHORT: usize = 64;

/// The things that could not be seen for one reason.
pub(super) struct Group<'f, 't> {
    reason: String,
    pub(super) findings: Vec<&'f Finding<'t>>,
}

/// Groups what could not be seen, in the order of the first of each reason. Reasons that differ in
/// nothing but the name of what they speak of are one.
pub(super) fn groups<'f, 't>(
    findings: impl IntoIterator<Item = &'f Finding<'t>>,
) -> Vec<Group<'f, 't>> {
    let mut groups: Vec<Group<'f, 't>> = Vec::new();
    for finding in findings {
        if finding.state() != State::NotObserved {
            continue;
        }
        let reason = without_name(finding);
        match groups.iter_mut().find(|group| group.reason == reason) {
            Some(group) => group.findings.push(finding),
            None => groups.push(Group { reason, findings: vec![finding] }),
        }
    }
    groups
}

/// The one reason for which none of these could be seen; none where there are several.
pub(super) fn only_reason(findings: &[Finding<'_>]) -> Option<String> {
    match <[Group<'_, '_>; 1]>::try_from(groups(findings)) {
        Ok([group]) => Some(group.reason),
        Err(_) => None,
    }
}

impl Group<'_, '_> {
    /// The reason, with the name in it where it is the same for all.
    pub(super) fn reason(&self) -> Cow<'_, str> {
        let first = words(self.findings[0]);
        let is_same = self.findings.iter().all(|finding| words(finding) == first);
        if is_same { first.into() } else { self.reason.as_str().into() }
    }

    /// Writes what could not be seen and why. `is_within` where its component stands above.
    pub(super) fn write(&self, out: &mut String, is_within: bool, look: &Look<'_>) {
        if look.full || self.findings.len() <= LISTED {
            for finding in &self.findings {
                one(out, finding, is_within);
            }
        } else {
            self.in_short(out, is_within);
        }
        let reason = self.reason();
        let reason = match reason.split_once(": ") {
            Some((head, _)) if !look.is_first(&reason) && reason.chars().count() > SHORT => {
                format!("{head}, as said above").into()
            }
            _ => reason,
        };
        paragraph(out, 8, "not observed: ", &reason);
    }

    /// Counts what is in each list of a component, and names some of it.
    fn in_short(&self, out: &mut String, is_within: bool) {
        let of = |finding: &Finding<'_>| {
            let path = finding.subject.path()?;
            let first = &path.segments()[0];
            // What has no key is a setting of its own.
            let list = first.key.as_ref().map(|_| first.name.clone()).unwrap_or_default();
            Some((finding.subject.component()?.clone(), list))
        };
        let mut places = BTreeMap::new();
        let mut lists: Vec<(_, Vec<&Finding<'_>>)> = Vec::new();
        for finding in &self.findings {
            let list = of(finding);
            let at = *places.entry(list.clone()).or_insert(lists.len());
            match lists.get_mut(at) {
                Some((_, members)) => members.push(finding),
                None => lists.push((list, vec![finding])),
            }
        }
        for (list, members) in lists.iter().take(LISTS) {
            let Some((component, list)) = list else {
                members.iter().take(LISTS).for_each(|finding| one(out, finding, is_within));
                more(out, members.len().saturating_sub(LISTS));
                continue;
            };
            let of = if is_within { String::new() } else { format!(" of {component}") };
            let names = names(members);
            let is_all = names.len() == members.len() && names.len() <= NAMED;
            let full = if is_all { "" } else { "; --full lists them" };
            let words = format!("{}{of}: {}{full}", counted(list, members), named(&names));
            marked(out, 4, State::NotObserved, &words);
        }
        more(out, lists.iter().skip(LISTS).map(|(_, members)| members.len()).sum());
    }
}

fn more(out: &mut String, count: usize) {
    if count > 0 {
        line(out, &format!("      and {count} more; --full lists them"));
    }
}

fn one(out: &mut String, finding: &Finding<'_>, is_within: bool) {
    let subject = match (&finding.subject, finding.manual()) {
        (Subject::ByHand, manual) => manual.unwrap_or_default().to_owned(),
        (Subject::Setting { path, .. }, _) if is_within => path.to_string(),
        (subject, _) => subject.to_string(),
    };
    let mark = super::line::mark(State::NotObserved);
    line(out, &format!("    {mark} {}{}", clean(&subject), at(finding.place.as_ref())));
}

/// What is in a list, counted: `45 settings of 15 objects`.
fn counted(list: &str, members: &[&Finding<'_>]) -> String {
    let count = members.len();
    let what = match list {
        "" => return format!("{count} settings"),
        "objectPermissions" => "objects".to_owned(),
        "fieldPermissions" => "fields".to_owned(),
        "userPermissions" => "permissions".to_owned(),
        list => format!("entries of {list}"),
    };
    match names(members).len() {
        1 => format!("{count} settings of {list}"),
        entries if entries == count => format!("{count} {what}"),
        entries => format!("{count} settings of {entries} {what}"),
    }
}

/// The first of them by name.
fn named(names: &[String]) -> String {
    let first = names[..names.len().min(NAMED)].join(", ");
    match names.len().saturating_sub(NAMED) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

/// The keys of entries, or the paths of what has none, each once.
fn names(members: &[&Finding<'_>]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for path in members.iter().filter_map(|finding| finding.subject.path()) {
        let name = path.segments()[0].key.clone().unwrap_or_else(|| path.to_string());
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn words<'f>(finding: &'f Finding<'_>) -> &'f str {
    finding.unseen().map_or("no reason is known", |unseen| &unseen.words)
}

/// A reason without the name of what it speaks of: its component, or what an entry is of.
fn without_name(finding: &Finding<'_>) -> String {
    let mut reason = words(finding).to_owned();
    if let Some(component) = finding.subject.component() {
        reason = reason.replace(&component.to_string(), "it");
    }
    let key = finding.subject.path().and_then(|path| path.segments()[0].key.as_deref());
    let Some(key) = key else { return reason };
    // The entry of a field is shown with its object.
    for name in [key, key.split('.').next().unwrap_or(key)] {
        let Some(start) = reason.find(&format!(":{name} ")) else { continue };
        let end = start + 1 + name.len();
        let begin = reason[..start].rfind(' ').map_or(0, |space| space + 1);
        let of_it = format!("its {}", &reason[begin..start]);
        reason.replace_range(begin..end, &of_it);
        break;
    }
    reason
}
