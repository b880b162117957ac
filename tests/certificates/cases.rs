//! What is compiled: random polynomials and the shipped specs, each with
//! points of its domain and the exact energies there.

use std::path::PathBuf;

use hamc::analysis::sample;
use hamc::circuit::{Circuit, Gate, Source};
use hamc::exact::Rational;
use hamc::lower::{Files, Table};
use hamc::model::{Expression, Kind, Lattice, Model, Monomial, Structure};
use hamc::network::{EvaluateOptions, Evaluator, Network};
use hamc::{pipeline, simplify};
use ndarray::Array2;

use crate::common::*;
use crate::exact::{Double, Exact};

/// Something to compile.
pub struct Case {
    pub name: String,
    pub model: Model,
    pub circuit: Circuit,
    /// The model on a lattice small enough to be written out.
    small: Model,
    exact: Exact,
    points: Array2<f64>,
    /// The energies at each point.
    values: Vec<Vec<Double>>,
    /// The columns that may be moved alone, with the ends of their domains,
    /// and whether they take only these.
    pub columns: Vec<(usize, f64, f64, bool)>,
}

/// Points that have been measured: the greatest errors and where.
pub type Found = Vec<(f64, Vec<f64>)>;

impl Case {
    /// `None` for a model that is too large to be written out.
    fn new(name: String, model: Model, circuit: Circuit, points: impl FnOnce(&Model) -> Array2<f64>) -> Option<Case> {
        let small = sample::reduced(&model);
        let exact = Exact::new(&small)?;
        let points = points(&small);
        let values = points.rows().into_iter().map(|row| exact.values(row.as_slice().unwrap())).collect();
        let mut columns = Vec::new();
        let mut at = 0;
        for field in &small.fields {
            let places = small.lattice.cells().unwrap() as usize * field.points(&small.lattice);
            let count = places * field.components as usize;
            if matches!(field.structure, Structure::Plain | Structure::Complex) {
                let two = field.kind != Kind::Real;
                let (lower, upper) = (inside(&field.lower, true), inside(&field.upper, false));
                columns.extend((at..at + count).map(|column| (column, lower, upper, two)));
            }
            at += count;
        }
        Some(Case { name, model, circuit, small, exact, points, values, columns })
    }

    /// The network on the small lattice, with its bound there.
    pub fn place(&self, network: &Network) -> Placed<'_> {
        let mut network = network.clone();
        network.lattice = self.small.lattice.clone();
        network.frame = self.small.frame.clone();
        network.couplings = self.small.couplings.clone();
        let accuracy = network.accuracy_of(&network.certificate, f64::INFINITY, network.accuracy.deviation);
        Placed { case: self, evaluator: Evaluator::new(&network).unwrap(), bound: accuracy.total }
    }
}

/// A number of the domain next to its end.
fn inside(end: &Rational, lower: bool) -> f64 {
    let nearest = end.to_f64();
    let beyond = Rational::from_f64(nearest).is_some_and(|n| if lower { n < *end } else { n > *end });
    match (beyond, lower) {
        (false, _) => nearest,
        (true, true) => nearest.next_up(),
        (true, false) => nearest.next_down(),
    }
}

/// A network ready to be measured.
pub struct Placed<'a> {
    case: &'a Case,
    evaluator: Evaluator,
    /// What is promised of every energy.
    pub bound: f64,
}

impl Placed<'_> {
    fn outputs(&self, points: &Array2<f64>) -> Array2<f64> {
        // The nearest doubles to the ends of a domain may lie beyond it.
        let options = EvaluateOptions { allow_outside: true, ..EvaluateOptions::default() };
        self.evaluator.evaluate(points.view(), &options).unwrap()
    }

    /// The greatest errors at the first points of the case, worst first.
    pub fn errors_at_points(&self, points: usize, kept: usize) -> Found {
        let points = points.min(self.case.points.nrows());
        let inputs = self.case.points.slice(ndarray::s![..points, ..]).to_owned();
        let outputs = self.outputs(&inputs);
        let mut found: Vec<(f64, usize)> =
            (0..points).map(|row| (worst(&self.case.values[row], outputs.row(row).as_slice().unwrap()), row)).collect();
        found.sort_by(|a, b| b.0.total_cmp(&a.0));
        found.truncate(kept);
        found.into_iter().map(|(error, row)| (error, self.case.points.row(row).to_vec())).collect()
    }

    /// The errors at given points.
    pub fn errors(&self, points: &[Vec<f64>]) -> Vec<f64> {
        let inputs = Array2::from_shape_vec((points.len(), points[0].len()), points.concat()).unwrap();
        let outputs = self.outputs(&inputs);
        points
            .iter()
            .zip(outputs.rows())
            .map(|(point, row)| worst(&self.case.exact.values(point), row.as_slice().unwrap()))
            .collect()
    }
}

/// The greatest error of an energy; NaN is the greatest of all.
fn worst(exact: &[Double], computed: &[f64]) -> f64 {
    let errors = exact.iter().zip(computed).map(|(exact, value)| exact.distance(*value));
    errors.fold(0.0, |worst, error| if error <= worst { worst } else { error })
}

/// The model with its energy written out as a sum of monomials.
pub fn written(mut model: Model) -> Model {
    let energy = &mut model.energies[0];
    let term = |(monomial, coefficient): &(Monomial, Rational)| {
        let factors = monomial.factors().iter();
        let factors = factors.map(|f| Expression::Power(Box::new(Expression::Variable(f.variable)), f.exponent as u32));
        Expression::Product(std::iter::once(Expression::Constant(coefficient.clone())).chain(factors).collect())
    };
    energy.written = Expression::Sum(energy.polynomial.terms().iter().map(term).collect());
    model
}

/// A random polynomial of degree at most four in up to four variables, real,
/// spin and bit ones, and the circuit that it is written as.
fn random_polynomial(seed: u64) -> (Model, Circuit) {
    let mut random = Random(seed);
    let mut fields = Vec::new();
    let count = 1 + random.below(4);
    for at in 0..count {
        let kind = [Kind::Real, Kind::Real, Kind::Real, Kind::Spin, Kind::Bit][random.below(5)];
        let (lower, upper) = match kind {
            Kind::Real => (Rational::new(-1 - random.below(8) as i64, 4), Rational::new(1 + random.below(8) as i64, 4)),
            Kind::Spin => (Rational::MINUS_ONE, Rational::ONE),
            Kind::Bit => (Rational::ZERO, Rational::ONE),
        };
        fields.push(field(&format!("x{at}"), kind, lower, upper));
    }
    let kinds: Vec<Kind> = fields.iter().map(|field| field.kind).collect();
    let mut gates = Vec::new();
    let mut terms = Vec::new();
    for _ in 0..1 + random.below(5) {
        let factors = 1 + random.below(4);
        let mut value = None;
        for _ in 0..factors {
            let slot = random.below(count);
            let next = Source::Input(variable(slot, kinds[slot], &[]));
            value = Some(match value {
                None => next,
                Some(before) => {
                    let same = before == next;
                    gates.push(if same { Gate::Square(wire(next)) } else { Gate::Product(wire(before), wire(next)) });
                    gate(gates.len() - 1, &[])
                }
            });
        }
        terms.push((value.unwrap(), (random.below(19) as i64 - 9, 1 + random.below(8) as i64)));
    }
    let circuit = circuit(gates, form((random.below(5) as i64 - 2, 3), &terms));
    (written(model_of(Lattice::point(), fields, vec![], &circuit)), circuit)
}

/// A random polynomial, simplified or as it is written, with random points,
/// corners and a grid.
pub fn random_case(seed: u64, points: usize) -> Case {
    let (model, written) = random_polynomial(seed);
    let options = simplify::Options { effort: 0, ..simplify::Options::default() };
    let circuit =
        if seed.is_multiple_of(2) { pipeline::circuit(&model, options, &mut |_| {}).unwrap() } else { written };
    let points = |model: &Model| {
        let points = corners_grid_and_random(model, points, &mut Random(seed));
        Array2::from_shape_vec((points.len() / model.fields.len(), model.fields.len()), points).unwrap()
    };
    Case::new(format!("polynomial {seed}"), model, circuit, points).unwrap()
}

/// Corners, a grid of up to 4096 points, and random points.
fn corners_grid_and_random(model: &Model, count: usize, random: &mut Random) -> Vec<f64> {
    let width = model.fields.len();
    let at = |field: &hamc::model::Field, step: usize, steps: usize| {
        let (lower, upper) = (field.lower.to_f64(), field.upper.to_f64());
        match field.kind {
            Kind::Real => (lower + (upper - lower) * step as f64 / steps as f64).clamp(lower, upper),
            _ if step == 0 => lower,
            _ => upper,
        }
    };
    let mut points: Vec<f64> = Vec::new();
    let side = [256usize, 64, 16, 8][width - 1].min(count.max(4));
    for side in [2, side] {
        for place in 0..side.pow(width as u32).min(count + 16) {
            let step = |slot: usize| place / side.pow(slot as u32) % side;
            points.extend(model.fields.iter().enumerate().map(|(slot, field)| at(field, step(slot), side - 1)));
        }
    }
    points.extend((0..count).flat_map(|_| random.point(model)));
    points
}

/// Tables beside the specs.
struct Folder(PathBuf);

impl Files for Folder {
    fn table(&mut self, path: &str) -> Result<Table, String> {
        let place = self.0.join(path);
        let table =
            |shape: Vec<usize>, values: Vec<f64>, is_text| Table { shape, values, is_text, sha256: "0".repeat(64) };
        if path.ends_with(".npy") {
            let array: ndarray::ArrayD<f64> = ndarray_npy::read_npy(place).map_err(|error| error.to_string())?;
            return Ok(table(array.shape().to_vec(), array.iter().copied().collect(), false));
        }
        let text = std::fs::read_to_string(place).map_err(|error| error.to_string())?;
        let rows: Vec<Vec<f64>> = text
            .lines()
            .filter(|line| !line.starts_with('#'))
            .map(|line| line.split(',').map(|word| word.trim().parse().unwrap()).collect())
            .collect();
        Ok(table(vec![rows.len(), rows[0].len()], rows.concat(), true))
    }
}

/// The shipped specs, each at points of about as many cells: random ones,
/// corners, and configurations that are alike on all sites, whose errors add up.
pub fn spec_cases(cells: usize) -> Vec<Case> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("specs");
    let mut names: Vec<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".ham"))
        .collect();
    names.sort();
    let case = |name: &String| {
        let text = std::fs::read_to_string(folder.join(name)).unwrap();
        let (model, diagnostics) = pipeline::check_with(&text, &mut Folder(folder.clone()));
        let model = model.unwrap_or_else(|| panic!("{name}: {diagnostics:?}"));
        let model = pipeline::generic(model).ok()?;
        let options = simplify::Options { effort: 0, ..simplify::Options::default() };
        let circuit = pipeline::circuit(&model, options, &mut |_| {}).ok()?;
        Case::new(name.clone(), model, circuit, |small| {
            let count = (cells / small.lattice.cells().unwrap() as usize).max(64);
            let mut points = sample::points(small, count, 1);
            for (row, mut point) in points.rows_mut().into_iter().enumerate().filter(|(row, _)| row % 4 > 1) {
                // Those of the first site everywhere, or of the first two in turn.
                let period = row % 4 - 1;
                let mut first = 0;
                for field in &small.fields {
                    let components = field.components as usize;
                    let places = small.lattice.cells().unwrap() as usize * field.points(&small.lattice);
                    for at in period * components..places * components {
                        point[first + at] = point[first + at % (period * components)];
                    }
                    first += places * components;
                }
            }
            points
        })
    };
    names.iter().filter_map(case).collect()
}
