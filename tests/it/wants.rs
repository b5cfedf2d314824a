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
fn a_list_that_holds_nothing_wants_nothing() {
    let env = Env::new();
    for (test, is_list) in [
        ("includes = [\"{list}\"]", true),
        ("excludes = [\"{list}\"]", true),
        ("includes = [\"{text}\"]", false),
        ("excludes = [\"Api\", \"{text}\"]", false),
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
        assert!(run.stdout.contains("is not set") && run.code == 1, "{test} {is_list}: {run:?}");
    }
    write(
        &env,
        "[parameters.text]\ntitle = \"T\"\ndefault = \"\"\n[[step]]\nid = \"a\"\ntitle = \"A\"\n\
         want = [{ component = \"Profile:Admin\", path = \"loginIpRanges\", inside = [\"{text}\"] }]\n",
    );
    let run = on_demo(&env, &["diff"], &[]);
    assert!(run.stdout.contains("is not set") && run.code == 1, "{run:?}");
}
