//! Names that nobody in the roster has. The reader of a file refuses them already; an imported roster is held to the same.

use std::collections::BTreeSet;

use super::{Finding, Place};
use crate::{
    domain::{
        escalation::Target,
        rota::{OverrideKind, Person, Roster, Schedule},
    },
    text::Text,
};

/// Each unknown name once for each place.
pub(super) fn unknown(roster: &Roster) -> Vec<Finding> {
    let known: BTreeSet<&Person> = roster.people.iter().map(|contact| &contact.id).collect();
    let mut findings = Vec::new();
    let mut look = |place: Place, named: Vec<&Person>| {
        let strangers: BTreeSet<&Person> = named.into_iter().filter(|person| !known.contains(person)).collect();
        let found =
            strangers.into_iter().map(|person| Finding::UnknownPerson { person: person.clone(), place: place.clone() });
        findings.extend(found);
    };
    for seat in &roster.schedules {
        of_seat(seat, &mut look);
    }
    for (index, leave) in roster.leave.iter().enumerate() {
        look(Place::Leave(index), vec![&leave.user]);
    }
    for policy in &roster.escalations {
        let of_steps = policy.steps.iter().flat_map(|step| &step.targets).filter_map(|target| match target {
            Target::Person(person) => Some(person),
            Target::Seat(_) => None,
        });
        look(Place::Escalation(policy.name.clone()), of_steps.chain(&policy.reserve).collect());
    }
    findings.extend(unknown_seats(roster));
    findings
}

fn of_seat<'a>(seat: &'a Schedule, look: &mut impl FnMut(Place, Vec<&'a Person>)) {
    for layer in &seat.layers {
        let place = Place::Layer { seat: seat.name.clone(), layer: layer.name.clone() };
        look(place, layer.participants.iter().flatten().collect());
    }
    for calendar in &seat.calendars {
        let place = Place::Calendar { seat: seat.name.clone(), calendar: calendar.name.clone() };
        look(place, calendar.shifts.iter().flat_map(|shift| &shift.people).collect());
    }
    for (index, exception) in seat.overrides.iter().enumerate() {
        let named = match &exception.kind {
            OverrideKind::ReplaceAll(people) => people.iter().collect(),
            OverrideKind::ReplaceUser { user, with } => vec![user, with],
            OverrideKind::Add(person) | OverrideKind::Remove(person) => vec![person],
        };
        look(Place::Override { seat: seat.name.clone(), index }, named);
    }
}

fn unknown_seats(roster: &Roster) -> Vec<Finding> {
    let is_known = |name: &Text| roster.schedules.iter().any(|seat| seat.name == *name);
    let mut findings: Vec<Finding> = Vec::new();
    for policy in &roster.escalations {
        for target in policy.steps.iter().flat_map(|step| &step.targets) {
            if let Target::Seat(seat) = target
                && !is_known(seat)
            {
                let finding = Finding::UnknownSeat { seat: seat.clone(), policy: policy.name.clone() };
                if !findings.contains(&finding) {
                    findings.push(finding);
                }
            }
        }
    }
    findings
}
