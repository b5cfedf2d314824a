//! Deploys that an org neither ends nor knows any more: named, with the way out, and never in the
//! way for good.

use std::time::{Duration, Instant};

use serde_json::Value as Json;
use sfsetup::demo::{Fault, Faults, Store};

use crate::lab::{Lab, once, sealed, walk};

/// Makes the newest entry one whose deploy was accepted, under an id that the org does not know.
fn forget(lab: &Lab) {
    let file = walk(&lab.env.folder().join("state/sfsetup/journal")).into_iter().max().unwrap();
    let mut entry: Json = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    entry["stage"] = "accepted".into();
    entry["deploy_id"] = "0AfWs0000009999KAA".into();
    std::fs::write(file, sealed(&entry)).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deploy_that_the_org_keeps_is_named_and_can_be_canceled() {
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    let before = lab.files().await;
    lab.running.fault(once("deployRequest.start", Fault::Stuck));
    let run = lab.ampersand("deploy", &["--yes", "--timeout", "1"]).await;
    let id = lab.journal()[0]["deploy_id"].as_str().unwrap().to_owned();
    let out = format!("--cancel {id}` asks the org to cancel it");
    let words = [&*format!("the deploy {id} (begun 20"), &out, "Setup > Deployment Status"];
    assert!(run.code == 1 && words.iter().all(|one| run.stderr.contains(one)), "{run:?}");

    // A later command does not wait for it as long as for its own.
    let began = Instant::now();
    let run = lab.ampersand("deploy", &["--yes"]).await;
    assert!(run.code == 1 && words.iter().all(|one| run.stderr.contains(one)), "{run:?}");
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
    assert_eq!(lab.count("deployRequest.start"), 1);

    // Nor does a run that does not know of it.
    let state = lab.env.folder().join("state");
    let aside = lab.env.folder().join("aside");
    std::fs::rename(&state, &aside).unwrap();
    let run = lab.ampersand("deploy", &["--yes"]).await;
    let is_named = run.stderr.contains(&format!("the deploy {id} is running in the org"));
    assert!(run.code == 1 && is_named && run.stderr.contains(&out), "{run:?}");
    std::fs::remove_dir_all(&state).unwrap();
    std::fs::rename(&aside, &state).unwrap();

    let entry = lab.journal()[0]["id"].as_str().unwrap().to_owned();
    let run = lab.run(&["rollback", "--cancel", &entry]).await;
    assert!(run.code == 1 && run.stderr.contains("no terminal to ask at"), "{run:?}");
    let run = lab.run(&["rollback", "--cancel", &entry, "--yes"]).await;
    let words = format!("The org has canceled the deploy {id}");
    assert!(run.code == 0 && run.stdout.contains(&words), "{run:?}");
    assert_eq!(lab.files().await, before);
    for id in ["20200101-000000-1", "0Af/../../../sobjects/User/005000000000001"] {
        let run = lab.run(&["rollback", "--cancel", id, "--yes"]).await;
        assert!(run.code == 1 && run.stderr.contains("is no deploy that the org has"), "{run:?}");
    }
    let run = lab.run(&["rollback", "--cancel", "0AfWs0000000999KAA", "--yes"]).await;
    assert!(run.code == 1 && !run.stderr.contains("trying again"), "{run:?}");

    let run = lab.ampersand("deploy", &["--yes"]).await;
    assert!(run.code == 0 && run.stderr.contains("it was canceled"), "{run:?}");
    let id = lab.journal()[1]["deploy_id"].as_str().unwrap().to_owned();
    let run = lab.run(&["rollback", "--cancel", &id, "--yes"]).await;
    let words = "was not canceled: the org has carried it out";
    assert!(run.code == 1 && run.stderr.contains(words), "{run:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deploy_that_the_org_no_longer_knows_is_settled() {
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    let before = lab.files().await;
    assert_eq!(lab.ampersand("deploy", &["--yes"]).await.code, 0);
    forget(&lab);
    lab.edit("ConnectedApp", "Ampersand", ">BYPASS<", ">ENFORCE<").await;
    let run = lab.ampersand("deploy", &["--yes"]).await;
    let words = "does not know it any more; of the";
    assert!(run.code == 0 && run.stderr.contains(words), "{run:?}");
    let first = lab.journal()[0].clone();
    assert_eq!(first["stage"], "forgotten");

    // Its before-image is still good for what is as it made it.
    assert_eq!(lab.run(&["rollback", "--yes"]).await.code, 0);
    let run = lab.run(&["rollback", first["id"].as_str().unwrap(), "--yes"]).await;
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(lab.files().await, before);

    // One that was never settled can be forgotten too.
    forget(&lab);
    let kept = lab.journal().len() - 1;
    let run = lab.run(&["rollback", "--prune", "--yes"]).await;
    assert!(run.code == 0 && run.stdout.contains(&format!("Forgotten: {kept}")), "{run:?}");
    let left = lab.journal();
    assert!(left.len() == 1 && left[0]["stage"] == "done", "{left:?}");
}
