//! Whole or not at all: folders and zips that a run was killed at, or a full disk, and what the
//! next run finds.
#![cfg(unix)]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use sfsetup::demo::{Faults, Store};

use crate::lab::Lab;
use crate::snapshot::files;
use crate::support::{Env, finish, fixture};

/// What a reader sees: what lies beside under a name of the program's own is passed over.
fn seen(folder: &Path) -> Vec<String> {
    files(folder).into_keys().filter(|name| !name.starts_with('.')).collect()
}

/// Starts a program again and again, and kills it a little later each time, until it comes to its
/// end; after each kill there is all of it or nothing.
fn kill_until_done(mut start: impl FnMut() -> Command, is_whole_or_not: impl Fn()) {
    let began = Instant::now();
    start().output().unwrap();
    let step = began.elapsed() / 12;
    is_whole_or_not();
    for number in 1..=12 {
        let mut child = start().stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(step * number);
        child.kill().unwrap();
        child.wait().unwrap();
        is_whole_or_not();
    }
}

#[test]
fn a_package_that_a_run_was_killed_at_is_whole_or_not_there() {
    let drifted = fixture("drifted");
    for out in ["out", "out.zip"] {
        let (whole, env) = (Env::new(), Env::new());
        let arguments =
            |out| ["package", "--template", "ampersand", "--from", &drifted, "--out", out];
        assert_eq!(whole.run(&arguments(out)).code, 2);
        let whole = files(whole.folder());
        let place = env.folder().join(out);
        let start = || {
            let _ = std::fs::remove_dir_all(&place);
            let _ = std::fs::remove_file(&place);
            let mut command = env.command();
            command.args(arguments(out));
            command
        };
        kill_until_done(start, || {
            let now = files(env.folder());
            let now: BTreeMap<_, _> =
                now.into_iter().filter(|(name, _)| !name.starts_with('.')).collect();
            assert!(now.is_empty() || now == whole, "{:?}", now.keys());
        });
        let _ = std::fs::remove_dir_all(&place);
        let _ = std::fs::remove_file(&place);
        assert_eq!(env.run(&arguments(out)).code, 2, "the next run trips over nothing");
        let names: Vec<String> = whole.into_keys().collect();
        assert_eq!(seen(env.folder()), names);
    }
}

#[test]
fn a_package_on_a_full_disk_leaves_nothing() {
    let (env, drifted) = (Env::new(), fixture("drifted"));
    for out in ["out", "out.zip"] {
        // No file may grow beyond 512 bytes; the signal of that is not heeded.
        let program = env!("CARGO_BIN_EXE_sfsetup");
        let line = format!(
            "trap '' XFSZ; ulimit -f 1; exec {program} package --template ampersand --from \
             '{drifted}' --out {out}"
        );
        let run = finish(env.shell(&line).output().unwrap());
        assert!(run.code == 1 && run.stderr.contains("cannot write"), "{run:?}");
        assert!(files(env.folder()).is_empty(), "{:?}", files(env.folder()).keys());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_first_snapshot_that_a_run_was_killed_at_is_whole_or_not_there() {
    let lab = Lab::new(Store::in_memory().with_delay(Duration::ZERO), Faults::none()).await;
    let arguments = ["snapshot", "--out", "state-of-org", "--types", "ConnectedApp,Profile"];
    let place = lab.env.folder().join("state-of-org");
    let start = || {
        let _ = std::fs::remove_dir_all(&place);
        lab.command(&arguments)
    };
    tokio::task::block_in_place(|| {
        kill_until_done(start, || {
            let is_record = place.join("snapshot.json").exists();
            assert_eq!(place.exists(), is_record, "{:?}", files(&place).keys());
        });
    });
    let _ = std::fs::remove_dir_all(&place);
    let run = lab.run(&arguments).await;
    assert_eq!(run.code, 0, "the next run trips over nothing: {run:?}");
}
