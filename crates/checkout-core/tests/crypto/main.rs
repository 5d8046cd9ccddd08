//! Keys and signatures against other implementations: openssl, Wycheproof, RFC 6979, `jsonwebtoken`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    missing_docs
)]

mod key_errors;
mod key_forms;
mod openssl;
mod signatures;
mod vectors;
