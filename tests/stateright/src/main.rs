//! The same scenes, moves and projection, searched by stateright: as many distinct states must come out, at every depth
//! that the explorer has searched whole.

#![allow(
    dead_code,
    reason = "only the search is another: the explorer's own checks are not called from here"
)]

#[path = "../../properties/against.rs"]
mod against;
#[path = "../../explore/alphabet/mod.rs"]
mod alphabet;
#[path = "../../explore/checks/mod.rs"]
mod checks;
#[path = "../../explore/cure.rs"]
mod cure;
#[path = "../../explore/explorer.rs"]
mod explorer;
#[path = "../../properties/model/mod.rs"]
mod model;
#[path = "../../explore/node.rs"]
mod node;
#[path = "../../explore/projection.rs"]
mod projection;
#[path = "../../explore/scenes.rs"]
mod scenes;
#[path = "../../explore/tally.rs"]
mod tally;
#[path = "../../properties/witness.rs"]
mod witness;

use std::collections::HashSet;
use std::hash::{Hash, Hasher};

use node::Node;
use scenes::Scene;
use stateright::{Checker as _, Model, Property};

/// A state as stateright keeps it: its projection tells it from others.
#[derive(Clone)]
struct Seen {
    projected: String,
    node: Node,
}

impl PartialEq for Seen {
    fn eq(&self, other: &Self) -> bool {
        self.projected == other.projected
    }
}

impl Eq for Seen {}

impl Hash for Seen {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.projected.hash(state);
    }
}

impl std::fmt::Debug for Seen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.projected)
    }
}

struct Search(Scene);

impl Search {
    fn seen(&self, node: Node) -> Seen {
        let projected = projection::projected(&node.account, &self.0.policy, self.0.eye).to_string();
        Seen { projected, node }
    }
}

impl Model for Search {
    type State = Seen;
    type Action = usize;

    fn init_states(&self) -> Vec<Seen> {
        vec![self.seen(self.0.root().expect("the way to the first state").node)]
    }

    fn actions(&self, state: &Seen, actions: &mut Vec<usize>) {
        actions.extend(0..self.0.moves(&state.node).len());
    }

    fn next_state(&self, state: &Seen, action: usize) -> Option<Seen> {
        let chosen = self.0.moves(&state.node).swap_remove(action);
        let (answer, account) = state.node.ask(&self.0.policy, &chosen);
        let batch = answer.ok().filter(|batch| !batch.events.is_empty())?;
        let node = state.node.follow(&self.0.policy, &batch, account).expect("the witness agrees");
        Some(self.seen(node))
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![Property::always("books", |search: &Self, seen: &Seen| {
            seen.node.witness.agrees(&search.0.policy, &seen.node.account).is_ok()
        })]
    }

    fn within_boundary(&self, state: &Seen) -> bool {
        self.0.is_within(&state.node)
    }
}

fn main() {
    let most = std::env::args().nth(1).map_or(20_000, |word| word.parse().expect("a number of states"));
    println!("scene           depth   explorer stateright");
    for (scene, again) in scenes::all().into_iter().zip(scenes::all()) {
        let ours = explorer::explore(&scene, most, &mut HashSet::new()).expect("every rule holds");
        let (name, depth) = (scene.name, ours.depth);
        // Stateright counts the first state as depth 1.
        let checker = Search(again).checker().target_max_depth(depth + 1).spawn_bfs().join();
        checker.assert_properties();
        let theirs = checker.unique_state_count();
        println!("{name:<15} {depth:>5} {:>10} {theirs:>10}", ours.whole);
        assert_eq!(ours.whole, theirs, "another number of states in `{name}`");
    }
}
