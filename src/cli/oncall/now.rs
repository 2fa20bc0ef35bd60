//! `watchfloor oncall now`: who is on call, since when, until when, and how to reach them.

use crate::{
    cli::{
        args::{Asked, Common, Span},
        board,
        failure::{Failure, print},
        oncall::load::{Rota, load},
        show,
    },
    domain::{
        rota::{Contact, Duty, Person, Schedule},
        zone::Zones,
    },
    sink::{
        json::rota::{self as wire, Now},
        plain::{Page, rota as paper},
        rota::{Held, Next},
    },
};

/// Prints it.
///
/// # Errors
/// The roster cannot be read, or standard output is full.
pub async fn run(asked: &Asked, common: &Common, zones: &Zones) -> Result<u8, Failure> {
    let rota = load(asked, Span::default(), common, zones).await?.as_known_then(asked, zones)?;
    let seats = held(&rota);
    if asked.json {
        let on_wire: Vec<_> = seats.iter().map(|seat| Now::of(seat, rota.at)).collect();
        let document = wire::about(board::document("oncall_now", zones, rota.now), &rota.about());
        let document = document.with("recorded_since", rota.recorded_since());
        print(&board::pretty(&document.with("seats", on_wire).value()))?;
    } else {
        let mut page = Page::new(show::width());
        paper::now(&mut page, &rota.about(), &seats);
        print(&page.finish())?;
    }
    Ok(rota.code())
}

/// Each seat asked about, at the instant asked about.
pub fn held(rota: &Rota) -> Vec<Held<'_>> {
    rota.seats().map(|schedule| seat(rota, schedule)).collect()
}

fn seat<'a>(rota: &'a Rota, schedule: &'a Schedule) -> Held<'a> {
    let duty = schedule.duty(rota.at);
    let next = duty.next.clone().zip(duty.until).map(|(people, from)| {
        let Duty { until, .. } = schedule.duty(from);
        Next { from, until, kind: schedule.kind_at(from, &people), contacts: contacts(rota, &people), people }
    });
    Held {
        seat: &schedule.name,
        kind: schedule.kind_at(rota.at, &duty.people),
        missing: schedule.missing(),
        contacts: contacts(rota, &duty.people),
        duty,
        next,
    }
}

fn contacts<'a>(rota: &'a Rota, people: &[Person]) -> Vec<&'a Contact> {
    people.iter().filter_map(|person| rota.roster.people.iter().find(|contact| contact.id == *person)).collect()
}
