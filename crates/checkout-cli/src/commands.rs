//! The commands, one module each.

pub mod demo;
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
            Self::Sandbox(args) => sandbox::run(args, output).await,
        }
    }
}
