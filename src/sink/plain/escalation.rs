//! The ladder of an escalation as rows, and who is told next.

use chrono::{DateTime, TimeDelta, Utc};

use super::{ANY, Page, Side, Table, words};
use crate::{
    domain::{
        escalation::ladder::{Ladder, Mark, Rung, Standing},
        time::{between, short_span},
        zone::Zone,
    },
    sink::board::Judged,
};

/// Incidents named whose next step is ahead.
const NEXT: usize = 5;

/// Names the incidents whose next step comes first.
pub(super) fn next(page: &mut Page, incidents: &[Judged<'_>], now: DateTime<Utc>) {
    let ahead = |judged: &Judged<'_>| judged.ladder.as_ref().and_then(Ladder::next).map(|rung| rung.at);
    let mut coming: Vec<(DateTime<Utc>, &Judged<'_>)> =
        incidents.iter().filter_map(|judged| Some((ahead(judged)?, judged))).collect();
    coming.sort_by_key(|(at, _)| *at);
    for (_, judged) in coming.into_iter().take(NEXT) {
        if let Some(rung) = judged.ladder.as_ref().and_then(Ladder::next) {
            let (grade, key) = (judged.verdict.grade.word(), judged.incident.key.short());
            page.line(&format!("  unacknowledged {grade} {key}: next {}", in_words(rung, now)));
        }
    }
}

fn in_words(rung: &Rung, now: DateTime<Utc>) -> String {
    let when = relative(rung.at, now);
    match rung.step {
        Some(step) => format!("step {}, {}, {when}", step.saturating_add(1), words::names(&rung.people)),
        None if rung.mark == Mark::NobodyOnCall => format!("try, nobody on call, {when}"),
        None => format!("the alarm {when}"),
    }
}

/// Writes the section; says so where the incident does not escalate.
pub fn write(page: &mut Page, judged: &Judged<'_>, zone: &Zone, now: DateTime<Utc>) {
    let Some(ladder) = &judged.ladder else {
        match judged.roster_away {
            Some(why) => page.line(&format!("ESCALATION  not known: the roster could not be read: {why}")),
            None => page.line("ESCALATION  none: no policy of the roster is for its priority"),
        }
        return;
    };
    let standing = match ladder.standing {
        Standing::Unknown => {
            "not known whether somebody acknowledged: its history has not been read; nobody is called".to_owned()
        }
        Standing::Calling => "unacknowledged".to_owned(),
        Standing::Exhausted => "unacknowledged, and every step was due".to_owned(),
        Standing::Acknowledged { since, until } => {
            let lapse = until.map(|at| format!(", lapses {}", words::moment(at, zone))).unwrap_or_default();
            format!("stopped, acknowledged {}{lapse}", words::moment(since, zone))
        }
        Standing::Resolved { since } => format!("over, closed {}", words::moment(since, zone)),
    };
    page.line(&format!("ESCALATION  {}: {standing}", ladder.policy));
    let mut table = Table::new([(Side::Left, 16), (Side::Left, 16), (Side::Left, 11), (Side::Left, ANY)]);
    for rung in &ladder.rungs {
        table.row(row(rung, zone, now));
        if let Some(again) = rung.retried {
            let tries = format!("{} tries, one every {}", again.tries, short_span(again.every));
            table.row(["  last try".to_owned(), words::moment(again.last, zone), relative(again.last, now), tries]);
        }
    }
    page.table(&table);
}

fn row(rung: &Rung, zone: &Zone, now: DateTime<Utc>) -> [String; 4] {
    let what = match rung.step {
        Some(step) if rung.round == 0 => format!("step {}", step.saturating_add(1)),
        // So many rounds come of tries that found nobody; the number has to fit.
        Some(step) if 98 < rung.round => {
            format!("step {}, try {}", step.saturating_add(1), rung.round.saturating_add(1))
        }
        Some(step) => format!("step {}, round {}", step.saturating_add(1), rung.round.saturating_add(1)),
        None => "alarm".to_owned(),
    };
    let names = words::names(&rung.people);
    let alarm = |why: &str| match rung.people.as_slice() {
        [] => format!("{why}; no reserve"),
        [..] => format!("{why}; reserve {names}"),
    };
    let of_it = match rung.mark {
        Mark::Said => format!("{names}, due, said here"),
        Mark::Due => format!("{names}, fell due"),
        Mark::Ahead => names,
        Mark::Stopped => format!("{names}, not needed"),
        Mark::Nobody => "nobody on call: skipped".to_owned(),
        Mark::NobodyOnCall => alarm("nobody on call"),
        Mark::Exhausted if rung.is_ahead => alarm("if unacknowledged"),
        Mark::Exhausted => alarm("all were due"),
    };
    [what, words::moment(rung.at, zone), relative(rung.at, now), of_it]
}

/// `in 4m`, `now`, `3h 5m ago`.
fn relative(at: DateTime<Utc>, now: DateTime<Utc>) -> String {
    let ahead = between(now, at);
    match ahead.cmp(&TimeDelta::zero()) {
        std::cmp::Ordering::Less => format!("{} ago", short_span(ahead)),
        std::cmp::Ordering::Equal => "now".to_owned(),
        std::cmp::Ordering::Greater => format!("in {}", short_span(ahead)),
    }
}
