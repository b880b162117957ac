//! What the options of `hamc compile` promise about the circuit.

use std::process::{Command, Output};

use serde_json::Value;

fn hamc(arguments: &[&str]) -> Output {
    let folder = tempfile::tempdir().unwrap();
    let spec = concat!(env!("CARGO_MANIFEST_DIR"), "/specs/");
    let arguments = arguments.iter().map(|argument| match argument.strip_suffix(".ham") {
        Some(_) => format!("{spec}{argument}"),
        None => (*argument).to_owned(),
    });
    Command::new(env!("CARGO_BIN_EXE_hamc")).current_dir(folder.path()).args(arguments).output().unwrap()
}

fn report(arguments: &[&str]) -> Value {
    let output = hamc(&[&["compile", "--json"], arguments].concat());
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// A count, which is a number or a decimal string.
fn count(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| value.as_str().unwrap().parse().unwrap())
}

#[test]
fn the_report_has_every_count() {
    let report = report(&["motzkin.ham"]);
    let circuit = &report["circuit"];
    for name in ["nonscalar_multiplications", "scalar_multiplications", "additions", "depth"] {
        assert!(count(&circuit[name]) > 0, "{name}: {circuit}");
    }
    assert!(count(&report["network"]["neurons"]) > 0);
    assert!(report.get("pareto").is_none());
}

#[test]
fn pareto_lists_circuits_that_are_not_dominated() {
    let report = report(&["quartic_force_field.ham", "--pareto"]);
    let front = report["pareto"].as_array().unwrap();
    let measure = |circuit: &Value| {
        [count(&circuit["nonscalar_multiplications"]), count(&circuit["operations"]), count(&circuit["depth"])]
    };
    let measures: Vec<[u64; 3]> = front.iter().map(measure).collect();
    assert!(!measures.is_empty());
    for (at, one) in measures.iter().enumerate() {
        for two in &measures[..at] {
            assert!(one[0] >= two[0], "fewest multiplications first");
            assert!((0..3).any(|k| one[k] < two[k]) && (0..3).any(|k| one[k] > two[k]), "{one:?} and {two:?}");
        }
    }
    assert_eq!(measures[0][0], count(&report["circuit"]["nonscalar_multiplications"]));
    let text = hamc(&["compile", "quartic_force_field.ham", "--pareto"]).stdout;
    let text = String::from_utf8(text).unwrap();
    let head = text.lines().position(|line| line.trim_start().starts_with("pareto")).unwrap();
    assert_eq!(text.lines().skip(head + 1).take(front.len()).count(), front.len());
}

#[test]
fn reals_take_fewer_products_and_promise_the_deviation() {
    let (exact, rounded) = (report(&["henon_heiles.ham"]), report(&["henon_heiles.ham", "--reals"]));
    let gates = |report: &Value| count(&report["circuit"]["nonscalar_multiplications"]);
    assert!(gates(&rounded) < gates(&exact));
    assert_eq!(exact["error"]["deviation_per_cell"].as_f64(), Some(0.0));
    let deviation = rounded["error"]["deviation_per_cell"].as_f64().unwrap();
    assert!(0.0 < deviation && deviation < rounded["error"]["certified_per_cell"].as_f64().unwrap());
    let program = hamc(&["compile", "henon_heiles.ham", "--reals", "--emit", "slp"]);
    assert!(String::from_utf8(program.stderr).unwrap().contains("irrational constants are rounded"));
}

#[test]
fn more_effort_is_never_worse() {
    let gates = |effort: &str| {
        count(&report(&["quartic_force_field.ham", "--effort", effort])["circuit"]["nonscalar_multiplications"])
    };
    assert!(gates("1") <= gates("0"));
    let refused = hamc(&["compile", "motzkin.ham", "--effort", "4"]);
    assert_eq!(refused.status.code(), Some(2));
}

#[test]
fn an_objective_is_what_is_made_smallest() {
    let of = |objective: &str| report(&["motzkin.ham", "--minimize", objective]);
    let all = ["neurons", "multiplications", "weights", "depth"].map(of);
    let least = |at: usize, measure: &dyn Fn(&Value) -> u64| {
        assert!(all.iter().all(|report| measure(&all[at]) <= measure(report)), "{at}");
    };
    least(1, &|report| count(&report["circuit"]["nonscalar_multiplications"]));
    least(3, &|report| count(&report["circuit"]["depth"]));
    least(0, &|report| count(&report["network"]["neurons"]));
    let refused = hamc(&["compile", "motzkin.ham", "--minimize", "beauty"]);
    assert_eq!(refused.status.code(), Some(2));
}
