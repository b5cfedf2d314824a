//! Values that an org does not take.

use super::*;

/// What is wrong with the stored file of a component in which a text is replaced.
fn altered(type_name: &str, name: &str, from: &str, to: &str) -> Vec<String> {
    let state = state();
    let key = (type_name.to_owned(), name.to_owned());
    let content = &state.org.components[&key].content;
    assert!(content.contains(from), "{from}");
    let lines = content.lines().filter(|line| !line.contains("<consumerKey>"));
    let content = lines.collect::<Vec<_>>().join("\n").replace(from, to);
    refused(type_name, name, &super::super::super::name::path_of_key(&key).unwrap(), &content)
}

fn app(from: &str, to: &str) -> Vec<String> {
    altered("ConnectedApp", "Warehouse_Loader", from, to)
}

#[test]
fn ranges_begin_before_they_end_and_are_addresses() {
    assert_eq!(
        profile(
            "<loginIpRanges><endAddress>198.51.100.7</endAddress><startAddress>198.51.100.70\
             </startAddress></loginIpRanges>"
        ),
        ["The range 198.51.100.70 - 198.51.100.7 ends before it begins"]
    );
    assert_eq!(
        profile(
            "<loginIpRanges><endAddress>2001:db8::7</endAddress><startAddress>198.51.100.7\
             </startAddress></loginIpRanges>"
        ),
        ["The range 198.51.100.7 - 2001:db8::7 ends before it begins"]
    );
    assert_eq!(
        profile(
            "<loginIpRanges><endAddress>198.51.100.256</endAddress><startAddress>198.51.100.0\
             </startAddress></loginIpRanges>"
        ),
        ["Invalid value for field endAddress: 198.51.100.256 is not an IP address"]
    );
    assert_eq!(
        app("<start>203.0.113.0<", "<start>203.0.114.0<"),
        ["The range 203.0.114.0 - 203.0.113.255 ends before it begins"]
    );
    assert_eq!(
        altered(
            "ExtlClntAppOauthSettings",
            "Ampersand_ECA_oauth",
            "</ExtlClntAppOauthSettings>",
            "<trustedIpRanges><endIpAddress>x</endIpAddress><startIpAddress>192.0.2.1\
             </startIpAddress></trustedIpRanges></ExtlClntAppOauthSettings>"
        ),
        ["Invalid value for field endIpAddress: x is not an IP address"]
    );
    assert_eq!(
        refused(
            "Settings",
            "Security",
            "settings/Security.settings",
            &format!(
                "<SecuritySettings {NS}><networkAccess><ipRanges><end>192.0.2.1</end><start>\
                 192.0.2.2</start></ipRanges></networkAccess></SecuritySettings>"
            )
        ),
        ["The range 192.0.2.2 - 192.0.2.1 ends before it begins"]
    );
}

#[test]
fn mail_addresses_urls_levels_and_scopes_are_what_they_say() {
    let mail = "it@harbourlight.example.com";
    for value in ["it", "it@harbour", "it at@harbourlight.example.com", "it@x.com, me@x.com"] {
        assert_eq!(app(mail, value), [format!("Contact Email: invalid email address: {value}")]);
    }
    let url = "https://warehouse.harbourlight.example.com/oauth/test";
    assert_eq!(app(url, "oauth"), ["Invalid value for field callbackUrl: oauth"]);
    assert_eq!(app(url, "lamps://signed-in"), [""; 0], "a scheme of an app's own");
    let level = |value: &str| {
        app(
            "<sessionTimeout>60</sessionTimeout>",
            &format!("<policyAction>Block</policyAction><sessionLevel>{value}</sessionLevel>"),
        )
    };
    assert_eq!(level("HIGH_ASSURANCE"), [""; 0]);
    assert_eq!(level("HIGH"), ["Invalid value for field sessionLevel: HIGH"]);
    assert_eq!(
        app("<sessionTimeout>60</sessionTimeout>", "<policyAction>Ask</policyAction>"),
        ["Invalid value for field policyAction: Ask"]
    );
    assert_eq!(
        app(
            "</oauthPolicy>",
            "<singleLogoutUrl>http://lamps.example.com</singleLogoutUrl></oauthPolicy>"
        ),
        ["Invalid value for field singleLogoutUrl: http://lamps.example.com"]
    );
    let scopes = |to: &str| {
        altered("ExtlClntAppOauthSettings", "Ampersand_ECA_oauth", "Api, RefreshToken", to)
    };
    assert_eq!(scopes("Api,SFApiPlatform"), [""; 0]);
    assert_eq!(
        scopes("Api, SFAP, refresh_token"),
        [
            "Invalid value for field commaSeparatedOauthScopes: SFAP",
            "Invalid value for field commaSeparatedOauthScopes: refresh_token"
        ]
    );
    assert_eq!(
        altered("Settings", "Security", ">TwoHours<", ">OneHour<"),
        ["Error parsing file: 'OneHour' is not a valid value for the enum 'SessionTimeout'"]
    );
}

#[test]
fn flags_and_numbers_are_not_empty() {
    assert_eq!(
        app("<isPkceRequired>true<", "<isPkceRequired><"),
        ["Error parsing file: '' is not a valid value for the type xsd:boolean"]
    );
    assert_eq!(
        app("<sessionTimeout>60<", "<sessionTimeout><"),
        ["Error parsing file: '' is not a valid value for the type xsd:int"]
    );
}

#[test]
fn what_is_new_has_a_name_that_an_org_takes() {
    let content = format!("<PermissionSet {NS}><label>New</label></PermissionSet>");
    let set = |name: &str| {
        let path = format!("permissionsets/{name}.permissionset");
        refused("PermissionSet", name, &path, &content)
    };
    assert_eq!(set("New"), [""; 0]);
    let long = "A".repeat(250);
    for name in [long.as_str(), "1 bad-name!", "a%2Fb", "New_", "Größe"] {
        let said = set(name);
        assert!(said.len() == 1 && said[0].starts_with("The PermissionSet Name can"), "{said:?}");
    }
    let double = "duplicate value found: <unknown> duplicates value on record with id: <unknown>";
    assert_eq!(set("warehouse_sync"), [double]);
    // A profile's name is any text that a file can be called by.
    let content = format!(
        "<Profile {NS}><custom>true</custom><userLicense>Salesforce</userLicense></Profile>"
    );
    let profile =
        |name: &str| refused("Profile", name, &format!("profiles/{name}.profile"), &content);
    assert_eq!(profile("Größe %28b%29"), [""; 0]);
    assert_eq!(profile("ampersand integration"), [double]);
    assert_eq!(profile(&"%2E".repeat(100)), ["Profile Name: data value too large"]);
}

#[test]
fn very_long_lists_are_judged_in_time_and_not_all_that_is_wrong_is_told() {
    let list = (0..30_000).map(|at| permission(&format!("Lamp{at}"), true)).collect::<String>();
    let content = format!("<PermissionSet {NS}><label>New</label>{list}</PermissionSet>");
    let began = std::time::Instant::now();
    let said = refused("PermissionSet", "New", "permissionsets/New.permissionset", &content);
    let profile = profile(&list);
    let ranges = (0..5_000).map(|at| {
        let end = format!("10.{}.{}.1", at / 256, at % 256);
        format!(
            "<loginIpRanges><endAddress>{end}</endAddress><startAddress>{end}</startAddress>\
             </loginIpRanges>"
        )
    });
    let many = super::profile(&ranges.collect::<String>());
    // Each was minutes.
    assert!(began.elapsed() < std::time::Duration::from_secs(60), "{:?}", began.elapsed());
    assert_eq!((said.len(), many.len()), (FAILURES + 1, 0));
    assert_eq!(said[FAILURES], "29500 further problems are not listed");
    assert_eq!(profile.len(), FAILURES + 1);
}
