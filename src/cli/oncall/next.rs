//! `watchfloor oncall next`: who follows, and when.

use crate::{
    cli::{
        args::{Asked, Common},
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
    let rota = load(asked, common, zones).await?;
    let seats = now::held(&rota);
    if asked.json {
        let on_wire: Vec<_> = seats.iter().map(|seat| Now::of(seat, rota.at)).collect();
        let document = wire::about(board::document("oncall_next", zones, rota.now), &rota.about());
        print(&board::pretty(&document.with("seats", on_wire).value()))?;
    } else {
        let mut page = Page::new(show::width());
        paper::next(&mut page, &rota.about(), &seats);
        print(&page.finish())?;
    }
    Ok(rota.code())
}
