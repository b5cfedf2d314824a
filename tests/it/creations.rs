//! What a plan makes anew: never what is there in other capitals, nothing that was left out, and
//! nothing that is for nobody.

use sfsetup::demo::{Faults, Store};

use crate::lab::Lab;

const ROBIN: &str = "robin.alder@harbourlight.example.com";
/// Of another user licence than `Salesforce`.
const MACHINE: &str = "warehouse.sync@harbourlight.example.com";

async fn lab(step: &str) -> Lab {
    let lab = Lab::new(Store::in_memory(), Faults::none()).await;
    lab.env.write(
        "t.toml",
        format!(
            "format = 1\n[template]\nname = \"t\"\ntitle = \"T\"\nversion = \"1\"\nsource = \
             \"https://docs.example.com\"\nreviewed = 2026-11-23\n[parameters.user]\ntitle = \
             \"User\"\ndefault = \"{ROBIN}\"\n[[step]]\nid = \"a\"\ntitle = \"A\"\n{step}"
        ),
    );
    lab
}

/// An app that names a set, and how to make that.
fn app_names(set: &str, more: &str) -> String {
    format!(
        "create = {{ component = \"PermissionSet:{set}\", set = {{ label = \"Own\" }} }}\nwant = \
         [{{ component = \"ConnectedApp:Warehouse_Loader\", path = \"permissionSetName\", includes \
         = [\"{set}\"] }}{more}]\n"
    )
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The text of the plan that a diff saves; the diff ends well.
async fn planned(lab: &Lab, more: &[&str]) -> String {
    _ = std::fs::remove_file(lab.env.folder().join("p.json"));
    let run = lab.run(&[&["diff", "--save-plan", "p.json"], more].concat()).await;
    assert!(matches!(run.code, 0 | 2), "{run:?}");
    let shown = lab.run(&["plan", "show", "p.json"]).await;
    one_line(&format!("{}{}", run.stdout, shown.stdout))
}

const OURS: &[&str] = &["--template", "t.toml"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_there_in_other_capitals_is_not_made() {
    let as_fact = "want = [{ fact = \"user.permission_set[report_builder]\", equals = true }]\n";
    let by_hand = "want = [{ manual = \"Give it.\", confirm = { fact = \
                   \"user.permission_set[report_builder]\", equals = true } }]\n";
    let makes =
        "create = { component = \"PermissionSet:report_builder\", set = { label = \"R\" } }\n";
    let label = "want = [{ component = \"PermissionSet:report_builder\", path = \"label\", equals = \
                 \"R\" }]\n";
    for (step, there) in [
        (app_names("warehouse_sync", ""), "Warehouse_Sync"),
        (format!("{makes}{as_fact}"), "Report_Builder"),
        (format!("{makes}{by_hand}"), "Report_Builder"),
        (format!("{makes}{label}"), "Report_Builder"),
    ] {
        let lab = lab(&step).await;
        let shown = planned(&lab, OURS).await;
        assert!(shown.contains(&format!("as `{there}`")), "{step}: {shown}");
        assert!(!shown.contains("is made") && !shown.contains("give the permission"), "{shown}");
        let run = lab.run(&["deploy", "--yes", "--template", "t.toml"]).await;
        assert!(matches!(run.code, 0 | 2), "{step}: {run:?}");
        assert_eq!(lab.count("deployRequest.start"), 0, "{step}: {run:?}");
    }
    let lab = lab("want = []\n").await;
    let gemini = "--template gemini-enterprise --set app_kind=own --set contact_email=a@example.com \
                  --set holder=PermissionSet:warehouse_sync";
    let shown = planned(&lab, &gemini.split(' ').collect::<Vec<_>>()).await;
    assert!(shown.contains("the permission set `warehouse_sync` as `Warehouse_Sync`"), "{shown}");
    assert!(!shown.contains("warehouse_sync is made"), "{shown}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_made_in_two_spellings_is_made_once() {
    let step = |set: &str| {
        format!(
            "create = {{ component = \"PermissionSet:{set}\", set = {{ label = \"F\" }} }}\nwant = [{{ \
             fact = \"user.permission_set[{set}]\", equals = true }}]\n"
        )
    };
    let other = format!("[[step]]\nid = \"b\"\ntitle = \"B\"\n{}", step("fresh"));
    let lab = lab(&format!("{}{other}", step("Fresh"))).await;
    let shown = planned(&lab, OURS).await;
    assert!(shown.contains("PermissionSet Fresh is made"), "{shown}");
    assert!(shown.contains("the same is made as PermissionSet:Fresh"), "{shown}");
    assert!(!shown.contains("PermissionSet fresh is made"), "{shown}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_selection_leaves_out_is_not_made_for_others() {
    let described = ", { component = \"PermissionSet:Brand_New\", path = \"description\", equals = \
                     \"Of Acme\" }";
    let lab = lab(&app_names("Brand_New", described)).await;
    let made = "PermissionSet Brand_New is made";
    for (selection, is_made) in [
        (&[][..], true),
        (&["--only", "ConnectedApp:*", "--only", "PermissionSet:Brand_New:description"], true),
        (&["--except", "PermissionSet:Brand_New:description"], true),
        (&["--except", "PermissionSet:Brand_New"], false),
        (&["--only", "ConnectedApp:Warehouse_Loader"], false),
    ] {
        let shown = planned(&lab, &[OURS, selection].concat()).await;
        assert_eq!(shown.contains(made), is_made, "{selection:?}: {shown}");
        let words = "it needs PermissionSet:Brand_New, which is not there, and `--only` or \
                     `--except` leaves that out";
        assert_eq!(shown.contains(words), !is_made, "{selection:?}: {shown}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_set_is_made_only_for_somebody_who_can_be_given_it() {
    let lab =
        lab("create = { component = \"PermissionSet:Fresh\", set = { label = \"F\", license = \
         \"Salesforce\" } }\nwant = [{ fact = \"user.permission_set[Fresh]\", equals = true }]\n")
        .await;
    let deploy = |user: &str| {
        let words = format!("deploy --yes --template t.toml --set user={user}");
        words.split(' ').map(str::to_owned).collect::<Vec<_>>()
    };
    for (user, code, sent) in [(MACHINE, 2, 0), (ROBIN, 0, 1)] {
        let words = deploy(user);
        let run = lab.run(&words.iter().map(String::as_str).collect::<Vec<_>>()).await;
        assert_eq!((run.code, lab.count("deployRequest.start")), (code, sent), "{run:?}");
        assert_eq!(
            one_line(&run.stdout).contains("PermissionSet Fresh is made"),
            sent == 1,
            "{run:?}"
        );
        let why = "stands on the user licence `Salesforce`, and";
        assert_eq!(one_line(&run.stdout).contains(why), sent == 0, "{run:?}");
    }
}
