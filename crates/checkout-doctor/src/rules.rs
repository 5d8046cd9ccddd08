//! Every check, and every cause that it can find.

use std::fmt;

/// Declares the checks in the order in which they are told, each with its causes: its id, what it is or `: what is found`, and
/// `=> how to correct it`. The last two stand where they differ from case to case.
macro_rules! rules {
    ($($check:ident $check_id:literal $check_about:literal {
        $($rule:ident $rule_id:literal $($rule_about:literal)? $(: $found:literal)? $(=> $remedy:tt)?,)*
    })*) => {
        /// One thing that is looked at. A diagnosis names each at most once, in this order.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Check {
            $(#[doc = $check_about] $check,)*
        }

        /// One cause for which a check fails or warns. Its id is stable over releases.
        // What is found stands there as a person reads it, with `<key id>` and the like.
        #[allow(rustdoc::invalid_html_tags, reason = "the words are those of the command")]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Rule {
            $($($(#[doc = $rule_about])? $(#[doc = $found])? $rule,)*)*
        }

        impl Check {
            /// All checks, in their order.
            pub const ALL: &[Self] = &[$(Self::$check,)*];

            /// In kebab-case.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { $(Self::$check => $check_id,)* }
            }

            /// The checks from this one to `last`, in their order.
            pub(crate) fn up_to(self, last: Self) -> impl Iterator<Item = Self> {
                Self::ALL.iter().copied().filter(move |check| (self..=last).contains(check))
            }
        }

        impl Rule {
            /// All rules, in the order of their checks.
            pub const ALL: &[Self] = &[$($(Self::$rule,)*)*];

            /// In kebab-case.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { $($(Self::$rule => $rule_id,)*)* }
            }

            /// What is found where it fails; empty if it differs.
            pub(super) const fn found(self) -> &'static str {
                match self { $($(Self::$rule => concat!($($found)?),)*)* }
            }

            /// How to correct it; empty if it differs.
            pub(super) const fn remedy(self) -> &'static str {
                match self { $($(Self::$rule => rules!(@or_empty $($remedy)?),)*)* }
            }

            /// The check that it belongs to.
            #[must_use]
            pub const fn check(self) -> Check {
                match self { $($(Self::$rule => Check::$check,)*)* }
            }
        }

        rules!(@named Check);
        rules!(@named Rule);
    };
    (@or_empty) => { "" };
    (@or_empty $text:tt) => { $text };
    (@named $name:ident) => {
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                // Obeys width and alignment.
                f.pad(self.id())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.id())
            }
        }
    };
}

// How to correct what several rules find.
const ENVIRONMENT: &str = "set NOAH_ENVIRONMENT to sandbox, production or local";
const CLOCK: &str = "set this machine's clock by NTP: `timedatectl set-ntp true`";
const COMPACT: &str = "make the token with a JWT library, and send its compact form unchanged";
const BASE64URL: &str =
    "write it as base64url: - and _ for + and /, no padding; a JWT library does so by itself";
const SECONDS: &str = "give it in whole seconds since 1970, as a number: `Math.floor(Date.now() / 1000)`";
const AUD: &str = "set aud to https://api.noah.com, in the sandbox too";
const QUERY: &str = "set queryParams to an object of every name of the query and its decoded value, as texts";
const NO_HASH: &str = "leave bodyHash out of requests without a body";
const SHA256: &str = "take SHA-256, also for ES384: only the signature itself uses SHA-384";
const SIDE_BY_SIDE: &str =
    "let a JWT library sign, or join r and s yourself, each as long as the curve's numbers";
const SIGNATURE: &str = "write it as base64url: - and _ for + and /, no padding";
const AUTHORIZATION: &str = "write it as GCS v1HMAC:<id of the API key>:<signature in base64>";
const DATE: &str = "send the time in GMT as HTTP writes it, such as Tue, 03 Jun 2025 11:05:30 GMT";
const MAC: &str = "write the 32 bytes of the HMAC-SHA256 in standard base64, padded: 44 characters";

rules! {
    Environment "environment" "Sandbox, production or a local server." {
        EnvironmentMissing "environment-missing": "NOAH_ENVIRONMENT is not set" => ENVIRONMENT,
        EnvironmentUnknown "environment-unknown" "A name that is no environment." => ENVIRONMENT,
    }
    Url "url" "Where the request goes." {
        UrlMissing "url-missing": "the local environment has no base URL of its own"
            => "set NOAH_BASE_URL to that of the server, such as http://127.0.0.1:4010/v1",
        UrlInvalid "url-invalid": "not an absolute URL"
            => "give it whole, such as https://api.sandbox.noah.com/v1/balances",
        UrlPlainHttp "url-plain-http" "Plain HTTP to another machine.",
        UrlOtherEnvironment "url-other-environment" "The host of another environment.",
        UrlOtherHost "url-other-host" "A host that is neither known for the environment nor named as one's own.",
        UrlNoVersion "url-no-version" "The path does not begin with /v1.",
    }
    KeyFile "key-file" "Who may use the files with keys and secrets." {
        KeyFileOpen "key-file-open" "Others than its owner may use one.",
    }
    KeyText "key-text" "How the PEM text of the signing key is written." {
        KeyTextEscaped "key-text-escaped": "its line breaks are written out as \\n"
            => "this project reads it so; for other programs keep the key in a file, or turn each \\n into a line break before use",
        KeyTextQuoted "key-text-quoted": "there are quotation marks around it"
            => "this project reads it so; for other programs take the quotation marks away",
        KeyTextCrlf "key-text-crlf": "its lines end as on Windows (CRLF)"
            => "this project reads it so; for other programs convert it with `tr -d '\\r' < private-key.pem > unix.pem`",
        KeyTextOneLine "key-text-one-line": "it is all on one line"
            => "this project reads it so; for other programs put its first and last line on lines of their own, and the rest on \
                lines of 64 characters",
    }
    Key "key" "What the signing key is." {
        KeyMissing "key-missing": "there is none, and production takes signed requests alone"
            => "set NOAH_SIGNING_KEY to the private key, as PEM text or the path of its file",
        KeyUnreadable "key-unreadable" "It cannot be fetched from where it should be."
            => "set NOAH_SIGNING_KEY to the private key, as PEM text or the path of its file",
        KeyEmpty "key-empty" "Nothing in it.",
        KeyNotPem "key-not-pem" "Neither PEM nor DER.",
        KeyDamaged "key-damaged" "A key that was cut or changed.",
        KeyEncrypted "key-encrypted" "Protected by a pass phrase.",
        KeyIsPublic "key-is-public" "A public key where the private one is expected.",
        KeyIsCertificate "key-is-certificate" "A certificate.",
        KeyIsRsa "key-is-rsa" "An RSA key.",
        KeyIsEd25519 "key-is-ed25519" "An Ed25519 key.",
        KeyOtherKind "key-other-kind" "Some other kind of key file.",
        KeyCurve "key-curve" "On a curve that signs neither ES384 nor ES256.",
        KeySec1 "key-sec1" "SEC1, which several JWT libraries refuse."
            => "for those, write it as PKCS#8: `openssl pkcs8 -topk8 -nocrypt -in private-key.pem -out pk8.pem`",
    }
    PublicKey "public-key" "The public key that is registered with the API key." {
        PublicKeyIsPrivate "public-key-is-private" "A private key where the public one is expected.",
        PublicKeyUnusable "public-key-unusable" "No public key that verifies ES384 or ES256.",
    }
    KeyPair "key-pair" "Whether the two keys belong together." {
        KeyPairMismatch "key-pair-mismatch" "The registered public key is not that of the signing key."
            => "sign with the private key that the registered one was made from, or make an API key with the public half \
                of this one: `openssl ec -in private-key.pem -pubout -out public-key.pem`",
    }
    ApiKey "api-key" "The API key's form." {
        ApiKeyMissing "api-key-missing": "there is none"
            => "send it in the header X-Api-Key; NOAH_API_KEY holds it for hosted-checkout",
        ApiKeyOtherHeader "api-key-other-header" "In another header than X-Api-Key."
            => "send the API key in the header X-Api-Key, with nothing in front of it",
        ApiKeyRepeated "api-key-repeated" "More than one." => "send the header once",
        ApiKeyBlanks "api-key-blanks" "White space in it or around it.",
        ApiKeyQuoted "api-key-quoted": "there are quotation marks around it"
            => "take the quotation marks around the API key away",
        ApiKeyIsToken "api-key-is-token": "this is a token, three parts joined by dots"
            => "X-Api-Key takes the API key (apikey_…); the token goes into Api-Signature",
        ApiKeyMalformed "api-key-malformed" "Not `apikey_<environment>_<key>`."
            => "copy it alone and whole from the dashboard",
    }
    ApiKeyEnvironment "api-key-environment" "Whether the API key is of this environment." {
        ApiKeyOtherEnvironment "api-key-other-environment" "Made in another environment.",
    }
    Browser "browser" "Whether the request comes from a server." {
        BrowserOrigin "browser-origin": "the header Origin shows that a browser sends it, and NOAH refuses API keys from browsers"
            => "call NOAH from a server; the API key opens the whole account",
    }
    Token "token" "The token in Api-Signature." {
        TokenMissing "token-missing" "There is none.",
        TokenOtherHeader "token-other-header" "In another header than Api-Signature."
            => "send the token in the header Api-Signature, with nothing in front of it",
        TokenRepeated "token-repeated" "More than one." => "send the header once",
        TokenBearer "token-bearer": "it is prefixed with Bearer" => "Api-Signature takes the token alone",
        TokenBlanks "token-blanks": "there are white space or quotation marks in it or around it"
            => "take away the white space or the quotation marks; a file often ends with a line break",
        TokenIsApiKey "token-is-api-key": "this is an API key"
            => "Api-Signature takes the token; the API key goes into X-Api-Key",
        TokenParts "token-parts" "Not three parts joined by dots."
            => "send the compact form, header.claims.signature; a value that was cut on the way lacks the last ones",
    }
    TokenHeader "token-header" "The token's first part." {
        TokenHeaderUnreadable "token-header-unreadable": "it is not base64url of a JSON object" => COMPACT,
        TokenHeaderBase64 "token-header-base64": "it is padded with = or written in the standard alphabet with + and /"
            => BASE64URL,
    }
    TokenClaims "token-claims" "The token's second part." {
        TokenClaimsUnreadable "token-claims-unreadable": "it is not base64url of a JSON object" => COMPACT,
        TokenClaimsBase64 "token-claims-base64": "it is padded with = or written in the standard alphabet with + and /"
            => BASE64URL,
    }
    Algorithm "alg" "The algorithm that the token names." {
        AlgMissing "alg-missing" "None is named.",
        AlgNone "alg-none" "Unsigned.",
        AlgHmac "alg-hmac" "Signed with a shared secret.",
        AlgRsa "alg-rsa" "Signed with RSA.",
        AlgOther "alg-other" "Any other but ES384 and ES256.",
        AlgCurve "alg-curve" "Not the algorithm of the key's curve.",
    }
    SignatureForm "signature-form" "How the token's signature is written." {
        SignatureEmpty "signature-empty": "there is none after the last dot" => SIDE_BY_SIDE,
        SignatureUnreadable "signature-unreadable": "it is not base64url" => SIGNATURE,
        SignatureBase64 "signature-base64": "it is padded with = or written in the standard alphabet with + and /"
            => SIGNATURE,
        SignatureDer "signature-der" "ASN.1 DER instead of r and s side by side."
            => "have it signed in the form of JWS (`dsaEncoding: \"ieee-p1363\"` in Node); DER is for webhooks",
        SignatureLength "signature-length" "A length that no signature of this algorithm has." => SIDE_BY_SIDE,
    }
    Signature "signature" "Whether the token's signature holds." {
        SignatureDoubleHash "signature-double-hash"
            : "it is made over the hash of header.claims, and signing hashed that once more"
            => "give the signing function the text itself; it hashes by itself",
        SignatureHash "signature-hash" "Made over another hash than the algorithm's."
            => "sign with a JWT library, which takes SHA-384 for ES384 and SHA-256 for ES256, or name that hash yourself",
        SignatureMismatch "signature-mismatch"
            : "it does not hold: another key made it, or header or claims were changed after signing"
            => "sign with the private key of the registered public key, and send the token as it was made",
    }
    Registration "registration" "Whether the API key has a registered public key." {}
    Clock "clock" "This machine's clock against the API's." {
        ClockAhead "clock-ahead" "This machine is ahead." => CLOCK,
        ClockBehind "clock-behind" "This machine is behind." => CLOCK,
        ClockUnreadable "clock-unreadable": "the API's Date cannot be read"
            => "give the value of the header Date, such as \"Tue, 03 Jun 2025 11:05:30 GMT\"",
    }
    IssuedAt "iat" "When the token was made." {
        IatMissing "iat-missing": "the claim is missing" => SECONDS,
        IatNotANumber "iat-not-a-number": "it is not a number" => SECONDS,
        IatMilliseconds "iat-milliseconds": "it is in milliseconds" => SECONDS,
        IatFuture "iat-future" "In the future."
            => "set the clock of the machine that signs by NTP; --server-date with the API's Date tells by how much it is \
                off",
    }
    Expires "exp" "Until when the token holds." {
        ExpMissing "exp-missing" "The claim is missing.": "the claim is missing" => "set it to iat + 300",
        ExpNotANumber "exp-not-a-number": "it is not a number" => SECONDS,
        ExpMilliseconds "exp-milliseconds": "it is in milliseconds" => SECONDS,
        ExpBeforeIat "exp-before-iat" "Not after iat." => "set it to iat + 300",
        ExpTooFar "exp-too-far" "More than 15 minutes after iat." => "set it to iat + 300, and sign each request anew",
        ExpPast "exp-past" "Over."
            => "sign each request anew, right before it is sent, and repeats too; to judge an old request by the time \
                when it was sent, give --at",
    }
    NotBefore "nbf" "From when on the token holds." {
        NbfFuture "nbf-future": "the token says that it does not hold yet"
            => "leave nbf out, which NOAH does not ask for, or set it to iat",
        NbfNotANumber "nbf-not-a-number": "it is not a number" => "leave nbf out, which NOAH does not ask for",
    }
    Audience "aud" "For whom the token is." {
        AudMissing "aud-missing": "the claim is missing" => AUD,
        AudSandbox "aud-sandbox" "The sandbox's host." => AUD,
        AudSlash "aud-slash" "A slash at the end." => AUD,
        AudVersion "aud-version" "With /v1." => AUD,
        AudList "aud-list": "it is a list" => "set aud to https://api.noah.com, in the sandbox too, as a text",
        AudOther "aud-other" "Anything else." => AUD,
    }
    Method "method" "The method that was signed." {
        MethodMissing "method-missing" "The claim is missing.",
        MethodCase "method-case" "Not in upper case.",
        MethodOther "method-other" "Another method than the request's.",
    }
    Path "path" "The path that was signed." {
        PathMissing "path-missing" "The claim is missing.",
        PathNoVersion "path-no-version" "Without /v1.",
        PathHost "path-host" "With scheme and host.",
        PathQuery "path-query" "With the query.",
        PathSlash "path-slash" "A slash at the end too many or too few.",
        PathEncoding "path-encoding" "Percent-encoded otherwise than the URL.",
        PathOther "path-other" "Another path than the request's.",
    }
    Query "query-params" "The query that was signed." {
        QueryMissing "query-params-missing": "the URL has a query, and the claim is missing" => QUERY,
        QueryUnexpected "query-params-unexpected": "it is there, and the URL has no query"
            => "leave queryParams out of requests without a query",
        QueryText "query-params-text": "it is not an object" => QUERY,
        QueryEncoded "query-params-encoded": "names or values are percent-encoded" => QUERY,
        QueryTypes "query-params-types" "Numbers or booleans instead of texts."
            => "give every value as a text: {\"PageSize\": \"50\"}",
        QueryNames "query-params-names" "Other names than the URL's." => QUERY,
        QueryValues "query-params-values" "Other values than the URL's." => QUERY,
        QueryRepeated "query-params-repeated": "the URL has a name twice, which the claim cannot say"
            => "send each name once",
    }
    BodyHash "body-hash" "The hash of the body that was signed." {
        BodyHashMissing "body-hash-missing": "there is a body, and the claim is missing"
            => "set bodyHash to the SHA-256 of the body, as 64 lower-case hex digits",
        BodyHashName "body-hash-name" "The claim has another name than bodyHash."
            => "name it bodyHash; it holds the SHA-256 of the body as 64 lower-case hex digits",
        BodyHashUnneeded "body-hash-unneeded": "the hash of nothing; whether NOAH takes it for a request without a body is not published"
            => NO_HASH,
        BodyHashWithoutBody "body-hash-without-body": "it is there, and the request has no body" => NO_HASH,
        BodyHashNotAText "body-hash-not-a-text": "it is no text"
            => "give the SHA-256 of the body as 64 lower-case hex digits",
        BodyHashUpperCase "body-hash-upper-case": "the right hash in upper case" => "write its hex digits in lower case",
        BodyHashBase64 "body-hash-base64": "the right hash in base64"
            => "write it as 64 lower-case hex digits: `digest('hex')`",
        BodyHashOfNothing "body-hash-of-nothing": "the hash of nothing, but there is a body"
            => "hash the body that is sent; often the body is read or set only after signing",
        BodyHashSha384 "body-hash-sha384": "the SHA-384 of the body" => SHA256,
        BodyHashSha512 "body-hash-sha512": "the SHA-512 of the body" => SHA256,
        BodyHashNewlineRemoved "body-hash-newline-removed" "Made without the final line break of the body.",
        BodyHashNewlineAdded "body-hash-newline-added" "Made with a final line break that the body lacks.",
        BodyHashByteOrderMark "body-hash-byte-order-mark" "Made with or without a byte order mark.",
        BodyHashLineEnds "body-hash-line-ends" "Made with other line ends.",
        BodyHashCompact "body-hash-compact" "Made of the JSON without white space.",
        BodyHashPretty "body-hash-pretty" "Made of the JSON with line breaks and indents.",
        BodyHashSpaced "body-hash-spaced" "Made of the JSON with a space after commas and colons.",
        BodyHashSorted "body-hash-sorted" "Made of the JSON with sorted names.",
        BodyHashEscaped "body-hash-escaped" "Made of the JSON with other escapes.",
        BodyHashDecompressed "body-hash-decompressed" "Made of the body before it was compressed.",
        BodyHashCompressed "body-hash-compressed" "Made of the body after it was compressed.",
        BodyHashBase64Decoded "body-hash-base64-decoded" "Made of the body before it was written in base64.",
        BodyHashBase64Encoded "body-hash-base64-encoded" "Made of the base64 of the body.",
        BodyHashUnquoted "body-hash-unquoted" "Made of the body before it was put into a JSON text.",
        BodyHashQuoted "body-hash-quoted" "Made of the body as a JSON text.",
        BodyHashReordered "body-hash-reordered" "Made of the JSON with its fields in another order.",
        BodyHashCutShort "body-hash-cut-short" "Made of a longer body.",
        BodyHashOther "body-hash-other": "not the hash of this body, and of none that was written otherwise"
            => "hash the very bytes that are sent: serialise once, hash that, send that",
    }
    Json "json" "The body of a request as JSON." {
        JsonUnreadable "json-unreadable" "Not JSON, or not text in UTF-8."
            => "send one JSON object in UTF-8, as a JSON library writes it",
        JsonRepeatedField "json-repeated-field" "A field that stands in its object more than once."
            => "send each field once: readers differ in which of the two counts",
    }
    Values "values" "The values of the body." {
        ValueNearMiss "value-near-miss" "A value that is near a documented one, and is none."
            => "write each as the API's documents do, if that was meant",
    }
    Secret "secret" "The secret of a key of Worldline Connect." {
        SecretBlanks "secret-blanks": "there is white space in it or around it, which would count as a part of it"
            => "take away the white space; a file often ends with a line break",
        SecretQuoted "secret-quoted": "there are quotation marks around it or in it, which would count as a part of it"
            => "take away the quotation marks: files of variables for containers, unlike a shell, keep them",
    }
    WebhookKey "webhook-key" "The key that webhooks are verified by." {
        WebhookKeyUnusable "webhook-key-unusable" "No public key on P-384."
            => "give the PEM text that the webhook settings of NOAH's dashboard or documents show, or leave it out: the \
                published keys are built in",
    }
    WebhookHeader "webhook-header" "The header with the webhook's signature." {
        WebhookHeaderMissing "webhook-header-missing" "There is none."
            => "if the webhook is genuine, a proxy or framework on the way drops it: let it pass",
        WebhookHeaderRepeated "webhook-header-repeated" "More than one."
            => "it is sent once; find out who adds one on the way, and refuse such webhooks",
    }
    WebhookKeyId "webhook-key-id" "The id of the key that signed the webhook." {
        WebhookKeyIdMissing "webhook-key-id-missing": "the header X-GCS-KeyId is missing"
            => "if the webhook is genuine, a proxy or framework on the way drops it: let it pass",
        WebhookKeyIdRepeated "webhook-key-id-repeated" "More than one."
            => "it is sent once; find out who adds one on the way, and refuse such webhooks",
        WebhookKeyIdUnknown "webhook-key-id-unknown" "Not the id of the key at hand."
            => "take the key of that id from the Configuration Center; while keys change, both are in use",
    }
    WebhookForm "webhook-form" "How the webhook's signature is written." {
        WebhookBase64Url "webhook-base64url" "Base64url instead of standard base64.",
        WebhookHex "webhook-hex" "Hex instead of base64.",
        WebhookNotBase64 "webhook-not-base64" "Not base64 at all.",
        WebhookRaw "webhook-raw": "it is r and s side by side (96 bytes), as tokens have it"
            => "webhooks carry ASN.1 DER; a test that signs them must write it so (Node's `sign` does by itself)",
        WebhookLength "webhook-length" "Bytes that are no signature.",
    }
    WebhookSignature "webhook-signature" "Whether the webhook's signature holds." {
        WebhookOtherEnvironment "webhook-other-environment" "It holds under the key of the other environment."
            => "this endpoint is set up for another environment than the subscription that calls it: verify with the key \
                of the environment that sends",
        WebhookSecretDecoded "webhook-secret-decoded": "it holds under the base64-decoded secret"
            => "use the secret as text; it looks like base64, and is not decoded; whatever signs this is no server of \
                Worldline's",
        WebhookSecretQuoted "webhook-secret-quoted": "it holds under the secret with quotation marks around it"
            => "take the quotation marks off where the secret is set: files of variables for containers, unlike a shell, \
                keep them; whatever signs this is no server of Worldline's",
        WebhookSecretNewline "webhook-secret-newline": "it holds under the secret with a line break after it"
            => "trim the secret when it is read from a file; whatever signs this is no server of Worldline's",
        WebhookNewlineRemoved "webhook-newline-removed" "It holds without the final line break of the body.",
        WebhookNewlineAdded "webhook-newline-added" "It holds with a final line break that the body lacks.",
        WebhookByteOrderMark "webhook-byte-order-mark" "It holds with or without a byte order mark.",
        WebhookLineEnds "webhook-line-ends" "It holds with other line ends.",
        WebhookCompact "webhook-compact" "It holds for the JSON without white space.",
        WebhookPretty "webhook-pretty" "It holds for the JSON with line breaks and indents.",
        WebhookSpaced "webhook-spaced" "It holds for the JSON with a space after commas and colons.",
        WebhookSorted "webhook-sorted" "It holds for the JSON with sorted names.",
        WebhookEscaped "webhook-escaped" "It holds for the JSON with other escapes.",
        WebhookDecompressed "webhook-decompressed" "It holds for the body once it is decompressed.",
        WebhookCompressed "webhook-compressed" "It holds for the compressed body alone.",
        WebhookBase64Decoded "webhook-base64-decoded" "It holds for the body once its base64 is decoded.",
        WebhookBase64Encoded "webhook-base64-encoded" "It holds for the base64 of the body.",
        WebhookUnquoted "webhook-unquoted" "It holds for the body once it is taken out of a JSON text.",
        WebhookQuoted "webhook-quoted" "It holds for the body as a JSON text.",
        WebhookReordered "webhook-reordered" "It holds for the JSON with its fields in another order.",
        WebhookCutShort "webhook-cut-short" "The body at hand lacks its end.",
        WebhookHash "webhook-hash" "Made over another hash than SHA-384."
            => "take SHA-384, the hash of P-384; whatever signs this is no server of NOAH's",
        WebhookMismatch "webhook-mismatch": "it does not hold for this body, nor for one written otherwise"
            => "verify the raw bytes as they came in, and check that the key is the current one; otherwise it is forged",
    }
    WebhookBody "webhook-body" "What the webhook says." {
        WebhookNotJson "webhook-not-json" "Not a JSON object."
            => "keep the raw body for somebody to look at; if the signature holds, answer 2xx all the same",
        WebhookIncomplete "webhook-incomplete" "A field of the envelope is missing."
            => "hand over the whole body, from its first to its last byte",
        WebhookVersionSeconds "webhook-version-seconds"
            : "EventVersion is too small for milliseconds since 1970; it looks like seconds"
            => "NOAH sends 13 digits; a test that makes events must do so, and a 32-bit integer does not hold them",
        WebhookVersionType "webhook-version-type": "EventVersion is not a whole number"
            => "read and write it as a 64-bit integer; NOAH sends milliseconds since 1970",
        WebhookApiVersion "webhook-api-version": "its apiVersion is not v1"
            => "keep the raw body, and have the endpoint set to v1 in the Configuration Center",
    }
    WorldlineSetup "worldline-setup" "The variables that hosted-checkout reads for Worldline Connect." {
        WorldlineVariable "worldline-variable" "One is missing or cannot be used."
            => "set them as the Configuration Center shows them",
    }
    Authorization "authorization" "The header Authorization." {
        AuthorizationMissing "authorization-missing": "the header Authorization is missing" => AUTHORIZATION,
        AuthorizationRepeated "authorization-repeated" "More than one." => "send the header once",
        AuthorizationForm "authorization-form": "it is not of the form GCS v1HMAC:<key id>:<signature>" => AUTHORIZATION,
        AuthorizationClient "authorization-client": "it names a client session, which opens the client API (/client/v1/…) alone"
            => AUTHORIZATION,
    }
    KeyId "key-id" "The id of the API key that signed." {
        KeyIdOther "key-id-other" "Not the id of the secret at hand."
            => "send the id that belongs to the secret; both come as a pair from the Configuration Center",
    }
    Date "date" "The header Date." {
        DateMissing "date-missing": "the header Date is missing, and the signature covers it" => DATE,
        DateRepeated "date-repeated" "More than one." => "send the header once",
        DateForm "date-form" "Not as HTTP writes it, in GMT." => DATE,
        DateOff "date-off" "Far from the time now."
            => "make it anew for each request, also for repeats; to judge an old request by the time when it was sent, \
                give --at",
    }
    ContentType "content-type" "The header Content-Type." {
        ContentTypeMissing "content-type-missing": "there is a body, and the header Content-Type is missing"
            => "send Content-Type: application/json, and sign that value",
        ContentTypeOther "content-type-other" "Not application/json."
            => "send JSON as application/json, and sign the very same value",
    }
    MacForm "mac-form" "How the signature in Authorization is written." {
        MacHex "mac-hex": "it is hex" => MAC,
        MacNotBase64 "mac-not-base64": "it is not base64" => MAC,
        MacSha1 "mac-sha1": "its 20 bytes are those of an HMAC-SHA1" => "take HMAC-SHA256",
        MacLength "mac-length" "A length that no HMAC-SHA256 has." => MAC,
    }
    Mac "mac" "Whether the signature in Authorization holds." {
        MacSecretDecoded "mac-secret-decoded": "it holds under the base64-decoded secret"
            => "use the secret as text; it looks like base64, and is not decoded",
        MacSecretQuoted "mac-secret-quoted": "it holds under the secret with quotation marks around it"
            => "take the quotation marks off where the secret is set: files of variables for containers, unlike a shell, \
                keep them",
        MacSecretNewline "mac-secret-newline": "it holds under the secret with a line break after it"
            => "trim the secret when it is read from a file",
        MacNoFinalNewline "mac-no-final-newline": "it holds over a text whose last line is not ended"
            => "end every line with a line feed, the last one with path and query too",
        MacMethodCase "mac-method-case": "it holds over the method in lower case"
            => "sign the method in upper case",
        MacHeadersLeftOut "mac-headers-left-out": "it holds without a header whose name begins with X-GCS and that is sent"
            => "sign every header whose name begins with X-GCS; add none after signing",
        MacHeadersUnsorted "mac-headers-unsorted": "it holds over the X-GCS headers in the order in which they are sent"
            => "sort them by their names in lower case before signing",
        MacHeadersCase "mac-headers-case": "it holds over the names of the X-GCS headers as they are sent"
            => "sign their names in lower case",
        MacHost "mac-host": "it holds over the URL with its host"
            => "sign the path and the query alone",
        MacNoVersion "mac-no-version": "it holds over the path without /v1"
            => "sign the path from its first slash on, as it is sent: /v1/{merchantId}/…",
        MacNoQuery "mac-no-query": "it holds over the path without the query"
            => "sign path, question mark and query",
        MacQueryEncoded "mac-query-encoded"
            : "it holds over the percent-encoded query; Worldline's examples have both forms, and its libraries differ"
            => "sign the decoded query, as its Java, .NET and Go libraries do",
        MacContentType "mac-content-type": "it holds over another Content-Type than the one that is sent"
            => "set Content-Type before signing, and see that the HTTP library does not change it afterwards",
        MacBody "mac-body": "it holds over a text that ends with the body"
            => "leave the body out: the signature covers the headers, the path and the query",
        MacMismatch "mac-mismatch": "it does not hold, nor with any of the usual mistakes"
            => "compare the text that you sign with that of hosted_checkout::worldline::string_to_hash, and the secret \
                with the one that belongs to the key id",
    }
}
