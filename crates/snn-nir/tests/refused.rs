//! Graphs which mean nothing: each is refused with one sentence that names what is wrong, wherever it is put together.

use snn_nir::{
    Affine, Array, AvgPool2d, Conv1d, Conv2d, CubaLif, Delay, Flatten, Graph, If, Input, Li, Lif, Linear, Node, Output,
    Padding, Rule, Scale, Step, Threshold,
};

fn vector(values: &[f32]) -> Array {
    Array::vector(values.to_vec())
}

fn ones(shape: &[usize]) -> Array {
    Array::new(shape, vec![1.0f32; shape.iter().product()]).unwrap()
}

fn input(shape: &[usize]) -> Node {
    Input { shape: shape.to_vec() }.into()
}

fn output(shape: &[usize]) -> Node {
    Output { shape: shape.to_vec() }.into()
}

fn li(size: usize) -> Node {
    Li { tau: ones(&[size]), r: ones(&[size]), v_leak: ones(&[size]) }.into()
}

fn lif(tau: &[f32], threshold: &[f32]) -> Node {
    let zeros = vector(&vec![0.0; tau.len()]);
    Lif { tau: vector(tau), r: ones(&[tau.len()]), v_leak: zeros, v_threshold: vector(threshold), v_reset: None }.into()
}

fn delay(delays: &[f32]) -> Node {
    Delay { delay: vector(delays) }.into()
}

fn conv2d(change: impl FnOnce(&mut Conv2d)) -> Node {
    let mut conv = Conv2d {
        input_shape: None,
        weight: ones(&[4, 2, 3, 3]),
        stride: [1, 1],
        padding: Padding::Size([0, 0]),
        dilation: [1, 1],
        groups: 1,
        bias: ones(&[4]),
    };
    change(&mut conv);
    conv.into()
}

/// `input -> node -> output`, the output of the same shape as the input.
fn around(shape: &[usize], node: Node) -> Graph {
    let mut graph = Graph::new();
    graph.chain([("input", input(shape)), ("node", node), ("output", output(shape))]).unwrap();
    graph
}

fn sentence(graph: &Graph, rule: Rule) -> String {
    match graph.check(Step::new(1e-3, rule).unwrap()) {
        Ok(_) => "accepted".to_owned(),
        Err(error) => error.to_string(),
    }
}

/// Checks a node between an input of `shape` and an output.
fn refuses(shape: &[usize], node: impl Into<Node>, expected: &str) {
    let found = sentence(&around(shape, node.into()), Rule::Euler);
    assert!(found.starts_with(expected), "expected: {expected}\nfound:    {found}");
}

#[test]
fn shapes_which_do_not_go_together() {
    refuses(
        &[4],
        Linear { weight: ones(&[5, 5]) },
        "node `node`: shape [4] arrives from `input`, its weight [5, 5] takes [5]",
    );
    refuses(
        &[2, 4],
        Linear { weight: ones(&[5, 4]) },
        "node `node`: shape [2, 4] arrives from `input`, its weight [5, 4] takes [4]",
    );
    refuses(&[4], Linear { weight: ones(&[4]) }, "node `node`: weight has shape [4], at least two axes are needed");
    refuses(
        &[4],
        Affine { weight: ones(&[5, 4]), bias: ones(&[4]) },
        "node `node`: bias has shape [4], its weight [5, 4] makes [5]",
    );
    refuses(&[4], Linear { weight: ones(&[0, 4]) }, "node `node`: `weight` has shape [0, 4], which holds no number");
    refuses(&[5], li(7), "node `node`: shape [5] arrives from `input`, its parameters have shape [7]");
    refuses(
        &[5],
        If { r: ones(&[5]), v_threshold: ones(&[5]), v_reset: Some(ones(&[3])) },
        "node `node`: shape [5] arrives from `input`, its `v_reset` has shape [3]",
    );
    refuses(
        &[5],
        Scale { scale: ones(&[1, 5]) },
        "node `node`: shape [5] arrives from `input`, its `scale` has shape [1, 5]",
    );
    refuses(
        &[5],
        Threshold { threshold: ones(&[4]) },
        "node `node`: shape [5] arrives from `input`, its `threshold` has shape [4]",
    );
    refuses(&[5], delay(&[0.0; 4]), "node `node`: shape [5] arrives from `input`, its `delay` has shape [4]");
    refuses(
        &[2, 3],
        Flatten { input_type: None, start_dim: 0, end_dim: 2 },
        "node `node`: shape [2, 3] arrives from `input`, it flattens axes 0 to 2",
    );
    refuses(
        &[2, 3],
        Flatten { input_type: Some(vec![7]), start_dim: 0, end_dim: -1 },
        "node `node`: shape [2, 3] arrives from `input`, it declares shape [7]",
    );
    refuses(&[0], li(1), "node `input`: it declares shape [0], which holds no number");
    let smaller = Linear { weight: ones(&[4, 5]) };
    refuses(&[5], smaller, "node `output`: shape [4] arrives from `node`, it declares shape [5]");
}

#[test]
fn convolutions_and_pools_which_do_not_fit() {
    let area = [2, 6, 6];
    refuses(
        &[3, 6, 6],
        conv2d(|_| ()),
        "node `node`: 3 channels arrive from `input`, weight [4, 2, 3, 3] with 1 group takes 2",
    );
    refuses(
        &area,
        conv2d(|conv| conv.groups = 2),
        "node `node`: 2 channels arrive from `input`, weight [4, 2, 3, 3] with 2 groups takes 4",
    );
    refuses(&area, conv2d(|conv| conv.groups = 3), "node `node`: 4 channels cannot be made in 3 groups");
    refuses(&area, conv2d(|conv| conv.groups = 0), "node `node`: 4 channels cannot be made in 0 groups");
    refuses(&area, conv2d(|conv| conv.stride = [0, 1]), "node `node`: its stride is [0, 1]");
    refuses(&area, conv2d(|conv| conv.dilation = [1, 0]), "node `node`: its dilation is [1, 0]");
    refuses(
        &area,
        conv2d(|conv| conv.dilation = [1, 3]),
        "node `node`: shape [2, 6, 6] arrives from `input`, a kernel of [3, 3] with dilation [1, 3] does not fit",
    );
    refuses(
        &area,
        conv2d(|conv| conv.bias = ones(&[5])),
        "node `node`: bias has shape [5], its weight [4, 2, 3, 3] makes 4 channels",
    );
    refuses(
        &area,
        conv2d(|conv| conv.weight = ones(&[4, 2, 3])),
        "node `node`: weight has shape [4, 2, 3], 4 axes are needed",
    );
    refuses(
        &area,
        conv2d(|conv| conv.input_shape = Some([5, 6])),
        "node `node`: shape [2, 6, 6] arrives from `input`, its `input_shape` says [5, 6]",
    );
    refuses(
        &[2, 6],
        conv2d(|_| ()),
        "node `node`: shape [2, 6] arrives from `input`, it takes [channels, height, width]",
    );
    refuses(
        &[1, 2, 6, 6],
        conv2d(|_| ()),
        "node `node`: shape [1, 2, 6, 6] arrives from `input`, it takes [channels, height, width] (is the first axis a batch?",
    );
    refuses(
        &area,
        conv2d(|conv| (conv.padding, conv.stride) = (Padding::Same, [2, 2])),
        "node `node`: padding `same` goes with a stride of 1, it has [2, 2]",
    );
    refuses(
        &area,
        conv2d(|conv| conv.padding = Padding::Size([usize::MAX, 0])),
        "node `node`: what it sends, of shape [4, 18446744073709551615, 4], is more than any machine holds",
    );
    let conv1d = Conv1d {
        input_shape: None,
        weight: ones(&[3, 2, 4]),
        stride: 1,
        padding: Padding::Valid,
        dilation: 1,
        groups: 1,
        bias: ones(&[3]),
    };
    refuses(
        &[2, 3],
        conv1d.clone(),
        "node `node`: shape [2, 3] arrives from `input`, a kernel of [4] with dilation [1] does not fit",
    );
    refuses(&[2, 3, 3], conv1d, "node `node`: shape [2, 3, 3] arrives from `input`, it takes [channels, length]");
    let pool = AvgPool2d { kernel_size: [7, 1], stride: [1, 1], padding: [0, 0] };
    refuses(&area, pool, "node `node`: shape [2, 6, 6] arrives from `input`, a kernel of [7, 1]");
    refuses(&[36], pool, "node `node`: shape [36] arrives from `input`, it takes [channels, height, width]");
}

#[test]
fn numbers_which_a_node_cannot_have() {
    refuses(&[2], lif(&[0.01, -0.01], &[1.0; 2]), "node `node`: tau is -0.01 at neuron 1, it must be positive");
    refuses(&[2], lif(&[0.01, 0.0], &[1.0; 2]), "node `node`: tau is 0 at neuron 1, it must be positive");
    refuses(
        &[2],
        lif(&[f32::INFINITY, 0.01], &[1.0; 2]),
        "node `node`: tau is inf at neuron 0, a finite number is needed",
    );
    refuses(&[2], lif(&[0.01; 2], &[1.0, f32::NAN]), "node `node`: v_threshold is NaN at neuron 1");
    let mut weight = vec![1.0f32; 6];
    weight[4] = f32::NAN;
    refuses(&[2, 3], Scale { scale: Array::new([2, 3], weight).unwrap() }, "node `node`: scale is NaN at [1, 1]");
    refuses(
        &[2],
        lif(&[0.01, 0.00025], &[1.0; 2]),
        "node `node`: tau is 0.00025 at neuron 1, less than the time step 0.001: Euler's method would be unstable (use a step of at most \
         0.00025, or the exponential rule)",
    );
    let cuba = CubaLif {
        tau_syn: vector(&[1e-5]),
        tau_mem: vector(&[1e-5]),
        r: ones(&[1]),
        v_leak: ones(&[1]),
        v_threshold: ones(&[1]),
        v_reset: None,
        w_in: None,
    };
    refuses(&[1], cuba, "node `node`: tau_syn is 0.00001, less than the time step 0.001");
    refuses(
        &[2],
        delay(&[0.001, 0.0015]),
        "node `node`: a delay of 0.0015 at neuron 1 is 1.5 steps of 0.001, not a whole number",
    );
    refuses(&[2], delay(&[0.001, -0.001]), "node `node`: a delay of -0.001 at neuron 1 is not possible");
    refuses(&[1], delay(&[1e30]), "node `node`: a delay of 1000000000000000000000000000000 is 1.00000e33 steps");
    let short = around(&[1], lif(&[0.00025], &[1.0]));
    assert_eq!(sentence(&short, Rule::Exponential), "accepted");
    // A time constant of one step, rounded to single precision, is not shorter than the step.
    assert_eq!(sentence(&around(&[1], lif(&[0.001], &[1.0])), Rule::Euler), "accepted");
}

/// `input -> a -> .. -> output` with an edge from the last to the first of `nodes`.
fn circle(nodes: Vec<(&str, Node)>) -> Graph {
    let mut graph = Graph::new();
    let (first, last) = (nodes[0].0.to_owned(), nodes[nodes.len() - 1].0.to_owned());
    let all = [("input", input(&[2]))].into_iter().chain(nodes).chain([("output", output(&[2]))]);
    graph.chain(all).unwrap().connect(last, first).unwrap();
    graph
}

#[test]
fn cycles_in_which_nothing_takes_time() {
    let linear = || Node::from(Linear { weight: ones(&[2, 2]) });
    let found = |graph: &Graph| sentence(graph, Rule::Euler);
    let loops = "has no neuron and no delay in it: its outputs depend on themselves at once";
    assert_eq!(found(&circle(vec![("a", linear())])), format!("the cycle `a` -> `a` {loops}"));
    assert_eq!(found(&circle(vec![("a", linear()), ("b", linear())])), format!("the cycle `a` -> `b` -> `a` {loops}"));
    assert!(
        found(&circle(vec![("a", linear()), ("d", delay(&[0.0, 0.002]))]))
            .contains("only a Delay of zero steps (`d`: 0)")
    );
    assert_eq!(found(&circle(vec![("a", linear()), ("d", delay(&[0.001, 0.002]))])), "accepted");
    assert_eq!(found(&circle(vec![("a", linear()), ("v", li(2))])), "accepted");
    // Another cycle through the same node has a neuron: that does not help the first.
    let mut graph = circle(vec![("a", linear()), ("v", li(2))]);
    graph.add("b", linear()).unwrap().connect("a", "b").unwrap().connect("b", "a").unwrap();
    assert_eq!(found(&graph), format!("the cycle `a` -> `b` -> `a` {loops}"));
    // Through a subgraph.
    let mut inner = Graph::new();
    inner.chain([("i", input(&[2])), ("l", linear()), ("o", output(&[2]))]).unwrap();
    let found = found(&circle(vec![("sub", Node::from(inner))]));
    assert!(found.contains("`sub/l`") && found.contains(loops), "{found}");
}

#[test]
fn nodes_and_edges_which_lead_nowhere() {
    let base = || around(&[1], li(1));
    let found = |graph: &Graph| sentence(graph, Rule::Euler);
    let mut graph = base();
    graph.edges_mut().push(("node".to_owned(), "outptu".to_owned()));
    assert_eq!(
        found(&graph),
        "the graph: the edge `node` -> `outptu` names `outptu`, which is no node (did you mean `output`? nodes: input, node, output)"
    );
    let mut graph = base();
    graph.add("lost", li(1)).unwrap();
    assert_eq!(found(&graph), "nothing leads to node `lost` (LI); connect it or take it out");
    graph.add("too", li(1)).unwrap().connect("lost", "too").unwrap().connect("too", "lost").unwrap();
    assert_eq!(
        found(&graph),
        "no Input leads to node `lost` (LI): it hears only itself and `too`; connect it or take it out"
    );
    let mut graph = base();
    graph.connect("node", "input").unwrap();
    assert_eq!(
        found(&graph),
        "the edge `node` -> `input` leads into an Input of the whole graph, which hears nothing but data"
    );
    let mut graph = Graph::new();
    assert!(found(&graph).starts_with("the graph has no Input node"));
    graph.add("input", input(&[1])).unwrap();
    assert!(found(&graph).starts_with("the graph has no Output node"));
    for (inputs, outputs, expected) in [
        (2, 1, "subgraph `node` has 2 inputs (node/i0, node/i1) and 1 output (node/o0)"),
        (0, 1, "subgraph `node` has 0 inputs and 1 output (node/o0)"),
        (1, 0, "subgraph `node` has 1 input (node/i0) and 0 outputs"),
        (1, 2, "subgraph `node` has 1 input (node/i0) and 2 outputs (node/o0, node/o1)"),
    ] {
        let mut inner = Graph::new();
        for at in 0..inputs {
            inner.add(format!("i{at}"), input(&[1])).unwrap();
        }
        for at in 0..outputs {
            inner.add(format!("o{at}"), output(&[1])).unwrap();
        }
        let found = found(&around(&[1], inner.into()));
        assert!(found.starts_with(expected), "{found}");
    }
    let mut graph = base();
    graph
        .add("other", Linear { weight: ones(&[2, 1]) })
        .unwrap()
        .connect("input", "other")
        .unwrap()
        .connect("other", "output")
        .unwrap();
    assert_eq!(
        found(&graph),
        "node `output`: shapes [1] from `node` and [2] from `other` arrive together, they cannot be added"
    );
}

#[test]
fn names_and_metadata_which_cannot_be_written() {
    let mut graph = Graph::new();
    let refused = |name: &str| Graph::new().add(name, input(&[1])).unwrap_err().to_string();
    assert!(refused("").ends_with("it is empty"));
    assert!(refused("a/b").contains("a `/` for a path"));
    assert!(refused(".").contains("the group itself"));
    assert!(refused("a\0b").contains("a zero"));
    graph.add("a", input(&[1])).unwrap();
    assert_eq!(graph.add("a", input(&[1])).unwrap_err().to_string(), "the graph: there is a node `a` already");
    let odd = snn_nir::Value::Other("complex".to_owned());
    graph.node_metadata_mut("a").unwrap().insert("z".to_owned(), odd);
    assert_eq!(
        graph.to_bytes().unwrap_err().to_string(),
        "node `a`: the metadata `z` is complex, which is not kept; take it out"
    );
    // A convolution whose input is not known.
    let mut graph = Graph::new();
    graph.add("conv", conv2d(|_| ())).unwrap();
    assert!(
        graph
            .to_bytes()
            .unwrap_err()
            .to_string()
            .starts_with("node `conv`: `input_shape` is not set and does not follow")
    );
}

#[test]
fn a_file_which_cannot_be_read_or_written_is_named() {
    let missing = Graph::open("no/such/file.nir").unwrap_err().to_string();
    assert!(missing.starts_with("no/such/file.nir: cannot read: "), "{missing}");
    let missing = Graph::new().save("no/such/file.nir").unwrap_err().to_string();
    assert!(missing.starts_with("no/such/file.nir: cannot write: "), "{missing}");
}
