//! Files as sources: looked at when they fall due, read when they changed, told as facts.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufReader, Read as _, Seek as _, SeekFrom},
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use chrono::{DateTime, NaiveDateTime, Utc};

use crate::{
    config::{IncidentSource, ReleaseSettings, SignalSource},
    domain::{
        incident::Repo,
        release::{Checklist, Release, SignOff, Word},
        series::{MetricFormat, Sample},
        trouble::{Problem, Trouble},
        zone::{Zone, Zones},
    },
    floor::fact::{Fact, Part, Polled, SignalId, SourceId},
    shell::disk,
    source::{
        Batch, checklist, history,
        metrics::{
            self, Reader,
            tail::{Plan, Seen, Tail},
        },
        roster,
    },
    text::Text,
};

/// What a stat says of a file; two equal stamps mean the same bytes.
type Stamp = (u64, u64, u64, i128);

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
    },
    /// The roster.
    Roster {
        /// The file.
        path: PathBuf,
        /// The zones it may name.
        zones: Zones,
        /// The file as last read.
        stamp: Option<Stamp>,
    },
    /// The release checklists.
    Release {
        /// The release.
        settings: ReleaseSettings,
        /// The zone of its days, where it names none.
        zone: Zone,
        /// The files as last read.
        stamps: Vec<(PathBuf, Option<Stamp>)>,
    },
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
    },
}

/// Where we are in one metric file.
pub struct Followed {
    tail: Tail,
    reader: Option<Reader>,
    stamp: Option<Stamp>,
}

/// A settings-like file (roster, checklist) longer than this is a mistake.
const SMALL_FILE: usize = 4 * 1024 * 1024;

/// Incidents of one fact: small enough that keys are answered between two of them.
const PART: usize = 2_000;

/// Read at once from a metric file.
const CHUNK: usize = 8 * 1024 * 1024;

/// A file that nobody wrote to for this long has no half-written last line: what is there is all there is.
const SETTLED_MS: i64 = 60_000;

impl FileSource {
    /// A history as configured; nothing for a source that is no file.
    pub fn history(settings: &IncidentSource) -> Option<Self> {
        match settings {
            IncidentSource::History { path, repository, with_pull_requests, .. } => Some(Self::History {
                path: path.clone(),
                repository: repository.clone(),
                with_pull_requests: *with_pull_requests,
                stamp: None,
            }),
            IncidentSource::Github { .. } => None,
        }
    }

    /// Looks at the file and tells what it finds.
    pub fn poll(&mut self, source: SourceId, now: DateTime<Utc>, tell: &mut dyn FnMut(Fact)) {
        match self {
            Self::History { path, repository, with_pull_requests, stamp } => {
                poll_history(path, repository.as_ref(), *with_pull_requests, stamp, source, now, tell);
            }
            Self::Roster { path, zones, stamp } => poll_roster(path, zones, stamp, source, tell),
            Self::Release { settings, zone, stamps } => poll_release(settings, zone, stamps, source, tell),
            Self::Metric { signal, settings, followed, n_skipped } => {
                poll_metric(settings, *signal, followed, n_skipped, source, now, tell);
            }
        }
    }

    /// Reads it again at the next poll, changed or not.
    pub fn forget(&mut self) {
        match self {
            Self::History { stamp, .. } | Self::Roster { stamp, .. } => *stamp = None,
            Self::Release { stamps, .. } => stamps.clear(),
            Self::Metric { .. } => {}
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
    let read = File::open(path).map_err(|e| away(source, path, &e)).and_then(|file| {
        history::read(BufReader::with_capacity(64 * 1024, file), repository, with_pull_requests)
            .map_err(|e| failed(source, e.trouble(), &format!("{}: {e}; {}", name_of(path), e.hint())))
    });
    match read {
        Err(fact) => tell(fact),
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

fn poll_roster(path: &Path, zones: &Zones, stamp: &mut Option<Stamp>, source: SourceId, tell: &mut dyn FnMut(Fact)) {
    let found = match changed(path, stamp) {
        Ok(Some(found)) => found,
        Ok(None) => return tell(Fact::Unchanged { source, budget: None }),
        Err(error) => return tell(away(source, path, &error)),
    };
    match disk::read(path, SMALL_FILE) {
        Err(error) => tell(away(source, path, &error)),
        Ok(bytes) => {
            let read = match std::str::from_utf8(&bytes) {
                Ok(file) => roster::read(file, zones).map_err(|problems| first_of(&problems)),
                Err(_) => Err("it is not UTF-8".to_owned()),
            };
            match read {
                Ok(roster) => {
                    *stamp = Some(found);
                    tell(Fact::RosterRead { source, roster: Box::new(roster) });
                }
                Err(why) => tell(failed(source, Trouble::Garbled, &format!("{}: {why}", name_of(path)))),
            }
        }
    }
}

/// The first problem with how many more there are; `watchfloor check` lists them all.
fn first_of(problems: &[Problem]) -> String {
    let first = problems.first().map(|p| p.to_string().replace('\n', ";")).unwrap_or_default();
    match problems.len() {
        0 | 1 => first,
        n => format!("{first} (and {} more)", n - 1),
    }
}

fn poll_release(
    settings: &ReleaseSettings,
    zone: &Zone,
    stamps: &mut Vec<(PathBuf, Option<Stamp>)>,
    source: SourceId,
    tell: &mut dyn FnMut(Fact),
) {
    let paths = match expand_all(&settings.checklists) {
        Ok(paths) => paths,
        Err(why) => return tell(failed(source, Trouble::Garbled, &why)),
    };
    let found: Vec<_> = paths.iter().map(|path| (path.clone(), stamp_of(path).ok())).collect();
    if !found.is_empty() && found == *stamps {
        return tell(Fact::Unchanged { source, budget: None });
    }
    let mut checklists = Vec::new();
    let mut trouble = None;
    for path in &paths {
        match read_checklist(path) {
            Ok(list) => checklists.push(list),
            Err((kind, why)) => trouble = Some(failed(source, kind, &why)),
        }
    }
    if paths.is_empty() {
        let why = format!("no file matches {}", settings.checklists.join(", "));
        trouble = Some(failed(source, Trouble::Away, &why));
    }
    if !checklists.is_empty() {
        let zone = settings.zone.clone().unwrap_or_else(|| zone.clone());
        tell(Fact::ReleaseRead { source, release: Box::new(release_of(settings, zone, checklists)) });
        *stamps = found;
    }
    if let Some(fact) = trouble {
        stamps.clear();
        tell(fact);
    }
}

/// A release from its settings and its checklists.
pub fn release_of(settings: &ReleaseSettings, zone: Zone, checklists: Vec<Checklist>) -> Release {
    let at = settings.day.zip(settings.time).map(|(day, time)| zone.resolve(NaiveDateTime::new(day, time)));
    let sign_offs = settings.sign_off.iter().map(|role| SignOff { role: role.clone(), word: Word::Silent }).collect();
    Release { name: settings.name.clone(), day: settings.day, at, zone, checklists, sign_offs, blockers: Vec::new() }
}

/// Reads a checklist file.
///
/// # Errors
/// What kind of trouble, and why, with the file's name.
pub fn read_checklist(path: &Path) -> Result<Checklist, (Trouble, String)> {
    let bytes = disk::read(path, checklist::LIMIT_BYTES)
        .map_err(|e| (Trouble::Away, format!("{}: {}", name_of(path), disk::why(&e))))?;
    checklist::read(&path.to_string_lossy(), &bytes).map_err(|e| (Trouble::Garbled, format!("{}: {e}", name_of(path))))
}

fn expand_all(patterns: &[String]) -> Result<Vec<PathBuf>, String> {
    let mut paths = Vec::new();
    for pattern in patterns {
        for path in disk::expand(pattern).map_err(|why| format!("`{pattern}`: {why}"))? {
            if !paths.contains(&path) {
                paths.push(path);
            }
        }
    }
    Ok(paths)
}

/// The real path behind a checklist's shown one.
pub fn path_of_checklist(settings: &ReleaseSettings, shown: &Text) -> Option<PathBuf> {
    expand_all(&settings.checklists).ok()?.into_iter().find(|path| Text::scrub(&path.to_string_lossy()) == *shown)
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
    let paths = match disk::expand(&settings.files) {
        Ok(paths) => paths,
        Err(why) => return tell(failed(source, Trouble::Garbled, &format!("`{}`: {why}", settings.files))),
    };
    if paths.is_empty() {
        return tell(failed(source, Trouble::Away, &format!("no file matches {}", settings.files)));
    }
    followed.retain(|path, _| paths.contains(path));
    let mut all = Batch::new();
    let mut trouble = None;
    for path in paths {
        let file = followed.entry(path.clone()).or_insert_with(|| Followed::new(&settings.format));
        match file.follow(&path, &settings.format, now) {
            Ok(batch) => {
                all.items.extend(batch.items);
                all.n_skipped += batch.n_skipped;
                all.skipped.extend(batch.skipped);
            }
            Err((kind, why)) => trouble = Some(failed(source, kind, &format!("{}: {why}", name_of(&path)))),
        }
    }
    *n_skipped += all.n_skipped;
    if !all.items.is_empty() || all.n_skipped > 0 {
        all.items.sort_by_key(|s: &Sample| s.at_ms);
        tell(Fact::Sampled { signal, samples: all.items, skipped: all.skipped, n_skipped: *n_skipped });
    }
    tell(trouble.unwrap_or(Fact::Unchanged { source, budget: None }));
}

impl Followed {
    fn new(format: &MetricFormat) -> Self {
        Self { tail: Tail::default(), reader: Reader::new(format), stamp: None }
    }

    /// Reads what the file got since the last look.
    fn follow(
        &mut self,
        path: &Path,
        format: &MetricFormat,
        now: DateTime<Utc>,
    ) -> Result<Batch<Sample>, (Trouble, String)> {
        let away = |e: std::io::Error| (Trouble::Away, disk::why(&e));
        if self.reader.is_none() {
            return self.scrape(path, format);
        }
        let mut file = open_regular(path).map_err(away)?;
        let mut out = Batch::new();
        // A rewritten file starts over once; should it change again meanwhile, the next round sees to it.
        for _ in 0..64 {
            let seen = seen(&file).map_err(away)?;
            let from = match self.tail.plan(seen) {
                Plan::Nothing => break,
                Plan::StartOver { why } => {
                    self.start_over(why);
                    continue;
                }
                Plan::Read { from } => from,
            };
            file.seek(SeekFrom::Start(from)).map_err(away)?;
            let mut bytes = Vec::new();
            (&mut file).take(CHUNK as u64).read_to_end(&mut bytes).map_err(away)?;
            if from == 0
                && let Some(why) = metrics::refusal(bytes.get(..bytes.len().min(512)).unwrap_or_default())
            {
                return Err((Trouble::Garbled, why.to_owned()));
            }
            let is_all = from.saturating_add(bytes.len() as u64) >= seen.length;
            match self.tail.take(seen, from, &bytes) {
                Ok(lines) => self.add(lines, &mut out),
                Err(why) => {
                    self.start_over(why);
                    continue;
                }
            }
            if is_all {
                self.settle(seen, now, &mut out);
                break;
            }
        }
        if let Some(sample) = self.reader.as_mut().and_then(|r| r.until(now)) {
            out.items.push(sample);
        }
        Ok(out)
    }

    fn add(&mut self, lines: Batch<metrics::tail::Line>, out: &mut Batch<Sample>) {
        let Some(reader) = &mut self.reader else { return };
        let batch = reader.read_all(lines);
        out.items.extend(batch.items);
        out.n_skipped += batch.n_skipped;
        out.skipped.extend(batch.skipped);
    }

    fn settle(&mut self, seen: Seen, now: DateTime<Utc>, out: &mut Batch<Sample>) {
        if now.timestamp_millis().saturating_sub(seen.modified_ms) < SETTLED_MS {
            return;
        }
        if let Some(line) = self.tail.settle() {
            let lines = Batch { items: vec![line], skipped: Vec::new(), n_skipped: 0 };
            self.add(lines, out);
        }
    }

    fn start_over(&mut self, why: metrics::tail::Why) {
        self.tail.start_over();
        if let Some(reader) = &mut self.reader {
            reader.start_over(why);
        }
    }

    /// Reads an exposition whole, when it changed.
    fn scrape(&mut self, path: &Path, format: &MetricFormat) -> Result<Batch<Sample>, (Trouble, String)> {
        let away = |e: std::io::Error| (Trouble::Away, disk::why(&e));
        let Some(found) = changed(path, &self.stamp).map_err(away)? else { return Ok(Batch::new()) };
        let modified = open_regular(path).and_then(|file| seen(&file)).map_err(away)?.modified_ms;
        let bytes = disk::read(path, LARGEST_SCRAPE).map_err(away)?;
        if let Some(why) = metrics::refusal(bytes.get(..bytes.len().min(512)).unwrap_or_default()) {
            return Err((Trouble::Garbled, why.to_owned()));
        }
        self.stamp = Some(found);
        Ok(metrics::read_scrape(&bytes, format, modified))
    }
}

/// The longest exposition read; node_exporter's are under a megabyte.
const LARGEST_SCRAPE: usize = 64 * 1024 * 1024;

/// Opens a file that is one: a pipe would hold us for ever.
fn open_regular(path: &Path) -> std::io::Result<File> {
    if !std::fs::metadata(path)?.is_file() {
        return Err(std::io::Error::new(std::io::ErrorKind::InvalidInput, "it is not a regular file"));
    }
    File::open(path)
}

fn seen(file: &File) -> std::io::Result<Seen> {
    let (device, inode, length, modified) = stamp(&file.metadata()?);
    let modified_ms = i64::try_from(modified / 1_000_000).unwrap_or(i64::MAX);
    Ok(Seen { length, identity: (device, inode), modified_ms })
}

/// The file's stamp, if it is another one than before.
fn changed(path: &Path, before: &Option<Stamp>) -> std::io::Result<Option<Stamp>> {
    let found = stamp_of(path)?;
    Ok((before.as_ref() != Some(&found)).then_some(found))
}

fn stamp_of(path: &Path) -> std::io::Result<Stamp> {
    Ok(stamp(&std::fs::metadata(path)?))
}

fn stamp(metadata: &std::fs::Metadata) -> Stamp {
    #[cfg(unix)]
    let (device, inode) = {
        use std::os::unix::fs::MetadataExt as _;
        (metadata.dev(), metadata.ino())
    };
    #[cfg(not(unix))]
    let (device, inode) = (0, 0);
    let modified = metadata.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    (device, inode, metadata.len(), modified.map_or(0, |d| d.as_nanos() as i128))
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
