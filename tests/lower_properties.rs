//! Properties of lowering: unit cells against sums written out site by site,
//! and random texts of the language's own words.

use hamc::diagnostics::{has_errors, render};
use hamc::exact::Rational;
use hamc::lower::lower;
use hamc::model::{Model, Variable};
use hamc::syntax::{parse, print};
use proptest::prelude::*;

/// A random periodic or open lattice of up to three directions.
#[derive(Clone, Debug)]
struct Box {
    extents: Vec<i64>,
    open: Vec<bool>,
}

/// A term of a random Hamiltonian.
#[derive(Clone, Debug)]
enum Term {
    /// `c*phi[i+a]^p*phi[i+b]` in a sum over sites.
    Sites(i64, Vec<i64>, u32, Vec<i64>),
    /// `c*phi[i]*phi[j]^p` in a sum over bonds.
    Bonds(i64, u32),
    /// `(phi[i] - c*phi[j])^p` over second neighbours.
    Second(i64, u32),
    /// `c*grad2(phi, i)`.
    Gradient(i64),
    /// `lap(phi, i)*phi[i]^p`.
    Laplacian(u32),
    /// A constant.
    Constant(i64),
}

const LETTERS: [&str; 3] = ["x", "y", "z"];

fn lattice() -> impl Strategy<Value = Box> {
    prop::collection::vec((2i64..5, any::<bool>()), 1..4).prop_map(|directions| Box {
        extents: directions.iter().map(|d| d.0).collect(),
        open: directions.iter().map(|d| d.1).collect(),
    })
}

fn term() -> impl Strategy<Value = Term> {
    let offset = || prop::collection::vec(-2i64..3, 3);
    prop_oneof![
        (-3i64..4, offset(), 1u32..4, offset()).prop_map(|(c, a, p, b)| Term::Sites(c, a, p, b)),
        (-3i64..4, 1u32..3).prop_map(|(c, p)| Term::Bonds(c, p)),
        (-3i64..4, 1u32..4).prop_map(|(c, p)| Term::Second(c, p)),
        (-3i64..4).prop_map(Term::Gradient),
        (0u32..3).prop_map(Term::Laplacian),
        (-3i64..4).prop_map(Term::Constant),
    ]
}

impl Box {
    fn text(&self) -> String {
        let extents: Vec<String> = self.extents.iter().map(i64::to_string).collect();
        let open: Vec<&str> = (0..self.extents.len()).filter(|&d| self.open[d]).map(|d| LETTERS[d]).collect();
        let open = if open.is_empty() { String::new() } else { format!(" open {}", open.join(", ")) };
        format!("lattice hypercubic({}){open}", extents.join(", "))
    }

    fn sites(&self) -> Vec<Vec<i64>> {
        let mut sites = vec![Vec::new()];
        for &extent in &self.extents {
            sites = sites
                .into_iter()
                .flat_map(|site| (0..extent).map(move |c| site.iter().copied().chain([c]).collect()))
                .collect();
        }
        sites
    }

    /// A site moved; `None` beyond an open end.
    fn moved(&self, site: &[i64], by: &[i64]) -> Option<Vec<i64>> {
        (0..self.extents.len())
            .map(|d| {
                let c = site[d] + by[d];
                match self.open[d] {
                    true => (0..self.extents[d]).contains(&c).then_some(c),
                    false => Some(c.rem_euclid(self.extents[d])),
                }
            })
            .collect()
    }

    fn steps(&self) -> Vec<Vec<i64>> {
        let dimension = self.extents.len();
        (0..dimension).map(|d| (0..dimension).map(|e| (d == e) as i64).collect()).collect()
    }

    fn second_steps(&self) -> Vec<Vec<i64>> {
        let steps = self.steps();
        if let [step] = steps.as_slice() {
            return vec![vec![2 * step[0]]];
        }
        let mut second = Vec::new();
        for a in 0..steps.len() {
            for b in a + 1..steps.len() {
                for sign in [1, -1] {
                    second.push(steps[a].iter().zip(&steps[b]).map(|(x, y)| x + sign * y).collect());
                }
            }
        }
        second
    }
}

fn index(dimension: usize, offset: &[i64]) -> String {
    let mut text = "i".to_owned();
    for d in 0..dimension {
        match offset[d] {
            0 => {}
            1 => text.push_str(&format!("+{}", LETTERS[d])),
            step => text.push_str(&format!("{step:+}{}", LETTERS[d])),
        }
    }
    text
}

impl Term {
    fn text(&self, dimension: usize) -> String {
        match self {
            Term::Sites(c, a, p, b) => {
                format!("sum(i)({c}*phi[{}]^{p}*phi[{}])", index(dimension, a), index(dimension, b))
            }
            Term::Bonds(c, p) => format!("sum<i,j>({c}*phi[i]*phi[j]^{p})"),
            Term::Second(c, p) => format!("sum<<i,j>>((phi[i] - {c}*phi[j])^{p})"),
            Term::Gradient(c) => format!("sum(i)({c}*grad2(phi, i))"),
            Term::Laplacian(p) => format!("sum(i)(lap(phi, i)*phi[i]^{p})"),
            Term::Constant(c) => format!("{c}/3"),
        }
    }

    /// The energy of a configuration, site by site.
    fn energy(&self, lattice: &Box, phi: &impl Fn(&[i64]) -> Rational) -> Rational {
        let number = Rational::from;
        let mut sum = Rational::ZERO;
        for site in lattice.sites() {
            let here = phi(&site);
            match self {
                Term::Sites(c, a, p, b) => {
                    if let (Some(a), Some(b)) = (lattice.moved(&site, a), lattice.moved(&site, b)) {
                        sum += &(number(*c) * phi(&a).pow(*p) * phi(&b));
                    }
                }
                Term::Bonds(c, p) => {
                    for step in lattice.steps() {
                        if let Some(other) = lattice.moved(&site, &step) {
                            sum += &(number(*c) * &here * &phi(&other).pow(*p));
                        }
                    }
                }
                Term::Second(c, p) => {
                    for step in lattice.second_steps() {
                        if let Some(other) = lattice.moved(&site, &step) {
                            sum += &(&here - &(number(*c) * phi(&other))).pow(*p);
                        }
                    }
                }
                Term::Gradient(c) => {
                    for step in lattice.steps() {
                        if let Some(other) = lattice.moved(&site, &step) {
                            sum += &(number(*c) * (&phi(&other) - &here).pow(2));
                        }
                    }
                }
                Term::Laplacian(p) => {
                    for step in lattice.steps() {
                        let back: Vec<i64> = step.iter().map(|s| -s).collect();
                        for step in [step, back] {
                            if let Some(other) = lattice.moved(&site, &step) {
                                sum += &((&phi(&other) - &here) * here.pow(*p));
                            }
                        }
                    }
                }
                Term::Constant(_) => {}
            }
        }
        if let Term::Constant(c) = self {
            sum = Rational::new(*c, 3);
        }
        sum
    }
}

/// The energy that a model's unit cell gives a configuration.
fn energy(model: &Model, phi: &impl Fn(&[i64]) -> Rational) -> Rational {
    let frame = &model.frame;
    let mut cells = vec![vec![0i64; model.lattice.dimension()]];
    for (at, &direction) in frame.directions.iter().enumerate() {
        cells = cells
            .into_iter()
            .flat_map(|cell| {
                (0..frame.periods[at] as i64).map(move |c| {
                    let mut cell = cell.clone();
                    cell[direction] = c;
                    cell
                })
            })
            .collect();
    }
    let mut sum = Rational::ZERO;
    // The parts of the energy, each in the cells of its window.
    for energy in &model.energies {
        for cell in &cells {
            let inside = |(at, &direction): (usize, &usize)| {
                energy.weight.window.range(at, frame.periods[at]).contains(&(cell[direction] as u64))
            };
            if !frame.directions.iter().enumerate().all(inside) {
                continue;
            }
            for (monomial, coefficient) in energy.polynomial.terms() {
                let value = |variable: Variable| {
                    let (place, _) = model.place(variable);
                    let extents = &model.lattice.extents;
                    let site: Vec<i64> =
                        (0..place.len()).map(|d| (place[d] + cell[d]).rem_euclid(extents[d] as i64)).collect();
                    phi(&site)
                };
                let product = monomial
                    .factors()
                    .iter()
                    .fold(coefficient.clone(), |product, f| product * value(f.variable).pow(f.exponent as u32));
                sum += &product;
            }
        }
    }
    sum
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn unit_cells_add_up_to_the_lattice(
        lattice in lattice(),
        terms in prop::collection::vec(term(), 1..4),
        seed in any::<u32>(),
        written_out in any::<bool>(),
    ) {
        let dimension = lattice.extents.len();
        let mut parts: Vec<String> = terms.iter().map(|term| term.text(dimension)).collect();
        if written_out {
            // A site by its number makes one cell of the whole lattice.
            let zeros = vec!["0"; dimension].join(", ");
            parts.push(format!("0*phi[{zeros}]"));
        }
        let text = format!("{}\nfield phi : real in [-1, 1]\nH = {}", lattice.text(), parts.join(" + "));
        let (spec, diagnostics) = parse(&text);
        prop_assert!(diagnostics.is_empty(), "{}", text);
        let (model, diagnostics) = lower(&spec);
        let Some(model) = model else {
            // Second neighbours of a ring of two or three are nearer sites.
            prop_assert!(diagnostics.iter().all(|d| d.code == "E0214"), "{}", render(&diagnostics, "t", &text, false));
            prop_assert!(dimension == 1);
            return Ok(());
        };
        prop_assert_eq!(written_out, model.frame.directions.is_empty() && lattice.open.contains(&false) || written_out);
        let phi = |site: &[i64]| {
            let mixed = site.iter().fold(seed as u64, |h, &c| (h ^ c as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(23));
            Rational::from((mixed % 19) as i64 - 9)
        };
        let expected = terms.iter().fold(Rational::ZERO, |sum, term| sum + term.energy(&lattice, &phi));
        prop_assert_eq!(energy(&model, &phi), expected, "{}", text);
        let written = model.canonical_polynomial(&model.energies[0].written.expand());
        prop_assert_eq!(&written, &model.energies[0].polynomial);
    }
}

/// Pieces of specs.
const WORDS: [&str; 88] = [
    "lattice",
    "ring(4)",
    "chain(3)",
    "square(2, 3)",
    "complete(3)",
    "open",
    "field",
    "phi",
    "S[3]",
    "x[2]",
    "x",
    "y",
    ":",
    "real in [-1, 1]",
    "spin",
    "bit",
    "param",
    "=",
    "free",
    "let",
    "f(i, j)",
    "f(u)",
    "g",
    "H =",
    "generic",
    "\n",
    "\n",
    "\n",
    "\nH = ",
    "\nfield phi : real in [-1, 1]\n",
    "\nlattice ring(5)\n",
    "\nfield S[2] : spin\n",
    "\nlet g(i) = ",
    "symmetry",
    "translation",
    "reflection",
    "point_group",
    "permutation",
    "flip(phi)",
    "locality",
    "nearest_neighbor",
    "range",
    "degree",
    "compile",
    "activation tanh",
    "sum(i)(",
    "sum<i,j>(",
    "sum<<i,j>>(",
    "product(i)(",
    "sum(a in 0..2)(",
    "sum(",
    "product(",
    "dot(",
    "grad2(phi, i)",
    "lap(phi, i)",
    "sqrt(",
    "phi[i]",
    "phi[i+1]",
    "phi[i+x]",
    "phi[0]",
    "S[i][a]",
    "S[i]",
    "x[a]",
    "(",
    ")",
    "[",
    "]",
    "<",
    ">",
    ",",
    "+",
    "-",
    "*",
    "/",
    "^",
    "^2",
    "**",
    "..",
    "0",
    "1",
    "2",
    "1/2",
    "1e-3",
    "10^30",
    "i",
    "j",
    "a",
    "# c\n",
];

proptest! {
    #![proptest_config(config(3000))]

    #[test]
    fn any_words_are_lowered_or_refused(picks in prop::collection::vec(0..WORDS.len(), 1..40)) {
        let words: Vec<&str> = picks.iter().map(|&pick| WORDS[pick]).collect();
        let text = words.join(" ");
        let (spec, diagnostics) = parse(&text);
        render(&diagnostics, "random.ham", &text, false);
        let (model, more) = lower(&spec);
        render(&more, "random.ham", &text, false);
        prop_assert_eq!(model.is_none(), has_errors(&more));
        let printed = print(&spec);
        prop_assert_eq!(parse(&printed).0, spec, "{}", printed);
    }

    #[test]
    fn any_hamiltonian_is_lowered_or_refused(picks in prop::collection::vec(44..WORDS.len(), 1..14), which in 0usize..4) {
        let words: Vec<&str> = picks.iter().map(|&pick| WORDS[pick]).filter(|w| !w.contains('\n')).collect();
        let mut body = words.join(" ");
        // Close what is open, so that more gets past the parser.
        let mut open = Vec::new();
        for c in body.chars() {
            match c { '(' => open.push(')'), '[' => open.push(']'), ')' | ']' => { open.pop(); } _ => {} }
        }
        while let Some(close) = open.pop() { body.push(close); }
        let lattice = ["lattice ring(4)", "lattice square(2, 3) open y", "lattice complete(3)", ""][which];
        let text = format!("{lattice}\nfield phi : real in [-1, 1]\nfield S[3], x[2] : spin\nparam y = 2\nlet f(i, j) = phi[i]*phi[j]\nH = {body}\nsymmetry reflection, flip(S)\nlocality range 2");
        let (spec, diagnostics) = parse(&text);
        let (model, more) = lower(&spec);
        render(&more, "random.ham", &text, false);
        prop_assert_eq!(model.is_none(), has_errors(&more));
        if let Some(model) = model.filter(|_| diagnostics.is_empty()) {
            for energy in &model.energies {
                prop_assert_eq!(&model.canonical_polynomial(&energy.written.expand()), &energy.polynomial);
            }
        }
    }
}
