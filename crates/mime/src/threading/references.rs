//! REFERENCES (RFC 5256, THREAD), whose six steps are the functions here, and REFS.
//!
//! Nodes are indices into one vector: first the messages, then the dummies. Parents are stored
//! while links are made, children afterwards.

use std::collections::HashMap;

use mail::{Forest, ForestNode};

use super::Threaded;
use super::ancestry::Ancestry;
use crate::SortText;

/// Whether step 5 joins threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Gathering {
    BySubject,
    None,
}

/// Step 1 under way: so many messages are known by their Message IDs, and then so many have their parents.
pub(super) struct Linking<'m> {
    messages: &'m [Threaded<'m>],
    links: Links,
    by_id: HashMap<&'m [u8], usize>,
    identified: usize,
    linked: usize,
}

impl<'m> Linking<'m> {
    pub(super) fn new(messages: &'m [Threaded<'m>]) -> Self {
        Self {
            messages,
            links: Links::none(messages.len()),
            by_id: HashMap::with_capacity(messages.len()),
            identified: 0,
            linked: 0,
        }
    }

    /// Goes on for about so many messages and references, and returns whether there are more.
    pub(super) fn link(&mut self, count: usize) -> bool {
        let mut left = count.max(1);
        while left > 0 && self.identified < self.messages.len() {
            self.identify(self.identified);
            self.identified += 1;
            left -= 1;
        }
        while left > 0 && self.linked < self.messages.len() {
            let references = self.link_one(self.linked);
            self.linked += 1;
            left = left.saturating_sub(1 + references);
        }
        self.linked < self.messages.len()
    }

    /// Steps 2 to 6.
    pub(super) fn finish(mut self, gathering: Gathering) -> Forest {
        while self.link(usize::MAX) {}
        let mut tree = Tree::grown(self.messages, &self.links.parents);
        tree.prune();
        match gathering {
            Gathering::BySubject => {
                tree.sort_children();
                tree.sort_roots_by_sent();
                tree.gather_subjects();
                // Step 6: dates of joined threads are compared anew.
                tree.sort_children();
                tree.sort_roots_by_sent();
            }
            Gathering::None => {
                tree.sort_children();
                tree.sort_roots_by_arrival();
            }
        }
        Forest {
            roots: tree.roots,
            nodes: tree.nodes,
        }
    }

    /// Of messages with one Message ID the first keeps it; the others get an id that nobody refers to.
    fn identify(&mut self, place: usize) {
        let Some(message) = self.messages.get(place) else {
            return;
        };
        let id = message.keys.message_id();
        if !id.is_empty() {
            self.by_id.entry(id).or_insert(place);
        }
    }

    /// Links what the references of a message say, and returns how many these are.
    fn link_one(&mut self, place: usize) -> usize {
        let Some(message) = self.messages.get(place) else {
            return 0;
        };
        let (links, by_id) = (&mut self.links, &mut self.by_id);
        let (mut parent, mut references) = (None, 0);
        for id in message.keys.references() {
            references += 1;
            let referred = *by_id.entry(id).or_insert_with(|| links.add_dummy());
            // Step 1.A: an existing link stays.
            if let Some(parent) = parent
                && links.parent(referred).is_none()
            {
                links.link(parent, referred);
            }
            parent = Some(referred);
        }
        // Step 1.B: the last reference is the parent, whatever other messages said.
        if links.parent(place) != parent {
            links.unlink(place);
            if let Some(parent) = parent {
                links.link(parent, place);
            }
        }
        references
    }
}

/// Step 1: the parent of each message.
struct Links {
    parents: Vec<Option<usize>>,
    child_counts: Vec<usize>,
    /// The same links, as they are asked for loops.
    ancestry: Ancestry,
}

impl Links {
    fn none(messages: usize) -> Self {
        Self {
            parents: vec![None; messages],
            child_counts: vec![0; messages],
            ancestry: Ancestry::of(messages),
        }
    }

    fn add_dummy(&mut self) -> usize {
        self.parents.push(None);
        self.child_counts.push(0);
        self.ancestry.add();
        self.parents.len() - 1
    }

    fn parent(&self, of: usize) -> Option<usize> {
        self.parents.get(of).copied().flatten()
    }

    /// Makes the link, unless it would make a loop.
    fn link(&mut self, parent: usize, child: usize) {
        if self.is_at_or_above(child, parent) {
            return;
        }
        self.ancestry.link(parent, child);
        if let Some(place) = self.parents.get_mut(child) {
            *place = Some(parent);
        }
        if let Some(count) = self.child_counts.get_mut(parent) {
            *count += 1;
        }
    }

    fn unlink(&mut self, child: usize) {
        let parent = self.parents.get_mut(child).and_then(Option::take);
        if let Some(count) = parent.and_then(|parent| self.child_counts.get_mut(parent)) {
            *count -= 1;
        }
        self.ancestry.unlink(child);
    }

    /// Whether `upper`, which has no parent, is `node` or an ancestor of it. A node without children is nobody's
    /// ancestor.
    fn is_at_or_above(&mut self, upper: usize, node: usize) -> bool {
        if upper == node {
            return true;
        }
        let has_children = self.child_counts.get(upper).is_some_and(|&count| count > 0);
        has_children && self.ancestry.root(node) == upper
    }
}

/// Steps 2 to 6.
struct Tree<'m> {
    messages: &'m [Threaded<'m>],
    roots: Vec<usize>,
    nodes: Vec<ForestNode>,
}

/// The order of siblings: a date, then the position in the mailbox.
type Order = (i64, usize);

impl<'m> Tree<'m> {
    /// Step 2: messages without parents are the roots of threads.
    fn grown(messages: &'m [Threaded<'m>], parents: &[Option<usize>]) -> Self {
        let number = |place| u32::try_from(place).ok().filter(|_| place < messages.len());
        let node = |place| ForestNode {
            number: number(place),
            children: Vec::new(),
        };
        let mut tree = Self {
            messages,
            roots: Vec::new(),
            nodes: (0..parents.len()).map(node).collect(),
        };
        for (place, parent) in parents.iter().enumerate() {
            match parent.and_then(|parent| tree.nodes.get_mut(parent)) {
                Some(parent) => parent.children.push(place),
                None => tree.roots.push(place),
            }
        }
        tree
    }

    /// Step 3: dummies are removed, and their children take their place; at the top only where
    /// there is one child.
    fn prune(&mut self) {
        for node in self.bottom_up() {
            let children = self.take_children(node);
            let children = self.without_dummies(children, Level::Below);
            self.set_children(node, children);
        }
        let roots = std::mem::take(&mut self.roots);
        self.roots = self.without_dummies(roots, Level::Top);
    }

    fn without_dummies(&mut self, siblings: Vec<usize>, level: Level) -> Vec<usize> {
        let mut kept = Vec::with_capacity(siblings.len());
        for node in siblings {
            if self.message(node).is_some() {
                kept.push(node);
                continue;
            }
            if level == Level::Top && self.children(node).len() > 1 {
                kept.push(node);
                continue;
            }
            let mut promoted = self.take_children(node);
            // The shorter list moves, so that a chain of dummies costs what its members do.
            if promoted.len() > kept.len() {
                std::mem::swap(&mut promoted, &mut kept);
            }
            kept.append(&mut promoted);
        }
        kept
    }

    /// Steps 4 and 6, below the root.
    fn sort_children(&mut self) {
        for node in self.bottom_up() {
            let mut children = self.take_children(node);
            children.sort_by_cached_key(|&child| self.sent_order(child));
            self.set_children(node, children);
        }
    }

    /// Steps 4 and 6, at the root.
    fn sort_roots_by_sent(&mut self) {
        let mut roots = std::mem::take(&mut self.roots);
        roots.sort_by_cached_key(|&root| self.sent_order(root));
        self.roots = roots;
    }

    /// REFS has this in place of step 4: it sorts by the newest arrival in each thread.
    fn sort_roots_by_arrival(&mut self) {
        let mut newest: Vec<Order> = (0..self.nodes.len())
            .map(|node| self.arrival_order(node))
            .collect();
        for node in self.bottom_up() {
            let below = self.children(node).iter();
            let below = below.filter_map(|&child| newest.get(child).copied()).max();
            if let Some((place, below)) = newest.get_mut(node).zip(below) {
                *place = below.max(*place);
            }
        }
        self.roots
            .sort_by_key(|&root| newest.get(root).copied().unwrap_or_default());
    }

    /// Step 5: joins the threads of one subject.
    fn gather_subjects(&mut self) {
        let table = self.subject_table();
        let mut table: HashMap<&[u8], usize> = table;
        let heads = std::mem::take(&mut self.roots);
        let mut is_root = vec![false; self.nodes.len()];
        for &head in &heads {
            set(&mut is_root, head, true);
        }
        let mut added = Vec::new();
        for &current in &heads {
            let subject = self.thread_subject(current);
            let Some(&chosen) = table.get(subject).filter(|&&chosen| chosen != current) else {
                continue;
            };
            match (self.message(chosen), self.message(current)) {
                (None, None) => {
                    let children = self.take_children(current);
                    self.adopt(chosen, children);
                }
                (None, Some(_)) => self.adopt(chosen, vec![current]),
                (Some(first), Some(message))
                    if message.keys.is_reply() && !first.keys.is_reply() =>
                {
                    self.adopt(chosen, vec![current]);
                }
                (Some(_), _) => {
                    let dummy = self.nodes.len();
                    self.nodes.push(ForestNode {
                        number: None,
                        children: vec![chosen, current],
                    });
                    set(&mut is_root, chosen, false);
                    added.push(dummy);
                    table.insert(subject, dummy);
                }
            }
            set(&mut is_root, current, false);
        }
        self.roots = heads
            .into_iter()
            .filter(|&head| is_root.get(head) == Some(&true))
            .chain(added)
            .collect();
    }

    /// Step 5.B: the root of one thread for each subject.
    fn subject_table(&self) -> HashMap<&'m [u8], usize> {
        let mut table: HashMap<&[u8], usize> = HashMap::new();
        for &current in &self.roots {
            let subject = self.thread_subject(current);
            if subject.is_empty() {
                continue;
            }
            let chosen = table.entry(subject).or_insert(current);
            let is_better = match (self.message(*chosen), self.message(current)) {
                (None, _) => false,
                (Some(_), None) => true,
                (Some(chosen), Some(current)) => chosen.keys.is_reply() && !current.keys.is_reply(),
            };
            if is_better {
                *chosen = current;
            }
        }
        table
    }

    /// Step 5.B.i.
    fn thread_subject(&self, head: usize) -> &'m [u8] {
        self.head_message(head)
            .map(|message| message.keys.text(SortText::Subject))
            .unwrap_or_default()
    }

    fn sent_order(&self, node: usize) -> Order {
        let message = self.head_message(node);
        (message.map_or(0, Threaded::sent), self.head_place(node))
    }

    fn arrival_order(&self, node: usize) -> Order {
        let arrived = self
            .message(node)
            .map_or(i64::MIN, |message| message.arrived);
        (arrived, node)
    }

    /// The node's own index, or that of a dummy's first child; the children of a dummy are
    /// messages.
    fn head_place(&self, node: usize) -> usize {
        match self.message(node) {
            Some(_) => node,
            None => self.children(node).first().copied().unwrap_or(node),
        }
    }

    fn head_message(&self, node: usize) -> Option<&'m Threaded<'m>> {
        self.message(self.head_place(node))
    }

    /// The node's message; `None` for a dummy.
    fn message(&self, node: usize) -> Option<&'m Threaded<'m>> {
        self.messages.get(node)
    }

    fn children(&self, node: usize) -> &[usize] {
        self.nodes
            .get(node)
            .map_or(&[], |node| node.children.as_slice())
    }

    fn take_children(&mut self, node: usize) -> Vec<usize> {
        let node = self.nodes.get_mut(node);
        node.map(|node| std::mem::take(&mut node.children))
            .unwrap_or_default()
    }

    fn set_children(&mut self, node: usize, children: Vec<usize>) {
        if let Some(node) = self.nodes.get_mut(node) {
            node.children = children;
        }
    }

    fn adopt(&mut self, parent: usize, children: Vec<usize>) {
        if let Some(parent) = self.nodes.get_mut(parent) {
            parent.children.extend(children);
        }
    }

    /// Every node of the trees, children before parents.
    fn bottom_up(&self) -> Vec<usize> {
        let mut order = self.roots.clone();
        let mut next = 0;
        while let Some(&node) = order.get(next) {
            order.extend_from_slice(self.children(node));
            next += 1;
        }
        order.reverse();
        order
    }
}

/// The level of siblings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    Top,
    Below,
}

fn set(flags: &mut [bool], place: usize, value: bool) {
    if let Some(flag) = flags.get_mut(place) {
        *flag = value;
    }
}
