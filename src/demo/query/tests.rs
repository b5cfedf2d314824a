//! Queries as an org answers them.

use super::compare::like;
use super::*;

const ADMIN: &str = "robin.alder@harbourlight.example.com";

fn asker(user: &str) -> Asker<'_> {
    Asker { user, token: "", version: "67.0", now: 1_795_737_600_000 }
}

fn org() -> Org {
    Org::seeded("x")
}

fn ask(text: &str) -> Answer {
    run(&org(), asker(ADMIN), text, false).unwrap()
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
    let refusal = run(&org(), asker(ADMIN), "SELECT Id FROM Lamp__c", false).unwrap_err();
    assert_eq!(refusal.code, "INVALID_TYPE");
    assert!(
        refusal
            .message
            .contains("ERROR at Row:1:Column:16\nsObject type 'Lamp__c' is not supported.")
    );
    let refusal = run(&org(), asker(ADMIN), "SELECT Id, PermissionsFly FROM PermissionSet", false)
        .unwrap_err();
    assert_eq!(refusal.code, "INVALID_FIELD");
    assert!(refusal.message.contains("No such column 'PermissionsFly' on entity 'PermissionSet'."));
    let refusal = run(&org(), asker(ADMIN), "SELECT Foo.Name FROM User", false).unwrap_err();
    assert!(refusal.message.contains("Didn't understand relationship 'Foo' in field path."));
    run(&org(), asker(ADMIN), "SELECT Id FROM User WHERE Foo = 1", false).unwrap_err();
    // Seen in live orgs: metadata has it, describe does not (S 4.5).
    run(
        &org(),
        asker(ADMIN),
        "SELECT PermissionsCanApproveUninstalledApps FROM PermissionSet",
        false,
    )
    .unwrap_err();
}

#[test]
fn full_names_come_one_row_a_query() {
    let refusal = run(&org(), asker(ADMIN), "SELECT FullName FROM Profile", true).unwrap_err();
    assert!(refusal.message.contains("no more than one row"));
    let answer = run(
        &org(),
        asker(ADMIN),
        "SELECT FullName, Metadata FROM Profile WHERE Name = 'System Administrator' LIMIT 1",
        true,
    )
    .unwrap();
    assert_eq!(answer.records[0]["FullName"], "Admin");
    assert!(answer.records[0]["Metadata"]["userPermissions"].is_array());
    assert!(
        run(&org(), asker(ADMIN), "SELECT Permission FROM PermissionDependency", true)
            .unwrap()
            .total
            > 10
    );
}

#[test]
fn who_may_not_view_the_setup_sees_less() {
    let user = "warehouse.sync@harbourlight.example.com";
    let refusal =
        run(&org(), asker(user), "SELECT Id FROM ConnectedApplication", false).unwrap_err();
    assert_eq!(refusal.message, "sObject type 'ConnectedApplication' is not supported.");
    let tokens = run(&org(), asker(user), "SELECT COUNT() FROM OauthToken", false).unwrap();
    assert_eq!(tokens.total, 0);
}

#[test]
fn what_cannot_be_filtered_by_cannot_be_by_a_relationship_either() {
    let text = "SELECT Id FROM AuthSession WHERE LoginHistory.Status = 'Success'";
    assert_eq!(run(&org(), asker(ADMIN), text, false).unwrap_err().code, "INVALID_FIELD");
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
        let refusal = run(&org(), asker(ADMIN), wrong, false).unwrap_err();
        assert_eq!(refusal.code, "MALFORMED_QUERY", "{wrong}");
    }
    let refusal =
        run(&org(), asker(ADMIN), "SELECT COUNT(Id) FROM User GROUP BY Fly", false).unwrap_err();
    assert_eq!(refusal.code, "INVALID_FIELD");
}

fn refused(text: &str) -> (&'static str, String) {
    let refusal = run(&org(), asker(ADMIN), text, false).unwrap_err();
    let last = refusal.message.lines().last().unwrap_or_default().to_owned();
    (refusal.code, last)
}

#[test]
fn a_value_must_be_of_its_fields_type() {
    let (code, words) = refused("SELECT Id FROM User WHERE IsActive = 'true'");
    assert_eq!(code, "INVALID_FIELD");
    assert_eq!(
        words,
        "value of filter criterion for field 'IsActive' must be of type boolean and should not be \
         enclosed in quotes"
    );
    for (wrong, word) in [
        ("LoginHistory WHERE LoginTime > '2026-01-01'", "dateTime and should not be"),
        ("LoginHistory WHERE LoginTime > 2026-01-01", "dateTime and should not be"),
        ("User WHERE Username = 3", "string and should be"),
        ("PermissionSetLicense WHERE TotalLicenses = '3'", "int and should not be"),
    ] {
        let (code, words) = refused(&format!("SELECT Id FROM {wrong}"));
        assert_eq!(code, "INVALID_FIELD");
        assert!(words.contains(word), "{wrong}: {words}");
    }
}

#[test]
fn an_id_in_a_condition_must_be_one() {
    let id = org().catalog.admin.clone();
    for known in [id.as_str(), &id[..15]] {
        assert_eq!(ask(&format!("SELECT Id FROM User WHERE Id = '{known}'")).total, 1);
    }
    for wrong in ["robin", "005", &format!("{}AAB", &id[..15])] {
        let said = refused(&format!("SELECT Id FROM User WHERE Id IN ('{wrong}')"));
        let words = format!("invalid ID field: {wrong}");
        assert_eq!(said, ("INVALID_QUERY_FILTER_OPERATOR", words));
    }
    let said = refused("SELECT Id FROM User WHERE Profile.Id LIKE '00e%'");
    assert_eq!(said.1, "invalid operator on id field");
    assert_eq!(ask("SELECT Id FROM PermissionSet WHERE ProfileId = ''").total, 0);
}

#[test]
fn times_are_compared_as_times() {
    let count = |condition: &str| {
        ask(&format!("SELECT COUNT() FROM User WHERE CreatedDate {condition}")).total
    };
    let all = count("!= null");
    assert_eq!(count("= 2026-03-02T10:00:00+01:00"), all);
    assert_eq!(count("< 2026-03-02T09:00:00Z"), 0);
    assert_eq!(count("< TODAY"), all);
    assert_eq!(count("= LAST_N_DAYS:365"), all);
    assert_eq!(count("> LAST_N_DAYS:7"), 0);
}

#[test]
fn fields_and_objects_have_their_versions() {
    let at = |version: &'static str, text: &str| {
        let asker = Asker { version, ..asker(ADMIN) };
        run(&org(), asker, text, false).map(|answer| answer.total).map_err(|refusal| refusal.code)
    };
    let field = "SELECT ForwardedForIp FROM LoginHistory";
    assert_eq!((at("60.0", field), at("61.0", field)), (Err("INVALID_FIELD"), Ok(0)));
    let object = "SELECT COUNT() FROM OauthToken";
    assert_eq!((at("31.0", object), at("32.0", object)), (Err("INVALID_TYPE"), Ok(2)));
}

#[test]
fn the_objects_of_the_business_hold_no_records() {
    assert_eq!(ask("SELECT Id, Name FROM Account WHERE Name = 'x'").total, 0);
    assert_eq!(refused("SELECT Lamp__c FROM Account").0, "INVALID_FIELD");
    let user = "warehouse.sync@harbourlight.example.com";
    let refusal = run(&org(), asker(user), "SELECT Id FROM Campaign", false).unwrap_err();
    assert_eq!(refusal.code, "INVALID_TYPE", "what the caller does not read is not there");
    let definitions = "SELECT DurableId FROM EntityDefinition WHERE QualifiedApiName = 'User'";
    assert_eq!(run(&org(), asker(ADMIN), definitions, true).unwrap().total, 1);
}

#[test]
fn the_callers_own_session_is_marked() {
    let mut org = org();
    let (token, _) = org.sessions.iter().next().unwrap();
    let token = token.clone();
    org.sessions.insert("other".to_owned(), org.catalog.admin.clone());
    let asker = Asker { token: &token, ..asker(ADMIN) };
    let text = "SELECT LastModifiedDate FROM AuthSession WHERE IsCurrent = true";
    let answer = run(&org, asker, text, false).unwrap();
    assert_eq!(answer.total, 1);
    assert_eq!(answer.records[0]["LastModifiedDate"], "2026-11-27T00:00:00.000+0000");
}

#[test]
fn rows_below_a_row_come_with_it() {
    let answer = ask("SELECT Username, (SELECT PermissionSet.Name FROM PermissionSetAssignments \
         WHERE PermissionSet.IsOwnedByProfile = false) FROM User ORDER BY Username");
    let below = |index: usize| &answer.records[index]["PermissionSetAssignments"];
    assert_eq!(below(0)["records"][0]["PermissionSet"]["Name"], "Ampersand_Access");
    assert_eq!(below(0)["totalSize"], 1);
    assert_eq!(answer.records[1]["Username"], ADMIN);
    assert_eq!(*below(1), Value::Null);
    assert_eq!(refused("SELECT (SELECT Id FROM Lamps) FROM User").0, "INVALID_TYPE");
    assert_eq!(
        refused("SELECT (SELECT Fly FROM PermissionSetAssignments) FROM User").0,
        "INVALID_FIELD"
    );
    assert_eq!(
        refused("SELECT COUNT(Id), (SELECT Id FROM PermissionSetAssignments) FROM User").0,
        "MALFORMED_QUERY"
    );
}
