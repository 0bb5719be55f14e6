"""Coverage-guided fuzzing of every parser by atheris, for `make fuzz`: `fuzzing.py --seconds 60 [TARGET...]`.

In build/fuzz stand a folder of inputs per parser, from which the next run goes on, and the inputs that broke one.
"""

import argparse
import subprocess
import sys
from pathlib import Path

BUILD = Path(__file__).parent.parent / "build" / "fuzz"
SLOW_S = 10
"""Seconds after which one input counts as a hang."""
RSS_MB = 1024


def main() -> int:
    """Fuzz the named parsers, or all, one after the other in a process each; 1 where one was broken."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--seconds", type=int, default=60, help="for each parser")
    asked.add_argument("--inside", action="store_true", help=argparse.SUPPRESS)
    asked.add_argument("targets", nargs="*", metavar="TARGET", help="parsers; without one, all")
    given = asked.parse_args()
    if given.inside:
        fuzz(given.targets[0], given.seconds)
    # Not before: the process that fuzzes must import it under atheris's eyes.
    from parser_targets import TARGETS

    if unknown := sorted(set(given.targets) - TARGETS.keys()):
        asked.error(f"there is no parser {unknown[0]}; there are {', '.join(TARGETS)}")
    broken = []
    for name in given.targets or TARGETS:
        sys.stderr.write(f"\n== {name}\n")
        command = [sys.executable, __file__, "--inside", "--seconds", str(given.seconds), name]
        if subprocess.run(command, check=False).returncode:
            broken.append(name)
    found = f"Broken: {', '.join(broken)}. The inputs are in {BUILD}." if broken else "Nothing was broken."
    sys.stderr.write(f"\n{found}\n")
    return 1 if broken else 0


def fuzz(name: str, seconds: int) -> None:
    """Fuzz one parser; does not return, but exits."""
    import atheris  # type: ignore[import-not-found]  # comes with the group `fuzz` only

    # Atheris sees the way through our code only where it was there when that was imported.
    with atheris.instrument_imports(include=["consumers.intake", "domain.submission", "domain.identifiers"]):
        from parser_seeds import SEEDS, TOKENS
        from parser_targets import TARGETS

        from consumers.intake.reading import formats

        formats()

    folder = BUILD / name
    folder.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(SEEDS[name]):
        (folder / f"seed-{number:02d}").write_bytes(seed)
    words = BUILD / f"{name}.dict"
    words.write_text("".join(f'"{_escaped(token)}"\n' for token in TOKENS[name] if len(token) < 64))
    flags = [
        f"-max_total_time={seconds}",
        f"-timeout={SLOW_S}",
        f"-rss_limit_mb={RSS_MB}",
        f"-dict={words}",
        f"-artifact_prefix={BUILD / name}-",
        "-max_len=8192",
        "-print_final_stats=1",
        "-verbosity=1",
    ]
    atheris.Setup([sys.argv[0], *flags, str(folder)], TARGETS[name])
    atheris.Fuzz()


def _escaped(token: bytes) -> str:
    return "".join(f"\\x{byte:02X}" for byte in token)


if __name__ == "__main__":
    sys.exit(main())
