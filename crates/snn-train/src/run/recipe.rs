//! Recipes: files compiled in, and files of the user's.

use std::path::Path;

use anyhow::{Result, bail};
use snn_network::Setting;

use super::document::Document;

/// The recipe that is trained unless another one is asked for.
pub const DEFAULT: &str = "chevalier2018";

/// The built-in recipes: name and file.
const RECIPES: [(&str, &str); 5] = [
    ("chevalier2018", include_str!("../recipes/chevalier2018.toml")),
    ("chevalier2018-dense", include_str!("../recipes/chevalier2018-dense.toml")),
    ("lif-mlp", include_str!("../recipes/lif-mlp.toml")),
    ("lif-flicker", include_str!("../recipes/lif-flicker.toml")),
    ("spiking-conv", include_str!("../recipes/spiking-conv.toml")),
];

/// The names of the built-in recipes.
pub fn names() -> impl Iterator<Item = &'static str> {
    RECIPES.iter().map(|(name, _)| *name)
}

/// A network with its training, under a name.
#[derive(Clone, Debug)]
pub struct Recipe {
    /// Its name in folders and reports.
    pub name: String,
    /// What it says.
    pub document: Document,
}

impl Recipe {
    /// The built-in recipe called `name`, or that in the file `name`.
    pub fn load(name: &str) -> Result<Self> {
        if let Some((name, text)) = RECIPES.iter().find(|(known, _)| *known == name) {
            return Ok(Self { name: (*name).to_owned(), document: Document::parse(text)? });
        }
        let path = Path::new(name);
        if !path.is_file() {
            let kind = if path.is_dir() { "is a folder" } else { "is neither a recipe nor a file" };
            bail!(
                "--recipe {name} {kind}; there are {}, or name a file: FILE.toml",
                names().collect::<Vec<_>>().join(", ")
            );
        }
        let document = Document::read(path)?;
        let name = match document.get("recipe") {
            Some(Setting::Text(name)) => name.clone(),
            Some(other) => bail!("{}: `recipe` is {other}, it needs a name", path.display()),
            None => path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
        };
        check_name(&name)?;
        Ok(Self { name, document })
    }
}

/// Refuses a name that cannot be a folder's.
pub fn check_name(name: &str) -> Result<()> {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    if name.is_empty() || name.starts_with('.') || !name.chars().all(fits) {
        bail!("a recipe is called `{name}`, but folders are named after it; use letters, digits, `-`, `_` and `.`");
    }
    Ok(())
}
