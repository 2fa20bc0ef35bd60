//! The page of the rules: each rule stands there once, and each place and each test that it names is there.

use std::{collections::BTreeMap, fs, path::Path};

/// The first and the last rule the page has to tell of.
const RULES: (usize, usize) = (1, 35);

/// One row: the rule, its places (each a file, and a name in it), its tests.
struct Row {
    rule: String,
    places: Vec<(String, String)>,
    tests: Vec<String>,
}

/// The rows of the page's table.
fn rows(page: &str) -> Vec<Row> {
    let quoted = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    let of_line = |line: &str| {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [rule, _, place, tests] = cells.as_slice() else { panic!("no four cells: {line}") };
        let named = quoted(place);
        let (pairs, rest) = named.as_chunks::<2>();
        assert!(!pairs.is_empty() && rest.is_empty(), "{rule}: no file with a name in it: {place}");
        let places = pairs.iter().cloned().map(|[path, item]| (path, item)).collect();
        Row { rule: (*rule).to_owned(), places, tests: quoted(tests) }
    };
    page.lines().filter(|line| line.starts_with("| R")).map(of_line).collect()
}

/// Every Rust file below a folder, by its path, with its text.
fn texts(folder: &Path, found: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            texts(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.insert(path.to_string_lossy().into_owned(), fs::read_to_string(&path).unwrap());
        }
    }
}

fn faults(rows: &[Row], read: &dyn Fn(&str) -> Option<String>, has_test: &dyn Fn(&str) -> bool) -> Vec<String> {
    let mut faults = Vec::new();
    for n in RULES.0..=RULES.1 {
        let n_rows = rows.iter().filter(|row| row.rule == format!("R{n}")).count();
        if n_rows != 1 {
            faults.push(format!("R{n} stands there {n_rows} times"));
        }
    }
    for Row { rule, places, tests } in rows {
        for (path, item) in places {
            match read(path) {
                None => faults.push(format!("{rule}: there is no {path}")),
                Some(text) if !text.contains(item.as_str()) => faults.push(format!("{rule}: {path} has no {item}")),
                Some(_) => {}
            }
        }
        if tests.is_empty() {
            faults.push(format!("{rule}: no test proves it"));
        }
        faults
            .extend(tests.iter().filter(|test| !has_test(test)).map(|test| format!("{rule}: there is no test {test}")));
    }
    faults
}

#[test]
fn every_rule_names_a_place_and_a_test_that_are_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut code = BTreeMap::new();
    texts(&root.join("src"), &mut code);
    texts(&root.join("tests"), &mut code);
    let rows = rows(&fs::read_to_string(root.join("docs/rules.md")).unwrap());
    let has_test = |name: &str| code.values().any(|text| text.contains(&format!("fn {name}(")));
    let found = faults(&rows, &|path| fs::read_to_string(root.join(path)).ok(), &has_test);
    assert!(found.is_empty(), "docs/rules.md:\n{}", found.join("\n"));
}

#[test]
fn a_row_that_names_what_is_gone_is_noticed() {
    let page = "| R1 | says | `src/a.rs` `kept` | `it_holds` |\n| R2 | says | `src/b.rs` `kept` | `it_holds` |\n\
                | R3 | says | `src/a.rs` `gone` | `it_is_gone` |\n| R4 | says | `src/a.rs` `kept` | |";
    let read = |path: &str| (path == "src/a.rs").then(|| "fn kept() {}".to_owned());
    let found = faults(&rows(page), &read, &|test| test == "it_holds");
    assert!(found.starts_with(&["R5 stands there 0 times".to_owned()]), "{found:?}");
    let told = &found[found.len() - 4..];
    assert_eq!(
        told,
        [
            "R2: there is no src/b.rs",
            "R3: src/a.rs has no gone",
            "R3: there is no test it_is_gone",
            "R4: no test proves it",
        ]
    );
}
