//! Which call is the second attempt of which.

use ruff_python_ast::{Expr, UnaryOp};
use rustc_hash::FxHashMap;

use super::super::model::Place;
use crate::fact::{Alternative, Tried};
use crate::text::Region;

use super::Extractor;

/// What holding a call against one that was tried before it takes from the budget of steps; it also bounds what is kept.
const STEPS_OF_A_PAIR: u32 = 50;

impl<'a> Extractor<'a, '_, '_> {
    pub(super) fn link_tries(&mut self) {
        let mut tried: FxHashMap<u32, Vec<usize>> = FxHashMap::default();
        for (index, place) in self.places.iter().enumerate() {
            place.in_try.into_iter().for_each(|id| tried.entry(id).or_default().push(index));
        }
        for index in 0..self.facts.calls.len() {
            let Some(calls) = self.places[index].in_handler.and_then(|id| tried.get(&id)) else { continue };
            let outcomes = self.outcomes_before(self.facts.calls[index].region, self.places[index]);
            let calls = calls.iter().take_while(|_| self.resolver.spend(STEPS_OF_A_PAIR));
            let before = calls.map(|&call| Tried { call, otherwise: self.otherwise(call, &outcomes) });
            self.facts.calls[index].tried_before = before.collect();
        }
    }

    /// Arguments of the call `first` whose values `outcomes`, the tests on the way to the call that follows it, contradict:
    /// after `if strict: raise` the flag `strict` was not true.
    fn otherwise(&self, first: usize, outcomes: &[(Vec<Vec<Region>>, bool)]) -> Vec<(usize, bool)> {
        let mut found = Vec::new();
        for (index, argument) in self.facts.calls[first].arguments.iter().enumerate() {
            let comes_from = |alternative: &Alternative, tested: &Vec<Region>| {
                !tested.is_empty() && tested.iter().all(|at| alternative.steps.iter().any(|step| step.region == *at))
            };
            let contradicts = |(tested, truth): &&(Vec<Vec<Region>>, bool)| {
                argument.value.alternatives.iter().all(|alternative| {
                    alternative.atom.truth() == Some(!truth) && tested.iter().any(|way| comes_from(alternative, way))
                })
            };
            found.extend(outcomes.iter().find(contradicts).map(|(_, truth)| (index, *truth)));
        }
        found
    }

    /// The names whose truth tests before `at` are certain of: for each thing they can be the places it came by, and
    /// the truth.
    fn outcomes_before(&self, at: Region, place: Place) -> Vec<(Vec<Vec<Region>>, bool)> {
        let certain = self.resolver.metered(self.model.guards.iter()).filter(|guard| {
            guard.scope == place.scope
                && guard.region.end <= at.start
                && self.model.dominates((guard.block, guard.from), (place.block, at.start))
        });
        let named = certain.filter_map(|guard| {
            let (mut test, mut truth) = (guard.test, guard.holds);
            while let Expr::UnaryOp(unary) = test
                && unary.op == UnaryOp::Not
            {
                (test, truth) = (&*unary.operand, !truth);
            }
            let Expr::Name(_) = test else { return None };
            let value = self.resolver.eval(test);
            let steps = value.iter().map(|alt| self.resolver.steps(alt.link.as_deref()));
            Some((steps.map(|steps| steps.iter().map(|step| step.region).collect()).collect(), truth))
        });
        named.collect()
    }
}
