//! Whether files contradict the `package.xml` beside them.
//!
//! A profile shows of most lists (fields, classes, pages, tabs ..) only what was asked for with it
//! (S 3.2). One that shows more was not retrieved by that manifest, which then says nothing of what
//! is absent.

use std::collections::HashSet;
use std::sync::LazyLock;

use memchr::memmem;

use super::files::File;
use crate::metadata::manifest::Manifest;
use crate::metadata::registry::{self, Companion, Field, Kind};

/// What contradicts a record.
pub(super) struct Contradiction {
    /// The profile.
    pub(super) file: String,
    /// What it shows and the manifest does not name: `CustomObject:Account`.
    pub(super) what: String,
}

/// Finds the first profile that shows what a manifest does not name; what cannot be read
/// contradicts nothing.
pub(super) fn contradiction(manifest: &Manifest, profiles: &[&File]) -> Option<Contradiction> {
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let search = |first: usize| {
        let mut known = vec![HashSet::new(); LISTS.len()];
        profiles.iter().enumerate().skip(first).step_by(workers).find_map(|(index, file)| {
            let what = unnamed(&file.content.read().ok()?, manifest, &mut known)?;
            Some((index, Contradiction { file: file.name.clone(), what }))
        })
    };
    let search = &search;
    let mut found: Vec<(usize, Contradiction)> = std::thread::scope(|scope| {
        let others: Vec<_> = (1..workers.min(profiles.len()))
            .map(|first| scope.spawn(move || search(first)))
            .collect();
        let own = search(0);
        let others = others.into_iter().filter_map(|other| other.join().ok().flatten());
        own.into_iter().chain(others).collect()
    });
    // The same one is named whoever was first.
    found.sort_by_key(|(index, _)| *index);
    found.into_iter().next().map(|(_, one)| one)
}

/// A list of profiles whose entries come with their companions alone.
struct List {
    name: &'static str,
    /// What begins the element that names the companion.
    key: memmem::Finder<'static>,
    /// What ends an entry.
    end: memmem::Finder<'static>,
    companion: Companion,
}

static LISTS: LazyLock<Vec<List>> = LazyLock::new(|| {
    let fields = registry::find("Profile").map_or(&[][..], |row| row.fields);
    let list = |field: &Field| match &field.kind {
        Kind::Section { key: [key, ..], companion: Some(companion), .. } => Some(List {
            name: field.name,
            key: memmem::Finder::new(&format!("<{key}>")).into_owned(),
            end: memmem::Finder::new(&format!("</{}>", field.name)).into_owned(),
            companion: *companion,
        }),
        _ => None,
    };
    fields.iter().filter_map(list).collect()
});

/// The bytes of a profile are looked through, not read as a document: a folder holds hundreds of
/// megabytes of them.
///
/// `known` has for each list what the manifest is known to name: objects, or else whole keys.
fn unnamed(bytes: &[u8], manifest: &Manifest, known: &mut [HashSet<Vec<u8>>]) -> Option<String> {
    let mut at = 0;
    // Entries of one list stand together.
    let mut last = 0;
    while let Some(open) = memchr::memchr(b'<', &bytes[at..]) {
        let name = at + open + 1;
        at = name + memchr::memchr(b'>', &bytes[name..])? + 1;
        let is_of = |list: &List| list.name.as_bytes() == &bytes[name..at - 1];
        if !LISTS.get(last).is_some_and(is_of) {
            let Some(other) = LISTS.iter().position(is_of) else { continue };
            last = other;
        }
        let list = &LISTS[last];
        let entry = &bytes[at..at + list.end.find(&bytes[at..])?];
        at += entry.len() + list.end.needle().len();
        let Some(key) = list.key.find(entry) else { continue };
        let key = &entry[key + list.key.needle().len()..];
        let key = key[..memchr::memchr(b'<', key)?].trim_ascii();
        if !is_known(list.companion, key, manifest, &mut known[last]) {
            let (type_name, full_name) =
                list.companion.candidates(std::str::from_utf8(key).ok()?).pop()?;
            return Some(format!("{type_name}:{full_name}"));
        }
    }
    None
}

/// What one manifest names is asked a thousand times over.
fn is_known(
    companion: Companion,
    key: &[u8],
    manifest: &Manifest,
    known: &mut HashSet<Vec<u8>>,
) -> bool {
    let is_of_object = matches!(companion, Companion::Field | Companion::RecordType);
    let dot = memchr::memchr(b'.', key).filter(|_| is_of_object);
    let object = &key[..dot.unwrap_or(key.len())];
    if known.contains(object) {
        return true;
    }
    let Ok(text) = std::str::from_utf8(key) else { return true };
    if !is_named(companion, text, manifest) {
        return false;
    }
    // One field of an object may be named without the rest of it.
    let is_whole = std::str::from_utf8(object).is_ok_and(|object| is_object(manifest, object));
    known.insert(if dot.is_some() && !is_whole { key } else { object }.to_vec());
    true
}

/// Says whether a manifest names what brings an entry into a profile.
fn is_named(companion: Companion, key: &str, manifest: &Manifest) -> bool {
    let (object, name) = key.split_once('.').unwrap_or((key, ""));
    let is_covered = |(type_name, full_name): &(&str, String)| match *type_name {
        "CustomObject" => is_object(manifest, full_name),
        "Flow" => {
            manifest.covers("Flow", full_name)
                || manifest.covers("FlowDefinition", full_name)
                || is_flow_version(manifest, full_name)
        }
        other => manifest.covers(other, full_name),
    };
    companion.candidates(key).iter().any(is_covered)
        || match companion {
            // Not all of them belong to an object, nor does any list have them.
            Companion::Tab => key.starts_with("standard-"),
            Companion::Field if object == "Account" => {
                name.ends_with("__pc") && is_object(manifest, "Contact")
            }
            Companion::Field if is_activity(object) => {
                manifest.covers("CustomField", &format!("Activity.{name}"))
            }
            _ => false,
        }
}

/// Activities are one object in two, and person accounts are accounts.
fn is_object(manifest: &Manifest, object: &str) -> bool {
    let has = |object: &str| manifest.covers("CustomObject", object);
    has(object)
        || (is_activity(object) && has("Activity"))
        || (object == "PersonAccount" && has("Account"))
}

fn is_activity(object: &str) -> bool {
    matches!(object, "Event" | "Task")
}

/// Before 44.0 a flow is asked for by its version: `Acme-3`.
fn is_flow_version(manifest: &Manifest, flow: &str) -> bool {
    let is_it = |member: &String| member.rsplit_once('-').is_some_and(|(name, _)| name == flow);
    manifest.types.get("Flow").is_some_and(|members| members.iter().any(is_it))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(members: &[(&str, &str)], inner: &str) -> Option<String> {
        let mut manifest = Manifest::default();
        members.iter().for_each(|(type_name, member)| manifest.add(type_name, member));
        unnamed(inner.as_bytes(), &manifest, &mut vec![HashSet::new(); LISTS.len()])
    }

    #[test]
    fn a_profile_that_shows_more_than_was_asked_for_contradicts() {
        let of = |list: &str, key: &str, name: &str| {
            format!("<{list}>\n<enabled>true</enabled><{key}>{name}</{key}>\n</{list}>\n")
        };
        let field = |name: &str| of("fieldPermissions", "field", name);
        let account = field("Account.Tier__c");
        assert_eq!(found(&[("CustomObject", "Account")], &account), None);
        assert_eq!(found(&[("CustomField", "Account.Tier__c")], &account), None);
        assert_eq!(found(&[("CustomObject", "*")], &field("Rental__c.A__c")), None);
        let object = Some("CustomObject:Account".to_owned());
        assert_eq!(found(&[("CustomObject", "*")], &account), object);
        assert_eq!(found(&[("CustomField", "Account.Other__c")], &account), object);
        assert_eq!(found(&[("CustomObject", "Activity")], &field("Task.A__c")), None);
        let class = of("classAccesses", "apexClass", "Acme");
        assert_eq!(found(&[("ApexClass", "*")], &class), None);
        assert_eq!(found(&[], &class), Some("ApexClass:Acme".to_owned()));
        assert_eq!(found(&[], "<custom>true</custom>"), None);
        for (list, key, name, companion) in [
            ("pageAccesses", "apexPage", "AcmePage", "ApexPage:AcmePage"),
            ("tabVisibilities", "tab", "Acme__c", "CustomTab:Acme__c"),
            ("applicationVisibilities", "application", "Acme", "CustomApplication:Acme"),
            ("customPermissions", "name", "Acme", "CustomPermission:Acme"),
            ("customSettingAccesses", "name", "Acme__c", "CustomObject:Acme__c"),
            ("customMetadataTypeAccesses", "name", "Acme__mdt", "CustomObject:Acme__mdt"),
            ("flowAccesses", "flow", "Acme", "Flow:Acme"),
            ("externalDataSourceAccesses", "externalDataSource", "A", "ExternalDataSource:A"),
            ("layoutAssignments", "layout", "Account-A %28B%29", "Layout:Account-A (B)"),
            ("objectPermissions", "object", "Acme__c", "CustomObject:Acme__c"),
            ("recordTypeVisibilities", "recordType", "Acme__c.A", "CustomObject:Acme__c"),
        ] {
            let (entry, other) = (of(list, key, name), ("Account", field("Account.Tier__c")));
            let asked = |members: &[(&str, &str)]| {
                let mut all = members.to_vec();
                all.push(("CustomObject", other.0));
                found(&all, &format!("<Profile>{}{entry}{entry}</Profile>", other.1))
            };
            assert_eq!(asked(&[]).as_deref(), Some(companion), "{entry}");
            let (type_name, full_name) = companion.split_once(':').unwrap();
            assert_eq!(asked(&[(type_name, full_name)]), None, "{entry}");
            assert_eq!(asked(&[(type_name, "*")]), None, "{entry}");
        }
        assert_eq!(found(&[("Flow", "Acme-3")], &of("flowAccesses", "flow", "Acme")), None);
        let record_type = of("recordTypeVisibilities", "recordType", "Account.A");
        assert_eq!(found(&[("RecordType", "Account.A")], &record_type), None);
        assert_eq!(found(&[], &of("tabVisibilities", "tab", "standard-report")), None);
        assert_eq!(found(&[], &of("userPermissions", "name", "ApiEnabled")), None);
        assert_eq!(found(&[], &of("loginFlows", "flow", "Acme")), None);
        let both = field("Account.Tier__c") + &field("Account.Other__c");
        assert_eq!(found(&[("CustomField", "Account.Tier__c")], &both), object, "{both}");
    }
}
