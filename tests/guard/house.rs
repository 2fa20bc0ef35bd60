//! The rules on the house as it stands.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{
    lexer::Source,
    rules::{self, IMPORTS, LINES, LONGER},
};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Files below a folder, by their path from the root; what builds and version control make is left out.
fn files(folder: &Path, found: &mut Vec<String>) {
    let made = ["target", ".git", ".watchfloor"];
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        if made.contains(&name.as_str()) {
            continue;
        }
        if entry.file_type().unwrap().is_dir() {
            files(&path, found);
        } else {
            found.push(path.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/"));
        }
    }
}

/// The product's sources, without files that are tests as a whole.
fn sources() -> Vec<Source> {
    let mut paths = Vec::new();
    files(&root().join("src"), &mut paths);
    paths.retain(|path| path.ends_with(".rs"));
    let sources: Vec<_> =
        paths.iter().map(|path| Source::read(path, &fs::read_to_string(root().join(path)).unwrap())).collect();
    let tests: Vec<String> = sources.iter().flat_map(test_files).collect();
    sources.into_iter().filter(|source| !tests.contains(&source.path)).collect()
}

/// The files of the test modules that a file declares.
fn test_files(source: &Source) -> Vec<String> {
    let stem = source.path.trim_end_matches(".rs");
    let folder = ["/mod", "/lib", "/main"].iter().find_map(|end| stem.strip_suffix(end)).unwrap_or(stem);
    source.test_modules.iter().map(|name| format!("{folder}/{name}.rs")).collect()
}

#[test]
fn the_house_keeps_its_rules() {
    let sources = sources();
    assert!(sources.len() > 50, "only {} files were read", sources.len());
    let faults: Vec<String> = sources.iter().flat_map(rules::faults).collect();
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn exceptions_are_still_needed() {
    let sources = sources();
    for (path, most, why) in LONGER {
        let n_lines = sources.iter().find(|s| s.path == path).map_or(0, |s| s.n_lines);
        assert!(n_lines > LINES, "{path} has {n_lines} lines: take it out of LONGER ({most}: {why})");
    }
}

#[test]
fn no_committed_file_names_a_path_of_one_machine() {
    let mut paths = Vec::new();
    files(&root(), &mut paths);
    // The script of the checks takes the folder of test material through a variable, with this default.
    paths.retain(|path| path != ".ci/run");
    let texts = paths.iter().filter_map(|path| Some((path, fs::read_to_string(root().join(path)).ok()?)));
    let faults: Vec<String> = texts.flat_map(|(path, text)| rules::of_this_machine(path, &text)).collect();
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_import_table_is_the_one_in_the_architecture() {
    let page = fs::read_to_string(root().join("docs/ARCHITECTURE.md")).unwrap();
    let words = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    let rows = page.lines().skip_while(|line| !line.starts_with("| room | may import |")).skip(2);
    let mut written: Vec<(String, Vec<String>)> = Vec::new();
    for row in rows.take_while(|line| line.starts_with('|')) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').collect();
        let mut below = words(cells[1]);
        below.sort();
        written.extend(words(cells[0]).into_iter().map(|room| (room, below.clone())));
    }
    let mut expected: Vec<(String, Vec<String>)> = Vec::new();
    for (room, below) in IMPORTS {
        let mut below: Vec<String> = below.iter().map(|s| (*s).to_owned()).collect();
        below.sort();
        expected.push((room.to_owned(), below));
    }
    written.sort();
    expected.sort();
    assert_eq!(written, expected);
}
