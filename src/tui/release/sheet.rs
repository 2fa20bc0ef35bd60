//! What of the release is worked out once and shown many times: it is made anew when a plan, a record or what evidence says
//! has changed, and every minute.

use chrono::{DateTime, Utc};
use unicode_width::UnicodeWidthStr as _;

use crate::{
    domain::release::{
        Digest, Release,
        announcement::{self, Announcement, Press},
        calendar::Calendar,
        course::Course,
        evidence::Finding,
        record::Entry,
        week::{self, Week},
    },
    floor::Floor,
};

/// What is worked out of a release.
#[derive(Debug, Default)]
pub struct Sheet {
    /// The week: steps, phases, what is due.
    pub week: Week,
    /// What is told to whom and when.
    pub announcements: Vec<Announcement>,
    /// Columns of the longest name of an owner.
    pub owner_columns: usize,
    /// Steps of each plan that ask for an announcement, and which texts of the plans that was found in.
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
    name: String,
}

impl Sheet {
    /// The plans of the release, in the order that rows name.
    pub fn courses<'a>(&self, floor: &'a Floor) -> &'a [Course] {
        floor.release().map(|release| release.courses.as_slice()).unwrap_or_default()
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
        let courses = &release.courses;
        let plans: Vec<Digest> = courses.iter().map(|course| course.plan.read_from).collect();
        if self.asked.0 != plans {
            let asked = courses.iter().map(|course| announcement::asked_in(&course.plan)).collect();
            self.asked = (plans, asked);
            let owners = courses.iter().flat_map(|course| &course.plan.steps).filter_map(|step| step.owner.as_ref());
            self.owner_columns = owners.map(|owner| owner.to_string().width()).max().unwrap_or(0);
        }
        self.week = week::of(courses, now);
        self.announcements = announcement::all(release, courses, &self.asked.1, &floor.release_rules().announcements);
        self.key = Some(key);
    }
}

impl Key {
    fn of(release: &Release, now: DateTime<Utc>) -> Self {
        let courses = || release.courses.iter();
        let last = |course: &Course| (course.record.entries().len(), course.record.entries().last().cloned());
        Self {
            minute: now.timestamp().div_euclid(60),
            plans: courses().map(|course| course.plan.digest).collect(),
            records: courses().map(last).collect(),
            calendars: courses().map(|course| course.calendar.clone()).collect(),
            findings: courses().flat_map(|course| &course.evidence).map(|judged| judged.finding).collect(),
            name: release.name.to_string(),
        }
    }
}
