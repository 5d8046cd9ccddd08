//! The `checkout` command.
fn main() {}
