//! The generated types by the names that the specs give them.

use checkout_core::validate::At;
use checkout_core::{Json, PositiveDecimal, Validate, Violations};
use schemars::{JsonSchema, Schema};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;

/// A component of a spec and the type that was generated for it.
#[derive(Debug, Clone)]
pub struct Model {
    /// The component.
    pub name: &'static str,
    recode: fn(&str) -> Result<String, Undecodable>,
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
    fn of<T: Serialize + DeserializeOwned>(name: &'static str) -> Self {
        Self {
            name,
            recode: |text| decode::<T>(text).map(|value| encode(&value)),
            check: None,
            known: None,
            json_schema: None,
        }
    }

    fn checked<T: DeserializeOwned + Validate>(mut self) -> Self {
        self.check = Some(|text| decode::<T>(text).map(|value| value.validate()));
        self
    }

    fn described<T: JsonSchema>(mut self) -> Self {
        self.json_schema = Some(|| schemars::schema_for!(T));
        self
    }

    fn list(mut self, known: impl IntoIterator<Item = &'static str>) -> Self {
        self.known = Some(known.into_iter().collect());
        self
    }

    /// The text, decoded and encoded again.
    ///
    /// # Errors
    /// It does not decode.
    pub fn recode(&self, text: &str) -> Result<String, Undecodable> {
        (self.recode)(text)
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
    /// When the type is entered as one that is only received.
    pub fn validate(&self, text: &str) -> Result<Verdict, Undecodable> {
        let check = self.check.unwrap_or_else(|| {
            panic!(
                "{} is sent; move it to where tests/src/model.rs enters what is sent",
                self.name
            )
        });
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

macro_rules! models {
    (
        $models:ident
        sent { $($sent:ident = $sent_name:literal,)* }
        received { $($received:ident = $received_name:literal,)* }
        texts { $($text:ident = $text_name:literal,)* }
        lists { $($list:ident = $list_name:literal,)* }
    ) => {
        vec![
            $(Model::of::<$models::$sent>($sent_name).checked::<$models::$sent>().described::<$models::$sent>(),)*
            $(Model::of::<$models::$received>($received_name).described::<$models::$received>(),)*
            $(Model::of::<$models::$text>($text_name).checked::<$models::$text>().described::<$models::$text>(),)*
            $(Model::of::<$models::$list>($list_name)
                .checked::<$models::$list>()
                .described::<$models::$list>()
                .list($models::$list::KNOWN.iter().map($models::$list::as_str)),)*
        ]
    };
}

/// The components of `noah.yaml`.
pub fn noah() -> Vec<Model> {
    let mut models = models! {
        noah_models
        sent {
            BusinessCustomerInput = "BusinessCustomerInput",
            CheckoutManageRequest = "CheckoutManageRequest",
            CheckoutPayinFiatRequest = "CheckoutPayinFiatRequest",
            CheckoutSellRequest = "CheckoutSellRequest",
            CustomerIdentity = "CustomerIdentity",
            CustomerInput = "CustomerInput",
            FullName = "FullName",
            IndividualCustomerInput = "IndividualCustomerInput",
            LineItem = "LineItem",
            ManagedCustomerInput = "ManagedCustomerInput",
            PersonInput = "PersonInput",
            StreetAddress = "StreetAddress",
        }
        received {
            AccountHolderDetails = "AccountHolderDetails",
            Agreement = "Agreement",
            BusinessCustomer = "BusinessCustomer",
            CheckoutSellResponse = "CheckoutSellResponse",
            CheckoutSession = "CheckoutSession",
            CheckoutSessionResponse = "CheckoutSessionResponse",
            Customer = "Customer",
            DenyExtensionItem = "DenyExtensionItem",
            DenyExtensionPrincipal = "DenyExtensionPrincipal",
            EntityRejectionData = "EntityRejectionData",
            EntityVerification = "EntityVerification",
            Error = "Error",
            ErrorExtensions = "ErrorExtensions",
            FiatAmount = "FiatAmount",
            FiatDeposit = "FiatDeposit",
            FiatPayment = "FiatPayment",
            FiatPaymentMethodBankDisplay = "FiatPaymentMethodBankDisplay",
            FiatPaymentMethodCardDisplay = "FiatPaymentMethodCardDisplay",
            FiatPaymentMethodIdentifierDisplay = "FiatPaymentMethodIdentifierDisplay",
            FiatPaymentRefund = "FiatPaymentRefund",
            HostedSessionResponse = "HostedSessionResponse",
            IndividualCustomer = "IndividualCustomer",
            IssuerDetails = "IssuerDetails",
            PaymentMethod = "PaymentMethod",
            PaymentMethodDisplayDetails = "PaymentMethodDisplayDetails",
            RequestExtension = "RequestExtension",
            Rfi = "RFI",
            RequestExtensionItem = "RequestExtensionItem",
            SenderPaymentMethod = "SenderPaymentMethod",
            Transaction = "Transaction",
            TransactionAdjustment = "TransactionAdjustment",
            TransactionBreakdownItem = "TransactionBreakdownItem",
            TransactionOrchestration = "TransactionOrchestration",
            TransactionRefund = "TransactionRefund",
            Verification = "Verification",
            Verifications = "Verifications",
        }
        texts {
            AssetId = "AssetID",
            CheckoutSessionId = "CheckoutSessionID",
            CountryCode = "CountryCode",
            CustomerId = "CustomerID",
            EmailAddress = "EmailAddress",
            ExternalId = "ExternalID",
            HostedUrl = "HostedURL",
            Nonce = "Nonce",
            PaymentMethodId = "PaymentMethodID",
            PhoneNumber = "PhoneNumber",
            ReturnUrl = "ReturnURL",
            TransactionId = "TransactionID",
            WebhookSignature = "WebhookSignature",
        }
        lists {
            AgreementName = "AgreementName",
            CheckoutSessionStatus = "CheckoutSessionStatus",
            CheckoutSessionType = "CheckoutSessionType",
            CryptoCurrencyCode = "CryptoCurrencyCode",
            CustomerType = "CustomerType",
            DenyPrincipalType = "DenyPrincipalType",
            DenyReason = "DenyReason",
            EntityEnum = "EntityEnum",
            EntityVerificationStatus = "EntityVerificationStatus",
            ErrorType = "ErrorType",
            EventType = "EventType",
            FiatCurrencyCode = "FiatCurrencyCode",
            FiatDepositStatus = "FiatDepositStatus",
            FiatPaymentCardScheme = "FiatPaymentCardScheme",
            FiatPaymentStatus = "FiatPaymentStatus",
            IdType = "IDType",
            Network = "Network",
            PaymentMethodCategory = "PaymentMethodCategory",
            PaymentMethodIdentifierType = "PaymentMethodIdentifierType",
            PaymentMethodType = "PaymentMethodType",
            RejectType = "RejectType",
            RequestExtensionReason = "RequestExtensionReason",
            SystemLegalEntity = "SystemLegalEntity",
            TransactionAdjustmentReason = "TransactionAdjustmentReason",
            TransactionBreakdownType = "TransactionBreakdownType",
            TransactionDirection = "TransactionDirection",
            TransactionStatus = "TransactionStatus",
            VerificationModel = "VerificationModel",
            VerificationStatus = "VerificationStatus",
        }
    };
    models.extend([
        Model::of::<WholeWebhook>("Webhook").described::<noah_models::Webhook>(),
        // Which member it is stands beside it, in the webhook: alone it is any JSON.
        Model::of::<serde_json::Value>("WebhookData").described::<noah_models::WebhookData>(),
        Model::of::<PositiveDecimal>("PositiveDecimal").checked::<PositiveDecimal>(),
        Model::of::<checkout_core::time::Date>("Date").checked::<checkout_core::time::Date>(),
        Model::of::<checkout_core::time::Timestamp>("DateTime").checked::<checkout_core::time::Timestamp>(),
    ]);
    models
}

/// The components of `worldline-connect.yaml`.
pub fn worldline_connect() -> Vec<Model> {
    let mut models = models! {
        worldline_connect_models
        sent {
            CreatePaymentProductSessionRequest = "CreatePaymentProductSessionRequest",
            MobilePaymentProductSession302SpecificInput = "MobilePaymentProductSession302SpecificInput",
            PaymentProductFilter = "PaymentProductFilter",
            PaymentProductFiltersClientSession = "PaymentProductFiltersClientSession",
            SessionRequest = "SessionRequest",
        }
        received {
            ApiError = "APIError",
            CreatePaymentProductSessionResponse = "CreatePaymentProductSessionResponse",
            ErrorResponse = "ErrorResponse",
            MobilePaymentProductSession302SpecificOutput = "MobilePaymentProductSession302SpecificOutput",
            SessionResponse = "SessionResponse",
            TestConnection = "TestConnection",
            WebhooksEvent = "WebhooksEvent",
        }
        texts {
            ClientSessionId = "ClientSessionId",
            CustomerId = "CustomerId",
            IdempotenceKey = "IdempotenceKey",
            MerchantId = "MerchantId",
            Token = "Token",
        }
        lists {
            ErrorCategory = "ErrorCategory",
            PaymentProductGroupId = "PaymentProductGroupId",
            Region = "Region",
            WebhooksEventType = "WebhooksEventType",
        }
    };
    models.push(Model::of::<i32>("PaymentProductId"));
    models
}
