//! `watchfloor release memo` and `release notes`: Markdown for people, and the same for programs.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};

use super::gate;
use crate::{
    cli::{
        args::{Common, Judged},
        board, exit,
        failure::{Failure, print},
        setup,
    },
    domain::{
        incident::{Kind, Repo},
        plans,
        release::notes::{self, Notes},
        stats::period::Period,
        time::parse_rfc3339,
        zone::Zones,
    },
    floor::{
        Floor,
        freshness::{Feed, Worth},
    },
    sink::{json::gate_of_release as wire, release as page},
    text::Text,
};

/// Prints the memo. It decides nothing, so its exit code is 0 whatever it says.
///
/// # Errors
/// Wrong settings, a plan that cannot be read.
pub async fn memo(asked: &Judged, json: bool, common: &Common, zones: &Zones) -> Result<u8, Failure> {
    let (setup, now) = gate::read(asked, common, zones).await?;
    let told = gate::told(&setup.floor).ok_or_else(|| gate::unread(&setup.floor))?;
    if json || asked.printed.json {
        let document = board::document("release_memo", zones, now);
        let document = document.with("gate", wire::Gate::of(&told)).with("memo", wire::Memo::of(&told, now));
        print(&board::pretty(&document.value()))?;
    } else {
        print(&page::memo(&told, now))?;
    }
    Ok(exit::DONE)
}

/// Prints the notes of what went in.
///
/// # Errors
/// Wrong settings, nothing that tells of changes, no such tag.
pub async fn notes(
    since: Option<&str>,
    repository: Option<&str>,
    json: bool,
    common: &Common,
    zones: &Zones,
) -> Result<u8, Failure> {
    let (mut setup, left_out) = setup::set_up_for_notes(common, zones)?;
    setup.read_all().await;
    let (floor, now) = (&setup.floor, setup.clock.now());
    if !floor.knows_incidents() {
        let what = "write release notes: no source of changes has answered";
        return Err(Failure::new(
            exit::COULD_NOT_JUDGE,
            what,
            "see watchfloor doctor; [[github]] needs pull_requests = true",
        ));
    }
    let repository = repository.map(Repo::new);
    let is_meant =
        |repo: &Repo| repository.as_ref().is_none_or(|wanted| wanted == repo || repo.on_host() == wanted.full());
    let (start, last) = beginning(floor, since, is_meant)?;
    let incidents = floor.queue().entries().iter().map(|entry| &entry.incident);
    let found =
        notes::collect(incidents.filter(|incident| is_meant(&incident.key.repo)), Period::between(start, now), last);
    let title = title(floor, &found);
    let mut unheard = unheard(floor, now);
    unheard.extend(left_out);
    let mut ours = floor.queue().entries().iter().map(|entry| &entry.incident).filter(|it| is_meant(&it.key.repo));
    if !ours.any(|incident| incident.kind == Kind::PullRequest) {
        unheard.push(Text::scrub("no pull request is known: what was merged is not in these notes"));
    }
    if json {
        let document = board::document("release_notes", zones, now);
        print(&board::pretty(&document.with("notes", wire::Notes::of(&title, &found, &unheard)).value()))?;
    } else {
        print(&page::notes(&title, &found, &unheard))?;
    }
    // Notes that miss something are not whole, and whoever publishes them should know.
    Ok(if unheard.is_empty() { exit::DONE } else { exit::COULD_NOT_JUDGE })
}

fn title(floor: &Floor, notes: &Notes) -> Text {
    let name = floor.release().map(|release| release.name.clone()).filter(|name| !name.is_blank());
    name.or_else(|| notes.next.as_deref().map(Text::scrub)).unwrap_or_else(|| Text::scrub("Release notes"))
}

/// Sources of incidents that did not tell all, each with why.
fn unheard(floor: &Floor, now: DateTime<Utc>) -> Vec<Text> {
    let of_incidents = floor.sources_of(Feed::Host).chain(floor.sources_of(Feed::History));
    let doubtful = of_incidents.filter(|source| !source.is_whole() || !matches!(source.worth(now), Worth::Fresh(_)));
    doubtful
        .map(|source| {
            let why = match &source.trouble {
                Some((_, _, why)) => why.to_string(),
                None if source.is_whole() => "what it told is old".to_owned(),
                None => "not all of it was read".to_owned(),
            };
            Text::scrub(&format!("{}: {why}", source.name))
        })
        .collect()
}

/// Where the notes begin, and the tag that stands there.
fn beginning(
    floor: &Floor,
    since: Option<&str>,
    is_meant: impl Fn(&Repo) -> bool,
) -> Result<(DateTime<Utc>, Option<Text>), Failure> {
    let all = || floor.all_plans().filter(|plans| is_meant(&plans.repo)).flat_map(|plans| &plans.releases);
    let out = || all().filter(|release| release.is_out());
    let newest = |releases: Vec<&plans::Release>| {
        let newest = releases.into_iter().max_by_key(|release| release.published_at);
        newest.and_then(|release| Some((release.published_at?, release.tag.clone())))
    };
    let last = || newest(out().filter(|release| !release.is_prerelease).collect());
    let Some(since) = since.map(str::trim) else {
        return last().map(|(at, tag)| (at, Some(tag))).ok_or_else(|| {
            let what = "write release notes: no release is known to begin at";
            Failure::new(exit::USAGE, what, "say where: --since v1.4.0, or --since 2026-11-01")
        });
    };
    if let Some((at, tag)) = newest(out().filter(|release| release.tag.as_str() == since).collect()) {
        return Ok((at, Some(tag)));
    }
    let midnight = |day: NaiveDate| floor.zone.resolve(day.and_time(NaiveTime::MIN));
    let at = parse_rfc3339(since).or_else(|| since.parse::<NaiveDate>().ok().map(midnight));
    match at {
        Some(at) => Ok((at, last().filter(|(out, _)| *out <= at).map(|(_, tag)| tag))),
        None => {
            let tags: Vec<String> = out().take(8).map(|release| release.tag.to_string()).collect();
            let hint = if tags.is_empty() {
                "no release is known; write a day, as in 2026-11-01".to_owned()
            } else {
                format!("known tags: {}", tags.join(", "))
            };
            Err(Failure::new(exit::USAGE, format!("--since {since}: no such tag, day or instant"), hint))
        }
    }
}
