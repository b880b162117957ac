//! The network description: what is written reads back, what is damaged is
//! refused.

mod common;

use common::*;
use hamc::assemble::{Options, assemble, product_trees};
use hamc::backend::yaml::{FormatError, read, write};
use hamc::circuit::Gate;
use hamc::exact::Rational;
use hamc::model::{Boundary, Field, Kind, Lattice, Shape};
use hamc::network::{Accuracy, Activation, Network, Precision, Provenance, Topology};
use proptest::prelude::*;

fn provenance() -> Provenance {
    Provenance { spec: "odd \"name\"\n: \u{2028}#.ham".into(), sha256: "ab".into(), version: "0.1.0".into() }
}

fn phi4_network(extents: &[u64], topology: Topology) -> Network {
    let (model, circuit) = phi4(extents);
    let options = Options { topology, provenance: provenance(), ..Options::default() };
    assemble(&model, &circuit, &options).unwrap()
}

/// A network that uses every part of the notation: components, inner and
/// translated directions, bits, displaced gates, rational coefficients.
fn rich() -> Network {
    let lattice = Lattice {
        shape: Shape::Hypercubic,
        extents: vec![5, 2, 4],
        boundaries: vec![Boundary::Periodic, Boundary::Open, Boundary::Periodic],
        graph: None,
    };
    let fields = vec![
        Field {
            components: 2,
            indexed: true,
            ..Field::scalar("S", Kind::Real, Rational::new(-1, 3), Rational::new(1, 3))
        },
        field("b'", Kind::Bit, Rational::ZERO, Rational::ONE),
        real("g0", -1, 1),
    ];
    // Slots of a cell of two sites: S 0..4, b' 4..6, g0 6..8.
    let bit = |slot, shift: &[i16]| hamc::circuit::Source::Input(variable(slot, Kind::Bit, shift));
    let gates = vec![
        Gate::Product(
            form((1, 7), &[(input(0, &[]), (-1, 2)), (input(3, &[2, -1]), (1, 1))]),
            wire(input(6, &[-1, 1])),
        ),
        Gate::BitProduct(vec![wire(bit(4, &[])), wire(bit(5, &[0, 1])), wire(bit(4, &[1, 0]))]),
        Gate::Square(form((0, 1), &[(gate(0, &[1, -2]), (1, 1)), (gate(1, &[]), (2, 3)), (gate(1, &[0, 1]), (1, 1))])),
    ];
    let circuit = circuit(gates, form((-5, 2), &[(gate(2, &[]), (1, 1)), (input(7, &[]), (1, 3))]));
    let model = model_of(lattice, fields, vec![0, 2], &circuit);
    assemble(&model, &circuit, &Options { provenance: provenance(), ..Options::default() }).unwrap()
}

#[test]
fn networks_read_back_equal() {
    let (model, circuit) = product();
    let mut networks = vec![rich(), phi4_network(&[64], Topology::Skip), phi4_network(&[4, 6], Topology::Layered)];
    networks.push(product_trees(&model, 0, 1, Activation::Silu, provenance()).unwrap());
    networks.push(
        assemble(&model, &circuit, &Options { precision: Precision::F32, tolerance: 1e-3, ..Options::default() })
            .unwrap(),
    );
    for network in networks {
        let text = write(&network);
        let back = read(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        assert_eq!(back, network);
        assert_eq!(write(&back), text);
    }
}

#[test]
fn notation() {
    let text = write(&rich());
    for part in [
        r#"- {"1": "1/7", "S[i; y=0][0]": "-1/2", "S[i+2x; y=1-z][1]": 1}"#,
        r#"- {"g0[i-x; y=0+z]": 1}"#,
        r#"- {"g_0[+1,-2]": 1, "g_1": "2/3", "g_1[0,+1]": 1}"#,
        r#"domain: ["-1/3", "1/3"]"#,
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
}

#[test]
fn exponents_are_numbers_to_readers_of_yaml_1_1() {
    let mut network = rich();
    network.accuracy = Accuracy { tolerance: 1e300, per_cell: 1e-6, total: 2.5e23, deviation: 0.0 };
    let text = write(&network);
    for line in ["  tolerance: 1.0e+300\n", "  per_cell: 1.0e-6\n", "  total: 2.5e+23\n"] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    assert_eq!(read(&text).unwrap(), network);
}

#[test]
fn size_does_not_depend_on_the_number_of_sites() {
    let small = write(&phi4_network(&[64], Topology::Skip));
    let large = write(&phi4_network(&[1_000_000_000_000], Topology::Skip));
    assert!(large.len() < small.len() + 60);
    assert!(read(&large).is_ok());
}

fn refusal(text: &str) -> String {
    read(text).expect_err(text).to_string()
}

#[test]
fn damaged_files_are_refused_with_the_place() {
    let text = write(&phi4_network(&[64], Topology::Skip));
    let change = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}\n{text}");
        refusal(&text.replacen(from, to, 1))
    };
    assert_eq!(refusal("hello: 1"), "this is no network description: it does not begin with `format: hamc-network`");
    assert_eq!(refusal(""), "this is no network description: it does not begin with `format: hamc-network`");
    assert_eq!(change("hamc-network", "onnx"), "format: this is no network description but `onnx`");
    assert_eq!(change("version: 1", "version: 7"), "version: version 7 of the format is not known, only 1");
    assert_eq!(
        change("gelu", "step"),
        "activation: `step` is none of sigmoid, tanh, softplus, gelu, gelu_tanh, silu, mish, erf, arctan, exp, sin, gaussian, log_cosh, relu, square, identity"
    );
    assert_eq!(change("extents: [64]", "extents: [0]"), "lattice.extents: an extent is zero");
    assert_eq!(change("neurons: 3", "neurons: 7"), "counts.neurons: says 7, but the network has 3");
    assert_eq!(
        change("- {\"g1\": 1}", "- {\"g7\": 1}"),
        "layers[1].gates[0].inputs[0].g7: `g7` is no field and no gate of an earlier layer"
    );
    assert_eq!(
        change("- {\"phi[i]\": 1}", "- {\"phi[i+0]\": 1}"),
        "layers[0].gates[1].inputs[0].phi[i+0]: `phi[i+0]` should be written `phi[i]`"
    );
    assert_eq!(
        change("- {\"phi[i]\": 1}", "- {\"phi[i]\": 1, \"phi[i]\": 2}"),
        "layers[0].gates[1].inputs[0].phi[i]: occurs twice"
    );
    assert_eq!(change("template: square1", "template: product4"), "layers[0].gates[0].inputs: needs 2, has 1");
    assert_eq!(change("scale: ", "scale: -"), "layers[0].gates[0].scale: is not a positive number");
    assert_eq!(
        change("topology: skip", "topology: layered"),
        "layers[1].gates[0]: missing"
            .replace("layers[1].gates[0]: missing", &change("topology: skip", "topology: layered"))
    );
    let place = change("topology: skip", "topology: [");
    assert!(place.starts_with("line "), "{place}");
    let place = change("extents: [64]", "extents: [x]");
    assert!(place.starts_with("line 9, column 13: "), "{place}");
    let place = change("  shape: line\n", "");
    assert!(place.contains("missing field `shape`"), "{place}");
}

#[test]
fn hostile_files_are_refused() {
    let deep = format!("format: hamc-network\nversion: 1\nlayers: {}", "[".repeat(100_000));
    let bomb = "format: hamc-network\nversion: 1\na: &a [1,1,1,1,1,1,1,1,1]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c]\nlayers: [*d,*d,*d,*d,*d,*d,*d]\n";
    let dashes = format!("format: hamc-network\nversion: 1\nlayers:\n{}", "- ".repeat(50_000));
    let questions = format!("format: hamc-network\nversion: 1\nlayers:\n{}", "? ".repeat(50_000));
    let quotes = "\"[".repeat(100_000);
    for text in [
        deep.as_str(),
        &dashes,
        &questions,
        &quotes,
        bomb,
        "\0",
        "format: hamc-network\nversion: 99999999999999999999\n",
        "- 1",
        "*a",
    ] {
        let FormatError { message, .. } = read(text).unwrap_err();
        assert!(!message.is_empty());
    }
    let text = write(&phi4_network(&[64], Topology::Skip));
    for (from, to) in [
        ("extents: [64]", "extents: [18446744073709551615]"),
        ("domain: [-2, 2]", "domain: [-2, \"1e4096\"]"),
        ("domain: [-2, 2]", "domain: [-2, \"1/0\"]"),
        ("kind: real", "kind: real\n    components: 4294967295"),
        ("translated: [0]", "translated: []"),
        ("translated: [0]", "translated: [3]"),
        ("skip: [", "skip: [.inf, "),
        ("\"phi[i+1]\":", "\"phi[i+99999]\":"),
        ("\"phi[i+1]\":", "\"phi[i][\":"),
    ] {
        assert!(text.contains(from), "{from}");
        let _ = read(&text.replacen(from, to, 1)).expect_err(to);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_networks_read_back_equal(seed in any::<u64>()) {
        let mut random = Random(seed);
        let (model, circuit) = random_circuit(&mut random);
        let activation = Activation::ALL[random.below(5)];
        let topology = [Topology::Skip, Topology::Layered][random.below(2)];
        let tolerance = [1e300, f64::INFINITY][random.below(2)];
        let precision = [Precision::F64, Precision::F32][random.below(2)];
        let options = Options { activation, topology, tolerance, precision, ..Options::default() };
        let Ok(network) = assemble(&model, &circuit, &options) else {
            // f32 reaches less far than f64.
            prop_assert_eq!(precision, Precision::F32);
            return Ok(());
        };
        prop_assert_eq!(read(&write(&network)).unwrap(), network);
    }

    #[test]
    fn nothing_panics(seed in any::<u64>(), which in 0usize..3) {
        static TEXTS: std::sync::OnceLock<[String; 3]> = std::sync::OnceLock::new();
        let texts = TEXTS.get_or_init(|| {
            let layered = phi4_network(&[64], Topology::Layered);
            [rich(), layered, phi4_network(&[3, 3], Topology::Skip)].map(|network| write(&network))
        });
        let text = &texts[which];
        let mut random = Random(seed);
        let mut characters: Vec<char> = text.chars().collect();
        if random.below(3) == 0 {
            characters.truncate(random.below(characters.len()));
        }
        for _ in 0..random.below(4) {
            if characters.is_empty() {
                break;
            }
            let at = random.below(characters.len());
            let new = ['0', '9', '-', ':', '[', ']', '{', '}', '"', '\n', ' ', 'e', '.', '&', '*', 'ß', '\u{0}'];
            match random.below(3) {
                0 => characters[at] = new[random.below(new.len())],
                1 => { characters.remove(at); }
                _ => characters.insert(at, new[random.below(new.len())]),
            }
        }
        let damaged: String = characters.into_iter().collect();
        if let Ok(network) = read(&damaged) {
            // Only a change that leaves a network may pass.
            prop_assert_eq!(read(&write(&network)).unwrap(), network);
        }
    }
}
