//! A server of scripts: what it does on its first connection, on its second, and so on.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

/// One thing that a server does on a connection. After the last it closes it.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// Reads one request to its end.
    Read,
    /// Reads the head of a request, and of its body what came with it.
    ReadHead,
    Write(String),
    /// Writes byte by byte, with this pause after each.
    Drip(String, Duration),
    /// Writes byte by byte, a byte for each poll of the call that it answers: no clock decides how many steps a call has.
    Feed(String, Polls),
    Wait(Duration),
    /// Says that nothing more will be written.
    ShutWrite,
    Reset,
}

/// The polls of one call.
#[derive(Clone, Debug)]
pub(crate) struct Polls(Arc<Semaphore>);

impl Polls {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Semaphore::new(0)))
    }

    pub(crate) fn note(&self) {
        self.0.add_permits(1);
    }

    async fn next(&self) {
        self.0.acquire().await.unwrap().forget();
    }
}

/// A request that was read whole.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) head: String,
    pub(crate) body: String,
    pub(crate) at: Instant,
}

#[derive(Clone, Default)]
pub(crate) struct Counts {
    connections: Arc<AtomicUsize>,
    requests: Arc<Mutex<Vec<Request>>>,
}

pub(crate) struct Peer {
    pub(crate) address: SocketAddr,
    counts: Counts,
}

impl Peer {
    /// The n-th connection gets the n-th script, and all that follow the last.
    pub(crate) async fn start(scripts: Vec<Vec<Act>>) -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").await.unwrap(), scripts)
    }

    pub(crate) fn on(listener: TcpListener, scripts: Vec<Vec<Act>>) -> Self {
        let counts = Counts::default();
        let peer = Self {
            address: listener.local_addr().unwrap(),
            counts: counts.clone(),
        };
        tokio::spawn(async move {
            let last = scripts.len() - 1;
            while let Ok((socket, _)) = listener.accept().await {
                let number = counts.connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(act(socket, scripts[number.min(last)].clone(), counts.clone()));
            }
        });
        peer
    }

    pub(crate) fn base(&self) -> String {
        format!("http://{}/v1", self.address)
    }

    pub(crate) fn connections(&self) -> usize {
        self.counts.connections.load(Ordering::SeqCst)
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.counts.requests.lock().unwrap().clone()
    }
}

async fn act(mut socket: TcpStream, script: Vec<Act>, counts: Counts) {
    let mut bytes = Vec::new();
    for act in script {
        let went_on = match act {
            Act::Read => match read(&mut socket, &mut bytes).await {
                Some(request) => {
                    counts.requests.lock().unwrap().push(request);
                    true
                }
                None => false,
            },
            Act::ReadHead => head(&mut socket, &mut bytes).await.is_some(),
            Act::Write(text) => socket.write_all(text.as_bytes()).await.is_ok(),
            Act::Drip(text, pause) => drip(&mut socket, &text, || tokio::time::sleep(pause)).await,
            Act::Feed(text, polls) => drip(&mut socket, &text, || polls.next()).await,
            Act::Wait(time) => {
                tokio::time::sleep(time).await;
                true
            }
            Act::ShutWrite => socket.shutdown().await.is_ok(),
            Act::Reset => {
                // Let what was written go out before the reset takes it back.
                tokio::time::sleep(Duration::from_millis(30)).await;
                socket.set_zero_linger().is_ok()
            }
        };
        if !went_on {
            return;
        }
    }
}

/// With something to wait for after each byte.
async fn drip<F: Future<Output = ()>>(socket: &mut TcpStream, text: &str, wait: impl Fn() -> F) -> bool {
    socket.set_nodelay(true).unwrap();
    for byte in text.as_bytes() {
        if socket.write_all(&[*byte]).await.is_err() {
            return false;
        }
        wait().await;
    }
    true
}

/// Where the head ends.
async fn head(socket: &mut TcpStream, bytes: &mut Vec<u8>) -> Option<usize> {
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            return Some(end + 4);
        }
        if socket.read_buf(bytes).await.unwrap_or(0) == 0 {
            return None;
        }
    }
}

/// Takes one request out of what comes in.
async fn read(socket: &mut TcpStream, bytes: &mut Vec<u8>) -> Option<Request> {
    let end = head(socket, bytes).await?;
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length")
            .then(|| value.trim().parse::<usize>().unwrap())
    });
    let whole = end + length.unwrap_or(0);
    while bytes.len() < whole {
        if socket.read_buf(bytes).await.unwrap_or(0) == 0 {
            return None;
        }
    }
    let body = String::from_utf8(bytes[end..whole].to_vec()).unwrap();
    bytes.drain(..whole);
    Some(Request {
        head,
        body,
        at: Instant::now(),
    })
}

pub(crate) fn answer(status: &str, headers: &str, body: &str) -> Act {
    Act::Write(format!(
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\n{headers}\r\n{body}",
        body.len()
    ))
}

pub(crate) fn ok() -> Act {
    answer("200 OK", "", r#"{"id":"p-1"}"#)
}
