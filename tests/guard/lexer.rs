//! Rust source as tokens: comments, texts and characters blanked, tests taken out.

/// A word or a sign, and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Token {
    /// The word, `::`, or one sign.
    pub text: String,
    /// From 1.
    pub line: usize,
}

/// A source file, read.
#[derive(Debug)]
pub struct Source {
    /// Relative to the repository, `src/tui/queue/view.rs`.
    pub path: String,
    /// What is compiled into the product.
    pub code: Vec<Token>,
    /// The same with its tests.
    pub all: Vec<Token>,
    /// Lines that are not inside `#[cfg(test)] mod … { … }`.
    pub n_lines: usize,
    /// Modules declared by `#[cfg(test)] mod name;`: their files are tests.
    pub test_modules: Vec<String>,
}

impl Source {
    /// Reads one file.
    pub fn read(path: &str, text: &str) -> Self {
        let all = tokens(&blank(text));
        let mut source =
            Self { path: path.to_owned(), code: Vec::new(), all, n_lines: text.lines().count(), test_modules: vec![] };
        source.take_tests_out();
        source
    }

    fn take_tests_out(&mut self) {
        let all = std::mem::take(&mut self.all);
        let mut at = 0;
        while at < all.len() {
            let Some(end) = test_attribute(&all, at) else {
                self.code.push(all[at].clone());
                at += 1;
                continue;
            };
            let mut item = end;
            while all.get(item).is_some_and(|t| t.text == "#") {
                item = past_brackets(&all, item + 1);
            }
            let past = past_item(&all, item);
            if all.get(item).is_some_and(|t| t.text == "mod") {
                let last = &all[past - 1];
                if last.text == ";" {
                    self.test_modules.push(all[item + 1].text.clone());
                } else {
                    self.n_lines -= last.line - all[at].line + 1;
                }
            }
            at = past;
        }
        self.all = all;
    }
}

/// The index behind `#[cfg(test)]`, `#[cfg(all(test, unix))]`, where one begins here.
fn test_attribute(tokens: &[Token], at: usize) -> Option<usize> {
    let word = |i: usize| tokens.get(at + i).map(|t| t.text.as_str());
    if (word(0), word(1), word(2)) != (Some("#"), Some("["), Some("cfg")) {
        return None;
    }
    let end = past_brackets(tokens, at + 1);
    let words: Vec<&str> = tokens[at..end].iter().map(|t| t.text.as_str()).collect();
    // `any(test, …)` and `not(test)` are compiled into the product as well.
    (words.contains(&"test") && !words.contains(&"not") && !words.contains(&"any")).then_some(end)
}

/// The index behind the bracket that closes the one at `at`.
fn past_brackets(tokens: &[Token], at: usize) -> usize {
    let mut depth = 0_usize;
    for (i, token) in tokens.iter().enumerate().skip(at) {
        match token.text.as_str() {
            "[" | "(" | "{" => depth += 1,
            "]" | ")" | "}" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return i + 1;
        }
    }
    tokens.len()
}

/// The index behind an item: its `;`, or the end of its block.
fn past_item(tokens: &[Token], at: usize) -> usize {
    let is_use = tokens.get(at).is_some_and(|t| t.text == "use");
    let mut i = at;
    while let Some(token) = tokens.get(i) {
        match token.text.as_str() {
            ";" => return i + 1,
            "{" if !is_use => return past_brackets(tokens, i),
            "{" | "(" | "[" => i = past_brackets(tokens, i),
            _ => i += 1,
        }
    }
    tokens.len()
}

/// The source with comments, texts and characters as spaces; lines stay where they are.
fn blank(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut i = 0;
    while i < chars.len() {
        let end = opaque(&chars, i);
        if end == i {
            out.push(chars[i]);
            i += 1;
        }
        for c in &chars[i..end.max(i)] {
            out.push(if *c == '\n' { '\n' } else { ' ' });
        }
        i = end.max(i);
    }
    out
}

/// Where the comment, text or character that begins at `i` ends; `i` where none does.
fn opaque(chars: &[char], i: usize) -> usize {
    let at = |n: usize| chars.get(i + n).copied().unwrap_or('\0');
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let is_inside_word = i > 0 && is_word(chars[i - 1]);
    match (at(0), at(1)) {
        ('/', '/') => (i..chars.len()).find(|&n| chars[n] == '\n').unwrap_or(chars.len()),
        ('/', '*') => block_comment(chars, i),
        ('"', _) => text_end(chars, i + 1),
        ('b' | 'c', '"') if !is_inside_word => text_end(chars, i + 2),
        ('b', '\'') if !is_inside_word => character_end(chars, i + 1),
        ('r', '"' | '#') if !is_inside_word => raw_end(chars, i, i + 1),
        ('b' | 'c', 'r') if !is_inside_word && matches!(at(2), '"' | '#') => raw_end(chars, i, i + 2),
        ('\'', _) => character_end(chars, i),
        _ => i,
    }
}

fn block_comment(chars: &[char], start: usize) -> usize {
    let (mut depth, mut i) = (0_usize, start);
    while i < chars.len() {
        match (chars[i], chars.get(i + 1)) {
            ('/', Some('*')) => (depth, i) = (depth + 1, i + 2),
            ('*', Some('/')) => (depth, i) = (depth - 1, i + 2),
            _ => i += 1,
        }
        if depth == 0 {
            return i;
        }
    }
    chars.len()
}

fn text_end(chars: &[char], start: usize) -> usize {
    let mut i = start;
    while i < chars.len() {
        match chars[i] {
            '\\' => i += 2,
            '"' => return i + 1,
            _ => i += 1,
        }
    }
    chars.len()
}

/// A character; nothing for a lifetime.
fn character_end(chars: &[char], quote: usize) -> usize {
    let at = |n: usize| chars.get(quote + n).copied().unwrap_or('\0');
    if at(1) == '\\' {
        return (quote + 3..chars.len()).find(|&n| chars[n] == '\'').map_or(chars.len(), |n| n + 1);
    }
    if at(2) == '\'' { quote + 3 } else { quote }
}

/// A raw text whose `#`s begin at `hashes`; nothing for a raw name (`r#type`).
fn raw_end(chars: &[char], start: usize, hashes: usize) -> usize {
    let n = chars[hashes..].iter().take_while(|c| **c == '#').count();
    if chars.get(hashes + n) != Some(&'"') {
        return start;
    }
    let closes = |i: usize| chars[i] == '"' && chars[i + 1..].iter().take(n).filter(|c| **c == '#').count() == n;
    (hashes + n + 1..chars.len()).find(|&i| closes(i)).map_or(chars.len(), |i| i + 1 + n)
}

fn tokens(blanked: &str) -> Vec<Token> {
    let mut out = Vec::new();
    for (n, row) in blanked.lines().enumerate() {
        let mut rest = row.trim_start();
        while !rest.is_empty() {
            let word = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
            let sign = if rest.starts_with("::") { 2 } else { rest.chars().next().map_or(1, char::len_utf8) };
            let (token, after) = rest.split_at(if word > 0 { word } else { sign });
            out.push(Token { text: token.to_owned(), line: n + 1 });
            rest = after.trim_start();
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        Source::read("src/x.rs", text).code.into_iter().map(|t| t.text).collect()
    }

    #[test]
    fn comments_texts_and_characters_are_no_code() {
        assert_eq!(words("a /* b /* c */ d */ e // f\n/// g\nh"), ["a", "e", "h"]);
        assert_eq!(words(r###"a "b \" c" r#"d " e"# b"f" br##"g"# h"## c"i" j"###), ["a", "j"]);
        assert_eq!(words(r"a '\'' 'b' '\u{1b}' b'c' '\\' d<'e>"), ["a", "d", "<", "'", "e", ">"]);
        assert_eq!(words("r#type::x"), ["r", "#", "type", "::", "x"]);
    }

    #[test]
    fn tests_are_taken_out_whole_and_the_rest_stays() {
        let text = "a;\n#[cfg(test)]\nmod tests {\n  fn f() { x() }\n}\nb;\n#[cfg(test)]\n#[allow(c)]\nuse d::{e};\n\
                    #[cfg(all(test, unix))]\nfn g(h: [u8; 2]) -> i { j }\n#[cfg(not(test))]\nk;\n#[cfg(test)]\nmod l;";
        let source = Source::read("src/x.rs", text);
        let words: Vec<_> = source.code.iter().map(|t| t.text.as_str()).collect();
        assert_eq!(words, ["a", ";", "b", ";", "#", "[", "cfg", "(", "not", "(", "test", ")", ")", "]", "k", ";"]);
        assert_eq!(source.test_modules, ["l"]);
        assert_eq!(source.n_lines, text.lines().count() - 4);
    }
}
