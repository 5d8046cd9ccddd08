//! Rules in JSON, in TOML and in files.

use std::fmt;
use std::num::NonZeroU64;
use std::path::{Path, PathBuf};

use checkout_core::given::Looks;
use checkout_core::read::{DOCUMENT, ReadError};
use serde::de::{self, Deserializer, MapAccess, Visitor, value::MapAccessDeserializer};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use super::rule::{FaultRule, FaultRuleError, Probability};
use super::{rule, together};

/// A rule as an object.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleObject {
    operation: String,
    fault: String,
    #[serde(default, skip_serializing_if = "is_zero")]
    skip: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    count: Option<NonZeroU64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    probability: Option<Probability>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seed: Option<u64>,
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde calls it with a reference"
)]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// A file of rules.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    rules: Vec<FaultRule>,
}

/// Why rules could not be read from a file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FaultFileError {
    /// The file cannot be read.
    #[error(
        "the fault rules cannot be read from {}",
        checkout_core::given::shown_path(path)
    )]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: ReadError,
    },
    /// The file holds something else, such as a key.
    #[error(
        "{} holds no fault rules; it looks like {looks}",
        checkout_core::given::shown_path(path)
    )]
    Other {
        /// The file.
        path: PathBuf,
        /// What it looks like.
        looks: Looks,
    },
    /// The file is not TOML, or its rules are wrong.
    #[error(
        "the fault rules in {} cannot be understood: write rules = [\"createFiatPayin 503 count=2\"], or [[rules]] with operation and fault",
        checkout_core::given::shown_path(path)
    )]
    Toml {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        source: toml::de::Error,
    },
    /// The file is not JSON, or its rules are wrong.
    #[error(
        "the fault rules in {} cannot be understood: write {{\"rules\": [\"createFiatPayin 503 count=2\"]}}",
        checkout_core::given::shown_path(path)
    )]
    Json {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        source: serde_json::Error,
    },
}

impl FaultRule {
    /// Reads a file of rules: JSON if its name ends in `.json`, otherwise TOML. Either has a list `rules`, of texts or
    /// of objects.
    ///
    /// # Errors
    /// The file cannot be read or understood; the source of the error says where.
    pub fn read_file(path: impl AsRef<Path>) -> Result<Vec<Self>, FaultFileError> {
        let (file, path) = (path.as_ref(), path.as_ref().to_owned());
        let bytes = match DOCUMENT.read_file(file) {
            Ok(bytes) => bytes,
            Err(source) => return Err(FaultFileError::Read { path, source }),
        };
        let text = String::from_utf8(bytes).ok();
        let looks = text.as_deref().map_or(Looks::Binary, Looks::of);
        let text = match (text, looks) {
            (
                Some(text),
                Looks::Other | Looks::Json | Looks::Words | Looks::Path | Looks::Url | Looks::Empty,
            ) => text,
            // What reads rules would quote it.
            (_, looks) => return Err(FaultFileError::Other { path, looks }),
        };
        let extension = file.extension().unwrap_or_default();
        if extension.eq_ignore_ascii_case("json") {
            let read = serde_json::from_str::<File>(&text).map(|file| file.rules);
            read.map_err(|source| FaultFileError::Json { path, source })
        } else {
            Self::from_toml_str(&text).map_err(|source| FaultFileError::Toml { path, source })
        }
    }

    /// Reads the rules of a TOML document.
    ///
    /// ```
    /// use checkout_sandbox::FaultRule;
    ///
    /// let rules = FaultRule::from_toml_str(r#"
    ///     [[rules]]
    ///     operation = "createFiatPayin"
    ///     fault = "cut-after"
    ///     probability = 0.25
    ///     seed = 7
    /// "#)?;
    /// assert_eq!(rules[0].to_string(), "createFiatPayin cut-after probability=0.25 seed=7");
    /// # Ok::<_, toml::de::Error>(())
    /// ```
    ///
    /// # Errors
    /// It is not TOML, or a rule is wrong.
    pub fn from_toml_str(text: &str) -> Result<Vec<Self>, toml::de::Error> {
        toml::from_str::<File>(text).map(|file| file.rules)
    }
}

impl Serialize for FaultRule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let form = RuleObject {
            operation: self.operation().to_owned(),
            fault: together::text(&self.faults),
            skip: self.skip,
            count: self.count,
            probability: (self.probability != Probability::ALWAYS).then_some(self.probability),
            seed: self.seed,
        };
        form.serialize(serializer)
    }
}

impl TryFrom<RuleObject> for FaultRule {
    type Error = FaultRuleError;

    fn try_from(form: RuleObject) -> Result<Self, FaultRuleError> {
        Ok(Self {
            target: form.operation.parse()?,
            faults: rule::faults(&form.fault)?,
            skip: form.skip,
            count: form.count,
            probability: form.probability.unwrap_or(Probability::ALWAYS),
            seed: form.seed,
        })
    }
}

impl<'de> Deserialize<'de> for FaultRule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct RuleVisitor;

        impl<'de> Visitor<'de> for RuleVisitor {
            type Value = FaultRule;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a rule, as a text or as an object with operation and fault")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<FaultRule, E> {
                text.parse().map_err(E::custom)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<FaultRule, A::Error> {
                let form = RuleObject::deserialize(MapAccessDeserializer::new(map))?;
                form.try_into().map_err(de::Error::custom)
            }
        }

        deserializer.deserialize_any(RuleVisitor)
    }
}

impl Serialize for Probability {
    /// A number.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // The nearest double to six places is written as these six places.
        let number: f64 = self.to_string().parse().map_err(serde::ser::Error::custom)?;
        serializer.serialize_f64(number)
    }
}

impl<'de> Deserialize<'de> for Probability {
    /// A number or its text.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = match Value::deserialize(deserializer)? {
            Value::String(text) => text,
            // Written without an exponent and in the fewest digits: what stood in the file.
            Value::Number(number) => number.as_f64().unwrap_or(f64::NAN).to_string(),
            other => other.to_string(),
        };
        text.parse().map_err(de::Error::custom)
    }
}
