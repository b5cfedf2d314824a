//! Two states of one component, field by field: what differs between now and a baseline.
//!
//! Salesforce writes lists in order, so nearly all bytes of two states are equal. Equal stretches are skipped at the speed of memory, and only
//! entries that are not equal are read; an entry that stands elsewhere on the other side is found by its key. What does not look as Salesforce
//! writes it is laid out so while it is read; what is strange even then (an unknown element, a list without a key) is read whole by the full
//! index instead.

mod entry;
mod tidy;
mod window;

use std::collections::HashSet;
use std::io::{self, Read};

use crate::metadata::document::{Document, DocumentError};
use crate::metadata::path::{FieldPath, Segment};
use crate::metadata::registry::{self, Kind, MetadataType};
use crate::metadata::settings::{Settings, alike, between, entry_path, entry_value, settings};
use crate::metadata::value::Value;

/// One difference between a component now and in the baseline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Where; a whole entry of a keyed list is `section[key]`, and within a layout's assignment the key is its identity (`layoutAssignments[Account]`).
    pub path: FieldPath,
    /// What is there now; none for nothing.
    pub actual: Option<Value>,
    /// What the baseline has; none for nothing.
    pub baseline: Option<Value>,
}

/// Why two states cannot be compared.
#[derive(Debug, thiserror::Error)]
pub enum CompareError {
    /// One side cannot be read.
    #[error("{0}")]
    Read(#[from] io::Error),
    /// The present side is no metadata.
    #[error("{0}")]
    Actual(DocumentError),
    /// The baseline is no metadata.
    #[error("the baseline's: {0}")]
    Baseline(DocumentError),
}

/// A side that can be read from its beginning as often as need be.
pub trait Source {
    /// What it is read by.
    type Reader: Read;
    /// Begins to read.
    ///
    /// # Errors
    /// The system refuses.
    fn open(&self) -> io::Result<Self::Reader>;
}

impl<'b> Source for &'b [u8] {
    type Reader = &'b [u8];
    fn open(&self) -> io::Result<&'b [u8]> {
        Ok(self)
    }
}

/// Buffers that are used again from one comparison to the next.
#[derive(Debug, Default)]
pub struct Buffers {
    actual: Vec<u8>,
    baseline: Vec<u8>,
}

/// Compares two states of one component of a type, in order of path. `None` stands for a type that is not known: then elements' own names count.
///
/// # Errors
/// A side that cannot be read, or is no metadata; files with equal bytes are not looked into.
pub fn compare<A: Source, B: Source>(
    row: Option<&'static MetadataType>,
    actual: &A,
    baseline: &B,
    buffers: &mut Buffers,
) -> Result<Vec<Difference>, CompareError> {
    if let Some(row) = row {
        if let Some(found) = window::compare(row, actual, baseline, buffers)? {
            return Ok(found);
        }
        // Laid out alike, nearly all files can be compared so; what is no metadata stays strange, and the index says why.
        if let Some(found) =
            window::compare(row, &tidy::Tidied(actual), &tidy::Tidied(baseline), buffers)?
        {
            return Ok(found);
        }
    }
    let read = |source: io::Result<Vec<u8>>| source.map_err(CompareError::Read);
    let actual = Document::parse(read(whole(actual))?).map_err(CompareError::Actual)?;
    let baseline = Document::parse(read(whole(baseline))?).map_err(CompareError::Baseline)?;
    Ok(by_index(row.unwrap_or(&registry::UNKNOWN), &actual, &baseline))
}

fn whole(source: &impl Source) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.open()?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Compares two documents by their full index; what [`compare`] does with less reading.
pub fn by_index(
    row: &'static MetadataType,
    actual: &Document,
    baseline: &Document,
) -> Vec<Difference> {
    let [now, then] = alike(row, [actual, baseline]);
    fold(row, &Held::of(row, actual, now), &Held::of(row, baseline, then))
}

/// One side's settings, and which entries of its lists are there, be it that they say nothing.
#[derive(Default)]
struct Held {
    leaves: Settings,
    entries: HashSet<Segment>,
}

impl Held {
    fn of(row: &'static MetadataType, document: &Document, leaves: Settings) -> Self {
        let entries = document.root().children().filter_map(|element| row.entry_of(element));
        Self { leaves, entries: entries.collect() }
    }
}

/// Puts settings that differ together where the whole entry is on one side only, and says flags that are left out.
fn fold(row: &'static MetadataType, actual: &Held, baseline: &Held) -> Vec<Difference> {
    let mut folded: Vec<Difference> = Vec::new();
    let mut whole: HashSet<Segment> = HashSet::new();
    for (path, now, then) in between(&actual.leaves, &baseline.leaves) {
        let first = &path.segments()[0];
        if first.key.is_some() && actual.entries.contains(first) != baseline.entries.contains(first)
        {
            if whole.insert(first.clone()) {
                let whole = entry_path(&path, now.as_ref().or(then.as_ref()));
                // The path of a layout's assignment says all of it.
                let value = |leaves| {
                    entry_value(leaves, first).map(|value| {
                        if whole.segments()[0] == *first { value } else { Value::Present }
                    })
                };
                let (here, there) = (value(&actual.leaves), value(&baseline.leaves));
                folded.push(Difference { path: whole, actual: here, baseline: there });
            }
            continue;
        }
        // A flag that is left out is its default.
        let said = |value: Option<Value>| value.or_else(|| row.flag_default(&path));
        folded.push(Difference { actual: said(now), baseline: said(then), path });
    }
    folded.sort_by(|one, other| one.path.cmp(&other.path));
    folded
}

/// Compares two entries that the caller has found to be of one key, given as their bytes, or one with nothing.
fn of_fragments(
    row: &'static MetadataType,
    actual: Option<&[u8]>,
    baseline: Option<&[u8]>,
) -> Result<Vec<Difference>, DocumentError> {
    let read = |bytes: Option<&[u8]>| -> Result<Option<Document>, DocumentError> {
        let Some(bytes) = bytes else { return Ok(None) };
        let mut text = Vec::with_capacity(bytes.len() + 128);
        text.extend_from_slice(b"<Fragment xmlns=\"");
        text.extend_from_slice(crate::metadata::document::NAMESPACE.as_bytes());
        text.extend_from_slice(b"\">");
        text.extend_from_slice(bytes);
        text.extend_from_slice(b"</Fragment>");
        Document::parse(text).map(Some)
    };
    let (actual, baseline) = (read(actual)?, read(baseline)?);
    if let (Some(actual), Some(baseline)) = (&actual, &baseline) {
        return Ok(by_index(row, actual, baseline));
    }
    let held = |document: Option<&Document>| {
        document.map_or_else(Held::default, |one| Held::of(row, one, settings(row, one)))
    };
    Ok(fold(row, &held(actual.as_ref()), &held(baseline.as_ref())))
}

/// The children that make an entry's key, where the field is a keyed list; empty for what stands once.
fn key_parts(kind: &'static Kind) -> Option<&'static [&'static str]> {
    match kind {
        // Whether its key tells a list's entries apart is seen in the whole of it.
        Kind::Section { sure: false, .. } => None,
        Kind::Section { key, .. } => Some(key),
        Kind::Flag | Kind::Number | Kind::Text | Kind::Choice { .. } | Kind::Group(_) => Some(&[]),
        // Several elements of one name make one value together.
        Kind::Set { form: crate::metadata::registry::SetForm::Repeated, .. } => None,
        Kind::Set { .. } => Some(&[]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::registry;

    fn profile(entries: &[String]) -> Vec<u8> {
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Profile xmlns=\"http://soap.sforce.com/2006/04/metadata\">\n{}</Profile>\n",
            entries.concat()
        )
        .into_bytes()
    }

    fn field(name: &str, editable: bool) -> String {
        format!(
            "    <fieldPermissions>\n        <editable>{editable}</editable>\n        <field>{name}</field>\n        <readable>true</readable>\n    </fieldPermissions>\n"
        )
    }

    fn permission(name: &str) -> String {
        format!(
            "    <userPermissions>\n        <enabled>true</enabled>\n        <name>{name}</name>\n    </userPermissions>\n"
        )
    }

    fn shown(actual: &[u8], baseline: &[u8]) -> Vec<String> {
        let row = registry::find("Profile").unwrap();
        let fast = compare(Some(row), &actual, &baseline, &mut Buffers::default()).unwrap();
        let slow = by_index(
            row,
            &Document::parse(actual.to_vec()).unwrap(),
            &Document::parse(baseline.to_vec()).unwrap(),
        );
        assert_eq!(fast, slow);
        let value =
            |value: &Option<Value>| value.as_ref().map_or_else(|| "-".to_owned(), Value::to_string);
        fast.iter()
            .map(|one| format!("{}: {} / {}", one.path, value(&one.actual), value(&one.baseline)))
            .collect()
    }

    #[test]
    fn changes_additions_and_removals_are_found_anywhere() {
        let names: Vec<String> = (0..40).map(|number| format!("Account.F{number:03}__c")).collect();
        let base: Vec<String> =
            names.iter().map(|name| field(name, false)).chain([permission("ApiEnabled")]).collect();
        let mut now = base.clone();
        now[7] = field(&names[7], true);
        now.remove(20);
        now.insert(0, field("Account.A__c", true));
        now.push(permission("ViewSetup"));
        assert_eq!(
            shown(&profile(&now), &profile(&base)),
            [
                "fieldPermissions[Account.A__c]: editable=true, readable=true / -",
                "fieldPermissions[Account.F007__c].editable: true / false",
                "fieldPermissions[Account.F020__c]: - / readable=true",
                "userPermissions[ViewSetup]: enabled=true / -",
            ]
        );
    }

    #[test]
    fn order_layout_and_spelling_are_no_difference() {
        let base: Vec<String> = (0..20)
            .map(|number| field(&format!("Account.F{number:03}__c"), number % 2 == 0))
            .chain([permission("A")])
            .collect();
        let mut turned = base.clone();
        turned.reverse();
        let plain = profile(&base);
        assert_eq!(shown(&profile(&turned), &plain), [""; 0]);
        let text = String::from_utf8(plain.clone()).unwrap();
        for other in [
            text.replace('\n', "\r\n"),
            text.replace("    ", "  "),
            text.replace('\n', ""),
            text.replace(">true<", "> True <"),
        ] {
            assert_eq!(shown(other.as_bytes(), &plain), [""; 0]);
            assert_eq!(shown(&plain, other.as_bytes()), [""; 0]);
        }
    }

    #[test]
    fn what_is_cut_off_is_an_error_and_what_is_equal_is_not_looked_into() {
        let row = registry::find("Profile").unwrap();
        let base = profile(
            &(0..20)
                .map(|number| field(&format!("Account.F{number:03}__c"), true))
                .collect::<Vec<_>>(),
        );
        let cut = &base[..base.len() / 2];
        let compared = |actual: &[u8], baseline: &[u8]| {
            compare(Some(row), &actual, &baseline, &mut Buffers::default())
        };
        assert!(matches!(compared(cut, &base), Err(CompareError::Actual(_))));
        assert!(matches!(compared(&base, cut), Err(CompareError::Baseline(_))));
        assert_eq!(compared(cut, cut).unwrap(), []);
    }

    #[test]
    fn what_is_said_counts_even_where_it_is_the_default() {
        let denied = "    <userPermissions>\n        <enabled>false</enabled>\n        <name>A</name>\n    </userPermissions>\n";
        assert_eq!(
            shown(&profile(&[denied.to_owned()]), &profile(&[permission("A")])),
            ["userPermissions[A].enabled: false / true"]
        );
        assert_eq!(shown(&profile(&[denied.to_owned()]), &profile(&[])), [""; 0]);
        let range = |inner: &str| {
            format!(
                "    <loginIpRanges>\n{inner}        <endAddress>10.0.0.9</endAddress>\n        <startAddress>10.0.0.1</startAddress>\n    </loginIpRanges>\n"
            )
        };
        let described = profile(&[range("        <description>Office</description>\n")]);
        assert_eq!(
            shown(&described, &profile(&[range("")])),
            ["loginIpRanges[10.0.0.1|10.0.0.9].description: Office / -"]
        );
        assert_eq!(
            shown(&described, &profile(&[])),
            ["loginIpRanges[10.0.0.1|10.0.0.9]: description=Office / -"]
        );
    }

    #[test]
    fn an_object_has_one_layout_for_each_record_type() {
        let layout = |layout: &str, more: &str| {
            format!(
                "    <layoutAssignments>\n        <layout>{layout}</layout>\n{more}    </layoutAssignments>\n"
            )
        };
        let customer = "        <recordType>Account.Customer</recordType>\n";
        let base = profile(&[
            layout("Account-A", ""),
            layout("Account-A", customer),
            layout("Lead-A", ""),
        ]);
        let now = profile(&[
            layout("Account-B", ""),
            layout("Account-A", customer),
            layout("Case-A", ""),
            layout("Lead-A", ""),
        ]);
        assert_eq!(
            shown(&now, &base),
            [
                "layoutAssignments[Account].layout: Account-B / Account-A",
                "layoutAssignments[Case-A]: (an entry) / -"
            ]
        );
    }

    #[test]
    fn an_entry_that_stands_twice_is_one_entry() {
        let once: Vec<String> = ["A", "B", "C"].map(permission).to_vec();
        for place in 0..3 {
            let mut twice = once.clone();
            twice.insert(place, once[place].clone());
            assert_eq!(shown(&profile(&twice), &profile(&once)), [""; 0]);
            assert_eq!(shown(&profile(&once), &profile(&twice)), [""; 0]);
        }
    }

    #[test]
    fn two_spellings_of_one_permission_are_one_entry() {
        let (one, other) = (permission("APIEnabled"), permission("ApiEnabled"));
        assert_eq!(shown(&profile(&[one]), &profile(&[other])), [""; 0]);
    }

    #[test]
    fn groups_sets_and_secrets_are_compared_by_meaning() {
        let app = |inner: &str| {
            format!("<ConnectedApp xmlns=\"http://soap.sforce.com/2006/04/metadata\">\n{inner}</ConnectedApp>\n").into_bytes()
        };
        let row = registry::find("ConnectedApp").unwrap();
        let one = app(
            "    <oauthConfig>\n        <callbackUrl>https://a.example.com\nhttps://b.example.com</callbackUrl>\n        <consumerKey>1</consumerKey>\n        <scopes>Api</scopes>\n        <scopes>Web</scopes>\n    </oauthConfig>\n    <profileName>Admin</profileName>\n",
        );
        let other = app(
            "    <oauthConfig>\n        <callbackUrl>https://b.example.com\nhttps://a.example.com</callbackUrl>\n        <consumerKey>2</consumerKey>\n        <scopes>Web</scopes>\n        <scopes>Api</scopes>\n    </oauthConfig>\n    <profileName>System Administrator</profileName>\n",
        );
        let compared = |one: &[u8], other: &[u8]| {
            compare(Some(row), &one, &other, &mut Buffers::default()).unwrap()
        };
        assert_eq!(compared(&one, &other), []);
        let less = app(
            "    <oauthConfig>\n        <callbackUrl>https://b.example.com</callbackUrl>\n        <scopes>Web</scopes>\n    </oauthConfig>\n",
        );
        let paths: Vec<String> =
            compared(&one, &less).iter().map(|one| one.path.to_string()).collect();
        assert_eq!(paths, ["oauthConfig.callbackUrl", "oauthConfig.scopes", "profileName"]);
    }
}
