//! `watchfloor incident KEY …`: one incident whole, or why its clocks stand as they do.

use crate::{
    cli::{
        args::{Common, Incident, IncidentCommand},
        board, exit,
        failure::{Failure, complain, print},
        setup, show,
    },
    domain::{
        incident::IncidentKey,
        zone::{Zone, Zones},
    },
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
    let (page, printed) = match incident.command {
        None => (Page::Show, incident.printed),
        Some(IncidentCommand::Show(printed)) => (Page::Show, printed),
        Some(IncidentCommand::Why(printed)) => (Page::Why, printed),
    };
    let json = printed.json || incident.printed.json;
    print_page((page, json), &incident.key, None, common, zones).await
}

/// Prints why the clocks of an incident stand as they do: what `incident KEY why` and `sla why KEY` say. Its times are in
/// `zone`, or in that of the settings.
///
/// # Errors
/// As [`run`].
pub async fn why(key: &str, json: bool, zone: Option<Zone>, common: &Common, zones: &Zones) -> Result<u8, Failure> {
    print_page((Page::Why, json), key, zone, common, zones).await
}

async fn print_page(
    page: (Page, bool),
    key: &str,
    zone: Option<Zone>,
    common: &Common,
    zones: &Zones,
) -> Result<u8, Failure> {
    let wanted = Wanted::read(key).ok_or_else(|| {
        let hint = "write acme/api#812, or api#812 or 812 where that is enough";
        Failure::new(exit::USAGE, format!("\"{}\" is no key of an incident", Text::scrub(key)), hint)
    })?;
    let mut setup = setup::set_up(common, zones)?;
    setup.read_all().await;
    let now = setup.clock.now();
    for note in &setup.notes {
        complain(&format!("note: {}", Text::scrub(note)));
    }
    setup.floor.zone = zone.unwrap_or(setup.floor.zone);
    let floor = &setup.floor;
    let entry = find(floor, &wanted)?;
    let (whole, wide) = (zones.version(), show::width());
    print(&match page {
        (Page::Show, true) => board::pretty(&board::incident_json(floor, entry, whole, now)),
        (Page::Show, false) => board::incident_plain(floor, entry, wide, now),
        (Page::Why, true) => board::pretty(&board::why_json(floor, entry, whole, now)),
        (Page::Why, false) => board::why_plain(floor, entry, wide, now),
    })?;
    let is_away = floor.sources.get(entry.source.0).is_some_and(|source| source.trouble.is_some());
    Ok(if is_away { exit::COULD_NOT_JUDGE } else { exit::DONE })
}

/// A key as somebody typed it, as much of it as they did.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Wanted {
    /// `acme/api` or `api`; nothing = any repository.
    repository: Option<String>,
    number: u64,
}

impl Wanted {
    fn read(key: &str) -> Option<Self> {
        let key = key.trim();
        let (repository, number) = key.rsplit_once('#').unwrap_or(("", key));
        // Only digits: a sign is no part of a number here.
        let number = number.chars().all(|c| c.is_ascii_digit()).then(|| number.parse().ok())??;
        let repository = repository.trim();
        Some(Self { repository: (!repository.is_empty()).then(|| repository.to_owned()), number })
    }

    fn is_in(&self, key: &IncidentKey) -> bool {
        self.repository.as_ref().is_none_or(|wanted| {
            let name = if wanted.contains('/') { key.repo.full() } else { key.repo.short() };
            name.eq_ignore_ascii_case(wanted)
        })
    }

    fn names(&self, key: &IncidentKey) -> bool {
        key.number == self.number && self.is_in(key)
    }
}

fn find<'a>(floor: &'a Floor, wanted: &Wanted) -> Result<&'a Entry, Failure> {
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
    use chrono::{DateTime, TimeDelta, Utc};

    use super::*;
    use crate::{
        domain::{
            incident::{self, Kind, Repo},
            sla::Policy,
            trouble::Trouble,
        },
        floor::{
            fact::{Fact, Part, Polled, SourceId},
            freshness::Source,
        },
    };

    fn floor(keys: &[IncidentKey]) -> Floor {
        let source = Source::new(Text::scrub("github"), Feed::Host, TimeDelta::minutes(1));
        let mut floor = Floor::new(Text::scrub(""), Zone::utc(), Policy::standard(), vec![source]);
        let now = DateTime::<Utc>::UNIX_EPOCH;
        let item = |key: &IncidentKey| incident::Incident {
            key: key.clone(),
            kind: Kind::Issue,
            title: Text::scrub("it fails"),
            author: None,
            labels: Vec::new(),
            assignees: Vec::new(),
            opened_at: now,
            updated_at: now,
            closed_at: None,
            close_reason: None,
            comments: 0,
            url: Text::scrub(""),
            body: None,
            timeline: Vec::new(),
            has_timeline: true,
        };
        let items = keys.iter().map(item).collect();
        let (source, skipped, part, budget) = (SourceId(0), Vec::new(), Part::Last, None);
        floor.apply(Fact::Polled(Polled { source, items, skipped, n_skipped: 0, part, as_of: now, budget }), now);
        floor
    }

    /// The code and the words of the failure, or the key that was found.
    fn asked(floor: &Floor, typed: &str) -> Result<String, (u8, String)> {
        match find(floor, &Wanted::read(typed).unwrap()) {
            Ok(entry) => Ok(entry.incident.key.to_string()),
            Err(Failure::Other { code, what, hint }) => Err((code, format!("{what}; {}", hint.unwrap()))),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_key_that_fits_several_names_them_and_is_a_wrong_command_line() {
        let floor = floor(&[key("acme/web", 812), key("acme/api", 812), key("acme/api", 7)]);
        let wanted = "#812 could be acme/api#812, acme/web#812; write the repository as well";
        assert_eq!(asked(&floor, "812"), Err((exit::USAGE, wanted.to_owned())));
        assert_eq!(asked(&floor, "web#812"), Ok("acme/web#812".to_owned()));
        assert_eq!(asked(&floor, "7"), Ok("acme/api#7".to_owned()));
    }

    #[test]
    fn a_key_that_is_not_there_names_the_nearest() {
        let known = floor(&[key("acme/web", 900), key("acme/api", 7), key("acme/api", 814), key("acme/ios", 811)]);
        let wanted =
            "there is no incident api#812; the nearest are acme/api#814, acme/api#7, acme/ios#811, acme/web#900";
        assert_eq!(asked(&known, "api#812"), Err((exit::NO, wanted.to_owned())));
        let (code, words) = asked(&floor(&[]), "812").unwrap_err();
        assert!(code == exit::NO && words.contains("no source of incidents has told of any"), "{words}");
    }

    #[test]
    fn a_key_that_is_not_there_while_a_source_is_away_cannot_be_judged() {
        let mut floor = floor(&[key("acme/api", 7)]);
        let why = Text::scrub("connection refused");
        let failed = Fact::Failed { source: SourceId(0), trouble: Trouble::Away, why };
        floor.apply(failed, DateTime::<Utc>::UNIX_EPOCH);
        let (code, words) = asked(&floor, "812").unwrap_err();
        assert_eq!(code, exit::COULD_NOT_JUDGE);
        assert!(words.starts_with("find #812: github could not be read: away: connection refused"), "{words}");
        assert_eq!(asked(&floor, "7"), Ok("acme/api#7".to_owned()));
    }

    fn key(repo: &str, number: u64) -> IncidentKey {
        IncidentKey { repo: Repo::new(repo), number }
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
