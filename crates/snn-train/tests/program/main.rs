//! The program's promises, through its binary.

mod bad_input;
mod common;
mod data;
mod finite;
mod options;
mod recipes;
mod resume;
mod train;
