//! Where no path holds: the one that shows best what is wrong.

use super::{Ending, MAX_LENGTH, Node, Searcher};
use crate::verify::fault::{Code, Fault, Role, Severity};

/// Paths judged merely to explain a failure.
const MAX_EXPLAINED: usize = 12;

impl Searcher<'_, '_> {
    /// No path of good certificates: follow any names to show where it goes wrong.
    pub(super) fn explain(&mut self) {
        self.paths_left = MAX_EXPLAINED;
        self.steps_left = self.steps_left.max(200);
        self.follow(&mut vec![Node::Local(0)]);
    }

    fn follow(&mut self, path: &mut Vec<Node>) {
        let mut extended = false;
        let candidates = if path.len() < MAX_LENGTH {
            self.candidates(path)
        } else {
            Vec::new()
        };
        for candidate in self.likeliest_first(path, candidates) {
            if self.paths_left == 0 || self.spend_step() {
                return;
            }
            extended = true;
            path.push(candidate);
            if matches!(candidate, Node::Anchor(_)) {
                self.paths_left -= 1;
                let ending = if self.may_end(candidate) {
                    Ending::Anchor
                } else {
                    Ending::NotRoot
                };
                self.settle(path.clone(), ending);
            } else {
                self.follow(path);
            }
            path.pop();
        }
        if !extended {
            self.paths_left = self.paths_left.saturating_sub(1);
            self.settle(path.clone(), Ending::Open);
        }
    }

    /// Issuers whose key made the signature, before all that merely have the name.
    fn likeliest_first(&mut self, path: &[Node], mut candidates: Vec<Node>) -> Vec<Node> {
        if let Some(&tip) = path.last() {
            candidates.sort_by_cached_key(|&candidate| !self.signed_by(tip, candidate));
        }
        candidates
    }

    /// The search was cut short and found nothing: say so.
    pub(super) fn confess(&mut self) {
        let Some(best) = &mut self.best else { return };
        if best.errors() > 0 {
            let severity = Code::Budget.severity(Role::Leaf, self.options);
            best.faults.push(Fault {
                code: Code::Budget,
                severity: severity.unwrap_or(Severity::Error),
                at: None,
                message: "the certificates allow more paths than can be tried".into(),
            });
        }
    }
}
