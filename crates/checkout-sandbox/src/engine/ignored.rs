//! Fields of a request that the API does not know: dropped as the real ones drop them, but not in silence.

use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

/// The header that lists the fields; the real APIs do not send it.
pub(crate) const IGNORED_HEADER: HeaderName = HeaderName::from_static("x-sandbox-ignored-fields");

/// Longest list, in bytes: clients refuse very long headers.
const LONGEST: usize = 2_000;

/// Beside what cannot stand in a header, the comma that parts the list.
const ESCAPED: &AsciiSet = &CONTROLS.add(b' ').add(b'%').add(b',');

/// JSON pointers to the fields that were dropped.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Ignored(pub(crate) Vec<String>);

impl Ignored {
    /// The answer with the header, if there is something to tell.
    pub(crate) fn tell(&self, mut answer: Response) -> Response {
        // Escaped text is visible ASCII.
        if !self.0.is_empty()
            && let Ok(list) = HeaderValue::from_str(&self.list())
        {
            answer.headers_mut().insert(IGNORED_HEADER, list);
        }
        answer
    }

    /// The pointers, parted by commas; `...` in place of what is too much.
    fn list(&self) -> String {
        let mut list = String::new();
        for pointer in &self.0 {
            let pointer = utf8_percent_encode(pointer, ESCAPED).to_string();
            let fits = list.len() + pointer.len() <= LONGEST;
            if !list.is_empty() {
                list.push_str(", ");
            }
            list.push_str(if fits { &pointer } else { "..." });
            if !fits {
                break;
            }
        }
        list
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn told(pointers: &[&str]) -> Option<String> {
        let ignored = Ignored(pointers.iter().map(|&pointer| pointer.to_owned()).collect());
        let answer = ignored.tell(Response::new(Body::empty()));
        answer
            .headers()
            .get(IGNORED_HEADER)
            .map(|list| list.to_str().unwrap().to_owned())
    }

    #[test]
    fn nothing_ignored_is_nothing_told() {
        assert_eq!(told(&[]), None);
    }

    #[test]
    fn any_name_can_stand_in_the_header() {
        assert_eq!(
            told(&["/ExternalId", "/a b/é,%\n"]).unwrap(),
            "/ExternalId, /a%20b/%C3%A9%2C%25%0A"
        );
    }

    #[test]
    fn a_long_list_is_cut() {
        let long = format!("/{}", "x".repeat(LONGEST - 1));
        assert_eq!(told(&[&long, "/y"]).unwrap(), format!("{long}, ..."));
        let longer = format!("{long}x");
        assert_eq!(told(&[&longer]).unwrap(), "...");
    }
}
