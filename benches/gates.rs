//! Circuits of a directory of expanded polynomials: `cargo bench --bench gates
//! [-- [DIR] [EFFORT] [reals] [scaled=SEED | shifted=SEED]]` prints, for each, the non-scalar
//! multiplications (NS), those of the best of 15 other optimisers and of the
//! best circuit known otherwise (the bar, `tests/data/peers.csv`), a number that
//! no circuit is below, all operations, the seconds, and the generators that
//! the circuit comes from. Every circuit is proved equal to its polynomial,
//! with `reals` within its deviation of it. With `scaled` or `shifted` the
//! variables are permuted at random and scaled or shifted first.

#[path = "../tests/support/mod.rs"]
mod support;

#[path = "../tests/support/disguise.rs"]
mod disguise;

use std::collections::BTreeMap;

use hamc::pipeline;
use hamc::simplify::Options;

/// Peers and bar of each polynomial.
fn peers() -> BTreeMap<String, (u64, u64)> {
    let text = include_str!("../tests/data/peers.csv");
    let lines = text.lines().filter(|line| !line.starts_with('#')).skip(1);
    lines
        .map(|line| {
            let columns: Vec<&str> = line.split(',').collect();
            let number = |at: usize| columns[at].parse().expect("a number");
            (columns[0].to_owned(), (number(1), number(2)))
        })
        .collect()
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let reals = arguments.iter().any(|argument| argument == "reals");
    let seed = |way: &str| {
        let value = arguments.iter().find_map(|argument| argument.strip_prefix(way)?.strip_prefix('='))?;
        Some(value.parse().expect("a seed"))
    };
    let (scaled, shifted): (Option<u64>, Option<u64>) = (seed("scaled"), seed("shifted"));
    let mut arguments = arguments.iter().filter(|argument| *argument != "reals" && !argument.contains('='));
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/polynomials");
    let folder = arguments.next().map_or(default, String::as_str);
    let effort = arguments.next().map_or(1, |effort| effort.parse().expect("an effort from 0 to 3"));
    let mut files: Vec<_> = std::fs::read_dir(folder).expect("a folder").map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "txt"));
    files.sort();
    let known = peers();
    let (mut reached, mut bars, mut logarithms, mut compared) = (0, 0, 0.0, 0);
    println!(
        "{:20} {:>6} {:>6} {:>6} {:>6} {:>5} {:>6} {:>8}  gates by generator",
        "polynomial", "terms", "NS", "peers", "bar", "least", "total", "seconds"
    );
    for file in files {
        let (mut polynomial, names) =
            support::parse_expanded(&std::fs::read_to_string(&file).expect("a readable file"));
        if let Some(seed) = scaled {
            polynomial = disguise::scaled(&polynomial, names.len(), seed);
        }
        if let Some(seed) = shifted {
            polynomial = disguise::shifted(&polynomial, names.len(), seed);
        }
        let model = support::model_of(&polynomial, &names);
        let start = std::time::Instant::now();
        let options = Options { effort, reals, ..Options::default() };
        let result = pipeline::circuits(&model, options, &mut |_| true).expect("the circuit computes the polynomial");
        let (circuit, evidence) = (result.best, result.evidence);
        let seconds = start.elapsed().as_secs_f64();
        let counts = circuit.counts();
        let found = counts.nonscalar_multiplications;
        let total = found + counts.scalar_multiplications + counts.additions;
        let name = file.file_stem().expect("a name").to_string_lossy();
        let (peers, bar) = match known.get(&*name) {
            Some(&(peers, bar)) => {
                bars += 1;
                reached += (found <= bar) as u32;
                compared += 1;
                logarithms += (found as f64 / peers as f64).ln();
                (peers.to_string(), format!("{bar}{}", if found <= bar { "" } else { " !" }))
            }
            None => ("-".to_owned(), "-".to_owned()),
        };
        let mut origins: Vec<String> = evidence.origins.iter().map(|(name, gates)| format!("{name} {gates}")).collect();
        if evidence.rewritten > 0 {
            origins.push(format!("rewriting -{}", evidence.rewritten));
        }
        println!(
            "{name:20} {:6} {found:6} {peers:>6} {bar:>6} {:>5} {total:6} {seconds:8.2}  {}{}",
            polynomial.len(),
            evidence.at_least,
            if evidence.exhausted { "(least of those found) " } else { "" },
            origins.join(", "),
        );
    }
    if compared > 0 {
        let mean = (logarithms / compared as f64).exp();
        println!("{reached} of {bars} bars reached; geometric mean of NS / peers {mean:.3}");
    }
}
