//! The invented org that the demo org starts from, built into the program.
//!
//! Harbour Light Lamps: a shop with an integration that was set up by the vendor's page once and
//! has drifted since.

/// The catalogue and the records, as JSON.
pub(crate) const ORG: &str = include_str!("../../fixtures/demo/org.json");

/// A file of `fixtures/demo/metadata`: its path there, and what it holds.
macro_rules! files {
    ($($path:literal),+ $(,)?) => {
        &[$(($path, include_str!(concat!("../../fixtures/demo/metadata/", $path)))),+]
    };
}

/// The metadata in metadata format: path and content.
pub(crate) const METADATA: &[(&str, &str)] = files![
    "applications/Lamp_Sales.app",
    "classes/LampPricing.cls",
    "connectedApps/Ampersand.connectedApp",
    "connectedApps/Warehouse_Loader.connectedApp",
    "customPermissions/Override_Price.customPermission",
    "externalClientApps/Ampersand_ECA.eca",
    "extlClntAppGlobalOauthSets/Ampersand_ECA_glbloauth.ecaGlblOauth",
    "extlClntAppOauthPolicies/Ampersand_ECA_oauthPlcy.ecaOauthPlcy",
    "extlClntAppOauthSettings/Ampersand_ECA_oauth.ecaOauth",
    "extlClntAppPolicies/Ampersand_ECA_plcy.ecaPlcy",
    "installedPackages/beacon.installedPackage",
    "layouts/Account-Account Layout.layout",
    "layouts/Account-Supplier Layout.layout",
    "layouts/Contact-Contact Layout.layout",
    "permissionsetgroups/Back_Office.permissionsetgroup",
    "permissionsets/Ampersand_Access.permissionset",
    "permissionsets/Connected_App_Approver.permissionset",
    "permissionsets/Report_Builder.permissionset",
    "permissionsets/Warehouse_Sync.permissionset",
    "permissionsets/beacon__Beacon_Reader.permissionset",
    "profiles/Admin.profile",
    "profiles/Ampersand Integration.profile",
    "profiles/Custom%3A Lamp Sales.profile",
    "profiles/Minimum Access - API Only Integrations.profile",
    "profiles/Minimum Access - Salesforce.profile",
    "profiles/Standard.profile",
    "settings/Account.settings",
    "settings/Chatter.settings",
    "settings/Communities.settings",
    "settings/ConnectedApp.settings",
    "settings/Currency.settings",
    "settings/Entitlement.settings",
    "settings/ExternalClientApp.settings",
    "settings/Knowledge.settings",
    "settings/OauthOidc.settings",
    "settings/OmniChannel.settings",
    "settings/Opportunity.settings",
    "settings/Order.settings",
    "settings/Quote.settings",
    "settings/RealTimeEvent.settings",
    "settings/Security.settings",
    "settings/Territory2.settings",
    "tabs/Invoice__c.tab",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fixture_is_built_in() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/demo/metadata");
        let mut found = 0;
        for folder in std::fs::read_dir(&root).unwrap() {
            for file in std::fs::read_dir(folder.unwrap().path()).unwrap() {
                let path = file.unwrap().path();
                let relative =
                    path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
                assert!(METADATA.iter().any(|(name, _)| *name == relative), "{relative}");
                found += 1;
            }
        }
        assert_eq!(found, METADATA.len());
    }
}
