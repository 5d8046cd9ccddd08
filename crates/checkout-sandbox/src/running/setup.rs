//! Keys and ids that a sandbox makes once: at each start, or, with a state file, at the first.

use checkout_core::key::{KeyError, SigningKey};
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};

use super::start_error::StartError;
use crate::engine::ground::{Ground, Table};
use crate::noah::access::ApiKeys;
use crate::worldline::access::Account;

const SETUP: Table<Setup<String>> = Table::new("setup");

/// What both sides are set up with. A state file, which is its owner's alone, holds the keys as PEM.
#[derive(Serialize, Deserialize)]
pub(crate) struct Setup<K = SigningKey> {
    /// With the public half of `signing_key`.
    pub(crate) api_key: String,
    pub(crate) unsigned_api_key: String,
    /// What clients sign requests with.
    pub(crate) signing_key: K,
    /// What NOAH's webhooks are signed with.
    pub(crate) webhook_key: K,
    /// The `UserID` of NOAH's webhooks.
    pub(crate) user_id: String,
    pub(crate) account: Account,
}

impl Setup {
    /// The setup in the state file, or a new one.
    pub(crate) fn find_or_make(ground: &Ground, keys: &ApiKeys) -> Result<Self, StartError> {
        let kept = match ground.state.rows(SETUP)?.into_iter().next() {
            Some((_, kept)) => kept,
            None => Setup::make(ground, keys)?,
        };
        Ok(kept.read(ground)?)
    }
}

impl Setup<String> {
    fn make(ground: &Ground, keys: &ApiKeys) -> Result<Self, StartError> {
        let pem = |key: &SigningKey| Ok::<_, KeyError>(key.to_pkcs8_pem()?.expose_secret().to_owned());
        let ids = &ground.ids;
        let signing_key = ids.signing_key("requests")?;
        let made = Self {
            api_key: keys.register(Some(&signing_key.public_key_pem()))?,
            unsigned_api_key: keys.register(None)?,
            signing_key: pem(&signing_key)?,
            webhook_key: pem(&ids.signing_key("webhooks")?)?,
            user_id: format!("ory|{}", ids.id()),
            account: Account {
                merchant_id: "9991".to_owned(),
                api_key_id: ids.simple(),
                secret_api_key: ids.secret(),
                webhook_key_id: ids.simple(),
                webhook_secret: ids.secret(),
            },
        };
        let mut batch = ground.batch();
        batch.put(SETUP, "setup", &made);
        ground.commit(batch)?;
        Ok(made)
    }

    fn read(self, ground: &Ground) -> Result<Setup, KeyError> {
        let key = |pem: &str| ground.ids.settled(SigningKey::from_pem(pem)?);
        Ok(Setup {
            signing_key: key(&self.signing_key)?,
            webhook_key: key(&self.webhook_key)?,
            api_key: self.api_key,
            unsigned_api_key: self.unsigned_api_key,
            user_id: self.user_id,
            account: self.account,
        })
    }
}
