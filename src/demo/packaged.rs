//! What belongs to an installed package: its permission sets can be assigned, not changed. The words
//! of the refusal are the demo org's own; the code is the WSDL's `CANNOT_MODIFY_MANAGED_OBJECT`.

use super::state::{Org, component_id, string};

impl Org {
    /// The namespace of the installed package that a permission set belongs to.
    pub(crate) fn namespace<'a>(&self, type_name: &str, full_name: &'a str) -> Option<&'a str> {
        let (namespace, _) = full_name.split_once("__").filter(|_| type_name == "PermissionSet")?;
        let installed = self.records.get("InstalledSubscriberPackage").into_iter().flatten();
        let mut packages = installed.filter_map(|row| row.get("SubscriberPackage")?.as_object());
        packages.any(|package| string(package, "NamespacePrefix") == namespace).then_some(namespace)
    }

    /// A component's name without the namespace of its package.
    pub(crate) fn own_name<'a>(&self, type_name: &str, full_name: &'a str) -> &'a str {
        match self.namespace(type_name, full_name) {
            Some(namespace) => &full_name[namespace.len() + 2..],
            None => full_name,
        }
    }

    /// Why a component cannot be changed or deleted, where a package owns it.
    pub(crate) fn owned_by_package(&self, type_name: &str, full_name: &str) -> Option<String> {
        self.namespace(type_name, full_name)?;
        let id = component_id(type_name, full_name);
        Some(format!("Cannot modify managed object: entity={type_name}, component={id}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_of_an_installed_package_has_its_namespace_and_others_have_none() {
        let org = Org::seeded("x");
        let set = "beacon__Beacon_Reader";
        assert!(org.has("PermissionSet", set));
        assert_eq!(org.namespace("PermissionSet", set), Some("beacon"));
        assert_eq!(org.own_name("PermissionSet", set), "Beacon_Reader");
        let installed = org.component("InstalledPackage", "beacon").unwrap();
        let row = &org.records["InstalledSubscriberPackage"][0];
        assert_eq!(row["SubscriberPackage"]["NamespacePrefix"], "beacon");
        let version = &row["SubscriberPackageVersion"];
        let version = format!("{}.{}", version["MajorVersion"], version["MinorVersion"]);
        assert_eq!(installed.get("versionNumber"), Some(version.as_str()));
        assert_eq!(org.namespace("PermissionSet", "lamp__Reader"), None, "no such package");
        assert_eq!(org.own_name("PermissionSet", "Warehouse_Sync"), "Warehouse_Sync");
    }
}
