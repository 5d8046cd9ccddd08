//! Generated files on disk: written, compared, and removed once nothing generates them any more.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use walkdir::WalkDir;

use crate::api::Api;
use crate::files::{Files, is_generated};

/// What [`write()`] did, as paths in the workspace.
#[derive(Debug, Default)]
pub struct Changes {
    /// Files that were missing or differed.
    pub written: Vec<String>,
    /// Generated files that are generated no more.
    pub removed: Vec<String>,
}

/// Writes what differs and removes what is generated no more.
pub fn write(root: &Path, api: Api, files: &Files) -> Result<Changes, String> {
    let mut changes = Changes::default();
    for (file, text, _) in differing(root, files) {
        let path = root.join(file);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        }
        std::fs::write(&path, text).map_err(|error| format!("{file}: {error}"))?;
        changes.written.push(file.clone());
    }
    for (file, is_generated) in orphans(root, api, files)? {
        if is_generated {
            std::fs::remove_file(root.join(&file)).map_err(|error| format!("{file}: {error}"))?;
            changes.removed.push(file);
        }
    }
    Ok(changes)
}

/// What is stale, as text for a person; nothing when all is fresh.
pub fn stale(root: &Path, api: Api, files: &Files) -> Result<Option<String>, String> {
    let mut report = String::new();
    for (file, text, current) in differing(root, files) {
        let _ = match current {
            Some(current) => writeln!(report, "stale: {file}\n{}", short_diff(&current, text)),
            None => writeln!(report, "missing: {file}"),
        };
    }
    for (file, is_generated) in orphans(root, api, files)? {
        let remedy = if is_generated {
            "nothing generates it any more; `cargo xtask generate` removes it"
        } else {
            "it is not generated; move it out of the generated folder"
        };
        let _ = writeln!(report, "orphan: {file}: {remedy}");
    }
    if report.is_empty() {
        return Ok(None);
    }
    let _ = writeln!(report, "mend it with: cargo xtask generate --api {}", api.name);
    Ok(Some(report))
}

/// Files that are missing or differ: the file, its text, and what it holds now. Line ends do not count, for Git may write CRLF.
fn differing<'a>(
    root: &Path,
    files: &'a Files,
) -> impl Iterator<Item = (&'a String, &'a String, Option<String>)> {
    let current = |file: &String| std::fs::read_to_string(root.join(file)).ok();
    let files = files.iter().map(move |(file, text)| (file, text, current(file)));
    files.filter(|(_, text, current)| {
        let is_same = |current: &String| current == *text || current.replace("\r\n", "\n") == **text;
        !current.as_ref().is_some_and(is_same)
    })
}

/// The files in a generated folder that generation does not make, and whether each begins like a generated file. Only
/// such files are removed.
fn orphans(root: &Path, api: Api, files: &Files) -> Result<BTreeMap<String, bool>, String> {
    let mut orphans = BTreeMap::new();
    let folders = api.generated_folders().map(|folder| root.join(folder));
    let folders = folders.iter().filter(|folder| folder.is_dir());
    for entry in folders.flat_map(|folder| WalkDir::new(folder).sort_by_file_name()) {
        let entry = entry.map_err(|error| error.to_string())?;
        let path = entry.path().strip_prefix(root).unwrap_or(entry.path());
        let file = path.to_string_lossy().replace('\\', "/");
        if !entry.file_type().is_dir() && !files.contains_key(&file) {
            let text = std::fs::read_to_string(entry.path());
            let is_generated = entry.file_type().is_file() && text.is_ok_and(|text| is_generated(&text));
            orphans.insert(file, is_generated);
        }
    }
    Ok(orphans)
}

const DIFF_LINES: usize = 20;

fn short_diff(current: &str, fresh: &str) -> String {
    let diff = similar::TextDiff::from_lines(current, fresh);
    let full = diff.unified_diff().context_radius(1).to_string();
    let lines: Vec<&str> = full.lines().collect();
    let mut short: Vec<String> = lines
        .iter()
        .take(DIFF_LINES)
        .map(|line| format!("    {line}"))
        .collect();
    if lines.len() > DIFF_LINES {
        short.push(format!("    … {} more lines", lines.len() - DIFF_LINES));
    }
    short.join("\n")
}
