//! `checkout keygen`.

use std::path::Path;
use std::process::Command;

use checkout_core::key::SigningKey;

use crate::support::{installed, run, run_with};

fn openssl(args: &[&str]) -> String {
    let output = Command::new("openssl").args(args).output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn openssl_reads_the_pair_as_one() {
    if !installed("openssl") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().to_str().unwrap();
    let made = run_with(&["keygen", "--out", out, "--json"], &[], b"").json();
    let path = |name: &str| made[name].as_str().unwrap().to_owned();
    let (private, public) = (path("private_key_path"), path("public_key_path"));

    let text = openssl(&["pkey", "-in", &private, "-noout", "-text"]);
    assert!(
        text.contains("NIST CURVE: P-384") || text.contains("secp384r1"),
        "{text}"
    );
    let derived = openssl(&["pkey", "-in", &private, "-pubout"]);
    assert_eq!(derived, std::fs::read_to_string(&public).unwrap());
    assert_eq!(made["public_key"], derived);
    let pem = std::fs::read_to_string(&private).unwrap();
    assert!(pem.starts_with("-----BEGIN PRIVATE KEY-----\n"), "PKCS#8");
    assert_eq!(
        made["public_key_sha256"],
        SigningKey::from_pem(&pem).unwrap().verifying_key().fingerprint()
    );
}

#[cfg(unix)]
#[test]
fn the_private_key_is_for_its_owner_alone_and_never_printed() {
    use std::os::unix::fs::PermissionsExt as _;

    let directory = tempfile::tempdir().unwrap();
    let key = directory.path().join("shop.pem");
    let (code, stdout, stderr) = run(&["keygen", "--out", key.to_str().unwrap()]);
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    assert_eq!(key.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!stdout.contains("PRIVATE KEY"));
    let told = stdout
        .replace(directory.path().to_str().unwrap(), "[dir]")
        .lines()
        .map(|line| {
            if line.starts_with("MHYw") || line.len() == 64 && !line.contains(' ') {
                "[key]"
            } else {
                line
            }
        })
        .collect::<Vec<_>>()
        .join("\n");
    let mut settings = crate::support::redacted();
    settings.add_filter(r"(?m)^[A-Za-z0-9+/=]{32,64}$", "[key]");
    settings.bind(|| insta::assert_snapshot!(told));
}

#[test]
fn a_key_that_is_there_is_kept_unless_forced() {
    let directory = tempfile::tempdir().unwrap();
    let key = directory.path().join("shop.pem");
    let args = ["keygen", "--out", key.to_str().unwrap()];
    let read = |path: &Path| std::fs::read_to_string(path).unwrap();
    assert_eq!(run(&args).0, Some(0));
    let first = read(&key);

    let (code, stdout, stderr) = run(&args);
    assert_eq!((code, stdout.as_str()), (Some(3), ""));
    assert!(
        stderr.contains("is there already and is left as it is"),
        "{stderr}"
    );
    // Not even where one half is gone.
    std::fs::remove_file(directory.path().join("shop.pub.pem")).unwrap();
    assert_eq!(run(&args).0, Some(3));
    assert_eq!(read(&key), first);

    assert_eq!(run(&[&args[..], &["--force"]].concat()).0, Some(0));
    assert_ne!(read(&key), first);
    let public = SigningKey::from_pem(&read(&key)).unwrap().public_key_pem();
    assert_eq!(read(&directory.path().join("shop.pub.pem")), public);
}

#[cfg(unix)]
#[test]
fn the_examples_of_the_help_work_in_an_empty_directory() {
    use std::os::unix::fs::PermissionsExt as _;

    let directory = tempfile::tempdir().unwrap();
    for out in ["keys/", "more/keys/shop-2027.pem"] {
        let out = format!("{}/{out}", directory.path().display());
        let (code, _, stderr) = run(&["keygen", "--out", &out]);
        assert_eq!((code, stderr.as_str()), (Some(0), ""));
    }
    let keys = directory.path().join("keys");
    assert!(keys.join("noah-signing-key.pub.pem").is_file());
    assert_eq!(keys.metadata().unwrap().permissions().mode() & 0o777, 0o700);
}
