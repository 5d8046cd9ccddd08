//! What an operation is, for somebody who has not called it yet.

use std::io;

use serde_json::json;

use super::Subject;
use super::schemas::plain;
use crate::Output;

/// Says all that the spec knows of it. Nothing is sent.
pub(crate) fn explain(subject: Subject, output: &mut Output) -> io::Result<()> {
    let Subject { is, operation, .. } = subject;
    output.lines(subject.long_about())?;
    let flags = subject.flags();
    if !flags.is_empty() {
        output.lines("\nWhat is sent:")?;
    }
    let sent = flags.iter().map(|flag| {
        let said = format!("--{}: {}{}", flag.name, flag.help, flag.mark());
        [format!("  {}", flag.place), said]
    });
    output.table(&sent.collect::<Vec<_>>())?;
    let answers = is.responses.iter();
    let known = [
        ("not certain", &is.doubt),
        ("source", &is.source),
        ("the sandbox", &is.sandbox),
    ];
    output.lines("\nAnswers:")?;
    let answered = answers
        .clone()
        .map(|it| [format!("  {}", it.status), plain(&it.description)]);
    output.table(&answered.collect::<Vec<_>>())?;
    for (name, text) in known {
        if let Some(text) = text {
            output.lines(format_args!("\n{name}: {}", plain(text)))?;
        }
    }
    let command = subject.command();
    if !command.is_empty() {
        output.lines(format_args!(
            "\nNothing was sent. {command} --help has an example."
        ))?;
    }
    let flags = flags.iter().map(|flag| json!({"flag": format!("--{}", flag.name), "place": flag.place, "required": flag.is_required, "help": flag.help}));
    output.json(&json!({
        "ok": true,
        "sent": false,
        "operation": is.id,
        "command": command,
        "method": is.method,
        "path": is.path,
        "summary": is.summary,
        "description": is.description,
        "deprecated": is.deprecated,
        "moves_money": operation.moves_money,
        "repeat": subject.facts().last(),
        "idempotency_key": operation.idempotency.key_name(),
        "flags": flags.collect::<Vec<_>>(),
        "answers": answers.map(|answer| json!({"status": answer.status, "description": answer.description})).collect::<Vec<_>>(),
        "doubt": is.doubt,
        "source": is.source,
        "sandbox": is.sandbox,
    }))
}
