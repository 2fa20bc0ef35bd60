//! The functions there are, what they take, and those that are known and not supported.

use crate::domain::expr::ast::Kind;

/// A function that can be evaluated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Func {
    Rate,
    Irate,
    Increase,
    Delta,
    Idelta,
    Changes,
    Resets,
    AvgOver,
    MinOver,
    MaxOver,
    SumOver,
    CountOver,
    LastOver,
    PresentOver,
    AbsentOver,
    StddevOver,
    StdvarOver,
    QuantileOver,
    Absent,
    HistogramQuantile,
    Scalar,
    Vector,
    Time,
    Timestamp,
    LabelReplace,
    LabelJoin,
    Sort,
    SortDesc,
    Abs,
    Ceil,
    Floor,
    Round,
    Clamp,
    ClampMin,
    ClampMax,
    Exp,
    Ln,
    Log2,
    Log10,
    Sqrt,
    Sgn,
    Pi,
    Minute,
    Hour,
    DayOfWeek,
    DayOfMonth,
    DayOfYear,
    DaysInMonth,
    Month,
    Year,
}

/// Name, function, and what it takes: `s` a number, `v` series, `m` series over a range, `t` a text; `?` before what may
/// be left out, `*` before what may come any number of times.
const FUNCS: [(&str, Func, &str); 50] = [
    ("rate", Func::Rate, "m"),
    ("irate", Func::Irate, "m"),
    ("increase", Func::Increase, "m"),
    ("delta", Func::Delta, "m"),
    ("idelta", Func::Idelta, "m"),
    ("changes", Func::Changes, "m"),
    ("resets", Func::Resets, "m"),
    ("avg_over_time", Func::AvgOver, "m"),
    ("min_over_time", Func::MinOver, "m"),
    ("max_over_time", Func::MaxOver, "m"),
    ("sum_over_time", Func::SumOver, "m"),
    ("count_over_time", Func::CountOver, "m"),
    ("last_over_time", Func::LastOver, "m"),
    ("present_over_time", Func::PresentOver, "m"),
    ("absent_over_time", Func::AbsentOver, "m"),
    ("stddev_over_time", Func::StddevOver, "m"),
    ("stdvar_over_time", Func::StdvarOver, "m"),
    ("quantile_over_time", Func::QuantileOver, "sm"),
    ("absent", Func::Absent, "v"),
    ("histogram_quantile", Func::HistogramQuantile, "sv"),
    ("scalar", Func::Scalar, "v"),
    ("vector", Func::Vector, "s"),
    ("time", Func::Time, ""),
    ("timestamp", Func::Timestamp, "v"),
    ("label_replace", Func::LabelReplace, "vtttt"),
    ("label_join", Func::LabelJoin, "vtt*t"),
    ("sort", Func::Sort, "v"),
    ("sort_desc", Func::SortDesc, "v"),
    ("abs", Func::Abs, "v"),
    ("ceil", Func::Ceil, "v"),
    ("floor", Func::Floor, "v"),
    ("round", Func::Round, "v?s"),
    ("clamp", Func::Clamp, "vss"),
    ("clamp_min", Func::ClampMin, "vs"),
    ("clamp_max", Func::ClampMax, "vs"),
    ("exp", Func::Exp, "v"),
    ("ln", Func::Ln, "v"),
    ("log2", Func::Log2, "v"),
    ("log10", Func::Log10, "v"),
    ("sqrt", Func::Sqrt, "v"),
    ("sgn", Func::Sgn, "v"),
    ("pi", Func::Pi, ""),
    ("minute", Func::Minute, "?v"),
    ("hour", Func::Hour, "?v"),
    ("day_of_week", Func::DayOfWeek, "?v"),
    ("day_of_month", Func::DayOfMonth, "?v"),
    ("day_of_year", Func::DayOfYear, "?v"),
    ("days_in_month", Func::DaysInMonth, "?v"),
    ("month", Func::Month, "?v"),
    ("year", Func::Year, "?v"),
];

/// Functions and aggregations Prometheus has and we do not: named when an expression uses one, never passed over.
const UNSUPPORTED: [&str; 42] = [
    "predict_linear",
    "deriv",
    "holt_winters",
    "double_exponential_smoothing",
    "histogram_avg",
    "histogram_count",
    "histogram_sum",
    "histogram_fraction",
    "histogram_quantiles",
    "histogram_stddev",
    "histogram_stdvar",
    "mad_over_time",
    "first_over_time",
    "ts_of_first_over_time",
    "ts_of_last_over_time",
    "ts_of_max_over_time",
    "ts_of_min_over_time",
    "sort_by_label",
    "sort_by_label_desc",
    "info",
    "limitk",
    "limit_ratio",
    "acos",
    "acosh",
    "asin",
    "asinh",
    "atan",
    "atanh",
    "cos",
    "cosh",
    "sin",
    "sinh",
    "tan",
    "tanh",
    "deg",
    "rad",
    "start",
    "end",
    "range",
    "step",
    "max_of",
    "min_of",
];

impl Func {
    /// The function of that name.
    pub(super) fn named(word: &str) -> Option<(Self, &'static str)> {
        FUNCS.iter().find(|(name, ..)| *name == word).map(|(_, func, takes)| (*func, *takes))
    }

    /// What it comes to.
    pub(super) fn gives(self) -> Kind {
        match self {
            Self::Scalar | Self::Time | Self::Pi => Kind::Scalar,
            _ => Kind::Vector,
        }
    }
}

/// Whether Prometheus has a function of that name that cannot be evaluated here.
pub(super) fn is_unsupported(word: &str) -> bool {
    UNSUPPORTED.contains(&word)
}

/// Every name that can be called, for a guess at what was meant.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    FUNCS.iter().map(|(name, ..)| *name)
}
