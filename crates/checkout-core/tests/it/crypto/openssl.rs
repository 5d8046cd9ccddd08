//! The `openssl` program in a directory of its own.

use std::{
    env, fs,
    path::PathBuf,
    process::{Command, Stdio},
};

use tempfile::TempDir;

pub(crate) struct OpenSsl {
    directory: TempDir,
}

impl OpenSsl {
    /// `None`, with a note, where the program is missing; under CI that is a failure.
    pub(crate) fn find() -> Option<Self> {
        let found = Command::new("openssl")
            .arg("version")
            .stdout(Stdio::null())
            .status()
            .is_ok();
        if !found {
            assert!(env::var("CI").as_deref() != Ok("1"), "openssl is not installed");
            eprintln!("skipped: openssl is not installed");
            return None;
        }
        Some(Self {
            directory: TempDir::new().unwrap(),
        })
    }

    /// Runs a command line (no quoting) in the directory and hands back what it prints.
    pub(crate) fn run(&self, line: &str) -> Vec<u8> {
        let output = self.output(line);
        assert!(
            output.status.success(),
            "{line}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        output.stdout
    }

    pub(crate) fn text(&self, line: &str) -> String {
        String::from_utf8(self.run(line)).unwrap()
    }

    pub(crate) fn succeeds(&self, line: &str) -> bool {
        self.output(line).status.success()
    }

    fn output(&self, line: &str) -> std::process::Output {
        let mut words = line.split_whitespace();
        Command::new(words.next().unwrap())
            .args(words)
            .current_dir(self.directory.path())
            .stdin(Stdio::null())
            .output()
            .unwrap()
    }

    /// Runs a pipeline as a user would type it.
    pub(crate) fn shell(&self, line: &str) -> String {
        let output = Command::new("sh")
            .args(["-c", line])
            .current_dir(self.directory.path())
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{line}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, contents: impl AsRef<[u8]>) {
        fs::write(self.path(name), contents).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// NOAH's own command for a key, as `private-key.pem`, and for its public half, as `public-key.pem`.
    pub(crate) fn noah_key(&self) -> String {
        self.run("openssl ecparam -name secp384r1 -genkey -noout -out private-key.pem");
        self.run("openssl ec -in private-key.pem -pubout -out public-key.pem");
        self.read("private-key.pem")
    }
}
