//! Features of an org that a file of settings says to be on or off; each row is an element of the
//! WSDL's (S 2.8), and what has no row is looked at by hand.

use crate::metadata::registry::nearest::{nearest, perhaps};

/// A feature, and where it is said.
#[derive(Debug)]
pub(crate) struct OrgFeature {
    /// As templates name it.
    pub(crate) name: &'static str,
    /// The member of `Settings`.
    pub(crate) settings: &'static str,
    /// The flag in it.
    pub(crate) element: &'static str,
}

const fn row(name: &'static str, settings: &'static str, element: &'static str) -> OrgFeature {
    OrgFeature { name, settings, element }
}

/// Every feature that is known, in order of name.
const FEATURES: &[OrgFeature] = &[
    row("AccountTeams", "Account", "enableAccountTeams"),
    row("Chatter", "Chatter", "enableChatter"),
    row("ContactsToMultipleAccounts", "Account", "enableRelateContactToMultipleAccounts"),
    row("DigitalExperiences", "Communities", "enableNetworksEnabled"),
    row("Entitlements", "Entitlement", "enableEntitlements"),
    row("FieldService", "FieldService", "fieldServiceOrgPref"),
    row("Knowledge", "Knowledge", "enableKnowledge"),
    row("MultiCurrency", "Currency", "enableMultiCurrency"),
    row("OmniChannel", "OmniChannel", "enableOmniChannel"),
    row("OpportunityTeams", "Opportunity", "enableOpportunityTeam"),
    row("Orders", "Order", "enableOrders"),
    row("Quotes", "Quote", "enableQuote"),
    row("TerritoryManagement2", "Territory2", "enableTerritoryManagement2"),
];

impl OrgFeature {
    /// Finds a feature by its name.
    pub(crate) fn find(name: &str) -> Option<&'static Self> {
        FEATURES.iter().find(|row| row.name == name)
    }

    /// Says what is wrong with a name that is none of them; nothing where it is one.
    pub(crate) fn unknown(name: &str) -> Option<String> {
        if Self::find(name).is_some() {
            return None;
        }
        let end = perhaps(nearest(name, Self::names()));
        let known = Self::names().collect::<Vec<_>>().join(", ");
        let words = format!("asks for the feature `{name}`, of which nobody can tell{end}");
        Some(format!("{words}; known are {known}"))
    }

    /// Returns the names of all of them.
    pub(crate) fn names() -> impl Iterator<Item = &'static str> {
        FEATURES.iter().map(|row| row.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metadata::registry;

    #[test]
    fn each_feature_is_a_flag_of_the_wsdls() {
        assert!(FEATURES.is_sorted_by_key(|row| row.name));
        for feature in FEATURES {
            let row = registry::find_component("Settings", feature.settings)
                .unwrap_or_else(|| panic!("{feature:?}"));
            let field = row.fields.iter().find(|field| field.name == feature.element);
            let field = field.unwrap_or_else(|| panic!("{feature:?}"));
            assert!(field.check(&true.into()).is_ok(), "{feature:?}");
        }
    }
}
