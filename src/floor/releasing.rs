//! The release as the floor keeps it: a box that changed, a day that a milestone says.

use chrono::{DateTime, Utc};

use super::{Floor, fact::SourceId};
use crate::{
    domain::{
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
    /// A release was read.
    pub(super) fn release_read(&mut self, source: SourceId, release: Release, now: DateTime<Utc>) {
        self.with(source, |s| s.heard(now, now));
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
        for list in release.checklists.iter_mut().filter(|list| list.path == *path && list.digest == from) {
            if let Some(item) = list.items.iter_mut().find(|item| item.id == *step) {
                (item.is_done, list.digest) = (is_done, to);
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
