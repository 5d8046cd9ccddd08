//! Build steps of hosted-checkout: `cargo xtask generate`, `cargo xtask lint` and `cargo xtask bench`.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command's output")]

use std::process::ExitCode;

use xtask::api::{self, Api};
use xtask::spec::{Settings, Spec};
use xtask::{bench, disk, generate, guard, lint};

const USAGE: &str = "usage: cargo xtask COMMAND

  generate [--check] [--api NAME]   write the generated crates from openapi/; with --check, compare instead
  lint [--api NAME]                 find what the generator would panic on or degrade
  bench [--peers] [WORD]            run the benches and print one table, of the lines with WORD in their names alone;
                                    with --peers, those of bench/peers too
  bench build                       build programs that depend on one crate alone, ours and others, cold; takes minutes

NAME is noah or worldline-connect; both without --api.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{}", message.trim_end());
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<(), String> {
    let Some((command, options)) = arguments.split_first() else {
        return Err(USAGE.to_owned());
    };
    if command == "bench" {
        return bench(options);
    }
    let options = Options::parse(options)?;
    match command.as_str() {
        "generate" => generate(&options),
        "lint" if !options.check => lint(&options),
        "help" | "--help" | "-h" => {
            println!("{USAGE}");
            Ok(())
        }
        _ => Err(USAGE.to_owned()),
    }
}

#[derive(Debug)]
struct Options {
    check: bool,
    apis: Vec<Api>,
}

impl Options {
    fn parse(arguments: &[String]) -> Result<Self, String> {
        let mut options = Self {
            check: false,
            apis: api::ALL.to_vec(),
        };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--check" => options.check = true,
                "--api" => {
                    let name = arguments.next().ok_or("--api needs a name")?;
                    options.apis = vec![Api::named(name)?];
                }
                other => return Err(format!("unknown option {other}\n\n{USAGE}")),
            }
        }
        Ok(options)
    }
}

fn generate(options: &Options) -> Result<(), String> {
    let root = api::workspace_root();
    let all = generate::read(&root)?;
    let mut stale = String::new();
    for api in &options.apis {
        let started = std::time::Instant::now();
        let files = generate::files_among(&root, *api, &all)?;
        let lines: usize = files.values().map(|text| text.lines().count()).sum();
        let took = started.elapsed().as_millis();
        if options.check {
            let report = disk::stale(&root, *api, &files)?;
            if report.is_none() {
                println!(
                    "{}: {} files, {lines} lines, fresh ({took} ms)",
                    api.name,
                    files.len()
                );
            }
            stale.push_str(&report.unwrap_or_default());
        } else {
            let changes = disk::write(&root, *api, &files)?;
            println!(
                "{}: {} files, {lines} lines, {} written, {} removed ({took} ms)",
                api.name,
                files.len(),
                changes.written.len(),
                changes.removed.len()
            );
            for file in changes.written {
                println!("  {file}");
            }
            for file in changes.removed {
                println!("  {file}: removed");
            }
        }
    }
    if stale.is_empty() { Ok(()) } else { Err(stale) }
}

fn lint(options: &Options) -> Result<(), String> {
    let root = api::workspace_root();
    let mut findings = Vec::new();
    for api in &options.apis {
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

fn bench(arguments: &[String]) -> Result<(), String> {
    let mut peers = false;
    let mut word = None;
    for argument in arguments {
        match argument.as_str() {
            "--peers" => peers = true,
            other if other.starts_with('-') || word.is_some() => {
                return Err(format!("unknown option {other}\n\n{USAGE}"));
            }
            other => word = Some(other),
        }
    }
    if word == Some("build") {
        print!(
            "{}",
            bench::build::run(&api::workspace_root(), |name| eprintln!("{name}"))?
        );
        return Ok(());
    }
    let lines = bench::run(&api::workspace_root(), word, peers, |line| eprintln!("{line}"))?;
    print!("{}", bench::table(&lines)?);
    Ok(())
}
