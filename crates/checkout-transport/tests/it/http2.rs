//! HTTP/2 connections, which calls share, and which do not end when a call does.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use checkout_transport::retry::Stop;
use checkout_transport::{AttemptResult, ErrorKind, Outcome, Reply, Timeouts, Transport};
use rcgen::KeyPair;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::support::{NOTE, PAY, request};
use crate::tls::{NAME, authority, config, leaf, transport};

const HEADERS: u8 = 1;
const RESET: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const ACK: u8 = 1;

/// How the server behaves on its first connection. On all others it answers.
#[derive(Clone, Copy, Debug)]
enum First {
    /// As if it hung: nothing comes, though the kernel confirms what arrives.
    Hangs,
    /// It answers, but not soon.
    Slow(Duration),
    /// It refuses each request, as one that it has not begun to process.
    Refuses,
    /// It closes, and says that it has processed nothing.
    GoesAway,
}

/// Notes on which connection each request came.
async fn server(first: First) -> (Transport, String, Arc<Mutex<Vec<usize>>>) {
    let trusted = authority();
    let key = KeyPair::generate().unwrap();
    let certificate = leaf(NAME).signed_by(&key, &trusted).unwrap().der().clone();
    let mut config = config(certificate, &key);
    config.alpn_protocols = vec![b"h2".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let requests = Arc::new(Mutex::new(Vec::new()));
    let noted = requests.clone();
    tokio::spawn(async move {
        for number in 1.. {
            let (socket, _) = listener.accept().await.unwrap();
            let stream = acceptor.accept(socket).await.unwrap();
            let first = Some(first).filter(|_| number == 1);
            tokio::spawn(serve(stream, number, first, noted.clone()));
        }
    });
    let base = format!("https://{NAME}:{}/v1", address.port());
    (transport(trusted.der(), address, LIMITS), base, requests)
}

async fn serve(
    mut stream: TlsStream<TcpStream>,
    number: usize,
    first: Option<First>,
    noted: Arc<Mutex<Vec<usize>>>,
) {
    let mut preface = [0; 24];
    stream.read_exact(&mut preface).await.unwrap();
    assert_eq!(&preface, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    let (mut reads, mut writes) = tokio::io::split(stream);
    let (frames, mut queue) = mpsc::unbounded_channel::<Vec<u8>>();
    tokio::spawn(async move {
        while let Some(frame) = queue.recv().await {
            writes.write_all(&frame).await.unwrap();
            writes.flush().await.unwrap();
        }
    });
    frames.send(vec![0, 0, 0, SETTINGS, 0, 0, 0, 0, 0]).unwrap();
    while let Some((kind, flags, id, payload)) = frame(&mut reads).await {
        if kind == HEADERS {
            noted.lock().unwrap().push(number);
        }
        let pause = match first {
            Some(First::Hangs) => continue,
            Some(First::Slow(pause)) => pause,
            Some(First::Refuses) if kind == HEADERS => {
                let [a, b, c, d] = id;
                let refused = vec![0, 0, 4, RESET, 0, a, b, c, d, 0, 0, 0, 7];
                frames.send(refused).unwrap();
                continue;
            }
            Some(First::GoesAway) if kind == HEADERS => {
                let mut nothing = vec![0, 0, 8, GOAWAY, 0, 0, 0, 0, 0];
                nothing.extend([0; 8]);
                frames.send(nothing).unwrap();
                continue;
            }
            _ => Duration::ZERO,
        };
        if kind == PING && flags != ACK {
            let mut pong = vec![0, 0, 8, PING, ACK, 0, 0, 0, 0];
            pong.extend(payload);
            frames.send(pong).unwrap();
        } else if kind == HEADERS {
            // Ends headers and stream; 0x88 is `:status 200`.
            let mut answer = vec![0, 0, 1, HEADERS, 5];
            answer.extend(id);
            answer.push(0x88);
            let frames = frames.clone();
            tokio::spawn(async move {
                tokio::time::sleep(pause).await;
                frames.send(answer).unwrap();
            });
        }
    }
}

/// Kind, flags, stream and content of the next frame.
async fn frame(stream: &mut (impl AsyncRead + Unpin)) -> Option<(u8, u8, [u8; 4], Vec<u8>)> {
    let mut head = [0; 9];
    stream.read_exact(&mut head).await.ok()?;
    let length = u32::from_be_bytes([0, head[0], head[1], head[2]]);
    let mut payload = vec![0; length as usize];
    stream.read_exact(&mut payload).await.ok()?;
    Some((head[3], head[4], [head[5], head[6], head[7], head[8]], payload))
}

/// A connection without a word is given up after 1.6 s.
const LIMITS: Timeouts = Timeouts::DEFAULT.with_attempt(Duration::from_millis(2400));

fn results(reply: &Reply) -> Vec<AttemptResult> {
    reply
        .receipt()
        .attempts
        .iter()
        .map(|attempt| attempt.result)
        .collect()
}

#[tokio::test]
async fn a_repeat_leaves_a_connection_that_has_died() {
    let (transport, base, requests) = server(First::Hangs).await;
    let began = Instant::now();
    let reply = transport.send(&PAY, request(&PAY, &base)).await.unwrap();
    use AttemptResult::{Answered, Unknown};
    assert_eq!(results(&reply), [Unknown, Answered]);
    assert!(began.elapsed() < LIMITS.attempt);
    transport.send(&PAY, request(&PAY, &base)).await.unwrap();
    assert_eq!(*requests.lock().unwrap(), [1, 2, 2]);
}

#[tokio::test]
async fn a_connection_whose_answer_is_slow_has_not_died() {
    let (transport, base, requests) = server(First::Slow(Duration::from_millis(1900))).await;
    let reply = transport.send(&PAY, request(&PAY, &base)).await.unwrap();
    assert_eq!(results(&reply), [AttemptResult::Answered]);
    assert_eq!(*requests.lock().unwrap(), [1]);
}

/// HTTP/2 would allow it; but the transport alone decides what is sent twice.
#[tokio::test]
async fn what_a_server_refuses_to_process_is_not_sent_again_below_the_transport() {
    for first in [First::Refuses, First::GoesAway] {
        let (transport, base, requests) = server(first).await;
        let once = transport.with_options(transport.options().attempts(1)).unwrap();
        let error = once.send(&NOTE, request(&NOTE, &base)).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.outcome()),
            (ErrorKind::Interrupted, Outcome::Unknown),
            "{first:?}: {error}"
        );
        assert_eq!(*requests.lock().unwrap(), [1], "{first:?}");

        let (transport, base, requests) = server(first).await;
        let error = transport.send(&NOTE, request(&NOTE, &base)).await.unwrap_err();
        assert_eq!(error.stopped_by(), Some(Stop::Unsafe), "{first:?}");
        assert_eq!(*requests.lock().unwrap(), [1], "{first:?}");
    }
    let (transport, base, requests) = server(First::GoesAway).await;
    let reply = transport.send(&PAY, request(&PAY, &base)).await.unwrap();
    use AttemptResult::{Answered, Unknown};
    assert_eq!(results(&reply), [Unknown, Answered]);
    assert_eq!(*requests.lock().unwrap(), [1, 2]);
}
