//! Where real data lies, and files that the tests bring along.
#![allow(dead_code)] // Not every test uses all of it.

use std::path::PathBuf;

/// The folder `name` below `SNN_DATA_DIR`; says so where there is none.
pub fn data(name: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("SNN_DATA_DIR").filter(|folder| !folder.is_empty()).map(PathBuf::from);
    let Some(folder) = folder else {
        println!("not run: SNN_DATA_DIR names no folder with real data, so there is no `{name}`");
        return None;
    };
    let place = folder.join(name);
    if !place.exists() {
        println!("not run: {} is not there (SNN_DATA_DIR is {})", place.display(), folder.display());
        return None;
    }
    Some(place)
}

/// A file in `fixtures/data`.
pub fn fixture(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fixtures/data")).join(name)
}

/// Numbers one after another, the same for the same seed.
pub struct Numbers(pub u64);

impl Numbers {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(1);
        snn_core::noise::derive_seed(0x5eed, self.0)
    }

    pub fn below(&mut self, count: u64) -> u64 {
        self.next() % count
    }
}
