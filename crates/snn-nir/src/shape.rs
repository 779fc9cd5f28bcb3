//! The shape that each node makes of the shape that arrives.

use crate::array::{Array, size};
use crate::error::{Error, Problem};
use crate::node::{Node, Padding};

/// The shape that `node`, called `name`, sends when `input` arrives from the nodes called `from`.
pub(crate) fn output(node: &Node, name: &str, from: &[String], input: &[usize]) -> Result<Vec<usize>, Error> {
    let place = Place { node: name, from, input };
    for (field, array) in node.parameters() {
        if array.is_empty() {
            return place.parameters(format!("`{field}` has shape {:?}, which holds no number", array.shape()));
        }
    }
    let output = match node {
        Node::Input(node) => {
            place.declared(&node.shape, from.is_empty() || node.shape == input)?;
            input.to_vec()
        }
        Node::Output(node) => {
            // Rockpool writes [1, 1, n] for n neurons: as many numbers are a lint, others an error.
            place.declared(&node.shape, size(&node.shape) == size(input))?;
            input.to_vec()
        }
        Node::Affine(node) => place.linear(&node.weight, Some(&node.bias))?,
        Node::Linear(node) => place.linear(&node.weight, None)?,
        Node::Conv1d(node) => {
            let padding = match node.padding {
                Padding::Size(size) => Padding::Size([size]),
                Padding::Same => Padding::Same,
                Padding::Valid => Padding::Valid,
            };
            place.channels(&node.weight, node.groups, &node.bias, 1)?;
            place.input_shape(node.input_shape.map(|length| [length]))?;
            let area = place.windows([node.weight.shape()[2]], [node.stride], padding, [node.dilation])?;
            [&node.weight.shape()[..1], &area].concat()
        }
        Node::Conv2d(node) => {
            place.channels(&node.weight, node.groups, &node.bias, 2)?;
            place.input_shape(node.input_shape)?;
            let kernel = [node.weight.shape()[2], node.weight.shape()[3]];
            let area = place.windows(kernel, node.stride, node.padding, node.dilation)?;
            [&node.weight.shape()[..1], &area].concat()
        }
        Node::SumPool2d(node) => place.pool(node.kernel_size, node.stride, node.padding)?,
        Node::AvgPool2d(node) => place.pool(node.kernel_size, node.stride, node.padding)?,
        Node::Flatten(node) => {
            if let Some(declared) = &node.input_type {
                place.declared(declared, size(declared) == size(input))?;
            }
            place.flatten(node.start_dim, node.end_dim)?
        }
        _ => {
            place.elementwise(node)?;
            input.to_vec()
        }
    };
    if size(&output).is_none_or(|size| size > isize::MAX as usize / 8) {
        return place.parameters(format!("what it sends, of shape {output:?}, is more than any machine holds"));
    }
    Ok(output)
}

/// A node, and what arrives there.
struct Place<'a> {
    node: &'a str,
    from: &'a [String],
    input: &'a [usize],
}

impl Place<'_> {
    fn parameters<T>(&self, what: String) -> Result<T, Error> {
        Err(Problem::Parameters { node: self.node.to_owned(), what }.into())
    }

    fn shape<T>(&self, takes: String) -> Result<T, Error> {
        Err(Problem::Shape {
            node: self.node.to_owned(),
            from: self.from.to_vec(),
            arrives: self.input.to_vec(),
            takes,
        }
        .into())
    }

    /// A question about a first axis of one, where `axes` are taken: exporters have left the batch in.
    fn batch(&self, axes: usize) -> &'static str {
        let batch = self.input.len() == axes + 1 && self.input[0] == 1;
        if batch { " (is the first axis a batch? Shapes are without it)" } else { "" }
    }

    fn declared(&self, declared: &[usize], fits: bool) -> Result<(), Error> {
        if declared.contains(&0) {
            return self.parameters(format!("it declares shape {declared:?}, which holds no number"));
        }
        if fits { Ok(()) } else { self.shape(format!("it declares shape {declared:?}")) }
    }

    fn elementwise(&self, node: &Node) -> Result<(), Error> {
        let parameters = node.parameters();
        let misfit = |array: &Array| array.len() > 1 && array.shape() != self.input;
        let Some((field, array)) = parameters.iter().find(|(_, array)| misfit(array)) else { return Ok(()) };
        let mut larger = parameters.iter().filter(|(_, array)| array.len() > 1);
        if parameters.len() > 1 && larger.all(|(_, other)| other.shape() == array.shape()) {
            return self.shape(format!("its parameters have shape {:?}", array.shape()));
        }
        self.shape(format!("its `{field}` has shape {:?}", array.shape()))
    }

    fn linear(&self, weight: &Array, bias: Option<&Array>) -> Result<Vec<usize>, Error> {
        let [before @ .., outputs, inputs] = weight.shape() else {
            return self.parameters(format!(
                "weight has shape {:?}, at least two axes are needed: [.., out, in]",
                weight.shape()
            ));
        };
        let takes = [before, &[*inputs]].concat();
        if self.input != takes {
            return self.shape(format!("its weight {:?} takes {takes:?}", weight.shape()));
        }
        let output = [before, &[*outputs]].concat();
        if let Some(bias) = bias.filter(|bias| !bias.spreads_to(&output)) {
            return self.parameters(format!(
                "bias has shape {:?}, its weight {:?} makes {output:?}",
                bias.shape(),
                weight.shape()
            ));
        }
        Ok(output)
    }

    /// Whether channels, groups, weight and bias of a convolution over `axes` axes go together.
    fn channels(&self, weight: &Array, groups: usize, bias: &Array, axes: usize) -> Result<(), Error> {
        let shape = weight.shape();
        if shape.len() != axes + 2 {
            let form = if axes == 1 { "[out, in / groups, kernel]" } else { "[out, in / groups, height, width]" };
            return self.parameters(format!("weight has shape {shape:?}, {} axes are needed: {form}", axes + 2));
        }
        if self.input.len() != axes + 1 {
            let form = if axes == 1 { "[channels, length]" } else { "[channels, height, width]" };
            return self.shape(format!("it takes {form}{}", self.batch(axes + 1)));
        }
        if groups == 0 || !shape[0].is_multiple_of(groups) {
            return self
                .parameters(format!("{} channels cannot be made in {groups} groups of the same size", shape[0]));
        }
        let takes = shape[1].saturating_mul(groups);
        if self.input[0] != takes {
            return Err(Problem::Channels {
                node: self.node.to_owned(),
                from: self.from.to_vec(),
                arrives: self.input[0],
                weight: shape.to_vec(),
                groups,
                takes,
            }
            .into());
        }
        if bias.len() != 1 && bias.shape() != [shape[0]] {
            return self.parameters(format!(
                "bias has shape {:?}, its weight {shape:?} makes {} channels",
                bias.shape(),
                shape[0]
            ));
        }
        Ok(())
    }

    fn input_shape<const N: usize>(&self, declared: Option<[usize; N]>) -> Result<(), Error> {
        match declared {
            Some(declared) if declared[..] != self.input[1..] => {
                self.shape(format!("its `input_shape` says {declared:?} behind the channels"))
            }
            _ => Ok(()),
        }
    }

    fn pool(&self, kernel: [usize; 2], stride: [usize; 2], padding: [usize; 2]) -> Result<Vec<usize>, Error> {
        if self.input.len() != 3 {
            return self.shape(format!("it takes [channels, height, width]{}", self.batch(3)));
        }
        let area = self.windows(kernel, stride, Padding::Size(padding), [1, 1])?;
        Ok([&self.input[..1], &area].concat())
    }

    /// How many windows fit along each of the last axes; one that does not fit whole is left out.
    fn windows<const N: usize>(
        &self,
        kernel: [usize; N],
        stride: [usize; N],
        padding: Padding<[usize; N]>,
        dilation: [usize; N],
    ) -> Result<Vec<usize>, Error> {
        for (what, sizes) in [("kernel", kernel), ("stride", stride), ("dilation", dilation)] {
            if sizes.contains(&0) {
                return self.parameters(format!("its {what} is {sizes:?}, at least 1 is needed along each axis"));
            }
        }
        let area = &self.input[1..];
        if padding == Padding::Same {
            if stride.iter().any(|stride| *stride != 1) {
                return self.parameters(format!("padding `same` goes with a stride of 1, it has {stride:?}"));
            }
            return Ok(area.to_vec());
        }
        let mut output = Vec::new();
        for axis in 0..N {
            let around = match padding {
                Padding::Size(sizes) => sizes[axis],
                Padding::Same | Padding::Valid => 0,
            };
            // In 128 bits nothing overflows, whatever a file says.
            let length = area[axis] as u128 + 2 * around as u128;
            let reach = dilation[axis] as u128 * (kernel[axis] as u128 - 1) + 1;
            let Some(rest) = length.checked_sub(reach) else {
                return self.shape(format!("a kernel of {kernel:?} with dilation {dilation:?} does not fit into it"));
            };
            let count = rest / stride[axis] as u128 + 1;
            output.push(usize::try_from(count).unwrap_or(usize::MAX));
        }
        Ok(output)
    }

    fn flatten(&self, start: i64, end: i64) -> Result<Vec<usize>, Error> {
        let axes = self.input.len() as i64;
        let place = |dim: i64| {
            let place = if dim < 0 { dim.checked_add(axes)? } else { dim };
            (0..axes).contains(&place).then_some(place as usize)
        };
        match (place(start), place(end)) {
            (Some(first), Some(last)) if first <= last => {
                let flat = size(&self.input[first..=last]).unwrap_or(usize::MAX);
                Ok([&self.input[..first], &[flat], &self.input[last + 1..]].concat())
            }
            _ => self.shape(format!("it flattens axes {start} to {end}, counted without batch")),
        }
    }
}
