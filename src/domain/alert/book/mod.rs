//! All rules with all their alerts: evaluated as time passes, kept over restarts.

mod episode;
mod instance;
mod snapshot;
mod standing;

use std::collections::{BTreeMap, VecDeque};

use chrono::{DateTime, TimeDelta, Utc};

pub use self::{
    episode::Episode,
    instance::Instance,
    snapshot::{KeptRule, Snapshot},
    standing::{ALERTS_OF_ONE, Standing},
};
use crate::{
    domain::{
        alert::{
            Alert, AlertId, Transition,
            rule::{AnyRule, NoData, Recording},
        },
        expr::{Chosen, Item, Value},
        pool::Pool,
        sample::{Labelled, Labels, SeriesKey},
    },
    text::Text,
};

/// Who took an alert on; it holds until the alert clears.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// Who.
    pub by: Text,
    /// When.
    pub at: DateTime<Utc>,
}

/// All rules with all their alerts.
#[derive(Debug, Clone, Default)]
pub struct Book {
    tasks: Vec<Task>,
    episodes: VecDeque<Episode>,
    taken: BTreeMap<AlertId, Taken>,
}

/// A rule and how it stands.
#[derive(Debug, Clone)]
struct Task {
    rule: AnyRule,
    key: u64,
    /// Where in its interval it is evaluated, so that not all rules are at once, in milliseconds.
    offset: i64,
    slot: Option<i64>,
    standing: Standing,
    /// The series it recorded last.
    recorded: Vec<SeriesKey>,
    /// Which series it looks at.
    chosen: Chosen,
}

impl Task {
    fn every_ms(&self) -> i64 {
        self.rule.every().num_milliseconds().max(1)
    }

    fn slot_at(&self, at_ms: i64) -> i64 {
        at_ms.saturating_sub(self.offset).div_euclid(self.every_ms())
    }
}

/// A rule as it stands, for those who show it.
#[derive(Debug, Clone, Copy)]
pub struct RuleView<'a> {
    /// The rule.
    pub rule: &'a AnyRule,
    /// How it stands.
    pub standing: &'a Standing,
}

/// The bits of the value that marks the end of a series.
pub const ENDED: u64 = 0x7ff0_0000_0000_0002;

impl Book {
    /// A book of rules, in their order: those of a group are evaluated at the same time, so that one may use what one
    /// before it recorded.
    pub fn new(rules: Vec<AnyRule>) -> Self {
        let mut seen: BTreeMap<u64, u64> = BTreeMap::new();
        let tasks = rules.into_iter().map(|rule| {
            let named = snapshot::named(&rule);
            let n = seen.entry(named).or_insert(0);
            // Rules that are the same by name are told apart by their order.
            let key = named.wrapping_add(*n);
            *n += 1;
            let every = rule.every().num_milliseconds().max(1);
            let group = AlertId::of(rule.group(), &Labels::default()).0;
            let offset = i64::try_from(group % every.unsigned_abs()).unwrap_or(0);
            let (standing, recorded, chosen) = (Standing::default(), Vec::new(), Chosen::default());
            Task { rule, key, offset, slot: None, standing, recorded, chosen }
        });
        Self { tasks: tasks.collect(), episodes: VecDeque::new(), taken: BTreeMap::new() }
    }

    /// Has the pool keep what the rules look back on.
    pub fn ask(&self, pool: &mut Pool) {
        for task in &self.tasks {
            // Who looks once judges what `for` needs from the past.
            let waits = match &task.rule {
                AnyRule::Alert(rule) => rule.hold + rule.keep_firing + rule.no_data_hold,
                AnyRule::Record(_) => TimeDelta::zero(),
            };
            for need in task.rule.expr().needs() {
                pool.ask(need.name.as_ref(), need.back_ms.saturating_add(waits.num_milliseconds()));
            }
        }
    }

    /// Evaluates the rules that are due, and says which alerts became something else. To be called at least once a second;
    /// costs nothing where no rule is due.
    pub fn evaluate(&mut self, pool: &mut Pool, now: DateTime<Utc>) -> Vec<Transition> {
        let mut told = Vec::new();
        let at_ms = now.timestamp_millis();
        for task in &mut self.tasks {
            let slot = task.slot_at(at_ms);
            // Not "later than": a clock that was set back does not stop the rules until it has caught up.
            if task.slot == Some(slot) {
                continue;
            }
            task.slot = Some(slot);
            let lacking = lacking(&task.rule, pool);
            let items = match &lacking {
                Some(Lacking { why, is_all: true }) => Err(why.clone()),
                _ => found(&task.rule, pool, &task.chosen, at_ms),
            };
            let lacking = lacking.map(|lacking| lacking.why);
            // Only what fires, or is about to, can end wrongly.
            let is_held = match &task.rule {
                AnyRule::Alert(rule) => !task.standing.instances.is_empty() && rule.no_data != NoData::Ok,
                AnyRule::Record(_) => true,
            };
            let doubt = is_held.then(|| task.rule.expr().doubt(pool, Some(&task.chosen), at_ms)).flatten();
            match &task.rule {
                AnyRule::Alert(rule) => task.standing.judge(rule, (items, lacking, doubt), pool, &mut told, now),
                AnyRule::Record(rule) => {
                    task.standing.last_at = Some(now);
                    match items {
                        Ok(items) => {
                            task.standing.error = lacking.or_else(|| doubt.clone());
                            task.recorded = record(rule, items, &task.recorded, (&mut *pool, doubt), now);
                            task.standing.n_judged = task.recorded.len();
                        }
                        Err(why) => task.standing.error = Some(why),
                    }
                }
            }
        }
        self.note(&told, now);
        told
    }

    /// Has no rule be due before the end of its interval at `from`.
    pub fn begin_at(&mut self, from: DateTime<Utc>) {
        let at_ms = from.timestamp_millis();
        self.tasks.iter_mut().for_each(|task| task.slot = Some(task.slot_at(at_ms)));
    }

    /// When the next rule is due; nothing where there is none.
    pub fn next_due(&self) -> Option<DateTime<Utc>> {
        let due = self.tasks.iter().map(|task| {
            let next = task.slot.map_or(0, |slot| slot.saturating_add(1));
            next.saturating_mul(task.every_ms()).saturating_add(task.offset)
        });
        due.min().and_then(DateTime::from_timestamp_millis)
    }

    /// Has every rule be due at once.
    pub fn make_due(&mut self) {
        self.tasks.iter_mut().for_each(|task| task.slot = None);
    }

    /// Walks the alerts that fire or are pending. In place of an alert that is blind for too long stands the one about that.
    pub fn alerts(&self) -> impl Iterator<Item = &Alert> {
        self.tasks.iter().flat_map(|task| task.standing.alerts())
    }

    /// One alert that fires or is pending.
    pub fn alert(&self, id: AlertId) -> Option<&Alert> {
        self.alerts().find(|alert| alert.id == id)
    }

    /// Whether an alert fired when its data went missing, and one about that stands in its place: nobody knows whether it is
    /// over, and nobody is to be told that it is (R39).
    pub fn is_handed_over(&self, id: AlertId) -> bool {
        let mut all = self.tasks.iter().flat_map(|task| task.standing.instances.values());
        all.any(|instance| instance.blind.is_some() && instance.alert.id == id)
    }

    /// Walks the rules, in their order.
    pub fn rules(&self) -> impl ExactSizeIterator<Item = RuleView<'_>> {
        self.tasks.iter().map(|task| RuleView { rule: &task.rule, standing: &task.standing })
    }

    /// Notes that somebody takes an alert on; false where it does not fire.
    pub fn take_on(&mut self, id: AlertId, by: Text, at: DateTime<Utc>) -> bool {
        let fires = self.alerts().any(|alert| alert.id == id && alert.is_firing());
        if fires {
            self.taken.entry(id).or_insert(Taken { by, at });
            self.episodes
                .iter_mut()
                .rev()
                .filter(|e| e.id == id && e.resolved_at.is_none())
                .for_each(|e| e.is_acked = true);
        }
        fires
    }

    /// Who took an alert on.
    pub fn taken(&self, id: AlertId) -> Option<&Taken> {
        self.taken.get(&id)
    }

    /// The longest time an alert of a rule may take from a breach to its firing, apart from reading the data (R43).
    pub fn worst_wait(rule: &AnyRule) -> TimeDelta {
        match rule {
            AnyRule::Alert(alert) => alert.every + rounded(alert.hold, alert.every),
            AnyRule::Record(rule) => rule.every,
        }
    }
}

/// `for` is looked at only at evaluations: it is rounded up to the next.
fn rounded(hold: TimeDelta, every: TimeDelta) -> TimeDelta {
    let step = every.num_milliseconds().max(1);
    let steps = hold.num_milliseconds().saturating_add(step - 1).div_euclid(step);
    TimeDelta::milliseconds(steps.saturating_mul(step))
}

fn found(rule: &AnyRule, pool: &Pool, chosen: &Chosen, at_ms: i64) -> Result<Vec<Item>, String> {
    match rule.expr().eval_again(pool, chosen, at_ms)? {
        Value::Vector(items) => Ok(items),
        Value::Scalar(value) => Ok(vec![Item { name: None, labels: Labels::default(), value, is_kept: true }]),
        Value::Text(_) => Err("it comes to a text".to_owned()),
    }
}

/// Series that a rule means found no room.
struct Lacking {
    why: String,
    /// Of nothing that it means there is a series.
    is_all: bool,
}

fn lacking(rule: &AnyRule, pool: &Pool) -> Option<Lacking> {
    if pool.n_left_out() == 0 {
        return None;
    }
    let needs = rule.expr().needs();
    let why = needs.iter().find_map(|need| pool.lacks(need.name.as_ref()))?;
    Some(Lacking { why, is_all: needs.iter().all(|need| pool.places(need.name.as_ref()).next().is_none()) })
}

/// Keeps what a recording rule came to; series it had before and has no more have ended. With a doubt nothing has, and what is
/// kept is in doubt as well.
fn record(
    rule: &Recording,
    items: Vec<Item>,
    before: &[SeriesKey],
    (pool, doubt): (&mut Pool, Option<String>),
    now: DateTime<Utc>,
) -> Vec<SeriesKey> {
    let at_ms = now.timestamp_millis();
    let mut keys = Vec::with_capacity(items.len());
    for item in items.into_iter().filter(|item| item.is_kept) {
        let own = rule.labels.iter().cloned();
        let theirs = item.labels.iter().map(|(name, value)| (name.clone(), value.clone()));
        let labels = if rule.labels.is_empty() { item.labels.clone() } else { own.chain(theirs).collect() };
        let key = SeriesKey { name: rule.name.clone(), labels };
        pool.take(Labelled { key: key.clone(), at_ms, value: item.value }, now);
        keys.push(key);
    }
    keys.sort();
    let gone: Vec<SeriesKey> = before.iter().filter(|key| keys.binary_search(key).is_err()).cloned().collect();
    let is_doubtful = doubt.is_some();
    let why = doubt.map(|why| Text::scrub(&why));
    let of = Text::scrub(&format!("rule {} ({})", rule.name, rule.origin));
    pool.doubt(of, keys.iter().chain(&gone).cloned(), why);
    if is_doubtful {
        keys.extend(gone);
        keys.sort();
        return keys;
    }
    for key in gone {
        pool.take(Labelled { key, at_ms, value: f64::from_bits(ENDED) }, now);
    }
    keys
}

#[cfg(test)]
mod tests;
