//! The reference: every operation is there, with all that a reader needs, and every link leads somewhere.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use xtask::api::{self, Api};
use xtask::emit::reference::anchor;
use xtask::generate::files;
use xtask::spec::{Spec, array, object, text};

const FOLDER: &str = "docs/reference/";

fn pages() -> BTreeMap<String, String> {
    let root = api::workspace_root();
    let all = files(&root, api::ALL).unwrap().into_iter();
    let all = all.flat_map(|(_, files)| files);
    all.filter(|(file, _)| file.starts_with(FOLDER)).collect()
}

/// The lines outside of code blocks.
fn prose(page: &str) -> impl Iterator<Item = &str> {
    page.split("```").step_by(2).flat_map(str::lines)
}

fn anchors(page: &str) -> Vec<String> {
    let headings = prose(page).filter(|line| line.starts_with('#'));
    headings
        .map(|line| anchor(line.trim_start_matches('#').trim()))
        .collect()
}

#[test]
fn every_link_leads_somewhere() {
    let root = api::workspace_root();
    let pages = pages();
    assert_eq!(pages.len(), api::ALL.len() + 1);
    for (file, page) in &pages {
        let own = anchors(page);
        let unique: BTreeSet<&String> = own.iter().collect();
        assert_eq!(unique.len(), own.len(), "{file}: a heading stands twice");
        let links = prose(page)
            .flat_map(|line| line.split("](").skip(1))
            .filter_map(|rest| rest.split(')').next());
        let mut count = 0;
        for link in links.filter(|link| !link.contains("://")) {
            count += 1;
            let (path, fragment) = link.split_once('#').unwrap_or((link, ""));
            let other;
            let there = match path {
                "" => &own,
                path => {
                    let text = pages.get(&format!("{FOLDER}{path}")).cloned();
                    let text = text.or_else(|| std::fs::read_to_string(root.join(FOLDER).join(path)).ok());
                    other = anchors(&text.unwrap_or_else(|| panic!("{file}: {link}: there is no such file")));
                    &other
                }
            };
            assert!(
                fragment.is_empty() || there.iter().any(|anchor| anchor == fragment),
                "{file}: {link}"
            );
        }
        assert!(count > 30, "{file}: {count} links");
    }
}

/// The part of a page from a heading to the next.
fn section<'a>(page: &'a str, heading: &str) -> &'a str {
    let start = page
        .find(&format!("\n### {heading}\n"))
        .unwrap_or_else(|| panic!("no section {heading}"));
    let rest = &page[start + 5..];
    let end = ["\n### ", "\n## "]
        .iter()
        .filter_map(|next| rest.find(next))
        .min();
    &rest[..end.unwrap_or(rest.len())]
}

#[test]
fn every_operation_has_a_section_with_all_its_fields_and_three_ways_to_call_it() {
    let root = api::workspace_root();
    let pages = pages();
    let table = &pages[&format!("{FOLDER}README.md")];
    for api in api::ALL {
        let page = &pages[&api.reference_file()];
        let spec = Spec::read(&root, *api).unwrap();
        for raw in spec.operations() {
            let id = text(raw.operation, "operationId").unwrap();
            assert!(
                table.contains(&format!("| [{id}]({}.md#{}) |", api.name, anchor(id))),
                "{id}"
            );
            let section = section(page, id);
            let command =
                section.contains("\n```sh\ncheckout ") || section.contains("\nNo command makes this call");
            let rust = section.contains("\n```rust\n") && section.contains(".await?;\n```");
            let curl = section.contains("\n```sh\nurl='https://") && section.contains("curl ");
            assert!(command && rust && curl, "{section}");
            // A parameter without an example would stay as it is.
            let url = section.lines().find(|line| line.starts_with("url=")).unwrap();
            assert!(!url.contains('{'), "{url}");
            let properties = raw
                .body()
                .map(|body| object(spec.deref(body).get("properties")).keys());
            let parameters = raw.parameters(&spec).filter_map(|part| text(part, "name"));
            for name in properties
                .into_iter()
                .flatten()
                .map(String::as_str)
                .chain(parameters)
            {
                assert!(
                    section.contains(&format!("\n| `{name}` | ")),
                    "{id}: {name}: {section}"
                );
            }
            let members = raw.body().map(|body| array(spec.deref(body).get("oneOf")));
            for member in members.unwrap_or_default() {
                let name = text(member, "$ref").unwrap().rsplit('/').next().unwrap();
                assert!(
                    section.contains(&format!(": [{name}](#type-{}", name.to_lowercase())),
                    "{id}: {name}"
                );
            }
        }
        for (name, schema) in spec.schemas() {
            let fields = object(schema.get("properties"));
            let rows = fields
                .keys()
                .all(|field| page.contains(&format!("\n| `{field}` | ")));
            assert!(rows, "{name}");
        }
    }
}

/// Whoever pastes a command gets what is written: nothing in it is for the shell.
#[test]
fn commands_need_no_quotes() {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || " -_./:@+,".contains(letter);
    let pages = pages();
    let commands = pages
        .values()
        .flat_map(|page| page.lines())
        .filter(|line| line.starts_with("checkout ") && !line.contains('"'));
    let commands: Vec<&str> = commands.collect();
    assert!(commands.len() > 30, "{commands:?}");
    for command in commands {
        assert!(command.chars().all(is_plain), "{command}");
    }
}

/// `x-undocumented` says in a word what `x-source` tells at length: F is NOAH's newest document.
#[test]
fn what_is_not_documented_today_agrees_with_its_source() {
    let root = api::workspace_root();
    let spec = Spec::read(&root, Api::named("noah").unwrap()).unwrap();
    for raw in spec.operations() {
        let source = text(raw.operation, "x-source").unwrap();
        let mut lists = source.split("OAS ").skip(1);
        let is_in_newest = lists.any(|rest| rest.split([' ', ',', ';', '(']).next().unwrap().contains('F'));
        assert_eq!(
            raw.operation.get("x-undocumented").is_none(),
            is_in_newest,
            "{source}"
        );
    }
    for api in api::ALL {
        let spec = Spec::read(&root, *api).unwrap();
        assert!(
            spec.root.pointer("/info/x-as-of").is_some_and(Value::is_string),
            "{}",
            api.name
        );
    }
}
