//! What is done to a plan: a box ticked in its file, an entry appended to the record beside it.

use std::path::Path;

use super::{Engine, doubtful};
use crate::{
    domain::release::{
        Digest,
        plan::{Mark, Plan, Reading, Step, StepId},
        record::{Deed, Entry},
    },
    floor::fact::{Fact, Went},
    shell::{
        disk::{self, FolderLock},
        plan_record,
    },
    source::{
        checklist::{self, ToggleError},
        plan,
    },
    text::Text,
};

/// A plan after one of its boxes was changed.
#[derive(Debug)]
pub struct Ticked {
    /// Its task items as they are now.
    pub checklist: crate::domain::release::Checklist,
    /// The line of the box now.
    pub line: usize,
    /// What is doubtful: it is written, and perhaps not yet safe on the disk.
    pub doubt: Option<String>,
}

/// Which box is to be changed.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The item's line in the version that was seen, from 1.
    pub line: usize,
    /// The version that was seen.
    pub seen: Digest,
    /// The item, and whether it was done: with these, a file that has changed elsewhere is no hindrance.
    pub step: Option<(StepId, bool)>,
}

/// Changes one box in a file.
///
/// Where the file is not the one that was seen, the change is merged: the item is looked for by its identity, and changed if
/// there is exactly one of its kind and it stands as it was seen. Anything else is a conflict.
///
/// # Errors
/// Why not, in words; the file is as it was.
pub fn toggle_file(path: &Path, wanted: &Wanted) -> Result<Ticked, String> {
    let _folder = FolderLock::of(path).map_err(|e| disk::why(&e))?;
    let name = path.to_string_lossy();
    for _ in 0..TRIES {
        let bytes = disk::read(path, checklist::LIMIT_BYTES).map_err(|e| disk::why(&e))?;
        let plan = plan::read(&name, &bytes, &Reading::default()).map_err(|e| e.to_string())?;
        let step = found(&plan, wanted)?;
        let changed = checklist::flip(&bytes, step.mark).map_err(|e| e.to_string())?;
        // Between our reading and our writing somebody may have saved: look once more, as late as can be.
        if disk::read(path, checklist::LIMIT_BYTES).map_err(|e| disk::why(&e))? != bytes {
            continue;
        }
        let line = step.line;
        let doubt = disk::write_whole(path, &changed).map_err(|e| disk::why(&e))?.doubt();
        let mut checklist = plan.checklist();
        checklist.digest = checklist::digest(&changed);
        for item in checklist.items.iter_mut().filter(|item| item.line == line) {
            item.is_done = !item.is_done;
        }
        return Ok(Ticked { checklist, line, doubt });
    }
    Err(format!("{}; it is read again now", ToggleError::Changed))
}

/// A file that is saved again and again is left alone after so many looks.
const TRIES: usize = 3;

/// The step with that box: by its line in a file that is as it was seen, else by its identity.
fn found<'a>(plan: &'a Plan, wanted: &Wanted) -> Result<&'a Step, String> {
    let boxed = |step: &&Step| matches!(step.mark, Mark::Box { .. });
    let changed = || format!("{}; it is read again now", ToggleError::Changed);
    if plan.digest == wanted.seen {
        return plan.steps.iter().filter(boxed).find(|step| step.line == wanted.line).ok_or_else(changed);
    }
    let Some((id, was_done)) = &wanted.step else { return Err(changed()) };
    let step = plan.steps.iter().filter(boxed).find(|step| step.id == *id);
    let step = step.ok_or("the file has changed, and this item with it; it is read again now")?;
    let is_twin = |other: &&Step| other.id != step.id && other.text == step.text && other.section == step.section;
    if plan.steps.iter().any(|other| is_twin(&other)) {
        return Err("the file has changed, and it has two items with this text; it is read again now".to_owned());
    }
    match step.mark {
        Mark::Box { is_done, .. } if is_done == *was_done => Ok(step),
        _ => Err("somebody else has changed this box meanwhile; it is read again now".to_owned()),
    }
}

impl Engine {
    /// Changes one box in its file.
    pub(super) fn toggle(&mut self, shown: &Text, wanted: &Wanted) -> Vec<Fact> {
        let line = wanted.line;
        let fail = |why: &str| vec![Fact::ToggleFailed { path: shown.clone(), line, why: Text::scrub(why) }];
        let Some(path) = self.real_path(shown) else { return fail("the file is not one of the checklists") };
        // Whatever is in the file now, all that shows it is to read it again at once.
        self.due.extend(self.release.iter().map(|(source, _)| *source));
        match toggle_file(&path, wanted) {
            Ok(Ticked { checklist, line, doubt }) => {
                let doubt = doubt.map(|doubt| doubtful(shown, &doubt));
                std::iter::once(Fact::Toggled { checklist: Box::new(checklist), line }).chain(doubt).collect()
            }
            Err(why) => fail(&why),
        }
    }

    /// Appends to the record beside a plan.
    pub(super) fn enter(&mut self, shown: &Text, deed: Deed, commit: Option<Text>, reason: Text) -> Vec<Fact> {
        let told = |what: &str, went| vec![Fact::Told { what: Text::scrub(what), went }];
        let Some(path) = self.real_path(shown) else {
            return told(&format!("{shown}: not on record: the file is not one of the checklists"), Went::Badly);
        };
        let entry = Entry { at: self.clock.now(), by: Text::scrub(self.me.as_str()), deed, commit, reason };
        let what = entry.deed.words();
        match plan_record::append(&path, &entry) {
            Ok(doubt) => {
                self.due.extend(self.release.iter().map(|(source, _)| *source));
                let doubt = doubt.map(|doubt| doubtful(shown, &doubt));
                told(&format!("{what}: on record"), Went::Well).into_iter().chain(doubt).collect()
            }
            Err(why) => told(&format!("{what}: not on record: {why}"), Went::Badly),
        }
    }
}
