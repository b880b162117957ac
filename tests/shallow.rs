//! Networks of one hidden layer: their numbers of neurons, their errors, and
//! the bounds that they reach.

use hamc::analysis::{sample, shallow_bounds};
use hamc::assemble::shallow::{self, Part};
use hamc::assemble::{product_tree_neurons, product_trees, theorem_of_layers};
use hamc::model::{Model, Polynomial, Variable};
use hamc::network::{Activation, Provenance};

fn model(text: &str) -> Model {
    let (model, found) = hamc::pipeline::check(text);
    model.unwrap_or_else(|| panic!("{text}: {found:?}"))
}

fn provenance() -> Provenance {
    Provenance { spec: String::new(), sha256: String::new(), version: String::new() }
}

/// Neurons and measured error of a decomposition in one cell.
fn built(model: &Model, parts: &[Part], affine: &Polynomial, activation: Activation) -> (u64, f64) {
    let network = shallow::build(model, parts, affine, activation, None).unwrap();
    let counts = network.counts();
    assert_eq!(counts.neurons, shallow::neurons(parts, activation));
    let measured = sample::measure_one_layer(model, &network, 40, 0).unwrap();
    (u64::try_from(counts.neurons).unwrap(), measured.max_error)
}

fn product(n: usize) -> Model {
    model(&format!("field x[{n}] : real in [-1, 1]\nH = product(x)"))
}

#[test]
fn products_take_two_to_the_n() {
    for n in 2..=12 {
        let model = product(n);
        let affine = Polynomial::zero();
        for (biased, expected) in [(false, 1u64 << n), (true, (1 << n) - 1)] {
            let parts = shallow::monomial_by_monomial(&model, 0, Activation::Silu, biased);
            let (neurons, error) = built(&model, &parts, &affine, Activation::Silu);
            assert_eq!(neurons, expected);
            assert!(error < if biased { 0.3 } else { 1e-2 }, "n = {n}, biased {biased}: {error}");
        }
        let bounds = shallow_bounds::lower_bounds(&model, 0);
        let bounds: Vec<u64> = bounds.iter().map(|bound| u64::try_from(bound.neurons.clone()).unwrap()).collect();
        assert_eq!(bounds, [1 << n, (1 << n) - 1, 1 << (n - 1), (1u64 << n).div_ceil(n as u64)]);
        let deep = product_tree_neurons(&model, 0, 8);
        assert!(deep <= (4 * (n - 1)).into(), "{deep}");
    }
}

/// The measured error of products of 2 to 20 numbers against the leading term
/// of its expansion, relative to it. The scale is the one
/// at which the next term is a twentieth of the leading one; where rounding
/// would show beside that, no scale does, and the product is left out.
#[test]
fn errors_are_those_of_the_formula() {
    let mut all = Vec::new();
    for (activation, centre, least) in [
        (Activation::Exp, 0.0, 19),
        (Activation::Exp, 0.5, 19),
        (Activation::Sin, 0.5, 19),
        (Activation::Gaussian, 0.0, 7),
        (Activation::Silu, 0.0, 4),
        (Activation::Softplus, 0.0, 4),
        (Activation::Sigmoid, 0.0, 4),
        (Activation::Tanh, 0.0, 4),
        (Activation::Gelu, 0.0, 4),
    ] {
        let mut checked = Vec::new();
        for n in 2..=20 {
            let found = activation.derivatives(centre, n + 4);
            let (order, next, after) = (found[n], found[n + 2], found[n + 4]);
            if order.abs() < 1e-6 {
                continue;
            }
            // Moments of a sum of n uniform numbers of [-1, 1].
            let second = n as f64 / 3.0;
            let fourth = second * second * 3.0 - 2.0 * n as f64 / 15.0;
            let scale = (0.05 * 12.0 * second / fourth * (next / after).abs()).sqrt();
            let powers = vec![1; n];
            let ranges = vec![1.0; n];
            // Not a corner: there the arguments coincide, and so do their
            // rounding errors.
            let point: Vec<f64> = (0..n).map(|k| 1.0 - 0.1 * (k as f64 * 0.618_034).fract()).collect();
            let leading = shallow::leading_error(activation, centre, scale, &powers, &point);
            // Half an ulp of each of the 2^n neurons, at random.
            let rounding =
                1.2e-16 * found[0].abs().max(0.1) * 0.5f64.powf(n as f64 / 2.0) / (order * scale.powi(n as i32)).abs();
            if rounding > 0.01 * leading.abs() {
                continue;
            }
            let variables: Vec<Variable> = (0..n).map(Variable::real).collect();
            let block = shallow::grid(&variables, &powers, &ranges, 1.0, false, activation, (centre, scale)).unwrap();
            assert_eq!(block.neurons.count(), (1u64 << n).into());
            let measured = block.value(activation, &point) / point.iter().product::<f64>() - 1.0;
            assert!((measured / leading - 1.0).abs() < 0.1, "{activation} n = {n}: {measured:e} {leading:e}");
            checked.push(n);
        }
        all.push((activation, centre, checked, least));
    }
    for (activation, centre, checked, least) in all {
        assert!(checked.len() >= least, "{activation} at {centre}: only products of {checked:?}");
    }
}

#[test]
fn a_monomial_with_powers() {
    let model = model("field x[3] : real in [-1, 1]\nH = x[0]^3*x[1]^2*x[2]");
    let parts = shallow::monomial_by_monomial(&model, 0, Activation::Silu, false);
    let (neurons, error) = built(&model, &parts, &Polynomial::zero(), Activation::Silu);
    assert_eq!(neurons, 24);
    assert!(error < 1e-3, "{error}");
    let bounds = shallow_bounds::lower_bounds(&model, 0);
    assert_eq!(bounds[0].neurons, 24u8.into());
    assert!(bounds[0].theorem.contains("4.2"));
}

#[test]
fn quadratic_forms_of_rank_r_take_one_neuron_more() {
    for (text, rank) in [
        ("field x, y : real in [-1, 1]\nH = x*y", 2),
        ("field x, y, z : real in [-1, 1]\nH = x^2 + 2*x*y + y^2 - 3*z^2", 2),
        ("field x[6] : real in [-1, 1]\nH = x[0]*x[1] + x[2]*x[3] - 1/2*x[4]^2", 5),
        ("field x[3] : real in [-1, 2]\nH = (x[0] + x[1] - 2*x[2])^2 + (x[0] - x[1])^2 + x[2]^2 + x[0] - 7", 3),
    ] {
        let model = model(text);
        for activation in [Activation::Silu, Activation::Softplus, Activation::Tanh] {
            let found = shallow::sums_of_powers(&model, 0, activation);
            assert!(found.deviation.is_zero());
            let (neurons, error) = built(&model, &found.parts, &found.affine, activation);
            // A single square takes two.
            assert_eq!(neurons, rank + 1, "{text}");
            assert!(error < 1e-5, "{text} {activation}: {error}");
        }
        let bounds = shallow_bounds::lower_bounds(&model, 0);
        assert_eq!(bounds.last().unwrap().neurons, rank.into(), "{text}");
        assert_eq!(shallow_bounds::quadratic_rank(&model, 0), Some(rank.into()));
    }
}

/// Polynomials that are few powers in disguise.
#[test]
fn disguised_sums_of_powers() {
    for (text, most) in [
        // Two cubes in three variables, expanded.
        ("field x, y, z : real in [-1, 1]\nH = (x + y - z)^3 + (x - 2*y)^3", 6),
        // A binary quartic with irrational directions.
        ("field x, y : real in [-1, 1]\nH = x^4 - 6*x^2*y^2 + 3*x*y^3", 16),
        // Four fourth powers in four variables, and squares along the same.
        ("field x[4] : real in [-1, 1]\nlet a = x[0] + x[1]\nlet b = x[2] - x[3]\nH = a^4 + b^4 + 2*a^2 - b^2", 8),
        ("lattice ring(16)\nfield phi : real in [-1, 1]\nH = sum(i)(phi[i]^4 + phi[i]^2) - sum<i,j>(phi[i]*phi[j])", 6),
        ("lattice complete(8)\nfield s : spin\nH = -sum<i,j>(s[i]*s[j])", 2),
        ("lattice ring(8)\nfield s : spin\nH = sum(i)(s[i]*s[i+1]*s[i+2]*s[i+3])", 4),
    ] {
        let model = model(text);
        let found = shallow::sums_of_powers(&model, 0, Activation::Silu);
        assert!(found.deviation.to_f64() < 1e-9, "{text}");
        let (neurons, error) = built(&model, &found.parts, &found.affine, Activation::Silu);
        assert!(neurons <= most, "{text}: {neurons}");
        assert!(error < 1e-3, "{text}: {error}");
    }
}

#[test]
fn shared_neurons_compute_the_same() {
    let text = "field x, y : real in [-1, 1]\nH = x^4*y + 2*x^2*y - y + x^2*y^2 + 3*x^2 - y^2 + x*y";
    let model = model(text);
    let activation = Activation::Gelu;
    let shared = shallow::shared(&model, 0, activation);
    let alone = shallow::monomial_by_monomial(&model, 0, activation, true);
    let affine = model.energies[0].polynomial.affine_part();
    let (few, error) = built(&model, &shared, &affine, activation);
    let (many, _) = built(&model, &alone, &affine, activation);
    // x^4 y with x^2 y: 9 of 9 + 5; x^2 y^2 with x^2 and y^2: 8 of 8 + 2 + 2; x y: 3. Grids of odd exponents
    // without biases: x^4 y 10, x y 4.
    assert_eq!((few, many), (21, 29));
    assert!(error < 1e-2, "{error}");
}

#[test]
fn trees_of_limited_depth() {
    let model = product(32);
    let theorem: Vec<String> = (1..=5).map(|layers| theorem_of_layers(32, layers).to_string()).collect();
    assert_eq!(theorem, ["4294967296", "384", "144", "128", "124"]);
    for layers in 1..=6 {
        assert!(product_tree_neurons(&model, 0, layers) <= theorem_of_layers(32, layers.min(5)));
    }
    for layers in 2..=5 {
        let network = product_trees(&model, 0, layers, Activation::Silu, provenance()).unwrap();
        assert!(network.depth() <= layers);
        assert_eq!(product_tree_neurons(&model, 0, layers), network.neurons().into());
        let measured = sample::measure(&model, &network, 20, 0).unwrap();
        assert!(measured.max_error <= network.accuracy.per_cell);
    }
}

#[test]
fn ranks_of_derivatives() {
    // The phi^4 ring: a fourth power a site.
    let ring = model(
        "lattice ring(16)\nfield phi : real in [-1, 1]\nH = sum(i)(phi[i]^4 + phi[i]^2) - sum<i,j>(phi[i]*phi[j])",
    );
    assert_eq!(shallow_bounds::lower_bounds(&ring, 0).last().unwrap().neurons, 16u8.into());
    // A large ring by disjoint boxes: no more than the sites.
    let large = model("lattice ring(1000000)\nfield phi : real in [-1, 1]\nH = sum(i)(phi[i]^4)");
    let bound = shallow_bounds::lower_bounds(&large, 0).last().unwrap().neurons.clone();
    assert!(bound > 900_000u32.into() && bound <= 1_000_000u32.into(), "{bound}");
    // The determinant of order three: C(3, 1)^2 = 9 first derivatives.
    let determinant = model(
        "field x[9] : real in [-1, 1]
         H = x[0]*(x[4]*x[8] - x[5]*x[7]) - x[1]*(x[3]*x[8] - x[5]*x[6]) + x[2]*(x[3]*x[7] - x[4]*x[6])",
    );
    let bounds = shallow_bounds::lower_bounds(&determinant, 0);
    assert_eq!(bounds.last().unwrap().neurons, 9u8.into());
    assert_eq!(bounds[0].neurons, 20u8.into());
    // Spins have other representations, so nothing is said.
    let spins = model("lattice ring(8)\nfield s : spin\nH = sum<i,j>(s[i]*s[j])");
    assert!(shallow_bounds::lower_bounds(&spins, 0).is_empty());
}
