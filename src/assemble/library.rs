//! The gates that an activation offers: templates, each at its best centre.

use std::collections::BTreeMap;

use super::pattern::Pattern;
use super::plan::Task;
use super::templates;
use crate::network::{Activation, Expansion, Precision, Template, Topology};

/// Centres are sought between minus this and this.
const FARTHEST_CENTRE: f64 = 4.0;

/// The most neurons of a monomial that is computed in one layer by the
/// compiler's own choice.
const MOST_NEURONS: usize = 1 << 12;

/// A template at its best centre.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    pub(super) pattern: Pattern,
    pub(super) expansion: Expansion,
    /// The estimate of its error for inputs in [-1, 1].
    pub(super) error: f64,
}

impl Candidate {
    pub(super) fn neurons(&self) -> usize {
        self.pattern.neurons.len()
    }

    pub(super) fn weights(&self) -> usize {
        self.pattern.weights()
    }

    /// What is made smallest: neurons, then weights.
    pub(super) fn cost(&self) -> (usize, usize) {
        (self.neurons(), self.weights())
    }
}

/// The gates of one activation, in one format, for one topology.
pub(super) struct Library {
    pub(super) activation: Activation,
    pub(super) precision: Precision,
    pub(super) topology: Topology,
    gates: BTreeMap<Key, Vec<Candidate>>,
}

/// What a gate does, as far as templates differ.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Copy,
    Powers(Vec<u32>),
}

impl Key {
    fn of(task: &Task) -> Option<Key> {
        match task {
            Task::Product => Some(Key::Powers(vec![1, 1])),
            Task::Square => Some(Key::Powers(vec![2])),
            Task::Monomial(powers) => Some(Key::Powers(powers.clone())),
            Task::Copy => Some(Key::Copy),
            Task::Bits
            | Task::Spins
            | Task::Symmetric(_)
            | Task::Quadratic(_)
            | Task::Fold
            | Task::Tooth
            | Task::Rectified(_) => None,
        }
    }
}

impl Library {
    /// The grids of neurons of 1705.05502 for whole monomials, nothing else.
    pub(super) fn of_grids<'a>(activation: Activation, tasks: impl IntoIterator<Item = &'a Task>) -> Library {
        let precision = Precision::F64;
        let mut library = Library { activation, precision, topology: Topology::Skip, gates: BTreeMap::new() };
        for task in tasks {
            let Some(key) = Key::of(task) else { continue };
            if let (Key::Powers(powers), false) = (&key, library.gates.contains_key(&key)) {
                // A square on its own has two neurons and an output bias.
                let pattern = if *task == Task::Square { templates::square2() } else { templates::grid(powers) };
                let grid = library.at_best_centre(pattern, &mut BTreeMap::new());
                library.gates.insert(key, grid.into_iter().collect());
            }
        }
        library
    }

    /// The gate of one template, at its best centre.
    pub(super) fn single(activation: Activation, task: &Task, template: Template) -> Option<Candidate> {
        let library =
            Library { activation, precision: Precision::F64, topology: Topology::Skip, gates: BTreeMap::new() };
        let mut candidates = library.candidates(&Key::of(task)?);
        candidates.retain(|candidate| candidate.pattern.template == template);
        candidates.into_iter().min_by(|a, b| a.error.total_cmp(&b.error))
    }

    /// The gates for some tasks; `only` restricts products to one template.
    pub(super) fn new<'a>(
        activation: Activation,
        precision: Precision,
        topology: Topology,
        only: Option<Template>,
        tasks: impl IntoIterator<Item = &'a Task>,
    ) -> Library {
        let mut library = Library { activation, precision, topology, gates: BTreeMap::new() };
        for key in tasks.into_iter().filter_map(Key::of) {
            if !library.gates.contains_key(&key) {
                let mut candidates = library.candidates(&key);
                if let (Key::Powers(powers), Some(only)) = (&key, only)
                    && powers[..] == [1, 1]
                {
                    candidates.retain(|candidate| candidate.pattern.template == only);
                }
                library.gates.insert(key, useful(candidates));
            }
        }
        library
    }

    /// The gates for a task, cheapest first, each more accurate than those
    /// before it. Empty where there is none, and for tasks of bits and spins.
    pub(super) fn find(&self, task: &Task) -> &[Candidate] {
        Key::of(task).and_then(|key| self.gates.get(&key)).map_or(&[], Vec::as_slice)
    }

    /// All templates for a task at their best centres. Rectifiers have no
    /// curvature, and lines none either.
    fn candidates(&self, key: &Key) -> Vec<Candidate> {
        if matches!(self.activation, Activation::Relu | Activation::Identity) {
            return Vec::new();
        }
        let skips: &[bool] = if self.topology == Topology::Skip { &[false, true] } else { &[false] };
        let mut patterns: Vec<Pattern> = match key {
            Key::Copy => vec![templates::copy1(), templates::copy2()],
            Key::Powers(powers) => match powers[..] {
                [1, 1] => vec![templates::product3(), templates::product4()],
                [2] => vec![templates::square2()],
                _ => Vec::new(),
            },
        };
        for &skip in skips {
            match key {
                Key::Powers(powers) if powers[..] == [1, 1] => patterns.push(templates::product2(skip)),
                Key::Powers(powers) if powers[..] == [2] => patterns.push(templates::square1(skip)),
                Key::Powers(powers) => patterns.extend(monomials(powers, skip)),
                Key::Copy => {}
            }
        }
        let extrapolated: Vec<Pattern> = patterns
            .iter()
            .flat_map(|pattern| [1, 2, 4].map(|gained| templates::extrapolated(pattern, gained)))
            .flatten()
            .collect();
        patterns.extend(extrapolated);
        let mut zeros: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
        patterns.into_iter().filter_map(|pattern| self.at_best_centre(pattern, &mut zeros)).collect()
    }

    /// The centre at which a gate with inputs in [-1, 1] has the least error.
    /// Candidates are 0, 1 (for the square, which has no others) and the points where a derivative is zero that enters
    /// the error: the first, the second, or one of the four after the leading
    /// one, solved for.
    fn at_best_centre(&self, pattern: Pattern, zeros: &mut BTreeMap<usize, Vec<f64>>) -> Option<Candidate> {
        let order = pattern.order;
        let mut centres = vec![0.0, 1.0];
        for order in [1, 2, order + 1, order + 2, order + 3, order + 4] {
            let find = || self.activation.derivative_zeros(order, -FARTHEST_CENTRE, FARTHEST_CENTRE);
            centres.extend(zeros.entry(order).or_insert_with(find).iter().copied());
        }
        let round = |centre: f64| self.precision.round(centre);
        centres.iter_mut().for_each(|centre| *centre = round(*centre));
        centres.sort_by(f64::total_cmp);
        centres.dedup();
        let ranges = vec![1.0; pattern.powers.len()];
        let mut best: Option<(f64, Expansion)> = None;
        for centre in centres {
            let expansion = pattern.expand(self.activation, centre);
            let Some(realised) = pattern.best_scale(&expansion, self.precision, &ranges) else { continue };
            if best.as_ref().is_none_or(|(error, _)| realised.error < *error) {
                best = Some((realised.error, expansion));
            }
        }
        best.map(|(error, expansion)| Candidate { pattern, expansion, error })
    }
}

/// The templates of a monomial in one layer.
fn monomials(powers: &[u32], skip: bool) -> Vec<Pattern> {
    let mut patterns = Vec::new();
    let grid = powers.iter().try_fold(1usize, |count, &power| count.checked_mul(power as usize + 1));
    if !skip && (grid.is_some_and(|count| count <= MOST_NEURONS) || powers.len() == 1) {
        patterns.push(templates::grid(powers));
    }
    match powers {
        // Binomials beyond are no longer whole numbers of a machine word.
        [power] if (2..=24).contains(power) => {
            for both in [false, true] {
                patterns.extend(
                    (1..=3u32)
                        .filter(|lowest| lowest <= power && (power - lowest).is_multiple_of(2))
                        .map(|lowest| templates::power(*power, lowest, both, skip)),
                );
            }
        }
        _ if powers.iter().all(|&power| power == 1) && powers.len() <= 12 && !skip => {
            patterns.push(templates::half_grid(powers.len()));
            // More can be certified as whole grids only.
            if powers.len() <= 4 {
                patterns.push(templates::subsets(powers.len()));
            }
        }
        _ => {}
    }
    patterns
}

/// Candidates by cost, each more accurate than all cheaper ones; equal ones
/// by their order.
fn useful(mut candidates: Vec<Candidate>) -> Vec<Candidate> {
    candidates.sort_by(|a, b| a.cost().cmp(&b.cost()).then(a.error.total_cmp(&b.error)));
    let mut best = f64::INFINITY;
    candidates.retain(|candidate| {
        let better = candidate.error < best;
        best = best.min(candidate.error);
        better
    });
    candidates
}
