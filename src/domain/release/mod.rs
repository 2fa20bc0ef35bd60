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

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};

pub use self::heading::{phase_label, phase_of_heading, span_of_heading};
use self::{course::Course, plan::StepId};
use crate::{
    domain::{incident::IncidentKey, zone::Zone},
    text::{Text, counted},
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

/// One phase of a release, and how far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PhaseCell {
    /// Days from T-0.
    pub phase: i32,
    /// Its task items.
    pub progress: Progress,
}

/// A release as the board shows it.
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
    /// Its checklists, in configured order.
    pub checklists: Vec<Checklist>,
    /// The same files as plans being worked through, in the same order.
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

/// One reason against release.
#[derive(Debug, Clone, PartialEq)]
pub enum Reason {
    /// Task items up to and including today's phase (or all, where no phases or past T-0) are not done.
    ItemsOpen(usize),
    /// Items of phases before today's are not done.
    ItemsOverdue(usize),
    /// A role has not said go.
    NotSigned(Text),
    /// A role said no.
    Vetoed(Text),
    /// An open incident blocks.
    Blocked(IncidentKey),
    /// This checklist holds no task item: emptied, cut short, or not a checklist. What it should have asked is unknown.
    NothingIn(Text),
    /// There is nothing to judge by: no task item was found (a gate without criteria is an error, R50).
    NothingToJudge,
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
        self.steps().fold(Progress::default(), |sum, (is_done, _)| Progress {
            total: sum.total + 1,
            done: sum.done + usize::from(is_done),
        })
    }

    /// The phase that `now` lies in: days from T-0 as the difference of local dates in its zone (R48), so a day is what
    /// the calendar there calls one, be it 23 or 25 hours long. Nothing where no date is set.
    pub fn phase_today(&self, now: DateTime<Utc>) -> Option<i32> {
        let days = self.zone.local(now).date().signed_duration_since(self.day_zero()?).num_days();
        i32::try_from(days).ok()
    }

    /// When a phase starts and ends, `[start, end)`: from midnight to midnight of its local date (R48), each read through
    /// [`Zone::resolve`]. Nothing where no date is set or the date is beyond the calendar.
    pub fn phase_window(&self, phase: i32) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        let date = self.day_zero()?.checked_add_signed(TimeDelta::try_days(i64::from(phase))?)?;
        let midnight = |date: NaiveDate| self.zone.resolve(date.and_time(NaiveTime::MIN));
        Some((midnight(date), midnight(date.succ_opt()?)))
    }

    /// The phases that its headings name, in time order, with the progress of each. Items without a phase are in none.
    pub fn phases(&self) -> Vec<PhaseCell> {
        let mut cells = BTreeMap::<i32, Progress>::new();
        for item in self.items() {
            if let Some(phase) = item.phase {
                cells.entry(phase).or_default().count(item);
            }
        }
        cells.into_iter().map(|(phase, progress)| PhaseCell { phase, progress }).collect()
    }

    /// Open items of today's phase, in file order. None where no date is set.
    pub fn due_today(&self, now: DateTime<Utc>) -> Vec<&Item> {
        let today = self.phase_today(now);
        self.open_items().filter(|item| today.is_some() && item.phase == today).collect()
    }

    /// Open items of phases before today's, in file order. An item without a phase is never overdue, and nothing is where
    /// no date is set.
    pub fn overdue(&self, now: DateTime<Utc>) -> Vec<&Item> {
        let Some(today) = self.phase_today(now) else { return Vec::new() };
        self.open_items().filter(|item| item.phase.is_some_and(|phase| phase < today)).collect()
    }

    /// All reasons against release, not just the first (R50): blockers, vetoes, overdue items, open items, then the roles
    /// that have not spoken. Empty means go.
    ///
    /// Which open items count:
    /// * no date is set, or no item has a phase: all;
    /// * before T-0: those of phases up to and including today's. Later phases and items without one can still wait;
    /// * on T-0: those of phases up to and including T-0, and those without a phase;
    /// * after T-0: all.
    ///
    /// Overdue items are among the open ones and are named a second time, as overdue. No task item at all is a reason
    /// too: a gate without criteria must not open.
    pub fn reasons_against(&self, now: DateTime<Utc>) -> Vec<Reason> {
        let mut reasons = Vec::new();
        if self.steps().next().is_none() {
            reasons.push(Reason::NothingToJudge);
        } else {
            let has_steps = |path: &Text| {
                self.courses.iter().any(|course| course.plan.path == *path && !course.plan.steps.is_empty())
            };
            let empty = self.checklists.iter().filter(|list| list.items.is_empty() && !has_steps(&list.path));
            reasons.extend(empty.map(|list| Reason::NothingIn(list.path.clone())));
        }
        // What somebody must act on comes before what only counts: a line that is cut short still names it.
        reasons.extend(self.blockers.iter().cloned().map(Reason::Blocked));
        let word_of = |wanted: Word| self.sign_offs.iter().filter(move |s| s.word == wanted).map(|s| s.role.clone());
        reasons.extend(word_of(Word::Veto).map(Reason::Vetoed));
        let today = self.phase_today(now);
        let is_late = |phase: Option<i32>| phase.zip(today).is_some_and(|(phase, today)| phase < today);
        let n_overdue = self.steps().filter(|(is_done, phase)| !is_done && is_late(*phase)).count();
        if 0 < n_overdue {
            reasons.push(Reason::ItemsOverdue(n_overdue));
        }
        let n_open = self.n_open_by(now);
        if 0 < n_open {
            reasons.push(Reason::ItemsOpen(n_open));
        }
        reasons.extend(word_of(Word::Silent).map(Reason::NotSigned));
        reasons
    }

    /// The verdict in words: `GO`, or `NO GO: 4 reasons`. It recommends; a person decides.
    pub fn verdict_line(&self, now: DateTime<Utc>) -> String {
        match self.reasons_against(now).len() {
            0 => "GO".to_owned(),
            n => format!("NO GO: {}", counted(n, "reason", "reasons")),
        }
    }

    /// The local date of T-0: the day set, else the day of the hour set.
    fn day_zero(&self) -> Option<NaiveDate> {
        self.day.or_else(|| self.at.map(|at| self.zone.local(at).date()))
    }

    fn items(&self) -> impl Iterator<Item = &Item> {
        self.checklists.iter().flat_map(|checklist| &checklist.items)
    }

    fn open_items(&self) -> impl Iterator<Item = &Item> {
        self.items().filter(|item| !item.is_done)
    }

    /// Open items that count against release now; the rule is told at [`Release::reasons_against`].
    fn n_open_by(&self, now: DateTime<Utc>) -> usize {
        let open = || self.steps().filter(|(is_done, _)| !is_done);
        let has_phases = self.steps().any(|(_, phase)| phase.is_some());
        let Some(today) = self.phase_today(now).filter(|today| has_phases && *today <= 0) else {
            return open().count();
        };
        open().filter(|(_, phase)| phase.unwrap_or(0) <= today).count()
    }

    /// Whether each step is done, and the last day of its phase: of the plans where they were read as such, else of the
    /// checklists.
    fn steps(&self) -> Box<dyn Iterator<Item = (bool, Option<i32>)> + '_> {
        if self.courses.is_empty() {
            return Box::new(self.items().map(|item| (item.is_done, item.phase)));
        }
        Box::new(
            self.courses.iter().flat_map(|course| {
                course.plan.steps.iter().map(|step| (course.is_done(step), course.plan.last_day(step)))
            }),
        )
    }
}

impl Progress {
    /// Task items that are not done.
    pub fn open(self) -> usize {
        self.total.saturating_sub(self.done)
    }

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

/// As [`fnv1a`] of some texts, one after the other.
fn fnv1a_of(parts: &[&str]) -> u64 {
    parts.iter().fold(OFFSET_BASIS, |hash, part| fnv1a_from(hash, part.as_bytes()))
}

fn fnv1a_from(hash: u64, bytes: &[u8]) -> u64 {
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    bytes.iter().fold(hash, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(PRIME))
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
    use crate::domain::{incident::Repo, time::parse_rfc3339};

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

    fn release(items: Vec<Item>) -> Release {
        Release {
            name: Text::scrub("4.9.9"),
            day: NaiveDate::from_ymd_opt(2026, 11, 22),
            at: None,
            zone: Zone::utc(),
            checklists: vec![checklist(items)],
            courses: Vec::new(),
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
    fn a_phase_changes_at_midnight_and_its_window_is_that_day() {
        let release = release(Vec::new());
        assert_eq!(release.phase_today(at("2026-11-19T23:59:59Z")), Some(-3));
        assert_eq!(release.phase_today(at("2026-11-20T00:00:00Z")), Some(-2));
        assert_eq!(release.phase_window(-2), Some((at("2026-11-20T00:00:00Z"), at("2026-11-21T00:00:00Z"))));
        assert_eq!(release.phase_window(i32::MAX), None);
    }

    #[test]
    fn without_a_day_the_hour_tells_it_and_without_both_there_is_no_phase() {
        let mut release = release(vec![item(Some(-2), false)]);
        let now = at("2026-11-20T12:00:00Z");
        release.day = None;
        release.at = Some(at("2026-11-21T10:00:00Z"));
        assert_eq!(release.phase_today(now), Some(-1));
        release.at = None;
        assert_eq!((release.phase_today(now), release.phase_window(0)), (None, None));
        assert_eq!((release.due_today(now).len(), release.overdue(now).len()), (0, 0));
        assert_eq!(release.reasons_against(now), [Reason::ItemsOpen(1)]);
    }

    #[test]
    fn due_is_today_and_overdue_is_before() {
        let release = release(vec![
            item(Some(-7), true),
            item(Some(-7), false),
            item(Some(-2), false),
            item(Some(-2), false),
            item(Some(0), false),
            item(None, false),
        ]);
        let now = at("2026-11-20T12:00:00Z");
        assert_eq!((release.due_today(now).len(), release.overdue(now).len()), (2, 1));
        assert_eq!(release.progress(), Progress { total: 6, done: 1 });
        assert_eq!(release.progress().open(), 5);
        let cells: Vec<_> = release.phases().iter().map(|c| (c.phase, c.progress.done, c.progress.total)).collect();
        assert_eq!(cells, [(-7, 1, 2), (-2, 0, 2), (0, 0, 1)]);
    }

    #[test]
    fn later_phases_can_wait_until_their_day() {
        let release =
            release(vec![item(Some(-7), false), item(Some(0), false), item(None, false), item(Some(1), false)]);
        let open = |now: &str| {
            let reasons = release.reasons_against(at(now));
            reasons.iter().find_map(|r| if let Reason::ItemsOpen(n) = r { Some(*n) } else { None }).unwrap_or(0)
        };
        assert_eq!(open("2026-11-10T12:00:00Z"), 0, "before T-7");
        assert_eq!(open("2026-11-15T12:00:00Z"), 1, "on T-7");
        assert_eq!(open("2026-11-22T12:00:00Z"), 3, "on T-0: and those without a phase");
        assert_eq!(open("2026-11-23T12:00:00Z"), 4, "past T-0: all");
    }

    #[test]
    fn without_phases_every_open_item_counts_at_any_time() {
        let release = release(vec![item(None, false), item(None, true)]);
        assert_eq!(release.reasons_against(at("2026-01-01T00:00:00Z")), [Reason::ItemsOpen(1)]);
        assert_eq!(release.overdue(at("2027-01-01T00:00:00Z")).len(), 0);
    }

    #[test]
    fn every_reason_is_named_not_just_the_first() {
        let mut release = release(vec![item(Some(-7), false), item(Some(-2), false)]);
        let role = |role: &str, word| SignOff { role: Text::scrub(role), word };
        release.sign_offs = vec![role("qa", Word::Silent), role("engineering", Word::Go), role("legal", Word::Veto)];
        let key = IncidentKey::issue(Repo::new("acme/api"), 812);
        release.blockers = vec![key.clone()];
        let now = at("2026-11-20T12:00:00Z");
        assert_eq!(
            release.reasons_against(now),
            [
                Reason::Blocked(key),
                Reason::Vetoed(Text::scrub("legal")),
                Reason::ItemsOverdue(1),
                Reason::ItemsOpen(2),
                Reason::NotSigned(Text::scrub("qa")),
            ]
        );
        assert_eq!(release.verdict_line(now), "NO GO: 5 reasons");
    }

    #[test]
    fn a_gate_without_criteria_does_not_open() {
        let mut empty = release(Vec::new());
        let now = at("2026-11-22T12:00:00Z");
        assert_eq!(empty.reasons_against(now), [Reason::NothingToJudge]);
        empty.checklists.clear();
        assert_eq!(empty.verdict_line(now), "NO GO: 1 reason");
    }

    #[test]
    fn all_done_is_go() {
        assert_eq!(release(vec![item(Some(0), true), item(None, true)]).verdict_line(at("2026-11-22T12:00:00Z")), "GO");
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
