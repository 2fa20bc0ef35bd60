//! Whether a release that went out is to be taken back: what was declared before is watched over the bake window, and what
//! is met is told (SEMANTICS R51). It recommends; a person decides, and the decision is put on record.

mod on_record;
mod stretch;

use chrono::{DateTime, TimeDelta, Utc};

pub use self::on_record::{KNOWN, take_record};
use self::stretch::Stretch;
use super::record::Decided;
use crate::{
    domain::{
        expr::Expr,
        incident::IncidentKey,
        pool::LOOKBACK_MS,
        time::{between, minus, plus, short_span},
    },
    text::Text,
};

/// What is declared before T-0.
#[derive(Debug, Clone, PartialEq)]
pub struct Watching {
    /// Who decides; blank = nobody was named.
    pub owner: Text,
    /// How long after it went out the release is watched.
    pub bake: TimeDelta,
    /// How many times its share before the release the share of errors may be.
    pub times: f64,
    /// How long before the release the share of errors is compared with.
    pub baseline: TimeDelta,
    /// Conditions of the plan's own.
    pub conditions: Vec<Condition>,
    /// Whether the settings declare anything at all: without it the usual criteria are watched, and that is said.
    pub is_declared: bool,
}

/// A condition that takes the release back when it held for longer than so long.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    /// What people call it: `sync broken`.
    pub name: Text,
    /// What is broken where it holds.
    pub expr: Expr,
    /// It must have held for longer.
    pub hold: TimeDelta,
}

/// How long a release is watched where the settings do not say (R51).
pub const BAKE: TimeDelta = TimeDelta::minutes(60);

/// How many times the share of errors before it is too much where the settings do not say (R51).
pub const TIMES: f64 = 2.0;

/// How long before the release is the baseline where the settings do not say.
pub const BASELINE: TimeDelta = TimeDelta::hours(24);

/// A condition is looked at so often.
pub const STEP: TimeDelta = TimeDelta::seconds(30);

impl Default for Watching {
    fn default() -> Self {
        Self {
            owner: Text::default(),
            bake: BAKE,
            times: TIMES,
            baseline: BASELINE,
            conditions: Vec::new(),
            is_declared: false,
        }
    }
}

/// How one criterion stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It is not met.
    Quiet,
    /// It is or was met, since then.
    Met(DateTime<Utc>),
    /// It could not be judged: never read as quiet.
    NotJudged,
}

/// A criterion, and how it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Criterion {
    /// What is watched: `sync broken > 30m`.
    pub name: Text,
    /// How it stands.
    pub state: State,
    /// When something of it was met last: an alert after the first one is news again.
    pub newest: Option<DateTime<Utc>>,
    /// What was found, in words.
    pub said: Text,
}

impl Criterion {
    /// When something of it was met last; nothing where it is not met.
    pub fn met_last(&self) -> Option<DateTime<Utc>> {
        let State::Met(at) = self.state else { return None };
        Some(self.newest.map_or(at, |newest| newest.max(at)))
    }
}

/// Where the watch stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The release is not out.
    Before,
    /// It is out and watched.
    Baking,
    /// The bake window is over.
    Over,
}

/// The watch over a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rollback {
    /// Where it stands.
    pub stage: Stage,
    /// When the release went out, or is to go.
    pub start: DateTime<Utc>,
    /// When the bake window ends.
    pub end: DateTime<Utc>,
    /// Who decides; blank = nobody was named.
    pub owner: Text,
    /// Whether the settings declare it.
    pub is_declared: bool,
    /// What is watched, and how each stands.
    pub criteria: Vec<Criterion>,
    /// What was decided since it went out, by whom and when.
    pub decided: Option<(Decided, Text, DateTime<Utc>)>,
}

impl Rollback {
    /// The criteria that are met.
    pub fn met(&self) -> impl Iterator<Item = &Criterion> {
        self.criteria.iter().filter(|criterion| matches!(criterion.state, State::Met(_)))
    }

    /// Whether taking the release back is recommended. It stays so after the bake window, until somebody decides.
    pub fn is_recommended(&self) -> bool {
        self.stage != Stage::Before && self.met().next().is_some()
    }

    /// Whether it is recommended and nobody has decided since the last criterion was met.
    pub fn is_waiting(&self) -> bool {
        let last = self.met().filter_map(Criterion::met_last).max();
        let is_answered = |(what, _, at): &(Decided, Text, DateTime<Utc>)| {
            matches!(what, Decided::RollBack | Decided::Stay) && last.is_none_or(|met| met <= *at)
        };
        self.is_recommended() && !self.decided.as_ref().is_some_and(is_answered)
    }

    /// That taking it back is recommended, in few words: `ROLL BACK: sync broken > 30m +1`.
    pub fn short(&self) -> String {
        let name = self.met().next().map(|criterion| format!(": {}", criterion.name)).unwrap_or_default();
        let more = self.met().count().saturating_sub(1);
        let more = if 0 < more { format!(" +{more}") } else { String::new() };
        format!("ROLL BACK{name}{more}")
    }

    /// In one line: `ROLL BACK recommended: sync broken > 30m (for 31m)`.
    pub fn line(&self, now: DateTime<Utc>) -> String {
        let met: Vec<String> = self.met().map(|criterion| format!("{} ({})", criterion.name, criterion.said)).collect();
        let doubt = self.criteria.iter().filter(|criterion| criterion.state == State::NotJudged).count();
        let doubt = if 0 < doubt {
            format!(", {doubt} of {} criteria cannot be judged", self.criteria.len())
        } else {
            String::new()
        };
        match self.stage {
            Stage::Before => format!("watched for {} from T-0", short_span(between(self.start, self.end))),
            _ if !met.is_empty() => {
                let is_left = self.stage == Stage::Over && self.is_waiting();
                let left = if is_left { "; nobody has decided since" } else { "" };
                format!("ROLL BACK recommended: {}{doubt}{left}", met.join("; "))
            }
            Stage::Baking => {
                format!("nothing to roll back for, watched for {} more{doubt}", short_span(between(now, self.end)))
            }
            Stage::Over if doubt.is_empty() => "the bake window is over, nothing was met".to_owned(),
            // What nobody could judge may have been met.
            Stage::Over => format!("the bake window is over{doubt}: whether they were met is not known"),
        }
    }
}

/// The share of errors before a release and since.
#[derive(Debug, Clone, PartialEq)]
pub struct Shares {
    /// Bad and all events before.
    pub before: (u64, u64),
    /// Bad and all events since, up to the end of each piece of time, with the beginning of that piece; the oldest first.
    pub since: Vec<(DateTime<Utc>, (u64, u64))>,
    /// With fewer events since the release nothing is said.
    pub least: u64,
    /// The share that the objective tolerates: what is compared with where there was no error before.
    pub tolerated: f64,
}

/// The window in which a criterion is looked at: from when the release went out until its bake is over, or now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bake {
    /// When the release went out.
    pub start: DateTime<Utc>,
    /// When the bake window ends.
    pub end: DateTime<Utc>,
}

impl Bake {
    /// Whether an instant lies in it.
    pub fn holds(&self, at: DateTime<Utc>) -> bool {
        self.start <= at && at < self.end
    }
}

/// Judges alerts that wake somebody: one that began to fire in the window (R51). `is_known` says whether any objective or
/// rule could be judged in it.
pub fn pages(fired: &[(Text, DateTime<Utc>)], is_known: bool, bake: Bake) -> Criterion {
    let ours = || fired.iter().filter(|(_, at)| bake.holds(*at));
    let (state, said) = match (ours().min_by_key(|(_, at)| *at), is_known) {
        (Some((name, at)), _) => (State::Met(*at), format!("{name} paged")),
        (None, true) => (State::Quiet, "none began to fire".to_owned()),
        (None, false) => (State::NotJudged, "no objective or rule can be judged".to_owned()),
    };
    Criterion { newest: ours().map(|(_, at)| *at).max(), ..criterion("a burn alert that pages", state, &said) }
}

/// Judges new P0 incidents: one opened in the window (R51).
pub fn incidents(opened: &[(IncidentKey, DateTime<Utc>)], is_known: bool, bake: Bake) -> Criterion {
    let ours = || opened.iter().filter(|(_, at)| bake.holds(*at));
    let (state, said) = match (ours().min_by_key(|(_, at)| *at), is_known) {
        (Some((key, at)), _) => (State::Met(*at), format!("{key} was opened")),
        (None, true) => (State::Quiet, "none was opened".to_owned()),
        (None, false) => (State::NotJudged, "incidents are not known".to_owned()),
    };
    Criterion { newest: ours().map(|(_, at)| *at).max(), ..criterion("a new P0", state, &said) }
}

/// Judges the share of errors of an objective: more than so many times that of before, with enough events (R51). It is met
/// from the first piece of time on by whose end it was so.
pub fn shares(name: &Text, found: Option<&Shares>, times: f64) -> Criterion {
    let what = format!("errors of {name} > {times}x before");
    let judged = found.filter(|shares| 0 < shares.before.1);
    let Some(shares) = judged else {
        let said = if found.is_none() { "no data" } else { "nothing is known of before the release" };
        return criterion(&what, State::NotJudged, said);
    };
    let share = |(bad, all): (u64, u64)| bad as f64 / all as f64;
    let before = if shares.before.0 == 0 { shares.tolerated } else { share(shares.before) };
    let is_enough = |since: &(u64, u64)| shares.least.max(1) <= since.1;
    let Some((_, last)) = shares.since.last().filter(|(_, since)| is_enough(since)) else {
        return criterion(&what, State::NotJudged, "too few events since the release");
    };
    let met = shares.since.iter().find(|(_, since)| is_enough(since) && times * before < share(*since));
    // What was met and is better by now still was: how bad it was is said.
    let worst = if times * before < share(*last) { *last } else { met.map_or(*last, |(_, since)| *since) };
    let said = format!("{} since the release, {} before", percent(share(worst)), percent(share(shares.before)));
    criterion(&what, met.map_or(State::Quiet, |(at, _)| State::Met(*at)), &said)
}

fn percent(share: f64) -> String {
    format!("{:.2} %", share * 100.0)
}

/// A condition as it was seen at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Whether it holds.
    pub is_broken: bool,
    /// When the newest sample it rests on was taken.
    pub of: DateTime<Utc>,
}

/// Samples that are further apart leave a hole: as long as a value stands where none follows.
pub const HOLE: TimeDelta = TimeDelta::milliseconds(LOOKBACK_MS);

/// Judges a condition of the plan's own: it held for longer than its `hold`, beginning in the window, and was false at no
/// time between.
///
/// `look` says how it stands at an instant; nothing where there is no data. Time counts from sample to sample: a hole longer
/// than [`HOLE`] suspends a stretch, so that it neither ends it nor counts into it (R39). Where what was not seen could have
/// met it, it is not judged.
pub fn condition(
    watched: &Condition,
    bake: Bake,
    now: DateTime<Utc>,
    mut look: impl FnMut(DateTime<Utc>) -> Option<Look>,
) -> Criterion {
    let until = now.min(plus(plus(bake.end, watched.hold), STEP));
    let mut seen = Stretch::new(watched.hold, bake);
    let mut at = bake.start;
    while at <= until {
        if let Some(look) = look(at) {
            seen.take(look);
        }
        // The last look is at the very end.
        at = if at < until { plus(at, STEP).min(until) } else { plus(until, STEP) };
    }
    seen.end(until);
    let name = format!("{} > {}", watched.name, short_span(watched.hold));
    let (state, said) = seen.told();
    criterion(&name, state, &said)
}

/// Since when something must be kept to judge a condition: so long before now.
pub fn reach(watching: &Watching, condition: &Condition) -> TimeDelta {
    watching.bake + condition.hold + condition.hold
}

/// The window a release is watched over.
pub fn bake(start: DateTime<Utc>, watching: &Watching) -> Bake {
    Bake { start, end: plus(start, watching.bake) }
}

/// The stretch before a release that its errors are compared with.
pub fn baseline(start: DateTime<Utc>, watching: &Watching) -> (DateTime<Utc>, DateTime<Utc>) {
    (minus(start, watching.baseline), start)
}

fn criterion(name: &str, state: State, said: &str) -> Criterion {
    Criterion { name: Text::scrub(name), state, newest: None, said: Text::scrub(said) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::parse_rfc3339;

    fn t0() -> DateTime<Utc> {
        parse_rfc3339("2026-12-03T10:00:00Z").unwrap()
    }

    fn min(n: i64) -> DateTime<Utc> {
        plus(t0(), TimeDelta::minutes(n))
    }

    fn sync() -> Condition {
        let (name, expr) = (Text::scrub("sync broken"), Expr::read("sync_ok == 0").unwrap());
        Condition { name, expr, hold: TimeDelta::minutes(30) }
    }

    fn window() -> Bake {
        bake(t0(), &Watching::default())
    }

    fn look(is_broken: Option<bool>, of: DateTime<Utc>) -> Option<Look> {
        Some(Look { is_broken: is_broken?, of })
    }

    /// Broken from one minute until another, both included.
    fn broken(from: i64, to: i64) -> impl Fn(DateTime<Utc>) -> Option<Look> {
        move |at| look(Some(min(from) <= at && at <= min(to)), at)
    }

    #[test]
    fn thirty_one_minutes_recommend_and_neither_twenty_nine_nor_thirty_do() {
        for (minutes, is_met) in [(29, false), (30, false), (31, true)] {
            let found = condition(&sync(), window(), min(50), broken(5, 5 + minutes));
            assert_eq!(matches!(found.state, State::Met(_)), is_met, "{minutes}: {found:?}");
        }
        let found = condition(&sync(), window(), min(36), broken(5, 40));
        assert_eq!((found.name.as_str(), found.state), ("sync broken > 30m", State::Met(min(35))));
        assert_eq!(found.said.as_str(), "for 31m");
    }

    #[test]
    fn a_break_begins_anew_and_a_hole_suspends_it() {
        let found = |until, holds: &dyn Fn(DateTime<Utc>) -> Option<bool>| {
            let found = condition(&sync(), window(), min(until), |at| look(holds(at), at));
            (found.state, found.said.to_string())
        };
        let twice = |at| Some((min(0) <= at && at <= min(20)) || (min(22) <= at && at <= min(45)));
        assert_eq!(found(50, &twice), (State::Quiet, "for 23m at most".to_owned()));
        // Ten minutes seen, twelve not, fifteen seen: 25 are not 30.
        let hole = |at| if min(10) < at && at < min(22) { None } else { Some(at <= min(37)) };
        let said = "for 25m as far as it was seen; 12m without data could not be judged";
        assert_eq!(found(50, &hole), (State::NotJudged, said.to_owned()));
        let (state, said) = found(60, &|at| if min(10) < at && at < min(22) { None } else { Some(true) });
        assert_eq!(state, State::Met(min(42)), "suspended for twelve minutes, then it went on");
        assert_eq!(said, "for 48m; 12m without data could not be judged");
        let lost = |at| if min(29) < at { None } else { Some(true) };
        assert_eq!(found(59, &lost).0, State::NotJudged, "nothing is recommended on time that was not seen");
        let calm = |at| if min(10) < at && at < min(22) { None } else { Some(false) };
        assert_eq!(found(50, &calm).0, State::Quiet, "twelve minutes could not have been thirty");
        assert_eq!(found(50, &|_| None), (State::NotJudged, "no data".to_owned()));
    }

    #[test]
    fn the_time_after_the_last_sample_is_not_counted_however_long_its_value_stands() {
        // The newest sample is of minute 29; its value stands for five minutes more.
        let found = condition(&sync(), window(), min(34), |at| look(Some(true), at.min(min(29))));
        assert_eq!((found.state, found.said.as_str()), (State::Quiet, "for 29m at most"));
    }

    #[test]
    fn what_began_in_the_window_is_watched_to_its_end_and_what_began_after_is_not() {
        assert!(matches!(condition(&sync(), window(), min(100), broken(55, 90)).state, State::Met(_)));
        assert_eq!(condition(&sync(), window(), min(200), broken(61, 150)).state, State::Quiet);
    }

    #[test]
    fn a_page_or_a_p0_of_before_is_none_of_this_release() {
        let name = Text::scrub("api");
        assert_eq!(pages(&[(name.clone(), min(-1))], true, window()).state, State::Quiet);
        assert_eq!(pages(&[(name.clone(), min(60))], true, window()).state, State::Quiet, "the window is half-open");
        assert_eq!(pages(&[(name, min(0))], true, window()).state, State::Met(min(0)));
        assert_eq!(pages(&[], false, window()).state, State::NotJudged);
        let key = IncidentKey::issue(crate::domain::incident::Repo::new("acme/api"), 7);
        assert_eq!(incidents(&[(key.clone(), min(-5))], true, window()).state, State::Quiet);
        assert_eq!(incidents(&[(key, min(5))], true, window()).state, State::Met(min(5)));
        assert_eq!(incidents(&[], false, window()).state, State::NotJudged);
    }

    #[test]
    fn errors_must_be_more_than_twice_those_of_before_and_of_enough_events() {
        let name = Text::scrub("api");
        let judged = |before, since| {
            let found = Shares { before, since: vec![(min(10), since)], least: 100, tolerated: 0.001 };
            shares(&name, Some(&found), TIMES).state
        };
        assert_eq!(judged((10, 1_000), (20, 1_000)), State::Quiet, "twice is not more than twice");
        assert_eq!(judged((10, 1_000), (21, 1_000)), State::Met(min(10)));
        assert_eq!(judged((10, 1_000), (50, 99)), State::NotJudged, "too few");
        assert_eq!(judged((0, 0), (50, 1_000)), State::NotJudged);
        assert_eq!(judged((0, 1_000), (2, 1_000)), State::Quiet, "no more than twice what is tolerated");
        assert_eq!(judged((0, 1_000), (3, 1_000)), State::Met(min(10)));
        assert_eq!(shares(&name, None, TIMES).state, State::NotJudged);
        // Since when it is so is the same whenever it is asked, and what was met stays met.
        let since = vec![(min(0), (0, 90)), (min(1), (9, 180)), (min(2), (9, 1_800))];
        let found = Shares { before: (10, 1_000), since, least: 100, tolerated: 0.001 };
        let criterion = shares(&name, Some(&found), TIMES);
        assert_eq!(criterion.state, State::Met(min(1)));
        assert_eq!(criterion.said.as_str(), "5.00 % since the release, 1.00 % before");
    }

    #[test]
    fn it_recommends_until_somebody_decides_and_a_later_sign_asks_again() {
        let met = |at| criterion("a new P0", State::Met(at), "x");
        let mut watch = Rollback {
            stage: Stage::Baking,
            start: t0(),
            end: min(60),
            owner: Text::scrub("ana"),
            is_declared: true,
            criteria: vec![met(min(5))],
            decided: None,
        };
        assert!(watch.is_recommended() && watch.is_waiting());
        assert!(watch.line(min(6)).starts_with("ROLL BACK recommended: a new P0"));
        watch.decided = Some((Decided::Stay, Text::scrub("ana"), min(7)));
        assert!(watch.is_recommended() && !watch.is_waiting());
        watch.criteria.push(met(min(9)));
        assert!(watch.is_waiting());
        watch.stage = Stage::Over;
        assert!(watch.line(min(90)).ends_with("; nobody has decided since"), "{}", watch.line(min(90)));
        watch.criteria = vec![criterion("a new P0", State::NotJudged, "no data")];
        assert!(!watch.line(min(90)).contains("nothing was met"), "{}", watch.line(min(90)));
        watch.stage = Stage::Before;
        assert!(!watch.is_recommended());
    }
}
