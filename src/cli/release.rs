//! `watchfloor release`: status, what is done to a plan, the gate.

mod acts;
mod status;

use chrono::{DateTime, Utc};

use crate::{
    cli::{
        args::{Common, Release, ReleaseCommand},
        board::Part,
        exit,
        failure::Failure,
        setup, show,
    },
    domain::{
        release::{
            Reason,
            record::{Decided, Deed, Say},
        },
        zone::Zones,
    },
    floor::{Floor, freshness::Feed},
    sink::{
        gate::{Finding, Gate, Verdict, Weight},
        words,
    },
    text::Text,
};

/// Runs it.
///
/// # Errors
/// Wrong settings, an unreadable file, a verdict of no.
pub async fn run(release: &Release, common: &Common, zones: &Zones) -> Result<u8, Failure> {
    match &release.command {
        None => show::run(Part::Release, release.printed.json, common, zones).await,
        Some(ReleaseCommand::Status { file: Some(file), plan, printed }) => {
            status::of_file(file, plan, printed.json || release.printed.json, common, zones)
        }
        Some(ReleaseCommand::Status { file: None, printed, .. }) => {
            show::run(Part::Release, printed.json || release.printed.json, common, zones).await
        }
        Some(ReleaseCommand::Toggle { file, line }) => acts::toggle(file, *line),
        Some(ReleaseCommand::Tick(act)) => acts::tick(act, true, common, zones),
        Some(ReleaseCommand::Untick(act)) => acts::tick(act, false, common, zones),
        Some(ReleaseCommand::Sign { role, veto, withdraw, on }) => {
            let say = if *veto {
                Say::Veto
            } else if *withdraw {
                Say::Withdrawn
            } else {
                Say::Go
            };
            acts::enter(Deed::SignOff { role: Text::scrub(role.trim()), say }, on, common)
        }
        Some(ReleaseCommand::Waive { what, on }) => {
            acts::enter_with_reason(Deed::Waiver { what: Text::scrub(what.trim()) }, on, common)
        }
        Some(ReleaseCommand::Decide { what, on }) => {
            let what = Decided::parse(&Text::scrub(what.trim()));
            acts::enter(Deed::Decision { what }, on, common)
        }
        Some(ReleaseCommand::Announce { what, on }) => {
            acts::enter(Deed::Announced { what: Text::scrub(what.trim()) }, on, common)
        }
        Some(ReleaseCommand::Except { freeze, on }) => {
            acts::enter_with_reason(Deed::FreezeException { freeze: Text::scrub(freeze.trim()) }, on, common)
        }
        Some(ReleaseCommand::Gate(printed)) => gate(printed.json || release.printed.json, common, zones).await,
    }
}

/// The release's gate: it passes only where nothing stands against the release and everything it rests on was heard.
pub fn judge(floor: &Floor, now: DateTime<Utc>) -> Gate {
    let without = |verdict, why: &str| Gate::without_verdict("release", verdict, why);
    if floor.sources_of(Feed::Release).next().is_none() {
        return without(Verdict::NotConfigured, "no [release] in the settings");
    }
    let Some(release) = floor.release() else { return without(Verdict::NotJudged, "the checklists cannot be read") };
    let reasons = release.reasons_against(now);
    let finding = |reason: &Reason| Finding {
        weight: Weight::Fails,
        code: "release",
        seat: None,
        people: Vec::new(),
        when: None,
        what: words::reason(reason),
        hint: Text::default(),
    };
    let gate = Gate::of("release", release.name.clone(), reasons.iter().map(finding).collect());
    match floor.release_unheard(now).first() {
        // A "no" stands, whatever was not heard.
        Some(source) if gate.verdict == Verdict::Pass => {
            without(Verdict::NotJudged, &format!("{} was not heard whole", source.name))
        }
        _ => gate,
    }
}

/// Go is 0, no go is 1; a source that cannot be heard is 4, whatever the rest says.
async fn gate(json: bool, common: &Common, zones: &Zones) -> Result<u8, Failure> {
    let mut setup = setup::set_up(common, zones)?;
    setup.read_all().await;
    let now = setup.clock.now();
    let floor = &setup.floor;
    let Some(release) = floor.release() else {
        let why = floor
            .sources_of(Feed::Release)
            .find_map(|s| s.trouble.as_ref().map(|(_, _, why)| why.to_string()))
            .unwrap_or_else(|| "no [release] in the settings".to_owned());
        return Err(Failure::new(exit::COULD_NOT_JUDGE, format!("judge the release: {why}"), "see watchfloor doctor"));
    };
    show::print_board(floor, Part::Release, json, zones, now)?;
    let away = floor.release_unheard(now).into_iter().next();
    if let Some(source) = away {
        let why = match (&source.trouble, source.n_skipped) {
            (Some((trouble, _, why)), _) => format!("{}: {why}", trouble.word()),
            (None, 0) => "what it told is stale".to_owned(),
            (None, n) => format!("{} left out", crate::text::counted(n, "record was", "records were")),
        };
        let what = format!("judge the release: {}: {why}", source.name);
        return Err(Failure::new(
            exit::COULD_NOT_JUDGE,
            what,
            "a source that is not heard, and heard whole, is never read as \"go\"",
        ));
    }
    Ok(if release.reasons_against(now).is_empty() { exit::DONE } else { exit::NO })
}
