//! Crashes inside a recovery, and inside the recoveries from those.

use std::{collections::BTreeMap, rc::Rc};

use super::{
    Subject,
    explore::Explorer,
    life::Start,
    recover::{Recovered, recover},
    state::{Inner, State, history},
    tally::Trial,
};
use crate::{
    base::Digest,
    crash::{Frontier, Window, pages_in_flight, sample_points},
    workload::{CrashKind, Past},
};

impl<S: Subject> Explorer<'_, S> {
    /// Tries crash states inside a recovery, down to the configured depth.
    pub(super) fn crash_inside(
        &mut self,
        outer: &Recovered<S>,
        parent: Option<&Rc<Inner<S>>>,
        past: &[Past<'_, S::Operation>],
        found: &mut Vec<Rc<Inner<S>>>,
    ) {
        if parent.map_or(0, |parent| parent.depth) >= self.config.in_recovery {
            return;
        }
        let count = self.config.recovery_states as usize;
        let points = sample_points(
            &outer.recording.trace,
            outer.first,
            count,
            &mut self.draw_inner,
        );
        let Some(&last) = points.last() else {
            return;
        };
        let graph = self.config.graph_up_to(last, &outer.recording);
        let mut frontier = Frontier::new(&graph);
        for point in points {
            let window = frontier.window(point);
            let kind = self.crash_kind_inside(outer, point);
            let state = self.draw_inner_state(&window, kind);
            self.tally.inner_state(&state);
            let digest = state.image.digest();
            let recovered = match self.inner.get(&digest) {
                Some(recovered) => Rc::clone(recovered),
                None => self.recover_inner(&state, digest, past),
            };
            let inner = Rc::new(Inner {
                recovered,
                parent: parent.cloned(),
                depth: parent.map_or(0, |parent| parent.depth) + 1,
                choice: state.choice(),
                digest,
            });
            self.crash_inside(&inner.recovered, Some(&inner), past, found);
            found.push(inner);
        }
    }

    fn draw_inner_state<'w>(&mut self, window: &'w Window<'w>, kind: CrashKind) -> State<'w> {
        let draw = &mut self.draw_inner;
        match kind {
            CrashKind::PowerLoss => {
                let (drawn, selection) = window.sample_of(&self.draws.kinds, draw);
                self.tally.kind(drawn);
                State::power_loss(window, selection)
            }
            CrashKind::ProcessCrash => {
                let in_flight = pages_in_flight(&window.graph.recording.trace, window.point);
                State::process_crash(window, self.draws.pages(in_flight, draw))
            }
        }
    }

    fn recover_inner(
        &mut self,
        state: &State<'_>,
        digest: Digest,
        past: &[Past<'_, S::Operation>],
    ) -> Rc<Recovered<S>> {
        self.tally.recovery();
        let start = Start::Mount(state.image.clone());
        let recovered = Rc::new(recover(self.job, start, self.trials, past, None));
        self.inner.insert(digest, Rc::clone(&recovered));
        recovered
    }

    /// Judges the recoveries from the crashes inside another: what was promised is what outlasts the worse of the two.
    pub(super) fn judge_inner(&mut self, trial: &Trial<'_, S>, inner: &[Rc<Inner<S>>]) {
        let point = trial.state.window.point;
        let mut histories = BTreeMap::new();
        for inner in inner {
            let kind = trial.kind.max(inner.choice.kind);
            let history = histories
                .entry(kind)
                .or_insert_with(|| history(self.life, point, kind));
            let trial = Trial {
                history,
                kind,
                inner: Some(inner),
                ..*trial
            };
            self.tally.judge(self.job, &trial);
        }
    }
}
