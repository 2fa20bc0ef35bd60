//! Who is on call, worked out once and kept until it can change.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use crate::{
    domain::{
        escalation::{self, Policy, Target},
        rota::{
            Duty, Person, Roster, Schedule, Segment, Unheard,
            gaps::{Kind, Piece},
        },
        time::{between, plus},
        zone::Zone,
    },
    floor::strip::Strip,
    text::Text,
};

/// The roster and what it says for now and the days ahead.
#[derive(Debug, Clone, PartialEq)]
pub struct OnCall {
    /// The roster as read.
    pub roster: Roster,
    /// One seat for each of its schedules, in order.
    pub seats: Vec<Seat>,
    /// Days of the strip: local dates from today.
    pub days: Vec<NaiveDate>,
    /// The same days by the clock of whoever looks.
    pub strip: Strip,
    /// Until then nothing here changes by itself.
    valid_until: DateTime<Utc>,
}

/// One schedule as it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Seat {
    /// Its name: `primary`.
    pub name: Text,
    /// Now, until when, who next.
    pub duty: Duty,
    /// The final schedule over the strip.
    pub segments: Vec<Segment>,
    /// Stretches of the strip with nobody although somebody should be; off time is none. Earliest first.
    pub gaps: Vec<Segment>,
    /// The calendar whose shifts are missing, and why: with nobody on call, nobody knows whether somebody is.
    pub missing: Option<Unheard>,
    /// Whether all that the seat rests on was heard; else what it says proves nothing.
    pub is_current: bool,
    /// Nobody is on call now, and nobody needs to be.
    pub is_off: bool,
    /// The next change leaves nobody on call, and nobody needs to be then.
    pub is_off_next: bool,
    /// Who holds most of each day of the strip; empty = nobody all day.
    pub by_day: Vec<DayCell>,
}

/// One day of the strip.
#[derive(Debug, Clone, PartialEq)]
pub struct DayCell {
    /// Who holds the longest part of the day, off time apart; empty when nobody does.
    pub people: Vec<Person>,
    /// Whether somebody else, or nobody although somebody should, holds another part of it.
    pub is_split: bool,
    /// Time of the day with nobody although somebody should be.
    pub gap: TimeDelta,
    /// Time of the day with nobody by design. All of the day is off when `people` is empty and `gap` is zero.
    pub off: TimeDelta,
}

/// An escalation policy, with whom each of its steps tells at one instant.
#[derive(Debug, Clone, PartialEq)]
pub struct Chain<'a> {
    /// The policy.
    pub policy: &'a Policy,
    /// One for each of its steps: who; empty = the step is skipped (R15).
    pub people: Vec<Vec<Person>>,
}

/// How many days the strip looks ahead.
pub const STRIP_DAYS: u64 = 14;

impl Seat {
    /// Nobody is on call by what was read, and the calendar that would say is missing: nobody knows.
    pub fn unknown(&self) -> Option<&Unheard> {
        self.missing.as_ref().filter(|_| self.duty.people.is_empty() && !self.is_off)
    }
}

impl OnCall {
    /// Works a roster out for `now`, for somebody in the roster's own zone.
    pub fn new(roster: Roster, now: DateTime<Utc>) -> Self {
        let zone = roster.zone.clone();
        Self::seen_from(roster, &zone, now)
    }

    /// Works a roster out for `now`, for somebody who looks from `zone`.
    pub fn seen_from(roster: Roster, zone: &Zone, now: DateTime<Utc>) -> Self {
        let strip = Strip { zone: zone.clone(), days: Vec::new(), seats: Vec::new() };
        let mut on_call = Self { roster, seats: Vec::new(), days: Vec::new(), strip, valid_until: now };
        on_call.work_out(now);
        on_call
    }

    /// Works it out again if something can have changed by `now`. Says whether it did.
    pub fn settle(&mut self, now: DateTime<Utc>) -> bool {
        let is_due = now >= self.valid_until;
        if is_due {
            self.work_out(now);
        }
        is_due
    }

    /// The escalation policies in file order, with whom each step would tell at `now`.
    pub fn escalations(&self, now: DateTime<Utc>) -> Vec<Chain<'_>> {
        let who = |target: &Target, at| escalation::people_of(&self.roster, target, at);
        let people = |policy: &Policy| policy.steps.iter().map(|step| step.people(&who, now)).collect();
        self.roster.escalations.iter().map(|policy| Chain { policy, people: people(policy) }).collect()
    }

    /// Stretches of the strip with nobody although somebody should be, over all seats, earliest first.
    pub fn gaps(&self) -> Vec<(&Text, &Segment)> {
        let mut gaps: Vec<_> =
            self.seats.iter().flat_map(|seat| seat.gaps.iter().map(move |gap| (&seat.name, gap))).collect();
        gaps.sort_by_key(|(_, segment)| segment.start);
        gaps
    }

    /// Works everything out for `now`, whether or not it should have changed: after the clock was moved.
    pub fn work_out(&mut self, now: DateTime<Utc>) {
        self.strip = Strip::new(&self.roster, &self.strip.zone, now);
        let zone = &self.roster.zone;
        let today = zone.local(now).date();
        self.days = today.iter_days().take(STRIP_DAYS as usize).collect();
        let midnights: Vec<DateTime<Utc>> = today
            .iter_days()
            .take(STRIP_DAYS as usize + 1)
            .map(|day| zone.resolve(day.and_time(chrono::NaiveTime::MIN)))
            .collect();
        self.seats = self.roster.schedules.iter().map(|schedule| seat(schedule, &midnights, now)).collect();
        let changes = self.seats.iter().filter_map(|seat| seat.duty.until);
        let next_day = midnights.get(1).copied().unwrap_or(now);
        let seats = self.roster.schedules.iter();
        let off_edges =
            seats.flat_map(|seat| seat.off_windows(now, next_day)).flat_map(|(opens, closes)| [opens, closes]);
        let midnights = [next_day].into_iter().chain(self.strip.valid_until());
        let next = changes.chain(off_edges.filter(|edge| now < *edge)).chain(midnights).min();
        self.valid_until = next.unwrap_or(next_day).max(plus(now, TimeDelta::seconds(1)));
    }
}

/// One schedule over the days between these midnights.
fn seat(schedule: &Schedule, midnights: &[DateTime<Utc>], now: DateTime<Utc>) -> Seat {
    let (first, last) = (midnights.first().copied().unwrap_or(now), midnights.last().copied().unwrap_or(now));
    let segments = schedule.segments(first, last);
    let pieces = schedule.split(&segments);
    let gaps = pieces.iter().filter(|piece| piece.kind == Kind::Gap);
    let gaps = gaps.map(|gap| Segment { start: gap.start, end: gap.end, people: Vec::new() }).collect();
    let days = midnights.windows(2);
    let by_day = days.filter_map(|day| Some(day_cell(&pieces, *day.first()?, *day.last()?))).collect();
    let duty = schedule.duty(now);
    let is_off = schedule.kind_at(now, &duty.people) == Kind::Off;
    let next = duty.until.zip(duty.next.as_deref());
    let is_off_next = next.is_some_and(|(at, people)| schedule.kind_at(at, people) == Kind::Off);
    Seat {
        name: schedule.name.clone(),
        duty,
        segments,
        gaps,
        missing: schedule.missing().cloned(),
        is_current: schedule.is_current(),
        is_off,
        is_off_next,
        by_day,
    }
}

fn day_cell(pieces: &[Piece], from: DateTime<Utc>, until: DateTime<Utc>) -> DayCell {
    let mut held: Vec<(&[Person], TimeDelta)> = Vec::new();
    let mut off = TimeDelta::zero();
    for piece in pieces {
        let length = between(piece.start.max(from), piece.end.min(until));
        if length <= TimeDelta::zero() {
            continue;
        }
        if piece.kind == Kind::Off {
            off = off.checked_add(&length).unwrap_or(off);
            continue;
        }
        match held.iter_mut().find(|(people, _)| *people == piece.people.as_slice()) {
            Some((_, total)) => *total = total.checked_add(&length).unwrap_or(*total),
            None => held.push((&piece.people, length)),
        }
    }
    let gap = held.iter().find(|(people, _)| people.is_empty()).map_or(TimeDelta::zero(), |(_, l)| *l);
    let longest = held.iter().max_by_key(|(_, l)| *l).map(|(people, _)| people.to_vec()).unwrap_or_default();
    DayCell { people: longest, is_split: held.len() > 1, gap, off }
}

#[cfg(test)]
mod tests {
    use chrono::Weekday;

    use super::*;
    use crate::{
        domain::{
            rota::{Advance, Layer, Off, Restriction, ShiftLength, ShiftUnit},
            sla::Policy,
            time::parse_rfc3339,
            zone::Zones,
        },
        floor::{
            Floor,
            fact::{Fact, SourceId},
            freshness::{Feed, Source},
        },
    };

    fn at(written: &str) -> DateTime<Utc> {
        parse_rfc3339(written).unwrap()
    }

    /// Ana on workdays from eight to twenty in Berlin; the nights between workdays are gaps, the weekend is off.
    fn office() -> Roster {
        use Weekday::{Fri, Mon, Sat, Sun, Thu, Tue, Wed};
        let berlin = Zones::bundled().find("Europe/Berlin").unwrap();
        let window = |days: &[Weekday], start: &str, end: &str| Restriction {
            days: days.to_vec(),
            start: start.parse().unwrap(),
            end: end.parse().unwrap(),
        };
        let layer = Layer {
            name: Text::scrub("days"),
            zone: berlin.clone(),
            anchor: "2026-01-05T08:00:00".parse().unwrap(),
            shift: ShiftLength { n: 1, unit: ShiftUnit::Weeks },
            participants: vec![vec![Text::scrub("ana")]],
            level: 0,
            start: None,
            end: None,
            restrictions: vec![window(&[Mon, Tue, Wed, Thu, Fri], "08:00:00", "20:00:00")],
            advance: Advance::Always,
        };
        let mut seat = Schedule::new(Text::scrub("primary"), vec![layer], vec![]);
        let hours = vec![window(&[Sat, Sun], "00:00:00", "00:00:00"), window(&[Fri], "20:00:00", "00:00:00")];
        seat.off = vec![Off { zone: berlin.clone(), hours, note: None }];
        Roster::new(berlin, vec![], vec![seat])
    }

    fn floor(now: DateTime<Utc>) -> Floor {
        let sources = vec![Source::new(Text::scrub("rota"), Feed::Roster, TimeDelta::minutes(1))];
        let roster = office();
        let mut floor = Floor::new(Text::scrub("team"), roster.zone.clone(), Policy::standard(), sources);
        floor.apply(Fact::RosterRead { source: SourceId(0), roster: Box::new(roster) }, now);
        floor.settle(now);
        floor
    }

    #[test]
    fn off_time_is_no_gap_of_the_strip_and_its_days_say_so() {
        let floor = floor(at("2026-11-20T10:00:00Z"));
        let on_call = floor.on_call().unwrap();
        let seat = &on_call.seats[0];
        let hours = |length: TimeDelta| length.num_hours();
        let days: Vec<_> = seat.by_day.iter().take(4).map(|d| (d.people.len(), hours(d.gap), hours(d.off))).collect();
        // Friday, Saturday, Sunday, Monday; Friday's evening is off, its morning is not.
        assert_eq!(days, [(1, 8, 4), (0, 0, 24), (0, 0, 24), (1, 12, 0)]);
        assert!(seat.by_day[1].people.is_empty() && !seat.by_day[1].is_split);
        assert_eq!(on_call.gaps()[1].1.start, at("2026-11-22T23:00:00Z"), "after Friday's morning comes Monday's");
        assert_eq!((seat.is_off, seat.is_off_next), (false, true));
    }

    #[test]
    fn what_is_off_is_looked_at_again_when_it_ends() {
        let mut floor = floor(at("2026-11-21T10:00:00Z"));
        let seat = |floor: &Floor| floor.on_call().unwrap().seats[0].clone();
        assert!(seat(&floor).is_off && seat(&floor).duty.people.is_empty());
        floor.settle(at("2026-11-22T22:59:59Z"));
        assert!(seat(&floor).is_off);
        floor.settle(at("2026-11-22T23:00:00Z"));
        assert!(!seat(&floor).is_off, "Monday before eight is a gap");
    }
}
