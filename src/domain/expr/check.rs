//! What goes with what: the types of an expression, checked when it is read.

use crate::domain::expr::{
    Fault,
    ast::{Binary, Kind, Node, Selector},
};

/// Milliseconds as seconds, exactly where a float can.
pub(super) fn seconds(ms: i64) -> f64 {
    ms as f64 / 1_000.0
}

/// Seconds as whole milliseconds.
pub(super) fn whole_ms(seconds: f64) -> i64 {
    (seconds * 1_000.0).round() as i64
}

/// Moves a selector back in time.
pub(super) fn moved(node: Node, by: i64, at: usize) -> Result<Node, Fault> {
    match node {
        Node::Select(selector) => Ok(Node::Select(Selector { offset: by, ..selector })),
        Node::Range(selector, range) => Ok(Node::Range(Selector { offset: by, ..selector }, range)),
        Node::Sub(mut sub) => {
            sub.offset = by;
            Ok(Node::Sub(sub))
        }
        _ => Err(Fault::wrong(at, "offset stands behind a selector")),
    }
}

/// Checks an operation: what stands beside an operator, and what behind it.
pub(super) fn operation(binary: Binary, at: usize) -> Result<Node, Fault> {
    let sides = (binary.left.kind(), binary.right.kind());
    let word = |kind: Kind| Err(Fault::wrong(at, &format!("an operator stands beside {}", kind.word())));
    match sides {
        (Kind::Scalar | Kind::Vector, Kind::Scalar | Kind::Vector) => {}
        (kind @ (Kind::Matrix | Kind::Text), _) | (_, kind) => return word(kind),
    }
    let is_scalar = sides == (Kind::Scalar, Kind::Scalar);
    if binary.is_bool && !binary.op.is_comparison() {
        return Err(Fault::wrong(at, "bool stands behind comparisons only"));
    }
    if is_scalar && binary.op.is_comparison() && !binary.is_bool {
        return Err(Fault::wrong(at, "two numbers are compared with bool only"));
    }
    if binary.op.is_set() && sides != (Kind::Vector, Kind::Vector) {
        return Err(Fault::wrong(at, "and, or and unless stand between series only"));
    }
    let overlap = binary.matching.include.iter().find(|label| binary.matching.labels.contains(label));
    if let Some(label) = overlap.filter(|_| binary.matching.is_on) {
        return Err(Fault::wrong(at, &format!("the label {label} is in on and in the grouping")));
    }
    Ok(Node::Binary(Box::new(binary)))
}

/// Checks one argument.
pub(super) fn expect(word: &str, kind: Kind, arg: &Node, at: usize) -> Result<(), Fault> {
    if arg.kind() == kind {
        return Ok(());
    }
    Err(Fault::wrong(at, &format!("{word} takes {}, not {}", kind.word(), arg.kind().word())))
}

/// Checks what a function is given against what it takes.
pub(super) fn check(word: &str, takes: &str, args: &[Node], at: usize) -> Result<(), Fault> {
    let (mut is_open, mut is_any) = (false, false);
    let mut args = args.iter();
    for sign in takes.chars() {
        let kind = match sign {
            '?' => {
                is_open = true;
                continue;
            }
            '*' => {
                is_any = true;
                continue;
            }
            's' => Kind::Scalar,
            'v' => Kind::Vector,
            'm' => Kind::Matrix,
            _ => Kind::Text,
        };
        if is_any {
            for arg in args.by_ref() {
                expect(word, kind, arg, at)?;
            }
            continue;
        }
        match args.next() {
            Some(arg) => expect(word, kind, arg, at)?,
            None if is_open => return Ok(()),
            None => return Err(Fault::wrong(at, &format!("{word} is given too little"))),
        }
    }
    match args.next() {
        Some(_) => Err(Fault::wrong(at, &format!("{word} is given too much"))),
        None => Ok(()),
    }
}
