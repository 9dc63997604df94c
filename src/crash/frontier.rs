//! Walks along a recording: what is certain at each position, and what is pending.

use super::{
    effect::{ALL_SECTORS, EffectKind},
    graph::PersistenceGraph,
    stale::Freeing,
    window::Window,
};
use crate::{
    base::Position,
    image::{Image, Node},
    trace::Action,
};

/// Walks along a recording, forwards only, and opens a [`Window`] at any position on the way.
#[derive(Debug)]
pub struct Frontier<'g> {
    graph: &'g PersistenceGraph<'g>,
    point: Position,
    /// The effects that some barrier makes certain, in the order in which they become so.
    certain: Vec<u32>,
    applied: usize,
    /// The certain truncates so far.
    cuts: Vec<u32>,
    first_pending: usize,
    durable: Image,
    freeing: Option<Freeing>,
}

impl<'g> Frontier<'g> {
    /// Starts before the first entry.
    pub fn new(graph: &'g PersistenceGraph<'g>) -> Frontier<'g> {
        let indices = 0..u32::try_from(graph.effects.len()).expect("fewer than 2^32 effects");
        let certain_at = |index: &u32| graph.effects[*index as usize].certain_at;
        let mut certain: Vec<u32> = indices
            .filter(|index| certain_at(index) != Position::NEVER)
            .collect();
        // Stable: what one barrier covers stays in the order of operations.
        certain.sort_by_key(certain_at);
        let image = with_inodes(graph);
        Frontier {
            graph,
            point: Position(0),
            certain,
            applied: 0,
            cuts: Vec::new(),
            first_pending: 0,
            freeing: Freeing::new(graph, &image),
            durable: image,
        }
    }

    /// What is certain and what is pending at `point`.
    ///
    /// # Panics
    ///
    /// If `point` lies before that of an earlier call, or behind the part of the recording that the graph is of.
    pub fn window(&mut self, point: Position) -> Window<'g> {
        let ahead = self.point..=self.graph.end;
        assert!(ahead.contains(&point), "{point} is not ahead: {ahead:?}");
        self.point = point;
        let effects = &self.graph.effects;
        while let Some(&index) = self.certain.get(self.applied) {
            let effect = &effects[index as usize];
            if effect.certain_at > point {
                break;
            }
            effect.apply(&self.graph.recording.trace, ALL_SECTORS, &mut self.durable);
            self.cut_again(index);
            self.applied += 1;
        }
        while effects
            .get(self.first_pending)
            .is_some_and(|effect| effect.is_settled(point))
        {
            self.first_pending += 1;
        }
        let stale = self
            .freeing
            .as_mut()
            .map(|freeing| freeing.advance(self.graph, point));
        let stale = stale.unwrap_or_default();
        Window::new(
            self.graph,
            point,
            self.first_pending,
            self.durable.clone(),
            stale,
        )
    }
}

impl Frontier<'_> {
    /// A write may become certain after a later truncate did, which still cuts it.
    fn cut_again(&mut self, index: u32) {
        let effects = &self.graph.effects;
        let effect = &effects[index as usize];
        if effect.drops().is_some() {
            self.cuts.push(index);
        }
        if let EffectKind::Block(block) = effect.kind {
            let with_tail = self.graph.profile.zeroes_before_cutting();
            for &cut in self.cuts.iter().filter(|&&cut| cut > index) {
                effects[cut as usize].drop_again(&block, with_tail, &mut self.durable);
            }
        }
    }
}

/// The image that the recording began on, with an empty inode for everything that it creates: an inode is no effect, and an
/// entry that survives without the rest shows an empty file.
fn with_inodes(graph: &PersistenceGraph<'_>) -> Image {
    let mut image = graph.recording.base.clone();
    for entry in &graph.recording.trace.entries()[..graph.end.index()] {
        match entry.action {
            Action::Create { inode, .. } => image.add(inode, Node::File(std::sync::Arc::default())),
            Action::Symlink { inode, target, .. } => {
                let target = graph.recording.trace.bytes(target);
                image.add(inode, Node::Symlink(target.into()));
            }
            Action::CreateDirectory { inode, .. } => {
                image.add(inode, Node::Directory(std::sync::Arc::default()));
            }
            _ => {}
        }
    }
    image
}
