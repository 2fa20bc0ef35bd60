//! The release as the floor keeps it: a box that changed, a day that a milestone says.

use chrono::{DateTime, Utc};

use super::{Floor, entry::Entry, fact::SourceId};
use crate::{
    domain::{
        incident::IncidentKey,
        plans::Plans,
        release::{
            Digest, Release,
            calendar::{Calendar, DayFrom},
            plan::{Mark, Step, StepId},
        },
    },
    text::Text,
};

impl Floor {
    /// Looks again for the incidents that block it, where the queue is another one.
    pub(super) fn settle_blockers(&mut self) {
        let seen = (self.queue.content(), self.queue.version());
        if self.blockers_of == Some(seen) {
            return;
        }
        // Time alone makes no blocker: it only moves those that are known.
        let found = self.blockers_of.is_none_or(|(content, _)| content != seen.0).then(|| self.find_blockers());
        self.blockers_of = Some(seen);
        if let Some(release) = &mut self.release {
            release.blockers = found.unwrap_or_else(|| std::mem::take(&mut release.blockers));
            self.queue.sort(&mut release.blockers);
        }
    }

    fn find_blockers(&self) -> Vec<IncidentKey> {
        if self.release.is_none() || self.blocker_labels.is_empty() {
            return Vec::new();
        }
        let blocks = |entry: &&Entry| self.blocker_labels.iter().any(|label| entry.incident.has_label(label));
        let open = self.queue.order().iter().filter_map(|place| self.queue.entry(*place));
        open.filter(blocks).map(|entry| entry.incident.key.clone()).collect()
    }

    /// A release was read.
    pub(super) fn release_read(&mut self, source: SourceId, mut release: Release, now: DateTime<Utc>) {
        self.with(source, |s| s.heard(now, now));
        release.count_until(now);
        self.release = Some(release);
        self.plans_changed();
        self.date_release();
        self.blockers_of = None;
    }

    /// A host told what is planned in a repository.
    pub(super) fn planned(&mut self, plans: Plans) {
        self.plans.insert(plans.repo.clone(), plans);
        self.date_release();
    }

    /// A box was changed in the version `from` of its file, which is now `to`. A floor that knows another version waits for
    /// what was merged there: the file is read again at once.
    pub(super) fn toggled(&mut self, path: &Text, step: &StepId, is_done: bool, (from, to): (Digest, Digest)) {
        let Some(release) = &mut self.release else { return };
        let plans = release.courses.iter_mut().map(|course| &mut course.plan);
        for plan in plans.filter(|plan| plan.path == *path && plan.digest == from) {
            let found = plan.steps.iter_mut().find(|known| known.id == *step);
            if let Some(Step { mark: Mark::Box { is_done: known, .. }, .. }) = found {
                (*known, plan.digest) = (is_done, to);
            }
        }
    }

    /// Gives a release without a day the one its milestone is due on, a date in UTC, as hosts keep it.
    pub(super) fn date_release(&mut self) {
        let Some((repo, title)) = &self.release_milestone else { return };
        let milestone = self.plans.get(repo).and_then(|plans| plans.milestone(title));
        let Some(due) = milestone.and_then(|milestone| milestone.due) else { return };
        let is_ours = |calendar: &Calendar| matches!(calendar.day_from, DayFrom::Milestone(_));
        let Some(release) = &mut self.release else { return };
        let is_dated = release.courses.iter().filter_map(|course| course.calendar.as_ref()).any(|c| !is_ours(c));
        let is_told = release.courses.iter().filter_map(|course| course.calendar.as_ref()).any(is_ours);
        if is_dated || (release.day.is_some() && !is_told) {
            return;
        }
        let day = due.date_naive();
        release.day = Some(day);
        let day_from = DayFrom::Milestone(title.clone());
        let days = &self.release_days;
        for course in &mut release.courses {
            let mut calendar = Calendar::new(day, release.zone.clone(), day_from.clone());
            (calendar.mode, calendar.holidays) = days.clone();
            course.calendar = Some(calendar);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{
            incident::Repo,
            plans::Milestone,
            release::{calendar::Mode, course::Course, plan::Plan},
            sla::Policy,
            time::parse_rfc3339,
            zone::Zone,
        },
        floor::fact::Fact,
    };

    fn at(written: &str) -> DateTime<Utc> {
        parse_rfc3339(written).unwrap()
    }

    fn release(digest: u64) -> Release {
        let step = Step {
            id: StepId::new("one"),
            text: Text::scrub("one"),
            mark: Mark::Box { byte: 3, is_done: false },
            line: 1,
            depth: 0,
            section: Text::default(),
            phase: None,
            own_when: None,
            owner: None,
            number: None,
            is_required: true,
        };
        let digest = Digest { length: 8, hash: digest };
        let plan = Plan { path: Text::scrub("p.md"), steps: vec![step], digest, ..Plan::default() };
        Release {
            name: Text::scrub("1.4.0"),
            day: None,
            at: None,
            zone: Zone::utc(),
            courses: vec![Course::new(plan)],
            sign_offs: Vec::new(),
            blockers: Vec::new(),
        }
    }

    fn floor() -> Floor {
        let mut floor = Floor::new(Text::default(), Zone::utc(), Policy::standard(), Vec::new());
        floor.release_milestone = Some((Repo::new("acme/api"), Text::scrub("1.4.0")));
        floor
    }

    fn planned(due: Option<&str>) -> Fact {
        let milestone = Milestone {
            number: 1,
            title: Text::scrub("1.4.0"),
            due: due.map(at),
            is_open: true,
            n_open: None,
            n_closed: None,
        };
        let plans = Plans { repo: Repo::new("acme/api"), milestones: vec![milestone], releases: Vec::new() };
        Fact::Planned { source: SourceId(0), plans: Box::new(plans) }
    }

    fn read(release: Release) -> Fact {
        Fact::ReleaseRead { source: SourceId(1), release: Box::new(release) }
    }

    fn day(floor: &Floor) -> Option<String> {
        floor.release().unwrap().day.map(|day| day.to_string())
    }

    #[test]
    fn the_day_a_milestone_is_due_on_is_the_day_of_a_release_that_has_none_of_its_own() {
        let now = at("2026-11-20T12:00:00Z");
        let mut floor = floor();
        floor.release_days.0 = Mode::Business;
        floor.apply(read(release(1)), now);
        assert_eq!(day(&floor), None, "nobody told of the milestone yet");
        floor.apply(planned(Some("2026-12-03T08:00:00Z")), now);
        assert_eq!(day(&floor).as_deref(), Some("2026-12-03"));
        let calendar = floor.release().unwrap().courses[0].calendar.clone().unwrap();
        assert_eq!(calendar.day_from, DayFrom::Milestone(Text::scrub("1.4.0")));
        assert_eq!((calendar.mode, calendar.day.to_string().as_str()), (Mode::Business, "2026-12-03"));
        assert_eq!(floor.release().unwrap().phase_today(now), Some(-9), "in business days, as its plans count");
        // It moves with the milestone, and a plan that is read again has it too.
        floor.apply(planned(Some("2026-12-10T08:00:00Z")), now);
        assert_eq!(day(&floor).as_deref(), Some("2026-12-10"));
        floor.apply(read(release(2)), now);
        assert_eq!(day(&floor).as_deref(), Some("2026-12-10"));
        floor.apply(planned(None), now);
        assert_eq!(day(&floor).as_deref(), Some("2026-12-10"), "what is due on no day says none");
    }

    #[test]
    fn a_day_of_the_settings_stands_whatever_a_milestone_says() {
        let now = at("2026-11-20T12:00:00Z");
        let mut floor = floor();
        let mut dated = release(1);
        dated.day = chrono::NaiveDate::from_ymd_opt(2026, 12, 1);
        floor.apply(read(dated), now);
        floor.apply(planned(Some("2026-12-03T08:00:00Z")), now);
        assert_eq!(day(&floor).as_deref(), Some("2026-12-01"));
    }

    #[test]
    fn a_box_that_was_ticked_is_so_in_the_version_that_is_known_and_another_waits_for_its_reading() {
        let now = at("2026-11-20T12:00:00Z");
        let mut floor = floor();
        floor.apply(read(release(1)), now);
        let version = |hash| Digest { length: 8, hash };
        let toggled = |from, to| Fact::Toggled {
            path: Text::scrub("p.md"),
            step: StepId::new("one"),
            line: 1,
            is_done: true,
            from: version(from),
            to: version(to),
        };
        let state = |floor: &Floor| {
            let release = floor.release().unwrap();
            let course = &release.courses[0];
            (course.is_ticked(&course.plan.steps[0]), course.progress().done, course.plan.digest.hash)
        };
        floor.apply(toggled(7, 8), now);
        assert_eq!(state(&floor), (false, 0, 1), "it was merged into a version that is not known here");
        floor.apply(toggled(1, 2), now);
        assert_eq!(state(&floor), (true, 1, 2));
    }
}
