//! Access that a user has from elsewhere than the component that a want names, and where it comes
//! from.

use serde_json::Value as Json;

use crate::support::Env;

const HEAD: &str = "format = 1\n[template]\nname = \"t\"\ntitle = \"T\"\nversion = \"1\"\nsource = \
                    \"https://docs.example.com\"\nreviewed = 2026-11-23\n";
const USER: &str = "[parameters.user]\ntitle = \"User\"\ndefault = \"\"\n";

/// State and source of each finding of a template on the demo org.
fn findings(top: &str, wants: &str, set: &[&str]) -> Vec<(String, String)> {
    let env = Env::new();
    env.write(
        "t.toml",
        format!("{HEAD}{top}{USER}[[step]]\nid = \"a\"\ntitle = \"A\"\nwant = [{wants}]\n"),
    );
    let mut arguments = vec!["diff", "--template", "t.toml", "--org", "demo", "--format", "json"];
    for one in set {
        arguments.extend(["--set", one]);
    }
    let run = env.run(&arguments);
    let report: Json =
        serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:?}"));
    let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
    let findings = report["orgs"][0]["findings"].as_array().unwrap();
    findings
        .iter()
        .map(|finding| (text(&finding["state"]), text(&finding["access_from"])))
        .collect()
}

fn permission(path: &str, rest: &str) -> String {
    format!(
        "{{ component = \"Profile:Ampersand Integration\", path = \"{path}\", equals = true{rest} \
         }},"
    )
}

#[test]
fn access_from_elsewhere_counts_where_the_template_says_so() {
    let wants = permission("objectPermissions[Account].viewAllRecords", "")
        + &permission("userPermissions[EditReports].enabled", "");
    let effective = "carrier = \"effective\"\n";
    let state = |state: &str, from: &str| (state.to_owned(), from.to_owned());
    for (top, set, expected) in [
        // The want names the profile, and the profile does not have it.
        (
            "",
            &["user=warehouse.sync@harbourlight.example.com"][..],
            [state("differs", ""), state("differs", "")],
        ),
        // Nobody is named, so there is nobody who could have it from elsewhere.
        (effective, &[], [state("differs", ""), state("differs", "")]),
        (
            effective,
            &["user=warehouse.sync@harbourlight.example.com"],
            [state("in-sync", "permission set Warehouse Sync"), state("differs", "")],
        ),
        (
            effective,
            &["user=sam.pereira@harbourlight.example.com"],
            [
                state("differs", ""),
                state("in-sync", "permission set Report Builder, through group Back Office"),
            ],
        ),
        (
            effective,
            &["user=robin.alder@harbourlight.example.com"],
            [
                state("in-sync", "profile System Administrator"),
                state("in-sync", "profile System Administrator"),
            ],
        ),
    ] {
        assert_eq!(findings(top, &wants, set), expected, "{top} {set:?}");
    }
}

#[test]
fn a_want_may_insist_on_the_component() {
    let wants =
        permission("objectPermissions[Account].viewAllRecords", ", carrier = \"component\"");
    let found = findings(
        "carrier = \"effective\"\n",
        &wants,
        &["user=robin.alder@harbourlight.example.com"],
    );
    assert_eq!(found, [("differs".to_owned(), String::new())]);
}

/// To want what the org ignores would be a difference that no deploy ends (S 3.4).
#[test]
fn view_all_data_in_the_same_component_covers_its_objects() {
    let want = |path: &str| {
        format!(
            "{{ component = \"Profile:System Administrator\", path = \"{path}\", equals = true }},"
        )
    };
    let wants = want("objectPermissions[PushTopic].viewAllRecords")
        + &want("objectPermissions[PushTopic].allowEdit");
    let found = findings("", &wants, &[]);
    assert_eq!(found[0], ("in-sync".to_owned(), "View All Data in the same component".to_owned()));
    assert_eq!(
        found[1],
        ("in-sync".to_owned(), "Modify All Data in the same component".to_owned())
    );
    // Neither reaches the fields.
    assert_ne!(
        findings("", &want("objectPermissions[PushTopic].viewAllFields"), &[])[0].0,
        "in-sync"
    );
}

#[test]
fn a_carrier_that_means_nothing_is_a_mistake() {
    let env = Env::new();
    for (wants, said) in [
        (permission("custom", ", carrier = \"effective\""), "only a permission"),
        (
            permission("userPermissions[ApiEnabled].enabled", ", carrier = \"efective\""),
            "did you mean `effective`",
        ),
        (
            "{ fact = \"org.is_trial\", equals = false, carrier = \"effective\" },".to_owned(),
            "goes with `component`",
        ),
    ] {
        env.write(
            "t.toml",
            format!("{HEAD}[[step]]\nid = \"a\"\ntitle = \"A\"\nwant = [{wants}]\n"),
        );
        let run = env.run(&["template", "check", "t.toml"]);
        assert!(run.code == 1 && run.stderr.contains(said), "{run:?}");
    }
}

#[test]
fn what_a_user_is_not_to_have_must_come_from_nowhere() {
    let want = |component: &str| {
        format!(
            "{{ component = \"{component}\", path = \"userPermissions[ModifyAllData].enabled\", \
             equals = false }},"
        )
    };
    let effective = "carrier = \"effective\"\n";
    let robin = "user=robin.alder@harbourlight.example.com";
    let from = |state: &str, from: &str| vec![(state.to_owned(), from.to_owned())];
    let set = want("PermissionSet:Report_Builder");
    let of_profile = from("differs", "profile System Administrator");
    assert_eq!(findings(effective, &set, &[robin]), of_profile);
    assert_eq!(findings(effective, &want("PermissionSet:Nowhere"), &[robin]), of_profile);
    assert_eq!(findings("", &set, &[robin]), from("in-sync", ""));
    let sam = "user=sam.pereira@harbourlight.example.com";
    assert_eq!(findings(effective, &set, &[sam]), from("in-sync", ""));
    // No plan changes what it was not told of.
    let env = Env::new();
    env.write(
        "t.toml",
        format!("{HEAD}{effective}{USER}[[step]]\nid = \"a\"\ntitle = \"A\"\nwant = [{set}]\n"),
    );
    let plan =
        env.run(&["deploy", "--template", "t.toml", "--org", "demo", "--yes", "--set", robin]);
    assert!(plan.stdout.contains("has it from the profile System Administrator"), "{plan:?}");
    assert!(!plan.stderr.contains("internal error"), "{plan:?}");
}

/// What the facts say is as old as the plan: what the component itself grants is taken away.
#[test]
fn what_the_component_grants_is_taken_away() {
    let env = Env::new();
    let want = "{ component = \"Profile:Ampersand Integration\", path = \
                \"userPermissions[ApiEnabled].enabled\", equals = false }";
    env.write(
        "t.toml",
        format!(
            "{HEAD}carrier = \"effective\"\n{USER}[[step]]\nid = \"a\"\ntitle = \"A\"\nwant = \
             [{want}]\n"
        ),
    );
    let user = "user=ampersand.integration@harbourlight.example.com";
    let run = env.run(&["deploy", "--template", "t.toml", "--org", "demo", "--yes", "--set", user]);
    assert!(run.code == 2 && run.stdout.contains("true -> false"), "{run:?}");
    // That it came from another set too is seen afterwards, and said.
    assert!(run.stderr.contains("enabled is still the user's, from the permission set"), "{run:?}");
}

/// A group is given as a set is, and is none: nobody is said to have it, or not to.
#[test]
fn a_group_is_no_permission_set_whoever_has_it() {
    for user in ["sam.pereira", "robin.alder"] {
        for value in [true, false] {
            let want = format!(
                "{{ fact = \"user.permission_set[Back_Office]\", of = \
                 \"{user}@harbourlight.example.com\", equals = {value} }}"
            );
            let found = findings("", &want, &["user=robin.alder@harbourlight.example.com"]);
            assert_eq!(found, [("not-observed".to_owned(), String::new())], "{user} {value}");
        }
    }
}

const NAMESPACE: &str = "xmlns=\"http://soap.sforce.com/2006/04/metadata\"";

/// A folder with a profile that does not see all of Account, and a permission set that does.
fn folder(env: &Env, at: &str) {
    let entry = |flag: bool| {
        format!(
            "<objectPermissions><allowCreate>false</allowCreate><allowDelete>false</allowDelete>\
             <allowEdit>false</allowEdit><allowRead>true</allowRead><modifyAllRecords>false\
             </modifyAllRecords><object>Account</object><viewAllRecords>{flag}</viewAllRecords>\
             </objectPermissions>"
        )
    };
    let file = |name: &str, text: String| {
        env.write(&format!("{at}/{name}"), text);
    };
    let types = ["CustomObject", "PermissionSet", "Profile"];
    let types = types.map(|name| {
        let members = if name == "CustomObject" { "Account" } else { "*" };
        format!("<types><members>{members}</members><name>{name}</name></types>")
    });
    let types = types.concat();
    file("package.xml", format!("<Package {NAMESPACE}>{types}<version>67.0</version></Package>"));
    file(
        "profiles/Acme.profile",
        format!("<Profile {NAMESPACE}>\n<custom>true</custom>\n{}\n</Profile>\n", entry(false)),
    );
    file(
        "permissionsets/Sees.permissionset",
        format!("<PermissionSet {NAMESPACE}><label>S</label>{}</PermissionSet>", entry(true)),
    );
}

fn one_want(rest: &str) -> String {
    format!(
        "{HEAD}carrier = \"effective\"\n{USER}[[step]]\nid = \"a\"\ntitle = \"A\"\nwant = [{{ \
         component = \"Profile:Acme\", path = \"objectPermissions[Account].viewAllRecords\", equals \
         = true{rest} }}, {{ component = \"Profile:Acme\", path = \
         \"objectPermissions[Account].allowRead\", equals = true }}]\n"
    )
}

/// What a user may have from a permission set of the folder, nobody knows that they lack: no file
/// tells who has a set.
#[test]
fn files_do_not_say_that_a_user_lacks_what_a_permission_set_gives() {
    let env = Env::new();
    folder(&env, "org");
    let user = "user=ana@example.com";
    let state = |set: &str, rest: &str| {
        env.write("t.toml", one_want(rest));
        let run = env.run(&[
            "diff",
            "--template",
            "t.toml",
            "--from",
            "org",
            "--set",
            set,
            "--format",
            "json",
        ]);
        let report: Json = serde_json::from_str(&run.stdout).unwrap();
        let finding = report["orgs"][0]["findings"][0].clone();
        let text = |key: &str| finding[key].as_str().unwrap_or_default().to_owned();
        (run.code, text("state"), text("reason"))
    };
    let differs = (2, "differs".to_owned(), String::new());
    // The template insists on the profile, or names nobody who could have it from elsewhere.
    assert_eq!(state(user, ", carrier = \"component\""), differs);
    assert_eq!(state("user=", ""), differs);
    let (code, open, reason) = state(user, "");
    assert_eq!((code, open.as_str()), (0, "not-observed"), "{reason}");
    assert!(reason.contains("permission set Sees gives it"), "{reason}");
    assert!(reason.contains("whether ana@example.com has that only an org can tell"), "{reason}");
    // No package grants it in the profile.
    let before = std::fs::read(env.folder().join("org/profiles/Acme.profile")).unwrap();
    let package = ["package", "--template", "t.toml", "--from", "org", "--set", user, "--in-place"];
    let run = env.run(&package);
    assert!(run.code == 0 && run.stdout.contains("permission set Sees gives it"), "{run:?}");
    assert_eq!(std::fs::read(env.folder().join("org/profiles/Acme.profile")).unwrap(), before);
    // One that is no metadata may give it: that is an error, and no answer.
    env.write("org/permissionsets/Torn.permissionset", "<PermissionSet");
    let run = env.run(&["diff", "--template", "t.toml", "--from", "org", "--set", user]);
    assert!(run.code == 1 && run.stderr.contains("Torn.permissionset"), "{run:?}");
    // Where no set gives it, it is as the profile says.
    for name in ["Torn", "Sees"] {
        let file = format!("org/permissionsets/{name}.permissionset");
        std::fs::remove_file(env.folder().join(file)).unwrap();
    }
    assert_eq!(state(user, ""), differs);
}

/// In a case its answer counts, and where there is none it is asked for.
#[test]
fn a_case_says_what_a_permission_set_leaves_open() {
    let env = Env::new();
    env.write("t.toml", one_want(""));
    folder(&env, "t.test/case");
    let parameters = "[parameters]\nuser = \"ana@example.com\"\n";
    let tested = |rest: &str| {
        env.write("t.test/case/expect.toml", format!("{parameters}{rest}"));
        env.run(&["template", "test", "t.toml"])
    };
    let open = tested("");
    assert_eq!(open.code, 2, "{open:?}");
    let fact = "user.object[Account].viewAllRecords";
    assert!(open.stderr.contains(&format!("\"{fact}\" = true")), "{open:?}");
    let answer = |value: &str| format!("[facts]\n\"{fact}\" = {value}\n");
    assert_eq!(tested(&answer("true")).code, 0);
    let lacking = tested(&format!("{}[states]\na = \"differs\"\n", answer("false")));
    assert_eq!(lacking.code, 0, "{lacking:?}");
}
