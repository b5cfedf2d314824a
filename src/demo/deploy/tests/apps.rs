//! Connected apps, external client apps, and settings.

use super::*;

/// The stored app, with its key cut, as a careful client sends it.
fn app_without_key(state: &State) -> String {
    let content =
        &state.org.components[&("ConnectedApp".to_owned(), "Ampersand".to_owned())].content;
    content
        .lines()
        .filter(|line| !line.contains("consumerKey"))
        .map(|line| format!("{line}\n"))
        .collect()
}

fn app(content: &str) -> Vec<String> {
    refused("ConnectedApp", "Ampersand", "connectedApps/Ampersand.connectedApp", content)
}

#[test]
fn a_connected_app_is_edited_whole_and_keeps_its_key() {
    let mut state = state();
    let content = app_without_key(&state)
        .replace(">zero<", ">infinite<")
        .replace(">ENFORCE<", ">BYPASS<")
        .replace(
            "<scopes>Api</scopes>",
            "<scopes>Api</scopes>\n        <scopes>OfflineAccess\
            </scopes>\n        <scopes>Email</scopes>",
        );
    let outcome = deploy(
        &mut state,
        &zip(
            &[("ConnectedApp", &["Ampersand"])],
            &[("connectedApps/Ampersand.connectedApp", &content)],
        ),
    );
    assert_eq!((outcome.status.as_str(), problems(&outcome)), ("Succeeded", vec![]));
    let node = state.org.component("ConnectedApp", "Ampersand").unwrap();
    let config = node.child("oauthConfig").unwrap();
    assert_eq!(config.get("consumerKey"), Some("3MVG9demoHarbourLightAmpersand0001"));
    assert_eq!(
        config.texts("scopes").collect::<Vec<_>>(),
        ["Api", "RefreshToken", "Basic"],
        "names fold (S 1.2)"
    );
    assert_eq!(node.child("oauthPolicy").unwrap().get("refreshTokenPolicy"), Some("infinite"));
}

#[test]
fn a_connected_app_is_refused_in_salesforces_words() {
    let state = state();
    let right = app_without_key(&state);
    let stored =
        state.org.components[&("ConnectedApp".to_owned(), "Ampersand".to_owned())].content.clone();
    assert_eq!(app(&stored), ["You cannot provide a Consumer Key"]);
    let copy =
        |content: &str| refused("ConnectedApp", "Copy", "connectedApps/Copy.connectedApp", content);
    assert_eq!(copy(&stored), ["The consumer key is already taken"]);
    assert!(copy(&right)[0].starts_with("You can't create a connected app."));
    assert_eq!(
        app(&right.replace("<label>Ampersand</label>", "")),
        ["Required field is missing: label"]
    );
    for value in ["RELAXED", "Bypass"] {
        assert_eq!(
            app(&right.replace(">ENFORCE<", &format!(">{value}<"))),
            [format!("Invalid value for field ipRelaxation: {value}")]
        );
    }
    for value in ["SPECIFIC_LIFETIME", "specific_lifetime:0:DAYS", "specific_inactivity:7:WEEKS"] {
        assert_eq!(
            app(&right.replace(">zero<", &format!(">{value}<"))),
            [format!("Invalid value for field refreshTokenPolicy: {value}")]
        );
    }
    assert_eq!(
        app(&right.replace(">RefreshToken<", ">Everything<")),
        ["Error parsing file: 'Everything' is not a valid value for the enum \
             'ConnectedAppOauthAccessScope'"]
    );
    assert_eq!(
        app(&right.replace("</ConnectedApp>", "<profileName>Lamp</profileName></ConnectedApp>")),
        ["In field: profileName - no Profile named Lamp found"]
    );
}

#[test]
fn pre_authorised_profiles_show_in_rows_only_while_admins_approve() {
    let mut state = state();
    let with_profile = app_without_key(&state).replace(
        "</ConnectedApp>",
        "<profileName>System Administrator</profileName></ConnectedApp>",
    );
    let files = |content: &str| {
        zip(
            &[("ConnectedApp", &["Ampersand"])],
            &[("connectedApps/Ampersand.connectedApp", content)],
        )
    };
    deploy(&mut state, &files(&with_profile));
    assert!(
        state.org.component("ConnectedApp", "Ampersand").unwrap().child("profileName").is_none()
    );
    let approved = with_profile.replace("<isAdminApproved>false<", "<isAdminApproved>true<");
    deploy(&mut state, &files(&approved));
    let node = state.org.component("ConnectedApp", "Ampersand").unwrap();
    assert_eq!(node.get("profileName"), Some("System Administrator"));
    let emptied = approved.replace(">System Administrator<", "><");
    deploy(&mut state, &files(&emptied));
    assert!(
        state.org.component("ConnectedApp", "Ampersand").unwrap().child("profileName").is_none()
    );
}

fn policies(content: &str) -> (State, Outcome) {
    let mut state = state();
    let name = "Ampersand_ECA_oauthPlcy";
    let content = format!(
        "<ExtlClntAppOauthConfigurablePolicies {NS}>{content}\
         </ExtlClntAppOauthConfigurablePolicies>"
    );
    let path = format!("extlClntAppOauthPolicies/{name}.ecaOauthPlcy");
    let outcome = deploy(
        &mut state,
        &zip(&[("ExtlClntAppOauthConfigurablePolicies", &[name])], &[(&path, &content)]),
    );
    (state, outcome)
}

#[test]
fn policies_of_an_external_app_are_replaced() {
    let app = "<externalClientApplication>Ampersand_ECA</externalClientApplication>";
    let (state, outcome) = policies(&format!(
        "{app}<ipRelaxationPolicyType>Enforce_RelaxRefresh</ipRelaxationPolicyType>"
    ));
    assert_eq!(outcome.status, "Succeeded");
    let node = state
        .org
        .component("ExtlClntAppOauthConfigurablePolicies", "Ampersand_ECA_oauthPlcy")
        .unwrap();
    assert_eq!(node.get("ipRelaxationPolicyType"), Some("Enforce_relaxrefresh"));
    assert_eq!(node.get("refreshTokenPolicyType"), Some("Infinite"), "what is left out is reset");
    assert_eq!(node.get("sessionTimeoutInMinutes"), None);
    for (content, problem) in [
        (String::new(), "Required field is missing: externalClientApplication"),
        (
            "<externalClientApplication>Lamp</externalClientApplication>".to_owned(),
            "In field: externalClientApplication - no ExternalClientApplication named Lamp found",
        ),
        (
            format!(
                "<commaSeparatedPermissionSet>0PS000000000001</commaSeparatedPermissionSet>{app}"
            ),
            "INVALID_FIELD: We couldn't find permission sets called 0PS000000000001",
        ),
        (
            format!("{app}<permittedUsersPolicyType>Everybody</permittedUsersPolicyType>"),
            "Error parsing file: 'Everybody' is not a valid value for the enum \
             'PermittedUsersPolicyType'",
        ),
        (
            format!(
                "{app}<refreshTokenPolicyType>SpecificLifetime</refreshTokenPolicyType>\
                 <refreshTokenValidityPeriod>7</refreshTokenValidityPeriod>"
            ),
            "Required field is missing: refreshTokenValidityUnit",
        ),
    ] {
        assert_eq!(problems(&policies(&content).1), [problem]);
    }
    let second = refused(
        "ExtlClntAppOauthConfigurablePolicies",
        "Second",
        "extlClntAppOauthPolicies/Second.ecaOauthPlcy",
        &format!(
            "<ExtlClntAppOauthConfigurablePolicies {NS}>{app}\
             </ExtlClntAppOauthConfigurablePolicies>"
        ),
    );
    assert_eq!(
        second,
        ["DUPLICATE_VALUE: ExtlClntAppOauthSettingsId duplicates value on Ampersand_ECA_oauthPlcy"]
    );
}

#[test]
fn an_external_app_can_be_made_and_taken_away() {
    let mut state = state();
    let app = format!(
        "<ExternalClientApplication {NS}><contactEmail>a@example.com</contactEmail>\
         </ExternalClientApplication>"
    );
    let oauth = format!(
        "<ExtlClntAppOauthSettings {NS}><externalClientApplication>Lamp</externalClientApplication>\
         </ExtlClntAppOauthSettings>"
    );
    let outcome = deploy(
        &mut state,
        &zip(
            &[
                ("ExtlClntAppOauthSettings", &["Lamp_oauth"]),
                ("ExternalClientApplication", &["Lamp"]),
            ],
            &[
                ("extlClntAppOauthSettings/Lamp_oauth.ecaOauth", &oauth),
                ("externalClientApps/Lamp.eca", &app),
            ],
        ),
    );
    assert_eq!((outcome.status.as_str(), problems(&outcome)), ("Succeeded", vec![]));
    assert!(
        state.org.has("ExtlClntAppOauthConfigurablePolicies", "Lamp_oauthPlcy"),
        "made by the org itself"
    );
    let node = state.org.component("ExternalClientApplication", "Lamp").unwrap();
    assert_eq!(
        node.get("orgScopedExternalApp").unwrap(),
        format!("{}:Lamp", state.org.catalog.org_id)
    );
    let destructive = format!(
        "<Package {NS}><types><members>Lamp</members><name>ExternalClientApplication</name></types>\
         </Package>"
    );
    deploy(&mut state, &zip(&[], &[("destructiveChanges.xml", &destructive)]));
    assert!(!state.org.has("ExternalClientApplication", "Lamp"));
    assert!(!state.org.has("ExtlClntAppOauthSettings", "Lamp_oauth"));
    let moved = app.replace(
        "</Ext",
        "<orgScopedExternalApp>00D000000000001AAA:Lamp</orgScopedExternalApp></Ext",
    );
    assert_eq!(
        refused("ExternalClientApplication", "Lamp", "externalClientApps/Lamp.eca", &moved).len(),
        1
    );
}

#[test]
fn rotating_secrets_is_a_warning_and_warnings_fail() {
    let mut state = state();
    let name = "Ampersand_ECA_glbloauth";
    let content = state.org.components
        [&("ExtlClntAppGlobalOauthSettings".to_owned(), name.to_owned())]
        .content
        .lines()
        .filter(|line| !line.contains("<consumerKey>"))
        .map(|line| {
            line.replace("<shouldRotateConsumerSecret>false", "<shouldRotateConsumerSecret>true")
        })
        .collect::<String>();
    let path = format!("extlClntAppGlobalOauthSets/{name}.ecaGlblOauth");
    let zip = zip(&[("ExtlClntAppGlobalOauthSettings", &[name])], &[(&path, &content)]);
    assert_eq!(deploy(&mut state, &zip).status, "Failed");
    let outcome =
        deploy_with(&mut state, &zip, DeployOptions { ignore_warnings: true, ..options() });
    assert_eq!(outcome.status, "Succeeded");
    assert_eq!(outcome.successes[0].problem_type.as_deref(), Some("Warning"));
}

#[test]
fn settings_change_what_they_mention() {
    let mut state = state();
    let content = format!(
        "<SecuritySettings {NS}><networkAccess/><sessionSettings><lockSessionsToIp>false\
         </lockSessionsToIp></sessionSettings></SecuritySettings>"
    );
    let outcome = deploy(
        &mut state,
        &zip(&[("Settings", &["Security"])], &[("settings/Security.settings", &content)]),
    );
    assert_eq!(outcome.status, "Succeeded");
    let node = state.org.component("Settings", "Security").unwrap();
    assert!(node.child("networkAccess").unwrap().children.is_empty(), "the list is the whole list");
    let session = node.child("sessionSettings").unwrap();
    assert_eq!(
        (session.get("lockSessionsToIp"), session.get("sessionTimeout")),
        (Some("false"), Some("TwoHours"))
    );
}

#[test]
fn to_deploy_is_not_enough_to_change_an_app() {
    let mut state = state();
    let user = "005Ws0000000003IAA";
    let give = |state: &mut State, rights: &[&str]| {
        let key = ("PermissionSet".to_owned(), "Ampersand_Access".to_owned());
        let rights: String = rights.iter().map(|right| permission(right, true)).collect();
        let stored = state.org.components.get_mut(&key).unwrap();
        stored.content = format!("<PermissionSet {NS}><label>A</label>{rights}</PermissionSet>");
    };
    let renamed = app_without_key(&state).replace(">zero<", ">infinite<");
    let approved = renamed.replace("isAdminApproved>false<", "isAdminApproved>true<").replace(
        "</ConnectedApp>",
        "<profileName>System Administrator</profileName></ConnectedApp>",
    );
    let refused = "Not available for deploy for this organization";
    let mut said = |rights: &[&str], content: &str| {
        give(&mut state, rights);
        let files = [("connectedApps/Ampersand.connectedApp", content)];
        let zip = zip(&[("ConnectedApp", &["Ampersand"])], &files);
        let id = state.start_deploy(&zip, options(), user, 1000);
        state.finish_deploys(10_000);
        problems(state.deploy(&id).unwrap().outcome.as_ref().unwrap()).join("; ")
    };
    assert_eq!(said(&["ModifyMetadata"], &renamed), refused);
    let manages = ["CustomizeApplication", "ManageRemoteAccess", "ModifyMetadata"];
    assert_eq!(said(&manages, &renamed), "");
    assert_eq!(said(&manages, &approved), refused);
    let all = ["CustomizeApplication", "ManageProfilesPermissionsets", "ModifyAllData"];
    assert_eq!(said(&all, &approved), "");
}

#[test]
fn a_new_external_apps_key_can_be_chosen_and_its_secret_made_anew() {
    let mut state = state();
    let kind = "ExtlClntAppGlobalOauthSettings";
    let settings = |parts: &str| {
        format!(
            "<{kind} {NS}><callbackUrl>https://a.example.com</callbackUrl>{parts}\
             <externalClientApplication>Lamp</externalClientApplication></{kind}>"
        )
    };
    let app = format!(
        "<ExternalClientApplication {NS}><contactEmail>a@example.com</contactEmail>\
         </ExternalClientApplication>"
    );
    let key = |key: &str| format!("<consumerKey>{key}</consumerKey>");
    let mut said = |parts: &str| {
        let settings = settings(parts);
        let files = [
            ("externalClientApps/Lamp.eca", app.as_str()),
            ("extlClntAppGlobalOauthSets/Lamp_g.ecaGlblOauth", settings.as_str()),
        ];
        let types: &[(&str, &[&str])] =
            &[("ExternalClientApplication", &["Lamp"]), (kind, &["Lamp_g"])];
        let lax = DeployOptions { ignore_warnings: true, ..options() };
        let outcome = deploy_with(&mut state, &zip(types, &files), lax);
        let changed = outcome.successes.iter().any(|one| one.component_type == kind && one.changed);
        let key = "AcmeKey0000000001";
        (problems(&outcome).join("; "), changed, state.org.consumer_secret(key))
    };
    assert_eq!(
        said(&key("3MVG9demoHarbourLightWarehouse0002")).0,
        "The consumer key is already taken"
    );
    assert_eq!(said(&key("a key")).0, "Invalid value for field consumerKey: a key");
    let (words, changed, secret) = said(&key("AcmeKey0000000001"));
    assert_eq!((words.as_str(), changed), ("", true));
    assert!(!said("").1, "the key stays");
    assert_eq!(said("").2, secret);
    let rotated = said("<shouldRotateConsumerSecret>true</shouldRotateConsumerSecret>");
    assert!(rotated.1 && rotated.2 != secret, "{rotated:?}");
}

#[test]
fn a_flag_that_says_what_it_says_by_default_may_be_left_out() {
    let mut state = state();
    let flags = ["isClientCredentialEnabled", "isConsumerSecretOptional", "isPkceRequired"];
    let content = app_without_key(&state);
    let lines = content.lines().filter(|line| !flags.iter().any(|flag| line.contains(flag)));
    let content = lines.collect::<Vec<_>>().join("\n");
    let before = state.org.components.clone();
    let files = [("connectedApps/Ampersand.connectedApp", content.as_str())];
    let outcome = deploy(&mut state, &zip(&[("ConnectedApp", &["Ampersand"])], &files));
    assert_eq!((problems(&outcome), outcome.successes[0].changed), (vec![], false));
    assert_eq!(state.org.components, before);
    assert!(state.org.history.audit.is_empty());
}

#[test]
fn the_elements_of_the_documentation_are_known() {
    let state = state();
    let parts = "<canvasConfig><accessMethod>Get</accessMethod><canvasUrl>https://a.example.com\
                 </canvasUrl></canvasConfig><mobileAppConfig><devicePlatform>ios</devicePlatform>\
                 <version>1</version></mobileAppConfig><samlConfig><acsUrl>https://a.example.com\
                 </acsUrl><entityUrl>https://a.example.com</entityUrl><samlSubjectType>Username\
                 </samlSubjectType></samlConfig></ConnectedApp>";
    assert_eq!(app(&app_without_key(&state).replace("</ConnectedApp>", parts)), [""; 0]);
    let timeout = |kind: &str| {
        let (_, outcome) = policies(&format!(
            "<externalClientApplication>Ampersand_ECA</externalClientApplication>\
             <namedUserJwtSessionTimeoutType>{kind}</namedUserJwtSessionTimeoutType>"
        ));
        outcome.failures.len()
    };
    assert_eq!((timeout("UserSession"), timeout("Never")), (0, 1));
}
