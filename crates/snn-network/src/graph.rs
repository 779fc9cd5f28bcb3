//! The order in which nodes run.

use crate::error::{Result, refuse};

/// An edge between two nodes, by their places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Edge {
    pub(crate) from: usize,
    pub(crate) to: usize,
    /// How many steps later what is sent arrives.
    pub(crate) delay: usize,
}

/// Nodes which run together: one over all time steps at once, or a cycle step by step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Group {
    One(usize),
    Cycle(Vec<usize>),
}

impl Group {
    /// Its nodes.
    pub(crate) fn members(&self) -> &[usize] {
        match self {
            Self::One(place) => std::slice::from_ref(place),
            Self::Cycle(members) => members,
        }
    }
}

/// The order of the nodes if only edges without a delay count.
///
/// # Errors
/// If such edges close a cycle.
pub(crate) fn order(names: &[String], edges: &[Edge]) -> Result<Vec<usize>> {
    let now = || edges.iter().filter(|edge| edge.delay == 0);
    let mut missing: Vec<usize> = (0..names.len()).map(|node| now().filter(|edge| edge.to == node).count()).collect();
    let mut order = Vec::new();
    while order.len() < names.len() {
        let next = (0..names.len()).find(|node| missing[*node] == 0 && !order.contains(node));
        let Some(next) = next else {
            let cycle: Vec<&str> =
                (0..names.len()).filter(|node| !order.contains(node)).map(|node| names[node].as_str()).collect();
            refuse!(
                "network: the edges between {} close a cycle in which nothing takes time; give one of them a delay: [\"from\", \
                 \"to\", {{ delay = 1 }}]",
                cycle.join(", ")
            );
        };
        order.push(next);
        now().filter(|edge| edge.from == next).for_each(|edge| missing[edge.to] -= 1);
    }
    Ok(order)
}

/// The groups in the order in which they run: nodes which reach each other are one group.
pub(crate) fn groups(order: &[usize], edges: &[Edge]) -> Vec<Group> {
    let nodes = order.len();
    let mut reaches = vec![vec![false; nodes]; nodes];
    for edge in edges {
        reaches[edge.from][edge.to] = true;
    }
    for through in 0..nodes {
        for from in 0..nodes {
            if reaches[from][through] {
                for to in 0..nodes {
                    reaches[from][to] |= reaches[through][to];
                }
            }
        }
    }
    let together = |a: usize, b: usize| a == b || (reaches[a][b] && reaches[b][a]);
    let mut groups: Vec<Group> = Vec::new();
    let mut done = vec![false; nodes];
    // A group runs when all that lies before it has run, delayed edges from outside included.
    while let Some(first) = order.iter().copied().find(|node| {
        let members = |other: usize| together(*node, other);
        !done[*node] && edges.iter().all(|edge| !members(edge.to) || members(edge.from) || done[edge.from])
    }) {
        let members: Vec<usize> = order.iter().copied().filter(|node| together(first, *node)).collect();
        members.iter().for_each(|node| done[*node] = true);
        groups.push(match members.as_slice() {
            [one] if !reaches[*one][*one] => Group::One(*one),
            _ => Group::Cycle(members),
        });
    }
    groups
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edge(from: usize, to: usize, delay: usize) -> Edge {
        Edge { from, to, delay }
    }

    #[test]
    fn cycles_run_together_and_after_what_feeds_them() {
        let names: Vec<String> = (0..5).map(|i| format!("n{i}")).collect();
        let edges = [edge(0, 1, 0), edge(1, 2, 0), edge(2, 4, 0), edge(2, 3, 0), edge(3, 1, 1)];
        let order = order(&names, &edges).expect("an order");
        assert_eq!(groups(&order, &edges), [Group::One(0), Group::Cycle(vec![1, 2, 3]), Group::One(4)]);
    }

    #[test]
    fn a_cycle_without_time_is_refused() {
        let names = vec!["a".to_owned(), "b".to_owned()];
        let sentence = order(&names, &[edge(0, 1, 0), edge(1, 0, 0)]).expect_err("a cycle").to_string();
        assert!(sentence.contains("a, b") && sentence.contains("delay = 1"), "{sentence}");
    }
}
