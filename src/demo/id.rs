//! Ids of records: fifteen letters and digits, or these and three check characters; and how an org
//! refuses what is none (S 6.8).

use super::refusal::{Refusal, refuse};

/// Adds the three check characters to an id of 15: each says which of five characters are capitals.
pub(crate) fn id18(id15: &str) -> String {
    let bytes = &id15.as_bytes()[..15];
    let mut out = id15[..15].to_owned();
    for part in bytes.chunks(5) {
        let mut bits = 0;
        for (at, byte) in part.iter().enumerate() {
            if byte.is_ascii_uppercase() {
                bits |= 1 << at;
            }
        }
        out.push(char::from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"[bits]));
    }
    out
}

/// Whether a text can be an id: of 18 characters the last three must agree with the others.
pub(crate) fn is_id(text: &str) -> bool {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_plain && (text.len() == 15 || (text.len() == 18 && id18(text) == text))
}

/// Whether two ids mean the same record: 15 and 18 characters do.
pub(crate) fn same_id(one: &str, other: &str) -> bool {
    one == other || (is_id(one) && is_id(other) && one.get(..15) == other.get(..15))
}

/// Looks at an id that a row names in a field: one that is none and one of another object's have
/// words of their own, and so has one that nothing has. `label` is the field's in Setup.
pub(crate) fn reference(label: &str, id: &str, prefixes: &[&str]) -> Result<(), Refusal> {
    let code = if !is_id(id) {
        "MALFORMED_ID"
    } else if !prefixes.iter().any(|prefix| id.starts_with(prefix)) {
        "FIELD_INTEGRITY_EXCEPTION"
    } else {
        return Ok(());
    };
    Err(refuse(code, format!("{label}: id value of incorrect type: {id}")))
}

/// The refusal of an id that could be one and that nothing has.
pub(crate) fn unknown() -> Refusal {
    refuse("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id")
}

/// Looks at the id of a job. What an org says to one that is no id no source has: the words are the
/// demo org's own.
pub(crate) fn of_job(id: &str) -> Result<(), Refusal> {
    if is_id(id) { Ok(()) } else { Err(refuse("MALFORMED_ID", format!("bad id {id}"))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_checked() {
        assert_eq!(id18("00DWs0000008Dem"), "00DWs0000008DemMAE");
        assert!(same_id("00DWs0000008Dem", "00DWs0000008DemMAE"));
        for wrong in ["", "00D", "00DWs0000008DemMAF", "00dws0000008demmae", "00DWs0000008De-"] {
            assert!(!is_id(wrong), "{wrong}");
            assert!(!same_id("00DWs0000008Dem", wrong), "{wrong}");
        }
    }

    #[test]
    fn a_reference_says_what_is_wrong_with_it() {
        let code = |id: &str| reference("Assignee ID", id, &["005"]).map_err(|wrong| wrong.code);
        assert_eq!(code("005Ws0000000001"), Ok(()));
        assert_eq!(code("005"), Err("MALFORMED_ID"));
        assert_eq!(code("00DWs0000008DemMAE"), Err("FIELD_INTEGRITY_EXCEPTION"));
    }
}
