//! What a section of the queue shows: which incidents, in which order, under which headings.

use std::{
    cmp::Reverse,
    collections::{HashMap, hash_map},
};

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        incident::Incident,
        intent::Target,
        query::{By, Group, Me, Query, Section, Seen, Sort},
        sla::Policy,
    },
    floor::{Floor, entry::Entry},
    text::Text,
};

/// What a section shows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Listing {
    /// Places for [`crate::floor::queue::Queue::entry`], in order.
    pub places: Vec<usize>,
    /// Headings, each above a run of places; none where nothing is put together.
    pub headings: Vec<Heading>,
}

/// What stands above a run of rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    /// What they have in common.
    pub name: Text,
    /// Where the run begins, in [`Listing::places`].
    pub from: usize,
    /// How long it is.
    pub n: usize,
}

/// What passes, in order.
///
/// Entries are looked at where they lie in memory, not in order: with a hundred thousand of them that is three times as
/// fast, and a key that is typed waits for it.
pub fn listing(floor: &Floor, query: &Query, sort: Sort, group: Option<Group>, me: &Me, now: DateTime<Utc>) -> Listing {
    let queue = floor.queue();
    let around = Around::new(floor, now);
    let entries = queue.entries().iter().enumerate();
    let passed: Vec<bool> = entries.map(|(place, entry)| query.passes(&around.seen(place, entry), me, now)).collect();
    let passes = |place: &usize| passed.get(*place) == Some(&true);
    let mut places: Vec<usize> = queue.rows().iter().copied().filter(passes).collect();
    // What is out of sight stands in no order of the queue: it comes behind, as it comes back.
    if query.says_snoozed() {
        let mut asleep: Vec<_> = queue.snoozed_places(now).collect();
        asleep.sort_unstable_by_key(|(place, until)| (*until, *place));
        let is_open = |place: &usize| queue.entry(*place).is_some_and(|entry| entry.incident.is_open());
        places.extend(asleep.into_iter().map(|(place, _)| place).filter(is_open).filter(passes));
    }
    if query.says_open() {
        places.extend(closed(floor).into_iter().filter(passes));
    }
    sorted(floor, &mut places, sort);
    match group {
        Some(group) => grouped(floor, &places, group),
        None => Listing { places, headings: Vec::new() },
    }
}

/// How many incidents each section holds.
pub fn counts(floor: &Floor, sections: &[Section], me: &Me, now: DateTime<Utc>) -> Vec<usize> {
    let mut counts = vec![0; sections.len()];
    let around = Around::new(floor, now);
    for (place, entry) in floor.queue().entries().iter().enumerate() {
        let seen = around.seen(place, entry);
        for (count, section) in counts.iter_mut().zip(sections) {
            *count += usize::from(section.query.passes(&seen, me, now));
        }
    }
    counts
}

/// What is known of incidents besides themselves, looked up once for many of them.
#[derive(Debug)]
pub struct Around<'f> {
    floor: &'f Floor,
    /// Until when which place is out of sight; in the order of places.
    snoozed: Vec<(usize, DateTime<Utc>)>,
    /// How many changes to which place wait; in the order of places.
    pending: Vec<(usize, usize)>,
}

impl<'f> Around<'f> {
    /// What is known at `now`.
    pub fn new(floor: &'f Floor, now: DateTime<Utc>) -> Self {
        let queue = floor.queue();
        let mut snoozed: Vec<_> = queue.snoozed_places(now).collect();
        snoozed.sort_unstable();
        let keys = floor.outbox().pending().filter_map(|intent| match &intent.target {
            Target::Incident(key) => queue.place(key),
            Target::Repository(_) => None,
        });
        let mut places: Vec<usize> = keys.collect();
        places.sort_unstable();
        let pending = places.chunk_by(|a, b| a == b).filter_map(|run| Some((*run.first()?, run.len()))).collect();
        Self { floor, snoozed, pending }
    }

    /// The entry at a place, with all that a query can ask of it.
    pub fn seen(&self, place: usize, entry: &'f Entry) -> Seen<'f> {
        let source = self.floor.sources.get(entry.source.0);
        Seen {
            incident: &entry.incident,
            verdict: &entry.verdict,
            words: &entry.words,
            acked_by: entry.acked.as_ref().map(|(by, _)| by),
            snoozed_until: find(&self.snoozed, place),
            n_pending: find(&self.pending, place).unwrap_or_default(),
            source: source.map_or("", |source| source.name.as_str()),
            host: source.and_then(|source| source.host.as_ref()).map(Text::as_str),
            rule: self.floor.policy.rule_name(entry.verdict.rule),
        }
    }
}

fn find<T: Copy>(marks: &[(usize, T)], place: usize) -> Option<T> {
    let at = marks.binary_search_by_key(&place, |(place, _)| *place).ok()?;
    marks.get(at).map(|(_, mark)| *mark)
}

/// What is closed, the last closed first.
fn closed(floor: &Floor) -> Vec<usize> {
    let entries = floor.queue().entries().iter().enumerate();
    let mut closed: Vec<_> = entries.filter_map(|(place, e)| Some((e.incident.closed_at?, place))).collect();
    closed.sort_unstable_by_key(|(at, place)| (Reverse(*at), *place));
    closed.into_iter().map(|(_, place)| place).collect()
}

fn sorted(floor: &Floor, places: &mut [usize], sort: Sort) {
    let queue = floor.queue();
    let number = |key: fn(&Entry) -> i64| move |place: &usize| queue.entry(*place).map(key);
    match sort.by {
        By::Breach => {}
        By::Priority => {
            by(places, sort, number(|e| i64::try_from(e.verdict.grade.index()).unwrap_or(i64::MAX)));
        }
        By::Age => by(places, sort, number(|e| e.incident.opened_at.timestamp_millis())),
        By::Updated => by(places, sort, number(|e| -e.incident.updated_at.timestamp_millis())),
        By::Comments => by(places, sort, number(|e| -i64::from(e.incident.comments))),
        By::Repository => by(places, sort, |place| queue.entry(*place).map(|e| e.incident.key.repo.full())),
    }
    if sort == (Sort { by: By::Breach, is_reversed: true }) {
        places.reverse();
    }
}

/// Sorts stably: equal ones stay in the queue's order.
fn by<K: Ord>(places: &mut [usize], sort: Sort, key: impl Fn(&usize) -> K) {
    if sort.is_reversed {
        places.sort_by_cached_key(|place| Reverse(key(place)))
    } else {
        places.sort_by_cached_key(key)
    }
}

fn grouped(floor: &Floor, places: &[usize], group: Group) -> Listing {
    let entries = || places.iter().filter_map(|place| Some((*place, floor.queue().entry(*place)?)));
    let mut runs: Vec<(Option<&str>, Vec<usize>)> = Vec::new();
    let mut known: HashMap<Option<&str>, usize> = HashMap::new();
    for (place, entry) in entries() {
        let name = common(entry, group, &floor.policy);
        let at = match known.entry(name) {
            hash_map::Entry::Occupied(at) => *at.get(),
            hash_map::Entry::Vacant(new) => {
                runs.push((name, Vec::new()));
                *new.insert(runs.len() - 1)
            }
        };
        if let Some((_, run)) = runs.get_mut(at) {
            run.push(place);
        }
    }
    // A run stands where its first incident would: what breaks next stays on top. Priorities have an order of their own,
    // and what has nothing in common comes last.
    match group {
        Group::Priority => runs.sort_by_key(|(name, _)| *name),
        Group::Repository | Group::Label | Group::Owner => runs.sort_by_key(|(name, _)| name.is_none()),
    }
    let mut listing = Listing { places: Vec::with_capacity(places.len()), headings: Vec::with_capacity(runs.len()) };
    for (name, run) in runs {
        let name = Text::scrub(name.unwrap_or(nothing(group)));
        listing.headings.push(Heading { name, from: listing.places.len(), n: run.len() });
        listing.places.extend(run);
    }
    listing
}

/// What an entry has in common with others of its group.
fn common<'a>(entry: &'a Entry, group: Group, policy: &Policy) -> Option<&'a str> {
    let incident: &Incident = &entry.incident;
    match group {
        Group::Repository => Some(incident.key.repo.full()),
        Group::Priority => Some(match entry.verdict.grade.index() {
            4 => "untriaged",
            _ => entry.verdict.grade.word(),
        }),
        Group::Owner => {
            let acked = entry.acked.as_ref().map(|(by, _)| by);
            incident.assignees.first().or(acked).map(|login| login.as_str())
        }
        Group::Label => {
            let says_more = |label: &&crate::domain::incident::Label| {
                policy.priority_of(label).is_none() && !policy.is_triage(label) && !policy.is_pause(label)
            };
            incident.labels.iter().find(says_more).map(|label| label.as_str())
        }
    }
}

/// The heading of those that have nothing in common.
fn nothing(group: Group) -> &'static str {
    match group {
        Group::Owner => "nobody's",
        Group::Label => "no label",
        Group::Repository | Group::Priority => "none",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        demo::World,
        domain::{incident::Login, query::usual, time::parse_rfc3339, zone::Zones},
        floor::fact::{Fact, SourceId},
    };

    fn now() -> DateTime<Utc> {
        parse_rfc3339("2026-11-20T02:12:00Z").unwrap()
    }

    fn floor() -> Floor {
        let mut world = World::new(7, now(), 200, &Zones::bundled());
        let mut floor = world.floor();
        for fact in world.opening() {
            floor.apply(fact, now());
        }
        floor.settle(now());
        floor
    }

    fn list(floor: &Floor, query: &str) -> Listing {
        let query = Query::strict(query).unwrap();
        listing(floor, &query, query.sort().unwrap_or(Sort::USUAL), query.group(), &Me::default(), now())
    }

    #[test]
    fn without_a_query_the_listing_is_the_queue() {
        let floor = floor();
        assert_eq!(list(&floor, "").places, floor.queue().order());
        let mut reversed = list(&floor, "sort:-breach").places;
        reversed.reverse();
        assert_eq!(reversed, floor.queue().order());
    }

    #[test]
    fn every_order_orders_and_keeps_all() {
        let floor = floor();
        let entry = |place: &usize| floor.queue().entry(*place).unwrap();
        let all = floor.queue().order().len();
        let age = list(&floor, "sort:age").places;
        assert!(age.len() == all && age.is_sorted_by_key(|p| entry(p).incident.opened_at));
        assert!(list(&floor, "sort:priority").places.is_sorted_by_key(|p| entry(p).verdict.grade.index()));
        assert!(list(&floor, "sort:updated").places.is_sorted_by_key(|p| Reverse(entry(p).incident.updated_at)));
        assert!(list(&floor, "sort:-comments").places.is_sorted_by_key(|p| entry(p).incident.comments));
        assert!(list(&floor, "sort:repo").places.is_sorted_by_key(|p| entry(p).incident.key.repo.clone()));
    }

    #[test]
    fn headings_stand_above_runs_that_make_up_the_whole() {
        let floor = floor();
        for group in ["repo", "label", "owner", "priority"] {
            let found = list(&floor, &format!("group:{group}"));
            let mut from = 0;
            for heading in &found.headings {
                assert!(heading.from == from && 0 < heading.n, "{group} {heading:?}");
                from += heading.n;
            }
            assert_eq!((from, found.places.len()), (floor.queue().order().len(), from), "{group}");
            let mut names: Vec<_> = found.headings.iter().map(|heading| heading.name.as_str()).collect();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), found.headings.len(), "{group}");
        }
        let priorities = list(&floor, "group:priority").headings;
        assert!(priorities.is_sorted_by(|a, b| a.name.as_str() < b.name.as_str()));
    }

    #[test]
    fn what_is_closed_comes_behind_what_is_open() {
        let floor = floor();
        let both = list(&floor, "is:open,closed").places;
        assert_eq!(both.len(), floor.queue().entries().len());
        assert!(both.starts_with(floor.queue().order()));
        let closed = list(&floor, "is:closed").places;
        assert!(!closed.is_empty());
        assert!(closed.is_sorted_by_key(|p| Reverse(floor.queue().entry(*p).unwrap().incident.closed_at)));
    }

    #[test]
    fn me_is_whoever_a_host_says_the_token_belongs_to() {
        let mut floor = floor();
        let count = |floor: &Floor| {
            let me = floor.known_as(&Login::new("somebody"));
            listing(floor, &Query::read("owner:@me"), Sort::USUAL, None, &me, now()).places.len()
        };
        assert_eq!(count(&floor), 0);
        let named = listing(&floor, &Query::read("owner:kai.n"), Sort::USUAL, None, &Me::default(), now()).places.len();
        let host = crate::floor::fact::Host { viewer: Some(Login::new("kai.n")), ..Default::default() };
        floor.apply(Fact::HostKnown { source: SourceId(0), host: Box::new(host) }, now());
        assert!(0 < named && count(&floor) == named, "{named}");
    }

    #[test]
    fn a_plain_key_has_the_name_of_the_host_that_was_asked() {
        let mut floor = floor();
        let all = list(&floor, "").places.len();
        assert_eq!(list(&floor, "host:github.com").places.len(), all);
        floor.sources[0].host = Some(Text::scrub("git.acme.example"));
        assert_eq!(list(&floor, "host:github.com").places.len(), 0);
        assert_eq!(list(&floor, "host:git.acme.example").places.len(), all);
    }

    #[test]
    fn counts_are_what_the_listings_hold() {
        let floor = floor();
        let me = Me::new([Login::new("kai.n")]);
        let sections = usual();
        let counts = counts(&floor, &sections, &me, now());
        for (section, count) in sections.iter().zip(&counts) {
            let found = listing(&floor, &section.query, Sort::USUAL, None, &me, now());
            assert_eq!(found.places.len(), *count, "{}", section.name);
        }
        assert!(counts[0] == floor.queue().order().len() && 0 < counts[2] && counts[2] < counts[0]);
    }
}
