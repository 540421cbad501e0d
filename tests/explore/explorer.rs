//! The search: breadth-first over distinct projections. A state is kept as the move that led to it first, so that ten
//! million of them fit into memory and every fault comes with the shortest path to it.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use std::io::IsTerminal as _;
use std::ops::Range;

use crate::checks;
use crate::cure::{Cure, cure};
use crate::node::{Move, Node, Watched};
use crate::projection::{Base, fingerprint, projected, said};
use crate::scenes::Scene;
use crate::tally::Tally;

/// How a state was found: from which one, by which of its moves.
#[derive(Clone, Copy)]
struct Found {
    from: u32,
    by: u16,
}

/// What a search found out.
#[derive(Debug, Default)]
pub struct Report {
    pub states: usize,
    /// Those of them that no scene before has found, under the same policy and the same projection.
    pub new: usize,
    /// Answers compared with the naive model's, whatever they were.
    pub compared: u64,
    /// Steps of one command from a state, whatever came of them.
    pub steps: u64,
    /// States that lie beyond the scene's bounds: checked, not gone on from.
    pub beyond: u64,
    /// To how many steps away everything is found, how many states that is, and whether there are no others.
    pub depth: usize,
    pub whole: usize,
    pub complete: bool,
    /// Pairs of states with one projection whose answers were compared.
    pub samples: u64,
    pub tally: Tally,
    /// How many states lead back to work, and to an end, and in how many steps at most.
    pub cures: [(u64, usize); 2],
}

/// The states found so far.
struct Known {
    found: Vec<Found>,
    seen: HashMap<u128, u32, BuildHasherDefault<Folded>>,
}

/// What a worker brings back.
#[derive(Default)]
struct Brought {
    new: Vec<(u128, Found)>,
    report: Report,
}

/// Searches a scene until so many states are found, if it does not come to an end before. An error tells the path to a state where a rule does not hold.
pub fn explore(scene: &Scene, enough: usize, all: &mut HashSet<u128>) -> Result<Report, String> {
    let root = scene.root()?;
    let mut known = Known { found: vec![Found { from: 0, by: 0 }], seen: HashMap::default() };
    known.seen.insert(print(scene, &root.node), 0);
    let mut report = Report { whole: 1, ..Report::default() };
    let mut level = 0..1;
    while !level.is_empty() && known.found.len() < enough {
        let end = level.end;
        while !level.is_empty() && known.found.len() < enough {
            let chunk = level.start..end.min(level.start + CHUNK);
            level.start = chunk.end;
            for brought in on_every_core(chunk, |share| go_on(scene, &root, &known, share))? {
                report.add(&brought.report);
                for (print, found) in brought.new {
                    known.seen.entry(print).or_insert_with(|| {
                        known.found.push(found);
                        u32::try_from(known.found.len() - 1).unwrap()
                    });
                }
            }
        }
        if !level.is_empty() {
            level.end = known.found.len();
            break;
        }
        level = end..known.found.len();
        report.depth += usize::from(!level.is_empty());
        report.whole = known.found.len();
        if std::io::stderr().is_terminal() {
            eprintln!("  {} at depth {}: {} states", scene.name, report.depth, known.found.len());
        }
    }
    report.complete = level.is_empty();
    // The farthest states are not gone on from, and yet looked at as all others are.
    for brought in on_every_core(level, |share| look_at(scene, &root, &known, share))? {
        report.add(&brought);
    }
    report.states = known.found.len();
    let under = fingerprint(&serde_json::json!([scene.policy, scene.eye.calendar, scene.eye.archive]));
    report.new = known.seen.keys().filter(|print| all.insert(*print ^ under)).count();
    Ok(report)
}

/// So many states are gone on from before what they led to is put together.
const CHUNK: usize = 1_024;

/// Deals a range of states out to as many workers as there are cores.
fn on_every_core<T: Send>(
    range: Range<usize>,
    work: impl Fn(Range<usize>) -> Result<T, String> + Sync,
) -> Result<Vec<T>, String> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let share = range.len().div_ceil(cores).max(1);
    let begins = (0..cores).map(|n| range.end.min(range.start + n * share));
    let shares = begins.map(|begin| begin..range.end.min(begin + share));
    std::thread::scope(|scope| {
        let work = &work;
        let workers: Vec<_> = shares.map(|share| scope.spawn(move || work(share))).collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).collect()
    })
}

/// Looks at states and goes on from them.
fn go_on(scene: &Scene, root: &Watched, known: &Known, range: Range<usize>) -> Result<Brought, String> {
    let mut brought = Brought::default();
    let mut walker = Walker::new(scene, root, known);
    for id in range {
        let watched = walker.look(id, &mut brought.report)?;
        let here = &watched.node;
        let moves = scene.moves(here);
        // Of every state another move comes late, and from the past.
        let turn = &moves[id % moves.len()];
        checks::late(scene, here, turn).map_err(|fault| walker.told(id, Some(turn), &fault))?;
        for (by, chosen) in moves.into_iter().enumerate() {
            let found = Found { from: u32::try_from(id).unwrap(), by: u16::try_from(by).unwrap() };
            try_move(scene, &walker, &watched, found, &chosen, &mut brought)
                .map_err(|fault| walker.told(id, Some(&chosen), &fault))?;
        }
    }
    Ok(brought)
}

fn look_at(scene: &Scene, root: &Watched, known: &Known, range: Range<usize>) -> Result<Report, String> {
    let mut report = Report::default();
    let mut walker = Walker::new(scene, root, known);
    for id in range {
        walker.look(id, &mut report)?;
    }
    Ok(report)
}

fn try_move(
    scene: &Scene,
    walker: &Walker<'_>,
    watched: &Watched,
    found: Found,
    chosen: &Move,
    brought: &mut Brought,
) -> Result<(), String> {
    let here = &watched.node;
    let (answer, account) = here.ask(&scene.policy, chosen);
    let report = &mut brought.report;
    report.steps += 1;
    report.tally.answer(&chosen.command, &answer);
    if (found.from + u32::from(found.by)) % COMPARED == 0 {
        report.compared += 1;
        watched.beside.clone().step(&chosen.command, chosen.at, &answer, &account)?;
    }
    let Some(there) = checks::step(scene, here, chosen, &answer, account)? else { return Ok(()) };
    if !scene.is_within(&there) {
        report.beyond += 1;
        checks::state(scene, &there, 0)?;
        report.cured(cure(scene, &there)?);
        return Ok(());
    }
    let print = print(scene, &there);
    match walker.known.seen.get(&print) {
        None => brought.new.push((print, found)),
        Some(other) if print % SAMPLED == 0 => {
            report.samples += 1;
            let other = walker.reach_apart(usize::try_from(*other).unwrap())?;
            decide_alike(scene, &other, &there)?;
        }
        Some(_) => {}
    }
    Ok(())
}

/// Of so many answers, refusals and silences too, one is compared with the model's.
const COMPARED: u32 = 4;

/// Of so many states that were found again one is compared with the first of its projection.
const SAMPLED: u128 = 61;

/// Two states of one projection answer every move alike: the same rejection, or the same events and the same projection.
fn decide_alike(scene: &Scene, one: &Node, other: &Node) -> Result<(), String> {
    let (moves, others) = (scene.moves(one), scene.moves(other));
    if moves.len() != others.len() {
        return Err(format!("the projection hides something: {} moves or {}", moves.len(), others.len()));
    }
    for (chosen, also) in moves.iter().zip(&others) {
        let answers = [(one, chosen), (other, also)].map(|(node, chosen)| {
            let (answer, account) = node.ask(&scene.policy, chosen);
            let base = Base::of(&node.account);
            let answer =
                answer.map(|batch| said(base, &batch.events)).map_err(|refusal| said(base, &refusal));
            (answer, projected(&account, &scene.policy, scene.eye))
        });
        if answers[0] != answers[1] {
            return Err(format!("the projection hides something: {chosen:?}\n{answers:#?}"));
        }
    }
    Ok(())
}

fn print(scene: &Scene, node: &Node) -> u128 {
    fingerprint(&projected(&node.account, &scene.policy, scene.eye))
}

/// Walks to states along their paths; siblings share all but the last move.
struct Walker<'a> {
    scene: &'a Scene,
    known: &'a Known,
    /// The path to the last state reached, the root first.
    path: Vec<(usize, Watched)>,
}

impl<'a> Walker<'a> {
    fn new(scene: &'a Scene, root: &Watched, known: &'a Known) -> Self {
        Self { scene, known, path: vec![(0, root.clone())] }
    }

    /// Reaches a state and looks at it.
    fn look(&mut self, id: usize, report: &mut Report) -> Result<Watched, String> {
        let reached = self.reach(id).cloned();
        let looked = reached.and_then(|watched| {
            let here = &watched.node;
            checks::state(self.scene, here, id)?;
            report.tally.count("stage", here.account.stage().as_str());
            report.cured(cure(self.scene, here)?);
            Ok(watched)
        });
        looked.map_err(|fault| self.told(id, None, &fault))
    }

    fn reach(&mut self, id: usize) -> Result<&Watched, String> {
        let mut ahead = Vec::new();
        let mut at = id;
        while !self.path.iter().any(|(known, _)| *known == at) {
            ahead.push(at);
            at = usize::try_from(self.known.found[at].from).unwrap();
        }
        while self.path.last().is_some_and(|(last, _)| *last != at) {
            self.path.pop();
        }
        for next in ahead.into_iter().rev() {
            let mut watched = self.path.last().unwrap().1.clone();
            let chosen = self.scene.moves(&watched.node).swap_remove(usize::from(self.known.found[next].by));
            watched.go(&self.scene.policy, &chosen)?;
            self.path.push((next, watched));
        }
        Ok(&self.path.last().unwrap().1)
    }

    /// A state elsewhere, without leaving the present path.
    fn reach_apart(&self, id: usize) -> Result<Node, String> {
        let mut apart = Walker::new(self.scene, &self.path[0].1, self.known);
        apart.reach(id).map(|watched| watched.node.clone())
    }

    /// The way to a fault, one command a line.
    fn told(&self, id: usize, last: Option<&Move>, fault: &str) -> String {
        let mut ids = Vec::new();
        let mut at = id;
        while at != 0 {
            ids.push(at);
            at = usize::try_from(self.known.found[at].from).unwrap();
        }
        let mut node = self.path[0].1.node.clone();
        let mut lines = vec![format!("in the scene `{}`: {fault}", self.scene.name)];
        for next in ids.into_iter().rev() {
            let chosen = self.scene.moves(&node).swap_remove(usize::from(self.known.found[next].by));
            lines.push(format!("  {} {:?}", chosen.at, chosen.command));
            let (answer, account) = node.ask(&self.scene.policy, &chosen);
            let Ok(batch) = answer else { break };
            node = Node { account, now: batch.at, ..node };
        }
        lines.extend(last.map(|chosen| format!("  {} {:?}", chosen.at, chosen.command)));
        lines.join("\n")
    }
}

impl Report {
    fn cured(&mut self, (cure, steps): (Cure, usize)) {
        let (count, most) = &mut self.cures[match cure {
            Cure::Works => 0,
            Cure::Ended => 1,
        }];
        *count += 1;
        *most = steps.max(*most);
    }

    pub const HEADING: &'static str = "scene           states       new       steps   beyond depth  end  compared samples    back to work     to an end";

    /// One line of the table.
    pub fn line(&self, name: &str) -> String {
        let [(work, in_steps), (end, in_more)] = self.cures;
        let depth = if self.depth == 0 { String::new() } else { self.depth.to_string() };
        format!(
            "{name:<12} {:>9} {:>9} {:>11} {:>8} {depth:>5} {:>4} {:>9} {:>7} {work:>9} in <={in_steps:>2} {end:>7} in <={in_more:>2}",
            self.states,
            self.new,
            self.steps,
            self.beyond,
            if self.complete { "yes" } else { "no" },
            self.compared,
            self.samples,
        )
    }

    pub fn add(&mut self, other: &Self) {
        self.states += other.states;
        self.new += other.new;
        self.compared += other.compared;
        self.steps += other.steps;
        self.beyond += other.beyond;
        self.samples += other.samples;
        self.tally.add(&other.tally);
        for (mine, (count, most)) in self.cures.iter_mut().zip(other.cures) {
            *mine = (mine.0 + count, mine.1.max(most));
        }
    }
}

/// Fingerprints are hashes already.
#[derive(Default)]
pub struct Folded(u64);

impl Hasher for Folded {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u128(&mut self, print: u128) {
        self.0 = (print >> 64) as u64;
    }
}
