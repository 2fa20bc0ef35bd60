//! `[[alert]]` as it is written.

use std::collections::BTreeMap;

use schemars::JsonSchema;

/// Something that is judged, and said when it is broken.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Alert {
    /// Its name; alerts carry it as the label alertname.
    pub name: String,
    /// What is broken where it comes to anything, as for Prometheus: `rate(errors_total[5m]) > 1`.
    pub expr: String,
    /// Where to read what to do: an http(s) address or a file. Becomes the annotation runbook_url.
    pub runbook: String,
    /// How grave it is; becomes the label severity.
    pub severity: Option<String>,
    /// For how long it must be broken before it fires. Default: "0s".
    #[schemars(rename = "for")]
    pub hold: Option<String>,
    /// How long it keeps firing after the first evaluation that finds it kept. Default: "0s".
    pub keep_firing_for: Option<String>,
    /// How often it is evaluated. Default: "15s".
    pub every: Option<String>,
    /// What it does without data. Default: "hold".
    pub no_data: Option<NoData>,
    /// For how long a firing alert may be without data before it becomes one about that. Default: "10m".
    pub no_data_hold: Option<String>,
    /// Labels its alerts have, over those of the value.
    pub labels: Option<BTreeMap<String, String>>,
    /// What is said of its alerts; {{ $value }} and {{ $labels.x }} are filled in.
    pub annotations: Option<BTreeMap<String, String>>,
}

/// What an alert does without data.
#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "kebab-case")]
pub enum NoData {
    /// It stays as it is, and becomes an alert about that after no_data_hold.
    Hold,
    /// The same, and a rule that never had data alerts too.
    Alert,
    /// Missing is as good as kept, as Prometheus has it.
    Ok,
}
