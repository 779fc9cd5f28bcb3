//! The sizes of a convolution, and which it cannot have.

/// One axis of the images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Axis {
    pub(crate) size: usize,
    pub(crate) kernel: usize,
    pub(crate) stride: usize,
    /// Zeros before the first number, and as many after the last.
    pub(crate) padding: usize,
    pub(crate) dilation: usize,
}

impl Axis {
    /// The axis that a convolution along one axis alone does not have.
    #[cfg(test)]
    pub(crate) const ABSENT: Self = Self { size: 1, kernel: 1, stride: 1, padding: 0, dilation: 1 };

    /// From the first number under the kernel to the last.
    #[inline(always)]
    pub(super) fn span(self) -> usize {
        (self.kernel - 1) * self.dilation
    }

    /// How many places the kernel has.
    #[inline(always)]
    pub(crate) fn outputs(self) -> usize {
        (self.size + 2 * self.padding - self.span() - 1) / self.stride + 1
    }

    fn check(self, name: &str) {
        let Self { size, kernel, stride, padding, dilation } = self;
        assert!(
            size > 0 && kernel > 0 && stride > 0 && dilation > 0,
            "a convolution over a {name} of {size} with a kernel of {kernel}, a stride of {stride} and a dilation of \
             {dilation}: each must be at least 1"
        );
        let (span, whole) = ((kernel - 1) * dilation + 1, size + 2 * padding);
        assert!(
            span <= whole,
            "a kernel that reaches over {span} numbers does not fit a {name} of {size} with a padding of {padding}; \
             enlarge the padding, or take a smaller kernel"
        );
    }
}

/// The sizes of a convolution of `rows` images: all samples of all time steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConvSizes {
    pub(crate) rows: usize,
    /// Channels of the input.
    pub(crate) inputs: usize,
    /// Channels of the output.
    pub(crate) outputs: usize,
    /// Parts of the channels, each of which is a convolution of its own.
    pub(crate) groups: usize,
    pub(crate) height: Axis,
    pub(crate) width: Axis,
}

impl ConvSizes {
    /// Channels of the input in one group.
    #[inline(always)]
    pub(super) fn group_inputs(&self) -> usize {
        self.inputs / self.groups
    }

    /// Channels of the output in one group.
    #[inline(always)]
    pub(super) fn group_outputs(&self) -> usize {
        self.outputs / self.groups
    }

    /// Numbers of the kernel for one pair of channels.
    #[inline(always)]
    pub(super) fn taps(&self) -> usize {
        self.height.kernel * self.width.kernel
    }

    /// Numbers of one channel of the input.
    #[inline(always)]
    pub(super) fn input_plane(&self) -> usize {
        self.height.size * self.width.size
    }

    /// Numbers of one channel of the output.
    #[inline(always)]
    pub(super) fn output_plane(&self) -> usize {
        self.height.outputs() * self.width.outputs()
    }

    /// Numbers of the input, `[rows, inputs, height, width]`.
    pub(crate) fn input(&self) -> usize {
        self.rows * self.inputs * self.input_plane()
    }

    /// Numbers of the output, `[rows, outputs, height, width]`.
    pub(crate) fn output(&self) -> usize {
        self.rows * self.outputs * self.output_plane()
    }

    /// Numbers of the weight, `[outputs, inputs / groups, height of the kernel, width of the kernel]`.
    pub(crate) fn weight(&self) -> usize {
        self.outputs * self.group_inputs() * self.taps()
    }

    /// # Panics
    /// If there is no convolution of these sizes.
    #[track_caller]
    pub(in crate::synapse) fn check(&self) {
        let Self { rows, inputs, outputs, groups, height, width } = *self;
        assert!(
            rows > 0 && inputs > 0 && outputs > 0,
            "a convolution of {rows} images from {inputs} to {outputs} channels; at least one of each is needed"
        );
        assert!(
            groups > 0 && inputs.is_multiple_of(groups) && outputs.is_multiple_of(groups),
            "{inputs} input channels and {outputs} output channels cannot be cut into {groups} equal groups"
        );
        height.check("height");
        width.check("width");
    }

    #[track_caller]
    pub(super) fn check_length(&self, what: &str, found: usize, expected: usize) {
        assert!(found == expected, "{what} of {found} numbers, where {self:?} has {expected}");
    }
}
