//! Certificate policies (RFC 5280 §6.1 with the policy graph of RFC 9618, whose size stays linear).

use std::collections::BTreeMap;

use super::extensions::Extension;
use super::fault::{Code, Faults, Role};
use super::oids::ANY_POLICY;
use super::options::Options;
use super::parsed::Parsed;
use super::path;

type Id<'a> = &'a [u8];

/// A policy at one depth: what it is mapped to, and the nodes above it.
#[derive(Debug, Default)]
struct Node<'a> {
    expected: Vec<Id<'a>>,
    parents: Vec<Id<'a>>,
}

type Level<'a> = BTreeMap<Id<'a>, Node<'a>>;

/// The state variables of RFC 5280 §6.1.2 (d) to (f), and the graph; `None` once it is NULL.
struct State<'a> {
    levels: Option<Vec<Level<'a>>>,
    explicit: usize,
    inhibit_any: usize,
    mapping: usize,
}

/// Processes the policies of a path, leaf first, anchor last; the anchor itself is not processed.
pub(crate) fn check(certificates: &[&Parsed<'_>], options: &Options, faults: &mut Faults<'_>) {
    let Some(count) = certificates.len().checked_sub(1) else {
        return;
    };
    let initial = |set: bool| if set { 0 } else { count + 1 };
    let root = Node {
        expected: vec![ANY_POLICY],
        parents: Vec::new(),
    };
    let mut state = State {
        levels: Some(vec![BTreeMap::from([(ANY_POLICY, root)])]),
        explicit: initial(options.require_explicit_policy),
        inhibit_any: initial(options.inhibit_any_policy),
        mapping: initial(options.inhibit_policy_mapping),
    };
    for at in (0..count).rev() {
        let certificate = certificates[at];
        state.take(certificate, at == 0);
        if state.explicit == 0 && state.levels.is_none() {
            let role = path::role(at, certificates.len(), true);
            faults.note(Code::NoPolicy, role, at, || {
                "leaves no policy where one is required".into()
            });
            return;
        }
        if at > 0 {
            if state.map(certificate).is_err() {
                faults.note(Code::AnyPolicyMapped, Role::Intermediate, at, || {
                    "maps anyPolicy".into()
                });
                return;
            }
            state.prepare(certificate);
        }
    }
    state.wrap_up(certificates[0]);
    if state.explicit == 0 && !state.acceptable(options) {
        faults.note(Code::NoPolicy, Role::Leaf, 0, || {
            "has no acceptable policy, and one is required".into()
        });
    }
}

impl<'a> State<'a> {
    /// §6.1.3 (d) and (e).
    fn take(&mut self, certificate: &Parsed<'a>, last: bool) {
        let Some(levels) = &mut self.levels else {
            return;
        };
        let Some(Extension {
            value: Ok(policies),
            ..
        }) = &certificate.extensions.policies
        else {
            self.levels = None;
            return;
        };
        let any = self.inhibit_any > 0 || (!last && certificate.self_issued());
        let above = levels
            .last()
            .map_or_else(Level::new, |above| next_level(above, policies, any));
        if above.is_empty() {
            self.levels = None;
        } else {
            levels.push(above);
        }
    }

    /// §6.1.4 (a) and (b). `Err`: anyPolicy is mapped.
    fn map(&mut self, certificate: &Parsed<'a>) -> Result<(), ()> {
        let Some(Extension {
            value: Ok(mappings),
            ..
        }) = &certificate.extensions.mappings
        else {
            return Ok(());
        };
        if mappings
            .iter()
            .any(|(from, to)| *from == ANY_POLICY || *to == ANY_POLICY)
        {
            return Err(());
        }
        let Some(level) = self.levels.as_mut().and_then(|levels| levels.last_mut()) else {
            return Ok(());
        };
        let mut mapped: BTreeMap<Id<'a>, Vec<Id<'a>>> = BTreeMap::new();
        for (from, to) in mappings {
            mapped.entry(from).or_default().push(to);
        }
        for (from, to) in mapped {
            if self.mapping == 0 {
                level.remove(from);
            } else if let Some(node) = level.get_mut(from) {
                node.expected = to;
            } else if let Some(any) = level.get(ANY_POLICY) {
                let parents = any.parents.clone();
                level.insert(
                    from,
                    Node {
                        expected: to,
                        parents,
                    },
                );
            }
        }
        if level.is_empty() {
            self.levels = None;
        }
        Ok(())
    }

    /// §6.1.4 (h) to (j).
    fn prepare(&mut self, certificate: &Parsed<'_>) {
        if !certificate.self_issued() {
            for counter in [&mut self.explicit, &mut self.mapping, &mut self.inhibit_any] {
                *counter = counter.saturating_sub(1);
            }
        }
        let lower = |counter: &mut usize, to: Option<u32>| {
            *counter = (*counter).min(to.map_or(usize::MAX, |to| to as usize));
        };
        if let Some(Extension {
            value: Ok(constraints),
            ..
        }) = &certificate.extensions.policy_constraints
        {
            lower(&mut self.explicit, constraints.require_explicit);
            lower(&mut self.mapping, constraints.inhibit_mapping);
        }
        if let Some(Extension {
            value: Ok(skip), ..
        }) = &certificate.extensions.inhibit_any
        {
            lower(&mut self.inhibit_any, Some(*skip));
        }
    }

    /// §6.1.5 (a) and (b).
    fn wrap_up(&mut self, leaf: &Parsed<'_>) {
        self.explicit = self.explicit.saturating_sub(1);
        if let Some(Extension {
            value: Ok(constraints),
            ..
        }) = &leaf.extensions.policy_constraints
            && constraints.require_explicit == Some(0)
        {
            self.explicit = 0;
        }
    }

    /// §6.1.5 (g): is a policy left that the user accepts?
    fn acceptable(&self, options: &Options) -> bool {
        let Some(levels) = &self.levels else {
            return false;
        };
        let wanted = |id: Id<'_>| options.policies.iter().any(|policy| policy.0 == id);
        if options.policies.is_empty()
            || wanted(ANY_POLICY)
            || levels
                .last()
                .is_some_and(|last| last.contains_key(ANY_POLICY))
        {
            return true;
        }
        self.authority_constrained().into_iter().any(wanted)
    }

    /// The policies that stand directly under anyPolicy and reach down to the leaf.
    fn authority_constrained(&self) -> Vec<Id<'a>> {
        let Some(levels) = &self.levels else {
            return Vec::new();
        };
        let mut alive: Vec<Id<'a>> = levels
            .last()
            .map(|last| last.keys().copied().collect())
            .unwrap_or_default();
        let mut found = Vec::new();
        for level in levels.iter().rev() {
            let mut parents = Vec::new();
            for id in &alive {
                let Some(node) = level.get(id) else { continue };
                if node.parents.contains(&ANY_POLICY) && *id != ANY_POLICY {
                    found.push(*id);
                }
                parents.extend_from_slice(&node.parents);
            }
            parents.sort_unstable();
            parents.dedup();
            alive = parents;
        }
        found
    }
}

/// The nodes of the next depth (§6.1.3 (d) (1) and (2)).
fn next_level<'a>(above: &Level<'a>, policies: &[Id<'a>], any_allowed: bool) -> Level<'a> {
    let mut by_expected: BTreeMap<Id<'a>, Vec<Id<'a>>> = BTreeMap::new();
    for (id, node) in above {
        for expected in &node.expected {
            by_expected.entry(expected).or_default().push(id);
        }
    }
    let mut level = Level::new();
    for &policy in policies.iter().filter(|policy| **policy != ANY_POLICY) {
        let parents = by_expected.get(policy).cloned();
        let parents = parents.or_else(|| above.contains_key(ANY_POLICY).then(|| vec![ANY_POLICY]));
        if let Some(parents) = parents {
            level.insert(
                policy,
                Node {
                    expected: vec![policy],
                    parents,
                },
            );
        }
    }
    if any_allowed && policies.contains(&ANY_POLICY) {
        for (expected, parents) in by_expected {
            level.entry(expected).or_insert_with(|| Node {
                expected: vec![expected],
                parents,
            });
        }
    }
    level
}
