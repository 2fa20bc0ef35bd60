//! What a whole escape sequence means; nothing for answers and for keys nobody binds.
//!
//! Sources: xterm's ctlseqs ("PC-Style Function Keys"), ECMA-48, the Linux console's console_codes(4), and kitty's
//! keyboard protocol for `CSI u` (all read 2026-11).

use crate::tui::input::Key;

/// The modifiers a sequence names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Held {
    Nothing,
    Shift,
    Alt,
    Ctrl,
    /// A mix we bind nothing to.
    Other,
}

/// A CSI sequence: `held` between `ESC [` and the final byte.
pub(super) fn csi(held: &[u8], last: u8) -> Option<Key> {
    // A private marker or an intermediate byte is in answers and reports, never in a key.
    let text = str::from_utf8(held).ok().filter(|s| s.bytes().all(|b| matches!(b, b'0'..=b'9' | b';' | b':')))?;
    let fields: Vec<&str> = text.split(';').collect();
    let number = |i: usize| fields.get(i).and_then(|f| f.split(':').next()).and_then(|n| n.parse::<u32>().ok());
    if is_release(fields.get(1).copied()) {
        return None;
    }
    let mods = modifiers(number(1));
    match last {
        // Cursor position reports end in R as F3 does: with numbers it is a report.
        b'R' if !held.is_empty() => None,
        b'Z' => Some(Key::BackTab),
        b'A'..=b'D' | b'F' | b'H' | b'P'..=b'S' => with(letter(last)?, mods),
        b'~' if number(0) == Some(27) => code(number(2)?, None, mods),
        b'~' => with(tilde(number(0)?)?, mods),
        b'u' => code(number(0)?, shifted(fields.first().copied()), mods),
        _ => None,
    }
}

/// An SS3 sequence: digits, if any, between `ESC O` and the final byte.
pub(super) fn ss3(held: &[u8], last: u8) -> Option<Key> {
    let number = str::from_utf8(held).ok().and_then(|s| s.rsplit(';').next()).and_then(|n| n.parse().ok());
    let mods = modifiers(number);
    match last {
        b'A'..=b'D' | b'F' | b'H' | b'P'..=b'S' => with(letter(last)?, mods),
        // The keypad in application mode.
        b'M' => Some(Key::Enter),
        b'I' => Some(Key::Tab),
        b'X' => Some(Key::Char('=')),
        b'j'..=b'y' => Some(Key::Char(char::from(last - b'j' + b'*'))),
        _ => None,
    }
}

fn letter(last: u8) -> Option<Key> {
    match last {
        b'A' => Some(Key::Up),
        b'B' => Some(Key::Down),
        b'C' => Some(Key::Right),
        b'D' => Some(Key::Left),
        b'F' => Some(Key::End),
        b'H' => Some(Key::Home),
        b'P'..=b'S' => Some(Key::F(last - b'P' + 1)),
        _ => None,
    }
}

fn tilde(n: u32) -> Option<Key> {
    match n {
        1 | 7 => Some(Key::Home),
        2 => Some(Key::Insert),
        3 => Some(Key::Delete),
        4 | 8 => Some(Key::End),
        5 => Some(Key::PageUp),
        6 => Some(Key::PageDown),
        11..=15 => function(n - 10),
        17..=21 => function(n - 11),
        23..=24 => function(n - 12),
        _ => None,
    }
}

fn function(n: u32) -> Option<Key> {
    u8::try_from(n).ok().map(Key::F)
}

/// The modifier number is one more than its bits: 1 shift, 2 alt, 4 control; 64 and 128 are the locks.
fn modifiers(number: Option<u32>) -> Held {
    match number.unwrap_or(1).saturating_sub(1) & !(64 | 128) {
        0 => Held::Nothing,
        1 => Held::Shift,
        2 => Held::Alt,
        4 => Held::Ctrl,
        _ => Held::Other,
    }
}

fn is_release(modifier: Option<&str>) -> bool {
    modifier.and_then(|field| field.split(':').nth(1)) == Some("3")
}

/// A key with its modifiers. One nobody binds is dropped: Ctrl-Delete must not delete as Delete does.
fn with(key: Key, mods: Held) -> Option<Key> {
    match (mods, key) {
        (Held::Nothing, key) => Some(key),
        (Held::Ctrl, Key::Left) => Some(Key::CtrlLeft),
        (Held::Ctrl, Key::Right) => Some(Key::CtrlRight),
        (Held::Ctrl, Key::Up) => Some(Key::CtrlUp),
        (Held::Ctrl, Key::Down) => Some(Key::CtrlDown),
        (Held::Shift, Key::Up) => Some(Key::ShiftUp),
        (Held::Shift, Key::Down) => Some(Key::ShiftDown),
        (Held::Shift, Key::Tab) => Some(Key::BackTab),
        (Held::Shift, key @ (Key::Left | Key::Right | Key::Home | Key::End | Key::PageUp | Key::PageDown)) => Some(key),
        (Held::Shift, key @ (Key::Enter | Key::Backspace)) => Some(key),
        _ => None,
    }
}

/// The character kitty reports for the key with shift: `97:65` is `a`, shifted `A`.
fn shifted(field: Option<&str>) -> Option<char> {
    field?.split(':').nth(1)?.parse().ok().and_then(char::from_u32)
}

/// A key by its Unicode number, as kitty and xterm's modifyOtherKeys send it.
fn code(n: u32, shifted: Option<char>, mods: Held) -> Option<Key> {
    let named = match n {
        9 => Some(Key::Tab),
        13 => Some(Key::Enter),
        27 => Some(Key::Esc),
        8 | 127 => Some(Key::Backspace),
        _ => None,
    };
    if let Some(key) = named {
        return with(key, mods);
    }
    // The private use area holds kitty's numbers for media keys and modifiers.
    let c = char::from_u32(n).filter(|c| !c.is_control() && !matches!(c, '\u{e000}'..='\u{f8ff}'))?;
    match mods {
        Held::Nothing => Some(Key::Char(c)),
        Held::Shift => Some(Key::Char(shifted.filter(|c| !c.is_control()).unwrap_or_else(|| upper(c)))),
        Held::Alt => Some(Key::Alt(c)),
        Held::Ctrl => {
            let c = c.to_ascii_lowercase();
            Key::parse(&Key::Ctrl(c).name())
        }
        Held::Other => None,
    }
}

fn upper(c: char) -> char {
    let mut all = c.to_uppercase();
    all.next().filter(|_| all.next().is_none()).unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use super::super::Parser;
    use super::*;

    #[test]
    fn every_bound_key_in_every_common_form() {
        let table: &[(&str, Key)] = &[
            ("\x1b[A", Key::Up),
            ("\x1bOB", Key::Down),
            ("\x1b[C", Key::Right),
            ("\x1bOD", Key::Left),
            ("\x1b[H", Key::Home),
            ("\x1bOH", Key::Home),
            ("\x1b[1~", Key::Home),
            ("\x1b[7~", Key::Home),
            ("\x1b[F", Key::End),
            ("\x1b[4~", Key::End),
            ("\x1b[8~", Key::End),
            ("\x1b[2~", Key::Insert),
            ("\x1b[3~", Key::Delete),
            ("\x1b[5~", Key::PageUp),
            ("\x1b[6~", Key::PageDown),
            ("\x1b[Z", Key::BackTab),
            ("\x1bOP", Key::F(1)),
            ("\x1b[[A", Key::F(1)),
            ("\x1b[11~", Key::F(1)),
            ("\x1b[R", Key::F(3)),
            ("\x1b[[E", Key::F(5)),
            ("\x1b[15~", Key::F(5)),
            ("\x1b[17~", Key::F(6)),
            ("\x1b[21~", Key::F(10)),
            ("\x1b[23~", Key::F(11)),
            ("\x1b[24~", Key::F(12)),
            ("\x1b[1;5A", Key::CtrlUp),
            ("\x1b[1;5B", Key::CtrlDown),
            ("\x1b[1;5C", Key::CtrlRight),
            ("\x1bO5D", Key::CtrlLeft),
            ("\x1b[1;2A", Key::ShiftUp),
            ("\x1b[1;2B", Key::ShiftDown),
            ("\x1b[1;129A", Key::Up),
            ("\x1bOM", Key::Enter),
            ("\x1bOp", Key::Char('0')),
            ("\x1bOk", Key::Char('+')),
            ("\x1b[106u", Key::Char('j')),
            ("\x1b[97;2u", Key::Char('A')),
            ("\x1b[49:33;2u", Key::Char('!')),
            ("\x1b[100;5u", Key::Ctrl('d')),
            ("\x1b[27;5;100~", Key::Ctrl('d')),
            ("\x1b[120;3u", Key::Alt('x')),
            ("\x1b[13u", Key::Enter),
            ("\x1b[27u", Key::Esc),
            ("\x1b[9;2u", Key::BackTab),
            ("\x1b[106;1:1u", Key::Char('j')),
        ];
        for (bytes, key) in table {
            assert_eq!(Parser::default().feed(bytes.as_bytes()), std::slice::from_ref(key), "{bytes:?}");
        }
    }

    #[test]
    fn a_key_with_modifiers_nobody_binds_is_not_the_bare_key() {
        for bytes in ["\x1b[3;5~", "\x1b[1;3A", "\x1b[1;7A", "\x1b[13;5u", "\x1b[106;1:3u", "\x1b[57441u", "\x1b[15;2~"]
        {
            assert_eq!(Parser::default().feed(bytes.as_bytes()), [], "{bytes:?}");
        }
    }
}
