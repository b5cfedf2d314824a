//! A run over many orgs in shards: what they come to put together is what one process tells, what
//! is missing is said, and what is kept of several nights is told as drift over time.

use serde_json::Value as Json;

use crate::json::document;
use crate::support::{Env, Run};

const ORGS: [&str; 12] = [
    "-o", "demo:a", "-o", "demo:b", "-o", "nobody", "-o", "demo:c", "-o", "demo:d", "-o", "demo:e",
];

fn diff(env: &Env, more: &[&str]) -> Run {
    env.run(&[&["diff", "--template", "ampersand"], &ORGS[..], more].concat())
}

fn text(env: &Env, name: &str) -> String {
    let text = std::fs::read_to_string(env.folder().join(name)).unwrap();
    // Where demo orgs listen differs from run to run.
    let mut parts = text.split("http://127.0.0.1:");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |out, part| {
        format!("{out}http://demo{}", part.trim_start_matches(|c: char| c.is_ascii_digit()))
    })
}

/// The shards of a run, each in a file of its own.
fn shards(env: &Env) -> Vec<String> {
    (0..3)
        .map(|k| {
            let (shard, file) = (format!("{k}/3"), format!("s{k}.jsonl"));
            let run = diff(env, &["--shard", &shard, "--out", &file]);
            assert!(matches!(run.code, 0 | 2 | 4), "{run:?}");
            file
        })
        .collect()
}

const FORMS: [&str; 7] = ["jsonl", "json", "csv", "md", "html", "sarif", "xml"];

fn outs(name: &str) -> Vec<String> {
    FORMS.iter().flat_map(|form| ["--out".to_owned(), format!("{name}.{form}")]).collect()
}

fn words(all: &[String]) -> Vec<&str> {
    all.iter().map(String::as_str).collect()
}

#[test]
fn shards_put_together_are_what_one_process_tells_in_every_form() {
    let env = Env::new();
    let outs_one = outs("one");
    assert_eq!(diff(&env, &words(&outs_one)).code, 4);
    let files = shards(&env);
    let merged = outs("merged");
    let run = env.run(&[&["merge"], &words(&files)[..], &words(&merged)].concat());
    assert!(run.code == 4 && run.stdout.is_empty(), "{run:?}");
    for form in FORMS {
        let [one, merged] = ["one", "merged"].map(|name| text(&env, &format!("{name}.{form}")));
        assert_eq!(one, merged, "{form}");
    }
    // Without the org that fails it is well to have drift.
    let files: Vec<&str> = vec!["x.jsonl", "y.jsonl"];
    for (k, file) in files.iter().enumerate() {
        let (shard, org) = (format!("{k}/2"), ["-o", "demo:a", "-o", "demo:b"]);
        let words = ["diff", "-t", "ampersand", "--shard", &shard, "--out", file, "--exit-zero"];
        let run = env.run(&[&words[..], &org].concat());
        assert_eq!(run.code, 0, "{run:?}");
    }
    let run = env.run(&[&["merge"], &files[..]].concat());
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stdout.contains("2 orgs: 0 as wanted, 2 not, 0 failed."), "{run:?}");
    assert_eq!(env.run(&[&["merge", "--fail-on-drift"], &files[..]].concat()).code, 2);
}

#[test]
fn what_is_missing_and_what_is_told_twice_is_said() {
    let env = Env::new();
    let files = shards(&env);
    let run = env.run(&["merge", &files[0], &files[1], "--format", "json"]);
    assert_eq!(run.code, 4, "{run:?}");
    document(&run.stdout, "diff", &run);
    let all: Json = serde_json::from_str(&run.stdout).unwrap();
    let names: Vec<&str> = all["orgs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|org| org["org"]["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["demo:a", "demo:b", "nobody", "demo:c", "demo:d", "demo:e"]);
    let is_missing = |org: &&Json| org["error"]["code"] == "NOT_ANSWERED";
    let missing = all["orgs"].as_array().unwrap().iter().filter(is_missing).count();
    assert!(missing > 0, "{run:?}");
    assert!(run.stderr.contains(&format!("{missing} org")), "{run:?}");
    assert!(run.stderr.contains("not answered: "), "{run:?}");
    assert!(run.stdout.contains("nothing is there of shard 2/3, in which this org is"), "{run:?}");
    // One that was killed, and its repetition.
    let whole = text(&env, &files[2]);
    let head = whole.split_inclusive('\n').next().unwrap();
    env.write("cut.jsonl", &whole[..head.len() + 50]);
    env.write("empty.jsonl", "");
    let run =
        env.run(&["merge", "cut.jsonl", "empty.jsonl", &files[0], &files[1], &files[2], &files[2]]);
    assert_eq!(run.code, 4, "{run:?}");
    assert!(run.stderr.contains("`empty.jsonl` is empty"), "{run:?}");
    assert!(run.stderr.contains("told in `s2.jsonl` and `s2.jsonl`"), "{run:?}");
    assert!(!run.stderr.contains("not answered"), "{run:?}");
}

#[test]
fn what_is_not_of_one_run_is_refused() {
    let env = Env::new();
    let files = shards(&env);
    let other = ["--strict", "--shard", "1/3", "--out", "other.jsonl"];
    diff(&env, &other);
    diff(&env, &["--run", "tonight", "--shard", "1/3", "--out", "named.jsonl"]);
    env.write("none.jsonl", "{}\n");
    env.write("packed.jsonl.gz", [0x1f, 0x8b, 8, 0]);
    for (file, why) in [
        ("other.jsonl", "answer different questions"),
        ("named.jsonl", "is of run `tonight`"),
        ("packed.jsonl.gz", "unpack it"),
        ("none.jsonl", "does not begin with what was asked"),
        ("nonsuch.jsonl", "nonsuch.jsonl"),
    ] {
        let run = env.run(&["merge", &files[0], file]);
        assert!(matches!(run.code, 1 | 64) && run.stderr.contains(why), "{run:?}");
        assert!(run.stdout.is_empty(), "{run:?}");
    }
    // Last night's files do not pass for tonight's.
    let run = env.run(&["merge", "--run", "tonight", "named.jsonl", &files[0]]);
    assert!(run.code == 64 && run.stderr.contains("`s0.jsonl` is of no run"), "{run:?}");
    let later = text(&env, &files[1]).replacen("2026-11-27T00:00:00Z", "2026-11-28T00:00:00Z", 1);
    env.write("later.jsonl", later);
    let run = env.run(&["merge", &files[0], "later.jsonl", &files[2]]);
    assert!(run.stderr.contains("is one of another night?"), "{run:?}");
    let run = env.run(&["merge", &files[0], "--out", &files[0]]);
    assert!(run.code == 64 && run.stderr.contains("would write over"), "{run:?}");
    // A shard does not go on with the answers of another.
    for more in [&["--shard", "2/3"][..], &["--shard", "1/4"], &["--shard", "1/3", "--run", "x"]] {
        let before = text(&env, "s1.jsonl");
        let run = diff(&env, &[&["--resume", "s1.jsonl"], more].concat());
        assert!(run.code == 64 && run.stderr.contains("it is of shard 1/3, and this"), "{run:?}");
        assert_eq!(text(&env, "s1.jsonl"), before);
    }
    for (more, why) in [
        (&["--shard", "4/3"][..], "K is at most N"),
        (&["--shard", "three"], "is not `K/N`"),
        (&["--shard", "1/3", "--save-plan", "plans"], "`--save-plan` and `--shard`"),
        (&["--run", "a/b"], "a run's name begins with"),
        (&["--shard", "1/3", "--results", "file:///x"], "the run has no name"),
        (&["--from", "x", "--shard", "1/3"], "of one org alone"),
        (
            &["--shard", "1/3", "--results", "file:///x", "--resume", "x.jsonl"],
            "the run has no name",
        ),
    ] {
        let run = env.run(&[&["diff", "-t", "ampersand"], more].concat());
        assert!(run.code == 64 && run.stderr.contains(why), "{run:?}");
    }
}

#[test]
fn a_shard_is_gone_on_with_and_may_be_empty() {
    let env = Env::new();
    let whole = text(&env, &shards(&env)[0]);
    let ends: Vec<usize> = whole.match_indices('\n').map(|(at, _)| at + 1).collect();
    env.write("run.jsonl", &whole[..ends[ends.len() / 2]]);
    let run = diff(&env, &["--shard", "0/3", "--resume", "run.jsonl"]);
    assert!(matches!(run.code, 2 | 4), "{run:?}");
    assert_eq!(text(&env, "run.jsonl"), whole);
    // Of one org in a thousand shards most have none.
    let empty = env.run(&["diff", "-t", "ampersand", "-o", "demo:a", "--shard", "1/1000"]);
    assert!(empty.code == 0 && empty.stderr.contains("shard 1/1000: 0 of 1 orgs"), "{empty:?}");
    let folder = env.run(
        &[&["snapshot", "--types", "ConnectedApp", "--out", "orgs", "--shard", "0/3"], &ORGS[..4]]
            .concat(),
    );
    let there = std::fs::read_dir(env.folder().join("orgs")).map_or(0, Iterator::count);
    let told = folder.stderr.split("shard 3/3: ").nth(1).unwrap().split(' ').next().unwrap();
    assert!(folder.code == 0 && there == told.parse::<usize>().unwrap(), "{folder:?}");
}

/// Nights of two orgs: the first is mended on the third and drifts again on the fifth, the second
/// is not reached on the last.
fn nights(env: &Env) -> Vec<String> {
    const FIRST: u64 = 1_795_737_600;
    let at = |night: u64| (FIRST - 9 * 86_400 + night * 86_400).to_string();
    let run = |night: u64, words: &[&str]| {
        let mut command = env.command();
        command.env("SOURCE_DATE_EPOCH", at(night)).args(words);
        crate::support::finish(command.output().unwrap())
    };
    (0..6)
        .map(|night| {
            if night == 2 {
                let run = run(night, &["deploy", "-t", "ampersand", "-o", "demo:a", "--yes"]);
                assert!(matches!(run.code, 0 | 2), "{run:?}");
            }
            if night == 4 {
                assert_eq!(run(night, &["demo", "reset", "a"]).code, 0);
            }
            let file = format!("night-{night}.jsonl");
            let faulty = if night == 5 { "nobody" } else { "demo:b" };
            let words = ["diff", "-t", "ampersand", "-o", "demo:a", "-o", faulty, "--out", &file];
            assert!(matches!(run(night, &words).code, 2 | 4));
            file
        })
        .collect()
}

#[test]
fn a_trend_tells_which_org_drifted_since_when_and_how_long_it_took() {
    let env = Env::new();
    let files = nights(&env);
    let run = env.run(&[&["trend"], &words(&files)[..]].concat());
    assert_eq!(run.code, 4, "an org has no answer: {run:?}");
    insta::assert_snapshot!("trend", run.stdout);
    let json = env.run(&[&["trend", "--format", "json"], &words(&files)[..]].concat());
    document(&json.stdout, "trend", &json);
    let all: Json = serde_json::from_str(&json.stdout).unwrap();
    let of = |org: &str, step: &str| -> Vec<(String, Json)> {
        let drifts = all["drifts"].as_array().unwrap().iter();
        drifts
            .filter(|one| one["org"] == org && one["step"] == step)
            .map(|one| (one["state"].as_str().unwrap().to_owned(), one["seconds"].clone()))
            .collect()
    };
    assert_eq!(
        of("demo:a", "ampersand/refresh-token"),
        [("fixed".to_owned(), 172_800.into()), ("open".to_owned(), 86_400.into())]
    );
    assert_eq!(of("demo:b", "ampersand/refresh-token"), [("open".to_owned(), 345_600.into())]);
    assert_eq!(all["days"].as_array().unwrap().len(), 6);
    // The same from what was merged, and told once where it is read twice.
    let again = env.run(&[&["merge"], &words(&files)[..1], &["--out", "m.jsonl"]].concat());
    assert_eq!(again.code, 0, "{again:?}");
    let more = [&["trend", "--format", "json", "m.jsonl"], &words(&files)[..]].concat();
    assert_eq!(env.run(&more).stdout, json.stdout);
    // Only what is asked for.
    let late = env.run(&[&["trend", "--since", "6d"], &words(&files)[..]].concat());
    assert!(
        late.stderr.contains("from before") && late.stdout.contains("since before"),
        "{late:?}"
    );
    let none = env.run(&["trend", "--since", "1h", &files[0]]);
    assert!(none.code == 1 && none.stderr.contains("no org was looked at within 1h"), "{none:?}");
}

#[test]
fn a_trend_is_a_page_and_a_table() {
    let env = Env::new();
    let files = nights(&env);
    let outs = ["--out", "t.html", "--out", "t.csv", "--out", "t.txt"];
    let run = env.run(&[&["trend"], &words(&files)[..], &outs].concat());
    assert!(run.code == 4 && run.stdout.is_empty(), "{run:?}");
    let page = text(&env, "t.html");
    assert_eq!(page.matches("<svg").count(), 2, "{page}");
    assert!(page.contains("<polyline") && !page.contains("<script"), "{page}");
    // What a page may not load it does not ask for.
    assert!(!page.contains("style=\""), "{page}");
    let table = text(&env, "t.csv");
    let row = "\"demo:a\",";
    assert!(table.lines().filter(|line| line.starts_with(row)).count() > 4, "{table}");
    assert!(table.contains("\"no-answer\""), "{table}");
    let run = env.run(&["trend", &files[0], "--out", "t.md"]);
    assert!(run.code == 64 && run.stderr.contains("does not answer in that form"), "{run:?}");
}

#[cfg(not(feature = "store"))]
#[test]
fn a_build_without_results_says_so_before_any_org_is_asked() {
    let env = Env::new();
    for words in [
        &["diff", "-t", "ampersand", "-o", "demo:a", "--results", "s3://bucket"][..],
        &["merge", "--results", "postgres://u:s3cret@h/d"],
        &["trend", "--results", "file:///x"],
    ] {
        let run = env.run(words);
        assert!(run.code == 64 && run.stderr.contains("without the feature `store`"), "{run:?}");
        assert!(!run.stderr.contains("s3cret") && !run.stderr.contains("1 of 1"), "{run:?}");
    }
}

/// The files below a folder.
#[cfg(feature = "store")]
fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { all.extend(walk(&path)) } else { all.push(path) }
    }
    all.sort();
    all
}

#[cfg(feature = "store")]
#[test]
fn results_keep_one_answer_of_an_org_and_a_run() {
    let env = Env::new();
    let address = format!("file://{}/kept", env.folder().display());
    // A volume that is not there is not made.
    let none = diff(&env, &["--run", "night", "--results", &address]);
    assert!(none.code == 64 && none.stderr.contains("there is no folder"), "{none:?}");
    assert!(!none.stderr.contains("error: nobody"), "no org is asked: {none:?}");
    std::fs::create_dir(env.folder().join("kept")).unwrap();
    let results = ["--results", address.as_str()];
    let part = |run: &str, shard: &str, more: &[&str]| {
        diff(&env, &[&["--run", run, "--shard", shard], &results[..], more].concat())
    };
    let one = diff(&env, &["--run", "night", "--out", "one.json"]);
    assert_eq!(one.code, 4, "{one:?}");
    for shard in ["1/2", "2/2"] {
        let run = part("night", shard, &[]);
        assert!(run.stderr.contains("are kept as run `night` in `file:///"), "{run:?}");
    }
    let merged = env.run(&[&["merge", "--out", "merged.json"], &results[..]].concat());
    assert!(merged.code == 4 && merged.stderr.contains("run `night`, begun "), "{merged:?}");
    assert_eq!(text(&env, "one.json"), text(&env, "merged.json"));
    // A shard that is repeated adds nothing, and says so.
    let count = || walk(&env.folder().join("kept"));
    let before = count();
    let again = part("night", "1/2", &[]);
    assert!(again.stderr.contains("the answers of 0 orgs are kept"), "{again:?}");
    assert_eq!(count(), before);
    assert!(again.stderr.contains("already, which counts"), "{again:?}");
    // One run is one question.
    let other = part("night", "1/2", &["--strict"]);
    assert!(other.code == 64 && other.stderr.contains("another question"), "{other:?}");
    assert!(!other.stderr.contains("error: nobody"), "no org is asked: {other:?}");
    let none = env.run(&[&["merge", "--run", "nonsuch"], &results[..]].concat());
    assert!(none.code == 1 && none.stderr.contains("the last ones are night"), "{none:?}");
    for address in [
        "s4://x",
        "nonsense",
        "postgres://u:s3cret@[/x",
        "postgres://u:s3?cret@host/db",
        "postgres:u:s3cret@h/d",
        "host=db user=u password=s3cret",
        "postgres://u:s3cret@127.0.0.1:1/d?sslmod=verify-full",
    ] {
        let run = env.run(&["trend", "--results", address]);
        let is_told = run.stderr.contains("s3c") || run.stderr.contains("s3?");
        assert!(run.code == 64 && !is_told, "{run:?}");
    }
    // One that is damaged is told, and its orgs are missing; what is not of this program is nobody's.
    let of_shard = walk(&env.folder().join("kept"));
    let largest = of_shard.iter().max_by_key(|file| file.metadata().unwrap().len()).unwrap();
    let bytes = std::fs::read(largest).unwrap();
    std::fs::write(largest, &bytes[..bytes.len() / 2]).unwrap();
    env.write("kept/other.jsonl.gz", "x");
    for words in [&["merge", "--run", "night"][..], &["trend"]] {
        let run = env.run(&[words, &results].concat());
        assert!(run.code == 4 && run.stderr.contains("cannot be read"), "{run:?}");
    }
    // Every night has a name of its own: this clock is fixed, that of the files is not.
    let mut command = env.command();
    command.env("SOURCE_DATE_EPOCH", "4102444800");
    command.args(["diff", "-t", "ampersand", "-o", "demo:a", "--run", "night"]).args(results);
    let late = crate::support::finish(command.output().unwrap());
    assert!(late.code == 64, "{late:?}");
}
