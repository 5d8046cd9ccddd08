//! Environment, host and key agree, or no client is made: each combination, by each way to make a client.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use checkout_core::key::{Algorithm, SigningKey};
use checkout_transport::testing::{ScriptedWire, Step};
use hosted_checkout::credentials::Variables;
use hosted_checkout::noah::{Credentials, Environment, Noah};
use hosted_checkout::worldline::{
    self, Client, ClientSession, Connect, Endpoint, Environment as ConnectEnvironment,
};
use hosted_checkout::{BaseUrl, Error, ErrorKind, NamedHosts, Outcome};
use secrecy::ExposeSecret as _;
use url::Url;

/// What the table says of a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A listed host of the API, of the environment of this name.
    Listed(&'static str),
    /// The vendor's, unlisted; its name tells of this environment.
    Telling(&'static str),
    /// The vendor's, unlisted, and its name tells nothing.
    Silent,
    /// Another vendor's, or a vendor's over plain http: never.
    Never,
    /// This machine.
    Here,
    /// Any other host over https.
    Elsewhere,
    /// Any other host over plain http.
    ElsewherePlain,
}
use Kind::{Elsewhere, ElsewherePlain, Here, Listed, Never, Silent, Telling};

/// What the caller says of the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    Nothing,
    Own,
    PlainHttp,
    Both,
}

const SAID: [Said; 4] = [Said::Nothing, Said::Own, Said::PlainHttp, Said::Both];

impl Said {
    fn own(self) -> bool {
        matches!(self, Self::Own | Self::Both)
    }

    fn plain_http(self) -> bool {
        matches!(self, Self::PlainHttp | Self::Both)
    }
}

const NOAH_HOSTS: &[(&str, Kind)] = &[
    ("https://api.sandbox.noah.com", Listed("sandbox")),
    ("https://api.noah.com", Listed("production")),
    ("https://API.Noah.com.", Listed("production")),
    ("https://api.noah.com:8443", Listed("production")),
    ("https://api%2Enoah.com", Listed("production")),
    ("https://api.noah\u{3002}com", Listed("production")),
    ("https://api.\u{24dd}oah.com", Listed("production")),
    ("https://checkout.noah.com", Telling("production")),
    ("https://api.eu.sandbox.noah.com", Telling("sandbox")),
    ("https://staging-checkout.noah.com", Telling("staging")),
    ("https://api.bogdandev.noah.com", Telling("a developer's")),
    ("https://api.preprod.noah.com", Telling("pre-production")),
    ("https://checkout.sandbox.noah.com", Telling("sandbox")),
    ("https://api.eu-sandbox2.noah.com", Telling("sandbox")),
    ("https://api.prod.noah.com", Telling("production")),
    ("https://api.dev2.noah.com", Telling("a developer's")),
    ("https://test.noah.com", Telling("a test's")),
    ("https://api.eu.noah.com", Silent),
    ("https://a.b.c.noah.com", Silent),
    ("https://docs.noah.com", Silent),
    ("https://noah.com", Silent),
    ("https://eu.sandbox.api-ingenico.com", Never),
    ("https://api.connect.worldline-solutions.com", Never),
    ("http://api.noah.com", Never),
    ("http://api.sandbox.noah.com:8080", Never),
    ("http://api.eu.noah.com.", Never),
    ("https://noah.com.evil.example", Elsewhere),
    ("https://api.noah.com.evil.example", Elsewhere),
    ("https://evilnoah.com", Elsewhere),
    ("https://api-noah.com", Elsewhere),
    ("https://noah.community", Elsewhere),
    ("https://sandboxnoah.com", Elsewhere),
    ("https://prod.xnoah.com", Elsewhere),
    ("https://proxy.shop.example:8443", Elsewhere),
    ("https://10.0.0.5", Elsewhere),
    ("https://[fd00::1]", Elsewhere),
    ("http://sandbox.local:4010", ElsewherePlain),
    ("http://10.0.0.5:4010", ElsewherePlain),
    ("http://0.0.0.0:4010", ElsewherePlain),
    ("http://[::ffff:10.0.0.5]:4010", ElsewherePlain),
    ("http://localhost.evil.example", ElsewherePlain),
    ("http://127.0.0.1.evil.example", ElsewherePlain),
    ("http://127.0.0.1:4010", Here),
    ("http://127.1:4010", Here),
    ("http://0x7f.0.0.1:4010", Here),
    ("http://2130706433:4010", Here),
    ("http://017700000001:4010", Here),
    ("http://[::1]:4010", Here),
    ("http://[::ffff:127.0.0.1]:4010", Here),
    ("http://localhost:4010", Here),
    ("http://LOCALHOST.:4010", Here),
    ("http://sandbox.localhost:4010", Here),
    ("https://localhost:4010", Here),
];

const CONNECT_HOSTS: &[(&str, Kind)] = &[
    ("https://eu.sandbox.api-ingenico.com", Listed("sandbox")),
    (
        "https://api.preprod.connect.worldline-solutions.com",
        Listed("pre-production"),
    ),
    ("https://eu.preprod.api-ingenico.com", Listed("pre-production")),
    ("https://mum-preprod.api-ingenico.com", Listed("pre-production")),
    (
        "https://api.connect.worldline-solutions.com",
        Listed("production"),
    ),
    ("https://eu.api-ingenico.com", Listed("production")),
    ("https://MUM.api-ingenico.com.:443", Listed("production")),
    ("https://ams1.sandbox.api-worldline.com", Telling("sandbox")),
    ("https://us.sandbox.api-ingenico.com", Telling("sandbox")),
    ("https://par-preprod.api-ingenico.com", Telling("pre-production")),
    ("https://ams1.sandbox.api-ingenico.com", Telling("sandbox")),
    ("https://us.pre-prod.api-ingenico.com", Telling("pre-production")),
    ("https://us.api-ingenico.com", Silent),
    ("https://ams1.api-ingenico.com", Silent),
    ("https://connect.worldline-solutions.com", Silent),
    ("https://par.api-ingenico.com", Silent),
    ("https://api-worldline.com", Silent),
    ("https://api.noah.com", Never),
    ("http://eu.api-ingenico.com", Never),
    ("http://ams1.sandbox.api-worldline.com:8080", Never),
    ("https://evil-api-ingenico.com", Elsewhere),
    ("https://eu.api-ingenico.com.evil.example", Elsewhere),
    ("https://worldline-solutions.com", Elsewhere),
    ("https://proxy.shop.example", Elsewhere),
    ("http://sandbox.local:4020", ElsewherePlain),
    ("http://10.0.0.5:4020", ElsewherePlain),
    ("http://127.0.0.1:4020", Here),
    ("http://127.1:4020", Here),
    ("http://[::ffff:127.0.0.1]:4020", Here),
    ("http://localhost.:4020", Here),
];

/// The rule, in other words than the library's: by the table alone. `environment` is `None` where the API wants none named.
fn is_allowed(environment: Option<&str>, kind: Kind, said: Said) -> bool {
    let lenient = matches!(environment, None | Some("local"));
    let is_vendors = matches!(kind, Listed(_) | Telling(_) | Silent | Never);
    if is_vendors && (said.plain_http() || environment == Some("local")) {
        return false;
    }
    match kind {
        Never => false,
        Listed(of) => environment.is_none_or(|environment| environment == of),
        Telling(of) => said.own() && environment.is_none_or(|environment| environment == of),
        Silent => said.own(),
        Here => lenient || said.own(),
        Elsewhere => said.own() || (lenient && said.plain_http()),
        ElsewherePlain => said.plain_http() && (lenient || said.own()),
    }
}

fn host_of(url: &str) -> String {
    Url::parse(url).unwrap().host_str().unwrap().to_owned()
}

fn lookup<'a>(variables: &'a BTreeMap<&'static str, String>) -> impl Fn(&str) -> Option<String> + use<'a> {
    |name| variables.get(name).cloned()
}

/// A refusal names the host, says that nothing was sent, and is no other error. Returns whether there is none.
fn judged<T>(client: Result<T, Error>, what: &str) -> bool {
    let Err(error) = client else { return true };
    let text = error.to_string();
    assert_eq!(
        (error.kind(), error.outcome()),
        (ErrorKind::Configuration, Outcome::NotSent),
        "{what}: {text}"
    );
    assert!(text.ends_with("; nothing was sent"), "{what}: {text}");
    false
}

#[test]
fn each_combination_of_noah_by_each_way_to_make_a_client() {
    let key = SigningKey::generate(Algorithm::ES384).unwrap();
    let pem = key.to_pkcs8_pem().unwrap().expose_secret().to_owned();
    let mut count = 0;
    for environment in Environment::ALL {
        for (api_key, of) in [("apikey_sandbox_1", "sandbox"), ("apikey_prod_1", "production")] {
            let key_fits = match environment {
                Environment::Local => of == "sandbox",
                other => other.as_str() == of,
            };
            for (origin, kind) in NOAH_HOSTS {
                for said in SAID {
                    let base_url = format!("{origin}/v1");
                    let what = format!("{environment}, key of {of}, {base_url}, {said:?}");
                    let expected = key_fits && is_allowed(Some(environment.as_str()), *kind, said);
                    let host = host_of(&base_url);
                    count += 1;

                    let mut variables = BTreeMap::from([
                        ("NOAH_ENVIRONMENT", environment.to_string()),
                        ("NOAH_API_KEY", api_key.to_owned()),
                        ("NOAH_SIGNING_KEY", pem.clone()),
                        ("NOAH_BASE_URL", base_url.clone()),
                    ]);
                    variables.extend(
                        said.own()
                            .then(|| ("NOAH_OWN_HOST", format!("other.example, {host}"))),
                    );
                    variables.extend(
                        said.plain_http()
                            .then(|| ("CHECKOUT_PLAIN_HTTP_HOST", format!("{host} other.example"))),
                    );
                    // The wire spares a client of TLS; nothing is sent by either.
                    let wire = ScriptedWire::new([]);
                    let by_variables = Credentials::from_variables(Variables::new(lookup(&variables)))
                        .map_err(Error::from)
                        .and_then(|credentials| Noah::builder(credentials).wire(wire.clone()).build());
                    assert_eq!(judged(by_variables, &what), expected, "{what}, by variables");

                    let parsed = BaseUrl::parse_allowing_plain_http(&base_url).unwrap();
                    let credentials = match environment {
                        Environment::Sandbox => Credentials::sandbox(api_key, key.clone()),
                        Environment::Production => Credentials::production(api_key, key.clone()),
                        Environment::Local => Credentials::local("http://127.0.0.1/v1", api_key, key.clone()),
                    };
                    let by_builder = credentials
                        .and_then(|credentials| credentials.with_base_url(parsed))
                        .map_err(Error::from)
                        .and_then(|credentials| {
                            let mut builder = Noah::builder(credentials).wire(wire);
                            if said.own() {
                                builder = builder.own_host(&host);
                            }
                            if said.plain_http() {
                                builder = builder.plain_http_host(&host);
                            }
                            builder.build()
                        });
                    assert_eq!(judged(by_builder, &what), expected, "{what}, by the builder");

                    if environment == Environment::Local && said == Said::Nothing && key_fits {
                        let directly = Noah::local(&base_url, api_key, key.clone());
                        assert_eq!(judged(directly, &what), expected, "{what}, by Noah::local");
                    }
                    if key_fits {
                        let named = named(said, &host);
                        let url = Url::parse(&base_url).unwrap();
                        let by_function =
                            named.is_some_and(|named| environment.check_url(&url, &named).is_ok());
                        assert_eq!(by_function, expected, "{what}, by the function");
                    }
                }
            }
        }
    }
    assert_eq!(count, 3 * 2 * NOAH_HOSTS.len() * 4);
}

/// `None` if the host cannot be named so.
fn named(said: Said, host: &str) -> Option<NamedHosts> {
    let mut named = NamedHosts::default();
    if said.own() {
        named = named.own_host(host).unwrap();
    }
    if said.plain_http() {
        named = named.plain_http_host(host).ok()?;
    }
    Some(named)
}

fn connect_variables() -> BTreeMap<&'static str, String> {
    [
        ("WORLDLINE_CONNECT_MERCHANT_ID", "9991"),
        ("WORLDLINE_CONNECT_API_KEY_ID", "key-1"),
        ("WORLDLINE_CONNECT_SECRET_API_KEY", "secret"),
        ("WORLDLINE_CONNECT_INTEGRATOR", "Example Shop"),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .into()
}

fn connect_credentials() -> worldline::Credentials {
    let variables = connect_variables();
    worldline::Credentials::from_lookup(lookup(&variables)).unwrap()
}

fn connect(
    environment: Option<ConnectEnvironment>,
    origin: &str,
    said: Said,
    host: &str,
    wire: &ScriptedWire,
) -> Result<Connect, Error> {
    let mut builder = Connect::builder();
    if said.own() {
        builder = builder.own_host(host);
    }
    if said.plain_http() {
        builder = builder.plain_http_host(host);
    }
    builder
        .endpoint(Endpoint::parse(origin).unwrap())
        .maybe_environment(environment)
        .credentials(connect_credentials())
        .wire(wire.clone())
        .build()
}

#[test]
fn each_combination_of_worldline_connect_by_each_way_to_make_a_connection() {
    let environments = ConnectEnvironment::ALL.map(Some).into_iter().chain([None]);
    for environment in environments {
        for (origin, kind) in CONNECT_HOSTS {
            for said in SAID {
                let what = format!("{environment:?}, {origin}, {said:?}");
                let expected = is_allowed(environment.map(ConnectEnvironment::as_str), *kind, said);
                let host = host_of(origin);

                let mut variables = connect_variables();
                variables.insert("WORLDLINE_CONNECT_ENDPOINT", (*origin).to_owned());
                variables.extend(environment.map(|of| ("WORLDLINE_CONNECT_ENVIRONMENT", of.to_string())));
                variables.extend(said.own().then(|| ("WORLDLINE_CONNECT_OWN_HOST", host.clone())));
                variables.extend(
                    said.plain_http()
                        .then(|| ("CHECKOUT_PLAIN_HTTP_HOST", host.clone())),
                );
                let by_variables = Connect::check_variables(Variables::new(lookup(&variables)));
                assert_eq!(by_variables.is_ok(), expected, "{what}, by variables");

                let by_builder = connect(environment, origin, said, &host, &ScriptedWire::new([]));
                assert_eq!(judged(by_builder, &what), expected, "{what}, by the builder");
                if environment.is_none() && said == Said::Nothing {
                    let directly = Connect::new(Endpoint::parse(origin).unwrap(), connect_credentials());
                    assert_eq!(judged(directly, &what), expected, "{what}, by Connect::new");
                    let by_variables = Connect::from_lookup(lookup(&variables));
                    assert_eq!(judged(by_variables, &what), expected, "{what}, from variables");
                }
            }
        }
    }
}

/// A session is the vendor's own word of where its client API is: any host of the vendor's, whatever its name tells.
#[tokio::test]
async fn the_client_api_may_be_on_any_host_of_the_vendors_and_on_named_ones() {
    for environment in [
        None,
        Some(ConnectEnvironment::Sandbox),
        Some(ConnectEnvironment::Local),
    ] {
        for (origin, kind) in CONNECT_HOSTS {
            for said in SAID {
                let what = format!("{environment:?}, {origin}, {said:?}");
                let host = host_of(origin);
                let is_local = environment == Some(ConnectEnvironment::Local);
                let may_be_plain = *kind == Here || said.plain_http();
                let expected = match kind {
                    Listed(_) | Telling(_) | Silent => !is_local && !said.plain_http(),
                    Never => false,
                    Here => true,
                    Elsewhere => said.own() || may_be_plain,
                    ElsewherePlain => may_be_plain,
                };
                let session = ClientSession::builder()
                    .client_session_id("f084372052fb47d9a766ec35bfa0e6bd")
                    .customer_id("9991-0b67")
                    .client_api_url(format!("{origin}/client"))
                    .build()
                    .unwrap();
                if environment.is_none() {
                    // On a device, which knows nothing of the server's settings.
                    let mut builder = Client::builder();
                    if said.own() {
                        builder = builder.own_host(&host);
                    }
                    if said.plain_http() {
                        builder = builder.plain_http_host(&host);
                    }
                    let client = builder.session(&session).wire(ScriptedWire::new([])).build();
                    assert_eq!(judged(client, &what), expected, "{what}, on a device");
                }
                if matches!(kind, Listed(_) | Telling(_) | Silent | Never) && said.plain_http() {
                    continue;
                }
                let endpoint = if is_local {
                    "http://127.0.0.1:9"
                } else {
                    "https://eu.sandbox.api-ingenico.com"
                };
                let answer = format!(
                    r#"{{"assetUrl":"https://assets.example/","clientApiUrl":"{origin}/client",
                        "clientSessionId":"f084372052fb47d9a766ec35bfa0e6bd","customerId":"9991-0b67"}}"#
                );
                let wire = ScriptedWire::new([Step::respond(201).body(answer)]);
                let connect = connect(environment, endpoint, said, &host, &wire).unwrap();
                let client = connect.client(&session, &worldline::ClientMetaInfo::default());
                assert_eq!(
                    judged(client, &what),
                    expected,
                    "{what}, by the server's connection"
                );

                let created = connect.server().create_session().send().await;
                assert_eq!(created.is_ok(), expected, "{what}, as answered");
                match created {
                    Ok(created) => drop(
                        created
                            .session()
                            .connect()
                            .expect("the names go with the session"),
                    ),
                    Err(error) => assert_eq!(error.kind(), ErrorKind::Mismatch, "{what}: {error}"),
                }
            }
        }
    }
}

/// What a person reads who has mixed things up.
#[test]
fn a_refusal_says_what_disagrees_and_what_to_write() {
    let mut texts = String::new();
    for (environment, api_key, base_url) in [
        ("sandbox", "apikey_sandbox_1", "https://api.noah.com/v1"),
        ("production", "apikey_prod_1", "https://api.sandbox.noah.com/v1"),
        (
            "production",
            "apikey_prod_1",
            "https://staging-checkout.noah.com/v1",
        ),
        ("production", "apikey_prod_1", "https://api.eu.noah.com/v1"),
        ("production", "apikey_prod_1", "https://proxy.shop.example/v1"),
        ("production", "apikey_prod_1", "http://10.0.0.5:4010/v1"),
        ("sandbox", "apikey_prod_1", "https://api.noah.com/v1"),
        ("local", "apikey_prod_1", "http://127.0.0.1:4010/v1"),
        ("local", "apikey_sandbox_1", "https://api.sandbox.noah.com/v1"),
        ("local", "apikey_sandbox_1", "https://eu.api-ingenico.com/v1"),
        ("local", "apikey_sandbox_1", "http://sandbox.local:4010/v1"),
        ("local", "apikey_sandbox_1", "https://[fd00::1]:4010/v1"),
        ("sandbox", "apikey_sandbox_1", "http://api.sandbox.noah.com/v1"),
    ] {
        let variables = BTreeMap::from([
            ("NOAH_ENVIRONMENT", environment.to_owned()),
            ("NOAH_API_KEY", api_key.to_owned()),
            ("NOAH_BASE_URL", base_url.to_owned()),
            ("NOAH_SIGNING_KEY", pem()),
        ]);
        writeln!(texts, "{environment} {base_url}").unwrap();
        let error = Credentials::from_variables(Variables::new(lookup(&variables))).unwrap_err();
        for problem in error.problems() {
            writeln!(texts, "  {}: {}", problem.name, problem.message).unwrap();
        }
    }
    for (environment, endpoint) in [
        (Some("production"), "https://eu.sandbox.api-ingenico.com"),
        (None, "https://us.api-ingenico.com"),
        (None, "http://sandbox.local:4020"),
        (Some("local"), "https://eu.sandbox.api-ingenico.com"),
        (Some("staging"), "https://eu.sandbox.api-ingenico.com"),
    ] {
        let mut variables = connect_variables();
        variables.insert("WORLDLINE_CONNECT_ENDPOINT", endpoint.to_owned());
        variables.extend(environment.map(|of| ("WORLDLINE_CONNECT_ENVIRONMENT", of.to_owned())));
        writeln!(texts, "Worldline Connect, {environment:?} {endpoint}").unwrap();
        let error = Connect::check_variables(Variables::new(lookup(&variables))).unwrap_err();
        for problem in error.problems() {
            writeln!(texts, "  {}: {}", problem.name, problem.message).unwrap();
        }
    }
    let credentials = Credentials::sandbox_unsigned("apikey_sandbox_1")
        .unwrap()
        .with_base_url(BaseUrl::parse("https://proxy.shop.example/v1").unwrap())
        .unwrap();
    writeln!(
        texts,
        "in code\n  {}",
        Noah::new(credentials.clone()).unwrap_err()
    )
    .unwrap();
    let wrong = Noah::builder(credentials).own_host("https://proxy.shop.example");
    writeln!(texts, "  {}", wrong.build().unwrap_err()).unwrap();
    let wrong = Connect::builder()
        .plain_http_host("eu.api-ingenico.com")
        .endpoint(Endpoint::sandbox())
        .credentials(connect_credentials());
    writeln!(texts, "  {}", wrong.build().unwrap_err()).unwrap();
    insta::assert_snapshot!(texts);
}

fn pem() -> String {
    let key = SigningKey::generate(Algorithm::ES384).unwrap();
    key.to_pkcs8_pem().unwrap().expose_secret().to_owned()
}
