//! What is looked at, and every cause that can be found there.

use std::fmt;

/// Declares the checks in the order in which they are told, each with its causes.
macro_rules! rules {
    ($($check:ident $check_id:literal $check_about:literal {
        $($rule:ident $rule_id:literal $rule_about:literal,)*
    })*) => {
        /// One thing that is looked at. A diagnosis names each at most once, in this order.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Check {
            $(#[doc = $check_about] $check,)*
        }

        /// One cause for which a check fails or warns. Its id is stable over releases.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum Rule {
            $($(#[doc = $rule_about] $rule,)*)*
        }

        impl Check {
            /// All of them, in their order.
            pub const ALL: &[Self] = &[$(Self::$check,)*];

            /// In kebab-case.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { $(Self::$check => $check_id,)* }
            }
        }

        impl Rule {
            /// All of them, check by check.
            pub const ALL: &[Self] = &[$($(Self::$rule,)*)*];

            /// In kebab-case.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { $($(Self::$rule => $rule_id,)*)* }
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

rules! {
    Environment "environment" "Sandbox, production or a local server." {
        EnvironmentMissing "environment-missing" "Nothing says which environment is meant.",
        EnvironmentUnknown "environment-unknown" "A name that is no environment.",
    }
    Url "url" "Where the request goes." {
        UrlMissing "url-missing" "A local environment without its base URL.",
        UrlInvalid "url-invalid" "Not an absolute URL.",
        UrlPlainHttp "url-plain-http" "Plain HTTP to another machine.",
        UrlOtherEnvironment "url-other-environment" "The host of another environment.",
        UrlOtherHost "url-other-host" "A host that is neither known for the environment nor named as one's own.",
        UrlNoVersion "url-no-version" "The path does not begin with /v1.",
    }
    KeyFile "key-file" "Who may use the files with keys and secrets." {
        KeyFileOpen "key-file-open" "Others than its owner may use one.",
    }
    KeyText "key-text" "How the PEM text of the signing key is written." {
        KeyTextEscaped "key-text-escaped" "Line breaks written out as backslash and n.",
        KeyTextQuoted "key-text-quoted" "Quotation marks around the PEM text.",
        KeyTextCrlf "key-text-crlf" "Line ends of Windows.",
        KeyTextOneLine "key-text-one-line" "All on one line.",
    }
    Key "key" "What the signing key is." {
        KeyMissing "key-missing" "There is none, and production needs one.",
        KeyUnreadable "key-unreadable" "It cannot be fetched from where it should be.",
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
        KeySec1 "key-sec1" "SEC1, which several JWT libraries refuse.",
    }
    PublicKey "public-key" "The public key that is registered with the API key." {
        PublicKeyIsPrivate "public-key-is-private" "A private key where the public one is expected.",
        PublicKeyUnusable "public-key-unusable" "No public key that verifies ES384 or ES256.",
    }
    KeyPair "key-pair" "Whether the two keys belong together." {
        KeyPairMismatch "key-pair-mismatch" "The registered public key is not that of the signing key.",
    }
    ApiKey "api-key" "The API key's form." {
        ApiKeyMissing "api-key-missing" "There is none.",
        ApiKeyOtherHeader "api-key-other-header" "In another header than X-Api-Key.",
        ApiKeyRepeated "api-key-repeated" "More than one.",
        ApiKeyBlanks "api-key-blanks" "White space in it or around it.",
        ApiKeyQuoted "api-key-quoted" "Quotation marks around it.",
        ApiKeyIsToken "api-key-is-token" "A token in its place.",
        ApiKeyMalformed "api-key-malformed" "Not `apikey_<environment>_<key>`.",
    }
    ApiKeyEnvironment "api-key-environment" "Whether the API key is of this environment." {
        ApiKeyOtherEnvironment "api-key-other-environment" "Made in another environment.",
    }
    Browser "browser" "Whether the request comes from a server." {
        BrowserOrigin "browser-origin" "The header Origin, as browsers send it.",
    }
    Token "token" "The token in Api-Signature." {
        TokenMissing "token-missing" "There is none.",
        TokenOtherHeader "token-other-header" "In another header than Api-Signature.",
        TokenRepeated "token-repeated" "More than one.",
        TokenBearer "token-bearer" "Prefixed with Bearer.",
        TokenBlanks "token-blanks" "White space or quotation marks in it or around it.",
        TokenIsApiKey "token-is-api-key" "An API key in its place.",
        TokenParts "token-parts" "Not three parts joined by dots.",
    }
    TokenHeader "token-header" "The token's first part." {
        TokenHeaderUnreadable "token-header-unreadable" "Not base64url of a JSON object.",
        TokenHeaderBase64 "token-header-base64" "Padded, or in the standard base64 alphabet.",
    }
    TokenClaims "token-claims" "The token's second part." {
        TokenClaimsUnreadable "token-claims-unreadable" "Not base64url of a JSON object.",
        TokenClaimsBase64 "token-claims-base64" "Padded, or in the standard base64 alphabet.",
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
        SignatureEmpty "signature-empty" "The third part is empty.",
        SignatureUnreadable "signature-unreadable" "Not base64url.",
        SignatureBase64 "signature-base64" "In the standard base64 alphabet, or padded.",
        SignatureDer "signature-der" "ASN.1 DER instead of r and s side by side.",
        SignatureLength "signature-length" "A length that no signature of this algorithm has.",
    }
    Signature "signature" "Whether the token's signature holds." {
        SignatureDoubleHash "signature-double-hash" "Made over the hash of the bytes, which was then hashed again.",
        SignatureHash "signature-hash" "Made over another hash than the algorithm's.",
        SignatureMismatch "signature-mismatch" "Made over other bytes or by another key.",
    }
    Registration "registration" "Whether the API key has a registered public key." {}
    Clock "clock" "This machine's clock against the API's." {
        ClockAhead "clock-ahead" "This machine is ahead.",
        ClockBehind "clock-behind" "This machine is behind.",
        ClockUnreadable "clock-unreadable" "The API's Date cannot be read.",
    }
    IssuedAt "iat" "When the token was made." {
        IatMissing "iat-missing" "The claim is missing.",
        IatNotANumber "iat-not-a-number" "Not a number.",
        IatMilliseconds "iat-milliseconds" "Milliseconds instead of seconds.",
        IatFuture "iat-future" "In the future.",
    }
    Expires "exp" "Until when the token holds." {
        ExpMissing "exp-missing" "The claim is missing.",
        ExpNotANumber "exp-not-a-number" "Not a number.",
        ExpMilliseconds "exp-milliseconds" "Milliseconds instead of seconds.",
        ExpBeforeIat "exp-before-iat" "Not after iat.",
        ExpTooFar "exp-too-far" "More than 15 minutes after iat.",
        ExpPast "exp-past" "Over.",
    }
    NotBefore "nbf" "From when on the token holds." {
        NbfFuture "nbf-future" "Not yet.",
        NbfNotANumber "nbf-not-a-number" "Not a number.",
    }
    Audience "aud" "For whom the token is." {
        AudMissing "aud-missing" "The claim is missing.",
        AudSandbox "aud-sandbox" "The sandbox's host.",
        AudSlash "aud-slash" "A slash at the end.",
        AudVersion "aud-version" "With /v1.",
        AudList "aud-list" "A list instead of a text.",
        AudOther "aud-other" "Anything else.",
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
        QueryMissing "query-params-missing" "The URL has a query and the claim is missing.",
        QueryUnexpected "query-params-unexpected" "The claim is there and the URL has no query.",
        QueryText "query-params-text" "A text or list instead of an object.",
        QueryEncoded "query-params-encoded" "Percent-encoded values.",
        QueryTypes "query-params-types" "Numbers or booleans instead of texts.",
        QueryNames "query-params-names" "Other names than the URL's.",
        QueryValues "query-params-values" "Other values than the URL's.",
        QueryRepeated "query-params-repeated" "The URL has a name twice.",
    }
    BodyHash "body-hash" "The hash of the body that was signed." {
        BodyHashMissing "body-hash-missing" "There is a body and the claim is missing.",
        BodyHashName "body-hash-name" "The claim has another name than bodyHash.",
        BodyHashUnneeded "body-hash-unneeded" "The hash of nothing for a request without a body.",
        BodyHashWithoutBody "body-hash-without-body" "A hash for a request without a body.",
        BodyHashNotAText "body-hash-not-a-text" "Not a text.",
        BodyHashUpperCase "body-hash-upper-case" "Hex digits in upper case.",
        BodyHashBase64 "body-hash-base64" "Base64 instead of hex.",
        BodyHashOfNothing "body-hash-of-nothing" "The hash of nothing although there is a body.",
        BodyHashSha384 "body-hash-sha384" "SHA-384 instead of SHA-256.",
        BodyHashSha512 "body-hash-sha512" "SHA-512 instead of SHA-256.",
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
        BodyHashOther "body-hash-other" "Made of other bytes.",
    }
    Json "json" "The body of a request as JSON." {
        JsonUnreadable "json-unreadable" "Not JSON, or not text in UTF-8.",
        JsonRepeatedField "json-repeated-field" "A field that stands in its object more than once.",
    }
    Values "values" "The values of the body." {
        ValueNearMiss "value-near-miss" "A value that is near a documented one, and is none.",
    }
    Secret "secret" "The secret of a key of Worldline Connect." {
        SecretBlanks "secret-blanks" "White space in it or around it.",
        SecretQuoted "secret-quoted" "Quotation marks around it.",
    }
    WebhookKey "webhook-key" "The key that webhooks are verified by." {
        WebhookKeyUnusable "webhook-key-unusable" "No public key on P-384.",
    }
    WebhookHeader "webhook-header" "The header with the webhook's signature." {
        WebhookHeaderMissing "webhook-header-missing" "There is none.",
        WebhookHeaderRepeated "webhook-header-repeated" "More than one.",
    }
    WebhookKeyId "webhook-key-id" "The id of the key that signed the webhook." {
        WebhookKeyIdMissing "webhook-key-id-missing" "There is none.",
        WebhookKeyIdRepeated "webhook-key-id-repeated" "More than one.",
        WebhookKeyIdUnknown "webhook-key-id-unknown" "Not the id of the key at hand.",
    }
    WebhookForm "webhook-form" "How the webhook's signature is written." {
        WebhookBase64Url "webhook-base64url" "Base64url instead of standard base64.",
        WebhookHex "webhook-hex" "Hex instead of base64.",
        WebhookNotBase64 "webhook-not-base64" "Not base64 at all.",
        WebhookRaw "webhook-raw" "r and s side by side instead of ASN.1 DER.",
        WebhookLength "webhook-length" "Bytes that are no signature.",
    }
    WebhookSignature "webhook-signature" "Whether the webhook's signature holds." {
        WebhookOtherEnvironment "webhook-other-environment" "It holds under the key of the other environment.",
        WebhookSecretDecoded "webhook-secret-decoded" "The secret was base64-decoded first.",
        WebhookSecretQuoted "webhook-secret-quoted" "Quotation marks around the secret were taken for a part of it.",
        WebhookSecretNewline "webhook-secret-newline" "A line break after the secret was taken for a part of it.",
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
        WebhookHash "webhook-hash" "Made over another hash than SHA-384.",
        WebhookMismatch "webhook-mismatch" "Made over other bytes or by another key.",
    }
    WebhookBody "webhook-body" "What the webhook says." {
        WebhookNotJson "webhook-not-json" "Not a JSON object.",
        WebhookIncomplete "webhook-incomplete" "A field of the envelope is missing.",
        WebhookVersionSeconds "webhook-version-seconds" "EventVersion in seconds instead of milliseconds.",
        WebhookVersionType "webhook-version-type" "EventVersion is not a whole number.",
        WebhookApiVersion "webhook-api-version" "Another version of the API.",
    }
    WorldlineSetup "worldline-setup" "The variables that hosted-checkout reads for Worldline Connect." {
        WorldlineVariable "worldline-variable" "One is missing or cannot be used.",
    }
    Authorization "authorization" "The header Authorization." {
        AuthorizationMissing "authorization-missing" "There is none.",
        AuthorizationRepeated "authorization-repeated" "More than one.",
        AuthorizationForm "authorization-form" "Not `GCS v1HMAC:<key id>:<signature>`.",
        AuthorizationClient "authorization-client" "A client session where the server API wants a key.",
    }
    KeyId "key-id" "The id of the API key that signed." {
        KeyIdOther "key-id-other" "Not the id of the secret at hand.",
    }
    Date "date" "The header Date." {
        DateMissing "date-missing" "There is none.",
        DateRepeated "date-repeated" "More than one.",
        DateForm "date-form" "Not as HTTP writes it, in GMT.",
        DateOff "date-off" "Far from the time now.",
    }
    ContentType "content-type" "The header Content-Type." {
        ContentTypeMissing "content-type-missing" "There is a body and none is named.",
        ContentTypeOther "content-type-other" "Not application/json.",
    }
    MacForm "mac-form" "How the signature in Authorization is written." {
        MacHex "mac-hex" "Hex instead of base64.",
        MacNotBase64 "mac-not-base64" "Not base64.",
        MacSha1 "mac-sha1" "HMAC-SHA1 instead of HMAC-SHA256.",
        MacLength "mac-length" "A length that no HMAC-SHA256 has.",
    }
    Mac "mac" "Whether the signature in Authorization holds." {
        MacSecretDecoded "mac-secret-decoded" "The secret was base64-decoded first.",
        MacSecretQuoted "mac-secret-quoted" "Quotation marks around the secret were taken for a part of it.",
        MacSecretNewline "mac-secret-newline" "A line break after the secret was taken for a part of it.",
        MacNoFinalNewline "mac-no-final-newline" "The last line was not ended.",
        MacMethodCase "mac-method-case" "The method was not in upper case.",
        MacHeadersLeftOut "mac-headers-left-out" "X-GCS headers were left out.",
        MacHeadersUnsorted "mac-headers-unsorted" "X-GCS headers were not sorted.",
        MacHeadersCase "mac-headers-case" "Names of X-GCS headers were not in lower case.",
        MacHost "mac-host" "The host was put before the path.",
        MacNoVersion "mac-no-version" "The path was signed without its version.",
        MacNoQuery "mac-no-query" "The query was left out.",
        MacQueryEncoded "mac-query-encoded" "The query was not decoded.",
        MacContentType "mac-content-type" "Another Content-Type than the one that is sent.",
        MacBody "mac-body" "The body was covered, which it is not.",
        MacMismatch "mac-mismatch" "Made over another text or with another secret.",
    }
}
