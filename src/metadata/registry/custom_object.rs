//! The row of `CustomObject`, which is here as a companion: naming an object brings its permissions
//! into a profile (S 3.2).

use super::row::other;
use super::{ApiVersion, DeployRule, MetadataType};

/// `*` brings custom objects only; standard ones must be named (S 3.2). No field of it is checked.
pub(super) static CUSTOM_OBJECT: MetadataType = MetadataType {
    since: Some(ApiVersion(10)),
    deploy: DeployRule::Overlay,
    ..other("CustomObject", "objects", "object")
};
