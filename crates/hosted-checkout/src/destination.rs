//! Where requests may go: environment, host and key agree, or nothing is sent.
//!
//! One decision for both APIs and for every way to make a client. It looks at names alone: no address is looked up.
//!
//! - An environment's own hosts are known. They are used over https, and in no other environment.
//! - `local` works with this machine, never with a host of a vendor's, and never with a live key.
//! - Any other host is used if the caller names it once, as `own_host`. A host of the vendor's that is not in the list, such
//!   as a data centre, can be named too, unless its name tells of another environment.
//! - Plain http is for this machine, and for hosts that the caller names as `plain_http_host`; never for a vendor's.

mod named;
mod refusal;
mod vendor;

use checkout_transport::is_loopback;
use url::Url;

pub use named::NamedHosts;
pub(crate) use named::{Naming, read};
pub use refusal::Refusal;
use refusal::{Permission, Reason};
pub(crate) use vendor::{NOAH, Told, Vendor, WORLDLINE_CONNECT, bare, vendor_of};
pub use vendor::{Stage, UnknownStage};

use crate::credentials::Spelling;

/// A URL that somebody wants to send to, with all that the decision depends on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Destination<'a> {
    /// Whose API is called.
    pub(crate) vendor: &'static Vendor,
    /// The environment that the caller named, if the API wants one named.
    pub(crate) environment: Option<Stage>,
    pub(crate) url: &'a Url,
    pub(crate) named: &'a NamedHosts,
    /// Whether the vendor itself gave the URL, with a session that is good there alone.
    pub(crate) is_of_session: bool,
}

impl Destination<'_> {
    /// The decision.
    ///
    /// # Errors
    /// What disagrees, and what to write to allow it, in the words of `spelling`.
    pub(crate) fn judge(&self, spelling: Spelling) -> Result<(), Refusal> {
        self.decide().map_err(|reason| Refusal {
            host: self.url.host_str().map(bare).unwrap_or_default().to_owned(),
            vendor: self.vendor,
            environment: self.environment,
            reason,
            spelling,
        })
    }

    fn decide(&self) -> Result<(), Reason> {
        let host = self.url.host_str().map(bare).unwrap_or_default();
        let is_plain = self.url.scheme() != "https";
        match vendor_of(host) {
            Some(_) if is_plain => Err(Reason::PlainHttpToVendor),
            Some(owner) if owner != self.vendor => Err(Reason::OtherVendor(owner)),
            Some(_) => self.decide_of_vendor(host),
            None => self.decide_of_others(host, is_plain),
        }
    }

    fn decide_of_vendor(&self, host: &str) -> Result<(), Reason> {
        if self.environment == Some(Stage::Local) {
            return Err(Reason::VendorLocally);
        }
        if self.is_of_session {
            return Ok(());
        }
        match (self.environment, self.vendor.told(host)) {
            (Some(environment), Some(told)) if told != Told::Stage(environment) => {
                Err(Reason::OtherEnvironment {
                    named: environment,
                    told,
                })
            }
            _ if self.vendor.is_api(host) || self.named.is_own(host) => Ok(()),
            _ => Err(Reason::UnlistedVendor(Permission::OwnHost)),
        }
    }

    fn decide_of_others(&self, host: &str, is_plain: bool) -> Result<(), Reason> {
        let is_here = is_loopback(self.url);
        let may_be_plain = is_here || self.named.is_plain_http(host);
        // Who says that keys may go there in clear has named the host. Not so for an account that may be a live one: the
        // sandbox's variables may still be set.
        let takes_these = self.is_of_session || matches!(self.environment, None | Some(Stage::Local));
        let is_named = self.named.is_own(host) || (takes_these && may_be_plain);
        match (is_plain && !may_be_plain, is_named) {
            (true, _) if takes_these || is_named => Err(Reason::PlainHttp(Permission::PlainHttp)),
            (true, _) => Err(Reason::PlainHttp(Permission::Both)),
            (false, false) => Err(Reason::Unnamed(Permission::OwnHost)),
            (false, true) => Ok(()),
        }
    }
}

/// Whether a key that was made for one environment may be used in another: `local` takes none but test keys.
pub(crate) fn key_fits(key: Stage, environment: Stage) -> bool {
    match environment {
        Stage::Local => key != Stage::Production,
        other => key == other,
    }
}
