//! A report as SARIF 2.1.0, for code scanning: a run an org, a rule a step, a result a finding.
//!
//! Readers such as GitHub's code scanning take every result for something to be mended, whatever
//! its `kind`. So what is in sync is no result; the counts of all states stand in the run's properties.
//! The file stays within what GitHub takes, and says so where that leaves something out.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::diff::{Finding, Origin, State};
use crate::metadata::archive::write_zip;
use crate::metadata::full_name::api_full_name;
use crate::metadata::sha256::sha256;
use crate::template::Level;

use super::line::clean;
use super::words::{Rule, reason, told};
use super::{OrgReport, Report};

/// How much there may be in a file that GitHub's code scanning takes.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Runs in a file.
    pub runs: usize,
    /// Results in a run; of these it shows 5,000.
    pub results: usize,
    /// Rules in a run.
    pub rules: usize,
    /// Bytes, packed.
    pub bytes: usize,
}

/// GitHub's own (docs.github.com, "SARIF support for code scanning").
impl Default for Limits {
    fn default() -> Self {
        Self { runs: 20, results: 25_000, rules: 25_000, bytes: 10_000_000 }
    }
}

/// Writes a report as SARIF. `root` is the folder of the files that were looked at, as a path from
/// the root of the checkout, or from the root of the machine; none for orgs, and for archives,
/// whose files no reader can open.
///
/// # Errors
/// What `serde_json` says; none is known to be possible for these types.
pub fn render(report: &Report<'_>, root: Option<&str>) -> Result<String, serde_json::Error> {
    within_bytes(Limits::default(), |limits| within(report, root, limits))
}

/// Writes with fewer results until all is within the limit of bytes.
///
/// # Errors
/// As for [`render`].
pub(super) fn within_bytes(
    mut limits: Limits,
    write: impl Fn(&Limits) -> Result<String, serde_json::Error>,
) -> Result<String, serde_json::Error> {
    loop {
        let text = write(&limits)?;
        if limits.results == 0 || text.len() <= limits.bytes || packed(&text) <= limits.bytes {
            return Ok(text);
        }
        limits.results /= 2;
    }
}

/// How many bytes a text has once it is packed.
fn packed(text: &str) -> usize {
    let files = BTreeMap::from([("sarif".to_owned(), text.as_bytes().to_vec())]);
    write_zip(&files).map_or(usize::MAX, |zip| zip.len())
}

/// Writes a report within limits of runs, results and rules.
///
/// # Errors
/// As for [`render`].
pub fn within(
    report: &Report<'_>,
    root: Option<&str>,
    limits: &Limits,
) -> Result<String, serde_json::Error> {
    let left = report.orgs.len().saturating_sub(limits.runs);
    let runs = report.orgs.iter().take(limits.runs).enumerate().map(|(index, org)| {
        let is_last = index + 1 == limits.runs && left > 0;
        let more = is_last.then(|| {
            let all = report.orgs.len();
            notification("warning", "TRUNCATED", &format!("{left} of {all} orgs are left out here"))
        });
        run(report, org, root, limits, more)
    });
    document(runs.collect())
}

/// Writes a document of runs.
///
/// # Errors
/// As for [`render`].
pub(super) fn document(runs: Vec<Value>) -> Result<String, serde_json::Error> {
    let document = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": runs,
    });
    let mut text = serde_json::to_string_pretty(&document)?;
    text.push('\n');
    Ok(text)
}

/// This program, with the rules of a run.
pub(super) fn tool(rules: Vec<Value>) -> Value {
    json!({ "driver": {
        "name": "sfsetup",
        "semanticVersion": env!("CARGO_PKG_VERSION"),
        "informationUri": env!("CARGO_PKG_REPOSITORY"),
        "rules": rules,
    } })
}

/// The rules of a run, each once, in the order in which they are spoken of.
#[derive(Default)]
struct Rules {
    index: BTreeMap<String, usize>,
    rules: Vec<Value>,
}

impl Rules {
    /// Returns where the rule of a finding stands.
    fn take(&mut self, finding: &Finding<'_>) -> usize {
        let rule = Rule::of(finding);
        if let Some(index) = self.index.get(&rule.id) {
            return *index;
        }
        let index = self.rules.len();
        self.rules.push(rule_of(&rule, finding));
        self.index.insert(rule.id, index);
        index
    }
}

fn run(
    report: &Report<'_>,
    org: &OrgReport<'_>,
    root: Option<&str>,
    limits: &Limits,
    more: Option<Value>,
) -> Value {
    let diff = org.outcome.as_ref().ok();
    let findings: Vec<&Finding<'_>> = diff.iter().flat_map(|diff| &diff.findings).collect();
    let is_result = |finding: &&&Finding<'_>| finding.state() != State::InSync;
    let mut shown: Vec<&Finding<'_>> = findings.iter().filter(is_result).copied().collect();
    let all = shown.len();
    let mut said: Vec<Value> = more.into_iter().collect();
    if all > limits.results {
        // What asks most of the reader stays.
        shown.sort_by_key(|finding| weight(finding));
        shown.truncate(limits.results);
        let words = format!("{} of {all} findings are left out here", all - limits.results);
        said.push(notification("warning", "TRUNCATED", &words));
    }
    let mut rules = Rules::default();
    let mut occurrences: BTreeMap<String, usize> = BTreeMap::new();
    let mut results = Vec::new();
    for finding in shown {
        results.push(result(finding, rules.take(finding), root, &mut occurrences));
    }
    for finding in findings.iter().filter(|finding| finding.state() == State::InSync) {
        if rules.rules.len() < limits.rules {
            rules.take(finding);
        }
    }
    let error = org.error();
    if let Some(failure) = &error {
        said.push(error_notification(&failure.code, &failure.message, failure.hint.as_deref()));
    }
    said.extend(
        diff.iter().flat_map(|diff| diff.notes()).map(|note| notification("note", "NOTE", note)),
    );
    let counts = State::ALL
        .map(|state| (state.name().to_owned(), json!(diff.map_or(0, |diff| diff.count(state)))));
    let names: Vec<&str> = report.templates.iter().map(|one| one.name.as_str()).collect();
    let what = if names.is_empty() { "baseline".to_owned() } else { names.join("+") };
    json!({
        "tool": tool(rules.rules),
        "automationDetails": { "id": clean(&format!("sfsetup/{what}/{}/", org.name)) },
        "invocations": [{
            "executionSuccessful": error.is_none(),
            "toolExecutionNotifications": said,
        }],
        "results": results,
        "properties": { "org": clean(&org.name), "summary": Value::Object(counts.into_iter().collect()) },
    })
}

pub(super) fn notification(level: &str, code: &str, words: &str) -> Value {
    json!({ "level": level, "descriptor": { "id": clean(code) }, "message": { "text": clean(words) } })
}

/// Why there is no answer, and what to do.
pub(super) fn error_notification(code: &str, message: &str, hint: Option<&str>) -> Value {
    let hint = hint.map_or_else(String::new, |hint| format!("; {hint}"));
    notification("error", code, &format!("{message}{hint}"))
}

/// What a result is, and its level. GitHub knows the levels `error`, `warning` and `note`, so that
/// what is open is a note; what fails is as severe as its step.
pub(super) fn kind(state: State, severity: &'static str) -> (&'static str, &'static str) {
    match state {
        State::Missing | State::Differs | State::Waived | State::InSync => ("fail", severity),
        State::NotObserved => ("open", "note"),
        State::Manual => ("review", "note"),
    }
}

/// Why a finding that is waived counts no more.
pub(super) fn suppressions(why: &str) -> Value {
    json!([{ "kind": "external", "status": "accepted", "justification": clean(why) }])
}

/// The less, the more it asks of the reader.
fn weight(finding: &Finding<'_>) -> u8 {
    match (finding.state(), finding.level()) {
        (State::Missing | State::Differs, Level::Required) => 0,
        (State::Missing | State::Differs, Level::Recommended) => 1,
        (State::Manual, _) => 2,
        (State::NotObserved, _) => 3,
        (State::Waived | State::InSync, _) => 4,
    }
}

fn severity(level: Level) -> &'static str {
    match level {
        Level::Required => "error",
        Level::Recommended => "warning",
    }
}

fn rule_of(rule: &Rule, finding: &Finding<'_>) -> Value {
    let severity = severity(finding.level());
    let title = clean(&rule.title);
    let mut out = json!({
        "id": clean(&rule.id),
        "shortDescription": { "text": title },
        "fullDescription": { "text": title },
        "help": { "text": help(finding).unwrap_or_else(|| title.clone()) },
        "defaultConfiguration": { "level": severity },
        "properties": { "tags": ["salesforce"], "problem.severity": severity },
    });
    if let Some(wanted) = finding.wanted() {
        let (step, source) = (wanted.step, &wanted.template.source);
        if let Some(why) = &step.why {
            out["fullDescription"]["text"] = clean(why).into();
        }
        // The address of a rule is one that a browser opens.
        let docs = step.docs.as_ref().unwrap_or(source);
        if docs.starts_with("https://") || docs.starts_with("http://") {
            out["helpUri"] = uri(docs).into();
        }
    }
    out
}

/// Why a step is wanted, and where it is set right.
fn help(finding: &Finding<'_>) -> Option<String> {
    let Origin::Step(wanted) = &finding.origin else {
        return Some("What differs from the baseline was changed since, or elsewhere.".to_owned());
    };
    let step = wanted.step;
    let page = finding.pages().next();
    let page = page.map(|page| format!("In Setup: Quick Find \"{}\".", page.quick_find));
    let texts = [step.why.clone(), step.note.clone(), finding.manual().map(str::to_owned), page];
    let texts: Vec<String> = texts.into_iter().flatten().map(|text| clean(&text)).collect();
    (!texts.is_empty()).then(|| texts.join(" "))
}

fn result(
    finding: &Finding<'_>,
    rule: usize,
    root: Option<&str>,
    occurrences: &mut BTreeMap<String, usize>,
) -> Value {
    let state = finding.state();
    let (kind, level) = kind(finding.outcome.unwaived().state(), severity(finding.level()));
    let id = Rule::of(finding).id;
    // Neither the place nor the values, so that it is the same finding after lines have moved.
    let print = sha256(format!("{id}\0{}", finding.subject).as_bytes());
    let print = print.get(..16).unwrap_or_default().to_owned();
    let occurrence = occurrences.entry(print.clone()).or_default();
    *occurrence += 1;
    let mut out = json!({
        "ruleId": clean(&id),
        "ruleIndex": rule,
        "kind": kind,
        "level": level,
        "message": { "text": clean(&told(finding)) },
        "locations": [location(finding, root)],
        "partialFingerprints": { "primaryLocationLineHash": format!("{print}:{occurrence}") },
        "properties": { "state": state.name() },
    });
    if state == State::Waived {
        out["suppressions"] = suppressions(&reason(finding).unwrap_or_default());
    }
    out
}

/// Where a finding stands. In a checkout each has a file, since GitHub refuses the whole answer for
/// the sake of one result without: what stands in none (a fact, what is by hand) is at the folder.
fn location(finding: &Finding<'_>, root: Option<&str>) -> Value {
    let component = finding.subject.component();
    let mut logical = json!({ "fullyQualifiedName": clean(&finding.name()) });
    if let Some(id) = component {
        logical["name"] = clean(&api_full_name(id)).into();
        logical["kind"] = "resource".into();
    }
    let mut out = json!({ "logicalLocations": [logical] });
    let Some(root) = root else { return out };
    // What only a baseline has stands in the baseline's file, which is elsewhere.
    let is_elsewhere = finding.wanted().is_none() && finding.actual.is_none();
    let place = finding.place.as_ref().filter(|_| !is_elsewhere);
    let (path, line) = match place {
        Some(place) => (join(root, &place.file), place.line),
        None => (join(root, ""), 1),
    };
    out["physicalLocation"] = json!({
        "artifactLocation": { "uri": path }, "region": { "startLine": line },
    });
    out
}

/// A file's address: from the root of the checkout, or the whole of it.
fn join(root: &str, file: &str) -> String {
    let path = [root.trim_end_matches('/'), file];
    let path: Vec<&str> = path.into_iter().filter(|part| !part.is_empty()).collect();
    let path = path.join("/");
    let path = if path.is_empty() { "." } else { path.as_str() };
    let encoded = encode(path);
    match root.chars().next() {
        Some('/') => format!("file://{encoded}"),
        _ if root.get(1..2) == Some(":") => format!("file:///{encoded}"),
        _ => encoded,
    }
}

/// A path as it stands in an address.
fn encode(path: &str) -> String {
    escape(path, "-._~/")
}

/// An address with what must not stand in one written as its number.
fn uri(address: &str) -> String {
    escape(address, "-._~/:?#[]@!$&'()*+,;=%")
}

fn escape(text: &str, plain: &str) -> String {
    let byte = |byte: u8| match char::from(byte) {
        one if one.is_ascii_alphanumeric() || plain.contains(one) => one.to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}
