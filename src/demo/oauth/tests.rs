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
fn api_access_control_blocks_what_is_not_installed() {
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
}

#[test]
fn an_app_that_was_deleted_exchanges_no_code() {
    let mut state = state();
    let code = Code {
        client: WAREHOUSE.to_owned(),
        user: SYNC.to_owned(),
        redirect: "x".to_owned(),
        challenge: None,
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
