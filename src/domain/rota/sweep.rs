//! One pass over time: what begins and ends, in order, and who is on call in between (SEMANTICS R7, R9).

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet, btree_map::Entry},
};

use chrono::{DateTime, Utc};

use super::{CalendarLayer, Layer, Override, Person, Schedule, in_force::InForce};

/// Where a turn comes from.
#[derive(Debug, Clone, Copy)]
pub(super) enum Origin<'a> {
    /// A rotation; its place in the schedule.
    Layer(usize, &'a Layer),
    /// A calendar.
    Calendar(&'a CalendarLayer),
}

/// A layer or a calendar with those it puts on call at the moment, before overrides.
struct Track<'a> {
    origin: Origin<'a>,
    level: i32,
    on: On<'a>,
}

enum On<'a> {
    /// The turn of a rotation: which, and who.
    Turn(i64, &'a [Person]),
    /// The shifts of a calendar: how many name each person, so that those that overlap unite.
    Shifts(BTreeMap<&'a Person, usize>),
}

/// Who is on call at one moment, and why.
pub(super) struct Moment<'a> {
    /// The highest level first.
    tracks: Vec<Track<'a>>,
    in_force: InForce<'a>,
}

/// What happens at an edge.
#[derive(Clone, Copy)]
enum Event<'a> {
    Ends(Change<'a>),
    Begins(Change<'a>),
}

#[derive(Clone, Copy)]
enum Change<'a> {
    Turn(usize, i64),
    Shift(usize, &'a [Person]),
    Exception(usize, &'a Override),
}

/// A walk over `[start, end)`, from each edge to the next.
pub(super) struct Sweep<'a> {
    moment: Moment<'a>,
    events: Vec<(DateTime<Utc>, Event<'a>)>,
    next: usize,
    at: DateTime<Utc>,
    end: DateTime<Utc>,
}

impl<'a> Sweep<'a> {
    pub(super) fn new(schedule: &'a Schedule, start: DateTime<Utc>, end: DateTime<Utc>) -> Self {
        let moment = Moment::silent(schedule);
        let mut events = Vec::new();
        for (track, of) in moment.tracks.iter().enumerate() {
            match of.origin {
                Origin::Layer(_, layer) => of_layer(&mut events, track, layer, start, end),
                Origin::Calendar(calendar) => {
                    for shift in calendar.shifts.iter().filter(|s| s.start < s.end && s.start < end && start < s.end) {
                        events.push((shift.start, Event::Begins(Change::Shift(track, &shift.people))));
                        events.push((shift.end, Event::Ends(Change::Shift(track, &shift.people))));
                    }
                }
            }
        }
        for (i, o) in schedule.overrides.iter().enumerate() {
            if o.start < o.end && o.start < end && start < o.end {
                events.push((o.start, Event::Begins(Change::Exception(i, o))));
                events.push((o.end, Event::Ends(Change::Exception(i, o))));
            }
        }
        // What began before the window begins with it. Stable, since the input is runs in order; what comes first at one
        // instant does not matter: changes at once are of different things, or of counts.
        events.sort_by_key(|(at, _)| (*at).max(start));
        Self { moment, events, next: 0, at: start, end }
    }

    /// The next stretch without an edge inside; [`Sweep::moment`] holds for all of it.
    pub(super) fn step(&mut self) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        if self.end <= self.at {
            return None;
        }
        let from = self.at;
        while let Some((at, event)) = self.events.get(self.next).copied() {
            if from < at {
                break;
            }
            self.moment.apply(event);
            self.next = self.next.saturating_add(1);
        }
        self.at = self.events.get(self.next).map_or(self.end, |(at, _)| (*at).min(self.end));
        Some((from, self.at))
    }

    /// Who is on call in the stretch that [`Sweep::step`] gave last.
    pub(super) fn moment(&self) -> &Moment<'a> {
        &self.moment
    }
}

/// Turns that follow one another without a break need no end: the next one takes their place.
fn of_layer<'a>(
    events: &mut Vec<(DateTime<Utc>, Event<'a>)>,
    track: usize,
    layer: &Layer,
    start: DateTime<Utc>,
    end: DateTime<Utc>,
) {
    let mut last: Option<(DateTime<Utc>, i64)> = None;
    for stint in layer.stints(start, end) {
        if let Some((ended, index)) = last.filter(|(ended, _)| *ended < stint.start) {
            events.push((ended, Event::Ends(Change::Turn(track, index))));
        }
        events.push((stint.start, Event::Begins(Change::Turn(track, stint.index))));
        last = Some((stint.end, stint.index));
    }
    if let Some((ended, index)) = last {
        events.push((ended, Event::Ends(Change::Turn(track, index))));
    }
}

impl<'a> Moment<'a> {
    /// Nobody yet.
    fn silent(schedule: &'a Schedule) -> Self {
        let layers = schedule.layers.iter().enumerate().map(|(i, layer)| Track {
            origin: Origin::Layer(i, layer),
            level: layer.level,
            on: On::Turn(0, &[]),
        });
        let calendars = schedule.calendars.iter().map(|calendar| Track {
            origin: Origin::Calendar(calendar),
            level: calendar.level,
            on: On::Shifts(BTreeMap::new()),
        });
        let mut tracks: Vec<Track<'a>> = layers.chain(calendars).collect();
        tracks.sort_by_key(|track| Reverse(track.level));
        Self { tracks, in_force: InForce::default() }
    }

    /// As it is at one instant.
    pub(super) fn at(schedule: &'a Schedule, at: DateTime<Utc>) -> Self {
        let mut moment = Self::silent(schedule);
        for track in &mut moment.tracks {
            match (track.origin, &mut track.on) {
                (Origin::Layer(_, layer), On::Turn(_, people)) => *people = layer.people_at(at),
                (Origin::Calendar(calendar), On::Shifts(on)) => {
                    let named = calendar.shifts.iter().filter(|s| s.start <= at && at < s.end);
                    named.flat_map(|shift| &shift.people).for_each(|person| *on.entry(person).or_default() += 1);
                }
                (Origin::Layer(..), On::Shifts(_)) | (Origin::Calendar(_), On::Turn(..)) => {}
            }
        }
        let in_force = schedule.overrides.iter().enumerate().filter(|(_, o)| o.start <= at && at < o.end);
        in_force.for_each(|(i, exception)| moment.in_force.begin(i, exception));
        moment
    }

    /// Who is on call, sorted, each once; empty = nobody. What `people` held is forgotten.
    pub(super) fn people(&self, people: &mut Vec<&'a Person>) {
        self.people_but(None, people);
    }

    /// As [`Moment::people`], as if one override were not there.
    fn people_but(&self, left_out: Option<usize>, people: &mut Vec<&'a Person>) {
        people.clear();
        match self.in_force.everybody(left_out) {
            Some(all) => people.extend(all),
            None => {
                self.top(left_out, people);
                people.extend(self.in_force.added(left_out));
            }
        }
        people.sort_unstable();
        people.dedup();
    }

    /// The people of the highest level that has any, stand-ins in place; equal levels unite (R7).
    fn top(&self, left_out: Option<usize>, people: &mut Vec<&'a Person>) {
        let mut level = None;
        for track in &self.tracks {
            if !people.is_empty() && level != Some(track.level) {
                return;
            }
            level = Some(track.level);
            self.stand_ins(track, left_out, people);
        }
    }

    fn stand_ins(&self, track: &Track<'a>, left_out: Option<usize>, people: &mut Vec<&'a Person>) {
        people.extend(track.people().filter_map(|person| self.in_force.stand_in(person, left_out)));
    }

    /// The layers and calendars whose people are on call, each with them; none while an override names everybody.
    pub(super) fn origins(&self) -> Vec<(Origin<'a>, Vec<&'a Person>)> {
        let mut found: Vec<(Origin<'a>, Vec<&'a Person>)> = Vec::new();
        let mut level = None;
        for track in self.tracks.iter().filter(|_| self.in_force.everybody(None).is_none()) {
            if !found.is_empty() && level != Some(track.level) {
                break;
            }
            level = Some(track.level);
            let mut people = Vec::new();
            self.stand_ins(track, None, &mut people);
            if !people.is_empty() {
                people.sort_unstable();
                people.dedup();
                found.push((track.origin, people));
            }
        }
        found
    }

    /// The turns of rotations that are on call, as place of the layer and index of the turn.
    pub(super) fn turns(&self) -> impl Iterator<Item = (usize, i64)> + '_ {
        let top = self.tracks.iter().find(|track| !track.is_silent()).map(|track| track.level);
        self.tracks.iter().filter(move |track| Some(track.level) == top && !track.is_silent()).filter_map(
            |track| match (track.origin, &track.on) {
                (Origin::Layer(i, _), On::Turn(index, _)) => Some((i, *index)),
                (Origin::Layer(..) | Origin::Calendar(_), _) => None,
            },
        )
    }

    /// Adds the overrides without which somebody else would be on call, by their place in the file.
    pub(super) fn effective(&self, found: &mut BTreeSet<usize>) {
        let (mut with, mut without) = (Vec::new(), Vec::new());
        self.people(&mut with);
        let named = self.tracks.iter().flat_map(Track::people);
        for exception in self.in_force.decisive(named) {
            if !found.contains(&exception) {
                self.people_but(Some(exception), &mut without);
                if with != without {
                    found.insert(exception);
                }
            }
        }
    }

    /// Overrides that speak of the same people: the one that wins and the other one.
    pub(super) fn clashes(&self) -> Vec<(usize, usize)> {
        self.in_force.clashes()
    }

    fn apply(&mut self, event: Event<'a>) {
        match event {
            Event::Begins(Change::Exception(i, exception)) => self.in_force.begin(i, exception),
            Event::Ends(Change::Exception(i, exception)) => self.in_force.end(i, exception),
            Event::Begins(Change::Turn(track, index)) => self.turn(track, |layer| On::Turn(index, layer.turn(index))),
            Event::Ends(Change::Turn(track, index)) => self.turn(track, |_| On::Turn(index, &[])),
            Event::Begins(Change::Shift(track, people)) => {
                self.shift(track, |on| people.iter().for_each(|person| *on.entry(person).or_default() += 1));
            }
            Event::Ends(Change::Shift(track, people)) => self.shift(track, |on| {
                for person in people {
                    if let Entry::Occupied(mut named) = on.entry(person) {
                        *named.get_mut() = named.get().saturating_sub(1);
                        if *named.get() == 0 {
                            named.remove();
                        }
                    }
                }
            }),
        }
    }

    fn turn(&mut self, track: usize, on: impl Fn(&'a Layer) -> On<'a>) {
        if let Some(track) = self.tracks.get_mut(track)
            && let Origin::Layer(_, layer) = track.origin
        {
            track.on = on(layer);
        }
    }

    fn shift(&mut self, track: usize, change: impl Fn(&mut BTreeMap<&'a Person, usize>)) {
        if let Some(Track { on: On::Shifts(on), .. }) = self.tracks.get_mut(track) {
            change(on);
        }
    }
}

impl<'a> Track<'a> {
    /// Whom it names, before overrides.
    fn people(&self) -> impl Iterator<Item = &'a Person> + '_ {
        let (turn, shifts) = match &self.on {
            On::Turn(_, people) => (Some(people.iter()), None),
            On::Shifts(on) => (None, Some(on.keys().copied())),
        };
        turn.into_iter().flatten().chain(shifts.into_iter().flatten())
    }

    fn is_silent(&self) -> bool {
        self.people().next().is_none()
    }
}
