//! Runs the benches, and makes one table of the lines that they print.
//!
//! The lines are those of `crates/checkout-core/benches/common/mod.rs`.

use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use regress::Regex;

/// The packages of this workspace that have benches.
const PACKAGES: [&str; 3] = ["checkout-core", "hosted-checkout", "checkout-sandbox"];
/// The workspace that compares with other crates.
const PEERS: &str = "bench/peers/Cargo.toml";

/// `NAME 1.03x AGAINST (60.1 us vs 58.3 us, middle half 1.02x to 1.04x): REMARK`; the remark may be absent.
const COMPARISON: &str = r"^(?<name>.+?) (?<ratio>\d+\.\d\dx) (?<against>.+) \((?<ours>\d[\d.]* \S+) vs (?<theirs>\d[\d.]* \S+), middle half (?<middle>\d+\.\d\dx to \d+\.\d\dx)\)(?:: (?<remark>.+))?$";
/// `NAME skipped: REASON`.
const SKIPPED: &str = r"^(?<name>.+?) (?<remark>skipped: .+)$";

/// The columns: group of the line's pattern, heading, and whether it holds figures, which stand flush right.
const COLUMNS: [(&str, &str, bool); 7] = [
    ("name", "name", false),
    ("ours", "ours, median", true),
    ("against", "baseline", false),
    ("theirs", "median", true),
    ("ratio", "ratio, median", true),
    ("middle", "middle half", true),
    ("remark", "", false),
];

/// Runs the benches whose names contain `word`, or all, and returns their lines. Each line goes to `progress` as soon as
/// it is there.
///
/// # Errors
/// If cargo cannot be started, or a bench does not build or fails.
pub fn run(
    root: &Path,
    word: Option<&str>,
    peers: bool,
    mut progress: impl FnMut(&str),
) -> Result<String, String> {
    let own = PACKAGES
        .iter()
        .flat_map(|package| ["--package", package])
        .collect();
    let mut runs: Vec<Vec<&str>> = vec![own];
    if peers {
        // Uses this workspace's target folder, so that shared dependencies are built once.
        runs.push(vec!["--manifest-path", PEERS, "--target-dir", "target"]);
    }
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut lines = String::new();
    for arguments in runs {
        let failed = |error: std::io::Error| format!("`cargo bench {}`: {error}", arguments.join(" "));
        let all = [&["bench"], &arguments[..], &["--"]].concat();
        // What cargo itself says is on standard error.
        let output = duct::cmd(&cargo, all.into_iter().chain(word))
            .dir(root)
            .stdin_null()
            .reader()
            .map_err(failed)?;
        for line in BufReader::new(output).lines() {
            let line = line.map_err(failed)?;
            progress(&line);
            lines += &(line + "\n");
        }
    }
    match word {
        Some(word) if lines.is_empty() => Err(format!("no bench has `{word}` in its name")),
        _ => Ok(lines),
    }
}

/// The table of these lines, in their order; empty lines are passed over.
///
/// # Errors
/// Lists every line that it cannot read: a figure may be missing.
pub fn table(lines: &str) -> Result<String, String> {
    let patterns = [COMPARISON, SKIPPED]
        .iter()
        .map(|pattern| Regex::new(pattern).map_err(|error| format!("`{pattern}`: {error}")))
        .collect::<Result<Vec<_>, String>>()?;
    let mut rows = vec![COLUMNS.map(|(_, heading, _)| heading)];
    let mut unknown = String::new();
    for line in lines.lines().filter(|line| !line.trim().is_empty()) {
        match patterns.iter().find_map(|pattern| pattern.find(line)) {
            Some(found) => rows.push(COLUMNS.map(|(group, _, _)| {
                let range = found.named_group(group);
                range.and_then(|range| line.get(range)).unwrap_or_default()
            })),
            None => writeln!(unknown, "  {line}").map_err(|error| error.to_string())?,
        }
    }
    if unknown.is_empty() {
        Ok(aligned(&rows))
    } else {
        Err(format!(
            "not a line of a bench (their form is in crates/checkout-core/benches/common/mod.rs):\n{unknown}"
        ))
    }
}

fn aligned(rows: &[[&str; COLUMNS.len()]]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max();
    let widths = std::array::from_fn::<_, { COLUMNS.len() }, _>(|column| width(column).unwrap_or(0));
    let line = |row: &[&str; COLUMNS.len()]| {
        let cells = row.iter().zip(widths).zip(COLUMNS);
        let cells = cells.map(|((cell, width), (_, _, is_figure))| match is_figure {
            true => format!("{cell:>width$}"),
            false => format!("{cell:<width$}"),
        });
        format!("{}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}
