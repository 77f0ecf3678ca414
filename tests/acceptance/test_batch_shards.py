"""`colorize batch --shard I/N`: parts of one folder, done by runs that know nothing of each other."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import yaml

Run = Callable[..., "subprocess.CompletedProcess[bytes]"]
JOURNAL = "colorize-journal.jsonl"


def files(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in found if not path.name.startswith("colorize-")}


def test_parts_make_the_whole_and_their_journals_are_joined(
    colorize: Run, command: str, scans: Callable[..., Path], tmp_path: Path
):
    scans(12)
    assert colorize("batch", "scans", "-o", "whole", "-q").returncode == 0
    parts = [
        subprocess.Popen([command, "batch", "scans", "-o", "parts", "--shard", f"{number}/3", "-q"], cwd=tmp_path)
        for number in (1, 2, 3)
    ]
    assert [part.wait(timeout=200) for part in parts] == [0, 0, 0]
    assert files(tmp_path / "parts") == files(tmp_path / "whole")
    assert len(list((tmp_path / "parts").glob("colorize-journal.*-of-3.jsonl"))) == 3

    again = colorize("batch", "scans", "-o", "parts", "--shard", "2/3", "--json")
    summary = json.loads(again.stdout.splitlines()[-1])
    assert (summary["done"], summary["unchanged"]) == (0, summary["photos"])
    other = colorize("batch", "scans", "-o", "parts", "--shard", "1/2", "--json")
    assert json.loads(other.stdout.splitlines()[-1])["done"] == 0

    joined = colorize("batch", "scans", "-o", "parts", "--json", "--report", "look.html")
    summary = json.loads(joined.stdout.splitlines()[-1])
    assert (summary["photos"], summary["done"], summary["unchanged"]) == (12, 0, 12)
    assert [path.name for path in (tmp_path / "parts").glob("colorize-*")] == [JOURNAL]
    lines = [json.loads(line) for line in (tmp_path / "parts" / JOURNAL).read_text().splitlines()]
    done = [line["done"] for line in lines if "done" in line]
    assert sorted(done) == sorted(files(tmp_path / "scans"))  # each exactly once
    assert (tmp_path / "look.html").is_file()


def test_a_part_that_was_killed_goes_on_and_the_whole_waits_for_it(
    colorize: Run, command: str, scans: Callable[..., Path], tmp_path: Path
):
    scans(12, (1200, 900))
    arguments = [command, "batch", "scans", "-o", "parts", "--shard", "1/2", "--jobs", "1"]
    with subprocess.Popen(
        [*arguments, "--json"], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as part:
        assert part.stdout is not None
        part.stdout.readline()
        part.send_signal(signal.SIGSTOP)  # in the middle, however fast the machine is
        refused = colorize("batch", "scans", "-o", "parts", "-q")
        assert refused.returncode == 1
        assert b"in use" in refused.stderr
        part.send_signal(signal.SIGKILL)
    time.sleep(0.5)
    for number in (1, 2):
        done = colorize("batch", "scans", "-o", "parts", "--shard", f"{number}/2", "-q")
        assert done.returncode == 0, done.stderr
    assert colorize("batch", "scans", "-o", "whole", "-q").returncode == 0
    assert colorize("batch", "scans", "-o", "parts", "-q").returncode == 0
    assert files(tmp_path / "parts") == files(tmp_path / "whole")


def test_a_report_is_for_the_whole(colorize: Run, scans: Callable[..., Path]):
    scans(2)
    done = colorize("batch", "scans", "-o", "parts", "--shard", "1/2", "--report", "look.html")
    assert done.returncode == 2
    assert b"--report goes with the run without --shard" in done.stderr
    assert colorize("batch", "scans", "-o", "parts", "--shard", "3/2").returncode == 2


EXAMPLES = Path(__file__).parents[2] / "examples" / "cluster"


def test_example_of_a_slurm_array(command: str, scans: Callable[..., Path], tmp_path: Path):
    scans(4)
    text = (EXAMPLES / "slurm.sh").read_text()
    assert "#SBATCH --array=1-16" in text
    for number in (1, 2):
        job = {"SLURM_ARRAY_TASK_ID": str(number), "SLURM_ARRAY_TASK_COUNT": "2", "SLURM_CPUS_PER_TASK": "1"}
        environment = os.environ | job | {"PATH": f"{Path(command).parent}:{os.environ['PATH']}"}
        script = ["sh", str(EXAMPLES / "slurm.sh"), "scans", "colour"]
        subprocess.run(script, cwd=tmp_path, env=environment, check=True, capture_output=True)
    assert len(files(tmp_path / "colour")) == 4


def test_example_of_a_kubernetes_job(command: str, scans: Callable[..., Path], tmp_path: Path):
    scans(4)
    (tmp_path / "scans" / "damaged.jpg").write_bytes(b"no photo")
    job = yaml.safe_load((EXAMPLES / "kubernetes.yaml").read_text())["spec"]
    assert job["completionMode"] == "Indexed"
    (container,) = job["template"]["spec"]["containers"]
    (line,) = container["args"]
    assert f"/{job['completions']}" in line
    line = (
        line.replace("/archive", str(tmp_path)).replace(f"/{job['completions']}", "/2").replace("--jobs 4", "--jobs 1")
    )
    for index in (0, 1):
        environment = os.environ | {"JOB_COMPLETION_INDEX": str(index), "PATH": f"{Path(command).parent}:/usr/bin:/bin"}
        subprocess.run([*container["command"], line], env=environment, check=True, capture_output=True)
    assert len(files(tmp_path / "colour")) == 4
