//! `watchfloor outbox`: what waits for the hosts, why, and since when.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use tokio::time::Instant;

use crate::{
    cli::{
        act::{self, told},
        args::{Common, Outbox, OutboxCommand},
        board, exit,
        failure::{Failure, complain, print},
        setup,
    },
    domain::{
        intent::{Intent, Progress},
        time::minus,
        zone::Zones,
    },
    shell::{
        clock::Clock,
        delivery::{self, Line},
        store::{
            Store, StoreError,
            lead::{Claim, Part},
            outbox::Step,
        },
    },
    sink::plain,
    text::Text,
};

/// How long `outbox send` stays with what waits.
const PATIENCE: Duration = Duration::from_secs(15 * 60);

/// How much of the end of a name is enough to mean it.
const ENOUGH: usize = 4;

/// Runs it.
///
/// # Errors
/// No state folder, or one that cannot be used; a name that means nothing or several.
pub async fn run(outbox: &Outbox, common: &Common, zones: &Zones) -> Result<u8, Failure> {
    let now = Clock::Wall.now();
    let folder = setup::state_folder(common)
        .ok_or_else(|| Failure::new(exit::NO, "there is no state folder", "set HOME, or give --state-dir"))?;
    let mut store = Store::open(&folder, now).map_err(|error| failed(&error))?;
    if let Some((_, lost)) = store.loss_lately(now) {
        complain(&format!("note: {lost}: what waited for a host before is not in this outbox"));
    }
    match &outbox.command {
        None => list(&store, false, outbox.printed.json, zones, now),
        Some(OutboxCommand::List { all, printed }) => {
            list(&store, *all, printed.json || outbox.printed.json, zones, now)
        }
        Some(OutboxCommand::Cancel { id }) => {
            let intent = find(&store, id, now)?;
            let step = store.cancel(&intent.id, now).map_err(|error| failed(&error))?;
            settle(&intent, &step, "taken back", "what was sent cannot be called back")
        }
        Some(OutboxCommand::Retry { id }) => {
            let intent = find(&store, id, now)?;
            let step = store.hurry(&intent.id, now).map_err(|error| failed(&error))?;
            let done = "it is tried as soon as the host may be asked";
            settle(&intent, &step, done, "only what waits can be tried again; ask for it anew")
        }
        Some(OutboxCommand::Send) => send(&mut store, &folder, common, zones, now).await,
    }
}

fn failed(error: &StoreError) -> Failure {
    Failure::new(exit::NO, error.to_string(), error.hint().unwrap_or("try again"))
}

fn known(store: &Store, all: bool, now: DateTime<Utc>) -> Result<Vec<Intent>, Failure> {
    let since = if all { minus(now, TimeDelta::days(7)) } else { DateTime::<Utc>::MAX_UTC };
    store.outbox(since).map_err(|error| failed(&error))
}

fn list(store: &Store, all: bool, json: bool, zones: &Zones, now: DateTime<Utc>) -> Result<u8, Failure> {
    let intents = known(store, all, now)?;
    if json {
        let listed: Vec<Value> = intents.iter().map(told::on_wire).collect();
        let document = board::document("outbox", zones, now).with("outbox", listed);
        print(&board::pretty(&document.value()))?;
        return Ok(exit::DONE);
    }
    let line = |intent: &Intent| {
        let since = format!("{} ago", told::age(intent, now));
        let why = told::why_of(&intent.progress).unwrap_or_else(|| match intent.progress {
            Progress::Waiting { .. } => "waits its turn".to_owned(),
            _ => String::new(),
        });
        [
            intent.id.to_string(),
            intent.progress.code().to_owned(),
            intent.target.to_string(),
            intent.act.words(),
            since,
            why,
        ]
    };
    let rows: Vec<[String; 6]> = intents.iter().map(line).collect();
    let nothing = if all { "nothing was asked of a host within seven days" } else { "nothing waits" };
    print(&if rows.is_empty() { nothing.to_owned() } else { plain::outbox::lines(&rows, super::show::width()) })?;
    Ok(exit::DONE)
}

fn find(store: &Store, written: &str, now: DateTime<Utc>) -> Result<Intent, Failure> {
    let wanted = written.trim().to_ascii_uppercase();
    let mut fits: Vec<Intent> = known(store, true, now)?;
    fits.retain(|intent| ENOUGH <= wanted.len() && intent.id.as_str().ends_with(&wanted));
    match (fits.pop(), fits.is_empty()) {
        (Some(only), true) => Ok(only),
        (Some(_), false) => {
            let what = format!("several names end in {}", Text::scrub(&wanted));
            Err(Failure::new(exit::USAGE, what, "write more of it"))
        }
        (None, _) => {
            let what = format!("nothing in the outbox is called {}", Text::scrub(&wanted));
            Err(Failure::new(exit::NO, what, "watchfloor outbox list --all shows the names; their end is enough"))
        }
    }
}

fn settle(intent: &Intent, step: &Step, done: &str, hint: &str) -> Result<u8, Failure> {
    let what = format!("{}: {}", intent.target, intent.act.words());
    match step {
        Step::Taken(_) => print(&format!("{what}: {done}")).map(|()| exit::DONE),
        Step::Stays(progress) => Err(Failure::new(exit::NO, format!("{what}: it is {}", progress.code()), hint)),
        Step::Missing => Err(Failure::new(exit::NO, format!("{what}: it is gone"), hint)),
    }
}

/// Delivers what waits, here and now, unless another process does.
async fn send(
    store: &mut Store,
    folder: &std::path::Path,
    common: &Common,
    zones: &Zones,
    now: DateTime<Utc>,
) -> Result<u8, Failure> {
    let acting = setup::set_up(common, zones)?.acting;
    if acting.is_read_only {
        return Err(Failure::new(exit::NO, "nothing is sent: this run is read-only", "leave out --read-only"));
    }
    let mut claim = Claim::new();
    if let Part::Follows(who) = claim.try_lead(folder, store).map_err(|error| failed(&error))? {
        let who = if who.is_blank() { "another process".to_owned() } else { who.to_string() };
        return Err(Failure::new(
            exit::COULD_NOT_JUDGE,
            format!("{who} delivers already"),
            "watchfloor outbox shows how far it is",
        ));
    }
    let quiet = || -> delivery::Tell { Box::new(|_| {}) };
    let lines = Line::all(&acting.hosts, folder, &acting.http, Clock::Wall, quiet).map_err(|error| failed(&error))?;
    let work = delivery::drain(lines, Instant::now() + PATIENCE, false);
    act::lead(work, &mut claim, folder, store).await.map_err(|error| failed(&error))?;
    let ended = store.outbox(now).map_err(|error| failed(&error))?;
    let (over, open): (Vec<Intent>, Vec<Intent>) = ended.into_iter().partition(|intent| intent.progress.is_over());
    let n_done = over.iter().filter(|intent| matches!(intent.progress, Progress::Done { .. })).count();
    let said = format!("{n_done} done, {} refused or taken back, {} waiting", over.len() - n_done, open.len());
    print(&said)?;
    Ok(if !open.is_empty() {
        exit::COULD_NOT_JUDGE
    } else if n_done < over.len() {
        exit::NO
    } else {
        exit::DONE
    })
}
