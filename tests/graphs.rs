//! Lattices that are graphs from files: compiled and counted against the same
//! Hamiltonian written out edge by edge, and monomials listed one by one.

use std::collections::{BTreeMap, BTreeSet};

use hamc::backend::yaml;
use hamc::diagnostics::{has_errors, render};
use hamc::exact::Rational;
use hamc::lower::{Files, Table, lower_with};
use hamc::model::Model;
use hamc::network::{Change, EvaluateOptions, Evaluator, dense, exact_energies};
use hamc::pipeline;
use hamc::simplify::Options;
use hamc::syntax::parse;

/// Edge lists and tables by their names.
struct Shelf {
    edges: String,
    couplings: Vec<f64>,
    on_sites: Vec<f64>,
}

impl Files for Shelf {
    fn table(&mut self, path: &str) -> Result<Table, String> {
        let values = if path == "J.csv" { self.couplings.clone() } else { self.on_sites.clone() };
        Ok(Table { shape: vec![values.len()], values, is_text: true, sha256: "0".repeat(64) })
    }

    fn text(&mut self, path: &str) -> Result<(String, String), String> {
        match path {
            "edges.csv" => Ok((self.edges.clone(), "1".repeat(64))),
            _ => Err("there is no such file".to_owned()),
        }
    }
}

struct Graph {
    sites: usize,
    edges: Vec<(usize, usize)>,
}

impl Graph {
    fn shelf(&self) -> Shelf {
        let lines: Vec<String> = self.edges.iter().map(|(from, to)| format!("{from},{to}")).collect();
        Shelf {
            edges: format!("from,to\n{}\n", lines.join("\n")),
            couplings: (0..self.edges.len()).map(number).collect(),
            on_sites: (0..self.sites).map(|at| number(at + 100)).collect(),
        }
    }

    fn joined(&self, a: usize, b: usize) -> bool {
        self.edges.iter().any(|&edge| edge == (a, b) || edge == (b, a))
    }
}

fn number(at: usize) -> f64 {
    ((at * 37 + at * at * 11 + 5) % 61) as f64 / 16.0 - 2.0
}

fn lowered(graph: &Graph, text: &str) -> Result<Model, String> {
    let (spec, diagnostics) = parse(text);
    assert!(!has_errors(&diagnostics), "{text}\n{}", render(&diagnostics, "it.ham", text, false));
    let (model, diagnostics) = lower_with(&spec, &mut graph.shelf());
    let found = render(&diagnostics, "it.ham", text, false);
    model.ok_or(found)
}

/// A triangle with a tail, a path, a star, a cycle with chords, two parts, the
/// complete graph of four sites, and a tree with as many edges as sites less one.
fn graphs() -> Vec<Graph> {
    let graph = |sites, edges: &[(usize, usize)]| Graph { sites, edges: edges.to_vec() };
    vec![
        graph(2, &[(1, 0)]),
        graph(5, &[(0, 1), (2, 1), (2, 0), (2, 3), (4, 3)]),
        graph(4, &[(0, 1), (1, 2), (2, 3)]),
        graph(5, &[(4, 0), (4, 1), (4, 2), (3, 4)]),
        graph(6, &[(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (5, 0), (0, 3), (1, 4), (2, 0)]),
        graph(7, &[(0, 1), (1, 2), (2, 0), (4, 5), (5, 6)]),
        graph(4, &[(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]),
    ]
}

/// What a spec's Hamiltonian is: from the values of the sites.
type Energy = fn(&Graph, &[Rational]) -> Rational;

fn edge_sum(graph: &Graph, term: impl Fn(usize, &Rational, &Rational) -> Rational, x: &[Rational]) -> Rational {
    let edges = graph.edges.iter().enumerate();
    edges.fold(Rational::ZERO, |sum, (at, &(a, b))| sum + term(at, &x[a], &x[b]))
}

fn exact(at: usize) -> Rational {
    Rational::from_f64(number(at)).unwrap()
}

const SPECS: [(&str, Energy); 5] = [
    (
        "field x : real in [-2, 2]\nH = sum<i,j>(1/2*(x[i] - x[j])^2 + x[i]^3*x[j]) + sum(i)(x[i]^4/4 - x[i]^2) + 7",
        |g, x| {
            let half = Rational::new(1, 2);
            let bonds = edge_sum(g, |_, a, b| &half * &(a - b).pow(2) + &a.pow(3) * b, x);
            let quarter = Rational::new(1, 4);
            bonds + x.iter().fold(Rational::from(7), |sum, x| sum + &x.pow(4) * &quarter - x.pow(2))
        },
    ),
    (
        "field x : spin\nparam J on bonds = file(\"J.csv\")\nparam h on sites = file(\"h.csv\")\n\
         H = -sum<i,j>(J[j, i]*x[i]*x[j]) - sum(i)(h[i]*x[i])",
        |g, x| {
            let bonds = edge_sum(g, |at, a, b| &exact(at) * &(a * b), x);
            let sites = x.iter().enumerate().fold(Rational::ZERO, |sum, (at, x)| sum + &exact(at + 100) * x);
            Rational::ZERO - bonds - sites
        },
    ),
    ("field x : bit\nH = sum<i,j>(x[i]*x[j]) - 3*sum(x)", |g, x| {
        edge_sum(g, |_, a, b| a * b, x) - x.iter().fold(Rational::ZERO, |sum, x| sum + &Rational::from(3) * x)
    }),
    // These need every site in one cell.
    ("field x : real in [-1, 1]\nH = sum(i)(lap(x, i)^2 + 2*grad2(x, i))", |g, x| {
        let mut laplacian = vec![Rational::ZERO; x.len()];
        for &(a, b) in &g.edges {
            laplacian[a] += &(&x[b] - &x[a]);
            laplacian[b] += &(&x[a] - &x[b]);
        }
        let squares = laplacian.iter().fold(Rational::ZERO, |sum, value| sum + value.pow(2));
        squares + edge_sum(g, |_, a, b| &Rational::from(2) * &(a - b).pow(2), x)
    }),
    ("field x : real in [-1, 1]\nH = sum<i,j>(x[i]*x[j])^2 + x[0]*x[1]", |g, x| {
        edge_sum(g, |_, a, b| a * b, x).pow(2) + &x[0] * &x[1]
    }),
];

#[test]
fn graphs_are_what_is_written_out() {
    for graph in graphs() {
        for (at, (text, energy)) in SPECS.iter().enumerate() {
            let text = format!("lattice graph(\"edges.csv\")\n{text}\n");
            let model = lowered(&graph, &text).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(model.frame.directions.is_empty(), at >= 3, "{text}");
            let circuit = pipeline::circuit(&model, Options::default(), &mut |_| {}).unwrap();
            let network = hamc::assemble::assemble(&model, &circuit, &hamc::assemble::Options::default()).unwrap();
            let mut load = |_: &str| Err("not asked for".to_owned());
            let again = yaml::read_with(&yaml::write(&network), &mut load).unwrap();
            assert_eq!(again, network, "{text}");
            pipeline::verify(&model, &again, 10).unwrap_or_else(|error| panic!("{text}{error}"));
            let points = hamc::analysis::sample::points(&model, 4, 1);
            let evaluators = [Evaluator::of_circuit(&model, &circuit).unwrap(), Evaluator::new(&again).unwrap()];
            let written = dense(&network).unwrap();
            for (row, point) in points.rows().into_iter().enumerate() {
                let point = point.to_vec();
                let values: Vec<Rational> = point.iter().map(|&value| Rational::from_f64(value).unwrap()).collect();
                let expected = energy(&graph, &values);
                assert_eq!(exact_energies(&model, &point).unwrap(), std::slice::from_ref(&expected), "{text}");
                let out = model.written_out(10_000).unwrap();
                assert_eq!(exact_energies(&out, &point).unwrap(), std::slice::from_ref(&expected), "{text}");
                let expected = expected.to_f64();
                for (evaluator, tolerance) in evaluators.iter().zip([1e-12, 2.0 * network.accuracy.total]) {
                    let found = evaluator.evaluate(points.view(), &EvaluateOptions::default()).unwrap()[(row, 0)];
                    assert!(
                        (found - expected).abs() <= tolerance * expected.abs().max(1.0),
                        "{text}{found} {expected}"
                    );
                    let updates = evaluator.updates();
                    for column in 0..point.len() {
                        let mut changed = point.clone();
                        changed[column] = if at == 2 { 1.0 - point[column] } else { -point[column] };
                        let change = updates.change(&point, column, changed[column]).unwrap()[0];
                        let values: Vec<Rational> = changed.iter().map(|&v| Rational::from_f64(v).unwrap()).collect();
                        let wanted = energy(&graph, &values).to_f64() - expected;
                        assert!((change - wanted).abs() <= tolerance * 100.0, "{text}{column}: {change} {wanted}");
                    }
                }
                assert!((written.evaluate(&point)[0] - expected).abs() < 1e-3, "{text}");
            }
            if at == 1 {
                let flips =
                    evaluators[0].differences(points.view(), Change::Flip, &EvaluateOptions::default()).unwrap();
                let single = evaluators[0].updates().change(&points.row(0).to_vec(), 1, -points[(0, 1)]).unwrap();
                assert_eq!(flips[(0, 0, 1)], single[0]);
            }
        }
    }
}

/// Exponents of the sites.
type Monomial = Vec<u32>;

fn monomials(sites: usize, degree: u32, highest: u32) -> Vec<Monomial> {
    let mut all: Vec<Monomial> = vec![Vec::new()];
    for _ in 0..sites {
        all = all
            .into_iter()
            .flat_map(|known| {
                let left = degree - known.iter().sum::<u32>();
                (0..=left.min(highest)).map(move |power| known.iter().copied().chain([power]).collect())
            })
            .collect();
    }
    all
}

fn permutations(sites: usize) -> Vec<Vec<usize>> {
    let mut all: Vec<Vec<usize>> = vec![Vec::new()];
    for _ in 0..sites {
        let longer = |known: Vec<usize>| {
            (0..sites).filter(|at| !known.contains(at)).map(|at| known.iter().copied().chain([at]).collect()).collect()
        };
        all = all.into_iter().flat_map(|known| -> Vec<Vec<usize>> { longer(known) }).collect();
    }
    all
}

#[test]
fn counts_are_those_of_a_list() {
    for graph in graphs().into_iter().filter(|graph| graph.sites <= 6) {
        for (kind, highest) in [("real in [-1, 1]", u32::MAX), ("spin", 1)] {
            let all = monomials(graph.sites, 4, highest);
            let is_local = |monomial: &&Monomial| {
                let support: Vec<usize> = (0..graph.sites).filter(|&site| monomial[site] > 0).collect();
                support.iter().all(|&a| support.iter().all(|&b| a == b || graph.joined(a, b)))
            };
            let local: Vec<&Monomial> = all.iter().filter(is_local).collect();
            let even: Vec<&&Monomial> = local.iter().filter(|m| m.iter().sum::<u32>() % 2 == 0).collect();
            let keeps = |to: &Vec<usize>| graph.edges.iter().all(|&(a, b)| graph.joined(to[a], to[b]));
            let group: Vec<Vec<usize>> = permutations(graph.sites).into_iter().filter(keeps).collect();
            let least = |monomial: &Monomial| -> Monomial {
                let images = group.iter().map(|to| (0..monomial.len()).map(|site| monomial[to[site]]).collect());
                images.min().unwrap()
            };
            let orbits: BTreeSet<Monomial> = even.iter().map(|monomial| least(monomial)).collect();
            let text = |symmetries: &str| {
                format!(
                    "lattice graph(\"edges.csv\")\nfield x : {kind}\nH = sum<i,j>(x[i]*x[j])\n\
                     degree 4\nlocality nearest_neighbor\nsymmetry {symmetries}\n"
                )
            };
            let count = |symmetries: &str| {
                let model = lowered(&graph, &text(symmetries)).unwrap_or_else(|error| panic!("{error}"));
                hamc::count::degrees_of_freedom(&model).unwrap()
            };
            let flipped = count("flip(x)");
            assert_eq!(flipped.all().to_string(), all.len().to_string());
            assert_eq!(flipped.local().to_string(), local.len().to_string(), "{:?}", graph.edges);
            assert_eq!(flipped.symmetric().to_string(), even.len().to_string(), "{:?}", graph.edges);
            let automorphic = count("graph_automorphism, flip(x)");
            assert_eq!(automorphic.symmetric().to_string(), orbits.len().to_string(), "{:?}", graph.edges);
        }
    }
}

/// Nothing grows faster than the edges: 60 000 of them in a moment.
#[test]
fn large_graphs_are_not_expanded() {
    let sites = 20_000;
    let mut edges = BTreeMap::new();
    for at in 0..60_000usize {
        let (a, b) = (at * 7919 % sites, (at * at + 3 * at + 1) % sites);
        if a != b {
            edges.entry((a.min(b), a.max(b))).or_insert(());
        }
    }
    let graph = Graph { sites: edges.keys().map(|edge| edge.1).max().unwrap() + 1, edges: edges.into_keys().collect() };
    let text = "lattice graph(\"edges.csv\")\nfield x : real in [-2, 2]\n\
                H = sum<i,j>((x[i] - x[j])^2) + sum(i)(x[i]^4)\nsymmetry flip(x)\nlocality nearest_neighbor\n";
    let model = lowered(&graph, text).unwrap();
    let circuit = pipeline::circuit(&model, Options::default(), &mut |_| {}).unwrap();
    assert_eq!(circuit.gates.len(), 3);
    let totals = circuit.totals(&model.frame);
    assert_eq!(totals[1].to_string(), (graph.edges.len() + 2 * graph.sites).to_string());
    let counted = hamc::count::degrees_of_freedom(&model).unwrap();
    assert!(counted.local() > counted.symmetric());
    let point: Vec<f64> = (0..graph.sites).map(|at| number(at) / 2.0).collect();
    let expected: f64 = graph.edges.iter().map(|&(a, b)| (point[a] - point[b]).powi(2)).sum::<f64>()
        + point.iter().map(|x| x.powi(4)).sum::<f64>();
    let inputs = ndarray::Array2::from_shape_vec((1, graph.sites), point).unwrap();
    let evaluator = Evaluator::of_circuit(&model, &circuit).unwrap();
    let found = evaluator.evaluate(inputs.view(), &EvaluateOptions::default()).unwrap()[(0, 0)];
    assert!((found - expected).abs() < 1e-9 * expected, "{found} {expected}");
}

#[test]
fn what_a_graph_cannot_be_is_refused() {
    let refused = |edges: &[(usize, usize)], text: &str, says: &str| {
        let graph = Graph { sites: 4, edges: edges.to_vec() };
        let text = format!("lattice graph(\"edges.csv\")\nfield x : real in [-1, 1]\n{text}\n");
        let error = lowered(&graph, &text).map(|_| ()).unwrap_err();
        assert!(error.contains(says), "{text}{error}");
    };
    let path = [(0, 1), (1, 2), (2, 3)];
    refused(&[(0, 1), (1, 0)], "H = sum(x)", "edges.csv: line 3: the edge 1, 0 stands on line 2 already");
    refused(&[(0, 1), (2, 2)], "H = sum(x)", "edges.csv: line 3: an edge from the site 2 to itself");
    refused(&path, "H = sum<<i,j>>(x[i]*x[j])", "a graph has no farther neighbours");
    refused(&path, "H = sum(i)(x[i+1])", "a graph has no directions to step along");
    refused(&path, "H = sum(x)\nsymmetry translation", "a graph has no geometry");
    refused(&path, "H = sum(x)\nlocality range 2", "the sites of a graph have no places");
    refused(&path, "H = x[0]*x[2]\nlocality nearest_neighbor", "not joined closely enough");
    refused(&path, "H = sum(x)\nfield y : spin on bonds", "fields do not live on the edges of a graph");
}
