//! What an expression is, read and checked.

use crate::{
    domain::expr::{func::Func, matcher::Matcher},
    text::Text,
};

/// A step of an expression. Types were checked when it was read: a function finds what it takes.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    Number(f64),
    Text(Text),
    /// The newest value of each series.
    Select(Selector),
    /// The values of each series in the last milliseconds.
    Range(Selector, i64),
    /// An expression evaluated again and again.
    Sub(Box<Sub>),
    Minus(Box<Node>),
    Binary(Box<Binary>),
    Call(Func, Vec<Node>),
    Aggregate(Box<Aggregate>),
}

/// What a step comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Scalar,
    Vector,
    Matrix,
    Text,
}

impl Kind {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Scalar => "a number",
            Self::Vector => "series",
            Self::Matrix => "series over a range",
            Self::Text => "a text",
        }
    }
}

impl Node {
    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Number(_) => Kind::Scalar,
            Self::Text(_) => Kind::Text,
            Self::Select(_) | Self::Aggregate(_) => Kind::Vector,
            Self::Range(..) | Self::Sub(_) => Kind::Matrix,
            Self::Minus(inner) => inner.kind(),
            Self::Binary(binary) => match (binary.left.kind(), binary.right.kind()) {
                (Kind::Scalar, Kind::Scalar) => Kind::Scalar,
                _ => Kind::Vector,
            },
            Self::Call(func, _) => func.gives(),
        }
    }
}

/// Which series, and how far back.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Selector {
    pub(super) name: Option<Text>,
    pub(super) matchers: Vec<Matcher>,
    /// In milliseconds; negative looks ahead.
    pub(super) offset: i64,
    /// Where it stands in its expression: no other one has the same.
    pub(super) place: usize,
}

/// An expression evaluated every `step` over the last `range` milliseconds.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sub {
    pub(super) inner: Node,
    pub(super) range: i64,
    pub(super) step: i64,
    pub(super) offset: i64,
}

/// An operation on two.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Binary {
    pub(super) op: Op,
    pub(super) left: Node,
    pub(super) right: Node,
    /// A comparison that gives 0 or 1 in place of leaving out.
    pub(super) is_bool: bool,
    pub(super) matching: Matching,
}

/// Which elements of two sides belong together.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Matching {
    /// Only these labels count (`on`); otherwise these do not (`ignoring`).
    pub(super) is_on: bool,
    pub(super) labels: Vec<Text>,
    pub(super) group: Group,
    /// Labels the side with many takes from the side with one.
    pub(super) include: Vec<Text>,
}

/// Which side may have many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Group {
    #[default]
    OneToOne,
    Left,
    Right,
}

/// An operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    Add,
    Sub,
    Mul,
    Div,
    Mod,
    Pow,
    Atan2,
    Eq,
    Ne,
    Gt,
    Lt,
    Ge,
    Le,
    And,
    Or,
    Unless,
}

impl Op {
    pub(super) fn is_comparison(self) -> bool {
        matches!(self, Self::Eq | Self::Ne | Self::Gt | Self::Lt | Self::Ge | Self::Le)
    }

    pub(super) fn is_set(self) -> bool {
        matches!(self, Self::And | Self::Or | Self::Unless)
    }

    /// How strongly it binds; `^` most.
    pub(super) fn strength(self) -> u8 {
        match self {
            Self::Or => 1,
            Self::And | Self::Unless => 2,
            Self::Eq | Self::Ne | Self::Gt | Self::Lt | Self::Ge | Self::Le => 3,
            Self::Add | Self::Sub => 4,
            Self::Mul | Self::Div | Self::Mod | Self::Atan2 => 5,
            Self::Pow => 6,
        }
    }
}

/// Many elements become one for each group.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Aggregate {
    pub(super) over: Over,
    pub(super) param: Option<Node>,
    pub(super) inner: Node,
    /// All labels but these (`without`); otherwise only these (`by`).
    pub(super) is_without: bool,
    pub(super) labels: Vec<Text>,
}

/// How many become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Over {
    Sum,
    Avg,
    Min,
    Max,
    Count,
    Group,
    Stddev,
    Stdvar,
    Top,
    Bottom,
    Quantile,
    CountValues,
}

/// The words of aggregations.
const OVERS: [(&str, Over); 12] = [
    ("sum", Over::Sum),
    ("avg", Over::Avg),
    ("min", Over::Min),
    ("max", Over::Max),
    ("count", Over::Count),
    ("group", Over::Group),
    ("stddev", Over::Stddev),
    ("stdvar", Over::Stdvar),
    ("topk", Over::Top),
    ("bottomk", Over::Bottom),
    ("quantile", Over::Quantile),
    ("count_values", Over::CountValues),
];

impl Over {
    pub(super) fn named(word: &str) -> Option<Self> {
        OVERS.iter().find(|(name, _)| name.eq_ignore_ascii_case(word)).map(|(_, over)| *over)
    }

    pub(super) fn param(self) -> Option<Kind> {
        match self {
            Self::Top | Self::Bottom | Self::Quantile => Some(Kind::Scalar),
            Self::CountValues => Some(Kind::Text),
            _ => None,
        }
    }
}
