//! Whether a release that went out is to be taken back: what was declared before is watched over the bake window, and what
//! is met is told (SEMANTICS R51). It recommends; a person decides, and the decision is put on record.

use chrono::{DateTime, TimeDelta, Utc};

use super::record::Decided;
use crate::{
    domain::{
        expr::Expr,
        incident::IncidentKey,
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
    /// What was found, in words.
    pub said: Text,
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
        let last =
            self.met().filter_map(|criterion| if let State::Met(at) = criterion.state { Some(at) } else { None });
        let last = last.max();
        let is_answered = |(what, _, at): &(Decided, Text, DateTime<Utc>)| {
            matches!(what, Decided::RollBack | Decided::Stay) && last.is_none_or(|met| met <= *at)
        };
        self.is_recommended() && !self.decided.as_ref().is_some_and(is_answered)
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
            _ if !met.is_empty() => format!("ROLL BACK recommended: {}{doubt}", met.join("; ")),
            Stage::Baking => {
                format!("nothing to roll back for, watched for {} more{doubt}", short_span(between(now, self.end)))
            }
            Stage::Over => format!("the bake window is over, nothing was met{doubt}"),
        }
    }
}

/// The share of errors before a release and since.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shares {
    /// Bad and all events before.
    pub before: (u64, u64),
    /// Bad and all events since.
    pub since: (u64, u64),
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
/// rule could be judged.
pub fn pages(fired: &[(Text, DateTime<Utc>)], is_known: bool, bake: Bake) -> Criterion {
    let mut ours = fired.iter().filter(|(_, at)| bake.holds(*at));
    let (state, said) = match (ours.next(), is_known) {
        (Some((name, at)), _) => (State::Met(*at), format!("{name} pages")),
        (None, true) => (State::Quiet, "none fires".to_owned()),
        (None, false) => (State::NotJudged, "no objective can be judged".to_owned()),
    };
    criterion("a burn alert that pages", state, &said)
}

/// Judges new P0 incidents: one opened in the window (R51).
pub fn incidents(opened: &[(IncidentKey, DateTime<Utc>)], is_known: bool, bake: Bake) -> Criterion {
    let first = opened.iter().filter(|(_, at)| bake.holds(*at)).min_by_key(|(_, at)| *at);
    let (state, said) = match (first, is_known) {
        (Some((key, at)), _) => (State::Met(*at), format!("{key} was opened")),
        (None, true) => (State::Quiet, "none was opened".to_owned()),
        (None, false) => (State::NotJudged, "incidents are not known".to_owned()),
    };
    criterion("a new P0", state, &said)
}

/// Judges the share of errors of an objective: more than so many times that of before, with enough events (R51).
pub fn shares(name: &Text, found: Option<Shares>, times: f64, now: DateTime<Utc>) -> Criterion {
    let what = format!("errors of {name} > {times}x before");
    let judged = found.filter(|shares| 0 < shares.before.1 && shares.least.max(1) <= shares.since.1);
    let Some(shares) = judged else {
        let said = match found {
            None => "no data",
            Some(shares) if shares.before.1 == 0 => "nothing is known of before the release",
            Some(_) => "too few events since the release",
        };
        return criterion(&what, State::NotJudged, said);
    };
    let share = |(bad, all): (u64, u64)| bad as f64 / all as f64;
    let before = if shares.before.0 == 0 { shares.tolerated } else { share(shares.before) };
    let since = share(shares.since);
    let said = format!("{} now, {} before", percent(since), percent(share(shares.before)));
    let state = if times * before < since { State::Met(now) } else { State::Quiet };
    criterion(&what, state, &said)
}

fn percent(share: f64) -> String {
    format!("{:.2} %", share * 100.0)
}

/// Judges a condition of the plan's own: it held without a break for longer than its `hold`, beginning in the window.
///
/// `holds` tells whether it holds at an instant; nothing where there is no data, which neither ends a stretch nor counts
/// into it.
pub fn condition(
    watched: &Condition,
    bake: Bake,
    now: DateTime<Utc>,
    mut holds: impl FnMut(DateTime<Utc>) -> Option<bool>,
) -> Criterion {
    let name = format!("{} > {}", watched.name, short_span(watched.hold));
    let until = now.min(plus(plus(bake.end, watched.hold), STEP));
    let (mut begun, mut longest, mut is_known) = (None::<DateTime<Utc>>, None::<(DateTime<Utc>, DateTime<Utc>)>, false);
    let mut at = bake.start;
    while at <= until {
        match holds(at) {
            Some(true) => {
                is_known = true;
                let start = *begun.get_or_insert(at);
                let is_longer = longest.is_none_or(|(from, to)| between(from, to) <= between(start, at));
                if bake.holds(start) && is_longer {
                    longest = Some((start, at));
                }
            }
            Some(false) => (begun, is_known) = (None, true),
            None => {}
        }
        // The last look is at the very end.
        at = if at < until { plus(at, STEP).min(until) } else { plus(until, STEP) };
    }
    let span = |(from, to): (DateTime<Utc>, DateTime<Utc>)| between(from, to);
    match longest {
        Some(found) if watched.hold < span(found) => {
            let met = plus(found.0, watched.hold);
            criterion(&name, State::Met(met), &format!("for {}", short_span(span(found))))
        }
        Some(found) => criterion(&name, State::Quiet, &format!("for {} at most", short_span(span(found)))),
        None if is_known => criterion(&name, State::Quiet, "it did not occur"),
        None => criterion(&name, State::NotJudged, "no data"),
    }
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
    Criterion { name: Text::scrub(name), state, said: Text::scrub(said) }
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

    /// Broken from one minute until another, both included.
    fn broken(from: i64, to: i64) -> impl Fn(DateTime<Utc>) -> Option<bool> {
        move |at| Some(min(from) <= at && at <= min(to))
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
    fn a_break_begins_anew_and_missing_data_neither_ends_nor_counts() {
        let twice = |at| Some((min(0) <= at && at <= min(20)) || (min(22) <= at && at <= min(45)));
        assert_eq!(condition(&sync(), window(), min(50), twice).state, State::Quiet);
        let gap = |at| if min(10) < at && at < min(20) { None } else { Some(at <= min(31)) };
        assert!(matches!(condition(&sync(), window(), min(50), gap).state, State::Met(_)));
        let lost = |at| if min(29) < at { None } else { Some(true) };
        assert_eq!(
            condition(&sync(), window(), min(59), lost).state,
            State::Quiet,
            "not counted where nothing is known"
        );
        assert_eq!(condition(&sync(), window(), min(50), |_| None).state, State::NotJudged);
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
            let found = Shares { before, since, least: 100, tolerated: 0.001 };
            shares(&name, Some(found), TIMES, min(10)).state
        };
        assert_eq!(judged((10, 1_000), (20, 1_000)), State::Quiet, "twice is not more than twice");
        assert_eq!(judged((10, 1_000), (21, 1_000)), State::Met(min(10)));
        assert_eq!(judged((10, 1_000), (50, 99)), State::NotJudged, "too few");
        assert_eq!(judged((0, 0), (50, 1_000)), State::NotJudged);
        assert_eq!(judged((0, 1_000), (2, 1_000)), State::Quiet, "no more than twice what is tolerated");
        assert_eq!(judged((0, 1_000), (3, 1_000)), State::Met(min(10)));
        assert_eq!(shares(&name, None, TIMES, min(10)).state, State::NotJudged);
    }

    #[test]
    fn it_recommends_until_somebody_decides_and_a_later_sign_asks_again() {
        let met = |at| Criterion { name: Text::scrub("a new P0"), state: State::Met(at), said: Text::scrub("x") };
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
        watch.stage = Stage::Before;
        assert!(!watch.is_recommended());
    }
}
