//! Signals that are worked out of series, by an expression.

use chrono::TimeDelta;

use crate::{
    domain::{
        expr::{Expr, Value},
        pool::Pool,
        sample::Labels,
        series::Signal,
    },
    text::Text,
};

/// Rows that a signal by a label has at most: those of the highest values.
pub const TOP: usize = 10;

/// How often a signal is worked out where nobody says.
pub const EVERY: TimeDelta = TimeDelta::seconds(5);

/// A signal that is worked out.
#[derive(Debug, Clone, PartialEq)]
pub struct Computed {
    /// What to show and how to judge it.
    pub signal: Signal,
    /// What it comes to.
    pub expr: Expr,
    /// Labels by whose values there is a row each; none = the expression comes to one number.
    pub by: Vec<Text>,
    /// How often.
    pub every: TimeDelta,
}

impl Computed {
    /// What it comes to at an instant (epoch milliseconds), the highest first; what its comparisons leave out and what is no
    /// finite number is not among it.
    ///
    /// # Errors
    /// Why it comes to nothing that can be shown.
    pub fn at(&self, pool: &Pool, at_ms: i64) -> Result<Vec<(Labels, f64)>, Text> {
        let found = match self.expr.eval(pool, at_ms).map_err(|why| Text::scrub(&why))? {
            Value::Scalar(value) => vec![(Labels::default(), value)],
            Value::Vector(items) => {
                let kept = items.into_iter().filter(|item| item.is_kept);
                kept.map(|item| (self.row(&item.labels), item.value)).collect()
            }
            Value::Text(_) => return Err(Text::scrub("expr comes to a text, and not to a number")),
        };
        let mut found: Vec<_> = found.into_iter().filter(|(_, value)| value.is_finite()).collect();
        found.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let is_doubled = {
            let rows: std::collections::BTreeSet<_> = found.iter().map(|(labels, _)| labels).collect();
            rows.len() < found.len()
        };
        if is_doubled {
            let what = format!("{} series where one is meant: put sum() around it, or name labels in by", found.len());
            return Err(Text::scrub(&what));
        }
        Ok(found)
    }

    /// The name of a row on screen: the signal's, with the values of its labels.
    pub fn name(&self, row: &Labels) -> Text {
        let values = self.by.iter().filter_map(|label| row.get(label.as_str()));
        let words: Vec<&str> = std::iter::once(&self.signal.name).chain(values).map(Text::as_str).collect();
        Text::scrub(&words.join(" "))
    }

    fn row(&self, labels: &Labels) -> Labels {
        self.by.iter().filter_map(|label| Some((label.clone(), labels.get(label.as_str())?.clone()))).collect()
    }
}
