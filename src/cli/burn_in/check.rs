//! `watchfloor check burn-in`: whether the days are over and all of them held, for CI.

use chrono::{DateTime, Utc};

use super::told;
use crate::{
    cli::duties::troubles,
    domain::burn_in::{Day, Verdict as Comes},
    floor::Floor,
    sink::gate::{Finding, Gate, Verdict, Weight},
    text::Text,
};

/// The gate's name.
pub const NAME: &str = "burn-in";

/// Judges a settled floor.
///
/// It fails for each day that is broken, and passes once all days are over and held. It cannot judge while a day that is
/// over is not known, while the burn-in is not over, and while a line of the record or a file it rests on cannot be read.
pub fn judge(floor: &Floor, now: DateTime<Utc>) -> Gate {
    let told = told(floor, now);
    if told.is_empty() {
        return Gate::without_verdict(NAME, Verdict::NotConfigured, "no burn-in in the settings");
    }
    let mut findings = Vec::new();
    for (burn_in, standing) in &told {
        for (day, judged) in &standing.days {
            let (weight, code) = match judged {
                Day::Broken(_) => (Weight::Fails, "broken"),
                Day::Unknown(_) => (Weight::Warns, "unknown"),
                Day::Allowed(_) => (Weight::Notes, "allowed"),
                Day::Held | Day::Running | Day::Ahead => continue,
            };
            let why = judged.why().map(Text::as_str).unwrap_or_default();
            let hint = format!("watchfloor burn-in reset \"{}\" --reason \"...\" begins it anew", burn_in.name);
            let hint = if weight == Weight::Fails { hint.as_str() } else { "" };
            findings.push(finding(weight, code, &format!("{}: {day}: {why}", burn_in.name), hint));
        }
        if matches!(standing.verdict, Comes::Running | Comes::NotBegun) {
            let what = format!("{}: {} of {} days are over", burn_in.name, standing.n_over(), burn_in.days);
            findings.push(finding(Weight::Notes, "running", &what, ""));
        }
    }
    // What a line would have said of a day nobody knows.
    let unheard = troubles(floor);
    findings
        .extend(unheard.iter().map(|what| finding(Weight::Warns, "unheard", what.as_str(), "see watchfloor doctor")));
    let is_open = !unheard.is_empty() || told.iter().any(|(_, standing)| standing.verdict != Comes::Passed);
    findings.sort_by_key(|f| f.weight);
    let names: Vec<_> = told.iter().map(|(burn_in, _)| burn_in.name.as_str()).collect();
    let gate = Gate::of(NAME, Text::scrub(&names.join(", ")), findings);
    match gate.verdict {
        Verdict::Pass if is_open => Gate { verdict: Verdict::NotJudged, ..gate },
        _ => gate,
    }
}

fn finding(weight: Weight, code: &'static str, what: &str, hint: &str) -> Finding {
    let (what, hint) = (Text::scrub(what), Text::scrub(hint));
    Finding { weight, code, seat: None, people: Vec::new(), when: None, what, hint }
}
