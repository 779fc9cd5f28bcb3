//! Tasks that need no file: drawn by the program, the same bits on every machine.
//!
//! | task | what it asks for |
//! |---|---|
//! | [`YinYang`] | a map that is not linear: two numbers, three classes |
//! | [`Randman`] | precise times: classes are smooth random surfaces of spike times |
//! | [`Order`] | memory over 784 steps: images one pixel after another, in order or shuffled |
//! | [`StoreRecall`] | to keep a value until it is asked for |
//! | [`DelayedXor`] | to keep one bit and join it with a later one |

mod delayed_xor;
mod mersenne;
mod order;
mod randman;
mod store_recall;
mod yin_yang;

pub use delayed_xor::DelayedXor;
pub use order::Order;
pub use randman::{Manifolds, Randman};
pub use store_recall::StoreRecall;
pub use yin_yang::{YinYang, YinYangPoint};

/// A sample of a task over time.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// How many channels.
    pub channels: usize,
    /// What comes in: `[steps, channels]`, 0 or 1.
    pub spikes: Vec<f32>,
    /// The class that is asked for at each step; `None` where nothing is.
    pub targets: Vec<Option<usize>>,
}
