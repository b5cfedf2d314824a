//! What people know of other command lines, and find here too: help, short options, examples,
//! manual pages, and completions that know what the program knows.

use std::process::{Command, Stdio};

use crate::support::{Env, fixture};

/// Every command that does something, as help lists them.
pub(crate) fn commands(env: &Env, above: &[&str]) -> Vec<Vec<String>> {
    let help = env.run(&[above, &["--help"]].concat()).stdout;
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let listed = listed.take_while(|line| !line.is_empty());
    let names = listed.filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    let names: Vec<String> =
        names.filter(|name| !name.is_empty() && *name != "help").map(str::to_owned).collect();
    if names.is_empty() {
        return vec![above.iter().map(|word| (*word).to_owned()).collect()];
    }
    let below = |name: &String| commands(env, &[above, &[name.as_str()]].concat());
    names.iter().flat_map(below).collect()
}

/// The words of a line as a shell reads it, as far as these examples need.
pub(crate) fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quote = None;
    for one in line.chars() {
        match (one, quote) {
            (one, Some(open)) if one == open => quote = None,
            ('"' | '\'', None) => quote = Some(one),
            (' ', None) => words.push(String::new()),
            (one, _) => words.last_mut().unwrap().push(one),
        }
    }
    words
}

#[test]
fn every_help_has_two_examples_and_how_it_ends() {
    let env = Env::new();
    let all = commands(&env, &[]);
    assert!(all.len() >= 28, "{all:?}");
    for command in all {
        let words_of: Vec<&str> = command.iter().map(String::as_str).collect();
        for help in ["--help", "-h"] {
            let text = env.run(&[&words_of, &[help][..]].concat()).stdout;
            let (_, below) =
                text.split_once("\nExamples:\n").unwrap_or_else(|| panic!("{command:?}"));
            assert!(below.contains("Exit codes: 0 ") && below.contains("130"), "{command:?}");
            let shown =
                below.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
            let shown: Vec<&str> = shown.collect();
            assert_eq!(shown.len(), 2, "{command:?}: {below}");
            for line in shown {
                // What an example names is understood, though its files need not be there.
                let line = line.trim().split(" > ").next().unwrap().split(" && ").next().unwrap();
                let line = line.trim_start_matches("source <(").trim_end_matches(')');
                let line = line.split(" | ").next().unwrap();
                let Some(line) = line.strip_prefix("sfsetup ") else { continue };
                let mut given = words(line);
                given.push("--help".to_owned());
                let given: Vec<&str> = given.iter().map(String::as_str).collect();
                assert_eq!(env.run(&given).code, 0, "{line}");
                let bare: Vec<&str> = given[..given.len() - 1].to_vec();
                let is_free = ["diff", "template", "schema", "config", "version", "completions"];
                if is_free.contains(&bare[0]) {
                    let run = env.run(&bare);
                    assert!(run.code != 64 || !run.stderr.contains("Usage:"), "{line}: {run:?}");
                }
            }
        }
    }
}

#[test]
fn help_and_version_are_commands_too() {
    let env = Env::new();
    assert_eq!(env.run(&["help"]).stdout, env.run(&["-h"]).stdout);
    assert_eq!(env.run(&["help", "diff"]).stdout, env.run(&["diff", "--help"]).stdout);
    assert_eq!(env.run(&["version"]).stdout, env.run(&["--version"]).stdout);
    let run = env.run(&["diff", "--tempalte", "ampersand"]);
    assert!(run.code == 64 && run.stderr.contains("'--template'"), "{run:?}");
    for words in [&["dif"][..], &["help", "dif"]] {
        let run = env.run(words);
        assert!(run.code == 64 && run.stderr.contains("'diff'"), "{run:?}");
    }
    let run = env.run(&["help", "template", "lsit"]);
    assert!(run.code == 64 && run.stderr.contains("'list'"), "{run:?}");
}

#[test]
fn options_are_those_that_sf_has() {
    let env = Env::new();
    let plain = ["diff", "--template", "okta-workflows", "--org", "demo", "--format", "json"];
    let plain = env.run(&plain);
    let document: serde_json::Value = serde_json::from_str(&plain.stdout).unwrap();
    for arguments in [
        &["diff", "-t", "okta-workflows", "-o", "demo", "--json"][..],
        &["diff", "-t=okta-workflows", "--target-org", "demo", "--json"],
    ] {
        let run = env.run(arguments);
        assert_eq!(run.code, plain.code, "{arguments:?}: {run:?}");
        let same: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!(same["orgs"][0]["summary"], document["orgs"][0]["summary"]);
    }
    let list = env.run(&["org", "list", "--json"]);
    assert!(list.code == 0 && list.stdout.starts_with("{\n  \"format\": \"sfsetup.org-list/1\""));
    let none = env.run(&["version", "--json"]);
    assert!(none.code == 64 && none.stderr.contains("'--json'"), "{none:?}");
    // What stands behind `--` is nobody's option.
    let run = env.run(&["template", "show", "--", "--json"]);
    assert!(run.code == 1 && run.stderr.contains("--json"), "{run:?}");
}

#[test]
fn each_manual_page_says_how_it_ends_and_what_it_reads() {
    let env = Env::new();
    assert_eq!(env.run(&["man", "pages"]).code, 0);
    let pages: Vec<_> = std::fs::read_dir(env.folder().join("pages")).unwrap().collect();
    assert!(pages.len() > 30, "{}", pages.len());
    for page in pages {
        let path = page.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        for section in [".SH \"EXIT STATUS\"", ".SH ENVIRONMENT", ".SH FILES", ".SH OPTIONS"] {
            assert!(text.contains(section), "{}: {section}", path.display());
        }
        assert!(!text.contains("Exit codes:"), "{}", path.display());
    }
    let diff = std::fs::read_to_string(env.folder().join("pages/sfsetup-diff.1")).unwrap();
    assert!(diff.contains("SSL_CERT_FILE, SSL_CERT_DIR") && diff.contains("ALL_PROXY"), "{diff}");
    assert!(
        diff.contains(".SH EXAMPLES") && diff.contains("sfsetup diff \\-t ampersand"),
        "{diff}"
    );
}

/// What a shell is offered for the last word of a line.
fn offered(env: &Env, line: &str) -> Vec<String> {
    let words: Vec<&str> = line.split(' ').collect();
    let mut command = env.command();
    command
        .arg("--")
        .args(&words)
        .env("SFSETUP_COMPLETE", "bash")
        .env("_CLAP_COMPLETE_INDEX", (words.len() - 1).to_string())
        .env("_CLAP_IFS", "\n")
        .env("_CLAP_COMPLETE_COMP_TYPE", "9")
        .env("_CLAP_COMPLETE_SPACE", "true");
    let output = command.output().unwrap();
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

#[test]
fn completions_know_what_the_program_knows() {
    let env = Env::new();
    env.write("sfsetup.toml", "[orgs.acme-prod]\n");
    std::os::unix::fs::symlink(fixture("drifted"), env.folder().join("org")).unwrap();
    env.run(&["org", "display", "--org", "demo:north"]);
    for (line, words) in [
        ("sfsetup dif", &["diff"][..]),
        ("sfsetup diff --templ", &["--template"]),
        ("sfsetup diff --template ampers", &["ampersand", "ampersand-jwt"]),
        ("sfsetup template show okta-w", &["okta-workflows"]),
        ("sfsetup diff -o dem", &["demo"]),
        ("sfsetup rollback --org acme", &["acme-prod"]),
        ("sfsetup diff -t ampersand --set app_k", &["app_kind=connected-app"]),
        ("sfsetup diff -t ampersand --set us", &["user="]),
        ("sfsetup waive ampersand/ip", &["ampersand/ip-relaxation"]),
        ("sfsetup explain -t ampersand refr", &["refresh-token"]),
        ("sfsetup diff --from org --only ConnectedApp", &["ConnectedApp:Ampersand"]),
        ("sfsetup diff --format js", &["json", "jsonl"]),
        ("sfsetup schema templ", &["template-check", "template-show"]),
    ] {
        let all = offered(&env, line);
        for word in words {
            assert!(all.iter().any(|one| one.trim() == *word), "{line}: {all:?}");
        }
        let last = line.rsplit(' ').next().unwrap();
        assert!(all.iter().all(|one| one.starts_with(last)), "{line}: {all:?}");
    }
    assert!(offered(&env, "sfsetup diff -o demo:n").iter().any(|one| one.trim() == "demo:north"));
    assert_eq!(offered(&env, "sfsetup diff --from nowhere --only Conn"), [""; 0]);
    // A login can be forgotten; the org inside the program is none.
    let login = serde_json::json!({
        "warning": "", "format": "sfsetup.login/1", "name": "delta",
        "instance_url": "https://x.my.salesforce.com", "login_url": "https://x.my.salesforce.com",
        "username": null, "org_id": null, "credential": { "kind": "access-token", "token": "x" },
    });
    env.write("config/sfsetup/logins/delta.json", login.to_string());
    let logins = offered(&env, "sfsetup org logout d");
    assert_eq!(logins.iter().map(|one| one.trim()).collect::<Vec<_>>(), ["delta"]);
    assert_eq!(offered(&env, "sfsetup diff -o de").len(), 3);
    // What lies in `template-paths`, and what extends another, is known as shipped ones are.
    env.write("sfsetup.toml", "template-paths = [\"own\"]\n[orgs.acme-prod]\n");
    env.write(
        "own/acme.toml",
        "format = 1\n[template]\nname = \"acme\"\ntitle = \"Acme\"\nversion = \"1\"\nsource = \
         \"https://example.com\"\nreviewed = 2026-11-23\nextends = \"ampersand\"\n",
    );
    for (line, word) in [
        ("sfsetup diff -t acm", "acme"),
        ("sfsetup diff -t acme --set app_k", "app_kind=connected-app"),
        ("sfsetup diff -t own/acme.toml --set app_k", "app_kind=connected-app"),
        ("sfsetup waive acme/ip", "acme/ip-relaxation"),
        ("sfsetup explain acm", "acme/"),
        ("sfsetup explain -t acme ip-r", "ip-relaxation"),
        ("sfsetup template verify ac", "acme"),
    ] {
        let all = offered(&env, line);
        assert!(all.iter().any(|one| one.trim() == word), "{line}: {all:?}");
    }
    let signed = offered(&env, "sfsetup template verify a");
    assert!(signed.iter().all(|one| one.trim() != "ampersand"), "{signed:?}");
    // The folder that one is in is no template.
    let all = offered(&env, "sfsetup template check ");
    assert!(all.len() > 9 && all.iter().all(|one| one.trim() != "."), "{all:?}");
    // What a stranger's file is called does nothing in the line.
    env.write("strange/$(touch planted) .toml", "");
    for line in ["sfsetup diff --from strange/", "sfsetup diff -t strange/"] {
        let all = offered(&env, line);
        let expected = "strange/\\$\\(touch\\ planted\\)\\ .toml";
        assert!(all.iter().any(|one| one == expected), "{line}: {all:?}");
        assert_eq!(offered(&env, &format!("{line}\\$")), [expected], "{line}");
    }
    env.write("strange/profiles/My Own.profile", "<Profile/>");
    env.write("strange/profiles/$(touch planted).profile", "<Profile/>");
    let all = offered(&env, "sfsetup diff --from strange --only Profile:");
    assert!(all.iter().any(|one| one == "Profile:My\\ Own"), "{all:?}");
    assert!(all.iter().any(|one| one == "Profile:\\$\\(touch\\ planted\\)"), "{all:?}");
}

/// The scripts are loaded by the shells that are here, and ask the program.
#[test]
fn shells_load_the_scripts() {
    let env = Env::new();
    let script = |shell: &str| env.run(&["completions", shell]).stdout;
    let program = env!("CARGO_BIN_EXE_sfsetup");
    let folder = std::path::Path::new(program).parent().unwrap();
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
    for (shell, asks) in [
        (
            "bash",
            "COMP_WORDS=(sfsetup diff --template okta-w); COMP_CWORD=3; COMP_TYPE=9; \
             _clap_complete_sfsetup sfsetup okta-w --template; echo \"${COMPREPLY[@]}\"; [[ \
             $COMP_WORDBREAKS != *[:=]* ]] || echo split",
        ),
        ("fish", "complete -C 'sfsetup diff --template okta-w'"),
        (
            "zsh",
            "zmodload zsh/zpty; zpty z zsh -f -i; zpty -w z 'autoload -U compinit; compinit -D; \
             source ./complete.zsh'; zpty -n -w z $'sfsetup diff --template okta-w\\t'; for at in \
             {1..150}; do zpty -r -t z some && all+=$some; [[ $all == *okta-workflows* ]] && break; \
             sleep 0.1; done; print -r -- $all",
        ),
    ] {
        let text = script(shell);
        assert!(text.contains("SFSETUP_COMPLETE"), "{text}");
        let file = format!("complete.{shell}");
        env.write(&file, &text);
        // A shell within loads that of zsh, as nobody types into this one.
        let loads = if shell == "zsh" { String::new() } else { format!("source ./{file}; ") };
        let line = format!("{loads}{asks}");
        let run = Command::new(shell)
            .args(if shell == "bash" { &["--norc", "-c"][..] } else { &["-c"] })
            .arg(&line)
            .current_dir(env.folder())
            .env("PATH", &path)
            .env("HOME", env.folder())
            .stdin(Stdio::null())
            .output();
        let Ok(run) = run else {
            println!("skipped: no {shell} here");
            continue;
        };
        let told = String::from_utf8_lossy(&run.stdout);
        assert!(told.contains("okta-workflows") && !told.contains("split"), "{shell}: {run:?}");
    }
    let windows = script("powershell");
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false, snapshot_path => "snapshots" }, {
        insta::assert_snapshot!("completions-powershell", windows);
    });
}

/// What belongs elsewhere is answered with where.
#[test]
fn what_belongs_to_another_command_is_told() {
    let env = Env::new();
    for (line, tip) in [
        ("org display nobody", "an org is named with `--org NAME`"),
        ("deploy --save-plan p.json", "`sfsetup diff --save-plan FILE` saves a plan"),
        ("org list --al", "unexpected argument"),
    ] {
        let run = env.run(&words(line).iter().map(String::as_str).collect::<Vec<_>>());
        assert!(run.code == 64 && run.stderr.contains(tip), "{line}: {run:?}");
    }
    let list = env.run(&["template", "list", "ampersnad"]);
    assert!(list.code == 0 && list.stderr.contains("did you mean `ampersand`?"), "{list:?}");
}
