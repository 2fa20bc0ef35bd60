//! What the pages tell a person to type can be typed, and what they point at is there.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use clap::Parser as _;
use watchfloor::{
    cli::args::Cli,
    config,
    domain::{
        rota::{
            Roster,
            audit::{DutyInLeave, Finding, Severity},
        },
        time::parse_rfc3339,
        zone::Zones,
    },
    sink::audit as words,
    source::roster,
    text::Text,
};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The README, the contributors' page and every page below `docs`, with their paths from the root.
fn pages() -> Vec<(String, String)> {
    let mut waiting = vec![root().join("docs")];
    let mut paths = ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"].map(|name| root().join(name)).to_vec();
    while let Some(folder) = waiting.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else if path.extension().is_some_and(|e| e == "md") {
                paths.push(path);
            }
        }
    }
    let name = |path: &Path| path.strip_prefix(root()).unwrap().to_string_lossy().into_owned();
    paths.iter().map(|path| (name(path), fs::read_to_string(path).unwrap())).collect()
}

/// The commands of ours on a page: lines of code blocks, and code between backticks. A block of `text` shows a screen.
fn commands(page: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut block = None;
    for line in page.lines() {
        if let Some(language) = line.trim_start().strip_prefix("```") {
            block = if block.is_some() { None } else { Some(language) };
        } else if let Some(language) = block {
            found.extend(command(line).filter(|_| language != "text"));
        } else {
            found.extend(line.split('`').skip(1).step_by(2).filter_map(command));
        }
    }
    found
}

/// The words of a command of ours, without variables in front, and without comment, pipe and redirection behind.
fn command(code: &str) -> Option<Vec<String>> {
    let code = code.trim().trim_start_matches("$ ");
    let bare = code.trim_start_matches(|c: char| c.is_ascii_uppercase() || c == '_');
    let code = match (bare.strip_prefix('='), bare.len() < code.len()) {
        (Some(rest), true) => rest.split_once(' ').map_or("", |(_, rest)| rest),
        _ => code,
    };
    let rest = code.strip_prefix("watchfloor").or_else(|| code.strip_prefix("cargo run --release --"))?;
    if !(rest.is_empty() || rest.starts_with(' ')) {
        return None;
    }
    let stops = ["#", "|", ">", "&&", "…"];
    let words = typed(rest).into_iter().take_while(|word| !stops.contains(&word.as_str()));
    Some(std::iter::once("watchfloor".to_owned()).chain(words).collect())
}

/// The words of a line as a shell takes them: what stands in quotes is one.
fn typed(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None::<char>);
    for c in line.chars() {
        match quote {
            Some(open) if open == c => quote = None,
            None if c == '\'' || c == '"' => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            None if c.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

#[test]
fn what_stands_in_quotes_is_one_word() {
    assert_eq!(
        typed(" queue --query 'is:over owner:none' --json"),
        ["queue", "--query", "is:over owner:none", "--json"]
    );
    assert_eq!(typed("a \"\" b"), ["a", "", "b"]);
}

#[test]
fn every_command_on_a_page_can_be_typed() {
    let mut n_commands = 0;
    for (name, page) in pages() {
        for words in commands(&page) {
            n_commands += 1;
            let said = Cli::try_parse_from(&words).map_err(|e| (e.use_stderr(), e.to_string()));
            if let Err((true, why)) = said {
                panic!("{name}: {}: {why}", words.join(" "));
            }
        }
    }
    assert!(n_commands > 20, "only {n_commands} commands were found");
}

/// The TOML blocks of a page, each with the line it begins at.
fn toml_blocks(page: &str) -> Vec<(usize, String)> {
    let mut found: Vec<(usize, String)> = Vec::new();
    let mut is_inside = false;
    for (line, text) in (1..).zip(page.lines()) {
        match (is_inside, text) {
            (false, "```toml") => {
                found.push((line, String::new()));
                is_inside = true;
            }
            (true, "```") => is_inside = false,
            (true, _) => found.last_mut().unwrap().1.extend([text, "\n"]),
            (false, _) => {}
        }
    }
    found
}

/// What a part of a roster is added to: the people and seats that the pages speak of, the seat that it belongs to last.
const ROSTER: &str = r#"zone = "Europe/Berlin"
person = [{ id = "ana" }, { id = "ben" }, { id = "lea" }]
[[schedule]]
name = "backup"
layer = [{ anchor = 2026-01-05T09:00:00, shift = "1 week", people = ["ben", "ana"] }]
[[schedule]]
name = "primary"
layer = [{ anchor = 2026-01-05T09:00:00, shift = "1 week", people = ["ana", "ben"] }]
"#;

/// A block as settings, else as a roster, else as a part of one; otherwise all that stands against each.
fn read_example(block: &str, zones: &Zones) -> Result<Option<Roster>, String> {
    let vars = |name: &str| (name == "HOME").then(|| "/home/ana".to_owned());
    let folder = Path::new("/home/ana/api");
    let no_settings =
        match config::read(block, "example.toml", folder, &vars, &|name| zones.find(name), config::Trust::User) {
            Ok(_) => return Ok(None),
            Err(problems) => problems.to_string(),
        };
    let no_roster = match roster::read_with_feeds(block, zones) {
        // The shifts of calendars are not there: it would have nothing but gaps.
        Ok((roster, feeds)) => return Ok(feeds.is_empty().then_some(roster)),
        Err(problems) => problems,
    };
    let Err(no_part) = roster::read_with_feeds(&format!("{ROSTER}{block}"), zones) else { return Ok(None) };
    Err(format!("no settings: {no_settings}\nno roster: {no_roster:#?}\nno part of a roster: {no_part:#?}"))
}

#[test]
fn every_example_of_a_file_is_read_and_every_roster_holds() {
    let zones = Zones::bundled();
    let (start, end) = (parse_rfc3339("2026-11-20T00:00:00Z").unwrap(), parse_rfc3339("2027-02-18T00:00:00Z").unwrap());
    let (mut n_blocks, mut n_rosters) = (0, 0);
    for (name, page) in pages().into_iter().filter(|(name, _)| name == "README.md" || name.starts_with("docs/guide")) {
        for (line, block) in toml_blocks(&page) {
            n_blocks += 1;
            let read = read_example(&block, &zones).unwrap_or_else(|why| panic!("{name}, line {line}: {why}"));
            let Some(roster) = read else { continue };
            n_rosters += 1;
            let failing = roster.audit(start, end).into_iter().filter(|found| found.severity() == Severity::Fails);
            let failing: Vec<_> = failing.map(|found| words::finding(&found, &roster, &roster.zone).what).collect();
            assert!(failing.is_empty(), "{name}, line {line}: {failing:?}");
        }
    }
    assert!(n_blocks >= 13 && n_rosters >= 2, "only {n_blocks} blocks and {n_rosters} rosters were found");
}

/// The kinds of documents that the sources make: what stands where one is begun, and the parts of the board.
fn kinds() -> BTreeSet<String> {
    let mut waiting = vec![root().join("src")];
    let mut found = BTreeSet::new();
    while let Some(folder) = waiting.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                waiting.push(path);
                continue;
            }
            let file = fs::read_to_string(&path).unwrap();
            let code = file.split("#[cfg(test)]").next().unwrap();
            for begun in ["document(\"", "Document::new(\"", "of_one(floor, \""] {
                found.extend(code.split(begun).skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()));
            }
            if let Some((_, body)) =
                code.split_once("fn kind(self) -> &'static str {").filter(|_| path.ends_with("board.rs"))
            {
                let body = body.split("fn ").next().unwrap();
                found.extend(body.split('"').skip(1).step_by(2).map(str::to_owned));
            }
        }
    }
    found
}

#[test]
fn every_kind_of_document_stands_in_the_page_about_them() {
    let page = fs::read_to_string(root().join("docs/json.md")).unwrap();
    let rows: Vec<&str> = page.lines().take_while(|line| *line != "## `queue`").collect();
    let kinds = kinds();
    assert!(kinds.len() >= 20, "only {kinds:?} were found");
    for kind in kinds {
        assert!(rows.iter().any(|line| line.contains(&format!("`{kind}`"))), "the envelope names no {kind}");
    }
    assert_eq!(rows.iter().filter(|line| line.starts_with("| `kind` |")).count(), 1);
}

#[test]
fn commands_are_told_from_prose() {
    let page = "`watchfloor` x `watchfloor status --json | jq .` y `watchfloor.toml`\n```\nTERM=dumb watchfloor demo  # z\n\
                cargo run --release -- demo\ncargo test\n```\nwatchfloor nothing\n```text\n watchfloor  payments\n```\n";
    let found: Vec<String> = commands(page).into_iter().map(|words| words.join(" ")).collect();
    assert_eq!(found, ["watchfloor", "watchfloor status --json", "watchfloor demo", "watchfloor demo"]);
}

#[test]
fn every_link_within_the_repository_leads_somewhere() {
    for (name, page) in pages() {
        let folder = root().join(&name).parent().unwrap().to_path_buf();
        for link in page.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let path = link.split('#').next().unwrap_or_default();
            if !path.is_empty() && !path.contains("://") {
                assert!(folder.join(path).exists(), "{name}: {link} leads nowhere");
            }
        }
    }
}

#[test]
fn the_changelog_has_room_for_what_is_not_released() {
    let page = fs::read_to_string(root().join("CHANGELOG.md")).unwrap();
    assert!(page.lines().any(|line| line == "## [Unreleased]"), "no section [Unreleased]");
}

#[test]
fn the_page_about_the_rota_says_as_the_audit_does_what_fails() {
    let page = fs::read_to_string(root().join("docs/guide/rota.md")).unwrap();
    let (_, failing) = page.split_once("| **fails** | |").unwrap();
    let (failing, others) = failing.split_once("| **warns** | |").unwrap();
    for name in ["gap", "unknown person", "unknown seat", "overlap", "duty on leave", "override without effect"] {
        assert!(failing.contains(&format!("\n| {name} |")) && !others.contains(&format!("\n| {name} |")), "{name}");
    }
    let (at, seat) = (parse_rfc3339("2026-11-20T00:00:00Z").unwrap(), || Text::scrub("primary"));
    let leave = DutyInLeave { person: seat(), seat: seat(), leave: 0, start: at, end: at };
    for found in [
        Finding::Overlap { seat: seat(), layers: vec![], people: vec![], start: at, end: at },
        Finding::DutyInLeave(leave),
        Finding::OverrideWithoutEffect { seat: seat(), index: 0, start: at, end: at },
    ] {
        assert_eq!(found.severity(), Severity::Fails, "{found:?}");
    }
}
