//! The scan on the CPU backends.
#![allow(deprecated)] // Burn deprecates ndarray in favour of flex; users still ask for it

use std::mem::MaybeUninit;

use burn::backend::Flex;
use burn::backend::tensor::FloatTensor;
use burn::tensor::Shape;

use super::{ScanOps, sizes_of};
use crate::device::host::HostTensor;
use crate::device::uninit::filled;
use crate::scan::cpu;
use crate::scan::plan::{Cotangent, ReturnStates, ScanPlan};

fn host_scan<T: HostTensor>(input: T, parameters: T, initial: T, plan: &ScanPlan) -> (T, T, T) {
    let sizes = sizes_of(plan, &input, &parameters);
    let (input, parameters, initial) = (input.contiguous(), parameters.contiguous(), initial.contiguous());
    let recorded = if plan.return_states == ReturnStates::Nothing { 0 } else { sizes.states * sizes.steps };
    let mut states = vec![0.0; recorded * sizes.width];
    let mut last = vec![0.0; sizes.state_rows() * sizes.width];
    let scan = |output: &mut [MaybeUninit<f32>]| {
        plan.neuron.cpu_forward(
            &sizes,
            plan.return_states,
            cpu::Forward {
                input: input.values(),
                parameters: parameters.values(),
                initial: initial.values(),
                output,
                states: &mut states,
                last: &mut last,
            },
        );
    };
    // SAFETY: the output of each step is written.
    let output = unsafe { filled(sizes.steps * sizes.width, scan) };
    let states = if recorded == 0 {
        T::from_values(vec![0.0], Shape::new([1, 1]))
    } else {
        T::from_values(states, Shape::new([recorded, sizes.width]))
    };
    (T::from_values(output, input.shape()), states, T::from_values(last, initial.shape()))
}

fn host_scan_backward<T: HostTensor>(
    [input, parameters, initial, output, last]: [T; 5],
    gradient: T,
    cotangent: Cotangent,
    plan: &ScanPlan,
) -> (T, T, T) {
    let sizes = sizes_of(plan, &input, &parameters);
    let [input, parameters, initial, output, last] =
        [input, parameters, initial, output, last].map(HostTensor::contiguous);
    let mut initial_gradient = vec![0.0; sizes.state_rows() * sizes.width];
    let parameter_count = sizes.parameters * sizes.parameter_width;
    let mut parameter_gradient = vec![0.0; if plan.parameter_gradient { parameter_count } else { 0 }];
    let mut run = |gradient| {
        plan.neuron.cpu_backward(
            &sizes,
            plan.return_states,
            cotangent,
            cpu::Backward {
                input: input.values(),
                parameters: parameters.values(),
                initial: initial.values(),
                output: output.values(),
                last: last.values(),
                gradient,
                initial_gradient: &mut initial_gradient,
                parameter_gradient: &mut parameter_gradient,
            },
        );
    };
    let gradient = gradient.contiguous();
    let own = if cotangent == Cotangent::Output { gradient.into_values() } else { Err(gradient) };
    let input_gradient = match own {
        Ok(mut buffer) => {
            run(cpu::Gradient::InPlace(&mut buffer));
            buffer
        }
        Err(gradient) => {
            let mut buffer = vec![0.0; sizes.steps * sizes.width];
            run(cpu::Gradient::Apart { incoming: gradient.values(), input: &mut buffer });
            buffer
        }
    };
    parameter_gradient.resize(parameter_count, 0.0);
    (
        T::from_values(input_gradient, input.shape()),
        T::from_values(parameter_gradient, parameters.shape()),
        T::from_values(initial_gradient, initial.shape()),
    )
}

macro_rules! impl_for_host {
    ($backend:ty) => {
        impl ScanOps for $backend {
            fn scan(
                input: FloatTensor<Self>,
                parameters: FloatTensor<Self>,
                initial: FloatTensor<Self>,
                plan: ScanPlan,
            ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
                host_scan(input, parameters, initial, &plan)
            }
            fn scan_backward(
                input: FloatTensor<Self>,
                parameters: FloatTensor<Self>,
                initial: FloatTensor<Self>,
                output: FloatTensor<Self>,
                _states: FloatTensor<Self>,
                last: FloatTensor<Self>,
                gradient: FloatTensor<Self>,
                cotangent: Cotangent,
                plan: ScanPlan,
            ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
                host_scan_backward([input, parameters, initial, output, last], gradient, cotangent, &plan)
            }
        }
    };
}
impl_for_host!(Flex);
#[cfg(feature = "ndarray")]
impl_for_host!(burn::backend::NdArray);
