//! Reads a plan as its team wrote it: steps with their phases, owners and order, and what else stands in it (SEMANTICS R48,
//! R49).
//!
//! One pass over the parser's events. [`crate::source::checklist`] has the bytes: how a file is made parseable without moving
//! any of them, and how a box is ticked.

mod aside;
mod headings;
mod item;
pub(super) mod merging;
mod mojibake;
mod reader;
mod table;

use std::collections::HashMap;

use pulldown_cmark::{Options, Parser};

use self::reader::Reader;
use crate::{
    domain::release::{
        calendar::{Span, When},
        plan::{Plan, Reading},
    },
    source::checklist::{self, ChecklistError, LIMIT_ITEMS},
    text::Text,
};

/// Reads a plan.
///
/// Task items are steps everywhere; with [`Steps::All`](crate::domain::release::plan::Steps::All) so is every item with
/// text, numbered or bulleted, under the heading of a phase. A paragraph that is bold as a whole counts as a heading where
/// it names a phase.
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
    plan.read_from = plan.digest;
    plan.unmerged = merging::first(&source, start);
    settle(&mut plan, reading);
    Ok(plan)
}

/// Whether a merge that nobody settled stands in a plan.
///
/// # Errors
/// [`ChecklistError::Unmerged`]; a file that cannot be read as a plan for another reason has none.
pub fn settled(bytes: &[u8]) -> Result<(), ChecklistError> {
    let Ok(source) = checklist::parseable(bytes) else { return Ok(()) };
    let found = merging::first(&source, checklist::start_of_markdown(&source));
    found.map_or(Ok(()), |(line, mark)| Err(ChecklistError::Unmerged { line, mark }))
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

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::domain::release::{
        course::Course,
        plan::{CriterionKind, Mark, Steps, Twin},
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
        let record = {
            let tick = |text: &&str| {
                let it = step(&course, text);
                let deed = Deed::Tick { step: it.id, text: it.text, is_done: true };
                let at = crate::domain::time::parse_rfc3339("2026-12-03T15:00:00Z").unwrap();
                Entry { at, by: Text::scrub("ana"), deed, commit: None, reason: Text::default() }
            };
            Record::new(["Freeze. 2 hours before the start close it"].iter().map(tick).collect(), Vec::new())
        };
        course.record = record;
        assert_eq!((held(&course, "Deploy:"), held(&course, "pull")), (None, None));
        assert_eq!(held(&course, "restart").as_deref(), Some("pull"));
        assert_eq!(held(&course, "Open").as_deref(), Some("Deploy:"));
        assert_eq!(course.progress().done, 1);
    }

    #[test]
    fn a_name_that_two_steps_give_themselves_is_told_with_both_lines_and_means_neither() {
        let plan = plan("- [x] a {#x}\n- [ ] b {#x}\n- [ ] c {#y}\n", &Reading::default());
        let told: Vec<_> = plan.twins.iter().map(Twin::words).collect();
        assert_eq!(told, ["lines 1 and 2 are both called {#x}"]);
        assert_eq!((plan.find("x"), plan.find("L2").map(|step| step.line)), (None, Some(2)));
        assert!(plan.find("y").is_some() && plan.steps[0].id != plan.steps[1].id);
    }

    #[test]
    fn a_merge_that_is_not_settled_is_found_in_a_plan_and_a_heading_underlined_is_none() {
        for (text, line, mark) in [
            ("- [x] a\n<<<<<<< HEAD\n- [x] b\n=======\n- [ ] b\n>>>>>>> side\n", 2, "<<<<<<<"),
            ("---\nname: x\n---\n- [x] a\r\n>>>>>>> side\r\n", 5, ">>>>>>>"),
            ("- [x] a\n=======\n- [x] b\n", 2, "======="),
            ("- [x] a\n\n||||||| 1a2b3c4\n", 3, "|||||||"),
            ("```\n<<<<<<< HEAD\n```\n- [x] a\n", 2, "<<<<<<<"),
        ] {
            let found = super::read("plan.md", text.as_bytes(), &Reading::default());
            assert_eq!(found.unwrap().unmerged, Some((line, mark)), "{text}");
            assert_eq!(settled(text.as_bytes()), Err(ChecklistError::Unmerged { line, mark }));
        }
        let innocent = "Release\n=======\n\n|a|b|c|d|e|f|\n|-|-|-|-|-|-|\n|||||||\n\n```\n=======\n```\n\n- [x] a\n";
        let plan = plan(innocent, &Reading::default());
        assert_eq!((plan.steps.len(), plan.unmerged), (1, None));
    }

    #[test]
    fn fifty_thousand_steps_are_read_whole() {
        let text = "## T-1\n\n".to_owned() + &"- [ ] check the same thing once more (@ana)\n".repeat(50_000);
        let plan = plan(&text, &all());
        let ids: HashSet<_> = plan.steps.iter().map(|step| &step.id).collect();
        assert_eq!((plan.steps.len(), ids.len()), (50_000, 50_000));
    }
}
