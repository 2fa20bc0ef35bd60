//! A box of a checklist, changed in its file.

use std::path::Path;

use super::{Engine, doubtful};
use crate::{
    domain::release::{Checklist, Digest},
    floor::fact::Fact,
    shell::disk::{self, FolderLock},
    source::checklist::{self, ToggleError},
    text::Text,
};

impl Engine {
    /// Changes one box in its file, if the file is still the one the person saw.
    pub(super) fn toggle(&mut self, shown: &Text, line: usize, seen: Digest) -> Vec<Fact> {
        let fail = |why: &str| vec![Fact::ToggleFailed { path: shown.clone(), line, why: Text::scrub(why) }];
        let Some(path) = self.real_path(shown) else { return fail("the file is not one of the checklists") };
        match toggle_file(&path, line, seen) {
            Ok(Ticked { checklist, doubt }) => {
                let doubt = doubt.map(|doubt| doubtful(shown, &doubt));
                std::iter::once(Fact::Toggled { checklist: Box::new(checklist), line }).chain(doubt).collect()
            }
            Err(why) => {
                // Whatever changed the file: read it again at once, so that the next try is on what is there.
                self.due.extend(self.release.iter().map(|(source, _)| *source));
                fail(&why)
            }
        }
    }
}

/// A checklist after one of its boxes was changed.
#[derive(Debug)]
pub struct Ticked {
    /// As it is now.
    pub checklist: Checklist,
    /// What is doubtful: it is written, and perhaps not yet safe on the disk.
    pub doubt: Option<String>,
}

/// Changes one box in a file. Returns the checklist as it is now.
///
/// # Errors
/// Why not, in words; the file is as it was.
pub fn toggle_file(path: &Path, line: usize, seen: Digest) -> Result<Ticked, String> {
    let _folder = FolderLock::of(path).map_err(|e| disk::why(&e))?;
    let bytes = disk::read(path, checklist::LIMIT_BYTES).map_err(|e| disk::why(&e))?;
    let name = path.to_string_lossy();
    let list = checklist::read(&name, &bytes).map_err(|e| e.to_string())?;
    let item = list.items.iter().find(|item| item.line == line);
    let changed = match item {
        Some(item) => checklist::toggle(&bytes, item, seen),
        None => Err(ToggleError::Changed),
    };
    let changed = changed.map_err(|e| format!("{e}; it is read again now"))?;
    // Between our reading and our writing somebody may have saved: look once more, as late as can be.
    if disk::read(path, checklist::LIMIT_BYTES).map_err(|e| disk::why(&e))? != bytes {
        return Err(format!("{}; it is read again now", ToggleError::Changed));
    }
    let doubt = disk::write_whole(path, &changed).map_err(|e| disk::why(&e))?.doubt();
    let checklist = checklist::read(&name, &changed).map_err(|e| e.to_string())?;
    Ok(Ticked { checklist, doubt })
}
