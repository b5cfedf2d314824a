//! Pages of Setup: deep links and Quick Find words (S 7).
//!
//! Page ids are no published contract, so the Quick Find words are always shown beside the link; a
//! page whose path no source gives has none.

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
    without_path("deployment-status", "Deployment Status"),
    without_path("session-settings", "Session Settings"),
    without_path("network-access", "Network Access"),
    without_path("my-domain", "My Domain"),
    without_path("change-data-capture", "Change Data Capture"),
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

/// Returns the page where a person sees and sets components of a type; none where no source gives
/// one.
pub fn of_type(type_name: &str) -> Option<&'static SetupPage> {
    find(match type_name {
        "ConnectedApp" => "connected-apps",
        "ExternalClientApplication" => "external-client-apps",
        _ if type_name.starts_with("ExtlClntApp") => "external-client-apps",
        "InstalledPackage" => "installed-packages",
        "MutingPermissionSet" | "PermissionSetGroup" => "permission-set-groups",
        "PermissionSet" => "permission-sets",
        "Profile" | "ProfilePasswordPolicy" | "ProfileSessionSetting" => "profiles",
        _ => return None,
    })
}

/// Returns the page where a person sees what a fact says.
pub fn of_fact(fact: &Fact) -> Option<&'static SetupPage> {
    find(match fact {
        Fact::Organization(_) | Fact::Seats(_) | Fact::Currency => "company-information",
        Fact::ApiAccessControl => "api-access-control",
        Fact::User(_) | Fact::Access(_) | Fact::Column(_) | Fact::Licensed(_) => "users",
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
