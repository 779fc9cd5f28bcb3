//! Training: the loop (`epochs`), one step of it (`step`), and what they are made of.

pub mod capacity;
pub mod clipping;
pub mod data;
pub mod epochs;
pub mod evaluate;
pub mod finite;
pub mod interrupt;
pub mod loss;
pub mod named;
pub mod optimizer;
pub mod rate_bounds;
pub mod schedule;
pub mod seeds;
mod silence;
pub mod step;

#[cfg(test)]
mod backends;
