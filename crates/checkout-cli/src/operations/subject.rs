//! An operation as the command sees it, and how it is called.

use checkout_core::Operation;
use checkout_core::described::{DescribedOperation, Description};
use heck::ToKebabCase as _;

use super::overlay::Extra;
use crate::api::Api;

/// An operation, as its command sees it.
#[derive(Clone, Copy)]
pub(crate) struct Subject {
    pub(crate) api: Api,
    pub(crate) operation: &'static Operation,
    pub(crate) is: &'static DescribedOperation,
    pub(super) extra: &'static Extra,
}

impl Api {
    /// Its spec as data.
    pub(crate) fn described(self) -> &'static Description {
        match self {
            Self::Noah => noah_models::described(),
            Self::Worldline => worldline_connect_models::described(),
        }
    }

    /// Every operation, in the order of the spec.
    pub(crate) fn subjects(self) -> impl Iterator<Item = Subject> {
        let described = self.described();
        self.operations().iter().filter_map(move |operation| {
            Some(Subject {
                api: self,
                operation,
                is: described.operation(operation.id)?,
                extra: Extra::of(operation.id),
            })
        })
    }

    /// The parameters that its client fills in by itself.
    pub(super) const fn known_parameter(self) -> Option<&'static str> {
        match self {
            Self::Noah => None,
            Self::Worldline => Some("merchantId"),
        }
    }

    /// Those that its commands call. What a customer's device calls is none of them.
    pub(crate) fn commands(self) -> impl Iterator<Item = Subject> {
        self.subjects().filter(move |subject| {
            let known = self.known_parameter();
            known.is_none_or(|name| subject.is.parameters.iter().any(|it| it.name == name))
        })
    }
}

impl Subject {
    /// By its id.
    pub(crate) fn find(api: Api, id: &str) -> Option<Self> {
        api.subjects().find(|subject| subject.is.id == id)
    }

    /// Its command below that of its API: the tag and the method.
    pub(crate) fn words(&self) -> [String; 2] {
        [self.tag(), self.method()]
    }

    /// All words of its command; empty for what only a device calls.
    pub(crate) fn command(&self) -> String {
        let is_command = self.api.commands().any(|other| other.is.id == self.is.id);
        let [tag, method] = self.words();
        if is_command {
            format!("checkout {} {tag} {method}", self.api.command())
        } else {
            String::new()
        }
    }

    /// A value for each parameter that must be there, as the spec shows it.
    pub(crate) fn stand_ins(&self) -> Vec<(String, String)> {
        let described = self.api.described();
        let needed = self
            .is
            .parameters
            .iter()
            .filter(|it| it.required && self.api.known_parameter() != Some(&it.name));
        needed
            .map(|parameter| {
                let (_, schema) = described.resolve(&parameter.schema);
                let value = parameter.example.as_ref().unwrap_or(&schema["examples"][0]);
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                (parameter.name.clone(), text)
            })
            .collect()
    }

    pub(super) fn tag(&self) -> String {
        match self.is.tag.as_str() {
            // `checkout noah help` shows the help.
            "Help" => "help-sessions".to_owned(),
            tag => tag.to_kebab_case(),
        }
    }

    /// As the library calls it.
    pub(super) fn method(&self) -> String {
        self.is.call.to_kebab_case()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::overlay;

    #[test]
    fn no_row_is_of_an_operation_that_is_gone() {
        for row in overlay::ROWS {
            let is_there = |api| Subject::find(api, row.id).is_some();
            assert!(is_there(Api::Noah) || is_there(Api::Worldline), "{}", row.id);
        }
    }
}
