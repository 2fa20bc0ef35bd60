//! Every path a file names, in `use` or in the middle of its code, resolved to where it leads.

use super::lexer::Token;

/// Where a path leads.
#[derive(Debug, Clone, PartialEq)]
pub enum To {
    /// Into this crate: `crate::`, `self::` and `super::` resolved, the crate's name left out.
    Ours(Vec<String>),
    /// Anywhere else, or by an imported name.
    Outside(Vec<String>),
}

/// A path and its line.
#[derive(Debug, Clone, PartialEq)]
pub struct Path {
    /// From 1.
    pub line: usize,
    /// Where to.
    pub to: To,
    /// Whether a `use` names it, so that it may be a whole module under another name.
    pub is_import: bool,
}

/// The paths of a file.
pub fn paths(file: &str, code: &[Token]) -> Vec<Path> {
    let mut reader = Reader { code, at: 0, modules: module_of(file), depth: 0, inline: Vec::new(), found: Vec::new() };
    reader.read();
    reader.found
}

/// `src/tui/queue/view.rs` is `tui::queue::view`; `src/tui/mod.rs` is `tui`.
fn module_of(file: &str) -> Vec<String> {
    let inside = file.strip_prefix("src/").unwrap_or(file);
    let mut parts: Vec<String> = inside.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if parts.last().is_some_and(|last| last == "mod" || last == "lib" || last == "main") {
        parts.pop();
    }
    parts
}

struct Reader<'a> {
    code: &'a [Token],
    at: usize,
    modules: Vec<String>,
    depth: usize,
    /// Depths at which a `mod name {` was opened.
    inline: Vec<usize>,
    found: Vec<Path>,
}

impl Reader<'_> {
    fn word(&self, ahead: usize) -> &str {
        self.code.get(self.at + ahead).map_or("", |t| t.text.as_str())
    }

    fn before(&self) -> &str {
        self.at.checked_sub(1).and_then(|i| self.code.get(i)).map_or("", |t| t.text.as_str())
    }

    fn read(&mut self) {
        while self.at < self.code.len() {
            match self.word(0) {
                // `impl Trait + use<'a>` is no import.
                "use" if self.word(1) != "<" => {
                    self.at += 1;
                    self.tree(&[]);
                }
                "extern" if self.word(1) == "crate" => {
                    self.at += 2;
                    self.tree(&[]);
                }
                "mod" if self.word(2) == "{" => {
                    self.modules.push(self.word(1).to_owned());
                    self.inline.push(self.depth);
                    self.at += 2;
                }
                "{" => (self.depth, self.at) = (self.depth + 1, self.at + 1),
                "}" => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.inline.last() == Some(&self.depth) {
                        self.inline.pop();
                        self.modules.pop();
                    }
                    self.at += 1;
                }
                word if is_name(word) && self.word(1) == "::" && self.before() != "." => self.in_code(),
                _ => self.at += 1,
            }
        }
    }

    /// A path in the middle of code.
    fn in_code(&mut self) {
        let line = self.code[self.at].line;
        let mut parts = vec![self.word(0).to_owned()];
        while self.word(1) == "::" && is_name(self.word(2)) {
            parts.push(self.word(2).to_owned());
            self.at += 2;
        }
        self.at += 1;
        // `Vec::<u8>` names what is in scope already.
        if parts.len() > 1 {
            self.add(parts, line, false);
        }
    }

    /// A `use` tree from here; ends behind it.
    fn tree(&mut self, prefix: &[String]) {
        let mut parts = prefix.to_vec();
        let mut line = self.code.get(self.at).map_or(0, |t| t.line);
        loop {
            match self.word(0) {
                "::" => self.at += 1,
                "{" => {
                    self.at += 1;
                    while !matches!(self.word(0), "}" | "") {
                        self.tree(&parts);
                        if self.word(0) == "," {
                            self.at += 1;
                        }
                    }
                    self.at += 1;
                    return;
                }
                "as" => self.at += 2,
                word if is_name(word) || word == "*" => {
                    line = self.code[self.at].line;
                    if word != "self" || parts.is_empty() {
                        parts.push(word.to_owned());
                    }
                    self.at += 1;
                }
                // `,`, `}` or `;` ends it; anything else (`r#`) is stepped over.
                "," | "}" | ";" | "" => {
                    self.add(parts, line, true);
                    return;
                }
                _ => self.at += 1,
            }
        }
    }

    fn add(&mut self, parts: Vec<String>, line: usize, is_import: bool) {
        let to = self.resolve(parts);
        self.found.push(Path { line, to, is_import });
    }

    fn resolve(&self, parts: Vec<String>) -> To {
        let rest = |n: usize| parts.iter().skip(n).cloned();
        match parts.first().map(String::as_str) {
            Some("crate" | "watchfloor") => To::Ours(rest(1).collect()),
            Some("self" | "super") => {
                let ups = parts.iter().filter(|p| *p == "super").count();
                let stay = self.modules.len().saturating_sub(ups);
                let here = self.modules.iter().take(stay).cloned();
                To::Ours(here.chain(parts.iter().filter(|p| *p != "super" && *p != "self").cloned()).collect())
            }
            _ => To::Outside(parts),
        }
    }
}

fn is_name(word: &str) -> bool {
    word.chars().next().is_some_and(|c| c.is_alphabetic() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::{super::lexer::Source, *};

    fn named(file: &str, text: &str) -> Vec<String> {
        let show = |to: To| match to {
            To::Ours(parts) => format!("/{}", parts.join("/")),
            To::Outside(parts) => parts.join("::"),
        };
        paths(file, &Source::read(file, text).code).into_iter().map(|p| show(p.to)).collect()
    }

    #[test]
    fn groups_nest_and_names_may_change() {
        let text = "use crate::{a::b, c::{self, d as e, f::*}};\npub use ::std::{fs, io::{self, Read as _}};";
        assert_eq!(named("src/x.rs", text), ["/a/b", "/c", "/c/d", "/c/f/*", "std::fs", "std::io", "std::io::Read"]);
        assert_eq!(named("src/x.rs", "use crate as house; extern crate tokio as t;"), ["/", "tokio"]);
    }

    #[test]
    fn relative_paths_lead_where_the_compiler_finds_them() {
        assert_eq!(
            named("src/tui/queue/view.rs", "use super::super::sla::x; super::y();"),
            ["/tui/sla/x", "/tui/queue/y"]
        );
        assert_eq!(
            named("src/tui/queue/mod.rs", "use super::sla; use self::view::v;"),
            ["/tui/sla", "/tui/queue/view/v"]
        );
        let inline = "mod inner { use super::a; fn f() { { super::b() } } } fn g() { super::c() }";
        assert_eq!(named("src/tui/sla/mod.rs", inline), ["/tui/sla/a", "/tui/sla/b", "/tui/c"]);
    }

    #[test]
    fn paths_in_code_count_as_well() {
        let text = "fn f(x: &crate::floor::Floor) { let y = <u8 as std::fs::X>::z(); w.iter().sum::<u64>(); Vec::<u8>::new(); }";
        assert_eq!(named("src/x.rs", text), ["/floor/Floor", "std::fs::X"]);
    }
}
