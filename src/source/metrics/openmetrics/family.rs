//! A family of samples as it is read: which names it may have, what their values may be, in which order they come.

use std::collections::HashSet;

use super::line::{self, Sample};

/// What a family is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Counter,
    Gauge,
    Histogram,
    GaugeHistogram,
    Summary,
    Info,
    StateSet,
    Unknown,
}

const TYPES: [(&str, Type); 8] = [
    ("counter", Type::Counter),
    ("gauge", Type::Gauge),
    ("histogram", Type::Histogram),
    ("gaugehistogram", Type::GaugeHistogram),
    ("summary", Type::Summary),
    ("info", Type::Info),
    ("stateset", Type::StateSet),
    ("unknown", Type::Unknown),
];

impl Type {
    fn suffixes(self) -> &'static [&'static str] {
        match self {
            Self::Counter => &["_total", "_created"],
            Self::Histogram => &["_bucket", "_count", "_sum", "_created"],
            Self::GaugeHistogram => &["_bucket", "_gcount", "_gsum"],
            Self::Summary => &["", "_count", "_sum", "_created"],
            Self::Info => &["_info"],
            Self::Gauge | Self::StateSet | Self::Unknown => &[""],
        }
    }
}

type Done = Result<(), &'static str>;

/// A sample by its name, its sorted labels and the bits of its time.
type Identity = (String, Vec<(String, String)>, Option<u64>);

#[derive(Debug)]
pub(super) struct Family {
    pub name: String,
    pub kind: Type,
    declared: HashSet<&'static str>,
    has_unit: bool,
    has_samples: bool,
    /// Labels of the metric being read, without those that tell its parts; and of those before.
    group: Option<Group>,
    groups: HashSet<Vec<(String, String)>>,
    seen: HashSet<Identity>,
}

/// One metric of a family.
#[derive(Debug, Default)]
struct Group {
    labels: Vec<(String, String)>,
    at: Option<f64>,
    /// The last bucket: its bound and its count.
    bucket: Option<(f64, f64)>,
    has_negative_bucket: bool,
    count: Option<f64>,
    sum: Option<f64>,
}

impl Family {
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            kind: Type::Unknown,
            declared: HashSet::new(),
            has_unit: false,
            has_samples: false,
            group: None,
            groups: HashSet::new(),
            seen: HashSet::new(),
        }
    }

    pub(super) fn sample_names(&self) -> impl Iterator<Item = String> {
        self.kind.suffixes().iter().map(|suffix| format!("{}{suffix}", self.name))
    }

    pub(super) fn has(&self, sample: &str) -> bool {
        self.suffix(sample).is_some()
    }

    fn suffix(&self, sample: &str) -> Option<&'static str> {
        let rest = sample.strip_prefix(self.name.as_str())?;
        self.kind.suffixes().iter().copied().find(|suffix| *suffix == rest)
    }

    pub(super) fn declare(&mut self, keyword: &'static str, rest: &str) -> Done {
        if self.has_samples {
            return Err("it stands behind samples of its family");
        }
        if !self.declared.insert(keyword) {
            return Err("it was said before of this family");
        }
        match keyword {
            "TYPE" => {
                let found = TYPES.iter().find(|(word, _)| *word == rest);
                self.kind = found.ok_or("its type is none this format knows")?.1;
            }
            "UNIT" => {
                self.has_unit = !rest.is_empty();
                if self.has_unit && !self.name.strip_suffix(rest).is_some_and(|stem| stem.ends_with('_')) {
                    return Err("its family's name does not end in the unit");
                }
            }
            _ => {}
        }
        if self.has_unit && matches!(self.kind, Type::Info | Type::StateSet) {
            return Err("a family of this type has no unit");
        }
        Ok(())
    }

    pub(super) fn add(&mut self, sample: &Sample) -> Done {
        self.has_samples = true;
        let Some(suffix) = self.suffix(&sample.name) else { return Ok(()) };
        let part = self.part_label(suffix).map(str::to_owned);
        let mut labels = sample.labels.clone();
        labels.sort();
        let own =
            part.as_ref().map(|part| labels.iter().find(|(name, _)| name == part).map(|(_, value)| value.clone()));
        let own = match own {
            Some(None) => return Err("it lacks the label that tells its part: le, quantile or the state set's name"),
            own => own.flatten(),
        };
        if !self.seen.insert((sample.name.clone(), labels.clone(), sample.at.map(f64::to_bits))) {
            return Err("the same sample came before");
        }
        labels.retain(|(name, _)| Some(name) != part.as_ref());
        self.enter(labels, sample.at)?;
        if sample.has_exemplar && !matches!(suffix, "_bucket" | "_total") {
            return Err("an exemplar stands at a bucket or a counter's total only");
        }
        self.judge(suffix, own.as_deref(), sample.value)
    }

    /// The label that tells the samples of one metric from each other.
    fn part_label(&self, suffix: &str) -> Option<&str> {
        match (self.kind, suffix) {
            (Type::Histogram | Type::GaugeHistogram, "_bucket") => Some("le"),
            (Type::Summary, "") => Some("quantile"),
            (Type::StateSet, _) => Some(&self.name),
            _ => None,
        }
    }

    /// Goes on with a metric, or begins the next one.
    fn enter(&mut self, labels: Vec<(String, String)>, at: Option<f64>) -> Done {
        if let Some(group) = &mut self.group
            && group.labels == labels
        {
            let before = std::mem::replace(&mut group.at, at);
            return match (before, at) {
                (None, None) => Ok(()),
                (Some(before), Some(at)) if before < at => {
                    // Another point in time of the same metric.
                    let done = group.close(self.kind);
                    *group = Group { labels, at: Some(at), ..Group::default() };
                    done
                }
                (Some(before), Some(at)) if before == at => Ok(()),
                (Some(_), Some(_)) => Err("its time is before that of the sample above"),
                (None, Some(_)) | (Some(_), None) => Err("of one metric all samples have a time, or none"),
            };
        }
        let done = self.close();
        let is_new = self.groups.insert(labels.clone());
        self.group = Some(Group { labels, at, ..Group::default() });
        done?;
        if is_new { Ok(()) } else { Err("its metric came before, and others stand between") }
    }

    fn judge(&mut self, suffix: &str, own: Option<&str>, value: f64) -> Done {
        let Some(group) = &mut self.group else { return Ok(()) };
        let is_count = value >= 0.0;
        match (self.kind, suffix) {
            (Type::Counter, "_total") if !is_count => Err("a counter cannot be negative or NaN"),
            (Type::Histogram | Type::GaugeHistogram, "_bucket") => group.bucket(own.unwrap_or_default(), value),
            (_, "_count" | "_gcount") if !is_count => Err("a count cannot be negative or NaN"),
            (_, "_count" | "_gcount") => {
                group.count = Some(value);
                Ok(())
            }
            (Type::Histogram | Type::Summary, "_sum") if !is_count => {
                Err("a sum that only grows cannot be negative or NaN")
            }
            (_, "_gsum") if value.is_nan() => Err("a sum cannot be NaN"),
            (_, "_sum" | "_gsum") => {
                group.sum = Some(value);
                Ok(())
            }
            (Type::Summary, "") => {
                let place = own.and_then(|q| line::number(q).ok()).filter(|q| (0.0..=1.0).contains(q));
                if place.is_none() { Err("its quantile is not between 0 and 1") } else { Ok(()) }
            }
            (Type::Info, _) if value != 1.0 => Err("an info is always 1"),
            (Type::StateSet, _) if value != 0.0 && value != 1.0 => Err("a state is 0 or 1"),
            _ => Ok(()),
        }
    }

    /// Judges the last metric as a whole.
    pub(super) fn close(&mut self) -> Done {
        self.group.take().map_or(Ok(()), |group| group.close(self.kind))
    }
}

impl Group {
    fn bucket(&mut self, bound: &str, count: f64) -> Done {
        let le = match bound {
            "+Inf" => f64::INFINITY,
            other => {
                line::number(other).ok().filter(|le| le.is_finite()).ok_or("its le is neither a number nor +Inf")?
            }
        };
        if count.is_nan() || count < 0.0 {
            return Err("a count cannot be negative or NaN");
        }
        let before = self.bucket.replace((le, count));
        self.has_negative_bucket |= le < 0.0;
        match before {
            Some((bound, _)) if bound >= le => Err("its buckets are not in the order of their bounds"),
            Some((_, below)) if below > count => Err("a wider bucket counts fewer"),
            _ => Ok(()),
        }
    }

    fn close(&self, kind: Type) -> Done {
        if !matches!(kind, Type::Histogram | Type::GaugeHistogram) {
            return Ok(());
        }
        let Some((_, all)) = self.bucket.filter(|(le, _)| *le == f64::INFINITY) else {
            return Err("its histogram has no last bucket of +Inf");
        };
        if self.count.is_some_and(|count| count != all) {
            return Err("its count is not that of the +Inf bucket");
        }
        if self.sum.is_some() != self.count.is_some() && !self.has_negative_bucket {
            return Err("it has a sum without a count, or a count without a sum");
        }
        match self.sum {
            Some(_) if self.has_negative_bucket && kind == Type::Histogram => {
                Err("with negative buckets there is no sum")
            }
            Some(sum) if sum < 0.0 && !self.has_negative_bucket => Err("its sum is negative and no bucket is"),
            _ => Ok(()),
        }
    }
}
