//! Losses, readouts, delays, surrogates and norms of other libraries.

use super::*;

/// A loss of classes: its value, and its gradient if ours is the same one.
fn loss(name: &str, loss: impl Fn(Tensor<3>, Tensor<1, Int>) -> Tensor<1>) {
    let mut row = Row::new(name);
    let outputs = row.leaf::<3>("outputs");
    let found = loss(outputs.clone(), row.classes());
    if row.file.has("grad_outputs") {
        row.compare("grad_outputs", outputs.grad(&found.backward()).expect("a gradient"));
    }
    row.compare("loss", found);
    row.finish();
}

#[test]
fn losses_of_classes() {
    let each_step = |outputs, targets| tet(outputs, targets, Tet { lambda: 0.0, phi: 1.0 });
    loss("row_snntorch_ce_rate_loss", each_step);
    loss("row_spikingjelly_tet_cross_entropy", each_step);
    loss("row_snntorch_ce_count_loss", count_cross_entropy);
    loss("row_snntorch_ce_count_loss_population", |o, t| count_cross_entropy(vote(o, 3, Vote::Sum), t));
    loss("row_snntorch_ce_max_membrane_loss", max_membrane_cross_entropy);
    loss("row_snntorch_mse_count_loss", |o, t| mean_square_count(o, t, 0.75, 0.25).div_scalar(8.0));
    loss("row_snntorch_mse_membrane_loss", |membranes, targets| {
        let wanted = targets.one_hot::<2>(3).float().mul_scalar(1.5 - 0.25).add_scalar(0.25);
        MseLoss::new().forward(membranes, constant(wanted, 8), Reduction::Mean)
    });
    loss("row_snntorch_ce_temporal_loss", |spikes, targets| first_spike_cross_entropy(spikes, targets, 1.0));
}

#[test]
fn times_of_first_spikes() {
    let mut row = Row::new("row_snntorch_mse_temporal_loss");
    let loss = first_spike_mean_square(row.tensor("outputs"), row.tensor("targets"));
    row.compare("loss", loss.div_scalar(8.0 * 8.0));
    row.finish();
    made("row_norse_spikes_to_times_decoder", "spikes", "times", first_spike_time::<Tensor<3>>);
}

#[test]
fn counts_and_accuracy() {
    let mut row = Row::new("row_snntorch_accuracy_rate");
    let counts = spike_count(row.tensor::<3>("spikes"));
    let answers: Vec<i64> = counts.clone().argmax(1).into_data().iter::<i64>().collect();
    let targets: Vec<i64> = row.classes().into_data().iter::<i64>().collect();
    let right = answers.iter().zip(&targets).filter(|(answer, target)| answer == target).count();
    row.compare("count", counts);
    row.compare("accuracy", Tensor::<1>::from_data([right as f32 / targets.len() as f32], &Device::flex()));
    row.finish();
}

#[test]
fn votes_and_delays() {
    made("row_spikingjelly_voting_layer", "input", "output", |votes: Tensor<2>| vote(votes, 2, Vote::Mean));
    made("row_spikingjelly_voting_layer_multi_step", "input", "output", |votes: Tensor<3>| vote(votes, 2, Vote::Mean));
    made("row_spikingjelly_delay", "input", "output", |sent: Tensor<3>| {
        let delay = DelayConfig::new(6, 2).with_initial(InitialDelay::Steps(2.0)).init(&sent.device());
        delay.forward(sent, None).output
    });
}

#[test]
fn a_surrogate() {
    let mut row = Row::new("row_snntorch_surrogate_heaviside");
    let surrogate = LeakyKRelu::new(0.0, 1.0);
    let fire_reset = FireReset::new(surrogate);
    let (_, x) = row.numbers("x");
    let of_each = |function: &dyn Fn(f32) -> f32| {
        let values: Vec<f32> = x.iter().map(|x| function(*x)).collect();
        Tensor::<1>::from_data(values.as_slice(), &Device::flex())
    };
    row.compare("forward", of_each(&|x| fire_reset.spike(x)));
    row.compare("derivative", of_each(&|x| surrogate.derivative(x)));
    row.finish();
}

type Forward<M> = fn(&M, Tensor<3>) -> Tensor<3>;

/// γ, running mean and running variance: `[channels]`, or `[steps, channels]`.
fn of_threshold(ThresholdBatchNorm { norm }: &ThresholdBatchNorm) -> [Tensor<1>; 3] {
    [norm.gamma.val(), norm.running_mean.value(), norm.running_var.value()]
}

fn of_steps(norm: &BatchNormThroughTime) -> [Tensor<2>; 3] {
    [norm.gamma.val(), norm.running_mean.value(), norm.running_var.value()]
}

/// A norm in training, and after it.
fn norm<const D: usize, M: Module>(name: &str, norm: M, parts: fn(&M) -> [Tensor<D>; 3], forward: Forward<M>) {
    let mut row = Row::new(name);
    let ([gamma, ..], input) = (parts(&norm), row.leaf::<3>("input"));
    let output = forward(&norm, input.clone());
    let gradients = row.gradients(output.clone());
    row.compare("train_output", output);
    row.compare_gradient("grad_input", &input, &gradients);
    row.compare_gradient("grad_weight", &gamma, &gradients);
    let norm = norm.valid();
    for (name, part) in ["weight", "running_mean", "running_var"].into_iter().zip(parts(&norm)) {
        row.compare(name, part);
    }
    row.compare("eval_output", forward(&norm, input.inner()));
    row.finish();
}

#[test]
fn norms_which_know_of_time_or_threshold() {
    let device = Device::flex().autodiff();
    for name in ["row_snntorch_batch_norm_tt_1d", "row_spikingjelly_batch_norm_through_time_1d"] {
        norm(name, BatchNormThroughTimeConfig::new(3, 2).init(&device), of_steps, |norm, x| norm.forward(x));
    }
    let config = ThresholdBatchNormConfig { alpha: 0.5, ..ThresholdBatchNormConfig::new(2, 1.5) };
    let name = "row_spikingjelly_threshold_dependent_batch_norm_1d";
    norm(name, config.init(&device), of_threshold, |norm, x| norm.forward(x));
}

/// With γ = α θ = 1 and one step it is PyTorch's `BatchNorm1d`, whose running variance is the unbiased one.
#[test]
fn running_statistics_are_those_of_pytorch() {
    for name in ["torch_batch_norm_one_step", "torch_batch_norm_three_steps"] {
        let mut row = Row::new(name);
        let batches = row.tensor::<3>("batches");
        let [steps, _, channels] = batches.dims();
        let norm = ThresholdBatchNormConfig::new(channels, 1.0).init(&row.device);
        let normed = |step: usize| norm.forward(batches.clone().slice([step..step + 1]));
        row.compare("train_output", Tensor::cat((0..steps).map(normed).collect::<Vec<Tensor<3>>>(), 0));
        let norm = norm.valid();
        let [_, mean, variance] = of_threshold(&norm);
        row.compare("running_mean", mean);
        row.compare("running_var", variance);
        let output = norm.forward(row.tensor::<2>("eval_input").inner().unsqueeze::<3>());
        row.compare("eval_output", output.squeeze_dim::<2>(0));
        row.finish();
    }
}
