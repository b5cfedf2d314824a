//! The smallest deployable set of files for what is to change, in metadata format.
//!
//! What a file must hold follows from its type's deploy rule (S 3.4, 4.1): a profile is laid over
//! what is there, so it carries the changed entries alone, with every flag said; any other type
//! replaces, so it carries the whole retrieved document with the changes in it.

pub mod patch;
pub mod simulate;

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::metadata::document::{
    Document, Edit, EditError, Element, Markup, NewContent, NewElement,
};
use crate::metadata::layout;
use crate::metadata::manifest::Manifest;
use crate::metadata::path::{FieldPath, Segment};
use crate::metadata::registry::{
    self, Absent, ApiVersion, DeployRule, Entries, Field, Kind, MetadataType, Portability,
};
use crate::metadata::value::Value;
use crate::metadata::{Component, ComponentId, ComponentSet};

use crate::metadata::compare::{Buffers, compare};
use crate::metadata::settings::differences;
use patch::Setting;

/// The file that names what is deleted before the rest is deployed (S 6.10).
pub const GONE_FIRST: &str = "destructiveChangesPre.xml";
/// The file that names what is deleted once the rest is deployed.
pub const GONE_LAST: &str = "destructiveChangesPost.xml";

/// Types whose components hold on to others that an org does not delete as long as they are held:
/// they go first. All others go last, once nothing that is changed names them any more.
const HOLDERS: [&str; 2] = ["NamedCredential", "PermissionSetGroup"];

/// One thing that is to change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The component, by its own name.
    pub id: ComponentId,
    /// Where in it; none where the whole component is made or deleted.
    pub path: Option<FieldPath>,
    /// What is there; none for nothing.
    pub from: Option<Value>,
    /// What is to be there; none for nothing.
    pub to: Option<Value>,
    /// Who asks for it.
    pub cause: Cause,
}

/// Who asks for a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// A step of a template.
    Step(String),
    /// Another permission of the same change needs it (S 3.6).
    Needed(String),
    /// It cannot stay without another permission that the same change takes away (S 3.6).
    Resting(String),
    /// It belongs to a component that is made anew.
    Creation,
    /// A new component has it from the one that it is a copy of.
    Copied(ComponentId),
    /// A state that was there before, or elsewhere.
    State,
}

/// What becomes of one component.
#[derive(Clone, Debug)]
pub struct Target {
    /// The component, by its own name.
    pub id: ComponentId,
    /// What is there; none where it is made anew.
    pub before: Option<Document>,
    /// What is to be there; none where it is deleted.
    pub after: Option<Document>,
    /// The name as the file spells it that was read, where that is another than this program's.
    pub spelled: Option<String>,
    /// Entries that are said although they grant nothing: what stands there was not seen.
    pub said: Vec<Segment>,
}

/// A deployable set of files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// The files by path, `package.xml` among them.
    pub files: BTreeMap<String, Vec<u8>>,
    /// Which file holds which component.
    pub components: BTreeMap<ComponentId, String>,
    /// What is deleted.
    pub deletes: BTreeSet<ComponentId>,
    /// The API version that the files are written for.
    pub version: ApiVersion,
    /// Elements that were left out because that version lacks them, by component.
    pub lacking: BTreeMap<ComponentId, BTreeSet<&'static str>>,
}

/// Why a component cannot be packaged.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// A change that contradicts the document.
    #[error("{id}: {error}")]
    Edit {
        /// Which component.
        id: ComponentId,
        /// What is wrong.
        error: EditError,
    },
    /// Where its file stands is not known.
    #[error(
        "{0}: the folder of this type of metadata is not known to this program, so it cannot be \
         packaged"
    )]
    NoFolder(ComponentId),
}

impl PackageError {
    /// Which component it is that cannot be packaged.
    pub fn id(&self) -> &ComponentId {
        match self {
            Self::Edit { id, .. } | Self::NoFolder(id) => id,
        }
    }
}

impl Default for Package {
    fn default() -> Self {
        Self::of(ApiVersion::NEWEST)
    }
}

impl Package {
    fn of(version: ApiVersion) -> Self {
        Self {
            files: BTreeMap::new(),
            components: BTreeMap::new(),
            deletes: BTreeSet::new(),
            version,
            lacking: BTreeMap::new(),
        }
    }

    /// Says whether there is nothing to deploy.
    pub fn is_empty(&self) -> bool {
        self.components.is_empty() && self.deletes.is_empty()
    }

    /// Writes the files as a zip; the same files give the same bytes.
    ///
    /// # Errors
    /// A name that no archive may hold.
    pub fn zip(&self) -> Result<Vec<u8>, crate::metadata::archive::ArchiveError> {
        crate::metadata::archive::write_zip(&self.files)
    }
}

/// Applies changes to one component and returns what it is to become; nothing where they do not
/// say. `made` is the document that a component made anew begins with.
///
/// # Errors
/// A change that contradicts the document.
pub fn target(
    id: &ComponentId,
    changes: &[&Change],
    components: &ComponentSet,
    made: Option<&Document>,
    version: ApiVersion,
) -> Result<Option<Target>, PackageError> {
    let there = own(components, id);
    let before = there.map(|component| component.document.clone());
    let spelled = there.and_then(|component| layout::spelled(&component.file, id));
    if changes.iter().any(|change| change.path.is_none() && change.to.is_none()) {
        return Ok(Some(Target { id: id.clone(), before, after: None, spelled, said: vec![] }));
    }
    let Some(base) = before.as_ref().or(made) else { return Ok(None) };
    let row = registry::find_component(&id.type_name, &id.full_name)
        .ok_or_else(|| PackageError::NoFolder(id.clone()))?;
    let settings: Vec<Setting> = changes
        .iter()
        .filter_map(|change| Some((change.path.clone()?, change.to.clone())))
        .collect();
    let after = patch::patch(row, base, &settings, version)
        .map_err(|error| PackageError::Edit { id: id.clone(), error })?;
    Ok(Some(Target { id: id.clone(), before, after: Some(after), spelled, said: vec![] }))
}

/// Finds a component by its own name, which for a part of an external client app is not the one it
/// was asked for by (S 2.1).
pub fn own<'a>(components: &'a ComponentSet, id: &ComponentId) -> Option<&'a Component> {
    components
        .get(id)
        .filter(|component| component.id == *id)
        .or_else(|| components.components.values().find(|one| one.id == *id))
}

/// Makes the package that brings each target about. What must not travel is cut: keys and secrets
/// always, an org's own ids where a component is made anew from another org's (`same_org` is
/// false).
///
/// # Errors
/// See [`PackageError`].
pub fn build(
    targets: &[Target],
    version: ApiVersion,
    same_org: bool,
) -> Result<Package, PackageError> {
    let mut package = Package::of(version);
    let mut manifest = Manifest { version: Some(version), ..Manifest::default() };
    let mut deleted: BTreeMap<&str, Manifest> = BTreeMap::new();
    let spelled = |type_name: &str, full_name: &str| {
        let is_it = |one: &&Target| one.id.type_name == type_name && one.id.full_name == full_name;
        targets.iter().find(is_it).and_then(|target| target.spelled.clone())
    };
    for target in targets {
        let id = &target.id;
        let Some(after) = &target.after else {
            if !goes_with_its_app(target, targets) {
                let is_holder = HOLDERS.contains(&id.type_name.as_str());
                let file = if is_holder { GONE_FIRST } else { GONE_LAST };
                deleted.entry(file).or_default().add(&id.type_name, &id.full_name);
            }
            package.deletes.insert(id.clone());
            continue;
        };
        let row = registry::find_component(&id.type_name, &id.full_name)
            .ok_or_else(|| PackageError::NoFolder(id.clone()))?;
        let wrong = |error| PackageError::Edit { id: id.clone(), error };
        let document = match row.deploy {
            DeployRule::Overlay => {
                let said = &target.said;
                match overlay(row, target.before.as_ref(), after, said, version).map_err(wrong)? {
                    Some(document) => document,
                    None => continue,
                }
            }
            DeployRule::Replace => {
                if target.before.as_ref().is_some_and(|before| before.bytes() == after.bytes()) {
                    continue;
                }
                after.clone()
            }
        };
        // What is there already came from the org that it goes back to.
        let stays = Staying { same_org: same_org || target.before.is_some(), version };
        let (document, lacking) = stays.cut(row, &document).map_err(wrong)?;
        if !lacking.is_empty() {
            package.lacking.insert(id.clone(), lacking);
        }
        let path = match &target.spelled {
            Some(spelled) => layout::metadata_path_of(id, spelled),
            None => layout::metadata_path(id),
        };
        let path = path.ok_or_else(|| PackageError::NoFolder(id.clone()))?;
        manifest.add(&id.type_name, &id.full_name);
        package.components.insert(id.clone(), path.clone());
        package.files.insert(path, document.into_bytes());
    }
    package.files.insert("package.xml".to_owned(), manifest.to_xml_as(&spelled).into_bytes());
    for (file, deleted) in deleted {
        package.files.insert(file.to_owned(), deleted.to_xml_as(&spelled).into_bytes());
    }
    Ok(package)
}

/// Says whether a part of an external client app is deleted together with the app: named by itself
/// too, it is not found any more, and that warning fails the deploy (S 2.7).
fn goes_with_its_app(target: &Target, targets: &[Target]) -> bool {
    let Some(before) = &target.before else { return false };
    before.root().child_text("externalClientApplication").is_some_and(|app| {
        let app = ComponentId::new("ExternalClientApplication", app.as_ref());
        targets.iter().any(|one| one.id == app && one.after.is_none())
    })
}

/// What of a profile must be sent so that an overlay turns `before` into `after`, and what is
/// `said` in any case; nothing where they mean the same.
fn overlay(
    row: &'static MetadataType,
    before: Option<&Document>,
    after: &Document,
    said: &[Segment],
    version: ApiVersion,
) -> Result<Option<Document>, EditError> {
    let Some(before) = before else {
        return Ok(Some(after.clone()));
    };
    // Nearly all of the two is equal, which the comparison of bytes passes over.
    let mut changed: BTreeSet<Segment> =
        match compare(Some(row), &before.bytes(), &after.bytes(), &mut Buffers::default()) {
            Ok(found) => found.into_iter().map(|one| one.path.segments()[0].clone()).collect(),
            Err(_) => differences(row, Some(before), Some(after))
                .into_iter()
                .map(|(path, ..)| path.segments()[0].clone())
                .collect(),
        };
    changed.extend(said.iter().cloned());
    if changed.is_empty() {
        return Ok(None);
    }
    let mut elements: Vec<(NewElement, Vec<String>)> = Vec::new();
    let mut states = (Entries::new(before), Entries::new(after));
    for segment in &changed {
        let field = row.field(&segment.name);
        if field.is_some_and(|field| field.sent_whole) {
            continue;
        }
        elements.extend(
            overlaid(field, segment, (before, after), &mut states, version)
                .map(|element| (element, key_names(field))),
        );
    }
    for field in row.fields.iter().filter(|field| field.sent_whole) {
        // In the order that they came in: without a key nothing is sorted.
        let list = after.root().children_named(field.name);
        elements.extend(list.map(|element| (NewElement::of(element), Vec::new())));
    }
    let empty = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{} xmlns=\"{}\">\n</{0}>\n",
        row.name,
        crate::metadata::document::NAMESPACE
    );
    let empty = Document::parse(empty.into_bytes()).expect("an empty root is a document");
    let parent = empty.root().id();
    let edits: Vec<Edit> =
        elements.into_iter().map(|(new, key)| Edit::Insert { parent, new, key }).collect();
    empty.edit(&edits).map(Some)
}

fn key_names(field: Option<&Field>) -> Vec<String> {
    match field.map(|field| &field.kind) {
        Some(Kind::Section { key, .. }) => key.iter().map(|name| (*name).to_owned()).collect(),
        _ => Vec::new(),
    }
}

/// One part of a profile as it must be said: an entry with every flag, a list that is gone as an
/// empty element.
fn overlaid<'d>(
    field: Option<&'static Field>,
    segment: &Segment,
    (before, after): (&'d Document, &'d Document),
    (of_before, of_after): &mut (Entries<'d>, Entries<'d>),
    version: ApiVersion,
) -> Option<NewElement> {
    let find = |document: &'d Document, entries: &mut Entries<'d>| -> Option<NewElement> {
        let root = document.root();
        match &segment.key {
            Some(_) => entries.first(root, segment, field).map(NewElement::of),
            None => root.child(&segment.name).map(NewElement::of),
        }
    };
    let Some(section @ Field { kind: Kind::Section { fields, .. }, .. }) = field else {
        // An empty element takes login hours, or a description, away (S 3.1).
        return Some(find(after, of_after).unwrap_or_else(|| NewElement::text(&segment.name, "")));
    };
    let (entry, is_there) = match find(after, of_after) {
        Some(entry) => (entry, true),
        None => (find(before, of_before)?, false),
    };
    if !is_there && !section.says_by_flags() {
        // There is no way to say "not there any more" of such an entry (a layout's assignment):
        // another takes its place, or it stays.
        return None;
    }
    let NewContent::Children(mut children) = entry.content else { return None };
    for field in fields.iter().filter(|field| field.is_of(version)) {
        let Absent::Flag(default) = field.absent else { continue };
        match children.iter_mut().find(|child| child.name == field.name) {
            Some(child) if !is_there => child.content = NewContent::Text(default.to_string()),
            Some(_) => {}
            None => children.push(NewElement::text(field.name, default.to_string())),
        }
    }
    children.sort_by(|left, right| left.name.cmp(&right.name));
    Some(NewElement::group(&segment.name, children))
}

/// What of a document must not be sent.
#[derive(Clone, Copy)]
struct Staying {
    /// Whether it goes back to the org that it came from.
    same_org: bool,
    version: ApiVersion,
}

impl Staying {
    /// The document without it, and what was cut because the API version lacks it. Comments go: an
    /// org keeps none, and nobody knows what is in them. Elements of one name are put together, for
    /// it refuses others.
    fn cut(
        self,
        row: &MetadataType,
        document: &Document,
    ) -> Result<(Document, BTreeSet<&'static str>), EditError> {
        let (mut edits, mut lacking) = (Vec::new(), BTreeSet::new());
        let document = document.edit(&twins(row, document))?;
        self.find(row.fields, document.root(), &mut edits, &mut lacking);
        Ok((document.edit(&edits)?.without_comments().grouped(), lacking))
    }

    fn find(
        self,
        fields: &'static [Field],
        parent: Element<'_>,
        edits: &mut Vec<Edit>,
        lacking: &mut BTreeSet<&'static str>,
    ) {
        for child in parent.children() {
            // A full name inside the file is what `readMetadata` adds; a file's name says it.
            let is_own_name = parent.parent().is_none() && child.name() == "fullName";
            let field = named(fields, child);
            let stays = match field {
                None => is_own_name,
                Some(field) if !field.is_of(self.version) => {
                    lacking.insert(field.name);
                    true
                }
                Some(field) => match field.portability {
                    Portability::Anywhere => false,
                    Portability::SameOrg => !self.same_org,
                    Portability::Never | Portability::Secret => true,
                },
            };
            if stays {
                edits.push(Edit::Remove { element: child.id() });
            } else if let Some(Kind::Group(fields) | Kind::Section { fields, .. }) =
                field.map(|field| &field.kind)
            {
                self.find(fields, child, edits, lacking);
            }
        }
    }
}

/// Entries that stood before and say no more.
fn twins(row: &MetadataType, document: &Document) -> Vec<Edit> {
    let mut seen: HashMap<Segment, Element<'_>> = HashMap::new();
    let mut edits = Vec::new();
    for element in document.root().children() {
        let kind = row.field(element.name()).map(|field| &field.kind);
        let Some(Kind::Section { sure: true, .. }) = kind else { continue };
        let Some(entry) = row.entry_of(element) else { continue };
        match seen.entry(entry) {
            Entry::Vacant(first) => _ = first.insert(element),
            Entry::Occupied(first) if Markup::of(*first.get()) == Markup::of(element) => {
                edits.push(Edit::Remove { element: element.id() });
            }
            Entry::Occupied(_) => {}
        }
    }
    edits
}

/// A document as it may be shown: without keys, secrets and comments.
pub fn showable(id: &ComponentId, document: &Document) -> Document {
    let mut edits = Vec::new();
    if let Some(row) = registry::find_component(&id.type_name, &id.full_name) {
        hidden(row.fields, document.root(), &mut edits);
    }
    document.edit(&edits).unwrap_or_else(|_| document.clone()).without_comments()
}

/// Says whether a document holds what is never sent: keys, secrets, comments.
pub fn holds_what_stays(id: &ComponentId, document: &Document) -> bool {
    showable(id, document).bytes() != document.bytes()
}

fn named(fields: &'static [Field], element: Element<'_>) -> Option<&'static Field> {
    fields.iter().find(|field| field.name.eq_ignore_ascii_case(element.name()))
}

fn hidden(fields: &'static [Field], parent: Element<'_>, edits: &mut Vec<Edit>) {
    for child in parent.children() {
        let Some(field) = named(fields, child) else { continue };
        match field.portability {
            Portability::Never | Portability::Secret => {
                edits.push(Edit::Remove { element: child.id() })
            }
            Portability::Anywhere | Portability::SameOrg => hidden(field.fields(), child, edits),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(root: &str, inner: &str) -> Document {
        Document::parse(
            format!(
                "<{root} xmlns=\"http://soap.sforce.com/2006/04/metadata\">\n{inner}</{root}>\n"
            )
            .into_bytes(),
        )
        .unwrap()
    }

    fn built(root: &str, before: &str, after: &str) -> String {
        let id = ComponentId::new(root, "Acme");
        let targets = [Target {
            id: id.clone(),
            before: Some(document(root, before)),
            after: Some(document(root, after)),
            spelled: None,
            said: Vec::new(),
        }];
        let package = build(&targets, ApiVersion(67), true).unwrap();
        package
            .components
            .get(&id)
            .map(|path| String::from_utf8(package.files[path].clone()).unwrap())
            .unwrap_or_default()
    }

    #[test]
    fn a_profile_carries_changed_entries_with_every_flag_and_explicit_false() {
        let range = "    <loginIpRanges>\n        <endAddress>10.0.0.9</endAddress>\n        \
                     <startAddress>10.0.0.1</startAddress>\n    </loginIpRanges>\n    \
                     <loginIpRanges>\n        <endAddress>1.0.0.9</endAddress>\n        \
                     <startAddress>1.0.0.1</startAddress>\n    </loginIpRanges>\n";
        let text = built(
            "Profile",
            &format!(
                "    <fieldPermissions><editable>true</editable><field>Lead.A__c</field>\
                 <readable>true</readable></fieldPermissions>\n{range}    <userPermissions>\
                 <enabled>true</enabled><name>A</name></userPermissions>\n    <userPermissions>\
                 <enabled>true</enabled><name>B</name></userPermissions>\n"
            ),
            &format!(
                "    <fieldPermissions><field>Lead.A__c</field><readable>true</readable>\
                 </fieldPermissions>\n{range}    <userPermissions><enabled>true</enabled><name>B\
                 </name></userPermissions>\n"
            ),
        );
        insta::assert_snapshot!(text, @r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <Profile xmlns="http://soap.sforce.com/2006/04/metadata">
            <fieldPermissions>
                <editable>false</editable>
                <field>Lead.A__c</field>
                <readable>true</readable>
            </fieldPermissions>
            <loginIpRanges>
                <endAddress>10.0.0.9</endAddress>
                <startAddress>10.0.0.1</startAddress>
            </loginIpRanges>
            <loginIpRanges>
                <endAddress>1.0.0.9</endAddress>
                <startAddress>1.0.0.1</startAddress>
            </loginIpRanges>
            <userPermissions>
                <enabled>false</enabled>
                <name>A</name>
            </userPermissions>
        </Profile>
        "#);
        assert_eq!(built("Profile", range, range), "");
    }

    #[test]
    fn what_replaces_is_whole_without_key_and_secret() {
        let app = |policy: &str| {
            format!(
                "    <label>Acme</label>\n    <oauthConfig>\n        \
                 <callbackUrl>https://acme.example.com</callbackUrl>\n        <consumerKey>3MVG9\
                 </consumerKey>\n    </oauthConfig>\n    <oauthPolicy>\n        \
                 <ipRelaxation>{policy}</ipRelaxation>\n    </oauthPolicy>\n"
            )
        };
        let text = built("ConnectedApp", &app("ENFORCE"), &app("BYPASS"));
        assert_eq!(
            text,
            String::from_utf8(document("ConnectedApp", &app("BYPASS")).into_bytes())
                .unwrap()
                .replace("        <consumerKey>3MVG9</consumerKey>\n", "")
        );
    }
}
