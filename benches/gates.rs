//! Circuits of a directory of expanded polynomials: `cargo bench --bench gates
//! [-- [DIR] [EFFORT]]` prints, for each, the non-scalar multiplications, all
//! operations and the seconds. Every circuit is proved equal to its polynomial.

#[path = "../tests/support/mod.rs"]
mod support;

use hamc::circuit;
use hamc::simplify::{Options, simplify};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let folder = arguments.first().map_or("tests/data/polynomials", String::as_str);
    let effort = arguments.get(1).map_or(1, |effort| effort.parse().expect("an effort from 0 to 3"));
    let mut files: Vec<_> = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "txt"));
    files.sort();
    println!("{:20} {:>6} {:>6} {:>6} {:>8}", "polynomial", "terms", "NS", "total", "seconds");
    for file in files {
        let (polynomial, names) = support::parse_expanded(&std::fs::read_to_string(&file).expect("a readable file"));
        let model = support::model_of(&polynomial, &names);
        let start = std::time::Instant::now();
        let circuit = simplify(&model, Options { effort, ..Options::default() }, &mut |_| {});
        let seconds = start.elapsed().as_secs_f64();
        circuit::prove(&circuit, &model).expect("the circuit computes the polynomial");
        let counts = circuit.counts();
        let total = counts.nonscalar_multiplications + counts.scalar_multiplications + counts.additions;
        let name = file.file_stem().expect("a name").to_string_lossy();
        println!("{name:20} {:6} {:6} {total:6} {seconds:8.2}", polynomial.len(), counts.nonscalar_multiplications);
    }
}
