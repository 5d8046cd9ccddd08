//! JSON Schemas that are a spec's own (feature `schemars`).

use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value};

const DEFINITIONS: &str = "#/$defs/";

/// The schema of a component, with each reference handed to `refer`; what that does not know is written in place.
///
/// Called by what [`spec_schemas!`](crate::spec_schemas) expands to.
pub fn resolve(
    document: &Value,
    name: &str,
    generator: &mut SchemaGenerator,
    refer: &dyn Fn(&str, &mut SchemaGenerator) -> Option<Schema>,
) -> Schema {
    let mut schema = document
        .get("$defs")
        .and_then(|definitions| definitions.get(name))
        .cloned()
        .unwrap_or_default();
    rewrite(document, &mut schema, generator, refer);
    Schema::try_from(schema).unwrap_or_default()
}

fn rewrite(
    document: &Value,
    value: &mut Value,
    generator: &mut SchemaGenerator,
    refer: &dyn Fn(&str, &mut SchemaGenerator) -> Option<Schema>,
) {
    let target = reference(value);
    if let Some(name) = target {
        let schema = refer(&name, generator).unwrap_or_else(|| resolve(document, &name, generator, refer));
        *value = schema.to_value();
        return;
    }
    match value {
        Value::Object(members) => members
            .values_mut()
            .for_each(|member| rewrite(document, member, generator, refer)),
        Value::Array(items) => items
            .iter_mut()
            .for_each(|item| rewrite(document, item, generator, refer)),
        _ => {}
    }
}

fn reference(value: &Value) -> Option<String> {
    let members: &Map<String, Value> = value.as_object()?;
    Some(
        members
            .get("$ref")?
            .as_str()?
            .strip_prefix(DEFINITIONS)?
            .to_owned(),
    )
}

/// Gives types the JSON Schemas of a document: `spec_schemas! { include_str!("schemas.json"), Nonce = "Nonce", }`.
#[macro_export]
macro_rules! spec_schemas {
    ($document:expr, $($type:ident = $name:literal,)*) => {
        $(impl $crate::__private::schemars::JsonSchema for $type {
            fn schema_name() -> ::std::borrow::Cow<'static, str> {
                $name.into()
            }

            fn schema_id() -> ::std::borrow::Cow<'static, str> {
                concat!(module_path!(), "::", $name).into()
            }

            fn json_schema(
                generator: &mut $crate::__private::schemars::SchemaGenerator,
            ) -> $crate::__private::schemars::Schema {
                spec_schema($name, generator)
            }
        })*

        fn spec_schema(
            name: &str,
            generator: &mut $crate::__private::schemars::SchemaGenerator,
        ) -> $crate::__private::schemars::Schema {
            static DOCUMENT: ::std::sync::LazyLock<$crate::__private::serde_json::Value> =
                ::std::sync::LazyLock::new(|| {
                    $crate::__private::serde_json::from_str($document).unwrap_or_default()
                });
            $crate::schema::resolve(&DOCUMENT, name, generator, &refer)
        }

        fn refer(
            name: &str,
            generator: &mut $crate::__private::schemars::SchemaGenerator,
        ) -> Option<$crate::__private::schemars::Schema> {
            // Of a component that is both sent and received, there are two types.
            #[allow(unreachable_patterns)]
            match name {
                $($name => Some(generator.subschema_for::<$type>()),)*
                _ => None,
            }
        }
    };
}
