//! `checkout completions` and `checkout man`.

use crate::support::{installed, run};

#[test]
fn every_shell_gets_a_script_that_knows_the_commands() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let (code, stdout, stderr) = run(&["completions", shell]);
        assert_eq!((code, stderr.as_str()), (Some(0), ""));
        for word in ["payin-fiat", "worldline-webhook", "dry-run"] {
            assert!(stdout.contains(word), "{shell}: {word}");
        }
    }
}

/// A shell, not a parser of ours, reads the script.
#[test]
fn bash_takes_its_script() {
    if !installed("bash") {
        return;
    }
    let (_, script, _) = run(&["completions", "bash"]);
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("checkout.bash");
    std::fs::write(&file, script).unwrap();
    let ask = "source \"$0\"; COMP_WORDS=(checkout noah payi); COMP_CWORD=2; _checkout checkout payi noah; echo \"${COMPREPLY[@]}\"";
    let shell = std::process::Command::new("bash")
        .args(["-c", ask])
        .arg(&file)
        .output()
        .unwrap();
    assert_eq!(
        String::from_utf8(shell.stdout).unwrap().trim(),
        "payin-fiat",
        "{}",
        String::from_utf8_lossy(&shell.stderr)
    );
}

#[test]
fn each_command_has_a_manual_page() {
    let (code, page, _) = run(&["man"]);
    assert_eq!(code, Some(0));
    assert!(page.contains(".TH checkout 1"), "{page}");
    assert!(page.contains("Exit codes:"), "{page}");

    let directory = tempfile::tempdir().unwrap();
    let pages = directory.path().join("man1");
    let (code, _, stderr) = run(&["man", "--out", pages.to_str().unwrap()]);
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    for page in [
        "checkout.1",
        "checkout-noah-payin-fiat.1",
        "checkout-verify-token.1",
    ] {
        let text = std::fs::read_to_string(pages.join(page)).unwrap();
        assert!(text.contains("Example") || page == "checkout.1", "{page}: {text}");
    }
}
