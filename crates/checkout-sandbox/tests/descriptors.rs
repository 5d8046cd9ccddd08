//! A sandbox in a process that has no file descriptors left. A test of its own, for the limit is the whole process's.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, missing_docs)]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use checkout_sandbox::Sandbox;
use rustix::time::{ClockId, clock_gettime};

/// How many more may be opened.
const FREE: u64 = 40;

fn processor_time() -> Duration {
    clock_gettime(ClockId::ProcessCPUTime).try_into().unwrap()
}

fn status(mut stream: TcpStream) -> String {
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    stream
        .write_all(b"GET /v1/nothing HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.lines().next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn it_waits_for_file_descriptors_and_goes_on() {
    let sandbox = Sandbox::builder().start().await.unwrap();
    let base_url = sandbox.noah().report().base_url.clone();
    let address = base_url.trim_start_matches("http://").trim_end_matches("/v1");
    let open = std::fs::read_dir("/proc/self/fd").unwrap().count() as u64;
    let (_, most) = rlimit::Resource::NOFILE.get().unwrap();
    rlimit::Resource::NOFILE.set(open + FREE, most).unwrap();

    // The sandbox does not run before the first await, so all that is free goes to these, and none to it.
    let mut held: Vec<TcpStream> = std::iter::from_fn(|| TcpStream::connect(address).ok()).collect();
    assert!(held.len() as u64 >= FREE, "{}", held.len());
    let before = processor_time();
    tokio::time::sleep(Duration::from_millis(600)).await;
    let spent = processor_time() - before;
    assert!(spent < Duration::from_millis(150), "it spins: {spent:?}");

    let waiting = held.pop().unwrap();
    drop(held);
    let (waiting, fresh) = tokio::task::spawn_blocking({
        let address = address.to_owned();
        move || (status(waiting), status(TcpStream::connect(address).unwrap()))
    })
    .await
    .unwrap();
    assert_eq!(
        (waiting.as_str(), fresh.as_str()),
        ("HTTP/1.1 404 Not Found", "HTTP/1.1 404 Not Found")
    );
}
