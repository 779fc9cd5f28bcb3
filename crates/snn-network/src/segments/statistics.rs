//! The statistics of norms over all time steps, found piece by piece.

use std::collections::BTreeMap;

use burn::tensor::{Device, Tensor};
use snn_core::norm::{BatchStatistics, ThresholdBatchNorm};

use super::Segments;
use crate::error::{Result, refuse};
use crate::graph::Group;
use crate::network::Network;
use crate::node::Layer;
use crate::run::{Plan, Remember};
use crate::signal::{Signal, Timing};

/// The statistics of norms, by their places.
pub(super) type Statistics = BTreeMap<usize, BatchStatistics>;

impl Network {
    pub(super) fn has_norms(&self) -> bool {
        self.nodes.iter().any(|node| matches!(node.layer, Layer::Norm(_)))
    }

    /// The norm at `place`, if its statistics are those of all time steps while it trains on `device`.
    pub(super) fn norm_over_time(&self, place: usize, device: &Device) -> Option<&ThresholdBatchNorm> {
        let node = &self.nodes[place];
        let Layer::Norm(norm) = &node.layer else { return None };
        let in_cycle = self.groups.iter().any(|group| matches!(group, Group::Cycle(of) if of.contains(&place)));
        let changes = matches!(node.timing, Timing::Sequence | Timing::Flickering);
        norm.over_all_steps(device).filter(|_| changes && !in_cycle)
    }

    /// The norms whose statistics are those of all time steps: behind none, behind those, ..
    pub(super) fn levels_of_norms(&self, device: &Device) -> Vec<Vec<usize>> {
        // How many norms lie before a node, itself included, on the path with most of them.
        let mut depth = vec![0; self.nodes.len()];
        let mut levels: Vec<Vec<usize>> = Vec::new();
        for group in &self.groups {
            let members = group.members();
            let before = self.edges.iter().filter(|edge| members.contains(&edge.to)).map(|edge| depth[edge.from]);
            let before = before.max().unwrap_or(0);
            members.iter().for_each(|place| depth[*place] = before);
            for place in members.iter().filter(|place| self.norm_over_time(**place, device).is_some()) {
                depth[*place] += 1;
                levels.resize(levels.len().max(depth[*place]), Vec::new());
                levels[before].push(*place);
            }
        }
        levels
    }

    /// What arrived at a norm, `[time, batch, channels, rest]`.
    pub(super) fn at_norm(&self, place: usize, arrived: Signal) -> Tensor<4> {
        let shape = &self.nodes[place].shapes.0;
        let sequence = arrived.into_sequence();
        let [steps, batch, features] = sequence.dims();
        sequence.reshape([steps, batch, shape[0], features / shape[0]])
    }
}

impl Segments<'_> {
    /// The statistics of the norms of all levels, one pass over the segments for each level.
    pub(super) fn statistics(&self, levels: &[Vec<usize>]) -> Result<Statistics> {
        let mut statistics = Statistics::new();
        for level in levels {
            let mut pieces: BTreeMap<usize, Vec<BatchStatistics>> = BTreeMap::new();
            let plan = Plan {
                statistics: statistics.clone(),
                remember: Remember::Nothing,
                taps: level.clone(),
                keep: Vec::new(),
            };
            let mut state = None;
            for index in 0..self.pieces.len() {
                let call = self.run(&self.without_graph, index, state, &plan);
                for (place, arrived) in call.tapped {
                    let norm = self.network.norm_over_time(place, &self.device).expect("a norm");
                    let piece = norm.statistics(self.network.at_norm(place, arrived));
                    pieces.entry(place).or_default().push(piece);
                }
                state = Some(call.state);
            }
            for (place, pieces) in pieces {
                let all = BatchStatistics::together(pieces);
                if all.count < 2 {
                    refuse!(
                        "segments: node `{}` sees one number for each channel, and a variance needs two; use larger batches",
                        self.network.nodes[place].name
                    );
                }
                statistics.insert(place, all);
            }
        }
        Ok(statistics)
    }

    /// Takes them into the running ones, once.
    pub(super) fn remember(&self, statistics: &Statistics) {
        for (place, statistics) in statistics {
            self.network.norm_over_time(*place, &self.device).expect("a norm").remember(statistics);
        }
    }
}
