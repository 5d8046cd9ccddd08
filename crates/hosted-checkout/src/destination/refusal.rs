//! Why nothing is sent to a host, in words.

use std::fmt;

use super::vendor::{Stage, Told, Vendor};
use crate::credentials::Spelling;

/// The variable that names the hosts that may be spoken to in plain http, for both APIs.
pub(super) const PLAIN_HTTP_HOST: &str = "CHECKOUT_PLAIN_HTTP_HOST";

/// Why nothing is sent to a host: what disagrees, and what to write if it is right all the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub(super) host: String,
    pub(super) vendor: &'static Vendor,
    pub(super) environment: Option<Stage>,
    pub(super) reason: Reason,
    pub(super) spelling: Spelling,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    /// A vendor's host in clear.
    PlainHttpToVendor,
    /// The host of a vendor that has no business with this API's keys.
    OtherVendor(&'static Vendor),
    /// The vendor's host, where none is used.
    VendorLocally,
    /// The vendor's host, of another environment.
    OtherEnvironment { named: Stage, told: Told },
    /// The vendor's host, of which nothing is known.
    UnlistedVendor(Permission),
    /// Some other machine in clear.
    PlainHttp(Permission),
    /// Some other machine.
    Unnamed(Permission),
}

/// What the caller would have to name the host as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Permission {
    OwnHost,
    PlainHttp,
    Both,
}

impl Refusal {
    /// The host that is not used.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Whether the caller can allow it by naming the host; the text says how.
    #[must_use]
    pub const fn can_be_allowed(&self) -> bool {
        self.permission().is_some()
    }

    /// Whether the host is the vendor's, and of another environment than the one that was named.
    #[must_use]
    pub const fn is_other_environment(&self) -> bool {
        matches!(
            self.reason,
            Reason::OtherEnvironment { .. } | Reason::VendorLocally
        )
    }

    /// Whether the host is refused for plain http.
    #[must_use]
    pub const fn is_plain_http(&self) -> bool {
        matches!(self.reason, Reason::PlainHttp(_) | Reason::PlainHttpToVendor)
    }

    /// The same for a command whose flags `--own-host` and `--plain-http-host` stand for the variables of these names.
    #[must_use]
    pub const fn beside_flags(mut self) -> Self {
        self.spelling = Spelling::Flags;
        self
    }

    const fn permission(&self) -> Option<Permission> {
        match self.reason {
            Reason::UnlistedVendor(permission)
            | Reason::PlainHttp(permission)
            | Reason::Unnamed(permission) => Some(permission),
            _ => None,
        }
    }

    /// `NOAH_OWN_HOST=proxy.example` and the like.
    fn settings(&self, permission: Permission) -> String {
        let own = ("own_host", "--own-host", self.vendor.own_host_variable);
        let plain_http = ("plain_http_host", "--plain-http-host", PLAIN_HTTP_HOST);
        match permission {
            Permission::OwnHost => self.setting(own),
            Permission::PlainHttp => self.setting(plain_http),
            Permission::Both => format!("{} and {}", self.setting(plain_http), self.setting(own)),
        }
    }

    fn setting(&self, (method, flag, variable): (&str, &str, &str)) -> String {
        let host = &self.host;
        // Some shells look for files by brackets.
        let quote = if host.starts_with('[') { "'" } else { "" };
        match self.spelling {
            Spelling::Code => format!("{method}({host:?})"),
            Spelling::Variables => format!("{variable}={quote}{host}{quote}"),
            Spelling::Flags => format!("{flag} {quote}{host}{quote} (or {variable}={quote}{host}{quote})"),
        }
    }

    /// What disagrees.
    #[must_use]
    pub fn what(&self) -> String {
        let Self { host, vendor, .. } = self;
        let vendor = vendor.name;
        let of = Of(self.environment);
        match self.reason {
            Reason::PlainHttpToVendor => {
                format!("{host} is a host of a vendor's, which is spoken to over https alone")
            }
            Reason::OtherVendor(owner) => format!(
                "{host} belongs to {}, which is not to see requests to {vendor}",
                owner.name
            ),
            Reason::VendorLocally => {
                format!(
                    "{host} belongs to {vendor}, but the environment is local, which is for servers of your own"
                )
            }
            Reason::OtherEnvironment {
                named,
                told: Told::Stage(stage),
            } => {
                format!("{host} is a host of {vendor} {stage}, but the environment is {named}")
            }
            Reason::OtherEnvironment {
                named,
                told: Told::Other,
            } => {
                format!("{host} belongs to {vendor}, and its name tells of another environment than {named}")
            }
            Reason::UnlistedVendor(_) => {
                format!("{host} belongs to {vendor}, but is none of the hosts known for {vendor}{of}")
            }
            Reason::PlainHttp(_) => {
                format!(
                    "{host} is another machine, and plain http would send keys and payments there in clear"
                )
            }
            Reason::Unnamed(_) if self.environment == Some(Stage::Local) => {
                format!("{host} is not this machine, and the environment is local")
            }
            Reason::Unnamed(_) => format!("{host} is none of the hosts known for {vendor}{of}"),
        }
    }

    /// What to do about it, and what to write if the host is right all the same.
    #[must_use]
    pub fn remedy(&self) -> String {
        let host = &self.host;
        match self.reason {
            Reason::PlainHttpToVendor => format!("write https://{host}"),
            Reason::OtherVendor(_) => "correct the URL".to_owned(),
            Reason::VendorLocally => {
                "name the environment that is meant, or the URL of such a server".to_owned()
            }
            Reason::OtherEnvironment { named, .. } => {
                format!("correct the one or the other: {named} is at {}", self.known())
            }
            Reason::UnlistedVendor(permission) => format!(
                "use {}; if it is the right one all the same, say a data centre, allow it: {}",
                self.known(),
                self.settings(permission)
            ),
            Reason::PlainHttp(permission) => format!(
                "use https, or, on a network of your own, allow it: {}",
                self.settings(permission)
            ),
            Reason::Unnamed(permission) if self.environment == Some(Stage::Local) => format!(
                "if it is a server of your own, allow it: {}",
                self.settings(permission)
            ),
            Reason::Unnamed(permission) => format!(
                "use {}; if it is your own, such as a proxy, allow it: {}",
                self.known(),
                self.settings(permission)
            ),
        }
    }

    /// The hosts that would be right.
    fn known(&self) -> String {
        if self.environment.is_none() {
            return "one of them".to_owned();
        }
        let known: Vec<&str> = self.vendor.apis(self.environment).collect();
        known.join(" or ")
    }
}

/// ` production`, after the name of a vendor; nothing if no environment was named.
struct Of(Option<Stage>);

impl fmt::Display for Of {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(stage) => write!(f, " {stage}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.what(), self.remedy())
    }
}

impl std::error::Error for Refusal {}
