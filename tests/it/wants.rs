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
