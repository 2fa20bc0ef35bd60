//! Texts that the person writes in their editor: what stands there at first, and how it is read back.
//!
//! Lines that begin with `#` stay: they are headings. What stands below the cut is left out.

use chrono::{DateTime, Utc};

use crate::{
    domain::{
        alert::AlertState,
        incident::{IncidentKey, Repo},
    },
    floor::{
        Floor,
        effect::Effect,
        fact::{Compose, Went},
        metrics::Gauge,
    },
    text::{Passage, Text, clip},
    tui::{
        Model, Overlay, Pane,
        acting::{self, deed::Deed},
        alerts, message, words,
    },
};

/// Everything from this line on is left out.
pub const CUT: &str = "---------- 8< ---------- everything from this line on is left out ----------";

/// GitHub takes comments and opening texts of 65,536 characters; our mark needs some of them.
const MOST_SIGNS: usize = 65_000;

/// GitHub takes titles of 256 characters.
const TITLE_SIGNS: usize = 256;

/// Asks for a comment on these, where any of them can be commented on.
pub fn comment(model: &mut Model, keys: Vec<IncidentKey>, now: DateTime<Utc>) -> Vec<Effect> {
    let trial = Deed::Comment(Box::new(Passage::scrub("trial")));
    let plan = acting::made(model, trial, &keys, now);
    if plan.doing.is_empty() {
        message::say(model, acting::nothing_done(&plan), Went::Badly, now);
        return Vec::new();
    }
    let about = Compose::Comment(plan.doing.clone());
    let named = plan.doing.iter().take(10).map(|key| match model.floor.queue().find(key) {
        Some(entry) => format!("  {key}  {}\n", entry.incident.title),
        None => format!("  {key}\n"),
    });
    let more = plan.doing.len().saturating_sub(10);
    let rest = if more > 0 { format!("  and {more} more\n") } else { String::new() };
    let below = format!(
        "A comment in Markdown on\n{}{rest}It is shown once more before it is sent. An empty text sends nothing.\n",
        named.collect::<String>()
    );
    asked(model, about, String::new(), &below)
}

/// Asks for the text of a new incident in a repository: of the alert or the signal selected, or of nothing.
pub fn create(model: &mut Model, repo: Repo, about: Option<&IncidentKey>, now: DateTime<Utc>) -> Vec<Effect> {
    let first = match about {
        Some(key) => from_alert(key, &model.floor),
        None if alerts::target(model).is_some() => {
            alerts::target(model).map(|alarm| alerts::as_incident(alarm, &model.floor, now))
        }
        None => firing(model).map(|gauge| from_signal(gauge, &model.floor, now)),
    };
    let below = format!(
        "A new incident in {repo}: the first line is its title, the rest its text in Markdown.\nIt is shown once more before it is sent. An empty text sends nothing.\n"
    );
    asked(model, Compose::Create(repo), first.unwrap_or_default(), &below)
}

/// Asks for a text that begins with this one.
pub fn begun(model: &mut Model, about: Compose, first: String) -> Vec<Effect> {
    asked(model, about, first, "It is shown once more before it is sent. An empty text sends nothing.\n")
}

fn asked(model: &mut Model, about: Compose, first: String, below: &str) -> Vec<Effect> {
    let kept =
        model.acting.kept.as_ref().filter(|(known, _)| *known == about).map(|(_, text)| text.as_str().to_owned());
    let first = kept.unwrap_or(first);
    let first = Passage::scrub(&format!("{}\n\n{CUT}\n{below}", first.trim_end()));
    vec![Effect::Compose { about, first }]
}

/// The signal under the cursor, if it fires.
fn firing(model: &Model) -> Option<&Gauge> {
    let gauge = model.floor.gauges().get(model.metrics.cursor.at)?;
    (model.focus == Pane::Metrics && gauge.is_firing()).then_some(gauge)
}

fn from_alert(key: &IncidentKey, floor: &Floor) -> Option<String> {
    let entry = floor.queue().find(key).filter(|entry| !entry.incident.kind.is_conversation())?;
    let incident = &entry.incident;
    let body = incident.body.as_ref().map(|body| body.as_str()).unwrap_or_default();
    let page = if incident.url.is_blank() { key.to_string() } else { incident.url.to_string() };
    Some(format!("{}\n\nFrom {} {key}: {page}\n\n{}", incident.title, incident.kind.word(), body.trim()))
}

fn from_signal(gauge: &Gauge, floor: &Floor, now: DateTime<Utc>) -> String {
    let signal = &gauge.signal;
    let since = match gauge.alert {
        AlertState::Firing { since, .. } => {
            format!(" since {} {}", words::moment(since, &floor.zone, now), floor.zone.abbreviation(since))
        }
        _ => String::new(),
    };
    let runbook = signal.runbook.as_ref().map(|page| format!("\nRunbook: {page}\n")).unwrap_or_default();
    format!("{} fires\n\nThe signal {} fires{since}.\n{runbook}", signal.name, signal.name)
}

/// What was written: without what stands below the cut and without blank lines around; nothing where that is all.
pub fn read(text: &Passage) -> Option<String> {
    let is_cut = |line: &&str| line.trim_start().starts_with("---------- 8<");
    let kept: Vec<&str> = text.as_str().lines().take_while(|line| !is_cut(line)).collect();
    let kept = kept.join("\n");
    let kept = kept.trim_matches('\n').trim_end();
    (!kept.trim().is_empty()).then(|| kept.to_owned())
}

/// The title and the text of a new incident.
pub fn read_new(text: &Passage) -> Option<(Text, Passage)> {
    let whole = read(text)?;
    let (title, body) = whole.split_once('\n').unwrap_or((&whole, ""));
    Some((Text::scrub(title.trim()), Passage::scrub(body.trim_matches('\n'))))
}

/// A text came back from the editor: it is looked at before it is sent.
pub fn written(model: &mut Model, about: &Compose, text: &Passage, now: DateTime<Utc>) {
    let Some(whole) = read(text) else {
        model.acting.kept = None;
        return message::say(model, "an empty text: nothing is sent".to_owned(), Went::Well, now);
    };
    let kept = (about.clone(), Passage::scrub(&whole));
    let long = whole.chars().count();
    let (deed, keys) = match about {
        Compose::Comment(keys) => (Deed::Comment(Box::new(kept.1.clone())), keys.clone()),
        Compose::Create(repo) => {
            let Some((title, body)) = read_new(text) else { return };
            if title.as_str().chars().count() > TITLE_SIGNS {
                model.acting.kept = Some(kept);
                let why = format!("not sent: a title has at most {TITLE_SIGNS} signs; the text is kept");
                return message::say(model, why, Went::Badly, now);
            }
            (Deed::Create { repo: repo.clone(), title, body: Box::new(body) }, Vec::new())
        }
    };
    if long > MOST_SIGNS {
        model.acting.kept = Some(kept);
        let why = format!("not sent: {} signs, and a host takes {}; the text is kept", long, MOST_SIGNS);
        return message::say(model, why, Went::Badly, now);
    }
    let plan = acting::made(model, deed, &keys, now);
    if plan.doing.is_empty() && plan.drafts.is_empty() {
        let why = clip(&format!("not sent, the text is kept: {}", acting::nothing_done(&plan)), 200);
        model.acting.kept = Some(kept);
        return message::say(model, why, Went::Badly, now);
    }
    let errand = acting::errand_of(&plan, Some(kept));
    acting::ask(model, &plan, errand, now);
}

/// The text of a question is written again.
pub fn again(model: &mut Model) -> Vec<Effect> {
    let Some(Overlay::Confirming(state)) = model.overlays.pop() else { return Vec::new() };
    let Some((about, text)) = state.errand.text else { return Vec::new() };
    model.acting.kept = Some((about.clone(), text));
    asked(model, about, String::new(), "Written again. An empty text sends nothing.\n")
}
