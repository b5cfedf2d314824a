//! The row of `Profile` (S 3; Metadata API guide, `meta_profile.htm`).
//!
//! A retrieve brings only the entries whose companions are named in the same request; user
//! permissions, login hours and login IP ranges come always (S 3.2). An entry that was asked for
//! and is not there grants nothing, so its flags are false: that is what [`super::Absent::Flag`]
//! says below. Two sorts of entry are never returned though they may grant something, required
//! fields (30.0 and up) and what the caller may not see; who reads the rows must allow for them.

use super::row::{
    choice, flag, group, of_type, off, section, section_in_any_case, section_with, set, text,
    values,
};
use super::{Companion, DeployRule, Field, MetadataType, Odd, Said, SetForm};

pub(super) static PROFILE: MetadataType =
    of_type("Profile", "profiles", "profile", 10, DeployRule::Overlay, FIELDS).odd(Odd {
        // A new profile that does not say so is refused (S 3.4).
        made_with: &[("custom", Said::Text("true"))],
        one_way: "a profile that a user is on by then cannot be deleted; move the user first",
        grants: true,
        ..Odd::NOTHING
    });

const FIELDS: &[Field] = &[
    section_with(Companion::Type("Bot"), "agentAccesses", &["agentName"], AGENT).since(63),
    section_with(
        Companion::Type("CustomApplication"),
        "applicationVisibilities",
        &["application"],
        &[text("application"), off("default"), off("visible")],
    ),
    section_with(
        Companion::Type("DataCategoryGroup"),
        "categoryGroupVisibilities",
        &["dataCategoryGroup"],
        &[
            set("dataCategories", SetForm::Repeated),
            text("dataCategoryGroup"),
            choice("visibility", &values(["ALL", "NONE", "CUSTOM"])),
        ],
    )
    .since(41),
    section_with(Companion::Type("ApexClass"), "classAccesses", &["apexClass"], APEX_CLASS),
    flag("custom").since(30),
    section_with(Companion::Object, "customMetadataTypeAccesses", &["name"], NAMED).since(47),
    section_with(Companion::Type("CustomPermission"), "customPermissions", &["name"], NAMED)
        .since(31),
    section_with(Companion::Object, "customSettingAccesses", &["name"], NAMED).since(47),
    text("description").since(30),
    section_with(
        Companion::Type("ExternalDataSource"),
        "externalDataSourceAccesses",
        &["externalDataSource"],
        &[off("enabled"), text("externalDataSource")],
    )
    .since(27),
    section_with(
        Companion::Field,
        "fieldPermissions",
        &["field"],
        &[off("editable"), text("field"), off("hidden").until(23), off("readable").since(23)],
    ),
    section_with(
        Companion::Type("Flow"),
        "flowAccesses",
        &["flow"],
        &[off("enabled"), text("flow")],
    )
    .since(47),
    section("genComputingSummaryDefAccesses", &["configName"], COMPUTING),
    section_with(
        Companion::Layout,
        "layoutAssignments",
        &["layout", "recordType"],
        &[text("layout"), text("recordType")],
    ),
    section("loginFlows", &["friendlyName", "uiLoginFlowType"], LOGIN_FLOW).since(51).sent_whole(),
    group("loginHours", LOGIN_HOURS).since(25),
    section(
        "loginIpRanges",
        &["startAddress", "endAddress"],
        &[text("description").since(31), text("endAddress"), text("startAddress")],
    )
    .since(17)
    .sent_whole(),
    // An object without any access gives no entry at all, one with allowRead false neither (28.0
    // and up).
    section_with(Companion::Object, "objectPermissions", &["object"], OBJECT),
    section_with(
        Companion::Type("ApexPage"),
        "pageAccesses",
        &["apexPage"],
        &[text("apexPage"), off("enabled")],
    ),
    section(
        "profileActionOverrides",
        &["actionName", "pageOrSobjectType", "formFactor", "recordType"],
        ACTION_OVERRIDE,
    )
    .since(37)
    .until(45),
    section_with(
        Companion::RecordType,
        "recordTypeVisibilities",
        &["recordType"],
        &[off("default"), off("personAccountDefault"), text("recordType"), off("visible")],
    ),
    section_with(
        Companion::Type("ServicePresenceStatus"),
        "servicePresenceStatusAccesses",
        &["servicePresenceStatus"],
        &[off("enabled"), text("servicePresenceStatus")],
    )
    .since(64),
    section_with(
        Companion::Tab,
        "tabVisibilities",
        &["tab"],
        &[
            text("tab"),
            // From 37.0 on `Hidden` is always returned, so that an absent tab was not asked for, or
            // is unknown to the org: no default.
            choice("visibility", &values(["DefaultOn", "DefaultOff", "Hidden"])),
        ],
    ),
    text("userLicense").since(17),
    // Only those that are enabled are returned (29.0 and up).
    section_in_any_case("userPermissions", &["name"], NAMED),
];

const AGENT: &[Field] = &[text("agentName"), off("enabled")];
const APEX_CLASS: &[Field] = &[text("apexClass"), off("enabled")];
const NAMED: &[Field] = &[off("enabled"), text("name")];

/// In the newest WSDL only (S 3.1).
const COMPUTING: &[Field] = &[text("configName"), off("enabled")];

/// Older files spell `flowtype` and `friendlyname`; names of elements are matched without case
/// where the right case is not there.
const LOGIN_FLOW: &[Field] = &[
    text("flow"),
    choice("flowType", &values(["UI"])),
    text("friendlyName"),
    choice("uiLoginFlowType", &values(["VisualWorkflow", "VisualForce"])),
    flag("useLightningRuntime"),
    text("vfFlowPage"),
    text("vfFlowPageTitle"),
];

/// Minutes since midnight. A day without both is open all day; the whole element is removed by an
/// empty one.
const LOGIN_HOURS: &[Field] = &[
    text("fridayEnd"),
    text("fridayStart"),
    text("mondayEnd"),
    text("mondayStart"),
    text("saturdayEnd"),
    text("saturdayStart"),
    text("sundayEnd"),
    text("sundayStart"),
    text("thursdayEnd"),
    text("thursdayStart"),
    text("tuesdayEnd"),
    text("tuesdayStart"),
    text("wednesdayEnd"),
    text("wednesdayStart"),
];

/// The flags of an object, shared with permission sets.
pub(super) const OBJECT: &[Field] = &[
    off("allowCreate").label("Create"),
    off("allowDelete").label("Delete"),
    off("allowEdit").label("Edit"),
    off("allowRead").label("Read"),
    off("modifyAllRecords").label("Modify All Records"),
    text("object"),
    off("viewAllFields").since(63).label("View All Fields"),
    off("viewAllRecords").label("View All Records"),
];

const ACTION_OVERRIDE: &[Field] = &[
    text("actionName"),
    text("content"),
    choice("formFactor", &values(["Small", "Medium", "Large"])),
    text("pageOrSobjectType"),
    text("recordType"),
    choice(
        "type",
        &values([
            "Default",
            "Standard",
            "Scontrol",
            "Visualforce",
            "Flexipage",
            "LightningComponent",
        ]),
    ),
];
