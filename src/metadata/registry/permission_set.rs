//! The rows of `PermissionSet` and `PermissionSetGroup` (S 4; Metadata API guide,
//! `meta_permissionset.htm`, `meta_permissionsetgroup.htm`).
//!
//! Since 40.0 a retrieve brings everything and a deploy replaces everything, so that no entry needs
//! a companion (S 4.1).

use super::profile::OBJECT;
use super::row::{
    choice, flag, group, of_type, off, section, section_in_any_case, set, text, value, values,
};
use super::{DeployRule, Field, MetadataType, Odd, Portability, Said, SetForm};

pub(super) static PERMISSION_SET: MetadataType =
    of_type("PermissionSet", "permissionsets", "permissionset", 22, DeployRule::Replace, FIELDS)
        .odd(Odd { made_with: &[("label", Said::Name)], grants: true, ..Odd::NOTHING });

pub(super) const FIELDS: &[Field] = &[
    section_in_any_case("agentAccesses", &["agentName"], &[text("agentName"), off("enabled")])
        .since(63),
    section_in_any_case(
        "applicationVisibilities",
        &["application"],
        &[text("application"), off("visible")],
    ),
    section_in_any_case("classAccesses", &["apexClass"], &[text("apexClass"), off("enabled")]),
    section_in_any_case("customMetadataTypeAccesses", &["name"], NAMED).since(47),
    section_in_any_case("customPermissions", &["name"], NAMED).since(31),
    section_in_any_case("customSettingAccesses", &["name"], NAMED).since(47),
    // The entry itself gives the data space; what its flags say comes on top.
    section("dataspaceScopes", &["dataspaceScope"], DATASPACE).counts_itself(),
    text("description").label("Description"),
    section("emailRoutingAddressAccesses", &["name"], NAMED).since(62),
    // In the newest WSDL only (S 4.1).
    group("enrichments", ENRICHMENTS),
    section(
        "externalCredentialPrincipalAccesses",
        &["externalCredentialPrincipal"],
        &[off("enabled"), text("externalCredentialPrincipal")],
    )
    .since(59),
    section_in_any_case(
        "externalDataSourceAccesses",
        &["externalDataSource"],
        &[off("enabled"), text("externalDataSource")],
    ),
    // Only fields that are granted are returned (54.0 and up), and none of an object with
    // viewAllFields.
    section_in_any_case(
        "fieldPermissions",
        &["field"],
        &[off("editable"), text("field"), off("readable")],
    ),
    section_in_any_case("flowAccesses", &["flow"], &[off("enabled"), text("flow")]).since(47),
    section(
        "genComputingSummaryDefAccesses",
        &["configName"],
        &[text("configName"), off("enabled")],
    ),
    // A deploy replaces the whole set, and one without it needs no activation.
    off("hasActivationRequired").since(37).label("Session Activation Required"),
    text("label").label("Label"),
    text("license").since(38).label("License"),
    section_in_any_case("objectPermissions", &["object"], OBJECT),
    section_in_any_case("pageAccesses", &["apexPage"], &[text("apexPage"), off("enabled")]),
    section_in_any_case(
        "recordTypeVisibilities",
        &["recordType"],
        &[text("recordType"), off("visible")],
    ),
    section_in_any_case(
        "servicePresenceStatusAccesses",
        &["servicePresenceStatus"],
        &[off("enabled"), text("servicePresenceStatus")],
    )
    .since(64),
    section_in_any_case(
        "tabSettings",
        &["tab"],
        &[
            text("tab"),
            // Not a profile's words. Older API versions list every tab, newer ones those that are
            // shown (sfpowerkit#292): an absent tab is `None`.
            choice("visibility", &values(["Available", "None", "Visible"])).else_text("None"),
        ],
    ),
    text("userLicense").until(38).label("License"),
    section_in_any_case("userPermissions", &["name"], NAMED),
];

const NAMED: &[Field] = &[off("enabled"), text("name")];

/// What an org's assistant wrote about a set or a group. The two around the text stood in an older
/// WSDL and do no longer.
const ENRICHMENTS: &[Field] = &[group(
    "aiDescriptor",
    &[text("accuracyScore"), text("enrichedDescription"), flag("skipEnrichment")],
)];

/// Not in the WSDL of 63.0; the names are those of a retrieved file.
const DATASPACE: &[Field] = &[
    off("customizeActivationDefinitions"),
    off("customizeAllDefinitions"),
    off("customizeCalculatedInsightDefinitions"),
    off("customizeDataActionDefinitions"),
    off("customizeDataApplicationDefinitions"),
    off("customizeDataObjSecondaryIndexDefinitions"),
    off("customizeDataShareDefinitions"),
    off("customizeFTestDataspaceScopedDefinition"),
    off("customizeIdentityResolutionDefinitions"),
    off("customizeMLPredictionDefinitions"),
    off("customizeSegmentationDefinitions"),
    off("customizeSemanticSearchDefinitions"),
    text("dataAccessLevel"),
    text("dataspaceScope"),
    text("objectAccessLevel"),
    off("viewActivationDefinitions"),
    off("viewCalculatedInsightDefinitions"),
    off("viewDataActionDefinitions"),
    off("viewDataApplicationDefinitions"),
    off("viewDataObjSecondaryIndexDefinitions"),
    off("viewDataShareDefinitions"),
    off("viewFTestDataspaceScopedDefinition"),
    off("viewIdentityResolutionDefinitions"),
    off("viewMLPredictionDefinitions"),
    off("viewSegmentationDefinitions"),
    off("viewSemanticSearchDefinitions"),
];

pub(super) static PERMISSION_SET_GROUP: MetadataType = of_type(
    "PermissionSetGroup",
    "permissionsetgroups",
    "permissionsetgroup",
    45,
    DeployRule::Replace,
    &[
        text("description").label("Description"),
        // In the newest WSDL only.
        group("enrichments", ENRICHMENTS),
        off("hasActivationRequired").since(53).label("Session Activation Required"),
        text("label").label("Label"),
        set("mutingPermissionSets", SetForm::Repeated).since(46),
        set("permissionSets", SetForm::Repeated),
        // Effective access lags until it is `Updated`.
        // How far the org is with counting the group out (S 4.2): nothing that anybody sets.
        choice(
            "status",
            &[value("Updated"), value("Outdated"), value("Updating"), value("Failed")],
        )
        .portability(Portability::Never),
    ],
);
