//! `watchfloor release gate`: whether the release may go out, with every reason.

use std::path::PathBuf;

use chrono::{DateTime, Utc};

use crate::{
    cli::{
        args::{Common, Judged},
        board, exit,
        failure::{Failure, print},
        setup::{self, Setup},
        sla::scene,
    },
    domain::{
        release::gate::{Outcome, Reason, Verdict as Says},
        slo::standing::BudgetState,
        zone::Zones,
    },
    floor::{Floor, fact::Fact, freshness::Feed},
    shell::git::{self, NoCommit},
    sink::{
        gate::{Finding, Gate, Verdict, Weight},
        json::gate_of_release as wire,
        release::Told,
    },
    text::Text,
};

/// Runs it: go is 0, no go is 1, a gate without criteria is an error of the settings (3), and 4 where nothing known stands
/// against the release and not everything could be heard.
///
/// # Errors
/// Wrong settings, a plan that cannot be read.
pub async fn run(asked: &Judged, json: bool, common: &Common, zones: &Zones) -> Result<u8, Failure> {
    let (setup, now) = read(asked, common, zones).await?;
    let told = told(&setup.floor).ok_or_else(|| unread(&setup.floor))?;
    if json || asked.printed.json {
        let document = board::document("release_gate", zones, now).with("gate", wire::Gate::of(&told));
        print(&board::pretty(&document.value()))?;
    } else {
        print(&told.plain())?;
    }
    Ok(code(told.outcome))
}

/// The exit code of a verdict.
fn code(outcome: &Outcome) -> u8 {
    match outcome.verdict {
        Says::Go => exit::DONE,
        Says::NoGo if outcome.reasons.contains(&Reason::NoCriteria) => exit::CONFIG,
        Says::NoGo => exit::NO,
        Says::CannotJudge => exit::COULD_NOT_JUDGE,
    }
}

/// Reads all that a release is judged by, and judges it.
///
/// # Errors
/// Wrong settings, an unknown zone.
pub(super) async fn read(asked: &Judged, common: &Common, zones: &Zones) -> Result<(Setup, DateTime<Utc>), Failure> {
    let zone = scene::zone(asked.plan.zone.as_deref(), zones)?;
    let mut setup = match &asked.file {
        None => setup::set_up(common, zones)?,
        Some(file) => {
            let change = |release: &mut crate::config::ReleaseSettings| {
                release.day = asked.plan.date.or(release.day);
                release.zone = zone.or(release.zone.take());
                if let Some(steps) = asked.plan.steps {
                    release.plan.reading.steps = steps.into();
                }
                if let Some(days) = asked.plan.days {
                    release.plan.mode = days.into();
                }
            };
            setup::set_up_for_plan(file, change, common, zones)?
        }
    };
    setup.read_all().await;
    setup.judged_at();
    let now = setup.clock.now();
    let commit = asked.commit.as_deref().map(|written| commit_of(&setup.floor, written)).transpose()?;
    setup.floor.release_commit(commit.clone());
    let named = setup.floor.commits_to_compare();
    if let (false, Some(commit)) = (named.is_empty(), &commit) {
        let kin = git::compare(&plans(&setup.floor), &named, commit.as_str());
        setup.floor.apply(Fact::Compared(kin), now);
    }
    setup.floor.settle(now);
    Ok((setup, now))
}

fn plans(floor: &Floor) -> Vec<PathBuf> {
    let courses = floor.release().into_iter().flat_map(|release| &release.courses);
    courses.map(|course| course.plan.path.as_str().into()).collect()
}

/// The commit that is to go out, by any name that the plans' repository has for it.
fn commit_of(floor: &Floor, written: &str) -> Result<Text, Failure> {
    let plans = plans(floor);
    // Where no plan was read nothing is judged at all, and that is told.
    if plans.is_empty() {
        return Ok(Text::scrub(written));
    }
    git::commit_of(&plans, written).map_err(|why| match why {
        NoCommit::None(why) => {
            Failure::new(exit::USAGE, format!("judge --ref: {why}"), "git rev-parse NAME says which it is")
        }
        NoCommit::Unknown(why) => {
            let hint = "give the commit by its signs: what git rev-parse HEAD prints";
            Failure::new(exit::COULD_NOT_JUDGE, format!("judge --ref: cannot tell {why}"), hint)
        }
    })
}

/// Why there is nothing to judge.
pub(super) fn unread(floor: &Floor) -> Failure {
    let trouble = floor.sources_of(Feed::Release).find_map(|s| s.trouble.as_ref().map(|(_, _, why)| why.to_string()));
    let (why, hint) = match trouble {
        Some(why) => (why, "mend the file, or name another with --file"),
        None => ("no [release] in the settings".to_owned(), "write [release], or name a plan with --file"),
    };
    Failure::new(exit::COULD_NOT_JUDGE, format!("judge the release: {why}"), hint)
}

/// What the floor says of the release; nothing where none could be read.
pub(super) fn told(floor: &Floor) -> Option<Told<'_>> {
    let release = floor.release()?;
    let budget = |slo: &crate::floor::slos::Watched| slo.standing.as_ref().map_or(BudgetState::Unknown, |s| s.budget);
    Some(Told {
        release,
        rules: floor.release_rules(),
        commit: floor.commit_of_release(),
        outcome: floor.gate()?,
        evidence: floor.judged_steps().collect(),
        rollback: floor.rollback(),
        budgets: floor
            .slos()
            .iter()
            .map(|slo| (&slo.slo.name, budget(slo), slo.standing.as_ref().and_then(|s| s.left)))
            .collect(),
    })
}

/// The release's gate among others: it passes only where nothing stands against the release and everything it rests on was
/// heard.
pub fn judge(floor: &Floor, _: DateTime<Utc>) -> Gate {
    let without = |verdict, why: &str| Gate::without_verdict("release", verdict, why);
    if floor.sources_of(Feed::Release).next().is_none() {
        return without(Verdict::NotConfigured, "no [release] in the settings");
    }
    let Some(told) = told(floor) else { return without(Verdict::NotJudged, "the checklists cannot be read") };
    let finding = |reason: &Reason| Finding {
        weight: Weight::Fails,
        code: "release",
        seat: None,
        people: Vec::new(),
        when: None,
        what: Text::scrub(&reason.words()),
        hint: Text::default(),
    };
    let reasons = &told.outcome.reasons;
    match told.outcome.verdict {
        _ if reasons.contains(&Reason::NoCriteria) => without(Verdict::Wrong, &Reason::NoCriteria.words()),
        Says::CannotJudge => {
            let what = reasons.first().map(Reason::words).unwrap_or_default();
            without(Verdict::NotJudged, &what)
        }
        _ => Gate::of("release", told.release.name.clone(), reasons.iter().map(finding).collect()),
    }
}
