//! Headings and what stands for them: which phase is in force, and whether its steps go in order.

use pulldown_cmark::HeadingLevel;

use super::reader::Reader;
use crate::{
    domain::release::{
        calendar::{Span, When},
        plan::{Phase, Steps},
        span_of_heading,
        words::numbered_part,
    },
    text::Text,
};

/// The level of a bold paragraph among headings: below them all.
const BOLD: u8 = 7;

/// How plans say that their steps are to be done one after the other.
const IN_ORDER: [&str; 9] = [
    "in this order",
    "in the following order",
    "strictly in order",
    "in strict order",
    "строго по порядку",
    "строго последовательно",
    "in dieser reihenfolge",
    "dans cet ordre",
    "en este orden",
];

impl Reader<'_> {
    pub(super) fn finish_paragraph(&mut self) {
        let Some(paragraph) = self.paragraph.take() else { return };
        let text = self.scrub(paragraph.text.trim());
        if !paragraph.has_plain && !text.is_blank() {
            let when = self.reading.words.when(text.as_str());
            if when.is_some() {
                self.enter(BOLD, &text, when, paragraph.line);
                return;
            }
        }
        self.heed_order(text.as_str());
    }

    pub(super) fn finish_heading(&mut self, level: HeadingLevel) {
        let Some((heading, line)) = self.heading.take() else { return };
        self.section = self.scrub(heading.trim());
        let section = self.section.clone();
        let is_title = !self.has_title && level == HeadingLevel::H1;
        if !self.has_title {
            (self.plan.title, self.has_title) = (section.clone(), true);
        }
        // A title speaks of the whole plan: only `T-7` in it makes it a phase.
        let when = if is_title {
            span_of_heading(section.as_str()).map(When::Days)
        } else {
            self.reading.words.when(section.as_str())
        };
        let level = level as u8;
        self.aside.heading(level, section.as_str());
        let is_part = self.reading.steps == Steps::All && !is_title && numbered_part(section.as_str()).is_some();
        if when.is_some() || is_part {
            self.enter(level, &section, when, line);
        } else {
            self.phases.retain(|(outer, _)| *outer < level);
            self.phases.push((level, None));
        }
        self.heed_order(section.as_str());
    }

    /// A heading that names a phase.
    pub(super) fn enter(&mut self, level: u8, heading: &Text, when: Option<When>, line: usize) {
        self.phases.retain(|(outer, _)| *outer < level);
        self.phases.push((level, Some(self.plan.phases.len())));
        let bare = heading.as_str().trim_matches(|c: char| c.is_whitespace() || matches!(c, ':' | '*' | '\u{ff1a}'));
        let is_named =
            span_of_heading(heading.as_str()).is_some() || self.reading.words.is_configured(heading.as_str());
        let label = match when {
            None => numbered_part(bare).unwrap_or(bare).to_owned(),
            // `Release` is called what it is; `За 5 дней` is T-5.
            Some(When::Days(span)) if is_named || span != Span::day(0) => When::Days(span).label(),
            Some(When::Hours(hours)) => When::Hours(hours).label(),
            Some(_) => bare.to_owned(),
        };
        let label = Text::scrub(&label);
        self.plan.phases.push(Phase { label, heading: heading.clone(), line, when, is_strict: false });
    }

    pub(super) fn heed_order(&mut self, text: &str) {
        let Some(phase) = self.phase() else { return };
        let lower = text.to_lowercase();
        if let Some(phase) = self.plan.phases.get_mut(phase) {
            phase.is_strict |= IN_ORDER.iter().any(|words| lower.contains(words));
        }
    }

    /// The phase in force.
    pub(super) fn phase(&self) -> Option<usize> {
        self.phases.iter().rev().find_map(|(_, phase)| *phase)
    }
}
