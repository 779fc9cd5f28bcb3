//! The table of neurons. Each row is run through oracle, finite differences, reference and kernels on every device
//! compiled in: see [`snn_core::check`].

use snn_core::check::check;
use snn_core::neuron::*;

/// One test for each row: `name: neuron, parameters`.
macro_rules! table {
    ($($name:ident: $neuron:expr, $parameters:expr;)*) => {$(
        #[test]
        fn $name() {
            let report = check($neuron, $parameters);
            println!("{report:?}");
            assert!(report.spikes > 100, "too few spikes to tell anything: {report:?}");
        }
    )*};
}

const ARTICLE: ArticleParameters<f64> = ArticleParameters { decay: 0.9, threshold: 1.0, penalty: 1.5 };

table! {
    article_scaled: Article { reset: ArticleReset::Scaled }, ARTICLE;
    article_subtracted: Article { reset: ArticleReset::Subtracted }, ARTICLE;
}
