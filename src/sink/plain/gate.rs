//! What gates found, one line a finding.

use super::Page;
use crate::{
    sink::gate::{Gate, Verdict, Weight},
    text::counted,
};

/// Writes a gate: its verdict, then what it found.
pub fn write(page: &mut Page, gate: &Gate) {
    let said = match gate.verdict {
        Verdict::Pass => "pass".to_owned(),
        Verdict::Fail => {
            let n = gate.findings.iter().filter(|finding| finding.weight == Weight::Fails).count();
            format!("FAIL: {}", counted(n, "finding", "findings"))
        }
        Verdict::Wrong => "FAIL: what the settings name is wrong".to_owned(),
        Verdict::NotJudged => "COULD NOT JUDGE".to_owned(),
        Verdict::NotConfigured => "not configured".to_owned(),
    };
    let about = if gate.about.is_blank() { String::new() } else { format!(", {}", gate.about) };
    page.whole_line(&format!("{}  {said}{about}", gate.name));
    for finding in &gate.findings {
        let hint = if finding.hint.is_blank() { String::new() } else { format!("; {}", finding.hint) };
        // Whole, however wide: what to do stands at the end, and a log is no terminal.
        page.whole_line(&format!("  {:<7}  {}{hint}", finding.weight.word(), finding.what));
    }
}
