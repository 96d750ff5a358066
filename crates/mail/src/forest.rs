//! Trees of numbered things, for threads of messages.

/// Trees in an order. Some of their nodes only hold their children together.
///
/// The nodes are stored flat, so that neither building nor dropping a chain of any length recurses.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forest {
    /// The roots of the trees, as indices into [`nodes`](Self::nodes).
    pub roots: Vec<usize>,
    /// Each node is a root or the child of one other node, or is not in a tree at all.
    pub nodes: Vec<ForestNode>,
}

/// A node of a tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ForestNode {
    /// The message's number; `None` where only children are known.
    pub number: Option<u32>,
    /// The children in their order, as indices into [`Forest::nodes`].
    pub children: Vec<usize>,
}

impl Forest {
    /// The same trees with every number replaced.
    #[must_use]
    pub fn renumbered(mut self, number: impl Fn(u32) -> u32) -> Self {
        for node in &mut self.nodes {
            node.number = node.number.map(&number);
        }
        self
    }
}
