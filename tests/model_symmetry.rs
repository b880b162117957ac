//! Generators of symmetries, as actions on variables and polynomials.

use hamc::lower::lower;
use hamc::model::{Change, Model, Monomial, Polynomial, Symmetry, generators};
use hamc::syntax::parse;

fn model(text: &str) -> Model {
    let (spec, _) = parse(text);
    lower(&spec).0.expect("a correct spec")
}

/// The images of the first energy under every generator.
fn images(text: &str, symmetry: &Symmetry) -> Vec<String> {
    let model = model(text);
    let actions = generators(&model, symmetry).expect("a symmetry of the lattice");
    let polynomial = &model.energies[0].polynomial;
    actions
        .iter()
        .map(|action| {
            let image = action.apply(&model, polynomial);
            format!("{}: {}", action.name, image.display(|variable| model.variable_name(variable)))
        })
        .collect()
}

#[test]
fn point_groups_act_on_offsets() {
    let text = "lattice square(8)\nfield s : spin\nH = sum(i)(s[i]*s[i+x+2y])";
    assert_eq!(
        images(text, &Symmetry::PointGroup(None)),
        ["reversal of x: s[i]*s[i+x-2y]", "reversal of y: s[i]*s[i+x-2y]", "exchange of x and y: s[i]*s[i+2x+y]",]
    );
}

#[test]
fn open_directions_are_reversed_about_the_middle() {
    let text = "lattice chain(4)\nfield s : spin\nH = s[0]*s[1] + s[0]";
    assert_eq!(images(text, &Symmetry::Reflection), ["reversal of x: s[2]*s[3] + s[3]"]);
}

#[test]
fn translations_and_permutations_of_a_single_cell() {
    let text = "lattice ring(4)\nfield s : spin\nH = s[0]*s[3]";
    assert_eq!(images(text, &Symmetry::Translation), ["translation along x: s[0]*s[1]"]);
    assert_eq!(
        images(text, &Symmetry::Permutation),
        ["exchange of site 0 and site 1: s[1]*s[3]", "cycle of site 0 to site 3: s[0]*s[1]"]
    );
    let text = "field x[3], y[3] : real in [0, 1]\nH = x[0]*y[1]";
    assert_eq!(
        images(text, &Symmetry::Permutation),
        ["exchange of index 0 and index 1: x[1]*y[0]", "cycle of index 0 to index 2: x[1]*y[2]"]
    );
}

#[test]
fn flips() {
    assert_eq!(images("field x, y : real in [-1, 1]\nH = x^3*y", &Symmetry::Flip(0)), ["flip of x: -x^3*y"]);
    assert_eq!(images("field a, b : bit\nH = a*b", &Symmetry::Flip(0)), ["flip of a: -a*b + b"]);
    let model = model("field a, b : bit\nH = a*b");
    let flip = &generators(&model, &Symmetry::Flip(0)).expect("a flip")[0];
    let a = model.energies[0].polynomial.variables()[0];
    assert!(flip.complements(&model));
    assert_eq!(flip.image(&model, a), Some((a, Change::Complemented)));
    assert_eq!(flip.monomial(&model, &Monomial::variable(a)), None);
}

/// Every generator has finite order, and keeps the degree and the constant.
#[test]
fn generators_are_permutations_with_signs() {
    for (text, symmetry) in [
        ("lattice cubic(4)\nfield s, t : spin\nH = sum(i)(s[i]*t[i+x-2z] + s[i]*s[i+x+y])", Symmetry::PointGroup(None)),
        ("lattice square(3, 4) open y\nfield s : spin\nH = sum(i)(s[i]*s[i+x+y])", Symmetry::Reflection),
        ("lattice complete(5)\nfield s : spin\nH = s[0]*s[1]*s[3]", Symmetry::Permutation),
    ] {
        let model = model(text);
        for action in generators(&model, &symmetry).expect("a symmetry of the lattice") {
            let start = model.energies[0].polynomial.clone();
            let mut image: Polynomial = start.clone();
            let mut order = 0;
            while order < 60 {
                image = action.apply(&model, &image);
                assert_eq!(image.len(), start.len());
                assert_eq!(image.degree(), start.degree());
                order += 1;
                if image == start {
                    break;
                }
            }
            assert!(order < 60, "{}", action.name);
        }
    }
}

#[test]
fn distances_are_the_least_over_images() {
    let model = model("lattice square(6, 4) open y\nfield s : spin\nH = sum(i)(s[i]*s[i+2x+3y]) + s[0, 0]*s[5, 3]");
    let mut squares: Vec<u64> = model.energies[0]
        .polynomial
        .terms()
        .iter()
        .map(|(monomial, _)| model.squared_distance(monomial.factors()[0].variable, monomial.factors()[1].variable))
        .collect();
    squares.sort_unstable();
    squares.dedup();
    assert_eq!(squares, [10, 13]);
}
