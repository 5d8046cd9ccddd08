//! Who calls Worldline Connect: merchant, API key, and the integrator that every request names.

use checkout_core::impl_debug;
use checkout_core::redact::Secret;
use checkout_core::validate::Validate as _;
use secrecy::{ExposeSecret as _, SecretString};
use worldline_connect_models::MerchantId;

use super::meta_info::ShoppingCartExtension;
use crate::credentials::{CredentialsError, NotShown, Variables, secret_of_file};

pub(super) const ENDPOINT: &str = "WORLDLINE_CONNECT_ENDPOINT";
pub(super) const ENVIRONMENT: &str = "WORLDLINE_CONNECT_ENVIRONMENT";
const MERCHANT_ID: &str = "WORLDLINE_CONNECT_MERCHANT_ID";
const API_KEY_ID: &str = "WORLDLINE_CONNECT_API_KEY_ID";
const SECRET_API_KEY: &str = "WORLDLINE_CONNECT_SECRET_API_KEY";
const SECRET_API_KEY_FILE: &str = "WORLDLINE_CONNECT_SECRET_API_KEY_FILE";
const INTEGRATOR: &str = "WORLDLINE_CONNECT_INTEGRATOR";

/// What the server API wants to know about its caller.
///
/// ```
/// use hosted_checkout::worldline::Credentials;
///
/// let credentials = Credentials::builder()
///     .merchant_id("9991")
///     .api_key_id("5e45c937b9db33ae")
///     .secret_api_key("I42Zf4pVnRdroHfuHnRiJjJ2B6+22h0yQt/R3nZR8Xg=")
///     .integrator("Example Shop")
///     .build()?;
/// assert!(format!("{credentials:?}").contains("<secret>"));
/// # Ok::<(), hosted_checkout::credentials::CredentialsError>(())
/// ```
///
/// Key id and secret come from the Configuration Center; several pairs can be live at once, and each has an end date.
#[derive(Clone)]
pub struct Credentials {
    pub(super) merchant_id: MerchantId,
    pub(super) api_key_id: String,
    pub(super) secret_api_key: SecretString,
    pub(super) integrator: String,
    pub(super) shopping_cart_extension: Option<ShoppingCartExtension>,
}

#[bon::bon]
impl Credentials {
    /// Puts credentials together from values.
    ///
    /// # Errors
    /// All values that are blank or that no header or path can carry, by name.
    #[builder(on(String, into))]
    pub fn new(
        /// The merchant, the first segment of each path.
        #[builder(into)]
        merchant_id: MerchantId,
        /// The API key's id.
        api_key_id: String,
        /// The API key's secret. It looks like base64 but is used as text: pass it on as it stands.
        #[builder(into)]
        secret_api_key: SecretString,
        /// Who built the integration: a company's or a product's name. Each request tells Worldline.
        integrator: String,
        /// The web shop plug-in, if there is one.
        shopping_cart_extension: Option<ShoppingCartExtension>,
    ) -> Result<Self, CredentialsError> {
        let mut problems = Variables::new(|_| None);
        let mut check = |name: &str, result: Result<(), &str>| {
            if let Err(message) = result {
                problems.reject(name, message);
            }
        };
        check("merchant_id", check_merchant_id(&merchant_id));
        check("api_key_id", check_token(&api_key_id));
        check("secret_api_key", check_token(secret_api_key.expose_secret()));
        check("integrator", check_not_blank(&integrator));
        if let Some(part) = shopping_cart_extension
            .as_ref()
            .and_then(ShoppingCartExtension::blank_part)
        {
            check(
                &format!("shopping_cart_extension.{part}"),
                Err("is blank; fill it in, or leave the extension out"),
            );
        }
        problems.finish()?;
        Ok(Self {
            merchant_id,
            api_key_id,
            secret_api_key,
            integrator,
            shopping_cart_extension,
        })
    }
}

impl Credentials {
    /// Reads `WORLDLINE_CONNECT_MERCHANT_ID`, `_API_KEY_ID`, `_SECRET_API_KEY` (or `_SECRET_API_KEY_FILE`, the path of a
    /// file that holds it) and `_INTEGRATOR` from the environment.
    ///
    /// # Errors
    /// All variables that are missing or cannot be used, by name.
    pub fn from_env() -> Result<Self, CredentialsError> {
        Self::from_variables(Variables::of_process())
    }

    /// As [`from_env`](Self::from_env), from wherever `lookup` finds a variable.
    ///
    /// # Errors
    /// All variables that are missing or cannot be used, by name.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, CredentialsError> {
        Self::from_variables(Variables::new(lookup))
    }

    fn from_variables(mut variables: Variables<'_>) -> Result<Self, CredentialsError> {
        let credentials = Self::read(&mut variables);
        variables.finish()?;
        credentials
    }

    /// Reads every variable, so that all problems are known; what it returns counts only if `variables` has none.
    pub(super) fn read(variables: &mut Variables<'_>) -> Result<Self, CredentialsError> {
        let token = |text: &str| check_token(text).map(|()| text.to_owned());
        let merchant_id = variables.required_parsed(MERCHANT_ID, "the merchant id of the account", |text| {
            let merchant_id = MerchantId::from(text);
            check_merchant_id(&merchant_id).map(|()| merchant_id)
        });
        let api_key_id = variables.required_parsed(API_KEY_ID, "the id of an API key", token);
        let secret_api_key = Self::read_secret_api_key(variables);
        let integrator = variables.required(INTEGRATOR, "the name of who built the integration");
        Self::builder()
            .merchant_id(merchant_id.unwrap_or_else(|| MerchantId::from("")))
            .api_key_id(api_key_id.unwrap_or_default())
            .secret_api_key(secret_api_key.unwrap_or_default())
            .integrator(integrator.unwrap_or_default())
            .build()
    }

    fn read_secret_api_key(variables: &mut Variables<'_>) -> Option<SecretString> {
        let secret = |text: &str| match check_token(text) {
            Ok(()) => Ok(SecretString::from(text)),
            Err(message) => Err(format!("{message} (it {})", NotShown::of(text))),
        };
        match (
            variables.optional(SECRET_API_KEY),
            variables.optional(SECRET_API_KEY_FILE),
        ) {
            (Some(_), Some(_)) => {
                variables.reject(
                    SECRET_API_KEY_FILE,
                    format_args!("stands beside {SECRET_API_KEY}; set one of the two"),
                );
                None
            }
            (None, Some(_)) => {
                let read = |path: &str| {
                    let text = secret_of_file(path)?;
                    check_token(text.expose_secret()).map_err(ToOwned::to_owned)?;
                    Ok::<_, String>(text)
                };
                variables.parsed(SECRET_API_KEY_FILE, read)
            }
            _ => variables.required_parsed(SECRET_API_KEY, "the secret of that API key, as text", secret),
        }
    }

    /// The merchant that requests are made for.
    #[must_use]
    pub const fn merchant_id(&self) -> &MerchantId {
        &self.merchant_id
    }
}

impl_debug!(Credentials: self => {
    merchant_id: self.merchant_id,
    api_key_id: self.api_key_id,
    secret_api_key: Secret,
    integrator: self.integrator,
    shopping_cart_extension: self.shopping_cart_extension,
});

fn check_merchant_id(merchant_id: &MerchantId) -> Result<(), &'static str> {
    merchant_id
        .validate()
        .map_err(|_| "is no merchant id: letters, digits, `.`, `_`, `~` and `-`, 64 at most")
}

const fn check_not_blank(text: &str) -> Result<(), &'static str> {
    if text.trim_ascii().is_empty() {
        Err("is blank; fill it in")
    } else {
        Ok(())
    }
}

/// An id or a key: visible ASCII without a blank. A line break that came along with a paste would change the signature.
fn check_token(text: &str) -> Result<(), &'static str> {
    check_not_blank(text)?;
    if text.contains(['"', '\'', '`']) {
        // Files of variables for containers, unlike a shell, keep them.
        Err("holds quotation marks, which would count as a part of it; take them away")
    } else if text.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(())
    } else {
        Err(
            "holds white space or characters beyond ASCII; copy it from the Configuration Center as it stands",
        )
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    const SECRET: &str = "canary-secret";

    fn lookup(name: &str) -> Option<String> {
        let value = match name {
            MERCHANT_ID => "9991",
            API_KEY_ID => "key-1",
            SECRET_API_KEY => SECRET,
            INTEGRATOR => "Caf\u{e9} Shop",
            _ => return None,
        };
        Some(value.to_owned())
    }

    #[test]
    fn variables_are_read() {
        let credentials = Credentials::from_lookup(lookup).unwrap();
        assert_eq!(credentials.merchant_id().as_str(), "9991");
        assert_eq!(credentials.secret_api_key.expose_secret(), SECRET);
        assert_eq!(credentials.integrator, "Caf\u{e9} Shop");
        insta::assert_snapshot!(
            format!("{credentials:?}"),
            @r#"Credentials { merchant_id: "9991", api_key_id: "key-1", secret_api_key: <secret>, integrator: "Café Shop", shopping_cart_extension: None }"#
        );
    }

    #[test]
    fn every_missing_variable_is_named() {
        insta::assert_snapshot!(
            Credentials::from_lookup(|_| None).unwrap_err().to_string().replace("; WORLD", "\nWORLD"),
            @"
        WORLDLINE_CONNECT_MERCHANT_ID: is not set; set it to the merchant id of the account
        WORLDLINE_CONNECT_API_KEY_ID: is not set; set it to the id of an API key
        WORLDLINE_CONNECT_SECRET_API_KEY: is not set; set it to the secret of that API key, as text
        WORLDLINE_CONNECT_INTEGRATOR: is not set; set it to the name of who built the integration
        "
        );
    }

    #[test]
    fn a_malformed_variable_is_named_but_not_quoted() {
        let error = Credentials::from_lookup(|name| match name {
            SECRET_API_KEY => Some(format!("{SECRET} {SECRET}")),
            other => lookup(other),
        })
        .unwrap_err();
        insta::assert_snapshot!(
            error,
            @"WORLDLINE_CONNECT_SECRET_API_KEY: holds white space or characters beyond ASCII; copy it from the Configuration Center as it stands (it is not shown, since it may be a secret: 27 characters that look like words)"
        );
        assert!(!format!("{error:?}").contains(SECRET));
    }

    #[test]
    fn quotation_marks_are_no_part_of_a_secret() {
        for mark in ["\"", "'", "`"] {
            let error = Credentials::from_lookup(|name| match name {
                SECRET_API_KEY => Some(format!("{mark}{SECRET}{mark}")),
                other => lookup(other),
            })
            .unwrap_err()
            .to_string();
            assert!(error.contains("SECRET_API_KEY: holds quotation marks"), "{error}");
            assert!(!error.contains(SECRET), "{error}");
        }
    }

    #[test]
    fn the_secret_may_lie_in_a_file() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        writeln!(file, "{SECRET}").unwrap();
        let path = file.path().to_str().unwrap().to_owned();
        let from_file = |name: &str| match name {
            SECRET_API_KEY => None,
            SECRET_API_KEY_FILE => Some(path.clone()),
            other => lookup(other),
        };
        assert_eq!(
            Credentials::from_lookup(from_file)
                .unwrap()
                .secret_api_key
                .expose_secret(),
            SECRET
        );

        let both = |name: &str| {
            if name == SECRET_API_KEY_FILE {
                Some(path.clone())
            } else {
                lookup(name)
            }
        };
        let error = Credentials::from_lookup(both).unwrap_err().to_string();
        assert!(
            error.starts_with(SECRET_API_KEY_FILE) && error.contains("set one of the two"),
            "{error}"
        );

        let absent = |name: &str| match name {
            SECRET_API_KEY => None,
            // An operator may take the variable for the one without `_FILE`.
            SECRET_API_KEY_FILE => Some(SECRET.to_owned()),
            other => lookup(other),
        };
        let error = Credentials::from_lookup(absent).unwrap_err();
        assert!(!format!("{error} {error:?}").contains(SECRET), "{error:?}");
        let error = error.to_string();
        assert!(
            error.starts_with("WORLDLINE_CONNECT_SECRET_API_KEY_FILE: is no file, and is not shown, since it may be a secret: ")
                && error.ends_with("; give the path of a file that holds the secret"),
            "{error}"
        );
    }

    #[test]
    fn every_bad_value_is_named() {
        let extension = ShoppingCartExtension::builder()
            .creator("Ada")
            .name("")
            .version("1")
            .build();
        let error = Credentials::builder()
            .merchant_id("")
            .api_key_id("a\r\nb")
            .secret_api_key("  ")
            .integrator("\t")
            .shopping_cart_extension(extension)
            .build()
            .unwrap_err();
        let names: Vec<&str> = error
            .problems()
            .iter()
            .map(|problem| problem.name.as_str())
            .collect();
        assert_eq!(
            names,
            [
                "merchant_id",
                "api_key_id",
                "secret_api_key",
                "integrator",
                "shopping_cart_extension.name"
            ]
        );
    }
}
