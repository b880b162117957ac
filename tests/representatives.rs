//! One monomial of every orbit: as many as are counted, on every kind of
//! lattice, wrapped or not; and the binary that prints them.

use std::collections::BTreeSet;
use std::process::Command;

use hamc::count::{self, Orbit};
use hamc::model::Model;

fn model(spec: &str) -> Model {
    let (tree, _) = hamc::syntax::parse(&format!("{}\nH = generic", spec.replace("; ", "\n")));
    let (model, diagnostics) = hamc::lower::lower(&tree);
    model.unwrap_or_else(|| panic!("{spec}: {diagnostics:?}"))
}

fn listed(model: &Model) -> Vec<Orbit> {
    let mut orbits = Vec::new();
    count::orbits(model, &mut |orbit| orbits.push(orbit)).expect("a list");
    orbits
}

#[test]
fn as_many_are_listed_as_counted() {
    let lattices = [
        "ring(2)",
        "ring(3)",
        "ring(12)",
        "chain(6)",
        "square(3, 3)",
        "square(4, 4)",
        "square(12, 12)",
        "cubic(3, 3, 3)",
        "triangular(4, 4)",
        "triangular(9, 9)",
        "honeycomb(3, 3)",
        "honeycomb(8, 8)",
        "kagome(3, 3)",
        "kagome(8, 8)",
        "fcc(3, 3, 3)",
        "fcc(8, 8, 8)",
        "bcc(4, 4, 4)",
    ];
    let localities = ["nearest_neighbor", "range sqrt(2)", "connected", "graph_radius 2", "plaquette"];
    let fields = ["s : spin", "s : real in [-1, 1]", "s : spin on bonds"];
    let symmetries = ["", "symmetry translation", "symmetry translation, point_group", "symmetry flip(s)"];
    for lattice in lattices {
        for locality in localities {
            for field in fields {
                for symmetry in symmetries {
                    let chain = lattice.starts_with("chain");
                    let large = lattice.contains("8, 8") || lattice.contains("12, 12") || lattice.contains("9, 9");
                    let alone = !symmetry.contains("translation");
                    let line = chain || lattice.starts_with("ring");
                    if chain && (!alone || field.contains("bonds")) || large && alone || line && locality == "plaquette"
                    {
                        continue;
                    }
                    let degree = if field.contains("bonds") { 2 } else { 3 };
                    let spec =
                        format!("lattice {lattice}; field {field}; degree {degree}; locality {locality}; {symmetry}");
                    let model = model(&spec);
                    let counted = match count::degrees_of_freedom(&model) {
                        Ok(counted) => counted.symmetric().to_string(),
                        Err(reason) => {
                            assert!(count::orbits(&model, &mut |_| ()).is_err(), "{spec}: {reason}");
                            continue;
                        }
                    };
                    let orbits = listed(&model);
                    assert_eq!(orbits.len().to_string(), counted, "{spec}");
                    let names: BTreeSet<&String> = orbits.iter().map(|orbit| &orbit.monomial).collect();
                    assert_eq!(names.len(), orbits.len(), "{spec}");
                    assert!(orbits.iter().all(|orbit| orbit.degree <= degree), "{spec}");
                }
            }
        }
    }
}

#[test]
fn multiplicities_are_those_of_coordination_shells() {
    // 12 nearest and 6 next neighbours, each pair met from both ends.
    let orbits = listed(&model(
        "lattice fcc(9, 9, 9); field s : spin; degree 2; locality range sqrt(2); \
                                symmetry translation, point_group",
    ));
    let mut found: Vec<(usize, String)> = orbits.iter().map(|o| (o.sites, o.multiplicity.to_string())).collect();
    found.sort();
    let expected = [(0, "1"), (1, "1"), (2, "3"), (2, "6")].map(|(sites, number)| (sites, number.to_owned()));
    assert_eq!(found, expected);
    // One bond in two cells where a period of two doubles it.
    let orbits = listed(&model("lattice ring(2); field s : spin; degree = 2; locality range 1; symmetry translation"));
    assert_eq!(orbits.iter().map(|o| o.multiplicity.to_string()).collect::<Vec<_>>(), ["1/2"]);
}

#[test]
fn more_invariants_than_an_e_graph_holds_are_orbit_sums() {
    let model = model(
        "lattice square(40, 40); field s : spin; degree 4; locality range 4; symmetry translation, \
                       point_group",
    );
    let orbits = listed(&model);
    let invariants = count::invariants(&model).expect("a list");
    assert_eq!(invariants.len(), orbits.len());
    let terms: usize = invariants.iter().map(|energy| energy.polynomial.len()).sum();
    let monomials: f64 = orbits.iter().map(|orbit| orbit.multiplicity.to_f64()).sum();
    assert_eq!(terms as f64, monomials);
}

#[test]
fn the_binary_prints_one_a_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("square.ham");
    std::fs::write(
        &path,
        "lattice square(16, 16)\nfield s : spin\nH = generic\ndegree 2\nlocality nearest_neighbor\n\
         symmetry translation, point_group\n",
    )
    .unwrap();
    let run = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_hamc")).arg("dof").arg(&path).args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let expected = " 0  0    1  1\n 1  1    1  s[i]\n 2  2    2  s[i]*s[i+y]\n";
    assert_eq!(run(&["--representatives"]), expected);
    let lines = run(&["--representatives", "--json"]);
    let values: Vec<serde_json::Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(values[2]["multiplicity"], "2");
    assert_eq!(values[2]["degree"], 2);
}
