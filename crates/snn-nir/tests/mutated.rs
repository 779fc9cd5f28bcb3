//! Broken files: no mutation of a good one makes the reader panic, hang, or take much memory.
//!
//! Mutations follow from a seed, so a finding can be repeated. `SNN_NIR_MUTATIONS` says how many are tried for each file (20 by default);
//! `SNN_NIR_SEED` where they begin.

use std::alloc::{GlobalAlloc, Layout, System};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use snn_nir::{Graph, Recording, Rule, Step};

/// The system's allocator, which keeps the most that was ever held.
struct Counting;

static HELD: AtomicUsize = AtomicUsize::new(0);
static MOST: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call goes to the system's allocator unchanged; the counters touch no memory that is handed out.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let held = HELD.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        MOST.fetch_max(held, Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `alloc`.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        HELD.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller keeps the contract of `dealloc`, and `alloc` handed out what the system gave.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Memory for one file, above what it holds itself: far below what a huge declaration asks for, above 64 MiB that any file may unpack to.
const MEMORY: usize = 160 << 20;

/// Far above what a file takes, so that a busy machine does not matter.
const TIME: Duration = Duration::from_secs(5);

/// A generator with 64 bits of state (SplitMix64): good enough to choose places.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, most: usize) -> usize {
        (self.next() % most.max(1) as u64) as usize
    }
}

fn mutate(file: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = file.to_vec();
    if bytes.is_empty() {
        return bytes;
    }
    for _ in 0..=random.below(3) {
        // Structures are where bytes are not zero: most places are chosen among those.
        let mut at = random.below(bytes.len());
        for _ in 0..16 {
            if bytes[at] != 0 {
                break;
            }
            at = random.below(bytes.len());
        }
        match random.below(8) {
            0 => bytes.truncate(at.max(1)),
            1 | 2 => bytes[at] ^= 1 << random.below(8),
            3 => bytes[at] = random.next() as u8,
            4 => {
                // Sizes and addresses that are nearly right, or as large as can be.
                let word = [1, 8, 0x7FFF_FFFF, u64::MAX, u64::MAX - 7, 1 << 40, file.len() as u64][random.below(7)];
                let width = [1, 2, 4, 8][random.below(4)];
                for (byte, value) in bytes[at..].iter_mut().zip(&word.to_le_bytes()[..width]) {
                    *byte = *value;
                }
            }
            5 => {
                let value = [0x00, 0xFF, 0x7F, 0x80][random.below(4)];
                let length = 1 + random.below(32);
                bytes[at..].iter_mut().take(length).for_each(|byte| *byte = value);
            }
            6 => {
                // One part of the file in the place of another.
                let (from, length) = (random.below(bytes.len()), 1 + random.below(64));
                let part: Vec<u8> = bytes[from..].iter().take(length).copied().collect();
                bytes[at..].iter_mut().zip(part).for_each(|(byte, value)| *byte = value);
            }
            _ => {
                let word = bytes[at..].first_chunk::<4>().map(|word| u32::from_le_bytes(*word));
                if let Some(word) = word {
                    let changed = word.wrapping_add(random.below(17) as u32).wrapping_sub(8);
                    bytes[at..at + 4].copy_from_slice(&changed.to_le_bytes());
                }
            }
        }
    }
    bytes
}

/// What a program does with a file that it is given.
fn use_file(bytes: &[u8]) {
    if let Ok(graph) = Graph::from_bytes(bytes) {
        for rule in Rule::ALL {
            if let Ok(checked) = graph.check(Step::new(1e-3, rule).unwrap()) {
                let lints: usize = checked.lints().iter().map(|lint| lint.to_string().len()).sum();
                std::hint::black_box(lints);
            }
        }
        // Not all that can be read can be written, but what is written can be read.
        if let Ok(bytes) = graph.to_bytes() {
            Graph::from_bytes(&bytes).expect("what was written here");
        }
    }
    if let Ok(recording) = Recording::from_bytes(bytes)
        && let Ok(bytes) = recording.to_bytes()
    {
        Recording::from_bytes(&bytes).expect("what was written here");
    }
}

fn corpus() -> Vec<PathBuf> {
    let root = std::env::var_os("SNN_NIR_FIXTURES")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/nir"), PathBuf::from);
    let mut files = Vec::new();
    for folder in ["hand", "library", "malformed", "malformed_more"] {
        let Ok(entries) = fs::read_dir(root.join(folder)) else {
            eprintln!("{} is not there: set SNN_NIR_FIXTURES; nothing is tested", root.join(folder).display());
            continue;
        };
        files.extend(entries.map(|entry| entry.unwrap().path()));
    }
    files.retain(|path| path.extension().is_some_and(|extension| extension == "nir"));
    files.sort();
    files
}

#[test]
fn broken_files_are_errors_at_most() {
    let number = |name: &str, default: u64| std::env::var(name).map_or(default, |text| text.parse().expect(name));
    let (mutations, seed) = (number("SNN_NIR_MUTATIONS", 20), number("SNN_NIR_SEED", 0));
    let (mut slowest, mut largest) = (Duration::ZERO, 0);
    for (file, path) in corpus().into_iter().enumerate() {
        let whole = fs::read(&path).unwrap();
        for mutation in 0..mutations {
            let mut random = Random(seed.wrapping_add(mutation).wrapping_mul(1000).wrapping_add(file as u64));
            // The first is the file itself.
            let bytes = if mutation == 0 { whole.clone() } else { mutate(&whole, &mut random) };
            let before = HELD.load(Ordering::Relaxed);
            MOST.store(before, Ordering::Relaxed);
            let start = Instant::now();
            let result = std::panic::catch_unwind(|| use_file(&bytes));
            let (took, memory) = (start.elapsed(), MOST.load(Ordering::Relaxed).saturating_sub(before));
            if result.is_err() || took > TIME || memory > MEMORY {
                let kept = std::env::temp_dir().join(format!("snn_nir_{file}_{}.nir", seed + mutation));
                fs::write(&kept, &bytes).unwrap();
                panic!(
                    "{} with SNN_NIR_SEED={}: panicked: {}, took {took:?}, held {memory} bytes; kept as {}",
                    path.display(),
                    seed + mutation,
                    result.is_err(),
                    kept.display()
                );
            }
            slowest = slowest.max(took);
            largest = largest.max(memory);
        }
    }
    println!("slowest {slowest:?}, most memory {} KiB", largest / 1024);
}
