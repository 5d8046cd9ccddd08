//! All rules, and what each of their findings says.

use std::collections::BTreeSet;
use std::fmt::{Debug, Display};
use std::sync::LazyLock;

/// A rule of the lint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rule {
    /// Its name, by which `[[allow]]` in the settings refers to it.
    pub name: &'static str,
    /// Whether what it finds must be corrected: the generator could not go on, its output would not compile, or a request
    /// could do what nobody meant. All else costs a description, a check or a type at most, and may be accepted.
    pub fatal: bool,
}

/// Something that a rule finds.
#[derive(Debug, Clone, Copy)]
pub(super) struct RuleText {
    pub(super) rule: Rule,
    /// What is wrong. A `{}` or `{:?}` stands for what was found.
    problem: &'static str,
    /// What to do, likewise.
    remedy: &'static str,
}

impl RuleText {
    /// What is wrong and what to do, in words.
    pub(super) fn told(&self, found: &[&dyn Found]) -> [String; 2] {
        let mut found = found.iter();
        [self.problem, self.remedy].map(|text| {
            let parts = text.split_inclusive('}').map(|part| {
                if let Some(before) = part.strip_suffix("{}") {
                    found
                        .next()
                        .map_or_else(String::new, |found| format!("{before}{found}"))
                } else if let Some(before) = part.strip_suffix("{:?}") {
                    found
                        .next()
                        .map_or_else(String::new, |found| format!("{before}{found:?}"))
                } else {
                    part.to_owned()
                }
            });
            parts.collect()
        })
    }
}

/// What a finding tells, as it is or in quotes.
pub(super) trait Found: Display + Debug {}

impl<T: Display + Debug> Found for T {}

/// Every rule.
pub static RULES: LazyLock<BTreeSet<Rule>> =
    LazyLock::new(|| PROBLEMS.iter().map(|problem| problem.rule).collect());

macro_rules! problems {
    ($($name:ident = $rule:literal, $class:ident: $problem:literal => $remedy:literal;)*) => {
        $(pub(super) const $name: RuleText = RuleText {
            rule: Rule { name: $rule, fatal: problems!(@$class) },
            problem: $problem,
            remedy: $remedy,
        };)*

        const PROBLEMS: &[RuleText] = &[$($name),*];
    };
    (@fatal) => { true };
    (@allowable) => { false };
}

problems! {
    ALIAS_CYCLE = "alias-cycle", fatal: "{} has no type of its own, and stands for itself in the end"
        => "hold it in a property of an object component";
    ALL_OF = "all-of", allowable: "allOf is supported only around a single reference, to describe a property in its own words"
        => "list the properties in one component";
    API_VERSION = "api-version", fatal: "the version of the API is {}, which is no text in ASCII"
        => "write letters, digits and signs of ASCII, in quotes: `version: \'1.10\'`";
    ARGUMENT_NAME = "argument-name", fatal: "{}"
        => "refer to a component of another name, or leave the parameter to the hand-written type";
    ARGUMENT_TYPE = "facade-name", fatal: "an argument is of the type {}, which the generated code has another use for"
        => "give the component another name";
    HANDLE_NAME = "facade-name", fatal: "the tag {} makes the handle {}, a name that an argument or the generated code has too"
        => "rename the tag, or the component; or name another handle by `on` in the settings";
    CALL_NAME = "facade-name", fatal: "{} makes the call {}, which every handle has"
        => "give the call a `name` in the settings";
    SAME_CALL = "facade-name", fatal: "{} makes the call {}.{}, and so does {}"
        => "give one of them a `name` in the settings";
    SAME_HANDLE = "facade-name", fatal: "the handle {} would be that of {} and of {}"
        => "rename a tag, or name another handle by `on` in the settings";
    ARRAY_ITEMS = "array-items", fatal: "the array has no items" => "say what it holds";
    NO_BODY_COMPONENT = "body-component", fatal: "there is no component for the body, so the call would go without one"
        => "refer to a component of components/schemas, under application/json";
    BODY_COMPONENT = "body-component", fatal: "{} is {}, or its name is taken"
        => "refer to such a component, by another name than Error, Prepared or Response{}";
    BODY_REQUIRED = "body-required", allowable: "nothing says whether a request may come without the body, and OpenAPI takes that as a yes"
        => "write `required: true` or `required: false`";
    CALLBACK_REF = "callback-ref", allowable: "the callback is a reference, which cannot be read" => "write it here";
    CLOSED_OBJECT = "closed-object", allowable: "a closed object fails on the first field that the API adds" => "remove it";
    DANGLING_ANSWER = "dangling-ref", fatal: "the answer's reference leads nowhere" => "correct the reference";
    DANGLING_PARAMETER = "dangling-ref", fatal: "the parameter's reference leads nowhere" => "correct the reference";
    DANGLING_REF = "dangling-ref", fatal: "{} is no component schema of this document"
        => "correct the reference, or add the component";
    NO_COMPONENT_DESCRIPTION = "description", allowable: "the component has no description" => "say what it is for, with units";
    NO_PROPERTY_DESCRIPTION = "description", allowable: "the property has no description" => "say what it is for, with units";
    ENDLESS_UNION = "endless-union", fatal: "{} holds itself with no list or map between, so its type would have no end"
        => "put a list between, or replace the component in the settings";
    ENUM_COLLISION = "enum-collision", fatal: "the values {:?} and {:?} make the same variant {}"
        => "leave one out with an `x-` note: it will still be read, as an unknown value";
    NO_VALUES = "enum-values", fatal: "the list of values is empty" => "list the known values";
    VALUE_NO_TEXT = "enum-values", fatal: "{} is not text" => "list texts only";
    VARIANT_NAME = "enum-values", fatal: "the value {:?} makes no usable variant name"
        => "leave it out with an `x-` note: it will still be read, as an unknown value";
    DESCRIBED_NO_VALUE = "enum-values", fatal: "{:?} is described but is no value" => "remove the description, or add the value";
    EXAMPLE = "example", allowable: "there is no example" => "add one under `examples`: tests decode and check it";
    FORMAT = "format", allowable: "the format {} of type {:?} is not checked" => "use one of {} on a string, or a pattern, or words";
    NO_KEY = "idempotency", fatal: "{} names no property of the body and no header parameter"
        => "write `{in: body, name: PROPERTY}`, with `OBJECT/PROPERTY` for one of an object in the body, or `{in: header, name: HEADER}`";
    KEY_OPTIONAL = "idempotency", fatal: "the key stands in a body that may be left out, and with it the key"
        => "write `required: true` at the body";
    KEY_LIFE = "idempotency", fatal: "{} is no number of hours"
        => "write a whole number from 1 up, or leave it out where nobody says how long a key is remembered";
    KEY_PART = "idempotency", fatal: "{} is no part of the extension, so it would say nothing"
        => "use `in`, `name` and `hours`, and `x-` names for notes";
    TYPE_NAME = "identifier", fatal: "{} makes no usable type name"
        => "begin the name with a letter, and use no word of Rust or of the generated code";
    FIELD_NAME = "identifier", fatal: "{} makes no usable field name"
        => "this cannot be generated; replace the component in the settings";
    PARAMETER_NAME = "identifier", fatal: "{:?} makes no usable argument name"
        => "this cannot be generated; leave the parameter out, and set it by hand";
    HEADER_NAME = "identifier", fatal: "{:?} is no name of a header" => "use letters, digits and hyphens";
    INLINE_ENUM = "inline-enum", allowable: "the list of values stands inline, so its type would be named after its place"
        => "move it to components/schemas and refer to it";
    INLINE_SCHEMA = "inline-schema", allowable: "the schema stands inline, so its type would be named after its place"
        => "move it to components/schemas and refer to it";
    INLINE_TIME = "inline-time", allowable: "a date or time that is no component would not keep its text"
        => "refer to the component Date or DateTime";
    INTEGER_FORMAT = "integer-format", allowable: "the format does not say how large the integer can be"
        => "write `format: int32` or `format: int64`";
    PARAMETER_KEYWORD = "keyword", allowable: "{} is ignored: each value is escaped, and sent as it is given" => "remove it";
    ANY_OF = "keyword", allowable: "anyOf compiles to a type that fails on every value"
        => "use a oneOf with a discriminator, or x-extensible-enum";
    NOT = "keyword", allowable: "not has no Rust type" => "describe the rule in words, and check it by hand";
    NULLABLE = "keyword", allowable: "an optional field reads null as absent already" => "make the property optional";
    DEFAULT = "keyword", allowable: "a default would be sent on every request" => "describe the default in words";
    EXCLUSIVE_MINIMUM = "keyword", allowable: "exclusiveMinimum is not checked" => "raise `minimum` by one";
    EXCLUSIVE_MAXIMUM = "keyword", allowable: "exclusiveMaximum is not checked" => "lower `maximum` by one";
    PATTERN_PROPERTIES = "keyword", allowable: "patternProperties is not part of OpenAPI 3.0" => "use additionalProperties";
    CONST = "keyword", allowable: "const is not part of OpenAPI 3.0" => "use an enum of one value";
    IGNORED_KEYWORD = "keyword", allowable: "{} is ignored" => "use a component for each direction";
    UNCHECKED_KEYWORD = "keyword", allowable: "{} is not checked" => "describe the rule in words, and check it by hand";
    LIMIT_OF_OTHER_TYPE = "limits", allowable: "{} on type {:?} is not checked" => "it belongs to type {:?}; remove it";
    LIMIT = "limits", allowable: "{}: {} cannot be checked as it stands"
        => "write a whole number that fits; quote a pattern; `true` or `false` for uniqueItems";
    LIMITS_CROSSED = "limits", allowable: "{} is above {}" => "correct one of them";
    MOVES_MONEY = "moves-money", allowable: "nothing says whether a success can move money" => "add `x-moves-money: true` or `false`";
    SAME_TYPE_NAME = "name-collision", fatal: "{} and {} make the same type name {}" => "rename one of them";
    SAME_FIELD_NAME = "name-collision", fatal: "{} and {} make the same field name {}"
        => "this cannot be generated; replace the component in the settings";
    NO_VALUE = "no-value", fatal: "no {} can exist: {}" => "make a property on the way optional, or let a list on the way be empty";
    NUMBER = "number", fatal: "a JSON number becomes a float, which cannot hold money"
        => "use the component PositiveDecimal, or an integer of minor units";
    ONE_MEDIA_TYPE = "one-media-type", allowable: "the media types are {}; the generator takes one, application/json"
        => "keep application/json alone; a file that is received is one other type with `{type: string, format: binary}`; leave out an operation that sends a file (multipart), and form its request by hand";
    ONE_SUCCESS = "one-success", allowable: "the successes are {}; a call has one result type"
        => "keep one 2xx answer, or several of which each has the same body or none";
    ONE_TAG = "one-tag", allowable: "the operation has {} tags" => "give it exactly one: it names the group of the call";
    OPENAPI_VERSION = "openapi-version", allowable: "the document says OpenAPI {}; the generator reads 3.0.x"
        => "write `openapi: 3.0.3`";
    NO_OPERATION_ID = "operation-id", fatal: "the operation has no operationId, so its method would have no name"
        => "add `operationId`, in camelCase";
    SAME_METHOD = "operation-id", fatal: "{} makes the same method name as the operation at {}"
        => "give one of them another operationId";
    METHOD_NAME = "operation-id", fatal: "{} makes no usable method name" => "choose a name of two words, such as createThing";
    NO_CAMEL_CASE = "operation-id", fatal: "{} is not camelCase" => "use letters and digits, beginning with a lower-case letter";
    PAGING_BY = "paging", fatal: "nothing says how the next page is known" => "write `by: token` or `by: offset`";
    PAGING_FIELD = "paging", fatal: "{:?} is no {} that can be the {} of a page"
        => "name one: a text for a token, an integer for size, offset and total, a list for items";
    PAGING_PART = "paging", fatal: "{} is no part of the extension, so it would say nothing" => "remove it, or correct its name";
    PARAMETER_PLACE = "parameter-place", fatal: "a parameter in {} is not supported" => "use path, query or header";
    NO_PARAMETER_SCHEMA = "parameter-schema", fatal: "the parameter has no schema (`content` is not supported)"
        => "give it a `schema`";
    NO_PLAIN_HEADER = "parameter-schema", fatal: "header {} is a list, an object or free-form"
        => "use one plain value for each header";
    PATH_FEATURE = "path-feature", fatal: "{} belongs to {} features, and must belong to one"
        => "name a prefix of its path that no other feature's begins with";
    OPTIONAL_IN_PATH = "path-parameter", fatal: "path parameter {} is optional, and a path cannot do without it"
        => "write `required: true`";
    NO_PLAIN_SEGMENT = "path-parameter", fatal: "path parameter {} is a list, an object or free-form"
        => "use one plain value for each part of the path";
    PATH_REF = "path-ref", allowable: "the path item is a reference, which the generator does not follow"
        => "write the operations here";
    PATH = "path-template", fatal: "the path {}"
        => "write each segment plainly, as it is sent: letters, digits, `{parameter}` and -._~!$&'()*+,;=:@";
    UNDECLARED_IN_PATH = "path-template", fatal: "the path has {{}}, and no path parameter has that name" => "declare the parameter";
    NOT_IN_PATH = "path-template", fatal: "there is a path parameter {}, and the path has no {{}}"
        => "remove the parameter, or put it into the path";
    PATTERN = "pattern", fatal: "the pattern does not compile: {}" => "correct it";
    PATTERN_COMMON = "pattern", fatal: "the pattern says what not every engine reads alike"
        => "write it with characters, classes that list them, \\d, (…), | and quantifiers";
    PATTERN_ANCHOR = "pattern-anchor", allowable: "the pattern is not anchored, so it would match anywhere in a text"
        => "begin it with ^ and end it with $, and put what stands between into (?:…) if it has a `|`";
    QUERY_STYLE = "query-style", fatal: "a query parameter that is no plain value or list of these, or not of style `form` with a name for each item, is not supported"
        => "use a plain value, or a list that repeats its name for each item; leave out `style` and `explode`";
    QUERY_ONCE = "query-style", fatal: "a list repeats its name in the query, and the API's signature holds each name once (`query_names_once`)"
        => "use a plain value";
    REF_SIBLINGS = "ref-siblings", allowable: "OpenAPI 3.0 ignores {} next to a reference"
        => "wrap the reference: `allOf: [{$ref: …}]`";
    REFUSED_ALLOW = "refused-allow", fatal: "what {} finds cannot be accepted: the generator does not survive it, or a request could do what nobody meant"
        => "correct what it found, and remove the entry";
    REPLACED_LIMITS = "replaced-limits", fatal: "{} has the limits {}, and nothing says that {} holds them"
        => "name them under `holds` once the type checks them, or refuses any other value from the start";
    REQUIRED_PROPERTY = "required-property", allowable: "{} is required but is no property" => "add the property, or correct the name";
    UNKNOWN_MARK = "sensitive-mark", allowable: "{} is no mark, so it would hide nothing"
        => "write `personal`, `secret`, or `none` where the value may be printed";
    MARK_ON_TYPE = "sensitive-mark", allowable: "{} has a type of its own, which prints whatever its mark says"
        => "mark the texts within it, or the properties that refer to it";
    SERVER_SLASH = "server-slash", allowable: "the server URL ends with a slash, which would double the one of each path"
        => "remove the slash";
    SETTING_NAME = "setting-name", fatal: "{:?} is no Rust {}" => "correct it";
    SIGNING_HEADER = "signing-header", fatal: "{} is made from the finished request, so it cannot be a parameter"
        => "declare it as a security scheme";
    STRAY_DISCRIMINATOR = "stray-discriminator", allowable: "a discriminator without a oneOf has no effect"
        => "remove it, or add the oneOf";
    SUMMARY = "summary", allowable: "the operation has no summary, so its method would have no docs" => "add one line";
    TEXT = "text", allowable: "a text is due here, and {} is none: YAML reads what has no quotes as a number or a truth value"
        => "put it into quotes, as it was meant";
    KEYWORD_TYPE = "type", allowable: "{} is {}, and this is none, so it would say nothing" => "write {}";
    UNKNOWN_TYPE = "type", allowable: "{} is no type of OpenAPI 3.0" => "use string, integer, boolean, array or object";
    SEVERAL_TYPES = "type", allowable: "a list of types is not part of OpenAPI 3.0" => "use one type";
    NO_TYPE = "type", allowable: "the schema has no type" => "add `type`; free-form JSON is `type: object`";
    UNTAGGED_NO_MEMBER = "union-mapping", fatal: "{} is no member" => "correct the name, or add the member to `oneOf`";
    MEMBER_WITHOUT_TAG = "union-mapping", fatal: "member {} has no tag value in the mapping"
        => "add it to `mapping`, or name it as `x-untagged`";
    TAG_NAME = "union-mapping", fatal: "the tag value {:?} makes no usable variant name"
        => "leave it out: an object with that tag will still be read, as an unknown member";
    TAG_COLLISION = "union-mapping", fatal: "the tag values {:?} and {:?} make the same variant {}"
        => "leave one out: an object with that tag will still be read, as an unknown member";
    MAPPED_NO_MEMBER = "union-mapping", fatal: "the mapping of {:?} leads to {}, which is no member"
        => "correct the mapping, or add the member to `oneOf`";
    MEMBER_WITH_TWO_TAGS = "union-mapping", fatal: "{:?} and {:?} lead to the same member {}, so its tag would be lost"
        => "give each tag value a component of its own";
    INLINE_MEMBER = "union-member", fatal: "a member stands inline" => "move every member to components/schemas and refer to it";
    MEMBER_NO_TYPE = "union-member", fatal: "{} is a list, a map, a number or another name, and has no type of its own"
        => "hold it in a property of an object component";
    MEMBER_ELSEWHERE = "union-member", fatal: "{} is used outside its union, where its {} would be missing"
        => "refer to the union, or to a component of its own without the tag";
    NO_TAG = "union-tag", fatal: "nothing tells the members apart, so the first that happens to fit would win"
        => "add a `discriminator` with a `mapping`, or `x-selected-by` where the tag stands beside the union";
    NO_MAPPING = "union-tag", fatal: "the union has no mapping from tag values to members"
        => "add `mapping`, one line for each member";
    MEMBER_TAG = "union-tag", fatal: "a union tells {} by {} = {:?}, but the member does not require just that"
        => "make `{}` a required property with `enum: [{}]`";
    UNMARKED_SENSITIVE = "unmarked-sensitive", allowable: "{} reads like a person's data or a credential, and nothing says whether it may be printed"
        => "add `x-sensitive: personal`, `secret`, or `none` where it may be printed";
    UNUSED_CALL = "unused-setting", fatal: "there is no operation {}" => "remove the entry, or correct the operationId";
    UNUSED_REPLACE = "unused-setting", fatal: "there is no component schema {} to replace" => "remove the entry, or correct its name";
    UNUSED_HOLDS = "unused-setting", fatal: "{} has no {}" => "remove it, or correct its name";
    UNUSED_FEATURE = "unused-setting", fatal: "no path begins with {}" => "remove the entry, or correct the prefix";
    UNUSED_ALLOW = "unused-setting", fatal: "no finding of rule {} at {}" => "remove the entry";
    NO_REASON = "unused-setting", fatal: "an accepted finding has no reason" => "say why it is accepted";
    UNUSED_FIELD = "unused-setting", fatal: "the body of {} has no property {}" => "remove the entry, or correct the property's name";
    NO_ECHO = "unused-setting", fatal: "the answer of {} has no {}"
        => "correct the JSON pointer";
    ECHO_TYPES = "unused-setting", fatal: "{} is {}, and {} in the answer is {}, so that they cannot be compared"
        => "name an amount for an amount, a text for a text, a number for a number";
    UNUSED_AT_MOST = "unused-setting", fatal: "{} is not listed under `echo`" => "remove it, or say there where the answer has it";
    UNUSED_PARAMETER = "unused-setting", fatal: "no operation has a parameter {}" => "remove it, or correct the parameter's name";
    UNUSED_JUDGED = "unused-setting", fatal: "there is no component schema {}" => "remove it, or correct its name";
    YAML = "yaml", fatal: "{}" => "{}";
}
