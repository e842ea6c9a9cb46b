"""Runs Autobahn's cases against an echo server and compares with expected.json.

run.py KOSOKU REPORTS [--update | --behind-link] --echo COMMAND...

KOSOKU is the runner, REPORTS a folder for its pages, COMMAND prints `listening ws://HOST:PORT/`
and stays until it is told to stop. A case fails when it is worse than expected; one that is better, or new,
must be written down: --update does that.
The parts: 1-7, 9 and 10. 8 does not exist; 12 and 13 are compression, which is left out on purpose.

--behind-link: the echo comes from a hub at the other end of a link. Part 9 is left out, with messages four times
as long as any a companion may be told to take. Where a case breaks the protocol in the same breath as it sends a
message, the connection has failed before the echo is back; Autobahn calls that NON-STRICT, and expected.json
has it as `behindLink`.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
EXPECTED = HERE / "expected.json"
PARTS = ["1", "2", "3", "4", "5", "6", "7", "9", "10"]
PARTS_BEHIND_LINK = [part for part in PARTS if part != "9"]
TIME_LIMIT_S = 600

# From best to worst. INFORMATIONAL is no worse than OK: RFC 6455 leaves those cases open.
RANK = {"OK": 0, "INFORMATIONAL": 0, "NON-STRICT": 1, "UNIMPLEMENTED": 2, "FAILED": 3}


def main():
    arguments = read_arguments()
    parts = PARTS_BEHIND_LINK if arguments.behind_link else PARTS
    found = run(arguments.echo, arguments.kosoku, arguments.reports, parts)
    expected = json.loads(EXPECTED.read_text())
    if arguments.update:
        write(expected, found)
    if arguments.behind_link:
        expected = behind_link(expected)
    faults = compare(expected, found)
    for case, why in faults.items():
        print(f"FAILED  case {case}: {why}")
    tally = {}
    for result in found.values():
        tally[result["behavior"]] = tally.get(result["behavior"], 0) + 1
    print("Autobahn:", ", ".join(f"{count} {name}" for name, count in sorted(tally.items())))
    print(f"{len(expected.keys() | found.keys()) - len(faults)} passed, {len(faults)} failed")
    return 1 if faults else 0


def read_arguments():
    parser = argparse.ArgumentParser()
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--update", action="store_true")
    how.add_argument("--behind-link", action="store_true")
    parser.add_argument("kosoku")
    parser.add_argument("reports", type=Path)
    parser.add_argument("--echo", required=True, nargs=argparse.REMAINDER)
    return parser.parse_args()


def run(echo, kosoku, reports, parts):
    """The results of all cases of these parts: case -> how the exchange and its end were."""
    server = subprocess.Popen(echo, stdout=subprocess.PIPE, text=True)
    try:
        address = listening(server.stdout.readline())
        wanted = [argument for part in parts for argument in ("-i", f"{part}.*")]
        # Its exit status only repeats what the index says.
        subprocess.run([kosoku, "-p", "2", "-o", str(reports), *wanted, address], timeout=TIME_LIMIT_S, check=False)
    finally:
        server.terminate()
        server.wait()
    (cases,) = json.loads((reports / "index.json").read_text()).values()
    return {case: {key: result[key] for key in ("behavior", "behaviorClose")} for case, result in cases.items()}


def listening(line):
    """HOST:PORT of the echo's line `listening ws://HOST:PORT/`."""
    word, url = line.split()
    assert word == "listening", line
    return url.removeprefix("ws://").rstrip("/")


def compare(expected, found):
    """What is worse than expected, or not written down: case -> why."""
    faults = {}
    for case in sorted(expected.keys() | found.keys(), key=in_order):
        if case not in found:
            faults[case] = "was not run"
        elif case not in expected:
            faults[case] = "is not in expected.json (--update writes it)"
        elif "FAILED" in found[case].values() or "UNIMPLEMENTED" in found[case].values():
            faults[case] = f"{found[case]}, which no expectation excuses"
        else:
            worse = [
                f"{key} is {found[case][key]}, expected {expected[case][key]}"
                for key in ("behavior", "behaviorClose")
                if RANK[found[case][key]] > RANK[expected[case][key]]
            ]
            if worse:
                faults[case] = ", ".join(worse)
    return faults


def behind_link(expected):
    """What is expected of an echo that comes through a link."""
    return {
        case: {**result, "behavior": result.get("behindLink", result["behavior"])}
        for case, result in expected.items()
        if part_of(case) in PARTS_BEHIND_LINK
    }


def write(expected, found):
    """One line a case, so that a change reads as a change. What is expected behind a link is written by hand."""
    expected.update({case: {**expected.get(case, {}), **result} for case, result in found.items()})
    lines = [f"  {json.dumps(case)}: {json.dumps(expected[case])}" for case in sorted(found, key=in_order)]
    EXPECTED.write_text("{\n" + ",\n".join(lines) + "\n}\n")


def part_of(case):
    return case.split(".")[0]


def in_order(case):
    return [int(part) for part in case.split(".")]


if __name__ == "__main__":
    sys.exit(main())
