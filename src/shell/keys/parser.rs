//! From the bytes of a terminal to keys, one byte at a time.
//!
//! ```text
//! Ground --ESC--> Esc --[--> Csi --final--> a key, or an answer nobody asked for: swallowed
//!    |             |---O--> Ss3
//!    |             |---] P X ^ _--> Answer, until BEL or ESC \
//!    `--c3..f4--> Utf8            CSI 200 ~ --> Paste, until CSI 201 ~
//! ```

use super::sequence;
use crate::tui::input::Key;

/// The most bytes one paste keeps; the rest is read and dropped.
const PASTE_BYTES: usize = 1 << 20;

/// The most bytes of one CSI sequence that are kept; a longer one is no key.
const SEQUENCE_BYTES: usize = 64;

/// What ends a paste.
const PASTE_END: &[u8] = b"\x1b[201~";

const ESC: u8 = 0x1b;

/// Reads terminal input. Where the bytes are cut makes no difference, and no bytes make it panic.
#[derive(Debug, Default)]
pub struct Parser {
    state: State,
}

/// What a parser is in the middle of: how long its owner should wait for the rest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waiting {
    /// Nothing.
    No,
    /// Something that is a key by itself if nothing follows at once: see [`Parser::flush_escape`].
    Escape,
    /// Something that is no key until its end: see [`Parser::give_up`].
    End,
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Ground,
    Utf8 {
        bytes: Vec<u8>,
        length: usize,
        alt: bool,
    },
    Esc,
    Csi(Vec<u8>),
    /// The Linux console's `ESC [ [ A`: one more byte.
    ConsoleFunction,
    /// Bytes that belong to an old mouse report.
    Skip(u8),
    Ss3(Vec<u8>),
    /// An OSC, DCS, SOS, PM or APC string; the byte that began it, and whether anything followed.
    Answer {
        opener: u8,
        empty: bool,
    },
    AnswerEsc,
    Paste {
        text: Vec<u8>,
        matched: usize,
    },
}

impl Parser {
    /// Reads some bytes; gives the keys they complete.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<Key> {
        let mut keys = Vec::new();
        for byte in bytes {
            self.byte(*byte, &mut keys);
        }
        keys
    }

    /// Whether something is unfinished.
    pub fn waiting(&self) -> Waiting {
        match &self.state {
            State::Ground => Waiting::No,
            State::Esc | State::Answer { empty: true, .. } => Waiting::Escape,
            State::Csi(held) | State::Ss3(held) if held.is_empty() => Waiting::Escape,
            State::Csi(_)
            | State::Ss3(_)
            | State::Utf8 { .. }
            | State::ConsoleFunction
            | State::Skip(_)
            | State::Answer { .. }
            | State::AnswerEsc
            | State::Paste { .. } => Waiting::End,
        }
    }

    /// Says that nothing followed at once: a lone ESC was the Esc key, `ESC [` was Alt with `[`.
    pub fn flush_escape(&mut self) -> Vec<Key> {
        if self.waiting() != Waiting::Escape {
            return Vec::new();
        }
        match std::mem::take(&mut self.state) {
            State::Esc => vec![Key::Esc],
            State::Csi(_) => vec![Key::Alt('[')],
            State::Ss3(_) => vec![Key::Alt('O')],
            State::Answer { opener, .. } => vec![Key::Alt(char::from(opener))],
            State::Ground
            | State::Utf8 { .. }
            | State::ConsoleFunction
            | State::Skip(_)
            | State::AnswerEsc
            | State::Paste { .. } => Vec::new(),
        }
    }

    /// Says that the end never came: what was unfinished is dropped, but a paste is given as far as it got.
    pub fn give_up(&mut self) -> Vec<Key> {
        match std::mem::take(&mut self.state) {
            State::Paste { text, .. } => vec![pasted(&text)],
            _ => Vec::new(),
        }
    }

    fn byte(&mut self, byte: u8, keys: &mut Vec<Key>) {
        self.state = match std::mem::take(&mut self.state) {
            State::Ground => ground(byte, keys),
            State::Utf8 { bytes, length, alt } => utf8(bytes, length, alt, byte, keys),
            State::Esc => escaped(byte, keys),
            State::Csi(held) => csi(held, byte, keys),
            State::ConsoleFunction => {
                keys.extend(matches!(byte, b'A'..=b'E').then(|| Key::F(byte - b'A' + 1)));
                State::Ground
            }
            State::Skip(0..=1) => State::Ground,
            State::Skip(n) => State::Skip(n - 1),
            State::Ss3(held) => ss3(held, byte, keys),
            State::Answer { .. } => answer(byte),
            State::AnswerEsc if byte == b'\\' => State::Ground,
            State::AnswerEsc => escaped(byte, keys),
            State::Paste { text, matched } => paste(text, matched, byte, keys),
        };
    }
}

fn ground(byte: u8, keys: &mut Vec<Key>) -> State {
    match byte {
        ESC => return State::Esc,
        0xc2..=0xdf => return State::Utf8 { bytes: vec![byte], length: 2, alt: false },
        0xe0..=0xef => return State::Utf8 { bytes: vec![byte], length: 3, alt: false },
        0xf0..=0xf4 => return State::Utf8 { bytes: vec![byte], length: 4, alt: false },
        // Not UTF-8. A raw C1 control would be an 8-bit answer, which no UTF-8 terminal sends.
        0x80..=0xff => {}
        0x00 => keys.push(Key::Ctrl(' ')),
        b'\t' => keys.push(Key::Tab),
        b'\r' => keys.push(Key::Enter),
        0x08 | 0x7f => keys.push(Key::Backspace),
        0x01..=0x1a => keys.push(Key::Ctrl(char::from(byte - 1 + b'a'))),
        0x1c..=0x1f => keys.push(Key::Ctrl(char::from(byte + 0x40))),
        0x20..=0x7e => keys.push(Key::Char(char::from(byte))),
    }
    State::Ground
}

fn utf8(mut bytes: Vec<u8>, length: usize, alt: bool, byte: u8, keys: &mut Vec<Key>) -> State {
    if byte & 0xc0 != 0x80 {
        // The character was cut off; what cut it off counts.
        return ground(byte, keys);
    }
    bytes.push(byte);
    if bytes.len() < length {
        return State::Utf8 { bytes, length, alt };
    }
    let c = str::from_utf8(&bytes).ok().and_then(|s| s.chars().next()).filter(|c| !c.is_control());
    keys.extend(c.map(|c| if alt { Key::Alt(c) } else { Key::Char(c) }));
    State::Ground
}

/// The byte after ESC.
fn escaped(byte: u8, keys: &mut Vec<Key>) -> State {
    match byte {
        b'[' => State::Csi(Vec::new()),
        b'O' => State::Ss3(Vec::new()),
        b'P' | b'X' | b']' | b'^' | b'_' => State::Answer { opener: byte, empty: true },
        // Esc pressed twice, or Esc and then a key that starts with one: on a slow link they come together.
        ESC => {
            keys.push(Key::Esc);
            State::Esc
        }
        0x20..=0x7e => {
            keys.push(Key::Alt(char::from(byte)));
            State::Ground
        }
        0xc2..=0xf4 => match ground(byte, keys) {
            State::Utf8 { bytes, length, .. } => State::Utf8 { bytes, length, alt: true },
            state => state,
        },
        // Alt with Enter, Backspace or a control: not bound, and too close to Esc-then-Enter to guess.
        _ => State::Ground,
    }
}

fn csi(mut held: Vec<u8>, byte: u8, keys: &mut Vec<Key>) -> State {
    match byte {
        ESC => State::Esc,
        b'[' if held.is_empty() => State::ConsoleFunction,
        b'M' if held.is_empty() => State::Skip(3),
        b'~' if held == b"200" => State::Paste { text: Vec::new(), matched: 0 },
        0x40..=0x7e => {
            if held.len() < SEQUENCE_BYTES {
                keys.extend(sequence::csi(&held, byte));
            }
            State::Ground
        }
        0x20..=0x3f => {
            if held.len() < SEQUENCE_BYTES {
                held.push(byte);
            }
            State::Csi(held)
        }
        // A control or a byte that cannot be part: the sequence is broken, and the byte is not trusted either.
        _ => State::Ground,
    }
}

fn ss3(mut held: Vec<u8>, byte: u8, keys: &mut Vec<Key>) -> State {
    match byte {
        ESC if held.is_empty() => {
            keys.push(Key::Alt('O'));
            State::Esc
        }
        ESC => State::Esc,
        b'0'..=b'9' | b';' if held.len() < SEQUENCE_BYTES => {
            held.push(byte);
            State::Ss3(held)
        }
        _ => {
            keys.extend(sequence::ss3(&held, byte));
            State::Ground
        }
    }
}

/// A byte of an answer. Any control but ESC ends it: no answer contains one, and a person whose keys vanish presses one.
fn answer(byte: u8) -> State {
    match byte {
        ESC => State::AnswerEsc,
        0x00..=0x1f => State::Ground,
        _ => State::Answer { opener: byte, empty: false },
    }
}

fn paste(mut text: Vec<u8>, matched: usize, byte: u8, keys: &mut Vec<Key>) -> State {
    if PASTE_END.get(matched) == Some(&byte) {
        if matched + 1 < PASTE_END.len() {
            return State::Paste { text, matched: matched + 1 };
        }
        keys.push(pasted(&text));
        return State::Ground;
    }
    let mut keep = |bytes: &[u8]| {
        let room = PASTE_BYTES - text.len();
        text.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
    };
    keep(PASTE_END.get(..matched).unwrap_or_default());
    if byte == ESC {
        return State::Paste { text, matched: 1 };
    }
    keep(&[byte]);
    State::Paste { text, matched: 0 }
}

fn pasted(text: &[u8]) -> Key {
    Key::Paste(String::from_utf8_lossy(text).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn keys(bytes: &[u8]) -> Vec<Key> {
        Parser::default().feed(bytes)
    }

    #[test]
    fn text_and_controls() {
        assert_eq!(
            keys("jÄ日🚀 \t\r\x7f\x08\x04\x00\x1f".as_bytes()),
            [
                Key::Char('j'),
                Key::Char('Ä'),
                Key::Char('日'),
                Key::Char('🚀'),
                Key::Char(' '),
                Key::Tab,
                Key::Enter,
                Key::Backspace,
                Key::Backspace,
                Key::Ctrl('d'),
                Key::Ctrl(' '),
                Key::Ctrl('_'),
            ]
        );
        assert_eq!(keys(b"\x1bx\x1b\xc3\xa4\x1b "), [Key::Alt('x'), Key::Alt('ä'), Key::Alt(' ')]);
        assert_eq!(keys(b"\xff\xc3j\x80\xed\xa0\x80k\xc2\x9b"), [Key::Char('j'), Key::Char('k')]);
    }

    #[test]
    fn a_lone_escape_is_a_key_once_nothing_follows() {
        let mut parser = Parser::default();
        assert_eq!(parser.feed(b"\x1b"), []);
        assert_eq!(parser.waiting(), Waiting::Escape);
        assert_eq!(parser.flush_escape(), [Key::Esc]);
        assert_eq!(parser.waiting(), Waiting::No);
        assert_eq!(parser.flush_escape(), []);
        for (bytes, key) in [(b"\x1b[", '['), (b"\x1bO", 'O'), (b"\x1b]", ']'), (b"\x1bP", 'P')] {
            assert_eq!(parser.feed(bytes), []);
            assert_eq!(parser.flush_escape(), [Key::Alt(key)]);
        }
        assert_eq!(keys(b"\x1b\x1b[A"), [Key::Esc, Key::Up]);
    }

    #[test]
    fn late_answers_of_the_terminal_are_never_keys() {
        let answers: [&[u8]; 14] = [
            b"\x1b[?62c",
            b"\x1b[>41;360;0c",
            b"\x1b[24;80R",
            b"\x1b[1;1R",
            b"\x1b[?2026;2$y",
            b"\x1b]11;rgb:1e1e/1e1e/2e2e\x07",
            b"\x1b]11;rgb:1e1e/1e1e/2e2e\x1b\\",
            b"\x1bP>|tmux 3.4\x1b\\",
            b"\x1b_Gi=31;OK\x1b\\",
            b"\x1b[I\x1b[O",
            b"\x1b[<0;12;7M\x1b[<0;12;7m",
            b"\x1b[M !!",
            b"\x1b[8;24;80t",
            b"\x1b[?1u",
        ];
        for answer in answers {
            let with_key = [answer, b"j"].concat();
            assert_eq!(keys(&with_key), [Key::Char('j')], "{:?}", String::from_utf8_lossy(answer));
        }
    }

    #[test]
    fn an_answer_without_an_end_does_not_swallow_the_keyboard() {
        assert_eq!(keys(b"\x1b]11;rgb\rj"), [Key::Char('j')]);
        assert_eq!(keys(b"\x1b]11;rgb\x1b[Aj"), [Key::Up, Key::Char('j')]);
        let mut parser = Parser::default();
        assert_eq!(parser.feed(b"\x1b]11;rgb"), []);
        assert_eq!((parser.waiting(), parser.flush_escape()), (Waiting::End, vec![]));
        assert_eq!(parser.give_up(), []);
        assert_eq!(parser.feed(b"q"), [Key::Char('q')]);
    }

    #[test]
    fn a_paste_is_one_text_whatever_it_holds() {
        assert_eq!(
            keys(b"\x1b[200~rm -rf\r\x1b[A\x1b\x1b[201\x1b[201~j"),
            [Key::Paste("rm -rf\r\x1b[A\x1b\x1b[201".into()), Key::Char('j')]
        );
        assert_eq!(keys(b"\x1b[201~j"), [Key::Char('j')]);
    }

    #[test]
    fn a_paste_is_capped_and_still_ends() {
        let bytes = [b"\x1b[200~".as_slice(), &vec![b'x'; PASTE_BYTES + 5000], b"\x1b[201~j"].concat();
        let read = keys(&bytes);
        assert_eq!(read, [Key::Paste("x".repeat(PASTE_BYTES)), Key::Char('j')]);
    }

    #[test]
    fn a_paste_that_never_ends_is_given_up_as_text() {
        let mut parser = Parser::default();
        assert_eq!(parser.feed(b"\x1b[200~half"), []);
        assert_eq!(parser.waiting(), Waiting::End);
        assert_eq!(parser.give_up(), [Key::Paste("half".into())]);
    }

    fn input() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            prop::collection::vec(any::<u8>(), 0..6),
            "[\u{1b}\\[\\]O0-9;:?<~A-Zu\u{7}\\\\]{0,12}".prop_map(String::into_bytes),
            "\\PC{0,4}".prop_map(String::into_bytes),
            Just(b"\x1b[200~".to_vec()),
            Just(b"\x1b[201~".to_vec()),
            Just(b"\x1b[1;5A\x1bOP\x1b[[A".to_vec()),
        ];
        prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn where_the_bytes_are_cut_makes_no_difference(bytes in input(), cuts in prop::collection::vec(any::<usize>(), 0..8)) {
            let whole = keys(&bytes);
            let mut parser = Parser::default();
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (bytes.len() + 1)).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let cut: Vec<Key> = cuts.windows(2).flat_map(|w| parser.feed(&bytes[w[0]..w[1]])).collect();
            prop_assert_eq!(&cut, &whole);
            let mut single = Parser::default();
            let single: Vec<Key> = bytes.iter().flat_map(|b| single.feed(&[*b])).collect();
            prop_assert_eq!(single, whole);
        }

        #[test]
        fn no_control_character_is_ever_a_printed_key(bytes in input()) {
            let mut parser = Parser::default();
            let mut read = parser.feed(&bytes);
            read.extend(parser.flush_escape());
            read.extend(parser.give_up());
            for key in read {
                if let Key::Char(c) | Key::Alt(c) = key {
                    prop_assert!(!c.is_control());
                }
            }
        }
    }
}
