//! Lists as a whole: ranges of addresses in which others are, how many there are, and whether there
//! are any.

use serde_json::Value as Json;
use sfsetup::demo::{Faults, Store};

use crate::lab::Lab;
use crate::support::{Env, Run};

const HEAD: &str = "format = 1\n[template]\nname = \"t\"\ntitle = \"T\"\nversion = \"1\"\nsource = \
                    \"https://docs.example.com\"\nreviewed = 2026-11-23\n";
const DIFF: &[&str] = &["diff", "--template", "t.toml", "--format", "json"];

/// A record that the profile was asked for.
const MANIFEST: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Package \
                    xmlns=\"http://soap.sforce.com/2006/04/metadata\">\n    <types>\n        \
                    <members>Custom%3A Lamp Sales</members>\n        <name>Profile</name>\n    \
                    </types>\n    <version>67.0</version>\n</Package>\n";

fn template(wants: &[(&str, &str)]) -> String {
    let want = |(path, rest): &(&str, &str)| {
        format!("{{ component = \"Profile:Custom: Lamp Sales\", path = \"{path}\", {rest} }}")
    };
    let wants: Vec<String> = wants.iter().map(want).collect();
    format!("{HEAD}[[step]]\nid = \"a\"\ntitle = \"A\"\nwant = [{}]\n", wants.join(", "))
}

/// State and what was seen of each finding.
fn told(run: &Run) -> Vec<(String, Json)> {
    let report: Json =
        serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:?}"));
    let findings = report["orgs"][0]["findings"].as_array().unwrap();
    let told = |one: &Json| (one["state"].as_str().unwrap().to_owned(), one["actual"].clone());
    findings.iter().map(told).collect()
}

fn states(run: &Run) -> Vec<String> {
    told(run).into_iter().map(|(state, _)| state).collect()
}

#[tokio::test]
async fn addresses_are_let_in_by_the_smallest_entries() {
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    let inside = "inside = [\"203.0.113.0/24\", \"203.0.113.7\", \"198.51.100.4\"]";
    let wants = [("loginIpRanges", inside), ("loginIpRanges", "empty = true")];
    lab.env.write("t.toml", template(&wants));
    assert_eq!(states(&lab.run(DIFF).await), ["differs", "in-sync"]);
    // Together they contradict one another.
    assert_eq!(lab.run(&["template", "check", "t.toml"]).await.code, 1);
    lab.env.write("t.toml", template(&wants[..1]));
    let deployed = lab.run(&["deploy", "--template", "t.toml", "--yes"]).await;
    assert_eq!(deployed.code, 0, "{deployed:?}");
    assert!(deployed.stdout.contains("may log in from anywhere"), "{deployed:?}");
    lab.env.write(
        "t.toml",
        template(&[wants[0], ("loginIpRanges", "count = 2"), ("loginIpRanges", "empty = false")]),
    );
    let found = told(&lab.run(DIFF).await);
    assert!(found.iter().all(|(state, _)| state == "in-sync"), "{found:?}");
    assert_eq!(found[0].1, serde_json::json!(["198.51.100.4", "203.0.113.0-203.0.113.255"]));
    // All of them may be taken away again, and taking the first deploy back does that too.
    lab.env.write("t.toml", template(&wants[1..]));
    let plan = lab.run(&["package", "--template", "t.toml", "--out", "out"]).await;
    assert!(plan.code == 0 && plan.stdout.matches("loginIpRanges[").count() == 2, "{plan:?}");
    let back = lab.run(&["rollback", "--yes"]).await;
    assert_eq!(back.code, 0, "{back:?}");
    assert_eq!(states(&lab.run(DIFF).await), ["in-sync"]);
}

#[test]
fn of_a_file_alone_only_what_is_there_is_known() {
    let env = Env::new();
    let wants = [
        ("loginIpRanges", "inside = [\"203.0.113.8/30\"]"),
        ("loginIpRanges", "inside = [\"198.51.100.4\"]"),
        ("loginIpRanges", "empty = true"),
        ("loginIpRanges", "count = 1"),
        ("loginHours", "empty = true"),
    ];
    env.write("t.toml", template(&wants));
    let profile = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Profile \
                   xmlns=\"http://soap.sforce.com/2006/04/metadata\">\n    <custom>true</custom>\n    \
                   <loginHours/>\n    <loginIpRanges>\n        \
                   <endAddress>203.0.113.255</endAddress>\n        \
                   <startAddress>203.0.113.0</startAddress>\n    </loginIpRanges>\n</Profile>\n";
    env.write("now/profiles/Custom%3A Lamp Sales.profile", profile);
    let run = env.run(&[DIFF, &["--from", "now"]].concat());
    assert_eq!(
        states(&run),
        ["in-sync", "not-observed", "differs", "not-observed", "not-observed"],
        "{run:?}"
    );
    env.write("now/package.xml", MANIFEST);
    let run = env.run(&[DIFF, &["--from", "now"]].concat());
    // An empty element of login hours says that there are none (S 3.1).
    assert_eq!(states(&run), ["in-sync", "differs", "differs", "in-sync", "in-sync"], "{run:?}");
}

#[tokio::test]
async fn a_week_of_login_hours_is_wanted_and_set_as_a_whole() {
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    let week = "equals = [\"Mon-Fri 08:00-18:00\", \"Sat 08:00-12:00\", \"Sun 00:00-24:00\"]";
    lab.env.write("t.toml", template(&[("loginHours", week)]));
    assert_eq!(lab.run(&["template", "check", "t.toml"]).await.code, 0);
    let found = told(&lab.run(DIFF).await);
    assert_eq!(found, [("differs".to_owned(), serde_json::json!(["Mon-Sun 00:00-24:00"]))]);
    let deployed = lab.run(&["deploy", "--template", "t.toml", "--yes"]).await;
    assert_eq!(deployed.code, 0, "{deployed:?}");
    let days = ["Mon-Fri 08:00-18:00", "Sat 08:00-12:00", "Sun 00:00-24:00"];
    let found = told(&lab.run(DIFF).await);
    assert_eq!(found, [("in-sync".to_owned(), serde_json::json!(days))]);
    // Other hours of one day; all the days go along.
    let other = week.replace("12:00", "14:00");
    lab.env.write("t.toml", template(&[("loginHours", &other)]));
    assert_eq!(states(&lab.run(DIFF).await), ["differs"]);
    let package = lab.run(&["package", "--template", "t.toml", "--out", "out"]).await;
    assert_eq!(package.code, 0, "{package:?}");
    let file = lab.env.folder().join("out/profiles/Custom%3A Lamp Sales.profile");
    let file = std::fs::read_to_string(file).unwrap();
    for day in ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] {
        assert!(file.contains(&format!("<{day}Start>")), "{day} in {file}");
        assert!(file.contains(&format!("<{day}End>")), "{day} in {file}");
    }
    assert!(file.contains("<saturdayEnd>840</saturdayEnd>"), "{file}");
    let back = lab.run(&["rollback", "--yes"]).await;
    assert_eq!(back.code, 0, "{back:?}");
    let found = told(&lab.run(DIFF).await);
    assert_eq!(found, [("differs".to_owned(), serde_json::json!(["Mon-Sun 00:00-24:00"]))]);
    // A day that is not named could be closed or open.
    lab.env.write("t.toml", template(&[("loginHours", "equals = [\"Mon-Fri 08:00-18:00\"]")]));
    let check = lab.run(&["template", "check", "t.toml"]).await;
    let said = format!("{}{}", check.stdout, check.stderr);
    assert!(check.code == 1 && said.contains("Sat, Sun is not there"), "{check:?}");
}

#[test]
fn login_hours_are_taken_away_as_a_whole() {
    let env = Env::new();
    env.write("t.toml", template(&[("loginHours", "empty = true")]));
    let profile = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Profile \
                   xmlns=\"http://soap.sforce.com/2006/04/metadata\">\n    <custom>true</custom>\n    \
                   <loginHours>\n        <mondayEnd>1080</mondayEnd>\n        \
                   <mondayStart>480</mondayStart>\n    </loginHours>\n</Profile>\n";
    env.write("now/profiles/Custom%3A Lamp Sales.profile", profile);
    env.write("now/package.xml", MANIFEST);
    let run = env.run(&[DIFF, &["--from", "now"]].concat());
    assert_eq!(told(&run)[0].1, serde_json::json!(["mondayEnd 1080", "mondayStart 480"]));
    let run = env.run(&["package", "--template", "t.toml", "--from", "now", "--out", "out"]);
    assert_eq!(run.code, 0, "{run:?}");
    let sent = env.folder().join("out/profiles/Custom%3A Lamp Sales.profile");
    let sent = std::fs::read_to_string(sent).unwrap();
    // An empty element takes them away (S 3.1).
    let is_empty = sent.contains("<loginHours/>") || sent.contains("<loginHours></loginHours>");
    assert!(is_empty && !sent.contains("monday"), "{sent}");
}

#[tokio::test]
async fn of_several_the_one_that_takes_away_is_for_a_person_to_choose() {
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    let profile = "component = \"Profile:Custom: Lamp Sales\", path = \"loginIpRanges\"";
    lab.env.write("t.toml", template(&[("loginIpRanges", "inside = [\"203.0.113.0/24\"]")]));
    assert_eq!(lab.run(&["deploy", "--template", "t.toml", "--yes"]).await.code, 0);
    let write = |any: &str| {
        lab.env.write(
            "t.toml",
            format!("{HEAD}[[step]]\nid = \"a\"\ntitle = \"A\"\nwant = [{{ any = [{any}] }}]\n"),
        );
    };
    let empty = format!("{{ {profile}, empty = true }}");
    // Another that a package can bring about, wherever it stands.
    let inside = format!("{{ {profile}, inside = [\"198.51.100.4\"] }}");
    for (any, out) in [(format!("{empty}, {inside}"), "x"), (format!("{inside}, {empty}"), "y")] {
        write(&any);
        let plan = lab.run(&["package", "--template", "t.toml", "--show", "--out", out]).await;
        assert!(plan.code == 0 && plan.stdout.contains("198.51.100.4"), "{any}: {plan:?}");
        assert!(!plan.stdout.contains("- loginIpRanges["), "{any}: {plan:?}");
    }
    // Another that a person does: it differs still, and nothing is taken.
    write(&format!("{empty}, {{ manual = \"Let them in.\" }}"));
    assert_eq!(states(&lab.run(DIFF).await), ["differs"]);
    let deployed = lab.run(&["deploy", "--template", "t.toml", "--yes"]).await;
    assert_eq!(deployed.code, 2, "{deployed:?}");
    let words = deployed.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("this one takes away what is there"), "{deployed:?}");
    // No other: it is what is wanted.
    write(&empty);
    assert_eq!(states(&lab.run(DIFF).await), ["differs"]);
    let deployed = lab.run(&["deploy", "--template", "t.toml", "--yes"]).await;
    assert_eq!(deployed.code, 0, "{deployed:?}");
    assert_eq!(states(&lab.run(DIFF).await), ["in-sync"]);
}
