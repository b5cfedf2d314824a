//! Two states of a large org held against each other: the time, the memory and whether every change
//! was found and none invented.
//!
//! `cargo bench --bench baseline` makes the states, checks the answers against their key, and
//! prints a table with the floor (reading both sides and comparing bytes), `diff -ru`, `git diff
//! --no-index` and a plain quick-xml comparison in the same run. `-- --quick` does a tenth; `--
//! --states FOLDER [PROFILES [MEGABYTES]]` only makes the states, for other tools
//! (`benches/peers/run.sh`).

#![expect(clippy::print_stdout, reason = "the table is what a benchmark is for")]

mod generate;
mod plain;

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use generate::{Shape, generate};

const RUNS: usize = 5;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|argument| argument == "--states") {
        let number = |index: usize, otherwise| {
            arguments.get(at + index).and_then(|text| text.parse().ok()).unwrap_or(otherwise)
        };
        let folder =
            Path::new(arguments.get(at + 1).expect("--states FOLDER [PROFILES [MEGABYTES]]"));
        let (profiles, megabytes) = (number(2, 100), number(3, 3));
        let shape = Shape { profiles, megabytes, ..Shape::default() };
        generate(folder, &if megabytes > 3 { Shape { apps: 0, sets: 0, ..shape } } else { shape });
        return;
    }
    let quick = arguments.iter().any(|argument| argument == "--quick");
    let profiles = if quick { 10 } else { 100 };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut table = Vec::new();
    for (name, shape) in [
        ("310 MB a side", Shape { profiles, ..Shape::default() }),
        (
            "the same, every list shuffled",
            Shape { profiles, is_shuffled: true, ..Shape::default() },
        ),
        ("a third of it", Shape { profiles: profiles / 3, ..Shape::default() }),
        (
            "one profile of 20 MB",
            Shape { profiles: 1, megabytes: 20, apps: 0, sets: 0, ..Shape::default() },
        ),
        (
            "ten times the files, a tenth the size",
            Shape {
                profiles: profiles * 10,
                megabytes: 0,
                apps: 250,
                sets: 400,
                ..Shape::default()
            },
        ),
        ("CRLF against LF", Shape { profiles: profiles / 10, is_crlf: true, ..Shape::default() }),
        (
            "another indentation",
            Shape { profiles: profiles / 10, is_indented: true, ..Shape::default() },
        ),
        (
            "everything different",
            Shape { profiles: profiles / 10, is_all_different: true, ..Shape::default() },
        ),
    ] {
        let place = folder.path().join("states");
        let _ = std::fs::remove_dir_all(&place);
        let key = generate(&place, &shape);
        let (now, then) = (place.join("now"), place.join("then"));
        check(&now, &then, &key, name);
        table.push(row(name, &now, &then));
    }
    println!(
        "\n| states | floor | ours | `diff -ru` | `git diff --no-index` | plain quick-xml | \
         ours/floor | ours/diff | memory |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    for row in table {
        println!("{row}");
    }
}

/// Every change is found, and none is invented.
fn check(now: &Path, then: &Path, key: &BTreeSet<String>, name: &str) {
    let output = ours(now, then).args(["--format", "json"]).output().expect("the program runs");
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let found: BTreeSet<String> = report["orgs"][0]["findings"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|finding| {
            let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
            format!(
                "{}:{} {}",
                text(&finding["component"]["type"]),
                text(&finding["component"]["full_name"]),
                text(&finding["path"])
            )
        })
        .collect();
    let missed: Vec<&String> = key.difference(&found).take(5).collect();
    let invented: Vec<&String> = found.difference(key).take(5).collect();
    assert!(
        missed.is_empty() && invented.is_empty(),
        "{name}: missed {missed:?}, invented {invented:?}"
    );
    println!("{name}: {} changes, all found and none invented", key.len());
}

fn ours(now: &Path, then: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sfsetup"));
    command.args(["diff", "--quiet", "--baseline"]).arg(then).arg("--from").arg(now);
    command
}

fn row(name: &str, now: &Path, then: &Path) -> String {
    let median = |work: &mut dyn FnMut()| {
        let mut times: Vec<Duration> = Vec::new();
        // What takes seconds needs no more than one run.
        while times.len() < RUNS && times.iter().sum::<Duration>() < Duration::from_secs(6) {
            let began = Instant::now();
            work();
            times.push(began.elapsed());
        }
        times.sort_unstable();
        times[times.len() / 2]
    };
    let floor = median(&mut || floor(now, then));
    let quiet = |mut command: Command| {
        median(&mut || {
            let _ = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
        })
    };
    let mine = quiet(ours(now, then));
    let mut diff = Command::new("diff");
    diff.arg("-ru").arg(then).arg(now);
    let diff = quiet(diff);
    let mut git = Command::new("git");
    git.args(["diff", "--no-index", "--stat"]).arg(then).arg(now);
    let git = quiet(git);
    let plain = median(&mut || {
        std::hint::black_box(plain::compare(now, then));
    });
    let memory = memory(ours(now, then));
    let ratio = |one: Duration, other: Duration| one.as_secs_f64() / other.as_secs_f64().max(1e-9);
    format!(
        "| {name} | {:.3} s | {:.3} s | {:.2} s | {:.2} s | {:.2} s | {:.2} | {:.2} | {memory} |",
        floor.as_secs_f64(),
        mine.as_secs_f64(),
        diff.as_secs_f64(),
        git.as_secs_f64(),
        plain.as_secs_f64(),
        ratio(mine, floor),
        ratio(mine, diff),
    )
}

/// Reads both sides on every core and compares the bytes: less than this nobody can do.
fn floor(now: &Path, then: &Path) {
    let files: Vec<PathBuf> = plain::files(now);
    let next = AtomicUsize::new(0);
    let work = || {
        let (mut one, mut other) = (Vec::new(), Vec::new());
        while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            one.clear();
            other.clear();
            let _ =
                std::fs::File::open(now.join(file)).and_then(|mut file| file.read_to_end(&mut one));
            let _ = std::fs::File::open(then.join(file))
                .and_then(|mut file| file.read_to_end(&mut other));
            std::hint::black_box(one == other);
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(work);
        work();
    });
}

/// The most memory that a run held, where GNU time is there to say.
fn memory(command: Command) -> String {
    let output = Command::new("/usr/bin/time")
        .args(["-f", "%M"])
        .arg(command.get_program())
        .args(command.get_args())
        .stdout(Stdio::null())
        .output();
    let text = output
        .map(|output| String::from_utf8_lossy(&output.stderr).into_owned())
        .unwrap_or_default();
    text.lines()
        .last()
        .and_then(|line| line.trim().parse::<u64>().ok())
        .map_or_else(|| "?".to_owned(), |kb| format!("{} MB", kb / 1024))
}
