//! Connections: a list, and the part of it that was asked for.

use serde_json::{Map, Value};

use crate::{
    graphql::run::Thing,
    rest::page::{Key, read_cursor, write_cursor},
};

/// A list in its order.
#[derive(Debug, Clone)]
pub struct Connection {
    /// What its entries are declared as.
    pub of: String,
    /// Entries by their place in the order.
    pub items: Vec<(Key, Thing)>,
    /// Whether the order falls.
    pub is_descending: bool,
}

/// A part of a list.
#[derive(Debug, Clone)]
pub struct Page {
    /// What its entries are declared as.
    pub of: String,
    /// How many there are in the whole list.
    pub total: usize,
    /// The entries of this part.
    pub items: Vec<(Key, Thing)>,
    /// Whether there are more before.
    pub has_previous: bool,
    /// Whether there are more after.
    pub has_next: bool,
}

impl Connection {
    /// A list in the order given, which cursors then count.
    pub fn counted(of: &str, things: impl IntoIterator<Item = Thing>) -> Self {
        let items = things.into_iter().enumerate().map(|(i, thing)| ((i as i64 + 1, 0), thing)).collect();
        Self { of: of.to_owned(), items, is_descending: false }
    }

    /// The part asked for by `first`, `after`, `last`, `before`.
    pub fn page(self, arguments: &Map<String, Value>) -> Page {
        let cursor = |name: &str| arguments.get(name).and_then(Value::as_str).and_then(read_cursor);
        let number = |name: &str| arguments.get(name).and_then(Value::as_u64).map(|n| n as usize);
        let total = self.items.len();
        let is_behind = |key: &Key, other: &Key| if self.is_descending { key < other } else { key > other };
        let mut start = match cursor("after") {
            Some(after) => self.items.iter().position(|(key, _)| is_behind(key, &after)).unwrap_or(total),
            None => 0,
        };
        let mut end = match cursor("before") {
            Some(before) => {
                self.items.iter().position(|(key, _)| *key == before || is_behind(key, &before)).unwrap_or(total)
            }
            None => total,
        };
        if let Some(first) = number("first") {
            end = end.min(start + first);
        } else if let Some(last) = number("last") {
            start = start.max(end.saturating_sub(last));
        }
        end = end.max(start);
        let items = self.items.into_iter().skip(start).take(end - start).collect();
        Page { of: self.of, total, items, has_previous: start > 0, has_next: end < total }
    }
}

impl Page {
    /// Its `pageInfo`.
    pub fn info(&self) -> Value {
        let cursor = |item: Option<&(Key, Thing)>| item.map(|(key, _)| write_cursor(*key));
        serde_json::json!({"endCursor": cursor(self.items.last()), "startCursor": cursor(self.items.first()),
            "hasNextPage": self.has_next, "hasPreviousPage": self.has_previous})
    }
}
