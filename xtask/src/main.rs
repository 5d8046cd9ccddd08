//! Build steps of hosted-checkout: `cargo xtask generate`, `cargo xtask lint` and `cargo xtask bench`.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command's output")]

use std::process::ExitCode;
use std::time::Instant;

use clap::{Args, Parser};
use xtask::api::{self, Api};
use xtask::spec::{Settings, Spec};
use xtask::{bench, disk, generate, guard, lint};

/// Build steps of hosted-checkout.
#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask", disable_help_subcommand = true)]
enum Command {
    /// Write the generated crates from openapi/
    Generate {
        /// Compare with what is there, and write nothing
        #[arg(long)]
        check: bool,
        #[command(flatten)]
        of: Of,
    },
    /// Find what the generator would panic on or degrade
    Lint(Of),
    /// Run the benches, and print one table
    Bench {
        /// Those of bench/peers too
        #[arg(long)]
        peers: bool,
        /// Only lines with this in their names; `build` builds programs that depend on one crate alone, ours and others,
        /// cold, which takes minutes
        word: Option<String>,
    },
}

#[derive(Debug, Args)]
struct Of {
    /// One API alone: noah or worldline-connect
    #[arg(long = "api", value_name = "NAME", value_parser = Api::named)]
    api: Option<Api>,
}

impl Of {
    fn apis(&self) -> Vec<Api> {
        self.api.map_or_else(|| api::ALL.to_vec(), |api| vec![api])
    }
}

fn main() -> ExitCode {
    let done = match Command::parse() {
        Command::Generate { check, of } => generate(&of.apis(), check),
        Command::Lint(of) => lint(&of.apis()),
        Command::Bench { peers, word } => bench(peers, word.as_deref()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{}", message.trim_end());
            ExitCode::FAILURE
        }
    }
}

fn generate(apis: &[Api], check: bool) -> Result<(), String> {
    let root = api::workspace_root();
    let mut stale = String::new();
    let (started, all) = (Instant::now(), generate::files(&root, apis)?);
    let took = started.elapsed().as_millis();
    for (api, files) in all {
        let lines: usize = files.values().map(|text| text.lines().count()).sum();
        let made = format!("{}: {} files, {lines} lines", api.name, files.len());
        if check {
            match disk::stale(&root, api, &files)? {
                Some(report) => stale.push_str(&report),
                None => println!("{made}, fresh"),
            }
            continue;
        }
        let disk::Changes { written, removed } = disk::write(&root, api, &files)?;
        println!("{made}, {} written, {} removed", written.len(), removed.len());
        written.iter().for_each(|file| println!("  {file}"));
        removed.iter().for_each(|file| println!("  {file}: removed"));
    }
    println!("made in {took} ms");
    if stale.is_empty() { Ok(()) } else { Err(stale) }
}

fn lint(apis: &[Api]) -> Result<(), String> {
    let root = api::workspace_root();
    let mut findings = Vec::new();
    for api in apis {
        let spec = Spec::read(&root, *api)?;
        let settings = Settings::read(&root, *api)?;
        findings.extend(guard::guarded(&spec.file, || {
            guard::at("the lint");
            Ok(lint::check(&spec, &settings))
        })?);
    }
    if findings.is_empty() {
        println!("no findings");
        return Ok(());
    }
    Err(lint::report(&findings))
}

fn bench(peers: bool, word: Option<&str>) -> Result<(), String> {
    let root = api::workspace_root();
    if word == Some("build") {
        let built = duct::cmd!(root.join("bench/build")).run();
        return built.map(|_| ()).map_err(|error| format!("bench/build: {error}"));
    }
    let lines = bench::run(&root, word, peers, |line| eprintln!("{line}"))?;
    print!("{}", bench::table(&lines)?);
    Ok(())
}
