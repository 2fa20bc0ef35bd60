//! The known word nearest to the one that was written, for "did you mean".

/// The candidate nearest to `written`, compared without ASCII case; nothing where none is near.
///
/// Near means at most one edit in three characters (a swap of neighbors is one edit), or a prefix of at least three.
/// The first of equally near candidates wins, so the order of `candidates` is the order of preference.
pub fn nearest<'a>(written: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Nobody meant a name by something this long, and the table below is quadratic.
    const LONGEST: usize = 64;
    let wanted: Vec<char> = written.trim().to_ascii_lowercase().chars().take(LONGEST + 1).collect();
    if wanted.is_empty() || wanted.len() > LONGEST {
        return None;
    }
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let known: Vec<char> = candidate.to_ascii_lowercase().chars().collect();
        let allowed = (wanted.len().max(known.len()) / 3).max(1);
        let mut cost = edits(&wanted, &known);
        if cost > allowed && is_cut_short(&wanted, &known) {
            cost = allowed;
        }
        if cost <= allowed && cost < known.len() && best.is_none_or(|(least, _)| cost < least) {
            best = Some((cost, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// Whether one is the beginning of the other and long enough to say which.
fn is_cut_short(one: &[char], other: &[char]) -> bool {
    one.len().min(other.len()) >= 3 && (other.starts_with(one) || one.starts_with(other))
}

/// Edits between two words: insert, delete, replace, swap neighbors (optimal string alignment).
fn edits(from: &[char], to: &[char]) -> usize {
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=to.len()).collect();
    let mut previous_from = None;
    for (i, a) in from.iter().enumerate() {
        let mut row = Vec::with_capacity(to.len() + 1);
        row.push(i + 1);
        let mut previous_to = None;
        for (j, b) in to.iter().enumerate() {
            let at = |cells: &[usize], place: usize| cells.get(place).copied().unwrap_or(usize::MAX / 2);
            let replaced = at(&last, j) + usize::from(a != b);
            let mut cost = replaced.min(at(&last, j + 1) + 1).min(at(&row, j) + 1);
            if previous_from == Some(b) && previous_to == Some(a) && j > 0 {
                cost = cost.min(at(&before_last, j - 1) + 1);
            }
            row.push(cost);
            previous_to = Some(b);
        }
        before_last = std::mem::replace(&mut last, row);
        previous_from = Some(a);
    }
    last.last().copied().unwrap_or(from.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const KEYS: [&str; 5] = ["response", "fix", "labels", "repositories", "Europe/Berlin"];

    #[test]
    fn a_slip_of_the_finger_finds_its_word() {
        for (written, meant) in [
            ("respnse", "response"),
            ("reponse", "response"),
            ("resopnse", "response"),
            ("fxi", "fix"),
            ("label", "labels"),
            ("repos", "repositories"),
            ("europe/berlin", "Europe/Berlin"),
        ] {
            assert_eq!(nearest(written, KEYS), Some(meant), "{written}");
        }
    }

    #[test]
    fn a_different_word_finds_nothing() {
        for written in ["", "colour", "x", "Asia/Tokyo"] {
            assert_eq!(nearest(written, KEYS), None, "{written}");
        }
    }

    proptest! {
        #[test]
        fn a_known_word_is_nearest_to_itself(place in 0usize..5) {
            prop_assert_eq!(nearest(KEYS[place], KEYS), Some(KEYS[place]));
        }

        #[test]
        fn edits_are_symmetric_and_never_panic(a in ".{0,12}", b in ".{0,12}") {
            let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
            prop_assert_eq!(edits(&a, &b), edits(&b, &a));
        }
    }
}
