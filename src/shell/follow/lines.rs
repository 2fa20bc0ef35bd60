//! One path, followed line by line: through rotation, truncation, deletion and return.
//!
//! The handle is kept open, so that what a renamed or deleted file still gets is read as well, until nobody has written
//! to it for a minute. What an interruption or a truncation kept from us is looked for in the files beside it.

use std::{
    fs::File,
    path::{Path, PathBuf},
};

use chrono::{DateTime, Utc};

use crate::{
    domain::{time::between, trouble::Trouble},
    shell::{disk, stamp::open_regular},
    source::{
        Batch,
        metrics::{
            refusal,
            tail::{LINE_BYTES, Line, Place, Seen, Tail, Why},
        },
    },
    text::Text,
};

pub use super::gap::Gap;
use super::{
    beside,
    handle::{Budget, Open, SETTLED},
};

/// Read in one look at most: a file of any length leaves others their turn.
const LOOK_BYTES: u64 = 128 * 1024 * 1024;

/// How much of a file's begin is told.
const HEAD: usize = 64 * 1024;

/// Renamed files kept open at most.
const OLD_KEPT: usize = 8;

/// What following a path brings, in order.
#[derive(Debug, Clone, PartialEq)]
pub enum Heard {
    /// A file begins: lines of this number are its lines.
    Began {
        /// Counts the files this path has had, from 1.
        file: u64,
        /// What became of the one before; nothing for the first, and where we go on as if nothing had been.
        why: Option<Why>,
        /// The first bytes of the file as it is now, at most 64 KiB: what its lines look like, wherever we go on in it.
        head: Vec<u8>,
        /// Lines of a lower number were taken by an earlier process, and are only told again ([`LineFile::again`]).
        known: u64,
    },
    /// Whole lines of a file.
    Lines {
        /// Which one.
        file: u64,
        /// The lines, and what was left out.
        lines: Batch<Line>,
    },
    /// Lines may have been written that nobody can read any more.
    Gap(Gap),
    /// A file will get no more lines.
    Ended {
        /// Which one.
        file: u64,
    },
}

/// How far a look came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reached {
    /// The end of what there is.
    End,
    /// Only so far: look again soon.
    Part,
}

/// A path that is followed.
#[derive(Debug)]
pub struct LineFile {
    path: PathBuf,
    now: Option<Open>,
    /// Where an earlier process, or a handle that broke, stood.
    resume: Vec<Place>,
    old: Vec<Open>,
    n_files: u64,
    looked_at: Option<DateTime<Utc>>,
    /// The present file is still to be begun from its start.
    is_again: bool,
    /// The file that is told again, and its first line that is new.
    known: Option<((u64, u64), u64)>,
    /// When the file before was last written to: others may have had the path since.
    missed: Option<beside::Age>,
}

pub(super) type Failed = (Trouble, String);

impl LineFile {
    /// A path nothing was read of yet. `places` is where an earlier process stood in the files it has had.
    pub fn new(path: &Path, places: Vec<Place>) -> Self {
        Self {
            path: path.to_path_buf(),
            now: None,
            resume: places,
            old: Vec::new(),
            n_files: 0,
            looked_at: None,
            is_again: false,
            known: None,
            missed: None,
        }
    }

    /// Tells the present file from its start, for readers that keep nothing of their own: what an earlier process took of it
    /// is marked as known. What renamed files still hold is told from where that process stood.
    pub fn again(mut self) -> Self {
        self.is_again = true;
        self
    }

    /// Where it stands in every file it still reads, the present one last.
    pub fn places(&self) -> Vec<Place> {
        let open = self.old.iter().chain(&self.now).filter_map(|open| open.tail.place());
        // What could not be opened since the start is still to be read.
        open.chain(self.resume.iter().cloned()).collect()
    }

    /// Tells whether a file is one of those read under this path.
    pub fn reads(&self, identity: (u64, u64)) -> bool {
        self.places().iter().any(|place| place.identity == identity)
    }

    /// Reads what there is to read and tells it.
    ///
    /// # Errors
    /// What kind of trouble the path is in, and why; what a handle still gives was told all the same.
    pub fn look(&mut self, now: DateTime<Utc>, tell: &mut dyn FnMut(Heard)) -> Result<Reached, Failed> {
        let mut budget = Budget { bytes: LOOK_BYTES };
        self.drain_old(&mut budget, now, tell);
        let result = self.look_at_path(&mut budget, now, tell);
        self.looked_at = Some(now);
        result.map(|()| if budget.bytes == 0 { Reached::Part } else { Reached::End })
    }

    fn look_at_path(
        &mut self,
        budget: &mut Budget,
        now: DateTime<Utc>,
        tell: &mut dyn FnMut(Heard),
    ) -> Result<(), Failed> {
        let away = |e: std::io::Error| (Trouble::Away, disk::why(&e));
        let there = std::fs::metadata(&self.path).map(|found| beside::seen(&found));
        if let Some(mut open) = self.now.take() {
            let is_same = there.as_ref().is_ok_and(|seen| open.is(seen.identity));
            // Read to its end before another file is begun: its lines are the older ones.
            match open.drain(&self.path, budget, now, tell) {
                Ok(None) => {}
                Ok(Some(why)) => {
                    self.cut(&open, why, now, tell);
                    if is_same {
                        open.tail.start_over();
                        self.known = None;
                        open.number = self.begin(&mut open.file, Some(why), 0, tell);
                        self.now = Some(open);
                        return self.drain_now(budget, now, tell);
                    }
                }
                Err(failed) => {
                    self.resume.extend(open.tail.place());
                    return Err(failed);
                }
            }
            if is_same {
                self.now = Some(open);
                return Ok(());
            }
            self.missed = open.file.metadata().ok().map(|found| beside::age(&found));
            self.put_aside(open, tell);
        }
        there.map_err(away)?;
        let file = open_regular(&self.path).map_err(away)?;
        let seen = beside::seen(&file.metadata().map_err(away)?);
        if let Some(age) = self.missed.take() {
            self.read_later(age, None, seen.identity, budget, now, tell);
        }
        self.open(file, seen, budget, now, tell)?;
        self.drain_now(budget, now, tell)
    }

    /// Begins with the file that is there, or goes on in it.
    fn open(
        &mut self,
        mut file: File,
        seen: Seen,
        budget: &mut Budget,
        now: DateTime<Utc>,
        tell: &mut dyn FnMut(Heard),
    ) -> Result<(), Failed> {
        let away = |e: std::io::Error| (Trouble::Away, disk::why(&e));
        let places = std::mem::take(&mut self.resume);
        let mut tail = None;
        for (i, place) in places.iter().enumerate() {
            let is_here = place.identity == seen.identity
                && beside::is_in(&mut file, place).map_err(away).inspect_err(|_| {
                    self.resume.clone_from(&places);
                })?;
            if is_here {
                if self.is_again {
                    self.known = Some((seen.identity, place.line));
                }
                tail = Some(if self.is_again { Tail::default() } else { Tail::resume(LINE_BYTES, place) });
                continue;
            }
            // The last one was the present file then; the others get late lines only, and may be gone by now.
            let was_present = i + 1 == places.len();
            let why = if place.identity == seen.identity { Why::Rewritten } else { Why::Rotated };
            match beside::find(&self.path, place, seen.identity, was_present) {
                Some(found) => {
                    let (age, identity) = ((found.modified, found.born), found.identity);
                    self.read_on(found, place, budget, now, tell);
                    if was_present {
                        let known = places.iter().map(|place| place.identity).chain([identity]).collect();
                        self.read_later(age, Some((known, place)), seen.identity, budget, now, tell);
                    }
                }
                None if was_present => {
                    tell(Heard::Gap(Gap { why, offset: place.offset, found_in: None, from: None, until: now }))
                }
                None => {}
            }
        }
        let is_first = self.n_files == 0 && places.is_empty();
        let goes_on = tail.is_some();
        if !goes_on {
            let mut head = vec![0; 512];
            let n = beside::read_at(&mut file, 0, &mut head).map_err(away)?;
            if let Some(why) = refusal(head.get(..n).unwrap_or_default()) {
                return Err((Trouble::Garbled, why.to_owned()));
            }
        }
        self.is_again = false;
        self.known = self.known.filter(|(identity, _)| goes_on && *identity == seen.identity);
        let known = self.known.map_or(0, |(_, line)| line);
        let number = self.begin(&mut file, (!is_first && !goes_on).then_some(Why::Rotated), known, tell);
        self.now = Some(Open { file, tail: tail.unwrap_or_default(), number, grew_at: now });
        Ok(())
    }

    fn begin(&mut self, file: &mut File, why: Option<Why>, known: u64, tell: &mut dyn FnMut(Heard)) -> u64 {
        self.n_files += 1;
        let mut head = vec![0; HEAD];
        // What cannot be read now cannot be read a moment later either, and is said then.
        let n = beside::read_at(file, 0, &mut head).unwrap_or_default();
        head.truncate(n);
        tell(Heard::Began { file: self.n_files, why, head, known });
        self.n_files
    }

    /// The file was cut or written anew under us: a copy beside it may hold what we had not read.
    fn cut(&mut self, open: &Open, why: Why, now: DateTime<Utc>, tell: &mut dyn FnMut(Heard)) {
        let Some(place) = open.tail.place() else { return };
        let found = beside::find(&self.path, &place, place.identity, true);
        let found_in = found.as_ref().map(|found| Text::scrub(&found.name));
        tell(Heard::Gap(Gap { why, offset: place.offset, found_in, from: self.looked_at, until: now }));
        match found {
            Some(found) => {
                let mut budget = Budget { bytes: LOOK_BYTES };
                self.read_on_as(found, &place, open.number, &mut budget, now, tell);
            }
            None => tell(Heard::Ended { file: open.number }),
        }
    }

    fn read_on(
        &mut self,
        mut found: beside::Found,
        place: &Place,
        budget: &mut Budget,
        now: DateTime<Utc>,
        tell: &mut dyn FnMut(Heard),
    ) {
        let number = self.begin(&mut found.file, None, 0, tell);
        self.read_on_as(found, place, number, budget, now, tell);
    }

    /// Reads the files that had the path after one that was last written to then, and before the present one.
    fn read_later(
        &mut self,
        age: beside::Age,
        after: Option<(Vec<(u64, u64)>, &Place)>,
        present: (u64, u64),
        budget: &mut Budget,
        now: DateTime<Utc>,
        tell: &mut dyn FnMut(Heard),
    ) {
        let mut known: Vec<_> = self.places().iter().map(|place| place.identity).collect();
        let old = self.old.iter().filter_map(|open| open.file.metadata().ok());
        known.extend(old.map(|found| beside::seen(&found).identity));
        let offset = after.as_ref().map_or(0, |(_, place)| place.offset);
        known.extend(after.into_iter().flat_map(|(known, _)| known));
        let (later, is_lost) = beside::later(&self.path, age, &known, present);
        for mut found in later {
            let number = self.begin(&mut found.file, None, 0, tell);
            self.read_with(found.file, Tail::default(), number, budget, now, tell);
        }
        if is_lost {
            tell(Heard::Gap(Gap { why: Why::Rotated, offset, found_in: None, from: self.looked_at, until: now }));
        }
    }

    /// Reads the rest of a file that has another name now.
    fn read_on_as(
        &mut self,
        found: beside::Found,
        place: &Place,
        number: u64,
        budget: &mut Budget,
        now: DateTime<Utc>,
        tell: &mut dyn FnMut(Heard),
    ) {
        let there = Place { identity: found.identity, ..place.clone() };
        self.read_with(found.file, Tail::resume(LINE_BYTES, &there), number, budget, now, tell);
    }

    fn read_with(
        &mut self,
        file: File,
        tail: Tail,
        number: u64,
        budget: &mut Budget,
        now: DateTime<Utc>,
        tell: &mut dyn FnMut(Heard),
    ) {
        let mut open = Open { file, tail, number, grew_at: now };
        // A copy that changes while it is read has nothing more to say.
        if let Ok(None) = open.drain(&self.path, budget, now, tell) {
            self.put_aside(open, tell);
        } else {
            tell(Heard::Ended { file: number });
        }
    }

    fn drain_now(
        &mut self,
        budget: &mut Budget,
        now: DateTime<Utc>,
        tell: &mut dyn FnMut(Heard),
    ) -> Result<(), Failed> {
        let Some(mut open) = self.now.take() else { return Ok(()) };
        match open.drain(&self.path, budget, now, tell) {
            // Changed again between two system calls: the next look sees what it is then.
            Ok(None | Some(_)) => self.now = Some(open),
            Err(failed) => {
                self.resume.extend(open.tail.place());
                return Err(failed);
            }
        }
        Ok(())
    }

    fn put_aside(&mut self, open: Open, tell: &mut dyn FnMut(Heard)) {
        self.old.push(open);
        if self.old.len() > OLD_KEPT {
            let gone = self.old.remove(0);
            tell(Heard::Ended { file: gone.number });
        }
    }

    /// Reads what renamed files still get, and closes those that nobody writes to any more.
    fn drain_old(&mut self, budget: &mut Budget, now: DateTime<Utc>, tell: &mut dyn FnMut(Heard)) {
        let path = &self.path;
        self.old.retain_mut(|open| {
            let is_read = matches!(open.drain(path, budget, now, tell), Ok(None));
            let is_kept = is_read && between(open.grew_at, now) < SETTLED;
            if !is_kept {
                open.settle(tell);
                tell(Heard::Ended { file: open.number });
            }
            is_kept
        });
    }
}
