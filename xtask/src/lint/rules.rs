//! All rules: their names, and whether `[[allow]]` in the settings may accept what they find.

/// A rule of the lint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rule {
    /// Its name.
    pub name: &'static str,
    /// Whether what it finds must be corrected: the generator could not go on, its output would not compile, or a request
    /// could do what nobody meant. All else costs a description, a check or a type at most, and may be accepted.
    pub fatal: bool,
}

macro_rules! rules {
    ($($(#[$meta:meta])* $name:ident = $text:literal, $class:ident;)*) => {
        $($(#[$meta])* pub const $name: Rule = Rule { name: $text, fatal: rules!(@$class) };)*

        /// Every rule.
        pub const RULES: &[Rule] = &[$($name),*];
    };
    (@fatal) => { true };
    (@allowable) => { false };
}

rules! {
    /// A component that stands for itself.
    ALIAS_CYCLE = "alias-cycle", fatal;
    /// `allOf` around anything but one reference.
    ALL_OF = "all-of", allowable;
    /// A version of the API that cannot be sent as a header.
    API_VERSION = "api-version", fatal;
    /// Arguments of a call that share a name.
    ARGUMENT_NAME = "argument-name", fatal;
    /// A list that does not say what it holds.
    ARRAY_ITEMS = "array-items", fatal;
    /// A body that is no struct and no union, or a success that is none of these and no list or map.
    BODY_COMPONENT = "body-component", fatal;
    /// A body of which nobody says whether it may be missing.
    BODY_REQUIRED = "body-required", allowable;
    /// A callback by reference.
    CALLBACK_REF = "callback-ref", allowable;
    /// `additionalProperties: false`.
    CLOSED_OBJECT = "closed-object", allowable;
    /// A reference that leads nowhere.
    DANGLING_REF = "dangling-ref", fatal;
    /// A component or property without a description.
    DESCRIPTION = "description", allowable;
    /// A union that holds itself directly, so that its type would have no end.
    ENDLESS_UNION = "endless-union", fatal;
    /// Values that make the same variant.
    ENUM_COLLISION = "enum-collision", fatal;
    /// Values that make no variant.
    ENUM_VALUES = "enum-values", fatal;
    /// A body without an example.
    EXAMPLE = "example", allowable;
    /// A `format` that nothing checks.
    FORMAT = "format", allowable;
    /// `x-idempotency` that names nothing, or says something that cannot be read.
    IDEMPOTENCY = "idempotency", fatal;
    /// A name that makes no Rust identifier, or one that generated code keeps for itself.
    IDENTIFIER = "identifier", fatal;
    /// A list of values that stands inline.
    INLINE_ENUM = "inline-enum", allowable;
    /// An object or union that stands inline.
    INLINE_SCHEMA = "inline-schema", allowable;
    /// A date or time that stands inline.
    INLINE_TIME = "inline-time", allowable;
    /// An integer of unknown size.
    INTEGER_FORMAT = "integer-format", allowable;
    /// A keyword that the generator would drop, or that would harm what is received.
    KEYWORD = "keyword", allowable;
    /// A limit that could not be checked as it stands.
    LIMITS = "limits", allowable;
    /// An operation that does not say whether it moves money.
    MOVES_MONEY = "moves-money", allowable;
    /// Components or properties that make the same name.
    NAME_COLLISION = "name-collision", fatal;
    /// A component of which no value can exist.
    NO_VALUE = "no-value", fatal;
    /// `type: number`.
    NUMBER = "number", fatal;
    /// Anything but `application/json` alone, or a file as an answer.
    ONE_MEDIA_TYPE = "one-media-type", allowable;
    /// No 2xx answer, or several with different bodies.
    ONE_SUCCESS = "one-success", allowable;
    /// Anything but one tag.
    ONE_TAG = "one-tag", allowable;
    /// A document that is not OpenAPI 3.0.
    OPENAPI_VERSION = "openapi-version", allowable;
    /// An operation without a usable id.
    OPERATION_ID = "operation-id", fatal;
    /// `x-paging` that names what is not there or has another type.
    PAGING = "paging", fatal;
    /// A parameter in a cookie.
    PARAMETER_PLACE = "parameter-place", fatal;
    /// A parameter that is no plain value.
    PARAMETER_SCHEMA = "parameter-schema", fatal;
    /// A path that belongs to no feature of the settings, or to several.
    PATH_FEATURE = "path-feature", fatal;
    /// A path parameter that is no plain value.
    PATH_PARAMETER = "path-parameter", fatal;
    /// A path by reference.
    PATH_REF = "path-ref", allowable;
    /// A path template that could lead elsewhere, or does not match its parameters.
    PATH_TEMPLATE = "path-template", fatal;
    /// A pattern that does not compile.
    PATTERN = "pattern", fatal;
    /// A pattern that is not anchored.
    PATTERN_ANCHOR = "pattern-anchor", allowable;
    /// A query parameter that is no plain value and no list of these.
    QUERY_STYLE = "query-style", fatal;
    /// An accepted finding that must be corrected.
    REFUSED_ALLOW = "refused-allow", fatal;
    /// Keywords next to a reference.
    REF_SIBLINGS = "ref-siblings", allowable;
    /// A limit of a replaced component that nothing is known to hold.
    REPLACED_LIMITS = "replaced-limits", fatal;
    /// A required property that is not there.
    REQUIRED_PROPERTY = "required-property", allowable;
    /// `x-sensitive` with an unknown value, or where it would hide nothing.
    SENSITIVE_MARK = "sensitive-mark", allowable;
    /// A server URL that ends with a slash.
    SERVER_SLASH = "server-slash", allowable;
    /// A setting that makes no Rust name.
    SETTING_NAME = "setting-name", fatal;
    /// A header that is made from the finished request.
    SIGNING_HEADER = "signing-header", fatal;
    /// A discriminator without a union.
    STRAY_DISCRIMINATOR = "stray-discriminator", allowable;
    /// An operation without a summary.
    SUMMARY = "summary", allowable;
    /// A number or truth value where a text is due.
    TEXT = "text", allowable;
    /// A schema without a type, or with several.
    TYPE = "type", allowable;
    /// A union and its mapping that do not match.
    UNION_MAPPING = "union-mapping", fatal;
    /// A union's member that stands inline or is used elsewhere.
    UNION_MEMBER = "union-member", fatal;
    /// A union whose members cannot be told apart.
    UNION_TAG = "union-tag", fatal;
    /// A field that reads like a person's data or a credential, without a mark.
    UNMARKED_SENSITIVE = "unmarked-sensitive", allowable;
    /// A setting that matches nothing.
    UNUSED_SETTING = "unused-setting", fatal;
    /// What YAML has and JSON does not have.
    YAML = "yaml", fatal;
}
