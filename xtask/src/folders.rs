//! The folders of `snn-core` have an order, written in ARCHITECTURE.md: each uses only those before it.

use std::fs;

use crate::run::repository;

/// The fence of the list in ARCHITECTURE.md.
const LIST: &str = "```text order\n";

/// One sentence for each line of `snn-core` that uses a folder which comes later, and for each folder without a place.
pub fn findings() -> Result<Vec<String>, String> {
    let read =
        |path: &std::path::Path| fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()));
    let architecture = read(&repository().join("ARCHITECTURE.md"))?;
    let (_, list) = architecture.split_once(LIST).ok_or("ARCHITECTURE.md has no list of the folders of snn-core")?;
    let order: Vec<&str> = list.split("```").next().unwrap_or_default().split_whitespace().collect();
    let place = |folder: &str| order.iter().position(|other| *other == folder);

    let source = repository().join("crates/snn-core/src");
    let mut files = Vec::new();
    crate::tidy::collect(&source, &mut files)?;
    files.sort();
    let mut findings = Vec::new();
    for path in files {
        let inside = path.strip_prefix(&source).map_err(|error| error.to_string())?;
        let folder = inside.iter().next().unwrap_or_default().to_string_lossy();
        let folder = folder.trim_end_matches(".rs");
        if folder == "lib" {
            continue;
        }
        let Some(own) = place(folder) else {
            findings.push(format!("{}: `{folder}` has no place in the order of ARCHITECTURE.md", path.display()));
            continue;
        };
        for (number, line) in read(&path)?.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"))
        {
            for used in line.split("crate::").skip(1) {
                let used =
                    used.split(|letter: char| !letter.is_alphanumeric() && letter != '_').next().unwrap_or_default();
                if place(used).is_some_and(|used| used > own) {
                    let number = number + 1;
                    findings.push(format!("{}:{number}: `{folder}` uses `{used}`, which comes later", path.display()));
                }
            }
        }
    }
    Ok(findings)
}
