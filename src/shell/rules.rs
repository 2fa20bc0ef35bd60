//! Rule files on disk.

use crate::{
    domain::alert::rule::AnyRule,
    shell::disk,
    source::rules::{self, Defaults, Fault},
    text::Text,
};

/// The longest rule file that is read.
const FILE_BYTES: usize = 8 * 1024 * 1024;

/// What rule files held.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// What can be evaluated, in the order of the files.
    pub rules: Vec<AnyRule>,
    /// What is wrong, with its file.
    pub faults: Vec<(Text, Fault)>,
    /// Files that could not be read, and patterns that name none.
    pub unread: Vec<Text>,
}

/// Reads all files that the patterns name.
pub fn read(patterns: &[String]) -> Found {
    let mut found = Found::default();
    for pattern in patterns {
        let expanded = match disk::expand(pattern) {
            Ok(expanded) => expanded,
            Err(why) => {
                found.unread.push(Text::scrub(&format!("rules: {pattern}: {why}")));
                continue;
            }
        };
        if expanded.paths.is_empty() {
            found.unread.push(Text::scrub(&format!("rules: no file matches {pattern}")));
        }
        for path in expanded.paths {
            let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
            let text = disk::read(&path, FILE_BYTES).map_err(|error| disk::why(&error));
            let text = text.and_then(|bytes| String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned()));
            match text {
                Ok(text) => {
                    let (rules, faults) = rules::read(&name, &text, &Defaults::default());
                    found.rules.extend(rules);
                    found.faults.extend(faults.into_iter().map(|fault| (Text::scrub(&name), fault)));
                }
                Err(why) => found.unread.push(Text::scrub(&format!("rules: {name}: {why}"))),
            }
        }
    }
    found
}
