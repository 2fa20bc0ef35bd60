//! What is read next: parts of files that lie on a disk, blocks of what comes as a stream.

use std::{
    collections::VecDeque,
    fs::File,
    io::{self, Read as _},
    os::unix::fs::FileExt as _,
    path::Path,
    sync::Arc,
    time::UNIX_EPOCH,
};

use chrono::{DateTime, Utc};

use super::{
    Input,
    blocks::{Block, Blocks, Filled, LINE, Source, unpacked},
};
use crate::{
    shell::disk,
    source::metrics::shape::{Hint, Shape, infer},
    text::Text,
};

/// How much of a file's start tells its shape.
const HEAD: usize = 64 * 1024;

/// Parts of a file are no shorter than this.
const PART: u64 = 1 << 20;

/// What is said of an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    /// Its name.
    pub name: Text,
    /// Its shape in words; nothing where it was not told.
    pub shape: Option<Text>,
    /// Why it was not read, or not to its end, and what to do.
    pub failed: Option<(Text, Text)>,
}

/// Something to read, and whose it is.
pub(super) struct Task {
    /// The input's number.
    pub input: usize,
    pub shape: Arc<Shape>,
    /// What records without a time are stamped with, epoch milliseconds.
    pub modified_ms: i64,
    /// Its place among the input's pieces.
    pub piece: usize,
    pub what: What,
}

/// Something to read.
pub(super) enum What {
    /// A part of a file, from the start of a line to the end of one.
    Part { file: Arc<File>, from: u64, until: u64 },
    /// The lines in the block that was handed over.
    Block,
    /// A line that is left out.
    TooLong,
}

/// All inputs, one after the other.
pub(super) struct Plan {
    waiting: VecDeque<(usize, Input)>,
    open: Option<Open>,
    hint: Hint,
    threads: u64,
    now: DateTime<Utc>,
    /// What is said of each input.
    pub opened: Vec<Opened>,
}

struct Open {
    input: usize,
    shape: Arc<Shape>,
    modified_ms: i64,
    piece: usize,
    from: From,
}

enum From {
    File { file: Arc<File>, at: u64, end: u64 },
    Stream { blocks: Box<Blocks<Source>>, first: Option<Block> },
}

impl Plan {
    pub(super) fn new(inputs: &[Input], hint: &Hint, threads: usize, now: DateTime<Utc>) -> Self {
        let name = |input: &Input| match input {
            Input::File(path) => Text::scrub(&path.to_string_lossy()),
            Input::Stdin => Text::scrub("standard input"),
        };
        let opened = inputs.iter().map(|input| Opened { name: name(input), shape: None, failed: None }).collect();
        let waiting = inputs.iter().cloned().enumerate().collect();
        Self { waiting, open: None, hint: hint.clone(), threads: threads as u64, now, opened }
    }

    /// What to read next; a block of a stream is put into `room`. Nothing when all is read.
    pub(super) fn next(&mut self, room: &mut Block) -> Option<Task> {
        loop {
            if self.open.is_none() {
                let (place, input) = self.waiting.pop_front()?;
                self.open = self.opened(place, &input);
            }
            let Some(open) = &mut self.open else { continue };
            let threads = self.threads;
            let what = match open.next(room, threads) {
                Ok(Some(what)) => what,
                Ok(None) => {
                    self.open = None;
                    continue;
                }
                Err(error) => {
                    let place = open.input;
                    self.open = None;
                    self.fail(place, &rest_lost(&error), CAME);
                    continue;
                }
            };
            let task = Task {
                input: open.input,
                shape: open.shape.clone(),
                modified_ms: open.modified_ms,
                piece: open.piece,
                what,
            };
            open.piece += 1;
            return Some(task);
        }
    }

    fn fail(&mut self, place: usize, why: &str, hint: &str) {
        if let Some(opened) = self.opened.get_mut(place) {
            opened.failed = Some((Text::scrub(why), Text::scrub(hint)));
        }
    }

    /// Opens an input and tells its shape; what is wrong with it is noted.
    fn opened(&mut self, place: usize, input: &Input) -> Option<Open> {
        let now_ms = self.now.timestamp_millis();
        let opened = match input {
            Input::File(path) => self.file(place, path, now_ms),
            Input::Stdin => self.stream(place, Box::new(io::stdin()), now_ms),
        };
        opened.unwrap_or_else(|error| {
            self.fail(place, &disk::why(&error), "check the path and its rights");
            None
        })
    }

    fn file(&mut self, place: usize, path: &Path, now_ms: i64) -> io::Result<Option<Open>> {
        let mut file = File::open(path)?;
        let about = file.metadata()?;
        if about.is_dir() {
            self.fail(place, "it is a folder", "name its files, or a pattern such as '*.jsonl'");
            return Ok(None);
        }
        let since = about.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok());
        let modified_ms = since.and_then(|since| i64::try_from(since.as_millis()).ok()).unwrap_or(now_ms);
        if !about.is_file() {
            return self.stream(place, Box::new(file), modified_ms);
        }
        let mut head = Vec::with_capacity(HEAD);
        file.by_ref().take(HEAD as u64).read_to_end(&mut head)?;
        if matches!(
            head.as_slice(),
            [0x1f, 0x8b, ..] | [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..]
        ) {
            return self.stream(place, Box::new(File::open(path)?), modified_ms);
        }
        let end = about.len();
        let mut last = [0; 16];
        let n = file.read_at(&mut last, end.saturating_sub(16))?;
        let is_openmetrics = last.get(..n).unwrap_or_default().trim_ascii_end().ends_with(b"\n# EOF");
        let Some(shape) = self.shape(place, &head, is_openmetrics) else { return Ok(None) };
        let at = if head.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        let from = From::File { file: Arc::new(file), at, end };
        Ok(Some(Open { input: place, shape, modified_ms, piece: 0, from }))
    }

    fn stream(&mut self, place: usize, source: Source, modified_ms: i64) -> io::Result<Option<Open>> {
        let mut blocks = Box::new(Blocks::new(unpacked(source)?));
        let mut first = Block::default();
        if let Err(error) = blocks.fill(&mut first) {
            self.fail(place, &rest_lost(&error), CAME);
            return Ok(None);
        }
        first.without_mark();
        let head = first.text();
        let Some(shape) = self.shape(place, head.get(..HEAD).unwrap_or(head), false) else { return Ok(None) };
        let from = From::Stream { blocks, first: Some(first) };
        Ok(Some(Open { input: place, shape, modified_ms, piece: 0, from }))
    }

    fn shape(&mut self, place: usize, head: &[u8], is_openmetrics: bool) -> Option<Arc<Shape>> {
        let hint = Hint { is_openmetrics: self.hint.is_openmetrics || is_openmetrics, ..self.hint.clone() };
        match infer(head, &hint) {
            Ok(shape) => {
                if let Some(opened) = self.opened.get_mut(place) {
                    opened.shape = Some(shape.said());
                }
                Some(Arc::new(shape))
            }
            Err(why) => {
                self.fail(place, why.why.as_str(), why.hint.as_str());
                None
            }
        }
    }
}

impl Open {
    /// The next piece: large ones first, so that each thread reads a stretch of time by itself, smaller ones towards the
    /// end, so that all end together.
    fn next(&mut self, room: &mut Block, threads: u64) -> io::Result<Option<What>> {
        match &mut self.from {
            From::File { at, end, .. } if *at >= *end => Ok(None),
            From::File { file, at, end } => {
                let left = *end - *at;
                let wanted = if threads == 1 { left } else { (left / (threads * 2)).max(PART) };
                let from = *at;
                let until = if wanted + PART / 2 >= left { *end } else { line_end(file, from + wanted, *end)? };
                *at = until;
                Ok(Some(What::Part { file: file.clone(), from, until }))
            }
            From::Stream { blocks, first } => {
                if let Some(first) = first.take() {
                    *room = first;
                    return Ok(Some(What::Block));
                }
                Ok(match blocks.fill(room)? {
                    Filled::Text => Some(What::Block),
                    Filled::TooLong => Some(What::TooLong),
                    Filled::End => None,
                })
            }
        }
    }
}

/// What is done where the rest of an input is lost.
const CAME: &str = "what came before is counted";

fn rest_lost(error: &io::Error) -> String {
    format!("its rest cannot be read: {}", disk::why(error))
}

/// The first place behind a line's end, from `at` on.
fn line_end(file: &File, mut at: u64, end: u64) -> io::Result<u64> {
    let mut some = vec![0; LINE.min(64 * 1024)];
    while at < end {
        let n = file.read_at(&mut some, at)?;
        let got = some.get(..n).unwrap_or_default();
        if got.is_empty() {
            break;
        }
        if let Some(found) = memchr::memchr(b'\n', got) {
            return Ok((at + found as u64 + 1).min(end));
        }
        at += n as u64;
    }
    Ok(end)
}
