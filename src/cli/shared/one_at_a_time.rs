//! One edit of somebody's files at a time, across the runs of this machine: what one of them writes
//! is made of what another has written, never of what stood there before.

use std::fs::{self, File};
use std::io;

use super::connect::state_folder;

/// Does the work while no other run edits anything. An edit takes no longer than to read a file
/// and to write it, so one lock is for all of them, and no file lies about in anybody's project.
pub(crate) fn alone<T>(work: impl FnOnce() -> T) -> T {
    // Where no lock is to be had the work is done all the same: it looks at what is there.
    let _held = lock().ok();
    work()
}

/// The system's lock; it is given back when the file is closed, however that happens.
fn lock() -> io::Result<File> {
    let folder = state_folder().map_err(|error| io::Error::other(error.what))?;
    fs::create_dir_all(&folder)?;
    let file =
        File::options().create(true).truncate(false).write(true).open(folder.join("edits.lock"))?;
    file.lock()?;
    Ok(file)
}
