//! `[[channel]]`, `[[route]]`, `[[mute]]`, `[[inhibit]]`, `[[silence]]` and `[watch]` as they are written.

use schemars::JsonSchema;

/// One way out. Not in a file that came with a repository.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Channel {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: ChannelKind,
    /// slack, webhook, pagerduty: its address, if nothing of it is a secret.
    pub url: Option<String>,
    /// slack, webhook: the environment variable that holds the address.
    pub url_env: Option<String>,
    /// slack, webhook: the program that prints the address, and its arguments.
    #[schemars(length(min = 1))]
    pub url_command: Option<Vec<String>>,
    /// slack, webhook: the file that holds the address.
    pub url_file: Option<String>,
    /// slack, webhook: the systemd credential that holds the address.
    pub url_credential: Option<String>,
    /// webhook: the environment variable that holds a bearer token.
    pub token_env: Option<String>,
    /// webhook: the program that prints a bearer token, and its arguments.
    #[schemars(length(min = 1))]
    pub token_command: Option<Vec<String>>,
    /// webhook: the file that holds a bearer token.
    pub token_file: Option<String>,
    /// webhook: the systemd credential that holds a bearer token.
    pub token_credential: Option<String>,
    /// webhook: the body, with {{title}}, {{text}}, {{key}} and the like in it. Default: our own JSON.
    pub template: Option<String>,
    /// pagerduty: the environment variable that holds the routing key.
    pub key_env: Option<String>,
    /// pagerduty: the program that prints the routing key, and its arguments.
    #[schemars(length(min = 1))]
    pub key_command: Option<Vec<String>>,
    /// pagerduty: the file that holds the routing key.
    pub key_file: Option<String>,
    /// pagerduty: the systemd credential that holds the routing key.
    pub key_credential: Option<String>,
    /// alertmanager: every server of it.
    #[schemars(length(min = 1))]
    pub urls: Option<Vec<String>>,
    /// mail: the server's name or address.
    pub host: Option<String>,
    /// mail: its port. Default: 587, 465 with tls = "implicit", 25 with tls = "none".
    #[schemars(range(min = 1))]
    pub port: Option<u16>,
    /// mail: how the way there is kept private. Default: "starttls".
    pub tls: Option<Tls>,
    /// mail: the sender's address.
    pub from: Option<String>,
    /// mail: the recipients' addresses.
    #[schemars(length(min = 1))]
    pub to: Option<Vec<String>>,
    /// mail: who signs in. Default: nobody.
    pub user: Option<String>,
    /// mail: the environment variable that holds the password.
    pub password_env: Option<String>,
    /// mail: the program that prints the password, and its arguments.
    #[schemars(length(min = 1))]
    pub password_command: Option<Vec<String>>,
    /// mail: the file that holds the password.
    pub password_file: Option<String>,
    /// mail: the systemd credential that holds the password.
    pub password_credential: Option<String>,
    /// github: the host, by its name. Default: the only one there is.
    pub source: Option<String>,
    /// github: the repository in which issues are opened.
    pub repository: Option<String>,
    /// github: labels of a new issue.
    pub labels: Option<Vec<String>>,
    /// github: accounts that are assigned to a new issue.
    #[schemars(length(max = 10))]
    pub assignees: Option<Vec<String>>,
    /// github: whether who is on the first seat of the roster is assigned as well. Default: false.
    pub on_call: Option<bool>,
    /// github: whether what still fires is said again in a comment. Default: true.
    pub comment_on_repeat: Option<bool>,
    /// github: whether the issue is closed when all is over. Default: false.
    pub close_on_resolve: Option<bool>,
    /// github: whether a closed issue is opened again when it fires again. Default: false, a new one.
    pub reopen: Option<bool>,
    /// command: the program and its arguments, without a shell; the message is on its standard input.
    #[schemars(length(min = 1))]
    pub command: Option<Vec<String>>,
    /// file: the file that messages are appended to.
    pub path: Option<String>,
    /// How long one attempt may take, 1s to 30s. Default: "10s".
    pub timeout: Option<String>,
    /// Messages a minute; beyond that they become one digest. Default: 20 for slack, mail and
    /// terminal, for github 20 new issues, else none.
    #[schemars(range(min = 1, max = 6000))]
    pub per_minute: Option<u32>,
    /// Whether steps of escalations go here. Default: false.
    pub escalations: Option<bool>,
    /// Escalations that name one of these people go here as well.
    pub people: Option<Vec<String>>,
}

/// What a channel is.
#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "lowercase")]
pub enum ChannelKind {
    /// A webhook that takes what Slack's does.
    Slack,
    /// Any webhook.
    Webhook,
    /// PagerDuty's Events API, version 2.
    Pagerduty,
    /// Alertmanager's API, version 2.
    Alertmanager,
    /// Mail, by SMTP.
    Mail,
    /// Issues of a repository at GitHub.
    Github,
    /// A program.
    Command,
    /// A file.
    File,
    /// The terminal of `watch`.
    Terminal,
}

/// How the way to a mail server is kept private.
#[derive(Debug, JsonSchema)]
#[schemars(rename_all = "lowercase")]
pub enum Tls {
    /// Begun in plain and changed over before anything is said.
    Starttls,
    /// From the first byte.
    Implicit,
    /// Not at all: only to this machine.
    None,
}

/// Which alerts go where; the first that fits.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Route {
    /// Its name. Default: its place.
    pub name: Option<String>,
    /// What alerts must fit, such as 'severity="page"' or 'env!~"dev.*"'. Default: every alert.
    #[schemars(length(min = 1))]
    pub r#where: Option<Vec<String>>,
    /// Labels in which alerts that are told together agree; "..." = every label. Default: alertname and service.
    pub group_by: Option<Vec<String>>,
    /// The channels, by name.
    #[schemars(length(min = 1))]
    pub channels: Vec<String>,
    /// How long a new group waits for more, 1s to 1h. Default: "10s".
    pub group_wait: Option<String>,
    /// How often a group is looked at after that, 1s to 1h. Default: "60s".
    pub group_interval: Option<String>,
    /// After how long what still fires is told again, 1m to 30d. Default: "4h".
    pub repeat_interval: Option<String>,
    /// Whether it is told when it is over. Default: true.
    pub send_resolved: Option<bool>,
    /// Whether the routes behind it are looked at as well. Default: false.
    pub r#continue: Option<bool>,
    /// Nobody is woken by it: the promise of two minutes is not for it. Default: false.
    pub ticket: Option<bool>,
}

/// Hours in which alerts are not told.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Mute {
    /// Its name.
    pub name: String,
    /// Which alerts. Default: every one.
    #[schemars(length(min = 1))]
    pub r#where: Option<Vec<String>>,
    /// While this calendar is open.
    pub during: Option<String>,
    /// While this calendar is closed.
    pub outside: Option<String>,
    /// Once, from this instant on.
    pub from: Option<String>,
    /// Once, until this instant.
    pub until: Option<String>,
}

/// While what fits `source` fires, nobody is told of what fits `target`.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Inhibit {
    /// What the graver alert must fit.
    #[schemars(length(min = 1))]
    pub source: Vec<String>,
    /// What is held back.
    #[schemars(length(min = 1))]
    pub target: Vec<String>,
    /// Labels in which both must agree; a missing one is empty.
    pub equal: Option<Vec<String>>,
}

/// Nobody is told of what fits, until then.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Silence {
    /// What it fits.
    #[schemars(length(min = 1))]
    pub r#where: Vec<String>,
    /// When it begins.
    pub from: String,
    /// When it is over.
    pub until: String,
    /// Who wants it.
    pub author: String,
    /// Why.
    pub comment: String,
}

/// What `watch` does beside. Not in a file that came with a repository.
#[derive(Debug, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Watch {
    /// The file for its own figures, for node_exporter: a name that ends in .prom.
    pub textfile: Option<String>,
    /// The address that is asked as a sign of life, if nothing of it is a secret.
    pub heartbeat_url: Option<String>,
    /// The environment variable that holds that address.
    pub heartbeat_url_env: Option<String>,
    /// The program that prints that address, and its arguments.
    #[schemars(length(min = 1))]
    pub heartbeat_url_command: Option<Vec<String>>,
    /// The file that holds that address.
    pub heartbeat_url_file: Option<String>,
    /// The systemd credential that holds that address.
    pub heartbeat_url_credential: Option<String>,
    /// The file that is written as a sign of life.
    pub heartbeat_file: Option<String>,
    /// How often, 5s to 1h. Default: "1m".
    pub heartbeat_every: Option<String>,
    /// Where to look; stands in each message.
    pub link: Option<String>,
}
