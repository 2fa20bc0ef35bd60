//! The rules. Each reads one file and says what is wrong with it, and where.

use super::{
    lexer::{Source, Token},
    paths::{Path, To, paths},
};

/// Who may import whom, beside themselves; a test holds it against docs/ARCHITECTURE.md.
pub const IMPORTS: [(&str, &[&str]); 13] = [
    ("main", &["cli"]),
    ("lib", &[]),
    ("cli", &["shell", "tui", "source", "sink", "config", "demo", "floor", "domain", "wire", "text"]),
    ("shell", &["tui", "source", "sink", "config", "demo", "floor", "domain", "wire", "text"]),
    ("tui", &["config", "floor", "domain", "text"]),
    ("demo", &["floor", "domain", "text"]),
    ("config", &["domain", "text"]),
    ("source", &["domain", "wire", "text"]),
    ("sink", &["domain", "wire", "text"]),
    ("floor", &["domain", "text"]),
    ("domain", &["text"]),
    ("wire", &[]),
    ("text", &[]),
];

/// The folders that know no clock, no disk, no environment, no network and no waiting.
pub const PURE: [&str; 9] = ["domain", "floor", "source", "sink", "tui", "config", "demo", "text", "wire"];

/// What reaches the world, by its path. A path of one word means everything below it.
const WORLD: [&str; 30] = [
    "tokio",
    "reqwest",
    "rustls",
    "rusqlite",
    "crossterm",
    "rustix",
    "directories",
    "glob::glob",
    "glob::glob_with",
    "iana_time_zone",
    "color_eyre",
    "std::fs",
    "std::env",
    "std::net",
    "std::process",
    "std::thread",
    "std::os",
    "std::time::Instant",
    "std::time::SystemTime",
    "std::time::UNIX_EPOCH",
    "std::io::stdin",
    "std::io::stdout",
    "std::io::stderr",
    "io::stdin",
    "io::stdout",
    "io::stderr",
    "chrono::Local",
    "chrono::offset::Local",
    "chrono::Utc::now",
    "Utc::now",
];

/// Methods of a path that look at the disk. They need no import, so no path tells of them.
const LOOKS: [&str; 8] =
    ["exists", "try_exists", "metadata", "symlink_metadata", "canonicalize", "read_dir", "read_link", "is_symlink"];

/// The panes; they meet in `tui/mod.rs` alone. What both draw is an overlay (`tui/detail`) or stands above them.
pub const PANES: [&str; 5] = ["queue", "sla", "rota", "release", "metrics"];

/// Which parts of ratatui a file of the console may name. Drawing is for views; what is not listed draws nothing.
const DRAWS: [(&str, &[&str]); 10] = [
    ("src/tui/mod.rs", &["layout::Rect"]),
    ("src/tui/queue/mod.rs", &["layout::Rect"]),
    ("src/tui/layout.rs", &["layout"]),
    ("src/tui/theme.rs", &["style"]),
    ("src/tui/words.rs", &["text"]),
    ("src/tui/markdown.rs", &["text"]),
    ("/canvas.rs", &["buffer", "layout", "style", "text"]),
    ("/chart.rs", &["buffer", "layout", "style", "text"]),
    ("/row.rs", &["text"]),
    ("src/tui/sources/mod.rs", &["text"]),
];

/// What any `view.rs` may name: values to draw with, never ratatui's terminal or its backends.
const VIEWS: [&str; 6] = ["buffer", "layout", "style", "symbols", "text", "widgets"];

/// A file may be this long before its tests.
pub const LINES: usize = 400;

/// Files that are longer, with what they may grow to and why.
pub const LONGER: [(&str, usize, &str); 0] = [];

/// Calls that end the program, with why.
const ENDS: [(&str, &str, &str); 1] = [("src/shell/console.rs", "panic", "the rehearsal of the panic path")];

/// What is wrong with one file, `path:line: what`.
pub fn faults(source: &Source) -> Vec<String> {
    let mut found: Vec<(usize, String)> = Vec::new();
    let paths = paths(&source.path, &source.code);
    let layer = layer(&source.path);
    for path in &paths {
        for fault in [imports(layer, path), purity(layer, path), panes(&source.path, path), drawing(&source.path, path)]
        {
            found.extend(fault.map(|what| (path.line, what)));
        }
    }
    found.extend(looks(layer, &source.code));
    found.extend(wire_shapes(layer, &source.code));
    found.extend(endings(&source.path, &source.code));
    found.extend(silenced(&source.all));
    found.extend(length(source));
    found.sort();
    found.dedup();
    found.into_iter().map(|(line, what)| format!("{}:{line}: {what}", source.path)).collect()
}

/// `src/tui/queue/view.rs` is of `tui`, `src/text.rs` of `text`.
pub fn layer(path: &str) -> &str {
    let inside = path.strip_prefix("src/").unwrap_or(path);
    inside.split('/').next().unwrap_or(inside).trim_end_matches(".rs")
}

fn imports(layer: &str, path: &Path) -> Option<String> {
    let To::Ours(parts) = &path.to else { return None };
    let Some((_, below)) = IMPORTS.iter().find(|(name, _)| *name == layer) else {
        return Some(format!("`{layer}` stands in no row of the import table"));
    };
    match parts.first().map(String::as_str) {
        None | Some("*") => Some("the whole crate under another name".to_owned()),
        Some(to) if to == layer || below.contains(&to) => None,
        Some(to) => Some(format!("`{layer}` imports `{to}`")),
    }
}

fn purity(layer: &str, path: &Path) -> Option<String> {
    let To::Outside(parts) = &path.to else { return None };
    let named = parts.join("::");
    let is_ratatui = parts.first().is_some_and(|p| p == "ratatui");
    if is_ratatui && !["tui", "shell"].contains(&layer) {
        return Some(format!("`{layer}` draws: {named}"));
    }
    if !PURE.contains(&layer) {
        return None;
    }
    let is_below = |world: &str| named == world || named.starts_with(&format!("{world}::"));
    // A whole module imported, or everything in it, could bring in any of it under another name.
    let is_above = |world: &str| path.is_import && world.starts_with(&format!("{}::", named.trim_end_matches("::*")));
    // These hold what is pure as well; what is not is found where it is used.
    let is_mixed = ["Utc", "chrono::Utc", "std::io", "io"].contains(&named.as_str());
    let reaches = WORLD.iter().any(|w| is_below(w)) || (!is_mixed && WORLD.iter().any(|w| is_above(w)));
    reaches.then(|| format!("`{layer}` is pure, yet names {named}"))
}

fn panes(file: &str, path: &Path) -> Option<String> {
    let own = file.strip_prefix("src/tui/")?.split('/').next().filter(|folder| PANES.contains(folder))?;
    let To::Ours(parts) = &path.to else { return None };
    let [tui, other, ..] = parts.as_slice() else { return None };
    (tui == "tui" && other != own && PANES.contains(&other.as_str()))
        .then(|| format!("pane `{own}` imports pane `{other}`"))
}

fn drawing(file: &str, path: &Path) -> Option<String> {
    let To::Outside(parts) = &path.to else { return None };
    if layer(file) != "tui" || parts.first().is_none_or(|p| p != "ratatui") {
        return None;
    }
    let named = parts.iter().skip(1).cloned().collect::<Vec<_>>().join("::");
    let listed = DRAWS.iter().find(|(name, _)| file.ends_with(name)).map(|(_, allowed)| *allowed);
    let allowed = listed.unwrap_or(if file.ends_with("/view.rs") { &VIEWS } else { &[] });
    let is_allowed = allowed.iter().any(|a| named == *a || named.starts_with(&format!("{a}::")));
    (!is_allowed).then(|| format!("ratatui::{named} is not for this file"))
}

fn looks(layer: &str, code: &[Token]) -> Vec<(usize, String)> {
    let is_look = |w: &[Token]| w[0].text == "." && LOOKS.contains(&w[1].text.as_str()) && w[2].text == "(";
    let found = code.windows(3).filter(|w| PURE.contains(&layer) && is_look(w));
    found.map(|w| (w[1].line, format!("`{layer}` is pure, yet looks at the disk: .{}()", w[1].text))).collect()
}

fn wire_shapes(layer: &str, code: &[Token]) -> Vec<(usize, String)> {
    let shapes = ["Serialize", "Deserialize", "JsonSchema", "serde", "schemars"];
    let found = code.iter().filter(|t| layer == "domain" && shapes.contains(&t.text.as_str()));
    found.map(|t| (t.line, format!("a wire shape in the domain: {}", t.text))).collect()
}

fn endings(file: &str, code: &[Token]) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for w in code.windows(3) {
        let [before, word, after] = [0, 1, 2].map(|i| w[i].text.as_str());
        let is_call = matches!(word, "unwrap" | "expect" | "unwrap_err" | "expect_err") && matches!(before, "." | "::");
        found.extend(is_call.then(|| (w[1].line, word.to_owned())));
        let ends = ["panic", "todo", "unimplemented", "unreachable", "dbg"];
        // The first word of a file is no macro call.
        found.extend((ends.contains(&word) && after == "!").then(|| (w[1].line, word.to_owned())));
    }
    found.retain(|(_, word)| !ENDS.iter().any(|(path, known, _)| *path == file && known == word));
    found.into_iter().map(|(line, word)| (line, format!("`{word}` may end the program"))).collect()
}

/// In tests as well: a lint is silenced with a reason (`expect`), and a test that does not run is none.
fn silenced(all: &[Token]) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for w in all.windows(2) {
        let is_attribute = matches!(w[0].text.as_str(), "[" | ",");
        found.extend((is_attribute && w[1].text == "ignore").then(|| (w[1].line, "an ignored test".to_owned())));
        found.extend((w[0].text == "allow" && w[1].text == "(").then(|| (w[0].line, "a lint allowed".to_owned())));
    }
    for w in all.windows(3) {
        let is_elsewhere = w[0].text == "[" && w[1].text == "path" && w[2].text == "=";
        found.extend(is_elsewhere.then(|| (w[1].line, "a module from elsewhere".to_owned())));
    }
    found
}

fn length(source: &Source) -> Option<(usize, String)> {
    let longer = LONGER.iter().find(|(path, _, _)| *path == source.path);
    let most = longer.map_or(LINES, |(_, most, _)| *most);
    (source.n_lines > most)
        .then(|| (source.n_lines, format!("{} lines before its tests, at most {most}", source.n_lines)))
}

/// What no committed text may hold: the folders of one machine, and the folder beside the repository.
pub fn of_this_machine(path: &str, text: &str) -> Vec<String> {
    let needles = [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("../sha", "red")];
    let is_part = |c: char| c.is_alphanumeric() || "._-/~".contains(c);
    let mut found = Vec::new();
    for (n, line) in text.lines().enumerate() {
        for needle in needles {
            let stands = |at: usize| !line[..at].chars().next_back().is_some_and(is_part);
            if line.match_indices(needle).any(|(at, _)| stands(at)) {
                found.push(format!("{path}:{}: a path of one machine: {needle}", n + 1));
            }
        }
    }
    found
}
