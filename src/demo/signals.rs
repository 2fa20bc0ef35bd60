//! What is measured in the play: twelve signals, their past day, and what happens to them while one watches.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    demo::{random::noise, runbooks},
    domain::{
        series::{Sample, Side, Signal, Threshold},
        time::minus,
    },
    text::Text,
};

/// How much of the past is on file when the play begins.
const PAST: TimeDelta = TimeDelta::hours(26);
/// One sample a minute in the past; live ones come at [`EVERY`].
const PAST_STEP_S: i64 = 60;
/// How often each writer adds a line.
pub const EVERY: TimeDelta = TimeDelta::seconds(10);
/// A writer that is silent for so long is no longer believed.
const STALE_AFTER: TimeDelta = TimeDelta::minutes(5);
/// What sparklines look back on.
const WINDOW: TimeDelta = TimeDelta::hours(6);

const MINUTE: i64 = 60;
const HOUR: i64 = 3_600;
const DAY: i64 = 86_400;

/// A signal of the play: how it is shown and judged, and where its values lie when nothing happens.
struct Part {
    name: &'static str,
    unit: &'static str,
    runbook: &'static str,
    bound: Option<(Side, f64)>,
    hold_s: i64,
    objective: Option<f64>,
    /// The usual value, and how far it strays.
    usual: f64,
    strays: f64,
    plot: Plot,
}

/// What happens to a signal. Seconds are counted from the start of the play.
#[derive(Clone, Copy)]
enum Plot {
    /// Nothing.
    Calm,
    /// It goes up and down with the day, by this share of the usual value.
    Daily(f64),
    /// From 90 s on it is degraded for six minutes, and again every 47.
    Degrades(f64),
    /// No line was written between 14 h and 11.5 h before the start.
    Holed,
    /// A few bad minutes: some hours ago, twenty minutes ago, and one every three hours from now on.
    Dips(f64),
    /// One bad minute five hours ago, half an hour of which nobody wrote before the last hour and a half; a month of sparse
    /// history before the first day.
    OneBadMinute(f64),
    /// It is over its bound at the start, and is mended 35 minutes in.
    Mended(f64),
    /// Its writer stopped 40 minutes before the start.
    Stopped,
}

const CALM: Part = Part {
    name: "",
    unit: "",
    runbook: "",
    bound: None,
    hold_s: 120,
    objective: None,
    usual: 0.0,
    strays: 0.0,
    plot: Plot::Calm,
};

const PARTS: [Part; 12] = [
    Part {
        name: "frame p95",
        unit: "ms",
        runbook: "frame-p95",
        bound: Some((Side::Above, 16.7)),
        usual: 13.4,
        strays: 1.1,
        plot: Plot::Degrades(6.4),
        ..CALM
    },
    Part {
        name: "crash rate",
        unit: "%",
        runbook: "crash-rate",
        bound: Some((Side::Above, 0.5)),
        usual: 0.12,
        strays: 0.05,
        ..CALM
    },
    Part {
        name: "integrity",
        unit: "%",
        runbook: "integrity",
        bound: Some((Side::Above, 1.0)),
        usual: 0.31,
        strays: 0.12,
        plot: Plot::Holed,
        ..CALM
    },
    Part {
        name: "ingestion",
        unit: "%",
        runbook: "ingestion",
        bound: Some((Side::Below, 99.0)),
        objective: Some(0.995),
        usual: 99.7,
        strays: 0.2,
        plot: Plot::Dips(97.9),
        ..CALM
    },
    Part {
        name: "sync errors",
        unit: "/s",
        runbook: "sync-errors",
        bound: Some((Side::Above, 0.1)),
        usual: 0.025,
        strays: 0.02,
        ..CALM
    },
    Part {
        name: "queue depth",
        unit: "jobs",
        runbook: "queue-depth",
        bound: Some((Side::Above, 5_000.0)),
        usual: 1_400.0,
        strays: 260.0,
        plot: Plot::Daily(0.5),
        ..CALM
    },
    Part {
        name: "api p99",
        unit: "ms",
        runbook: "api-p99",
        bound: Some((Side::Above, 800.0)),
        usual: 412.0,
        strays: 60.0,
        plot: Plot::Daily(0.25),
        ..CALM
    },
    Part {
        name: "login errors",
        unit: "%",
        runbook: "login-errors",
        bound: Some((Side::Above, 1.0)),
        objective: Some(0.999),
        usual: 0.18,
        strays: 0.12,
        plot: Plot::OneBadMinute(3.4),
        ..CALM
    },
    Part {
        name: "disk pg-main",
        unit: "%",
        runbook: "disk-full",
        bound: Some((Side::Above, 85.0)),
        // It fires at once: waiting does not make a full disk emptier, and the play opens with an alert.
        hold_s: 0,
        usual: 62.0,
        strays: 0.3,
        plot: Plot::Mended(91.2),
        ..CALM
    },
    Part {
        name: "replica lag",
        unit: "s",
        runbook: "replica-lag",
        bound: Some((Side::Above, 30.0)),
        usual: 1.8,
        strays: 1.2,
        ..CALM
    },
    Part {
        name: "cache hits",
        unit: "%",
        runbook: "cache-hits",
        bound: Some((Side::Below, 80.0)),
        usual: 93.5,
        strays: 1.5,
        ..CALM
    },
    Part {
        name: "mail backlog",
        unit: "mails",
        runbook: "mail-backlog",
        bound: Some((Side::Above, 900.0)),
        usual: 120.0,
        strays: 45.0,
        plot: Plot::Stopped,
        ..CALM
    },
];

/// The signals, in the order of their numbers.
pub fn signals() -> Vec<Signal> {
    PARTS.iter().map(signal).collect()
}

/// All that is on file of each signal when the play begins, oldest first, in the order of [`signals`].
pub fn past(seed: u64, start: DateTime<Utc>) -> Vec<Vec<Sample>> {
    let (first, last) = (minus(start, PAST).timestamp(), start.timestamp());
    let minutes = |from: i64, step: i64| (0..).map(move |n| from + n * step).take_while(move |at| *at <= last);
    (0..)
        .zip(&PARTS)
        .map(|(place, part)| {
            let sparse = match part.plot {
                Plot::OneBadMinute(_) => first - 27 * DAY,
                _ => first,
            };
            let older = minutes(sparse, 20 * MINUTE).take_while(|at| *at < first);
            let times = older.chain(minutes(first, PAST_STEP_S));
            times.filter_map(|at| part.sample(seed, place, at, start)).collect()
        })
        .collect()
}

/// The line that each writer adds at one instant; nothing from one that writes nothing then.
pub fn lines(seed: u64, start: DateTime<Utc>, at: DateTime<Utc>) -> impl Iterator<Item = (usize, Sample)> {
    (0..).zip(&PARTS).filter_map(move |(place, part)| Some((place, part.sample(seed, place, at.timestamp(), start)?)))
}

fn signal(part: &Part) -> Signal {
    Signal {
        name: Text::scrub(part.name),
        unit: Text::scrub(part.unit),
        threshold: part.bound.map(|(bad, bound)| Threshold { bad, bound }),
        stale_after: STALE_AFTER,
        hold: TimeDelta::seconds(part.hold_s),
        keep_firing: TimeDelta::zero(),
        window: WINDOW,
        objective: part.objective,
        runbook: Some(runbooks::path(part.runbook)),
    }
}

impl Part {
    /// The value written at an instant, settled by the seed and the instant alone.
    fn sample(&self, seed: u64, place: usize, at_s: i64, start: DateTime<Utc>) -> Option<Sample> {
        let since = at_s - start.timestamp();
        // Two parts slow for one part quick: neighbors resemble each other, as measurements do.
        let slow = at_s.div_euclid(15 * MINUTE);
        let within = at_s.rem_euclid(15 * MINUTE) as f64 / (15 * MINUTE) as f64;
        let key = place as u64;
        let drift = noise(seed, key, slow) * (1.0 - within) + noise(seed, key, slow + 1) * within;
        let strayed = self.strays * (drift * 2.0 + noise(seed, key + 100, at_s)) / 3.0;
        let value = (self.plot.value(self.usual, since, at_s)? + strayed).max(0.0);
        Some(Sample { at_ms: at_s * 1_000, value: (value * 10_000.0).round() / 10_000.0 })
    }
}

impl Plot {
    /// What the value strays around, so many seconds after the start; nothing = nobody writes.
    fn value(self, usual: f64, since: i64, at_s: i64) -> Option<f64> {
        let bad_if = |is_bad: bool, bad: f64| if is_bad { bad } else { usual };
        match self {
            Self::Calm => Some(usual),
            Self::Daily(share) => Some(usual * (1.0 + share * daily(at_s))),
            Self::Degrades(by) => {
                let into = since - 90;
                let is_degraded = 0 <= into && into.rem_euclid(47 * MINUTE) < 6 * MINUTE;
                Some(bad_if(is_degraded, usual + by))
            }
            Self::Holed => (!(-14 * HOUR..-23 * HOUR / 2).contains(&since)).then_some(usual),
            Self::Dips(bad) => {
                let hours_ago = (-9 * HOUR..-9 * HOUR + 4 * MINUTE).contains(&since);
                let lately = (-20 * MINUTE..-18 * MINUTE).contains(&since);
                let later = 2 * HOUR <= since && (since - 2 * HOUR).rem_euclid(3 * HOUR) < MINUTE;
                Some(bad_if(hours_ago || lately || later, bad))
            }
            Self::OneBadMinute(bad) => {
                let is_written = !(-2 * HOUR..-3 * HOUR / 2).contains(&since);
                is_written.then_some(bad_if((-5 * HOUR..-5 * HOUR + MINUTE).contains(&since), bad))
            }
            Self::Mended(over) => {
                let filling = over + (since.max(-DAY) as f64 / DAY as f64) * 14.0;
                Some(if since < 35 * MINUTE { filling } else { usual })
            }
            Self::Stopped => (since < -40 * MINUTE).then_some(usual),
        }
    }
}

/// From -1 in the middle of the night to 1 at noon and back, in straight lines, by UTC.
fn daily(at_s: i64) -> f64 {
    let share = at_s.rem_euclid(DAY) as f64 / DAY as f64;
    1.0 - (share * 2.0 - 1.0).abs() * 2.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::{parse_rfc3339, plus};

    fn start() -> DateTime<Utc> {
        parse_rfc3339("2026-11-20T09:00:00Z").unwrap()
    }

    fn live(place: usize, from_s: i64, until_s: i64) -> Vec<f64> {
        let at = |s: i64| plus(start(), TimeDelta::seconds(s));
        let all = (from_s..until_s).step_by(10).flat_map(|s| lines(7, start(), at(s)));
        all.filter(|(p, _)| *p == place).map(|(_, sample)| sample.value).collect()
    }

    #[test]
    fn a_day_of_samples_is_there_with_a_hole_and_a_silent_writer() {
        let past = past(7, start());
        let lengths: Vec<_> = past.iter().map(Vec::len).collect();
        assert_eq!(lengths, [1561, 1561, 1411, 1561, 1561, 1561, 1561, 3475, 1561, 1561, 1561, 1520]);
        assert!(past.iter().flatten().all(|s| s.value.is_finite() && s.at_ms <= start().timestamp_millis()));
        assert!(past.iter().all(|p| p.windows(2).all(|pair| pair[0].at_ms < pair[1].at_ms)));
    }

    #[test]
    fn frames_are_slow_for_six_minutes_from_a_minute_and_a_half_on() {
        assert!(live(0, 0, 90).iter().all(|v| *v <= 16.7));
        assert!(live(0, 90, 450).iter().all(|v| *v > 16.7));
        assert!(live(0, 450, 2_000).iter().all(|v| *v <= 16.7));
    }

    #[test]
    fn the_full_disk_is_mended_and_the_others_stay_calm_for_hours() {
        assert!(live(8, 0, 2_100).iter().all(|v| *v > 85.0));
        assert!(live(8, 2_100, 9_000).iter().all(|v| *v <= 85.0));
        for (place, part) in (0..).zip(&PARTS).filter(|(place, _)| ![0, 8].contains(place)) {
            let (bad, bound) = part.bound.unwrap();
            let bound = Threshold { bad, bound };
            assert!(live(place, 0, 7_000).iter().all(|v| !bound.is_broken(*v)), "{}", part.name);
        }
        assert!(live(11, 0, 600).is_empty());
    }
}
