//! The composition root: one file a command.

pub mod act;
pub mod alerts;
pub mod args;
pub mod board;
mod books;
pub mod burn_in;
pub mod check;
pub mod compare;
pub mod console;
pub mod discover;
pub mod doctor;
pub mod drill;
pub mod duties;
pub mod exit;
pub mod failure;
mod found;
pub mod goals;
pub mod history;
pub mod holidays;
pub mod incident;
pub mod look;
pub mod metric_files;
pub mod oncall;
pub mod outbox;
pub mod past;
mod promised;
pub mod queue;
pub mod release;
mod remote;
pub mod setup;
pub mod show;
pub mod silence;
pub mod sla;
pub mod slo;
pub mod summarize;
pub mod then;
pub mod watch;

use std::{io::Write as _, panic::PanicHookInfo, path::Path};

use clap::{CommandFactory as _, Parser as _, error::ErrorKind};
use color_eyre::config::{HookBuilder, PanicHook};

use crate::{
    cli::{
        args::{Cli, Command, ConfigCommand, MetricsCommand},
        board::Part,
        failure::{Failure, print},
    },
    config,
    domain::{
        series::MetricFormat,
        zone::{Origin, Zones},
    },
    floor::{
        freshness::{Feed, RULES, Source},
        unknown::none_is_called,
    },
    shell::{cores, disk, feeds, rules, signals, terminal, zones},
    source::rules::{RUNBOOK_KEY, Verdict},
    text::{Passage, Text},
};

/// Runs the program; returns its exit code.
pub fn run() -> u8 {
    cores::forbid();
    let (report, _) = HookBuilder::blank().display_env_section(false).into_hooks();
    std::panic::set_hook(Box::new(move |info| last_words(&report, info)));
    let zones = zones::load();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) if error.kind() == ErrorKind::DisplayVersion => return exit::write_out(&version(&zones)),
        Err(error) => {
            let is_wrong = error.use_stderr();
            // Help that cannot be printed is no reason to say more.
            let _ = error.print();
            return if is_wrong { exit::USAGE } else { exit::DONE };
        }
    };
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            return Failure::new(exit::BUG, format!("start: {error}"), "the host is out of files or threads").report();
        }
    };
    let dispatched = async {
        signals::survive_long_files();
        dispatch(&cli, &zones).await
    };
    let code = runtime.block_on(dispatched).unwrap_or_else(|failure| failure.report());
    // A disk or a host that does not answer must not hold the exit.
    runtime.shutdown_background();
    code
}

/// The product's version with that of the zone data, which decides when a shift ends: `watchfloor 0.1.0 (tzdata 2026e, bundled)`.
fn version(zones: &Zones) -> String {
    let origin = match zones.origin() {
        Origin::Bundled => "bundled",
        Origin::Host => "the host's",
    };
    format!("watchfloor {} (tzdata {}, {origin})\n", env!("CARGO_PKG_VERSION"), Text::scrub(zones.version()))
}

async fn dispatch(cli: &Cli, zones: &Zones) -> Result<u8, Failure> {
    let common = &cli.common;
    match &cli.command {
        None => console::live(common, zones).await,
        Some(Command::Demo(demo)) if demo.status => show::demo(demo, common, zones),
        Some(Command::Demo(demo)) => console::demo(common, demo, zones).await,
        Some(Command::Queue(q)) => queue::run(q, common, zones).await,
        Some(Command::Status(b)) => show::now_or_then(Part::Status, *b, common, zones).await,
        Some(Command::History(h)) => history::run(h, common, zones),
        Some(Command::Watch(w)) => watch::run(*w, common, zones).await,
        Some(Command::Silence(s)) => silence::run(s, common, zones).await,
        Some(Command::Drill(d)) => drill::run(d, common, zones).await,
        Some(Command::Sla(s)) => sla::run(s, common, zones).await,
        Some(Command::Alerts(a)) => alerts::run(a, common, zones).await,
        Some(Command::Slo(s)) => slo::run(s, common, zones).await,
        Some(Command::Oncall(o)) => oncall::run(o, common, zones).await,
        Some(Command::Incident(i)) => incident::run(i, common, zones).await,
        Some(Command::Outbox(o)) => outbox::run(o, common, zones).await,
        Some(Command::Check(c)) => check::run(*c, common, zones).await,
        Some(Command::Metrics(m)) => match &m.command {
            Some(MetricsCommand::Summarize(s)) => summarize::run(s, common, zones),
            Some(MetricsCommand::Compare(c)) => compare::run(c, common, zones),
            Some(MetricsCommand::Check(c)) => metric_files::check(c, common, zones),
            None => show::run(Part::Metrics, m.printed.json, common, zones).await,
        },
        Some(Command::Release(r)) => release::run(r, common, zones).await,
        Some(Command::BurnIn(b)) => burn_in::run(b, common, zones).await,
        Some(Command::Duties(d)) => duties::run(d, common, zones).await,
        Some(Command::Goals(g)) => goals::run(g, common, zones).await,
        Some(Command::Doctor(p)) => doctor::run(p.json, common, zones).await,
        Some(Command::Config { what }) => settings(*what, common, zones).await,
        Some(Command::Completions { shell }) => completions(*shell),
        Some(Command::Man { dir }) => man(dir.as_deref()),
    }
}

fn no_settings() -> Failure {
    let hint = "watchfloor config default > watchfloor.toml begins one";
    Failure::new(exit::CONFIG, "find settings: there is no watchfloor.toml here or above", hint)
}

async fn settings(what: ConfigCommand, common: &args::Common, zones: &Zones) -> Result<u8, Failure> {
    match what {
        ConfigCommand::Default => print(config::embedded_default())?,
        ConfigCommand::Schema => print(&config::schema::schema())?,
        ConfigCommand::Path => {
            let (path, _) = setup::find_settings(common).ok_or_else(no_settings)?;
            print(Text::scrub(&path.to_string_lossy()).as_ref())?;
        }
        ConfigCommand::Check => return check_config(common, zones).await,
    }
    Ok(exit::DONE)
}

/// Checks the settings and every file they name, and says every problem.
pub(crate) async fn check_config(common: &args::Common, zones: &Zones) -> Result<u8, Failure> {
    let (path, problems, warnings) = config_findings(common, zones).await?;
    for warning in &warnings {
        failure::complain(&format!("warning: {warning}"));
    }
    for problem in &problems {
        failure::complain(&format!("error: {problem}"));
    }
    if !problems.is_empty() {
        let n = crate::text::counted(problems.len(), "problem", "problems");
        failure::complain(&format!("{n} in what {path} names"));
        return Ok(exit::CONFIG);
    }
    print(&format!("{path}: no problem, and every file it names can be read"))?;
    Ok(exit::DONE)
}

/// Reads the settings and every file they name: what they say is only right if what they name is there and can be read.
///
/// Returns the settings' path, the problems and the warnings.
///
/// # Errors
/// There are no settings, or they are wrong themselves.
async fn config_findings(common: &args::Common, zones: &Zones) -> Result<(Text, Vec<String>, Vec<String>), Failure> {
    let (path, trust) = setup::find_settings(common).ok_or_else(no_settings)?;
    let settings = setup::read_settings(&path, trust, zones)?;
    let mut problems = settings.roster.as_deref().map(|roster| roster_problems(roster, zones)).unwrap_or_default();
    let rules = rules::read(&settings.rule_files);
    problems.extend(promised::broken(&settings, &rules.rules));
    problems.extend(books::missing(&settings, &path));
    let mut warnings: Vec<_> = setup::stale_zones(&settings, zones).iter().map(ToString::to_string).collect();
    warnings.extend(promised::slow(&rules.rules, &settings));
    problems.extend(rules.unread.iter().map(|why| format!("rules: {why}")));
    for (file, fault) in &rules.faults {
        // An alert without a runbook wakes somebody who does not know what to do (R44).
        let is_bad = fault.verdict != Verdict::Kept || fault.problem.key == RUNBOOK_KEY;
        let said = format!("{file}: {}: {}", fault.rule, fault.problem);
        if is_bad { problems.push(said) } else { warnings.push(said) }
    }
    let mut setup = setup::set_up(common, zones)?;
    setup.read_files();
    // Every problem of the roster file is said already; what its calendars are in trouble with is not.
    let is_said = !problems.is_empty();
    let is_told = |s: &Source| (s.feed == Feed::Roster && is_said) || s.name.as_str() == RULES;
    for source in setup.floor.sources.iter().filter(|s| !is_told(s)) {
        if let Some((trouble, _, why)) = &source.trouble {
            problems.push(format!("{}: {}: {why}", source.name, trouble.word()));
        }
        warnings.extend(source.left_out());
    }
    warnings.extend(setup.floor.unknown_names());
    warnings.extend(unread_metrics(&settings, &setup.floor));
    Ok((Text::scrub(&path.to_string_lossy()), problems, warnings))
}

/// Signals whose metric stands in none of their files, though some were read.
pub(crate) fn unread_metrics(settings: &config::Settings, floor: &crate::floor::Floor) -> Vec<String> {
    let read: std::collections::BTreeSet<&Text> = floor.pool().named(None).map(|(key, _)| &key.name).collect();
    let is_whole = floor.sources_of(Feed::Metrics).all(|source| source.trouble.is_none());
    let metrics = settings.signals.iter().filter_map(|source| match &source.format {
        MetricFormat::Prometheus { metric, .. } => Some((source, Text::scrub(metric))),
        _ => None,
    });
    let unread = metrics.filter(|(_, metric)| is_whole && !read.is_empty() && !read.contains(metric));
    let said = |(source, metric): (&config::SignalSource, Text)| {
        let why = none_is_called(&metric, read.iter().copied());
        format!("signal {} ({}): {why}", source.signal.name, Text::scrub(&source.files))
    };
    unread.map(said).collect()
}

/// Every problem of a roster.
fn roster_problems(path: &Path, zones: &Zones) -> Vec<String> {
    let name = Text::scrub(&path.to_string_lossy());
    if feeds::is_calendar(path) {
        return Vec::new();
    }
    let read = disk::read(path, 4 * 1024 * 1024).map_err(|e| disk::why(&e));
    let file = read.and_then(|bytes| String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned()));
    let problems = match file {
        Err(why) => vec![why],
        Ok(file) => match crate::source::roster::read(&file, zones) {
            Ok(_) => Vec::new(),
            Err(problems) => problems.iter().map(ToString::to_string).collect(),
        },
    };
    problems.iter().map(|problem| format!("{name}: {problem}")).collect()
}

fn completions(shell: clap_complete::Shell) -> Result<u8, Failure> {
    let mut out = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "watchfloor", &mut out);
    print(&String::from_utf8_lossy(&out))?;
    Ok(exit::DONE)
}

fn man(dir: Option<&Path>) -> Result<u8, Failure> {
    let failed = |e: std::io::Error| Failure::new(exit::NO, format!("write manual pages: {e}"), "check the folder");
    match dir {
        Some(dir) => clap_mangen::generate_to(Cli::command(), dir).map_err(failed)?,
        None => {
            let mut page = Vec::new();
            clap_mangen::Man::new(Cli::command()).render(&mut page).map_err(failed)?;
            print(&String::from_utf8_lossy(&page))?;
        }
    }
    Ok(exit::DONE)
}

/// One policy for every panic, in whatever task: the terminal is given back first, then the words, scrubbed, then the end.
///
/// A task that died would leave a screen that looks alive and is not; an honest end is better.
///
/// The whole report, with its trace, goes to a file: a screen of it would push away what the person was doing.
fn last_words(report: &PanicHook, info: &PanicHookInfo<'_>) {
    terminal::restore();
    let payload = info.payload();
    let why = payload.downcast_ref::<&str>().copied().or(payload.downcast_ref::<String>().map(String::as_str));
    let at = info.location().map(|l| format!("{}:{}", l.file(), l.line())).unwrap_or_default();
    let path = std::env::temp_dir().join(format!("watchfloor-crash-{}.txt", std::process::id()));
    let trace = Passage::scrub(&report.panic_report(info).to_string());
    // Somebody else's file of that name, or a link, is not written over.
    let file = std::fs::File::options().write(true).create_new(true).open(&path);
    let is_written = file.is_ok_and(|mut file| file.write_all(trace.as_str().as_bytes()).is_ok());
    let with = if is_written { path.to_string_lossy().into_owned() } else { "the line above".to_owned() };
    let said = format!(
        "error: watchfloor broke at {}: {}\nhint: this is our fault; please report it with {}. Nothing that was saved is lost",
        Text::scrub(&at),
        Text::scrub(why.unwrap_or("no reason given")),
        Text::scrub(&with)
    );
    let _ = writeln!(std::io::stderr(), "{said}");
    std::process::exit(i32::from(exit::BUG));
}
