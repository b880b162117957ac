//! Two-row minors of many columns at once.
//!
//! A minor `a_i b_j - a_j b_i` takes two products. All n(n-1)/2 minors of n
//! columns take n(n-1)/2 + n - 1 instead of n(n-1): with
//! `d_i = a_i b_i - a_n b_n`,
//!
//! - `(a_i - a_n)(b_i + b_n) = m_in + d_i` and
//!   `(a_i + a_n)(b_i - b_n) = d_i - m_in` give both `m_in` and `d_i`,
//! - `(a_i - a_j)(b_i + b_j) = m_ij + d_i - d_j` gives every other minor
//!
//! (derived here). The rule looks at the goals as a whole: it collects those
//! that are minors, up to scales of the variables, and finds columns of which
//! all minors are there.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::exact::Rational;
use crate::model::{Monomial, Polynomial, Variable};
use crate::simplify::decomposition::{Decomposition, Fact, Product};

/// Sets of columns that are planned for.
const PLANS: usize = 60;

/// An unordered pair of variables.
type Column = (Variable, Variable);

/// A plan for each set of three columns or more all of whose minors are goals.
pub fn plans(cores: impl Iterator<Item = Rc<Polynomial>>) -> Vec<Vec<Fact>> {
    // The minor of two columns, and the neighbours of each column.
    let mut minors: BTreeMap<(Column, Column), Rc<Polynomial>> = BTreeMap::new();
    let mut neighbours: BTreeMap<Column, BTreeSet<Column>> = BTreeMap::new();
    for core in cores {
        let [(first, _), (second, _)] = core.terms() else { continue };
        let ([p, s], [r, q]) = (first.factors(), second.factors()) else { continue };
        let (p, s, r, q) = (p.variable, s.variable, r.variable, q.variable);
        if BTreeSet::from([p, q, r, s]).len() < 4 {
            continue;
        }
        // p s and r q: the columns are (p|q, r|s) or (p|r, q|s).
        for (one, two) in [((p, q), (r, s)), ((p, r), (q, s))] {
            let (one, two) = (column(one.0, one.1), column(two.0, two.1));
            minors.insert((one.min(two), one.max(two)), core.clone());
            neighbours.entry(one).or_default().insert(two);
            neighbours.entry(two).or_default().insert(one);
        }
    }
    let mut plans = Vec::new();
    let mut known: BTreeSet<Vec<Column>> = BTreeSet::new();
    for (&base, near) in &neighbours {
        for &second in near {
            let mut clique = vec![base, second];
            for &candidate in near {
                let all = clique.iter().all(|&column| {
                    column != candidate && minors.contains_key(&(column.min(candidate), column.max(candidate)))
                });
                if all {
                    clique.push(candidate);
                }
            }
            clique.sort();
            if clique.len() < 3 || !known.insert(clique.clone()) {
                continue;
            }
            if let Some(plan) = plan(&clique, &minors) {
                plans.push(plan);
            }
            if plans.len() == PLANS {
                return plans;
            }
        }
    }
    plans
}

fn column(a: Variable, b: Variable) -> Column {
    (a.min(b), a.max(b))
}

/// The facts for a set of columns, or `None` if they are not all two-row
/// minors of one matrix.
fn plan(columns: &[Column], minors: &BTreeMap<(Column, Column), Rc<Polynomial>>) -> Option<Vec<Fact>> {
    let core = |i: usize, j: usize| -> &Rc<Polynomial> {
        let (one, two) = (columns[i], columns[j]);
        &minors[&(one.min(two), one.max(two))]
    };
    let coefficient = |core: &Polynomial, a: Variable, b: Variable| {
        core.coefficient(&Monomial::variable(a).multiply(&Monomial::variable(b)))
    };
    let last = columns.len() - 1;
    // The upper and the lower variable of each column, relative to the last
    // one's, and the scale t of the lower: minors are a_i t_j b_j - a_j t_i b_i.
    let (a_last, b_last) = columns[last];
    let mut rows: Vec<(Polynomial, Polynomial)> = Vec::new();
    for (i, &(mut a, mut b)) in columns[..last].iter().enumerate() {
        let minor = core(i, last);
        if coefficient(minor, a, b_last).is_zero() {
            std::mem::swap(&mut a, &mut b);
        }
        let (down, up) = (coefficient(minor, a, b_last), coefficient(minor, a_last, b));
        if down.is_zero() || up.is_zero() {
            return None;
        }
        rows.push((Polynomial::variable(a), Polynomial::variable(b).scaled(&-(&up / &down))));
    }
    rows.push((Polynomial::variable(a_last), Polynomial::variable(b_last)));
    let product = |left: &Polynomial, right: &Polynomial| Product::Pair(left.clone(), right.clone());
    let minor = |i: usize, j: usize| &(&rows[i].0 * &rows[j].1) - &(&rows[j].0 * &rows[i].1);
    let square = |i: usize| &(&rows[i].0 * &rows[i].1) - &(&rows[last].0 * &rows[last].1);
    let half = Rational::new(1, 2);
    let mut facts = Vec::new();
    for i in 0..last {
        let plus = product(&(&rows[i].0 - &rows[last].0), &(&rows[i].1 + &rows[last].1));
        let minus = product(&(&rows[i].0 + &rows[last].0), &(&rows[i].1 - &rows[last].1));
        for (target, sign) in [(minor(i, last), Rational::MINUS_ONE), (square(i), Rational::ONE)] {
            let products = vec![(half.clone(), plus.clone()), (&half * &sign, minus.clone())];
            facts.push(Fact { target, decomposition: Decomposition { products, rest: Vec::new() } });
        }
        for j in i + 1..last {
            let target = minor(i, j);
            // The goal must be this minor, up to a factor.
            if target.primitive().0 != core(i, j).primitive().0 {
                return None;
            }
            let products = vec![(Rational::ONE, product(&(&rows[i].0 - &rows[j].0), &(&rows[i].1 + &rows[j].1)))];
            let rest = vec![(Rational::MINUS_ONE, square(i)), (Rational::ONE, square(j))];
            facts.push(Fact { target, decomposition: Decomposition { products, rest } });
        }
    }
    Some(facts)
}
