//! The form that silences alerts: for how long, why, by whom, and what their labels must be.

pub mod view;

use chrono::{DateTime, TimeDelta, Utc};

use crate::{
    domain::{
        alert::alarm::Alarm,
        incident::Login,
        notify::{Matcher, Silence, SilenceId},
        query,
        time::plus,
    },
    floor::effect::Effect,
    text::Text,
    tui::{
        acting::Errand,
        confirm,
        cursor::Scroll,
        field::{Field, Typed},
        input::Key,
    },
};

/// How long, unless somebody says otherwise.
const USUAL: &str = "2h";

/// The form.
#[derive(Debug)]
pub struct State {
    /// The alert it was opened on.
    pub about: Text,
    /// The Alertmanager where the silence is made; nothing = here.
    pub server: Option<Text>,
    /// For how long, as typed.
    pub length: Field,
    /// Why.
    pub comment: Field,
    /// By whom.
    pub author: Field,
    /// What labels must be, and whether that is asked.
    pub matchers: Vec<(Matcher, bool)>,
    /// The row under the cursor.
    pub at: usize,
    /// What is wrong, since enter was pressed.
    pub fault: Option<String>,
}

/// Fields before the matchers.
pub const FIELDS: usize = 3;

/// What a key did.
#[derive(Debug)]
pub enum Pressed {
    /// It closes the form.
    Close,
    /// It was taken.
    Taken,
    /// It asks for this.
    Asks(Box<Silence>),
}

impl State {
    /// A form that takes an alert on where an Alertmanager tells of it: a silence of its labels, which says so.
    pub fn taking_on(alarm: &Alarm, me: &Login) -> Self {
        Self { comment: Field::with(&format!("taken on by {}", me.as_str())), at: 0, ..Self::new(alarm, me) }
    }

    /// A form on an alert: two hours, and its own labels. An alert that an Alertmanager tells of is silenced there.
    pub fn new(alarm: &Alarm, me: &Login) -> Self {
        let labels = alarm.alert.labels.iter();
        Self {
            about: alarm.alert.rule.clone(),
            server: alarm.elsewhere().and_then(|abroad| abroad.manager.clone()),
            length: Field::with(USUAL),
            comment: Field::default(),
            author: Field::with(me.as_str()),
            matchers: labels.map(|(name, value)| (Matcher::equal(name.as_str(), value.as_str()), true)).collect(),
            // How long is known; why is not.
            at: 1,
            fault: None,
        }
    }

    /// The field under the cursor.
    fn field(&mut self) -> Option<&mut Field> {
        match self.at {
            0 => Some(&mut self.length),
            1 => Some(&mut self.comment),
            2 => Some(&mut self.author),
            _ => None,
        }
    }

    /// How long is typed; nothing where that is no length.
    pub fn span(&self) -> Option<TimeDelta> {
        query::length(self.length.text().trim())
    }

    /// The matchers that are asked for.
    pub fn asked(&self) -> Vec<Matcher> {
        self.matchers.iter().filter(|(_, is_on)| *is_on).map(|(matcher, _)| matcher.clone()).collect()
    }

    /// The silence as it would be.
    ///
    /// # Errors
    /// What is missing or wrong.
    pub fn silence(&self, now: DateTime<Utc>) -> Result<Silence, String> {
        let length =
            self.span().ok_or_else(|| format!("\"{}\" is no length: write 30m, 2h or 1d", self.length.text()))?;
        let silence = Silence {
            id: SilenceId(0),
            matchers: self.asked(),
            from: now,
            until: plus(now, length),
            author: Text::scrub(self.author.text().trim()),
            comment: Text::scrub(self.comment.text().trim()),
        };
        silence.checked()
    }
}

/// Takes a key.
pub fn press(state: &mut State, key: &Key, now: DateTime<Utc>) -> Pressed {
    let last = FIELDS + state.matchers.len();
    match key {
        Key::Esc => return Pressed::Close,
        Key::Enter => match state.silence(now) {
            Ok(silence) => return Pressed::Asks(Box::new(silence)),
            Err(why) => state.fault = Some(why),
        },
        Key::Down | Key::Tab => state.at = (state.at + 1) % last.max(1),
        Key::Up | Key::BackTab => state.at = (state.at + last.saturating_sub(1)) % last.max(1),
        Key::Char(' ') if state.at >= FIELDS => {
            let at = state.at - FIELDS;
            state.matchers.iter_mut().skip(at).take(1).for_each(|(_, is_on)| *is_on = !*is_on);
            state.fault = None;
        }
        key => {
            if state.field().is_some_and(|field| field.take(key) == Typed::Changed) {
                state.fault = None;
            }
        }
    }
    Pressed::Taken
}

/// The question before a silence is kept: its answer is no unless somebody says yes.
pub fn question(silence: Silence, server: Option<Text>, held: Vec<String>, until: &str) -> confirm::State {
    let at = server.as_ref().map(|server| format!(" at {server}")).unwrap_or_default();
    let order = format!("silence {}{at} until {until}", silence.selector());
    let silence = Box::new(silence);
    let effect = match server {
        Some(server) => Effect::SilenceAbroad { server, silence },
        None => Effect::Silence(silence),
    };
    confirm::State {
        order,
        doing: if held.is_empty() { vec!["no alert that is here now".to_owned()] } else { held },
        skipped: Vec::new(),
        text: None,
        errand: Errand { effects: vec![effect], made: None, text: None, is_undo: false },
        can_edit: false,
        scroll: Scroll::default(),
    }
}
