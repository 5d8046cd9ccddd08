//! reqwest can write every byte of a connection to the log. It must not, whoever asks for it.

use std::sync::Mutex;

use checkout_transport::{ReqwestWire, Wire};

use crate::sockets::{LONG, Server, answer};
use crate::support::{BODY, PAY, quick, request};

/// What reqwest's verbose connections write.
static WRITTEN: Mutex<String> = Mutex::new(String::new());

struct Log;

impl log::Log for Log {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        metadata.target().starts_with("reqwest::connect")
    }
    fn log(&self, record: &log::Record<'_>) {
        if self.enabled(record.metadata()) {
            WRITTEN.lock().unwrap().push_str(&record.args().to_string());
        }
    }
    fn flush(&self) {}
}

#[tokio::test]
async fn no_setting_writes_bodies_to_the_log() {
    log::set_logger(&Log).unwrap();
    log::set_max_level(log::LevelFilter::Trace);
    let verbose = || reqwest::Client::builder().no_proxy().connection_verbose(true);
    let server = Server::start(vec![answer("200 OK", "", r#""CANARY""#)]).await;
    let shown = || {
        let written = std::mem::take(&mut *WRITTEN.lock().unwrap());
        written.contains("CANARY") || written.contains(&BODY.replace('"', "\\\""))
    };

    let wire = ReqwestWire::from_builder(verbose, quick()).unwrap();
    let answer = wire.send(request(&PAY, &server.base), LONG).await.unwrap();
    assert_eq!(answer.text().await.unwrap(), r#""CANARY""#);
    assert!(!shown());

    // The log is being read: without the wire's care it shows all.
    let client = verbose().build().unwrap();
    let answer = client.execute(request(&PAY, &server.base)).await.unwrap();
    assert_eq!(answer.text().await.unwrap(), r#""CANARY""#);
    assert!(shown());
}
