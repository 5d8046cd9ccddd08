//! Whether a formed path is the one that its operation describes.

/// What is wrong when it is not.
pub(crate) const MISFIT: &str = "the path does not fit the operation's; a path parameter may not be empty, `.` or `..`, \
                                 nor hold a slash or a backslash";

/// Whether the path below the base URL is what the template says and nothing else.
pub(crate) fn fits(path: &str, template: &str) -> bool {
    path.starts_with('/')
        && path.split('/').count() == template.split('/').count()
        && path
            .split('/')
            .zip(template.split('/'))
            .all(|(found, expected)| segment_fits(found, expected))
}

/// The same where the base is not known: what of the path stands before what the template says. A parameter at the start
/// of a template can then still swallow the end of the base.
pub(crate) fn base_path<'a>(path: &'a str, template: &str) -> Option<&'a str> {
    let mut base = path;
    for expected in template.trim_start_matches('/').rsplit('/') {
        let (before, found) = base.rsplit_once('/')?;
        if !segment_fits(found, expected) {
            return None;
        }
        base = before;
    }
    Some(base)
}

fn segment_fits(found: &str, expected: &str) -> bool {
    if expected.contains('{') {
        !found.is_empty() && !holds_separator(found)
    } else {
        found == expected
    }
}

/// A slash or backslash, percent-encoded: servers and proxies on the way may decode it before they route.
fn holds_separator(segment: &str) -> bool {
    let segment = segment.to_ascii_lowercase();
    segment.contains("%2f") || segment.contains("%5c")
}

#[cfg(test)]
mod tests {
    use super::*;

    const SESSIONS: &str = "/{merchantId}/products/{paymentProductId}/sessions";

    #[test]
    fn a_parameter_cannot_rewrite_the_end_of_a_path() {
        assert_eq!(base_path("/v1/1/products/302/sessions", SESSIONS), Some("/v1"));
        for path in [
            "/v1/products/302/sessions/",
            "/v1/1/products//sessions",
            "/v1/1/sessions",
            "/products/302/sessions",
            "/v1/1/products/302/3/sessions",
            "/v1//products/302/sessions",
            "/v1/1/products/302/sessions/",
            "/v1/a%2Fb/products/302/sessions",
            "/v1/a%2fb/products/302/sessions",
            "/v1/1/products/a%5Cb/sessions",
            "/",
            "",
        ] {
            assert_eq!(base_path(path, SESSIONS), None, "{path}");
        }
        // A per cent sign that was itself encoded is no slash.
        assert_eq!(
            base_path("/v1/a%252Fb/products/302/sessions", SESSIONS),
            Some("/v1")
        );
        let payin = "/checkout/payin/fiat";
        assert_eq!(base_path("/v1/checkout/payin/fiat", payin), Some("/v1"));
        assert_eq!(base_path(payin, payin), Some(""));
        assert_eq!(base_path("/v1/checkout/payin", payin), None);
    }

    #[test]
    fn nor_add_to_it() {
        assert!(fits("/7/x", "/{id}/x"));
        assert!(fits("/x", "/x"));
        for path in [
            "/x",
            "//x",
            "7/x",
            "/7/8/x",
            "/7/x/",
            "/7",
            "",
            "/7/y",
            ".evil/7/x",
            "@evil/x",
        ] {
            assert!(!fits(path, "/{id}/x"), "{path}");
        }
    }
}
