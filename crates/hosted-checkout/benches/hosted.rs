//! `cargo bench -p hosted-checkout`: one line for each comparison, with its ratio. One module for each API, and one for
//! requests from end to end; a word behind `--` runs only the lines that contain it.

#[path = "../../checkout-core/benches/common/mod.rs"]
mod common;
#[cfg(target_os = "linux")]
mod cost;
#[cfg(target_os = "linux")]
mod load;
mod noah;
#[cfg(target_os = "linux")]
mod request;
#[cfg(target_os = "linux")]
mod server;

fn main() {
    #[cfg(target_os = "linux")]
    server::Server::serve_if_asked();
    let bench = common::Bench::from_args();
    noah::run(&bench);
    #[cfg(target_os = "linux")]
    request::run(&bench);
    #[cfg(not(target_os = "linux"))]
    bench.skip("request", "CPU time is read on Linux only");
}
