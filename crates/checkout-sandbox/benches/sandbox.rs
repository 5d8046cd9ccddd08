//! `cargo bench -p checkout-sandbox`: what an accepted request costs the server beside the check of its signature.

#[path = "../../checkout-core/benches/common/mod.rs"]
mod common;
#[cfg(target_os = "linux")]
#[path = "../../hosted-checkout/benches/cost.rs"]
mod cost;
#[cfg(target_os = "linux")]
mod load;
#[cfg(target_os = "linux")]
mod server;

fn main() {
    #[cfg(target_os = "linux")]
    load::send_if_asked();
    let bench = common::Bench::from_args();
    #[cfg(target_os = "linux")]
    server::run(&bench);
    #[cfg(not(target_os = "linux"))]
    bench.skip("sandbox", "CPU time is read on Linux only");
}
