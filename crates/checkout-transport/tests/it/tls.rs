//! TLS with certificates that prove nothing: not a byte of HTTP is said to such a server.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use checkout_transport::retry::{Retries, Stop};
use checkout_transport::{
    CallOptions, Error, ErrorKind, Outcome, Phase, Reply, ReqwestWire, Timeouts, Transport,
};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::support::{self, BODY, NOTE, request};

pub(crate) const NAME: &str = "pay.example";

pub(crate) fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A certificate of a server of this name, as strict clients want it.
pub(crate) fn leaf(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params
}

#[derive(Clone, Default)]
struct Counts {
    connections: Arc<AtomicUsize>,
    handshakes: Arc<AtomicUsize>,
    bytes: Arc<AtomicUsize>,
}

impl Counts {
    fn read(&self) -> (usize, usize, usize) {
        let [connections, handshakes, bytes] =
            [&self.connections, &self.handshakes, &self.bytes].map(|count| count.load(Ordering::SeqCst));
        (connections, handshakes, bytes)
    }
}

pub(crate) fn config(certificate: CertificateDer<'static>, key: &KeyPair) -> ServerConfig {
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap()
}

/// A server that shows this certificate, after a while, and answers 200.
async fn server(
    certificate: CertificateDer<'static>,
    key: &KeyPair,
    pause: Duration,
) -> (SocketAddr, Counts) {
    let config = config(certificate, key);
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let counts = Counts::default();
    let counted = counts.clone();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            counted.connections.fetch_add(1, Ordering::SeqCst);
            let (acceptor, counted) = (acceptor.clone(), counted.clone());
            tokio::spawn(async move {
                tokio::time::sleep(pause).await;
                let Ok(mut stream) = acceptor.accept(socket).await else {
                    return;
                };
                counted.handshakes.fetch_add(1, Ordering::SeqCst);
                let mut bytes = Vec::new();
                while !bytes.ends_with(BODY.as_bytes()) {
                    match stream.read_buf(&mut bytes).await {
                        Ok(count) if count > 0 => counted.bytes.fetch_add(count, Ordering::SeqCst),
                        _ => return,
                    };
                }
                let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";
                stream.write_all(answer).await.unwrap();
                let _ = stream.shutdown().await;
            });
        }
    });
    (address, counts)
}

/// Trusts this authority besides those of the machine, and finds the server by its name.
pub(crate) fn transport(authority: &CertificateDer<'_>, address: SocketAddr, limits: Timeouts) -> Transport {
    let root = reqwest::Certificate::from_der(authority).unwrap();
    let client = || {
        reqwest::Client::builder()
            .no_proxy()
            .resolve(NAME, address)
            .tls_certs_merge([root.clone()])
    };
    let wire = ReqwestWire::from_builder(client, limits).unwrap();
    let instantly = Retries::DEFAULT.with_waits(Duration::ZERO, Duration::ZERO, Duration::ZERO);
    let options = CallOptions::DEFAULT.retries(instantly).timeouts(limits);
    support::builder(wire).options(options).build().unwrap()
}

async fn send(transport: &Transport, address: SocketAddr) -> Result<Reply, Error> {
    let base = format!("https://{NAME}:{}/v1", address.port());
    transport.send(&NOTE, request(&NOTE, &base)).await
}

#[tokio::test]
async fn a_server_with_a_wrong_certificate_hears_no_http() {
    let trusted = authority();
    let key = KeyPair::generate().unwrap();
    let signed = |params: CertificateParams| params.signed_by(&key, &trusted).unwrap().der().clone();
    let expired = || {
        let mut params = leaf(NAME);
        (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2020, 2, 1));
        params
    };
    let too_early = || {
        let mut params = leaf(NAME);
        (params.not_before, params.not_after) = (date_time_ymd(4000, 1, 1), date_time_ymd(4000, 2, 1));
        params
    };
    let for_clients = || {
        let mut params = leaf(NAME);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        params
    };
    for (name, certificate) in [
        ("self-signed", leaf(NAME).self_signed(&key).unwrap().der().clone()),
        (
            "an unknown authority",
            leaf(NAME).signed_by(&key, &authority()).unwrap().der().clone(),
        ),
        ("another name", signed(leaf("pay.example.test"))),
        ("expired", signed(expired())),
        ("not valid yet", signed(too_early())),
        ("not for servers", signed(for_clients())),
    ] {
        let (address, counts) = server(certificate, &key, Duration::ZERO).await;
        let error = send(&transport(trusted.der(), address, Timeouts::DEFAULT), address)
            .await
            .expect_err(name);
        assert_eq!(
            (error.kind(), error.outcome(), error.stopped_by()),
            (ErrorKind::Connect, Outcome::NotSent, Some(Stop::Attempts)),
            "{name}: {error}"
        );
        tokio::time::sleep(Duration::from_millis(30)).await;
        assert_eq!(counts.read(), (3, 0, 0), "{name}");
    }

    let (address, counts) = server(signed(leaf(NAME)), &key, Duration::ZERO).await;
    let reply = send(&transport(trusted.der(), address, Timeouts::DEFAULT), address)
        .await
        .unwrap();
    assert_eq!(reply.status().as_u16(), 200);
    let (connections, handshakes, bytes) = counts.read();
    assert_eq!((connections, handshakes), (1, 1));
    assert!(bytes > BODY.len());
    // Nor is it the name or the time: without the authority the same server hears nothing.
    let error = send(&transport(authority().der(), address, Timeouts::DEFAULT), address)
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::Connect, Outcome::NotSent)
    );
    assert_eq!(counts.read().2, bytes);
}

#[tokio::test]
async fn the_limit_on_connecting_is_each_calls_own() {
    let trusted = authority();
    let key = KeyPair::generate().unwrap();
    let certificate = leaf(NAME).signed_by(&key, &trusted).unwrap().der().clone();
    let (address, counts) = server(certificate, &key, Duration::from_millis(300)).await;
    let patient = transport(trusted.der(), address, Timeouts::DEFAULT);
    let limits = Timeouts::DEFAULT.with_connect(Duration::from_millis(50));
    let hasty = CallOptions::DEFAULT.attempts(1).timeouts(limits);
    let hasty = patient.with_options(hasty).unwrap();
    let (hasty, patient) = tokio::join!(send(&hasty, address), send(&patient, address));
    let error = hasty.unwrap_err();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::Timeout(Phase::Connect), Outcome::NotSent),
        "{error}"
    );
    assert!(error.elapsed().unwrap() < Duration::from_millis(300));
    let reply = patient.unwrap();
    assert_eq!(reply.receipt().attempts.len(), 1);
    assert_eq!(counts.read().1, 1);
}
