//! Writing a template: a skeleton, or what an org has now.

use crate::support::{Env, Run};

#[cfg(feature = "demo")]
const USER: &str = "ampersand.integration@harbourlight.example.com";
const SOURCE: &str = "https://docs.example.com/acme";

fn read(env: &Env, name: &str) -> String {
    std::fs::read_to_string(env.folder().join(name)).unwrap()
}

fn assert_contains(run: &Run, parts: &[&str]) {
    let all = format!("{}{}", run.stdout, run.stderr);
    for part in parts {
        assert!(all.contains(part), "`{part}` is not in\n{all}");
    }
}

#[test]
fn a_skeleton_has_no_mistakes_and_says_what_to_fill_in() {
    let env = Env::new();
    let run = env.run(&["template", "new", "acme"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert_contains(&run, &["Wrote acme.toml", "placeholders", "TODO", "template check acme.toml"]);
    assert_eq!(env.run(&["template", "check", "acme.toml"]).code, 0);
    assert!(read(&env, "acme.toml").contains("TODO"));
    let run = env.run(&["template", "new", "acme", "--out", "sub/other.toml", "--title", "Acme \"Sync\"", "--source", SOURCE]);
    assert_eq!((run.code, run.stderr.contains("TODO")), (0, false), "{run:?}");
    let text = read(&env, "sub/other.toml");
    assert!(!text.contains("https://docs.example.com/TODO") && text.contains("title    = \"Acme \\\"Sync\\\"\""), "{text}");
    assert_eq!(env.run(&["template", "check", "sub/other.toml"]).code, 0);
}

#[test]
fn nothing_is_written_over_and_a_bad_name_is_refused() {
    let env = Env::new();
    env.write("acme.toml", "mine");
    let run = env.run(&["template", "new", "acme"]);
    assert_eq!(run.code, 1);
    assert_contains(&run, &["`acme.toml` is there already", "--out"]);
    assert_eq!(read(&env, "acme.toml"), "mine");
    for (arguments, words) in [
        (&["Acme Sync"][..], "for instance `acme-sync`"),
        (&["../acme"], "for instance `acme`"),
        (&["gong"], "shipped with this program"),
        (&["a", "--source", "docs"], "no address"),
        (&["a", "--app", "Acme"], "--from-org"),
        #[cfg(feature = "demo")]
        (&["a", "--from-org", "demo"], "--profile"),
    ] {
        let run = env.run(&[&["template", "new"], arguments].concat());
        assert_eq!(run.code, 64, "{run:?}");
        assert_contains(&run, &[words]);
    }
    assert_eq!(std::fs::read_dir(env.folder()).unwrap().filter(|entry| entry.as_ref().unwrap().path().is_file()).count(), 1);
}

#[cfg(feature = "demo")]
#[test]
fn what_an_org_has_becomes_a_template_that_is_in_sync_with_it() {
    let profile = ["--profile", "Ampersand Integration"];
    let set = ["--permission-set", "Ampersand_Access"];
    let warehouse = ["--permission-set", "Warehouse_Sync", "--user", "warehouse.sync@harbourlight.example.com"];
    let cases: &[(&str, Vec<&str>, &[&str])] = &[
        (
            "whole",
            [&["--app", "Ampersand"], &profile[..], &set, &["--user", USER]].concat(),
            &[
                "default = \"Ampersand\"",
                "oauthPolicy.ipRelaxation",
                "objectPermissions[Contact].viewAllRecords",
                "fact = \"user.profile\"",
            ],
        ),
        (
            "eca",
            [&["--app", "Ampersand_ECA"], &set[..]].concat(),
            &["refreshTokenValidityPeriod", "equals = 365", "includes = [\"{permission_set}\"]"],
        ),
        (
            "loader",
            [&["--app", "Warehouse_Loader"], &warehouse[..]].concat(),
            &["equals = \"{user}\"", "isClientCredentialEnabled", "is on the licence"],
        ),
        ("profile", profile.to_vec(), &["equals = \"Salesforce\"", "fieldPermissions[Account.Phone].readable"]),
        ("standard", vec!["--profile", "System Administrator"], &["cannot be changed"]),
        // The Metadata API shows nothing of it; SOQL a little.
        ("elsewhere", vec!["--app", "Beacon Analytics"], &["Another org owns the app", "All users may self-authorize"]),
        ("somebody", vec!["--user", USER], &["fact = \"user.is_active\""]),
    ];
    let env = Env::new();
    for (name, given, parts) in cases {
        let run = env.run(&[&["template", "new", name, "--from-org", "demo", "--title", "T", "--source", SOURCE], &given[..]].concat());
        assert_eq!(run.code, 0, "{name}: {run:?}");
        assert_contains(&run, &["all as they are in demo"]);
        let file = format!("{name}.toml");
        let text = read(&env, &file);
        for part in *parts {
            assert!(text.contains(part), "{name}: `{part}` is not in\n{text}");
        }
        assert_eq!(env.run(&["template", "check", &file]).code, 0, "{name}");
        let diff = env.run(&["diff", "--template", &file, "--org", "demo", "--strict"]);
        assert_eq!(diff.code, 0, "{name}: {diff:?}");
        // Neither secrets nor what belongs to this org alone.
        for hidden in ["3MVG9", "onsumer", "callback", "00D", "it@"] {
            assert!(!text.contains(hidden), "{name}: `{hidden}` is in\n{text}");
        }
        let users = text.matches("@harbourlight").count();
        assert_eq!(users, usize::from(given.contains(&"--user")), "{name}: {text}");
    }
}

#[cfg(feature = "demo")]
#[test]
fn a_user_whom_nobody_named_is_left_out() {
    let env = Env::new();
    let run = env.run(&["template", "new", "loader", "--from-org", "demo", "--app", "Warehouse_Loader"]);
    assert_eq!(run.code, 0, "{run:?}");
    let text = read(&env, "loader.toml");
    assert!(text.contains("whose name is left out") && !text.contains('@'), "{text}");
}

#[cfg(feature = "demo")]
#[test]
fn what_is_not_in_the_org_is_named_with_what_is_near() {
    let env = Env::new();
    for (given, words) in [
        (["--app", "Ampersand_EC"], "did you mean `Ampersand_ECA`?"),
        (["--app", "Nothing of the sort"], "there are Ampersand, "),
        (["--profile", "Ampersnd Integration"], "did you mean `Ampersand Integration`?"),
        (["--permission-set", "Ampersand Access"], "did you mean `Ampersand_Access`?"),
        (["--user", "nobody@example.com"], "there is no user `nobody@example.com`"),
    ] {
        let run = env.run(&[&["template", "new", "acme", "--from-org", "demo"], &given[..]].concat());
        assert_eq!(run.code, 1, "{run:?}");
        assert_contains(&run, &[words]);
    }
    assert!(!env.folder().join("acme.toml").exists());
}
