//! The syntax tree of a spec, with spans and comments.
//!
//! Sums and products are n-ary, so that a polynomial of thousands of terms is
//! flat. Two trees are equal when they were written the same up to layout:
//! spans do not take part in comparisons.

use crate::diagnostics::Span;
use crate::exact::Rational;

/// A value with the place where it was written. Equality ignores the place.
#[derive(Clone, Debug)]
pub struct Spanned<T> {
    /// The value.
    pub node: T,
    /// Where it stands.
    pub span: Span,
}

impl<T: PartialEq> PartialEq for Spanned<T> {
    fn eq(&self, other: &Self) -> bool {
        self.node == other.node
    }
}

/// A name and its place.
pub type Name = Spanned<String>;

/// A spec: its statements and the comments after the last one.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Spec {
    /// The statements in order.
    pub statements: Vec<Statement>,
    /// Comment lines after the last statement, with their `#`.
    pub comments: Vec<String>,
}

impl Spec {
    /// Whether the symmetries of H are to be found: `symmetry detect`.
    pub fn detects(&self) -> bool {
        self.statements.iter().any(|statement| match &statement.kind {
            StatementKind::Symmetry(calls) => calls.iter().any(Call::is_detect),
            _ => false,
        })
    }
}

impl Call {
    /// Whether this is the word of `symmetry detect`.
    pub fn is_detect(&self) -> bool {
        self.name.node == "detect" && self.arguments.is_empty()
    }
}

/// A statement with its comments.
#[derive(Clone, Debug)]
pub struct Statement {
    /// Comment lines above it (or within it), with their `#`; an empty
    /// string is a blank line kept between groups.
    pub comments: Vec<String>,
    /// The comment at its end, with its `#`.
    pub trailing: Option<String>,
    /// The statement.
    pub kind: StatementKind,
    /// Where it stands.
    pub span: Span,
}

impl PartialEq for Statement {
    fn eq(&self, other: &Self) -> bool {
        self.comments == other.comments && self.trailing == other.trailing && self.kind == other.kind
    }
}

/// What a statement says.
#[derive(Clone, PartialEq, Debug)]
pub enum StatementKind {
    /// `lattice square(8, 8) open x`
    Lattice {
        /// `square`
        shape: Name,
        /// `8, 8`
        arguments: Vec<Expression>,
        /// `None` where nothing is said; an empty list for plain `open`.
        open: Option<Vec<Name>>,
        /// As `open`, for `twisted`.
        twisted: Option<Vec<Name>>,
    },
    /// `lattice graph("edges.csv")`
    Graph {
        /// `graph`
        shape: Name,
        /// `edges.csv`
        file: Spanned<String>,
    },
    /// `field x, y[3] : real in [-1, 1]`, `field U : clock(3) on bonds`
    Field {
        /// The names, with the number of components where given.
        names: Vec<(Name, Option<Expression>)>,
        /// `real`, `spin`, `complex`, `clock` and so on.
        kind: Name,
        /// The arguments of the kind, as in `clock(3)`.
        arguments: Vec<Expression>,
        /// The bounds of `in [a, b]`.
        domain: Option<(Expression, Expression)>,
        /// `bonds` in `on bonds`.
        place: Option<Name>,
    },
    /// `param m2 = -1/2` or `param lambda = free`
    Param {
        /// The name.
        name: Name,
        /// The value; `None` for `free`.
        value: Option<Expression>,
    },
    /// `param J on bonds = file("J.npy")`
    Couplings {
        /// The name.
        name: Name,
        /// `bonds` in `on bonds`.
        place: Option<Name>,
        /// `J.npy`
        file: Spanned<String>,
    },
    /// `let kinetic(i, j) = 1/2*(phi[i] - phi[j])^2`
    Let {
        /// The name.
        name: Name,
        /// The parameters; empty for a plain abbreviation.
        parameters: Vec<Name>,
        /// The body.
        body: Expression,
    },
    /// `H = ...`
    Hamiltonian {
        /// `H`
        name: Name,
        /// The class of `H[cat] = ...`.
        class: Option<Name>,
        /// The body; `None` for `generic`.
        body: Option<Expression>,
    },
    /// `symmetry translation, flip(phi)`
    Symmetry(Vec<Call>),
    /// `locality range 2, pairs`: all of them hold.
    Locality(Vec<Call>),
    /// `constant off`
    Constant(Name),
    /// `degree 4` or `degree = 4`
    Degree {
        /// The degree.
        value: Expression,
        /// Whether `=` was written: every monomial has exactly this degree.
        exact: bool,
    },
    /// `compile activation tanh, tolerance 1e-6`
    Compile(Vec<(Name, CompileValue)>),
}

/// A value in a `compile` statement.
#[derive(Clone, PartialEq, Debug)]
pub enum CompileValue {
    /// A word, as in `activation tanh`.
    Word(Name),
    /// A number, as in `tolerance 1e-6`.
    Number(Expression),
}

/// A name with arguments: `flip(phi)`, `translation`, `range 2`.
#[derive(Clone, PartialEq, Debug)]
pub struct Call {
    /// The name.
    pub name: Name,
    /// The arguments.
    pub arguments: Vec<Argument>,
}

/// An argument of a symmetry or locality.
#[derive(Clone, PartialEq, Debug)]
pub enum Argument {
    /// `phi`, `3`, `x + 1`
    Expression(Expression),
    /// `"Pm-3m"`, without its quotes.
    Text(Spanned<String>),
    /// `(x, y, z)`: what belongs together.
    List(Spanned<Vec<Expression>>),
}

impl Argument {
    /// Where it stands.
    pub fn span(&self) -> Span {
        match self {
            Argument::Expression(expression) => expression.span,
            Argument::Text(text) => text.span,
            Argument::List(list) => list.span,
        }
    }
}

/// An expression and its place.
pub type Expression = Spanned<ExpressionKind>;

/// The sign before a term.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sign {
    /// `+`, or nothing before the first term.
    Plus,
    /// `-`
    Minus,
}

/// The operator before a factor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operator {
    /// `*`, or nothing before the first factor.
    Times,
    /// `/`
    Divide,
}

/// What an expression is.
#[derive(Clone, PartialEq, Debug)]
pub enum ExpressionKind {
    /// A number, exact.
    Number(Rational),
    /// A name: a field, a param, a let, a loop variable.
    Name(String),
    /// `phi[i+x]`, `S[i][2]`, `x[3]`: one list of indices a bracket.
    Index {
        /// What is indexed.
        base: Name,
        /// The brackets.
        brackets: Vec<Vec<Expression>>,
    },
    /// `(i+x, B)`, `(1, 2)`: a site by its parts, which stands as an index or
    /// an argument only.
    Tuple(Vec<Expression>),
    /// `dot(S[i], S[j])`, `kinetic(i, j)`, `product(x)`.
    Call {
        /// The function.
        function: Name,
        /// The arguments.
        arguments: Vec<Expression>,
    },
    /// `sum(i)(...)`, `product(i)(...)`, `sum<i,j>(...)`, `sum(a in 0..2)(...)`.
    Reduction {
        /// `sum` or `product`.
        kind: Reduction,
        /// What it runs over.
        range: Range,
        /// The summand or factor.
        body: Box<Expression>,
    },
    /// A signed sum of two terms or more, or of one with a minus sign.
    Sum(Vec<(Sign, Expression)>),
    /// A product of two factors or more.
    Product(Vec<(Operator, Expression)>),
    /// `base^exponent`
    Power(Box<Expression>, Box<Expression>),
}

/// Sum or product over a range.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reduction {
    /// `sum`
    Sum,
    /// `product`
    Product,
}

/// What a reduction runs over.
#[derive(Clone, PartialEq, Debug)]
pub enum Range {
    /// `(i)`: the sites.
    Sites(Name),
    /// `(i in A)`: the sites of one sublattice.
    Sublattice {
        /// The site.
        site: Name,
        /// The sublattice.
        sublattice: Name,
    },
    /// `<i,j>`: the bonds between nearest neighbours.
    Neighbors(Name, Name),
    /// `<<i,j>>`: the pairs of second neighbours.
    SecondNeighbors(Name, Name),
    /// `<<<i,j>>>`: the pairs of third neighbours.
    ThirdNeighbors(Name, Name),
    /// `plaquette(i,j,k,l)`: the shortest loops of bonds, their sites in order.
    Plaquettes(Vec<Name>),
    /// `(a in 0..2)`: integers, both ends included.
    Integers {
        /// The loop variable.
        name: Name,
        /// The first value.
        first: Box<Expression>,
        /// The last value.
        last: Box<Expression>,
    },
}
