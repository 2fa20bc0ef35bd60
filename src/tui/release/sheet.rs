//! What of the release is worked out once and shown many times: it is made anew when a plan, a record, what evidence says
//! or what blocks has changed, and every minute.

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        incident::IncidentKey,
        release::{
            Digest, Reason, Release, SignOff,
            announcement::{self, Announcement, Press},
            calendar::Calendar,
            course::Course,
            evidence::Finding,
            record::Entry,
            week::{self, Week},
        },
    },
    floor::Floor,
};

/// What is worked out of a release.
#[derive(Debug, Default)]
pub struct Sheet {
    /// The week: steps, phases, what is due.
    pub week: Week,
    /// What speaks against the release as of today, as boards say it.
    pub against: Vec<Reason>,
    /// What is told to whom and when.
    pub announcements: Vec<Announcement>,
    /// Checklists that were not read as plans, as plans.
    own: Vec<Course>,
    /// Steps of each plan that ask for an announcement, and which versions of the plans that was found in.
    asked: (Vec<Digest>, Vec<Vec<usize>>),
    key: Option<Key>,
}

/// What a sheet was worked out of.
#[derive(Debug, Clone, PartialEq)]
struct Key {
    minute: i64,
    plans: Vec<Digest>,
    records: Vec<(usize, Option<Entry>)>,
    calendars: Vec<Option<Calendar>>,
    findings: Vec<Finding>,
    blockers: Vec<IncidentKey>,
    sign_offs: Vec<SignOff>,
    name: String,
}

impl Sheet {
    /// The plans of the release, in the order that rows name.
    pub fn courses<'a>(&'a self, floor: &'a Floor) -> &'a [Course] {
        match floor.release() {
            Some(release) if !release.courses.is_empty() => &release.courses,
            _ => &self.own,
        }
    }

    /// The announcement that presses most: what is late, what goes out now, else the next one.
    pub fn next_announcement(&self, now: DateTime<Utc>) -> Option<usize> {
        let open = self.announcements.iter().enumerate().filter(|(_, it)| it.press(now) != Press::Sent);
        open.min_by_key(|(place, it)| (it.press(now) == Press::Later, *place)).map(|(place, _)| place)
    }

    /// Works it out, where anything can have changed.
    pub fn settle(&mut self, floor: &Floor, now: DateTime<Utc>) {
        let Some(release) = floor.release() else {
            *self = Self::default();
            return;
        };
        let key = Key::of(release, now);
        if self.key.as_ref() == Some(&key) {
            return;
        }
        if release.courses.is_empty() {
            self.own = release.checklists.iter().map(|list| Course::of_checklist(list, calendar(release))).collect();
        } else {
            self.own.clear();
        }
        let courses = if release.courses.is_empty() { &self.own } else { &release.courses };
        let plans: Vec<Digest> = courses.iter().map(|course| course.plan.digest).collect();
        if self.asked.0 != plans {
            let asked = courses.iter().map(|course| announcement::asked_in(&course.plan)).collect();
            self.asked = (plans, asked);
        }
        self.week = week::of(courses, now);
        self.announcements = announcement::all(release, courses, &self.asked.1, &floor.release_rules().announcements);
        self.against = release.reasons_against(now);
        self.key = Some(key);
    }
}

impl Key {
    fn of(release: &Release, now: DateTime<Utc>) -> Self {
        let courses = || release.courses.iter();
        let lists = release.checklists.iter().filter(|_| release.courses.is_empty());
        let last = |course: &Course| (course.record.entries().len(), course.record.entries().last().cloned());
        Self {
            minute: now.timestamp().div_euclid(60),
            plans: courses().map(|course| course.plan.digest).chain(lists.map(|list| list.digest)).collect(),
            records: courses().map(last).collect(),
            calendars: match release.courses.is_empty() {
                true => vec![calendar(release)],
                false => courses().map(|course| course.calendar.clone()).collect(),
            },
            findings: courses().flat_map(|course| &course.evidence).map(|judged| judged.finding).collect(),
            blockers: release.blockers.clone(),
            sign_offs: release.sign_offs.clone(),
            name: release.name.to_string(),
        }
    }
}

/// The days of a release whose files were read as checklists.
fn calendar(release: &Release) -> Option<Calendar> {
    use crate::domain::release::calendar::DayFrom;

    let day = release.day.or_else(|| release.at.map(|at| release.zone.local(at).date()))?;
    Some(Calendar { at: release.at, ..Calendar::new(day, release.zone.clone(), DayFrom::Settings) })
}
