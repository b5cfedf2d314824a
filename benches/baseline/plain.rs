//! The comparator: each file read by quick-xml into a map from section and key to its content, on
//! two threads.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use quick_xml::Reader;
use quick_xml::events::Event;

/// Returns the files below a folder, relative to it, in order.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut pending = vec![folder.to_path_buf()];
    while let Some(at) = pending.pop() {
        for entry in std::fs::read_dir(&at).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                pending.push(path);
            } else if let Ok(relative) = path.strip_prefix(folder) {
                found.push(relative.to_path_buf());
            }
        }
    }
    found.sort();
    found
}

/// The child that makes an entry's key.
const KEYS: &[&str] = &["field", "apexClass", "object", "name", "tab", "layout", "startAddress"];

fn entries(bytes: &[u8]) -> HashMap<String, String> {
    let mut reader = Reader::from_reader(bytes);
    let mut map = HashMap::new();
    let mut depth = 0;
    let (mut section, mut child, mut key, mut content) =
        (String::new(), String::new(), String::new(), String::new());
    loop {
        match reader.read_event() {
            Ok(Event::Start(start)) => {
                depth += 1;
                let name = start.name().into_inner().to_owned();
                match depth {
                    2 => {
                        section = name;
                        key.clear();
                        content.clear();
                    }
                    3 => child = name,
                    _ => {}
                }
            }
            Ok(Event::Text(text)) => {
                let text = text.trim().to_owned();
                if depth >= 2 && !text.is_empty() {
                    if KEYS.contains(&child.as_str()) {
                        key.clone_from(&text);
                    }
                    content.push_str(&child);
                    content.push('=');
                    content.push_str(&text);
                    content.push(';');
                }
            }
            Ok(Event::End(_)) => {
                if depth == 2 {
                    map.insert(format!("{section}[{key}]"), content.clone());
                }
                depth -= 1;
            }
            Ok(Event::Eof) | Err(_) => return map,
            Ok(_) => {}
        }
    }
}

/// Compares two folders and returns how many entries differ.
pub(crate) fn compare(now: &Path, then: &Path) -> usize {
    let files = files(now);
    let next = AtomicUsize::new(0);
    let found = AtomicUsize::new(0);
    let work = || {
        while let Some(file) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
            let read = |folder: &Path| std::fs::read(folder.join(file)).unwrap_or_default();
            let (one, other) = (entries(&read(now)), entries(&read(then)));
            let differs =
                one.iter().filter(|(key, content)| other.get(*key) != Some(content)).count()
                    + other.keys().filter(|key| !one.contains_key(*key)).count();
            found.fetch_add(differs, Ordering::Relaxed);
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(work);
        work();
    });
    found.into_inner()
}
