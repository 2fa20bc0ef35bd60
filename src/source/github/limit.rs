//! Rate limits: what is left, and how long to wait.
//!
//! The host's times are by the host's clock; where it also says what time it is (`Date`), only the difference is used.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    domain::time::{between, plus},
    text::Text,
    wire::Response,
};

/// The wait where the host gives none, or nonsense. GitHub asks for at least a minute (best practices, read 2026-11-20).
const DEFAULT_WAIT: TimeDelta = TimeDelta::seconds(60);

/// The longest wait believed. GitHub's windows last an hour.
const LONGEST_WAIT: TimeDelta = TimeDelta::hours(24);

/// What is left of the primary rate limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Requests left in this window.
    pub remaining: u64,
    /// Requests in a whole window.
    pub limit: u64,
    /// When the next window opens, by our clock.
    pub resets_at: DateTime<Utc>,
}

/// What the answer says is left; nothing where it does not say (an Enterprise Server without limits) or says nonsense.
pub(crate) fn budget(response: &Response, now: DateTime<Utc>) -> Option<Budget> {
    let number = |name| response.header(name)?.trim().parse::<u64>().ok();
    let resets_at = plus(now, reset_in(response, now).filter(|wait| *wait <= LONGEST_WAIT)?);
    Some(Budget { remaining: number("x-ratelimit-remaining")?, limit: number("x-ratelimit-limit")?, resets_at })
}

/// When to ask again, if a 403 or 429 is a rate limit; nothing if it is a refusal.
///
/// `retry-after` comes first, then the reset of a window that is used up, then a minute (GitHub's own order).
pub(crate) fn until(response: &Response, said: Option<&Text>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let wait = if let Some(written) = response.header("retry-after") {
        retry_after(written, response, now)
    } else if response.header("x-ratelimit-remaining").is_some_and(|left| left.trim() == "0") {
        reset_in(response, now)
    } else if response.status == 429 || said.is_some_and(speaks_of_limits) {
        None
    } else {
        return None;
    };
    let sensible = |wait: &TimeDelta| TimeDelta::zero() < *wait && *wait <= LONGEST_WAIT;
    Some(plus(now, wait.filter(sensible).unwrap_or(DEFAULT_WAIT)))
}

/// Until when an answer asks everybody to leave the host alone, and whether it means REST alone: the window of REST is used
/// up. Nothing where it asks for nothing, or for one question of a window of its own.
pub fn asked_for(response: &Response, now: DateTime<Utc>) -> Option<(DateTime<Utc>, bool)> {
    let is_trouble = response.status >= 500 && response.header("retry-after").is_some();
    if !is_trouble && !matches!(response.status, 403 | 429) {
        return None;
    }
    let resource = response.header("x-ratelimit-resource").map(str::trim);
    let is_used_up = response.header("x-ratelimit-remaining").is_some_and(|left| left.trim() == "0");
    let has_own = resource.is_some_and(|name| !matches!(name, "core" | "graphql"));
    let until = until(response, super::message(&response.body).as_ref(), now).filter(|_| !has_own)?;
    Some((until, is_used_up && !is_trouble && response.header("retry-after").is_none()))
}

fn speaks_of_limits(said: &Text) -> bool {
    let said = said.as_str().to_ascii_lowercase();
    ["rate limit", "abuse detection"].iter().any(|words| said.contains(words))
}

/// Seconds, or a date (RFC 9110, section 10.2.3).
fn retry_after(written: &str, response: &Response, now: DateTime<Utc>) -> Option<TimeDelta> {
    let written = written.trim();
    match written.parse::<i64>() {
        Ok(seconds) => TimeDelta::try_seconds(seconds),
        Err(_) => Some(between(host_time(response, now), http_date(written)?)),
    }
}

fn reset_in(response: &Response, now: DateTime<Utc>) -> Option<TimeDelta> {
    let seconds = response.header("x-ratelimit-reset")?.trim().parse::<i64>().ok()?;
    Some(between(host_time(response, now), DateTime::from_timestamp(seconds, 0)?))
}

/// What the host's clock shows, or ours where it does not say.
pub(crate) fn host_time(response: &Response, now: DateTime<Utc>) -> DateTime<Utc> {
    response.header("date").and_then(http_date).unwrap_or(now)
}

/// `Sat, 21 Nov 2026 07:00:00 GMT`.
fn http_date(written: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc2822(written.trim()).ok().map(|at| at.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::parse_rfc3339;

    fn now() -> DateTime<Utc> {
        parse_rfc3339("2026-11-20T14:00:00Z").unwrap()
    }

    fn wait(status: u16, headers: &[(&str, &str)], said: Option<&str>) -> Option<i64> {
        let headers = headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        let response = Response { status, headers, body: Vec::new() };
        until(&response, said.map(Text::scrub).as_ref(), now()).map(|at| between(now(), at).num_seconds())
    }

    #[test]
    fn the_wait_is_what_the_host_asks_for() {
        assert_eq!(wait(403, &[("retry-after", "90")], None), Some(90));
        assert_eq!(wait(403, &[("retry-after", "Fri, 20 Nov 2026 14:02:00 GMT")], None), Some(120));
        let reset = now().timestamp() + 600;
        assert_eq!(
            wait(403, &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", &reset.to_string())], None),
            Some(600)
        );
    }

    #[test]
    fn what_an_answer_asks_of_everybody_is_told_from_what_it_asks_of_one() {
        let asks = |status, headers: &[(&str, &str)], body: &str| {
            let headers = headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
            let response = Response { status, headers, body: body.as_bytes().to_vec() };
            asked_for(&response, now()).map(|(at, rest_alone)| (between(now(), at).num_seconds(), rest_alone))
        };
        let reset = (now().timestamp() + 600).to_string();
        let used_up = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", reset.as_str())];
        assert_eq!(asks(403, &used_up, ""), Some((600, true)));
        assert_eq!(asks(403, &[("retry-after", "90"), used_up[0]], ""), Some((90, false)));
        assert_eq!(asks(403, &[], r#"{"message":"You have exceeded a secondary rate limit."}"#), Some((60, false)));
        assert_eq!(asks(503, &[("retry-after", "40")], ""), Some((40, false)));
        let of_search = [used_up[0], used_up[1], ("x-ratelimit-resource", "search")];
        assert_eq!(asks(403, &of_search, ""), None);
        assert_eq!((asks(403, &[], "{}"), asks(503, &[], ""), asks(200, &used_up, "")), (None, None, None));
    }

    #[test]
    fn a_host_whose_clock_is_off_is_waited_for_by_its_own_clock() {
        // Their clock is an hour ahead: 10 minutes are 10 minutes all the same.
        let reset = (now().timestamp() + 3_600 + 600).to_string();
        let date = ("date", "Fri, 20 Nov 2026 15:00:00 GMT");
        assert_eq!(wait(429, &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", &reset), date], None), Some(600));
        assert_eq!(wait(403, &[("retry-after", "Fri, 20 Nov 2026 15:00:30 GMT"), date], None), Some(30));
    }

    #[test]
    fn missing_or_senseless_waits_are_a_minute() {
        for nonsense in
            ["", "-5", "0", "soon", "99999999999999", "9223372036854775807", "Fri, 20 Nov 2020 14:02:00 GMT"]
        {
            assert_eq!(wait(403, &[("retry-after", nonsense)], None), Some(60), "{nonsense}");
            let spent = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", nonsense)];
            assert_eq!(wait(403, &spent, None), Some(60), "{nonsense}");
        }
        assert_eq!(wait(429, &[], None), Some(60));
        assert_eq!(wait(403, &[], Some("You have exceeded a secondary rate limit.")), Some(60));
    }

    #[test]
    fn a_refusal_is_no_limit() {
        assert_eq!(wait(403, &[("x-ratelimit-remaining", "4999")], Some("Must have admin rights")), None);
    }

    #[test]
    fn a_budget_needs_all_three_numbers() {
        let reset = (now().timestamp() + 60).to_string();
        let all = [("x-ratelimit-remaining", "41"), ("x-ratelimit-limit", "5000"), ("x-ratelimit-reset", &reset)];
        let read = |headers: &[(&str, &str)]| {
            let headers = headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
            budget(&Response { status: 200, headers, body: Vec::new() }, now())
        };
        let expected = Budget { remaining: 41, limit: 5000, resets_at: plus(now(), TimeDelta::seconds(60)) };
        assert_eq!(read(&all), Some(expected));
        for missing in 0..3 {
            let mut some = all.to_vec();
            some.remove(missing);
            assert_eq!(read(&some), None);
        }
    }
}
