//! The program: parses its arguments and runs a command.
//! x
fn main() {}
