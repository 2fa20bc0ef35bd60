//! `watchfloor oncall next`: who follows, and when.

use crate::{
    cli::{
        args::{Asked, Common, Span},
        board,
        failure::{Failure, print},
        oncall::{load::load, now},
        show,
    },
    domain::zone::Zones,
    sink::{
        json::rota::{self as wire, Now},
        plain::{Page, rota as paper},
    },
};

/// Prints it.
///
/// # Errors
/// The roster cannot be read, or standard output is full.
pub async fn run(asked: &Asked, common: &Common, zones: &Zones) -> Result<u8, Failure> {
    let rota = load(asked, Span::default(), common, zones).await?.as_known_then(asked, zones)?;
    let seats = now::held(&rota);
    if asked.json {
        let on_wire: Vec<_> = seats.iter().map(|seat| Now::of(seat, rota.at)).collect();
        let document = wire::about(board::document("oncall_next", zones, rota.now), &rota.about());
        let document = document.with("recorded_since", rota.recorded_since());
        print(&board::pretty(&document.with("seats", on_wire).value()))?;
    } else {
        let mut page = Page::new(show::width());
        paper::next(&mut page, &rota.about(), &seats);
        print(&page.finish())?;
    }
    Ok(rota.code())
}
