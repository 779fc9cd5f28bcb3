//! Where the four files are: official names and near misses, in the folders in which people and other programs keep them.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use crate::Error;
use crate::idx::FileKind;

/// Where the four files of a data set are.
#[derive(Clone, Debug)]
pub struct Found([PathBuf; 4]);

impl Found {
    /// Returns the path of one of the files.
    pub fn path(&self, kind: FileKind) -> &Path {
        &self.0[kind as usize]
    }
}

/// How many near misses a sentence names.
const NAMED: usize = 3;

/// How far below a folder near misses are looked for, and in how many folders at most.
const DEPTH: usize = 3;
const FOLDERS: usize = 200;

/// Finds the four files in `folder`; in `mnist`, `raw` or `mnist/raw` below it, in capital letters or not (torchvision keeps them in
/// `MNIST/raw`). Each may be compressed or not, and be spelt with dots or dashes. Returns `None` if none of them is there.
///
/// # Errors
/// [`Error::MissingFiles`] if some of them are there, but not all.
pub fn find(folder: &Path) -> Result<Option<Found>, Error> {
    let mut best: Option<(PathBuf, [Option<PathBuf>; 4])> = None;
    let count = |files: &[Option<PathBuf>; 4]| files.iter().flatten().count();
    for folder in candidates(folder) {
        let files = files_in(&folder);
        if let [Some(a), Some(b), Some(c), Some(d)] = files {
            return Ok(Some(Found([a, b, c, d])));
        }
        if count(&files) > best.as_ref().map_or(0, |(_, files)| count(files)) {
            best = Some((folder, files));
        }
    }
    let Some((place, files)) = best else { return Ok(None) };
    let missing =
        FileKind::ALL.into_iter().zip(&files).filter(|(_, file)| file.is_none()).map(|(kind, _)| kind).collect();
    Err(Error::MissingFiles { folder: place, missing, near_misses: near_misses_but(folder, &files) })
}

/// A part of a sentence which names files whose names are nearly right, or which hold the data in another form; empty if there are
/// none.
pub fn near_misses(folder: &Path) -> String {
    near_misses_but(folder, &[])
}

/// The same without those of `known`, which are no misses.
fn near_misses_but(folder: &Path, known: &[Option<PathBuf>]) -> String {
    let mut found = Vec::new();
    let mut folders = vec![(folder.to_owned(), 0)];
    let mut seen = 0;
    while let Some((folder, depth)) = folders.pop() {
        seen += 1;
        for path in entries(&folder) {
            if path.is_dir() && depth < DEPTH && seen < FOLDERS {
                folders.push((path, depth + 1));
            } else if path.is_file() && is_near(&path) && !known.contains(&Some(path.clone())) {
                found.push(path);
            }
        }
    }
    // One which only lies in the wrong folder is nearer than one with another name.
    found.sort_by_key(|path| (FileKind::ALL.iter().all(|kind| !is_of(path, *kind)), path.clone()));
    let Some(first) = found.first() else { return String::new() };
    let names: Vec<String> = found.iter().take(NAMED).map(|path| path.display().to_string()).collect();
    let more = if found.len() > NAMED { format!(" and {} more", found.len() - NAMED) } else { String::new() };
    let way_out = match first.parent() {
        Some(parent) if FileKind::ALL.iter().any(|kind| is_of(first, *kind)) && parent != folder => {
            format!("name that folder: {}", parent.display())
        }
        _ => format!("the files are called {}, ..., with or without .gz", FileKind::TrainImages.name()),
    };
    format!("; near misses: {}{more} ({way_out})", names.join(", "))
}

/// The folders in which the files may be, the likeliest first.
fn candidates(folder: &Path) -> Vec<PathBuf> {
    let below = |folder: &Path, name: &str| -> Vec<PathBuf> {
        entries(folder).into_iter().filter(|path| path.is_dir() && lower(path.file_name()) == name).collect()
    };
    let mnist = below(folder, "mnist");
    let raw = mnist.iter().flat_map(|folder| below(folder, "raw"));
    [vec![folder.to_owned()], mnist.clone(), below(folder, "raw"), raw.collect()].concat()
}

/// The four files in `folder` itself. An official name goes before a near one.
fn files_in(folder: &Path) -> [Option<PathBuf>; 4] {
    let entries = entries(folder);
    FileKind::ALL.map(|kind| {
        let official = [kind.name().to_owned(), format!("{}.gz", kind.name())].map(|name| folder.join(name));
        let near = entries.iter().filter(|path| is_of(path, kind)).flat_map(|path| {
            // Some archives unpack each file into a folder of its own name.
            let inside = if path.is_dir() { self::entries(path) } else { vec![path.clone()] };
            inside.into_iter().filter(|path| is_of(path, kind))
        });
        official.into_iter().chain(near).find(|path| path.is_file())
    })
}

/// Whether a file is called like that of `kind`, with dots, dashes or underscores, in capital letters or not, compressed or not.
fn is_of(path: &Path, kind: FileKind) -> bool {
    let name = lower(path.file_name()).replace(['.', '_', ' '], "-");
    name.strip_suffix("-gz").unwrap_or(&name) == kind.name()
}

/// Whether a file's name says that it may be one of the four, or hold what is in them.
fn is_near(path: &Path) -> bool {
    let name = lower(path.file_name());
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    has(&["idx1", "idx3", "ubyte", "mnist"]) || (has(&["train", "t10k", "test"]) && has(&["images", "labels"]))
}

fn lower(name: Option<&OsStr>) -> String {
    name.unwrap_or_default().to_string_lossy().to_lowercase()
}

/// What is in a folder, in a fixed order; nothing if it cannot be read.
fn entries(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder)
        .map(|entries| entries.flatten().map(|entry| entry.path()).collect())
        .unwrap_or_default();
    paths.sort();
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder_with(names: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        for name in names {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
            std::fs::write(path, b"").expect("written");
        }
        folder
    }

    fn four(prefix: &str, change: impl Fn(&str) -> String) -> Vec<String> {
        FileKind::ALL.iter().map(|kind| format!("{prefix}{}", change(kind.name()))).collect()
    }

    #[test]
    fn near_misses_of_name_and_folder_are_found() {
        let dots = |name: &str| name.replacen("-idx", ".idx", 1);
        for names in [
            four("", str::to_owned),
            four("mnist/", |name| format!("{name}.gz")),
            four("", dots),
            four("", |name| format!("{}.gz", dots(name))),
            four("MNIST/raw/", str::to_owned),
            four("raw/", |name| name.to_uppercase()),
            four("Mnist/", |name| format!("{name}.GZ")),
            four("", |name| name.replace('-', "_")),
            four("", |name| format!("{}/{}", dots(name), dots(name))),
        ] {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let folder = folder_with(&names);
            let found = find(folder.path()).expect("whole").expect("found");
            for (kind, name) in FileKind::ALL.into_iter().zip(names) {
                assert_eq!(found.path(kind), folder.path().join(name));
            }
        }
    }

    #[test]
    fn an_official_name_goes_before_a_near_one_and_a_whole_folder_before_a_part() {
        let official = four("", str::to_owned);
        let near = four("", |name| name.to_uppercase());
        let names: Vec<&str> = official.iter().chain(&near).map(String::as_str).collect();
        let folder = folder_with(&names);
        let found = find(folder.path()).expect("whole").expect("found");
        assert_eq!(found.path(FileKind::TestLabels), folder.path().join(&official[3]));

        let raw = four("raw/", str::to_owned);
        let names: Vec<&str> = raw.iter().chain(&official[..1]).map(String::as_str).collect();
        let folder = folder_with(&names);
        let found = find(folder.path()).expect("whole").expect("found");
        assert_eq!(found.path(FileKind::TrainImages), folder.path().join(&raw[0]));
    }

    #[test]
    fn what_is_nearly_there_is_named() {
        let folder = folder_with(&["a/train-images-idx3-ubyte.zip", "notes.txt"]);
        assert!(find(folder.path()).expect("nothing").is_none());
        let sentence = near_misses(folder.path());
        assert!(sentence.contains("train-images-idx3-ubyte.zip") && !sentence.contains("notes"), "{sentence}");
        let folder = folder_with(&["FashionMNIST/raw/train-images-idx3-ubyte.gz"]);
        let sentence = near_misses(folder.path());
        assert!(sentence.contains("name that folder") && sentence.contains("FashionMNIST/raw)"), "{sentence}");
        assert_eq!(near_misses(folder_with(&["notes.txt"]).path()), "");
        let names = four("", str::to_owned);
        let folder = folder_with(&[names[0].as_str(), names[1].as_str(), "test-images.idx3"]);
        let sentence = find(folder.path()).expect_err("half").to_string();
        for expected in ["2 found", "t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte are", "test-images.idx3"] {
            assert!(sentence.contains(expected), "{sentence}");
        }
        assert!(!sentence.contains("/train-images-idx3-ubyte"), "what is right is no miss: {sentence}");
    }
}
