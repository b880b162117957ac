//! How a program is run over a lattice: tiles, phases and registers.
//!
//! Enters: a program. Leaves: a box of cells, the *tile*, small enough for the
//! cache, by which the lattice is swept, and steps on registers. A program is
//! run in *phases*: a value that is used in displaced cells is an *array*
//! over the tile, computed in one phase and used in later ones; every other
//! value exists only for the few cells that a phase is at. So the memory
//! does not depend on the size of the lattice.
//!
//! An array has a *halo*: the cells around the tile where later phases need
//! it. Along a periodic direction that the tile spans fully, the halo is filled from
//! the other end, as the boundary says. Along other directions the value is
//! computed there too, and the inputs are read around the boundary, so that
//! tiles know nothing of each other; beyond an open end they are zero, beyond a
//! twisted one they have the opposite sign.

use super::Precision;
use super::program::{Linear, Operation, Program, Source};
use super::summation::SEGMENT;
use crate::model::{Boundary, Columns, MAX_DIRECTIONS, Shift};

/// Numbers that the arrays of a tile hold together, about: half a megabyte.
const TILE: usize = 1 << 16;

/// Lanes are added until so many numbers are worked on together.
const WIDE: usize = 2048;

/// Cells around a tile, by direction.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) struct Margins {
    pub(super) low: [usize; MAX_DIRECTIONS],
    pub(super) high: [usize; MAX_DIRECTIONS],
}

impl Margins {
    fn include(&mut self, other: &Margins) {
        for direction in 0..MAX_DIRECTIONS {
            self.low[direction] = self.low[direction].max(other.low[direction]);
            self.high[direction] = self.high[direction].max(other.high[direction]);
        }
    }

    fn total(&self, direction: usize) -> usize {
        self.low[direction].saturating_add(self.high[direction])
    }
}

/// Where a step finds a number.
#[derive(Clone, Copy, Debug)]
pub(super) enum Register {
    /// In an array, `offset` places from the cell at hand.
    Array { array: usize, offset: isize },
    /// In a buffer for the cells at hand.
    Local(usize),
}

/// `constant + sum of coefficient * register`, summed in this order.
#[derive(Clone, Debug)]
pub(super) struct Sum {
    pub(super) constant: f64,
    pub(super) terms: Vec<(f64, Register)>,
}

/// The computation of a node.
#[derive(Clone, Debug)]
pub(super) struct Step {
    pub(super) forms: Vec<Sum>,
    pub(super) operation: Operation,
    /// An array at offset zero, or a buffer, that no form of the step reads.
    pub(super) target: Register,
}

/// Steps that run together, cells by cells.
#[derive(Clone, Debug)]
pub(super) struct Phase {
    /// How far beyond the tile they run; zero along full directions.
    pub(super) margins: Margins,
    pub(super) steps: Vec<Step>,
    /// The arrays whose halo is filled afterwards along full directions, and
    /// how far.
    pub(super) fills: Vec<(usize, Margins)>,
}

/// An input that is read into an array.
#[derive(Clone, Debug)]
pub(super) struct Load {
    /// Which array of the sample it is read from.
    pub(super) from: usize,
    pub(super) columns: Columns,
    pub(super) margins: Margins,
    /// Whether its sign changes around twisted directions.
    pub(super) is_signed: bool,
}

/// A program made ready to be run.
#[derive(Clone, Debug)]
pub(super) struct Schedule {
    /// The format that every operation is rounded to.
    pub(super) precision: Precision,
    /// The number of cells in each direction, at least one direction.
    pub(super) periods: Vec<usize>,
    /// What happens at the ends of those directions.
    pub(super) boundaries: Vec<Boundary>,
    /// The number of cells of a tile in each direction; tiles at the end of a
    /// direction are what is left. Along the last direction a tile ends with
    /// the row or at a multiple of a power of two of
    /// [`SEGMENT`](super::summation::SEGMENT).
    pub(super) sides: Vec<usize>,
    /// The halo of arrays in each direction, the same for all.
    pub(super) halo: Margins,
    /// The extents of arrays: sides and halo.
    pub(super) padded: Vec<usize>,
    /// The steps between neighbours in arrays.
    pub(super) strides: Vec<usize>,
    /// The inputs, each read into the array of its index.
    pub(super) loads: Vec<Load>,
    /// The number of arrays.
    pub(super) arrays: usize,
    /// The number of buffers for the cells at hand.
    pub(super) locals: usize,
    /// The greatest number of forms of a step.
    pub(super) widest: usize,
    pub(super) phases: Vec<Phase>,
    /// The outputs in one cell, computed in the last phase.
    pub(super) outputs: Vec<Sum>,
}

/// When nodes are computed, and which are kept.
struct Order {
    /// The phase of each node, as late as its uses allow.
    phases: Vec<usize>,
    last: usize,
    /// Whether a node is used in a displaced cell or in a later phase.
    stored: Vec<bool>,
}

impl Order {
    fn new(program: &Program) -> Order {
        let displaced = |shift: &Shift| usize::from(!shift.is_zero());
        let mut early = vec![0; program.nodes.len()];
        let earliest = |forms: &[Linear], early: &[usize]| {
            let phase = forms.iter().flat_map(|form| &form.terms).map(|term| match term.source {
                Source::Input(_) => 0,
                Source::Node(node) => early[node] + displaced(&term.shift),
            });
            phase.max().unwrap_or(0)
        };
        for at in 0..program.nodes.len() {
            early[at] = earliest(&program.nodes[at].forms, &early);
        }
        let last = earliest(&program.outputs, &early);
        let mut order = Order { phases: vec![last; program.nodes.len()], last, stored: vec![false; early.len()] };
        order.delay(&program.outputs, last);
        for at in (0..program.nodes.len()).rev() {
            order.delay(&program.nodes[at].forms, order.phases[at]);
        }
        order.store(&program.outputs, last);
        for at in 0..program.nodes.len() {
            order.store(&program.nodes[at].forms, order.phases[at]);
        }
        order
    }

    /// The sources of forms that are computed in a phase are computed before.
    fn delay(&mut self, forms: &[Linear], phase: usize) {
        for term in forms.iter().flat_map(|form| &form.terms) {
            if let Source::Node(node) = term.source {
                let latest = phase - usize::from(!term.shift.is_zero());
                self.phases[node] = self.phases[node].min(latest);
            }
        }
    }

    fn store(&mut self, forms: &[Linear], phase: usize) {
        for term in forms.iter().flat_map(|form| &form.terms) {
            if let Source::Node(node) = term.source
                && self.phases[node] < phase
            {
                self.stored[node] = true;
            }
        }
    }
}

/// How far arrays and phases reach beyond the tile.
struct Reach {
    inputs: Vec<Margins>,
    nodes: Vec<Margins>,
    phases: Vec<Margins>,
    halo: Margins,
}

impl Reach {
    /// `full` are the directions that a tile spans.
    fn new(program: &Program, order: &Order, full: &[bool]) -> Reach {
        let mut reach = Reach {
            inputs: vec![Margins::default(); program.inputs.len()],
            nodes: vec![Margins::default(); program.nodes.len()],
            phases: vec![Margins::default(); order.last + 1],
            halo: Margins::default(),
        };
        let mut members: Vec<Vec<usize>> = vec![Vec::new(); order.last + 1];
        order.phases.iter().enumerate().for_each(|(node, &phase)| members[phase].push(node));
        for phase in (0..=order.last).rev() {
            let mut around = Margins::default();
            for &node in members[phase].iter().filter(|&&node| order.stored[node]) {
                around.include(&reach.nodes[node]);
            }
            // The other end gives the halo along full directions.
            for direction in (0..full.len()).filter(|&direction| full[direction]) {
                (around.low[direction], around.high[direction]) = (0, 0);
            }
            reach.phases[phase] = around;
            for &node in &members[phase] {
                reach.need(&program.nodes[node].forms, &around);
            }
            if phase == order.last {
                reach.need(&program.outputs, &around);
            }
        }
        for margins in reach.inputs.iter().chain(&reach.nodes) {
            reach.halo.include(margins);
        }
        reach
    }

    /// The sources of forms that are computed `around` a tile reach further by
    /// the displacements.
    fn need(&mut self, forms: &[Linear], around: &Margins) {
        for term in forms.iter().flat_map(|form| &form.terms) {
            let mut margins = *around;
            for direction in 0..MAX_DIRECTIONS {
                let step = term.shift.0[direction];
                let further = if step < 0 { &mut margins.low } else { &mut margins.high };
                further[direction] = further[direction].saturating_add(usize::from(step.unsigned_abs()));
            }
            match term.source {
                Source::Input(input) => self.inputs[input].include(&margins),
                Source::Node(node) => self.nodes[node].include(&margins),
            }
        }
    }
}

impl Schedule {
    pub(super) fn new(program: &Program) -> Schedule {
        Schedule::with_tiles(program, TILE)
    }

    /// With arrays of about so many numbers in all.
    pub(super) fn with_tiles(program: &Program, numbers: usize) -> Schedule {
        let order = Order::new(program);
        let mut periods = program.periods.clone();
        if periods.is_empty() {
            periods.push(1);
        }
        let mut boundaries = program.boundaries.clone();
        boundaries.resize(periods.len(), Boundary::Periodic);
        let arrays = program.inputs.len() + order.stored.iter().filter(|&&stored| stored).count();
        let (sides, reach) = tile(program, &order, &periods, numbers / arrays.max(1));
        let halo = reach.halo;
        let padded: Vec<usize> = sides.iter().enumerate().map(|(at, side)| side + halo.total(at)).collect();
        let mut strides = vec![1; periods.len()];
        for direction in (1..periods.len()).rev() {
            strides[direction - 1] = strides[direction] * padded[direction];
        }
        let loads = program.inputs.iter().zip(&reach.inputs).map(|(input, &margins)| {
            let mut columns = input.columns.clone();
            columns.strides.resize(periods.len(), 0);
            Load { from: input.array, columns, margins, is_signed: input.is_field }
        });
        let mut schedule = Schedule {
            precision: program.precision,
            loads: loads.collect(),
            periods,
            boundaries,
            sides,
            halo,
            padded,
            strides,
            arrays,
            locals: 0,
            widest: 1,
            phases: reach.phases.iter().map(|&margins| Phase { margins, steps: vec![], fills: vec![] }).collect(),
            outputs: Vec::new(),
        };
        schedule.allocate(program, &order, &reach);
        schedule
    }

    /// Gives every node a register and makes steps of them.
    fn allocate(&mut self, program: &Program, order: &Order, reach: &Reach) {
        let mut nodes: Vec<usize> = (0..program.nodes.len()).collect();
        nodes.sort_by_key(|&node| order.phases[node]);
        // The place in the order at which a value is used last.
        let mut last_use = vec![usize::MAX; program.nodes.len()];
        for (place, &node) in nodes.iter().enumerate() {
            last_use[node] = place;
            for term in program.nodes[node].forms.iter().flat_map(|form| &form.terms) {
                if let Source::Node(source) = term.source {
                    last_use[source] = place;
                }
            }
        }
        for term in program.outputs.iter().flat_map(|form| &form.terms) {
            if let Source::Node(source) = term.source {
                last_use[source] = nodes.len();
            }
        }
        let mut expiring: Vec<Vec<usize>> = vec![Vec::new(); nodes.len() + 1];
        last_use.iter().enumerate().for_each(|(node, &place)| expiring[place].push(node));
        let mut registers = vec![Register::Local(usize::MAX); nodes.len()];
        let mut free: Vec<usize> = Vec::new();
        let mut next_array = program.inputs.len();
        for (place, &node) in nodes.iter().enumerate() {
            let forms: Vec<Sum> = program.nodes[node].forms.iter().map(|form| self.sum(form, &registers)).collect();
            let phase = &mut self.phases[order.phases[node]];
            registers[node] = if order.stored[node] {
                next_array += 1;
                phase.fills.push((next_array - 1, reach.nodes[node]));
                Register::Array { array: next_array - 1, offset: 0 }
            } else {
                Register::Local(free.pop().unwrap_or_else(|| {
                    self.locals += 1;
                    self.locals - 1
                }))
            };
            self.widest = self.widest.max(forms.len());
            let operation = program.nodes[node].operation.clone();
            phase.steps.push(Step { forms, operation, target: registers[node] });
            // After the target was chosen, so that it is none of its inputs.
            free.extend(expiring[place].iter().filter_map(|&node| match registers[node] {
                Register::Local(local) => Some(local),
                Register::Array { .. } => None,
            }));
        }
        self.outputs = program.outputs.iter().map(|form| self.sum(form, &registers)).collect();
    }

    fn sum(&self, form: &Linear, registers: &[Register]) -> Sum {
        let terms = form.terms.iter().map(|term| {
            let register = match term.source {
                Source::Input(array) => Register::Array { array, offset: 0 },
                Source::Node(node) => registers[node],
            };
            let register = match register {
                Register::Array { array, .. } => {
                    let steps = self.strides.iter().zip(term.shift.0);
                    let offset = steps.map(|(&stride, step)| stride as isize * isize::from(step)).sum();
                    Register::Array { array, offset }
                }
                local => local,
            };
            (term.coefficient, register)
        });
        Sum { constant: form.constant, terms: terms.collect() }
    }

    /// Whether a tile spans a periodic direction, so that its halo is at its
    /// other end.
    pub(super) fn full(&self, direction: usize) -> bool {
        self.sides[direction] == self.periods[direction] && self.boundaries[direction] == Boundary::Periodic
    }

    /// The number of tiles in each direction.
    pub(super) fn tiles(&self) -> Vec<usize> {
        self.sides.iter().zip(&self.periods).map(|(side, period)| period.div_ceil(*side)).collect()
    }

    /// The numbers that an array holds for one lane.
    pub(super) fn places(&self) -> usize {
        self.padded.iter().product()
    }

    /// Samples computed together: enough to fill vectors and to spread the
    /// cost of a step, few enough that the registers stay in the cache.
    pub(super) fn lanes(&self) -> usize {
        let cells: usize = self.sides.iter().product();
        if cells < self.periods.iter().product() {
            return 1;
        }
        let total = self.places().saturating_mul(self.arrays + 2) + self.locals;
        (WIDE / cells).min((1 << 19) / total).clamp(if cells < 64 { 8 } else { 1 }, 256)
    }
}

/// The sides of a tile of about `places` places, halo included, and how far
/// arrays reach beyond it.
fn tile(program: &Program, order: &Order, periods: &[usize], places: usize) -> (Vec<usize>, Reach) {
    let last = periods.len() - 1;
    let reach = |sides: &[usize]| {
        let joined = |at: usize| program.boundaries.get(at).is_none_or(|&boundary| boundary == Boundary::Periodic);
        let full: Vec<bool> = (0..sides.len()).map(|at| sides[at] == periods[at] && joined(at)).collect();
        Reach::new(program, order, &full)
    };
    let volume = |sides: &[usize], reach: &Reach| {
        let padded = sides.iter().enumerate().map(|(at, &side)| side.saturating_add(reach.halo.total(at)));
        padded.fold(1usize, usize::saturating_mul)
    };
    let whole = reach(periods);
    if volume(periods, &whole) <= places {
        return (periods.to_vec(), whole);
    }
    // At least as large as the halo; along the last direction in steps that
    // the order of summation allows, or the whole row where it is short.
    let clamp = |direction: usize, side: usize| {
        let period = periods[direction];
        let side = if direction == last { side.max(SEGMENT).next_power_of_two() } else { side.max(1) };
        let short = if direction == last { 2 * SEGMENT } else { 0 };
        if side >= period || period <= short { period } else { side }
    };
    let settle = |mut sides: Vec<usize>| loop {
        let reach = reach(&sides);
        let larger: Vec<usize> = (0..periods.len())
            .map(|direction| {
                let halo = reach.halo.total(direction);
                let covered = sides[direction].saturating_add(halo) >= periods[direction];
                if covered { periods[direction] } else { clamp(direction, sides[direction].max(halo)) }
            })
            .collect();
        if larger == sides {
            return (sides, reach);
        }
        sides = larger;
    };
    let mut best = settle(vec![1; periods.len()]);
    let mut growing: Vec<usize> = (0..periods.len()).collect();
    loop {
        growing.retain(|&direction| best.0[direction] < periods[direction]);
        let Some(&direction) = growing.iter().min_by_key(|&&direction| (best.0[direction], last - direction)) else {
            return best;
        };
        let mut sides = best.0.clone();
        sides[direction] = clamp(direction, 2 * sides[direction]);
        let grown = settle(sides);
        if volume(&grown.0, &grown.1) <= places {
            best = grown;
        } else {
            growing.retain(|&known| known != direction);
        }
    }
}
