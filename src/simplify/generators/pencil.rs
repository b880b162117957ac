//! Pairs of quadratic forms through the singular members of their pencil.
//!
//! Two forms A and B that are both needed may be replaced by two others of
//! their pencil `A + t B`: at the roots of its determinant the rank drops, so
//! that those members take fewer products, and A and B are sums of them. The
//! rule looks at the quadratic goals as a whole, like that for minors.

use std::rc::Rc;

use super::quadratic::{self, symmetric_matrix};
use crate::algebra::univariate;
use crate::exact::Rational;
use crate::model::{Kind, Polynomial, Variable};
use crate::simplify::decomposition::{Decomposition, Fact};

/// Forms that are looked at, the oldest first.
const FORMS: usize = 14;
/// Forms in more variables, or of a greater rank, are left alone.
const VARIABLES: usize = 10;
const RANK: usize = 6;

/// A plan for each pair of quadratic goals that takes fewer products through
/// other members of its pencil.
pub fn plans(cores: impl Iterator<Item = Rc<Polynomial>>) -> Vec<Vec<Fact>> {
    let real = |core: &Polynomial| core.variables().iter().all(|v| v.kind() == Kind::Real);
    let fits = |core: &Polynomial| core.degree() == 2 && core.variables().len() <= VARIABLES && real(core);
    let mut forms: Vec<(Rc<Polynomial>, Fact)> = Vec::new();
    for core in cores.filter(|core| core.len() > 1 && fits(core)) {
        if let Some(fact) = cheapest(&core).filter(|fact| fact.decomposition.products.len() > 1) {
            forms.push((core, fact));
        }
        if forms.len() == FORMS {
            break;
        }
    }
    let mut plans = Vec::new();
    for (at, one) in forms.iter().enumerate() {
        for two in &forms[at + 1..] {
            plans.extend(plan(one, two));
        }
    }
    plans
}

/// The fact of a form with the fewest products.
fn cheapest(form: &Polynomial) -> Option<Fact> {
    quadratic::generate(form).into_iter().min_by_key(|fact| fact.decomposition.products.len())
}

fn plan(one: &(Rc<Polynomial>, Fact), two: &(Rc<Polynomial>, Fact)) -> Option<Vec<Fact>> {
    let count = |fact: &Fact| fact.decomposition.products.len();
    let mut variables: Vec<Variable> = one.0.variables();
    variables.extend(two.0.variables());
    variables.sort();
    variables.dedup();
    // Members of the pencil as multiples of A and B.
    let mut members =
        vec![(Rational::ONE, Rational::ZERO, one.1.clone()), (Rational::ZERO, Rational::ONE, two.1.clone())];
    for root in roots(&symmetric_matrix(&one.0, &variables), &symmetric_matrix(&two.0, &variables), RANK)? {
        let member = &*one.0 + &two.0.scaled(&root);
        if !member.is_zero() && !root.is_zero() {
            let (form, content) = member.primitive();
            let scale = content.recip();
            members.push((scale.clone(), &root * &scale, cheapest(&form)?));
        }
    }
    members.sort_by_key(|(.., fact)| count(fact));
    let [first, second, ..] = members.as_slice() else { return None };
    if count(&first.2) + count(&second.2) >= count(&one.1) + count(&two.1) {
        return None;
    }
    // With F = a A + b B and G = c A + d B: A = (d F - b G) / (a d - b c).
    let ((a, b, f), (c, d, g)) = (first, second);
    let determinant = &(a * d) - &(b * c);
    let sum = |target: &Polynomial, x: Rational, y: Rational| {
        let parts = [(&x / &determinant, f.target.clone()), (&y / &determinant, g.target.clone())];
        let rest: Vec<_> = parts.into_iter().filter(|(c, _)| !c.is_zero()).collect();
        Fact { target: target.clone(), decomposition: Decomposition { products: Vec::new(), rest } }
    };
    let mut facts = vec![f.clone(), g.clone()];
    for fact in [sum(&one.0, d.clone(), -b.clone()), sum(&two.0, -c.clone(), a.clone())] {
        if fact.decomposition.rest.len() > 1 {
            facts.push(fact);
        }
    }
    Some(facts)
}

/// The rational t at which the rank of `A + t B` drops below its rank
/// elsewhere; `None` where that rank is greater than `limit`.
pub fn roots(a: &[Vec<Rational>], b: &[Vec<Rational>], limit: usize) -> Option<Vec<Rational>> {
    let at = |t: &Rational| -> Vec<Vec<Rational>> {
        a.iter().zip(b).map(|(a, b)| a.iter().zip(b).map(|(a, b)| a + &(b * t)).collect()).collect()
    };
    // A point that is unlikely to be a root shows which rows and columns to take.
    let rows = independent(at(&Rational::new(1_000_003, 7)));
    if rows.len() > limit {
        return None;
    }
    // A symmetric matrix has a principal minor of its rank's size that is not zero.
    let minor = |t: i64| {
        let whole = at(&Rational::from(t));
        determinant(rows.iter().map(|&i| rows.iter().map(|&j| whole[i][j].clone()).collect()).collect())
    };
    let points: Vec<(Rational, Rational)> = (0..=rows.len() as i64).map(|t| (Rational::from(t), minor(t))).collect();
    let polynomial = interpolate(&points);
    let factors = univariate::factor(&polynomial)?;
    let linear = factors.iter().filter(|(factor, _)| factor.len() == 2);
    Some(linear.map(|(factor, _)| -(&factor[0] / &factor[1])).collect())
}

/// Indices of independent rows, as many as the rank.
fn independent(matrix: Vec<Vec<Rational>>) -> Vec<usize> {
    let mut echelon = crate::algebra::linear::Echelon::default();
    let rows = matrix.into_iter().enumerate();
    rows.filter_map(|(at, row)| {
        let independent = echelon.insert(crate::algebra::linear::row(row.into_iter().enumerate()));
        independent.then_some(at)
    })
    .collect()
}

fn determinant(mut matrix: Vec<Vec<Rational>>) -> Rational {
    let n = matrix.len();
    let mut product = Rational::ONE;
    for at in 0..n {
        let Some(pivot) = (at..n).find(|&row| !matrix[row][at].is_zero()) else { return Rational::ZERO };
        if pivot != at {
            matrix.swap(pivot, at);
            product = -product;
        }
        product *= &matrix[at][at];
        let own = matrix[at].clone();
        for row in &mut matrix[at + 1..] {
            let factor = &row[at] / &own[at];
            row.iter_mut().zip(&own).for_each(|(entry, value)| *entry -= &(value * &factor));
        }
    }
    product
}

/// The polynomial through points, by Lagrange.
fn interpolate(points: &[(Rational, Rational)]) -> univariate::Poly {
    points.iter().enumerate().fold(Vec::new(), |sum, (at, (x, y))| {
        let mut basis = vec![y.clone()];
        for (_, (other, _)) in points.iter().enumerate().filter(|(k, _)| *k != at) {
            let scale = (x - other).recip();
            basis = univariate::multiply(&basis, &[-(other * &scale), scale.clone()]);
        }
        univariate::add(&sum, &basis)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(coefficients: &[i64]) -> Polynomial {
        coefficients.iter().enumerate().fold(Polynomial::zero(), |sum, (slot, &c)| {
            &sum + &Polynomial::variable(Variable::real(slot)).scaled(&Rational::from(c))
        })
    }

    #[test]
    fn two_products_make_two_sums_of_them() {
        let f = &form(&[1, 2, 0, 1]) * &form(&[0, 1, -1, 3]);
        let g = &form(&[2, 0, 1, 1]) * &form(&[1, 1, 1, 0]);
        let (a, b) = (&f + &g.scaled(&Rational::from(3)), &f.scaled(&Rational::from(2)) - &g);
        let found = plans([&a, &b].into_iter().map(|p| Rc::new(p.primitive().0)));
        assert_eq!(found.len(), 1);
        for fact in &found[0] {
            assert_eq!(fact.decomposition.expand(), fact.target);
        }
        assert_eq!(found[0].iter().map(|fact| fact.decomposition.products.len()).sum::<usize>(), 2);
    }
}
