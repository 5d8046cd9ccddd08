//! The generated types by the names that the specs give them.

use std::fmt::Debug;

use checkout_core::described::TypeVisitor;
use checkout_core::validate::At;
use checkout_core::{Json, Sent, Validate, Violations};
use schemars::{JsonSchema, Schema};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;

/// A component of a spec and a type that was generated for it.
#[derive(Debug, Clone)]
pub struct Model {
    /// The component.
    pub name: &'static str,
    /// Whether it is what is received of a component, leniently, and not what is sent.
    pub received: bool,
    recode: fn(&str) -> Result<String, Undecodable>,
    debug: fn(&str) -> Result<String, Undecodable>,
    check: Option<Check>,
    /// The values that the type knows, if it is a list of values.
    pub known: Option<Vec<&'static str>>,
    /// The type's own JSON Schema, unless the type is not a generated one.
    pub json_schema: Option<fn() -> Schema>,
}

/// What `validate()` says.
pub type Verdict = Result<(), Violations>;

type Check = fn(&str) -> Result<Verdict, Undecodable>;

/// Why a text is no value of a type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Undecodable {
    /// Where, as a JSON pointer.
    pub pointer: String,
    /// What is wrong.
    pub message: String,
}

impl Model {
    fn of<T: Debug + Serialize + DeserializeOwned>(name: &'static str) -> Self {
        Self {
            name,
            received: false,
            recode: |text| decode::<T>(text).map(|value| encode(&value)),
            debug: |text| decode::<T>(text).map(|value| format!("{value:?}\n{value:#?}")),
            check: None,
            known: None,
            json_schema: None,
        }
    }

    fn checked<T: Debug + Sent + Serialize + DeserializeOwned + Validate>(name: &'static str) -> Self {
        Self {
            check: Some(|text| sent::<T>(text).map(|value| value.validate())),
            ..Self::of::<T>(name)
        }
    }

    fn described<T: JsonSchema>(mut self) -> Self {
        self.json_schema = Some(|| schemars::schema_for!(T));
        self
    }

    /// The text, decoded and encoded again.
    ///
    /// # Errors
    /// It does not decode.
    pub fn recode(&self, text: &str) -> Result<String, Undecodable> {
        (self.recode)(text)
    }

    /// The text, decoded and printed as `{:?}` and `{:#?}`.
    ///
    /// # Errors
    /// It does not decode.
    pub fn debug(&self, text: &str) -> Result<String, Undecodable> {
        (self.debug)(text)
    }

    /// Whether the type is one that is sent.
    pub const fn is_sent(&self) -> bool {
        self.check.is_some()
    }

    /// What `validate()` says of the decoded text.
    ///
    /// # Errors
    /// It does not decode.
    ///
    /// # Panics
    /// When the type is one that is only received.
    pub fn validate(&self, text: &str) -> Result<Verdict, Undecodable> {
        let check = self.check.unwrap_or_else(|| panic!("{} is not sent", self.name));
        check(text)
    }
}

fn encode<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("models encode")
}

fn decode<T: DeserializeOwned>(text: &str) -> Result<T, Undecodable> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let steps = error.path().iter().map(|segment| match segment {
            Segment::Seq { index } => format!("/{index}"),
            Segment::Map { key } => format!("/{key}"),
            Segment::Enum { variant } => format!("/<{variant}>"),
            Segment::Unknown => "/<unknown>".to_owned(),
        });
        Undecodable {
            pointer: steps.collect(),
            message: error.inner().to_string(),
        }
    })
}

fn sent<T: Sent>(text: &str) -> Result<T, Undecodable> {
    let json = serde_json::from_str(text).expect("tests write JSON");
    T::from_json(&json, &At::BODY).map_err(|error| Undecodable {
        pointer: error.pointer().to_owned(),
        message: error.to_string(),
    })
}

/// A webhook together with its data, read by `EventType` as receivers read it.
#[derive(Debug)]
struct WholeWebhook(noah_models::Webhook);

impl<'de> serde::Deserialize<'de> for WholeWebhook {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use serde::de::Error as _;
        let mut webhook = noah_models::Webhook::deserialize(deserializer)?;
        let data = webhook.data.value().ok_or_else(|| D::Error::custom("no Data"))?;
        let event_type = webhook.event_type.text().unwrap_or_default();
        let at = &At::BODY.field("Data");
        let data = noah_models::WebhookData::select(event_type, data, at, &mut Vec::new())
            .map_err(D::Error::custom)?;
        webhook.data = Json::of(&data).into();
        Ok(Self(webhook))
    }
}

impl Serialize for WholeWebhook {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

/// Every type that a models crate shows.
#[derive(Debug, Default)]
struct Types(Vec<Model>);

impl TypeVisitor for Types {
    fn sent<T: Debug + Sent + Serialize + DeserializeOwned + Validate + JsonSchema>(
        &mut self,
        component: &'static str,
    ) {
        self.0.push(Model::checked::<T>(component).described::<T>());
    }

    fn received<T: Debug + Serialize + DeserializeOwned + JsonSchema>(&mut self, component: &'static str) {
        self.0.push(Model {
            received: true,
            ..Model::of::<T>(component).described::<T>()
        });
    }

    fn list<T: Debug + Sent + Serialize + DeserializeOwned + Validate + JsonSchema>(
        &mut self,
        component: &'static str,
        known: Vec<&'static str>,
    ) {
        self.0.push(Model {
            known: Some(known),
            ..Model::checked::<T>(component).described::<T>()
        });
    }

    /// Which member it is stands beside it, in the webhook: alone it is any JSON.
    fn beside<T: Debug + Serialize + JsonSchema>(&mut self, component: &'static str) {
        self.0
            .push(Model::of::<serde_json::Value>(component).described::<T>());
    }

    fn replaced<T: Debug + Sent + Serialize + DeserializeOwned + Validate>(
        &mut self,
        component: &'static str,
    ) {
        self.0.push(Model::checked::<T>(component));
    }

    fn alias<T: Debug + Serialize + DeserializeOwned>(&mut self, component: &'static str) {
        self.0.push(Model::of::<T>(component));
    }
}

/// The components of `noah.yaml`.
pub fn noah() -> Vec<Model> {
    let mut types = Types::default();
    noah_models::each_type(&mut types);
    for webhook in types.0.iter_mut().filter(|model| model.name == "Webhook") {
        webhook.recode = Model::of::<WholeWebhook>("Webhook").recode;
    }
    types.0
}

/// The components of `worldline-connect.yaml`.
pub fn worldline_connect() -> Vec<Model> {
    let mut types = Types::default();
    worldline_connect_models::each_type(&mut types);
    types.0
}
