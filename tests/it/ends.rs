//! What ends by itself: certificates, assignments, passwords; and that what has ended gives nothing.

use serde_json::{Value as Json, json};
use sfsetup::demo::{Faults, Store};

use crate::lab::Lab;
use crate::support::{Env, Run};

const HEAD: &str = "format = 1\n[template]\nname = \"acme\"\ntitle = \"Acme\"\nversion = \"1\"\nsource = \
                    \"https://docs.example.com\"\nreviewed = 2026-11-23\n";
const APP: &str = "[[step]]\nid = \"ip\"\ntitle = \"IP\"\nwant = [{ component = \
                   \"ConnectedApp:Acme\", path = \"oauthPolicy.ipRelaxation\", equals = \"ENFORCE\" }]\n";
const CERTIFICATE: &str = include_str!("../../fixtures/certificates/acme.pem");

/// A folder with an app, and the text of its certificate.
fn home(certificate: &str) -> Env {
    let env = Env::new();
    env.write("acme.toml", format!("{HEAD}{APP}"));
    env.write(
        "org/package.xml",
        "<Package xmlns=\"http://soap.sforce.com/2006/04/metadata\"><types><members>Acme</members>\
         <name>ConnectedApp</name></types><version>67.0</version></Package>",
    );
    env.write(
        "org/connectedApps/Acme.connectedApp",
        format!(
            "<ConnectedApp xmlns=\"http://soap.sforce.com/2006/04/metadata\">\n    <label>Acme</label>\n    \
             <oauthConfig>\n        <callbackUrl>https://acme.example.com</callbackUrl>\n        \
             {certificate}\n    </oauthConfig>\n    <oauthPolicy>\n        \
             <ipRelaxation>ENFORCE</ipRelaxation>\n    </oauthPolicy>\n</ConnectedApp>\n"
        ),
    );
    env
}

fn within(env: &Env, time: &str, more: &[&str]) -> Run {
    let diff = ["diff", "--template", "acme.toml", "--from", "org", "--expires-within", time];
    env.run(&[&diff, more].concat())
}

fn findings(run: &Run) -> Vec<Json> {
    let document = crate::json::document(&run.stdout, "diff", run);
    document["orgs"][0]["findings"].as_array().unwrap().clone()
}

fn of<'f>(findings: &'f [Json], path: &str) -> &'f Json {
    findings.iter().find(|one| one["path"] == path || one["fact"] == path).unwrap()
}

#[test]
fn a_certificate_that_ends_soon_differs_in_every_form() {
    // It is 27 November, and the certificate ends on 15 December.
    let env = home(&format!("<certificate>{CERTIFICATE}</certificate>"));
    let run = within(&env, "30d", &["--format", "json"]);
    assert_eq!(run.code, 2, "{run:?}");
    let found = findings(&run);
    let one = of(&found, "oauthConfig.certificate");
    assert_eq!((&one["state"], &one["comparison"]), (&"differs".into(), &"valid-for".into()));
    assert_eq!(
        (&one["actual"], &one["desired"]),
        (&"2026-12-15T00:00:00Z".into(), &json!(["30d"]))
    );
    assert!(one["location"]["line"].as_u64().unwrap() > 4, "{one}");
    for format in ["text", "jsonl", "csv", "sarif", "junit", "markdown", "html"] {
        let run = within(&env, "30d", &["--format", format]);
        assert_eq!(run.code, 2, "{format}");
        let plain = run.stdout.replace('\\', "");
        assert!(plain.contains("2026-12-15T00:00:00Z"), "{format}: {}", run.stdout);
        assert!(!plain.contains("BEGIN CERTIFICATE"), "{format}");
    }
    assert_eq!(within(&env, "17d", &[]).code, 0);
    let waived = "templates = [\"acme.toml\"]\n[[waiver]]\nstep = \"expires/certificates\"\nreason \
                  = \"R\"\nexpires = 2026-12-01\n";
    env.write("sfsetup.toml", waived);
    assert_eq!(env.run(&["diff", "--from", "org", "--expires-within", "30d"]).code, 0);
    env.write("sfsetup.toml", "templates = [\"acme.toml\"]\n");
    let waive = ["waive", "expires/certificates", "--reason", "R", "--expires", "2026-12-01"];
    assert_eq!(env.run(&waive).code, 0);
    assert_eq!(env.run(&["diff", "--from", "org", "--expires-within", "30d"]).code, 0);
    let wrong = within(&env, "soon", &[]);
    assert!(wrong.code == 64 && wrong.stderr.contains("12h, 30d or 4w"), "{wrong:?}");
}

#[test]
fn what_is_not_there_does_not_end_and_what_cannot_be_read_is_not_observed() {
    let found = |certificate: &str| {
        let run = within(&home(certificate), "30d", &["--format", "json"]);
        assert_eq!(run.code, 0, "{run:?}");
        of(&findings(&run), "oauthConfig.certificate")["state"].as_str().unwrap().to_owned()
    };
    assert_eq!(found(""), "in-sync");
    assert_eq!(found("<certificate>lost</certificate>"), "not-observed");
    let env = home("");
    env.write(
        "org/extlClntAppGlobalOauthSets/Acme_ECA_glbloauth.ecaGlblOauth",
        "<ExtlClntAppGlobalOauthSettings xmlns=\"http://soap.sforce.com/2006/04/metadata\">\
         <externalClientApplication>Acme_ECA</externalClientApplication><label>L</label>\
         </ExtlClntAppGlobalOauthSettings>",
    );
    let eca = "[[step]]\nid = \"e\"\ntitle = \"E\"\nwant = [{ component = \
               \"ExtlClntAppGlobalOauthSettings:Acme_ECA\", path = \"label\", equals = \"L\" }]\n";
    env.write("acme.toml", format!("{HEAD}{eca}"));
    let run = within(&env, "30d", &["--format", "json"]);
    // An org may hold one that no retrieve shows (S 2.7).
    assert_eq!(of(&findings(&run), "certificate")["state"], "not-observed", "{run:?}");
    env.write("acme.toml", format!("{HEAD}{APP}").replace("\"acme\"", "\"expires\""));
    let run = within(&env, "30d", &[]);
    assert!(run.code == 64 && run.stderr.contains("a template is called `expires`"), "{run:?}");
    let plain = env.run(&["diff", "--template", "acme.toml", "--from", "org"]);
    assert_eq!(plain.code, 0, "{plain:?}");
    env.write("acme.toml", format!("{HEAD}{APP}"));
    std::fs::remove_file(env.folder().join("org/connectedApps/Acme.connectedApp")).unwrap();
    let run = within(&env, "30d", &["--format", "json"]);
    let states: Vec<Json> = findings(&run).iter().map(|one| one["state"].clone()).collect();
    assert_eq!((run.code, states), (2, vec!["missing".into(), "in-sync".into(), "in-sync".into()]));
}

#[test]
fn a_template_may_ask_how_long_something_lasts() {
    let env = home(&format!("<certificate>{CERTIFICATE}</certificate>"));
    let want = |want: &str| {
        let step = format!("[[step]]\nid = \"a\"\ntitle = \"A\"\nwant = [{{ {want} }}]\n");
        env.write(
            "t.toml",
            format!("{HEAD}[parameters.user]\ntitle = \"U\"\ndefault = \"\"\n{step}"),
        );
        env.run(&["template", "check", "t.toml"])
    };
    let path = |path: &str| format!("component = \"ConnectedApp:Acme\", path = \"{path}\"");
    let right = want(&format!("{}, valid-for = \"2w\"", path("oauthConfig.certificate")));
    assert_eq!(right.code, 0, "{right:?}");
    assert_eq!(env.run(&["diff", "--template", "t.toml", "--from", "org"]).code, 0);
    want(&format!("{}, valid-for = \"3w\"", path("oauthConfig.certificate")));
    assert_eq!(env.run(&["diff", "--template", "t.toml", "--from", "org"]).code, 2);
    let fix = env.run(&["package", "--template", "t.toml", "--from", "org", "--out", "fix"]);
    assert!(fix.code == 2 && fix.stdout.contains("made by a person"), "{fix:?}");
    assert_eq!(want("fact = \"user.password_ends\", valid-for = \"3d\"").code, 0);
    for (wrong, words) in [
        (format!("{}, valid-for = \"3\"", path("oauthConfig.certificate")), "12h, 30d or 4w"),
        (format!("{}, valid-for = \"3d\"", path("oauthConfig.isPkceRequired")), "never ends"),
        ("fact = \"user.is_active\", valid-for = \"3d\"".to_owned(), "does not say when"),
        ("fact = \"user.password_ends\", equals = \"soon\"".to_owned(), "`never` or `ended`"),
    ] {
        let run = want(&wrong);
        assert!(run.code == 1 && run.stderr.contains(words), "{wrong}: {run:?}");
    }
}

const USER: &str = "ampersand.integration@harbourlight.example.com";

/// Rows of a demo org.
async fn rows(lab: &Lab, soql: &str) -> Vec<Json> {
    let url = format!("{}/services/data/v67.0/query", lab.running.url());
    let sent = reqwest::Client::builder().no_proxy().build().unwrap().get(url);
    let sent = sent.query(&[("q", soql)]).bearer_auth(&lab.running.token).send().await.unwrap();
    let answer: Json = serde_json::from_slice(&sent.bytes().await.unwrap()).unwrap();
    answer["records"].as_array().unwrap_or_else(|| panic!("{answer}")).clone()
}

async fn id(lab: &Lab, soql: &str) -> String {
    rows(lab, soql).await[0]["Id"].as_str().unwrap().to_owned()
}

/// Assigns a set to the user until a time.
async fn assign(lab: &Lab, until: &str) {
    let set = "SELECT Id FROM PermissionSet WHERE Name = 'Report_Builder'";
    let row = json!({
        "AssigneeId": id(lab, &format!("SELECT Id FROM User WHERE Username = '{USER}'")).await,
        "PermissionSetId": id(lab, set).await,
        "ExpirationDate": until,
    });
    let url = format!("{}/services/data/v67.0/sobjects/PermissionSetAssignment", lab.running.url());
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let sent = client.post(url).bearer_auth(&lab.running.token).json(&row).send().await.unwrap();
    assert_eq!(sent.status(), 201, "{:?}", sent.text().await);
}

/// A template whose user signs in with a password.
fn of_user(wants: &str) -> String {
    format!(
        "{}sign-in = [\"username-password\"]\n[parameters.user]\ntitle = \"U\"\ndefault = \
         \"{USER}\"\n[[step]]\nid = \"a\"\ntitle = \"A\"\nwant = [{wants}]\n",
        HEAD
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn assignments_and_passwords_of_users_end() {
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    lab.env.write("t.toml", of_user("{ fact = \"user.is_active\", equals = true }"));
    let diff = ["diff", "--template", "t.toml", "--expires-within", "30d", "--format", "json"];
    let run = lab.run(&diff).await;
    let found = findings(&run);
    assert_eq!(of(&found, "user.assignments_end")["actual"], "never", "{run:?}");
    // It lasts today, and when it will end nobody says.
    assert_eq!(of(&found, "user.password_ends")["state"], "not-observed");
    assert_eq!(run.code, 0);
    lab.running.store().expire_password(USER).unwrap();
    let run = lab.run(&diff).await;
    let found = findings(&run);
    let password = of(&found, "user.password_ends");
    assert_eq!((&password["state"], &password["actual"]), (&"differs".into(), &"ended".into()));
    assert_eq!((run.code, &password["of"]), (2, &USER.into()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_ended_gives_nothing() {
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    let has = |what: &str| format!("{{ fact = \"{what}\", equals = true }}");
    let wants = [has("user.permission_set[Report_Builder]"), has("user.permission[EditReports]")];
    lab.env.write("t.toml", of_user(&wants.join(", ")));
    let diff = ["diff", "--template", "t.toml", "--expires-within", "52w", "--format", "json"];
    let ask = async || {
        let run = lab.run(&diff).await;
        let found = findings(&run);
        let states = ["user.permission_set[Report_Builder]", "user.permission[EditReports]"]
            .map(|fact| of(&found, fact)["state"].as_str().unwrap().to_owned());
        (states, of(&found, "user.assignments_end").clone(), run)
    };
    let (before, end, _) = ask().await;
    assert_eq!(
        (before, &end["state"]),
        (["differs", "differs"].map(str::to_owned), &"in-sync".into())
    );
    assign(&lab, "2999-01-01T00:00:00Z").await;
    let (held, end, run) = ask().await;
    // It is there, and not for good.
    assert_eq!(held, ["differs", "in-sync"], "{run:?}");
    assert_eq!(
        (&end["state"], &end["actual"]),
        (&"in-sync".into(), &"2999-01-01T00:00:00Z".into())
    );
    for row in
        rows(&lab, "SELECT Id FROM PermissionSetAssignment WHERE ExpirationDate != null").await
    {
        let id = row["Id"].as_str().unwrap();
        let url = format!(
            "{}/services/data/v67.0/sobjects/PermissionSetAssignment/{id}",
            lab.running.url()
        );
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        client.delete(url).bearer_auth(&lab.running.token).send().await.unwrap();
    }
    assign(&lab, "2026-11-01T00:00:00Z").await;
    let (ended, end, run) = ask().await;
    assert_eq!(ended, ["differs", "differs"], "{run:?}");
    assert_eq!(
        (&end["state"], &end["actual"]),
        (&"differs".into(), &"2026-11-01T00:00:00Z".into())
    );
    assert!(run.stdout.contains("assignment that ended on 2026-11-01"), "{run:?}");
    assert!(end["access_from"].as_str().unwrap().starts_with("permission set Report Builder"));
}
