//! `watchfloor.toml` in, [`Settings`] out: every problem at once, with its line, its key and a hint.
//!
//! `Settings` is what the rest of the house uses. [`read`] walks the file's TOML with its lines (`walk`) and checks it
//! section by section (`check`); [`raw`] mirrors the same file for editors, as a JSON schema ([`schema`]).
//! The defaults are a file too: `assets/watchfloor.toml`, embedded, with every key explained.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use chrono::{NaiveDate, NaiveTime, TimeDelta};

use crate::{
    domain::{
        alert::rule::Rule,
        burn_in::BurnIn,
        calendar::Calendar,
        computed::Computed,
        duty::Duty,
        goal::Goal,
        incident::{Label, Repo},
        query::Section,
        release::rules::Rules,
        series::{MetricFormat, Signal},
        sla::{Policy, RepoPattern},
        slo::Slo,
        zone::Zone,
    },
    text::Text,
};

mod check;
pub mod notify;
mod paths;
mod plan;
mod problems;
pub mod raw;
pub mod remote;
pub mod schema;
mod secrets;
mod units;
mod walk;

pub use plan::PlanSettings;
pub use problems::Problems;

/// Names that `theme` may have.
pub const THEMES: [&str; 4] = ["midnight", "daylight", "high-contrast", "mono"];

/// The longest settings file that is read, in bytes. A thousand signals fit; a log file given by mistake does not.
pub const FILE_BYTES: usize = 1024 * 1024;

/// Who put the settings file where it was found: it decides what the file may set (RELIABILITY, threat A5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// The person who runs the program: their own folder, or named on the command line.
    User,
    /// A repository: found by walking up from the working folder. It may name no host.
    Repository,
}

/// What the settings file does not say itself.
#[derive(Clone, Copy)]
struct Context<'a> {
    base: &'a Path,
    vars: &'a dyn Fn(&str) -> Option<String>,
    zones: &'a dyn Fn(&str) -> Option<Zone>,
    trusted: Trust,
}

/// Reads a settings file's text on top of the defaults.
///
/// `file_name` is for messages. `base` is the file's folder: relative paths are joined to it. `vars` are environment
/// variables, for `${NAME}` in paths. `zones` finds a time zone by its IANA name.
///
/// # Errors
/// Every problem the file has, in line order. No message quotes a whole line of it.
pub fn read(
    file: &str,
    file_name: &str,
    base: &Path,
    vars: &dyn Fn(&str) -> Option<String>,
    zones: &dyn Fn(&str) -> Option<Zone>,
    trusted: Trust,
) -> Result<Settings, Problems> {
    let context = Context { base, vars, zones, trusted };
    let (settings, list) = check::settle(file, &context, standard(zones));
    if list.is_empty() { Ok(settings) } else { Err(Problems { file: Text::scrub(file_name), list }) }
}

/// The text of a settings file's bytes; a byte order mark is dropped.
///
/// # Errors
/// One problem, with its line, where the bytes are not UTF-8.
pub fn text_of<'a>(bytes: &'a [u8], file_name: &str) -> Result<&'a str, Problems> {
    let text = std::str::from_utf8(bytes).map_err(|fault| {
        let before = bytes.get(..fault.valid_up_to()).unwrap_or_default();
        let mut report = problems::Report::default();
        let line = before.iter().filter(|b| **b == b'\n').count() + 1;
        report.at(Some(line), "", "not readable as TOML: this line is not UTF-8", "save the file as UTF-8");
        Problems { file: Text::scrub(file_name), list: report.finish() }
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// The built-in defaults as the documented file they are.
pub fn embedded_default() -> &'static str {
    include_str!("../../assets/watchfloor.toml")
}

/// The settings without a settings file: the defaults, and no source.
pub fn standard(zones: &dyn Fn(&str) -> Option<Zone>) -> Settings {
    let context = Context { base: Path::new(""), vars: &|_| None, zones, trusted: Trust::User };
    check::settle(embedded_default(), &context, Settings::bare()).0
}

/// A configuration that is valid by construction.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// The team's name in the header; blank = none.
    pub team: Text,
    /// The zone clocks and dates are shown in; nothing = the host's.
    pub zone: Option<Zone>,
    /// The theme's name; one of the files in `themes/`.
    pub theme: Text,
    /// What is promised.
    pub policy: Policy,
    /// Open hours by name; what is promised counts by them already.
    pub calendars: Vec<NamedCalendar>,
    /// Where incidents come from.
    pub incidents: Vec<IncidentSource>,
    /// What acknowledging does at a host.
    pub ack: AckSettings,
    /// Parts of the queue with a name, in their order; none = the usual ones.
    pub sections: Vec<Section>,
    /// Nothing is ever changed at any host.
    pub is_read_only: bool,
    /// Signals with the files they are read from.
    pub signals: Vec<SignalSource>,
    /// Other servers that are asked: each Prometheus, each Alertmanager.
    pub servers: Vec<remote::RemoteServer>,
    /// Signals that are worked out, each with the files that are read for it: a path or a pattern.
    pub computed: Vec<(Computed, Option<String>)>,
    /// Which signals stand together: by the signal's name, the group's.
    pub groups: BTreeMap<Text, Text>,
    /// How long what was measured is kept: by the second, the minute and the hour.
    pub keep_measured: [TimeDelta; 3],
    /// Alert rules of the settings themselves.
    pub alerts: Vec<Rule>,
    /// Prometheus rule files, paths or patterns.
    pub rule_files: Vec<String>,
    /// Objectives that are judged by the signals.
    pub slos: Vec<Slo>,
    /// Who is told of what, how, and when not.
    pub notify: notify::NotifySettings,
    /// The roster file.
    pub roster: Option<PathBuf>,
    /// The on-call page that is written of it.
    pub roster_page: Option<PathBuf>,
    /// The oldest release of the zone data that will do: `2026a`.
    pub tzdata_minimum: Option<Text>,
    /// Work that comes again.
    pub duties: Vec<Duty>,
    /// So many days in a row that something must hold.
    pub burn_ins: Vec<BurnIn>,
    /// Figures and what they should come to.
    pub goals: Vec<Goal>,
    /// The record of what was done of it; nothing where nothing is to be recorded.
    pub record: Option<PathBuf>,
    /// The release in preparation.
    pub release: Option<ReleaseSettings>,
    /// How long recorded facts are kept, beside the last version of everything.
    pub keep: TimeDelta,
}

impl Settings {
    /// Nothing promised, nothing to read: what the embedded defaults are laid on.
    fn bare() -> Self {
        // The embedded file gives every figure; a house test holds it to this table.
        let policy = Policy::standard();
        Self {
            team: Text::default(),
            zone: None,
            theme: Text::default(),
            policy,
            calendars: Vec::new(),
            incidents: Vec::new(),
            ack: AckSettings::default(),
            sections: Vec::new(),
            is_read_only: false,
            signals: Vec::new(),
            servers: Vec::new(),
            computed: Vec::new(),
            groups: BTreeMap::new(),
            keep_measured: KEEP_MEASURED,
            alerts: Vec::new(),
            rule_files: Vec::new(),
            slos: Vec::new(),
            notify: notify::NotifySettings::default(),
            roster: None,
            roster_page: None,
            tzdata_minimum: None,
            duties: Vec::new(),
            burn_ins: Vec::new(),
            goals: Vec::new(),
            record: None,
            release: None,
            keep: KEEP,
        }
    }
}

/// How long what was measured is kept where the settings do not say.
const KEEP_MEASURED: [TimeDelta; 3] = [TimeDelta::days(2), TimeDelta::days(30), TimeDelta::days(400)];

/// How long recorded facts are kept where the settings do not say: a year, and time to look back on it.
const KEEP: TimeDelta = TimeDelta::days(400);

/// Reads a length of time as people write it: `36h`, `2 weeks`; nothing where it is none.
pub fn read_span(written: &str) -> Option<TimeDelta> {
    units::span(written).ok()
}

impl Settings {
    /// Adds days on which a calendar does not open, wherever it counts: what its holidays file says, which is not read
    /// here. A name that is not there changes nothing.
    pub fn add_holidays(&mut self, calendar: &str, days: impl IntoIterator<Item = NaiveDate>) {
        let Some(named) = self.calendars.iter_mut().find(|known| known.name == calendar) else { return };
        let new = named.calendar.with_holidays(days);
        self.policy.replace_calendar(&named.calendar, &new);
        named.calendar = new;
    }
}

/// Open hours with their name.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedCalendar {
    /// What the settings call it.
    pub name: String,
    /// The hours.
    pub calendar: Calendar,
    /// An iCalendar file with more holidays; whoever has read it gives them to [`Settings::add_holidays`].
    pub holidays_file: Option<PathBuf>,
}

impl IncidentSource {
    /// The source's name on screen.
    pub fn name(&self) -> &Text {
        match self {
            Self::Github { name, .. } | Self::History { name, .. } => name,
        }
    }
}

impl IncidentSource {
    /// Keeps a host from ever being changed; nothing else can be changed anyhow.
    fn protect(&mut self) {
        if let Self::Github { more, .. } = self {
            more.is_read_only = true;
        }
    }
}

/// What people call the host of an API's address: `github.com`, `git.acme.example`, `127.0.0.1:8080`. Repositories of all
/// hosts but the first one configured carry it before their name.
pub fn host_name(api_url: &url::Url) -> String {
    check::github::host_name(api_url)
}

/// Where incidents come from.
#[derive(Debug, Clone, PartialEq)]
pub enum IncidentSource {
    /// A GitHub host, asked over REST.
    Github {
        /// The source's name on screen: `github`, or as configured.
        name: Text,
        /// `https://api.github.com`, `https://HOST/api/v3`; plain http on loopback only. No trailing slash needed.
        api_url: url::Url,
        /// Repositories to list; charset checked (`[A-Za-z0-9._-]+/[A-Za-z0-9._-]+`), the host before it for all but the
        /// first host.
        repositories: Vec<Repo>,
        /// How often to ask.
        every: TimeDelta,
        /// Whether pull requests are listed as well.
        with_pull_requests: bool,
        /// What else is asked of this host.
        more: Box<GithubMore>,
    },
    /// A file of issue histories: REST records as JSON Lines (may be gzipped), or an `archive.json`.
    History {
        /// The source's name on screen.
        name: Text,
        /// The file.
        path: PathBuf,
        /// The repository its records belong to, where they do not say.
        repository: Option<Repo>,
        /// Whether pull requests are listed as well.
        with_pull_requests: bool,
    },
}

/// What else is asked of a GitHub host, and how.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct GithubMore {
    /// Repositories by pattern, `acme/*`: those of the owner that fit, archived ones left out.
    pub patterns: Vec<RepoPattern>,
    /// Whether of pull requests only those are kept that wait for a review.
    pub has_reviews_only: bool,
    /// Searches in GitHub's own language, whose issues are watched wherever they are.
    pub searches: Vec<Text>,
    /// Whether the person's inbox is read as well.
    pub with_notifications: bool,
    /// Whether security alerts are read as well: Dependabot, code scanning, advisories.
    pub with_alerts: bool,
    /// Refs whose checks are watched, each with its repository: `acme/api@main`.
    pub refs: Vec<(Repo, Text)>,
    /// Branches whose runs of workflows the release is judged by.
    pub runs: Vec<(Repo, Text)>,
    /// Artefacts that the release is judged by, each with its repository.
    pub artefacts: Vec<(Repo, Text)>,
    /// Whether it is another host than the settings' first: a token that names no host is for the first alone.
    pub is_further_host: bool,
    /// Where the token comes from, where not from the usual places.
    pub token: Option<TokenSource>,
    /// Nothing is ever changed at this host.
    pub is_read_only: bool,
}

/// Where a token comes from. Never the token itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenSource {
    /// A variable of the environment.
    Variable(String),
    /// A program and its arguments, run without a shell; its first line of output.
    Command(Vec<String>),
    /// A file that only its owner may read.
    File(PathBuf),
    /// A credential that systemd hands to the service, by its name.
    Credential(String),
}

/// What acknowledging does at the host, besides the record here.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AckSettings {
    /// Whether the person is assigned.
    pub assigns: bool,
    /// A label that is set.
    pub label: Option<Label>,
    /// A comment that is made.
    pub comment: Option<Text>,
}

/// A signal and the files it is read from.
#[derive(Debug, Clone, PartialEq)]
pub struct SignalSource {
    /// What to show and how to judge it.
    pub signal: Signal,
    /// A path, or a pattern with `*`, `?`, `**`.
    pub files: String,
    /// How lines are read.
    pub format: MetricFormat,
}

/// The release in preparation.
#[derive(Debug, Clone, PartialEq)]
pub struct ReleaseSettings {
    /// Its name.
    pub name: Text,
    /// The day of T-0.
    pub day: Option<NaiveDate>,
    /// The hour of T-0.
    pub time: Option<NaiveTime>,
    /// The zone of both; nothing = the display zone.
    pub zone: Option<Zone>,
    /// Checklist files or patterns.
    pub checklists: Vec<String>,
    /// Open incidents with one of these labels block it.
    pub blocker_labels: Vec<String>,
    /// Roles that must say go.
    pub sign_off: Vec<Text>,
    /// What it is judged by, beside its steps.
    pub rules: Rules,
    /// How its plans are read.
    pub plan: PlanSettings,
}
