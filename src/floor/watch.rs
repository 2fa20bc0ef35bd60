//! The watch over the seats: what goes on record of who is on call, as it happens (SEMANTICS R6).

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    domain::{
        rota::{
            Person,
            watched::{NEAR, Watched},
        },
        time::between,
    },
    floor::oncall::{OnCall, Seat},
    text::Text,
};

/// How often a duty that goes on is put on record again; shorter than [`NEAR`], so that a run that is killed and begun
/// again loses nothing.
const EVERY: TimeDelta = TimeDelta::minutes(4);

/// What was seen of the seats and is not all on record yet.
#[derive(Debug, Default)]
pub struct Watch {
    /// When the seats were last looked at; nothing = never, or the clock was moved since.
    looked_at: Option<DateTime<Utc>>,
    /// The clock was moved since the last look: a single look now is at a time that nobody can vouch for.
    was_moved: bool,
    seats: Vec<Held>,
}

/// A seat as it was last seen.
#[derive(Debug)]
struct Held {
    seat: Text,
    people: Vec<Person>,
    /// Up to there it was put on record.
    told_until: DateTime<Utc>,
}

impl Watch {
    /// Looks at the seats as they are at `now`; says what should go on record. Between hand-offs that is nothing for minutes.
    ///
    /// What nobody looked at (the machine slept, the process was down) is left out, never guessed. A roster that is edited
    /// counts from now on.
    pub fn look(&mut self, on_call: &OnCall, now: DateTime<Utc>) -> Vec<Watched> {
        let before = self.looked_at.replace(now);
        let last = before.filter(|at| *at <= now);
        let was_moved = std::mem::take(&mut self.was_moved) || before != last;
        let watched_since = last.filter(|at| between(*at, now) <= NEAR);
        let mut before = std::mem::take(&mut self.seats);
        let mut told = Vec::new();
        // A seat whose calendar was not heard proves nothing; it was held as long as it was known.
        for seat in on_call.seats.iter().filter(|seat| seat.is_current) {
            let held = before.iter().position(|held| held.seat == seat.name).map(|i| before.swap_remove(i));
            let told_until = match (held, watched_since) {
                (Some(held), Some(_)) if held.people == seat.duty.people => {
                    let is_time = EVERY <= between(held.told_until, now);
                    if is_time {
                        held.tell_until(now, &mut told);
                    }
                    if is_time { now } else { held.told_until }
                }
                (held, watched_since) => {
                    let start = match (&held, watched_since) {
                        (Some(_), Some(last)) => handed_over(seat, last, now),
                        (_, _) => now,
                    };
                    if let Some(held) = held {
                        held.tell_until(
                            watched_since.map_or(last, |_| Some(start)).unwrap_or(held.told_until),
                            &mut told,
                        );
                    }
                    // Where the clock was moved, only what follows can be measured.
                    if start < now || !was_moved {
                        let (seat, people) = (seat.name.clone(), seat.duty.people.clone());
                        told.push(Watched { seat, people, start, end: now });
                    }
                    now
                }
            };
            self.seats.push(Held { seat: seat.name.clone(), people: seat.duty.people.clone(), told_until });
        }
        // A seat that is gone from the roster was held as long as it was seen.
        for held in before {
            held.tell_until(last.unwrap_or(held.told_until), &mut told);
        }
        told
    }

    /// Forgets when the seats were last looked at: the clock was moved, and what lies between is no time that passed.
    pub fn clock_moved(&mut self) {
        *self = Self { was_moved: true, ..Self::default() };
    }

    /// Ends what was being watched: the roster cannot be read, and from its last look on nobody knows.
    pub fn pause(&mut self) -> Vec<Watched> {
        let last = self.looked_at.take();
        let mut told = Vec::new();
        for held in std::mem::take(&mut self.seats) {
            held.tell_until(last.unwrap_or(held.told_until), &mut told);
        }
        told
    }
}

/// When a seat changed hands between two looks: when the roster says, if that lies between them; else nobody knew sooner.
fn handed_over(seat: &Seat, last: DateTime<Utc>, now: DateTime<Utc>) -> DateTime<Utc> {
    seat.duty.since.filter(|since| last <= *since && *since <= now).unwrap_or(now)
}

impl Held {
    fn tell_until(&self, until: DateTime<Utc>, told: &mut Vec<Watched>) {
        if self.told_until < until {
            let (seat, people) = (self.seat.clone(), self.people.clone());
            told.push(Watched { seat, people, start: self.told_until, end: until });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        rota::{Advance, Layer, Roster, Schedule, ShiftLength, ShiftUnit, Unheard},
        time::{parse_rfc3339, plus, rfc3339},
        zone::Zone,
    };

    fn at(written: &str) -> DateTime<Utc> {
        parse_rfc3339(written).unwrap()
    }

    /// Two people who change at noon UTC, every day.
    fn roster(names: &[&str]) -> Roster {
        let layer = Layer {
            name: Text::scrub("days"),
            zone: Zone::utc(),
            anchor: at("2026-11-02T12:00:00Z").naive_utc(),
            shift: ShiftLength { n: 1, unit: ShiftUnit::Days },
            participants: names.iter().map(|name| vec![Text::scrub(name)]).collect(),
            level: 0,
            start: None,
            end: None,
            restrictions: Vec::new(),
            advance: Advance::Always,
        };
        Roster::new(Zone::utc(), Vec::new(), vec![Schedule::new(Text::scrub("primary"), vec![layer], Vec::new())])
    }

    fn said(told: &[Watched]) -> Vec<String> {
        let clock = |t: DateTime<Utc>| rfc3339(t).get(11..19).unwrap().to_owned();
        told.iter()
            .map(|w| {
                let who: Vec<_> = w.people.iter().map(Text::as_str).collect();
                format!("{} {} {}", clock(w.start), clock(w.end), who.join("+"))
            })
            .collect()
    }

    fn look(watch: &mut Watch, on_call: &mut OnCall, now: &str) -> Vec<String> {
        on_call.settle(at(now));
        said(&watch.look(on_call, at(now)))
    }

    #[test]
    fn a_hand_off_is_put_on_record_once_at_its_own_instant() {
        let mut on_call = OnCall::new(roster(&["ana", "ben"]), at("2026-11-02T11:59:50Z"));
        let mut watch = Watch::default();
        assert_eq!(look(&mut watch, &mut on_call, "2026-11-02T11:59:50Z"), ["11:59:50 11:59:50 ben"]);
        assert_eq!(look(&mut watch, &mut on_call, "2026-11-02T11:59:58Z"), [""; 0]);
        assert_eq!(
            look(&mut watch, &mut on_call, "2026-11-02T12:00:03Z"),
            ["11:59:50 12:00:00 ben", "12:00:00 12:00:03 ana"]
        );
        assert_eq!(look(&mut watch, &mut on_call, "2026-11-02T12:00:04Z"), [""; 0]);
    }

    #[test]
    fn a_quiet_hour_is_put_on_record_every_four_minutes_and_not_each_second() {
        let mut on_call = OnCall::new(roster(&["ana", "ben"]), at("2026-11-02T13:00:00Z"));
        let mut watch = Watch::default();
        let mut told = Vec::new();
        for second in 0..3_600 {
            let now = plus(at("2026-11-02T13:00:00Z"), TimeDelta::seconds(second));
            told.extend(watch.look(&on_call, now));
        }
        assert_eq!(told.len(), 1 + 14);
        assert_eq!(said(&told[1..3]), ["13:00:00 13:04:00 ana", "13:04:00 13:08:00 ana"]);
        assert_eq!(look(&mut watch, &mut on_call, "2026-11-02T14:00:00Z"), ["13:56:00 14:00:00 ana"]);
    }

    #[test]
    fn a_night_asleep_is_left_out_and_not_guessed() {
        let mut on_call = OnCall::new(roster(&["ana"]), at("2026-11-02T13:00:00Z"));
        let mut watch = Watch::default();
        look(&mut watch, &mut on_call, "2026-11-02T13:00:00Z");
        look(&mut watch, &mut on_call, "2026-11-02T13:03:00Z");
        assert_eq!(
            look(&mut watch, &mut on_call, "2026-11-02T19:00:00Z"),
            ["13:00:00 13:03:00 ana", "19:00:00 19:00:00 ana"]
        );
    }

    #[test]
    fn an_edited_roster_counts_from_when_it_was_seen() {
        let mut on_call = OnCall::new(roster(&["ana"]), at("2026-11-02T13:00:00Z"));
        let mut watch = Watch::default();
        look(&mut watch, &mut on_call, "2026-11-02T13:00:00Z");
        look(&mut watch, &mut on_call, "2026-11-02T13:01:00Z");
        // By the new file cleo has been on call since noon; nobody knew that then.
        let mut edited = OnCall::new(roster(&["cleo"]), at("2026-11-02T13:01:01Z"));
        assert_eq!(
            look(&mut watch, &mut edited, "2026-11-02T13:01:01Z"),
            ["13:00:00 13:01:01 ana", "13:01:01 13:01:01 cleo"]
        );
    }

    #[test]
    fn a_clock_set_back_is_no_time_that_passed() {
        let mut on_call = OnCall::new(roster(&["ana"]), at("2026-11-02T13:00:00Z"));
        let mut watch = Watch::default();
        look(&mut watch, &mut on_call, "2026-11-02T13:00:00Z");
        watch.clock_moved();
        assert_eq!(look(&mut watch, &mut on_call, "2026-11-02T12:30:00Z"), [""; 0]);
        assert_eq!(look(&mut watch, &mut on_call, "2026-11-02T12:34:00Z"), ["12:30:00 12:34:00 ana"]);
        // Even unannounced.
        assert_eq!(look(&mut watch, &mut on_call, "2026-11-02T12:10:00Z"), [""; 0]);
    }

    #[test]
    fn a_clock_set_ahead_by_minutes_leaves_no_row_and_no_time() {
        let mut on_call = OnCall::new(roster(&["ana"]), at("2026-11-02T13:00:00Z"));
        let mut watch = Watch::default();
        look(&mut watch, &mut on_call, "2026-11-02T13:00:00Z");
        watch.clock_moved();
        assert_eq!(look(&mut watch, &mut on_call, "2026-11-02T13:04:00Z"), [""; 0]);
        assert_eq!(look(&mut watch, &mut on_call, "2026-11-02T13:08:00Z"), ["13:04:00 13:08:00 ana"]);
    }

    #[test]
    fn a_seat_whose_calendar_was_not_heard_is_not_recorded_until_it_is() {
        let mut unheard = roster(&["ana"]);
        let why = Text::scrub("it is no calendar");
        unheard.schedules[0].unheard = vec![Unheard { calendar: Text::scrub("team"), why, has_copy: true }];
        let mut stale = OnCall::new(unheard, at("2026-11-02T13:02:00Z"));
        let mut on_call = OnCall::new(roster(&["ana"]), at("2026-11-02T13:00:00Z"));
        let mut watch = Watch::default();
        assert_eq!(look(&mut watch, &mut stale, "2026-11-02T12:59:00Z"), [""; 0]);
        assert_eq!(look(&mut watch, &mut on_call, "2026-11-02T13:00:00Z"), ["13:00:00 13:00:00 ana"]);
        look(&mut watch, &mut on_call, "2026-11-02T13:01:00Z");
        assert_eq!(look(&mut watch, &mut stale, "2026-11-02T13:02:00Z"), ["13:00:00 13:01:00 ana"]);
        assert_eq!(look(&mut watch, &mut stale, "2026-11-02T13:06:00Z"), [""; 0]);
        assert_eq!(look(&mut watch, &mut on_call, "2026-11-02T13:07:00Z"), ["13:07:00 13:07:00 ana"]);
    }

    #[test]
    fn a_pause_ends_what_was_watched_at_its_last_look() {
        let mut on_call = OnCall::new(roster(&["ana"]), at("2026-11-02T13:00:00Z"));
        let mut watch = Watch::default();
        look(&mut watch, &mut on_call, "2026-11-02T13:00:00Z");
        look(&mut watch, &mut on_call, "2026-11-02T13:01:00Z");
        assert_eq!(said(&watch.pause()), ["13:00:00 13:01:00 ana"]);
        assert_eq!(said(&watch.pause()), [""; 0]);
        assert_eq!(look(&mut watch, &mut on_call, "2026-11-02T13:03:00Z"), ["13:03:00 13:03:00 ana"]);
    }
}
