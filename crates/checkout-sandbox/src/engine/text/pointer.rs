//! JSON pointers (RFC 6901).

/// The pointer of these steps, each a field's name or an index.
pub(crate) fn written(steps: &[impl AsRef<str>]) -> String {
    let escaped = |step: &str| step.replace('~', "~0").replace('/', "~1");
    let steps = steps.iter().map(|step| escaped(step.as_ref()));
    steps.fold(String::new(), |pointer, step| pointer + "/" + &step)
}
