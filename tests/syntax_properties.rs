//! Properties of the language's text, on random trees and random bytes.

use hamc::diagnostics::{Span, has_errors, render};
use hamc::exact::Rational;
use hamc::syntax::ast::*;
use hamc::syntax::{parse, print};
use proptest::prelude::*;

fn spanned<T>(node: T) -> Spanned<T> {
    Spanned { node, span: Span::default() }
}

fn name() -> impl Strategy<Value = Name> {
    prop::sample::select(vec![
        "x", "y", "z", "w", "d5", "i", "j", "phi", "S", "e5", "e", "sumx", "λ", "inner", "free_", "dot", "range", "_a",
    ])
    .prop_map(|name| spanned(name.to_owned()))
}

fn number() -> impl Strategy<Value = Rational> {
    (0i64..2_000_000, 0u32..9, 0u32..9).prop_map(|(digits, down, up)| {
        Rational::from(digits) * Rational::from(10).pow(up) / Rational::from(10).pow(down)
    })
}

fn sign() -> impl Strategy<Value = Sign> {
    prop_oneof![Just(Sign::Plus), Just(Sign::Minus)]
}

fn expression() -> impl Strategy<Value = Expression> {
    let leaf = prop_oneof![
        number().prop_map(|value| spanned(ExpressionKind::Number(value))),
        name().prop_map(|name| spanned(ExpressionKind::Name(name.node))),
    ];
    leaf.prop_recursive(5, 40, 5, |inner| {
        // An index or argument may be several expressions in parentheses.
        let tuple = prop::collection::vec(inner.clone(), 2..4).prop_map(|parts| spanned(ExpressionKind::Tuple(parts)));
        let index = prop_oneof![4 => inner.clone(), 1 => tuple];
        let list = |range: std::ops::Range<usize>| prop::collection::vec(index.clone(), range);
        let body = inner.clone().prop_map(Box::new);
        let range = prop_oneof![
            name().prop_map(Range::Sites),
            (name(), name()).prop_filter("two names", |(a, b)| a != b).prop_map(|(a, b)| Range::Neighbors(a, b)),
            (name(), name()).prop_filter("two names", |(a, b)| a != b).prop_map(|(a, b)| Range::SecondNeighbors(a, b)),
            (name(), name()).prop_filter("two names", |(a, b)| a != b).prop_map(|(a, b)| Range::ThirdNeighbors(a, b)),
            prop::collection::btree_map("[a-d]", Just(()), 1..5)
                .prop_map(|names| Range::Plaquettes(names.into_keys().map(spanned).collect())),
            (name(), name()).prop_map(|(site, sublattice)| Range::Sublattice { site, sublattice }),
            (name(), inner.clone(), inner.clone()).prop_map(|(name, first, last)| Range::Integers {
                name,
                first: Box::new(first),
                last: Box::new(last)
            }),
        ];
        prop_oneof![
            3 => prop::collection::vec((sign(), inner.clone()), 2..5)
                .prop_map(|terms| spanned(ExpressionKind::Sum(terms))),
            1 => inner.clone().prop_map(|term| spanned(ExpressionKind::Sum(vec![(Sign::Minus, term)]))),
            3 => prop::collection::vec((any::<bool>(), inner.clone()), 2..5).prop_map(|factors| {
                let factors = factors.into_iter().enumerate().map(|(at, (divide, factor))| {
                    (if divide && at > 0 { Operator::Divide } else { Operator::Times }, factor)
                });
                spanned(ExpressionKind::Product(factors.collect()))
            }),
            1 => (inner.clone(), inner.clone())
                .prop_map(|(base, power)| spanned(ExpressionKind::Power(Box::new(base), Box::new(power)))),
            1 => (name(), prop::collection::vec(list(1..4), 1..3))
                .prop_map(|(base, brackets)| spanned(ExpressionKind::Index { base, brackets })),
            1 => (name(), list(0..4))
                .prop_map(|(function, arguments)| spanned(ExpressionKind::Call { function, arguments })),
            1 => (prop::sample::select(vec!["sum", "product"]), list(1..3)).prop_map(|(word, arguments)| {
                spanned(ExpressionKind::Call { function: spanned(word.to_owned()), arguments })
            }),
            1 => (any::<bool>(), range, body).prop_map(|(sum, range, body)| {
                let kind = if sum { Reduction::Sum } else { Reduction::Product };
                spanned(ExpressionKind::Reduction { kind, range, body })
            }),
        ]
    })
}

fn statement() -> impl Strategy<Value = StatementKind> {
    let list = |range| prop::collection::vec(expression(), range);
    let names = |range| prop::collection::vec(name(), range);
    let call =
        || (name(), prop::collection::vec(expression(), 0..3)).prop_map(|(name, arguments)| call_of(name, arguments));
    prop_oneof![
        (name(), list(0..3), prop::option::of(names(0..3)))
            .prop_map(|(shape, arguments, open)| StatementKind::Lattice { shape, arguments, open }),
        (
            prop::collection::vec((name(), prop::option::of(expression())), 1..4),
            name(),
            list(0..3),
            prop::option::of((expression(), expression())),
            prop::option::of(name())
        )
            .prop_map(|(names, kind, arguments, domain, place)| StatementKind::Field {
                names,
                kind,
                arguments,
                domain,
                place
            }),
        (name(), prop::option::of(expression())).prop_map(|(name, value)| StatementKind::Param { name, value }),
        (name(), names(0..3), expression()).prop_map(|(name, parameters, body)| StatementKind::Let {
            name,
            parameters,
            body
        }),
        (name(), prop::option::of(name()), prop::option::of(expression()))
            .prop_map(|(name, class, body)| StatementKind::Hamiltonian { name, class, body }),
        prop::collection::vec(call(), 1..4).prop_map(StatementKind::Symmetry),
        (name(), prop::collection::vec(expression(), 0..2))
            .prop_map(|(name, arguments)| StatementKind::Locality(vec![call_of(name, arguments)])),
        (expression(), any::<bool>()).prop_map(|(value, exact)| StatementKind::Degree { value, exact }),
        prop::collection::vec((name(), expression()), 1..4).prop_map(|settings| {
            let value = |value: Expression| match value.node {
                ExpressionKind::Name(word) => CompileValue::Word(spanned(word)),
                _ => CompileValue::Number(value),
            };
            StatementKind::Compile(settings.into_iter().map(|(name, setting)| (name, value(setting))).collect())
        }),
    ]
}

fn comments() -> impl Strategy<Value = Vec<String>> {
    let line = prop::sample::select(vec!["", "# a comment", "#", "# ünïcode ( [", "#!x; y"]);
    prop::collection::vec(line.prop_map(str::to_owned), 0..4).prop_map(|mut lines| {
        lines.dedup_by(|a, b| a.is_empty() && b.is_empty());
        lines
    })
}

fn spec() -> impl Strategy<Value = Spec> {
    let statement = (comments(), prop::option::of(Just("# at the end".to_owned())), statement())
        .prop_map(|(comments, trailing, kind)| Statement { comments, trailing, kind, span: Span::default() });
    (prop::collection::vec(statement, 0..5), comments()).prop_map(|(mut statements, mut comments)| {
        // No blank lines at the two ends.
        while comments.last().is_some_and(String::is_empty) {
            comments.pop();
        }
        let first = statements.first_mut().map_or(&mut comments, |statement| &mut statement.comments);
        while first.first().is_some_and(String::is_empty) {
            first.remove(0);
        }
        Spec { statements, comments }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn printed_trees_read_back(spec in spec()) {
        let text = print(&spec);
        let (again, diagnostics) = parse(&text);
        prop_assert!(!has_errors(&diagnostics), "{}\n{}", text, render(&diagnostics, "random.ham", &text, false));
        prop_assert_eq!(&again, &spec, "{}", text);
        prop_assert_eq!(print(&again), text);
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let text = String::from_utf8_lossy(&bytes);
        let (spec, diagnostics) = parse(&text);
        render(&diagnostics, "random.ham", &text, false);
        let printed = print(&spec);
        let (again, more) = parse(&printed);
        prop_assert!(!has_errors(&more), "{}", printed);
        prop_assert_eq!(again, spec);
    }

    #[test]
    fn any_marks_are_read_or_refused(text in "[-+*/^()\\[\\]<>,.:;=#\u{feff}\r\n xyHe0-9é]{0,60}") {
        let (spec, diagnostics) = parse(&text);
        render(&diagnostics, "random.ham", &text, false);
        let printed = print(&spec);
        let (again, more) = parse(&printed);
        prop_assert!(!has_errors(&more), "{}\n{}", text, printed);
        prop_assert_eq!(again, spec);
    }
}

fn call_of(name: hamc::syntax::ast::Name, arguments: Vec<Expression>) -> Call {
    Call { name, arguments: arguments.into_iter().map(hamc::syntax::ast::Argument::Expression).collect() }
}
