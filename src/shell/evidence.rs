//! Files that evidence of a release asks for: read when one of them changed, judged elsewhere.

use std::{collections::BTreeMap, io::ErrorKind, path::Path};

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        duty::judge::Proof,
        release::{evidence::Tie, judging::Seen},
    },
    floor::fact::{Fact, SourceId},
    shell::{
        disk, git_files,
        stamp::{Stamp, stamp_of},
    },
    source::evidence::{self, File, LIMIT_BYTES},
    text::Text,
};

/// The files of evidence, and how they were when they were last read.
pub struct EvidenceFiles {
    ties: Vec<Tie>,
    /// Each file, and whether its bytes are needed.
    wanted: BTreeMap<Text, bool>,
    stamps: Option<BTreeMap<Text, Option<Stamp>>>,
}

impl EvidenceFiles {
    /// The files that ties ask for; nothing where none asks for any.
    pub fn of(ties: &[Tie]) -> Option<Self> {
        let mut wanted = BTreeMap::<Text, bool>::new();
        for (path, is_read) in ties.iter().flat_map(|tie| evidence::files(&tie.evidence)) {
            *wanted.entry(path.clone()).or_default() |= is_read;
        }
        (!wanted.is_empty()).then(|| Self { ties: ties.to_vec(), wanted, stamps: None })
    }

    /// Looks at the files and tells what they hold, if that can have changed.
    pub fn poll(&mut self, source: SourceId, now: DateTime<Utc>, tell: &mut dyn FnMut(Fact)) {
        let stamp = |path: &Text| stamp_of(Path::new(path.as_str())).ok();
        let found: BTreeMap<Text, Option<Stamp>> = self.wanted.keys().map(|path| (path.clone(), stamp(path))).collect();
        if self.stamps.as_ref() == Some(&found) {
            return tell(Fact::Unchanged { source, budget: None });
        }
        let files = self.wanted.iter().map(|(path, is_read)| (path.clone(), read(path, *is_read)));
        let files: BTreeMap<Text, File> = files.collect();
        let seen = self.ties.iter().enumerate();
        let seen = seen.filter_map(|(nth, tie)| Some((nth, evidence::look(&tie.evidence, &files, now)?)));
        tell(Fact::EvidenceRead(source, seen.collect()));
        self.stamps = Some(found);
    }
}

/// What is known of the files of evidence at an earlier instant: nothing, since they are not put on record.
pub fn not_known(ties: &[Tie], at: DateTime<Utc>) -> Vec<(usize, Seen)> {
    let asks = ties.iter().enumerate().filter(|(_, tie)| !evidence::files(&tie.evidence).is_empty());
    let why = Text::scrub("what its file held then is not on record");
    asks.map(|(nth, _)| (nth, Seen { as_of: at, found: Err(why.clone()) })).collect()
}

fn read(path: &Text, is_read: bool) -> File {
    let at = Path::new(path.as_str());
    let unread = |error: std::io::Error| match error.kind() {
        ErrorKind::NotFound => File::Missing,
        _ => File::Unread(Text::scrub(&format!("{path}: {}", disk::why(&error)))),
    };
    let metadata = match std::fs::metadata(at) {
        Ok(metadata) => metadata,
        Err(error) => return unread(error),
    };
    // A folder has a time of its own, and a pipe a name: neither is the file that is asked for.
    if !metadata.is_file() {
        return File::Unread(Text::scrub(&format!("{path}: it is not a regular file")));
    }
    let changed_at = metadata.modified().ok().map(DateTime::<Utc>::from).and_then(|at| written_at(path, at));
    let bytes = if is_read { disk::read(at, LIMIT_BYTES) } else { Ok(Vec::new()) };
    bytes.map_or_else(unread, |bytes| File::There { changed_at, bytes })
}

/// When a file was written, before any checkout; nothing where the repository it lies in cannot say.
fn written_at(path: &Text, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let told = git_files::written(vec![Proof { path: path.clone(), at }]).ok()?;
    told.first().map(|file| file.at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        release::{evidence::Evidence, judging::Found},
        time::parse_rfc3339,
    };

    #[test]
    fn a_folder_a_pipe_and_a_device_are_no_file_and_a_link_to_one_is() {
        let folder = tempfile::tempdir().unwrap();
        let (pipe, real, link) = (folder.path().join("pipe"), folder.path().join("real"), folder.path().join("link"));
        rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR).unwrap();
        std::fs::write(&real, "").unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        let read = |path: &Path| super::read(&Text::scrub(path.to_str().unwrap()), false);
        for path in [folder.path(), &pipe, Path::new("/dev/null")] {
            let why = format!("{}: it is not a regular file", path.display());
            assert_eq!(read(path), File::Unread(Text::scrub(&why)));
        }
        for path in [&real, &link] {
            assert!(matches!(read(path), File::There { changed_at: Some(_), .. }), "{path:?}");
        }
    }

    #[test]
    fn files_are_read_again_only_when_one_changed() {
        let now = parse_rfc3339("2026-12-03T15:00:00Z").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let (log, gone) = (folder.path().join("CHANGELOG.md"), folder.path().join("gone"));
        std::fs::write(&log, "## 1.4.0\n").unwrap();
        let text = |path: &Path| Text::scrub(path.to_str().unwrap());
        let tie = |evidence| Tie { step: Text::scrub("notes"), evidence };
        let ties = [
            tie(Evidence::Condition { expression: Text::scrub("x > 1") }),
            tie(Evidence::ChangelogHas { path: text(&log), version: Text::scrub("1.4.0") }),
            tie(Evidence::FileFresh { path: text(&gone), within: None }),
        ];
        let mut files = EvidenceFiles::of(&ties).unwrap();
        let mut poll = || {
            let mut told = Vec::new();
            files.poll(SourceId(0), now, &mut |fact| told.push(fact));
            told.remove(0)
        };
        let seen = |found| Seen { as_of: now, found: Ok(found) };
        let first = vec![(1, seen(Found::Entry(true))), (2, seen(Found::Missing))];
        assert_eq!(poll(), Fact::EvidenceRead(SourceId(0), first));
        assert_eq!(poll(), Fact::Unchanged { source: SourceId(0), budget: None });
        std::fs::write(&log, "## 1.5.0 and more\n").unwrap();
        let then = vec![(1, seen(Found::Entry(false))), (2, seen(Found::Missing))];
        assert_eq!(poll(), Fact::EvidenceRead(SourceId(0), then));
        assert!(EvidenceFiles::of(&ties[..1]).is_none());
    }
}
