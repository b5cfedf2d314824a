//! What is not settled, in both forms.

use super::*;
use crate::demo::form::Form;

fn both(form: Form, tried: impl Fn(&mut State) -> Vec<String>) -> [Vec<String>; 2] {
    let mut other = state();
    other.org.forms.insert(form);
    [tried(&mut state()), tried(&mut other)]
}

fn deployed(state: &mut State, type_name: &str, name: &str, path: &str, content: &str) -> Outcome {
    deploy(state, &zip(&[(type_name, &[name])], &[(path, content)]))
}

fn profile_in(state: &mut State, content: &str) -> Outcome {
    let name = "Ampersand Integration";
    let content = format!("<Profile {NS}>{content}</Profile>");
    deployed(state, "Profile", name, "profiles/Ampersand Integration.profile", &content)
}

#[test]
fn manage_users_needs_its_parts_or_nothing() {
    let problems = both(Form::ManageUsersNeeds, |state| {
        let outcome = profile_in(state, &permission("ManageUsers", true));
        problems(&outcome).into_iter().map(str::to_owned).collect()
    });
    assert_eq!(problems[0], [""; 0]);
    let start = "Permission ManageUsers depends on permission(s): AssignPermissionSets, ";
    assert!(problems[1][0].starts_with(start), "{problems:?}");
    assert!(!problems[1][0].contains("DelegatedTwoFactor"), "the org does not know it");
}

#[test]
fn view_all_data_needs_its_parts_or_nothing() {
    let problems = both(Form::ViewAllDataNeeds, |state| {
        let outcome = profile_in(state, &permission("ViewAllData", true));
        problems(&outcome).into_iter().map(str::to_owned).collect()
    });
    assert_eq!(
        problems,
        [
            vec![],
            vec![
                "Permission ViewAllData depends on permission(s): ViewDataLeakageEvents, \
                 ViewEventLogFiles, ViewPlatformEvents, ViewPublicDashboards, ViewPublicReports"
                    .to_owned()
            ]
        ]
    );
}

#[test]
fn ranges_replace_or_add() {
    let ranges = |first: &str, last: &str| {
        format!(
            "<loginIpRanges><endAddress>{last}</endAddress><startAddress>{first}</startAddress>\
             </loginIpRanges>"
        )
    };
    let counts = both(Form::LoginRangesAdd, |state| {
        let counts = [("192.0.2.1", "192.0.2.9"), ("192.0.2.1", "192.0.2.9")].map(|(one, last)| {
            let outcome = profile_in(state, &ranges(one, last));
            assert_eq!(problems(&outcome), [""; 0]);
            let node = state.org.component("Profile", "Ampersand Integration").unwrap();
            node.all("loginIpRanges").count().to_string()
        });
        counts.to_vec()
    });
    assert_eq!(counts, [["1", "1"], ["2", "2"]]);
}

#[test]
fn flags_that_are_left_out_are_off_or_stay() {
    let reads = both(Form::OmittedFlagsStay, |state| {
        let entry = "<objectPermissions><allowEdit>false</allowEdit><object>Account</object>\
                     </objectPermissions>";
        profile_in(state, entry);
        let node = state.org.component("Profile", "Ampersand Integration").unwrap();
        let mut objects = node.all("objectPermissions").filter_map(|entry| entry.get("object"));
        vec![objects.any(|object| object == "Account").to_string()]
    });
    assert_eq!(reads, [["false"], ["true"]]);
}

#[test]
fn policies_that_are_left_out_are_reset_or_stay() {
    let policies = both(Form::OmittedPoliciesStay, |state| {
        let key = ("ConnectedApp".to_owned(), "Warehouse_Loader".to_owned());
        let stored = Node::parse(&state.org.components[&key].content).unwrap();
        let mut sent = stored.clone();
        for part in ["ipRanges", "oauthPolicy", "sessionPolicy"] {
            sent.remove(part);
        }
        let sent = sent.to_file();
        let lines = sent.lines().filter(|line| !line.contains("consumerKey"));
        let sent = lines.collect::<Vec<_>>().join("\n");
        let path = "connectedApps/Warehouse_Loader.connectedApp";
        let outcome = deployed(state, &key.0, &key.1, path, &sent);
        assert_eq!(problems(&outcome), [""; 0]);
        let app = state.org.component(&key.0, &key.1).unwrap();
        let policy = app.child("oauthPolicy").and_then(|policy| policy.get("refreshTokenPolicy"));
        vec![policy.unwrap().to_owned(), (app == stored).to_string()]
    });
    assert_eq!(policies, [["infinite", "false"], ["specific_inactivity:30:DAYS", "true"]]);
}

#[test]
fn details_have_permissions_or_their_parents_decide() {
    let problems = both(Form::ParentsDecide, |state| {
        let outcome = profile_in(state, &object("CampaignMember", "R"));
        problems(&outcome).into_iter().map(str::to_owned).collect()
    });
    assert_eq!(problems, [vec![], vec!["CampaignMember has no permissions of its own".to_owned()]]);
}
