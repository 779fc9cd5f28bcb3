//! What is worth a look in a graph that can be run: conventions of exporters, and what NIR leaves open.

use std::fmt;

use crate::array::Array;
use crate::components::components;
use crate::error::short;
use crate::flat::{Flat, FlatNode};
use crate::node::{Conv2d, Li, Lif, Node, Padding};
use crate::order::Checked;
use crate::step::Rule;

/// One finding. Displayed, it is one sentence.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the sentence above each variant says what its fields are")]
pub enum Lint {
    /// Parameters of size one where a shape arrives that has more.
    SizeOne { node: String, fields: Vec<&'static str>, arrives: Vec<usize> },
    /// An Output, or a Flatten, which declares another shape than arrives, with as many numbers.
    DeclaredShape { node: String, declared: Vec<usize>, arrives: Vec<usize> },
    /// The same edge more than once.
    RepeatedEdge { from: String, to: String },
    /// Cycles with several neurons: which edges are late is a choice.
    LateEdges { neurons: Vec<String>, edges: Vec<(String, String)> },
    /// A node whose result nobody hears.
    Unheard { node: String, kind: &'static str },
    /// Time constants much shorter than the step.
    TauTimesDt { node: String, tau: f64, dt: f64 },
    /// Time constants which look like numbers of steps.
    TauInSteps { dt: f64, smallest: f64, rule: Rule },
    /// Integrators with a resistance of 1, no time constant anywhere, and a step which is not 1.
    UnitStep { dt: f64 },
    /// Resistances as Rockpool writes them.
    Rockpool { node: String },
    /// A neuron which is reset above its threshold, or rests above it: it fires again without any input.
    FiresAlone { node: String, field: &'static str, value: String, threshold: String },
    /// Metadata of a type which is not kept.
    MetadataLost { node: String, key: String, kind: String },
    /// A kernel of two lengths, or several groups: `nir.read` computes another shape.
    PythonKernel { node: String, weight: Vec<usize>, groups: usize },
}

impl fmt::Display for Lint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SizeOne { node, fields, arrives } => write!(
                f,
                "node `{node}`: parameters of size one ({}) are spread over the shape which arrives, {arrives:?}",
                fields.join(", ")
            ),
            Self::DeclaredShape { node, declared, arrives } => {
                write!(f, "node `{node}` declares shape {declared:?}, shape {arrives:?} arrives and is kept")
            }
            Self::RepeatedEdge { from, to } => {
                write!(f, "the edge `{from}` -> `{to}` is there more than once; it counts once")
            }
            Self::LateEdges { neurons, edges } => {
                let edges: Vec<String> = edges.iter().map(|(from, to)| format!("`{from}` -> `{to}`")).collect();
                write!(
                    f,
                    "the neurons {} lie on cycles together, and NIR does not say which edges take a step: {} {} late, \
                     since {} from an Input",
                    ticked(neurons),
                    edges.join(" and "),
                    if edges.len() == 1 { "is" } else { "are" },
                    if edges.len() == 1 { "it does not lead away" } else { "they do not lead away" }
                )
            }
            Self::Unheard { node, kind } => write!(f, "node `{node}` ({kind}) leads nowhere: its result is not used"),
            Self::TauTimesDt { node, tau, dt } => write!(
                f,
                "node `{node}`: tau is {}, {} times shorter than the time step {dt}: nothing is left of a membrane after a \
                 step; Norse multiplies tau by its own step of 1e-3, its files want dt = 1e-6",
                short(*tau),
                short(dt / tau)
            ),
            Self::TauInSteps { dt, smallest, rule } => {
                write!(
                    f,
                    "all time constants are at least {}, and the time step is {dt}: are they counted in steps? Sinabs means dt \
                     = 1 and the exponential rule",
                    short(*smallest)
                )?;
                if *rule == Rule::Exponential { Ok(()) } else { write!(f, ", this is {rule}") }
            }
            Self::UnitStep { dt } => write!(
                f,
                "the graph has no time constant, and its integrators have r = 1: Sinabs, Norse and snnTorch mean one step by \
                 that, dt = 1; with dt = {dt} an input of 1 adds {dt}"
            ),
            Self::Rockpool { node } => write!(
                f,
                "node `{node}`: r is tau exp(-dt / tau) / dt, as Rockpool writes it; Rockpool resets by subtraction, which \
                 the file does not say, so its spikes differ"
            ),
            Self::FiresAlone { node, field, value, threshold } => write!(
                f,
                "node `{node}`: {field} is {value}, above its threshold of {threshold}: it fires again and again without \
                 any input"
            ),
            Self::MetadataLost { node, key, kind } => {
                let of = if node.is_empty() { "the graph".to_owned() } else { format!("node `{node}`") };
                write!(f, "the metadata `{key}` of {of} is {kind}, which is not kept")
            }
            Self::PythonKernel { node, weight, groups } => write!(
                f,
                "node `{node}`: weight {weight:?} with {groups} group{} is valid, but `nir.read` takes the height for both \
                 lengths of a kernel and counts the channels of one group alone; read the file with type_check=False",
                if *groups == 1 { "" } else { "s" }
            ),
        }
    }
}

fn ticked(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// What can be said without a time step.
pub(crate) fn of_flat(flat: &Flat) -> Vec<Lint> {
    let mut lints = Vec::new();
    for (from, to) in flat.repeated() {
        lints.push(Lint::RepeatedEdge { from: from.clone(), to: to.clone() });
    }
    let mut heard = vec![false; flat.nodes().len()];
    for (from, _) in flat.edges() {
        heard[*from] = true;
    }
    for (at, node) in flat.nodes().iter().enumerate() {
        lints.extend(size_one(node));
        lints.extend(declared_shape(node));
        lints.extend(fires_alone(node));
        for (key, value) in node.metadata() {
            if let crate::metadata::Value::Other(kind) = value {
                let (node, key, kind) = (node.name().to_owned(), key.clone(), kind.clone());
                lints.push(Lint::MetadataLost { node, key, kind });
            }
        }
        if !heard[at] && !node.is_output() {
            lints.push(Lint::Unheard { node: node.name().to_owned(), kind: node.node().kind() });
        }
    }
    lints
}

fn size_one(node: &FlatNode) -> Option<Lint> {
    if !node.node().is_elementwise() || node.input().iter().product::<usize>() == 1 {
        return None;
    }
    let fields: Vec<&'static str> =
        node.node().parameters().into_iter().filter(|(_, array)| array.len() == 1).map(|(field, _)| field).collect();
    // `w_in` alone is a scalar in the reference's own class.
    (!fields.is_empty() && fields != ["w_in"]).then(|| Lint::SizeOne {
        node: node.name().to_owned(),
        fields,
        arrives: node.input().to_vec(),
    })
}

fn declared_shape(node: &FlatNode) -> Option<Lint> {
    let declared = match node.node() {
        Node::Output(output) => &output.shape,
        Node::Flatten(flatten) => flatten.input_type.as_ref()?,
        _ => return None,
    };
    (declared != node.input()).then(|| Lint::DeclaredShape {
        node: node.name().to_owned(),
        declared: declared.clone(),
        arrives: node.input().to_vec(),
    })
}

fn fires_alone(node: &FlatNode) -> Option<Lint> {
    let parameters = node.node().parameters();
    let find = |wanted: &str| parameters.iter().find(|(field, _)| *field == wanted).map(|(_, array)| *array);
    let threshold = find("v_threshold")?;
    let at = |array: &Array, index: usize| if array.len() == 1 { 0 } else { index };
    for field in ["v_reset", "v_leak"] {
        let Some(array) = find(field) else { continue };
        let above = (0..array.len().max(threshold.len()))
            .find(|index| array.get(at(array, *index)) > threshold.get(at(threshold, *index)));
        if let Some(index) = above {
            return Some(Lint::FiresAlone {
                node: node.name().to_owned(),
                field,
                value: array.show(at(array, index)) + &array.place(at(array, index)),
                threshold: threshold.show(at(threshold, index)),
            });
        }
    }
    None
}

/// Everything.
pub(crate) fn of_checked(checked: &Checked) -> Vec<Lint> {
    let mut lints = of_flat(checked.flat());
    lints.extend(late_edges(checked));
    let dt = checked.step().dt();
    let taus = |node: &FlatNode| -> Vec<f64> {
        let parameters = node.node().parameters();
        parameters.iter().filter(|(field, _)| field.starts_with("tau")).flat_map(|(_, array)| array.to_f64()).collect()
    };
    let mut smallest = f64::INFINITY;
    for node in checked.nodes() {
        let taus = taus(node);
        let (least, most) =
            taus.iter().fold((f64::INFINITY, 0.0f64), |(least, most), tau| (least.min(*tau), most.max(*tau)));
        smallest = smallest.min(least);
        if !taus.is_empty() && most < 0.1 * dt {
            lints.push(Lint::TauTimesDt { node: node.name().to_owned(), tau: most, dt });
        }
        if rockpool(node.node(), dt) {
            lints.push(Lint::Rockpool { node: node.name().to_owned() });
        }
    }
    if smallest.is_finite() {
        if smallest >= 1.0 && dt <= 0.1 {
            lints.push(Lint::TauInSteps { dt, smallest, rule: checked.step().rule() });
        }
    } else if dt != 1.0 {
        let resistances: Vec<&Array> = checked
            .nodes()
            .iter()
            .filter_map(|node| match node.node() {
                Node::I(node) => Some(&node.r),
                Node::If(node) => Some(&node.r),
                _ => None,
            })
            .collect();
        if !resistances.is_empty() && resistances.iter().all(|r| r.iter().all(|r| r == 1.0)) {
            lints.push(Lint::UnitStep { dt });
        }
    }
    lints
}

fn rockpool(node: &Node, dt: f64) -> bool {
    let (Node::Lif(Lif { tau, r, .. }) | Node::Li(Li { tau, r, .. })) = node else {
        return false;
    };
    tau.len() == r.len()
        && tau.iter().zip(r.iter()).all(|(tau, r)| {
            let theirs = tau * (-dt / tau).exp() / dt;
            (r / theirs - 1.0).abs() < 1e-3
        })
}

/// One lint for each set of neurons that lie on cycles together.
fn late_edges(checked: &Checked) -> Vec<Lint> {
    let nodes = checked.nodes();
    let edges = checked.flat().edges();
    let now: Vec<(usize, usize)> = edges.iter().copied().filter(|(_, to)| !checked.cuts(*to)).collect();
    let component = components(nodes.len(), &now);
    let mut found = Vec::new();
    let mut members = std::collections::BTreeMap::<usize, Vec<usize>>::new();
    for (at, number) in component.iter().enumerate() {
        members.entry(*number).or_default().push(at);
    }
    let late = checked.late_edges();
    let place: std::collections::BTreeMap<&str, usize> =
        nodes.iter().enumerate().map(|(at, node)| (node.name(), at)).collect();
    for (number, members) in members {
        let neurons: Vec<String> =
            members.iter().filter(|at| nodes[**at].node().is_neuron()).map(|at| nodes[*at].name().to_owned()).collect();
        if neurons.len() < 2 {
            continue;
        }
        let edges = late
            .iter()
            .filter(|(from, _)| component[place[from]] == number)
            .map(|(from, to)| ((*from).to_owned(), (*to).to_owned()))
            .collect();
        found.push(Lint::LateEdges { neurons, edges });
    }
    found
}

/// What `nir.read` refuses although it is valid.
pub(crate) fn for_python(flat: &Flat) -> Vec<Lint> {
    let mut lints: Vec<Lint> = of_flat(flat)
        .into_iter()
        .filter(|lint| matches!(lint, Lint::SizeOne { .. } | Lint::DeclaredShape { .. }))
        .collect();
    for node in flat.nodes() {
        let (weight, groups, wrong) = match node.node() {
            Node::Conv1d(conv) => (&conv.weight, conv.groups, false),
            Node::Conv2d(conv) => (&conv.weight, conv.groups, width_as_height(conv, node) != node.output()[2] as i128),
            _ => continue,
        };
        if groups > 1 || wrong {
            let (node, weight) = (node.name().to_owned(), weight.shape().to_vec());
            lints.push(Lint::PythonKernel { node, weight, groups });
        }
    }
    lints
}

/// The width that a convolution would make if its kernel were as wide as it is high.
fn width_as_height(conv: &Conv2d, node: &FlatNode) -> i128 {
    let zeros = match conv.padding {
        Padding::Size(zeros) => zeros[1],
        Padding::Valid => 0,
        Padding::Same => return node.output()[2] as i128,
    };
    let [width, zeros, height, stride, dilation] =
        [node.input()[2], zeros, conv.weight.shape()[2], conv.stride[1], conv.dilation[1]].map(|size| size as i128);
    (width + 2 * zeros - dilation * (height - 1) - 1).div_euclid(stride) + 1
}
