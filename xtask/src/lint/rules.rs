//! The names of all rules. A finding carries one, and `[[allow]]` in the settings refers to it.

macro_rules! rules {
    ($($(#[$meta:meta])* $name:ident = $text:literal;)*) => {
        $($(#[$meta])* pub const $name: &str = $text;)*

        /// Every rule.
        pub const RULES: &[&str] = &[$($name),*];
    };
}

rules! {
    /// A component that stands for itself.
    ALIAS_CYCLE = "alias-cycle";
    /// `allOf` around anything but one reference.
    ALL_OF = "all-of";
    /// Arguments of a call that share a name.
    ARGUMENT_NAME = "argument-name";
    /// A list that does not say what it holds.
    ARRAY_ITEMS = "array-items";
    /// A body or success that is no struct and no union.
    BODY_COMPONENT = "body-component";
    /// An optional body.
    BODY_REQUIRED = "body-required";
    /// A callback by reference.
    CALLBACK_REF = "callback-ref";
    /// `additionalProperties: false`.
    CLOSED_OBJECT = "closed-object";
    /// A reference that leads nowhere.
    DANGLING_REF = "dangling-ref";
    /// A component or property without a description.
    DESCRIPTION = "description";
    /// A union that holds itself directly, so that its type would have no end.
    ENDLESS_UNION = "endless-union";
    /// Values that make the same variant.
    ENUM_COLLISION = "enum-collision";
    /// Values that make no variant.
    ENUM_VALUES = "enum-values";
    /// A body without an example.
    EXAMPLE = "example";
    /// A `format` that nothing checks.
    FORMAT = "format";
    /// `x-idempotency` that names nothing, or says something that cannot be read.
    IDEMPOTENCY = "idempotency";
    /// A name that makes no Rust identifier, or one that generated code keeps for itself.
    IDENTIFIER = "identifier";
    /// A list of values that stands inline.
    INLINE_ENUM = "inline-enum";
    /// An object or union that stands inline.
    INLINE_SCHEMA = "inline-schema";
    /// A date or time that stands inline.
    INLINE_TIME = "inline-time";
    /// An integer of unknown size.
    INTEGER_FORMAT = "integer-format";
    /// A keyword that the generator would drop, or that would harm what is received.
    KEYWORD = "keyword";
    /// A limit that could not be checked as it stands.
    LIMITS = "limits";
    /// An operation that does not say whether it moves money.
    MOVES_MONEY = "moves-money";
    /// Components or properties that make the same name.
    NAME_COLLISION = "name-collision";
    /// `type: number`.
    NUMBER = "number";
    /// Anything but `application/json` alone.
    ONE_MEDIA_TYPE = "one-media-type";
    /// Anything but one 2xx answer.
    ONE_SUCCESS = "one-success";
    /// Anything but one tag.
    ONE_TAG = "one-tag";
    /// A document that is not OpenAPI 3.0.
    OPENAPI_VERSION = "openapi-version";
    /// An operation without a usable id.
    OPERATION_ID = "operation-id";
    /// A parameter in a cookie.
    PARAMETER_PLACE = "parameter-place";
    /// A parameter that is no plain value.
    PARAMETER_SCHEMA = "parameter-schema";
    /// A path parameter that could rewrite the path.
    PATH_PARAMETER = "path-parameter";
    /// A path by reference.
    PATH_REF = "path-ref";
    /// A path template and path parameters that do not match.
    PATH_TEMPLATE = "path-template";
    /// A pattern that does not compile or is not anchored.
    PATTERN = "pattern";
    /// A query parameter that is no plain value.
    QUERY_STYLE = "query-style";
    /// Keywords next to a reference.
    REF_SIBLINGS = "ref-siblings";
    /// A limit of a replaced component that nothing is known to hold.
    REPLACED_LIMITS = "replaced-limits";
    /// A required property that is not there.
    REQUIRED_PROPERTY = "required-property";
    /// `x-sensitive` with an unknown value, or where it would hide nothing.
    SENSITIVE_MARK = "sensitive-mark";
    /// A server URL that ends with a slash.
    SERVER_SLASH = "server-slash";
    /// A header that is made from the finished request.
    SIGNING_HEADER = "signing-header";
    /// A discriminator without a union.
    STRAY_DISCRIMINATOR = "stray-discriminator";
    /// An operation without a summary.
    SUMMARY = "summary";
    /// A schema without a type, or with several.
    TYPE = "type";
    /// A union and its mapping that do not match.
    UNION_MAPPING = "union-mapping";
    /// A union's member that stands inline or is used elsewhere.
    UNION_MEMBER = "union-member";
    /// A union whose members cannot be told apart.
    UNION_TAG = "union-tag";
    /// A field that reads like a person's data or a credential, without a mark.
    UNMARKED_SENSITIVE = "unmarked-sensitive";
    /// A setting that matches nothing.
    UNUSED_SETTING = "unused-setting";
}
