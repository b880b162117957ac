//! What holds for every network: checked after assembly and after reading.

use std::collections::BTreeSet;
use std::fmt;

use super::{Gate, Network, Precision, Template, Topology};
use crate::circuit::{Form, Source};
use crate::model::{Boundary, Field, Frame, Kind, Lattice, MAX_DIRECTIONS, Place, Shape, Variable, Weight};

/// A network that is none.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Invalid {
    /// The part at fault, such as `layers[2].gates[0].inputs[1]`.
    pub path: String,
    /// What is wrong with it.
    pub message: String,
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.message)
    }
}

impl std::error::Error for Invalid {}

fn invalid<T>(path: impl Into<String>, message: impl Into<String>) -> Result<T, Invalid> {
    Err(Invalid { path: path.into(), message: message.into() })
}

/// Whether a lattice is well-formed and its cell small enough for
/// [`Frame::new`] with these fields and directions.
pub(crate) fn validate_frame(lattice: &Lattice, fields: &[Field], directions: &[usize]) -> Result<(), Invalid> {
    let dimension = match lattice.shape {
        Shape::Point => 0..=0,
        Shape::Line | Shape::Complete | Shape::Graph => 1..=1,
        Shape::Hypercubic => 1..=64,
        Shape::Triangular | Shape::Honeycomb | Shape::Kagome => 2..=2,
        Shape::BodyCentered | Shape::FaceCentered => 3..=3,
    };
    if !dimension.contains(&lattice.extents.len()) {
        return invalid("lattice.extents", "the number of extents does not fit the shape");
    }
    if lattice.boundaries.len() != lattice.extents.len() {
        return invalid("lattice.boundaries", "there must be one boundary for each extent");
    }
    if lattice.extents.contains(&0) {
        return invalid("lattice.extents", "an extent is zero");
    }
    if lattice.extents.iter().any(|&extent| extent >= 1 << 62) {
        return invalid("lattice.extents", "an extent is 2^62 or more");
    }
    let sites = lattice.graph.as_ref().map(|graph| graph.sites() as u64);
    if (lattice.shape == Shape::Graph) != sites.is_some() || sites.is_some_and(|sites| sites != lattice.extents[0]) {
        return invalid("lattice.edges", "the edges do not fit the shape and the extent");
    }
    if sites.is_some() && lattice.boundaries != [Boundary::Periodic] {
        return invalid("lattice.boundaries", "a graph has no boundary");
    }
    if directions.len() > MAX_DIRECTIONS || directions.windows(2).any(|pair| pair[0] >= pair[1]) {
        return invalid("lattice.translated", format!("needs at most {MAX_DIRECTIONS} directions, ascending"));
    }
    for &direction in directions {
        if lattice.boundaries.get(direction).is_none() {
            return invalid("lattice.translated", "a translated direction must exist");
        }
    }
    let inner = (0..lattice.extents.len()).filter(|direction| !directions.contains(direction));
    let slots = inner
        .map(|direction| lattice.extents[direction])
        .chain([fields.iter().map(|field| field.points(lattice) as u64 * field.components as u64).sum::<u64>()])
        .try_fold(1u64, |product, factor| product.checked_mul(factor).filter(|&product| product < 1 << 30));
    if slots.is_none() {
        return invalid("lattice", "a cell holds 2^30 variables or more");
    }
    if fields.iter().any(|field| field.components == 0) {
        return invalid("fields", "a field has no components");
    }
    Ok(())
}

/// Whether a variable of the frame exists as it stands.
fn validate_variable(network: &Network, variable: Variable, path: &str) -> Result<(), Invalid> {
    if variable.slot() >= network.frame.slots() {
        return invalid(path, "an input variable does not exist");
    }
    let field = network.frame.slot(variable.slot()).field as usize;
    if variable.kind() != network.fields[field].kind {
        return invalid(path, "an input variable has another kind than its field");
    }
    Ok(())
}

impl Network {
    /// Checks everything that holds for a network: fields and frame fit the
    /// lattice; gates have names of their own, the inputs, powers and neurons
    /// of their template, and finite numbers; forms use values that exist, of
    /// earlier layers only, and in a layered network of the layer before.
    pub fn validate(&self) -> Result<(), Invalid> {
        validate_frame(&self.lattice, &self.fields, &self.frame.directions)?;
        if self.frame != Frame::new(&self.lattice, &self.fields, self.frame.directions.clone()) {
            return invalid("lattice", "the frame does not fit the lattice and the fields");
        }
        let mut names = BTreeSet::new();
        for (at, field) in self.fields.iter().enumerate() {
            let path = format!("fields[{at}]");
            if !is_name(&field.name) || !names.insert(field.name.as_str()) {
                return invalid(format!("{path}.name"), "must be a name that no other field has");
            }
            if !field.lower.to_f64().is_finite() || !field.upper.to_f64().is_finite() {
                return invalid(path, "the domain is beyond the range of doubles");
            }
            if field.lower > field.upper {
                return invalid(path, "the domain is empty");
            }
            let (lower, upper) = (field.lower.to_i64(), field.upper.to_i64());
            let expected = match field.kind {
                Kind::Real => (lower, upper),
                Kind::Spin => (Some(-1), Some(1)),
                Kind::Bit => (Some(0), Some(1)),
            };
            if (lower, upper) != expected {
                return invalid(path, "a spin lies in [-1, 1], a bit in [0, 1]");
            }
        }
        let mut known = 0;
        let mut before = 0;
        for (layer_at, layer) in self.layers.iter().enumerate() {
            if layer.gates.is_empty() {
                return invalid(format!("layers[{layer_at}].gates"), "a layer has no gates");
            }
            for (gate_at, gate) in layer.gates.iter().enumerate() {
                let path = format!("layers[{layer_at}].gates[{gate_at}]");
                if !is_name(&gate.name) || !names.insert(gate.name.as_str()) {
                    return invalid(format!("{path}.name"), "must be a name that no other gate and no field has");
                }
                validate_gate(gate, &path)?;
                if self.topology == Topology::Layered && !gate.skip.is_empty() {
                    return invalid(format!("{path}.skip"), "a layered network has no affine skips");
                }
                validate_numbers(gate, self.precision, &path)?;
                for (input_at, input) in gate.inputs.iter().enumerate() {
                    let path = format!("{path}.inputs[{input_at}]");
                    self.validate_form(input, layer_at, before, known, &path)?;
                }
            }
            before = known;
            known += layer.gates.len();
        }
        self.validate_couplings()?;
        for (at, output) in self.outputs.iter().enumerate() {
            self.validate_weight(&output.weight, &format!("outputs[{at}]"))?;
            self.validate_form(&output.form, self.layers.len(), before, known, &format!("outputs[{at}].form"))?;
        }
        let Accuracies(numbers) = Accuracies::of(self);
        if numbers.iter().any(|number| number.is_nan() || *number < 0.0) {
            return invalid("accuracy", "a bound is negative or no number");
        }
        if self.accuracy.per_cell > self.accuracy.tolerance {
            return invalid("accuracy.per_cell", "promises less than the tolerance");
        }
        Ok(())
    }

    /// Couplings from files have a finite number for every point of every cell.
    fn validate_couplings(&self) -> Result<(), Invalid> {
        for (at, couplings) in self.couplings.iter().enumerate() {
            let path = format!("couplings[{at}]");
            let cells = self.frame.cells().and_then(|cells| usize::try_from(cells).ok());
            let count = cells.and_then(|cells| cells.checked_mul(couplings.points));
            let count = match (&self.lattice.graph, couplings.place) {
                (None, _) => count,
                (Some(graph), Place::Sites) => Some(graph.sites()),
                (Some(graph), _) => Some(graph.edges().len()),
            };
            if !self.frame.inner.is_empty() || count != Some(couplings.values.len()) {
                return invalid(path, "there must be a number for each point of every cell");
            }
            if couplings.values.iter().any(|value| !value.is_finite()) {
                return invalid(path, "a coupling is no finite number");
            }
        }
        Ok(())
    }

    /// A weight's margins are along open directions, its couplings there.
    fn validate_weight(&self, weight: &Weight, path: &str) -> Result<(), Invalid> {
        for at in 0..MAX_DIRECTIONS {
            let (low, high) = (weight.window.low.0[at], weight.window.high.0[at]);
            let open = self.frame.boundaries.get(at) == Some(&Boundary::Open);
            if low < 0 || high < 0 || (!open && (low, high) != (0, 0)) {
                return invalid(format!("{path}.window"), "margins are along open directions, and not negative");
            }
        }
        match weight.coupling {
            Some(entry) if self.couplings.get(entry.array).is_none_or(|array| entry.point >= array.points) => {
                invalid(format!("{path}.couplings"), "there are no such couplings")
            }
            _ => Ok(()),
        }
    }

    /// A form of the layer with index `layer` may use gates below `known`,
    /// and in a layered network only gates from `before` on.
    fn validate_form(&self, form: &Form, layer: usize, before: usize, known: usize, path: &str) -> Result<(), Invalid> {
        if !form.constant.to_f64().is_finite() || form.terms.iter().any(|(_, c)| !c.to_f64().is_finite()) {
            return invalid(path, "a coefficient is beyond the range of doubles");
        }
        if form.terms.windows(2).any(|pair| pair[0].0 >= pair[1].0) || form.terms.iter().any(|(_, c)| c.is_zero()) {
            return invalid(path, "terms must be sorted and distinct, and their coefficients not zero");
        }
        for (source, _) in &form.terms {
            let shift = match source {
                Source::Input(variable) => {
                    validate_variable(self, *variable, path)?;
                    if self.topology == Topology::Layered && layer > 0 {
                        return invalid(path, "in a layered network only the first layer uses input variables");
                    }
                    variable.cell
                }
                Source::Gate { gate, shift } => {
                    if *gate >= known {
                        return invalid(path, "uses a gate that is not in an earlier layer");
                    }
                    if self.topology == Topology::Layered && *gate < before {
                        return invalid(path, "in a layered network a form uses the layer directly before it");
                    }
                    *shift
                }
            };
            if shift.0[self.frame.directions.len()..].iter().any(|&component| component != 0) {
                return invalid(path, "a displacement is along a direction that does not exist");
            }
        }
        Ok(())
    }
}

/// The numbers of the accuracy.
struct Accuracies([f64; 4]);

impl Accuracies {
    fn of(network: &Network) -> Accuracies {
        let accuracy = &network.accuracy;
        Accuracies([accuracy.tolerance, accuracy.per_cell, accuracy.total, accuracy.deviation])
    }
}

/// Whether a text can be a name: not empty, no digit first, and none of the
/// characters that mean something in forms and their notation.
fn is_name(text: &str) -> bool {
    let special = |c: char| c.is_whitespace() || c.is_control() || "[](){}<>,;:+-*/^=\"#\\".contains(c);
    !text.is_empty() && !text.starts_with(|c: char| c.is_ascii_digit()) && !text.contains(special)
}

fn validate_gate(gate: &Gate, path: &str) -> Result<(), Invalid> {
    let (inputs, powers): (usize, Option<&[u32]>) = match gate.template {
        template if template.is_product() => (2, Some(&[1, 1])),
        template if template.is_square() => (1, Some(&[2])),
        Template::Copy | Template::Fold | Template::Tooth => (1, Some(&[1])),
        Template::Rectified => (3, Some(&[0, 0, 2])),
        _ => (gate.inputs.len().max(1), None),
    };
    if gate.inputs.len() != inputs {
        return invalid(format!("{path}.inputs"), format!("needs {inputs}, has {}", gate.inputs.len()));
    }
    if gate.powers.len() != inputs
        || powers.is_some_and(|powers| gate.powers != powers)
        || (gate.powers.contains(&0) && gate.template != Template::Rectified)
    {
        return invalid(format!("{path}.powers"), "do not fit the template");
    }
    if matches!(gate.template, Template::Bits | Template::Spins | Template::Symmetric)
        && gate.powers.iter().any(|&power| power != 1)
    {
        return invalid(format!("{path}.powers"), "do not fit the template");
    }
    if gate.template == Template::Quadratic && gate.powers.iter().any(|&power| power != 2) {
        return invalid(format!("{path}.powers"), "do not fit the template");
    }
    let constants = match gate.template {
        Template::Symmetric => inputs + 1,
        Template::Quadratic => inputs,
        _ => 0,
    };
    if gate.constants.len() != constants || gate.constants.iter().any(|value| !value.to_f64().is_finite()) {
        return invalid(format!("{path}.constants"), "do not fit the template");
    }
    let neurons = match gate.template {
        Template::Product2 => 2..=2,
        Template::Product3 => 3..=3,
        Template::Product4 | Template::Product4R => 4..=4,
        Template::Product8R => 8..=8,
        Template::Square1 | Template::Fold | Template::Tooth | Template::Rectified => 1..=1,
        Template::Square2 | Template::Square2R => 2..=2,
        Template::Square4R => 4..=4,
        Template::Bits => 1..=2,
        Template::Copy => 1..=2,
        Template::Spins | Template::Symmetric | Template::Quadratic | Template::Interpolated | Template::Monomial => {
            1..=usize::MAX
        }
    };
    if !neurons.contains(&gate.neurons.len()) {
        return invalid(format!("{path}.neurons"), format!("the template does not have {}", gate.neurons.len()));
    }
    if !(gate.skip.is_empty() || gate.skip.len() == inputs) {
        return invalid(format!("{path}.skip"), format!("needs {inputs} weights, has {}", gate.skip.len()));
    }
    if !gate.scale.is_finite() || gate.scale <= 0.0 {
        return invalid(format!("{path}.scale"), "is not a positive number");
    }
    for (at, neuron) in gate.neurons.iter().enumerate() {
        let path = format!("{path}.neurons[{at}]");
        if neuron.weights.len() != inputs {
            return invalid(path, format!("needs a bias, {inputs} weights and an output weight"));
        }
    }
    Ok(())
}

/// Whether all numbers of a gate are finite ones of the network's format.
fn validate_numbers(gate: &Gate, precision: Precision, path: &str) -> Result<(), Invalid> {
    let fits = |weight: &f64| weight.is_finite() && precision.round(*weight) == *weight;
    if !fits(&gate.output_bias) {
        return invalid(format!("{path}.output_bias"), format!("is no number of the format {precision}"));
    }
    if !gate.skip.iter().all(fits) {
        return invalid(format!("{path}.skip"), format!("a weight is no number of the format {precision}"));
    }
    for (at, neuron) in gate.neurons.iter().enumerate() {
        if !neuron.weights.iter().chain([&neuron.bias, &neuron.output]).all(fits) {
            let path = format!("{path}.neurons[{at}]");
            return invalid(path, format!("a weight is no number of the format {precision}"));
        }
    }
    Ok(())
}
