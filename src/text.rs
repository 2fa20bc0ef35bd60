//! Outside text, scrubbed once at the door.
//!
//! Everything that did not come from our own source code (titles, labels, logins, metric and file names, checklist lines,
//! error messages of other programs) becomes [`Text`] or [`Passage`] where it enters. Nothing else reaches the screen.
//! Sinks escape again for the format they write.

use std::{borrow::Cow, fmt, sync::Arc};

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// What stands in place of a character that must not reach a terminal and has no picture of its own.
const MARK: char = '·';

/// Combining marks kept on one base character. Real scripts use up to four; stacked ones are an attack on the row above.
const MARKS_PER_BASE: usize = 8;

/// The longest single line kept, in bytes; longer ones end in `…`. GitHub caps titles at 1,024 bytes.
const LINE_BYTES: usize = 4096;

/// The longest passage kept, in bytes. GitHub caps issue bodies at 65,536 characters.
const PASSAGE_BYTES: usize = 256 * 1024;

/// One line of outside text that is safe to draw: no control, bidi or zero-width character, bounded marks and length.
///
/// Scrubbing is total and idempotent: `Text::scrub(t.as_str()) == t`. A clone shares the characters: a plan of many thousand
/// steps is handed on with every tick.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Text(Arc<str>);

impl Text {
    /// Scrubs one line: C0 controls become Unicode pictures, other controls and bidi controls `·`, zero-width marks vanish.
    pub fn scrub(outside: &str) -> Self {
        Self(Arc::from(scrubbed(outside, LINE_BYTES, Lines::Picture)))
    }

    /// Scrubs bytes that may not be UTF-8; each broken sequence shows as U+FFFD.
    pub fn scrub_bytes(outside: &[u8]) -> Self {
        Self::scrub(&String::from_utf8_lossy(outside))
    }

    /// The safe characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Columns on a terminal.
    pub fn width(&self) -> usize {
        self.0.width()
    }

    /// Whether nothing but white space is left.
    pub fn is_blank(&self) -> bool {
        self.0.trim().is_empty()
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl AsRef<str> for Text {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// Many lines of outside text (an issue body, a runbook), each as safe as [`Text`]; `\n` is the only control left.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Passage(Box<str>);

impl Passage {
    /// Scrubs a passage: CRLF and CR become `\n`, everything else as [`Text::scrub`].
    pub fn scrub(outside: &str) -> Self {
        Self(scrubbed(outside, PASSAGE_BYTES, Lines::Keep).into_owned().into_boxed_str())
    }

    /// The safe characters, lines separated by `\n`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether nothing but white space is left.
    pub fn is_blank(&self) -> bool {
        self.0.trim().is_empty()
    }
}

/// Cuts `safe` to at most `columns` terminal columns, ending in `…` where something was cut.
///
/// Never cuts inside a character or a wide cell; the result may be one column short of `columns`.
pub fn clip(safe: &str, columns: usize) -> String {
    if safe.width() <= columns {
        return safe.to_owned();
    }
    if columns == 0 {
        return String::new();
    }
    let (mut out, mut used) = (String::with_capacity(columns + 3), 0);
    for c in safe.chars() {
        let wide = c.width().unwrap_or(0);
        if used + wide > columns - 1 {
            break;
        }
        out.push(c);
        used += wide;
    }
    out.truncate(out.trim_end().len());
    out.push('…');
    out
}

/// As [`clip`], but cuts at a word where one ends in the last third, so that a title does not stop mid-word.
pub fn clip_words(safe: &str, columns: usize) -> String {
    let cut = clip(safe, columns);
    let Some(kept) = cut.strip_suffix('…') else { return cut };
    if safe.get(kept.len()..).is_some_and(|rest| rest.starts_with(char::is_whitespace)) {
        return cut;
    }
    match kept.rfind(char::is_whitespace) {
        Some(at) if at * 3 >= kept.len() * 2 => {
            format!("{}…", kept.get(..at).unwrap_or(kept).trim_end())
        }
        _ => cut,
    }
}

/// Pads or clips `safe` to exactly `columns` columns, text to the left.
pub fn fit_left(safe: &str, columns: usize) -> String {
    let mut cut = clip(safe, columns);
    let used = cut.width();
    cut.extend(std::iter::repeat_n(' ', columns.saturating_sub(used)));
    cut
}

/// Pads or clips `safe` to exactly `columns` columns, text to the right.
pub fn fit_right(safe: &str, columns: usize) -> String {
    let cut = clip(safe, columns);
    let mut out = " ".repeat(columns.saturating_sub(cut.width()));
    out.push_str(&cut);
    out
}

/// Breaks text at spaces into lines of at most `columns`; a longer word is broken.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    if columns == 0 {
        return Vec::new();
    }
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in text.split_whitespace() {
        let width = word.width();
        if used > 0 && used + 1 + width > columns {
            lines.push(String::new());
            used = 0;
        }
        let Some(line) = lines.last_mut() else { break };
        if used > 0 {
            line.push(' ');
            used += 1;
        }
        if width <= columns {
            line.push_str(word);
            used += width;
            continue;
        }
        for c in word.chars() {
            let wide = c.width().unwrap_or(0);
            if used + wide > columns {
                lines.push(String::new());
                used = 0;
            }
            if let Some(line) = lines.last_mut() {
                line.push(c);
            }
            used += wide;
        }
    }
    lines
}

/// Breaks text into pieces of at most `columns` that put together are the text again, as code has to be: after a space
/// where one stands beyond the first third, else anywhere.
pub fn split_at_columns(text: &str, columns: usize) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = text;
    while columns > 0 && rest.width() > columns {
        let (mut used, mut fits, mut spaced) = (0, 0, 0);
        for (at, c) in rest.char_indices() {
            used += c.width().unwrap_or(0);
            if used > columns {
                break;
            }
            fits = at + c.len_utf8();
            if c == ' ' && used * 3 >= columns {
                spaced = fits;
            }
        }
        // A sign that is wider than the page goes on it alone.
        let first = rest.chars().next().map_or(0, char::len_utf8);
        let (piece, left) = rest.split_at(if spaced > 0 { spaced } else { fits.max(first) });
        found.push(piece);
        rest = left;
    }
    found.push(rest);
    found
}

/// `"1 incident"`, `"2 incidents"`: numbers agree with their noun.
pub fn counted(n: usize, singular: &str, plural: &str) -> String {
    format!("{} {}", grouped(n), if n == 1 { singular } else { plural })
}

/// `12345` as `12 345`: thin groups of three, as the metrics pane and the API budget show them.
pub fn grouped(n: usize) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(' ');
        }
        out.push(c);
    }
    out
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Lines {
    /// `\n` shows as `␊`: the text is one row.
    Picture,
    /// `\n` stays.
    Keep,
}

fn scrubbed(outside: &str, limit: usize, lines: Lines) -> Cow<'_, str> {
    // Most of what comes is plain: a hundred thousand titles are read from disk before the first frame.
    let is_plain = |b: u8| matches!(b, b' '..=b'~') || (b == b'\n' && lines == Lines::Keep);
    if outside.len() <= limit - MARK_ROOM && outside.bytes().all(is_plain) {
        return Cow::Borrowed(outside);
    }
    let mut out = String::with_capacity(outside.len().min(limit));
    let mut marks = MARKS_PER_BASE;
    let mut chars = outside.chars().peekable();
    while let Some(c) = chars.next() {
        let c = match c {
            '\r' if lines == Lines::Keep => {
                if chars.peek() == Some(&'\n') {
                    continue;
                }
                '\n'
            }
            c => c,
        };
        let Some(shown) = shown(c, lines) else { continue };
        if shown != '\n' && shown.width().unwrap_or(0) == 0 {
            if marks >= MARKS_PER_BASE {
                continue;
            }
            marks += 1;
        } else {
            marks = if shown == '\n' { MARKS_PER_BASE } else { 0 };
        }
        if out.len() + shown.len_utf8() > limit - MARK_ROOM {
            // Re-scrubbing what was cut must give the same: it still fits with its ellipsis.
            let rest_fits = chars.clone().next().is_none() && out.len() + shown.len_utf8() <= limit;
            if !rest_fits {
                out.push('…');
                return Cow::Owned(out);
            }
        }
        out.push(shown);
    }
    Cow::Owned(out)
}

/// Room for the `…` that ends a line that was cut.
const MARK_ROOM: usize = '…'.len_utf8();

/// What one character shows as; nothing for zero-width marks.
fn shown(c: char, lines: Lines) -> Option<char> {
    match c {
        '\n' if lines == Lines::Keep => Some('\n'),
        '\t' => Some(' '),
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)),
        '\u{7f}' => Some('␡'),
        '\u{80}'..='\u{9f}' => Some(MARK),
        c if is_bidi_control(c) => Some(MARK),
        // Line and paragraph separators, interlinear annotations, noncharacters.
        '\u{2028}' | '\u{2029}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}' => Some(MARK),
        c if is_invisible(c) => None,
        c => Some(c),
    }
}

/// The controls that reorder what follows them (CVE-2021-42574; Unicode TR 9, section 2).
fn is_bidi_control(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Characters with no picture of their own: zero-width marks, fillers, variation selectors, tags.
fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200d}' | '\u{2060}'..='\u{2065}' | '\u{206a}'..='\u{206f}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fff8}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_escape_shows_as_its_picture() {
        assert_eq!(Text::scrub("a\u{1b}[2Jb\u{7}\u{9b}31m").as_str(), "a␛[2Jb␇·31m");
    }

    #[test]
    fn a_newline_in_a_title_cannot_forge_a_row() {
        assert_eq!(Text::scrub("one\ntwo\r\n\u{2028}three").as_str(), "one␊two␍␊·three");
        assert_eq!(Passage::scrub("one\r\ntwo\rthree\n").as_str(), "one\ntwo\nthree\n");
    }

    #[test]
    fn bidi_and_zero_width_are_marked_or_dropped() {
        assert_eq!(Text::scrub("\u{202e}txt.exe\u{200b}\u{feff}\u{e0041}").as_str(), "·txt.exe");
    }

    #[test]
    fn stacked_marks_are_capped() {
        let zalgo = format!("e{}", "\u{301}".repeat(100_000));
        assert_eq!(Text::scrub(&zalgo).as_str().chars().count(), 1 + MARKS_PER_BASE);
    }

    #[test]
    fn a_long_line_ends_in_an_ellipsis_and_stays_so() {
        let long = Text::scrub(&"ü".repeat(10_000));
        assert!(long.as_str().len() <= LINE_BYTES && long.as_str().ends_with('…'));
        assert_eq!(Text::scrub(long.as_str()), long);
    }

    #[test]
    fn words_wrap_and_long_ones_are_broken() {
        assert_eq!(wrap("no checklist was found", 10), ["no", "checklist", "was found"]);
        assert_eq!(wrap("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(wrap("x", 0), Vec::<String>::new());
    }

    #[test]
    fn clipping_counts_columns_not_characters() {
        assert_eq!(clip("日本語テキスト", 5), "日本…");
        assert_eq!(clip("plain", 5), "plain");
        assert_eq!(fit_right("7", 3), "  7");
        assert_eq!(clip_words("Login returns after deploy", 17), "Login returns…");
        assert_eq!(clip_words("Login returns after deploy", 20), "Login returns after…");
    }

    #[test]
    fn numbers_agree_and_group() {
        assert_eq!(counted(1, "incident", "incidents"), "1 incident");
        assert_eq!(counted(12_345, "incident", "incidents"), "12 345 incidents");
    }

    proptest! {
        #[test]
        fn pieces_put_together_are_the_text_and_none_is_wider_than_its_room(s in "[a-z 注€]{0,60}", columns in 2usize..20) {
            let found = split_at_columns(&s, columns);
            prop_assert_eq!(found.concat(), s.as_str());
            prop_assert!(found.iter().all(|piece| piece.width() <= columns), "{:?}", found);
        }

        #[test]
        fn scrubbing_twice_changes_nothing(s in "\\PC*|[\\x00-\\u{2fff}]{0,60}|.{0,5000}") {
            let once = Text::scrub(&s);
            prop_assert_eq!(Text::scrub(once.as_str()), once.clone());
            let body = Passage::scrub(&s);
            prop_assert_eq!(Passage::scrub(body.as_str()), body);
        }

        #[test]
        fn nothing_that_steers_a_terminal_survives(s in proptest::collection::vec(any::<char>(), 0..200)) {
            let s: String = s.into_iter().collect();
            for c in Text::scrub(&s).as_str().chars() {
                prop_assert!(!c.is_control(), "control {:?}", c);
                prop_assert!(!is_bidi_control(c) && !is_invisible(c), "{:?}", c);
            }
            for c in Passage::scrub(&s).as_str().chars() {
                prop_assert!(c == '\n' || !c.is_control(), "control {:?}", c);
            }
        }

        #[test]
        fn marks_are_capped_per_base(s in "[a-z\\u{300}-\\u{36f}]{0,200}") {
            let mut run = 0;
            for c in Text::scrub(&s).as_str().chars() {
                run = if c.width() == Some(0) { run + 1 } else { 0 };
                prop_assert!(run <= MARKS_PER_BASE);
            }
        }

        #[test]
        fn clipping_never_exceeds_its_columns(s in "\\PC{0,80}", columns in 0usize..40) {
            let safe = Text::scrub(&s);
            prop_assert!(clip(safe.as_str(), columns).width() <= columns);
            prop_assert!(clip_words(safe.as_str(), columns).width() <= columns);
            prop_assert_eq!(fit_left(safe.as_str(), columns).width(), columns);
        }
    }
}
