//! Frames and what a name means in them: what a function body will see of the scopes around it.

use std::rc::Rc;

use ruff_python_ast::{self as ast};
use rustc_hash::FxHashMap;

use super::{Builder, Frame, MAX_COPIED_SYMBOLS, Use, View};
use crate::fact::is_dynamic;
use crate::python::bound::BoundNames;
use crate::python::model::{DefId, Scope, ScopeId, ScopeKind, SetId};
use crate::python::parse::region;

impl<'a> Builder<'a, '_> {
    pub(super) fn push_frame(&mut self, kind: ScopeKind, names: BoundNames<'a>, outer: Option<Rc<View>>) {
        let scope = self.model.scopes.len() as ScopeId;
        let mut symbols = FxHashMap::default();
        for name in names.bound {
            if !names.globals.contains(name) && !names.nonlocals.contains(name) {
                let next = symbols.len() as u32;
                symbols.entry(name).or_insert(next);
            }
        }
        let count = symbols.len();
        let owner = match (kind, self.frames.last()) {
            (ScopeKind::Comprehension, Some(around)) => self.model.scopes[around.scope as usize].owner,
            _ => scope,
        };
        self.model.scopes.push(Scope { kind, owner, symbols, all_defs: vec![Vec::new(); count], at_end: Vec::new() });
        self.frames.push(Frame {
            scope,
            kind,
            env: Rc::new(vec![SetId::EMPTY; count]),
            dead: false,
            returned: false,
            globals: names.globals,
            loops: Vec::new(),
            same: Vec::new(),
            outer,
        });
        self.place.scope = scope;
    }

    pub(super) fn pop_frame(&mut self) {
        if let Some(frame) = self.frames.pop() {
            self.model.scopes[frame.scope as usize].at_end = frame.env.to_vec();
        }
        if let Some(frame) = self.frames.last() {
            self.place.scope = frame.scope;
        }
    }

    pub(super) fn frame(&mut self) -> &mut Frame<'a> {
        self.frames.last_mut().expect("a frame is pushed before anything is walked")
    }

    /// What a function defined here will see: classes around it are left out, as Python does.
    pub(super) fn view(&self) -> Rc<View> {
        let mut outer = self.frames.iter().find_map(|frame| frame.outer.clone());
        for frame in &self.frames {
            if matches!(frame.kind, ScopeKind::Class(_)) {
                continue;
            }
            outer = Some(Rc::new(View {
                scope: frame.scope,
                at_definition: (frame.env.len() <= MAX_COPIED_SYMBOLS).then(|| Rc::clone(&frame.env)),
                next_def: self.model.defs.len() as DefId,
                outer,
            }));
        }
        outer.expect("the module's frame is always there")
    }

    pub(super) fn symbol(&self, scope: ScopeId, name: &str) -> Option<u32> {
        self.model.scopes[scope as usize].symbols.get(name).copied()
    }

    /// Which scope and symbol a name means here, and what reaches.
    pub(super) fn lookup(&mut self, name: &'a str) -> Option<(ScopeId, u32, SetId)> {
        let top = self.frames.len().checked_sub(1)?;
        let mut global = false;
        for index in (0..=top).rev() {
            let frame = &self.frames[index];
            if index != top && matches!(frame.kind, ScopeKind::Class(_)) {
                continue;
            }
            if frame.globals.contains(name) {
                global = true;
                break;
            }
            if let Some(symbol) = self.symbol(frame.scope, name) {
                let set = frame.env[symbol as usize];
                // A class body, and a module before the first binding, fall through to what is outside.
                let falls_through = set == SetId::EMPTY && !matches!(frame.kind, ScopeKind::Function(_));
                if !falls_through {
                    return Some((frame.scope, symbol, set));
                }
            }
        }
        let mut view = self.frames.iter().find_map(|frame| frame.outer.clone());
        while let Some(at) = view {
            let wanted = !global || at.scope == 0;
            if let (true, Some(symbol)) = (wanted, self.symbol(at.scope, name)) {
                let set = self.view_set(&at, symbol);
                return Some((at.scope, symbol, set));
            }
            view = at.outer.clone();
        }
        None
    }

    fn view_set(&mut self, view: &View, symbol: u32) -> SetId {
        let all = &self.model.scopes[view.scope as usize].all_defs[symbol as usize];
        let Some(env) = &view.at_definition else {
            let all = all.clone();
            return self.model.sets.of(all);
        };
        let later: Vec<_> = all.iter().copied().filter(|&def| def >= view.next_def).collect();
        let later = self.model.sets.of(later);
        let before = env.get(symbol as usize).copied().unwrap_or(SetId::EMPTY);
        self.model.sets.union(before, later)
    }

    /// Keeps the words that could be the last part of a name the rules ask for, or lead to one.
    pub(super) fn note_word(&mut self, word: &'a str) {
        if self.vocabulary.has_leaf(word) || is_dynamic(word) {
            self.model.words.insert(word);
        }
    }

    pub(super) fn use_name(&mut self, name: &'a ast::ExprName) {
        self.note_word(name.id.as_str());
        let offset = region(name).start;
        if let Some((scope, symbol, set)) = self.lookup(name.id.as_str()) {
            self.uses.push(Use { offset, scope, symbol, set });
        }
    }
}
