//! The files that pages load, all from the sandbox itself.

use axum::Router;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

/// A file by its name, type and text.
pub(crate) type Asset = (&'static str, &'static str, &'static str);

/// Style sheets are of this type.
pub(crate) const CSS: &str = "text/css; charset=utf-8";

/// What every page loads.
pub(crate) const SHARED: [Asset; 2] = [
    ("style.css", CSS, include_str!("style.css")),
    ("icon.svg", "image/svg+xml", include_str!("icon.svg")),
];

/// The routes of these files, below `/_sandbox`.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>(files: impl IntoIterator<Item = Asset>) -> Router<S> {
    files
        .into_iter()
        .fold(Router::new(), |router, (name, content_type, text)| {
            let file = get(async move || file(content_type, text));
            router.route(&format!("/_sandbox/{name}"), file)
        })
}

fn file(content_type: &'static str, text: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(content_type)),
        // Another version of the sandbox may run at this address later.
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ),
    ];
    (headers, text).into_response()
}
