//! Looking into folders: in a fixed order, with names in capital letters or not.

use std::path::{Path, PathBuf};

use crate::Error;

/// What is in a folder, by name; what is hidden is left out.
pub fn entries(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let refused = |cause| Error::Io { action: "cannot read the folder", path: folder.to_owned(), cause };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(refused)? {
        let path = entry.map_err(refused)?.path();
        if !name(&path).starts_with('.') && name(&path) != "__MACOSX" {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

/// A path's last part.
pub fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// A path's last part without its ending, and the ending in small letters.
pub fn stem_and_ending(path: &Path) -> (String, String) {
    let part = |part: Option<&std::ffi::OsStr>| part.unwrap_or_default().to_string_lossy().into_owned();
    (part(path.file_stem()), part(path.extension()).to_lowercase())
}

/// The folder itself and the folders in it which have one of `names`, in capital letters or not, with dashes and underscores or
/// not.
pub fn candidates(folder: &Path, names: &[&str]) -> Result<Vec<PathBuf>, Error> {
    let plain = |name: &str| name.to_lowercase().replace(['-', '_', ' '], "");
    let mut found = vec![folder.to_owned()];
    found.extend(
        entries(folder)?
            .into_iter()
            .filter(|path| path.is_dir() && names.iter().any(|name| plain(name) == plain(&self::name(path)))),
    );
    Ok(found)
}

/// What is in a folder, for a sentence.
pub fn contents(folder: &Path) -> String {
    let Ok(paths) = entries(folder) else { return "a folder that cannot be read".to_owned() };
    if paths.is_empty() {
        return "an empty folder".to_owned();
    }
    let named: Vec<String> =
        paths.iter().take(4).map(|path| format!("`{}{}`", name(path), if path.is_dir() { "/" } else { "" })).collect();
    let more = if paths.len() > 4 { format!(" and {} more", paths.len() - 4) } else { String::new() };
    let archive = paths.iter().find(|path| {
        let name = name(path).to_lowercase();
        [".zip", ".tar", ".gz", ".tgz", ".7z", ".rar"].iter().any(|ending| name.ends_with(ending))
    });
    let unpack = archive.map_or(String::new(), |path| format!("; unpack {} first", name(path)));
    format!("{}{more}{unpack}", named.join(", "))
}

/// The error of a folder which is no such data set.
pub fn wrong(folder: &Path, problem: impl Into<String>) -> Error {
    Error::Layout { folder: folder.to_owned(), problem: problem.into() }
}
