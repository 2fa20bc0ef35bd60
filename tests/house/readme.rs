//! What the pages tell a person to type can be typed, and what they point at is there.

use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::Parser as _;
use watchfloor::cli::args::Cli;

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
    let words = rest.split_whitespace().take_while(|word| !stops.contains(word));
    Some(std::iter::once("watchfloor").chain(words).map(str::to_owned).collect())
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
