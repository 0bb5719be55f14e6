"""`carechain vault`: keys, backups of who is who, and erasing what must not be kept; each verb's module is a sibling."""

import typer

from cli import vault_confirming, vault_erasing, vault_keeping

app = typer.Typer(
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Keep the keys and identities; erase what must not be kept.",
)

app.command(short_help="Say which master key is in use.")(vault_keeping.status)
app.command("new-key", short_help="Make a new master key in a file.")(vault_keeping.new_key)
app.command(short_help="Wrap every key by the new master key, while all runs.")(vault_keeping.rotate)
app.command(short_help="Write the vault to a file.")(vault_keeping.backup)
app.command(short_help="Read it back, without what was erased since.")(vault_keeping.restore)
app.command("apply-erasures", short_help="Erase again what the signed list says.")(
    vault_keeping.apply_erasures
)
app.command(short_help="List what is due for deletion.")(vault_erasing.due)
app.command(short_help="Propose to erase all that is due.")(vault_erasing.expire)
app.command(short_help="Propose to erase one part, with its legal ground.")(vault_erasing.erase)
app.command(short_help="Keep a part though its time passes.")(vault_erasing.hold)
app.command(short_help="List what is proposed.")(vault_confirming.proposals)
app.command(short_help="Confirm as the second person, and erase.")(vault_confirming.confirm)
app.command(short_help="Withdraw a proposal.")(vault_confirming.withdraw)
