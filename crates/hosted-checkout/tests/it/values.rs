//! What a device is handed, what asks for Apple's merchant session, and what a customer comes back with.

use std::time::{Duration, SystemTime};

use checkout_core::validate::{At, Violations};
use checkout_transport::BaseUrlError;
use hosted_checkout::noah::models::ExternalId;
use hosted_checkout::noah::{CheckoutSessionStatus, ReturnHint, ReturnHintError};
use hosted_checkout::worldline::{
    ApplePayHosts, ApplePaySession, ClientApiUrl, ClientApiUrlError, ClientSession, ClientSessionError,
};
use secrecy::ExposeSecret as _;
use url::Url;

const ID: &str = "f084372052fb47d9a766ec35bfa0e6bd";
const API: &str = "https://eu.api-ingenico.com/client";

fn session(id: &str, customer: &str, url: &str, assets: &str) -> Result<ClientSession, ClientSessionError> {
    ClientSession::builder()
        .client_session_id(id)
        .customer_id(customer)
        .client_api_url(url)
        .asset_url(assets)
        .build()
}

#[test]
fn client_api_url_comes_in_many_forms() {
    for text in [
        "https://eu.api-ingenico.com",
        "https://eu.api-ingenico.com/",
        "https://eu.api-ingenico.com/client",
        "https://eu.api-ingenico.com/client/",
        "https://eu.api-ingenico.com/client//",
        "https://eu.api-ingenico.com/client/v1",
        "https://eu.api-ingenico.com/client/v1/",
        "https://EU.api-ingenico.com:443/client",
        "https://eu.api-ingenico.com/x/../client",
    ] {
        assert_eq!(
            ClientApiUrl::parse(text).unwrap().as_str(),
            "https://eu.api-ingenico.com/client/v1",
            "{text}"
        );
        assert_eq!(
            ClientApiUrl::parse(text).unwrap().origin(),
            "https://eu.api-ingenico.com"
        );
    }
    for text in [
        "http://127.0.0.1:8402/client",
        "http://localhost:8402",
        "http://[::1]:8402/client/v1",
    ] {
        assert!(
            ClientApiUrl::parse(text)
                .unwrap()
                .as_str()
                .ends_with(":8402/client/v1"),
            "{text}"
        );
    }
}

#[test]
fn any_other_client_api_url_is_refused() {
    let path = |path: &str| ClientApiUrlError::Path {
        path: path.to_owned(),
    };
    for (text, error) in [
        ("https://eu.api-ingenico.com/client/v2", path("/client/v2")),
        ("https://eu.api-ingenico.com/v1", path("/v1")),
        ("https://eu.api-ingenico.com/Client", path("/Client")),
        (
            "https://eu.api-ingenico.com/client/v1/9991",
            path("/client/v1/9991"),
        ),
        (
            "https://eu.api-ingenico.com/client/v1/..%2f",
            path("/client/v1/..%2f"),
        ),
        ("https://eu.api-ingenico.com//client", path("//client")),
        (
            "http://127.0.0.1@evil.example/client",
            BaseUrlError::UserInfo.into(),
        ),
        (
            "https://u:p@eu.api-ingenico.com/client",
            BaseUrlError::UserInfo.into(),
        ),
        (
            "https://eu.api-ingenico.com/client?x=1",
            BaseUrlError::Query.into(),
        ),
        (
            "https://eu.api-ingenico.com/client#x",
            BaseUrlError::Fragment.into(),
        ),
        ("javascript:alert(1)", BaseUrlError::NotAUrl.into()),
        ("eu.api-ingenico.com/client", BaseUrlError::NotAUrl.into()),
        (
            "javascript://eu.api-ingenico.com/client",
            BaseUrlError::Scheme.into(),
        ),
        (
            " https://eu.api-ingenico.com/client",
            BaseUrlError::NotAUrl.into(),
        ),
        ("//eu.api-ingenico.com/client", BaseUrlError::NotAUrl.into()),
        ("", BaseUrlError::NotAUrl.into()),
    ] {
        assert_eq!(ClientApiUrl::parse(text).unwrap_err(), error, "{text}");
    }
}

#[test]
fn a_device_reads_back_what_it_is_handed() {
    let assets = "https://payment.pay1.secured-by-ingenico.com/";
    let session = session(ID, "9991-0b67", API, assets).unwrap();
    let json = serde_json::to_string(&session.hand_over()).unwrap();
    assert_eq!(
        json,
        format!(
            "{{\"clientSessionId\":\"{ID}\",\"customerId\":\"9991-0b67\",\
             \"clientApiUrl\":\"https://eu.api-ingenico.com/client/v1\",\
             \"assetUrl\":\"https://payment.pay1.secured-by-ingenico.com/\"}}"
        )
    );
    let read: ClientSession = serde_json::from_str(&json).unwrap();
    assert_eq!(read.client_session_id().expose_secret(), ID);
    assert_eq!(serde_json::to_string(&read.hand_over()).unwrap(), json);
}

#[test]
fn logos_count_from_the_whole_asset_url() {
    let asset_url = |text: &str| {
        let session = session(ID, "9991-0b67", API, text).unwrap();
        session.asset_url().map(ToOwned::to_owned)
    };
    for text in ["https://assets.example/pay1", "https://assets.example/pay1/"] {
        let base = Url::parse(&asset_url(text).unwrap()).unwrap();
        let logo = base.join("templates/pp_logo_1.png").unwrap();
        assert_eq!(
            logo.as_str(),
            "https://assets.example/pay1/templates/pp_logo_1.png"
        );
    }
    assert_eq!(asset_url(" "), None);
}

#[test]
fn the_session_id_never_prints() {
    let shown = session(ID, "9991-0b67", API, "").unwrap();
    let printed = format!("{shown:?} {shown:#?} {:?}", shown.hand_over());
    assert!(
        !printed.contains(ID) && !printed.contains("9991-0b67"),
        "{printed}"
    );
    let error = session(&format!("{ID}\r\nx"), "9991-0b67", API, "").unwrap_err();
    assert_eq!(error, ClientSessionError::Malformed("clientSessionId"));
    assert!(!format!("{error} {error:?}").contains(ID));
}

#[test]
fn a_blank_part_is_named() {
    for (id, customer, url, missing) in [
        (" ", "c", API, "clientSessionId"),
        (ID, "", API, "customerId"),
        (ID, "c", "", "clientApiUrl"),
    ] {
        let error = session(id, customer, url, "").unwrap_err();
        assert_eq!(error, ClientSessionError::Missing(missing));
    }
}

#[test]
fn a_session_is_over_after_two_hours_at_the_latest() {
    let created = SystemTime::UNIX_EPOCH;
    assert_eq!(
        ClientSession::expires_hint(created),
        created + Duration::from_secs(7200)
    );
}

fn found(display: Option<&str>, domain: Option<&str>, url: Option<&str>) -> Vec<String> {
    let mut found = Violations::new();
    let body = At::BODY;
    let at = body.field("paymentProductSession302SpecificInput");
    ApplePayHosts::default().check(display, domain, url, &at, &mut found);
    found.iter().map(ToString::to_string).collect()
}

fn url_passes(url: &str) -> bool {
    found(None, Some("shop.example"), Some(url)).is_empty()
}

#[test]
fn apples_own_urls_pass() {
    for url in [
        "https://apple-pay-gateway.apple.com/paymentservices/startSession",
        "https://apple-pay-gateway-cert.apple.com/paymentservices/startSession",
        "https://cn-apple-pay-gateway.apple.com/paymentservices/startSession",
        "https://cn-apple-pay-gateway-cert.apple.com/paymentservices/startSession",
        "https://apple-pay-gateway-nc-pod1.apple.com/paymentservices/paymentSession",
        "https://cn-apple-pay-gateway-tj-pod3.apple.com/paymentservices/paymentSession",
        "HTTPS://APPLE-PAY-GATEWAY.APPLE.COM/paymentservices/startSession",
        "https://apple-pay-gateway.apple.com:443/paymentservices/startSession",
        "https://apple-pay-gateway.apple.com",
    ] {
        assert!(url_passes(url), "{url}");
    }
}

#[test]
fn lookalikes_do_not() {
    for url in [
        "http://apple-pay-gateway.apple.com/",
        "https://apple.com.evil.example/",
        "https://apple-pay-gateway.apple.com.evil.example/",
        "https://apple-pay-gateway.apple.com@evil.example/",
        "https://apple-pay-gateway.apple.com:443@evil.example/",
        "https://evil.example@apple-pay-gateway.apple.com/",
        "https://@apple-pay-gateway.apple.com/",
        "https://evil.example/?https://apple-pay-gateway.apple.com",
        "https://evil.example#apple-pay-gateway.apple.com",
        "https://evil.example\\@apple-pay-gateway.apple.com/",
        "https://apple-pay-gateway.apple.com\\.evil.example/",
        "https:apple-pay-gateway.apple.com",
        "https:\\\\apple-pay-gateway.apple.com",
        "https:///apple-pay-gateway.apple.com",
        "//apple-pay-gateway.apple.com/",
        "https://apple-pay-gateway.apple.com./",
        "https://apple-pay-gateway.apple.com:8443/",
        "https://apple-pay-gateway.apple.com:/",
        "https://apple-pay-gateway.apple.com:0443/",
        "https://xapple-pay-gateway.apple.com/",
        "https://evil.apple-pay-gateway.apple.com/",
        "https://apple-pay-gateway.apple.community/",
        "https://apple-pay-gateway%2eapple.com/",
        "https://apple-pay-gateway.apple.com%00.evil.example/",
        "https://apple-pay-gateway\u{3002}apple.com/",
        "https://\u{430}pple-pay-gateway.apple.com/",
        "https://apple-pay-gateway.apple.com\t.evil.example/",
        "https://apple-pay-gateway.apple.com\n/",
        " https://apple-pay-gateway.apple.com/",
        "https://17.171.78.7/",
        "https://[::1]/",
        "https://2130706433/",
        "https://localhost/",
        "javascript://apple-pay-gateway.apple.com/",
        "apple-pay-gateway.apple.com",
        "",
    ] {
        assert!(!url_passes(url), "{url}");
    }
}

#[test]
fn the_list_can_be_replaced_and_extended() {
    let at = At::BODY;
    let check = |hosts: &ApplePayHosts, url: &str| {
        let mut found = Violations::new();
        hosts.check(None, Some("shop.example"), Some(url), &at, &mut found);
        found.is_empty()
    };
    let only = ApplePayHosts::only(["Apple-Pay.test"]).unwrap();
    assert!(check(&only, "https://apple-pay.test/session"));
    assert!(!check(&only, "https://apple-pay-gateway.apple.com/"));
    let and = ApplePayHosts::default()
        .and(["apple-pay-gateway-nc-pod6.apple.com"])
        .unwrap();
    assert!(check(&and, "https://apple-pay-gateway-nc-pod6.apple.com/"));
    assert!(check(&and, "https://apple-pay-gateway.apple.com/"));

    for entry in [
        "https://apple-pay.test",
        "apple-pay.test:443",
        "*.apple.com",
        "127.0.0.1",
        "",
    ] {
        let error = ApplePayHosts::default()
            .and(["apple-pay.test", entry])
            .unwrap_err();
        assert!(
            error.to_string().starts_with(&format!("{entry:?} is ")),
            "{error}"
        );
        assert_eq!(ApplePayHosts::only([entry]).unwrap_err(), error);
    }
}

#[test]
fn a_domain_name_is_bare() {
    let passes =
        |name: &str| found(None, Some(name), Some("https://apple-pay-gateway.apple.com/")).is_empty();
    let long = format!("{}.example", "a".repeat(64));
    for name in [
        "pay1.checkout.worldline-solutions.com",
        "shop.example",
        "xn--caf-dma.example",
        "1.example",
        "SHOP.example",
    ] {
        assert!(passes(name), "{name}");
    }
    for name in [
        "https://shop.example",
        "shop.example/pay",
        "shop.example:443",
        "user@shop.example",
        "shop.example.",
        "shop",
        "shop..example",
        "-shop.example",
        "shop-.example",
        "shop .example",
        "127.0.0.1",
        "[::1]",
        "caf\u{e9}.example",
        "_shop.example",
        "",
        &long,
    ] {
        assert!(!passes(name), "{name}");
    }
}

#[test]
fn every_fault_is_named_with_its_place() {
    insta::assert_snapshot!(
        found(Some(" "), Some("https://caf.example"), Some("https://evil.example/")).join("\n"),
        @"
    /paymentProductSession302SpecificInput/displayName: is blank; give the name of the shop, or leave it out
    /paymentProductSession302SpecificInput/domainName: begins with a scheme; give the bare domain, such as shop.example
    /paymentProductSession302SpecificInput/validationUrl: names a host that is not on the list of Apple's hosts; if Apple has added it, add it to the list
    "
    );
    insta::assert_snapshot!(
        found(Some("Caf\u{e9} \u{4e16}\u{754c}"), None, None).join("\n"),
        @"
    /paymentProductSession302SpecificInput/domainName: is missing; Apple Pay needs the domain of the payment page
    /paymentProductSession302SpecificInput/validationUrl: is missing; take it from the event of onvalidatemerchant (event.validationURL)
    "
    );
}

#[test]
fn a_session_reads_on_demand_and_never_prints() {
    let session = ApplePaySession::new(
        r#"{"epochTimestamp":1700000000000,"expiresAt":1700003600000,"nonce":"c0ffee","domainName":"shop.example"}"#,
    );
    assert_eq!(session.to_json().unwrap()["nonce"], "c0ffee");
    let view = session.merchant_session().unwrap();
    assert_eq!(
        (view.expires_at, view.display_name),
        (Some(1_700_003_600_000), None)
    );
    assert_eq!(format!("{session:?}"), "ApplePaySession(<secret>)");
}

#[test]
fn a_broken_session_is_not_quoted() {
    for text in ["<canary>", "\"canary\"", "[\"canary\"]", "", "{\"canary\":1"] {
        let error = ApplePaySession::new(text).to_json().unwrap_err();
        assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
    }
    insta::assert_snapshot!(
        ApplePaySession::new("<canary>").to_json().unwrap_err(),
        @"sessionObject is not a JSON object (line 1, column 1); ask for a new session"
    );
}

fn parts(text: &str) -> (String, Option<String>, Option<String>, Option<String>) {
    let hint = ReturnHint::parse(text).unwrap();
    (
        hint.checkout_session_id.into_string(),
        hint.external_id.map(ExternalId::into_string),
        hint.claimed_status.map(|status| status.to_string()),
        hint.fragment,
    )
}

#[test]
fn all_forms_of_the_same_return_read_the_same() {
    let query = "CheckoutSessionID=s&ExternalID=o&Status=Settled";
    let expected = (
        "s".to_owned(),
        Some("o".to_owned()),
        Some("Settled".to_owned()),
        None,
    );
    for text in [
        query.to_owned(),
        format!("?{query}"),
        format!("/done?{query}"),
        format!("https://shop.example/done?{query}"),
        format!("https://shop.example/done?basket=7&{query}"),
        format!("https://shop.example/done?basket=7?{query}"),
        format!("https://shop.example/done?{query}&utm=1"),
        format!("https://shop.example/done?{query}#"),
        format!("https://shop.example/a=b?{query}"),
        format!("com.example.shop://done?{query}"),
        format!("done?{query}"),
        format!("basket=7?{query}"),
        format!("{query}&next=https://shop.example/orders"),
        format!("{query}&next=/orders?page=2"),
        format!("next=https://shop.example/orders?page=2&{query}"),
    ] {
        assert_eq!(parts(&text), expected, "{text}");
    }
}

#[test]
fn fragments_are_kept_and_searched() {
    let expected = |fragment: &str| ("s".to_owned(), None, None, Some(fragment.to_owned()));
    assert_eq!(
        parts("https://shop.example/?CheckoutSessionID=s#/done?tab=1"),
        expected("/done?tab=1")
    );
    assert_eq!(
        parts("https://shop.example/#/done?CheckoutSessionID=s"),
        expected("/done")
    );
    assert_eq!(
        parts("https://shop.example/?a=b#/done?tab=1?CheckoutSessionID=s"),
        expected("/done")
    );
}

#[test]
fn values_are_decoded() {
    let (session, external, status, _) =
        parts("?CheckoutSessionID=a%2Fb%3F&ExternalID=caf%C3%A9+7&Status=On%20hold");
    assert_eq!(
        (session.as_str(), external.as_deref(), status.as_deref()),
        ("a/b?", Some("café 7"), Some("On hold"))
    );
    assert!(!CheckoutSessionStatus::from("On hold").is_known());
}

#[test]
fn what_cannot_be_told_is_an_error() {
    for text in [
        "",
        "?",
        "/done",
        "https://shop.example/",
        "https://shop.example/CheckoutSessionID=s",
        "https://shop.example/a=b&CheckoutSessionID=s",
        "/done&CheckoutSessionID=s",
        "?CheckoutSessionID=",
        "?ExternalID=o&Status=Settled",
        "?checkoutsessionid=s",
    ] {
        assert_eq!(ReturnHint::parse(text), Err(ReturnHintError::NoSession), "{text}");
    }
    for (text, name) in [
        ("?CheckoutSessionID=a&CheckoutSessionID=a", "CheckoutSessionID"),
        ("?Status=paid&CheckoutSessionID=a&Status=Failed", "Status"),
        ("?ExternalID=&CheckoutSessionID=a&ExternalID=o", "ExternalID"),
    ] {
        assert_eq!(
            ReturnHint::parse(text),
            Err(ReturnHintError::Repeated { name }),
            "{text}"
        );
    }
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in ".{0,80}") {
        let _ = ReturnHint::parse(&text);
    }

    #[test]
    fn any_values_come_back(session in ".{1,20}", external in ".{1,20}", fragment in "[a-z/]{1,8}") {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("own", "1")
            .append_pair("CheckoutSessionID", &session)
            .append_pair("ExternalID", &external)
            .finish();
        let hint = ReturnHint::parse(&format!("https://shop.example/a?{query}#{fragment}")).unwrap();
        proptest::prop_assert_eq!(hint.checkout_session_id.as_str(), session);
        proptest::prop_assert_eq!(hint.external_id.unwrap().into_string(), external);
        proptest::prop_assert_eq!(hint.fragment.unwrap(), fragment);
    }
}
