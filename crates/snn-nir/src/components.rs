//! Strongly connected components: which nodes lie on cycles together.

use crate::flat::targets;

/// For each of `count` nodes the number of its component. Components are numbered against the edges: an edge between two of them goes
/// from the higher number to the lower.
///
/// Tarjan's algorithm with a stack of its own, since a file can hold a chain longer than the machine's stack.
pub(crate) fn components(count: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    const NEW: usize = usize::MAX;
    let targets = targets(count, edges);
    let (mut index, mut low, mut component) = (vec![NEW; count], vec![0; count], vec![NEW; count]);
    let (mut open, mut work) = (Vec::new(), Vec::new());
    let (mut visited, mut found) = (0, 0);
    for root in 0..count {
        if index[root] != NEW {
            continue;
        }
        work.push((root, 0));
        while let Some((node, next)) = work.pop() {
            if next == 0 {
                (index[node], low[node]) = (visited, visited);
                visited += 1;
                open.push(node);
            }
            if let Some(target) = targets[node].get(next).copied() {
                work.push((node, next + 1));
                if index[target] == NEW {
                    work.push((target, 0));
                } else if component[target] == NEW {
                    low[node] = low[node].min(index[target]);
                }
                continue;
            }
            if low[node] == index[node] {
                while let Some(member) = open.pop() {
                    component[member] = found;
                    if member == node {
                        break;
                    }
                }
                found += 1;
            }
            if let Some((parent, _)) = work.last() {
                low[*parent] = low[*parent].min(low[node]);
            }
        }
    }
    component
}

/// Which nodes lie on a cycle: those in a component with others, and those with an edge to themselves.
pub(crate) fn on_cycles(component: &[usize], edges: &[(usize, usize)]) -> Vec<bool> {
    let mut size = vec![0; component.len()];
    for number in component {
        size[*number] += 1;
    }
    let mut on: Vec<bool> = component.iter().map(|number| size[*number] > 1).collect();
    for (from, to) in edges {
        on[*from] |= from == to;
    }
    on
}

/// A cycle through the component of `start`, from node to node, if there is one.
pub(crate) fn cycle(start: usize, component: &[usize], edges: &[(usize, usize)]) -> Vec<usize> {
    let targets = targets(component.len(), edges);
    let mut path = vec![start];
    let mut place = vec![None; component.len()];
    place[start] = Some(0);
    loop {
        let node = path[path.len() - 1];
        let Some(next) = targets[node].iter().copied().find(|to| component[*to] == component[start]) else {
            return path;
        };
        if let Some(from) = place[next] {
            return path.split_off(from);
        }
        place[next] = Some(path.len());
        path.push(next);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_cycles_and_a_bridge() {
        let edges = [(0, 1), (1, 0), (1, 2), (2, 3), (3, 4), (4, 2), (5, 5)];
        let component = components(6, &edges);
        assert_eq!(component[0], component[1]);
        assert_eq!(component[2], component[3]);
        assert_eq!(component[3], component[4]);
        assert!(component[0] > component[2]);
        assert_eq!(on_cycles(&component, &edges), [true; 6]);
        assert_eq!(cycle(2, &component, &edges), [2, 3, 4]);
    }

    #[test]
    fn a_long_chain_does_not_fill_the_stack() {
        let edges: Vec<(usize, usize)> = (0..200_000).map(|at| (at, at + 1)).collect();
        let component = components(200_001, &edges);
        assert!(edges.iter().all(|(from, to)| component[*from] > component[*to]));
        assert!(!on_cycles(&component, &edges).contains(&true));
    }
}
