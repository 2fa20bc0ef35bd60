//! What gates found, one line a finding; many alike, one line for them all.

use std::collections::HashMap;

use super::Page;
use crate::{
    sink::gate::{Finding, Gate, Verdict, Weight},
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
    let alike = groups(&gate.findings);
    let is_short = alike.iter().any(|group| FEW < group.len());
    for group in alike {
        if group.len() <= FEW {
            group.iter().for_each(|finding| line(page, finding, ""));
        } else if let (Some(first), Some(last)) =
            (group.first(), group.iter().max_by_key(|f| f.when.map(|(_, end)| end)))
        {
            let until = end_in_words(last).map(|end| format!(" until {end}")).unwrap_or_default();
            line(page, first, &format!(", and {} more{until}", group.len() - 1));
        }
    }
    if is_short {
        page.whole_line("  --json names each of them");
    }
}

/// So many findings that differ in nothing but their time are each said.
const FEW: usize = 3;

fn line(page: &mut Page, finding: &Finding, more: &str) {
    let hint = if finding.hint.is_blank() { String::new() } else { format!("; {}", finding.hint) };
    // Whole, however wide: what to do stands at the end, and a log is no terminal.
    page.whole_line(&format!("  {:<7}  {}{more}{hint}", finding.weight.word(), finding.what));
}

/// Findings that say the same of several stretches of time together, where the first of them stands.
fn groups(findings: &[Finding]) -> Vec<Vec<&Finding>> {
    let mut places: HashMap<_, usize> = HashMap::new();
    let mut groups: Vec<Vec<&Finding>> = Vec::new();
    for finding in findings {
        let key = (finding.weight, finding.code, finding.seat.as_ref(), without_time(finding));
        let place = *places.entry(key).or_insert(groups.len());
        match groups.get_mut(place) {
            Some(group) => group.push(finding),
            None => groups.push(vec![finding]),
        }
    }
    groups
}

/// A finding's words without its stretch of time, which stands at their end.
fn without_time(finding: &Finding) -> &str {
    let what = finding.what.as_str();
    let is_stretch = finding.when.is_some_and(|(start, end)| start < end);
    what.rsplit_once(" from ").filter(|_| is_stretch).map_or(what, |(subject, _)| subject)
}

/// `Mon 23 Nov 2026 09:00 CET` of `… to Mon 23 Nov 2026 09:00 CET (8h)`.
fn end_in_words(finding: &Finding) -> Option<&str> {
    let (_, end) = finding.what.as_str().rsplit_once(" to ")?;
    Some(end.split_once(" (").map_or(end, |(end, _)| end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{domain::time::parse_rfc3339, text::Text};

    fn finding(what: &str, day: u32) -> Finding {
        let at = |hour: u32| parse_rfc3339(&format!("2026-11-{day:02}T{hour:02}:00:00Z")).unwrap();
        let what = format!("{what} from {day} Nov 09:00 CET to {day} Nov 17:00 CET (8h)");
        Finding {
            weight: Weight::Warns,
            code: "several_seats",
            seat: None,
            people: Vec::new(),
            when: Some((at(8), at(16))),
            what: Text::scrub(&what),
            hint: Text::scrub("part them"),
        }
    }

    #[test]
    fn what_is_equal_but_for_its_time_is_said_once_with_how_often_and_until_when() {
        let mut findings: Vec<Finding> =
            (1..=15).map(|day| finding("ana.k is primary and backup at once", day)).collect();
        findings.insert(1, finding("ben.i is primary and backup at once", 3));
        let mut page = Page::new(80);
        write(&mut page, &Gate::of("oncall", Text::default(), findings));
        let text = page.finish();
        let wanted = "oncall  pass\n  warning  ana.k is primary and backup at once from 1 Nov 09:00 CET to 1 Nov 17:00 CET (8h), \
            and 14 more until 15 Nov 17:00 CET; part them\n  warning  ben.i is primary and backup at once from 3 Nov 09:00 CET to \
            3 Nov 17:00 CET (8h); part them\n  --json names each of them\n";
        assert_eq!(text, wanted);
    }
}
