//! What a host lets us ask: what is left, what we may take of it, and when it wants to be left alone.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    domain::time::{between, plus},
    source::github::limit::{self, Budget},
    wire::Response,
};

/// Left alone of each window, for what a person does at the keyboard.
pub(super) const RESERVE: u64 = 200;

/// Of a window we take this part: the token is shared with the person's other tools.
const OUR_PART: u64 = 3;

/// However tight it is, changes are looked for at least this much more rarely than asked, and no more.
const STRETCH: i32 = 20;

/// Which window a request is paid from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coin {
    /// A REST request.
    Rest,
    /// A GraphQL point.
    Point,
}

#[derive(Debug, Clone, Default)]
struct Window {
    budget: Option<Budget>,
    /// What we took ourselves since the window opened.
    taken: u64,
    blocked_until: Option<DateTime<Utc>>,
}

/// Until when a host wants to be left alone; nothing = it does not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Waits {
    /// By everybody, whatever is asked.
    pub all: Option<DateTime<Utc>>,
    /// By REST.
    pub rest: Option<DateTime<Utc>>,
    /// By GraphQL.
    pub points: Option<DateTime<Utc>>,
}

impl Waits {
    /// The latest of them.
    pub fn last(self) -> Option<DateTime<Utc>> {
        [self.all, self.rest, self.points].into_iter().flatten().max()
    }

    /// The same, each instant as `change` makes it; nothing where that leaves nothing.
    pub fn map(self, change: impl Fn(DateTime<Utc>) -> Option<DateTime<Utc>>) -> Self {
        let Self { all, rest, points } = self;
        Self { all: all.and_then(&change), rest: rest.and_then(&change), points: points.and_then(&change) }
    }
}

/// The windows of one host and token.
#[derive(Debug, Clone, Default)]
pub(super) struct Purse {
    rest: Window,
    points: Window,
    /// Nothing may be asked before.
    blocked_until: Option<DateTime<Utc>>,
    /// Secondary limits in a row: each doubles the least wait.
    n_blocked: u32,
}

impl Purse {
    fn window(&self, coin: Coin) -> &Window {
        match coin {
            Coin::Rest => &self.rest,
            Coin::Point => &self.points,
        }
    }

    fn window_mut(&mut self, coin: Coin) -> &mut Window {
        match coin {
            Coin::Rest => &mut self.rest,
            Coin::Point => &mut self.points,
        }
    }

    /// Learns from an answer what is left; `cost` is what we reckon it cost.
    pub(super) fn learn(&mut self, response: &Response, coin: Coin, cost: u64, now: DateTime<Utc>) {
        let is_served = response.status < 400;
        // A host counts each of its windows by itself; search has a small one that says nothing of the others.
        let is_other = match response.header("x-ratelimit-resource").map(str::trim) {
            Some("core") => coin != Coin::Rest,
            Some("graphql") => coin != Coin::Point,
            Some(_) => true,
            None => false,
        };
        if is_served {
            self.n_blocked = 0;
        }
        if is_other {
            return;
        }
        let told = limit::budget(response, now);
        let window = self.window_mut(coin);
        if window.budget.is_some_and(|known| known.resets_at <= now) {
            *window = Window { blocked_until: window.blocked_until, ..Window::default() };
        }
        if is_served && response.status != 304 {
            window.taken = window.taken.saturating_add(cost);
        }
        window.budget = told.filter(|told| now < told.resets_at).or(window.budget);
    }

    /// The host asks for patience.
    pub(super) fn block(&mut self, coin: Option<Coin>, until: DateTime<Utc>, now: DateTime<Utc>) {
        match coin {
            Some(coin) => self.window_mut(coin).blocked_until = Some(until),
            None => {
                let doubled = TimeDelta::seconds(30).checked_mul(1 << self.n_blocked.min(6)).unwrap_or_default();
                self.n_blocked = self.n_blocked.saturating_add(1);
                let least = if self.n_blocked > 1 { plus(now, doubled) } else { until };
                self.blocked_until = Some(until.max(least));
            }
        }
    }

    /// The host asked somebody else for patience; nothing = for everything. A longer wait stays.
    pub(super) fn hold(&mut self, coin: Option<Coin>, until: DateTime<Utc>) {
        let held = match coin {
            Some(coin) => &mut self.window_mut(coin).blocked_until,
            None => &mut self.blocked_until,
        };
        *held = (*held).max(Some(until));
    }

    /// Another token has windows of its own; a host that wants to be left alone wants it of this machine.
    pub(super) fn begin_anew(&mut self) {
        *self = Self { blocked_until: self.blocked_until, n_blocked: self.n_blocked, ..Self::default() };
    }

    /// Until when nothing may be asked, and nothing by REST.
    pub(super) fn held(&self, now: DateTime<Utc>) -> (Option<DateTime<Utc>>, Option<DateTime<Utc>>) {
        let ahead = |until: Option<DateTime<Utc>>| until.filter(|until| now < *until);
        (ahead(self.blocked_until), ahead(self.rest.blocked_until))
    }

    /// All that is waited for, so that the next process waits as well.
    pub(super) fn waits(&self, now: DateTime<Utc>) -> Waits {
        let ahead = |until: Option<DateTime<Utc>>| until.filter(|until| now < *until);
        Waits {
            all: ahead(self.blocked_until),
            rest: ahead(self.rest.blocked_until),
            points: ahead(self.points.blocked_until),
        }
    }

    /// When a request may be made that is paid so; nothing = now. What is not urgent leaves a third of our part untouched.
    pub(super) fn wait(&self, coin: Coin, is_urgent: bool, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let window = self.window(coin);
        let blocked = [self.blocked_until, window.blocked_until].into_iter().flatten().max();
        if let Some(until) = blocked.filter(|until| now < *until) {
            return Some(until);
        }
        let budget = window.budget.filter(|budget| now < budget.resets_at)?;
        let ours = budget.limit / OUR_PART;
        let is_out = budget.remaining <= RESERVE.min(budget.limit / 4);
        // The first reading of a large host may take two parts of three in one window; looking for changes goes on.
        let is_taken = !is_urgent && window.taken >= ours.saturating_mul(2).max(30);
        (is_out || is_taken).then_some(budget.resets_at)
    }

    /// How much more rarely to look for changes than asked, so that what is left lasts: 1 or more, by what an hour of it costs.
    pub(super) fn stretched(&self, every: TimeDelta, coin: Coin, cost: u64, now: DateTime<Utc>) -> TimeDelta {
        let window = self.window(coin);
        let Some(budget) = window.budget.filter(|budget| now < budget.resets_at) else { return every };
        let reserve = RESERVE.min(budget.limit / 4);
        let ours = (budget.limit / OUR_PART).saturating_sub(window.taken);
        let left = budget.remaining.saturating_sub(reserve).min(ours.max(budget.limit / 100)).max(1);
        let ahead = between(now, budget.resets_at).num_milliseconds().max(1);
        let rounds = i64::try_from(left / cost.max(1)).unwrap_or(i64::MAX).max(1);
        let lasting = TimeDelta::milliseconds(ahead / rounds);
        let most = every.checked_mul(STRETCH).unwrap_or(every);
        lasting.clamp(every, most)
    }

    /// What is left of a window, where the host says.
    pub(super) fn budget(&self, coin: Coin) -> Option<Budget> {
        self.window(coin).budget
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::parse_rfc3339;

    fn now() -> DateTime<Utc> {
        parse_rfc3339("2026-11-20T14:00:00Z").unwrap()
    }

    fn answer(status: u16, remaining: u64, reset_in: i64, resource: &str) -> Response {
        let reset = plus(now(), TimeDelta::seconds(reset_in)).timestamp().to_string();
        let headers = [
            ("x-ratelimit-limit", "5000"),
            ("x-ratelimit-remaining", &remaining.to_string()),
            ("x-ratelimit-reset", &reset),
            ("x-ratelimit-resource", resource),
        ];
        let headers = headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        Response { status, headers, body: Vec::new() }
    }

    #[test]
    fn the_reserve_is_left_to_the_person_at_the_keyboard() {
        let mut purse = Purse::default();
        purse.learn(&answer(200, 200, 600, "core"), Coin::Rest, 1, now());
        assert_eq!(purse.wait(Coin::Rest, true, now()), Some(plus(now(), TimeDelta::seconds(600))));
        assert_eq!(purse.wait(Coin::Point, true, now()), None, "another window");
        assert_eq!(purse.wait(Coin::Rest, true, plus(now(), TimeDelta::seconds(600))), None, "a new window");
    }

    #[test]
    fn what_is_left_is_made_to_last() {
        let every = TimeDelta::seconds(30);
        let mut purse = Purse::default();
        purse.learn(&answer(200, 4_900, 3_600, "graphql"), Coin::Point, 4, now());
        assert_eq!(purse.stretched(every, Coin::Point, 4, now()), every);
        purse.learn(&answer(200, 260, 3_600, "graphql"), Coin::Point, 4, now());
        assert_eq!(purse.stretched(every, Coin::Point, 4, now()), TimeDelta::seconds(240));
        purse.learn(&answer(200, 201, 3_600, "graphql"), Coin::Point, 4, now());
        assert_eq!(purse.stretched(every, Coin::Point, 4, now()), TimeDelta::seconds(600), "never given up");
    }

    #[test]
    fn a_third_of_a_window_is_ours() {
        let every = TimeDelta::seconds(30);
        let mut purse = Purse::default();
        purse.learn(&answer(200, 4_000, 3_600, "graphql"), Coin::Point, 1_500, now());
        let stretched = purse.stretched(every, Coin::Point, 4, now());
        assert!(every < stretched && stretched < TimeDelta::seconds(120), "{stretched}");
    }

    #[test]
    fn a_window_that_ended_says_nothing_and_search_says_nothing_of_the_others() {
        let mut purse = Purse::default();
        purse.learn(&answer(200, 0, -50, "core"), Coin::Rest, 1, now());
        assert_eq!((purse.wait(Coin::Rest, true, now()), purse.budget(Coin::Rest)), (None, None));
        purse.learn(&answer(200, 1, 50, "search"), Coin::Rest, 1, now());
        assert_eq!(purse.wait(Coin::Rest, true, now()), None);
    }

    #[test]
    fn what_somebody_else_was_told_holds_here_and_shortens_nothing() {
        let mut purse = Purse::default();
        let (minute, hour) = (plus(now(), TimeDelta::minutes(1)), plus(now(), TimeDelta::hours(1)));
        purse.hold(Some(Coin::Rest), hour);
        purse.hold(Some(Coin::Rest), minute);
        assert_eq!((purse.wait(Coin::Rest, true, now()), purse.wait(Coin::Point, true, now())), (Some(hour), None));
        purse.hold(None, minute);
        assert_eq!(purse.wait(Coin::Point, true, now()), Some(minute));
        assert_eq!((purse.held(now()), purse.held(hour)), ((Some(minute), Some(hour)), (None, None)));
    }

    #[test]
    fn a_secondary_limit_holds_everything_and_doubles() {
        let mut purse = Purse::default();
        let minute = plus(now(), TimeDelta::seconds(60));
        purse.block(None, minute, now());
        assert_eq!(
            (purse.wait(Coin::Rest, true, now()), purse.wait(Coin::Point, true, now())),
            (Some(minute), Some(minute))
        );
        purse.block(None, minute, now());
        purse.block(None, minute, now());
        assert_eq!(purse.wait(Coin::Rest, true, now()), Some(plus(now(), TimeDelta::seconds(120))));
    }
}
