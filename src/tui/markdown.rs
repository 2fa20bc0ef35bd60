//! Renders Markdown to lines: headings, lists, code, quotes, tables, links with their address.
//!
//! The passage was scrubbed when it came in, but Markdown can spell a control character as an entity (`&#27;`):
//! every run of text is scrubbed once more here.

mod pieces;

use std::collections::BTreeSet;

use pulldown_cmark::{Alignment, Event, HeadingLevel, Parser, Tag, TagEnd};
use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr;

use self::pieces::pieces;
use crate::{
    text::{Passage, Text, fit_left, fit_right, split_at_columns},
    tui::{canvas::Canvas, runbook::steps, theme::Slot},
};

/// Lines drawn at most: a passage of a megabyte is read in a browser.
const LONGEST: usize = 5_000;

/// Renders a passage for `width` columns.
pub fn render(canvas: &Canvas<'_>, passage: &Passage, width: u16) -> Vec<Line<'static>> {
    drawn(canvas, passage, width, None).0
}

/// As [`render`], with a box before every step ([`steps::steps`]), ticked where the person or the page says so; and the
/// line of each step.
pub fn render_steps(
    canvas: &Canvas<'_>,
    passage: &Passage,
    width: u16,
    ticks: BTreeSet<usize>,
) -> (Vec<Line<'static>>, Vec<usize>) {
    drawn(canvas, passage, width, Some(ticks))
}

fn drawn(
    canvas: &Canvas<'_>,
    passage: &Passage,
    width: u16,
    ticks: Option<BTreeSet<usize>>,
) -> (Vec<Line<'static>>, Vec<usize>) {
    let mut page = Page::new(canvas, usize::from(width).max(8));
    page.ticks = ticks;
    for event in Parser::new_ext(passage.as_str(), steps::options()) {
        if page.lines.len() > LONGEST {
            page.words(Slot::Dim, "… the rest is left out here");
            break;
        }
        page.take(event);
    }
    page.end_line();
    while page.lines.last().is_some_and(|line| line.spans.is_empty()) {
        page.lines.pop();
    }
    (page.lines, page.steps)
}

/// Quotes and lists inside one another that are set in, each by itself.
const DEEPEST: usize = 12;

/// The box of a step that is to be done.
const OPEN: &str = "[ ] ";

/// The box of a step that is done.
const TICKED: &str = "[x] ";

struct Page<'c, 'a> {
    canvas: &'c Canvas<'a>,
    width: usize,
    lines: Vec<Line<'static>>,
    line: Vec<Span<'static>>,
    used: usize,
    /// Marks before each line: quote bars, list indents.
    prefixes: Vec<String>,
    /// How many more there would be, beyond [`DEEPEST`].
    n_deeper: usize,
    /// What stands before the next line instead of its prefix's last part: a bullet, a number.
    bullet: Option<String>,
    lists: Vec<Option<u64>>,
    slots: Vec<Slot>,
    link: Option<(String, String)>,
    in_code: bool,
    table: Option<Table>,
    /// The steps that were ticked, where steps have boxes at all.
    ticks: Option<BTreeSet<usize>>,
    /// The line of each step so far.
    steps: Vec<usize>,
}

#[derive(Default)]
struct Table {
    alignments: Vec<Alignment>,
    rows: Vec<Vec<String>>,
}

impl<'c, 'a> Page<'c, 'a> {
    fn new(canvas: &'c Canvas<'a>, width: usize) -> Self {
        Self {
            canvas,
            width,
            lines: Vec::new(),
            line: Vec::new(),
            used: 0,
            prefixes: Vec::new(),
            n_deeper: 0,
            bullet: None,
            lists: Vec::new(),
            slots: vec![Slot::Text],
            link: None,
            in_code: false,
            table: None,
            ticks: None,
            steps: Vec::new(),
        }
    }

    fn slot(&self) -> Slot {
        self.slots.last().copied().unwrap_or(Slot::Text)
    }

    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) if self.in_code => self.code(&text),
            Event::Text(text) => self.run(self.slot(), &text),
            Event::Code(text) => self.run(Slot::Code, &text),
            Event::SoftBreak => self.run(self.slot(), " "),
            Event::HardBreak => self.end_line(),
            Event::Rule => {
                self.end_line();
                let flat = self.canvas.theme.sign("─", "-").repeat(self.width.min(40));
                self.lines.push(Line::from(self.canvas.span(Slot::Border, flat)));
            }
            Event::TaskListMarker(is_done) => self.task(is_done),
            Event::InlineHtml(html) | Event::Html(html) => {
                // Comments in issue templates are for whoever writes, not for whoever reads.
                if !html.trim_start().starts_with("<!--") {
                    self.run(Slot::Dim, &html);
                }
            }
            Event::InlineMath(text) | Event::DisplayMath(text) => self.run(Slot::Code, &text),
            Event::FootnoteReference(name) => self.run(Slot::Dim, &format!("[{name}]")),
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Heading { level, .. } => {
                self.gap();
                self.slots.push(Slot::Heading);
                let marks = match level {
                    HeadingLevel::H1 | HeadingLevel::H2 => "",
                    _ => self.canvas.theme.sign("› ", "> "),
                };
                self.words(Slot::Heading, marks);
            }
            Tag::Paragraph if self.bullet.is_none() => {
                self.gap();
            }
            Tag::BlockQuote(_) => {
                self.gap();
                self.deepen(self.canvas.theme.sign("▎ ", "| ").to_owned());
                self.slots.push(Slot::Dim);
            }
            Tag::CodeBlock(_) => {
                self.gap();
                self.in_code = true;
            }
            Tag::List(first) => {
                self.end_line();
                if self.lists.is_empty() {
                    self.gap();
                }
                self.lists.push(first);
            }
            Tag::Item => self.item(),
            Tag::Emphasis | Tag::Strong | Tag::Strikethrough => self.slots.push(match tag {
                Tag::Strong => Slot::Heading,
                _ => self.slot(),
            }),
            Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. } => {
                self.link = Some((Text::scrub(&dest_url).to_string(), String::new()));
                self.slots.push(Slot::Accent);
            }
            Tag::Table(alignments) => {
                self.gap();
                self.table = Some(Table { alignments, rows: Vec::new() });
            }
            Tag::TableHead | Tag::TableRow => {
                if let Some(table) = &mut self.table {
                    table.rows.push(Vec::new());
                }
            }
            Tag::TableCell => {
                if let Some(row) = self.table.as_mut().and_then(|t| t.rows.last_mut()) {
                    row.push(String::new());
                }
            }
            _ => {}
        }
    }

    /// The box of the next step, on the line that comes; nothing where steps have none.
    fn step(&mut self) -> Option<&'static str> {
        let is_ticked = self.ticks.as_ref()?.contains(&self.steps.len());
        self.steps.push(self.lines.len());
        Some(if is_ticked { TICKED } else { OPEN })
    }

    fn task(&mut self, is_done: bool) {
        let has_box = self.bullet.as_ref().is_some_and(|bullet| bullet.ends_with(OPEN) || bullet.ends_with(TICKED));
        if !has_box {
            let sign = self.step().unwrap_or(OPEN);
            return self.words(Slot::Good, if is_done { TICKED } else { sign });
        }
        // A numbered task has its box already.
        if let Some(bullet) = self.bullet.as_mut().filter(|_| is_done) {
            *bullet = bullet.replace(OPEN, TICKED);
        }
    }

    fn item(&mut self) {
        self.end_line();
        let is_numbered = matches!(self.lists.last(), Some(Some(_)));
        let sign = if is_numbered { self.step().unwrap_or_default() } else { "" };
        let bullet = match self.lists.last_mut() {
            Some(Some(number)) => {
                let text = format!("{number}. {sign}");
                *number = number.saturating_add(1);
                text
            }
            _ => self.canvas.theme.sign("• ", "* ").to_owned(),
        };
        self.deepen(" ".repeat(bullet.width()));
        self.bullet = Some(bullet);
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(_) => {
                self.end_line();
                self.slots.pop();
            }
            TagEnd::Paragraph => self.end_line(),
            TagEnd::BlockQuote(_) => {
                self.end_line();
                self.rise();
                self.slots.pop();
            }
            TagEnd::CodeBlock => {
                self.end_line();
                self.in_code = false;
            }
            TagEnd::List(_) => {
                self.end_line();
                self.lists.pop();
            }
            TagEnd::Item => {
                self.end_line();
                self.bullet = None;
                self.rise();
            }
            TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough => drop(self.slots.pop()),
            TagEnd::Link | TagEnd::Image => {
                self.slots.pop();
                // The address is shown: a link that says one place and leads to another is an old trick.
                if let Some((address, text)) = self.link.take()
                    && !address.is_empty()
                    && address != text
                {
                    self.run(Slot::Dim, &format!(" ({address})"));
                }
            }
            TagEnd::Table => self.end_table(),
            _ => {}
        }
    }

    /// Adds text, broken at spaces.
    fn run(&mut self, slot: Slot, text: &str) {
        let safe = Text::scrub(text);
        if let Some(cell) = self.table.as_mut().and_then(|t| t.rows.last_mut()).and_then(|r| r.last_mut()) {
            cell.push_str(safe.as_str());
            return;
        }
        if let Some((_, shown)) = &mut self.link {
            shown.push_str(safe.as_str());
        }
        self.words(slot, safe.as_str());
    }

    fn words(&mut self, slot: Slot, text: &str) {
        for piece in text.split_inclusive(' ') {
            let width = piece.trim_end().width();
            if self.used > self.indent() && self.used + width > self.width {
                self.end_line();
            }
            if self.line.is_empty() {
                self.begin_line();
            }
            for part in pieces(piece, self.width.saturating_sub(self.indent()).max(1)) {
                let wide = part.width();
                if self.used + part.trim_end().width() > self.width && self.used > self.indent() {
                    self.end_line();
                    self.begin_line();
                }
                self.used += wide;
                self.line.push(self.canvas.span(slot, part));
            }
        }
    }

    fn code(&mut self, text: &str) {
        for line in text.lines() {
            self.begin_line();
            let (safe, room) = (Text::scrub(line), self.width.saturating_sub(self.used + 2));
            for (n, piece) in split_at_columns(safe.as_str(), room).into_iter().enumerate() {
                let mut lead = "  ";
                if n > 0 {
                    self.end_line();
                    self.begin_line();
                    lead = self.canvas.theme.sign("↪ ", "> ");
                }
                self.line.push(self.canvas.span(Slot::Border, lead));
                self.line.push(self.canvas.span(Slot::Code, piece));
            }
            self.end_line();
        }
    }

    /// One deeper: beyond what anybody reads it stays at the same place, or each line would cost as much as the page is deep.
    fn deepen(&mut self, prefix: String) {
        if self.prefixes.len() < DEEPEST { self.prefixes.push(prefix) } else { self.n_deeper += 1 }
    }

    fn rise(&mut self) {
        match self.n_deeper.checked_sub(1) {
            Some(less) => self.n_deeper = less,
            None => drop(self.prefixes.pop()),
        }
    }

    fn indent(&self) -> usize {
        self.prefixes.iter().map(|p| p.width()).sum()
    }

    fn begin_line(&mut self) {
        let mut prefix: String = self.prefixes.concat();
        if let Some(bullet) = self.bullet.take() {
            let keep = prefix.chars().count().saturating_sub(bullet.chars().count());
            prefix = prefix.chars().take(keep).collect::<String>() + &bullet;
        }
        self.used = prefix.width();
        if !prefix.is_empty() {
            self.line.push(self.canvas.span(Slot::Dim, prefix));
        }
    }

    fn end_line(&mut self) {
        if !self.line.is_empty() {
            self.lines.push(Line::from(std::mem::take(&mut self.line)));
        }
        self.used = 0;
    }

    /// One empty line between blocks, none at the top.
    fn gap(&mut self) {
        self.end_line();
        if self.lines.last().is_some_and(|line| !line.spans.is_empty()) {
            self.lines.push(Line::default());
        }
    }

    fn end_table(&mut self) {
        let Some(table) = self.table.take() else { return };
        let n = table.rows.iter().map(Vec::len).max().unwrap_or(0);
        let most = (self.width / n.max(1)).saturating_sub(2).max(3);
        let widths: Vec<usize> = (0..n)
            .map(|i| table.rows.iter().filter_map(|r| r.get(i)).map(|c| c.width()).max().unwrap_or(0).min(most))
            .collect();
        for (at, row) in table.rows.iter().enumerate() {
            let slot = if at == 0 { Slot::Heading } else { Slot::Text };
            let mut spans = Vec::new();
            for (i, width) in widths.iter().enumerate() {
                let cell = row.get(i).map_or("", String::as_str);
                let is_right = matches!(table.alignments.get(i), Some(Alignment::Right));
                let fitted = if is_right { fit_right(cell, *width) } else { fit_left(cell, *width) };
                spans.push(self.canvas.span(slot, format!("{fitted}  ")));
            }
            self.lines.push(Line::from(spans));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::theme::{Glyphs, Theme};
    use proptest::prelude::*;
    use ratatui::{buffer::Buffer, layout::Rect};

    fn lines(text: &str, width: u16) -> Vec<String> {
        let theme = Theme::shipped("mono", Glyphs::Unicode);
        let mut buffer = Buffer::empty(Rect::new(0, 0, 1, 1));
        let canvas = Canvas { buffer: &mut buffer, theme: &theme };
        render(&canvas, &Passage::scrub(text), width).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_page_that_is_thousands_deep_costs_no_more_than_one_that_is_long() {
        let took = |text: String| {
            let began = std::time::Instant::now();
            assert!(!lines(&text, 100).is_empty());
            began.elapsed()
        };
        let long = took("> word\n\n".repeat(4_000));
        let deep = took(format!("{}{}", ">".repeat(4_000), " word".repeat(4_000)));
        assert!(deep < long * 4 + std::time::Duration::from_millis(200), "{deep:?} and {long:?}");
        assert_eq!(lines("> > a\n\nb", 20), ["▎ ▎ a", "", "b"]);
    }

    #[test]
    fn blocks_read_as_they_were_meant() {
        let text = "# Steps\n\nOpen *the* page:\n\n1. log in\n2. wait\n   - or not\n\n> quoted\n\n```\nlet x = 1;\n```\n[here](https://x.example)";
        assert_eq!(
            lines(text, 40),
            [
                "Steps",
                "",
                "Open the page:",
                "",
                "1. log in",
                "2. wait",
                "   • or not",
                "",
                "▎ quoted",
                "",
                "  let x = 1;",
                "",
                "here (https://x.example)"
            ]
        );
    }

    #[test]
    fn a_long_command_goes_on_in_the_next_line_and_loses_nothing() {
        assert_eq!(
            lines("```\npsql -c 'select slot_name,  active from pg_replication_slots'\n```", 30),
            ["  psql -c 'select slot_name,  ", "↪ active from ", "↪ pg_replication_slots'"]
        );
    }

    #[test]
    fn an_entity_cannot_bring_back_an_escape() {
        assert_eq!(lines("a &#27;[31m b &#x202e; c", 40), ["a �[31m b · c"].map(|s| s.replace('�', "␛")));
    }

    proptest! {
        #[test]
        fn nothing_is_wider_than_its_page(text in "\\PC{0,300}|([a-z*_`#>|\\-\n 1.\\[\\]()]{0,300})", width in 8u16..60) {
            for line in lines(&text, width) {
                prop_assert!(line.width() <= usize::from(width) + 6, "{:?}", line);
                prop_assert!(!line.chars().any(char::is_control));
            }
        }
    }
}
