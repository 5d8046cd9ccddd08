//! `checkout listen`: a webhook endpoint of both APIs on this machine.

mod desk;

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use clap::Args;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};

use self::desk::{Desk, Seen};
use crate::files::FileArg;
use crate::hooks::{NoahKeyArgs, Verifier};
use crate::post::Target;
use crate::recording::Recorder;
use crate::secrets::Lookup;
use crate::stop::Signals;
use crate::{Failure, Output};

/// Arguments of `checkout listen`.
#[derive(Debug, Args)]
pub struct ListenArgs {
    /// Port [default: any free one].
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
    /// Address of this machine to listen on. On any other than the default everybody on its network can send webhooks here;
    /// forged ones are refused all the same [default: 127.0.0.1].
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<IpAddr>,
    #[command(flatten)]
    keys: NoahKeyArgs,
    /// Hand each genuine webhook on to this URL, byte for byte, and answer what it answers.
    #[arg(long, value_name = "URL")]
    forward: Option<String>,
    /// Record each genuine webhook in this log before it is answered; `replay` sends them again. It holds customers' data,
    /// for its owner alone.
    #[arg(long, value_name = "FILE")]
    record: Option<FileArg>,
    /// End after so many requests [default: on Ctrl-C].
    #[arg(long, value_name = "NUMBER")]
    count: Option<u64>,
}

/// Receives until it is asked to stop.
///
/// # Errors
/// The port, the log or a key is not available, or a line cannot be written.
pub async fn run(args: ListenArgs, output: &mut Output) -> Result<(), Failure> {
    let signals = Signals::listen().map_err(Failure::unavailable)?;
    let verifier = Verifier::new(&args.keys, &Lookup::of_process())?;
    let apis = verifier.apis();
    if apis.is_empty() {
        return Err(Failure::unavailable(
            "there is no key to verify webhooks by; set NOAH_ENVIRONMENT (sandbox or production) or NOAH_WEBHOOK_KEY, give \
             --key FILE, or set WORLDLINE_CONNECT_WEBHOOK_KEY_ID and WORLDLINE_CONNECT_WEBHOOK_SECRET",
        ));
    }
    let forward = args.forward.as_deref().map(Target::new).transpose()?;
    let recorder = args.record.as_deref().map(Recorder::open).transpose()?;
    let torn = recorder.as_ref().map_or(0, |(_, torn)| *torn);
    let port = args.port.unwrap_or_default();
    let address = SocketAddr::new(args.listen.unwrap_or(Ipv4Addr::LOCALHOST.into()), port);
    let listener = TcpListener::bind(address).await.map_err(|error| {
        Failure::unavailable(format!(
            "cannot listen on {address}: {error}; choose another port, or an address of this machine"
        ))
    })?;
    let url = format!(
        "http://{}/webhooks",
        listener.local_addr().map_err(Failure::unavailable)?
    );

    let names: Vec<String> = apis.iter().map(ToString::to_string).collect();
    if torn > 0 {
        output.line(format_args!(
            "a last line that a crash cut short was taken off the log ({torn} bytes); it was never answered"
        ))?;
    }
    output.line(format_args!(
        "listening on {url}, or any other path, for webhooks of {}",
        names.join(" and ")
    ))?;
    output.json(&json!({
        "ready": true, "url": url, "apis": apis, "torn_bytes_removed": torn,
    }))?;

    let (seen, incoming) = mpsc::channel(desk::WAITING);
    let closing = watch::Sender::new(());
    let desk = Desk::new(verifier, forward, recorder.map(|(recorder, _)| recorder), seen);
    let mut closed = closing.subscribe();
    let server = axum::serve(listener, desk::router(Arc::new(desk))).with_graceful_shutdown(async move {
        // An error means that nobody is left to tell.
        let _ = closed.changed().await;
    });
    let server = tokio::spawn(async move { server.await });
    let told = tell(incoming, signals, args.count, output).await;
    drop(closing);
    // Answers that are on their way are sent first.
    let _ = tokio::time::timeout(desk::PATIENCE, server).await;
    Ok(told?)
}

/// One line for each webhook, until there have been enough.
async fn tell(
    mut incoming: mpsc::Receiver<Seen>,
    mut signals: Signals,
    count: Option<u64>,
    output: &mut Output,
) -> io::Result<()> {
    let mut left = count;
    while left != Some(0) {
        tokio::select! {
            _ = signals.next() => break,
            seen = incoming.recv() => {
                let Some(seen) = seen else { break };
                output.line(&seen)?;
                output.json(&seen)?;
                left = left.map(|left| left - 1);
            }
        }
    }
    Ok(())
}
