//! A server for tests of load: a process of its own, so that it can be killed and does not count as memory of the client.
//!
//! `load_server PORT LOG HELD DELAY_MS` listens on loopback, says `listening PORT`, and ends when its standard input does.
//! It appends each body that it has read whole to LOG, a line each, before it does anything else about it. The last
//! segment of the path says what that is:
//!
//! | segment | the server |
//! |---|---|
//! | `ok` | answers 200 after DELAY_MS |
//! | `held` | answers 200 when HELD requests wait for it |
//! | `broken` | answers 500 |
//! | `part` | writes a part of an answer, and closes |
//! | `cut` | closes |
//! | `stuck` | never answers |

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a fault here is a fault of a test"
)]

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::Barrier;

struct Server {
    log: Mutex<File>,
    held: Barrier,
    delay: Duration,
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [port, log, held, delay] = &arguments[..] else {
        unreachable!("load_server PORT LOG HELD DELAY_MS")
    };
    let log = File::options().append(true).create(true).open(log).unwrap();
    let server = Arc::new(Server {
        log: Mutex::new(log),
        held: Barrier::new(held.parse().unwrap()),
        delay: Duration::from_millis(delay.parse().unwrap()),
    });

    let socket = TcpSocket::new_v4().unwrap();
    // After a kill, connections of the one before linger on the port.
    socket.set_reuseaddr(true).unwrap();
    let port: u16 = port.parse().unwrap();
    socket.bind(([127, 0, 0, 1], port).into()).unwrap();
    // Thousands connect at once.
    let listener = socket.listen(8192).unwrap();
    #[expect(clippy::print_stdout, reason = "it is how the test learns the port")]
    {
        println!("listening {}", listener.local_addr().unwrap().port());
    }
    std::io::stdout().flush().unwrap();

    // Whoever started this holds the other end: it does not outlive the test, however that ends.
    std::thread::spawn(|| {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        std::process::exit(0);
    });
    while let Ok((socket, _)) = listener.accept().await {
        let server = server.clone();
        tokio::spawn(async move { server.serve(socket).await });
    }
}

impl Server {
    async fn serve(&self, mut socket: TcpStream) -> Option<()> {
        socket.set_nodelay(true).ok()?;
        let mut bytes = Vec::new();
        loop {
            let (behaviour, body) = read(&mut socket, &mut bytes).await?;
            self.log.lock().unwrap().write_all(&body).unwrap();
            let (status, content) = match behaviour.as_str() {
                "held" => {
                    self.held.wait().await;
                    ("200 OK", r#"{"id":"p-1"}"#)
                }
                "broken" => ("500 Internal Server Error", r#"{"Type":"Internal"}"#),
                "part" => {
                    let part = b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{\"id\"";
                    socket.write_all(part).await.ok()?;
                    return None;
                }
                "cut" => return None,
                "stuck" => {
                    tokio::time::sleep(Duration::from_secs(60)).await;
                    return None;
                }
                _ => {
                    tokio::time::sleep(self.delay).await;
                    ("200 OK", r#"{"id":"p-1"}"#)
                }
            };
            let answer = format!(
                "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{content}",
                content.len()
            );
            socket.write_all(answer.as_bytes()).await.ok()?;
        }
    }
}

/// One request: the last segment of its path, and its body as a line.
async fn read(socket: &mut TcpStream, bytes: &mut Vec<u8>) -> Option<(String, Vec<u8>)> {
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 4;
        }
        more(socket, bytes).await?;
    };
    let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
    let path = head.split(' ').nth(1)?;
    let behaviour = path.rsplit('/').next()?.to_owned();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"))
        .map_or(0, |length| length.trim().parse().unwrap());
    while bytes.len() < end + length {
        more(socket, bytes).await?;
    }
    let mut body = bytes[end..end + length].to_vec();
    body.push(b'\n');
    bytes.drain(..end + length);
    Some((behaviour, body))
}

async fn more(socket: &mut TcpStream, bytes: &mut Vec<u8>) -> Option<()> {
    let count = socket.read_buf(bytes).await.ok()?;
    (count > 0).then_some(())
}
