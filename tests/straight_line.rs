//! Circuits as programs: a small reader of its own computes and counts them.

mod support;

use std::collections::BTreeMap;

use hamc::circuit::{self, Circuit, Counts, Form, Gate, Output, Source};
use hamc::exact::Rational;
use hamc::model::{Polynomial, Shift, Variable};
use hamc::pipeline;
use hamc::simplify::{Options, simplify};
use proptest::prelude::*;
use support::{model_of, parse_expanded};

/// What a program does at a point: every value by name, and its operations.
#[derive(Default)]
struct Machine {
    values: BTreeMap<String, Rational>,
    multiplications: u64,
    by_constants: u64,
    additions: u64,
}

/// A value, and whether it is a number of the program.
type Value = (Rational, bool);

struct Reader<'a> {
    rest: &'a str,
    machine: &'a mut Machine,
}

impl Machine {
    fn run(&mut self, program: &str) {
        for line in program.lines() {
            let (name, expression) = line.split_once(" = ").unwrap();
            let mut reader = Reader { rest: expression, machine: self };
            let (value, _) = reader.sum();
            assert_eq!(reader.rest, "", "left over in {line}");
            self.values.insert(name.to_owned(), value);
        }
    }
}

impl Reader<'_> {
    fn take(&mut self, token: &str) -> bool {
        let rest = self.rest.trim_start();
        rest.strip_prefix(token).map(|rest| self.rest = rest).is_some()
    }

    fn sum(&mut self) -> Value {
        let negative = self.take("-");
        let (mut sum, mut constant) = self.product();
        if negative {
            sum = -sum;
        }
        loop {
            let sign = if self.take("+") {
                Rational::ONE
            } else if self.take("-") {
                Rational::MINUS_ONE
            } else {
                return (sum, constant);
            };
            let (term, also) = self.product();
            self.machine.additions += 1;
            sum += &(&sign * &term);
            constant &= also;
        }
    }

    fn product(&mut self) -> Value {
        let (mut product, mut constant) = self.power();
        while !self.rest.trim_start().starts_with("**") && self.take("*") {
            let (factor, also) = self.power();
            if constant || also {
                self.machine.by_constants += 1
            } else {
                self.machine.multiplications += 1
            }
            product = &product * &factor;
            constant &= also;
        }
        (product, constant)
    }

    fn power(&mut self) -> Value {
        let (base, constant) = self.atom();
        if self.take("**2") {
            self.machine.multiplications += 1;
            return (&base * &base, constant);
        }
        (base, constant)
    }

    fn atom(&mut self) -> Value {
        if self.take("(") {
            let value = self.sum();
            assert!(self.take(")"));
            return value;
        }
        let rest = self.rest.trim_start();
        let end = rest.find([' ', '*', '+', '-', '(', ')']).unwrap_or(rest.len());
        let (word, rest) = rest.split_at(end);
        self.rest = rest;
        match self.machine.values.get(word) {
            Some(value) => (value.clone(), false),
            None => {
                let (numerator, denominator) = word.split_once('/').unwrap_or((word, "1"));
                let number = |text: &str| Rational::from_decimal(text).expect(text);
                (&number(numerator) / &number(denominator), true)
            }
        }
    }
}

fn run(program: &str, names: &[String], values: &[i64]) -> Machine {
    let inputs = names.iter().cloned().zip(values.iter().map(|&value| Rational::from(value)));
    let mut machine = Machine { values: inputs.collect(), ..Machine::default() };
    machine.run(program);
    machine
}

fn at(polynomial: &Polynomial, values: &[i64]) -> Rational {
    let value = |variable: Variable| Some(Polynomial::constant(Rational::from(values[variable.slot()])));
    polynomial.substitute(value).as_constant().unwrap()
}

fn assert_counts(machine: &Machine, counts: &Counts) {
    assert_eq!(machine.multiplications, counts.nonscalar_multiplications);
    assert_eq!(machine.by_constants, counts.scalar_multiplications);
    assert_eq!(machine.additions, counts.additions);
}

#[test]
fn programs_compute_and_cost_what_is_said() {
    check(&[("res22", 26), ("motzkin", 15)]);
}

#[test]
#[ignore = "takes half a minute: cargo test --release --test straight_line -- --ignored"]
fn larger_programs_compute_and_cost_what_is_said() {
    check(&[("fput4", 63), ("perm3", 29)]);
}

fn check(reached: &[(&str, u64)]) {
    for &(name, most) in reached {
        let path = format!("{}/tests/data/polynomials/{name}.txt", env!("CARGO_MANIFEST_DIR"));
        let (polynomial, names) = parse_expanded(&std::fs::read_to_string(path).unwrap());
        let model = model_of(&polynomial, &names);
        let circuit = simplify(&model, Options::default(), &mut |_| {});
        let program = circuit::straight_line_program(&model, &circuit).unwrap();
        for seed in [3i64, 11] {
            let values: Vec<i64> = (0..names.len() as i64).map(|k| (seed * (k + 2) * (k + 5)) % 23 - 11).collect();
            let machine = run(&program, &names, &values);
            assert_eq!(machine.values["OUT"], at(&polynomial, &values), "{name}");
            let counts = circuit.counts();
            assert_counts(&machine, &counts);
            let total = counts.nonscalar_multiplications + counts.scalar_multiplications + counts.additions;
            assert!(total <= most, "{name}: {total} operations, and {most} were reached");
        }
    }
}

#[test]
fn sums_are_shared_between_cells() {
    let source = "lattice ring(7)\nfield s : real in [-1, 1]\n\
        H = sum(i)( (s[i] + 2*s[i+1])^4 + (s[i] + 2*s[i+1] - s[i+3])^2 + (s[i+1] + 2*s[i+2] + 1)^3 )";
    let model = hamc::lower::lower(&hamc::syntax::parse(source).0).0.unwrap();
    let circuit = pipeline::circuit(&model, Options::default(), &mut |_| {}).unwrap();
    let program = circuit::straight_line_program(&model, &circuit).unwrap();
    let names: Vec<String> = (0..7).map(|site| format!("s[{site}]")).collect();
    let values: Vec<i64> = vec![3, -1, 4, 1, -5, 9, 2];
    let machine = run(&program, &names, &values);
    let s = |site: usize| values[site % 7];
    let energy: i64 = (0..7)
        .map(|i| {
            (s(i) + 2 * s(i + 1)).pow(4)
                + (s(i) + 2 * s(i + 1) - s(i + 3)).pow(2)
                + (s(i + 1) + 2 * s(i + 2) + 1).pow(3)
        })
        .sum();
    assert_eq!(machine.values["OUT"], Rational::from(energy));
    assert_eq!(machine.multiplications, 7 * circuit.counts().nonscalar_multiplications);
}

#[test]
fn names_of_lines_are_not_those_of_variables() {
    let (polynomial, _) = parse_expanded("x*y*z + 2*x*y + x*z");
    let names: Vec<String> = ["g0", "s0", "g_1"].map(String::from).to_vec();
    let model = model_of(&polynomial, &names);
    let circuit = simplify(&model, Options::default(), &mut |_| {});
    let program = circuit::straight_line_program(&model, &circuit).unwrap();
    let machine = run(&program, &names, &[3, 5, 7]);
    assert_eq!(machine.values["OUT"], at(&polynomial, &[3, 5, 7]));
    assert_eq!(machine.values["g0"], Rational::from(3));
}

prop_compose! {
    fn form(inputs: usize, gates: usize)(
        constant in -3i64..4,
        coefficients in proptest::collection::vec((-4i64..5, 1i64..4), inputs + gates),
    ) -> Form {
        let source = |at: usize| match at.checked_sub(inputs) {
            None => Source::Input(Variable::real(at)),
            Some(gate) => Source::Gate { gate, shift: Shift::ZERO },
        };
        let terms = coefficients.into_iter().enumerate().map(|(at, (n, d))| (source(at), Rational::new(n, d)));
        Form::new(Rational::from(constant), terms)
    }
}

prop_compose! {
    fn circuit()(
        first in form(4, 0), second in form(4, 0), third in form(4, 1), fourth in form(4, 2), fifth in form(4, 2),
        output in form(4, 3), other in form(4, 3),
    ) -> Circuit {
        let gates = vec![Gate::Product(first, second), Gate::Square(third), Gate::Product(fourth, fifth)];
        let outputs = [("A", output), ("B", other)].map(|(name, form)| Output { name: name.into(), weight: hamc::model::Weight::UNIFORM, form }).to_vec();
        Circuit { gates, outputs, deviation: Rational::ZERO }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn any_circuit_is_its_program(circuit in circuit(), values in proptest::collection::vec(-6i64..7, 4)) {
        // The reader takes a product with a constant factor for one by a constant.
        prop_assume!(circuit.gates.iter().all(|gate| gate.forms().iter().all(|form| !form.terms.is_empty())));
        let names: Vec<String> = (0..4).map(|k| format!("x{k}")).collect();
        let model = model_of(&Polynomial::variable(Variable::real(0)), &names);
        let program = circuit::straight_line_program(&model, &circuit).unwrap();
        let machine = run(&program, &names, &values);
        let values_of_gates = circuit::expand(&circuit);
        for output in &circuit.outputs {
            let expanded = circuit::expand_form(&output.form, &values_of_gates);
            prop_assert_eq!(&machine.values[&format!("OUT_{}", output.name)], &at(&expanded, &values));
        }
        let counts = circuit.counts();
        prop_assert_eq!(machine.by_constants, counts.scalar_multiplications);
        prop_assert_eq!(machine.additions, counts.additions);
    }
}
