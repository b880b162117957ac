//! What a class cannot be had without, and what that costs at least.
//!
//! What every candidate of a class needs, the class needs, and so on: each
//! class has a set of classes that are in every choice that has it. The costs
//! of the cheapest own candidates over such a set bound the cost of every
//! choice from below.

use super::extract::Problem;

/// Larger problems are left: the sets grow with the square of the size.
const CLASSES: usize = 8_192;

/// A set of classes.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Set(Vec<u64>);

impl Set {
    pub(super) fn empty(size: usize) -> Set {
        Set(vec![0; size.div_ceil(64)])
    }

    fn full(size: usize) -> Set {
        Set(vec![u64::MAX; size.div_ceil(64)])
    }

    /// The number of words that hold the set, which is the work of going over it.
    pub(super) fn words(&self) -> u64 {
        self.0.len() as u64
    }

    pub(super) fn insert(&mut self, at: usize) {
        self.0[at / 64] |= 1 << (at % 64);
    }

    pub(super) fn contains(&self, at: usize) -> bool {
        self.0[at / 64] >> (at % 64) & 1 == 1
    }

    pub(super) fn unite(&mut self, other: &Set) {
        self.0.iter_mut().zip(&other.0).for_each(|(a, b)| *a |= b);
    }

    fn intersect(&mut self, other: &Set) {
        self.0.iter_mut().zip(&other.0).for_each(|(a, b)| *a &= b);
    }

    pub(super) fn members(&self) -> impl Iterator<Item = usize> {
        members(self.0.iter().copied())
    }

    /// The members that another set lacks.
    pub(super) fn without<'s>(&'s self, other: &'s Set) -> impl Iterator<Item = usize> + 's {
        members(self.0.iter().zip(&other.0).map(|(own, other)| own & !other))
    }
}

fn members(words: impl Iterator<Item = u64>) -> impl Iterator<Item = usize> {
    words.enumerate().flat_map(|(word, bits)| {
        let mut left = bits;
        std::iter::from_fn(move || {
            (left != 0).then(|| {
                let at = left.trailing_zeros() as usize;
                left &= left - 1;
                word * 64 + at
            })
        })
    })
}

/// What each class of a problem needs.
pub(super) struct Needs {
    /// What each class cannot be had without, itself included.
    pub(super) sets: Vec<Set>,
    /// The cost of the cheapest own candidate of each class.
    pub(super) own: Vec<u128>,
}

impl Needs {
    /// The greatest fixed point of: a class needs itself and what all of its
    /// candidates need. `None` where the problem is large or the work, in
    /// words of sets, is not enough.
    pub(super) fn of(problem: &Problem, mut work: u64) -> Option<Needs> {
        let n = problem.candidates().len();
        if n > CLASSES {
            return None;
        }
        let words = n.div_ceil(64) as u64;
        let mut sets = vec![Set::full(n); n];
        let mut changed = true;
        while changed {
            changed = false;
            // Later classes are mostly parts of earlier ones.
            for class in (0..n).rev() {
                let mut common = Set::full(n);
                for candidate in &problem.candidates()[class] {
                    work = work.checked_sub(words * (candidate.children.len() as u64 + 1))?;
                    let mut needs = Set::empty(n);
                    for &child in &candidate.children {
                        needs.unite(&sets[child]);
                    }
                    common.intersect(&needs);
                }
                common.insert(class);
                if common != sets[class] {
                    sets[class] = common;
                    changed = true;
                }
            }
        }
        let cheapest = |class: usize| (0..problem.candidates()[class].len()).map(|at| problem.scalar(class, at)).min();
        Some(Needs { sets, own: (0..n).map(|class| cheapest(class).unwrap_or(0)).collect() })
    }

    /// What some classes need together.
    pub(super) fn of_all(&self, classes: &[usize]) -> Set {
        let mut needed = Set::empty(self.own.len());
        classes.iter().for_each(|&class| needed.unite(&self.sets[class]));
        needed
    }
}
