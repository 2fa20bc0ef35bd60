//! An escalation's ladder in lines: what was due, what is due next, whom it tells.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    domain::{
        escalation::ladder::{Ladder, Mark, Rung, Standing},
        rota::Person,
        time::between,
        zone::Zone,
    },
    text::{Text, clip, fit_left},
    tui::{theme::Slot, words},
};

/// Rungs shown of the past, and of what lies ahead: the rest is counted.
const BEHIND: usize = 4;
const AHEAD: usize = 6;

/// The ladder in lines of at most `width` columns, each with its slot; the first says where it stands.
pub fn lines(ladder: &Ladder, zone: &Zone, width: usize, now: DateTime<Utc>) -> Vec<(Slot, String)> {
    let (slot, standing) = standing(ladder, zone, now);
    let mut lines = vec![(slot, clip(&format!("escalation {}: {standing}", ladder.policy), width))];
    let n_behind = ladder.rungs.iter().filter(|rung| rung.at <= now && rung.mark != Mark::Stopped).count();
    let skipped = n_behind.saturating_sub(BEHIND);
    if 0 < skipped {
        lines.push((Slot::Dim, format!("  {skipped} earlier")));
    }
    let shown = ladder.rungs.iter().skip(skipped).take(BEHIND + AHEAD);
    let left = ladder.rungs.len().saturating_sub(skipped + BEHIND + AHEAD);
    lines.extend(shown.map(|rung| {
        let (slot, text) = line(rung, zone, now);
        (slot, clip(&text, width))
    }));
    if 0 < left {
        lines.push((Slot::Dim, format!("  {left} later")));
    }
    lines
}

/// Who is told and when: `ben.i in 4m`, `ben.i now`.
pub fn told(who: &[Person], at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    format!("{} {}", people(who), relative(at, now))
}

fn standing(ladder: &Ladder, zone: &Zone, now: DateTime<Utc>) -> (Slot, String) {
    match ladder.standing {
        Standing::Unknown => (
            Slot::Stale,
            "not known whether somebody acknowledged: its history has not been read; nobody is called".to_owned(),
        ),
        Standing::Calling => match ladder.next() {
            Some(rung) if rung.step.is_none() => {
                let what = if rung.mark == Mark::NobodyOnCall { "try, nobody on call," } else { "the alarm" };
                (Slot::Risk, format!("unacknowledged, next {what} {}", relative(rung.at, now)))
            }
            Some(rung) => (Slot::Risk, format!("unacknowledged, next {}", told(&rung.people, rung.at, now))),
            None => (Slot::Risk, "unacknowledged".to_owned()),
        },
        Standing::Exhausted => (Slot::Over, "unacknowledged, and every step was due".to_owned()),
        Standing::Acknowledged { since, until } => {
            let lapse = until.map(|at| format!(", lapses {}", words::moment(at, zone, now))).unwrap_or_default();
            (Slot::Good, format!("stopped, acknowledged {}{lapse}", words::moment(since, zone, now)))
        }
        Standing::Resolved { since } => (Slot::Dim, format!("over, closed {}", words::moment(since, zone, now))),
    }
}

fn line(rung: &Rung, zone: &Zone, now: DateTime<Utc>) -> (Slot, String) {
    let what = match rung.step {
        Some(step) if rung.round == 0 => format!("step {}", step.saturating_add(1)),
        // So many rounds come of tries that found nobody; the number has to fit.
        Some(step) if 98 < rung.round => {
            format!("step {}, try {}", step.saturating_add(1), rung.round.saturating_add(1))
        }
        Some(step) => format!("step {}, round {}", step.saturating_add(1), rung.round.saturating_add(1)),
        None => "alarm".to_owned(),
    };
    let when = words::moment(rung.at, zone, now);
    let relative = relative(rung.at, now);
    let tells = |word: &str| format!("{} {word}", fit_left(&people(&rung.people), 18));
    let retried = rung
        .retried
        .map(|again| format!(", tried every {} to {}", words::age(again.every), words::moment(again.last, zone, now)));
    let retried = retried.unwrap_or_default();
    let alarm = |why: &str| match rung.people.as_slice() {
        [] => format!("{why}{retried}; no reserve"),
        reserve => format!("{why}{retried}; reserve {}", people(reserve)),
    };
    let (slot, what_of_it) = match rung.mark {
        Mark::Said => (Slot::Text, tells("due, said here")),
        Mark::Due => (Slot::Text, tells("fell due")),
        Mark::Ahead => (Slot::Text, tells("")),
        Mark::Stopped => (Slot::Dim, tells("not needed")),
        Mark::Nobody => (Slot::Over, "nobody on call: skipped".to_owned()),
        Mark::NobodyOnCall if rung.retried.is_some() => (Slot::Over, alarm("nobody")),
        Mark::NobodyOnCall => (Slot::Over, alarm("nobody on call at all")),
        Mark::Exhausted if rung.is_ahead => (Slot::Text, alarm("if unacknowledged")),
        Mark::Exhausted => (Slot::Over, alarm("every step was due")),
    };
    let text = format!("  {}{} {} {what_of_it}", fit_left(&what, 16), fit_left(&when, 12), fit_left(&relative, 11));
    (slot, text.trim_end().to_owned())
}

/// `in 4m`, `now`, `3h 5m ago`.
fn relative(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let ahead = between(now, at);
    if ahead <= TimeDelta::zero() {
        if at == now { "now".to_owned() } else { words::ago(at, now) }
    } else {
        format!("in {}", words::age(ahead))
    }
}

fn people(people: &[Person]) -> String {
    match people {
        [] => "nobody".to_owned(),
        [one] => one.to_string(),
        [first, second] => format!("{first}, {second}"),
        [first, rest @ ..] => format!("{} +{}", Text::as_str(first), rest.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        escalation::ladder::Retried,
        time::{parse_rfc3339, plus},
    };

    fn at(minutes: i64) -> DateTime<Utc> {
        plus(parse_rfc3339("2026-11-20T09:12:00Z").unwrap(), TimeDelta::minutes(minutes))
    }

    fn rung(minutes: i64, step: Option<usize>, who: &[&str], mark: Mark) -> Rung {
        let people = who.iter().map(|person| Text::scrub(person)).collect();
        let is_ahead = 0 < minutes && mark != Mark::Stopped;
        Rung { at: at(minutes), round: 0, step, people, mark, is_ahead, retried: None }
    }

    fn shown(standing: Standing, rungs: Vec<Rung>) -> Vec<String> {
        let ladder = Ladder { policy: Text::scrub("urgent"), standing, rungs };
        lines(&ladder, &Zone::utc(), 76, at(0)).into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn a_ladder_reads_from_what_fell_due_to_the_alarm() {
        let rungs = vec![
            rung(-12, Some(0), &["ana.k"], Mark::Due),
            rung(-2, Some(1), &[], Mark::Nobody),
            rung(-2, Some(2), &["lea"], Mark::Said),
            rung(8, Some(0), &["ana.k", "ben.i"], Mark::Ahead),
            rung(18, None, &["tui.p"], Mark::Exhausted),
        ];
        let wanted = [
            "escalation urgent: unacknowledged, next ana.k, ben.i in 8m",
            "  step 1          09:00        12m ago     ana.k              fell due",
            "  step 2          09:10        2m ago      nobody on call: skipped",
            "  step 3          09:10        2m ago      lea                due, said here",
            "  step 1          09:20        in 8m       ana.k, ben.i",
            "  alarm           09:30        in 18m      if unacknowledged; reserve tui.p",
        ];
        assert_eq!(shown(Standing::Calling, rungs), wanted);
    }

    #[test]
    fn a_wait_for_somebody_is_one_line_and_the_alarm_is_named_as_the_next() {
        let again = Retried { tries: 3, every: TimeDelta::minutes(5), last: at(-2) };
        let waited = Rung { retried: Some(again), ..rung(-12, None, &[], Mark::NobodyOnCall) };
        let lines = shown(Standing::Calling, vec![waited, rung(18, None, &[], Mark::Exhausted)]);
        let begun = "  alarm           09:00        12m ago     nobody, tried every 5m to 09:10";
        assert!(lines[1].starts_with(begun), "{lines:?}");
        assert_eq!(lines[0], "escalation urgent: unacknowledged, next the alarm in 18m");
        assert_eq!(lines[2], "  alarm           09:30        in 18m      if unacknowledged; no reserve");
    }

    #[test]
    fn what_is_not_known_says_so_and_calls_nobody() {
        let [line] = &shown(Standing::Unknown, Vec::new())[..] else { panic!("one line") };
        assert!(line.starts_with("escalation urgent: not known whether somebody acknowledged"), "{line}");
    }

    #[test]
    fn a_long_ladder_is_cut_and_says_how_much() {
        let behind = (-9..0).map(|n| rung(n, Some(0), &["ana"], Mark::Due));
        let ahead = (1..9).map(|n| rung(n, Some(0), &["ana"], Mark::Ahead));
        let lines = shown(Standing::Calling, behind.chain(ahead).collect());
        assert_eq!((lines[1].as_str(), lines.last().unwrap().as_str()), ("  5 earlier", "  2 later"));
        assert_eq!(lines.len(), 1 + 1 + 10 + 1);
    }
}
