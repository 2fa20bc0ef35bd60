//! Answers that bring no list: what they mean.

use chrono::{DateTime, Utc};

use crate::{text::Text, wire::Response};

use super::{
    limit, message,
    trouble::{Refusal, SourceError},
};

/// Reads an answer that is neither a list, nor "unchanged", nor a redirect.
pub(crate) fn read(response: &Response, now: DateTime<Utc>) -> SourceError {
    let said = message(&response.body);
    let words = || said.clone().unwrap_or_else(|| Text::scrub("no reason given"));
    match response.status {
        401 => SourceError::Unauthorized { message: words() },
        403 | 429 => match limit::until(response, said.as_ref(), now) {
            Some(until) => SourceError::RateLimited { until },
            None => SourceError::Forbidden { refusal: refusal(response, said.as_ref()), message: words() },
        },
        // A busy host that says when it can be asked again is obeyed like any limit (RFC 9110, section 10.2.3).
        503 if response.header("retry-after").is_some() => match limit::until(response, None, now) {
            Some(until) => SourceError::RateLimited { until },
            None => SourceError::Server { status: 503 },
        },
        404 => SourceError::NotFound,
        410 => SourceError::Gone { message: words() },
        status @ (408 | 500..) => SourceError::Server { status },
        status => SourceError::Rejected { status, message: words() },
    }
}

fn refusal(response: &Response, said: Option<&Text>) -> Refusal {
    let says = |words: &str| said.is_some_and(|said| said.as_str().to_ascii_lowercase().contains(words));
    if response.header("x-github-sso").is_some() || says("saml") {
        Refusal::SingleSignOn
    } else if says("resource not accessible") || response.header("x-accepted-github-permissions").is_some() {
        Refusal::Permission
    } else {
        Refusal::Unsaid
    }
}
