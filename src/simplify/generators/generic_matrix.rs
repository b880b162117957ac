//! Determinants of matrices of independent entries, recognised by which
//! variables never meet.
//!
//! In the determinant of an n x n matrix of n^2 variables two variables stand
//! together in a term unless they share a row or a column. That gives the
//! places of the variables, up to transposition and the order of rows and
//! columns; their scales follow from the coefficients of terms that differ
//! in two rows, and the whole is confirmed. Names, order, scales and the
//! origin of the variables are immaterial.

use super::determinant::determinant;
use super::origin;
use crate::model::{Factor, Kind, Monomial, Polynomial, Variable};
use crate::simplify::decomposition::Fact;

/// Matrices with more rows are left alone: n! terms.
const ROWS: usize = 7;

/// A plan if the core is the determinant of a matrix of variables.
pub fn plans(core: &Polynomial) -> Vec<Vec<Fact>> {
    let n = core.degree() as usize;
    if !(3..=ROWS).contains(&n) || core.variables().len() != n * n {
        return Vec::new();
    }
    plan(core, n).into_iter().collect()
}

fn plan(core: &Polynomial, n: usize) -> Option<Vec<Fact>> {
    let centred = origin::centre(core)?;
    let form = &centred.form;
    let multilinear = |monomial: &Monomial| monomial.factors().len() == n;
    if form.len() != (1..=n).product::<usize>() || !form.terms().iter().all(|(monomial, _)| multilinear(monomial)) {
        return None;
    }
    let places = places(form, n)?;
    let coefficient = |choice: &[(usize, usize)]| {
        let factors = choice.iter().map(|&(i, j)| Factor { variable: places[i][j], exponent: 1 });
        form.coefficient(&Monomial::from_factors(factors))
    };
    let mut matrix: Vec<Vec<Polynomial>> =
        places.iter().map(|row| row.iter().map(|&variable| centred.variable(variable)).collect()).collect();
    for i in 1..n {
        for j in 1..n {
            // The other rows and columns as they come.
            let others = (1..n).filter(|&row| row != i).zip((1..n).filter(|&column| column != j));
            let others: Vec<(usize, usize)> = others.collect();
            let straight = coefficient(&[&[(0, 0), (i, j)], others.as_slice()].concat());
            let crossed = coefficient(&[&[(0, j), (i, 0)], others.as_slice()].concat());
            if straight.is_zero() || crossed.is_zero() {
                return None;
            }
            matrix[i][j] = matrix[i][j].scaled(&-(&straight / &crossed));
        }
    }
    determinant(&matrix, core.len() * 100 + 10_000)?.facts_of_multiple(core)
}

/// The variable at each row and column.
fn places(form: &Polynomial, n: usize) -> Option<Vec<Vec<Variable>>> {
    let variables = form.variables();
    let count = variables.len();
    if count != n * n || variables.iter().any(|variable| variable.kind() != Kind::Real) {
        return None;
    }
    let mut apart = vec![vec![true; count]; count];
    for (monomial, _) in form.terms() {
        let places: Vec<usize> =
            monomial.factors().iter().map(|f| variables.binary_search(&f.variable).expect("it occurs")).collect();
        for &a in &places {
            places.iter().for_each(|&b| apart[a][b] = false);
        }
    }
    let beside: Vec<usize> = (1..count).filter(|&at| apart[0][at]).collect();
    let second = *beside.first()?;
    let with_second = |at: &usize| *at == second || apart[second][*at];
    let (row, column): (Vec<usize>, Vec<usize>) = beside.into_iter().partition(with_second);
    if row.len() != n - 1 || column.len() != n - 1 {
        return None;
    }
    let mut places = vec![std::iter::once(0).chain(row.iter().copied()).collect::<Vec<usize>>()];
    for &start in &column {
        let mut line = vec![start];
        for &top in &row {
            let mut both = (1..count).filter(|&at| apart[start][at] && apart[top][at]);
            line.push(both.next().filter(|_| both.next().is_none())?);
        }
        places.push(line);
    }
    Some(places.into_iter().map(|line| line.into_iter().map(|at| variables[at]).collect()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exact::Rational;

    /// The determinant with entries scaled, moved and in mixed order.
    fn disguised(n: usize, signs: bool) -> Polynomial {
        let matrix: Vec<Vec<Polynomial>> = (0..n)
            .map(|i| {
                let entry = |j: usize| {
                    let at = i * n + j;
                    let slot = (at * 7 + 3) % (n * n);
                    let moved = Polynomial::constant(Rational::from(if signs && at == 4 { 2 } else { 0 }));
                    let scale = Rational::new(if at % 3 == 1 { -3 } else { 2 }, 1 + at as i64 % 4);
                    (&Polynomial::variable(Variable::real(slot)) + &moved).scaled(&scale)
                };
                (0..n).map(entry).collect()
            })
            .collect();
        determinant(&matrix, usize::MAX).unwrap().value.nonlinear_part()
    }

    #[test]
    fn disguised_determinants_are_recognised() {
        for (n, moved) in [(3, false), (3, true), (4, true), (5, false)] {
            let core = disguised(n, moved);
            let plan = plans(&core);
            assert_eq!(plan.len(), 1, "{n}");
            assert_eq!(plan[0].last().unwrap().target, core);
            for fact in &plan[0] {
                assert_eq!(fact.decomposition.expand(), fact.target);
            }
        }
    }

    #[test]
    fn permanents_are_left_alone() {
        let core = disguised(3, false);
        let flipped = Polynomial::from_terms(core.terms().iter().map(|(m, c)| (m.clone(), c.abs())));
        assert!(plans(&flipped).is_empty());
    }
}
