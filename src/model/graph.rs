//! Graphs: sites and bonds without directions, given by a list of edges.
//!
//! Sites are numbered from 0, as nodes are in NetworkX and rows in NumPy. An
//! edge list is a text of one edge a line, two numbers with a comma, a tab or
//! spaces between them; lines that begin with `#` and a line of column names at
//! the top do not count. What leaves is a simple graph: no edge twice, in
//! either direction, and none from a site to itself.

use std::collections::BTreeMap;

/// The edges of a graph, at most.
pub const MOST_EDGES: usize = 2_000_000;

/// The sites of a graph, at most.
pub const MOST_SITES: u64 = 2_000_000;

/// A simple graph.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Graph {
    /// The path of the edge list as the spec has it, relative to the spec.
    pub file: String,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: String,
    /// The edges in the order of the file, each with its ends as written.
    edges: Vec<[u32; 2]>,
    /// Where the neighbours of each site begin in `neighbours`, and the end.
    first: Vec<u32>,
    /// The neighbours of each site, ascending, with the index of the edge.
    neighbours: Vec<(u32, u32)>,
}

/// The numbers of the two ends on every line of an edge list, with the line;
/// or what is wrong, and in which line.
pub fn read_edges(text: &str) -> Result<Vec<[u32; 2]>, String> {
    let mut edges: Vec<[u32; 2]> = Vec::new();
    let mut seen: BTreeMap<[u32; 2], usize> = BTreeMap::new();
    let mut header_may_come = true;
    for (at, line) in text.strip_prefix('\u{feff}').unwrap_or(text).lines().enumerate() {
        let number = at + 1;
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let separator = |c: char| c == ',' || c == ';' || c.is_whitespace();
        let cells: Vec<&str> =
            line.split(separator).map(|cell| cell.trim_matches('"')).filter(|cell| !cell.is_empty()).collect();
        let first_line = std::mem::take(&mut header_may_come);
        if first_line && cells.iter().all(|cell| !cell.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c))) {
            continue;
        }
        let [from, to] = cells[..] else {
            return Err(format!("line {number} has {} columns, and an edge has two ends", cells.len()));
        };
        let site = |cell: &str| match cell.parse::<u64>() {
            Ok(site) if site < MOST_SITES => Ok(site as u32),
            Ok(site) => Err(format!("line {number}: there is a site {site}, and at most {MOST_SITES} are read")),
            Err(_) => Err(format!("line {number}: `{cell}` is no number of a site; sites are numbered from 0")),
        };
        let edge = [site(from)?, site(to)?];
        if edge[0] == edge[1] {
            return Err(format!("line {number}: an edge from the site {} to itself", edge[0]));
        }
        if let Some(known) = seen.insert([edge[0].min(edge[1]), edge[0].max(edge[1])], number) {
            return Err(format!("line {number}: the edge {}, {} stands on line {known} already", edge[0], edge[1]));
        }
        if edges.len() == MOST_EDGES {
            return Err(format!("line {number}: more than {MOST_EDGES} edges"));
        }
        edges.push(edge);
    }
    match edges.is_empty() {
        true => Err("there is no edge in it".to_owned()),
        false => Ok(edges),
    }
}

/// What is wrong with edges that are not a simple graph of a size that is read.
pub fn check_edges(edges: &[[u32; 2]]) -> Result<(), String> {
    if edges.is_empty() || edges.len() > MOST_EDGES {
        return Err(format!("there must be 1 to {MOST_EDGES} edges"));
    }
    let mut known: Vec<[u32; 2]> = edges.iter().map(|&[from, to]| [from.min(to), from.max(to)]).collect();
    known.sort_unstable();
    let twice = known.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0]);
    match twice.or_else(|| known.iter().copied().find(|edge| edge[0] == edge[1] || u64::from(edge[1]) >= MOST_SITES)) {
        Some([from, to]) => {
            Err(format!("the edge {from}, {to} stands twice, joins a site to itself, or is beyond {MOST_SITES} sites"))
        }
        None => Ok(()),
    }
}

impl Graph {
    /// The graph of edges that [`read_edges`] gave: no edge twice, none from a
    /// site to itself. The sites are those up to the greatest that occurs.
    pub fn new(file: String, sha256: String, edges: Vec<[u32; 2]>) -> Graph {
        let sites = edges.iter().flatten().max().map_or(0, |&last| last as usize + 1);
        let mut first = vec![0u32; sites + 1];
        for &site in edges.iter().flatten() {
            first[site as usize + 1] += 1;
        }
        for site in 0..sites {
            first[site + 1] += first[site];
        }
        let mut next = first.clone();
        let mut neighbours = vec![(0, 0); 2 * edges.len()];
        for (at, &[from, to]) in edges.iter().enumerate() {
            for (site, other) in [(from, to), (to, from)] {
                neighbours[next[site as usize] as usize] = (other, at as u32);
                next[site as usize] += 1;
            }
        }
        for site in 0..sites {
            neighbours[first[site] as usize..first[site + 1] as usize].sort_unstable();
        }
        Graph { file, sha256, edges, first, neighbours }
    }

    /// The number of sites.
    pub fn sites(&self) -> usize {
        self.first.len() - 1
    }

    /// The edges in the order of the file.
    pub fn edges(&self) -> &[[u32; 2]] {
        &self.edges
    }

    /// The neighbours of a site, ascending, each with the index of the edge.
    pub fn neighbours(&self, site: usize) -> &[(u32, u32)] {
        match self.first.get(site..site + 2) {
            Some(ends) => &self.neighbours[ends[0] as usize..ends[1] as usize],
            None => &[],
        }
    }

    /// The index of the edge between two sites.
    pub fn edge(&self, from: usize, to: usize) -> Option<usize> {
        let neighbours = self.neighbours(from);
        let at = neighbours.binary_search_by_key(&(to as u32), |&(site, _)| site).ok()?;
        Some(neighbours[at].1 as usize)
    }

    /// The number of cells of a sweep: a site and an edge share one.
    pub fn cells(&self) -> usize {
        self.sites().max(self.edges.len())
    }

    /// The number of cliques of each size, from one site to `largest` sites;
    /// `None` where looking for them takes more than `steps` steps. Sites are
    /// taken in an order of degeneracy: each, when it is taken, has the fewest
    /// neighbours left.
    pub fn cliques(&self, largest: usize, steps: u64) -> Option<Vec<u64>> {
        let mut counts = vec![0u64; largest + 1];
        let mut steps = steps;
        self.for_each_clique(largest, &mut |clique| {
            counts[clique.len()] += 1;
            steps = steps.checked_sub(1 + clique.len() as u64)?;
            Some(())
        })?;
        Some(counts)
    }

    /// Visits all cliques of at most `largest` sites, each once; stops where
    /// the visitor gives `None`.
    pub fn for_each_clique(&self, largest: usize, visit: &mut impl FnMut(&[u32]) -> Option<()>) -> Option<()> {
        if largest == 0 {
            return Some(());
        }
        let rank = self.degeneracy_ranks();
        for site in 0..self.sites() {
            let later = self.neighbours(site).iter().map(|&(other, _)| other);
            let later: Vec<u32> = later.filter(|&other| rank[other as usize] > rank[site]).collect();
            self.grow(&mut vec![site as u32], &later, largest, &rank, visit)?;
        }
        Some(())
    }

    fn grow(
        &self,
        clique: &mut Vec<u32>,
        candidates: &[u32],
        largest: usize,
        rank: &[u32],
        visit: &mut impl FnMut(&[u32]) -> Option<()>,
    ) -> Option<()> {
        visit(clique)?;
        if clique.len() == largest {
            return Some(());
        }
        for &next in candidates {
            let common = |other: &&u32| {
                rank[**other as usize] > rank[next as usize] && self.edge(next as usize, **other as usize).is_some()
            };
            let rest: Vec<u32> = match clique.len() + 1 == largest {
                true => Vec::new(),
                false => candidates.iter().filter(common).copied().collect(),
            };
            clique.push(next);
            self.grow(clique, &rest, largest, rank, visit)?;
            clique.pop();
        }
        Some(())
    }

    /// The place of each site in an order in which each has as few neighbours
    /// as any among those that are left.
    fn degeneracy_ranks(&self) -> Vec<u32> {
        let sites = self.sites();
        let mut left: Vec<usize> = (0..sites).map(|site| self.neighbours(site).len()).collect();
        let mut buckets: Vec<Vec<u32>> = vec![Vec::new(); left.iter().max().map_or(0, |most| most + 1)];
        for site in (0..sites).rev() {
            buckets[left[site]].push(site as u32);
        }
        let mut rank = vec![u32::MAX; sites];
        let (mut taken, mut least) = (0, 0);
        while taken < sites as u32 {
            let Some(site) = buckets[least].pop() else {
                least += 1;
                continue;
            };
            let site = site as usize;
            // A site that moved to a lower bucket is met there first.
            if rank[site] != u32::MAX || left[site] != least {
                continue;
            }
            rank[site] = taken;
            taken += 1;
            for &(other, _) in self.neighbours(site) {
                let other = other as usize;
                if rank[other] == u32::MAX {
                    left[other] -= 1;
                    buckets[left[other]].push(other as u32);
                }
            }
            least = least.saturating_sub(1);
        }
        rank
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(text: &str) -> Graph {
        Graph::new("edges.csv".to_owned(), String::new(), read_edges(text).unwrap())
    }

    #[test]
    fn an_edge_list_may_be_written_in_several_ways() {
        let expected = vec![[0, 1], [2, 1], [0, 2]];
        for text in [
            "0,1\n2,1\n0,2\n",
            "# a graph\nfrom,to\n0, 1\n2, 1\n0, 2",
            "0 1\n2\t1\n\n0 2",
            "\"i\";\"j\"\n0;1\n2;1\n0;2",
        ] {
            assert_eq!(read_edges(text).as_ref(), Ok(&expected), "{text}");
        }
    }

    #[test]
    fn mistakes_have_their_line() {
        let wrong = |text: &str| read_edges(text).unwrap_err();
        assert_eq!(wrong("0,1\n1,1\n"), "line 2: an edge from the site 1 to itself");
        assert_eq!(wrong("i,j\n0,1\n\n1,0\n"), "line 4: the edge 1, 0 stands on line 2 already");
        assert_eq!(wrong("0,1\na,2\n"), "line 2: `a` is no number of a site; sites are numbered from 0");
        assert_eq!(wrong("0,1,2\n"), "line 1 has 3 columns, and an edge has two ends");
        assert_eq!(wrong("0,-1\n"), "line 1: `-1` is no number of a site; sites are numbered from 0");
        assert_eq!(wrong("from,to\n"), "there is no edge in it");
    }

    #[test]
    fn cliques_are_those_of_small_graphs() {
        // Two triangles that share an edge, and a site far away.
        let two = graph("0,1\n1,2\n2,0\n1,3\n3,2\n3,5\n");
        assert_eq!(two.cliques(4, 1000), Some(vec![0, 6, 6, 2, 0]));
        assert!(two.neighbours(4).is_empty());
        // The complete graph of 6 sites.
        let all: Vec<String> = (0..6).flat_map(|i| (0..i).map(move |j| format!("{i},{j}"))).collect();
        assert_eq!(graph(&all.join("\n")).cliques(6, 1000), Some(vec![0, 6, 15, 20, 15, 6, 1]));
        assert_eq!(graph(&all.join("\n")).cliques(6, 20), None);
        assert_eq!(two.edge(2, 1), Some(1));
        assert_eq!(two.edge(0, 3), None);
    }
}
