//! Sums that several forms share, for counts and programs.
//!
//! What enters: a circuit. What leaves: the same values as forms of inputs,
//! gates and *sums*, each sum of two terms and computed once in every cell.
//! Two steps, both exact:
//!
//! A factor of a gate may be multiplied by any number if the users of the
//! gate make up for it. Each is divided by the coefficient that most of its
//! terms have, so that fewer are left to multiply by.
//!
//! Then the pair `a + r b` that most forms contain, up to a number and to
//! translation, becomes a sum of its own, until no pair occurs twice (the
//! greedy rule of Paar, "Optimized arithmetic for Reed-Solomon encoders",
//! 1997, there over two elements, here over the rationals). Every occurrence
//! after the first saves an addition.

use rustc_hash::FxHashMap;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use super::{Circuit, Form, Gate, Source};
use crate::exact::Rational;
use crate::model::{Shift, Variable};

/// Pairs that are counted: forms beyond these, the longest, share nothing.
const PAIRS: usize = 400_000;

/// What a term multiplies.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub(super) enum Base {
    /// The number one.
    One,
    /// An input variable in the cell at hand.
    Input(Variable),
    /// The gate with this index.
    Gate(usize),
    /// The sum with this index.
    Sum(usize),
}

/// What a term multiplies, and the displacement of its cell.
pub(super) type Operand = (Base, Shift);

/// A linear combination.
pub(super) type Linear = BTreeMap<Operand, Rational>;

/// A circuit whose forms share sums.
pub(super) struct Shared {
    /// The sums, each of earlier ones.
    pub(super) sums: Vec<Linear>,
    /// The forms of every gate. A gate's value may be a multiple of that in
    /// the circuit; the outputs are the circuit's.
    pub(super) gates: Vec<Vec<Linear>>,
    /// The outputs.
    pub(super) outputs: Vec<Linear>,
}

/// The pair `a + ratio b`, b displaced from a.
type Pair = (Base, Base, Shift, Rational);

/// Shares the sums of a circuit.
pub(super) fn share(circuit: &Circuit) -> Shared {
    // What each gate of the circuit is, as a multiple of the gate here.
    let mut scales: Vec<Rational> = Vec::with_capacity(circuit.gates.len());
    let mut forms: Vec<Linear> = Vec::new();
    for gate in &circuit.gates {
        let mut scale = Rational::ONE;
        for form in gate.forms() {
            let mut form = linear(form, &scales);
            if !matches!(gate, Gate::BitProduct(_)) {
                let divisor = commonest(&form);
                form.values_mut().for_each(|c| *c = &*c / &divisor);
                scale = &scale * &divisor;
                if matches!(gate, Gate::Square(_)) {
                    scale = &scale * &divisor;
                }
            }
            forms.push(form);
        }
        scales.push(scale);
    }
    forms.extend(circuit.outputs.iter().map(|output| linear(&output.form, &scales)));
    let sums = Sharing::of(&mut forms).run();
    let mut forms = forms.into_iter();
    let gates = circuit.gates.iter().map(|gate| forms.by_ref().take(gate.forms().len()).collect()).collect();
    Shared { sums, gates, outputs: forms.collect() }
}

impl Shared {
    /// Multiplications by constants, and additions.
    pub(super) fn costs(&self) -> (u64, u64) {
        let forms = self.sums.iter().chain(self.gates.iter().flatten()).chain(&self.outputs);
        forms.fold((0, 0), |(multiplications, additions), form| {
            let by = groups(form).into_iter().filter(|(size, _)| !size.is_one()).count();
            (multiplications + by as u64, additions + form.len().saturating_sub(1) as u64)
        })
    }
}

/// The terms that are not constant by the absolute values of their
/// coefficients: each is multiplied by once.
pub(super) fn groups(form: &Linear) -> Vec<(Rational, Vec<(Operand, bool)>)> {
    let mut groups: Vec<(Rational, Vec<(Operand, bool)>)> = Vec::new();
    for (&operand, coefficient) in form.iter().filter(|((base, _), _)| *base != Base::One) {
        let (size, term) = (coefficient.abs(), (operand, coefficient.is_negative()));
        match groups.iter_mut().find(|(known, _)| *known == size) {
            Some((_, group)) => group.push(term),
            None => groups.push((size, vec![term])),
        }
    }
    groups
}

fn linear(form: &Form, scales: &[Rational]) -> Linear {
    let mut linear: Linear = form
        .terms
        .iter()
        .map(|(source, coefficient)| match *source {
            Source::Input(variable) => ((Base::Input(variable.at(Shift::ZERO)), variable.cell), coefficient.clone()),
            Source::Gate { gate, shift } => ((Base::Gate(gate), shift), coefficient * &scales[gate]),
        })
        .collect();
    if !form.constant.is_zero() {
        linear.insert((Base::One, Shift::ZERO), form.constant.clone());
    }
    linear
}

/// The absolute value that most coefficients have, with the sign that makes
/// the first of them positive; one where there are none.
fn commonest(form: &Linear) -> Rational {
    let groups = groups(form);
    let Some(most) = groups.iter().map(|(_, group)| group.len()).max() else { return Rational::ONE };
    let (size, group) = groups.into_iter().find(|(_, group)| group.len() == most).expect("it has the most");
    if group[0].1 { -size } else { size }
}

struct Sharing<'a> {
    forms: &'a mut [Linear],
    /// How often each pair occurs.
    counts: FxHashMap<Pair, usize>,
    /// The forms in which a pair was seen.
    places: FxHashMap<Pair, BTreeSet<usize>>,
    heap: BinaryHeap<(usize, Reverse<Pair>)>,
    sums: Vec<Linear>,
}

impl<'a> Sharing<'a> {
    fn of(forms: &'a mut [Linear]) -> Sharing<'a> {
        let mut shortest: Vec<usize> = (0..forms.len()).collect();
        shortest.sort_by_key(|&at| forms[at].len());
        let mut left = PAIRS;
        let mut sharing = Sharing {
            forms,
            counts: FxHashMap::default(),
            places: FxHashMap::default(),
            heap: BinaryHeap::new(),
            sums: Vec::new(),
        };
        for at in shortest {
            let operands: Vec<Operand> = sharing.forms[at].keys().copied().collect();
            let pairs = operands.len() * operands.len().saturating_sub(1) / 2;
            if pairs > left {
                break;
            }
            left -= pairs;
            for (k, &second) in operands.iter().enumerate() {
                for &first in &operands[..k] {
                    sharing.enter(at, first, second);
                }
            }
        }
        let often = sharing.counts.iter().filter(|(_, count)| **count > 1);
        sharing.heap = often.map(|(pair, &count)| (count, Reverse(pair.clone()))).collect();
        sharing
    }

    fn enter(&mut self, at: usize, first: Operand, second: Operand) -> usize {
        let Some((pair, _)) = pair(&self.forms[at], first, second) else { return 0 };
        let count = self.counts.entry(pair.clone()).or_default();
        *count += 1;
        let count = *count;
        self.places.entry(pair).or_default().insert(at);
        count
    }

    fn leave(&mut self, at: usize, first: Operand, second: Operand) {
        if let Some((pair, _)) = pair(&self.forms[at], first, second)
            && let Some(count) = self.counts.get_mut(&pair)
        {
            *count = count.saturating_sub(1);
        }
    }

    fn run(mut self) -> Vec<Linear> {
        while let Some((count, Reverse(next))) = self.heap.pop() {
            let now = self.counts.get(&next).copied().unwrap_or(0);
            if now != count {
                if now > 1 {
                    self.heap.push((now, Reverse(next)));
                }
                continue;
            }
            let places = self.places.remove(&next).unwrap_or_default();
            let found: Vec<(usize, Operand, Operand)> =
                places.into_iter().flat_map(|at| occurrences(&self.forms[at], &next, at)).collect();
            self.counts.remove(&next);
            if found.len() > 1 {
                self.replace(&next, &found);
            }
        }
        self.sums
    }

    fn replace(&mut self, (first, second, apart, ratio): &Pair, found: &[(usize, Operand, Operand)]) {
        // The multiple of the pair that leaves the fewest multiplications.
        let leading: Vec<Rational> = found.iter().map(|(at, one, _)| self.forms[*at][one].clone()).collect();
        let cost = |multiple: &Rational| {
            let left = leading.iter().filter(|c| !(&**c / multiple).abs().is_one()).count();
            left + !multiple.abs().is_one() as usize * (*first != Base::One) as usize
                + !(multiple * ratio).abs().is_one() as usize
        };
        let multiples = [Rational::ONE, ratio.recip(), leading[0].abs()];
        let multiple = multiples.into_iter().min_by_key(cost).expect("three are tried");
        let index = self.sums.len();
        self.sums
            .push(Linear::from([((*first, Shift::ZERO), multiple.clone()), ((*second, *apart), &multiple * ratio)]));
        for &(at, one, two) in found {
            let sum = (Base::Sum(index), if one.0 == Base::One { two.1 } else { one.1 });
            let others: Vec<Operand> = self.forms[at].keys().copied().filter(|o| *o != one && *o != two).collect();
            for &other in &others {
                for old in [one, two] {
                    self.leave(at, old.min(other), old.max(other));
                }
            }
            let coefficient = self.forms[at].remove(&one).expect("it occurs");
            self.forms[at].remove(&two);
            self.forms[at].insert(sum, &coefficient / &multiple);
            for other in others {
                let count = self.enter(at, sum.min(other), sum.max(other));
                if count > 1
                    && let Some((pair, _)) = pair(&self.forms[at], sum.min(other), sum.max(other))
                {
                    self.heap.push((count, Reverse(pair)));
                }
            }
        }
    }
}

/// The pair of two operands of a form, the lesser first, and the displacement
/// of its place.
fn pair(form: &Linear, first: Operand, second: Operand) -> Option<(Pair, Shift)> {
    let (place, apart) = if first.0 == Base::One { (second.1, Shift::ZERO) } else { (first.1, second.1 - first.1) };
    Some(((first.0, second.0, apart, form.get(&second)? / form.get(&first)?), place))
}

/// Where a form has a pair, no operand twice.
fn occurrences(form: &Linear, (first, second, apart, ratio): &Pair, at: usize) -> Vec<(usize, Operand, Operand)> {
    let mut taken: BTreeSet<Operand> = BTreeSet::new();
    let mut found = Vec::new();
    let low = (*first, Shift([i16::MIN; crate::model::MAX_DIRECTIONS]));
    let high = (*first, Shift([i16::MAX; crate::model::MAX_DIRECTIONS]));
    for (&one, coefficient) in form.range(low..=high) {
        let two: Option<Operand> = if *first == Base::One {
            // The one constant goes with any place of the other.
            let anywhere = form.iter().find(|((base, _), c)| base == second && *c / coefficient == *ratio);
            anywhere.map(|(&operand, _)| operand)
        } else {
            one.1.checked_add(*apart).map(|shift| (*second, shift))
        };
        let Some(two) = two else { continue };
        let fits = form.get(&two).is_some_and(|c| c / coefficient == *ratio);
        if fits && one != two && !taken.contains(&one) && !taken.contains(&two) {
            taken.extend([one, two]);
            found.push((at, one, two));
        }
    }
    found
}
