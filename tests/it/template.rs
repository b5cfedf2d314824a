//! `sfsetup template` as a process, and the other commands that need no metadata.

use serde_json::Value;

use crate::support::Env;

#[test]
fn the_list_names_every_shipped_template() {
    let env = Env::new();
    let run = env.run(&["template", "list"]);
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    let run = env.run(&["template", "list", "--format", "json"]);
    let list: Value = serde_json::from_str(&run.stdout).unwrap();
    let names: Vec<&str> = list["templates"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["name"].as_str().unwrap())
        .collect();
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    let mut files: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            entry.unwrap().file_name().to_str().unwrap().trim_end_matches(".toml").to_owned()
        })
        .collect();
    files.sort();
    assert_eq!(names, files, "templates/ and template/builtin.rs differ");
    assert!(
        list["templates"][0]["title"].is_string() && list["templates"][0]["version"].is_string()
    );
}

/// The list in lines, without colours, and how the command ended.
fn listed(env: &Env, arguments: &[&str]) -> (i32, Vec<String>) {
    let run = env.run(&[&["template", "list"], arguments].concat());
    (run.code, run.stdout.lines().map(str::to_owned).collect())
}

#[test]
fn the_list_fits_a_terminal_and_each_heading_stands_once() {
    let env = Env::new();
    for by in ["purpose", "vendor", "sign-in"] {
        let (code, lines) = listed(&env, &["--by", by]);
        assert_eq!(code, 0);
        let wide: Vec<&String> = lines.iter().filter(|line| line.chars().count() > 80).collect();
        assert!(wide.is_empty(), "{by}: {wide:#?}");
        let mut headings: Vec<&String> =
            lines.iter().filter(|line| !line.is_empty() && !line.starts_with(' ')).collect();
        let count = headings.len();
        headings.dedup();
        assert_eq!(headings.len(), count, "{by}");
    }
}

#[test]
fn the_list_is_narrowed_by_words_group_and_way_of_signing_in() {
    let env = Env::new();
    let names = |arguments: &[&str]| {
        let run = env.run(&[&["template", "list", "--format", "json"], arguments].concat());
        assert_eq!(run.code, 0, "{run:?}");
        let list: Value = serde_json::from_str(&run.stdout).unwrap();
        list["templates"].as_array().unwrap().clone()
    };
    let found = names(&["--sign-in", "jwt-bearer", "--group", "skeletons"]);
    let [only] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(only["name"], "jwt-bearer");
    assert_eq!(only["sign_in"], serde_json::json!(["jwt-bearer"]));
    assert_eq!((&only["grade"], &only["source_read"]), (&"A".into(), &"whole".into()));
    assert_eq!(only["group"], "Skeletons to start from");
    assert!(only["source"].is_string() && only["reviewed"].is_string());
    let found = names(&["okta", "user", "password"]);
    assert!(found.iter().any(|row| row["name"] == "okta-provisioning"), "{found:?}");
    assert!(names(&["nothingofthekind"]).is_empty());
    let whole = names(&[]).len();
    let both = names(&["--sign-in", "web-server", "--sign-in", "username-password"]).len();
    assert!(both > 0 && both < whole);
    // A slip is told, and not answered by an empty list.
    let run = env.run(&["template", "list", "--group", "Markting"]);
    assert_eq!((run.code, run.stdout.as_str()), (64, ""));
    assert!(run.stderr.contains("did you mean `Marketing`?"), "{}", run.stderr);
    let run = env.run(&["template", "list", "--sign-in", "password"]);
    assert_eq!(run.code, 64);
    assert!(run.stderr.contains("username-password"), "{}", run.stderr);
}

#[test]
fn a_template_is_shown_for_programs() {
    let env = Env::new();
    let run = env.run(&["template", "show", "ampersand", "--format", "json"]);
    let shown: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(shown["parameters"][1]["name"], "app");
    assert_eq!(shown["parameters"][1]["required"], true);
    assert!(shown["steps"].as_array().unwrap().len() > 20);
}

#[test]
fn a_file_is_checked_and_all_its_mistakes_are_shown() {
    let env = Env::new();
    assert_eq!(env.run(&["template", "check", "ampersand"]).code, 0);
    env.write(
        "mine.toml",
        "format = 1\n[template]\nname = \"mine\"\ntitle = \"Mine\"\nversion = \"1\"\nsource = \
         \"here\"\nreviewed = 2026-11-23\n\n[[step]]\nid = \"a\"\ntitel = \"A\"\nwant = \
         [{ component = \"ConnectedApp:X\", path = \"oauthPolicy.ipRelaxation\", equals = \"RELAXED\" }]\n",
    );
    let run = env.run(&["template", "check", "mine.toml"]);
    assert_eq!((run.code, run.stdout.as_str()), (1, ""));
    for part in [
        "mine.toml:11:1",
        "did you mean `title`?",
        "`title` is missing",
        "mine.toml:12:",
        "ENFORCE",
        "^",
    ] {
        assert!(run.stderr.contains(part), "{part} is not in\n{}", run.stderr);
    }
    let run = env.run(&["template", "check", "mine.toml", "--format", "json"]);
    assert_eq!(run.code, 1);
    let checked: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(checked["ok"], false);
    assert_eq!(checked["mistakes"].as_array().unwrap().len(), 3);
    assert_eq!(env.run(&["diff", "--template", "mine.toml", "--from", "."]).code, 1);
}

/// What is wrong by its form, by its names and as a whole is told in one run, each at its line.
#[test]
fn mistakes_of_every_sort_are_told_at_once_each_at_its_own_line() {
    let env = Env::new();
    let head = "format = 1\n[template]\nname = \"mine\"\ntitle = \"Mine\"\nversion = \"1\"\nsource = \
                \"here\"\nreviewed = 2026-11-23\n[parameters.user]\ntitle = \"User\"\n";
    let steps = "[[step]]\nid = \"a\"\ntitel = \"A\"\nwant = [\n  \
                 { fact = \"org.edition\", equals = \"Enterprise\" },\n  \
                 { component = \"ConnectedApp:X\", path = \"oauthPolicy.ipRelaxation\", equals = \"RELAXED\" },\n  \
                 { any = [\n    { fact = \"user.is_active\", equals = true },\n    \
                 { component = \"Profile:*\", path = \"custom\", equals = true },\n  ] },\n]\n";
    env.write("mine.toml", format!("{head}{steps}"));
    let run = env.run(&["template", "check", "mine.toml"]);
    assert_eq!((run.code, run.stdout.as_str()), (1, ""));
    for part in [
        "mine.toml:12:1",
        "did you mean `title`?",
        "mine.toml:14:3",
        "did you mean `Enterprise Edition`?",
        "mine.toml:15:",
        "ENFORCE",
        "mine.toml:18:5",
        "`*` stands for none",
    ] {
        assert!(run.stderr.contains(part), "{part} is not in\n{}", run.stderr);
    }
    let run = env.run(&["template", "check", "mine.toml", "--format", "json"]);
    let checked: Value = serde_json::from_str(&run.stdout).unwrap();
    let lines = checked["mistakes"].as_array().unwrap().iter().map(|one| one["line"].as_u64());
    let lines: Vec<u64> = lines.flatten().collect();
    assert_eq!(lines, [10, 12, 14, 15, 18], "{checked:#}");
    // Without what is wrong in its form the same is told, at the same lines.
    let whole = format!("{head}{steps}").replace("titel", "title").replace("RELAXED", "BYPASS");
    env.write("mine.toml", whole);
    let run = env.run(&["template", "check", "mine.toml"]);
    assert_eq!(run.code, 1, "{run:?}");
    for part in ["mine.toml:14: error: ", "mine.toml:18: error: ", "2 mistakes"] {
        assert!(run.stdout.contains(part), "{part} is not in\n{}", run.stdout);
    }
}

#[test]
fn a_template_that_is_too_large_by_itself_is_found_without_an_org() {
    let env = Env::new();
    let list = |name: &str, count: usize| {
        let elements: Vec<String> = (0..count).map(|at| format!("\"{name}{at}\"")).collect();
        format!(
            "[parameters.{name}]\ntitle = \"{name}\"\ntype = \"list\"\ndefault = [{}]\n",
            elements.join(", ")
        )
    };
    let head = "format = 1\n[template]\nname = \"mine\"\ntitle = \"Mine\"\nversion = \"1\"\nsource = \
                \"here\"\nreviewed = 2026-11-23\n";
    let need = "[parameters.more]\ntitle = \"More\"\ntype = \"list\"\n";
    let one = "{ component = \"Profile:{a}\", path = \"fieldPermissions[{b}.{more}].readable\", \
               equals = true }";
    for (sizes, want, found) in [
        ((100, 200), one.to_owned(), None),
        ((100, 201), one.to_owned(), Some("these lists make 20100 settings")),
        ((100, 100), format!("{one},\n{one}"), None),
        ((100, 101), format!("{one},\n{one}"), Some("make 10100 settings to look at after 10100")),
        ((100, 101), format!("{{ any = [{one},\n{one}] }}"), Some("make 20200 settings")),
    ] {
        let (a, b) = (list("a", sizes.0), list("b", sizes.1));
        let step = format!(
            "[[step]]\nid = \"s\"\ntitle = \"S\"\ndocs = \"https://x\"\nwant = [\n{want}]\n"
        );
        env.write("mine.toml", format!("{head}{a}{b}{need}{step}"));
        let run = env.run(&["template", "check", "mine.toml"]);
        assert_eq!(run.code, i32::from(found.is_some()), "{sizes:?}: {run:?}");
        if let Some(words) = found {
            let at =
                if words.contains("after") { "mine.toml:25: error" } else { "mine.toml:24: error" };
            assert!(run.stdout.contains(words) && run.stdout.contains(at), "{run:?}");
            assert!(run.stdout.contains("`a` has 100, `b` has"), "{run:?}");
        }
    }
}

const HEAD: &str = "format = 1\n[template]\nname = \"mine\"\ntitle = \"Mine\"\nversion = \
                    \"1\"\nsource = \"https://x.example.com\"\nreviewed = 2026-11-23\n";

fn step(id: &str, rest: &str) -> String {
    format!("[[step]]\nid = \"{id}\"\ntitle = \"S\"\ndocs = \"https://x.example.com\"\n{rest}\n")
}

/// What an org would refuse is found without one.
#[test]
fn what_no_package_can_make_is_found_without_an_org() {
    let env = Env::new();
    let made = |component: &str, set: &str, path: &str| {
        format!(
            "create = {{ component = \"{component}\", set = {{ {set} }} }}\nwant = [{{ component = \
             \"{component}\", path = \"{path}\", equals = true }}]"
        )
    };
    let site = "url = \"https://a.example.com\", isActive = true, disableProtocolSecurity = false";
    let nonsense = made("RemoteSiteSetting:A", &format!("{site}, nonsense = true"), "alsoNonsense");
    env.write(
        "mine.toml",
        [
            HEAD,
            &step("elements", &nonsense),
            &step("name", &made("PermissionSet:Ac me", "label = \"A\"", "hasActivationRequired")),
            &step("path", &made("CustomPermission:../../../evil", "label = \"A\"", "isLicensed")),
            &step("less", &made("CustomObject:Foo__c", "label = \"A\"", "enableReports")),
        ]
        .concat(),
    );
    let run = env.run(&["template", "check", "mine.toml"]);
    assert_eq!(run.code, 1, "{run:?}");
    for words in [
        "sets RemoteSiteSetting:A nonsense: it has no element `nonsense`",
        "wants RemoteSiteSetting:A alsoNonsense: it has no element `alsoNonsense`",
        "names PermissionSet:Ac me, which no org can have",
        "names CustomPermission:../../../evil, which no org can have",
        "makes CustomObject:Foo__c without `deploymentStatus`, `nameField`, `pluralLabel`",
    ] {
        assert!(run.stdout.contains(words), "`{words}` is not in\n{}", run.stdout);
    }
    // A name that comes by a parameter is not made either.
    let set = made("PermissionSet:{set}", "label = \"A\"", "hasActivationRequired");
    let text = format!("{HEAD}[parameters.set]\ntitle = \"Set\"\n{}", step("set", &set));
    env.write("mine.toml", text);
    for (name, is_made) in [("Ac_me", true), ("Ac me", false), ("9x", false)] {
        let value = format!("set={name}");
        let arguments = ["--template", "mine.toml", "--org", "demo", "--set", &value, "--yes"];
        let run = env.run(&[&["deploy"], &arguments[..]].concat());
        assert_eq!(run.stdout.contains("is made"), is_made, "{run:?}");
        assert_eq!(run.stdout.contains("nothing of that name can"), !is_made, "{run:?}");
    }
}

/// A mistake of `check` is one wherever the template is used.
#[test]
fn a_feature_that_nobody_knows_is_the_same_mistake_everywhere() {
    let env = Env::new();
    let want = "want = [{ fact = \"org.feature[EventLogFile]\", equals = true }]";
    env.write("mine.toml", format!("{HEAD}{}", step("feature", want)));
    let words = "asks for the feature `EventLogFile`, of which nobody can tell";
    for arguments in [
        &["template", "check", "mine.toml"][..],
        &["diff", "--template", "mine.toml", "--org", "demo"],
    ] {
        let run = env.run(arguments);
        assert_eq!((run.code, run.stderr.matches(words).count()), (1, 1), "{run:?}");
    }
    let by_parameter = want.replace("EventLogFile", "{feature}");
    let text = format!("{HEAD}[parameters.feature]\ntitle = \"F\"\n{}", step("f", &by_parameter));
    env.write("mine.toml", text);
    let arguments = ["diff", "--template", "mine.toml", "--org", "demo"];
    let run = env.run(&[&arguments[..], &["--set", "feature=EventLogFile"]].concat());
    assert!(run.code != 0 && run.stderr.contains(words), "{run:?}");
}

#[test]
fn what_only_an_org_knows_is_said_at_the_end() {
    let env = Env::new();
    let told = |want: &str| {
        let text = format!(
            "{HEAD}[parameters.user]\ntitle = \"User\"\n{}",
            step("a", &format!("want = [{{ {want} }}]"))
        );
        env.write("mine.toml", text);
        let run = env.run(&["template", "check", "mine.toml"]);
        assert_eq!(run.code, 0, "{run:?}");
        run.stderr
    };
    for (want, sorts) in [
        ("fact = \"user.permission_set[X]\", equals = true", "permission sets"),
        ("fact = \"user.profile\", equals = \"Acme\"", "profiles"),
        ("fact = \"user.object[Invoice__c].read\", equals = true", "objects"),
        ("fact = \"package.installed[acme]\", equals = true", "packages"),
        (
            "component = \"ConnectedApp:{user}\", path = \"profileName\", includes = [\"X\"]",
            "connected apps, profiles",
        ),
        (
            "component = \"Profile:{user}\", path = \"layoutAssignments[Account].layout\", equals = \
             \"Account-X\"",
            "objects, page layouts, profiles",
        ),
    ] {
        let words = format!("names that only an org knows are not checked: {sorts};");
        let said = told(want);
        assert!(said.contains(&words), "{want}: {said}");
    }
    let said = told("fact = \"user.license\", equals = \"Salesforce\"");
    assert!(!said.contains("only an org knows"), "{said}");
}

#[test]
fn all_that_is_no_toml_is_told_at_once() {
    let env = Env::new();
    env.write("mine.toml", "format = 1\n[template]\nname = x\ntitle = \"T\"\nversion = = 1\n");
    let run = env.run(&["template", "check", "mine.toml", "--format", "json"]);
    let checked: Value = serde_json::from_str(&run.stdout).unwrap();
    let lines = checked["mistakes"].as_array().unwrap().iter().map(|one| one["line"].as_u64());
    let mut lines: Vec<u64> = lines.flatten().collect();
    lines.dedup();
    assert_eq!(lines, [3, 5], "{checked:#}");
}

#[test]
fn the_schema_is_json_and_names_are_checked() {
    let env = Env::new();
    let schema: Value = serde_json::from_str(&env.run(&["template", "schema"]).stdout).unwrap();
    assert_eq!(schema["title"], "sfsetup template, format 1");
    let run = env.run(&["template", "show", "no-such"]);
    assert_eq!(run.code, 1);
    assert!(run.stderr.contains("template list"), "{}", run.stderr);
    assert_eq!(env.run(&["template", "show", "."]).code, 1);
    env.write("latin.toml", b"format = 1 # \xe9\n");
    let run = env.run(&["template", "check", "latin.toml"]);
    assert!(run.code == 1 && run.stderr.contains("UTF-8"), "{}", run.stderr);
}

#[test]
fn completions_and_manual_pages_are_written() {
    let env = Env::new();
    for shell in ["bash", "zsh", "fish", "powershell"] {
        assert!(env.run(&["completions", shell]).stdout.contains("sfsetup"), "{shell}");
    }
    assert_eq!(env.run(&["man", "pages"]).code, 0);
    assert!(env.folder().join("pages/sfsetup-diff.1").is_file());
}

#[test]
fn the_readme_shows_what_the_program_prints() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(folder.join("README.md")).unwrap();
    let printed = crate::output::shown(&Env::new(), "diff --template ampersand --org demo");
    let picture = readme.split("```text\n").nth(1).unwrap().split("```").next().unwrap();
    for line in picture.lines().filter(|line| !line.is_empty() && *line != "...") {
        assert!(
            printed.lines().any(|known| known == line),
            "the README shows `{line}`, which is not printed"
        );
    }
}

#[test]
fn help_is_a_snapshot() {
    let env = Env::new();
    let mut text = String::new();
    for arguments in [
        &["--help"][..],
        &["diff", "--help"],
        &["package", "--help"],
        &["deploy", "--help"],
        &["rollback", "--help"],
        &["waive", "--help"],
        &["config", "--help"],
        &["template", "--help"],
        &["template", "show", "--help"],
        &["template", "new", "--help"],
        &["template", "test", "--help"],
    ] {
        let help = env.run(arguments).stdout;
        text = format!("{text}$ sfsetup {}\n{help}\n", arguments.join(" "));
    }
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false, snapshot_path => "snapshots" }, {
        insta::assert_snapshot!("help", text);
    });
}
