//! Reads a plan as its team wrote it: steps with their phases, owners and order, and what else stands in it (SEMANTICS R48,
//! R49).
//!
//! One pass over the parser's events. [`crate::source::checklist`] has the bytes: how a file is made parseable without moving
//! any of them, and how a box is ticked.

mod aside;
mod item;
mod mojibake;
mod table;

use std::collections::{HashMap, HashSet};

use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use self::{
    aside::{Aside, Said},
    table::{Row, Table},
};
use crate::{
    domain::release::{
        calendar::{Span, When},
        plan::{Mark, Phase, Plan, Reading, Step, StepId, Steps},
        span_of_heading,
        words::numbered_part,
    },
    source::checklist::{self, ChecklistError, LIMIT_ITEMS},
    text::Text,
};

/// Reads a plan.
///
/// Task items are steps everywhere; with [`Steps::All`] so is every item with text, numbered or bulleted, under the heading
/// of a phase. A paragraph that is bold as a whole counts as a heading where it names a phase.
///
/// # Errors
/// As [`checklist::read`].
pub fn read(path: &str, bytes: &[u8], reading: &Reading) -> Result<Plan, ChecklistError> {
    let source = checklist::parseable(bytes)?;
    let start = checklist::start_of_markdown(&source);
    let mut reader = Reader::new(&source, start, reading);
    let options = Options::ENABLE_TASKLISTS | Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    for (event, range) in Parser::new_ext(source.get(start..).unwrap_or_default(), options).into_offset_iter() {
        reader.take(event, start + range.start);
        if LIMIT_ITEMS < reader.plan.steps.len() {
            return Err(ChecklistError::TooManyItems);
        }
    }
    reader.finish_item();
    let mut plan = reader.plan;
    plan.path = Text::scrub(path);
    plan.digest = checklist::digest(bytes);
    settle(&mut plan, reading);
    Ok(plan)
}

/// What only the whole plan can say: owners from its tables, logins of roles, which phases are strict.
fn settle(plan: &mut Plan, reading: &Reading) {
    let login = |who: &Text| {
        let of = reading.roles.iter().find(|(role, _)| role.as_str().to_lowercase() == who.as_str().to_lowercase());
        of.map_or_else(|| who.clone(), |(_, login)| login.clone())
    };
    let rows = plan.duties.iter().map(|duty| (&duty.what, &duty.who));
    let rows = rows.chain(plan.milestones.iter().map(|milestone| (&milestone.name, &milestone.owner)));
    let by_name: HashMap<String, &Text> =
        rows.filter(|(_, who)| !who.is_blank()).map(|(what, who)| (plain(what.as_str()), who)).collect();
    for step in &mut plan.steps {
        let from_table = || {
            if by_name.is_empty() {
                return None;
            }
            let lead = step.text.as_str().split([':', '.']).next().unwrap_or_default();
            let named = [step.text.as_str(), lead, step.section.as_str()].map(plain);
            named.iter().find_map(|name| by_name.get(name)).map(|who| (*who).clone())
        };
        step.owner = step.owner.take().or_else(from_table).map(|who| login(&who));
    }
    let day = Some(When::Days(Span::day(0)));
    for step in plan.steps.iter().filter(|step| step.number.is_some() && step.depth == 0) {
        if let Some(phase) = step.phase.and_then(|nth| plan.phases.get_mut(nth)) {
            phase.is_strict |= phase.when == day;
        }
    }
}

/// A name for comparing: small letters, no number in front, no signs around it.
fn plain(name: &str) -> String {
    name.trim_matches(|c: char| !c.is_alphabetic()).to_lowercase()
}

/// The parser's events on their way to a plan.
struct Reader<'a> {
    source: &'a str,
    reading: &'a Reading,
    plan: Plan,
    has_title: bool,
    section: Text,
    /// Headings in force: outer levels first, each with the phase it names.
    phases: Vec<(u8, Option<usize>)>,
    /// The heading being read, and its line.
    heading: Option<(String, usize)>,
    /// The paragraph outside lists that is being read.
    paragraph: Option<Paragraph>,
    /// The item whose text is being read.
    draft: Option<Draft>,
    /// Lists that are open: the number of the next item, where it is numbered.
    lists: Vec<Option<u64>>,
    /// The identities of the items that the next one may be nested in, by depth.
    parents: Vec<Option<StepId>>,
    /// How often an identity was taken.
    taken: HashMap<StepId, usize>,
    named: HashSet<StepId>,
    table: Option<Table>,
    aside: Aside,
    /// How far lines were counted, in bytes, and the line there.
    counted: (usize, usize),
}

struct Draft {
    mark: Mark,
    line: usize,
    depth: u16,
    number: Option<u64>,
    text: String,
    /// The text with code left out: `@scope/package` in code is nobody.
    prose: String,
}

#[derive(Default)]
struct Paragraph {
    text: String,
    line: usize,
    in_strong: bool,
    has_plain: bool,
}

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

impl<'a> Reader<'a> {
    fn new(source: &'a str, start: usize, reading: &'a Reading) -> Self {
        let front = source.get(..start).unwrap_or_default();
        let plan = Plan { is_mended: mojibake::is_broken(source), ..Plan::default() };
        Self {
            source,
            reading,
            plan,
            has_title: false,
            section: Text::default(),
            phases: Vec::new(),
            heading: None,
            paragraph: None,
            draft: None,
            lists: Vec::new(),
            parents: Vec::new(),
            taken: HashMap::new(),
            named: HashSet::new(),
            table: None,
            aside: Aside::default(),
            counted: (start, 1 + newlines(front)),
        }
    }

    fn take(&mut self, event: Event<'_>, at: usize) {
        match event {
            Event::Start(tag) => self.open(&tag, at),
            Event::End(tag) => self.close(tag),
            Event::TaskListMarker(is_done) => self.found_box(is_done, at),
            Event::Text(text) => self.say(&text, &text),
            Event::Code(code) => self.say(&code, "`"),
            Event::SoftBreak | Event::HardBreak => self.say(" ", " "),
            Event::Rule => self.finish_item(),
            // What a renderer would not show either.
            Event::Html(_) | Event::InlineHtml(_) => {}
            // Not asked for in the options.
            Event::InlineMath(_) | Event::DisplayMath(_) | Event::FootnoteReference(_) => {}
        }
    }

    fn open(&mut self, tag: &Tag<'_>, at: usize) {
        match tag {
            Tag::Strong => {
                if let Some(paragraph) = &mut self.paragraph {
                    paragraph.in_strong = true;
                }
            }
            Tag::Emphasis | Tag::Strikethrough | Tag::Superscript | Tag::Subscript => {}
            Tag::Link { .. } | Tag::Image { .. } => {}
            Tag::Paragraph => {
                self.finish_item_with_text();
                if self.lists.is_empty() {
                    self.paragraph = Some(Paragraph { line: self.line_at(at), ..Paragraph::default() });
                }
            }
            Tag::Heading { .. } => {
                self.finish_item_with_text();
                self.heading = Some((String::new(), self.line_at(at)));
            }
            Tag::List(first) => {
                self.finish_item();
                self.lists.push(*first);
            }
            Tag::Item => self.start_item(at),
            Tag::Table(_) => {
                self.finish_item();
                self.table = Some(Table::default());
            }
            Tag::TableHead | Tag::TableRow => {
                let line = self.line_at(at);
                if let Some(table) = &mut self.table {
                    table.start_row(line);
                }
            }
            Tag::TableCell => {
                if let Some(table) = &mut self.table {
                    table.start_cell();
                }
            }
            _ => self.finish_item(),
        }
    }

    fn close(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Strong => {
                if let Some(paragraph) = &mut self.paragraph {
                    paragraph.in_strong = false;
                }
            }
            TagEnd::Emphasis | TagEnd::Strikethrough | TagEnd::Superscript | TagEnd::Subscript => {}
            TagEnd::Link | TagEnd::Image | TagEnd::TableCell => {}
            TagEnd::Paragraph => {
                self.finish_item_with_text();
                self.finish_paragraph();
            }
            TagEnd::Heading(level) => {
                self.finish_item_with_text();
                self.finish_heading(level);
            }
            TagEnd::List(_) => {
                self.finish_item();
                self.lists.pop();
            }
            TagEnd::TableHead => {
                if let Some(table) = &mut self.table {
                    table.end_head();
                }
            }
            TagEnd::TableRow => self.finish_row(),
            TagEnd::Table => self.table = None,
            _ => self.finish_item(),
        }
    }

    fn say(&mut self, text: &str, prose: &str) {
        if let Some((heading, _)) = &mut self.heading {
            heading.push_str(text);
        }
        if let Some(draft) = &mut self.draft {
            draft.text.push_str(text);
            draft.prose.push_str(prose);
        }
        if let Some(table) = &mut self.table {
            table.say(text);
        }
        if let Some(paragraph) = &mut self.paragraph {
            paragraph.text.push_str(text);
            paragraph.has_plain |= !paragraph.in_strong && text.chars().any(char::is_alphanumeric);
        }
    }

    fn finish_row(&mut self) {
        match self.table.as_ref().and_then(|table| table.end_row(|text| self.scrub(text))) {
            Some(Row::Duty(duty)) => self.plan.duties.push(duty),
            Some(Row::Milestone(milestone)) => self.plan.milestones.push(milestone),
            None => {}
        }
    }

    fn finish_paragraph(&mut self) {
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

    fn finish_heading(&mut self, level: HeadingLevel) {
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
    fn enter(&mut self, level: u8, heading: &Text, when: Option<When>, line: usize) {
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

    fn heed_order(&mut self, text: &str) {
        let Some(phase) = self.phase() else { return };
        let lower = text.to_lowercase();
        if let Some(phase) = self.plan.phases.get_mut(phase) {
            phase.is_strict |= IN_ORDER.iter().any(|words| lower.contains(words));
        }
    }

    /// The phase in force.
    fn phase(&self) -> Option<usize> {
        self.phases.iter().rev().find_map(|(_, phase)| *phase)
    }

    fn start_item(&mut self, at: usize) {
        self.finish_item();
        let number = self.lists.last_mut().and_then(|next| {
            let number = *next;
            *next = next.map(|n| n.saturating_add(1));
            number
        });
        let depth = u16::try_from(self.lists.len().saturating_sub(1)).unwrap_or(u16::MAX);
        let line = self.line_at(at);
        let (text, prose) = (String::new(), String::new());
        self.draft = Some(Draft { mark: Mark::None, line, depth, number, text, prose });
    }

    fn found_box(&mut self, is_done: bool, at: usize) {
        // The parser's range may start with the spaces before the bracket.
        let inside = self.source.get(at..).and_then(|rest| rest.find('[')).map(|bracket| at + bracket + 1);
        // The parser also takes a tab or a form feed for an open box; R49 does not.
        let Some(byte) = inside.filter(|byte| matches!(self.source.as_bytes().get(*byte), Some(b' ' | b'x' | b'X')))
        else {
            return;
        };
        let line = self.line_at(byte);
        if let Some(draft) = &mut self.draft {
            (draft.mark, draft.line) = (Mark::Box { byte, is_done }, line);
        }
    }

    fn line_at(&mut self, byte: usize) -> usize {
        let (from, line) = self.counted;
        if byte < from {
            return line;
        }
        self.counted = (byte, line + newlines(self.source.get(from..byte).unwrap_or_default()));
        self.counted.1
    }

    /// Ends an item's text at its first paragraph; an item whose box stands alone takes the paragraph below it.
    fn finish_item_with_text(&mut self) {
        if self.draft.as_ref().is_some_and(|draft| !draft.text.trim().is_empty()) {
            self.finish_item();
        }
    }

    fn finish_item(&mut self) {
        let Some(draft) = self.draft.take() else { return };
        let (is_boxed, phase) = (draft.mark != Mark::None, self.phase());
        let is_step = is_boxed || (self.reading.steps == Steps::All && phase.is_some());
        let whole = self.mend(draft.text.trim());
        let (said, name) = item::named(&whole);
        let text = Text::scrub(said);
        if self.aside.is_open() && !text.is_blank() {
            match self.aside.item(&text, draft.depth, draft.line) {
                Some(Said::Criterion(criterion)) => self.plan.criteria.push(criterion),
                Some(Said::Step(step)) => self.plan.rollback.push(step),
                None => {}
            }
        }
        // Every item has one, step or not: which items are steps must not change what a step is known by.
        let id = self.identity(name, &text, draft.depth);
        if !is_step || (!is_boxed && text.is_blank()) {
            return;
        }
        let prose = self.mend(&draft.prose);
        let when = phase.and_then(|nth| self.plan.phases.get(nth)).and_then(|phase| phase.when);
        let step = Step {
            id,
            own_when: item::own_when(text.as_str(), when),
            owner: item::owner(&whole, &prose).map(Text::scrub),
            is_required: !item::is_optional(text.as_str()),
            text,
            mark: draft.mark,
            line: draft.line,
            depth: draft.depth,
            section: self.section.clone(),
            phase,
            number: draft.number,
        };
        self.plan.steps.push(step);
    }

    /// An identity nobody above has, and what those nested in it will be told by.
    fn identity(&mut self, name: Option<&str>, text: &Text, depth: u16) -> StepId {
        let depth = usize::from(depth);
        self.parents.truncate(depth);
        let parent = self.parents.iter().rev().find_map(Option::as_ref);
        let named = name.map(StepId::new).filter(|id| !self.named.contains(id));
        let id = named.unwrap_or_else(|| {
            let first = StepId::of(self.section.as_str(), parent, text.as_str(), 0);
            let nth = self.taken.entry(first.clone()).or_insert(0);
            let id = if *nth == 0 { first } else { StepId::of(self.section.as_str(), parent, text.as_str(), *nth) };
            *nth += 1;
            id
        });
        if name.is_some() {
            self.named.insert(id.clone());
        }
        self.parents.resize(depth, None);
        self.parents.push(Some(id.clone()));
        id
    }

    fn mend(&self, text: &str) -> String {
        if self.plan.is_mended { mojibake::mended(text) } else { text.to_owned() }
    }

    fn scrub(&self, text: &str) -> Text {
        if self.plan.is_mended { Text::scrub(&mojibake::mended(text)) } else { Text::scrub(text) }
    }
}

fn newlines(text: &str) -> usize {
    text.bytes().filter(|byte| *byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::release::{
        course::Course,
        plan::CriterionKind,
        record::{Deed, Entry, Record},
        words::PhaseWords,
    };

    const PLAN: &str = "# Plan of the week\n\n| Duty | Owner | Channel |\n|-|-|-|\n| Rehearsal | Tech lead | `#release` |\n\n\
## 3. Preparation (T\u{2212}7 ... T\u{2212}1)\n\n### Data\n\n1. 7 days before the release freeze the list\n2. On staging:\n   - migrate\n   - test\n\n\
### Rehearsal\n\n1. \u{417}\u{430} 5 \u{434}\u{43d}\u{435}\u{439}: announce (owner: @ana)\n2. Rehearse\n\n\
## 4. \u{414}\u{435}\u{43d}\u{44c} \u{440}\u{435}\u{43b}\u{438}\u{437}\u{430} (T0)\n\n1. **Freeze.** 2 hours before the start close it\n2. Deploy:\n   1. pull\n   2. restart\n3. Open {#open}\n\n\
## 6. Rollback\n\n1. **Criteria:** sync broken for 30 minutes\n2. **Steps:**\n   1. stop\n   2. restore\n3. Analysis\n\n\
## Exit criteria\n\n- no alert for 30 days\n\n## Contacts\n\n- nobody\n";

    fn all() -> Reading {
        Reading { steps: Steps::All, ..Reading::default() }
    }

    fn plan(text: &str, reading: &Reading) -> Plan {
        read("plan.md", text.as_bytes(), reading).unwrap()
    }

    #[test]
    fn a_plan_without_boxes_has_its_steps_under_the_headings_of_phases() {
        let plan = plan(PLAN, &all());
        let labels: Vec<_> = plan.phases.iter().map(|phase| (phase.label.as_str(), phase.is_strict)).collect();
        assert_eq!(labels, [("T-7..T-1", false), ("T-0", true)]);
        let texts: Vec<_> = plan.steps.iter().map(|step| (step.text.as_str(), step.depth, step.number)).collect();
        assert_eq!(
            texts[..4],
            [
                ("7 days before the release freeze the list", 0, Some(1)),
                ("On staging:", 0, Some(2)),
                ("migrate", 1, None),
                ("test", 1, None),
            ]
        );
        assert_eq!(plan.steps.len(), 11);
        let whens: Vec<_> = plan.steps.iter().filter_map(|step| step.own_when.map(When::label)).collect();
        assert_eq!(whens, ["T-7", "T-5", "T-2h"]);
        assert!(plan.steps.iter().all(|step| step.mark == Mark::None));
        assert!(super::read("plan.md", PLAN.as_bytes(), &Reading::default()).unwrap().steps.is_empty());
    }

    #[test]
    fn owners_come_from_the_text_from_tables_and_through_roles() {
        let roles = vec![(Text::scrub("tech lead"), Text::scrub("bo"))];
        let plan = plan(PLAN, &Reading { roles, ..all() });
        let owner =
            |text: &str| plan.steps.iter().find(|step| step.text.as_str().contains(text)).unwrap().owner.clone();
        assert_eq!(owner("announce"), Some(Text::scrub("ana")));
        assert_eq!(owner("Rehearse"), Some(Text::scrub("bo")));
        assert_eq!(owner("migrate"), None);
        assert_eq!(plan.duties.len(), 1);
    }

    #[test]
    fn criteria_and_the_way_back_are_no_steps() {
        let plan = plan(PLAN, &all());
        let criteria: Vec<_> = plan.criteria.iter().map(|it| (it.kind, it.text.as_str())).collect();
        assert_eq!(
            criteria,
            [
                (CriterionKind::Rollback, "Criteria: sync broken for 30 minutes"),
                (CriterionKind::Success, "no alert for 30 days"),
            ]
        );
        assert_eq!(plan.rollback.iter().map(|step| step.text.as_str()).collect::<Vec<_>>(), ["stop", "restore"]);
    }

    #[test]
    fn an_identity_survives_every_edit_above_it() {
        let before = plan(PLAN, &all());
        let edited = PLAN
            .replace("# Plan of the week", "# Plan of the week\n\nNew words.\n\n- [ ] a new box\n\n## T-9\n\n1. more");
        let after = plan(&edited, &all());
        for step in &before.steps {
            let found = after.steps.iter().find(|other| other.id == step.id).unwrap();
            assert_eq!(found.text, step.text);
        }
        assert_eq!(before.find("open").unwrap().text.as_str(), "Open");
        let ids: HashSet<_> = after.steps.iter().map(|step| &step.id).collect();
        assert_eq!(ids.len(), after.steps.len(), "no two are the same");
    }

    #[test]
    fn a_box_is_known_by_the_same_name_however_the_plan_is_read() {
        let text = "## T-1\n\n1. outer\n   - [ ] inner\n   - [ ] inner\n2. [x] other\n";
        let (boxes, whole) = (plan(text, &Reading::default()), plan(text, &all()));
        assert_eq!((boxes.steps.len(), whole.steps.len()), (3, 4));
        assert!(
            boxes
                .steps
                .iter()
                .all(|step| whole.steps.iter().any(|other| other.id == step.id && other.text == step.text))
        );
    }

    #[test]
    fn bold_lines_and_configured_words_name_phases() {
        let text = "# Release\n\n### Checklist\n\n**Pre-Release:**\n- [x] a\n\n**Release:**\n- [ ] b\n\n**Note:**\n\n- [ ] c\n\n## Code freeze\n- [ ] d\n\n## Contacts\n- [ ] e\n";
        let words = PhaseWords::new([("code freeze".to_owned(), When::Days(Span::day(-3)))]);
        let plan = plan(text, &Reading { words, ..Reading::default() });
        let phases: Vec<_> =
            Course::new(plan).phases().into_iter().map(|it| (it.label.to_string(), it.progress)).collect();
        let phases: Vec<_> = phases.iter().map(|(label, it)| (label.as_str(), it.total, it.done)).collect();
        assert_eq!(phases, [("Pre-Release", 1, 1), ("T-3", 1, 0), ("Release", 2, 0)]);
    }

    #[test]
    fn a_broken_encoding_is_mended_on_the_screen_and_left_in_the_file() {
        let text = "# Plan\n\n- [ ] coverage \u{e2}\u{2030}\u{a5}90% \u{e2}\u{153}\u{2026}\n";
        let plan = plan(text, &Reading::default());
        assert_eq!((plan.is_mended, plan.steps[0].text.as_str()), (true, "coverage \u{2265}90% \u{2705}"));
        let changed = checklist::flip(text.as_bytes(), plan.steps[0].mark).unwrap();
        assert_eq!(String::from_utf8(changed).unwrap(), text.replace("[ ]", "[x]"));
    }

    #[test]
    fn the_day_goes_in_strict_order_and_a_step_is_held_by_the_open_one_before_it() {
        let mut course = Course::new(plan(PLAN, &all()));
        let step =
            |course: &Course, text: &str| course.plan.steps.iter().find(|it| it.text.as_str() == text).unwrap().clone();
        let held = |course: &Course, text: &str| course.held_by(&step(course, text)).map(|it| it.text.to_string());
        assert_eq!(held(&course, "Deploy:").as_deref(), Some("Freeze. 2 hours before the start close it"));
        assert_eq!(held(&course, "Rehearse"), None);
        let done = |texts: &[&str], course: &Course| {
            let tick = |text: &&str| {
                let it = step(course, text);
                let deed = Deed::Tick { step: it.id, text: it.text, is_done: true };
                let at = crate::domain::time::parse_rfc3339("2026-12-03T15:00:00Z").unwrap();
                Entry { at, by: Text::scrub("ana"), deed, commit: None, reason: Text::default() }
            };
            Record::new(texts.iter().map(tick).collect(), Vec::new())
        };
        course.record = done(&["Freeze. 2 hours before the start close it"], &course);
        assert_eq!((held(&course, "Deploy:"), held(&course, "pull")), (None, None));
        assert_eq!(held(&course, "restart").as_deref(), Some("pull"));
        assert_eq!(held(&course, "Open").as_deref(), Some("Deploy:"));
        assert_eq!(course.progress().done, 1);
    }

    #[test]
    fn fifty_thousand_steps_are_read_whole() {
        let text = "## T-1\n\n".to_owned() + &"- [ ] check the same thing once more (@ana)\n".repeat(50_000);
        let plan = plan(&text, &all());
        let ids: HashSet<_> = plan.steps.iter().map(|step| &step.id).collect();
        assert_eq!((plan.steps.len(), ids.len()), (50_000, 50_000));
    }
}
