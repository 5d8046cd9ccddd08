//! NOAH as a sandbox in this process, and a client of it.

use checkout_sandbox::Sandbox;
use hosted_checkout::key::SigningKey;
use hosted_checkout::noah::Noah;
use secrecy::ExposeSecret as _;

pub(crate) async fn open() -> Result<(Sandbox, Noah), Box<dyn std::error::Error>> {
    let sandbox = Sandbox::builder().start().await?;
    let api = sandbox.noah();
    let key = SigningKey::from_pem(api.private_key_pem()?.expose_secret())?;
    let noah = Noah::local(&api.report().base_url, &api.report().api_key, key)?;
    Ok((sandbox, noah))
}
