//! Statistics of all sources in the settings.

use super::{Asked, Origin, report};
use crate::{
    cli::{
        args::Common,
        exit,
        failure::{Failure, complain},
        setup,
    },
    floor::freshness::Feed,
    sink::{json, plain, report::Left},
    text::Text,
};

/// Statistics of what the sources tell, with the policy's team and robots.
///
/// # Errors
/// Wrong settings; `--against` without a history.
pub(super) async fn run(mut asked: Asked<'_>, common: &Common) -> Result<u8, Failure> {
    if asked.stats.against.is_some() {
        let hint = "give both: sla stats --history OLD --against NEW";
        return Err(Failure::new(exit::USAGE, "compare with a file: there is no --history", hint));
    }
    let mut setup = setup::set_up(common, asked.zones)?;
    asked.stretch(&setup.floor.zone)?;
    setup.read_all().await;
    for note in &setup.notes {
        complain(&format!("note: {}", Text::scrub(note)));
    }
    let floor = &setup.floor;
    let now = setup.clock.now();
    let sources = || floor.sources.iter().filter(|s| matches!(s.feed, Feed::Host | Feed::History));
    let mut left = Left::default();
    for source in sources() {
        left.n += source.n_skipped;
        left.named.extend(source.skipped.iter().cloned());
    }
    let told: Vec<_> = sources()
        .filter_map(|source| source.trouble.as_ref().map(|(_, _, why)| format!("{}: {why}", source.name)))
        .collect();
    for why in &told {
        complain(&format!("note: not heard whole: {}", Text::scrub(why)));
    }
    if !floor.knows_incidents() {
        return Err(unknown(sources().count()));
    }
    let entries = floor.queue().entries();
    let incidents: Vec<_> =
        entries.iter().map(|entry| (&entry.incident, entry.acked.as_ref().map(|(_, at)| *at))).collect();
    let origin = Origin {
        as_of: asked.at.map_or(now, |at| at.min(now)),
        as_of_from: if asked.at.is_some() { "what --at or --now says" } else { "now" },
        format: "sources",
        knows_turns: true,
        knows_acts: false,
        zone: asked.zone.clone().unwrap_or_else(|| floor.zone.clone()),
        left,
    };
    let report = report(&asked, &incidents, &floor.policy, origin);
    let code = asked.print(
        &report.left,
        || json::stats::items(asked.document("sla_stats"), &report).with("is_whole", told.is_empty()).value(),
        |page| plain::stats::items(page, &report),
    )?;
    Ok(if told.is_empty() { code } else { exit::COULD_NOT_JUDGE })
}

/// Before any source has told, "0 open" would be a lie.
fn unknown(n_sources: usize) -> Failure {
    let (why, hint) = if n_sources == 0 {
        ("the settings name no source of incidents", "name one ([[source]]), or give a file: sla stats --history FILE")
    } else {
        ("no source of incidents was heard", "see watchfloor doctor")
    };
    Failure::new(exit::COULD_NOT_JUDGE, format!("count: {why}"), hint)
}
