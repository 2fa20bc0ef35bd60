//! `[[prometheus]]` and `[[alertmanager]]` as they are written.

use std::collections::BTreeMap;

use schemars::JsonSchema;

/// A Prometheus that is asked, or what speaks its HTTP API: Mimir, Thanos, VictoriaMetrics.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Prometheus {
    /// Its name: signals say which one they mean.
    pub name: String,
    /// Its address, with the prefix of its paths, such as `https://mimir.example/prometheus`.
    pub url: String,
    /// Whether its alerts and rules are shown. Default: false.
    pub alerts: Option<bool>,
    /// How it is asked.
    #[schemars(flatten)]
    pub asking: Asking,
}

/// An Alertmanager, or a pair of them.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Alertmanager {
    /// Its name.
    pub name: String,
    /// Its address; of a pair the addresses of all.
    #[schemars(length(min = 1))]
    pub urls: Vec<String>,
    /// How it is asked.
    #[schemars(flatten)]
    pub asking: Asking,
}

/// How another server is asked.
#[derive(Debug, JsonSchema)]
pub struct Asking {
    /// Headers that go with every question, such as the tenant's. No secrets.
    pub headers: Option<BTreeMap<String, String>>,
    /// How often it is asked, 1s to 15m. Default: "15s".
    pub every: Option<String>,
    /// How long an answer may take, 1s to 2m. Default: "10s".
    pub timeout: Option<String>,
    /// The environment variable that holds the bearer token.
    pub token_env: Option<String>,
    /// The program that prints the bearer token, and its arguments.
    #[schemars(length(min = 1))]
    pub token_command: Option<Vec<String>>,
    /// The file that holds the bearer token.
    pub token_file: Option<String>,
    /// The systemd credential that holds the bearer token.
    pub token_credential: Option<String>,
}
