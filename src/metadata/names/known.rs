//! Names that every org has, or may have without listing them: enough to tell a slip by.

/// Objects that every org has; some are spelt nearly like another.
pub(crate) const OBJECTS: &[&str] = &[
    "Account",
    "Asset",
    "Campaign",
    "Case",
    "Contact",
    "Contract",
    "Event",
    "Lead",
    "Opportunity",
    "Order",
    "Task",
    "User",
];

/// Standard objects for which profiles and permission sets surely grant permissions: public ones
/// do. Of any other an org is asked.
pub(crate) const WITH_PERMISSIONS: &[&str] = &[
    "Account",
    "Asset",
    "Campaign",
    "Case",
    "Contact",
    "Contract",
    "Lead",
    "Opportunity",
    "Order",
    "Pricebook2",
    "Product2",
];

/// Salesforce's own apps, as far as they stand in public metadata; an org need not list them.
pub(crate) const STANDARD_APPS: &[&str] = &[
    "standard__AllTabSet",
    "standard__AppLauncher",
    "standard__Chatter",
    "standard__Community",
    "standard__Content",
    "standard__Insights",
    "standard__LightningBolt",
    "standard__LightningSales",
    "standard__Marketing",
    "standard__Platform",
    "standard__Sales",
    "standard__SalesforceCMS",
    "standard__Service",
    "standard__ServiceConsole",
    "standard__Sites",
];

/// User licences by name, and permission set licences that integrations ask for (S 4.3).
pub(crate) const LICENCES: &[&str] = &[
    "Analytics Cloud Integration User",
    "Chatter External",
    "Chatter Free",
    "Customer Community",
    "Customer Community Login",
    "Customer Community Plus",
    "External Identity",
    "Guest User License",
    "Identity",
    "Partner Community",
    "Salesforce",
    "Salesforce API Integration",
    "Salesforce Integration",
    "Salesforce Platform",
    "SalesforceAPIIntegrationPsl",
];
