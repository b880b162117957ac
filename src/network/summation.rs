//! The order in which the cells of a lattice are summed.
//!
//! It depends on the lattice alone, not on samples, tiles or threads: a row
//! (the cells along the last direction) is cut into blocks of 256 cells, a
//! block is summed in eight strands that are then joined pairwise, the blocks
//! of a row are joined pairwise, and then the rows. Pairwise means that
//! of n parts the first 2^k are joined, the rest are, and then the two, 2^k
//! being the greatest power of two below n. So any 2^k consecutive blocks that
//! begin at a multiple of 2^k, or what is left of them at the end of a row,
//! can be joined before the others are known.

/// Cells that are summed in strands.
const BLOCK: usize = 256;

/// Partial sums of a block.
const STRANDS: usize = 8;

/// The cells of a row that are summed in one go: a power of two of blocks.
pub(super) const SEGMENT: usize = 4 * BLOCK;

/// Adds up consecutive cells of a row, those of one lane with one another:
/// `values[cell * lanes + lane]`. They must begin at a multiple of
/// [`SEGMENT`] and be that many, or end with the row.
pub(super) fn sum_cells(values: &[f64], lanes: usize, sums: &mut [f64]) {
    if lanes == 1 {
        sums[0] = sum_lane(values);
        return;
    }
    let cells = values.len() / lanes;
    if cells == 1 {
        sums.copy_from_slice(values);
        return;
    }
    if cells > BLOCK {
        let half = lower_half(cells.div_ceil(BLOCK)) * BLOCK * lanes;
        let mut right = vec![0.0; lanes];
        sum_cells(&values[..half], lanes, sums);
        sum_cells(&values[half..], lanes, &mut right);
        sums.iter_mut().zip(&right).for_each(|(sum, value)| *sum += value);
        return;
    }
    let mut strands = vec![0.0; STRANDS * lanes];
    for eight in values.chunks(STRANDS * lanes) {
        strands.iter_mut().zip(eight).for_each(|(sum, value)| *sum += value);
    }
    let mut width = STRANDS / 2;
    while width > 0 {
        let (low, high) = strands.split_at_mut(width * lanes);
        low.iter_mut().zip(high).for_each(|(sum, value)| *sum += *value);
        width /= 2;
    }
    sums.copy_from_slice(&strands[..lanes]);
}

/// The same for a single lane.
fn sum_lane(values: &[f64]) -> f64 {
    if values.len() == 1 {
        return values[0];
    }
    if values.len() > BLOCK {
        let (left, right) = values.split_at(lower_half(values.len().div_ceil(BLOCK)) * BLOCK);
        return sum_lane(left) + sum_lane(right);
    }
    let mut strands = [0.0; STRANDS];
    let mut eights = values.chunks_exact(STRANDS);
    for eight in &mut eights {
        for at in 0..STRANDS {
            strands[at] += eight[at];
        }
    }
    strands.iter_mut().zip(eights.remainder()).for_each(|(sum, value)| *sum += value);
    let [a, b, c, d, e, f, g, h] = strands;
    ((a + e) + (c + g)) + ((b + f) + (d + h))
}

/// Joins parts pairwise, those of one lane with one another: `parts[part *
/// lanes + lane]`. The sums are left in the first part.
pub(super) fn join_pairwise(parts: &mut [f64], lanes: usize) {
    let mut count = parts.len() / lanes;
    // Joining neighbours until one is left makes the same tree.
    while count > 1 {
        for pair in 0..count / 2 {
            for lane in 0..lanes {
                parts[pair * lanes + lane] = parts[2 * pair * lanes + lane] + parts[(2 * pair + 1) * lanes + lane];
            }
        }
        if count % 2 == 1 {
            parts.copy_within((count - 1) * lanes..count * lanes, count / 2 * lanes);
        }
        count = count.div_ceil(2);
    }
}

/// The greatest power of two below a number of at least two.
fn lower_half(parts: usize) -> usize {
    parts.next_power_of_two() / 2
}

/// A bound of the number of additions on the way of one cell's value into the
/// sum over a lattice with these extents of its translated directions.
pub(crate) fn sum_depth(periods: &[u64]) -> f64 {
    let mut moved = periods.iter().copied().filter(|&period| period > 1);
    let Some(row) = moved.next_back() else { return 0.0 };
    let joins = |parts: u64| f64::from(64 - (parts.max(1) - 1).leading_zeros());
    let strands = row.min(BLOCK as u64).div_ceil(STRANDS as u64) as f64 + f64::from(STRANDS.ilog2());
    // Rows may be more than 2^64: their joins are at most the sum of those of
    // the directions.
    let rows: f64 = moved.map(joins).sum();
    strands + joins(row.div_ceil(BLOCK as u64)) + rows
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The greatest depth of a cell in the tree of a row.
    fn depth(cells: usize) -> usize {
        if cells == 1 {
            return 0;
        }
        if cells > BLOCK {
            let half = lower_half(cells.div_ceil(BLOCK)) * BLOCK;
            return 1 + depth(half).max(depth(cells - half));
        }
        cells.div_ceil(STRANDS) + 3
    }

    fn joins(parts: usize) -> usize {
        if parts <= 1 { 0 } else { 1 + joins(lower_half(parts)).max(joins(parts - lower_half(parts))) }
    }

    #[test]
    fn the_bound_of_the_depth_holds() {
        for row in [2u64, 7, 8, 255, 256, 257, 1024, 1025, 3000] {
            assert!(depth(row as usize) as f64 <= sum_depth(&[row]), "{row}");
            for rows in [1u64, 2, 3, 5, 64, 100] {
                assert!((depth(row as usize) + joins(rows as usize)) as f64 <= sum_depth(&[rows, 1, row]));
            }
        }
        assert_eq!(sum_depth(&[1, 1]), 0.0);
        assert_eq!(sum_depth(&[4096, 4096]), 32.0 + 3.0 + 4.0 + 12.0);
    }

    #[test]
    fn segments_are_parts_of_the_whole_and_lanes_do_not_matter() {
        let mut state = 7u64;
        let mut next = || {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 11) as f64 * 1e-9
        };
        for cells in [1usize, 3, 8, 100, 256, 257, 1024, 1025, 2047, 5000] {
            let values: Vec<f64> = (0..cells).map(|_| next()).collect();
            let whole = sum_lane(&values);
            let mut parts: Vec<f64> = values.chunks(SEGMENT).map(sum_lane).collect();
            join_pairwise(&mut parts, 1);
            assert_eq!(parts[0], whole);
            let tripled: Vec<f64> = values.iter().flat_map(|&value| [value, -value, 0.5 * value]).collect();
            let mut sums = [0.0; 3];
            sum_cells(&tripled, 3, &mut sums);
            assert_eq!(sums, [whole, -whole, 0.5 * whole]);
            assert!((whole - values.iter().sum::<f64>()).abs() <= 1e-12 * whole.abs());
        }
    }
}
