//! The standing work of the play's team: what it is, and what was done of it.

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};

use crate::{
    demo::DUTIES,
    domain::{
        burn_in::BurnIn,
        duty::{Duty, Evidence, every, judge::Proof},
        escalation::Target,
        record::{Act, Entry},
        recur::{Every, Rule},
        time::{minus, plus},
        zone::Zone,
    },
    floor::{
        burn_in::Frozen,
        duties::DutiesRead,
        effect::Note,
        fact::{Fact, Went},
    },
    text::Text,
};

/// A duty of the play.
struct Part {
    name: &'static str,
    about: &'static str,
    every: &'static str,
    on: &'static [&'static str],
    hour: u32,
    /// A person, or a seat behind `@`.
    owner: &'static str,
    file: &'static str,
    /// How often it was done lately: the last turns, the latest first; `.` missed, `x` in time, `l` late.
    past: &'static str,
}

const PARTS: [Part; 9] = [
    Part {
        name: "integrity job",
        about: "The nightly comparison of ledger and archive has run and found nothing.",
        every: "day",
        on: &[],
        hour: 6,
        owner: "@primary",
        file: "reports/integrity/*.json",
        past: "xxxxxxxxxxxxxlxxxxxxxxxxxxxxxx",
    },
    Part {
        name: "hand-over note",
        about: "Write down what the next shift has to know.",
        every: "day",
        on: &["weekdays"],
        hour: 17,
        owner: "@primary",
        file: "",
        past: "xxxxlxxxx.xxxxxxxxxxxx",
    },
    Part {
        name: "weekly triage",
        about: "Label, ask, close duplicates; publish who does what.",
        every: "week",
        on: &["monday"],
        hour: 10,
        owner: "mae.l",
        file: "",
        past: "xxx.xxxxxx",
    },
    Part {
        name: "backlog burndown",
        about: "Every open risk has an owner and a day.",
        every: "week",
        on: &["thursday"],
        hour: 15,
        owner: "ana.k",
        file: "",
        past: ".xxxlxxx",
    },
    Part {
        name: "dependency audit",
        about: "Read the advisories, file what is to be raised.",
        every: "month",
        on: &["first tuesday"],
        hour: 9,
        owner: "cy.o",
        file: "reports/audits/*.json",
        past: "xxx",
    },
    Part {
        name: "restore a backup",
        about: "Into an empty host, with a stopwatch.",
        every: "month",
        on: &["15"],
        hour: 9,
        owner: "eli.r",
        file: "",
        past: "lxx",
    },
    Part {
        name: "figures of the month",
        about: "Export response and repair times.",
        every: "month",
        on: &["last"],
        hour: 16,
        owner: "kai.n",
        file: "reports/figures.csv",
        past: "x",
    },
    Part {
        name: "failover drill",
        about: "Take one zone away, in working hours.",
        every: "quarter",
        on: &["second wednesday"],
        hour: 11,
        owner: "eli.r",
        file: "",
        past: "x",
    },
    Part {
        name: "look back",
        about: "Opened and closed, what went well, what is changed.",
        every: "quarter",
        on: &["last friday"],
        hour: 14,
        owner: "ana.k",
        file: "",
        past: "x",
    },
];

/// The duties with their record.
#[derive(Debug, Clone, PartialEq)]
pub struct Tended {
    duties: Vec<Duty>,
    entries: Vec<Entry>,
    files: Vec<Vec<Proof>>,
    burn_in: BurnIn,
    /// The formula that the burn-in freezes: written when it was changed for an incident.
    frozen: Frozen,
}

impl Tended {
    /// As they stand at `start`.
    pub fn new(zone: &Zone, start: DateTime<Utc>) -> Self {
        let formula = Proof { path: Text::scrub("config/ledger/formula.toml"), at: minus(start, TimeDelta::days(14)) };
        let frozen = Frozen { files: vec![formula], history: None };
        let mut tended =
            Self { duties: Vec::new(), entries: Vec::new(), files: Vec::new(), burn_in: burn_in(zone, start), frozen };
        for part in &PARTS {
            let duty = duty(part, zone, start);
            let (entries, files) = past(part, &duty, start);
            tended.entries.extend(entries);
            tended.files.push(files);
            tended.duties.push(duty);
        }
        tended.entries.push(Entry {
            at: minus(start, TimeDelta::days(14)),
            act: Act::Reset,
            name: tended.burn_in.name.clone(),
            day: None,
            by: Some(Text::scrub("ana.k")),
            note: Text::scrub("the formula was changed for an incident"),
        });
        tended.entries.sort_by_key(|entry| entry.at);
        tended
    }

    /// The duties, and what was done of them.
    pub(super) fn opening(&self) -> Vec<Fact> {
        let duties = self.duties.iter().map(|duty| Fact::DutyAdded(Box::new(duty.clone())));
        let burn_in = Fact::BurnInAdded(Box::new(self.burn_in.clone()));
        duties.chain([burn_in, self.read()]).collect()
    }

    fn read(&self) -> Fact {
        let files = self.files.iter().cloned().map(Ok).collect();
        Fact::DutiesRead(Box::new(DutiesRead {
            source: DUTIES,
            record: Ok((self.entries.clone(), Vec::new())),
            files,
            frozen: vec![Ok(self.frozen.clone())],
        }))
    }

    /// Adds a line to the record, in the name of the play's person at the keyboard.
    pub(super) fn note(&mut self, note: &Note, now: DateTime<Utc>) -> Vec<Fact> {
        let Note { act, name, day, at, note } = note.clone();
        let said = Text::scrub(&format!("{name}: {}", act.said()));
        let by = (!act.is_own()).then(|| Text::scrub("you"));
        self.entries.push(Entry { at: at.unwrap_or(now), act, name, day, by, note });
        let told = Fact::Told { what: said, went: Went::Well };
        let is_own = act.is_own();
        [self.read()].into_iter().chain((!is_own).then_some(told)).collect()
    }
}

/// Thirty days that were begun anew two weeks ago.
fn burn_in(zone: &Zone, start: DateTime<Utc>) -> BurnIn {
    let today = zone.local(start).date();
    BurnIn {
        name: Text::scrub("thirty calm days"),
        start: today.checked_sub_days(Days::new(19)).unwrap_or(today),
        days: 30,
        zone: zone.clone(),
        duty: Some(Text::scrub("integrity job")),
        signals: Vec::new(),
        slos: Vec::new(),
        freeze: vec!["config/ledger/*.toml".to_owned()],
    }
}

fn duty(part: &Part, zone: &Zone, start: DateTime<Utc>) -> Duty {
    let is_daily = part.every == "day";
    let owner = match part.owner.strip_prefix('@') {
        Some(seat) => Target::Seat(Text::scrub(seat)),
        None => Target::Person(Text::scrub(part.owner)),
    };
    let evidence = Evidence { files: part.file.to_owned(), max_age: TimeDelta::days(if is_daily { 1 } else { 7 }) };
    let mut duty = Duty {
        name: Text::scrub(part.name),
        about: Text::scrub(part.about),
        rule: every::rule(part.every, part.on).unwrap_or_else(|_| Rule::plain(Every::Day)),
        time: NaiveTime::from_hms_opt(part.hour, 0, 0).unwrap_or_default(),
        zone: zone.clone(),
        owner,
        start: None,
        until: None,
        grace: if is_daily { TimeDelta::hours(2) } else { TimeDelta::days(1) },
        remind: if is_daily { TimeDelta::hours(1) } else { TimeDelta::days(1) },
        evidence: (!part.file.is_empty()).then_some(evidence),
        runbook: None,
    };
    duty.start = turns_before(&duty, start, part.past.len()).last().copied();
    duty
}

/// The days of the last so many turns, the latest first.
fn turns_before(duty: &Duty, start: DateTime<Utc>, n: usize) -> Vec<NaiveDate> {
    let today = duty.zone.local(start).date();
    let from = today.checked_sub_days(Days::new(400)).unwrap_or(today);
    let mut turns = duty.turns(from, today);
    turns.retain(|turn| turn.at <= start);
    turns.iter().rev().take(n).map(|turn| turn.day).collect()
}

/// What was done of a duty before the play began.
fn past(part: &Part, duty: &Duty, start: DateTime<Utc>) -> (Vec<Entry>, Vec<Proof>) {
    let (mut entries, mut files) = (Vec::new(), Vec::new());
    let by = match &duty.owner {
        Target::Person(person) => person.clone(),
        Target::Seat(_) => Text::scrub("ben.i"),
    };
    for (day, how) in turns_before(duty, start, part.past.len()).into_iter().zip(part.past.chars()) {
        let due = duty.zone.resolve(day.and_time(duty.time));
        let at = match how {
            'x' => minus(due, TimeDelta::minutes(25)),
            'l' => plus(plus(due, duty.grace), TimeDelta::minutes(50)),
            _ => continue,
        };
        if start < at {
            continue;
        }
        if part.file.is_empty() {
            let (name, note) = (duty.name.clone(), Text::default());
            entries.push(Entry { at, act: Act::Done, name, day: Some(day), by: Some(by.clone()), note });
        } else {
            let path = part.file.replace('*', &day.to_string());
            files.push(Proof { path: Text::scrub(&path), at });
        }
    }
    (entries, files)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        duty::judge::{Ground, Marks, State},
        time::parse_rfc3339,
    };

    #[test]
    fn whenever_the_play_begins_some_of_the_work_is_open_and_most_was_done() {
        for start in ["2026-11-20T09:00:00Z", "2026-03-01T23:30:00Z", "2027-01-01T00:00:00Z"] {
            let start = parse_rfc3339(start).unwrap();
            let tended = Tended::new(&Zone::utc(), start);
            let marks = Marks::of(&tended.entries);
            let (mut done, mut missed) = (0, 0);
            for (duty, files) in tended.duties.iter().zip(&tended.files) {
                let standing = duty.standing(&Ground { marks: Ok(&marks), files: Ok(files) }, start);
                assert!(standing.head().is_some(), "{}", duty.name);
                done += standing.past.iter().filter(|judged| judged.state.is_done()).count();
                missed += standing.past.iter().filter(|judged| judged.state == State::Missed).count();
            }
            assert!(missed < done && 0 < missed, "{missed} of {done}");
        }
    }

    #[test]
    fn a_tick_is_told_and_read_again() {
        let start = parse_rfc3339("2026-11-20T09:00:00Z").unwrap();
        let mut tended = Tended::new(&Zone::utc(), start);
        let before = tended.entries.len();
        let (name, day) = (Text::scrub("weekly triage"), Some(start.date_naive()));
        let note = Note { act: Act::Done, name, day, at: None, note: Text::default() };
        let facts = tended.note(&note, start);
        assert!(matches!(&facts[..], [Fact::DutiesRead(_), Fact::Told { went: Went::Well, .. }]));
        assert_eq!(tended.entries.len(), before + 1);
    }
}
