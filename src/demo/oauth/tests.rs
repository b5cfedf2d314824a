//! Who gets a token, and what the others are told.

use super::*;

const WAREHOUSE: &str = "3MVG9demoHarbourLightWarehouse0002";
const SECRET: &str = "demo-warehouse-secret";
const SYNC: &str = "005Ws0000000004IAA";

fn state() -> State {
    State::new(Org::seeded("x"), 0)
}

fn replace(state: &mut State, type_name: &str, name: &str, from: &str, to: &str) {
    let key = (type_name.to_owned(), name.to_owned());
    let stored = state.org.components.get_mut(&key).unwrap();
    assert!(stored.content.contains(from), "{from}");
    stored.content = stored.content.replace(from, to);
}

fn asked(state: &mut State, form: &[(&str, &str)]) -> String {
    let form = form.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    match token(state, &Request::default(), &form.collect(), 1000) {
        Ok(_) => "a token".to_owned(),
        Err(Denied(error, description)) => format!("{error}: {description}"),
    }
}

#[test]
fn a_refresh_needs_the_secret_the_app_and_the_admins_word() {
    let mut state = state();
    let grant =
        Grant { user: SYNC.to_owned(), client: WAREHOUSE.to_owned(), spent: false, family: 1 };
    state.org.grants.insert("refresh".to_owned(), grant);
    let refreshed = |state: &mut State, secret: &str| {
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", "refresh"),
            ("client_id", WAREHOUSE),
            ("client_secret", secret),
        ];
        asked(state, &form)
    };
    let wrong = "invalid_client: invalid client credentials";
    assert_eq!(refreshed(&mut state, SECRET), "a token");
    assert_eq!(refreshed(&mut state, ""), wrong);
    let flag = "isSecretRequiredForRefreshToken>true<";
    let app = ("ConnectedApp", "Warehouse_Loader");
    replace(&mut state, app.0, app.1, flag, "isSecretRequiredForRefreshToken>false<");
    assert_eq!(refreshed(&mut state, ""), "a token");
    replace(&mut state, app.0, app.1, ">Warehouse Sync<", "><");
    let profile = ">Minimum Access - API Only Integrations<";
    replace(&mut state, app.0, app.1, profile, "><");
    let over = "invalid_grant: expired access/refresh token";
    assert_eq!(refreshed(&mut state, ""), over);
    state.org.components.remove(&(app.0.to_owned(), app.1.to_owned()));
    assert_eq!(refreshed(&mut state, ""), "invalid_client_id: client identifier invalid");
}

#[test]
fn an_external_apps_flow_runs_where_settings_and_policies_say_so() {
    let mut state = state();
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", "3MVG9demoHarbourLightAmpersandEca03"),
        ("client_secret", "demo-ampersand-eca-secret"),
    ];
    let off = "invalid_grant: no client credentials user enabled";
    let types = [
        ("ExtlClntAppOauthConfigurablePolicies", "Ampersand_ECA_oauthPlcy"),
        ("ExtlClntAppGlobalOauthSettings", "Ampersand_ECA_glbloauth"),
    ];
    let user = "<clientCredentialsFlowUser>warehouse.sync@harbourlight.example.com\
                </clientCredentialsFlowUser><label>";
    replace(&mut state, types[0].0, types[0].1, "<label>", user);
    for (type_name, name) in types {
        assert_eq!(asked(&mut state, &form), off);
        let flag = "isClientCredentialsFlowEnabled>";
        replace(&mut state, type_name, name, &format!("{flag}false<"), &format!("{flag}true<"));
    }
    assert_eq!(asked(&mut state, &form), "a token");
}

#[test]
fn whom_an_app_runs_as_needs_no_approval_but_in_the_other_form() {
    let form =
        [("grant_type", "client_credentials"), ("client_id", WAREHOUSE), ("client_secret", SECRET)];
    let mut state = state();
    state.org.forms.insert(Form::ApprovalBindsRunAs);
    assert_eq!(asked(&mut state, &form), "a token");
    let app = ("ConnectedApp", "Warehouse_Loader");
    replace(&mut state, app.0, app.1, ">Warehouse Sync<", "><");
    let profile = ">Minimum Access - API Only Integrations<";
    replace(&mut state, app.0, app.1, profile, "><");
    let said = "invalid_app_access: user is not admin approved to access this app";
    assert_eq!(asked(&mut state, &form), said);
    state.org.forms.clear();
    assert_eq!(asked(&mut state, &form), "a token");
}

#[test]
fn api_access_control_blocks_what_admins_do_not_approve() {
    let mut state = state();
    let admin = state.org.catalog.admin.clone();
    let error = |state: &State| {
        kept_out(&state.org, NOT_INSTALLED, &admin, 0).map(|Denied(error, _)| error)
    };
    assert_eq!(error(&state), None);
    let flag = "enableAdminApprovedAppsOnly>";
    let (off, on) = (format!("{flag}false<"), format!("{flag}true<"));
    replace(&mut state, "Settings", "ConnectedApp", &off, &on);
    assert_eq!(error(&state), Some("OAUTH_APP_BLOCKED"));
    // What is installed is let in where admins approve its users.
    let ampersand = "3MVG9demoHarbourLightAmpersand0001";
    let error = |key: &str| kept_out(&state.org, key, SYNC, 0).map(|Denied(error, _)| error);
    assert_eq!(error(ampersand), Some("OAUTH_APP_BLOCKED"));
    assert_eq!(error(WAREHOUSE), None);
    let form =
        [("grant_type", "client_credentials"), ("client_id", ampersand), ("client_secret", "x")];
    assert_eq!(asked(&mut state, &form), "app_blocked: this app is blocked by admin");
}

#[test]
fn an_app_that_was_deleted_exchanges_no_code() {
    let mut state = state();
    let code = Code {
        client: WAREHOUSE.to_owned(),
        user: SYNC.to_owned(),
        redirect: "x".to_owned(),
        challenge: None,
        scopes: vec!["refresh_token".to_owned()],
        expires: 2000,
    };
    let form = [
        ("grant_type", "authorization_code"),
        ("code", "code"),
        ("client_id", WAREHOUSE),
        ("client_secret", SECRET),
        ("redirect_uri", "x"),
    ];
    state.codes.insert("code".to_owned(), code.clone());
    assert_eq!(asked(&mut state, &form), "a token");
    state.codes.insert("code".to_owned(), code);
    state.org.components.remove(&("ConnectedApp".to_owned(), "Warehouse_Loader".to_owned()));
    assert_eq!(asked(&mut state, &form), "invalid_client_id: client identifier invalid");
}

/// Asks the token endpoint and returns what it says, with the history's last status and app.
fn tried(state: &mut State, form: &[(&str, &str)]) -> (String, Option<(String, String)>) {
    let before = state.org.history.logins.len();
    let mut body = Url::parse("http://form/").unwrap();
    body.query_pairs_mut().extend_pairs(form);
    let body = body.query().unwrap().as_bytes().to_vec();
    let request = Request { method: "POST".to_owned(), body, ..Request::default() };
    let reply: Value =
        serde_json::from_slice(&answer(state, &request, "token", 1000).body).unwrap();
    let said = reply["error_description"].as_str().unwrap_or("a token").to_owned();
    let logins = &state.org.history.logins[before..];
    (said, logins.last().map(|row| (row.status.clone(), row.application.clone())))
}

#[test]
fn a_frozen_user_is_spoken_of_to_who_may_know() {
    let mut state = state();
    state.org.history.frozen.insert(SYNC.to_owned());
    let mut runs = |secret: &str| {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", WAREHOUSE),
            ("client_secret", secret),
        ];
        tried(&mut state, &form)
    };
    let row = |status: &str| Some((status.to_owned(), "Warehouse Loader".to_owned()));
    let wrong = "invalid client credentials".to_owned();
    assert_eq!(runs("x"), (wrong, row("Failed: Missing Consumer Key Parameter")));
    assert_eq!(runs(SECRET), ("inactive user".to_owned(), row("User is frozen")));
    // What nobody has signed says nothing of anybody, and leaves nothing behind.
    let claims = json!({ "iss": "nobody", "sub": "warehouse.sync@harbourlight.example.com" });
    let claims = BASE64_URL_SAFE_NO_PAD.encode(claims.to_string());
    let assertion = format!("e30.{claims}.");
    for (grant, said) in
        [(BEARER, "client identifier invalid"), ("foo", "grant type not supported")]
    {
        let form = [("grant_type", grant), ("assertion", assertion.as_str())];
        assert_eq!(tried(&mut state, &form), (said.to_owned(), None));
    }
}

#[test]
fn what_is_not_installed_has_its_name_in_the_history_all_the_same() {
    let mut state = state();
    let code = Code {
        client: NOT_INSTALLED.to_owned(),
        user: state.org.catalog.admin.clone(),
        redirect: "x".to_owned(),
        challenge: None,
        scopes: vec!["refresh_token".to_owned()],
        expires: 2000,
    };
    state.codes.insert("code".to_owned(), code);
    let form = [
        ("grant_type", "authorization_code"),
        ("code", "code"),
        ("client_id", NOT_INSTALLED),
        ("redirect_uri", "x"),
    ];
    let row = ("Success".to_owned(), "Vendor Loader".to_owned());
    assert_eq!(tried(&mut state, &form), ("a token".to_owned(), Some(row)));
}

const ECA: &str = "3MVG9demoHarbourLightAmpersandEca03";
const ECA_SECRET: &str = "demo-ampersand-eca-secret";
const GLOBAL: (&str, &str) = ("ExtlClntAppGlobalOauthSettings", "Ampersand_ECA_glbloauth");

/// What an exchange of a code of an app that anybody may use gives.
fn exchanged(state: &mut State, client: &str, secret: &str) -> String {
    let code = Code {
        client: client.to_owned(),
        user: SYNC.to_owned(),
        redirect: "x".to_owned(),
        challenge: None,
        scopes: vec!["api".to_owned()],
        expires: 2000,
    };
    state.codes.insert("code".to_owned(), code);
    let form = [
        ("grant_type", "authorization_code"),
        ("code", "code"),
        ("client_id", client),
        ("client_secret", secret),
        ("redirect_uri", "x"),
    ];
    asked(state, &form)
}

#[test]
fn every_app_has_a_secret_and_one_that_was_made_anew_takes_the_old_ones_place() {
    let mut state = state();
    let wrong = "invalid_client: invalid client credentials";
    let key = "3MVG9another";
    replace(&mut state, GLOBAL.0, GLOBAL.1, ECA, key);
    for secret in ["", "nonsense", ECA_SECRET] {
        assert_eq!(exchanged(&mut state, key, secret), wrong);
    }
    let secret = state.org.consumer_secret(key);
    assert_eq!(exchanged(&mut state, key, &secret), "a token");
    *state.org.rotated.entry(key.to_owned()).or_default() += 1;
    assert_eq!(exchanged(&mut state, key, &secret), wrong);
    assert_ne!(state.org.consumer_secret(key), secret);
}

#[test]
fn a_web_server_sign_in_needs_no_secret_where_the_app_says_so() {
    let mut state = state();
    let wrong = "invalid_client: invalid client credentials";
    assert_eq!(exchanged(&mut state, ECA, ""), wrong);
    let flag = "isConsumerSecretOptional>";
    replace(&mut state, GLOBAL.0, GLOBAL.1, &format!("{flag}false"), &format!("{flag}true"));
    assert_eq!(exchanged(&mut state, ECA, ""), "a token");
    assert_eq!(exchanged(&mut state, ECA, "x"), wrong);
}

#[test]
fn an_external_app_that_is_switched_off_lets_nobody_in() {
    for flag in ["isEnabled", "isOauthPluginEnabled"] {
        let mut state = state();
        let policies = ("ExtlClntAppConfigurablePolicies", "Ampersand_ECA_plcy");
        let (on, off) = (format!("{flag}>true<"), format!("{flag}>false<"));
        replace(&mut state, policies.0, policies.1, &on, &off);
        let said = exchanged(&mut state, ECA, ECA_SECRET);
        assert_eq!(said, "app_blocked: this app is blocked by admin", "{flag}");
        assert!(kept_out(&state.org, ECA, SYNC, 0).is_some(), "{flag}");
    }
}

#[test]
fn the_password_flow_is_off_and_the_history_says_so() {
    let mut state = state();
    let form = [
        ("grant_type", "password"),
        ("client_id", WAREHOUSE),
        ("client_secret", SECRET),
        ("username", "warehouse.sync@harbourlight.example.com"),
        ("password", "x"),
    ];
    let (said, row) = tried(&mut state, &form);
    assert_eq!(said, "authentication failure");
    assert_eq!(row.unwrap().0, "Username-Password Flow Disabled");
    let sub_type = state.org.history.logins.last().unwrap().sub_type.clone();
    assert_eq!(sub_type.as_deref(), Some("OauthUsernamePassword"));
}

#[test]
fn a_refresh_of_an_unknown_app_says_so() {
    let form =
        [("grant_type", "refresh_token"), ("refresh_token", "5Aep"), ("client_id", "3MVG9no")];
    assert_eq!(asked(&mut state(), &form), "invalid_client_id: client identifier invalid");
}

#[test]
fn a_sign_in_gets_the_scopes_of_the_app() {
    let mut state = state();
    let authorized = |state: &mut State, client: &str, redirect: &str, scope: &str| {
        let query = [
            ("response_type", "code"),
            ("client_id", client),
            ("redirect_uri", redirect),
            ("login_hint", SYNC),
            ("code_challenge", "x"),
            ("scope", scope),
        ];
        let query = query.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let request = Request { method: "GET".to_owned(), query, ..Request::default() };
        let reply = answer(state, &request, "authorize", 1000);
        let url = Url::parse(&reply.headers[0].1).unwrap();
        let pairs: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
        let scopes = pairs.get("code").map(|code| state.codes[code].scopes.join(" "));
        scopes.ok_or_else(|| pairs["error"].clone())
    };
    let warehouse = "https://warehouse.harbourlight.example.com/oauth";
    let refused = Err("invalid_scope".to_owned());
    assert_eq!(authorized(&mut state, WAREHOUSE, warehouse, ""), Ok("api".to_owned()));
    assert_eq!(authorized(&mut state, WAREHOUSE, warehouse, "api refresh_token"), refused);
    // Without the scope there is no refresh token.
    let form =
        [("grant_type", "client_credentials"), ("client_id", WAREHOUSE), ("client_secret", SECRET)];
    let form = form.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let Ok(body) = token(&mut state, &Request::default(), &form, 1000) else { panic!("a token") };
    assert_eq!(body["scope"], "api");
    assert_eq!(exchanged(&mut state, WAREHOUSE, SECRET), "a token");
    assert!(state.org.grants.is_empty());
}

#[test]
fn where_the_org_requires_a_challenge_every_app_needs_one() {
    let mut state = state();
    assert!(!state.org.client("3MVG9demoHarbourLightAmpersand0001").unwrap().pkce);
    let flag = "isPkceRequired>";
    let (off, on) = (format!("{flag}false"), format!("{flag}true"));
    replace(&mut state, "Settings", "OauthOidc", &off, &on);
    assert!(state.org.client("3MVG9demoHarbourLightAmpersand0001").unwrap().pkce);
}
