//! What can go wrong between here and an org, through the program: a clear message and the right
//! exit code, no hang, no panic, and never a partial answer passed off as whole.

use std::time::{Duration, Instant};

use serde_json::Value;
use sfsetup::demo::{Fault, FaultRule, Faults, Store, serve};

use crate::support::{Env, Run, finish};

/// How a run must end.
enum End {
    /// With the answer that an org without the fault gives.
    Whole,
    /// With an error of this code, and these words on stderr.
    Fails(&'static str, &'static str),
}

use End::{Fails, Whole};

async fn diff(rule: Option<FaultRule>) -> (Run, Duration) {
    let rules = rule.into_iter().collect();
    let running =
        serve(Store::in_memory(), None, Faults { rules, by_request: false }).await.unwrap();
    let (address, token) = (running.url(), running.token.clone());
    let began = Instant::now();
    let output = tokio::task::spawn_blocking(move || {
        let env = Env::new();
        let arguments = [
            "diff",
            "--template",
            "ampersand",
            "--format",
            "json",
            "--timeout",
            "2",
            "--set",
            "app=Ampersand",
            "--set",
            "read=Account,Contact",
            "--set",
            "user=ampersand.integration@harbourlight.example.com",
        ];
        env.command()
            .args(arguments)
            .env("SF_ACCESS_TOKEN", &token)
            .env("SF_ORG_INSTANCE_URL", address)
            .output()
            .unwrap()
    });
    let run = finish(output.await.unwrap());
    let took = began.elapsed();
    assert!(
        !run.stdout.contains(&running.token) && !run.stderr.contains(&running.token),
        "the token is shown: {run:?}"
    );
    running.stop().await;
    (run, took)
}

/// The findings without the addresses, which differ from server to server.
fn findings(run: &Run) -> Vec<Value> {
    let report: Value =
        serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:?}"));
    let mut findings = report["orgs"][0]["findings"].as_array().unwrap().clone();
    for finding in &mut findings {
        finding["setup_url"] = Value::Null;
    }
    findings
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_ends_in_the_whole_answer_or_a_clear_error() {
    let cases: Vec<(&str, Fault, Option<u32>, End)> = vec![
        ("query", Fault::TooManyRequests(None), Some(1), Whole),
        ("query", Fault::TooManyRequests(Some(1)), Some(1), Whole),
        ("retrieve", Fault::Unavailable(None), Some(1), Whole),
        ("checkRetrieveStatus", Fault::Unavailable(Some(1)), Some(1), Whole),
        ("retrieve", Fault::ResetBefore, Some(1), Whole),
        ("retrieve", Fault::ResetAfter, Some(1), Whole),
        ("checkRetrieveStatus", Fault::ResetBefore, Some(1), Whole),
        ("checkRetrieveStatus", Fault::Html, Some(3), Whole),
        ("query", Fault::SlowBody(20), Some(1), Whole),
        ("checkRetrieveStatus", Fault::BrokenBase64, Some(1), Whole),
        ("checkRetrieveStatus", Fault::BrokenZip, Some(1), Whole),
        ("checkRetrieveStatus", Fault::UnknownStatus, Some(1), Whole),
        ("retrieve", Fault::RetrieveTooLarge(4), None, Whole),
        ("query", Fault::TooManyRequests(None), None, Fails("", "hint:")),
        ("query", Fault::HalfBody, None, Fails("", "hint:")),
        ("query", Fault::Html, None, Fails("UNEXPECTED", "proxy")),
        ("retrieve", Fault::Html, None, Fails("UNEXPECTED", "proxy")),
        (
            "checkRetrieveStatus",
            Fault::Html,
            None,
            Fails("UNEXPECTED", "is not one of the Metadata API; it begins: <!DOCTYPE html>"),
        ),
        ("*", Fault::InvalidSession, None, Fails("INVALID_SESSION_ID", "sign in again")),
        ("retrieve", Fault::InvalidSession, None, Fails("INVALID_SESSION_ID", "sign in again")),
        ("*", Fault::RequestLimit, None, Fails("REQUEST_LIMIT_EXCEEDED", "try again later")),
        ("*", Fault::ApiDisabled, None, Fails("API_DISABLED_FOR_ORG", "API Enabled")),
        ("*", Fault::Maintenance, None, Fails("ORG_IN_MAINTENANCE", "try again later")),
        ("checkRetrieveStatus", Fault::BrokenBase64, None, Fails("DAMAGED", "hint:")),
        ("checkRetrieveStatus", Fault::BrokenZip, None, Fails("DAMAGED", "hint:")),
        ("checkRetrieveStatus", Fault::ZipSlip, None, Fails("HOSTILE", "outside")),
        ("checkRetrieveStatus", Fault::ZipBomb, None, Fails("HOSTILE", "hostile")),
        (
            "checkRetrieveStatus",
            Fault::RetrieveFails,
            None,
            Fails("", "nothing of what was asked for could be read"),
        ),
        ("retrieve", Fault::Stuck, None, Fails("TIMED_OUT", "try again later")),
    ];
    let whole = findings(&diff(None).await.0);
    assert!(whole.iter().any(|finding| finding["state"] == "differs"));
    let runs = cases.into_iter().map(|(call, fault, times, end)| {
        let whole = &whole;
        async move {
            let name = format!("{fault:?} at {call}, {times:?} times");
            let (mut run, took) =
                diff(Some(FaultRule { call: call.to_owned(), fault, after: 0, times })).await;
            assert!(took < Duration::from_secs(60), "{name} took {took:?}");
            assert!(
                !run.stderr.contains("panicked") && !run.stderr.contains("SOAP"),
                "{name}: {run:?}"
            );
            match end {
                Whole => {
                    assert_eq!(run.code, 2, "{name}: {}", run.stderr);
                    assert!(&findings(&run) == whole, "{name} changed the answer: {}", run.stderr);
                }
                Fails(code, words) => {
                    let report: Value =
                        serde_json::from_str(&std::mem::take(&mut run.stdout)).unwrap();
                    let org = &report["orgs"][0];
                    assert_eq!(run.code, 1, "{name}: {run:?} {}", org["summary"]);
                    assert!(org["findings"].as_array().unwrap().is_empty(), "{name}: {run:?}");
                    let found = org["error"]["code"].as_str().unwrap();
                    assert!(code.is_empty() || found == code, "{name} ends in {found}: {run:?}");
                    assert!(
                        run.stderr.contains("error: ") && run.stderr.contains(words),
                        "{name}: {}",
                        run.stderr
                    );
                }
            }
        }
    });
    futures::stream::StreamExt::collect::<Vec<()>>(futures::stream::StreamExt::buffered(
        futures::stream::iter(runs),
        4,
    ))
    .await;
}
