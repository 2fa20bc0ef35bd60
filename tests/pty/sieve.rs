//! Takes away what our painter writes; whatever is left and is no text should not be there.

/// What clears the screen before a first frame, and what leaves the terminal: the only places for these codes.
const WHOLE: [&str; 2] =
    ["\x1b[r\x1b[m\x0f\x1b(B\x1b[H\x1b[J", "\x1b[?2026l\x1b[r\x1b[m\x1b[H\x1b[J\x1b[?2004l\x1b[?25h\x1b[?1049l"];

/// The modes the painter switches.
const MODES: [&str; 4] = ["?1049", "?25", "?2004", "?2026"];

/// Every code that is not our painter's and every character that no terminal should get, each with what follows it.
pub fn leftovers(raw: &[u8], clipboard_is_ours: bool) -> Vec<String> {
    let text = match std::str::from_utf8(raw) {
        Ok(text) => text,
        Err(error) => return vec![format!("not UTF-8 at byte {}", error.valid_up_to())],
    };
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let length = if c == '\x1b' { known(rest, clipboard_is_ours) } else { None };
        if length.is_none() && is_forbidden(c) {
            found.push(rest.chars().take(24).collect::<String>().escape_debug().to_string());
        }
        rest = &rest[length.unwrap_or(c.len_utf8())..];
    }
    found
}

/// The length of a code that our painter writes.
fn known(rest: &str, clipboard_is_ours: bool) -> Option<usize> {
    if let Some(whole) = WHOLE.iter().find(|whole| rest.starts_with(**whole)) {
        return Some(whole.len());
    }
    if let Some(after) = rest.strip_prefix("\x1b]52;c;") {
        let sent = after.split_once("\x1b\\")?.0;
        let is_base64 = sent.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/=".contains(&b));
        return (clipboard_is_ours && is_base64).then_some("\x1b]52;c;".len() + sent.len() + 2);
    }
    let (parameters, last) = control(rest)?;
    let is_ours = match last {
        'm' | 'H' | 'K' | 'r' | 'L' | 'M' | 'A' | 'B' | 'C' | 'D' | 'd' | 'G' => !parameters.contains('?'),
        'h' | 'l' => MODES.contains(&parameters),
        _ => false,
    };
    is_ours.then_some(2 + parameters.len() + 1)
}

/// The parameters and the final character of a control sequence.
fn control(rest: &str) -> Option<(&str, char)> {
    let after = rest.strip_prefix("\x1b[")?;
    let end = after.find(|c: char| !(c.is_ascii_digit() || c == ';' || c == '?'))?;
    Some((&after[..end], after[end..].chars().next()?))
}

/// Controls but CR, LF and BS; and what reorders, hides or joins without being seen.
pub fn is_forbidden(c: char) -> bool {
    match c {
        '\r' | '\n' | '\x08' => false,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{feff}' => true,
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' => true,
        '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}' => true,
        c => c.is_control(),
    }
}

/// The parameters of every change of the pen.
pub fn pens(raw: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(raw);
    let starts = text.match_indices("\x1b[").map(|(at, _)| &text[at..]);
    starts.filter_map(control).filter(|(_, last)| *last == 'm').map(|(pen, _)| pen.to_owned()).collect()
}

/// Whether a change of the pen chooses a color.
pub fn has_color(pen: &str) -> bool {
    let chosen = |n: u32| matches!(n, 30..=38 | 40..=48 | 58 | 90..=97 | 100..=107);
    pen.split(';').filter_map(|n| n.parse().ok()).any(chosen)
}

#[test]
fn the_sieve_lets_our_own_codes_through_and_nothing_else() {
    let ours = "\x1b[?1049h\x1b[r\x1b[m\x0f\x1b(B\x1b[H\x1b[J\x1b[1;31mtext\x1b[3;4H\x1b[K\r\n\x08\x1b[?2026l";
    assert_eq!(leftovers(ours.as_bytes(), false), Vec::<String>::new());
    let theirs = [
        "\x1b]0;forged\x07",
        "\x1b[2J",
        "\x1b[6n",
        "\x1b[c",
        "\x1b[?1000h",
        "\x1bP+q\x1b\\",
        "\x1bc",
        "\x1b(0",
        "\x0f",
        "\x07",
        "\u{9b}2J",
        "\u{202e}",
        "\u{200b}",
        "\u{feff}",
        "\x1b[J",
        "\x1b]52;c;AAAA\x07",
        "\x1b]11;?\x07",
        "\x7f",
        "\t",
    ];
    for bytes in theirs {
        assert!(!leftovers(bytes.as_bytes(), false).is_empty(), "{bytes:?} went through");
    }
    assert_eq!(leftovers(b"\x1b]52;c;QUJD\x1b\\", true), Vec::<String>::new());
    assert!(!leftovers(b"\x1b]52;c;\x1b[2J\x1b\\", true).is_empty());
    assert!(!leftovers(b"\xff", false).is_empty());
    assert!(has_color("1;31") && has_color("97") && has_color("48;5;3") && !has_color("1;7;22"));
}
