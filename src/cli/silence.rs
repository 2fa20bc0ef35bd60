//! `watchfloor silence add|list|expire`.

use serde_json::json;

use crate::{
    cli::{
        args::{Common, Silence as Asked, SilenceCommand},
        exit,
        failure::{Failure, print},
        remote, setup,
    },
    domain::{
        notify::{Matcher, Silence, SilenceId, Status},
        time::{plus, rfc3339},
        zone::Zones,
    },
    shell::{channels::Ledger, clock::Clock},
    text::Text,
};

/// Runs it.
///
/// # Errors
/// The settings are wrong, there is no state folder, or what was asked for is no silence.
pub async fn run(asked: &Asked, common: &Common, zones: &Zones) -> Result<u8, Failure> {
    let now = common.now.map_or(Clock::Wall, Clock::Fixed).now();
    let setup = setup::set_up(common, zones)?;
    // Whoever keeps the state has made the folder, or said why not.
    let opened = setup.engine.keeper().with_now(|_| ());
    opened.map_err(|why| Failure::new(exit::NO, format!("open the state: {why}"), "see watchfloor doctor"))?;
    let folder = setup
        .acting
        .folder
        .as_ref()
        .ok_or_else(|| Failure::new(exit::CONFIG, "there is no state folder", "set HOME, or give --state-dir"))?;
    let failed = |why: String| Failure::new(exit::NO, format!("silences: {why}"), "see watchfloor doctor");
    let mut ledger = Ledger::open(folder).map_err(failed)?;
    match &asked.what {
        SilenceCommand::Add { matchers, length, comment, author, at } => {
            let usage = |why: String| Failure::new(exit::USAGE, why, "see watchfloor silence add --help");
            let matchers: Result<Vec<Matcher>, String> = matchers.iter().map(|one| Matcher::parse(one)).collect();
            let author = author.clone().unwrap_or_else(|| setup.me.as_str().to_owned());
            let silence = Silence {
                id: SilenceId(0),
                matchers: matchers.map_err(usage)?,
                from: now,
                until: plus(now, *length),
                author: Text::scrub(author.trim()),
                comment: Text::scrub(comment.trim()),
            };
            let silence = silence.checked().map_err(usage)?;
            if let Some(name) = at {
                return remote::silence(&setup, name, &silence).await;
            }
            let id = ledger.add_silence(&silence).map_err(failed)?;
            print(&format!("{id}: {} until {}", silence.selector(), rfc3339(silence.until)))?;
        }
        SilenceCommand::List { all, json } => {
            let kept = ledger.silences().map_err(failed)?;
            let mut silences: Vec<(String, Silence)> = kept.into_iter().map(|one| (one.id.to_string(), one)).collect();
            silences.extend(setup.notify.silences.iter().map(|one| ("settings".to_owned(), one.clone())));
            silences.retain(|(_, one)| *all || one.status(now) != Status::Expired);
            print(&if *json { as_json(&silences, now) } else { as_text(&silences, now) })?;
        }
        SilenceCommand::Expire { id } => {
            let named = u64::from_str_radix(id, 16).map(SilenceId);
            let named =
                named.map_err(|_| Failure::new(exit::USAGE, format!("{id} names no silence"), "see silence list"))?;
            if !ledger.expire(named, now).map_err(failed)? {
                return Err(Failure::new(exit::NO, format!("no silence {id} holds"), "see watchfloor silence list"));
            }
            print(&format!("{id} ended"))?;
        }
    }
    Ok(exit::DONE)
}

fn as_text(silences: &[(String, Silence)], now: chrono::DateTime<chrono::Utc>) -> String {
    if silences.is_empty() {
        return "no silence holds".to_owned();
    }
    let line = |(id, one): &(String, Silence)| {
        let (from, until) = (rfc3339(one.from), rfc3339(one.until));
        format!(
            "{id}  {}  {from} to {until}  {}: {}  {}",
            one.status(now).word(),
            one.author,
            one.comment,
            one.selector()
        )
    };
    silences.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn as_json(silences: &[(String, Silence)], now: chrono::DateTime<chrono::Utc>) -> String {
    let one = |(id, one): &(String, Silence)| {
        json!({
            "id": id,
            "status": one.status(now).word(),
            "matchers": one.matchers.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "from": rfc3339(one.from),
            "until": rfc3339(one.until),
            "author": one.author.as_str(),
            "comment": one.comment.as_str(),
        })
    };
    json!({ "format": 1, "silences": silences.iter().map(one).collect::<Vec<_>>() }).to_string()
}
