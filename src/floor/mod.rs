//! All that is known now. Facts come in by [`Floor::apply`], effects go out; everything else is a question.

mod abroad;
pub mod alarms;
pub mod alerts;
pub mod brief;
pub mod burn_in;
pub mod changed;
mod computed;
mod doubts;
pub mod duties;
pub mod effect;
pub mod entry;
pub mod escalation;
pub mod fact;
pub mod freshness;
pub mod gate;
pub mod glance;
pub mod goals;
pub mod handled;
mod hosts;
pub mod listing;
pub mod metrics;
pub mod news;
pub mod oncall;
pub mod outbox;
mod polled;
pub mod queue;
pub mod recorded;
mod releasing;
mod rolling_back;
pub mod slos;
pub mod standing;
pub mod strip;
pub mod tally;
mod told;
pub mod unknown;
pub mod watch;
mod window;

use chrono::{DateTime, NaiveDate, Utc};
use std::collections::{BTreeMap, BTreeSet};

use crate::{
    domain::{
        incident::Repo,
        plans::Plans,
        release::{Release, calendar::Mode},
        sla::Policy,
        zone::Zone,
    },
    floor::{
        alerts::Alerts,
        changed::{LastRead, Unsaved},
        duties::Duties,
        effect::Effect,
        escalation::Escalations,
        fact::{Fact, Host, Role, SourceId},
        freshness::{Feed, Source, Worth},
        handled::Handled,
        metrics::Gauge,
        oncall::OnCall,
        outbox::Outbox,
        queue::Queue,
        slos::Watched,
        watch::Watch,
    },
    text::Text,
};

/// All that is known now.
#[derive(Debug)]
pub struct Floor {
    /// The team's name; may be blank.
    pub team: Text,
    /// It is looked at as of an instant that was asked for: what is stamped after that is no fault of any clock.
    pub is_of_the_past: bool,
    /// The zone the screen's clock and dates are in.
    pub zone: Zone,
    /// What is promised.
    pub policy: Policy,
    /// Who tells us things.
    pub sources: Vec<Source>,
    /// Labels of incidents that block the release.
    pub blocker_labels: Vec<String>,
    /// The milestone whose due date is T-0, where the release has no day of its own.
    pub release_milestone: Option<(Repo, Text)>,
    /// How days from that day are counted, and which are no business days.
    pub release_days: (Mode, BTreeSet<NaiveDate>),
    queue: Queue,
    on_call: Option<OnCall>,
    watch: Watch,
    escalations: Escalations,
    release: Option<Release>,
    gate: gate::Gate,
    gauges: Vec<Gauge>,
    slos: Vec<Watched>,
    alerts: Alerts,
    handled: Handled,
    computed: Vec<computed::Working>,
    groups: BTreeMap<Text, Text>,
    outbox: Outbox,
    duties: Duties,
    burn_ins: Vec<burn_in::Burning>,
    goals: goals::Goals,
    /// What hosts told of themselves.
    hosts: BTreeMap<SourceId, Host>,
    /// What repositories have planned and published.
    plans: BTreeMap<Repo, Plans>,
    /// Which content the blockers were found in, and which order they stand in.
    blockers_of: Option<(u64, u64)>,
    last_read: LastRead,
    role: Option<Role>,
    unsaved: Option<Unsaved>,
    rosters: u64,
    version: u64,
}

impl Floor {
    /// An empty floor.
    pub fn new(team: Text, zone: Zone, policy: Policy, sources: Vec<Source>) -> Self {
        Self {
            team,
            zone,
            policy,
            sources,
            blocker_labels: Vec::new(),
            queue: Queue::default(),
            on_call: None,
            watch: Watch::default(),
            escalations: Escalations::default(),
            release_milestone: None,
            is_of_the_past: false,
            release_days: (Mode::Calendar, BTreeSet::new()),
            release: None,
            gate: gate::Gate::default(),
            gauges: Vec::new(),
            slos: Vec::new(),
            alerts: Alerts::default(),
            handled: Handled::default(),
            computed: Vec::new(),
            groups: BTreeMap::new(),
            outbox: Outbox::default(),
            duties: Duties::default(),
            burn_ins: Vec::new(),
            goals: goals::Goals::default(),
            hosts: BTreeMap::new(),
            plans: BTreeMap::new(),
            blockers_of: None,
            last_read: LastRead::default(),
            role: None,
            unsaved: None,
            rosters: 0,
            version: 0,
        }
    }

    /// Takes a fact, and says what should be done.
    pub fn apply(&mut self, fact: Fact, now: DateTime<Utc>) -> Vec<Effect> {
        let mut effects = Vec::new();
        self.version = self.version.wrapping_add(u64::from(fact != Fact::Tick));
        match fact {
            Fact::Tick => effects = self.tick(now),
            Fact::ClockJumped { .. } => self.clock_jumped(now),
            Fact::Asked(source) => self.with(source, |s| s.asked(now)),
            Fact::Polled(polled) => self.polled(polled, now),
            Fact::Unchanged { source, budget } => self.unchanged(source, budget, now),
            Fact::Failed { source, trouble, why } => self.failed(source, trouble, why, now),
            Fact::RosterRead { source, roster } => {
                self.with(source, |s| s.heard(now, now));
                self.rosters = self.rosters.wrapping_add(1);
                self.on_call = Some(OnCall::seen_from(*roster, &self.zone, now));
                let (escalations, ground) = self.escalating();
                escalations.hear_all(ground, now);
                effects = self.watch_seats(now);
            }
            Fact::LeftOut { source, mut skipped } => self.with(source, |s| {
                s.n_skipped = skipped.len();
                skipped.truncate(SKIPS_SHOWN);
                s.skipped = skipped;
            }),
            Fact::ReleaseRead { source, release } => self.release_read(source, *release, now),
            Fact::EvidenceRead(source, seen) => self.evidence_read(source, seen, now),
            Fact::Compared(kin) => self.compared(kin),
            Fact::DutyAdded(duty) => self.duties.add(*duty),
            Fact::BurnInAdded(burn_in) => self.burn_in_added(*burn_in),
            Fact::GoalAdded(goal) => self.goal_added(*goal),
            Fact::FiguresRead(source, found) => self.figures_read(source, found, now),
            Fact::DutiesRead(read) => self.duties_read(*read, now),
            Fact::SignalAdded { source, signal } => self.gauges.push(Gauge::new(*signal, source)),
            Fact::SloAdded(slo) => self.slo_added(*slo),
            Fact::Measured(samples, telling) => self.measured(samples, telling, now),
            Fact::Standing(samples) => self.alerts.take_standing(samples, now),
            Fact::Doubted { file, series, why } => self.alerts.doubt(file, series, why),
            Fact::ComputedAdded(computed) => self.computed_added(*computed),
            Fact::Grouped(groups) => self.grouped(groups),
            Fact::Remeasured(past) => self.remeasured(&past, now),
            Fact::Minutes { signal, samples } => self.minutes(&signal, &samples, now),
            Fact::OnRecord(recorded) => self.on_record(recorded, now),
            Fact::RulesRead(rules) => self.alerts.take_rules(rules),
            Fact::RemoteTold { source, told } => self.remote_told(source, *told, now),
            Fact::Sampled { signal, samples, telling, skipped, n_skipped } => {
                self.sampled(signal, samples, telling, None, now);
                self.left_out(signal, skipped, n_skipped);
                effects.extend(self.look_for_cleared(now));
            }
            Fact::Acknowledged { key, by, at } => {
                self.queue.acknowledge(key.clone(), by, at);
                let (escalations, ground) = self.escalating();
                escalations.hear([&key], ground, now);
            }
            Fact::Toggled { path, step, is_done, from, to, .. } => self.toggled(&path, &step, is_done, (from, to)),
            Fact::AckFailed { .. } | Fact::ToggleFailed { .. } | Fact::Told { .. } | Fact::FilesRead { .. } => {}
            Fact::Changed(changed) => self.changed(changed, now),
            Fact::Stood { source, standing } => self.with(source, |s| s.stand(*standing)),
            Fact::HostKnown { source, host } => drop(self.hosts.insert(source, *host)),
            Fact::Recalled(all) => self.recalled(*all, now),
            Fact::Planned { plans, .. } => self.planned(*plans),
            Fact::BodyRead { key, body } => self.body_read(key, body),
            Fact::Plays(role) => self.role = Some(role),
            Fact::Unsaved { n, why } => self.unsaved = why.map(|why| Unsaved { n, why }),
            Fact::AckTakenBack { key, .. } => self.ack_taken_back(&key, now),
            Fact::Snoozed { key, until, by, .. } => self.queue.snooze(key, until, by),
            Fact::Woken { key, .. } => self.queue.wake(&key),
            Fact::Intended(intents) => self.outbox.intend(intents, now),
            Fact::Progressed { id, progress, .. } => self.outbox.progress(&id, progress, now),
            Fact::NotIntended { keys, why } => self.outbox.not_written(keys, why),
            Fact::AlertsKept(kept) => self.alerts_kept(*kept, now),
            // Whoever asked shows these; the roster itself comes as it is read again.
            Fact::RunbookRead { .. }
            | Fact::NoticesRead(..)
            | Fact::Composed { .. }
            | Fact::OverridePreviewed { .. }
            | Fact::OverrideWritten { .. }
            | Fact::OverrideFailed { .. } => {}
        }
        effects
    }

    fn clock_jumped(&mut self, now: DateTime<Utc>) {
        // Verdicts hold instants that were worked out under the old clock, and every poll may be overdue.
        let policy = self.policy.clone();
        self.queue.rejudge(&policy, now);
        if let Some(on_call) = &mut self.on_call {
            on_call.work_out(now);
        }
        self.watch.clock_moved();
        let (escalations, ground) = self.escalating();
        escalations.begin_again(ground, now);
        for source in &mut self.sources {
            (source.next_at, source.is_begun) = (now, false);
        }
    }

    /// Brings everything that moves with the clock up to `now`. Cheap while nothing can have changed.
    pub fn settle(&mut self, now: DateTime<Utc>) {
        self.queue.settle(now);
        self.duties.settle(now);
        self.compute(now);
        for slo in &mut self.slos {
            slo.judge(now);
        }
        self.go_by_record(now);
        if let Some(on_call) = &mut self.on_call {
            on_call.settle(now);
        }
        self.settle_blockers();
        self.judge_release(now);
    }

    /// The same for a page that is printed once and for all: nothing that was just worked out is taken for good enough.
    pub fn conclude(&mut self, now: DateTime<Utc>) {
        self.slos.iter_mut().for_each(Watched::forget_judged);
        self.settle(now);
    }

    /// Open incidents in the order in which promises break.
    pub fn queue(&self) -> &Queue {
        &self.queue
    }

    /// What waits for a host, and what ended lately.
    pub fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// Who is on call; nothing where no roster was read.
    pub fn on_call(&self) -> Option<&OnCall> {
        self.on_call.as_ref()
    }

    /// Changes with every roster that is read.
    pub fn roster_version(&self) -> u64 {
        self.rosters
    }

    /// The release in preparation; nothing where none was read.
    pub fn release(&self) -> Option<&Release> {
        self.release.as_ref()
    }

    /// The objectives, in configured order.
    pub fn slos(&self) -> &[Watched] {
        &self.slos
    }

    /// Changes with every fact that can change what is shown.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Sources of a kind.
    pub fn sources_of(&self, feed: Feed) -> impl Iterator<Item = &Source> {
        self.sources.iter().filter(move |s| s.feed == feed)
    }

    /// Whether any source of incidents has ever answered: before that, "0 open" would be a lie.
    pub fn knows_incidents(&self) -> bool {
        self.sources_of(Feed::Host).chain(self.sources_of(Feed::History)).any(|s| s.heard_at.is_some())
            || !self.queue.entries().is_empty()
    }

    /// Sources the release is judged by that are not fresh or not whole: while there is one, nobody can say go.
    pub fn release_unheard(&self, now: DateTime<Utc>) -> Vec<&Source> {
        let judges = |source: &&Source| match source.feed {
            Feed::Release => true,
            Feed::Host => !self.blocker_labels.is_empty() || self.release_rules().asks_hosts(),
            Feed::History => !self.blocker_labels.is_empty(),
            Feed::Roster | Feed::Metrics | Feed::Alerts | Feed::Duties => false,
        };
        // A record that was left out may be the one that blocks.
        let is_unread = |s: &Source| s.feed == Feed::Host && self.queue.is_glance();
        let is_doubtful = |s: &&Source| s.n_skipped > 0 || is_unread(s) || !matches!(s.worth(now), Worth::Fresh(_));
        self.sources.iter().filter(judges).filter(is_doubtful).collect()
    }

    fn tick(&mut self, now: DateTime<Utc>) -> Vec<Effect> {
        let is_new = self.duties.settle(now);
        self.version = self.version.wrapping_add(u64::from(is_new));
        self.compute(now);
        for gauge in &mut self.gauges {
            let before = gauge.alert;
            gauge.judge(now);
            self.version = self.version.wrapping_add(u64::from(gauge.alert != before));
        }
        self.judge_rules(now);
        self.go_by_record(now);
        let (escalations, ground) = self.escalating();
        let due = escalations.tick(ground, now);
        let mut effects = Vec::new();
        for (n, source) in self.sources.iter_mut().enumerate().filter(|(_, source)| source.is_due(now)) {
            source.is_begun = true;
            effects.push(Effect::Poll(SourceId(n)));
        }
        if !due.is_empty() {
            self.version = self.version.wrapping_add(1);
            effects.push(Effect::Escalate(due));
        }
        effects.extend(self.look_for_cleared(now));
        effects.extend(self.watch_seats(now));
        effects.extend(self.see_evidence(now));
        effects
    }

    /// Looks at who is on call, for the record. A roster that cannot be read any more proves nothing.
    fn watch_seats(&mut self, now: DateTime<Utc>) -> Vec<Effect> {
        let is_troubled = self.sources_of(Feed::Roster).any(|source| source.trouble.is_some());
        let Some(on_call) = &mut self.on_call else { return Vec::new() };
        self.version = self.version.wrapping_add(u64::from(on_call.settle(now)));
        let seen = if is_troubled { self.watch.pause() } else { self.watch.look(on_call, now) };
        if seen.is_empty() { Vec::new() } else { vec![Effect::RecordDuty(seen)] }
    }

    fn with(&mut self, source: SourceId, change: impl FnOnce(&mut Source)) {
        if let Some(source) = self.sources.get_mut(source.0) {
            change(source);
        }
    }
}

/// Left-out lines that are named for one signal.
const SKIPS_SHOWN: usize = 20;
