//! The comparison of a compiled network with its baselines.
//!
//! Enters a model; leave rows: the ladder of parameter counts, lower bounds of
//! one hidden layer, networks of one hidden layer, deep networks. Every
//! network is built and measured, but for those that are too large, which
//! stand with their formula.

use std::borrow::Cow;

use dashu_int::UBig;

use super::train::{self, Compiled, Train};
use super::{CompileError, Options, circuit, generic, network};
use crate::analysis::baselines::{self, Kind, Row};
use crate::analysis::sample;
use crate::analysis::shallow_bounds::{self, Allowed};
use crate::assemble::shallow::{self, Decomposition};
use crate::assemble::{self, AssembleError};
use crate::circuit::Circuit;
use crate::count;
use crate::exact::Rational;
use crate::model::{Boundary, Model, Polynomial};
use crate::network::{EvaluateError, Network, Topology};
use crate::simplify::{self, Objective};

/// How to compare.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Compare {
    /// The points at which each network is measured; fewer for networks of
    /// millions of neurons.
    pub samples: usize,
    /// The scale of the neurons of monomials in one layer, relative to the
    /// inputs' ranges; where there is none, the one with the least error.
    pub scale: Option<f64>,
    /// Dense networks to train, if any.
    pub train: Option<Train>,
}

/// The comparison of a model's compiled network with other ways to compute its
/// energies.
pub fn compare(
    model: &Model,
    options: &Options,
    compare: &Compare,
    progress: &mut dyn FnMut(&str),
) -> Result<Vec<Row>, CompileError> {
    progress("counting couplings");
    let mut rows = ladder(model);
    let model = &generic(model.clone()).map_err(CompileError::Count)?;
    match baseline(model) {
        Some(model) => {
            let model = &*model;
            rows.push(as_written(model));
            rows.extend(lower_bounds(model));
            rows.extend(one_layer(model, options, compare, progress));
            rows.extend(trees(model, options, compare, progress));
        }
        None => rows.push(Row::new(
            "one hidden layer",
            Kind::Bound,
            "not looked at: the cells of this lattice differ, and it is too large to be written out",
        )),
    }
    rows.extend(deep(model, options, compare, progress)?);
    rows.extend(fewest(model, options, &rows));
    let compiled = rows.iter().find(|row| row.kind == Kind::Measured).and_then(|row| {
        let neurons = row.neurons.as_deref()?.parse::<UBig>().ok()?;
        let cells = UBig::from(model.frame.cells()?);
        Some(Compiled { neurons: u64::try_from(neurons / cells).ok()?, depth: row.depth?, error: row.max_error? })
    });
    if let (Some(train), Some(compiled)) = (&compare.train, compiled) {
        let activation = options.assemble.activation;
        rows.extend(train::trained(model, activation, &compiled, compare.samples, train, progress)?);
    }
    Ok(rows)
}

/// Terms of a lattice that is written out for the baselines.
const MOST_WRITTEN: u64 = 20_000;

/// The model that baselines compute: of a lattice that ends somewhere or whose
/// couplings differ from cell to cell, with every site in one cell.
fn baseline(model: &Model) -> Option<Cow<'_, Model>> {
    let alike = model.frame.boundaries.iter().all(|&boundary| boundary == Boundary::Periodic)
        && model.energies.iter().all(|energy| energy.weight.is_uniform());
    if alike { Some(Cow::Borrowed(model)) } else { model.written_out(MOST_WRITTEN).map(Cow::Owned) }
}

/// The ladder of parameter counts.
fn ladder(model: &Model) -> Vec<Row> {
    let found = match count::ladder(&model.for_counting()) {
        Ok(found) => found,
        Err(error) => return vec![Row::new("any polynomial of its degree", Kind::Bound, error.to_string())],
    };
    let degree = found.counted.degree;
    let rungs = found.rungs.into_iter().map(|rung| {
        let name = match rung.kind {
            count::RungKind::Functions => rung.name,
            count::RungKind::Degree => format!("any polynomial of degree {degree}"),
            count::RungKind::Locality => "after locality".to_owned(),
            count::RungKind::Symmetry => format!("after {}", rung.name),
        };
        let number = rung.count.map(|count| count.to_string());
        Row { weights: number.clone(), couplings: number, ..Row::new(name, Kind::Bound, rung.formula) }
    });
    let mut rows: Vec<Row> = rungs.collect();
    // Where a rung is missing from the ladder it changes nothing.
    let last = found.counted.symmetric().to_string();
    if rows.last().and_then(|row| row.couplings.as_deref()) != Some(&last) {
        let note = found.counted.steps[2].formula.clone();
        rows.push(Row {
            weights: Some(last.clone()),
            couplings: Some(last),
            ..Row::new("after symmetry", Kind::Bound, note)
        });
    }
    rows
}

/// The polynomial as it stands, expanded.
fn as_written(model: &Model) -> Row {
    let terms: u64 = model.energies.iter().map(|energy| energy.polynomial.len() as u64).sum();
    let number = Some(baselines::total(model, &Rational::from(terms)));
    Row {
        weights: number.clone(),
        couplings: number,
        ..Row::new("polynomial as given", Kind::Bound, "terms, after expansion")
    }
}

/// The lower bounds of one hidden layer: the greatest of all energies, and
/// what the theorems say of deep networks.
fn lower_bounds(model: &Model) -> Vec<Row> {
    let all: Vec<_> =
        (0..model.energies.len()).flat_map(|energy| shallow_bounds::lower_bounds(model, energy)).collect();
    let kinds = [
        (Allowed::NoBiases, "shallow, at least"),
        (Allowed::OneCentre, "shallow, biases, at least"),
        (Allowed::Everything, "shallow, any biases, at least"),
        (Allowed::PurePower, "shallow, a power, at least"),
    ];
    let bounds = kinds.into_iter().filter_map(|(allowed, name)| {
        let best = all.iter().filter(|bound| bound.allowed == allowed).max_by(|a, b| a.neurons.cmp(&b.neurons))?;
        let neurons = Some(best.neurons.to_string());
        Some(Row { neurons, depth: Some(1), ..Row::new(name, Kind::Bound, best.theorem.clone()) })
    });
    let mut rows: Vec<Row> = bounds.collect();
    let ranks = (0..model.energies.len()).filter_map(|energy| shallow_bounds::quadratic_rank(model, energy));
    if let Some(rank) = ranks.max() {
        let note = "rank of the quadratic form: each neuron adds one square (derived here; Taylor sense)";
        rows.push(Row { neurons: Some(rank.to_string()), ..Row::new("any depth, at least", Kind::Bound, note) });
    }
    let deep =
        (0..model.energies.len()).fold(UBig::ZERO, |sum, energy| sum + shallow_bounds::deep_upper_bound(model, energy));
    if deep > UBig::ZERO {
        rows.push(Row {
            neurons: Some(baselines::total_count(model, &deep)),
            ..Row::new("deep, at most", Kind::Bound, "1705.05502, theorems 4.2, 4.3 and 4.6, monomial by monomial")
        });
    }
    rows
}

/// A way to put energies into one hidden layer.
struct Construction {
    name: &'static str,
    note: &'static str,
    decompose: fn(&Model, usize, crate::network::Activation) -> Decomposition,
}

fn exact(parts: Vec<shallow::Part>, model: &Model, energy: usize) -> Decomposition {
    let affine: Polynomial = model.energies[energy].polynomial.affine_part();
    Decomposition { parts, affine, deviation: Rational::ZERO }
}

const CONSTRUCTIONS: [Construction; 4] = [
    Construction {
        name: "shallow, monomial by monomial",
        note: "prod (r_i + 1) neurons a monomial (1705.05502, theorem 4.2)",
        decompose: |model, energy, activation| {
            exact(shallow::monomial_by_monomial(model, energy, activation, false), model, energy)
        },
    },
    Construction {
        name: "shallow, monomials with biases",
        note: "an output bias for the constant neuron: prod (r_i + 1) - 1 a monomial",
        decompose: |model, energy, activation| {
            exact(shallow::monomial_by_monomial(model, energy, activation, true), model, energy)
        },
    },
    Construction {
        name: "shallow, neurons shared",
        note: "monomials whose neurons are among those of another one",
        decompose: |model, energy, activation| exact(shallow::shared(model, energy, activation), model, energy),
    },
    Construction {
        name: "shallow, sums of powers",
        note: "powers of linear forms; rank r + 1 for a quadratic form",
        decompose: shallow::sums_of_powers,
    },
];

/// Multiplications and activations that measuring one network may take.
const MOST_WORK: f64 = 4e9;

/// The networks of one hidden layer, all energies together.
fn one_layer(model: &Model, options: &Options, compare: &Compare, progress: &mut dyn FnMut(&str)) -> Vec<Row> {
    let activation = options.assemble.activation;
    let is_affine = model.energies.iter().all(|energy| energy.polynomial.is_affine());
    let constructions = CONSTRUCTIONS.iter().filter(|_| !is_affine);
    let rows = constructions.map(|construction| {
        progress(construction.name);
        let mut counts = Sums::default();
        let mut error = Some(0f64);
        let mut deviation = Rational::ZERO;
        let mut refused: Option<AssembleError> = None;
        let mut measured_on = None;
        let mut expected = None;
        let mut samples = compare.samples;
        for energy in 0..model.energies.len() {
            let found = (construction.decompose)(model, energy, activation);
            counts.neurons += shallow::neurons(&found.parts, activation);
            if found.deviation > deviation {
                deviation = found.deviation.clone();
            }
            let built = match shallow::build(model, &found.parts, &found.affine, activation, compare.scale) {
                Ok(built) if refused.is_none() => built,
                Ok(_) => continue,
                Err(reason) => {
                    refused.get_or_insert(reason);
                    continue;
                }
            };
            if let ([part], [block], true) =
                (found.parts.as_slice(), built.blocks.as_slice(), baselines::is_one_cell(model))
            {
                expected = shallow::expected_errors(model, part, block, activation);
            }
            let own = built.counts();
            counts.weights += &own.weights;
            counts.distinct += own.distinct_weights;
            counts.operations += &own.operations;
            let mut single = model.clone();
            single.energies = vec![model.energies[energy].clone()];
            let cells = sample::reduced(&single).frame.cells().unwrap_or(1) as f64;
            let work = own.operations.to_string().parse::<f64>().unwrap_or(f64::INFINITY) * cells;
            samples = samples.min((MOST_WORK / work.max(1.0)) as usize).max(1);
            match sample::measure_one_layer(&single, &built, samples, 0) {
                Ok(measured) => {
                    error = error.map(|error| error.max(measured.max_error));
                    measured_on = (!measured.whole).then_some(measured.cells);
                }
                Err(_) => error = None,
            }
        }
        let mut note = construction.note.to_owned();
        if !deviation.is_zero() {
            note.push_str(&format!(", found numerically, proved within {:.0e} a cell", deviation.to_f64()));
        }
        let mut row = Row {
            neurons: Some(baselines::total_count(model, &counts.neurons)),
            depth: Some(1),
            ..Row::new(construction.name, Kind::Constructed, note)
        };
        match refused {
            Some(reason) => {
                row.kind = Kind::Bound;
                row.note = format!("formula, not built: {reason}");
            }
            None => {
                row.weights = Some(baselines::total_count(model, &counts.weights));
                row.distinct_weights = Some(counts.distinct.to_string());
                row.operations = Some(baselines::total_count(model, &counts.operations));
                row.max_error = error;
                if let Some(shallow::ExpectedErrors { leading, rounding }) = expected {
                    row.note.push_str(&format!("; leading-order error {leading:.2e}, rounding about {rounding:.0e}"));
                }
                if let Some(cells) = measured_on {
                    row.note.push_str(&format!(", error on {cells} cells"));
                }
                if samples < compare.samples {
                    row.note.push_str(&format!(", at {samples} points"));
                }
            }
        }
        row
    });
    rows.collect()
}

/// Sums of counts over energies.
#[derive(Default)]
struct Sums {
    neurons: UBig,
    weights: UBig,
    distinct: u64,
    operations: UBig,
}

/// Networks of a limited depth: trees of products, from two layers to as many
/// as the highest degree can use.
fn trees(model: &Model, options: &Options, compare: &Compare, progress: &mut dyn FnMut(&str)) -> Vec<Row> {
    let degrees = model.energies.iter().flat_map(|energy| energy.polynomial.terms()).map(|(monomial, _)| {
        let bits = monomial.factors().iter().all(|factor| factor.variable.kind() == crate::model::Kind::Bit);
        if bits { 1 } else { monomial.degree() }
    });
    let degree = degrees.max().unwrap_or(1);
    // More layers than factors are of no use.
    let most = u32::BITS - degree.saturating_sub(1).leading_zeros();
    let rows = (2..=most as usize).map(|layers| {
        let name = format!("deep, at most {layers} layers");
        progress(&name);
        let count = (0..model.energies.len())
            .fold(UBig::ZERO, |sum, energy| sum + assemble::product_tree_neurons(model, energy, layers));
        let mut row = Row {
            neurons: Some(baselines::total_count(model, &count)),
            depth: Some(layers as u64),
            ..Row::new(name, Kind::Constructed, "a tree of products for each monomial")
        };
        if let Some(factors) = plain_product(model) {
            row.note = format!("a tree of products; 1705.05502, 5.1: {}", assemble::theorem_of_layers(factors, layers));
        }
        let mut merged: Option<Totals> = None;
        for energy in 0..model.energies.len() {
            let activation = options.assemble.activation;
            let provenance = options.assemble.provenance.clone();
            let mut single = model.clone();
            single.energies = vec![model.energies[energy].clone()];
            match assemble::product_trees(&single, 0, layers, activation, provenance) {
                Ok(network) => {
                    let own = Totals::of(&single, &network, compare.samples);
                    merged = Some(match merged {
                        None => own,
                        Some(known) => known.and(own),
                    });
                }
                Err(reason) => {
                    row.kind = Kind::Bound;
                    row.note = format!("formula, not built: {reason}");
                    return row;
                }
            }
        }
        if let Some(totals) = merged {
            totals.fill(model, &mut row);
        }
        row
    });
    rows.collect()
}

/// The number of factors where H is a product of different real variables.
fn plain_product(model: &Model) -> Option<u32> {
    let ([energy], true) = (model.energies.as_slice(), model.frame.directions.is_empty()) else { return None };
    let [(monomial, _)] = energy.polynomial.terms() else { return None };
    let plain =
        |factor: &crate::model::Factor| factor.exponent == 1 && factor.variable.kind() == crate::model::Kind::Real;
    monomial.factors().iter().all(plain).then_some(monomial.degree())
}

/// The numbers of a network, in one cell, and its measured error.
struct Totals {
    weights: u64,
    distinct: u64,
    operations: u64,
    depth: u64,
    error: Option<f64>,
    cells: Option<u64>,
}

impl Totals {
    fn of(model: &Model, network: &Network, samples: usize) -> Totals {
        let measured = sample::measure(model, network, samples, 0);
        Totals {
            weights: network.weights(),
            distinct: network.distinct_weights(),
            operations: network.operations(),
            depth: network.depth() as u64,
            cells: measured.as_ref().ok().filter(|measured| !measured.whole).map(|measured| measured.cells),
            error: measured.map(|measured| measured.max_error).map_err(|_: EvaluateError| ()).ok(),
        }
    }

    fn and(self, other: Totals) -> Totals {
        Totals {
            weights: self.weights + other.weights,
            distinct: self.distinct + other.distinct,
            operations: self.operations + other.operations,
            depth: self.depth.max(other.depth),
            cells: self.cells.or(other.cells),
            error: self.error.zip(other.error).map(|(a, b)| a.max(b)),
        }
    }

    fn fill(self, model: &Model, row: &mut Row) {
        let whole = |count: u64| Some(baselines::total_count(model, &UBig::from(count)));
        row.weights = whole(self.weights);
        row.distinct_weights = Some(self.distinct.to_string());
        row.operations = whole(self.operations);
        row.depth = Some(self.depth);
        row.max_error = self.error;
        if let Some(cells) = self.cells {
            row.note.push_str(&format!(", error on {cells} cells"));
        }
    }
}

/// The deep networks: as written, compiled for each objective, layered.
fn deep(
    model: &Model,
    options: &Options,
    compare: &Compare,
    progress: &mut dyn FnMut(&str),
) -> Result<Vec<Row>, CompileError> {
    let samples = compare.samples;
    progress("deep, as written");
    let written = simplify::as_written(model);
    let mut rows = vec![deep_row("deep, as written", Kind::Constructed, model, &written, &options.assemble, samples)?];
    progress("deep, compiled");
    let mut circuits = vec![circuit(model, options.simplify, &mut |_| {})?];
    let compiled = circuits[0].clone();
    rows.push(deep_row("deep, compiled", Kind::Measured, model, &compiled, &options.assemble, samples)?);
    for objective in Objective::ALL.into_iter().filter(|&objective| objective != options.simplify.objective) {
        let name = format!("deep, compiled for {}", objective_name(objective));
        progress(&name);
        let search = simplify::Options { objective, ..options.simplify };
        let found = circuit(model, search, &mut |_| {})?;
        rows.push(deep_row(&name, Kind::Constructed, model, &found, &options.assemble, samples)?);
        if !circuits.contains(&found) {
            circuits.push(found);
        }
    }
    rows.extend(limited(model, options, &circuits, &rows, samples, progress));
    if options.assemble.topology == Topology::Skip {
        let layered = assemble::Options { topology: Topology::Layered, ..options.assemble.clone() };
        rows.push(deep_row("deep, strictly layered", Kind::Constructed, model, &compiled, &layered, samples)?);
    }
    Ok(rows)
}

/// Of more neurons than this by trees of products no network of a limited
/// number of layers is built.
const MOST_OF_TREES: u64 = 20_000;

/// The compiled networks in fewer layers than the deepest of them has: for
/// every number of layers the one with the fewest neurons, as `compile
/// --max-depth` makes them.
fn limited(
    model: &Model,
    options: &Options,
    circuits: &[Circuit],
    rows: &[Row],
    samples: usize,
    progress: &mut dyn FnMut(&str),
) -> Vec<Row> {
    let compiled = rows.iter().filter(|row| row.name.starts_with("deep, compiled"));
    let deepest = compiled.filter_map(|row| row.depth).max().unwrap_or(0);
    let neurons = |row: &Row| row.neurons.as_deref().and_then(|count| count.parse::<UBig>().ok());
    let of_trees = |layers: u64| {
        (0..model.energies.len())
            .fold(UBig::ZERO, |sum, energy| sum + assemble::product_tree_neurons(model, energy, layers as usize))
    };
    // One layer has rows of its own.
    let rows = (2..deepest).filter(|&layers| of_trees(layers) <= UBig::from(MOST_OF_TREES)).map(|layers| {
        let name = format!("deep, compiled in {layers} layers");
        progress(&name);
        let limit = assemble::Options { max_depth: Some(layers as usize), ..options.assemble.clone() };
        let mut refused = None;
        let found = circuits.iter().filter_map(|circuit| {
            match deep_row(&name, Kind::Constructed, model, circuit, &limit, samples) {
                Ok(row) => Some(row),
                Err(reason) => {
                    refused.get_or_insert(reason);
                    None
                }
            }
        });
        let best = found.min_by_key(|row| (neurons(row), row.depth));
        best.map(|row| Row { note: format!("compile --max-depth {layers}"), couplings: None, ..row }).unwrap_or_else(
            || {
                let note = refused.map_or_else(String::new, |reason| format!("not built: {reason}"));
                Row { depth: Some(layers), ..Row::new(name.clone(), Kind::Bound, note) }
            },
        )
    });
    rows.collect()
}

fn objective_name(objective: Objective) -> &'static str {
    match objective {
        Objective::Multiplications => "multiplications",
        Objective::Neurons => "neurons",
        Objective::Weights => "weights",
        Objective::Depth => "depth",
    }
}

fn deep_row(
    name: &str,
    kind: Kind,
    model: &Model,
    circuit: &Circuit,
    options: &assemble::Options,
    samples: usize,
) -> Result<Row, CompileError> {
    let counts = circuit.counts();
    let [products, squares, bit_gates, ..] = circuit.totals(&model.frame);
    let gates = products + squares + bit_gates;
    let network = match network(model, circuit, options) {
        // A baseline that misses the tolerance is still worth its row.
        Err(CompileError::Assemble(AssembleError::ToleranceOutOfReach { best, .. })) if kind != Kind::Measured => {
            let nearest = assemble::Options { tolerance: best * 1.01, ..options.clone() };
            network(model, circuit, &nearest)?
        }
        other => other?,
    };
    let mut row = Row {
        neurons: Some(network.total_neurons()),
        couplings: Some(counts.scalar_multiplications.to_string()),
        ..Row::new(name, kind, format!("{gates} gates"))
    };
    Totals::of(model, &network, samples).fill(model, &mut row);
    Ok(row)
}

/// The network with the fewest neurons that was built and keeps the tolerance,
/// of any depth, and what that says of depth.
fn fewest(model: &Model, options: &Options, rows: &[Row]) -> Option<Row> {
    let cells = sample::reduced(model).frame.cells().unwrap_or(1) as f64;
    let good = |row: &&Row| row.max_error.is_some_and(|error| error <= options.assemble.tolerance * cells);
    let neurons = |row: &Row| row.neurons.as_deref()?.parse::<UBig>().ok();
    let built = || rows.iter().filter(|row| row.kind != Kind::Bound);
    let best = built().filter(good).filter(|row| neurons(row).is_some()).min_by_key(|row| (neurons(row), row.depth))?;
    let own = neurons(best)?;
    let shallow = rows
        .iter()
        .filter(|row| row.depth == Some(1) && (row.kind != Kind::Bound || row.note.starts_with("formula")))
        .filter_map(neurons)
        .min();
    let says = match (best.depth, shallow) {
        (Some(0 | 1), _) => "one hidden layer has the fewest: depth does not help here".to_owned(),
        (_, Some(shallow)) if own > UBig::ZERO && shallow > own => {
            let ratio = Rational::from_integer(shallow.into()) / Rational::from_integer(own.into());
            format!("one hidden layer has {} times as many", ratio_text(ratio.to_f64()))
        }
        _ => "one hidden layer does not keep the tolerance with as few".to_owned(),
    };
    Some(Row {
        name: "fewest neurons within the tolerance".to_owned(),
        kind: Kind::Constructed,
        note: format!("{}; {says}", best.name),
        ..best.clone()
    })
}

fn ratio_text(ratio: f64) -> String {
    if ratio < 1e4 { format!("{ratio:.1}") } else { format!("{ratio:.1e}") }
}
