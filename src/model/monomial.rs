//! Products of powers of variables, in normal form.

use smallvec::SmallVec;
use std::cmp::Ordering;
use std::fmt;

use super::variable::{Kind, Shift, Variable};

/// A power of one variable; the exponent is at least one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Factor {
    /// The variable.
    pub variable: Variable,
    /// Its exponent; one for spins and bits.
    pub exponent: u16,
}

/// A product of powers of distinct variables, sorted by variable. Spins and
/// bits occur at most once (s^2 = 1, b^2 = b). The order of monomials is by
/// total degree, then lexicographic.
#[derive(Clone, PartialEq, Eq, Hash, Default)]
pub struct Monomial(SmallVec<[Factor; 4]>);

impl Monomial {
    /// The empty product.
    pub fn one() -> Monomial {
        Monomial::default()
    }

    /// A variable to a power, reduced by its kind. `None` if the exponent of
    /// a real variable is beyond `u16`.
    pub fn power(variable: Variable, exponent: u32) -> Option<Monomial> {
        let exponent = match variable.kind() {
            Kind::Real => u16::try_from(exponent).ok()?,
            Kind::Spin => (exponent % 2) as u16,
            Kind::Bit => exponent.min(1) as u16,
        };
        Some(match exponent {
            0 => Monomial::one(),
            _ => Monomial(SmallVec::from_slice(&[Factor { variable, exponent }])),
        })
    }

    /// One variable.
    pub fn variable(variable: Variable) -> Monomial {
        Monomial(SmallVec::from_slice(&[Factor { variable, exponent: 1 }]))
    }

    /// The product of any factors in any order, reduced.
    ///
    /// # Panics
    /// If an exponent overflows `u16`.
    pub fn from_factors(factors: impl IntoIterator<Item = Factor>) -> Monomial {
        let mut sorted: SmallVec<[Factor; 4]> = factors.into_iter().collect();
        sorted.sort_unstable_by_key(|factor| factor.variable);
        let mut result: SmallVec<[Factor; 4]> = SmallVec::new();
        let mut at = 0;
        while at < sorted.len() {
            let variable = sorted[at].variable;
            let mut exponent = 0u32;
            while at < sorted.len() && sorted[at].variable == variable {
                exponent += sorted[at].exponent as u32;
                at += 1;
            }
            let power = Monomial::power(variable, exponent).expect("exponents were limited when the spec was lowered");
            result.extend(power.0);
        }
        Monomial(result)
    }

    /// The factors, sorted by variable.
    pub fn factors(&self) -> &[Factor] {
        &self.0
    }

    /// Whether this is the empty product.
    pub fn is_one(&self) -> bool {
        self.0.is_empty()
    }

    /// The sum of the exponents.
    pub fn degree(&self) -> u32 {
        self.0.iter().map(|factor| factor.exponent as u32).sum()
    }

    /// The exponent of a variable, zero where it does not occur.
    pub fn exponent(&self, variable: Variable) -> u16 {
        match self.0.binary_search_by_key(&variable, |factor| factor.variable) {
            Ok(at) => self.0[at].exponent,
            Err(_) => 0,
        }
    }

    /// The product, reduced.
    ///
    /// # Panics
    /// If an exponent overflows `u16`; [`crate::lower`] limits degrees.
    pub fn multiply(&self, other: &Monomial) -> Monomial {
        let (mut a, mut b) = (0, 0);
        let mut result = SmallVec::with_capacity(self.0.len() + other.0.len());
        while a < self.0.len() && b < other.0.len() {
            match self.0[a].variable.cmp(&other.0[b].variable) {
                Ordering::Less => {
                    result.push(self.0[a]);
                    a += 1;
                }
                Ordering::Greater => {
                    result.push(other.0[b]);
                    b += 1;
                }
                Ordering::Equal => {
                    let variable = self.0[a].variable;
                    match variable.kind() {
                        Kind::Real => result.push(Factor {
                            variable,
                            exponent: self.0[a]
                                .exponent
                                .checked_add(other.0[b].exponent)
                                .expect("exponents are limited"),
                        }),
                        Kind::Spin => {}
                        Kind::Bit => result.push(self.0[a]),
                    }
                    a += 1;
                    b += 1;
                }
            }
        }
        result.extend_from_slice(&self.0[a..]);
        result.extend_from_slice(&other.0[b..]);
        Monomial(result)
    }

    /// The quotient in the polynomial ring (no reduction undone), where the
    /// divisor divides this monomial.
    pub fn divide(&self, divisor: &Monomial) -> Option<Monomial> {
        let mut result = SmallVec::new();
        let mut d = 0;
        for factor in &self.0 {
            if d < divisor.0.len() && divisor.0[d].variable == factor.variable {
                let exponent = factor.exponent.checked_sub(divisor.0[d].exponent)?;
                if exponent > 0 {
                    result.push(Factor { variable: factor.variable, exponent });
                }
                d += 1;
            } else {
                result.push(*factor);
            }
        }
        (d == divisor.0.len()).then_some(Monomial(result))
    }

    /// The greatest common divisor.
    pub fn common(&self, other: &Monomial) -> Monomial {
        let mut result = SmallVec::new();
        for factor in &self.0 {
            let exponent = factor.exponent.min(other.exponent(factor.variable));
            if exponent > 0 {
                result.push(Factor { variable: factor.variable, exponent });
            }
        }
        Monomial(result)
    }

    /// The monomial without a variable.
    pub fn without(&self, variable: Variable) -> Monomial {
        Monomial(self.0.iter().filter(|factor| factor.variable != variable).copied().collect())
    }

    /// The same monomial of the cell displaced by `shift`.
    pub fn shifted(&self, shift: Shift) -> Monomial {
        if shift.is_zero() {
            return self.clone();
        }
        // A common displacement keeps the order of variables of one slot, and
        // the slot comes first in the order.
        Monomial(self.0.iter().map(|f| Factor { variable: f.variable.shifted(shift), exponent: f.exponent }).collect())
    }

    /// The componentwise least cell of the variables; `None` for the empty
    /// product.
    pub fn least_cell(&self) -> Option<Shift> {
        self.0.iter().map(|factor| factor.variable.cell).reduce(Shift::min)
    }
}

impl Ord for Monomial {
    fn cmp(&self, other: &Monomial) -> Ordering {
        self.degree().cmp(&other.degree()).then_with(|| {
            // Lexicographic: the monomial with more of the first variable is greater.
            for (a, b) in self.0.iter().zip(&other.0) {
                match b.variable.cmp(&a.variable).then(a.exponent.cmp(&b.exponent)) {
                    Ordering::Equal => {}
                    decided => return decided,
                }
            }
            self.0.len().cmp(&other.0.len())
        })
    }
}

impl PartialOrd for Monomial {
    fn partial_cmp(&self, other: &Monomial) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Debug for Monomial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_one() {
            return write!(f, "1");
        }
        for (at, factor) in self.0.iter().enumerate() {
            if at > 0 {
                write!(f, "*")?;
            }
            write!(f, "{:?}", factor.variable)?;
            if factor.exponent > 1 {
                write!(f, "^{}", factor.exponent)?;
            }
        }
        Ok(())
    }
}
