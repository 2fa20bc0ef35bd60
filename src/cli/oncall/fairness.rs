//! `watchfloor oncall fairness`: how the load is shared.

use chrono::TimeDelta;

use crate::{
    cli::{
        args::{Asked, Common, Span},
        board,
        failure::{Failure, print},
        oncall::load::{Default, load},
        show,
    },
    domain::{
        rota::{
            Roster, Segment,
            fairness::{SeatTime, Unsocial, fairness},
            record::Source,
        },
        time::between,
        zone::Zones,
    },
    sink::{
        json::fairness as wire,
        plain::{Page, fairness as paper},
        rota::Known,
    },
};

/// How far back it looks where nothing is said.
const BACK: TimeDelta = TimeDelta::days(90);

/// Prints it. What was seen as it happened counts; the rest is worked out from the roster as it is now (SEMANTICS R6).
///
/// # Errors
/// The roster cannot be read, or standard output is full.
pub async fn run(span: Span, asked: &Asked, common: &Common, zones: &Zones) -> Result<u8, Failure> {
    let mut rota = load(asked, span, common, zones).await?;
    let (start, end) = rota.span(span, Default::Back(BACK))?;
    rota.look_up(start, end);
    let mut known = Known::default();
    let mut seats = Vec::new();
    let mut among = Roster::new(rota.roster.zone.clone(), Vec::new(), Vec::new());
    for seat in rota.seats() {
        let recorded = rota.recorded(&seat.name);
        let mut segments: Vec<Segment> = Vec::new();
        for part in seat.known(&recorded, start, end, rota.now) {
            let of = match part.from {
                Source::Recorded => &mut known.recorded,
                Source::Computed => &mut known.computed,
            };
            *of = of.checked_add(&between(part.segment.start, part.segment.end)).unwrap_or(TimeDelta::MAX);
            segments.push(part.segment);
        }
        seats.push((&seat.name, segments));
        among.schedules.push(seat.clone());
    }
    let times: Vec<SeatTime<'_>> = seats.iter().map(|(name, segments)| (*name, segments.as_slice())).collect();
    let roster = &rota.roster;
    let shared = fairness(&times, &among.rotating(), &roster.people, &roster.zone, &Unsocial::default(), start, end);
    if asked.json {
        let document = board::document("oncall_fairness", zones, rota.now);
        print(&board::pretty(&wire::fairness(document, &rota.about(), &shared, known).value()))?;
    } else {
        let mut page = Page::new(show::width());
        paper::write(&mut page, &rota.about(), &shared, known);
        print(&page.finish())?;
    }
    Ok(rota.code())
}
