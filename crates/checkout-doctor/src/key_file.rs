//! Who may use the files with keys and secrets.

use super::diagnosis::Findings;
use super::{Case, Check, Rule};

pub(super) fn check(case: &Case, findings: &mut Findings<'_>) {
    let open: Vec<_> = case.key_files.iter().filter(|file| file.is_open()).collect();
    if case.key_files.is_empty() {
        return;
    }
    if open.is_empty() {
        findings.holds(Check::KeyFile, "for their owner alone");
        return;
    }
    let joined = |text: fn(&checkout_core::given::FileRights) -> String| {
        open.iter().map(|file| text(file)).collect::<Vec<_>>().join(", ")
    };
    findings.warns((
        Rule::KeyFileOpen,
        joined(checkout_core::given::FileRights::problem),
        format!(
            "close it with `{}`; if a key was copied meanwhile, make another",
            joined(checkout_core::given::FileRights::remedy).replace(", ", " && ")
        ),
    ));
}
