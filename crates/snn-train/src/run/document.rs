//! A run file before it is understood: tables of settings in the order in which they were written, and overrides by key.

use std::path::Path;

use anyhow::{Context, Result, bail};
use snn_network::Setting;

use super::files;

/// The tables of a run file besides the network.
const TABLES: [&str; 3] = ["training", "data", "machine"];

/// Settings in the order in which they were written.
pub type Entries = Vec<(String, Setting)>;

/// A recipe or run file as text: tables of settings.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    entries: Entries,
}

impl Document {
    /// Reads TOML. A file that is nothing but a network (`nodes`, `edges`) is one, too.
    pub fn parse(text: &str) -> Result<Self> {
        let entries = Setting::parse(text)?;
        let is_network = entries.iter().any(|(key, _)| key == "nodes");
        let entries = if is_network { vec![("network".to_owned(), Setting::Table(entries))] } else { entries };
        Ok(Self { entries })
    }

    /// Reads the file at `path`; `network = "file.toml"` in it is read from beside it.
    pub fn read(path: &Path) -> Result<Self> {
        let mut document = Self::parse_file(path)?;
        if let Some(Setting::Text(file)) = document.get("network") {
            let beside = path.parent().unwrap_or(Path::new(".")).join(file);
            let network = Self::parse_file(&beside)?;
            let Some(network @ Setting::Table(_)) = network.get("network").cloned() else {
                bail!("{}: there is no network in it; a network file has nodes = [..]", beside.display());
            };
            document.put("network", network);
        }
        Ok(document)
    }

    fn parse_file(path: &Path) -> Result<Self> {
        let bytes = files::read(path)?;
        let text = String::from_utf8(bytes).map_err(|_| anyhow::anyhow!("{} is no text", path.display()))?;
        Self::parse(&text).with_context(|| path.display().to_string())
    }

    /// What stands behind a key at the top.
    pub fn get(&self, key: &str) -> Option<&Setting> {
        self.entries.iter().find(|(name, _)| name == key).map(|(_, setting)| setting)
    }

    /// The entries of the table `name`; none if it is not there.
    pub fn table(&self, name: &str) -> Result<&[(String, Setting)]> {
        match self.get(name) {
            None => Ok(&[]),
            Some(Setting::Table(entries)) => Ok(entries),
            Some(other) => bail!("`{name}` is {other}, it needs a table: [{name}]"),
        }
    }

    /// The keys at the top.
    pub fn entries(&self) -> &[(String, Setting)] {
        &self.entries
    }

    /// Sets a key at the top.
    pub fn put(&mut self, key: &str, setting: Setting) {
        put(&mut self.entries, key, setting);
    }

    /// Sets `path`, which is `training.epochs`, or `hidden.linear`: a key of the node called `hidden`.
    pub fn set(&mut self, path: &str, setting: Setting) -> Result<()> {
        let parts: Vec<&str> = path.split('.').collect();
        match parts.as_slice() {
            [table, rest @ ..] if TABLES.contains(table) && !rest.is_empty() => {
                if self.get(table).is_none() {
                    self.put(table, Setting::Table(Vec::new()));
                }
                let Some((_, Setting::Table(entries))) = self.entries.iter_mut().find(|(name, _)| name == table) else {
                    bail!("`{table}` is no table, so `{path}` cannot be set");
                };
                put_at(entries, rest, setting, path)
            }
            ["network", node, rest @ ..] | [node, rest @ ..] if !rest.is_empty() => {
                let nodes = self.nodes_mut()?;
                let names = names(nodes);
                let Some(place) = names.iter().position(|name| name == node) else {
                    bail!(
                        "--set {path}: there is no node or table `{node}`; there are the tables {} and the nodes {}",
                        TABLES.join(", "),
                        names.join(", ")
                    );
                };
                let Setting::Table(entries) = &mut nodes[place] else { bail!("node `{node}` is no table of keys") };
                put_at(entries, rest, setting, path)
            }
            _ => bail!("--set {path}: a key is TABLE.KEY or NODE.KEY, for instance training.epochs or hidden.linear"),
        }
    }

    /// The nodes of the network.
    pub fn nodes_mut(&mut self) -> Result<&mut Vec<Setting>> {
        let network = self.entries.iter_mut().find(|(name, _)| name == "network").map(|(_, setting)| setting);
        let Some(Setting::Table(network)) = network else { bail!("there is no network: write [network] nodes = [..]") };
        match network.iter_mut().find(|(name, _)| name == "nodes").map(|(_, setting)| setting) {
            Some(Setting::List(nodes)) => Ok(nodes),
            _ => bail!("there are no nodes: write [network] nodes = [..]"),
        }
    }
}

/// The names of nodes: their own, or `node1`, `node2`, ..
pub fn names(nodes: &[Setting]) -> Vec<String> {
    let name = |(place, node): (usize, &Setting)| match node {
        Setting::Table(keys) => match keys.iter().find(|(key, _)| key == "name") {
            Some((_, Setting::Text(name))) => name.clone(),
            _ => format!("node{}", place + 1),
        },
        _ => format!("node{}", place + 1),
    };
    nodes.iter().enumerate().map(name).collect()
}

/// Sets `key` where it stands, or behind all others.
pub fn put(entries: &mut Entries, key: &str, setting: Setting) {
    match entries.iter_mut().find(|(name, _)| name == key) {
        Some((_, place)) => *place = setting,
        None => entries.push((key.to_owned(), setting)),
    }
}

fn put_at(entries: &mut Entries, path: &[&str], setting: Setting, whole: &str) -> Result<()> {
    match path {
        [] => bail!("--set {whole}: the key is missing"),
        [key] => put(entries, key, setting),
        [key, rest @ ..] => match entries.iter_mut().find(|(name, _)| name == key) {
            Some((_, Setting::Table(inner))) => return put_at(inner, rest, setting, whole),
            Some((_, other)) => bail!("--set {whole}: `{key}` is {other}, which has no key `{}`", rest.join(".")),
            None => {
                let mut inner = Entries::new();
                put_at(&mut inner, rest, setting, whole)?;
                put(entries, key, Setting::Table(inner));
            }
        },
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "[network]\nnodes = [{ linear = 3, name = 'hidden' }, { neuron = 'lif' }]\n[training]\nepochs = 3\n";

    #[test]
    fn keys_of_tables_and_of_nodes_are_set() {
        let mut document = Document::parse(TEXT).expect("TOML");
        document.set("training.epochs", Setting::Count(5)).expect("a key");
        document.set("training.optimizer.sgd", Setting::Number(0.9)).expect("a new table");
        document.set("hidden.linear", Setting::Count(7)).expect("a node");
        document.set("network.node2.decay", Setting::Number(0.5)).expect("a node without a name");
        document.set("data.name", Setting::from("mnist")).expect("a new table");
        assert_eq!(document.table("training").expect("a table")[0], ("epochs".to_owned(), Setting::Count(5)));
        let network = document.get("network").expect("the network").to_string();
        assert!(network.contains("linear = 7") && network.contains("{ neuron = \"lif\", decay = 0.5 }"), "{network}");
        for (path, expected) in
            [("hiden.linear", "hidden, node2"), ("epochs", "training.epochs"), ("training.epochs.x", "5")]
        {
            let sentence = document.set(path, Setting::Count(1)).expect_err("no such key").to_string();
            assert!(sentence.contains(expected), "{sentence}");
        }
    }

    #[test]
    fn a_network_alone_is_a_file_too() {
        let document = Document::parse("nodes = [{ linear = 3 }]").expect("TOML");
        assert!(matches!(document.get("network"), Some(Setting::Table(_))));
    }
}
