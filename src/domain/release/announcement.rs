//! Announcements: what is told to whom and when, as the settings declare it or as steps of the plans ask for it.

use chrono::{DateTime, Utc};

use super::{
    Release,
    calendar::{When, Window},
    course::Course,
    plan::{Plan, Step},
    record::Record,
};
use crate::text::{Passage, Text};

/// An announcement that the settings declare.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declared {
    /// Its name: what the record calls it.
    pub name: Text,
    /// When it goes out.
    pub when: When,
    /// To whom; blank = not said.
    pub to: Text,
    /// Which step asks for it, as the settings name it: see [`super::plan::Plan::find`].
    pub step: Option<Text>,
    /// Its text, with `{release}`, `{day}`, `{time}`, `{zone}` and `{name}` in it.
    pub text: Passage,
}

/// An announcement of a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announcement {
    /// What the record calls it: its name, or the identity of its step.
    pub key: Text,
    /// What people call it: its name, or the text of its step.
    pub name: Text,
    /// To whom; blank = not said.
    pub to: Text,
    /// When it goes out, told from T-0.
    pub when: When,
    /// The same as instants; open where no date is set.
    pub window: Window,
    /// Its text, filled in.
    pub text: Passage,
    /// Which plan and which of its steps asks for it; nothing where the settings declare it.
    pub step: Option<(usize, usize)>,
    /// Who marked it as sent and when; the instant is not known of a step that was ticked in its file.
    pub sent: Option<(Text, Option<DateTime<Utc>>)>,
}

/// How an announcement presses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Press {
    /// It should have gone out.
    Late,
    /// It goes out now: its day, or its hours.
    Now,
    /// Later.
    Later,
    /// It is out.
    Sent,
}

impl Announcement {
    /// How it presses at an instant.
    pub fn press(&self, now: DateTime<Utc>) -> Press {
        match () {
            () if self.sent.is_some() => Press::Sent,
            () if self.window.is_over(now) => Press::Late,
            () if self.window.start.is_some_and(|start| start <= now) => Press::Now,
            () => Press::Later,
        }
    }
}

/// Steps of a plan that ask for an announcement, by their place: their text speaks of one and a time is set, or they stand
/// in a section about communication and say their own time.
pub fn asked_in(plan: &Plan) -> Vec<usize> {
    let asks = |step: &Step| match plan.when(step) {
        Some(When::Days(span)) if span.first == span.last => speaks(&step.text, &OF_TELLING) || told_apart(step),
        Some(When::Hours(_)) => speaks(&step.text, &OF_TELLING) || told_apart(step),
        _ => false,
    };
    plan.steps.iter().enumerate().filter(|(_, step)| asks(step)).map(|(place, _)| place).collect()
}

fn told_apart(step: &Step) -> bool {
    step.own_when.is_some() && speaks(&step.section, &OF_SECTIONS)
}

fn speaks(text: &Text, words: &[&str]) -> bool {
    let lower = text.as_str().to_lowercase();
    words.iter().any(|word| lower.contains(word))
}

/// Beginnings of words, lower-cased, that make a step an announcement.
const OF_TELLING: [&str; 12] = [
    "announce",
    "notify",
    "notification",
    "mailing",
    "newsletter",
    "анонс",
    "оповещ",
    "уведомл",
    "рассылк",
    "ankündig",
    "benachrichtig",
    "anunci",
];

/// Beginnings of words in headings under which a step that says its own time is an announcement.
const OF_SECTIONS: [&str; 5] = ["communicat", "коммуникац", "kommunikation", "comunicaci", "announce"];

/// All announcements of a release, by when they go out; `asked` names the steps of each of `courses` that ask for one.
pub fn all(release: &Release, courses: &[Course], asked: &[Vec<usize>], declared: &[Declared]) -> Vec<Announcement> {
    let calendar = courses.iter().find_map(|course| course.calendar.as_ref());
    let window = |when| calendar.map(|calendar| calendar.window(when)).unwrap_or_default();
    let records: Vec<&Record> = courses.iter().map(|course| &course.record).collect();
    let mut found: Vec<Announcement> = declared
        .iter()
        .map(|declared| {
            let step = declared.step.as_ref().and_then(|wanted| place_of(courses, wanted));
            let of_step = step.and_then(|(nth, place)| {
                let course = courses.get(nth)?;
                of_step(release, course, (nth, place), course.plan.steps.get(place)?)
            });
            Announcement {
                key: declared.name.clone(),
                name: declared.name.clone(),
                to: declared.to.clone(),
                when: declared.when,
                window: window(declared.when),
                text: filled(declared.text.as_str(), &declared.name, release),
                step,
                sent: on_record(&records, declared.name.as_str()).or_else(|| of_step?.sent),
            }
        })
        .collect();
    let taken: Vec<(usize, usize)> = found.iter().filter_map(|it| it.step).collect();
    for (nth, (course, places)) in courses.iter().zip(asked).enumerate() {
        let places = places.iter().filter(|place| !taken.contains(&(nth, **place)));
        let steps = places.filter_map(|place| Some((*place, course.plan.steps.get(*place)?)));
        found.extend(steps.filter_map(|(place, step)| of_step(release, course, (nth, place), step)));
    }
    found.sort_by_key(|it| (it.window.end, it.window.start));
    found
}

fn place_of(courses: &[Course], wanted: &Text) -> Option<(usize, usize)> {
    courses.iter().enumerate().find_map(|(nth, course)| {
        let id = &course.plan.find(wanted.as_str())?.id;
        Some((nth, course.plan.steps.iter().position(|step| step.id == *id)?))
    })
}

fn of_step(release: &Release, course: &Course, place: (usize, usize), step: &Step) -> Option<Announcement> {
    let when = course.plan.when(step)?;
    let key = step.id.text().clone();
    let ticked = || {
        let entry = course.record.tick(&step.id);
        let by = entry.map(|entry| entry.by.clone()).unwrap_or_default();
        course.is_ticked(step).then(|| (by, entry.map(|entry| entry.at)))
    };
    let told = on_record(&[&course.record], key.as_str())
        .or_else(|| on_record(&[&course.record], step.text.as_str()))
        .or_else(ticked);
    Some(Announcement {
        name: step.text.clone(),
        to: Text::default(),
        when,
        window: course.window(step).unwrap_or_default(),
        text: filled(USUAL, &step.text, release),
        step: Some(place),
        sent: told,
        key,
    })
}

fn on_record(records: &[&Record], key: &str) -> Option<(Text, Option<DateTime<Utc>>)> {
    let entry = records.iter().filter_map(|record| record.announced(key)).max_by_key(|entry| entry.at)?;
    Some((entry.by.clone(), Some(entry.at)))
}

/// The text of an announcement for which the settings have none.
const USUAL: &str = "{release} goes out on {day} at {time} ({zone}).\n\n{name}\n";

/// The names that a template may have.
pub const NAMES: [&str; 5] = ["{release}", "{day}", "{time}", "{zone}", "{name}"];

/// What stands in a template like a name and is none: it would go out as it is written.
pub fn unknown(template: &str) -> Vec<&str> {
    let is_name = |word: &str| !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'));
    let ends = template.match_indices('{').filter_map(|(at, _)| {
        let inside = template.get(at + 1..)?;
        let word = inside.split('}').next().filter(|word| word.len() < inside.len() && is_name(word))?;
        template.get(at..at + word.len() + 2)
    });
    ends.filter(|name| !NAMES.contains(name)).collect()
}

/// Puts a release into a template. What has no value is said in words; names that are not known stay as they are.
fn filled(template: &str, name: &Text, release: &Release) -> Passage {
    let day = release.day.map(|day| day.format("%A, %-d %B %Y").to_string());
    let time = release.at.map(|at| release.zone.local(at).format("%H:%M").to_string());
    let values = [
        release.name.as_str(),
        day.as_deref().unwrap_or("a day that is not set yet"),
        time.as_deref().unwrap_or("an hour that is not set yet"),
        release.zone.name(),
        name.as_str(),
    ];
    // One pass: what a value holds is no template.
    let (mut text, mut rest) = (String::new(), template);
    while let Some(at) = rest.find('{') {
        let (before, from) = rest.split_at(at);
        text.push_str(before);
        let known = NAMES.iter().zip(values).find(|(name, _)| from.starts_with(*name));
        let (value, length) = known.map_or(("{", 1), |(name, value)| (value, name.len()));
        text.push_str(value);
        rest = from.get(length..).unwrap_or_default();
    }
    text.push_str(rest);
    Passage::scrub(&text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        release::{
            calendar::{Calendar, DayFrom, Span},
            plan::{Mark, Phase, StepId},
            record::{Deed, Entry},
        },
        time::parse_rfc3339,
        zone::Zone,
    };

    fn at(written: &str) -> DateTime<Utc> {
        parse_rfc3339(written).unwrap()
    }

    fn text(written: &str) -> Text {
        Text::scrub(written)
    }

    fn step(id: &str, said: &str, section: &str, own_when: Option<When>, is_done: bool) -> Step {
        Step {
            id: StepId::new(id),
            text: text(said),
            mark: Mark::Box { byte: 0, is_done },
            line: 1,
            depth: 0,
            section: text(section),
            phase: Some(0),
            own_when,
            owner: None,
            number: None,
            is_required: true,
        }
    }

    fn course(steps: Vec<Step>) -> Course {
        let when = Some(When::Days(Span::between(-7, -1)));
        let phases = vec![Phase { label: text("T-7..T-1"), heading: text("Before"), line: 1, when, is_strict: false }];
        let day = "2026-11-22".parse().unwrap();
        let calendar = Some(Calendar::new(day, Zone::utc(), DayFrom::Settings));
        Course { calendar, ..Course::new(Plan { steps, phases, ..Plan::default() }) }
    }

    fn release() -> Release {
        Release {
            name: text("4.9.9"),
            day: "2026-11-22".parse().ok(),
            at: Some(at("2026-11-22T09:00:00Z")),
            zone: Zone::utc(),
            courses: Vec::new(),
            sign_offs: Vec::new(),
            blockers: Vec::new(),
        }
    }

    fn days(offset: i32) -> Option<When> {
        Some(When::Days(Span::day(offset)))
    }

    #[test]
    fn a_step_asks_for_one_by_its_words_or_by_its_section_and_its_own_time() {
        let plan = course(vec![
            step("a", "Announce the freeze", "Scope", days(-5), false),
            step("b", "A reminder with a link", "Communication plan", days(-1), false),
            step("c", "Prepare the template", "Communication plan", None, false),
            step("d", "List the migrations", "Data", days(-7), false),
            step("e", "Announce it some time", "Scope", None, false),
        ])
        .plan;
        assert_eq!(asked_in(&plan), [0, 1]);
    }

    #[test]
    fn the_next_one_stands_first_and_what_is_on_record_or_ticked_is_sent() {
        let mut course = course(vec![
            step("late", "Announce", "", days(-5), false),
            step("done", "Announce it again", "", days(-4), true),
            step("next", "Notify administrators", "", days(-2), false),
        ]);
        let entry = Entry {
            at: at("2026-11-19T08:00:00Z"),
            by: text("ana"),
            deed: Deed::Announced { what: text("freeze") },
            commit: None,
            reason: Text::default(),
        };
        course.record = Record::new(vec![entry], Vec::new());
        let declared = Declared {
            name: text("freeze"),
            when: When::Days(Span::day(-3)),
            to: text("everybody"),
            step: None,
            text: Passage::scrub("{release}: {name} on {day}, {time} {zone} {other} {"),
        };
        let found = all(&release(), &[course.clone()], &[asked_in(&course.plan)], &[declared]);
        let now = at("2026-11-20T12:00:00Z");
        let said: Vec<_> = found.iter().map(|it| (it.key.as_str(), it.press(now))).collect();
        assert_eq!(said, [("late", Press::Late), ("done", Press::Sent), ("freeze", Press::Sent), ("next", Press::Now)]);
        assert_eq!(found[2].sent, Some((text("ana"), Some(at("2026-11-19T08:00:00Z")))));
        assert_eq!(found[2].text.as_str(), "4.9.9: freeze on Sunday, 22 November 2026, 09:00 UTC {other} {");
    }
}
