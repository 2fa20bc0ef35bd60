//! Files as sources: looked at when they fall due, read when they changed, told as facts.

mod plans;

use std::{
    collections::BTreeMap,
    io::BufReader,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{DateTime, Utc};

use crate::{
    config::{IncidentSource, ReleaseSettings, SignalSource},
    domain::{
        incident::Repo,
        sample::Telling,
        series::Sample,
        trouble::Trouble,
        zone::{Zone, Zones},
    },
    floor::fact::{Fact, Part, Polled, SignalId, SourceId},
    shell::{
        disk::{self, Expanded},
        duties::Tending,
        evidence::EvidenceFiles,
        feeds::{RosterSource, is_calendar, metric::measuring::Measuring},
        figures::Figures,
        follow::Followed,
        roster_file::RosterFile,
        rules::RuleFiles,
        stamp::{Stamp, changed, open_regular, stamp_of},
    },
    source::{Batch, history},
    text::Text,
};

pub use plans::{KnownList, is_plan_of, path_of_checklist, read_checklist, read_course, release_of, release_of_files};

/// A file source.
pub enum FileSource {
    /// Issue histories.
    History {
        /// The file.
        path: PathBuf,
        /// The repository of records that do not say.
        repository: Option<Repo>,
        /// Whether pull requests count.
        with_pull_requests: bool,
        /// The file as last read.
        stamp: Option<Stamp>,
        /// What was wrong with the file when it was last read, if anything: it is not read again until it changes.
        broken: Option<Box<(Stamp, Fact)>>,
    },
    /// The roster and its calendars.
    Roster(Box<RosterSource>),
    /// The release checklists.
    Release {
        /// The release.
        settings: Box<ReleaseSettings>,
        /// The zone of its days, where it names none.
        zone: Zone,
        /// The files as last read.
        stamps: Vec<(PathBuf, Option<Stamp>)>,
        /// Every checklist as it was when it could last be read: one that is gone or broken is not forgotten.
        known: BTreeMap<PathBuf, KnownList>,
    },
    /// The files that evidence of the release asks for.
    Evidence(Box<EvidenceFiles>),
    /// The files of one signal.
    Metric {
        /// Which signal.
        signal: SignalId,
        /// What to read.
        settings: Box<SignalSource>,
        /// Each file with where we are in it.
        followed: BTreeMap<PathBuf, Followed>,
        /// Lines left out so far.
        n_skipped: usize,
        /// Where the file is read once for all signals; nothing = by itself, from its beginning.
        shared: Option<Arc<Measuring>>,
    },
    /// The files that goals look for numbers in.
    Figures(Box<Figures>),
    /// The record and the evidence of duties.
    Duties(Box<Tending>),
    /// The rule files.
    Rules(Box<RuleFiles>),
    /// Files that no signal takes anything of by itself: what they hold is for expressions.
    Measured {
        /// A path or a pattern.
        files: String,
        /// Who reads them.
        shared: Arc<Measuring>,
    },
}

/// A settings-like file (roster, checklist) longer than this is a mistake.
pub(super) const SMALL_FILE: usize = 4 * 1024 * 1024;

/// Incidents of one fact: small enough that keys are answered between two of them.
const PART: usize = 2_000;

impl FileSource {
    /// A history as configured; nothing for a source that is no file.
    pub fn history(settings: &IncidentSource) -> Option<Self> {
        match settings {
            IncidentSource::History { path, repository, with_pull_requests, .. } => Some(Self::History {
                path: path.clone(),
                repository: repository.clone(),
                with_pull_requests: *with_pull_requests,
                stamp: None,
                broken: None,
            }),
            IncidentSource::Github { .. } => None,
        }
    }

    /// The file an override is written into; nothing for a source that is no roster.
    pub fn roster_file(&self) -> Option<RosterFile> {
        match self {
            // An override cannot be written into somebody's calendar.
            Self::Roster(roster) if is_calendar(roster.path()) => None,
            Self::Roster(roster) => {
                Some(RosterFile { path: roster.path().to_path_buf(), zones: roster.zones().clone() })
            }
            _ => None,
        }
    }

    /// A roster that names no addresses.
    pub fn roster(path: PathBuf, zones: Zones) -> Self {
        Self::Roster(Box::new(RosterSource::new(path, zones)))
    }

    /// The roster, where it is one.
    pub fn as_roster(&mut self) -> Option<&mut RosterSource> {
        match self {
            Self::Roster(roster) => Some(roster),
            _ => None,
        }
    }

    /// Looks at the file and tells what it finds.
    pub fn poll(&mut self, source: SourceId, now: DateTime<Utc>, tell: &mut dyn FnMut(Fact)) {
        match self {
            Self::History { path, repository, with_pull_requests, stamp, broken } => {
                if let Some(known) = broken
                    && stamp_of(path).is_ok_and(|found| found == known.0)
                {
                    return tell(known.1.clone());
                }
                let mut failure = None;
                poll_history(path, repository.as_ref(), *with_pull_requests, stamp, source, now, &mut |fact| {
                    if matches!(fact, Fact::Failed { trouble: Trouble::Garbled, .. }) {
                        failure = Some(fact.clone());
                    }
                    tell(fact);
                });
                *broken = failure.and_then(|fact| Some(Box::new((stamp_of(path).ok()?, fact))));
            }
            Self::Roster(roster) => roster.poll(source, now, tell),
            Self::Release { settings, zone, stamps, known } => {
                plans::poll_release(settings, zone, stamps, known, source, tell)
            }
            Self::Evidence(files) => files.poll(source, now, tell),
            Self::Figures(figures) => figures.poll(source, now, tell),
            Self::Duties(tending) => tending.poll(source, tell),
            Self::Rules(rules) => rules.poll(source, tell),
            Self::Measured { files, shared } => shared.poll(files, None, &mut 0, source, now, tell),
            Self::Metric { signal, settings, n_skipped, shared: Some(shared), .. } => {
                shared.poll(&settings.files, Some(*signal), n_skipped, source, now, tell);
            }
            Self::Metric { signal, settings, followed, n_skipped, shared: None } => {
                poll_metric(settings, *signal, followed, n_skipped, source, now, tell);
            }
        }
    }
}

fn poll_history(
    path: &Path,
    repository: Option<&Repo>,
    with_pull_requests: bool,
    stamp: &mut Option<Stamp>,
    source: SourceId,
    now: DateTime<Utc>,
    tell: &mut dyn FnMut(Fact),
) {
    let found = match changed(path, stamp) {
        Ok(Some(found)) => found,
        Ok(None) => return tell(Fact::Unchanged { source, budget: None }),
        Err(error) => return tell(away(source, path, &error)),
    };
    let read = open_regular(path).map_err(|e| Box::new(away(source, path, &e))).and_then(|file| {
        history::read(BufReader::with_capacity(64 * 1024, file), repository, with_pull_requests)
            .map_err(|e| Box::new(failed(source, e.trouble(), &format!("{}: {e}; {}", name_of(path), e.hint()))))
    });
    match read {
        Err(fact) => tell(*fact),
        Ok(history) => {
            *stamp = Some(found);
            let Batch { items, skipped, n_skipped } = history.batch;
            let as_of = history.as_of.unwrap_or(now).min(now);
            let polled = |items, part| {
                let (skipped, n_skipped) =
                    if part == Part::Last { (skipped.clone(), n_skipped) } else { (Vec::new(), 0) };
                Fact::Polled(Polled { source, items, skipped, n_skipped, part, as_of, budget: None })
            };
            let mut rest = items.into_iter();
            loop {
                let part: Vec<_> = rest.by_ref().take(PART).collect();
                if part.is_empty() {
                    break;
                }
                tell(polled(part, Part::More));
            }
            tell(polled(Vec::new(), Part::Last));
        }
    }
}

fn poll_metric(
    settings: &SignalSource,
    signal: SignalId,
    followed: &mut BTreeMap<PathBuf, Followed>,
    n_skipped: &mut usize,
    source: SourceId,
    now: DateTime<Utc>,
    tell: &mut dyn FnMut(Fact),
) {
    let Expanded { paths, unread } = match disk::expand(&settings.files) {
        Ok(expanded) => expanded,
        Err(why) => return tell(failed(source, Trouble::Garbled, &format!("`{}`: {why}", settings.files))),
    };
    if paths.is_empty() {
        return tell(failed(source, Trouble::Away, &format!("no file matches {}", settings.files)));
    }
    followed.retain(|path, _| paths.contains(path));
    let (mut all, mut telling) = (Batch::new(), Telling::Added);
    let mut trouble = unread.map(|why| failed(source, Trouble::Away, &why));
    for path in paths {
        let file = followed.entry(path.clone()).or_insert_with(|| Followed::new(&path, &settings.format));
        match file.follow(&path, &settings.format, now) {
            Ok(batch) => {
                telling = telling.max(file.telling());
                all.items.extend(batch.items);
                all.n_skipped += batch.n_skipped;
                all.skipped.extend(batch.skipped);
                for gap in file.take_gaps().iter().filter(|gap| gap.found_in.is_none()) {
                    all.skip(&name_of(&path), &gap.said());
                }
            }
            Err((kind, why)) => trouble = Some(failed(source, kind, &format!("{}: {why}", name_of(&path)))),
        }
    }
    *n_skipped += all.n_skipped;
    if !all.items.is_empty() || all.n_skipped > 0 {
        all.items.sort_by_key(|s: &Sample| s.at_ms);
        tell(Fact::Sampled { signal, samples: all.items, telling, skipped: all.skipped, n_skipped: *n_skipped });
    }
    tell(trouble.unwrap_or(Fact::Unchanged { source, budget: None }));
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

fn away(source: SourceId, path: &Path, error: &std::io::Error) -> Fact {
    failed(source, Trouble::Away, &format!("{}: {}", path.to_string_lossy(), disk::why(error)))
}

fn failed(source: SourceId, trouble: Trouble, why: &str) -> Fact {
    Fact::Failed { source, trouble, why: Text::scrub(why) }
}

/// Asks the hosts of a roster's calendars that are due; whether one was asked.
pub(super) async fn ask_calendars(file: &Mutex<FileSource>, clock: crate::shell::clock::Clock) -> bool {
    let (http, questions) = match lock(file).as_roster() {
        Some(roster) => (roster.http(), roster.questions(clock.now())),
        None => return false,
    };
    let Some(http) = http else { return false };
    for question in &questions {
        let answer = crate::shell::feeds::ask(&http, question).await;
        if let Some(roster) = lock(file).as_roster() {
            roster.answered(question, answer, clock.now());
        }
    }
    !questions.is_empty()
}

/// Takes what others may hold; a panic elsewhere must not keep what is already there from being read.
pub(super) fn lock<T>(held: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    held.lock().unwrap_or_else(PoisonError::into_inner)
}
