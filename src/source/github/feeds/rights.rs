//! What a host says of a token in the headers of any answer.

use chrono::{DateTime, Utc};
use url::Url;

use crate::{
    text::Text,
    wire::{Request, Response},
};

use super::{address, get};

/// What a token is, as its host says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rights {
    /// The scopes of a classic token; nothing for a fine-grained one and an app's, which do not say.
    pub scopes: Option<Vec<Text>>,
    /// When it ends; nothing where it does not, or the host does not say.
    pub ends_at: Option<DateTime<Utc>>,
}

/// A question that costs nothing of the budget.
pub fn request(api_url: &Url) -> Request {
    get(address(api_url, &["rate_limit"], ""))
}

/// Reads the headers.
pub fn read(response: &Response) -> Rights {
    let scopes = response
        .header("x-oauth-scopes")
        .map(|written| written.split(',').map(str::trim).filter(|scope| !scope.is_empty()).map(Text::scrub).collect());
    let ends_at = response.header("github-authentication-token-expiration").and_then(moment);
    Rights { scopes, ends_at }
}

/// `2026-12-01 10:00:00 UTC`, or with an offset such as `-0800`.
fn moment(written: &str) -> Option<DateTime<Utc>> {
    let written = written.trim().replace("UTC", "+0000");
    DateTime::parse_from_str(&written, "%Y-%m-%d %H:%M:%S %z").ok().map(|at| at.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{super::samples::answer, *};

    #[test]
    fn scopes_and_the_end_are_read_where_they_are_told() {
        let headers = [
            ("x-oauth-scopes", "repo, read:org,"),
            ("github-authentication-token-expiration", "2026-12-01 10:00:00 UTC"),
        ];
        let rights = read(&answer(200, &headers, &json!({})));
        assert_eq!(rights.scopes, Some(vec![Text::scrub("repo"), Text::scrub("read:org")]));
        assert_eq!(rights.ends_at, "2026-12-01T10:00:00Z".parse().ok());
        assert_eq!(moment("2026-12-01 02:00:00 -0800"), rights.ends_at);
        assert_eq!(read(&answer(200, &[("x-oauth-scopes", "")], &json!({}))).scopes, Some(Vec::new()));
        assert_eq!(
            read(&answer(404, &[("github-authentication-token-expiration", "soon")], &json!({}))),
            Rights::default()
        );
    }
}
