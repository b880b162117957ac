//! Specs to models: every construct, and what it expands to.

use hamc::diagnostics::{Diagnostics, has_errors, render};
use hamc::lower::lower;
use hamc::model::Model;
use hamc::syntax::parse;

fn read(text: &str) -> (Option<Model>, Diagnostics) {
    let (spec, mut diagnostics) = parse(text);
    if has_errors(&diagnostics) {
        return (None, diagnostics);
    }
    let (model, more) = lower(&spec);
    diagnostics.extend(more);
    (model, diagnostics)
}

#[track_caller]
fn model(text: &str) -> Model {
    let (model, diagnostics) = read(text);
    assert!(!has_errors(&diagnostics), "{}", render(&diagnostics, "test.ham", text, false));
    let model = model.expect("no errors, so there is a model");
    for energy in &model.energies {
        assert_eq!(
            model.canonical_polynomial(&energy.written.expand()),
            energy.polynomial,
            "what was written is the polynomial: {:?}",
            energy.written
        );
    }
    model
}

fn energies(model: &Model) -> String {
    let name = |variable| model.variable_name(variable);
    let lines: Vec<String> =
        model.energies.iter().map(|e| format!("{} = {}", e.name, e.polynomial.display(name))).collect();
    lines.join("\n")
}

/// The energies of a spec, as text.
#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(energies(&model(text)), expected, "{text}");
}

/// The same with every site in one cell.
fn check_written_out(text: &str, expected: &str) {
    assert_eq!(energies(&model(text).written_out(1000).unwrap()), expected, "{text}");
}

const XY: &str = "field x, y : real in [-1, 1]\n";
const RING: &str = "lattice ring(8)\nfield phi : real in [-2, 2]\n";
const SQUARE: &str = "lattice square(5, 6)\nfield phi : real in [-2, 2]\n";

#[test]
fn expressions() {
    for (h, expected) in [
        ("x^2*y + 3*x*y", "x^2*y + 3*x*y"),
        ("(x + y)^2/2", "1/2*x^2 + x*y + 1/2*y^2"),
        ("0.1*x - -y", "1/10*x + y"),
        ("x**2", "x^2"),
        ("2^3^2*x", "512*x"),
        ("x^0 + x*0", "1"),
        ("(1/2)^2*x/(1/4)", "x"),
        ("sqrt(9/4)*x + 4^0.5*y", "3/2*x + 2*y"),
        ("sum(a in 1..3)(a*x^a)", "3*x^3 + 2*x^2 + x"),
        ("product(a in 0..2)(x + a)", "x^3 + 3*x^2 + 2*x"),
        ("sum(a in 2..1)(x)", "0"),
        ("2^-1*x", "1/2*x"),
    ] {
        check(&format!("{XY}H = {h}"), &format!("H = {expected}"));
    }
}

#[test]
fn kinds_reduce() {
    check("field s, t : spin\nH = (s + t)^3", "H = 4*s + 4*t");
    check("field a, b : bit\nH = (a + b)^2", "H = 2*a*b + a + b");
}

#[test]
fn components() {
    check("field x[3] : real in [-1, 1]\nH = product(x) + sum(x)", "H = x[0]*x[1]*x[2] + x[0] + x[1] + x[2]");
    check("field x[3] : real in [-1, 1]\nH = dot(x, x)", "H = x[0]^2 + x[1]^2 + x[2]^2");
    check("field x[3] : real in [-1, 1]\nH = sum(a in 0..1)(x[a]*x[a+1])", "H = x[0]*x[1] + x[1]*x[2]");
    check("field x[2], y[2] : real in [-1, 1]\nH = dot(2*x - y, x)", "H = 2*x[0]^2 - x[0]*y[0] + 2*x[1]^2 - x[1]*y[1]");
    check("param n = 2\nfield x[2*n] : real in [0, 1]\nH = x[n] + x[2*n-1]", "H = x[2] + x[3]");
}

#[test]
fn params_and_lets() {
    check("param a = 1/3\nparam b = a^2 - 1\nfield x : real in [-1, a]\nH = b*x", "H = -8/9*x");
    check(&format!("{XY}let f(u, v) = u^2 + v\nlet g = f(x, y)\nH = g*f(y, 1)"), "H = x^2*y^2 + y^3 + x^2 + y");
    // The parameter x is not the field x.
    check(&format!("{XY}let f(x) = x + y\nH = f(2*x)"), "H = 2*x + y");
    check(
        &format!("{RING}let k(i, j) = (phi[i] - phi[j])^2\nH = sum(i)(k(i, i+1))"),
        "H = 2*phi[i]^2 - 2*phi[i]*phi[i+1]",
    );
    check(&format!("{RING}let f(v) = v^2\nH = sum(i)(f(phi[i]))"), "H = phi[i]^2");
    check(&format!("{RING}let h(f, i) = f[i]^2\nH = sum(i)(h(phi, i))"), "H = phi[i]^2");
    check(&format!("{RING}let M = sum(i)(phi[i])\nH = 3*M"), "H = 3*phi[i]");
}

#[test]
fn lattices_stay_a_unit_cell() {
    check(&format!("{RING}H = sum<i,j>(phi[i]*phi[j]) + sum(i)(phi[i]^4)"), "H = phi[i]^4 + phi[i]*phi[i+1]");
    check(&format!("{RING}H = sum<<i,j>>(phi[i]*phi[j])"), "H = phi[i]*phi[i+2]");
    check(&format!("{RING}H = 8 + 2*(sum(i)(phi[i]) - 1/2)"), "H = 2*phi[i] + 7/8");
    check(&format!("{RING}H = sum(phi)"), "H = phi[i]");
    check(&format!("{RING}H = sum(i)(lap(phi, i)^2)"), "H = 6*phi[i]^2 - 8*phi[i]*phi[i+1] + 2*phi[i]*phi[i+2]");
    check(&format!("{SQUARE}H = sum(i)(grad2(phi, i))"), "H = 4*phi[i]^2 - 2*phi[i]*phi[i+y] - 2*phi[i]*phi[i+x]");
    check(&format!("{SQUARE}H = sum(i)(phi[i+x-2y]*phi[i])"), "H = phi[i]*phi[i+x-2y]");
    check(&format!("{SQUARE}H = sum<<i,j>>(phi[i]*phi[j])"), "H = phi[i]*phi[i+x-y] + phi[i]*phi[i+x+y]");
    let heisenberg = model("lattice cubic(4)\nfield S[3] : real in [-1, 1]\nH = -sum<i,j>(dot(S[i], S[j]))");
    let components = model(
        "lattice cubic(4)
         field S[3] : real in [-1, 1]
         H = -sum(a in 0..2)(sum<i,j>(S[i][a]*S[j][a]))",
    );
    assert_eq!(heisenberg.energies[0].polynomial, components.energies[0].polynomial);
    assert_eq!(heisenberg.energies[0].polynomial.len(), 9);
}

#[test]
fn size_does_not_matter() {
    let start = std::time::Instant::now();
    check(
        "lattice ring(1000000000000)\nfield phi : real in [-2, 2]\nH = sum<i,j>(phi[i]*phi[j]) + 5\nsymmetry translation, reflection",
        "H = phi[i]*phi[i+1] + 1/200000000000",
    );
    println!("{:?}", start.elapsed());
}

#[test]
fn open_ends() {
    check_written_out(
        "lattice chain(3)\nfield phi : real in [-1, 1]\nH = sum(i)(phi[i+1]*phi[i])",
        "H = phi[0]*phi[1] + phi[1]*phi[2]",
    );
    // Each addend is absent on its own, through a `let` as well.
    check_written_out(
        "lattice chain(3)\nfield phi : real in [-1, 1]\nlet e(i) = phi[i]^2 + phi[i]*phi[i+1]\nH = sum(i)(e(i))",
        "H = phi[0]^2 + phi[0]*phi[1] + phi[1]^2 + phi[1]*phi[2] + phi[2]^2",
    );
    // A square of a difference is absent as a whole.
    check_written_out(
        "lattice chain(3)\nfield phi : real in [-1, 1]\nH = sum(i)((phi[i+1] - phi[i])^2)",
        "H = phi[0]^2 - 2*phi[0]*phi[1] + 2*phi[1]^2 - 2*phi[1]*phi[2] + phi[2]^2",
    );
    // Terms that end at other places have other windows.
    let square = model("lattice square(1000000000, 2) open y\nfield s : spin\nH = sum<i,j>(s[i]*s[j])");
    let parts: Vec<(i16, usize)> =
        square.energies.iter().map(|part| (part.weight.window.high.0[1], part.polynomial.len())).collect();
    assert_eq!(parts, [(0, 1), (1, 1)]);
    check_written_out(
        "lattice chain(3)\nfield phi : real in [-1, 1]\nH = sum(i)(grad2(phi, i)) + sum(i)(lap(phi, i))",
        "H = phi[0]^2 - 2*phi[0]*phi[1] + 2*phi[1]^2 - 2*phi[1]*phi[2] + phi[2]^2",
    );
}

#[test]
fn what_is_no_unit_cell_is_written_out() {
    check("lattice ring(3)\nfield s : spin\nH = sum(i)(s[i])^2", "H = 2*s[0]*s[1] + 2*s[0]*s[2] + 2*s[1]*s[2] + 3");
    check("lattice ring(3)\nfield s : spin\nH = s[0]*s[2] + sum(s)", "H = s[0]*s[2] + s[0] + s[1] + s[2]");
    check("lattice complete(3)\nfield s : spin\nH = sum<i,j>(s[i]*s[j])", "H = s[0]*s[1] + s[0]*s[2] + s[1]*s[2]");
    check("lattice ring(3)\nfield x : real in [0, 1]\nH = product(i)(x[i])", "H = x[0]*x[1]*x[2]");
    check("lattice square(2, 3)\nfield x : real in [0, 1]\nH = x[1, 2]*x[0, 0]", "H = x[0, 0]*x[1, 2]");
    check(
        "lattice ring(3)\nfield s : spin\nlet M = sum(i)(s[i])\nH = sum(i)(s[i]*M)",
        "H = 2*s[0]*s[1] + 2*s[0]*s[2] + 2*s[1]*s[2] + 3",
    );
}

#[test]
fn free_couplings() {
    check(
        &format!(
            "{RING}param J = free\nparam m = free\nH = sum(i)(phi[i]^2 + m*phi[i]^4) - J*sum<i,j>(phi[i]*phi[j]/2)"
        ),
        "H = phi[i]^2\nJ = -1/2*phi[i]*phi[i+1]\nm = phi[i]^4",
    );
    check(&format!("{XY}param J = free\nH = J*(x + 2*y)^2"), "J = x^2 + 4*x*y + 4*y^2");
}

#[test]
fn properties_that_hold() {
    for text in [
        "lattice square(4, 4)\nfield phi : real in [-2, 2]\nH = sum<i,j>((phi[i] - phi[j])^2) + sum(i)(phi[i]^4)\n\
         symmetry translation, reflection, point_group, flip(phi)\nlocality nearest_neighbor\ndegree 4",
        "lattice ring(9)\nfield b : bit\nH = sum<i,j>(b[i]*b[j] + (1 - b[i])*(1 - b[j]))\nsymmetry flip(b)",
        "lattice square(6)\nfield s : spin\nH = sum(i)(s[i]*s[i+x+2y] + s[i]*s[i-x+2y])\nlocality range sqrt(5)\nsymmetry reflection",
        "lattice complete(5)\nfield s : spin\nH = sum<i,j>(s[i]*s[j])\nsymmetry permutation, flip(s)\nlocality nearest_neighbor",
        "field x, y, z : real in [-1, 1]\nH = x*y + y*z + z*x\nsymmetry permutation\ndegree = 2",
        "field x[4], y[4] : real in [-1, 1]\nH = sum(a in 0..3)(x[a]^2*y[a])\nsymmetry permutation, flip(x)",
        "lattice chain(5)\nfield s : spin\nH = sum<i,j>(s[i]*s[j])\nsymmetry reflection\nlocality nearest_neighbor",
        "lattice ring(3)\nfield s : spin\nH = sum(i)(s[i])^2\nsymmetry translation, permutation",
        "lattice ring(1000000)\nfield s : spin\nH = generic\ndegree 2\nsymmetry translation\nlocality nearest_neighbor",
        "field x : real in [-1, 1]\nH = generic\ndegree 3",
    ] {
        model(text);
    }
}

#[test]
fn defaults_for_compilation() {
    let model = model(&format!(
        "{XY}H = x*y\ncompile activation tanh, tolerance 1e-6, minimize neurons, topology layered, precision f32"
    ));
    assert_eq!(model.defaults.activation.as_deref(), Some("tanh"));
    assert_eq!(model.defaults.tolerance, Some(1e-6));
    assert_eq!(model.defaults.minimize.as_deref(), Some("neurons"));
    assert_eq!(model.defaults.topology.as_deref(), Some("layered"));
    assert_eq!(model.defaults.precision.as_deref(), Some("f32"));
}

/// Each is refused, with a code, in little time.
#[test]
fn what_would_never_end_is_refused() {
    let ten = "field x[10] : real in [-1, 1]\n";
    let doubling: String = (1..60).map(|k| format!("let a{k} = a{0} + a{0}\n", k - 1)).collect();
    let squaring: String = (1..60).map(|k| format!("let a{k} = a{0}*a{0}\n", k - 1)).collect();
    let calls: String = (1..60).map(|k| format!("let f{k}(u) = f{0}(u) + f{0}(u)\n", k - 1)).collect();
    let chain: String = (1..5000).map(|k| format!("let f{k}(u) = f{0}(u)\n", k - 1)).collect();
    for (text, code) in [
        (format!("{XY}H = x^1000000000"), "E0405"),
        (format!("{XY}H = (x + y)^1000000000"), "E0405"),
        (format!("{XY}H = x^(10^30)"), "E0405"),
        (format!("{XY}H = 2^1000000000*x"), "E0409"),
        (format!("{XY}param a = 2^1000000000\nH = a*x"), "E0409"),
        (format!("{XY}param a = 2^10000\nparam b = a^10000\nH = b*x"), "E0409"),
        (format!("{ten}H = sum(x)^50"), "E0404"),
        (format!("{ten}H = (sum(x) + 1)^12"), "E0404"),
        (format!("{ten}H = (sum(x) + 1)^5*(sum(x) + 1)^5"), "E0404"),
        (format!("{XY}let a0 = x\n{doubling}H = a59"), "E0404"),
        (format!("{XY}let a0 = x + y\n{squaring}H = a59"), "E0405"),
        (format!("{XY}let a0 = 2\n{squaring}H = a59*x"), "E0409"),
        (format!("{XY}let f0(u) = u*u\n{calls}H = f59(x)"), "E0404"),
        (format!("{XY}let f0(u) = u*u\n{chain}H = f4999(x)"), "E0401"),
        (format!("{XY}H = sum(a in 0..1000000000)(x)"), "E0407"),
        (format!("{XY}H = sum(a in 0..99999)(sum(b in 0..99999)(x))"), "E0404"),
        (format!("{XY}H = product(a in 1..100000)(a)*x"), "E0409"),
        (format!("{XY}H = product(a in 1..2000)(x)"), "E0405"),
        ("field s[30] : spin\nH = product(a in 0..29)(1 + s[a])".to_owned(), "E0404"),
        ("field b[40] : bit\nH = product(b)\nsymmetry flip(b)".to_owned(), "E0404"),
        ("lattice ring(1000000000000)\nfield s : spin\nH = sum(i)(s[i])^2".to_owned(), "E0406"),
        ("lattice ring(1000000000000)\nfield s : spin\nH = sum(i)(s[i]) + s[3]".to_owned(), "E0406"),
        ("lattice ring(1000000000000)\nfield s : spin\nH = product(s)".to_owned(), "E0406"),
        ("lattice complete(1000000)\nfield s : spin\nH = sum<i,j>(s[i]*s[j])".to_owned(), "E0406"),
        ("lattice complete(10000)\nfield s : spin\nH = sum<i,j>(s[i]*s[j])".to_owned(), "E0406"),
        ("lattice ring(90000)\nfield s : spin\nH = sum(i)(s[i])^2".to_owned(), "E0404"),
        ("lattice ring(3000)\nfield x : real in [0, 1]\nH = product(i)(x[i])".to_owned(), "E0405"),
        ("lattice ring(1000000000)\nfield s : spin\nH = sum(i)(s[i]*s[i+20000])".to_owned(), "E0408"),
    ] {
        let start = std::time::Instant::now();
        let (model, diagnostics) = read(&text);
        let time = start.elapsed();
        let shown = render(&diagnostics, "test.ham", &text, false);
        let last = text.lines().last().unwrap_or("");
        println!("{time:?} {last}: {}", diagnostics.first().map_or("", |d| d.message.as_str()));
        assert!(model.is_none(), "{last}");
        assert_eq!(diagnostics[0].code, code, "{last}\n{shown}");
        assert_eq!(diagnostics.len(), 1, "{last}\n{shown}");
        assert!(time.as_secs() < 5, "{last} took {time:?}");
    }
}

/// The deepest texts that are read are also lowered and printed safely.
#[test]
fn deep_nesting_is_safe() {
    let nested = |open: &str, inner: &str, close: &str, depth: usize| {
        format!("{}{inner}{}", open.repeat(depth), close.repeat(depth))
    };
    let functions: String = (1..200).map(|k| format!("let f{k}(u) = 1*(f{0}(u) + 1)\n", k - 1)).collect();
    for body in [
        nested("(", "x", ")", 99),
        nested("-(", "x", ")", 99),
        nested("2*(1 + ", "x", ")", 90),
        nested("sum(a in 0..0)(", "x", ")", 99),
        nested("f0(", "x", ")", 99),
        nested("sqrt(", "1", ")*x", 99),
        nested("(", "x", ")^1", 99),
        nested("(1*(", "x", ")^1 + 0)", 45),
        format!("{}x", "-".repeat(150)),
        format!("1{}", "^1".repeat(150)),
        "f199(x)".to_owned(),
        "sum(i) ".repeat(60) + "(x)",
    ] {
        let text = format!("{XY}let f0(u) = u\n{functions}H = {body} + y");
        let (spec, _) = parse(&text);
        assert_eq!(parse(&hamc::syntax::print(&spec)).0, spec);
        let (_, diagnostics) = read(&text);
        render(&diagnostics, "test.ham", &text, false);
        assert!(
            diagnostics.iter().all(|d| ["E0401", "E0203", "E0403", "W0201"].contains(&d.code)),
            "{}",
            render(&diagnostics, "t", &text, false)
        );
    }
}
