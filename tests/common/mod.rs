//! Models and circuits built by hand.
#![allow(dead_code)]

use hamc::circuit::{Circuit, Form, Gate, Output, Source, expand, expand_form};
use hamc::exact::Rational;
use hamc::model::{
    Boundary, CompileDefaults, Energy, Expression, Field, Frame, Kind, Lattice, Model, Polynomial, Shape, Shift,
    Variable, Weight,
};

/// A field with one component.
pub fn field(name: &str, kind: Kind, lower: Rational, upper: Rational) -> Field {
    Field::scalar(name, kind, lower, upper)
}

/// A real field on [lower, upper].
pub fn real(name: &str, lower: i64, upper: i64) -> Field {
    field(name, Kind::Real, Rational::from(lower), Rational::from(upper))
}

/// A periodic lattice.
pub fn periodic(extents: &[u64]) -> Lattice {
    Lattice {
        shape: if extents.len() == 1 { Shape::Line } else { Shape::Hypercubic },
        extents: extents.to_vec(),
        boundaries: vec![Boundary::Periodic; extents.len()],
        graph: None,
    }
}

/// The model that a circuit computes.
pub fn model_of(lattice: Lattice, fields: Vec<Field>, directions: Vec<usize>, circuit: &Circuit) -> Model {
    let frame = Frame::new(&lattice, &fields, directions);
    let mut model = Model {
        lattice,
        fields,
        frame,
        energies: Vec::new(),
        generic: false,
        couplings: Vec::new(),
        degree: 0,
        homogeneous: false,
        constant: true,
        localities: Vec::new(),
        symmetries: Vec::new(),
        defaults: CompileDefaults::default(),
    };
    let gates = expand(circuit);
    for output in &circuit.outputs {
        let polynomial = model.canonical_polynomial(&expand_form(&output.form, &gates));
        let written = Expression::Constant(Rational::ZERO);
        model.energies.push(Energy {
            name: output.name.clone(),
            coupling: None,
            weight: output.weight,
            polynomial,
            written,
        });
    }
    model
}

/// The variable of a slot, in the cell displaced by `shift`.
pub fn variable(slot: usize, kind: Kind, shift: &[i16]) -> Variable {
    let mut cell = Shift::ZERO;
    cell.0[..shift.len()].copy_from_slice(shift);
    Variable::new(slot, kind).at(cell)
}

/// A real input.
pub fn input(slot: usize, shift: &[i16]) -> Source {
    Source::Input(variable(slot, Kind::Real, shift))
}

/// A gate's value in a displaced cell.
pub fn gate(gate: usize, shift: &[i16]) -> Source {
    Source::Gate { gate, shift: variable(0, Kind::Real, shift).cell }
}

/// A form from small rationals.
pub fn form(constant: (i64, i64), terms: &[(Source, (i64, i64))]) -> Form {
    let number = |(n, d): (i64, i64)| Rational::new(n, d);
    Form::new(number(constant), terms.iter().map(|(source, value)| (*source, number(*value))))
}

/// The form of a single source.
pub fn wire(source: Source) -> Form {
    Form::source(source)
}

/// A circuit with one output H.
pub fn circuit(gates: Vec<Gate>, output: Form) -> Circuit {
    Circuit {
        gates,
        outputs: vec![Output { name: "H".to_owned(), weight: Weight::UNIFORM, form: output }],
        deviation: Rational::ZERO,
    }
}

/// uv on [-1,1]^2.
pub fn product() -> (Model, Circuit) {
    let circuit = circuit(vec![Gate::Product(wire(input(0, &[])), wire(input(1, &[])))], wire(gate(0, &[])));
    let model = model_of(Lattice::point(), vec![real("u", -1, 1), real("v", -1, 1)], vec![], &circuit);
    (model, circuit)
}

/// phi^4 on a periodic lattice: sum of 1/2 (phi_i - phi_(i+e))^2 - 1/4 phi^2
/// + 1/10 phi^4.
pub fn phi4(extents: &[u64]) -> (Model, Circuit) {
    let mut gates = Vec::new();
    let here = input(0, &[]);
    for direction in 0..extents.len() {
        let mut shift = vec![0; extents.len()];
        shift[direction] = 1;
        gates.push(Gate::Square(form((0, 1), &[(here, (1, 1)), (input(0, &shift), (-1, 1))])));
    }
    let square = gates.len();
    gates.push(Gate::Square(wire(here)));
    gates.push(Gate::Square(wire(gate(square, &[]))));
    let mut terms: Vec<(Source, (i64, i64))> = (0..square).map(|at| (gate(at, &[]), (1, 2))).collect();
    terms.push((gate(square, &[]), (-1, 4)));
    terms.push((gate(square + 1, &[]), (1, 10)));
    let circuit = circuit(gates, form((0, 1), &terms));
    let lattice = periodic(extents);
    let model = model_of(lattice, vec![real("phi", -2, 2)], (0..extents.len()).collect(), &circuit);
    (model, circuit)
}

/// Reproducible pseudo-random numbers (splitmix64).
pub struct Random(pub u64);

impl Random {
    /// The next 64 bits.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number of [0, 1).
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A number below `n`.
    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    /// A point of the model's domain; one in four values at an end.
    pub fn point(&mut self, model: &Model) -> Vec<f64> {
        let cells = model.lattice.cells().unwrap() as usize;
        let mut point = Vec::new();
        for field in &model.fields {
            let (lower, upper) = (field.lower.to_f64(), field.upper.to_f64());
            for _ in 0..cells * field.points(&model.lattice) * field.components as usize {
                point.push(match (field.kind, self.below(8)) {
                    (Kind::Real, 0) => lower,
                    (Kind::Real, 1) => upper,
                    (Kind::Real, _) => (lower + (upper - lower) * self.unit()).clamp(lower, upper),
                    (_, n) => {
                        if n % 2 == 0 {
                            lower
                        } else {
                            upper
                        }
                    }
                });
            }
        }
        point
    }
}

/// The polynomial of a model's first energy.
pub fn polynomial(model: &Model) -> &Polynomial {
    &model.energies[0].polynomial
}

/// A random circuit over real, spin and bit fields.
pub fn random_circuit(random: &mut Random) -> (Model, Circuit) {
    let mut fields = Vec::new();
    let mut inputs = Vec::new();
    // A ring of 0 sites stands for no lattice.
    let ring = [0, 1, 3, 5][random.below(4)];
    let shift = move |random: &mut Random| if ring == 0 { 0 } else { random.below(5) as i16 - 2 };
    for at in 0..1 + random.below(4) {
        let (name, slot) = (format!("x{at}"), fields.len());
        let kind = [Kind::Real, Kind::Real, Kind::Spin, Kind::Bit][random.below(4)];
        let (lower, upper) = match kind {
            Kind::Real => {
                let lower = Rational::new(random.below(81) as i64 - 60, 10);
                let width = Rational::new(random.below(60) as i64, 10);
                (lower.clone(), lower + width)
            }
            Kind::Spin => (Rational::from(-1), Rational::ONE),
            Kind::Bit => (Rational::ZERO, Rational::ONE),
        };
        fields.push(field(&name, kind, lower, upper));
        inputs.push(Source::Input(variable(slot, kind, &[])));
    }
    let mut gates: Vec<Gate> = Vec::new();
    let mut degrees: Vec<u32> = Vec::new();
    let any_form = |random: &mut Random, degrees: &[u32]| {
        let mut terms = Vec::new();
        for _ in 0..1 + random.below(3) {
            let sources = inputs.len() + degrees.len();
            let at = random.below(sources);
            let cell = shift(random);
            let source = match inputs.get(at) {
                Some(Source::Input(input)) => Source::Input(input.shifted(variable(0, Kind::Real, &[cell]).cell)),
                _ => gate(at - inputs.len(), &[cell]),
            };
            terms.push((source, Rational::new(random.below(19) as i64 - 9, 1 + random.below(5) as i64)));
        }
        Form::new(Rational::new(random.below(7) as i64 - 3, 2), terms)
    };
    let degree = |form: &Form, degrees: &[u32]| {
        let of = |(source, _): &(Source, Rational)| match source {
            Source::Input(_) => 1,
            Source::Gate { gate, .. } => degrees[*gate],
        };
        form.terms.iter().map(of).max().unwrap_or(0)
    };
    for _ in 0..random.below(7) {
        let bits: Vec<Form> = inputs
            .iter()
            .filter(|input| matches!(input, Source::Input(input) if input.kind() == Kind::Bit))
            .map(|input| if random.below(2) == 0 { wire(*input) } else { form((1, 1), &[(*input, (-1, 1))]) })
            .collect();
        if bits.len() >= 2 && random.below(3) == 0 {
            degrees.push(bits.len() as u32);
            gates.push(Gate::BitProduct(bits));
            continue;
        }
        let (left, right) = (any_form(random, &degrees), any_form(random, &degrees));
        let (a, b) = (degree(&left, &degrees), degree(&right, &degrees));
        if a + b > 8 {
            continue;
        }
        if random.below(2) == 0 && 2 * a <= 8 {
            degrees.push(2 * a);
            gates.push(Gate::Square(left));
        } else {
            degrees.push(a + b);
            gates.push(Gate::Product(left, right));
        }
    }
    let output = any_form(random, &degrees);
    let circuit = circuit(gates, output);
    let (lattice, directions) = if ring == 0 { (Lattice::point(), vec![]) } else { (periodic(&[ring]), vec![0]) };
    (model_of(lattice, fields, directions, &circuit), circuit)
}
