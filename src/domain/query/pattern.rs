//! What a name is compared with: a part of it, the whole of it, or a pattern with `*` and `?`. Case never matters.

use std::fmt;

use super::word::{Sign, quoted, text};

/// A pattern for names.
#[derive(Debug, Clone, PartialEq)]
pub enum Pattern {
    /// The name has this in it; in lower case. Typed bare.
    Part(String),
    /// The name is this; in lower case. Typed in quotes.
    Whole(String),
    /// The whole name fits; in lower case.
    Glob(Vec<Piece>),
}

/// One sign of a [`Pattern::Glob`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece {
    /// This character.
    Char(char),
    /// Any one character: `?`.
    One,
    /// Any characters, or none: `*`.
    Any,
}

impl Pattern {
    /// Reads a value: in quotes it means the whole name, with bare `*` or `?` it is a pattern, else it is a part.
    pub(super) fn read(signs: &[Sign], has_quotes: bool) -> Self {
        let is_glob = signs.iter().any(|sign| !sign.is_quoted && matches!(sign.char, '*' | '?'));
        if !is_glob {
            let name = text(signs).to_lowercase();
            return if has_quotes { Self::Whole(name) } else { Self::Part(name) };
        }
        let mut pieces = Vec::with_capacity(signs.len());
        for sign in signs {
            match sign {
                Sign { char: '*', is_quoted: false } if pieces.last() == Some(&Piece::Any) => {}
                Sign { char: '*', is_quoted: false } => pieces.push(Piece::Any),
                Sign { char: '?', is_quoted: false } => pieces.push(Piece::One),
                sign => pieces.extend(sign.char.to_lowercase().map(Piece::Char)),
            }
        }
        Self::Glob(pieces)
    }

    /// Whether a name fits.
    pub fn fits(&self, name: &str) -> bool {
        match self {
            Self::Part(part) => contains(name, part),
            Self::Whole(whole) if whole.is_ascii() => name.eq_ignore_ascii_case(whole),
            Self::Whole(whole) => name.to_lowercase() == *whole,
            Self::Glob(pieces) => globs(pieces, name),
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Part(part) => f.write_str(part),
            Self::Whole(whole) => f.write_str(&quoted(whole)),
            Self::Glob(pieces) => {
                let mut literal = String::new();
                for piece in pieces {
                    let sign = match piece {
                        Piece::Char(char) => {
                            literal.push(*char);
                            continue;
                        }
                        Piece::One => '?',
                        Piece::Any => '*',
                    };
                    write_literal(f, &mut literal)?;
                    write!(f, "{sign}")?;
                }
                write_literal(f, &mut literal)
            }
        }
    }
}

fn write_literal(f: &mut fmt::Formatter<'_>, literal: &mut String) -> fmt::Result {
    let is_plain = |c: char| !c.is_whitespace() && !matches!(c, '"' | ',' | '*' | '?' | '@' | '#' | '<' | '>' | '=');
    if literal.chars().all(is_plain) {
        f.write_str(literal)?
    } else {
        f.write_str(&quoted(literal))?
    }
    literal.clear();
    Ok(())
}

/// Whether `lower` (already in lower case) stands in `text`, without regard to case.
pub(super) fn contains(text: &str, lower: &str) -> bool {
    if !lower.is_ascii() {
        return text.to_lowercase().contains(lower);
    }
    let (text, needle) = (text.as_bytes(), lower.as_bytes());
    let Some(first) = needle.first() else { return true };
    text.len() >= needle.len()
        && text
            .windows(needle.len())
            .any(|w| w.first().is_some_and(|c| c.eq_ignore_ascii_case(first)) && w.eq_ignore_ascii_case(needle))
}

/// Matches with one place to come back to, so its time is the product of the lengths and no more.
fn globs(pieces: &[Piece], name: &str) -> bool {
    let (mut at, mut rest) = (0, name.chars().flat_map(char::to_lowercase));
    let mut star: Option<(usize, _)> = None;
    loop {
        let before = rest.clone();
        let Some(char) = rest.next() else { break };
        match pieces.get(at) {
            Some(Piece::Any) => {
                star = Some((at, before.clone()));
                rest = before;
                at += 1;
            }
            Some(Piece::One) => at += 1,
            Some(Piece::Char(wanted)) if *wanted == char => at += 1,
            _ => {
                let Some((back, mut eaten)) = star.take() else { return false };
                eaten.next();
                rest = eaten.clone();
                at = back + 1;
                star = Some((back, eaten));
            }
        }
    }
    pieces.get(at..).unwrap_or_default().iter().all(|piece| *piece == Piece::Any)
}

#[cfg(test)]
mod tests {
    use super::super::word::words;
    use super::*;

    fn pattern(typed: &str) -> Pattern {
        let words = words(typed);
        Pattern::read(&words[0].signs, words[0].has_quotes)
    }

    #[test]
    fn bare_is_a_part_quoted_is_the_whole_and_stars_are_a_pattern() {
        for (typed, fits, fits_not) in [
            ("bug", vec!["bug", "Debug", "a BUG b"], vec!["bu"]),
            ("\"bug\"", vec!["Bug"], vec!["debug"]),
            ("acme/*", vec!["acme/api", "Acme/"], vec!["acme", "xacme/api"]),
            ("*/a?i", vec!["acme/api", "x/a/aXi"], vec!["acme/ai", "acme/apis"]),
            ("*ab*ab", vec!["abab", "xabyab", "ababab"], vec!["ab", "abab1"]),
            ("отч*", vec!["Отчёт"], vec!["отк"]),
            ("\"a*\"*", vec!["a*b", "A*"], vec!["ab"]),
        ] {
            let pattern = pattern(typed);
            assert!(fits.iter().all(|name| pattern.fits(name)), "{typed} {fits:?}");
            assert!(fits_not.iter().all(|name| !pattern.fits(name)), "{typed} {fits_not:?}");
        }
    }

    #[test]
    fn case_does_not_matter_in_any_script() {
        assert!(contains("Отчёт не открывается", "отчёт") && contains("Login FAILS", "fails"));
        assert!(!contains("Login", "logout") && contains("x", ""));
    }
}
