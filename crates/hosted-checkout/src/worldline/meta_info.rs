//! What a request says about the software behind it: `X-GCS-ServerMetaInfo` and `X-GCS-ClientMetaInfo`, JSON in base64.

use std::fmt;

use checkout_core::encoding::base64;
use checkout_core::redact::Personal;
use http::{HeaderName, HeaderValue};
use serde::Serialize;
use serde::de::IgnoredAny;

pub(super) const CLIENT_META_INFO: HeaderName = HeaderName::from_static("x-gcs-clientmetainfo");

/// How this library introduces itself.
const SDK_IDENTIFIER: &str = concat!("HostedCheckoutRust/v", env!("CARGO_PKG_VERSION"));
const SDK_CREATOR: &str = "hosted-checkout";

/// A plug-in of a web shop that Worldline should know of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, bon::Builder)]
#[serde(rename_all = "camelCase")]
#[builder(on(String, into))]
#[non_exhaustive]
pub struct ShoppingCartExtension {
    /// Who made the plug-in.
    pub creator: String,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The id that Worldline gave it, if it did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extension_id: Option<String>,
}

impl ShoppingCartExtension {
    /// The first required part that is blank.
    pub(super) fn blank_part(&self) -> Option<&'static str> {
        [
            ("creator", &self.creator),
            ("name", &self.name),
            ("version", &self.version),
        ]
        .into_iter()
        .find_map(|(part, text)| text.trim().is_empty().then_some(part))
    }
}

/// The content of `X-GCS-ServerMetaInfo`, in the order of Worldline's own libraries.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ServerMetaInfo<'a> {
    platform_identifier: &'a str,
    sdk_identifier: &'a str,
    sdk_creator: &'a str,
    integrator: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    shopping_cart_extension: Option<&'a ShoppingCartExtension>,
}

/// The value of `X-GCS-ServerMetaInfo`, without which the API refuses a server's request.
pub(super) fn server_meta_info(integrator: &str, extension: Option<&ShoppingCartExtension>) -> HeaderValue {
    let info = ServerMetaInfo {
        platform_identifier: &platform_identifier(),
        sdk_identifier: SDK_IDENTIFIER,
        sdk_creator: SDK_CREATOR,
        integrator,
        shopping_cart_extension: extension,
    };
    header_value(&to_json(&info))
}

fn platform_identifier() -> String {
    format!("{}/{} Rust", std::env::consts::OS, std::env::consts::ARCH)
}

/// What a device says about itself: the content of `X-GCS-ClientMetaInfo`.
///
/// Build it for a device, or take over the JSON that a device sent to the shop's server.
///
/// ```
/// use hosted_checkout::worldline::ClientMetaInfo;
///
/// let phone = ClientMetaInfo::builder().platform_identifier("Android/15").screen_size("2400x1080").build();
/// let forwarded = ClientMetaInfo::from_json(r#"{"test":"test"}"#)?;
/// assert_eq!(forwarded.to_base64(), "eyJ0ZXN0IjoidGVzdCJ9");
/// # Ok::<(), hosted_checkout::worldline::ClientMetaInfoError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct ClientMetaInfo(String);

/// A device's description of itself that is not JSON.
#[derive(Debug, thiserror::Error)]
#[error("the client meta info is not JSON; pass on what the device sent, before any encoding")]
pub struct ClientMetaInfoError(#[source] serde_json::Error);

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ClientMetaInfoJson {
    platform_identifier: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    app_identifier: Option<String>,
    sdk_identifier: &'static str,
    sdk_creator: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    screen_size: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    device_brand: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    device_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ip_address: Option<String>,
}

#[bon::bon]
impl ClientMetaInfo {
    /// Describes a device. All parts are optional.
    #[builder(on(String, into))]
    pub fn new(
        /// Operating system or browser, such as a user agent; this machine's by default.
        platform_identifier: Option<String>,
        /// The app, such as `Webshop/2.1`.
        app_identifier: Option<String>,
        /// Height and width in pixels, `2400x1080`.
        screen_size: Option<String>,
        /// The maker of the device.
        device_brand: Option<String>,
        /// The model of the device.
        device_type: Option<String>,
        /// The device's IP address.
        ip_address: Option<String>,
    ) -> Self {
        let json = ClientMetaInfoJson {
            platform_identifier: platform_identifier.unwrap_or_else(self::platform_identifier),
            app_identifier,
            sdk_identifier: SDK_IDENTIFIER,
            sdk_creator: SDK_CREATOR,
            screen_size,
            device_brand,
            device_type,
            ip_address,
        };
        Self(to_json(&json))
    }

    /// Takes over a device's JSON as it stands.
    ///
    /// # Errors
    /// The text is not JSON.
    pub fn from_json(json: impl Into<String>) -> Result<Self, ClientMetaInfoError> {
        let json = json.into();
        serde_json::from_str::<IgnoredAny>(&json).map_err(ClientMetaInfoError)?;
        Ok(Self(json))
    }

    /// The header's value: the JSON in standard base64 with padding.
    #[must_use]
    pub fn to_base64(&self) -> String {
        base64(self.0.as_bytes())
    }

    pub(super) fn header_value(&self) -> HeaderValue {
        header_value(&self.0)
    }
}

impl Default for ClientMetaInfo {
    fn default() -> Self {
        Self::builder().build()
    }
}

/// Hides the content: it may hold the consumer's IP address.
impl fmt::Debug for ClientMetaInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ClientMetaInfo").field(&Personal).finish()
    }
}

#[expect(
    clippy::expect_used,
    reason = "the types here hold texts under fixed names, and a test encodes odd ones"
)]
fn to_json(info: &impl Serialize) -> String {
    serde_json::to_string(info).expect("texts under fixed names encode")
}

#[expect(
    clippy::expect_used,
    reason = "a header carries any visible ASCII, and base64 is nothing else"
)]
fn header_value(json: &str) -> HeaderValue {
    HeaderValue::try_from(base64(json.as_bytes())).expect("base64 is visible ASCII")
}

#[cfg(test)]
mod tests {
    use checkout_core::encoding::base64_strict_decode;

    use super::*;

    #[test]
    fn server_meta_info_is_compact_json_in_the_usual_order() {
        let extension = ShoppingCartExtension::builder()
            .creator("Ada")
            .name("Cart")
            .version("1.2")
            .build();
        let value = server_meta_info("Shop \u{e9}", Some(&extension));
        let json = String::from_utf8(base64_strict_decode(value.to_str().unwrap()).unwrap()).unwrap();
        assert_eq!(
            json,
            format!(
                "{{\"platformIdentifier\":\"{}\",\"sdkIdentifier\":\"{SDK_IDENTIFIER}\",\
                 \"sdkCreator\":\"hosted-checkout\",\"integrator\":\"Shop \u{e9}\",\
                 \"shoppingCartExtension\":{{\"creator\":\"Ada\",\"name\":\"Cart\",\"version\":\"1.2\"}}}}",
                platform_identifier()
            )
        );
    }

    #[test]
    fn whatever_the_texts_hold_the_headers_are_there() {
        for odd in ["", "\0\r\n\"\\", "\u{10ffff}\u{feff}", &"x".repeat(70_000)] {
            let server = server_meta_info(odd, None);
            let device = ClientMetaInfo::builder()
                .app_identifier(odd)
                .build()
                .header_value();
            for (value, field) in [(server, "integrator"), (device, "appIdentifier")] {
                let json = base64_strict_decode(value.to_str().unwrap()).unwrap();
                let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
                assert_eq!(json[field], odd);
            }
        }
    }

    #[test]
    fn client_meta_info_prints_nothing_of_the_device() {
        let info = ClientMetaInfo::builder().ip_address("203.0.113.7").build();
        assert_eq!(format!("{info:?}"), "ClientMetaInfo(<personal>)");
        let json = String::from_utf8(base64_strict_decode(&info.to_base64()).unwrap()).unwrap();
        assert!(json.contains("\"ipAddress\":\"203.0.113.7\""), "{json}");
    }

    #[test]
    fn a_devices_json_must_be_json() {
        assert!(ClientMetaInfo::from_json("eyJ0ZXN0IjoidGVzdCJ9").is_err());
        assert!(ClientMetaInfo::from_json("").is_err());
    }
}
