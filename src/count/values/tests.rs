//! Traces with turns, and Schur functions against the definition.

use dashu_int::{IBig, UBig};

use super::super::power_series::Integers;
use super::average::{Admitted, Averages, Traces, reversed_characteristic};
use super::{Charged, Cycle, Factor, Slot, System, Turn, ValueGroup, Values, rotation};

/// Every signed permutation of the axes.
fn hyperoctahedral(dimension: usize) -> Vec<Vec<Vec<i64>>> {
    let mut matrices: Vec<Vec<Vec<i64>>> = vec![Vec::new()];
    for _ in 0..dimension {
        matrices = matrices
            .into_iter()
            .flat_map(|rows| {
                (0..dimension).flat_map(move |axis| {
                    let rows = rows.clone();
                    let free = rows.iter().all(|row: &Vec<i64>| row[axis] == 0);
                    [1, -1].into_iter().filter(move |_| free).map(move |sign| {
                        let mut next = rows.clone();
                        next.push((0..dimension).map(|at| if at == axis { sign } else { 0 }).collect());
                        next
                    })
                })
            })
            .collect();
    }
    matrices
}

fn identity(dimension: usize) -> Vec<Vec<i64>> {
    (0..dimension).map(|r| (0..dimension).map(|c| (r == c) as i64).collect()).collect()
}

fn squared(matrix: &[Vec<i64>]) -> Vec<Vec<i64>> {
    let size = matrix.len();
    (0..size).map(|r| (0..size).map(|c| (0..size).map(|k| matrix[r][k] * matrix[k][c]).sum()).collect()).collect()
}

/// The invariants of displacements on a hypercubic lattice, coupled between
/// nearest neighbours, where turns of space turn the displacements too: one
/// site, and one bond, each with its stabilizer.
fn displacements(dimension: usize, degree: u32) -> IBig {
    let elements = hyperoctahedral(dimension);
    let mut turns: Vec<Vec<Vec<i64>>> = vec![identity(dimension)];
    turns.extend(elements.iter().cloned());
    turns.extend(elements.iter().map(|matrix| squared(matrix)));
    let system = System {
        fields: vec![(dimension as u32, Values::Real)],
        group: ValueGroup::default(),
        classes: vec![vec![0]],
        turns: turns.into_iter().map(|matrix| -> Turn { vec![Some(matrix)] }).collect(),
        oriented: Vec::new(),
    };
    let mut traces = Traces::of(&system, Admitted { degree, homogeneous: false }, degree as usize).expect("short");
    let (mut site, mut bond, mut on_bond) = (IBig::ZERO, IBig::ZERO, 0u32);
    for (at, matrix) in elements.iter().enumerate() {
        let once = 1 + at as u16;
        let twice = once + elements.len() as u16;
        let fixed = Cycle { turn: once, ..Cycle::plain(1) };
        site += traces.trace(&[fixed]);
        match matrix[0][0] {
            1 => bond += traces.trace(&[fixed, fixed]),
            -1 => bond += traces.trace(&[Cycle { turn: twice, ..Cycle::plain(2) }]),
            _ => continue,
        }
        on_bond += 1;
    }
    IBig::ONE + site / IBig::from(elements.len()) + bond / IBig::from(on_bond)
}

#[test]
fn displacements_of_a_crystal() {
    // hiPhive counts 20 for the simple cubic lattice.
    assert_eq!(displacements(2, 4), IBig::from(17));
    assert_eq!(displacements(3, 4), IBig::from(20));
}

#[test]
fn turns_in_the_basis_of_a_lattice() {
    // A sixth of a turn of the triangular lattice.
    let sixth = vec![vec![1, -1], vec![1, 0]];
    assert_eq!(reversed_characteristic(&sixth), [1, -1, 1].map(IBig::from));
    assert_eq!(reversed_characteristic(&squared(&sixth)), [1, 1, 1].map(IBig::from));
    assert_eq!(reversed_characteristic(&identity(3)), [1, -3, 3, -1].map(IBig::from));
}

#[test]
fn rotations_absorb_turns() {
    let rotation = |proper| Factor::Rotation {
        vectors: vec![(0..3).map(|component| Slot { field: 0, component }).collect()],
        times: 0,
        proper,
    };
    let system = |proper| System {
        fields: vec![(3, Values::Real)],
        group: ValueGroup { factors: vec![rotation(proper)] },
        classes: vec![vec![0]],
        turns: vec![vec![None], vec![Some(vec![vec![0, 0, 1], vec![1, 0, 0], vec![0, 1, 0]])]],
        oriented: Vec::new(),
    };
    let averages = Averages::new(&system(false), 6).expect("short");
    let series = |turn| averages.series(&[(Cycle { turn, ..Cycle::plain(2) }, UBig::from(3u8))]);
    assert_eq!(series(0), series(1));
    assert!(Averages::new(&system(true), 6).is_err());
}

/// Littlewood's identity at numbers: with k vectors at rest the power sums are
/// all k, and the counts those of the ring of k vectors. For O(1): even
/// monomials; for SO(1): all.
#[test]
fn one_dimension_counts_monomials() {
    for vectors in 1..5u64 {
        let powers = vec![IBig::from(vectors); 9];
        let all = rotation::invariants(&Integers, 1, true, &powers);
        let even = rotation::invariants(&Integers, 1, false, &powers);
        for degree in 0..9u64 {
            let monomials = IBig::from(super::super::series::binomial(&UBig::from(vectors + degree - 1), degree));
            assert_eq!(all[degree as usize], monomials);
            assert_eq!(even[degree as usize], if degree % 2 == 0 { monomials } else { IBig::ZERO });
        }
    }
}

#[test]
fn a_charge_counts_as_many_phases() {
    let system = |charges: [i32; 2], order| System {
        fields: vec![(2, Values::Real), (2, Values::Real)],
        group: ValueGroup {
            factors: vec![Factor::Cyclic {
                numbers: (0..2)
                    .map(|field| Charged {
                        parts: [0, 1].map(|component| Slot { field, component }),
                        charge: charges[field],
                    })
                    .collect(),
                order,
            }],
        },
        classes: vec![vec![0, 1]],
        ..System::default()
    };
    let count = |charges, order| {
        let averages = Averages::new(&system(charges, order), 3).expect("short");
        averages.series(&[(Cycle::plain(1), UBig::ONE)]).iter().sum::<IBig>()
    };
    // 1, |a|^2, |b|^2, and a^2 b* with its conjugate.
    assert_eq!(count([1, 2], 0), IBig::from(5));
    // 1, |a|^2, |b|^2, a b* and its conjugate.
    assert_eq!(count([1, 1], 0), IBig::from(5));
    // All monomials.
    assert_eq!(count([3, 6], 3), IBig::from(35));
}

#[test]
fn sign_changes_of_fields_together() {
    let vector = |field| (0..3).map(|component| Slot { field, component }).collect::<Vec<_>>();
    let system = |flipped: &[usize]| System {
        fields: vec![(1, Values::Real), (3, Values::Real), (3, Values::Real), (3, Values::Real)],
        group: ValueGroup {
            factors: vec![
                Factor::Flip(flipped.to_vec()),
                Factor::Rotation { vectors: (1..4).map(vector).collect(), times: 0, proper: true },
            ],
        },
        classes: vec![vec![0, 1, 2, 3]],
        ..System::default()
    };
    let count = |flipped: &[usize]| {
        let averages = Averages::new(&system(flipped), 4).expect("short");
        averages.series(&[(Cycle::plain(1), UBig::ONE)])
    };
    // s^2 and six dot products; no determinant, but s times it.
    assert_eq!(count(&[0, 1, 2, 3]), [1, 0, 7, 0, 29].map(IBig::from));
    // The scalar and the first vector: s^2, u.u and three others, s u.v and
    // s u.w, and the determinant times s; of degree four 6 dot products of v
    // and w, 3 times u.u and the square of it, 3 of two factors with u, and
    // s^2 times those of degree two.
    assert_eq!(count(&[0, 1]), [1, 0, 5, 2, 19].map(IBig::from));
    // A part of a vector has no sign of its own.
    let mut broken = system(&[0]);
    broken.fields[1] = (2, Values::Real);
    broken.fields.push((1, Values::Real));
    broken.classes[0].push(4);
    broken.group = ValueGroup {
        factors: vec![
            Factor::Flip(vec![4]),
            Factor::Rotation {
                vectors: vec![vec![
                    Slot { field: 1, component: 0 },
                    Slot { field: 1, component: 1 },
                    Slot { field: 4, component: 0 },
                ]],
                times: 0,
                proper: false,
            },
        ],
    };
    assert!(broken.check().is_err());
}
