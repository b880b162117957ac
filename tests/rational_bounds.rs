//! Bars that only irrational constants reach: why the rationals cannot.

mod support;

use hamc::algebra::factorization::factor;
use hamc::exact::Rational;
use hamc::model::{Factor, Monomial, Polynomial};

fn read(name: &str) -> Polynomial {
    let path = format!("{}/tests/data/polynomials/{name}.txt", env!("CARGO_MANIFEST_DIR"));
    support::parse_expanded(&std::fs::read_to_string(path).unwrap()).0
}

fn determinant(mut matrix: Vec<Vec<Rational>>) -> Rational {
    let n = matrix.len();
    let mut determinant = Rational::ONE;
    for column in 0..n {
        let Some(pivot) = (column..n).find(|&row| !matrix[row][column].is_zero()) else { return Rational::ZERO };
        if pivot != column {
            matrix.swap(pivot, column);
            determinant = -determinant;
        }
        determinant = &determinant * &matrix[column][column];
        for row in column + 1..n {
            let factor = &matrix[row][column] / &matrix[column][column];
            for k in column..n {
                let change = &factor * &matrix[column][k];
                matrix[row][k] -= &change;
            }
        }
    }
    determinant
}

/// The quadratic form of eight variables has full rank. With four products
/// over the rationals it would be a sum of four products of linear forms (take
/// the part of degree two of every product about a point), eight linear forms
/// that are then independent: a sum of four hyperbolic planes, whose
/// determinant is that of the planes, a square, times a square. It is none, so
/// five products are the least.
#[test]
fn ising8_full_takes_five_products_over_the_rationals() {
    let core = read("ising8_full");
    assert_eq!(core.degree(), 2);
    let variables = core.variables();
    assert_eq!(variables.len(), 8);
    let entry = |a, b| {
        let second = core.derivative(a).derivative(b);
        second.constant_term()
    };
    let hessian = variables.iter().map(|&a| variables.iter().map(|&b| entry(a, b)).collect()).collect();
    let determinant = determinant(hessian);
    assert!(!determinant.is_zero() && determinant.sqrt().is_none());
}

/// `H = (p^2 + q^2)/2 + V(x, y)` with `V = (x^2 + y^2)/2 + x^2 y - y^3/3`.
///
/// Suppose four products over the rationals. The first of them that depends on
/// p or q has a factor `b p + c q + f(x, y)` with b or c not zero, where f is a
/// combination of products without p and q, if there are such before it.
/// Putting p (or q) such that the factor vanishes takes the product away and
/// leaves a polynomial in the other of the two whose square has a coefficient
/// that is not zero (a sum of two rational squares), so this can be done
/// twice. What is left, `V + positive squares of two combinations of affine
/// forms and of products in x and y alone`, takes two products, u and then w.
///
/// If the combinations have w, or if w is a product of two such that its degree is
/// lower, the degree of their squares is twice that of w: impossible. If they
/// have u of degree two, the parts of degree four and three of the whole come
/// from `w = (u + ..)(u + ..)`, so that the cubic part of V is a multiple of
/// the quadratic part of u, a product of two rational forms. If they are affine, the
/// cubic part is that of `w = u * form`, a product of three rational linear
/// forms. But the cubic part of V is `y (x^2 - y^2/3)`, and the second
/// factor is irreducible over the rationals: it splits with the square root of
/// three. So five products are the least.
#[test]
fn henon_heiles_takes_five_products_over_the_rationals() {
    let core = read("henon_heiles");
    let cubic = core.homogeneous_part(3);
    let factors = factor(&cubic).unwrap();
    let degrees: Vec<u32> = factors.iter().map(|(factor, multiplicity)| factor.degree() * multiplicity).collect();
    assert_eq!(degrees.iter().sum::<u32>(), 3);
    assert!(factors.iter().any(|(factor, _)| factor.degree() == 2), "a quadratic factor is irreducible");
    // Two variables stand in squares alone, with the same sign.
    let of_momenta = core.variables().into_iter().filter(|&variable| {
        let square = Monomial::from_factors([Factor { variable, exponent: 2 }]);
        let holds = |monomial: &Monomial| monomial.exponent(variable) > 0;
        core.terms().iter().all(|(monomial, c)| !holds(monomial) || *monomial == square && !c.is_negative())
    });
    assert_eq!(of_momenta.count(), 2);
}
