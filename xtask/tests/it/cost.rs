//! What generation costs grows with the number of operations and no faster.

use std::fmt::Write as _;

use xtask::api::{self, Api};
use xtask::generate::{files_of, sources};
use xtask::spec::{Settings, Spec};

const BIG: Api = Api {
    name: "big",
    folder: "big",
};

/// A document with so many operations, each with as many schemas and fields as Worldline Connect has for one: a request and
/// an answer that share an object, a list of values and a text, in part with those of the operation before.
fn document(count: usize) -> Spec {
    let mut text = String::from("openapi: 3.0.3\ninfo: {title: Big, version: '1'}\npaths:\n");
    for n in 0..count {
        let _ = writeln!(
            text,
            "  /things{n}/{{thingId}}:
    post:
      operationId: changeThing{n}
      tags: [Tag{}]
      summary: Change thing {n}.
      description: Changes it, and says in a sentence or two what else is to be known about that.
      x-moves-money: false
      parameters:
        - {{name: thingId, in: path, required: true, description: Which., schema: {{type: string, maxLength: 40}}}}
        - {{name: hide, in: query, description: What., schema: {{type: array, items: {{$ref: '#/components/schemas/Kind{n}'}}}}}}
      requestBody:
        required: true
        content: {{application/json: {{schema: {{$ref: '#/components/schemas/Change{n}'}}, example: {{text: a}}}}}}
      responses:
        '200': {{description: changed, content: {{application/json: {{schema: {{$ref: '#/components/schemas/Thing{n}'}}, example: {{text: a}}}}}}}}",
            n % 20,
        );
    }
    text.push_str("components:\n  schemas:\n");
    for n in 0..count {
        let other = n.saturating_sub(1);
        let _ = writeln!(
            text,
            "    Kind{n}: {{type: string, description: Kind of a thing., x-extensible-enum: [one, two, three, four]}}"
        );
        for (name, held) in [
            ("Change", "Detail"),
            ("Thing", "Detail"),
            ("Detail", "Kind"),
            ("Extra", "Kind"),
        ] {
            let _ = writeln!(
                text,
                "    {name}{n}:
      type: object
      description: What the API calls so, in a sentence of a usual length that wraps in the end.
      required: [text]
      properties:
        text: {{type: string, description: A text., maxLength: 50}}
        count: {{type: integer, format: int64, description: How many there are of it.}}
        done: {{type: boolean, description: Whether it is done.}}
        own: {{$ref: '#/components/schemas/{held}{n}'}}
        other: {{$ref: '#/components/schemas/{held}{other}'}}"
            );
        }
    }
    Spec::parse("openapi/big.yaml".to_owned(), &text).unwrap()
}

/// The time that this thread has worked, in nanoseconds, which other work on the machine does not change.
pub(crate) fn worked() -> u64 {
    let schedule = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let time = schedule.split(' ').next().and_then(|time| time.parse().ok());
    time.unwrap_or(0)
}

#[test]
fn an_operation_costs_the_same_among_many() {
    let cost = |count: usize| {
        let spec = document(count);
        let before = worked();
        sources(BIG, &spec, &Settings::default()).unwrap();
        (worked() - before) / count as u64
    };
    let (few, many) = (cost(10), cost(100));
    // What grows with the square would be ten times as much.
    assert!(
        many <= few * 3,
        "{few} ns for each of 10 operations, {many} ns for each of 100"
    );
}

/// `cargo test -p xtask --test it figures -- --ignored --nocapture`
#[test]
#[ignore = "prints figures, and takes a while"]
fn figures() {
    for count in [10, 100, 120, 1000] {
        let spec = document(count);
        let (started, before) = (std::time::Instant::now(), worked());
        let made = sources(BIG, &spec, &Settings::default()).unwrap();
        let (alone, before_all) = (worked() - before, started.elapsed());
        let lines: usize = made.values().map(|text| text.lines().count()).sum();
        let started = std::time::Instant::now();
        files_of(&api::workspace_root(), BIG, &spec, &Settings::default()).unwrap();
        eprintln!(
            "{count} operations, {lines} lines: {} ms of work and {} ms before rustfmt, {} ms with it",
            alone / 1_000_000,
            before_all.as_millis(),
            started.elapsed().as_millis()
        );
    }
}
