//! The standing work of the settings, as a source.

use std::{collections::BTreeMap, path::PathBuf};

use chrono::TimeDelta;

use crate::{
    config::Settings,
    domain::{duty::Duty, goal::Goal},
    floor::{
        fact::{Fact, SourceId},
        freshness::{Feed, Source},
    },
    shell::{
        duties::{self, Tending},
        figures::Figures,
        files::FileSource,
    },
    text::Text,
};

/// Duties move by the day: their record is looked at twice a minute, and after every tick of ours.
const DUTIES_EVERY: TimeDelta = TimeDelta::seconds(30);

/// Adds the record and the evidence of the duties to the sources, where there are any.
pub(super) fn add(
    settings: &Settings,
    state: Option<PathBuf>,
    sources: &mut Vec<Source>,
    files: &mut BTreeMap<SourceId, FileSource>,
) {
    let places = settings.goals.iter().flat_map(Goal::places).cloned().collect();
    if let Some(figures) = Figures::of(places) {
        files.insert(SourceId(sources.len()), FileSource::Figures(Box::new(figures)));
        sources.push(Source::new(Text::scrub("goals"), Feed::Metrics, DUTIES_EVERY));
    }
    let Some(record) = settings.record.clone() else { return };
    let of = |duty: &Duty| duty.evidence.as_ref().map(|evidence| evidence.files.clone());
    let evidence = settings.duties.iter().map(of).collect();
    let mut tending = Tending::new(record, state.map(|folder| folder.join(duties::SEEN)), evidence);
    tending.frozen = settings.burn_ins.iter().map(|it| (it.freeze.clone(), it.stretch(it.start).0)).collect();
    files.insert(SourceId(sources.len()), FileSource::Duties(Box::new(tending)));
    sources.push(Source::new(Text::scrub("duties"), Feed::Duties, DUTIES_EVERY));
}

/// The facts that declare it.
pub(super) fn declared(settings: &Settings) -> Vec<Fact> {
    settings.duties.iter().map(|duty| Fact::DutyAdded(Box::new(duty.clone()))).collect()
}

/// The facts that declare burn-ins and goals: after everything they name.
pub(super) fn aimed(settings: &Settings) -> Vec<Fact> {
    let burn_ins = settings.burn_ins.iter().map(|burn_in| Fact::BurnInAdded(Box::new(burn_in.clone())));
    burn_ins.chain(settings.goals.iter().map(|goal| Fact::GoalAdded(Box::new(goal.clone())))).collect()
}
