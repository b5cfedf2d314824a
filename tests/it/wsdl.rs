//! The data of the WSDL: well made, the same as the registry's rows where both speak, and right for
//! real files where they lie beside the checkout.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use sfsetup::metadata::document::{Document, Element};
use sfsetup::metadata::registry::shape::Shape;
use sfsetup::metadata::registry::wsdl::{self, Holds, WsdlField, WsdlType};
use sfsetup::metadata::registry::{self, ApiVersion, Field, Kind, SetForm};
use sha2::{Digest as _, Sha256};

const DATA: &str = include_str!("../../src/metadata/registry/wsdl/types.txt");

#[test]
fn the_data_is_what_the_script_wrote() {
    let (header, body) = DATA.split_once("\n\n").unwrap();
    let sum: String = Sha256::digest(body).iter().map(|byte| format!("{byte:02x}")).collect();
    assert!(
        header.contains(&sum),
        "types.txt was edited by hand; change tests/wsdl/keys.txt or generate.mjs, and run that"
    );
    let blocks: Vec<&str> = body.trim_end().split("\n\n").collect();
    assert_eq!(blocks.len(), wsdl::all().len());
    assert!(wsdl::all().iter().map(|told| told.name).is_sorted());
    for block in blocks {
        let mut lines = block.lines();
        let name = lines.next().unwrap().split(' ').next().unwrap();
        let told = wsdl::find(name).unwrap_or_else(|| panic!("{name} is not found"));
        for line in lines {
            let field = line.trim_start().split(' ').next().unwrap();
            assert!(told.fields().iter().any(|known| known.name == field), "{name}.{field}");
        }
    }
}

#[test]
fn the_data_holds_together() {
    let mut wrong = Vec::new();
    for told in wsdl::all() {
        let mut names = BTreeSet::new();
        for field in told.fields() {
            let at = format!("{}.{}", told.name, field.name);
            if !names.insert(field.name.to_ascii_lowercase()) {
                wrong.push(format!("{at} stands twice"));
            }
            let entry = field.elements();
            if matches!(field.holds, Holds::Elements(_)) != entry.is_some() {
                wrong.push(format!("{at} is of a type that is not there"));
            }
            for part in &field.key {
                let child = entry.and_then(|entry| entry.field(part));
                if !child.is_some_and(|child| !child.repeated && child.elements().is_none()) {
                    wrong.push(format!("{at} has no {part} to be told by"));
                }
            }
            if !field.key.is_empty() && !field.repeated {
                wrong.push(format!("{at} has a key and is no list"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Where a row and the WSDL say different things.
struct Held {
    differs: BTreeMap<String, String>,
}

impl Held {
    fn fields(&mut self, at: &str, fields: &'static [Field], told: &'static WsdlType) {
        for field in fields {
            let at = format!("{at}.{}", field.name);
            match told.fields().iter().find(|told| told.name == field.name) {
                Some(told) => self.field(&at, field, told),
                None => self.note(at, "is not in the WSDL"),
            }
        }
    }

    fn field(&mut self, at: &str, field: &'static Field, told: &'static WsdlField) {
        let agrees = match &field.kind {
            Kind::Flag => told.holds == Holds::Flag && !told.repeated,
            Kind::Number => told.holds == Holds::Whole && !told.repeated,
            Kind::Text | Kind::Choice { .. } => {
                // A number that need not be a whole one is text to the rows.
                let holds = [Holds::Text, Holds::Choice, Holds::Date, Holds::Number];
                holds.contains(&told.holds) && !told.repeated
            }
            Kind::Set { form, .. } => {
                told.elements().is_none() && told.repeated == (*form == SetForm::Repeated)
            }
            Kind::Group(_) => told.elements().is_some() && !told.repeated,
            Kind::Section { .. } => told.elements().is_some() && told.repeated,
        };
        if !agrees {
            self.note(at.to_owned(), &format!("is {:?}, in the WSDL {told:?}", field.kind));
            return;
        }
        if let Kind::Section { key, .. } = &field.kind
            && *key != told.key
        {
            self.note(at.to_owned(), &format!("has the key {key:?}, in the data {:?}", told.key));
        }
        if field.since.is_some_and(|since| since > ApiVersion(63)) && !told.after_63 {
            self.note(at.to_owned(), "is younger than 63.0 and stands in its WSDL");
        }
        if field.since.is_some_and(|since| since <= ApiVersion(63)) && told.after_63 {
            self.note(at.to_owned(), "is not younger than 63.0 and missing in its WSDL");
        }
        if field.until.is_some() && !told.before_newest {
            self.note(at.to_owned(), "is gone and stands in the newest WSDL");
        }
        if let Some(elements) = told.elements() {
            self.fields(at, field.fields(), elements);
            self.rest(at, field.fields(), elements);
        }
    }

    /// What the WSDL has and the row has not.
    fn rest(&mut self, at: &str, fields: &'static [Field], told: &'static WsdlType) {
        for told in told.fields() {
            if told.name != "fullName" && fields.iter().all(|field| field.name != told.name) {
                self.note(format!("{at}.{}", told.name), "is in the WSDL alone");
            }
        }
    }

    fn note(&mut self, at: String, what: &str) {
        self.differs.insert(at, what.to_owned());
    }
}

/// Where a row is right and the WSDLs at hand do not say it, or say more.
const DIFFERENCES: &[(&str, &str)] = &[
    // As of a permission set, which it extends.
    ("MutingPermissionSet.agentAccesses", "is not younger than 63.0 and missing in its WSDL"),
    ("MutingPermissionSet.objectPermissions.customizeSetup", "is in the WSDL alone"),
    ("MutingPermissionSet.objectPermissions.deleteSetup", "is in the WSDL alone"),
    ("MutingPermissionSet.objectPermissions.viewSetup", "is in the WSDL alone"),
    ("MutingPermissionSet.userLicense", "is not in the WSDL"),
    // The guide has them as of 63.0 (S 3.1, 4.1); the org whose WSDL that is had no agents.
    ("PermissionSet.agentAccesses", "is not younger than 63.0 and missing in its WSDL"),
    // In WSDLs of Salesforce's own orgs alone, where they let people see and change Setup.
    ("PermissionSet.objectPermissions.customizeSetup", "is in the WSDL alone"),
    ("PermissionSet.objectPermissions.deleteSetup", "is in the WSDL alone"),
    ("PermissionSet.objectPermissions.viewSetup", "is in the WSDL alone"),
    // Gone before the oldest WSDL at hand.
    ("PermissionSet.userLicense", "is not in the WSDL"),
    ("Profile.agentAccesses", "is not younger than 63.0 and missing in its WSDL"),
    ("Profile.fieldPermissions.hidden", "is not in the WSDL"),
    ("Profile.objectPermissions.customizeSetup", "is in the WSDL alone"),
    ("Profile.objectPermissions.deleteSetup", "is in the WSDL alone"),
    ("Profile.objectPermissions.viewSetup", "is in the WSDL alone"),
    // The guide has it up to 44.0 (S 3.1), the WSDLs still do.
    ("Profile.profileActionOverrides", "is gone and stands in the newest WSDL"),
];

#[test]
fn the_rows_say_what_the_wsdl_says() {
    let mut held = Held { differs: BTreeMap::new() };
    let settings = ["ConnectedApp", "ExternalClientApp", "OauthOidc", "Security"];
    let components = registry::rows()
        .iter()
        .map(|row| (row.name, "x"))
        .chain(settings.map(|member| ("Settings", member)));
    for (type_name, full_name) in components {
        let row = registry::own_row(type_name, full_name).unwrap();
        let root = registry::root_name(type_name, full_name);
        if row.fields.is_empty() {
            continue;
        }
        let told = wsdl::find(&root).unwrap_or_else(|| panic!("{root} is in no WSDL"));
        held.fields(&root, row.fields, told);
        held.rest(&root, row.fields, told);
    }
    let found: Vec<(&str, &str)> =
        held.differs.iter().map(|(at, what)| (at.as_str(), what.as_str())).collect();
    assert_eq!(found, DIFFERENCES);
}

/// Every file of the corpus that is metadata, with its document; none where there is no corpus.
fn corpus() -> Vec<(String, Document)> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/corpus");
    let mut files: Vec<PathBuf> = Vec::new();
    let mut pending = vec![corpus];
    while let Some(folder) = pending.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() { pending.push(path) } else { files.push(path) }
        }
    }
    files.sort_unstable();
    files
        .into_iter()
        .filter_map(|path| {
            let document = Document::parse(std::fs::read(&path).unwrap()).ok()?;
            Some((path.file_name().unwrap().to_string_lossy().into_owned(), document))
        })
        .collect()
}

/// What real files show of the data.
#[derive(Default)]
struct Seen {
    elements: usize,
    out_of_order: usize,
    /// Entries of lists with a key.
    keyed: usize,
    not_unique: BTreeSet<String>,
    unknown: BTreeSet<String>,
    wrong: BTreeSet<String>,
}

impl Seen {
    fn element(&mut self, at: &str, shape: Shape, element: Element<'_>) {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        let mut keys = BTreeSet::new();
        let mut orders = Vec::new();
        for child in element.children() {
            let at = format!("{at}.{}", child.name());
            self.elements += 1;
            let Some(below) = shape.child(child.name()) else {
                self.unknown.insert(at);
                continue;
            };
            *counts.entry(below.name()).or_default() += 1;
            orders.extend(shape.order_of(child.name()));
            if below.told().is_some_and(|told| !fits(told.holds, child)) {
                self.wrong.insert(at.clone());
            }
            if let Some(parts) = below.key() {
                self.keyed += 1;
                let key = parts.iter().map(|part| child.child(part).map(|part| part.text()));
                let key: Vec<_> = key.collect();
                if key[0].is_none() || !keys.insert((below.name(), key)) {
                    self.not_unique.insert(at.clone());
                }
            }
            if below.told().is_none_or(|told| told.holds != Holds::Anything) {
                self.element(&at, below, child);
            }
        }
        self.out_of_order += usize::from(!orders.is_sorted());
        for (name, _) in counts.iter().filter(|(_, count)| **count > 1) {
            if !shape.child(name).unwrap().is_repeated() {
                self.wrong.insert(format!("{at}.{name}"));
            }
        }
    }
}

fn fits(holds: Holds, element: Element<'_>) -> bool {
    let text = element.text();
    let text = text.trim();
    match holds {
        Holds::Flag => matches!(text, "true" | "false"),
        Holds::Whole => text.parse::<i64>().is_ok(),
        Holds::Number => text.parse::<f64>().is_ok(),
        Holds::Elements(_) => text.is_empty(),
        Holds::Text | Holds::Date | Holds::Choice => element.children().next().is_none(),
        Holds::Anything => true,
    }
}

/// Elements of real files that are in none of the WSDLs at hand.
const UNKNOWN: &[&str] = &[
    // Retrieved from orgs of other versions, or with other features.
    "ApexSettings.enableDoNotEmailDebugLog",
    // Templates that were written by hand and name what no type has.
    "ConnectedApp.oauthPolicy.refreshTokenValidityPeriod",
    "ConnectedApp.permissionSetLicense",
    "EventSettings.enableTerminateOldestSession",
    "ExtlClntAppConfigurablePolicies.ipRelaxation",
    "ExtlClntAppConfigurablePolicies.refreshTokenPolicy",
    "ExtlClntAppConfigurablePolicies.sessionTimeout",
    "ExtlClntAppOauthSettings.isAdminApproved",
    "ExtlClntAppOauthSettings.isClientCredentialsEnabled",
    "ExtlClntAppOauthSettings.isCodeCredentialsEnabled",
    "ExtlClntAppOauthSettings.isIntrospectAllTokens",
    "ExtlClntAppOauthSettings.isNamedUserJwtEnabled",
    "ExtlClntAppOauthSettings.isRefreshTokenEnabled",
    "ExtlClntAppOauthSettings.scopes",
    "FlowSettings.isAccessToInvokedApexRequired",
    "FlowSettings.isFlowApexContextRetired",
    "FlowSettings.isTimeResumedInSameRunContext",
    "LightningExperienceSettings.enableLWCDynamicComponents",
    // Tests of a tool, in an older spelling.
    "Profile.categoryGroupVisibilities.visible",
    "Profile.fieldPermissions.enabled",
    "Profile.fieldPermissions.visible",
];

/// Values of real files that are not of their element's kind.
const WRONG: &[&str] = &[
    // Empty: not set.
    "ActivitiesSettings.enableTimelineCompDateSort",
    // Placeholders of templates.
    "ExtlClntAppGlobalOauthSettings.isConsumerSecretOptional",
    "ExtlClntAppGlobalOauthSettings.isPkceRequired",
    "ExtlClntAppGlobalOauthSettings.isSecretRequiredForRefreshToken",
    "ExtlClntAppGlobalOauthSettings.shouldRotateConsumerKey",
    "ExtlClntAppGlobalOauthSettings.shouldRotateConsumerSecret",
    "LiveAgentSettings.enableQuickTextEnabled",
    // Two types in one: a manifest that was merged badly.
    "Package.types.name",
    // `True` and `False`.
    "Profile.applicationVisibilities.default",
    "Profile.applicationVisibilities.visible",
    "Profile.classAccesses.enabled",
];

/// Lists of real files with an entry twice, or one without a key: merged badly, or by hand.
const NOT_UNIQUE: &[&str] = &[
    "Package.types",
    "PermissionSet.classAccesses",
    "Profile.fieldPermissions",
    // Spelled `friendlyname`, as older files do (S 3.1).
    "Profile.loginFlows",
];

#[test]
fn real_files_hold_what_the_data_says() {
    let corpus = corpus();
    if corpus.is_empty() {
        return;
    }
    let mut seen = Seen::default();
    for (file, document) in corpus {
        let root = document.root();
        let type_name = registry::canonical_type(root.name());
        let member = root.name().strip_suffix("Settings").unwrap_or(&file);
        let shape = Shape::of(type_name, member)
            .unwrap_or_else(|| panic!("{file}: `{}` is of no type", root.name()));
        seen.element(root.name(), shape, root);
    }
    assert!(seen.elements > 200_000 && seen.keyed > 50_000);
    let names = |of: &BTreeSet<String>| of.iter().cloned().collect::<Vec<_>>();
    assert_eq!(names(&seen.unknown), UNKNOWN);
    assert_eq!(names(&seen.wrong), WRONG);
    assert_eq!(names(&seen.not_unique), NOT_UNIQUE);
    let (out, all) = (seen.out_of_order, seen.elements);
    assert!(out * 500 < all, "{out} elements hold others in another order than the WSDL's");
}
