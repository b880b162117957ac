//! Structures that are found whatever their size, coefficients and variables.

mod support;

use hamc::circuit;
use hamc::exact::Rational;
use hamc::model::{Polynomial, Variable};
use hamc::simplify::{Objective, Options, simplify};

/// `constant + sum of coefficient * variable`
fn form(constant: i64, coefficients: &[(usize, i64)]) -> Polynomial {
    coefficients.iter().fold(Polynomial::constant(Rational::from(constant)), |sum, &(slot, coefficient)| {
        &sum + &Polynomial::variable(Variable::real(slot)).scaled(&Rational::from(coefficient))
    })
}

/// The number of products and squares, at the least effort.
fn gates(polynomial: &Polynomial) -> u64 {
    gates_at(polynomial, 0)
}

fn gates_at(polynomial: &Polynomial, effort: u32) -> u64 {
    let slots = polynomial.variables().iter().map(|v| v.slot() + 1).max().unwrap_or(0);
    let names: Vec<String> = (0..slots).map(|slot| format!("q{slot}")).collect();
    let model = support::model_of(polynomial, &names);
    let options = Options { objective: Objective::Multiplications, effort, ..Options::default() };
    let circuit = simplify(&model, options, &mut |_| {});
    circuit::prove(&circuit, &model).unwrap();
    circuit.counts().nonscalar_multiplications
}

#[test]
fn product_of_sums() {
    let left = form(3, &[(0, 2), (3, -5), (5, 1)]);
    let middle = form(0, &[(1, 1), (3, 7)]);
    let right = form(-1, &[(2, 4), (4, 3), (5, -2)]);
    assert_eq!(gates(&(&(&left * &middle) * &right)), 2);
}

#[test]
fn product_without_its_affine_terms() {
    let left = &form(3, &[(0, 2), (3, -5)]) * &form(1, &[(1, 1)]);
    let right = form(-4, &[(2, 4), (4, 3)]);
    let product = &left * &right;
    assert_eq!(gates(&product.nonlinear_part()), 2);
}

#[test]
fn power_of_a_sum() {
    assert_eq!(gates(&form(2, &[(0, 1), (1, -3), (2, 2)]).pow(8)), 3);
    assert_eq!(gates(&form(0, &[(0, 1), (1, -3), (4, 2)]).pow(5)), 3);
}

#[test]
fn sum_of_products_in_hidden_directions() {
    let first = &form(0, &[(0, 1), (1, 2)]) * &form(0, &[(1, 1), (2, -1), (5, 1)]);
    let first = &first * &form(0, &[(2, 1), (3, 3)]);
    let second = form(0, &[(3, 2), (4, 1), (0, -1)]).pow(4);
    assert_eq!(gates(&(&first + &second)), 4);
}

#[test]
fn polynomial_of_a_polynomial() {
    let inner = &form(1, &[(0, 1), (2, 3)]) * &form(0, &[(1, 2), (2, -1)]);
    let outer = &(&inner.pow(4).scaled(&Rational::from(3)) - &inner.pow(2).scaled(&Rational::from(5))) + &inner;
    assert_eq!(gates(&outer), 3);
}

#[test]
fn polynomial_of_one_variable() {
    let x = Polynomial::variable(Variable::real(0));
    let coefficients = [7, 0, 3, -8, 11, 5, 2, -9, 4, 13];
    let sum = coefficients
        .iter()
        .enumerate()
        .fold(Polynomial::zero(), |sum, (k, &c)| &sum + &x.pow(k as u32).scaled(&Rational::from(c)));
    assert_eq!(gates(&sum), 4);
}

#[test]
fn cubes_in_pairs() {
    let cubes = [(0, 1), (1, 8), (2, -27), (3, 1)].iter().fold(Polynomial::zero(), |sum, &(slot, c)| {
        &sum + &Polynomial::variable(Variable::real(slot)).pow(3).scaled(&Rational::from(c))
    });
    assert!(gates(&cubes) <= 5);
}

/// Forms of neighbouring pairs that share variables are no coordinates: the
/// search once took them for such.
#[test]
fn fourth_powers_of_overlapping_bonds() {
    let text = "lattice honeycomb(6, 7)
        field x : real in [-1, 1]
        H = sum<i,j>((x[i] - x[j])^4) + sum(i)(x[i]^2 + lap(x, i)^2)";
    let (model, found) = hamc::pipeline::check(text);
    let model = model.unwrap_or_else(|| panic!("{found:?}"));
    let options = hamc::simplify::Options { effort: 0, ..hamc::simplify::Options::default() };
    let circuit = hamc::pipeline::circuit(&model, options, &mut |_| {}).unwrap();
    let [products, squares, ..] = circuit.totals(&model.frame);
    let gates = &products + &squares;
    assert!(gates <= Rational::from(42 * 6), "{gates}");
}

/// `q1^2 + 2 q2^2` is no product of two quadratics, and its Gram matrix has the
/// rank two only for one choice among its syzygies.
#[test]
fn squares_of_quadratics_with_common_monomials() {
    let x = |slot: usize| Polynomial::variable(Variable::real(slot));
    let quadratic = |entries: &[(usize, usize, i64)]| {
        entries.iter().fold(x(0), |sum, &(a, b, c)| &sum + &(&x(a) * &x(b)).scaled(&Rational::from(c)))
    };
    let first = quadratic(&[(0, 0, 1), (0, 1, -2), (2, 3, 3), (1, 3, 1), (2, 2, -1)]);
    let second = quadratic(&[(1, 1, 2), (0, 3, 1), (1, 2, -3), (3, 3, 1), (0, 2, 2)]);
    let core = &first.pow(2) + &second.pow(2).scaled(&Rational::from(2));
    assert!(gates_at(&core, 1) <= 8);
}
