"""`colorize batch FOLDER`: colour all photos of a folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from colorizer_cli.cli import options
from colorizer_cli.cli.console import print_json, printable, say
from colorizer_cli.cli.fetching import fetched
from colorizer_cli.errors import UsageError
from colorizer_cli.photo.formats import MAX_PIXELS, QUALITY

if TYPE_CHECKING:
    from colorizer_cli.batch.job import BatchJob

Source = Annotated[
    str,
    typer.Argument(metavar="FOLDER", help="The folder of photos, or its URL: s3://bucket/scans.", show_default=False),
]
Output = Annotated[
    str, typer.Option("-o", "--output", metavar="FOLDER", help="Gets the same tree, in colour; may be a URL.")
]
Form = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar=options.FORMATS,
        help="Format of all results.",
        show_default="each its own",
        autocompletion=options.one_of(options.FORMATS),
    ),
]
Recursive = Annotated[bool, typer.Option("--recursive/--no-recursive", help="Enter subfolders.")]
Pattern = Annotated[
    list[str] | None,
    typer.Option(metavar="GLOB", help="Only photos like this: '*.tif', '1920s/*'. May be given again."),
]
Jobs = Annotated[
    int | None, typer.Option(min=1, metavar="N", help="Photos at a time.", show_default="cores; all of a cluster")
]
Resume = Annotated[
    bool | None,
    typer.Option(
        "--resume/--restart", help="Do what is missing or has changed, or everything again.", show_default="resume"
    ),
]
RetryFailed = Annotated[bool, typer.Option("--retry-failed", help="Try again what failed before.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done; write nothing.")]
Consistent = Annotated[
    bool,
    typer.Option("--consistent", help="Give the photos of a folder one palette: a series keeps its colours."),
]
Report = Annotated[str | None, typer.Option(metavar="REPORT.html", help="Also write a page to look the results over.")]
Watch = Annotated[bool, typer.Option("--watch", help="Go on as photos arrive, until Ctrl-C.")]
ShardOption = Annotated[
    str | None,
    typer.Option("--shard", metavar="I/N", help="Only part I of N, for job arrays; the parts may run at once."),
]
Cluster = Annotated[
    str | None,
    typer.Option(
        metavar="ray",
        help="Colour on a Ray cluster: the one at RAY_ADDRESS, or one started here (extra [cluster]).",
        autocompletion=options.one_of("ray"),
    ),
]
WorkerCpus = Annotated[
    float | None, typer.Option(metavar="N", help="CPUs of a worker on a cluster, for Ray to reserve.", show_default="1")
]
WorkerGpus = Annotated[
    float | None,
    typer.Option(
        metavar="N", help="GPUs of a worker; 0.25: four share one.", show_default="1 with --device cuda, else 0"
    ),
]
TimeLimit = Annotated[float, typer.Option(min=1, metavar="SECONDS", help="What a photo may take at most.")]


def batch(
    source: Source,
    output: Output,
    weights: options.Weights = None,
    backend: options.Backend = "auto",
    device: options.Device = "auto",
    vividness: options.Vividness = None,
    size: options.Size = None,
    like: options.Like = None,
    consistent: Consistent = False,
    border: options.Border = "auto",
    tone: options.Tone = "keep",
    form: Form = None,
    quality: options.Quality = QUALITY,
    progressive: options.Progressive = False,
    strip_metadata: options.StripMetadata = False,
    force: options.Force = False,
    max_pixels: options.MaxPixels = MAX_PIXELS,
    recursive: Recursive = True,
    pattern: Pattern = None,
    jobs: Jobs = None,
    resume: Resume = None,
    retry_failed: RetryFailed = False,
    dry_run: DryRun = False,
    watch: Watch = False,
    report: Report = None,
    shard: ShardOption = None,
    cluster: Cluster = None,
    worker_cpus: WorkerCpus = None,
    worker_gpus: WorkerGpus = None,
    time_limit: TimeLimit = 600,
    overwrite: options.Overwrite = False,
    as_json: options.Json = False,
    quiet: options.Quiet = False,
    verbose: options.Verbose = False,
    debug: options.Debug = False,
) -> None:
    """Colour all photos of a folder; its tree is mirrored, and an interrupted run goes on where it was."""
    from colorizer_cli.batch.job import BatchJob, Recipe
    from colorizer_cli.batch.resources import worker_resources
    from colorizer_cli.batch.shard import Shard
    from colorizer_cli.cores import usable_cores
    from colorizer_cli.engine.job import checked_format
    from colorizer_cli.engine.settings import Settings

    if like and consistent:
        raise UsageError("--like and --consistent both choose the palette; leave one of them away")
    resources = worker_resources(cluster, worker_cpus, worker_gpus, device)
    weights = fetched(weights, quiet or as_json)  # pinned: all workers, and a run that goes on, use the same
    settings = Settings(vividness, size, border, tone)
    if like or consistent:
        from colorizer_cli.engine.knowledge import informed
        from colorizer_cli.weights.registry import find_weights

        settings = informed(settings, find_weights(weights), like=like or (), consistent=consistent)
    job = BatchJob(
        source=source,
        output=output,
        recipe=Recipe(settings, weights, quality, progressive, strip_metadata, force, max_pixels, consistent),
        backend=backend,
        device=device,
        form=checked_format(form),
        recursive=recursive,
        patterns=tuple(pattern or ()),
        jobs=jobs or (usable_cores() if resources is None else 0),
        fresh=resume is False,
        moved=resume is True,
        retry_failed=retry_failed,
        overwrite=overwrite,
        time_limit=time_limit,
        watch=watch,
        report=report,
        shard=None if shard is None else Shard.parse(shard),
        cluster=resources,
    )
    if dry_run:
        _preview(job, as_json)
        return
    from colorizer_cli.batch.run import run
    from colorizer_cli.cli.batch_display import display, print_summary, print_trouble

    with display(as_json, quiet, verbose) as observer:
        summary = run(job, observer)
    if as_json:
        print_json({"event": "summary"} | summary.as_json())
    elif quiet:
        print_trouble(summary, output, quiet)
    else:
        print_summary(summary, output)
    raise typer.Exit(summary.exit_code)


def _preview(job: BatchJob, as_json: bool) -> None:
    from colorizer_cli.batch.run import preview
    from colorizer_cli.cli.batch_display import findings_lines

    tasks, findings = preview(job)
    planned = 0
    for task in tasks:
        planned += 1
        if as_json:
            print_json({"event": "planned", "input": task.photo, "output": task.result})
        else:
            print(f"{printable(task.photo)} → {printable(task.result)}")
    say(f"{planned} of {findings.photos} photos to be coloured")
    for line in findings_lines(findings):
        say(line)
