//! What changed in one file of metadata, in git's words, for `git diff`.

use owo_colors::OwoColorize as _;

use crate::diff::{Finding, State};
use crate::metadata::ComponentId;
use crate::metadata::full_name::api_full_name;

use super::baseline::{RIGHTS, section, words};
use super::line::{at, clean, line, mark, paragraph};
use super::words::Labels;

/// So many entries of a list that say the same are named; more are counted.
const NAMED: usize = 12;

/// A file that changed.
#[derive(Debug)]
pub struct FileChange<'f> {
    /// Its name, before where it has another now.
    pub name: &'f str,
    /// The component in it, before where it is another now.
    pub id: &'f ComponentId,
    /// What became of it.
    pub fate: Fate<'f>,
    /// The settings that differ; of a new file those that it brings, of a deleted one those that
    /// it had.
    pub findings: &'f [Finding<'f>],
}

/// What became of a file.
#[derive(Clone, Copy, Debug)]
pub enum Fate<'f> {
    /// It is new.
    New {
        /// It holds a part of the component, which was there before.
        is_part: bool,
    },
    /// It was deleted.
    Deleted {
        /// It held a part of the component, which is there all the same.
        is_part: bool,
    },
    /// It was changed where it is.
    Changed,
    /// It has another name, or a copy of it has.
    Moved {
        /// The other name.
        to: &'f str,
        /// The component by that name.
        id: &'f ComponentId,
        /// What git says of it: `rename from ..`, `similarity index ..`.
        words: &'f str,
    },
}

/// Elements whose text nobody is shown.
const HIDDEN: [&str; 2] = ["consumerKey", "consumerSecret"];

/// Writes the lines that changed in a file which cannot be read as metadata.
pub fn lines(name: &str, then: &str, now: &str) -> String {
    let shown = |text: &str| text.split_inclusive('\n').map(without_secret).collect::<String>();
    let (then, now) = (shown(then), shown(now));
    let diff = similar::TextDiff::from_lines(&then, &now);
    let (old, new) = (format!("a/{name}"), format!("b/{name}"));
    let text = diff.unified_diff().context_radius(3).header(&old, &new).to_string();
    let mut out = String::new();
    for row in text.lines() {
        let row = clean(row);
        let row = match row.as_bytes().first() {
            Some(b'+') => row.green().to_string(),
            Some(b'-') => row.red().to_string(),
            Some(b'@') => row.cyan().to_string(),
            _ => row.to_string(),
        };
        line(&mut out, &row);
    }
    out
}

/// A line without the text of an element that holds a key or a secret.
fn without_secret(text: &str) -> String {
    let begins = |name: &&str| text.find(&format!("<{name}>")).map(|at| at + name.len() + 2);
    match HIDDEN.iter().find_map(begins) {
        Some(at) => format!("{}(hidden)\n", &text[..at]),
        None => text.to_owned(),
    }
}

/// Writes what changed in a file.
pub fn file(change: &FileChange<'_>) -> String {
    let mut out = String::new();
    let FileChange { name, id, fate, findings } = *change;
    let name = clean(name);
    let (plus, minus) = ("+".green().bold().to_string(), "-".red().bold().to_string());
    match fate {
        Fate::New { is_part } | Fate::Deleted { is_part } => {
            let (words, mark, sign, state) = match fate {
                Fate::New { .. } => ("new file", plus, "+", "is new"),
                _ => ("deleted file", minus, "-", "is gone"),
            };
            line(&mut out, &format!("diff {name}").bold().to_string());
            line(&mut out, &words.bold().to_string());
            if is_part {
                settings(&mut out, id, findings);
                out.push('\n');
                return out;
            }
            line(&mut out, &format!("{mark} {}  {state}", shown(id)));
            folded(&mut out, sign, findings);
        }
        Fate::Changed => {
            line(&mut out, &format!("diff {name}").bold().to_string());
            settings(&mut out, id, findings);
        }
        Fate::Moved { to, id: now, words } => {
            line(&mut out, &format!("diff {name} {}", clean(to)).bold().to_string());
            // The blobs' names are nothing for a reader.
            for words in words.lines().filter(|words| !words.starts_with("index ")) {
                line(&mut out, &clean(words).bold().to_string());
            }
            if id == now {
                settings(&mut out, id, findings);
            } else {
                let is_copy = words.lines().any(|words| words.starts_with("copy "));
                if !is_copy {
                    line(&mut out, &format!("{minus} {}  is gone", shown(id)));
                }
                let of = clean(&api_full_name(id));
                let but = if findings.is_empty() { "" } else { ", but for these" };
                line(
                    &mut out,
                    &format!("{plus} {}  is new, with the settings of {of}{but}", shown(now)),
                );
                findings.iter().for_each(|finding| setting(&mut out, finding));
            }
        }
    }
    out.push('\n');
    out
}

fn shown(id: &ComponentId) -> String {
    let name = clean(&api_full_name(id)).bold().to_string();
    if id.type_name.is_empty() { name } else { format!("{} {name}", id.type_name) }
}

/// The settings that differ in a component that is there before and after.
fn settings(out: &mut String, id: &ComponentId, findings: &[Finding<'_>]) {
    if findings.is_empty() {
        line(out, "    no setting differs (order, spelling or layout)");
        return;
    }
    line(out, &format!("{} {}", mark(State::Differs), shown(id)));
    findings.iter().for_each(|finding| setting(out, finding));
}

/// A setting before and after.
fn setting(out: &mut String, finding: &Finding<'_>) {
    let Some(path) = finding.subject.path() else { return };
    let path = clean(&path.to_string());
    if let Some(unseen) = finding.unseen() {
        line(out, &format!("    {} {path}", mark(State::NotObserved)));
        paragraph(out, 8, "", &unseen.words);
        return;
    }
    let labels = Labels::of(finding);
    let then = finding.then().map(|value| words(value, labels.desired));
    let now = finding.actual.as_ref().map(|value| words(value, labels.actual));
    let text = match (then, now) {
        (Some(then), Some(now)) => format!("{} {path}  {then} -> {now}", "~".yellow().bold()),
        (None, Some(now)) => format!("{} {path}  {now}", "+".green().bold()),
        (Some(then), None) => format!("{} {path}  {then}", "-".red().bold()),
        (None, None) => path,
    };
    line(out, &format!("    {text}{}", at(finding.place.as_ref())));
}

/// What a component brings, or had: entries of one list that say the same on one line.
fn folded(out: &mut String, sign: &str, findings: &[Finding<'_>]) {
    for list in findings.chunk_by(|one, other| section(one) == section(other)) {
        // In order of the first that says it.
        let mut alike: Vec<(String, Vec<&str>)> = Vec::new();
        for finding in list {
            match entry(finding) {
                Some((key, says)) => match alike.iter_mut().find(|(known, _)| *known == says) {
                    Some((_, keys)) => keys.push(key),
                    None => alike.push((says, vec![key])),
                },
                None => setting(out, finding),
            }
        }
        for (says, keys) in alike {
            let named = if section(&list[0]) == RIGHTS { keys.len() } else { NAMED };
            let more = match keys.len().saturating_sub(named) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let text = format!("{says}: {}{more}", keys[..keys.len().min(named)].join(", "));
            paragraph(out, 4, &format!("{sign} {}  ", clean(section(&list[0]))), &text);
        }
    }
}

/// The key of a whole entry and what it says; none for anything else.
fn entry<'f>(finding: &'f Finding<'_>) -> Option<(&'f str, String)> {
    let path = finding.subject.path()?;
    let [only] = path.segments() else { return None };
    let value = finding.actual.as_ref().or(finding.then())?;
    Some((only.key.as_deref()?, value.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_shows_a_secret() {
        let text = |value: &str| format!("<a>\n  <consumerSecret>{value}</consumerSecret>\n<b\n");
        let shown = lines("A.connectedApp", &text("hush"), &text("still"));
        assert_eq!(shown, "");
        let shown = lines("A.connectedApp", &text("hush"), "<a>\n");
        assert!(
            shown.contains("-  <consumerSecret>(hidden)") && !shown.contains("hush"),
            "{shown}"
        );
    }
}
