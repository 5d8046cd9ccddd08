//! A connection without a client, to see what is on the wire.

use checkout_sandbox::Sandbox;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A connection to NOAH's listener.
pub async fn connect(sandbox: &Sandbox) -> TcpStream {
    let base_url = sandbox.noah().report().base_url.clone();
    let address = base_url
        .strip_prefix("http://")
        .unwrap()
        .strip_suffix("/v1")
        .unwrap();
    TcpStream::connect(address).await.unwrap()
}

/// Sends a pay-in under the key that needs no signature.
pub async fn send(stream: &mut TcpStream, sandbox: &Sandbox, fault: &str, body: &str) {
    let request = format!(
        "POST /v1/checkout/payin/fiat HTTP/1.1\r\nHost: localhost\r\nX-Api-Key: {}\r\nX-Sandbox-Fault: {fault}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        sandbox.noah().report().unsigned_api_key.as_str(),
        body.len(),
    );
    stream.write_all(request.as_bytes()).await.unwrap();
}

/// The head of an answer, its `Content-Length`, and as much of the body as came with it.
pub async fn head(stream: &mut TcpStream) -> (String, usize, Vec<u8>) {
    let mut read = Vec::new();
    loop {
        assert_ne!(stream.read_buf(&mut read).await.unwrap(), 0, "ended in the head");
        let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") else {
            continue;
        };
        let body = read.split_off(end + 4);
        let head = String::from_utf8(read).unwrap().to_lowercase();
        let (_, rest) = head.split_once("content-length: ").unwrap();
        let length = rest.lines().next().unwrap().trim().parse().unwrap();
        return (head, length, body);
    }
}
