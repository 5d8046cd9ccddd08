//! The section of each operation in the reference for people: what it says, and the command in it.

use checkout_cli::Cli;

use super::{Api, Column, Row, rows};

pub(super) static COLUMN: Column = Column::new("reference", check);

const NOAH: &str = include_str!("../../../../docs/reference/noah.md");
const WORLDLINE: &str = include_str!("../../../../docs/reference/worldline-connect.md");

#[test]
fn every_operation_has_its_section_in_the_reference() {
    COLUMN.hold();
}

#[test]
fn a_section_that_is_gone_is_a_hole() {
    for row in rows() {
        let without = page(row).replace(section(page(row), row.id()).unwrap(), "");
        assert_eq!(section(&without, row.id()).unwrap_err(), "it has no section");
    }
}

fn page(row: &Row) -> &'static str {
    match row.api() {
        Api::Noah => NOAH,
        Api::Server | Api::Device => WORLDLINE,
    }
}

/// From its heading to the next.
fn section<'p>(page: &'p str, id: &str) -> Result<&'p str, String> {
    let begin = page.find(&format!("\n### {id}\n")).ok_or("it has no section")?;
    let rest = &page[begin + 1..];
    let end = ["\n### ", "\n## "]
        .iter()
        .filter_map(|heading| rest.find(heading))
        .min();
    Ok(&rest[..end.unwrap_or(rest.len())])
}

/// How many things it says: the call, each parameter, each field at the top of the body, each documented answer, and an example in
/// each language.
fn check(row: &Row) -> Result<usize, String> {
    let section = section(page(row), row.id())?;
    let described = row.described;
    let mut said = vec![format!("`{} {}`", described.method, described.path)];
    said.extend(
        row.own_parameters()
            .map(|parameter| format!("| `{}` |", parameter.name)),
    );
    let body = described
        .body
        .iter()
        .map(|body| row.description.resolve(&body.schema).1);
    let fields = body.filter_map(|body| body["properties"].as_object()).flatten();
    said.extend(fields.map(|(name, _)| format!("| `{name}` |")));
    said.extend(row.successes().map(|answer| format!("| {} |", answer.status)));
    said.extend(["**Rust**\n", "**curl**\n", "**Money**", "**Source**"].map(str::to_owned));
    if row.api() != Api::Device {
        said.push("**Command**\n".to_owned());
        let command = section
            .split("\n```sh\n")
            .nth(1)
            .and_then(|block| block.split("\n```").next());
        let words = shlex::split(command.unwrap_or_default()).ok_or("its command is no line of a shell")?;
        Cli::read(words.into_iter().map(Into::into).collect()).map_err(|error| error.to_string())?;
    }
    match said.iter().find(|text| !section.contains(text.as_str())) {
        Some(text) => Err(format!("its section lacks {text}")),
        None => Ok(said.len()),
    }
}
