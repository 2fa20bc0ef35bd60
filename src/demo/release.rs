//! The release in preparation: its checklist, its sign-offs, and what a changed box does to the file.

use std::fmt::Write as _;

use chrono::{DateTime, Days, NaiveTime, TimeDelta, Utc};

use crate::{
    demo::{GITHUB, RELEASE, story::REPOS, week},
    domain::{
        incident::Repo,
        plans::{self, Plans},
        release::{
            Checklist, Digest, Item, Release, SignOff, Word,
            calendar::{Calendar, DayFrom},
            course::Course,
            fnv1a,
            plan::StepId,
            record::{Deed, Entry, Record},
        },
        time::minus,
        zone::Zone,
    },
    floor::fact::{Fact, Went},
    text::Text,
};

const PATH: &str = "docs/releases/4.9.9.md";
const TITLE: &str = "Release 4.9.9";
const DAYS_AHEAD: Days = Days::new(2);
/// When the release goes out, by the clock of its zone.
const HOUR: NaiveTime = match NaiveTime::from_hms_opt(10, 0, 0) {
    Some(hour) => hour,
    None => NaiveTime::MIN,
};

/// A heading of the checklist and the steps under it, `x ` before those that are done at the start.
struct Section {
    phase: i32,
    heading: &'static str,
    steps: &'static [&'static str],
}

/// Two days before the release 27 of 41 steps are done, two are due today, and one is overdue.
const SECTIONS: [Section; 11] = [
    Section {
        phase: -7,
        heading: "T-7 Scope",
        steps: &[
            "x Close the milestone to new work @ana.k",
            "x Cut the branch `release/4.9` @ben.i",
            "x Announce the freeze in #payments @mae.l",
            "x Read the open security alerts @cy.o",
            "x List the changed settings for administrators @dee.w",
            "x Book the release window with the data team @ana.k",
        ],
    },
    Section {
        phase: -6,
        heading: "T-6 Build",
        steps: &[
            "x Build the candidate on every platform @ben.i",
            "x Compare the size of the binaries with 4.9.8 @ben.i",
            "x Sign the candidate @cy.o",
            "x Publish the candidate to staging @eli.r",
        ],
    },
    Section {
        phase: -5,
        heading: "T-5 Test",
        steps: &[
            "x Run the long regression suite @mae.l",
            "x Replay a day of production traffic @eli.r",
            "x Check the refund path by hand @dee.w",
            "x Check the screens in Japanese and Arabic @tui.p",
            "x File what was found, with a priority @mae.l",
        ],
    },
    Section {
        phase: -4,
        heading: "T-4 Performance",
        steps: &[
            "x Measure frame p95 against 4.9.8 @kai.n",
            "x Measure API p99 at twice the usual load @kai.n",
            "x Measure memory over twelve hours @eli.r",
            "x Compare the cost of the nightly jobs @cy.o",
            "x Write the numbers into the release notes @kai.n",
        ],
    },
    Section {
        phase: -3,
        heading: "T-3 Rehearsal",
        steps: &[
            "x Restore yesterday's backup to an empty host @cy.o",
            "x Rehearse the rollback, with a stopwatch @eli.r",
            "  Dry run of the migrations on a copy of production @cy.o",
            "x Walk through the runbooks that changed @ana.k",
            "x Test the pager: one alert, end to end @dee.w",
        ],
    },
    Section {
        phase: -2,
        heading: "T-2 Notice",
        steps: &[
            "x Proofread the release notes @mae.l",
            "  Send the announcement to administrators @dee.w",
            "x Put the maintenance window on the status page @dee.w",
            "  Confirm who is on call for T0 and T+1 @ana.k",
            "x Freeze the feature flags @ben.i",
        ],
    },
    Section {
        phase: -1,
        heading: "T-1 Decision",
        steps: &[
            "  Collect the sign-offs @ana.k",
            "  Hold the go/no-go meeting, keep the minutes @ana.k",
            "  Take a fresh backup @cy.o",
        ],
    },
    Section {
        phase: 0,
        heading: "T0 Release",
        steps: &[
            "  Run the migrations @cy.o",
            "  Roll out to 5 %, wait thirty minutes, look at the board @ben.i",
            "  Roll out to everybody @ben.i",
            "  Tag and publish the release notes @mae.l",
        ],
    },
    Section {
        phase: 1,
        heading: "T+1 Watch",
        steps: &["  Compare error ratio and p99 with last week @kai.n", "  Answer the first reports @dee.w"],
    },
    Section { phase: 2, heading: "T+2 Tidy", steps: &["  Remove the old feature flags @ben.i"] },
    Section { phase: 7, heading: "T+7 Look back", steps: &["  Hold the retrospective, file what it decides @ana.k"] },
];

/// The release as the world keeps it: which boxes are ticked, and the file that says so.
#[derive(Debug, Clone, PartialEq)]
pub struct Board {
    zone: Zone,
    start: DateTime<Utc>,
    /// Ticked or not, in file order.
    boxes: Vec<bool>,
    /// What is on record beside the file.
    record: Vec<Entry>,
}

/// The release before, as its host tells of it: it went out two hours and a half before the play begins.
pub fn published(start: DateTime<Utc>) -> Fact {
    let release = plans::Release {
        tag: Text::scrub("v4.9.8"),
        name: Text::default(),
        published_at: Some(minus(start, TimeDelta::minutes(150))),
        is_draft: false,
        is_prerelease: false,
    };
    let plans = Plans {
        repo: Repo::new(REPOS.first().copied().unwrap_or_default()),
        milestones: Vec::new(),
        releases: vec![release],
    };
    Fact::Planned { source: GITHUB, plans: Box::new(plans) }
}

impl Board {
    /// A board for a release two days after `start`, by the calendar of `zone`.
    pub fn new(zone: Zone, start: DateTime<Utc>) -> Self {
        let boxes = SECTIONS.iter().flat_map(|s| s.steps).map(|step| step.starts_with("x ")).collect();
        Self { zone, start, boxes, record: week::record(start) }
    }

    /// The release as it is now, without blockers.
    pub fn release(&self) -> Release {
        let day = self.zone.local(self.start).date().checked_add_days(DAYS_AHEAD);
        let at = day.map(|day| self.zone.resolve(day.and_time(HOUR)));
        let calendar = day.map(|day| Calendar { at, ..Calendar::new(day, self.zone.clone(), DayFrom::Settings) });
        let mut course = Course::of_checklist(&self.checklist(), calendar);
        course.record = Record::new(self.record.clone(), Vec::new());
        week::plan(&mut course);
        let courses = vec![course];
        let sign_off = |role: &str| SignOff { role: Text::scrub(role), word: Word::of(&courses, role) };
        let sign_offs = ["engineering", "qa", "security", "product"].map(sign_off).into();
        Release {
            name: Text::scrub("4.9.9"),
            day,
            at,
            zone: self.zone.clone(),
            sign_offs,
            courses,
            blockers: Vec::new(),
        }
    }

    /// Appends to the record beside the file; an announcement goes out once.
    pub fn enter(&mut self, path: &Text, entry: Entry) -> Vec<Fact> {
        let told = |what: &str, went| Fact::Told { what: Text::scrub(what), went };
        let what = entry.deed.words();
        if path.as_str() != PATH {
            return vec![told(&format!("{what}: not on record: there is no such file in the demo"), Went::Badly)];
        }
        let known = Record::new(self.record.clone(), Vec::new());
        if let Deed::Announced { what: name } = &entry.deed
            && let Some(before) = known.announced(name.as_str())
        {
            return vec![told(&format!("{what}: {} did that already", before.by), Went::Badly)];
        }
        self.record.push(entry);
        let read = Fact::ReleaseRead { source: RELEASE, release: Box::new(self.release()) };
        vec![told(&format!("{what}: on record"), Went::Well), read]
    }

    /// Changes one box, if the file is still the one that was seen.
    pub fn toggle(&mut self, path: &Text, line: usize, seen: Digest) -> Fact {
        let failed = |why: &str| Fact::ToggleFailed { path: path.clone(), line, why: Text::scrub(why) };
        let before = self.checklist();
        if before.path != *path {
            return failed("there is no such file in the demo");
        }
        if before.digest != seen {
            return failed("the file has changed since it was shown");
        }
        let found = before.items.iter().zip(&mut self.boxes).find(|(item, _)| item.line == line);
        let Some((Item { id: step, .. }, ticked)) = found else { return failed("there is no box on that line") };
        *ticked = !*ticked;
        let (step, is_done) = (step.clone(), *ticked);
        let (path, from, to) = (before.path, before.digest, self.checklist().digest);
        Fact::Toggled { path, step, line, is_done, from, to }
    }

    /// Writes the file down and notes where each box stands in it.
    fn checklist(&self) -> Checklist {
        let mut file = format!("# {TITLE}\n");
        let mut items = Vec::with_capacity(self.boxes.len());
        let mut boxes = self.boxes.iter();
        for section in &SECTIONS {
            let _never_fails = write!(file, "\n## {}\n\n", section.heading);
            for step in section.steps {
                let text = step.get(2..).unwrap_or_default();
                let is_done = boxes.next().copied().unwrap_or(false);
                items.push(Item {
                    id: StepId::of(section.heading, None, text, 0),
                    is_done,
                    text: Text::scrub(&text.replace('`', "")),
                    depth: 0,
                    section: Text::scrub(section.heading),
                    phase: Some(section.phase),
                    owner: text.rsplit_once('@').map(|(_, owner)| Text::scrub(owner)),
                    line: file.matches('\n').count() + 1,
                    byte: file.len() + "- [".len(),
                });
                let _never_fails = writeln!(file, "- [{}] {text}", if is_done { 'x' } else { ' ' });
            }
        }
        let digest = Digest { length: file.len() as u64, hash: fnv1a(file.as_bytes()) };
        Checklist { path: Text::scrub(PATH), title: Text::scrub(TITLE), items, digest }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::parse_rfc3339;

    fn board() -> Board {
        Board::new(Zone::utc(), parse_rfc3339("2026-11-20T09:00:00Z").unwrap())
    }

    #[test]
    fn two_days_before_most_is_done_and_one_step_is_overdue() {
        let list = board().checklist();
        let open = |from: i32, to: i32| {
            let phases = list.items.iter().filter(|i| !i.is_done).filter_map(|i| i.phase);
            phases.filter(|p| (from..=to).contains(p)).count()
        };
        let done = list.items.iter().filter(|i| i.is_done).count();
        assert_eq!((list.items.len(), done, open(-7, -3), open(-2, -2)), (41, 27, 1, 2));
        assert!(list.items.iter().all(|i| i.owner.is_some()));
    }

    #[test]
    fn a_toggle_changes_one_box_and_the_digest_and_a_second_one_restores_both() {
        let mut board = board();
        let before = board.checklist();
        let line = before.items[22].line;
        let Fact::Toggled { to, is_done, .. } = board.toggle(&before.path, line, before.digest) else { panic!() };
        let checklist = board.checklist();
        assert_eq!((to, is_done), (checklist.digest, true));
        assert_ne!(checklist.digest, before.digest);
        assert_eq!(checklist.digest.length, before.digest.length);
        let differ = before.items.iter().zip(&checklist.items).filter(|(a, b)| a != b).count();
        assert_eq!((differ, checklist.items[22].is_done), (1, true));
        let Fact::Toggled { to, .. } = board.toggle(&before.path, line, checklist.digest) else { panic!() };
        assert_eq!((to, board.checklist()), (before.digest, before));
    }

    #[test]
    fn a_stale_view_a_wrong_line_and_a_wrong_file_change_nothing() {
        let mut board = board();
        let list = board.checklist();
        let stale = Digest { length: 1, hash: 1 };
        for (path, line, seen) in [
            (list.path.clone(), list.items[0].line, stale),
            (list.path.clone(), 1, list.digest),
            (Text::scrub("other.md"), list.items[0].line, list.digest),
        ] {
            assert!(matches!(board.toggle(&path, line, seen), Fact::ToggleFailed { .. }));
        }
        assert_eq!(board.checklist(), list);
    }
}
