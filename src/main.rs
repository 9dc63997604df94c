//! The command line; everything is in the library's `cli`.

fn main() {}
