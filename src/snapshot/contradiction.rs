//! Whether files contradict the `package.xml` beside them.
//!
//! A profile shows of objects, fields and classes only what was asked for with it (S 3.2). One that
//! shows more was not retrieved by that manifest, which then says nothing of what is absent.

use std::collections::HashSet;

use memchr::memmem;

use super::files::File;
use crate::metadata::manifest::Manifest;
use crate::metadata::percent::decode;

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
        let mut known = HashSet::new();
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

/// The bytes of a profile are looked through, not read as a document: a folder holds hundreds of
/// megabytes of them.
fn unnamed(bytes: &[u8], manifest: &Manifest, known: &mut HashSet<Vec<u8>>) -> Option<String> {
    for (open, type_name) in [("<field>", "CustomObject"), ("<apexClass>", "ApexClass")] {
        for at in memmem::find_iter(bytes, open) {
            let rest = &bytes[at + open.len()..];
            let Some(end) = memchr::memchr(b'<', rest) else { continue };
            let text = rest[..end].trim_ascii();
            let owner = match memchr::memchr(b'.', text) {
                Some(dot) if type_name == "CustomObject" => &text[..dot],
                _ => text,
            };
            // What one manifest names is asked a thousand times over.
            if type_name == "CustomObject" && known.contains(owner) {
                continue;
            }
            let Ok(text) = std::str::from_utf8(text) else { continue };
            let is_named = match type_name {
                "ApexClass" => manifest.covers(type_name, &decode(text)),
                _ => is_field_named(manifest, text, known),
            };
            if !is_named {
                let owner = String::from_utf8_lossy(owner);
                return Some(format!("{type_name}:{owner}"));
            }
        }
    }
    None
}

/// A field comes with its object, or alone.
fn is_field_named(manifest: &Manifest, field: &str, known: &mut HashSet<Vec<u8>>) -> bool {
    let Some((object, name)) = field.split_once('.') else { return true };
    let has = |object: &str| manifest.covers("CustomObject", object);
    // Activities are one object in two, and a person account shows its contact's fields.
    let is_whole = has(object) || (matches!(object, "Event" | "Task") && has("Activity"));
    if is_whole {
        known.insert(object.as_bytes().to_vec());
    }
    is_whole
        || manifest.covers("CustomField", field)
        || (object == "Account" && name.ends_with("__pc") && has("Contact"))
        || (matches!(object, "Event" | "Task")
            && manifest.covers("CustomField", &format!("Activity.{name}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(members: &[(&str, &str)], inner: &str) -> Option<String> {
        let mut manifest = Manifest::default();
        members.iter().for_each(|(type_name, member)| manifest.add(type_name, member));
        unnamed(inner.as_bytes(), &manifest, &mut HashSet::new())
    }

    #[test]
    fn a_profile_that_shows_more_than_was_asked_for_contradicts() {
        let field =
            |name: &str| format!("<fieldPermissions><field>{name}</field></fieldPermissions>");
        let account = field("Account.Tier__c");
        assert_eq!(found(&[("CustomObject", "Account")], &account), None);
        assert_eq!(found(&[("CustomField", "Account.Tier__c")], &account), None);
        assert_eq!(found(&[("CustomObject", "*")], &field("Rental__c.A__c")), None);
        let object = Some("CustomObject:Account".to_owned());
        assert_eq!(found(&[("CustomObject", "*")], &account), object);
        assert_eq!(found(&[("CustomField", "Account.Other__c")], &account), object);
        assert_eq!(found(&[("CustomObject", "Activity")], &field("Task.A__c")), None);
        let class = "<classAccesses><apexClass>Acme</apexClass></classAccesses>";
        assert_eq!(found(&[("ApexClass", "*")], class), None);
        assert_eq!(found(&[], class), Some("ApexClass:Acme".to_owned()));
        assert_eq!(found(&[], "<custom>true</custom>"), None);
        let both = field("Account.Tier__c") + &field("Account.Other__c");
        assert_eq!(found(&[("CustomField", "Account.Tier__c")], &both), object, "{both}");
    }
}
