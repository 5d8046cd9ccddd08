//! What an answer must not show again: the credentials of its request, should the API quote one.

use http::{HeaderMap, HeaderValue};

use crate::ApiError;

/// A shorter text cannot be told from prose.
const SHORTEST: usize = 12;

/// The sensitive headers of a request.
pub(crate) struct Secrets(Vec<HeaderValue>);

impl Secrets {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        Self(
            headers
                .values()
                .filter(|value| value.is_sensitive())
                .cloned()
                .collect(),
        )
    }

    /// Marks the headers of an answer that quote a secret, so that they do not show.
    pub(crate) fn hide(&self, headers: &mut HeaderMap) {
        for secret in self.texts() {
            for value in headers.values_mut() {
                // Most are shorter than any secret.
                let may_quote = value.len() >= secret.len();
                if may_quote && value.to_str().is_ok_and(|text| text.contains(secret)) {
                    value.set_sensitive(true);
                }
            }
        }
    }

    /// Takes every secret out of what the API says.
    pub(crate) fn scrub_error(&self, error: &mut ApiError) {
        let mut texts = vec![&mut error.code, &mut error.detail, &mut error.reference];
        for field in &mut error.fields {
            self.scrub(&mut field.field);
            texts.extend([&mut field.reason, &mut field.message]);
        }
        if let Some(declined) = &mut error.declined {
            self.scrub(&mut declined.object);
            texts.extend([&mut declined.id, &mut declined.status]);
        }
        for text in texts.into_iter().flatten() {
            self.scrub(text);
        }
    }

    pub(crate) fn scrub(&self, text: &mut String) {
        let mut secrets: Vec<&str> = self.texts().filter(|secret| text.contains(secret)).collect();
        // The longest first, so that no part of a secret survives the removal of a shorter one.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        for secret in secrets {
            *text = text.replace(secret, "<secret>");
        }
    }

    /// Each whole, by its words (`Bearer …`), and what stands last in a word (`v1Client:…`).
    fn texts(&self) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .filter_map(|value| str::from_utf8(value.as_bytes()).ok())
            .flat_map(|value| {
                // A token is long and one word: this look at it is quicker than to split it.
                let has_words = [b' ', b'\t'].iter().any(|blank| value.as_bytes().contains(blank));
                let words = has_words.then(|| value.split_ascii_whitespace());
                std::iter::once(value).chain(words.into_iter().flatten())
            })
            .flat_map(|word| std::iter::once(word).chain(word.rsplit_once(':').map(|(_, last)| last)))
            .filter(|text| text.len() >= SHORTEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Declined, FieldError};

    fn secrets() -> Secrets {
        let mut headers = HeaderMap::new();
        for (name, value, sensitive) in [
            ("authorization", "GCS v1Client:0123456789abcdef", true),
            ("x-api-key", "apikey_sandbox_0123", true),
            ("x-short", "key", true),
            ("user-agent", "hosted-checkout/0.1", false),
        ] {
            let mut value: HeaderValue = value.parse().unwrap();
            value.set_sensitive(sensitive);
            headers.insert(name, value);
        }
        Secrets::of(&headers)
    }

    #[test]
    fn a_quoted_secret_is_taken_out_in_each_of_its_forms() {
        let secrets = secrets();
        for (said, left) in [
            ("no GCS v1Client:0123456789abcdef here", "no <secret> here"),
            ("no v1Client:0123456789abcdef here", "no <secret> here"),
            ("no 0123456789abcdef here", "no <secret> here"),
            ("(apikey_sandbox_0123)", "(<secret>)"),
            ("the key of hosted-checkout/0.1", "the key of hosted-checkout/0.1"),
        ] {
            let mut text = said.to_owned();
            secrets.scrub(&mut text);
            assert_eq!(text, left);
        }
    }

    #[test]
    fn nothing_of_an_error_keeps_it() {
        let quoted = || Some("x 0123456789abcdef".to_owned());
        let mut error = ApiError {
            code: quoted(),
            detail: quoted(),
            reference: quoted(),
            fields: vec![FieldError::new("0123456789abcdef", quoted(), quoted())],
            declined: Some(Declined::new("0123456789abcdef", quoted(), quoted())),
        };
        secrets().scrub_error(&mut error);
        let field = &error.fields[0];
        let declined = error.declined.as_ref().unwrap();
        for text in [
            &error.code,
            &error.detail,
            &error.reference,
            &field.reason,
            &field.message,
            &declined.id,
            &declined.status,
        ] {
            assert_eq!(text.as_deref(), Some("x <secret>"));
        }
        assert_eq!(
            (field.field.as_str(), declined.object.as_str()),
            ("<secret>", "<secret>")
        );
    }

    #[test]
    fn a_header_that_quotes_one_is_marked() {
        let mut headers = HeaderMap::new();
        headers.insert(
            "x-request-id",
            HeaderValue::from_static("for apikey_sandbox_0123"),
        );
        headers.insert("server", HeaderValue::from_static("hosted-checkout/0.1"));
        secrets().hide(&mut headers);
        assert!(headers["x-request-id"].is_sensitive());
        assert!(!headers["server"].is_sensitive());
    }
}
