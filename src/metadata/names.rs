//! Names that an org has or lacks: which of them a setting or a fact speaks of, and what is known
//! of each.
//!
//! That a name is lacking is told only by what shows all names to whoever asks. Through the eyes of
//! a caller it would be called missing where the caller merely may not see it.

mod api_name;
mod files;
pub(crate) mod known;
mod pattern;
mod shown;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use super::fact::{Access, Fact};
use super::full_name::profile_label;
use super::labels::app_type;
use super::path::FieldPath;
use super::registry::nearest::perhaps;
use super::registry::{Field, Kind};
use super::unseen::Unseen;
use super::{ComponentId, ComponentSet, percent, registry};

pub(crate) use api_name::why_misnamed;
pub use pattern::{Match, Pattern};
pub use shown::Shown;

/// Something that an org has by a name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Name {
    /// A component; an object is a `CustomObject`, a field the `CustomField` `Object.Field`, a
    /// record type the `RecordType` `Object.Name`.
    Component(ComponentId),
    /// A system permission.
    Permission(String),
    /// Object permissions for the object of this name: not every object has its own (S 3.6).
    ObjectAccess(String),
    /// Field permissions for fields of the object of this name.
    FieldAccess(String),
    /// A user licence or permission set licence.
    Licence(String),
    /// An edition of Salesforce.
    Edition(String),
}

/// A section of profiles and permission sets whose entries name something of the org.
struct Section {
    name: &'static str,
    /// The element that holds the name.
    key: &'static str,
    /// What has it.
    type_name: &'static str,
}

/// These sections (S 3.1, 4.1): the same that a profile has only with their companions, and
/// `tabSettings`, which permission sets have in place of `tabVisibilities`.
static SECTIONS: LazyLock<Vec<Section>> = LazyLock::new(|| {
    let fields = registry::find("Profile").map_or(&[][..], |row| row.fields);
    let section = |field: &Field| match &field.kind {
        Kind::Section { key: [key, ..], companion: Some(companion), .. } => {
            Some(Section { name: field.name, key, type_name: companion.type_name() })
        }
        _ => None,
    };
    let of_sets = Section { name: "tabSettings", key: "tab", type_name: "CustomTab" };
    fields.iter().filter_map(section).chain([of_sets]).collect()
});

fn section(name: &str) -> Option<&'static Section> {
    SECTIONS.iter().find(|section| section.name == name)
}

impl Name {
    /// Names a component.
    pub fn component(type_name: &str, full_name: impl Into<String>) -> Self {
        Self::Component(ComponentId::new(type_name, full_name))
    }

    /// Returns the component, where it is one of these types.
    pub fn component_of(&self, types: &[&str]) -> Option<&ComponentId> {
        match self {
            Self::Component(id) if types.contains(&id.type_name.as_str()) => Some(id),
            _ => None,
        }
    }

    /// Returns the name alone.
    pub fn text(&self) -> &str {
        match self {
            Self::Component(id) => &id.full_name,
            Self::Permission(name)
            | Self::ObjectAccess(name)
            | Self::FieldAccess(name)
            | Self::Licence(name)
            | Self::Edition(name) => name,
        }
    }

    /// Says whether it is permissions for an object, not something that an org holds by itself.
    pub fn is_access(&self) -> bool {
        matches!(self, Self::ObjectAccess(_) | Self::FieldAccess(_))
    }

    /// Returns the permissions for an object, where it is not plain that it has its own.
    fn access(object: &str, of_name: fn(String) -> Self) -> Option<Self> {
        let is_plain = object.contains("__")
            || known::WITH_PERMISSIONS.iter().any(|one| one.eq_ignore_ascii_case(object));
        (!is_plain && is_api_name(object)).then(|| of_name(object.to_owned()))
    }

    /// Returns the name for a person: a profile's as Setup shows it (S 3.3).
    pub fn shown(&self) -> &str {
        match self {
            Self::Component(id) if id.type_name == "Profile" => profile_label(&id.full_name),
            _ => self.text(),
        }
    }

    /// Returns what has the name, for a person.
    pub fn sort(&self) -> &str {
        match self {
            Self::Permission(_) => "system permission",
            Self::ObjectAccess(_) => "object permissions for",
            Self::FieldAccess(_) => "field permissions for",
            Self::Licence(_) => "licence",
            Self::Edition(_) => "edition",
            Self::Component(id) => match id.type_name.as_str() {
                "ApexClass" => "Apex class",
                "ApexPage" => "Visualforce page",
                "Bot" => "agent",
                "ConnectedApp" => "connected app",
                "CustomApplication" => "app",
                "CustomField" => "field",
                "CustomObject" => "object",
                "CustomPermission" => "custom permission",
                "CustomTab" => "tab",
                "DataCategoryGroup" => "data category group",
                "ExternalClientApplication" => "external client app",
                "ExternalDataSource" => "external data source",
                "Flow" => "flow",
                "InstalledPackage" => "package",
                "Layout" => "page layout",
                "PermissionSet" => "permission set",
                "PermissionSetGroup" => "permission set group",
                "Profile" => "profile",
                "RecordType" => "record type",
                "ServicePresenceStatus" => "presence status",
                other => other,
            },
        }
    }

    /// Says why no org can have something of this name, as the end of a sentence; nothing where one
    /// may.
    pub fn why_impossible(&self) -> Option<&'static str> {
        let text = self.text();
        // Such stand for several.
        if text.contains('*') {
            return None;
        }
        match self {
            Self::Permission(_) if !is_api_name(text) => {
                Some("a system permission goes by its API name, such as `ApiEnabled`")
            }
            Self::Component(id) => match id.type_name.as_str() {
                "CustomObject" if !is_api_name(text) => {
                    Some("an object goes by its API name, such as `Account` or `Invoice__c`")
                }
                "CustomField" if !is_part_name(text) => {
                    Some("a field is written `Object.Field`, such as `Account.Phone`")
                }
                "RecordType" if !is_part_name(text) => {
                    Some("a record type is written `Object.RecordType`, such as `Account.Retailer`")
                }
                _ => None,
            },
            Self::Permission(_)
            | Self::ObjectAccess(_)
            | Self::FieldAccess(_)
            | Self::Licence(_)
            | Self::Edition(_) => None,
        }
    }

    /// Returns the names that a path of a profile or permission set speaks of; what another is in
    /// stands before it.
    pub fn of_setting(id: &ComponentId, path: &FieldPath) -> Vec<Self> {
        let grants = registry::find(&id.type_name).is_some_and(|row| row.odd.grants);
        let Some(entry) = path.segments().first().filter(|_| grants) else { return Vec::new() };
        let Some(key) = entry.key.as_deref() else { return Vec::new() };
        let key = &*percent::plain(key.trim());
        if key.is_empty() {
            return Vec::new();
        }
        if entry.name == "userPermissions" {
            return vec![Self::Permission(key.to_owned())];
        }
        let names = section(&entry.name).map(|section| of_type(section.type_name, key));
        let object = key.split('.').next().unwrap_or(key);
        let access = match entry.name.as_str() {
            "objectPermissions" => Self::access(object, Self::ObjectAccess),
            "fieldPermissions" => Self::access(object, Self::FieldAccess),
            _ => None,
        };
        names.into_iter().flatten().chain(access).collect()
    }

    /// Returns the name of a component, and behind it that of the app whose part it is.
    pub fn of_component(id: &ComponentId) -> Vec<Self> {
        let app = app_type(&id.type_name).filter(|kind| *kind != id.type_name);
        let app = app.map(|kind| Self::component(kind, id.full_name.as_str()));
        [Self::Component(id.clone())].into_iter().chain(app).collect()
    }

    /// Returns the names that a fact speaks of.
    pub fn of_fact(fact: &Fact) -> Vec<Self> {
        match fact {
            Fact::Access(Access::Permission(name)) => vec![Self::Permission(name.clone())],
            Fact::Access(Access::Object(object, _)) => {
                let access = Self::access(object, Self::ObjectAccess);
                of_type("CustomObject", object).into_iter().chain(access).collect()
            }
            Fact::Access(Access::Field(field, _)) => of_type("CustomField", field),
            Fact::Access(Access::PermissionSet(set)) => of_type("PermissionSet", set),
            Fact::Seats(licence) | Fact::Licensed(licence) => vec![Self::Licence(licence.clone())],
            Fact::PackageVersion(namespace) => of_type("InstalledPackage", namespace),
            Fact::ChangeEvents(object) if !object.ends_with("ChangeEvent") => {
                of_type("CustomObject", object)
            }
            Fact::Organization(_)
            | Fact::ApiAccessControl
            | Fact::User(_)
            | Fact::Column(_)
            | Fact::AppAccess(_)
            | Fact::AppInstalled
            | Fact::MyDomain
            | Fact::Currency
            | Fact::Package(_)
            | Fact::ChangeEvents(_)
            | Fact::Feature(_)
            | Fact::End(_) => Vec::new(),
        }
    }
}

/// What the names of standard tabs begin with.
pub const STANDARD_TAB: &str = "standard-";

/// Standard tabs that are widely known, without what they begin with: of objects that every org
/// has, and of pages. No list here has them all.
pub(crate) const STANDARD_TABS: &[&str] = &[
    "Account",
    "AppLauncher",
    "Asset",
    "Campaign",
    "Case",
    "Chatter",
    "CollaborationGroup",
    "Contact",
    "Content",
    "Contract",
    "Dashboard",
    "Document",
    "DuplicateRecordSet",
    "EmailTemplate",
    "Entitlement",
    "Event",
    "Feed",
    "File",
    "Forecasting3",
    "Idea",
    "Individual",
    "Knowledge",
    "Lead",
    "ListEmail",
    "Macro",
    "Opportunity",
    "Order",
    "Pricebook2",
    "Product2",
    "QuickText",
    "Quote",
    "ServiceContract",
    "Solution",
    "Task",
    "User",
    "UserProfile",
    "WorkOrder",
    "Workspace",
    "home",
    "report",
];

/// Says whether a text may be an API name: letters, digits and `_`, a letter first.
fn is_api_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

/// Says whether a text may be the name of a part of an object: `Object.Part`.
fn is_part_name(text: &str) -> bool {
    text.split_once('.').is_some_and(|(object, part)| is_api_name(object) && is_api_name(part))
}

/// What layouts are named after that is no object.
const NO_OBJECTS: &[&str] = &["CaseClose", "CaseInteraction", "Global", "UserAlt"];

/// Says whether the first part of a layout assignment's key is an object's name, and no layout's.
fn is_object_of_layouts(name: &str) -> bool {
    is_api_name(name) && !NO_OBJECTS.contains(&name)
}

fn of_type(type_name: &str, key: &str) -> Vec<Name> {
    let object = key.split_once('.').map(|(object, _)| Name::component("CustomObject", object));
    match type_name {
        "CustomField" | "RecordType" => {
            object.into_iter().chain([Name::component(type_name, key)]).collect()
        }
        // Behind it may stand the record type that it is assigned for; an entry is also written by
        // its object and record type, which is no layout (S 3.1).
        "Layout" => {
            let (layout, record_type) = key.split_once('|').unwrap_or((key, ""));
            let layout = Some(layout.trim()).filter(|layout| layout.contains('-'));
            let layout = layout.map(|layout| Name::component("Layout", layout));
            let record_type = Some(record_type.trim()).filter(|name| name.contains('.'));
            let object = Some(key.split('|').next().unwrap_or(key).trim());
            let object = object.filter(|name| is_object_of_layouts(name));
            let object = object.map(|name| Name::component("CustomObject", name));
            let of_record_type = record_type.iter().flat_map(|name| of_type("RecordType", name));
            object.into_iter().chain(of_record_type).chain(layout).collect()
        }
        _ => vec![Name::component(type_name, key)],
    }
}

/// A name that the org does not have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lacked {
    /// The name.
    pub name: Name,
    /// The nearest of those that it has.
    pub nearest: Option<String>,
    /// The parameters by whose values it is named.
    pub parameters: Vec<String>,
    /// Whether files lack it, and not an org.
    pub in_files: bool,
    /// Whether it is the label of the nearest.
    pub is_label: bool,
    /// Whether it is that of a permission set group, where a permission set is asked for.
    pub is_group: bool,
}

impl Lacked {
    /// An org's lack of a name, of which nothing else is known yet.
    pub fn of(name: Name) -> Self {
        let (nearest, parameters) = (None, Vec::new());
        Self { name, nearest, parameters, in_files: false, is_label: false, is_group: false }
    }

    /// Says whether it is there, and only its capitals are others. An org has one of such names at
    /// most, and whoever asks by another spelling is answered as if it had none.
    pub fn is_spelt_otherwise(&self) -> bool {
        let near = self.nearest.as_deref();
        near.is_some_and(|near| near.to_lowercase() == self.name.text().to_lowercase())
    }
}

/// Shown as a sentence without its end.
impl fmt::Display for Lacked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.in_files { "the files have" } else { "the org has" };
        let (sort, text) = (self.name.sort(), self.name.shown());
        let near = self.nearest.as_deref();
        let is_there = near.filter(|_| self.is_spelt_otherwise());
        match is_there {
            Some(near) => write!(f, "{place} the {sort} `{text}` as `{near}`")?,
            None => write!(f, "{place} no {sort} `{text}`")?,
        }
        match self.parameters.as_slice() {
            [] => {}
            [one] => write!(f, " (parameter `{one}`)")?,
            several => write!(f, " (parameters `{}`)", several.join("`, `"))?,
        }
        if self.name.is_access() {
            return f.write_str(
                ", so no profile or permission set can grant any; access to its records is by \
                 other rights",
            );
        }
        if self.is_group {
            return f.write_str(": it is a permission set group, so name the sets in it");
        }
        if let Some(near) = near.filter(|_| self.is_label) {
            return write!(f, "; that is the label of `{near}`");
        }
        if let (None, Some(why)) = (near, self.name.why_impossible()) {
            return write!(f, ": {why}");
        }
        f.write_str(&perhaps(near.filter(|_| is_there.is_none())))
    }
}

/// What is known of a name that was not seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NameStatus {
    /// The org does not have it.
    Lacked(Lacked),
    /// Nobody can tell, and why.
    Unseen(Unseen),
    /// Files that would have it lack it; only an org can tell.
    Unshown(Lacked),
}

/// What is known of names. One of which nothing is known was seen, or was not asked for.
#[derive(Clone, Debug, Default)]
pub struct Names {
    known: BTreeMap<Name, NameStatus>,
    /// For which names those with a star stand; where that is not known, why.
    patterns: BTreeMap<Pattern, Result<Vec<Match>, Unseen>>,
    /// Whether files were asked, and no org.
    of_files: bool,
}

impl Names {
    /// Notes what is known of a name.
    pub fn insert(&mut self, name: Name, standing: NameStatus) {
        self.known.insert(name, standing);
    }

    /// Returns the full names of a type's components that the org lacks, and does not spell
    /// otherwise.
    pub fn lacked(&self, type_name: &str) -> Vec<String> {
        let of_type = self.known.iter().filter_map(|(name, status)| match (name, status) {
            (Name::Component(id), NameStatus::Lacked(lacked))
                if id.type_name == type_name && !lacked.is_spelt_otherwise() =>
            {
                Some(id.full_name.clone())
            }
            _ => None,
        });
        of_type.collect()
    }

    /// Returns how a name is written that is there, and whose capitals are others.
    pub fn spelling(&self, name: &Name) -> Option<&Lacked> {
        match self.known.get(name)? {
            NameStatus::Lacked(lacked) | NameStatus::Unshown(lacked) => {
                Some(lacked).filter(|lacked| lacked.is_spelt_otherwise())
            }
            NameStatus::Unseen(_) => None,
        }
    }

    /// Says by which parameters each lacking name is given.
    pub fn given_by(&mut self, parameters: impl Fn(&Name) -> Vec<String>) {
        for (name, standing) in &mut self.known {
            match standing {
                NameStatus::Lacked(lacked) | NameStatus::Unshown(lacked) => {
                    lacked.parameters = parameters(name);
                }
                NameStatus::Unseen(_) => {}
            }
        }
    }

    /// What is said of a component that was asked for and is not there, where no more is known.
    pub fn lack(&self, name: &Name) -> Lacked {
        Lacked { in_files: self.of_files, ..Lacked::of(name.clone()) }
    }

    /// Returns the names that are lacking, each with what is known of it.
    pub fn all_lacked(&self) -> impl Iterator<Item = &Lacked> {
        self.known.values().filter_map(|status| match status {
            NameStatus::Lacked(lacked) => Some(lacked),
            NameStatus::Unseen(_) | NameStatus::Unshown(_) => None,
        })
    }

    /// Returns what is known of a name.
    pub fn get(&self, name: &Name) -> Option<&NameStatus> {
        self.known.get(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::document::{Document, NAMESPACE};
    use crate::metadata::{Component, Requested};

    fn names(type_name: &str, path: &str) -> Vec<String> {
        let id = ComponentId::new(type_name, "Sales");
        let names = Name::of_setting(&id, &path.parse().unwrap());
        names.iter().map(|name| format!("{} {}", name.sort(), name.text())).collect()
    }

    #[test]
    fn a_path_names_what_it_speaks_of() {
        let paths: [(&str, &[&str]); 12] = [
            ("objectPermissions[Account].allowRead", &["object Account"]),
            (
                "fieldPermissions[Account.Phone].readable",
                &["object Account", "field Account.Phone"],
            ),
            ("userPermissions[ApiEnabled].enabled", &["system permission ApiEnabled"]),
            ("tabVisibilities[standard-Account].visibility", &["tab standard-Account"]),
            ("tabVisibilities[Invoice__c].visibility", &["tab Invoice__c"]),
            ("flowAccesses[Close_Case].enabled", &["flow Close_Case"]),
            (
                "layoutAssignments[Account-Shop %28new%29|Account.Retailer]",
                &[
                    "object Account",
                    "record type Account.Retailer",
                    "page layout Account-Shop (new)",
                ],
            ),
            ("layoutAssignments[Account].layout", &["object Account"]),
            ("layoutAssignments[Global].layout", &[]),
            (
                "layoutAssignments[Account|Account.Retailer].layout",
                &["object Account", "object Account", "record type Account.Retailer"],
            ),
            ("loginIpRanges[1.2.3.4|1.2.3.4]", &[]),
            ("custom", &[]),
        ];
        for (path, expected) in paths {
            assert_eq!(names("Profile", path), expected, "{path}");
        }
        assert!(names("ConnectedApp", "objectPermissions[Account].allowRead").is_empty());
        // It is not plain that these have permissions of their own.
        assert_eq!(
            names("Profile", "objectPermissions[CampaignMember].allowRead"),
            ["object CampaignMember", "object permissions for CampaignMember"]
        );
        assert_eq!(
            names("PermissionSet", "fieldPermissions[Task.Priority].readable"),
            ["object Task", "field Task.Priority", "field permissions for Task"]
        );
    }

    #[test]
    fn what_can_be_no_name_is_told_from_one_that_may_be() {
        let field = |name: &str| Name::component("CustomField", name);
        for none in [
            field("Phone"),
            field("Account.Phone.X"),
            field("Account."),
            Name::component("CustomObject", "Account;Contact"),
            Name::component("CustomObject", "__c"),
            Name::component("RecordType", "Retailer"),
            Name::Permission("API Enabled".to_owned()),
        ] {
            assert!(none.why_impossible().is_some(), "{none:?}");
        }
        for one in [
            field("acme__Thing__c.acme__Score__c"),
            Name::component("CustomObject", "Invoice__c"),
            Name::component("Profile", "Sales; Night (2)"),
            Name::component("ConnectedApp", "Warehouse Loader"),
            Name::Permission("ApiEnabled".to_owned()),
        ] {
            assert_eq!(one.why_impossible(), None, "{one:?}");
        }
    }

    #[test]
    fn what_files_show_is_there_in_any_case() {
        let mut set = ComponentSet::new(Requested::Unknown);
        let mut add = |type_name: &str, name: &str, inner: &str| {
            let xml = format!("<{type_name} xmlns=\"{NAMESPACE}\">{inner}</{type_name}>");
            let id = ComponentId::new(type_name, name);
            let document = Document::parse(xml.into_bytes()).unwrap();
            set.insert(Component { id, document, file: String::new() });
        };
        add(
            "CustomObject",
            "Contact",
            "<fields><fullName>AccountId</fullName></fields>\
             <recordTypes><fullName>Buyer</fullName></recordTypes>",
        );
        add(
            "PermissionSet",
            "Sync",
            "<license>Salesforce</license>\
             <userPermissions><enabled>true</enabled><name>ApiEnabled</name></userPermissions>",
        );
        let shown = Shown::by(&set);
        for there in [
            Name::component("CustomObject", "contact"),
            Name::component("CustomField", "Contact.Account"),
            Name::component("CustomField", "Contact.accountid"),
            Name::component("RecordType", "Contact.Buyer"),
            Name::Permission("APIEnabled".to_owned()),
            Name::Licence("Salesforce".to_owned()),
        ] {
            assert!(shown.has(&there), "{there:?}");
        }
        for lacking in [
            Name::component("CustomObject", "Account"),
            Name::component("CustomField", "Contact.Acount"),
            Name::Permission("Salesforce".to_owned()),
        ] {
            assert!(!shown.has(&lacking), "{lacking:?}");
        }
    }
}
