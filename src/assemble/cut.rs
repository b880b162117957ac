//! The layers of the gates of a strictly layered network, by a minimum cut.
//!
//! In a layered network a value is carried by a copy neuron through every
//! layer between the one that computes it and the last one that it is needed
//! in. With L(v) the layer of a gate and M(v) the last layer in which its value
//! is present, the copies are the sum of M(v) - L(v), where L(v) > L(u) and
//! M(u) >= L(v) - 1 for every gate u that v uses. What an output needs joins a
//! sum that is carried from the first layer after any of its terms: P(o) <=
//! L(v) for the terms v, and depth - P(o) copies.
//!
//! All constraints bound differences of two numbers, so the least number of
//! copies is a minimum cut: each number becomes a chain of nodes, one for each
//! threshold, and the cut says which thresholds it passes (derived here; the
//! same reduction minimises registers in retiming). The cut is found by
//! augmenting shortest paths level by level (Dinic).

/// Numbers 0..=range with costs for each and bounds of differences.
pub(super) struct Differences {
    range: usize,
    count: usize,
    edges: Vec<(usize, usize, u32)>,
}

const NEVER: u32 = u32::MAX / 4;

const SOURCE: usize = 0;
const SINK: usize = 1;

impl Differences {
    /// `count` numbers of 0..=`range`.
    pub(super) fn new(count: usize, range: usize) -> Differences {
        let mut system = Differences { range, count, edges: Vec::new() };
        // If x >= k + 1 then x >= k.
        for number in 0..count {
            for threshold in 2..=range {
                let edge = (system.node(number, threshold), system.node(number, threshold - 1), NEVER);
                system.edges.push(edge);
            }
        }
        system
    }

    /// The node that is on the source's side where number >= threshold.
    fn node(&self, number: usize, threshold: usize) -> usize {
        if threshold == 0 {
            SOURCE
        } else if threshold > self.range {
            SINK
        } else {
            2 + number * self.range + threshold - 1
        }
    }

    /// Demands `upper >= lower + least`.
    pub(super) fn demand(&mut self, upper: usize, lower: usize, least: isize) {
        // Wherever lower >= k, upper >= k + least.
        for threshold in 0..=self.range {
            let needed = threshold as isize + least;
            if needed >= 1 {
                let edge = (self.node(lower, threshold), self.node(upper, needed as usize), NEVER);
                self.edges.push(edge);
            }
        }
    }

    /// Demands `number >= least`.
    pub(super) fn at_least(&mut self, number: usize, least: usize) {
        let edge = (SOURCE, self.node(number, least), NEVER);
        self.edges.push(edge);
    }

    /// Demands that the number is zero.
    pub(super) fn is_zero(&mut self, number: usize) {
        let edge = (self.node(number, 1), SINK, NEVER);
        self.edges.push(edge);
    }

    /// Adds one for each unit of the number.
    pub(super) fn cost(&mut self, number: usize) {
        // Each threshold passed costs one: a cut of node -> sink.
        for threshold in 1..=self.range {
            self.edges.push((self.node(number, threshold), SINK, 1));
        }
    }

    /// Adds one for each unit that the number is short of the range.
    pub(super) fn gain(&mut self, number: usize) {
        for threshold in 1..=self.range {
            self.edges.push((SOURCE, self.node(number, threshold), 1));
        }
    }
}

impl Differences {
    /// The numbers of least cost, each as large as possible; `None` if the
    /// demands contradict each other.
    pub(super) fn solve(self) -> Option<Vec<usize>> {
        let nodes = 2 + self.count * self.range;
        let mut flow = Flow::new(nodes, &self.edges);
        if flow.maximise() >= NEVER as u64 {
            return None;
        }
        // The nodes that reach the sink lie on its side; the others may all
        // lie on the source's.
        let sink_side = flow.reaching_sink();
        let value =
            |number: usize| (1..=self.range).take_while(|&threshold| !sink_side[self.node(number, threshold)]).count();
        Some((0..self.count).map(value).collect())
    }
}

/// A flow network: edges in pairs, an edge and its reverse.
struct Flow {
    targets: Vec<usize>,
    capacities: Vec<u32>,
    /// The edges of each node: `edges[starts[node]..starts[node + 1]]`.
    edges: Vec<usize>,
    starts: Vec<usize>,
}

impl Flow {
    fn new(nodes: usize, edges: &[(usize, usize, u32)]) -> Flow {
        let mut starts = vec![0; nodes + 1];
        for &(from, to, _) in edges {
            starts[from + 1] += 1;
            starts[to + 1] += 1;
        }
        for node in 0..nodes {
            starts[node + 1] += starts[node];
        }
        let mut free = starts.clone();
        let mut flow = Flow { targets: Vec::new(), capacities: Vec::new(), edges: vec![0; 2 * edges.len()], starts };
        for &(from, to, capacity) in edges {
            for (node, target, capacity) in [(from, to, capacity), (to, from, 0)] {
                flow.edges[free[node]] = flow.targets.len();
                free[node] += 1;
                flow.targets.push(target);
                flow.capacities.push(capacity);
            }
        }
        flow
    }

    fn of_node(&self, node: usize) -> std::ops::Range<usize> {
        self.starts[node]..self.starts[node + 1]
    }

    /// Distances from the source along edges with room.
    fn levels(&self) -> Vec<u32> {
        let mut levels = vec![u32::MAX; self.starts.len() - 1];
        levels[SOURCE] = 0;
        let mut queue = std::collections::VecDeque::from([SOURCE]);
        while let Some(node) = queue.pop_front() {
            for &edge in &self.edges[self.of_node(node)] {
                let target = self.targets[edge];
                if self.capacities[edge] > 0 && levels[target] == u32::MAX {
                    levels[target] = levels[node] + 1;
                    queue.push_back(target);
                }
            }
        }
        levels
    }

    /// Pushes as much as possible from the source to the sink; stops when it
    /// is clear that the flow is not bounded.
    fn maximise(&mut self) -> u64 {
        let mut total = 0u64;
        loop {
            let levels = self.levels();
            if levels[SINK] == u32::MAX || total >= NEVER as u64 {
                return total;
            }
            let mut next: Vec<usize> = self.starts[..self.starts.len() - 1].to_vec();
            // Paths by depth, on a stack of edges.
            let mut path: Vec<usize> = Vec::new();
            loop {
                let node = path.last().map_or(SOURCE, |&edge| self.targets[edge]);
                if node == SINK {
                    let room = path.iter().map(|&edge| self.capacities[edge]).min().expect("a path has edges");
                    total += room as u64;
                    for &edge in &path {
                        self.capacities[edge] -= room;
                        self.capacities[edge ^ 1] += room;
                    }
                    let full = path.iter().position(|&edge| self.capacities[edge] == 0).expect("one is full");
                    path.truncate(full);
                    if total >= NEVER as u64 {
                        break;
                    }
                    continue;
                }
                let end = self.starts[node + 1];
                let step = (next[node]..end).find(|&at| {
                    let edge = self.edges[at];
                    self.capacities[edge] > 0 && levels[self.targets[edge]] == levels[node] + 1
                });
                match step {
                    Some(at) => {
                        next[node] = at;
                        path.push(self.edges[at]);
                    }
                    None => {
                        next[node] = end;
                        match path.pop() {
                            // The edge that led here is of no more use.
                            Some(edge) => next[self.targets[edge ^ 1]] += 1,
                            None => break,
                        }
                    }
                }
            }
        }
    }

    /// The nodes from which the sink can be reached along edges with room.
    fn reaching_sink(&self) -> Vec<bool> {
        let mut reaching = vec![false; self.starts.len() - 1];
        reaching[SINK] = true;
        let mut stack = vec![SINK];
        while let Some(node) = stack.pop() {
            for &edge in &self.edges[self.of_node(node)] {
                // The reverse of an edge of this node leads here.
                let from = self.targets[edge];
                if self.capacities[edge ^ 1] > 0 && !reaching[from] {
                    reaching[from] = true;
                    stack.push(from);
                }
            }
        }
        reaching
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::modular::scramble;

    #[test]
    fn agrees_with_trying_everything() {
        for seed in 0..300u64 {
            let random = |key: u64, below: u64| scramble(scramble(seed) ^ key) % below;
            let (count, range) = (1 + random(1, 4) as usize, 1 + random(2, 3) as usize);
            let mut system = Differences::new(count, range);
            let mut demands = Vec::new();
            for at in 0..random(3, 5) {
                let (upper, lower) = (random(10 + at, count as u64) as usize, random(20 + at, count as u64) as usize);
                let least = random(30 + at, 4) as isize - 2;
                system.demand(upper, lower, least);
                demands.push((upper, lower, least));
            }
            let mut costs = vec![0i64; count];
            for at in 0..count {
                for _ in 0..random(40 + at as u64, 3) {
                    system.cost(at);
                    costs[at] += 1;
                }
                for _ in 0..random(50 + at as u64, 3) {
                    system.gain(at);
                    costs[at] -= 1;
                }
            }
            let allowed = |numbers: &[usize]| {
                demands.iter().all(|&(upper, lower, least)| numbers[upper] as isize >= numbers[lower] as isize + least)
            };
            let cost = |numbers: &[usize]| numbers.iter().zip(&costs).map(|(&n, c)| n as i64 * c).sum::<i64>();
            let all = (0..(range + 1).pow(count as u32)).map(|mut index| {
                (0..count)
                    .map(|_| {
                        let digit = index % (range + 1);
                        index /= range + 1;
                        digit
                    })
                    .collect::<Vec<usize>>()
            });
            let least = all.filter(|numbers| allowed(numbers)).map(|numbers| cost(&numbers)).min();
            let found = system.solve();
            assert_eq!(found.as_ref().map(|numbers| cost(numbers)), least, "{seed} {demands:?} {costs:?}");
            assert!(found.is_none_or(|numbers| allowed(&numbers)));
        }
    }
}
