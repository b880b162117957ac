//! Sublattices by name: the same Hamiltonian written with them and without.

use hamc::diagnostics::render;
use hamc::model::Model;
use hamc::pipeline;
use hamc::syntax;

#[track_caller]
fn read(declarations: &str, hamiltonian: &str) -> Model {
    let text = format!("{declarations}\nH = {hamiltonian}\n");
    let (model, diagnostics) = pipeline::check(&text);
    assert!(diagnostics.is_empty(), "{}", render(&diagnostics, "it.ham", &text, false));
    let (tree, _) = syntax::parse(&text);
    let printed = syntax::print(&tree);
    assert_eq!(syntax::parse(&printed).0, tree, "{printed}");
    model.expect("a model without diagnostics")
}

#[track_caller]
fn same(declarations: &str, hamiltonians: &[&str]) {
    let models: Vec<Model> = hamiltonians.iter().map(|hamiltonian| read(declarations, hamiltonian)).collect();
    for (model, hamiltonian) in models.iter().zip(hamiltonians).skip(1) {
        assert_eq!(model.frame, models[0].frame, "{hamiltonian}");
        assert_eq!(model.energies[0].polynomial, models[0].energies[0].polynomial, "{hamiltonian}");
    }
}

const HONEYCOMB: &str = "lattice honeycomb(5, 4)\nfield s : real in [-1, 1]";
const KAGOME: &str = "lattice kagome(4, 5)\nfield s : real in [-1, 1]";

#[test]
fn bonds_of_the_honeycomb() {
    same(
        HONEYCOMB,
        &[
            "sum<i,j>(s[i]*s[j]^2 + s[i]^2*s[j])",
            "sum(i in A)(s[i]*s[i, B]^2 + s[i]*s[i-x, B]^2 + s[i]*s[i-y, B]^2 + s[i]^2*(s[i, B] + s[i-x, B] + s[i-y, B]))",
            "sum(i in B)(s[i]*s[i, A]^2 + s[i]*s[i+x, A]^2 + s[i]*s[i+y, A]^2 + s[i]^2*(s[i, A] + s[i+x, A] + s[i+y, A]))",
            "sum(i)(1/2*s[i, 0]*s[i, 1]*(s[i, A] + s[i, B]) + 1/2*s[i+x, A]*s[i, B]*(s[i+x, A] + s[i, B]) \
             + 1/2*s[i+y, A]*s[i, B]*(s[i+y, A] + s[i, B]))",
        ],
    );
}

#[test]
fn triangles_of_the_kagome_lattice() {
    same(
        KAGOME,
        &["sum plaquette(i,j,k)(s[i]*s[j]*s[k])", "sum(r in A)(s[r]*s[r, B]*s[r, C] + s[r]*s[r-x, B]*s[r-y, C])"],
    );
    same(
        KAGOME,
        &[
            "sum<i,j>(s[i]*s[j])",
            "sum(r in C)(s[r, A]*s[r, B] + s[r, B]*s[r] + s[r]*s[r, A] + s[r, A]*s[r-x, B] + s[r, A]*s[r-y, C] \
             + s[r+x-y, C]*s[r, B])",
        ],
    );
}

#[test]
fn a_sum_over_one_sublattice() {
    same(
        HONEYCOMB,
        &["sum(i in A)(s[i]) - sum(i in B)(s[i]^3)", "sum(i)((1 - sublattice(i))*s[i] - sublattice(i)*s[i]^3)"],
    );
    same(KAGOME, &["sum(i in B)(2*s[i])", "sum(i)(sublattice(i)*(2 - sublattice(i))*s[i]) + sum(i in B)(s[i])"]);
}

#[test]
fn sites_in_functions_and_derivatives() {
    let declarations = format!("{HONEYCOMB}\nlet bond(i, j) = (s[i] - s[j])^2\nlet next(i) = s[i+x]");
    same(
        &declarations,
        &[
            "sum<i,j>(bond(i, j)) + sum(i in B)(s[i]^3)",
            "sum(i in A)(bond(i, (i, B)) + bond(i, (i-x, B)) + bond((i, A), (i-y, 1)) + next((i-x, B))^3)",
        ],
    );
    same(HONEYCOMB, &["sum(i in B)(s[i]*lap(s, i))", "sum(i in A)(s[i, B]*lap(s, (i, B)))"]);
}

#[test]
fn coordinates_and_ends_of_bonds() {
    same(HONEYCOMB, &["s[1, 0, 1]*s[2, 1, 0]", "s[1, 0, B]*s[2, 1, A]", "s[(1, 0, B)]*s[2, 1, A]"]);
    same(
        "lattice honeycomb(3, 3)\nfield U : phase on bonds",
        &[
            "sum<i,j>(re(U[i, j])^2)",
            "sum(i in A)(re(U[i, (i, B)])^2 + re(U[i, (i-x, B)])^2 + re(U[(i-y, B), (i, A)])^2)",
        ],
    );
    same(
        "lattice square(3, 3)\nfield s : spin on bonds",
        &["s[(0, 0), (0, 1)]*s[(2, 1), (0, 1)]", "s[(0, 1), (0, 0)]*s[(0, 1), (2, 1)]"],
    );
}

#[test]
fn names_in_outputs_are_those_of_the_language() {
    let model = read(HONEYCOMB, "sum<i,j>(s[i]*s[j])");
    let text = model.energies[0].polynomial.display(|variable| model.variable_name(variable));
    same(HONEYCOMB, &["sum<i,j>(s[i]*s[j])", &format!("sum(i in A)({text})")]);
    let whole = read("lattice kagome(2, 2)\nfield s : spin", "s[0, 1, C]*s[1, 0, 0]");
    let text = whole.energies[0].polynomial.display(|variable| whole.variable_name(variable));
    assert_eq!(text, "s[0, 1, C]*s[1, 0, A]");
}
