"""The main job from start to end: one photo in, one file out, and what is to be said about it."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from colorizer_cli.engine.job import STREAM, Job, checked_format
from colorizer_cli.engine.memory import trim
from colorizer_cli.errors import AlreadyInColourError, WeightsError

if TYPE_CHECKING:
    from concurrent.futures import Future

    from colorizer_cli.backends.predictor import Predictor
    from colorizer_cli.engine.colorizer import Colorizer
    from colorizer_cli.engine.settings import Settings
    from colorizer_cli.photo.coloured import ColouredPhoto
    from colorizer_cli.photo.formats import Format
    from colorizer_cli.photo.photo import Photo
    from colorizer_cli.weights.folder import WeightsFolder


def run(
    job: Job,
    weights: str | None = None,
    backend: str = "auto",
    device: str = "auto",
    settings: Settings | None = None,
) -> dict[str, Any]:
    """Colours the job's photo. → what was done, for people and for --json; "output" is None where nothing had to be.

    What is wrong with the names of input and outputs is found before the network runs. Raises ColorizerError.
    """
    from concurrent.futures import ThreadPoolExecutor

    from colorizer_cli.backends.choice import check_names, create_predictor, preload
    from colorizer_cli.engine.settings import Settings
    from colorizer_cli.weights.registry import find_weights

    checked_format(job.form)
    check_names(backend, device)
    folder = find_weights(weights)
    if job.confidence is not None and folder.config.head == "regression":
        raise WeightsError(f"{folder.path} gives one colour, not a distribution: it cannot say how sure it is")
    preload(backend)
    pool = ThreadPoolExecutor(1, "network")
    try:
        loading = pool.submit(create_predictor, folder, backend, device)  # while the photo is read
        from colorizer_cli.photo.reading import read_photo

        pool.submit(_prepare)

        settings = settings or Settings()
        if job.hints is not None or job.like:
            from colorizer_cli.engine.knowledge import informed

            settings = informed(settings, folder, job.hints, job.like)
        photo = read_photo(job.source, max_pixels=job.max_pixels, orientation=_orientation(job))
        output, form = job.output_for(photo)
        photo.decode_ahead()  # while the network is still being loaded
        facts = {"input": job.source, "width": photo.width, "height": photo.height, "bits": photo.bits}
        colouring = None
        _one_thread_each()
        if photo.is_kept and not job.wants_several:
            # beside the triage, which rarely turns a photo away; both look at the picture inside its borders
            _ = photo.frame  # found here, once
            colouring = pool.submit(_coloured, photo, settings, job, folder, loading)
        try:
            remarks = triage(job, photo)
        except AlreadyInColourError as reason:
            loading.result()  # what is wrong with it is not passed over
            if output == STREAM:
                from colorizer_cli.photo.writing import pass_on

                pass_on(photo, form)
            return facts | {"output": output if output == STREAM else None, "left_alone": str(reason)}
        if job.wants_several:
            photo = _with_sidecar(photo, job)
            return facts | {"remarks": remarks} | _several(job, output, photo, settings, folder, loading.result())
        pages, first, more = (colouring or pool.submit(_coloured, photo, settings, job, folder, loading)).result()
    finally:  # whoever presses Ctrl-C, or has a photo turned away, does not wait for the network
        pool.shutdown(wait=False, cancel_futures=True)
    del loading, colouring  # the network's memory is free again before the full-resolution photo flows
    if not photo.is_kept:
        trim()
    write(job, output, form, pages, first)
    return facts | {"output": output, "pages": photo.pages, "remarks": remarks} | more


def _prepare() -> None:
    """What the photo needs once it is decoded, imported by the thread that has loaded the network."""
    import colorizer_cli.engine.colorizer
    import colorizer_cli.engine.pages
    import colorizer_cli.photo.writing  # noqa: F401


def _coloured(
    photo: Photo, settings: Settings, job: Job, weights: WeightsFolder, loading: Future[Predictor]
) -> tuple[Iterable[ColouredPhoto], ColouredPhoto, dict[str, object]]:
    from colorizer_cli.engine.colorizer import Colorizer

    return colour(_with_sidecar(photo, job), settings, job, Colorizer.of(weights, loading.result()))


def _several(
    job: Job, output: str, photo: Photo, settings: Settings, weights: WeightsFolder, predictor: Predictor
) -> dict[str, Any]:
    from colorizer_cli.engine.colorizer import Colorizer
    from colorizer_cli.engine.several import write_candidates, write_questions

    colorizer = Colorizer.of(weights, predictor)
    write = write_questions if job.ask else write_candidates
    return write(job, output, colorizer, photo, settings) | {"weights": weights.config.name}


def triage(job: Job, photo: Photo) -> list[str]:
    """Whether there is something to colour. → remarks for the user. Raises AlreadyInColourError."""
    from colorizer_cli.engine.small_networks import release
    from colorizer_cli.engine.triage import check_colourable

    _one_thread_each()
    try:
        return [] if job.force else check_colourable(photo)
    finally:
        release()  # the full-resolution photo needs the memory


def _one_thread_each() -> None:
    """Strips are rendered side by side; OpenCV's own threads would only get in their way. To be said before a thread of
    ours is in OpenCV."""
    import cv2

    cv2.setNumThreads(1)


def _orientation(job: Job) -> int | None:
    """The sidecar's, if it is asked for and has one."""
    if not job.sidecar or job.source == STREAM:
        return None
    from colorizer_cli.photo.sidecar import stated_orientation

    return stated_orientation(job.source)


def _with_sidecar(photo: Photo, job: Job) -> Photo:
    """The photo's XMP with that of its sidecar, if there is one and it is asked for."""
    if not job.sidecar or job.source == STREAM:
        return photo
    from colorizer_cli.photo.sidecar import merge_sidecar

    return photo.changed(metadata=merge_sidecar(photo.metadata, job.source))


def write(job: Job, output: str, form: Format, pages: Iterable[ColouredPhoto], first: ColouredPhoto) -> None:
    """Writes the pages, `first` among them, and what else the job asks for. Raises ColorizerError."""
    from colorizer_cli.photo.writing import write_bytes, write_pages, write_stdout

    if output == STREAM:
        write_stdout(pages, form, quality=job.quality, progressive=job.progressive)
    else:
        write_pages(
            pages,
            output,
            quality=job.quality,
            progressive=job.progressive,
            overwrite=job.overwrite,
            certificate=job.certificate,
            report=job.report,
        )
    if job.sidecar and first.metadata.xmp is not None:
        write_bytes(first.metadata.xmp, job.sidecar_output(output), overwrite=job.overwrite)
    if job.before_after is not None:
        from colorizer_cli.photo.sheet import write_before_after

        write_before_after(first, job.before_after, overwrite=job.overwrite)
    if job.confidence is not None and first.confidence_map is not None:
        from colorizer_cli.engine.confidence_map import confidence_map
        from colorizer_cli.photo.sheet import write_picture

        write_picture(
            confidence_map(first.confidence_map, first.width, first.height),
            first,
            job.confidence,
            overwrite=job.overwrite,
        )


def colour(
    photo: Photo, settings: Settings | None, job: Job, colorizer: Colorizer
) -> tuple[Iterable[ColouredPhoto], ColouredPhoto, dict[str, object]]:
    """→ all pages, the first of them, what is to be said."""
    from colorizer_cli.engine.pages import coloured_pages

    pages = coloured_pages(colorizer, photo, settings, strip_metadata=job.strip_metadata)
    first = next(pages)
    return (
        itertools.chain([first], pages if photo.pages > 1 else ()),
        first,
        {
            "weights": colorizer.weights.config.name,
            "weights_sha256": colorizer.weights.sha256,
            "backend": colorizer.predictor.backend,
            "device": colorizer.predictor.device,
            "confidence": None if first.confidence is None else round(first.confidence, 3),
        },
    )
