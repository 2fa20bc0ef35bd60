//! `watchfloor goals …`: figures and what they should come to.

pub mod check;

use chrono::{DateTime, Utc};

use crate::{
    cli::{
        args::{Common, Goals, GoalsCommand, Printed, Sla},
        board, exit,
        failure::{Failure, complain, print},
        show,
        sla::scene::Scene,
        then,
    },
    domain::{goal::judge::Verdict, trouble::nearest, zone::Zones},
    floor::Floor,
    sink::{
        goal::Row,
        json::goal as wire,
        plain::{Page, goal as paper},
    },
    text::Text,
};

/// Runs it.
///
/// # Errors
/// Wrong settings, no goal, a name that is none, an instant that has not come.
pub async fn run(asked: &Goals, common: &Common, zones: &Zones) -> Result<u8, Failure> {
    let sla = Sla { command: None, printed: Printed::default(), at: asked.at, tz: None };
    let scene = Scene::read(&sla, common, zones).await?;
    let now = scene.now;
    if asked.at.is_some_and(|at| now < at) {
        return Err(Failure::new(
            exit::USAGE,
            "look ahead: --at has not come",
            "--at looks back; leave it out for now",
        ));
    }
    let mut rows = rows(&scene.floor, now);
    if rows.is_empty() {
        let hint = "write [[goal]] in watchfloor.toml: watchfloor config default shows how";
        return Err(Failure::new(exit::CONFIG, "find a goal: the settings name none", hint));
    }
    let mut json = asked.printed.json;
    let is_one = matches!(asked.command, Some(GoalsCommand::Show { .. }));
    if let Some(GoalsCommand::Show { name, printed }) = &asked.command {
        json |= printed.json;
        let found = scene.floor.goal(name).ok_or_else(|| unknown(&scene.floor, name))?;
        rows.retain(|row| row.goal.name == found.name);
    }
    if let Some(known) = &scene.known {
        complain(&format!("note: {}", then::mark(known, &scene.floor).trim_end()));
    }
    if json {
        let on_wire: Vec<_> = rows.iter().map(wire::Row::of).collect();
        let document = board::document("goals", zones, now).with("goals", on_wire);
        print(&board::pretty(&document.value()))?;
    } else {
        let mut page = Page::new(show::width());
        page.heading(&scene.floor.team, &scene.floor.zone, now);
        page.blank();
        match rows.first() {
            Some(row) if is_one => paper::one(&mut page, row),
            _ => paper::list(&mut page, &rows),
        }
        print(&page.finish())?;
    }
    let is_judged = rows.iter().all(|row| row.standing.verdict != Verdict::NotJudged);
    Ok(if is_judged { exit::DONE } else { exit::COULD_NOT_JUDGE })
}

/// The goals of a settled floor, for a sink.
pub(super) fn rows(floor: &Floor, now: DateTime<Utc>) -> Vec<Row<'_>> {
    floor.goals().iter().map(|goal| Row { goal, standing: floor.goal_standing(goal, now) }).collect()
}

fn unknown(floor: &Floor, name: &str) -> Failure {
    let near = nearest(name, floor.goals().iter().map(|goal| goal.name.as_str()));
    let hint = near.map_or("watchfloor goals lists them".to_owned(), |near| format!("did you mean \"{near}\"?"));
    Failure::new(exit::USAGE, format!("find a goal called {}", Text::scrub(name)), hint)
}
