//! A runbook over the panes: read, ticked step by step, and noted on the incident's timeline.
//!
//! Ticks are the person's own and last as long as the console; the page itself is never written.

pub mod steps;
pub mod view;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use crate::{
    domain::incident::IncidentKey,
    floor::{
        Floor,
        changed::Opening,
        effect::Effect,
        fact::{Compose, Went},
    },
    text::{Passage, Text},
    tui::{Model, Overlay, acting::compose, action::Action, message, metrics},
};

/// What the person is looking at.
#[derive(Debug)]
pub struct State {
    /// The page: a path, as the settings name it.
    pub page: Text,
    /// The incident whose timeline takes the notes.
    pub about: Option<IncidentKey>,
    /// The page's text, or why there is none; nothing while it is being read.
    pub read: Option<Result<Box<Passage>, Text>>,
    /// The step under the cursor.
    pub at: usize,
    /// The first line shown.
    pub top: usize,
}

/// When each step of a page was ticked.
pub type Ticks = BTreeMap<usize, DateTime<Utc>>;

/// Whether a runbook is a page elsewhere, for a browser.
pub fn is_elsewhere(page: &Text) -> bool {
    page.as_str().starts_with("https://") || page.as_str().starts_with("http://")
}

/// Opens a page: here if it is a file, in the browser if it is an address.
pub fn open(model: &mut Model, page: Text, about: Option<IncidentKey>) -> Vec<Effect> {
    if is_elsewhere(&page) {
        return vec![Effect::Browse(page)];
    }
    model.overlays.push(Overlay::Runbook(State { page: page.clone(), about, read: None, at: 0, top: 0 }));
    vec![Effect::ReadRunbook(page)]
}

/// Opens the runbook of what is selected.
pub fn open_selected(model: &mut Model, action: Action, now: DateTime<Utc>) -> Vec<Effect> {
    let found = if action == Action::Runbook { of_signal(model, now) } else { of_incident(model) };
    match found {
        Ok((page, about)) => open(model, page, about),
        Err(why) => {
            message::say(model, why.to_owned(), Went::Badly, now);
            Vec::new()
        }
    }
}

type Found = Result<(Text, Option<IncidentKey>), &'static str>;

fn of_signal(model: &Model, now: DateTime<Utc>) -> Found {
    let gauges = metrics::rows(&model.floor, now);
    let gauge = gauges.get(model.metrics.cursor.at).ok_or("no signal is selected")?;
    let page =
        gauge.signal.runbook.clone().ok_or("this signal has no runbook: write runbook = \"…\" below [[signal]]")?;
    Ok((page, None))
}

/// An incident names its runbook in its opening text. That text comes from outside: it can choose among the pages that the
/// settings name, or lead to a page in the browser, and have no other file read.
fn of_incident(model: &Model) -> Found {
    let key = match model.overlays.last() {
        Some(Overlay::Detail(state)) => Some(&state.key),
        _ => model.queue.selected.as_ref(),
    };
    let key = key.ok_or("no incident is selected")?;
    let text = match model.floor.opening(key) {
        Opening::Text(text) => text,
        Opening::Unread => return Err("its text is not read yet: enter opens it, then b"),
        Opening::None => return Err("it has no text that could name a runbook"),
    };
    Ok((chosen(text, &model.floor)?, Some(key.clone())))
}

/// The page that a text from outside chooses.
fn chosen(text: &Passage, floor: &Floor) -> Result<Text, &'static str> {
    let page = named_in(text).ok_or("its text names no runbook: a line \"Runbook: …\" does")?;
    let is_known = floor.gauges().iter().any(|gauge| gauge.signal.runbook.as_ref() == Some(&page));
    if is_known || is_elsewhere(&page) {
        Ok(page)
    } else {
        Err("its text names a file that no signal here has as its runbook: not opened")
    }
}

/// The page that a line `Runbook: …` names.
fn named_in(text: &Passage) -> Option<Text> {
    text.as_str().lines().find_map(|line| {
        let (name, page) = line.split_once(':')?;
        let page = page.trim().trim_start_matches('<').trim_end_matches('>');
        (name.trim().eq_ignore_ascii_case("runbook") && !page.is_empty()).then(|| Text::scrub(page))
    })
}

/// A page was read, or could not be.
pub fn heard(model: &mut Model, page: &Text, read: &Result<Box<Passage>, Text>) {
    for overlay in &mut model.overlays {
        if let Overlay::Runbook(state) = overlay
            && state.page == *page
        {
            state.read = Some(read.clone());
        }
    }
}

/// Does what an action means for the page on top.
pub fn act(model: &mut Model, action: Action, now: DateTime<Utc>) -> Vec<Effect> {
    let page = view::page_rows(model);
    let (lines, places) = view::drawn(model);
    let Some(Overlay::Runbook(state)) = model.overlays.last_mut() else { return Vec::new() };
    let Some(Ok(text)) = &state.read else { return Vec::new() };
    let steps = steps::steps(text);
    let last = steps.len().saturating_sub(1);
    match action {
        Action::Down | Action::Up if !steps.is_empty() => {
            let step = if action == Action::Down { state.at.saturating_add(1) } else { state.at.saturating_sub(1) };
            state.at = step.min(last);
            show_step(state, &places, page);
        }
        Action::Tick => {
            if steps.is_empty() {
                message::say(model, "this page has no steps to tick".to_owned(), Went::Badly, now);
                return Vec::new();
            }
            let ticks = model.runbooks.entry(state.page.clone()).or_default();
            if ticks.remove(&state.at).is_none() {
                ticks.insert(state.at, now);
                state.at = (state.at + 1).min(last);
                show_step(state, &places, page);
            }
        }
        Action::CopyCommand => return copy(model, now),
        Action::NoteSteps => return note(model, &steps, now),
        _ => {
            let mut scroll = crate::tui::cursor::Scroll { top: state.top };
            if scroll.step(action, page) {
                state.top = scroll.held(lines.len(), page);
            }
        }
    }
    Vec::new()
}

/// Brings the step under the cursor onto the page, with what comes below it.
fn show_step(state: &mut State, places: &[usize], page: usize) {
    let Some(line) = places.get(state.at).copied() else { return };
    if line < state.top || line >= state.top + page.saturating_sub(2) {
        state.top = line.saturating_sub(page / 3);
    }
}

fn copy(model: &mut Model, now: DateTime<Utc>) -> Vec<Effect> {
    let Some(Overlay::Runbook(State { read: Some(Ok(text)), at, .. })) = model.overlays.last() else {
        return Vec::new();
    };
    let command = steps::steps(text).into_iter().nth(*at).and_then(|step| step.command);
    match command {
        // One line: a clipboard that holds a line break runs what is pasted.
        Some(command) if !command.contains('\n') => vec![Effect::Copy(Text::scrub(&command))],
        Some(_) => {
            let why = "its command has several lines: copy it from the page itself, where you see what you paste";
            message::say(model, why.to_owned(), Went::Badly, now);
            Vec::new()
        }
        None => {
            message::say(model, "no command stands below this step".to_owned(), Went::Badly, now);
            Vec::new()
        }
    }
}

/// Has the person write a comment that begins with the steps done.
fn note(model: &mut Model, steps: &[steps::Step], now: DateTime<Utc>) -> Vec<Effect> {
    let Some(Overlay::Runbook(state)) = model.overlays.last() else { return Vec::new() };
    let Some(key) = state.about.clone() else {
        let why = "no incident to note it on: C opens one, and b there opens its runbook";
        message::say(model, why.to_owned(), Went::Badly, now);
        return Vec::new();
    };
    let ticks = model.runbooks.get(&state.page).cloned().unwrap_or_default();
    let zone = &model.floor.zone;
    let mut text = format!("Runbook {}\n\n", state.page);
    for (at, step) in steps.iter().enumerate() {
        let line = match ticks.get(&at) {
            Some(when) => format!("- [x] {} ({})\n", step.what, zone.local(*when).format("%H:%M")),
            None => format!("- [ ] {}\n", step.what),
        };
        text.push_str(&line);
    }
    compose::begun(model, Compose::Comment(vec![key]), text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        demo::{USUAL_INCIDENTS, World},
        domain::{incident::Login, time::parse_rfc3339, zone::Zones},
        tui::{
            Msg,
            input::Key,
            theme::{Glyphs, Theme},
        },
    };

    const PAGE: &str = "# Disk\n\n1. look\n\n   ```\n   df -h\n   ```\n2. free\n3. tell";

    fn now() -> DateTime<Utc> {
        parse_rfc3339("2026-11-20T02:12:00Z").unwrap()
    }

    /// A console that reads a page about the first incident of the demo.
    fn reading(page: &str) -> Model {
        let mut world = World::new(7, now(), USUAL_INCIDENTS, &Zones::bundled());
        let mut floor = world.floor();
        for fact in world.opening() {
            floor.apply(fact, now());
        }
        let mut model = Model::new(floor, Login::new("ana"), Theme::shipped("mono", Glyphs::Unicode));
        model.settle(now());
        let about = model.queue.selected.clone();
        let path = Text::scrub("runbooks/disk.md");
        assert_eq!(open(&mut model, path.clone(), about), [Effect::ReadRunbook(path.clone())]);
        let read = Ok(Box::new(Passage::scrub(page)));
        crate::tui::update(&mut model, Msg::Fact(crate::floor::fact::Fact::RunbookRead { page: path, read }), now());
        model
    }

    fn press(model: &mut Model, keys: &str) -> Vec<Effect> {
        keys.chars().flat_map(|c| crate::tui::update(model, Msg::Key(Key::Char(c)), now())).collect()
    }

    #[test]
    fn steps_are_ticked_in_turn_and_the_ticks_outlive_the_page() {
        let mut model = reading(PAGE);
        press(&mut model, "  ");
        let shown: Vec<String> = view::drawn(&model).0.iter().map(ToString::to_string).collect();
        assert!(shown.contains(&"1. [x] look".to_owned()) && shown.contains(&"3. [ ] tell".to_owned()), "{shown:?}");
        model.overlays.clear();
        assert_eq!(model.runbooks.values().map(BTreeMap::len).sum::<usize>(), 2);
    }

    #[test]
    fn a_command_is_copied_and_a_note_says_what_was_done() {
        let mut model = reading(PAGE);
        assert_eq!(press(&mut model, "y"), [Effect::Copy(Text::scrub("df -h"))]);
        press(&mut model, " ");
        let effects = press(&mut model, "n");
        let [Effect::Compose { about: Compose::Comment(keys), first }] = effects.as_slice() else {
            panic!("{effects:?}")
        };
        assert_eq!(keys.len(), 1);
        assert!(first.as_str().starts_with("Runbook runbooks/disk.md\n\n- [x] look ("), "{}", first.as_str());
        assert!(first.as_str().contains("- [ ] tell\n"));
    }

    #[test]
    fn a_command_of_several_lines_is_not_put_on_the_clipboard() {
        let mut model = reading("1. look\n\n   ```\n   df -h\n   rm -rf /\n   ```");
        assert_eq!(press(&mut model, "y"), []);
    }

    #[test]
    fn an_incident_cannot_have_a_file_read_that_is_no_runbook_here() {
        let floor = reading(PAGE).floor;
        let of = |line: &str| chosen(&Passage::scrub(&format!("It fails.\n\n{line}\n")), &floor).ok();
        assert_eq!(of("Runbook: /etc/passwd"), None);
        assert_eq!(of("runbook: runbooks/disk-full.md"), Some(Text::scrub("runbooks/disk-full.md")));
        assert_eq!(of("Runbook: https://wiki.example/disk"), Some(Text::scrub("https://wiki.example/disk")));
    }
}
