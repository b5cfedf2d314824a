//! Two who change one org at once: each waits for the other, and what did not hold is told.

use std::process::{Child, Stdio};
use std::time::Duration;

use sfsetup::demo::{Fault, FaultRule, Faults, Store};

use crate::lab::{Lab, VALUES};
use crate::support::{Env, end};

const REFRESH: &str = "ConnectedApp:Ampersand:oauthPolicy.refreshTokenPolicy";
const RELAXATION: &str = "ConnectedApp:Ampersand:oauthPolicy.ipRelaxation";

fn deploy(only: &str) -> Vec<&str> {
    [&["deploy", "--template", "ampersand"], VALUES, &["--yes", "--only", only]].concat()
}

/// Starts a run on another machine: with a journal of its own.
fn start_elsewhere(lab: &Lab, elsewhere: &Env, arguments: &[&str]) -> Child {
    let mut command = lab.command(arguments);
    command.env("XDG_STATE_HOME", elsewhere.folder().join("state"));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

async fn slow(millis: u64) -> Lab {
    Lab::new(Store::in_memory().with_delay(Duration::from_millis(millis)), Faults::none()).await
}

/// How many looks at the org's deploys, and other questions like it, a run takes before it sends.
async fn looks(only: &str) -> u32 {
    let lab = slow(10).await;
    assert_eq!(lab.run(&deploy(only)).await.code, 0);
    let calls = lab.running.calls();
    let before = calls.iter().take_while(|call| *call != "deployRequest.start");
    u32::try_from(before.filter(|call| *call == "tooling.query").count()).unwrap()
}

fn slow_look(after: u32) -> FaultRule {
    FaultRule {
        call: "tooling.query".to_owned(),
        fault: Fault::SlowBody(2000),
        after,
        times: Some(1),
    }
}

/// The last look before the org is sent something, answered when somebody else has sent.
fn overtaken_look(after: u32) -> FaultRule {
    let fault = Fault::HeldUntil("deployRequest.start".to_owned());
    FaultRule { call: "tooling.query".to_owned(), fault, after, times: Some(1) }
}

async fn app(lab: &Lab) -> String {
    lab.files().await["ConnectedApp:Ampersand"].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_runs_for_one_app_end_with_both_fixes() {
    let (lab, elsewhere) = (slow(3000).await, Env::new());
    let one = lab.start(&deploy(REFRESH));
    lab.until("deployRequest.start", 1).await;
    let other = start_elsewhere(&lab, &elsewhere, &deploy(RELAXATION));
    let (one, other) = (end(one).await, end(other).await);
    for run in [one, other] {
        assert!(run.code == 0 && run.stdout.contains("Deployed and verified"), "{run:?}");
    }
    let app = app(&lab).await;
    assert!(app.contains(">infinite<") && app.contains(">BYPASS<"), "{app}");
}

/// Both have looked for the last time before either has sent.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_one_that_did_not_hold_says_so() {
    let (lab, elsewhere) = (slow(4000).await, Env::new());
    let looks = looks(REFRESH).await;
    lab.running.fault(overtaken_look(looks - 1));
    let json = |only| [deploy(only), vec!["--format", "json"]].concat();
    let late = lab.start(&json(REFRESH));
    lab.until("tooling.query", looks as usize).await;
    let early = start_elsewhere(&lab, &elsewhere, &json(RELAXATION));
    let (late, early) = (end(late).await, end(early).await);
    assert!(early.code == 2 && early.stderr.contains("ipRelaxation is `ENFORCE`"), "{early:?}");
    for words in ["after it the org has carried out the deploy 0Af", "was last changed by"] {
        assert!(early.stderr.contains(words), "{words}: {early:?}");
    }
    assert!(late.code == 2 && late.stderr.contains("may be lost"), "{late:?}");
    for (run, in_sync) in [(&early, false), (&late, true)] {
        let told = crate::json::document(&run.stdout, "deploy", run);
        assert_eq!(
            (&told["outcome"], &told["error"]["code"]),
            (&"not-in-sync".into(), &"NOT_IN_SYNC".into())
        );
        assert_eq!(
            (&told["verified"]["in_sync"], told["verified"]["settings"].is_null()),
            (&in_sync.into(), !in_sync)
        );
        assert_eq!(told["verified"]["undone"].as_array().unwrap().is_empty(), in_sync, "{told}");
        assert!(told["verified"]["others"][0].as_str().unwrap().contains("0Af"), "{told}");
    }
    assert!(app(&lab).await.contains(">ENFORCE<"));

    let again = end(start_elsewhere(&lab, &elsewhere, &deploy(RELAXATION))).await;
    assert_eq!(again.code, 0, "{again:?}");
    let app = app(&lab).await;
    assert!(app.contains(">infinite<") && app.contains(">BYPASS<"), "{app}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_moves_before_the_look_is_told_with_who_did_it() {
    let lab = slow(10).await;
    let looks = looks(REFRESH).await;
    lab.running.fault(slow_look(looks));
    let child = lab.start(&deploy(REFRESH));
    lab.until("tooling.query", looks as usize + 1).await;
    let (from, to) = ("<description>", "<description>Call Kim first. ");
    lab.edit("ConnectedApp", "Ampersand", from, to).await;
    let run = end(child).await;
    for words in ["something has moved meanwhile", "Call Kim first", "was last changed by"] {
        assert!(run.code == 0 && run.stderr.contains(words), "{words}: {run:?}");
    }
}

/// A profile's entry is sent with all its flags as they were read: another's change of one of them
/// may be undone, though the profile is only laid over.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_another_has_set_in_the_same_entry_may_be_lost_and_is_told() {
    let records = "Profile:Ampersand Integration:objectPermissions[Account].viewAllRecords";
    let fields = "Profile:Ampersand Integration:objectPermissions[Account].viewAllFields";
    let (lab, elsewhere) = (slow(4000).await, Env::new());
    let looks = looks(records).await;
    lab.running.fault(overtaken_look(looks - 1));
    let late = lab.start(&deploy(records));
    lab.until("tooling.query", looks as usize).await;
    let early = start_elsewhere(&lab, &elsewhere, &deploy(fields));
    let (late, early) = (end(late).await, end(early).await);
    assert!(late.code == 2 && late.stderr.contains("may be lost"), "{late:?} {early:?}");
}

/// A request that a proxy held back while its run was killed is looked for until it can come no
/// more: its entry is the way back.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deploy_that_comes_late_can_be_taken_back() {
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    lab.running.fault(FaultRule {
        call: "deployRequest.start".to_owned(),
        fault: Fault::ResetBefore,
        after: 0,
        times: Some(1),
    });
    let before = lab.files().await;
    let mut child = lab.start(&deploy(REFRESH));
    lab.until("deployRequest.start", 1).await;
    child.kill().unwrap();
    child.wait().unwrap();
    let run = lab.run(&["rollback", "--yes"]).await;
    assert!(run.stderr.contains("it has not reached the org so far"), "{run:?}");
    // What the request held comes to the org.
    let came = end(start_elsewhere(&lab, &Env::new(), &deploy(REFRESH))).await;
    assert_eq!(came.code, 0, "{came:?}");
    let run = lab.run(&["rollback", "--yes"]).await;
    assert!(run.code == 0 && run.stderr.contains("the org has carried it out"), "{run:?}");
    assert_eq!(lab.files().await, before);
}
