//! Expressions that are no more than a selector, or the growth of one: what an objective counts event by event.

use crate::{
    domain::expr::{
        Expr,
        ast::{Node, Over, Selector},
        func::Func,
        matcher::Matcher,
    },
    text::Text,
};

impl Expr {
    /// The metric and the matchers of a plain selector, `http_requests_total{code="500"}`; nothing where it is more.
    pub fn selected(&self) -> Option<(&Text, &[Matcher])> {
        match &self.node {
            Node::Select(selector) => named(selector),
            _ => None,
        }
    }

    /// The metric and the matchers whose growth is summed over all series: `sum(rate(m[5m]))`, `sum(increase(m[1h]))`;
    /// nothing where it is anything else. Over a whole window both count the same events.
    pub fn summed_growth(&self) -> Option<(&Text, &[Matcher])> {
        let Node::Aggregate(aggregate) = &self.node else { return None };
        // By labels there would be several sums, and which one is meant is not said.
        if aggregate.over != Over::Sum || !aggregate.labels.is_empty() || aggregate.param.is_some() {
            return None;
        }
        match &aggregate.inner {
            Node::Call(Func::Rate | Func::Increase, args) => match args.as_slice() {
                [Node::Range(selector, _)] => named(selector),
                _ => None,
            },
            _ => None,
        }
    }
}

fn named(selector: &Selector) -> Option<(&Text, &[Matcher])> {
    (selector.offset == 0).then_some(())?;
    Some((selector.name.as_ref()?, &selector.matchers))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(found: Option<(&Text, &[Matcher])>) -> Option<String> {
        let (name, matchers) = found?;
        Some(format!("{name} {}", matchers.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")))
    }

    #[test]
    fn a_selector_is_one_and_nothing_else_is() {
        let of = |text| written(Expr::read(text).unwrap().selected());
        assert_eq!(of("up{job=\"a\", code!~\"4..|5..\"}").as_deref(), Some("up job=\"a\" code!~\"4..|5..\""));
        for text in ["up + 1", "rate(up[5m])", "up offset 5m", "{job=\"a\"}", "sum(up)"] {
            assert_eq!(of(text), None, "{text}");
        }
    }

    #[test]
    fn the_growth_of_all_series_together_is_told_from_that_of_some() {
        let of = |text| written(Expr::read(text).unwrap().summed_growth());
        assert_eq!(of("sum(rate(m{a=\"b\"}[5m]))").as_deref(), Some("m a=\"b\""));
        assert_eq!(of("sum(increase(m[1h]))").as_deref(), Some("m "));
        for text in ["sum by (job) (rate(m[5m]))", "avg(rate(m[5m]))", "rate(m[5m])", "sum(m)", "sum(irate(m[5m]))"] {
            assert_eq!(of(text), None, "{text}");
        }
    }
}
