//! Text that was decoded with the wrong table and saved again: `Â§` for `§`, `âœ…` for a tick. Mended for display only.

/// Whether a file's signs beyond ASCII are, nearly all of them, broken in this way. A few that are not do not save it; a
/// few that happen to look so (`CAFÉ»`) do not condemn it. What stands in code is shown on purpose: a page about such files
/// is none.
pub(super) fn is_broken(source: &str) -> bool {
    if source.is_ascii() {
        return false;
    }
    let (mut n_broken, mut n_all) = (0_usize, 0_usize);
    for line in source.lines().filter(|line| !line.is_ascii()) {
        // Every second part of a line lies between two backticks; the last has no end, and is none.
        let n_parts = line.matches('`').count() + 1;
        for (nth, part) in line.split('`').enumerate() {
            if nth % 2 == 0 || nth + 1 == n_parts {
                let (broken, all) = signs(part);
                (n_broken, n_all) = (n_broken + broken, n_all + all);
            }
        }
    }
    0 < n_broken && n_all <= n_broken.saturating_mul(MOST_WHOLE) && n_all - n_broken <= n_broken / MOST_WHOLE
}

/// How many signs beyond ASCII are broken, and how many there are.
fn signs(mut rest: &str) -> (usize, usize) {
    let (mut n_broken, mut n_all) = (0, 0);
    while let Some(at) = rest.find(|c: char| !c.is_ascii()) {
        let from = rest.get(at..).unwrap_or_default();
        n_all += 1;
        let length = match mended_char(from) {
            Some((_, length)) => {
                n_broken += 1;
                length
            }
            None => from.chars().next().map_or(1, char::len_utf8),
        };
        rest = from.get(length..).unwrap_or_default();
    }
    (n_broken, n_all)
}

/// Of so many broken signs one may be whole.
const MOST_WHOLE: usize = 8;

/// A text with its broken signs mended.
pub(super) fn mended(text: &str) -> String {
    let mut whole = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let (mended, length) = mended_char(rest).unwrap_or((c, c.len_utf8()));
        whole.push(mended);
        rest = rest.get(length..).unwrap_or_default();
    }
    whole
}

/// The sign that a text's first signs stand for, and how many bytes they take.
fn mended_char(text: &str) -> Option<(char, usize)> {
    let first = text.chars().next()?;
    let n_bytes = match byte_of(first)? {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return None,
    };
    let mut bytes = Vec::with_capacity(n_bytes);
    let mut length = 0;
    for c in text.chars().take(n_bytes) {
        bytes.push(byte_of(c)?);
        length += c.len_utf8();
    }
    let mended = str::from_utf8(&bytes).ok()?.chars().next()?;
    Some((mended, length))
}

/// The byte that Windows-1252 reads as this sign. Bytes it has no sign for stay themselves.
fn byte_of(c: char) -> Option<u8> {
    if let Some(nth) = HIGH.iter().position(|sign| *sign == c) {
        return u8::try_from(0x80 + nth).ok();
    }
    u8::try_from(u32::from(c)).ok().filter(|byte| 0x80 <= *byte)
}

/// 0x80 to 0x9f of Windows-1252.
const HIGH: [char; 32] = [
    '\u{20ac}', '\u{81}', '\u{201a}', '\u{192}', '\u{201e}', '\u{2026}', '\u{2020}', '\u{2021}', '\u{2c6}', '\u{2030}',
    '\u{160}', '\u{2039}', '\u{152}', '\u{8d}', '\u{17d}', '\u{8f}', '\u{90}', '\u{2018}', '\u{2019}', '\u{201c}',
    '\u{201d}', '\u{2022}', '\u{2013}', '\u{2014}', '\u{2dc}', '\u{2122}', '\u{161}', '\u{203a}', '\u{153}', '\u{9d}',
    '\u{17e}', '\u{178}',
];

#[cfg(test)]
mod tests {
    use super::*;

    /// What a program makes of a text that reads its bytes as Windows-1252.
    fn broken(text: &str) -> String {
        let sign = |byte: &u8| match byte {
            0x80..=0x9f => HIGH[usize::from(byte - 0x80)],
            byte => char::from(*byte),
        };
        text.as_bytes().iter().map(sign).collect()
    }

    #[test]
    fn broken_text_is_found_and_mended() {
        for text in ["§ 6.4 ✅ 🚀 ≥90% → T−7", "План релиза", "Prüfung"] {
            let seen = broken(text);
            assert!(is_broken(&seen) && is_broken(&format!("`a` {seen} `")), "{seen}");
            assert_eq!(mended(&seen), text);
        }
    }

    #[test]
    fn whole_text_is_left_alone() {
        for text in [
            "",
            "plain",
            "one with broken encoding: `Â§`, `âœ…`; both must read well",
            "§ ✅ 🚀",
            "CAFÉ» à la crème, très élégant",
            "План Â§ релиза в октябре",
        ] {
            assert!(!is_broken(text), "{text}");
        }
    }
}
