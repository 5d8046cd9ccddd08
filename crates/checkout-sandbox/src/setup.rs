//! Keys and ids that a sandbox makes once: at each start, or, with a state file, at the first.

use checkout_core::key::{KeyError, SigningKey};
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};

use crate::engine::ground::{Ground, Table};
use crate::noah::keys::ApiKeys;
use crate::start_error::StartError;
use crate::worldline::auth::Account;

const SETUP: Table<Kept> = Table::new("setup");

/// What both sides are set up with.
pub(crate) struct Setup {
    /// With the public half of `signing_key`.
    pub(crate) api_key: String,
    pub(crate) unsigned_api_key: String,
    /// What clients sign requests with.
    pub(crate) signing_key: SigningKey,
    /// What NOAH's webhooks are signed with.
    pub(crate) webhook_key: SigningKey,
    /// The `UserID` of NOAH's webhooks.
    pub(crate) user_id: String,
    pub(crate) account: Account,
}

/// As a state file holds it. It is its owner's alone.
#[derive(Serialize, Deserialize)]
struct Kept {
    api_key: String,
    unsigned_api_key: String,
    signing_key: String,
    webhook_key: String,
    user_id: String,
    account: Account,
}

impl Setup {
    /// That of the state file, or a new one.
    pub(crate) fn find_or_make(ground: &Ground, keys: &ApiKeys) -> Result<Self, StartError> {
        if let Some((_, kept)) = ground.state().rows(SETUP)?.into_iter().next() {
            return Ok(kept.read(ground)?);
        }
        let ids = ground.ids();
        let signing_key = ids.signing_key("requests")?;
        let setup = Self {
            api_key: keys.register(Some(&signing_key.public_key_pem()))?,
            unsigned_api_key: keys.register(None)?,
            signing_key,
            webhook_key: ids.signing_key("webhooks")?,
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
        batch.put(SETUP, "setup", &Kept::of(&setup)?);
        ground.commit(batch)?;
        Ok(setup)
    }
}

impl Kept {
    fn of(setup: &Setup) -> Result<Self, KeyError> {
        let pem = |key: &SigningKey| Ok::<_, KeyError>(key.to_pkcs8_pem()?.expose_secret().to_owned());
        Ok(Self {
            api_key: setup.api_key.clone(),
            unsigned_api_key: setup.unsigned_api_key.clone(),
            signing_key: pem(&setup.signing_key)?,
            webhook_key: pem(&setup.webhook_key)?,
            user_id: setup.user_id.clone(),
            account: setup.account.clone(),
        })
    }

    fn read(self, ground: &Ground) -> Result<Setup, KeyError> {
        let key = |pem: &str| ground.ids().settled(SigningKey::from_pem(pem)?);
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
