//! `watchfloor duties …`: the standing work as it stands, ticked, as a month, as a calendar file.

pub mod check;
mod export;

use chrono::{DateTime, Days, NaiveDate, Utc};

use crate::{
    cli::{
        args::{Common, Done, Duties, DutiesCommand},
        board, exit,
        failure::{Failure, complain, print},
        setup::{self, Setup},
        show,
    },
    domain::{
        duty::{judge::State, month},
        record::Act,
        trouble::nearest,
        zone::Zones,
    },
    floor::{
        Floor,
        duties::Tended,
        effect::{Effect, Note},
        fact::{Fact, Went},
        freshness::{Feed, Source},
    },
    sink::{
        duty::{Row, TurnRow},
        json::duty as wire,
        plain::{Page, duty as paper},
    },
    text::Text,
};

/// Runs it.
///
/// # Errors
/// Wrong settings, no duty, a name that is none, a record or a file that cannot be written.
pub async fn run(asked: &Duties, common: &Common, zones: &Zones) -> Result<u8, Failure> {
    let mut setup = setup::set_up(common, zones)?;
    setup.recall().await;
    setup.read_feed(Feed::Roster).await;
    setup.read_feed(Feed::Duties).await;
    let now = setup.printed_at();
    if setup.floor.duties().all().is_empty() {
        let hint = "write [[duty]] in watchfloor.toml: watchfloor config default shows how";
        return Err(Failure::new(exit::CONFIG, "find a duty: the settings name none", hint));
    }
    let json = asked.printed.json;
    match &asked.command {
        None => list(&setup.floor, (None, None), json, zones, now)?,
        Some(DutiesCommand::List { from, to, printed }) => {
            list(&setup.floor, (*from, *to), json || printed.json, zones, now)?;
        }
        Some(DutiesCommand::Done(asked)) => return done(&mut setup, asked, now),
        Some(DutiesCommand::Calendar { month }) => {
            let of = month.unwrap_or_else(|| setup.floor.zone.local(now).date());
            let turns = turns(&setup.floor, month::away(of, 0), month::last(of), now);
            let mut page = Page::new(show::width());
            paper::calendar(&mut page, of, &turns, &setup.floor.zone, now);
            print(&page.finish())?;
        }
        Some(DutiesCommand::Export { out, from, to }) => return export::run(&setup, out.as_deref(), (*from, *to), now),
    }
    troubles(&setup.floor).iter().for_each(|what| complain(&format!("note: {what}")));
    let is_whole = setup.floor.sources_of(Feed::Duties).all(Source::is_whole);
    Ok(if is_whole { exit::DONE } else { exit::COULD_NOT_JUDGE })
}

/// What of the duties could not be read.
pub(super) fn troubles(floor: &Floor) -> Vec<Text> {
    let sources = floor.sources_of(Feed::Duties);
    let of = |source: &Source| {
        let trouble = source.trouble.as_ref().map(|(trouble, _, why)| format!("{}: {why}", trouble.word()));
        let left_out = source.left_out();
        trouble.into_iter().chain(left_out).map(|what| Text::scrub(&what)).collect::<Vec<_>>()
    };
    sources.flat_map(of).collect()
}

/// The duties of a settled floor, for a sink.
pub(super) fn rows<'f>(floor: &'f Floor) -> Vec<Row<'f>> {
    let of = |tended: &Tended| -> Vec<_> {
        tended.head().map(|head| floor.people_for(&tended.duty.owner, head.turn.at)).unwrap_or_default()
    };
    let row = |tended: &'f Tended| -> Option<Row<'f>> {
        let standing = tended.standing.as_ref()?;
        Some(Row { duty: &tended.duty, standing, people: of(tended), blind: tended.blind() })
    };
    floor.duties().all().iter().filter_map(row).collect()
}

fn turns(floor: &Floor, from: NaiveDate, to: NaiveDate, now: DateTime<Utc>) -> Vec<TurnRow<'_>> {
    let all = floor.duties().between(from, to, now).into_iter();
    all.map(|(tended, judged)| {
        let people = floor.people_for(&tended.duty.owner, judged.turn.at);
        TurnRow { duty: &tended.duty, judged, people }
    })
    .collect()
}

/// What is told without --from and --to: from a week ago, until 30 days on.
const BACK: Days = Days::new(7);
const AHEAD: Days = Days::new(30);

type Stretch = (Option<NaiveDate>, Option<NaiveDate>);

fn list(floor: &Floor, asked: Stretch, json: bool, zones: &Zones, now: DateTime<Utc>) -> Result<(), Failure> {
    let today = floor.zone.local(now).date();
    let from = asked.0.or_else(|| today.checked_sub_days(BACK)).unwrap_or(today);
    let to = asked.1.or_else(|| from.max(today).checked_add_days(AHEAD)).unwrap_or(today);
    if to < from {
        return Err(Failure::new(exit::USAGE, format!("list from {from} to {to}"), "--to is not before --from"));
    }
    if json {
        let on_wire: Vec<_> = rows(floor).iter().map(|row| wire::Row::of(row, now)).collect();
        let turns: Vec<_> = turns(floor, from, to, now).iter().map(|row| wire::Named::of(row, now)).collect();
        let document = board::document("duties", zones, now).with("from", from.to_string()).with("to", to.to_string());
        return print(&board::pretty(&document.with("duties", on_wire).with("turns", turns).value()));
    }
    let mut page = Page::new(show::width());
    page.heading(&floor.team, &floor.zone, now);
    page.blank();
    if asked == (None, None) {
        paper::list(&mut page, &rows(floor), now);
    } else {
        paper::turns(&mut page, &turns(floor, from, to, now), now);
    }
    print(&page.finish())
}

fn done(setup: &mut Setup, asked: &Done, now: DateTime<Utc>) -> Result<u8, Failure> {
    let floor = &setup.floor;
    let Some(tended) = floor.duties().find(&asked.name) else {
        let names = floor.duties().all().iter().map(|tended| tended.duty.name.as_str());
        let hint = match nearest(&asked.name, names) {
            Some(near) => format!("did you mean \"{near}\"?"),
            None => "watchfloor duties lists them".to_owned(),
        };
        let what = format!("find a duty called {}", Text::scrub(&asked.name));
        return Err(Failure::new(exit::USAGE, what, hint));
    };
    let duty = &tended.duty;
    let day = match asked.day {
        Some(day) if duty.turns(day, day).is_empty() => {
            let what = format!("tick {}: it has no turn on {day}", duty.name);
            return Err(Failure::new(exit::USAGE, what, "watchfloor duties list --from DAY --to DAY names its turns"));
        }
        Some(day) => day,
        None => day_to_tick(tended)?,
    };
    let at = asked.at.map(|at| at.at(&duty.zone));
    if at.is_some_and(|at| now < at) {
        return Err(Failure::new(
            exit::USAGE,
            format!("tick {}: --at is ahead of now", duty.name),
            "say when it was done",
        ));
    }
    let act = if asked.undo { Act::Undone } else { Act::Done };
    let note = Text::scrub(asked.note.as_deref().unwrap_or_default().trim());
    let note = Note { act, name: duty.name.clone(), day: Some(day), at, note };
    for fact in setup.engine.perform(Effect::Note(note)) {
        if let Fact::Told { what, went } = fact {
            match went {
                Went::Well => print(&format!("{what} ({day})"))?,
                Went::Badly => return Err(Failure::new(exit::NO, what.to_string(), "nothing is written")),
            }
        }
    }
    Ok(exit::DONE)
}

/// The day of the turn that is due; one that lies far ahead is not ticked by mistake.
fn day_to_tick(tended: &Tended) -> Result<NaiveDate, Failure> {
    let name = &tended.duty.name;
    let Some(turn) = tended.to_tick() else {
        return Err(Failure::new(exit::USAGE, format!("tick {name}: it has no turn any more"), "name one with --day"));
    };
    match tended.head().map(|head| &head.state) {
        Some(State::Upcoming) => {
            let what = format!("tick {name}: nothing of it is due; its next turn is on {}", turn.day);
            Err(Failure::new(exit::USAGE, what, format!("--day {} ticks that one ahead of its time", turn.day)))
        }
        _ => Ok(turn.day),
    }
}
