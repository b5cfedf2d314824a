//! Templates that stand on one another, that are checked together, and that a project or an org
//! changes.

use serde_json::Value as Json;

use crate::support::{Env, Run};

const CHILD: &str = "format = 1\n[template]\nname = \"acme\"\ntitle = \"Acme\"\nversion = \"1\"\n\
                     extends = \"ampersand\"\n";
const OTHER: &str = "format = 1\n[template]\nname = \"other\"\ntitle = \"Other\"\nversion = \"1\"\n\
                     source = \"https://other.example.com\"\nreviewed = 2026-11-23\n\
                     [parameters.app]\ntitle = \"App\"\n[[step]]\nid = \"zero\"\ntitle = \"Expires \
                     at once\"\ndocs = \"https://other.example.com/zero\"\nwant = \
                     [{ component = \"ConnectedApp:{app}\", path = \
                     \"oauthPolicy.refreshTokenPolicy\", equals = \"zero\" }]\n";

fn report(run: &Run) -> Json {
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:?}"))
}

fn findings(report: &Json) -> Vec<&Json> {
    report["orgs"][0]["findings"].as_array().unwrap().iter().collect()
}

fn diff(env: &Env, more: &[&str]) -> Json {
    let mut arguments = vec!["diff", "--org", "demo", "--format", "json"];
    arguments.extend(more);
    report(&env.run(&arguments))
}

#[test]
fn a_template_adds_changes_and_drops_steps_of_another() {
    let env = Env::new();
    env.write(
        "acme.toml",
        format!(
            "{CHILD}[parameters.read]\ndefault = [\"Case\"]\n[[step]]\nid = \"refresh-token\"\n\
             level = \"recommended\"\n[[step]]\nid = \"own\"\ntitle = \"Own\"\ndocs = \
             \"https://acme.example.com\"\nwant = [{{ component = \"Profile:{{profile}}\", path = \
             \"userPermissions[RunReports].enabled\", equals = true }}]\n[[drop]]\nstep = \
             \"install-app\"\nreason = \"another team installs it\"\n"
        ),
    );
    assert_eq!(env.run(&["template", "check", "acme.toml"]).code, 0);
    let report = diff(&env, &["--template", "acme.toml"]);
    let of = |step: &str| {
        findings(&report)
            .into_iter()
            .filter(move |finding| finding["step"] == step)
            .collect::<Vec<_>>()
    };
    assert_eq!(of("refresh-token")[0]["level"], "recommended");
    assert_eq!(of("refresh-token")[0]["comparison"], "equals");
    assert_eq!(of("own")[0]["state"], "in-sync");
    assert!(of("install-app").is_empty());
    assert_eq!(of("read-objects").len(), 3, "the default of the parameter is the child's");
    let template = &report["templates"][0];
    assert!(template["extends"].as_str().unwrap().starts_with("ampersand "));
    assert_eq!(template["dropped"][0]["reason"], "another team installs it");
    let page = env.run(&["template", "show", "acme.toml"]).stdout;
    assert!(
        page.contains("builds on ampersand")
            && page.contains("left out: ")
            && page.contains("another team installs it"),
        "{page}"
    );
}

#[test]
fn a_template_may_stand_on_a_file_beside_it_and_never_on_itself() {
    let env = Env::new();
    env.write("base/other.toml", OTHER);
    env.write("base/child.toml", CHILD.replace("ampersand", "other.toml"));
    assert_eq!(env.run(&["template", "check", "base/child.toml"]).code, 0);
    env.write("base/a.toml", CHILD.replace("ampersand", "b.toml"));
    env.write("base/b.toml", CHILD.replace("ampersand", "a.toml"));
    let run = env.run(&["template", "check", "base/a.toml"]);
    assert!(run.code == 1 && run.stderr.contains("stands on itself"), "{run:?}");
    env.write("base/c.toml", CHILD.replace("ampersand", "ampersnad"));
    let run = env.run(&["template", "check", "base/c.toml"]);
    assert!(run.code == 1 && run.stderr.contains("did you mean `ampersand`"), "{run:?}");
}

#[test]
fn mistakes_in_what_is_changed_point_to_their_lines() {
    let env = Env::new();
    for (rest, said) in [
        ("[[drop]]\nstep = \"refresh-tokn\"\nreason = \"x\"\n", "did you mean `refresh-token`"),
        ("[[drop]]\nstep = \"refresh-token\"\n", "`reason` is missing"),
        ("[parameters.read]\ntype = \"text\"\n", "inherited parameter stays"),
        ("[[step]]\nid = \"new\"\n", "`title` is missing"),
        (
            "[[step]]\nid = \"refresh-token\"\nwant = [{ component = \"ConnectedApp:{ap}\", path = \
             \"label\", equals = \"x\" }]\n",
            "did you mean `app`",
        ),
    ] {
        env.write("acme.toml", format!("{CHILD}{rest}"));
        let run = env.run(&["template", "check", "acme.toml"]);
        assert!(
            run.code == 1 && run.stderr.contains(said) && run.stderr.contains("acme.toml:"),
            "{rest}: {run:?}"
        );
    }
}

#[test]
fn several_templates_are_checked_in_one_run() {
    let env = Env::new();
    env.write("other.toml", OTHER.replace("\"zero\" }", "\"infinite\" }"));
    let report = diff(
        &env,
        &["--template", "ampersand", "--template", "other.toml", "--set", "app=Ampersand"],
    );
    let of = |template: &str| {
        findings(&report).into_iter().filter(|finding| finding["template"] == template).count()
    };
    assert!(of("ampersand") > 10);
    assert_eq!(of("other"), 1);
    assert!(
        report["template"]["name"].as_str().unwrap().contains("ampersand, other"),
        "{}",
        report["template"]
    );
    // A value for one of them alone.
    let report = diff(
        &env,
        &["--template", "ampersand", "--template", "other.toml", "--set", "other.app=Elsewhere"],
    );
    let app = |template: &str| {
        findings(&report).into_iter().find(|finding| {
            finding["template"] == template && finding["path"] == "oauthPolicy.refreshTokenPolicy"
        })
    };
    assert_eq!(app("ampersand").unwrap()["component"]["full_name"], "Ampersand");
    assert_eq!(app("other").unwrap()["component"]["full_name"], "Elsewhere");
}

#[test]
fn what_two_templates_want_differently_is_said_before_anything_else() {
    let env = Env::new();
    env.write("other.toml", OTHER);
    for command in ["diff", "deploy"] {
        let run = env.run(&[
            command,
            "--template",
            "ampersand",
            "--template",
            "other.toml",
            "--set",
            "app=Ampersand",
            "--org",
            "demo",
        ]);
        assert!(run.code == 1 && run.stdout.is_empty(), "{run:?}");
        for part in [
            "ConnectedApp:Ampersand oauthPolicy.refreshTokenPolicy",
            "infinite",
            "zero",
            "withampersand.com",
            "other.example.com/zero",
        ] {
            assert!(run.stderr.contains(part), "{part}: {run:?}");
        }
        assert!(!run.stderr.contains("retrieving"), "{run:?}");
    }
}

#[test]
fn a_project_and_an_org_change_a_template_in_sfsetup_toml() {
    let env = Env::new();
    env.write("other.toml", OTHER);
    env.write(
        "sfsetup.toml",
        "[overlay.other]\n[[overlay.other.step]]\nid = \"zero\"\nlevel = \"recommended\"\n\
         [orgs.demo.parameters]\napp = \"Ampersand\"\n[[orgs.demo.overlay.other.drop]]\nstep = \
         \"zero\"\nreason = \"agreed with the vendor\"\n",
    );
    let report = diff(&env, &["--template", "other.toml"]);
    assert!(findings(&report).is_empty(), "{report}");
    assert_eq!(report["templates"][0]["dropped"][0]["reason"], "agreed with the vendor");
    // What holds for the org does not hold for files.
    let app = std::fs::read(format!(
        "{}/connectedApps/Ampersand.connectedApp",
        crate::support::fixture("drifted")
    ))
    .unwrap();
    env.write("files/connectedApps/Ampersand.connectedApp", app);
    let run = env.run(&[
        "diff",
        "--template",
        "other.toml",
        "--from",
        "files",
        "--set",
        "app=Ampersand",
        "--format",
        "json",
    ]);
    assert_eq!(findings(&self::report(&run))[0]["level"], "recommended", "{run:?}");
    env.write(
        "sfsetup.toml",
        "[overlay.other]\n[[overlay.other.step]]\nid = \"zero\"\ntitel = \"x\"\n",
    );
    let run =
        env.run(&["diff", "--template", "other.toml", "--org", "demo", "--set", "app=Ampersand"]);
    assert!(
        run.code == 1
            && run.stderr.contains("sfsetup.toml:4")
            && run.stderr.contains("did you mean `title`"),
        "{run:?}"
    );
}

#[test]
fn a_saved_plan_of_several_templates_is_stale_when_one_of_them_changes() {
    let env = Env::new();
    env.write("other.toml", OTHER.replace("\"zero\" }", "\"infinite\" }"));
    let both = [
        "--template",
        "ampersand",
        "--template",
        "other.toml",
        "--set",
        "app=Ampersand",
        "--org",
        "demo",
    ];
    let saved = [&["diff"], both.as_slice(), &["--save-plan", "plan.json"]].concat();
    assert_eq!(env.run(&saved).code, 2);
    env.write(
        "other.toml",
        OTHER.replace("\"zero\" }", "\"infinite\" }").replace("Expires", "Lapses"),
    );
    let run = env.run(&["deploy", "--plan", "plan.json", "--org", "demo", "--yes"]);
    assert!(run.code == 3 && run.stderr.contains("other.toml"), "{run:?}");
    env.write("other.toml", OTHER.replace("\"zero\" }", "\"infinite\" }"));
    assert_eq!(env.run(&["deploy", "--plan", "plan.json", "--org", "demo", "--yes"]).code, 0);
}

#[test]
fn check_finds_what_contradicts_what_nobody_uses_and_what_is_needed_too() {
    let env = Env::new();
    let template = OTHER
        .replace("[[step]]", "[parameters.idle]\ntitle = \"Idle\"\ndefault = \"\"\n[[step]]")
        + "[[step]]\nid = \"infinite\"\ntitle = \"Never expires\"\nwant = \
           [{ component = \"ConnectedApp:{app}\", path = \"oauthPolicy.refreshTokenPolicy\", \
           equals = \"infinite\" }]\n[[step]]\nid = \"contract\"\ntitle = \"Contracts\"\ndocs = \
           \"https://other.example.com\"\nwant = \
           [{ component = \"Profile:X\", path = \"objectPermissions[Contract].allowRead\", equals = true }, { component = \"Profile:X\", path = \"fieldPermissions[Lead.X__c].hidden\", equals = false }]\n";
    env.write("t.toml", &template);
    let run = env.run(&["template", "check", "t.toml"]);
    assert_eq!(run.code, 1, "{run:?}");
    for part in [
        "t.toml:10: note: no step uses the parameter `idle`",
        "`zero` and `infinite` want different things",
        "step `infinite` has no `docs`",
        "which needs Read on Account",
        "has no more from version",
        "1 mistake",
    ] {
        assert!(run.stdout.contains(part), "{part}: {run:?}");
    }
    let json = report(&env.run(&["template", "check", "t.toml", "--format", "json"]));
    assert_eq!(json["ok"], false);
    assert_eq!(json["mistakes"].as_array().unwrap().len(), 1);
    // Steps that never apply together do not contradict.
    let choice = "[parameters.kind]\ntitle = \"Kind\"\ntype = \"choice\"\nchoices = [\"a\", \"b\"]\
                  \ndefault = \"a\"\n[[step]]";
    let apart = OTHER
        .replace("[[step]]", choice)
        .replace("id = \"zero\"", "id = \"zero\"\nwhen = { kind = \"a\" }")
        + "[[step]]\nid = \"infinite\"\ntitle = \"Never expires\"\nwhen = { kind = \"b\" }\ndocs = \
           \"https://x\"\nwant = [{ component = \"ConnectedApp:{app}\", path = \
           \"oauthPolicy.refreshTokenPolicy\", equals = \"infinite\" }]\n";
    env.write("t.toml", apart);
    let run = env.run(&["template", "check", "t.toml"]);
    assert!(run.code == 0 && run.stdout.starts_with("other: no mistakes"), "{run:?}");
}

/// A template's own steps that contradict one another are findings for whoever looks, and no plan
/// can be made of them.
#[test]
fn steps_of_one_template_that_contradict_each_other_are_named_before_a_plan_is_made() {
    let env = Env::new();
    let step = |id: &str, path: &str, test: &str| {
        format!(
            "[[step]]\nid = \"{id}\"\ntitle = \"T\"\nwant = [{{ component = \
             \"ConnectedApp:Ampersand\", path = \"{path}\", {test} }}]\n"
        )
    };
    for (path, one, other) in [
        ("oauthPolicy.ipRelaxation", "equals = \"BYPASS\"", "equals = \"ENFORCE\""),
        ("profileName", "includes = [\"Admin\"]", "excludes = [\"System Administrator\"]"),
    ] {
        let head = "format = 1\n[template]\nname = \"t\"\ntitle = \"T\"\nversion = \"1\"\nsource = \
                    \"s\"\nreviewed = 2026-11-23\n";
        env.write(
            "t.toml",
            format!("{head}{}{}", step("first-step", path, one), step("second-step", path, other)),
        );
        assert_eq!(env.run(&["diff", "--template", "t.toml", "--org", "demo"]).code, 2);
        for command in [
            &["diff", "--save-plan", "p.json"][..],
            &["package", "--out", "p"],
            &["deploy", "--yes"],
        ] {
            let run = env.run(&[command, &["--template", "t.toml", "--org", "demo"]].concat());
            assert_eq!(run.code, 1, "{run:?}");
            for words in
                ["the template wants different things of one setting", "first-step", "second-step"]
            {
                assert!(
                    run.stderr.contains(words) && !run.stderr.contains("internal error"),
                    "{words}: {run:?}"
                );
            }
        }
    }
}

#[test]
fn a_parameter_may_take_fewer_choices_than_where_it_comes_from() {
    let env = Env::new();
    let head = |name: &str| {
        format!("format = 1\n[template]\nname = \"{name}\"\ntitle = \"T\"\nversion = \"1\"\n")
    };
    let base = format!(
        "{}source = \"https://docs.example.com\"\nreviewed = 2026-11-23\n\
         [parameters.holder]\ntitle = \"H\"\ntype = \"component\"\ndefault = \"Profile:Acme\"\n\
         [parameters.mode]\ntitle = \"M\"\ntype = \"choice\"\nchoices = [\"a\", \"b\", \"c\"]\n\
         default = \"a\"\n[[step]]\nid = \"s\"\ntitle = \"S\"\ndocs = \"https://docs.example.com\"\n\
         create = {{ component = \"{{holder}}\", from = \"Profile:Standard\", set = {{ label = \
         \"L\", custom = true, userLicense = \"Salesforce\" }} }}\nwant = [{{ component = \
         \"{{holder}}\", path = \"userPermissions[ApiEnabled].enabled\", equals = true }}]\n\
         [[step]]\nid = \"p\"\ntitle = \"P\"\ndocs = \"https://docs.example.com\"\nwhen = {{ \
         holder = \"Profile\", mode = \"a\" }}\nwant = [{{ component = \"{{holder}}\", path = \
         \"custom\", equals = true }}]\n",
        head("base")
    );
    env.write("base.toml", base);
    let child = |rest: &str| {
        let text = format!("{}extends = \"base.toml\"\n{rest}", head("child"));
        env.write("child.toml", text);
        env.run(&["template", "check", "child.toml"])
    };
    let narrowed = "[parameters.holder]\nchoices = [\"PermissionSet\"]\n";
    for (rest, said) in [
        (narrowed.to_owned(), "`Profile:Acme` by default, which is left out here"),
        (
            format!("{narrowed}default = \"Profile:Acme\"\n"),
            "must be `Type:full name`, of one of its types",
        ),
        (
            "[parameters.holder]\nchoices = [\"PermissionSte\"]\n".to_owned(),
            "did you mean `PermissionSet`",
        ),
        ("[parameters.mode]\nchoices = [\"b\", \"c\"]\n".to_owned(), "`a` by default"),
        ("[parameters.mode]\nchoices = []\n".to_owned(), "one choice is left at least"),
    ] {
        let check = child(&rest);
        assert!(check.code == 1 && check.stderr.contains(said), "{rest}: {check:?}");
    }
    let check = child(&format!(
        "{narrowed}default = \"PermissionSet:Acme_Few\"\n[parameters.mode]\nchoices = [\"a\"]\n"
    ));
    assert_eq!(check.code, 0, "{check:?}");
    let page = env.run(&["template", "show", "child.toml"]).stdout;
    assert!(page.contains("PermissionSet:..; default") && !page.contains("Profile:.."), "{page}");
    let on_demo = ["--template", "child.toml", "--org", "demo"];
    let run = env.run(&[&["diff"], on_demo.as_slice(), &["--set", "mode=b"]].concat());
    assert!(run.code != 0 && run.stderr.contains("is one of a, not `b`"), "{run:?}");
    let run = env.run(&[&["diff"], on_demo.as_slice(), &["--set", "holder=Profile:X"]].concat());
    assert!(run.stderr.contains("is a PermissionSet, not a `Profile`"), "{run:?}");
    // What only a profile has is still left out.
    let run = env.run(&[&["deploy", "--yes"], on_demo.as_slice()].concat());
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stdout.contains("PermissionSet Acme_Few  is made"), "{run:?}");
    assert!(!run.stdout.contains("userLicense"), "{run:?}");
}
