//! The roster file, when an override is written into it: read, changed, compared, written whole.

use std::path::PathBuf;

use crate::{
    domain::{release::Digest, rota::OverrideChange, zone::Zones},
    shell::{
        disk::{self, FolderLock},
        files::SMALL_FILE,
    },
    source::{
        checklist::digest,
        roster::edit::{self, EditError, Edited},
    },
    text::Text,
};

/// A roster file and the zones it may name.
#[derive(Clone)]
pub struct RosterFile {
    /// The file.
    pub path: PathBuf,
    /// The zones.
    pub zones: Zones,
}

/// Why the file is as it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Untouched {
    /// Why.
    pub why: Text,
    /// What kind of trouble.
    pub kind: UntouchedKind,
}

/// What has to happen before it can be tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UntouchedKind {
    /// There is no file, or it cannot be read or written.
    Away,
    /// The file is another one than was previewed.
    Changed,
    /// The file cannot be changed in this way.
    Refused,
}

impl Untouched {
    /// There is no roster file to write into.
    pub fn no_file() -> Self {
        let why = "there is no roster file: name one in the settings under [roster]";
        Self { why: Text::scrub(why), kind: UntouchedKind::Away }
    }

    fn away(error: &std::io::Error) -> Self {
        Self { why: Text::scrub(&disk::why(error)), kind: UntouchedKind::Away }
    }

    fn refused(error: &EditError) -> Self {
        Self { why: Text::scrub(&error.to_string()), kind: UntouchedKind::Refused }
    }

    fn changed() -> Self {
        let why = "the file has changed since the preview; look at it again";
        Self { why: Text::scrub(why), kind: UntouchedKind::Changed }
    }
}

/// A change that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    /// The file as it is now.
    pub edited: Edited,
    /// What is doubtful: it is written, and perhaps not yet safe on the disk.
    pub doubt: Option<Text>,
}

impl RosterFile {
    /// What a change would do, and which version of the file that was said of. Writes nothing.
    ///
    /// # Errors
    /// The file cannot be read, or cannot be changed in this way.
    pub fn preview(&self, seat: &Text, change: &OverrideChange) -> Result<(Edited, Digest), Untouched> {
        let bytes = disk::read(&self.path, SMALL_FILE).map_err(|e| Untouched::away(&e))?;
        Ok((self.edited(&bytes, seat, change)?, digest(&bytes)))
    }

    /// Makes a change, if the file is still the one that was seen; where nothing was seen, of the file as it is.
    ///
    /// # Errors
    /// The file is another one by now, cannot be read or written, or cannot be changed in this way. It is as it was.
    pub fn write(&self, seat: &Text, change: &OverrideChange, seen: Option<Digest>) -> Result<Saved, Untouched> {
        let _folder = FolderLock::of(&self.path).map_err(|e| Untouched::away(&e))?;
        let bytes = disk::read(&self.path, SMALL_FILE).map_err(|e| Untouched::away(&e))?;
        if seen.is_some_and(|seen| seen != digest(&bytes)) {
            return Err(Untouched::changed());
        }
        let edited = self.edited(&bytes, seat, change)?;
        // Between our reading and our renaming somebody may have saved.
        let written = disk::replace(&self.path, &bytes, edited.text.as_bytes()).map_err(|e| Untouched::away(&e))?;
        let written = written.ok_or_else(Untouched::changed)?;
        Ok(Saved { edited, doubt: written.doubt().map(|doubt| Text::scrub(&doubt)) })
    }

    fn edited(&self, bytes: &[u8], seat: &Text, change: &OverrideChange) -> Result<Edited, Untouched> {
        let file = std::str::from_utf8(bytes).map_err(|_| Untouched {
            why: Text::scrub("the file is not UTF-8: save it as UTF-8"),
            kind: UntouchedKind::Refused,
        })?;
        edit::change(file, seat, change, &self.zones).map_err(|error| Untouched::refused(&error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        rota::{Override, OverrideKind},
        time::parse_rfc3339,
    };

    const FILE: &str = "zone = 'UTC' # ours\n[[person]]\nid = \"ana\"\n\n[[schedule]]\nname = \"primary\"\n\n\
                        [[schedule.layer]]\nanchor = 2026-01-05\nshift = \"1 day\"\npeople = [\"ana\"]\n";

    fn away() -> Override {
        Override {
            kind: OverrideKind::Remove(Text::scrub("ana")),
            start: parse_rfc3339("2026-11-21T08:00:00Z").unwrap(),
            end: parse_rfc3339("2026-11-22T08:00:00Z").unwrap(),
            level: 0,
            created: None,
            note: None,
        }
    }

    fn begin() -> (tempfile::TempDir, RosterFile) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("oncall.toml");
        std::fs::write(&path, FILE).unwrap();
        (folder, RosterFile { path, zones: Zones::bundled() })
    }

    #[test]
    fn a_preview_writes_nothing_and_what_was_previewed_is_what_is_written_and_taken_back() {
        let (_folder, file) = begin();
        let seat = Text::scrub("primary");
        let add = OverrideChange::Add(away());
        let (previewed, seen) = file.preview(&seat, &add).unwrap();
        assert_eq!(std::fs::read_to_string(&file.path).unwrap(), FILE);
        assert_eq!(file.write(&seat, &add, Some(seen)).unwrap(), Saved { edited: previewed.clone(), doubt: None });
        assert_eq!(std::fs::read_to_string(&file.path).unwrap(), previewed.text);
        file.write(&seat, &OverrideChange::Remove { nth: 0, old: away() }, None).unwrap();
        assert_eq!(std::fs::read_to_string(&file.path).unwrap(), FILE);
    }

    #[test]
    fn a_file_saved_since_the_preview_is_left_alone() {
        let (_folder, file) = begin();
        let (seat, add) = (Text::scrub("primary"), OverrideChange::Add(away()));
        let (_, seen) = file.preview(&seat, &add).unwrap();
        let theirs = FILE.replace("# ours", "# theirs");
        std::fs::write(&file.path, &theirs).unwrap();
        assert_eq!(file.write(&seat, &add, Some(seen)).unwrap_err().kind, UntouchedKind::Changed);
        assert_eq!(std::fs::read_to_string(&file.path).unwrap(), theirs);
    }

    #[test]
    fn a_file_that_is_gone_is_away_and_one_that_is_wrong_is_refused() {
        let (_folder, file) = begin();
        let (seat, add) = (Text::scrub("primary"), OverrideChange::Add(away()));
        std::fs::write(&file.path, b"zone = \xff").unwrap();
        assert_eq!(file.preview(&seat, &add).unwrap_err().kind, UntouchedKind::Refused);
        std::fs::remove_file(&file.path).unwrap();
        assert_eq!(file.write(&seat, &add, None).unwrap_err().kind, UntouchedKind::Away);
    }
}
