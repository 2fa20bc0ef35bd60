//! The release as the floor keeps it: a box that changed, a day that a milestone says.

use chrono::{DateTime, Utc};

use super::{Floor, fact::SourceId};
use crate::domain::{
    plans::Plans,
    release::{
        Checklist, Release,
        calendar::{Calendar, DayFrom},
        plan::Mark,
    },
};

impl Floor {
    /// A release was read.
    pub(super) fn release_read(&mut self, source: SourceId, release: Release, now: DateTime<Utc>) {
        self.with(source, |s| s.heard(now, now));
        self.release = Some(release);
        self.date_release();
        self.blockers_of = None;
    }

    /// A host told what is planned in a repository.
    pub(super) fn planned(&mut self, plans: Plans) {
        self.plans.insert(plans.repo.clone(), plans);
        self.date_release();
    }

    /// A checklist is as it is told now.
    pub(super) fn replace_checklist(&mut self, checklist: Checklist) {
        let Some(release) = &mut self.release else { return };
        for course in release.courses.iter_mut().filter(|course| course.plan.path == checklist.path) {
            // The boxes as they are; what else changed in the file comes with its next reading.
            let mut items = checklist.items.iter();
            for step in course.plan.steps.iter_mut().filter(|step| step.mark != Mark::None) {
                if let Some(item) = items.next().filter(|item| item.id == step.id) {
                    (step.mark, step.line) = (Mark::Box { byte: item.byte, is_done: item.is_done }, item.line);
                }
            }
            course.plan.digest = checklist.digest;
        }
        for known in release.checklists.iter_mut().filter(|known| known.path == checklist.path) {
            known.clone_from(&checklist);
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
