//! How the host behaves: what is on, what lags, who is refused.

use chrono::TimeDelta;

/// How the host behaves. Everything can be changed while it runs.
#[derive(Debug, Clone)]
pub struct Rules {
    /// Tokens that are accepted; empty = any.
    pub tokens: Vec<String>,
    /// Whether questions without a token are answered at all.
    pub anonymous: bool,
    /// Whether `/graphql` answers.
    pub graphql: bool,
    /// Whether the primary limit is kept and told (an Enterprise Server does not, by default).
    pub primary: bool,
    /// Whether the secondary limits are kept.
    pub secondary: bool,
    /// Requests an hour, REST.
    pub core_limit: u64,
    /// Points an hour, GraphQL.
    pub graphql_limit: u64,
    /// How old the answer of a list or a search may be; each answer picks its own age up to this.
    pub lag: TimeDelta,
    /// What is refused: a piece of the target, and how.
    pub denials: Vec<(String, Denial)>,
    /// A version of Enterprise Server, told in a header.
    pub enterprise: Option<String>,
    /// Scopes of a classic token; nothing = another kind of token.
    pub scopes: Option<String>,
    /// Seconds between questions for notifications.
    pub poll_interval: u64,
    /// GraphQL answers "something went wrong" to queries that cost more than so many points.
    pub graphql_gives_up_beyond: Option<u64>,
    /// Pages of an issue list after which `page` is refused (422); GitHub refuses from 10,000 entries on.
    pub deepest_page: u64,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            tokens: Vec::new(),
            anonymous: true,
            graphql: true,
            primary: true,
            secondary: true,
            core_limit: 5_000,
            graphql_limit: 5_000,
            lag: TimeDelta::zero(),
            denials: Vec::new(),
            enterprise: None,
            scopes: Some("repo, read:org, notifications".to_owned()),
            poll_interval: 60,
            graphql_gives_up_beyond: None,
            deepest_page: 100,
        }
    }
}

/// How a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denial {
    /// 403: the token lacks a permission.
    Permission,
    /// 403: the organisation wants single sign-on.
    SingleSignOn,
    /// 403 without a telling reason.
    Admin,
    /// 403: the primary limit, used up.
    PrimaryLimit,
    /// 403: a secondary limit, with so many seconds to wait; 0 = not told.
    SecondaryLimit(u64),
    /// 404: not there, or not for this token.
    NotFound,
    /// 410: gone.
    Gone,
    /// 401: the token is not known.
    BadCredentials,
    /// 422: not as it should be.
    Invalid,
    /// 503: busy.
    Busy,
}
