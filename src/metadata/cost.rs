//! What a setting costs in security (S 11): a sentence for each that a source speaks of, with the
//! source. Of what none speaks nothing is said.

use super::path::FieldPath;
use super::registry;

/// What a setting costs.
#[derive(Debug)]
pub struct Cost {
    /// The types that have the setting; those that grant permissions are as good as one another.
    types: &'static [&'static str],
    /// Where it stands, without keys.
    path: &'static str,
    /// The entry's key, where it is of one alone.
    key: Option<&'static str>,
    /// What it costs, with the value that does.
    pub words: &'static str,
    /// The address of who says so.
    pub source: &'static str,
}

const POLICIES: &[&str] = &["ExtlClntAppOauthConfigurablePolicies"];
const APP: &[&str] = &["ConnectedApp"];
const OAUTH: &[&str] = &["ExtlClntAppGlobalOauthSettings"];
const GRANTS: &[&str] = &["PermissionSet"];
const SECURITY: &[&str] = &["SecuritySettings"];
const FLOWS: &[&str] = &["OauthOidcSettings"];

const ANY_NETWORK: &str = "Unless IP restrictions are enforced, a token that was stolen works from \
                           any network. Salesforce advises to enforce them, and calls it less of a \
                           risk where tokens are short-lived and rotated, or a client certificate \
                           is asked for.";
const ANY_NETWORK_SAYS: &str = "https://help.salesforce.com/apex/HTViewHelpDoc?id=xcloud.\
                                shr_manage_oauth_access_policies_for_a_connected_app_ip_relaxation\
                                .htm";
const NO_END: &str = "A refresh token without an end lets whoever has stolen it in until somebody \
                      revokes it; less so where the app must show its secret with it, where it is \
                      rotated, or where restrictions of addresses are enforced.";
const NO_END_SAYS: &str = "https://help.salesforce.com/apex/HTViewHelpDoc?id=xcloud.\
                           shr_security_require_secret_for_refresh_token_flow.htm";
const SECRET: &str = "Unless the app must show its secret with it, a refresh token that was stolen \
                      is enough for new sessions, again and again. An app that cannot keep a \
                      secret, in a browser or on a phone, cannot meet that.";
const SELF: &str = "With All users may self-authorize every user of the org may let the app in. \
                    When it changes to Admin approved users, whoever has no profile or permission \
                    set of the app loses access at once.";
const SELF_SAYS: &str =
    "https://help.salesforce.com/apex/HTViewHelpDoc?id=xcloud.connected_app_manage_oauth.htm";
const SELF_SAYS_EXTERNAL: &str = "https://help.salesforce.com/apex/HTViewHelpDoc?id=xcloud.preauth_user_app_access_through_eca\
     .htm";
const CLIENT: &str = "Whoever has the app's id and secret signs in, without a person and without \
                      multi-factor authentication, and stays in. Salesforce advises ways of signing \
                      in that tie what is read to a person.";
const CLIENT_SAYS: &str = "https://help.salesforce.com/apex/HTViewHelpDoc?id=xcloud.\
                           shr_configure_oauth_policies_configure_client_credential_flow_policies\
                           .htm";
const PKCE: &str = "Without PKCE whoever intercepts an authorization code can exchange it for a \
                    token: nothing shows that it is the app that asked for it.";
const PKCE_SAYS: &str = "https://help.salesforce.com/apex/HTViewHelpDoc?id=xcloud.\
                         shr_security_require_proof_key_for_code_exchange_pkce.htm";
const CODE: &str = "Where the secret is optional, an authorization code that was intercepted, from \
                    a browser's history or a log, is enough for a token.";
const CODE_SAYS: &str = "https://help.salesforce.com/apex/HTViewHelpDoc?id=xcloud.\
                         shr_security_require_secret_for_web_server_flow.htm";
const ROTATION: &str = "With rotation a refresh token is replaced when it is used, so that one that \
                        was stolen is of no use after the next time; without it, it stays good.";
const ROTATION_SAYS: &str = "https://developer.salesforce.com/docs/atlas.en-us.packagingGuide.meta/\
                             packagingGuide/secure_code_ac_eca.htm";
const SHARING_SAYS: &str =
    "https://help.salesforce.com/s/articleView?id=platform.users_profiles_object_perms.htm&type=5";
const ALL_DATA_SAYS: &str = "https://help.salesforce.com/s/articleView?id=platform.users_profiles_view_all_mod_all.htm\
     &type=5";

const fn cost(
    types: &'static [&'static str],
    path: &'static str,
    words: &'static str,
    source: &'static str,
) -> Cost {
    Cost { types, path, key: None, words, source }
}

const fn permission(key: &'static str, words: &'static str, source: &'static str) -> Cost {
    Cost { types: GRANTS, path: "userPermissions.enabled", key: Some(key), words, source }
}

/// Every row of S 11.
const COSTS: &[Cost] = &[
    cost(APP, "oauthPolicy.ipRelaxation", ANY_NETWORK, ANY_NETWORK_SAYS),
    cost(POLICIES, "ipRelaxationPolicyType", ANY_NETWORK, ANY_NETWORK_SAYS),
    cost(APP, "oauthPolicy.refreshTokenPolicy", NO_END, NO_END_SAYS),
    cost(POLICIES, "refreshTokenPolicyType", NO_END, NO_END_SAYS),
    cost(APP, "oauthConfig.isSecretRequiredForRefreshToken", SECRET, NO_END_SAYS),
    cost(OAUTH, "isSecretRequiredForRefreshToken", SECRET, NO_END_SAYS),
    cost(APP, "oauthConfig.isAdminApproved", SELF, SELF_SAYS),
    cost(POLICIES, "permittedUsersPolicyType", SELF, SELF_SAYS_EXTERNAL),
    cost(APP, "oauthConfig.isClientCredentialEnabled", CLIENT, CLIENT_SAYS),
    cost(OAUTH, "isClientCredentialsFlowEnabled", CLIENT, CLIENT_SAYS),
    cost(POLICIES, "isClientCredentialsFlowEnabled", CLIENT, CLIENT_SAYS),
    cost(APP, "oauthConfig.isPkceRequired", PKCE, PKCE_SAYS),
    cost(OAUTH, "isPkceRequired", PKCE, PKCE_SAYS),
    cost(APP, "oauthConfig.isConsumerSecretOptional", CODE, CODE_SAYS),
    cost(OAUTH, "isConsumerSecretOptional", CODE, CODE_SAYS),
    cost(APP, "oauthConfig.isRefreshTokenRotationEnabled", ROTATION, ROTATION_SAYS),
    cost(OAUTH, "isRefreshTokenRotationEnabled", ROTATION, ROTATION_SAYS),
    cost(
        GRANTS,
        "objectPermissions.viewAllRecords",
        "Its users see every record of the object, whatever sharing says.",
        SHARING_SAYS,
    ),
    cost(
        GRANTS,
        "objectPermissions.modifyAllRecords",
        "Its users read, change, delete, transfer and approve every record of the object, whatever \
         sharing says.",
        SHARING_SAYS,
    ),
    cost(
        GRANTS,
        "objectPermissions.viewAllFields",
        "Its users see every field of the object and what stands in it.",
        ALL_DATA_SAYS,
    ),
    permission(
        "ViewAllData",
        "Its users see all data of the org, whatever sharing says; View All Records of the objects \
         that are needed may do.",
        ALL_DATA_SAYS,
    ),
    permission(
        "ModifyAllData",
        "Its users change all data of the org, whatever sharing says; Modify All Records of the \
         objects that are needed may do.",
        ALL_DATA_SAYS,
    ),
    permission(
        "CanApproveUninstalledApps",
        "Its users may let in apps that nobody has installed. Salesforce advises to give it to \
         highly trusted users alone, such as administrators and those who try apps.",
        "https://help.salesforce.com/s/articleView?id=005132365&type=1",
    ),
    permission(
        "UseAnyApiClient",
        "Its users get into any external client app, also where it admits only users whom an admin \
         approved: the control over who may is given up.",
        SELF_SAYS_EXTERNAL,
    ),
    cost(
        SECURITY,
        "sessionSettings.lockSessionsToIp",
        "Where sessions are not locked to the address at which they began, a session that was \
         stolen works from elsewhere. Salesforce advises to lock them.",
        "https://help.salesforce.com/apex/HTViewHelpDoc?id=xcloud.shr_session_settings.htm",
    ),
    cost(
        FLOWS,
        "blockOAuthUnPwFlow",
        "Where the username-password flow is not blocked, apps may sign in with a user's password; \
         Salesforce calls that insecure and advises to block it, which stops whatever uses it.",
        "https://help.salesforce.com/apex/HTViewHelpDoc?id=xcloud.\
         remoteaccess_disable_username_password_flow_ca.htm",
    ),
];

/// Returns what a setting of a component costs; none where no source speaks of it.
pub fn of(type_name: &str, full_name: &str, path: &FieldPath) -> Option<&'static Cost> {
    let root = registry::root_name(type_name, full_name);
    let grants = registry::find(type_name).is_some_and(|row| row.odd.grants);
    let names: Vec<&str> = path.segments().iter().map(|one| one.name.as_str()).collect();
    let names = names.join(".");
    let keys: Vec<&str> = path.segments().iter().filter_map(|one| one.key.as_deref()).collect();
    COSTS.iter().find(|cost| {
        let is_of_type = match cost.types {
            GRANTS => grants,
            types => types.iter().any(|one| *one == root),
        };
        let is_of_key =
            cost.key.is_none_or(|key| keys.iter().any(|one| one.eq_ignore_ascii_case(key)));
        is_of_type && cost.path == names && is_of_key
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_is_of_a_setting_that_there_is_and_of_a_source_that_the_page_names() {
        let page = include_str!("../../docs/salesforce.md");
        for cost in COSTS {
            assert!(page.contains(cost.source), "{}", cost.source);
            let path = match cost.path.split_once("Permissions.") {
                Some((section, leaf)) => {
                    format!("{section}Permissions[{}].{leaf}", cost.key.unwrap_or("Account"))
                }
                None => cost.path.to_owned(),
            };
            let path = path.parse().unwrap();
            for type_name in cost.types {
                let row = registry::find(type_name).unwrap();
                let found = row.resolve(&path).unwrap();
                assert!(found.is_some(), "{type_name} {path}");
                let full_name = match *type_name {
                    "SecuritySettings" => "Security",
                    "OauthOidcSettings" => "OauthOidc",
                    _ => "X",
                };
                let found = of(type_name, full_name, &path).unwrap();
                assert_eq!(found.words, cost.words);
            }
        }
    }

    #[test]
    fn a_setting_is_found_by_type_and_key() {
        let words = |id: (&str, &str), path: &str| {
            of(id.0, id.1, &path.parse().unwrap()).map(|cost| cost.words)
        };
        assert!(words(("Settings", "Security"), "sessionSettings.lockSessionsToIp").is_some());
        let view = "objectPermissions[Account].viewAllRecords";
        assert_eq!(words(("Profile", "X"), view), words(("PermissionSet", "X"), view));
        assert!(words(("Profile", "X"), "userPermissions[viewalldata].enabled").is_some());
        for (id, path) in [
            (("Profile", "X"), "userPermissions[RunReports].enabled"),
            (("Profile", "X"), "objectPermissions[Account].allowRead"),
            (("ConnectedApp", "X"), "ipRelaxationPolicyType"),
            (("Report", "X"), "isPkceRequired"),
        ] {
            assert_eq!(words(id, path), None, "{path}");
        }
    }
}
