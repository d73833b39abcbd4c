//! Which claims and comments meet, found by where they stand: to ask each comment for each claim takes too long where a
//! text has many of both.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::attach::{Claim, Placed, lines, whole};
use crate::rules::Rule;
use crate::text::{LineIndex, Region};

/// Regions with what has them, in the order of their starts.
#[derive(Debug)]
pub(super) struct Spans<K> {
    spans: Vec<(Region, K, Vec<usize>)>,
    /// The last byte that this one or one before it reaches.
    reach: Vec<u32>,
}

fn last(region: Region) -> u32 {
    region.end.saturating_sub(1).max(region.start)
}

impl<K: Ord + Copy> Spans<K> {
    /// From regions and keys by their indices; those that are equal become one.
    pub(super) fn new(regions: impl Iterator<Item = (Region, K)>) -> Self {
        let mut spans: BTreeMap<(Region, K), Vec<usize>> = BTreeMap::new();
        for (index, key) in regions.enumerate() {
            spans.entry(key).or_default().push(index);
        }
        let spans: Vec<_> = spans.into_iter().map(|((region, key), indices)| (region, key, indices)).collect();
        let mut furthest = 0;
        let reach = spans.iter().map(|(region, ..)| {
            furthest = furthest.max(last(*region));
            furthest
        });
        Self { reach: reach.collect(), spans }
    }

    /// All of them.
    pub(super) fn iter(&self) -> impl Iterator<Item = &(Region, K, Vec<usize>)> {
        self.spans.iter()
    }

    /// Those that share a byte with `extent`, the last one first.
    pub(super) fn meeting(&self, extent: Region) -> impl Iterator<Item = &(Region, K, Vec<usize>)> {
        let until = self.spans.partition_point(|(region, ..)| region.start < extent.end);
        let reaching = (0..until).rev().take_while(move |&index| self.reach[index] >= extent.start);
        reaching.map(|index| &self.spans[index]).filter(move |(region, ..)| last(*region) >= extent.start)
    }
}

/// A claim among the comments on its own lines.
#[derive(Debug)]
pub(super) struct Standing {
    /// The first and the last line of the call.
    pub(super) lines: (u32, u32),
    /// Whether a comment behind code on these lines is Bandit's for the rule.
    pub(super) has_own: bool,
    /// The first comment of Bandit's on these lines.
    pub(super) first_nosec: Option<usize>,
}

/// The claims and comments of a text.
#[derive(Debug)]
pub(super) struct Meeting<'a> {
    claims: &'a [Claim<'a>],
    pub(super) placed: &'a [Placed],
    index: &'a LineIndex,
    wholes: Spans<&'a str>,
    /// Claims by the line that they, and the one that their statement, start in.
    by_line: FxHashMap<u32, Vec<usize>>,
    by_statement: FxHashMap<u32, Vec<usize>>,
    /// Comments by the line of code below them.
    above: FxHashMap<u32, Vec<usize>>,
    standings: Vec<OnceCell<Standing>>,
}

/// Of claims of one rule in one statement a comment is told so many from each end that matters.
const REPRESENTATIVES: usize = 8;

impl<'a> Meeting<'a> {
    pub(super) fn new(claims: &'a [Claim<'a>], placed: &'a [Placed], index: &'a LineIndex) -> Self {
        let (mut by_line, mut by_statement, mut above) =
            (FxHashMap::default(), FxHashMap::default(), FxHashMap::default());
        let put = |map: &mut FxHashMap<u32, Vec<usize>>, line, at| map.entry(line).or_default().push(at);
        for (at, claim) in claims.iter().enumerate() {
            put(&mut by_line, lines(whole(claim), index).0, at);
            put(&mut by_statement, lines(claim.statement, index).0, at);
        }
        for (at, comment) in placed.iter().enumerate() {
            comment.below.into_iter().for_each(|line| put(&mut above, line, at));
        }
        let wholes = Spans::new(claims.iter().map(|claim| (whole(claim), &*claim.rule.id)));
        let standings = claims.iter().map(|_| OnceCell::new()).collect();
        Self { claims, placed, index, wholes, by_line, by_statement, above, standings }
    }

    /// Claims that the same comments excuse, with these comments.
    pub(super) fn excused(&self) -> impl Iterator<Item = (&[usize], Vec<&'a Placed>)> {
        self.wholes.iter().map(|(region, _, claims)| (&claims[..], self.excusing(*region, self.claims[claims[0]].rule)))
    }

    fn excusing(&self, region: Region, rule: &Rule) -> Vec<&'a Placed> {
        let from = self.placed.partition_point(|comment| comment.extent.end <= region.start);
        let until = self.placed.partition_point(|comment| comment.extent.start <= last(region));
        let on_it = self.placed.get(from..until).unwrap_or_default().iter();
        let on_it = on_it.filter(|comment| comment.nosec_names(rule) || comment.native_names(rule));
        let above = self.above(lines(region, self.index).0).map(|at| &self.placed[at]);
        on_it.chain(above.filter(|comment| comment.native_names(rule))).collect()
    }

    /// The first comment that excuses a claim.
    pub(super) fn first_excusing(&self, claim: &Claim<'_>) -> Option<usize> {
        let at = |comment: &Placed| self.placed.partition_point(|other| other.region.start < comment.region.start);
        self.excusing(whole(claim), claim.rule).into_iter().map(at).min()
    }

    /// Comments that start in these lines.
    pub(super) fn in_lines(&self, first: u32, last: u32) -> std::ops::Range<usize> {
        let from = self.placed.partition_point(|comment| comment.line < first);
        let until = self.placed.partition_point(|comment| comment.line <= last);
        from..until.max(from)
    }

    /// Comments on lines of their own above the code of `line`.
    pub(super) fn above(&self, line: u32) -> impl Iterator<Item = usize> {
        self.above.get(&line).into_iter().flatten().copied()
    }

    /// What `comment` excuses: of claims of one rule in one statement the first few, and the few around it.
    pub(super) fn used(&self, comment: &Placed) -> Vec<usize> {
        let mut used = Vec::new();
        for (_, _, claims) in self.wholes.meeting(comment.extent) {
            let rule = self.claims[claims[0]].rule;
            if comment.nosec_names(rule) || comment.native_names(rule) {
                let here = claims.partition_point(|&at| self.index.line(self.claims[at].region.start) <= comment.line);
                used.extend(&claims[..claims.len().min(REPRESENTATIVES)]);
                used.extend(&claims[here.saturating_sub(REPRESENTATIVES)..here]);
            }
        }
        let below = comment.below.and_then(|line| self.by_line.get(&line)).into_iter().flatten();
        used.extend(below.filter(|&&at| comment.native_names(self.claims[at].rule)));
        used.sort_unstable();
        used.dedup();
        used
    }

    /// Whether a claim, excused or not, stands where `comment` does.
    pub(super) fn is_near(&self, comment: &Placed) -> bool {
        self.wholes.meeting(comment.extent).next().is_some()
            || comment.below.is_some_and(|below| self.by_statement.contains_key(&below))
    }

    /// How the claim of this index stands.
    pub(super) fn standing(&self, claim: usize) -> &Standing {
        self.standings[claim].get_or_init(|| {
            let Claim { rule, region, .. } = self.claims[claim];
            let (first, last) = lines(region, self.index);
            let here = self.in_lines(first, last);
            let is_own = |&at: &usize| !self.placed[at].is_alone && self.placed[at].nosec_names(rule);
            Standing {
                lines: (first, last),
                has_own: here.clone().any(|at| is_own(&at)),
                first_nosec: here.into_iter().find(|&at| self.placed[at].directive.nosec.is_some()),
            }
        })
    }
}
