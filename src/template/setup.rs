//! Pages of Setup: deep links and Quick Find words (S 7).
//!
//! Page ids are no published contract, so the Quick Find words are always shown beside the link; a
//! page whose path no source gives has none.

use super::{Step, Template, Want};
use crate::metadata::ComponentId;
use crate::metadata::fact::Fact;

/// A page of Setup.
#[derive(Debug)]
pub struct SetupPage {
    /// The name by which templates call it.
    pub id: &'static str,
    /// What Setup calls it.
    pub title: &'static str,
    /// What to type in Quick Find.
    pub quick_find: &'static str,
    /// The path below the org's address.
    pub path: Option<&'static str>,
}

/// Every page that a template may name.
pub(crate) const PAGES: &[SetupPage] = &[
    page("connected-apps", "Manage Connected Apps", "/lightning/setup/ConnectedApplication/home"),
    page(
        "connected-apps-usage",
        "Connected Apps OAuth Usage",
        "/lightning/setup/ConnectedAppsUsage/home",
    ),
    page("app-manager", "App Manager", "/lightning/setup/NavigationMenus/home"),
    page(
        "external-client-apps",
        "External Client App Manager",
        "/lightning/setup/ManageExternalClientApplication/home",
    ),
    page(
        "external-client-app-settings",
        "External Client App Settings",
        "/lightning/setup/ExternalClientApplicationSettings/home",
    ),
    page("profiles", "Profiles", "/lightning/setup/EnhancedProfiles/home"),
    page("permission-sets", "Permission Sets", "/lightning/setup/PermSets/home"),
    page("permission-set-groups", "Permission Set Groups", "/lightning/setup/PermSetGroups/home"),
    page("users", "Users", "/lightning/setup/ManageUsers/home"),
    page("installed-packages", "Installed Packages", "/lightning/setup/ImportedPackage/home"),
    page("company-information", "Company Information", "/lightning/setup/CompanyProfileInfo/home"),
    without_path("api-access-control", "API Access Control"),
    page("deployment-status", "Deployment Status", "/lightning/setup/DeployStatus/home"),
    page("session-settings", "Session Settings", "/lightning/setup/SecuritySession/home"),
    page("network-access", "Network Access", "/lightning/setup/NetworkAccess/home"),
    page("my-domain", "My Domain", "/lightning/setup/OrgDomain/home"),
    page("change-data-capture", "Change Data Capture", "/lightning/setup/CdcObjectEnablement/home"),
    page("apex-classes", "Apex Classes", "/lightning/setup/ApexClasses/home"),
    page("auth-providers", "Auth. Providers", "/lightning/setup/AuthProviders/home"),
    page(
        "certificates",
        "Certificate and Key Management",
        "/lightning/setup/CertificatesAndKeysManagement/home",
    ),
    page("cors", "CORS", "/lightning/setup/CorsWhitelistEntries/home"),
    page("custom-permissions", "Custom Permissions", "/lightning/setup/CustomPermissions/home"),
    page("event-manager", "Event Manager", "/lightning/setup/EventManager/home"),
    page("flows", "Flows", "/lightning/setup/Flows/home"),
    page("named-credentials", "Named Credentials", "/lightning/setup/NamedCredential/home"),
    page("object-manager", "Object Manager", "/lightning/setup/ObjectManager/home"),
    page("queues", "Queues", "/lightning/setup/Queues/home"),
    page(
        "remote-site-settings",
        "Remote Site Settings",
        "/lightning/setup/SecurityRemoteProxy/home",
    ),
    page("roles", "Roles", "/lightning/setup/Roles/home"),
    page("single-sign-on", "Single Sign-On Settings", "/lightning/setup/SingleSignOn/home"),
    page("trusted-urls", "Trusted URLs", "/lightning/setup/SecurityCspTrustedSite/home"),
    without_path("oauth-and-openid-connect-settings", "OAuth and OpenID Connect Settings"),
    without_path("content-deliveries", "Content Deliveries and Public Links"),
];

const fn page(id: &'static str, title: &'static str, path: &'static str) -> SetupPage {
    SetupPage { id, title, quick_find: title, path: Some(path) }
}

const fn without_path(id: &'static str, title: &'static str) -> SetupPage {
    SetupPage { id, title, quick_find: title, path: None }
}

/// Finds a page by its name.
pub fn find(id: &str) -> Option<&'static SetupPage> {
    PAGES.iter().find(|page| page.id == id)
}

/// Returns the page where a person sees and sets a component; none where no source gives one.
pub fn of_component(id: &ComponentId) -> Option<&'static SetupPage> {
    find(match id.type_name.as_str() {
        "ApexClass" => "apex-classes",
        "AuthProvider" => "auth-providers",
        "Certificate" => "certificates",
        "ConnectedApp" => "connected-apps",
        "CorsWhitelistOrigin" => "cors",
        "CspTrustedSite" => "trusted-urls",
        "CustomApplication" => "app-manager",
        "CustomField" | "CustomObject" | "Layout" | "RecordType" => "object-manager",
        "CustomPermission" => "custom-permissions",
        "ExternalClientApplication" => "external-client-apps",
        name if name.starts_with("ExtlClntApp") => "external-client-apps",
        // External credentials are a tab of that page.
        "ExternalCredential" | "NamedCredential" => "named-credentials",
        "Flow" => "flows",
        "InstalledPackage" => "installed-packages",
        "MutingPermissionSet" | "PermissionSetGroup" => "permission-set-groups",
        "PermissionSet" => "permission-sets",
        "PlatformEventChannelMember" => "change-data-capture",
        "Profile" | "ProfilePasswordPolicy" | "ProfileSessionSetting" => "profiles",
        "Queue" => "queues",
        "RemoteSiteSetting" => "remote-site-settings",
        "Role" => "roles",
        "SamlSsoConfig" => "single-sign-on",
        "Settings" => match id.full_name.as_str() {
            "ConnectedApp" => "api-access-control",
            "Event" => "event-manager",
            "ExternalClientApp" => "external-client-app-settings",
            "MyDomain" => "my-domain",
            "OauthOidc" => "oauth-and-openid-connect-settings",
            "Security" => "session-settings",
            _ => return None,
        },
        _ => return None,
    })
}

/// Returns the pages where a step is done by hand: the one that it names, else those of the
/// components that it speaks of, which are several where a parameter may stand for either.
pub(crate) fn of_step(template: &Template, step: &Step) -> Vec<&'static SetupPage> {
    if let Some(page) = step.setup {
        return vec![page];
    }
    let mut pages: Vec<&'static SetupPage> = Vec::new();
    for pattern in step.wants.iter().flat_map(Want::patterns) {
        let ids = match (template.component_types(pattern), pattern.split_once(':')) {
            (Some(types), _) => types.iter().map(|one| ComponentId::new(one, "")).collect(),
            (None, Some((type_name, name))) => {
                vec![ComponentId::new(type_name.trim(), name.trim())]
            }
            (None, None) => Vec::new(),
        };
        for page in ids.iter().filter_map(of_component) {
            if !pages.iter().any(|known| known.id == page.id) {
                pages.push(page);
            }
        }
    }
    pages
}

/// Returns the page that a text for a person names first, by a title of several words.
pub fn named_in(text: &str) -> Option<&'static SetupPage> {
    let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let titled = PAGES.iter().filter(|page| page.title.contains(' '));
    let at = titled.filter_map(|page| Some((words.find(page.title)?, page)));
    at.min_by_key(|(at, page)| (*at, std::cmp::Reverse(page.title.len()))).map(|(_, page)| page)
}

/// Returns the page where a person sees what a fact says.
pub fn of_fact(fact: &Fact) -> Option<&'static SetupPage> {
    find(match fact {
        Fact::Organization(_) | Fact::Seats(_) | Fact::Currency => "company-information",
        Fact::ApiAccessControl => "api-access-control",
        Fact::User(_) | Fact::Access(_) | Fact::Column(_) | Fact::Licensed(_) | Fact::End(_) => {
            "users"
        }
        Fact::AppAccess(_) => "connected-apps",
        Fact::MyDomain => "my-domain",
        Fact::Package(_) | Fact::PackageVersion(_) => "installed-packages",
        Fact::ChangeEvents(_) => "change-data-capture",
        Fact::Feature(_) => return None,
        Fact::AppInstalled => "connected-apps-usage",
    })
}

impl SetupPage {
    /// Returns the page's address: whole where the org's is known, else from the slash; none where
    /// no source gives the path.
    pub fn url(&self, instance_url: Option<&str>) -> Option<String> {
        let path = self.path?;
        let base = instance_url.unwrap_or_default().trim_end_matches('/');
        Some(format!("{base}{path}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_in_setup_has_a_page_there() {
        for (type_name, name, id) in [
            ("Settings", "Security", "session-settings"),
            ("Settings", "ExternalClientApp", "external-client-app-settings"),
            ("CustomField", "Account.Phone", "object-manager"),
            ("Layout", "Account-Account Layout", "object-manager"),
            ("CustomApplication", "Lamp_Sales", "app-manager"),
            ("ExternalCredential", "X", "named-credentials"),
            ("ExtlClntAppOauthSettings", "X", "external-client-apps"),
        ] {
            let page = of_component(&ComponentId::new(type_name, name));
            assert_eq!(page.map(|page| page.id), Some(id), "{type_name}:{name}");
        }
        assert!(of_component(&ComponentId::new("Report", "X")).is_none());
    }

    #[test]
    fn a_step_that_names_no_page_is_done_where_its_components_are() {
        let text = "format = 1\n[template]\nname = \"t\"\ntitle = \"T\"\nversion = \"1\"\nsource = \
                    \"s\"\nreviewed = 2026-11-23\n[parameters.holder]\ntitle = \"H\"\ntype = \
                    \"component\"\n[[step]]\nid = \"a\"\ntitle = \"A\"\nwant = [{ component = \
                    \"{holder}\", path = \"userPermissions[ApiEnabled].enabled\", equals = true \
                    }]\n";
        let pages = |template: &Template| -> Vec<&str> {
            of_step(template, &template.steps[0]).iter().map(|page| page.id).collect()
        };
        let template = super::super::parse("t.toml", text).unwrap();
        assert_eq!(pages(&template), ["profiles", "permission-sets"]);
        let given = [("holder".to_owned(), vec!["PermissionSet:X".to_owned()])].into();
        let (narrowed, _) = super::super::narrow(&template, &given).unwrap();
        assert_eq!(pages(&narrowed), ["permission-sets"]);
        let named = text.replace("title = \"A\"", "title = \"A\"\nsetup = \"users\"");
        assert_eq!(pages(&super::super::parse("t.toml", &named).unwrap()), ["users"]);
    }

    #[test]
    fn a_text_names_the_page_on_which_it_is_done() {
        for (text, id) in [
            ("Setup > My\n Domain: give the vendor the address", Some("my-domain")),
            ("Permission Set Groups, then Profiles", Some("permission-set-groups")),
            ("External Client App Manager > X > Settings", Some("external-client-apps")),
            ("Give the users the app", None),
        ] {
            assert_eq!(named_in(text).map(|page| page.id), id, "{text}");
        }
    }
}
