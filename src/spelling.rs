//! The word that was probably meant, for "did you mean".

/// The candidate nearest to a name that is not known, for "did you mean":
/// at most a third of its letters differ. Ties go to the first candidate.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let letters: Vec<char> = name.chars().take(64).flat_map(char::to_lowercase).collect();
    let allowed = (letters.len() + 1).div_ceil(3).min(3);
    candidates
        .into_iter()
        .filter(|candidate| candidate.chars().count().abs_diff(letters.len()) <= allowed)
        .map(|candidate| (edits(&letters, candidate), candidate))
        .filter(|&(distance, candidate)| distance <= allowed && distance < candidate.chars().count())
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

/// The number of insertions, deletions, replacements and exchanges of
/// neighbouring letters between two words, letter case aside.
fn edits(letters: &[char], candidate: &str) -> usize {
    let other: Vec<char> = candidate.chars().take(64).flat_map(char::to_lowercase).collect();
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, &a) in letters.iter().enumerate() {
        let mut next = vec![i + 1];
        for (j, &b) in other.iter().enumerate() {
            let mut least = (row[j] + usize::from(a != b)).min(row[j + 1] + 1).min(next[j] + 1);
            if i > 0 && j > 0 && a == other[j - 1] && letters[i - 1] == b {
                least = least.min(before[j - 1] + 1);
            }
            next.push(least);
        }
        before = std::mem::replace(&mut row, next);
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_words() {
        let words = ["lattice", "field", "param", "let", "symmetry"];
        assert_eq!(nearest("latice", words), Some("lattice"));
        assert_eq!(nearest("Field", words), Some("field"));
        assert_eq!(nearest("feild", words), Some("field"));
        assert_eq!(nearest("quark", words), None);
        assert_eq!(nearest("x", ["y"]), None);
    }
}
