//! One person, found by typing some of the name.

use nucleo_matcher::{
    Config, Matcher,
    pattern::{CaseMatching, Normalization, Pattern},
};

use crate::{
    domain::rota::{OverrideKind, Person, Roster},
    text::Text,
    tui::{
        field::{Field, Typed},
        input::Key,
    },
};

/// A person to choose, with the full name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The short name.
    pub id: Person,
    /// The full name; may be blank.
    pub name: Text,
}

/// A field for a person.
#[derive(Debug, Clone)]
pub struct Pick {
    /// What is typed.
    pub field: Field,
    /// Which of those found is meant.
    pub at: usize,
    choices: Vec<Choice>,
    found: Vec<usize>,
    is_walked: bool,
}

/// Everybody a roster speaks of: its people first, then those that only stand in a rotation or an override.
pub fn people(roster: &Roster) -> Vec<Choice> {
    let mut seen = std::collections::HashSet::new();
    let listed = roster.people.iter().map(|p| (p.id.clone(), p.name.clone()));
    let turns = roster.schedules.iter().flat_map(|s| {
        let of_layers = s.layers.iter().flat_map(|l| l.participants.iter().flatten());
        let of_calendars = s.calendars.iter().flat_map(|c| c.shifts.iter().flat_map(|shift| &shift.people));
        let of_overrides = s.overrides.iter().flat_map(|o| match &o.kind {
            OverrideKind::ReplaceAll(all) => all.iter(),
            OverrideKind::ReplaceUser { with, .. } => std::slice::from_ref(with).iter(),
            OverrideKind::Add(one) | OverrideKind::Remove(one) => std::slice::from_ref(one).iter(),
        });
        of_layers.chain(of_calendars).chain(of_overrides).map(|id| (id.clone(), Text::scrub("")))
    });
    let all = listed.chain(turns).filter(|(id, _)| !id.is_blank());
    all.filter(|(id, _)| seen.insert(id.clone())).map(|(id, name)| Choice { id, name }).collect()
}

impl Pick {
    /// A field over these people that begins with a text.
    pub fn new(choices: Vec<Choice>, typed: &str) -> Self {
        let mut pick = Self { field: Field::with(typed), at: 0, choices, found: Vec::new(), is_walked: false };
        pick.find();
        pick
    }

    /// Puts a text into the field.
    pub fn set(&mut self, typed: &str) {
        self.field = Field::with(typed);
        self.at = 0;
        self.find();
    }

    /// Takes a key.
    pub fn take(&mut self, key: &Key) -> Typed {
        let typed = self.field.take(key);
        if typed == Typed::Changed {
            self.at = 0;
            self.find();
        }
        typed
    }

    /// To the next or the previous of those found.
    pub fn step(&mut self, is_down: bool) {
        if !self.is_begun() {
            // The first step lands on the first.
            self.is_walked = true;
            return;
        }
        let last = self.found.len().saturating_sub(1);
        self.at = if is_down { (self.at + 1).min(last) } else { self.at.saturating_sub(1) };
    }

    /// Those that fit what is typed, the best first.
    pub fn found(&self) -> impl Iterator<Item = &Choice> {
        self.found.iter().filter_map(|place| self.choices.get(*place))
    }

    /// How many fit.
    pub fn n_found(&self) -> usize {
        self.found.len()
    }

    /// Whether somebody is meant: something is typed, or the list was walked.
    pub fn is_begun(&self) -> bool {
        self.is_walked || !self.field.text().trim().is_empty()
    }

    /// Who is meant: nobody while nothing is typed and nobody was walked to.
    pub fn chosen(&self) -> Option<Person> {
        if !self.is_begun() {
            return None;
        }
        self.found().nth(self.at).map(|choice| choice.id.clone())
    }

    /// Writes the one that is meant into the field.
    pub fn settle(&mut self) {
        if let Some(id) = self.chosen() {
            self.set(id.as_str());
        }
    }

    fn find(&mut self) {
        let typed = self.field.text().trim();
        if typed.is_empty() {
            self.found = (0..self.choices.len()).collect();
            return;
        }
        let pattern = Pattern::parse(typed, CaseMatching::Ignore, Normalization::Smart);
        let mut matcher = Matcher::new(Config::DEFAULT);
        let mut buffer = Vec::new();
        let mut scored: Vec<((bool, bool, u32), usize)> = Vec::new();
        for (place, choice) in self.choices.iter().enumerate() {
            let is_it = choice.id.as_str().eq_ignore_ascii_case(typed);
            let text = format!("{} {}", choice.id, choice.name);
            let score = pattern.score(nucleo_matcher::Utf32Str::new(&text, &mut buffer), &mut matcher);
            let begins = text.to_lowercase().starts_with(&typed.to_lowercase());
            // A name typed out is that person, whatever the pattern makes of its signs.
            if score.is_some() || is_it {
                scored.push(((is_it, begins, score.unwrap_or(0)), place));
            }
        }
        scored.sort_by_key(|(rank, place)| (std::cmp::Reverse(*rank), *place));
        self.found = scored.into_iter().map(|(_, place)| place).collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pick(typed: &str) -> Pick {
        let choice = |id: &str, name: &str| Choice { id: Text::scrub(id), name: Text::scrub(name) };
        let choices = vec![
            choice("ana.k", "Ana Köhler"),
            choice("joana", "Joana Reis"),
            choice("ana", "Ana Berg"),
            choice("陳大文", "陳 大文"),
        ];
        Pick::new(choices, typed)
    }

    #[test]
    fn a_name_typed_out_is_that_person_and_a_part_finds_the_likeliest() {
        let who = |typed: &str| pick(typed).chosen().map(|id| id.to_string());
        assert_eq!(who("ana").as_deref(), Some("ana"));
        assert_eq!(who("koh").as_deref(), Some("ana.k"));
        assert_eq!(who("JOA").as_deref(), Some("joana"));
        assert_eq!(who("大文").as_deref(), Some("陳大文"));
        assert_eq!(who("zzz"), None);
    }

    #[test]
    fn nobody_is_meant_before_anything_was_typed_or_walked_to() {
        let mut pick = pick("");
        assert_eq!(pick.chosen(), None);
        pick.step(true);
        assert_eq!(pick.chosen().unwrap().as_str(), "ana.k");
        pick.step(true);
        pick.settle();
        assert_eq!(pick.field.text(), "joana");
    }
}
