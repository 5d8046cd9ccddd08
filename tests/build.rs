//! Makes a module of each Rust block of README.md, for the test `readme` to run, and a function of each Rust example of
//! `docs/reference/`, for the tests to compile.
#![allow(clippy::print_stdout, reason = "how a build script talks to cargo")]

use std::fmt::Write as _;
use std::path::Path;
use std::{env, fs};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let readme = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("../README.md");
    println!("cargo::rerun-if-changed={}", readme.display());
    let text = fs::read_to_string(readme)?;
    let mut modules = String::new();
    let mut blocks = String::new();
    let mut before = "";
    let mut lines = text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        if line.trim_start().starts_with("```rust") {
            let code: Vec<&str> = lines
                .by_ref()
                .map(|(_, line)| line)
                .take_while(|line| line.trim() != "```")
                .map(|line| match line.trim_start().strip_prefix("# ") {
                    Some(hidden) => hidden,
                    None => line,
                })
                .collect();
            let (number, is_run) = (number + 1, !before.trim_start().starts_with("<!-- not run"));
            if is_run {
                let code = code.join("\n").replace("fn main()", "pub(super) fn main()");
                let code = code.replace("async pub(super) fn", "pub(super) async fn");
                writeln!(modules, "mod line_{number} {{\n{code}\n}}\n")?;
                writeln!(blocks, "    ({number}, line_{number}::main),")?;
            }
        }
        before = line;
    }
    let table = format!(
        "{modules}\ntype Block = fn() -> Result<(), Box<dyn std::error::Error>>;\n\nconst BLOCKS: &[(usize, Block)] = &[\n{blocks}];\n"
    );
    fs::write(Path::new(&env::var("OUT_DIR")?).join("readme.rs"), table)?;
    reference()
}

fn reference() -> Result<(), Box<dyn std::error::Error>> {
    let mut out = String::new();
    for page in ["noah", "worldline-connect"] {
        let file = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join(format!("../docs/reference/{page}.md"));
        println!("cargo::rerun-if-changed={}", file.display());
        let text = fs::read_to_string(&file)?;
        for section in text.split("\n### ").skip(1) {
            let code = section
                .split("```rust\n")
                .nth(1)
                .and_then(|rest| rest.split("```").next());
            let operation = section.lines().next().unwrap_or_default();
            if let Some(code) = code {
                writeln!(
                    out,
                    "async fn {operation}(noah: Noah, connect: Connect, client: Client) -> Result<(), Box<dyn Error>> {{\n{code}let _ = answer;\nOk(())\n}}"
                )?;
            }
        }
    }
    fs::write(Path::new(&env::var("OUT_DIR")?).join("reference.rs"), out)?;
    Ok(())
}
