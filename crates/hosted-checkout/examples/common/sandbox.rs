//! NOAH as a sandbox in this process, and a client of it.

use std::process::ExitCode;

use checkout_sandbox::Sandbox;
use hosted_checkout::key::SigningKey;
use hosted_checkout::noah::Noah;
use secrecy::ExposeSecret as _;

/// Tells what went wrong in words: what `main` returns as an error is shown as its `Debug`.
#[allow(clippy::print_stderr, reason = "a program's output")]
pub(crate) fn exit(story: Result<(), Box<dyn std::error::Error>>) -> ExitCode {
    match story {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

pub(crate) async fn open() -> Result<(Sandbox, Noah), Box<dyn std::error::Error>> {
    let sandbox = Sandbox::builder().start().await?;
    let api = sandbox.noah();
    let key = SigningKey::from_pem(api.private_key_pem()?.expose_secret())?;
    let noah = Noah::local(&api.report().base_url, &api.report().api_key, key)?;
    Ok((sandbox, noah))
}
