//! Trees that are linked and unlinked, and asked for the root above a node, each in logarithmic time however deep
//! they are.
//!
//! A link-cut tree (Sleator and Tarjan, 1983): each tree is cut into paths, and each path is a splay tree in which
//! what is nearer to the root is to the left.

/// Nodes are numbers from zero; each has one parent at most.
pub(super) struct Ancestry(Vec<Node>);

#[derive(Clone, Copy, Default)]
struct Node {
    /// In the same splay tree, or else the node from which its path hangs.
    up: Option<usize>,
    /// Left, which is above in the tree, and right.
    sides: [Option<usize>; 2],
}

const ABOVE: usize = 0;
const BELOW: usize = 1;

impl Ancestry {
    /// So many nodes, none of which has a parent.
    pub(super) fn of(nodes: usize) -> Self {
        Self(vec![Node::default(); nodes])
    }

    /// One more node.
    pub(super) fn add(&mut self) {
        self.0.push(Node::default());
    }

    /// Makes `parent` the parent of `child`, which has none and is not above it.
    pub(super) fn link(&mut self, parent: usize, child: usize) {
        self.expose(child);
        self.set_up(child, Some(parent));
    }

    /// Takes `child` from its parent, if it has one.
    pub(super) fn unlink(&mut self, child: usize) {
        self.expose(child);
        if let Some(above) = self.side(child, ABOVE) {
            self.set_up(above, None);
            self.set_side(child, ABOVE, None);
        }
    }

    /// The topmost node above `node`, which may be the node itself.
    pub(super) fn root(&mut self, node: usize) -> usize {
        self.expose(node);
        let mut top = node;
        while let Some(above) = self.side(top, ABOVE) {
            top = above;
        }
        // What was walked over is not so far the next time.
        self.splay(top);
        top
    }

    /// Makes the way from the root to `node` one path, which ends there, and `node` the top of its splay tree.
    fn expose(&mut self, node: usize) {
        let mut below = None;
        let mut at = Some(node);
        while let Some(top) = at {
            self.splay(top);
            self.set_side(top, BELOW, below);
            below = Some(top);
            at = self.node(top).up;
        }
        self.splay(node);
    }

    /// Makes `node` the top of its splay tree.
    fn splay(&mut self, node: usize) {
        while let Some((up, side)) = self.place(node) {
            if let Some((_, side_of_up)) = self.place(up) {
                self.rotate(if side == side_of_up { up } else { node });
            }
            self.rotate(node);
        }
    }

    /// Lifts `node` above what it hangs from in its splay tree.
    fn rotate(&mut self, node: usize) {
        let Some((up, side)) = self.place(node) else {
            return;
        };
        let inner = self.side(node, 1 - side);
        let place_of_up = self.place(up);
        let above = self.node(up).up;
        self.set_side(up, side, inner);
        if let Some(inner) = inner {
            self.set_up(inner, Some(up));
        }
        self.set_side(node, 1 - side, Some(up));
        self.set_up(up, Some(node));
        self.set_up(node, above);
        if let Some((above, side)) = place_of_up {
            self.set_side(above, side, Some(node));
        }
    }

    /// What `node` hangs from in its splay tree, and on which side.
    fn place(&self, node: usize) -> Option<(usize, usize)> {
        let up = self.node(node).up?;
        let is_there = |side: &usize| self.side(up, *side) == Some(node);
        [ABOVE, BELOW]
            .into_iter()
            .find(is_there)
            .map(|side| (up, side))
    }

    fn node(&self, node: usize) -> Node {
        self.0.get(node).copied().unwrap_or_default()
    }

    fn side(&self, node: usize, side: usize) -> Option<usize> {
        self.node(node).sides.get(side).copied().flatten()
    }

    fn set_up(&mut self, node: usize, up: Option<usize>) {
        if let Some(node) = self.0.get_mut(node) {
            node.up = up;
        }
    }

    fn set_side(&mut self, node: usize, side: usize, there: Option<usize>) {
        let node = self.0.get_mut(node);
        if let Some(place) = node.and_then(|node| node.sides.get_mut(side)) {
            *place = there;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Ancestry;

    /// The same, walked.
    fn root(parents: &[Option<usize>], node: usize) -> usize {
        parents[node].map_or(node, |parent| root(parents, parent))
    }

    proptest! {
        #[test]
        fn it_knows_the_root_that_a_walk_finds(
            steps in prop::collection::vec((0..12_usize, prop::option::of(0..12_usize)), 1..200),
        ) {
            let mut parents = vec![None; 12];
            let mut ancestry = Ancestry::of(11);
            ancestry.add();
            for (child, parent) in steps {
                parents[child] = None;
                ancestry.unlink(child);
                let parent = parent.filter(|&parent| root(&parents, parent) != child);
                if let Some(parent) = parent {
                    parents[child] = Some(parent);
                    ancestry.link(parent, child);
                }
                for node in 0..12 {
                    prop_assert_eq!(ancestry.root(node), root(&parents, node));
                }
            }
        }
    }

    /// A walk would take half a minute.
    #[test]
    fn a_very_deep_tree_takes_no_longer() {
        const NODES: usize = 200_000;
        let mut ancestry = Ancestry::of(NODES);
        for child in 1..NODES {
            ancestry.link(child - 1, child);
            assert_eq!(ancestry.root(child), 0);
        }
    }
}
