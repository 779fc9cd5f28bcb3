//! The program's promises, through its binary.

mod bad_input;
mod bench;
mod common;
mod data;
mod describe;
mod finite;
mod help;
mod history;
mod images;
mod interrupt;
mod learning;
mod legs;
mod options;
mod overrides;
mod real_data;
mod recipe_files;
mod recipes;
mod resume;
mod run_files;
mod seeds;
mod sequences;
mod train;
