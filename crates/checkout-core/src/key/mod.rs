//! ECDSA keys: loading them from text as people have it, signing tokens and messages, verifying signatures.
//!
//! A P-384 key signs ES384 (with SHA-384), a P-256 key ES256 (with SHA-256); the curve decides. Feature
//! `aws-lc-rs` (default) signs with AWS-LC. Feature `p384` adds pure Rust with deterministic signatures
//! (RFC 6979): alone it does everything, next to `aws-lc-rs` only what `SigningKey::into_deterministic` and
//! `VerifyingKey::into_pure_rust` ask for.

mod backend;
mod curve;
mod der;
mod error;
mod signing;
mod text;
mod verifying;

pub use curve::Algorithm;
pub use error::{KeyError, SignError, VerifyError};
pub use signing::SigningKey;
pub use verifying::VerifyingKey;
