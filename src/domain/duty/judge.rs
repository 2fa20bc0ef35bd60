//! How a duty stands: turn by turn, by the record and by the files that prove it.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};

use super::{Duty, Turn};
use crate::{
    domain::{
        record::{Act, Entry},
        time::{between, minus, plus},
    },
    text::Text,
};

/// A file that fits a duty's evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// Its path.
    pub path: Text,
    /// When it was written.
    pub at: DateTime<Utc>,
}

/// What a duty is judged by.
#[derive(Debug, Clone, Copy)]
pub struct Ground<'a> {
    /// The record; nothing = it could not be read, and why.
    pub marks: Result<&'a Marks, &'a Text>,
    /// The files of its evidence, the newest first; nothing = they could not be looked for, and why. Without meaning for a
    /// duty that needs none.
    pub files: Result<&'a [Proof], &'a Text>,
}

/// What the record says, by duty and day. The last word counts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Marks {
    by_turn: BTreeMap<(Text, NaiveDate), Entry>,
    /// What watchfloor itself saw; a person's word hides it.
    seen: BTreeMap<(Text, NaiveDate), Entry>,
}

impl Marks {
    /// Takes the entries of a record, in the order of their time.
    pub fn of<'a>(entries: impl IntoIterator<Item = &'a Entry>) -> Self {
        let mut marks = Self::default();
        for entry in entries {
            let Some(day) = entry.day else { continue };
            match entry.act {
                Act::Done | Act::Undone => {
                    marks.by_turn.insert((entry.name.clone(), day), entry.clone());
                }
                Act::Seen => {
                    // The first sight is nearest to when it was done.
                    marks.seen.entry((entry.name.clone(), day)).or_insert_with(|| entry.clone());
                }
                Act::Reset | Act::Allowed | Act::Met | Act::Changed | Act::Looked => {}
            }
        }
        marks
    }

    /// What a person last said of a turn.
    pub fn of_turn(&self, name: &Text, day: NaiveDate) -> Option<&Entry> {
        self.by_turn.get(&(name.clone(), day))
    }

    /// What was seen of a turn's evidence.
    pub fn seen(&self, name: &Text, day: NaiveDate) -> Option<&Entry> {
        self.seen.get(&(name.clone(), day))
    }

    /// The first day of a duty that is spoken of.
    fn first(&self, name: &Text) -> Option<NaiveDate> {
        let of = |map: &BTreeMap<(Text, NaiveDate), Entry>| {
            map.range((name.clone(), NaiveDate::MIN)..=(name.clone(), NaiveDate::MAX)).next().map(|((_, day), _)| *day)
        };
        of(&self.by_turn).into_iter().chain(of(&self.seen)).min()
    }
}

/// How somebody knows that a turn was done.
#[derive(Debug, Clone, PartialEq)]
pub struct Done {
    /// When.
    pub at: DateTime<Utc>,
    /// Who said so; nothing = a file proves it.
    pub by: Option<Text>,
    /// The file that proves it.
    pub file: Option<Text>,
    /// What they noted; may be blank.
    pub note: Text,
    /// Somebody says so, and the files that should prove it do not.
    pub is_unproven: bool,
}

/// How a turn stands.
#[derive(Debug, Clone, PartialEq)]
pub enum State {
    /// Its time has not come.
    Upcoming,
    /// Its time has not come, and its owner is reminded.
    Soon,
    /// It is due, and not late yet.
    Due,
    /// It is late, and the next turn is not due yet.
    Late,
    /// The next turn is due, and nobody did this one.
    Missed,
    /// It was done.
    Done(Done),
    /// Nobody can tell, and why. Never read as done.
    Unknown(Text),
}

impl State {
    /// Its word, on screens, paper and the wire.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Upcoming => "upcoming",
            Self::Soon => "soon",
            Self::Due => "due",
            Self::Late => "late",
            Self::Missed => "missed",
            Self::Done(_) => "done",
            Self::Unknown(_) => "unknown",
        }
    }

    /// Whether it was done.
    pub fn is_done(&self) -> bool {
        matches!(self, Self::Done(_))
    }
}

/// A turn and how it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// Which.
    pub turn: Turn,
    /// How.
    pub state: State,
}

impl Judged {
    /// For how long it has been due and is not done; for a turn that was done, how long after it was late it was done.
    pub fn late_by(&self, duty: &Duty, now: DateTime<Utc>) -> Option<TimeDelta> {
        match &self.state {
            State::Late | State::Missed => Some(between(self.turn.at, now)),
            State::Done(done) if duty.late_at(self.turn) < done.at => Some(between(self.turn.at, done.at)),
            _ => None,
        }
    }
}

/// How a duty stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// The last turn that is due; nothing = none is yet, or none is known.
    pub last: Option<Judged>,
    /// The next one; nothing = there is none any more.
    pub next: Option<Judged>,
    /// The turns before the last one, the latest first, as far back as was asked for and anything is known.
    pub past: Vec<Judged>,
}

impl Standing {
    /// The turn that matters now: the last one until it is done, then the next one.
    pub fn head(&self) -> Option<&Judged> {
        self.last.as_ref().filter(|last| !last.state.is_done()).or(self.next.as_ref()).or(self.last.as_ref())
    }

    /// How many turns before the last one were missed, and of how many that anything is known.
    pub fn missed(&self) -> (usize, usize) {
        let is_known = |judged: &&Judged| !matches!(judged.state, State::Unknown(_));
        let known = self.past.iter().filter(is_known);
        (known.clone().filter(|judged| judged.state == State::Missed).count(), known.count())
    }
}

/// How far back turns are judged beside the last one.
pub const BACK: Days = Days::new(100);

/// Clocks of file servers differ by so much; what is further ahead proves nothing.
const AHEAD: TimeDelta = TimeDelta::minutes(2);

impl Duty {
    /// How it stands.
    pub fn standing(&self, ground: &Ground<'_>, now: DateTime<Utc>) -> Standing {
        let (last, next) = (self.last(now), self.next(now));
        let judged = |turn: Turn, next: Option<Turn>| Judged { turn, state: self.state(turn, next, ground, now) };
        let past = last.map(|last| self.past(last, ground, now)).unwrap_or_default();
        // Two turns may be done ahead of time only one after the other.
        let behind = next.and_then(|next| self.next(next.at));
        Standing { last: last.map(|turn| judged(turn, next)), next: next.map(|turn| judged(turn, behind)), past }
    }

    /// The turns of some days, each judged; those before anything is known of it are left out.
    pub fn between(&self, from: NaiveDate, to: NaiveDate, ground: &Ground<'_>, now: DateTime<Utc>) -> Vec<Judged> {
        let known = self.known_since(ground);
        let last = self.last(now);
        let is_told =
            |turn: &Turn| now < turn.at || Some(*turn) == last || known.is_some_and(|first| first <= turn.day);
        let turns = self.turns(from, to);
        let nexts = turns.iter().skip(1).copied().map(Some).chain(std::iter::once(None));
        turns
            .iter()
            .zip(nexts)
            .filter(|(turn, _)| is_told(turn))
            .map(|(turn, next)| {
                let next = next.or_else(|| self.next(turn.at));
                Judged { turn: *turn, state: self.state(*turn, next, ground, now) }
            })
            .collect()
    }

    fn past(&self, last: Turn, ground: &Ground<'_>, now: DateTime<Utc>) -> Vec<Judged> {
        let from = last.day.checked_sub_days(BACK).unwrap_or(last.day);
        let Some(until) = last.day.pred_opt() else { return Vec::new() };
        let mut past = self.between(from, until, ground, now);
        past.reverse();
        past
    }

    /// From which day on a turn that nobody spoke of was not done: from its first day; without one, from the first that is
    /// spoken of or proven.
    fn known_since(&self, ground: &Ground<'_>) -> Option<NaiveDate> {
        if self.start.is_some() {
            return self.start;
        }
        let spoken = ground.marks.ok().and_then(|marks| marks.first(&self.name));
        let oldest = ground.files.ok().filter(|_| self.evidence.is_some()).and_then(|files| files.last());
        spoken.into_iter().chain(oldest.map(|proof| self.zone.local(proof.at).date())).min()
    }

    /// How a turn stands. A person's word comes first, then the files, then what was once seen of them.
    fn state(&self, turn: Turn, next: Option<Turn>, ground: &Ground<'_>, now: DateTime<Utc>) -> State {
        let proof = self.evidence.as_ref().map(|evidence| self.proof(evidence.max_age, turn, next, ground, now));
        match ground.marks {
            Ok(marks) => {
                // Before the turn before it nobody can have done this one: such a line is a slip of the pen.
                let before = || self.last(minus(turn.at, TimeDelta::seconds(1)));
                let is_early =
                    |entry: &Entry| entry.at < turn.at && before().is_some_and(|before| entry.at < before.at);
                let spoken = marks.of_turn(&self.name, turn.day).filter(|entry| !is_early(entry));
                if let Some(entry) = spoken.filter(|entry| entry.act == Act::Done) {
                    let file = proof.as_ref().and_then(|proof| proof.as_ref().ok()).cloned().flatten();
                    return State::Done(Done {
                        at: entry.at,
                        by: entry.by.clone(),
                        is_unproven: proof.is_some() && file.is_none(),
                        file: file.map(|proof| proof.path),
                        note: entry.note.clone(),
                    });
                }
                // Who says that it was not done knows more than a file's age does.
                if spoken.is_some() {
                    return self.open(turn, next, now);
                }
            }
            // Without the record nobody knows what people said: only a file can prove that it was done.
            Err(why) if !matches!(proof, Some(Ok(Some(_)))) && turn.at <= now => return State::Unknown(why.clone()),
            Err(_) => {}
        }
        match proof {
            None => self.open(turn, next, now),
            Some(Ok(Some(proof))) => State::Done(Done {
                at: proof.at,
                by: None,
                file: Some(proof.path),
                note: Text::default(),
                is_unproven: false,
            }),
            Some(found) => self.unproven(found.map(drop), turn, next, ground, now),
        }
    }

    /// A turn that no file proves now.
    fn unproven(
        &self,
        found: Result<(), Text>,
        turn: Turn,
        next: Option<Turn>,
        ground: &Ground<'_>,
        now: DateTime<Utc>,
    ) -> State {
        if let Some(entry) = ground.marks.ok().and_then(|marks| marks.seen(&self.name, turn.day)) {
            let file = Some(entry.note.clone()).filter(|note| !note.is_blank());
            let (at, note) = (entry.at, Text::default());
            return State::Done(Done { at, by: None, file, note, is_unproven: false });
        }
        match found {
            _ if now < turn.at => self.open(turn, next, now),
            Err(why) => State::Unknown(why),
            Ok(()) => match self.open(turn, next, now) {
                State::Missed if self.is_overwritten(turn, ground) => {
                    State::Unknown(Text::scrub("no file of that time is left, and nobody watched then"))
                }
                state => state,
            },
        }
    }

    /// Whether every file there is was written after a turn: then what was there before was written over.
    fn is_overwritten(&self, turn: Turn, ground: &Ground<'_>) -> bool {
        let files = ground.files.unwrap_or_default();
        let oldest = files.last().map(|proof| proof.at);
        oldest.is_some_and(|oldest| turn.at < oldest)
    }

    fn open(&self, turn: Turn, next: Option<Turn>, now: DateTime<Utc>) -> State {
        if next.is_some_and(|next| next.at <= now) {
            State::Missed
        } else if self.late_at(turn) <= now {
            State::Late
        } else if turn.at <= now {
            State::Due
        } else if minus(turn.at, self.remind) <= now {
            State::Soon
        } else {
            State::Upcoming
        }
    }

    /// The file that proves a turn: the newest that was there when it fell due and not too old, else the first that came
    /// late, and is not one for the next turn.
    fn proof(
        &self,
        max_age: TimeDelta,
        turn: Turn,
        next: Option<Turn>,
        ground: &Ground<'_>,
        now: DateTime<Utc>,
    ) -> Result<Option<Proof>, Text> {
        let files = ground.files.map_err(Clone::clone)?;
        let from = minus(turn.at, max_age);
        // From where on a file is fresh for the next turn it proves that one; half the way is always late, and not early.
        let until = next.map(|next| {
            let half = between(turn.at, next.at).checked_div(2).unwrap_or_default();
            minus(next.at, max_age).max(plus(turn.at, half))
        });
        let mut counted = files.iter().filter(|proof| {
            from <= proof.at && proof.at <= plus(now, AHEAD) && until.is_none_or(|until| proof.at < until)
        });
        // The newest comes first.
        let on_time = counted.clone().find(|proof| proof.at <= turn.at);
        Ok(on_time.or_else(|| counted.next_back()).cloned())
    }
}

#[cfg(test)]
mod tests {
    use super::{super::samples::*, *};
    use crate::domain::{duty::Evidence, record};

    fn marks(lines: &str) -> Marks {
        let (entries, skipped) = record::read(&format!("{lines}\n"));
        assert!(skipped.is_empty(), "{skipped:?}");
        Marks::of(&entries)
    }

    fn stands(duty: &Duty, record: &str, files: &[&str], now: &str) -> Standing {
        let marks = marks(record);
        let files: Vec<_> = files.iter().map(|f| Proof { path: Text::scrub("log.json"), at: at(f) }).collect();
        duty.standing(&Ground { marks: Ok(&marks), files: Ok(&files) }, at(now))
    }

    fn head(duty: &Duty, record: &str, files: &[&str], now: &str) -> (String, &'static str) {
        let standing = stands(duty, record, files, now);
        let head = standing.head().unwrap();
        (head.turn.day.format("%m-%d").to_string(), head.state.word())
    }

    const WEEKLY: &str = "FREQ=WEEKLY;BYDAY=MO";

    #[test]
    fn a_turn_goes_from_upcoming_over_due_to_late_and_missed() {
        let weekly = Duty { start: Some(day("2026-11-02")), ..duty(WEEKLY) };
        let done = "- 2026-11-02T09:10:00Z done \"triage\" for 2026-11-02 by ana";
        for (now, expected) in [
            ("2026-11-09T07:59:59Z", "upcoming"),
            ("2026-11-09T08:00:00Z", "soon"),
            ("2026-11-09T09:00:00Z", "due"),
            ("2026-11-09T09:59:59Z", "due"),
            ("2026-11-09T10:00:00Z", "late"),
            ("2026-11-16T08:59:59Z", "late"),
        ] {
            assert_eq!(head(&weekly, done, &[], now), ("11-09".to_owned(), expected), "{now}");
        }
        let standing = stands(&weekly, done, &[], "2026-11-16T09:00:00Z");
        assert_eq!(standing.head().unwrap().turn.day, day("2026-11-16"));
        let past: Vec<_> = standing.past.iter().map(|judged| judged.state.word()).collect();
        assert_eq!((past, standing.missed()), (vec!["missed", "done"], (1, 2)));
    }

    #[test]
    fn a_tick_counts_for_its_day_and_the_last_word_holds() {
        let weekly = duty(WEEKLY);
        let done = "- 2026-11-09T12:00:00Z done \"triage\" for 2026-11-09 by ana: late";
        let standing = stands(&weekly, done, &[], "2026-11-10T00:00:00Z");
        let last = standing.last.clone().unwrap();
        let State::Done(told) = &last.state else { panic!("{last:?}") };
        assert_eq!((told.by.as_ref().unwrap().as_str(), told.note.as_str()), ("ana", "late"));
        assert_eq!(last.late_by(&weekly, at("2026-11-10T00:00:00Z")), Some(TimeDelta::hours(3)));
        assert_eq!(standing.head().unwrap().turn.day, day("2026-11-16"));
        let undone = format!("{done}\n- 2026-11-09T13:00:00Z undone \"triage\" for 2026-11-09 by ben: not yet");
        assert_eq!(head(&weekly, &undone, &[], "2026-11-10T00:00:00Z").1, "late");
    }

    #[test]
    fn without_a_first_day_nothing_is_missed_that_nobody_ever_spoke_of() {
        let weekly = duty(WEEKLY);
        let standing = stands(&weekly, "", &[], "2026-11-20T00:00:00Z");
        assert_eq!((standing.past.len(), standing.head().unwrap().state.word()), (0, "late"));
        let once = "- 2026-11-02T09:00:00Z done \"triage\" for 2026-11-02 by ana";
        assert_eq!(stands(&weekly, once, &[], "2026-11-20T00:00:00Z").missed(), (1, 2));
    }

    fn nightly() -> Duty {
        let evidence = Some(Evidence { files: "log.json".to_owned(), max_age: TimeDelta::hours(6) });
        Duty { start: Some(day("2026-11-10")), evidence, ..duty("FREQ=DAILY") }
    }

    #[test]
    fn a_file_proves_the_turn_it_is_fresh_for() {
        let now = "2026-11-20T12:00:00Z";
        assert_eq!(head(&nightly(), "", &["2026-11-20T03:00:00Z"], now), ("11-21".to_owned(), "upcoming"));
        assert_eq!(head(&nightly(), "", &["2026-11-20T02:59:59Z"], now), ("11-20".to_owned(), "late"));
        // Late is done all the same, and said to be late.
        let standing = stands(&nightly(), "", &["2026-11-20T11:00:00Z"], now);
        let last = standing.last.unwrap();
        assert_eq!(last.late_by(&nightly(), at(now)), Some(TimeDelta::hours(2)));
        // A file from the future proves nothing.
        assert_eq!(head(&nightly(), "", &["2026-11-20T12:03:00Z"], now).1, "late");
        assert_eq!(head(&nightly(), "", &[], now).1, "late");
    }

    #[test]
    fn of_a_file_that_is_written_over_nobody_knows_the_past_unless_it_was_seen() {
        let files = ["2026-11-20T08:00:00Z"];
        let standing = stands(&nightly(), "", &files, "2026-11-20T12:00:00Z");
        assert_eq!(standing.past.iter().filter(|judged| judged.state.word() == "unknown").count(), 10);
        let seen = "- 2026-11-19T08:00:00Z seen \"triage\" for 2026-11-19: log.json";
        let standing = stands(&nightly(), seen, &files, "2026-11-20T12:00:00Z");
        assert_eq!((standing.past[0].state.word(), standing.missed()), ("done", (0, 1)));
        // Files that are kept tell of the days between them.
        let kept = ["2026-11-20T08:00:00Z", "2026-11-18T08:00:00Z", "2026-11-09T08:00:00Z"];
        assert_eq!(stands(&nightly(), "", &kept, "2026-11-20T12:00:00Z").missed(), (9, 10));
    }

    #[test]
    fn what_cannot_be_read_is_unknown_and_never_done() {
        let why = Text::scrub("the disk does not answer");
        let none = Marks::default();
        let now = at("2026-11-20T12:00:00Z");
        let blind = nightly().standing(&Ground { marks: Ok(&none), files: Err(&why) }, now);
        assert_eq!(blind.head().unwrap().state, State::Unknown(why.clone()));
        let daily = duty("FREQ=DAILY");
        let deaf = daily.standing(&Ground { marks: Err(&why), files: Ok(&[]) }, now);
        assert_eq!(deaf.head().unwrap().state, State::Unknown(why));
    }

    #[test]
    fn without_the_record_nothing_is_late_or_missed_and_only_a_file_proves_anything() {
        let (why, now) = (Text::scrub("watchfloor.record.md: it is a folder"), at("2026-11-20T23:00:00Z"));
        let proof = [Proof { path: Text::scrub("log.json"), at: at("2026-11-20T08:30:00Z") }];
        for (duty, files, state) in
            [(duty(WEEKLY), &[][..], "unknown"), (nightly(), &[][..], "unknown"), (nightly(), &proof[..], "done")]
        {
            let standing = duty.standing(&Ground { marks: Err(&why), files: Ok(files) }, now);
            assert_eq!(standing.last.as_ref().map(|last| last.state.word()), Some(state));
            assert!(standing.past.iter().all(|judged| matches!(judged.state, State::Unknown(_))), "{standing:?}");
        }
    }

    #[test]
    fn a_tick_that_no_file_bears_out_is_marked() {
        let done = "- 2026-11-20T09:00:00Z done \"triage\" for 2026-11-20 by ana";
        let last = |files: &[&str]| stands(&nightly(), done, files, "2026-11-20T12:00:00Z").last.unwrap().state;
        assert!(matches!(last(&[]), State::Done(Done { is_unproven: true, .. })));
        assert!(matches!(last(&["2026-11-20T08:00:00Z"]), State::Done(Done { is_unproven: false, .. })));
    }
}
