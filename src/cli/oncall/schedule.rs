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
        rota::{
            self,
            gaps::{Kind, Piece},
            record::{Known, Source},
        },
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
    let mut rota = load(asked, span, common, zones).await?.as_known_then(asked, zones)?;
    let (start, end) = rota.span(span, Default::Ahead(AHEAD))?;
    rota.look_up(start, end);
    let seats =
        rota.seats().map(|seat| Seat { seat: &seat.name, stretches: stretches(&rota, seat, start, end) }).collect();
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
fn stretches(rota: &Rota, seat: &rota::Schedule, start: DateTime<Utc>, end: DateTime<Utc>) -> Vec<Stretch> {
    let recorded = rota.recorded(&seat.name);
    let known = seat.known(&recorded, start, end, rota.now);
    let in_parts = |known: &Known| {
        let from = known.from;
        let parts = seat.split(std::slice::from_ref(&known.segment)).into_iter();
        parts.map(move |Piece { start, end, people, kind }| {
            // The record was written when the calendar could be read: nobody was nobody.
            let is_gap = kind == Kind::Unknown && from == Source::Recorded;
            Stretch { start, end, people, kind: if is_gap { Kind::Gap } else { kind }, from }
        })
    };
    known.iter().flat_map(in_parts).collect()
}
