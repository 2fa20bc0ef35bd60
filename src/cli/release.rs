//! `watchfloor release status|toggle|gate`.

use std::path::Path;

use chrono::{DateTime, Utc};

use crate::{
    cli::{
        args::{Common, Release, ReleaseCommand},
        board::{self, Part},
        exit,
        failure::{Failure, complain, print},
        setup, show,
    },
    domain::{release::Reason, zone::Zones},
    floor::{Floor, freshness::Feed},
    shell::{clock::Clock, engine, files},
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
        Some(ReleaseCommand::Status { file: Some(file), printed }) => {
            status_of_file(file, printed.json || release.printed.json, common, zones)
        }
        Some(ReleaseCommand::Status { file: None, printed }) => {
            show::run(Part::Release, printed.json || release.printed.json, common, zones).await
        }
        Some(ReleaseCommand::Toggle { file, line }) => toggle(file, *line),
        Some(ReleaseCommand::Gate(printed)) => gate(printed.json || release.printed.json, common, zones).await,
    }
}

fn status_of_file(file: &Path, json: bool, common: &Common, zones: &Zones) -> Result<u8, Failure> {
    let list = read(file)?;
    let now = common.now.unwrap_or_else(|| Clock::Wall.now());
    if json {
        print(&board::pretty(&board::checklist_json(&list, zones.version(), now)))?;
    } else {
        print(&board::checklist_plain(&list, show::width()))?;
    }
    Ok(exit::DONE)
}

fn read(file: &Path) -> Result<crate::domain::release::Checklist, Failure> {
    files::read_checklist(file).map_err(|(_, why)| {
        let hint = "give the path of a Markdown file";
        Failure::new(exit::COULD_NOT_JUDGE, format!("read the checklist: {why}"), hint)
    })
}

fn toggle(file: &Path, line: usize) -> Result<u8, Failure> {
    let list = read(file)?;
    let seen = list.digest;
    if !list.items.iter().any(|item| item.line == line) {
        let lines: Vec<String> = list.items.iter().take(12).map(|i| i.line.to_string()).collect();
        let hint =
            format!("lines with a task item: {}", if lines.is_empty() { "none".into() } else { lines.join(", ") });
        return Err(Failure::new(exit::USAGE, format!("tick line {line}: there is no task item"), hint));
    }
    let ticked = engine::toggle_file(file, line, seen)
        .map_err(|why| Failure::new(exit::NO, format!("tick line {line}: {why}"), "look at the file and try again"))?;
    if let Some(doubt) = &ticked.doubt {
        complain(&format!("warning: {}: {doubt}", Text::scrub(&file.to_string_lossy())));
    }
    let changed = ticked.checklist;
    let item = changed.items.iter().find(|item| item.line == line);
    let state = if item.is_some_and(|i| i.is_done) { "done" } else { "open" };
    let progress = changed.progress();
    print(&format!("line {line} is {state} now: {} of {} done", progress.done, progress.total))?;
    Ok(exit::DONE)
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
