//! Lists of orgs in CSV, as people and spreadsheets write them: what is wrong in one is told with its
//! line or column before any org is asked; and an error that takes the place of an earlier run's report
//! says so.

use crate::support::{Env, Run};

const USER: &str = "sam.pereira@harbourlight.example.com";

/// A home with a template whose plan has a default, so that a slip would be one for it.
fn env() -> Env {
    let env = Env::new();
    env.write(
        "acme-sync.toml",
        "format = 1\n[template]\nname = \"acme-sync\"\ntitle = \"Acme\"\nversion = \"1\"\nsource = \
         \"https://docs.acme.example.com\"\nreviewed = 2026-11-23\n[parameters.user]\ntitle = \
         \"User\"\n[parameters.plan]\ntitle = \"Plan\"\ntype = \"choice\"\nchoices = [\"basic\", \
         \"sales\", \"max\"]\ndefault = \"basic\"\n[[step]]\nid = \"a\"\ntitle = \"A\"\nwant = [{ fact = \
         \"user.is_active\", equals = true }]\n[[step]]\nid = \"b\"\ntitle = \"Of max\"\nwhen = { plan = \
         \"max\" }\nwant = [{ fact = \"user.is_active\", equals = true }]\n",
    );
    env
}

fn diff(env: &Env, rows: &str, more: &[&str]) -> Run {
    env.write("orgs.csv", rows.replace("USER", USER));
    env.run(&[&["diff", "-t", "acme-sync.toml", "--orgs", "orgs.csv"], more].concat())
}

#[test]
fn what_is_wrong_in_a_list_is_told_with_its_place_before_any_org_is_asked() {
    let env = env();
    for (rows, words) in [
        (
            "org,user,paln\ndemo:a,USER,max\n",
            "column `paln`: there is no parameter `paln`; did you \
                                               mean `plan`?",
        ),
        ("org,user,acme-sync.paln\ndemo:a,USER,max\n", "did you mean `plan`?"),
        ("org,user,acme-snyc.plan\ndemo:a,USER,max\n", "did you mean `acme-sync`?"),
        ("org,user,access_token\ndemo:a,USER,x\n", "in a column `access_token_env`"),
        ("org,user,instance-url\ndemo:a,USER,x\n", "did you mean `instance_url`?"),
        ("org,user,user\ndemo:a,USER,x\n", "two columns are called `user`"),
        (
            "org,user,\ndemo:a,USER,\ndemo:b,USER,x\n",
            "line 3 says `x` in a column that has no name",
        ),
        ("org,user\ndemo:a,\"USER\ndemo:b,USER\n", "line 2: a quote is opened and never closed"),
        ("org,user\ndemo:a,\"USER\ndemo:b,USER\"\n", "line 2: a quote is opened and never closed"),
        ("org,user,plan\ndemo:a,USER\n", "line 2 has 2 cells, and the first line names 3 columns"),
        ("org,user\n\n,USER\n", "line 3 names no org"),
        ("org,plan\ndemo:a,max\n\ndemo:a,sales\n", "they are lines 2 and 4"),
    ] {
        let run = diff(&env, rows, &[]);
        assert_eq!(run.code, 64, "{rows}: {run:?}");
        assert!(run.stderr.contains(words), "{rows}: {run:?}");
        assert_eq!(run.stderr.matches("error:").count(), 1, "{rows}: {run:?}");
        assert!(run.stderr.contains("hint: ") && !run.stderr.contains("--help"), "{run:?}");
        assert!(!run.stderr.contains("of 1 orgs") && run.stdout.is_empty(), "{rows}: {run:?}");
    }
    // The same for folders of many orgs.
    let more = ["snapshot", "-t", "acme-sync.toml", "--orgs", "orgs.csv", "--out", "all"];
    env.write("orgs.csv", "org,usre\ndemo:a,x\ndemo:b,x\n");
    let run = env.run(&more);
    assert!(run.code == 64 && run.stderr.contains("did you mean `user`?"), "{run:?}");
}

#[test]
fn what_a_spreadsheet_leaves_in_a_list_is_passed_over() {
    let env = env();
    let rows = "\u{feff}org,user,plan,,customer\r\ndemo:a,USER,max,,Acme\r\n,,,,\r\n\r\ndemo:b,USER,,,\
                Other, \r\n";
    let run = diff(&env, rows, &["--format", "json"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stderr.contains("2 of 2 orgs"), "{run:?}");
    // A column of its author's own is told once, and does no harm.
    assert_eq!(run.stderr.matches("column `customer`: no template named here").count(), 1);
    assert_eq!(run.stdout.matches("\"Of max\"").count(), 1, "{run:?}");
    // By another name it is taken for TOML, which is said.
    env.write("orgs.txt", "org,user\ndemo:a,x\n");
    let run = env.run(&["diff", "-t", "acme-sync.toml", "--orgs", "orgs.txt"]);
    assert!(run.stderr.contains("a list of orgs in CSV bears the suffix `.csv`"), "{run:?}");
}

#[test]
fn a_wrong_value_is_told_with_its_cell() {
    let env = env();
    let rows = "org,user,plan\ndemo:a,USER,max\n\ndemo:b,USER,slaes\ndemo:c,,max\n";
    let run = diff(&env, rows, &["--out", "all.json"]);
    assert_eq!(run.code, 4, "{run:?}");
    let cell = "orgs.csv, line 4, column `plan`: parameter `plan` is one of basic, sales, max, not \
                `slaes`; did you mean `sales`?";
    assert!(run.stderr.contains(cell), "{run:?}");
    let text = std::fs::read_to_string(env.folder().join("all.json")).unwrap();
    let all: serde_json::Value = serde_json::from_str(&text).unwrap();
    let hint = |at: usize| all["orgs"][at]["error"]["hint"].as_str().unwrap();
    assert!(hint(1).starts_with("put it right there"), "{}", hint(1));
    assert!(hint(2).starts_with("give it in a column `user`: orgs.csv, line 5"), "{}", hint(2));
}

#[test]
fn an_error_takes_the_place_of_a_report_and_says_so() {
    let env = env();
    let kept = env.folder().join("kept.html");
    let set = format!("user={USER}");
    let run =
        |more: &[&str]| env.run(&[&["diff", "--set", &set, "--out", "kept.html"], more].concat());
    let well = run(&["-t", "acme-sync.toml", "-o", "demo:a"]);
    assert!(well.code == 0 && !well.stderr.contains("kept.html"), "{well:?}");
    let good = std::fs::read_to_string(&kept).unwrap();
    // The answer of another day must not pass for this one's.
    for (more, code) in [
        (&["-t", "acme-snyc.toml", "-o", "demo:a"][..], 1),
        (&["-t", "acme-sync.toml", "-o", "x"], 1),
        (&["-t", "acme-sync.toml", "--orgs", "nowhere.csv"], 64),
    ] {
        std::fs::write(&kept, &good).unwrap();
        let failed = run(more);
        assert_eq!(failed.code, code, "{failed:?}");
        let words = "`kept.html` says what went wrong now, and not what stood there before";
        assert_eq!(failed.stderr.matches(words).count(), 1, "{failed:?}");
        assert_ne!(std::fs::read_to_string(&kept).unwrap(), good);
    }
    // Where none stood there is nothing to say of it.
    std::fs::remove_file(&kept).unwrap();
    let failed = run(&["-t", "acme-sync.toml", "-o", "x"]);
    assert!(kept.is_file() && !failed.stderr.contains("kept.html"), "{failed:?}");
}
