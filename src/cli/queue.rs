//! `watchfloor queue`: the incidents, all that are open or some, as text or JSON.

use chrono::{DateTime, Utc};
use serde_json::Value;

use crate::{
    cli::{
        args::{Common, Queue as Args},
        board::{self, Part},
        exit,
        failure::{Failure, complain, print},
        setup, show,
        then::{self, Then},
    },
    domain::{
        query::{By, Group, Me, Query, Section, Sort, usual},
        trouble::nearest,
        zone::Zones,
    },
    floor::{
        Floor,
        listing::{self, Listing},
    },
    sink::{
        board::Listed,
        json,
        plain::{self, Page},
    },
    text::Text,
};

/// What is asked for, read.
#[derive(Debug, Clone, PartialEq)]
pub struct Ask {
    /// The section's name; nothing = none was named.
    section: Option<Text>,
    query: Query,
    sort: Sort,
    group: Option<Group>,
    /// Nothing was asked for in particular: everything that is open and not snoozed.
    is_plain: bool,
}

impl Ask {
    /// Reads what was asked for on the command line; `sections` are those of the settings, none = the usual ones.
    ///
    /// # Errors
    /// A name or a word that is not known, or a query that cannot be read.
    pub fn read(asked: &crate::cli::args::Ask, sections: &[Section]) -> Result<Self, Failure> {
        let section = asked.section.as_deref().map(|name| section(name, sections)).transpose()?;
        let typed = asked.query.as_deref().map(query).transpose()?;
        let sort = asked.sort.as_deref().map(|word| {
            let known = By::WORDS.iter().map(|(word, _)| *word);
            Sort::parse(word).ok_or_else(|| unknown("--sort", word, known))
        });
        let group = asked.group.as_deref().map(|word| {
            let known = Group::WORDS.iter().map(|(word, _)| *word);
            Group::parse(word).ok_or_else(|| unknown("--group", word, known))
        });
        let (sort, group) = (sort.transpose()?, group.transpose()?);
        let of = section.clone().unwrap_or_default();
        let typed = typed.unwrap_or_default();
        let query = of.query.and(&typed);
        Ok(Self {
            section: section.map(|section| section.name),
            query,
            sort: sort.or(typed.sort()).unwrap_or(of.sorted()),
            group: group.or(typed.group()).or(of.grouped()),
            is_plain: asked.is_plain(),
        })
    }

    /// What it finds on a settled floor.
    fn listing(&self, floor: &Floor, me: &Me, now: DateTime<Utc>) -> Listing {
        listing::listing(floor, &self.query, self.sort, self.group, me, now)
    }

    /// The same, judged, for a sink.
    fn listed<'f>(&self, floor: &'f Floor, me: &Me, now: DateTime<Utc>) -> Listed<'f> {
        let Listing { places, headings } = self.listing(floor, me, now);
        let entries = places.into_iter().filter_map(|place| floor.queue().entry(place));
        Listed {
            is_known: floor.knows_incidents(),
            section: self.section.clone(),
            query: Text::scrub(&self.query.to_string()),
            sort: Text::scrub(&self.sort.to_string()),
            group: self.group.map(|group| Text::scrub(&group.to_string())),
            headings: headings.into_iter().map(|heading| (heading.name, heading.n)).collect(),
            items: entries.map(|entry| board::judged(floor, entry, now)).collect(),
        }
    }
}

fn section(name: &str, sections: &[Section]) -> Result<Section, Failure> {
    let usual = if sections.is_empty() { usual() } else { Vec::new() };
    let all = || sections.iter().chain(&usual);
    let found = all().find(|section| section.name.as_str().eq_ignore_ascii_case(name.trim()));
    found.cloned().ok_or_else(|| unknown("--section", name, all().map(|section| section.name.as_str())))
}

fn query(written: &str) -> Result<Query, Failure> {
    Query::strict(written).map_err(|faults| {
        let said: Vec<String> = faults.iter().map(|f| format!("column {}: {}", f.from + 1, f.what)).collect();
        let hint = faults.first().map(|fault| fault.hint.to_string()).unwrap_or_default();
        Failure::new(exit::USAGE, format!("read --query: {}", said.join("; ")), hint)
    })
}

fn unknown<'a>(what: &str, written: &str, known: impl Iterator<Item = &'a str> + Clone) -> Failure {
    // Of one letter everything short is a slip.
    let n_letters = written.trim_start_matches('-').chars().count();
    let hint = match nearest(written, known.clone()).filter(|_| 1 < n_letters) {
        Some(word) => format!("did you mean {word}?"),
        None => format!("there are: {}", known.collect::<Vec<_>>().join(", ")),
    };
    Failure::new(exit::USAGE, format!("read {what}: \"{}\" is not known", Text::scrub(written)), hint)
}

/// Prints the incidents.
///
/// # Errors
/// Wrong settings, or something that cannot be asked for.
pub async fn run(asked: &Args, common: &Common, zones: &Zones) -> Result<u8, Failure> {
    let mut setup = setup::set_up(common, zones)?;
    let ask = Ask::read(&asked.ask, &setup.sections)?;
    if let Some(at) = asked.at {
        let known = Then::of(&setup, at, zones)?;
        let me = known.floor.known_as(&setup.me);
        return then(&known, &ask, &me, asked.printed.json, zones);
    }
    setup.read_all().await;
    let now = setup.judged_at();
    for note in &setup.notes {
        complain(&format!("note: {}", Text::scrub(note)));
    }
    for warning in &setup.warnings {
        complain(&format!("warning: {warning}"));
    }
    let me = setup.floor.known_as(&setup.me);
    print_queue(&setup.floor, &ask, &me, asked.printed.json, zones, now)?;
    Ok(show::code(&setup.floor, Part::Queue))
}

/// Prints the incidents as they were known at an earlier instant.
fn then(then: &Then, ask: &Ask, me: &Me, is_json: bool, zones: &Zones) -> Result<u8, Failure> {
    let at = then.known.at;
    let text = match (then.known.is_known(), is_json) {
        (true, true) => {
            let mut document = json(&then.floor, ask, me, zones.version(), at);
            then::mark_json(&mut document, &then.known);
            board::pretty(&document)
        }
        (true, false) => {
            let mark = then::mark(&then.known, &then.floor);
            format!("{mark}{}", plain(&then.floor, ask, me, show::width(), at))
        }
        (false, true) => board::pretty(&then::json_of(then, Part::Queue, zones)),
        (false, false) => then::plain_of(then, Part::Queue, show::width()),
    };
    print(&text)?;
    Ok(then::code(then, Part::Queue))
}

/// Prints the incidents of a settled floor.
///
/// # Errors
/// Standard output is full or closed.
pub fn print_queue(
    floor: &Floor,
    ask: &Ask,
    me: &Me,
    json: bool,
    zones: &Zones,
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    if json {
        return print(&board::pretty(&self::json(floor, ask, me, zones.version(), now)));
    }
    print(&plain(floor, ask, me, show::width(), now))
}

/// The incidents as JSON (`docs/json.md`): the queue whole as in every board, and at the top as `items` those that were
/// asked for.
pub fn json(floor: &Floor, ask: &Ask, me: &Me, zones_version: &str, now: DateTime<Utc>) -> Value {
    let listed = ask.listed(floor, me, now);
    let sources: Vec<_> = board::sources(floor, Part::Queue, now).iter().map(json::source::Source::of).collect();
    let items: Vec<_> = listed.items.iter().map(|judged| json::incident::Incident::of(judged, now)).collect();
    board::of_one(floor, Part::Queue.kind(), zones_version, now)
        .with("asked", json::incident::Asked::of(&listed))
        .with("groups", json::incident::Group::all(&listed))
        .with("items", items)
        .with("queue", json::incident::Queue::of(&board::queue(floor, now), now))
        .with("alerts", json::alert::rows(&floor.alarm_rows(now)))
        .with("sources", sources)
        .value()
}

/// The incidents as plain text.
pub fn plain(floor: &Floor, ask: &Ask, me: &Me, width: usize, now: DateTime<Utc>) -> String {
    if ask.is_plain {
        return board::plain(floor, Part::Queue, width, now);
    }
    let mut page = Page::new(width);
    let (listed, told_by) = (ask.listed(floor, me, now), board::sources(floor, Part::Queue, now));
    page.heading(&floor.team, &floor.zone, now);
    page.blank();
    let mut alarms = floor.alarm_rows(now);
    alarms.retain(|alarm| ask.query.passes_alarm(alarm, me, now));
    plain::alert::firing(&mut page, &alarms, plain::Depth::Whole, now);
    plain::incident::listed(&mut page, &board::queue(floor, now), &listed, &told_by, now);
    plain::source::write_told_by(&mut page, &told_by, &floor.zone);
    page.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cli::args,
        demo::World,
        domain::{incident::Login, time::parse_rfc3339},
    };

    fn now() -> DateTime<Utc> {
        parse_rfc3339("2026-11-20T02:12:00Z").unwrap()
    }

    fn floor() -> Floor {
        let mut world = World::new(7, now(), 60, &Zones::bundled());
        let mut floor = world.floor();
        for fact in world.opening() {
            floor.apply(fact, now());
        }
        floor.settle(now());
        floor
    }

    fn asked(query: &str, section: &str, group: &str, sort: &str) -> Result<Ask, Failure> {
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let ask = args::Ask { query: some(query), section: some(section), group: some(group), sort: some(sort) };
        Ask::read(&ask, &[])
    }

    fn keys(document: &Value, at: &str) -> Vec<String> {
        let items = document.pointer(at).unwrap().as_array().unwrap();
        items.iter().map(|item| item["key"].as_str().unwrap().to_owned()).collect()
    }

    fn document(ask: &Ask) -> Value {
        json(&floor(), ask, &Me::new([Login::new("kai.n")]), "2026a", now())
    }

    #[test]
    fn without_a_question_the_items_are_the_queue_and_each_says_what_a_program_needs() {
        let document = document(&asked("", "", "", "").unwrap());
        assert_eq!(keys(&document, "/items"), keys(&document, "/queue/incidents"));
        let item = &document["items"][0];
        for field in [
            "key",
            "title",
            "priority",
            "clocks",
            "kind",
            "milestone",
            "reviewers",
            "draft",
            "snoozed_until",
            "pending",
        ] {
            assert!(item.get(field).is_some(), "{field}");
        }
        assert_eq!((&document["kind"], &document["groups"]), (&"queue".into(), &serde_json::json!([])));
    }

    #[test]
    fn a_question_leaves_the_queue_whole_and_the_flags_go_before_the_query() {
        let document = document(&asked("p:0,1 sort:age group:label", "pressing", "repository", "-age").unwrap());
        let (items, all) = (keys(&document, "/items"), keys(&document, "/queue/incidents"));
        assert!(!items.is_empty() && items.len() < all.len());
        let asked = &document["asked"];
        assert_eq!(asked["section"], "Pressing");
        assert_eq!(asked["query"], "is:over,risk priority:p0,p1 sort:age group:label");
        assert_eq!((&asked["sort"], &asked["group"]), (&"-age".into(), &"repository".into()));
        let counts = document["groups"].as_array().unwrap().iter().map(|group| group["count"].as_u64().unwrap());
        assert_eq!(counts.sum::<u64>(), items.len() as u64);
    }

    #[test]
    fn text_has_a_heading_for_each_run() {
        let ask = asked("is:over", "", "repo", "").unwrap();
        let page = plain(&floor(), &ask, &Me::default(), 100, now());
        assert!(page.contains("INCIDENTS  3 of 45 open: is:over, sorted by breach"), "{page}");
        assert!(page.lines().any(|line| line.starts_with("acme/api  ")), "{page}");
        assert!(page.contains("api#812"), "{page}");
    }

    #[test]
    fn what_cannot_be_asked_for_is_said_with_what_can() {
        for (query, section, group, sort, what, says) in [
            ("a is:opne", "", "", "", "column 3: is: cannot be \"opne\"", "did you mean open?"),
            ("", "Minee", "", "", "read --section: \"Minee\" is not known", "did you mean Mine?"),
            ("", "", "team", "", "read --group: \"team\" is not known", "there are: repository"),
            ("", "", "", "ages", "read --sort: \"ages\" is not known", "did you mean age?"),
        ] {
            let Err(Failure::Other { code, what: said, hint }) = asked(query, section, group, sort) else { panic!() };
            assert_eq!(code, exit::USAGE);
            assert!(said.contains(what) && hint.as_ref().unwrap().contains(says), "{said} {hint:?}");
        }
    }
}
