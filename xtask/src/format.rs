//! Formatting with the pinned toolchain.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::path::Path;

use proc_macro2::TokenStream;

use crate::files::{Files, header};
use crate::spec::Spec;

/// Tokens as text, below a file's own first lines (inner doc comments).
pub fn tokens(spec: &Spec, first_lines: &str, tokens: TokenStream) -> Result<String, String> {
    let file = syn::parse2(tokens).map_err(|error| format!("generated code does not parse: {error}"))?;
    let body = format!("{first_lines}\n{}", prettyplease::unparse(&file));
    Ok(source(spec, &body))
}

/// Text with the header.
pub fn source(spec: &Spec, body: &str) -> String {
    space_out(&format!("{}{body}", header(spec)))
}

/// A piece of a file.
enum Part<'a> {
    /// Is kept as it is.
    Plain(&'a str),
    /// A file of Rust, below its first lines.
    Items(&'a str),
    /// An example in Markdown: the body of a function.
    Statements(&'a str),
}

/// Separates pieces that go through rustfmt together, for starting rustfmt takes as long as formatting a thousand lines.
const BETWEEN: &str = "struct BetweenTwoPieces;\n";

/// The files as rustfmt writes them: those of Rust, and the examples in those of Markdown.
pub fn all(root: &Path, files: Files) -> Result<Files, String> {
    let mut rust = String::new();
    for part in files.iter().flat_map(|(file, text)| parts(file, text)) {
        let _ = match part {
            Part::Plain(_) => Ok(()),
            Part::Items(items) => write!(rust, "{}\n{BETWEEN}", items.trim_end()),
            Part::Statements(code) => write!(rust, "fn f() {{\n{code}}}\n{BETWEEN}"),
        };
    }
    let formatted = rustfmt(root, &rust)?;
    let mut formatted = formatted.split(BETWEEN);
    let mut next = || formatted.next().unwrap_or_default();
    let mut written = |file: &str, text: &str| -> String {
        let parts = parts(file, text).into_iter();
        parts
            .map(|part| match part {
                Part::Plain(text) => text.to_owned(),
                Part::Items(_) => next().to_owned(),
                Part::Statements(_) => statements(next()),
            })
            .collect()
    };
    Ok(files
        .iter()
        .map(|(file, text)| (file.clone(), written(file, text)))
        .collect())
}

fn parts<'a>(file: &str, text: &'a str) -> Vec<Part<'a>> {
    const RUST: &str = "```rust\n";
    match file.rsplit_once('.') {
        Some((_, "rs")) => {
            let is_head = |line: &&str| *line == "\n" || line.starts_with("// ") || line.starts_with("//!");
            let head = text.split_inclusive('\n').take_while(is_head).map(str::len).sum();
            vec![Part::Plain(&text[..head]), Part::Items(&text[head..])]
        }
        Some((_, "md")) => {
            let mut pieces = text.split_inclusive(RUST);
            let mut parts: Vec<Part<'a>> = pieces.next().map(Part::Plain).into_iter().collect();
            for piece in pieces {
                let (code, rest) = piece.split_at(piece.find("```").unwrap_or(piece.len()));
                parts.extend([Part::Statements(code), Part::Plain(rest)]);
            }
            parts
        }
        _ => vec![Part::Plain(text)],
    }
}

/// The body of a formatted function.
fn statements(function: &str) -> String {
    let body = function
        .trim_start_matches("fn f() {\n")
        .trim_end()
        .trim_end_matches('}');
    let lines = body.lines().map(|line| line.strip_prefix("    ").unwrap_or(line));
    lines.map(|line| format!("{line}\n")).collect()
}

/// Blank lines between items, which prettyplease does not print.
fn space_out(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut previous = "";
    let indent = |line: &str| line.len() - line.trim_start().len();
    for line in source.lines() {
        let closed = previous == "}" || previous == "    }" || previous.starts_with("//!");
        let imported = previous.starts_with("use ") && previous.ends_with(';') && !line.starts_with("use ");
        let goes_on = line.is_empty() || line.trim_start().starts_with('}') || line.starts_with("//!");
        if (closed || imported) && !goes_on && indent(line) <= indent(previous) {
            out.push('\n');
        }
        out.push_str(line);
        out.push('\n');
        previous = line;
    }
    out
}

fn rustfmt(root: &Path, source: &str) -> Result<String, String> {
    let options = "--edition 2024 --emit stdout --quiet --config-path".split(' ');
    let output = duct::cmd("rustfmt", options.map(OsStr::new).chain([root.as_os_str()]))
        .dir(root)
        .stdin_bytes(source)
        .stdout_capture()
        .stderr_capture()
        .unchecked()
        .run()
        .map_err(|error| format!("rustfmt: {error}; install it with `rustup component add rustfmt`"))?;
    if !output.status.success() {
        return Err(format!("rustfmt: {}", String::from_utf8_lossy(&output.stderr)));
    }
    String::from_utf8(output.stdout).map_err(|error| format!("rustfmt: {error}"))
}
