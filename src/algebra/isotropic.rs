//! Rational isotropic vectors of diagonal quadratic forms.

use dashu_int::{IBig, UBig};

use crate::exact::Rational;

/// The most combinations that are tried for one form.
const TRIES: u64 = 400_000;

/// Small integers `n_i`, on two to five coordinates and none zero, with
/// `sum of d_i n_i^2 = 0`: index and value, scaled back to the given weights.
/// `None` where none was found (over the rationals there may be none).
pub fn small_vector(weights: &[Rational]) -> Option<Vec<(usize, Rational)>> {
    // d = (integer without small square factors) * (rational)^2
    let reduced: Vec<(i128, Rational)> = weights.iter().map(square_free).collect::<Option<_>>()?;
    let mut tries = TRIES;
    for size in 2..=weights.len().min(5) {
        let bound = [0, 0, 1, 24, 8, 5][size];
        let mut chosen = Vec::with_capacity(size);
        if let Some(found) = subsets(&reduced, size, 0, bound, &mut chosen, &mut tries) {
            return Some(found.into_iter().map(|(at, n)| (at, &Rational::from(n) / &reduced[at].1)).collect());
        }
        if tries == 0 {
            break;
        }
    }
    None
}

/// All subsets of a size that have both signs.
fn subsets(
    reduced: &[(i128, Rational)],
    size: usize,
    from: usize,
    bound: i64,
    chosen: &mut Vec<usize>,
    tries: &mut u64,
) -> Option<Vec<(usize, i64)>> {
    if chosen.len() == size {
        let positive = chosen.iter().filter(|&&at| reduced[at].0 > 0).count();
        if positive == 0 || positive == size {
            return None;
        }
        let weights: Vec<i128> = chosen.iter().map(|&at| reduced[at].0).collect();
        let found = solve(&weights, bound, tries)?;
        return Some(chosen.iter().copied().zip(found).collect());
    }
    for at in from..reduced.len() {
        chosen.push(at);
        let found = subsets(reduced, size, at + 1, bound, chosen, tries);
        chosen.pop();
        if found.is_some() || *tries == 0 {
            return found;
        }
    }
    None
}

/// Solves `sum of d_i n_i^2 = 0` with `1 <= n_i <= bound` for all but the last
/// and any last.
fn solve(weights: &[i128], bound: i64, tries: &mut u64) -> Option<Vec<i64>> {
    let (last, others) = weights.split_last()?;
    let mut values = vec![1i64; others.len()];
    loop {
        *tries = tries.checked_sub(1)?;
        let mut sum = 0i128;
        for (&weight, &n) in others.iter().zip(&values) {
            sum = sum.checked_add(weight.checked_mul((n * n) as i128)?)?;
        }
        let negated = -sum;
        if negated % last == 0 && negated / last > 0 {
            let square = (negated / last) as u128;
            let root = (square as f64).sqrt().round() as u128;
            if root * root == square
                && let Ok(root) = i64::try_from(root)
            {
                values.push(root);
                return Some(values);
            }
        }
        // Count up, the first digit fastest.
        let digit = values.iter().position(|&n| n < bound)?;
        values[digit] += 1;
        values[..digit].fill(1);
    }
}

/// A weight as `integer * square^2`, the integer without squares of small
/// primes. `None` for zero, or beyond 2^40.
fn square_free(weight: &Rational) -> Option<(i128, Rational)> {
    let (numerator, denominator) = weight.parts();
    // n/d = n d / d^2
    let product: IBig = &numerator * IBig::from(denominator.clone());
    let mut integer = i128::try_from(product).ok().filter(|&n| n != 0)?;
    let mut root = Rational::from_integer(IBig::from(UBig::ONE)) / Rational::from_integer(denominator.into());
    let mut factor = 2i128;
    while factor * factor <= integer.abs() && factor < 2000 {
        while integer % (factor * factor) == 0 {
            integer /= factor * factor;
            root *= &Rational::from(factor as i64);
        }
        factor += 1;
    }
    (integer.abs() < 1 << 40).then_some((integer, root))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_are_isotropic() {
        let forms: &[&[(i64, i64)]] = &[
            &[(1, 1), (-4, 9)],
            &[(1, 1), (1, 1), (-2, 1)],
            &[(3, 1), (5, 7), (-2, 1), (-11, 3), (13, 1)],
            &[(1, 1), (7, 1), (2, 1), (-3, 5), (-10, 1)],
        ];
        for form in forms {
            let weights: Vec<Rational> = form.iter().map(|&(n, d)| Rational::new(n, d)).collect();
            let vector = small_vector(&weights).expect("an isotropic vector exists");
            let sum = vector.iter().fold(Rational::ZERO, |sum, (at, n)| sum + &weights[*at] * &(n * n));
            assert!(sum.is_zero());
        }
        let definite: Vec<Rational> = (1..6).map(Rational::from).collect();
        assert!(small_vector(&definite).is_none());
        // x^2 = 2 y^2 has no rational solution.
        assert!(small_vector(&[Rational::ONE, Rational::from(-2)]).is_none());
    }
}
