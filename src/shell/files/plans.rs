//! The plans of a release: their files and the records beside them, read when they change, told as one release.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use chrono::NaiveDateTime;

use super::{failed, name_of};
use crate::{
    config::ReleaseSettings,
    domain::{
        release::{
            Checklist, Release, SignOff, Word,
            calendar::{Calendar, DayFrom},
            course::Course,
            plan::{Plan, Reading},
            record::{Record, Say},
        },
        trouble::Trouble,
        zone::Zone,
    },
    floor::fact::{Fact, FileRead, SourceId},
    shell::{
        disk::{self, Expanded},
        plan_record,
        stamp::{Stamp, stamp_of},
    },
    source::{checklist, plan},
    text::Text,
};

/// A plan as it was when it could last be read.
pub struct KnownList {
    plan: Plan,
    record: Record,
    bytes: Arc<[u8]>,
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
    if !found.is_empty() && found == *stamps {
        return tell(Fact::Unchanged { source, budget: None });
    }
    let mut trouble = unread.map(|why| failed(source, Trouble::Away, &why));
    for path in &paths {
        match known_list(path, &settings.plan.reading) {
            Ok(read) => drop(known.insert(path.clone(), read)),
            Err((kind, why)) => trouble = Some(failed(source, kind, &why)),
        }
    }
    if paths.is_empty() {
        let why = format!("no file matches {}", settings.checklists.join(", "));
        trouble = Some(failed(source, Trouble::Away, &why));
    }
    let readable = || paths.iter().filter_map(|path| Some((path, known.get(path)?)));
    let courses: Vec<_> = readable().map(|(_, known)| known.course()).collect();
    if !courses.is_empty() {
        let files = readable().map(|(path, known)| FileRead {
            name: path.to_string_lossy().into_owned(),
            bytes: Some(Arc::clone(&known.bytes)),
            doubt: None,
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
        Course { record: self.record.clone(), ..Course::new(self.plan.clone()) }
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
    let word = |role: &Text| {
        let says: Vec<Say> =
            courses.iter().flat_map(|course| course.record.says(role.as_str())).map(|(_, say)| say).collect();
        match (says.contains(&Say::Veto), says.contains(&Say::Go)) {
            (true, _) => Word::Veto,
            (false, true) => Word::Go,
            (false, false) => Word::Silent,
        }
    };
    Release {
        name: settings.name.clone(),
        day: settings.day,
        at,
        zone,
        checklists: courses.iter().map(|course| course.plan.checklist()).collect(),
        sign_offs: settings.sign_off.iter().map(|role| SignOff { role: role.clone(), word: word(role) }).collect(),
        courses,
        blockers: Vec::new(),
    }
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
    known_list(path, reading).map(|known| Course { record: known.record, ..Course::new(known.plan) })
}

fn known_list(path: &Path, reading: &Reading) -> Result<KnownList, (Trouble, String)> {
    let bytes = disk::read(path, checklist::LIMIT_BYTES)
        .map_err(|e| (Trouble::Away, format!("{}: {}", name_of(path), disk::why(&e))))?;
    let plan = plan::read(&path.to_string_lossy(), &bytes, reading)
        .map_err(|e| (Trouble::Garbled, format!("{}: {e}", name_of(path))))?;
    let record = plan_record::read(path).map_err(|why| (Trouble::Away, why))?;
    Ok(KnownList { plan, record, bytes: bytes.into() })
}

/// The release as it was when its files held these bytes. A file that cannot be read any more is left out.
pub fn release_of_files(settings: &ReleaseSettings, zone: &Zone, files: &[FileRead]) -> Option<Release> {
    let list = |file: &FileRead| plan::read(&file.name, file.bytes.as_deref()?, &settings.plan.reading).ok();
    let courses: Vec<_> = files.iter().filter_map(list).map(Course::new).collect();
    let zone = settings.zone.clone().unwrap_or_else(|| zone.clone());
    (!courses.is_empty()).then(|| release_of(settings, zone, courses))
}

fn expand_all(patterns: &[String]) -> Result<Expanded, String> {
    let mut all = Expanded::default();
    for pattern in patterns {
        let expanded = disk::expand(pattern).map_err(|why| format!("`{pattern}`: {why}"))?;
        all.unread = all.unread.or(expanded.unread);
        for path in expanded.paths {
            // `RELEASE*` names the records too.
            if !all.paths.contains(&path) && !plan_record::is_one(&path) {
                all.paths.push(path);
            }
        }
    }
    Ok(all)
}

/// The real path behind a checklist's shown one.
pub fn path_of_checklist(settings: &ReleaseSettings, shown: &Text) -> Option<PathBuf> {
    expand_all(&settings.checklists).ok()?.paths.into_iter().find(|path| Text::scrub(&path.to_string_lossy()) == *shown)
}
