//! Whether images fit into memory: before they are made.

use crate::Error;

/// Refuses more images of `size` bytes than the machine can hold.
pub fn require_images(count: usize, size: usize) -> Result<(), Error> {
    let needed = (count as u64).saturating_mul(size as u64);
    match total_memory() {
        Some(available) if needed > available => Err(Error::Memory { images: count, pixels: size, needed, available }),
        _ => Ok(()),
    }
}

/// Returns the machine's memory in bytes, or `None` where the system does not tell.
pub fn total_memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kibibytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kibibytes << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_beyond_all_memory_are_refused() {
        if total_memory().is_some() {
            assert!(require_images(usize::MAX, 784).is_err() && require_images(70_000, 784).is_ok());
            let sentence = require_images(usize::MAX, 784).expect_err("impossible").to_string();
            assert!(sentence.contains(&format!("{} images", usize::MAX)) && sentence.contains("GiB"), "{sentence}");
        }
    }
}
