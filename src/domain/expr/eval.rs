//! An expression at an instant.

use std::{cell::Cell, collections::HashSet};

use chrono::{DateTime, Datelike, Timelike, Utc};

use crate::{
    domain::{
        expr::{
            Item,
            ast::{Binary, Node, Selector},
            binary::{self, arithmetic, passes},
            check::seconds,
            func::Func,
            histogram, relabel,
            select::{Chosen, without_meta},
        },
        pool::{LOOKBACK_MS, Pool, Ring},
        sample::{Labels, SeriesKey},
    },
    text::{Text, grouped},
};

/// What a step comes to.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Found {
    Scalar(f64),
    Vector(Vec<Item>),
    Text(Text),
}

/// Where and when.
#[derive(Clone, Copy)]
pub(super) struct At<'a> {
    pub(super) pool: &'a Pool,
    pub(super) at_ms: i64,
    pub(super) chosen: Option<&'a Chosen>,
    /// Elements that were looked at so far.
    pub(super) steps: &'a Cell<usize>,
}

/// Elements that one evaluation may look at: terms times series. Beyond that it holds up everybody else's.
const STEPS: usize = 1_000_000;

impl Item {
    /// An element without name and labels.
    pub(super) fn of(value: f64) -> Self {
        Self { name: None, labels: Labels::default(), value, is_kept: true }
    }
}

/// Refuses elements that cannot be told apart. Elements that were filtered out are in nobody's way.
pub(super) fn distinct(items: &[Item]) -> Result<(), String> {
    let mut seen = HashSet::with_capacity(items.len());
    match items.iter().filter(|item| item.is_kept).find(|item| !seen.insert((&item.name, &item.labels))) {
        Some(twice) => Err(format!("two elements have the same labels {{{}}}", twice.labels)),
        None => Ok(()),
    }
}

/// Takes the names off: a value that was calculated is not the metric any more.
pub(super) fn unnamed(mut items: Vec<Item>) -> Result<Vec<Item>, String> {
    let first = items.first().map(|item| item.name.clone());
    let is_mixed = items.iter().any(|item| Some(&item.name) != first.as_ref());
    for item in &mut items {
        item.name = None;
        item.labels = without_meta(std::mem::take(&mut item.labels));
    }
    if is_mixed {
        distinct(&items)?;
    }
    Ok(items)
}

impl At<'_> {
    pub(super) fn node(&self, node: &Node) -> Result<Found, String> {
        if STEPS < self.steps.get() {
            return Err(format!("too dear (more than {} steps: terms times series)", grouped(STEPS)));
        }
        let found = self.step(node)?;
        let n = if let Found::Vector(items) = &found { items.len() } else { 0 };
        self.steps.set(self.steps.get().saturating_add(n).saturating_add(1));
        Ok(found)
    }

    fn step(&self, node: &Node) -> Result<Found, String> {
        Ok(match node {
            Node::Number(value) => Found::Scalar(*value),
            Node::Text(text) => Found::Text(text.clone()),
            Node::Select(selector) => Found::Vector(self.latest(selector, |(_, value)| value)),
            // Ranges stand only where a function takes them.
            Node::Range(..) | Node::Sub(_) => Found::Vector(Vec::new()),
            Node::Minus(inner) => match self.node(inner)? {
                Found::Scalar(value) => Found::Scalar(-value),
                Found::Vector(items) => Found::Vector(self.mapped(items, |value| -value)?),
                text @ Found::Text(_) => text,
            },
            Node::Binary(binary) => self.operation(binary)?,
            Node::Call(func, args) => self.call(*func, args)?,
            Node::Aggregate(aggregate) => Found::Vector(self.aggregate(aggregate)?),
        })
    }

    /// The elements a step comes to; a number is none.
    pub(super) fn vector(&self, node: &Node) -> Result<Vec<Item>, String> {
        Ok(match self.node(node)? {
            Found::Vector(items) => items,
            Found::Scalar(_) | Found::Text(_) => Vec::new(),
        })
    }

    /// The number a step comes to; NaN where it is none.
    pub(super) fn scalar(&self, node: Option<&Node>) -> Result<f64, String> {
        Ok(match node.map(|node| self.node(node)).transpose()? {
            Some(Found::Scalar(value)) => value,
            _ => f64::NAN,
        })
    }

    /// The text a step comes to; blank where it is none.
    pub(super) fn text(&self, node: Option<&Node>) -> Result<Text, String> {
        Ok(match node.map(|node| self.node(node)).transpose()? {
            Some(Found::Text(text)) => text,
            _ => Text::default(),
        })
    }

    /// The newest sample of each series that is not older than the look-back.
    fn latest(&self, selector: &Selector, value: impl Fn((i64, f64)) -> f64) -> Vec<Item> {
        let until = self.at_ms.saturating_sub(selector.offset);
        let from = until.saturating_sub(LOOKBACK_MS);
        let item = |(key, ring): (&SeriesKey, &Ring)| {
            let value = value(ring.latest(from, until)?);
            Some(Item { name: Some(key.name.clone()), labels: key.labels.clone(), value, is_kept: true })
        };
        selector.series(self.pool, self.chosen).filter_map(item).collect()
    }

    fn operation(&self, binary: &Binary) -> Result<Found, String> {
        let (left, right) = (self.node(&binary.left)?, self.node(&binary.right)?);
        Ok(match (left, right) {
            (Found::Scalar(left), Found::Scalar(right)) => {
                let is_true = f64::from(u8::from(passes(binary.op, left, right)));
                Found::Scalar(if binary.op.is_comparison() { is_true } else { arithmetic(binary.op, left, right) })
            }
            (Found::Vector(left), Found::Scalar(right)) => {
                Found::Vector(binary::beside(binary, left, |value| (value, right))?)
            }
            (Found::Scalar(left), Found::Vector(right)) => {
                Found::Vector(binary::beside(binary, right, |value| (left, value))?)
            }
            (Found::Vector(left), Found::Vector(right)) => Found::Vector(binary::joined(binary, left, right)?),
            (text @ Found::Text(_), _) | (_, text) => text,
        })
    }

    fn mapped(&self, mut items: Vec<Item>, change: impl Fn(f64) -> f64) -> Result<Vec<Item>, String> {
        for item in &mut items {
            item.value = change(item.value);
        }
        unnamed(items)
    }

    fn call(&self, func: Func, args: &[Node]) -> Result<Found, String> {
        let (first, second, third) = (args.first(), args.get(1), args.get(2));
        let Some(first) = first else { return Ok(self.alone(func)) };
        let items = match func {
            Func::Scalar => {
                let items = self.vector(first)?;
                let mut kept = items.iter().filter(|item| item.is_kept);
                return Ok(Found::Scalar(match (kept.next(), kept.next()) {
                    (Some(only), None) => only.value,
                    _ => f64::NAN,
                }));
            }
            Func::Vector => vec![Item::of(self.scalar(Some(first))?)],
            Func::Absent | Func::AbsentOver => vec![self.absent(func, first)?],
            Func::Timestamp => match first {
                Node::Select(selector) => unnamed(self.latest(selector, |(at, _)| seconds(at)))?,
                other => self.mapped(self.vector(other)?, |_| seconds(self.at_ms))?,
            },
            Func::HistogramQuantile => {
                let share = self.scalar(Some(first))?;
                histogram::quantiles(share, second.map_or_else(|| Ok(Vec::new()), |node| self.vector(node))?)
            }
            Func::QuantileOver => match second {
                Some(range) => self.over(func, self.scalar(Some(first))?, range)?,
                None => Vec::new(),
            },
            Func::LabelReplace | Func::LabelJoin => {
                let texts: Result<Vec<Text>, String> = args.iter().skip(1).map(|arg| self.text(Some(arg))).collect();
                let items = self.vector(first)?;
                if func == Func::LabelJoin {
                    relabel::joined(items, &texts?)?
                } else {
                    relabel::replaced(items, &texts?)?
                }
            }
            Func::Sort | Func::SortDesc => sorted(self.vector(first)?, func == Func::SortDesc),
            Func::Clamp | Func::ClampMin | Func::ClampMax => {
                let (one, two) = (self.scalar(second)?, self.scalar(third)?);
                clamped(func, self.vector(first)?, one, two).and_then(unnamed)?
            }
            Func::Round => {
                let to = if second.is_some() { self.scalar(second)? } else { 1.0 };
                // Prometheus divides by the inverse, so that steps such as 0.1 come out exactly.
                self.mapped(self.vector(first)?, |value| (value * (1.0 / to) + 0.5).floor() / (1.0 / to))?
            }
            _ => match (plain(func), date(func)) {
                (Some(change), _) => self.mapped(self.vector(first)?, change)?,
                (_, Some(part)) => self.mapped(self.vector(first)?, |value| part_of(value, part))?,
                (None, None) => self.over(func, f64::NAN, first)?,
            },
        };
        Ok(Found::Vector(items))
    }

    /// A function that is given nothing.
    fn alone(&self, func: Func) -> Found {
        let now = seconds(self.at_ms);
        match func {
            Func::Time => Found::Scalar(now),
            Func::Pi => Found::Scalar(std::f64::consts::PI),
            _ => Found::Vector(date(func).map(|part| Item::of(part_of(now, part))).into_iter().collect()),
        }
    }

    /// One where there is nothing; the same element, left out, where there is something.
    fn absent(&self, func: Func, node: &Node) -> Result<Item, String> {
        let is_there = if func == Func::Absent {
            self.vector(node)?.iter().any(|item| item.is_kept)
        } else {
            !self.over(Func::PresentOver, f64::NAN, node)?.is_empty()
        };
        let labels = match node {
            Node::Select(selector) | Node::Range(selector, _) => told(selector),
            _ => Labels::default(),
        };
        Ok(Item { name: None, labels, value: 1.0, is_kept: !is_there })
    }
}

/// The labels a selector tells of series that are not there: those that must be one value, and are named once.
fn told(selector: &Selector) -> Labels {
    let named = |label: &Text| selector.matchers.iter().filter(|other| other.label == *label).count();
    let once = selector.matchers.iter().filter(|matcher| named(&matcher.label) == 1);
    once.filter_map(|matcher| Some((matcher.label.clone(), matcher.only()?.clone()))).collect()
}

fn sorted(mut items: Vec<Item>, is_down: bool) -> Vec<Item> {
    items.sort_by(|a, b| match (a.value.is_nan(), b.value.is_nan()) {
        (false, false) if is_down => b.value.total_cmp(&a.value),
        (false, false) => a.value.total_cmp(&b.value),
        (a, b) => a.cmp(&b),
    });
    items
}

fn clamped(func: Func, mut items: Vec<Item>, one: f64, two: f64) -> Result<Vec<Item>, String> {
    let (least, most) = match func {
        Func::ClampMin => (one, f64::INFINITY),
        Func::ClampMax => (f64::NEG_INFINITY, one),
        _ => (one, two),
    };
    if least > most {
        return Ok(Vec::new());
    }
    let is_nan = (least.is_nan() || most.is_nan()).then_some(f64::NAN);
    for item in &mut items {
        // NaN stays what it is: nothing is known of it.
        let held = if item.value < least {
            least
        } else if item.value > most {
            most
        } else {
            item.value
        };
        item.value = is_nan.unwrap_or(held);
    }
    Ok(items)
}

/// Functions of one value.
fn plain(func: Func) -> Option<fn(f64) -> f64> {
    Some(match func {
        Func::Abs => f64::abs,
        Func::Ceil => f64::ceil,
        Func::Floor => f64::floor,
        Func::Exp => f64::exp,
        Func::Ln => f64::ln,
        Func::Log2 => f64::log2,
        Func::Log10 => f64::log10,
        Func::Sqrt => f64::sqrt,
        Func::Sgn => |value| {
            if value > 0.0 {
                1.0
            } else if value < 0.0 {
                -1.0
            } else {
                value
            }
        },
        _ => return None,
    })
}

/// Functions of a time.
fn date(func: Func) -> Option<fn(DateTime<Utc>) -> u32> {
    Some(match func {
        Func::Minute => |at| at.minute(),
        Func::Hour => |at| at.hour(),
        Func::DayOfWeek => |at| at.weekday().num_days_from_sunday(),
        Func::DayOfMonth => |at| at.day(),
        Func::DayOfYear => |at| at.ordinal(),
        Func::DaysInMonth => |at| u32::from(at.num_days_in_month()),
        Func::Month => |at| at.month(),
        Func::Year => |at| at.year().unsigned_abs(),
        _ => return None,
    })
}

/// A part of the date that is so many seconds after 1970; NaN where that is no time.
fn part_of(seconds: f64, part: fn(DateTime<Utc>) -> u32) -> f64 {
    if !seconds.is_finite() || seconds.abs() > 1e12 {
        return f64::NAN;
    }
    DateTime::from_timestamp(seconds.floor() as i64, 0).map_or(f64::NAN, |at| f64::from(part(at)))
}
