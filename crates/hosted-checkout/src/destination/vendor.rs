//! Whose a host is, and which environment it is of.

use std::fmt;
use std::str::FromStr;

/// An environment of a vendor's, or a server of one's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Stage {
    /// Test money.
    Sandbox,
    /// The vendor's own stage before production: test money.
    PreProduction,
    /// Real money.
    Production,
    /// A server of one's own, such as `cargo checkout sandbox`.
    Local,
}

impl Stage {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Sandbox, Self::PreProduction, Self::Production, Self::Local];

    /// `sandbox`, `pre-production`, `production` or `local`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sandbox => "sandbox",
            Self::PreProduction => "pre-production",
            Self::Production => "production",
            Self::Local => "local",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A text that names no environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is no environment; write sandbox, pre-production, production or local")]
pub struct UnknownStage;

impl FromStr for Stage {
    type Err = UnknownStage;

    /// Reads the names of [`as_str`](Self::as_str), in any case, and `preprod` and `prod`.
    fn from_str(text: &str) -> Result<Self, UnknownStage> {
        match text.to_ascii_lowercase().as_str() {
            "sandbox" => Ok(Self::Sandbox),
            "pre-production" | "preproduction" | "preprod" => Ok(Self::PreProduction),
            "production" | "prod" => Ok(Self::Production),
            "local" => Ok(Self::Local),
            _ => Err(UnknownStage),
        }
    }
}

/// A vendor, as far as its hosts tell.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Vendor {
    pub(crate) name: &'static str,
    /// These and everything below them are the vendor's.
    domains: &'static [&'static str],
    /// Where the API listens.
    apis: &'static [(&'static str, Stage)],
    /// Other hosts whose environment is known, and that their names do not tell.
    others: &'static [(&'static str, Stage)],
    /// The variable that names hosts of the caller's.
    pub(crate) own_host_variable: &'static str,
}

/// As NOAH's OpenAPI documents and pages name them.
pub(crate) static NOAH: Vendor = Vendor {
    name: "NOAH",
    domains: &["noah.com"],
    apis: &[
        ("api.sandbox.noah.com", Stage::Sandbox),
        ("api.noah.com", Stage::Production),
    ],
    others: &[("checkout.noah.com", Stage::Production)],
    own_host_variable: "NOAH_OWN_HOST",
};

/// As Worldline's page of endpoints and its SDKs name them.
pub(crate) static WORLDLINE_CONNECT: Vendor = Vendor {
    name: "Worldline Connect",
    domains: &[
        "api-ingenico.com",
        "connect.worldline-solutions.com",
        "api-worldline.com",
    ],
    apis: &[
        ("eu.sandbox.api-ingenico.com", Stage::Sandbox),
        (
            "api.preprod.connect.worldline-solutions.com",
            Stage::PreProduction,
        ),
        ("eu.preprod.api-ingenico.com", Stage::PreProduction),
        ("mum-preprod.api-ingenico.com", Stage::PreProduction),
        ("api.connect.worldline-solutions.com", Stage::Production),
        ("eu.api-ingenico.com", Stage::Production),
        ("mum.api-ingenico.com", Stage::Production),
    ],
    others: &[],
    own_host_variable: "WORLDLINE_CONNECT_OWN_HOST",
};

/// What a vendor's host tells of its environment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Told {
    Stage(Stage),
    /// One that is none of those, such as a developer's.
    Other,
}

impl Vendor {
    /// The hosts of the API in this environment, or in all.
    pub(crate) fn apis(&self, stage: Option<Stage>) -> impl Iterator<Item = &'static str> {
        self.apis
            .iter()
            .filter(move |(_, known)| stage.is_none_or(|stage| stage == *known))
            .map(|(host, _)| *host)
    }

    pub(crate) fn is_api(&self, host: &str) -> bool {
        self.apis(None).any(|known| known == host)
    }

    /// What the list, or else the name, tells of the host's environment.
    pub(crate) fn told(&self, host: &str) -> Option<Told> {
        let mut listed = self.apis.iter().chain(self.others);
        listed
            .find(|(known, _)| *known == host)
            .map(|(_, stage)| Told::Stage(*stage))
            .or_else(|| told_by_name(self.below(host)?))
    }

    /// The part of the host's name below a domain of the vendor's.
    fn below<'h>(&self, host: &'h str) -> Option<&'h str> {
        self.domains.iter().find_map(|domain| {
            host.strip_suffix(domain)
                .filter(|below| below.is_empty() || below.ends_with('.'))
        })
    }
}

/// The vendor that the host belongs to, by its domain.
pub(crate) fn vendor_of(host: &str) -> Option<&'static Vendor> {
    [&NOAH, &WORLDLINE_CONNECT]
        .into_iter()
        .find(|vendor| vendor.below(host).is_some())
}

/// A host without the dot of the root at its end, which names the same.
pub(crate) fn bare(host: &str) -> &str {
    host.trim_end_matches('.')
}

/// By the part of the name below the vendor's domain.
fn told_by_name(below: &str) -> Option<Told> {
    // These are also parts of longer words: `eusandbox2`, `mum-preprod`.
    let parts = [
        ("sandbox", Told::Stage(Stage::Sandbox)),
        ("preprod", Told::Stage(Stage::PreProduction)),
        ("pre-prod", Told::Stage(Stage::PreProduction)),
        ("staging", Told::Other),
    ];
    let part = parts.into_iter().find(|(part, _)| below.contains(part));
    let word = || below.split(['.', '-', '_']).find_map(told_by_word);
    part.map(|(_, told)| told).or_else(word)
}

fn told_by_word(word: &str) -> Option<Told> {
    match word.trim_end_matches(|c: char| c.is_ascii_digit()) {
        "prod" | "production" | "live" => Some(Told::Stage(Stage::Production)),
        "test" | "testing" | "stage" | "stg" | "uat" | "qa" | "int" | "demo" | "develop" | "development" => {
            Some(Told::Other)
        }
        // NOAH's documents were seen on a developer's host, `api.<name>dev.noah.com`.
        word if word.ends_with("dev") => Some(Told::Other),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        for stage in Stage::ALL {
            assert_eq!(stage.as_str().parse(), Ok(stage));
            assert_eq!(stage.to_string().to_uppercase().parse(), Ok(stage));
        }
        assert_eq!("preprod".parse(), Ok(Stage::PreProduction));
        assert_eq!("prod".parse(), Ok(Stage::Production));
        assert_eq!("staging".parse::<Stage>(), Err(UnknownStage));
    }
}
