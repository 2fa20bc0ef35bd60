//! A place in a YAML document.

use saphyr::{Scalar, Yaml};

/// A place in a YAML document.
#[derive(Clone, Copy)]
pub(super) struct Node<'a>(&'a Yaml<'a>);

impl<'a> Node<'a> {
    pub(super) fn new(yaml: &'a Yaml<'a>) -> Self {
        Self(yaml)
    }

    /// What stands at a path of keys.
    pub(super) fn at(self, path: &[&str]) -> Option<Self> {
        let found = path.iter().try_fold(self.0, |node, key| node.as_mapping_get(key))?;
        (!found.is_null()).then_some(Self(found))
    }

    /// A text at a path, or a number or a flag as it would be written.
    pub(super) fn text_at(self, path: &[&str]) -> Option<String> {
        self.at(path)?.text()
    }

    /// The text of a scalar.
    pub(super) fn text(self) -> Option<String> {
        match self.0 {
            Yaml::Value(Scalar::String(text)) => Some(text.trim().to_owned()),
            Yaml::Value(Scalar::Integer(n)) => Some(n.to_string()),
            Yaml::Value(Scalar::FloatingPoint(n)) => Some(n.to_string()),
            Yaml::Value(Scalar::Boolean(flag)) => Some(flag.to_string()),
            _ => None,
        }
    }

    /// A number at a path.
    pub(super) fn number_at(self, path: &[&str]) -> Option<f64> {
        self.text_at(path)?.parse().ok().filter(|n: &f64| n.is_finite())
    }

    /// The items of a list at a path; one that is no list is its only item.
    pub(super) fn list_at(self, path: &[&str]) -> Vec<Self> {
        match self.at(path) {
            Some(Self(Yaml::Sequence(items))) => items.iter().map(Self).collect(),
            Some(one) => vec![one],
            None => Vec::new(),
        }
    }

    /// Whether there is nothing at all, as between two `---`.
    pub(super) fn is_nothing(self) -> bool {
        self.0.is_null() || self.0.is_badvalue()
    }
}
