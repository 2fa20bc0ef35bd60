//! A release: checklist, phases, blockers, verdict (SEMANTICS section 7, R48–R50).
//!
//! [`plan`] is what a team wrote, [`record`] what stands beside it, [`calendar`] its days, [`course`] the three together,
//! [`evidence`] what steps are judged by, [`gate`] the verdict, [`week`] what of it presses today.

pub mod announcement;
pub mod calendar;
pub mod course;
pub mod decision;
pub mod evidence;
pub mod gate;
mod heading;
pub mod judging;
pub mod merge;
pub mod notes;
pub mod plan;
pub mod record;
pub mod rollback;
pub mod rules;
pub mod week;
pub mod words;

use chrono::{DateTime, NaiveDate, Utc};

pub use self::heading::{phase_label, phase_of_heading, span_of_heading};
use self::{
    calendar::{Calendar, Span, When},
    course::Course,
    plan::StepId,
};
use crate::{
    domain::{incident::IncidentKey, zone::Zone},
    text::Text,
};

/// A checklist file as read: its task items in order.
#[derive(Debug, Clone, PartialEq)]
pub struct Checklist {
    /// The file, as configured or found.
    pub path: Text,
    /// The first heading, or blank.
    pub title: Text,
    /// Task items in file order (R49).
    pub items: Vec<Item>,
    /// What tells this version of the file from another (length and hash of its bytes).
    pub digest: Digest,
}

/// Tells two versions of a file apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Digest {
    /// Bytes in the file.
    pub length: u64,
    /// FNV-1a 64 of its bytes.
    pub hash: u64,
}

/// One task item.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// What it is known by, whatever is edited above it.
    pub id: StepId,
    /// Whether its box is ticked.
    pub is_done: bool,
    /// Its text, without Markdown marks.
    pub text: Text,
    /// How deep it is nested: 0 for the outermost list.
    pub depth: u16,
    /// The heading above it; blank where there is none.
    pub section: Text,
    /// Days from T-0, from the nearest heading that says `T-2`, `T+1`, `T0`; of `T-7 ... T-1` the last day, by which it is
    /// due. Nothing where none does.
    pub phase: Option<i32>,
    /// Who, where the text names somebody as `@name`.
    pub owner: Option<Text>,
    /// Line in the file, from 1.
    pub line: usize,
    /// Offset in the file of the one byte between the brackets.
    pub byte: usize,
}

/// Progress in figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Progress {
    /// Task items.
    pub total: usize,
    /// Ticked ones.
    pub done: usize,
}

/// A release: its plans being worked through, and what else decides on it. What of it is due, late or in the way is worked
/// out of its courses alone: by [`week`] what presses, by [`gate`] what stands against it.
#[derive(Debug, Clone, PartialEq)]
pub struct Release {
    /// Its name, `4.9.9`.
    pub name: Text,
    /// The day of T-0 in `zone`; nothing = no date set.
    pub day: Option<NaiveDate>,
    /// The instant of T-0, where an hour is set.
    pub at: Option<DateTime<Utc>>,
    /// The zone its days are counted in.
    pub zone: Zone,
    /// Its plans being worked through, in configured order.
    pub courses: Vec<Course>,
    /// Roles whose "go" it needs, and what each said.
    pub sign_offs: Vec<SignOff>,
    /// Open incidents that block it.
    pub blockers: Vec<IncidentKey>,
}

/// One role's word on the release.
#[derive(Debug, Clone, PartialEq)]
pub struct SignOff {
    /// The role: `engineering`, `qa`.
    pub role: Text,
    /// What it said.
    pub word: Word,
}

/// What a role said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Word {
    /// Nothing yet.
    Silent,
    /// Go.
    Go,
    /// No go.
    Veto,
}

impl Checklist {
    /// Counts its task items.
    pub fn progress(&self) -> Progress {
        counts(&self.items)
    }

    /// Counts the task items under each heading, in file order; headings without items do not occur.
    ///
    /// Two headings of the same name are two sections, unless no item of another one stands between them.
    pub fn sections(&self) -> Vec<(Text, Progress)> {
        self.items
            .chunk_by(|one, next| one.section == next.section)
            .filter_map(|run| run.first().map(|first| (first.section.clone(), counts(run))))
            .collect()
    }
}

impl Release {
    /// Counts the steps of all its plans, those without a box too.
    pub fn progress(&self) -> Progress {
        self.courses
            .iter()
            .map(Course::progress)
            .fold(Progress::default(), |sum, one| Progress { total: sum.total + one.total, done: sum.done + one.done })
    }

    /// Its days; nothing where no date is set.
    pub fn calendar(&self) -> Option<&Calendar> {
        self.courses.iter().find_map(|course| course.calendar.as_ref())
    }

    /// The phase that `now` lies in, in days from T-0 as its calendar counts them (R48). Nothing where no date is set.
    pub fn phase_today(&self, now: DateTime<Utc>) -> Option<i32> {
        self.calendar()?.offset(now)
    }

    /// Lets count what is on record until an instant: see [`record::Record::count_until`]. Whether that is otherwise than before.
    pub fn count_until(&mut self, now: DateTime<Utc>) -> bool {
        // Each is asked: the first that changed is not the only one.
        let is_new = self.courses.iter_mut().fold(false, |is_new, course| course.record.count_until(now) | is_new);
        if is_new {
            let courses = &self.courses;
            self.sign_offs.iter_mut().for_each(|it| it.word = Word::of(courses, it.role.as_str()));
        }
        is_new
    }

    /// When the day of T-0 starts. Nothing where no date is set.
    pub fn starts_at(&self) -> Option<DateTime<Utc>> {
        self.calendar()?.window(When::Days(Span::day(0))).start
    }
}

impl Word {
    /// What a role says, by the records beside the plans: a veto of anybody stands.
    pub fn of(courses: &[Course], role: &str) -> Self {
        let says = || courses.iter().flat_map(|course| course.record.says(role)).map(|(_, say)| say);
        match () {
            () if says().any(|say| say == record::Say::Veto) => Self::Veto,
            () if says().any(|say| say == record::Say::Go) => Self::Go,
            () => Self::Silent,
        }
    }
}

impl Progress {
    fn count(&mut self, item: &Item) {
        self.total += 1;
        self.done += usize::from(item.is_done);
    }
}

/// FNV-1a 64 of some bytes. It tells versions and steps apart and guards against no attacker.
/// Source: draft-eastlake-fnv, parameters for 64 bits (read 2026-11).
pub fn fnv1a(bytes: &[u8]) -> u64 {
    fnv1a_from(OFFSET_BASIS, bytes)
}

/// As [`fnv1a`] of two runs of bytes of one length.
pub fn fnv1a_both(one: &[u8], other: &[u8]) -> (u64, u64) {
    one.iter().zip(other).fold((OFFSET_BASIS, OFFSET_BASIS), |(one, other), (a, b)| (step(one, *a), step(other, *b)))
}

fn step(hash: u64, byte: u8) -> u64 {
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    (hash ^ u64::from(byte)).wrapping_mul(PRIME)
}

/// As [`fnv1a`] of some texts, one after the other.
fn fnv1a_of(parts: &[&str]) -> u64 {
    parts.iter().fold(OFFSET_BASIS, |hash, part| fnv1a_from(hash, part.as_bytes()))
}

fn fnv1a_from(hash: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(hash, |hash, byte| step(hash, *byte))
}

const OFFSET_BASIS: u64 = 0xcbf2_9ce4_8422_2325;

fn counts<'a>(items: impl IntoIterator<Item = &'a Item>) -> Progress {
    let mut progress = Progress::default();
    items.into_iter().for_each(|item| progress.count(item));
    progress
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        release::calendar::{DayFrom, Mode},
        time::parse_rfc3339,
    };

    fn at(written: &str) -> DateTime<Utc> {
        parse_rfc3339(written).unwrap()
    }

    fn item(phase: Option<i32>, is_done: bool) -> Item {
        Item {
            id: StepId::new("step"),
            is_done,
            text: Text::scrub("step"),
            depth: 0,
            section: Text::scrub(&phase.map_or("Any time".to_owned(), phase_label)),
            phase,
            owner: None,
            line: 1,
            byte: 3,
        }
    }

    fn checklist(items: Vec<Item>) -> Checklist {
        Checklist { path: Text::scrub("c.md"), title: Text::default(), items, digest: Digest { length: 0, hash: 0 } }
    }

    fn release(calendar: Option<Calendar>, items: Vec<Item>) -> Release {
        Release {
            name: Text::scrub("4.9.9"),
            day: None,
            at: None,
            zone: Zone::utc(),
            courses: vec![Course::of_checklist(&checklist(items), calendar)],
            sign_offs: Vec::new(),
            blockers: Vec::new(),
        }
    }

    #[test]
    fn a_phase_label_reads_back() {
        for phase in [-9999, -7, 0, 1, 30] {
            assert_eq!(phase_of_heading(&phase_label(phase)), Some(phase));
        }
        assert_eq!([-7, 0, 1].map(phase_label), ["T-7", "T-0", "T+1"]);
    }

    #[test]
    fn today_is_counted_as_the_calendar_of_the_plans_counts() {
        let days = Calendar::new("2026-11-24".parse().unwrap(), Zone::utc(), DayFrom::Settings);
        let business = Calendar { mode: Mode::Business, ..days.clone() };
        let friday = at("2026-11-20T23:59:59Z");
        assert_eq!(release(Some(days), Vec::new()).phase_today(friday), Some(-4));
        assert_eq!(release(Some(business.clone()), Vec::new()).phase_today(friday), Some(-2));
        assert_eq!(release(Some(business), Vec::new()).starts_at(), Some(at("2026-11-24T00:00:00Z")));
        let undated = release(None, Vec::new());
        assert_eq!((undated.phase_today(friday), undated.starts_at()), (None, None));
    }

    #[test]
    fn progress_is_that_of_all_plans() {
        let mut release = release(None, vec![item(Some(-2), true), item(None, false)]);
        release.courses.push(Course::of_checklist(&checklist(vec![item(Some(0), false)]), None));
        assert_eq!(release.progress(), Progress { total: 3, done: 1 });
    }

    #[test]
    fn sections_keep_file_order_and_repeat_with_their_heading() {
        let list =
            checklist(vec![item(Some(-1), true), item(Some(-1), false), item(None, false), item(Some(-1), true)]);
        let sections: Vec<_> = list.sections().iter().map(|(name, p)| (name.to_string(), p.done, p.total)).collect();
        let expected = [("T-1", 1, 2), ("Any time", 0, 1), ("T-1", 1, 1)].map(|(name, d, t)| (name.to_owned(), d, t));
        assert_eq!(sections, expected);
        assert_eq!(list.progress(), Progress { total: 4, done: 2 });
    }
}
