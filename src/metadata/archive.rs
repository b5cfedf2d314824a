//! Files to zip and back: the same input gives the same bytes, and a hostile zip gives an error.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read as _, Write as _};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

/// How much an archive may hold. The sizes are Salesforce's own (S 6.7), with room for a reviewed
/// package's 35,000 files.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Files.
    pub entries: usize,
    /// Bytes of all files together, unpacked.
    pub bytes: u64,
    /// How many times larger than the archive its contents may be. XML of profiles packs to a
    /// thirtieth at best.
    pub ratio: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { entries: 40_000, bytes: 629_145_600, ratio: 400 }
    }
}

/// Why an archive is not read or written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArchiveError {
    /// Cut off, or no zip at all.
    #[error("the zip is damaged: {0}")]
    Damaged(String),
    /// A name that points outside the archive.
    #[error("the zip is hostile: the entry `{0}` points outside it")]
    Outside(String),
    /// A link.
    #[error("the zip is hostile: the entry `{0}` is a link")]
    Link(String),
    /// The same name twice.
    #[error("the zip is hostile: it holds `{0}` twice")]
    Twice(String),
    /// Needs a password.
    #[error("the zip is encrypted at `{0}`; metadata never is")]
    Encrypted(String),
    /// More files than the limit.
    #[error("the zip is hostile: it holds {0} entries, more than the {1} allowed")]
    TooMany(usize, usize),
    /// More bytes than the limit.
    #[error("the zip is hostile: unpacked it is larger than {0} bytes")]
    TooLarge(u64),
    /// Packed suspiciously well.
    #[error("the zip is hostile: it unpacks to more than {0} times its size")]
    Bomb(u64),
}

impl ArchiveError {
    /// Says whether somebody meant harm, or may have; a damaged archive may be fetched again, a
    /// hostile one must not.
    pub fn is_hostile(&self) -> bool {
        !matches!(self, Self::Damaged(_) | Self::Encrypted(_))
    }
}

/// Ratios mean little below this many unpacked bytes.
const SMALL: u64 = 10_000_000;

/// Unpacks an archive in memory: names with `/`, be they written with back slashes, folders left
/// out, in the archive's order.
///
/// # Errors
/// It is damaged, or holds what an archive of metadata never holds.
pub fn read_zip(bytes: &[u8], limits: &Limits) -> Result<Vec<(String, Vec<u8>)>, ArchiveError> {
    let damaged = |error: &dyn std::fmt::Display| ArchiveError::Damaged(error.to_string());
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| damaged(&error))?;
    if archive.len() > limits.entries {
        return Err(ArchiveError::TooMany(archive.len(), limits.entries));
    }
    let allowed = limits.bytes.min((bytes.len() as u64).saturating_mul(limits.ratio).max(SMALL));
    let too_much = || {
        if allowed < limits.bytes {
            ArchiveError::Bomb(limits.ratio)
        } else {
            ArchiveError::TooLarge(limits.bytes)
        }
    };
    if let Some(name) = named_twice(bytes, archive.central_directory_start()) {
        return Err(ArchiveError::Twice(name));
    }
    let mut files = Vec::with_capacity(archive.len());
    let mut names = BTreeSet::new();
    let mut total = 0_u64;
    for index in 0..archive.len() {
        let raw = archive.by_index_raw(index).map_err(|error| damaged(&error))?;
        // Some Windows tools write back slashes, and no name of metadata holds one.
        let name = raw.name().map_err(|error| damaged(&error))?.replace('\\', "/");
        let is_folder = raw.is_dir() || name.ends_with('/');
        let is_link = raw.is_symlink();
        let is_encrypted = raw.encrypted();
        drop(raw);
        check_name(&name)?;
        if !names.insert(name.clone()) {
            return Err(ArchiveError::Twice(name));
        }
        if is_link {
            return Err(ArchiveError::Link(name));
        }
        if is_encrypted {
            return Err(ArchiveError::Encrypted(name));
        }
        if is_folder {
            continue;
        }
        let mut contents = Vec::new();
        // What the archive claims of its sizes is not trusted: the reading itself is bounded.
        let left = allowed - total;
        archive
            .by_index(index)
            .map_err(|error| damaged(&error))?
            .take(left + 1)
            .read_to_end(&mut contents)
            .map_err(|error| damaged(&format!("{name}: {error}")))?;
        total += contents.len() as u64;
        if total > allowed {
            return Err(too_much());
        }
        files.push((name, contents));
    }
    Ok(files)
}

/// Finds a name that the central directory holds twice. The `zip` crate keeps the last of such
/// entries without a word, while other readers take the first: whoever checks one and deploys the
/// other is fooled.
fn named_twice(bytes: &[u8], directory: u64) -> Option<String> {
    const HEADER: usize = 46;
    let mut names = BTreeSet::new();
    let mut rest = bytes.get(usize::try_from(directory).ok()?..)?;
    while rest.starts_with(b"PK\x01\x02") && rest.len() >= HEADER {
        let length = |at: usize| usize::from(u16::from_le_bytes([rest[at], rest[at + 1]]));
        let name = rest.get(HEADER..HEADER + length(28))?;
        if !names.insert(name) {
            return Some(String::from_utf8_lossy(name).into_owned());
        }
        rest = rest.get(HEADER + length(28) + length(30) + length(32)..)?;
    }
    None
}

/// Refuses a name that leads out of the folder that it is joined to.
///
/// # Errors
/// [`ArchiveError::Outside`].
pub fn check_name(name: &str) -> Result<(), ArchiveError> {
    let has_drive = name.as_bytes().get(1) == Some(&b':');
    let is_outside = name.is_empty()
        || name.starts_with('/')
        || name.contains(['\\', '\0'])
        || has_drive
        || name.split('/').any(|part| matches!(part, ".." | "."));
    if is_outside {
        return Err(ArchiveError::Outside(name.to_owned()));
    }
    Ok(())
}

/// Packs files: in order of name, without folder entries or clock, so that the same files give the
/// same bytes.
///
/// # Errors
/// A name that no archive may hold.
pub fn write_zip(files: &BTreeMap<String, Vec<u8>>) -> Result<Vec<u8>, ArchiveError> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .unix_permissions(0o644);
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, contents) in files {
        check_name(name)?;
        writer
            .start_file(name.as_str(), options)
            .map_err(|error| ArchiveError::Damaged(error.to_string()))?;
        writer.write_all(contents).map_err(|error| ArchiveError::Damaged(error.to_string()))?;
    }
    let cursor = writer.finish().map_err(|error| ArchiveError::Damaged(error.to_string()))?;
    Ok(cursor.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(pairs: &[(&str, &str)]) -> BTreeMap<String, Vec<u8>> {
        pairs
            .iter()
            .map(|(name, contents)| ((*name).to_owned(), contents.as_bytes().to_vec()))
            .collect()
    }

    #[test]
    fn what_is_packed_is_unpacked_and_the_bytes_are_stable() {
        let files = files(&[("package.xml", "<a/>"), ("profiles/Ü ber.profile", "<b/>")]);
        let zip = write_zip(&files).unwrap();
        assert_eq!(zip, write_zip(&files).unwrap());
        let back: BTreeMap<String, Vec<u8>> =
            read_zip(&zip, &Limits::default()).unwrap().into_iter().collect();
        assert_eq!(back, files);
    }

    #[test]
    fn names_that_point_outside_are_refused_both_ways() {
        for name in ["../x", "/x", "a/../../x", "a\\b", "C:/x", "a/./b", ""] {
            let error = write_zip(&files(&[(name, "")])).unwrap_err();
            assert!(matches!(error, ArchiveError::Outside(_)) && error.is_hostile(), "{name}");
        }
    }

    #[test]
    fn back_slashes_are_separators_and_lead_nowhere_else() {
        let zip = |names: &[&str]| {
            let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
            for name in names {
                writer.start_file(*name, SimpleFileOptions::default()).unwrap();
                writer.write_all(b"x").unwrap();
            }
            read_zip(&writer.finish().unwrap().into_inner(), &Limits::default())
        };
        let read = zip(&["profiles\\Admin.profile", "package.xml"]).unwrap();
        let names: Vec<&str> = read.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["profiles/Admin.profile", "package.xml"]);
        for name in ["..\\x", "a\\..\\..\\x", "\\x", "C:\\x"] {
            assert!(matches!(zip(&[name]).unwrap_err(), ArchiveError::Outside(_)), "{name}");
        }
        let twice = zip(&["profiles\\Admin.profile", "profiles/Admin.profile"]);
        assert!(matches!(twice.unwrap_err(), ArchiveError::Twice(_)));
    }

    #[test]
    fn a_bomb_is_not_unpacked() {
        let bomb = write_zip(&BTreeMap::from([("a".to_owned(), vec![0_u8; 64_000_000])])).unwrap();
        assert_eq!(read_zip(&bomb, &Limits::default()).unwrap_err(), ArchiveError::Bomb(400));
        let limits = Limits { bytes: 1000, ..Limits::default() };
        assert_eq!(read_zip(&bomb, &limits).unwrap_err(), ArchiveError::TooLarge(1000));
        let limits = Limits { entries: 0, ..Limits::default() };
        assert_eq!(read_zip(&bomb, &limits).unwrap_err(), ArchiveError::TooMany(1, 0));
    }

    #[test]
    fn half_a_zip_is_damaged_and_not_hostile() {
        let zip =
            write_zip(&files(&[("a", "text that is long enough to be cut somewhere")])).unwrap();
        for bytes in [&zip[..zip.len() / 2], b"no zip at all", b""] {
            let error = read_zip(bytes, &Limits::default()).unwrap_err();
            assert!(matches!(error, ArchiveError::Damaged(_)) && !error.is_hostile());
        }
    }
}
