//! Moving the cursor in few bytes.
//!
//! Every code used here is in the Linux console, screen, tmux and vt100: CUP, CUU, CUF, CUB, and the controls CR, LF and
//! BS. HPA, REP and tab stops are left out: some of them do not have it.

use std::io::Write as _;

/// A cell, from the top left, 0-based.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct At {
    pub(super) x: usize,
    pub(super) y: usize,
}

/// The shortest codes from `from` (nothing: unknown) to `to`.
///
/// Printing what already stands between is the caller's to weigh: only it knows the cells.
pub(super) fn go(from: Option<At>, to: At) -> Vec<u8> {
    let mut best = absolute(to);
    let Some(from) = from else { return best };
    let Some(down) = rows(from.y, to.y) else { return best };
    let along = columns(from.x, to.x);
    let by_step = [down.as_slice(), along.as_slice()].concat();
    if by_step.len() < best.len() {
        best = by_step;
    }
    let mut from_margin = b"\r".to_vec();
    from_margin.extend_from_slice(&down);
    from_margin.extend_from_slice(&columns(0, to.x));
    if from_margin.len() < best.len() { from_margin } else { best }
}

fn absolute(to: At) -> Vec<u8> {
    match (to.y, to.x) {
        (0, 0) => b"\x1b[H".to_vec(),
        (y, 0) => format!("\x1b[{}H", y + 1).into_bytes(),
        (0, x) => format!("\x1b[;{}H", x + 1).into_bytes(),
        (y, x) => format!("\x1b[{};{}H", y + 1, x + 1).into_bytes(),
    }
}

/// Rows down by LF, at most a handful; rows up by CUU.
///
/// The caller never has a scroll region set, and `to` is on the screen, so that LF cannot scroll.
fn rows(from: usize, to: usize) -> Option<Vec<u8>> {
    match to.checked_sub(from) {
        Some(down @ 0..=4) => Some(vec![b'\n'; down]),
        Some(_) => None,
        None => Some(counted(from - to, b'A')),
    }
}

fn columns(from: usize, to: usize) -> Vec<u8> {
    match to.checked_sub(from) {
        Some(0) => Vec::new(),
        Some(right) => counted(right, b'C'),
        None if from - to <= 4 => vec![0x08; from - to],
        None => counted(from - to, b'D'),
    }
}

fn counted(n: usize, code: u8) -> Vec<u8> {
    let mut out = b"\x1b[".to_vec();
    if n > 1 {
        // Writing into a vector cannot fail.
        write!(out, "{n}").ok();
    }
    out.push(code);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(x: usize, y: usize) -> At {
        At { x, y }
    }

    #[test]
    fn the_shortest_way_is_taken() {
        assert_eq!(go(Some(at(5, 5)), at(5, 5)), b"");
        assert_eq!(go(Some(at(5, 5)), at(0, 6)), b"\r\n");
        assert_eq!(go(Some(at(5, 5)), at(5, 6)), b"\n");
        assert_eq!(go(Some(at(5, 5)), at(4, 5)), b"\x08");
        assert_eq!(go(Some(at(5, 5)), at(6, 5)), b"\x1b[C");
        assert_eq!(go(Some(at(70, 5)), at(1, 5)), b"\r\x1b[C");
        assert_eq!(go(None, at(0, 0)), b"\x1b[H");
        assert_eq!(go(None, at(0, 4)), b"\x1b[5H");
        assert_eq!(go(None, at(4, 0)), b"\x1b[;5H");
    }

    proptest! {
        #[test]
        fn every_way_arrives_in_a_real_parser(fx in 0usize..79, fy in 0usize..24, tx in 0usize..80, ty in 0usize..24) {
            let mut screen = vt100::Parser::new(24.try_into().unwrap(), 80.try_into().unwrap(), 0);
            screen.process(&go(None, at(fx, fy)));
            let way = go(Some(at(fx, fy)), at(tx, ty));
            prop_assert!(way.len() <= 8);
            screen.process(&way);
            prop_assert_eq!(screen.screen().cursor_position(), (ty as u16, tx as u16));
        }
    }
}
