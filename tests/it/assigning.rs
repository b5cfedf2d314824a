//! What users are given beside metadata, through the program on a demo org: licences and permission
//! sets, in order, once, and taken back.

use serde_json::{Value as Json, json};
use sfsetup::demo::{Fault, FaultRule, Faults, Store};

use crate::lab::{Lab, once, sealed, walk};

const SAM: &str = "sam.pereira@harbourlight.example.com";
const ROBIN: &str = "robin.alder@harbourlight.example.com";
const LICENCE: &str = "Salesforce API Integration";
const SET: &str = "beacon__Beacon_Reader";

const HEAD: &str = "format = 1\n[template]\nname = \"t\"\ntitle = \"T\"\nversion = \"1\"\nsource = \
                    \"https://docs.example.com\"\nreviewed = 2026-11-23\n[parameters.user]\n\
                    title = \"User\"\ndefault = \"sam.pereira@harbourlight.example.com\"\n";
const ON: &[&str] = &["--template", "t.toml"];

/// The set before the licence: the plan puts them in order.
fn template() -> String {
    format!(
        "{HEAD}[[step]]\nid = \"a\"\ntitle = \"A\"\nwant = [{{ fact = \
         \"user.permission_set[{SET}]\", equals = true }}]\n[[step]]\nid = \"b\"\ntitle = \"B\"\n\
         want = [{{ fact = \"user.permission_set_license[{LICENCE}]\", equals = true }}]\n"
    )
}

async fn lab(template: &str) -> Lab {
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    lab.env.write("t.toml", template);
    lab
}

/// The ids of rows of an object, as the org has them.
async fn rows(lab: &Lab, object: &str) -> Vec<String> {
    ask(lab, &format!("SELECT Id FROM {object} WHERE Assignee.Username = '{SAM}'")).await
}

async fn ask(lab: &Lab, soql: &str) -> Vec<String> {
    let url = format!("{}/services/data/v62.0/query", lab.running.url());
    let sent = reqwest::Client::builder().no_proxy().build().unwrap().get(url);
    let sent = sent.query(&[("q", soql)]).bearer_auth(&lab.running.token).send().await.unwrap();
    let answer: Json = serde_json::from_slice(&sent.bytes().await.unwrap()).unwrap();
    let rows = answer["records"].as_array().unwrap_or_else(|| panic!("{answer}"));
    rows.iter().map(|row| row["Id"].as_str().unwrap().to_owned()).collect()
}

async fn held(lab: &Lab) -> (usize, usize) {
    // One is of the profile, one of a group.
    let sets = rows(lab, "PermissionSetAssignment").await.len();
    (rows(lab, "PermissionSetLicenseAssign").await.len(), sets - 2)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn licences_and_sets_of_packages_are_given_in_order_and_taken_back() {
    let lab = lab(&template()).await;
    assert_eq!(held(&lab).await, (0, 0));
    let save = [&["diff"], ON, &["--save-plan", "plan.json"]].concat();
    assert_eq!(lab.run(&save).await.code, 2);
    let licence = format!("give the permission set licence {LICENCE} to {SAM}");
    let set = format!("give the permission set {SET} to {SAM}");
    let in_order = |text: &str| {
        let at = |words: &str| text.find(words).unwrap_or_else(|| panic!("{words}: {text}"));
        assert!(at(&licence) < at(&set), "{text}");
    };
    let shown = lab.run(&["plan", "show", "plan.json"]).await;
    assert_eq!(shown.code, 0, "{shown:?}");
    in_order(&shown.stdout);
    let run = lab.run(&["deploy", "--plan", "plan.json", "--yes"]).await;
    assert_eq!(run.code, 0, "{run:?}");
    in_order(&run.stdout);
    assert!(run.stdout.contains("verified"), "{run:?}");
    assert_eq!(held(&lab).await, (1, 1));
    assert_eq!(lab.run(&[&["diff"], ON].concat()).await.code, 0);
    let entry = lab.journal().pop().unwrap();
    let given: Vec<&str> = entry["assigned"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|one| one["rows"].as_array().unwrap())
        .map(|row| row[0].as_str().unwrap())
        .collect();
    assert_eq!(given, ["PermissionSetLicenseAssign", "PermissionSetAssignment"]);

    let back = lab.run(&["rollback", "--yes"]).await;
    assert_eq!(back.code, 0, "{back:?}");
    let at = |words: String| back.stdout.find(&words).unwrap_or_else(|| panic!("{back:?}"));
    let set = at(format!("take the permission set {SET} from {SAM}"));
    assert!(set < at(format!("take the permission set licence {LICENCE} from {SAM}")));
    assert_eq!(held(&lab).await, (0, 0));
    let last = lab.journal().pop().unwrap();
    let forth = lab.run(&["rollback", "--yes", last["id"].as_str().unwrap()]).await;
    assert_eq!((forth.code, held(&lab).await), (0, (1, 1)), "{forth:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_is_stale_where_somebody_has_given_the_licence_since() {
    let lab = lab(&template()).await;
    let save = [&["diff"], ON, &["--save-plan", "plan.json"]].concat();
    assert_eq!(lab.run(&save).await.code, 2);
    let own = [&["deploy"], ON, &["--yes"]].concat();
    assert_eq!(lab.run(&own).await.code, 0);
    // The journal forgets the deploy: it might have been anybody's.
    for file in walk(&lab.env.folder().join("state/sfsetup/journal")) {
        std::fs::remove_file(file).unwrap();
    }
    let run = lab.run(&["deploy", "--plan", "plan.json", "--yes"]).await;
    assert_eq!(run.code, 3, "{run:?}");
    assert!(run.stderr.contains("user.permission_set_license"), "{run:?}");
    assert_eq!(held(&lab).await, (1, 1));
}

/// What was there already is left, and a rollback does not touch it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_whose_answer_was_lost_or_that_was_begun_is_ours() {
    let lab = lab(&template()).await;
    let deploy = [&["deploy"], ON, &["--yes"]].concat();
    let before = lab.count("sobjects");
    assert_eq!(lab.run(&deploy).await.code, 0);
    let calls = lab.count("sobjects") - before;
    assert_eq!(lab.run(&["rollback", "--yes"]).await.code, 0);
    assert_eq!(held(&lab).await, (0, 0));

    // The org makes the row, and its answer is lost: it is found, and not made again.
    let after = u32::try_from(calls - 2).unwrap();
    lab.running.fault(FaultRule { after, ..once("sobjects", Fault::ResetAfter) });
    let run = lab.run(&deploy).await;
    assert_eq!((run.code, held(&lab).await), (0, (1, 1)), "{run:?}");

    // A run that was cut off before it had the id has written down that it asked.
    rewrite(&lab, &|entry| {
        entry["stage"] = "applied".into();
        assert_eq!(entry["assigned"][0]["permission_set_license"], LICENCE);
        begin(&mut entry["assigned"][0], "PermissionSetLicenseAssign");
    });
    let again = lab.run(&deploy).await;
    assert_eq!((again.code, held(&lab).await), (0, (1, 1)), "{again:?}");
    let back = lab.run(&["rollback", "--yes"]).await;
    assert_eq!((back.code, held(&lab).await), (0, (0, 0)), "{back:?}");

    // The same of the set's row.
    let after = u32::try_from(calls - 1).unwrap();
    lab.running.fault(FaultRule { after, ..once("sobjects", Fault::ResetAfter) });
    let run = lab.run(&deploy).await;
    assert_eq!((run.code, held(&lab).await), (0, (1, 1)), "{run:?}");
    let back = lab.run(&["rollback", "--yes"]).await;
    assert_eq!((back.code, held(&lab).await), (0, (0, 0)), "{back:?}");
}

/// Changes the last entry of the journal.
fn rewrite(lab: &Lab, change: &dyn Fn(&mut Json)) {
    let mut entry = lab.journal().pop().unwrap();
    change(&mut entry);
    let files = walk(&lab.env.folder().join("state/sfsetup/journal"));
    let name = format!("{}.json", entry["id"].as_str().unwrap());
    let file = files.iter().find(|file| file.ends_with(&name)).unwrap();
    std::fs::write(file, sealed(&entry)).unwrap();
}

/// What was given as it stands there where the answer was lost.
fn begin(given: &mut Json, object: &str) {
    given["rows"] = json!([]);
    given["begun"] = object.into();
    given["is_partial"] = true.into();
}

/// A rollback looks again for what was begun, and takes back no more than what is proved to be ours.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rollback_looks_for_rows_whose_answer_was_lost() {
    const OTHER: &str = "005Ws0000000003IAA";
    let lab = lab(&template()).await;
    let deploy = [&["deploy"], ON, &["--yes"]].concat();
    let lose = |entry: &mut Json, forge: &dyn Fn(&mut serde_json::Map<String, Json>)| {
        let objects = ["PermissionSetLicenseAssign", "PermissionSetAssignment"];
        for (at, object) in objects.into_iter().enumerate() {
            let given = &mut entry["assigned"][at];
            assert!(given["by"].is_string() && given["asked_at"].is_string(), "{given}");
            begin(given, object);
            forge(given.as_object_mut().unwrap());
        }
    };
    assert_eq!(lab.run(&deploy).await.code, 0);
    rewrite(&lab, &|entry| lose(entry, &|_| {}));
    let back = lab.run(&["rollback", "--yes"]).await;
    assert_eq!((back.code, held(&lab).await), (0, (0, 0)), "{back:?}");

    // Of what another may have made a person is told, and it stays.
    type Forge = dyn Fn(&mut serde_json::Map<String, Json>);
    let cases: [(&Forge, [&str; 2]); 5] = [
        (
            &|given| _ = given.insert("by".to_owned(), OTHER.into()),
            ["made it, and it was asked for as", "others gave permission sets within"],
        ),
        (&|given| _ = given.remove("by"), ["as whom it was asked for was not written down"; 2]),
        // As journals of before 2026-11-27 have it.
        (&|given| _ = given.remove("asked_at"), ["when it was asked for was not written down"; 2]),
        // The same user gave it another time, by hand.
        (&|given| shift(given, -11), ["it was asked for at 20"; 2]),
        (&|given| shift(given, 3), ["it was asked for at 20"; 2]),
    ];
    for (forge, [licence, set]) in cases {
        assert_eq!(lab.run(&deploy).await.code, 0);
        rewrite(&lab, &|entry| lose(entry, forge));
        for _ in 0..2 {
            let back = lab.run(&["rollback", "--yes"]).await;
            assert_eq!((back.code, held(&lab).await), (2, (1, 1)), "{back:?}");
            let shown = back.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
            for words in [licence, set, "look whether it is to be taken away, in Setup"] {
                assert!(shown.contains(words), "{words}: {shown}");
            }
            assert!(!back.stdout.contains("take the permission set"), "{back:?}");
        }
        // Once they are gone there is nothing left to look at.
        for object in ["PermissionSetAssignment", "PermissionSetLicenseAssign"] {
            let id = match object {
                "PermissionSetAssignment" => own_set(&lab).await,
                _ => rows(&lab, object).await.remove(0),
            };
            delete(&lab, object, &id).await;
        }
        assert_eq!(held(&lab).await, (0, 0));
        let back = lab.run(&["rollback", "--yes"]).await;
        assert_eq!(back.code, 0, "{back:?}");
    }
}

/// Moves the time at which a row was asked for.
fn shift(given: &mut serde_json::Map<String, Json>, minutes: i64) {
    let at: jiff::Timestamp = given["asked_at"].as_str().unwrap().parse().unwrap();
    let at = at.checked_add(jiff::SignedDuration::from_mins(minutes)).unwrap();
    given.insert("asked_at".to_owned(), at.to_string().into());
}

/// The licence of a set was asked for long ago, came to nothing, and was given by hand since. That the
/// set itself is asked for now says nothing of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_in_doubt_stays_so_when_another_is_asked_for() {
    let (lab, _folder) = lab_of_seats(&on_licence("Warehouse_Sync", ""), 2).await;
    let deploy = [&["deploy"], ON, &["--yes"]].concat();
    assert_eq!(lab.run(&deploy).await.code, 0);
    let given = lab.journal().pop().unwrap()["assigned"][0].take();
    assert_eq!(given["rows"][1][0], "PermissionSetAssignment", "{given}");
    delete(&lab, "PermissionSetAssignment", given["rows"][1][1].as_str().unwrap()).await;
    rewrite(&lab, &|entry| {
        entry["stage"] = "applied".into();
        begin(&mut entry["assigned"][0], "PermissionSetLicenseAssign");
        shift(entry["assigned"][0].as_object_mut().unwrap(), -60);
    });
    let on = lab.run(&deploy).await;
    assert_eq!((on.code, held(&lab).await), (0, (1, 1)), "{on:?}");
    let back = lab.run(&["rollback", "--yes"]).await;
    assert_eq!((back.code, held(&lab).await), (2, (1, 0)), "{back:?}");
    assert!(back.stdout.contains("it was asked for at 20"), "{back:?}");
}

/// The row of the package's set.
async fn own_set(lab: &Lab) -> String {
    let soql = format!(
        "SELECT Id FROM PermissionSetAssignment WHERE Assignee.Username = '{SAM}' AND \
         PermissionSet.NamespacePrefix = 'beacon'"
    );
    ask(lab, &soql).await.remove(0)
}

/// Somebody deletes a row.
async fn delete(lab: &Lab, object: &str, id: &str) {
    let url = format!("{}/services/data/v62.0/sobjects/{object}/{id}", lab.running.url());
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = client.delete(url).bearer_auth(&lab.running.token).send().await.unwrap();
    assert_eq!(answer.status(), 204);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_right_that_comes_along_elsewhere_and_is_not_here_stops_nothing() {
    let template = format!(
        "{HEAD}[[step]]\nid = \"a\"\ntitle = \"A\"\nwant = [{{ component = \
         \"PermissionSet:Report_Builder\", path = \"userPermissions[InstallPackaging].enabled\", \
         equals = true }}]\n"
    );
    let lab = lab(&template).await;
    let run = lab.run(&[&["deploy"], ON, &["--yes"]].concat()).await;
    assert_eq!(run.code, 0, "{run:?}");
    assert!(
        run.stdout.contains("this org has no EditPublicReports, so it is left out")
            && run.stdout.contains("userPermissions[ViewDataLeakageEvents].enabled")
            && !run.stdout.contains("userPermissions[EditPublicReports]"),
        "{run:?}"
    );
}

/// A demo org with so many seats of the licence, of which one is taken; and where it lives.
async fn lab_of_seats(template: &str, seats: u64) -> (Lab, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    drop(Store::open(folder.path()).unwrap());
    let files = walk(folder.path());
    let file = files.iter().find(|file| file.ends_with("org.json")).unwrap();
    let mut saved: Json = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let licence = &mut saved["org"]["records"]["PermissionSetLicense"][0];
    assert_eq!(licence["MasterLabel"], LICENCE);
    licence["TotalLicenses"] = seats.into();
    std::fs::write(file, saved.to_string()).unwrap();
    let lab = Lab::new(Store::open(folder.path()).unwrap(), Faults::none()).await;
    lab.env.write("t.toml", template);
    (lab, folder)
}

/// A set that stands on the licence, or is made to, and a change beside it.
fn on_licence(set: &str, create: &str) -> String {
    format!(
        "{HEAD}[[step]]\nid = \"a\"\ntitle = \"A\"\n{create}want = [{{ component = \
         \"PermissionSet:{set}\", path = \"description\", equals = \"Of Acme\" }}, {{ fact = \
         \"user.permission_set[{set}]\", equals = true }}]\n"
    )
}

const MADE: &str = "create = { component = \"PermissionSet:Acme\", set = { label = \"Acme\", \
                    license = \"Salesforce API Integration\" } }\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_set_whose_licence_has_no_seat_is_left_before_anything_is_sent() {
    let deploy = [&["deploy"], ON, &["--yes"]].concat();
    for (set, create) in [("Warehouse_Sync", ""), ("Acme", MADE)] {
        let (lab, _folder) = lab_of_seats(&on_licence(set, create), 1).await;
        let run = lab.run(&deploy).await;
        assert_eq!(run.code, 2, "{run:?}");
        let words = format!(
            "the permission set `{set}` stands on the permission set licence `{LICENCE}`, which \
             `{SAM}` does not have, and no seat of it is free: take it from a user"
        );
        assert!(run.stdout.contains(&words) && run.stdout.contains("verified"), "{words}: {run:?}");
        assert!(!run.stdout.contains("give the permission set"), "{run:?}");
        assert_eq!(held(&lab).await, (0, 0));

        let (lab, _folder) = lab_of_seats(&on_licence(set, create), 2).await;
        let run = lab.run(&deploy).await;
        assert_eq!((run.code, held(&lab).await), (0, (1, 1)), "{run:?}");
        let words = format!("`{SAM}` takes a seat of the permission set licence `{LICENCE}`");
        assert!(run.stdout.contains(&words), "{run:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_set_on_another_user_licence_is_left() {
    let lab = lab(&on_licence("Report_Builder", "")).await;
    let with_licence = "</label><license>Salesforce</license>";
    lab.edit("PermissionSet", "Report_Builder", "</label>", with_licence).await;
    let user = "user=warehouse.sync@harbourlight.example.com";
    let run = lab.run(&[&["deploy"], ON, &["--yes", "--set", user]].concat()).await;
    assert_eq!(run.code, 2, "{run:?}");
    assert!(
        run.stdout.contains(
            "the permission set `Report_Builder` stands on the user licence `Salesforce`, and \
             `warehouse.sync@harbourlight.example.com` has the user licence `Salesforce \
             Integration`: give them a profile of that licence"
        ),
        "{run:?}"
    );
    // Whoever has the licence is given it.
    let user = "user=robin.alder@harbourlight.example.com";
    let run = lab.run(&[&["deploy"], ON, &["--yes", "--set", user]].concat()).await;
    let given = "give the permission set Report_Builder to robin.alder@harbourlight.example.com";
    assert!(run.code == 0 && run.stdout.contains(given), "{run:?}");
}

/// A way back is not planned by what licences there are; it is held against them before it is sent.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_way_back_without_a_seat_is_told_before_it_is_sent() {
    let (lab, _folder) = lab_of_seats(&on_licence("Warehouse_Sync", ""), 2).await;
    assert_eq!(lab.run(&[&["deploy"], ON, &["--yes"]].concat()).await.code, 0);
    assert_eq!(lab.run(&["rollback", "--yes"]).await.code, 0);
    assert_eq!(held(&lab).await, (0, 0));
    let taken = json!({
        "AssigneeId": "005Ws0000000001IAA", "PermissionSetLicenseId": "0PLWs0000000001OAA"
    });
    post(&lab, "PermissionSetLicenseAssign", &taken).await;
    let sent = lab.count("deployRequest.start");
    let last = lab.journal().pop().unwrap();
    let forth = lab.run(&["rollback", "--yes", last["id"].as_str().unwrap()]).await;
    assert!(forth.code != 0 && forth.stderr.contains("no seat of it is free"), "{forth:?}");
    assert_eq!((lab.count("deployRequest.start"), held(&lab).await), (sent, (0, 0)));

    // What it takes back itself is a seat.
    let soql =
        format!("SELECT Id FROM PermissionSetLicenseAssign WHERE Assignee.Username = '{ROBIN}'");
    let seat = ask(&lab, &soql).await.remove(0);
    rewrite(&lab, &|entry| {
        entry["assigned"] = json!([{
            "user": ROBIN, "permission_set_license": LICENCE,
            "rows": [["PermissionSetLicenseAssign", &seat]]
        }]);
    });
    let forth = lab.run(&["rollback", "--yes", last["id"].as_str().unwrap()]).await;
    assert_eq!((forth.code, held(&lab).await), (0, (1, 1)), "{forth:?}");
    assert!(ask(&lab, &soql).await.is_empty());
}

/// Somebody else makes a row.
async fn post(lab: &Lab, object: &str, values: &Json) {
    let url = format!("{}/services/data/v62.0/sobjects/{object}", lab.running.url());
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let sent = client.post(url).bearer_auth(&lab.running.token);
    let sent = sent.header("content-type", "application/json").body(values.to_string());
    let answer = sent.send().await.unwrap();
    assert_eq!(answer.status(), 201);
}
