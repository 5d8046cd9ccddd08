//! The APIs that this workspace covers, and where the files of each lie.

use std::path::{Path, PathBuf};

use heck::ToSnakeCase as _;

use crate::names::type_name;

/// One API.
#[derive(Debug, Clone, Copy)]
pub struct Api {
    /// Name on the command line, in `openapi/` and of the crates: `<name>-models`, `<name>-client`.
    pub name: &'static str,
    /// Folder of the call builders in `crates/hosted-checkout/src`.
    pub folder: &'static str,
}

/// Every API.
pub const ALL: &[Api] = &[
    Api {
        name: "noah",
        folder: "noah",
    },
    Api {
        name: "worldline-connect",
        folder: "worldline",
    },
];

impl Api {
    /// The API of this name.
    pub fn named(name: &str) -> Result<Self, String> {
        ALL.iter().copied().find(|api| api.name == name).ok_or_else(|| {
            let names: Vec<&str> = ALL.iter().map(|api| api.name).collect();
            format!("there is no API `{name}`; use one of: {}", names.join(", "))
        })
    }

    /// The spec, relative to the workspace.
    pub fn spec(&self) -> String {
        format!("openapi/{}.yaml", self.name)
    }

    /// The generator's settings, relative to the workspace.
    pub fn settings(&self) -> String {
        format!("openapi/{}.gen.toml", self.name)
    }

    /// A generated file of the models crate, relative to the workspace.
    pub fn models_file(&self, file: &str) -> String {
        format!("{}/{file}", self.generated_folders()[0])
    }

    /// A generated file of the client crate, relative to the workspace.
    pub fn client_file(&self, file: &str) -> String {
        format!("{}/{file}", self.generated_folders()[1])
    }

    /// The two folders that hold only generated files, of the models and of the client, relative to the workspace.
    pub fn generated_folders(&self) -> [String; 2] {
        ["models", "client"].map(|part| format!("crates/{}-{part}/src/generated", self.name))
    }

    /// The call builders, relative to the workspace.
    pub fn builders_file(&self) -> String {
        format!("crates/hosted-checkout/src/{}/generated.rs", self.folder)
    }

    /// The reference, relative to the workspace.
    pub fn reference_file(&self) -> String {
        format!("docs/reference/{}.md", self.name)
    }

    /// The models crate as a Rust path segment.
    pub fn models_crate(&self) -> String {
        format!("{}_models", self.name.to_snake_case())
    }

    /// The client crate as a Rust path segment.
    pub fn client_crate(&self) -> String {
        format!("{}_client", self.name.to_snake_case())
    }

    /// The type that the client crate offers, such as `NoahApi`.
    pub fn client_type(&self) -> syn::Ident {
        quote::format_ident!("{}Api", type_name(self.name))
    }
}

/// The workspace's root: the folder above this package. Cargo tells it at run time, for two checkouts may share a build.
pub fn workspace_root() -> PathBuf {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    let package = Path::new(&package);
    package.parent().unwrap_or(package).to_path_buf()
}
