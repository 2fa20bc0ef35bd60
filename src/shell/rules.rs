//! Rule files on disk.

use std::{collections::BTreeMap, path::PathBuf};

use crate::{
    domain::{
        alert::rule::AnyRule,
        trouble::{Skipped, Trouble},
    },
    floor::fact::{Fact, SourceId},
    shell::{
        disk,
        stamp::{Stamp, stamp_of},
    },
    source::rules::{self, Defaults, Fault, Verdict},
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
                found.unread.push(Text::scrub(&format!("{pattern}: {why}")));
                continue;
            }
        };
        if expanded.paths.is_empty() {
            found.unread.push(Text::scrub(&format!("no file matches {pattern}")));
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
                Err(why) => found.unread.push(Text::scrub(&format!("{name}: {why}"))),
            }
        }
    }
    found
}

impl Found {
    /// Files of which nothing can be judged, and why: those that could not be read, and those that are no rule files.
    fn lost(&self) -> impl Iterator<Item = String> {
        let broken = self.faults.iter().filter(|(_, fault)| fault.rule.is_blank() && fault.verdict == Verdict::Wrong);
        let broken = broken.map(|(file, fault)| format!("{file}: {}", on_one_line(fault)));
        self.unread.iter().map(ToString::to_string).chain(broken)
    }

    /// Rules that are not evaluated, and why.
    fn refused(&self) -> impl Iterator<Item = Skipped> {
        let refused = self.faults.iter().filter(|(_, fault)| !fault.rule.is_blank() && fault.verdict != Verdict::Kept);
        refused.map(|(file, fault)| Skipped {
            at: Text::scrub(&format!("{file}: {}", fault.rule)),
            why: Text::scrub(&on_one_line(fault)),
        })
    }
}

fn on_one_line(fault: &Fault) -> String {
    fault.problem.to_string().replace('\n', ";")
}

/// Rule files as a source: whether they could be read, and whether they still are what is judged by. Rules are taken when
/// the program begins.
pub struct RuleFiles {
    patterns: Vec<String>,
    /// The files as they were when it began.
    began: Option<Stamps>,
    /// The files as they were when they were last looked at, and why some of them could not be read.
    seen: Option<(Stamps, Option<Text>)>,
}

type Stamps = BTreeMap<PathBuf, Option<Stamp>>;

impl RuleFiles {
    /// The files that the patterns name; nothing where there is none.
    pub fn of(patterns: &[String]) -> Option<Self> {
        (!patterns.is_empty()).then(|| Self { patterns: patterns.to_vec(), began: None, seen: None })
    }

    /// Looks at the files and tells what cannot be judged by.
    pub fn poll(&mut self, source: SourceId, tell: &mut dyn FnMut(Fact)) {
        let paths = self.patterns.iter().filter_map(|pattern| disk::expand(pattern).ok()).flat_map(|found| found.paths);
        let stamps: Stamps = paths.map(|path| (path.clone(), stamp_of(&path).ok())).collect();
        if self.seen.as_ref().is_none_or(|(seen, _)| *seen != stamps) {
            let found = read(&self.patterns);
            let mut skipped: Vec<Skipped> = found.refused().collect();
            if *self.began.get_or_insert_with(|| stamps.clone()) != stamps {
                let why = "not as when this program began: start it again to judge by what they say now";
                skipped.push(Skipped { at: Text::scrub("the files"), why: Text::scrub(why) });
            }
            tell(Fact::LeftOut { source, skipped });
            let lost: Vec<String> = found.lost().collect();
            self.seen = Some((stamps, (!lost.is_empty()).then(|| Text::scrub(&lost.join("; ")))));
        }
        match self.seen.as_ref().and_then(|(_, lost)| lost.clone()) {
            Some(why) => tell(Fact::Failed { source, trouble: Trouble::Garbled, why }),
            None => tell(Fact::Unchanged { source, budget: None }),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const GOOD: &str = "groups:\n- name: g\n  rules:\n  - alert: Down\n    expr: up == 0\n    annotations: {runbook_url: \"https://e.example\"}\n";

    #[test]
    fn a_rule_file_that_cannot_be_read_is_trouble_and_a_rule_that_is_refused_is_left_out_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r.yml");
        let mut files = RuleFiles::of(&[path.to_string_lossy().into_owned()]).unwrap();
        let mut poll = || {
            let (mut left_out, mut failed) = (None, None);
            files.poll(SourceId(0), &mut |fact| match fact {
                Fact::LeftOut { skipped, .. } => {
                    left_out = Some(skipped.iter().map(|it| format!("{}: {}", it.at, it.why)).collect::<Vec<_>>());
                }
                Fact::Failed { why, .. } => failed = Some(why.to_string()),
                _ => {}
            });
            (left_out, failed)
        };
        let (left_out, failed) = poll();
        assert_eq!(left_out, Some(Vec::new()));
        assert!(failed.is_some_and(|why| why.contains("r.yml")));
        assert!(poll().1.is_some(), "it goes on being said");
        fs::write(&path, GOOD.replace("annotations: {", "annotations: {{")).unwrap();
        let (left_out, failed) = poll();
        assert!(left_out.is_some_and(|said| said.concat().contains("start it again")));
        assert!(failed.is_some_and(|why| why.starts_with("r.yml: ")));
        fs::write(&path, GOOD.replace("up == 0", "predict_linear(up[5m], 60) < 0")).unwrap();
        let (left_out, failed) = poll();
        let said = left_out.unwrap_or_default().join("\n");
        assert!(said.contains("r.yml: Down: ") && said.contains("predict_linear"), "{said}");
        assert_eq!((failed, poll()), (None, (None, None)));
        assert!(RuleFiles::of(&[]).is_none());
    }
}
