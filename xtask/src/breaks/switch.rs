//! One file of the core with many breaks in it, of which a number chooses one when the program runs.
//!
//! The body of every function that has breaks becomes a `match`: an arm for each break, and the body as it is. It
//! is done on the text, which the compiler's errors then point into; the parser only says where the bodies are.

use std::fmt::Write;
use std::ops::Range;

use anyhow::{Context, Result};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

/// The variable that the number is read from. Nothing, or 0, is the core as it is.
pub(super) const VARIABLE: &str = "PREPAID_BREAK";

/// What the core of the copy gets at its end: the switch. It needs the standard library, which the core does not.
pub(super) fn module() -> String {
    format!(
        "
mod broken {{
    extern crate std;
    static WHICH: std::sync::OnceLock<usize> = std::sync::OnceLock::new();
    pub(crate) fn which() -> usize {{
        *WHICH.get_or_init(|| std::env::var({VARIABLE:?}).map_or(0, |which| which.parse().unwrap()))
    }}
}}
"
    )
}

/// A break: its number, what of the file it replaces, and by what.
pub(super) type Placed<'a> = (usize, Range<usize>, &'a str);

/// The file with a switch in it.
#[derive(Debug)]
pub(super) struct Switched {
    pub(super) text: String,
    /// Where each break now is. A break that is not here lies in no body, and must be tried alone.
    pub(super) arms: Vec<Arm>,
}

/// One break behind the switch.
#[derive(Debug)]
pub(super) struct Arm {
    pub(super) number: usize,
    /// The body with this break in it, in the new text.
    pub(super) own: Range<usize>,
    /// The whole `match` that it is an arm of.
    pub(super) switch: Range<usize>,
    /// The name of the function, if it was `const`, which a function that reads the switch cannot be.
    pub(super) was_const: Option<String>,
}

/// Puts all the breaks that lie in bodies behind the switch.
pub(super) fn switched(text: &str, breaks: &[Placed]) -> Result<Switched> {
    let (mut new, mut arms, mut done) = (String::new(), Vec::new(), 0);
    for body in bodies(text)? {
        let within = |at: &Range<usize>| body.at.start <= at.start && at.end <= body.at.end;
        let inside: Vec<&Placed> = breaks.iter().filter(|(_, at, _)| within(at)).collect();
        if inside.is_empty() {
            continue;
        }
        if let Some((word, _)) = &body.constant {
            new.push_str(piece(text, done..word.start));
            done = word.end;
        }
        new.push_str(piece(text, done..body.at.start));
        let (start, first) = (new.len(), arms.len());
        new.push_str("{ match crate::broken::which() {\n");
        for (number, at, instead) in inside {
            write!(new, "{number} => ")?;
            let from = new.len();
            let (before, after) = (piece(text, body.at.start..at.start), piece(text, at.end..body.at.end));
            new.extend([before, instead, after]);
            let (own, was_const) = (from..new.len(), body.constant.as_ref().map(|(_, name)| name.clone()));
            arms.push(Arm { number: *number, own, switch: 0..0, was_const });
            new.push_str(",\n");
        }
        new.extend(["_ => ", piece(text, body.at.clone()), ",\n}}"]);
        arms.iter_mut().skip(first).for_each(|arm| arm.switch = start..new.len());
        done = body.at.end;
    }
    new.push_str(piece(text, done..text.len()));
    Ok(Switched { text: new, arms })
}

/// A piece of code that can be replaced by a `match` over whole copies of it.
struct Body {
    at: Range<usize>,
    /// The word `const` before the function, and the function's name.
    constant: Option<(Range<usize>, String)>,
}

/// Every body of the file, in order. None lies in another: what is inside a body is text to us.
fn bodies(text: &str) -> Result<Vec<Body>> {
    let mut found = Bodies { text, bodies: Vec::new() };
    found.visit_file(&syn::parse_file(text).context("the parser does not understand the file")?);
    // What another `const` function calls has to stay so. By name only: one too many is merely tried alone.
    let stays = |body: &Body| {
        body.constant.as_ref().is_some_and(|(_, name)| {
            let call = format!("{name}(");
            let mut others =
                found.bodies.iter().filter(|other| other.constant.is_some() && other.at != body.at);
            others.any(|other| piece(text, other.at.clone()).contains(&call))
        })
    };
    let stay: Vec<bool> = found.bodies.iter().map(stays).collect();
    Ok(found.bodies.into_iter().zip(stay).filter(|(_, stays)| !stays).map(|(body, _)| body).collect())
}

struct Bodies<'a> {
    text: &'a str,
    bodies: Vec<Body>,
}

impl Bodies<'_> {
    /// Whether the body is taken. That of a function which returns `impl Trait` is not: its arms would be of
    /// different types. The closures in it may do.
    fn takes(&mut self, sig: &syn::Signature, block: &syn::Block) -> bool {
        let returns = piece(self.text, sig.output.span().byte_range());
        let named = !returns.contains("impl ");
        if named {
            let constant = sig.constness.map(|word| (word.span.byte_range(), sig.ident.to_string()));
            self.bodies.push(Body { at: block.span().byte_range(), constant });
        }
        named
    }
}

impl<'ast> Visit<'ast> for Bodies<'_> {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        if !self.takes(&item.sig, &item.block) {
            visit::visit_item_fn(self, item);
        }
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        if !self.takes(&item.sig, &item.block) {
            visit::visit_impl_item_fn(self, item);
        }
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        if !item.default.as_ref().is_some_and(|block| self.takes(&item.sig, block)) {
            visit::visit_trait_item_fn(self, item);
        }
    }

    fn visit_expr_closure(&mut self, closure: &'ast syn::ExprClosure) {
        self.bodies.push(Body { at: closure.body.span().byte_range(), constant: None });
    }
}

/// The parser's ranges lie in the text that it was given.
fn piece(text: &str, range: Range<usize>) -> &str {
    text.get(range).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::change::Break;
    use super::*;

    /// The text with these pieces replaced behind the switch, numbered from 1.
    fn with(text: &str, changes: &[(&str, &str)]) -> Result<Switched> {
        let written = changes.iter().map(|(find, replace)| {
            let (tests, file) = (["e1_"], "src/a.rs");
            serde_json::from_value(serde_json::json!({
                "rule": "E1", "what": "w", "tests": tests, "file": file, "find": find, "replace": replace,
            }))
        });
        let breaks = written.collect::<Result<Vec<Break>, _>>()?;
        let placed = (1..).zip(&breaks).map(|(number, one)| {
            let (at, instead) = one.place(text).map_err(anyhow::Error::msg)?;
            Ok((number, at, instead))
        });
        switched(text, &placed.collect::<Result<Vec<Placed>>>()?)
    }

    /// A `match` over these arms, the last of which is the body as it is.
    fn choice(arms: &[&str]) -> String {
        let (last, broken) = arms.split_last().unwrap_or((&"", &[]));
        let broken = (1..).zip(broken).map(|(number, arm): (usize, _)| format!("{number} => {arm},\n"));
        let broken = broken.collect::<Vec<_>>().concat();
        format!("{{ match crate::broken::which() {{\n{broken}_ => {last},\n}}}}")
    }

    #[test]
    fn each_break_of_a_function_is_an_arm() -> Result<()> {
        let file = with("fn f(a: u8) -> bool { a < 1 }\nfn g() {}\n", &[("<", "<="), ("1", "2")])?;
        let arms = choice(&["{ a <= 1 }", "{ a < 2 }", "{ a < 1 }"]);
        assert_eq!(file.text, format!("fn f(a: u8) -> bool {arms}\nfn g() {{}}\n"));
        let own: Vec<&str> = file.arms.iter().map(|arm| piece(&file.text, arm.own.clone())).collect();
        assert_eq!(own, ["{ a <= 1 }", "{ a < 2 }"]);
        assert!(file.arms.iter().all(|arm| piece(&file.text, arm.switch.clone()) == arms));
        Ok(())
    }

    #[test]
    fn what_is_inside_a_body_is_text() -> Result<()> {
        let inner = "{ fn g() -> u8 { 1 } let h = |x| x + 2; h(g()) }";
        let file = with(&format!("fn f() -> u8 {inner}"), &[("1", "3"), ("x + 2", "x")])?;
        let arms = choice(&[&inner.replace('1', "3"), &inner.replace("x + 2", "x"), inner]);
        assert_eq!(file.text, format!("fn f() -> u8 {arms}"));
        Ok(())
    }

    #[test]
    fn a_closure_is_a_body_where_the_function_cannot_be_one() -> Result<()> {
        let text = "fn f() -> impl Iterator<Item = u8> { a.filter(|x| *x > 1).map(|y| -> u8 { y }).take(4) }";
        let file = with(text, &[("> 1", "> 2"), ("{ y }", "{ 0 }"), ("take(4)", "take(5)")])?;
        let (first, second) = (choice(&["*x > 2", "*x > 1"]), choice(&["{ 0 }", "{ y }"]));
        let second = second.replace("1 =>", "2 =>");
        let start = "fn f() -> impl Iterator<Item = u8> { a.filter(|x| ";
        assert_eq!(file.text, format!("{start}{first}).map(|y| -> u8 {second}).take(4) }}"));
        assert_eq!(file.arms.iter().map(|arm| arm.number).collect::<Vec<_>>(), [1, 2]);
        Ok(())
    }

    #[test]
    fn methods_generics_and_comments_stay_as_they_are() -> Result<()> {
        let text = "impl<T: Ord> S<T>\nwhere\n    T: Copy,\n{\n    /// Ünlike `{ x }` (H2).\n    #[must_use]\n    \
                    fn f<'a, U>(&'a self, u: U) -> Option<&'a T>\n    where\n        U: Fn(&T) -> bool,\n    BODY\n}\n\
                    trait R { fn r(&self) -> u8; fn s(&self) -> u8 THEN }\n";
        let (body, then) = ("{\n        self.0.iter().find(|t| u(t)) // {\n    }", "{ 7 }");
        let file = text.replace("BODY", body).replace("THEN", then);
        let (broken, seven) = (choice(&[&body.replace("find", "rfind"), body]), choice(&["{ 8 }", then]));
        let expected = text.replace("BODY", &broken).replace("THEN", &seven.replace("1 =>", "2 =>"));
        assert_eq!(with(&file, &[("find", "rfind"), ("7", "8")])?.text, expected);
        Ok(())
    }

    #[test]
    fn a_function_that_reads_the_switch_is_not_const() -> Result<()> {
        let text = "pub const fn low(n: u8) -> bool { n < 1 }\nconst fn g() {}\n";
        let file = with(text, &[("<", ">")])?;
        let arms = choice(&["{ n > 1 }", "{ n < 1 }"]);
        assert_eq!(file.text, format!("pub  fn low(n: u8) -> bool {arms}\nconst fn g() {{}}\n"));
        let called = text.replace("g() {}", "g() -> bool { low(2) }");
        assert!(with(&called, &[("<", ">")])?.arms.is_empty());
        assert_eq!(file.arms.first().and_then(|arm| arm.was_const.as_deref()), Some("low"));
        Ok(())
    }

    #[test]
    fn what_lies_in_no_body_stays_as_it_is() -> Result<()> {
        let text = "const A: u8 = 1;\n#[derive(Eq)]\nstruct S;\nmacro_rules! m { () => { fn m() { 2 } } }\n\
                    fn f(a: u8) -> u8 { a }\nfn g(b: u8) -> u8 { b }\nfn h() -> impl Ord { (3, 4) }\n";
        let changes = [
            ("1", "5"),
            ("Eq", ""),
            ("2", "5"),
            ("(a: u8", "(a: i8"),
            ("a }\nfn g", "0 }\nfn i"),
            ("3", "5"),
        ];
        let file = with(text, &changes)?;
        assert!(file.arms.is_empty());
        assert_eq!(file.text, text);
        Ok(())
    }
}
