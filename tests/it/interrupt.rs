//! Told to stop: what is under way is canceled, nothing more is sent, and what the org holds is
//! told.

use std::process::{Child, Command};
use std::time::{Duration, Instant};

use sfsetup::demo::{Fault, FaultRule, Faults, Store};

use crate::lab::{Lab, VALUES};
use crate::support::end;

fn deploy() -> Vec<&'static str> {
    [&["deploy", "--template", "ampersand"], VALUES, &["--yes"]].concat()
}

fn fault(call: &str, fault: Fault, after: u32) -> FaultRule {
    FaultRule { call: call.to_owned(), fault, after, times: Some(1) }
}

fn signal(child: &Child, name: &str) {
    let id = child.id().to_string();
    assert!(Command::new("kill").args([name, &id]).status().unwrap().success());
}

async fn slow() -> Lab {
    Lab::new(Store::in_memory().with_delay(Duration::from_secs(4)), Faults::none()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deploy_that_is_under_way_is_canceled() {
    for name in ["-INT", "-TERM"] {
        let lab = slow().await;
        let before = lab.files().await;
        let child = lab.start(&deploy());
        lab.until("deployRequest.status", 1).await;
        signal(&child, name);
        let run = end(child).await;
        assert!(
            run.code == 130
                && run.stderr.contains("at the request of this run the org has canceled"),
            "{run:?}"
        );
        assert_eq!(lab.files().await, before);
        assert_eq!(lab.journal()[0]["stage"], "canceled");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn before_anything_is_sent_the_run_just_ends() {
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    lab.running.fault(fault("retrieve", Fault::SlowBody(60_000), 0));
    let child = lab.start(&deploy());
    lab.until("retrieve", 1).await;
    let began = Instant::now();
    signal(&child, "-INT");
    let run = end(child).await;
    assert!(run.code == 130 && run.stderr.contains("nothing was sent"), "{run:?}");
    assert!(began.elapsed() < Duration::from_secs(10), "{:?}", began.elapsed());
    assert_eq!(lab.count("deployRequest.start"), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_is_on_its_way_is_answered_or_told() {
    // The answer comes a little later: the deploy is known, and canceled.
    let lab = slow().await;
    lab.running.fault(fault("deployRequest.start", Fault::SlowBody(300), 0));
    let child = lab.start(&deploy());
    lab.until("deployRequest.start", 1).await;
    signal(&child, "-INT");
    let run = end(child).await;
    assert!(
        run.code == 130 && run.stderr.contains("at the request of this run the org has canceled"),
        "{run:?}"
    );
    assert_eq!(lab.journal()[0]["stage"], "canceled");

    // It does not come: who is told to stop does not wait for ever.
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    lab.running.fault(fault("deployRequest.start", Fault::SlowBody(60_000), 0));
    let child = lab.start(&deploy());
    lab.until("deployRequest.start", 1).await;
    signal(&child, "-TERM");
    let run = end(child).await;
    assert!(
        run.code == 130 && run.stderr.contains("whether it has arrived is not known"),
        "{run:?}"
    );
    assert_eq!(lab.journal()[0]["stage"], "sent");
    let run = lab.ampersand("deploy", &["--yes"]).await;
    assert!(run.code == 0 && run.stderr.contains("the org has carried it out"), "{run:?}");
    assert_eq!(lab.count("deployRequest.start"), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_an_older_deploy_is_canceled_nothing_new_begins() {
    let lab = slow().await;
    let before = lab.files().await;
    let mut child = lab.start(&deploy());
    lab.until("deployRequest.status", 1).await;
    child.kill().unwrap();
    child.wait().unwrap();
    let looks = lab.count("deployRequest.status");
    let child = lab.start(&deploy());
    lab.until("deployRequest.status", looks + 1).await;
    signal(&child, "-INT");
    let run = end(child).await;
    assert!(run.code == 130 && run.stderr.contains("nothing new was sent"), "{run:?}");
    assert_eq!(lab.count("deployRequest.start"), 1);
    assert_eq!(lab.files().await, before);
    assert_eq!(lab.journal()[0]["stage"], "canceled");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancel_that_is_refused_is_told_and_what_the_org_holds() {
    let lab = slow().await;
    let before = lab.files().await;
    lab.running.fault(fault("deployRequest.cancel", Fault::ServerError, 0));
    let child = lab.start(&deploy());
    lab.until("deployRequest.status", 1).await;
    signal(&child, "-INT");
    let run = end(child).await;
    for words in ["did not cancel it", "UNKNOWN_EXCEPTION", "had gone through", "sfsetup rollback"]
    {
        assert!(run.code == 130 && run.stderr.contains(words), "{words}: {run:?}");
    }
    assert_ne!(lab.files().await, before);
    assert_eq!(lab.journal()[0]["stage"], "applied");
    assert_eq!(lab.run(&["rollback", "--yes"]).await.code, 0, "and it can be taken back");
    assert_eq!(lab.files().await, before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn once_the_deploy_is_over_the_look_is_not_waited_for() {
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    lab.running.fault(fault("retrieve", Fault::SlowBody(60_000), 2));
    let child = lab.start(&deploy());
    lab.until("retrieve", 3).await;
    let began = Instant::now();
    signal(&child, "-INT");
    let run = end(child).await;
    assert!(run.code == 130 && run.stderr.contains("has gone through, and what"), "{run:?}");
    assert!(
        began.elapsed() < Duration::from_secs(10),
        "it does not wait for the org: {:?}",
        began.elapsed()
    );
    assert_eq!(lab.journal()[0]["stage"], "applied");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rollback_that_was_cut_off_is_finished_and_no_other_begins() {
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    let before = lab.files().await;
    lab.ampersand("deploy", &["--yes"]).await;
    let looks = lab.count("retrieve");
    lab.running.fault(fault("retrieve", Fault::SlowBody(60_000), 2));
    let child = lab.start(&["rollback", "--yes"]);
    lab.until("retrieve", looks + 3).await;
    signal(&child, "-INT");
    let run = end(child).await;
    assert!(run.code == 130 && run.stderr.contains("has gone through, and what"), "{run:?}");
    let starts = lab.count("deployRequest.start");
    let run = lab.run(&["rollback", "--yes"]).await;
    assert!(run.code == 0 && run.stdout.contains("Nothing more was taken back"), "{run:?}");
    assert_eq!(lab.count("deployRequest.start"), starts);
    assert_eq!(lab.files().await, before);
}
