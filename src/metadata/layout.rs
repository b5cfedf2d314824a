//! Where a component stands in a folder, in metadata format and in source format.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::ComponentId;
use super::full_name::{api_full_name, canonical_full_name};
use super::percent::plain;
use super::registry::{self, wsdl};

/// Returns where a component's XML stands in metadata format: `profiles/Admin.profile`, beside a
/// file of content `classes/Lamp.cls-meta.xml`; none for a type whose folder is not known.
pub fn metadata_path(id: &ComponentId) -> Option<String> {
    metadata_path_of(id, &api_full_name(id))
}

/// The same where the name is spelled in a way of its own, see [`spelled`].
pub fn metadata_path_of(id: &ComponentId, written: &str) -> Option<String> {
    let row = registry::find_component(&id.type_name, &id.full_name)?;
    if row.folder.is_empty() || row.suffix.is_empty() {
        return None;
    }
    let path = format!("{}/{}.{}", row.folder, written, row.suffix);
    let beside_content = wsdl::find(row.name).is_some_and(|told| told.place.beside_content);
    Some(if beside_content { path + META } else { path })
}

/// Returns how a file spells the name of the component in it, where that is another spelling than
/// [`api_full_name`]: Salesforce writes some signs in two ways, and which it takes back only the
/// file tells.
pub fn spelled(file: &str, id: &ComponentId) -> Option<String> {
    let name = file.rsplit('/').next()?;
    let stem = name.strip_suffix(META).unwrap_or(name).rsplit_once('.')?.0;
    let own = api_full_name(id);
    // A name that leads out of its folder is not made one that does not.
    let is_safe = !own.contains(['/', '\\', '\0']);
    let is_it = is_safe && stem != own && plain(stem) == id.full_name;
    is_it.then(|| stem.to_owned())
}

/// Writes a system's path with `/`, as names in snapshots, answers and git have it. `separator` is
/// the system's: a `\` is part of a name where that is `/`. What Windows puts before the whole path
/// of a disk or of a share (`\\?\`) is left out.
pub fn with_slashes(path: &str, separator: char) -> String {
    if separator != '\\' {
        return path.to_owned();
    }
    let path = match path.strip_prefix(r"\\?\") {
        Some(whole) => {
            whole.strip_prefix(r"UNC\").map_or(whole.to_owned(), |share| format!(r"\\{share}"))
        }
        None => path.to_owned(),
    };
    path.replace('\\', "/")
}

/// The rest of a path below a folder, both with `/`; none for the folder itself and what is not
/// below it.
pub fn below<'p>(path: &'p str, folder: &str) -> Option<&'p str> {
    let folder = folder.strip_suffix('/').unwrap_or(folder);
    path.strip_prefix(folder)?.strip_prefix('/').filter(|rest| !rest.is_empty())
}

/// What ends the name of an XML file in source format, and beside a file of content.
const META: &str = "-meta.xml";

/// Returns where a component stands in a package folder of source format:
/// `profiles/Admin.profile-meta.xml`.
pub fn source_path(id: &ComponentId) -> Option<String> {
    metadata_path(id).map(|path| if path.ends_with(META) { path } else { path + META })
}

/// Says which component a path names; none where it is of no type whose files are known.
///
/// In metadata format the folder says the type. In source format the suffix does, in whatever
/// folder the file stands; only where types share a suffix, or a component has a folder of its own
/// (`objects/Account/Account.object-meta.xml`), the folders above it count too.
pub fn component_of(path: &str) -> Option<ComponentId> {
    let (folders, file) = path.rsplit_once('/').unwrap_or(("", path));
    match file.strip_suffix(META) {
        Some(file) => by_suffix(folders, file),
        None => by_folder(folders, file),
    }
}

fn by_folder(folders: &str, file: &str) -> Option<ComponentId> {
    let folder = folders.rsplit('/').next()?;
    registry::files_in(folder).iter().filter(|sort| !sort.beside_content).find_map(|sort| {
        let stem = file.strip_suffix(sort.row.suffix)?.strip_suffix('.')?;
        named(sort.row.name, stem)
    })
}

fn by_suffix(folders: &str, file: &str) -> Option<ComponentId> {
    let (stem, suffix) = file.rsplit_once('.')?;
    let sorts = registry::files_of(suffix);
    let above: Vec<&str> = folders.rsplit('/').collect();
    let nearest = above
        .iter()
        .find_map(|folder| sorts.iter().find(|sort| sort.row.folder == *folder))
        .or_else(|| sorts.iter().find(|sort| !sort.is_strict()))?;
    let stands_there = above.first().is_some_and(|folder| {
        *folder == nearest.row.folder || (*folder == stem && above.contains(&nearest.row.folder))
    });
    let is_it = !nearest.is_strict() || stands_there;
    is_it.then(|| named(nearest.row.name, stem)).flatten()
}

fn named(type_name: &str, stem: &str) -> Option<ComponentId> {
    (!stem.is_empty()).then(|| ComponentId::new(type_name, canonical_full_name(type_name, stem)))
}

/// Returns what stands before the folder of a component's type in its path, with the slash;
/// nothing where that folder is not on the way.
pub fn base_of(path: &str) -> Option<&str> {
    let row = registry::find(&component_of(path)?.type_name)?;
    let folders = path.rsplit_once('/')?.0;
    let at = folders.rmatch_indices(row.folder).map(|(at, _)| at).find(|at| {
        let end = at + row.folder.len();
        (*at == 0 || folders.as_bytes()[at - 1] == b'/')
            && (end == folders.len() || folders.as_bytes()[end] == b'/')
    })?;
    Some(&path[..at])
}

/// The folders of the types that have a suffix, be they read or not, by the suffix in small
/// letters.
static FOLDERS_OF_SUFFIX: LazyLock<BTreeMap<String, Vec<&str>>> = LazyLock::new(|| {
    let mut folders: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for place in wsdl::all().iter().map(|told| told.place).filter(|one| !one.suffix.is_empty()) {
        folders.entry(place.suffix.to_ascii_lowercase()).or_default().push(place.folder);
    }
    folders
});

/// Says whether a path looks like that of a file of metadata, be it of a sort that is not read: it
/// ends as files of source format do, or stands below the folder of its suffix. So does a copy that
/// has more behind that (`.bak`, `.dup`), or another case.
pub fn is_metadata(path: &str) -> bool {
    let (folders, file) = path.rsplit_once('/').unwrap_or(("", path));
    let file = file.to_ascii_lowercase();
    if file.contains(META) {
        return true;
    }
    let is_there = |suffix: &str| {
        let places = FOLDERS_OF_SUFFIX.get(suffix).map(Vec::as_slice).unwrap_or_default();
        folders.split('/').any(|folder| places.contains(&folder))
    };
    file.split('.').skip(1).any(is_there)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_name_components_in_both_formats() {
        for (path, expected) in [
            ("profiles/Admin.profile", "Profile:Admin"),
            (
                "unpackaged/profiles/Force%2Ecom - Free User.profile",
                "Profile:Force.com - Free User",
            ),
            ("force-app/main/default/connectedApps/A.connectedApp-meta.xml", "ConnectedApp:A"),
            (
                "extlClntAppOauthPolicies/A_oauthPlcy.ecaOauthPlcy",
                "ExtlClntAppOauthConfigurablePolicies:A_oauthPlcy",
            ),
            ("settings/Security.settings", "Settings:Security"),
            ("objects/Account.object", "CustomObject:Account"),
            ("classes/Lamp.cls-meta.xml", "ApexClass:Lamp"),
            ("remoteSiteSettings/Acme.remoteSite", "RemoteSiteSetting:Acme"),
        ] {
            assert_eq!(
                component_of(path).map(|id| id.to_string()).as_deref(),
                Some(expected),
                "{path}"
            );
        }
        for path in [
            "Admin.profile",
            "profiles/Admin.txt",
            "profiles/.profile",
            "other/Admin.profile",
            "classes/Lamp.cls",
            "objects/Account/fields/A__c.field-meta.xml",
            "lwc/lamp/lamp.js-meta.xml",
        ] {
            assert_eq!(component_of(path), None, "{path}");
        }
    }

    #[test]
    fn in_source_format_the_suffix_says_the_type_in_any_folder() {
        for (path, expected) in [
            ("permissionsets/sales/A.permissionset-meta.xml", Some("PermissionSet:A")),
            ("permissionsets/A/A.permissionset-meta.xml", Some("PermissionSet:A")),
            ("sales/A.permissionset-meta.xml", Some("PermissionSet:A")),
            ("Admin.profile-meta.xml", Some("Profile:Admin")),
            ("x/objects/Account/Account.object-meta.xml", Some("CustomObject:Account")),
            ("objects/sales/Account/Account.object-meta.xml", Some("CustomObject:Account")),
            ("x/sales/Account/Account.object-meta.xml", None),
            ("objects/sales/Account.object-meta.xml", None),
            ("objects/Account/fields/A.field-meta.xml", None),
            ("x/Main.site-meta.xml", None),
            ("sites/Main.site-meta.xml", Some("CustomSite:Main")),
            ("siteDotComSites/Main.site-meta.xml", Some("SiteDotCom:Main")),
            ("x/Security.settings-meta.xml", Some("Settings:Security")),
            ("permissionsets/sales/A.permissionset", None),
        ] {
            let found = component_of(path).map(|id| id.to_string());
            assert_eq!(found.as_deref(), expected, "{path}");
        }
    }

    #[test]
    fn what_is_not_read_may_be_metadata_all_the_same() {
        for (path, expected) in [
            ("permissionsets/sales/A.permissionset", true),
            ("permissionsets/A.Permissionset", true),
            ("permissionsets/A.permissionset.bak", true),
            ("x/A.permissionset-meta.xml.dup", true),
            ("x/A.PERMISSIONSET-META.XML", true),
            ("reports/Sales/Pipeline.report", true),
            ("lwc/lamp/lamp.js-meta.xml", true),
            ("lwc/lamp/lamp.js", false),
            ("README.md", false),
        ] {
            assert_eq!(is_metadata(path), expected, "{path}");
        }
        assert_eq!(
            base_of("app/main/permissionsets/x/A.permissionset-meta.xml"),
            Some("app/main/")
        );
        assert_eq!(base_of("permissionsets/A.permissionset"), Some(""));
        assert_eq!(base_of("sales/A.permissionset-meta.xml"), None);
    }

    #[test]
    fn the_spelling_of_a_file_is_kept_where_it_is_another() {
        let id = ComponentId::new("Profile", "Vertrieb \u{a7} 12");
        let written = "Vertrieb %C2%A7 12";
        let of = |file: &str| spelled(file, &id);
        assert_eq!(of(&format!("a/profiles/{written}.profile")).as_deref(), Some(written));
        assert_eq!(of(&format!("{written}.profile-meta.xml")).as_deref(), Some(written));
        assert_eq!(of("profiles/Vertrieb \u{a7} 12.profile"), None);
        assert_eq!(of("profiles/Other.profile"), None);
        assert_eq!(metadata_path_of(&id, written).unwrap(), format!("profiles/{written}.profile"));
        let admin = ComponentId::new("Profile", "Admin");
        assert_eq!(spelled("profiles/System Administrator.profile", &admin), None);
    }

    #[test]
    fn a_component_has_its_path() {
        let profile = ComponentId::new("Profile", "Force.com - Free User");
        assert_eq!(metadata_path(&profile).unwrap(), "profiles/Force%2Ecom - Free User.profile");
        assert_eq!(
            source_path(&ComponentId::new("Settings", "Security")).unwrap(),
            "settings/Security.settings-meta.xml"
        );
        let class = ComponentId::new("ApexClass", "Lamp");
        assert_eq!(metadata_path(&class).unwrap(), "classes/Lamp.cls-meta.xml");
        assert_eq!(source_path(&class), metadata_path(&class));
        assert_eq!(metadata_path(&ComponentId::new("LightningComponentBundle", "x")), None);
    }

    #[test]
    fn paths_of_either_system_are_written_with_slashes() {
        for (path, separator, written) in [
            ("org/profiles/Admin.profile", '/', "org/profiles/Admin.profile"),
            (r"org/a\b.profile", '/', r"org/a\b.profile"),
            ("", '\\', ""),
            (r"org\profiles\Admin.profile", '\\', "org/profiles/Admin.profile"),
            (r"org/profiles\Admin.profile", '\\', "org/profiles/Admin.profile"),
            (r"C:\work\org", '\\', "C:/work/org"),
            (r"\\?\C:\work\org", '\\', "C:/work/org"),
            (r"\\?\UNC\server\share\org", '\\', "//server/share/org"),
            (r"\\server\share\org", '\\', "//server/share/org"),
        ] {
            assert_eq!(with_slashes(path, separator), written, "{path}");
        }
    }

    #[test]
    fn what_is_below_a_folder_is_told_from_what_begins_like_it() {
        for (path, folder, rest) in [
            ("C:/work/org/a.xml", "C:/work/org", Some("a.xml")),
            ("C:/work/org/a/b.xml", "C:/work/org/", Some("a/b.xml")),
            ("/a.xml", "/", Some("a.xml")),
            ("C:/work/organ/a.xml", "C:/work/org", None),
            ("C:/work/org", "C:/work/org", None),
            ("C:/work/org/", "C:/work/org", None),
            ("D:/work/org/a.xml", "C:/work/org", None),
        ] {
            assert_eq!(below(path, folder), rest, "{path}");
        }
    }
}
