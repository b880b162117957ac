//! Nonlinear least squares by Levenberg and Marquardt's method.
//!
//! Enters: residuals of some unknowns, the normal equations of their linear
//! approximation, and a start. Leaves: unknowns where the residuals are small,
//! in doubles; what they are good for is proved by who asks. The work is
//! bounded by the number of steps.

/// A sum of squares to be made small.
pub trait LeastSquares {
    /// The residuals at some unknowns.
    fn residuals(&self, unknowns: &[f64]) -> Vec<f64>;

    /// The lower triangle of `J' J`, by rows, and `-J' r`, J being the
    /// derivatives of the residuals r by the unknowns.
    fn normal_equations(&self, unknowns: &[f64], residuals: &[f64]) -> (Vec<Vec<f64>>, Vec<f64>);
}

/// When to stop.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Limits {
    /// Steps at most.
    pub steps: usize,
    /// A sum of squares that is as good as zero.
    pub zero: f64,
    /// A start is given up whose sum of squares exceeds this after half of the
    /// steps.
    pub halfway: f64,
}

/// The damping at first, and the least one.
const DAMPING: f64 = 1e-2;
const LEAST_DAMPING: f64 = 1e-15;

/// Dampings that are tried in one step.
const TRIES: usize = 8;

/// Unknowns with a small sum of squares, and their residuals; `None` where the
/// start is given up.
pub fn minimize(problem: &impl LeastSquares, start: Vec<f64>, limits: &Limits) -> Option<(Vec<f64>, Vec<f64>)> {
    let norm = |residuals: &[f64]| residuals.iter().map(|r| r * r).sum::<f64>();
    let mut unknowns = start;
    let mut residuals = problem.residuals(&unknowns);
    let mut cost = norm(&residuals);
    let mut damping = DAMPING;
    for step in 0..limits.steps {
        if cost < limits.zero {
            break;
        }
        if step == limits.steps / 2 && cost > limits.halfway {
            return None;
        }
        let (normal, right) = problem.normal_equations(&unknowns, &residuals);
        let mut improved = false;
        for _ in 0..TRIES {
            if let Some(change) = solve(&normal, &right, damping) {
                let moved: Vec<f64> = unknowns.iter().zip(&change).map(|(x, change)| x + change).collect();
                let next = problem.residuals(&moved);
                let next_cost = norm(&next);
                if next_cost < cost {
                    (unknowns, residuals, cost) = (moved, next, next_cost);
                    damping = (damping * 0.2).max(LEAST_DAMPING);
                    improved = true;
                    break;
                }
            }
            damping *= 6.0;
        }
        if !improved {
            break;
        }
    }
    Some((unknowns, residuals))
}

/// The solution of `(A + damping (diag A + 1/1000)) x = b` by Cholesky's
/// method; A is given by its lower triangle.
fn solve(matrix: &[Vec<f64>], right: &[f64], damping: f64) -> Option<Vec<f64>> {
    let n = right.len();
    let mut lower = vec![vec![0.0; n]; n];
    for i in 0..n {
        for j in 0..=i {
            let mut sum = matrix[i][j];
            if i == j {
                sum += damping * (1e-3 + matrix[i][i]);
            }
            for k in 0..j {
                sum -= lower[i][k] * lower[j][k];
            }
            if i == j {
                if sum.is_nan() || sum <= 0.0 {
                    return None;
                }
                lower[i][i] = sum.sqrt();
            } else {
                lower[i][j] = sum / lower[j][j];
            }
        }
    }
    let mut x = right.to_vec();
    for i in 0..n {
        for k in 0..i {
            x[i] -= lower[i][k] * x[k];
        }
        x[i] /= lower[i][i];
    }
    for i in (0..n).rev() {
        for k in i + 1..n {
            x[i] -= lower[k][i] * x[k];
        }
        x[i] /= lower[i][i];
    }
    Some(x)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `x^2 + y^2 = 25`, `x y = 12`
    struct Circle;

    impl LeastSquares for Circle {
        fn residuals(&self, u: &[f64]) -> Vec<f64> {
            vec![u[0] * u[0] + u[1] * u[1] - 25.0, u[0] * u[1] - 12.0]
        }

        fn normal_equations(&self, u: &[f64], r: &[f64]) -> (Vec<Vec<f64>>, Vec<f64>) {
            let rows = [[2.0 * u[0], 2.0 * u[1]], [u[1], u[0]]];
            let entry = |i: usize, j: usize| rows.iter().map(|row| row[i] * row[j]).sum::<f64>();
            let right = |i: usize| -rows.iter().zip(r).map(|(row, r)| row[i] * r).sum::<f64>();
            (vec![vec![entry(0, 0), 0.0], vec![entry(1, 0), entry(1, 1)]], vec![right(0), right(1)])
        }
    }

    #[test]
    fn two_equations_are_solved() {
        let limits = Limits { steps: 40, zero: 1e-28, halfway: 1.0 };
        let (found, residuals) = minimize(&Circle, vec![1.0, 5.0], &limits).unwrap();
        assert!((found[0] - 3.0).abs() < 1e-12 && (found[1] - 4.0).abs() < 1e-12, "{found:?}");
        assert!(residuals.iter().all(|r| r.abs() < 1e-12));
    }

    #[test]
    fn a_start_that_does_not_settle_is_given_up() {
        assert!(minimize(&Circle, vec![1.0, 5.0], &Limits { steps: 2, zero: 0.0, halfway: 1e-9 }).is_none());
    }
}
