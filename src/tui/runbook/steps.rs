//! The steps of a runbook: its numbered items and its task items, in the order of the page.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use crate::text::{Passage, Text};

/// Something to do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Step {
    /// What, in one line.
    pub what: String,
    /// The first command that stands below it, line by line; nothing where none does.
    pub command: Option<String>,
    /// The page itself says it is done.
    pub is_done: bool,
}

/// How Markdown is read here and where it is drawn: both must find the same steps.
pub fn options() -> Options {
    Options::ENABLE_TASKLISTS | Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH
}

/// The steps of a page.
pub fn steps(page: &Passage) -> Vec<Step> {
    let mut found: Vec<Step> = Vec::new();
    // Whether each open list is numbered, and which step each open item is.
    let (mut lists, mut items): (Vec<bool>, Vec<Option<usize>>) = (Vec::new(), Vec::new());
    let mut is_code = false;
    for event in Parser::new_ext(page.as_str(), options()) {
        match event {
            Event::Start(Tag::List(first)) => lists.push(first.is_some()),
            Event::End(TagEnd::List(_)) => drop(lists.pop()),
            Event::Start(Tag::Item) => {
                let is_numbered = lists.last().copied().unwrap_or(false);
                items.push(is_numbered.then_some(found.len()));
                if is_numbered {
                    found.push(Step::default());
                }
            }
            Event::End(TagEnd::Item) => drop(items.pop()),
            Event::TaskListMarker(is_done) => {
                let Some(item) = items.last_mut() else { continue };
                let at = *item.get_or_insert(found.len());
                if at == found.len() {
                    found.push(Step::default());
                }
                if let Some(step) = found.get_mut(at) {
                    step.is_done = is_done;
                }
            }
            Event::Start(Tag::CodeBlock(_)) => {
                is_code = true;
                if let Some(step) = found.last_mut() {
                    step.command.get_or_insert_default();
                }
            }
            Event::End(TagEnd::CodeBlock) => {
                is_code = false;
                // A second block belongs to the step as well, but the first one is what is copied.
                if let Some(command) = found.last_mut().and_then(|step| step.command.as_mut()) {
                    command.truncate(command.trim_end().len());
                    command.push('\u{0}');
                }
            }
            Event::Text(text) if is_code => {
                let command = found.last_mut().and_then(|step| step.command.as_mut());
                if let Some(command) = command.filter(|command| !command.ends_with('\u{0}')) {
                    command.push_str(&text);
                }
            }
            Event::Text(text) | Event::Code(text) => said(&mut found, &items, &text),
            Event::SoftBreak | Event::HardBreak => said(&mut found, &items, " "),
            _ => {}
        }
    }
    for step in &mut found {
        step.what = Text::scrub(step.what.trim()).to_string();
        step.command =
            step.command.take().map(|c| c.trim_matches(['\u{0}', '\n']).to_owned()).filter(|c| !c.is_empty());
    }
    found
}

/// Text belongs to the innermost item, where that is a step.
fn said(found: &mut [Step], items: &[Option<usize>], text: &str) {
    if let Some(step) = items.last().copied().flatten().and_then(|at| found.get_mut(at)) {
        step.what.push_str(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(page: &str) -> Vec<(String, Option<String>, bool)> {
        steps(&Passage::scrub(page)).into_iter().map(|s| (s.what, s.command, s.is_done)).collect()
    }

    #[test]
    fn numbered_and_task_items_are_steps_and_bullets_are_not() {
        let page = "# Disk\n\n- background\n\n1. look\n2. free `space`\n   - or ask\n\n- [ ] tell\n- [x] done";
        assert_eq!(
            of(page),
            [
                ("look".to_owned(), None, false),
                ("free space".to_owned(), None, false),
                ("tell".to_owned(), None, false),
                ("done".to_owned(), None, true)
            ]
        );
    }

    #[test]
    fn a_numbered_task_is_one_step() {
        assert_eq!(of("1. [x] once\n2. [ ] twice").len(), 2);
        assert!(of("1. [x] once")[0].2);
    }

    #[test]
    fn the_first_command_below_a_step_is_its_own() {
        let page =
            "```\nbefore\n```\n\n1. look\n\n   ```sh\n   df -h\n   du -s\n   ```\n\n   ```\n   other\n   ```\n2. rest";
        assert_eq!(
            of(page),
            [("look".to_owned(), Some("df -h\ndu -s".to_owned()), false), ("rest".to_owned(), None, false)]
        );
    }
}
