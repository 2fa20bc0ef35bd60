//! `watchfloor incident KEY …`: one incident whole, or why its clocks stand as they do.

use chrono::{DateTime, Utc};

use crate::{
    cli::{
        act,
        args::{Common, Incident, IncidentCommand},
        board, exit,
        failure::{Failure, complain, print},
        setup, show,
    },
    domain::{incident::IncidentKey, zone::Zones},
    floor::{
        Floor,
        entry::Entry,
        freshness::{self, Feed},
    },
    text::Text,
};

/// Keys named where the one asked for is not there, or is not enough.
const NAMED: usize = 8;

/// What about an incident is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Page {
    Show,
    Why,
}

/// Runs it.
///
/// # Errors
/// Wrong settings; a key that is none, is ambiguous or names no incident; a source that is away.
pub async fn run(incident: &Incident, common: &Common, zones: &Zones) -> Result<u8, Failure> {
    let (page, json) = match &incident.command {
        None => (Page::Show, incident.printed.json),
        Some(IncidentCommand::Show(printed)) => (Page::Show, printed.json || incident.printed.json),
        Some(IncidentCommand::Why(printed)) => (Page::Why, printed.json || incident.printed.json),
        Some(command) => {
            let json = command.is_json() || incident.printed.json;
            return act::run(&incident.key, command, json, common, zones).await;
        }
    };
    print_page(page, &incident.key, json, common, zones).await
}

/// Prints why the clocks of an incident of a floor stand as they do: what `incident KEY why` and `sla why KEY` say.
///
/// # Errors
/// As [`run`].
pub fn why_on(floor: &Floor, key: &str, json: bool, zones: &Zones, now: DateTime<Utc>) -> Result<u8, Failure> {
    print_of(floor, Page::Why, key, json, zones, now)
}

async fn print_page(page: Page, key: &str, json: bool, common: &Common, zones: &Zones) -> Result<u8, Failure> {
    Wanted::read(key).ok_or_else(|| no_key(key))?;
    let mut setup = setup::set_up(common, zones)?;
    setup.read_all().await;
    for note in &setup.notes {
        complain(&format!("note: {}", Text::scrub(note)));
    }
    print_of(&setup.floor, page, key, json, zones, setup.clock.now())
}

pub(super) fn no_key(key: &str) -> Failure {
    let hint = "write acme/api#812, or api#812 or 812 where that is enough";
    Failure::new(exit::USAGE, format!("\"{}\" is no key of an incident", Text::scrub(key)), hint)
}

fn print_of(
    floor: &Floor,
    page: Page,
    key: &str,
    json: bool,
    zones: &Zones,
    now: DateTime<Utc>,
) -> Result<u8, Failure> {
    let wanted = Wanted::read(key).ok_or_else(|| no_key(key))?;
    let entry = find(floor, &wanted)?;
    let (whole, wide) = (zones.version(), show::width());
    print(&match (page, json) {
        (Page::Show, true) => board::pretty(&board::incident_json(floor, entry, whole, now)),
        (Page::Show, false) => board::incident_plain(floor, entry, wide, now),
        (Page::Why, true) => board::pretty(&board::why_json(floor, entry, whole, now)),
        (Page::Why, false) => board::why_plain(floor, entry, wide, now),
    })?;
    let is_away = floor.sources.get(entry.source.0).is_some_and(|source| source.trouble.is_some());
    let is_untold = page == Page::Show && floor.roster_away().is_some();
    Ok(if is_away || is_untold { exit::COULD_NOT_JUDGE } else { exit::DONE })
}

/// A key as somebody typed it, as much of it as they did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wanted {
    /// `acme/api` or `api`; nothing = any repository.
    repository: Option<String>,
    pub(super) number: u64,
}

impl Wanted {
    pub(super) fn read(key: &str) -> Option<Self> {
        let key = key.trim();
        let (repository, number) = key.rsplit_once('#').unwrap_or(("", key));
        // Only digits: a sign is no part of a number here.
        let number = number.chars().all(|c| c.is_ascii_digit()).then(|| number.parse().ok())??;
        let repository = repository.trim();
        Some(Self { repository: (!repository.is_empty()).then(|| repository.to_owned()), number })
    }

    pub(super) fn is_in(&self, key: &IncidentKey) -> bool {
        self.repository.as_ref().is_none_or(|wanted| {
            let name = if wanted.contains('/') { key.repo.full() } else { key.repo.short() };
            name.eq_ignore_ascii_case(wanted)
        })
    }

    fn names(&self, key: &IncidentKey) -> bool {
        key.number == self.number && self.is_in(key)
    }
}

pub(super) fn find<'a>(floor: &'a Floor, wanted: &Wanted) -> Result<&'a Entry, Failure> {
    let mut found: Vec<&Entry> =
        floor.queue().entries().iter().filter(|entry| wanted.names(&entry.incident.key)).collect();
    found.sort_by(|a, b| a.incident.key.cmp(&b.incident.key));
    match found.as_slice() {
        [only] => Ok(only),
        [] => Err(missing(floor, wanted)),
        [..] => {
            let keys: Vec<&IncidentKey> = found.iter().map(|entry| &entry.incident.key).collect();
            let what = format!("{} could be {}", wanted_words(wanted), listed(&keys));
            Err(Failure::new(exit::USAGE, what, "write the repository as well"))
        }
    }
}

fn missing(floor: &Floor, wanted: &Wanted) -> Failure {
    let tells = |source: &&freshness::Source| matches!(source.feed, Feed::Host | Feed::History);
    let away = floor.sources.iter().filter(tells).find_map(|source| Some((source, source.trouble.as_ref()?)));
    if let Some((source, (trouble, _, why))) = away {
        let what =
            format!("find {}: {} could not be read: {}: {why}", wanted_words(wanted), source.name, trouble.word());
        return Failure::new(exit::COULD_NOT_JUDGE, what, "watchfloor doctor says what was found, and what was not");
    }
    let near = nearest(floor, wanted);
    let hint = match near.as_slice() {
        [] => "no source of incidents has told of any; watchfloor doctor says what was found".to_owned(),
        [..] => format!("the nearest are {}", listed(&near)),
    };
    Failure::new(exit::NO, format!("there is no incident {}", wanted_words(wanted)), hint)
}

/// The same number elsewhere first, then the nearest numbers of the repository meant, then those of any.
fn nearest<'a>(floor: &'a Floor, wanted: &Wanted) -> Vec<&'a IncidentKey> {
    let mut keys: Vec<&IncidentKey> = floor.queue().entries().iter().map(|entry| &entry.incident.key).collect();
    let rank = |key: &&IncidentKey| {
        let away = key.number.abs_diff(wanted.number);
        (0 < away && !wanted.is_in(key), away)
    };
    keys.sort_by(|a, b| rank(a).cmp(&rank(b)).then_with(|| a.cmp(b)));
    keys.truncate(NAMED);
    keys
}

fn wanted_words(wanted: &Wanted) -> String {
    let repository = wanted.repository.as_deref().unwrap_or_default();
    Text::scrub(&format!("{repository}#{}", wanted.number)).to_string()
}

fn listed(keys: &[&IncidentKey]) -> String {
    let shown: Vec<String> = keys.iter().take(NAMED).map(ToString::to_string).collect();
    let more = keys.len().saturating_sub(NAMED);
    let rest = if 0 < more { format!(" and {more} more") } else { String::new() };
    format!("{}{rest}", shown.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::incident::Repo;

    fn key(repo: &str, number: u64) -> IncidentKey {
        IncidentKey::issue(Repo::new(repo), number)
    }

    #[test]
    fn a_key_is_read_whole_or_in_part() {
        let read = |typed| Wanted::read(typed).map(|w| (w.repository, w.number));
        assert_eq!(read("acme/api#812"), Some((Some("acme/api".to_owned()), 812)));
        assert_eq!(read("api#812"), Some((Some("api".to_owned()), 812)));
        assert_eq!((read("812"), read("#812")), (Some((None, 812)), Some((None, 812))));
        for none in ["", "#", "api", "api#", "api#x", "+812", "-1", "api#99999999999999999999999"] {
            assert_eq!(read(none), None, "{none}");
        }
    }

    #[test]
    fn as_much_as_was_typed_must_fit() {
        let fits = |typed: &str, known: &IncidentKey| Wanted::read(typed).unwrap().names(known);
        let api = key("acme/api", 812);
        assert!(["acme/api#812", "ACME/API#812", "api#812", "812"].iter().all(|typed| fits(typed, &api)));
        assert!(!["other/api#812", "acme#812", "pi#812", "81"].iter().any(|typed| fits(typed, &api)));
    }
}
