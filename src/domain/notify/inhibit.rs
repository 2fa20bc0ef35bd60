//! Inhibition: while a graver alert fires, nobody is told of what follows from it. The alert stays visible.

use crate::{
    domain::{
        notify::matcher::{Matcher, all_fit},
        sample::Labels,
    },
    text::Text,
};

/// While an alert that fits `source` fires, alerts that fit `target` and agree with it in the labels `equal` are not told.
#[derive(Debug, Clone, PartialEq)]
pub struct Inhibit {
    /// What the graver alert must fit.
    pub source: Vec<Matcher>,
    /// What is held back.
    pub target: Vec<Matcher>,
    /// Labels in which both must agree; one that is missing is empty.
    pub equal: Vec<Text>,
}

impl Inhibit {
    /// Whether this alert is held back by one of these, all of which fire.
    ///
    /// An alert that fits both sides is not held back by another that does: they would silence each other.
    pub fn inhibits<'a>(&self, labels: &Labels, firing: impl IntoIterator<Item = &'a Labels>) -> bool {
        if !all_fit(&self.target, labels) {
            return false;
        }
        let is_source_itself = all_fit(&self.source, labels);
        firing.into_iter().any(|other| {
            all_fit(&self.source, other)
                && !(is_source_itself && all_fit(&self.target, other))
                && self.equal.iter().all(|name| other.get(name.as_str()) == labels.get(name.as_str()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(pairs: &[(&str, &str)]) -> Labels {
        pairs.iter().map(|(name, value)| (Text::scrub(name), Text::scrub(value))).collect()
    }

    #[test]
    fn labels_that_both_lack_are_equal() {
        let rule = Inhibit {
            source: vec![Matcher::equal("severity", "page")],
            target: vec![Matcher::equal("severity", "ticket")],
            equal: vec![Text::scrub("cluster")],
        };
        let (page, ticket) = (labels(&[("severity", "page")]), labels(&[("severity", "ticket")]));
        assert!(rule.inhibits(&ticket, [&page]) && !rule.inhibits(&page, [&page]) && !rule.inhibits(&ticket, []));
        assert!(!rule.inhibits(&labels(&[("severity", "ticket"), ("cluster", "a")]), [&page]));
    }
}
