//! What the browser brings back from a hosted page.

use std::borrow::Cow;

use noah_models::{CheckoutSessionId, CheckoutSessionStatus, ExternalId};
use url::form_urlencoded;

const SESSION: &str = "CheckoutSessionID";
const EXTERNAL: &str = "ExternalID";
const STATUS: &str = "Status";

/// What NOAH added to the `ReturnURL` when it sent the customer back.
///
/// **None of it is signed**: anybody can type this address into a browser. Use it to greet the customer and to find the
/// order; deliver nothing for it. What is true comes by webhook.
///
/// ```
/// use hosted_checkout::noah::{CheckoutSessionStatus, ReturnHint};
///
/// let hint = ReturnHint::parse(
///     "https://shop.example/done?basket=7&CheckoutSessionID=s-1&ExternalID=order%207&Status=Settled#thanks",
/// )?;
/// assert_eq!(hint.external_id.as_ref().map(|id| id.as_str()), Some("order 7"));
/// assert_eq!(hint.claimed_status, Some(CheckoutSessionStatus::Settled));
/// assert_eq!(hint.fragment.as_deref(), Some("thanks"));
/// # Ok::<(), hosted_checkout::noah::ReturnHintError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReturnHint {
    /// Which session, as the browser says.
    pub checkout_session_id: CheckoutSessionId,
    /// The order's reference, as the browser says.
    pub external_id: Option<ExternalId>,
    /// How the session ended, as the browser says. No reason to deliver anything.
    pub claimed_status: Option<CheckoutSessionStatus>,
    /// What stands after `#`, as it stands there. Browsers keep it to themselves: servers never see one.
    pub fragment: Option<String>,
}

/// Why an address is not one that NOAH sends a customer back to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReturnHintError {
    /// No session id.
    #[error("the query has no CheckoutSessionID, so this is not a return from a hosted page")]
    NoSession,
    /// A parameter that stands there twice.
    #[error("the query has {name} more than once; choose a ReturnURL whose own query does not use that name")]
    Repeated {
        /// Which one.
        name: &'static str,
    },
}

impl ReturnHint {
    /// Reads a whole URL, a path with its query (as servers see it), or a query alone, with `?` before it or not.
    ///
    /// How NOAH joins its parameters to a `ReturnURL` that has a query or a fragment of its own is not published. They
    /// are found in the query, also after a second `?`, and after a `?` within the fragment.
    ///
    /// # Errors
    /// One of [`ReturnHintError`]. A parameter that comes twice is refused, for nobody can tell which one is NOAH's.
    pub fn parse(url_or_query: &str) -> Result<Self, ReturnHintError> {
        let (before, fragment) = match url_or_query.split_once('#') {
            Some((before, fragment)) => (before, Some(fragment)),
            None => (url_or_query, None),
        };
        let query = query_of(before);
        let in_fragment = fragment.and_then(|fragment| fragment.split_once('?'));
        let found = Parameters::read(query)?;
        let (found, fragment) = match in_fragment {
            Some((fragment, query)) if found.session.is_none() => (Parameters::read(query)?, Some(fragment)),
            _ => (found, fragment),
        };
        Ok(Self {
            checkout_session_id: found.session.ok_or(ReturnHintError::NoSession)?.into(),
            external_id: found.external.map(ExternalId::from),
            claimed_status: found.status.map(CheckoutSessionStatus::from),
            fragment: fragment
                .filter(|fragment| !fragment.is_empty())
                .map(str::to_owned),
        })
    }
}

/// The names of NOAH's own parameters that a `ReturnURL` already uses: it could not be read when it comes back.
pub(super) fn reserved_names_in(return_url: &str) -> impl Iterator<Item = &'static str> {
    let query = return_url
        .split('#')
        .next()
        .and_then(|before| before.split_once('?'))
        .map_or("", |(_, query)| query);
    [SESSION, EXTERNAL, STATUS]
        .into_iter()
        .filter(move |name| form_urlencoded::parse(query.as_bytes()).any(|(parameter, _)| parameter == *name))
}

/// What follows the first `?` of an address. A text that is no address is a query as it stands, for a query may hold a
/// `?` and an address of its own.
fn query_of(text: &str) -> &str {
    let (before, query) = text.split_once('?').unwrap_or((text, ""));
    let is_address = before.starts_with('/')
        || before
            .split_once("://")
            .is_some_and(|(scheme, _)| !scheme.contains('='));
    if before.contains('=') && !is_address {
        text
    } else {
        query
    }
}

#[derive(Default)]
struct Parameters {
    session: Option<String>,
    external: Option<String>,
    status: Option<String>,
}

impl Parameters {
    fn read(query: &str) -> Result<Self, ReturnHintError> {
        // A server that appends `?CheckoutSessionID=…` to a URL with a query makes a second question mark.
        let query: Cow<'_, str> = match query.split_once("?CheckoutSessionID=") {
            Some((own, added)) => format!("{own}&CheckoutSessionID={added}").into(),
            None => query.into(),
        };
        let mut found = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let (slot, name) = match &*name {
                SESSION => (&mut found.session, SESSION),
                EXTERNAL => (&mut found.external, EXTERNAL),
                STATUS => (&mut found.status, STATUS),
                _ => continue,
            };
            if slot.is_some() {
                return Err(ReturnHintError::Repeated { name });
            }
            *slot = Some(value.into_owned());
        }
        let filled = |value: &mut Option<String>| *value = value.take().filter(|value| !value.is_empty());
        [&mut found.session, &mut found.external, &mut found.status]
            .into_iter()
            .for_each(filled);
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_parameters_with_noahs_names_are_found() {
        let names = |url: &str| reserved_names_in(url).collect::<Vec<_>>();
        assert_eq!(
            names("https://shop.example/done?basket=7&status=x#Status=1"),
            [""; 0]
        );
        assert_eq!(
            names("https://shop.example/done?Status=new&ExternalID=7"),
            [EXTERNAL, STATUS]
        );
    }
}
