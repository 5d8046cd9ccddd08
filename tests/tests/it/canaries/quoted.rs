//! Credentials that an API quotes back.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use checkout_transport::{BoxFuture, Wire, WireError};
use serde_json::json;

use super::singing::{Mode, Shop};
use super::songs::Songbook;
use crate::shop::key;

/// Answers 401, and quotes every credential of the request in every form, one after the other in each text of the error.
#[derive(Clone, Default)]
struct Echo(Arc<Mutex<Vec<String>>>);

impl Wire for Echo {
    fn send(
        &self,
        request: reqwest::Request,
        _: Duration,
    ) -> BoxFuture<'_, Result<reqwest::Response, WireError>> {
        let mut quoted = Vec::new();
        for value in request.headers().values().filter(|value| value.is_sensitive()) {
            let value = value.to_str().unwrap();
            for word in std::iter::once(value).chain(value.split(' ')) {
                quoted.push(word.to_owned());
                quoted.extend(word.rsplit_once(':').map(|(_, end)| end.to_owned()));
            }
        }
        quoted.retain(|text| text.len() >= 12);
        quoted.sort_by_key(String::len);
        let all = quoted.join("' or '");
        *self.0.lock().unwrap() = quoted;
        let body = json!({
            "Type": all, "Detail": all, "Instance": all, "RequestExtension": {"Body": [{"Field": all, "Reason": all}]},
            "errorId": all, "errors": [{"code": all, "message": all, "propertyName": all}],
        });
        let answer = http::Response::builder().status(401).header("x-request-id", &all);
        let answer = answer.body(body.to_string()).unwrap();
        Box::pin(async { Ok(answer.into()) })
    }
}

#[tokio::test]
async fn credentials_that_are_quoted_back_are_taken_out() {
    let key = key();
    let book = Songbook::new(&key);
    for song in &book.songs {
        let echo = Echo::default();
        let shop = Shop::new(&book, &key, echo.clone(), Mode::Plain);
        let error = shop.sing(song, &song.requests[0]).await.unwrap_err();
        let receipt = serde_json::to_string(error.receipt().unwrap()).unwrap();
        let shown = format!("{error} {error:?} {:?} {receipt}", error.api_error());
        let quoted = echo.0.lock().unwrap().clone();
        assert!(!quoted.is_empty(), "{}", song.operation.id);
        for text in quoted {
            assert!(!shown.contains(&text), "{}: {text} in {shown}", song.operation.id);
        }
    }
}
