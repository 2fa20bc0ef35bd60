//! Many metric files at once, of any size: all cores, bounded memory.
//!
//! Each thread takes a piece, scans its lines and counts them by itself (`tally`); in the end all is put together
//! (`merge`). What memory has no room for waits in a file without a name (`spill`). See docs/decisions/0007.

mod blocks;
mod merge;
mod plan;
mod spill;
mod tally;

use std::{
    hash::{BuildHasher as _, RandomState},
    path::PathBuf,
    sync::{Mutex, PoisonError},
    thread,
};

use chrono::{DateTime, Utc};

use self::{
    blocks::{Block, Blocks, Filled, Range},
    plan::{Plan, Task, What},
    tally::{Stop, Tally},
};
use crate::{
    domain::{summary::Figures, zone::Zone},
    source::metrics::{
        scan::{Scanned, Scanner, keys::Key},
        shape::{Hint, Layout},
    },
    text::Text,
};

pub use plan::Opened;

/// Where bytes come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// A file, or a pipe with a name.
    File(PathBuf),
    /// Standard input.
    Stdin,
}

/// How it is summed up.
#[derive(Debug, Clone)]
pub struct Options {
    /// The length of a bucket in milliseconds, at least 1; buckets are counted from 1970-01-01T00:00:00Z.
    pub every_ms: i64,
    /// What is told of the files. Its first label is the one that rows are told apart by.
    pub hint: Hint,
    /// The zone of stamps without an offset.
    pub zone: Zone,
    /// How many threads read, at least 1.
    pub threads: usize,
    /// For how many values there is room in memory, for all threads.
    pub room: usize,
    /// Only records of these times are counted: from, and before, epoch milliseconds.
    pub within: (i64, i64),
    /// The middle is worked out as well.
    pub has_median: bool,
}

/// All times there are.
pub const EVER: (i64, i64) = (i64::MIN, i64::MAX);

/// For how many values there is usually room: 32 MB.
pub const ROOM: usize = 4_000_000;

/// How many left-out lines are named of each piece.
const NAMED: usize = 4;

/// One bucket, name and label.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Row {
    /// The bucket's start, epoch milliseconds.
    pub start_ms: i64,
    /// Which of [`Summary::keys`].
    pub key: u32,
    /// The figures.
    pub figures: Figures,
    /// The middle of the values, exact; nothing where it was not asked for.
    pub p50: Option<f64>,
}

/// A line that was left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Left {
    /// Its file.
    pub input: usize,
    /// Its number in the file, from 1.
    pub line: u64,
    /// Why.
    pub why: Text,
}

/// What many lines come to.
#[derive(Debug, Clone, PartialEq)]
pub struct Summary {
    /// By bucket, name and label.
    pub rows: Vec<Row>,
    /// The names and labels.
    pub keys: Vec<Key>,
    /// How many lines there were, blank ones, comments and headers among them.
    pub lines: u64,
    /// How many were left out.
    pub skipped: u64,
    /// The first of those, by file and line.
    pub named: Vec<Left>,
    /// The inputs, in the order they were given.
    pub inputs: Vec<Opened>,
}

/// Why there is no summary.
#[derive(Debug, thiserror::Error)]
pub enum Broken {
    /// More rows than anybody reads.
    #[error("there are more than {} buckets, names and labels", tally::CELLS)]
    TooMany,
    /// The temporary folder refused.
    #[error("keep values in the temporary folder: {0}")]
    Spill(std::io::Error),
    /// A thread ended in a panic.
    #[error("a reading thread broke")]
    Thread,
}

/// What a thread found in one piece.
#[derive(Debug)]
struct Piece {
    input: usize,
    number: usize,
    lines: u64,
    skipped: u64,
    /// Lines by their place in the piece, and why.
    named: Vec<(u64, Text)>,
}

/// Sums up all lines of all inputs. Inputs that cannot be read, or not to their end, are named in the summary.
///
/// # Errors
/// [`Broken`], when there is no summary at all.
pub fn summarize(inputs: &[Input], options: &Options, now: DateTime<Utc>) -> Result<Summary, Broken> {
    let threads = options.threads.max(1);
    let plan = Mutex::new(Plan::new(inputs, &options.hint, threads, now));
    let seed = RandomState::new().hash_one(now);
    let work = || {
        let mut worker = Worker::new(options, options.room / threads, seed);
        worker.run(&plan).map(|()| (worker.tally, worker.pieces))
    };
    let results: Vec<_> = if threads == 1 {
        vec![Ok(work())]
    } else {
        thread::scope(|scope| {
            let all: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
            all.into_iter().map(thread::ScopedJoinHandle::join).collect()
        })
    };
    let (mut tallies, mut pieces) = (Vec::new(), Vec::new());
    for result in results {
        let (tally, own) = result.map_err(|_| Broken::Thread)??;
        tallies.push(tally);
        pieces.extend(own);
    }
    let (rows, keys) = merge::merge(tallies, options, threads).map_err(Broken::Spill)?;
    let plan = plan.into_inner().unwrap_or_else(PoisonError::into_inner);
    let (lines, skipped) = (pieces.iter().map(|p| p.lines).sum(), pieces.iter().map(|p| p.skipped).sum());
    Ok(Summary { rows, keys, lines, skipped, named: numbered(pieces), inputs: plan.opened })
}

/// The first lines that were left out, numbered in their files.
fn numbered(mut pieces: Vec<Piece>) -> Vec<Left> {
    pieces.sort_unstable_by_key(|piece| (piece.input, piece.number));
    let (mut out, mut before, mut of) = (Vec::new(), 0, 0);
    for piece in pieces {
        if piece.input != of {
            (before, of) = (0, piece.input);
        }
        out.extend(piece.named.into_iter().map(|(line, why)| Left {
            input: piece.input,
            line: before + line + 1,
            why,
        }));
        before += piece.lines;
    }
    out
}

struct Worker<'a> {
    options: &'a Options,
    tally: Tally,
    pieces: Vec<Piece>,
    scanner: Option<(usize, Scanner)>,
}

impl<'a> Worker<'a> {
    fn new(options: &'a Options, room: usize, seed: u64) -> Self {
        Self { options, tally: Tally::new(options.every_ms.max(1), room, seed), pieces: Vec::new(), scanner: None }
    }

    fn run(&mut self, plan: &Mutex<Plan>) -> Result<(), Broken> {
        let mut block = Block::default();
        loop {
            let task = plan.lock().unwrap_or_else(PoisonError::into_inner).next(&mut block);
            let Some(task) = task else { return Ok(()) };
            let mut piece = Piece { input: task.input, number: task.piece, lines: 0, skipped: 0, named: Vec::new() };
            match &task.what {
                What::Block => self.text(&task, block.text(), &mut piece),
                What::TooLong => piece.leave_out("it is longer than a megabyte"),
                What::Part { file, from, until } => {
                    let mut blocks = Blocks::new(Range { file: file.clone(), at: *from, until: *until });
                    self.part(&task, &mut blocks, &mut block, &mut piece, plan);
                }
            }
            self.pieces.push(piece);
            match self.tally.stop.take() {
                None => {}
                Some(Stop::Cells) => return Err(Broken::TooMany),
                Some(Stop::Spill(error)) => return Err(Broken::Spill(error)),
            }
        }
    }

    fn part(
        &mut self,
        task: &Task,
        blocks: &mut Blocks<Range>,
        block: &mut Block,
        piece: &mut Piece,
        plan: &Mutex<Plan>,
    ) {
        while self.tally.stop.is_none() {
            match blocks.fill(block) {
                Ok(Filled::Text) => self.text(task, block.text(), piece),
                Ok(Filled::TooLong) => piece.leave_out("it is longer than a megabyte"),
                Ok(Filled::End) => return,
                Err(error) => {
                    let why = format!("a part of it cannot be read: {}", crate::shell::disk::why(&error));
                    let mut plan = plan.lock().unwrap_or_else(PoisonError::into_inner);
                    if let Some(opened) = plan.opened.get_mut(task.input) {
                        opened.failed = Some((Text::scrub(&why), Text::scrub("the rest is counted")));
                    }
                    return;
                }
            }
        }
    }

    fn text(&mut self, task: &Task, text: &[u8], piece: &mut Piece) {
        let zone = &self.options.zone;
        let scanner = match &mut self.scanner {
            Some((input, scanner)) if *input == task.input => scanner,
            other => &mut other.insert((task.input, Scanner::new(&task.shape, zone))).1,
        };
        // `up 1` may be the start of `up 12`; the format asks for the newline.
        let is_cut = matches!(task.shape.layout, Layout::Prometheus { .. }) && !text.ends_with(b"\n");
        let whole = if is_cut { memchr::memrchr(b'\n', text).map_or(0, |at| at + 1) } else { text.len() };
        let (text, cut) = text.split_at_checked(whole).unwrap_or((text, b""));
        let mut keys = std::mem::take(&mut self.tally.keys);
        let (tally, (from, before_ms)) = (&mut self.tally, self.options.within);
        let before = piece.lines;
        let lines = scanner.scan(text, &mut keys, |line, scanned| match scanned {
            Scanned::Row(row) => {
                let at_ms = row.at_ms.unwrap_or(task.modified_ms);
                if from <= at_ms && at_ms < before_ms {
                    tally.add(row.key, at_ms, row.value);
                }
            }
            Scanned::Nothing => {}
            Scanned::Skip(why) => piece.note(before + line, &why),
        });
        self.tally.keys = keys;
        piece.lines += lines;
        if !cut.trim_ascii().is_empty() && !cut.trim_ascii().starts_with(b"#") {
            piece.leave_out("no newline ends it: it may be cut");
        } else if !cut.is_empty() {
            piece.lines += 1;
        }
        self.tally.relieve();
    }
}

impl Piece {
    /// Counts a line as left out that was counted as a line.
    fn note(&mut self, line: u64, why: &str) {
        self.skipped += 1;
        if self.named.len() < NAMED {
            self.named.push((line, Text::scrub(why)));
        }
    }

    /// Counts another line, and that it is left out.
    fn leave_out(&mut self, why: &str) {
        self.note(self.lines, why);
        self.lines += 1;
    }
}

#[cfg(test)]
mod tests;
