//! What answering a fact reads of an org, beside the questions themselves: a new question is named
//! here too.

use super::ends::NO_END;
use crate::metadata::fact::{Access, Fact, OrgFeature, OrganizationFact, UserColumn, UserEnd};
use crate::metadata::labels::{CONNECTED_APP, EXTERNAL_APP};

/// What answering one fact reads.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Reads {
    /// Objects whose rows are read, each with what for.
    pub(crate) rows: Vec<(&'static str, String)>,
    /// Types whose components are listed.
    pub(crate) lists: Vec<&'static str>,
    /// Components that are retrieved: type and full name.
    pub(crate) components: Vec<(&'static str, String)>,
}

/// Whoever asks is looked up too: to whom all is shown is known by their rights.
const CALLER: &str = "the rights of the user whose login it is";

impl Reads {
    /// Says what is read for a fact, of which `key` is what stands in brackets; a pattern stands as
    /// it is.
    pub(crate) fn of(fact: &Fact, key: &str) -> Self {
        let mut reads = Self::default();
        match fact {
            Fact::Organization(of) => reads.row("Organization", organization(*of)),
            Fact::ApiAccessControl => reads.component("Settings", "ConnectedApp"),
            Fact::User(_) => reads.row("User", "the named user: active, profile, licence"),
            Fact::Column(column) => {
                let column_of = match column {
                    UserColumn::Feature(_) => format!("UserPermissions{key}"),
                    _ => column.column(),
                };
                reads.row("User", format!("the named user: {column_of}"));
                if *column == UserColumn::Role {
                    reads.caller();
                }
            }
            Fact::Access(access) => reads.access(access, key),
            Fact::Licensed(_) => {
                reads.row("User", "the named user");
                reads.row("PermissionSetLicenseAssign", format!("whether they have {key}"));
                reads.seats(key);
                reads.caller();
            }
            Fact::AppAccess(_) => {
                reads.row("User", "the named user");
                reads.row("ConnectedApplication", format!("the app {key}"));
                reads.row("ExternalClientApplication", format!("the app {key}"));
                reads.row("SetupEntityAccess", format!("whom {key} lets in"));
                reads.row("PermissionSetAssignment", "what the named user has");
                reads.row("PermissionSetGroupComponent", "the sets of their groups");
                reads.caller();
            }
            Fact::AppInstalled => {
                reads.row("ConnectedApplication", "whether the app is there");
                reads.lists.extend([CONNECTED_APP, EXTERNAL_APP]);
                // It may be called by its label, which no list has.
                reads.component(EXTERNAL_APP, "*");
            }
            Fact::Seats(_) => reads.seats(key),
            // The address of the org says it.
            Fact::MyDomain => {}
            Fact::Currency => {
                reads.row("CurrencyType", "the company's currency");
                reads.caller();
            }
            Fact::Package(_) | Fact::PackageVersion(_) => {
                let what = format!("whether it is there, by its namespace: {key}");
                reads.row("InstalledSubscriberPackage", what);
                reads.lists.push("InstalledPackage");
                if matches!(fact, Fact::PackageVersion(_)) {
                    reads.component("InstalledPackage", key);
                }
            }
            Fact::ChangeEvents(_) => {
                reads.lists.push("PlatformEventChannelMember");
                reads.component("PlatformEventChannelMember", "*");
            }
            Fact::End(UserEnd::Assignment) => {
                reads.row("User", "the named user");
                reads.row("PermissionSetAssignment", "when what the named user has ends");
                reads.caller();
            }
            Fact::End(UserEnd::Password) => {
                reads.access(&Access::Permission(NO_END.to_owned()), NO_END);
                reads.row("User", "whether the password of the named user has expired");
            }
            // What no row is known of is asked of nobody.
            Fact::Feature(name) => {
                if let Some(feature) = OrgFeature::find(key).or_else(|| OrgFeature::find(name)) {
                    reads.component("Settings", feature.settings);
                } else if key.contains('{') {
                    reads.component("Settings", format!("those of the feature {key}"));
                }
            }
        }
        reads
    }

    fn row(&mut self, object: &'static str, what: impl Into<String>) {
        self.rows.push((object, what.into()));
    }

    fn component(&mut self, type_name: &'static str, full_name: impl Into<String>) {
        self.components.push((type_name, full_name.into()));
    }

    fn access(&mut self, access: &Access, key: &str) {
        self.row("User", "the named user");
        self.row("PermissionSetAssignment", "what the named user has");
        self.row("PermissionSetGroupComponent", "the sets of their groups");
        match access {
            Access::Permission(_) => self.row("PermissionSet", format!("system permission {key}")),
            Access::Object(..) => self.row("ObjectPermissions", format!("object {key}")),
            Access::Field(..) => {
                // View All Fields is a permission of the object.
                let object = key.split('.').next().unwrap_or_default();
                self.row("ObjectPermissions", format!("object {object}"));
                self.row("FieldPermissions", format!("field {key}"));
            }
            Access::PermissionSet(_) => {
                self.row("PermissionSet", format!("permission set {key}"));
                self.component("PermissionSet", key);
            }
        }
    }

    fn seats(&mut self, key: &str) {
        self.row("UserLicense", format!("the licence {key}"));
        self.row("PermissionSetLicense", format!("the licence {key}"));
    }

    fn caller(&mut self) {
        for object in ["User", "PermissionSetAssignment", "PermissionSetGroupComponent"] {
            self.row(object, CALLER);
        }
    }
}

fn organization(of: OrganizationFact) -> &'static str {
    match of {
        OrganizationFact::Edition => "edition",
        OrganizationFact::ApiAccess => "edition, for API access",
        OrganizationFact::IsSandbox => "whether it is a sandbox",
        OrganizationFact::IsTrial => "whether it is a trial",
    }
}
