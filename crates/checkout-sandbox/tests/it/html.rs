//! Pages as a browser's parser understands them.

use std::fmt::Write as _;

use scraper::node::Node;
use scraper::{ElementRef, Html, Selector};

/// A page's tree, an element or text a line, so that a snapshot can be read.
pub fn outline(html: &str) -> String {
    let document = Html::parse_document(html);
    assert_eq!(document.errors, [""; 0]);
    let mut text = String::new();
    write_outline(&mut text, document.root_element(), 0);
    text
}

fn write_outline(text: &mut String, element: ElementRef<'_>, depth: usize) {
    write!(text, "{}{}", "  ".repeat(depth), element.value().name()).unwrap();
    let mut attributes: Vec<_> = element.value().attrs().collect();
    attributes.sort_unstable();
    for (name, value) in attributes {
        write!(text, " {name}={value:?}").unwrap();
    }
    text.push('\n');
    for child in element.children() {
        match child.value() {
            Node::Text(run) => writeln!(text, "{}{:?}", "  ".repeat(depth + 1), &**run).unwrap(),
            Node::Element(_) => write_outline(text, ElementRef::wrap(child).unwrap(), depth + 1),
            other => panic!("unexpected {other:?}"),
        }
    }
}

/// The whole text of each element that the selector matches.
pub fn texts(html: &str, selector: &str) -> Vec<String> {
    let document = Html::parse_document(html);
    let selector = Selector::parse(selector).unwrap();
    document
        .select(&selector)
        .map(|element| element.text().collect())
        .collect()
}

/// An attribute of each element that the selector matches.
pub fn attributes(html: &str, selector: &str, name: &str) -> Vec<String> {
    let document = Html::parse_document(html);
    let selector = Selector::parse(selector).unwrap();
    document
        .select(&selector)
        .filter_map(|element| element.attr(name))
        .map(str::to_owned)
        .collect()
}

/// Fails if anything of the page could run, or lead elsewhere than to web addresses.
pub fn assert_inert(html: &str) {
    let document = Html::parse_document(html);
    let everything = Selector::parse("*").unwrap();
    for element in document.select(&everything) {
        let name = element.value().name();
        let is_own_script = name == "script" && element.attr("src") == Some("/_sandbox/console.js");
        assert!(
            is_own_script || !["script", "iframe", "object", "embed", "base", "style"].contains(&name),
            "{name}"
        );
        for (attribute, value) in element.value().attrs() {
            assert!(
                !attribute.starts_with("on") && attribute != "style",
                "{attribute}={value:?}"
            );
            if ["href", "src", "action", "formaction"].contains(&attribute) {
                assert!(
                    value.starts_with(['/', '#'])
                        || value.starts_with("http://")
                        || value.starts_with("https://"),
                    "{attribute}={value:?}"
                );
            }
        }
    }
}
