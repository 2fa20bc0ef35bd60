//! Choosing from a list by typing some of it: who, which labels, why, until when, of what.

pub mod choices;
pub mod view;

use chrono::{DateTime, Utc};
use nucleo_matcher::{
    Config, Matcher,
    pattern::{CaseMatching, Normalization, Pattern},
};

use crate::{
    domain::{
        incident::{CloseReason, IncidentKey, Label, Login, Repo},
        priority::Priority,
    },
    floor::Floor,
    tui::{
        acting::deed::Deed,
        field::{Field, Typed},
        input::Key,
    },
};

/// What is chosen for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Who owns it.
    Assign,
    /// Its labels.
    Label,
    /// Its priority.
    Priority,
    /// Why it is closed.
    Close,
    /// What it is a duplicate of.
    Duplicate,
    /// Until when it is out of sight.
    Snooze,
    /// Where a new one is opened.
    Create,
}

/// What can be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// A person.
    Login(Login),
    /// A label.
    Label(Label),
    /// A priority; nothing = none.
    Priority(Option<Priority>),
    /// A reason.
    Reason(CloseReason),
    /// An instant.
    Until(DateTime<Utc>),
    /// Another incident.
    Key(IncidentKey),
    /// A repository.
    Repo(Repo),
}

/// How many of the incidents have what is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Has {
    /// None of them.
    No,
    /// Some of them.
    Some,
    /// All of them.
    All,
}

/// One row of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What it is.
    pub value: Value,
    /// Its words.
    pub word: String,
    /// What to know about it.
    pub note: String,
    /// How many of the incidents have it.
    pub has: Has,
    /// What the person made of that.
    pub turned: Option<bool>,
}

/// The list.
#[derive(Debug)]
pub struct State {
    /// What for.
    pub purpose: Purpose,
    /// The incidents it is about.
    pub keys: Vec<IncidentKey>,
    /// What is typed.
    pub field: Field,
    /// Which of the rows shown is meant.
    pub at: usize,
    /// What is wrong, in words.
    pub problem: Option<String>,
    choices: Vec<Choice>,
    found: Vec<usize>,
    /// What is typed, as a choice of its own.
    extra: Option<Choice>,
    is_walked: bool,
}

/// What a key did.
#[derive(Debug, Clone, PartialEq)]
pub enum Pressed {
    /// It closes the list.
    Close,
    /// It was taken.
    Taken,
    /// It asks for this, of these.
    Chose(Deed, Vec<IncidentKey>),
    /// It chose where a new incident is opened.
    Where(Repo),
}

impl State {
    /// A list of these choices.
    pub fn new(purpose: Purpose, keys: Vec<IncidentKey>, choices: Vec<Choice>) -> Self {
        let found = (0..choices.len()).collect();
        Self {
            purpose,
            keys,
            field: Field::default(),
            at: 0,
            problem: None,
            choices,
            found,
            extra: None,
            is_walked: false,
        }
    }

    /// Whether several can be chosen.
    pub fn is_many(&self) -> bool {
        matches!(self.purpose, Purpose::Assign | Purpose::Label)
    }

    /// The rows that fit what is typed, the best first; what is typed itself last.
    pub fn rows(&self) -> impl Iterator<Item = &Choice> {
        self.found.iter().filter_map(|place| self.choices.get(*place)).chain(&self.extra)
    }

    /// Whether a row is meant: labels are never set by chance.
    pub fn is_begun(&self) -> bool {
        self.is_walked || self.purpose != Purpose::Label || !self.field.text().trim().is_empty()
    }

    fn n_rows(&self) -> usize {
        self.found.len() + usize::from(self.extra.is_some())
    }

    fn find(&mut self, floor: &Floor, now: DateTime<Utc>) {
        let typed = self.field.text().trim().to_owned();
        self.at = 0;
        self.problem = None;
        self.found = ranked(&self.choices, &typed);
        let is_listed = |value: &Value| self.choices.iter().any(|choice| choice.value == *value);
        self.extra = choices::typed(self.purpose, &typed, &self.keys, floor, now).filter(|c| !is_listed(&c.value));
        // A time that was typed whole is meant, whatever else the letters find.
        if self.purpose == Purpose::Snooze && self.extra.is_some() {
            self.found.clear();
        }
    }

    fn turn(&mut self) {
        let at = self.at;
        if let Some(extra) = self.extra.take_if(|_| at == self.found.len()) {
            self.choices.push(Choice { turned: Some(true), ..extra });
            self.found.push(self.choices.len() - 1);
            return;
        }
        let place = self.found.get(at).copied();
        if let Some(choice) = place.and_then(|place| self.choices.get_mut(place)) {
            choice.turned = match (choice.has, choice.turned) {
                (Has::No, None) => Some(true),
                (Has::All, None) | (Has::Some, Some(true)) => Some(false),
                (Has::Some, None) => Some(true),
                (_, Some(_)) => None,
            };
        }
    }
}

/// Takes a key.
pub fn press(state: &mut State, key: &Key, floor: &Floor, now: DateTime<Utc>) -> Pressed {
    match key {
        Key::Esc => return Pressed::Close,
        Key::Backspace if state.field.text().is_empty() => return Pressed::Close,
        Key::Enter => return choose(state),
        Key::Tab if state.is_many() => {
            if state.is_begun() {
                state.turn();
            }
            state.is_walked = true;
        }
        Key::Down | Key::Ctrl('n') => walk(state, true),
        Key::Up | Key::Ctrl('p') => walk(state, false),
        key => {
            if state.field.take(key) == Typed::Changed {
                state.find(floor, now);
            }
        }
    }
    Pressed::Taken
}

fn walk(state: &mut State, is_down: bool) {
    if !state.is_begun() {
        // The first step lands on the first.
        state.is_walked = true;
        return;
    }
    let last = state.n_rows().saturating_sub(1);
    state.at = if is_down { (state.at + 1).min(last) } else { state.at.saturating_sub(1) };
}

fn choose(state: &mut State) -> Pressed {
    if state.is_many() {
        if state.choices.iter().all(|choice| choice.turned.is_none()) && state.is_begun() {
            state.turn();
        }
        return chosen_together(state);
    }
    let Some(choice) = state.rows().nth(state.at) else {
        state.problem = Some(nothing_found(state.purpose).to_owned());
        return Pressed::Taken;
    };
    let deed = match choice.value.clone() {
        Value::Repo(repo) => return Pressed::Where(repo),
        Value::Priority(priority) => Deed::Prioritize(priority),
        Value::Reason(reason) => Deed::Close(reason),
        Value::Until(until) => Deed::Snooze(until),
        Value::Key(of) => Deed::Duplicate(of),
        Value::Login(_) | Value::Label(_) => return Pressed::Taken,
    };
    Pressed::Chose(deed, state.keys.clone())
}

fn chosen_together(state: &mut State) -> Pressed {
    let turned = |wanted: bool| state.choices.iter().filter(move |c| c.turned == Some(wanted)).map(|c| &c.value);
    let logins = |wanted| turned(wanted).filter_map(|v| if let Value::Login(l) = v { Some(l.clone()) } else { None });
    let labels = |wanted| turned(wanted).filter_map(|v| if let Value::Label(l) = v { Some(l.clone()) } else { None });
    let deed = match state.purpose {
        Purpose::Assign => Deed::Assign { on: logins(true).collect(), off: logins(false).collect() },
        _ => Deed::Label { on: labels(true).collect(), off: labels(false).collect() },
    };
    let is_nothing = state.choices.iter().all(|choice| choice.turned.is_none());
    if is_nothing {
        state.problem = Some(nothing_found(state.purpose).to_owned());
        return Pressed::Taken;
    }
    Pressed::Chose(deed, state.keys.clone())
}

fn nothing_found(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Assign => "nobody is chosen: type some of a name, tab chooses several",
        Purpose::Label => "no label is chosen: type some of it, tab chooses several",
        Purpose::Snooze => "not a time to come: 18:00, fri 09:00, +4h",
        Purpose::Duplicate => "no such incident here: type its key or some of its title",
        Purpose::Create => "no such repository here",
        Purpose::Priority | Purpose::Close => "nothing of that name",
    }
}

/// Places of the choices that fit what is typed, the best first.
fn ranked(choices: &[Choice], typed: &str) -> Vec<usize> {
    if typed.is_empty() {
        return (0..choices.len()).collect();
    }
    let pattern = Pattern::parse(typed, CaseMatching::Ignore, Normalization::Smart);
    let mut matcher = Matcher::new(Config::DEFAULT);
    let mut buffer = Vec::new();
    let lower = typed.to_lowercase();
    let mut scored = Vec::new();
    for (place, choice) in choices.iter().enumerate() {
        let text = format!("{} {}", choice.word, choice.note);
        let is_it = choice.word.to_lowercase() == lower;
        let score = pattern.score(nucleo_matcher::Utf32Str::new(&text, &mut buffer), &mut matcher);
        // A name typed out is meant, whatever the pattern makes of its signs.
        if score.is_some() || is_it {
            let begins = choice.word.to_lowercase().starts_with(&lower);
            scored.push(((is_it, begins, score.unwrap_or(0)), place));
        }
    }
    scored.sort_by_key(|(rank, place)| (std::cmp::Reverse(*rank), *place));
    scored.into_iter().map(|(_, place)| place).collect()
}
