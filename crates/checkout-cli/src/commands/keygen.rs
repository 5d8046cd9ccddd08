//! `checkout keygen`: a key pair to sign requests to NOAH with.

use std::path::{Path, PathBuf};

use checkout_core::key::{Algorithm, SigningKey};
use clap::Args;
use secrecy::ExposeSecret as _;
use serde_json::json;

use crate::files::{Existing, FileError, vacant, write_private, write_shared};
use crate::shell::quoted;
use crate::{Failure, Output};

const FILE_NAME: &str = "noah-signing-key.pem";
const KEEP: &str = "choose another name by --out, or replace it by --force if no API key needs it any more";

/// Arguments of `checkout keygen`.
#[derive(Debug, Args)]
pub struct Keygen {
    /// A directory, or the name of the private key's file; the public key gets the same name with `.pub.pem`. A directory
    /// that is not there yet is made; to name one, end it with a slash.
    #[arg(long, value_name = "DIR|FILE", default_value = ".")]
    out: PathBuf,
    /// Replace keys that are there already.
    #[arg(long)]
    force: bool,
}

/// Makes the pair.
///
/// # Errors
/// A file is there already or cannot be written.
pub fn run(args: &Keygen, output: &mut Output) -> Result<(), Failure> {
    let private_path = private_path(&args.out);
    let public_path = public_path(&private_path);
    let existing = if args.force {
        Existing::Replace
    } else {
        Existing::Keep(KEEP)
    };
    make_directory(&private_path)?;
    if !args.force {
        // Before the private key is written, so that there is never a pair of two halves.
        vacant(&public_path, KEEP)?;
    }
    let key = SigningKey::generate(Algorithm::ES384).map_err(Failure::unavailable)?;
    let private_pem = key.to_pkcs8_pem().map_err(Failure::unavailable)?;
    write_private(&private_path, private_pem.expose_secret().as_bytes(), existing)?;
    let public_pem = key.public_key_pem();
    write_shared(&public_path, public_pem.as_bytes(), existing)?;

    let fingerprint = key.verifying_key().fingerprint();
    output.line(format_args!(
        "private key  {}, for its owner alone (PKCS#8 PEM, P-384)",
        private_path.display()
    ))?;
    output.line(format_args!("public key   {}", public_path.display()))?;
    output.lines(format_args!("fingerprint  SHA-256 {fingerprint}\n\n"))?;
    output.lines(format_args!("{public_pem}\n"))?;
    output.lines(
        "Upload the public key when you create the API key in NOAH's dashboard.\n\
         Keep the private key secret, and tell the client where it is:\n\n",
    )?;
    output.line(format_args!(
        "export NOAH_SIGNING_KEY={}",
        quoted(&absolute(&private_path).display().to_string())
    ))?;
    output.json(&json!({
        "ok": true, "private_key_path": absolute(&private_path), "public_key_path": absolute(&public_path),
        "public_key": public_pem, "public_key_sha256": fingerprint,
    }))?;
    Ok(())
}

fn private_path(out: &Path) -> PathBuf {
    let names_directory = out
        .as_os_str()
        .to_string_lossy()
        .ends_with(std::path::is_separator);
    if out.is_dir() || names_directory {
        out.join(FILE_NAME)
    } else {
        out.to_owned()
    }
}

/// The directory of the keys, for its owner alone if it is new.
fn make_directory(private: &Path) -> Result<(), FileError> {
    // The empty path is the current directory, which is there.
    let Some(directory) = private.parent().filter(|parent| !parent.as_os_str().is_empty()) else {
        return Ok(());
    };
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory).map_err(|source| FileError::Unwritable {
        path: directory.to_owned(),
        source,
    })
}

fn public_path(private: &Path) -> PathBuf {
    private.with_extension("pub.pem")
}

/// As it can be used from everywhere.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_public_key_stands_beside_the_private_one() {
        for (private, public) in [
            ("noah-signing-key.pem", "noah-signing-key.pub.pem"),
            ("keys/shop.key", "keys/shop.pub.pem"),
            ("shop", "shop.pub.pem"),
        ] {
            assert_eq!(public_path(Path::new(private)), Path::new(public));
        }
        assert_eq!(
            private_path(Path::new("nowhere/")),
            Path::new("nowhere/noah-signing-key.pem")
        );
        assert_eq!(private_path(Path::new("nowhere")), Path::new("nowhere"));
    }
}
