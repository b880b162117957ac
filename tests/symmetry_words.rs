//! Symmetries and localities as words of the language.

use hamc::diagnostics::{has_errors, render};
use hamc::lower::lower;
use hamc::model::{Locality, Model, Symmetry, Vector};
use hamc::syntax::{parse, print};

fn lowered(text: &str) -> Result<Model, String> {
    let (spec, mut diagnostics) = parse(text);
    let printed = print(&spec);
    assert_eq!(print(&parse(&printed).0), printed, "{text}");
    let (model, more) = lower(&spec);
    diagnostics.extend(more);
    match model.filter(|_| !has_errors(&diagnostics)) {
        Some(model) => Ok(model),
        None => Err(render(&diagnostics, "spec.ham", text, false)),
    }
}

fn symmetries(head: &str, words: &str) -> Vec<Symmetry> {
    let text = format!("{head}\nH = generic\ndegree 2\nsymmetry {words}\n");
    lowered(&text).unwrap_or_else(|error| panic!("{error}")).symmetries
}

#[test]
fn words_of_space() {
    let square = "lattice square(6, 6)\nfield s : spin";
    let p4m = vec![Symmetry::Translation, Symmetry::PointGroup(Some("D4".into()))];
    assert_eq!(symmetries(square, "p4m"), p4m);
    assert_eq!(symmetries(square, "space_group(p4m)"), p4m);
    assert_eq!(symmetries(square, "translation, space_group(\"p4m\")"), p4m);
    assert_eq!(symmetries(square, "point_group(4)"), [Symmetry::PointGroup(Some("4".into()))]);
    let found = symmetries(square, "translation, map(-y, x + 2), map(x, -y)");
    let Symmetry::Motion(motion) = &found[1] else { panic!("a motion") };
    assert_eq!(motion.name, "map(-y, x + 2)");
    assert_eq!((motion.matrix.clone(), motion.shift.clone()), (vec![vec![0, -1], vec![1, 0]], vec![0, 2]));
    let fcc = "lattice fcc(4, 4, 4)\nfield s : spin";
    let cubic = vec![Symmetry::Translation, Symmetry::PointGroup(Some("Oh".into()))];
    assert_eq!(symmetries(fcc, "space_group(\"Fm-3m\")"), cubic);
    assert_eq!(symmetries("lattice chain(5)\nfield s : spin", "uniform, reflection").len(), 2);
    let torus = "lattice square(4, 4)\nfield s : spin";
    assert_eq!(symmetries(torus, "graph_automorphism"), [Symmetry::GraphAutomorphism]);
}

#[test]
fn words_of_values() {
    let vectors = "lattice cubic(4, 4, 4)\nfield S[3], T[3] : real in [-1, 1]\nfield x, y, z : real in [-1, 1]";
    let field = Vector::Field;
    assert_eq!(
        symmetries(vectors, "rotation(S, T, (x, y, z), proper)"),
        [Symmetry::Rotation { vectors: vec![field(0), field(1), Vector::Scalars(vec![2, 3, 4])], proper: true }]
    );
    assert_eq!(
        symmetries(vectors, "rotation(x, y)"),
        [Symmetry::Rotation { vectors: vec![Vector::Scalars(vec![2, 3])], proper: false }]
    );
    assert_eq!(
        symmetries(vectors, "point_group, rotation(S, locked, axial)")[1],
        Symmetry::Locked { field: 0, axial: true }
    );
    let phi = "lattice ring(8)\nfield phi : complex in [-1, 1]";
    assert_eq!(symmetries(phi, "cyclic(phi, 3)"), [Symmetry::Cyclic { fields: vec![0], order: 3 }]);
    assert_eq!(symmetries(phi, "u1(phi)"), [Symmetry::Rotation { vectors: vec![field(0)], proper: true }]);
    let four = "field p[4], q[4] : real in [-1, 1]";
    assert_eq!(
        symmetries(four, "lorentz(p, q, parity)"),
        [Symmetry::Lorentz { vectors: vec![field(0), field(1)], parity: true }]
    );
    let links = "lattice square(4, 4)\nfield s : spin on bonds";
    assert_eq!(
        symmetries(links, "gauge(s, contractible)"),
        [Symmetry::Gauge { field: 0, contractible: true, matter: Vec::new() }]
    );
}

#[test]
fn explicit_hamiltonians_have_their_symmetries() {
    for text in [
        "lattice square(6, 6)\nfield S[3] : real in [-1, 1]\n\
         H = sum<i,j>(dot(S[i], S[j])) + sum(i)(dot(S[i], S[i])^2)\nsymmetry p4m, rotation(S), flip(S)",
        "lattice triangular(6, 6)\nfield s : spin\nH = sum<i,j>(s[i]*s[j])\nsymmetry p6m, flip(s)",
        "lattice kagome(4, 4)\nfield s : spin\nH = sum<i,j>(s[i]*s[j])\nsymmetry p6m\nlocality nearest_neighbor",
        "field t, x, y, z : real in [-1, 1]\nH = (t^2 - x^2 - y^2 - z^2)^2\nsymmetry lorentz(t, x, y, z, parity)",
        "lattice square(4, 4)\nfield s : spin\nH = sum plaquette(i,j,k,l)(s[i]*s[j]*s[k]*s[l])\n\
         locality plaquette, range sqrt(2), bodies 4, window 2, connected\nsymmetry p4m",
        "lattice chain(6)\nfield s : spin\nH = sum<i,j>(s[i]*s[j])\nsymmetry uniform, reflection",
    ] {
        if let Err(error) = lowered(text) {
            panic!("{error}");
        }
    }
}

/// Sets of sites that each locality admits, on a square torus.
#[test]
fn localities_of_sets() {
    let text = "lattice square(8, 8)\nfield s : spin\nH = generic\ndegree 4\n\
                locality shell 2, graph_radius 3, window 4, connected, plaquette, bodies 4, pairs\nconstant off\n";
    let model = lowered(text).unwrap_or_else(|error| panic!("{error}"));
    assert!(!model.constant);
    assert_eq!(model.localities.len(), 7);
    let admits = |locality: Locality, sites: &[[i64; 2]]| {
        let sites: Vec<(Vec<i64>, usize)> = sites.iter().map(|site| (site.to_vec(), 0)).collect();
        locality.admits_sites(&model.lattice, &sites)
    };
    assert!(admits(Locality::Shell(2), &[[0, 0], [7, 7]]));
    assert!(!admits(Locality::Shell(2), &[[0, 0], [2, 0]]));
    assert!(admits(Locality::GraphRadius(3), &[[0, 0], [7, 6]]));
    assert!(!admits(Locality::GraphRadius(3), &[[0, 0], [2, 2]]));
    assert!(admits(Locality::Window(4), &[[6, 0], [7, 0], [1, 3]]));
    assert!(!admits(Locality::Window(4), &[[6, 0], [7, 0], [2, 3]]));
    assert!(admits(Locality::Connected, &[[0, 0], [0, 1], [0, 2]]));
    assert!(!admits(Locality::Connected, &[[0, 0], [1, 1]]));
    assert!(admits(Locality::Plaquette, &[[7, 7], [0, 0], [7, 0]]));
    assert!(!admits(Locality::Plaquette, &[[0, 0], [0, 2]]));
    assert!(admits(Locality::Bodies(2), &[[0, 0], [8, 8], [3, 4]]));
}
