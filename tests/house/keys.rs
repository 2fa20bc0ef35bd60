//! docs/keys.md is made from the action table: one table feeds the keymap, the help page, the palette and the page.

use std::{fmt::Write as _, fs, path::Path};

use watchfloor::{
    domain::query,
    tui::action::{Scope, TABLE},
};

const HEAD: &str = "\
# Keys

<!-- Made from the action table in src/tui/action.rs. To renew it: WATCHFLOOR_BLESS=1 cargo test --test house keys -->

`?` shows this list in the console, and typing there searches it; `:` finds an action by its name.
A key means what the nearest scope says: first the pane or the overlay in front, then lists, then everywhere.
Inside a text field printed characters are text.
The number of the pane that has the focus zooms it, and pressed again gives the screen back.
";

fn page() -> String {
    let mut page = HEAD.to_owned();
    for scope in Scope::ALL {
        let _ = writeln!(page, "\n## {}\n\n| keys | action | |\n|---|---|---|", scope.title());
        for spec in TABLE.iter().filter(|spec| spec.scope == scope) {
            let keys: Vec<String> = spec.keys.iter().map(|key| format!("`{key}`")).collect();
            let _ = writeln!(page, "| {} | `{}` | {} |", keys.join(" "), spec.name, spec.help);
        }
    }
    let fields: Vec<String> = query::fields().map(|field| format!("`{field}:`")).collect();
    let states: Vec<String> = query::states().map(|state| format!("`{state}`")).collect();
    let _ = writeln!(page, "\n## Asking\n\n`/` asks for some of the section. The fields are {}.", fields.join(" "));
    let _ = writeln!(page, "`is:` knows {}.", states.join(" "));
    page.push_str("A word finds titles, keys, repositories, labels and owners. `-` or `!` in front turns a term round. All terms must hold;\n");
    page.push_str("of values with a comma between them one must hold. [Queries](guide/queries.md) tells the rest.\n");
    page
}

#[test]
fn the_page_of_keys_says_what_the_table_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/keys.md");
    let page = page();
    if std::env::var_os("WATCHFLOOR_BLESS").is_some_and(|v| v == "1") {
        fs::write(&path, &page).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(written, page, "docs/keys.md is stale: WATCHFLOOR_BLESS=1 cargo test --test house keys");
}

#[test]
fn every_action_stands_on_the_page() {
    let page = page();
    for spec in TABLE {
        assert!(page.contains(&format!("| `{}` |", spec.name)), "{} is in a scope the page leaves out", spec.name);
    }
}
