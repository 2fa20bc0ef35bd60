//! The watch over a release that went out: what it looks at on the floor (SEMANTICS R51).

pub(super) mod paged;

use chrono::{DateTime, TimeDelta, Utc};

use self::paged::{Burnt, is_page};
use crate::{
    domain::{
        incident::IncidentKey,
        priority::{Grade, Priority},
        record::{Act, Entry},
        release::{
            Release,
            judging::truth,
            record::{Decided, Deed},
            rollback::{self, Bake, Criterion, Look, Rollback, Shares, Stage, State, Watching},
        },
        slo::ledger::{EVENT, Tally},
        time::{minus, plus},
    },
    floor::{
        Floor,
        effect::{Effect, Note},
        slos::Watched,
    },
    text::Text,
};

/// Rules wait before they fire, and looks begin before a window does: so much more is held, in milliseconds.
const HELD_BEFORE_MS: i64 = 3_600_000;

/// Counts come by the minute.
const MINUTE: TimeDelta = TimeDelta::minutes(1);

/// What was heard so long before a release says that an objective is counted.
const JUST_BEFORE: TimeDelta = TimeDelta::minutes(5);

impl Floor {
    /// When a release went out or is to go; nothing where no day is set.
    fn out_at(&self, release: &Release) -> Option<DateTime<Utc>> {
        let records = release.courses.iter().flat_map(|course| course.record.entries());
        let went = records.filter(|entry| matches!(&entry.deed, Deed::Decision { what: Decided::Go }));
        let planned = release.at.or_else(|| release.starts_at());
        // Go is often said the day before; a release that is late goes out when it is said.
        went.map(|entry| entry.at).max().max(planned)
    }

    /// Has kept what the watch over a release looks back on, from when it goes out.
    pub(super) fn hold_window(&mut self, start: Option<DateTime<Utc>>) {
        let Some(start) = start else { return };
        let conditions = self.release_rules().watching.conditions.iter().flat_map(|condition| condition.expr.needs());
        let rules =
            self.alerts.book().rules().filter(|view| is_page(view.rule)).flat_map(|view| view.rule.expr().needs());
        for need in conditions.chain(rules).collect::<Vec<_>>() {
            let from = start.timestamp_millis().saturating_sub(need.back_ms).saturating_sub(HELD_BEFORE_MS);
            self.alerts.hold(need.name.as_ref(), from);
        }
        let watching = &self.release_rules().watching;
        let (from, until) = (minus(start, watching.baseline), plus(start, watching.bake));
        self.slos.iter_mut().for_each(|slo| slo.hold(from, until));
    }

    /// The window that the release is watched over; nothing where none is known.
    pub(super) fn bake_window(&self) -> Option<Bake> {
        let start = self.release.as_ref().and_then(|release| self.out_at(release)).or(self.gate.planned)?;
        Some(rollback::bake(start, &self.release_rules().watching))
    }

    /// Watches over a release that went out (R51).
    pub(super) fn watch_release(&self, release: &Release, burnt: &mut Burnt, now: DateTime<Utc>) -> Option<Rollback> {
        let rules = &self.release_rules().watching;
        let start = self.out_at(release)?;
        let bake = rollback::bake(start, rules);
        let stage = match () {
            () if now < bake.start => Stage::Before,
            () if now < bake.end => Stage::Baking,
            () => Stage::Over,
        };
        let criteria = match stage {
            Stage::Before => self.declared(rules),
            Stage::Baking | Stage::Over => {
                let mut criteria = self.criteria(rules, bake, burnt, now);
                rollback::take_record(&mut criteria, self.seen_met(release, bake, now));
                criteria
            }
        };
        let records = release.courses.iter().flat_map(|course| course.record.entries());
        let decided = records.filter(|entry| start <= entry.at).filter_map(|entry| match &entry.deed {
            Deed::Decision { what } if *what != Decided::Go => Some((what.clone(), entry.by.clone(), entry.at)),
            _ => None,
        });
        Some(Rollback {
            stage,
            start: bake.start,
            end: bake.end,
            owner: rules.owner.clone(),
            is_declared: rules.is_declared,
            criteria,
            decided: decided.max_by_key(|(_, _, at)| *at),
        })
    }

    /// What was put on record as met of a release since it went out, each with when.
    fn seen_met<'a>(
        &'a self,
        release: &'a Release,
        bake: Bake,
        now: DateTime<Utc>,
    ) -> impl Iterator<Item = (DateTime<Utc>, &'a Text)> {
        let is_ours = move |entry: &&Entry| {
            // A line of the record is of whole seconds.
            let since = minus(bake.start, TimeDelta::seconds(1));
            entry.act == Act::Met && entry.name == on_record(release) && since < entry.at && entry.at <= now
        };
        self.duties().entries().iter().filter(is_ours).map(|entry| (entry.at, &entry.note))
    }

    /// Puts on record what was met, once: its data go, and the recommendation stays. Only the process that leads does.
    pub(super) fn note_met(&mut self) -> Vec<Effect> {
        let Some(release) = &self.release else { return Vec::new() };
        let Some(watch) = self.rollback().filter(|watch| watch.is_recommended()) else { return Vec::new() };
        let name = on_record(release);
        let is_known = |at: DateTime<Utc>, line: &Criterion| {
            let of_it = |e: &Entry| e.act == Act::Met && e.name == name && e.at.timestamp() == at.timestamp();
            self.duties().entries().iter().any(|entry| of_it(entry) && line.is_on_record(&entry.note))
        };
        let new = watch.met().filter_map(|criterion| Some((criterion.met_last()?, criterion)));
        // What stands there by the record alone is on it.
        let is_new = |at, found: &Criterion| !is_known(at, found) && !found.said.as_str().ends_with(rollback::KNOWN);
        let new = new.filter(|(at, criterion)| is_new(*at, criterion));
        let new: Vec<_> = new.map(|(at, criterion)| (at, criterion.on_record(), criterion.name.clone())).collect();
        let mut effects = Vec::new();
        for (at, note, criterion) in new {
            if self.gate.noted.insert((criterion, at)) {
                effects.push(Effect::Note(Note { act: Act::Met, name: name.clone(), day: None, at: Some(at), note }));
            }
        }
        effects
    }

    /// What will be watched, before it is.
    fn declared(&self, rules: &Watching) -> Vec<Criterion> {
        let never = Bake { start: DateTime::<Utc>::MAX_UTC, end: DateTime::<Utc>::MAX_UTC };
        self.criteria(rules, never, &mut Burnt::default(), DateTime::<Utc>::MIN_UTC)
            .into_iter()
            .map(|criterion| Criterion {
                state: State::Quiet,
                said: Text::scrub("not watched before T-0"),
                ..criterion
            })
            .collect()
    }

    fn criteria(&self, rules: &Watching, bake: Bake, burnt: &mut Burnt, now: DateTime<Utc>) -> Vec<Criterion> {
        let fired: Vec<(Text, DateTime<Utc>)> = self.paged(bake, burnt, now);
        let until = now.min(bake.end);
        // A minute is counted when something of it was heard; the last ones before it went out count as well.
        let counts = |slo: &Watched| 0 < counted(slo, minus(bake.start, JUST_BEFORE), plus(until, MINUTE)).total;
        let pages = || self.alerts.book().rules().filter(|view| is_page(view.rule));
        let of_slos = self.slos.iter().any(counts);
        let of_rules = self.alerts.has_judged() && self.alerts.saw(bake.start);
        let has_judged = of_rules || (of_slos && pages().next().is_none());
        let p0 = self.queue.entries().iter().filter(|entry| entry.verdict.grade == Grade::Set(Priority::P0));
        let opened: Vec<(IncidentKey, DateTime<Utc>)> =
            p0.map(|entry| (entry.incident.key.clone(), entry.incident.opened_at)).collect();
        let mut criteria =
            vec![rollback::pages(&fired, has_judged, bake), rollback::incidents(&opened, self.knows_incidents(), bake)];
        for slo in &self.slos {
            criteria.push(rollback::shares(&slo.slo.name, shares(slo, rules, bake, now).as_ref(), rules.times));
        }
        for condition in &rules.conditions {
            let pool = self.alerts.pool();
            let look = |at: DateTime<Utc>| {
                let is_broken = truth(&condition.expr, pool, at).ok().flatten()?;
                let of = condition.expr.seen_at(pool, at.timestamp_millis());
                Some(Look { is_broken, of: DateTime::from_timestamp_millis(of).unwrap_or(at).min(at) })
            };
            criteria.push(rollback::condition(condition, bake, now, look));
        }
        criteria
    }
}

/// The name that a release has on record.
fn on_record(release: &Release) -> Text {
    if release.name.is_blank() { Text::scrub("release") } else { release.name.clone() }
}

fn minute(at: DateTime<Utc>) -> i64 {
    at.timestamp().div_euclid(60)
}

fn counted(slo: &Watched, from: DateTime<Utc>, until: DateTime<Utc>) -> Tally {
    slo.ledger().sum(minute(from), minute(until))
}

/// Bad and all of an objective before a release and since; nothing where nothing was counted.
fn shares(slo: &Watched, rules: &Watching, bake: Bake, now: DateTime<Utc>) -> Option<Shares> {
    let (from, until) = rollback::baseline(bake.start, rules);
    let end = now.min(bake.end);
    if end <= bake.start {
        return None;
    }
    let before = counted(slo, from, until);
    // The minute that is still running is counted up to now.
    let until_now = minute(plus(end, MINUTE).min(bake.end));
    let slice = slo.ledger().slice_minutes().max(1);
    let first = minute(bake.start).div_euclid(slice).saturating_mul(slice);
    let (mut since, mut all) = (Vec::new(), Tally::default());
    let mut at = first;
    while at < until_now {
        all = all.and(slo.ledger().sum(at, at.saturating_add(slice).min(until_now)));
        let begun = DateTime::from_timestamp(at.saturating_mul(60), 0).unwrap_or(bake.start).max(bake.start);
        since.push((begun, (all.bad, all.total)));
        at = at.saturating_add(slice);
    }
    if before.total == 0 && all.total == 0 {
        return None;
    }
    let (least, tolerated) = (slo.slo.min_total.saturating_mul(EVENT), slo.slo.target.budget().to_f64());
    Some(Shares { before: (before.bad, before.total), since, least, tolerated })
}
