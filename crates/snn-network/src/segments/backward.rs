//! One pass backward over the segments.

use std::collections::BTreeMap;

use burn::optim::{GradientsAccumulator, GradientsParams};
use burn::tensor::Tensor;
use snn_core::norm::BatchStatistics;

use super::Segments;
use super::statistics::Statistics;
use crate::network::Network;
use crate::run::{Call, Plan, Remember};
use crate::state::{NetworkState, Part};

/// The gradients of a norm's statistics, outside autodiff; `None`: zero.
#[derive(Clone, Debug, Default)]
pub(super) struct Gradients {
    mean: Option<Tensor<1>>,
    variance: Option<Tensor<1>>,
}

fn add_to<const D: usize>(sum: &mut Option<Tensor<D>>, term: Option<Tensor<D>>) {
    *sum = match (sum.take(), term) {
        (Some(sum), Some(term)) => Some(sum + term),
        (sum, term) => sum.or(term),
    };
}

impl Gradients {
    /// Adds `further` to what is there for the norm at `place`.
    pub(super) fn add(all: &mut BTreeMap<usize, Self>, place: usize, further: Self) {
        let sum = all.entry(place).or_default();
        add_to(&mut sum.mean, further.mean);
        add_to(&mut sum.variance, further.variance);
    }
}

/// What the numbers that arrive at norms weigh in the objective of their statistics.
pub(super) struct Weights<'a> {
    network: &'a Network,
    /// Of each norm: its statistics, `λ_μ / M` and `2 λ_σ² / M`.
    of: BTreeMap<usize, (BatchStatistics, Option<Tensor<1>>, Option<Tensor<1>>)>,
}

impl Weights<'_> {
    /// `Σ w x` over a segment.
    pub(super) fn objective(&self, call: &mut Call) -> Option<Tensor<1>> {
        let terms = self.of.iter().filter_map(|(place, (statistics, of_mean, of_variance))| {
            let x = self.network.at_norm(*place, call.tapped.remove(place)?);
            let [steps, batch, channels, rest] = x.dims();
            let x = x.reshape([steps * batch, channels, rest]);
            let column = |values: &Tensor<1>| values.clone().reshape([1, channels, 1]);
            let off = || x.clone().detach() - column(&statistics.mean);
            let steady = of_mean.as_ref().map(|of| x.clone() * column(of));
            let spread = of_variance.as_ref().map(|of| x.clone() * (off() * column(of)));
            let terms = match (steady, spread) {
                (Some(steady), Some(spread)) => steady + spread,
                (steady, spread) => steady.or(spread)?,
            };
            Some(terms.sum())
        });
        terms.reduce(Tensor::add)
    }
}

impl Segments<'_> {
    /// The weights of the objective of the norms of `level`, whose statistics have these `gradients`.
    pub(super) fn weights(
        &self,
        level: &[usize],
        statistics: &Statistics,
        gradients: &BTreeMap<usize, Gradients>,
    ) -> Weights<'_> {
        let of = level.iter().filter_map(|place| {
            let (statistics, gradients) = (&statistics[place], gradients.get(place)?);
            let share = |factor: f64| move |of: &Tensor<1>| Tensor::from_inner(of.clone()).mul_scalar(factor);
            let count = statistics.count as f64;
            let (mean, variance) = (gradients.mean.as_ref(), gradients.variance.as_ref());
            Some((*place, (statistics.clone(), mean.map(share(1.0 / count)), variance.map(share(2.0 / count)))))
        });
        Weights { network: self.network, of: of.collect() }
    }

    /// Backward over all segments, the last one first, up to the nodes `taps`: `objective` is the part of a segment. Gradients
    /// of parameters are added to `sum`; those of the statistics are returned.
    pub(super) fn backward(
        &self,
        statistics: &Statistics,
        states: &[Option<NetworkState>],
        taps: &[usize],
        sum: &mut GradientsAccumulator<Network>,
        mut objective: impl FnMut(usize, &mut Call) -> Option<Tensor<1>>,
    ) -> BTreeMap<usize, Gradients> {
        let leaf = |tensor: &Tensor<1>| tensor.clone().detach().require_grad();
        let mut found: BTreeMap<usize, Gradients> = BTreeMap::new();
        // The gradient of a segment's last state is that of the next one's first.
        let mut onward: BTreeMap<Part, Tensor<2>> = BTreeMap::new();
        for index in (0..self.pieces.len()).rev() {
            let given: Statistics = statistics
                .iter()
                .map(|(place, BatchStatistics { mean, variance, count })| {
                    (*place, BatchStatistics { mean: leaf(mean), variance: leaf(variance), count: *count })
                })
                .collect();
            let plan = Plan { statistics: given, remember: Remember::Nothing, taps: taps.to_vec(), keep: Vec::new() };
            let mut leaves = BTreeMap::new();
            let start = states[index].clone().map(|state| {
                state.map(&mut |part, tensor| {
                    let leaf = tensor.detach().require_grad();
                    leaves.insert(part, leaf.clone());
                    leaf
                })
            });
            let mut call = self.run(self.network, index, start, &plan);
            let mut terms: Vec<Tensor<1>> = objective(index, &mut call).into_iter().collect();
            call.state.map(&mut |part, tensor| {
                if let Some(gradient) = onward.remove(&part) {
                    terms.push((tensor.clone() * Tensor::from_inner(gradient)).sum());
                }
                tensor
            });
            onward.clear();
            let Some(whole) = terms.into_iter().reduce(Tensor::add) else { continue };
            // Nothing of it may depend on a parameter: then there is nothing to go back through.
            let anchor = Tensor::<1>::zeros([1], &self.device).require_grad();
            let gradients = (whole + anchor.sum()).backward();
            onward = leaves.into_iter().filter_map(|(part, leaf)| Some((part, leaf.grad(&gradients)?))).collect();
            for (place, BatchStatistics { mean, variance, .. }) in &plan.statistics {
                let further = Gradients { mean: mean.grad(&gradients), variance: variance.grad(&gradients) };
                Gradients::add(&mut found, *place, further);
            }
            sum.accumulate(self.network, GradientsParams::from_grads(gradients, self.network));
        }
        found
    }
}
