//! Every shipped spec through the built binary, against energies written down
//! here by hand; and what the README promises of the compiler.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

fn hamc(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_hamc")).current_dir(folder).args(arguments).output().unwrap()
}

/// The stdout of a command that has to succeed.
fn succeed(folder: &Path, arguments: &[&str]) -> String {
    let output = hamc(folder, arguments);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "hamc {arguments:?}: {}\n{errors}", output.status);
    String::from_utf8(output.stdout).unwrap()
}

fn json(folder: &Path, arguments: &[&str]) -> Value {
    serde_json::from_str(&succeed(folder, arguments)).unwrap()
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// A count, which is a string where it is large.
fn count(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| value.as_str().unwrap().parse().unwrap())
}

fn specs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("specs")
}

/// Reproducible pseudo-random numbers (splitmix64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// The values that a variable takes.
#[derive(Clone, Copy)]
enum Domain {
    Real(f64),
    Spin,
    Bit,
}

const SAMPLES: usize = 40;

fn samples(domain: Domain, variables: usize) -> Vec<Vec<f64>> {
    let mut random = Random(variables as u64);
    let mut value = |corner: bool| match domain {
        Domain::Real(limit) if corner => limit * (1.0 - 2.0 * (random.next() & 1) as f64),
        Domain::Real(limit) => limit * (2.0 * random.unit() - 1.0),
        Domain::Spin => 1.0 - 2.0 * (random.next() & 1) as f64,
        Domain::Bit => (random.next() & 1) as f64,
    };
    (0..SAMPLES).map(|row| (0..variables).map(|_| value(row % 4 == 0)).collect()).collect()
}

/// A .npy file of doubles.
fn npy(rows: &[Vec<f64>]) -> Vec<u8> {
    let shape = format!("({}, {})", rows.len(), rows[0].len());
    let mut header = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}");
    while (10 + header.len() + 1) % 64 != 0 {
        header.push(' ');
    }
    header.push('\n');
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(rows.iter().flatten().flat_map(|value| value.to_le_bytes()));
    bytes
}

/// The doubles of a .npy file.
fn from_npy(bytes: &[u8]) -> Vec<f64> {
    let header = u16::from_le_bytes([bytes[8], bytes[9]]) as usize;
    bytes[10 + header..].chunks_exact(8).map(|chunk| f64::from_le_bytes(chunk.try_into().unwrap())).collect()
}

fn csv(rows: &[Vec<f64>]) -> String {
    rows.iter().map(|row| row.iter().map(f64::to_string).collect::<Vec<_>>().join(",") + "\n").collect()
}

/// Everything that holds of a shipped spec: it is correct and formatted, can
/// be counted, compiled (twice to the same bytes), verified and compared, and
/// its network is within 1e-6 of the energies given by `energy`.
fn holds(name: &str, domain: Domain, variables: usize, energy: impl Fn(&[f64]) -> Vec<f64>) {
    let folder = folder();
    let folder = folder.path();
    let spec = specs().join(format!("{name}.ham"));
    let spec = spec.to_str().unwrap();
    succeed(folder, &["check", spec]);
    succeed(folder, &["fmt", "--check", spec]);

    let dof = json(folder, &["dof", "--json", spec]);
    assert_eq!(dof["variables"], variables.to_string());
    let steps = dof["steps"].as_array().unwrap();
    let names: Vec<&str> = steps.iter().map(|step| step["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["all", "local", "symmetric"]);
    let counts: Vec<u128> = names.iter().map(|name| dof[*name].as_str().unwrap().parse().unwrap()).collect();
    assert!(counts[0] >= counts[1] && counts[1] >= counts[2] && counts[2] > 0, "{counts:?}");

    succeed(folder, &["compile", spec]);
    succeed(folder, &["compile", spec, "-o", "again.net.yaml"]);
    let network = format!("{name}.net.yaml");
    let bytes = std::fs::read(folder.join(&network)).unwrap();
    assert_eq!(bytes, std::fs::read(folder.join("again.net.yaml")).unwrap(), "same spec, same bytes");

    let verified = json(folder, &["verify", "--json", "--samples", "200", spec, &network]);
    assert_eq!(verified["ok"], true);
    assert!(verified["max_error"].as_f64().unwrap() <= 1e-6);

    let rows = json(folder, &["compare", "--json", "--samples", "20", spec]);
    let rows = rows["rows"].as_array().unwrap();
    let compiled = rows.iter().find(|row| row["kind"] == "measured").expect("a measured row");
    assert!(compiled["max_error"].as_f64().unwrap() <= 1e-6);
    for row in rows {
        assert!(["bound", "constructed", "measured"].contains(&row["kind"].as_str().unwrap()));
    }

    let points = samples(domain, variables);
    std::fs::write(folder.join("points.npy"), npy(&points)).unwrap();
    std::fs::write(folder.join("points.csv"), csv(&points)).unwrap();
    succeed(folder, &["eval", &network, "-i", "points.npy", "-o", "energies.npy"]);
    succeed(folder, &["eval", &network, "-i", "points.csv", "-o", "energies.csv"]);
    let energies = from_npy(&std::fs::read(folder.join("energies.npy")).unwrap());
    let text = std::fs::read_to_string(folder.join("energies.csv")).unwrap();
    let again: Vec<f64> =
        text.lines().skip(1).flat_map(|line| line.split(',').map(|cell| cell.parse::<f64>().unwrap())).collect();
    assert_eq!(energies, again, "both formats hold the same doubles");
    let exact: Vec<f64> = points.iter().flat_map(|point| energy(point)).collect();
    assert_eq!(exact.len(), energies.len());
    for (computed, exact) in energies.iter().zip(&exact) {
        assert!((computed - exact).abs() <= 1e-6, "{name}: {computed} instead of {exact}");
    }
}

/// The pairs of neighbours of a periodic lattice, and their number of sites.
fn torus(extents: &[usize]) -> (usize, Vec<(usize, usize)>) {
    let sites: usize = extents.iter().product();
    let mut pairs = Vec::new();
    for site in 0..sites {
        let mut stride = sites;
        for extent in extents {
            stride /= extent;
            let coordinate = site / stride % extent;
            let next = site - coordinate * stride + (coordinate + 1) % extent * stride;
            pairs.push((site, next));
        }
    }
    (sites, pairs)
}

/// The sum over pairs of neighbours plus the sum over sites.
fn lattice_energy(extents: &[usize], bond: impl Fn(usize, usize) -> f64, site: impl Fn(usize) -> f64) -> f64 {
    let (sites, pairs) = torus(extents);
    pairs.into_iter().map(|(i, j)| bond(i, j)).sum::<f64>() + (0..sites).map(site).sum::<f64>()
}

fn square(x: f64) -> f64 {
    x * x
}

#[test]
fn clock_bits() {
    holds("clock_bits", Domain::Bit, 6, |b| {
        let no = |k: usize| 1.0 - b[k];
        vec![
            b[0] * b[1] * b[2]
                + 2.0 * no(0) * b[3] * b[4]
                + 3.0 * no(1) * no(3) * b[5]
                + b[2] * no(4) * no(5)
                + 5.0 * b.iter().product::<f64>(),
        ]
    });
}

#[test]
fn fput() {
    holds("fput", Domain::Real(1.0), 64, |x| {
        let (p, q) = x.split_at(32);
        let spring = |r: f64| r * r / 2.0 + r * r * r / 12.0 + square(r * r) / 8.0;
        vec![lattice_energy(&[32], |i, j| spring(q[j] - q[i]), |i| p[i] * p[i] / 2.0)]
    });
}

#[test]
fn free_field() {
    holds("free_field", Domain::Real(3.0), 64, |phi| {
        vec![lattice_energy(&[8, 8], |i, j| square(phi[i] - phi[j]) / 2.0, |i| 0.05 * square(phi[i]))]
    });
}

#[test]
fn generic_chain() {
    holds("generic_chain", Domain::Real(1.0), 10, |phi| {
        // One energy for each coupling, in any order that names them.
        let one = lattice_energy(&[10], |_, _| 0.0, |_| 1.0);
        let field = lattice_energy(&[10], |_, _| 0.0, |i| phi[i]);
        let bond = lattice_energy(&[10], |i, j| phi[i] * phi[j], |_| 0.0);
        let mass = lattice_energy(&[10], |_, _| 0.0, |i| square(phi[i]));
        vec![one, field, mass, bond]
    });
}

#[test]
fn heisenberg() {
    holds("heisenberg", Domain::Real(1.0), 192, |s| {
        let dot = |i: usize, j: usize| (0..3).map(|a| s[3 * i + a] * s[3 * j + a]).sum::<f64>();
        vec![-lattice_energy(&[4, 4, 4], dot, |_| 0.0)]
    });
}

#[test]
fn henon_heiles() {
    holds("henon_heiles", Domain::Real(1.0), 4, |v| {
        let (x, y) = (v[2], v[3]);
        vec![v.iter().map(|v| v * v).sum::<f64>() / 2.0 + x * x * y - y * y * y / 3.0]
    });
}

#[test]
fn gauge_z2() {
    holds("gauge_z2", Domain::Spin, 32, |s| {
        // Two bonds a site: along x, then along y.
        let bond = |x: usize, y: usize, along: usize| s[2 * (4 * (x % 4) + y % 4) + along];
        let plaquette = |x, y| bond(x, y, 0) * bond(x + 1, y, 1) * bond(x, y + 1, 0) * bond(x, y, 1);
        vec![-(0..16).map(|at| plaquette(at / 4, at % 4)).sum::<f64>()]
    });
}

#[test]
fn higgs_u1() {
    holds("higgs_u1", Domain::Real(1.0), 32, |values| {
        let (phi, link) = values.split_at(16);
        let square = |i: usize| square(phi[2 * i]) + square(phi[2 * i + 1]);
        let hop = |i: usize, j: usize| {
            // conj(phi_i) * U, then the real part of that times phi_j.
            let (a, b, c, d) = (phi[2 * i], -phi[2 * i + 1], link[2 * i], link[2 * i + 1]);
            let (re, im) = (a * c - b * d, a * d + b * c);
            -(re * phi[2 * j] - im * phi[2 * j + 1])
        };
        let potential = |i: usize| square(i) + (square(i) - 1.0).powi(2) / 4.0;
        vec![lattice_energy(&[8], hop, potential)]
    });
}

#[test]
fn ising_bits() {
    holds("ising_bits", Domain::Bit, 16, |b| {
        let s = |i: usize| 2.0 * b[i] - 1.0;
        vec![lattice_energy(&[16], |i, j| -s(i) * s(j), |i| -s(i) / 4.0)]
    });
}

#[test]
fn ising_ring() {
    holds("ising_ring", Domain::Spin, 32, |s| vec![lattice_energy(&[32], |i, j| -s[i] * s[j], |i| -0.3 * s[i])]);
}

#[test]
fn ising_square() {
    holds("ising_square", Domain::Spin, 64, |s| vec![lattice_energy(&[8, 8], |i, j| -s[i] * s[j], |_| 0.0)]);
}

#[test]
fn ising_triangular() {
    holds("ising_triangular", Domain::Spin, 36, |s| {
        let at = |x: i64, y: i64| s[(6 * x.rem_euclid(6) + y.rem_euclid(6)) as usize];
        let mut energy = 0.0;
        for (x, y) in (0..36).map(|i| (i / 6, i % 6)) {
            // Cell vectors at 60 degrees: x - y is as short as x and y, and
            // x + y, 2x - y, 2y - x are the next.
            energy += at(x, y) * (at(x + 1, y) + at(x, y + 1) + at(x + 1, y - 1));
            energy -= at(x, y) * (at(x + 1, y + 1) + at(x + 2, y - 1) + at(x - 1, y + 2)) / 4.0;
        }
        vec![energy]
    });
}

#[test]
fn mean_field() {
    holds("mean_field", Domain::Spin, 12, |s| {
        let total: f64 = s.iter().sum();
        vec![-(total * total - 12.0) / 24.0 - 0.1 * total]
    });
}

#[test]
fn motzkin() {
    holds("motzkin", Domain::Real(1.0), 2, |v| {
        let (a, b) = (square(v[0]), square(v[1]));
        vec![a * a * b + a * b * b - 3.0 * a * b + 1.0]
    });
}

#[test]
fn phi4_chain() {
    holds("phi4_chain", Domain::Real(2.0), 16, |phi| {
        let bonds: f64 = phi.windows(2).map(|pair| square(pair[0] - pair[1]) / 2.0).sum();
        vec![bonds + phi.iter().map(|x| (square(x * x) - x * x) / 4.0).sum::<f64>()]
    });
}

#[test]
fn phi4_cubic() {
    holds("phi4_cubic", Domain::Real(1.0), 216, |phi| {
        let potential = |i: usize| square(square(phi[i])) / 4.0 - square(phi[i]) / 2.0;
        vec![lattice_energy(&[6, 6, 6], |i, j| square(phi[i] - phi[j]) / 2.0, potential)]
    });
}

#[test]
fn phi4_ring() {
    holds("phi4_ring", Domain::Real(2.0), 64, |phi| {
        let potential = |i: usize| square(square(phi[i])) / 4.0 - square(phi[i]) / 4.0;
        vec![lattice_energy(&[64], |i, j| square(phi[i] - phi[j]) / 2.0, potential)]
    });
}

#[test]
fn phi4_square() {
    holds("phi4_square", Domain::Real(1.5), 256, |phi| {
        let potential = |i: usize| square(square(phi[i])) / 4.0 - square(phi[i]) / 2.0;
        vec![lattice_energy(&[16, 16], |i, j| square(phi[i] - phi[j]) / 2.0, potential)]
    });
}

#[test]
fn product32() {
    holds("product32", Domain::Real(1.0), 32, |x| vec![x.iter().product()]);
}

#[test]
fn quartic_force_field() {
    holds("quartic_force_field", Domain::Real(1.0), 3, |q| {
        let (x, y, z) = (q[0], q[1], q[2]);
        let (a, b, c) = (x * x, y * y, z * z);
        vec![
            (3.83 * a + 1.65 * b + 3.94 * c) / 2.0
                + (-1.82 * a * x - 0.27 * b * y) / 6.0
                + (0.31 * x * b - 1.79 * x * c + 0.15 * a * y + 0.24 * y * c) / 2.0
                + (0.77 * a * a - 0.12 * b * b + 0.78 * c * c) / 24.0
                + (-0.31 * a * b + 0.76 * a * c - 0.36 * b * c) / 4.0,
        ]
    });
}

#[test]
fn robinson() {
    holds("robinson", Domain::Real(1.0), 3, |v| {
        let (a, b, c) = (v[0] * v[0], v[1] * v[1], v[2] * v[2]);
        let mixed = a * a * b + a * b * b + a * a * c + a * c * c + b * b * c + b * c * c;
        vec![a * a * a + b * b * b + c * c * c - mixed + 3.0 * a * b * c]
    });
}

#[test]
fn spin_glass() {
    const COUPLINGS: &[(usize, usize, f64)] = &[
        (0, 1, -0.62),
        (0, 3, 1.17),
        (0, 6, -0.08),
        (1, 2, 0.94),
        (1, 4, -1.31),
        (1, 7, 0.45),
        (2, 3, -0.77),
        (2, 5, 0.29),
        (3, 4, 1.52),
        (3, 7, -0.36),
        (4, 5, 0.81),
        (4, 6, -1.05),
        (5, 6, 0.53),
        (5, 7, -0.19),
        (6, 7, 0.68),
    ];
    holds("spin_glass", Domain::Spin, 8, |s| vec![COUPLINGS.iter().map(|&(i, j, k)| k * s[i] * s[j]).sum()]);
}

#[test]
fn xy() {
    holds("xy", Domain::Real(1.2), 72, |s| {
        let dot = |i: usize, j: usize| s[2 * i] * s[2 * j] + s[2 * i + 1] * s[2 * j + 1];
        vec![lattice_energy(&[6, 6], |i, j| -dot(i, j), |i| 2.0 * square(dot(i, i) - 1.0))]
    });
}

#[test]
fn edwards_anderson() {
    let couplings = from_npy(&std::fs::read(specs().join("edwards_anderson.npy")).unwrap());
    holds("edwards_anderson", Domain::Spin, 256, |s| {
        let bond = |x: usize, y: usize| {
            let at = 16 * x + y;
            let here =
                couplings[2 * at] * s[16 * ((x + 1) % 16) + y] + couplings[2 * at + 1] * s[16 * x + (y + 1) % 16];
            -s[at] * here
        };
        vec![(0..16).flat_map(|x| (0..16).map(move |y| (x, y))).map(|(x, y)| bond(x, y)).sum()]
    });
}

#[test]
fn random_field() {
    let text = std::fs::read_to_string(specs().join("random_field.csv")).unwrap();
    let field: Vec<f64> =
        text.lines().filter(|line| !line.starts_with('#')).map(|line| line.parse().unwrap()).collect();
    holds("random_field", Domain::Spin, 32, |s| {
        let bonds: f64 = (1..32).map(|i| -s[i - 1] * s[i]).sum();
        vec![bonds - s.iter().zip(&field).map(|(s, h)| s * h).sum::<f64>()]
    });
}

#[test]
fn every_spec_has_its_energy_here() {
    let source = include_str!("specs.rs");
    let mut seen = 0;
    for entry in std::fs::read_dir(specs()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "ham") {
            continue;
        }
        let name = path.file_stem().unwrap().to_str().unwrap();
        assert!(source.contains(&format!("holds(\"{name}\"")), "{name}.ham is not tested");
        seen += 1;
    }
    assert!(seen >= 16);
}

/// Compiles a spec given as text and returns what `--json` says.
fn compile(text: &str, arguments: &[&str]) -> Value {
    let folder = folder();
    std::fs::write(folder.path().join("it.ham"), text).unwrap();
    json(folder.path(), &[&["compile", "--json", "it.ham"], arguments].concat())
}

#[test]
fn a_product_of_32_numbers_takes_31_gates() {
    let text = std::fs::read_to_string(specs().join("product32.ham")).unwrap();
    let found = compile(&text, &[]);
    assert_eq!(count(&found["circuit"]["products"]), 31);
    assert_eq!(count(&found["circuit"]["squares"]), 0);
    assert_eq!(found["circuit"]["depth"], 5);
    // Two neurons a gate, where four would be 124.
    assert_eq!(count(&found["network"]["neurons"]), 62);

    let folder = folder();
    std::fs::write(folder.path().join("product32.ham"), &text).unwrap();
    let rows = json(folder.path(), &["compare", "--json", "--samples", "4", "product32.ham"]);
    let shallow = rows["rows"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["name"].as_str().unwrap().starts_with("shallow, monomial"));
    let shallow = shallow.expect("a shallow row");
    assert_eq!(count(&shallow["neurons"]), 1 << 32);
    assert_eq!(shallow["kind"], "bound");
    assert!(shallow["note"].as_str().unwrap().contains("formula"));
}

/// A spec of an expanded polynomial with `**` for powers, with all its
/// variables of the form letter and digits.
fn spec_of_expanded(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/polynomials").join(name);
    let text = std::fs::read_to_string(path).unwrap().trim().replace("**", "^");
    let mut names: Vec<&str> = text
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| word.starts_with(|c: char| c.is_alphabetic()))
        .collect();
    names.sort();
    names.dedup();
    format!("field {} : real in [-1, 1]\nH = {text}\n", names.join(", "))
}

#[test]
fn a_form_of_rank_3_in_12_variables_takes_3_gates() {
    let text = spec_of_expanded("ising12_r3.txt");
    assert_eq!(text.matches(" : ").count(), 1);
    let found = compile(&text, &[]);
    assert!(count(&found["circuit"]["nonscalar_multiplications"]) <= 3, "{}", found["circuit"]);
}

#[test]
fn e2_of_six_variables_takes_5_gates() {
    let found = compile(&spec_of_expanded("e2_6.txt"), &[]);
    assert!(count(&found["circuit"]["nonscalar_multiplications"]) <= 5, "{}", found["circuit"]);
}

#[test]
fn the_size_of_a_ring_does_not_matter() {
    let text = std::fs::read_to_string(specs().join("phi4_ring.ham")).unwrap();
    let small = compile(&text, &[]);
    let start = std::time::Instant::now();
    let large = compile(&text.replace("ring(64)", "ring(1000000)"), &[]);
    assert!(start.elapsed().as_secs() < 5);
    assert_eq!(small["per_cell"], large["per_cell"]);
    assert_eq!(count(&large["network"]["neurons"]), 1_000_000 * count(&small["per_cell"]["network"]["neurons"]));

    // The layers of the network are the same, too.
    let gates = |sites: &str| {
        let folder = folder();
        std::fs::write(folder.path().join("it.ham"), text.replace("ring(64)", sites)).unwrap();
        let yaml = succeed(folder.path(), &["compile", "it.ham", "-o", "-"]);
        yaml.split("\nlayers:").nth(1).unwrap().split("\naccuracy:").next().unwrap().to_owned()
    };
    assert_eq!(gates("ring(64)"), gates("ring(1000000)"));
}

#[test]
fn the_most_general_ring_has_four_couplings() {
    for n in [4u64, 5, 6, 7, 10, 33, 1000, 1_000_000] {
        let folder = folder();
        let text = format!(
            "lattice ring({n})\nfield phi : real in [-1, 1]\nH = generic\ndegree 2\nlocality nearest_neighbor\nsymmetry translation\n"
        );
        std::fs::write(folder.path().join("it.ham"), text).unwrap();
        let dof = json(folder.path(), &["dof", "--json", "it.ham"]);
        assert_eq!(dof["all"], ((n + 2) * (n + 1) / 2).to_string());
        assert_eq!(dof["local"], (3 * n + 1).to_string());
        assert_eq!(dof["symmetric"], "4");
    }
}

#[test]
fn a_tolerance_of_1e_9_is_met_or_refused_with_help() {
    let mut met = 0;
    for name in ["ising_bits", "ising_ring", "henon_heiles", "generic_chain", "product32", "robinson", "phi4_ring"] {
        let folder = folder();
        let spec = specs().join(format!("{name}.ham"));
        let spec = spec.to_str().unwrap();
        let output = hamc(folder.path(), &["compile", spec, "--tolerance", "1e-9", "-o", "it.net.yaml"]);
        match output.status.code() {
            Some(0) => {
                met += 1;
                let verified = json(folder.path(), &["verify", "--json", spec, "it.net.yaml"]);
                assert!(verified["max_error_per_cell"].as_f64().unwrap() <= 1e-9);
            }
            Some(3) => {
                let message = String::from_utf8(output.stderr).unwrap();
                assert!(message.contains("the tolerance 1e-9 is out of reach: the least error"), "{message}");
                assert!(message.contains("help: "), "{message}");
                assert!(!folder.path().join("it.net.yaml").exists());
            }
            other => panic!("{name}: {other:?}"),
        }
    }
    assert!(met >= 4, "only {met}");
}

#[test]
fn every_activation_and_topology_computes_the_same() {
    let spec = specs().join("phi4_ring.ham");
    let spec = spec.to_str().unwrap();
    for activation in ["sigmoid", "tanh", "softplus", "gelu", "silu"] {
        for topology in ["skip", "layered"] {
            let folder = folder();
            let choices = ["--activation", activation, "--topology", topology, "--tolerance", "1e-5"];
            succeed(folder.path(), &[&["compile", spec, "-o", "it.net.yaml"], &choices[..]].concat());
            succeed(folder.path(), &["verify", spec, "it.net.yaml", "--samples", "50"]);
        }
    }
}
