//! The program's promises, through its binary.

mod bad_input;
mod common;
mod data;
mod resume;
mod train;
