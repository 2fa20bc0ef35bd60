//! Expressions over the recent past: the part of PromQL that is evaluated here (docs/guide/alerts.md).
//!
//! One evaluator judges signals, alert rules and objectives. Each element carries whether it passed the filters
//! ([`Item::is_kept`]): an element that was measured and left out is "false", one that is not there is "no data" (R39).

mod aggregate;
mod ast;
mod binary;
mod check;
mod eval;
mod func;
mod histogram;
mod lex;
mod matcher;
mod parse;
mod plain;
mod points;
mod relabel;
mod select;

use std::{cell::Cell, fmt};

pub use self::{
    lex::length_ms,
    matcher::{Matcher, whole},
    select::Chosen,
};
use crate::{
    domain::{pool::Pool, sample::Labels},
    text::Text,
};

/// Why an expression cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// It is PromQL, but this is not evaluated here: `predict_linear()`.
    Unsupported(String),
    /// It is no expression.
    Wrong {
        /// The byte at which that shows, from 0.
        at: usize,
        /// What is wrong.
        what: String,
    },
}

impl Fault {
    fn wrong(at: usize, what: &str) -> Self {
        Self::Wrong { at, what: what.to_owned() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsupported(what) => write!(f, "expr uses {what}: not supported here"),
            Self::Wrong { at, what } => write!(f, "expr cannot be read at character {}: {what}", at + 1),
        }
    }
}

/// An expression that can be evaluated.
#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    node: ast::Node,
    written: Text,
}

/// What an expression needs of the pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// The metric; nothing where a selector names none.
    pub name: Option<Text>,
    /// How far back, in milliseconds.
    pub back_ms: i64,
    /// How much of that must be there for a right answer: nothing where only the newest value counts.
    pub range_ms: i64,
}

/// One element of a result.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// The metric's name, while it still is that metric.
    pub name: Option<Text>,
    /// Its labels, without the name.
    pub labels: Labels,
    /// Its value; may be NaN or infinite.
    pub value: f64,
    /// Whether it passed all comparisons. PromQL leaves the others out; here they tell "false" from "no data".
    pub is_kept: bool,
}

/// What an expression comes to.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A number.
    Scalar(f64),
    /// Elements, no two with the same name and labels.
    Vector(Vec<Item>),
    /// A text.
    Text(Text),
}

impl From<eval::Found> for Value {
    fn from(found: eval::Found) -> Self {
        match found {
            eval::Found::Scalar(value) => Self::Scalar(value),
            eval::Found::Vector(items) => Self::Vector(items),
            eval::Found::Text(text) => Self::Text(text),
        }
    }
}

impl Expr {
    /// Reads and checks an expression.
    ///
    /// # Errors
    ///
    /// What is not evaluated here, by name; or what is wrong and where.
    pub fn read(written: &str) -> Result<Self, Fault> {
        let node = parse::expression(written)?;
        if node.kind() == ast::Kind::Matrix {
            return Err(Fault::Unsupported("a range as its result".to_owned()));
        }
        Ok(Self { node, written: Text::scrub(written.trim()) })
    }

    /// The expression as it was written.
    pub fn written(&self) -> &Text {
        &self.written
    }

    /// Evaluates it at an instant, in epoch milliseconds. Elements that were filtered out are in it, marked.
    ///
    /// # Errors
    ///
    /// What cannot be: two elements of one side that match the same of the other, two with the same labels.
    pub fn eval(&self, pool: &Pool, at_ms: i64) -> Result<Value, String> {
        eval::At { pool, at_ms, chosen: None, steps: &Cell::new(0) }.node(&self.node).map(Value::from)
    }

    /// The same, for an expression that is evaluated again and again: which series its matchers mean is remembered in
    /// `chosen`, which is for this expression alone, until a series begins or is forgotten.
    ///
    /// # Errors
    ///
    /// As [`Expr::eval`].
    pub fn eval_again(&self, pool: &Pool, chosen: &Chosen, at_ms: i64) -> Result<Value, String> {
        eval::At { pool, at_ms, chosen: Some(chosen), steps: &Cell::new(0) }.node(&self.node).map(Value::from)
    }

    /// What must be kept for it, one entry a selector.
    pub fn needs(&self) -> Vec<Need> {
        let mut needs = Vec::new();
        select::needs(&self.node, 0, &mut needs);
        needs
    }

    /// When the newest sample was taken that it rests on at an instant, both in epoch milliseconds: of several selectors the
    /// one that was not heard for longest. The instant itself where it rests on none.
    pub fn seen_at(&self, pool: &Pool, at_ms: i64) -> i64 {
        let mut found = Vec::new();
        select::seen(&self.node, pool, at_ms, &mut found);
        found.into_iter().flatten().min().unwrap_or(at_ms)
    }

    /// Why what it comes to at an instant (epoch milliseconds) may not be so: a series that it means cannot be read now, or
    /// was not heard of for longer than counts and did not end. Nothing where all that it means was heard.
    pub fn doubt(&self, pool: &Pool, chosen: Option<&Chosen>, at_ms: i64) -> Option<String> {
        select::doubt(&self.node, pool, chosen, at_ms)
    }

    /// Whether its elements are filtered by a comparison: an alert without one fires for whatever there is.
    pub fn is_condition(&self) -> bool {
        select::is_condition(&self.node)
    }

    /// Whether it can come to "false". `a`, `1` and `a - b` cannot: they hold whatever is measured.
    pub fn can_fail(&self) -> bool {
        select::can_fail(&self.node)
    }
}

#[cfg(test)]
mod tests;
