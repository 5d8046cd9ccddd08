//! The input of a diagnosis.

use std::fmt;

use checkout_core::given::FileRights;
use checkout_core::impl_debug;
use checkout_core::key::VerifyingKey;
use hosted_checkout::NamedHosts;
use hosted_checkout::noah::Environment;
use secrecy::{ExposeSecret as _, SecretSlice, SecretString};
use serde::Serialize;
use url::Url;

/// What a case is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(feature = "clap", derive(clap::ValueEnum))]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Keys and environment alone, before any request.
    Setup,
    /// A request to NOAH.
    NoahRequest,
    /// A webhook of NOAH.
    NoahWebhook,
    /// A request to Worldline Connect's server API.
    WorldlineRequest,
    /// A webhook of Worldline Connect.
    WorldlineWebhook,
}

/// What is known of a request or a webhook. Every part may be missing; checks that need it are then not made.
///
/// Prints nothing of what it holds.
#[derive(Clone, Default)]
pub struct Case {
    /// What it is about. If it is not given, headers and token tell.
    pub kind: Option<Kind>,
    /// The signing key as it is kept: PEM text, or DER.
    pub signing_key: Option<SecretSlice<u8>>,
    /// Why the signing key could not be fetched from where it should be. Says nothing of the key.
    pub signing_key_problem: Option<String>,
    /// The registered public key, as PEM text.
    pub public_key: Option<String>,
    /// The API key, white space and all.
    pub api_key: Option<SecretString>,
    /// The token, white space and all.
    pub token: Option<SecretString>,
    /// The headers that were sent, if they are known, as they were sent: in their order, with repetitions.
    pub headers: Option<Headers>,
    /// The method of the request.
    pub method: Option<String>,
    /// The whole URL of the request, or the base URL of a setup.
    pub url: Option<String>,
    /// The body, byte for byte. Empty: there is none. `None`: not known.
    pub body: Option<Vec<u8>>,
    /// The time of this machine, in Unix seconds.
    pub now: i64,
    /// The header `Date` of an answer of the API that came at that time.
    pub server_date: Option<String>,
    /// The name of the environment.
    pub environment: Option<String>,
    /// The hosts that the caller names, beside those that are known.
    pub named_hosts: NamedHosts,
    /// The public key that NOAH's webhooks are verified by, as PEM text; else the published ones are used.
    pub webhook_key: Option<String>,
    /// The published webhook keys of NOAH.
    pub published: PublishedKeys,
    /// The id of Worldline Connect's API key or webhook key.
    pub key_id: Option<String>,
    /// The secret of that key.
    pub secret: Option<SecretString>,
    /// Who may use the files that hold a key or a secret.
    pub key_files: Vec<FileRights>,
    /// What is wrong with the variables of Worldline Connect, by name; `None` if none is set.
    pub worldline_setup: Option<Vec<(String, String)>>,
}

impl_debug!(Case: self => { kind: self.kind, .. });

impl Case {
    /// What it is about.
    #[must_use]
    pub fn kind(&self) -> Kind {
        let has = |name: &str| self.headers.as_ref().is_some_and(|headers| headers.has(name));
        let is_connect = || {
            let headers = self.headers.iter().flat_map(Headers::iter);
            headers.into_iter().any(|(name, value)| {
                name.to_ascii_lowercase().starts_with("x-gcs-")
                    || name.eq_ignore_ascii_case("authorization") && value.trim_start().starts_with("GCS")
            })
        };
        let is_message = || self.headers.is_some() || self.method.is_some() || self.body.is_some();
        self.kind.unwrap_or_else(|| {
            if has("x-gcs-signature") || has("x-gcs-keyid") {
                Kind::WorldlineWebhook
            } else if has("webhook-signature") {
                Kind::NoahWebhook
            } else if is_connect() {
                Kind::WorldlineRequest
            } else if self.token.is_some() || is_message() {
                Kind::NoahRequest
            } else {
                Kind::Setup
            }
        })
    }

    /// Whether any part of NOAH's setup is given.
    #[must_use]
    pub const fn has_setup_of_noah(&self) -> bool {
        let has_key =
            self.signing_key.is_some() || self.signing_key_problem.is_some() || self.public_key.is_some();
        has_key || self.api_key.is_some() || self.environment.is_some() || self.url.is_some()
    }

    /// The environment that is named, if it is one.
    pub(super) fn named_environment(&self) -> Option<Environment> {
        self.environment.as_ref()?.trim().parse().ok()
    }

    /// The environment that the URL's host belongs to, if it is one of NOAH's or this machine.
    #[must_use]
    pub fn environment_of_url(&self) -> Option<Environment> {
        let url = Url::parse(self.url.as_ref()?.trim()).ok()?;
        Environment::of_url(&url)
    }

    /// The case with token and API key taken from the headers, where they were not given separately.
    pub(super) fn completed(&self) -> Self {
        let mut case = self.clone();
        if let Some(headers) = &case.headers {
            let secret = |name: &str| headers.first(name).map(SecretString::from);
            case.token = case.token.or_else(|| secret("api-signature"));
            case.api_key = secret("x-api-key").or(case.api_key);
        }
        case
    }

    /// The values of a header, as far as the headers are known.
    pub(super) fn values<'h>(&'h self, name: &str) -> Vec<&'h str> {
        let headers = self.headers.iter();
        headers.flat_map(|headers| headers.values(name)).collect()
    }

    pub(super) fn token_text(&self) -> Option<&str> {
        self.token.as_ref().map(|token| token.expose_secret())
    }
}

/// The headers of a message, in their order, with repetitions.
#[derive(Clone, Default)]
pub struct Headers(Vec<(String, String)>);

impl fmt::Debug for Headers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set()
            .entries(self.0.iter().map(|(name, _)| name))
            .finish()
    }
}

impl Headers {
    /// From names and values.
    pub fn new(headers: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(headers.into_iter().collect())
    }

    /// Names and values as they were sent.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Each value of a name, in any case.
    pub fn values<'h>(&'h self, name: &str) -> impl Iterator<Item = &'h str> {
        self.iter()
            .filter(move |(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    pub(super) fn first(&self, name: &str) -> Option<&str> {
        self.values(name).next()
    }

    /// The name of the header whose value, without `Bearer` and the like in front, is as asked for.
    pub(super) fn name_of(&self, mut is_it: impl FnMut(&str) -> bool) -> Option<&str> {
        self.iter()
            .find(|(_, value)| value.split_whitespace().last().is_some_and(&mut is_it))
            .map(|(name, _)| name)
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.first(name).is_some()
    }

    /// Adds to the value of the last header, as a folded line does. `false` if there is no header.
    pub fn fold(&mut self, more: &str) -> bool {
        let Some((_, value)) = self.0.last_mut() else {
            return false;
        };
        value.push(' ');
        value.push_str(more);
        true
    }

    /// Adds a header.
    pub fn append(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.push((name.into(), value.into()));
    }
}

/// The public keys that NOAH publishes for its webhooks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedKeys(Vec<(Environment, VerifyingKey)>);

impl PublishedKeys {
    /// Replaces the published keys, for tests: only NOAH can sign for those.
    pub fn new(keys: impl IntoIterator<Item = (Environment, VerifyingKey)>) -> Self {
        Self(keys.into_iter().collect())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (Environment, &VerifyingKey)> {
        self.0.iter().map(|(environment, key)| (*environment, key))
    }
}

impl Default for PublishedKeys {
    fn default() -> Self {
        Self::new(Environment::ALL.into_iter().filter_map(|environment| {
            let key = VerifyingKey::from_pem(environment.webhook_key_pem()?).ok()?;
            Some((environment, key))
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_published_keys_are_built_in() {
        let environments: Vec<Environment> = PublishedKeys::default().iter().map(|(of, _)| of).collect();
        assert_eq!(environments, [Environment::Sandbox, Environment::Production]);
    }
}
