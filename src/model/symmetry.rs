//! Declared symmetries and localities.

/// A symmetry of a Hamiltonian.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Symmetry {
    /// All translations of the periodic directions.
    Translation,
    /// The reversal of every direction, one at a time.
    Reflection,
    /// The point group of the lattice's geometry about a site.
    PointGroup,
    /// Every permutation of the sites; without a lattice, of all variables of
    /// a field or, where fields are scalars, of the fields.
    Permutation,
    /// The sign change of a field (index); for bits, 0 and 1 exchanged.
    Flip(usize),
}

/// Which sets of sites a monomial may couple. Only the set of distinct sites
/// counts: a power of one site is local.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub enum Locality {
    /// Every two of the sites are nearest neighbours.
    NearestNeighbor,
    /// Every two of the sites lie within this squared Euclidean distance, in
    /// units of the nearest-neighbour distance: numerator and denominator.
    Range {
        /// Numerator of the squared range.
        numerator: u64,
        /// Denominator of the squared range.
        denominator: u64,
    },
}
