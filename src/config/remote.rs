//! What the settings say of other servers: `[[prometheus]]` and `[[alertmanager]]`.

use chrono::TimeDelta;
use url::Url;

use crate::{config::TokenSource, text::Text};

/// What a server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RemoteKind {
    /// A Prometheus, or what speaks its HTTP API.
    Prometheus,
    /// An Alertmanager, or a pair of them.
    Alertmanager,
}

/// A server that is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct RemoteServer {
    /// Its name.
    pub name: Text,
    /// What it is.
    pub kind: RemoteKind,
    /// Where it is, with the prefix of its paths; of an Alertmanager every one of a pair, never none.
    pub urls: Vec<Url>,
    /// What goes with every question, to this server alone: the tenant of a Mimir. Names in lower case.
    pub headers: Vec<(String, String)>,
    /// A bearer token.
    pub token: Option<TokenSource>,
    /// How often it is asked.
    pub every: TimeDelta,
    /// How long one answer may take.
    pub timeout: TimeDelta,
    /// Whether its alerts and rules are read.
    pub with_alerts: bool,
}
