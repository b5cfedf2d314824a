//! What a `sfsetup.toml` that was found may not say, and which hosts get no token.

use sfsetup::demo::{Faults, Store, serve};

use crate::support::{Env, Run, ended};

async fn run(env: &Env, token: &str, arguments: &[&str]) -> Run {
    let mut command = env.command();
    command.args(arguments).env("ACME_TOKEN", token);
    ended(command).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_found_names_orgs_by_alias_alone() {
    let running = serve(Store::in_memory(), None, Faults::none()).await.unwrap();
    let env = Env::new();
    let file = format!(
        "org = \"acme\"\n\n[orgs.acme]\ninstance_url = \"{}\"\naccess_token_env = \"ACME_TOKEN\"\n",
        running.url()
    );
    env.write("sfsetup.toml", &file);
    env.write("checkout/deep/x", "");
    for arguments in
        [&["org", "display"][..], &["org", "display", "--org", "acme"], &["rollback", "--list"]]
    {
        let run = run(&env, &running.token, arguments).await;
        assert_eq!(run.code, 1, "{run:?}");
        for text in [
            "error: `instance_url` does not count at sfsetup.toml, line 4",
            "was found, and such a file may name orgs by alias alone",
            "hint: if you trust the file, name it: `--config ",
        ] {
            assert!(run.stderr.contains(text), "`{text}` is not said: {}", run.stderr);
        }
    }
    assert!(running.calls().is_empty(), "the token went there: {:?}", running.calls());
    // Named, it counts; the table of another org is nobody's business.
    let named = ["org", "display", "--config", "sfsetup.toml"];
    let shown = run(&env, &running.token, &named).await;
    assert_eq!(shown.code, 0, "{shown:?}");
    assert!(!format!("{shown:?}").contains(&running.token));
    let run_without = {
        let mut command = env.command();
        command.args(named);
        ended(command).await
    };
    assert_eq!(run_without.code, 1, "{run_without:?}");
    assert!(run_without.stderr.contains("ACME_TOKEN is not set"), "{run_without:?}");
    let stale = run(&env, "00D5g00000AbCdE!PLANTED", &named).await;
    assert_eq!(stale.code, 1, "{stale:?}");
    let hint = "hint: sign in again: put a new token of acme into ACME_TOKEN\n";
    assert!(stale.stderr.contains(hint) && !stale.stderr.contains("PLANTED"), "{stale:?}");
    let other = run(&env, "", &["org", "display", "--org", "demo"]).await;
    assert_eq!(other.code, 0, "{other:?}");
}

#[tokio::test]
async fn a_file_that_is_to_be_named_is_quoted() {
    let env = Env::new();
    env.write("a b/sfsetup.toml", "org = \"https://acme.example.com\"\n");
    let mut command = env.command();
    command.args(["org", "display"]).current_dir(env.folder().join("a b"));
    let run = ended(command).await;
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.stderr.contains("name it: `--config '/"), "{run:?}");
    assert!(run.stderr.contains("a b/sfsetup.toml'`"), "{run:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_a_way_and_an_address_as_a_name_are_refused() {
    let env = Env::new();
    env.write("half.toml", "[orgs.acme]\ninstance_url = \"https://acme.my.salesforce.com\"\n");
    let half = run(&env, "x", &["org", "display", "--org", "acme", "--config", "half.toml"]).await;
    assert_eq!(half.code, 1, "{half:?}");
    assert!(half.stderr.contains("half.toml, line 2 says half"), "{half:?}");
    env.write("sfsetup.toml", "org = \"https://acme.example.com\"\n");
    let run_found = run(&env, "x", &["org", "display"]).await;
    assert_eq!(run_found.code, 1, "{run_found:?}");
    let text = "an org's address does not count at sfsetup.toml, line 1";
    assert!(run_found.stderr.contains(text), "{run_found:?}");
    // No key names a template's file, wherever the file comes from.
    env.write("template.toml", "template = \"../outside.toml\"\n");
    let unknown =
        run(&env, "x", &["org", "display", "--org", "demo", "--config", "template.toml"]).await;
    assert_eq!(unknown.code, 1, "{unknown:?}");
    assert!(unknown.stderr.contains("unknown field `template`"), "{unknown:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_that_is_not_salesforces_gets_no_token() {
    let env = Env::new();
    env.write("url", "force://PlatformCLI::PLANTED@acme.example.com");
    env.write("secret", "PLANTED");
    let environment = {
        let mut command = env.command();
        command
            .args(["org", "display"])
            .env("SF_ACCESS_TOKEN", "00D5g00000AbCdE!PLANTED")
            .env("SF_ORG_INSTANCE_URL", "https://acme.example.com");
        ended(command).await
    };
    let auth_url = run(&env, "", &["org", "login", "a", "--auth-url-file", "url"]).await;
    let secret = [
        "org",
        "login",
        "a",
        "--client-credentials",
        "--client-id",
        "x",
        "--client-secret-file",
        "secret",
        "--instance-url",
        "https://login.salesforce.com.example.com",
    ];
    let secret = run(&env, "", &secret).await;
    for run in [environment, auth_url, secret] {
        assert_eq!(run.code, 1, "{run:?}");
        assert!(run.stderr.contains("is no host of Salesforce's"), "{run:?}");
        assert!(run.stderr.contains("`--allow-host "), "{run:?}");
        assert!(!run.stderr.contains("PLANTED"), "{run:?}");
    }
}

/// A pipeline that is wired wrongly names an org by a secret; what it says is read by many.
#[tokio::test]
async fn a_credential_in_the_place_of_a_name_is_not_shown() {
    for secret in [
        "force://PlatformCLI::5Aep861SECRETSECRETSECRET@acme.my.salesforce.com",
        "00D5g00000AbCdE!AQEAQSECRETSECRET",
    ] {
        let env = Env::new();
        for variable in ["SFSETUP_ORG", "SF_TARGET_ORG"] {
            let mut command = env.command();
            command.args(["org", "display"]).env(variable, secret);
            let run = ended(command).await;
            assert!(run.code == 64 && run.stderr.contains(variable), "{run:?}");
            assert!(!format!("{run:?}").contains("SECRET"), "{run:?}");
        }
        let run = env.run(&["org", "display", "--org", secret]);
        assert!(run.code == 64 && run.stderr.contains("--org holds a credential"), "{run:?}");
        assert!(!format!("{run:?}").contains("SECRET"), "{run:?}");
    }
}
