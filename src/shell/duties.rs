//! The record of duties and the files that prove them: read when they fall due, a line added when somebody did something.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
};

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        duty::judge::Proof,
        record::{self, Entry},
        trouble::Skipped,
    },
    floor::{
        burn_in::{Frozen, History},
        duties::DutiesRead,
        fact::{Fact, SourceId},
    },
    shell::{
        disk::{self, Expanded, FolderLock},
        files::{FileSource, SMALL_FILE},
        git,
        git_files::Written,
        git_head,
    },
    text::Text,
};

/// What duties are judged by, as files.
#[derive(Debug, Clone, Default)]
pub struct Tending {
    /// What people did: beside the settings.
    pub record: PathBuf,
    /// What watchfloor saw of evidence: in the state folder; nothing = there is none.
    pub seen: Option<PathBuf>,
    /// The files of each duty's evidence, in the order of the duties; nothing = a tick proves it.
    pub evidence: Vec<Option<String>>,
    /// The files that each burn-in freezes and since when, in the order of the burn-ins.
    pub frozen: Vec<(Vec<String>, DateTime<Utc>)>,
    /// What repositories said of them, and of which commit and files that was asked.
    histories: BTreeMap<usize, Heard>,
    /// When files were written that a repository keeps, by their pattern.
    written: BTreeMap<String, Written>,
    told: Option<DutiesRead>,
}

impl FileSource {
    /// The record of duties, and the file with what was seen of them; nothing for any other source.
    pub fn record(&self) -> Option<(PathBuf, Option<PathBuf>)> {
        match self {
            Self::Duties(tending) => Some((tending.record.clone(), tending.seen.clone())),
            _ => None,
        }
    }
}

/// The name of the file with what was seen, in the state folder.
pub const SEEN: &str = "duties-seen.md";

/// Files of one pattern that are told of, the newest first: more say nothing that is still asked.
const MOST: usize = 400;

/// What a repository said of the files that a burn-in freezes.
#[derive(Debug, Clone)]
struct Heard {
    /// The commit that was checked out when it was asked.
    head: Option<Text>,
    files: Vec<Proof>,
    history: Option<History>,
}

impl Tending {
    /// A record and what is looked for.
    pub fn new(record: PathBuf, seen: Option<PathBuf>, evidence: Vec<Option<String>>) -> Self {
        Self {
            record,
            seen,
            evidence,
            frozen: Vec::new(),
            histories: BTreeMap::new(),
            written: BTreeMap::new(),
            told: None,
        }
    }

    /// Looks at all of it and tells what is new.
    pub fn poll(&mut self, source: SourceId, tell: &mut dyn FnMut(Fact)) {
        let frozen = (0..self.frozen.len()).map(|place| self.look_at_frozen(place)).collect();
        let evidence = self.evidence.clone();
        let files = evidence.iter().map(|pattern| self.proofs(pattern.as_deref())).collect();
        let read = DutiesRead { source, record: self.entries(), files, frozen };
        let has_looked = read.files.iter().all(Result::is_ok) && read.frozen.iter().all(Result::is_ok);
        let is_whole = read.record.is_ok() && has_looked;
        // Trouble is told each time, so that its source says when it was last looked at.
        if is_whole && self.told.as_ref() == Some(&read) {
            return tell(Fact::Unchanged { source, budget: None });
        }
        self.told = Some(read.clone());
        tell(Fact::DutiesRead(Box::new(read)));
    }

    /// The files that a burn-in freezes. The repository is asked again when another commit is checked out, or a file changed.
    fn look_at_frozen(&mut self, place: usize) -> Result<Frozen, Text> {
        let Some((patterns, since)) = self.frozen.get(place).cloned() else { return Ok(Frozen::default()) };
        let found: Result<Vec<_>, _> = patterns.iter().map(|pattern| self.proofs(Some(pattern))).collect();
        let files: Vec<Proof> = found?.into_iter().flatten().collect();
        if patterns.is_empty() {
            return Ok(Frozen::default());
        }
        let head = files.first().and_then(|file| git_head::of(Path::new(file.path.as_str())));
        let known = self.histories.get(&place).filter(|heard| heard.head == head && heard.files == files);
        let history = match known.filter(|_| head.is_some()) {
            Some(heard) => heard.history.clone(),
            None => git::history(&patterns, &files, since),
        };
        self.histories.insert(place, Heard { head, files: files.clone(), history: history.clone() });
        Ok(Frozen { files, history })
    }

    /// The files of a pattern, the newest first, each with the time at which it was written.
    fn proofs(&mut self, pattern: Option<&str>) -> Result<Vec<Proof>, Text> {
        let Some(pattern) = pattern else { return Ok(Vec::new()) };
        let found = proofs(pattern)?;
        let mut files = self.written.entry(pattern.to_owned()).or_default().of(found)?;
        files.truncate(MOST);
        Ok(files)
    }

    fn entries(&self) -> Result<(Vec<Entry>, Vec<Skipped>), Text> {
        let (mut entries, mut skipped) = read(&self.record)?;
        if let Some(seen) = &self.seen {
            let (more, left_out) = read(seen)?;
            entries.extend(more);
            skipped.extend(left_out);
            entries.sort_by_key(|entry| entry.at);
        }
        Ok((entries, skipped))
    }
}

/// A record's entries; one that is not there yet has none.
fn read(path: &Path) -> Result<(Vec<Entry>, Vec<Skipped>), Text> {
    let name = || path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
    match disk::read(path, SMALL_FILE) {
        Ok(bytes) => {
            let (entries, mut skipped) = record::read(&String::from_utf8_lossy(&bytes));
            for left_out in &mut skipped {
                left_out.at = Text::scrub(&format!("{}, {}", name(), left_out.at));
            }
            Ok((entries, skipped))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok((Vec::new(), Vec::new())),
        Err(error) => Err(Text::scrub(&format!("{}: {}", name(), disk::why(&error)))),
    }
}

/// The files of a pattern, the newest first by the time of the file system.
fn proofs(pattern: &str) -> Result<Vec<Proof>, Text> {
    let said = |why: &str| Text::scrub(&format!("{pattern}: {why}"));
    let Expanded { paths, unread } = disk::expand(pattern).map_err(|why| said(&why))?;
    if let Some(why) = unread {
        return Err(said(&why));
    }
    let mut proofs = Vec::new();
    for path in paths {
        let modified = match fs::metadata(&path) {
            Ok(metadata) if metadata.is_file() => metadata.modified(),
            Ok(_) => continue,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => Err(error),
        };
        let at = DateTime::<Utc>::from(modified.map_err(|error| said(&disk::why(&error)))?);
        proofs.push(Proof { path: Text::scrub(&path.to_string_lossy()), at });
    }
    proofs.sort_by_key(|proof| std::cmp::Reverse(proof.at));
    Ok(proofs)
}

/// What stands at the top of a new record.
const HEAD: &str = "\
# What was done

Kept by watchfloor, one line an entry; lines are only added. Lines of prose may stand between them.
To merge without conflicts: `*.record.md merge=union` in .gitattributes.

";

/// Adds an entry to a record; one that is not there yet is made.
///
/// # Errors
/// Why not, and the record says what it said before: no part of a line stays.
pub fn add(path: &Path, entry: &Entry) -> Result<(), String> {
    let failed = |error: &io::Error| format!("{}: {}", path.to_string_lossy(), disk::why(error));
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_symlink() => {
            return Err(format!("{}: it is a link: put the record itself there", path.to_string_lossy()));
        }
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => match disk::create(path, HEAD.as_bytes()) {
            Ok(()) => {}
            // Somebody else was faster.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(failed(&error)),
        },
        Err(error) => return Err(failed(&error)),
    }
    let _folder = FolderLock::of(path).map_err(|e| failed(&e))?;
    append(path, &entry.line()).map_err(|e| failed(&e))
}

fn append(path: &Path, line: &str) -> io::Result<()> {
    let mut file = File::options().read(true).append(true).open(path)?;
    let before = file.metadata()?.len();
    if before.saturating_add(line.len() as u64) > SMALL_FILE as u64 {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it has become too long: begin a new one"));
    }
    let mut last = [b'\n'];
    if 0 < before {
        file.seek(SeekFrom::End(-1))?;
        file.read_exact(&mut last)?;
    }
    // A line that somebody left without its end must not swallow ours.
    let start = if last == [b'\n'] { "" } else { "\n" };
    let written = file.write_all(format!("{start}{line}\n").as_bytes()).and_then(|()| file.sync_all());
    if written.is_err() {
        // Half a line would be a broken entry; that this fails too changes nothing.
        let _ = file.set_len(before);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{record::Act, time::parse_rfc3339};

    fn entry(note: &str) -> Entry {
        let at = parse_rfc3339("2026-11-20T08:40:00Z").unwrap();
        let (name, by) = (Text::scrub("triage"), Some(Text::scrub("ana")));
        Entry { at, act: Act::Done, name, day: Some(at.date_naive()), by, note: Text::scrub(note) }
    }

    #[test]
    fn a_record_is_made_and_added_to_and_a_torn_last_line_swallows_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("watchfloor.record.md");
        add(&path, &entry("one")).unwrap();
        fs::write(&path, format!("{}- 2026-11-20T08", fs::read_to_string(&path).unwrap())).unwrap();
        add(&path, &entry("two")).unwrap();
        let (entries, skipped) = read(&path).unwrap();
        assert_eq!((entries.len(), skipped.len()), (2, 1));
        assert!(fs::read_to_string(&path).unwrap().starts_with("# What was done"));
    }

    #[test]
    fn two_processes_that_add_at_once_lose_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("watchfloor.record.md");
        let threads: Vec<_> = (0..8)
            .map(|n| {
                let path = path.clone();
                std::thread::spawn(move || add(&path, &entry(&format!("note {n}"))).unwrap())
            })
            .collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
        let (entries, skipped) = read(&path).unwrap();
        assert_eq!((entries.len(), skipped), (8, Vec::new()));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_in_the_records_place_is_not_followed() {
        let folder = tempfile::tempdir().unwrap();
        let (other, path) = (folder.path().join("other"), folder.path().join("watchfloor.record.md"));
        fs::write(&other, "precious").unwrap();
        std::os::unix::fs::symlink(&other, &path).unwrap();
        assert!(add(&path, &entry("x")).is_err());
        assert_eq!(fs::read_to_string(&other).unwrap(), "precious");
    }

    #[test]
    fn evidence_is_the_newest_first_and_what_does_not_fit_is_none() {
        let folder = tempfile::tempdir().unwrap();
        for (name, seconds) in [("a.json", 100), ("b.json", 300), ("c.txt", 500)] {
            let file = File::create(folder.path().join(name)).unwrap();
            file.set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds)).unwrap();
        }
        let found = |pattern: &str| proofs(&folder.path().join(pattern).to_string_lossy());
        let seconds: Vec<_> = found("*.json").unwrap().iter().map(|proof| proof.at.timestamp()).collect();
        assert_eq!(seconds, [300, 100]);
        assert_eq!((found("none-*.json"), found("gone.json")), (Ok(Vec::new()), Ok(Vec::new())));
        assert!(proofs("/**/*.json").is_err());
    }

    #[test]
    fn what_did_not_change_is_not_told_again() {
        let folder = tempfile::tempdir().unwrap();
        let mut tending = Tending::new(folder.path().join("watchfloor.record.md"), None, vec![None]);
        let mut told = Vec::new();
        tending.poll(SourceId(0), &mut |fact| told.push(fact));
        tending.poll(SourceId(0), &mut |fact| told.push(fact));
        add(&tending.record.clone(), &entry("one")).unwrap();
        tending.poll(SourceId(0), &mut |fact| told.push(fact));
        let is_read: Vec<_> = told.iter().map(|fact| matches!(fact, Fact::DutiesRead(_))).collect();
        assert_eq!(is_read, [true, false, true]);
    }
}
