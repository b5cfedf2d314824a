//! A plan on disk is what somebody has looked at: shown offline, refused where its file or what it
//! would do is another, and known again once it was carried out.

use serde_json::Value as Json;
use sfsetup::demo::{Faults, Store};

use crate::lab::{Lab, VALUES};

async fn saved(lab: &Lab) -> String {
    let file = lab.env.folder().join("plan.json").display().to_string();
    let diff = [&["diff", "--template", "ampersand"], VALUES, &["--save-plan", &file]].concat();
    assert_eq!(lab.run(&diff).await.code, 2);
    file
}

fn edit(file: &str, change: impl Fn(&mut Json)) {
    let mut plan: Json = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    change(&mut plan);
    std::fs::write(file, serde_json::to_string(&plan).unwrap()).unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_is_shown_as_a_deploy_shows_it() {
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    let file = saved(&lab).await;
    let shown = lab.env.run(&["plan", "show", &file]);
    let run = lab.run(&["deploy", "--plan", &file, "--validate"]).await;
    let plan = |text: &str| text.split_once("\n\n").unwrap().1.to_owned();
    assert_eq!(run.code, shown.code, "{shown:?}");
    assert!(shown.code == 0 && plan(&run.stdout).starts_with(&plan(&shown.stdout)), "{shown:?}");
    assert!(plan(&shown.stdout).contains("oauthPolicy.refreshTokenPolicy"), "{shown:?}");
    // White space and the order of keys are no change.
    edit(&file, |_| ());
    assert_eq!(lab.env.run(&["plan", "show", &file]).code, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_that_was_edited_is_refused_with_what_it_would_do() {
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    let file = saved(&lab).await;
    let before = lab.files().await;
    edit(&file, |plan| plan["template"]["parameters"]["read"] = serde_json::json!(["Contact"]));
    let run = lab.run(&["deploy", "--plan", &file, "--yes"]).await;
    assert!(
        run.code == 3
            && run.stderr.contains("was changed after it was written")
            && run.stderr.contains("objectPermissions[Account]"),
        "{run:?}"
    );
    assert_eq!(lab.files().await, before);
    let out = lab.env.folder().join("out");
    let package = ["package", "--plan", &file, "--out", &out.display().to_string()];
    assert_eq!(lab.env.run(&package).code, 3);
    assert!(!out.exists());
    let shown = lab.env.run(&["plan", "show", &file]);
    assert!(shown.code == 3 && shown.stdout.is_empty(), "{shown:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_strangers_plan_leads_to_no_file_elsewhere() {
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    let file = saved(&lab).await;
    edit(&file, |plan| {
        plan.as_object_mut().unwrap().remove("digest");
        plan["package"]["../planted"] = "PLANTED".into();
    });
    for out in ["x.zip", "folder"] {
        let run = lab.env.run(&["package", "--plan", &file, "--out", out]);
        assert_eq!(run.code, 1, "{run:?}");
        let what = format!("error: cannot write to `{out}`\n  caused by: ");
        assert!(run.stderr.contains(&what) && run.stderr.contains("`../planted`"), "{run:?}");
        assert!(run.stdout.is_empty() && !run.stderr.contains("internal error"), "{run:?}");
        assert!(!lab.env.folder().join(out).exists());
        assert!(!lab.env.folder().join("../planted").exists());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_that_was_carried_out_says_so() {
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    let file = saved(&lab).await;
    let deploy = ["deploy", "--plan", &*file, "--yes"];
    let run = lab.run(&deploy).await;
    assert!(run.code == 0 && run.stdout.contains("Deployed and verified"), "{run:?}");
    let run = lab.run(&deploy).await;
    assert!(
        run.code == 0
            && run.stdout.contains("This plan was carried out on")
            && run.stdout.contains("still so"),
        "{run:?}"
    );
    assert_eq!(lab.count("deployRequest.start"), 1);

    lab.edit("ConnectedApp", "Ampersand", ">BYPASS<", ">ENFORCE<").await;
    let run = lab.run(&deploy).await;
    assert!(
        run.code == 3
            && run.stderr.contains("was carried out on")
            && run.stderr.contains("oauthPolicy.ipRelaxation was set to `BYPASS` by it")
            && run.stderr.contains("is `ENFORCE` now"),
        "{run:?}"
    );
    lab.edit("ConnectedApp", "Ampersand", ">ENFORCE<", ">BYPASS<").await;

    // Whoever has taken it back does not find it done again.
    assert_eq!(lab.run(&["rollback", "--yes"]).await.code, 0);
    let run = lab.run(&deploy).await;
    assert!(run.code == 3 && run.stderr.contains("and taken back since"), "{run:?}");
    for id in ["../../etc", "0Af1"] {
        let run = lab.run(&[&deploy[..], &["--validated", id]].concat()).await;
        assert!(run.code == 64 && run.stderr.contains("is no id of a validation"), "{run:?}");
    }
}
