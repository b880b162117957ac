//! An activation around a centre.

use super::Activation;

/// The derivatives of an activation at a centre, and bounds of them around it.
#[derive(Clone, Debug)]
pub struct Expansion {
    /// The activation.
    pub activation: Activation,
    /// The centre.
    pub centre: f64,
    /// The derivatives at the centre, from order 0.
    pub derivatives: Vec<f64>,
}

impl Expansion {
    /// The expansion with derivatives up to `order`.
    pub fn new(activation: Activation, centre: f64, order: usize) -> Expansion {
        Expansion { activation, centre, derivatives: activation.derivatives(centre, order) }
    }

    /// An upper bound of the magnitude of a derivative at the centre itself.
    pub fn at_centre(&self, order: usize) -> f64 {
        self.derivatives[order].abs() + self.error(order)
    }

    /// A bound of the error of a derivative at the centre.
    pub fn error(&self, order: usize) -> f64 {
        if self.centre == 0.0 {
            // The value is zero by symmetry or by a factor x.
            let vanishes = order == 0 && self.derivatives[0] == 0.0;
            if vanishes || self.activation.derivative_at_zero_is_exact(order) {
                return 0.0;
            }
        }
        self.activation.derivative_error(order, self.derivatives[order], self.centre.abs())
    }

    /// An upper bound of a derivative's magnitude within `radius` of the
    /// centre: its Taylor sum in magnitudes with the last derivative bounded
    /// everywhere, or the bound that holds everywhere, whichever is less.
    pub fn bound(&self, order: usize, radius: f64) -> f64 {
        let reach = self.centre.abs() + radius;
        let everywhere = self.activation.derivative_bound(order, reach);
        if order >= self.derivatives.len() {
            return everywhere;
        }
        let mut sum = 0.0;
        let mut factor = 1.0;
        for k in order..self.derivatives.len() {
            sum += self.at_centre(k) * factor;
            factor *= radius / (k + 1 - order) as f64;
        }
        sum += self.activation.derivative_bound(self.derivatives.len(), reach) * factor;
        (sum * 1.000000001).min(everywhere)
    }
}
