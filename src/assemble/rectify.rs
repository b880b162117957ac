//! Squares and products by rectifiers.
//!
//! A rectifier has no curvature, so that no scale makes it multiply. Yarotsky
//! (1610.01145) squares a number of [-1, 1] by a sawtooth of m levels with an
//! error of 4^-(m+1); with affine skips a level is one neuron, and one more
//! takes the absolute value. A product is the difference of two squares,
//! ((u+v)/2)² - ((u-v)/2)², of inputs scaled to [-1, 1]. So the number of
//! neurons grows with the logarithm of the tolerance. The levels of each gate
//! are those at which all move the outputs alike.
//!
//! In one layer, and without skips, a square is a chain of straight lines
//! between n points, with an error of 1/(8n²): fewer layers, far more neurons.

use super::budget::sensitivities;
use super::plan::{Planned, Task};
use super::tasks::Tasks;
use crate::circuit::{Form, Source};
use crate::exact::Rational;
use crate::model::Shift;
use crate::network::{Domain, Known, MOST_INTERPOLATING, bound_form, propagate};

/// More levels than doubles have use for.
const MOST_LEVELS: u32 = 26;

/// How rectifiers square.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Squares {
    /// By a sawtooth, a level a layer.
    Sawtooth,
    /// By straight lines, in one layer.
    Lines,
}

/// The tasks with chains of rectifiers in place of squares and products, such
/// that their own errors together move an output by at most `error`.
pub(super) fn rectified(tasks: &Tasks, domain: &Domain, error: f64, by: Squares) -> Tasks {
    let mut known: Vec<Known> = Vec::new();
    let mut magnitudes: Vec<Vec<f64>> = Vec::new();
    for gate in &tasks.gates {
        let inputs: Vec<Known> = gate.inputs.iter().map(|form| bound_form(form, domain, &known)).collect();
        known.push(propagate(&inputs, &gate.powers()));
        magnitudes.push(inputs.iter().map(Known::magnitude).collect());
    }
    let gates: Vec<&Planned> = tasks.gates.iter().collect();
    let slopes = sensitivities(&gates, &tasks.outputs, &magnitudes);
    let is_curved = |gate: &&Planned| matches!(gate.task, Task::Square | Task::Product);
    let count = tasks.gates.iter().filter(is_curved).count();
    let mut rewritten = Rewritten::default();
    for (at, gate) in tasks.gates.iter().enumerate() {
        let inputs: Vec<Form> = gate.inputs.iter().map(|form| rewritten.substitute(form)).collect();
        let scales: Vec<i32> = magnitudes[at].iter().map(|&size| exponent(size)).collect();
        let scaled = |input: usize| scale(&inputs[input], power_of_two(-scales[input]));
        let size = scales.iter().fold(1.0, |size, &scale| libm::ldexp(size, scale));
        let levels = |size: f64| {
            let ratio = size * slopes[at] * count as f64 / error;
            if by == Squares::Lines {
                // size/(8n²) <= error.
                let most = (MOST_INTERPOLATING / 2) as f64;
                let needed = libm::ceil((ratio / 8.0).sqrt());
                return (by, if needed < most { needed.max(1.0) as u32 } else { most as u32 });
            }
            // 4^-(m+1) size <= error.
            let needed = if ratio > 0.0 { libm::ceil(0.5 * libm::log2(ratio)) - 1.0 } else { 1.0 };
            (by, if needed < f64::from(MOST_LEVELS) { needed.max(1.0) as u32 } else { MOST_LEVELS })
        };
        let value = match gate.task {
            Task::Square => {
                let square = rewritten.square(scaled(0), levels(size * size));
                scale(&square, power_of_two(2 * scales[0]))
            }
            Task::Product => {
                let half = Rational::new(1, 2);
                let (left, right) = (scale(&scaled(0), half.clone()), scale(&scaled(1), half));
                let levels = levels(size);
                let sum = rewritten.square(add(&left, &right), levels);
                let difference = rewritten.square(add(&left, &scale(&right, Rational::MINUS_ONE)), levels);
                let product = add(&sum, &scale(&difference, Rational::MINUS_ONE));
                scale(&product, power_of_two(scales.iter().sum()))
            }
            _ => rewritten.gate(gate.task.clone(), inputs),
        };
        rewritten.values.push(value);
    }
    let outputs = tasks.outputs.iter().map(|form| rewritten.substitute(form)).collect();
    Tasks { gates: rewritten.gates, outputs }
}

/// The exponent of a power of two that is safely above a number.
fn exponent(size: f64) -> i32 {
    if size == 0.0 || !size.is_normal() { 0 } else { libm::ilogb(size * 1.001) + 1 }
}

fn power_of_two(exponent: i32) -> Rational {
    let power = Rational::from(2).pow(exponent.unsigned_abs());
    if exponent < 0 { power.recip() } else { power }
}

fn scale(form: &Form, factor: Rational) -> Form {
    let terms = form.terms.iter().map(|(source, coefficient)| (*source, coefficient * &factor));
    Form::new(&form.constant * &factor, terms)
}

fn add(left: &Form, right: &Form) -> Form {
    Form::new(&left.constant + &right.constant, left.terms.iter().chain(&right.terms).cloned())
}

/// New gates, and the values of the old ones in their terms.
#[derive(Default)]
struct Rewritten {
    gates: Vec<Planned>,
    values: Vec<Form>,
}

impl Rewritten {
    fn substitute(&self, form: &Form) -> Form {
        let mut constant = form.constant.clone();
        let mut terms = Vec::new();
        for (source, coefficient) in &form.terms {
            match *source {
                Source::Input(_) => terms.push((*source, coefficient.clone())),
                Source::Gate { gate, shift } => {
                    let value = &self.values[gate];
                    constant += &(&value.constant * coefficient);
                    terms.extend(value.terms.iter().map(|(source, c)| match *source {
                        Source::Input(variable) => (Source::Input(variable.shifted(shift)), c * coefficient),
                        Source::Gate { gate, shift: own } => {
                            (Source::Gate { gate, shift: own + shift }, c * coefficient)
                        }
                    }));
                }
            }
        }
        Form::new(constant, terms)
    }

    fn gate(&mut self, task: Task, inputs: Vec<Form>) -> Form {
        self.gates.push(Planned { task, inputs });
        Form::source(Source::Gate { gate: self.gates.len() - 1, shift: Shift::ZERO })
    }

    /// The square of a form with values in [-1, 1].
    fn square(&mut self, form: Form, (by, levels): (Squares, u32)) -> Form {
        if by == Squares::Lines {
            return self.gate(Task::Interpolated(levels), vec![form]);
        }
        let mut last = self.gate(Task::Fold, vec![form.clone()]);
        let mut sum = last.clone();
        let mut power = Rational::ONE;
        for _ in 1..levels {
            last = self.gate(Task::Tooth, vec![last]);
            power = power * Rational::new(1, 4);
            sum = add(&sum, &scale(&last, -power.clone()));
        }
        self.gate(Task::Rectified(levels), vec![last, sum, form])
    }
}
