//! Queries as an org answers them.

use super::*;

const ADMIN: &str = "robin.alder@harbourlight.example.com";

fn org() -> Org {
    Org::seeded("x")
}

fn ask(text: &str) -> Answer {
    run(&org(), ADMIN, text, false, "67.0").unwrap()
}

#[test]
fn relationships_conditions_and_order_are_answered() {
    let answer =
        ask("SELECT Username, Profile.UserLicense.Name FROM User WHERE Profile.Name LIKE \
         'ampersand%' AND IsActive = true ORDER BY Username");
    assert_eq!(answer.total, 1);
    assert_eq!(answer.records[0]["Profile"]["UserLicense"]["Name"], "Salesforce");
    assert_eq!(answer.records[0]["Profile"]["attributes"]["type"], "Profile");
    let answer = ask(
        "SELECT Id FROM PermissionSet WHERE IsOwnedByProfile = false AND PermissionsApiEnabled \
         = true",
    );
    assert_eq!(answer.total, 2);
    assert_eq!(ask("SELECT COUNT() FROM User WHERE Username != null").total, 4);
    assert_eq!(
        ask("SELECT Name FROM Profile ORDER BY Name DESC LIMIT 1").records[0]["Name"],
        "System Administrator"
    );
}

#[test]
fn a_users_sets_are_found_by_semi_join() {
    let answer =
        ask("SELECT SobjectType, PermissionsViewAllRecords FROM ObjectPermissions WHERE ParentId \
         IN (SELECT PermissionSetId FROM PermissionSetAssignment WHERE Assignee.Username = \
         'ampersand.integration@harbourlight.example.com') AND SobjectType = 'Lead'");
    // One by the profile, one by the permission set.
    assert_eq!(answer.total, 2);
}

#[test]
fn metadata_shows_in_rows() {
    let answer = ask("SELECT OptionsAllowAdminApprovedUsersOnly, RefreshTokenValidityPeriod FROM \
         ConnectedApplication WHERE Name = 'Warehouse Loader'");
    assert_eq!(answer.records[0]["OptionsAllowAdminApprovedUsersOnly"], true);
    assert_eq!(answer.records[0]["RefreshTokenValidityPeriod"], 30);
    let answer = ask("SELECT Parent.Name, Parent.IsOwnedByProfile, Parent.Profile.Name FROM \
         SetupEntityAccess WHERE SetupEntityType = 'ConnectedApplication' ORDER BY \
         Parent.IsOwnedByProfile");
    assert_eq!(answer.records[0]["Parent"]["Name"], "Warehouse_Sync");
    assert_eq!(answer.records[0]["Parent"]["Profile"], Value::Null);
    assert_eq!(
        answer.records[1]["Parent"]["Profile"]["Name"],
        "Minimum Access - API Only Integrations"
    );
    assert_eq!(
        ask("SELECT Id FROM SetupEntityAccess WHERE SetupEntityType = \
                    'ExternalClientApplication'")
        .total,
        1
    );
}

#[test]
fn what_is_unknown_is_refused_in_salesforces_words() {
    let refusal = run(&org(), ADMIN, "SELECT Id FROM Lamp__c", false, "67.0").unwrap_err();
    assert_eq!(refusal.code, "INVALID_TYPE");
    assert!(
        refusal
            .message
            .contains("ERROR at Row:1:Column:16\nsObject type 'Lamp__c' is not supported.")
    );
    let refusal = run(&org(), ADMIN, "SELECT Id, PermissionsFly FROM PermissionSet", false, "67.0")
        .unwrap_err();
    assert_eq!(refusal.code, "INVALID_FIELD");
    assert!(refusal.message.contains("No such column 'PermissionsFly' on entity 'PermissionSet'."));
    let refusal = run(&org(), ADMIN, "SELECT Foo.Name FROM User", false, "67.0").unwrap_err();
    assert!(refusal.message.contains("Didn't understand relationship 'Foo' in field path."));
    run(&org(), ADMIN, "SELECT Id FROM User WHERE Foo = 1", false, "67.0").unwrap_err();
    // Seen in live orgs: metadata has it, describe does not (S 4.5).
    run(
        &org(),
        ADMIN,
        "SELECT PermissionsCanApproveUninstalledApps FROM PermissionSet",
        false,
        "67.0",
    )
    .unwrap_err();
}

#[test]
fn full_names_come_one_row_a_query() {
    let refusal = run(&org(), ADMIN, "SELECT FullName FROM Profile", true, "67.0").unwrap_err();
    assert!(refusal.message.contains("no more than one row"));
    let answer = run(
        &org(),
        ADMIN,
        "SELECT FullName, Metadata FROM Profile WHERE Name = 'System Administrator' LIMIT 1",
        true,
        "67.0",
    )
    .unwrap();
    assert_eq!(answer.records[0]["FullName"], "Admin");
    assert!(answer.records[0]["Metadata"]["userPermissions"].is_array());
    assert!(
        run(&org(), ADMIN, "SELECT Permission FROM PermissionDependency", true, "67.0")
            .unwrap()
            .total
            > 10
    );
}

#[test]
fn who_may_not_view_the_setup_sees_less() {
    let user = "warehouse.sync@harbourlight.example.com";
    let refusal =
        run(&org(), user, "SELECT Id FROM ConnectedApplication", false, "67.0").unwrap_err();
    assert_eq!(refusal.message, "sObject type 'ConnectedApplication' is not supported.");
    let tokens = run(&org(), user, "SELECT COUNT() FROM OauthToken", false, "67.0").unwrap();
    assert_eq!(tokens.total, 0);
}

#[test]
fn what_cannot_be_filtered_by_cannot_be_by_a_relationship_either() {
    let text = "SELECT Id FROM AuthSession WHERE LoginHistory.Status = 'Success'";
    assert_eq!(run(&org(), ADMIN, text, false, "67.0").unwrap_err().code, "INVALID_FIELD");
}

#[test]
fn the_tokens_of_installed_apps_tell_so() {
    let answer = ask("SELECT AppName, AppMenuItem.Label, CreatedDate FROM OauthToken");
    assert_eq!(answer.total, 2);
    for row in answer.records {
        assert_eq!(row["AppMenuItem"]["Label"], row["AppName"]);
        assert!(row["CreatedDate"].is_string());
    }
}

#[test]
fn like_knows_its_two_signs() {
    for (text, pattern, fits) in [
        ("Ampersand", "amp%", true),
        ("Ampersand", "%sand", true),
        ("Ampersand", "_mpersand", true),
        ("Ampersand", "mp%", false),
        ("100%", "100\\%", true),
        ("1000", "100\\%", false),
        ("", "%", true),
    ] {
        assert_eq!(like(text, pattern), fits, "{text} {pattern}");
    }
}

#[test]
fn rows_are_put_together() {
    let answer = ask("SELECT Profile.Name p, COUNT(Id) n, MIN(Username) FROM User WHERE IsActive \
         = true GROUP BY Profile.Name ORDER BY COUNT(Id) DESC, Profile.Name");
    assert_eq!(answer.total, answer.records.len());
    let counts: Vec<u64> = answer.records.iter().map(|row| row["n"].as_u64().unwrap()).collect();
    assert!(counts.is_sorted_by(|one, other| one >= other), "{counts:?}");
    let active = ask("SELECT COUNT() FROM User WHERE IsActive = true").total;
    assert_eq!(counts.iter().sum::<u64>(), active as u64);
    assert_eq!(answer.records[0]["attributes"]["type"], "AggregateResult");
    assert!(answer.records.iter().all(|row| row["p"].is_string() && row["expr0"].is_string()));
    let answer = ask("SELECT IsActive, COUNT_DISTINCT(ProfileId) FROM User GROUP BY IsActive");
    assert!(answer.records.iter().all(|row| row["IsActive"].is_boolean()), "{answer:?}");
    // Without GROUP BY there is one row, also where there is nothing to count.
    let answer = ask("SELECT COUNT(Id), MAX(Name) m FROM User WHERE Name = 'nobody'");
    assert_eq!((answer.total, &answer.records[0]["expr0"]), (1, &json!(0)));
    assert_eq!(answer.records[0]["m"], Value::Null);
    for wrong in [
        "SELECT Name, COUNT(Id) FROM User GROUP BY IsActive",
        "SELECT Name, COUNT(Id) FROM User",
        "SELECT COUNT() FROM User GROUP BY IsActive",
        "SELECT Name n FROM User",
        "SELECT Name FROM User ORDER BY COUNT(Id)",
    ] {
        let refusal = run(&org(), ADMIN, wrong, false, "67.0").unwrap_err();
        assert_eq!(refusal.code, "MALFORMED_QUERY", "{wrong}");
    }
    let refusal =
        run(&org(), ADMIN, "SELECT COUNT(Id) FROM User GROUP BY Fly", false, "67.0").unwrap_err();
    assert_eq!(refusal.code, "INVALID_FIELD");
}
