//! The parser's events on their way to a plan.

use std::{borrow::Cow, collections::HashMap};

use pulldown_cmark::{Event, Tag, TagEnd};

use super::{
    aside::{Aside, Said},
    item, mojibake,
    table::{Row, Table},
};
use crate::{
    domain::release::plan::{Mark, Plan, Reading, Step, StepId, Steps, Twin},
    text::Text,
};

/// The parser's events on their way to a plan.
pub(super) struct Reader<'a> {
    pub(super) source: &'a str,
    pub(super) reading: &'a Reading,
    pub(super) plan: Plan,
    pub(super) has_title: bool,
    pub(super) section: Text,
    /// Headings in force: outer levels first, each with the phase it names.
    pub(super) phases: Vec<(u8, Option<usize>)>,
    /// The heading being read, and its line.
    pub(super) heading: Option<(String, usize)>,
    /// The paragraph outside lists that is being read.
    pub(super) paragraph: Option<Paragraph>,
    /// The item whose text is being read.
    draft: Option<Draft>,
    /// Lists that are open: the number of the next item, where it is numbered.
    lists: Vec<Option<u64>>,
    /// The identities of the items that the next one may be nested in, by depth.
    parents: Vec<Option<StepId>>,
    /// How often an identity was taken.
    taken: HashMap<StepId, usize>,
    /// Names that items gave themselves, and the line of the first.
    named: HashMap<StepId, usize>,
    table: Option<Table>,
    pub(super) aside: Aside,
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
pub(super) struct Paragraph {
    pub(super) text: String,
    pub(super) line: usize,
    in_strong: bool,
    pub(super) has_plain: bool,
}

impl<'a> Reader<'a> {
    pub(super) fn new(source: &'a str, start: usize, reading: &'a Reading) -> Self {
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
            named: HashMap::new(),
            table: None,
            aside: Aside::default(),
            counted: (start, 1 + newlines(front)),
        }
    }

    pub(super) fn take(&mut self, event: Event<'_>, at: usize) {
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

    fn start_item(&mut self, at: usize) {
        self.finish_item();
        let number = self.lists.last_mut().and_then(|next| {
            let number = *next;
            *next = next.map(|n| n.saturating_add(1));
            number
        });
        let depth = u16::try_from(self.lists.len().saturating_sub(1)).unwrap_or(u16::MAX);
        let line = self.line_at(at);
        let (text, prose) = (String::with_capacity(USUAL), String::with_capacity(USUAL));
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

    pub(super) fn finish_item(&mut self) {
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
        let id = self.identity(name, &text, draft.depth, draft.line);
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
            text: Text::scrub(item::without_owner(text.as_str())),
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
    fn identity(&mut self, name: Option<&str>, text: &Text, depth: u16, line: usize) -> StepId {
        let depth = usize::from(depth);
        self.parents.truncate(depth);
        let parent = self.parents.iter().rev().find_map(Option::as_ref);
        let named = name.map(StepId::new);
        let first = named.as_ref().and_then(|name| Some((name.clone(), *self.named.get(name)?)));
        self.plan.twins.extend(first.clone().map(|(name, first)| Twin { name, lines: (first, line) }));
        let named = named.filter(|_| first.is_none());
        if let Some(name) = &named {
            self.named.insert(name.clone(), line);
        }
        let id = named.unwrap_or_else(|| {
            let first = StepId::of(self.section.as_str(), parent, text.as_str(), 0);
            let nth = self.taken.entry(first.clone()).or_insert(0);
            let id = if *nth == 0 { first } else { StepId::of(self.section.as_str(), parent, text.as_str(), *nth) };
            *nth += 1;
            id
        });
        self.parents.resize(depth, None);
        self.parents.push(Some(id.clone()));
        id
    }

    fn mend<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.plan.is_mended { mojibake::mended(text).into() } else { text.into() }
    }

    pub(super) fn scrub(&self, text: &str) -> Text {
        if self.plan.is_mended { Text::scrub(&mojibake::mended(text)) } else { Text::scrub(text) }
    }
}

/// Bytes of an item's text that are room for most.
const USUAL: usize = 96;

fn newlines(text: &str) -> usize {
    text.bytes().filter(|byte| *byte == b'\n').count()
}
