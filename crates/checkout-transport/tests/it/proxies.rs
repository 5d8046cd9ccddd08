//! What is meant for this machine does not go through a proxy.

use checkout_transport::{ReqwestWire, Transport};

use crate::sockets::{Server, answer};
use crate::support::{PAY, builder, quick, request};

const TARGET: &str = "CHECKOUT_TRANSPORT_TEST_TARGET";

fn transport(wire: ReqwestWire) -> Transport {
    builder(wire).timeouts(quick()).build().unwrap()
}

/// Pays at `base` and says who answered.
async fn who_answers(transport: &Transport, base: &str) -> String {
    let reply = transport.send(&PAY, request(&PAY, base)).await.unwrap();
    reply.receive::<String>().unwrap().into_inner()
}

async fn proxy_and_target() -> (Server, Server) {
    let proxy = Server::start(vec![answer("200 OK", "", r#""proxy""#)]).await;
    let target = Server::start(vec![answer("200 OK", "", r#""target""#)]).await;
    (proxy, target)
}

#[tokio::test]
async fn a_callers_proxy_carries_nothing_to_this_machine() {
    let (proxy, target) = proxy_and_target().await;
    let address = proxy.base.trim_end_matches("/v1");
    let client = || reqwest::Client::builder().proxy(reqwest::Proxy::all(address).unwrap());
    let by_wire = transport(ReqwestWire::from_builder(client, quick()).unwrap());
    let by_transport = Transport::builder()
        .authenticator(checkout_transport::Unauthenticated)
        .client_builder(client)
        .timeouts(quick())
        .build()
        .unwrap();
    for transport in [by_wire, by_transport] {
        assert_eq!(who_answers(&transport, &target.base).await, "target");
        let by_name = target.base.replace("127.0.0.1", "localhost");
        assert_eq!(who_answers(&transport, &by_name).await, "target");
        // The proxy is in use.
        assert_eq!(who_answers(&transport, "http://name.invalid/v1").await, "proxy");
    }
    assert_eq!(proxy.connections(), 2);
}

#[tokio::test]
async fn nor_does_the_systems_proxy() {
    let (proxy, target) = proxy_and_target().await;
    let address = proxy.base.trim_end_matches("/v1").to_owned();
    // The environment is the process's: a test that changed it would change it for all.
    let mut child = std::process::Command::new(std::env::current_exe().unwrap());
    child
        .args(["--ignored", "--exact", "proxies::under_a_system_proxy"])
        .env(TARGET, &target.base)
        .env("http_proxy", &address)
        .env("HTTP_PROXY", &address)
        .env_remove("no_proxy")
        .env_remove("NO_PROXY")
        .env_remove("REQUEST_METHOD");
    let output = tokio::task::spawn_blocking(move || child.output().unwrap())
        .await
        .unwrap();
    let printed = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && printed.contains("1 passed"),
        "{printed}"
    );
    assert_eq!((proxy.connections(), target.connections()), (1, 1));
}

#[tokio::test]
#[ignore = "runs in a process of its own, with HTTP_PROXY set, which the test above starts"]
async fn under_a_system_proxy() {
    let Ok(target) = std::env::var(TARGET) else {
        return;
    };
    let transport = transport(ReqwestWire::new(quick()).unwrap());
    assert_eq!(who_answers(&transport, &target).await, "target");
    assert_eq!(who_answers(&transport, "http://name.invalid/v1").await, "proxy");
}
