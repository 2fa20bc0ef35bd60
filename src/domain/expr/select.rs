//! Which series a selector means, and what an expression needs of them.

use std::{cell::RefCell, collections::BTreeMap, sync::Arc};

use crate::domain::{
    expr::{
        Item, Need,
        ast::{Node, Op, Selector},
        func::Func,
    },
    pool::{LOOKBACK_MS, Pool, Ring},
    sample::{Labels, SeriesKey},
};

/// The label that holds the metric's name in selectors and groupings.
pub(super) const NAME: &str = "__name__";

/// What a series is of, as labels: they go where its name goes.
const META: [&str; 2] = ["__type__", "__unit__"];

/// Labels of a value that is not the metric any more.
pub(super) fn without_meta(labels: Labels) -> Labels {
    if META.iter().all(|meta| labels.get(meta).is_none()) {
        return labels;
    }
    let others = labels.iter().filter(|(name, _)| !META.contains(&name.as_str()));
    others.map(|(name, value)| (name.clone(), value.clone())).collect()
}

impl Item {
    /// The value of a label, `__name__` among them; blank where it is not there.
    pub(super) fn get(&self, label: &str) -> &str {
        let value = if label == NAME { self.name.as_ref() } else { self.labels.get(label) };
        value.map_or("", |value| value.as_str())
    }
}

/// Which series the selectors of one expression meant, by their places in it, with the pool's mark at that time.
#[derive(Debug, Clone, Default)]
pub struct Chosen(RefCell<BTreeMap<usize, (u64, Places)>>);

/// Places of series in the pool.
type Places = Arc<[usize]>;

impl Selector {
    /// Walks the series it means.
    pub(super) fn series<'a>(
        &'a self,
        pool: &'a Pool,
        chosen: Option<&Chosen>,
    ) -> Box<dyn Iterator<Item = (&'a SeriesKey, &'a Ring)> + 'a> {
        let Some(chosen) = chosen.filter(|_| !self.matchers.is_empty()) else {
            return Box::new(pool.named(self.name.as_ref()).filter(|(key, _)| self.means(key)));
        };
        let known = chosen.0.borrow().get(&self.place).filter(|(mark, _)| *mark == pool.mark()).cloned();
        let places = known.map(|(_, places)| places).unwrap_or_else(|| {
            let places = pool.places(self.name.as_ref());
            let meant = places.filter(|place| pool.at(*place).is_some_and(|(key, _)| self.means(key)));
            let found: Places = meant.collect();
            chosen.0.borrow_mut().insert(self.place, (pool.mark(), Arc::clone(&found)));
            found
        });
        Box::new((0..places.len()).filter_map(move |n| pool.at(*places.get(n)?)))
    }

    fn means(&self, key: &SeriesKey) -> bool {
        self.matchers.iter().all(|matcher| {
            let label = matcher.label.as_str();
            let value = if label == NAME { Some(&key.name) } else { key.labels.get(label) };
            matcher.meets(value.map_or("", |value| value.as_str()))
        })
    }
}

/// Lists what the selectors of a step ask of the pool; `back_ms` is asked by what stands around it.
pub(super) fn needs(node: &Node, back_ms: i64, found: &mut Vec<Need>) {
    let mut need = |selector: &Selector, own: i64, range: i64| {
        let moved = back_ms.saturating_add(selector.offset.max(0));
        let (back_ms, range_ms) = (moved.saturating_add(own), moved.saturating_add(range));
        found.push(Need { name: selector.name.clone(), back_ms, range_ms });
    };
    match node {
        Node::Number(_) | Node::Text(_) => {}
        Node::Select(selector) => need(selector, LOOKBACK_MS, 0),
        Node::Range(selector, range) => need(selector, *range, *range),
        Node::Sub(sub) => {
            let own = sub.range.saturating_add(sub.offset.max(0)).saturating_add(sub.step);
            needs(&sub.inner, back_ms.saturating_add(own), found);
        }
        Node::Minus(inner) => needs(inner, back_ms, found),
        Node::Binary(binary) => {
            needs(&binary.left, back_ms, found);
            needs(&binary.right, back_ms, found);
        }
        Node::Call(_, args) => args.iter().for_each(|arg| needs(arg, back_ms, found)),
        Node::Aggregate(aggregate) => {
            needs(&aggregate.inner, back_ms, found);
            if let Some(param) = &aggregate.param {
                needs(param, back_ms, found);
            }
        }
    }
}

/// Lists when the newest sample was taken that each selector of a step has before an instant; nothing where it has none. What
/// asks whether something is absent rests on no sample.
pub(super) fn seen(node: &Node, pool: &Pool, at_ms: i64, found: &mut Vec<Option<i64>>) {
    let newest = |selector: &Selector| {
        let until = at_ms.saturating_sub(selector.offset);
        let of = selector.series(pool, None).filter_map(|(_, ring)| ring.latest(i64::MIN, until)).map(|(at, _)| at);
        of.max().map(|at| at.saturating_add(selector.offset))
    };
    match node {
        Node::Number(_) | Node::Text(_) | Node::Call(Func::Absent | Func::AbsentOver, _) => {}
        Node::Select(selector) | Node::Range(selector, _) => found.push(newest(selector)),
        Node::Sub(sub) => seen(&sub.inner, pool, at_ms.saturating_sub(sub.offset), found),
        Node::Minus(inner) => seen(inner, pool, at_ms, found),
        Node::Binary(binary) => {
            seen(&binary.left, pool, at_ms, found);
            seen(&binary.right, pool, at_ms, found);
        }
        Node::Call(_, args) => args.iter().for_each(|arg| seen(arg, pool, at_ms, found)),
        Node::Aggregate(aggregate) => seen(&aggregate.inner, pool, at_ms, found),
    }
}

/// Says why what a step comes to at an instant may not be so: a series that one of its selectors means cannot be read, or is
/// missed. What asks whether something is absent rests on no series.
pub(super) fn doubt(node: &Node, pool: &Pool, chosen: Option<&Chosen>, at_ms: i64) -> Option<String> {
    let of = |selector: &Selector, range: i64| {
        let until = at_ms.saturating_sub(selector.offset);
        selector.series(pool, chosen).find_map(|series| pool.doubts(series, until.saturating_sub(range), until))
    };
    let within = |node: &Node| doubt(node, pool, chosen, at_ms);
    match node {
        Node::Number(_) | Node::Text(_) | Node::Call(Func::Absent | Func::AbsentOver, _) => None,
        Node::Select(selector) => of(selector, LOOKBACK_MS),
        Node::Range(selector, range) => of(selector, *range),
        Node::Sub(sub) => doubt(&sub.inner, pool, chosen, at_ms.saturating_sub(sub.offset)),
        Node::Minus(inner) => within(inner),
        Node::Binary(binary) => within(&binary.left).or_else(|| within(&binary.right)),
        Node::Call(_, args) => args.iter().find_map(within),
        Node::Aggregate(aggregate) => within(&aggregate.inner),
    }
}

/// Whether something in it can be true or false.
pub(super) fn is_condition(node: &Node) -> bool {
    match node {
        Node::Number(_) | Node::Text(_) | Node::Select(_) | Node::Range(..) | Node::Sub(_) => false,
        Node::Minus(inner) => is_condition(inner),
        Node::Binary(binary) => {
            (binary.op.is_comparison() && !binary.is_bool)
                || binary.op.is_set()
                || is_condition(&binary.left)
                || is_condition(&binary.right)
        }
        Node::Call(func, args) => matches!(func, Func::Absent | Func::AbsentOver) || args.iter().any(is_condition),
        Node::Aggregate(aggregate) => is_condition(&aggregate.inner),
    }
}

/// Whether it can come to "false": what compares nothing holds whatever is measured.
pub(super) fn can_fail(node: &Node) -> bool {
    match node {
        Node::Number(_) | Node::Text(_) | Node::Select(_) | Node::Range(..) | Node::Sub(_) => false,
        Node::Minus(inner) => can_fail(inner),
        Node::Binary(binary) => {
            let (left, right) = (can_fail(&binary.left), can_fail(&binary.right));
            match binary.op {
                Op::Or => left && right,
                Op::Unless => true,
                _ => (binary.op.is_comparison() && !binary.is_bool) || left || right,
            }
        }
        // A number that is not there is "no data", and any other one is a number.
        Node::Call(Func::Scalar | Func::Vector, _) => false,
        Node::Call(func, args) => matches!(func, Func::Absent | Func::AbsentOver) || args.iter().any(can_fail),
        Node::Aggregate(aggregate) => can_fail(&aggregate.inner),
    }
}
