//! Whether a graph can be run at all: what its nodes take is given by something, once, and not by themselves.
//!
//! Comes in: a model. Goes out: the first place at which a runtime refuses it, and why. Source: ONNX's `checker.cc` where
//! ONNX Runtime's `graph.cc` refuses the same; that nodes stand in order only the former asks.

use std::collections::{HashMap, HashSet};

use super::super::protobuf::{Message, Value};
use super::{MAX_DEPTH, version};
use crate::fact::artifact::ByteRegion;

/// As much of a name tells it apart from others.
const MOST_NAME: usize = 4096;
/// Newer element types than today's are not known; there will not be so many.
const MOST_TYPES: u64 = 64;

type Name = Box<[u8]>;
type Fault = (ByteRegion, String);

/// The first place at which no runtime takes `model`, and why.
pub(super) fn fault(model: &Message) -> Option<Fault> {
    // Before version 3 of the format there was one domain.
    let domains = (version(model) >= 3).then(|| model.inner(8).map(|set| domain(&set, 1)).collect());
    let check = Check { wants_types: version(model) >= 2, domains };
    let of_functions = || model.inner(25).find_map(|function| check.function(&function).err());
    let of_graphs = || model.inner(7).find_map(|graph| check.main(&graph).err());
    of_graphs().or_else(of_functions)
}

struct Check {
    /// Whether the version of the format wants the type of each attribute.
    wants_types: bool,
    /// Domains of which the model says the version of their operators, if it has to.
    domains: Option<HashSet<Name>>,
}

/// A node by the names that it takes, and where it is.
struct Node {
    takes: Vec<Name>,
    place: ByteRegion,
}

impl Check {
    fn main(&self, graph: &Message) -> Result<(), Fault> {
        for value in graph.inner(11).chain(graph.inner(12)) {
            if !has_type(&value) {
                let told = format!("the input or output `{}` has no type", shown(&name_of(&value, 1)));
                return Err((value.region(), told));
            }
        }
        for node in graph.inner(1) {
            let domain = domain(&node, 7);
            if self.domains.as_ref().is_some_and(|domains| !domains.contains(&domain)) {
                let told = format!("the version of the operators of `{}` is not said", shown(&domain));
                return Err((node.region(), told));
            }
        }
        none_open(self.graph(graph, 0)?)
    }

    fn function(&self, function: &Message) -> Result<(), Fault> {
        let mut given: HashMap<Name, Option<usize>> = HashMap::new();
        given.extend(function.inner(4).map(|name| (whole(&name), None)));
        let nodes = self.nodes(function.inner(7), &mut given, 0)?;
        none_open(open(nodes, &given, function.inner(5))?)
    }

    /// Names that a graph takes from around it, with a place where it does so.
    fn graph(&self, graph: &Message, depth: u32) -> Result<HashMap<Name, ByteRegion>, Fault> {
        // Each name with the node that gives it, if one does.
        let mut given: HashMap<Name, Option<usize>> = HashMap::new();
        let tensors = graph.inner(5).chain(graph.inner(15).flat_map(|sparse| sparse.inner(1)));
        for tensor in tensors {
            if let Some(code) = number(&tensor, 2).filter(|code| *code == 0 || *code > MOST_TYPES) {
                let told =
                    format!("the tensor `{}` has elements of the unknown type {code}", shown(&name_of(&tensor, 8)));
                return Err((tensor.region(), told));
            }
            given.insert(name_of(&tensor, 8), None);
        }
        given.extend(graph.inner(11).map(|input| (name_of(&input, 1), None)));
        let nodes = self.nodes(graph.inner(1), &mut given, depth)?;
        let outputs = graph.inner(12).flat_map(|output| output.inner(1).last());
        open(nodes, &given, outputs)
    }

    fn nodes(
        &self,
        nodes: impl Iterator<Item = Message>,
        given: &mut HashMap<Name, Option<usize>>,
        depth: u32,
    ) -> Result<Vec<Node>, Fault> {
        let mut found = Vec::new();
        for (index, message) in nodes.enumerate() {
            let mut node = Node { takes: Vec::new(), place: message.region() };
            let mut has_operator = false;
            for field in message.sound_fields() {
                let Value::Bytes(part) = &field.value else { continue };
                match field.number {
                    1 if part.len() > 0 => node.takes.push(whole(part)),
                    2 if part.len() > 0 => {
                        let name = whole(part);
                        if given.contains_key(&name) {
                            return Err((part.region(), format!("`{}` is given twice", shown(&name))));
                        }
                        given.insert(name, Some(index));
                    }
                    4 => has_operator = part.len() > 0,
                    5 => node.takes.extend(self.attribute(part, depth)?),
                    _ => {}
                }
            }
            if !has_operator {
                return Err((node.place, "a node without an operator".into()));
            }
            found.push(node);
        }
        Ok(found)
    }

    /// Names that the graphs of an attribute take from around them.
    fn attribute(&self, attribute: &Message, depth: u32) -> Result<Vec<Name>, Fault> {
        if self.wants_types && number(attribute, 20).unwrap_or(0) == 0 {
            let told = format!("the attribute `{}` has no type", shown(&name_of(attribute, 1)));
            return Err((attribute.region(), told));
        }
        let mut takes = Vec::new();
        // What nests deeper is told by the walk.
        if depth < MAX_DEPTH {
            for graph in attribute.inner(6).chain(attribute.inner(11)) {
                takes.extend(self.graph(&graph, depth + 1)?.into_keys());
            }
        }
        Ok(takes)
    }
}

/// What `nodes` and `outputs` take that is not `given`, with a place; an error if nodes wait for each other.
fn open(
    nodes: Vec<Node>,
    given: &HashMap<Name, Option<usize>>,
    outputs: impl Iterator<Item = Message>,
) -> Result<HashMap<Name, ByteRegion>, Fault> {
    let mut open = HashMap::new();
    for output in outputs {
        let name = whole(&output);
        if !given.contains_key(&name) {
            open.insert(name, output.region());
        }
    }
    // How many nodes each waits for, and which wait for it.
    let mut waits = vec![0_usize; nodes.len()];
    let mut waited_for = vec![Vec::new(); nodes.len()];
    let places: Vec<_> = nodes.iter().map(|node| node.place).collect();
    for (index, node) in nodes.into_iter().enumerate() {
        for name in node.takes {
            match given.get(&name) {
                Some(Some(giver)) => {
                    waits[index] += 1;
                    waited_for[*giver].push(index);
                }
                Some(None) => {}
                None => drop(open.entry(name).or_insert(node.place)),
            }
        }
    }
    let mut ready: Vec<_> = (0..waits.len()).filter(|index| waits[*index] == 0).collect();
    let mut done = HashSet::new();
    while let Some(index) = ready.pop() {
        done.insert(index);
        for next in &waited_for[index] {
            waits[*next] -= 1;
            if waits[*next] == 0 {
                ready.push(*next);
            }
        }
    }
    match (0..places.len()).find(|index| !done.contains(index)) {
        Some(stuck) => Err((places[stuck], "nodes wait for what they give each other".into())),
        None => Ok(open),
    }
}

/// Outside of a whole graph or function there is nothing.
fn none_open(open: HashMap<Name, ByteRegion>) -> Result<(), Fault> {
    let first = open.into_iter().min_by_key(|(_, place)| place.start);
    first.map_or(Ok(()), |(name, place)| Err((place, format!("`{}` is taken, and nothing gives it", shown(&name)))))
}

/// Whether an input or output says what it is.
fn has_type(value: &Message) -> bool {
    const CASES: [u64; 6] = [1, 4, 5, 7, 8, 9];
    let mut fields = value.inner(2).flat_map(|of| of.sound_fields());
    fields.any(|field| CASES.contains(&field.number) && field.bytes().is_some())
}

/// The number in a field, the last if there are several.
fn number(message: &Message, field: u64) -> Option<u64> {
    let numbers = message.sound_fields().filter(|one| one.number == field);
    numbers.filter_map(|field| if let Value::Number(number) = field.value { Some(number) } else { None }).last()
}

/// The domain in a field; ONNX's own has two names.
fn domain(message: &Message, field: u64) -> Name {
    let name = name_of(message, field);
    if *name == *b"ai.onnx" { Name::default() } else { name }
}

fn name_of(message: &Message, field: u64) -> Name {
    message.inner(field).last().map(|name| whole(&name)).unwrap_or_default()
}

fn whole(name: &Message) -> Name {
    name.bytes(MOST_NAME).into_boxed_slice()
}

fn shown(name: &[u8]) -> String {
    String::from_utf8_lossy(name).chars().take(100).collect()
}
