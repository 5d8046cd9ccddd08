//! What goes wrong with the claims of a request to NOAH.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use checkout_core::digest::{sha256, sha256_hex};
use checkout_doctor::{Case, Rule};
use serde_json::json;
use sha2::{Digest as _, Sha384, Sha512};

use super::noah::{Request, URL};
use super::{BODY, COMPACT, Good, Mutation, NOW, PRETTY, REORDERED, SORTED, SPACED, gzip, mutations};

/// The good request again, for a table of its own.
pub(super) struct Claimed(pub(super) Request);

impl Good for Claimed {
    const KIND: &'static str = "the claims of a request to NOAH";
    const MUTATIONS: &'static [Mutation<Self>] = MUTATIONS;

    fn good() -> Self {
        Self(Request::good())
    }

    fn case(self) -> Case {
        self.0.case()
    }
}

fn hex(bytes: impl AsRef<[u8]>) -> String {
    bytes.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

mutations! { Claimed;
    iat_is_missing => IatMissing, |c| c.0.without("iat");
    iat_is_a_text => IatNotANumber, |c| c.0.claim("iat", NOW.to_string());
    both_times_are_in_milliseconds => IatMilliseconds, |c| {
        c.0.claim("iat", NOW * 1000);
        c.0.claim("exp", (NOW + 300) * 1000);
    };
    iat_is_in_the_future => IatFuture, |c| {
        c.0.claim("iat", NOW + 90);
        c.0.claim("exp", NOW + 390);
    };
    exp_is_missing => ExpMissing, |c| c.0.without("exp");
    exp_is_a_text => ExpNotANumber, |c| c.0.claim("exp", "5m");
    exp_alone_is_in_milliseconds => ExpMilliseconds, |c| c.0.claim("exp", (NOW + 300) * 1000);
    exp_is_before_iat => ExpBeforeIat, |c| c.0.claim("exp", NOW - 1);
    exp_is_an_hour_after_iat => ExpTooFar, |c| c.0.claim("exp", NOW + 3600);
    the_token_has_expired => ExpPast, |c| {
        c.0.claim("iat", NOW - 400);
        c.0.claim("exp", NOW - 100);
    };
    the_token_does_not_hold_yet => NbfFuture, |c| c.0.claim("nbf", NOW + 60);
    nbf_is_a_text => NbfNotANumber, |c| c.0.claim("nbf", "now");
    aud_is_missing => AudMissing, |c| c.0.without("aud");
    aud_is_the_sandbox => AudSandbox, |c| c.0.claim("aud", "https://api.sandbox.noah.com");
    aud_ends_with_a_slash => AudSlash, |c| c.0.claim("aud", "https://api.noah.com/");
    aud_has_the_version => AudVersion, |c| c.0.claim("aud", "https://api.noah.com/v1");
    aud_is_a_list => AudList, |c| c.0.claim("aud", json!(["https://api.noah.com"]));
    aud_is_a_name => AudOther, |c| c.0.claim("aud", "noah");
    method_is_missing => MethodMissing, |c| c.0.without("method");
    method_is_in_lower_case => MethodCase, |c| c.0.claim("method", "post");
    method_is_another => MethodOther, |c| c.0.claim("method", "PUT");
    path_is_missing => PathMissing, |c| c.0.without("path");
    path_has_no_version => PathNoVersion, |c| c.0.claim("path", "/checkout/payin/fiat");
    path_has_the_host => PathHost, |c| c.0.claim("path", "https://api.sandbox.noah.com/v1/checkout/payin/fiat");
    path_has_the_host_without_scheme => PathHost, |c| c.0.claim("path", "api.sandbox.noah.com/v1/checkout/payin/fiat");
    path_has_the_query => PathQuery, |c| c.0.claim("path", "/v1/checkout/payin/fiat?Country=BR&Note=a%20b&PageSize=50");
    path_ends_with_a_slash => PathSlash, |c| c.0.claim("path", "/v1/checkout/payin/fiat/");
    path_is_decoded => PathEncoding, |c| {
        c.0.url(&URL.replace("checkout/payin/fiat", "customers/c%201"));
        c.0.claim("path", "/v1/customers/c 1");
    };
    path_is_another => PathOther, |c| c.0.claim("path", "/v1/balances");
    query_params_are_missing => QueryMissing, |c| c.0.without("queryParams");
    the_url_has_no_query => QueryUnexpected, |c| c.0.url(URL.split('?').next().unwrap());
    query_params_are_a_text => QueryText, |c| c.0.claim("queryParams", "Country=BR&Note=a%20b&PageSize=50");
    query_params_are_encoded => QueryEncoded,
        |c| c.0.claim("queryParams", json!({"Country": "BR", "Note": "a%20b", "PageSize": "50"}));
    query_params_have_a_number => QueryTypes,
        |c| c.0.claim("queryParams", json!({"Country": "BR", "Note": "a b", "PageSize": 50}));
    query_params_lack_a_name => QueryNames, |c| c.0.claim("queryParams", json!({"Country": "BR", "Note": "a b"}));
    query_params_have_another_value => QueryValues,
        |c| c.0.claim("queryParams", json!({"Country": "MX", "Note": "a b", "PageSize": "50"}));
    the_url_repeats_a_name => QueryRepeated, |c| c.0.url(&format!("{URL}&Country=BR"));
    the_body_hash_is_missing => BodyHashMissing, |c| c.0.without("bodyHash");
    the_body_hash_is_named_body_hash => BodyHashName, |c| {
        c.0.without("bodyHash");
        c.0.claim("body_hash", sha256_hex(BODY.as_bytes()));
    };
    the_body_itself_is_a_claim => BodyHashName, |c| {
        c.0.without("bodyHash");
        c.0.claim("body", BODY);
    };
    the_body_hash_is_a_list_of_bytes => BodyHashNotAText, |c| c.0.claim("bodyHash", json!(sha256(BODY.as_bytes())));
    a_value_of_the_body_is_a_slip_of_the_pen => ValueNearMiss, |c| {
        let body = r#"{"PaymentMethodCategory":"card"}"#;
        c.0.case.body = Some(body.into());
        c.0.hash_of(body);
    };
    there_is_no_body_and_the_hash_of_nothing => BodyHashUnneeded, |c| {
        c.0.case.body = Some(Vec::new());
        c.0.hash_of("");
    };
    there_is_no_body_and_a_hash => BodyHashWithoutBody, |c| c.0.case.body = Some(Vec::new());
    the_body_hash_is_in_upper_case => BodyHashUpperCase,
        |c| c.0.claim("bodyHash", sha256_hex(BODY.as_bytes()).to_uppercase());
    the_body_hash_is_in_base64 => BodyHashBase64,
        |c| c.0.claim("bodyHash", STANDARD.encode(sha256(BODY.as_bytes())));
    the_body_hash_is_of_nothing => BodyHashOfNothing, |c| c.0.hash_of("");
    the_body_hash_is_sha384 => BodyHashSha384, |c| c.0.claim("bodyHash", hex(Sha384::digest(BODY)));
    the_body_hash_is_sha512 => BodyHashSha512, |c| c.0.claim("bodyHash", hex(Sha512::digest(BODY)));
    the_body_gets_a_line_break_after_hashing => BodyHashNewlineRemoved,
        |c| c.0.case.body = Some(format!("{BODY}\n").into());
    the_body_loses_a_line_break_after_hashing => BodyHashNewlineAdded, |c| c.0.hash_of(format!("{BODY}\n"));
    the_body_gets_a_byte_order_mark => BodyHashByteOrderMark,
        |c| c.0.case.body = Some(format!("\u{feff}{BODY}").into());
    the_body_gets_line_ends_of_windows => BodyHashLineEnds,
        |c| c.0.case.body = Some(BODY.replace('\n', "\r\n").into());
    the_hash_is_of_compact_json => BodyHashCompact, |c| c.0.hash_of(COMPACT);
    the_hash_is_of_pretty_json => BodyHashPretty, |c| c.0.hash_of(PRETTY);
    the_hash_is_of_json_as_python_writes_it => BodyHashSpaced, |c| c.0.hash_of(SPACED);
    the_hash_is_of_sorted_json => BodyHashSorted, |c| c.0.hash_of(SORTED);
    the_hash_is_of_json_in_ascii_as_python_writes_it => BodyHashEscaped,
        |c| c.0.hash_of(SPACED.replace('ë', "\\u00eb"));
    the_hash_is_of_json_as_php_writes_it => BodyHashEscaped,
        |c| c.0.hash_of(COMPACT.replace('ë', "\\u00eb").replace('/', "\\/"));
    the_hash_is_of_json_as_go_writes_it => BodyHashEscaped,
        |c| c.0.hash_of(COMPACT.replace('<', "\\u003c").replace('>', "\\u003e"));
    the_body_is_sent_in_gzip => BodyHashDecompressed, |c| c.0.case.body = Some(gzip(BODY));
    the_hash_is_of_gzip => BodyHashCompressed, |c| c.0.hash_of(gzip(BODY));
    the_body_is_sent_in_base64 => BodyHashBase64Decoded, |c| c.0.case.body = Some(STANDARD.encode(BODY).into());
    the_hash_is_of_base64 => BodyHashBase64Encoded, |c| c.0.hash_of(STANDARD.encode(BODY));
    the_body_is_sent_as_a_json_text => BodyHashUnquoted, |c| c.0.case.body = Some(json!(BODY).to_string().into());
    the_hash_is_of_a_json_text => BodyHashQuoted, |c| c.0.hash_of(json!(BODY).to_string());
    the_hash_is_of_another_order => BodyHashReordered, |c| c.0.hash_of(REORDERED);
    the_body_is_cut_after_hashing => BodyHashCutShort, |c| c.0.case.body = Some(BODY[..90].into());
    the_hash_is_of_another_body => BodyHashOther, |c| c.0.hash_of("{}");
    the_body_is_utf_16 => JsonUnreadable, |c| {
        let body: Vec<u8> = BODY.encode_utf16().flat_map(u16::to_le_bytes).collect();
        c.0.hash_of(&body);
        c.0.case.body = Some(body);
    };
    the_body_names_a_field_twice => JsonRepeatedField, |c| {
        let body = BODY.replace("\"id\"", "\"type\":1,\"id\"");
        c.0.hash_of(&body);
        c.0.case.body = Some(body.into());
    };
}

/// Numbers at the ends of their range are judged like any other.
#[test]
fn no_number_is_too_large() {
    for number in [
        json!(i64::MIN),
        json!(i64::MAX),
        json!(u64::MAX),
        json!(-1e300),
        json!(1e300),
        json!(0),
    ] {
        for claim in ["iat", "exp", "nbf"] {
            let mut claimed = Claimed::good();
            claimed.0.claim(claim, number.clone());
            for now in [i64::MIN, 0, i64::MAX] {
                let mut case = claimed.0.clone().case();
                case.now = now;
                let diagnosis = checkout_doctor::diagnose(&case);
                assert!(!diagnosis.holds(), "{claim} {number} at {now}: {diagnosis:#?}");
            }
        }
    }
}

#[test]
fn several_causes_are_all_named() {
    let mut claimed = Claimed::good();
    claimed.0.claim("aud", "https://api.sandbox.noah.com");
    claimed.0.claim("exp", NOW + 3600);
    claimed.0.hash_of(COMPACT);
    let named = super::named(&checkout_doctor::diagnose(&claimed.case()));
    assert_eq!(
        named.into_iter().collect::<Vec<_>>(),
        [Rule::ExpTooFar, Rule::AudSandbox, Rule::BodyHashCompact]
    );
}
