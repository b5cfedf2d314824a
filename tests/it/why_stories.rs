//! `why` on every story that the demo org plays, as a person at night goes: the alert's text, what
//! the org has recorded, the way out, and another look.

use std::fmt::Write as _;

use serde_json::{Value as Json, json};
use sfsetup::demo::{Faults, Mend, Store, Story, serve};

use crate::json::document;
use crate::lab::Lab;
use crate::stories::let_in;
use crate::support::{Env, Run, finish};

const USER: &str = "ampersand.integration@harbourlight.example.com";
const WHY: [&str; 6] = ["why", "-q", "--template", "ampersand", "--org", "demo"];
const DEPLOY: [&str; 6] = ["deploy", "--template", "ampersand", "--org", "demo", "--yes"];
const DIFF: [&str; 5] = ["diff", "--template", "ampersand", "--org", "demo"];
const OVER: &str = "invalid_grant: expired access/refresh token";

/// What is found of each story: the verdict, the rule, and what must stand beside it.
const FOUND: [(Story, &str, &str); 18] = [
    (Story::EvictedByApproval, "consistent", "evicted-by-approval"),
    (Story::RefreshPolicyZero, "cause", "refresh-policy-zero"),
    (Story::IdleLimit, "consistent", "idle-limit"),
    (Story::IpEnforced, "cause", "ip-enforced"),
    (Story::UserFrozen, "cause", "user-frozen"),
    (Story::UserInactive, "cause", "user-inactive"),
    (Story::PasswordExpired, "consistent", "password-expired"),
    (Story::PasswordFlowBlocked, "cause", "password-flow-blocked"),
    (Story::AssignmentExpired, "cause", "assignment-expired"),
    (Story::AppBlocked, "cause", "app-blocked"),
    (Story::ApiAccessControl, "cause", "api-access-control"),
    (Story::NotInstalled, "cause", "not-installed"),
    (Story::SecretRotated, "cause", "secret-rotated"),
    (Story::ApiLimit, "cause", "api-limit"),
    (Story::FieldAccess, "cause", "field-access"),
    (Story::LoginHours, "cause", "login-hours"),
    (Story::SandboxRefreshed, "consistent", "sandbox-refreshed"),
    (Story::TokenReused, "consistent", "token-reused"),
];

/// Runs the program in UTC, and sees that it shows nothing secret.
fn run(env: &Env, line: &[&str]) -> Run {
    let mut command = env.command();
    command.env("TZ", "UTC0").args(line);
    let run = finish(command.output().unwrap());
    let shown = format!("{run:?}");
    for secret in
        ["5Aep", "00DWs0000008Dem!", "ampersand-secret", "eca-secret", "a-secret-that-nobody-shows"]
    {
        assert!(!shown.contains(secret), "{secret}: {shown}");
    }
    run
}

/// Breaks the org; returns the day of last night.
fn broken(env: &Env, stories: &[&str]) -> jiff::civil::Date {
    let run = run(env, &[&["demo", "break", "--format", "json"], stories].concat());
    assert_eq!(run.code, 0, "{run:?}");
    let json: Json = serde_json::from_str(&run.stdout).unwrap();
    json["stopped"].as_str().unwrap()[..10].parse().unwrap()
}

/// Asks why, of the demo org.
fn asked(env: &Env, more: &[&str], code: i32) -> Json {
    let run = run(env, &[&WHY[..], more, &["--format", "json"]].concat());
    assert_eq!(run.code, code, "{run:?}");
    document(&run.stdout, "why", &run)
}

/// What stands first: the cause, or what fits best.
fn first(found: &Json) -> &Json {
    if found["cause"].is_null() { &found["consistent"][0] } else { &found["cause"] }
}

/// A line with days told from last night on.
fn by_days(line: &str, night: jiff::civil::Date) -> String {
    let mut out = line.to_owned();
    for days in 0..120 {
        let day = night - jiff::Span::new().days(days);
        let name = if days == 0 { "LAST-NIGHT".to_owned() } else { format!("NIGHT-{days}") };
        out = out.replace(&day.to_string(), &name);
    }
    out
}

#[test]
fn each_story_is_told_first_and_in_one_line() {
    let env = Env::new();
    let mut table = String::new();
    for (story, verdict, rule) in FOUND {
        let night = broken(&env, &[story.name()]);
        let found = asked(&env, &[], 2);
        let hit = first(&found);
        assert_eq!((&found["verdict"], &hit["rule"]), (&verdict.into(), &rule.into()), "{found:#}");
        // Nothing else is wrong, and nothing that could not be seen is called well.
        assert_eq!(found["also"], json!([]), "{found:#}");
        let rights: Vec<&Json> =
            found["unseen"].as_array().unwrap().iter().map(|one| &one["right"]).collect();
        assert!(rights.iter().all(|right| right.is_null()), "{found:#}");
        if verdict == "consistent" {
            assert_ne!(hit["fit"], "possible", "{found:#}");
            assert!(!hit["looks_at"].as_str().unwrap().is_empty());
        }
        let way = &hit["way_out"];
        match story.mend() {
            Mend::Package => assert_eq!(
                way["package"], "sfsetup deploy --template ampersand --org demo",
                "{found:#}"
            ),
            // Of one page no source has the address.
            Mend::ByHand => assert!(
                way["by_hand"].is_string()
                    && way["quick_find"].is_string()
                    && (way["setup_url"].is_string() || story == Story::PasswordFlowBlocked),
                "{found:#}"
            ),
            Mend::Vendor => assert!(way["at_the_vendor"].is_string(), "{found:#}"),
        }
        let text = run(&env, &WHY);
        assert_eq!(text.code, 2, "{text:?}");
        let line = text.stdout.lines().next().unwrap();
        assert_eq!(found["summary"], line, "{text:?}");
        let _ = writeln!(table, "{}\n    {}", story.name(), by_days(line, night));
    }
    assert_eq!(FOUND.len(), Story::ALL.len());
    insta::assert_snapshot!("why_stories", table);
}

#[test]
fn of_two_at_once_both_are_told_and_the_cause_first() {
    let env = Env::new();
    for (stories, rule, also) in [
        (["ip-enforced", "user-frozen"], "user-frozen", "ip-enforced"),
        (["refresh-policy-zero", "app-blocked"], "refresh-policy-zero", "app-blocked"),
        (["login-hours", "user-inactive"], "user-inactive", "login-hours"),
        (["secret-rotated", "assignment-expired"], "secret-rotated", "assignment-expired"),
        (
            ["evicted-by-approval", "refresh-policy-zero"],
            "refresh-policy-zero",
            "evicted-by-approval",
        ),
        (["idle-limit", "user-inactive"], "user-inactive", "idle-limit"),
    ] {
        broken(&env, &stories);
        let found = asked(&env, &[], 2);
        assert_eq!(found["cause"]["rule"], rule, "{found:#}");
        let rest: Vec<&Json> =
            found["also"].as_array().unwrap().iter().map(|one| &one["rule"]).collect();
        assert_eq!(rest, [also], "{found:#}");
    }
}

#[test]
fn where_nothing_is_wrong_nothing_in_the_org_explains_it() {
    let env = Env::new();
    assert_eq!(run(&env, &DEPLOY).code, 0);
    let found = asked(&env, &[], 0);
    assert_eq!((&found["verdict"], &found["also"]), (&"nothing".into(), &json!([])), "{found:#}");
    let text = run(&env, &WHY).stdout;
    let line = "Nothing that the org has recorded explains it";
    assert!(text.lines().next().unwrap().starts_with(line), "{text}");
    assert!(text.contains("at the vendor look at the exact error"), "{text}");
}

/// From the alert's text to the fixed, verified org in three commands.
#[test]
fn three_commands_lead_from_an_alert_to_an_org_that_is_fixed() {
    let env = Env::new();
    for (story, alert) in [
        ("refresh-policy-zero", OVER),
        ("ip-enforced", "invalid_grant: ip restricted"),
        ("assignment-expired", "invalid_app_access: user is not admin approved to access this app"),
        ("field-access", "INVALID_FIELD: No such column 'Industry' on entity 'Account'"),
    ] {
        broken(&env, &[story]);
        let found = asked(&env, &["--error", alert], 2);
        assert_eq!(found["cause"]["rule"], story, "{found:#}");
        let command = found["cause"]["way_out"]["package"].as_str().unwrap();
        let line: Vec<&str> = command.split(' ').skip(1).collect();
        assert_eq!(line, DEPLOY[..5], "{found:#}");
        let fixed = run(&env, &DEPLOY);
        assert_eq!(fixed.code, 0, "{fixed:?}");
        assert_eq!(run(&env, &DIFF).code, 0);
        // What stopped it is not so any more.
        let found = asked(&env, &[], 2);
        assert_eq!(found["other_steps"], json!([]), "{found:#}");
        let cause = &found["cause"];
        let is_over = cause["rule"] == story && cause["over"].is_string();
        // Of a policy nobody says that it was another.
        assert!(is_over || story == "refresh-policy-zero" && cause.is_null(), "{found:#}");
    }
}

#[test]
fn an_alert_alone_leads_to_the_story_among_others() {
    let env = Env::new();
    for (story, alert) in [
        ("evicted-by-approval", OVER),
        ("idle-limit", OVER),
        ("token-reused", OVER),
        ("sandbox-refreshed", OVER),
        ("user-frozen", "invalid_grant: inactive user"),
        ("user-inactive", "inactive_user"),
        ("password-expired", "INVALID_OPERATION_WITH_EXPIRED_PASSWORD: expired"),
        ("password-flow-blocked", "invalid_grant: authentication failure"),
        ("app-blocked", "OAUTH_APP_BLOCKED: this app is blocked by admin"),
        ("api-access-control", "OAUTH_APP_BLOCKED"),
        ("not-installed", "invalid_client: app must be installed into org"),
        ("secret-rotated", "invalid_client: invalid client credentials"),
        ("api-limit", "REQUEST_LIMIT_EXCEEDED: TotalRequests Limit exceeded."),
        ("login-hours", "invalid_grant: ip restricted or invalid login hours"),
    ] {
        let run = run(&env, &["why", "-q", "--error", alert, "--format", "json"]);
        assert_eq!(run.code, 2, "{run:?}");
        let possible = document(&run.stdout, "why", &run)["possible"].clone();
        let named = possible.as_array().unwrap().iter().find(|one| one["rule"] == story);
        assert!(named.is_some_and(|one| one["is_usual"] == true), "{story}: {possible:#}");
        // With the org the same alert leads to the story itself.
        broken(&env, &[story]);
        let found = asked(&env, &["--error", alert], 2);
        assert_eq!(first(&found)["rule"], story, "{found:#}");
    }
}

/// Who has no template sees what was changed, and a later change of it proves nothing.
#[test]
fn without_a_template_the_app_and_the_user_are_named() {
    let env = Env::new();
    for story in [Story::FieldAccess, Story::AssignmentExpired, Story::TokenReused] {
        broken(&env, &[story.name()]);
        let line = ["why", "-q", "--app", "Ampersand", "--user", USER, "--org", "demo"];
        let run = run(&env, &[&line[..], &["--format", "json"]].concat());
        assert_eq!(run.code, 2, "{run:?}");
        let found = document(&run.stdout, "why", &run);
        assert_eq!(first(&found)["rule"], story.name(), "{found:#}");
        assert_eq!(found["fix"], Json::Null);
        let way = &first(&found)["way_out"];
        assert!(way["by_hand"].is_string() || way["at_the_vendor"].is_string(), "{found:#}");
    }
}

/// What a deploy mends is what its plan mends: an assignment that ran out stands in its way, and one
/// that is not there it makes.
#[test]
fn by_package_is_what_the_plan_of_a_deploy_mends() {
    let env = Env::new();
    broken(&env, &["assignment-expired"]);
    env.write(
        "let-in.toml",
        r#"
        format = 1
        [template]
        name = "let-in"
        title = "Who is let in"
        version = "2026.11"
        source = "https://docs.example.com/salesforce"
        reviewed = 2026-11-23
        [parameters.app]
        title = "The app"
        type = "text"
        default = "Ampersand"
        [parameters.user]
        title = "The user"
        type = "text"
        [[step]]
        id = "assigned"
        title = "The user has the permission set"
        want = [{ fact = "user.permission_set[Ampersand_Access]", equals = true }]
        [[step]]
        id = "besides"
        title = "And another"
        want = [{ fact = "user.permission_set[Report_Builder]", equals = true }]
        "#,
    );
    let user = format!("user={USER}");
    let line = ["why", "-q", "--template", "let-in.toml", "--set", &user, "--org", "demo"];
    let run = run(&env, &[&line[..], &["--format", "json"]].concat());
    let found = document(&run.stdout, "why", &run);
    let cause = &found["cause"];
    assert_eq!(
        (&cause["rule"], &cause["step"]["step"]),
        (&"assignment-expired".into(), &"assigned".into())
    );
    assert_eq!(cause["way_out"]["package"], Json::Null, "{found:#}");
    let other = &found["other_steps"][0];
    assert_eq!(
        (&other["step"], &other["is_packaged"]),
        (&"besides".into(), &true.into()),
        "{found:#}"
    );
}

/// Who is shown little is told what was not seen, and that it was not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_shown_nothing_has_no_answer() {
    let store = Store::in_memory();
    store.play(&[Story::IpEnforced]).unwrap();
    let other = store.token_of("warehouse.sync@harbourlight.example.com").unwrap();
    let own = store.token_of(USER).unwrap();
    let lab = Lab::new(store, Faults::none()).await;
    let line = ["why", "-q", "--app", "Ampersand", "--user", USER, "--format", "json"];
    let as_one = async |token: &str, code: i32| {
        let mut command = lab.command(&line);
        command.env("SF_ACCESS_TOKEN", token);
        let run = lab.finished(command).await;
        assert_eq!(run.code, code, "{run:?}");
        document(&run.stdout, "why", &run)
    };
    let found = as_one(&other, 1).await;
    assert_eq!((&found["verdict"], &found["cause"]), (&"blind".into(), &Json::Null), "{found:#}");
    assert_eq!(found["consistent"], json!([]), "{found:#}");
    assert_eq!(found["ruled_out"], json!([]), "{found:#}");
    // The integration's own user sees its own sign-ins and what was changed, and not the policies.
    let found = as_one(&own, 2).await;
    assert_eq!(found["stop"]["shown_by"], "sign-ins", "{found:#}");
    assert_eq!(found["cause"]["rule"], "ip-enforced", "{found:#}");
    let unseen = found["unseen"].as_array().unwrap().iter();
    let rights: Vec<&str> = unseen.filter_map(|one| one["right"].as_str()).collect();
    assert!(rights.contains(&"Manage Users"), "{found:#}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn grants_of_an_external_client_app_are_asked_of_the_usage_api() {
    let running = serve(Store::in_memory(), None, Faults::none()).await.unwrap();
    let lab = Lab { running, env: std::sync::Arc::new(Env::new()) };
    let_in(&lab.running).await;
    let line = ["why", "-q", "--app", "Ampersand_ECA", "--user", USER, "--error", OVER];
    let run = lab.run(&[&line[..], &["--format", "json"]].concat()).await;
    let found = document(&run.stdout, "why", &run);
    // The apps, the app's users, the user's tokens.
    assert_eq!(lab.count("apps"), 3, "{:?}", lab.running.calls());
    let granted = found["timeline"].as_array().unwrap().iter();
    let granted: Vec<&Json> = granted.filter(|one| one["kind"] == "grant").collect();
    assert!(granted.len() == 1 && granted[0]["what"] == "Ampersand_ECA", "{found:#}");
    let out = found["ruled_out"].as_array().unwrap();
    assert!(out.iter().any(|one| one["rule"] == "evicted-by-approval"), "{found:#}");
    assert!(!format!("{run:?}").contains("revoke?token"), "{run:?}");
}
