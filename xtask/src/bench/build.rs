//! `cargo xtask bench build`: what a user waits for. Cold release builds of programs that depend on one crate alone, side by
//! side.

#![allow(clippy::float_arithmetic, reason = "times and ratios, no money")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Instant;

/// Signing at our speed takes AWS-LC, so their users would build it too.
const AWS_LC: &str =
    r#"aws-lc-rs = { version = "1.19.0", default-features = false, features = ["aws-lc-sys"] }"#;

/// What is built: name, and dependencies with `{root}` for the workspace. All are compared with the first.
const SUBJECTS: [(&str, &str); 6] = [
    (
        "noah-sdk, rustls, aws-lc-rs",
        r#"noah-sdk = { version = "=1.1.0", default-features = false, features = ["rustls-tls"] }"#,
    ),
    ("noah-sdk, system's OpenSSL, aws-lc-rs", r#"noah-sdk = "=1.1.0""#),
    ("hosted-checkout, noah", r#""noah""#),
    ("hosted-checkout, worldline-server", r#""worldline-server""#),
    ("hosted-checkout, worldline-client", r#""worldline-client""#),
    (
        "hosted-checkout, all",
        r#""noah", "worldline-server", "worldline-client""#,
    ),
];

/// The measure of one build.
#[derive(Debug)]
struct Cost {
    crates: usize,
    cpu_seconds: Option<f64>,
    seconds: f64,
}

/// Builds each, in a folder that is thrown away, and returns the table. The network is used before the time is taken.
///
/// # Errors
/// A folder cannot be made, or cargo fails.
pub fn run(root: &Path, mut progress: impl FnMut(&str)) -> Result<String, String> {
    let folder = root.join("target/bench-build");
    let mut costs = Vec::new();
    for (name, dependencies) in SUBJECTS {
        progress(name);
        let cost = one(root, &folder, dependencies);
        std::fs::remove_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        costs.push((name, cost.map_err(|error| format!("{name}: {error}"))?));
    }
    Ok(table(&costs))
}

fn one(root: &Path, folder: &Path, dependencies: &str) -> Result<Cost, String> {
    let is_ours = !dependencies.starts_with("noah-sdk");
    let (dependencies, lock) = if is_ours {
        let path = root.join("crates/hosted-checkout");
        (
            format!("hosted-checkout = {{ path = {path:?}, features = [{dependencies}] }}"),
            "Cargo.lock",
        )
    } else {
        (format!("{dependencies}\n{AWS_LC}"), "bench/peers/Cargo.lock")
    };
    let manifest = format!(
        "[workspace]\n[package]\nname = \"user\"\nedition = \"2024\"\n[dependencies]\n{dependencies}\n"
    );
    let failed = |error: std::io::Error| error.to_string();
    std::fs::create_dir_all(folder.join("src")).map_err(failed)?;
    std::fs::write(folder.join("Cargo.toml"), manifest).map_err(failed)?;
    std::fs::write(folder.join("src/main.rs"), "fn main() {}\n").map_err(failed)?;
    // The versions of our lock files, as far as they have them.
    std::fs::copy(root.join(lock), folder.join("Cargo.lock")).map_err(failed)?;
    cargo(folder, &["fetch"])?;
    let tree = cargo(
        folder,
        &["tree", "--offline", "--edges", "normal", "--prefix", "none"],
    )?;
    let tree = String::from_utf8_lossy(&tree.stdout).into_owned();
    let crates: BTreeSet<&str> = tree.lines().map(|line| line.trim_end_matches(" (*)")).collect();
    let (cpu, started) = (cpu_of_children(), Instant::now());
    cargo(folder, &["build", "--release", "--offline"])?;
    Ok(Cost {
        crates: crates.len(),
        cpu_seconds: cpu_of_children().zip(cpu).map(|(after, before)| after - before),
        seconds: started.elapsed().as_secs_f64(),
    })
}

fn cargo(folder: &Path, arguments: &[&str]) -> Result<Output, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", folder.join("target"))
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(output);
    }
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(format!("cargo {} failed:\n{told}", arguments.join(" ")))
}

/// CPU seconds, user's and system's, of all that this process has waited for; `None` where the system has no `/proc`.
fn cpu_of_children() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The second field may hold blanks, in brackets. Behind it, `cutime` and `cstime` are the 14th and 15th (proc_pid_stat(5)).
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(13);
    let mut ticks = || fields.next()?.parse::<u32>().ok();
    Some(f64::from(ticks()? + ticks()?) / 100.0)
}

fn table(costs: &[(&str, Cost)]) -> String {
    let mut text = format!(
        "{:<38}  {:>6}  {:>9}  {:>5}  {:>9}  {:>5}\n",
        "cold release build", "crates", "CPU", "ratio", "wall", "ratio"
    );
    let first = costs.first().map(|(_, cost)| cost);
    for (name, cost) in costs {
        let (cpu, cpu_ratio) = figures(cost.cpu_seconds, first.and_then(|first| first.cpu_seconds));
        let (wall, wall_ratio) = figures(Some(cost.seconds), first.map(|first| first.seconds));
        let _ = writeln!(
            text,
            "{name:<38}  {:>6}  {cpu:>9}  {cpu_ratio:>5}  {wall:>9}  {wall_ratio:>5}",
            cost.crates
        );
    }
    text
}

fn figures(seconds: Option<f64>, of_first: Option<f64>) -> (String, String) {
    let unknown = || "-".to_owned();
    (
        seconds.map_or_else(unknown, |seconds| format!("{seconds:.1} s")),
        seconds
            .zip(of_first)
            .map_or_else(unknown, |(seconds, first)| format!("{:.2}x", seconds / first)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_compared_with_the_first() {
        let cost = |crates, cpu_seconds, seconds| Cost {
            crates,
            cpu_seconds,
            seconds,
        };
        let costs = [
            ("theirs", cost(99, Some(100.0), 60.0)),
            ("ours", cost(150, Some(110.0), 45.0)),
            ("elsewhere", cost(150, None, 90.0)),
        ];
        let table = table(&costs);
        let rows: Vec<Vec<&str>> = table
            .lines()
            .skip(1)
            .map(|row| row.split_whitespace().collect())
            .collect();
        assert_eq!(
            rows[0],
            ["theirs", "99", "100.0", "s", "1.00x", "60.0", "s", "1.00x"]
        );
        assert_eq!(
            rows[1],
            ["ours", "150", "110.0", "s", "1.10x", "45.0", "s", "0.75x"]
        );
        assert_eq!(rows[2], ["elsewhere", "150", "-", "-", "90.0", "s", "1.50x"]);
    }
}
