//! The commands, one module each.

pub mod demo;
pub mod doctor;
pub mod sandbox;

use clap::Subcommand;

use crate::{Failure, Output};

/// What the command line asks for.
#[derive(Debug, Subcommand)]
#[non_exhaustive]
pub enum Command {
    /// Settle a payment from end to end on this machine, and watch two forgeries fail.
    ///
    /// Starts a sandbox in this process, opens hosted sessions through the real client over HTTP, settles a pay-in,
    /// verifies its webhooks, gets an Apple Pay session, and shows a changed request and a changed webhook being
    /// refused. Needs no account and no network. Ends with 1 if any step fails, and names it.
    Demo(demo::Demo),
    /// Say what holds and what fails of a key, a request or a webhook, and how to mend it.
    ///
    /// Works offline: nothing is sent, and nobody is asked. Give it what there is, the more the better; what it lacks
    /// is marked - and counts for nothing. Each failure is named by its cause, so a body that was changed by a final
    /// line break is that, and not just a hash that does not fit. Shows no secret and no value of a body.
    ///
    /// Without --token and --header-file it looks at the variables that hosted-checkout reads: NOAH_ENVIRONMENT,
    /// NOAH_API_KEY, NOAH_SIGNING_KEY, NOAH_BASE_URL, NOAH_WEBHOOK_KEY and WORLDLINE_CONNECT_*.
    /// With a token or Api-Signature it is a request to NOAH, with Webhook-Signature a webhook of NOAH, with
    /// Authorization: GCS a request to Worldline Connect, with X-GCS-Signature one of its webhooks.
    ///
    /// Ends with 1 if a check fails.
    #[command(after_long_help = doctor::EXAMPLES)]
    Doctor(Box<doctor::DoctorArgs>),
    /// Serve a local NOAH and a local Worldline Connect to build a shop against.
    ///
    /// Both listen on 127.0.0.1, check signatures, claims and bodies, remember what happened, and deliver signed
    /// webhooks. Once ready, it says what a client needs, with --json on one line. Keys are made anew for each start
    /// and end with it, unless --state keeps them or --seed makes them.
    Sandbox(sandbox::SandboxArgs),
}

impl Command {
    /// Does it.
    ///
    /// # Errors
    /// See each command.
    pub async fn run(self, output: &mut Output) -> Result<(), Failure> {
        match self {
            Self::Demo(demo) => demo.run(output).await,
            Self::Doctor(args) => doctor::run(*args, output),
            Self::Sandbox(args) => sandbox::run(args, output).await,
        }
    }
}
