//! Measurements that say what they are of: a name, labels, a time, a value.

use std::{fmt, sync::Arc};

use crate::text::Text;

/// Labels of a series: sorted by name, no name twice, none blank. Cloning one shares it.
///
/// A label without a value is no label, as Prometheus holds it: `{a=""}` and `{}` name the same series.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Labels(Option<Arc<[(Text, Text)]>>);

impl Labels {
    /// Sorts pairs of name and value. Of a name that comes twice the first is kept.
    pub fn new(pairs: impl IntoIterator<Item = (Text, Text)>) -> Self {
        let mut pairs: Vec<_> = pairs.into_iter().filter(|(_, value)| !value.as_str().is_empty()).collect();
        pairs.sort_by(|a, b| a.0.cmp(&b.0));
        pairs.dedup_by(|later, first| later.0 == first.0);
        Self((!pairs.is_empty()).then(|| pairs.into()))
    }

    /// The value of a label; nothing where it is not there.
    pub fn get(&self, name: &str) -> Option<&Text> {
        let pairs = self.pairs();
        let place = pairs.binary_search_by(|(there, _)| there.as_str().cmp(name)).ok()?;
        pairs.get(place).map(|(_, value)| value)
    }

    /// Walks the pairs in the order of their names.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&Text, &Text)> {
        self.pairs().iter().map(|(name, value)| (name, value))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.pairs().len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    fn pairs(&self) -> &[(Text, Text)] {
        self.0.as_deref().unwrap_or_default()
    }
}

impl FromIterator<(Text, Text)> for Labels {
    fn from_iter<T: IntoIterator<Item = (Text, Text)>>(pairs: T) -> Self {
        Self::new(pairs)
    }
}

impl fmt::Display for Labels {
    /// `{a="b",c="d"}`, nothing where there are none; quotes and backslashes in values are escaped.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (name, value)) in self.iter().enumerate() {
            let escaped = value.as_str().replace('\\', "\\\\").replace('"', "\\\"");
            write!(f, "{}{name}=\"{escaped}\"", if i == 0 { "{" } else { "," })?;
        }
        f.write_str(if self.is_empty() { "" } else { "}" })
    }
}

/// What tells one series from another: its name and its labels.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeriesKey {
    /// The metric's name, with its suffix (`_total`, `_bucket`); the column's where a table names it.
    pub name: Text,
    /// Its labels, without the name.
    pub labels: Labels,
}

/// The label that tells, on record, the series of a signal from a metric of the same name. Nobody is shown it.
pub const SIGNAL: &str = "__signal__";

impl SeriesKey {
    /// What the record calls the series of a signal.
    pub fn on_record(signal: &Text) -> Self {
        Self { name: signal.clone(), labels: Labels::new([(Text::scrub(SIGNAL), signal.clone())]) }
    }

    /// Whether the record calls a signal's series so.
    pub fn is_signal(&self) -> bool {
        self.labels.get(SIGNAL).is_some()
    }
}

impl fmt::Display for SeriesKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.name, self.labels)
    }
}

/// One measurement of one series.
///
/// `value` may be infinite or NaN, as an exposition says it of an empty summary; [`is_stale_marker`] tells the NaN that
/// means "this series has ended". Who judges values takes finite ones only.
#[derive(Debug, Clone, PartialEq)]
pub struct Labelled {
    /// Which series.
    pub key: SeriesKey,
    /// When it was taken, in milliseconds since 1970-01-01T00:00:00Z.
    pub at_ms: i64,
    /// What it was.
    pub value: f64,
}

/// How samples are told, where a stamp has some already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Telling {
    /// Each is one more: lines of a log, of which many are of one instant.
    #[default]
    Added,
    /// What was told before, perhaps corrected: those of one instant take the place, together, of what it had.
    Anew,
    /// Each takes the place of the one that was there: an instant has one.
    Instead,
}

/// What a family of series is, as its `# TYPE` line says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Kind {
    /// Only grows, and begins again at zero when its process does.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Counts of values by upper bound (`_bucket` with `le`), their sum and number; all are counters.
    Histogram,
    /// Quantiles worked out at the source, with sum and number.
    Summary,
    /// Nobody said.
    #[default]
    Unknown,
}

impl Kind {
    /// Its word in a `# TYPE` line; `unknown` is also written `untyped`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
            Self::Summary => "summary",
            Self::Unknown => "unknown",
        }
    }
}

/// The bits of the NaN with which Prometheus marks the end of a series; no calculation makes them.
const STALE_BITS: u64 = 0x7ff0_0000_0000_0002;

/// Tells whether a value says that its series has ended. Kept apart from other NaNs: no data, not a measurement.
pub fn is_stale_marker(value: f64) -> bool {
    value.to_bits() == STALE_BITS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        pairs.iter().map(|(name, value)| (Text::scrub(name), Text::scrub(value))).collect()
    }

    #[test]
    fn labels_are_the_same_in_any_order_and_blank_ones_are_none() {
        let one = labels(&[("host", "a"), ("code", "500"), ("zone", "")]);
        assert_eq!(one, labels(&[("code", "500"), ("host", "a"), ("host", "b")]));
        assert_eq!((one.get("host").map(Text::as_str), one.get("zone"), one.len()), (Some("a"), None, 2));
        assert_eq!(labels(&[("a", "")]), Labels::default());
    }

    #[test]
    fn a_key_is_written_as_a_selector() {
        let key = SeriesKey { name: Text::scrub("up"), labels: labels(&[("b", "x\"y\\"), ("a", "1")]) };
        assert_eq!(key.to_string(), "up{a=\"1\",b=\"x\\\"y\\\\\"}");
        assert_eq!(SeriesKey { name: Text::scrub("up"), labels: Labels::default() }.to_string(), "up");
    }

    #[test]
    fn the_mark_of_an_ended_series_is_told_from_other_nans() {
        assert!(is_stale_marker(f64::from_bits(0x7ff0_0000_0000_0002)));
        assert!(!is_stale_marker(f64::NAN) && !is_stale_marker(-f64::NAN));
    }
}
