//! HTTP byte by byte: what no client library would send.

use std::time::Duration;

use serde_json::{Map, Value};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// An answer as it came.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Map<String, Value>,
    pub body: String,
}

impl Answer {
    /// A header, by its name in small letters.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(Value::as_str)
    }

    fn parse(text: &str) -> Self {
        let (head, body) = text
            .split_once("\r\n\r\n")
            .unwrap_or_else(|| panic!("no end of headers: {text:?}"));
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap();
        let headers = lines.map(|line| {
            let (name, value) = line.split_once(':').unwrap();
            (name.to_ascii_lowercase(), Value::from(value.trim()))
        });
        Self {
            status: status.parse().unwrap(),
            headers: headers.collect(),
            body: body.to_owned(),
        }
    }
}

/// Host and port of a URL.
pub fn host(url: &str) -> String {
    let url: reqwest::Url = url.parse().unwrap();
    format!("{}:{}", url.host_str().unwrap(), url.port().unwrap())
}

/// Sends the bytes on a connection of their own, and reads until the server closes it.
pub async fn send(address: &str, request: &[u8]) -> Answer {
    let text = exchange(address, &[request]).await;
    Answer::parse(&text)
}

/// Sends the pieces with a pause between them, and returns all that came.
pub async fn exchange(address: &str, pieces: &[&[u8]]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let mut answer = Vec::new();
    let talk = async {
        for (index, piece) in pieces.iter().enumerate() {
            if index > 0 {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            // A server may answer and close before it has read all.
            if stream.write_all(piece).await.is_err() {
                break;
            }
        }
        // Closed with a reset, what came before it still counts.
        let _ = stream.read_to_end(&mut answer).await;
    };
    tokio::time::timeout(Duration::from_secs(20), talk)
        .await
        .expect("the server answers and closes");
    String::from_utf8_lossy(&answer).into_owned()
}

/// A request that asks for the connection to be closed after it. `headers` are lines, each with its end.
pub fn request(start: &str, host: &str, headers: &[&[u8]], body: &[u8]) -> Vec<u8> {
    let mut request = format!("{start} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n").into_bytes();
    for header in headers {
        request.extend_from_slice(header);
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"\r\n");
    request.extend_from_slice(body);
    request
}
