//! Packages: written from a folder, the same each time, in either layout, edited in place; and the
//! properties that a plan must have whatever the drift: it fixes all of it, misses nothing without
//! any of its changes, and its way back leads back.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use proptest::prelude::*;
use sfsetup::metadata::archive;
use sfsetup::metadata::assignable::UNASKED;
use sfsetup::metadata::fact::FactValues;
use sfsetup::metadata::path::FieldPath;
use sfsetup::metadata::registry::{self, ApiVersion};
use sfsetup::metadata::settings::{differences, settings};
use sfsetup::metadata::unseen::{Unseen, UnseenKind};
use sfsetup::metadata::value::Value;
use sfsetup::metadata::{Component, ComponentId, ComponentSet};
use sfsetup::package::patch::{Setting, patch};
use sfsetup::package::simulate::simulate;
use sfsetup::package::{build, target};
use sfsetup::plan::{Basis, Desired, plan};
use sfsetup::snapshot;
use sfsetup::template::{self, Arguments, builtin};

use crate::support::{Env, fixture};

#[test]
fn a_package_from_a_folder_is_the_same_each_time_and_sends_no_key() {
    let env = Env::new();
    let drifted = fixture("drifted");
    for out in ["a.zip", "b.zip", "folder"] {
        let run =
            env.run(&["package", "--template", "ampersand", "--from", &drifted, "--out", out]);
        assert_eq!(run.code, 2, "the licence of a profile is left: {run:?}");
        assert!(run.stdout.contains("a profile's licence can never be changed"), "{run:?}");
    }
    let read = |name: &str| std::fs::read(env.folder().join(name)).unwrap();
    assert_eq!(read("a.zip"), read("b.zip"));
    let files: BTreeMap<String, Vec<u8>> =
        archive::read_zip(&read("a.zip"), &archive::Limits::default())
            .unwrap()
            .into_iter()
            .collect();
    assert_eq!(
        files.keys().map(String::as_str).collect::<Vec<_>>(),
        [
            "connectedApps/Ampersand.connectedApp",
            "package.xml",
            "profiles/Ampersand Integration.profile"
        ]
    );
    for (name, bytes) in &files {
        assert_eq!(read(&format!("folder/{name}")), *bytes, "{name}");
    }
    for out in ["my fix", "my fix.zip"] {
        let package = ["package", "--template", "ampersand", "--from", &drifted, "--out", out];
        let run = env.run(&package);
        let quoted = format!("--metadata-dir '{out}'` deploys it");
        assert!(run.stderr.contains(&quoted), "{run:?}");
    }
    let text = |name: &str| String::from_utf8(files[name].clone()).unwrap();
    assert!(!text("connectedApps/Ampersand.connectedApp").contains("consumerKey"));
    insta::assert_snapshot!("package_manifest", text("package.xml"));
    insta::assert_snapshot!("package_profile", text("profiles/Ampersand Integration.profile"));
    let again =
        env.run(&["package", "--template", "ampersand", "--from", &drifted, "--out", "folder"]);
    assert!(again.code == 1 && again.stderr.contains("not empty"), "{again:?}");
}

#[test]
fn a_package_in_source_format_is_a_project_that_is_read_again() {
    let env = Env::new();
    let run = env.run(&[
        "package",
        "--template",
        "ampersand",
        "--from",
        &fixture("drifted"),
        "--out",
        "project",
        "--layout",
        "source",
    ]);
    assert_eq!(run.code, 2, "{run:?}");
    let reading = snapshot::read(&env.folder().join("project"), &|_| true).unwrap();
    let names: Vec<String> =
        reading.components.components.keys().map(ToString::to_string).collect();
    assert_eq!(names, ["ConnectedApp:Ampersand", "Profile:Ampersand Integration"]);
    let run = env.run(&[
        "package",
        "--template",
        "ampersand",
        "--from",
        &fixture("drifted"),
        "--out",
        "x.zip",
        "--layout",
        "source",
    ]);
    assert_eq!(run.code, 64, "{run:?}");
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn an_edit_in_place_changes_only_the_lines_of_what_differs() {
    let env = Env::new();
    let checkout = env.folder().join("checkout");
    copy(Path::new(&fixture("source-format")), &checkout);
    let file = checkout.join("packages/integration/extlClntAppOauthPolicies/Ampersand_ECA_oauthPlcy.ecaOauthPlcy-meta.xml");
    let before = std::fs::read_to_string(&file).unwrap();
    let run = env.run(&[
        "package",
        "--template",
        "ampersand",
        "--from",
        "checkout",
        "--in-place",
        "--show",
    ]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stdout.contains("-    <ipRelaxationPolicyType>Bypass_2factor<"), "{run:?}");
    let after = std::fs::read_to_string(&file).unwrap();
    assert_eq!(after, before.replace("Bypass_2factor", "Bypass"));
    assert_eq!(env.run(&["diff", "--template", "ampersand", "--from", "checkout"]).code, 0);
    let again =
        env.run(&["package", "--template", "ampersand", "--from", "checkout", "--in-place"]);
    assert!(again.code == 0 && again.stderr.contains("nothing to deploy"), "{again:?}");
}

/// What is only shown needs no place to be written to; what is written over is said.
#[test]
fn a_package_is_shown_without_being_written_and_says_what_it_writes_over() {
    let env = Env::new();
    copy(Path::new(&fixture("drifted")), &env.folder().join("org"));
    let package = ["package", "--template", "ampersand", "--from", "org"];
    let shown = env.run(&[&package, &["--show"][..]].concat());
    assert!(shown.code == 2 && shown.stdout.contains("+        <refreshTokenPolicy>"), "{shown:?}");
    assert!(shown.stderr.contains("hint: nothing was written; `--out DIR`"), "{shown:?}");
    assert_eq!(std::fs::read_dir(env.folder()).unwrap().count(), 1);
    let none = env.run(&package);
    assert!(none.code == 64 && none.stderr.contains("--out"), "{none:?}");
    let over = "note: `fix.zip` is there already, and is written over";
    let old = archive::write_zip(&[("package.xml".to_owned(), b"old".to_vec())].into()).unwrap();
    for (before, is_said) in [(None, false), (Some(old), true), (None, false)] {
        if let Some(before) = before {
            env.write("fix.zip", before);
        }
        let run = env.run(&[&package, &["--out", "fix.zip"][..]].concat());
        assert_eq!((run.code, run.stderr.contains(over)), (2, is_said), "{run:?}");
    }
}

#[test]
fn the_fix_of_a_folder_brings_it_in_sync() {
    let env = Env::new();
    copy(Path::new(&fixture("drifted")), &env.folder().join("org"));
    assert_eq!(
        env.run(&["package", "--template", "ampersand", "--from", "org", "--in-place"]).code,
        2
    );
    let run = env.run(&["diff", "--template", "ampersand", "--from", "org"]);
    assert!(run.stdout.contains("1 setting differs"), "only the licence is left: {run:?}");
}

const PROFILE: &str = "Profile";
const NAME: &str = "Ampersand Integration";

/// What an invented org in good order holds.
const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// A template of one want.
fn template_of(want: &str) -> String {
    format!(
        "format = 1\n[template]\nname = \"t\"\ntitle = \"T\"\nversion = \"1\"\nsource = \
         \"https://x.example.com\"\nreviewed = 2026-01-01\n[[step]]\nid = \"a\"\ntitle = \"A\"\n\
         want = [{{ {want} }}]\n"
    )
}

fn package_of(type_name: &str) -> String {
    format!(
        "{HEAD}<Package xmlns=\"http://soap.sforce.com/2006/04/metadata\"><types><members>*\
         </members><name>{type_name}</name></types><version>67.0</version></Package>\n"
    )
}

#[test]
fn a_permission_that_stands_twice_and_disagrees_is_not_observed() {
    let env = Env::new();
    let entry = |enabled: bool| {
        format!(
            "    <userPermissions>\n        <enabled>{enabled}</enabled>\n        \
             <name>ModifyAllData</name>\n    </userPermissions>\n"
        )
    };
    let set = |inner: &str| {
        format!(
            "{HEAD}<PermissionSet xmlns=\"http://soap.sforce.com/2006/04/metadata\">\n    <label>P\
             </label>\n{inner}</PermissionSet>\n"
        )
    };
    env.write("org/package.xml", package_of("PermissionSet"));
    env.write(
        "t.toml",
        template_of(
            "component = \"PermissionSet:P\", path = \
                                     \"userPermissions[ModifyAllData].enabled\", equals = false",
        ),
    );
    let file = "org/permissionsets/P.permissionset";
    let text = || std::fs::read_to_string(env.folder().join(file)).unwrap();
    let package = || env.run(&["package", "--template", "t.toml", "--from", "org", "--in-place"]);
    for order in [[false, true], [true, false]] {
        let both = set(&order.map(entry).concat());
        env.write(file, &both);
        let run = env.run(&["diff", "--template", "t.toml", "--from", "org"]);
        assert!(run.code == 1 && run.stdout.contains("lines 4 and 8"), "{run:?}");
        let run = package();
        assert!(run.code == 1 && run.stderr.contains("lines 4 and 8"), "{run:?}");
        assert_eq!(text(), both);
    }
    // Equal ones are one: a fix states it and takes the other out.
    env.write(file, set(&[entry(true), entry(true)].concat()));
    assert_eq!(env.run(&["diff", "--template", "t.toml", "--from", "org"]).code, 2);
    assert_eq!(package().code, 0);
    assert_eq!(text(), set(&entry(false)));
    assert_eq!(env.run(&["diff", "--template", "t.toml", "--from", "org"]).code, 0);
}

/// A document that is sent whole takes no twins along that disagree, whatever else is to change.
#[test]
fn what_stands_twice_is_never_sent_whole() {
    let env = Env::new();
    let entry = |name: &str, enabled: bool| {
        format!(
            "    <userPermissions>\n        <enabled>{enabled}</enabled>\n        \
             <name>{name}</name>\n    </userPermissions>\n"
        )
    };
    let set = |entries: &[String]| {
        format!(
            "{HEAD}<PermissionSet xmlns=\"http://soap.sforce.com/2006/04/metadata\">\n    <label>P\
             </label>\n{}</PermissionSet>\n",
            entries.concat()
        )
    };
    let twins = [entry("ModifyAllData", false), entry("ModifyAllData", true)];
    let file = "permissionsets/P.permissionset";
    let with = |enabled: bool| set(&[&twins[..], &[entry("ApiEnabled", enabled)]].concat());
    for (side, enabled) in [("then", true), ("now", false)] {
        env.write(&format!("{side}/package.xml"), package_of("PermissionSet"));
        env.write(&format!("{side}/{file}"), with(enabled));
    }
    let run = env.run(&["package", "--baseline", "then", "--from", "now", "--out", "out"]);
    assert!(run.code == 2 && run.stdout.contains("would be sent as a whole"), "{run:?}");
    assert!(!env.folder().join("out").exists());
    // In the file itself the one setting is changed, and the twins stay as they are.
    let run = env.run(&["package", "--baseline", "then", "--from", "now", "--in-place"]);
    assert!(run.code == 0 && run.stdout.contains("Not observed, and left alone"), "{run:?}");
    let text = std::fs::read_to_string(env.folder().join("now").join(file)).unwrap();
    assert_eq!(text, with(true));
    // Equal twins are sent as one.
    let equal = |enabled: bool| {
        let one = || entry("ModifyAllData", false);
        set(&[one(), one(), entry("ApiEnabled", enabled)])
    };
    env.write(&format!("then/{file}"), equal(true));
    env.write(&format!("now/{file}"), equal(false));
    let run = env.run(&["package", "--baseline", "then", "--from", "now", "--out", "out"]);
    assert_eq!(run.code, 0, "{run:?}");
    let text = std::fs::read_to_string(env.folder().join("out").join(file)).unwrap();
    assert_eq!(text, set(&[entry("ModifyAllData", false), entry("ApiEnabled", true)]));
}

#[test]
fn a_default_that_joins_a_policy_is_shown() {
    let env = Env::new();
    let app = |inner: &str| {
        format!(
            "{HEAD}<ConnectedApp xmlns=\"http://soap.sforce.com/2006/04/metadata\">\n    \
             <contactEmail>a@example.com</contactEmail>\n    <label>Acme</label>\n{inner}\
             </ConnectedApp>\n"
        )
    };
    env.write("org/package.xml", package_of("ConnectedApp"));
    env.write(
        "t.toml",
        template_of(
            "component = \"ConnectedApp:Acme\", path = \
                                     \"oauthPolicy.ipRelaxation\", equals = \"BYPASS\"",
        ),
    );
    for (number, inner) in ["", "    <oauthPolicy/>\n", "    <oauthPolicy>\n    </oauthPolicy>\n"]
        .into_iter()
        .enumerate()
    {
        env.write("org/connectedApps/Acme.connectedApp", app(inner));
        let out = format!("out{number}");
        let run = env.run(&["package", "--template", "t.toml", "--from", "org", "--out", &out]);
        assert!(run.code == 0 && run.stdout.contains("oauthPolicy.refreshTokenPolicy"), "{run:?}");
        let text =
            std::fs::read_to_string(env.folder().join(out).join("connectedApps/Acme.connectedApp"))
                .unwrap();
        assert!(
            text.contains("<ipRelaxation>BYPASS</ipRelaxation>")
                && text.contains("<refreshTokenPolicy>infinite</refreshTokenPolicy>"),
            "{text}"
        );
    }
}

fn good() -> ComponentSet {
    snapshot::read(Path::new(&fixture("good-order")), &|_| true).unwrap().components
}

fn row(id: &ComponentId) -> &'static registry::MetadataType {
    registry::find_component(&id.type_name, &id.full_name).unwrap()
}

fn basis<'b>(facts: &'b FactValues, components: &'b ComponentSet) -> Basis<'b> {
    Basis {
        components,
        facts,
        graph: &[],
        version: ApiVersion(67),
        is_online: false,
        is_by_rest: false,
        same_org: true,
        is_in_place: false,
        is_blind: false,
        limits: &UNASKED,
    }
}

/// Something that may have gone wrong with one setting: the place among all settings, and what
/// became of it.
#[derive(Clone, Debug)]
struct Damage {
    at: prop::sample::Index,
    gone: bool,
}

fn damages() -> impl Strategy<Value = Vec<Damage>> {
    prop::collection::vec(
        (any::<prop::sample::Index>(), any::<bool>()).prop_map(|(at, gone)| Damage { at, gone }),
        1..8,
    )
}

/// Damages settings of the profile, the connected app and the permission set.
fn damaged(good: &ComponentSet, damages: &[Damage]) -> ComponentSet {
    let mut set = good.clone();
    for component in good.components.values() {
        if !matches!(component.id.type_name.as_str(), "Profile" | "ConnectedApp" | "PermissionSet")
        {
            continue;
        }
        let id = &component.id;
        let all: Vec<(FieldPath, Value)> =
            settings(row(id), &component.document).into_iter().collect();
        let mut settings: BTreeMap<FieldPath, Option<Value>> = BTreeMap::new();
        for damage in damages {
            let (path, value) = &all[damage.at.index(all.len())];
            // Who the component is stays as it was.
            let first = path.segments()[0].name.as_str();
            if matches!(first, "custom" | "userLicense" | "license" | "label" | "contactEmail") {
                continue;
            }
            let other = match value {
                Value::Bool(flag) => Some(Value::Bool(!flag)),
                Value::List(list) => Some(Value::List(list.iter().skip(1).cloned().collect())),
                Value::Text(text) if text == "infinite" => Some("zero".into()),
                Value::Text(text) if text == "BYPASS" => Some("ENFORCE".into()),
                other => Some(other.clone()),
            };
            settings.insert(
                path.clone(),
                if damage.gone && matches!(value, Value::Bool(_)) {
                    Some(false.into())
                } else {
                    other
                },
            );
        }
        let settings: Vec<Setting> = settings.into_iter().collect();
        let document = patch(row(id), &component.document, &settings, ApiVersion(67)).unwrap();
        set.insert(Component { document, ..component.clone() });
    }
    set
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_plan_fixes_any_drift_and_needs_each_of_its_changes(damages in damages()) {
        let good = good();
        let actual = damaged(&good, &damages);
        let template = template::parse("ampersand", builtin::find("ampersand").unwrap().text).unwrap();
        let given = [("app", "Ampersand"), ("read", "Account,Contact"), ("write", "Rental__c"), ("profile", NAME)];
        let given = given.iter().map(|(name, value)| ((*name).to_owned(), vec![(*value).to_owned()])).collect();
        let arguments = Arguments::resolve(&template, &given, &BTreeMap::new()).unwrap();
        let steps = template::expand(&template, &arguments).unwrap();
        let facts = FactValues::new(Unseen::new(UnseenKind::Offline, "offline"));
        let first = plan(&Desired::Steps { steps: &steps, chosen: &|_| true, waived: &|_| None, may_make: &|_| true }, &basis(&facts, &actual)).unwrap();
        let fixed = simulate(&first.package, &actual).unwrap();
        let second = plan(&Desired::Steps { steps: &steps, chosen: &|_| true, waived: &|_| None, may_make: &|_| true }, &basis(&facts, &fixed)).unwrap();
        prop_assert!(second.changes.is_empty(), "{:?}", second.changes);
        prop_assert!(!second.diff.has_drift());

        // What the template does not mention is as it was.
        for component in actual.components.values() {
            let id = &component.id;
            let after = &fixed.components.values().find(|one| one.id == *id).unwrap().document;
            for (path, ..) in differences(row(id), Some(&component.document), Some(after)) {
                prop_assert!(first.changes.iter().any(|change| change.id == *id && change.path.as_ref() == Some(&path)), "{id} {path}");
            }
        }

        // Without any one of its changes something differs.
        for left_out in 0..first.changes.len() {
            let mut changes = first.changes.clone();
            if !matches!(changes[left_out].cause, sfsetup::package::Cause::Step(_)) {
                continue;
            }
            changes.remove(left_out);
            let ids: BTreeSet<&ComponentId> = changes.iter().map(|change| &change.id).collect();
            let targets: Vec<_> = ids
                .into_iter()
                .filter_map(|id| {
                    let of_it: Vec<_> = changes.iter().filter(|one| one.id == *id).collect();
                    let made = first.made.get(id);
                    target(id, &of_it, &actual, made, ApiVersion(67)).unwrap()
                })
                .collect();
            let package = build(&targets, ApiVersion(67), true).unwrap();
            let partly = simulate(&package, &actual).unwrap();
            let third = plan(&Desired::Steps { steps: &steps, chosen: &|_| true, waived: &|_| None, may_make: &|_| true }, &basis(&facts, &partly)).unwrap();
            prop_assert!(third.diff.has_drift(), "{:?}", first.changes[left_out]);
        }

        // The changes turned round lead back.
        let back: Vec<_> = first.targets.iter().map(|target| sfsetup::package::Target {
            id: target.id.clone(),
            before: fixed.components.values().find(|one| one.id == target.id).map(|one| one.document.clone()),
            after: target.before.clone(),
            spelled: None,
            said: Vec::new(),
        }).collect();
        let undone = simulate(&build(&back, ApiVersion(67), true).unwrap(), &fixed).unwrap();
        for component in actual.components.values() {
            let id = &component.id;
            let after = &undone.components.values().find(|one| one.id == *id).unwrap().document;
            prop_assert_eq!(differences(row(id), Some(&component.document), Some(after)), vec![]);
        }
        let profile = ComponentId::new(PROFILE, NAME);
        prop_assert!(actual.get(&profile).is_some());
    }
}

/// Any two states of a component: the package for one on top of the other gives the other.
#[test]
fn every_profile_and_set_of_the_fixtures_leads_to_every_other() {
    let mut documents: BTreeMap<&str, Vec<sfsetup::metadata::document::Document>> = BTreeMap::new();
    for name in ["good-order", "drifted", "demo/metadata"] {
        let set = snapshot::read(Path::new(&fixture(name)), &has_row).unwrap().components;
        for type_name in ["Profile", "PermissionSet", "ConnectedApp"] {
            documents
                .entry(type_name)
                .or_default()
                .extend(set.of_type(type_name).map(|component| component.document.clone()));
        }
    }
    let mut pairs = 0;
    for (type_name, documents) in &documents {
        let id = ComponentId::new(*type_name, "Acme");
        for before in documents {
            for after in documents {
                let mut set = ComponentSet::new(sfsetup::metadata::Requested::Unknown);
                set.insert(Component {
                    id: id.clone(),
                    document: before.clone(),
                    file: String::new(),
                });
                let target = sfsetup::package::Target {
                    id: id.clone(),
                    before: Some(before.clone()),
                    after: Some(after.clone()),
                    spelled: None,
                    said: Vec::new(),
                };
                let package = build(&[target], ApiVersion(67), true).unwrap();
                let there = simulate(&package, &set).unwrap();
                let left =
                    differences(row(&id), Some(&there.get(&id).unwrap().document), Some(after));
                // An overlay cannot take away what has no "false": a tab's visibility, a layout's
                // assignment (S 3.4).
                let left: Vec<_> =
                    left.into_iter().filter(|(path, ..)| !has_no_false(path)).collect();
                assert_eq!(left, [], "{type_name}");
                pairs += 1;
            }
        }
    }
    assert!(pairs > 100, "{pairs}");
}

fn has_row(id: &ComponentId) -> bool {
    registry::rows().iter().any(|row| row.name == id.type_name)
}

fn has_no_false(path: &FieldPath) -> bool {
    matches!(
        path.segments()[0].name.as_str(),
        "tabVisibilities" | "layoutAssignments" | "categoryGroupVisibilities"
    )
}

/// A profile of a connected app goes by the name that Setup shows and by the API's, as people write
/// it and as the API encodes it.
#[test]
fn elements_of_a_set_are_the_same_by_either_name() {
    let env = Env::new();
    let app = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ConnectedApp \
               xmlns=\"http://soap.sforce.com/2006/04/metadata\">\n    <contactEmail>a@example.com\
               </contactEmail>\n    <label>Lamp</label>\n    <profileName>Custom%3A Lamp Sales\
               </profileName>\n    <profileName>Lamp Support</profileName>\n    \
               <profileName>System Administrator</profileName>\n</ConnectedApp>\n";
    env.write("org/connectedApps/Lamp.connectedApp", app);
    env.write(
        "org/package.xml",
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Package \
                                  xmlns=\"http://soap.sforce.com/2006/04/metadata\"><types>\
                                  <members>Lamp</members><name>ConnectedApp</name></types>\
                                  <version>62.0</version></Package>\n",
    );
    for (number, want, exit, gone) in [
        ("1", "includes = [\"Custom: Lamp Sales\", \"Admin\"]", 0, None),
        ("2", "includes = [\"Custom%3A Lamp Sales\"]", 0, None),
        ("3", "equals = [\"Admin\", \"Lamp Support\", \"Custom: Lamp Sales\"]", 0, None),
        ("4", "excludes = [\"Admin\"]", 2, Some("System Administrator")),
        ("5", "excludes = [\"Custom: Lamp Sales\"]", 2, Some("Custom%3A Lamp Sales")),
    ] {
        env.write(
            "t.toml",
            format!(
                "format = 1\n[template]\nname = \"t\"\ntitle = \"T\"\nversion = \"1\"\nsource \
                     = \"s\"\nreviewed = 2026-11-23\n[[step]]\nid = \"a\"\ntitle = \"A\"\nwant = \
                     [{{ component = \"ConnectedApp:Lamp\", path = \"profileName\", {want} }}]\n"
            ),
        );
        let run = env.run(&["diff", "--template", "t.toml", "--from", "org"]);
        assert_eq!(run.code, exit, "{want}: {run:?}");
        let Some(gone) = gone else { continue };
        let run = env.run(&["package", "--template", "t.toml", "--from", "org", "--out", number]);
        assert_eq!(run.code, 0, "{want}: {run:?}");
        let text = std::fs::read_to_string(
            env.folder().join(number).join("connectedApps/Lamp.connectedApp"),
        )
        .unwrap();
        assert_eq!(
            text,
            app.replace(&format!("    <profileName>{gone}</profileName>\n"), ""),
            "{want}"
        );
    }
}

#[test]
fn what_is_edited_in_place_is_named() {
    let env = Env::new();
    let run = env.run(&["package", "--template", "ampersand", "--org", "demo", "--in-place"]);
    assert_eq!(run.code, 64, "{run:?}");
    assert!(run.stderr.contains("`--in-place` edits the files under `--from`"), "{run:?}");
    let both = ["package", "--org", "demo", "--from", ".", "--in-place"];
    let run = env.run(&both);
    assert_eq!(run.code, 64, "{run:?}");
    assert!(!run.stderr.contains("--org <ORG> --in-place"), "{run:?}");
}

#[test]
fn a_file_that_is_no_package_is_not_written_over() {
    let env = Env::new();
    let write = |out: &str| {
        let from = fixture("drifted");
        env.run(&["package", "--template", "ampersand", "--from", &from, "--out", out])
    };
    assert_eq!(write("fix.zip").code, 2);
    let package = std::fs::read(env.folder().join("fix.zip")).unwrap();
    let zip = |name: &str| archive::write_zip(&[(name.to_owned(), b"x".to_vec())].into()).unwrap();
    for mine in [b"my own".to_vec(), Vec::new(), zip("notes.txt")] {
        env.write("mine.zip", &mine);
        let run = write("mine.zip");
        assert!(run.code == 1 && run.stderr.contains("is no package"), "{run:?}");
        assert_eq!(std::fs::read(env.folder().join("mine.zip")).unwrap(), mine);
    }
    // One of before is, and that is said.
    env.write("old.zip", zip("package.xml"));
    let run = write("old.zip");
    assert!(run.code == 2 && run.stderr.contains("written over"), "{run:?}");
    assert_eq!(std::fs::read(env.folder().join("old.zip")).unwrap(), package);
}

#[test]
fn a_dash_is_no_file() {
    let env = Env::new();
    let from = fixture("drifted");
    for command in ["package", "diff"] {
        let run = env.run(&[command, "--template", "ampersand", "--from", &from, "--out", "-"]);
        assert!(run.code == 64 && run.stderr.contains("`-` names no file here"), "{run:?}");
    }
    assert!(!env.folder().join("-").exists());
}
