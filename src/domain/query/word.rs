//! What was typed, cut into terms: signs between blanks, with quotes, each sign with its column.

/// One sign of a term.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sign {
    /// The character.
    pub(super) char: char,
    /// Whether it stood in quotes: then it is itself, and never means anything.
    pub(super) is_quoted: bool,
}

/// A term as typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    /// What of it counts, quotes and escapes taken off.
    pub(super) signs: Vec<Sign>,
    /// Its first column, from 0, in characters.
    pub(super) from: usize,
    /// The column behind it.
    pub(super) to: usize,
    /// Whether a quote was opened and not closed.
    pub(super) is_open: bool,
    /// Whether anything of it was in quotes, be it nothing.
    pub(super) has_quotes: bool,
}

/// Cuts a query into its terms. A quote that is not closed goes to the end.
pub(super) fn words(typed: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut word: Option<Word> = None;
    let mut is_quoted = false;
    let mut chars = typed.chars().enumerate().peekable();
    while let Some((column, char)) = chars.next() {
        if char.is_whitespace() && !is_quoted {
            words.extend(word.take());
            continue;
        }
        let current = word.get_or_insert_with(|| Word {
            signs: Vec::new(),
            from: column,
            to: column,
            is_open: false,
            has_quotes: false,
        });
        current.to = column + 1;
        match char {
            '"' => {
                is_quoted = !is_quoted;
                current.has_quotes = true;
                current.is_open = is_quoted;
            }
            '\\' if is_quoted => {
                let escaped = chars.next_if(|(_, next)| matches!(next, '"' | '\\'));
                current.to += usize::from(escaped.is_some());
                current.signs.push(Sign { char: escaped.map_or(char, |(_, next)| next), is_quoted });
            }
            char => current.signs.push(Sign { char, is_quoted }),
        }
    }
    words.extend(word);
    words
}

/// The characters of some signs.
pub(super) fn text(signs: &[Sign]) -> String {
    signs.iter().map(|sign| sign.char).collect()
}

/// Cuts signs at each bare one of this kind.
pub(super) fn cut(signs: &[Sign], at: char) -> impl Iterator<Item = &[Sign]> {
    signs.split(move |sign| !sign.is_quoted && sign.char == at)
}

/// Puts a text in quotes, so that it is read back as it is.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_hold_a_term_together_and_columns_count_characters() {
        let words = words(r#"é label:"good \"first\" issue",x  "open"#);
        let seen: Vec<_> = words.iter().map(|w| (text(&w.signs), w.from, w.to, w.is_open)).collect();
        assert_eq!(
            seen,
            [
                ("é".to_owned(), 0, 1, false),
                (r#"label:good "first" issue,x"#.to_owned(), 2, 32, false),
                ("open".to_owned(), 34, 39, true)
            ]
        );
    }
}
