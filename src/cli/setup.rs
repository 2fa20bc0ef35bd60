//! From the command line to a floor with its sources: settings found, read, turned into what the shell runs.

use std::{
    collections::BTreeMap,
    env,
    path::{Path, PathBuf},
    sync::Arc,
};

use chrono::TimeDelta;
use tokio::sync::mpsc;

use crate::{
    cli::{args::Common, discover, exit, failure::Failure, found, holidays},
    config::{self, AckSettings, IncidentSource, ReleaseSettings, Settings, Trust, remote::RemoteServer},
    domain::{
        alert::{book::Snapshot, rule::AnyRule},
        incident::{Login, Repo},
        query::Section,
        release::rules::Rules,
        series::MetricFormat,
        sla::RepoPattern,
        zone::{Zone, Zones},
    },
    floor::{
        Floor,
        fact::{Fact, SignalId, SourceId},
        freshness::{Feed, RULES, Source},
    },
    shell::{
        channels,
        clock::Clock,
        delivery, disk,
        engine::{self, Engine, post::Post},
        feeds::{RosterSource, metric::measuring::Measuring},
        files::FileSource,
        http::Http,
        keeper::{Keeper, Place},
        past::Recorder,
        remote::Remote,
        rules::RuleFiles,
        sync,
        token::Tokens,
        zones,
    },
    text::Text,
    tui::acting::{State as Acts, rights},
};

mod incidents;
mod measured;
mod person;
mod planned;
mod reading;
mod release;
mod remotes;
mod tending;

pub use person::{person, stale_zones};
pub use planned::{set_up_for_notes, set_up_for_plan};

/// How often a file is looked at.
const FILES_EVERY: TimeDelta = TimeDelta::seconds(2);

/// Everything a command needs to begin.
pub struct Setup {
    /// The floor, with its sources but nothing heard yet.
    pub floor: Floor,
    /// What performs effects.
    pub engine: Engine,
    /// Where facts come out.
    pub facts: mpsc::Receiver<Fact>,
    /// Facts known from the start: which signals there are.
    pub first: Vec<Fact>,
    /// What is put on record beside what hosts tell.
    pub recorder: Recorder,
    /// How long the record is kept.
    pub keep: TimeDelta,
    /// Who is told of what.
    pub notify: config::notify::NotifySettings,
    /// The book of the rules as whoever watches has it; known once all was read.
    pub book: Option<Box<Snapshot>>,
    /// The clock.
    pub clock: Clock,
    /// Who sits at the keyboard.
    pub me: Login,
    /// The theme's name as configured.
    pub theme: Text,
    /// What was found, and what was not, where there are no settings.
    pub notes: Vec<String>,
    /// What the console does and may do to incidents.
    pub rights: Acts,
    /// What somebody should know before they believe a clock: zone data that is too old.
    pub warnings: Vec<Text>,
    /// The sections of the queue that the settings name.
    pub sections: Vec<Section>,
    /// The on-call page that the settings name.
    pub roster_page: Option<PathBuf>,
    /// The oldest release of the zone data that the settings allow.
    pub tzdata_minimum: Option<Text>,
    /// What is needed to change something at a host.
    pub acting: Acting,
    /// Other servers, as the settings name them.
    pub servers: Vec<RemoteServer>,
}

/// What is needed to change something at a host.
#[derive(Debug, Clone)]
pub struct Acting {
    /// Hosts, in the order of the settings.
    pub hosts: Vec<delivery::Host>,
    /// What each host's source watches, by its place among the hosts: repositories, and patterns of them.
    pub watched: Vec<(Vec<Repo>, Vec<RepoPattern>)>,
    /// The state folder, where there is one.
    pub folder: Option<PathBuf>,
    /// The door to the network.
    pub http: Arc<Http>,
    /// What acknowledging does at the host.
    pub ack: AckSettings,
    /// Nothing is done at all.
    pub is_read_only: bool,
}

impl Acting {
    /// The hosts at which channels may open issues.
    pub fn issue_hosts(&self) -> channels::Hosts {
        channels::Hosts { hosts: self.hosts.clone(), folder: self.folder.clone(), http: Arc::clone(&self.http) }
    }
}

/// Which settings file is in force, and how far it is trusted.
pub fn find_settings(common: &Common) -> Option<(PathBuf, Trust)> {
    if let Some(path) = &common.config {
        return Some((path.clone(), Trust::User));
    }
    let here = env::current_dir().ok()?;
    let top = discover::root_of(&here);
    for folder in here.ancestors() {
        for name in ["watchfloor.toml", ".watchfloor.toml"] {
            let path = folder.join(name);
            if path.is_file() {
                return Some((path, Trust::Repository));
            }
        }
        if top.as_deref() == Some(folder) || top.is_none() {
            break;
        }
    }
    let own = config_folder()?.join("watchfloor.toml");
    own.is_file().then_some((own, Trust::User))
}

/// Where a person's own settings live: XDG on every system, else the system's own place.
pub fn config_folder() -> Option<PathBuf> {
    let xdg = env::var_os("XDG_CONFIG_HOME").map(PathBuf::from).filter(|p| p.is_absolute());
    let unix = || env::var_os("HOME").map(|home| PathBuf::from(home).join(".config/watchfloor")).filter(|p| p.is_dir());
    xdg.map(|x| x.join("watchfloor"))
        .or_else(unix)
        .or_else(|| directories::ProjectDirs::from("", "", "watchfloor").map(|dirs| dirs.config_dir().to_path_buf()))
}

/// Where what we must remember lives.
pub fn state_folder(common: &Common) -> Option<PathBuf> {
    if let Some(folder) = &common.state_dir {
        return Some(folder.clone());
    }
    // A systemd service is told by its manager.
    let given = env::var_os("STATE_DIRECTORY").map(PathBuf::from).filter(|p| p.is_absolute());
    let xdg = env::var_os("XDG_STATE_HOME").map(PathBuf::from).filter(|p| p.is_absolute());
    given.or_else(|| xdg.map(|x| x.join("watchfloor"))).or_else(|| {
        directories::ProjectDirs::from("", "", "watchfloor")
            .map(|dirs| dirs.state_dir().unwrap_or_else(|| dirs.data_local_dir()).to_path_buf())
    })
}

/// Reads a settings file.
///
/// # Errors
/// It cannot be read, or holds problems: all of them at once.
pub fn read_settings(path: &Path, trust: Trust, zones: &Zones) -> Result<Settings, Failure> {
    let name = path.to_string_lossy();
    let bytes = disk::read(path, config::FILE_BYTES).map_err(|e| {
        let hint = "name another file with --config, or print a documented one: watchfloor config default";
        Failure::new(exit::CONFIG, format!("read settings: {name}: {}", disk::why(&e)), hint)
    })?;
    let text = config::text_of(&bytes, &name).map_err(Failure::Config)?;
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let base = std::path::absolute(folder).unwrap_or_else(|_| folder.to_path_buf());
    let vars = |name: &str| env::var(name).ok();
    let settings = config::read(text, &name, &base, &vars, &|name| zones.find(name), trust).map_err(Failure::Config)?;
    holidays::merge(settings, zones)
}

/// Finds and reads settings, or looks around the repository, and makes everything ready.
///
/// # Errors
/// The settings are wrong.
pub fn set_up(common: &Common, zones: &Zones) -> Result<Setup, Failure> {
    let ((settings, notes), trust) = match find_settings(common) {
        Some((path, trust)) => ((read_settings(&path, trust, zones)?, Vec::new()), trust),
        // What merely stands around came with the repository.
        None => (from_surroundings(zones), Trust::Repository),
    };
    Ok(build(settings, notes, trust, common, zones))
}

/// Settings made of what stands around.
fn from_surroundings(zones: &Zones) -> (Settings, Vec<String>) {
    let mut settings = config::standard(&|name| zones.find(name));
    let here = env::current_dir().unwrap_or_default();
    let found = discover::look(&here);
    let notes = found.told();
    if let Some((host, repo)) = found.remote.filter(|(host, _)| discover::is_github(host)) {
        settings.team = Text::scrub(repo.short());
        let api =
            if host == "github.com" { "https://api.github.com".to_owned() } else { format!("https://api.{host}") };
        if let Ok(api_url) = url::Url::parse(&api) {
            settings.incidents.push(IncidentSource::Github {
                name: Text::scrub(if host == "github.com" { "github" } else { &host }),
                api_url,
                repositories: vec![repo],
                every: TimeDelta::seconds(60),
                with_pull_requests: false,
                more: Box::default(),
            });
        }
    }
    if !found.checklists.is_empty() {
        settings.release = Some(ReleaseSettings {
            name: Text::default(),
            day: None,
            time: None,
            zone: None,
            checklists: found.checklists.iter().map(|p| p.to_string_lossy().into_owned()).collect(),
            blocker_labels: vec!["release-blocker".to_owned()],
            sign_off: Vec::new(),
            rules: Rules::default(),
            plan: config::PlanSettings::default(),
        });
    }
    settings.roster = found.roster;
    for path in &found.telemetry {
        settings.signals.push(found::counted_events(path));
    }
    for path in &found.expositions {
        settings.signals.extend(found::exposed(path));
    }
    (settings, notes)
}

fn acting(settings: &Settings, http: &Arc<Http>, common: &Common) -> Acting {
    let is_read_only = settings.is_read_only || common.read_only;
    let (mut hosts, mut watched) = (Vec::new(), Vec::new());
    for incident in &settings.incidents {
        let IncidentSource::Github { name, api_url, repositories, more, .. } = incident else { continue };
        hosts.push(delivery::Host {
            source: name.clone(),
            api_url: api_url.clone(),
            tokens: Arc::new(tokens_of(incident)),
            is_read_only: is_read_only || more.is_read_only,
        });
        watched.push((repositories.clone(), more.patterns.clone()));
    }
    let (folder, ack) = (state_folder(common), settings.ack.clone());
    Acting { hosts, watched, folder, http: Arc::clone(http), ack, is_read_only }
}

fn build(settings: Settings, notes: Vec<String>, trust: Trust, common: &Common, zones: &Zones) -> Setup {
    let clock = common.now.map_or(Clock::Wall, Clock::Fixed);
    let zone = settings.zone.clone().unwrap_or_else(|| zones::of_host(zones));
    // Never the host's: a calendar means the same on every machine.
    let zone_of_calendars = settings.zone.clone().unwrap_or(Zone::utc());
    let me = Login::new(&person());
    let nowhere = || Place::Nowhere(Text::scrub("there is no state folder: set HOME, or give --state-dir"));
    let place = state_folder(common).map_or_else(nowhere, Place::Folder);
    let (tell, facts) = Engine::channel();
    let names = settings.incidents.iter().map(|incident| incident.name().clone()).collect();
    let keeper = Keeper::start(place, clock, names, tell.clone());
    let http = Arc::new(Http::default());
    let (mut sources, mut files) = (Vec::new(), BTreeMap::new());
    let asked = incidents::add(&settings, &mut sources, &mut files);
    if let Some(path) = settings.roster.clone() {
        let mut roster = RosterSource::new(path, zones.clone()).in_zone(zone_of_calendars);
        if trust == Trust::User {
            roster = roster.with_http(Arc::clone(&http));
        }
        files.insert(SourceId(sources.len()), FileSource::Roster(Box::new(roster)));
        sources.push(Source::new(Text::scrub("roster"), Feed::Roster, FILES_EVERY));
    }
    let release = release::add(&settings, &zone, &mut sources, &mut files);
    tending::add(&settings, state_folder(common), &mut sources, &mut files);
    let rules = measured::rules(&settings);
    let plan = measured::plan(&settings, &rules, state_folder(common).filter(|_| clock.runs()));
    let measuring = Arc::new(Measuring::new(plan, keeper.role()));
    let (first, remotes) = add_signals(&settings, rules, &measuring, &mut sources, &mut files);
    let mut floor = Floor::new(settings.team.clone(), zone, settings.policy.clone(), sources);
    floor.is_of_the_past = !clock.runs();
    release.iter().for_each(|(_, release)| tell_of(&mut floor, release));
    let acting = acting(&settings, &http, common);
    let Acting { hosts, watched, folder, http, .. } = acting.clone();
    let live = sync::hosts(&asked, tokens_of, &acting.http, &keeper, clock);
    let engine = Engine::new(clock, me.clone(), engine::Sources { files, hosts: live, release }, keeper, tell)
        .with_post(Post::new(hosts, watched, folder, http))
        .with_remotes(remotes, acting.is_read_only)
        .with_measuring(measuring);
    let warnings = stale_zones(&settings, zones).into_iter().collect();
    let rights = rights::by(&settings, common.read_only);
    let Settings { theme, roster_page, tzdata_minimum, sections, keep, notify, servers, .. } = settings;
    Setup {
        floor,
        engine,
        facts,
        first,
        // A command that prints and ends leaves the record to who watches.
        recorder: Recorder::default(),
        keep,
        notify,
        book: None,
        clock,
        me,
        theme,
        notes,
        rights,
        warnings,
        sections,
        roster_page,
        tzdata_minimum,
        acting,
        servers,
    }
}

/// Adds the files of the signals and the other servers to the sources; returns the facts that declare them, and what is
/// asked of servers.
fn add_signals(
    settings: &Settings,
    rules: Vec<AnyRule>,
    measuring: &Arc<Measuring>,
    sources: &mut Vec<Source>,
    files: &mut BTreeMap<SourceId, FileSource>,
) -> (Vec<Fact>, BTreeMap<SourceId, Remote>) {
    let (mut first, first_source) = (Vec::new(), sources.len());
    for (n, signal) in settings.signals.iter().enumerate() {
        let id = SourceId(sources.len());
        sources.push(Source::new(signal.signal.name.clone(), Feed::Metrics, FILES_EVERY));
        first.push(Fact::SignalAdded { source: id, signal: Box::new(signal.signal.clone()) });
        if matches!(signal.format, MetricFormat::Remote { .. }) {
            continue;
        }
        let file = FileSource::Metric {
            signal: SignalId(n),
            settings: Box::new(signal.clone()),
            followed: BTreeMap::new(),
            n_skipped: 0,
            shared: Some(Arc::clone(measuring)),
        };
        files.insert(id, file);
    }
    first.push(Fact::RulesRead(rules));
    if let Some(rules) = RuleFiles::of(&settings.rule_files) {
        files.insert(SourceId(sources.len()), FileSource::Rules(Box::new(rules)));
        sources.push(Source::new(Text::scrub(RULES), Feed::Metrics, FILES_EVERY));
    }
    first.extend(measured::computed(settings, measuring, sources, files));
    first.extend(tending::declared(settings));
    first.extend(settings.slos.iter().map(|slo| Fact::SloAdded(Box::new(slo.clone()))));
    first.extend(tending::aimed(settings));
    (first, remotes::all(settings, first_source, sources))
}

/// Where a source's token is looked for, as the settings say.
pub fn tokens_of(source: &IncidentSource) -> Tokens {
    match source {
        IncidentSource::Github { more, .. } => Tokens::of_process().as_set(more.token.as_ref(), more.is_further_host),
        IncidentSource::History { .. } => Tokens::of_process(),
    }
}

/// What the floor judges the release by that no file says.
fn tell_of(floor: &mut Floor, release: &ReleaseSettings) {
    let zone = release.zone.clone().unwrap_or_else(|| floor.zone.clone());
    let planned = crate::shell::files::release_of(release, zone, Vec::new());
    floor.blocker_labels.clone_from(&release.blocker_labels);
    floor.judge_release_by(release.rules.clone(), planned.at.or_else(|| planned.starts_at()));
    floor.release_milestone.clone_from(&release.plan.milestone);
    floor.release_days = (release.plan.mode, release.plan.days_off.clone());
}
