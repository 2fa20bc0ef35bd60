//! `watchfloor oncall schedule`: the final schedule of a stretch of time.

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    cli::{
        args::{Asked, Common, Span},
        board,
        failure::{Failure, print},
        oncall::load::{Default, Rota, load},
        show,
    },
    domain::{
        rota::{self, gaps::Piece, record::Known},
        zone::Zones,
    },
    sink::{
        json::rota as wire,
        plain::{Page, rota as paper},
        rota::{Schedule, Seat, Stretch},
    },
};

/// How far the schedule goes where nothing is said.
const AHEAD: TimeDelta = TimeDelta::days(14);

/// Prints it.
///
/// # Errors
/// The roster cannot be read, or standard output is full.
pub async fn run(span: Span, asked: &Asked, common: &Common, zones: &Zones) -> Result<u8, Failure> {
    let rota = load(asked, common, zones).await?;
    let (start, end) = rota.span(span, Default::Ahead(AHEAD))?;
    let seats = rota
        .seats()
        .map(|seat| Ok(Seat { seat: &seat.name, stretches: stretches(&rota, seat, start, end)? }))
        .collect::<Result<Vec<_>, Failure>>()?;
    let schedule = Schedule { start, end, seats };
    if asked.json {
        let document = board::document("oncall_schedule", zones, rota.now);
        print(&board::pretty(&wire::schedule(document, &rota.about(), &schedule).value()))?;
    } else {
        let mut page = Page::new(show::width());
        paper::schedule(&mut page, &rota.about(), &schedule, rota.now);
        print(&page.finish())?;
    }
    Ok(rota.code())
}

/// The final schedule of a seat, as recorded where it was seen; where nobody is on call, cut at the edges of its off hours.
fn stretches(
    rota: &Rota,
    seat: &rota::Schedule,
    start: DateTime<Utc>,
    end: DateTime<Utc>,
) -> Result<Vec<Stretch>, Failure> {
    let recorded = rota.recorded(&seat.name, start, end)?;
    let known = seat.known(&recorded, start, end, rota.now);
    let in_parts = |known: &Known| {
        let from = known.from;
        let parts = seat.split(std::slice::from_ref(&known.segment)).into_iter();
        parts.map(move |Piece { start, end, people, kind }| Stretch { start, end, people, kind, from })
    };
    Ok(known.iter().flat_map(in_parts).collect())
}
