"""`quaero doctor`."""

from typing import TYPE_CHECKING

import click

from quaero.cli.command import Command
from quaero.cli.options import as_json
from quaero.cli.session import Session, pass_session
from quaero.cli.text import print_json
from quaero.views.text import one_line

if TYPE_CHECKING:
    from quaero.cli.checks import Check

PROBLEM = 1


@click.command(cls=Command)
@as_json
@pass_session
def doctor(session: Session, as_json: bool) -> int:
    """Check that everything needed is in place. Ends with 1 when there is a problem."""
    from quaero.cli.checks import examine

    checks = examine(session)
    sound = all(check.ok for check in checks)
    if as_json:
        shapes = [
            {"name": check.name, "ok": check.ok, "text": check.text, "remedy": check.remedy}
            for check in checks
        ]
        print_json({"ok": sound, "checks": shapes})
    else:
        for check in checks:
            remedy = f". {check.remedy}" if check.remedy else ""
            click.echo(f"{_verdict(check):<8} {check.name + ':':<10} {one_line(check.text + remedy)}")
    return 0 if sound else PROBLEM


def _verdict(check: "Check") -> str:
    if not check.ok:
        return "problem"
    return "warning" if check.remedy else "ok"
