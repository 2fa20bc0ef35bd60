//! How loud a shift was, and whether the noise was worth it (R47).

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    domain::{
        stats::{period::Period, summary::seconds},
        time::between,
    },
    text::Text,
};

/// Pages a shift of twelve hours may bring.
const PAGES_PER_12_H: f64 = 2.0;

/// What ends by itself within this time needed nobody.
const SELF_RESOLVED: TimeDelta = TimeDelta::minutes(5);

/// What comes again within this time of its end was not over.
const REFIRED: TimeDelta = TimeDelta::minutes(30);

/// One page: a rule called somebody.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// What fired: the rule with what tells its alerts apart.
    pub key: Text,
    /// When it called.
    pub at: DateTime<Utc>,
    /// When it was over.
    pub resolved_at: Option<DateTime<Utc>>,
    /// Somebody took it on.
    pub is_acked: bool,
    /// Somebody had to do something.
    pub is_actionable: bool,
}

/// How loud it was.
#[derive(Debug, Clone, PartialEq)]
pub struct Noise {
    /// Pages.
    pub pages: usize,
    /// Pages in twelve hours; nothing for a stretch without length.
    pub per_12_h: Option<f64>,
    /// Different keys.
    pub distinct: usize,
    /// Over by themselves within five minutes, taken on by nobody.
    pub self_resolved_unacked: usize,
    /// Called again within thirty minutes of the end of the page before with the same key.
    pub refired: usize,
    /// The share that somebody had to act on; of no page, nothing.
    pub actionable_ratio: Option<f64>,
    /// Taken on by nobody.
    pub never_acked: usize,
    /// More than two pages in twelve hours.
    pub is_over_budget: bool,
}

/// How loud the pages of a stretch of this length were: one rule's or all, of one shift or many.
pub fn audit<'a>(pages: impl IntoIterator<Item = &'a Page>, stretch: TimeDelta) -> Noise {
    let mut pages: Vec<&Page> = pages.into_iter().collect();
    pages.sort_by(|a, b| a.key.cmp(&b.key).then(a.at.cmp(&b.at)));
    let hours = seconds(stretch) / 3_600.0;
    let per_12_h = (0.0 < hours).then(|| pages.len() as f64 * 12.0 / hours);
    let is_brief = |page: &&&Page| page.resolved_at.is_some_and(|end| between(page.at, end) <= SELF_RESOLVED);
    let actionable = pages.iter().filter(|page| page.is_actionable).count();
    Noise {
        pages: pages.len(),
        per_12_h,
        distinct: pages.chunk_by(|a, b| a.key == b.key).count(),
        self_resolved_unacked: pages.iter().filter(|page| !page.is_acked).filter(is_brief).count(),
        refired: pages.windows(2).filter(|pair| matches!(pair, [before, page] if is_again(before, page))).count(),
        actionable_ratio: (!pages.is_empty()).then(|| actionable as f64 / pages.len() as f64),
        never_acked: pages.iter().filter(|page| !page.is_acked).count(),
        is_over_budget: per_12_h.is_some_and(|n| PAGES_PER_12_H < n),
    }
}

/// The audit of each key by itself, the loudest first.
pub fn by_key(pages: &[Page], stretch: TimeDelta) -> Vec<(Text, Noise)> {
    let mut sorted: Vec<&Page> = pages.iter().collect();
    sorted.sort_by(|a, b| a.key.cmp(&b.key));
    let mut audits: Vec<(Text, Noise)> = sorted
        .chunk_by(|a, b| a.key == b.key)
        .filter_map(|same| Some((same.first()?.key.clone(), audit(same.iter().copied(), stretch))))
        .collect();
    audits.sort_by_key(|(_, noise)| std::cmp::Reverse(noise.pages));
    audits
}

/// The audit of each shift by itself, a page in the shift in which it called. A page that came again belongs to the later
/// shift, though what it repeats may have been the shift's before.
pub fn by_shift(pages: &[Page], shifts: &[Period]) -> Vec<Noise> {
    let audit_of = |shift: &Period| {
        let held: Vec<&Page> = pages.iter().filter(|page| shift.holds(page.at)).collect();
        let again = |page: &&&Page| pages.iter().any(|before| !shift.holds(before.at) && is_again(before, page));
        let from_before = held.iter().filter(again).count();
        let mut noise = audit(held.iter().copied(), between(shift.start, shift.end));
        noise.refired += from_before;
        noise
    };
    shifts.iter().map(audit_of).collect()
}

/// Whether `page` called soon after `before` was over.
fn is_again(before: &Page, page: &Page) -> bool {
    let is_soon = |end| (TimeDelta::zero()..=REFIRED).contains(&between(end, page.at));
    before.key == page.key && before.at < page.at && before.resolved_at.is_some_and(is_soon)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(key: &str, at: i64, resolved: Option<i64>, is_acked: bool) -> Page {
        let instant = |s| DateTime::from_timestamp(s, 0).unwrap();
        let resolved_at = resolved.map(instant);
        Page { key: Text::scrub(key), at: instant(at), resolved_at, is_acked, is_actionable: is_acked }
    }

    #[test]
    fn what_comes_again_and_what_ends_by_itself_is_counted_per_key() {
        let pages = [page("cpu", 0, Some(60), false), page("disk", 100, None, true), page("cpu", 300, None, false)];
        let all = audit(&pages, TimeDelta::hours(12));
        assert_eq!((all.pages, all.distinct, all.refired, all.self_resolved_unacked, all.never_acked), (3, 2, 1, 1, 2));
        assert!(all.is_over_budget);
        let by_key = by_key(&pages, TimeDelta::hours(12));
        assert_eq!((by_key[0].0.as_str(), by_key[0].1.pages, by_key[0].1.is_over_budget), ("cpu", 2, false));
    }

    #[test]
    fn a_shift_has_the_pages_that_called_in_it() {
        let pages =
            [page("cpu", 0, Some(60), false), page("cpu", 43_300, Some(43_400), true), page("cpu", 43_500, None, true)];
        let edge = |s| DateTime::from_timestamp(s, 0).unwrap();
        let shifts = [(0, 43_200), (43_200, 86_400), (86_400, 129_600)].map(|(a, b)| Period::between(edge(a), edge(b)));
        let found: Vec<_> = by_shift(&pages, &shifts).iter().map(|n| (n.pages, n.refired, n.is_over_budget)).collect();
        assert_eq!(found, [(1, 0, false), (2, 1, false), (0, 0, false)]);
        let late = [page("cpu", 43_000, Some(43_100), true), page("cpu", 43_300, None, true)];
        assert_eq!(by_shift(&late, &shifts)[1].refired, 1);
    }

    #[test]
    fn a_quiet_shift_has_no_ratio() {
        let quiet = audit([], TimeDelta::hours(12));
        assert_eq!((quiet.pages, quiet.per_12_h, quiet.actionable_ratio), (0, Some(0.0), None));
        assert_eq!(audit([], TimeDelta::zero()).per_12_h, None);
    }
}
