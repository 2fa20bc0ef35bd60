//! Follows a file as it grows: which bytes to read next, and which whole lines they bring.
//!
//! A pure state machine; the shell stats and reads. One round:
//!
//! ```text
//! open the path, stat the open handle ─► plan(seen) ─┬─ Nothing
//!                                                    ├─ Read { from } ──► read from there ──► take(seen, from, bytes)
//!                                                    └─ StartOver { why } ──► start_over(), the reader too ──► plan again
//! ```
//!
//! The stat must be of the handle that is read, or a rotation in between mixes two files. `take` may be given less than
//! there is; the next plan asks for the rest. What a rotated file got after our last read is lost unless the shell still
//! holds its handle.

use crate::source::Batch;

/// The longest line kept, in bytes: 1 MiB. Longer ones are skipped, so that a file without newlines costs no memory.
pub const LINE_BYTES: usize = 1024 * 1024;

/// How many bytes before the offset are remembered and read again, so that a file that was cut and grew past the offset
/// is recognized: a stamped line differs within them.
const REMEMBERED: usize = 64;

/// What a stat of the open file said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// Length in bytes.
    pub length: u64,
    /// Device and inode (or what the host has for them).
    pub identity: (u64, u64),
    /// Modification time, epoch milliseconds.
    pub modified_ms: i64,
}

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plan {
    /// The file did not change.
    Nothing,
    /// Read from this offset on and hand the bytes to [`Tail::take`].
    Read {
        /// Up to 64 bytes before the first unread one.
        from: u64,
    },
    /// It is not the file that was read: call [`Tail::start_over`], then plan again.
    StartOver {
        /// What happened to it.
        why: Why,
    },
}

/// Why a file is read from its start again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// Another file has its name now.
    Rotated,
    /// It is shorter than what was read of it.
    Truncated,
    /// The bytes before the offset are not those that were read.
    Rewritten,
}

/// Where a reader stands in a file, at the start of a line: enough to go on there after a restart, or in a copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Device and inode of the file that was read.
    pub identity: (u64, u64),
    /// The first byte not taken yet.
    pub offset: u64,
    /// The number of the line that begins there, or that it is in the middle of.
    pub line: u64,
    /// The first bytes of the file, at most 64.
    pub head: Vec<u8>,
    /// The bytes before the offset, at most 64.
    pub before: Vec<u8>,
    /// Whether the offset is inside a line whose rest is left out.
    pub is_inside: bool,
}

impl Place {
    /// Tells whether a file that begins with `head` and has `before` in front of the offset is the one that was read, or a
    /// copy of it. Too few bytes to tell are none.
    pub fn is_in(&self, head: &[u8], before: &[u8]) -> bool {
        self.before.len() >= TELLING && before == self.before && head.starts_with(&self.head)
    }
}

/// Fewer bytes before an offset than this could stand in any file.
const TELLING: usize = 8;

/// One whole line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its number in the file, from 1.
    pub number: u64,
    /// Its bytes without the newline; a carriage return is still there.
    pub bytes: Vec<u8>,
}

/// Where we are in one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tail {
    limit: usize,
    offset: u64,
    before: Vec<u8>,
    /// The first bytes of the file.
    head: Vec<u8>,
    /// Where the current line begins, and what stands before it.
    line_start: u64,
    before_line: Vec<u8>,
    last_seen: Option<Seen>,
    line: u64,
    held: Vec<u8>,
    rest: Rest,
    in_nuls: bool,
}

/// What becomes of the bytes up to the next newline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rest {
    /// They are part of a line.
    Kept,
    /// The line is left out, and was counted.
    LeftOut,
    /// The line was given away by [`Tail::settle`]; more of it would make it wrong.
    Settled,
}

impl Default for Tail {
    fn default() -> Self {
        Self::new(LINE_BYTES)
    }
}

impl Tail {
    /// Starts at the beginning of a file. Lines of more than `limit` bytes are skipped; see [`LINE_BYTES`].
    pub fn new(limit: usize) -> Self {
        Self {
            limit,
            offset: 0,
            before: Vec::new(),
            head: Vec::new(),
            line_start: 0,
            before_line: Vec::new(),
            last_seen: None,
            line: 1,
            held: Vec::new(),
            rest: Rest::Kept,
            in_nuls: false,
        }
    }

    /// Goes on where a reader stood. Whether it is the same file is for the bytes before the offset to tell: the first
    /// [`Tail::take`] is given them.
    pub fn resume(limit: usize, place: &Place) -> Self {
        let seen = Seen { length: place.offset, identity: place.identity, modified_ms: i64::MIN };
        Self {
            offset: place.offset,
            before: place.before.clone(),
            head: place.head.clone(),
            line_start: place.offset,
            before_line: place.before.clone(),
            last_seen: Some(seen),
            line: place.line,
            rest: if place.is_inside { Rest::LeftOut } else { Rest::Kept },
            ..Self::new(limit)
        }
    }

    /// Where it stands; nothing when nothing was read. What is held back of an unfinished line is read again from there.
    pub fn place(&self) -> Option<Place> {
        let seen = self.last_seen?;
        let is_inside = self.rest != Rest::Kept;
        let (offset, before) = if is_inside || self.held.is_empty() {
            (self.offset, &self.before)
        } else {
            (self.line_start, &self.before_line)
        };
        let mut head = self.head.clone();
        head.truncate(usize::try_from(offset).unwrap_or(REMEMBERED));
        Some(Place { identity: seen.identity, offset, line: self.line, head, before: before.clone(), is_inside })
    }

    /// Passes over a hole of a sparse file: nothing but NUL bytes stands from the offset up to `until`.
    pub fn skip_hole(&mut self, until: u64) -> Batch<Line> {
        let mut out = Batch::new();
        if until > self.offset {
            self.add(&[0], &mut out);
            let zeros = vec![0; usize::try_from(until - self.offset).unwrap_or(REMEMBERED).min(REMEMBERED)];
            self.remember(&zeros);
            self.offset = until;
        }
        out
    }

    /// The first byte not read yet.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Says what to do about the file as it is now.
    pub fn plan(&self, seen: Seen) -> Plan {
        let Some(last) = self.last_seen else { return Plan::Read { from: 0 } };
        if last.identity != seen.identity {
            return Plan::StartOver { why: Why::Rotated };
        }
        if seen.length < self.offset {
            return Plan::StartOver { why: Why::Truncated };
        }
        // A change of time alone may be a rewrite to the same length: look at the bytes.
        if seen.length == self.offset && seen.modified_ms == last.modified_ms {
            return Plan::Nothing;
        }
        Plan::Read { from: self.reread_from() }
    }

    /// Takes what was read at `from` and gives the lines that are whole now.
    ///
    /// A last line without newline is held back (half a number is another number, half a character none). Left out and
    /// counted: lines over the limit, and lines torn by a block of NUL bytes; a block before a line only counts.
    ///
    /// # Errors
    /// The bytes before the offset are not those that were read: start over.
    pub fn take(&mut self, seen: Seen, from: u64, bytes: &[u8]) -> Result<Batch<Line>, Why> {
        let mut out = Batch::new();
        if from != self.reread_from() {
            // An answer to an older plan: its bytes were taken already.
            return Ok(out);
        }
        let known = self.before.len().min(bytes.len());
        let (again, new) = bytes.split_at_checked(known).unwrap_or_default();
        if self.before.get(..known) != Some(again) {
            return Err(Why::Rewritten);
        }
        if known < self.before.len() {
            return Err(Why::Truncated);
        }
        self.last_seen = Some(seen);
        self.note_line_start(new);
        if self.head.len() as u64 == self.offset {
            let more = new.get(..new.len().min(REMEMBERED - self.head.len())).unwrap_or_default();
            self.head.extend_from_slice(more);
        }
        self.offset = self.offset.saturating_add(new.len() as u64);
        self.remember(new);
        for part in new.split_inclusive(|b| *b == b'\n') {
            match part.strip_suffix(b"\n") {
                Some(end) => {
                    self.add(end, &mut out);
                    self.end_line(&mut out);
                }
                None => self.add(part, &mut out),
            }
        }
        Ok(out)
    }

    /// Forgets the file: the next plan reads from its start.
    pub fn start_over(&mut self) {
        *self = Self::new(self.limit);
    }

    /// Tells how many bytes of an unfinished line are held back.
    pub fn n_held(&self) -> usize {
        self.held.len()
    }

    /// Gives the unfinished last line of a file that nobody writes any more. Should it grow after all, the rest is left out.
    pub fn settle(&mut self) -> Option<Line> {
        if self.held.is_empty() || self.rest != Rest::Kept {
            return None;
        }
        self.rest = Rest::Settled;
        Some(Line { number: self.line, bytes: std::mem::take(&mut self.held) })
    }

    fn reread_from(&self) -> u64 {
        self.offset.saturating_sub(self.before.len() as u64)
    }

    /// Keeps what stands before the last line that begins in `new`.
    fn note_line_start(&mut self, new: &[u8]) {
        let Some(end) = new.iter().rposition(|b| *b == b'\n') else { return };
        let whole = new.get(..=end).unwrap_or_default();
        self.line_start = self.offset.saturating_add(whole.len() as u64);
        let short = REMEMBERED.saturating_sub(whole.len());
        self.before_line.clear();
        self.before_line
            .extend_from_slice(self.before.get(self.before.len().saturating_sub(short)..).unwrap_or_default());
        self.before_line.extend_from_slice(whole.get(whole.len().saturating_sub(REMEMBERED)..).unwrap_or_default());
    }

    fn remember(&mut self, new: &[u8]) {
        self.before.extend_from_slice(new.get(new.len().saturating_sub(REMEMBERED)..).unwrap_or_default());
        self.before.drain(..self.before.len().saturating_sub(REMEMBERED));
    }

    /// Adds bytes without a newline to the current line.
    fn add(&mut self, mut part: &[u8], out: &mut Batch<Line>) {
        if self.rest == Rest::Kept && self.held.is_empty() {
            let nuls = part.iter().take_while(|b| **b == 0).count();
            if nuls > 0 && !self.in_nuls {
                self.in_nuls = true;
                out.skip(&format!("line {}", self.line), "a block of NUL bytes stands before it");
            }
            part = part.get(nuls..).unwrap_or_default();
        }
        if part.is_empty() {
            return;
        }
        match self.rest {
            Rest::LeftOut => {}
            Rest::Settled => self.leave_out("it grew after it had been read as the last line", out),
            Rest::Kept if part.contains(&0) => self.leave_out("NUL bytes tear it apart", out),
            Rest::Kept if self.held.len() + part.len() > self.limit => {
                self.leave_out(&format!("it is longer than {} bytes", self.limit), out);
            }
            Rest::Kept => self.held.extend_from_slice(part),
        }
    }

    fn leave_out(&mut self, why: &str, out: &mut Batch<Line>) {
        out.skip(&format!("line {}", self.line), why);
        self.rest = Rest::LeftOut;
        self.held = Vec::new();
    }

    fn end_line(&mut self, out: &mut Batch<Line>) {
        if self.rest == Rest::Kept {
            // A settled or skipped line has no bytes to give; an empty one has, and keeps the count of lines true.
            out.items.push(Line { number: self.line, bytes: std::mem::take(&mut self.held) });
        }
        self.line = self.line.saturating_add(1);
        self.rest = Rest::Kept;
        self.in_nuls = false;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A file and the shell that follows it.
    struct World {
        file: Vec<u8>,
        inode: u64,
        modified_ms: i64,
        tail: Tail,
        lines: Vec<Line>,
        why: Vec<Why>,
        n_skipped: usize,
    }

    impl World {
        fn new(limit: usize) -> Self {
            Self {
                file: Vec::new(),
                inode: 1,
                modified_ms: 0,
                tail: Tail::new(limit),
                lines: Vec::new(),
                why: Vec::new(),
                n_skipped: 0,
            }
        }

        fn append(&mut self, bytes: &[u8]) {
            self.file.extend_from_slice(bytes);
            self.modified_ms += 1;
        }

        fn start_over(&mut self, why: Why) {
            self.why.push(why);
            self.lines.clear();
            self.tail.start_over();
        }

        /// Reads until nothing is left, at most `chunk` new bytes a time.
        fn read(&mut self, chunk: usize) {
            loop {
                let seen =
                    Seen { length: self.file.len() as u64, identity: (1, self.inode), modified_ms: self.modified_ms };
                match self.tail.plan(seen) {
                    Plan::Nothing => return,
                    Plan::StartOver { why } => self.start_over(why),
                    Plan::Read { from } => {
                        let from_here = usize::try_from(from).unwrap();
                        let until = (from_here + REMEMBERED + chunk).min(self.file.len());
                        match self.tail.take(seen, from, &self.file[from_here..until]) {
                            Ok(batch) => {
                                self.n_skipped += batch.n_skipped;
                                self.lines.extend(batch.items);
                            }
                            Err(why) => self.start_over(why),
                        }
                    }
                }
            }
        }

        fn read_lines(&self) -> Vec<(u64, String)> {
            self.lines.iter().map(|l| (l.number, String::from_utf8_lossy(&l.bytes).into_owned())).collect()
        }

        fn whole_lines(&self) -> Vec<(u64, String)> {
            let text = String::from_utf8_lossy(&self.file).into_owned();
            let mut lines: Vec<_> = (1..).zip(text.split('\n').map(str::to_owned)).collect();
            lines.pop();
            lines
        }
    }

    fn read_of(bytes: &[u8], limit: usize) -> (Vec<(u64, String)>, usize) {
        let mut world = World::new(limit);
        world.append(bytes);
        world.read(7);
        (world.read_lines(), world.n_skipped)
    }

    fn numbered(lines: &[(u64, &str)]) -> Vec<(u64, String)> {
        lines.iter().map(|(n, l)| (*n, (*l).to_owned())).collect()
    }

    #[test]
    fn half_a_line_is_held_until_its_newline_comes() {
        let mut world = World::new(100);
        world.append("one\ntw\u{f6}".as_bytes().split_last().unwrap().1);
        world.read(1_000);
        assert_eq!((world.read_lines(), world.tail.n_held()), (numbered(&[(1, "one")]), 3));
        world.append(&[0xb6, b'\n', b'\n']);
        world.read(1_000);
        assert_eq!(world.read_lines(), numbered(&[(1, "one"), (2, "tw\u{f6}"), (3, "")]));
    }

    #[test]
    fn a_line_over_the_limit_is_left_out_and_costs_no_memory() {
        let long = format!("{}\nnext\n", "x".repeat(1_000));
        assert_eq!(read_of(long.as_bytes(), 10), (numbered(&[(2, "next")]), 1));
        assert_eq!(read_of(b"0123456789\n01234567890\n", 10), (numbered(&[(1, "0123456789")]), 1));
    }

    #[test]
    fn a_place_is_at_the_start_of_the_line_that_is_held_back() {
        let mut world = World::new(100);
        world.append(b"one\ntwo\nthr");
        world.read(1_000);
        let place = world.tail.place().unwrap();
        assert_eq!((place.offset, place.line, place.before.as_slice()), (8, 3, &b"one\ntwo\n"[..]));
        assert!(place.is_in(b"one\ntwo\nthree\n", b"one\ntwo\n") && !place.is_in(b"one\ntwo\n", b"one\ntwx\n"));
        world.tail = Tail::resume(100, &place);
        world.lines.clear();
        world.append(b"ee\n");
        world.read(1_000);
        assert_eq!((world.read_lines(), world.why.len()), (numbered(&[(3, "three")]), 0));
    }

    #[test]
    fn a_hole_is_passed_over_and_counts_once() {
        let mut tail = Tail::new(100);
        let seen = Seen { length: 1_003, identity: (1, 1), modified_ms: 0 };
        assert_eq!(tail.take(seen, 0, &[0; 100]).unwrap().n_skipped, 1);
        assert_eq!(tail.skip_hole(1_000).n_skipped, 0);
        let Plan::Read { from } = tail.plan(seen) else { panic!() };
        let bytes = [vec![0; 64], b"up\n".to_vec()].concat();
        let found = tail.take(seen, from, &bytes).unwrap();
        assert_eq!((from, found.n_skipped, found.items[0].bytes.as_slice()), (936, 0, &b"up"[..]));
    }

    #[test]
    fn blocks_of_nul_are_counted_and_the_line_they_tear_is_left_out() {
        assert_eq!(read_of(b"\0\0\0\0\0\0\0\0\0one\n", 100), (numbered(&[(1, "one")]), 1));
        assert_eq!(
            read_of(b"one\ntw\0\0\0\0\0\0\0\0\0\0three\nfour\n", 100),
            (numbered(&[(1, "one"), (3, "four")]), 1)
        );
        assert_eq!(read_of(b"\0\0one\n\0\0two\n", 100), (numbered(&[(1, "one"), (2, "two")]), 2));
        let (lines, n_skipped) = read_of(&[0; 5_000], 100);
        assert_eq!((lines.len(), n_skipped), (0, 1));
    }

    #[test]
    fn a_file_cut_and_grown_past_the_offset_is_recognized() {
        let mut world = World::new(100);
        world.append(b"12:00,1\n12:01,2\n");
        world.read(1_000);
        world.file.clear();
        world.append(b"13:00,1\n13:01,2\n13:02,3\n");
        world.read(1_000);
        assert_eq!(world.why, [Why::Rewritten]);
        assert_eq!(world.read_lines(), world.whole_lines());
    }

    #[test]
    fn a_rewrite_of_the_same_length_is_recognized_by_its_time() {
        let mut world = World::new(100);
        world.append(b"12:00,1\n");
        world.read(1_000);
        world.file.clear();
        world.append(b"12:00,2\n");
        world.read(1_000);
        assert_eq!((world.why.as_slice(), world.read_lines()), (&[Why::Rewritten][..], numbered(&[(1, "12:00,2")])));
        world.modified_ms += 1;
        world.read(1_000);
        assert_eq!(world.why.len(), 1);
    }

    #[test]
    fn another_file_and_a_shorter_file_start_over() {
        let mut world = World::new(100);
        world.append(b"one\ntwo\n");
        world.read(1_000);
        world.inode = 2;
        world.read(1_000);
        world.file.truncate(4);
        world.read(1_000);
        assert_eq!(
            (world.why.as_slice(), world.read_lines()),
            (&[Why::Rotated, Why::Truncated][..], numbered(&[(1, "one")]))
        );
    }

    #[test]
    fn a_file_that_shrinks_between_stat_and_read_starts_over() {
        let mut tail = Tail::new(100);
        let seen = Seen { length: 8, identity: (1, 1), modified_ms: 0 };
        assert!(tail.take(seen, 0, b"one\ntwo\n").is_ok());
        assert_eq!(tail.plan(Seen { length: 20, ..seen }), Plan::Read { from: 0 });
        assert_eq!(tail.take(Seen { length: 20, ..seen }, 0, b"one\n"), Err(Why::Truncated));
    }

    #[test]
    fn an_answer_that_comes_twice_gives_its_lines_once() {
        let mut tail = Tail::new(100);
        let seen = Seen { length: 70, identity: (1, 1), modified_ms: 0 };
        let bytes = [b"x".repeat(69).as_slice(), b"\n"].concat();
        assert_eq!(tail.take(seen, 0, &bytes).unwrap().items.len(), 1);
        assert_eq!(tail.take(seen, 0, &bytes).unwrap().items.len(), 0);
    }

    #[test]
    fn the_last_line_of_a_finished_file_can_be_had_without_newline() {
        let mut world = World::new(100);
        world.append(b"one\ntwo");
        world.read(1_000);
        assert_eq!(world.tail.settle(), Some(Line { number: 2, bytes: b"two".to_vec() }));
        assert_eq!(world.tail.settle(), None);
        world.append(b"\nthree\n");
        world.read(1_000);
        assert_eq!((world.read_lines(), world.n_skipped), (numbered(&[(1, "one"), (3, "three")]), 0));
        world.append(b"four");
        world.read(1_000);
        world.tail.settle();
        world.append(b"teen\n");
        world.read(1_000);
        assert_eq!((world.lines.len(), world.n_skipped), (2, 1));
    }

    #[derive(Debug, Clone)]
    enum Action {
        Append { lines: usize },
        Partial { bytes: usize },
        Truncate { keep: usize },
        Rotate,
        Read { chunk: usize },
        Touch,
    }

    fn action() -> impl Strategy<Value = Action> {
        prop_oneof![
            3 => (1usize..6).prop_map(|lines| Action::Append { lines }),
            3 => (1usize..40).prop_map(|bytes| Action::Partial { bytes }),
            1 => (0usize..300).prop_map(|keep| Action::Truncate { keep }),
            1 => Just(Action::Rotate),
            4 => (1usize..200).prop_map(|chunk| Action::Read { chunk }),
            1 => Just(Action::Touch),
        ]
    }

    proptest! {
        #[test]
        fn going_on_from_a_place_at_any_moment_gives_every_line_once(
            lines in proptest::collection::vec("[a-z]{0,40}", 1..30), cuts in proptest::collection::vec(1usize..60, 1..30),
        ) {
            let whole: Vec<u8> = lines.iter().flat_map(|l| format!("{l}\n").into_bytes()).collect();
            let mut world = World::new(1_000);
            let mut rest = whole.as_slice();
            for cut in cuts {
                let (now, later) = rest.split_at(cut.min(rest.len()));
                world.append(now);
                world.read(33);
                if let Some(place) = world.tail.place() {
                    world.tail = Tail::resume(1_000, &place);
                }
                rest = later;
            }
            world.append(rest);
            world.read(64);
            prop_assert_eq!(world.why.len(), 0);
            prop_assert_eq!(world.read_lines(), world.whole_lines());
        }

        #[test]
        fn every_whole_line_is_read_once_per_life_of_the_file(actions in proptest::collection::vec(action(), 1..80)) {
            let mut world = World::new(1_000);
            let mut written = 0;
            let mut text_of = |n: usize| -> Vec<u8> {
                (0..n).flat_map(|_| {
                    written += 1;
                    format!("{written}: \u{e9}\u{20ac}\u{1f600}\r\n").into_bytes()
                }).collect()
            };
            // Bytes of a line that was only begun.
            let mut owed: Vec<u8> = Vec::new();
            let mut cut = false;
            for action in actions {
                match action {
                    Action::Append { lines } => {
                        let mut bytes = std::mem::take(&mut owed);
                        bytes.extend(text_of(lines));
                        world.append(&bytes);
                    }
                    Action::Partial { bytes } => {
                        if owed.is_empty() {
                            owed = text_of(2);
                        }
                        let now: Vec<u8> = owed.drain(..bytes.min(owed.len())).collect();
                        world.append(&now);
                    }
                    Action::Truncate { keep } => {
                        world.file.truncate(keep);
                        world.append(b"");
                        owed.clear();
                        cut = true;
                    }
                    Action::Rotate => {
                        world.file.clear();
                        world.inode += 1;
                        owed.clear();
                        world.append(b"");
                        cut = true;
                    }
                    Action::Touch => world.append(b""),
                    Action::Read { chunk } => {
                        let lives = world.why.len();
                        world.read(chunk);
                        prop_assert!(cut || world.why.len() == lives, "started over without a reason");
                        prop_assert_eq!(world.read_lines(), world.whole_lines());
                        cut = false;
                    }
                }
            }
            world.read(64);
            prop_assert_eq!(world.read_lines(), world.whole_lines());
        }

        #[test]
        fn any_bytes_in_any_pieces_give_the_same(
            bytes in proptest::collection::vec(prop_oneof![Just(0u8), Just(b'\n'), Just(b'a'), any::<u8>()], 0..400),
            one in 1usize..50, other in 50usize..500,
        ) {
            let read = |chunk| {
                let mut world = World::new(20);
                world.append(&bytes);
                world.read(chunk);
                (world.lines, world.n_skipped)
            };
            prop_assert_eq!(read(one), read(other));
        }
    }
}
