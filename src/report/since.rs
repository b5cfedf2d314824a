//! What has become of an earlier answer: what is new, what is fixed, what is still so.
//!
//! Both sides are read in their published form, so that the same words mean the same. What cannot
//! be compared is refused: nothing is fixed because it was not asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::{Value, json};

use super::line::{clean, line};
use super::{Report, json};

/// How many findings of one sort are listed; `full` lists all.
const LISTED: usize = 12;

/// Why two answers cannot be compared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Incomparable {
    /// It is no answer of a diff, or one of another version.
    #[error("it is no answer of `sfsetup diff --format json`: {0}")]
    NoReport(String),
    /// It speaks of other templates.
    #[error("it holds {0}, and this is {1}")]
    OtherTemplates(String, String),
    /// It speaks of another org, or of other files.
    #[error("it is of {0}, and this is {1}")]
    OtherOrg(String, String),
    /// The org, or the files, gave no answer then.
    #[error("there was no answer then: {0}")]
    NoAnswer(String),
}

/// What has become of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Become {
    /// It differs or is missing, and did not then.
    New,
    /// It differs or is missing, as then.
    Persisting,
    /// It differed or was missing, and is not any more.
    Fixed,
    /// It differed or was missing, and nobody could see now whether it still does.
    Unseen,
}

impl Become {
    /// Returns its name as reports write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Persisting => "persisting",
            Self::Fixed => "fixed",
            Self::Unseen => "not-observed",
        }
    }
}

/// What has become of the findings of an earlier answer, for one org.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Since {
    /// What has become of each of the findings of now, in their order; none where there is nothing
    /// to say.
    pub findings: Vec<Option<Become>>,
    /// What differed or was missing then and is not asked now, each in words.
    pub not_asked: Vec<String>,
    /// What the reader should know of the two: another version of a template.
    pub notes: Vec<String>,
}

impl Since {
    /// Counts the findings of which something has become.
    pub fn count(&self, what: Become) -> usize {
        self.findings.iter().filter(|one| **one == Some(what)).count()
    }

    /// Compares a report on one org with an earlier answer, as `sfsetup diff --format json` wrote
    /// it.
    ///
    /// # Errors
    /// The two cannot be compared.
    pub fn of(then: &str, report: &Report<'_>) -> Result<Self, Incomparable> {
        let no = |why: String| Incomparable::NoReport(why);
        let then = answer(then)?;
        let now = serde_json::to_value(json::document(report));
        let now = now.map_err(|error| no(error.to_string()))?;
        match one_of(&then, &now) {
            Some(found) => Self::between(&alone(&then, found), &now),
            None => Self::between(&then, &now),
        }
    }

    /// The same of one of many orgs, which is known again by its id, else by its name. Of one that
    /// gave no answer then all that differs is new.
    ///
    /// # Errors
    /// The two cannot be compared.
    pub fn of_one(then: &Value, report: &Report<'_>) -> Result<Self, Incomparable> {
        let now = serde_json::to_value(json::document(report));
        let now = now.map_err(|error| Incomparable::NoReport(error.to_string()))?;
        let found = one_of(then, &now).map(|found| Self::between(&alone(then, found), &now));
        match found {
            None | Some(Err(Incomparable::NoAnswer(_) | Incomparable::OtherOrg(..))) => {}
            Some(other) => return other,
        }
        let nothing = json!({ "org": now["orgs"][0]["org"], "findings": [], "error": null });
        let mut since = Self::between(&alone(then, &nothing), &now)?;
        since.notes.push("the earlier answer has none of it: all that differs is new".to_owned());
        Ok(since)
    }

    fn between(then: &Value, now: &Value) -> Result<Self, Incomparable> {
        check(then, now)?;
        let (before, after) = (rows(then), rows(now));
        let was_bad = |key: &String| before.get(key).is_some_and(|row| is_bad(row));
        let mut findings = vec![None; after.len()];
        for (key, index) in keys(now) {
            let Some(row) = after.get(&key) else { continue };
            findings[index] = match (was_bad(&key), row["state"].as_str()) {
                (was_bad, _) if is_bad(row) => {
                    Some(if was_bad { Become::Persisting } else { Become::New })
                }
                (true, Some("in-sync" | "waived")) => Some(Become::Fixed),
                (true, _) => Some(Become::Unseen),
                (false, _) => None,
            };
        }
        let left = before.iter().filter(|(key, row)| is_bad(row) && !after.contains_key(*key));
        let not_asked = left.map(|(_, row)| named(row)).collect();
        Ok(Self { findings, not_asked, notes: versions(then, now) })
    }

    /// Writes the report as JSON, with what has become of an earlier answer.
    ///
    /// # Errors
    /// As for [`json::render`].
    pub fn json(&self, report: &Report<'_>) -> Result<String, serde_json::Error> {
        let mut document = json::document(report);
        document.orgs.iter_mut().for_each(|org| self.mark(org));
        json::write(&document)
    }

    /// Notes in an org's answer what has become of each finding.
    pub(super) fn mark(&self, org: &mut json::Org<'_>) {
        for (finding, one) in org.findings.iter_mut().zip(&self.findings) {
            finding.since = one.map(|one| one.name().into());
        }
        org.since = Some(self.changes());
    }

    fn changes(&self) -> json::Changes {
        json::Changes {
            new: self.count(Become::New),
            fixed: self.count(Become::Fixed),
            persisting: self.count(Become::Persisting),
            not_observed: self.count(Become::Unseen),
            not_asked: self.not_asked.clone(),
            notes: self.notes.clone(),
        }
    }

    /// Writes what has become of an earlier answer that is called `name`, for a person.
    pub fn text(&self, name: &str, report: &Report<'_>, full: bool) -> String {
        let mut out = String::new();
        let words = json::Changes::words([&self.changes()]);
        line(&mut out, &format!("\nSince {}: {words}.", clean(name)));
        let findings: Vec<_> = report.diffs().flat_map(|diff| &diff.findings).collect();
        let of = |what: Become| -> Vec<String> {
            let chosen = self.findings.iter().zip(&findings).filter(|(one, _)| **one == Some(what));
            chosen.map(|(_, finding)| finding.name()).collect()
        };
        list(&mut out, "new", &of(Become::New), full);
        list(&mut out, "fixed", &of(Become::Fixed), full);
        let unseen = "not so then, not observed now: neither fixed nor gone";
        list(&mut out, unseen, &of(Become::Unseen), full);
        list(&mut out, "not so then, not asked now", &self.not_asked, full);
        for note in &self.notes {
            line(&mut out, &format!("  note: {}", clean(note)));
        }
        out
    }
}

fn list(out: &mut String, title: &str, names: &[String], full: bool) {
    if names.is_empty() {
        return;
    }
    line(out, &format!("  {title}:"));
    let listed = if full { names.len() } else { names.len().min(LISTED) };
    for name in &names[..listed] {
        line(out, &format!("    {}", clean(name)));
    }
    if listed < names.len() {
        line(out, &format!("    and {} more; --full lists them", names.len() - listed));
    }
}

/// Reads an answer, of one org or of many.
///
/// # Errors
/// It is none.
pub fn answer(text: &str) -> Result<Value, Incomparable> {
    let no = |why: String| Incomparable::NoReport(why);
    let answer: Value = serde_json::from_str(text).map_err(|error| no(error.to_string()))?;
    if answer["format"] != json::FORMAT {
        return Err(no(format!("its `format` is not `{}`", json::FORMAT)));
    }
    if let (Some(code), true) = (answer["error"]["code"].as_str(), answer["orgs"] == json!([])) {
        return Err(no(format!("it holds no answer: that run failed ({code})")));
    }
    Ok(answer)
}

/// The org of an answer that `now` is of: by its id, else by its name.
fn one_of<'v>(then: &'v Value, now: &Value) -> Option<&'v Value> {
    let org = &now["orgs"][0]["org"];
    let all = || then["orgs"].as_array().into_iter().flatten();
    let by = |key: &str| all().find(|one| one["org"][key] == org[key] && !org[key].is_null());
    by("id").or_else(|| by("name"))
}

/// An answer as it would be of one of its orgs alone.
fn alone(answer: &Value, org: &Value) -> Value {
    json!({ "templates": answer["templates"], "orgs": [org] })
}

/// The orgs of an answer that are none of these, each an id and a name.
pub fn others<'v>(answer: &'v Value, asked: &[(Option<&str>, &str)]) -> Vec<&'v str> {
    let ids: BTreeSet<&str> = asked.iter().filter_map(|(id, _)| *id).collect();
    let names: BTreeSet<&str> = asked.iter().map(|(_, name)| *name).collect();
    let orgs = answer["orgs"].as_array().into_iter().flatten().map(|org| &org["org"]);
    let is_asked = |org: &&Value| {
        let has = |key: &str, all: &BTreeSet<&str>| {
            org[key].as_str().is_some_and(|one| all.contains(one))
        };
        has("id", &ids) || has("name", &names)
    };
    orgs.filter(|org| !is_asked(org)).filter_map(|org| org["name"].as_str()).collect()
}

/// Says whether two answers are of the same templates and the same org.
fn check(then: &Value, now: &Value) -> Result<(), Incomparable> {
    let templates = |one: &Value| {
        let mut names = texts(one, "name");
        names.sort();
        match names.as_slice() {
            [] => "a baseline".to_owned(),
            names => format!("template {}", names.join(", ")),
        }
    };
    if texts(then, "name").is_empty() || templates(then) != templates(now) {
        return Err(Incomparable::OtherTemplates(templates(then), templates(now)));
    }
    let org = |one: &Value| one["orgs"][0]["org"].clone();
    let same = |key: &str| org(then)[key] == org(now)[key];
    // An org keeps its id whatever it is called; files have none, and go by their path.
    if !same("id") || (org(now)["id"].is_null() && !same("name")) {
        let called = |one: &Value| {
            let id = org(one)["id"].as_str().map(|id| format!(" ({id})")).unwrap_or_default();
            format!("`{}`{id}", org(one)["name"].as_str().unwrap_or_default())
        };
        return Err(Incomparable::OtherOrg(called(then), called(now)));
    }
    let of_then = &then["orgs"][0];
    let is_empty = of_then["findings"].as_array().is_none_or(Vec::is_empty);
    match of_then["error"]["message"].as_str() {
        Some(why) if is_empty => Err(Incomparable::NoAnswer(why.to_owned())),
        _ => Ok(()),
    }
}

/// A key of each template.
fn texts(answer: &Value, key: &str) -> Vec<String> {
    let templates = answer["templates"].as_array().into_iter().flatten();
    templates.filter_map(|one| one[key].as_str()).map(str::to_owned).collect()
}

/// Another version asks other things.
fn versions(then: &Value, now: &Value) -> Vec<String> {
    let version = |one: &Value| texts(one, "version").join(", ");
    if version(then) == version(now) {
        return Vec::new();
    }
    let words = format!("the template was {} then, and is {} now", version(then), version(now));
    vec![words]
}

fn is_bad(row: &Value) -> bool {
    matches!(row["state"].as_str(), Some("differs" | "missing"))
}

/// What is wanted, by which it is known again, and where it stands among the findings.
fn keys(answer: &Value) -> Vec<(String, usize)> {
    let mut times: BTreeMap<String, usize> = BTreeMap::new();
    let rows = answer["orgs"][0]["findings"].as_array().into_iter().flatten();
    let key = |(index, row): (usize, &Value)| {
        let mut key = String::new();
        for part in ["template", "step", "component", "path", "fact", "of", "comparison", "desired"]
        {
            // Writing to a String cannot fail.
            let _ = writeln!(key, "{}", row[part]);
        }
        let time = times.entry(key.clone()).or_default();
        *time += 1;
        (format!("{key}{time}"), index)
    };
    rows.enumerate().map(key).collect()
}

fn rows(answer: &Value) -> BTreeMap<String, &Value> {
    let all = &answer["orgs"][0]["findings"];
    keys(answer).into_iter().map(|(key, index)| (key, &all[index])).collect()
}

/// What a finding is about, in words.
fn named(row: &Value) -> String {
    let of = |value: &Value| value.as_str().map(str::to_owned);
    let component = of(&row["component"]["type"])
        .map(|name| format!("{name}:{}", of(&row["component"]["full_name"]).unwrap_or_default()));
    let about: Vec<String> =
        [component, of(&row["path"]), of(&row["fact"])].into_iter().flatten().collect();
    if about.is_empty() { of(&row["title"]).unwrap_or_default() } else { about.join(" ") }
}
