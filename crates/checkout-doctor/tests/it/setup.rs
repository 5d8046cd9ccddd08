//! What goes wrong before any request.

use checkout_core::given::FileRights;
use checkout_doctor::Case;
use secrecy::ExposeSecret as _;

use super::noah::{API_KEY, KEY, private_pem, secret_bytes};
use super::{Good, Mutation, NOW, NOW_AS_DATE, mutations};

/// Everything that hosted-checkout reads, for production.
pub(super) struct Setup(Case);

impl Good for Setup {
    const KIND: &'static str = "the setup";
    const MUTATIONS: &'static [Mutation<Self>] = MUTATIONS;

    fn good() -> Self {
        Self(Case {
            signing_key: Some(secret_bytes(private_pem(&KEY))),
            public_key: Some(KEY.public_key_pem()),
            api_key: Some(API_KEY.replace("sandbox", "prod").into()),
            url: Some("https://api.noah.com/v1".to_owned()),
            environment: Some("production".to_owned()),
            webhook_key: Some(KEY.public_key_pem()),
            now: NOW,
            server_date: Some(NOW_AS_DATE.to_owned()),
            worldline_setup: Some(Vec::new()),
            key_files: vec![key_file(0o600), key_file(0o400)],
            ..Case::default()
        })
    }

    fn case(self) -> Case {
        self.0
    }
}

fn key_file(mode: u32) -> FileRights {
    FileRights {
        path: "keys/noah.pem".into(),
        mode,
    }
}

mutations! { Setup;
    the_group_may_read_the_key_file => KeyFileOpen, |s| s.0.key_files.push(key_file(0o640));
    nothing_says_which_environment_is_meant => EnvironmentMissing, |s| {
        s.0.environment = None;
        s.0.url = Some("https://proxy.example/noah/v1".to_owned());
    };
    the_environment_has_a_name_of_its_own => EnvironmentUnknown, |s| s.0.environment = Some("staging".to_owned());
    the_local_environment_has_no_base_url => UrlMissing, |s| {
        s.0.environment = Some("local".to_owned());
        s.0.api_key = Some(API_KEY.into());
        s.0.url = None;
    };
    the_base_url_is_of_the_sandbox => UrlOtherEnvironment,
        |s| s.0.url = Some("https://api.sandbox.noah.com/v1".to_owned());
    the_base_url_is_of_nobody_known => UrlOtherHost,
        |s| s.0.url = Some("https://proxy.example/noah/v1".to_owned());
    the_local_server_is_the_sandbox_of_noah => UrlOtherEnvironment, |s| {
        s.0.environment = Some("local".to_owned());
        s.0.api_key = Some(API_KEY.into());
        s.0.url = Some("https://api.sandbox.noah.com/v1".to_owned());
    };
    the_base_url_has_no_version => UrlNoVersion, |s| s.0.url = Some("https://api.noah.com".to_owned());
    the_base_url_has_a_path_after_the_version => UrlNoVersion,
        |s| s.0.url = Some("https://api.noah.com/v1/balances".to_owned());
    production_has_no_signing_key => KeyMissing, |s| s.0.signing_key = None;
    the_api_key_ends_with_a_line_break => ApiKeyBlanks,
        |s| s.0.api_key = s.0.api_key.take().map(|key| format!("{}\n", key.expose_secret()).into());
    the_api_key_is_missing => ApiKeyMissing, |s| s.0.api_key = None;
    the_api_key_is_of_the_sandbox => ApiKeyOtherEnvironment, |s| s.0.api_key = Some(API_KEY.into());
    the_webhook_key_is_no_key => WebhookKeyUnusable, |s| s.0.webhook_key = Some("key".to_owned());
    a_variable_of_worldline_is_missing => WorldlineVariable, |s| {
        s.0.worldline_setup = Some(vec![("WORLDLINE_CONNECT_INTEGRATOR".to_owned(), "is not set".to_owned())]);
    };
}
