//! The form for what goes on record: what is said, why, of which commit. Asked once more before it is written.

pub mod view;

use crate::{
    domain::release::record::Deed,
    floor::effect::Effect,
    text::Text,
    tui::{
        Model, Overlay,
        acting::Errand,
        confirm,
        cursor::Scroll,
        field::{Field, Typed},
        input::Key,
    },
};

/// One thing that can be said.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// Its word.
    pub word: &'static str,
    /// What it means.
    pub help: String,
    /// Whether it counts only with a reason.
    pub needs_reason: bool,
    deed: Deed,
}

impl Choice {
    /// A choice; what it puts on record says whether it needs a reason.
    pub fn new(word: &'static str, help: impl Into<String>, deed: Deed) -> Self {
        Self { word, help: help.into(), needs_reason: deed.needs_reason(), deed }
    }
}

/// The form.
#[derive(Debug)]
pub struct State {
    /// What it is about.
    pub title: String,
    /// What can be said.
    pub choices: Vec<Choice>,
    /// Which is chosen.
    pub at: usize,
    /// Why.
    pub reason: Field,
    /// Of which commit.
    pub commit: Field,
    /// Whether the commit is typed, and not the reason.
    pub is_at_commit: bool,
    /// What is wrong, since enter was pressed.
    pub fault: Option<String>,
    path: Text,
}

/// What a key did.
#[derive(Debug)]
pub enum Pressed {
    /// It closes the form.
    Close,
    /// It was taken.
    Taken,
    /// It asks for this entry.
    Asks(Box<Effect>),
}

impl State {
    /// A form.
    pub fn new(title: String, path: Text, choices: Vec<Choice>, commit: Option<Text>) -> Self {
        let commit = Field::with(commit.as_ref().map(Text::as_str).unwrap_or_default());
        Self { title, choices, at: 0, reason: Field::default(), commit, is_at_commit: false, fault: None, path }
    }

    /// The entry as it would be.
    ///
    /// # Errors
    /// What is missing.
    pub fn entry(&self) -> Result<Effect, String> {
        let choice = self.choices.get(self.at).ok_or("nothing is chosen")?;
        let reason = Text::scrub(self.reason.text().trim());
        if choice.needs_reason && reason.is_blank() {
            return Err(format!("say why: {} counts only with a reason", choice.word));
        }
        let commit = Some(Text::scrub(self.commit.text().trim())).filter(|commit| !commit.is_blank());
        Ok(Effect::Enter { path: self.path.clone(), deed: choice.deed.clone(), commit, reason })
    }
}

/// Takes a key.
pub fn press(state: &mut State, key: &Key) -> Pressed {
    let n = state.choices.len().max(1);
    match key {
        Key::Esc => return Pressed::Close,
        Key::Enter => match state.entry() {
            Ok(effect) => return Pressed::Asks(Box::new(effect)),
            Err(why) => state.fault = Some(why),
        },
        Key::Down => (state.at, state.fault) = ((state.at + 1) % n, None),
        Key::Up => (state.at, state.fault) = ((state.at + n - 1) % n, None),
        Key::Tab | Key::BackTab => state.is_at_commit = !state.is_at_commit,
        key => {
            let field = if state.is_at_commit { &mut state.commit } else { &mut state.reason };
            if field.take(key) == Typed::Changed {
                state.fault = None;
            }
        }
    }
    Pressed::Taken
}

/// What an entry says, an announcement by what people call it.
pub(in crate::tui::release) fn named(model: &Model, deed: &Deed) -> String {
    let Deed::Announced { what } = deed else { return deed.words() };
    let announcements = &model.release.sheet.announcements;
    let name = announcements.iter().find(|it| it.key == *what).map_or(what, |it| &it.name);
    format!("announced: {name}")
}

/// Asks whether it is meant: its answer is no unless somebody says yes.
pub(in crate::tui) fn ask(model: &mut Model, effects: Vec<Effect>) {
    let mut doing = Vec::new();
    let mut order = "put it on record".to_owned();
    for effect in &effects {
        match effect {
            Effect::Enter { deed, commit, reason, path } => {
                order = format!("put on record: {}", named(model, deed));
                doing.push(format!("by {}, in {path}.record", model.me));
                doing.extend(commit.iter().map(|commit| format!("of commit {commit}")));
                doing.extend((!reason.is_blank()).then(|| format!("because: {reason}")));
            }
            Effect::Toggle { line, path, .. } => doing.push(format!("and its step is ticked: {path} line {line}")),
            _ => {}
        }
    }
    let errand = Errand { effects, made: None, text: None, is_undo: false };
    let scroll = Scroll::default();
    let state = confirm::State { order, doing, skipped: Vec::new(), text: None, errand, can_edit: false, scroll };
    model.overlays.push(Overlay::Confirming(Box::new(state)));
}
