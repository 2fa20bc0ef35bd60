//! The on-call page for a team's documentation: who, when, how to reach them, who is told next. Markdown.
//!
//! The page names the stretch of time it speaks of in a comment, and ends in another. [`matches()`] writes the same stretch
//! anew and compares: a page that no longer says what the roster says is found, whatever stands around it.

use std::fmt::Write as _;

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        escalation::{Policy, Target},
        rota::{Contact, Override, OverrideKind, Person, Roster, Schedule, Segment},
        time::{between, parse_rfc3339, rfc3339, short_span},
    },
    text::Text,
};

const BEGIN: &str = "<!-- watchfloor on-call page, ";
const BEGIN_END: &str = "; written by watchfloor, change the roster instead -->";
const END: &str = "<!-- end of the watchfloor on-call page -->";

/// A page longer than this many days is a mistake.
const MOST_DAYS: i64 = 3_700;

/// Whether a page still says what the roster says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    /// It does, for a stretch with now in it.
    Same,
    /// It does, but of days that are over, or not yet begun: from when until when.
    Elsewhen(DateTime<Utc>, DateTime<Utc>),
    /// It says something else: write it again.
    Differs,
    /// It is no page of ours: the comments that begin and end one are not there, or name no stretch of time.
    NoPage,
}

/// Writes the page for `[from, to)`, between its two comments, with a line end.
pub fn render(roster: &Roster, from: DateTime<Utc>, to: DateTime<Utc>) -> String {
    let mut page = format!("{BEGIN}{}/{}{BEGIN_END}\n\n", rfc3339(from), rfc3339(to));
    let zone = roster.zone.name();
    // Writing to a string cannot fail.
    let _ = writeln!(page, "Times are those of {} unless an offset says otherwise.\n", code(zone));
    people(&mut page, roster);
    for schedule in &roster.schedules {
        seat(&mut page, roster, schedule, from, to);
    }
    for policy in &roster.escalations {
        escalation(&mut page, policy);
    }
    leave(&mut page, roster, from, to);
    page.push_str(END);
    page.push('\n');
    page
}

/// Whether every page that stands in a Markdown file is the one that would be written today for the same stretch of time,
/// and one of them speaks of `now`.
///
/// What stands around them is left aside, and so is how lines end. One page that says something else is enough.
pub fn matches(file: &str, roster: &Roster, now: DateTime<Utc>) -> Match {
    let file = file.replace("\r\n", "\n");
    let mut blocks = file.split(BEGIN).skip(1).peekable();
    if blocks.peek().is_none() {
        return Match::NoPage;
    }
    let (mut spans, mut is_same) = (Vec::new(), true);
    for block in blocks {
        let Some((from, to, body)) = block_of(block) else { return Match::NoPage };
        is_same &= format!("{BEGIN}{body}{END}\n") == render(roster, from, to);
        spans.push((from, to));
    }
    let last = spans.iter().max_by_key(|(_, to)| *to).copied();
    match last.filter(|_| !spans.iter().any(|(from, to)| *from <= now && now < *to)) {
        _ if !is_same => Match::Differs,
        Some((from, to)) => Match::Elsewhen(from, to),
        None => Match::Same,
    }
}

/// The stretch of time a page speaks of, and what it says, from what follows its first words.
fn block_of(block: &str) -> Option<(DateTime<Utc>, DateTime<Utc>, &str)> {
    let (span, _) = block.split_once(BEGIN_END)?;
    let (body, _) = block.split_once(END)?;
    let (from, to) = span.split_once('/')?;
    let (from, to) = (parse_rfc3339(from)?, parse_rfc3339(to)?);
    (from < to && between(from, to).num_days() <= MOST_DAYS).then_some((from, to, body))
}

/// A file with each of its pages written anew; the page alone where the file has none.
pub fn replaced(file: &str, page: &str) -> String {
    let mut blocks = file.split(BEGIN);
    let mut written = blocks.next().unwrap_or_default().to_owned();
    let mut is_found = false;
    for block in blocks {
        let Some((_, after)) = block.split_once(END) else { return page.to_owned() };
        written.push_str(page.trim_end_matches('\n'));
        written.push_str(after);
        is_found = true;
    }
    if is_found { written } else { page.to_owned() }
}

fn people(page: &mut String, roster: &Roster) {
    page.push_str("## People\n\n| who | name | reach | mail | code host | zone |\n|---|---|---|---|---|---|\n");
    for person in &roster.people {
        let Contact { id, name, login, reach, email, zone } = person;
        let cell = |text: Option<&Text>| text.map(|t| escaped(t.as_str())).unwrap_or_default();
        let zone = zone.as_ref().map(|zone| code(zone.name())).unwrap_or_default();
        let (login, reach, email) = (cell(login.as_ref()), cell(reach.as_ref()), cell(email.as_ref()));
        row(page, &[escaped(id.as_str()), escaped(name.as_str()), reach, email, login, zone]);
    }
    page.push('\n');
}

fn row(page: &mut String, cells: &[String]) {
    let _ = writeln!(page, "| {} |", cells.join(" | "));
}

fn seat(page: &mut String, roster: &Roster, schedule: &Schedule, from: DateTime<Utc>, to: DateTime<Utc>) {
    let _ = writeln!(page, "## On call: {}\n", escaped(schedule.name.as_str()));
    page.push_str("| from | until | for | who |\n|---|---|---|---|\n");
    for Segment { start, end, people } in schedule.segments(from, to) {
        let who = if people.is_empty() { "**nobody**".to_owned() } else { named(roster, &people) };
        row(page, &[clock(roster, start), clock(roster, end), short_span(between(start, end)), who]);
    }
    page.push('\n');
    let current: Vec<&Override> = schedule.overrides.iter().filter(|o| o.start < to && from < o.end).collect();
    if !current.is_empty() {
        page.push_str("Exceptions within these days:\n\n");
        for one in current {
            let note = one.note.as_ref().map(|note| format!(" ({})", escaped(note.as_str()))).unwrap_or_default();
            let (start, end) = (clock(roster, one.start), clock(roster, one.end));
            let _ = writeln!(page, "- {start} until {end}: {}{note}", what(roster, &one.kind));
        }
        page.push('\n');
    }
    for off in &schedule.off {
        let note = off.note.as_ref().map(|note| format!(": {}", escaped(note.as_str()))).unwrap_or_default();
        for hours in &off.hours {
            let days: Vec<_> = hours.days.iter().map(ToString::to_string).collect();
            let to = if hours.end == chrono::NaiveTime::MIN {
                "24:00".to_owned()
            } else {
                hours.end.format("%H:%M").to_string()
            };
            let days = days.join(", ");
            let _ = writeln!(
                page,
                "Nobody needs to be on call on {days}, {} to {to} ({}){note}.\n",
                hours.start.format("%H:%M"),
                code(off.zone.name())
            );
        }
    }
}

fn what(roster: &Roster, kind: &OverrideKind) -> String {
    let one = |person: &Person| named(roster, std::slice::from_ref(person));
    match kind {
        OverrideKind::ReplaceAll(people) => format!("{} instead of everybody", named(roster, people)),
        OverrideKind::ReplaceUser { user, with } => format!("{} instead of {}", one(with), one(user)),
        OverrideKind::Add(user) => format!("{} as well", one(user)),
        OverrideKind::Remove(user) => format!("without {}", one(user)),
    }
}

fn escalation(page: &mut String, policy: &Policy) {
    let priorities: Vec<_> = policy.priorities.iter().map(|p| p.word()).collect();
    let _ = writeln!(page, "## Escalation: {} ({})\n", escaped(policy.name.as_str()), priorities.join(", "));
    page.push_str("| step | after | who is told |\n|---|---|---|\n");
    let mut after = chrono::TimeDelta::zero();
    for (nth, step) in (1..).zip(&policy.steps) {
        let who: Vec<_> = step
            .targets
            .iter()
            .map(|target| match target {
                Target::Seat(seat) => format!("on call: {}", escaped(seat.as_str())),
                Target::Person(person) => escaped(person.as_str()),
            })
            .collect();
        let at = if after.is_zero() { "at once".to_owned() } else { short_span(after) };
        row(page, &[format!("{nth}"), at, who.join(", ")]);
        after = after.checked_add(&step.delay).unwrap_or(after);
    }
    page.push('\n');
    if policy.repeat > 0 {
        let _ = writeln!(
            page,
            "All of it again, {} more.\n",
            crate::text::counted(policy.repeat as usize, "time", "times")
        );
    }
    if let Some(timeout) = policy.ack_timeout {
        let _ = writeln!(page, "An acknowledgement lapses after {}.\n", short_span(timeout));
    }
    if let Some(reserve) = &policy.reserve {
        let _ = writeln!(page, "When nobody is found: {}.\n", escaped(reserve.as_str()));
    }
}

fn leave(page: &mut String, roster: &Roster, from: DateTime<Utc>, to: DateTime<Utc>) {
    let mut away: Vec<_> = roster.leave.iter().filter(|leave| leave.start < to && from < leave.end).collect();
    if away.is_empty() {
        return;
    }
    away.sort_by_key(|leave| (leave.start, leave.user.clone()));
    page.push_str("## Away\n\n");
    for leave in away {
        let note = leave.note.as_ref().map(|note| format!(" ({})", escaped(note.as_str()))).unwrap_or_default();
        let (start, end) = (clock(roster, leave.start), clock(roster, leave.end));
        let _ = writeln!(page, "- {}: {start} until {end}{note}", escaped(leave.user.as_str()));
    }
    page.push('\n');
}

/// Names as people are called, with the short name where that is another.
fn named(roster: &Roster, people: &[Person]) -> String {
    let name = |person: &Person| {
        let known = roster.people.iter().find(|contact| contact.id == *person);
        match known.map(|contact| contact.name.as_str()).filter(|name| !name.trim().is_empty()) {
            Some(name) if name != person.as_str() => format!("{} ({})", escaped(name), escaped(person.as_str())),
            Some(_) | None => escaped(person.as_str()),
        }
    };
    people.iter().map(name).collect::<Vec<_>>().join(", ")
}

/// The roster's clock with its offset: a reader elsewhere can still tell.
fn clock(roster: &Roster, at: DateTime<Utc>) -> String {
    at.with_timezone(&roster.zone).format("%a %Y-%m-%d %H:%M %:z").to_string()
}

/// Text between backticks; a name of a zone holds none.
fn code(name: &str) -> String {
    format!("`{}`", name.replace('`', "'"))
}

/// Plain words in Markdown, in a cell of a table as well: nothing in them is a link, a tag, code or a bound.
///
/// Every sign that Markdown or HTML reads is escaped; addresses that are made links by their look are broken up.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.trim().chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '|' | '#' | '!' | '~' | '$' => {
                out.push('\\');
                out.push(c);
            }
            // `https:` and `www.` are links by themselves in many a renderer; the same letters with an entity are not.
            ':' => out.push_str("&#58;"),
            c => out.push(c),
        }
    }
    out.replace("www.", "www&#46;")
}

#[cfg(test)]
mod tests {
    use chrono::{NaiveDate, TimeDelta};

    use super::*;
    use crate::domain::{
        escalation::Step,
        priority::Priority,
        rota::{Advance, Layer, Leave, ShiftLength, ShiftUnit},
        time::plus,
        zone::Zones,
    };

    fn text(s: &str) -> Text {
        Text::scrub(s)
    }

    fn at(s: &str) -> DateTime<Utc> {
        parse_rfc3339(s).unwrap()
    }

    fn contact(id: &str, name: &str) -> Contact {
        let (login, email, zone) = (None, None, None);
        Contact { id: text(id), name: text(name), login, reach: Some(text("+49 30 555 0100")), email, zone }
    }

    fn roster() -> Roster {
        let zone = Zones::bundled().find("Europe/Berlin").unwrap();
        let layer = Layer {
            name: text("weeks"),
            zone: zone.clone(),
            anchor: NaiveDate::from_ymd_opt(2026, 1, 5).unwrap().and_hms_opt(9, 0, 0).unwrap(),
            shift: ShiftLength { n: 1, unit: ShiftUnit::Weeks },
            participants: vec![vec![text("ana")], vec![text("ben")]],
            level: 0,
            start: None,
            end: None,
            restrictions: Vec::new(),
            advance: Advance::Always,
        };
        let cover = Override {
            kind: OverrideKind::ReplaceUser { user: text("ana"), with: text("ben") },
            start: at("2026-11-25T08:00:00Z"),
            end: at("2026-11-25T20:00:00Z"),
            level: 0,
            created: None,
            note: Some(text("dentist | `x` <b>")),
        };
        let people = vec![contact("ana", "Ana Ruiz"), contact("ben", "")];
        let mut roster = Roster::new(zone, people, vec![Schedule::new(text("primary"), vec![layer], vec![cover])]);
        roster.escalations.push(Policy {
            name: text("urgent"),
            priorities: vec![Priority::P0, Priority::P1],
            steps: vec![
                Step { delay: TimeDelta::minutes(5), targets: vec![Target::Seat(text("primary"))] },
                Step { delay: TimeDelta::minutes(10), targets: vec![Target::Person(text("ben"))] },
            ],
            repeat: 2,
            ack_timeout: None,
            reserve: Some(text("ana")),
        });
        roster.leave.push(Leave {
            user: text("ana"),
            start: at("2026-12-01T00:00:00Z"),
            end: at("2026-12-03T00:00:00Z"),
            note: None,
        });
        roster
    }

    const FROM: &str = "2026-11-21T00:00:00Z";

    fn matches(file: &str, roster: &Roster) -> Match {
        super::matches(file, roster, at(FROM))
    }

    fn page() -> String {
        render(&roster(), at(FROM), plus(at(FROM), TimeDelta::days(14)))
    }

    #[test]
    fn the_page_says_who_when_how_and_who_next() {
        let page = page();
        for line in [
            "<!-- watchfloor on-call page, 2026-11-21T00:00:00Z/2026-12-05T00:00:00Z; written by watchfloor, change the roster instead -->",
            "| ana | Ana Ruiz | +49 30 555 0100 |  |  |  |",
            "| Mon 2026-11-23 09:00 +01:00 | Wed 2026-11-25 09:00 +01:00 | 2d | Ana Ruiz (ana) |",
            "| Wed 2026-11-25 09:00 +01:00 | Wed 2026-11-25 21:00 +01:00 | 12h | ben |",
            "| 1 | at once | on call&#58; primary |".replace("&#58;", ":").as_str(),
            "| 2 | 5m | ben |",
            "When nobody is found: ana.",
            "- ana: Tue 2026-12-01 01:00 +01:00 until Thu 2026-12-03 01:00 +01:00",
        ] {
            assert!(page.lines().any(|l| l == line), "{line}\nis not in\n{page}");
        }
    }

    #[test]
    fn outside_text_is_plain_words_in_a_cell_and_in_a_list() {
        let page = page();
        let line = "ben instead of Ana Ruiz (ana) (dentist \\| \\`x\\` &lt;b&gt;)";
        assert!(page.contains(line), "{page}");
        assert_eq!(
            escaped("see https://x.test [a](b) www.x.test --> *b*"),
            "see https&#58;//x.test \\[a\\](b) www&#46;x.test --&gt; \\*b\\*"
        );
    }

    #[test]
    fn a_page_matches_until_the_roster_says_something_else() {
        let page = page();
        assert_eq!(matches(&page, &roster()), Match::Same);
        let around = format!("# Operations\r\n\r\nOur own words.\r\n\r\n{}\r\nMore.\r\n", page.replace('\n', "\r\n"));
        assert_eq!(matches(&around, &roster()), Match::Same);
        assert_eq!(matches(&page.replace("Ana Ruiz", "Ana Roiz"), &roster()), Match::Differs);
        let mut other = roster();
        other.schedules[0].overrides.clear();
        assert_eq!(matches(&page, &other), Match::Differs);
        let mut phone = roster();
        phone.people[0].reach = Some(text("+49 30 555 0199"));
        assert_eq!(matches(&page, &phone), Match::Differs);
        let mut later = roster();
        later.leave[0].start = at("2027-12-01T00:00:00Z");
        later.leave[0].end = at("2027-12-02T00:00:00Z");
        assert_eq!(matches(&page, &later), Match::Differs);
    }

    #[test]
    fn a_page_of_days_that_are_over_or_not_begun_is_no_match() {
        let page = page();
        let (from, to) = (at(FROM), plus(at(FROM), TimeDelta::days(14)));
        let matches = |now| super::matches(&page, &roster(), now);
        assert_eq!(matches(to), Match::Elsewhen(from, to));
        assert_eq!(matches(at("2036-01-01T00:00:00Z")), Match::Elsewhen(from, to));
        assert_eq!(matches(at("2026-11-20T23:59:59Z")), Match::Elsewhen(from, to));
        assert_eq!(matches(at("2026-12-04T23:59:59Z")), Match::Same);
    }

    #[test]
    fn every_page_of_a_file_is_looked_at_and_written_anew() {
        let page = page();
        let both = |second: &str| format!("{page}\nbetween\n{second}");
        assert_eq!(matches(&both(&page), &roster()), Match::Same);
        let altered = both(&page.replace("Ana Ruiz", "Ana Roiz"));
        assert_eq!(matches(&altered, &roster()), Match::Differs);
        assert_eq!(matches(&both(&page.replace(END, "")), &roster()), Match::NoPage);
        assert_eq!(matches(&replaced(&altered, &page), &roster()), Match::Same);
        assert_eq!(replaced(&altered, &page), both(&page));
        let next = render(&roster(), plus(at(FROM), TimeDelta::days(14)), plus(at(FROM), TimeDelta::days(28)));
        assert_eq!(matches(&both(&next), &roster()), Match::Same, "one of them speaks of now");
    }

    #[test]
    fn what_is_no_page_is_called_so() {
        let page = page();
        for other in [
            "",
            "# On call\n",
            &page.replace(END, ""),
            &page.replace("2026-12-05", "2926-12-05"),
            &page.replace("T00", "T99"),
        ] {
            assert_eq!(matches(other, &roster()), Match::NoPage);
        }
    }

    #[test]
    fn a_page_is_written_anew_in_its_place() {
        let page = page();
        let around = format!("above\n\n{page}\nbelow\n");
        let mut other = roster();
        other.schedules[0].overrides.clear();
        let newer = render(&other, at(FROM), plus(at(FROM), TimeDelta::days(3)));
        let replaced = replaced(&around, &newer);
        assert!(replaced.starts_with("above\n\n<!--") && replaced.ends_with("-->\n\nbelow\n"), "{replaced}");
        assert_eq!(matches(&replaced, &other), Match::Same);
    }
}
