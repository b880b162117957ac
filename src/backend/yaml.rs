//! The network description in YAML.
//!
//! The size of a description does not depend on the number of sites: gates
//! are those of one cell, and forms name displaced cells. Exact rationals are
//! integers or texts such as "-1/2"; doubles are written so that they read
//! back with the same bits. A form is a map from sources to coefficients with
//! the constant under "1", for example
//!
//! ```yaml
//! - {"1": "1/2", "phi[i+1]": -1, "g3": 1, "g3[+1]": "2/3"}
//! ```
//!
//! where `phi[i+1]` is an input variable as a spec writes it and `g3[+1]` is
//! the gate `g3` in the cell displaced by one. A neuron is a row: its bias, a
//! weight for each input of the gate, its output weight.
//!
//! Reading refuses everything that is no network, and says where.

mod certificate;
mod couplings;
mod document;
mod sources;

use std::fmt;

use crate::circuit::{Counts, Form};
use crate::diagnostics::line_and_column;
use crate::exact::Rational;
use crate::model::{Boundary, Field, Frame, Graph, Kind, Lattice, Place, Shape, Structure, check_edges};
use crate::network::{
    Accuracy, Activation, Gate, Layer, Names, Network, Neuron, Output, Precision, Provenance, Template, Topology,
    validate_frame,
};
pub use couplings::{Load, MOST_EMBEDDED};
use document::{Document, FormEntry, Header};
use sources::Sources;

/// The name of the format.
pub const FORMAT: &str = "hamc-network";

/// The version of the format.
pub const VERSION: u64 = 1;

/// A text that is no network description.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FormatError {
    /// Where: `line 12, column 3`, or a part such as
    /// `layers[2].gates[0].inputs[1]`. Empty for the whole file.
    pub at: String,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for FormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.at.is_empty() { f.write_str(&self.message) } else { write!(f, "{}: {}", self.at, self.message) }
    }
}

impl std::error::Error for FormatError {}

fn refuse<T>(at: impl Into<String>, message: impl Into<String>) -> Result<T, FormatError> {
    Err(FormatError { at: at.into(), message: message.into() })
}

/// Words of the format for the values of an enumeration.
fn word<T: Copy + PartialEq>(words: &[(&'static str, T)], value: T) -> &'static str {
    words.iter().find(|(_, known)| *known == value).expect("every value has a word").0
}

fn value<T: Copy>(words: &[(&'static str, T)], word: &str, at: &str) -> Result<T, FormatError> {
    match words.iter().find(|(known, _)| *known == word) {
        Some((_, value)) => Ok(*value),
        None => {
            let known: Vec<&str> = words.iter().map(|(known, _)| *known).collect();
            refuse(at, format!("`{word}` is none of {}", known.join(", ")))
        }
    }
}

const SHAPES: [(&str, Shape); 10] = [
    ("none", Shape::Point),
    ("line", Shape::Line),
    ("hypercubic", Shape::Hypercubic),
    ("complete", Shape::Complete),
    ("graph", Shape::Graph),
    ("triangular", Shape::Triangular),
    ("honeycomb", Shape::Honeycomb),
    ("kagome", Shape::Kagome),
    ("bcc", Shape::BodyCentered),
    ("fcc", Shape::FaceCentered),
];
const PLACES: [(&str, Place); 2] = [("sites", Place::Sites), ("bonds", Place::Bonds)];
const BOUNDARIES: [(&str, Boundary); 3] =
    [("periodic", Boundary::Periodic), ("open", Boundary::Open), ("twisted", Boundary::Twisted)];
const KINDS: [(&str, Kind); 3] = [("real", Kind::Real), ("spin", Kind::Spin), ("bit", Kind::Bit)];
const TOPOLOGIES: [(&str, Topology); 2] = [("skip", Topology::Skip), ("layered", Topology::Layered)];
/// A text as a YAML scalar.
fn scalar(text: &str) -> String {
    // JSON strings are YAML; control characters and line breaks are escaped.
    let mut quoted = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            // Everything outside the printable set of YAML is escaped.
            c if c.is_control() || matches!(c as u32, 0x2028 | 0x2029 | 0xfeff | 0xfffe | 0xffff) => {
                quoted.push_str(&format!("\\U{:08x}", c as u32));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// A rational: an integer of at most 18 digits as it is, others as text.
fn rational(value: &Rational) -> String {
    match value.to_i64() {
        Some(integer) if integer.unsigned_abs() < 1_000_000_000_000_000_000 => integer.to_string(),
        _ => scalar(&value.to_string()),
    }
}

/// A double, with the shortest digits that read back to it. An exponent comes
/// with a decimal point and a sign (`1.0e-6`, `6.02e+23`): readers of YAML 1.1,
/// PyYAML among them, take it for a text otherwise.
fn double(value: f64) -> String {
    match value {
        f64::INFINITY => ".inf".to_owned(),
        f64::NEG_INFINITY => "-.inf".to_owned(),
        value if value.is_nan() => ".nan".to_owned(),
        value => {
            let digits = format!("{value:?}");
            let Some((mantissa, exponent)) = digits.split_once('e') else { return digits };
            let point = if mantissa.contains('.') { "" } else { ".0" };
            let sign = if exponent.starts_with('-') { "" } else { "+" };
            format!("{mantissa}{point}e{sign}{exponent}")
        }
    }
}

fn row(parts: impl IntoIterator<Item = String>) -> String {
    format!("[{}]", parts.into_iter().collect::<Vec<_>>().join(", "))
}

fn form(form: &Form, names: &Names<'_>) -> String {
    let constant = (!form.constant.is_zero()).then(|| format!("\"1\": {}", rational(&form.constant)));
    let terms =
        form.terms.iter().map(|(source, value)| format!("{}: {}", scalar(&names.source(source)), rational(value)));
    format!("{{{}}}", constant.into_iter().chain(terms).collect::<Vec<_>>().join(", "))
}

/// The description of a network. The same network gives the same bytes.
pub fn write(network: &Network) -> String {
    use fmt::Write;
    let mut text = String::new();
    let mut line = |content: String| writeln!(text, "{content}").expect("writing to a string");
    let gates: Vec<String> = network.gates().map(|gate| gate.name.clone()).collect();
    let names = Names { lattice: &network.lattice, fields: &network.fields, frame: &network.frame, gates: &gates };
    line(format!("format: {FORMAT}"));
    line(format!("version: {VERSION}"));
    line("provenance:".into());
    line(format!("  spec: {}", scalar(&network.provenance.spec)));
    line(format!("  sha256: {}", scalar(&network.provenance.sha256)));
    line(format!("  hamc: {}", scalar(&network.provenance.version)));
    line(format!("lattice: # {}", network.lattice));
    line(format!("  shape: {}", word(&SHAPES, network.lattice.shape)));
    line(format!("  extents: {}", row(network.lattice.extents.iter().map(u64::to_string))));
    let boundaries = network.lattice.boundaries.iter().map(|&boundary| word(&BOUNDARIES, boundary).to_owned());
    line(format!("  boundaries: {}", row(boundaries)));
    line(format!("  translated: {}", row(network.frame.directions.iter().map(usize::to_string))));
    if let Some(graph) = &network.lattice.graph {
        line(format!("  file: {}", scalar(&graph.file)));
        line(format!("  sha256: {}", scalar(&graph.sha256)));
        line(format!("  edges: {}", row(graph.edges().iter().map(|[from, to]| format!("[{from}, {to}]")))));
    }
    line("fields:".into());
    for field in &network.fields {
        line(format!("  - name: {}", scalar(&field.name)));
        line(format!("    kind: {}", word(&KINDS, field.kind)));
        if field.indexed {
            line(format!("    components: {}", field.components));
        }
        if let Some(structure) = structure_text(field.structure) {
            line(format!("    structure: {structure}"));
        }
        if field.place != Place::Sites {
            line(format!("    on: {}", word(&PLACES, field.place)));
        }
        line(format!("    domain: [{}, {}]", rational(&field.lower), rational(&field.upper)));
    }
    let couplings = couplings::write(&network.couplings);
    if !couplings.is_empty() {
        line(couplings.trim_end().to_owned());
    }
    line(format!("activation: {}", network.activation));
    line(format!("precision: {}", network.precision));
    line(format!("topology: {}", word(&TOPOLOGIES, network.topology)));
    line(format!("layers:{}", if network.layers.is_empty() { " []" } else { "" }));
    for layer in &network.layers {
        line("  - gates:".into());
        for gate in &layer.gates {
            line(format!("      - name: {}", scalar(&gate.name)));
            line(format!("        computes: {}", scalar(&gate.computes)));
            line(format!("        template: {}", gate.template.name()));
            line(format!("        scale: {}", double(gate.scale)));
            line("        inputs:".into());
            for input in &gate.inputs {
                line(format!("          - {}", form(input, &names)));
            }
            if gate.template == Template::Monomial {
                line(format!("        powers: {}", row(gate.powers.iter().map(u32::to_string))));
            }
            if !gate.constants.is_empty() {
                line(format!("        constants: {}", row(gate.constants.iter().map(rational))));
            }
            line("        neurons:".into());
            for neuron in &gate.neurons {
                let numbers = [neuron.bias].into_iter().chain(neuron.weights.iter().copied()).chain([neuron.output]);
                line(format!("          - {}", row(numbers.map(double))));
            }
            if gate.output_bias != 0.0 {
                line(format!("        output_bias: {}", double(gate.output_bias)));
            }
            if !gate.skip.is_empty() {
                line(format!("        skip: {}", row(gate.skip.iter().copied().map(double))));
            }
        }
    }
    line(format!("outputs:{}", if network.outputs.is_empty() { " []" } else { "" }));
    for output in &network.outputs {
        line(format!("  - name: {}", scalar(&output.name)));
        if let Some(coupling) = &output.coupling {
            line(format!("    coupling: {}", scalar(coupling)));
        }
        couplings::weight(&output.weight, &network.couplings, &network.frame).into_iter().for_each(&mut line);
        line(format!("    form: {}", form(&output.form, &names)));
    }
    line("accuracy:".into());
    line(format!("  tolerance: {}", double(network.accuracy.tolerance)));
    line(format!("  per_cell: {}", double(network.accuracy.per_cell)));
    line(format!("  total: {}", double(network.accuracy.total)));
    if network.accuracy.deviation != 0.0 {
        line(format!("  deviation: {}", double(network.accuracy.deviation)));
    }
    certificate::write(&network.certificate, &mut line);
    line("counts: # in one cell".into());
    line(format!("  neurons: {}", network.neurons()));
    line(format!("  weights: {}", network.weights()));
    line(format!("  distinct_weights: {}", network.distinct_weights()));
    line("circuit: # in one cell".into());
    let Counts { products, squares, bit_gates, nonscalar_multiplications, scalar_multiplications, additions, depth } =
        network.circuit;
    line(format!("  products: {products}"));
    line(format!("  squares: {squares}"));
    line(format!("  bit_gates: {bit_gates}"));
    line(format!("  nonscalar_multiplications: {nonscalar_multiplications}"));
    line(format!("  scalar_multiplications: {scalar_multiplications}"));
    line(format!("  additions: {additions}"));
    line(format!("  depth: {depth}"));
    text
}

/// The deepest nesting of brackets that is read. A description needs one;
/// the time of the YAML scanner grows with the square of the depth.
const DEEPEST: usize = 16;

/// Refuses brackets nested too deeply, outside double quotes.
fn limit_nesting(text: &str) -> Result<(), FormatError> {
    let (mut depth, mut quoted, mut escaped) = (0usize, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'[' | b'{' if !quoted => depth += 1,
            b']' | b'}' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEEPEST {
            let (line, column) = line_and_column(text, at);
            return refuse(format!("line {line}, column {column}"), "brackets are nested too deeply");
        }
    }
    Ok(())
}

/// The network that a text describes; its couplings stand in it.
pub fn read(text: &str) -> Result<Network, FormatError> {
    read_with(text, &mut |_| Err("the description was given without its files".to_owned()))
}

/// As [`read`], with a way to load the files that the text names.
pub fn read_with(text: &str, load: Load<'_>) -> Result<Network, FormatError> {
    limit_nesting(text)?;
    let from_yaml = |error: serde_yaml::Error| {
        let at = error.location().map(|place| format!("line {}, column {}", place.line(), place.column()));
        let message = error.to_string();
        // The library repeats the place at the end of its message.
        let message = message.split(" at line ").next().unwrap_or_default().to_owned();
        FormatError { at: at.unwrap_or_default(), message }
    };
    let Ok(header) = serde_yaml::from_str::<Header>(text) else {
        // Damaged YAML has a place; foreign YAML only lacks the header.
        serde_yaml::from_str::<serde_yaml::Value>(text).map_err(from_yaml)?;
        return refuse("", format!("this is no network description: it does not begin with `format: {FORMAT}`"));
    };
    if header.format != FORMAT {
        return refuse("format", format!("this is no network description but `{}`", header.format));
    }
    if header.version != VERSION {
        let message = format!("version {} of the format is not known, only {VERSION}", header.version);
        return refuse("version", message);
    }
    network(serde_yaml::from_str::<Document>(text).map_err(from_yaml)?, load)
}

/// What the components of a field are to one another, in a word; nothing
/// where they are independent numbers.
fn structure_text(structure: Structure) -> Option<String> {
    Some(match structure {
        Structure::Plain => return None,
        Structure::Complex => "complex".to_owned(),
        Structure::Unit => "unit".to_owned(),
        Structure::Phase(None) => "phase".to_owned(),
        Structure::Phase(Some(order)) => format!("clock({order})"),
        Structure::Categories => "categories".to_owned(),
    })
}

/// The inverse of [`structure_text`].
fn structure(text: &str, at: &str) -> Result<Structure, FormatError> {
    let clock = text.strip_prefix("clock(").and_then(|rest| rest.strip_suffix(')'));
    let order = clock.and_then(|order| order.parse().ok());
    let known = [Structure::Complex, Structure::Unit, Structure::Phase(None), Structure::Categories];
    let mut known = known.into_iter().chain(order.map(|order| Structure::Phase(Some(order))));
    match known.find(|&structure| structure_text(structure).as_deref() == Some(text)) {
        Some(structure) => Ok(structure),
        None => refuse(at, "must be complex, unit, phase, clock(n) or categories"),
    }
}

/// The network of a document, checked.
fn network(document: Document, load: Load<'_>) -> Result<Network, FormatError> {
    let lattice = Lattice {
        shape: value(&SHAPES, &document.lattice.shape, "lattice.shape")?,
        extents: document.lattice.extents,
        boundaries: (document.lattice.boundaries.iter().enumerate())
            .map(|(at, boundary)| value(&BOUNDARIES, boundary, &format!("lattice.boundaries[{at}]")))
            .collect::<Result<_, _>>()?,
        graph: match document.lattice.edges {
            Some(edges) => {
                check_edges(&edges).map_err(|message| FormatError { at: "lattice.edges".to_owned(), message })?;
                let file = document.lattice.file.unwrap_or_default();
                Some(Graph::new(file, document.lattice.sha256.unwrap_or_default(), edges).into())
            }
            None => None,
        },
    };
    let mut fields = Vec::new();
    for (at, field) in document.fields.into_iter().enumerate() {
        let at = format!("fields[{at}]");
        let [lower, upper] = field.domain;
        fields.push(Field {
            name: field.name,
            kind: value(&KINDS, &field.kind, &format!("{at}.kind"))?,
            components: field.components.unwrap_or(1),
            structure: match &field.structure {
                None => Structure::Plain,
                Some(text) => structure(text, &format!("{at}.structure"))?,
            },
            place: value(&PLACES, field.on.as_deref().unwrap_or("sites"), &format!("{at}.on"))?,
            indexed: field.components.is_some(),
            lower: lower.exact(&format!("{at}.domain[0]"))?,
            upper: upper.exact(&format!("{at}.domain[1]"))?,
        });
    }
    validate_frame(&lattice, &fields, &document.lattice.translated)
        .map_err(|invalid| FormatError { at: invalid.path, message: invalid.message })?;
    let frame = Frame::new(&lattice, &fields, document.lattice.translated);
    let couplings = couplings::read(document.couplings, load)?;
    let mut sources = Sources::new(&lattice, &fields, &frame);
    let mut layers = Vec::new();
    for (layer_at, layer) in document.layers.into_iter().enumerate() {
        let mut gates = Vec::new();
        for (gate_at, gate) in layer.gates.into_iter().enumerate() {
            let at = format!("layers[{layer_at}].gates[{gate_at}]");
            gates.push(read_gate(gate, &sources, &at)?);
        }
        // The gates of a layer do not see one another.
        gates.iter().for_each(|gate: &Gate| sources.add_gate(&gate.name));
        layers.push(Layer { gates });
    }
    let mut outputs = Vec::new();
    for (at, output) in document.outputs.into_iter().enumerate() {
        let at = format!("outputs[{at}]");
        let weight = document::Weight {
            window: output.window,
            cut: output.cut,
            couplings: output.couplings,
            point: output.point,
        };
        let weight = couplings::read_weight(weight, &couplings, &frame, &at)?;
        let form = read_form(output.form, &sources, &format!("{at}.form"))?;
        outputs.push(Output { name: output.name, coupling: output.coupling, weight, form });
    }
    let circuit = Counts {
        products: document.circuit.products,
        squares: document.circuit.squares,
        bit_gates: document.circuit.bit_gates,
        nonscalar_multiplications: document.circuit.nonscalar_multiplications,
        scalar_multiplications: document.circuit.scalar_multiplications,
        additions: document.circuit.additions,
        depth: document.circuit.depth,
    };
    let accuracy = Accuracy {
        tolerance: document.accuracy.tolerance,
        per_cell: document.accuracy.per_cell,
        total: document.accuracy.total,
        deviation: document.accuracy.deviation,
    };
    let provenance = Provenance {
        spec: document.provenance.spec,
        sha256: document.provenance.sha256,
        version: document.provenance.hamc,
    };
    let Some(activation) = Activation::parse(&document.activation) else {
        let known = Activation::ALL.map(Activation::name).join(", ");
        return refuse("activation", format!("`{}` is none of {known}", document.activation));
    };
    let precisions = Precision::ALL.map(|precision| (precision.name(), precision));
    let precision = value(&precisions, &document.precision, "precision")?;
    let topology = value(&TOPOLOGIES, &document.topology, "topology")?;
    drop(sources);
    let network = Network {
        provenance,
        lattice,
        fields,
        frame,
        couplings,
        activation,
        precision,
        topology,
        layers,
        outputs,
        accuracy,
        certificate: certificate::read(document.certificate)?,
        circuit,
    };
    network.validate().map_err(|invalid| FormatError { at: invalid.path, message: invalid.message })?;
    for (name, written, counted) in [
        ("neurons", document.counts.neurons, network.neurons()),
        ("weights", document.counts.weights, network.weights()),
        ("distinct_weights", document.counts.distinct_weights, network.distinct_weights()),
    ] {
        if written != counted {
            return refuse(format!("counts.{name}"), format!("says {written}, but the network has {counted}"));
        }
    }
    Ok(network)
}

fn read_gate(gate: document::Gate, sources: &Sources<'_>, at: &str) -> Result<Gate, FormatError> {
    let templates = Template::ALL.map(|template| (template.name(), template));
    let template = value(&templates, &gate.template, &format!("{at}.template"))?;
    let count = gate.inputs.len();
    let mut inputs = Vec::with_capacity(count);
    for (input_at, input) in gate.inputs.into_iter().enumerate() {
        inputs.push(read_form(input, sources, &format!("{at}.inputs[{input_at}]"))?);
    }
    let powers = match (template, gate.powers) {
        (Template::Monomial, Some(powers)) => powers,
        (Template::Monomial, None) => return refuse(format!("{at}.powers"), "a monomial needs powers"),
        (_, Some(_)) => return refuse(format!("{at}.powers"), "only a monomial has powers"),
        (template, None) if template.is_square() => vec![2; count],
        (Template::Quadratic, None) => vec![2; count],
        (Template::Rectified, None) => vec![0, 0, 2],
        (_, None) => vec![1; count],
    };
    let mut constants = Vec::with_capacity(gate.constants.len());
    for (constant_at, constant) in gate.constants.into_iter().enumerate() {
        constants.push(constant.exact(&format!("{at}.constants[{constant_at}]"))?);
    }
    let mut neurons = Vec::with_capacity(gate.neurons.len());
    for (neuron_at, numbers) in gate.neurons.into_iter().enumerate() {
        let [bias, weights @ .., output] = numbers.as_slice() else {
            return refuse(format!("{at}.neurons[{neuron_at}]"), "needs a bias, weights and an output weight");
        };
        neurons.push(Neuron { bias: *bias, weights: weights.to_vec(), output: *output });
    }
    Ok(Gate {
        name: gate.name,
        computes: gate.computes,
        template,
        inputs,
        powers,
        constants,
        scale: gate.scale,
        neurons,
        output_bias: gate.output_bias.unwrap_or(0.0),
        skip: gate.skip,
    })
}

fn read_form(entries: FormEntry, sources: &Sources<'_>, at: &str) -> Result<Form, FormatError> {
    let mut constant = Rational::ZERO;
    let mut terms = Vec::with_capacity(entries.0.len());
    let mut seen = std::collections::BTreeSet::new();
    for (name, coefficient) in entries.0 {
        let at = format!("{at}.{name}");
        let coefficient = coefficient.exact(&at)?;
        if !seen.insert(name.clone()) {
            return refuse(at, "occurs twice");
        }
        match name.as_str() {
            "1" => constant = coefficient,
            name => terms.push((sources.find(name).map_err(|message| FormatError { at, message })?, coefficient)),
        }
    }
    let count = terms.len();
    let form = Form::new(constant, terms);
    if form.terms.len() != count {
        return refuse(at, "a coefficient is zero, or two names mean the same value");
    }
    Ok(form)
}
