"""`carechain audit`: what proves, checks and shows what was recorded; each verb's module is one line here."""

import typer

from cli import audit_access, audit_bundle, audit_checkpoint, audit_history, audit_verify

app = typer.Typer(
    rich_markup_mode=None, no_args_is_help=True, help="Prove, verify and inspect what was recorded."
)

app.command(short_help="Sign now how much is on record.")(audit_checkpoint.checkpoint)
app.command(short_help="List the signed checkpoints.")(audit_checkpoint.checkpoints)
app.command(short_help="Print the public key that checkpoints are checked with.")(audit_checkpoint.key)
app.command(short_help="List all that is on record about one journey.")(audit_history.history)
app.command(short_help="Check every copy of every fact, and all that was signed.")(audit_verify.verify)
app.command(short_help="Prove a journey: nothing changed, nothing missing.")(audit_bundle.prove)
app.command(short_help="Write an audit bundle, to be checked elsewhere.")(audit_bundle.export)
app.command(short_help="Check an audit bundle, offline.")(audit_bundle.check)
app.command(short_help="List who looked at patients' data, and why.")(audit_access.access)
app.command(short_help="Draw looks for the recurring check.")(audit_access.sample)
app.command(short_help="Put on record what came of checking a look.")(audit_access.checked)
