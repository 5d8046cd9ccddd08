//! The table of the benches.

use xtask::bench::table;

const LINES: &str = "\
sign_jws and hash the body (ES384) 1.03x bare P-384 (60.1 us vs 58.3 us, middle half 1.02x to 1.04x)
multiply 2 x 1234.56, text written 0.41x bigdecimal, no text (21.5 ns vs 52.4 ns, middle half 0.40x to 0.42x)

request, CPU beyond the signature, 1 in flight 1.04x bare + P-384 (104.0 us vs 100.0 us, middle half 1.03x to 1.06x): 4.0 us more (middle half -0.5 us to 5.8 us), aim 5.0 us: met
request, throughput, 64 in flight 0.81x signature-bound (6390 /s vs 7895 /s, middle half 0.78x to 0.86x): aim 0.95x: missed
call in flight, bytes held 1.20x bare reqwest (47161 B vs 39231 B, middle half 1.20x to 1.20x)
elsewhere skipped: CPU time is read on Linux only
";

#[test]
fn every_line_is_a_row_in_its_place() {
    insta::assert_snapshot!(table(LINES).unwrap());
}

#[test]
fn a_line_that_cannot_be_read_is_an_error_and_not_a_gap() {
    let strange = "sign 1.03x bare P-384 (60.1 us, middle half 1.02x to 1.04x)";
    let other = "running 0 tests";
    let error = table(&format!("{LINES}{strange}\n{other}\n")).unwrap_err();
    assert_eq!(error.lines().count(), 3, "{error}");
    assert!(error.contains(strange) && error.contains(other), "{error}");
}
