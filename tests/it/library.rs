//! Templates from elsewhere: by name from the folders of `template-paths`, by signature where keys
//! are pinned, and never from where a found configuration leads out of its folder.

use crate::support::{Env, Run, fixture};

const CONFIG: &str = "template-paths = [\"vendors\"]\n";

fn signed(name: &str) -> String {
    std::fs::read_to_string(std::path::Path::new(&fixture("signed")).join(name)).unwrap()
}

fn key() -> String {
    signed("minisign.pub").lines().nth(1).unwrap().to_owned()
}

/// A home with the signed template in `vendors`.
fn home() -> Env {
    let env = Env::new();
    env.write("vendors/acme.toml", signed("acme.toml"));
    env.write("vendors/acme.toml.minisig", signed("acme.toml.minisig"));
    env
}

fn assert_contains(run: &Run, parts: &[&str]) {
    let all = format!("{}{}", run.stdout, run.stderr);
    for part in parts {
        assert!(all.contains(part), "`{part}` is not in\n{all}");
    }
}

#[test]
fn a_template_of_a_folder_goes_by_its_name() {
    let env = home();
    assert_eq!(env.run(&["template", "show", "acme"]).code, 1);
    env.write("sfsetup.toml", CONFIG);
    let list = env.run(&["template", "list", "acme"]);
    assert_contains(&list, &["acme", "Acme Sync"]);
    for arguments in [
        &["template", "show", "acme"][..],
        &["template", "check", "acme"],
        &["template", "diff", "acme", "gong"],
    ] {
        assert_eq!(env.run(arguments).code, 0, "{arguments:?}");
    }
    let diff = env.run(&["diff", "--template", "acme", "--org", "demo"]);
    assert_eq!(diff.code, 0, "{diff:?}");
    let near = env.run(&["diff", "--template", "acmee", "--org", "demo"]);
    assert_contains(&near, &["there is no template `acmee`", "did you mean `acme`?"]);
    // A name is no path, and a shipped template's name is its own.
    let away = env.run(&["template", "show", "../vendors/acme"]);
    assert_eq!(away.code, 1, "{away:?}");
    env.write("vendors/gong.toml", signed("acme.toml"));
    let list = env.run(&["template", "list"]);
    assert_contains(&list, &["another template goes by that name"]);
    env.write("vendors/other.toml", signed("acme.toml"));
    let other = env.run(&["template", "show", "other"]);
    assert_contains(&other, &["calls itself `acme`"]);
    assert_eq!(other.code, 1);
}

#[test]
fn where_a_key_is_pinned_only_what_it_signed_is_read() {
    let env = home();
    env.write("mine.toml", format!("{CONFIG}template-keys = [\"{}\"]\n", key()));
    let with = |arguments: &[&str]| env.run(&[&["--config", "mine.toml"], arguments].concat());
    let verify = with(&["template", "verify", "acme"]);
    assert_eq!(verify.code, 0, "{verify:?}");
    assert_contains(&verify, &["ok   ", "acme.toml: signed by RW", "Acme Sync 2026.11"]);
    assert_eq!(with(&["template", "show", "acme"]).code, 0);
    let text = signed("acme.toml").replace("equals = true", "equals = false");
    for (name, bytes, words) in [
        ("vendors/acme.toml", text.as_str(), "not by a key that is pinned"),
        ("vendors/acme.toml.minisig", "untrusted comment: x\n", "minisign"),
    ] {
        let env = home();
        env.write("mine.toml", format!("{CONFIG}template-keys = [\"{}\"]\n", key()));
        env.write(name, bytes);
        for arguments in
            [&["template", "verify", "acme"][..], &["diff", "--template", "acme", "--org", "demo"]]
        {
            let run = env.run(&[&["--config", "mine.toml"], arguments].concat());
            assert_eq!(run.code, 1, "{run:?}");
            assert_contains(&run, &["is not verified", words]);
            assert_eq!(run.stdout, "");
        }
    }
    std::fs::remove_file(env.folder().join("vendors/acme.toml.minisig")).unwrap();
    assert_contains(&with(&["template", "verify", "acme"]), &["its signature", "cannot be read"]);
    assert_eq!(with(&["template", "verify", "gong"]).code, 1);
    // What builds on another file of the folder needs that one signed too.
    let none = env.run(&["template", "verify", "vendors/acme.toml"]);
    assert_eq!(none.code, 1);
    assert_contains(&none, &["no key is pinned"]);
    env.write("mine.toml", "template-keys = [\"RWnokey\"]\n");
    assert_contains(&with(&["template", "verify", "acme"]), &["is no key", "minisign.pub"]);
}

#[test]
fn a_pinned_key_holds_for_what_is_named_by_its_path_too() {
    let env = home();
    env.write("mine.toml", format!("{CONFIG}template-keys = [\"{}\"]\n", key()));
    env.write("vendors/un.toml", signed("acme.toml").replace("\"acme\"", "\"un\""));
    env.write("vendors/deeper/un.toml", signed("acme.toml").replace("\"acme\"", "\"un\""));
    env.write("beside.toml", signed("acme.toml").replace("\"acme\"", "\"beside\""));
    env.write(
        "ours.toml",
        "format = 1\ntemplate = { name = \"ours\", title = \"O\", version = \"1\", extends = \
         \"vendors/un.toml\" }\n",
    );
    let with = |arguments: &[&str]| env.run(&[&["--config", "mine.toml"], arguments].concat());
    for file in ["vendors/un.toml", "./vendors/../vendors/un.toml", "vendors/deeper/un.toml"] {
        for arguments in [
            &["template", "show", file][..],
            &["template", "check", file],
            &["template", "diff", file, "gong"],
            &["template", "test", file],
            &["diff", "--template", file, "--org", "demo"],
            &["deploy", "--template", file, "--org", "demo", "--yes"],
            &["package", "--template", file, "--from", ".", "--out", "p"],
        ] {
            let run = with(arguments);
            assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{arguments:?}: {run:?}");
            assert_contains(&run, &["is not verified"]);
        }
    }
    // What builds on such a one from elsewhere is refused too.
    for arguments in [&["template", "check", "ours.toml"][..], &["template", "show", "ours.toml"]] {
        let run = with(arguments);
        assert_eq!(run.code, 1, "{run:?}");
        assert_contains(&run, &["is not verified"]);
    }
    // What is signed, or lies elsewhere, is read; and where no key is pinned all is.
    for file in ["vendors/acme.toml", "beside.toml", "gong"] {
        assert_eq!(with(&["template", "show", file]).code, 0, "{file}");
    }
    assert_eq!(env.run(&["template", "show", "vendors/un.toml"]).code, 0);
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("vendors/un.toml", env.folder().join("link.toml")).unwrap();
        assert_eq!(with(&["template", "show", "link.toml"]).code, 1);
    }
}

#[test]
fn a_file_that_cannot_be_read_hides_no_other() {
    let env = home();
    env.write("mine.toml", format!("{CONFIG}template-keys = [\"{}\"]\n", key()));
    env.write("vendors/un.toml", signed("acme.toml").replace("\"acme\"", "\"un\""));
    let list = env.run(&["--config", "mine.toml", "template", "list"]);
    assert_eq!(list.code, 1, "{list:?}");
    assert!(list.stdout.contains("gong") && list.stdout.contains("Acme Sync"), "{list:?}");
    assert_contains(&list, &["un.toml` is not verified"]);
    env.write("sfsetup.toml", CONFIG);
    env.write("vendors/un.toml", "format = 1\n[template\n");
    let list = env.run(&["template", "list", "--format", "json"]);
    let found: serde_json::Value = serde_json::from_str(&list.stdout).unwrap();
    assert!(list.code == 1 && found["templates"].as_array().unwrap().len() > 17, "{list:?}");
    let failed = found["failed"][0].as_str().unwrap();
    assert!(failed.contains("un.toml") && !failed.contains('\u{1b}'), "{failed}");
    env.write("sfsetup.toml", "template-paths = [\"gone\"]\n");
    let list = env.run(&["template", "list"]);
    assert!(list.code == 1 && list.stdout.contains("gong"), "{list:?}");
}

/// A stranger's checkout must not show what else is on this machine.
#[cfg(unix)]
#[test]
fn a_link_out_of_a_found_project_is_not_followed() {
    let env = home();
    let elsewhere = Env::new();
    elsewhere.write("secret", "hush = hush\n");
    elsewhere.write("acme.toml", signed("acme.toml").replace("\"acme\"", "\"away\""));
    let link = |from: std::path::PathBuf, to: &str| {
        std::os::unix::fs::symlink(from, env.folder().join(to)).unwrap();
    };
    link(elsewhere.folder().join("secret"), "vendors/pw.toml");
    link(elsewhere.folder().join("acme.toml"), "vendors/away.toml");
    env.write("kept.txt", signed("acme.toml").replace("\"acme\"", "\"kept\""));
    link(env.folder().join("kept.txt"), "vendors/kept.toml");
    env.write("sfsetup.toml", CONFIG);
    for arguments in [
        &["template", "list"][..],
        &["template", "show", "pw"],
        &["template", "check", "pw"],
        &["diff", "--template", "pw", "--org", "demo"],
        &["template", "show", "away"],
    ] {
        let run = env.run(arguments);
        assert_eq!(run.code, 1, "{arguments:?}: {run:?}");
        assert_contains(&run, &["leads out of", "--config"]);
        assert!(!format!("{run:?}").contains("hush"), "{run:?}");
    }
    let list = env.run(&["template", "list"]);
    assert!(list.stdout.contains("kept") && !list.stdout.contains("away"), "{list:?}");
    // What is named counts, as it stands.
    let named = env.run(&["--config", "sfsetup.toml", "template", "show", "away"]);
    assert_eq!(named.code, 0, "{named:?}");
}

#[test]
fn a_found_configuration_leads_nowhere_out_of_its_folder() {
    let env = home();
    let elsewhere = Env::new();
    elsewhere.write("acme.toml", signed("acme.toml"));
    let outside = elsewhere.folder().to_str().unwrap().to_owned();
    let mut cases = vec![
        (format!("template-paths = [\"{outside}\"]\n"), "line 1"),
        ("template-paths = [\"../vendors\"]\n".to_owned(), "template-paths"),
        ("\ntemplate-paths = [\"vendors/../..\"]\n".to_owned(), "line 2"),
        (format!("{CONFIG}template-keys = [\"{}\"]\n", key()), "`template-keys`"),
    ];
    if cfg!(unix) {
        cases.push(("template-paths = [\"link\"]\n".to_owned(), "`link`"));
        #[cfg(unix)]
        std::os::unix::fs::symlink(&outside, env.folder().join("link")).unwrap();
    }
    for (text, words) in cases {
        env.write("sfsetup.toml", &text);
        for arguments in
            [&["template", "list"][..], &["diff", "--template", "acme", "--org", "demo"]]
        {
            let run = env.run(arguments);
            assert_eq!(run.code, 1, "{text}: {run:?}");
            assert_contains(&run, &["does not count", words, "--config"]);
        }
        // What is named counts, as it stands.
        let named = env.run(&["--config", "sfsetup.toml", "template", "list"]);
        assert!(!named.stderr.contains("does not count"), "{text}: {named:?}");
    }
}
