//! The settings that say which features an org has (S 2.8): of each no more than that.

use super::{Field, flag};

/// By root element, with the version that brought them: all are older than any that is served.
pub(super) const FEATURES: &[(&str, u16, &[Field])] = &[
    (
        "AccountSettings",
        0,
        &[flag("enableAccountTeams"), flag("enableRelateContactToMultipleAccounts")],
    ),
    ("ChatterSettings", 0, &[flag("enableChatter")]),
    ("CommunitiesSettings", 0, &[flag("enableNetworksEnabled")]),
    ("CurrencySettings", 0, &[flag("enableMultiCurrency")]),
    ("EntitlementSettings", 0, &[flag("enableEntitlements")]),
    ("KnowledgeSettings", 0, &[flag("enableKnowledge")]),
    ("OmniChannelSettings", 0, &[flag("enableOmniChannel")]),
    ("OpportunitySettings", 0, &[flag("enableOpportunityTeam")]),
    ("OrderSettings", 0, &[flag("enableOrders")]),
    ("QuoteSettings", 0, &[flag("enableQuote")]),
    ("Territory2Settings", 0, &[flag("enableTerritoryManagement2")]),
];
