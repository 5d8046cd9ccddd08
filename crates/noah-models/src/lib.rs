//! Types of the NOAH hosted checkout API, generated from openapi/noah.yaml.
