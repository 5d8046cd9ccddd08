//! No files of a crate stand in a circle: each can be read after those that it takes names from.
//!
//! An arrow goes from a file to the file that defines a name which it takes, through re-exports and macros of the crate. A
//! parent's `mod x;` is no arrow; generated files and what is for tests alone are not looked at. A module may hand work to the
//! files of its own folder, which may use its types. That folder is one room: what is outside takes from it or gives to it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use petgraph::algo::kosaraju_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::{Attribute, Item, ItemUse, UseTree};

/// A module: where it is, and what names mean in it.
#[derive(Default)]
struct Module {
    file: PathBuf,
    defined: BTreeSet<String>,
    /// What `use` and `pub use` bind to a name.
    imported: BTreeMap<String, Vec<String>>,
    /// What comes by `*`.
    globs: Vec<Vec<String>>,
    /// All else that stands in it.
    code: Vec<TokenStream>,
}

/// Modules by their paths from the root, which is the empty one.
#[derive(Default)]
struct Krate {
    modules: BTreeMap<Vec<String>, Module>,
    /// The files of its macros.
    macros: BTreeMap<String, PathBuf>,
}

impl Krate {
    fn read(root: &Path) -> Self {
        let mut krate = Self::default();
        krate.file(root, Vec::new());
        krate
    }

    fn file(&mut self, file: &Path, path: Vec<String>) {
        let text =
            std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        self.module(file, path, parsed.items);
    }

    fn module(&mut self, file: &Path, path: Vec<String>, items: Vec<Item>) {
        let mut module = Module {
            file: file.to_owned(),
            ..Module::default()
        };
        for item in items {
            let tokens = item.to_token_stream();
            let (attributes, name) = head(&item);
            if attributes.iter().any(is_test) {
                continue;
            }
            match item {
                Item::Mod(inner) => {
                    let mut path = path.clone();
                    path.push(inner.ident.to_string());
                    match inner.content {
                        Some((_, items)) => self.module(file, path, items),
                        None => self.file(&below(file, &inner.ident.to_string()), path),
                    }
                    continue;
                }
                Item::Use(import) => {
                    import_into(&mut module, Vec::new(), import.tree);
                    continue;
                }
                Item::Macro(_) => {
                    if let Some(name) = &name {
                        self.macros.insert(name.clone(), file.to_owned());
                    }
                }
                _ => {}
            }
            module.defined.extend(name);
            module.code.push(tokens);
        }
        self.modules.insert(path, module);
    }

    /// The file that a path leads to from a module, unless it leads to another crate or is a module itself.
    fn resolve(&self, from: &[String], path: &[String]) -> Option<&Path> {
        let (path, is_macro) = match path {
            [name, mark] if mark == "!" => (std::slice::from_ref(name), true),
            path => (path, false),
        };
        let Some((module, found)) = self.walk(from, path, 0) else {
            // A macro that is known in all that follows it.
            return self
                .macros
                .get(&path[0])
                .filter(|_| is_macro)
                .map(PathBuf::as_path);
        };
        let found = found?;
        let module = &self.modules[&module];
        let exported = self
            .macros
            .get(&found)
            .filter(|_| !module.defined.contains(&found));
        Some(exported.unwrap_or(&module.file))
    }

    /// The module that defines what a path leads to, and its name there; no name if it is that module itself.
    fn walk(&self, from: &[String], path: &[String], depth: usize) -> Option<(Vec<String>, Option<String>)> {
        let mut at = from.to_vec();
        let mut rest = path;
        while let Some((first, more)) = rest.split_first() {
            let is_first = rest.len() == path.len();
            match first.as_str() {
                "crate" => at.clear(),
                "self" => {}
                "super" => drop(at.pop()),
                name => {
                    let inner = [at.as_slice(), &[name.to_owned()]].concat();
                    let module = &self.modules[&at];
                    if self.modules.contains_key(&inner) {
                        at = inner;
                    } else if module.defined.contains(name) {
                        return Some((at, Some(name.to_owned())));
                    } else if let Some(target) = module.imported.get(name).filter(|_| depth < 16) {
                        let full = [target.as_slice(), more].concat();
                        return self.walk(&at, &full, depth + 1);
                    } else if let Some(found) = self.through_globs(&at, name, more, depth) {
                        return Some(found);
                    } else if is_first {
                        return None;
                    } else {
                        // What a macro has made, most likely of what it hands on whole.
                        let globs = module.globs.iter().filter(|_| depth < 16);
                        let handed_on = globs.filter_map(|glob| self.walk(&at, glob, depth + 1)).next();
                        let made = handed_on.map_or(at, |(module, _)| module);
                        return Some((made, Some(name.to_owned())));
                    }
                }
            }
            rest = more;
        }
        Some((at, None))
    }

    fn through_globs(
        &self,
        at: &[String],
        name: &str,
        more: &[String],
        depth: usize,
    ) -> Option<(Vec<String>, Option<String>)> {
        let globs = self.modules[at].globs.iter().filter(|_| depth < 16);
        globs.into_iter().find_map(|glob| {
            let (target, None) = self.walk(at, glob, depth + 1)? else {
                return None;
            };
            let module = &self.modules[&target];
            let known = module.defined.contains(name) || module.imported.contains_key(name);
            let full = [&[name.to_owned()], more].concat();
            (known && target != at).then(|| self.walk(&target, &full, depth + 1))?
        })
    }

    /// Each arrow, and the names that it is for.
    fn arrows(&self) -> BTreeMap<(&Path, &Path), BTreeSet<String>> {
        let mut arrows = BTreeMap::<_, BTreeSet<String>>::new();
        for (at, module) in &self.modules {
            let mut paths: Vec<_> = module.imported.values().chain(&module.globs).cloned().collect();
            for code in &module.code {
                paths_in(code.clone(), &mut paths);
            }
            for path in paths {
                let to = self.resolve(at, &path);
                if let Some(to) = to.filter(|to| {
                    *to != module.file && ![to, module.file.as_path()].iter().any(|file| is_generated(file))
                }) {
                    let name = path.iter().rfind(|segment| *segment != "!").cloned();
                    arrows
                        .entry((module.file.as_path(), to))
                        .or_default()
                        .extend(name);
                }
            }
        }
        arrows
    }

    /// Every circle, as a person reads it.
    fn circles(&self, root: &Path) -> Vec<String> {
        let all = self.arrows();
        let within = |(from, to): &(&Path, &Path)| to.starts_with(folder(from)) && !is_root(from);
        let is_one_room = |files: &BTreeSet<&Path>| {
            let holds_all = |from: &Path| files.iter().all(|to| *to == from || within(&(from, to)));
            files.iter().any(|file| holds_all(file))
        };
        let mut circles = strongly_connected(all.keys().copied());
        circles.retain(|files| !is_one_room(files));
        let mut in_folders = strongly_connected(all.keys().filter(|arrow| !within(arrow)).copied());
        in_folders.retain(|files| !circles.iter().any(|circle| circle.is_superset(files)));
        circles.extend(in_folders);
        let shown = |file: &Path| file.strip_prefix(root).unwrap_or(file).display().to_string();
        let told = circles.into_iter().map(|files| {
            let within = all
                .iter()
                .filter(|((from, to), _)| files.contains(from) && files.contains(to));
            let lines = within.map(|((from, to), names)| {
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                format!(
                    "  {} takes {} from {}\n",
                    shown(from),
                    names.join(", "),
                    shown(to)
                )
            });
            format!(
                "{} files stand in a circle:\n{}",
                files.len(),
                lines.collect::<String>()
            )
        });
        told.collect()
    }
}

/// The files that lead back to themselves.
fn strongly_connected<'a>(arrows: impl Iterator<Item = (&'a Path, &'a Path)>) -> Vec<BTreeSet<&'a Path>> {
    let mut graph = DiGraph::<&Path, ()>::new();
    let mut nodes = BTreeMap::<&Path, NodeIndex>::new();
    for (from, to) in arrows {
        let [from, to] = [from, to].map(|file| *nodes.entry(file).or_insert_with(|| graph.add_node(file)));
        graph.add_edge(from, to, ());
    }
    let files = |circle: Vec<NodeIndex>| circle.into_iter().map(|node| graph[node]).collect();
    let circles = kosaraju_scc(&graph).into_iter().filter(|circle| circle.len() > 1);
    circles.map(files).collect()
}

fn is_root(file: &Path) -> bool {
    file.file_stem()
        .is_some_and(|stem| stem == "lib" || stem == "main")
}

/// Where the modules of a file are.
fn folder(file: &Path) -> PathBuf {
    match file.file_stem() {
        Some(stem) if stem != "mod" && !is_root(file) => file.with_file_name(stem),
        _ => file.with_file_name(""),
    }
}

/// The file of a module that another file names.
fn below(file: &Path, name: &str) -> PathBuf {
    let folder = folder(file);
    let beside = folder.join(format!("{name}.rs"));
    if beside.exists() {
        beside
    } else {
        folder.join(name).join("mod.rs")
    }
}

/// The attributes of an item and the name that it defines.
fn head(item: &Item) -> (&[Attribute], Option<String>) {
    let (attributes, name) = match item {
        Item::Const(item) => (&item.attrs, Some(&item.ident)),
        Item::Enum(item) => (&item.attrs, Some(&item.ident)),
        Item::Fn(item) => (&item.attrs, Some(&item.sig.ident)),
        Item::Macro(item) => (&item.attrs, item.ident.as_ref()),
        Item::Static(item) => (&item.attrs, Some(&item.ident)),
        Item::Struct(item) => (&item.attrs, Some(&item.ident)),
        Item::Trait(item) => (&item.attrs, Some(&item.ident)),
        Item::Type(item) => (&item.attrs, Some(&item.ident)),
        Item::Impl(item) => (&item.attrs, None),
        Item::Mod(item) => (&item.attrs, None),
        Item::Use(item) => (&item.attrs, None),
        _ => return (&[], None),
    };
    (attributes, name.map(ToString::to_string))
}

/// Nobody reads these.
fn is_generated(file: &Path) -> bool {
    file.components()
        .any(|part| part.as_os_str().to_string_lossy().starts_with("generated"))
}

fn is_test(attribute: &Attribute) -> bool {
    let text = attribute.to_token_stream().to_string().replace(' ', "");
    text == "#[cfg(test)]"
}

fn import_into(module: &mut Module, mut path: Vec<String>, tree: UseTree) {
    match tree {
        UseTree::Path(part) => {
            path.push(part.ident.to_string());
            import_into(module, path, *part.tree);
        }
        UseTree::Name(name) if name.ident == "self" => {
            let last = path.last().unwrap().clone();
            module.imported.insert(last, path);
        }
        UseTree::Name(name) => {
            path.push(name.ident.to_string());
            module.imported.insert(name.ident.to_string(), path);
        }
        UseTree::Rename(name) => {
            path.push(name.ident.to_string());
            // Each `_` is another import.
            let bound = match name.rename.to_string() {
                unnamed if unnamed == "_" => format!("_ {}", module.imported.len()),
                named => named,
            };
            module.imported.insert(bound, path);
        }
        UseTree::Glob(_) => module.globs.push(path),
        UseTree::Group(group) => {
            for tree in group.items {
                import_into(module, path.clone(), tree);
            }
        }
    }
}

/// Every path of some code, those in the calls of macros too, and every macro's name with `!` behind it.
fn paths_in(tokens: TokenStream, paths: &mut Vec<Vec<String>>) {
    let mut path: Vec<String> = Vec::new();
    let mut tokens = tokens.into_iter().peekable();
    let is = |token: Option<&TokenTree>, mark: char| matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == mark);
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Ident(ident) if ident == "use" && path.is_empty() => {
                let statement = tokens.by_ref().take_while(|token| !is(Some(token), ';'));
                let statement: TokenStream = statement.collect();
                if let Ok(import) = syn::parse2::<ItemUse>(quote::quote!(use #statement;)) {
                    let mut module = Module::default();
                    import_into(&mut module, Vec::new(), import.tree);
                    paths.extend(module.imported.into_values().chain(module.globs));
                }
            }
            TokenTree::Ident(ident) => {
                path.push(ident.to_string());
                let mut ahead = tokens.clone();
                if is(tokens.peek(), '!') {
                    let is_call = matches!(ahead.nth(1), Some(TokenTree::Group(_)));
                    if path.len() == 1 && is_call {
                        path.push("!".to_owned());
                    }
                } else if is(ahead.next().as_ref(), ':')
                    && is(ahead.next().as_ref(), ':')
                    && matches!(ahead.next(), Some(TokenTree::Ident(_)))
                {
                    tokens.nth(1);
                    continue;
                }
                paths.push(std::mem::take(&mut path));
            }
            TokenTree::Group(group) => paths_in(group.stream(), paths),
            _ => {}
        }
    }
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

#[test]
fn no_files_of_a_crate_stand_in_a_circle() {
    let root = workspace();
    let mut crates: Vec<PathBuf> = std::fs::read_dir(root.join("crates"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .chain([root.join("xtask"), root.join("tests")])
        .collect();
    crates.sort();
    let told: String = crates
        .iter()
        .flat_map(|krate| Krate::read(&krate.join("src/lib.rs")).circles(&root))
        .map(|circle| circle + "\n")
        .collect();
    assert!(
        told.is_empty(),
        "move what two files share into a file below both.\n{told}"
    );
}

/// Circles of files that are made for it.
fn made_up(files: &[(&str, &str)]) -> String {
    let folder = tempfile::tempdir().unwrap();
    for (file, text) in files {
        let file = folder.path().join(file);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
    Krate::read(&folder.path().join("lib.rs"))
        .circles(folder.path())
        .concat()
}

#[test]
fn a_circle_is_found_however_it_is_closed() {
    let told = |low: &str, high: &str| {
        format!(
            "2 files stand in a circle:\n  high.rs takes {low} from low.rs\n  low.rs takes {high} from high.rs\n"
        )
    };
    let root = "mod high; mod low; pub use high::High as Highest; pub use low::*; #[macro_use] mod other {}";
    let high = "use crate::low::Low; pub struct High(Low); #[macro_export] macro_rules! tall { () => {} }";
    for (low, name) in [
        ("pub struct Low; use crate::high::High;", "High"),
        (
            "pub struct Low; use super::{high::{self, High as Tall}, other};",
            "High",
        ),
        ("pub struct Low; fn f() { let high = crate::Highest; }", "Highest"),
        (
            "pub struct Low; fn f() { use crate::high::*; use super::Highest as _; }",
            "Highest",
        ),
        (
            "pub struct Low; use crate::high; fn f() { print!(\"{}\", high::High); }",
            "High",
        ),
        (
            "pub struct Low; mod inner { pub fn f(_: super::super::high::High) {} }",
            "High",
        ),
        ("pub struct Low; impl From<crate::high::High> for Low {}", "High"),
        ("pub struct Low; fn f() { tall!() }", "tall"),
        ("pub struct Low; fn f() { crate::tall!() }", "tall"),
        (
            "pub struct Low; macro_rules! low { () => { $crate::high::made_by_a_macro() } }",
            "made_by_a_macro",
        ),
    ] {
        assert_eq!(
            made_up(&[("lib.rs", root), ("high.rs", high), ("low.rs", low)]),
            told("Low", name),
            "{low}"
        );
    }
    let through_a_folder = [
        ("lib.rs", "mod other; mod parent;"),
        ("parent.rs", "mod child; pub struct P(child::C);"),
        ("parent/child.rs", "pub struct C(crate::other::O);"),
        ("other.rs", "pub type O = crate::parent::P;"),
    ];
    assert!(made_up(&through_a_folder).starts_with("3 files stand"));
    let beside_each_other = [
        ("lib.rs", "mod parent;"),
        ("parent.rs", "mod a; mod b; fn f() { a::f() } pub struct P;"),
        ("parent/a.rs", "use super::{P, b}; pub fn f() { b::f() }"),
        ("parent/b.rs", "use super::{P, a::f as g}; pub fn f() { g() }"),
    ];
    assert!(made_up(&beside_each_other).starts_with("2 files stand"));
    assert!(
        made_up(&[
            ("lib.rs", "mod a; pub const A: u8 = a::A;"),
            ("a.rs", "pub const A: u8 = crate::A;")
        ])
        .starts_with("2 files")
    );
}

#[test]
fn what_is_no_circle_is_not_taken_for_one() {
    let root = "mod high; mod low; mod folder; pub use low::Low;";
    let high = "use crate::Low; pub struct High(Low);";
    let folder = "mod child; pub struct Parent; use std::fmt; fn f() { child::f() }";
    for low in [
        "pub struct Low;",
        "pub struct Low; #[cfg(test)] mod tests { use crate::high::High; }",
        "pub struct Low; /// [`crate::high::High`]\npub fn high() { other::high::High; }",
    ] {
        let child = "use super::Parent; use crate::high::High; pub fn f() {}";
        let files = [
            ("lib.rs", root),
            ("high.rs", high),
            ("low.rs", low),
            ("folder/mod.rs", folder),
            ("folder/child.rs", child),
        ];
        assert_eq!(made_up(&files), "", "{low}");
    }
}
