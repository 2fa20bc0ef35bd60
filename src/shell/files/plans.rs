//! The plans of a release: their files and the records beside them, read when they change, told as one release.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use chrono::{DateTime, NaiveDateTime, Utc};

use super::{failed, name_of};
use crate::{
    config::ReleaseSettings,
    domain::{
        release::{
            Checklist, Release, SignOff, Word,
            calendar::{Calendar, DayFrom},
            course::Course,
            plan::{Mark, Plan, Reading},
            record::Record,
        },
        trouble::Trouble,
        zone::Zone,
    },
    floor::fact::{Fact, FileRead, SourceId},
    shell::{
        disk::{self, Expanded},
        git_head, plan_record,
        stamp::{Stamp, stamp_of},
    },
    source::{checklist, plan},
    text::Text,
};

/// A plan as it was when it could last be read.
pub struct KnownList {
    plan: Plan,
    record: Record,
    /// What the record holds; nothing where there is none.
    recorded: Option<Arc<[u8]>>,
    bytes: Arc<[u8]>,
    head: Option<Text>,
}

pub(super) fn poll_release(
    settings: &ReleaseSettings,
    zone: &Zone,
    stamps: &mut Vec<(PathBuf, Option<Stamp>)>,
    known: &mut BTreeMap<PathBuf, KnownList>,
    source: SourceId,
    tell: &mut dyn FnMut(Fact),
) {
    let Expanded { mut paths, unread } = match expand_all(&settings.checklists) {
        Ok(expanded) => expanded,
        Err(why) => return tell(failed(source, Trouble::Garbled, &why)),
    };
    // A checklist that was there and is gone is still asked for: what it asked has not been answered.
    paths.extend(known.keys().filter(|path| !paths.contains(path)).cloned().collect::<Vec<_>>());
    let records = paths.iter().map(|path| plan_record::path_of(path));
    let found: Vec<_> = paths.iter().cloned().chain(records).map(|path| (path.clone(), stamp_of(&path).ok())).collect();
    let is_head_known = known.iter().all(|(path, known)| known.head == git_head::of(path));
    if !found.is_empty() && found == *stamps && is_head_known {
        return tell(Fact::Unchanged { source, budget: None });
    }
    let mut trouble = unread.map(|why| failed(source, Trouble::Away, &why));
    for path in &paths {
        match known_again(path, &settings.plan.reading, known.get_mut(path)) {
            Ok(None) => {}
            Ok(Some(read)) => drop(known.insert(path.clone(), read)),
            Err((kind, why)) => trouble = Some(failed(source, kind, &why)),
        }
    }
    if settings.checklists.is_empty() {
        trouble = Some(failed(source, Trouble::Away, "[release] names no checklists"));
    }
    let readable = || paths.iter().filter_map(|path| Some((path, known.get(path)?)));
    let courses: Vec<_> = readable().map(|(_, known)| known.course()).collect();
    if !courses.is_empty() {
        let files = readable().flat_map(|(path, known)| {
            let name = path.to_string_lossy().into_owned();
            let beside = plan_record::name_beside(&name);
            [
                FileRead { name, bytes: Some(Arc::clone(&known.bytes)), doubt: None },
                FileRead { name: beside, bytes: known.recorded.clone(), doubt: None },
            ]
        });
        tell(Fact::FilesRead { source, files: files.collect() });
        let zone = settings.zone.clone().unwrap_or_else(|| zone.clone());
        tell(Fact::ReleaseRead { source, release: Box::new(release_of(settings, zone, courses)) });
        *stamps = found;
    }
    if let Some(fact) = trouble {
        stamps.clear();
        tell(fact);
    }
}

impl KnownList {
    fn course(&self) -> Course {
        Course { record: self.record.clone(), head: self.head.clone(), ..Course::new(self.plan.clone()) }
    }
}

/// A release from its settings and its plans.
pub fn release_of(settings: &ReleaseSettings, zone: Zone, mut courses: Vec<Course>) -> Release {
    let at = settings.day.zip(settings.time).map(|(day, time)| zone.resolve(NaiveDateTime::new(day, time)));
    let calendar = settings.day.map(|day| Calendar {
        at,
        mode: settings.plan.mode,
        holidays: settings.plan.days_off.clone(),
        ..Calendar::new(day, zone.clone(), DayFrom::Settings)
    });
    for course in &mut courses {
        course.calendar.clone_from(&calendar);
    }
    let sign_off = |role: &Text| SignOff { role: role.clone(), word: Word::of(&courses, role.as_str()) };
    let sign_offs = settings.sign_off.iter().map(sign_off).collect();
    Release { name: settings.name.clone(), day: settings.day, at, zone, sign_offs, courses, blockers: Vec::new() }
}

/// Reads a checklist file: its task items alone.
///
/// # Errors
/// What kind of trouble, and why, with the file's name.
pub fn read_checklist(path: &Path) -> Result<Checklist, (Trouble, String)> {
    known_list(path, &Reading::default()).map(|known| known.plan.checklist())
}

/// Reads a plan and the record beside it.
///
/// # Errors
/// What kind of trouble, and why, with the file's name.
pub fn read_course(path: &Path, reading: &Reading) -> Result<Course, (Trouble, String)> {
    known_list(path, reading).map(|known| Course { record: known.record, head: known.head, ..Course::new(known.plan) })
}

/// Reads a file anew; nothing where what was known of it could be brought up to date.
fn known_again(
    path: &Path,
    reading: &Reading,
    known: Option<&mut KnownList>,
) -> Result<Option<KnownList>, (Trouble, String)> {
    let bytes = bytes_of(path)?;
    let held = plan_record::held(path).map_err(|why| (Trouble::Away, why))?;
    if let Some(known) = known
        && known.takes(&bytes)
    {
        known.take_record(held);
        known.head = git_head::of(path);
        return Ok(None);
    }
    list_of(path, bytes, held, reading).map(Some)
}

impl KnownList {
    fn take_record(&mut self, held: Option<Vec<u8>>) {
        self.record = plan_record::of_bytes(held.as_deref());
        self.recorded = held.map(Arc::from);
    }

    /// Whether these are the bytes that are known, but for a box or a few that were ticked; then they are from now on. A tick
    /// changes nothing else of a plan, and a long one takes long to be read.
    fn takes(&mut self, bytes: &[u8]) -> bool {
        if self.bytes.len() != bytes.len() {
            return false;
        }
        let differing = self.bytes.iter().zip(bytes).enumerate().filter(|(_, (old, new))| old != new);
        let mut places: Vec<usize> = differing.map(|(at, _)| at).take(FEW + 1).collect();
        if FEW < places.len() {
            return false;
        }
        let mut flipped = Vec::new();
        for (nth, step) in self.plan.steps.iter().enumerate() {
            let Mark::Box { byte, .. } = step.mark else { continue };
            if let Some(at) = places.iter().position(|place| *place == byte) {
                let is_done = match bytes.get(byte) {
                    Some(b' ') => false,
                    Some(b'x' | b'X') => true,
                    _ => return false,
                };
                places.swap_remove(at);
                flipped.push((nth, Mark::Box { byte, is_done }));
            }
            if places.is_empty() {
                break;
            }
        }
        if !places.is_empty() {
            return false;
        }
        for (nth, mark) in flipped {
            if let Some(step) = self.plan.steps.get_mut(nth) {
                step.mark = mark;
            }
        }
        self.plan.digest = checklist::digest(bytes);
        self.bytes = bytes.into();
        true
    }
}

/// So many boxes that were ticked since a plan was read are put right one by one.
const FEW: usize = 16;

fn known_list(path: &Path, reading: &Reading) -> Result<KnownList, (Trouble, String)> {
    let bytes = bytes_of(path)?;
    let held = plan_record::held(path).map_err(|why| (Trouble::Away, why))?;
    list_of(path, bytes, held, reading)
}

fn bytes_of(path: &Path) -> Result<Vec<u8>, (Trouble, String)> {
    disk::read(path, checklist::LIMIT_BYTES)
        .map_err(|e| (Trouble::Away, format!("{}: {}", name_of(path), disk::why(&e))))
}

fn list_of(
    path: &Path,
    bytes: Vec<u8>,
    held: Option<Vec<u8>>,
    reading: &Reading,
) -> Result<KnownList, (Trouble, String)> {
    let plan = plan::read(&path.to_string_lossy(), &bytes, reading)
        .map_err(|e| (Trouble::Garbled, format!("{}: {e}", name_of(path))))?;
    let record = plan_record::of_bytes(held.as_deref());
    Ok(KnownList { plan, record, recorded: held.map(Arc::from), bytes: bytes.into(), head: git_head::of(path) })
}

/// The release as it was when its files held these bytes, at an instant. A file that cannot be read any more is left out. Of
/// a record that was not put on record with its plan, what is in it today counts, without what was entered later.
pub fn release_of_files(
    settings: &ReleaseSettings,
    zone: &Zone,
    files: &[FileRead],
    at: DateTime<Utc>,
) -> Option<Release> {
    let list = |file: &FileRead| {
        let plan = plan::read(&file.name, file.bytes.as_deref()?, &settings.plan.reading).ok()?;
        let beside = plan_record::name_beside(&file.name);
        let record = match files.iter().find(|file| file.name == beside) {
            Some(known) => plan_record::of_bytes(known.bytes.as_deref()),
            None => plan_record::read(Path::new(&file.name)).unwrap_or_default().until(at),
        };
        Some(Course { record, ..Course::new(plan) })
    };
    let plans = files.iter().filter(|file| !plan_record::is_one(Path::new(&file.name)));
    let courses: Vec<_> = plans.filter_map(list).collect();
    let zone = settings.zone.clone().unwrap_or_else(|| zone.clone());
    (!courses.is_empty()).then(|| release_of(settings, zone, courses))
}

fn expand_all(patterns: &[String]) -> Result<Expanded, String> {
    let mut all = Expanded::default();
    for pattern in patterns {
        let Expanded { mut paths, unread } = disk::expand(pattern).map_err(|why| format!("`{pattern}`: {why}"))?;
        // `RELEASE*` names the records too.
        paths.retain(|path| !plan_record::is_one(path));
        // What a checklist would have asked is not known where none is found: the others do not answer for it.
        let unread = unread.or_else(|| paths.is_empty().then(|| format!("no file matches `{pattern}`")));
        all.unread = all.unread.or(unread);
        for path in paths {
            if !all.paths.contains(&path) {
                all.paths.push(path);
            }
        }
    }
    Ok(all)
}

/// Whether a file is one of the plans that settings name.
pub fn is_plan_of(settings: &ReleaseSettings, file: &Path) -> bool {
    let real = |path: &Path| std::fs::canonicalize(path).ok();
    let plans = expand_all(&settings.checklists).map(|all| all.paths).unwrap_or_default();
    real(file).is_some_and(|file| plans.iter().any(|plan| real(plan).as_ref() == Some(&file)))
}

/// The real path behind a checklist's shown one.
pub fn path_of_checklist(settings: &ReleaseSettings, shown: &Text) -> Option<PathBuf> {
    expand_all(&settings.checklists).ok()?.paths.into_iter().find(|path| Text::scrub(&path.to_string_lossy()) == *shown)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn known(bytes: &[u8]) -> KnownList {
        list_of(Path::new("p.md"), bytes.to_vec(), None, &Reading::default()).unwrap_or_else(|e| panic!("{e:?}"))
    }

    #[test]
    fn a_release_of_an_earlier_time_has_the_record_of_that_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plan.md");
        let name = path.to_string_lossy().into_owned();
        let line = |hour: u32, role: &str| format!("2026-12-03T{hour:02}:00:00Z ana sign role={role} say=go .\n");
        let today = line(10, "qa") + &line(12, "legal");
        std::fs::write(folder.path().join("plan.md.record"), &today).unwrap();
        let mut settings = crate::config::standard(&|_| None);
        let settings = settings.release.get_or_insert_with(|| ReleaseSettings {
            name: Text::scrub("1"),
            day: None,
            time: None,
            zone: None,
            checklists: vec![name.clone()],
            blocker_labels: Vec::new(),
            sign_off: Vec::new(),
            plan: crate::config::PlanSettings::default(),
            rules: crate::domain::release::rules::Rules::default(),
        });
        let at = crate::domain::time::parse_rfc3339("2026-12-03T11:00:00Z").unwrap();
        let file = |name: &str, text: Option<&str>| FileRead {
            name: name.to_owned(),
            bytes: text.map(|text| Arc::from(text.as_bytes())),
            doubt: None,
        };
        let plan = file(&name, Some("- [x] a\n"));
        let n = |files: &[FileRead]| {
            let release = release_of_files(settings, &Zone::utc(), files, at).unwrap();
            (release.courses.len(), release.courses[0].record.entries().len())
        };
        let beside = plan_record::name_beside(&name);
        assert_eq!(n(&[plan.clone(), file(&beside, Some(&today))]), (1, 2), "as it stood on record");
        assert_eq!(n(&[plan.clone(), file(&beside, None)]), (1, 0), "there was none");
        assert_eq!(n(&[plan]), (1, 1), "as far as it had been written by then");
    }

    proptest! {
        #[test]
        fn a_plan_that_is_brought_up_to_date_is_as_one_that_is_read(
            pieces in proptest::collection::vec(
                proptest::sample::select(vec!["- [ ] a\n", "- [x] b\n", "- [X] c\n", "## T-1\n", "text [ ] here\n", "- d\n", "```\n"]),
                1..12,
            ),
            changes in proptest::collection::vec((0usize..120, proptest::sample::select(b" xXa-[\n".to_vec())), 0..4),
        ) {
            let before = pieces.concat().into_bytes();
            let mut after = before.clone();
            for (at, byte) in changes {
                let at = at % after.len();
                after[at] = byte;
            }
            let mut list = known(&before);
            if list.takes(&after) {
                let read_from = known(&before).plan.read_from;
                prop_assert_eq!(&list.plan, &Plan { read_from, ..known(&after).plan });
                prop_assert_eq!(&*list.bytes, after.as_slice());
            } else {
                prop_assert_eq!(&list.plan, &known(&before).plan, "what is not taken changes nothing");
            }
        }
    }
}
