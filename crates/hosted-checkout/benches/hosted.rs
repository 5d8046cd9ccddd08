//! `cargo bench -p hosted-checkout`: one line for each comparison, with its ratio. One module for each API; a word
//! behind `--` runs only the lines that contain it.

#[path = "../../checkout-core/benches/common/mod.rs"]
mod common;
mod noah;

fn main() {
    let bench = common::Bench::from_args();
    noah::run(&bench);
}
