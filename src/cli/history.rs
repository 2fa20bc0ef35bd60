//! `watchfloor history`: what changed, by the record. Nobody is asked.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    cli::{
        args::{Common, History},
        board, exit,
        failure::{Failure, complain, print},
        setup, show,
    },
    domain::{incident::IncidentKey, time::minus, zone::Zones},
    shell::past::{Tales, Wanted},
    sink::{
        history::{self as sheet, Line},
        json::history as wire,
        plain::{Page, history as paper},
    },
    text::Text,
};

/// How far back the history goes where nothing is said.
const BACK: TimeDelta = TimeDelta::days(1);

/// Prints it.
///
/// # Errors
/// Wrong settings, a stretch that ends before it begins, a key that is none or names no incident on record, or a record that
/// cannot be read.
pub fn run(asked: &History, common: &Common, zones: &Zones) -> Result<u8, Failure> {
    let setup = setup::set_up(common, zones)?;
    let now = setup.clock.now();
    let failed = |why| Failure::new(exit::COULD_NOT_JUDGE, format!("read the record: {why}"), "see watchfloor doctor");
    if let Some(lost) = setup.engine.loss_lately() {
        complain(&format!("note: {lost}: what was on record before is not told here"));
    }
    let key = match &asked.key {
        Some(written) => Some(key_among(written, &setup.engine.recorded_keys().map_err(failed)?)?),
        None => None,
    };
    // What was put on record this very instant is part of "until now".
    let until = asked.until.map_or(DateTime::<Utc>::MAX_UTC, |when| when.instant(now));
    let beginning = if key.is_some() { DateTime::<Utc>::MIN_UTC } else { minus(now, BACK) };
    let since = asked.since.map_or(beginning, |when| when.instant(now));
    if until <= since {
        let hint = "--since is included and --until is not: --until must be later";
        return Err(Failure::new(exit::USAGE, "--until is not after --since", hint));
    }
    let wanted = Wanted { since, until, key, limit: asked.limit };
    let tales = setup.engine.tales(&wanted, &setup.floor.policy).map_err(failed)?;
    let known = setup.engine.known(now).map_err(failed)?;
    let Tales { lines, n_first_seen, is_cut } = &tales;
    let shown_since = known.since.filter(|_| since == DateTime::<Utc>::MIN_UTC).unwrap_or(since);
    let history = sheet::History {
        since: if shown_since == DateTime::<Utc>::MIN_UTC { now } else { shown_since },
        until: until.min(now),
        recorded_since: known.since,
        zone: &setup.floor.zone,
        key: wanted.key.as_ref(),
        lines: lines
            .iter()
            .map(|tale| Line {
                at: tale.at,
                key: tale.key.as_ref(),
                source: &tale.source,
                code: tale.code,
                what: &tale.what,
                by: tale.by.as_ref(),
                title: tale.title.as_ref(),
            })
            .collect(),
        n_first_seen: *n_first_seen,
        is_cut: *is_cut,
    };
    if asked.printed.json {
        let document = board::document("history", zones, now);
        print(&board::pretty(&wire::history(document, &history).value()))?;
    } else {
        let mut page = Page::new(show::width());
        paper::write(&mut page, &history);
        print(&page.finish())?;
    }
    Ok(if known.since.is_some() { exit::DONE } else { exit::COULD_NOT_JUDGE })
}

/// Keys named where what was typed is not enough.
const NAMED: usize = 8;

/// The incident on record that somebody means by `acme/api#812`, `api#812`, `#812` or `812`.
fn key_among(written: &str, known: &[IncidentKey]) -> Result<IncidentKey, Failure> {
    let typed = written.trim().trim_start_matches('#');
    let is_meant = |key: &&IncidentKey| {
        [key.to_string(), key.short(), key.name()].iter().any(|name| name.eq_ignore_ascii_case(typed))
    };
    let mut found: Vec<_> = known.iter().filter(is_meant).collect();
    found.sort();
    match found.as_slice() {
        [only] => Ok((*only).clone()),
        [] => {
            let what = format!("nothing is on record of an incident {}", Text::scrub(typed));
            Err(Failure::new(exit::NO, what, "write acme/api#812, or api#812 or 812 where that is enough"))
        }
        [..] => {
            let names: Vec<_> = found.iter().take(NAMED).map(ToString::to_string).collect();
            let what = format!("{} could be {}", Text::scrub(typed), names.join(", "));
            Err(Failure::new(exit::USAGE, what, "write the repository as well"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_much_of_a_key_as_is_enough_names_an_incident() {
        let known: Vec<_> =
            ["acme/api#812", "acme/web#812", "acme/api#code-7"].map(|k| IncidentKey::parse(k).unwrap()).into();
        let found = |written| key_among(written, &known).map(|key| key.to_string()).map_err(|_| ());
        assert_eq!(found("acme/web#812"), Ok("acme/web#812".to_owned()));
        assert_eq!(
            (found("API#812"), found("code-7")),
            (Ok("acme/api#812".to_owned()), Ok("acme/api#code-7".to_owned()))
        );
        assert_eq!((found("812"), found("9"), found("")), (Err(()), Err(()), Err(())));
    }
}
