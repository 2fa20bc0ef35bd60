//! `watchfloor oncall export`: the schedule as a calendar, or as the on-call page.

use std::path::Path;

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};

use crate::domain::zone::Zones;
use crate::{
    cli::{
        args::{Asked, Common, Span},
        exit,
        failure::{Failure, complain, print},
        oncall::load::{Rota, load},
    },
    domain::time::{between, minus, plus},
    shell::disk::{self, FolderLock},
    sink::{
        ics::{self, Wanted},
        oncall_page::{self, Match},
    },
    text::Text,
};

/// How far a calendar reaches back and ahead (SEMANTICS R12).
const BACK: TimeDelta = TimeDelta::days(15);
const AHEAD: TimeDelta = TimeDelta::days(180);

/// How far a page reaches ahead: eight weeks.
const PAGE_AHEAD: TimeDelta = TimeDelta::days(56);

/// A longer stretch is a slip in a year.
const LONGEST: TimeDelta = TimeDelta::days(3_700);

/// The longest file that is written over.
const LIMIT_BYTES: usize = 16 * 1024 * 1024;

/// Runs it.
///
/// # Errors
/// The roster cannot be read, the stretch of time is none, or the file cannot be written: then it is as it was.
pub async fn run(
    span: Span,
    is_page: bool,
    out: Option<&Path>,
    asked: &Asked,
    common: &Common,
    zones: &Zones,
) -> Result<u8, Failure> {
    let rota = load(asked, span, common, zones).await?;
    let (from, to) = window(span, is_page, &rota)?;
    let Some(path) = out else {
        let written = if is_page { Ok(page(&rota, from, to)) } else { calendar(&rota, asked, from, to, None) };
        print(&written?)?;
        return Ok(rota.code());
    };
    let name = Text::scrub(&path.to_string_lossy());
    // Shifts that could not be read are not gone: nobody may hear that they are.
    if let Some((seat, missing)) = rota.seats().find_map(|seat| Some((&seat.name, seat.missing()?))) {
        let what =
            format!("write {name}: the calendar {} of {seat} could not be read: {}", missing.calendar, missing.why);
        return Err(Failure::new(exit::COULD_NOT_JUDGE, what, "the file is as it was; mend the calendar first"));
    }
    let failed = |error: &std::io::Error| {
        Failure::new(exit::NO, format!("write {name}: {}", disk::why(error)), "the file is as it was")
    };
    if !path.exists() {
        let written = if is_page { page(&rota, from, to) } else { calendar(&rota, asked, from, to, None)? };
        disk::create(path, written.as_bytes()).map_err(|e| failed(&e))?;
        print(&format!("{name} is written"))?;
        return Ok(rota.code());
    }
    let _folder = FolderLock::of(path).map_err(|e| failed(&e))?;
    let bytes = disk::read(path, LIMIT_BYTES).map_err(|e| failed(&e))?;
    let before = String::from_utf8(bytes).map_err(|_| {
        Failure::new(exit::NO, format!("write {name}: it is not UTF-8"), "it is left alone: name another file")
    })?;
    let after = match is_page {
        true if oncall_page::matches(&before, &rota.roster, rota.at) == Match::NoPage && !before.trim().is_empty() => {
            let what = format!("write {name}: there is no on-call page in it to write over");
            return Err(Failure::new(exit::NO, what, "put what `export --page` prints into it, or name another file"));
        }
        true => oncall_page::replaced(&before, &page(&rota, from, to)),
        false => calendar(&rota, asked, from, to, Some(before.as_str()).filter(|before| !before.is_empty()))?,
    };
    if after == before {
        print(&format!("{name} says it already: not written"))?;
        return Ok(rota.code());
    }
    if let Some(doubt) = disk::write_whole(path, after.as_bytes()).map_err(|e| failed(&e))?.doubt() {
        complain(&format!("warning: {name}: {doubt}"));
    }
    print(&format!("{name} is written anew"))?;
    Ok(rota.code())
}

/// Whole days of the roster's zone, so that what is written does not change from one minute to the next.
fn window(span: Span, is_page: bool, rota: &Rota) -> Result<(DateTime<Utc>, DateTime<Utc>), Failure> {
    let zone = &rota.roster.zone;
    let midnight = |at: DateTime<Utc>| zone.resolve(zone.local(at).date().and_time(NaiveTime::MIN));
    let (back, ahead) = if is_page { (TimeDelta::zero(), PAGE_AHEAD) } else { (BACK, AHEAD) };
    let (asked, until) = (span.from.map(|m| rota.read("--from", m)), span.to.map(|m| rota.read("--to", m)));
    let from = asked.unwrap_or_else(|| midnight(minus(rota.at, back)));
    let to = until.unwrap_or_else(|| match asked {
        Some(from) => plus(from, ahead),
        None => midnight(plus(rota.at, ahead)),
    });
    if to <= from {
        return Err(Failure::new(exit::USAGE, "--to is not after --from", "swap them, or name a later --to"));
    }
    if between(from, to) > LONGEST {
        return Err(Failure::new(exit::USAGE, "the stretch is longer than ten years", "check the years"));
    }
    Ok((from, to))
}

fn page(rota: &Rota, from: DateTime<Utc>, to: DateTime<Utc>) -> String {
    oncall_page::render(&rota.roster, from, to)
}

fn calendar(
    rota: &Rota,
    asked: &Asked,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
    before: Option<&str>,
) -> Result<String, Failure> {
    let team = rota.setup.as_ref().map(|setup| setup.floor.team.as_str()).filter(|team| !team.trim().is_empty());
    let seat = asked.seat.as_deref().map(Text::scrub);
    let words: Vec<&str> = team.into_iter().chain(["on call"]).chain(seat.as_ref().map(Text::as_str)).collect();
    let name = Text::scrub(&words.join(" "));
    let wanted = Wanted { name: &name, seat: seat.as_ref(), from, to };
    ics::render(&rota.roster, &wanted, before, rota.now).map_err(|error| {
        Failure::new(exit::NO, format!("write over the calendar: {error}"), "name another file, or remove that one")
    })
}
