//! Paths as written: `${NAME}` filled in, relative ones joined to the file's folder. No disk is read here.

use std::path::{Component, Path, PathBuf};

use crate::config::{
    Context,
    problems::Report,
    secrets::{is_secret_name, quoted},
    walk::Said,
};

/// Reads a path. Nothing when it has a fault, which is reported.
pub(super) fn path(said: &Said<&str>, context: &Context<'_>, report: &mut Report) -> Option<PathBuf> {
    let written = filled_in(said, context, report)?;
    Some(tidy(&context.base.join(written)))
}

/// Reads a path or a pattern with `*`, `?`, `**`.
///
/// The folder of the settings file is meant literally even where its name has a `[` or a `*` in it.
pub(super) fn pattern(said: &Said<&str>, context: &Context<'_>, report: &mut Report) -> Option<String> {
    let written = filled_in(said, context, report)?;
    if !written.contains(['*', '?', '[']) {
        return Some(tidy(&context.base.join(written)).to_string_lossy().into_owned());
    }
    if let Err(fault) = glob::Pattern::new(&written) {
        let what = format!("is {}, which is no pattern: {}", quoted(said.value), fault.msg);
        report.fault(said, &what, "* stands for any text, ? for one character, ** for any folders");
        return None;
    }
    if Path::new(&written).is_absolute() {
        return Some(written);
    }
    let base = glob::Pattern::escape(&context.base.to_string_lossy());
    Some(tidy(&Path::new(&base).join(written)).to_string_lossy().into_owned())
}

/// Drops `.` components. `..` stays: what it means after a symbolic link only the disk knows.
fn tidy(path: &Path) -> PathBuf {
    path.components().filter(|part| *part != Component::CurDir).collect()
}

/// Fills in each `${NAME}`.
fn filled_in(said: &Said<&str>, context: &Context<'_>, report: &mut Report) -> Option<String> {
    if said.value == "~" || said.value.starts_with("~/") {
        report.fault(
            said,
            &format!("is {}, and ~ has no meaning here", quoted(said.value)),
            "write ${HOME}/ instead of ~/",
        );
        return None;
    }
    if said.value.contains('\0') {
        report.fault(said, "holds a NUL character", "no path has one: take it out");
        return None;
    }
    let (mut out, mut rest, mut is_whole) = (String::new(), said.value, true);
    while let Some((before, after)) = rest.split_once("${") {
        out.push_str(before);
        let Some((name, tail)) = after.split_once('}') else {
            report.fault(said, &format!("is {}, and its ${{ is never closed", quoted(said.value)), "write ${NAME}");
            return None;
        };
        rest = tail;
        if is_secret_name(name) {
            // A path is shown and sent on, to a channel for one; a token in it would go along.
            report.fault(
                said,
                &format!("names the environment variable {}, a secret", quoted(name)),
                "leave it out of paths",
            );
            return None;
        }
        match (context.vars)(name).filter(|value| !value.is_empty()) {
            Some(value) => out.push_str(&value),
            None => {
                is_whole = false;
                let what = format!("names the environment variable {}, which is not set", quoted(name));
                report.fault(said, &what, "set it before the start, or write the path in full");
            }
        }
    }
    out.push_str(rest);
    is_whole.then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Trust;

    fn read(written: &str, base: &str) -> (Option<String>, usize) {
        let context = Context {
            base: Path::new(base),
            vars: &|name| (name == "DATA").then(|| "/srv/data".to_owned()),
            zones: &|_| None,
            trusted: Trust::User,
        };
        let mut report = Report::on("");
        let said = Said { value: written, key: "file".to_owned(), line: 1 };
        (pattern(&said, &context, &mut report), report.finish().len())
    }

    #[test]
    fn relative_paths_stand_beside_the_file() {
        assert_eq!(read("./a/b.csv", "/etc/wf"), (Some("/etc/wf/a/b.csv".to_owned()), 0));
        assert_eq!(read("../b.csv", "/etc/wf"), (Some("/etc/wf/../b.csv".to_owned()), 0));
        assert_eq!(read("/var/b.csv", "/etc/wf"), (Some("/var/b.csv".to_owned()), 0));
    }

    #[test]
    fn variables_are_filled_in_and_unset_ones_reported() {
        assert_eq!(read("${DATA}/x.csv", "/etc"), (Some("/srv/data/x.csv".to_owned()), 0));
        assert_eq!(read("${NO}/${NEITHER}/x.csv", "/etc"), (None, 2));
        assert_eq!(read("${DATA", "/etc"), (None, 1));
        assert_eq!(read("x/${GITHUB_TOKEN}", "/etc"), (None, 1));
        assert_eq!(read("$DATA/$", "/etc"), (Some("/etc/$DATA/$".to_owned()), 0));
    }

    #[test]
    fn a_bracket_in_the_folders_name_is_no_pattern() {
        assert_eq!(read("*.csv", "/etc/[wf]"), (Some("/etc/[[]wf[]]/*.csv".to_owned()), 0));
        assert_eq!(read("a.csv", "/etc/[wf]"), (Some("/etc/[wf]/a.csv".to_owned()), 0));
        assert_eq!(read("a***.csv", "/etc"), (None, 1));
    }

    #[test]
    fn a_tilde_is_explained() {
        assert_eq!(read("~/x.csv", "/etc"), (None, 1));
    }
}
