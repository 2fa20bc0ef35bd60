//! What an audit of the roster found, in words: what, who, when by the wall clock, and what to do.

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        rota::{
            Person, Roster,
            audit::{self, DutyInLeave, Place, Severity, WallTime},
        },
        time::{between, short_span},
        zone::Zone,
    },
    sink::gate::{Finding, Weight},
    text::Text,
};

/// Puts a finding into words. Overrides have the numbers of `override list`.
pub fn finding(found: &audit::Finding, roster: &Roster, shown: &Zone) -> Finding {
    let clock = Clock(shown);
    let weight = match found.severity() {
        Severity::Fails => Weight::Fails,
        Severity::Warns => Weight::Warns,
        Severity::Notes => Weight::Notes,
    };
    match found {
        audit::Finding::Gap { seat, start, end } => Finding {
            what: scrub(format!("nobody is {seat} {}", clock.span(*start, *end))),
            ..about(weight, "gap", "add a layer or an override, or write these hours under [[schedule.off]]")
        }
        .at(seat, &[], Some((*start, *end))),
        audit::Finding::UnknownPerson { person, place } => Finding {
            what: scrub(format!("nobody is called {person}, whom {} names", said_of(place, roster))),
            people: vec![person.clone()],
            ..about(weight, "unknown_person", "add a [[person]], or correct the name")
        },
        audit::Finding::UnknownSeat { seat, policy } => Finding {
            what: scrub(format!("no seat is called {seat}, which the escalation {policy} tells")),
            ..about(weight, "unknown_seat", "add a [[schedule]], or correct the name")
        },
        audit::Finding::Overlap { seat, layers, people, start, end } => Finding {
            what: scrub(format!(
                "{} of {seat} put {} on call at once {}",
                all(layers, " and "),
                all(people, ", "),
                clock.span(*start, *end)
            )),
            ..about(weight, "overlap", "part their hours, or give one of them a higher level")
        }
        .at(seat, people, Some((*start, *end))),
        audit::Finding::OnSeveralSeats { person, seats, start, end } => Finding {
            what: scrub(format!("{person} is {} at once {}", all(seats, " and "), clock.span(*start, *end))),
            people: vec![person.clone()],
            when: Some((*start, *end)),
            ..about(weight, "several_seats", "nobody is left to escalate to: let somebody else take one")
        },
        audit::Finding::DutyInLeave(DutyInLeave { person, seat, leave, start, end }) => {
            let note = roster.leave.get(*leave).and_then(|leave| leave.note.as_ref());
            let why = note.map(|note| format!(" ({note})")).unwrap_or_default();
            let what = format!("{person} is {seat} while on leave{why} {}", clock.span(*start, *end));
            Finding { what: scrub(what), ..about(weight, "duty_in_leave", "let somebody take over with an override") }
                .at(seat, std::slice::from_ref(person), Some((*start, *end)))
        }
        audit::Finding::OverrideWithoutEffect { seat, index, start, end } => Finding {
            what: scrub(format!("{} changes nothing {}", nth(*index, seat, roster), clock.span(*start, *end))),
            ..about(weight, "override_without_effect", "correct it, or take it out")
        }
        .at(seat, &[], Some((*start, *end))),
        audit::Finding::OverridesClash { seat, winner, loser, start, end } => Finding {
            what: scrub(format!(
                "{} hides {} {}",
                nth(*winner, seat, roster),
                nth(*loser, seat, roster),
                clock.span(*start, *end)
            )),
            ..about(weight, "overrides_clash", "take one of them out")
        }
        .at(seat, &[], Some((*start, *end))),
        audit::Finding::LayerNeverOn { seat, layer } => Finding {
            what: scrub(format!("layer {layer} of {seat} is hidden by others all the time")),
            ..about(weight, "layer_never_on", "give it a higher level, or take it out")
        }
        .at(seat, &[], None),
        audit::Finding::TurnNeverOn { seat, layer, people } => Finding {
            what: scrub(format!("the turn of {} in layer {layer} of {seat} never comes", all(people, ", "))),
            ..about(weight, "turn_never_on", "its shifts always fall outside the hours: change one of them")
        }
        .at(seat, people, None),
        audit::Finding::OddLength { .. } | audit::Finding::OddWallTime { .. } => of_clocks(found, &clock),
    }
}

/// What comes of clocks that change.
fn of_clocks(found: &audit::Finding, clock: &Clock<'_>) -> Finding {
    match found {
        audit::Finding::OddLength { seat, layer, people, start, end, nominal, actual } => {
            let lasts =
                if actual.is_zero() { "is skipped".to_owned() } else { format!("lasts {}", short_span(*actual)) };
            let what = format!(
                "the turn of {} in layer {layer} of {seat} {lasts} instead of {}: the clocks change {}",
                all(people, ", "),
                short_span(*nominal),
                clock.span(*start, *end)
            );
            Finding { what: scrub(what), ..about(Weight::Notes, "odd_length", "") }.at(
                seat,
                people,
                Some((*start, *end)),
            )
        }
        audit::Finding::OddWallTime { seat, layer, wall, at, how } => {
            let wall = wall.format("%a %-d %b %Y %H:%M");
            let said = match how {
                WallTime::Missing => format!("does not exist: it counts as {}", clock.moment(*at)),
                WallTime::Twice(second) => {
                    format!("comes twice: the first one counts, {}, not {}", clock.moment(*at), clock.moment(*second))
                }
            };
            let what = format!("{wall}, at which layer {layer} of {seat} changes, {said}");
            Finding { what: scrub(what), ..about(Weight::Notes, "odd_wall_time", "") }.at(seat, &[], Some((*at, *at)))
        }
        // Everything else is put into words by `finding`.
        other => Finding { when: other.start().map(|at| (at, at)), ..about(Weight::Notes, "other", "") },
    }
}

fn about(weight: Weight, code: &'static str, hint: &str) -> Finding {
    let (seat, people, when) = (None, Vec::new(), None);
    Finding { weight, code, seat, people, when, what: Text::default(), hint: Text::scrub(hint) }
}

impl Finding {
    fn at(mut self, seat: &Text, people: &[Person], when: Option<(DateTime<Utc>, DateTime<Utc>)>) -> Self {
        self.seat = Some(seat.clone());
        self.people = people.to_vec();
        self.when = when;
        self
    }
}

/// The wall clock that times are said by.
struct Clock<'a>(&'a Zone);

impl Clock<'_> {
    fn moment(&self, at: DateTime<Utc>) -> String {
        format!("{} {}", self.0.local(at).format("%a %-d %b %Y %H:%M"), self.0.abbreviation(at))
    }

    fn span(&self, start: DateTime<Utc>, end: DateTime<Utc>) -> String {
        format!("from {} to {} ({})", self.moment(start), self.moment(end), short_span(between(start, end)))
    }
}

/// By the number that `override list` and `override remove` know it by.
fn nth(index: usize, seat: &Text, roster: &Roster) -> String {
    match roster.override_number(seat, index) {
        Some(number) => format!("override {number} ({seat})"),
        None => format!("an override of {seat}"),
    }
}

fn said_of(place: &Place, roster: &Roster) -> String {
    match place {
        Place::Layer { seat, layer } => format!("layer {layer} of {seat}"),
        Place::Calendar { seat, calendar } => format!("the calendar {calendar} of {seat}"),
        Place::Override { seat, index } => nth(*index, seat, roster),
        Place::Leave(index) => format!("leave {}", index.saturating_add(1)),
        Place::Escalation(policy) => format!("the escalation {policy}"),
    }
}

fn all(names: &[Text], between: &str) -> String {
    names.iter().map(Text::as_str).collect::<Vec<_>>().join(between)
}

fn scrub(what: String) -> Text {
    Text::scrub(&what)
}
