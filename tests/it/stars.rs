//! Names with a star: what an org has of them, whoever asks, shown name by name.

use serde_json::Value as Json;
use sfsetup::demo::{Faults, Store};

use crate::lab::Lab;
use crate::names::as_lesser;
use crate::support::Run;

const HEAD: &str = "format = 1\n[template]\nname = \"t\"\ntitle = \"T\"\nversion = \"1\"\nsource = \
                    \"https://docs.example.com\"\nreviewed = 2026-11-23\n[parameters.holder]\n\
                    title = \"Holder\"\ntype = \"component\"\n\
                    default = \"Profile:Ampersand Integration\"\n";
/// The user whose login the tests have.
const ADMIN: &str = "robin.alder@harbourlight.example.com";
const DIFF: &[&str] = &["diff", "--template", "t.toml", "--format", "json"];

/// The custom fields of `Invoice__c`.
const FIELDS: [&str; 3] = ["Invoice__c.Account__c", "Invoice__c.Amount__c", "Invoice__c.Paid__c"];

async fn lab(path: &str, rest: &str) -> Lab {
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    lab.env.write("t.toml", template(path, rest));
    lab
}

fn template(path: &str, rest: &str) -> String {
    format!(
        "{HEAD}[[step]]\nid = \"a\"\ntitle = \"A\"\nwant = [{{ component = \"{{holder}}\", path = \
         \"{path}\", equals = true{rest} }}]\n"
    )
}

/// Path, state and reason of each finding.
fn told(run: &Run) -> Vec<(String, String, String)> {
    let report: Json =
        serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:?}"));
    let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
    let findings = report["orgs"][0]["findings"].as_array().unwrap();
    let told = |one: &Json| (text(&one["path"]), text(&one["state"]), text(&one["reason"]));
    findings.iter().map(told).collect()
}

fn keys(told: &[(String, String, String)]) -> Vec<&str> {
    let key = |path: &'_ str| path.find('[').map_or(0, |at| at + 1);
    told.iter().map(|(path, ..)| &path[key(path)..path.find(']').unwrap_or(path.len())]).collect()
}

#[tokio::test]
async fn custom_fields_are_those_that_the_org_lists_whoever_asks() {
    let lab = lab("fieldPermissions[Invoice__c.*__c].readable", "").await;
    let own = told(&lab.run(DIFF).await);
    assert_eq!(keys(&own), FIELDS, "{own:?}");
    assert!(own.iter().all(|(_, state, _)| state == "differs"), "{own:?}");
    // Who does not see the object is told of the same fields.
    let theirs = told(&as_lesser(&lab, DIFF).await);
    assert_eq!(keys(&theirs), keys(&own), "{theirs:?}");
    let deployed = lab.run(&["deploy", "--template", "t.toml", "--yes"]).await;
    assert_eq!(deployed.code, 0, "{deployed:?}");
    let after = told(&lab.run(DIFF).await);
    assert!(after.len() == 3 && after.iter().all(|(_, state, _)| state == "in-sync"), "{after:?}");
}

#[tokio::test]
async fn all_fields_are_known_only_to_who_sees_all_of_them() {
    let lab = lab("fieldPermissions[Account.*].readable", ", except = [\"*__c\"]").await;
    let [(path, state, reason)] = &told(&lab.run(DIFF).await)[..] else { panic!("one finding") };
    assert_eq!(
        (path.as_str(), state.as_str()),
        ("fieldPermissions[Account.*].readable", "not-observed")
    );
    assert!(reason.contains("View All Fields of Account"), "{reason}");
    // A set of their own lets the user whose login it is see all of them.
    let own = format!(
        "{HEAD}[[step]]\nid = \"a\"\ntitle = \"A\"\ncreate = {{ component = \
         \"PermissionSet:All_Fields\" }}\nwant = [{{ component = \"PermissionSet:All_Fields\", \
         path = \"objectPermissions[Account].viewAllFields\", equals = true }}, {{ fact = \
         \"user.permission_set[All_Fields]\", of = \"{ADMIN}\", equals = true }}]\n"
    );
    lab.env.write("own.toml", own);
    let deployed = lab.run(&["deploy", "--template", "own.toml", "--yes"]).await;
    assert_eq!(deployed.code, 0, "{deployed:?}");
    assert!(deployed.stdout.contains(&format!("All_Fields to {ADMIN}")), "{deployed:?}");
    let all = told(&lab.run(DIFF).await);
    let keys = keys(&all);
    assert!(keys.contains(&"Account.Phone") && !keys.contains(&"Account.Name"), "{all:?}");
    assert!(keys.iter().all(|key| !key.ends_with("__c")), "{all:?}");
}

#[tokio::test]
async fn permissions_are_those_of_the_schema() {
    let lab = lab("userPermissions[edit*].enabled", ", except = [\"EditHtml*\"]").await;
    let found = told(&lab.run(DIFF).await);
    let expected = [
        "EditEvent",
        "EditMyDashboards",
        "EditMyReports",
        "EditPublicDocuments",
        "EditPublicTemplates",
        "EditReports",
        "EditTask",
    ];
    assert_eq!(keys(&found), expected, "{found:?}");
    // Names of a form of which there is none are misspelt.
    lab.env.write("t.toml", template("userPermissions[Xyz*].enabled", ""));
    let found = lab.run(DIFF).await;
    assert!(found.code == 2 && told(&found)[0].1 == "missing", "{found:?}");
    // An object is the same one in other capitals.
    let of = |object: &str| template(&format!("fieldPermissions[{object}.*__c].readable"), "");
    let mut all = Vec::new();
    for object in ["Account", "account"] {
        lab.env.write("t.toml", of(object));
        all.push(told(&lab.run(DIFF).await));
    }
    assert!(all[0] == all[1] && all[0][0].1 == "differs", "{all:?}");
    // Nor is it where there is no such object.
    lab.env.write("t.toml", template("fieldPermissions[Invoce__c.*__c].readable", ""));
    assert_eq!(told(&lab.run(DIFF).await)[0].1, "missing");
}

#[tokio::test]
async fn files_tell_of_no_star() {
    let lab = lab("userPermissions[Edit*].enabled", "").await;
    let from = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/demo/metadata");
    let run = lab.env.run(&[DIFF, &["--from", from]].concat());
    let found = told(&run);
    assert!(found[0].1 == "not-observed" && found[0].2.contains("offline"), "{run:?}");
}

#[tokio::test]
async fn an_exception_that_leaves_nothing_out_is_said() {
    let except = ", except = [\"ViewAllDatta\", \"ViewSetup\"]";
    let lab = lab("userPermissions[View*].enabled", except).await;
    let words = "step `a`: `except` names `ViewAllDatta`, and `userPermissions[View*].enabled` \
                 stands for no such, so that it leaves nothing out; did you mean `ViewAllData`?";
    let diff = lab.run(DIFF).await;
    let report: Json = serde_json::from_str(&diff.stdout).unwrap();
    assert_eq!(report["orgs"][0]["notes"], serde_json::json!([words]), "{diff:?}");
    let plan = lab.run(&["deploy", "--template", "t.toml"]).await;
    assert!(plan.stdout.contains(words), "{plan:?}");
    let check = lab.env.run(&["template", "check", "t.toml"]);
    assert!(check.code == 0 && check.stdout.contains("did you mean `ViewAllData`?"), "{check:?}");
    // What the star cannot stand for in any org is a mistake of the file.
    lab.env.write(
        "t.toml",
        template("fieldPermissions[Invoice__c.*__c].readable", ", except = [\"Account.Paid__c\"]"),
    );
    let check = lab.env.run(&["template", "check", "t.toml"]);
    assert!(check.code == 1 && check.stdout.contains("cannot stand for"), "{check:?}");
    // A field is told by its name alone, or with its object.
    for (except, near) in [
        ("Pade__c", Some("`Paid__c`")),
        ("Invoice__c.Pade__c", Some("`Invoice__c.Paid__c`")),
        ("Paid__c", None),
        ("invoice__c.paid__c", None),
    ] {
        let rest = format!(", except = [\"{except}\"]");
        lab.env.write("t.toml", template("fieldPermissions[Invoice__c.*__c].readable", &rest));
        let run = lab.run(DIFF).await;
        let report: Json = serde_json::from_str(&run.stdout).unwrap();
        let notes = report["orgs"][0]["notes"].to_string();
        assert_eq!(notes.contains("leaves nothing out"), near.is_some(), "{except}: {notes}");
        assert!(near.is_none_or(|near| notes.contains(near)), "{except}: {notes}");
    }
}

/// A star, and a second step that wants something else of what it stands for.
fn against(star: &str, except: &str, path: &str) -> String {
    let step = |id: &str, path: &str, rest: &str| {
        format!(
            "[[step]]\nid = \"{id}\"\ntitle = \"A\"\nwant = [{{ component = \
             \"PermissionSet:Warehouse_Sync\", path = \"{path}\", {rest} }}]\n"
        )
    };
    let all = step("all", star, &format!("equals = true{except}"));
    HEAD.split("[parameters").next().unwrap().to_owned()
        + &all
        + &step("one", path, "equals = false")
}

#[tokio::test]
async fn a_star_that_contradicts_another_want_is_told_with_both_steps() {
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    let star = "fieldPermissions[Account.*__c].readable";
    let package = ["package", "--template", "t.toml", "--out", "out"];
    let told = |run: &Run, words: &[&str]| {
        assert_eq!(run.code, 1, "{run:?}");
        for part in words {
            assert!(run.stderr.contains(part), "`{part}` is not in {run:?}");
        }
        assert!(!run.stderr.contains("internal error"), "{run:?}");
    };
    let both = ["different things of one setting", "(step `all`", "(step `one`"];
    let single = "fieldPermissions[Account.Beacon_Score__c].readable";
    // What the names say by themselves is said before an org is asked.
    lab.env.write("t.toml", against(star, "", single));
    let check = lab.env.run(&["template", "check", "t.toml"]);
    let said = format!("{}{}", check.stdout, check.stderr);
    assert!(check.code == 1 && said.contains("nothing satisfies both"), "{check:?}");
    let run = lab.run(&package).await;
    told(&run, &both);
    told(&run, &["except = [\"Account.Beacon_Score__c\"]", "star of step `all`"]);
    assert!(!run.stderr.contains("retrieving"), "{run:?}");
    // A star within the other; and two of which only an org tells whether they meet.
    lab.env.write("t.toml", against(star, "", "fieldPermissions[Account.Beacon*__c].readable"));
    told(&lab.run(&package).await, &both);
    let part = "fieldPermissions[Account.Bea*__c].readable";
    let apart = "fieldPermissions[Account.*Score__c].readable";
    lab.env.write("t.toml", against(part, "", apart));
    assert_eq!(lab.env.run(&["template", "check", "t.toml"]).code, 0);
    let run = lab.run(&package).await;
    told(&run, &both);
    told(&run, &["except = [\"Account.Beacon_Score__c\"]", "retrieving"]);
    // What is left out contradicts nothing.
    for (star, path) in [(star, single), (part, apart)] {
        lab.env.write("t.toml", against(star, ", except = [\"Beacon_Score__c\"]", path));
        assert_eq!(lab.env.run(&["template", "check", "t.toml"]).code, 0, "{path}");
        let run = lab.run(&package).await;
        assert!(run.code == 0 || !run.stderr.contains("different things"), "{run:?}");
    }
}

#[tokio::test]
async fn steps_of_which_one_at_most_applies_contradict_nothing() {
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    // The demo org does not show this feature, so that neither condition is known.
    let when = |id: &str, is: bool| {
        (
            format!("id = \"{id}\""),
            format!("id = \"{id}\"\nwhen = {{ \"org.feature[FieldService]\" = {is} }}"),
        )
    };
    let mut text = against(
        "fieldPermissions[Account.Bea*__c].readable",
        "",
        "fieldPermissions[Account.*Score__c].readable",
    );
    for (from, to) in [when("all", true), when("one", false)] {
        text = text.replace(&from, &to);
    }
    lab.env.write("t.toml", text);
    let run = lab.run(&["package", "--template", "t.toml", "--out", "out"]).await;
    assert!(!run.stderr.contains("different things"), "{run:?}");
    assert!(run.stdout.contains("not observed") || run.stderr.contains("could be seen"), "{run:?}");
}

#[tokio::test]
async fn what_one_star_of_a_list_leaves_out_is_left_out() {
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    let list = "[parameters.objects]\ntitle = \"O\"\ntype = \"list\"\ndefault = [\"Account\", \
                \"Invoice__c\"]\n";
    let written = |except: &str| {
        let rest = format!(", except = [\"{except}\"]");
        template("fieldPermissions[{objects}.*__c].readable", &rest).replacen(
            "[[step]]",
            &format!("{list}[[step]]"),
            1,
        )
    };
    for (except, is_idle) in [("Invoice__c.Paid__c", false), ("Lead.Paid__c", true)] {
        lab.env.write("t.toml", written(except));
        let check = lab.env.run(&["template", "check", "t.toml"]);
        assert_eq!(check.code, i32::from(is_idle), "{except}: {check:?}");
        let diff = lab.run(DIFF).await;
        assert_eq!(diff.stdout.contains("leaves nothing out"), is_idle, "{except}: {diff:?}");
    }
}

#[tokio::test]
async fn capitals_part_the_words_of_a_name() {
    let lab = lab("userPermissions[View*Files].enabled", "").await;
    let found = told(&lab.run(DIFF).await);
    assert_eq!(keys(&found), ["ViewEventLogFiles"], "{found:?}");
}
