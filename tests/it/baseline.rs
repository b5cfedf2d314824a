//! Snapshots and baselines: equal to the byte where nothing changed, drift seen field by field and
//! taken back in part, and never more said than was observed.

use std::process::Command;

use serde_json::Value as Json;

use crate::support::{Env, Run};

fn git(env: &Env, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .current_dir(env.folder())
        .args(["-c", "user.name=A", "-c", "user.email=a@example.com"])
        .args(arguments)
        .env("HOME", env.folder())
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "git {arguments:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

fn drifts(run: &Run) -> Vec<(String, Option<String>, String)> {
    let report: Json =
        serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:?}"));
    let text = |value: &Json| value.as_str().map(str::to_owned);
    report["orgs"][0]["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| {
            assert_eq!(finding["step"], Json::Null);
            let component = &finding["component"];
            let name = format!(
                "{}:{}",
                component["type"].as_str().unwrap(),
                component["full_name"].as_str().unwrap()
            );
            (name, text(&finding["path"]), text(&finding["state"]).unwrap())
        })
        .collect()
}

#[test]
fn a_snapshot_is_a_baseline_and_part_of_it_is_taken_back() {
    let env = Env::new();
    git(&env, &["init", "--quiet"]);
    git(&env, &["config", "user.name", "A"]);
    git(&env, &["config", "user.email", "a@example.com"]);
    let snapshot = ["snapshot", "--org", "demo", "--out", "org", "--commit"];
    let first = env.run(&snapshot);
    assert_eq!(first.code, 0, "{first:?}");
    let text =
        std::fs::read_to_string(env.folder().join("org/connectedApps/Ampersand.connectedApp"))
            .unwrap();
    assert!(!text.contains("consumerKey"), "{text}");
    let again = env.run(&snapshot);
    assert!(again.code == 0 && again.stdout.contains("Nothing has changed"), "{again:?}");
    assert_eq!(git(&env, &["status", "--porcelain", "--", "org"]), "");
    let other = env.run(&["snapshot", "--org", "demo", "--out", "other", "--layout", "source"]);
    assert_eq!(other.code, 0, "{other:?}");
    assert_eq!(
        env.run(&["diff", "--baseline", "org", "--from", "other"]).code,
        0,
        "the layout is no difference"
    );

    assert_eq!(env.run(&["deploy", "--template", "ampersand", "--org", "demo", "--yes"]).code, 0);
    let diff = env.run(&["diff", "--baseline", "org", "--org", "demo", "--format", "json"]);
    assert_eq!(diff.code, 2, "{diff:?}");
    let found = drifts(&diff);
    assert_eq!(found.len(), 12, "{found:?}");
    assert!(found.iter().all(|(.., state)| state == "differs"));
    let shown = env.run(&["diff", "--baseline", "org", "--org", "demo"]);
    assert!(
        shown.stdout.contains("~ objectPermissions[Account].viewAllFields  - true  + false\n")
            && shown.stdout.contains("changed by Robin Alder"),
        "{shown:?}"
    );
    assert!(
        shown.stdout.contains("12 settings in 2 components differ, 33 components in sync"),
        "{shown:?}"
    );

    let only =
        ["--baseline", "org", "--org", "demo", "--only", "ConnectedApp:Ampersand:oauthPolicy.ip*"];
    let back = env.run(&[&["deploy"], &only[..], &["--yes"]].concat());
    assert_eq!(back.code, 0, "{back:?}");
    assert!(back.stdout.contains("1 setting to change in 1 component"), "{back:?}");
    assert_eq!(
        drifts(&env.run(&["diff", "--baseline", "org", "--org", "demo", "--format", "json"])).len(),
        11
    );
    let all =
        env.run(&["deploy", "--baseline", "org", "--org", "demo", "--yes", "--allow-removals"]);
    assert_eq!(all.code, 0, "{all:?}");
    assert_eq!(env.run(&["diff", "--baseline", "org", "--org", "demo"]).code, 0);
    let undone = env.run(&["rollback", "--org", "demo", "--yes"]);
    assert_eq!(undone.code, 0, "{undone:?}");
    assert_eq!(
        drifts(&env.run(&["diff", "--baseline", "org", "--org", "demo", "--format", "json"])).len(),
        11
    );

    let last = env.run(&snapshot);
    assert_eq!(last.code, 0, "{last:?}");
    let log = git(&env, &["log", "--format=%B"]);
    assert!(
        log.contains("snapshot of demo: 2 changed") && log.contains("~ ConnectedApp:Ampersand"),
        "{log}"
    );
    env.write("org/mine.txt", "x");
    let dirty = env.run(&snapshot);
    assert!(dirty.code == 1 && dirty.stderr.contains("not committed"), "{dirty:?}");
}

#[test]
fn a_component_that_is_gone_is_removed_and_nothing_else() {
    let env = Env::new();
    let template = "format = 1\n[template]\nname = \"o\"\ntitle = \"O\"\nversion = \"1\"\nsource = \
                    \"https://e.example.com\"\nreviewed = 2026-11-23\n[[step]]\nid = \"a\"\ntitle \
                    = \"A\"\nwant = \
                    [{ component = \"PermissionSet:Extra\", path = \"label\", equals = \"Extra\" }]\
                    \ncreate = { component = \"PermissionSet:Extra\" }\n";
    env.write("extra.toml", template);
    assert_eq!(env.run(&["deploy", "--template", "extra.toml", "--org", "demo", "--yes"]).code, 0);
    assert_eq!(env.run(&["snapshot", "--org", "demo", "--out", "org"]).code, 0);
    env.write("org/permissionsets/notes.txt", "mine");
    assert!(env.folder().join("org/permissionsets/Extra.permissionset").exists());
    assert_eq!(env.run(&["rollback", "--org", "demo", "--yes"]).code, 0);
    let diff = env.run(&["diff", "--baseline", "org", "--org", "demo", "--format", "json"]);
    assert_eq!(drifts(&diff), [("PermissionSet:Extra".to_owned(), None, "differs".to_owned())]);
    let run = env.run(&["snapshot", "--org", "demo", "--out", "org"]);
    assert!(run.stdout.contains("1 gone"), "{run:?}");
    assert!(!env.folder().join("org/permissionsets/Extra.permissionset").exists());
    assert!(env.folder().join("org/permissionsets/notes.txt").exists());
}

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

fn profile(inner: &str) -> String {
    format!(
        "{HEAD}<Profile xmlns=\"http://soap.sforce.com/2006/04/metadata\">\n{inner}</Profile>\n"
    )
}

const CUSTOM: &str = "    <custom>true</custom>\n";
const LEAD: &str = "    <objectPermissions>\n        <allowRead>true</allowRead>\n        \
                    <object>Lead</object>\n    </objectPermissions>\n";

#[test]
fn what_was_not_asked_for_is_not_observed_and_never_counted() {
    let env = Env::new();
    let package = |objects: &str| {
        format!(
            "{HEAD}<Package xmlns=\"http://soap.sforce.com/2006/04/metadata\">{objects}<types>\
             <members>*</members><name>Profile</name></types><version>67.0</version></Package>\n"
        )
    };
    let custom = "    <custom>true</custom>\n";
    env.write("then/profiles/A.profile", profile(&format!("{custom}{LEAD}")));
    env.write(
        "then/package.xml",
        package("<types><members>Lead</members><name>CustomObject</name></types>"),
    );
    env.write("now/profiles/A.profile", profile(custom));
    env.write("now/package.xml", package(""));
    let run = env.run(&["diff", "--baseline", "then", "--from", "now", "--format", "json"]);
    assert_eq!(run.code, 0, "{run:?}");
    let lead = (
        "Profile:A".to_owned(),
        Some("objectPermissions[Lead]".to_owned()),
        "not-observed".to_owned(),
    );
    assert_eq!(drifts(&run), [lead]);
    env.write(
        "now/package.xml",
        package("<types><members>Lead</members><name>CustomObject</name></types>"),
    );
    assert_eq!(env.run(&["diff", "--baseline", "then", "--from", "now"]).code, 2);
}

#[test]
fn what_is_wanted_is_a_plus_and_what_many_share_is_folded() {
    let env = Env::new();
    let object = |name: &str| {
        format!(
            "<objectPermissions><allowRead>true</allowRead><object>{name}</object>\
             </objectPermissions>"
        )
    };
    let many: String = (0..30).map(|number| object(&format!("Many_{number:02}__c"))).collect();
    env.write("then/profiles/A.profile", profile(&many));
    env.write("now/profiles/A.profile", profile(&object("Other__c")));
    for number in 10..35 {
        env.write(&format!("now/profiles/New {number}.profile"), profile(""));
    }
    let run = env.run(&["diff", "--baseline", "then", "--from", "now"]);
    assert_eq!(run.code, 2, "{run:?}");
    for told in [
        "    + objectPermissions[Many_00__c]  allowRead=true\n",
        "      and 23 more in objectPermissions (22 +, 1 -); --full lists them\n",
        "\n- Profile New 10  is not in the baseline\n- Profile New 11",
        "- Profile New 29  is not in the baseline\n  and 5 more of these; --full lists them\n",
        "\n31 settings in 1 component differ, 25 components are not in the baseline, ",
    ] {
        assert!(run.stdout.contains(told), "{told}: {}", run.stdout);
    }
    let full = env.run(&["diff", "--baseline", "then", "--from", "now", "--full"]);
    assert!(!full.stdout.contains("--full lists"), "{full:?}");
    assert_eq!(full.stdout.matches("\n    + objectPermissions[Many").count(), 30, "{full:?}");
    assert_eq!(full.stdout.matches("\n- Profile New").count(), 25, "{full:?}");
    assert!(full.stdout.contains("    - objectPermissions[Other__c]  allowRead=true\n"));
}

#[test]
fn a_plain_folder_is_taken_as_complete_unless_sparse() {
    let env = Env::new();
    env.write("then/profiles/A.profile", profile(LEAD));
    env.write("then/profiles/B.profile", profile(""));
    env.write("now/profiles/A.profile", profile(""));
    let complete = env.run(&["diff", "--baseline", "then", "--from", "now"]);
    assert_eq!(complete.code, 2, "{complete:?}");
    assert!(
        complete.stdout.contains("taken for all that there is")
            && complete.stdout.contains("is in the baseline alone"),
        "{complete:?}"
    );
    let sparse =
        env.run(&["diff", "--baseline", "then", "--from", "now", "--sparse", "--format", "json"]);
    assert_eq!(sparse.code, 0, "{sparse:?}");
    assert!(drifts(&sparse).iter().all(|(.., state)| state == "not-observed"));
    let only = env.run(&["diff", "--baseline", "then", "--from", "now", "--only", "Profile:B"]);
    assert!(
        only.code == 2 && only.stdout.contains("\n1 component is in the baseline alone, "),
        "{only:?}"
    );
}

#[test]
fn a_folder_is_brought_back_in_place() {
    let env = Env::new();
    env.write("then/profiles/A.profile", profile(LEAD));
    env.write("now/profiles/A.profile", profile("    <custom>true</custom>\n"));
    let run = env.run(&["package", "--baseline", "then", "--from", "now", "--in-place"]);
    assert_eq!(run.code, 2, "that a profile is custom can't be changed: {run:?}");
    let text = std::fs::read_to_string(env.folder().join("now/profiles/A.profile")).unwrap();
    assert!(text.contains("<object>Lead</object>"), "{text}");
    let zip = env.run(&["package", "--baseline", "then", "--from", "now", "--out", "x.zip"]);
    assert!(zip.stdout.contains("a standard profile stays one"), "{zip:?}");
}

fn tab(name: &str) -> String {
    format!(
        "    <tabVisibilities>\n        <tab>{name}</tab>\n        <visibility>DefaultOn\
         </visibility>\n    </tabVisibilities>\n"
    )
}

#[test]
fn what_no_deploy_can_take_away_is_left_and_goes_in_place() {
    let env = Env::new();
    let layout = |layout: &str| {
        format!(
            "    <layoutAssignments>\n        <layout>Account-{layout}</layout>\n    \
             </layoutAssignments>\n"
        )
    };
    let range = "    <loginIpRanges>\n        <endAddress>10.0.0.9</endAddress>\n        \
                 <startAddress>10.0.0.1</startAddress>\n    </loginIpRanges>\n";
    let then = profile(&layout("A"));
    env.write("then/profiles/A.profile", &then);
    env.write(
        "now/profiles/A.profile",
        profile(&format!("{}{range}{}", layout("B"), tab("Beta__c"))),
    );
    let diff = env.run(&["diff", "--baseline", "then", "--from", "now"]);
    assert!(
        diff.stdout.contains("~ layoutAssignments[Account].layout  - Account-B  + Account-A"),
        "{diff:?}"
    );
    let run = env.run(&["package", "--baseline", "then", "--from", "now", "--out", "out"]);
    assert_eq!(run.code, 2, "{run:?}");
    assert!(
        run.stdout.contains("Profile:A tabVisibilities[Beta__c]") && run.stdout.contains("1 left"),
        "{run:?}"
    );
    assert!(
        run.stdout.contains("whether the org then drops the others is not documented"),
        "{run:?}"
    );
    assert_eq!(
        std::fs::read_to_string(env.folder().join("out/profiles/A.profile")).unwrap(),
        then,
        "the layout, and nothing of the tab"
    );
    let run = env.run(&["package", "--baseline", "then", "--from", "now", "--in-place"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(std::fs::read_to_string(env.folder().join("now/profiles/A.profile")).unwrap(), then);
}

#[test]
fn a_pattern_that_names_nothing_and_a_file_that_is_broken_are_said() {
    let env = Env::new();
    for side in ["then", "now"] {
        env.write(&format!("{side}/profiles/A.profile"), profile(LEAD));
        env.write(&format!("{side}/profiles/._A.profile"), "\u{5}");
    }
    let run = env.run(&["diff", "--baseline", "then", "--from", "now", "--only", "Profile:Typo"]);
    assert!(
        run.code == 64 && run.stderr.contains("`--only Profile:Typo` matches nothing"),
        "{run:?}"
    );
    env.write("then/profiles/A.profile", "<Profile");
    let run = env.run(&["package", "--baseline", "then", "--from", "now", "--out", "out"]);
    assert!(
        run.code == 1 && run.stdout.contains("Profile:A") && run.stdout.contains("cannot be read"),
        "{run:?}"
    );
}

#[test]
fn another_orgs_own_ids_are_no_drift() {
    let env = Env::new();
    let part = |link: &str, label: &str| {
        format!(
            "{HEAD}<ExtlClntAppOauthSettings xmlns=\"http://soap.sforce.com/2006/04/metadata\">\
             \n    <commaSeparatedOauthScopes>Api</commaSeparatedOauthScopes>\n    \
             <externalClientApplication>Acme</externalClientApplication>\n    <label>{label}\
             </label>\n    <oauthLink>{link}</oauthLink>\n</ExtlClntAppOauthSettings>\n"
        )
    };
    let record = |id: &str| {
        format!(
            "{{\"format\": \"sfsetup.snapshot/1\", \"org_id\": \"{id}\", \"manifest\": \
             {{\"types\": {{\"ExtlClntAppOauthSettings\": [\"*\"]}}}}}}"
        )
    };
    let file = "extlClntAppOauthSettings/Acme_oauth.ecaOauth";
    for (side, id, label) in
        [("then", "00D000000000001AAA", "Acme"), ("now", "00D000000000002AAA", "Other")]
    {
        env.write(&format!("{side}/snapshot.json"), record(id));
        env.write(&format!("{side}/{file}"), part(&format!("{id}:888000000000001:v1"), label));
    }
    let run = env.run(&["diff", "--baseline", "then", "--from", "now", "--format", "json"]);
    assert_eq!(
        drifts(&run),
        [(
            "ExtlClntAppOauthSettings:Acme_oauth".to_owned(),
            Some("label".to_owned()),
            "differs".to_owned()
        )]
    );
    assert_eq!(
        env.run(&["package", "--baseline", "then", "--from", "now", "--out", "out"]).code,
        0
    );
    let text = std::fs::read_to_string(env.folder().join("out").join(file)).unwrap();
    assert_eq!(
        text,
        part("00D000000000002AAA:888000000000001:v1", "Acme"),
        "what is there keeps its link"
    );
    env.write("now/snapshot.json", record("00D000000000001"));
    let run = env.run(&["diff", "--baseline", "then", "--from", "now", "--format", "json"]);
    assert_eq!(drifts(&run).len(), 1, "nor are those of the same org: {run:?}");
}

#[cfg(unix)]
#[test]
fn files_edited_in_place_stay_the_files_they_were() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let env = Env::new();
    env.write("then/profiles/A.profile", profile(&format!("{CUSTOM}{LEAD}")));
    env.write("now/shared/A.profile", profile(CUSTOM));
    let real = env.folder().join("now/shared/A.profile");
    std::fs::set_permissions(&real, std::fs::Permissions::from_mode(0o644)).unwrap();
    std::fs::create_dir_all(env.folder().join("now/profiles")).unwrap();
    let link = env.folder().join("now/profiles/A.profile");
    symlink("../shared/A.profile", &link).unwrap();
    let run = env.run(&["package", "--baseline", "then", "--from", "now", "--in-place"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(link.is_symlink());
    assert!(std::fs::read_to_string(&real).unwrap().contains("<object>Lead</object>"));
    assert_eq!(std::fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o644);
}

#[test]
fn a_project_says_its_api_version_and_ends_at_its_folder() {
    let env = Env::new();
    let project = |path: &str| {
        format!(
            "{{\"packageDirectories\": [{{\"path\": \"{path}\"}}], \"sourceApiVersion\": \"58.0\"}}"
        )
    };
    env.write("then/profiles/A.profile", profile(&format!("{CUSTOM}{LEAD}")));
    env.write("now/sfdx-project.json", project("app"));
    env.write("now/app/profiles/A.profile-meta.xml", profile(CUSTOM));
    assert_eq!(
        env.run(&[
            "package",
            "--baseline",
            "then",
            "--from",
            "now",
            "--out",
            "out",
            "--layout",
            "source"
        ])
        .code,
        0
    );
    let read = |name: &str| std::fs::read_to_string(env.folder().join("out").join(name)).unwrap();
    assert!(
        read("sfdx-project.json").contains("\"58.0\"")
            && read("manifest/package.xml").contains("<version>58.0</version>")
    );
    assert!(
        !read("force-app/main/default/profiles/A.profile-meta.xml").contains("viewAllFields"),
        "that came with 63.0"
    );
    env.write("now/sfdx-project.json", project("../then"));
    let run = env.run(&["package", "--baseline", "then", "--from", "now", "--in-place"]);
    assert!(run.code == 1 && run.stderr.contains("lies outside the project"), "{run:?}");
}

#[test]
fn a_broken_side_is_said_and_does_not_hide_the_rest() {
    let env = Env::new();
    for side in ["then", "now"] {
        env.write(&format!("{side}/profiles/A.profile"), profile(""));
        env.write(
            &format!("{side}/profiles/B.profile"),
            profile(if side == "now" { LEAD } else { "" }),
        );
    }
    let whole = profile(LEAD);
    env.write("now/profiles/A.profile", &whole[..whole.len() / 2]);
    let run = env.run(&["diff", "--baseline", "then", "--from", "now", "--format", "json"]);
    assert_eq!(run.code, 1, "{run:?}");
    let states: Vec<String> = drifts(&run).into_iter().map(|(.., state)| state).collect();
    assert_eq!(states, ["not-observed", "differs"]);
    let text = env.run(&["diff", "--baseline", "then", "--from", "now", "-v"]).stdout;
    assert!(text.contains("? Profile A  profiles/A.profile:"), "{text}");
}

#[test]
fn a_difference_in_files_knows_its_line_and_what_is_gone_the_baselines() {
    let env = Env::new();
    let entry = |object: &str| LEAD.replace("Lead", object);
    env.write("then/profiles/A.profile", profile(&format!("{}{CUSTOM}", entry("Account"))));
    env.write("then/profiles/B.profile", profile(""));
    env.write("now/profiles/A.profile", profile(&entry("Lead")));
    env.write("now/profiles/C.profile", profile(""));
    let run = env.run(&["diff", "--baseline", "then", "--from", "now", "--format", "json"]);
    let report: Json = serde_json::from_str(&run.stdout).unwrap();
    let places: Vec<String> = report["orgs"][0]["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| {
            let place = &finding["location"];
            format!("{} {}:{}", finding["path"], place["file"].as_str().unwrap(), place["line"])
        })
        .collect();
    assert_eq!(
        places,
        [
            "\"custom\" profiles/A.profile:7",
            "\"objectPermissions[Account]\" profiles/A.profile:3",
            "\"objectPermissions[Lead]\" profiles/A.profile:3",
            "null profiles/B.profile:2",
            "null profiles/C.profile:2",
        ]
    );
    let text = env.run(&["diff", "--baseline", "then", "--from", "now", "-v"]).stdout;
    assert!(
        text.contains("- objectPermissions[Lead]  allowRead=true  profiles/A.profile:3"),
        "{text}"
    );
    let of_org = env.run(&["diff", "--baseline", "then", "--org", "demo", "--format", "json"]);
    let report: Json = serde_json::from_str(&of_org.stdout).unwrap();
    let findings = report["orgs"][0]["findings"].as_array().unwrap();
    assert!(!findings.is_empty(), "{of_org:?}");
    assert!(findings.iter().all(|finding| finding["location"] == Json::Null), "{of_org:?}");
}

/// A layout that is asked for only so that a profile shows its assignments is no component of the
/// baseline: that it does not come is no word on the profile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_asked_for_a_profiles_sake_alone_hides_nothing_of_it() {
    let lab =
        crate::lab::Lab::new(sfsetup::demo::Store::in_memory(), sfsetup::demo::Faults::none())
            .await;
    let profile = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Profile \
                   xmlns=\"http://soap.sforce.com/2006/04/metadata\">\n    <layoutAssignments>\n        \
                   <layout>Contact-Contact Layout</layout>\n        \
                   <recordType>Contact.Extra</recordType>\n    </layoutAssignments>\n</Profile>\n";
    lab.env.write("base/profiles/Admin.profile", profile);
    lab.env.write(
        "base/layouts/Account-Account Layout.layout",
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Layout \
         xmlns=\"http://soap.sforce.com/2006/04/metadata\">\n    \
         <showEmailCheckbox>false</showEmailCheckbox>\n    \
         <showHighlightsPanel>false</showHighlightsPanel>\n</Layout>\n",
    );
    let run = lab.run(&["diff", "--baseline", "base", "--full"]).await;
    let line = run.stdout.lines().find(|line| line.contains("Contact.Extra")).unwrap_or_default();
    assert!(run.code == 2 && line.trim_start().starts_with('+'), "{run:?}");
    assert!(!run.stdout.contains("did not send it"), "{run:?}");
}

/// What is asked of an org for a baseline is what a new snapshot of it would hold: the two roads
/// come to the same, whatever has been deployed since.
#[test]
fn an_org_and_its_new_snapshot_differ_from_a_baseline_alike() {
    let made = |component: &str, want: &str| {
        format!(
            "format = 1\n[template]\nname = \"t\"\ntitle = \"T\"\nversion = \"1\"\nsource = \
             \"https://docs.example.com\"\nreviewed = 2026-11-23\n[[step]]\nid = \"a\"\ntitle = \
             \"A\"\n{component}\nwant = [{{ {want} }}]\n"
        )
    };
    let set = "create = { component = \"PermissionSet:Acme\", set = { label = \"Acme\" } }";
    let right = "component = \"PermissionSet:Acme\", path = \
                 \"userPermissions[ViewEventLogFiles].enabled\", equals = true";
    let session = "component = \"Settings:Security\", path = \
                   \"sessionSettings.enforceIpRangesEveryRequest\", equals = true";
    for types in [None, Some("ExternalClientApplication,ExtlClntAppOauthSettings,PermissionSet")] {
        let env = Env::new();
        env.write("set.toml", made(set, right));
        env.write("session.toml", made("", session));
        let snapshot = |out: &str| {
            let types = types.iter().flat_map(|types| ["--types", types]);
            let words = ["snapshot", "--org", "demo", "--out", out];
            let run = env.run(&words.into_iter().chain(types).collect::<Vec<_>>());
            assert_eq!(run.code, 0, "{run:?}");
        };
        snapshot("then");
        // As `sf` leaves a folder: a manifest with stars, and no record.
        let whole = "<types><members>*</members><name>";
        env.write(
            "plain/package.xml",
            format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Package \
                 xmlns=\"http://soap.sforce.com/2006/04/metadata\">{whole}ExternalClientApplication\
                 </name></types>{whole}ExtlClntAppOauthSettings</name></types></Package>\n"
            ),
        );
        for name in [
            "externalClientApps/Ampersand_ECA.eca",
            "extlClntAppOauthSettings/Ampersand_ECA_oauth.ecaOauth",
        ] {
            env.write(
                &format!("plain/{name}"),
                std::fs::read(env.folder().join("then").join(name)).unwrap(),
            );
        }
        let mut told = 0;
        for deploy in [
            "--template web-server-pkce --set app=Warehouse_Loader",
            "--template set.toml",
            "--template ampersand",
            "--template session.toml",
        ] {
            let words: Vec<&str> = deploy.split(' ').collect();
            let run = env.run(&[&["deploy", "--org", "demo", "--yes"], &words[..]].concat());
            assert_eq!(run.code, 0, "{run:?}");
            snapshot("now");
            let diff = |baseline: &str, of: &[&str]| {
                let words = ["diff", "--baseline", baseline, "--format", "json"];
                let run = env.run(&[&words[..], of].concat());
                assert_eq!(run.code, 2, "{run:?}");
                drifts(&run)
            };
            let (live, files) =
                (diff("then", &["--org", "demo"]), diff("then", &["--from", "now"]));
            assert_eq!(live, files, "after {deploy}");
            assert!(live.len() > told || types.is_some(), "{deploy}: {live:?}");
            told = live.len();
            let by_stars: Vec<String> =
                diff("plain", &["--org", "demo"]).into_iter().map(|(name, ..)| name).collect();
            let parts = [
                "ExternalClientApplication:Warehouse_Loader",
                "ExtlClntAppOauthSettings:Warehouse_Loader_oauth",
            ];
            assert_eq!(by_stars, parts, "after {deploy}");
        }
        // And with another org as the baseline.
        let other =
            env.run(&["diff", "--baseline-org", "demo:new", "--org", "demo", "--format", "json"]);
        let new = (
            "ExtlClntAppOauthSettings:Warehouse_Loader_oauth".to_owned(),
            None,
            "differs".to_owned(),
        );
        assert!(drifts(&other).contains(&new), "{other:?}");
    }
}

#[test]
fn what_is_merely_new_no_deploy_takes_away_and_nobody_says_so() {
    let env = Env::new();
    assert_eq!(env.run(&["snapshot", "--org", "demo", "--out", "org"]).code, 0);
    let new = ["deploy", "--template", "web-server-pkce", "--org", "demo", "--yes"];
    let run = env.run(&[&new[..], &["--set", "app=Warehouse_Loader"]].concat());
    assert_eq!(run.code, 0, "{run:?}");
    let diff =
        |more: &[&str]| env.run(&[&["diff", "--baseline", "org", "--org", "demo"], more].concat());
    let run = diff(&[]);
    assert!(
        run.stderr.contains("changes none of this") && !run.stderr.contains("brings"),
        "{run:?}"
    );
    let summary =
        "\n4 components are not in the baseline, 35 components in sync, 0 not observed.\n";
    assert!(run.stdout.ends_with(summary), "{run:?}");
    let page = diff(&["--format", "html"]).stdout;
    assert!(page.contains("no deploy removes what is new") && !page.contains("the rest"), "{page}");
    assert!(page.contains("4 differences from the baseline"), "{page}");

    let run = env.run(&["deploy", "--template", "ampersand", "--org", "demo", "--yes"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(diff(&[]).stderr.contains("brings the org back to it"));
    assert!(diff(&["--format", "html"]).stdout.contains("sfsetup deploy --baseline brings back"));
}
