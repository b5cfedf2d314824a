//! Two states of an invented org with a key of what differs; the same each time.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

/// What is generated.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) profiles: usize,
    /// The size of a profile; 0 for a tenth of a megabyte.
    pub(crate) megabytes: usize,
    pub(crate) apps: usize,
    pub(crate) sets: usize,
    pub(crate) is_shuffled: bool,
    pub(crate) is_crlf: bool,
    pub(crate) is_indented: bool,
    pub(crate) is_all_different: bool,
}

impl Default for Shape {
    fn default() -> Self {
        Self {
            profiles: 100,
            megabytes: 3,
            apps: 25,
            sets: 40,
            is_shuffled: false,
            is_crlf: false,
            is_indented: false,
            is_all_different: false,
        }
    }
}

/// Numbers that look like chance and are none.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % bound.max(1)
    }
}

/// An entry: its section, its key, its flags.
#[derive(Clone)]
struct Entry {
    section: &'static str,
    key_name: &'static str,
    key: String,
    flags: Vec<(&'static str, bool)>,
}

fn entries(chance: &mut Chance, bytes: usize) -> Vec<Entry> {
    let mut all = Vec::new();
    let fields = bytes / 195;
    for number in 0..fields / 6 {
        let key = format!("Class{number:06}");
        all.push(Entry {
            section: "classAccesses",
            key_name: "apexClass",
            key,
            flags: vec![("enabled", chance.below(2) == 0 || number % 7 == 0)],
        });
    }
    for number in 0..fields {
        let key = format!("Object{:04}__c.Field{number:06}__c", number / 60);
        all.push(Entry {
            section: "fieldPermissions",
            key_name: "field",
            key,
            flags: vec![("editable", chance.below(2) == 0), ("readable", true)],
        });
    }
    for number in 0..fields / 60 {
        let flags = ["allowCreate", "allowDelete", "allowEdit"]
            .map(|name| (name, chance.below(2) == 0))
            .to_vec();
        let rest = [
            ("allowRead", true),
            ("modifyAllRecords", false),
            ("viewAllFields", false),
            ("viewAllRecords", false),
        ];
        let key = format!("Object{number:04}__c");
        all.push(Entry {
            section: "objectPermissions",
            key_name: "object",
            key,
            flags: flags.into_iter().chain(rest).collect(),
        });
    }
    for number in 0..200 {
        all.push(Entry {
            section: "userPermissions",
            key_name: "name",
            key: format!("Permission{number:04}"),
            flags: vec![("enabled", true)],
        });
    }
    all
}

fn write(root: &str, head: &str, entries: &[Entry], unit: &str, line: &str) -> Vec<u8> {
    let mut text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>{line}<{root} \
         xmlns=\"http://soap.sforce.com/2006/04/metadata\">{line}"
    );
    let mut is_head_written = head.is_empty();
    for entry in entries {
        if !is_head_written && entry.section > "custom" {
            let _ = write!(text, "{unit}{head}{line}");
            is_head_written = true;
        }
        let _ = write!(text, "{unit}<{}>{line}", entry.section);
        let mut children: Vec<(&str, String)> =
            entry.flags.iter().map(|(name, flag)| (*name, flag.to_string())).collect();
        children.push((entry.key_name, entry.key.clone()));
        children.sort();
        for (name, value) in children {
            let _ = write!(text, "{unit}{unit}<{name}>{value}</{name}>{line}");
        }
        let _ = write!(text, "{unit}</{}>{line}", entry.section);
    }
    let _ = write!(text, "</{root}>{line}");
    text.into_bytes()
}

/// Two changes to a list of entries, each said to the key: one flag, and an entry added or removed,
/// often at an end.
fn change(
    chance: &mut Chance,
    entries: &mut Vec<Entry>,
    number: usize,
    component: &str,
    key: &mut BTreeSet<String>,
) {
    let index = chance.below(entries.len());
    let entry = &mut entries[index];
    if let Some((name, flag)) = entry
        .flags
        .iter_mut()
        .find(|(name, _)| !matches!(*name, "readable" | "allowRead" | "enabled"))
    {
        *flag = !*flag;
        key.insert(format!("{component} {}[{}].{name}", entry.section, entry.key));
    } else {
        let (name, flag) = &mut entry.flags[0];
        *flag = !*flag;
        key.insert(format!("{component} {}[{}].{name}", entry.section, entry.key));
    }
    let used = entries[index].key.clone();
    match number % 4 {
        0 => {
            let last = entries.len() - 1;
            let gone = entries.remove(if entries[last].key == used { last - 1 } else { last });
            key.insert(format!("{component} {}[{}]", gone.section, gone.key));
        }
        1 => {
            let at = entries
                .iter()
                .position(|one| one.section == "fieldPermissions" && one.key != used)
                .unwrap_or(0);
            let gone = entries.remove(at);
            key.insert(format!("{component} {}[{}]", gone.section, gone.key));
        }
        2 => {
            let new = Entry {
                section: "userPermissions",
                key_name: "name",
                key: "ZzNew".to_owned(),
                flags: vec![("enabled", true)],
            };
            key.insert(format!("{component} userPermissions[ZzNew]"));
            entries.push(new);
        }
        _ => {
            let new = Entry {
                section: "classAccesses",
                key_name: "apexClass",
                key: "AaNew".to_owned(),
                flags: vec![("enabled", true)],
            };
            key.insert(format!("{component} classAccesses[AaNew]"));
            entries.insert(0, new);
        }
    }
}

fn shuffle(chance: &mut Chance, entries: &mut [Entry]) {
    // Within their sections: elements of one name stand together in every metadata file (S 3.4).
    let mut start = 0;
    while start < entries.len() {
        let length =
            entries[start..].iter().take_while(|one| one.section == entries[start].section).count();
        for index in (1..length).rev() {
            entries.swap(start + index, start + chance.below(index + 1));
        }
        start += length;
    }
}

/// Writes the folders `now` and `then` and returns what differs, as `Type:Name path`.
pub(crate) fn generate(folder: &Path, shape: &Shape) -> BTreeSet<String> {
    let mut key = BTreeSet::new();
    let mut chance = Chance(42);
    let bytes = if shape.megabytes == 0 { 100_000 } else { shape.megabytes * 1_000_000 };
    for (type_name, place, suffix, count, size, head) in [
        ("Profile", "profiles", "profile", shape.profiles, bytes, "<custom>true</custom>"),
        ("PermissionSet", "permissionsets", "permissionset", shape.sets, 250_000, ""),
    ] {
        for side in ["now", "then"] {
            std::fs::create_dir_all(folder.join(side).join(place)).expect("a folder");
        }
        for number in 0..count {
            let name = format!("{type_name} {number:04}");
            let component = format!("{type_name}:{name}");
            let then = entries(&mut chance, size);
            let mut now = then.clone();
            if shape.is_all_different {
                for entry in now.iter_mut().filter(|entry| entry.section == "fieldPermissions") {
                    entry.flags[0].1 = !entry.flags[0].1;
                    key.insert(format!("{component} fieldPermissions[{}].editable", entry.key));
                }
            } else {
                change(&mut chance, &mut now, number, &component, &mut key);
            }
            let is_reordered = shape.is_shuffled || (number % 10 == 3 && !shape.is_all_different);
            if is_reordered && shape.is_shuffled {
                shuffle(&mut chance, &mut now);
            } else if is_reordered {
                let first =
                    now.iter().position(|one| one.section == "objectPermissions").unwrap_or(0);
                let length = now[first..]
                    .iter()
                    .take_while(|one| one.section == "objectPermissions")
                    .count();
                now[first..first + length].reverse();
            }
            let file = format!("{place}/{name}.{suffix}");
            let (unit, line) = (
                if shape.is_indented { "  " } else { "    " },
                if shape.is_crlf { "\r\n" } else { "\n" },
            );
            std::fs::write(
                folder.join("now").join(&file),
                write(type_name, head, &now, unit, line),
            )
            .expect("a file");
            std::fs::write(
                folder.join("then").join(&file),
                write(type_name, head, &then, "    ", "\n"),
            )
            .expect("a file");
        }
    }
    for side in ["now", "then"] {
        std::fs::create_dir_all(folder.join(side).join("connectedApps")).expect("a folder");
    }
    for number in 0..shape.apps {
        let app = |relaxation: &str, policy: &str, first: &str, second: &str| {
            format!(
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ConnectedApp \
                 xmlns=\"http://soap.sforce.com/2006/04/metadata\">\n    \
                 <contactEmail>it@example.com</contactEmail>\n    <label>App {number}</label>\n    \
                 <oauthConfig>\n        <callbackUrl>https://{number}.example.com/callback\
                 </callbackUrl>\n        <isAdminApproved>false</isAdminApproved>\n        \
                 <scopes>{first}</scopes>\n        <scopes>{second}</scopes>\n    </oauthConfig>\
                 \n    <oauthPolicy>\n        <ipRelaxation>{relaxation}</ipRelaxation>\n        \
                 <refreshTokenPolicy>{policy}</refreshTokenPolicy>\n    </oauthPolicy>\n\
                 </ConnectedApp>\n"
            )
        };
        let file = format!("connectedApps/App_{number:03}.connectedApp");
        // The scopes change places, which is no difference.
        std::fs::write(folder.join("now").join(&file), app("BYPASS", "zero", "Web", "Api"))
            .expect("a file");
        std::fs::write(folder.join("then").join(&file), app("ENFORCE", "infinite", "Api", "Web"))
            .expect("a file");
        for path in ["oauthPolicy.ipRelaxation", "oauthPolicy.refreshTokenPolicy"] {
            key.insert(format!("ConnectedApp:App_{number:03} {path}"));
        }
    }
    key
}
