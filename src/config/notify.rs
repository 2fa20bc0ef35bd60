//! What the settings say of telling people: channels, and what `watch` does beside.

use std::path::PathBuf;

use chrono::TimeDelta;
use url::Url;

use crate::{
    config::TokenSource,
    domain::{
        incident::{Label, Login, Repo},
        notify::{Plan, Silence, pace::Rate, thread::Habits},
    },
    text::Text,
};

/// Who is told of what, how, and when not.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct NotifySettings {
    /// The ways out, by name.
    pub channels: Vec<Channel>,
    /// Routes, inhibition, mute windows.
    pub plan: Plan,
    /// Silences written in the settings; others are kept in the store.
    pub silences: Vec<Silence>,
    /// What `watch` does beside.
    pub watch: WatchSettings,
}

/// One way out.
#[derive(Debug, Clone, PartialEq)]
pub struct Channel {
    /// Its name.
    pub name: Text,
    /// What it is.
    pub kind: ChannelKind,
    /// How long one attempt may take.
    pub timeout: TimeDelta,
    /// How many messages it takes; nothing = as many as there are.
    pub rate: Option<Rate>,
    /// Whether steps of escalations go here.
    pub has_escalations: bool,
    /// Escalations that name one of these people go here as well.
    pub people: Vec<Text>,
}

/// What a channel is.
#[derive(Debug, Clone, PartialEq)]
pub enum ChannelKind {
    /// A webhook that takes what Slack's does.
    Slack {
        /// Where it is.
        to: Address,
    },
    /// Any webhook.
    Webhook {
        /// Where it is.
        to: Address,
        /// A bearer token.
        token: Option<TokenSource>,
        /// The body, with `{{title}}` and the like in it; nothing = our own JSON.
        template: Option<String>,
    },
    /// PagerDuty's Events API, version 2, or what takes the same.
    PagerDuty {
        /// Where it is.
        url: Url,
        /// The routing key.
        key: TokenSource,
    },
    /// Issues of a repository: one for each group of alerts, and comments on it.
    GitHub(Box<Issues>),
    /// Alertmanager's API, version 2: every server is told.
    Alertmanager {
        /// The servers.
        urls: Vec<Url>,
    },
    /// A program, without a shell; the message as JSON on its standard input.
    Command {
        /// The program and its arguments.
        words: Vec<String>,
    },
    /// Mail, by SMTP.
    Mail(Box<Mail>),
    /// A file, a line of JSON for each message.
    File {
        /// The file.
        path: PathBuf,
    },
    /// The terminal of `watch`: a bell and a desktop notice.
    Terminal,
}

impl ChannelKind {
    /// Its word in the settings.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Slack { .. } => "slack",
            Self::Webhook { .. } => "webhook",
            Self::PagerDuty { .. } => "pagerduty",
            Self::GitHub(_) => "github",
            Self::Alertmanager { .. } => "alertmanager",
            Self::Command { .. } => "command",
            Self::Mail(_) => "mail",
            Self::File { .. } => "file",
            Self::Terminal => "terminal",
        }
    }
}

/// Where issues are opened, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issues {
    /// The name of the source whose host and token it is.
    pub source: Text,
    /// The repository, with its host before it where it has one.
    pub repository: Repo,
    /// Labels of a new issue.
    pub labels: Vec<Label>,
    /// Who is assigned to a new issue.
    pub assignees: Vec<Login>,
    /// Who is on call is assigned to it as well.
    pub assigns_on_call: bool,
    /// What is said beside what is new.
    pub habits: Habits,
}

/// How mail is sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Mail {
    /// The server's name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the way there is kept private.
    pub tls: Tls,
    /// The sender's address.
    pub from: String,
    /// The recipients' addresses; one at least.
    pub to: Vec<String>,
    /// Who signs in; nothing = nobody.
    pub login: Option<MailLogin>,
}

/// Who signs in to a mail server.
#[derive(Debug, Clone, PartialEq)]
pub struct MailLogin {
    /// The user's name.
    pub user: String,
    /// Where the password is found.
    pub password: TokenSource,
}

/// How the way to a mail server is kept private.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// Begun in plain and changed over before anything is said; without that nothing is sent.
    StartTls,
    /// From the first byte.
    Implicit,
    /// Not at all: only to this machine.
    None,
}

/// Where a webhook is.
#[derive(Debug, Clone, PartialEq)]
pub enum Address {
    /// Written in the settings: nothing of it is a secret.
    Plain(Url),
    /// A secret as a whole; where to find it.
    Secret(TokenSource),
}

/// What `watch` does beside telling.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct WatchSettings {
    /// Its own figures go here, for node_exporter.
    pub textfile: Option<PathBuf>,
    /// A sign of life goes here.
    pub heartbeat: Option<Heartbeat>,
    /// Where to look: stands in each message.
    pub link: Option<Text>,
}

/// A sign of life: who misses it knows that nobody watches.
#[derive(Debug, Clone, PartialEq)]
pub struct Heartbeat {
    /// How often.
    pub every: TimeDelta,
    /// Where to.
    pub to: Pulse,
}

/// Where a sign of life goes.
#[derive(Debug, Clone, PartialEq)]
pub enum Pulse {
    /// An address that is asked.
    Http(Address),
    /// A file whose time is set.
    File(PathBuf),
}
