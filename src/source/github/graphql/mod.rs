//! GitHub's GraphQL API: what to ask in one breath for many repositories, and how to read what comes back.
//!
//! A question here fails at HTTP 200: errors stand beside the data, one repository that is gone leaves the others whole.
//! Query texts were checked against the schema of `@octokit/graphql-schema` 15.26.1.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use url::Url;

use super::{garbled, limit, message, refusal, short, trouble::SourceError};
use crate::{
    text::Text,
    wire::{Method, Request, Response},
};

pub(crate) mod details;
pub(crate) mod event;
mod plans;
pub(crate) mod probe;
pub(crate) mod text;

/// How much of the schema a host has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// As github.com.
    #[default]
    Full,
    /// As an old Enterprise Server: without reasons for closing.
    Small,
}

/// What an answer held: data, and what went wrong beside it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Answer {
    /// The data.
    pub data: Map<String, Value>,
    /// What went wrong with single parts.
    pub errors: Vec<Wrong>,
}

/// One error beside the data.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Wrong {
    /// `NOT_FOUND`, `FORBIDDEN` and the like.
    #[serde(rename = "type", default)]
    pub kind: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    path: Vec<Value>,
    #[serde(default)]
    extensions: Value,
}

impl Wrong {
    /// Whether it is about a part of the data with this first name.
    pub(crate) fn is_about(&self, alias: &str) -> bool {
        self.path.first().and_then(Value::as_str) == Some(alias)
    }

    /// What the host says.
    pub(crate) fn words(&self) -> Text {
        short(&self.message)
    }

    fn says(&self, words: &str) -> bool {
        self.message.to_ascii_lowercase().contains(words)
    }

    fn is_limit(&self) -> bool {
        matches!(self.kind.as_str(), "RATE_LIMIT" | "RATE_LIMITED") || self.says("rate limit")
    }

    fn is_too_much(&self) -> bool {
        self.kind == "RESOURCE_LIMITS_EXCEEDED"
            || self.kind == "MAX_NODE_LIMIT_EXCEEDED"
            || self.says("something went wrong")
            || self.says("timeout")
            || self.says("resource limits")
    }

    fn is_undefined(&self) -> bool {
        let code = self.extensions.get("code").and_then(Value::as_str).unwrap_or_default();
        matches!(code, "undefinedField" | "argumentNotAccepted" | "undefinedType" | "argumentLiteralsIncompatible")
            || self.says("doesn't exist on type")
            || self.says("doesn't accept argument")
            || self.says("cannot query field")
            || self.says("unknown argument")
    }
}

/// Why an answer cannot be used, by what to do about it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Fault {
    /// Wait; `is_primary` = the hour's points are used up, which leaves REST alone.
    Limited {
        /// Ask no sooner, by our clock.
        until: DateTime<Utc>,
        /// Whether only GraphQL's own window is used up.
        is_primary: bool,
    },
    /// It was too much at once: ask for half.
    TooMuch,
    /// The host does not know a field: ask with a smaller text.
    Undefined,
    /// There is no GraphQL here, or not for this token: ask REST.
    NoGraphql(SourceError),
    /// The host has trouble, or refuses the token.
    Other(SourceError),
}

/// What to ask.
pub(crate) fn request(url: &Url, query: &str) -> Request {
    let headers = vec![
        ("accept", "application/json".to_owned()),
        ("content-type", "application/json".to_owned()),
        ("user-agent", concat!("watchfloor/", env!("CARGO_PKG_VERSION")).to_owned()),
    ];
    let body = json!({ "query": query }).to_string().into_bytes();
    Request { method: Method::Post, url: url.clone(), headers, body }
}

/// Reads an answer as far as all questions have it in common.
///
/// # Errors
/// One variant of [`Fault`] per remedy.
pub(crate) fn read(response: &Response, now: DateTime<Utc>) -> Result<Answer, Fault> {
    let parsed = serde_json::from_slice::<Value>(&response.body).ok();
    let has_limit_header = response.header("retry-after").is_some();
    match response.status {
        200..=299 => {}
        408 | 502 | 504 => return Err(Fault::TooMuch),
        403 | 429 => return Err(refused(response, now)),
        401 => return Err(Fault::NoGraphql(refusal::read(response, now))),
        400 | 503 if has_limit_header => return Err(refused(response, now)),
        300..=499 | 501 => return Err(Fault::NoGraphql(refusal::read(response, now))),
        _ => return Err(Fault::Other(refusal::read(response, now))),
    }
    let Some(Value::Object(mut whole)) = parsed else {
        return Err(Fault::NoGraphql(garbled("it is no GraphQL answer")));
    };
    let errors: Vec<Wrong> = match whole.remove("errors") {
        Some(Value::Array(list)) => list.into_iter().filter_map(|error| serde_json::from_value(error).ok()).collect(),
        _ => Vec::new(),
    };
    let data = whole.remove("data");
    if errors.iter().any(Wrong::is_limit) {
        return Err(limited(response, &errors, now));
    }
    if errors.iter().any(Wrong::is_too_much) {
        return Err(Fault::TooMuch);
    }
    match data {
        Some(Value::Object(data)) => Ok(Answer { data, errors }),
        _ if errors.iter().any(Wrong::is_undefined) => Err(Fault::Undefined),
        _ => match errors.first() {
            Some(error) => Err(Fault::NoGraphql(SourceError::Rejected { status: 200, message: error.words() })),
            None => Err(Fault::NoGraphql(garbled("it is no GraphQL answer"))),
        },
    }
}

/// A 403 or 429: a limit, or no right to ask this way.
fn refused(response: &Response, now: DateTime<Utc>) -> Fault {
    let said = message(&response.body);
    match limit::until(response, said.as_ref(), now) {
        Some(until) => {
            Fault::Limited { until, is_primary: is_primary(response, said.as_ref().map_or("", Text::as_str)) }
        }
        None => Fault::NoGraphql(refusal::read(response, now)),
    }
}

fn limited(response: &Response, errors: &[Wrong], now: DateTime<Utc>) -> Fault {
    let said = errors.iter().find(|error| error.is_limit()).map(Wrong::words).unwrap_or_default();
    let until = limit::until(response, Some(&said), now).unwrap_or(now);
    Fault::Limited { until, is_primary: is_primary(response, said.as_str()) }
}

fn is_primary(response: &Response, said: &str) -> bool {
    let is_used_up = response.header("x-ratelimit-remaining").is_some_and(|left| left.trim() == "0");
    let said = said.to_ascii_lowercase();
    response.header("retry-after").is_none() && is_used_up && !said.contains("secondary") && !said.contains("abuse")
}

#[cfg(test)]
mod recorded;

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::domain::time::{parse_rfc3339, plus};

    fn now() -> DateTime<Utc> {
        parse_rfc3339("2026-11-20T14:00:00Z").unwrap()
    }

    fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Result<Answer, Fault> {
        let headers = headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        read(&Response { status, headers, body: body.as_bytes().to_vec() }, now())
    }

    #[test]
    fn one_bad_part_leaves_the_others_whole() {
        let body =
            r#"{"data":{"r0":null,"r1":{"id":"R"}},"errors":[{"type":"NOT_FOUND","path":["r0"],"message":"no"}]}"#;
        let answer = answer(200, &[], body).unwrap();
        assert!(answer.errors[0].is_about("r0") && answer.data["r1"].is_object());
    }

    #[test]
    fn a_limit_at_http_200_is_a_limit() {
        let reset = plus(now(), TimeDelta::seconds(600)).timestamp().to_string();
        for kind in ["RATE_LIMIT", "RATE_LIMITED"] {
            let body =
                format!(r#"{{"errors":[{{"type":"{kind}","code":"graphql_rate_limit","message":"exceeded"}}]}}"#);
            let headers = [("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", reset.as_str())];
            let until = plus(now(), TimeDelta::seconds(600));
            assert_eq!(answer(200, &headers, &body).unwrap_err(), Fault::Limited { until, is_primary: true });
        }
        let secondary = r#"{"errors":[{"message":"You have exceeded a secondary rate limit."}]}"#;
        let until = plus(now(), TimeDelta::seconds(30));
        let told = answer(200, &[("retry-after", "30")], secondary).unwrap_err();
        assert_eq!(told, Fault::Limited { until, is_primary: false });
        let until = plus(now(), TimeDelta::seconds(60));
        assert_eq!(
            answer(403, &[], r#"{"message":"secondary rate limit"}"#).unwrap_err(),
            Fault::Limited { until, is_primary: false }
        );
    }

    #[test]
    fn what_was_too_much_is_halved_and_what_is_not_known_is_left_out() {
        for (status, body) in [
            (502, "<html>unicorn</html>"),
            (504, ""),
            (200, r#"{"data":{"a":1},"errors":[{"type":"RESOURCE_LIMITS_EXCEEDED","message":"x"}]}"#),
            (200, r#"{"data":null,"errors":[{"message":"Something went wrong while executing your query."}]}"#),
        ] {
            assert_eq!(answer(status, &[], body).unwrap_err(), Fault::TooMuch, "{status} {body}");
        }
        let undefined = r#"{"errors":[{"message":"Field 'stateReason' doesn't exist on type 'Issue'",
            "extensions":{"code":"undefinedField"}}]}"#;
        assert_eq!(answer(200, &[], undefined).unwrap_err(), Fault::Undefined);
    }

    #[test]
    fn where_there_is_no_graphql_it_is_said_so() {
        for (status, body) in [
            (404, r#"{"message":"Not Found"}"#),
            (405, ""),
            (401, r#"{"message":"Requires authentication"}"#),
            (403, r#"{"message":"Resource not accessible by personal access token"}"#),
            (200, "<html>sign in</html>"),
            (200, "[]"),
        ] {
            assert!(matches!(answer(status, &[], body), Err(Fault::NoGraphql(_))), "{status} {body}");
        }
        assert!(matches!(answer(500, &[], ""), Err(Fault::Other(SourceError::Server { status: 500 }))));
    }
}
