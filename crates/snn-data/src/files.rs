//! Files written whole or not at all.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use crate::Error;

/// Writes `bytes` into `path`: first beside it, then renamed, so that an interruption leaves the older file.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(|error| failed("cannot create the folder", folder, error))?;
    let beside = path.with_added_extension("tmp");
    let written = || -> io::Result<()> {
        let mut file = File::create(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&beside, path)
    };
    written().map_err(|error| failed("cannot write", path, error))
}

/// Reads a file.
pub fn read(path: &Path) -> Result<Vec<u8>, Error> {
    fs::read(path).map_err(|error| failed("cannot read", path, error))
}

fn failed(action: &'static str, path: &Path, cause: io::Error) -> Error {
    Error::Io { action, path: path.to_owned(), cause }
}
