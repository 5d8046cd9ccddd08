//! `cargo bench -p checkout-core`: one line for each comparison, with its ratio. One module for each area; a word
//! behind `--` runs only the lines that contain it.

mod claims;
mod common;
mod decimal;
mod signing;

fn main() {
    let bench = common::Bench::from_args();
    signing::run(&bench);
    decimal::run(&bench);
}
