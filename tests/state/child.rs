//! What a child does. Run without its variables it does nothing.

use std::{
    env,
    io::Write as _,
    path::{Path, PathBuf},
    time::Duration,
};

use chrono::{DateTime, Utc};
use watchfloor::{
    domain::{
        host::Reach,
        incident::{Incident, IncidentKey, Kind, Login, Repo},
        time::parse_rfc3339,
    },
    floor::fact::{Fact, Role},
    shell::{
        clock::Clock,
        keeper::{Keeper, Place},
        store::{Deed, Did, Heard, Round, Store},
    },
    text::{Passage, Text},
};

use crate::scene::{FOLDER, PART};

pub fn now() -> DateTime<Utc> {
    parse_rfc3339("2026-11-20T14:00:00Z").unwrap()
}

pub fn github() -> Text {
    Text::scrub("github")
}

/// Incidents that one recording changes together.
pub const ITEMS: u64 = 12;

/// The `n`th thing to be recorded: every incident, every text and the cursor say `n`.
pub fn heard(n: u64) -> Heard {
    let item = |number| Incident {
        key: IncidentKey::issue(Repo::new("acme/api"), number),
        kind: Kind::Issue,
        title: Text::scrub(&n.to_string()),
        author: Some(Login::new("ann")),
        labels: Vec::new(),
        assignees: Vec::new(),
        reviewers: Vec::new(),
        milestone: None,
        is_draft: false,
        opened_at: now(),
        updated_at: now(),
        closed_at: None,
        close_reason: None,
        comments: 0,
        url: Text::default(),
        // Long enough for several pages of the file.
        body: Some(Box::new(Passage::scrub(&format!("{n} ").repeat(2_000)))),
        timeline: Vec::new(),
        has_timeline: true,
    };
    Heard {
        items: (1..=ITEMS).map(item).collect(),
        round: Some(Round::Told { reach: Reach::Whole, as_of: now(), budget: None, skipped: Vec::new() }),
        cursors: vec![("n".to_owned(), Some(n.to_string().into_bytes()))],
        ..Heard::of(github())
    }
}

/// How many recordings a store holds; every part of it must say the same.
pub fn recorded(folder: &Path) -> u64 {
    let store = Store::open(folder, now()).unwrap();
    assert_eq!(store.set_aside(), None);
    store.check().unwrap();
    let cursors = store.cursors(&github()).unwrap();
    let n = cursors.first().map_or(0, |(_, value)| std::str::from_utf8(value).unwrap().parse().unwrap());
    let items = store.mirror(&github()).unwrap().items;
    assert_eq!(items.len() as u64, if n == 0 { 0 } else { ITEMS });
    for item in &items {
        assert_eq!(item.title.as_str(), n.to_string());
        let text = store.opening_text(&item.key).unwrap().unwrap();
        assert!(text.as_str().starts_with(&format!("{n} ")));
    }
    assert_eq!(store.facts_after(0).unwrap().len() as u64, n * (ITEMS + 1));
    n
}

fn say(what: &str) {
    let mut out = std::io::stdout().lock();
    // The line before may be the test runner's, which ends with no line break.
    writeln!(out, "\n{what}").unwrap();
    out.flush().unwrap();
}

#[test]
fn plays_its_part() {
    let Some(folder) = env::var_os(FOLDER).map(PathBuf::from) else { return };
    match env::var(PART).unwrap().as_str() {
        "records" => {
            let mut store = Store::open(&folder, now()).unwrap();
            say("ready");
            let from = store.cursors(&github()).unwrap().len() as u64;
            for n in from + 1..=8 {
                store.record(&heard(n), now()).unwrap();
                say(&format!("saved {n}"));
            }
        }
        part => stands(&folder, part),
    }
}

/// A console without a screen: says which part it plays and what it hears, for a while.
fn stands(folder: &Path, part: &str) {
    let (tell, mut facts) = tokio::sync::mpsc::channel(256);
    let keeper = Keeper::start(Place::Folder(folder.to_owned()), Clock::Wall, vec![github()], tell);
    keeper.stand();
    if part == "acts" {
        let key = IncidentKey::issue(Repo::new("acme/api"), 1);
        let began = std::time::Instant::now();
        keeper.did(vec![Did { key, deed: Deed::TakeOn, by: Login::new("ann"), at: now() }]);
        say(&format!("handed over in {} ms", began.elapsed().as_millis()));
    }
    let end = std::time::Instant::now() + Duration::from_secs(60);
    while std::time::Instant::now() < end {
        match facts.try_recv() {
            Ok(Fact::Plays(Role::Syncs)) => say("leads"),
            Ok(Fact::Plays(Role::Follows { .. })) => say("follows"),
            Ok(Fact::Plays(Role::Alone)) => say("alone"),
            Ok(Fact::Told { what, .. }) => say(&format!("told {what}")),
            Ok(_) => {}
            Err(_) => std::thread::sleep(Duration::from_millis(5)),
        }
    }
}
