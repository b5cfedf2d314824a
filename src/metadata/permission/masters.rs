//! What the permissions of a detail need of its master, by the objects' own files (S 3.6).

use crate::metadata::ComponentSet;

use super::{Dependency, Permission};

/// Reads which objects are details of which: Read and Read All on a detail need the same on its
/// master. What else a detail's permissions need follows, for each of them needs Read.
pub fn masters(components: &ComponentSet) -> Vec<Dependency> {
    let mut found = Vec::new();
    for object in components.of_type("CustomObject") {
        let fields = object.document.root().children_named("fields");
        let details =
            fields.filter(|field| field.child_text("type").as_deref() == Some("MasterDetail"));
        for master in details.filter_map(|field| field.child_text("referenceTo")) {
            found.extend(["allowRead", "viewAllRecords"].map(|flag| Dependency {
                permission: Permission::object(&object.id.full_name, flag),
                requires: Permission::object(master.trim(), flag),
            }));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::close;
    use super::*;
    use crate::metadata::document::Document;
    use crate::metadata::{Component, ComponentId, Requested};

    #[test]
    fn what_a_detail_needs_goes_up_the_chain() {
        let mut set = ComponentSet::new(Requested::Unknown);
        let mut object = |name: &str, kind: &str, to: &str| {
            let text = format!(
                "<CustomObject xmlns=\"http://soap.sforce.com/2006/04/metadata\"><fields>\
                 <fullName>Of__c</fullName><referenceTo>{to}</referenceTo><type>{kind}</type>\
                 </fields></CustomObject>"
            );
            let document = Document::parse(text.into_bytes()).unwrap();
            let id = ComponentId::new("CustomObject", name);
            set.insert(Component { id, document, file: String::new() });
        };
        object("Line__c", "MasterDetail", "Invoice__c");
        object("Invoice__c", "MasterDetail", "Account");
        object("Note__c", "Lookup", "Account");
        let graph = masters(&set);
        let needed = |object: &str, flag| {
            let all = close(&[Permission::object(object, flag)], &|_| false, &graph);
            all.into_iter().map(|(permission, _)| permission.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(needed("Line__c", "allowRead"), ["Read on Account", "Read on Invoice__c"]);
        assert!(needed("Line__c", "allowCreate").contains(&"Read on Account".to_owned()));
        assert!(
            needed("Line__c", "viewAllRecords").contains(&"viewAllRecords on Account".to_owned())
        );
        assert_eq!(needed("Note__c", "allowRead"), [""; 0]);
    }
}
