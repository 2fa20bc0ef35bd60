//! A simulated world that speaks in facts: no clock, no disk, no network, no token.
//!
//! One number settles it. The world moves only when it is asked what happened until an instant, and what it tells does not
//! depend on how often it is asked: the facts until noon are those until eleven and then those until noon.

mod alerts;
pub mod duties;
pub mod exception;
mod goals;
pub mod incidents;
pub mod life;
pub mod outbox;
pub mod people;
pub mod random;
pub mod release;
pub mod roster;
pub mod runbooks;
pub mod signals;
pub mod store;
pub mod story;
pub mod week;

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    demo::{
        incidents::Teller,
        life::Plan,
        random::Dice,
        release::Board,
        store::Store,
        story::{BLOCKER, WAITING},
    },
    domain::{
        incident::{Actor, IncidentKey, Login},
        release::record::Entry,
        rota::Roster,
        sample::Telling,
        sla::Policy,
        trouble::Trouble,
        zone::{Zone, Zones},
    },
    floor::{
        Floor,
        effect::Effect,
        escalation,
        fact::{Fact, Part, Polled, Quota, SignalId, SourceId, Went},
        freshness::{Feed, Source},
        handled::Kept,
    },
    text::Text,
};

/// The host that tells of incidents.
pub const GITHUB: SourceId = SourceId(0);
/// The roster file.
pub const ROSTER: SourceId = SourceId(1);
/// The release checklist.
pub const RELEASE: SourceId = SourceId(2);
/// The metric files.
pub const METRICS: SourceId = SourceId(3);
/// The record of duties.
pub const DUTIES: SourceId = SourceId(4);

/// How many incidents the play opens with, unless asked for more.
pub const USUAL_INCIDENTS: usize = 60;

/// A call tells about so many facts at most; the rest is told by the next one. A quarter of an hour makes about a thousand.
const FACTS_PER_CALL: usize = 4_000;
/// Requests that the host allows in an hour, as GitHub does with a token.
const REQUESTS_AN_HOUR: u64 = 5_000;

/// A team, its incidents, its release and its metrics, from one instant on.
#[derive(Debug, Clone)]
pub struct World {
    seed: u64,
    start: DateTime<Utc>,
    dice: Dice,
    policy: Policy,
    zone: Zone,
    teller: Teller,
    store: Store,
    roster: Roster,
    board: Board,
    duties: duties::Tended,
    plan: Plan,
    /// Incidents that are left alone until the play has shown them.
    staged: Vec<IncidentKey>,
    acks: HashMap<IncidentKey, Login>,
    outbox: outbox::Outbox,
    /// What was done about alerts.
    handled: Kept,
    /// Something was forgotten since the host last answered in whole.
    has_swept: bool,
    /// The hour, and the requests made in it.
    requests: (i64, u64),
}

impl World {
    /// A world as it stands at `start`, with so many incidents (60 curated ones first, then as many others as asked for).
    pub fn new(seed: u64, start: DateTime<Utc>, n_incidents: usize, zones: &Zones) -> Self {
        let mut policy = Policy::standard();
        policy.pause_labels.push(WAITING.to_owned());
        let zone = zones.find(roster::HOME).unwrap_or_else(Zone::utc);
        let teller = Teller::new(seed, start, policy.clone());
        let mut world = Self {
            seed,
            start,
            dice: Dice::new(seed).fork(u64::MAX),
            policy,
            store: Store::new(&teller, n_incidents),
            teller,
            roster: roster::roster(zones, start),
            board: Board::new(zone.clone(), start),
            duties: duties::Tended::new(&zone, start),
            zone,
            plan: Plan::default(),
            staged: Vec::new(),
            acks: HashMap::new(),
            outbox: outbox::Outbox::default(),
            handled: Kept::default(),
            has_swept: false,
            requests: (0, 0),
        };
        world.begin();
        world
    }

    /// The floor this world speaks to, with nothing on it yet.
    pub fn floor(&self) -> Floor {
        let source = |name: &str, feed, seconds| Source::new(Text::scrub(name), feed, TimeDelta::seconds(seconds));
        let host = Some(Text::scrub("github.com"));
        let sources = vec![
            Source { host, ..source("github", Feed::Host, 20) },
            source("roster", Feed::Roster, 30),
            source("checklist", Feed::Release, 30),
            source("metrics", Feed::Metrics, 10),
            source("duties", Feed::Duties, 30),
        ];
        let mut floor = Floor::new(Text::scrub("payments"), self.zone.clone(), self.policy.clone(), sources);
        floor.blocker_labels.push(BLOCKER.to_owned());
        floor.judge_release_by(week::rules(), None);
        floor
    }

    /// All that was known before the first instant, to be applied at `start`.
    pub fn opening(&mut self) -> Vec<Fact> {
        let mut facts = vec![
            Fact::RosterRead { source: ROSTER, roster: Box::new(self.roster.clone()) },
            Fact::ReleaseRead { source: RELEASE, release: Box::new(self.board.release()) },
            Fact::EvidenceRead(RELEASE, week::seen(self.start, self.start)),
        ];
        let signals = signals::signals().into_iter();
        facts.extend(signals.map(|signal| Fact::SignalAdded { source: METRICS, signal: Box::new(signal) }));
        facts.extend(signals::past(self.seed, self.start).into_iter().enumerate().map(|(place, samples)| {
            Fact::Sampled {
                signal: SignalId(place),
                samples,
                telling: Telling::Instead,
                skipped: Vec::new(),
                n_skipped: 0,
            }
        }));
        facts.push(Fact::Unchanged { source: METRICS, budget: None });
        facts.extend(self.duties.opening());
        facts.extend(goals::opening(&self.zone, self.start));
        facts.push(release::published(self.start));
        facts.push(self.whole_answer(self.start));
        facts
    }

    /// What happened since the last call until `now`, in order. Bounded: after a long absence it takes several calls.
    pub fn until(&mut self, now: DateTime<Utc>) -> Vec<Fact> {
        let mut facts = Vec::new();
        while facts.len() < FACTS_PER_CALL {
            let Some((at, happening)) = self.plan.take(now) else { break };
            self.step(at, happening, &mut facts);
        }
        facts
    }

    /// The world's answer to what should be done. Nothing leaves it: what a demo cannot do, it says.
    pub fn perform(&mut self, effect: &Effect, now: DateTime<Utc>) -> Vec<Fact> {
        match effect {
            Effect::Poll(GITHUB) if self.is_silent(now) => {
                let why = Text::scrub("no answer from the host");
                vec![Fact::Failed { source: GITHUB, trouble: Trouble::Away, why }]
            }
            Effect::Poll(GITHUB) if self.has_swept => vec![self.whole_answer(now)],
            Effect::Poll(GITHUB) => vec![Fact::Unchanged { source: GITHUB, budget: Some(self.request(now)) }],
            Effect::Poll(RELEASE) => vec![
                Fact::Unchanged { source: RELEASE, budget: None },
                Fact::EvidenceRead(RELEASE, week::seen(self.start, now)),
            ],
            Effect::Poll(source) => vec![Fact::Unchanged { source: *source, budget: None }],
            Effect::Acknowledge(key) => self.acknowledge(key, now),
            Effect::Toggle { path, line, seen, .. } => vec![self.board.toggle(path, *line, *seen)],
            Effect::Enter { path, deed, commit, reason } => {
                let by = Text::scrub(self.on_call(now).login.as_str());
                let (deed, commit, reason) = (deed.clone(), commit.clone(), reason.clone());
                self.board.enter(path, Entry { at: now, by, deed, commit, reason })
            }
            Effect::Escalate(due) => escalation::said(due).into_iter().collect(),
            Effect::PreviewOverride { seat, change } => vec![exception::preview(&self.roster, seat, change)],
            Effect::WriteOverride { seat, change, seen } => exception::write(&mut self.roster, seat, change, *seen),
            Effect::Note(note) => self.duties.note(note, now),
            Effect::Copy(what) => refused("clipboard", what),
            Effect::CopyAll(what) => refused("clipboard", &Text::scrub(what.as_str())),
            Effect::Browse(address) => refused("browser", address),
            Effect::Edit { path, line } => refused("editor", &Text::scrub(&format!("{path}:{line}"))),
            Effect::TakeBackAck(key) => self.take_back(key, now),
            Effect::Snooze { keys, until } => self.snooze(keys, *until, now),
            Effect::Wake(keys) => self.wake(keys, now),
            Effect::Intend(drafts) => self.intend(drafts, now),
            Effect::Cancel(id) => self.cancel(id, now),
            Effect::Retry(id) => self.retry(id, now),
            Effect::ReadRunbook(page) => vec![runbooks::read(page)],
            Effect::TakeAlert { .. }
            | Effect::GiveAlertBack(_)
            | Effect::Silence(_)
            | Effect::EndSilence(_)
            | Effect::AlertsCleared(_)
            | Effect::ReadNotices { .. } => self.about_alerts(effect, now),
            // No other server tells of alerts in the simulated world.
            Effect::SilenceAbroad { .. } | Effect::EndSilenceAbroad { .. } => Vec::new(),
            // What has a text brings it along.
            Effect::ReadBody(key) => vec![Fact::BodyRead { key: key.clone(), body: None }],
            // Texts are written at the person's own desk.
            Effect::Compose { .. } => Vec::new(),
            // What happens in a simulated world is put on no record.
            Effect::RecordDuty(_) | Effect::Suspend | Effect::Redraw | Effect::Quit => Vec::new(),
        }
    }

    /// Whoever holds the primary, or else the first of the team.
    fn on_call(&self, at: DateTime<Utc>) -> Actor {
        let primary = self.roster.schedules.first();
        let person = primary.and_then(|schedule| schedule.on_call(at).into_iter().next());
        person.map_or_else(|| self.teller.cast.member(0), |id| self.teller.cast.by_login(&Login::new(id.as_str())))
    }

    /// The person on call takes an incident on; that is recorded here, and nowhere else.
    fn acknowledge(&mut self, key: &IncidentKey, now: DateTime<Utc>) -> Vec<Fact> {
        let failed = |why: &str| vec![Fact::AckFailed { key: key.clone(), why: Text::scrub(why) }];
        if let Some(by) = self.acks.get(key) {
            let what = Text::scrub(&format!("{} is already taken on by {by}", key.short()));
            return vec![Fact::Told { what, went: Went::Well }];
        }
        let by = self.on_call(now).login;
        match self.store.find(&self.teller, key) {
            None => failed("there is no such incident in the demo"),
            Some(incident) if !incident.is_open() => failed("it is closed"),
            Some(_) => {
                self.acks.insert(key.clone(), by.clone());
                vec![Fact::Acknowledged { key: key.clone(), by, at: now }]
            }
        }
    }

    fn take_back(&mut self, key: &IncidentKey, now: DateTime<Utc>) -> Vec<Fact> {
        match self.acks.remove(key) {
            Some(by) => vec![Fact::AckTakenBack { key: key.clone(), by, at: now }],
            None => vec![Fact::AckFailed { key: key.clone(), why: Text::scrub("nobody has taken it on") }],
        }
    }

    fn whole_answer(&mut self, now: DateTime<Utc>) -> Fact {
        self.has_swept = false;
        Fact::Polled(Polled {
            source: GITHUB,
            items: self.store.all(&self.teller),
            skipped: Vec::new(),
            n_skipped: 0,
            part: Part::Last,
            as_of: now,
            budget: Some(self.request(now)),
        })
    }

    /// Counts one request against the hour's budget.
    fn request(&mut self, now: DateTime<Utc>) -> Quota {
        let hour = now.timestamp().div_euclid(3_600);
        let before = if self.requests.0 == hour { self.requests.1 } else { 0 };
        self.requests = (hour, before.saturating_add(1));
        Quota { remaining: REQUESTS_AN_HOUR.saturating_sub(self.requests.1), limit: REQUESTS_AN_HOUR }
    }
}

fn refused(tool: &str, what: &Text) -> Vec<Fact> {
    let what = Text::scrub(&format!("the demo has no {tool}: {what}"));
    vec![Fact::Told { what, went: Went::Badly }]
}

#[cfg(test)]
mod tests;
