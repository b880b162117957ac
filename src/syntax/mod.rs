//! The language: text to syntax tree ([`parse`]) and back ([`print()`]).
//!
//! A spec is a list of statements, one a line. What enters is text; what
//! leaves is an [`ast::Spec`] with the place of everything, comments included,
//! so that nothing is lost in printing: `parse(print(parse(x))) == parse(x)`.
//! Meaning is given by [`crate::lower`]. The grammar itself is
//! `grammar/ham.pest`, the only syntax definition.
//!
//! # Lines, comments, numbers
//!
//! `#` begins a comment. A statement continues on the next line while a
//! bracket is open, after a binary operator, `,`, `=` or `:`, and where the
//! next line begins with an operator or a bracket. `;` may end a
//! statement. Numbers (`12`, `0.25`, `1e-3`) are exact rationals. Names consist
//! of letters of any alphabet, digits and `_`.
//!
//! # Statements
//!
//! | statement | meaning |
//! |---|---|
//! | `lattice square(8, 8) open x` | the lattice: `ring(n)`, `chain(n)` (open), `square(a, b)` or `rectangular`, `cubic(a, b, c)`, `hypercubic(...)` up to six directions, `complete(n)`, `triangular(a, b)`, `honeycomb(a, b)`, `kagome(a, b)`, `bcc(a, b, c)`, `fcc(a, b, c)` with extents in primitive cells; one extent stands for all where there are several; periodic, but for the directions after `open`, which end, and those after `twisted`, around which fields change their sign (all, if none is named) |
//! | `lattice graph("edges.csv")` | a graph: two sites a line, numbered from 0; paths are relative to the spec |
//! | `field phi : real in [-2, 2]` | a value at every site; without a lattice, a variable |
//! | `field s : spin`, `field b : bit` | values -1 and +1 (s^2 = 1), values 0 and 1 (b^2 = b) |
//! | `field S[3], T[3] : real in [-1, 1]` | fields with components, numbered from 0 |
//! | `field phi : complex in [-1, 1]` | a complex number, the bounds for each part; `phi[i][0]` and `phi[i][1]` are the parts |
//! | `field S[3] : unit`, `field U : phase`, `field c : clock(4)` | a vector of length one; a complex number of absolute value one; one of the n-th roots of unity |
//! | `field c : categorical(3)` | one of q categories: q - 1 bits, bit a is one in category a + 1 |
//! | `field s : spin on bonds`, `field p : spin on plaquettes` | a value of any kind on every bond, or on every closed loop that `sum plaquette` runs over |
//! | `param m2 = -1/2` | a number, or an expression of earlier params |
//! | `param J on bonds = file("J.npy")`, `param h on sites = file("h.csv")` | a coupling for every bond or site of the lattice, used as `J[i, j]` and `h[i]`: an array with the extents of the lattice and, where a cell has several sites or bonds, their number; bonds in the order of the directions; of a complete lattice a square matrix, used above its diagonal; paths are relative to the spec |
//! | `param J = free` | a coupling left open; H must be affine in these, and has one energy for each |
//! | `let kinetic(i, j) = (phi[i] - phi[j])^2` | a function of sites, values, vectors or fields; its body knows its parameters and what is declared, nothing of where it is used |
//! | `let E = x^2 + y^2` | an abbreviation |
//! | `H = ...` | the Hamiltonian |
//! | `H = generic` | the most general one that degree, locality and symmetry allow |
//! | `degree 4`, `degree = 4` | total degree at most, or exactly, 4 |
//! | `constant off` | the constant is none of the terms of H |
//! | `locality nearest_neighbor`, `locality range sqrt(5)` | every two sites of a term are neighbours, or within a distance; the words are below |
//! | `symmetry translation, reflection, point_group, permutation, flip(phi)` | symmetries of H, which are checked; the words are below |
//! | `symmetry detect` | a question: which symmetries does H have? |
//! | `compile activation tanh, tolerance 1e-6, minimize neurons, topology layered, precision f64` | defaults for compilation |
//!
//! # Expressions
//!
//! | expression | meaning |
//! |---|---|
//! | `+ - * /`, `^` or `**`, `( )` | arithmetic; divisors and exponents are numbers, `a^b^c` is `a^(b^c)`, and `-x^2` is `-(x^2)` |
//! | `phi[i]`, `phi[i+1]`, `phi[i+x-2y]` | a field at a site and at one displaced; directions are x, y, z, w, d5, d6, and a plain number will do where there is one direction |
//! | `phi[3]`, `phi[1, 2]` | a field at a site by its number or coordinates, from 0 |
//! | `S[i][0]`, `x[3]` | a component, on a lattice and without one |
//! | `phi[i, B]`, `phi[i+x, B]`, `phi[1, 2, B]` | where a cell has several sites, the site of a sublattice in the cell of another site, or in a cell; sublattices are A and B of the honeycomb lattice, A, B and C of the kagome lattice, or numbers from 0 |
//! | `U[i, j]`, `U[i, i+x]`, `U[(i, A), (i-x, B)]`, `U[(1, 2), (1, 3)]` | a field on the bond between two neighbours; complex numbers are conjugated against the direction of the bond; where a periodic direction of two sites has two bonds between sites given by their coordinates, the one that begins at the first |
//! | `p[i, j, k, l]`, `p[i, i+x, i+x+y, i+y]` | a field on the plaquette with these corners, in any order |
//! | `S[i]`, `x` | the vector of all components, for `dot`, `sum`, `product`, vector sums and multiples |
//! | `sum(i)( ... )`, `product(i)( ... )` | over all sites |
//! | `sum(i in A)( ... )` | over the sites of one sublattice, one in each cell |
//! | `sum<i,j>( ... )` | over nearest-neighbour bonds, each once, `j` one step after `i` along a direction; all pairs on a complete lattice |
//! | `sum<<i,j>>( ... )`, `sum<<<i,j>>>( ... )` | over second and third neighbours: the second- and third-smallest distance of the geometry |
//! | `sum plaquette(i,j,k,l)( ... )` | over the shortest closed loops of bonds, their sites in order: as many names as a loop has sites |
//! | `sum(a in 0..2)( ... )` | over integers, both ends included; usable in indices, coefficients and exponents |
//! | `sum(x)`, `product(x)` | over all components of a vector, or all sites of a field |
//! | `dot(S[i], S[j])` | the scalar product |
//! | `conj(z)`, `re(z)`, `im(z)`, `abs2(z)`, `complex(x, y)` | of complex values; H itself has to be real |
//! | `sublattice(i)` | the number of a site in its cell, from 0 |
//! | `grad2(phi, i)` | the sum over directions of (phi\[i+e\] - phi\[i\])^2, or over the bonds that begin at i |
//! | `lap(phi, i)` | the sum over neighbours j of phi\[j\] - phi\[i\] |
//! | `sqrt(9/4)` | of numbers, where it is rational |
//!
//! # Localities
//!
//! | words | the distinct sites of a term |
//! |---|---|
//! | `nearest_neighbor`, `range r`, `shell k`, `graph_radius k` | every two are neighbours; within a distance; at most k-th neighbours; at most k bonds apart |
//! | `connected`, `plaquette`, `window k` | are joined by bonds among them; are corners of one plaquette; lie in k consecutive cells along every direction |
//! | `pairs`, `bodies k` | are at most two; at most k |
//!
//! # Symmetries
//!
//! | words | what keeps H |
//! |---|---|
//! | `translation`, `reflection`, `uniform` | translations along all periodic directions; the reversal of each direction; no group: translates have equal couplings, along open directions, too |
//! | `point_group`, `point_group(C4)`, `point_group("m-3m")` | the motions that keep the centre; a subgroup by its name, in quotes where that has signs |
//! | `space_group(p4m)`, `p4m`, `space_group("Fm-3m")` | translations and a point group |
//! | `map(-y, x + 1)` | the motion that takes the point with coordinates x, y along the cell vectors there |
//! | `permutation`, `graph_automorphism` | permutations of sites: all, or those that keep bonds |
//! | `flip(f)`, `cyclic(f, n)`, `u1(f, g)` | a change of sign; multiplication of complex fields by n-th roots of unity, by phases |
//! | `rotation(u, v)`, `rotation(u, proper)`, `rotation((x, y, z))` | O(n) on the components of vectors together; SO(n); a vector of scalars |
//! | `rotation(u, locked)`, `rotation(u, locked, axial)` | motions of space turn the components; of an axial vector |
//! | `lorentz(p, q)`, `lorentz((t, x, y, z), parity)` | SO+(3,1) on four-vectors; O(3,1) without time reversal |
//! | `gauge(s)`, `gauge(U, contractible_only)` | signs or phases at every site, of a field on bonds; without loops around the lattice |
//!
//! Names that could be meant otherwise, `re` or `sublattice`, may be given to a
//! `let`, a field or a param. Lengths of unit vectors and phases and the
//! exclusion of categories are constraints on inputs: H is not reduced by them,
//! and the promised bound holds on the whole box.
//!
//! A periodic direction of two sites has two bonds between each pair, so
//! `sum<i,j>` counts the pair twice, and a field on bonds has a value on each;
//! a bond from a site to itself, in a direction of one site, is refused. On an
//! open direction, an addend of a sum over sites that reaches beyond the end
//! is absent: in `sum(i)(phi[i]^2 + phi[i]*phi[i+1])` on a chain of n there are
//! n squares and n-1 products. A difference in brackets is one addend.
//!
//! # Codes of diagnostics
//!
//! | code | meaning |
//! |---|---|
//! | E0100 | more diagnostics than are shown |
//! | E0101 | a line that begins like no statement |
//! | E0102 | something unexpected |
//! | E0103, E0104 | a bracket never closed; one that closes nothing or another kind |
//! | E0105 | a product without `*` |
//! | E0106 | a statement or loop that ends too early |
//! | E0107 | a number with two points |
//! | E0108 | a character that is not part of the language |
//! | E0109 | a loop without a plain loop variable |
//! | E0110, E0111 | a word of the language used as a name; a number said to live on sites or bonds |
//! | E0201, E0202 | an unknown name; an unknown function |
//! | E0203, E0204 | wrong indices; an index out of range |
//! | E0205 | not a polynomial |
//! | E0206 | a number is needed, or an exact one |
//! | E0207, E0208 | a name or statement given twice; no Hamiltonian, or several |
//! | E0209, E0210 | a wrong lattice; a wrong field or domain |
//! | E0211, E0212 | wrong arguments; a `let` that uses itself |
//! | E0213 | a site, a vector and a value confused |
//! | E0214 | a lattice too small for its neighbours |
//! | E0215, E0219 | a product of free couplings; of couplings from files |
//! | E0218, E0220 | H is not real; H is odd where a direction is twisted |
//! | E0221, E0222, E0223 | a file that cannot be read; of a shape that does not fit; with a number that is not finite |
//! | E0216, E0217 | an unknown property or setting; `generic` without a degree |
//! | E0301, E0302, E0303 | a degree, locality or symmetry that H does not have |
//! | E0304, E0305 | a symmetry that the model does not have; locality without a lattice |
//! | E0306 | a constant that is declared off |
//! | E0401, E0402, E0403 | nesting too deep; a number too long; a text too long |
//! | E0404, E0405 | an expansion too large; a degree or exponent over 1000 |
//! | E0406, E0407 | too many sites to write out; a loop too long |
//! | E0408, E0409 | an offset too far; a constant too large |
//! | W0201, W0203 | a field, a free coupling that H does not depend on |
//! | W0202 | a domain of one value |
//! | W0204 | a loop variable or direction that hides a declared name |

pub mod ast;
mod errors;
mod lines;
mod parse;
mod print;

pub use parse::parse;
pub use print::print;
