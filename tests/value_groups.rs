//! Symmetries of the values of fields: rotations, phases, roots of unity,
//! unit vectors and categories, against published counts, linear algebra and
//! lists of invariants.

use dashu_int::UBig;
use hamc::count::{CountError, burnside, degrees_of_freedom, invariants, nullspace};
use hamc::exact::Rational;
use hamc::model::{
    Boundary, Field, Frame, Kind, Lattice, Locality, Model, Monomial, Polynomial, Shape, Structure,
    Symmetry::{self, Cyclic, Flip, Lorentz, Permutation, PointGroup, Reflection, Rotation, Translation},
    Vector,
};
use proptest::prelude::*;
use std::collections::BTreeMap;

const NEAREST: Option<u64> = Some(1);

fn scalar(kind: Kind) -> Field {
    Field::scalar("x", kind, Rational::new(if kind == Kind::Bit { 0 } else { -1 }, 1), Rational::ONE)
}

fn structured(structure: Structure, components: u32) -> Field {
    let kind = if structure == Structure::Categories { Kind::Bit } else { Kind::Real };
    Field { components, structure, indexed: components > 1 && !structure.is_complex(), ..scalar(kind) }
}

fn vector(components: u32) -> Field {
    Field { indexed: true, ..structured(Structure::Plain, components) }
}

fn complex() -> Field {
    structured(Structure::Complex, 2)
}

/// O(n) acting on the components of these fields.
fn orthogonal(fields: &[usize]) -> Symmetry {
    Rotation { vectors: fields.iter().map(|&field| Vector::Field(field)).collect(), proper: false }
}

fn proper(fields: &[usize]) -> Symmetry {
    Rotation { vectors: fields.iter().map(|&field| Vector::Field(field)).collect(), proper: true }
}

fn lorentz(fields: &[usize], parity: bool) -> Symmetry {
    Lorentz { vectors: fields.iter().map(|&field| Vector::Field(field)).collect(), parity }
}

fn model(extents: &[u64], fields: &[Field], degree: u32, squared: Option<u64>, symmetries: &[Symmetry]) -> Model {
    let shape = [Shape::Point, Shape::Line, Shape::Hypercubic][extents.len().min(2)];
    let boundaries = vec![Boundary::Periodic; extents.len()];
    let lattice = Lattice { shape, extents: extents.to_vec(), boundaries, graph: None };
    let mut fields = fields.to_vec();
    fields.iter_mut().enumerate().for_each(|(at, field)| field.name = format!("f{at}"));
    let localities = squared.map(|numerator| Locality::Range { numerator, denominator: 1 });
    Model::generic(lattice, fields, degree, localities.into_iter().collect(), symmetries.to_vec())
}

fn counts(model: &Model) -> [u64; 3] {
    let counted = degrees_of_freedom(model).expect("countable");
    [counted.all(), counted.local(), counted.symmetric()].map(|count| u64::try_from(count).expect("a small count"))
}

fn symmetric(model: &Model) -> UBig {
    degrees_of_freedom(model).expect("countable").symmetric().clone()
}

#[test]
fn vectors_without_a_lattice() {
    let point = |copies: usize, dimension: u32, degree: u32, symmetry: fn(&[usize]) -> Symmetry| {
        let fields: Vec<usize> = (0..copies).collect();
        model(&[], &vec![vector(dimension); copies], degree, None, &[symmetry(&fields)])
    };
    for (model, expected) in [
        (point(1, 3, 6, orthogonal), [84, 84, 4]),
        (point(2, 3, 4, orthogonal), [210, 210, 10]),
        (point(3, 3, 3, proper), [220, 220, 8]),
        (point(3, 3, 3, orthogonal), [220, 220, 7]),
        (point(4, 3, 6, orthogonal), [18564, 18564, 286]),
        // One relation: the Gram determinant of three vectors in the plane.
        (point(3, 2, 6, orthogonal), [924, 924, 83]),
        (point(1, 4, 4, |fields| lorentz(fields, false)), [70, 70, 3]),
        (point(1, 4, 6, |fields| lorentz(fields, false)), [210, 210, 4]),
        (point(2, 4, 4, |fields| lorentz(fields, false)), [495, 495, 10]),
        (point(4, 4, 4, |fields| lorentz(fields, false)), [4845, 4845, 67]),
        (point(4, 4, 4, |fields| lorentz(fields, true)), [4845, 4845, 66]),
    ] {
        assert_eq!(counts(&model), expected);
        let list = invariants(&model).expect("a list");
        assert_eq!(list.len() as u64, expected[2]);
    }
}

#[test]
fn vectors_on_lattices() {
    let ring = [Translation, Reflection];
    let with = |space: &[Symmetry], symmetry: Symmetry| [space, &[symmetry]].concat();
    let square = [Translation, PointGroup(None)];
    let unit = structured(Structure::Unit, 3);
    for (model, expected) in [
        (model(&[6], &[vector(3)], 2, NEAREST, &with(&ring, orthogonal(&[0]))), [190, 109, 3]),
        (model(&[4, 4], &[vector(3)], 4, NEAREST, &with(&square, orthogonal(&[0]))), [270725, 5057, 7]),
        (model(&[4, 4], &[vector(2)], 4, NEAREST, &with(&square, orthogonal(&[0]))), [58905, 1537, 7]),
        (model(&[8], &[unit], 4, NEAREST, &with(&ring, orthogonal(&[0]))), [17903, 1041, 3]),
    ] {
        assert_eq!(counts(&model), expected);
        let list = invariants(&model).expect("a list");
        assert_eq!(list.len() as u64, expected[2]);
    }
    // Translations that the frame does not hold.
    let mut one_cell = model(&[4], &[vector(2)], 4, NEAREST, &with(&ring, orthogonal(&[0])));
    one_cell.frame = Frame::new(&one_cell.lattice, &one_cell.fields, Vec::new());
    let list: Vec<Polynomial> =
        invariants(&one_cell).expect("a list").into_iter().map(|energy| energy.polynomial).collect();
    assert_eq!(UBig::from(rank(&list)), symmetric(&one_cell));
    let list = invariants(&model(&[8], &[structured(Structure::Unit, 2)], 2, NEAREST, &with(&ring, proper(&[0]))));
    let names = |list: Vec<hamc::model::Energy>, model: &Model| -> Vec<String> {
        list.iter().map(|energy| energy.polynomial.display(|v| model.variable_name(v))).collect()
    };
    let spins = model(&[8], &[vector(2)], 2, NEAREST, &with(&ring, orthogonal(&[0])));
    let couplings = names(invariants(&spins).expect("a list"), &spins);
    assert_eq!(couplings, ["1", "f0[i][0]^2 + f0[i][1]^2", "f0[i][0]*f0[i+1][0] + f0[i][1]*f0[i+1][1]"]);
    assert_eq!(list.expect("a list").len(), 2);
}

#[test]
fn phases_and_roots_of_unity() {
    let cyclic = |order: u32| Cyclic { fields: vec![0], order };
    for (model, expected) in [
        (model(&[], &[complex()], 6, None, &[proper(&[0])]), [28, 28, 4]),
        (model(&[], &[complex()], 6, None, &[cyclic(3)]), [28, 28, 10]),
        (model(&[], &[complex()], 6, None, &[cyclic(4)]), [28, 28, 8]),
        (model(&[8], &[complex()], 4, NEAREST, &[Translation, proper(&[0])]), [4845, 441, 12]),
    ] {
        assert_eq!(counts(&model), expected);
        assert_eq!(nullspace(&model), Some(UBig::from(expected[2])));
        assert_eq!(invariants(&model).expect("a list").len() as u64, expected[2]);
    }
}

#[test]
fn categories() {
    let category = |q: u32| structured(Structure::Categories, q - 1);
    let all = [Translation, PointGroup(None)];
    for (extents, q, degree, squared, expected) in
        [(vec![6, 6], 3, 3, 2, [59713, 1801, 15]), (vec![4, 4, 4], 3, 2, 1, [8193, 897, 6])]
    {
        let model = model(&extents, &[category(q)], degree, Some(squared), &all);
        assert_eq!(counts(&model), expected);
        assert_eq!(invariants(&model).expect("a list").len() as u64, expected[2]);
    }
    let small = model(&[5], &[category(4), scalar(Kind::Real)], 3, NEAREST, &[Translation, Reflection]);
    assert_eq!(burnside(&small), Some(symmetric(&small)));
    assert_eq!(nullspace(&small), burnside(&small));
}

#[test]
fn large_groups_and_lattices() {
    // Multisets of dot products of at most four vectors, by graphs: the
    // multigraphs with at most two edges, loops allowed.
    let complete = |sites: u64, degree: u32| {
        let mut model = model(&[sites], &[vector(3)], degree, None, &[Permutation, orthogonal(&[0])]);
        model.lattice.shape = Shape::Complete;
        model
    };
    assert_eq!(symmetric(&complete(1000, 4)), UBig::from(1u8 + 2 + 7));
    assert_eq!(symmetric(&complete(1, 4)), UBig::from(3u8));
    for degree in [4, 6] {
        assert_eq!(symmetric(&complete(1000, degree)), symmetric(&complete(100_000_000, degree)));
        assert_eq!(nullspace(&complete(3, degree)), Some(symmetric(&complete(3, degree))));
    }
    // Vectors of components that are permuted.
    let mixed = model(&[], &[vector(3)], 3, None, &[Permutation, orthogonal(&[0])]);
    assert_eq!(symmetric(&mixed), UBig::from(2u8));
    let ring = model(&[64], &[vector(3)], 6, None, &[Translation, Reflection, orthogonal(&[0])]);
    assert!(symmetric(&ring) > UBig::from(1000u16));
    let long = |sites: u64| model(&[sites], &[vector(3)], 6, NEAREST, &[Translation, Reflection, orthogonal(&[0])]);
    assert_eq!(symmetric(&long(12)), symmetric(&long(1_000_000_000_000)));
    // No dimension is too high for the degree.
    let high = model(&[10, 10], &[vector(100)], 6, NEAREST, &[Translation, orthogonal(&[0])]);
    let low = model(&[10, 10], &[vector(3)], 6, NEAREST, &[Translation, orthogonal(&[0])]);
    assert_eq!(symmetric(&high), symmetric(&low));
}

#[test]
fn permutations_with_every_group_of_values() {
    let cyclic = |order: u32| Cyclic { fields: vec![0], order };
    let phase = |order| structured(Structure::Phase(order), 2);
    let unit = structured(Structure::Unit, 3);
    let spin = scalar(Kind::Spin);
    for (fields, symmetries) in [
        (vec![complex()], vec![cyclic(3)]),
        (vec![complex(), spin.clone()], vec![proper(&[0]), Flip(1)]),
        (vec![phase(None), spin.clone()], vec![cyclic(2), Flip(0)]),
        (vec![phase(Some(4))], vec![cyclic(4)]),
        (vec![unit.clone()], vec![orthogonal(&[0])]),
        (vec![unit, spin.clone()], vec![proper(&[0]), Flip(1)]),
        (vec![structured(Structure::Categories, 2), spin.clone()], vec![Flip(1)]),
    ] {
        for sites in 1..4 {
            let mut model = model(&[sites], &fields, 4, None, &[&symmetries[..], &[Permutation]].concat());
            model.lattice.shape = Shape::Complete;
            assert_eq!(nullspace(&model), Some(symmetric(&model)), "{sites} {fields:?} {symmetries:?}");
        }
    }
    // An index beside fields that rotate.
    let scalars = Vector::Scalars(vec![1, 2, 3]);
    let real = scalar(Kind::Real);
    let rotated = Rotation { vectors: vec![scalars], proper: false };
    let fields = [vector(3), real.clone(), real.clone(), real, complex()];
    for symmetries in [vec![Permutation, rotated.clone()], vec![Permutation, rotated, orthogonal(&[4])]] {
        let model = model(&[], &fields, 4, None, &symmetries);
        assert_eq!(nullspace(&model), Some(symmetric(&model)), "{symmetries:?}");
    }
}

#[test]
fn direct_products() {
    let space = [Translation, Reflection];
    for (fields, symmetries) in [
        (vec![vector(2), vector(3)], vec![orthogonal(&[0]), proper(&[1])]),
        (vec![vector(3), vector(3), scalar(Kind::Real)], vec![orthogonal(&[0, 1]), Flip(0), Flip(2)]),
        (vec![complex(), complex()], vec![proper(&[0]), Cyclic { fields: vec![0, 1], order: 3 }]),
        (vec![complex(), vector(2)], vec![Cyclic { fields: vec![0], order: 4 }, orthogonal(&[1]), Flip(0)]),
    ] {
        let model = model(&[3], &fields, 4, NEAREST, &[&symmetries[..], &space].concat());
        assert_eq!(nullspace(&model), Some(symmetric(&model)), "{fields:?} {symmetries:?}");
        assert_eq!(UBig::from(invariants(&model).expect("a list").len()), symmetric(&model));
    }
}

#[test]
fn determinants_in_many_dimensions() {
    for dimension in 1..=8u32 {
        // With one determinant, and with it times one dot product.
        let copies = dimension as usize + 1;
        let fields: Vec<usize> = (0..copies).collect();
        let at = |degree: u32, symmetry: Symmetry| {
            let mut model = model(&[], &vec![vector(dimension); copies], degree, None, &[symmetry]);
            model.homogeneous = true;
            symmetric(&model)
        };
        let odd = |degree: u32| at(degree, proper(&fields)) - at(degree, orthogonal(&fields));
        let k = copies as u64;
        // The exterior power; and the one with a column more, by the hook
        // length formula for 3, 1, 1, ...
        assert_eq!(odd(dimension), UBig::from(k), "SO({dimension})");
        let products = k * (k * (k + 1) / 2);
        // A determinant with its last vector in a dot product is related to
        // the others: one relation for each choice of n + 1 vectors and one more.
        assert_eq!(odd(dimension + 2), UBig::from(products - k), "SO({dimension})");
    }
}

#[test]
fn refused() {
    let refused = |model: Model| {
        let started = std::time::Instant::now();
        let error = degrees_of_freedom(&model).expect_err("refused").to_string();
        assert!(started.elapsed().as_secs() < 2, "{error}");
        error
    };
    assert_eq!(
        refused(model(&[], &[vector(2), vector(3)], 2, None, &[orthogonal(&[0, 1])])),
        "unsupported: a rotation of vectors of different dimensions"
    );
    assert_eq!(
        refused(model(&[], &[vector(3)], 2, None, &[orthogonal(&[0]), proper(&[0])])),
        "unsupported: two rotations of the same components"
    );
    let refusal = refused(model(&[], &vec![vector(12); 12], 200, None, &[orthogonal(&[0, 1, 2])]));
    assert!(refusal.contains("under rotations"), "{refusal}");
    assert_eq!(
        refused(model(
            &[],
            &[structured(Structure::Phase(Some(3)), 2)],
            2,
            None,
            &[Cyclic { fields: vec![0], order: 2 }]
        )),
        "unsupported: phases that take roots of unity of order 3 to numbers that are none"
    );
}

/// Row reduction over the rationals, for functions of plain fields.
fn rank(polynomials: &[Polynomial]) -> usize {
    let mut pivots: BTreeMap<Monomial, Polynomial> = BTreeMap::new();
    for polynomial in polynomials {
        let mut rest = polynomial.clone();
        while let Some((leading, coefficient)) = rest.terms().first().cloned() {
            match pivots.get(&leading) {
                Some(pivot) => rest = &rest - &pivot.scaled(&(&coefficient / &pivot.coefficient(&leading))),
                None => {
                    pivots.insert(leading, rest);
                    break;
                }
            }
        }
    }
    pivots.len()
}

/// Whether a rotation of two components of every vector by (3/5, 4/5) keeps a
/// polynomial.
fn is_rotated_into_itself(model: &Model, polynomial: &Polynomial, fields: &[usize]) -> bool {
    let image = polynomial.substitute(|variable| {
        let slot = model.frame.slot(variable.slot());
        if !fields.contains(&(slot.field as usize)) || slot.component > 1 {
            return None;
        }
        let other = hamc::model::Slot { component: 1 - slot.component, ..slot };
        let other = model.frame.variable(&model.fields, other).at(variable.cell);
        let sign = if slot.component == 0 { -4 } else { 4 };
        let own = Polynomial::variable(variable).scaled(&Rational::new(3, 5));
        Some(&own + &Polynomial::variable(other).scaled(&Rational::new(sign, 5)))
    });
    image == *polynomial
}

#[derive(Clone, Debug)]
enum Case {
    Rotated { dimension: u32, proper: bool, unit: bool },
    Charged { order: u32, phase: bool },
    Boosted { parity: bool },
}

fn any_case() -> impl Strategy<Value = Case> {
    prop_oneof![
        (1..4u32, any::<bool>(), any::<bool>()).prop_map(|(dimension, proper, unit)| Case::Rotated {
            dimension,
            proper,
            unit
        }),
        (0..7u32, any::<bool>()).prop_map(|(order, phase)| Case::Charged { order, phase }),
        any::<bool>().prop_map(|parity| Case::Boosted { parity }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn characters_linear_algebra_and_lists_agree(
        case in any_case(),
        copies in 1..3usize,
        extra in prop_oneof![Just(None), Just(Some(Kind::Real)), Just(Some(Kind::Spin)), Just(Some(Kind::Bit))],
        extents in prop_oneof![Just(vec![]), (2..5u64).prop_map(|n| vec![n]), Just(vec![2, 2])],
        degree in 1..5u32,
        squared in prop_oneof![Just(None), Just(Some(1)), Just(Some(2))],
        space in 0..3u8,
        flips in (any::<bool>(), any::<bool>()),
        homogeneous in any::<bool>(),
    ) {
        let (field, symmetry) = match case {
            Case::Rotated { dimension, proper: of_one, unit } => {
                let structure = if unit { Structure::Unit } else { Structure::Plain };
                let fields: Vec<usize> = (0..copies).collect();
                let field = Field { indexed: true, ..structured(structure, dimension) };
                (field, if of_one { proper(&fields) } else { orthogonal(&fields) })
            }
            Case::Charged { order, phase } => {
                let structure = if phase { Structure::Phase((order > 1 && copies == 1).then_some(order)) } else { Structure::Complex };
                let fields: Vec<usize> = (0..copies).collect();
                let symmetry = if order == 0 { proper(&fields) } else { Cyclic { fields, order } };
                (structured(structure, 2), symmetry)
            }
            Case::Boosted { parity } => (vector(4), lorentz(&(0..copies).collect::<Vec<_>>(), parity)),
        };
        let mut fields = vec![field; copies];
        fields.extend(extra.map(scalar));
        let mut symmetries = vec![symmetry];
        if flips.0 && !matches!(fields[0].structure, Structure::Phase(Some(n)) if n % 2 == 1) {
            symmetries.push(Flip(0));
        }
        if flips.1 && extra.is_some() && !(homogeneous && extra == Some(Kind::Bit)) {
            symmetries.push(Flip(copies));
        }
        if !extents.is_empty() && space > 0 {
            symmetries.push(Translation);
            symmetries.extend((space > 1).then_some(Reflection));
        }
        let squared = if extents.is_empty() { None } else { squared };
        let mut model = model(&extents, &fields, degree, squared, &symmetries);
        model.homogeneous = homogeneous;
        let counted = symmetric(&model);
        match nullspace(&model) {
            Some(count) => prop_assert_eq!(&count, &counted),
            None => prop_assert!(model.variables() > Some(12), "small models have a kernel"),
        }
        if counted < UBig::from(300u16) {
            match invariants(&model) {
                Err(CountError::TooMany { .. }) => {}
                Err(error) => prop_assert!(false, "{}", error),
                Ok(list) => {
                    prop_assert_eq!(UBig::from(list.len()), counted);
                    let list: Vec<Polynomial> = list.into_iter().map(|energy| energy.polynomial).collect();
                    if fields[0].structure == Structure::Plain {
                        prop_assert_eq!(rank(&list), list.len());
                    }
                    let turned: Vec<usize> = (0..copies).collect();
                    if matches!(case, Case::Rotated { dimension: 2.., .. } | Case::Charged { order: 0, .. }) {
                        let kept = list.iter().all(|polynomial| {
                            let canonical = model.canonical_polynomial(polynomial);
                            is_rotated_into_itself(&model, &canonical, &turned)
                        });
                        // Cells that overlap may share a monomial between terms.
                        prop_assert!(kept || model.frame.directions.iter().any(|&d| model.lattice.extents[d] <= 2));
                    }
                }
            }
        }
    }
}
