//! What feeds an objective: a signal by its name, or every series that a selector means. A signal that is worked out has a
//! value whenever it is asked for; it is counted by the minute, so that what it comes to weighs the same whoever asked when.

use std::fmt;

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    domain::{
        expr::{Expr, Matcher},
        sample::SeriesKey,
        series::Sample,
        time::minus,
    },
    text::Text,
};

/// What is measured needs a moment to be read: a minute is counted this long after its end.
const SETTLES: TimeDelta = TimeDelta::seconds(10);

/// Milliseconds of a minute.
const MINUTE_MS: i64 = 60_000;

/// The ends (epoch milliseconds) of the minutes that can be counted now, oldest first: those after the one that `newest`
/// stands for, `reach` back at most.
pub fn ends(newest: Option<Sample>, reach: TimeDelta, now: DateTime<Utc>) -> impl Iterator<Item = i64> {
    let last = minus(now, SETTLES).timestamp_millis().div_euclid(MINUTE_MS);
    let first = minus(now, reach).timestamp_millis().div_euclid(MINUTE_MS).saturating_add(1);
    let after = newest.map(|sample| sample.at_ms.div_euclid(MINUTE_MS).saturating_add(2));
    (first.max(after.unwrap_or(first))..=last).map(|minute| minute.saturating_mul(MINUTE_MS))
}

/// The sample that a minute is counted by: what a signal came to at its end, within it.
pub fn at_end(end_ms: i64, value: f64) -> Sample {
    Sample { at_ms: end_ms.saturating_sub(1), value }
}

/// What feeds one count.
#[derive(Debug, Clone, PartialEq)]
pub enum Feed {
    /// A signal that is read, by its name.
    Signal(Text),
    /// A signal that is worked out, here or by another server, by its name: what it comes to at the end of each minute.
    Minutes(Text),
    /// All series of a selector together.
    Series(Selector),
}

/// Series by the metric's name and matchers of their labels.
#[derive(Debug, Clone, PartialEq)]
pub struct Selector {
    /// The metric's name.
    pub name: Text,
    /// What labels must be, all of them.
    pub matchers: Vec<Matcher>,
}

impl Selector {
    /// Reads `http_requests_total{code=~"5.."}`.
    ///
    /// # Errors
    /// What is wrong with it, or that it is more than a selector.
    pub fn read(written: &str) -> Result<Self, String> {
        let expr = Expr::read(written).map_err(|fault| fault.to_string())?;
        let found = expr.selected().map(|(name, matchers)| Self { name: name.clone(), matchers: matchers.to_vec() });
        found.ok_or_else(|| "it is more than a metric with labels".to_owned())
    }

    /// Tells whether a series is meant.
    pub fn meets(&self, key: &SeriesKey) -> bool {
        let value = |matcher: &Matcher| key.labels.get(matcher.label.as_str()).map_or("", Text::as_str);
        self.name == key.name && self.matchers.iter().all(|matcher| matcher.meets(value(matcher)))
    }

    /// The good and the total series of a histogram: requests in the bucket up to `below`, and all of them.
    ///
    /// # Errors
    /// The bound is no bucket's: not finite.
    pub fn of_histogram(&self, below: f64) -> Result<(Self, Self), String> {
        if !below.is_finite() {
            return Err("the bound is no number".to_owned());
        }
        // Writers put a bound down as 5, 5.0 or 5.00.
        let written = below.to_string();
        let zeros = if written.contains('.') { "0*" } else { "([.]0+)?" };
        let pattern = format!("{}{zeros}", written.replace('.', "[.]").replace('+', "[+]"));
        let mut bucket = Self { name: Text::scrub(&format!("{}_bucket", self.name)), matchers: self.matchers.clone() };
        bucket.matchers.push(Matcher::new("le", "=~", &pattern)?);
        let all = Self { name: Text::scrub(&format!("{}_count", self.name)), matchers: self.matchers.clone() };
        Ok((bucket, all))
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.name)?;
        if self.matchers.is_empty() {
            return Ok(());
        }
        let matchers: Vec<_> = self.matchers.iter().map(ToString::to_string).collect();
        write!(f, "{{{}}}", matchers.join(","))
    }
}

impl fmt::Display for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signal(name) | Self::Minutes(name) => write!(f, "{name}"),
            Self::Series(selector) => write!(f, "{selector}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::sample::Labels;

    fn key(name: &str, labels: &[(&str, &str)]) -> SeriesKey {
        let labels: Labels = labels.iter().map(|(n, v)| (Text::scrub(n), Text::scrub(v))).collect();
        SeriesKey { name: Text::scrub(name), labels }
    }

    #[test]
    fn a_minute_is_counted_once_by_what_there_is_at_its_end() {
        let at = |second: i64| DateTime::from_timestamp(1_795_165_200 + second, 0).unwrap();
        let seconds = |newest, now| -> Vec<i64> {
            let ends = ends(newest, TimeDelta::minutes(3), at(now));
            ends.map(|end| end / 1_000 - 1_795_165_200).collect()
        };
        assert_eq!(seconds(None, 185), [60, 120]);
        assert_eq!(seconds(None, 190), [60, 120, 180]);
        let counted = at_end(at(120).timestamp_millis(), 1.0);
        assert_eq!(counted.at(), DateTime::from_timestamp_millis(at(120).timestamp_millis() - 1).unwrap());
        assert_eq!((seconds(Some(counted), 189), seconds(Some(counted), 190)), (vec![], vec![180]));
        assert_eq!(seconds(Some(counted), 1_000), [840, 900, 960], "what is too long ago is not asked for");
    }

    #[test]
    fn a_selector_means_series_by_name_and_labels() {
        let errors = Selector::read("http_total{code=~\"5..\",job=\"\"}").unwrap();
        assert_eq!(errors.to_string(), "http_total{code=~\"5..\",job=\"\"}");
        assert!(errors.meets(&key("http_total", &[("code", "503")])));
        assert!(!errors.meets(&key("http_total", &[("code", "200")])));
        assert!(!errors.meets(&key("http_total", &[("code", "503"), ("job", "a")])));
        assert!(!errors.meets(&key("other_total", &[("code", "503")])));
    }

    #[test]
    fn what_is_more_than_a_selector_is_refused_with_the_reason() {
        assert_eq!(Selector::read("sum(up)").unwrap_err(), "it is more than a metric with labels");
        assert!(Selector::read("up{").unwrap_err().contains("cannot be read"));
    }

    #[test]
    fn a_histogram_gives_its_bucket_however_the_bound_is_written_and_its_count() {
        let took = Selector::read("took_seconds{job=\"a\"}").unwrap();
        let is_bucket = |below: f64, le: &str| {
            let (good, _) = took.of_histogram(below).unwrap();
            good.meets(&key("took_seconds_bucket", &[("job", "a"), ("le", le)]))
        };
        assert_eq!([is_bucket(5.0, "5"), is_bucket(5.0, "5.0"), is_bucket(5.0, "50")], [true, true, false]);
        assert_eq!([is_bucket(0.3, "0.3"), is_bucket(0.3, "0.30"), is_bucket(0.3, "0.35")], [true, true, false]);
        let (_, all) = took.of_histogram(5.0).unwrap();
        assert!(all.meets(&key("took_seconds_count", &[("job", "a")])));
    }
}
