//! What is done to a plan: a box ticked in its file, an entry appended to the record beside it.

use std::path::Path;

use super::{Engine, doubtful};
use crate::{
    domain::release::{
        Checklist, Digest, Item,
        plan::{Mark, Plan, Reading, Step, StepId},
        record::{Deed, Entry},
    },
    floor::fact::{Fact, Went},
    shell::{
        disk::{self, FolderLock},
        git_head, plan_record,
    },
    source::{
        checklist::{self, ToggleError},
        plan,
    },
    text::{Text, clip},
};

/// So much of a commit is said on a screen.
const SHOWN: usize = 13;

/// A box that was changed in its file.
#[derive(Debug)]
pub struct Ticked {
    /// Its line now.
    pub line: usize,
    /// Whether it is ticked now.
    pub is_done: bool,
    /// The version of the file it was changed in.
    pub from: Digest,
    /// The version that was written.
    pub to: Digest,
    /// The task items as they are now, where the file was not the one that was seen.
    pub merged: Option<Box<Checklist>>,
    /// What is doubtful: it is written, and perhaps not yet safe on the disk.
    pub doubt: Option<String>,
}

/// Which box is to be changed.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The item's line in the version that was seen, from 1.
    pub line: usize,
    /// Its box in that version.
    pub mark: Mark,
    /// The version that was seen.
    pub seen: Digest,
    /// The item: a file that has changed elsewhere is no hindrance.
    pub step: StepId,
}

impl Wanted {
    /// An item of a checklist as it was read.
    pub fn of(list: &Checklist, item: &Item) -> Self {
        let mark = Mark::Box { byte: item.byte, is_done: item.is_done };
        Self { line: item.line, mark, seen: list.digest, step: item.id.clone() }
    }
}

/// Changes one box in a file.
///
/// A file that is the one that was seen is not parsed again. Where it is another, the change is merged: the item is looked
/// for by its identity, and changed if there is exactly one of its kind and it stands as it was seen. Anything else is a
/// conflict.
///
/// # Errors
/// Why not, in words; the file is as it was.
pub fn toggle_file(path: &Path, wanted: &Wanted) -> Result<Ticked, String> {
    let _folder = FolderLock::of(path).map_err(|e| disk::why(&e))?;
    for _ in 0..TRIES {
        let bytes = disk::read(path, checklist::LIMIT_BYTES).map_err(|e| disk::why(&e))?;
        plan::settled(&bytes).map_err(|e| e.to_string())?;
        let changed = checklist::flip(&bytes, wanted.mark).unwrap_or_default();
        let (from, to) = checklist::digests(&bytes, &changed);
        let (mark, line, changed, to, plan) = if from == wanted.seen && !changed.is_empty() {
            (wanted.mark, wanted.line, changed, to, None)
        } else {
            let plan = plan::read(&path.to_string_lossy(), &bytes, &Reading::default()).map_err(|e| e.to_string())?;
            let Step { mark, line, .. } = *found(&plan, wanted)?;
            let changed = checklist::flip(&bytes, mark).map_err(|e| e.to_string())?;
            let to = checklist::digest(&changed);
            (mark, line, changed, to, Some(plan))
        };
        // Between our reading and our renaming somebody may have saved: then once more, from what is there now.
        let Some(written) = disk::replace(path, &bytes, &changed).map_err(|e| disk::why(&e))? else { continue };
        let doubt = written.doubt();
        let is_done = matches!(mark, Mark::Box { is_done: false, .. });
        let merged = plan.map(|plan| Box::new(after(&plan, line, is_done, to)));
        return Ok(Ticked { line, is_done, from, to, merged, doubt });
    }
    Err(format!("{}; it is read again now", ToggleError::Changed))
}

/// A file that is saved again and again is left alone after so many looks.
const TRIES: usize = 3;

fn after(plan: &Plan, line: usize, is_done: bool, digest: Digest) -> Checklist {
    let mut checklist = Checklist { digest, ..plan.checklist() };
    for item in checklist.items.iter_mut().filter(|item| item.line == line) {
        item.is_done = is_done;
    }
    checklist
}

/// The step with that box in a file that is not as it was seen: by its identity.
fn found<'a>(plan: &'a Plan, wanted: &Wanted) -> Result<&'a Step, String> {
    let step = plan.steps.iter().find(|step| matches!(step.mark, Mark::Box { .. }) && step.id == wanted.step);
    let step = step.ok_or("the file has changed, and this item with it; it is read again now")?;
    let is_twin = |other: &&Step| other.id != step.id && other.text == step.text && other.section == step.section;
    if plan.steps.iter().any(|other| is_twin(&other)) {
        return Err("the file has changed, and it has two items with this text; it is read again now".to_owned());
    }
    let is_as_seen = match (step.mark, wanted.mark) {
        (Mark::Box { is_done, .. }, Mark::Box { is_done: was_done, .. }) => is_done == was_done,
        _ => false,
    };
    if is_as_seen {
        return Ok(step);
    }
    Err("somebody else has changed this box meanwhile; it is read again now".to_owned())
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
            Ok(Ticked { line, is_done, from, to, doubt, .. }) => {
                let doubt = doubt.map(|doubt| doubtful(shown, &doubt));
                let (path, step) = (shown.clone(), wanted.step.clone());
                std::iter::once(Fact::Toggled { path, step, line, is_done, from, to }).chain(doubt).collect()
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
        let commit = match commit.map(|commit| git_head::named(&path, commit.as_str())).transpose() {
            Ok(None) if matches!(deed, Deed::SignOff { .. }) => git_head::of(&path),
            Ok(commit) => commit,
            Err(why) => return told(&format!("{}: not on record: {why}", deed.words()), Went::Badly),
        };
        let entry = Entry { at: self.clock.now(), by: Text::scrub(self.me.as_str()), deed, commit, reason };
        let of = entry.commit.as_ref().map(|commit| format!(", of {}", clip(commit.as_str(), SHOWN)));
        let what = format!("{}{}", entry.deed.words(), of.unwrap_or_default());
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
