//! What a review would otherwise have to repeat.

use std::fs;
use std::path::{Path, PathBuf};

use crate::folders;
use crate::run::repository;

/// Lines above which a file probably holds more than one concept.
const LONGEST: usize = 800;

/// Every source file says in its first line what it is, none is overlong, nothing unfinished is left, and no folder of
/// `snn-core` uses one that comes later.
pub fn tidy() -> Result<(), String> {
    let mut files = Vec::new();
    for folder in ["crates", "examples", "xtask"] {
        collect(&repository().join(folder), &mut files)?;
    }
    files.sort();
    let mut findings = Vec::new();
    for path in &files {
        let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        let mut find = |what: &str| findings.push(format!("{}: {what}", path.display()));
        if !text.starts_with("//!") {
            find("the first line does not say what the file is (`//! ...`)");
        }
        if text.lines().count() > LONGEST {
            find(&format!("{} lines; split it, {LONGEST} at most", text.lines().count()));
        }
        // Written in two pieces, so that this file does not find itself.
        for left in
            [concat!("todo", "!("), concat!("unimplemented", "!("), concat!("#[", "ignore"), concat!("dbg", "!(")]
        {
            if text.contains(left) {
                find(&format!("`{left}` is left"));
            }
        }
    }
    findings.extend(folders::findings()?);
    if findings.is_empty() { Ok(()) } else { Err(format!("tidy:\n{}", findings.join("\n"))) }
}

pub fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), String> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for entry in entries {
        let path = entry.map_err(|error| format!("{}: {error}", folder.display()))?.path();
        if path.is_dir() && !path.ends_with("target") {
            collect(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(())
}
