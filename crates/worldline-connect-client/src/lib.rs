//! Client of the Worldline Connect API, generated from openapi/worldline-connect.yaml.
