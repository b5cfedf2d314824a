//! Nobody's work is lost: what somebody else changes while a plan is looked at, a before-image that
//! cannot be read, and what is said when only the look afterwards fails.

use std::path::{Path, PathBuf};
use std::process::Child;

use serde_json::Value as Json;
use sfsetup::demo::{Fault, FaultRule, Faults, Store};

use crate::lab::{Lab, VALUES, once};
use crate::support::{Env, Run, end};

/// Slows the last question before the answer is taken, so that somebody can change something then.
async fn between(lab: &Lab, arguments: &[&str]) -> Child {
    lab.running.fault(once("limits", Fault::SlowBody(1500)));
    let asked = lab.count("limits");
    let child = lab.start(arguments);
    lab.until("limits", asked + 1).await;
    child
}

fn deploy() -> Vec<&'static str> {
    [&["deploy", "--template", "ampersand"], VALUES, &["--yes"]].concat()
}

const DESCRIBED: (&str, &str) = ("<description>", "<description>Call Kim first. ");

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_moves_beside_a_plan_is_taken_along() {
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    let child = between(&lab, &deploy()).await;
    lab.edit("ConnectedApp", "Ampersand", DESCRIBED.0, DESCRIBED.1).await;
    let run = end(child).await;
    assert!(run.code == 0 && run.stdout.contains("Deployed and verified"), "{run:?}");
    let app = &lab.files().await["ConnectedApp:Ampersand"];
    assert!(app.contains("Call Kim first") && app.contains(">infinite<"), "{app}");

    // The same on the way back.
    let child = between(&lab, &["rollback", "--yes"]).await;
    lab.edit("ConnectedApp", "Ampersand", "Kim first", "Kim last").await;
    let run = end(child).await;
    assert!(run.code == 0 && run.stdout.contains("Taken back and verified"), "{run:?}");
    let app = &lab.files().await["ConnectedApp:Ampersand"];
    assert!(app.contains("Call Kim last") && app.contains(">zero<"), "{app}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_planned_field_that_moves_stops_the_deploy() {
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    let child = between(&lab, &deploy()).await;
    lab.edit("ConnectedApp", "Ampersand", ">ENFORCE<", ">ENFORCE_RELAXREFRESH<").await;
    let run = end(child).await;
    assert!(
        run.code == 3
            && run.stderr.contains("oauthPolicy.ipRelaxation was `ENFORCE`")
            && run.stderr.contains("is `ENFORCE_RELAXREFRESH` now")
            && run.stderr.contains("nothing was sent"),
        "{run:?}"
    );
    assert_eq!(lab.count("deployRequest.start"), 1, "the edit's own");
    assert!(lab.files().await["ConnectedApp:Ampersand"].contains(">ENFORCE_RELAXREFRESH<"));

    let run = lab.run(&deploy()).await;
    assert_eq!(run.code, 0, "{run:?}");
    let child = between(&lab, &["rollback", "--yes"]).await;
    lab.edit("ConnectedApp", "Ampersand", ">BYPASS<", ">BYPASS_2FACTOR<").await;
    let run = end(child).await;
    assert!(run.code == 3 && run.stderr.contains("is `BYPASS_2FACTOR` now"), "{run:?}");
    assert!(lab.files().await["ConnectedApp:Ampersand"].contains(">BYPASS_2FACTOR<"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_baseline_overwrites_nobody_either() {
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    let folder = lab.env.folder().join("then").display().to_string();
    let types = ["--types", "ConnectedApp"];
    let run = lab.run(&[&["snapshot", "--out", &folder], &types[..]].concat()).await;
    assert_eq!(run.code, 0, "{run:?}");
    lab.edit("ConnectedApp", "Ampersand", ">ENFORCE<", ">BYPASS<").await;

    let deploy = ["deploy", "--baseline", &folder, "--yes"];
    let child = between(&lab, &deploy).await;
    lab.edit("ConnectedApp", "Ampersand", DESCRIBED.0, DESCRIBED.1).await;
    let run = end(child).await;
    assert!(run.code == 0 && run.stdout.contains("as in the baseline"), "{run:?}");
    let app = &lab.files().await["ConnectedApp:Ampersand"];
    assert!(app.contains("Call Kim first") && app.contains(">ENFORCE<"), "{app}");
}

fn entry(lab: &Lab) -> PathBuf {
    let journal = lab.env.folder().join("state/sfsetup/journal");
    let org = std::fs::read_dir(journal).unwrap().next().unwrap().unwrap().path();
    let files = std::fs::read_dir(org).unwrap().map(|file| file.unwrap().path());
    files.filter(|file| file.extension().is_some_and(|one| one == "json")).max().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_before_image_that_does_not_parse_is_an_error() {
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    assert_eq!(lab.run(&deploy()).await.code, 0);
    let file = entry(&lab);
    let text = std::fs::read_to_string(&file).unwrap();
    let good: Json = serde_json::from_str(&text).unwrap();
    let before = lab.files().await;
    let is_app = |stored: &Json| stored["type_name"] == "ConnectedApp";
    let of_app = good["before"].as_array().unwrap().iter().position(is_app).unwrap();
    let changed = |change: &dyn Fn(&mut Json)| {
        let mut entry = good.clone();
        change(&mut entry);
        entry
    };
    let broken = [
        changed(&|entry| {
            let xml = entry["before"][of_app]["xml"].as_str().unwrap();
            entry["before"][of_app]["xml"] = xml.replace("</ConnectedApp>", "</App>").into();
        }),
        changed(&|entry| entry["before"][of_app]["xml"] = Json::Null),
        changed(&|entry| _ = entry["before"][of_app].as_object_mut().unwrap().remove("xml")),
        changed(&|entry| _ = entry["before"].as_array_mut().unwrap().remove(of_app)),
        changed(&|entry| entry["before"] = Json::Array(Vec::new())),
        changed(&|entry| _ = entry["after"].as_array_mut().unwrap().remove(of_app)),
    ];
    for entry in &broken {
        // An entry that is not as it was written cannot be read at all.
        std::fs::write(&file, entry.to_string()).unwrap();
        let id = good["id"].as_str().unwrap();
        for run in [&["rollback", "--yes", "--force"][..], &["rollback", id, "--yes"]] {
            let run = lab.run(run);
            let run = run.await;
            assert!(
                run.code == 1 && run.stderr.contains("was changed after it was written"),
                "{run:?}"
            );
        }
        // Older versions wrote no digest: then the files and the changes must fit one another.
        let mut older = entry.clone();
        older.as_object_mut().unwrap().remove("digest");
        std::fs::write(&file, older.to_string()).unwrap();
        let run = lab.run(&["rollback", "--yes", "--force"]).await;
        assert!(
            run.code == 1
                && run.stderr.contains("ConnectedApp:Ampersand")
                && run.stderr.contains("nothing was sent"),
            "{run:?}"
        );
        assert_eq!(lab.files().await, before, "the app is not taken for one that was not there");
    }
    // What else is done with the org goes on.
    std::fs::write(&file, broken[0].to_string()).unwrap();
    let run = lab.run(&deploy()).await;
    assert!(run.code == 0 && run.stderr.contains("cannot be read"), "{run:?}");
    let run = lab.run(&["rollback", "--list"]).await;
    assert!(run.code == 0 && run.stderr.contains("cannot be read"), "{run:?}");
    std::fs::write(&file, &text).unwrap();
    let run = lab.run(&["rollback", "--yes"]).await;
    assert!(run.code == 0 && run.stdout.contains("Taken back and verified"), "{run:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failed_look_afterwards_says_that_the_change_was_carried_out() {
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    let folder = lab.env.folder().join("then").display().to_string();
    let run = lab.run(&["snapshot", "--out", &folder, "--types", "ConnectedApp"]).await;
    assert_eq!(run.code, 0, "{run:?}");
    lab.edit("ConnectedApp", "Ampersand", ">ENFORCE<", ">BYPASS<").await;
    let third = || FaultRule {
        call: "retrieve".to_owned(),
        fault: Fault::InvalidSession,
        after: 2,
        times: Some(1),
    };
    lab.running.fault(third());
    let run = lab.run(&["deploy", "--baseline", &folder, "--yes"]).await;
    let said = |run: &Run| run.code == 1 && run.stderr.contains("has carried out the deploy 0Af");
    assert!(said(&run) && !run.stderr.contains("cannot be changed"), "{run:?}");
    assert!(lab.files().await["ConnectedApp:Ampersand"].contains(">ENFORCE<"));

    lab.running.fault(third());
    let run = lab.run(&["rollback", "--yes"]).await;
    assert!(said(&run) && !run.stderr.contains("cannot be changed"), "{run:?}");
    assert!(lab.files().await["ConnectedApp:Ampersand"].contains(">BYPASS<"));
}

/// A type whose lists no row describes, with one entry or several, is copied as it stands.
#[test]
fn what_no_row_describes_is_copied_or_left() {
    let country = |active: bool, code: &str| {
        format!(
            "        <countries>\n            <active>{active}</active>\n            \
             <isoCode>{code}</isoCode>\n            <label>a &lt; &#98;; c=d</label>\n        \
             </countries>\n"
        )
    };
    let address = |countries: &str| {
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<AddressSettings \
             xmlns=\"http://soap.sforce.com/2006/04/metadata\">\n    <countriesAndStates>\n\
             {countries}    </countriesAndStates>\n</AddressSettings>\n"
        )
    };
    let newer = |sections: &str| {
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Profile \
             xmlns=\"http://soap.sforce.com/2006/04/metadata\">\n    <custom>true</custom>\n    \
             <description>x</description>\n{sections}</Profile>\n"
        )
    };
    let access = |name: &str, on: bool| {
        format!(
            "    <orbitAccesses>\n        <enabled>{on}</enabled>\n        <orbit>{name}</orbit>\n    \
             </orbitAccesses>\n"
        )
    };
    let (one, two) = (country(true, "AF"), country(true, "AF") + &country(false, "AX"));
    let cases = [
        ("settings/Address.settings", address(&two), address(&country(false, "AF"))),
        ("settings/Address.settings", address(&one), address(&two)),
        (
            "profiles/Acme.profile",
            newer(&(access("A", true) + &access("B", true))),
            newer(&access("A", false)),
        ),
        ("profiles/Acme.profile", newer(&access("A", true)), newer(&access("A", false))),
    ];
    for (file, then, now) in cases {
        let env = Env::new();
        for (folder, text) in [("then", &then), ("now", &now)] {
            let path = env.folder().join(folder).join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let at = |name: &str| env.folder().join(name).display().to_string();
        let (then_at, now_at) = (at("then"), at("now"));
        let sides = ["--baseline", &then_at, "--from", &now_at];
        let run = env.run(&[&["diff"], &sides[..]].concat());
        assert_eq!(run.code, 2, "{run:?}");

        let out = at("out");
        let run = env.run(&[&["package"], &sides[..], &["--out", &out]].concat());
        if file.starts_with("profiles") {
            // A profile is laid over what is there, and how is not known of this list.
            assert!(run.code == 2 && run.stdout.contains("does not know such a list"), "{run:?}");
            assert!(!Path::new(&out).exists());
        } else {
            assert_eq!(run.code, 0, "{run:?}");
            let sent = std::fs::read_to_string(env.folder().join("out").join(file)).unwrap();
            for element in then.split("\n").filter(|line| line.contains("<label>")) {
                assert!(sent.contains(element), "`{element}` is not in {sent}");
            }
        }
        let run = env.run(&[&["package"], &sides[..], &["--in-place"]].concat());
        assert_eq!(run.code, 0, "{run:?}");
        assert_eq!(std::fs::read_to_string(env.folder().join("now").join(file)).unwrap(), then);
    }
}

/// Every retrieve that names the app fails from now on, and so the app alone is not read.
fn unreadable(after: u32) -> FaultRule {
    FaultRule {
        call: "retrieve".to_owned(),
        fault: Fault::RetrieveFailsOn {
            type_name: "ConnectedApp".to_owned(),
            full_name: "Ampersand".to_owned(),
        },
        after,
        times: None,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_read_is_not_taken_back_and_not_called_so() {
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    assert_eq!(lab.run(&deploy()).await.code, 0);
    let starts = lab.count("deployRequest.start");
    lab.running.fault(unreadable(0));
    let run = lab.run(&["rollback", "--yes"]).await;
    assert!(
        run.code == 1 && run.stderr.contains("ConnectedApp:Ampersand could not be read"),
        "{run:?}"
    );
    assert!(lab.journal()[0]["rolled_back_by"].is_null());
    assert_eq!(lab.count("deployRequest.start"), starts);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_read_afterwards_is_not_verified() {
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    lab.running.fault(unreadable(2));
    let run = lab.ampersand("deploy", &["--yes"]).await;
    assert!(
        run.code == 1 && run.stderr.contains("ConnectedApp:Ampersand could not be read"),
        "{run:?}"
    );
    assert!(run.stderr.contains("has carried out the deploy"), "{run:?}");
    assert_eq!(lab.journal()[0]["stage"], "applied");
}

/// The state folder can be written until the deploy is sent, and then no more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_sent_is_named_though_it_cannot_be_written_down() {
    let slow = || Store::in_memory().with_delay(std::time::Duration::from_secs(3));
    for (call, is) in
        [("deployRequest.start", "is under way"), ("deployRequest.status", "has been carried out")]
    {
        let lab = Lab::new(slow(), Faults::none()).await;
        lab.running.fault(once("deployRequest.start", Fault::SlowBody(1000)));
        let child = lab.start(&deploy());
        lab.until(call, 1).await;
        let state = lab.env.folder().join("state");
        let aside = lab.env.folder().join("aside");
        std::fs::rename(&state, &aside).unwrap();
        std::fs::write(&state, "full").unwrap();
        let run = end(child).await;
        for words in ["the deploy 0Af", is, "could not be written down"] {
            assert!(run.code == 1 && run.stderr.contains(words), "{words}: {run:?}");
        }
        assert!(!run.stderr.contains("nothing was sent"), "{run:?}");

        // The next run finds out what became of it.
        std::fs::remove_file(&state).unwrap();
        std::fs::rename(&aside, &state).unwrap();
        let run = lab.run(&deploy()).await;
        assert!(run.code == 0 && run.stderr.contains("the org has carried it out"), "{run:?}");
        assert_eq!(lab.count("deployRequest.start"), 1);
    }
}
