//! `hamc compare` and `hamc scale` as a user runs them: the ladder, the
//! baselines, training, folders, pictures.

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn specs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("specs")
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_hamc")).args(arguments).current_dir(folder).output().unwrap()
}

fn text(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn json(folder: &Path, arguments: &[&str]) -> Value {
    serde_json::from_str(&text(folder, arguments)).unwrap()
}

/// The rows of a spec that is written to a file.
fn rows(spec: &str, arguments: &[&str]) -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("spec.ham"), spec).unwrap();
    let samples: &[&str] = if arguments.contains(&"--samples") { &[] } else { &["--samples", "20"] };
    let all = [&["compare", "--json", "spec.ham"], samples, arguments].concat();
    json(folder.path(), &all)["rows"].as_array().unwrap().clone()
}

fn row<'r>(rows: &'r [Value], name: &str) -> &'r Value {
    let names: Vec<&str> = rows.iter().map(|row| row["name"].as_str().unwrap()).collect();
    let found = rows.iter().find(|row| row["name"].as_str().unwrap().starts_with(name));
    found.unwrap_or_else(|| panic!("no row `{name}` among {names:?}"))
}

fn neurons(rows: &[Value], name: &str) -> u64 {
    row(rows, name)["neurons"].as_str().unwrap().parse().unwrap()
}

fn couplings(rows: &[Value], name: &str) -> String {
    row(rows, name)["couplings"].as_str().unwrap().to_owned()
}

#[test]
fn products_shallow_and_deep() {
    for n in [2u64, 5, 9, 20] {
        let found = rows(&format!("field x[{n}] : real in [-1, 1]\nH = product(x)"), &["--samples", "4"]);
        assert_eq!(neurons(&found, "shallow, at least"), 1 << n);
        assert_eq!(neurons(&found, "shallow, monomial by monomial"), 1 << n);
        assert_eq!(neurons(&found, "shallow, monomials with biases"), (1 << n) - 1);
        let kind = row(&found, "shallow, monomial by monomial")["kind"].as_str().unwrap();
        assert_eq!(kind, "constructed", "n = {n}");
        assert!(neurons(&found, "deep, compiled") <= 4 * (n - 1));
        assert!(neurons(&found, "deep, as written") <= 4 * (n - 1));
    }
    let found = rows("field x[32] : real in [-1, 1]\nH = product(x)", &["--samples", "2"]);
    for name in ["deep, compiled in 2 layers", "deep, compiled in 4 layers"] {
        let found = row(&found, name);
        assert!(found["depth"].as_u64().unwrap() <= 4 && found["max_error"].as_f64().is_some(), "{found}");
    }
    assert_eq!(neurons(&found, "shallow, a power, at least"), 134_217_728);
    for name in ["shallow, at least", "shallow, monomial by monomial"] {
        assert_eq!(neurons(&found, name), 4_294_967_296);
        assert_eq!(row(&found, name)["kind"], "bound");
    }
    assert_eq!(neurons(&found, "shallow, monomials with biases"), 4_294_967_295);
    for (layers, theorem) in [(2, 384), (3, 144), (4, 128), (5, 124)] {
        let found = row(&found, &format!("deep, at most {layers} layers"));
        assert!(found["note"].as_str().unwrap().ends_with(&format!("5.1: {theorem}")));
        assert!(found["neurons"].as_str().unwrap().parse::<u64>().unwrap() <= theorem);
    }
}

/// The error that the row states by the formula is the one that is measured.
#[test]
fn shallow_errors_by_the_formula() {
    for n in [2u32, 3, 7, 12, 16] {
        let scale = (1.0 / n as f64).sqrt().to_string();
        let spec = format!("field x[{n}] : real in [-1, 1]\nH = product(x)");
        let found =
            rows(&spec, &["--activation", "exp", "--shallow-scale", &scale, "--tolerance", "1", "--samples", "4"]);
        let found = row(&found, "shallow, monomial by monomial");
        let (_, rest) = found["note"].as_str().unwrap().split_once("leading-order error ").unwrap();
        let formula: f64 = rest.split(',').next().unwrap().parse().unwrap();
        let measured = found["max_error"].as_f64().unwrap();
        assert!((measured / formula - 1.0).abs() < 0.12, "n = {n}: {measured:e} {formula:e}");
    }
}

#[test]
fn a_monomial_and_a_quadratic_form() {
    let found = rows("field x[3] : real in [-1, 1]\nH = x[0]^3*x[1]^2*x[2]", &[]);
    assert_eq!(neurons(&found, "shallow, monomial by monomial"), 24);
    assert!(row(&found, "shallow, monomial by monomial")["max_error"].as_f64().unwrap() < 1e-2);
    assert_eq!(neurons(&found, "shallow, at least"), 24);
    // Rank 3: one hidden layer is as good as any.
    let found = rows("field x[5] : real in [-1, 1]\nH = (x[0] + x[1])^2 - (x[2] - 2*x[3])^2 + x[4]^2", &[]);
    assert_eq!(neurons(&found, "any depth, at least"), 3);
    assert_eq!(neurons(&found, "shallow, sums of powers"), 4);
    let fewest = row(&found, "fewest neurons");
    // An affine skip saves the neuron that the output bias stands for.
    assert_eq!(fewest["neurons"], "3");
    assert!(fewest["note"].as_str().unwrap().contains("depth does not help"));
}

#[test]
fn the_whole_ladder() {
    let phi4 = "lattice ring(16)
        field phi : real in [-2, 2]
        H = sum<i,j>(1/2*(phi[i] - phi[j])^2) + sum(i)(-1/4*phi[i]^2 + 1/4*phi[i]^4)
        symmetry translation, reflection, flip(phi)
        locality nearest_neighbor
        degree 4";
    let found = rows(phi4, &[]);
    assert_eq!(couplings(&found, "any polynomial of degree 4"), "4845");
    assert_eq!(couplings(&found, "after locality"), "161");
    assert_eq!(couplings(&found, "after symmetry flip(phi)"), "6");
    assert_eq!(couplings(&found, "polynomial as given"), "48");
    assert_eq!(neurons(&found, "shallow, any biases, at least"), 16);
    assert_eq!(neurons(&found, "shallow, sums of powers"), 96);
    assert_eq!(neurons(&found, "deep, compiled"), 48);
    let ising = "lattice square(4, 4)
        field s : spin
        H = -sum<i,j>(s[i]*s[j])
        symmetry translation, point_group, flip(s)
        locality nearest_neighbor
        degree 2";
    let found = rows(ising, &[]);
    assert_eq!(couplings(&found, "any function of the spins"), "2^16");
    assert_eq!(couplings(&found, "any polynomial of degree 2"), "137");
    assert_eq!(couplings(&found, "after locality"), "49");
    assert_eq!(couplings(&found, "polynomial as given"), "32");
    assert_eq!(neurons(&found, "shallow, monomial by monomial"), 64);
    for found in [&found] {
        for row in found {
            let built = row["kind"] != "bound";
            for key in ["neurons", "weights", "distinct_weights", "operations"] {
                assert!(!built || row[key].as_str().is_some_and(|count| !count.is_empty()), "{key}: {row}");
            }
            assert!(!built || row["max_error"].as_f64().is_some() && row["depth"].as_u64().is_some(), "{row}");
        }
    }
}

#[test]
fn training_follows_from_the_seed() {
    let few = ["--train", "--seeds", "2", "--epochs", "4", "--steps", "12", "--training-samples", "120"];
    for spec in [
        "field x, y : real in [-1, 1]\nH = x^2*y - y^2",
        "lattice ring(4)\nfield s : spin\nH = -sum<i,j>(s[i]*s[j])",
        "field x[3] : real in [-1, 1]\nH = product(x)",
    ] {
        let first = rows(spec, &few);
        let trained: Vec<&Value> = first.iter().filter(|row| row["kind"] == "trained").collect();
        assert_eq!(trained.len(), 4, "{spec}");
        for row in &trained {
            assert!(row["max_error"].as_f64().is_some() && row["min_error_of_seeds"].as_f64().is_some(), "{row}");
            assert!(row["note"].as_str().unwrap().contains("the compiled"));
        }
        let compiled = neurons(&first, "deep, compiled");
        let sizes: Vec<u64> = trained.iter().map(|row| row["neurons"].as_str().unwrap().parse().unwrap()).collect();
        assert_eq!(sizes, [compiled, 2 * compiled, 4 * compiled, 16 * compiled]);
        // Another number of threads, the same digits.
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("spec.ham"), spec).unwrap();
        let again = Command::new(env!("CARGO_BIN_EXE_hamc"))
            .args(["compare", "--json", "--samples", "20", "spec.ham"])
            .args(few)
            .env("RAYON_NUM_THREADS", "1")
            .current_dir(folder.path())
            .output()
            .unwrap();
        let again: Value = serde_json::from_slice(&again.stdout).unwrap();
        assert_eq!(again["rows"].as_array().unwrap(), &first, "{spec}");
        let other = rows(spec, &[&few[..], &["--seed", "7"]].concat());
        assert_ne!(row(&other, "dense network, 4x")["max_error"], row(&first, "dense network, 4x")["max_error"]);
    }
}

#[test]
fn folders_and_pictures() {
    let folder = tempfile::tempdir().unwrap();
    let copy = |name: &str| std::fs::copy(specs().join(name), folder.path().join(name)).unwrap();
    copy("henon_heiles.ham");
    copy("ising_ring.ham");
    let table = text(folder.path(), &["compare", "--samples", "10", "."]);
    assert!(table.contains("henon_heiles.ham") && table.contains("ising_ring.ham"));
    let found = json(folder.path(), &["compare", "--samples", "10", "--json", "."]);
    assert_eq!(found["specs"].as_array().unwrap().len(), 2);
    let table = text(folder.path(), &["compare", "--samples", "10", ".", "--svg", "all.svg"]);
    assert!(table.ends_with("wrote all.svg\n"));
    let picture = std::fs::read_to_string(folder.path().join("all.svg")).unwrap();
    assert!(picture.contains("henon_heiles") && picture.contains("ising_ring"));
    text(folder.path(), &["compare", "--samples", "10", "henon_heiles.ham", "--svg", "errors.svg"]);
    let picture = std::fs::read_to_string(folder.path().join("errors.svg")).unwrap();
    assert!(picture.starts_with("<svg ") && picture.contains("stroke-dasharray") && picture.contains("deep, compiled"));
    // A wrong spec does not keep the others from their lines.
    std::fs::write(folder.path().join("wrong.ham"), "H = x").unwrap();
    let output = run(folder.path(), &["compare", "--samples", "10", "."]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stdout).contains("ising_ring.ham"));
    let empty = tempfile::tempdir().unwrap();
    assert_eq!(run(empty.path(), &["compare", "."]).status.code(), Some(1));
}

#[test]
fn growth_with_a_parameter() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("product.ham", "param n = 4\nfield x[n] : real in [-1, 1]\nH = product(x)\n");
    let found = json(folder.path(), &["scale", "product.ham", "--parameter", "n=4..14", "--json"]);
    let law = |found: &Value, name: &str| {
        let series = found["series"].as_array().unwrap();
        series.iter().find(|series| series["name"] == name).unwrap()["growth"].as_str().unwrap().to_owned()
    };
    assert_eq!(law(&found, "shallow neurons"), "2^n");
    assert_eq!(law(&found, "shallow, sums of powers"), "2^n - 1");
    assert_eq!(law(&found, "deep neurons, compiled"), "2n - 2");
    write(
        "chain.ham",
        "param length = 8\nlattice ring(length)\nfield phi : real in [-1, 1]
         H = sum<i,j>(phi[i]*phi[j]) + sum(i)(phi[i]^2)\ndegree 2\nlocality nearest_neighbor\nsymmetry translation\n",
    );
    let found = json(folder.path(), &["scale", "chain.ham", "--parameter", "length=4..20..2", "--json"]);
    assert_eq!(law(&found, "polynomial of the degree"), "length^2/2 + 3length/2 + 1");
    assert_eq!(law(&found, "after locality"), "3length + 1");
    assert_eq!(law(&found, "after symmetry"), "4");
    text(folder.path(), &["scale", "chain.ham", "--parameter", "length=4..20", "--svg", "growth.svg"]);
    assert!(std::fs::read_to_string(folder.path().join("growth.svg")).unwrap().starts_with("<svg "));
    for wrong in ["n=4..40", "length=0..4", "length=4", "length=9..3", "length=1..1000000000000"] {
        let output = run(folder.path(), &["scale", "chain.ham", "--parameter", wrong]);
        assert!(matches!(output.status.code(), Some(1 | 2)), "{wrong}");
        assert!(!output.stderr.is_empty());
    }
}
