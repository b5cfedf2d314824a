//! Names in other places and by other callers: a value that was seen is judged whoever may list its
//! name, a name that nobody could prove is said, and one in other capitals is the same.

use serde_json::Value as Json;
use sfsetup::demo::{Faults, Store};

use crate::lab::Lab;
use crate::names::{
    DIFF, LESSER, PROFILE, as_lesser, fact, lab, of_app, setting, template_of, told, words_of,
};
use crate::support::Run;

/// A user who has a permission set of the org's and may not use the Metadata API.
const FEW: &str = "ampersand.integration@harbourlight.example.com";
const SET: &str = "PermissionSet:Ampersand_Access";
const APP: &str = "ConnectedApp:Warehouse_Loader";

async fn as_user(lab: &Lab, user: &str, arguments: &[&str]) -> Run {
    let token = lab.running.store().token_of(user).unwrap();
    let mut command = lab.command(arguments);
    command.env("SF_ACCESS_TOKEN", token);
    lab.finished(command).await
}

/// State and reason of one want.
async fn one(lab: &Lab, want: &str) -> (i32, String, String) {
    one_of(lab, want, &[]).await
}

async fn one_of(lab: &Lab, want: &str, more: &[&str]) -> (i32, String, String) {
    lab.env.write("t.toml", template_of(want));
    let run = lab.run(&[DIFF, more].concat()).await;
    let (state, reason) = told(&run).remove(0);
    (run.code, state, reason)
}

/// Whether a deploy sends nothing, and with what it ends.
async fn nothing_sent(lab: &Lab, code: i32, words: &str) {
    let run = lab.run(&["deploy", "--template", "t.toml", "--yes"]).await;
    assert_eq!(run.code, code, "{run:?}");
    assert!(words_of(&format!("{}{}", run.stdout, run.stderr)).contains(words), "{run:?}");
    assert_eq!(lab.count("deployRequest.start"), 0, "{run:?}");
}

#[tokio::test]
async fn what_a_user_has_is_judged_whoever_lists_its_name() {
    let lab = lab(&[]).await;
    let needs = "is not shown to this user: that needs Modify Metadata";
    for (want, state, code, strict) in [
        (fact("user.profile", "equals = \"System Administrator\""), "differs", 2, 2),
        (fact("user.permission_set[Ampersand_Access]", "equals = true"), "in-sync", 0, 0),
        (fact("user.permission_set[Warehouse_Sync]", "equals = true"), "differs", 2, 2),
        (fact("user.permission_set[Ampersand_Acces]", "equals = true"), "differs", 2, 2),
        (fact("user.permission_set[Ampersand_Acces]", "equals = false"), "in-sync", 0, 2),
    ] {
        lab.env.write("t.toml", template_of(&want));
        let set = format!("user={FEW}");
        let diff = [DIFF, &["--set", &set]].concat();
        let run = as_user(&lab, FEW, &diff).await;
        let (found, reason) = told(&run).remove(0);
        assert_eq!((found.as_str(), run.code), (state, code), "{want}: {run:?}");
        let is_had = want.contains("Access]");
        assert_eq!(reason.contains(needs), !is_had, "{want}: {reason}");
        let run = as_user(&lab, FEW, &[&diff[..], &["--strict"]].concat()).await;
        assert_eq!(run.code, strict, "{want}: {run:?}");
    }
    // Of settings nothing can be said, and that is no answer.
    lab.env.write("t.toml", template_of(&setting(SET, "label", "equals = \"x\"")));
    assert_eq!(as_user(&lab, FEW, DIFF).await.code, 1);
}

#[tokio::test]
async fn a_user_who_is_not_there_is_missing_to_who_sees_all_users() {
    let lab = lab(&[]).await;
    let nobody = "warehouse.snyc@harbourlight.example.com";
    let set = format!("user={nobody}");
    let wants = [
        fact("user.is_active", "equals = true"),
        fact("user.permission_set[Warehouse_Sync]", "equals = true"),
        fact("user.permission[ApiEnabled]", "equals = true"),
        fact("user.role", "equals = \"X\""),
    ];
    lab.env.write("t.toml", template_of(&wants.join(", ")));
    let diff = [DIFF, &["--set", &set]].concat();
    let words = format!("the parameter `user`: there is no user `{nobody}` in this org");
    let run = lab.run(&diff).await;
    assert_eq!(run.code, 2, "{run:?}");
    for (state, reason) in told(&run) {
        assert!(state == "missing" && reason.starts_with(&words), "{state}: {reason}");
        assert!(!reason.contains("not shown"), "{reason}");
    }
    assert!(told(&run)[0].1.contains("did you mean `warehouse.sync@"), "{run:?}");
    let text = lab.run(&["diff", "--template", "t.toml", "--set", &set]).await.stdout;
    assert!(text.contains("+ user.is_active\n") && !text.contains("does not exist"), "{text}");
    let deploy = ["deploy", "--template", "t.toml", "--yes", "--set", &set];
    let run = lab.run(&deploy).await;
    assert_eq!(run.code, 2, "{run:?}");
    assert!(words_of(&run.stdout).contains(&words), "{run:?}");
    assert_eq!(lab.count("deployRequest.start"), 0, "{run:?}");
    // To another they may merely be hidden.
    let run = as_user(&lab, FEW, &diff).await;
    assert_eq!(run.code, 1, "{run:?}");
    for (state, reason) in told(&run) {
        assert_eq!(state, "not-observed", "{run:?}");
        assert!(reason.contains("or it is not shown to this user"), "{reason}");
    }
}

#[tokio::test]
async fn what_is_so_of_a_name_that_nobody_could_prove_is_said() {
    let off = "equals = false";
    let wants = [
        setting("PermissionSet:Report_Builder", "objectPermissions[Casse].allowRead", off),
        setting("PermissionSet:Report_Builder", "objectPermissions[Casse]", "absent = true"),
    ];
    let lab = lab(&wants).await;
    let run = as_lesser(&lab, DIFF).await;
    assert_eq!(run.code, 0, "{run:?}");
    for (state, reason) in told(&run) {
        assert_eq!(state, "in-sync", "{reason}");
        assert!(reason.contains("needs View Setup and Configuration"), "{reason}");
    }
    assert_eq!(as_lesser(&lab, &[DIFF, &["--strict"]].concat()).await.code, 2);
    let run = as_lesser(&lab, &["diff", "--template", "t.toml"]).await;
    assert!(run.stdout.contains("note: the org shows no object `Casse`"), "{run:?}");
}

/// The plan's list says what the diff says: so, with a note, and not that nobody saw it.
#[tokio::test]
async fn what_is_so_for_want_of_its_name_is_no_less_so_in_a_plan() {
    let lacks = setting(
        "PermissionSet:Report_Builder",
        "userPermissions[NoSuch].enabled",
        "equals = false",
    );
    let manual = format!("{{ manual = \"Look\", confirm = {lacks} }}");
    let lab = lab(&[lacks, manual]).await;
    let run = lab.run(DIFF).await;
    assert!(told(&run).iter().all(|(state, _)| state == "in-sync"), "{run:?}");
    let run = lab.run(&["deploy", "--template", "t.toml", "--yes"]).await;
    assert_eq!(run.code, 0, "{run:?}");
    assert!(
        run.stdout.contains("In sync, for want of what it speaks of:")
            && run.stdout.contains("the org has no system permission `NoSuch`")
            && !run.stdout.to_lowercase().contains("not observed"),
        "{run:?}"
    );
    let save = lab.run(&["diff", "--template", "t.toml", "--save-plan", "p.json"]).await;
    assert_eq!(save.code, 0, "{save:?}");
    let saved = std::fs::read_to_string(lab.env.folder().join("p.json")).unwrap();
    assert!(saved.contains("\"kind\": \"in-sync\""), "{saved}");
    let shown = lab.run(&["plan", "show", "p.json", "--format", "html"]).await;
    assert!(shown.stdout.contains("In sync, for want of what it speaks of"), "{shown:?}");
    // What is strict counts it all the same.
    let run = lab.run(&["deploy", "--template", "t.toml", "--yes", "--strict"]).await;
    assert_eq!(run.code, 2, "{run:?}");
}

#[tokio::test]
async fn a_field_without_its_object_is_no_orgs() {
    let lab = lab(&[]).await;
    for want in [
        setting(SET, "fieldPermissions[Phone].readable", "equals = true"),
        setting(PROFILE, "fieldPermissions[Phone].readable", "equals = true"),
        fact("user.field[Phone].read", "equals = true"),
    ] {
        let (code, state, reason) = one(&lab, &want).await;
        assert_eq!((code, state.as_str()), (2, "missing"), "{want}: {reason}");
        assert!(reason.contains("a field is written `Object.Field`"), "{reason}");
        nothing_sent(&lab, 2, "no field `Phone`").await;
    }
}

#[tokio::test]
async fn files_say_slips_also_of_what_is_off_and_in_values() {
    let lab = lab(&[]).await;
    let types = "Profile,ConnectedApp,PermissionSet";
    assert_eq!(lab.run(&["snapshot", "--out", "snap", "--types", types]).await.code, 0);
    let diff = ["diff", "--template", "t.toml", "--from", "snap", "--format", "json", "--strict"];
    for (path, near) in [
        ("fieldPermissions[Phone].readable", "`Object.Field`"),
        ("userPermissions[ModifyAlData].enabled", "`ModifyAllData`"),
        ("objectPermissions[Acount].allowRead", "`Account`"),
    ] {
        lab.env.write("t.toml", template_of(&setting(SET, path, "equals = false")));
        let run = lab.run(&diff).await;
        let (state, reason) = told(&run).remove(0);
        assert_eq!((run.code, state.as_str()), (2, "in-sync"), "{path}: {run:?}");
        assert!(reason.starts_with("offline: the files have no ") && reason.contains(near));
    }
    for (want, near) in [
        (setting(APP, "profileName", "includes = [\"Ampersand Integartion\"]"), "Ampersand Inte"),
        (setting(APP, "permissionSetName", "includes = [\"Ampersand_Acces\"]"), "Ampersand_Acce"),
        (setting(SET, "license", "equals = \"Salesforce API Integraton\""), "Salesforce API In"),
    ] {
        lab.env.write("t.toml", template_of(&want));
        let run = lab.run(&diff).await;
        let (state, reason) = told(&run).remove(0);
        assert_eq!(state, "not-observed", "{want}: {run:?}");
        assert!(reason.contains(&format!("did you mean `{near}")), "{reason}");
        let package = ["package", "--template", "t.toml", "--from", "snap", "--out", "out"];
        assert_eq!(lab.run(&package).await.code, 1, "{want}");
        assert!(!lab.env.folder().join("out").exists());
    }
}

#[tokio::test]
async fn a_standard_app_that_no_list_has_is_not_observed() {
    let lab = lab(&[]).await;
    for holder in [SET, PROFILE] {
        let path = "applicationVisibilities[standard__Sale].visible";
        let (code, state, reason) = one(&lab, &setting(holder, path, "equals = true")).await;
        assert_eq!((code, state.as_str()), (1, "not-observed"), "{holder}: {reason}");
        assert!(reason.contains("did you mean `standard__Sales`?"), "{holder}: {reason}");
        nothing_sent(&lab, 1, "standard__Sale`").await;
    }
    let path = "applicationVisibilities[standard__Sale].visible";
    let of_nothing = one_of(&lab, &setting(SET, path, "equals = false"), &["--strict"]).await;
    assert!(of_nothing.0 == 2 && of_nothing.1 == "in-sync", "{of_nothing:?}");
    let path = "applicationVisibilities[standard__Service].visible";
    assert_eq!(one(&lab, &setting(SET, path, "equals = true")).await.1, "differs");
}

#[tokio::test]
async fn a_name_is_looked_at_wherever_it_stands() {
    let lab = lab(&[]).await;
    let set = "no permission set `Warehouse_Synk`; did you mean `Warehouse_Sync`?";
    let object = "no object `Acount`; did you mean `Account`?";
    let profile = "no profile `Ampersand Integartion`; did you mean `Ampersand Integration`?";
    for (want, code, state, words) in [
        (
            setting(
                "PermissionSetGroup:Back_Office",
                "permissionSets",
                "includes = [\"Warehouse_Synk\"]",
            ),
            2,
            "missing",
            set,
        ),
        (setting(APP, "permissionSetName", "includes = [\"Warehouse_Synk\"]"), 2, "missing", set),
        (
            setting(
                PROFILE,
                "layoutAssignments[Acount].layout",
                "equals = \"Account-Account Layout\"",
            ),
            2,
            "missing",
            object,
        ),
        (setting(PROFILE, "layoutAssignments[Acount]", "absent = true"), 2, "in-sync", object),
        (
            setting(APP, "profileName", "excludes = [\"Ampersand Integartion\"]"),
            2,
            "in-sync",
            profile,
        ),
        (
            fact("user.profile", "one-of = [\"Ampersand Integartion\", \"System Administrator\"]"),
            2,
            "differs",
            profile,
        ),
        (
            fact("user.profile", "one-of = [\"Ampersand Integartion\", \"Systm\"]"),
            2,
            "missing",
            profile,
        ),
    ] {
        let found = one_of(&lab, &want, &["--strict"]).await;
        assert_eq!((found.0, found.1.as_str()), (code, state), "{want}: {found:?}");
        assert!(found.2.contains(words), "{want}: {found:?}");
        let run = lab.run(&["deploy", "--template", "t.toml", "--yes", "--strict"]).await;
        assert_eq!(run.code, 2, "{want}: {run:?}");
        assert!(words_of(&run.stdout).contains(words), "{want}: {run:?}");
        assert_eq!(lab.count("deployRequest.start"), 0, "{want}: {run:?}");
        let run = lab.run(&["package", "--template", "t.toml", "--out", "out", "--strict"]).await;
        assert!(run.code == 2 && !lab.env.folder().join("out").exists(), "{want}: {run:?}");
    }
}

#[tokio::test]
async fn an_app_that_is_not_there_is_said_with_the_nearest() {
    let lab = of_app(&[]).await;
    let head = std::fs::read_to_string(lab.env.folder().join("t.toml")).unwrap();
    let near = "`Amprsand`; did you mean `Ampersand`?";
    let component = setting("ConnectedApp:{app}", "label", "equals = \"x\"");
    for (want, state, strict) in [
        (fact("app.installed", "equals = true"), "differs", 2),
        (fact("app.installed", "equals = false"), "in-sync", 2),
        (
            "{ manual = \"Install it\", confirm = { fact = \"app.installed\", equals = true } }"
                .to_owned(),
            "manual",
            2,
        ),
        (format!("{{ manual = \"Install it\", confirm = {component} }}"), "manual", 2),
    ] {
        lab.env.write("t.toml", head.replace("want = []", &format!("want = [{want}]")));
        let set = ["--strict", "--set", "app=Amprsand"];
        let run = lab.run(&[DIFF, &set].concat()).await;
        let (found, reason) = told(&run).remove(0);
        assert_eq!((found.as_str(), run.code), (state, strict), "{want}: {run:?}");
        let reason = reason.replace(" (parameter `app`)", "");
        assert!(reason.contains(near), "{want}: {reason}");
    }
}

/// An org has one of the names that differ in capitals alone: what was seen of it is the answer,
/// told as the org writes it, and a package has it so.
#[tokio::test]
async fn a_name_in_other_capitals_is_judged_in_one_way() {
    let lab = lab(&[]).await;
    let as_written = "`lead` as `Lead`";
    let lead = |flag: &str| format!("objectPermissions[lead].{flag}");
    let user = format!("user={FEW}");
    for (want, state, words) in [
        (setting(SET, &lead("allowRead"), "equals = true"), "in-sync", as_written),
        (setting(SET, &lead("allowDelete"), "equals = false"), "in-sync", as_written),
        (setting(SET, &lead("allowDelete"), "equals = true"), "differs", as_written),
        (fact("user.object[lead].read", "equals = true"), "in-sync", as_written),
        (fact("user.object[lead].delete", "equals = false"), "in-sync", as_written),
        (fact("user.object[lead].modifyAllRecords", "equals = true"), "differs", as_written),
        (fact("user.license", "equals = \"salesforce\""), "in-sync", "as `Salesforce`"),
        (fact("user.license", "equals = \"salesforce platform\""), "missing", "as `Salesforce P"),
        (fact("user.profile", "equals = \"ampersand integration\""), "in-sync", "as `Ampersand I"),
        (fact("user.profile", "equals = \"system administrator\""), "missing", "as `System Admin"),
        (setting(PROFILE, "userLicense", "equals = \"salesforce\""), "in-sync", "as `Salesforce`"),
    ] {
        let (_, found, reason) = one_of(&lab, &want, &["--set", &user]).await;
        assert_eq!(found, state, "{want}: {reason}");
        assert!(reason.contains(words), "{want}: {reason}");
    }
    // What is so by another spelling is so: nothing for --strict.
    let want = setting(SET, &lead("allowDelete"), "equals = false");
    assert_eq!(one_of(&lab, &want, &["--strict"]).await.0, 0);
    let types = "Profile,PermissionSet";
    assert_eq!(lab.run(&["snapshot", "--out", "snap", "--types", types]).await.code, 0);
    let want = setting(SET, "objectPermissions[contact].allowDelete", "equals = true");
    lab.env.write("t.toml", template_of(&want));
    for source in [&["--from", "snap"][..], &[]] {
        let package = ["package", "--template", "t.toml", "--out", "out"];
        let run = lab.run(&[&package[..], source].concat()).await;
        assert_eq!(run.code, 0, "{run:?}");
        let file = "out/permissionsets/Ampersand_Access.permissionset";
        let sent = std::fs::read_to_string(lab.env.folder().join(file)).unwrap();
        assert!(sent.contains("<object>Contact<") && !sent.contains("contact"), "{sent}");
        std::fs::remove_dir_all(lab.env.folder().join("out")).unwrap();
    }
}

#[tokio::test]
async fn a_profile_that_a_plan_makes_is_not_called_lacking() {
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    let run = lab.ampersand("deploy", &["--yes", "--set", "profile=Quite Another"]).await;
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.stdout.contains("Deployed and verified"), "{run:?}");
    let text = words_of(&run.stdout);
    assert!(!text.contains("no profile `Quite Another`"), "{run:?}");
    assert!(text.contains("no package gives a user another profile"), "{run:?}");
}

/// What cannot be read hides nothing that can, and alone it is a finding all the same.
#[tokio::test]
async fn one_component_that_cannot_be_read_takes_no_other_finding_away() {
    let unknown = setting("AuthProvider:R", "friendlyName", "equals = \"x\"");
    let edition = fact("org.edition", "equals = \"Enterprise Edition\"");
    let lab = lab(&[unknown.clone(), edition]).await;
    let run = lab.run(DIFF).await;
    let states: Vec<String> = told(&run).into_iter().map(|(state, _)| state).collect();
    assert_eq!((run.code, states), (0, vec!["not-observed".to_owned(), "in-sync".to_owned()]));
    lab.env.write("t.toml", template_of(&unknown));
    let run = lab.run(DIFF).await;
    assert_eq!(run.code, 1, "{run:?}");
    let (state, reason) = told(&run).remove(0);
    assert!(state == "not-observed" && reason.contains("is unknown"), "{run:?}");
    assert!(run.stderr.contains("there is no answer"), "{run:?}");
}

#[tokio::test]
async fn a_reason_is_the_components_own() {
    let role = setting("Role:R", "name", "equals = \"x\"");
    let site = setting("RemoteSiteSetting:R", "url", "equals = \"https://x.example.com\"");
    let lab = lab(&[role, site]).await;
    let run = lab.run(DIFF).await;
    let told = told(&run);
    assert!(told[0].1.contains("'Role' is unknown"), "{told:?}");
    assert_eq!(told[1].0, "missing", "{told:?}");
}

#[tokio::test]
async fn a_choice_that_names_nothing_is_wrong_usage_in_json_too() {
    let lab = lab(&[setting(SET, "label", "equals = \"x\"")]).await;
    let run = lab.run(&[DIFF, &["--only", "PermissionSet:Ampersand_Acces"]].concat()).await;
    assert_eq!(run.code, 64, "{run:?}");
    let report: Json = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(report["orgs"][0]["error"]["code"], "USAGE", "{run:?}");
}

/// What nobody would read in `sfsetup.toml` is said with its line and what was meant.
#[test]
fn a_slip_in_the_projects_file_is_told_with_what_was_meant() {
    let env = crate::support::Env::new();
    let diff = ["diff", "--template", "ampersand", "--org", "demo"];
    for (text, said) in [
        ("[orgs.dmo.parameters]\nprofile = \"x\"\n", "line 1: there is no org `dmo`; did you mean"),
        ("org = \"demo\"\n[orgs.dem.parameters]\nprofile = \"x\"\n", "line 2: there is no org"),
        (
            "[[overlay.ampersand.step]]\nid = \"refresh-tokn\"\nlevel = \"recommended\"\n",
            "did you mean `refresh-token`?",
        ),
        ("[overlay.ampersand.parameters.profil]\ndefault = \"x\"\n", "did you mean `profile`?"),
        ("[parameters]\nuser_kind = \"humn\"\n", "sfsetup.toml, line 2: parameter `user_kind`"),
    ] {
        env.write("sfsetup.toml", text);
        let run = env.run(&diff);
        assert_eq!(run.code, 1, "{text}: {run:?}");
        assert!(run.stderr.contains(said), "{text}: {run:?}");
        assert!(!run.stderr.contains("is missing"), "{text}: {run:?}");
    }
    env.write("sfsetup.toml", "");
    let run = env.run(&[&diff[..], &["--set", "ampersnd.read=Account"]].concat());
    assert_eq!(run.code, 64, "{run:?}");
    assert!(run.stderr.contains("no template `ampersnd` is used here; did you mean `ampersand`"));
    let run = env.run(&[&diff[..], &["--set", "user_kind=humn"]].concat());
    assert_eq!(run.code, 64, "{run:?}");
    assert!(run.stderr.contains("template `ampersand` are not right"), "{run:?}");
}

/// What an older version of a template called otherwise is never passed over: the default would
/// take its place.
#[test]
fn a_parameter_by_its_older_name_is_told_with_the_new_one() {
    let env = crate::support::Env::new();
    let gong = ["diff", "--template", "gong", "--org", "demo"];
    let now = "`holder` stands in its place, as `holder=PermissionSet:..`";
    let run = env.run(&[&gong[..], &["--set", "permission_set=Acme"]].concat());
    assert_eq!(run.code, 64, "{run:?}");
    assert!(run.stderr.contains(now), "{run:?}");
    // Beside a template that has it still it is meant for both.
    let both = ["--template", "ampersand", "--set", "permission_set=Acme"];
    let run = env.run(&[&gong[..], &both].concat());
    assert_eq!(run.code, 64, "{run:?}");
    assert!(run.stderr.contains(now), "{run:?}");
    let own = ["--set", "gong.holder=Profile:Acme"];
    let run = env.run(&[&gong[..], &both, &own].concat());
    assert!(!run.stderr.contains("in its place"), "{run:?}");
    for table in ["[parameters]", "[parameters.gong]", "[orgs.demo.parameters]"] {
        env.write("sfsetup.toml", format!("{table}\npermission_set = \"Acme\"\n"));
        let run = env.run(&gong);
        assert_eq!(run.code, 1, "{table}: {run:?}");
        assert!(run.stderr.contains(now) && run.stderr.contains("line 2"), "{table}: {run:?}");
    }
}

/// Two parameters may have one value; the one that calls the component so is named.
#[tokio::test]
async fn the_parameter_that_names_a_component_is_told_alone() {
    let lab = of_app(&[setting("Profile:{profile}", "custom", "equals = true")]).await;
    let text = std::fs::read_to_string(lab.env.folder().join("t.toml")).unwrap();
    let profile = "[parameters.profile]\ntitle = \"Profile\"\n[[step]]";
    lab.env.write("t.toml", text.replacen("[[step]]", profile, 1));
    let set = ["--set", "app=Ampersand Integratoin", "--set", "profile=Ampersand Integratoin"];
    let run = lab.run(&[DIFF, &set].concat()).await;
    let (_, reason) = told(&run).remove(0);
    assert!(reason.contains("(parameter `profile`)"), "{reason}");
}

/// Whoever sees every definition need not list, and what lacks is named where it does.
#[tokio::test]
async fn a_caller_who_sees_all_definitions_is_told_what_there_is_not() {
    let lab = lab(&[fact("user.object[Casse].read", "equals = true")]).await;
    let right = |name: &str| {
        format!(
            "<userPermissions>\n        <enabled>true</enabled>\n        <name>{name}</name>\n    \
             </userPermissions>\n    "
        )
    };
    let rights: String =
        ["CustomizeApplication", "ManageCustomPermissions", "ViewRoles", "ViewSetup"]
            .map(right)
            .concat();
    let profile = "Minimum Access - API Only Integrations";
    let first = "<userPermissions>";
    lab.edit("Profile", profile, first, &format!("{rights}{first}")).await;
    let run = as_user(&lab, LESSER, DIFF).await;
    let (state, reason) = told(&run).remove(0);
    assert_eq!(state, "missing", "{reason}");
    assert!(reason.contains("did you mean `Case`?"), "{reason}");
}
