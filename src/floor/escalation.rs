//! Who is to be told of which incident, kept up with the clock.
//!
//! One watch for each open incident that escalates, and an ordered set of what falls due next: a second in which nothing does
//! costs one look at its head. Nothing is delivered from here: what falls due becomes an effect, and the console says it.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    domain::{
        escalation::{
            self, OnCall, Policy, Target,
            engine::{Act, Decision, Escalation, Happened, Phase},
            events,
            ladder::Ladder,
            replay::replay,
        },
        incident::IncidentKey,
        priority::Grade,
        rota::{Person, Roster},
        sla,
        time::minus,
    },
    floor::{
        entry::Entry,
        fact::{Fact, Went},
        queue::Queue,
    },
    text::{Text, counted},
};

/// A step or an alarm that fell due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// For which incident.
    pub key: IncidentKey,
    /// How urgent it is.
    pub grade: Grade,
    /// What is to be done.
    pub decision: Decision,
}

/// What fell due longer than this before the console began is no news: it stands in the ladder.
const NEWS: TimeDelta = TimeDelta::hours(1);

/// Instants of one incident that are kept as said.
const KEPT: usize = 500;

/// One open incident that escalates.
#[derive(Debug)]
struct Watch {
    events: Vec<Happened>,
    escalation: Escalation,
    /// What was decided last. All of it is worked out anew when somebody looks: it depends on nobody's having looked before.
    last: Option<Decision>,
    /// Instants of the decisions that this console has said.
    said: Vec<DateTime<Utc>>,
}

/// Every escalation that may fall due.
#[derive(Debug, Default)]
pub struct Escalations {
    watches: HashMap<IncidentKey, Watch>,
    due: BTreeSet<(DateTime<Utc>, IncidentKey)>,
    /// Fell due before anybody looked: of each, the last is said once (R17).
    overdue: BTreeSet<IncidentKey>,
    /// The first second anybody looked.
    began: Option<DateTime<Utc>>,
}

/// What an escalation is worked out from.
#[derive(Clone, Copy)]
pub(super) struct Ground<'a> {
    pub(super) queue: &'a Queue,
    pub(super) roster: Option<&'a Roster>,
    pub(super) promises: &'a sla::Policy,
}

impl Ground<'_> {
    fn policies(&self) -> &[Policy] {
        self.roster.map_or(&[], |roster| roster.escalations.as_slice())
    }
}

/// By the roster; without one, nobody.
impl OnCall for Ground<'_> {
    fn people(&self, target: &Target, at: DateTime<Utc>) -> Vec<Person> {
        self.roster.map(|roster| roster.people(target, at)).unwrap_or_default()
    }

    fn staffed_from(&self, target: &Target, from: DateTime<Utc>, until: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.roster?.staffed_from(target, from, until)
    }
}

impl Escalations {
    /// Looks at these incidents again, after something was told of them.
    pub(super) fn hear<'k>(
        &mut self,
        keys: impl IntoIterator<Item = &'k IncidentKey>,
        ground: Ground<'_>,
        now: DateTime<Utc>,
    ) {
        // Before a roster is read nobody is told of anything, and there may be many incidents.
        if ground.policies().is_empty() && self.watches.is_empty() {
            return;
        }
        for key in keys {
            self.hear_one(key, ground, now);
        }
    }

    /// Looks at every incident again, after the roster changed.
    pub(super) fn hear_all(&mut self, ground: Ground<'_>, now: DateTime<Utc>) {
        if ground.policies().is_empty() {
            *self = Self { began: self.began, ..Self::default() };
            return;
        }
        self.drop_gone(ground.queue);
        for entry in ground.queue.entries() {
            self.hear_one(&entry.incident.key, ground, now);
        }
    }

    /// Works every escalation out anew, after the clock was moved; what was said is not said again.
    pub(super) fn begin_again(&mut self, ground: Ground<'_>, now: DateTime<Utc>) {
        for watch in self.watches.values_mut() {
            let (escalation, mut log) = replay(&watch.escalation.policy, &watch.events, &ground, now);
            (watch.escalation, watch.last) = (escalation, log.pop());
        }
        self.due.clear();
        let lasts = self.watches.iter().filter_map(|(key, watch)| Some((watch.escalation.due_at()?, key.clone())));
        self.due.extend(lasts);
        let unsaid = self.watches.iter().filter(|(_, watch)| watch.is_overdue()).map(|(key, _)| key.clone());
        self.overdue.extend(unsaid);
    }

    /// Forgets incidents that their source no longer names.
    pub(super) fn drop_gone(&mut self, queue: &Queue) {
        let gone: Vec<IncidentKey> = self.watches.keys().filter(|key| queue.find(key).is_none()).cloned().collect();
        gone.iter().for_each(|key| self.forget(key));
    }

    /// What falls due by `now`, the most urgent first.
    pub(super) fn tick(&mut self, ground: Ground<'_>, now: DateTime<Utc>) -> Vec<Due> {
        let mut found = Vec::new();
        let began = self.began.map_or(now, |began| began.min(now));
        self.began = Some(began);
        for key in std::mem::take(&mut self.overdue) {
            let Some(watch) = self.watches.get_mut(&key) else { continue };
            let news = watch.last.as_ref().filter(|last| watch.is_overdue() && minus(began, NEWS) <= last.latest());
            let Some(decision) = news.cloned() else { continue };
            watch.said.push(decision.latest());
            found.extend(due(ground.queue, key, decision));
        }
        while let Some((_, key)) = self.due.first().filter(|(at, _)| *at <= now).cloned() {
            self.due.pop_first();
            let Some(watch) = self.watches.get_mut(&key) else { continue };
            let decisions = watch.escalation.catch_up(&ground, now);
            self.due.extend(watch.escalation.due_at().map(|at| (at, key.clone())));
            let Some(last) = decisions.last().cloned() else { continue };
            let latest = last.latest();
            watch.said.push(latest);
            watch.said.drain(..watch.said.len().saturating_sub(KEPT));
            watch.last = Some(last);
            // However long the process slept, one step is said (R17). A skip alone is no news: whoever is next is told in the
            // same instant.
            let is_news =
                |decision: &Decision| decision.latest() == latest && !matches!(decision.act, Act::Skip { .. });
            let news = decisions.into_iter().filter(is_news);
            found.extend(news.filter_map(|decision| due(ground.queue, key.clone(), decision)));
        }
        found.sort_by(|a, b| (a.grade, &a.key).cmp(&(b.grade, &b.key)));
        found
    }

    /// The ladder of an incident; nothing = it does not escalate.
    pub(super) fn ladder(&self, entry: &Entry, ground: Ground<'_>, now: DateTime<Utc>) -> Option<Ladder> {
        if let Some(watch) = self.watches.get(&entry.incident.key) {
            let (escalation, log) = replay(&watch.escalation.policy, &watch.events, &ground, now);
            let is_said = |decision: &Decision| watch.said.contains(&decision.at);
            return Some(Ladder::of(&escalation, &log, &watch.events, &is_said, &ground, now));
        }
        let policy = escalation::policy_for(ground.policies(), entry.verdict.grade)?;
        if !is_known(entry) {
            return Some(Ladder::unknown(policy.name.clone()));
        }
        let (policy, events) = events_of(entry, ground, now)?;
        let (escalation, log) = replay(&Arc::new(policy.clone()), &events, &ground, now);
        Some(Ladder::of(&escalation, &log, &events, &|_| false, &ground, now))
    }

    /// Who is told next of an unacknowledged incident, and when: the next rung of its ladder, for the price of one look-up.
    pub(super) fn next(
        &self,
        key: &IncidentKey,
        ground: Ground<'_>,
        now: DateTime<Utc>,
    ) -> Option<(DateTime<Utc>, Vec<Person>)> {
        let watch = self.watches.get(key)?;
        let Phase::Calling { at, step, .. } = watch.escalation.phase else { return None };
        let people = watch.escalation.policy.steps.get(step)?.people(&ground, at);
        if !people.is_empty() {
            return Some((at, people));
        }
        let ladder = self.ladder(ground.queue.find(key)?, ground, now)?;
        let told = ladder.rungs.iter().find(|rung| rung.is_ahead && rung.step.is_some() && !rung.people.is_empty());
        told.map(|rung| (rung.at, rung.people.clone()))
    }

    fn hear_one(&mut self, key: &IncidentKey, ground: Ground<'_>, now: DateTime<Utc>) {
        let entry = ground.queue.find(key).filter(|entry| entry.incident.is_open() && is_known(entry));
        let case = entry
            .filter(|entry| escalation::policy_for(ground.policies(), entry.verdict.grade).is_some())
            .and_then(|entry| events_of(entry, ground, now));
        let Some((policy, events)) = case else {
            self.forget(key);
            return;
        };
        let known = self.watches.get(key);
        if known.is_some_and(|watch| watch.events == events) {
            return;
        }
        // The same trigger keeps the policy that was in force then (R16), and what was said of it.
        let same = known.filter(|watch| watch.events.first() == events.first());
        let policy = same.map_or_else(|| Arc::new(policy.clone()), |watch| Arc::clone(&watch.escalation.policy));
        let said = same.map(|watch| watch.said.clone()).unwrap_or_default();
        self.forget(key);
        let (escalation, mut log) = replay(&policy, &events, &ground, now);
        let watch = Watch { events, escalation, last: log.pop(), said };
        if watch.is_overdue() {
            self.overdue.insert(key.clone());
        }
        self.due.extend(watch.escalation.due_at().map(|at| (at, key.clone())));
        self.watches.insert(key.clone(), watch);
    }

    fn forget(&mut self, key: &IncidentKey) {
        if let Some(watch) = self.watches.remove(key) {
            if let Some(at) = watch.escalation.due_at() {
                self.due.remove(&(at, key.clone()));
            }
            self.overdue.remove(key);
        }
    }
}

impl Watch {
    /// Whether its last decision still stands, and nobody has said it.
    fn is_overdue(&self) -> bool {
        let is_held = matches!(self.escalation.phase, Phase::Held { .. } | Phase::Resolved);
        !is_held && self.last.as_ref().is_some_and(|decision| !self.said.contains(&decision.latest()))
    }
}

/// Whether it can be known if somebody acknowledged: a list without timelines does not tell.
fn is_known(entry: &Entry) -> bool {
    entry.incident.has_timeline || entry.acked.is_some()
}

fn events_of<'a>(entry: &Entry, ground: Ground<'a>, now: DateTime<Utc>) -> Option<(&'a Policy, Vec<Happened>)> {
    let policies = ground.roster.map_or(&[] as &[Policy], |roster| roster.escalations.as_slice());
    events::of(&entry.incident, ground.promises, policies, entry.acked.as_ref().map(|(_, at)| *at), now)
}

fn due(queue: &Queue, key: IncidentKey, decision: Decision) -> Option<Due> {
    let grade = queue.find(&key)?.verdict.grade;
    Some(Due { key, grade, decision })
}

impl Due {
    /// Whom it names: those of the step, or the reserve.
    pub fn people(&self) -> Vec<Person> {
        match &self.decision.act {
            Act::Notify { people, .. } => people.clone(),
            Act::Skip { .. } => Vec::new(),
            Act::NobodyOnCall { reserve, .. } | Act::Exhausted { reserve } => reserve.iter().cloned().collect(),
        }
    }

    /// `P0 api#812 unacknowledged: step 2, ben.i, is due`.
    pub fn words(&self) -> String {
        let names = |people: &[Person]| people.iter().map(Text::as_str).collect::<Vec<_>>().join(", ");
        let reserve = |reserve: &Option<Person>| match reserve {
            Some(person) => format!("; the reserve is {person}"),
            None => String::new(),
        };
        let what = match &self.decision.act {
            Act::Notify { step, people } => {
                format!("step {}, {}, is due", step.saturating_add(1), names(people))
            }
            Act::Skip { step } => format!("nobody is on call for step {}", step.saturating_add(1)),
            Act::NobodyOnCall { reserve: person, .. } => format!("nobody is on call for any step{}", reserve(person)),
            Act::Exhausted { reserve: person } => format!("every step was due{}", reserve(person)),
        };
        format!("{} {} unacknowledged: {what}", self.grade.word(), self.key.short())
    }
}

/// What the console says of all that fell due in one instant: the most urgent, and how many more.
pub fn said(due: &[Due]) -> Option<Fact> {
    let (first, rest) = due.split_first()?;
    let more = match rest.len() {
        0 => String::new(),
        n => format!("; and {}", counted(n, "more", "more")),
    };
    Some(Fact::Told { what: Text::scrub(&format!("{}{more}", first.words())), went: Went::Badly })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{
            escalation::{
                Step,
                ladder::{Mark, Standing},
            },
            incident::{Incident, Kind, Label, Login, Repo},
            priority::Priority,
            sla::Policy as Promises,
            time::{parse_rfc3339, plus},
            zone::Zone,
        },
        floor::{
            Floor,
            effect::Effect,
            fact::{Part, Polled, SourceId},
            freshness::{Feed, Source},
        },
    };

    fn now() -> DateTime<Utc> {
        parse_rfc3339("2026-11-20T12:00:00Z").unwrap()
    }

    fn later(minutes: i64) -> DateTime<Utc> {
        plus(now(), TimeDelta::minutes(minutes))
    }

    fn key(number: u64) -> IncidentKey {
        IncidentKey::issue(Repo::new("acme/api"), number)
    }

    fn incident(number: u64, label: &str, opened_minutes_ago: i64) -> Incident {
        let opened_at = minus(now(), TimeDelta::minutes(opened_minutes_ago));
        Incident {
            key: key(number),
            kind: Kind::Issue,
            title: Text::scrub("login fails"),
            author: Some(Login::new("rita")),
            labels: vec![Label::new(label)],
            assignees: Vec::new(),
            reviewers: Vec::new(),
            milestone: None,
            is_draft: false,
            opened_at,
            updated_at: opened_at,
            closed_at: None,
            close_reason: None,
            comments: 0,
            url: Text::scrub(""),
            body: None,
            timeline: Vec::new(),
            has_timeline: true,
        }
    }

    fn roster() -> Roster {
        let step =
            |person: &str| Step { delay: TimeDelta::minutes(10), targets: vec![Target::Person(Text::scrub(person))] };
        let mut roster = Roster::new(Zone::utc(), Vec::new(), Vec::new());
        roster.escalations.push(Policy {
            name: Text::scrub("urgent"),
            priorities: vec![Priority::P0, Priority::P1],
            steps: vec![step("ana"), step("ben"), step("lea")],
            repeat: 0,
            ack_timeout: None,
            reserve: Some(Text::scrub("max")),
        });
        roster
    }

    fn floor() -> Floor {
        let source = |name: &str, feed| Source::new(Text::scrub(name), feed, TimeDelta::days(9));
        let sources = vec![source("github", Feed::Host), source("roster", Feed::Roster)];
        let mut floor = Floor::new(Text::scrub("team"), Zone::utc(), Promises::standard(), sources);
        floor.apply(Fact::RosterRead { source: SourceId(1), roster: Box::new(roster()) }, now());
        floor
    }

    fn polled(floor: &mut Floor, items: Vec<Incident>, at: DateTime<Utc>) {
        let (skipped, part, budget) = (Vec::new(), Part::Last, None);
        let polled = Polled { source: SourceId(0), items, skipped, n_skipped: 0, part, as_of: at, budget };
        floor.apply(Fact::Polled(polled), at);
    }

    fn said_at(floor: &mut Floor, at: DateTime<Utc>) -> Vec<String> {
        let effects = floor.apply(Fact::Tick, at);
        let due = effects.into_iter().filter_map(|effect| match effect {
            Effect::Escalate(due) => Some(due),
            _ => None,
        });
        due.flatten().map(|due| due.words()).collect()
    }

    fn marks(floor: &Floor, number: u64, at: DateTime<Utc>) -> Vec<(i64, Mark)> {
        let ladder = floor.ladder(&key(number), at).unwrap();
        let minutes = |at: DateTime<Utc>| crate::domain::time::between(now(), at).num_minutes();
        ladder.rungs.iter().map(|rung| (minutes(rung.at), rung.mark)).collect()
    }

    #[test]
    fn steps_are_said_as_they_fall_due_and_then_the_alarm_with_the_reserve() {
        let mut floor = floor();
        polled(&mut floor, vec![incident(812, "P0", 0)], now());
        assert_eq!(said_at(&mut floor, now()), ["P0 api#812 unacknowledged: step 1, ana, is due"]);
        assert_eq!(said_at(&mut floor, later(9)), Vec::<String>::new());
        assert_eq!(said_at(&mut floor, later(10)), ["P0 api#812 unacknowledged: step 2, ben, is due"]);
        assert_eq!(said_at(&mut floor, later(20)), ["P0 api#812 unacknowledged: step 3, lea, is due"]);
        let wanted = ["P0 api#812 unacknowledged: every step was due; the reserve is max"];
        assert_eq!(said_at(&mut floor, later(30)), wanted);
        assert_eq!(said_at(&mut floor, later(900)), Vec::<String>::new());
    }

    #[test]
    fn what_fell_due_shortly_before_the_console_began_is_said_once_and_in_one_line() {
        let mut floor = floor();
        polled(&mut floor, (1..=40).map(|n| incident(n, "P1", 45)).collect(), now());
        let effects = floor.apply(Fact::Tick, now());
        let [Effect::Escalate(due)] = effects.as_slice() else { panic!("{effects:?}") };
        assert_eq!(due.len(), 40);
        let Some(Fact::Told { what, .. }) = said(due) else { panic!("nothing said") };
        let wanted = "P1 api#1 unacknowledged: every step was due; the reserve is max; and 39 more";
        assert_eq!(what.as_str(), wanted);
        polled(&mut floor, (1..=40).map(|n| incident(n, "P1", 45)).collect(), later(1));
        assert_eq!(said_at(&mut floor, later(1_000)), Vec::<String>::new());
    }

    #[test]
    fn incidents_open_for_days_are_no_news_when_the_console_begins() {
        let mut floor = floor();
        polled(&mut floor, (1..=40).map(|n| incident(n, "P1", 9_000)).collect(), now());
        assert_eq!(said_at(&mut floor, now()), Vec::<String>::new());
        assert_eq!(floor.ladder(&key(1), now()).unwrap().standing, Standing::Exhausted);
    }

    #[test]
    fn what_fell_due_while_its_source_was_away_is_said_however_late() {
        let mut floor = floor();
        said_at(&mut floor, now());
        polled(&mut floor, vec![incident(812, "P0", -5)], later(600));
        let wanted = ["P0 api#812 unacknowledged: every step was due; the reserve is max"];
        assert_eq!(said_at(&mut floor, later(600)), wanted);
    }

    #[test]
    fn a_ladder_counts_from_the_opening_whoever_looked() {
        let mut floor = floor();
        polled(&mut floor, vec![incident(812, "P0", 12)], now());
        let wanted = [(-12, Mark::Due), (-2, Mark::Due), (8, Mark::Ahead), (18, Mark::Exhausted)];
        assert_eq!(marks(&floor, 812, now()), wanted);
        assert_eq!(said_at(&mut floor, now()), ["P0 api#812 unacknowledged: step 2, ben, is due"]);
        assert_eq!(marks(&floor, 812, now())[1], (-2, Mark::Said));
        assert_eq!(floor.next_told(&key(812), now()), Some((later(8), vec![Text::scrub("lea")])));
    }

    #[test]
    fn taking_it_on_stops_it_and_shows_what_it_stopped() {
        let mut floor = floor();
        polled(&mut floor, vec![incident(812, "P0", 0)], now());
        said_at(&mut floor, now());
        floor.apply(Fact::Acknowledged { key: key(812), by: Login::new("ana"), at: later(5) }, later(5));
        assert_eq!(said_at(&mut floor, later(600)), Vec::<String>::new());
        let ladder = floor.ladder(&key(812), later(600)).unwrap();
        assert_eq!(ladder.standing, Standing::Acknowledged { since: later(5), until: None });
        assert_eq!(marks(&floor, 812, later(600)), [(0, Mark::Said), (10, Mark::Stopped), (20, Mark::Stopped)]);
    }

    #[test]
    fn what_is_not_urgent_has_no_ladder_and_a_list_without_history_calls_nobody() {
        let mut floor = floor();
        let listed = Incident { has_timeline: false, ..incident(7, "P0", 50) };
        polled(&mut floor, vec![incident(3, "P3", 50), listed], now());
        assert_eq!(said_at(&mut floor, now()), Vec::<String>::new());
        assert_eq!(floor.ladder(&key(3), now()), None);
        assert_eq!(floor.ladder(&key(7), now()).unwrap().standing, Standing::Unknown);
    }

    #[test]
    fn an_edited_policy_is_for_the_next_trigger_and_its_people_for_the_next_step() {
        let mut floor = floor();
        polled(&mut floor, vec![incident(812, "P0", 0)], now());
        said_at(&mut floor, now());
        let mut edited = roster();
        edited.escalations[0].steps.truncate(1);
        floor.apply(Fact::RosterRead { source: SourceId(1), roster: Box::new(edited) }, later(5));
        assert_eq!(said_at(&mut floor, later(10)), ["P0 api#812 unacknowledged: step 2, ben, is due"]);
    }

    #[test]
    fn after_the_clock_was_moved_nothing_is_said_twice() {
        let mut floor = floor();
        polled(&mut floor, vec![incident(812, "P0", 0)], now());
        said_at(&mut floor, now());
        floor.apply(Fact::ClockJumped { by: TimeDelta::hours(5) }, later(300));
        let wanted = ["P0 api#812 unacknowledged: every step was due; the reserve is max"];
        assert_eq!(said_at(&mut floor, later(300)), wanted);
        floor.apply(Fact::ClockJumped { by: TimeDelta::hours(-5) }, now());
        assert_eq!(said_at(&mut floor, now()), Vec::<String>::new());
    }

    #[test]
    fn a_console_that_slept_says_one_step_and_shows_the_ladder_of_one_that_did_not() {
        let (mut slept, mut awake) = (floor(), floor());
        for floor in [&mut slept, &mut awake] {
            polled(floor, vec![incident(812, "P0", 0)], now());
            said_at(floor, now());
        }
        for minute in 1..=25 {
            said_at(&mut awake, later(minute));
        }
        assert_eq!(said_at(&mut slept, later(25)), ["P0 api#812 unacknowledged: step 3, lea, is due"]);
        let instants = |floor: &Floor| marks(floor, 812, later(25)).into_iter().map(|(at, _)| at).collect::<Vec<_>>();
        assert_eq!(instants(&slept), [0, 10, 20, 30]);
        assert_eq!(instants(&awake), instants(&slept));
    }

    #[test]
    fn an_incident_that_is_gone_is_forgotten() {
        let mut floor = floor();
        polled(&mut floor, vec![incident(812, "P0", 0)], now());
        polled(&mut floor, Vec::new(), later(1));
        assert_eq!(said_at(&mut floor, later(60)), Vec::<String>::new());
    }

    #[test]
    fn a_second_in_which_nothing_falls_due_is_cheap_among_a_hundred_thousand() {
        let mut floor = floor();
        polled(
            &mut floor,
            (1..=100_000).map(|n| incident(n, if n % 10 == 0 { "P1" } else { "P3" }, 25)).collect(),
            now(),
        );
        said_at(&mut floor, now());
        let started = std::time::Instant::now();
        for second in 1..=20 {
            let tick = plus(now(), TimeDelta::seconds(second));
            assert_eq!(said_at(&mut floor, tick), Vec::<String>::new());
        }
        // A debug build on a busy machine; a release build takes microseconds.
        assert!(started.elapsed() < std::time::Duration::from_millis(100), "{:?}", started.elapsed());
    }
}
