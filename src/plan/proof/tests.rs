//! A wrong package is refused: right ones of several kinds, each changed in every way at hand.

use crate::diff::Finding;
use crate::diff::asked::Asked;
use crate::diff::baseline::{component, settings as differing};
use crate::metadata::assignable::UNASKED;
use crate::metadata::compare::{Buffers, compare_component};
use crate::metadata::document::{Document, Edit, Element, NewElement};
use crate::metadata::fact::FactValues;
use crate::metadata::manifest::Manifest;
use crate::metadata::registry::{self, ApiVersion};
use crate::metadata::settings::differences;
use crate::metadata::unseen::{Unseen, UnseenKind};
use crate::metadata::{Component, ComponentId, ComponentSet, Requested};
use crate::package::GONE_LAST;
use crate::package::simulate::simulate;
use crate::plan::{Basis, Desired, Plan, plan};

const NAMESPACE: &str = crate::metadata::document::NAMESPACE;

fn flags(list: &str, key: &str, name: &str, flags: &[(&str, bool)]) -> String {
    let flags: String =
        flags.iter().map(|(flag, on)| format!("        <{flag}>{on}</{flag}>\n")).collect();
    format!("    <{list}>\n{flags}        <{key}>{name}</{key}>\n    </{list}>\n")
}

fn field(name: &str, editable: bool) -> String {
    let says = [("editable", editable), ("readable", true)];
    flags("fieldPermissions", "field", name, &says)
}

fn permission(name: &str, on: bool) -> String {
    flags("userPermissions", "name", name, &[("enabled", on)])
}

fn set(components: &[(&str, &str, &str)]) -> ComponentSet {
    let mut set = ComponentSet::new(Requested::Unknown);
    for (type_name, name, inner) in components {
        let id = ComponentId::new(*type_name, *name);
        let root = registry::root_name(type_name, name);
        let text = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{root} xmlns=\"{NAMESPACE}\">\n{inner}\
             </{root}>\n"
        );
        let document = Document::parse(text.into_bytes()).unwrap();
        set.insert(Component { id, document, file: String::new() });
    }
    set
}

fn facts() -> FactValues {
    FactValues::new(Unseen::new(UnseenKind::NotAsked, "not asked"))
}

fn basis<'b>(components: &'b ComponentSet, facts: &'b FactValues) -> Basis<'b> {
    Basis {
        components,
        facts,
        graph: &[],
        version: ApiVersion::NEWEST,
        is_online: false,
        is_by_rest: false,
        same_org: true,
        is_in_place: false,
        is_blind: false,
        limits: &UNASKED,
    }
}

/// The plan that leads from one state to another.
fn planned(basis: &Basis<'_>, then: &ComponentSet) -> Plan<'static> {
    let now = basis.components;
    let asked = Asked {
        requested: &Requested::Unknown,
        not_observed: &now.not_observed,
        is_complete: true,
        name: "",
        version: None,
    };
    let mut findings: Vec<Finding<'static>> = Vec::new();
    for (id, there) in &then.components {
        let Some(here) = now.get(id) else {
            findings.push(component(id, false, &asked, &asked));
            continue;
        };
        let (here, there) = (here.document.bytes(), there.document.bytes());
        let found = compare_component(id, &here, &there, &mut Buffers::default()).unwrap();
        findings.extend(differing(id, found, &asked, &asked));
    }
    let document = |id: &ComponentId| then.get(id).map(|one| one.document.clone());
    plan(&Desired::Baseline { findings: &findings, document: &document }, basis).unwrap()
}

/// Two states for each kind of package: entries laid over, documents replaced, groups, lists in
/// groups, sets, what is made, what is told by its app.
fn states() -> (ComponentSet, ComponentSet) {
    let app = |scope: &str, relaxation: &str| {
        format!(
            "    <contactEmail>it@example.com</contactEmail>\n    <label>Acme</label>\n    \
             <oauthConfig>\n        <callbackUrl>https://acme.example.com</callbackUrl>\n        \
             <scopes>Api</scopes>\n        <scopes>{scope}</scopes>\n    </oauthConfig>\n    \
             <oauthPolicy>\n        <ipRelaxation>{relaxation}</ipRelaxation>\n        \
             <refreshTokenPolicy>infinite</refreshTokenPolicy>\n    </oauthPolicy>\n"
        )
    };
    let security = |ranges: &[&str]| {
        let ranges: String = ranges
            .iter()
            .map(|end| {
                format!(
                    "        <ipRanges>\n            <description>d</description>\n            \
                     <end>{end}</end>\n            <start>203.0.113.1</start>\n        \
                     </ipRanges>\n"
                )
            })
            .collect();
        format!(
            "    <networkAccess>\n{ranges}    </networkAccess>\n    <sessionSettings>\n        \
             <enforceIpRangesEveryRequest>false</enforceIpRangesEveryRequest>\n    \
             </sessionSettings>\n"
        )
    };
    let policy = |policy: &str| {
        format!(
            "    <externalClientApplication>Acme</externalClientApplication>\n    \
             <ipRelaxationPolicyType>Enforce</ipRelaxationPolicyType>\n    <label>p</label>\n    \
             <refreshTokenPolicyType>{policy}</refreshTokenPolicyType>\n"
        )
    };
    let label = "    <label>Acme</label>\n";
    let plain = |editable, on| {
        [field("Account.A__c", editable), label.to_owned(), permission("ApiEnabled", on)].concat()
    };
    let profile = |editable, on| {
        let custom = "    <custom>true</custom>\n".to_owned();
        [custom, field("Account.A__c", editable), field("Account.B__c", true)]
            .into_iter()
            .chain([permission("ApiEnabled", on), permission("ViewSetup", true)])
            .collect::<String>()
    };
    let (profiles, plains) =
        ([profile(false, false), profile(true, true)], [plain(false, false), plain(true, true)]);
    let apps = [app("Web", "BYPASS"), app("RefreshToken", "ENFORCE")];
    let securities = [security(&["203.0.113.9"]), security(&["203.0.113.9", "203.0.113.40"])];
    let policies = [policy("Zero"), policy("Infinite")];
    let state = |at: usize| {
        let mut all = vec![
            ("ConnectedApp", "Acme", apps[at].as_str()),
            ("ExtlClntAppOauthConfigurablePolicies", "Acme_plcy", &policies[at]),
            ("MutingPermissionSet", "Quiet", &plains[at]),
            ("PermissionSet", "Acme", &plains[at]),
            ("PermissionSet", "Other", &plains[0]),
            ("Profile", "Acme", &profiles[at]),
            ("Settings", "Security", &securities[at]),
        ];
        if at == 1 {
            all.push(("PermissionSet", "New", &plains[1]));
        }
        set(&all)
    };
    (state(0), state(1))
}

/// Every element below the root.
fn all<'d>(parent: Element<'d>, found: &mut Vec<Element<'d>>) {
    for child in parent.children() {
        found.push(child);
        all(child, found);
    }
}

/// A file changed in every way, with words for each.
fn changed(file: &Document) -> Vec<(String, Vec<u8>)> {
    let mut elements = Vec::new();
    all(file.root(), &mut elements);
    let mut found: Vec<(String, Vec<u8>)> = Vec::new();
    let mut edited = |words: String, edits: &[Edit]| {
        if let Ok(document) = file.edit(edits) {
            found.push((words, document.into_bytes()));
        }
    };
    let groups: Vec<Element<'_>> =
        elements.iter().copied().filter(|one| one.children().next().is_some()).collect();
    for element in &elements {
        let name = element.name();
        let id = element.id();
        edited(format!("without {name}"), &[Edit::Remove { element: id }]);
        if element.children().next().is_none() {
            let text = match element.text().trim() {
                "true" => "false".to_owned(),
                "false" => "true".to_owned(),
                text => format!("{text}x"),
            };
            edited(format!("{name} is {text}"), &[Edit::SetText { element: id, text }]);
        }
        for parent in groups.iter().filter(|group| {
            Some(group.id()) != element.parent().map(Element::id) && group.id() != id
        }) {
            let new = NewElement::of(*element);
            let insert = Edit::Insert { parent: parent.id(), new, key: Vec::new() };
            let moved = [Edit::Remove { element: id }, insert];
            edited(format!("{name} in {}", parent.name()), &moved);
        }
    }
    let root = file.root().id();
    for list in ["userPermissions", "fieldPermissions", "later"] {
        let (key, flag) = match list {
            "fieldPermissions" => ("field", "readable"),
            _ => ("name", "enabled"),
        };
        let new = NewElement::group(
            list,
            vec![NewElement::text(flag, "true"), NewElement::text(key, "Account.Z__c")],
        );
        edited(format!("with {list}"), &[Edit::Insert { parent: root, new, key: Vec::new() }]);
    }
    for name in ["description", "consumerSecret"] {
        let new = NewElement::text(name, "added");
        edited(format!("with {name}"), &[Edit::Insert { parent: root, new, key: Vec::new() }]);
    }
    let text = String::from_utf8(file.bytes().to_vec()).unwrap();
    let name = file.root().name();
    found.push(("another root".to_owned(), text.replace(name, "CustomLabels").into_bytes()));
    let comment = text.replace("xmlns=", "  xmlns=").replace("</", "<!-- secret --></");
    found.push(("with a comment".to_owned(), comment.into_bytes()));
    found
}

#[test]
fn a_wrong_package_is_refused() {
    let (now, then) = states();
    let facts = facts();
    let basis = basis(&now, &facts);
    let right = planned(&basis, &then);
    assert!(right.left.is_empty(), "{:?}", right.left);
    assert_eq!(right.package.components.len(), 7, "{:?}", right.package.components);
    let right_after = right.prove(&basis).unwrap();
    let (mut count, mut accepted) = (0, Vec::new());
    for (id, file) in &right.package.components {
        let document = Document::parse(right.package.files[file].clone()).unwrap();
        for (words, bytes) in changed(&document) {
            count += 1;
            let mut wrong = planned(&basis, &then);
            wrong.package.files.insert(file.clone(), bytes);
            if wrong.prove(&basis).is_err() {
                continue;
            }
            // What is taken for right says the same: a flag that is left out is false.
            let after = simulate(&wrong.package, &now).unwrap();
            let row = registry::find_component(&id.type_name, &id.full_name).unwrap();
            let of = |set: &ComponentSet| set.get(id).map(|one| one.document.clone()).unwrap();
            let found = differences(row, Some(&of(&after)), Some(&of(&right_after)));
            assert!(found.is_empty(), "{id}, {words}: {found:?}");
            accepted.push(format!("{id}, {words}"));
        }
    }
    assert!(count > 200 && accepted.len() * 20 < count, "{count}: {accepted:#?}");
}

#[test]
fn what_is_named_otherwise_than_planned_is_refused() {
    let (now, then) = states();
    let facts = facts();
    let basis = basis(&now, &facts);
    let refused = |words: &str, change: &dyn Fn(&mut Plan<'_>)| {
        let mut wrong = planned(&basis, &then);
        change(&mut wrong);
        assert!(wrong.prove(&basis).is_err(), "{words}");
    };
    let members = |plan: &mut Plan<'_>, file: &str, change: &dyn Fn(&mut Manifest)| {
        let there = plan.package.files.get(file).cloned();
        let mut manifest = there.map(|one| Manifest::parse(one).unwrap()).unwrap_or_default();
        change(&mut manifest);
        plan.package.files.insert(file.to_owned(), manifest.to_xml().into_bytes());
    };
    refused("a component is not named", &|plan| {
        members(plan, "package.xml", &|manifest| _ = manifest.types.remove("Profile"));
    });
    refused("one without a file is named", &|plan| {
        members(plan, "package.xml", &|manifest| manifest.add("Profile", "Admin"));
    });
    refused("a file is missing", &|plan| _ = plan.package.files.remove("profiles/Acme.profile"));
    refused("a file is of another component", &|plan| {
        let file = plan.package.files.remove("permissionsets/Acme.permissionset").unwrap();
        plan.package.files.insert("permissionsets/Other.permissionset".to_owned(), file);
        members(plan, "package.xml", &|manifest| {
            let names = manifest.types.get_mut("PermissionSet").unwrap();
            names.remove("Acme");
            names.insert("Other".to_owned());
        });
    });
    for other in ["Other", "Elsewhere"] {
        refused("another component comes along", &|plan| {
            let file = plan.package.files["permissionsets/Acme.permissionset"].clone();
            plan.package.files.insert(format!("permissionsets/{other}.permissionset"), file);
            members(plan, "package.xml", &|manifest| manifest.add("PermissionSet", other));
        });
    }
    refused("something is deleted", &|plan| {
        members(plan, GONE_LAST, &|manifest| manifest.add("PermissionSet", "Other"));
    });
    refused("a target is deleted before it comes", &|plan| {
        plan.package.files.remove("permissionsets/Acme.permissionset");
        members(plan, "package.xml", &|manifest| {
            _ = manifest.types.get_mut("PermissionSet").unwrap().remove("Acme");
        });
        members(plan, GONE_LAST, &|manifest| manifest.add("PermissionSet", "Acme"));
    });
}

#[test]
fn what_cannot_be_packaged_never_stops_the_rest() {
    let good = [field("Account.A__c", true), "    <label>Acme</label>\n".to_owned()].concat();
    let bad = |later: &str| format!("{}    <later>{later}</later>\n", field("Account.A__c", true));
    let now = set(&[
        ("PermissionSet", "Acme", &good.replace("true", "false")),
        ("PermissionSet", "Odd", &bad("<deep>1</deep>").replace("true", "false")),
    ]);
    let then = set(&[("PermissionSet", "Acme", &good), ("PermissionSet", "Odd", &bad("text"))]);
    let facts = facts();
    let made = planned(&basis(&now, &facts), &then);
    let changed: Vec<String> = made
        .changes
        .iter()
        .map(|one| format!("{} {}", one.id, one.path.as_ref().unwrap()))
        .collect();
    assert_eq!(
        changed,
        [
            "PermissionSet:Acme fieldPermissions[Account.A__c].editable",
            "PermissionSet:Acme fieldPermissions[Account.A__c].readable",
            "PermissionSet:Odd fieldPermissions[Account.A__c].editable",
            "PermissionSet:Odd fieldPermissions[Account.A__c].readable",
        ]
    );
    assert_eq!(made.left.len(), 1, "{:?}", made.left);
    assert_eq!(made.left[0].subject, "PermissionSet:Odd later");
    assert_eq!(made.package.components.len(), 2);
}

#[test]
fn a_comment_near_a_secret_is_not_sent() {
    let app = |relaxation: &str| {
        format!(
            "    <label>Acme</label>\n    <!-- the secret is 8F3A -->\n    <oauthConfig>\n        \
             <!-- <consumerSecret>8F3A</consumerSecret> -->\n        <consumerSecret>8F3A\
             </consumerSecret>\n        <scopes>Api</scopes><!-- 8F3A -->\n    </oauthConfig>\n    \
             <oauthPolicy>\n        <ipRelaxation>{relaxation}</ipRelaxation>\n        \
             <refreshTokenPolicy>infinite</refreshTokenPolicy>\n    </oauthPolicy>\n"
        )
    };
    let now = set(&[("ConnectedApp", "Acme", &app("BYPASS"))]);
    let then = set(&[("ConnectedApp", "Acme", &app("ENFORCE"))]);
    let facts = facts();
    let made = planned(&basis(&now, &facts), &then);
    let file = &made.package.files["connectedApps/Acme.connectedApp"];
    let text = String::from_utf8(file.clone()).unwrap();
    assert!(text.contains("ENFORCE") && !text.contains("8F3A"), "{text}");
    assert!(
        text.contains("    <label>Acme</label>\n    <oauthConfig>\n        <scopes>"),
        "{text}"
    );
}
