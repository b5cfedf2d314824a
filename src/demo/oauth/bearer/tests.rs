//! Assertions that were signed once, for the invented org; the key is nowhere.

use super::*;
use crate::demo::grant::Grant;

/// The certificate of the key that signed the assertions.
const CERTIFICATE: &str = "\
    MIIDHzCCAgegAwIBAgIUQKpvR4DoVoLFExB7npwo/ogTtzYwDQYJKoZIhvcNAQELBQAwHjEcMBoGA1UEAwwTSGFyYm\
    91ciBMaWdodCBMYW1wczAgFw0yNjExMjYxNjA2MjRaGA8yMTI2MTEwMjE2MDYyNFowHjEcMBoGA1UEAwwTSGFyYm91\
    ciBMaWdodCBMYW1wczCCASIwDQYJKoZIhvcNAQEBBQADggEPADCCAQoCggEBALhdKjhQdC5Hp5ayHOuyRvGNOkzUTM\
    9OKe2Hf9ZgE8qcm6ahr3qAa9vzjNnfO7UyNeIJgHv8d4rnYROQFFrd1vQOoDLxWkKuHZ7Vg5FKYi3Jw1qY3AFpk0D3\
    XmurdPMo2+VC7iT1KiscYE4i2OFXiFR6LDE34rrJ18RM6k3GirSX9jViZf5J6ECbEpJ5Gl8Tjkd6PDJjVw+aZktYKC\
    Bu9WbGyfQfzSu2kg357sCngsig4GTSn8F9v14YEAZIiKJyEH7z0SBx8mAcZchBbZjZhmITIx5/yG9yZ/GlaUYklEVJ\
    k6DM1KP/jq+0DLpYLUquo8Db1Wr6YGcaAXULYkePDdcCAwEAAaNTMFEwHQYDVR0OBBYEFC34eSTrDpC69xRWsok2iq\
    lT693YMB8GA1UdIwQYMBaAFC34eSTrDpC69xRWsok2iqlT693YMA8GA1UdEwEB/wQFMAMBAf8wDQYJKoZIhvcNAQEL\
    BQADggEBAB8xntyS0giFfApO69xDFayFr0b5KDMH/iHm7FXV/lTnuOAMCNJD+rEjqaOoVszgbVO8pPsfYm7t+wmh92\
    qId6T0sDS3E9NodiaZh6NIBveZx1FFzsr28gZEJcn0ow0YSQlSMkwOJSdc1dJKGeTv08PgzuVDAYNG9tfyLXLibVcT\
    jsTEEgyD81moN4ji0qjrII24z95yj0vtcEChr/q9+MqlkeyshIUO+0cNRZcPZ77s5Z6UB1SycyOD9Weu+eS8vhgmNY\
    rsOGDR9cpgJ+I/368X9SUYM7yquW5RM5TGMkT18AcV5Ds/9QDVnJOalgzLl9CpnAHInrGZsHJWH8FEAYg=";
/// The certificate of another key.
const ANOTHER: &str = "\
    MIIDHzCCAgegAwIBAgIULOEpomcmB2sFqswOuMwqh2CyGOcwDQYJKoZIhvcNAQELBQAwHjEcMBoGA1UEAwwTSGFyYm\
    91ciBMaWdodCBMYW1wczAgFw0yNjExMjYxNjA2MjVaGA8yMTI2MTEwMjE2MDYyNVowHjEcMBoGA1UEAwwTSGFyYm91\
    ciBMaWdodCBMYW1wczCCASIwDQYJKoZIhvcNAQEBBQADggEPADCCAQoCggEBAJrII4AJW3V6Jkg/tIjQp2fiO8dvqr\
    duUvMqOfA5DC0CsQGOkLO3pG8IffbrKaCjc1PPO1MRO9/9SHpNa1pX/jz5ZCfzItY66i3N8i3tltzeeqjbUOJySagt\
    AnuUU0yQEBEjra5conW+jVgBoFcqvHziJ9gD4Loh8WeLFQ7g69pYWs8PA0VDQfAmATJNcdzK/CJGR+U2FyVP+G/get\
    pNNEPhCLpqoDlDZUCMoCBqFEfPaDR9x+S6kRfxPYXL1+dyDlpH8MZkYdHDhlgtWB8ApqGYPzkft+WfgCZ9lczw72YY\
    1gLdViddCZMACXxoQcqXx73jx8GnQPBqpTx8IO7ZjzcCAwEAAaNTMFEwHQYDVR0OBBYEFNvzlvqsVa1DH9n/zcmgH+\
    4sNuqcMB8GA1UdIwQYMBaAFNvzlvqsVa1DH9n/zcmgH+4sNuqcMA8GA1UdEwEB/wQFMAMBAf8wDQYJKoZIhvcNAQEL\
    BQADggEBABo7WB1UkcVvlvWR2SFoPByrO5mF+dKkRHf/ZiMm4EBvKxQJzXYn+/jGGLE1AOnCYIFK7f6S/XJyTzMaGX\
    c4aTu2Z20XT+BkNxGkJkZfD1o8tl1/4zJkmbOc6wc4rooAPJ9WpI7gpsZcdSG8wBdX03UK4ZeFlxcgCCP5wXLlYnYX\
    WH+ovWZIm7//L0WlfUIPg/FZlAinsum4vrIZqSK6g77o51jV+qlyZeW1bReaNp/Vv/hXb/+WJ1ZO9H2bxYR2MZ4qTz\
    IqxrewrFi3b9Gsj2Hy8FBbfgDv9qfjHcpSNj2zVENycZTtd7OSygoR3s9CXs2JgQBb2fQACG6zBqHiWLw=";
/// Of the app Warehouse Loader for the user that it runs as, until 2100.
const RIGHT: &str = "\
    eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiIzTVZHOWRlbW9IYXJib3VyTGlnaHRXYXJlaG91c2UwMDAyIiwic3ViIjoid\
    2FyZWhvdXNlLnN5bmNAaGFyYm91cmxpZ2h0LmV4YW1wbGUuY29tIiwiYXVkIjoiaHR0cHM6Ly90ZXN0LnNhbGVzZm9\
    yY2UuY29tIiwiZXhwIjo0MTAyNDQ0ODAwfQ.LAzOPzwJSNRkXxU3as7t6cxOk07b1rrHNppyfSXeP3jhJtuz-WSRHY\
    cmBktXgaEENWS1PCtsol3Di80RjLsGRstkpS9J3v92jg-OGJcR9qneefWbQc_0dLJB8qTW0v8ku_aA3DkmXZ2Ya_9a\
    7ET357XyEbVYOPcAj3eTbjw58Bava1M6Sfgvcf9NOMJCKsEFX_1HnYqLgntMouZiEBllUSRL_8hC53TAK7uXfzVHhM\
    MpblpJcBTp6WYB8KAJr8VJOcYrXDyNaFFbEo3lIZ3_D9P0Pd5WN_pm-QPqINwyhZuN92QVWT1sCZ3QZwlVhMB43sSR\
    OiTQJhTqFJYKzhFGuA";
/// The same for a user whom no admin has approved.
const ANOTHER_USER: &str = "\
    eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiIzTVZHOWRlbW9IYXJib3VyTGlnaHRXYXJlaG91c2UwMDAyIiwic3ViIjoic\
    2FtLnBlcmVpcmFAaGFyYm91cmxpZ2h0LmV4YW1wbGUuY29tIiwiYXVkIjoiaHR0cHM6Ly90ZXN0LnNhbGVzZm9yY2U\
    uY29tIiwiZXhwIjo0MTAyNDQ0ODAwfQ.F-1_5WKtVQp93_gd9JhqgWXz2BucPxy2Tl900ySPBx27BseZ6ufkL47N4K\
    D1j1hJ68WOdi6BhsoYRLVC0oxul8p_5DYRqdpHZKJIOLzVJc8Oc1eGFJGt_8wDuwHa4qZK9saPgf67ZGIyFr2rz3G-\
    9RcPn0i8iwR2n7MZjFS_UP3NWj4Cf-ao5Hdl1QhfHAVkxEbBwce1Z6A4dkqOmRVWyYHH-Mgla3aZVd__PvWwUdcqzq\
    Re9nlCEg995gjCDIevAt8X4onYw1frFUAdjpv4Yjlx8Y6EXJReM0weL7NGayCmCnRWIAwWX7JSU5w0zAECgQ5Gi2P7\
    cFSFrvzsI-wSKQ";
/// The same for production's login host.
const PRODUCTIONS: &str = "\
    eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiIzTVZHOWRlbW9IYXJib3VyTGlnaHRXYXJlaG91c2UwMDAyIiwic3ViIjoid\
    2FyZWhvdXNlLnN5bmNAaGFyYm91cmxpZ2h0LmV4YW1wbGUuY29tIiwiYXVkIjoiaHR0cHM6Ly9sb2dpbi5zYWxlc2Z\
    vcmNlLmNvbSIsImV4cCI6NDEwMjQ0NDgwMH0.FLJd0AV5OT8wcwCF2zC5v6GQoa-piZBYoWxXfvxxflx2nsQv2gGAZ\
    4eD3fjb1N9iBLCFxEav3zfdLothpPlDKf4z1JCdYbplacwMPXtA4MvPXD2pBhw2FjlWwltlQwsxNBlBNM-dgs0rm76\
    AvT6ng4xFtb_y9NCLUw37ecBDNXyF1rDiE5lj9BEIvPSa-PzUiOC6VQzWOAeA56btXlBUwJ_lKvJ9VbgNTTQawp36N\
    gCP1JYNjVpyRS_VqzLKmYMYUiydh9NC4C032hpHx6Ueaov3enijyWLIyhtZ6DUOdGlxfyIstO-wBjlBz7kLiLfOGoR\
    Q2z2vH9D7t2vZUCxj6A";
/// The same, valid until 1970.
const OLD: &str = "\
    eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiIzTVZHOWRlbW9IYXJib3VyTGlnaHRXYXJlaG91c2UwMDAyIiwic3ViIjoid\
    2FyZWhvdXNlLnN5bmNAaGFyYm91cmxpZ2h0LmV4YW1wbGUuY29tIiwiYXVkIjoiaHR0cHM6Ly90ZXN0LnNhbGVzZm9\
    yY2UuY29tIiwiZXhwIjoxfQ.gnVyo6brVXWntSuZXTOFHjy4T_qNXm55u4IzU1sotmoIFHh4AO-7aRaOcdWkWHOTyv\
    ibQKLCRfmonwFoOmzaC0II9vf4Oa6xDBzgfjkENlQ-Osf7dajzVZ3deZXuhhYbc-SSMfhxUBgpZ6v4M7PY3wCTUmq2\
    I-xdc-kxKvDuyZjVUqV-tuxMc2Pz3xH53K5tv8bPtoJIsX1IKo7stEtr1yn2ymKomfm8AzOpmhjDkjNi2qaTK7vo-2\
    kTeiwr2T92HB2zhjhSyUuvmj_PIlQtqbznDlCKTXY-fuKd7p28s3C8oydMSjUJ8azf7ePMHSdGPMoSQcsdwkUpEvLh\
    L56-uA";
/// The same for a user that there is not.
const NOBODYS: &str = "\
    eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiIzTVZHOWRlbW9IYXJib3VyTGlnaHRXYXJlaG91c2UwMDAyIiwic3ViIjoib\
    m9ib2R5QGhhcmJvdXJsaWdodC5leGFtcGxlLmNvbSIsImF1ZCI6Imh0dHBzOi8vdGVzdC5zYWxlc2ZvcmNlLmNvbSI\
    sImV4cCI6NDEwMjQ0NDgwMH0.NKdueGs8XN_VCb9ar3rixbvB-SSl7MsUzgmKF1ETWbxvx0yxT0Pi9eNIDlnRgDnjV\
    ByTuQ8Wc_ojkbir3sc9pNLUSV0uWrq9IxCyNVmW21jVvGbdXhN0ZS71J9R73imu5HLELCHHpSnSCayHZsWnXSa_Uo4\
    QgHb3vIQClgOpzaZ4OCB6Mby52V9pqyNCqMxzqqfItCLOl74ZKAqbyC9BDk1s9CIiH7UYQv9-FMY7bia59CJ4RyT_b\
    HULdkpSNJvoI1-kCL4_yaOq-BdlfqqEeOkri9yNX59b1V5SIJBXhBr_SGj7ty6ctqMKSFDOe035udC5JefOZUXsvDj\
    Ky-7mfg";
/// The same of an app that there is not.
const UNKNOWN_APPS: &str = "\
    eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiIzTVZHOWRlbW9Vbmtub3duIiwic3ViIjoid2FyZWhvdXNlLnN5bmNAaGFyY\
    m91cmxpZ2h0LmV4YW1wbGUuY29tIiwiYXVkIjoiaHR0cHM6Ly90ZXN0LnNhbGVzZm9yY2UuY29tIiwiZXhwIjo0MTA\
    yNDQ0ODAwfQ.KD9AVfhqqkysxkcWhiF02zIICYS-rR0u5usulZOkd9hMjoeyGzNKywtrEFHuw41cvYcBkigOxLjG4F\
    ISi7uYd-i5h8wo6I8XiSLudLysWQ0GTtUKpXvfYzG-ix8OTGgS4s3f-hTVL7w0XyIfwWDnAwdOuKqBOG4Pwi6MY7gb\
    LTOq3lw-4zWAB5ZHtkMkmlkr18eXhQGc09sLTys7LKOzhTpjXrLAD_aaofw3GPlq7XK19Mg-c4ttH_muflORpI2fPq\
    lq5bh4BaM99OgaQbPPK5KukaegzK_bDJ24K00nny4div-Zu1PbYCQXGw-ivY8YXEGAjWHfZifIhaAI4v8iyw";

/// A minute before the assertions end, which is with the year 2099.
const NOW: u64 = 4_102_444_740_000;

/// The org, in which the app holds a certificate and these texts are replaced.
fn org(certificate: &str, replaced: &[(&str, &str)]) -> State {
    let mut state = State::new(Org::seeded("x"), 0);
    let key = ("ConnectedApp".to_owned(), "Warehouse_Loader".to_owned());
    let stored = state.org.components.get_mut(&key).unwrap();
    let holds = format!("<certificate>{certificate}</certificate></oauthConfig>");
    stored.content = stored.content.replace("</oauthConfig>", &holds);
    for (from, to) in replaced {
        stored.content = stored.content.replace(from, to);
    }
    state
}

fn says(state: &mut State, assertion: &str) -> Result<String, (&'static str, String)> {
    bearer(state, &Request::default(), assertion, NOW)
        .map(|body| body["id"].as_str().unwrap().to_owned())
        .map_err(|Denied(error, description)| (error, description))
}

fn refused(state: &mut State, assertion: &str) -> String {
    let (error, description) = says(state, assertion).unwrap_err();
    format!("{error}: {description}")
}

#[test]
fn what_the_apps_key_signed_signs_in() {
    let pem = format!("-----BEGIN CERTIFICATE-----\n{CERTIFICATE}\n-----END CERTIFICATE-----");
    for certificate in [CERTIFICATE, &pem] {
        assert!(says(&mut org(certificate, &[]), RIGHT).unwrap().ends_with("005Ws0000000004IAA"));
    }
}

#[test]
fn what_another_key_signed_or_nobody_does_not() {
    let (message, signature) = RIGHT.rsplit_once('.').unwrap();
    let (_, another) = ANOTHER_USER.rsplit_once('.').unwrap();
    for (certificate, assertion) in [
        ("", RIGHT.to_owned()),
        ("no certificate", RIGHT.to_owned()),
        (ANOTHER, RIGHT.to_owned()),
        (CERTIFICATE, format!("{message}.{another}")),
        (CERTIFICATE, format!("{message}.")),
        (CERTIFICATE, signature.to_owned()),
    ] {
        let said = refused(&mut org(certificate, &[]), &assertion);
        assert_eq!(said, "invalid_grant: invalid assertion");
    }
}

#[test]
fn what_is_signed_must_be_for_this_org_now_and_for_an_approved_user() {
    let mut state = org(CERTIFICATE, &[]);
    for (assertion, said) in [
        (UNKNOWN_APPS, "invalid_client_id: client identifier invalid"),
        (PRODUCTIONS, "invalid_grant: audience is invalid"),
        (OLD, "invalid_grant: assertion expired"),
        (NOBODYS, "invalid_grant: user hasn't approved this consumer"),
        (ANOTHER_USER, "invalid_app_access: user is not admin approved to access this app"),
    ] {
        assert_eq!(refused(&mut state, assertion), said);
    }
    let mut production = org(CERTIFICATE, &[]);
    production.org.records.get_mut("Organization").unwrap()[0]
        .insert("IsSandbox".to_owned(), false.into());
    says(&mut production, PRODUCTIONS).unwrap();
    let users = state.org.records.get_mut("User").unwrap();
    let user = users.iter_mut().find(|row| row["Id"] == "005Ws0000000004IAA").unwrap();
    user.insert("IsActive".to_owned(), false.into());
    assert_eq!(refused(&mut state, RIGHT), "invalid_grant: inactive user");
}

#[test]
fn an_assignment_that_has_expired_lets_nobody_in() {
    let profile = ("<profileName>Minimum Access - API Only Integrations<", "<profileName><");
    let mut state = org(CERTIFICATE, &[profile]);
    let mut expires = |date: &str| {
        let rows = state.org.records.get_mut("PermissionSetAssignment").unwrap();
        let row = rows.iter_mut().find(|row| row["PermissionSet"] == "Warehouse_Sync").unwrap();
        row.insert("ExpirationDate".to_owned(), date.into());
        says(&mut state, RIGHT).err().map(|(error, _)| error)
    };
    assert_eq!(expires("2099-12-31T23:59:00Z"), None);
    assert_eq!(expires("2099-12-31T23:58:59.000+0000"), Some("invalid_app_access"));
}

#[test]
fn where_users_approve_themselves_the_user_must_have_done_so() {
    let mut state = org(CERTIFICATE, &[("<isAdminApproved>true<", "<isAdminApproved>false<")]);
    let said = refused(&mut state, RIGHT);
    assert_eq!(said, "invalid_grant: user hasn't approved this consumer");
    let grant = Grant {
        user: "005Ws0000000004IAA".to_owned(),
        client: "3MVG9demoHarbourLightWarehouse0002".to_owned(),
        spent: false,
        family: 1,
    };
    state.org.grants.insert("token".to_owned(), grant);
    says(&mut state, RIGHT).unwrap();
}

#[test]
fn an_assertion_lasts_for_minutes_and_is_for_this_machine() {
    let mut state = org(CERTIFICATE, &[]);
    let mut at = |now: u64, host: &str| {
        let headers = vec![("host".to_owned(), host.to_owned())];
        let request = Request { headers, ..Request::default() };
        bearer(&mut state, &request, RIGHT, now).err().map(|Denied(_, description)| description)
    };
    let ends = NOW + 60_000;
    assert_eq!(at(ends - LONGEST * 1000, "localhost"), None);
    let said = at(ends - LONGEST * 1000 - 1000, "localhost");
    assert_eq!(said.as_deref(), Some("assertion lasts too long"));
    assert_eq!(at(ends + 1000, "localhost").as_deref(), Some("assertion expired"));
    for (address, is_here) in [
        ("http://127.0.0.1:7000", true),
        ("http://localhost:7000", true),
        ("http://evil.example.com", false),
    ] {
        assert_eq!(is_loopback(address), is_here, "{address}");
    }
}
