//! `action.yml`, `pipelines/` and `docs/ci.md`: their steps are run as a runner runs them, against
//! the demo org, with a `gh` that writes down what it is asked.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use yaml_rust2::{Yaml, YamlLoader};

use sfsetup::demo::{Faults, Store, serve};

use crate::manual::blocks;
use crate::support::{Env, finish, fixture};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(file: &str) -> String {
    std::fs::read_to_string(root().join(file)).unwrap()
}

fn yaml(text: &str) -> Yaml {
    YamlLoader::load_from_str(text).unwrap().remove(0)
}

fn pairs(yaml: &Yaml) -> Vec<(String, Yaml)> {
    let Some(hash) = yaml.as_hash() else { return Vec::new() };
    hash.iter().map(|(key, value)| (key.as_str().unwrap().to_owned(), value.clone())).collect()
}

fn words(yaml: &Yaml) -> String {
    match yaml {
        Yaml::String(text) => text.clone(),
        Yaml::Boolean(value) => value.to_string(),
        Yaml::Integer(value) => value.to_string(),
        other => panic!("{other:?} is no word"),
    }
}

/// What `${{ .. }}` may name.
type Context = BTreeMap<String, String>;

/// Puts values in the place of `${{ .. }}`, as far as the action uses that.
fn expand(text: &str, context: &Context) -> String {
    let Some((before, rest)) = text.split_once("${{") else { return text.to_owned() };
    let (inner, after) = rest.split_once("}}").unwrap();
    format!("{before}{}{}", value(inner.trim(), context), expand(after, context))
}

fn value(expression: &str, context: &Context) -> String {
    if let Some(literal) = expression.strip_prefix('\'') {
        return literal.strip_suffix('\'').unwrap().to_owned();
    }
    if let Some((left, right)) = expression.split_once("==") {
        return (value(left.trim(), context) == value(right.trim(), context)).to_string();
    }
    let is_name = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
    assert!(is_name(expression), "the test does not know {expression}");
    context.get(expression).cloned().unwrap_or_default()
}

fn holds(condition: &str, context: &Context) -> bool {
    let inner = condition.trim().trim_start_matches("${{").trim_end_matches("}}").trim();
    inner.split("&&").map(str::trim).all(|term| {
        if term == "always()" {
            true
        } else if let Some((left, right)) = term.split_once("==") {
            value(left.trim(), context) == value(right.trim(), context)
        } else if let Some((left, right)) = term.split_once("!=") {
            value(left.trim(), context) != value(right.trim(), context)
        } else if let Some(name) = term.strip_prefix('!') {
            ["", "false"].contains(&value(name, context).as_str())
        } else {
            panic!("the test does not know {term}")
        }
    })
}

/// One use of the action.
struct Action<'e> {
    env: &'e Env,
    inputs: Vec<(&'static str, String)>,
    event: &'static str,
    /// The repository that a pull request comes from.
    head: &'static str,
    /// Beside the runner's own variables.
    variables: Vec<(&'static str, String)>,
}

/// What it came to.
#[derive(Debug)]
struct Outcome {
    code: i32,
    log: String,
    context: Context,
    summary: String,
    /// What other actions were called with.
    used: BTreeMap<String, BTreeMap<String, String>>,
}

impl Outcome {
    fn file(&self, name: &str) -> PathBuf {
        Path::new(&self.context["steps.run.outputs.folder"]).join(name)
    }
}

impl Action<'_> {
    /// Does what a runner does with the steps of `action.yml`.
    fn run(&self) -> Outcome {
        let action = yaml(&read("action.yml"));
        let temp = self.env.folder().join("runner");
        std::fs::create_dir_all(&temp).unwrap();
        let known: Vec<(String, Yaml)> = pairs(&action["inputs"]);
        let mut context: Context = [
            ("github.event_name", self.event),
            ("github.event.pull_request.number", "7"),
            ("github.event.pull_request.head.repo.full_name", self.head),
            ("github.token", "a-token"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        for (name, input) in &known {
            let default = &input["default"];
            let default = if default.is_badvalue() {
                String::new()
            } else {
                expand(&words(default), &context)
            };
            context.insert(format!("inputs.{name}"), default);
        }
        let program = ("program", env!("CARGO_BIN_EXE_sfsetup").to_owned());
        for (name, value) in [program].iter().chain(&self.inputs) {
            assert!(known.iter().any(|(known, _)| known == name), "there is no input {name}");
            context.insert(format!("inputs.{name}"), value.clone());
        }
        let summary = self.env.write("runner/summary", "");
        let mut outcome = Outcome {
            code: 0,
            log: String::new(),
            context,
            summary: String::new(),
            used: BTreeMap::new(),
        };
        for step in action["runs"]["steps"].as_vec().unwrap() {
            let condition = step["if"].as_str().unwrap_or("always()");
            // After a failure only what asks for it is done.
            let is_last = outcome.code != 0
                && !step["if"].as_str().is_some_and(|one| one.contains("always()"));
            if is_last || !holds(condition, &outcome.context) {
                continue;
            }
            let Some(script) = step["run"].as_str() else {
                let with = pairs(&step["with"]).into_iter();
                let with =
                    with.map(|(name, value)| (name, expand(&words(&value), &outcome.context)));
                outcome.used.insert(words(&step["uses"]), with.collect());
                continue;
            };
            assert!(
                !script.contains("${{"),
                "a value in a script is a part of the program: {script}"
            );
            assert_eq!(step["shell"].as_str(), Some("bash"));
            let file = self.env.write("runner/step.sh", script);
            let output = self.env.write("runner/output", "");
            let mut command = self.env.clean(Command::new("bash"));
            command.args(["--noprofile", "--norc", "-eo", "pipefail"]).arg(file);
            let path =
                format!("{}:{}", self.env.folder().display(), std::env::var("PATH").unwrap());
            command
                .env("PATH", path)
                .env("RUNNER_TEMP", &temp)
                .env("GITHUB_OUTPUT", &output)
                .env("GITHUB_STEP_SUMMARY", &summary)
                .env("GITHUB_REPOSITORY", "acme/orgs")
                .env("GITHUB_ACTION_PATH", root())
                .env("GITHUB_RUN_ATTEMPT", "2")
                .envs(self.variables.iter().cloned());
            for (name, value) in pairs(&step["env"]) {
                command.env(name, expand(&words(&value), &outcome.context));
            }
            let run = finish(command.output().unwrap());
            outcome.log.push_str(&run.stdout);
            outcome.log.push_str(&run.stderr);
            if run.code != 0 {
                outcome.code = run.code;
            }
            for line in std::fs::read_to_string(&output).unwrap().lines() {
                let (name, value) = line.split_once('=').unwrap();
                let id = step["id"].as_str().unwrap();
                outcome.context.insert(format!("steps.{id}.outputs.{name}"), value.to_owned());
            }
        }
        outcome.summary = std::fs::read_to_string(&summary).unwrap();
        outcome
    }
}

/// A `gh` that knows these comments, and writes down what it is asked and the comment that it is
/// given. It filters as the real one does, where there is a `jq`.
fn gh(env: &Env, comments: &str) {
    env.write("comments.json", comments);
    let folder = env.folder().display();
    env.script(
        "gh",
        format!(
            "#!/bin/sh\necho \"$*\" >>{folder}/asked\nfor last; do :; done\ncase \"$*\" in\n\
             'api user '*) echo someone ;;\n\
             *PATCH*|*POST*) cp \"${{last#body=@}}\" {folder}/comment ;;\n\
             *) jq -r \"$last\" {folder}/comments.json ;;\nesac\n"
        ),
    );
}

fn inputs(pairs: &[(&'static str, &str)]) -> Vec<(&'static str, String)> {
    pairs.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
}

fn action<'e>(env: &'e Env, pairs: &[(&'static str, &str)]) -> Action<'e> {
    let (event, head) = ("pull_request", "acme/orgs");
    Action { env, inputs: inputs(pairs), event, head, variables: Vec::new() }
}

const DEMO: [(&str, &str); 2] = [("template", "ampersand"), ("org", "demo")];

#[test]
fn the_action_looks_comments_and_fails_and_its_plan_is_deployed() {
    let env = Env::new();
    gh(&env, "[]");
    let found = action(&env, &DEMO).run();
    assert_eq!(found.code, 2, "{found:?}");
    for form in ["json", "md", "html", "txt"] {
        assert!(found.file(&format!("report.{form}")).is_file(), "{form}: {found:?}");
    }
    let report = std::fs::read_to_string(found.file("report.md")).unwrap();
    assert!(found.summary.contains(&report) && found.log.contains("settings differ"), "{found:?}");
    let kept = &found.used["actions/upload-artifact@v4"];
    assert_eq!((kept["name"].as_str(), kept["overwrite"].as_str()), ("sfsetup", "true"));
    assert!(!found.used.keys().any(|used| used.contains("sarif")), "an org has no lines");
    assert!(!found.used.keys().any(|used| used.contains("cache")), "it is installed already");
    let comment = || std::fs::read_to_string(env.folder().join("comment")).unwrap();
    assert!(comment().starts_with("<!-- sfsetup: sfsetup -->\n") && comment().contains(&report));
    let asked = || std::fs::read_to_string(env.folder().join("asked")).unwrap();
    assert!(asked().contains("-X POST repos/acme/orgs/issues/7/comments"), "{}", asked());

    let plan = env.folder().join("approved.json");
    std::fs::copy(found.file("plan.json"), &plan).unwrap();
    let deploy = [("command", "deploy"), ("org", "demo"), ("plan", "approved.json")];
    let done = Action { event: "push", head: "", ..action(&env, &deploy) }.run();
    assert!([0, 2].contains(&done.code) && done.log.contains("Deployed and verified"), "{done:?}");
    assert!(done.summary.contains("Deployed and verified"), "{done:?}");
    // The way back is kept, by attempt, and works from where it is kept.
    let kept = &done.used["actions/upload-artifact@v4"];
    let told = (kept["name"].as_str(), kept["overwrite"].as_str());
    assert_eq!(told, ("sfsetup-deploy-2", "false"));
    let mut back = env.command();
    back.args(["rollback", "--org", "demo", "--yes"]).env("XDG_STATE_HOME", done.file("state"));
    let back = finish(back.output().unwrap());
    assert!(back.stdout.contains("Taken back and verified"), "{back:?}");
}

#[test]
fn a_comment_that_is_there_is_brought_up_to_date_and_nobody_elses() {
    if finish(Command::new("sh").args(["-c", "command -v jq || true"]).output().unwrap())
        .stdout
        .is_empty()
    {
        return eprintln!("skipped: there is no jq, by which `gh` filters");
    }
    let env = Env::new();
    let by = |id: u8, kind: &str, login: &str, body: &str| {
        format!(
            "{{\"id\":{id},\"user\":{{\"type\":\"{kind}\",\"login\":\"{login}\"}},\"body\":\"{body}\"}}"
        )
    };
    let mark = "<!-- sfsetup: sfsetup -->\\nold";
    let stranger = by(1, "User", "stranger", mark);
    let other = by(2, "Bot", "bot", "<!-- sfsetup: other -->");
    let quiet = [&DEMO[..], &[("fail", "false")]].concat();
    for (ours, asked_for) in [
        (
            by(41, "Bot", "github-actions[bot]", mark),
            "-X PATCH repos/acme/orgs/issues/comments/41 ",
        ),
        (by(52, "User", "someone", mark), "-X PATCH repos/acme/orgs/issues/comments/52 "),
        (by(3, "Bot", "bot", "hello"), "-X POST repos/acme/orgs/issues/7/comments "),
    ] {
        gh(&env, &format!("[{stranger},{other},{ours}]"));
        env.write("asked", "");
        let found = action(&env, &quiet).run();
        assert_eq!((found.code, found.context["steps.run.outputs.code"].as_str()), (0, "2"));
        let asked = std::fs::read_to_string(env.folder().join("asked")).unwrap();
        assert!(asked.contains(asked_for), "{asked_for}: {asked}");
    }
    // A run without an answer does not leave an earlier one standing.
    let found = action(&env, &[("template", "no-such-template"), ("org", "demo")]).run();
    let comment = std::fs::read_to_string(env.folder().join("comment")).unwrap();
    assert!(found.code != 0 && comment.contains("There is no answer"), "{comment}");
}

#[test]
fn only_a_strangers_pull_request_is_looked_at_without_its_org() {
    let env = Env::new();
    gh(&env, "[]");
    let from = fixture("drifted");
    let both = [("template", "ampersand"), ("org", "production"), ("from", from.as_str())];
    let found = Action { head: "stranger/orgs", ..action(&env, &both) }.run();
    assert_eq!(found.code, 2, "{found:?}");
    assert_eq!(found.context["steps.run.outputs.asked"], "files");
    let comment = std::fs::read_to_string(env.folder().join("comment")).unwrap();
    assert!(comment.contains("the org was not asked") && found.log.contains("::warning::"));
    let sarif = found.used.iter().find(|(used, _)| used.contains("upload-sarif")).unwrap().1;
    assert!(Path::new(&sarif["sarif_file"]).is_file(), "{sarif:?}");
    assert!(!found.file("plan.json").exists());

    // With no files there is nothing to look at, and that is no green; nor does a stranger deploy.
    let found = Action { head: "stranger/orgs", ..action(&env, &both[..2]) }.run();
    assert!(found.code == 1 && found.log.contains("::error::"), "{found:?}");
    let deploy = [("command", "deploy"), ("org", "production"), ("plan", "plan.json")];
    let found = Action { head: "stranger/orgs", ..action(&env, &deploy) }.run();
    assert!(found.code == 1 && found.log.contains("deploys nothing"), "{found:?}");

    // Anybody else's secret that is empty is a mistake, and no reason to look at less.
    for (event, head) in [("pull_request", "acme/orgs"), ("push", "")] {
        let found = Action { event, head, ..action(&env, &both) }.run();
        assert!(found.code == 1 && found.log.contains("is it empty?"), "{found:?}");
        assert!(!found.context.contains_key("steps.run.outputs.code"), "{found:?}");
    }
    // One that is none stops the job, and is not printed.
    let wrong = [&both[..], &[("auth-url", "force://not-a-secret-of-anybody")]].concat();
    let found = action(&env, &wrong).run();
    assert!(found.code != 0 && !found.log.contains("not-a-secret-of-anybody"), "{found:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_action_signs_in_with_what_it_is_given() {
    let running = serve(Store::in_memory(), None, Faults::none()).await.unwrap();
    let (url, token) = (running.url(), running.token.clone());
    tokio::task::spawn_blocking(move || {
        let env = Env::new();
        gh(&env, "[]");
        let shown = format!("{{\"result\":{{\"instanceUrl\":\"{url}\",\"accessToken\":\"{token}\"}}}}");
        let user = "user=ampersand.integration@harbourlight.example.com";
        let set = format!("app=Ampersand\nread=Account\nwrite=Lead\n{user}");
        let pairs = [("template", "ampersand"), ("org", "production"), ("set", set.as_str())];
        let signed = [&pairs[..], &[("auth-url", shown.as_str())]].concat();
        let found = action(&env, &signed).run();
        assert!(found.code == 2 && found.file("plan.json").is_file(), "{found:?}");
        assert!(!found.log.contains(&token), "{found:?}");
        // The login is the job's own.
        assert!(!env.folder().join("config/sfsetup/logins").exists());
        // A token of the environment is the org, whatever it is called here.
        let variables = vec![("SF_ACCESS_TOKEN", token), ("SF_ORG_INSTANCE_URL", url)];
        let found = Action { variables, ..action(&env, &pairs) }.run();
        assert!(found.code == 2 && found.file("plan.json").is_file(), "{found:?}");

        // A private key is there as long as the login that reads it.
        let program = "#!/bin/sh\ncase \"$*\" in 'org login'*) exit 0 ;; --version) exit 0 ;; esac\n\
                       cat \"$XDG_CONFIG_HOME/key.pem\"\n";
        let program = env.script("fake", program);
        let key = [("jwt-key", "a private key"), ("client-id", "k"), ("username", "u@example.com")];
        let fake = [("program", program.to_str().unwrap())];
        let found = action(&env, &[&pairs[..], &key, &fake].concat()).run();
        assert!(found.code == 0 && found.log.contains("a private key"), "{found:?}");
    })
    .await
    .unwrap();
}

#[test]
fn the_program_that_is_kept_is_that_of_this_very_source() {
    let env = Env::new();
    let key = |source: &str| {
        env.write("source/src/a.rs", source);
        for file in ["Cargo.toml", "Cargo.lock", "build.rs", "templates/a", "fixtures/a"] {
            env.write(&format!("source/{file}"), "x");
        }
        let output = env.write("output", "");
        let mut command = env.clean(Command::new(root().join("pipelines/action/meant.sh")));
        command.env("GITHUB_OUTPUT", &output).env("RUNNER_TEMP", env.folder());
        command.env("GITHUB_ACTION_PATH", env.folder().join("source"));
        // A `rustc` that needs no home.
        env.script("rustc", "#!/bin/sh\necho rustc\n");
        let run = finish(with_program(&env, command).output().unwrap());
        assert_eq!(run.code, 0, "{run:?}");
        std::fs::read_to_string(output).unwrap()
    };
    assert_ne!(key("one"), key("two"));
    assert_eq!(key("two"), key("two"));
    assert!(key("two").contains("key=sfsetup-"));
}

#[test]
fn a_comment_that_may_not_be_written_fails_nothing_and_no_name_is_a_command() {
    let env = Env::new();
    env.script("gh", "#!/bin/sh\nexit 1\n");
    let set = "app=Ampersand\n\nprofile=$(touch ran)`touch ran`;touch ran";
    let more =
        [("set", set), ("fail", "false"), ("name", "a/../b; touch ran"), ("options", "--strict\n")];
    let found = action(&env, &[&DEMO[..], &more].concat()).run();
    assert!(found.log.contains("the comment cannot be written"), "{found:?}");
    assert!(!env.folder().join("ran").exists());
    let folder = &found.context["steps.run.outputs.folder"];
    assert!(folder.ends_with("a-..-b--touch-ran"), "{folder}");
    // What sfsetup prints stands where GitHub takes no commands.
    let (_, rest) = found.log.split_once("::stop-commands::").unwrap();
    let (word, rest) = rest.split_once('\n').unwrap();
    assert!(word.len() > 20 && rest.contains(&format!("::{word}::\n")), "{}", found.log);
    // No name leads out of the folder of reports.
    for name in ["..", ".", "", "-x"] {
        let found = action(&env, &[&DEMO[..], &[("name", name)]].concat()).run();
        assert!(found.code == 64 && found.log.contains("::error::"), "{name}: {found:?}");
    }
}

/// Every step anywhere in a document that uses the action.
fn uses(yaml: &Yaml, found: &mut Vec<Yaml>) {
    if yaml["uses"].as_str().is_some_and(|uses| uses.contains("/sfsetup@")) {
        found.push(yaml["with"].clone());
    }
    yaml.as_hash().into_iter().flatten().for_each(|(_, one)| uses(one, found));
    yaml.as_vec().into_iter().flatten().for_each(|one| uses(one, found));
}

#[test]
fn what_the_page_and_the_workflows_say_is_there() {
    let known = pairs(&yaml(&read("action.yml"))["inputs"]);
    let page = read("docs/ci.md");
    let examples = blocks("docs/ci.md").into_iter().filter(|(info, _)| info == "yaml");
    let texts: Vec<String> =
        examples.map(|(_, text)| text).chain([read("pipelines/github.yml")]).collect();
    let mut found = Vec::new();
    texts.iter().for_each(|text| uses(&yaml(text), &mut found));
    assert!(found.len() >= 5, "{found:?}");
    for (name, _) in found.iter().flat_map(pairs) {
        assert!(known.iter().any(|(known, _)| *known == name), "there is no input {name}");
    }
    for (name, _) in &known {
        assert!(page.contains(&format!("`{name}`")), "docs/ci.md does not say what {name} is");
    }
    for text in &texts {
        assert!(!text.contains("pull_request_target"), "{text}");
    }
    // The scripts of the others call what there is.
    let env = Env::new();
    let mut runs = 0;
    for file in ["pipelines/gitlab.yml", "pipelines/Jenkinsfile"] {
        for line in commands(&read(file)) {
            let line = line.split(" || ").next().unwrap().trim_end_matches('\'');
            let words: Vec<&str> = line.split_whitespace().skip(1).chain(["--help"]).collect();
            assert_eq!(env.run(&words).code, 0, "{line}");
            runs += 1;
        }
    }
    assert!(runs >= 6, "{runs}");
    yaml(&read("pipelines/gitlab.yml"));
    let hooks = yaml(&read(".pre-commit-hooks.yaml"));
    let example = texts.iter().find(|text| text.contains("hooks:")).unwrap();
    let used = yaml(example)["repos"][0]["hooks"].clone();
    assert_eq!(used.as_vec().unwrap().len(), hooks.as_vec().unwrap().len());
    for (hook, used) in hooks.as_vec().unwrap().iter().zip(used.as_vec().unwrap()) {
        assert_eq!(hook["id"], used["id"]);
    }
}

/// The commands of a script or a page, with a demo org in the place of `production`.
fn commands(text: &str) -> Vec<String> {
    let lines = text.lines().map(|line| line.trim().trim_start_matches("- "));
    let lines = lines.map(|line| line.trim_start_matches("sh '"));
    let lines = lines.filter(|line| line.starts_with("sfsetup "));
    lines.map(|line| line.replace("--org production", "--org demo:production")).collect()
}

/// A folder as the page takes it to be: metadata, a project file, and the program by its name.
fn checkout() -> Env {
    let env = Env::new();
    let metadata = env.folder().join("metadata");
    std::os::unix::fs::symlink(fixture("demo/metadata"), metadata).unwrap();
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_sfsetup"), env.folder().join("sfsetup"))
        .unwrap();
    env
}

fn with_program(env: &Env, mut command: Command) -> Command {
    let path = format!("{}:{}", env.folder().display(), std::env::var("PATH").unwrap());
    command.env("PATH", path);
    command
}

#[test]
fn every_command_of_the_page_is_run() {
    let env = checkout();
    env.write(
        "sfsetup.toml",
        "[parameters.ampersand]\napp = \"Ampersand\"\nprofile = \"Ampersand Integration\"\n",
    );
    let mut runs = 0;
    for (_, text) in blocks("docs/ci.md").into_iter().filter(|(info, _)| info == "sh") {
        for line in commands(&text) {
            let run = finish(with_program(&env, env.shell(&line)).output().unwrap());
            assert!([0, 2].contains(&run.code), "{line}: {run:?}");
            runs += 1;
        }
    }
    assert!(runs >= 10, "{runs}");
    for file in ["report.json", "report.md", "report.html", "report.xml", "report.sarif"] {
        assert!(env.folder().join(file).is_file(), "{file}");
    }
}

#[test]
fn a_night_says_what_is_new_and_an_org_that_was_not_seen_is_an_error() {
    let env = checkout();
    let git = "git init -q . && git config user.name Nobody && git config user.email n@example.com";
    assert_eq!(finish(env.shell(git).output().unwrap()).code, 0);
    env.write("sfsetup.toml", "templates = [\"ampersand\"]\n");
    let script = root().join("pipelines/nightly.sh");
    let night = |orgs: &str| {
        let line = format!("{} {orgs}", script.display());
        finish(with_program(&env, env.shell(&line)).output().unwrap())
    };
    let first = night("demo");
    assert!(first.code == 2 && first.stdout.contains("settings differ"), "{first:?}");
    let second = night("demo");
    assert_eq!((second.code, second.stdout.as_str()), (0, ""), "{second:?}");
    // What no template asks about is told once, with who did it, before it becomes the baseline.
    let new = "web-server-pkce --org demo --set app=Warehouse_Loader --yes";
    let deploy = env.shell(&format!("sfsetup deploy --template {new}"));
    assert_eq!(finish(with_program(&env, deploy).output().unwrap()).code, 0);
    let third = night("demo");
    for words in ["ExternalClientApplication Warehouse_Loader", "changed by Robin Alder"] {
        assert!(third.code == 2 && third.stdout.contains(words), "{words}: {third:?}");
    }
    let fourth = night("demo");
    assert_eq!((fourth.code, fourth.stdout.as_str()), (0, ""), "{fourth:?}");
    assert_eq!((night("demo nobody").code, night("").code), (1, 64));
    // What was there is not lost by it.
    assert!(env.folder().join("answers/demo.json").is_file());
    assert!(!env.folder().join("answers/nobody.json").exists());
}

/// The token of the job counts, whatever org the file names that `init` has written.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_scripts_take_the_token_of_their_job() {
    let running = serve(Store::in_memory(), None, Faults::none()).await.unwrap();
    let (url, token) = (running.url(), running.token.clone());
    tokio::task::spawn_blocking(move || {
        for file in ["pipelines/gitlab.yml", "pipelines/Jenkinsfile"] {
            let env = checkout();
            env.write(
                "sfsetup.toml",
                "org = \"production\"\ntemplates = [\"ampersand\"]\n[parameters.ampersand]\napp = \
                 \"Ampersand\"\nprofile = \"Ampersand Integration\"\n",
            );
            let text = read(file);
            let lines = commands(&text);
            let plan = lines.iter().find(|line| line.contains("--save-plan")).unwrap();
            let deploy = lines.iter().find(|line| line.contains("deploy")).unwrap();
            for (line, codes) in [(plan, &[0, 2][..]), (deploy, &[0])] {
                let mut command = env.clean(Command::new("sh"));
                command.args(["-c", line.trim_end_matches('\'')]);
                command.env("SF_ACCESS_TOKEN", &token).env("SF_ORG_INSTANCE_URL", &url);
                let run = finish(with_program(&env, command).output().unwrap());
                assert!(codes.contains(&run.code), "{file}: {line}: {run:?}");
            }
        }
    })
    .await
    .unwrap();
}

/// The matrix of docs/fleet: the script of each of its jobs, and of the one that puts them together.
#[test]
fn the_matrix_over_many_orgs_is_run() {
    let env = checkout();
    env.write("orgs.csv", "org\ndemo:a\ndemo:b\ndemo:c\n");
    let workflow = yaml(&read("docs/fleet/github.yml"));
    let script = |job: &str| {
        let steps = workflow["jobs"][job]["steps"].as_vec().unwrap();
        let named = |step: &&Yaml| step["env"]["RUN"].as_str().is_some();
        steps.iter().find(named).unwrap()["run"].as_str().unwrap().to_owned()
    };
    let shards = words(&workflow["env"]["SHARDS"]);
    let matrix = &workflow["jobs"]["shard"]["strategy"]["matrix"]["shard"];
    let matrix: Vec<String> = matrix.as_vec().unwrap().iter().map(words).collect();
    assert_eq!(matrix.len().to_string(), shards);
    // As a runner runs a script.
    let run = |script: &str, variables: &[(&str, &str)]| {
        let mut command = with_program(&env, env.shell(&format!("bash -e -c '{script}'")));
        command.envs(variables.iter().copied());
        finish(command.output().unwrap())
    };
    let of_shard = script("shard").replace('\'', "'\\''");
    for shard in &matrix {
        let variables = [("SHARD", shard.as_str()), ("SHARDS", &shards), ("RUN", "77")];
        let run = run(&of_shard, &variables);
        assert_eq!(run.code, 0, "{run:?}");
        let folder = env.folder().join(format!("shards/shard-{shard}-1"));
        std::fs::create_dir_all(&folder).unwrap();
        let file = format!("shard-{shard}.jsonl");
        std::fs::rename(env.folder().join(&file), folder.join(&file)).unwrap();
    }
    let merge = script("merge").replace('\'', "'\\''");
    let variables = [("GITHUB_STEP_SUMMARY", "summary.md"), ("RUN", "77")];
    let merged = run(&merge, &variables);
    assert_eq!(merged.code, 2, "{merged:?}");
    let summary = std::fs::read_to_string(env.folder().join("summary.md")).unwrap();
    assert!(summary.contains("3 orgs: 0 as wanted, 3 not, 0 failed"), "{summary}");
    // A job that was lost is told.
    std::fs::remove_dir_all(env.folder().join("shards")).unwrap();
    std::fs::create_dir(env.folder().join("shards")).unwrap();
    let lost = run(&merge, &variables);
    assert!(![0, 2].contains(&lost.code), "{lost:?}");
}
