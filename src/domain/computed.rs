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

/// The places of signals in the order in which they are worked out: each behind those it is worked out of. Those of a ring
/// stand where they were. One that is worked out of a metric of its own name means that metric, and not itself.
pub fn in_order(all: &[&Computed]) -> Vec<usize> {
    let mut order = Vec::with_capacity(all.len());
    let mut waiting: Vec<usize> = (0..all.len()).collect();
    while !waiting.is_empty() {
        let waits = |n: usize| waiting.iter().any(|other| *other != n && rests_on(all, n, *other));
        let ready: Vec<usize> = waiting.iter().copied().filter(|n| !waits(*n)).collect();
        let next = if ready.is_empty() { waiting.clone() } else { ready };
        waiting.retain(|n| !next.contains(n));
        order.extend(next);
    }
    order
}

/// Names of signals of which each is worked out of the next, and the last of the first; nothing where there are none such.
pub fn ring(all: &[&Computed]) -> Option<Vec<Text>> {
    let places = 0..all.len();
    let mut left: Vec<usize> = places.collect();
    // What rests on nothing that is left is on no ring.
    loop {
        let before = left.len();
        let kept = left.clone();
        left.retain(|n| kept.iter().any(|other| other != n && rests_on(all, *n, *other)));
        if left.len() == before {
            break;
        }
    }
    let mut path = vec![*left.first()?];
    loop {
        let last = *path.last()?;
        let next = left.iter().copied().find(|other| *other != last && rests_on(all, last, *other))?;
        if let Some(begin) = path.iter().position(|n| *n == next) {
            let of = |n: &usize| all.get(*n).map(|one| one.signal.name.clone());
            return Some(path.iter().skip(begin).filter_map(of).collect());
        }
        path.push(next);
    }
}

fn rests_on(all: &[&Computed], n: usize, other: usize) -> bool {
    let (Some(one), Some(other)) = (all.get(n), all.get(other)) else { return false };
    one.expr.needs().iter().any(|need| need.name.as_ref() == Some(&other.signal.name))
}

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

#[cfg(test)]
mod tests {
    use super::*;

    fn computed(name: &str, expr: &str) -> Computed {
        let signal = Signal {
            name: Text::scrub(name),
            unit: Text::default(),
            threshold: None,
            stale_after: TimeDelta::minutes(1),
            hold: TimeDelta::zero(),
            keep_firing: TimeDelta::zero(),
            window: TimeDelta::minutes(10),
            objective: None,
            runbook: None,
        };
        Computed { signal, expr: Expr::read(expr).unwrap(), by: Vec::new(), every: EVERY }
    }

    #[test]
    fn signals_come_behind_those_they_are_worked_out_of_and_a_ring_is_named() {
        let all = [computed("c", "b + a"), computed("b", "max(a)"), computed("a", "sum(a)"), computed("d", "up")];
        let all: Vec<&Computed> = all.iter().collect();
        assert_eq!((in_order(&all), ring(&all)), (vec![2, 3, 1, 0], None), "a metric of its own name is no ring");
        let round = [computed("x", "up + y"), computed("y", "z"), computed("z", "max(y)")];
        let round: Vec<&Computed> = round.iter().collect();
        assert_eq!(in_order(&round).len(), 3);
        assert_eq!(ring(&round).unwrap(), ["y", "z"].map(Text::scrub));
    }
}
