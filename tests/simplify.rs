//! Simplification, at the public interface.

mod support;

use hamc::circuit;
use hamc::simplify::{Options, simplify};

#[test]
#[ignore]
fn table() {
    let mut files: Vec<_> = std::fs::read_dir("tests/data/polynomials").unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    let only = std::env::var("ONLY").ok();
    for file in files {
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        if only.as_ref().is_some_and(|only| !name.contains(only.as_str())) {
            continue;
        }
        let text = std::fs::read_to_string(&file).unwrap();
        if text.len() > 60_000 && only.is_none() {
            continue;
        }
        let (polynomial, names) = support::parse_expanded(&text);
        let model = support::model_of(&polynomial, &names);
        let start = std::time::Instant::now();
        let circuit = simplify(
            &model,
            Options { effort: std::env::var("EFFORT").map_or(1, |e| e.parse().unwrap()), ..Options::default() },
            &mut |_| {},
        );
        let seconds = start.elapsed().as_secs_f64();
        circuit::prove(&circuit, &model).unwrap();
        println!(
            "{name:18} terms {:6} NS {:5} {:?} {seconds:.2}s",
            polynomial.len(),
            circuit.counts().nonscalar_multiplications,
            circuit.counts()
        );
    }
}
