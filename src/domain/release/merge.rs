//! What a merge leaves in a file until somebody settles it.

/// The signs that Git begins a line with where two branches changed the same: ours, what both came from, the middle, theirs.
const MARKS: [&str; 4] = ["<<<<<<<", "|||||||", "=======", ">>>>>>>"];

/// The mark that a line is; nothing where it is none. Seven signs, then the end or a blank: an eighth makes it a rule.
pub fn mark_of(line: &str) -> Option<&'static str> {
    let is_it =
        |mark: &&str| line.strip_prefix(mark).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\r']));
    MARKS.into_iter().find(is_it)
}

/// What is said of a mark.
pub fn words(mark: &str) -> String {
    format!("`{mark}` is left of a merge: settle it first")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_seven_signs_at_the_start_of_a_line() {
        for line in ["<<<<<<< HEAD", "=======", "=======\r", "||||||| 1a2b3c4", ">>>>>>> side"] {
            assert_eq!(mark_of(line), line.get(..7), "{line}");
        }
        for line in ["", "======", "========", " =======", "|||||||a", "a <<<<<<< HEAD", "<<<<<<<HEAD"] {
            assert_eq!(mark_of(line), None, "{line}");
        }
    }
}
