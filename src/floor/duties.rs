//! Duties as they stand: what the record and the evidence say of each, who has it, and what is worth telling.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Timelike as _, Utc};

use crate::{
    domain::{
        alert::{ALERTNAME, Alert, AlertState, RUNBOOK, SEVERITY},
        duty::{
            Duty, Turn,
            judge::{Ground, Judged, Marks, Proof, Standing, State},
        },
        escalation::{self, Target},
        record::{Act, Entry},
        release::record::TOLERANCE,
        rota::Person,
        sample::Labels,
        time::{minus, plus},
        trouble::{Skipped, Trouble},
    },
    floor::{
        Floor, SKIPS_SHOWN,
        alarms::{alert_of, named},
        burn_in::Frozen,
        effect::{Effect, Note},
        fact::{Role, SourceId},
    },
    text::Text,
};

/// The record and the evidence, as they were read.
#[derive(Debug, Clone, PartialEq)]
pub struct DutiesRead {
    /// Which source.
    pub source: SourceId,
    /// The entries in the order of their time, and the lines that were left out; or why there are none.
    pub record: Result<(Vec<Entry>, Vec<Skipped>), Text>,
    /// The files of each duty's evidence, the newest first, in the order of the duties; or why they cannot be looked for.
    pub files: Vec<Result<Vec<Proof>, Text>>,
    /// The files that each burn-in freezes, likewise, in the order of the burn-ins.
    pub frozen: Vec<Result<Frozen, Text>>,
}

/// All duties.
#[derive(Debug)]
pub struct Duties {
    all: Vec<Tended>,
    entries: Vec<Entry>,
    /// How many of them, from the oldest, are in `marks`.
    n_marked: usize,
    marks: Result<Marks, Text>,
    /// The minute that all of it was last judged at.
    judged_at: Option<DateTime<Utc>>,
    /// Turns whose evidence was handed on for the record in this run.
    noted: BTreeSet<(Text, NaiveDate)>,
}

/// A duty and how it stands.
#[derive(Debug)]
pub struct Tended {
    /// What it is.
    pub duty: Duty,
    /// How it stands, to the minute; nothing = it was not judged yet.
    pub standing: Option<Standing>,
    files: Result<Vec<Proof>, Text>,
}

const UNREAD: &str = "it was not read yet";

impl Default for Duties {
    fn default() -> Self {
        let marks = Err(Text::scrub(UNREAD));
        Self { all: Vec::new(), entries: Vec::new(), n_marked: 0, marks, judged_at: None, noted: BTreeSet::new() }
    }
}

impl Duties {
    pub(super) fn add(&mut self, duty: Duty) {
        self.all.push(Tended { duty, standing: None, files: Err(Text::scrub(UNREAD)) });
        self.judged_at = None;
    }

    fn take(&mut self, read: DutiesRead) {
        match read.record {
            Ok((entries, _)) => {
                self.marks = Ok(Marks::of(&entries));
                (self.n_marked, self.entries) = (entries.len(), entries);
            }
            // What it said before may have been taken back since.
            Err(why) => self.marks = Err(why),
        }
        for (tended, files) in self.all.iter_mut().zip(read.files) {
            tended.files = files;
        }
        self.judged_at = None;
    }

    /// Judges all of them anew once a minute and whenever something was read; whether one stands otherwise than before.
    pub(super) fn settle(&mut self, now: DateTime<Utc>) -> bool {
        let minute = now.with_second(0).and_then(|at| at.with_nanosecond(0)).unwrap_or(now);
        if self.judged_at == Some(minute) {
            return false;
        }
        self.judged_at = Some(minute);
        self.leave_out_ahead(now);
        let mut is_new = false;
        for tended in &mut self.all {
            let ground = Ground { marks: self.marks.as_ref(), files: tended.files.as_deref() };
            let standing = Some(tended.duty.standing(&ground, now));
            is_new |= tended.standing != standing;
            tended.standing = standing;
        }
        is_new
    }

    /// What is on record of a time to come counts once that has come: a clock was wrong, or a date was typed.
    fn leave_out_ahead(&mut self, now: DateTime<Utc>) {
        let latest = plus(now, TOLERANCE);
        let n = self.entries.partition_point(|entry| entry.at <= latest);
        if self.marks.is_ok() && n != self.n_marked {
            self.marks = Ok(Marks::of(self.entries.get(..n).unwrap_or_default()));
            self.n_marked = n;
        }
    }

    /// All of them, in the order of the settings.
    pub fn all(&self) -> &[Tended] {
        &self.all
    }

    /// What was ever put on record, in the order of its time.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Why the record cannot be read, where it cannot.
    pub fn deaf(&self) -> Option<&Text> {
        self.marks.as_ref().err()
    }

    /// The duty of a name, in any case of its letters.
    pub fn find(&self, name: &str) -> Option<&Tended> {
        self.all.iter().find(|tended| tended.duty.name.as_str().eq_ignore_ascii_case(name.trim()))
    }

    /// The turns of some days, of all duties, each with its duty, by the time they are due.
    pub fn between(&self, from: NaiveDate, to: NaiveDate, now: DateTime<Utc>) -> Vec<(&Tended, Judged)> {
        let of = |tended: &Tended| {
            let ground = Ground { marks: self.marks.as_ref(), files: tended.files.as_deref() };
            tended.duty.between(from, to, &ground, now)
        };
        let mut all: Vec<_> =
            self.all.iter().flat_map(|tended| of(tended).into_iter().map(move |judged| (tended, judged))).collect();
        all.sort_by_key(|(_, judged)| judged.turn.at);
        all
    }
}

impl Tended {
    /// Why its evidence cannot be looked for, where it cannot.
    pub fn blind(&self) -> Option<&Text> {
        self.files.as_ref().err().filter(|_| self.duty.evidence.is_some())
    }

    /// The turn that matters now.
    pub fn head(&self) -> Option<&Judged> {
        self.standing.as_ref().and_then(Standing::head)
    }

    /// The turn that a tick of now is about: the last one that is due, or where that is done, the next.
    pub fn to_tick(&self) -> Option<Turn> {
        let standing = self.standing.as_ref()?;
        let last = standing.last.as_ref().filter(|last| !last.state.is_done());
        last.or(standing.next.as_ref()).map(|judged| judged.turn)
    }
}

impl Floor {
    /// The duties.
    pub fn duties(&self) -> &Duties {
        &self.duties
    }

    /// Who has a duty's turn: its owner, or whoever is on call when it falls due. Empty = nobody, or nobody knows.
    pub fn people_for(&self, owner: &Target, at: DateTime<Utc>) -> Vec<Person> {
        match (owner, self.on_call()) {
            (Target::Person(person), _) => vec![person.clone()],
            (Target::Seat(_), Some(on_call)) => escalation::people_of(&on_call.roster, owner, at),
            (Target::Seat(_), None) => Vec::new(),
        }
    }

    /// Duties that are late, and those due or said today, for the header.
    pub fn duty_counts(&self) -> (usize, usize) {
        let heads = || self.duties.all().iter().filter_map(Tended::head);
        let late = heads().filter(|head| head.state == State::Late).count();
        (late, heads().filter(|head| matches!(head.state, State::Due)).count())
    }

    pub(super) fn duties_read(&mut self, read: DutiesRead, now: DateTime<Utc>) {
        let of_frozen = read.frozen.iter().filter_map(|frozen| frozen.as_ref().err());
        let (source, files) = (read.source, read.files.iter().filter_map(|f| f.as_ref().err()).chain(of_frozen).next());
        let why = read.record.as_ref().err().or(files).cloned();
        self.with(source, |s| match why {
            Some(why) => s.failed(Trouble::Away, why, now),
            None => s.heard(now, now),
        });
        if let Ok((_, skipped)) = &read.record {
            let (n, shown) = (skipped.len(), skipped.iter().take(SKIPS_SHOWN).cloned().collect());
            self.with(source, |s| (s.n_skipped, s.skipped) = (n, shown));
        }
        self.frozen_seen(read.frozen.clone());
        self.duties.take(read);
        self.duties.settle(now);
    }

    /// Puts on record that a file proves a turn: once it is written over nobody could tell any more. Only the process that
    /// leads does.
    pub fn see_evidence(&mut self, now: DateTime<Utc>) -> Vec<Effect> {
        if self.role != Some(Role::Syncs) {
            return Vec::new();
        }
        let mut effects = if self.duties.deaf().is_none() { self.note_met() } else { Vec::new() };
        effects.extend(self.note_frozen(now));
        let Ok(marks) = &self.duties.marks else { return Vec::new() };
        for tended in self.duties.all.iter().filter(|tended| tended.duty.evidence.is_some()) {
            let Some(last) = tended.standing.as_ref().and_then(|standing| standing.last.as_ref()) else { continue };
            let State::Done(done) = &last.state else { continue };
            let name = (tended.duty.name.clone(), last.turn.day);
            let is_known = done.by.is_some() || marks.seen(&name.0, name.1).is_some();
            if !is_known && self.duties.noted.insert(name) {
                effects.push(Effect::Note(Note {
                    act: Act::Seen,
                    name: tended.duty.name.clone(),
                    day: Some(last.turn.day),
                    at: Some(done.at),
                    note: done.file.clone().unwrap_or_default(),
                }));
            }
        }
        effects
    }

    /// An alert for each duty that somebody should be reminded of or that is late.
    pub(super) fn duty_alerts(&self, now: DateTime<Utc>) -> Vec<Alert> {
        self.duties.all().iter().filter_map(|tended| self.duty_alert(tended, now)).collect()
    }

    /// A duty is said once before it is late and once when it is: two alerts, each over when the duty is done.
    fn duty_alert(&self, tended: &Tended, now: DateTime<Utc>) -> Option<Alert> {
        let (duty, head) = (&tended.duty, tended.head()?);
        let (kind, severity, since) = match head.state {
            State::Soon | State::Due => ("reminder", "info", minus(head.turn.at, duty.remind)),
            State::Late => ("late", "ticket", duty.late_at(head.turn)),
            _ => return None,
        };
        let labels = duty_labels(tended, head, kind, severity);
        let people = self.people_for(&duty.owner, head.turn.at);
        let names: Vec<_> = people.iter().map(Text::as_str).collect();
        let due = duty.zone.local(head.turn.at).format("%a %-d %b %H:%M");
        let who = if names.is_empty() { "nobody".to_owned() } else { names.join(", ") };
        let summary = match kind {
            "late" => format!("{}: late, was due {due}; {who}", duty.name),
            _ => format!("{}: due {due}; {who}", duty.name),
        };
        let runbook = duty.runbook.clone().map(|runbook| (RUNBOOK, runbook));
        let about = Some(("description", duty.about.clone())).filter(|_| !duty.about.is_blank());
        let annotations = [("summary", Text::scrub(&summary))].into_iter().chain(about).chain(runbook);
        let state = AlertState::Firing { since, fired_at: since, kept_since: None, blind_since: None };
        Some(alert_of(&duty.name, labels, named(annotations), state, None, now))
    }

    /// Whether nobody can tell if the duty of an alert was done since: then it is not over.
    pub(super) fn is_blind_to_duty(&self, alert: &Alert) -> bool {
        let Some(name) = alert.labels.get(DUTY) else { return false };
        let tended = self.duties.all().iter().find(|tended| tended.duty.name == *name);
        let head = tended.and_then(Tended::head);
        head.is_some_and(|head| matches!(head.state, State::Unknown(_)))
    }
}

/// The label with the duty's name.
const DUTY: &str = "duty";

fn duty_labels(tended: &Tended, head: &Judged, kind: &str, severity: &str) -> Labels {
    let name = &tended.duty.name;
    named([
        (ALERTNAME, name.clone()),
        (DUTY, name.clone()),
        ("due", Text::scrub(&head.turn.day.to_string())),
        ("kind", Text::scrub(kind)),
        (SEVERITY, Text::scrub(severity)),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::parse_rfc3339;

    #[test]
    fn what_is_on_record_of_a_time_to_come_counts_when_that_has_come() {
        let at = |written: &str| parse_rfc3339(written).unwrap();
        let (name, day) = (Text::scrub("triage"), NaiveDate::from_ymd_opt(2026, 11, 23).unwrap());
        let done = Entry {
            at: at("2026-11-23T09:00:00Z"),
            act: Act::Done,
            name: name.clone(),
            day: Some(day),
            by: Some(Text::scrub("ana")),
            note: Text::default(),
        };
        let mut duties = Duties::default();
        let record = Ok((vec![done], Vec::new()));
        duties.take(DutiesRead { source: SourceId(0), record, files: Vec::new(), frozen: Vec::new() });
        let mut is_done = |now: &str| {
            duties.settle(at(now));
            duties.marks.as_ref().is_ok_and(|marks| marks.of_turn(&name, day).is_some())
        };
        assert!(!is_done("2026-11-22T09:00:00Z"), "a day ahead");
        assert!(is_done("2026-11-23T08:57:00Z"), "clocks differ a little");
        assert!(is_done("2026-11-24T09:00:00Z"));
    }
}
