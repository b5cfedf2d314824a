//! What Change Data Capture calls the changes of an object, and the members of its channels.

/// Returns the change event of an object (S 5): `Account` gives `AccountChangeEvent`, `Invoice__c`
/// gives `Invoice__ChangeEvent`; a change event gives itself.
pub fn change_event(object: &str) -> String {
    if object.ends_with("ChangeEvent") {
        return object.to_owned();
    }
    match object.strip_suffix("__c") {
        Some(name) => format!("{name}__ChangeEvent"),
        None => format!("{object}ChangeEvent"),
    }
}

/// The type of what selects an object for a channel of changes; its names are made of objects'
/// names, and are none that a person writes.
pub const CHANNEL_MEMBER: &str = "PlatformEventChannelMember";

/// Returns the change event of an object as the name of a `PlatformEventChannelMember` has it, in
/// which two underscores would end a namespace (S 5): `Invoice__c` gives `Invoice_ChangeEvent`.
pub fn member_name(object: &str) -> String {
    change_event(object).replace("__", "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_objects_change_event_is_named_after_it() {
        for (object, event, member) in [
            ("Account", "AccountChangeEvent", "AccountChangeEvent"),
            ("Invoice__c", "Invoice__ChangeEvent", "Invoice_ChangeEvent"),
            ("acme__Thing__c", "acme__Thing__ChangeEvent", "acme_Thing_ChangeEvent"),
            ("AccountChangeEvent", "AccountChangeEvent", "AccountChangeEvent"),
        ] {
            assert_eq!((change_event(object), member_name(object)), (event.into(), member.into()));
        }
    }
}
