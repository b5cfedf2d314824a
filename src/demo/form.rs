//! Where sources disagree or say nothing, the org takes the form that the better source has; it can
//! be told to take the other (`docs/demo.md`).

/// Another form of something that is not settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    /// `ManageUsers` needs the permissions that one deploy was told it needs (S 3.6), as far as the
    /// org knows them; without this form it needs none.
    ManageUsersNeeds,
    /// `ViewAllData` needs the permissions that Setup is reported to name for it (S 3.6), as far as
    /// the org knows them; without this form it needs none.
    ViewAllDataNeeds,
    /// What a connected app's file leaves out of its policies and ranges stays as it was (S 1.6);
    /// without this form it is reset.
    OmittedPoliciesStay,
    /// A deployed list of login ranges is added to what is there (S 3.4); without this form it
    /// replaces it.
    LoginRangesAdd,
    /// A flag that a profile's object entry leaves out stays as it was (S 3.4); without this form
    /// it is off.
    OmittedFlagsStay,
    /// The client credentials flow too runs only as a user whom an admin has approved for the app;
    /// without this form the app's policy does not reach it (S 6.9).
    ApprovalBindsRunAs,
    /// CampaignMember, ObjectChangeLog, OpportunityLineItem, OpportunitySplit and
    /// OpportunityTeamMember have no permissions of their own (S 3.6); without this form they have.
    ParentsDecide,
}

impl Form {
    /// Every form.
    pub const ALL: [Self; 7] = [
        Self::ManageUsersNeeds,
        Self::ViewAllDataNeeds,
        Self::OmittedPoliciesStay,
        Self::LoginRangesAdd,
        Self::OmittedFlagsStay,
        Self::ApprovalBindsRunAs,
        Self::ParentsDecide,
    ];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::ManageUsersNeeds => "manage-users-needs",
            Self::ViewAllDataNeeds => "view-all-data-needs",
            Self::OmittedPoliciesStay => "omitted-policies-stay",
            Self::LoginRangesAdd => "login-ranges-add",
            Self::OmittedFlagsStay => "omitted-flags-stay",
            Self::ApprovalBindsRunAs => "approval-binds-run-as",
            Self::ParentsDecide => "parents-decide",
        }
    }

    /// What it means, in a few words.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::ManageUsersNeeds => "Manage Users needs the rights that it consists of",
            Self::ViewAllDataNeeds => "View All Data needs the rights that it consists of",
            Self::OmittedPoliciesStay => "what a connected app's file leaves out stays",
            Self::LoginRangesAdd => "deployed login ranges are added, not put in place",
            Self::OmittedFlagsStay => "a flag that a profile's object entry leaves out stays",
            Self::ApprovalBindsRunAs => "client credentials need the admin's approval too",
            Self::ParentsDecide => "campaign members, products and the like have no permissions",
        }
    }
}
