//! A Worldline Connect client made of `hmac`, by the vendor's published rules.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use checkout_sandbox::Sandbox;
use hmac::{Hmac, KeyInit, Mac};
use reqwest::{Client, Method, RequestBuilder, Response};
use sha2::Sha256;

pub const META_INFO: &str = r#"{"platformIdentifier":"test","sdkIdentifier":"test/1","sdkCreator":"test","integrator":"Example shop"}"#;

pub struct Merchant {
    pub endpoint: String,
    pub merchant_id: String,
    pub api_key_id: String,
    pub secret: String,
    pub http: Client,
}

/// A request before it is signed.
#[derive(Clone)]
pub struct Unsigned {
    pub method: Method,
    pub target: String,
    pub signed_target: Option<String>,
    pub content_type: Option<String>,
    pub date: Option<String>,
    pub gcs: Vec<(String, String)>,
    pub body: Option<String>,
}

impl Merchant {
    pub fn of(sandbox: &Sandbox) -> Self {
        let worldline = sandbox.worldline();
        Self {
            endpoint: worldline.report().endpoint.clone(),
            merchant_id: worldline.report().merchant_id.clone(),
            api_key_id: worldline.report().api_key_id.clone(),
            secret: worldline.report().secret_api_key.clone(),
            http: crate::signer::http(),
        }
    }

    pub fn get(&self, path: &str) -> Unsigned {
        Unsigned {
            method: Method::GET,
            target: format!("/v1/{}{path}", self.merchant_id),
            signed_target: None,
            content_type: None,
            date: Some("Tue, 3 Jun 2025 11:05:30 GMT".into()),
            gcs: vec![("X-GCS-ServerMetaInfo".into(), BASE64_STANDARD.encode(META_INFO))],
            body: None,
        }
    }

    pub fn post(&self, path: &str, body: &str) -> Unsigned {
        Unsigned {
            method: Method::POST,
            content_type: Some("application/json".into()),
            body: Some(body.to_owned()),
            ..self.get(path)
        }
    }

    pub fn signature(&self, request: &Unsigned) -> String {
        let mut lines = vec![
            request.method.to_string(),
            request.content_type.clone().unwrap_or_default(),
            request.date.clone().unwrap_or_default(),
        ];
        let mut gcs: Vec<_> = request
            .gcs
            .iter()
            .map(|(name, value)| format!("{}:{}", name.to_lowercase(), value.trim()))
            .collect();
        gcs.sort();
        lines.extend(gcs);
        lines.push(
            request
                .signed_target
                .clone()
                .unwrap_or_else(|| request.target.clone()),
        );
        let mut mac = Hmac::<Sha256>::new_from_slice(self.secret.as_bytes()).unwrap();
        lines
            .iter()
            .for_each(|line| mac.update(format!("{line}\n").as_bytes()));
        BASE64_STANDARD.encode(mac.finalize().into_bytes())
    }

    pub fn signed(&self, request: &Unsigned) -> RequestBuilder {
        let authorization = format!("GCS v1HMAC:{}:{}", self.api_key_id, self.signature(request));
        self.bare(request).header("Authorization", authorization)
    }

    pub fn bare(&self, request: &Unsigned) -> RequestBuilder {
        let mut builder = self.http.request(
            request.method.clone(),
            format!("{}{}", self.endpoint, request.target),
        );
        for (name, value) in &request.gcs {
            builder = builder.header(name, value);
        }
        if let Some(date) = &request.date {
            builder = builder.header("Date", date);
        }
        if let Some(content_type) = &request.content_type {
            builder = builder.header("Content-Type", content_type);
        }
        match &request.body {
            Some(body) => builder.body(body.clone()),
            None => builder,
        }
    }

    pub async fn send(&self, request: &Unsigned) -> Response {
        self.signed(request).send().await.unwrap()
    }
}
