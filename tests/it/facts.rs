//! Facts beside permissions and licences: what answers each, and that what a caller may not see is
//! not observed.

use std::collections::BTreeMap;

use serde_json::json;
use sfsetup::metadata::fact::{Fact, FactAnswer, FactValues};
use sfsetup::metadata::value::Value;

use crate::org::connect;
use crate::org::server::{Fault, Server, State};

const USER: &str = "sync@acme.example.com";

/// What these facts are, each in words; the reason in brackets where one is not observed.
async fn answers(state: State, facts: &[&str]) -> Vec<String> {
    let server = Server::start(state).await;
    let org = connect(&server).await.unwrap();
    let wanted: Vec<(Fact, Option<String>)> = facts
        .iter()
        .map(|text| Fact::parse(text).unwrap())
        .map(|fact| (fact.clone(), fact.parameter().map(|_| USER.to_owned())))
        .collect();
    let values = org.facts(&wanted).await.unwrap();
    wanted.iter().map(|(fact, of)| words(&values, fact, of.as_deref())).collect()
}

fn words(values: &FactValues, fact: &Fact, of: Option<&str>) -> String {
    let source = values.source(fact, of).map_or_else(String::new, |one| format!(" by {one}"));
    match values.get(fact, of) {
        FactAnswer::Known(Value::List(list)) if list.is_empty() => "nothing".to_owned(),
        FactAnswer::Known(value) => format!("{value}{source}"),
        FactAnswer::NotObserved(why) => format!("({why})"),
    }
}

/// A caller who may see everything, and the user who is asked about.
fn state() -> State {
    let set = json!({"PermissionsViewSetup": true, "PermissionsApiEnabled": true});
    State {
        rows: vec![
            (
                "FROM PermissionSetLicenseAssign",
                json!([{"Assignee": {"Username": USER}, "PermissionSetLicense":
                    {"DeveloperName": "AcmePsl", "MasterLabel": "Acme", "PermissionSetLicenseKey": "AcmePsl"}}]),
            ),
            ("FROM ConnectedApplication", json!([{"Id": "0H41", "Name": "Acme Sync"}])),
            (
                "FROM SetupEntityAccess",
                json!([{"SetupEntityId": "0H41", "ParentId": "0PS7", "Parent": {"Label": "Acme Access", "IsOwnedByProfile": false}}]),
            ),
            ("FROM CurrencyType", json!([{"IsoCode": "EUR"}])),
            (
                "FROM InstalledSubscriberPackage",
                json!([{"SubscriberPackage": {"NamespacePrefix": "acme"}, "SubscriberPackageVersion":
                    {"MajorVersion": 3, "MinorVersion": 2, "PatchVersion": 0}}]),
            ),
            (
                "FROM User ",
                json!([
                    {"Id": "0051", "Username": USER, "IsActive": true, "LanguageLocaleKey": "en_US",
                     "LocaleSidKey": "de_DE", "DefaultCurrencyIsoCode": "EUR", "UserRole": null,
                     "UserPermissionsMarketingUser": true},
                    {"Id": "0052", "Username": "admin@acme.example.com", "IsActive": true}
                ]),
            ),
            (
                "FROM PermissionSetAssignment",
                json!([
                    {"AssigneeId": "0051", "PermissionSetId": "0PS7", "PermissionSet": set},
                    {"AssigneeId": "0052", "PermissionSetId": "0PS8", "PermissionSet": set}
                ]),
            ),
        ],
        listed: BTreeMap::from([("InstalledPackage", vec!["acme"])]),
        files: vec![(
            "Settings".to_owned(),
            "Currency".to_owned(),
            "settings/Currency.settings".to_owned(),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<CurrencySettings \
             xmlns=\"http://soap.sforce.com/2006/04/metadata\">\n    \
             <enableMultiCurrency>true</enableMultiCurrency>\n</CurrencySettings>\n"
                .to_owned(),
        )],
        ..State::default()
    }
}

#[tokio::test]
async fn each_fact_is_answered_by_its_source() {
    let asked = [
        ("user.language", "en_US"),
        ("user.locale", "de_DE"),
        ("user.currency", "EUR"),
        ("user.feature[MarketingUser]", "true"),
        ("user.permission_set_license[acmepsl]", "true"),
        ("user.app_access[Acme_Sync]", "true by permission set Acme Access"),
        ("org.currency", "EUR"),
        ("package.installed[acme]", "true"),
        ("package.installed[other]", "false"),
        ("package.version[acme]", "3.2.0"),
        ("org.feature[MultiCurrency]", "true"),
    ];
    let answered = answers(state(), &asked.map(|(fact, _)| fact)).await;
    for ((fact, expected), answer) in asked.iter().zip(&answered) {
        assert_eq!(answer, expected, "{fact}");
    }
}

#[tokio::test]
async fn what_is_refused_is_not_observed_and_takes_nothing_along() {
    let mut refusing = state();
    refusing.refused = vec![
        ("DefaultCurrencyIsoCode", "INVALID_FIELD"),
        ("FROM PermissionSetLicenseAssign", "INVALID_TYPE"),
        ("FROM SetupEntityAccess", "INVALID_TYPE"),
        ("FROM CurrencyType", "INVALID_TYPE"),
    ];
    let asked = [
        ("user.currency", "several (INVALID_FIELD); of the org"),
        ("user.language", "en_US"),
        ("user.permission_set_license[AcmePsl]", "View Setup"),
        ("user.app_access[Acme_Sync]", "View Setup"),
        ("org.currency", "Company Information"),
        ("org.my_domain", "none of a My Domain"),
        ("org.feature[Other]", "look in Setup"),
        ("package.version[other]", "no package `other`"),
    ];
    let answered = answers(refusing, &asked.map(|(fact, _)| fact)).await;
    for ((fact, expected), answer) in asked.iter().zip(&answered) {
        let is_unseen = answer.starts_with('(') || fact.ends_with("language");
        assert!(is_unseen && answer.contains(expected), "{fact}: {answer}");
    }
}

/// A label is not one app's alone.
#[tokio::test]
async fn apps_of_one_label_are_told_apart() {
    let of = async |lets_in: &[&str]| {
        let mut state = state();
        let set = |(at, rows): &mut (&'static str, serde_json::Value)| match *at {
            "FROM ConnectedApplication" => {
                *rows = json!([{"Id": "0H41", "Name": "Acme Sync"}, {"Id": "0H42", "Name": "Acme Sync"}]);
            }
            "FROM SetupEntityAccess" => {
                let row = |id: &&str| {
                    json!({"SetupEntityId": id, "ParentId": "0PS7", "Parent":
                        {"Label": "Acme Access", "IsOwnedByProfile": false}})
                };
                *rows = lets_in.iter().map(row).collect();
            }
            _ => {}
        };
        state.rows.iter_mut().for_each(set);
        answers(state, &["user.app_access[Acme_Sync]"]).await.remove(0)
    };
    assert_eq!(of(&["0H41", "0H42"]).await, "true by permission set Acme Access");
    assert!(!of(&[]).await.starts_with("true"));
    let one = of(&["0H42"]).await;
    assert!(one.contains("2 apps are called `Acme_Sync`"), "{one}");
}

/// One of the two tables of apps is refused, and the other has none of the name.
#[tokio::test]
async fn an_app_that_half_of_the_apps_do_not_show_is_not_known_to_lack() {
    let mut state = state();
    state.refused = vec![("FROM ExternalClientApplication", "INVALID_TYPE")];
    let set = |(at, rows): &mut (&'static str, serde_json::Value)| {
        if *at == "FROM ConnectedApplication" {
            *rows = json!([]);
        }
    };
    state.rows.iter_mut().for_each(set);
    let told = answers(state, &["user.app_access[Acme_Sync]"]).await.remove(0);
    assert!(told.starts_with('(') && told.contains("(INVALID_TYPE)"), "{told}");
}

/// An org with one currency and one that hides its currencies refuse the same question alike.
#[tokio::test]
async fn why_the_companys_currency_is_not_seen_is_told_by_what_is_known() {
    const WHO: &str = "{\"user_id\": \"0051\", \"preferred_username\": \"sync@acme.example.com\"}";
    const USERS: &str = "{\"fields\": [{\"name\": \"DefaultCurrencyIsoCode\"}]}";
    let of = async |sees_setup: bool, has_several: bool, rows: bool| {
        let mut state = state();
        let set = json!({"PermissionsViewSetup": sees_setup});
        for (at, rows) in &mut state.rows {
            match *at {
                "FROM PermissionSetAssignment" => {
                    *rows = json!([{"AssigneeId": "0051", "PermissionSetId": "0PS7",
                        "PermissionSet": set}]);
                }
                "FROM CurrencyType" => *rows = json!([]),
                _ => {}
            }
        }
        if !rows {
            state.refused = vec![("FROM CurrencyType", "INVALID_TYPE")];
        }
        state.faults.push(("userinfo", 9, Fault::Reply(200, "", WHO)));
        if has_several {
            state.faults.push(("User/describe", 9, Fault::Reply(200, "", USERS)));
        }
        answers(state, &["org.currency"]).await.remove(0)
    };
    let one = of(true, false, false).await;
    assert!(one.starts_with("(an org with one currency shows it to no program"), "{one}");
    let lesser = of(false, false, false).await;
    assert!(
        lesser.starts_with("(either this org has one currency")
            && lesser.contains("only with View Setup and Configuration"),
        "{lesser}"
    );
    for (has_several, rows) in [(true, false), (false, true)] {
        let several = of(false, has_several, rows).await;
        assert!(
            several.starts_with("(this org has several currencies and does not show them")
                && several.contains("for who has View Setup and Configuration"),
            "{several}"
        );
    }
}

/// A set that an assignment gives, and one of a group.
fn with_sets(direct: serde_json::Value, member: Option<serde_json::Value>) -> State {
    let mut state = state();
    let group = json!({"AssigneeId": "0051", "PermissionSetId": "0PS9", "PermissionSetGroupId":
        "0PG1", "PermissionSet": {"Name": "Acme_Group", "NamespacePrefix": null}});
    let own = json!({"AssigneeId": "0051", "PermissionSetId": "0PS7", "PermissionSet": direct});
    let given = if member.is_some() { json!([own, group]) } else { json!([own]) };
    state.rows.retain(|(at, _)| *at != "FROM PermissionSetAssignment");
    state.rows.push(("FROM PermissionSetAssignment", given));
    let member = member.map(|set| {
        json!([{"PermissionSetGroupId": "0PG1", "PermissionSetId": "0PS8", "PermissionSet": set}])
    });
    state.rows.push(("FROM PermissionSetGroupComponent", member.unwrap_or_default()));
    state
}

/// By the rule by which plans assign: without a namespace the org's own set is meant.
#[tokio::test]
async fn a_set_of_a_package_is_not_the_orgs_own_of_that_name() {
    let packaged = || json!({"Name": "Reader", "NamespacePrefix": "acme"});
    let own = || json!({"Name": "Reader", "NamespacePrefix": null});
    let other = || json!({"Name": "Other", "NamespacePrefix": null});
    let asked = ["user.permission_set[Reader]", "user.permission_set[acme__reader]"];
    let told = async |state: State| answers(state, &asked).await;
    assert_eq!(told(with_sets(packaged(), None)).await, ["false", "true"]);
    assert_eq!(told(with_sets(own(), None)).await, ["true", "false"]);
    let through = " by permission set group that holds it";
    assert_eq!(
        told(with_sets(other(), Some(packaged()))).await,
        ["false".to_owned(), format!("true{through}")]
    );
    assert_eq!(
        told(with_sets(other(), Some(own()))).await,
        [format!("true{through}"), "false".to_owned()]
    );
    // An org with a namespace has its own sets under it.
    let mut of_acme = with_sets(packaged(), None);
    of_acme.rows.push((
        "FROM Organization",
        json!([{"Id": crate::org::server::ORG_ID, "Name": "Acme", "OrganizationType": "Enterprise Edition",
            "IsSandbox": false, "TrialExpirationDate": null, "NamespacePrefix": "acme"}]),
    ));
    assert_eq!(told(of_acme).await, ["true", "true"]);
    // What is in a group that is not shown is not known to lack.
    let mut hidden = with_sets(other(), Some(own()));
    hidden.refused = vec![("FROM PermissionSetGroupComponent", "INVALID_TYPE")];
    for told in told(hidden).await {
        assert!(
            told.starts_with("(the sets of permission set groups are seen only with"),
            "{told}"
        );
    }
}
