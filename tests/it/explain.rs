//! `explain`: a step or a setting, in the ways in which people name them.

use crate::json::document;
use crate::support::{Env, Run};

fn explained(env: &Env, arguments: &[&str]) -> serde_json::Value {
    let run = env.run(&[&["explain", "--format", "json"], arguments].concat());
    assert_eq!(run.code, 0, "{run:?}");
    document(&run.stdout, "explain", &run)
}

fn refused(env: &Env, arguments: &[&str]) -> Run {
    let run = env.run(&[&["explain"], arguments].concat());
    assert!(run.code == 64 && run.stdout.is_empty(), "{run:?}");
    run
}

#[test]
fn a_setting_goes_by_all_the_names_that_findings_have_for_it() {
    let env = Env::new();
    let path = "oauthPolicy.refreshTokenPolicy";
    for given in [
        &[path][..],
        &["ConnectedApp:oauthPolicy.refreshTokenPolicy"],
        &["ConnectedApp:My App oauthPolicy.refreshTokenPolicy"],
        &["ConnectedApp:My", "App", "oauthPolicy.refreshTokenPolicy"],
        &["ConnectedApp:My App:oauthPolicy.refreshTokenPolicy"],
    ] {
        let all = explained(&env, given);
        let setting = &all["settings"][0];
        assert_eq!((&setting["type"], &setting["path"]), (&"ConnectedApp".into(), &path.into()));
        let name = given.concat().contains("My").then_some("My App");
        assert_eq!(setting["full_name"].as_str(), name, "{given:?}");
        assert_eq!(setting["title"], "Refresh Token Policy");
        assert!(setting["cost"]["source"].as_str().unwrap().starts_with("https://help."));
        assert_eq!(setting["setup"]["quick_find"], "Manage Connected Apps");
        let values = setting["field"]["values"].as_array().unwrap();
        assert_eq!(values[0]["label"], "Refresh token is valid until revoked");
        let asked = setting["asked"].as_array().unwrap();
        let step = asked.iter().find(|one| one["template"] == "ampersand").unwrap();
        assert_eq!(
            (&step["step"], &step["desired"][0]),
            (&"refresh-token".into(), &"infinite".into())
        );
    }
}

#[test]
fn a_permission_says_what_it_needs_and_who_asks_for_it_in_another_way() {
    let env = Env::new();
    let all = explained(&env, &["Profile:objectPermissions[Account].viewAllRecords"]);
    let setting = &all["settings"][0];
    assert_eq!(setting["needs"][0], "objectPermissions[Account].allowRead");
    assert_eq!(setting["companion"], "CustomObject");
    assert_eq!(setting["deploy"], "overlay");
    // A parameter of a template may stand for the object.
    let of = |one: &serde_json::Value| one["of"].as_str().unwrap().to_owned();
    let asked: Vec<String> = setting["asked"].as_array().unwrap().iter().map(of).collect();
    assert!(asked.iter().any(|one| one.contains("[{read}]")), "{asked:?}");
    assert!(asked.iter().all(|one| !one.contains("[Contact]")), "{asked:?}");

    // By its name alone, and whatever grants it; a template may ask for it as a fact.
    let all = explained(&env, &["apienabled"]);
    let setting = &all["settings"][0];
    assert_eq!(setting["path"], "userPermissions[ApiEnabled].enabled");
    let also = [&setting["type"], &setting["also_in"][0]].map(|one| one.as_str().unwrap());
    assert!(also.contains(&"Profile") && also.contains(&"PermissionSet"), "{setting}");
    let asked: Vec<String> = setting["asked"].as_array().unwrap().iter().map(of).collect();
    assert!(asked.iter().any(|one| one.starts_with("user.permission[")), "{asked:?}");
    assert_eq!(setting["administrators"], false);
    let all = explained(&env, &["AuthorApex"]);
    assert_eq!(all["settings"][0]["administrators"], true);
    // What no source speaks of costs nothing that we could say.
    assert!(all["settings"][0]["cost"].is_null(), "{all}");
}

#[test]
fn a_step_is_found_where_one_template_has_it_and_else_named_with_its_template() {
    let env = Env::new();
    let run = env.run(&["explain", "ampersand/ip-relaxation"]);
    for words in [
        "IP restrictions are relaxed for the app\n",
        "why: The integration calls from addresses",
        "Setup, Quick Find \"Manage Connected Apps\"",
        "security: Unless IP restrictions are enforced",
        "the same is asked by",
        "elastic-integration/ip-relaxation",
    ] {
        assert!(run.stdout.contains(words), "{words}: {run:?}");
    }
    let same = env.run(&["explain", "ip-relaxation", "--template", "ampersand"]);
    assert_eq!(same.stdout, run.stdout);
    let several = refused(&env, &["ip-relaxation"]);
    assert!(several.stderr.contains(" steps are called `ip-relaxation`"), "{several:?}");
    assert!(several.stderr.contains("elastic-integration"), "{several:?}");
    // A title does as well as the id, where it is one step's alone.
    let edition = env.run(&["explain", "ampersand/edition"]).stdout;
    let title = "ampersand/The org's edition includes API access";
    assert!(!edition.is_empty() && env.run(&["explain", title]).stdout == edition, "{edition}");
    let two = refused(&env, &["ampersand/IP restrictions are relaxed for the app"]);
    assert!(
        two.stderr.contains("2 steps are called")
            && two.stderr.contains("ampersand/ip-relaxation,"),
        "{two:?}"
    );
    // Where `sfsetup.toml` names templates, theirs is meant.
    env.write("sfsetup.toml", "templates = [\"ampersand\"]\n");
    assert_eq!(env.run(&["explain", "ip-relaxation"]).stdout, run.stdout);
    std::fs::remove_file(env.folder().join("sfsetup.toml")).unwrap();

    // A template of one's own counts, and asks for something else.
    env.write(
        "own.toml",
        "format = 1\n[template]\nname = \"own\"\ntitle = \"Own\"\nversion = \"1\"\nsource = \
         \"https://example.com\"\nreviewed = 2026-11-23\n[[step]]\nid = \"strict\"\ntitle = \"S\"\n\
         want = [{ component = \"ConnectedApp:Own\", path = \"oauthPolicy.ipRelaxation\", equals = \
         \"ENFORCE\" }]\n",
    );
    let own = env.run(&["explain", "strict", "--template", "own.toml"]);
    assert!(own.stdout.contains("otherwise asked by"), "{own:?}");
    assert!(!own.stdout.contains("the same is asked by"), "{own:?}");
    let all = explained(&env, &["strict", "--template", "own.toml"]);
    assert_eq!(all["step"]["template"], "own");
    assert_eq!(all["settings"][0]["full_name"], "Own");
    // What is no setting is told too.
    let all = explained(&env, &["ampersand/edition"]);
    assert_eq!(all["step"]["facts"][0]["fact"], "org.api_access");
    assert_eq!(all["settings"], serde_json::json!([]));
}

#[test]
fn what_is_not_there_is_answered_with_what_was_probably_meant() {
    let env = Env::new();
    for (given, meant) in [
        ("ampersand/ip-relaxatoin", "did you mean `ampersand/ip-relaxation`?"),
        ("ampersnd/ip-relaxation", "did you mean `ampersand/ip-relaxation`?"),
        ("gong/nothing-of-the-kind", "no step of a template"),
        ("ConnectedApp", "it is a metadata type, and behind it belongs a path"),
        ("org.api_access", "`sfsetup explain "),
        ("user.permission[ApiUserOnly]", "it is a fact"),
        ("refreshTokenPolicy", "did you mean `oauthPolicy.refreshTokenPolicy`?"),
        ("Profil:custom", "did you mean `Profile`?"),
        ("Profile:objectPermissions[Account].allowRed", "objectPermissions[Account].allowRead"),
        ("ApiEnabledd", "did you mean `ApiEnabled`?"),
        ("refresh-tokn", "did you mean `refresh-token`?"),
        ("ConnectedApp:", "a path"),
    ] {
        let run = refused(&env, &[given]);
        assert!(run.stderr.contains(meant), "{given}: {run:?}");
    }
    // An org may have permissions that nobody else knows.
    let run = env.run(&["explain", "userPermissions[ApiEnabld].enabled"]);
    assert!(run.code == 0 && run.stderr.contains("did you mean `ApiEnabled`?"), "{run:?}");
    assert!(!run.stdout.starts_with("MutingPermissionSet"), "{run:?}");
    let run = env.run(&["explain", "x", "--template", "ampersnad"]);
    assert!(run.code == 1 && run.stderr.contains("did you mean `ampersand`?"), "{run:?}");
}

/// Whatever a template asks for can be explained, and each step says at least why or where.
#[test]
fn every_step_of_every_template_is_explained() {
    let env = Env::new();
    for shipped in ["ampersand", "m365-copilot", "elastic-integration", "ampersand-jwt"] {
        let text = sfsetup::template::builtin::find(shipped).unwrap().text;
        let template = sfsetup::template::parse(shipped, text).unwrap();
        let shown: Vec<_> =
            template.steps.iter().map(|step| format!("{shipped}/{}", step.id)).collect();
        for step in shown.iter().step_by(3) {
            let all = explained(&env, &[step]);
            let facts = all["step"]["facts"].as_array().unwrap().len();
            let settings = all["settings"].as_array().unwrap();
            let manual = all["step"]["want"].to_string().contains("\"manual\"");
            assert!(facts + settings.len() > 0 || manual, "{step}: {all}");
            for setting in settings {
                let own = setting["asked"].as_array().unwrap();
                assert!(!own.is_empty(), "{step}: {setting}");
            }
        }
    }
}
