//! The help texts.

use crate::common::{folder, succeed};

const COMMANDS: [&str; 7] = ["train", "compare", "describe", "evaluate", "plot", "stdp", "bench"];

#[test]
fn no_line_of_the_help_is_longer_than_100_columns() {
    let folder = folder();
    for command in [""].into_iter().chain(COMMANDS) {
        for help in ["-h", "--help"] {
            let arguments: Vec<&str> = [command, help].into_iter().filter(|word| !word.is_empty()).collect();
            let printed = succeed(folder.path(), &arguments);
            assert!(printed.stdout.contains("Usage: snn-train") && printed.stderr.is_empty(), "{}", printed.stdout);
            for line in printed.stdout.lines() {
                assert!(line.chars().count() <= 100, "{arguments:?}: {line}");
            }
        }
    }
}

#[test]
fn it_names_the_commands_the_recipes_and_what_people_do_first() {
    let folder = folder();
    let help = succeed(folder.path(), &["--help"]).stdout;
    let (commands, _) = help.split_once("Options:").expect("options");
    for command in COMMANDS {
        assert!(commands.lines().any(|line| line.trim_start().starts_with(&format!("{command} "))), "{commands}");
    }
    let of_train = succeed(folder.path(), &["train", "--help"]).stdout;
    for recipe in ["chevalier2018", "chevalier2018-dense", "lif-mlp", "lif-flicker", "spiking-conv"] {
        assert!(of_train.contains(&format!("{recipe},")), "{recipe} is not in the help of train");
    }
    for option in ["--set", "--hidden", "--seeds", "--resume", "--segments", "--loss", "--optimizer", "--learning-rate"]
    {
        assert!(of_train.contains(option), "{option}");
    }
    // Each example is one line.
    for help in [help, of_train] {
        let (_, examples) = help.split_once("Examples:\n").expect("examples");
        assert!(examples.lines().count() >= 5, "{examples}");
        for line in examples.lines() {
            assert!(line.starts_with("  snn-train"), "{line}");
        }
    }
}

#[test]
fn the_examples_are_options_which_exist() {
    let folder = folder();
    let help = succeed(folder.path(), &["--help"]).stdout;
    let (_, examples) = help.split_once("Examples:\n").expect("examples");
    for line in examples.lines() {
        let words: Vec<&str> = line.trim().split("   ").next().expect("a command").split(' ').skip(1).collect();
        // The command is understood, and only its help is printed.
        succeed(folder.path(), &[&words[..], &["--help"]].concat());
    }
}
