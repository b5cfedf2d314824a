//! Objects of which it is not known whether they have permissions of their own: the org is asked
//! before anything is sent.

use serde_json::Value as Json;
use sfsetup::demo::{Fault, FaultRule, Faults, Form, Store};

use crate::lab::{Lab, once};
use crate::support::Run;

const TEMPLATE: &str = "format = 1\n[template]\nname = \"t\"\ntitle = \"T\"\nversion = \"1\"\n\
                        source = \"https://docs.example.com\"\nreviewed = 2026-11-23\n[[step]]\n\
                        id = \"a\"\ntitle = \"A\"\nwant = [\
                        { component = \"PermissionSet:Report_Builder\", path = \
                        \"objectPermissions[CampaignMember].allowRead\", equals = true }, \
                        { component = \"PermissionSet:Report_Builder\", path = \
                        \"objectPermissions[Campaign].allowRead\", equals = true }]\n";
const DIFF: &[&str] = &["diff", "--template", "t.toml", "--format", "json"];
const DEPLOY: &[&str] = &["deploy", "--template", "t.toml", "--yes"];

async fn lab(store: Store) -> Lab {
    let lab = Lab::new(store, Faults::none()).await;
    lab.env.write("t.toml", TEMPLATE);
    lab
}

/// The states of the findings, and the reason of the first.
fn told(run: &Run) -> (Vec<String>, String) {
    let report: Json =
        serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:?}"));
    let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
    let findings = report["orgs"][0]["findings"].as_array().unwrap();
    let states = findings.iter().map(|one| text(&one["state"])).collect();
    (states, text(&findings[0]["reason"]))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_no_permissions_of_its_own_is_missing_and_never_sent() {
    let lab = lab(Store::in_memory().with_form(Form::ParentsDecide)).await;
    let (states, reason) = told(&lab.run(DIFF).await);
    assert_eq!(states, ["missing", "differs"]);
    let why = "the org has no object permissions for `CampaignMember`, so no profile or permission \
               set can grant any";
    assert!(reason.contains(why), "{reason}");
    let run = lab.run(DEPLOY).await;
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.stdout.contains(why) && run.stdout.contains("verified"), "{run:?}");
    assert_eq!(told(&lab.run(DIFF).await).0, ["missing", "in-sync"]);
}

/// An org that has them, or does not say: nothing is different.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_told_to_lack_permissions_is_granted() {
    for is_told in [true, false] {
        let lab = lab(Store::in_memory()).await;
        if !is_told {
            let always = FaultRule { times: None, ..once("sobjects", Fault::NotFound) };
            lab.running.fault(always);
        }
        let before = lab.count("sobjects");
        assert_eq!(told(&lab.run(DIFF).await).0, ["differs", "differs"]);
        assert_eq!(lab.count("sobjects") - before, 1, "{:?}", lab.running.calls());
        let run = lab.run(DEPLOY).await;
        assert_eq!(run.code, 0, "{run:?}");
    }
}
