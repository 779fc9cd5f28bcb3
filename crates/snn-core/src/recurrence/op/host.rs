//! Recurrent populations on the CPU backends.
#![allow(deprecated)] // Burn deprecates ndarray in favour of flex; users still ask for it

use std::mem::MaybeUninit;

use burn::backend::tensor::FloatTensor;
use burn::backend::{Flex, TensorMetadata};
use burn::tensor::Shape;

use super::{NeedsGrad, RecurrentOps};
use crate::device::host::HostTensor;
use crate::device::uninit::filled;
use crate::recurrence::host::{self, Forward, Needed, RecurrentSizes, Saved};
use crate::scan::{Cotangent, ReturnStates, ScanPlan};

fn sizes_of(plan: &ScanPlan, currents: &impl TensorMetadata, parameters: &impl TensorMetadata) -> RecurrentSizes {
    let [steps, batch, neurons] = currents.shape().dims();
    let [_, parameter_width] = parameters.shape().dims();
    RecurrentSizes { scan: plan.sizes(steps, batch * neurons, parameter_width), batch, neurons }
}

fn host_scan<T: HostTensor>(
    input: T,
    [weight, bias, parameters, initial, feedback]: [T; 5],
    plan: &ScanPlan,
) -> [T; 4] {
    let sizes = sizes_of(plan, &input, &parameters);
    let [weight, bias, parameters, initial, feedback] =
        [weight, bias, parameters, initial, feedback].map(HostTensor::contiguous);
    let (shape, scan) = (input.shape(), sizes.scan);
    let mut currents = input.contiguous().into_values().unwrap_or_else(|shared| shared.values().to_vec());
    let recorded = if plan.return_states == ReturnStates::Nothing { 0 } else { scan.states * scan.steps };
    let mut states = vec![0.0; recorded * scan.width];
    let mut last = vec![0.0; scan.state_rows() * scan.width];
    let run = |output: &mut [MaybeUninit<f32>]| {
        host::forward(
            &*plan.neuron,
            sizes,
            plan.return_states,
            Forward {
                currents: &mut currents,
                weight: weight.values(),
                bias: bias.values(),
                parameters: parameters.values(),
                initial: initial.values(),
                feedback: feedback.values(),
                output,
                states: &mut states,
                last: &mut last,
            },
        );
    };
    // SAFETY: the output of each step is written.
    let output = unsafe { filled(scan.steps * scan.width, run) };
    let states = if recorded == 0 {
        T::from_values(vec![0.0], Shape::new([1, 1]))
    } else {
        T::from_values(states, Shape::new([recorded, scan.width]))
    };
    [
        T::from_values(output, shape.clone()),
        states,
        T::from_values(last, initial.shape()),
        T::from_values(currents, shape),
    ]
}

fn host_scan_backward<T: HostTensor>(
    saved: [T; 7],
    gradient: T,
    cotangent: Cotangent,
    needed: NeedsGrad,
    plan: &ScanPlan,
) -> [T; 6] {
    let saved = saved.map(HostTensor::contiguous);
    let [currents, weight, parameters, initial, feedback, output, last] = &saved;
    let sizes = sizes_of(plan, currents, parameters);
    let gradient = gradient.contiguous();
    let found = host::backward(
        &*plan.neuron,
        sizes,
        plan.return_states,
        (cotangent, gradient.values()),
        Saved {
            currents: currents.values(),
            weight: weight.values(),
            parameters: parameters.values(),
            initial: initial.values(),
            feedback: feedback.values(),
            output: output.values(),
            last: last.values(),
        },
        Needed { weight: needed.weight, parameters: needed.parameters },
    );
    [
        T::from_values(found.input, currents.shape()),
        T::from_values(found.weight, weight.shape()),
        T::from_values(found.bias, Shape::new([sizes.neurons])),
        T::from_values(found.parameters, parameters.shape()),
        T::from_values(found.initial, initial.shape()),
        T::from_values(found.feedback, feedback.shape()),
    ]
}

macro_rules! impl_for_host {
    ($backend:ty) => {
        impl RecurrentOps for $backend {
            fn recurrent_scan(
                input: FloatTensor<Self>,
                weight: FloatTensor<Self>,
                bias: FloatTensor<Self>,
                parameters: FloatTensor<Self>,
                initial: FloatTensor<Self>,
                feedback: FloatTensor<Self>,
                plan: ScanPlan,
            ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
                host_scan(input, [weight, bias, parameters, initial, feedback], &plan).into()
            }
            fn recurrent_scan_backward(
                currents: FloatTensor<Self>,
                weight: FloatTensor<Self>,
                parameters: FloatTensor<Self>,
                initial: FloatTensor<Self>,
                feedback: FloatTensor<Self>,
                output: FloatTensor<Self>,
                _states: FloatTensor<Self>,
                last: FloatTensor<Self>,
                gradient: FloatTensor<Self>,
                cotangent: Cotangent,
                needed: NeedsGrad,
                plan: ScanPlan,
            ) -> (
                FloatTensor<Self>,
                FloatTensor<Self>,
                FloatTensor<Self>,
                FloatTensor<Self>,
                FloatTensor<Self>,
                FloatTensor<Self>,
            ) {
                let saved = [currents, weight, parameters, initial, feedback, output, last];
                host_scan_backward(saved, gradient, cotangent, needed, &plan).into()
            }
        }
    };
}
impl_for_host!(Flex);
#[cfg(feature = "ndarray")]
impl_for_host!(burn::backend::NdArray);
