//! Keys and signatures against other implementations: openssl, Wycheproof, RFC 6979, `jsonwebtoken`.

mod key_errors;
mod key_forms;
mod openssl;
mod signatures;
mod vectors;
