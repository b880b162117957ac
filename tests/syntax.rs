//! The language's text: reading and printing.

use hamc::diagnostics::{has_errors, render};
use hamc::syntax::{parse, print};

#[track_caller]
fn check(text: &str, expected: &str) {
    let (spec, diagnostics) = parse(text);
    assert!(diagnostics.is_empty(), "{}", render(&diagnostics, "test.ham", text, false));
    let printed = print(&spec);
    assert_eq!(printed, expected);
    let (again, diagnostics) = parse(&printed);
    assert!(diagnostics.is_empty(), "{}", render(&diagnostics, "printed.ham", &printed, false));
    assert_eq!(spec, again);
    assert_eq!(print(&again), printed);
}

#[test]
fn statements_are_printed_in_one_form() {
    check("lattice  square( 8,8 )  open x , y\n", "lattice square(8, 8) open x, y\n");
    check("lattice ring(8) open", "lattice ring(8) open\n");
    check("field x,y[ 3 ]:real in[-1,1]", "field x, y[3] : real in [-1, 1]\n");
    check("param m2=-0.5", "param m2 = -0.5\n");
    check("param g = free", "param g = free\n");
    check("let k(i,j)=1/2*(phi[i]-phi[j])**2", "let k(i, j) = 1/2*(phi[i] - phi[j])^2\n");
    check("H=sum< i , j >(k(i,j))+sum(i)(phi[i+1])", "H = sum<i,j>(k(i, j)) + sum(i)(phi[i+1])\n");
    check("H = sum << i,j >> (s[i]*s[j])", "H = sum<<i,j>>(s[i]*s[j])\n");
    check("H = generic", "H = generic\n");
    check("H[cat] = x", "H[cat] = x\n");
    check("symmetry translation,flip( phi )", "symmetry translation, flip(phi)\n");
    check("locality range sqrt(5)", "locality range sqrt(5)\n");
    check("locality nearest_neighbor", "locality nearest_neighbor\n");
    check("degree=4", "degree = 4\n");
    check("degree 4", "degree 4\n");
    check("compile activation tanh, tolerance 1e-6", "compile activation tanh, tolerance 1e-6\n");
    check("H = x; degree 2;", "H = x\ndegree 2\n");
    check("", "");
    check("\u{feff}H = x\r\ndegree 2\r\n", "H = x\ndegree 2\n");
}

#[test]
fn expressions_keep_their_structure_with_few_parentheses() {
    for (text, expected) in [
        ("((x))", "x"),
        ("-x^2", "-x^2"),
        ("(-x)^2", "(-x)^2"),
        ("a - -b", "a - -b"),
        ("a*-b", "a*-b"),
        ("(-a)*b - (-a*b)", "(-a)*b - -a*b"),
        ("x^(-1)", "x^-1"),
        ("--a + (-b)", "--a + -b"),
        ("a-(b-c)", "a - (b - c)"),
        ("(a+b)+c", "(a + b) + c"),
        ("a/(b*c)", "a/(b*c)"),
        ("2^3^2", "2^3^2"),
        ("(2^3)^2", "(2^3)^2"),
        ("x^(a+1)", "x^(a + 1)"),
        ("+x", "x"),
        ("phi[i + x - 2 y]", "phi[i+x-2y]"),
        ("phi[i + 2*x]", "phi[i+2x]"),
        ("phi[1,2]", "phi[1, 2]"),
        ("S[i][0]*S[i+1][a]", "S[i][0]*S[i+1][a]"),
        ("product(x)", "product(x)"),
        ("sum(a in 0 .. 2)(x[a]^a)", "sum(a in 0..2)(x[a]^a)"),
        ("sum(i)(sum(a in 0..n-1) (x))", "sum(i) sum(a in 0..n - 1)(x)"),
        ("1e12 + 0.001 + 1e-6 + 1000000 + 2.50", "1e12 + 0.001 + 1e-6 + 1000000 + 2.5"),
        ("λ*φ^4", "λ*φ^4"),
        ("k(i, i+x)", "k(i, i+x)"),
    ] {
        check(&format!("H = {text}"), &format!("H = {expected}\n"));
    }
}

#[test]
fn comments_and_blank_lines_are_kept() {
    check(
        "\n\n# top\n\n\n#second\nH = x # here\n   # inside\n\n   + y # last\n\n\n\ndegree 2\n\n# end\n\n",
        "# top\n\n#second\n# here\n# inside\nH = x + y  # last\n\ndegree 2\n\n# end\n",
    );
    check("# only a comment ümlaut", "# only a comment ümlaut\n");
}

#[test]
fn statements_continue_over_lines() {
    for text in
        ["H = (x\n\n + y)", "H = x +\n y", "H =\n x + y", "H = x\n + y", "H = (\n  x\n  + y\n)", "H = x\r\n\t+ y"]
    {
        let (spec, diagnostics) = parse(text);
        assert!(diagnostics.is_empty(), "{}", render(&diagnostics, "test.ham", text, false));
        assert!(matches!(print(&spec).as_str(), "H = x + y\n"), "{text}");
    }
}

#[test]
fn what_a_loop_runs_over_may_stand_on_the_next_line() {
    check("H = sum(i)\n  (s[i])\n  - sum<i,j>\n  (s[i]*s[j])", "H = sum(i)(s[i]) - sum<i,j>(s[i]*s[j])\n");
}

#[test]
fn long_sums_are_wrapped() {
    let terms: Vec<String> = (0..40).map(|k| format!("{k}*x{k}^2")).collect();
    let text = format!("H = {}", terms.join(" - "));
    let (spec, _) = parse(&text);
    let printed = print(&spec);
    assert!(printed.lines().all(|line| line.chars().count() <= 100));
    assert!(printed.lines().count() > 3);
    assert_eq!(parse(&printed).0, spec);
}

#[test]
fn all_errors_are_reported_together() {
    let text = "latice ring(8)\nfield x : real in [-1, 1]\nH = 2x + (y\nsymmetry flip(x\ndegree 2)\nparam = 3\n";
    let (spec, diagnostics) = parse(text);
    let codes: Vec<&str> = diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
    assert_eq!(codes, ["E0101", "E0103", "E0103", "E0104", "E0102"]);
    assert_eq!(spec.statements.len(), 1);
}

#[test]
fn a_long_polynomial_is_read() {
    let terms: Vec<String> = (0..5000).map(|k| format!("{}/7*x{}^2*y{}*z{}", k + 1, k % 17, k % 13, k % 11)).collect();
    let text = format!("H = {}", terms.join(" + "));
    assert!(text.len() > 90_000);
    let start = std::time::Instant::now();
    let (spec, diagnostics) = parse(&text);
    println!("parsed {} bytes in {:?}", text.len(), start.elapsed());
    assert!(diagnostics.is_empty());
    let printed = print(&spec);
    assert_eq!(parse(&printed).0, spec);
}

#[test]
fn hostile_texts_are_refused() {
    for (text, code) in [
        (format!("H = {}x{}", "(".repeat(10_000), ")".repeat(10_000)), "E0401"),
        (format!("H = {}x", "-".repeat(100_000)), "E0401"),
        (format!("H = x{}", "^x".repeat(100_000)), "E0401"),
        (format!("H = {}", "1".repeat(100_000)), "E0402"),
        ("H = 1e999999999".to_owned(), "E0402"),
        ("H = 1e99999999999999999999999999".to_owned(), "E0402"),
        (format!("H = {}x", "(".repeat(10_000)), "E0401"),
        (format!("H = {}", "sum(i)".repeat(10_000)), "E0403"),
        ("H = x\0y".to_owned(), "E0108"),
    ] {
        let start = std::time::Instant::now();
        let (_, diagnostics) = parse(&text);
        println!("{:?} {}", start.elapsed(), &text[..20.min(text.len())]);
        assert!(has_errors(&diagnostics));
        assert_eq!(diagnostics[0].code, code, "{}", &text[..20.min(text.len())]);
    }
}
