//! `watchfloor burn-in …`: day by day, the verdict, resets with their reason.

pub mod check;

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::json;

use crate::{
    cli::{
        args::{BurnIn as Asked, BurnInCommand, Common},
        board,
        duties::troubles,
        exit,
        failure::{Failure, complain, print},
        setup::{self, Setup},
        show,
    },
    domain::{
        burn_in::{BurnIn, Day, Standing, Verdict},
        record::Act,
        time::rfc3339,
        trouble::nearest,
        zone::Zones,
    },
    floor::{
        Floor,
        effect::{Effect, Note},
        fact::{Fact, Went},
        freshness::Feed,
    },
    sink::plain::Page,
    text::Text,
};

/// Runs it.
///
/// # Errors
/// Wrong settings, no burn-in, a name that is none, a record that cannot be written.
pub async fn run(asked: &Asked, common: &Common, zones: &Zones) -> Result<u8, Failure> {
    let mut setup = setup::set_up(common, zones)?;
    setup.recall().await;
    setup.read_feed(Feed::Metrics).await;
    setup.read_feed(Feed::Duties).await;
    let now = setup.printed_at();
    let told = told(&setup.floor, now);
    if told.is_empty() {
        let hint = "write [[burn_in]] in watchfloor.toml: watchfloor config default shows how";
        return Err(Failure::new(exit::CONFIG, "find a burn-in: the settings name none", hint));
    }
    match &asked.command {
        Some(BurnInCommand::Reset { name, reason }) => note(&mut setup, name, Act::Reset, None, reason),
        Some(BurnInCommand::Allow { name, day, reason }) => {
            may_be_allowed(&told, name, *day)?;
            note(&mut setup, name, Act::Allowed, Some(*day), reason)
        }
        None => {
            if asked.printed.json {
                let rows: Vec<_> = told.iter().map(|(burn_in, standing)| on_wire(burn_in, standing)).collect();
                let document = board::document("burn_in", zones, now).with("burn_ins", rows);
                print(&board::pretty(&document.value()))?;
            } else {
                let mut page = Page::new(show::width());
                page.heading(&setup.floor.team, &setup.floor.zone, now);
                told.iter().for_each(|(burn_in, standing)| on_paper(&mut page, burn_in, standing));
                print(&page.finish())?;
            }
            let unheard = troubles(&setup.floor);
            unheard.iter().for_each(|what| complain(&format!("note: {what}")));
            let is_known = unheard.is_empty() && told.iter().all(|(_, standing)| standing.verdict != Verdict::Unknown);
            Ok(if is_known { exit::DONE } else { exit::COULD_NOT_JUDGE })
        }
    }
}

/// The burn-ins of a floor, each as it stands.
pub(super) fn told(floor: &Floor, now: DateTime<Utc>) -> Vec<(&BurnIn, Standing)> {
    let all = floor.burn_ins().iter();
    all.map(|burning| (&burning.burn_in, floor.burn_in_standing(burning, now))).collect()
}

/// Refuses a day that is none of a burn-in's, that is still to come, or that holds: what is allowed is known to be broken.
fn may_be_allowed(told: &[(&BurnIn, Standing)], name: &str, day: NaiveDate) -> Result<(), Failure> {
    let of = |(burn_in, _): &&(&BurnIn, Standing)| burn_in.name.as_str().eq_ignore_ascii_case(name.trim());
    let Some((burn_in, standing)) = told.iter().find(of) else { return Ok(()) };
    let mut days = standing.days.iter().map(|(day, _)| *day);
    let why_not = match standing.days.iter().find(|(known, _)| *known == day) {
        Some((_, Day::Broken(_) | Day::Unknown(_) | Day::Allowed(_))) => return Ok(()),
        Some((_, Day::Ahead)) => "it is still to come, and nobody knows what would be allowed",
        Some((_, Day::Running)) => "it goes on, and nothing broke",
        Some((_, Day::Held)) => "it held",
        None => "",
    };
    if !why_not.is_empty() {
        let hint = "a day is allowed once it is broken: watchfloor burn-in says which are";
        return Err(Failure::new(exit::USAGE, format!("allow {day} of {}: {why_not}", burn_in.name), hint));
    }
    let hint = match (days.next(), days.next_back()) {
        (Some(first), Some(last)) => format!("its days are {first} to {last}"),
        (Some(only), None) => format!("its day is {only}"),
        _ => "it has no days".to_owned(),
    };
    Err(Failure::new(exit::USAGE, format!("allow {day}: it is no day of {}", burn_in.name), hint))
}

fn on_wire(burn_in: &BurnIn, standing: &Standing) -> serde_json::Value {
    let days: Vec<_> = standing
        .days
        .iter()
        .map(|(day, judged)| json!({ "day": day.to_string(), "state": judged.word(), "why": judged.why().map(Text::as_str) }))
        .collect();
    let resets: Vec<_> = standing
        .resets
        .iter()
        .map(|entry| {
            json!({ "at": rfc3339(entry.at), "by": entry.by.as_ref().map(Text::as_str), "reason": entry.note.as_str() })
        })
        .collect();
    json!({
        "name": burn_in.name.as_str(), "verdict": standing.verdict.word(), "start": standing.start.to_string(),
        "length": burn_in.days, "over": standing.n_over(), "days": days, "resets": resets,
    })
}

/// One sign for a day, in ASCII: a page goes into tickets.
fn sign(day: &Day) -> char {
    match day {
        Day::Held => '+',
        Day::Broken(_) => 'x',
        Day::Allowed(_) => 'a',
        Day::Unknown(_) => '?',
        Day::Running => '*',
        Day::Ahead => '.',
    }
}

fn on_paper(page: &mut Page, burn_in: &BurnIn, standing: &Standing) {
    page.blank();
    page.line(&format!(
        "{}  {}: {} of {} days over, since {}",
        burn_in.name,
        standing.verdict.word(),
        standing.n_over(),
        burn_in.days,
        standing.start
    ));
    let strip: String = standing.days.iter().map(|(_, day)| sign(day)).collect();
    page.line(&format!("  {strip}   + held  x broken  a allowed  ? unknown  * today  . ahead"));
    for (day, judged) in &standing.days {
        if let Some(why) = judged.why() {
            page.line(&format!("  {day}  {:<8} {why}", judged.word()));
        }
    }
    for reset in &standing.resets {
        let by = reset.by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default();
        page.line(&format!("  begun anew at {}{by}: {}", rfc3339(reset.at), reset.note));
    }
}

fn note(setup: &mut Setup, name: &str, act: Act, day: Option<NaiveDate>, reason: &str) -> Result<u8, Failure> {
    let names = || setup.floor.burn_ins().iter().map(|burning| &burning.burn_in.name);
    let Some(name) = names().find(|known| known.as_str().eq_ignore_ascii_case(name.trim())).cloned() else {
        let near = nearest(name, names().map(Text::as_str));
        let hint = near.map_or("watchfloor burn-in lists them".to_owned(), |near| format!("did you mean \"{near}\"?"));
        return Err(Failure::new(exit::USAGE, format!("find a burn-in called {}", Text::scrub(name)), hint));
    };
    let note = Text::scrub(reason.trim());
    if note.is_blank() {
        return Err(Failure::new(
            exit::USAGE,
            "put it on record without a reason",
            "say why: --reason \"the job did not run\"",
        ));
    }
    for fact in setup.engine.perform(Effect::Note(Note { act, name, day, at: None, note })) {
        if let Fact::Told { what, went } = fact {
            match went {
                Went::Well => print(what.as_str())?,
                Went::Badly => return Err(Failure::new(exit::NO, what.to_string(), "nothing is written")),
            }
        }
    }
    Ok(exit::DONE)
}
