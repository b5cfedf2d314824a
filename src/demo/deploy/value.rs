//! Values that are text in the WSDL and yet not any text: addresses and their ranges, e-mail
//! addresses, URLs, scopes. The texts of the refusals are the demo org's own: no source gives
//! Salesforce's.

use std::net::IpAddr;

use reqwest::Url;

use super::super::tree::Node;
use super::Problem;

/// Ranges of addresses: the element, and its two ends (S 1.1, 2.4, 3.1).
const RANGES: &[(&str, &str, &str)] = &[
    ("ipRanges", "start", "end"),
    ("loginIpRanges", "startAddress", "endAddress"),
    ("trustedIpRanges", "startIpAddress", "endIpAddress"),
];

/// Elements that hold URLs, and whether they must begin with `https` (S 1.1, 1.3).
const URLS: &[(&str, bool)] = &[
    ("callbackUrl", false),
    ("infoUrl", false),
    ("logoUrl", true),
    ("mobileStartUrl", false),
    ("singleLogoutUrl", true),
    ("startUrl", false),
    ("url", false),
    ("urlPattern", false),
];

/// The levels of a session, by the WSDL.
const LEVELS: &[&str] = &["LOW", "STANDARD", "HIGH_ASSURANCE"];

/// How long an ID token may be valid, in minutes (S 1.2, 2.3).
const ID_TOKEN: std::ops::RangeInclusive<u32> = 1..=720;

/// The scopes of external client apps that a live org took (S 2.4).
const SCOPES: &[&str] = &[
    "Basic",
    "Api",
    "Web",
    "Full",
    "RefreshToken",
    "OfflineAccess",
    "OpenID",
    "Profile",
    "Email",
    "Address",
    "Phone",
    "CustomPermissions",
    "CustomApplications",
    "Content",
    "Lightning",
    "Chatter",
    "Wave",
    "Eclair",
    "Pardot",
    "Interaction",
    "ForgotPassword",
    "UserRegistration",
    "PwdlessLogin",
    "EinsteinGPT",
    "SFApiPlatform",
    "SCRT",
    "Chatbot",
    "MCP",
    "CDP",
    "CDPQuery",
    "CDPProfile",
    "CDPIngest",
    "CDPSegment",
    "CDPIdentityResolution",
    "CDPCalculatedInsight",
    "DataCloudUserClaims",
];

/// Lists that hold 128 entries at most (S 2.4, 2.5).
const BOUNDED: &[&str] = &["customAttributes", "trustedIpRanges"];
const MOST: usize = 128;

/// The longest description of a profile or set (S 3.1, 4.1).
const DESCRIPTION: usize = 255;

/// What is wrong with the values of a file, in its order.
pub(super) fn wrong(node: &Node) -> Vec<Problem> {
    let mut problems = Vec::new();
    if ["PermissionSet", "Profile"].contains(&node.name.as_str())
        && node.get("description").is_some_and(|text| text.chars().count() > DESCRIPTION)
    {
        problems.push(Problem::from(format!(
            "Description: data value too large (max length={DESCRIPTION})"
        )));
    }
    for list in BOUNDED.iter().filter(|list| node.all(list).count() > MOST) {
        problems.push(Problem::from(format!("{list}: there are more than {MOST}")));
    }
    if node.name == "loginHours" {
        problems.extend(wrong_hours(node));
    }
    for child in &node.children {
        problems.extend(wrong_value(child));
        problems.extend(wrong(child));
    }
    problems
}

fn wrong_value(child: &Node) -> Vec<Problem> {
    let (name, value) = (child.name.as_str(), child.value());
    if let Some((_, start, end)) = RANGES.iter().find(|(one, ..)| *one == name) {
        return wrong_range(child, start, end).map(|text| at(child, text)).into_iter().collect();
    }
    if name == "ipRelaxationPolicyType" && value.is_empty() {
        return vec![at(child, format!("Invalid value for field {name}: it is empty"))];
    }
    // What is empty says nothing; whether it must be there is asked elsewhere.
    if value.is_empty() {
        return Vec::new();
    }
    let invalid = |value: &str| at(child, format!("Invalid value for field {name}: {value}"));
    if let Some((_, secure)) = URLS.iter().find(|(one, _)| *one == name) {
        let lines = value.lines().map(str::trim).filter(|line| !line.is_empty());
        return lines.filter(|line| !is_url(line, *secure)).map(invalid).collect();
    }
    // A site may be named without its scheme, or by a pattern.
    if name == "endpointUrl" && !is_site(value) {
        return vec![invalid(value)];
    }
    match name {
        "email" if !is_email(value) => vec![invalid(value)],
        "requiredSessionLevel" if !LEVELS.contains(&value) => vec![invalid(value)],
        // An org's own timeout is a word.
        "sessionTimeout" | "sessionTimeoutInMinutes"
            if value.parse::<i64>().is_ok_and(|minutes| minutes < 1) =>
        {
            vec![invalid(value)]
        }
        "contactEmail" if !is_email(value) => {
            vec![at(child, format!("Contact Email: invalid email address: {value}"))]
        }
        "commaSeparatedOauthScopes" => value
            .split(',')
            .map(str::trim)
            .filter(|scope| !SCOPES.contains(scope))
            .map(invalid)
            .collect(),
        "idTokenValidity" | "idTokenValidityInMinutes"
            if !value.parse().is_ok_and(|minutes| ID_TOKEN.contains(&minutes)) =>
        {
            vec![invalid(value)]
        }
        _ => Vec::new(),
    }
}

fn at(node: &Node, message: String) -> Problem {
    Problem { message, place: Some((node.line, node.column)) }
}

fn wrong_range(range: &Node, start: &str, end: &str) -> Option<String> {
    let parse = |name: &str| {
        let text = range.get(name).unwrap_or_default();
        let bad = format!("Invalid value for field {name}: {text} is not an IP address");
        text.parse::<IpAddr>().map_err(|_| bad)
    };
    let (first, last) = match (parse(start), parse(end)) {
        (Ok(first), Ok(last)) => (first, last),
        (Err(bad), _) | (_, Err(bad)) => return Some(bad),
    };
    let alike = first.is_ipv4() == last.is_ipv4();
    (!alike || last < first).then(|| format!("The range {first} - {last} ends before it begins"))
}

/// Hours of login are minutes since midnight, whole hours, and end after they begin (S 3.1).
fn wrong_hours(hours: &Node) -> Vec<Problem> {
    const DAY: u32 = 24 * 60;
    let minutes = |child: &Node| {
        child.value().parse::<u32>().ok().filter(|minutes| minutes % 60 == 0 && *minutes <= DAY)
    };
    let mut problems = Vec::new();
    for child in &hours.children {
        let (name, value) = (child.name.as_str(), child.value());
        let Some(time) = minutes(child) else {
            problems.push(at(child, format!("Invalid value for field {name}: {value}")));
            continue;
        };
        let end = name.strip_suffix("Start").and_then(|day| hours.child(&format!("{day}End")));
        if end.and_then(minutes).is_some_and(|end| end <= time) {
            problems.push(at(child, format!("{name} is not before the end of the hours")));
        }
    }
    problems
}

/// Whether a text names a host of the web, or a pattern of such.
fn is_site(text: &str) -> bool {
    let (scheme, host) = text.split_once("://").unwrap_or(("https", text));
    let url = Url::parse(&format!("{scheme}://{host}"));
    url.is_ok_and(|url| url.host_str().is_some_and(|host| host.contains('.')))
}

fn is_url(text: &str, secure: bool) -> bool {
    Url::parse(text).is_ok_and(|url| {
        let of_the_web = ["http", "https"].contains(&url.scheme());
        (!secure || url.scheme() == "https") && (!of_the_web || url.host().is_some())
    })
}

fn is_email(text: &str) -> bool {
    text.split_once('@').is_some_and(|(name, domain)| {
        let labels: Vec<&str> = domain.split('.').collect();
        let bad = |character: char| character.is_whitespace() || "@,;<>".contains(character);
        !name.is_empty()
            && !text.contains(char::is_control)
            && !name.contains(bad)
            && !domain.contains(bad)
            && labels.len() > 1
            && labels.iter().all(|label| !label.is_empty())
    })
}
