//! Trees of numbered things, for threads of messages.

/// Trees in an order. Some of their nodes may stand for nothing but their children.
///
/// Flat, so that neither building nor dropping a chain of any length recurses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forest {
    /// The tops of the trees, as places in [`nodes`](Self::nodes).
    pub roots: Vec<usize>,
    /// Each is a root or the child of one other node, or is not in a tree at all.
    pub nodes: Vec<ForestNode>,
}

/// A place in a tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ForestNode {
    /// `None` where only children are known.
    pub number: Option<u32>,
    /// In their order, as places in [`Forest::nodes`].
    pub children: Vec<usize>,
}

impl Forest {
    /// The same trees with other numbers.
    #[must_use]
    pub fn renumbered(mut self, number: impl Fn(u32) -> u32) -> Self {
        for node in &mut self.nodes {
            node.number = node.number.map(&number);
        }
        self
    }
}
