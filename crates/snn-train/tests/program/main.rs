//! The program's promises, through its binary.

mod backends;
mod bad_input;
mod common;
mod data;
mod recipes;
mod resume;
mod train;
