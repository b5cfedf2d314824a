//! For which objects profiles and permission sets grant permissions, as far as that is settled (S
//! 3.6).

use super::form::Form;
use super::state::Org;

/// Objects of which no source says whether they have permissions of their own, or their parents
/// decide.
const OF_PARENTS: &[&str] = &[
    "CampaignMember",
    "ObjectChangeLog",
    "OpportunityLineItem",
    "OpportunitySplit",
    "OpportunityTeamMember",
];

impl Org {
    /// Whether an object that is there has permissions of its own.
    pub(crate) fn is_permissioned(&self, object: &str) -> bool {
        !(self.takes(Form::ParentsDecide) && OF_PARENTS.contains(&object))
    }

    /// The objects that have: the values of `SobjectType` in the rows that hold permissions.
    pub(crate) fn permissioned(&self) -> impl Iterator<Item = &str> {
        let all = self.catalog.objects.keys().map(String::as_str);
        all.filter(|object| self.is_permissioned(object))
    }
}
