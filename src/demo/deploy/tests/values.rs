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

#[test]
fn lengths_numbers_and_hours_are_held() {
    let text = "x".repeat(256);
    let long = "Description: data value too large (max length=255)";
    assert_eq!(profile(&format!("<description>{text}</description>")), [long]);
    let set = format!(
        "<PermissionSet {NS}><description>{text}</description><label>New</label></PermissionSet>"
    );
    let path = "permissionsets/New.permissionset";
    assert_eq!(refused("PermissionSet", "New", path, &set), [long]);
    let hours = |start: &str, end: &str| {
        profile(&format!(
            "<loginHours><mondayEnd>{end}</mondayEnd><mondayStart>{start}</mondayStart>\
             </loginHours>"
        ))
    };
    assert_eq!(hours("60", "1440"), [""; 0]);
    assert_eq!(hours("banana", "17").len(), 2);
    assert_eq!(hours("-60", "1500").len(), 2);
    assert_eq!(hours("120", "60"), ["mondayStart is not before the end of the hours"]);
    let timeout = |minutes: &str| {
        let policy = format!("<sessionTimeout>{minutes}</sessionTimeout>");
        app("<sessionTimeout>60</sessionTimeout>", &policy)
    };
    assert_eq!(timeout("-5"), ["Invalid value for field sessionTimeout: -5"]);
    let range = "<trustedIpRanges><endIpAddress>192.0.2.1</endIpAddress><startIpAddress>192.0.2.1\
                 </startIpAddress></trustedIpRanges>";
    let ranges = |count: usize| {
        let parts = format!("{}</ExtlClntAppOauthSettings>", range.repeat(count));
        let name = "Ampersand_ECA_oauth";
        altered("ExtlClntAppOauthSettings", name, "</ExtlClntAppOauthSettings>", &parts)
    };
    assert_eq!(ranges(128), [""; 0]);
    assert_eq!(ranges(129), ["trustedIpRanges: there are more than 128"]);
}

#[test]
fn policies_of_external_apps_hold_the_numbers_that_there_are() {
    let policies = |parts: &str| {
        let name = "Ampersand_ECA_oauthPlcy";
        let parts = format!("{parts}<ipRelaxationPolicyType>");
        altered("ExtlClntAppOauthConfigurablePolicies", name, "<ipRelaxationPolicyType>", &parts)
    };
    let minutes =
        |value: &str| policies(&format!("<namedUserJwtTimeout>{value}</namedUserJwtTimeout>"));
    assert_eq!((minutes("30"), minutes("60")), (vec![], vec![]));
    assert_eq!(minutes("7"), ["Invalid value for field namedUserJwtTimeout: 7"]);
    let name = "Ampersand_ECA_oauthPlcy";
    let altered =
        |from: &str, to: &str| altered("ExtlClntAppOauthConfigurablePolicies", name, from, to);
    assert_eq!(altered(">365<", ">0<"), ["Invalid RefreshTokenValidityPeriod '0'"]);
    let said = altered(">Enforce<", "><");
    assert_eq!(said, ["Invalid value for field ipRelaxationPolicyType: it is empty"]);
}

#[test]
fn whom_a_connected_app_runs_as_calls_the_api_alone_and_its_scopes_are_of_the_version() {
    let user = |name: &str| {
        let element = |name: &str| format!(">{name}</oauthClientCredentialUser>");
        app(&element("warehouse.sync@harbourlight.example.com"), &element(name))
    };
    let robin = "robin.alder@harbourlight.example.com";
    assert_eq!(
        user(robin),
        [format!("The client credentials flow user needs the API Only User permission: {robin}")]
    );
    let off = app("isClientCredentialEnabled>true<", "isClientCredentialEnabled>false<");
    assert_eq!(off, ["oauthClientCredentialUser is only allowed with isClientCredentialEnabled"]);
    let mut state = state();
    let content =
        &state.org.components[&("ConnectedApp".to_owned(), "Ampersand".to_owned())].content;
    let lines =
        content.lines().filter(|line| !line.contains("consumerKey") && !line.contains(" <is"));
    let content = lines.collect::<Vec<_>>().join("\n").replace(">Api<", ">Chatbot<");
    let mut at = |version: &str| {
        let files = [("connectedApps/Ampersand.connectedApp", content.as_str())];
        problems(&deploy(&mut state, &zip_at(version, &[("ConnectedApp", &["Ampersand"])], &files)))
            .len()
    };
    assert_eq!((at("53.0"), at("54.0")), (1, 0));
}

#[test]
fn sites_queues_and_channels_hold_what_there_is() {
    let mut state = state();
    let mut said = |type_name: &str, folder: &str, suffix: &str, content: &str| {
        let content = format!("<{type_name} {NS}>{content}</{type_name}>");
        let path = format!("{folder}/New.{suffix}");
        let outcome = deploy(&mut state, &zip(&[(type_name, &["New"])], &[(&path, &content)]));
        problems(&outcome).len()
    };
    let site = |url: &str| format!("<endpointUrl>{url}</endpointUrl><isActive>true</isActive>");
    for (url, wrong) in [("https://*.example.com", 0), ("*.example.com", 0), ("zz", 1)] {
        assert_eq!(
            said("CspTrustedSite", "cspTrustedSites", "cspTrustedSite", &site(url)),
            wrong,
            "{url}"
        );
    }
    let remote = "<disableProtocolSecurity>false</disableProtocolSecurity><isActive>true\
                  </isActive><url>nonsense</url>";
    assert_eq!(said("RemoteSiteSetting", "remoteSiteSettings", "remoteSite", remote), 1);
    let queue = "<email>nope</email><name>New</name>";
    assert_eq!(said("Queue", "queues", "queue", queue), 1);
    let mut member = |channel: &str, entity: &str| {
        let content = format!(
            "<eventChannel>{channel}</eventChannel><selectedEntity>{entity}</selectedEntity>"
        );
        let kind = "platformEventChannelMember";
        said("PlatformEventChannelMember", "platformEventChannelMembers", kind, &content)
    };
    assert_eq!(member("ChangeEvents", "AccountChangeEvent"), 0);
    assert_eq!(member("ChangeEvents", "Invoice__ChangeEvent"), 0);
    assert_eq!(member("Nope__chn", "Nope__ChangeEvent"), 2);
}

#[test]
fn a_channel_has_one_member_of_an_object_named_without_a_namespace() {
    let mut state = state();
    let mut said = |name: &str| {
        let content = format!(
            "<PlatformEventChannelMember {NS}><eventChannel>ChangeEvents</eventChannel>\
             <selectedEntity>Invoice__ChangeEvent</selectedEntity></PlatformEventChannelMember>"
        );
        let path = format!("platformEventChannelMembers/{name}.platformEventChannelMember");
        let members: [(&str, &[&str]); 1] = [("PlatformEventChannelMember", &[name])];
        let outcome = deploy(&mut state, &zip(&members, &[(&path, &content)]));
        problems(&outcome).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let refused = said("ChangeEvents_Invoice__ChangeEvent");
    assert!(refused[0].contains("with the namespace: ChangeEvents_Invoice"), "{refused:?}");
    assert!(said("ChangeEvents_Invoice_ChangeEvent").is_empty());
    assert!(said("Invoice_ChangeEvent")[0].contains("duplicate value found"));
}
