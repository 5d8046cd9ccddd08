//! `cargo xtask bench --peers`: ours beside crates of others, by the harness of the house. The crate with which we are
//! compared stands behind the ratio; below 1.00x we take less.

#[path = "../../../crates/checkout-core/benches/claims.rs"]
mod claims;
#[path = "../../../crates/checkout-core/benches/common/mod.rs"]
mod common;
#[cfg(target_os = "linux")]
#[path = "../../../crates/hosted-checkout/benches/cost.rs"]
mod cost;
#[cfg(target_os = "linux")]
#[path = "../../../crates/hosted-checkout/benches/load.rs"]
mod load;
#[cfg(target_os = "linux")]
mod request;
#[cfg(target_os = "linux")]
#[path = "../../../crates/hosted-checkout/benches/server.rs"]
mod server;
mod signing;

fn main() {
    #[cfg(target_os = "linux")]
    server::Server::serve_if_asked();
    let bench = common::Bench::from_args();
    signing::run(&bench);
    #[cfg(target_os = "linux")]
    request::run(&bench);
    #[cfg(not(target_os = "linux"))]
    bench.skip("request", "CPU time is read on Linux only");
}
