//! Where initial weights come from when nobody names a seed.

use std::cell::Cell;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::noise::derive_seed;

/// Threads that have drawn so far.
static THREADS: AtomicU64 = AtomicU64::new(0);

thread_local! {
    static STREAM: Cell<Option<Stream>> = const { Cell::new(None) };
}

#[derive(Clone, Copy)]
struct Stream {
    seed: u64,
    drawn: u64,
}

/// Begins anew, in this thread, the stream of seeds from which layers without a seed of their own are drawn.
///
/// Layers are independent of each other without further thought: each takes the next seed of the stream. The same program
/// makes the same layers each time, on every backend; this function makes others, or the same ones again in one program.
/// Threads have streams of their own, the first one to make a layer that of seed 0.
///
/// # Example
/// ```
/// use burn::tensor::Device;
/// use snn_core::init;
/// use snn_core::layer::{Neurons, SpikingLinearConfig};
///
/// let device = Device::flex();
/// let layer = || SpikingLinearConfig::new(3, 2).init(Neurons::lif(0.9), &device).weight.val().into_data();
/// init::seed(7);
/// let (first, second) = (layer(), layer());
/// assert_ne!(first, second);
/// init::seed(7);
/// assert_eq!((layer(), layer()), (first, second));
/// ```
pub fn seed(seed: u64) {
    STREAM.set(Some(Stream { seed, drawn: 0 }));
}

/// `given`, or the next seed of this thread's stream.
pub(crate) fn seed_or_next(given: Option<u64>) -> u64 {
    given.unwrap_or_else(|| {
        let Stream { seed, drawn } = STREAM.get().unwrap_or_else(|| Stream { seed: seed_of_thread(), drawn: 0 });
        STREAM.set(Some(Stream { seed, drawn: drawn + 1 }));
        derive_seed(seed, drawn)
    })
}

fn seed_of_thread() -> u64 {
    match THREADS.fetch_add(1, Ordering::Relaxed) {
        0 => 0,
        // Far away from the seeds people choose.
        thread => derive_seed(u64::MAX, thread),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn threads_do_not_draw_the_same() {
        let drawn = || std::thread::spawn(|| seed_or_next(None)).join().expect("a seed");
        assert_ne!(drawn(), drawn());
    }

    #[test]
    fn a_seed_that_is_named_is_taken_and_nothing_is_drawn() {
        seed(3);
        assert_eq!(seed_or_next(Some(11)), 11);
        let first = seed_or_next(None);
        seed(3);
        assert_eq!(seed_or_next(None), first);
    }
}
