//! Where a finding stands in the files that were read: the file, and the line of the element that
//! decides.
//!
//! That is the setting's own element; where it is not there, the entry or group that it would stand
//! in; where that is not there either, the component's root. A document is walked once, however
//! many findings are in it, and its lines are counted once.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::metadata::ComponentId;
use crate::metadata::decomposed::{Composed, Part, compose};
use crate::metadata::document::{Document, DocumentError, Element, line_breaks};
use crate::metadata::path::{FieldPath, Segment};
use crate::metadata::percent::plain;
use crate::metadata::registry::{self, Field, Kind, MetadataType};
use crate::metadata::settings::doubled_at;
use crate::metadata::unseen::UnseenKind;
use crate::metadata::value::{Value, same};

use super::baseline::in_lines;
use super::finding::{Finding, Outcome, Place};

/// A component's file.
#[derive(Debug)]
pub struct Source {
    /// The file, relative to the folder or zip that was opened, with `/`.
    pub file: Arc<str>,
    /// What it holds, or why that is no metadata.
    pub document: Result<Document, DocumentError>,
    /// The files that it was put together from, where these are several.
    pub parts: Option<(Composed, Vec<Part>)>,
}

impl Source {
    /// A component that stands in one file.
    pub fn new(file: &str, document: Result<Document, DocumentError>) -> Self {
        Self { file: file.into(), document, parts: None }
    }

    /// A component that is put together from several; its own file is the first.
    pub fn of_parts(parts: Vec<Part>) -> Self {
        let file = parts.first().map(|part| part.file.clone()).unwrap_or_default();
        match compose(&parts) {
            Ok(whole) => Self {
                file: file.into(),
                document: Document::parse(whole.bytes.clone()),
                parts: Some((whole, parts)),
            },
            Err(broken) => Self::new(&broken.file, Err(broken.error)),
        }
    }

    /// Lines of the whole in words, each by its part: `line 3 of A and line 7 of B`; nothing where
    /// it stands in one file.
    fn lines_in_parts(&self, lines: &[usize]) -> Option<String> {
        let (whole, _) = self.parts.as_ref()?;
        let place = |line: &usize| {
            let mut breaks = memchr::memchr_iter(b'\n', &whole.bytes);
            let start =
                line.checked_sub(2).map_or(Some(0), |before| Some(breaks.nth(before)? + 1))?;
            let tag = start + memchr::memchr(b'<', &whole.bytes[start..])?;
            let place = self.place_in_parts(tag)?;
            Some(format!("line {} of {}", place.line, place.file))
        };
        Some(lines.iter().map(place).collect::<Option<Vec<String>>>()?.join(" and "))
    }

    /// The file and line of a byte in a part.
    fn place_in_parts(&self, at: usize) -> Option<Place> {
        let (whole, parts) = self.parts.as_ref()?;
        let (part, from) = whole.origin(at);
        let part = parts.get(part)?;
        let line = 1 + memchr::memchr_iter(b'\n', part.bytes.get(..from)?).count();
        Some(Place { file: part.file.as_str().into(), line })
    }
}

/// Finds a component's file on one side; none where the component is not there, or the side is no
/// files.
pub type Files<'f> = dyn Fn(&ComponentId) -> Option<Source> + 'f;

/// Says of each finding where it stands: in the files that were looked at, and what only a baseline
/// has in the baseline's.
pub fn locate(findings: &mut [Finding<'_>], actual: &Files<'_>, baseline: &Files<'_>) {
    for (id, indices) in by_component(findings, |_| true) {
        let is_of_baseline = |index: &usize| is_of_baseline(&findings[*index]);
        let (then, now): (Vec<usize>, Vec<usize>) = indices.into_iter().partition(is_of_baseline);
        let left = place_all(findings, now, &id, actual, is_sound);
        let left = place_all(findings, [then, left].concat(), &id, baseline, is_sound);
        place_all(findings, left, &id, actual, |_| true);
    }
}

/// The places of chosen findings, by their component: its file is read once for all.
fn by_component(
    findings: &[Finding<'_>],
    is_chosen: impl Fn(&Finding<'_>) -> bool,
) -> BTreeMap<ComponentId, Vec<usize>> {
    let mut by_component: BTreeMap<ComponentId, Vec<usize>> = BTreeMap::new();
    for (index, finding) in findings.iter().enumerate().filter(|(_, one)| is_chosen(one)) {
        if let Some(id) = finding.subject.component() {
            match by_component.get_mut(id) {
                Some(indices) => indices.push(index),
                None => _ = by_component.insert(id.clone(), vec![index]),
            }
        }
    }
    by_component
}

/// Says of entries that stand more than once in which parts they do, where the component is put
/// together from several.
pub fn name_parts(findings: &mut [Finding<'_>], actual: &Files<'_>, baseline: &Files<'_>) {
    let is_doubled = |finding: &Finding<'_>| {
        finding.unseen().is_some_and(|unseen| unseen.kind == UnseenKind::Doubled)
    };
    for (id, indices) in by_component(findings, is_doubled) {
        // In the words a baseline's lines come last.
        for (source, is_last) in [(actual(&id), false), (baseline(&id), true)] {
            let Some(source) = source else { continue };
            for index in &indices {
                name_parts_of(&mut findings[*index], &source, is_last);
            }
        }
    }
}

fn name_parts_of(finding: &mut Finding<'_>, source: &Source, is_last: bool) -> Option<()> {
    let id = finding.subject.component()?;
    let row = registry::find_component(&id.type_name, &id.full_name)?;
    let lines = doubled_at(row, source.document.as_ref().ok()?, finding.subject.path()?)?;
    let named = source.lines_in_parts(&lines)?;
    let Outcome::NotObserved(unseen) = &mut finding.outcome else { return None };
    let of_file = format!("{} of {}", in_lines(&lines), source.file);
    let said = if unseen.words.contains(&of_file) { of_file } else { in_lines(&lines) };
    let at = if is_last { unseen.words.rfind(&said) } else { unseen.words.find(&said) }?;
    unseen.words.replace_range(at..at + said.len(), &named);
    Some(())
}

/// Says whether a finding stands in a file that can be read.
fn is_sound(finding: &Finding<'_>) -> bool {
    finding.unseen().is_none_or(|unseen| unseen.kind != UnseenKind::Damaged)
}

/// Says whether the baseline alone has it.
fn is_of_baseline(finding: &Finding<'_>) -> bool {
    finding.actual.is_none() && finding.then().is_some()
}

/// Places the findings of one component in its file on one side; returns those that are not in it.
/// `is_there` says which may be in a file that can be read.
fn place_all(
    findings: &mut [Finding<'_>],
    indices: Vec<usize>,
    id: &ComponentId,
    files: &Files<'_>,
    is_there: impl Fn(&Finding<'_>) -> bool,
) -> Vec<usize> {
    if indices.is_empty() {
        return indices;
    }
    let Some(source) = files(id) else { return indices };
    let (file, document) = (&source.file, &source.document);
    let document = match document {
        Ok(document) => document,
        Err(error) => {
            let place = Place { file: Arc::clone(file), line: error.position.line };
            for index in indices {
                findings[index].place = Some(place.clone());
            }
            return Vec::new();
        }
    };
    let (here, left): (Vec<usize>, Vec<usize>) =
        indices.into_iter().partition(|index| is_there(&findings[*index]));
    let held = ByKey::read(id, document);
    let start = |index: usize| {
        let finding = &findings[index];
        let element = match finding.subject.path() {
            Some(path) => held.find(path, finding.actual.as_ref()),
            None => document.root(),
        };
        (element.span().start, index)
    };
    let mut placed: Vec<(usize, usize)> = here.into_iter().map(start).collect();
    placed.sort_unstable();
    let (mut line, mut at) = (1, 0);
    for (start, index) in placed {
        line += line_breaks(&document.bytes()[at..start]);
        at = start;
        let in_part = source.place_in_parts(start);
        findings[index].place = in_part.or_else(|| Some(Place { file: Arc::clone(file), line }));
    }
    left
}

/// A document's children of the root, to be found by name and key without walking it again.
struct ByKey<'d> {
    row: &'static MetadataType,
    root: Element<'d>,
    by_key: HashMap<(String, Option<String>), Vec<Element<'d>>>,
}

impl<'d> ByKey<'d> {
    fn read(id: &ComponentId, document: &'d Document) -> Self {
        let row = registry::find_component(&id.type_name, &id.full_name);
        let row = row.unwrap_or(&registry::UNKNOWN);
        let mut by_key: HashMap<_, Vec<Element<'d>>> = HashMap::new();
        for element in document.root().children() {
            let mut keys = vec![None];
            if let Some(section) = field(row, element.name()).filter(|field| is_list(field)) {
                keys.push(Some(folded(&registry::key_of(section, element))));
                keys.push(Some(folded(&registry::identity_of(section, element))));
                keys.dedup();
            }
            for key in keys {
                by_key.entry((element.name().to_ascii_lowercase(), key)).or_default().push(element);
            }
        }
        Self { row, root: document.root(), by_key }
    }

    /// The element of a path, or the innermost one that is there. Of an entry that stands twice it
    /// is the one that says what was seen.
    fn find(&self, path: &FieldPath, actual: Option<&Value>) -> Element<'d> {
        let (first, rest) = (&path.segments()[0], &path.segments()[1..]);
        let field = field(self.row, &first.name);
        let copies = self.copies(first, field);
        let [copy, more @ ..] = copies.as_slice() else { return self.root };
        if more.is_empty() || rest.is_empty() {
            return below(*copy, rest, field).0;
        }
        let says = |copy: &&Element<'d>| {
            let (element, is_there) = below(**copy, rest, field);
            let value = Value::from(element.text().trim());
            actual.is_some_and(|actual| is_there && same(actual, &value))
        };
        let is_without = |copy: &&Element<'d>| !below(**copy, rest, field).1;
        let decides = copies.iter().find(says).or_else(|| copies.iter().find(is_without));
        below(*decides.unwrap_or(copy), rest, field).0
    }

    /// The children of the root that a path begins at.
    fn copies(&self, first: &Segment, field: Option<&'static Field>) -> Vec<Element<'d>> {
        let name = first.name.to_ascii_lowercase();
        let of = |key| self.by_key.get(&(name, key)).map(Vec::as_slice).unwrap_or_default();
        match (&first.key, field.filter(|field| is_list(field))) {
            (Some(key), Some(section)) => {
                let copies = of(Some(folded(key)));
                let is_exact = |copy: &&Element<'d>| {
                    registry::key_of(section, **copy) == *key
                        || registry::identity_of(section, **copy) == *key
                };
                let exact: Vec<Element<'d>> = copies.iter().filter(is_exact).copied().collect();
                if exact.is_empty() { copies.to_vec() } else { exact }
            }
            // Without a table any child that says the key makes the entry.
            (Some(key), None) => {
                registry::find_entry(self.root, first, key, None).into_iter().collect()
            }
            (None, _) => of(None).iter().take(1).copied().collect(),
        }
    }
}

fn field(row: &'static MetadataType, name: &str) -> Option<&'static Field> {
    row.fields.iter().find(|field| field.name.eq_ignore_ascii_case(name))
}

fn is_list(field: &Field) -> bool {
    matches!(field.kind, Kind::Section { .. })
}

/// One spelling for all that a key may be written in.
fn folded(key: &str) -> String {
    plain(key).to_ascii_lowercase()
}

/// The innermost element of a path that is there, and whether that is its end.
fn below<'d>(
    mut parent: Element<'d>,
    segments: &[Segment],
    field: Option<&'static Field>,
) -> (Element<'d>, bool) {
    let mut fields = field.map_or(&[][..], Field::fields);
    for segment in segments {
        let field = fields.iter().find(|field| field.name == segment.name);
        fields = field.map_or(&[], Field::fields);
        let next = match &segment.key {
            Some(key) => registry::find_entry(parent, segment, key, field),
            None => {
                parent.children().find(|child| child.name().eq_ignore_ascii_case(&segment.name))
            }
        };
        match next {
            Some(next) => parent = next,
            None => return (parent, false),
        }
    }
    (parent, true)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::baseline::{differs, one_sided, unseen};
    use super::*;
    use crate::metadata::compare::Difference;
    use crate::metadata::settings::settings;
    use crate::metadata::unseen::Unseen;

    const PROFILE: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<Profile xmlns="http://soap.sforce.com/2006/04/metadata">
    <custom>true</custom>
    <layoutAssignments>
        <layout>Account-Account Layout</layout>
    </layoutAssignments>
    <layoutAssignments>
        <layout>Account-Partner %28Gold%29 Layout</layout>
        <recordType>Account.Partner</recordType>
    </layoutAssignments>
    <objectPermissions>
        <allowRead>true</allowRead>
        <object>Account</object>
    </objectPermissions>
    <userPermissions>
        <enabled>true</enabled>
        <name>ViewSetup</name>
    </userPermissions>
    <userPermissions>
        <enabled>false</enabled>
        <name>ViewSetup</name>
    </userPermissions>
</Profile>
"#;

    fn id() -> ComponentId {
        ComponentId::new("Profile", "P")
    }

    fn source(file: &str, text: &str) -> Source {
        Source::new(file, Document::parse(text.as_bytes().to_vec()))
    }

    fn setting<'s>(path: &str, actual: Option<Value>, baseline: Option<Value>) -> Finding<'s> {
        differs(&id(), Difference { path: path.parse().unwrap(), actual, baseline, doubled: None })
    }

    /// Where the setting of a path stands in the profile above.
    fn line(path: &str, actual: Option<Value>) -> usize {
        let mut findings = [setting(path, actual, None)];
        locate(&mut findings, &|_| Some(source("p", PROFILE)), &|_| None);
        findings[0].place.as_ref().unwrap().line
    }

    #[test]
    fn the_innermost_element_that_is_there_decides() {
        let yes = || Some(Value::Bool(true));
        assert_eq!(line("custom", yes()), 3, "the setting itself");
        assert_eq!(line("objectPermissions[Account].allowRead", yes()), 12);
        assert_eq!(line("objectPermissions[Account].allowEdit", None), 11, "its entry");
        assert_eq!(line("objectPermissions[Lead].allowEdit", None), 2, "the root");
        assert_eq!(line("userLicense", None), 2);
        assert_eq!(line("objectPermissions[Account]", Some(Value::Present)), 11);
    }

    #[test]
    fn keys_are_found_in_every_spelling_that_a_path_may_have() {
        let gold = "Account-Partner (Gold) Layout";
        assert_eq!(line("layoutAssignments[Account].layout", None), 5);
        assert_eq!(line("layoutAssignments[Account|Account.Partner].layout", None), 8);
        assert_eq!(line(&format!("layoutAssignments[{gold}|Account.Partner].layout"), None), 8);
        assert_eq!(line("userPermissions[viewsetup].enabled", Some(Value::Bool(true))), 16);
    }

    #[test]
    fn of_an_entry_that_stands_twice_the_one_that_says_what_was_seen_is_meant() {
        assert_eq!(line("userPermissions[ViewSetup].enabled", Some(Value::Bool(true))), 16);
        assert_eq!(line("userPermissions[ViewSetup].enabled", Some(Value::Bool(false))), 20);
    }

    #[test]
    fn what_the_baseline_alone_has_stands_in_its_file() {
        let short = "<Profile xmlns=\"http://soap.sforce.com/2006/04/metadata\"><custom>true</custom>\
                     </Profile>";
        let yes = || Some(Value::Bool(true));
        let mut findings = [
            setting("objectPermissions[Account]", None, Some(Value::Present)),
            setting("custom", yes(), Some(Value::Bool(false))),
            setting("objectPermissions[Lead]", None, Some(Value::Present)),
            one_sided(&ComponentId::new("Profile", "Q"), false),
            one_sided(&ComponentId::new("Profile", "R"), true),
        ];
        let now = |id: &ComponentId| (id.full_name != "Q").then(|| source("now", short));
        let then = |id: &ComponentId| (id.full_name != "R").then(|| source("then", PROFILE));
        let places = |findings: &[Finding<'_>]| -> Vec<String> {
            let place = |finding: &Finding<'_>| finding.place.as_ref().map(Place::to_string);
            findings.iter().map(|finding| place(finding).unwrap_or_default()).collect()
        };
        locate(&mut findings, &now, &then);
        assert_eq!(places(&findings), ["then:11", "now:1", "then:2", "then:2", "now:1"]);
        // A baseline that is an org has no files: the next best is where it would be set.
        for finding in &mut findings {
            finding.place = None;
        }
        locate(&mut findings, &now, &|_| None);
        assert_eq!(places(&findings), ["now:1", "now:1", "now:1", "", "now:1"]);
    }

    #[test]
    fn what_is_damaged_is_named_with_the_line_where_it_breaks() {
        let why = || Unseen::new(UnseenKind::Damaged, "no metadata");
        let broken = "<Profile xmlns=\"http://soap.sforce.com/2006/04/metadata\">\n  <a>\n</b>\n";
        let place = |now: &str, then: &str| {
            let mut findings = [unseen(&id(), why())];
            locate(&mut findings, &|_| Some(source("now", now)), &|_| Some(source("then", then)));
            findings[0].place.as_ref().map(Place::to_string)
        };
        assert_eq!(place(broken, PROFILE).as_deref(), Some("now:3"));
        assert_eq!(place(PROFILE, broken).as_deref(), Some("then:3"));
        assert_eq!(place(PROFILE, PROFILE).as_deref(), Some("now:2"));
    }

    proptest! {
        /// Every setting that a document has is found on a line that says it, whatever the order
        /// and however the lines break.
        #[test]
        fn every_setting_is_on_its_line(
            names in proptest::collection::btree_set("[A-Z][a-z]{1,6}", 1..40),
            seed in any::<u64>(),
            end in prop_oneof!["\n", "\r\n", "\n\n"],
        ) {
            let mut entries: Vec<String> = names
                .iter()
                .map(|name| {
                    format!(
                        "<fieldPermissions>{end}<editable>true</editable>{end}<field>{name}.F\
                         </field>{end}<readable>true</readable>{end}</fieldPermissions>{end}"
                    )
                })
                .collect();
            let by = (seed as usize) % entries.len();
            entries.rotate_left(by);
            let text = format!(
                "<Profile xmlns=\"http://soap.sforce.com/2006/04/metadata\">{end}{}</Profile>",
                entries.concat()
            );
            let document = Document::parse(text.clone().into_bytes()).unwrap();
            let row = registry::find("Profile").unwrap();
            let mut findings: Vec<Finding<'_>> = settings(row, &document)
                .into_iter()
                .map(|(path, value)| differs(&id(), Difference {
                    path, actual: Some(value), baseline: None, doubled: None,
                }))
                .collect();
            locate(&mut findings, &|_| Some(source("p", &text)), &|_| None);
            let lines: Vec<&str> = text.split('\n').collect();
            prop_assert_eq!(findings.len(), names.len() * 2);
            for finding in &findings {
                let path = finding.subject.path().unwrap();
                let at = finding.place.as_ref().unwrap().line;
                let leaf = &path.segments()[1].name;
                let is_it = lines[at - 1].contains(&format!("<{leaf}>true"));
                prop_assert!(is_it, "{path} at {at}: {}", lines[at - 1]);
                let entry = lines[at - 1..].iter().find(|line| line.contains("<field>"));
                let before = lines[..at - 1].iter().rev().find(|line| line.contains("<field>"));
                let key = path.segments()[0].key.as_deref().unwrap();
                let of_entry = if leaf == "editable" { entry } else { before };
                let key = format!(">{key}<");
                prop_assert!(of_entry.is_some_and(|line| line.contains(&key)));
            }
        }
    }
}
