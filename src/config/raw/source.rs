//! `[[github]]` and `[[source]]` as they are written.

use schemars::JsonSchema;

/// One GitHub host.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Github {
    /// Its name on screen. Default: "github".
    pub name: Option<String>,
    /// What is asked of it.
    #[schemars(flatten)]
    pub host: Host,
    /// Which pull requests are listed as well. Default: false.
    pub pull_requests: Option<PullRequests>,
}

/// What is asked of a GitHub host, and how.
#[derive(Debug, JsonSchema)]
pub struct Host {
    /// Repositories as "owner/name"; "owner/*" stands for those of an owner that are not archived.
    #[schemars(length(min = 1))]
    pub repos: Option<Vec<String>>,
    /// The same as `repos`.
    #[schemars(length(min = 1))]
    pub repositories: Option<Vec<String>>,
    /// Searches in GitHub's own language, such as "org:acme label:incident".
    #[schemars(length(min = 1))]
    pub search: Option<Vec<String>>,
    /// The API's address. Default: "`https://api.github.com`". Not in a file that came with a repository.
    pub api_url: Option<String>,
    /// How often to ask, 10s to 1d. Default: "60s".
    pub every: Option<String>,
    /// Whether security alerts are read as well. Default: false.
    pub alerts: Option<bool>,
    /// Whether your inbox is read as well. Default: false.
    pub notifications: Option<bool>,
    /// Refs whose checks are watched, as "owner/name@ref".
    #[schemars(length(min = 1))]
    pub refs: Option<Vec<String>>,
    /// Whether nothing is ever changed at this host. Default: false.
    pub read_only: Option<bool>,
    /// The environment variable that holds the token. Not in a file that came with a repository.
    pub token_env: Option<String>,
    /// The program that prints the token, and its arguments. Not in a file that came with a repository.
    #[schemars(length(min = 1))]
    pub token_command: Option<Vec<String>>,
    /// The file that holds the token. Not in a file that came with a repository.
    pub token_file: Option<String>,
    /// The systemd credential that holds the token. Not in a file that came with a repository.
    pub token_credential: Option<String>,
}

/// Which pull requests are listed.
#[derive(Debug, JsonSchema)]
#[schemars(untagged)]
pub enum PullRequests {
    /// All or none.
    All(bool),
    /// Some.
    Some(SomePullRequests),
}

/// Some pull requests.
#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "kebab-case")]
pub enum SomePullRequests {
    /// Those that wait for a review.
    Review,
}

/// One place where incidents come from.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Source {
    /// What it is.
    pub kind: SourceKind,
    /// Its name on screen. Default: "github", or the history file's name without its ending.
    pub name: Option<String>,
    /// github: what is asked of it, as in `[[github]]`.
    #[schemars(flatten)]
    pub host: Host,
    /// Which pull requests are listed as well; of a history all or none. Default: false.
    pub pull_requests: Option<PullRequests>,
    /// history: the file. Environment variables are written ${NAME}.
    pub path: Option<String>,
    /// history: the repository of records that do not say, as "owner/name".
    pub repository: Option<String>,
}

/// What a source is.
#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "kebab-case")]
pub enum SourceKind {
    /// A GitHub host.
    Github,
    /// A file of issue histories.
    History,
}
