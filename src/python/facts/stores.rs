//! Functions replaced in modules, and variables set in the environment.

use std::rc::Rc;

use ruff_python_ast::{Expr, ExprCall, IpyEscapeKind, StmtIpyEscapeCommand};

use super::super::model::{Place, StoreSite};
use super::super::parse::region;
use super::super::thing::{Dict, Rest, Thing, Val, one};
use crate::fact::{Assignment, EnvironmentChange, Reach, Target};
use crate::text::Region;

use super::Extractor;

impl<'a> Extractor<'a, '_, '_> {
    // Stores.

    /// The listed names an assignment goes to.
    pub(super) fn assigned_names(&self, site: &StoreSite<'a>) -> Vec<Target> {
        let (base, attribute) = match site.target {
            Expr::Attribute(attribute) => (&*attribute.value, Rc::from(attribute.attr.as_str())),
            // `setattr(base, "attribute", value)`
            Expr::Name(_) => {
                let call = self.resolver.first_site_in(site.region).filter(|call| region(call.call) == site.region);
                let Some(call) = call else { return Vec::new() };
                let (Some(base), Some(name)) = (call.call.arguments.args.first(), call.call.arguments.args.get(1))
                else {
                    return Vec::new();
                };
                match self.resolver.text_of(name) {
                    Some(name) => (base, name),
                    None => return Vec::new(),
                }
            }
            _ => return Vec::new(),
        };
        if !self.resolver.vocabulary.has_leaf(&attribute) {
            return Vec::new();
        }
        let value = self.resolver.eval(base);
        let named = value.iter().filter_map(|alt| match alt.thing.peeled() {
            Thing::Named(path) => {
                let name: Rc<str> = format!("{path}.{attribute}").into();
                let steps = self.resolver.steps(alt.link.as_deref());
                self.resolver.vocabulary.has_function(&name).then_some(Target { name, steps })
            }
            _ => None,
        });
        named.collect()
    }

    pub(super) fn store(&mut self, site: &StoreSite<'a>) {
        if let Expr::Subscript(subscript) = site.target {
            let is_environment = self.resolver.names(&subscript.value).iter().any(|name| &**name == "os.environ");
            if let (true, Some(name)) = (is_environment, self.resolver.text_of(&subscript.slice)) {
                let value = self.resolver.eval(site.value);
                self.environment(name, &value, site.region, site.place);
            }
            return;
        }
        // `os.environ |= {…}`
        if let Expr::Attribute(attribute) = site.target
            && attribute.attr.as_str() == "environ"
        {
            return self.environment_entries(site.value, site.region, site.place);
        }
        for target in self.assigned_names(site) {
            let mut inside = vec![region(site.value)];
            for alt in self.resolver.eval(site.value).iter() {
                match alt.thing.peeled() {
                    Thing::Function(function) | Thing::Method(function) => {
                        inside.push(self.model.functions[*function as usize].region);
                    }
                    Thing::Partial(partial) => inside.push(region(partial.call)),
                    _ => {}
                }
            }
            let calls = self.resolver.metered(self.facts.calls.iter().enumerate());
            let calls = calls.filter(|(_, call)| inside.iter().any(|outer| outer.contains(call.region)));
            let calls = calls.map(|(index, _)| index).collect();
            let value = self.value(&self.resolver.eval(site.value));
            self.facts.assignments.push(Assignment {
                region: site.region,
                statement: site.place.statement,
                target,
                value,
                calls,
            });
        }
    }

    pub(super) fn environment(&mut self, variable: Rc<str>, value: &Val<'a>, at: Region, place: Place) {
        if self.resolver.vocabulary.has_variable(&variable) {
            let value = self.value(value);
            self.facts.environment.push(EnvironmentChange {
                region: at,
                statement: place.statement,
                variable,
                value,
                reach: Reach::Process,
            });
        }
    }

    /// `%env NAME=value` and `%set_env NAME value` of a notebook.
    pub(super) fn environment_magic(&mut self, command: &StmtIpyEscapeCommand, place: Place) {
        let text = match command.kind {
            IpyEscapeKind::Magic => command.value.trim(),
            _ => return,
        };
        let Some(("env" | "set_env", setting)) = text.split_once([' ', '\t']) else { return };
        let Some((name, value)) = setting.trim_start().split_once(['=', ' ', '\t']) else { return };
        let value = one(Thing::Text(value.trim().into()));
        self.environment(name.trim().into(), &value, region(command), place);
    }

    pub(super) fn environment_call(&mut self, call: &'a ExprCall, place: Place) {
        if !self.may_have.variable {
            return;
        }
        // `subprocess.run(…, env={"NAME": "1"})`
        if let Some(environment) = call.arguments.find_keyword("env") {
            self.environment_entries(&environment.value, region(call), place);
        }
        let leaf = super::super::values::callee_leaf(&call.func).unwrap_or_default();
        if !matches!(leaf, "setdefault" | "update" | "putenv" | "setenv" | "__setitem__") {
            return;
        }
        // `monkeypatch.setenv("NAME", "1")`, and helpers of that name.
        let is_environment = leaf == "setenv"
            || self.resolver.names(&call.func).iter().any(|name| {
                let of_os = ["os.environ.setdefault", "os.environ.update", "os.environ.__setitem__", "os.putenv"];
                of_os.contains(&&**name)
            });
        if !is_environment {
            return;
        }
        let args = &call.arguments.args;
        if leaf != "update" {
            if let (Some(name), Some(value)) = (args.first().and_then(|name| self.resolver.text_of(name)), args.get(1))
            {
                let value = self.resolver.eval(value);
                self.environment(name, &value, region(call), place);
            }
            return;
        }
        for keyword in &call.arguments.keywords {
            match &keyword.arg {
                Some(name) => {
                    let value = self.resolver.eval(&keyword.value);
                    self.environment(name.as_str().into(), &value, region(call), place);
                }
                None => self.environment_entries(&keyword.value, region(call), place),
            }
        }
        for argument in args {
            self.environment_entries(argument, region(call), place);
        }
    }

    /// What a dictionary sets, once it becomes the environment or a part of it.
    pub(super) fn environment_entries(&mut self, mapping: &'a Expr, at: Region, place: Place) {
        let mut dict = Dict { entries: Vec::new(), rest: Rest::Nothing };
        self.resolver.spread(&mut dict, mapping);
        for (name, slot) in &dict.entries {
            let value = self.resolver.slot(slot);
            let value = if value.is_empty() { one(Thing::Unknown) } else { value };
            self.environment(Rc::clone(name), &value, at, place);
        }
    }
}
