//! Each rotation by itself, before one hides the other.

pub mod view;

use chrono::{DateTime, Utc, Weekday};

use crate::domain::rota::{Layer, OverrideKind, Person, Restriction, Schedule, ShiftLength, ShiftUnit};

/// What a layer does at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Its people are those on call.
    Showing,
    /// It has people, and a higher layer hides them.
    Hidden,
    /// It has people, and an override stands for everybody.
    Overridden,
    /// It is not its hours.
    Silent,
    /// It has not begun.
    NotYet,
    /// It has ended.
    Over,
    /// Nobody takes turns.
    Nobody,
}

impl Standing {
    /// In words.
    pub fn word(self) -> &'static str {
        match self {
            Self::Showing => "on call",
            Self::Hidden => "hidden by a higher layer",
            Self::Overridden => "hidden by an override",
            Self::Silent => "not its hours",
            Self::NotYet => "not begun",
            Self::Over => "ended",
            Self::Nobody => "nobody takes turns",
        }
    }
}

/// What each layer of a seat does at an instant, in file order, calendars after rotations.
pub fn standings(schedule: &Schedule, at: DateTime<Utc>) -> Vec<(Vec<Person>, Standing)> {
    let of_layers = schedule.layers.iter().map(|layer| (layer.level, layer.people_at(at).to_vec()));
    let of_calendars = schedule.calendars.iter().map(|calendar| {
        let running = calendar.shifts.iter().filter(|shift| shift.start <= at && at < shift.end);
        (calendar.level, running.flat_map(|shift| shift.people.iter().cloned()).collect())
    });
    let all: Vec<(i32, Vec<Person>)> = of_layers.chain(of_calendars).collect();
    let top = all.iter().filter(|(_, people)| !people.is_empty()).map(|(level, _)| *level).max();
    let for_everybody = |o: &&crate::domain::rota::Override| {
        o.start <= at && at < o.end && matches!(o.kind, OverrideKind::ReplaceAll(_))
    };
    let is_overridden = schedule.overrides.iter().any(|o| for_everybody(&o));
    let mut quiet = schedule.layers.iter().map(|layer| quiet(layer, at)).chain(std::iter::repeat(Standing::Silent));
    all.into_iter()
        .map(|(level, people)| {
            let quiet = quiet.next().unwrap_or(Standing::Silent);
            let standing = match (people.is_empty(), is_overridden, Some(level) == top) {
                (true, ..) => quiet,
                (false, true, _) => Standing::Overridden,
                (false, false, true) => Standing::Showing,
                (false, false, false) => Standing::Hidden,
            };
            (people, standing)
        })
        .collect()
}

fn quiet(layer: &Layer, at: DateTime<Utc>) -> Standing {
    if layer.participants.is_empty() {
        Standing::Nobody
    } else if layer.start.is_some_and(|start| at < start) {
        Standing::NotYet
    } else if layer.end.is_some_and(|end| end <= at) {
        Standing::Over
    } else {
        Standing::Silent
    }
}

/// `1 week`, `12 hours`.
pub fn shift(length: ShiftLength) -> String {
    let unit = match length.unit {
        ShiftUnit::Hours => "hour",
        ShiftUnit::Days => "day",
        ShiftUnit::Weeks => "week",
        ShiftUnit::Months => "month",
    };
    if length.n == 1 { format!("1 {unit}") } else { format!("{} {unit}s", length.n) }
}

/// `always`, `daily 09:00–17:00`, `Mon–Fri 09:00–17:00, Sat 10:00–12:00`.
pub fn hours(windows: &[Restriction], to: &str) -> String {
    if windows.is_empty() {
        return "always".to_owned();
    }
    let window = |r: &Restriction| {
        let clock = if r.start == r.end {
            format!("from {}, 24 h", r.start.format("%H:%M"))
        } else {
            format!("{}{to}{}", r.start.format("%H:%M"), r.end.format("%H:%M"))
        };
        format!("{} {clock}", days(&r.days, to))
    };
    windows.iter().map(window).collect::<Vec<_>>().join(", ")
}

/// Days of the week in runs: `daily`, `Mon–Fri`, `Tue, Thu`.
fn days(days: &[Weekday], to: &str) -> String {
    let of_week: Vec<Weekday> = [0_u8, 1, 2, 3, 4, 5, 6].iter().filter_map(|n| Weekday::try_from(*n).ok()).collect();
    let listed: Vec<Weekday> = of_week.iter().copied().filter(|day| days.contains(day)).collect();
    if listed.len() == of_week.len() {
        return "daily".to_owned();
    }
    let mut runs: Vec<(Weekday, Weekday)> = Vec::new();
    for day in listed {
        match runs.last_mut() {
            Some((_, last)) if last.succ() == day => *last = day,
            _ => runs.push((day, day)),
        }
    }
    let run = |(first, last): &(Weekday, Weekday)| match last.days_since(*first) {
        0 => first.to_string(),
        1 => format!("{first}, {last}"),
        _ => format!("{first}{to}{last}"),
    };
    runs.iter().map(run).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        demo,
        domain::{
            rota::{Advance, Override},
            time::parse_rfc3339,
            zone::{Zone, Zones},
        },
        text::Text,
    };
    use chrono::NaiveTime;

    fn layer(level: i32, who: &str) -> Layer {
        Layer {
            name: Text::scrub(who),
            zone: Zone::utc(),
            anchor: parse_rfc3339("2026-01-01T00:00:00Z").unwrap().naive_utc(),
            shift: ShiftLength { n: 1, unit: ShiftUnit::Weeks },
            participants: vec![vec![Text::scrub(who)]],
            level,
            start: None,
            end: None,
            restrictions: Vec::new(),
            advance: Advance::Always,
        }
    }

    #[test]
    fn each_layer_says_what_it_does_now() {
        let at = parse_rfc3339("2026-11-20T09:00:00Z").unwrap();
        let ended = Layer { end: Some(at), ..layer(9, "old") };
        let coming = Layer { start: Some(at + chrono::TimeDelta::hours(1)), ..layer(9, "new") };
        let mut seat =
            Schedule::new(Text::scrub("primary"), vec![layer(0, "a"), layer(5, "b"), ended, coming], Vec::new());
        let words = |seat: &Schedule| standings(seat, at).into_iter().map(|(_, s)| s).collect::<Vec<_>>();
        assert_eq!(words(&seat), [Standing::Hidden, Standing::Showing, Standing::Over, Standing::NotYet]);
        seat.overrides.push(Override {
            kind: OverrideKind::ReplaceAll(vec![Text::scrub("c")]),
            start: at,
            end: at + chrono::TimeDelta::hours(1),
            level: 0,
            created: None,
            note: None,
        });
        assert_eq!(words(&seat)[..2], [Standing::Overridden, Standing::Overridden]);
    }

    #[test]
    fn one_of_the_demos_three_shifts_shows() {
        let at = parse_rfc3339("2026-11-20T09:00:00Z").unwrap();
        let roster = demo::roster::roster(&Zones::bundled(), at);
        let found = standings(&roster.schedules[0], at);
        assert_eq!(found.iter().filter(|(_, s)| *s == Standing::Showing).count(), 1);
        assert_eq!(found.iter().filter(|(_, s)| *s == Standing::Silent).count(), 2);
    }

    #[test]
    fn hours_read_as_a_person_writes_them() {
        use Weekday::{Fri, Mon, Sat, Sun, Thu, Tue, Wed};
        let clock = |h| NaiveTime::from_hms_opt(h, 0, 0).unwrap();
        let window = |days: &[Weekday], a, b| Restriction { days: days.to_vec(), start: clock(a), end: clock(b) };
        assert_eq!(hours(&[], "-"), "always");
        assert_eq!(hours(&[window(&[Mon, Tue, Wed, Thu, Fri, Sat, Sun], 9, 17)], "-"), "daily 09:00-17:00");
        let two = [window(&[Wed, Mon, Tue], 9, 17), window(&[Sun, Sat], 0, 0)];
        assert_eq!(hours(&two, "-"), "Mon-Wed 09:00-17:00, Sat, Sun from 00:00, 24 h");
    }
}
