//! Wants of every sort as they turn out on the demo org, before and after a deploy.

use crate::support::{Env, Run};

const HEAD: &str = "format = 1\n[template]\nname = \"t\"\ntitle = \"T\"\nversion = \"1\"\nsource = \
                    \"https://docs.example.com\"\nreviewed = 2026-11-23\n";

fn on_demo(env: &Env, command: &[&str], parts: &[&str]) -> Run {
    env.run(&[command, &["--template", "t.toml", "--org", "demo"], parts].concat())
}

fn write(env: &Env, steps: &str) {
    env.write("t.toml", format!("{HEAD}{steps}"));
}

#[test]
fn changes_that_are_published_by_a_deploy_are_not_left_by_it() {
    let env = Env::new();
    let parameters = "[parameters.objects]\ntitle = \"Objects\"\ntype = \"list\"\n";
    let step = "[[step]]\nid = \"a\"\ntitle = \"Changes\"\n\
        create = { component = \"PlatformEventChannelMember:ChangeEvents_{objects.member}\" }\n\
        want = [{ component = \"PlatformEventChannelMember:ChangeEvents_{objects.member}\", \
        path = \"eventChannel\", equals = \"ChangeEvents\" },\
        { component = \"PlatformEventChannelMember:ChangeEvents_{objects.member}\", \
        path = \"selectedEntity\", equals = \"{objects.event}\" },\
        { fact = \"cdc.member[{objects}]\", equals = true }]\n";
    write(&env, &format!("{parameters}{step}"));
    let objects = ["--set", "objects=Account,Invoice__c"];
    let check = env.run(&["template", "check", "t.toml"]);
    assert_eq!(check.code, 0, "{check:?}");
    assert_eq!(on_demo(&env, &["diff"], &objects).code, 2);
    let run = on_demo(&env, &["deploy", "--yes"], &objects);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stdout.contains("ChangeEvents_Invoice_ChangeEvent"), "{run:?}");
    assert!(!run.stdout.contains("Left, though it differs"), "{run:?}");
    assert_eq!(on_demo(&env, &["diff"], &objects).code, 0);
    let back = env.run(&["rollback", "--org", "demo", "--yes"]);
    assert_eq!(back.code, 0, "{back:?}");
    assert_eq!(on_demo(&env, &["diff"], &objects).code, 2);
}

/// The plan cannot know that the user has the set already that it changes.
#[test]
fn what_a_deploy_gives_a_user_in_passing_is_not_left_by_it() {
    let env = Env::new();
    write(
        &env,
        "[parameters.user]\ntitle = \"User\"\n[[step]]\nid = \"a\"\ntitle = \"A field\"\n\
         want = [{ component = \"PermissionSet:Warehouse_Sync\", path = \
         \"fieldPermissions[Account.Beacon_Score__c].readable\", equals = true },\
         { fact = \"user.field[Account.Beacon_Score__c].read\", equals = true }]\n",
    );
    let user = ["--set", "user=warehouse.sync@harbourlight.example.com"];
    let run = on_demo(&env, &["deploy", "--yes"], &user);
    assert!(run.stdout.contains("Left, though it differs"), "the plan leaves it: {run:?}");
    let end = run.stdout.split_once("Deployed and verified").unwrap().1;
    assert!(run.code == 0 && !end.contains("Left, though it differs"), "{run:?}");
}

#[test]
fn what_is_yet_to_be_made_is_compared_like_what_is_there() {
    let env = Env::new();
    write(
        &env,
        "[[step]]\nid = \"a\"\ntitle = \"A profile\"\n\
         create = { component = \"Profile:E4\", from = \"Profile:Standard\", \
         set = { custom = true, userLicense = \"Salesforce\" } }\n\
         want = [{ component = \"Profile:E4\", path = \"loginHours\", empty = true },\
         { component = \"Profile:E4\", path = \"loginIpRanges\", count = 2 },\
         { component = \"ProfileSessionSetting:E4\", path = \"sessionTimeout\", at-most = 120 }]\n",
    );
    let diff = on_demo(&env, &["diff"], &[]);
    for line in ["loginHours  + empty true", "loginIpRanges  + count 2", "+ at most 120"] {
        assert!(diff.stdout.contains(line), "{line}: {diff:?}");
    }
    // What is made without it is as it is wanted, and no setting to change.
    let run = on_demo(&env, &["deploy", "--yes"], &[]);
    assert!(!run.stdout.contains("+ loginHours"), "{run:?}");
    assert!(run.stdout.contains("+ userLicense"), "{run:?}");
}

#[test]
fn who_is_not_there_is_told_with_the_parameter_that_names_them() {
    let env = Env::new();
    let step = |of: &str| {
        format!(
            "[parameters.user]\ntitle = \"User\"\n[parameters.installer]\ntitle = \"Installer\"\n\
             default = \"\"\n[[step]]\nid = \"a\"\ntitle = \"A right\"\n\
             want = [{{ fact = \"user.is_active\", equals = true }},\
             {{ fact = \"user.permission[ApiEnabled]\", of = \"{of}\", equals = true }}]\n"
        )
    };
    let user = "user=warehouse.sync@harbourlight.example.com";
    write(&env, &step("{installer}"));
    let run = on_demo(&env, &["diff"], &["--set", user, "--set", "installer=nobody@example.com"]);
    assert!(run.stderr.contains("the parameter `installer`: there is no user"), "{run:?}");
    assert!(!run.stderr.contains("the parameter `user`"), "{run:?}");
    write(&env, &step("nobody@example.com"));
    let run = on_demo(&env, &["diff"], &["--set", user]);
    assert!(run.stderr.contains("warning: there is no user `nobody@example.com`"), "{run:?}");
    write(&env, &step("{installer}"));
    let both = ["--set", "user=nobody@example.com", "--set", "installer=nobody@example.com"];
    let run = on_demo(&env, &["diff"], &both);
    assert!(run.stderr.contains("the parameters `installer`, `user`: there is"), "{run:?}");
}

#[test]
fn a_condition_takes_any_of_several_flags() {
    let env = Env::new();
    let step = "[[step]]\nid = \"a\"\ntitle = \"A\"\nwant = [{ manual = \"x\" }]\n";
    for (values, applies) in [("[true]", false), ("[false, true]", true), ("[false]", true)] {
        write(&env, &format!("{step}when = {{ \"org.is_trial\" = {values} }}\n"));
        let run = on_demo(&env, &["diff"], &[]);
        assert_eq!(run.stdout.contains("1 to do by hand"), applies, "{values}: {run:?}");
    }
    for (values, said) in
        [("[1]", "never `1`"), ("[[true]]", "no list of its own"), ("[]", "empty")]
    {
        write(&env, &format!("{step}when = {{ \"org.is_trial\" = {values} }}\n"));
        let check = env.run(&["template", "check", "t.toml"]);
        assert!(check.code == 1 && check.stderr.contains(said), "{values}: {check:?}");
    }
}

#[test]
fn a_list_that_holds_nothing_wants_nothing() {
    let env = Env::new();
    for test in [
        "includes = [\"{list}\"]",
        "excludes = [\"{list}\"]",
        "includes = [\"{text}\"]",
        "excludes = [\"Api\", \"{text}\"]",
    ] {
        write(
            &env,
            &format!(
                "[parameters.list]\ntitle = \"L\"\ntype = \"list\"\ndefault = []\n\
                 [parameters.text]\ntitle = \"T\"\ndefault = \"\"\n[[step]]\nid = \"a\"\n\
                 title = \"A\"\nwant = [{{ component = \"ConnectedApp:Ampersand\", \
                 path = \"oauthConfig.scopes\", {test} }}]\n"
            ),
        );
        let run = on_demo(&env, &["diff"], &[]);
        assert!(run.stdout.contains("is not set") && run.code == 1, "{test}: {run:?}");
    }
    write(
        &env,
        "[parameters.text]\ntitle = \"T\"\ndefault = \"\"\n[[step]]\nid = \"a\"\ntitle = \"A\"\n\
         want = [{ component = \"Profile:Admin\", path = \"loginIpRanges\", inside = [\"{text}\"] }]\n",
    );
    let run = on_demo(&env, &["diff"], &[]);
    assert!(run.stdout.contains("is not set") && run.code == 1, "{run:?}");
}

#[test]
fn a_packages_version_is_compared_part_by_part() {
    let env = Env::new();
    let step = |test: &str| {
        format!(
            "[[step]]\nid = \"a\"\ntitle = \"A\"\n\
             want = [{{ fact = \"package.version[beacon]\", {test} }}]\n"
        )
    };
    // The demo org has 3.2.0.
    for (test, code) in [
        ("at-least = \"3.2\"", 0),
        ("at-least = \"3.10\"", 2),
        ("at-least = \"2.10.7\"", 0),
        ("at-most = \"3.10\"", 0),
        ("at-most = \"3.1.9\"", 2),
    ] {
        write(&env, &step(test));
        let run = on_demo(&env, &["diff"], &[]);
        assert_eq!(run.code, code, "{test}: {run:?}");
    }
    for (test, said) in [
        ("at-least = 1", "write it in quotes"),
        ("at-least = \"new\"", "such as \"1.10\""),
        ("at-least = 1.10", "such as \"1.10\""),
    ] {
        write(&env, &step(test));
        let check = env.run(&["template", "check", "t.toml"]);
        assert!(check.code == 1 && check.stderr.contains(said), "{test}: {check:?}");
    }
    write(&env, &step("at-least = \"1.4\"").replace("package.version[beacon]", "org.edition"));
    let check = env.run(&["template", "check", "t.toml"]);
    assert!(check.code == 1 && check.stderr.contains("is no number"), "{check:?}");
}

#[test]
fn what_the_demo_org_has_of_users_and_features_is_answered() {
    let env = Env::new();
    let sam = "sam.pereira@harbourlight.example.com";
    for (fact, wanted) in [
        ("user.language", "\"de\""),
        ("user.locale", "\"de_DE\""),
        ("user.role", "\"Lamp Sales\""),
        ("user.feature[MarketingUser]", "true"),
        ("user.feature[UserPermissionsSupportUser]", "false"),
        ("org.feature[Chatter]", "true"),
        ("org.feature[Knowledge]", "false"),
        ("org.feature[MultiCurrency]", "false"),
        ("org.feature[AccountTeams]", "false"),
        ("org.feature[DigitalExperiences]", "false"),
        ("org.feature[TerritoryManagement2]", "false"),
    ] {
        let parameter = "[parameters.user]\ntitle = \"User\"\n";
        write(
            &env,
            &format!(
                "{parameter}[[step]]\nid = \"a\"\ntitle = \"A\"\n\
                 want = [{{ fact = \"{fact}\", equals = {wanted} }}]\n"
            ),
        );
        let run = on_demo(&env, &["diff"], &["--set", &format!("user={sam}")]);
        assert_eq!(run.code, 0, "{fact}: {run:?}");
    }
}

#[test]
fn what_an_org_lacks_is_no_right_that_lacks() {
    let env = Env::new();
    let of = |fact: &str, test: &str| {
        let parameter = "[parameters.user]\ntitle = \"User\"\n";
        write(
            &env,
            &format!(
                "{parameter}[[step]]\nid = \"a\"\ntitle = \"A\"\n\
                 want = [{{ fact = \"{fact}\", {test} }}]\n"
            ),
        );
        on_demo(&env, &["diff"], &["--set", "user=sam.pereira@harbourlight.example.com"])
    };
    let run = of("org.feature[FieldService]", "equals = true");
    assert!(run.stdout.contains("the org has no Settings:FieldService"), "{run:?}");
    assert!(!run.stdout.contains("needs Modify Metadata"), "{run:?}");
    let run = of("user.currency", "equals = \"EUR\"");
    assert!(run.stdout.contains("(INVALID_FIELD)") && !run.stdout.contains("SELECT"), "{run:?}");
    // That a package is not there was seen.
    let run = of("package.version[amp]", "at-least = \"1.10\"");
    assert!(run.code == 2 && run.stdout.contains("1 missing"), "{run:?}");
    assert!(run.stdout.contains("the org has no package `amp`"), "{run:?}");
    let run = of("package.version[baecon]", "at-least = \"1.10\"");
    assert!(run.stdout.contains("did you mean `beacon`?"), "{run:?}");
}

/// An app that lets in the users of a set, which a step makes and no want speaks of.
fn app_with_set(create: &str) -> String {
    format!(
        "[[step]]\nid = \"app\"\ntitle = \"App\"\ndocs = \"https://docs.example.com\"\n\
         create = {{ component = \"ExternalClientApplication:Acme_W\", set = {{ contactEmail = \
         \"a@example.com\", distributionState = \"Local\", label = \"Acme W\" }} }}\n\
         want = [{{ component = \"ExternalClientApplication:Acme_W\", path = \
         \"distributionState\", equals = \"Local\" }},\
         {{ component = \"ExtlClntAppOauthSettings:Acme_W\", path = \
         \"commaSeparatedOauthScopes\", includes = [\"Api\"] }},\
         {{ component = \"ExtlClntAppGlobalOauthSettings:Acme_W\", path = \"callbackUrl\", \
         includes = [\"https://acme.example.com/back\"] }}]\n\
         [[step]]\nid = \"set\"\ntitle = \"Set\"\ndocs = \"https://docs.example.com\"\n{create}\n\
         want = [{{ component = \"ExtlClntAppOauthConfigurablePolicies:Acme_W\", path = \
         \"permittedUsersPolicyType\", equals = \"AdminApprovedPreAuthorized\" }},\
         {{ component = \"ExtlClntAppOauthConfigurablePolicies:Acme_W\", path = \
         \"commaSeparatedPermissionSet\", includes = [\"Acme_W_Users\"] }}]\n"
    )
}

#[test]
fn what_a_value_alone_names_is_asked_about_and_made() {
    let env = Env::new();
    let create = "create = { component = \"PermissionSet:Acme_W_Users\", set = { label = \"W\" } }";
    write(&env, &app_with_set(create));
    let check = env.run(&["template", "check", "t.toml"]);
    assert_eq!(check.code, 0, "{check:?}");
    let asks = env.run(&["template", "show", "t.toml", "--asks"]);
    assert!(asks.stdout.contains("Acme_W_Users"), "{asks:?}");
    let run = on_demo(&env, &["deploy", "--yes"], &[]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stdout.contains("PermissionSet Acme_W_Users  is made"), "{run:?}");
    assert_eq!(on_demo(&env, &["diff"], &[]).code, 0);
    // What is there is not made again.
    let back = env.run(&["rollback", "--org", "demo", "--yes"]);
    assert_eq!(back.code, 0, "{back:?}");
    write(
        &env,
        &app_with_set(&create.replace("Acme_W_Users", "Warehouse_Sync"))
            .replace("Acme_W_Users", "Warehouse_Sync"),
    );
    let run = on_demo(&env, &["deploy", "--yes"], &[]);
    assert!(run.code == 0 && !run.stdout.contains("PermissionSet Warehouse"), "{run:?}");
}

#[test]
fn a_set_that_a_user_is_to_have_is_made_where_a_step_says_how() {
    let env = Env::new();
    write(
        &env,
        "[parameters.user]\ntitle = \"User\"\n[[step]]\nid = \"a\"\ntitle = \"A\"\n\
         docs = \"https://docs.example.com\"\n\
         create = { component = \"PermissionSet:Acme_Empty\", set = { label = \"E\" } }\n\
         want = [{ fact = \"user.permission_set[Acme_Empty]\", equals = true }]\n",
    );
    assert_eq!(env.run(&["template", "check", "t.toml"]).code, 0);
    let user = ["--set", "user=sam.pereira@harbourlight.example.com"];
    let run = on_demo(&env, &["deploy", "--yes"], &user);
    assert!(run.code == 0 && run.stdout.contains("PermissionSet Acme_Empty  is made"), "{run:?}");
    assert_eq!(on_demo(&env, &["diff"], &user).code, 0);
}

#[test]
fn what_nothing_speaks_of_and_a_step_would_make_is_a_mistake() {
    let env = Env::new();
    let create = "create = { component = \"PermissionSet:Acme_Others\", set = { label = \"W\" } }";
    write(&env, &app_with_set(create));
    let check = env.run(&["template", "check", "t.toml"]);
    assert_eq!(check.code, 1, "{check:?}");
    let words = "step `set` makes PermissionSet:Acme_Others, and nothing asks whether it is there";
    assert!(check.stdout.contains(words), "{check:?}");
    // A name that the org lacks and that no step makes is missing, and never sent.
    let diff = on_demo(&env, &["diff"], &[]);
    assert!(diff.stdout.contains("no permission set `Acme_W_Users`"), "{diff:?}");
    // A parameter that has the same name by default speaks of it.
    let holder = "[parameters.holder]\ntitle = \"H\"\ntype = \"component\"\ndefault = \
                  \"PermissionSet:Acme_H\"\n[[step]]\nid = \"h\"\ntitle = \"H\"\ndocs = \
                  \"https://docs.example.com\"\n";
    for (create, want, code) in [
        ("{holder}", "{holder}", 0),
        ("PermissionSet:{holder.name}", "{holder}", 0),
        ("PermissionSet:Acme_H", "{holder}", 0),
        ("PermissionSet:Acme_I", "{holder}", 1),
        ("{holder}", "Profile:Admin", 1),
    ] {
        let step = format!(
            "{holder}create = {{ component = \"{create}\", set = {{ label = \"H\" }} }}\nwant = \
             [{{ component = \"{want}\", path = \"userPermissions[ApiEnabled].enabled\", equals = \
             true }}, {{ manual = \"{{holder}}\" }}]\n"
        );
        write(&env, &step);
        let check = env.run(&["template", "check", "t.toml"]);
        assert_eq!(check.code, code, "{create} {want}: {check:?}");
    }
}

#[test]
fn a_step_that_asks_nothing_since_a_list_is_empty_is_told() {
    let env = Env::new();
    let lists = "[parameters.fields]\ntitle = \"F\"\ntype = \"list\"\ndefault = []\n\
                 [parameters.on]\ntitle = \"On\"\ntype = \"flag\"\ndefault = true\n";
    let of_list = "{ component = \"Profile:Admin\", path = \
                   \"fieldPermissions[{fields}].readable\", equals = true }";
    let other = "{ fact = \"org.api_access\", equals = true }";
    let step = |id: &str, rest: &str| format!("[[step]]\nid = \"{id}\"\ntitle = \"T\"\n{rest}\n");
    let steps = [
        step("only", &format!("want = [{of_list}]")),
        step("hand", &format!("want = [{{ manual = \"m\", confirm = {of_list} }}]")),
        step("both", &format!("want = [{of_list}, {other}]")),
        step("off", &format!("when = {{ on = false }}\nwant = [{of_list}]")),
    ];
    write(&env, &format!("{lists}{}", steps.join("")));
    let note = "the list `fields` is empty: step `only` asks for nothing, steps `hand`, `both` ask \
                for less";
    let diff = on_demo(&env, &["diff"], &[]);
    let text = diff.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains(note), "{diff:?}");
    let json = on_demo(&env, &["diff"], &["--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json["orgs"][0]["notes"], serde_json::json!([note]));
    let plan = on_demo(&env, &["deploy", "--yes"], &[]);
    let text = plan.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains(note), "{plan:?}");
    let given = on_demo(&env, &["diff"], &["--set", "fields=Account.Name", "--format", "json"]);
    assert!(!given.stdout.contains("is empty"), "{given:?}");
}

#[test]
fn a_step_that_is_left_out_need_not_be_right() {
    let env = Env::new();
    let parameters = "[parameters.object]\ntitle = \"O\"\ndefault = \"\"\n[parameters.mode]\n\
                      title = \"M\"\ndefault = \"a\"\n";
    let want = "want = [{ component = \"Profile:Admin\", path = \
                \"objectPermissions[{object}].allowRead\", equals = true }]";
    let always = "[[step]]\nid = \"b\"\ntitle = \"B\"\nwant = [{ fact = \"org.api_access\", \
                  equals = true }]\n";
    for (when, fact) in [
        ("mode = \"b\"", ""),
        (
            "\"user.object[{object}].read\" = true, mode = \"b\"",
            "[parameters.user]\ntitle = \"U\"\n\
          default = \"\"\n",
        ),
    ] {
        let step = format!("[[step]]\nid = \"a\"\ntitle = \"A\"\nwhen = {{ {when} }}\n{want}\n");
        write(&env, &format!("{parameters}{fact}{step}{always}"));
        let run = on_demo(&env, &["diff"], &[]);
        assert!(run.code == 0 && run.stdout.contains("1 in sync"), "{when}: {run:?}");
        let run = on_demo(&env, &["diff"], &["--set", "mode=b"]);
        assert!(run.code == 64 && run.stderr.contains("step `a`"), "{when}: {run:?}");
    }
}

#[test]
fn the_set_of_an_own_app_is_made_before_the_app_lets_it_in() {
    let env = Env::new();
    let values = ["app_kind=own", "contact_email=it@example.com", "holder=PermissionSet:Acme_G"];
    let values: Vec<&str> = values.iter().flat_map(|value| ["--set", *value]).collect();
    let gemini = [&["--template", "gemini-enterprise", "--org", "demo"], &values[..]].concat();
    let run = env.run(&[&["deploy", "--yes"], &gemini[..]].concat());
    assert!(run.stdout.contains("PermissionSet Acme_G  is made"), "{run:?}");
    assert!(run.stdout.contains("Deployed and verified"), "{run:?}");
    let run = env.run(&[&["diff", "--format", "json"], &gemini[..]].concat());
    let json: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let findings = json["orgs"][0]["findings"].as_array().unwrap();
    let of_set = findings.iter().find(|one| one["step"] == "pre-authorized-set").unwrap();
    assert_eq!(of_set["state"], "in-sync", "{of_set}");
}

#[test]
fn an_empty_list_takes_its_proof_or_alternative_along_and_nothing_else() {
    let env = Env::new();
    let sets = "[parameters.sets]\ntitle = \"S\"\ntype = \"list\"\ndefault = []\n";
    let of_list = "{ component = \"PermissionSet:{sets}\", path = \"label\", equals = \"L\" }";
    let step =
        |id: &str, want: &str| format!("[[step]]\nid = \"{id}\"\ntitle = \"T\"\nwant = [{want}]\n");
    let steps = [
        step("hand", &format!("{{ manual = \"Buy it\", confirm = {of_list} }}")),
        step("each", &format!("{{ manual = \"Buy {{sets}}\", confirm = {of_list} }}")),
        step(
            "any",
            &format!("{{ any = [{of_list}, {{ fact = \"org.is_trial\", equals = true }}] }}"),
        ),
    ];
    write(&env, &format!("{sets}{}", steps.join("")));
    let json = on_demo(&env, &["diff"], &["--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    let told = json["orgs"][0]["findings"].as_array().unwrap();
    let told: Vec<_> = told.iter().map(|one| (&one["step"], &one["state"])).collect();
    assert_eq!(
        serde_json::json!(told),
        serde_json::json!([["hand", "manual"], ["any", "differs"]])
    );
    let page = env.run(&["template", "show", "t.toml", "--set", "sets="]);
    assert!(page.stdout.contains("Buy it"), "{page:?}");
}

#[test]
fn what_only_a_left_out_step_speaks_of_need_not_be_given() {
    let env = Env::new();
    let parameters = "[parameters.mode]\ntitle = \"M\"\ntype = \"choice\"\nchoices = \
                      [\"read\", \"write\"]\ndefault = \"read\"\n[parameters.never]\n\
                      title = \"N\"\n";
    let fact = "{ fact = \"org.api_access\", equals = true }";
    let write_step = "when = { mode = \"write\" }\nwant = [{ component = \
                      \"PermissionSet:{never}\", path = \"label\", equals = \"L\" }]\n";
    let steps = format!(
        "[[step]]\nid = \"a\"\ntitle = \"A\"\nwant = [{fact}]\n[[step]]\nid = \"b\"\n\
         title = \"B\"\n{write_step}"
    );
    write(&env, &format!("{parameters}{steps}"));
    let run = on_demo(&env, &["diff"], &[]);
    assert_eq!(run.code, 0, "{run:?}");
    let run = on_demo(&env, &["diff"], &["--set", "mode=write"]);
    assert!(run.code == 1 && run.stderr.contains("no value is given for `never`"), "{run:?}");
}

#[test]
fn what_cannot_stay_goes_along_unless_a_step_wants_it() {
    let env = Env::new();
    let want = |path: &str, value: bool| {
        format!(
            "{{ component = \"Profile:Standard\", path = \
             \"fieldPermissions[Account.Phone].{path}\", equals = {value} }},"
        )
    };
    let step = |wants: &str| format!("[[step]]\nid = \"a\"\ntitle = \"A\"\nwant = [{wants}]\n");
    // One step that wants both is a contradiction of the org's, and no internal error.
    write(&env, &step(&(want("readable", false) + &want("editable", true))));
    let plan = on_demo(&env, &["deploy", "--yes"], &[]);
    assert!(plan.stdout.contains("needs it, and a step wants that"), "{plan:?}");
    write(&env, &step(&want("readable", false)));
    let plan = on_demo(&env, &["deploy", "--yes"], &[]);
    assert!(plan.code == 0 && plan.stdout.contains("needs readable on Account.Phone"), "{plan:?}");
    let diff = on_demo(&env, &["diff"], &[]);
    assert_eq!(diff.code, 0, "{diff:?}");
    let back = env.run(&["rollback", "--org", "demo", "--yes"]);
    assert_eq!(back.code, 0, "{back:?}");
}

#[test]
fn two_answers_of_one_fact_contradict_one_another() {
    let env = Env::new();
    for (first, second, code) in [
        ("equals = \"Enterprise Edition\"", "equals = \"Unlimited Edition\"", 1),
        (
            "equals = \"Enterprise Edition\"",
            "one-of = [\"Enterprise Edition\", \"Developer Edition\"]",
            0,
        ),
    ] {
        let want = |test: &str| format!("{{ fact = \"org.edition\", {test} }}");
        let wants = format!("{}, {}", want(first), want(second));
        write(&env, &format!("[[step]]\nid = \"a\"\ntitle = \"A\"\nwant = [{wants}]\n"));
        let check = env.run(&["template", "check", "t.toml"]);
        assert_eq!(check.code, code, "{check:?}");
        let is_told = check.stdout.contains("different answers of org.edition");
        assert_eq!(is_told, code == 1, "{check:?}");
    }
}
