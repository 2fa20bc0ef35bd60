//! The record beside a plan, as a file: read whole, appended to one entry at a time.

use std::{
    fs::{self, File},
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
};

use crate::{
    domain::{
        release::{
            merge,
            record::{Deed, Entry, Record, line},
        },
        time::rfc3339,
    },
    shell::disk::{self, FolderLock},
    source::{checklist, plan},
    text::Text,
};

/// The longest record read, in bytes: some hundred thousand entries.
pub const LIMIT_BYTES: usize = 32 * 1024 * 1024;

/// Why somebody who comes second is refused.
pub const ALREADY: &str = "put that on record already";

/// Where the record of a plan is: `RELEASE.md.record` beside `RELEASE.md`. A link is followed, so that a plan has one record
/// whatever name it is called by.
pub fn path_of(plan: &Path) -> PathBuf {
    let real = fs::canonicalize(plan).unwrap_or_else(|_| plan.to_path_buf());
    let mut name = real.file_name().unwrap_or_default().to_os_string();
    name.push(".record");
    real.with_file_name(name)
}

/// What a record is called where its plan is called so: what was read is put on record under these names.
pub fn name_beside(plan: &str) -> String {
    format!("{plan}.record")
}

/// Whether a file is a record, by its name.
pub fn is_one(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ending == "record")
}

/// Reads the record of a plan; none is an empty one.
///
/// # Errors
/// It is there and cannot be read, with why and its name.
pub fn read(plan: &Path) -> Result<Record, String> {
    Ok(of_bytes(held(plan)?.as_deref()))
}

/// What the record of a plan holds; nothing where there is none.
///
/// # Errors
/// As [`read`].
pub fn held(plan: &Path) -> Result<Option<Vec<u8>>, String> {
    let path = path_of(plan);
    bytes_of(&path).map_err(|why| format!("{}: {why}", Text::scrub(&path.to_string_lossy())))
}

/// A record by what its file holds.
pub fn of_bytes(bytes: Option<&[u8]>) -> Record {
    bytes.map(line::read).unwrap_or_default()
}

/// What a record holds; nothing where there is none. A link that leads nowhere is not none: where it was to lead, somebody
/// may have vetoed.
fn bytes_of(path: &Path) -> Result<Option<Vec<u8>>, String> {
    match disk::read(path, LIMIT_BYTES) {
        Ok(bytes) => line::foreign(&bytes).map_or(Ok(Some(bytes)), Err),
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(disk::why(&error)),
        Err(_) if fs::symlink_metadata(path).is_ok() => Err("it is a link that leads nowhere".to_owned()),
        Err(_) => Ok(None),
    }
}

/// Appends an entry to the record of a plan and flushes it to the disk. The folder is held meanwhile, so that two at once
/// write one below the other. What is doubtful is returned: it is written, and perhaps not yet safe.
///
/// # Errors
/// Why not, in words; what was in the record is as it was.
pub fn append(plan: &Path, entry: &Entry) -> Result<Option<String>, String> {
    // A line that nobody could read back is not written: a role of signs that cannot be seen is none.
    if !entry.is_whole() {
        return Err("a name in it is blank, or has nothing in it that can be seen".to_owned());
    }
    let _folder = FolderLock::of(plan).map_err(|e| disk::why(&e))?;
    let path = path_of(plan);
    let known = bytes_of(&path).map_err(|why| format!("{}: {why}", name_of(&path)))?;
    refuse_unmerged(plan, &path, known.as_deref().unwrap_or_default())?;
    refuse_twice(known.as_deref().unwrap_or_default(), entry)?;
    for _ in 0..TRIES {
        let is_new = !path.exists();
        append_once(&path, &line::write(entry)).map_err(|e| disk::why(&e))?;
        if is_new && let Err(error) = flush_folder(&path) {
            return Ok(Some(format!("it is written, but perhaps not yet safe on disk: {}", disk::why(&error))));
        }
        // A checkout or an editor that put another file in its place meanwhile took the entry with it.
        if line::read(&disk::read(&path, LIMIT_BYTES).map_err(|e| disk::why(&e))?)
            .entries()
            .iter()
            .any(|known| known.is_same(entry))
        {
            return Ok(None);
        }
    }
    Err("another program keeps replacing the record".to_owned())
}

/// What is said of a plan that nobody settled after a merge is said of one side of it, and nobody knows of which.
fn refuse_unmerged(plan: &Path, record: &Path, known: &[u8]) -> Result<(), String> {
    if let Ok(bytes) = disk::read(plan, checklist::LIMIT_BYTES) {
        plan::settled(&bytes).map_err(|why| format!("{}: {why}", name_of(plan)))?;
    }
    let why = |(line, mark)| Err(format!("{}: line {line}: {}", name_of(record), merge::words(mark)));
    line::unmerged(known).map_or(Ok(()), why)
}

fn name_of(path: &Path) -> Text {
    Text::scrub(&path.file_name().unwrap_or(path.as_os_str()).to_string_lossy())
}

/// An announcement goes out once: whoever comes second is told who was first.
fn refuse_twice(known: &[u8], entry: &Entry) -> Result<(), String> {
    let Deed::Announced { what } = &entry.deed else { return Ok(()) };
    let known = line::read(known);
    let before = known.announced(what.as_str()).map(|before| (before.by.clone(), rfc3339(before.at)));
    before.map_or(Ok(()), |(by, at)| Err(format!("{by} {ALREADY}, {at}")))
}

/// A record that is replaced again and again is left alone after so many tries.
const TRIES: usize = 3;

fn append_once(path: &Path, line: &str) -> io::Result<()> {
    let mut file = File::options().read(true).append(true).create(true).open(path)?;
    let length = file.metadata()?.len();
    let start = match length {
        0 => line::HEADER,
        // A line that was cut short must not swallow this one.
        _ if last_byte(&mut file)? != b'\n' => "\n",
        _ => "",
    };
    let written = file.write_all(format!("{start}{line}").as_bytes()).and_then(|()| file.sync_all());
    if written.is_err() {
        // Half an entry is none: what stands there is taken away again, if the disk lets us.
        let _ = file.set_len(length);
    }
    written
}

fn last_byte(file: &mut File) -> io::Result<u8> {
    let mut byte = [0];
    file.seek(SeekFrom::End(-1))?;
    file.read_exact(&mut byte)?;
    let [byte] = byte;
    Ok(byte)
}

fn flush_folder(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
}

#[cfg(test)]
mod tests {
    use std::{sync::Arc, thread};

    use super::*;
    use crate::domain::{
        release::{plan::StepId, record::Say},
        time::parse_rfc3339,
    };

    fn entry(by: &str, deed: Deed) -> Entry {
        let at = parse_rfc3339("2026-12-03T15:00:00Z").unwrap();
        Entry { at, by: Text::scrub(by), deed, commit: None, reason: Text::scrub("because") }
    }

    fn tick(step: &str) -> Deed {
        Deed::Tick { step: StepId::new(step), text: Text::scrub("a step"), is_done: true }
    }

    fn plan() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let plan = folder.path().join("RELEASE.md");
        fs::write(&plan, "## T0\n1. one\n").unwrap();
        (folder, plan)
    }

    #[test]
    fn entries_are_appended_and_what_stood_there_stays() {
        let (_folder, plan) = plan();
        assert_eq!(read(&plan).unwrap(), Record::default());
        assert_eq!(append(&plan, &entry("ana", tick("a"))).unwrap(), None);
        let first = fs::read(path_of(&plan)).unwrap();
        append(&plan, &entry("bo", Deed::SignOff { role: Text::scrub("qa"), say: Say::Go })).unwrap();
        let both = fs::read(path_of(&plan)).unwrap();
        assert!(both.starts_with(&first));
        let record = read(&plan).unwrap();
        assert!(record.is_done(&StepId::new("a")) && record.entries().len() == 2 && record.unread().is_empty());
    }

    #[test]
    fn what_could_not_be_read_back_is_not_written() {
        let (_folder, plan) = plan();
        for role in ["\u{fe00}", "\u{200b}\u{feff}", " "] {
            let deed = Deed::SignOff { role: Text::scrub(role), say: Say::Go };
            let why = append(&plan, &entry("ana", deed)).unwrap_err();
            assert_eq!(why, "a name in it is blank, or has nothing in it that can be seen", "{role:?}");
        }
        assert!(!path_of(&plan).exists());
    }

    #[test]
    fn a_last_line_that_was_cut_short_is_told_and_does_not_swallow_the_next() {
        let (_folder, plan) = plan();
        append(&plan, &entry("ana", tick("a"))).unwrap();
        let whole = fs::read(path_of(&plan)).unwrap();
        let second = line::write(&entry("bo", tick("b")));
        for cut in 1..second.len() - 1 {
            fs::write(path_of(&plan), [&whole, &second.as_bytes()[..cut]].concat()).unwrap();
            let torn = read(&plan).unwrap();
            assert_eq!((torn.entries().len(), torn.unread().len()), (1, 1), "{}", &second[..cut]);
        }
        append(&plan, &entry("cy", tick("c"))).unwrap();
        let after = read(&plan).unwrap();
        assert_eq!((after.entries().len(), after.unread().len()), (2, 1));
        assert!(after.is_done(&StepId::new("c")));
    }

    #[test]
    fn writers_at_once_lose_nothing() {
        let (_folder, plan) = plan();
        let plan = Arc::new(plan);
        let writers: Vec<_> = (0..4)
            .map(|writer| {
                let plan = Arc::clone(&plan);
                thread::spawn(move || {
                    for n in 0..10 {
                        // The folder may be held by another for longer than one is willing to wait.
                        while append(&plan, &entry("ana", tick(&format!("s{writer}-{n}")))).is_err() {}
                    }
                })
            })
            .collect();
        writers.into_iter().for_each(|writer| writer.join().unwrap());
        let record = read(&plan).unwrap();
        assert_eq!((record.entries().len(), record.unread().len()), (40, 0));
    }

    #[test]
    fn an_announcement_is_put_on_record_once() {
        let (_folder, plan) = plan();
        let announced = |by| entry(by, Deed::Announced { what: Text::scrub("administrators") });
        append(&plan, &announced("ana")).unwrap();
        let why = append(&plan, &announced("bo")).unwrap_err();
        assert_eq!(why, "ana put that on record already, 2026-12-03T15:00:00Z");
        assert_eq!(read(&plan).unwrap().entries().len(), 1);
    }

    #[test]
    fn nothing_is_put_beside_a_plan_or_on_a_record_with_a_merge_that_is_not_settled() {
        let (_folder, plan) = plan();
        fs::write(&plan, "## T0\n<<<<<<< HEAD\n1. one\n=======\n1. two\n>>>>>>> side\n").unwrap();
        let why = append(&plan, &entry("ana", tick("a"))).unwrap_err();
        assert_eq!(why, "RELEASE.md: line 2: `<<<<<<<` is left of a merge: settle it first");
        assert!(!path_of(&plan).exists());
        fs::write(&plan, "## T0\n1. one\n").unwrap();
        let torn = format!("{}=======\n", line::write(&entry("ana", tick("a"))));
        fs::write(path_of(&plan), &torn).unwrap();
        let why = append(&plan, &entry("ana", tick("a"))).unwrap_err();
        assert_eq!(why, "RELEASE.md.record: line 2: `=======` is left of a merge: settle it first");
        assert_eq!(fs::read_to_string(path_of(&plan)).unwrap(), torn);
    }

    #[test]
    fn a_record_that_is_a_link_is_that_of_its_target_and_one_that_leads_nowhere_is_not_none() {
        let (folder, plan) = plan();
        let target = folder.path().join("real");
        std::os::unix::fs::symlink("real", path_of(&plan)).unwrap();
        assert!(read(&plan).unwrap_err().ends_with("RELEASE.md.record: it is a link that leads nowhere"));
        let why = append(&plan, &entry("ana", tick("a"))).unwrap_err();
        assert_eq!(why, "RELEASE.md.record: it is a link that leads nowhere");
        assert!(!target.exists());
        fs::write(&target, "").unwrap();
        append(&plan, &entry("ana", tick("a"))).unwrap();
        assert!(read(&plan).unwrap().is_done(&StepId::new("a")) && fs::read(&target).unwrap().ends_with(b".\n"));
        assert!(fs::symlink_metadata(path_of(&plan)).unwrap().is_symlink());
        // What is no file is none to append to.
        fs::remove_file(&target).unwrap();
        fs::create_dir(&target).unwrap();
        assert!(append(&plan, &entry("ana", tick("a"))).unwrap_err().ends_with("it is not a regular file"));
    }

    #[test]
    fn a_link_to_a_plan_has_the_plans_record() {
        let (folder, plan) = plan();
        let link = folder.path().join("link.md");
        std::os::unix::fs::symlink(&plan, &link).unwrap();
        append(&link, &entry("ana", tick("a"))).unwrap();
        assert!(read(&plan).unwrap().is_done(&StepId::new("a")));
    }
}
