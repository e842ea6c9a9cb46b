"""Runs Autobahn's cases against the companion's echo example and compares with expected.json.

run.py ECHO KOSOKU REPORTS [--update]

ECHO is the built example, KOSOKU the runner, REPORTS a folder for its pages. A case fails when it is
worse than expected; one that is better, or new, must be written down: --update does that.
The cases: 1-7, 9 and 10. 8 does not exist; 12 and 13 are compression, which is left out on purpose.
"""

import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
EXPECTED = HERE / "expected.json"
CASES = ["1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*", "9.*", "10.*"]
LARGEST_CASE_BYTES = 16 * 1024 * 1024
TIME_LIMIT_S = 600

# From best to worst. INFORMATIONAL is no worse than OK: RFC 6455 leaves those cases open.
RANK = {"OK": 0, "INFORMATIONAL": 0, "NON-STRICT": 1, "UNIMPLEMENTED": 2, "FAILED": 3}


def main():
    echo, kosoku, reports = sys.argv[1:4]
    found = run(echo, kosoku, Path(reports))
    if "--update" in sys.argv[4:]:
        write(found)
    expected = json.loads(EXPECTED.read_text())
    faults = compare(expected, found)
    for case, why in faults.items():
        print(f"FAILED  case {case}: {why}")
    tally = {}
    for result in found.values():
        tally[result["behavior"]] = tally.get(result["behavior"], 0) + 1
    print("Autobahn:", ", ".join(f"{count} {name}" for name, count in sorted(tally.items())))
    print(f"{len(expected.keys() | found.keys()) - len(faults)} passed, {len(faults)} failed")
    return 1 if faults else 0


def run(echo, kosoku, reports):
    """The results of all cases: case -> how the exchange and its end were."""
    server = subprocess.Popen(
        [echo, "--port", "0", "--max-message-bytes", str(LARGEST_CASE_BYTES)], stdout=subprocess.PIPE, text=True
    )
    try:
        address = listening(server.stdout.readline())
        wanted = [argument for case in CASES for argument in ("-i", case)]
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


def write(found):
    """One line a case, so that a change reads as a change."""
    lines = [f"  {json.dumps(case)}: {json.dumps(found[case])}" for case in sorted(found, key=in_order)]
    EXPECTED.write_text("{\n" + ",\n".join(lines) + "\n}\n")


def in_order(case):
    return [int(part) for part in case.split(".")]


if __name__ == "__main__":
    sys.exit(main())
