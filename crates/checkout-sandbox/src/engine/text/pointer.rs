//! JSON pointers (RFC 6901).

/// Adds one step: a field's name, or an index.
pub(crate) fn push(pointer: &mut String, step: &str) {
    pointer.push('/');
    pointer.push_str(&step.replace('~', "~0").replace('/', "~1"));
}
