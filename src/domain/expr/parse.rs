//! From text to steps. Everything PromQL knows is recognized, so that what is not evaluated here is refused by its name.

use crate::{
    domain::{
        expr::{
            Fault,
            ast::{Aggregate, Binary, Group, Kind, Matching, Node, Op, Over, Selector, Sub},
            check::{check, expect, moved, operation, seconds, whole_ms},
            func::{self, Func},
            lex::{Placed, Token, tokens},
            matcher::Matcher,
        },
        trouble::nearest,
    },
    text::Text,
};

/// Brackets within brackets that are still read.
const DEPTH: usize = 80;

/// Operations in one expression: each is a step further down the stack where it is evaluated.
const OPERATIONS: usize = 200;

/// How often a range is looked at where no step is written, in milliseconds.
const STEP_MS: i64 = 60_000;

/// Reads an expression.
pub(super) fn expression(written: &str) -> Result<Node, Fault> {
    let mut parser = Parser { tokens: tokens(written)?, next: 0, depth: 0, operations: 0, len: written.len() };
    let node = parser.binary(0)?;
    match parser.peek() {
        None => Ok(node),
        Some(token) => Err(parser.fault(&format!("{} comes after its end", token.spelled()))),
    }
}

struct Parser {
    tokens: Vec<Placed>,
    next: usize,
    depth: usize,
    operations: usize,
    len: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.next).map(|(_, token)| token)
    }

    fn at(&self) -> usize {
        self.tokens.get(self.next).map_or(self.len, |(at, _)| *at)
    }

    fn fault(&self, what: &str) -> Fault {
        Fault::wrong(self.at(), what)
    }

    fn take(&mut self, sign: &str) -> bool {
        let is_there = matches!(self.peek(), Some(Token::Sign(there)) if *there == sign);
        self.next += usize::from(is_there);
        is_there
    }

    fn need(&mut self, sign: &str) -> Result<(), Fault> {
        if self.take(sign) {
            return Ok(());
        }
        let found = self.peek().map_or_else(|| "the end".to_owned(), Token::spelled);
        Err(self.fault(&format!("\"{sign}\" is expected, not {found}")))
    }

    fn is_word(&self, wanted: &str) -> bool {
        matches!(self.peek(), Some(Token::Word(word)) if word.eq_ignore_ascii_case(wanted))
    }

    fn take_word(&mut self, wanted: &str) -> bool {
        let is_there = self.is_word(wanted);
        self.next += usize::from(is_there);
        is_there
    }

    fn comes(&self, ahead: usize, sign: &str) -> bool {
        matches!(self.tokens.get(self.next + ahead), Some((_, Token::Sign(there))) if *there == sign)
    }

    fn operator(&self) -> Option<Op> {
        Some(match self.peek()? {
            Token::Sign("+") => Op::Add,
            Token::Sign("-") => Op::Sub,
            Token::Sign("*") => Op::Mul,
            Token::Sign("/") => Op::Div,
            Token::Sign("%") => Op::Mod,
            Token::Sign("^") => Op::Pow,
            Token::Sign("==") => Op::Eq,
            Token::Sign("!=") => Op::Ne,
            Token::Sign(">") => Op::Gt,
            Token::Sign("<") => Op::Lt,
            Token::Sign(">=") => Op::Ge,
            Token::Sign("<=") => Op::Le,
            Token::Word(word) => match word.to_ascii_lowercase().as_str() {
                "and" => Op::And,
                "or" => Op::Or,
                "unless" => Op::Unless,
                "atan2" => Op::Atan2,
                _ => return None,
            },
            _ => return None,
        })
    }

    /// Reads operations that bind more strongly than `least`.
    fn binary(&mut self, least: u8) -> Result<Node, Fault> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(self.fault("it is nested too deeply"));
        }
        let mut left = self.unary()?;
        while let Some(op) = self.operator().filter(|op| op.strength() > least) {
            let at = self.at();
            self.next += 1;
            self.operations += 1;
            if self.operations > OPERATIONS {
                return Err(self.fault(&format!("it has more than {OPERATIONS} operations")));
            }
            let is_bool = self.take_word("bool");
            let matching = self.matching(op)?;
            // `2 ^ 3 ^ 2` is `2 ^ (3 ^ 2)`; all others are read from the left.
            let right = self.binary(if op == Op::Pow { op.strength() - 1 } else { op.strength() })?;
            left = operation(Binary { op, left, right, is_bool, matching }, at)?;
        }
        self.depth -= 1;
        Ok(left)
    }

    fn unary(&mut self) -> Result<Node, Fault> {
        let at = self.at();
        let is_minus = self.take("-");
        if !is_minus && !self.take("+") {
            let primary = self.primary()?;
            return self.postfix(primary, at);
        }
        // A sign binds less than `^` and more than `*`.
        let inner = self.binary(Op::Mul.strength())?;
        match (inner.kind(), inner) {
            (Kind::Scalar | Kind::Vector, Node::Number(value)) if is_minus => Ok(Node::Number(-value)),
            (Kind::Scalar | Kind::Vector, inner) if is_minus => Ok(Node::Minus(Box::new(inner))),
            (Kind::Scalar | Kind::Vector, inner) => Ok(inner),
            (kind, _) => Err(Fault::wrong(at, &format!("a sign stands before {}", kind.word()))),
        }
    }

    fn matching(&mut self, op: Op) -> Result<Matching, Fault> {
        let mut matching = Matching::default();
        if self.comes(1, "(") && (self.is_word("on") || self.is_word("ignoring")) {
            matching.is_on = self.take_word("on");
            self.next += usize::from(!matching.is_on);
            matching.labels = self.labels()?;
        }
        let (is_left, is_right) = (self.is_word("group_left"), self.is_word("group_right"));
        if is_left || is_right {
            if op.is_set() {
                return Err(self.fault("and, or and unless take no grouping"));
            }
            self.next += 1;
            matching.group = if is_left { Group::Left } else { Group::Right };
            if self.comes(0, "(") {
                matching.include = self.labels()?;
            }
        }
        for word in ["fill", "fill_left", "fill_right"] {
            if self.is_word(word) && self.comes(1, "(") {
                return Err(Fault::Unsupported(format!("{word}()")));
            }
        }
        Ok(matching)
    }

    /// Reads `(a, b)`.
    fn labels(&mut self) -> Result<Vec<Text>, Fault> {
        self.need("(")?;
        let mut labels = Vec::new();
        while !self.take(")") {
            let name = match self.peek() {
                Some(Token::Word(name) | Token::Text(name)) => Text::scrub(name),
                _ => return Err(self.fault("a label is expected")),
            };
            self.next += 1;
            labels.push(name);
            if !self.take(",") && !self.comes(0, ")") {
                return Err(self.fault("\",\" or \")\" is expected after a label"));
            }
        }
        Ok(labels)
    }

    fn primary(&mut self) -> Result<Node, Fault> {
        let at = self.at();
        let Some(token) = self.peek().cloned() else { return Err(self.fault("something is missing")) };
        if token == Token::Sign("{") {
            return self.selector(None);
        }
        self.next += 1;
        match token {
            Token::Number(value) => Ok(Node::Number(value)),
            Token::Length(ms) => Ok(Node::Number(seconds(ms))),
            Token::Text(text) => Ok(Node::Text(Text::scrub(&text))),
            Token::Sign("(") => {
                let inner = self.binary(0)?;
                self.need(")")?;
                Ok(inner)
            }
            Token::Sign(sign) => Err(Fault::wrong(at, &format!("\"{sign}\" has nothing before it"))),
            Token::Word(word) => self.word(&word, at),
        }
    }

    fn word(&mut self, word: &str, at: usize) -> Result<Node, Fault> {
        let is_called = self.comes(0, "(");
        let is_grouped = self.is_word("by") || self.is_word("without");
        if let Some(over) = Over::named(word).filter(|_| is_called || is_grouped) {
            return self.aggregate(over, word, at);
        }
        if is_called {
            return self.call(word, at);
        }
        match word.to_ascii_lowercase().as_str() {
            "inf" => return Ok(Node::Number(f64::INFINITY)),
            "nan" => return Ok(Node::Number(f64::NAN)),
            _ => {}
        }
        self.selector(Some(word))
    }

    fn aggregate(&mut self, over: Over, word: &str, at: usize) -> Result<Node, Fault> {
        let mut grouping = self.grouping()?;
        let mut args = self.args()?;
        if grouping.is_none() {
            grouping = self.grouping()?;
        }
        let (is_without, labels) = grouping.unwrap_or_default();
        let wanted = 1 + usize::from(over.param().is_some());
        if args.len() != wanted {
            return Err(Fault::wrong(at, &format!("{word} takes {wanted}, not {}", args.len())));
        }
        let inner = args.pop().ok_or_else(|| Fault::wrong(at, "nothing to aggregate"))?;
        let param = args.pop();
        if let (Some(kind), Some(param)) = (over.param(), &param) {
            expect(word, kind, param, at)?;
        }
        expect(word, Kind::Vector, &inner, at)?;
        Ok(Node::Aggregate(Box::new(Aggregate { over, param, inner, is_without, labels })))
    }

    fn grouping(&mut self) -> Result<Option<(bool, Vec<Text>)>, Fault> {
        let is_without = self.is_word("without");
        if !is_without && !self.is_word("by") {
            return Ok(None);
        }
        self.next += 1;
        Ok(Some((is_without, self.labels()?)))
    }

    fn args(&mut self) -> Result<Vec<Node>, Fault> {
        self.need("(")?;
        let mut args = Vec::new();
        while !self.take(")") {
            args.push(self.binary(0)?);
            if !self.take(",") && !self.comes(0, ")") {
                return Err(self.fault("\",\" or \")\" is expected"));
            }
        }
        Ok(args)
    }

    fn call(&mut self, word: &str, at: usize) -> Result<Node, Fault> {
        let Some((func, takes)) = Func::named(word) else {
            if func::is_unsupported(word) {
                return Err(Fault::Unsupported(format!("{word}()")));
            }
            let hint = nearest(word, func::names()).map(|name| format!("; did you mean {name}?")).unwrap_or_default();
            return Err(Fault::wrong(at, &format!("there is no function {word}{hint}")));
        };
        let args = self.args()?;
        check(word, takes, &args, at)?;
        Ok(Node::Call(func, args))
    }

    /// Reads `name{...}`, or what stands in braces alone.
    fn selector(&mut self, name: Option<&str>) -> Result<Node, Fault> {
        let at = self.at();
        let mut selector = Selector { name: name.map(Text::scrub), place: self.next, ..Selector::default() };
        if self.take("{") {
            while !self.take("}") {
                self.matcher(&mut selector)?;
                if !self.take(",") && !self.comes(0, "}") {
                    return Err(self.fault("\",\" or \"}\" is expected after a matcher"));
                }
            }
        }
        let is_bounded = selector.name.is_some() || selector.matchers.iter().any(|matcher| !matcher.meets(""));
        if !is_bounded {
            return Err(Fault::wrong(at, "a selector needs a name, or a matcher that a missing label does not meet"));
        }
        Ok(Node::Select(selector))
    }

    fn matcher(&mut self, selector: &mut Selector) -> Result<(), Fault> {
        let (label, is_quoted) = match self.peek() {
            Some(Token::Word(label)) => (label.clone(), false),
            Some(Token::Text(label)) => (label.clone(), true),
            _ => return Err(self.fault("a label is expected")),
        };
        self.next += 1;
        let sign = match self.peek() {
            Some(Token::Sign(sign @ ("=" | "!=" | "=~" | "!~"))) => *sign,
            _ if is_quoted && selector.name.is_none() => {
                selector.name = Some(Text::scrub(&label));
                return Ok(());
            }
            _ => return Err(self.fault("one of = != =~ !~ is expected after a label")),
        };
        self.next += 1;
        let Some(Token::Text(value)) = self.peek().cloned() else {
            return Err(self.fault("a text in quotes is expected"));
        };
        let matcher = Matcher::new(&label, sign, &value).map_err(|why| self.fault(&why))?;
        self.next += 1;
        if label == "__name__" && sign == "=" && selector.name.is_none() {
            selector.name = Some(Text::scrub(&value));
        } else {
            selector.matchers.push(matcher);
        }
        Ok(())
    }

    /// Reads `[5m]`, `[1h:1m]`, `offset 5m` behind a step.
    fn postfix(&mut self, mut node: Node, at: usize) -> Result<Node, Fault> {
        loop {
            if self.take("[") {
                node = self.range(node, at)?;
            } else if self.is_word("offset") {
                self.next += 1;
                let is_back = !self.take("-");
                self.take("+");
                let offset = self.length()?;
                node = moved(node, if is_back { offset } else { -offset }, at)?;
            } else if self.comes(0, "@") {
                return Err(Fault::Unsupported("the @ modifier".to_owned()));
            } else if self.is_word("anchored") || self.is_word("smoothed") {
                return Err(Fault::Unsupported("anchored or smoothed ranges".to_owned()));
            } else {
                return Ok(node);
            }
        }
    }

    fn range(&mut self, node: Node, at: usize) -> Result<Node, Fault> {
        let range = self.length()?;
        let is_sub = self.take(":");
        let step = if is_sub && !self.comes(0, "]") { self.length()? } else { STEP_MS };
        self.need("]")?;
        if range <= 0 || step <= 0 {
            return Err(Fault::wrong(at, "a range is longer than nothing"));
        }
        match node {
            Node::Select(selector) if !is_sub => Ok(Node::Range(selector, range)),
            inner if is_sub && matches!(inner.kind(), Kind::Vector | Kind::Scalar) => {
                Ok(Node::Sub(Box::new(Sub { inner, range, step, offset: 0 })))
            }
            other => Err(Fault::wrong(at, &format!("a range is asked of {}", other.kind().word()))),
        }
    }

    /// Reads a length of time; a number is seconds.
    fn length(&mut self) -> Result<i64, Fault> {
        let length = match self.peek() {
            Some(Token::Length(ms)) => *ms,
            Some(Token::Number(value)) if value.is_finite() && value.abs() < 1e12 => whole_ms(*value),
            Some(Token::Word(word)) if matches!(word.as_str(), "step" | "range" | "min" | "max") => {
                return Err(Fault::Unsupported("lengths that are calculated".to_owned()));
            }
            Some(Token::Sign("(" | "-" | "+")) => {
                return Err(Fault::Unsupported("lengths that are calculated".to_owned()));
            }
            _ => return Err(self.fault("a length such as 5m is expected")),
        };
        self.next += 1;
        if matches!(self.peek(), Some(Token::Sign("+" | "-" | "*" | "/" | "%" | "^"))) && self.is_in_brackets() {
            return Err(Fault::Unsupported("lengths that are calculated".to_owned()));
        }
        Ok(length)
    }

    fn is_in_brackets(&self) -> bool {
        let before = self.tokens.get(..self.next).unwrap_or_default();
        let last = before.iter().rev().find(|(_, token)| matches!(token, Token::Sign("[" | "]")));
        matches!(last, Some((_, Token::Sign("["))))
    }
}
