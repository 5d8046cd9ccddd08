//! NOAH's API keys.

use std::fmt;

use checkout_core::given::{Given, GivenError, NotShown};
use secrecy::{ExposeSecret, SecretString};

use super::Environment;
use crate::destination::key_fits;

/// An API key, `apikey_<environment>_<key>` with environment `sandbox` or `prod` (NOAH's docs page on authentication).
///
/// It opens every financial operation of the account, so it never prints: `Debug` shows the environment alone.
#[derive(Clone)]
pub struct ApiKey {
    text: SecretString,
    environment: Environment,
}

/// Why a text is not an API key, or not one for this environment. Holds no part of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ApiKeyError {
    /// Does not begin with `apikey_`.
    #[error("is not a NOAH API key: it does not begin with apikey_; copy it whole from the dashboard")]
    Form,
    /// The second part is neither `sandbox` nor `prod`.
    #[error(
        "is not a NOAH API key: its second part is neither sandbox nor prod; copy it whole from the dashboard"
    )]
    UnknownEnvironment,
    /// Nothing after the environment.
    #[error("is not a NOAH API key: nothing follows its second part; copy it whole from the dashboard")]
    NoKey,
    /// White space, control characters or characters outside ASCII.
    #[error(
        "holds characters that no API key has, such as spaces or quotation marks; copy it alone, without any"
    )]
    Characters,
    /// A key of one environment for a client of another.
    #[error("is an API key for {key}, but the environment is {environment}; use {}", right_key(*.environment))]
    OtherEnvironment {
        /// Whose key it is.
        key: Environment,
        /// Where it was to be used.
        environment: Environment,
    },
}

/// Why neither a text nor the file of that path is an API key. Holds no part of either.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoApiKey(String);

const fn right_key(environment: Environment) -> &'static str {
    match environment {
        Environment::Local => "the local server's own, or any that begins with apikey_sandbox_",
        _ => "a key made in its dashboard",
    }
}

impl ApiKey {
    /// Reads a key as the dashboard shows it.
    ///
    /// ```
    /// use hosted_checkout::noah::{ApiKey, Environment};
    ///
    /// let key = ApiKey::parse("apikey_sandbox_12345abcdef")?;
    /// assert_eq!(key.environment(), Environment::Sandbox);
    /// assert_eq!(format!("{key:?}"), "ApiKey(apikey_sandbox_<secret>)");
    /// # Ok::<(), hosted_checkout::noah::ApiKeyError>(())
    /// ```
    ///
    /// # Errors
    /// One of [`ApiKeyError`].
    pub fn parse(text: &str) -> Result<Self, ApiKeyError> {
        if !text
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\'' | b'`'))
        {
            return Err(ApiKeyError::Characters);
        }
        let rest = text.strip_prefix("apikey_").ok_or(ApiKeyError::Form)?;
        let (environment, key) = rest.split_once('_').unwrap_or((rest, ""));
        let environment = match environment {
            "sandbox" => Environment::Sandbox,
            "prod" => Environment::Production,
            _ => return Err(ApiKeyError::UnknownEnvironment),
        };
        if key.is_empty() {
            return Err(ApiKeyError::NoKey);
        }
        Ok(Self {
            text: SecretString::from(text),
            environment,
        })
    }

    /// Reads a key, or the file that holds it and whose path this is.
    ///
    /// # Errors
    /// The text is neither, or the file cannot be used. No part of the text shows, for it may be another secret.
    pub fn from_text_or_path(text: &str) -> Result<Self, NoApiKey> {
        let none = |reason: &dyn fmt::Display| NoApiKey(reason.to_string());
        match Given::read(text, |text| text.contains("apikey_")) {
            Ok(given) => {
                let key = given.secret().map_err(|error| none(&error))?;
                let key = key.expose_secret();
                Self::parse(key).map_err(|error| none(&format_args!("{error} (it {})", NotShown::of(key))))
            }
            Err(GivenError::Neither(it)) => Err(none(&format_args!("{} (it {it})", ApiKeyError::Form))),
            Err(error) => Err(none(&error)),
        }
    }

    /// The environment that the key was made for: sandbox or production.
    #[must_use]
    pub const fn environment(&self) -> Environment {
        self.environment
    }

    /// Whether the key may be used there: the environments are the same, or it is a key of the sandbox for the local one.
    ///
    /// # Errors
    /// [`ApiKeyError::OtherEnvironment`].
    pub fn check(&self, environment: Environment) -> Result<(), ApiKeyError> {
        if key_fits(self.environment.stage(), environment.stage()) {
            Ok(())
        } else {
            Err(ApiKeyError::OtherEnvironment {
                key: self.environment,
                environment,
            })
        }
    }
}

impl ExposeSecret<str> for ApiKey {
    fn expose_secret(&self) -> &str {
        self.text.expose_secret()
    }
}

impl std::str::FromStr for ApiKey {
    type Err = ApiKeyError;
    fn from_str(text: &str) -> Result<Self, ApiKeyError> {
        Self::parse(text)
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let environment = if self.environment == Environment::Production {
            "prod"
        } else {
            "sandbox"
        };
        write!(f, "ApiKey(apikey_{environment}_<secret>)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_for_their_environment() {
        for (text, environment) in [
            ("apikey_sandbox_12345abcdef", Environment::Sandbox),
            ("apikey_prod_12345abcdef", Environment::Production),
            ("apikey_prod_a_b-c.d", Environment::Production),
        ] {
            let key = ApiKey::parse(text).unwrap();
            assert_eq!(key.environment(), environment);
            assert_eq!(key.expose_secret(), text);
            assert!(!format!("{key:?}").contains("12345"));
        }
    }

    #[test]
    fn everything_else_is_refused_for_its_reason() {
        for (text, reason) in [
            ("", ApiKeyError::Form),
            ("12345abcdef", ApiKeyError::Form),
            ("APIKEY_prod_1", ApiKeyError::Form),
            ("apikey_", ApiKeyError::UnknownEnvironment),
            ("apikey_production_1", ApiKeyError::UnknownEnvironment),
            ("apikey_local_1", ApiKeyError::UnknownEnvironment),
            ("apikey_prod", ApiKeyError::NoKey),
            ("apikey_sandbox_", ApiKeyError::NoKey),
            ("apikey_prod_1 ", ApiKeyError::Characters),
            ("apikey_prod_1\n", ApiKeyError::Characters),
            ("\"apikey_prod_1\"", ApiKeyError::Characters),
            ("apikey_prod_ключ", ApiKeyError::Characters),
        ] {
            assert_eq!(ApiKey::parse(text).unwrap_err(), reason, "{text:?}");
        }
    }

    #[test]
    fn a_key_works_where_it_was_made_for_and_a_test_key_locally() {
        use Environment::{Local, Production, Sandbox};
        for (text, environment) in [("apikey_sandbox_1", Sandbox), ("apikey_prod_1", Production)] {
            let key = ApiKey::parse(text).unwrap();
            for target in Environment::ALL {
                let expected = target == environment || (environment, target) == (Sandbox, Local);
                assert_eq!(key.check(target).is_ok(), expected, "{text} in {target}");
            }
        }
    }
}
